# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A small checkout to try the entry script in: the real scripts, tiny wheels, and stand-ins for the tools that would
# build, install or reach out. No network, no root, and nothing outside $WORK is touched.
# shellcheck source=tests/setup/checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"

CHECKOUT=$WORK/checkout
INDEX=$WORK/index

unset SLURM_JOB_ID CCACHE_BASEDIR PIA_PRESET PIA_LIBTORCH PIA_CUDA_RUNTIME PIA_CLIP_VOCABULARY PIP_INDEX_URL PIP_EXTRA_INDEX_URL
export XDG_CACHE_HOME=$WORK/cache PATH=$WORK/tools:$PATH PIP_CONFIG_FILE=/dev/null
export PIP_NO_INDEX=1 PIP_FIND_LINKS=$INDEX CALLS=$WORK/calls
CACHE=$XDG_CACHE_HOME/pia-farm

# Runs the entry script; its status is in STATUS, its output in $WORK/stdout and $WORK/stderr.
pia_farm() {
  STATUS=0
  (cd "$WORK" && "$CHECKOUT/pia-farm" "$@") >"$WORK/stdout" 2>"$WORK/stderr" </dev/null || STATUS=$?
}

called() { [[ $(grep -c "^$1\$" "$CALLS") == "$2" ]]; } # <tool> <times>
has_no_leftovers() { [[ -z $(find "$CACHE" -maxdepth 1 -name 'tmp.*') ]]; }

tool() { # <name>, script on stdin
  # shellcheck disable=SC2016 # for the tool to expand
  { printf '#!/usr/bin/env bash\necho %s >>"$CALLS"\n' "$1" && cat; } >"$WORK/tools/$1"
  chmod +x "$WORK/tools/$1"
}

# A real wheel as pip wants it, with one file of our own; its line goes to pins.txt.
wheel() { # <group> <name> <version> <file inside> <contents>
  python3 - "$@" "$INDEX" >>"$CHECKOUT/cmake/setup/pins.txt" <<'PYTHON'
import hashlib, pathlib, sys, zipfile
group, name, version, inside, contents, index = sys.argv[1:]
stem = f"{name.replace('-', '_')}-{version}"
path = pathlib.Path(index, f"{stem}-py3-none-any.whl")
with zipfile.ZipFile(path, "w") as wheel:
    wheel.writestr(inside, contents)
    if group == "libtorch":
        wheel.writestr("torch/include/ATen/ATen.h", "")
        wheel.writestr("torch/share/cmake/x", "")
        wheel.writestr("torch/lib/libtorch_python.so", "")
    wheel.writestr(f"{stem}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    wheel.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr(f"{stem}.dist-info/RECORD", "")
data = path.read_bytes()
print(group, name, version, hashlib.sha256(data).hexdigest(), len(data), "any")
PYTHON
}

# Prints the folder that set-up keeps for a group.
folder() { find "$CACHE" -maxdepth 1 -name "$1-*"; }

make_checkout() {
  mkdir -p "$CHECKOUT/cmake" "$INDEX" "$WORK/tools"
  : >"$CALLS"
  cp "$SOURCE/pia-farm" "$SOURCE/CMakeLists.txt" "$CHECKOUT/"
  cp -r "$SOURCE/cmake/setup" "$CHECKOUT/cmake/"
  : >"$CHECKOUT/CMakePresets.json"
  : >"$CHECKOUT/cmake/setup/pins.txt"
  wheel libtorch torch 2.11.0 torch/lib/libtorch_cpu.so 'tensors'
  wheel cuda-runtime nvidia-cuda-runtime 13.0.96 nvidia/cu13/lib/libcudart.so.13 'cudart'
  wheel cuda-runtime nvidia-cuda-cupti 13.0.85 nvidia/cu13/lib/libcupti.so.13 'cupti'
  wheel cuda-link nvidia-cufile 1.15.1.6 nvidia/cu13/lib/libcufile.so.0 'cufile'
  wheel clip-vocabulary open_clip_torch 3.3.0 open_clip/bpe_simple_vocab_16e6.txt.gz 'words'

  # Everything is installed; a test that wants otherwise names packages in ABSENT.
  tool dpkg-query <<'TOOL'
for name; do
  [[ $name == -* || $name == '$'* || " ${ABSENT:-} " == *" $name "* ]] || echo "$name install ok installed"
done
TOOL
  tool apt-get <<<'exit 100'
  tool nvcc <<<'echo "release 12.4"'
  tool nvidia-smi <<<'exit 9'
  tool readelf <<<'echo "(NEEDED) Shared library: [libcudart.so.13]"'
  # Configuring writes what is asked of it; building makes a pia-farmd that shows its arguments.
  tool cmake <<'TOOL'
echo "$CCACHE_BASEDIR" >"${CALLS%/*}/basedir"
tree=build/${2#build/}
if [[ $1 == --preset ]]; then
  mkdir -p "$tree/bin"
  : >"$tree/build.ninja"
  for argument; do
    [[ $argument != -D* ]] || sed 's/^-D\([^=]*\)=/\1:PATH=/' <<<"$argument"
  done >"$tree/CMakeCache.txt"
else
  [[ ${BUILD_STATUS:-0} == 0 ]] || { echo 'error: it does not compile'; exit 1; }
  printf '#!/bin/sh\necho "pia-farmd of the tree:" "$@"\nexit 3\n' >"$tree/bin/pia-farmd"
  chmod +x "$tree/bin/pia-farmd"
fi
TOOL
}

make_checkout
