"""Train the network of digits that comes with the course, and judge it.

    python tools/digits.py           train 2500 and 9000 steps, judge both, write the second
    python tools/digits.py --check   train nothing, judge the file as it is

`udm_lessons/learn/digits.safetensors` holds the second network; the first is what lesson 03 trains. Training
is seeded: the same machine gives the same file. Pictures are cut to the range of pixels. Distances are given twice: for as many samples as
there are held-out digits, beside the floor for such samples, and for six times as many, which scatter
less. The bars hold for the second kind.
"""

from __future__ import annotations

import argparse
import sys

import torch
from safetensors.torch import save_file
from torch import nn
from tqdm import tqdm

from udm_lessons.data import digits
from udm_lessons.learn import (
    DIGIT_STEPS,
    SHIPPED,
    digit_predictor,
    draw_digits,
    load_weights,
    new_digit_network,
    train_digits,
)
from udm_lessons.measure import (
    PrincipalComponents,
    energy_distance,
    frechet_distance,
    judge_digits,
    score_table,
    two_sample_accuracy,
)

SETS, LONG = 6, 9000
BARS = {
    DIGIT_STEPS: {"energy x 1000": 10.0, "two-sample accuracy": 0.62, "Frechet": 0.30},
    LONG: {"energy x 1000": 5.0, "two-sample accuracy": 0.60, "Frechet": 0.20},
}


def judge(network: nn.Module, steps: int) -> bool:
    """Prints what is measured; returns whether all bars are met."""
    train, heldout = digits("train"), digits("heldout")
    held, predictor = heldout[0], digit_predictor(network)
    sets = [
        draw_digits(predictor, len(held), seed=seed, progress=False).clamp(-1, 1)
        for seed in tqdm(range(1, SETS + 1), desc="sampling", leave=False)
    ]
    print(f"\n{steps} steps of training, {len(held)} samples in 50 steps")
    print(score_table(judge_digits(sets[0], train, heldout, torch.Generator().manual_seed(0))))
    features = PrincipalComponents(train[0])
    everything, met = torch.cat(sets), True
    two_sample = [
        two_sample_accuracy(features(x), features(held), torch.Generator().manual_seed(0)) for x in sets
    ]
    found = {
        "energy x 1000": 1000 * energy_distance(everything, held),
        "two-sample accuracy": sum(two_sample) / SETS,
        "Frechet": frechet_distance(features(everything), features(held)),
    }
    print(f"all {len(everything)} samples of {SETS} seeds (two-sample accuracy: the mean of {SETS})")
    for name, value in found.items():
        bar = BARS[steps][name]
        met &= value <= bar
        print(f"  {name:20} {value:6.3f}   bar {bar:g}: {'met' if value <= bar else 'MISSED'}")
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="judge the file as it is")
    torch.set_num_threads(1)
    if parser.parse_args().check:
        network = new_digit_network()
        network.load_state_dict(load_weights(SHIPPED))
        return 0 if judge(network.eval(), LONG) else 1
    met = judge(train_digits(steps=DIGIT_STEPS), DIGIT_STEPS)
    network = train_digits(steps=LONG)
    met &= judge(network, LONG)
    weights = {name: value.cpu().contiguous() for name, value in network.state_dict().items()}
    save_file(weights, SHIPPED)
    print(f"wrote {SHIPPED.name}, {SHIPPED.stat().st_size} bytes")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
