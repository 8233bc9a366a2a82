"""Measure speed and sample quality, beside bare loops and beside the peers: `make bench`.

    python tools/bench                  measure, print tables, exit with 1 if a bar is missed
    python tools/bench --rounds 40      more rounds: steadier medians
    python tools/bench --only solvers   one part: "steps", "solvers" or "network", each a module here
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench import network, solvers, steps  # noqa: E402

PARTS = {
    "steps": lambda rounds: steps.report(rounds),
    "solvers": lambda rounds: solvers.report(),
    "network": lambda rounds: network.report(),
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
