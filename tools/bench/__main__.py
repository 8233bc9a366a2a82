"""Measure speed and sample quality, beside bare loops and beside the peers: `make bench`.

    python tools/bench                  measure, print tables, exit with 1 if a bar is missed
    python tools/bench --rounds 40      more rounds: steadier medians
    python tools/bench --only solvers   one part: "steps", "solvers", "network" or "growth", each a module here
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

# What measures memory would say so on every call; torch reads this as it is imported.
os.environ.setdefault("KINETO_LOG_LEVEL", "99")
os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")

import torch  # noqa: E402

TOOLS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TOOLS), str(TOOLS.parent / "tests")]

from bench import growth, network, solvers, steps  # noqa: E402

PARTS = {
    "steps": lambda rounds: steps.report(rounds),
    "solvers": lambda rounds: solvers.report(),
    "network": lambda rounds: network.report(),
    "growth": lambda rounds: growth.report(),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--only", choices=PARTS, help="one part")
    options = parser.parse_args()
    torch.set_num_threads(1)
    missed = [
        bar
        for name, report in PARTS.items()
        if options.only in (None, name)
        for bar in report(options.rounds)
    ]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
