# SPDX-License-Identifier: Apache-2.0
"""count_tests.py <exit status of ctest> <its JUnit file> <folder of GoogleTest XML files>: prints "passed failed skipped".

A GoogleTest binary is one test to ctest; here its cases count. A test that ctest did not run has failed, and so have the
N tests behind a line "not run: needs root (N)". Only cases that a GoogleTest binary skips by itself count as skipped.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as ET


def cases_of(binary_report):
    """(passed, failed, skipped), or None where the binary died before it wrote a report."""
    try:
        cases = list(ET.parse(binary_report).getroot().iter("testcase"))
    except (OSError, ET.ParseError):
        return None
    failed = sum(case.find("failure") is not None for case in cases)
    skipped = sum(case.get("result") == "skipped" for case in cases)
    return len(cases) - failed - skipped, failed, skipped


def count(ctest_report, binary_reports):
    passed = failed = skipped = 0
    for test in ET.parse(ctest_report).getroot().iter("testcase"):
        ok = test.get("status") == "run"
        p, f, s = cases_of(binary_reports / f"{test.get('name')}.xml") or (int(ok), int(not ok), 0)
        if not ok and f == 0:
            f = 1  # died after its last case: a leak, a crash at exit, a timeout
        needs_root = re.findall(r"not run: needs root \((\d+)\)", test.findtext("system-out") or "")
        passed, failed, skipped = passed + p, failed + f + sum(map(int, needs_root)), skipped + s
    return passed, failed, skipped


if __name__ == "__main__":
    try:
        passed, failed, skipped = count(sys.argv[2], pathlib.Path(sys.argv[3]))
    except (OSError, ET.ParseError):
        passed, failed, skipped = 0, 1, 0
    if sys.argv[1] != "0" and failed == 0:
        failed = 1  # ctest is unhappy with something else: no tests at all, for one
    print(passed, failed, skipped)
