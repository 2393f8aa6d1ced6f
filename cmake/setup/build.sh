# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Configuring and building the trees of CMakePresets.json.

export CCACHE_DIR=${CCACHE_DIR:-$CACHE/ccache}
# Without these a precompiled header is never taken from the cache.
export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros}

# Else a second clone of the same sources finds nothing in the cache: its paths are others.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$ROOT}

# What the compiler says that it read is enough to know a source by: no second preprocessing of what is not in the cache.
export CCACHE_DEPEND=${CCACHE_DEPEND:-true}

# A file that includes LibTorch's headers takes up to 2 GB to compile.
parallel_jobs() {
  local cores gigabytes
  cores=$(nproc)
  gigabytes=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo)
  local jobs=$((gigabytes / 2 < cores ? gigabytes / 2 : cores))
  echo "$((jobs > 0 ? jobs : 1))"
}

build_tree() { # <preset> [NAME=VALUE for CMake...] [-- targets...]
  local preset=$1
  shift
  local -a settings=("PIA_LIBTORCH=$PIA_LIBTORCH" "PIA_CUDA_RUNTIME=$PIA_CUDA_RUNTIME"
    "PIA_CLIP_VOCABULARY=$PIA_CLIP_VOCABULARY")
  while (($#)) && [[ $1 != -- ]]; do
    settings+=("$1")
    shift
  done
  shift "$(($# > 0))"
  local status=0
  take_lock "$ROOT/build/lock"
  { is_configured "$preset" "${settings[@]}" || configure "$preset" "${settings[@]}"; } &&
    compile "$preset" "$@" || status=1
  release_lock
  ((status == 0)) || show_log_end
  return "$status"
}

# Ninja configures anew by itself when a CMake file changes, but knows neither the presets nor our settings.
is_configured() { # <preset> <settings...>
  local tree=$ROOT/build/$1 setting
  shift
  [[ -f $tree/build.ninja && $tree/build.ninja -nt $ROOT/CMakePresets.json ]] || return 1
  for setting; do
    # NAME:TYPE=VALUE, whatever the type.
    grep --quiet --line-regexp --fixed-strings \
      "$(printf "${setting%%=*}:%s=${setting#*=}\n" PATH FILEPATH BOOL UNINITIALIZED)" "$tree/CMakeCache.txt" || return 1
  done
}

configure() { # <preset> <settings...>
  local preset=$1
  shift
  step 5 "configuring build/$preset"
  (cd "$ROOT" && cmake --preset "$preset" --no-warn-unused-cli "${@/#/-D}") >>"$LOG" 2>&1
}

compile() { # <preset> [targets...]
  local preset=$1
  shift
  local -a targets=()
  if (($#)); then targets=(--target "$@"); fi
  CURRENT_STEP="[6/6] building build/$preset"
  # shellcheck disable=SC2086 # words
  (
    cd "$ROOT" && NINJA_STATUS='[%f/%t] ' \
      ${NICE:-} cmake --build "build/$preset" --parallel "$(parallel_jobs)" "${targets[@]}" 2>&1
  ) | follow_ninja
}

# Copies to the log and turns [n/m] into a percentage; a build with nothing to do says nothing.
follow_ninja() {
  local line shown=-1 percent
  while IFS= read -r line; do
    printf '%s\n' "$line" >&8
    [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]] || continue
    percent=$((BASH_REMATCH[1] * 100 / BASH_REMATCH[2]))
    if ((shown < 0)) && [[ ! -t 2 ]]; then
      say "$CURRENT_STEP: ${BASH_REMATCH[2]} steps"
      shown=0
    fi
    show_percent "$percent" "$shown"
    shown=$percent
  done 8>>"$LOG"
  if ((shown >= 0)) && [[ -t 2 ]]; then printf '\n' >&2; fi
}
