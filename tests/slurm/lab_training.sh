# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A training of three processes without an end, for a lab. Sourced after lab.sh.
printf '[worker]\nthreads = 1\ndevice = "cpu"\n' >"$WORK/site.toml"
printf '%s\n' 'format = 1' 'kind = "train"' '[job]' 'name = "lab"' '[train]' "model = \"$SOURCE/jobs/toy/weights/model\"" \
  "motion = \"$SOURCE/jobs/toy/weights/motion\"" 'parameters = ["motion/"]' 'frames = 4' 'steps = 100000' 'batch = 3' \
  'checkpoint_every = 1' '[data]' 'width = 32' 'height = 32' >"$WORK/lab.toml"
RUN=$WORK/lab

trainers() { pgrep --full "^[^ ]*pia-train --run-directory $RUN "; }
steps() { if [[ -e $RUN/loss.tsv ]]; then tail -n +2 "$RUN/loss.tsv" | wc -l; else echo 0; fi; }
has_steps() { hurry; (($(steps) >= $1)); }
