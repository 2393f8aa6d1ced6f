# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Rules that a script can check, in a folder of their own.
SOURCE=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../..")
# shellcheck source=tests/support/checks.sh
source "$SOURCE/tests/support/checks.sh"
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
explain_failure() { sed 's/^/  stderr: /' "$WORK/stderr" || true; }

# Of the last call: its status is in STATUS, its output in $WORK/stdout and $WORK/stderr.
exits_with() { [[ $STATUS == "$1" ]]; }
says() { grep -qF -- "$1" "$WORK/stderr"; }
prints() { [[ $(<"$WORK/stdout") == "$1" ]]; }
# Where it had begun before it had to give up.
says_one_sentence_besides_steps() { [[ $(grep -cv '^pia-farm: \[' "$WORK/stderr") == 1 ]]; }
says_one_sentence() { [[ $(wc -l <"$WORK/stderr") == 1 ]]; }
