#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the closing line of ./pia-farm test counts.
# shellcheck source=tests/setup/support.sh
source "$(dirname "$0")/support.sh"

counts() { # <status of ctest> <test cases of ctest>
  echo "<testsuite>$2</testsuite>" >"$WORK/junit.xml"
  python3 "$SOURCE/cmake/setup/count_tests.py" "$1" "$WORK/junit.xml" "$WORK/gtest"
}
mkdir "$WORK/gtest"
cat >"$WORK/gtest/dsl_test.xml" <<'XML'
<testsuites><testsuite>
<testcase name="a" result="completed"/><testcase name="b" result="completed"><failure message="no"/></testcase>
<testcase name="c" result="skipped"><skipped/></testcase><testcase name="d" result="completed"/>
</testsuite></testsuites>
XML
sed '/failure/d' "$WORK/gtest/dsl_test.xml" >"$WORK/gtest/leaky_test.xml"

run='<testcase name="a" status="run"/>'
fail='<testcase name="b" status="fail"/>'
check 'tests of ctest are counted' test "$(counts 8 "$run$run$fail")" = '2 1 0'
check 'cases of a GoogleTest binary are counted' test "$(counts 8 "$run<testcase name='dsl_test' status='fail'/>")" = '3 1 1'
check 'a binary that dies after its cases has failed' test "$(counts 8 "<testcase name='leaky_test' status='fail'/>")" = '1 1 1'
check 'a test that was not run has failed' test "$(counts 0 "$run<testcase name='c' status='notrun'/>")" = '1 1 0'
check 'no tests at all have failed' test "$(counts 8 '')" = '0 1 0'
check 'so has a suite without a report' test "$(python3 "$SOURCE/cmake/setup/count_tests.py" 1 "$WORK/none" "$WORK/gtest")" = '0 1 0'
check 'what needs root has failed without it' test \
  "$(counts 0 "<testcase name='m' status='run'><system-out>not run: needs root (12)</system-out></testcase>")" = '1 12 0'
finish
