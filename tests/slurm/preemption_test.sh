#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A farm whose nodes Slurm wants for somebody else, without a warning and with one: preemption_test.sh <source> <programs>
SOURCE=$1 BIN=$2
export EXTRA='PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
PartitionName=urgent Nodes=ALL PriorityTier=10 PreemptMode=OFF'
# shellcheck source=tests/slurm/lab.sh
source "$SOURCE/tests/slurm/lab.sh"

job humble 24 6
make_alone humble &
ALONE=$!
RUN=$WORK/humble
start_humble() {
  rm -rf "$RUN"
  submit --nodes=3 --gpus-per-node=2 pia-farm "$WORK/humble.toml" --out "$RUN" --renderer=fake --step-seconds 0.25 \
    --farm "$WORK/site.toml"
  HUMBLE=$JOB
}
preempt() {
  submit --partition=urgent --nodes=3 --exclusive --wrap 'sleep 1'
  URGENT=$JOB
  JOB=$HUMBLE
}
urgent_is_over() { [[ $(slurm squeue --noheader --jobs "$URGENT" 2>/dev/null) == '' ]]; }
goes_on_afterwards() { # <rule>
  check "$1: the other job has the nodes, and leaves them" until_true 60 urgent_is_over
  check "$1: Slurm runs the farm again" until_true 60 restarted_since 0
  check "$1: it ends well" ends_with 60 0
  wait "$ALONE" || true
  check "$1: with the frames of an undisturbed run" same_results "$WORK/alone-humble" "$RUN"
  check "$1: each shot committed once, nothing left behind" eval 'committed_once "$RUN" && has_no_leftovers "$RUN"'
  check "$1: no attempt of a shot was spent" equals "$(events "$RUN" attempt_failed)" 0
}

start_humble
check 'the farm gets going' until_true 30 has_commits "$RUN" 3
preempt
goes_on_afterwards 'preempted at once'

slurm scontrol update PartitionName=main GraceTime=20
start_humble
check 'a farm gets going' until_true 30 has_commits "$RUN" 3
preempt
check 'told of it, every shot stops at a checkpoint' until_true 15 has_event shot_stopped
goes_on_afterwards 'preempted with a warning'
check 'preempted with a warning: no step is done twice' grep -q '^ *0 steps of .* done twice' "$RUN/report.txt"
check 'no process is left' until_true 20 no_processes "$RUN"
finish
