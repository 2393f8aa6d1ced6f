#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Random kills of everything that a farm is made of: campaign_test.sh <source> <programs> [kills] [seed]
# Every fiftieth is a whole node (NODE_EVERY=5: every fifth), every twentieth a launcher: 2 and 5 of a hundred.
# 0 shots lost, 0 corrupt, 0 committed twice, the frames of an undisturbed run; and a checker that finds planted bugs.
SOURCE=$1 BIN=$2
KILLS=${3:-100}
SEED=${4:-$((RANDOM * 32768 + RANDOM))}
# shellcheck source=tests/slurm/lab.sh
source "$SOURCE/tests/slurm/lab.sh"
echo "seed $SEED: again with campaign_test.sh <source> <programs> $KILLS $SEED"
RANDOM=$((SEED % 32768))

job storm 44 6
make_alone storm
RUN=$WORK/storm

# --- the checker -------------------------------------------------------------------------------------------------------
no_shot_lost() { [[ $(commits "$1") == "$(commits "$WORK/alone-storm")" ]]; } # <run directory>
nothing_is_damaged() { "$BIN/pia-farmd" verify "$1" >"$WORK/verify.txt" 2>&1; }
is_right() { # <run directory>
  no_shot_lost "$1" && committed_once "$1" && same_results "$WORK/alone-storm" "$1" >/dev/null && nothing_is_damaged "$1" &&
    has_no_leftovers "$1"
}
for bug in lost torn wrong twice; do
  rm -rf "$WORK/planted"
  cp -r "$WORK/alone-storm" "$WORK/planted"
  "$BIN/plant" "$bug" "$WORK/planted"
  check "the checker finds a planted bug: $bug" eval '! is_right "$WORK/planted"'
done
check 'and none where none is' is_right "$WORK/alone-storm"

# --- the kills ---------------------------------------------------------------------------------------------------------
one_of() { # <words...>: sets PICK
  PICK=
  if (($# > 0)); then
    shift $((RANDOM % $#))
    PICK=$1
  fi
}
kill_one() { # <signal> <process ids...>
  local signal=$1
  shift
  one_of "$@"
  if [[ $PICK ]]; then kill "-$signal" "$PICK" 2>/dev/null || true; fi
}
restart_node() { # <node>
  NODES=3 GPUS=2 bash "$SOURCE/tests/slurm/mini_slurm.sh" node "$LAB" "$1"
}
kill_node() { # <node>
  KILLED_IN=$(fact Restarts)
  kill_all_on "$1"
  restart_node "$1"
  KILLED_NODE=$1
  KILLED_AT=$SECONDS
}
# Slurm looks what a node runs when its slurmd starts, and then every few minutes; of a batch host it believes nothing in
# twenty seconds in which a step of the job began or ended. Whoever was killed so early waits for another look.
KILLED_NODE=
look_again() {
  if [[ ! $KILLED_NODE ]] || ((SECONDS < KILLED_AT + 25)); then return 0; fi
  if [[ $(fact Restarts) != "$KILLED_IN" ]]; then
    KILLED_NODE=
    return 0
  fi
  kill -KILL "$(<"$LAB/run/slurmd.$KILLED_NODE.pid")" 2>/dev/null || true
  restart_node "$KILLED_NODE"
  KILLED_AT=$SECONDS
}
stop_and_go_on() { # <seconds> <process ids...>
  local seconds=$1
  shift
  one_of "$@"
  if [[ ! $PICK ]]; then return 0; fi
  kill -STOP "$PICK" 2>/dev/null || true
  ZOMBIES+=("$((SECONDS + seconds)) $PICK")
}
wake_zombies() { # [all]
  local -a left=()
  local entry
  for entry in "${ZOMBIES[@]}"; do
    if [[ ${1:-} == all ]] || ((SECONDS >= ${entry% *})); then
      kill -CONT "${entry#* }" 2>/dev/null || true
    else
      left+=("$entry")
    fi
  done
  ZOMBIES=("${left[@]}")
}
declare -A DEALT=()
ZOMBIES=()
strike() { # <target>
  DEALT[$1]=$((${DEALT[$1]:-0} + 1))
  # shellcheck disable=SC2046
  case $1 in
    renderer) kill_one KILL $(renderers_of "$RUN") ;;
    supervisor) kill_one KILL $(ranks_of "$RUN" | tail -n +2) ;;
    coordinator) kill_one KILL $(ranks_of "$RUN" | head -n 1) ;;
    launcher) kill_one KILL $(launcher_of "$RUN") ;;
    zombie) stop_and_go_on 6 $(ranks_of "$RUN") $(renderers_of "$RUN") ;;
    node) kill_node "node$((RANDOM % 3 + 1))" ;;
  esac
}

start_storm() {
  KILLED_NODE=
  submit --nodes=3 --gpus-per-node=2 pia-farm "$WORK/storm.toml" --out "$RUN" --renderer=fake --step-seconds 0.15 \
    --silence 3 --farm "$WORK/site.toml"
}
# The next commit, or the end; what Slurm requeues starts at once.
goes_on() {
  wake_zombies
  hurry
  look_again
  (($(commits "$RUN") > BEFORE)) || is_over
}
goes_on_soon() {
  if until_true 240 goes_on; then return 0; fi
  tell_of_job
  return 1
}
PLAN=()
KINDS=(renderer supervisor coordinator zombie renderer supervisor)
while ((${#PLAN[@]} < KILLS)); do
  one_of "${KINDS[@]}"
  if ((${#PLAN[@]} % 20 == 7)); then PICK=launcher; fi
  if ((${#PLAN[@]} % ${NODE_EVERY:-50} == 3)); then PICK=node; fi
  PLAN+=("$PICK")
done
RECOVERIES=()
GIVEN_UP=0
# Three of the kills may have met one shot, which is given up then, as it must be; the same command makes it.
try_again_what_was_given_up() {
  until_true 90 is_over_in_a_hurry || true
  if [[ $(fact ExitCode) != 3:0 ]]; then return 0; fi
  GIVEN_UP=$((GIVEN_UP + 1))
  start_storm
}
finish_round() {
  wake_zombies all
  try_again_what_was_given_up
  check "round $ROUND ends well" ends_with 90 0
  check "round $ROUND: 0 lost, 0 corrupt, 0 twice, the frames of an undisturbed run" is_right "$RUN"
  sed -n '/survived\|done twice/s/^/  /p' "$RUN/report.txt"
}
ROUND=1
start_storm
for target in "${PLAN[@]}"; do
  BEFORE=$(commits "$RUN")
  until_true 60 goes_on || true
  if is_over; then
    finish_round
    rm -rf "$RUN"
    ROUND=$((ROUND + 1))
    start_storm
    BEFORE=0
    until_true 60 goes_on || true
  fi
  sleep "0.$((RANDOM % 6))"
  BEFORE=$(commits "$RUN")
  BEGAN=${EPOCHREALTIME/./}
  strike "$target"
  check "after a kill of the $target the farm goes on" goes_on_soon
  RECOVERIES+=($(((${EPOCHREALTIME/./} - BEGAN) / 1000)))
done
finish_round
check 'no process is left' until_true 20 no_processes "$RUN"
if ((GIVEN_UP > 0)); then echo "  $GIVEN_UP rounds in which a shot was killed three times, and made by the same command again"; fi
for target in "${!DEALT[@]}"; do echo "  ${DEALT[$target]} x $target"; done
printf '%s\n' "${RECOVERIES[@]}" | sort -n | awk '{ ms[NR] = $1 } END {
  printf "  %d kills; ms to the next commit: p50 %d, p99 %d, most %d\n", NR, ms[int((NR + 1) / 2)], ms[int(NR * 0.99 + 0.99)], ms[NR] }'
finish
