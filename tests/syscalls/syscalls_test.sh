#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every system call by which a small job changes its run directory, killed at and after, or made to fail:
# syscalls_test.sh <source> <programs> <shim> [cases, 0: all] [seed]
SOURCE=$1 BIN=$2 SHIM=$3
CASES=${4:-12}
SEED=${5:-$((RANDOM * 32768 + RANDOM))}
# shellcheck source=tests/mpi/try_farm.sh
source "$SOURCE/tests/mpi/try_farm.sh"
trap 'rm -rf "$WORK"' EXIT
echo "seed $SEED: again with syscalls_test.sh <source> <programs> <shim> $CASES $SEED"
job little 2 3
make_alone little
check 'whatever happens to a system call, the same command makes the same frames' \
  "$BIN/every_call" "$BIN" "$SHIM" "$WORK/little.toml" "$WORK/site.toml" "$WORK/alone-little" "$WORK" "$CASES" "$SEED"
finish
