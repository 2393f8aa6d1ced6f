#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# install_test.sh <build tree>: what `cmake --install` makes can be moved, and needs nothing but the system.
# shellcheck source=tests/setup/checks.sh
source "$(dirname "$0")/checks.sh"

cmake --install "$1" --prefix "$WORK/prefix" >"$WORK/log" 2>&1 || { tail -n 20 "$WORK/log"; exit 1; }
PREFIX="$WORK/moved here"
mv "$WORK/prefix" "$PREFIX"
JOB=$PREFIX/share/pia-farm/jobs/quickstart.toml
mkdir "$WORK/elsewhere"

# As somebody who has neither the build tree nor our settings.
pia_farm() {
  STATUS=0
  (cd "$WORK/elsewhere" && env -i HOME="$WORK/elsewhere" PATH=/usr/bin:/bin "$PREFIX/bin/pia-farm" "$@") \
    >"$WORK/stdout" 2>"$WORK/stderr" </dev/null || STATUS=$?
}
libraries() { # of a program: where each is, or what is not found
  env -u LD_LIBRARY_PATH ldd "$1" | sed -E 's/ \(0x[0-9a-f]+\)$//; s/^[ \t]*//; /not found/!s/.* => //; s#/bin/\.\./#/#'
}
foreign_libraries() { libraries "$1" | grep -vF "$PREFIX/lib" | grep -vE '^(/(usr/)?lib(64)?/|linux-vdso)'; }
needs_only_its_prefix() { ! foreign_libraries "$1"; }
finds_nothing() { # <grep...>
  local status=0
  "$@" || status=$?
  [[ $status == 1 ]]
}

pia_farm --version
check 'the moved prefix answers' exits_with 0
check 'with its version' grep -qE '^pia-farm [0-9]' "$WORK/stdout"
for program in pia-farmd pia-render pia-render-fake; do
  check "$program finds all of its libraries in the prefix or the system" needs_only_its_prefix "$PREFIX/bin/$program"
  check "$program remembers no folder of the build" test -z \
    "$(readelf --dynamic "$PREFIX/bin/$program" | grep -E 'R(UN)?PATH' | grep -vF '[$ORIGIN/../lib/pia-farm]')"
done
LATE=$PREFIX/lib/pia-farm
for library in libpia-pictures.so libpia-videos.so; do
  check "$library finds all of its libraries, too" needs_only_its_prefix "$LATE/$library"
done
check 'no program is linked with codecs, which would be most of its start' \
  finds_nothing grep -lE 'libopencv_imgcodecs|libavcodec' "$PREFIX"/bin/*
libraries "$PREFIX/bin/pia-render" >"$WORK/libraries"
check 'LibTorch is the one of the prefix' grep -qx "$PREFIX/lib/pia-farm/libtorch_cpu.so" "$WORK/libraries"
check 'so is its OpenMP' grep -qx "$PREFIX/lib/pia-farm/libgomp.so.1" "$WORK/libraries"

pia_farm check "$JOB"
check 'the quickstart is there, with its pictures and model' exits_with 0
pia_farm render "$JOB" --shot square-shrinks --set frames=2 --set steps=2
check 'it renders' exits_with 0
check 'a video' test -s "$(echo "$WORK"/elsewhere/renders/quickstart/videos/*.mp4)"

printf '%s\n' 'format = 1' '[defaults]' "model = \"$(dirname "$JOB")/toy/weights/model\"" \
  "motion = \"$(dirname "$JOB")/toy/weights/motion\"" 'frames = 2' 'steps = 2' 'width = 64' 'height = 64' \
  '[[shot]]' 'name = "dog"' 'image = "dog.jpg"' 'prompt = "a dog"' >"$WORK/elsewhere/jpeg.toml"
cp "$SOURCE/tests/golden/images/rgb.jpg" "$WORK/elsewhere/dog.jpg"
mv "$LATE/libpia-pictures.so" "$LATE/libpia-videos.so" "$WORK"
pia_farm check jpeg.toml
check 'without its codecs it cannot read a JPEG' exits_with 69
check 'and names the library and the mend' grep -qE "libpia-pictures.so is neither at .*; .* install pia-farm again" "$WORK/stderr"
cp "$1/bin/another/libpia-pictures.so" "$LATE"
pia_farm check jpeg.toml
check 'those of another build are refused' grep -q 'libpia-pictures.so is of another build' "$WORK/stderr"
mv "$WORK/libpia-pictures.so" "$LATE"
pia_farm jpeg.toml
check 'without FFmpeg no renderer begins' exits_with 69
check 'its log names the library' grep -q 'libpia-videos.so is neither at' "$WORK"/elsewhere/renders/jpeg/logs/worker-0.log
check 'and it costs the shot no attempt' test ! -e "$WORK/elsewhere/renders/jpeg/shots"
mv "$WORK/libpia-videos.so" "$LATE"
pia_farm jpeg.toml
check 'with it, the same command renders' exits_with 0
pia_farm setup
check 'there is nothing to set up' exits_with 64
finish
