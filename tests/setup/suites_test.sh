#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The suites of ./pia-farm test, with stand-ins for what builds and tests: the first one's tests run beside the others.
# shellcheck source=tests/setup/support.sh
source "$(dirname "$0")/support.sh"
mkdir -p "$WORK/tools"
: >"$CALLS"

# Of the release tree it waits until others have begun, at most a minute; BROKEN names a tree whose tests fail.
tool ctest <<'SH'
while (($#)); do
  case $1 in
    --test-dir) tree=$(basename "$2") ;;
    --output-junit) report=$2 ;;
  esac
  shift
done
echo "$tree begins" >>"$CALLS"
if [[ $tree == release ]]; then
  for ((i = 0; i < 600; i++)); do grep -q '^asan ends' "$CALLS" && break; sleep 0.1; done
fi
echo "$tree ends" >>"$CALLS"
status=run
if [[ $tree == "${BROKEN:-}" ]]; then status=fail; fi
echo "<testsuite><testcase name='one of $tree' status='$status'/></testsuite>" >"$report"
[[ $status == run ]]
SH

suites() {
  cat >"$WORK/suites.sh" <<'SH'
ROOT=$1 SETUP=$2
provide_dependencies() { :; }
build_tree() {
  [[ $1 != "${ABORTING:-}" ]] || exit 69
  mkdir -p "$ROOT/build/$1" && [[ $1 != "${UNBUILDABLE:-}" ]]
}
has_cuda_toolkit() { false; }
say() { echo "$*"; }
source "$SETUP/test.sh"
run_suites
SH
  STATUS=0
  bash -euo pipefail "$WORK/suites.sh" "$WORK/root" "$SOURCE/cmake/setup" >"$WORK/stdout" 2>"$WORK/stderr" </dev/null || STATUS=$?
}
tells() { grep -qx -- "$1" "$WORK/stdout"; }
order() { grep -n "^$1\$" "$CALLS" | cut -d : -f 1; } # <line of $CALLS>

suites
check 'all suites pass' test "$STATUS" = 0
check 'and are counted' tells '3 passed, 0 failed'
check "the first one's tests run beside those of the next" test "$(order 'asan ends')" -lt "$(order 'release ends')"

BROKEN=release suites
check 'a test that fails beside others fails all' test "$STATUS" = 1
check 'and is counted' tells '2 passed, 1 failed'

UNBUILDABLE=release suites
check 'a tree that can not be built fails all' test "$STATUS" = 1
check 'and the others are tested' tells '2 passed, 1 failed'

leaves_no_test() { [[ -z $(pgrep --full "ctest --test-dir $WORK/root") ]]; }

: >"$CALLS"
UNBUILDABLE=asan suites &
for ((i = 0; i < 100; i++)); do grep -q '^release begins' "$CALLS" && break; sleep 0.1; done
# The script itself, the oldest of its name: not the part of it that tests.
pkill -TERM --oldest --full "bash -euo pipefail $WORK/suites.sh"
wait || true
check 'told to end, it leaves no test running' leaves_no_test

ABORTING=asan suites
check 'a set-up that gives up ends it' test "$STATUS" = 69
check 'and leaves no test running either' leaves_no_test
finish
