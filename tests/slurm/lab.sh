# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A private Slurm of three nodes with two fake GPUs each on this machine, for one test script; gone when the script ends.
# Sourced with SOURCE and BIN set. Needs root: slurmd does.
if (($(id -u) != 0)); then
  echo "not run: needs root ($(grep -c '^ *check ' "$0"))"
  exit 1
fi
# shellcheck source=tests/mpi/try_farm.sh
source "$SOURCE/tests/mpi/try_farm.sh"
LAB=$(mktemp -d /tmp/pia-lab.XXXXXX)

# Slurm's own processes that know this lab, by what they have open.
processes_of_lab() {
  local process
  for process in $(pgrep slurmstepd); do
    if find "/proc/$process/fd" -lname "$LAB/*" 2>/dev/null | grep -q .; then echo "$process"; fi
  done
}

stop_lab() {
  local process
  bash "$SOURCE/tests/slurm/mini_slurm.sh" stop "$LAB"
  for process in $(processes_of_lab); do kill -KILL "$process"; done
  rm -rf "$LAB" "$WORK"
}
trap stop_lab EXIT

for program in slurmctld slurmd munged sbatch srun scontrol; do
  command -v "$program" >/dev/null || {
    echo "FAILED: $program is not there; ./pia-farm test installs it (cmake/setup/apt.txt)"
    exit 1
  }
done
GPUS=2 bash "$SOURCE/tests/slurm/mini_slurm.sh" start "$LAB"
eval "$(bash "$SOURCE/tests/slurm/mini_slurm.sh" env "$LAB")"
cd "$CHECKOUT"

# Slurm's clients wait long for a controller that is gone.
slurm() { timeout 20 "$@"; }

# Submits; sets JOB. The job's output goes to $WORK/<job id>.out.
submit() { # <sbatch flags and words...>
  PENDING_SINCE=
  JOB=$(slurm sbatch --parsable --output="$WORK/%j.out" "$@")
}
output() { cat "$WORK/$JOB.out" 2>/dev/null; }
says() { output | grep -qF -- "$1"; }
fact() { slurm scontrol show job "$JOB" | grep -o "$1=[^ ]*" | head -n 1 | cut -d = -f 2; } # <key>
state_is() { [[ $(fact JobState) == "$1" ]]; }
is_over() { [[ $(fact JobState) =~ ^(COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL)$ ]]; }
# Slurm waits two minutes before it starts a requeued job again, since slurmd refuses a start that comes within the second of
# the kill before it ("already killed, do not launch"). Two seconds are enough, but on a busy machine: then the refused start
# counts as one, and the job waits again. Whoever waits for a job that Slurm runs again hurries it until it is where it should be.
PENDING_SINCE=
hurry() {
  if ! state_is PENDING; then
    PENDING_SINCE=
    return
  fi
  : "${PENDING_SINCE:=$SECONDS}"
  if ((SECONDS > PENDING_SINCE + 1)); then slurm scontrol update JobId="$JOB" StartTime=now 2>/dev/null || true; fi
}
restarted_since() { # <Restarts before>
  local times
  hurry
  times=$(fact Restarts)
  ((${times:-0} > ${1:-0})) && state_is RUNNING
}
is_over_in_a_hurry() { hurry; is_over; }
tell_of_job() {
  slurm scontrol show job "$JOB" | sed 's/^/  job: /'
  output | tail -n 30 | sed 's/^/  output: /'
  grep -hi "job.\?id=$JOB\b\|job $JOB\b\|\b$JOB\.[0-9b]" "$LAB"/log/slurm*.log | tail -n 40 | sed 's/^/  log: /'
}
ends_with() { # <seconds> <exit status>
  if until_true "$1" is_over_in_a_hurry && [[ $(fact ExitCode) == "$2:0" ]]; then return 0; fi
  tell_of_job
  return 1
}
# Of the ranks themselves, not of the srun that was told to start them; rank 0 is the first.
ranks_of() { pgrep --full "^[^ ]*pia-farm-rank --run-directory=$1"; } # <run directory>
renderers_of() { pgrep --full "pia-render-fake --run-directory $1"; }
launcher_of() { sed -n 's/^pid //p' "$(find "$1/lease" -type f | sort | tail -n 1)"; } # <run directory>
ranks_on() { # <node>
  local process
  for process in $(ranks_of "$RUN"); do
    if [[ $(variable_of "$process" SLURMD_NODENAME) == "$1" ]]; then echo "$process"; fi
  done
}
# Everything of one node: slurmd, its step daemons, ranks, renderers, and the launcher with its srun where it is theirs.
processes_on() { # <node>
  cat "$LAB/run/slurmd.$1.pid"
  steps_on "$1"
}
steps_on() { # <node>
  local process
  for process in $(pgrep slurmstepd); do
    if find "/proc/$process/fd" -lname "$LAB/*$1*" 2>/dev/null | grep -q .; then echo "$process"; fi
  done
  for process in $(pgrep --full "$RUN"); do
    if [[ $(variable_of "$process" SLURMD_NODENAME) == "$1" ]]; then echo "$process"; fi
  done
}
# Not by one list of them: a step that slurmd begins meanwhile would outlive its node, and Slurm then believes that the job
# goes on there.
kill_all_on() { # <node>
  local process
  kill -KILL "$(<"$LAB/run/slurmd.$1.pid")" 2>/dev/null || true
  for _ in 1 2 3 4 5; do
    for process in $(steps_on "$1"); do kill -KILL "$process" 2>/dev/null || true; done
    sleep 0.1
  done
}
has_event() { (($(events "$RUN" "$1") > 0)); } # <event>
has_no_child() { [[ -z $(pgrep --parent "$1") ]]; } # <pid>
variable_of() { tr '\0' '\n' 2>/dev/null <"/proc/$1/environ" | sed -n "s/^$2=//p"; } # <pid> <name>
