#!/usr/bin/env bash
# A Slurm of one machine, in a folder of its own, for tests: `one-box.sh start FOLDER`, then `SLURM_CONF=FOLDER/slurm.conf sbatch …`, then
# `one-box.sh stop FOLDER`. Needs root, and slurmctld, slurmd and munged (Debian: slurm-wlm, munge). Outside the folder there is
# only a link at /etc/slurm/slurm.conf while it runs: Snakemake's plugin clears the variable. Where another Slurm has its file there, it is left alone.
set -euo pipefail
action=$1 folder=$(realpath -m "$2")

start() {
  local host
  host=$(hostname -s)
  mkdir -p "$folder"/{state,spool,munge}
  # munged refuses a socket that others could replace, so that every folder above it must be searchable and none writable by all.
  chown munge:munge "$folder/munge"
  chmod 0755 "$folder" "$folder/munge"
  head -c 128 /dev/urandom >"$folder/munge/key"
  chown munge:munge "$folder/munge/key"
  chmod 0400 "$folder/munge/key"
  runuser -u munge -- /usr/sbin/munged --force --key-file="$folder/munge/key" --socket="$folder/munge/socket" \
    --pid-file="$folder/munge/pid" --log-file="$folder/munge/log" --seed-file="$folder/munge/seed"
  cat >"$folder/slurm.conf" <<CONF
ClusterName=semcrc
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MinJobAge=60
KillWait=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$(awk '/MemTotal/ { print int($2 / 1024) - 512 }' /proc/meminfo) State=UNKNOWN
PartitionName=test Nodes=$host Default=YES MaxTime=60 State=UP
CONF
  export SLURM_CONF="$folder/slurm.conf"
  mkdir -p "$(dirname "$link")"
  # One that leads nowhere is of a box that was killed.
  [ -L "$link" ] && [ ! -e "$link" ] && rm "$link"
  [ -e "$link" ] || ln -s "$SLURM_CONF" "$link"
  slurmctld -c -f "$SLURM_CONF"
  slurmd -f "$SLURM_CONF"
  local waited=0
  until [ "$(sinfo -h -o %T 2>/dev/null)" = idle ]; do
    sleep 0.2
    waited=$((waited + 1))
    if [ "$waited" -gt 150 ]; then
      tail -n 5 "$folder"/{slurmctld,slurmd}.log "$folder/munge/log" >&2
      return 1
    fi
  done
}

stop() {
  local pid file
  [ "$(readlink "$link")" = "$folder/slurm.conf" ] && rm "$link"
  for file in "$folder"/slurmd.pid "$folder"/slurmctld.pid "$folder"/munge/pid; do
    [ -s "$file" ] || continue
    pid=$(cat "$file")
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null && sleep 0.1 || break; done
  done
}

link=/etc/slurm/slurm.conf
# Two ports that a test on the same machine is unlikely to take.
port=$((20000 + $$ % 20000))
"$action"
