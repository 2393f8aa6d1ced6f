#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The real engine trains what people are given, is killed over and over, and shares its batches: real_train_test.sh <build tree>
# shellcheck source=tests/setup/checks.sh
source "$(dirname "$0")/../../setup/checks.sh"
BIN=$1/bin
JOB=$SOURCE/jobs/train_quick.toml
printf '[worker]\nthreads = 1\ndevice = "cpu"\n' >"$WORK/site.toml"
cd "$WORK" || exit 1

train() { # <run directory> [flags...]
  local out=$1
  shift
  "$BIN/pia-farmd" train "$JOB" --farm "$WORK/site.toml" --quiet --out "$WORK/$out" --set job.name=quick "$@"
}
trains() { train "$@" >"$WORK/stdout" 2>"$WORK/stderr" </dev/null; }
refuses() { ! trains "$@"; }
trainers() { pgrep --full "^[^ ]*pia-train --run-directory $WORK/$1 " || true; }
same() { cmp "$WORK/$1/loss.tsv" "$WORK/$2/loss.tsv" && diff -r --exclude=training.json "$WORK/$1/model" "$WORK/$2/model"; }
same_curve() { cmp "$WORK/$1/loss.tsv" "$WORK/$2/loss.tsv"; }
steps_told() { tail -n +2 "$WORK/$1/loss.tsv" | wc -l; }
nearly_same() { # <run> <run>: each loss to 1e-5 of itself
  paste "$WORK/$1/loss.tsv" "$WORK/$2/loss.tsv" |
    awk 'NR > 1 { d = $2 - $6; if (d < 0) d = -d; if (d > 1e-5 * $2) bad++; n++ } END { exit !(n == 12 && !bad) }'
}

check 'a training from beginning to end' trains alone
check 'tells each of its 12 steps' test "$(steps_told alone)" = 12
check 'leaves the trained part, with its job file' test -s alone/model/training.toml -a -d alone/model/motion

kills=0
for pause in 1.2 2.3 1.7; do
  train killed >"$WORK/stdout" 2>&1 </dev/null &
  farm=$!
  sleep "$pause"
  if ((kills % 2)); then kill -KILL "$farm"; else trainers killed | xargs -r kill -KILL; fi 2>/dev/null || true
  ((kills += 1))
  wait "$farm" 2>/dev/null || true
done
check "killed $kills times, the same command goes on" trains killed
check 'with the same losses and the same weights, byte for byte' same alone killed

# Clips that the fake renderer made.
"$BIN/pia-farmd" run "$SOURCE/jobs/minimal.toml" --farm "$WORK/site.toml" --renderer=fake --step-seconds 0 --quiet \
  --out "$WORK/rendered" >"$WORK/stdout" 2>"$WORK/stderr" </dev/null
mkdir videos
for video in "$WORK/rendered/videos/"*.mp4; do cp "$video" videos/one.mp4 && cp "$video" videos/two.mp4; done
printf 'videoid,name,page_dir\none,"a clip, rendered",\ntwo,the same,\nthree,no clip,\n' >clips.csv
printf '%s\n' 'format = 1' 'kind = "train"' '[train]' "model = \"$SOURCE/jobs/toy/weights/model\"" \
  "motion = \"$SOURCE/jobs/toy/weights/motion\"" 'parameters = ["motion/"]' 'frames = 4' 'steps = 2' 'batch = 2' \
  '[data]' 'videos = "clips.csv"' 'folder = "videos"' 'width = 32' 'height = 24' >from_videos.toml
JOB=$WORK/from_videos.toml
check 'a training from two videos' trains from_videos
check 'tells each of its 2 steps' test "$(steps_told from_videos)" = 2
check 'names the third, which is not there' grep -qhF 'three.mp4 is not there; check its path; training goes on without it' stdout stderr

# A LoRA of four pictures, one of them with a text of its own.
mkdir mine
cp "$SOURCE/jobs/images/"{labrador.png,lighthouse.jpg,toy/red-heart.png,toy/blue-square.png} mine/
printf 'a photo of sks dog on a beach\r\n' >mine/labrador.txt
printf '%s\n' 'format = 1' 'kind = "train"' '[train]' "model = \"$SOURCE/jobs/toy/weights/model\"" \
  'parameters = ["unet/"]' 'lora_rank = 2' 'frames = 1' 'steps = 2' 'batch = 2' \
  '[data]' 'pictures = "mine"' 'caption = "a photo of sks dog"' 'width = 32' 'height = 24' >from_pictures.toml
JOB=$WORK/from_pictures.toml
check 'a LoRA of four pictures' trains from_pictures
check 'tells each of its 2 steps' test "$(steps_told from_pictures)" = 2
check 'is written' test -s from_pictures/model/lora.safetensors
check 'a second call' trains from_pictures
check 'says that it is trained' grep -qhF 'nothing to do: the model is in' stdout stderr
printf 'a photo of sks dog in the snow\n' >mine/labrador.txt
check 'with another caption it' refuses from_pictures
check 'is another training' grep -qhF '  pictures: other content' stdout stderr
head -c 200 "$SOURCE/jobs/images/labrador.png" >mine/labrador.png
check 'with a picture that is cut, elsewhere' trains from_cut_pictures
check 'names it and takes others' grep -qhF 'mine/labrador.png is truncated: its data ends too early; copy it again from where it came from; training goes on without it' stdout stderr
rm mine/labrador.txt && : >mine/lighthouse.txt
check 'with an empty caption it' refuses from_cut_pictures
check 'names that' grep -qF 'mine/lighthouse.txt is empty; write' stderr
JOB=$SOURCE/jobs/train_quick.toml

if command -v mpirun >/dev/null && [[ -n ${2:-} ]]; then
  check 'two processes that share each batch' trains shared --workers 2
  check 'learn the same as one, to 1e-5' nearly_same alone shared
  train lost --workers 2 >"$WORK/stdout" 2>&1 </dev/null &
  farm=$!
  for ((i = 0; i < 300; i++)); do [[ -e lost/checkpoints/training.0.h5 ]] && break || sleep 0.1; done
  trainers lost | tail -n 1 | xargs -r kill -KILL || true
  check 'one of them killed, both start again and finish' wait "$farm"
  check 'with the same losses' same_curve shared lost
fi
finish
