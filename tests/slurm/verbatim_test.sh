#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# sbatch pia-farm JOB on a Slurm of three nodes with two fake GPUs each: verbatim_test.sh <source> <programs>
SOURCE=$1 BIN=$2
# shellcheck source=tests/slurm/lab.sh
source "$SOURCE/tests/slurm/lab.sh"

job grid 18 6
make_alone grid &
ALONE=$!
mkdir -p "$CHECKOUT/jobs"
cp "$WORK/grid.toml" "$CHECKOUT/jobs/grid.toml"

RUN=$CHECKOUT/renders/grid
six_renderers() { (($(renderers_of "$RUN" | wc -l) == 6)); }
gpus_of_renderers() {
  local pid
  for pid in $(renderers_of "$RUN"); do
    echo "$(variable_of "$pid" SLURMD_NODENAME):$(variable_of "$pid" CUDA_VISIBLE_DEVICES)"
  done | sort | tr '\n' ' '
}

submit --nodes=3 --gpus-per-node=2 pia-farm jobs/grid.toml --renderer=fake --step-seconds 0.4
check 'from a checkout, a rank a GPU starts' until_true 30 six_renderers
check 'each renderer has its own GPU' equals "$(gpus_of_renderers)" 'node1:0 node1:1 node2:0 node2:1 node3:0 node3:1 '
check 'MPI'\''s and PMIx'\''s variables stay with the ranks' is_empty \
  "$(tr '\0' '\n' <"/proc/$(renderers_of "$RUN" | head -n 1)/environ" | grep '^OMPI_\|^PMIX_' || true)"
sockets_of() { find "/proc/$1/fd" -lname 'socket:*' 2>/dev/null | wc -l; } # <pid>
check 'and so do their sockets' equals "$(sockets_of "$(renderers_of "$RUN" | head -n 1)")" 1
FIRST=$JOB
submit --nodes=1 pia-farm jobs/grid.toml --renderer=fake
check 'a second job on the same run directory is refused' ends_with 20 69
check 'and hears which job has it' says "Slurm job $FIRST"
submit --nodes=1 pia-farm jobs/grid.toml --renderer=fake --wait
WAITER=$JOB
check 'a third that may wait waits' until_true 20 says 'waiting until it ends'
JOB=$FIRST
check 'the job ends well' ends_with 60 0
JOB=$WAITER
check 'and the one that waited finds nothing left to do' ends_with 30 0
check 'as it says' says '18 clips of 18'
JOB=$FIRST
wait "$ALONE" || true
check 'with the frames that one process makes' same_results "$WORK/alone-grid" "$RUN"
check 'each shot committed once' committed_once "$RUN"
check 'nothing is left behind' has_no_leftovers "$RUN"
check 'no process either' until_true 10 no_processes "$RUN"

# Each node of the lab has a /dev/shm of its own.
printf '[worker]\ncheckpoint_every = 0\nscratch = "/dev/shm"\n' >"$WORK/scratch.toml"
copies_on() { # <node>
  find "/proc/$(<"$LAB/run/slurmd.$1.pid")/root/dev/shm/pia-farm-weights-$UID" -regex '.*/[0-9a-f]*' -type d 2>/dev/null |
    wc -l
}
copies() { echo "$(copies_on node1) $(copies_on node2) $(copies_on node3)"; }
has_copies() { [[ $(copies) == "$1" ]]; } # <by node>
submit --nodes=3 --gpus-per-node=2 pia-farm jobs/grid.toml --out "$WORK/staged" --renderer=fake --step-seconds 0.2 \
  --farm "$WORK/scratch.toml"
check 'a node gets one copy of each folder of weights, whatever its workers' until_true 30 has_copies '2 2 2'
check 'the farm that reads them ends well' ends_with 60 0
check 'with the same frames' same_results "$WORK/alone-grid" "$WORK/staged"
check 'and leaves no copy on a node' until_true 10 has_copies '0 0 0'

mkdir -p "$WORK/prefix/bin" "$WORK/prefix/lib/pia-farm" "$WORK/elsewhere"
cp "$SOURCE/pia-farm" "$BIN/pia-farmd" "$BIN/pia-farm-rank" "$BIN/pia-render-fake" "$WORK/prefix/bin/"
cp "$BIN"/libpia-*.so "$WORK/prefix/lib/pia-farm/"
cd "$WORK/elsewhere"
PATH=$WORK/prefix/bin:$PATH submit --nodes=2 pia-farm "$WORK/grid.toml" --renderer=fake --step-seconds 0 --quiet
check 'an installed copy on PATH works from any folder, a rank a node without GPUs' ends_with 40 0
check 'with the same frames' same_results "$WORK/alone-grid" "$WORK/elsewhere/renders/grid"
cd "$CHECKOUT"

submit_by_verb() { # <words...>
  PATH=$WORK/prefix/bin:$PATH slurm pia-farm submit "$@" >"$WORK/said" 2>&1 &&
    JOB=$(sed -n 's/^Slurm job \([0-9]*\):.*/\1/p' "$WORK/said") && [[ $JOB ]]
}
mkdir -p "$WORK/by-verb"
cd "$WORK/by-verb"
check 'pia-farm submit submits a job' submit_by_verb ../grid.toml --out "it's here" --nodes 2 --gpus-per-node 1 \
  --sbatch=--comment=night --renderer=fake --step-seconds 0
check 'and says how to watch it' grep -q "pia-farm status 'it'" "$WORK/said"
check 'which ends well' ends_with 40 0
check 'with the same frames' same_results "$WORK/alone-grid" "$WORK/by-verb/it's here"
printf '%s\n' '[slurm]' 'nodes = 2' 'time = "00:07:00"' 'partition = "nowhere"' >"$WORK/submit.toml"
check 'what the site file says of Slurm is asked for' submit_by_verb ../grid.toml --farm ../submit.toml --out sited \
  --partition main --renderer=fake --step-seconds 0
check 'and the job ends well' ends_with 40 0
check 'on its nodes' equals "$(fact NumNodes)" 2
check 'within its time' equals "$(fact TimeLimit)" 00:07:00
check 'but where the command line says otherwise' equals "$(fact Partition)" main
check 'its report is there' grep -q '18 of 18 shots done' "$WORK/by-verb/it's here/report.txt"
check 'what is wrong with a job is said before it is submitted' eval '! submit_by_verb /dev/null && grep -q "error" "$WORK/said"'
check 'so is what Slurm refuses' eval '! submit_by_verb ../grid.toml --partition nowhere --renderer=fake && grep -q "sbatch refused" "$WORK/said"'
cd "$CHECKOUT"

submit --array=0-1 pia-farm jobs/grid.toml --renderer=fake
check 'under --array it says what is wanted' until_true 20 eval 'grep -qs "sbatch --nodes=4" "$WORK"/*.out'
finish
