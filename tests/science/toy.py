# SPDX-License-Identifier: Apache-2.0
"""Measures the toy world's animations by geometry (README.md of this folder has the commands).

  toy.py job CASES JOB.toml --checkpoint MODEL --motion MOTION   a job of all cases of `pia-farm toy-pictures`
  toy.py validate CLIPS                                          the measures on drawn clips, and on still ones
  toy.py measure RUN CASES                                       the measures on the job's results

validate and measure print Markdown; --results FILE puts it into its own section of that file instead.
"""
import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

import geometry as g

MAGNITUDES = ["small", "moderate", "large"]
ONE_HOT = [1.0] + [0.0] * 15
FIRST_SEED = 7000
# A thing that jumps or blinks is at the end as it was at first: the affinity of the loop mode says so, that of the other
# presets never comes back.
RETURNING = ["jump", "blink"]


def picture_at(path):
    return np.asarray(Image.open(path).convert("RGB"), np.float64) / 255


def cases_in(folder):
    return json.loads((Path(folder) / "cases.json").read_text())


def share(hits):
    """"k of n = p % [Wilson's 95 % interval]"."""
    n, k = len(hits), int(sum(hits))
    if n == 0:
        return "none of 0"
    z = 1.96
    centre = (k / n + z * z / 2 / n) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(k / n * (1 - k / n) / n + z * z / 4 / n / n)
    return f"{k} of {n} = {100 * k / n:.1f} % [{100 * (centre - half):.1f}, {100 * (centre + half):.1f}]"


def interval(values):
    """Mean and the 95 % interval's ends, over 2,000 resamplings with a fixed seed."""
    values = np.asarray([v for v in values if np.isfinite(v)])
    if len(values) == 0:
        return float("nan"), float("nan"), float("nan")
    draws = np.random.default_rng(1).integers(0, len(values), (2000, len(values)))
    low, high = np.percentile(values[draws].mean(axis=1), [2.5, 97.5])
    return values.mean(), low, high


def average(values, digits=3):
    mean, low, high = interval(values)
    return f"{mean:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}] ({len(values)})"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def kind_table(pairs):
    """Rows: the kind that should show; columns: what does."""
    names = g.KINDS + ["none"]
    counts = defaultdict(int)
    for truth, seen in pairs:
        counts[truth, seen] += 1
    shown = [name for name in names if any(truth == name for truth, _ in pairs)]
    return table(["named \\ seen"] + names, [[t] + [counts[t, s] or "" for s in names] for t in shown])


# The job.

def shot_text(case, folder, name, extra):
    lines = ["[[shot]]", f'name = "{name}"', f'image = "{folder}/{case["name"]}.png"',
             f'prompt = {json.dumps(case["prompt"])}', f'seed = {FIRST_SEED + int(case["name"])}']
    return "\n".join(lines + [f"{key} = {value}" for key, value in extra.items()]) + "\n"


def is_lora(path):
    return path.endswith(".safetensors")


def style_asset(name, path):
    at = Path(path).resolve()
    return f'[loras.{name}]\npath = "{at}"\n' if is_lora(path) else f'[models.{name}]\ncheckpoint = "{at}"\nbase = "toy"\n'


def style_keys(name, path):
    return {"loras": f'[{{ id = "{name}" }}]'} if is_lora(path) else {"model": f'"{name}"'}


def write_job(options):
    folder = Path(options.cases).resolve()
    cases = cases_in(folder)
    styles = dict(word.split("=", 1) for word in options.styled)
    parts = ["# Made by tests/science/toy.py: every case in three magnitudes, the first ones in other modes.\n"
             'format = 1\n[job]\nname = "toy-science"\n[models.toy]\n'
             f'checkpoint = "{Path(options.checkpoint).resolve()}"\n'
             + "".join(style_asset(name, path) for name, path in styles.items())
             + f'[defaults]\nmodel = "toy"\nmotion = "{Path(options.motion).resolve()}"\n'
             f"max_size = {options.size}\nframes = 16\nsteps = {options.steps}\nguidance_scale = {options.cfg}\n"]
    for number, case in enumerate(cases):
        for magnitude in MAGNITUDES:
            parts.append(shot_text(case, folder, f'{case["name"]}-{magnitude}', {"magnitude": f'"{magnitude}"'}))
        if number < options.others or case["kind"] in RETURNING:
            parts.append(shot_text(case, folder, f'{case["name"]}-loop', {"mode": '"loop"', "magnitude": '"large"'}))
        if number < options.others:
            parts.append(shot_text(case, folder, f'{case["name"]}-one-hot', {"affinity": ONE_HOT}))
            for style, path in styles.items():
                parts.append(shot_text(case, folder, f'{case["name"]}-as-{style}', {
                    "mode": '"style_transfer"', "magnitude": '"small"', **style_keys(style, path)}))
    Path(options.job).write_text("\n".join(parts))
    print(f"{options.job}: {len(cases)} cases in {len(MAGNITUDES)} magnitudes, {min(options.others, len(cases))} "
          "of them also as a loop and with one-hot affinity")


# The measures.

def results_of(run):
    """Shot name -> clip, for every result in a run directory."""
    clips = {}
    for path in sorted(Path(run).glob("shots/*/*.h5")):
        with h5py.File(path) as file:
            name = file.attrs["name"]
            name = name.decode() if isinstance(name, bytes) else str(name)
            clips[name] = file["frames"][:].astype(np.float64) / 255
    return clips


def measured(clip, picture):
    return {"kind": g.kind_of(g.scores_of(clip)), "motion": g.motion_of(clip), "psnr": g.psnr(clip[0], picture),
            "unsteady": g.unsteadiness_of(clip), "closure": g.closure_of(clip),
            "moved": (g.displacement_of(clip[:1], picture), g.displacement_of(clip, picture)), "styles": (g.style_of(clip[0]), g.style_of(clip[-1]))}


def faithful_rows(title, of_mode):
    rows = [[title, average([m["psnr"] for _, m in of_mode], 1), average([m["unsteady"] for _, m in of_mode], 2),
             average([m["motion"] for _, m in of_mode], 4), share([m["kind"] == c["kind"] for c, m in of_mode])]]
    return rows


def moved(of_mode):
    first, all_frames = (average([m["moved"][part] for _, m in of_mode], 1) for part in (0, 1))
    return f"in the first frame {first}, over the clip, which moves, {all_frames}"


def measure(options):
    cases = {case["name"]: case for case in cases_in(options.cases)}
    by_mode, by_case = defaultdict(list), defaultdict(dict)
    for name, clip in results_of(options.run).items():
        number, _, mode = name.partition("-")
        if number not in cases:
            continue
        result = measured(clip, picture_at(Path(options.cases) / f"{number}.png"))
        by_mode[mode].append((cases[number], result))
        by_case[number][mode] = result
    if not by_mode:
        sys.exit(f"toy.py: {options.run} has no result of a case in {options.cases}; render its job first")
    rows = [row for mode, found in by_mode.items() for row in faithful_rows(mode, found)]
    text = [table(["mode", "first frame, PSNR in dB", "ground, std over time in 1/255", "motion d", "kind as named"],
                  rows)]
    fitting = [(cases[number], m["loop" if cases[number]["kind"] in RETURNING else "large"])
               for number, m in by_case.items() if "large" in m and ("loop" in m or cases[number]["kind"] not in RETURNING)]
    text.append(f"Kind as named, {' and '.join(RETURNING)} as loops, all others large: "
                + share([m["kind"] == c["kind"] for c, m in fitting]) + ".\n\n"
                + kind_table([(c["kind"], m["kind"]) for c, m in fitting]))
    ordered = [m for m in by_case.values() if all(k in m for k in MAGNITUDES)]
    rises = [m["small"]["motion"] < m["moderate"]["motion"] < m["large"]["motion"] for m in ordered]
    text.append(f"small < moderate < large in motion: {share(rises)} of the pictures.")
    for mode in ("large", "one-hot"):
        if by_mode[mode]:
            text.append(f"What shows, {mode}:\n\n" + kind_table([(c["kind"], m["kind"]) for c, m in by_mode[mode]]))
    if by_mode["loop"]:
        text.append("Loop: last frame to first, as a part of the farthest: "
                    + average([m["closure"] for _, m in by_mode["loop"]], 2) + "; the same of large: "
                    + average([m["closure"] for _, m in by_mode["large"]], 2) + ".")
    for mode in sorted(mode for mode in by_mode if mode.startswith("as-")):
        style = mode.removeprefix("as-")
        first, last = ([m["styles"][end] == style for _, m in by_mode[mode]] for end in (0, 1))
        text.append(f"Style transfer {mode}: in that style are the first frame of {share(first)} and the last frame of "
                    f"{share(last)}; pixels between the thing's centre and the picture's: {moved(by_mode[mode])}; the same of "
                    f"small: {moved(by_mode['small'])}.")
    report(options, "measured " + Path(options.run).name, "\n\n".join(text))


def clip_in(folder):
    return np.stack([picture_at(path) for path in sorted(folder.glob("[0-9]*.png"))])


def validate(options):
    drawn, still, styles, steady = [], [], [], []
    for case in cases_in(options.clips):
        clip = clip_in(Path(options.clips) / case["name"])
        seen = g.kind_of(g.scores_of(clip))
        drawn.append((case, seen))
        frozen = np.repeat(clip[:1], len(clip), axis=0)
        still.append(g.kind_of(g.scores_of(frozen)))
        styles.append(g.style_of(clip[0]) == case["style"])
        steady.append(g.unsteadiness_of(clip))
    clear = [(case, seen) for case, seen in drawn if case["amplitude"] >= 0.4]
    faint = [(case, seen) for case, seen in drawn if case["amplitude"] < 0.4]
    text = [
        table(["measure", "result"], [
            ["kind of motion, amplitude >= 0.4", share([c["kind"] == s for c, s in clear])],
            ["kind of motion, smaller", share([c["kind"] == s for c, s in faint])],
            ["still clips (frame 0 repeated) in which nothing shows", share([s == "none" for s in still])],
            ["style of the first frame", share(styles)],
            ["ground, std over time in 1/255", average(steady, 2)]]),
        "Amplitude >= 0.4:\n\n" + kind_table([(c["kind"], s) for c, s in clear])]
    report(options, "the measures on drawn clips", "\n\n".join(text))


def report(options, title, text):
    if not options.results:
        print(text)
        return
    path = Path(options.results)
    sections = path.read_text().split("\n## ") if path.exists() else ["# Results of the toy world\n"]
    kept = [section for section in sections if section.split("\n", 1)[0] != title]
    path.write_text("\n## ".join(part.rstrip("\n") + "\n" for part in kept + [f"{title}\n\n{text}"]))
    print(f"{path}: section \"{title}\"")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    job = verbs.add_parser("job")
    job.add_argument("cases")
    job.add_argument("job")
    job.add_argument("--checkpoint", required=True)
    job.add_argument("--motion", required=True)
    job.add_argument("--steps", type=int, default=20)
    job.add_argument("--size", type=int, default=64)
    job.add_argument("--cfg", type=float, default=2.5)
    job.add_argument("--others", type=int, default=40, help="cases that are also rendered in other modes")
    job.add_argument("--styled", metavar="STYLE=MODEL", action="append", default=[],
                     help="a personalised model or LoRA for the style-transfer mode, as comic=jobs/toy/comic")
    job.set_defaults(act=write_job)
    check = verbs.add_parser("validate")
    check.add_argument("clips")
    check.set_defaults(act=validate)
    judge = verbs.add_parser("measure")
    judge.add_argument("run")
    judge.add_argument("cases")
    judge.set_defaults(act=measure)
    for verb in (check, judge):
        verb.add_argument("--results", default="")
    options = parser.parse_args()
    options.act(options)


if __name__ == "__main__":
    main()
