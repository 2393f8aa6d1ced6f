#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every system call by which a small job changes its run directory, killed at and after, or made to fail:
# syscalls_test.sh <source> <programs> <shim> [cases, 0: all] [seed] [stalls]
# With "stalls" that many calls take $PIA_SHIM_SECONDS, 30 unless set.
SOURCE=$1 BIN=$2 SHIM=$3
CASES=${4:-12}
SEED=${5:-$((RANDOM * 32768 + RANDOM))}
# shellcheck source=tests/mpi/try_farm.sh
source "$SOURCE/tests/mpi/try_farm.sh"
trap 'rm -rf "$WORK"' EXIT
STALLS=("${@:6:1}")
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_btl_tcp_if_include=lo OMPI_MCA_oob_tcp_if_include=lo
echo "seed $SEED: again with syscalls_test.sh <source> <programs> <shim> $CASES $SEED ${STALLS[*]}"
job little 2 3
make_alone little
check 'whatever happens to a system call, the same command makes the same frames' \
  "$BIN/every_call" "$BIN" "$SHIM" "$WORK/little.toml" "$WORK/site.toml" "$WORK/alone-little" "$WORK" "$CASES" "$SEED" "${STALLS[@]}"
finish
