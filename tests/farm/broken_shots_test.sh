#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A job of which a fifth is broken, in twenty ways: broken_shots_test.sh <source> <programs> [shots, a multiple of 100]
# Nineteen ways are found before anything is rendered, all at once and each at its line; the twentieth, a picture that
# somebody replaces while the job runs, costs that shot alone.
SOURCE=$1 BIN=$2
SHOTS=${3:-100}
# shellcheck source=tests/mpi/try_farm.sh
source "$SOURCE/tests/mpi/try_farm.sh"
trap 'rm -rf "$WORK"' EXIT

EACH=$((SHOTS / 100))
GOOD=$((SHOTS - 20 * EACH))
RUN=$WORK/run
WEIGHTS=$SOURCE/jobs/toy/weights
PICTURE=$SOURCE/jobs/images/labrador.png

head -c 20000 "$PICTURE" >"$WORK/cut.png"
printf 'a letter\n' >"$WORK/letter.png"
: >"$WORK/empty.png"
mkdir "$WORK/folder.png" "$WORK/no-weights"
cp -r "$WEIGHTS/model" "$WORK/cut-model"
truncate --size 100000 "$WORK/cut-model/unet/diffusion_pytorch_model.safetensors"
WAYS=(
  'image = "nowhere.png"'
  'image = "cut.png"'
  'image = "letter.png"'
  'image = "empty.png"'
  'image = "folder.png"'
  'model = "nowhere"'
  'model = "no-weights"'
  'model = "cut-model"'
  'motion = "no-weights"'
  'stepz = 2'
  'steps = 0'
  'frames = "many"'
  'magnitude = "hugee"'
  'seed = 1.5'
  'width = 7'
  'guidance_scale = nan'
  'affinity = [2.0]'
  'prompt = "@nobody"'
  'strength = 0'
)

# Shots of every kind, mixed.
make_job() {
  local i way
  {
    printf 'format = 1\n[job]\nname = "broken"\n[defaults]\nmodel = "%s/model"\nmotion = "%s/motion"\n' "$WEIGHTS" "$WEIGHTS"
    printf 'image = "%s"\nprompt = "a dog"\nmax_size = 64\nframes = 2\nsteps = 2\n[output]\nformats = ["gif"]\n' "$PICTURE"
    for ((i = 0; i < GOOD; ++i)); do
      printf '[[shot]]\nname = "good-%d"\nseed = %d\n' "$i" "$((1000 + i))"
      ((i < EACH)) || continue
      for way in "${!WAYS[@]}"; do printf '[[shot]]\nname = "bad-%d-%d"\n%s\n' "$way" "$i" "${WAYS[way]}"; done
      printf '[[shot]]\nname = "late-%d"\nseed = %d\npriority = -1\nimage = "late-%d.png"\n' "$i" "$i" "$i"
    done
  } >"$WORK/broken.toml"
  for ((i = 0; i < EACH; ++i)); do cp "$PICTURE" "$WORK/late-$i.png"; done
}
render() {
  STATUS=0
  "$BIN/pia-farmd" "$WORK/broken.toml" --out "$RUN" --renderer=fake --step-seconds 0 --workers 2 \
    >"$WORK/output" 2>&1 </dev/null || STATUS=$?
}
exits_with() {
  [[ $STATUS == "$1" ]] || {
    tail -n 20 "$WORK/output" | sed 's/^/  output: /'
    return 1
  }
}
# The lines that an error points at.
lines_at_fault() { sed -n 's/^.*broken\.toml:\([0-9]*\):[0-9]*: error: .*/\1/p' "$WORK/output" | sort -n -u; }
# Takes out the shots that those lines are in, and says their names.
take_out() {
  lines_at_fault >"$WORK/lines"
  awk -v names="$WORK/names" '
    function flush(  i) { if (fault) { print name >names } else for (i = 0; i < count; ++i) print block[i]; count = fault = 0 }
    FNR == NR { bad[$1] = 1; next }
    /^\[\[shot\]\]/ { flush() }
    { block[count++] = $0; if (FNR in bad) fault = 1 }
    /^name = "(bad|good|late)/ { name = $3 }
    END { flush() }' "$WORK/lines" "$WORK/broken.toml" >"$WORK/mended.toml"
  mv "$WORK/mended.toml" "$WORK/broken.toml"
}
named_bad() { grep -c '^"bad-' "$WORK/names"; }
replace_pictures() {
  until_true 60 test -e "$RUN/plan.json"
  local i
  for ((i = 0; i < EACH; ++i)); do cp "$SOURCE/jobs/images/lighthouse.jpg" "$WORK/late-$i.png"; done
}

make_job
render
check 'a job with broken shots is refused' exits_with 65
check 'before anything is rendered' test ! -e "$RUN"
take_out
check 'every broken shot is explained at its line' equals "$(named_bad)" "$((19 * EACH))"
check 'and no other' equals "$(wc -l <"$WORK/names")" "$((19 * EACH))"

replace_pictures &
render
wait $!
check 'with those taken out it renders the others, and says that some failed' exits_with 3
check 'all good shots are done' equals "$(commits "$RUN")" "$GOOD"
check 'each once' committed_once "$RUN"
check 'a picture that changed after the plan fails its shot' equals "$(events "$RUN" shot_failed)" "$EACH"
check 'at the first attempt' equals "$(events "$RUN" attempt_failed)" "$EACH"
check 'with the reason' equals "$(grep -c 'has changed since the job was planned' "$RUN/status.tsv")" "$EACH"
check 'the report counts them' grep -q "$GOOD.*done.*$EACH.*failed" "$RUN/report.txt"
check 'leaving nothing behind' has_no_leftovers "$RUN"
render
check 'run again, the new pictures are rendered too' exits_with 0
check 'and nothing else' equals "$(commits "$RUN")" "$((GOOD + EACH))"
finish
