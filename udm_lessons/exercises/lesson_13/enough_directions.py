"""13.1: how many directions to keep, if no more than a share of the variance may be lost."""

from __future__ import annotations

import torch

from ...checks import Exercise, equal, uniform


def numbers(*values):
    """Numbers in float64."""
    return torch.tensor(values, dtype=torch.float64)


def enough_directions(eigenvalues, share):
    allowed, lost = share * float(eigenvalues.sum()), 0.0
    k = len(eigenvalues)
    while k > 0 and lost + float(eigenvalues[k - 1]) <= allowed:
        lost += float(eigenvalues[k - 1])
        k -= 1
    return k


def cases():
    return (
        (numbers(8.0, 4.0, 2.0, 1.0, 1.0), 0.3),
        (numbers(8.0, 4.0, 2.0, 1.0, 1.0), 0.25),  # exactly a quarter may go
        (numbers(8.0, 4.0, 2.0, 1.0, 1.0), 0.05),  # nothing may go
        (numbers(5.0, 0.0, 0.0), 0.1),
        (numbers(3.0), 0.2),
        (numbers(0.4, 0.3, 0.2, 0.1), 0.65),
        (numbers(1.0, 1.0, 1.0, 1.0), 0.8),
        (numbers(90.0, 5.0, 3.0, 1.5, 0.3, 0.2), 0.01),
        (numbers(6.0, 3.0, 2.0, 1.0), 0.5),
        (numbers(16.0, 8.0, 4.0, 2.0, 1.0, 1.0), 0.9),
        (numbers(0.02, 0.02, 0.01), 0.35),
        (2.0 ** -torch.arange(12, dtype=torch.float64), 0.04),
        (numbers(40.0, 30.0, 20.0, 10.0), 0.29),
        (numbers(40.0, 30.0, 20.0, 10.0), 0.31),
        (numbers(6e-4, 1.8e-4, 6e-5, 5e-5, 1e-7), 0.25),
    )


def inputs(rng):
    n = rng.choice((1, 2, 3, 5, 8, 20))
    eigenvalues = (uniform(rng.getrandbits(31), n) ** rng.choice((1, 3, 8)) * 10 ** rng.uniform(-2, 2)).sort(descending=True).values
    return eigenvalues, rng.choice((0.01, 0.05, 0.1, 0.25, 0.5, rng.uniform(0.02, 0.95)))


EXERCISE = Exercise(
    id="13.1",
    title="How many directions",
    difficulty=1,
    minutes=7,
    points=2,
    reference=enough_directions,
    cases=cases,
    compare=equal(),
    law=r"the smallest $k$ with $\lambda_{k+1} + \dots + \lambda_d \le s\, (\lambda_1 + \dots + \lambda_d)$",
    praise="What is dropped is what no model of the $k$ numbers can bring back.",
    idea="Write down what is lost for each $k$, from all to none: the sums of the ends of the list. Then look for the first $k$ "
    "at which that sum is small enough. Try the list 8, 4, 2, 1, 1, of which a quarter may go.",
    why=r"With $k$ directions the ends $\lambda_{k+1}, \dots, \lambda_d$ are lost, and their sum is to be at most $s$ times the sum "
    "of all. It falls as $k$ grows, so the first $k$ that fits is the smallest.",
    inputs=inputs,
)


@EXERCISE.right
def by_what_is_kept(eigenvalues, share):
    kept = torch.cat([eigenvalues.new_zeros(1), eigenvalues.cumsum(0)])
    return int((eigenvalues.sum() - kept > share * eigenvalues.sum() * (1 + 1e-12)).sum())


@EXERCISE.right
def try_one_after_the_other(eigenvalues, share):
    return next(k for k in range(len(eigenvalues) + 1) if eigenvalues[k:].sum() <= share * eigenvalues.sum())


@EXERCISE.slip("You read `share` as what is to be kept. It is what may be lost.")
def share_kept(eigenvalues, share):
    return next(k for k in range(len(eigenvalues) + 1) if eigenvalues[:k].sum() >= share * eigenvalues.sum())


@EXERCISE.slip("Exactly this share may be lost too: at most, not less.")
def less_than_the_share(eigenvalues, share):
    return next((k for k in range(len(eigenvalues) + 1) if eigenvalues[k:].sum() < share * eigenvalues.sum()), len(eigenvalues))


@EXERCISE.slip("That is one too many: the first $k$ that loses little enough is the answer.")
def one_too_many(eigenvalues, share):
    return enough_directions(eigenvalues, share) + 1


@EXERCISE.slip("That is one too few. If you ended at the last $k$ that loses too much, the next one is the answer.")
def one_too_few(eigenvalues, share):
    return enough_directions(eigenvalues, share) - 1


@EXERCISE.slip("That is how many directions are dropped. How many are kept?")
def dropped(eigenvalues, share):
    return len(eigenvalues) - enough_directions(eigenvalues, share)


@EXERCISE.slip("You compared each eigenvalue by itself with the share. It is the sum of all that are dropped that counts.")
def each_by_itself(eigenvalues, share):
    return int((eigenvalues > share * eigenvalues.sum()).sum())


@EXERCISE.slip("You compared with the largest eigenvalue. The share is one of the sum of all.")
def share_of_the_largest(eigenvalues, share):
    return next(k for k in range(len(eigenvalues) + 1) if eigenvalues[k:].sum() <= share * eigenvalues[0])


@EXERCISE.slip("You compared the sum with `share` itself. It is a share of the sum of all.")
def share_not_multiplied(eigenvalues, share):
    return next(k for k in range(len(eigenvalues) + 1) if eigenvalues[k:].sum() <= share)


@EXERCISE.slip("You squared the eigenvalues. They are variances already.")
def squared(eigenvalues, share):
    return enough_directions(eigenvalues**2, share)


@EXERCISE.slip("You took roots. The eigenvalues are variances, and it is variances that add up.")
def rooted(eigenvalues, share):
    return enough_directions(eigenvalues**0.5, share)


@EXERCISE.slip("You dropped the large ones. Keep the first directions, which vary most.")
def the_wrong_end(eigenvalues, share):
    return enough_directions(eigenvalues.flip(0), share)
