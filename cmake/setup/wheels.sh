# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Folders made of the wheels in pins.txt. A folder appears by one rename, whole, or not at all.

pins_of() { # <groups...>
  local group
  for group; do
    grep "^$group " "$SETUP/pins.txt"
  done
}

folder_of() { # <groups...>
  printf '%s/%s-%.8s\n' "$CACHE" "$1" "$(pins_of "$@" | sha256sum)"
}

megabytes() { echo "$((($1 + 500000) / 1000000)) MB"; }

# Makes sure that folder_of <groups> is there.
provide() { # <step> <what> <groups...>
  local number=$1 what=$2 folder bytes
  shift 2
  folder=$(folder_of "$@")
  [[ ! -d $folder ]] || return 0
  if [[ $(uname -m) != x86_64 && $(pins_of "$@") == *x86_64* ]]; then
    unavailable "$what is pinned for x86_64 only; on $(uname -m) install it and set PIA_LIBTORCH and PIA_CUDA_RUNTIME."
  fi
  bytes=$(pins_of "$@" | awk '{ sum += $5 } END { print sum }')
  step "$number" "$what: $(megabytes "$bytes")"
  take_lock "$CACHE/lock"
  if [[ ! -d $folder ]]; then
    # We hold the lock, so whatever lies here was left by a set-up that died.
    rm -rf "$CACHE"/tmp.*
    make_folder "$folder" "$@"
  fi
  release_lock
}

make_folder() { # <folder> <groups...>
  local folder=$1 work pin group name version sha256 bytes platform
  local -a pins used=()
  shift
  mapfile -t pins < <(pins_of "$@")
  work=$(mktemp -d "$CACHE/tmp.XXXXXX")
  for pin in "${pins[@]}"; do
    read -r group name version sha256 bytes platform <<<"$pin"
    fetch_wheel "$work/fetch" "$name" "$version" "$sha256" "$bytes" "$platform"
    unpack_wheel "$group" "$WHEEL" "$work/new"
    used+=("$WHEEL")
  done
  sync -f "$work"
  mv -T "$work/new" "$folder"
  rm -rf "$work" "${used[@]}"
}

is_intact() { # <file> <sha256>
  sha256sum --check --status <<<"$2  $1"
}

# Sets WHEEL. Wheels lie in <cache>/wheels until they are unpacked; someone without network may put them there.
fetch_wheel() { # <work folder> <name> <version> <sha256> <bytes> <platform>
  local work=$1 name=$2 version=$3 sha256=$4 bytes=$5 platform=$6 inbox=$CACHE/wheels found
  mkdir -p "$inbox" "$work"
  for WHEEL in "$inbox/${name//-/_}-$version"-*.whl; do
    [[ -f $WHEEL ]] || continue
    if is_intact "$WHEEL" "$sha256"; then return 0; fi
    say "$WHEEL is damaged (its SHA-256 is not the pinned one): it is fetched anew"
    rm -f "$WHEEL"
  done
  CURRENT_STEP="${CURRENT_STEP%%:*}: $name $version, $(megabytes "$bytes")"
  local -a command
  read -ra command <<<"$(download_command "$platform") $name==$version"
  # pip writes to TMPDIR while it downloads, which is what the progress is read from; /tmp may be small.
  TMPDIR=$work with_progress percent_of_folder "$work" "$bytes" -- python_pip "${command[@]:1}" \
    --no-cache-dir --disable-pip-version-check --progress-bar off --retries 2 --dest "$work" ||
    cannot_fetch "$name $version could not be fetched"
  found=$(find "$work" -maxdepth 1 -name '*.whl' -print -quit)
  is_intact "$found" "$sha256" ||
    cannot_fetch "$name $version came with another SHA-256 than the pinned $sha256"
  sync -f "$found"
  mv "$found" "$inbox/"
  WHEEL=$inbox/${found##*/}
}

# A Python that someone put before Debian's on PATH may lack pip.
python_pip() {
  local python=python3
  "$python" -m pip --version >/dev/null 2>&1 || python=/usr/bin/python3
  "$python" -m pip "$@"
}

download_command() { # <platform>
  echo "pip download --no-deps --only-binary=:all: --platform $1 --python-version 3.12 --implementation cp --abi cp312"
}

has_wheel() { compgen -G "$CACHE/wheels/${1//-/_}-$2-*.whl" >/dev/null; } # <name> <version>

# One command a platform, for all that is still to be fetched.
download_commands() {
  local name version platform all=
  local -A wheels=()
  local -a groups
  mapfile -t groups < <(groups_to_fetch)
  while read -r _ name version _ _ platform; do
    if ! has_wheel "$name" "$version"; then wheels[$platform]+=" $name==$version"; fi
  done < <(pins_of "${groups[@]}")
  for platform in "${!wheels[@]}"; do
    all+="${all:+ && }$(download_command "$platform")${wheels[$platform]} --dest $(printf %q "$CACHE/wheels")"
  done
  echo "$all"
}

cannot_fetch() { # <why>
  unavailable "$1 ($LOG says more); with network run ./pia-farm setup again, or bring the files from another machine: $(download_commands)"
}

unpack_wheel() { # <group> <wheel> <new folder>
  local group=$1 wheel=$2 new=$3
  mkdir -p "$new"
  case $group in
    libtorch) unpack_torch "$wheel" "$new" ;;
    cuda-*) unzip -q -j "$wheel" '*/lib/*.so*' -d "$new/lib" >>"$LOG" 2>&1 ;;
    clip-vocabulary) unzip -q -j "$wheel" '*/bpe_simple_vocab_16e6.txt.gz' -d "$new" >>"$LOG" 2>&1 ;;
  esac || {
    show_log_end
    unavailable "$wheel could not be unpacked (is the disk full?); make room and run ./pia-farm setup again"
  }
}

unpack_torch() { # <wheel> <new folder>
  local -a parts=('torch/lib/*' 'torch/include/*' 'torch/share/*' -x torch/lib/libtorch_python.so)
  CURRENT_STEP="${CURRENT_STEP%%:*}: unpacking"
  with_progress percent_of_folder "$2" "$(unzip -l "$1" "${parts[@]}" | awk 'END { print $1 }')" -- \
    unzip -q "$1" "${parts[@]}" -d "$2" &&
    mv "$2"/torch/* "$2" && rmdir "$2/torch"
}
