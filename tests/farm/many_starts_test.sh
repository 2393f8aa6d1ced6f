#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Many starts at once on one run directory: many_starts_test.sh <source> <programs> [starts]
SOURCE=$1 BIN=$2
STARTS=${3:-12}
# shellcheck source=tests/mpi/try_farm.sh
source "$SOURCE/tests/mpi/try_farm.sh"
trap 'rm -rf "$WORK"' EXIT
job crowd 2 400
RUN=$WORK/run

PIDS=()
for ((i = 0; i < STARTS; ++i)); do
  "$BIN/pia-farmd" "$WORK/crowd.toml" --out "$RUN" --renderer=fake --step-seconds 0.2 >"$WORK/said.$i" 2>&1 </dev/null &
  PIDS+=("$!")
done
one_is_left() { (($(jobs -r -p | wc -l) == 1)); }
check "of $STARTS starts at once one runs" until_true 240 one_is_left
WINNER=$(jobs -r -p)
check 'and gets going' until_true 30 eval '(($(events "$RUN" shot_assigned) > 0))'
kill -TERM "$WINNER"
REFUSED=0
for ((i = 0; i < STARTS; ++i)); do
  STATUS=0
  wait "${PIDS[i]}" || STATUS=$?
  if ((PIDS[i] == WINNER)); then
    check 'which stops as it is told to' equals "$STATUS" 75
  elif ((STATUS == 69)) &&
    grep -q "is in use by process $WINNER on $(hostname) since 20[0-9-]* [0-9:]*; wait for it" "$WORK/said.$i"; then
    REFUSED=$((REFUSED + 1))
  else
    sed "s/^/  $STATUS: /" "$WORK/said.$i"
  fi
done
check 'all others are refused and say who runs, where and since when' equals "$REFUSED" "$((STARTS - 1))"
check 'one of them all took the directory' equals "$(find "$RUN/lease" -type f | wc -l)" 1
check 'and one command is in the journal' equals "$(events "$RUN" run_started)" 1
check 'no process is left' until_true 20 no_processes "$RUN"
finish
