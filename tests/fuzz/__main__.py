"""`make fuzz N=100000`: calls of every public callable with arguments that are valid, nearly valid and not at all."""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from .campaign import Outcomes, part


def main() -> int:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("n", nargs="?", type=int, default=20_000, help="how many calls")
    parser.add_argument("--seed", type=int, default=0, help="another seed draws other calls")
    parser.add_argument("--only", nargs="*", help="these callables, as in rebuild.sample")
    options = parser.parse_args()
    workers = os.cpu_count() or 1
    each = -(-options.n // workers)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        parts = [pool.submit(part, each, 10**9 * options.seed + 10**7 * k, options.only, k == 0) for k in range(workers)]
        whole = Outcomes()
        for found in (done.result() for done in parts):
            whole.counts += found.counts
            whole.findings = found.findings | whole.findings
    print("\n".join(whole.lines()))
    return 1 if whole.findings else 0


if __name__ == "__main__":
    sys.exit(main())
