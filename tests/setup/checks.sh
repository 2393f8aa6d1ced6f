# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Rules that a script can check, in a folder of their own.
set -euo pipefail

SOURCE=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../..")
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
FAILURES=0

check() { # <rule> <command...>
  local rule=$1
  shift
  if "$@"; then
    echo "ok: $rule"
  else
    echo "FAILED: $rule ($*)"
    sed 's/^/  stderr: /' "$WORK/stderr" || true
    FAILURES=$((FAILURES + 1))
  fi
}

finish() { exit "$((FAILURES > 0))"; }

# Of the last call: its status is in STATUS, its output in $WORK/stdout and $WORK/stderr.
exits_with() { [[ $STATUS == "$1" ]]; }
says() { grep -qF -- "$1" "$WORK/stderr"; }
prints() { [[ $(<"$WORK/stdout") == "$1" ]]; }
says_one_sentence() { [[ $(wc -l <"$WORK/stderr") == 1 ]]; }
