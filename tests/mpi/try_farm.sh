# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A checkout, an installed prefix and a job to try farms with. Sourced with SOURCE (of the repository) and BIN (where the
# programs were built) set. Nothing outside $WORK is touched.
# shellcheck source=tests/support/checks.sh
source "$SOURCE/tests/support/checks.sh"

WORK=$(mktemp -d /tmp/pia-farm-test.XXXXXX)
CHECKOUT=$WORK/checkout
export XDG_CACHE_HOME=$WORK/cache
unset PIA_FARM_SITE

# Waits until a command succeeds; fails after <seconds>.
until_true() { # <seconds> <command...>
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    if ((SECONDS >= deadline)); then return 1; fi
    sleep 0.1
  done
}

equals() { [[ $1 == "$2" ]]; }
is_empty() { [[ -z $1 ]]; }
same_results() { "$BIN/same_results" "$1" "$2"; }
commits() { events "$1" shot_committed; }
has_commits() { (($(commits "$1") >= $2)); } # <run directory> <count>
events() { "$BIN/count_records" "$1" "$2"; } # <run directory> <event>
committed_once() { equals "$(events "$1" committed_twice)" 0; } # <run directory>
no_processes() { is_empty "$(pgrep --full "run-directory.$1")"; } # <run directory>
has_no_leftovers() { is_empty "$(find "$1" -name '*.tmp' -o -path '*/checkpoints/*' -type f)"; }

# A job of <shots> clips of the rule-made model; more lines on stdin.
job() { # <name> <shots> <steps>
  local seed
  {
    printf 'format = 1\n[job]\nname = "%s"\n[defaults]\n' "$1"
    printf 'model = "%s/jobs/toy/weights/model"\nmotion = "%s/jobs/toy/weights/motion"\n' "$SOURCE" "$SOURCE"
    printf 'image = "%s/jobs/images/labrador.png"\nprompt = "a dog"\nmax_size = 64\nframes = 4\nsteps = %d\n' \
      "$SOURCE" "$3"
    printf '[output]\nformats = ["gif"]\n'
    for ((seed = 1; seed <= $2; ++seed)); do printf '[[shot]]\nname = "%s-%d"\nseed = %d\n' "$1" "$seed" "$seed"; done
  } >"$WORK/$1.toml"
}

# Checkpoints after every step.
printf '[worker]\ncheckpoint_every = 0\n' >"$WORK/site.toml"

# What ./pia-farm alone makes of a job: the frames that every farm must make.
make_alone() { # <name>
  "$BIN/pia-farmd" "$WORK/$1.toml" --out "$WORK/alone-$1" --renderer=fake --step-seconds 0 --workers 2 --quiet \
    --farm "$WORK/site.toml"
}

mkdir -p "$CHECKOUT/build/release"
ln -s "$BIN" "$CHECKOUT/build/release/bin"
ln -s "$SOURCE/cmake" "$CHECKOUT/cmake"
cp "$SOURCE/pia-farm" "$CHECKOUT/"
