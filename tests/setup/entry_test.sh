#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Which pia-farmd the entry script runs, and with what.
# shellcheck source=tests/setup/support.sh
source "$(dirname "$0")/support.sh"

# Bug: asking what this is installed packages, fetched half a gigabyte and built for ten minutes.
is_untouched() { [[ ! -e $CHECKOUT/build && ! -e $CACHE && ! -s $CALLS ]]; }
for question in --help -h help 'run --help' 'help run' 'plan -h jobs/x.toml'; do
  # shellcheck disable=SC2086 # words
  pia_farm $question
  check "before set-up, $question is answered" exits_with 0
  check 'with the two commands' grep -q '^  ./pia-farm jobs/quickstart.toml ' "$WORK/stdout"
  check 'and what it would download' grep -Eq '[0-9] MB for LibTorch' "$WORK/stdout"
  check 'and nothing is done' is_untouched
done
pia_farm --version
check 'before set-up, --version is that of the sources' grep -qx 'pia-farm [0-9.]* (not set up yet)' "$WORK/stdout"
pia_farm
check 'before set-up, a call without a word is told what there is' says './pia-farm jobs/quickstart.toml'
check 'with exit 64' exits_with 64
SLURM_JOB_ID=7 pia_farm --help
check 'in a Slurm job too' exits_with 0
check 'and nothing is done by all that' is_untouched

pia_farm check 'a job.toml' --json
check 'everything else goes to pia-farmd' prints 'pia-farmd of the tree: check a job.toml --json'
check 'with its exit status' exits_with 3
check 'standard output holds nothing of the set-up' test "$(wc -l <"$WORK/stdout")" = 1
pia_farm --help
check 'help too is the program'\''s' prints 'pia-farmd of the tree: --help'
check 'and a second call says nothing of its own' test ! -s "$WORK/stderr"
# Bug: a second clone on the machine compiled everything again.
check 'the compiler cache does not care where a clone is' test "$(<"$WORK/basedir")" = "$CHECKOUT"
rm "$CHECKOUT/build/release/build.ninja"
pia_farm help run
check 'and needs no build' test ! -e "$CHECKOUT/build/release/build.ninja"
pia_farm setup --help
check 'setup has its own help' grep -q '^usage: ./pia-farm setup' "$WORK/stdout"

# For whom it is built.
tells_which() { printf '#!/bin/sh\necho %s\n' "$1" >"$CHECKOUT/build/$1/bin/pia-farmd"; } # <preset>
tool nvidia-smi <<<'echo "GPU 0: NVIDIA"'
rm -rf "$CHECKOUT/build"
pia_farm setup
check 'a GPU without a toolkit: built for the CPU' test -x "$CHECKOUT/build/release/bin/pia-farmd"
check 'which is said' says 'a GPU is here but no CUDA 13 toolkit (nvcc)'
pia_farm setup
check 'once' eval '! says "a GPU is here"'
PIA_PRESET=cuda pia_farm setup
check 'PIA_PRESET=cuda builds for GPUs' test -x "$CHECKOUT/build/cuda/bin/pia-farmd"
tells_which cuda
tells_which release
SLURM_JOB_ID=7 pia_farm x.toml
check 'what is built for GPUs goes before, in a job too' prints cuda
SLURM_JOB_ID=7 PIA_PRESET=release pia_farm x.toml
check 'if nothing else is asked for' prints release
PIA_PRESET=cdua pia_farm x.toml
check 'a wrong word is refused' exits_with 64
rm -rf "$CHECKOUT/build"
tool nvcc <<<'echo "release 13.0"'
pia_farm setup
check 'a GPU and a toolkit: built for GPUs' test -x "$CHECKOUT/build/cuda/bin/pia-farmd" -a ! -e "$CHECKOUT/build/release"
rm -rf "$CHECKOUT/build"
tool nvidia-smi <<<'exit 9'
pia_farm setup
check 'a toolkit without a GPU: for the CPU' test -x "$CHECKOUT/build/release/bin/pia-farmd" -a ! -e "$CHECKOUT/build/cuda"

PREFIX="$WORK/pre fix/bin"
mkdir -p "$PREFIX" "$WORK/spool" "$WORK/elsewhere"
cp "$SOURCE/pia-farm" "$PREFIX/"
printf '#!/bin/sh\necho "installed pia-farmd:" "$@"\n' >"$PREFIX/pia-farmd"
chmod +x "$PREFIX/pia-farmd"
check 'an installed copy runs its neighbour' test "$("$PREFIX/pia-farm" x.toml)" = 'installed pia-farmd: x.toml'
ln -s "$PREFIX/pia-farm" "$WORK/elsewhere/pia-farm"
check 'also through a link' test "$("$WORK/elsewhere/pia-farm" x.toml)" = 'installed pia-farmd: x.toml'

# slurmd runs a copy from its spool folder.
cp "$SOURCE/pia-farm" "$WORK/spool/slurm_script"
export SUBMITTED SLURM_JOB_ID=7
tool scontrol <<'TOOL'
[[ $* == 'show job 7' ]] && printf 'JobId=7 JobName=pia-farm\n   Command=%s\n   WorkDir=/\n' "$SUBMITTED"
TOOL
SUBMITTED="$PREFIX/pia-farm jobs/anime set.toml"
check 'in a job, the submitted script decides: installed' \
  test "$(bash "$WORK/spool/slurm_script" x.toml)" = 'installed pia-farmd: x.toml'
SUBMITTED="$CHECKOUT/pia-farm"
check 'or a checkout' test "$(bash "$WORK/spool/slurm_script" x.toml || true)" = 'pia-farmd of the tree: x.toml'
SUBMITTED='(null)'
(cd "$CHECKOUT" && bash "$WORK/spool/slurm_script" x.toml) >/dev/null 2>"$WORK/stderr" && STATUS=0 || STATUS=$?
check 'or it is refused, even where a checkout happens to be the current folder' exits_with 69

directives=$(sed -n '2,/^[^#]/{s/^#SBATCH //p}' "$SOURCE/pia-farm" | sort | tr '\n' ' ')
check 'only directives that every cluster takes' test "$directives" = \
  '--open-mode=append --output=pia-farm-%j.out --requeue --signal=B:USR1@120 '
finish
