#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# plain_cmake_test.sh <build tree>: README's "Building without the script", with the dependencies that the tree was
# built with: neither the script nor root.
# shellcheck source=tests/setup/checks.sh
source "$(dirname "$0")/checks.sh"
explain_failure() { tail -n 20 "$WORK/log"; }

known() { sed -n "s/^$1:[A-Z]*=//p" "$TREE/CMakeCache.txt"; }
TREE=$(readlink -f "$1")
mkdir "$WORK/checkout" "$WORK/home"
git -C "$SOURCE" ls-files -z | tar --create --null --directory "$SOURCE" --files-from - | tar --extract --directory "$WORK/checkout"

# As nobody in particular; the compiler's cache may help.
plainly() {
  (cd "$WORK/checkout" && unshare --user --map-user=12345 env -i HOME="$WORK/home" PATH=/usr/bin:/bin \
    CCACHE_DIR="${CCACHE_DIR:-$WORK/ccache}" CCACHE_BASEDIR="$WORK/checkout" CCACHE_SLOPPINESS=pch_defines,time_macros \
    PIA_LIBTORCH="$(known PIA_LIBTORCH)" PIA_CLIP_VOCABULARY="$(known PIA_CLIP_VOCABULARY)" \
    PIA_CUDA_RUNTIME="$(known PIA_CUDA_RUNTIME)" "$@") >"$WORK/log" 2>&1 </dev/null
}

PROGRAM=$WORK/prefix/bin/pia-farm
JOB=$WORK/prefix/share/pia-farm/jobs/quickstart.toml
plainly id -u
check 'it is not root that builds' grep -qx 12345 "$WORK/log"
check 'it configures' plainly cmake --preset release
check 'it builds' plainly cmake --build --preset release
check 'it installs' plainly cmake --install build/release --prefix "$WORK/prefix"
check 'what is installed renders' plainly "$PROGRAM" render "$JOB" --shot labrador-walks --out "$WORK/run" \
  --set frames=2 --set steps=2 --set max_size=64
check 'a video' test -s "$(echo "$WORK"/run/videos/*.mp4)"
finish
