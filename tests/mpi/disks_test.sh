#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Run directories on real file systems that get full, read-only, frozen or lost, under four ranks: disks_test.sh <source> <programs>
# Mounts; so as root only.
SOURCE=$1 BIN=$2
# shellcheck source=tests/mpi/try_farm.sh
source "$SOURCE/tests/mpi/try_farm.sh"
DISK=$WORK/disk
RUN=$DISK/run
end() {
  fsfreeze --unfreeze "$DISK" 2>/dev/null || true
  pkill -KILL --full "run-directory.$RUN" 2>/dev/null || true
  umount --lazy "$DISK" 2>/dev/null || true
  rm -rf "$WORK"
}
trap end EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_btl_tcp_if_include=lo OMPI_MCA_oob_tcp_if_include=lo
mkdir "$DISK"
job some 24 6
make_alone some

# Videos may still be closed by who made them.
no_disk() { until_true 20 eval 'umount "$DISK" 2>/dev/null'; }

start() { # <flags...>
  mpirun --oversubscribe -n 4 "$BIN/pia-farmd" "$WORK/some.toml" --out "$RUN" --renderer=fake --farm "$WORK/site.toml" \
    --step-seconds 0.1 "$@" >"$WORK/output" 2>&1 </dev/null &
  FARM=$!
}
ends_with() { # <seconds> <status>
  local status=0
  until_true "$1" eval '! kill -0 "$FARM" 2>/dev/null' || true
  kill -KILL "$FARM" 2>/dev/null || true
  wait "$FARM" || status=$?
  [[ $status == "$2" ]] || {
    sed 's/^/  output: /' "$WORK/output"
    return 1
  }
}
is_right() { # <rule>
  check "$1: with the frames of an undisturbed run" same_results "$WORK/alone-some" "$RUN"
  check "$1: each shot committed once, nothing left behind" eval 'committed_once "$RUN" && has_no_leftovers "$RUN"'
  check "$1: verify finds nothing wrong" eval '"$BIN/pia-farmd" verify "$RUN" >"$WORK/verify" 2>&1'
}
told() { grep -qE -- "$1" "$WORK/output"; } # <pattern>

# Full at many points: each size is one at which another write fails.
for kilobytes in ${SIZES:-48 96 160 240 336 448 576}; do
  mount -t tmpfs -o "size=${kilobytes}k" none "$DISK"
  start
  check "full at $kilobytes kB: it says so" until_true 60 told 'No space left'
  sleep 5 # through some more tries
  mount -o remount,size=64m "$DISK"
  check "full at $kilobytes kB, then given room: it goes on by itself or by the same command" \
    eval 'ends_with 150 0 || { told "again" && start && ends_with 90 0; }'
  is_right "full at $kilobytes kB"
  no_disk
done

truncate --size=64M "$WORK/image"
mkfs.ext4 -q "$WORK/image"
mount -o loop,errors=remount-ro "$WORK/image" "$DISK"
start
until_true 30 has_commits "$RUN" 3
fsfreeze --freeze "$DISK"
sleep "${FROZEN_SECONDS:-120}"
fsfreeze --unfreeze "$DISK"
check "frozen for ${FROZEN_SECONDS:-120} s, it goes on" ends_with 150 0
check 'frozen: nobody was declared dead' eval '[[ $(events "$RUN" worker_lost) == 0 && $(events "$RUN" attempt_failed) == 0 ]]'
is_right 'frozen'
rm -rf "$RUN"

# What ext4 does after an error of its own.
start
until_true 30 has_commits "$RUN" 3
echo 'a test' >"/sys/fs/ext4/$(basename "$(findmnt --noheadings --output SOURCE "$DISK")")/trigger_fs_error"
check 'read-only: nobody can write' eval '! touch "$DISK/x" 2>/dev/null'
sleep 10
check 'read-only: no rank is given up, the results wait' eval '[[ $(events "$RUN" worker_lost) == 0 ]] && kill -0 "$FARM"'
pkill -TERM --full "pia-farm-rank.*$RUN|pia-farmd.*--out $RUN" || true
until_true 60 eval '! kill -0 "$FARM" 2>/dev/null' || kill -KILL "$FARM"
pkill -KILL --full "run-directory.$RUN" || true
no_disk
fsck.ext4 -fy "$WORK/image" >/dev/null 2>&1 || true
mount -o loop "$WORK/image" "$DISK"
start
check 'mounted again, the same command goes on' ends_with 90 0
is_right 'read-only'
no_disk

mount -t tmpfs -o size=64m none "$DISK"
start
until_true 30 has_commits "$RUN" 3
mv "$RUN" "$RUN-away"
sleep 10
mv "$RUN-away" "$RUN"
check 'away and back: it ends, or asks for the same command' eval 'ends_with 150 0 || { start && ends_with 90 0; }'
is_right 'away and back'
finish
