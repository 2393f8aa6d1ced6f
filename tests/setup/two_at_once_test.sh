#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two set-ups at once do the work once: the second waits and says for whom.
# shellcheck source=tests/setup/support.sh
source "$(dirname "$0")/support.sh"

# The first stands still in its middle for as long as the file `hold` is there.
tool unzip <<'TOOL'
WORK=${CALLS%/*}
if [[ $* == *-q*torch/lib* ]]; then
  touch "$WORK/unpacking"
  while [[ -e $WORK/hold ]]; do sleep 0.05; done
fi
exec /usr/bin/unzip "$@"
TOOL

# Until the second says that it waits; not for ever, so that a second that does not wait is seen to fail.
release_once_somebody_waits() {
  for ((i = 0; i < 1200; i++)); do
    ! grep -qs 'waiting for another set-up' "$WORK/stderr" || break
    sleep 0.05
  done
  rm "$WORK/hold"
}

touch "$WORK/hold"
"$CHECKOUT/pia-farm" setup >"$WORK/first" 2>&1 </dev/null &
first=$!
until [[ -e $WORK/unpacking ]]; do sleep 0.05; done
release_once_somebody_waits &
pia_farm setup
check 'the second succeeds' exits_with 0
check 'it waited, and said for whom' says "waiting for another set-up (pid $first)"
wait "$first" && first_status=0 || first_status=$?
check 'the first succeeds' test "$first_status" = 0
check 'each wheel was unpacked once' test "$(grep -c '^unzip$' "$CALLS")" = 5
check 'nothing half-made is left' has_no_leftovers

# A holder that dies takes its lock along.
rm -rf "$CACHE" "$WORK/unpacking"
touch "$WORK/hold"
setsid "$CHECKOUT/pia-farm" setup >/dev/null 2>&1 </dev/null &
first=$!
until [[ -e $WORK/unpacking ]]; do sleep 0.05; done
kill -9 -- "-$first"
wait "$first" 2>/dev/null || true
rm "$WORK/hold"
pia_farm setup
check 'a killed set-up blocks nobody' exits_with 0
finish
