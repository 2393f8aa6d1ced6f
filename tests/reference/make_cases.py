# SPDX-License-Identifier: Apache-2.0
"""Write golden/<reference>/<case>.safetensors. Usage: make_cases.py official|diffusers [case ...]"""
import importlib
import sys

import common

reference = importlib.import_module(f"{sys.argv[1]}_reference")
wanted = sys.argv[2:] or list(common.cases())
units = {}
for name in wanted:
    case = common.cases()[name]
    if case["model"] not in units:
        units[case["model"]] = reference.build_unet(case["model"])
    common.finish(reference.NAME, name, case, *reference.run(name, case, units[case["model"]]))
