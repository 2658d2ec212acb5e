#!/bin/bash
# A small Slurm cluster on this one machine (Debian, root, no systemd): a controller and NODES node daemons, for the tests
# and for trying profiles/gpu. Each node claims CPUS cores and GPUS devices, which are made up.
# usage: scripts/slurm.sh start|stop|status|killnode N|startnode N
# `stop` also removes its links from /etc/slurm: where they are, every start of snakemake asks the controller, and waits for it.
set -uo pipefail
S=${RETAKE_SLURM:-${TMPDIR:-/tmp}/retake-slurm}
NODES=${NODES:-3} CPUS=${CPUS:-4} GPUS=${GPUS:-1} PORT=${PORT:-16817}
FILES="slurm gres cgroup"

fail() { echo "slurm.sh: $*" >&2; exit 1; }

wait_for() { # wait_for SECONDS COMMAND...
  local n=$1; shift
  for _ in $(seq $((n * 5))); do "$@" >/dev/null 2>&1 && return 0; sleep 0.2; done
  echo "slurm.sh: timed out: $*" >&2; return 1
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; }
all_idle() { [ "$(sinfo -h -p gpu -t idle -o %D)" = "$NODES" ]; }

installed() {
  local missing=() name
  for name in munge slurmctld slurmd slurm-client; do dpkg -s "$name" >/dev/null 2>&1 || missing+=("$name"); done
  [ ${#missing[@]} = 0 ] && return 0
  echo "slurm.sh: installing ${missing[*]}"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$S/log/apt.log" 2>&1
}

configure() {
  local track=linuxproc task=none i
  # Memory limits and an end to orphans need cgroups of version 1; without them Slurm works, and holds no limit.
  [ -d /sys/fs/cgroup/memory ] && track=cgroup task=cgroup
  {
    cat <<X
ClusterName=retake
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$PORT
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
MpiDefault=none
SwitchType=switch/none
ProctrackType=proctrack/$track
TaskPlugin=task/$task
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=500
SchedulerType=sched/backfill
PriorityType=priority/basic
GresTypes=gpu
StateSaveLocation=$S/state
SlurmdSpoolDir=$S/spool/%n
SlurmctldPidFile=$S/slurmctld.pid
SlurmdPidFile=$S/slurmd-%n.pid
SlurmctldLogFile=$S/log/slurmctld.log
SlurmdLogFile=$S/log/slurmd-%n.log
SlurmdParameters=config_overrides
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
ReturnToService=2
MinJobAge=600
SlurmdTimeout=15
KillWait=5
X
    for i in $(seq "$NODES"); do
      echo "NodeName=n$i NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((PORT + 200 + i)) CPUs=$CPUS RealMemory=64000 Gres=gpu:toy:$GPUS Feature=gpu24g State=UNKNOWN"
    done
    echo "PartitionName=gpu Nodes=ALL Default=YES MaxTime=1-0 State=UP"
  } >"$S/slurm.conf"
  # Spare text consoles stand for GPUs: character devices, which is all that Slurm asks of a GPU's file.
  for i in $(seq "$NODES"); do
    echo "NodeName=n$i Name=gpu Type=toy File=/dev/tty[$((10 * i))-$((10 * i + GPUS - 1))]"
  done >"$S/gres.conf"
  printf 'CgroupPlugin=cgroup/v1\nCgroupMountpoint=/sys/fs/cgroup\nCgroupAutomount=no\nConstrainRAMSpace=yes\nConstrainSwapSpace=no\nConstrainCores=no\nConstrainDevices=yes\n' >"$S/cgroup.conf"
  # Links in /etc, not SLURM_CONF: the plugin drops every SLURM_ variable before its inner srun.
  mkdir -p /etc/slurm
  for i in $FILES; do
    [ ! -e "/etc/slurm/$i.conf" ] || [ -L "/etc/slurm/$i.conf" ] || fail "/etc/slurm/$i.conf is there already, and not ours"
    ln -sfn "$S/$i.conf" "/etc/slurm/$i.conf"
  done
}

start() {
  [ "$(id -u)" = 0 ] || fail "a Slurm cluster of one's own needs root"
  command -v apt-get >/dev/null || fail "this needs Debian's slurm packages"
  if [ -L /etc/slurm/slurm.conf ] && listens; then status; return; fi
  mkdir -p "$S"/{state,spool,log}
  installed || fail "the packages could not be installed (log: $S/log/apt.log)"
  configure
  install -d -o munge -g munge /run/munge
  munge -n >/dev/null 2>&1 || { rm -f /run/munge/munge.socket.2*; runuser -u munge -- munged; wait_for 20 sh -c 'munge -n | unmunge' || exit 1; }
  slurmctld || fail "slurmctld did not start (log: $S/log/slurmctld.log)"
  wait_for 60 listens || exit 1
  for i in $(seq "$NODES"); do slurmd -N "n$i"; done
  wait_for 120 all_idle || { sinfo; exit 1; }
  sinfo -N -o '%N %T %c %m %G %f'
}

status() { if [ -L /etc/slurm/slurm.conf ]; then sinfo; squeue; else echo "no cluster of ours runs"; return 1; fi; }

tree() { local c; for c in $(ps -o pid= --ppid "$1"); do tree "$c"; done; echo "$1"; }

killnode() { # as if the node lost its power: its daemon, and all that runs on it
  local daemon steps p
  daemon=$(cat "$S/slurmd-$1.pid")
  steps=$(for p in $(pgrep -x slurmstepd); do tr '\0' ' ' <"/proc/$p/cmdline" | grep -q . && ls -l "/proc/$p/fd" 2>/dev/null | grep -q "slurmd-$1.log" && echo "$p"; done)
  kill -9 "$daemon"
  for p in $steps; do kill -9 $(tree "$p") 2>/dev/null; done
  rm -f "$S/slurmd-$1.pid"
}

gone() { for _ in $(seq 100); do case $(awk '/^State/{print $2}' "/proc/$1/status" 2>/dev/null) in '' | Z) return 0 ;; esac; sleep 0.1; done; }

stop() {
  [ -L /etc/slurm/slurm.conf ] && { timeout 20 scancel -u root 2>/dev/null; sleep 1; }
  local f p
  for f in "$S"/slurmd-*.pid "$S/slurmctld.pid"; do
    [ -f "$f" ] && p=$(cat "$f") && kill "$p" 2>/dev/null && gone "$p"
  done
  for f in $FILES; do [ -L "/etc/slurm/$f.conf" ] && rm "/etc/slurm/$f.conf"; done
  find /sys/fs/cgroup/*/slurm_n* -depth -type d -exec rmdir {} \; 2>/dev/null
  rm -rf "$S/state" "$S/spool"
}

case ${1:-} in
  start) start ;;
  stop) stop ;;
  status) status ;;
  killnode) killnode "$2" ;;
  startnode) slurmd -N "$2" ;;
  *) sed -n '2,5s/^# //p' "$0"; exit 2 ;;
esac
