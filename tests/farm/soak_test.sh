#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A long run leaks nothing: soak_test.sh <source> <programs> <shots>
# Prints memory and descriptors of the coordinator as the shots go by; after the third tenth neither may grow: by then a report of
# all shots was written, whose text is as large as any later one.
SOURCE=$1 BIN=$2 SHOTS=$3
# shellcheck source=tests/mpi/try_farm.sh
source "$SOURCE/tests/mpi/try_farm.sh"
trap 'rm -rf "$WORK"' EXIT

RUN=$WORK/run
job soak "$SHOTS" 2
sed -i 's/^frames = 4/frames = 2/' "$WORK/soak.toml"
# The first and the last look find nothing there.
results() { { find "$RUN/shots" -name '*.h5' 2>/dev/null || true; } | wc -l; }
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$FARM/status" 2>/dev/null || true; }
descriptors() { { find "/proc/$FARM/fd" -mindepth 1 2>/dev/null || true; } | wc -l; }

"$BIN/pia-farmd" "$WORK/soak.toml" --out "$RUN" --renderer=fake --step-seconds 0 --workers 2 --quiet >"$WORK/output" 2>&1 &
FARM=$!
printf '%10s %12s %12s\n' shots 'memory KiB' descriptors
next=$((SHOTS / 10))
while kill -0 "$FARM" 2>/dev/null; do
  done_now=$(results)
  if ((done_now >= next && done_now < SHOTS)); then
    memory=$(resident)
    open=$(descriptors)
    if [[ $memory ]]; then
      printf '%10d %12d %12d\n' "$done_now" "$memory" "$open" | tee -a "$WORK/table"
      next=$((done_now + SHOTS / 10))
    fi
  fi
  sleep 1
done
STATUS=0
wait "$FARM" || STATUS=$?
check 'all shots are done' equals "$STATUS $(commits "$RUN")" "0 $SHOTS"
check 'it was looked at often enough' test "$(wc -l <"$WORK/table")" -ge 5
third() { awk -v column="$1" 'NR == 3 { print $column }' "$WORK/table"; }
most() { awk -v column="$1" '$column > most { most = $column } END { print most }' "$WORK/table"; }
check 'its memory does not grow by more than a twentieth' test "$(most 2)" -le "$(($(third 2) * 21 / 20))"
check 'nor do its open descriptors' test "$(most 3)" -le "$(($(third 3) + 4))"
finish
