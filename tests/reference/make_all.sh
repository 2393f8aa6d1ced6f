#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Make every golden anew. README.md says what the five variables name.
set -eu
cd "$(dirname "$0")"
: "${ORACLE_PYTHON:?}" "${OFFICIAL_SITE:?}" "${PILLOW_SITE:?}" "${PIA_OFFICIAL:?}" "${CLIP_BPE:?}"
export PIA_OFFICIAL CLIP_BPE OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1

diffusers() { "$ORACLE_PYTHON" -W ignore "$@"; }
official() { PYTHONPATH=$OFFICIAL_SITE "$ORACLE_PYTHON" -W ignore "$@"; }

rm -rf ../golden/training ../golden/modules ../golden/official ../golden/diffusers ../golden/prompts ../golden/travel ../golden/loras
diffusers make_models.py
diffusers make_rule.py
diffusers make_ddim.py
official make_ddim.py --check
diffusers make_tokenizer.py
official make_tokenizer.py --check
PYTHONPATH=$PILLOW_SITE:$OFFICIAL_SITE "$ORACLE_PYTHON" -W ignore make_resize.py
for reference in diffusers official; do
  $reference make_affinity.py $reference
  $reference make_modules.py $reference
  $reference make_cases.py $reference
done
diffusers make_prompts.py
diffusers make_loras.py
diffusers make_training.py
diffusers make_travel.py diffusers
official make_travel.py official
diffusers self_check.py diffusers
official self_check.py official
