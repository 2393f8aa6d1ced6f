#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Without root, without network or inside a Slurm job: exit 69 and exactly what to run.
# shellcheck source=tests/setup/support.sh
source "$(dirname "$0")/support.sh"

tool id <<<'echo 1000'
ABSENT='cmake libhdf5-dev' pia_farm jobs/quickstart.toml
check 'not root: exit 69' exits_with 69
check 'in one sentence' says_one_sentence
check 'with the line to run' says "run: sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends cmake libhdf5-dev'"
check 'and nothing was tried' called apt-get 0
pia_farm setup
check 'not root, but nothing is missing: fine' exits_with 0

tool id <<<'echo 0'
ABSENT=cmake pia_farm setup
check 'apt-get without network: exit 69' exits_with 69
check 'in one sentence' says_one_sentence_besides_steps
check 'with the line to run' says 'apt-get install -y --no-install-recommends cmake'
ABSENT=python3-h5py pia_farm setup
check 'a package for tests only is not asked for by set-up' exits_with 0

rm -rf "$CACHE" "$CHECKOUT/build"
unset PIP_NO_INDEX PIP_FIND_LINKS
PIP_INDEX_URL=http://127.0.0.1:9/ pia_farm jobs/quickstart.toml
check 'no network: exit 69' exits_with 69
check 'in one sentence' says_one_sentence_besides_steps
check 'with what to run elsewhere' says 'pip download --no-deps --only-binary=:all: --platform any'
check 'all of it' says 'torch==2.11.0 nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85 open_clip_torch==3.3.0'
check 'and where it goes' says "--dest $CACHE/wheels"
mkdir -p "$CACHE/wheels"
cp "$INDEX"/torch-*.whl "$CACHE/wheels"
PIP_INDEX_URL=http://127.0.0.1:9/ pia_farm jobs/quickstart.toml
check 'but what was brought already' says 'cp312 nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85 open_clip_torch==3.3.0'
export PIP_NO_INDEX=1 PIP_FIND_LINKS=$INDEX

SLURM_JOB_ID=7 pia_farm jobs/quickstart.toml
check 'in a Slurm job, not set up: exit 69' exits_with 69
check 'in one sentence' says_one_sentence
check 'with the line for the login node' says "run: cd $CHECKOUT && ./pia-farm setup"
check 'and nothing is built' test ! -e "$CHECKOUT/build/release"
pia_farm setup
SLURM_JOB_ID=7 pia_farm test
check 'no tests are built in a Slurm job either' exits_with 69

# Bug: a read-only clone, or a cache that can't be made, ended with a raw "mkdir: cannot create" and exit 1. A file in
# a folder's place stops root too.
mv "$CHECKOUT/build" "$WORK/built"
touch "$CHECKOUT/build"
pia_farm jobs/quickstart.toml
check 'a read-only clone: exit 69' exits_with 69
check 'in one sentence' says_one_sentence
check 'that says what to do' says "$CHECKOUT/build can't be written; clone the sources into a folder of your own, or let"
rm "$CHECKOUT/build"
mv "$WORK/built" "$CHECKOUT/build"
touch "$WORK/no-folder"
XDG_CACHE_HOME=$WORK/no-folder pia_farm setup
check 'a cache that cannot be written: exit 69' exits_with 69
check 'in one sentence' says_one_sentence
check 'that says what to do' says "$WORK/no-folder/pia-farm can't be written; downloads and the compiler cache need"
check 'with what to set' says 'XDG_CACHE_HOME=<folder>'

BUILD_STATUS=1 pia_farm jobs/quickstart.toml
check 'a build that fails: exit 70' exits_with 70
check 'with the end of the log' says 'error: it does not compile'
check 'and where it is' says "$CHECKOUT/build/setup.log"

# Bug: another machine than the pinned wheels' was refused the vocabulary, too, which is for every machine.
tool uname <<<'echo aarch64'
sed -i '/^libtorch/s/any$/manylinux_2_28_x86_64/' "$CHECKOUT/cmake/setup/pins.txt"
rm -rf "$CACHE"
pia_farm setup
check 'a machine that no wheel is pinned for: exit 69' exits_with 69
check 'with what to set' says 'on aarch64 install it and set PIA_LIBTORCH and PIA_CUDA_RUNTIME'
PIA_LIBTORCH=$WORK PIA_CUDA_RUNTIME=$WORK pia_farm setup
check 'with a LibTorch of its own: fine' exits_with 0

pia_farm test --lnog
check 'a wrong option: exit 64' exits_with 64
finish
