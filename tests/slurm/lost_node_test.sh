#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Ranks and nodes that fall silent, and come back: lost_node_test.sh <source> <programs>
SOURCE=$1 BIN=$2
# shellcheck source=tests/slurm/lab.sh
source "$SOURCE/tests/slurm/lab.sh"

SHOTS=32
job lost "$SHOTS" 6
make_alone lost &
ALONE=$!
RUN=$WORK/lost
start_lost() { # <step seconds> <sbatch flags...>
  local seconds=$1
  shift
  submit "$@" pia-farm "$WORK/lost.toml" --out "$RUN" --renderer=fake --step-seconds "$seconds" --silence 6 \
    --farm "$WORK/site.toml"
}
rendered_right() { # <rule>
  wait "$ALONE" || true
  check "$1: with the frames of an undisturbed run" same_results "$WORK/alone-lost" "$RUN"
  check "$1: each shot committed once, nothing left behind" eval 'committed_once "$RUN" && has_no_leftovers "$RUN"'
  check "$1: no attempt of a shot was spent" equals "$(events "$RUN" attempt_failed)" 0
}

# Nobody can commit more than all: on a fast machine only the lost shots may be left.
commits_more() { # <shots>
  local goal=$(($(commits "$RUN") + $1))
  until_true 30 has_commits "$RUN" $((goal < SHOTS ? goal : SHOTS))
}

tells_of_a_lost_worker() {
  local shot
  # Those that were handed out more than once.
  for shot in $("$BIN/pia-farmd" journal "$RUN" |
    sed -n 's/.*"event":"shot_assigned".*"shot":"\([0-9a-f]*\)".*/\1/p' | sort | uniq --repeated); do
    if "$BIN/pia-farmd" status "$RUN" --why "$shot" | grep -q 'its worker was lost'; then return 0; fi
  done
  return 1
}

# One rank of six and its renderer stand still, and come back as the others have made their shot.
start_lost 0.25 --nodes=3 --gpus-per-node=2
check 'the farm gets going' until_true 30 has_commits "$RUN" 3
ZOMBIE=$(ranks_on node3 | tail -n 1)
ZOMBIES="$ZOMBIE $(pgrep --parent "$ZOMBIE" | tr '\n' ' ')"
# shellcheck disable=SC2086
kill -STOP $ZOMBIES
check 'a silent rank is given up' until_true 20 has_event worker_lost
check 'the farm goes on with the others' commits_more 2
# shellcheck disable=SC2086
kill -CONT $ZOMBIES || true
check 'a rank that comes back ends its renderer' until_true 10 has_no_child "$ZOMBIE"
check 'and the farm ends well' ends_with 60 0
check 'without another generation' equals "$(events "$RUN" run_started)" 1
rendered_right 'after a silent rank'

equals_fact() { [[ $(fact "$1") == "$2" ]]; } # <key> <value>

# A whole node stands still, Slurm's part included. Slow shots: those of the nodes that are left must outlast two silences.
rm -rf "$RUN"
start_lost 0.5 --nodes=3 --gpus-per-node=2
check 'a farm gets going' until_true 30 has_commits "$RUN" 3
ZOMBIES=$(processes_on node2 | tr '\n' ' ')
# shellcheck disable=SC2086
kill -STOP $ZOMBIES
# On a loaded machine others may be late too, and it takes one generation more.
check 'with a node too many are silent: another generation starts without it' until_true 60 says 'node2 is left out'
check 'it is given back to Slurm' until_true 20 equals_fact NumNodes 2
slurm scontrol update NodeName=node2 State=DOWN Reason=silent
check 'it goes on' commits_more 1
check 'with work for yet another generation' eval '! has_commits "$RUN" $((SHOTS - 4))'
# Its rank 0 stands still as well, which no other rank could tell of.
kill -STOP "$(ranks_on node1 | head -n 1)"
check 'the launcher notices a rank 0 that says nothing' eval \
  'until_true 40 says "rank 0 on node1 has not been heard of" || { tell_of_job; false; }'
check 'and leaves its node out' until_true 20 says 'node1 is left out'
check 'the last node goes on' commits_more 1
# shellcheck disable=SC2086
kill -CONT $ZOMBIES || true
check 'and ends well, zombies or not' ends_with 90 0
check 'that Slurm finds a node down too, which the job gave back, is nothing to the job' equals "$(fact Restarts)" 0
rendered_right 'after a silent node'
check 'status --workers knows what became of whom' eval \
  '[[ $("$BIN/pia-farmd" status "$RUN" --workers) == *"node3 GPU 0"*"went home"* ]]'
check 'status --why tells of a lost worker' tells_of_a_lost_worker
check 'the report counts them' grep -Eq '[2-9] lost workers' "$RUN/report.txt"
check 'no process is left' until_true 20 no_processes "$RUN"
finish
