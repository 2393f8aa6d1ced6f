#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A training whose process hangs on a node of a Slurm job: hung_rank_test.sh <source> <programs>
SOURCE=$1 BIN=$2
# shellcheck source=tests/slurm/lab.sh
source "$SOURCE/tests/slurm/lab.sh"
# shellcheck source=tests/slurm/lab_training.sh
source "$SOURCE/tests/slurm/lab_training.sh"

has_started() { (($(events "$RUN" training_started) >= $1)); } # <times>

submit --nodes=3 pia-farm train "$WORK/lab.toml" --out "$RUN" --farm "$WORK/site.toml" --silence 10
check 'sbatch pia-farm train gets going' until_true 90 has_steps 2
HUNG=$(trainers | tail -n 1)
kill -STOP "$HUNG"
check 'one process stopped, the launcher ends all and starts them again' until_true 180 has_started 2
check 'the one that hung is gone' until_true 10 eval '! kill -0 "$HUNG" 2>/dev/null'
check 'and they go on from their checkpoint' until_true 90 has_steps "$(($(steps) + 3))"
check 'it was told' says 'nothing was heard'
slurm scancel "$JOB"
check 'cancelled, it ends' until_true 60 is_over
check 'no process is left' until_true 20 no_processes "$RUN"
finish
