#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tutorials_test.sh <build tree>: every job file that people are given checks clean, and those that teach one thing render,
# small, with the real renderer.
# shellcheck source=tests/setup/checks.sh
source "$(dirname "$0")/../setup/checks.sh"
BIN=$1/bin

pia_farmd() {
  STATUS=0
  (cd "$WORK" && "$BIN/pia-farmd" "$@") >"$WORK/stdout" 2>"$WORK/stderr" </dev/null || STATUS=$?
}
says_nothing() { [[ ! -s $WORK/stderr ]]; }
teaches_in_three_lines() { [[ $(head -n 3 "$1" | grep -c '^#') == 3 ]]; }

for job in "$SOURCE"/jobs/*.toml; do
  name=$(basename "$job" .toml)
  check "$name begins with what it teaches" teaches_in_three_lines "$job"
  case $name in
    train_toy_comic_whole) sets=(--set "model=$SOURCE/jobs/toy/comic") ;;
    # What the earlier trainings of the toy world make is not there.
    train_toy | train_toy_motion | train_toy_whole | train_toy_words)
      sets=(--set "model=$SOURCE/jobs/toy/start" --set "base=$SOURCE/jobs/toy/start" --set "motion=$SOURCE/jobs/toy/start/motion")
      sets+=(--set start=pass_through)
      ;;
    *) sets=() ;;
  esac
  pia_farmd check "$job" --strict "${sets[@]}"
  check "$name checks clean" exits_with 0
  if grep -q '^sample *=' "$job"; then
    pia_farmd check "$job" --strict --set job.seed=2
    check "$name checks clean with other samples" exits_with 0
  fi
  case $name in
    quickstart) # as a newcomer runs it
      pia_farmd "$job" --out "$WORK/$name"
      check 'the quickstart renders as it is' exits_with 0
      check 'its three clips are there' test "$(find "$WORK/$name/videos" -name '*.mp4' | wc -l)" = 3
      continue
      ;;
    anime_set) continue ;; # it repeats what the rest teaches
    train_*) continue ;;                # another test trains
    travel | windows | loop) small=(--workers 2) ;;
    toy_world) small=(--set frames=4 --set steps=4) ;;
    *) small=(--set frames=4) ;;
  esac
  pia_farmd "$job" --out "$WORK/$name" --set max_size=32 --set steps=2 "${small[@]}"
  check "$name renders" exits_with 0
  check "$name has videos" test -n "$(find "$WORK/$name/videos" -name '*.mp4')"
done
finish
