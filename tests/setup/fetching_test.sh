#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is fetched is whole and is what was pinned, or it is not used.
# shellcheck source=tests/setup/support.sh
source "$(dirname "$0")/support.sh"

contents() { cat "$(folder "$1")/$2"; }
# shellcheck disable=SC2317 # called by check
is_missing() { [[ -z $(folder "$1") ]]; }
damage() { printf 'x' >>"$1"; }

pia_farm setup
check 'a first set-up succeeds' exits_with 0
check 'LibTorch is unpacked' test "$(contents libtorch lib/libtorch_cpu.so)" = tensors
check 'the headers too' test -e "$(folder libtorch)/include/ATen/ATen.h"
check 'but nothing of Python' test ! -e "$(folder libtorch)/lib/libtorch_python.so"
check 'both CUDA libraries lie in one folder' test "$(contents cuda-runtime lib/libcudart.so.13)$(contents cuda-runtime lib/libcupti.so.13)" = cudartcupti
check 'the vocabulary is unpacked' test "$(contents clip-vocabulary bpe_simple_vocab_16e6.txt.gz)" = words
check 'nothing half-made is left' has_no_leftovers
check 'wheels are not kept once unpacked' test -z "$(ls "$CACHE/wheels")"

mv "$INDEX" "$WORK/away"
pia_farm setup
check 'a second set-up needs no network' exits_with 0
check 'and configures nothing' called cmake 3

rm -rf "$(folder libtorch)"
cp "$WORK/away/"torch-*.whl "$CACHE/wheels/"
pia_farm setup
check 'a wheel that someone brought is used' exits_with 0

rm -rf "$(folder libtorch)"
cp "$WORK/away/"torch-*.whl "$CACHE/wheels/"
damage "$CACHE/wheels/"torch-*.whl
pia_farm setup
check 'a damaged wheel is refused without network' exits_with 69
check 'and said to be damaged' says 'is damaged'
check 'and not unpacked' is_missing libtorch

mv "$WORK/away" "$INDEX"
cp "$INDEX/"torch-*.whl "$CACHE/wheels/"
damage "$CACHE/wheels/"torch-*.whl
pia_farm setup
check 'with network it is fetched anew' exits_with 0
check 'and whole' test "$(contents libtorch lib/libtorch_cpu.so)" = tensors

rm -rf "$(folder libtorch)"
cp "$INDEX/"torch-*.whl "$WORK/good.whl"
damage "$INDEX/"torch-*.whl
pia_farm setup
check 'an index that serves other bytes is refused' exits_with 69
check 'with the reason' says 'another SHA-256 than the pinned'
check 'and its bytes are not unpacked' is_missing libtorch
cp "$WORK/good.whl" "$INDEX/$(basename "$INDEX"/torch-*.whl)"

tool unzip <<'TOOL'
/usr/bin/unzip "$@"
[[ $1 == -l ]] || kill -9 "$PPID"
TOOL
pia_farm setup
check 'killed while it unpacks' exits_with 137
check 'no folder appears' is_missing libtorch
rm "$WORK/tools/unzip"
pia_farm setup
check 'the next call finishes the work' exits_with 0
check 'and clears up' has_no_leftovers

tool unzip <<'TOOL'
[[ $1 != -l ]] || exec /usr/bin/unzip "$@"
exit 50
TOOL
rm -rf "$(folder clip-vocabulary)"
pia_farm setup
check 'a full disk is an error' exits_with 69
check 'that says so' says 'could not be unpacked'
check 'and leaves no folder' is_missing clip-vocabulary
rm "$WORK/tools/unzip"

rm -rf "$CACHE" "$INDEX"
PIA_LIBTORCH=$WORK/torch PIA_CUDA_RUNTIME=$WORK/cuda PIA_CLIP_VOCABULARY=$WORK/words.gz pia_farm setup
check 'what the user has is not fetched' exits_with 0
check 'and is configured with' grep -qx "PIA_LIBTORCH:PATH=$WORK/torch" "$CHECKOUT/build/release/CMakeCache.txt"
finish
