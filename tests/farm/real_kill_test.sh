#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 of the real renderer and of everything: real_kill_test.sh <source> <programs>
SOURCE=$1 BIN=$2
# shellcheck source=tests/mpi/try_farm.sh
source "$SOURCE/tests/mpi/try_farm.sh"
trap 'pkill -KILL --full "run-directory $WORK" || true; rm -rf "$WORK"' EXIT

RUN=$WORK/killed
printf 'threads = 1\n' >>"$WORK/site.toml"
SCRATCH=$WORK/scratch
mkdir "$SCRATCH"
COMMAND=("$BIN/pia-farmd" "$WORK/real.toml" --quiet --farm "$WORK/site.toml")
render() { "${COMMAND[@]}" --out "$1"; } # <run directory>
renderers() { pgrep --full "pia-render --run-directory $RUN"; }
newer_checkpoint() { [[ $(find "$RUN/checkpoints" -name '*.h5' -newer "$WORK/mark" 2>/dev/null) ]]; }
wait_for_checkpoint() {
  touch "$WORK/mark"
  until_true 60 newer_checkpoint
}

job real 2 8
check 'an undisturbed run' render "$WORK/alone-real"

# The other run loads from copies on this node's disk: the frames are the same.
printf 'scratch = "%s"\n' "$SCRATCH" >>"$WORK/site.toml"
copies() { find "$SCRATCH" -name '*.safetensors' | wc -l; }
"${COMMAND[@]}" --out "$RUN" >"$WORK/first.log" 2>&1 &
FARM=$!
check 'a shot gets to a checkpoint' wait_for_checkpoint
kill -KILL "$(renderers)"
check 'loading the weights from copies' equals "$(copies)" 4
check 'after kill -9 of the renderer another goes on' wait_for_checkpoint
kill -KILL "$FARM"
wait "$FARM" || true
no_renderers() { is_empty "$(renderers)"; }
check 'after kill -9 of the farm its renderer goes too' until_true 20 no_renderers
check 'the same command finishes the job' render "$RUN"
check 'with the same frames and latents' same_results "$WORK/alone-real" "$RUN"
check 'each shot committed once' committed_once "$RUN"
check 'leaving nothing behind' has_no_leftovers "$RUN"
check 'nor on the disk of the node' is_empty "$(ls "$SCRATCH")"
finish
