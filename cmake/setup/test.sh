# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# ./pia-farm test: builds and runs every suite, then a table and the closing line.

SUITES=()
PASSED=0
FAILED=0

run_all_suites() { # [--long]
  local -a sections=(product test) labels=(--label-exclude long)
  export PIA_FUZZ_INPUTS=${PIA_FUZZ_INPUTS:-20000}
  if [[ ${1:-} == --long ]]; then
    sections+=(long)
    labels=()
    export PIA_FUZZ_INPUTS=1000000
  fi
  provide_dependencies "${sections[@]}"

  ctest_suite release release PIA_BUILD_TESTS=ON -- "${labels[@]}"
  ctest_suite 'asan+ubsan' asan -- "${labels[@]}"
  ctest_suite tsan tsan -- --label-regex tsan "${labels[@]}"
  if has_cuda_toolkit; then
    checked_suite cuda-link links_with_cuda
  else
    say 'suite cuda-link: no CUDA toolkit: not built'
  fi
  if [[ ${1:-} == --long ]]; then checked_suite tidy build_tree tidy; fi
  print_summary
  ((FAILED == 0))
}

header() { printf '\n==== suite %s ====\n' "$1"; }

record() { # <suite> <passed> <failed> <seconds>
  PASSED=$((PASSED + $2))
  FAILED=$((FAILED + $3))
  local result=passed
  if (($3)); then result=FAILED; fi
  SUITES+=("$(printf '%-12s %7d %7d %9d  %s' "$1" "$(($2 + $3))" "$3" "$4" "$result")")
}

# A suite that is one check.
checked_suite() { # <name> <command...>
  local name=$1 start=$SECONDS
  shift
  header "$name"
  if "$@"; then
    record "$name" 1 0 "$((SECONDS - start))"
  else
    record "$name" 0 1 "$((SECONDS - start))"
  fi
}

ctest_suite() { # <name> <preset> [NAME=VALUE for CMake...] -- <ctest arguments...>
  local name=$1 preset=$2 start=$SECONDS
  local -a settings=()
  shift 2
  while [[ $1 != -- ]]; do
    settings+=("$1")
    shift
  done
  shift
  header "$name"
  if ! build_tree "$preset" "${settings[@]}"; then
    record "$name" 0 1 "$((SECONDS - start))"
    return 0
  fi
  local report=$ROOT/build/$preset/junit.xml counts
  rm -f "$report"
  ctest --test-dir "$ROOT/build/$preset" --output-on-failure --no-tests=error --parallel "$(nproc)" \
    --output-junit "$report" "$@" </dev/null || true
  counts=$(count_tests "$report")
  # shellcheck disable=SC2086 # two numbers
  record "$name" $counts "$((SECONDS - start))"
}

# Prints how many passed and how many did not. A test that was not run has not passed; nor has a suite without a report.
count_tests() { # <junit file>
  local all passed
  all=$(grep -c '<testcase ' "$1" 2>/dev/null) || { echo 0 1; return; }
  passed=$(grep '<testcase ' "$1" | grep -c 'status="run"') || passed=0
  echo "$passed $((all - passed))"
}

links_with_cuda() {
  build_tree cuda -- pia-render || return 1
  local program=$ROOT/build/cuda/bin/pia-render unresolved
  readelf --dynamic "$program" | grep -q 'NEEDED.*libtorch_cuda\.so' || {
    echo "$program is not linked with libtorch_cuda"
    return 1
  }
  # The driver's library comes with a GPU's driver, which a build machine need not have.
  unresolved=$(ldd "$program" | grep 'not found' | grep -v 'libcuda\.so\.1\|libnvidia-ml\.so\.1') || true
  if [[ $unresolved ]]; then
    printf '%s finds no\n%s\n' "$program" "$unresolved"
    return 1
  fi
  echo "$program is linked with libtorch_cuda and finds all of its libraries; nothing was run on a GPU"
}

print_summary() {
  printf '\n%-12s %7s %7s %9s  %s\n' suite tests failed seconds result
  printf '%s\n' "${SUITES[@]}"
  printf '\n%d passed, %d failed\n' "$PASSED" "$FAILED"
}
