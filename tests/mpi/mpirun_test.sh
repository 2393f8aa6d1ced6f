#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The farm under mpirun, without Slurm and without a launcher: mpirun_test.sh <source> <programs> <shim>
# 2, 4, 1 and 5 ranks on one machine.
SOURCE=$1 BIN=$2 SHIM=$3
# shellcheck source=tests/mpi/try_farm.sh
source "$SOURCE/tests/mpi/try_farm.sh"
trap 'rm -rf "$WORK"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_btl_tcp_if_include=lo OMPI_MCA_oob_tcp_if_include=lo
# Open MPI keeps some memory to its end.
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0

farm() { # <ranks> <job> <run directory> <flags...>
  local ranks=$1 name=$2 out=$3
  shift 3
  STATUS=0
  # Open MPI may wait for itself for ever when one rank ends them all.
  timeout --kill-after 5 60 mpirun --oversubscribe -n "$ranks" "$BIN/pia-farmd" "$WORK/$name.toml" --out "$out" --renderer=fake \
    --farm "$WORK/site.toml" "$@" >"$WORK/output" 2>&1 </dev/null || STATUS=$?
}
exits_with() { # <status>
  [[ $STATUS == "$1" ]] || {
    sed 's/^/  output: /' "$WORK/output"
    return 1
  }
}
says() { grep -qF -- "$1" "$WORK/output"; }

job some 9 6
job two 2 6
make_alone some
make_alone two

farm 4 some "$WORK/four" --step-seconds 0.02
check 'four ranks render a job' exits_with 0
check 'with the frames that one process makes' same_results "$WORK/alone-some" "$WORK/four"
check 'each shot committed once' committed_once "$WORK/four"
check 'by several workers' test "$("$BIN/pia-farmd" journal "$WORK/four" | grep -o '"worker":[0-9]' | sort -u | wc -l)" -ge 3
check 'leaving nothing behind' has_no_leftovers "$WORK/four"
check 'its videos are there' test "$(find "$WORK/four/videos" -name '*.gif' | wc -l)" = 9
farm 4 some "$WORK/four"
check 'a second time there is nothing to do' exits_with 0
check 'and nothing is rendered' equals "$(events "$WORK/four" shot_committed)" 9

farm 1 some "$WORK/one" --step-seconds 0
check 'one rank alone does it all' exits_with 0
check 'with the same frames' same_results "$WORK/alone-some" "$WORK/one"

# Bug: ranks rendered all, whatever --only said.
farm 2 some "$WORK/chosen" --step-seconds 0 --only 'name=some-[34]'
check 'ranks render what --only keeps' exits_with 0
check 'and no more' equals "$(commits "$WORK/chosen")" 2
check 'of a plan that stays whole' equals "$("$BIN/pia-farmd" status "$WORK/chosen" --json | grep -c '"state": "left"')" 7

# The clocks of two ranks are a day ahead, of two a day behind.
farm_of_skewed_clocks() { # <job> <run directory> <flags...>
  local -a words=("$BIN/pia-farmd" "$WORK/$1.toml" --out "$2" --renderer=fake --farm "$WORK/site.toml" "${@:3}")
  STATUS=0
  FAKETIME_DONT_FAKE_MONOTONIC=1 timeout --kill-after 5 60 mpirun --oversubscribe -n 2 faketime -f +1d "${words[@]}" \
    : -n 2 faketime -f -1d "${words[@]}" >"$WORK/output" 2>&1 </dev/null || STATUS=$?
}
farm_of_skewed_clocks some "$WORK/skewed" --step-seconds 0.02
check 'ranks whose clocks are two days apart render a job' exits_with 0
check 'with the same frames' same_results "$WORK/alone-some" "$WORK/skewed"
check 'each shot committed once' committed_once "$WORK/skewed"
check 'leaving nothing behind' has_no_leftovers "$WORK/skewed"

farm 5 two "$WORK/five" --step-seconds 0.02
check 'more ranks than shots' exits_with 0
check 'give the same frames' same_results "$WORK/alone-two" "$WORK/five"

farm 3 some "$WORK/hurt" --step-seconds 0.05 &
mpirun_pid=$!
check 'a run that is to be hurt gets going' until_true 30 has_commits "$WORK/hurt" 2
kill -KILL "$(pgrep --full --oldest "pia-render-fake --run-directory $WORK/hurt")"
check 'a killed renderer costs an attempt' until_true 30 has_commits "$WORK/hurt" 5
kill -KILL "$(pgrep --full "pia-farm-rank --run-directory=$WORK/hurt")"
wait "$mpirun_pid" || true
check 'with a rank all ranks end, and all their renderers' \
  until_true 20 no_processes "$WORK/hurt"
farm 2 some "$WORK/hurt" --step-seconds 0
check 'the same command goes on, with another number of ranks' exits_with 0
check 'with the same frames' same_results "$WORK/alone-some" "$WORK/hurt"
check 'each shot committed once' committed_once "$WORK/hurt"

# Slow enough for the rank that is stopped to be at a shot.
farm 4 some "$WORK/silent" --step-seconds 0.3 --silence 2 &
mpirun_pid=$!
check 'a run that is to lose a rank gets going' until_true 30 has_commits "$WORK/silent" 1
kill -STOP "$(pgrep --parent "$(pgrep --full --oldest "^mpirun .*$WORK/silent")" pia-farm-rank | tail -n 1)"
wait "$mpirun_pid" || true
check 'a rank that stands still to the end holds nobody up' equals "$(events "$WORK/silent" worker_lost)" 1
check 'the others make its shots' same_results "$WORK/alone-some" "$WORK/silent"
check 'at no cost' equals "$(events "$WORK/silent" attempt_failed)" 0
check 'and it is ended with them' until_true 20 no_processes "$WORK/silent"
check 'the report is there' grep -q '1 lost worker' "$WORK/silent/report.txt"

# Ranks of one node copy the weights to its disk; the one that copies is killed in the middle of a file.
mkdir "$WORK/scratch"
printf '[worker]\ncheckpoint_every = 0\nscratch = "$NODE_DISK"\n' >"$WORK/site.toml"
head -c 8 /dev/zero >"$WORK/counter"
NODE_DISK=$WORK/scratch LD_PRELOAD=$SHIM PIA_SHIM_PROGRAM=pia-render-fake PIA_SHIM_FOLDER=$WORK/scratch \
  PIA_SHIM_COUNTER=$WORK/counter PIA_SHIM_AT=26 PIA_SHIM_FAULT=kill-after PIA_SHIM_LOG=$WORK/call \
  farm 3 some "$WORK/staged" --step-seconds 0
check 'ranks that load from copies on their node render a job' exits_with 0
check 'though one was killed while it copied' grep -q '^write .*/[0-9a-f]*\.tmp/' "$WORK/call"
check 'which costs an attempt' equals "$(events "$WORK/staged" attempt_failed)" 1
check 'the frames are the same' same_results "$WORK/alone-some" "$WORK/staged"
check 'and their node is as clean as before' is_empty "$(ls "$WORK/scratch")"
printf '[worker]\ncheckpoint_every = 0\n' >"$WORK/site.toml"

farm 2 some "$WORK/held" --step-seconds 0.5 &
holder=$!
check 'a run takes its directory' until_true 30 has_commits "$WORK/held" 1
farm 2 some "$WORK/held"
check 'a second run on the same directory is refused' exits_with 69
check 'and hears who has it' says 'is in use by process'
kill -TERM "$(pgrep --full "pia-farm-rank --run-directory=$WORK/held")"
wait "$holder" || true
check 'SIGTERM stops a run at its next step' test "$(events "$WORK/held" shot_stopped)" -ge 1

farm 2 missing "$WORK/missing"
check 'a job file that is not there is told as ever' exits_with 65
check 'the program of a rank loads neither HDF5 nor OpenCV nor FFmpeg nor torch' is_empty \
  "$(readelf --dynamic "$BIN/pia-farm-rank" | grep NEEDED | grep -i 'hdf5\|opencv\|libav\|libsw\|torch\|cuda' || true)"
finish
