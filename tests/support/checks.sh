# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Rules that a script can check. A script that sources it may say more about a failure with `explain_failure`.
set -euo pipefail

FAILURES=0

check() { # <rule> <command...>
  local rule=$1
  shift
  if "$@"; then
    echo "ok: $rule"
  else
    echo "FAILED: $rule ($*)"
    explain_failure
    FAILURES=$((FAILURES + 1))
  fi
}

explain_failure() { :; }

finish() { exit "$((FAILURES > 0))"; }
