#!/bin/sh
# A real Slurm on one machine, and a small sweep through it: `sh tests/slurm.sh PROGRAM`, as root on Debian or Ubuntu,
# with PROGRAM such as target/release/digit-workbench. Installs slurm-wlm and munge; everything else lies in a temporary
# folder and ends with the script.
set -eu
program=$(realpath "${1:?give the program, for instance target/release/digit-workbench}")
if ! command -v slurmctld >/dev/null || ! command -v munged >/dev/null; then
    apt-get update -q && apt-get install -q -y slurm-wlm munge
fi
folder=$(mktemp -d)
chmod 755 "$folder"
host=$(hostname -s)
export SLURM_CONF="$folder/slurm.conf"
mkdir "$folder/state" "$folder/spool"
cat > "$SLURM_CONF" <<CONF
ClusterName=test
SlurmctldHost=$host
SlurmUser=root
AuthType=auth/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldPort=16817
SlurmdPort=16818
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
JobRequeue=1
NodeName=$host CPUs=$(nproc) State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
# Newer versions can do without control groups; older ones find out by themselves which there are.
case $(slurmctld -V) in
    *" 22."* | *" 21."* | *" 20."*) echo "CgroupAutomount=yes" > "$folder/cgroup.conf" ;;
    *) echo "CgroupPlugin=disabled" > "$folder/cgroup.conf" ;;
esac

mkdir -p /run/munge
[ -s /etc/munge/munge.key ] || (umask 077 && head -c 1024 /dev/urandom > /etc/munge/munge.key && chown munge: /etc/munge/munge.key)
chown munge: /run/munge
started_munge=
if ! munge -n >/dev/null 2>&1; then
    su -s /bin/sh munge -c munged
    started_munge=yes
fi
finish() {
    scancel --user="$(id -un)" 2>/dev/null || true
    for _ in $(seq 45); do
        [ -z "$(squeue --noheader 2>/dev/null)" ] && break
        sleep 1
    done
    for name in slurmd slurmctld; do
        [ -f "$folder/$name.pid" ] && kill "$(cat "$folder/$name.pid")" 2>/dev/null || true
    done
    if [ -n "$started_munge" ]; then kill "$(cat /run/munge/munged.pid)" 2>/dev/null || true; fi
}
trap finish EXIT
slurmctld
slurmd || { cat "$folder/slurmd.log"; exit 1; }
for _ in $(seq 60); do
    sinfo --noheader --format=%t 2>/dev/null | grep -q idle && break
    sleep 1
done
sinfo

cat > "$folder/small.ron" <<RON
Sweep(
    name: "Through Slurm",
    recipe: (
        data: rendered(train: 600, test: 100),
        model: mlp(dense_size: 32),
        train: (epochs: 120, batch_size: 32, device: cpu),
    ),
    space: [(path: "optim.lr", range: log(min: 0.0001, max: 0.1))],
    strategy: random(),
    pruner: asha(min_epochs: 1, factor: 3),
    trials: 8,
)
RON
export DIGIT_WORKBENCH_WORKSPACE="$folder/workspace"
"$program" sweep "$folder/small.ron" --launcher slurm --jobs 2 --json > "$folder/told.jsonl" &
sweep=$!
# The first task that runs, or nothing after half a minute.
running() {
    for _ in $(seq 60); do
        task=$(squeue --noheader --array --states=RUNNING --format=%i 2>/dev/null | grep -v "^${1:-none}\$" | head -n 1)
        [ -n "$task" ] && break
        sleep 0.5
    done
    echo "$task"
}
# One task is preempted on the way: Slurm starts it again some time, and its trial goes on elsewhere meanwhile. Another
# one is cancelled for good: a new one takes its place.
first=$(running)
sleep 2
scontrol requeue "$first" && echo "requeued $first"
second=$(running "$first")
sleep 1
scancel "$second" && echo "cancelled $second"
wait "$sweep"
tail -n 1 "$folder/told.jsonl"
tail -n 1 "$folder/told.jsonl" | grep -q '"failed":0.*"ending":"done"' && echo "the sweep went through Slurm; see $folder"
