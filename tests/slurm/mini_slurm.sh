#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# mini-slurm start|stop|env|status DIR, or node DIR NAME (its slurmd again) -- a private N-node Slurm on one host, no systemd; run as root.
# Env: NODES=3 CPUS=2 MEM=2000 SLURM_USER=root|slurm PORT_BASE=(free one) GPUS=0 NS=1 EXTRA='more slurm.conf lines'
# NS=1: each slurmd in its own UTS+mount namespace (hostname nodeN, own /dev/shm); NS=0: plain slurmd -N.
# DIR must be short (unix socket paths < 108 chars) and not exist as a symlink. Then: eval "$(mini-slurm env DIR)"
set -u
cmd=$1; D=$(readlink -m "$2"); export SLURM_CONF=$D/etc/slurm.conf
alive(){ [ -n "${1:-}" ] && kill -0 "$1" 2>/dev/null; }
free(){ local p; for p in $1 $(seq $(($1+11)) $(($1+10+NODES))); do ss -ltnH "sport = :$p" | grep -q . && return 1; done; return 0; }
start_node(){ if [ "${NS:-1}" = 1 ]; then
   unshare --uts --mount --propagation private bash -c \
     'hostname "$2"; mount -t tmpfs -o size=2g,mode=1777 shm /dev/shm; exec slurmd -f "$1" -N "$2"' _ "$SLURM_CONF" "$1"
  else slurmd -f "$SLURM_CONF" -N "$1"; fi; }
case $cmd in
start)
  NODES=${NODES:-3}; CPUS=${CPUS:-2}; MEM=${MEM:-2000}; SU=${SLURM_USER:-root}; GPUS=${GPUS:-0}; H=$(hostname -s)
  PB=${PORT_BASE:-}; while [ -z "$PB" ] || ! free "$PB"; do PB=$((20000 + RANDOM % 10000)); done
  umask 022; mkdir -p "$D"/{etc,log,run,munge,state,spool,tmp}; chmod 700 "$D/munge"
  [ -f "$D/munge/munge.key" ] || { dd if=/dev/urandom of="$D/munge/munge.key" bs=128 count=1 status=none; chmod 400 "$D/munge/munge.key"; }
  munged --key-file="$D/munge/munge.key" --socket="$D/run/munge.sock" --pid-file="$D/run/munged.pid" \
    --log-file="$D/log/munged.log" --seed-file="$D/munge/seed" --num-threads=2 --force 2>>"$D/log/munged.err" || { cat "$D/log/munged.err"; exit 1; }
  { cat <<C
ClusterName=mini
SlurmctldHost=$H(127.0.0.1)
SlurmUser=$SU
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$D/run/munge.sock,cred_expire=10
SlurmctldPort=$PB
SlurmctldPidFile=$D/run/slurmctld.pid
SlurmdPidFile=$D/run/slurmd.%n.pid
SlurmctldLogFile=$D/log/slurmctld.log
SlurmdLogFile=$D/log/slurmd.%n.log
StateSaveLocation=$D/state
SlurmdSpoolDir=$D/spool/%n
TmpFS=$D/tmp/%n
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1
SlurmdParameters=config_overrides
MpiDefault=pmix
ReturnToService=1
JobRequeue=1
JobCompType=jobcomp/filetxt
JobCompLoc=$D/log/jobcomp.txt
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
KillWait=5
SlurmdTimeout=6
SlurmctldTimeout=15
MessageTimeout=10
C
    [ "$GPUS" -gt 0 ] && echo GresTypes=gpu
    [ -n "${EXTRA:-}" ] && echo "$EXTRA"
    for i in $(seq "$NODES"); do
      g=; [ "$GPUS" -gt 0 ] && g="Gres=gpu:$GPUS"
      echo "NodeName=node$i NodeHostname=$H NodeAddr=127.0.0.1 Port=$((PB+10+i)) CPUs=$CPUS RealMemory=$MEM $g State=UNKNOWN"
    done
    echo "PartitionName=main Nodes=node[1-$NODES] Default=YES MaxTime=INFINITE State=UP"; } > "$SLURM_CONF"
  if [ "$GPUS" -gt 0 ]; then   # fake GPUs: character devices (copies of /dev/null)
    for k in $(seq 0 $((GPUS-1))); do [ -e "$D/run/fakegpu$k" ] || mknod "$D/run/fakegpu$k" c 1 3; done
    echo "NodeName=node[1-$NODES] Name=gpu File=$D/run/fakegpu[0-$((GPUS-1))]" > "$D/etc/gres.conf"
  fi
  for i in $(seq "$NODES"); do mkdir -p "$D/spool/node$i" "$D/tmp/node$i"; chmod 1777 "$D/tmp/node$i"; done
  touch "$D/log/jobcomp.txt"; [ "$SU" = root ] || chown -R "$SU" "$D/state" "$D/log" "$D/run"
  [ "$SU" = root ] || chown root "$D/run/munge.sock" "$D/run/munged.pid" "$D/log/munged.log"
  slurmctld -f "$SLURM_CONF" || exit 1
  for i in $(seq "$NODES"); do start_node "node$i" || exit 1; done
  for t in $(seq 150); do
    [ "$(timeout 5 sinfo -h -N -o '%N %t' 2>/dev/null | sort -u | grep -c ' idle$')" = "$NODES" ] && exit 0; sleep 0.1
  done
  echo "mini-slurm: nodes not idle after 15 s; see $D/log" >&2; timeout 5 sinfo -N -l; exit 1;;
stop)
  if alive "$(cat "$D/run/slurmctld.pid" 2>/dev/null)"; then
    for j in $(timeout 5 squeue -h -o %A | sort -u); do timeout 5 scancel -f "$j"; done
    for t in $(seq 50); do [ -z "$(timeout 5 squeue -h -t R,CG)" ] && break; sleep 0.1; done
  fi
  pids=; for f in "$D"/run/slurmd.*.pid "$D/run/slurmctld.pid" "$D/run/munged.pid"; do
    p=$(cat "$f" 2>/dev/null); alive "$p" && grep -qaF "$D/" "/proc/$p/cmdline" && { kill "$p"; pids="$pids $p"; }; done
  for t in $(seq 80); do n=0; for p in $pids; do alive "$p" && n=1; done; [ $n = 0 ] && break; sleep 0.1; done
  for p in $pids; do alive "$p" && { echo "mini-slurm: pid $p did not stop, kill -9" >&2; kill -9 "$p"; }; done; exit 0;;
node) start_node "$3";;
env) cat <<C
export SLURM_CONF=$SLURM_CONF
export OMPI_MCA_btl_tcp_if_include=lo OMPI_MCA_oob_tcp_if_include=lo OMPI_MCA_mpi_yield_when_idle=1
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
C
;;
status) timeout 5 sinfo -N -l; timeout 5 squeue;;
esac
