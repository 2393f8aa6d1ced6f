# SPDX-License-Identifier: Apache-2.0
"""Seconds a denoising step (or a decode) of pia-farm against diffusers 0.33.1, stock and tuned, in turn in one call.

Usage: compare_step.py STEP_BENCH [--size 128] [--frames 16] [--threads 1] [--rounds 3] [--what step|decode]
                       [--peers stock,tuned] [--json FILE]
Run it with the Python that has diffusers. Prints a table: the median of the paired ratios, CPU seconds, peak memory.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

arguments = argparse.ArgumentParser()
arguments.add_argument("bench")
arguments.add_argument("--size", default="128")
arguments.add_argument("--frames", default="16")
arguments.add_argument("--threads", default="1")
arguments.add_argument("--rounds", type=int, default=3)
arguments.add_argument("--what", default="step")
arguments.add_argument("--peers", default="stock,tuned")
arguments.add_argument("--json")
options = arguments.parse_args()
sizes = [options.size, options.frames, options.threads]


def start(name, command, **environment):
    environment = {**os.environ, "OMP_NUM_THREADS": options.threads, **environment}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    loaded = json.loads(process.stdout.readline())
    return dict(name=name, process=process, loaded=loaded, runs=[])


def once(side):
    side["process"].stdin.write(options.what + "\n")
    side["process"].stdin.flush()
    return json.loads(side["process"].stdout.readline())


peer = str(Path(__file__).with_name("peer_step.py"))
kept = dict(MALLOC_MMAP_MAX_="0", MALLOC_TRIM_THRESHOLD_="1000000000000", MALLOC_TOP_PAD_="67108864")
sides = [start("pia-farm", [options.bench, *sizes])]
for kind in options.peers.split(","):
    sides.append(start(kind, [sys.executable, peer, kind, *sizes], **(kept if kind == "tuned" else {})))
for side in sides:
    once(side)
for _ in range(options.rounds):
    for side in sides:
        side["runs"].append(once(side))
rows = []
for side in sides:
    ratios = [theirs["wall"] / own["wall"] for theirs, own in zip(side["runs"], sides[0]["runs"])]
    rows.append(dict(
        name=side["name"], what=options.what, size=options.size, frames=options.frames, threads=options.threads,
        wall=statistics.median(run["wall"] for run in side["runs"]),
        cpu=statistics.median(run["cpu"] for run in side["runs"]), ratio=statistics.median(ratios),
        peak_gb=side["runs"][-1]["peak_gb"], above_weights_gb=side["runs"][-1]["peak_gb"] - side["loaded"]["weights_gb"]))
    side["process"].stdin.close()
    side["process"].wait()
print(f"{options.what}, {options.size}x{options.size}x{options.frames}, {options.threads} threads, "
      f"median of {options.rounds} rounds")
print(f"{'':10} {'wall s':>8} {'cpu s':>8} {'ratio':>6} {'peak GB':>8} {'above weights':>13}")
for row in rows:
    print(f"{row['name']:10} {row['wall']:8.3f} {row['cpu']:8.3f} {row['ratio']:6.2f} {row['peak_gb']:8.2f} "
          f"{row['above_weights_gb']:13.2f}")
if options.json:
    Path(options.json).write_text(json.dumps(rows, indent=1) + "\n")
