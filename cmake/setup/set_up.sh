# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Everything from a bare Debian 12 to a built tree. Sourced by ./pia-farm with the checkout's root as argument.
# Nothing here is remembered: each step looks at what is there, which makes it repeatable and the second call quick.

ROOT=$1
SETUP=$ROOT/cmake/setup
CACHE=${XDG_CACHE_HOME:-${HOME:-~}/.cache}/pia-farm
LOG=$ROOT/build/setup.log
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

needs_cuda_runtime() {
  readelf --dynamic "$PIA_LIBTORCH/lib/libtorch_cpu.so" 2>/dev/null | grep -q 'libcudart\.so'
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
    "clone the sources into a folder of your own, or let their owner run: cd $ROOT && ./pia-farm setup"
  require_writable "$CACHE" \
    "downloads and the compiler cache need a folder of yours: run the same again with XDG_CACHE_HOME=<folder> before it"
  install_packages "$@"
  provide_folders
}

set_up() { # <sections of apt.txt...>
  provide_dependencies "$@"
  build_tree release || exit 70
}
