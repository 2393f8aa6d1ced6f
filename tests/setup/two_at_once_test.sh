#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two set-ups at once do the work once: the second waits and says for whom.
# shellcheck source=tests/setup/support.sh
source "$(dirname "$0")/support.sh"

# Slow enough for the second to come in the middle.
tool unzip <<'TOOL'
[[ $* != *-q*torch/lib* ]] || { touch "${CALLS%/*}/unpacking"; sleep 2; }
exec /usr/bin/unzip "$@"
TOOL

"$CHECKOUT/pia-farm" setup >"$WORK/first" 2>&1 </dev/null &
first=$!
until [[ -e $WORK/unpacking ]]; do sleep 0.05; done
pia_farm setup
check 'the second succeeds' exits_with 0
check 'it waited, and said for whom' says "waiting for another set-up (pid $first)"
wait "$first" && first_status=0 || first_status=$?
check 'the first succeeds' test "$first_status" = 0
check 'each wheel was unpacked once' test "$(grep -c '^unzip$' "$CALLS")" = 5
check 'nothing half-made is left' has_no_leftovers

# A holder that dies takes its lock along.
rm -rf "$CACHE" "$WORK/unpacking"
setsid "$CHECKOUT/pia-farm" setup >/dev/null 2>&1 </dev/null &
first=$!
until [[ -e $WORK/unpacking ]]; do sleep 0.05; done
kill -9 -- "-$first"
wait "$first" 2>/dev/null || true
pia_farm setup
check 'a killed set-up blocks nobody' exits_with 0
finish
