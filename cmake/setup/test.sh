# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# ./pia-farm test: builds and runs every suite, then a table and the closing line.

SUITES=()
PASSED=0
FAILED=0
SKIPPED=0
BESIDE=()
NICE=

run_suites() { # [--long [name]]
  case "${1:-} ${2:-}" in
    ' ') run_short_suites ;;
    '--long ') run_all_suites ;;
    *) run_named "$2" ;;
  esac
  print_summary
  ((FAILED == 0))
}

run_short_suites() {
  provide_dependencies product test
  # Its tests wait half of their time, for clusters and killed processes: all else is built and tested beside them.
  begin_ctest_suite release release PIA_BUILD_TESTS=ON PIA_BUILD_BENCHES=ON -- --label-exclude long
  # What does not depend on how the code is compiled runs once.
  begin_ctest_suite 'asan+ubsan' asan -- --label-exclude 'long|house|setup|lab'
  tsan_suite
  cuda_suite
  end_ctest_suites
}

run_all_suites() {
  provide_dependencies product test long
  ctest_suite release release PIA_BUILD_TESTS=ON --
  ctest_suite 'asan+ubsan' asan -- --label-exclude 'fuzz|house|setup|lab'
  fuzz_suite
  tsan_suite
  cuda_suite
  checked_suite tidy build_tree tidy
}

run_named() { # <tidy, fuzz, or part of a test's name>
  provide_dependencies product test long
  case $1 in
    tidy) checked_suite tidy build_tree tidy ;;
    fuzz) fuzz_suite ;;
    *) ctest_suite release release PIA_BUILD_TESTS=ON PIA_BUILD_BENCHES=ON -- --tests-regex "$1" ;;
  esac
}

tsan_suite() {
  ctest_suite tsan tsan -- --label-regex tsan --label-exclude 'long|house|setup|lab'
}

# A million inputs are for the sanitizers to watch, in a tree that is compiled to run fast rather than soon.
fuzz_suite() {
  PIA_FUZZ_INPUTS=1000000 ctest_suite fuzz fuzz -- --label-regex fuzz
}

cuda_suite() {
  if has_cuda_toolkit; then
    checked_suite cuda-link links_with_cuda
  else
    say 'suite cuda-link: no CUDA toolkit: not built'
  fi
}

header() { printf '\n==== suite %s ====\n' "$1"; }

record() { # <suite> <seconds> <passed> <failed> <skipped>
  PASSED=$((PASSED + $3))
  FAILED=$((FAILED + $4))
  SKIPPED=$((SKIPPED + $5))
  local result=passed
  if (($4)); then result=FAILED; fi
  SUITES+=("$(printf '%-12s %7d %7d %8d %8d  %s' "$1" "$3" "$4" "$5" "$2" "$result")")
}

# A suite that is one check.
checked_suite() { # <name> <command...>
  local name=$1 start=$SECONDS
  shift
  header "$name"
  if "$@"; then
    record "$name" $((SECONDS - start)) 1 0 0
  else
    record "$name" $((SECONDS - start)) 0 1 0
  fi
}

# Builds a tree and sets what is to be known of its suite; a tree that can't be built is a failed test.
build_suite() { # <name> <preset> [NAME=VALUE for CMake...] -- <ctest arguments...>
  local -a settings=()
  NAME=$1 PRESET=$2 SINCE=$SECONDS
  shift 2
  while [[ $1 != -- ]]; do
    settings+=("$1")
    shift
  done
  ARGUMENTS=("${@:2}")
  header "$NAME"
  case $PRESET in
    tsan) settings+=(-- farm_test local_run_test storage_race_test) ;;
    fuzz) settings+=(-- fuzzers) ;;
  esac
  build_tree "$PRESET" "${settings[@]}" && return
  record "$NAME" $((SECONDS - SINCE)) 0 1 0
  return 1
}

# Leaves "<seconds> <passed> <failed> <skipped>" in tests.txt of the tree.
run_tests() {
  local tree=$ROOT/build/$PRESET status=0
  local report=$tree/junit.xml cases=$tree/gtest
  rm -rf "$report" "$cases" "$tree/tests.txt"
  # One more than there are cores: there is always a test that mostly waits.
  # shellcheck disable=SC2086 # words
  GTEST_OUTPUT=xml:$cases/ $NICE ctest --test-dir "$tree" --output-on-failure --no-tests=error \
    --parallel $(($(nproc) + 1)) --output-junit "$report" "${ARGUMENTS[@]}" </dev/null || status=$?
  echo $((SECONDS - SINCE)) "$(python3 "$SETUP/count_tests.py" "$status" "$report" "$cases")" >"$tree/tests.txt"
}

record_tests() { # <name> <preset>
  # shellcheck disable=SC2046 # four numbers
  record "$1" $(cat "$ROOT/build/$2/tests.txt" 2>/dev/null || echo 0 0 1 0)
}

ctest_suite() { # as build_suite
  build_suite "$@" || return 0
  run_tests
  record_tests "$NAME" "$PRESET"
}

# Builds a tree, and runs its tests beside what follows, which is given less of the machine.
begin_ctest_suite() { # as build_suite
  build_suite "$@" || return 0
  local log=$ROOT/build/$PRESET/tests.log
  say "its tests run beside the next suites; they are told at the end, and in ${log#"$ROOT"/} meanwhile"
  # A process group of their own, so that they end with this, however it ends.
  set -m
  run_tests >"$log" 2>&1 &
  BESIDE+=("$! $NAME $PRESET")
  set +m
  trap end_beside EXIT
  trap 'exit 143' TERM HUP
  NICE='nice -n 10'
}

end_beside() {
  local suite
  for suite in "${BESIDE[@]}"; do kill -TERM -- "-${suite%% *}" 2>/dev/null || true; done
}

end_ctest_suites() {
  local process name preset
  while ((${#BESIDE[@]})); do
    read -r process name preset <<<"${BESIDE[0]}"
    wait "$process" || true
    BESIDE=("${BESIDE[@]:1}")
    header "$name, its tests"
    cat "$ROOT/build/$preset/tests.log"
    record_tests "$name" "$preset"
  done
  trap - EXIT TERM HUP
  NICE=
}

links_with_cuda() {
  build_tree cuda -- pia-render pia-train || return 1
  is_linked_with pia-render libtorch_cuda && is_linked_with pia-train libtorch_cuda || return 1
  if grep -q '^PIA_HAS_NCCL:.*=ON' "$ROOT/build/cuda/CMakeCache.txt"; then
    is_linked_with pia-train libnccl || return 1
  fi
  echo 'nothing was run on a GPU'
}

is_linked_with() { # <program> <library>
  local program=$ROOT/build/cuda/bin/$1 unresolved
  readelf --dynamic "$program" | grep -q "NEEDED.*$2\.so" || {
    echo "$program is not linked with $2"
    return 1
  }
  # The driver's library comes with a GPU's driver, which a build machine need not have.
  unresolved=$(ldd "$program" | grep 'not found' | grep -v 'libcuda\.so\.1\|libnvidia-ml\.so\.1') || true
  if [[ $unresolved ]]; then
    printf '%s finds no\n%s\n' "$program" "$unresolved"
    return 1
  fi
  echo "$program is linked with $2 and finds all of its libraries"
}

print_summary() {
  printf '\n%-12s %7s %7s %8s %8s  %s\n' suite passed failed skipped seconds result
  printf '%s\n' "${SUITES[@]}"
  printf '%-12s %7d %7d %8d %8d\n' all "$PASSED" "$FAILED" "$SKIPPED" "$SECONDS"
  printf '\n%d passed, %d failed\n' "$PASSED" "$FAILED"
}
