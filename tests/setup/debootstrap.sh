#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The first call in a bare Debian 12: no compiler, CMake, Python, pip, git or CUDA. Real network, real root; about 6 GB
# in ${TMPDIR:-/var/tmp}. Afterwards: a second call and a second clone, both cut off from the network.
set -euo pipefail

if (($(id -u) != 0)); then
  echo 'not run: needs root (1)'
  exit 1
fi

SOURCE=$(readlink -f "$(dirname "$0")/../..")
WORK=$(mktemp -d -p "${TMPDIR:-/var/tmp}" pia-bare.XXXXXX)
ROOT=$WORK/root
trap 'rm -rf --one-file-system "$WORK"' EXIT

# "URI suite" of each Debian archive that this machine uses.
archives() {
  # shellcheck disable=SC2016 # for apt to expand
  apt-get indextargets --format '$(REPO_URI) $(RELEASE)' | grep ' bookworm' | sort -u
}

# The bare machine is to reach the network the way this one does: mirrors, proxies, pip's index, the certificates.
carry_network_settings() {
  local file
  archives | sed 's/^/deb /; s/$/ main/' >"$ROOT/etc/apt/sources.list"
  apt-config dump | grep -E '^Acquire::(https?|ftp|Check-)' >"$ROOT/etc/apt/apt.conf.d/90network" || true
  for file in /etc/resolv.conf /etc/hosts /etc/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf"; do
    if [[ -f $file ]]; then install -D -m 644 "$file" "$ROOT${file/#$HOME//root}"; fi
  done
  mkdir -p "$ROOT/usr/local/share"
  cp -r /usr/local/share/ca-certificates "$ROOT/usr/local/share/" 2>/dev/null || true
}

# In the bare root, in namespaces of its own, so that no mount outlives the test. A machine that is cut off from the network
# still has its loopback; without one Open MPI's compiler wrapper, which CMake asks, complains.
bare() { # <options of unshare> -- <command...>
  local -a options=() carried
  while [[ $1 != -- ]]; do
    options+=("$1")
    shift
  done
  shift
  mapfile -t carried < <(env | grep -iE '^(PIP_[A-Z_]*|https?_proxy|no_proxy)=')
  # shellcheck disable=SC2016 # for the inner shell to expand
  unshare --mount --propagation private "${options[@]}" -- sh -c '
    ip link set lo up && mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && root=$1 && shift && exec chroot "$root" "$@"' sh \
    "$ROOT" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin "${carried[@]}" "$@"
}

timed() { # <what> <command...>
  local what=$1 start=${EPOCHREALTIME/[.,]/}
  shift
  echo "---- $what"
  "$@" || { echo "FAILED: $what"; exit 1; }
  local milliseconds=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
  printf 'ok: %s: %d.%03d s\n' "$what" "$((milliseconds / 1000))" "$((milliseconds % 1000))"
}

bootstrap() {
  debootstrap --variant=minbase bookworm "$ROOT" "$1" >"$WORK/log" 2>&1 || { tail -n 20 "$WORK/log"; return 1; }
}

mirror=$(archives | awk '$2 == "bookworm" { print $1; exit }')
timed "a bare Debian 12 from $mirror" bootstrap "$mirror"
carry_network_settings
for tool in g++ cmake ninja python3 pip git nvcc; do
  if bare -- sh -c "command -v $tool"; then
    echo "FAILED: the bare root has $tool already"
    exit 1
  fi
done
git clone --quiet "$SOURCE" "$ROOT/root/pia-farm"

in_clone() { # <clone> <options of unshare> -- <command line>
  local clone=$1
  shift
  bare "${@:1:$#-1}" sh -c "cd /root/$clone && ${*: -1}"
}
timed 'the first call sets up and builds' in_clone pia-farm -- './pia-farm setup'
timed 'it answers' in_clone pia-farm -- './pia-farm --help'
# shellcheck disable=SC2016 # for the shell in there to expand
timed 'the renderer finds its libraries' in_clone pia-farm -- \
  'found=$(ldd build/release/bin/pia-render) && ! echo "$found" | grep "not found"'
timed 'it renders' in_clone pia-farm -- './pia-farm jobs/quickstart.toml'
timed 'a second call without network' in_clone pia-farm --net -- './pia-farm setup'
# The same commit as the first, whatever happens to the sources meanwhile.
git clone --quiet "$ROOT/root/pia-farm" "$ROOT/root/second"
timed 'a second clone without network' in_clone second --net -- './pia-farm setup'
in_clone second --net -- './pia-farm --help >/dev/null'
