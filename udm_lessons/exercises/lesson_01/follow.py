"""01.6: whether what is seen at t can be made from what is seen at s, from the two tables of chances."""

from __future__ import annotations

import torch

from ...checks import Exercise, equal, uniform


def can_follow(early, late):
    step = torch.linalg.solve(early, late)
    return bool((step > -1e-4).all())


def table(rows):
    return torch.tensor(rows, dtype=torch.float64)


def chances(seed: int, n: int, m: int):
    """A table of n rows of m chances, none of them near 0."""
    weights = 0.2 + uniform(seed, n, m)
    return weights / weights.sum(1, keepdim=True)


def replaced(n: int, p: float):
    """Replacement with level p, in an alphabet of n letters."""
    return (1 - p) * torch.eye(n, dtype=torch.float64) + p / n


def faithful(seed: int, n: int, weight: float = 1.0):
    """A table that still tells its rows apart, and can be solved for."""
    return (chances(seed, n, n) + weight * torch.eye(n, dtype=torch.float64)) / (1 + weight)


Z = [[1.0, 0.0], [0.5, 0.5]]


def cases():
    turn = torch.eye(3, dtype=torch.float64)[[1, 2, 0]]
    start, middle = faithful(70, 3), faithful(71, 4)
    return (
        (replaced(2, 0.2), replaced(2, 0.6)),
        (table(Z), table([[0.8, 0.2], [0.2, 0.8]])),  # less is known, and yet it does not follow
        (replaced(3, 0.7), replaced(3, 0.3)),  # backwards
        (replaced(3, 0.4), turn @ replaced(3, 0.4)),  # turned before: nothing is lost, and it commutes
        (start, start @ turn),  # the letters are renamed
        (start, turn @ start),
        (start, start @ chances(72, 3, 5)),  # what is seen is of another kind
        (start, start @ table([[0.7, 0.5, -0.2], [0.3, 0.1, 0.6], [0.2, 0.3, 0.5]])),  # no chance, and none above 1
        (start, torch.ones(3, 1, dtype=torch.float64)),  # nothing is seen any more
        (middle, middle @ chances(73, 4, 4)),
        (middle, faithful(74, 4, 4.0)),
        (middle, middle),
        (table([[0.9, 0.1], [0.3, 0.7]]), table([[0.9, 0.1], [0.9, 0.1]])),
        (table([[0.9, 0.1], [0.3, 0.7]]), table([[0.1, 0.9], [0.9, 0.1]])),
        (table([[0.2, 0.8], [0.9, 0.1]]), table([[0.8, 0.2], [0.3, 0.7]])),  # the letters have changed places
        (table([[0.7, 0.3], [0.1, 0.9]]), table([[0.5, 0.5], [0.3, 0.7]])),
        (table([[0.5, 0.5], [0.0, 1.0]]), table([[0.6, 0.4], [0.3, 0.7]])),
        (table([[1.0, 0.0], [0.0, 1.0]]), table([[0.0, 1.0], [1.0, 0.0]])),
        (table([[0.8, 0.2, 0.0], [0.1, 0.8, 0.1], [0.0, 0.2, 0.8]]), table([[0.6, 0.2, 0.2], [0.2, 0.6, 0.2], [0.2, 0.2, 0.6]])),
        (replaced(4, 0.5).float(), replaced(4, 0.45).float()),  # by little
        (replaced(4, 0.45).float(), replaced(4, 0.5).float()),
    )


def inputs(rng):
    n = rng.choice([2, 2, 3, 4])
    m = rng.choice([n, n, 1, 2, 5])
    early = faithful(rng.getrandbits(31), n, rng.choice([0.8, 1.0, 3.0]))
    kind = rng.choice(["follows", "follows", "replaced", "backwards", "any", "renamed", "not quite"])
    if kind == "follows":
        late = early @ chances(rng.getrandbits(31), n, m)
    elif kind == "replaced":
        p, more = rng.uniform(0.1, 0.8), rng.choice([0.1, -0.08])
        early, late = replaced(n, p), replaced(n, p + more)
    elif kind == "backwards":
        early, late = early @ faithful(rng.getrandbits(31), n), early
    elif kind == "renamed":
        late = early[:, torch.randperm(n, generator=torch.Generator().manual_seed(rng.getrandbits(31)))]
    elif kind == "not quite":  # one chance of the step is below 0
        step = chances(rng.getrandbits(31), n, 2)
        step[rng.randrange(n)] = torch.tensor([1.05, -0.05]).to(step)
        late = early @ step
        if bool((late < 0).any()):
            late = early @ chances(rng.getrandbits(31), n, 2)
    else:
        late = faithful(rng.getrandbits(31), n, 0.5)
    if abs(float(torch.linalg.solve(early, late).min()) + 1e-4) < 5e-3 and kind != "renamed":
        late = early @ chances(rng.getrandbits(31), n, m)  # too near to call
    dtype = rng.choice([torch.float32, torch.float64])
    return early.to(dtype), late.to(dtype)


EXERCISE = Exercise(
    id="01.6",
    title="Can it be made from that?",
    difficulty=3,
    minutes=12,
    points=3,
    reference=can_follow,
    cases=cases,
    law=r"$Q_t = Q_s Q_{t \mid s}$ for a table $Q_{t \mid s}$ of chances: none of its entries lies below 0 (its rows sum to 1 by themselves)",
    compare=equal(),
    praise="You never looked at an entropy. Whatever the data is, less is known at the later time.",
    idea="What does one more step of destruction do to a letter that is seen at the earlier time? It is a table of chances too. "
    "What must come out when you put that step behind the earlier table, and which tables are no chances?",
    why="By the law of total probability the later table is the earlier one times the table of the step. As the earlier one can be inverted, there "
    "is exactly one candidate for the step, and its rows sum to 1. It is a step if none of its entries is negative.",
    inputs=inputs,
)


def entropy_of(joint):
    return -torch.xlogy(joint, joint).sum()


def known(chances_of):
    """How much is known of a letter if all are equally likely."""
    joint = chances_of / len(chances_of)
    return float(entropy_of(joint.sum(0)) + entropy_of(joint.sum(1)) - entropy_of(joint))


@EXERCISE.right
def by_the_inverse(early, late):
    return bool((torch.linalg.inv(early) @ late).min() >= -1e-5)


@EXERCISE.right
def by_the_size_of_the_rows(early, late):
    step = torch.linalg.solve(early.double(), late.double())
    return bool(step.abs().sum(1).max() < 1 + 1e-4)


@EXERCISE.slip(
    "Less is known at the later time, for one kind of data, and you take that for the answer. It is not enough: look for the step itself."
)
def less_is_known(early, late):
    return known(late) <= known(early) + 1e-6


@EXERCISE.slip("You look whether $x_s$ can be made from $x_t$. The two times have changed places.")
def changed_places(early, late):
    if late.shape[0] != late.shape[1]:
        return False
    return bool((torch.linalg.pinv(late) @ early > -1e-4).all())


@EXERCISE.slip(
    "You put the step before the earlier destruction. It comes after: it sees $x_s$, and not $x_0$."
)
def step_put_before(early, late):
    if late.shape != early.shape:
        return True
    return bool((late @ torch.linalg.inv(early) > -1e-4).all())


@EXERCISE.slip("What you ask holds in any case: the rows of the step sum to 1 by themselves. What else must hold for chances?")
def rows_sum_to_one(early, late):
    return bool(((torch.linalg.solve(early, late).sum(1) - 1).abs() < 1e-3).all())


@EXERCISE.slip("You refuse a step that leaves something out: 0 is a chance too, and rounding may turn it into a tiny negative number. The text says how far to let that pass.")
def rounding_refused(early, late):
    return bool((torch.linalg.solve(early, late) > 1e-6).all())


@EXERCISE.slip("You ask that no chance of the step is above 1. A step can break the other rule, and there are more columns than two.")
def none_above_one(early, late):
    return bool((torch.linalg.solve(early, late) < 1 + 1e-4).all())


@EXERCISE.slip(
    "You look at how often a letter is still seen as itself. Letters that are only renamed are never seen as themselves, and nothing is lost."
)
def seen_as_itself(early, late):
    n = min(late.shape)
    return bool((late.diagonal() <= early.diagonal()[:n] + 1e-6).all())


@EXERCISE.slip("You compare determinants. A step makes them smaller, but not all that makes them smaller is a step.")
def determinants(early, late):
    if late.shape != early.shape:
        return True
    return bool(torch.linalg.det(late).abs() <= torch.linalg.det(early).abs() + 1e-6)


@EXERCISE.slip("You divided the entries one by one. A letter can get to where it is seen at $t$ by way of every letter at $s$.")
def entry_by_entry(early, late):
    if late.shape != early.shape:
        return True
    return bool((late <= early + 1e-6).all())


@EXERCISE.slip("Your step is turned on its side: rows have become columns on the way.")
def turned_on_its_side(early, late):
    return bool((torch.linalg.solve(early.T, late) > -1e-4).all())


@EXERCISE.slip("You returned the step. Asked for is whether it is a table of chances: `True` or `False`.")
def the_step_itself(early, late):
    return torch.linalg.solve(early, late)


@EXERCISE.slip("You refuse every number below 0. A computer's rounding makes tiny ones of a chance that is 0; the text says how far to let that pass.")
def no_rounding_allowed(early, late):
    return bool((torch.linalg.solve(early, late) >= 0).all())


@EXERCISE.slip("You let too much pass: a chance of -0.05 is no rounding. The text says how far to go.")
def too_much_allowed(early, late):
    return bool((torch.linalg.solve(early, late) >= -0.1).all())


@EXERCISE.slip("You refuse tables with another number of columns. What is seen at $t$ may be of another kind than what is seen at $s$.")
def square_ones_only(early, late):
    return early.shape == late.shape and can_follow(early, late)


@EXERCISE.slip("You looked at the first row only. Every letter that is seen at $s$ has a row of its own.")
def first_row_only(early, late):
    return bool((torch.linalg.solve(early, late)[0] >= -1e-4).all())


@EXERCISE.slip("You ask that the columns of the step sum to 1. Its rows do, by themselves; its columns need not.")
def columns_sum_to_one(early, late):
    step = torch.linalg.solve(early, late)
    return can_follow(early, late) and bool(((step.sum(0) - 1).abs() < 1e-3).all())
