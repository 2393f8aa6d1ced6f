#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Steps that a killed renderer costs (at most 1.1 wanted), a hundred times faster than life: steps of 0.3 s,
# a checkpoint every 0.3 s, kill -9 of a renderer at moments of chance.
# steps_lost.sh <source> <programs> [kills] [seed]
SOURCE=$1 BIN=$2 KILLS=${3:-40}
RANDOM=${4:-7}
# shellcheck source=tests/mpi/try_farm.sh
source "$SOURCE/tests/mpi/try_farm.sh"
trap 'rm -rf "$WORK"' EXIT

RUN=$WORK/run
printf '[worker]\ncheckpoint_every = 0.3\nattempts = 100\n' >"$WORK/site.toml"
job lost "$((KILLS / 2 + 4))" 10
"$BIN/pia-farmd" "$WORK/lost.toml" --out "$RUN" --renderer=fake --step-seconds 0.3 --workers 2 --quiet \
  --farm "$WORK/site.toml" >"$WORK/output" 2>&1 &
FARM=$!
until_true 60 test -d "$RUN/logs"
for ((killed = 0; killed < KILLS; )); do
  sleep "$((RANDOM % 2)).$((RANDOM % 10))"
  mapfile -t renderers < <(pgrep --full "run-directory $RUN")
  ((${#renderers[@]} > 0)) || break
  kill -KILL "${renderers[RANDOM % ${#renderers[@]}]}" && ((++killed))
done
wait "$FARM" || echo "ended with $?"
twice=$(sed -n 's/^\([0-9]*\) steps\{0,1\} of [0-9]* done twice.*/\1/p' "$RUN/report.txt")
awk -v kills="$killed" -v twice="${twice:-0}" 'BEGIN {
  printf "%d kills: %d whole steps done twice, %.2f a kill, and the step at hand, half of one on average\n", kills, twice, twice / kills }'
