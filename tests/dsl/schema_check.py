# SPDX-License-Identifier: Apache-2.0
"""schema_check.py <pia-farmd> <source>: what a validator that is not ours makes of the schema of `pia-farm schema`.

It is a schema; every right job file fits it; with one of these slips it does not.
"""
import json
import pathlib
import subprocess
import sys
import tomllib

import jsonschema

SHOT = 'format = 1\n[[shot]]\nimage = "a"\n'
RIGHT = [SHOT, SHOT + 'sampler = "Euler a"\nloras = [{ id = "a", weight = 0.5 }]\n']
WRONG = [
    '[[shot]]\nimage = "a"\n',
    "format = 1\n[[shot]]\nimage = 3\n",
    'format = 1\n[shot]\nimage = "a"\n',
] + [SHOT + slip for slip in (
    "stepz = 1\n",
    "steps = 0\n",
    "steps = 2.5\n",
    'steps = "many"\n',
    "strength = 0.0\n",
    'magnitude = "huge"\n',
    "seed = -2\n",
    'seed = "auto x4"\n',
    'prompt.hed = "a"\n',
    "affinity = []\n",
    "affinity = { from = 1 }\n",
    'loras = ["a"]\n',
    "loras = [{ weight = 1.0 }]\n",
    'loras = [{ id = "a", wieght = 1.0 }]\n',
    "[[grid]]\naxes.steps = 3\n",
    '[[grid]]\naxes.name = ["a"]\n',
    '[models.m]\nchekpoint = "a"\n',
    '[modles.m]\ncheckpoint = "a"\n',
    "[[override]]\nmatch = {}\n",
    "[[grid]]\nexclude = [{ stepz = 1 }]\n",
    '[output]\nformats = ["mov"]\n',
)]


def main(program, source):
    schema = json.loads(subprocess.run([program, "schema"], check=True, capture_output=True, text=True).stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    fits = jsonschema.Draft7Validator(schema)
    files = sorted(file for folder in ("jobs", "tests/golden/plans") for file in pathlib.Path(source, folder).glob("*.toml"))
    right = [(str(file), file.read_text(encoding="utf-8-sig")) for file in files] + [(text, text) for text in RIGHT]
    failures = 0
    for name, text in right:
        for error in fits.iter_errors(tomllib.loads(text)):
            failures += 1
            print(f"FAILED: {name}: {'.'.join(map(str, error.absolute_path))}: {error.message}")
    for text in WRONG:
        if fits.is_valid(tomllib.loads(text)):
            failures += 1
            print(f"FAILED: is right by the schema: {text}")
    print(f"{len(files)} job files fit, {len(WRONG)} slips do not; {failures} failures")
    return 0 if failures == 0 and len(files) >= 10 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
