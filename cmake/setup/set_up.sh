# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Everything from a bare Debian 12 to a built tree. Sourced by ./pia-farm with the checkout's root as argument.
# Nothing here is remembered: each step looks at what is there, which makes it repeatable and the second call quick.

ROOT=$1
SETUP=$ROOT/cmake/setup
CACHE=${XDG_CACHE_HOME:-${HOME:-~}/.cache}/pia-farm
LOG=$ROOT/build/setup.log
LOG_BEGIN=$(stat --format %s "$LOG" 2>/dev/null || echo 0)
CURRENT_STEP=
# pip answers Ctrl-C with an ordinary failure, which would be told as one of the network.
trap 'exit 130' INT

# shellcheck source=cmake/setup/output.sh
source "$SETUP/output.sh"
# shellcheck source=cmake/setup/packages.sh
source "$SETUP/packages.sh"
# shellcheck source=cmake/setup/wheels.sh
source "$SETUP/wheels.sh"
# shellcheck source=cmake/setup/build.sh
source "$SETUP/build.sh"

has_cuda_toolkit() {
  local nvcc
  nvcc=$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)
  [[ -x $nvcc ]] && "$nvcc" --version | grep -q 'release 13\.'
}

has_gpu() { command -v nvidia-smi >/dev/null && nvidia-smi --list-gpus 2>/dev/null | grep -q '^GPU'; }

can_build_for_gpu() {
  has_gpu || return
  if has_cuda_toolkit; then return; fi
  [[ -d $ROOT/build/release ]] ||
    say 'a GPU is here but no CUDA 13 toolkit (nvcc), so this build renders on the CPU; install one and run ./pia-farm setup again'
  return 1
}

needs_cuda_runtime() {
  readelf --dynamic "$PIA_LIBTORCH/lib/libtorch_cpu.so" 2>/dev/null | grep -q 'libcudart\.so'
}

# What folders are made of that neither are there nor were named by the user. Whether LibTorch needs the CUDA runtime
# shows when it is there.
groups_to_fetch() {
  local -a runtime=(cuda-runtime)
  if has_cuda_toolkit; then runtime+=(cuda-link); fi
  if [[ ! ${PIA_LIBTORCH:-} && ! -d $(folder_of libtorch) ]]; then echo libtorch; fi
  if [[ ! ${PIA_CUDA_RUNTIME:-} && ! -d $(folder_of "${runtime[@]}") ]]; then printf '%s\n' "${runtime[@]}"; fi
  if [[ ! ${PIA_CLIP_VOCABULARY:-} && ! -d $(folder_of clip-vocabulary) ]]; then echo clip-vocabulary; fi
}

# Exports where the fetched folders are; what the user has named already is left alone.
provide_folders() {
  if [[ ! ${PIA_LIBTORCH:-} ]]; then
    provide 2 LibTorch libtorch
    PIA_LIBTORCH=$(folder_of libtorch)
  fi
  if [[ ! ${PIA_CUDA_RUNTIME:-} ]] && needs_cuda_runtime; then
    local -a groups=(cuda-runtime)
    if has_cuda_toolkit; then groups+=(cuda-link); fi
    provide 3 'CUDA runtime for LibTorch' "${groups[@]}"
    PIA_CUDA_RUNTIME=$(folder_of "${groups[@]}")
  fi
  if [[ ! ${PIA_CLIP_VOCABULARY:-} ]]; then
    provide 4 'CLIP vocabulary' clip-vocabulary
    PIA_CLIP_VOCABULARY=$(folder_of clip-vocabulary)/bpe_simple_vocab_16e6.txt.gz
  fi
  export PIA_LIBTORCH PIA_CUDA_RUNTIME=${PIA_CUDA_RUNTIME:-} PIA_CLIP_VOCABULARY
}

require_writable() { # <folder> <what to do if it is not>
  { mkdir -p "$1" && [[ -w $1 ]]; } 2>/dev/null || unavailable "$1 can't be written; $2"
}

provide_dependencies() { # <sections of apt.txt...>
  require_writable "$ROOT/build" \
    "clone the sources into a folder of your own, or let their owner run: cd $(printf %q "$ROOT") && ./pia-farm setup"
  require_writable "$CACHE" \
    "downloads and the compiler cache need a folder of yours: run the same again with XDG_CACHE_HOME=<folder> before it"
  install_packages "$@"
  provide_folders
}

# Sets PRESET where that is open: for GPUs where there are some.
set_up() { # <sections of apt.txt...>
  provide_dependencies "$@"
  if [[ ! $PRESET ]]; then
    if can_build_for_gpu; then PRESET=cuda; else PRESET=release; fi
  fi
  build_tree "$PRESET" || exit 70
}
