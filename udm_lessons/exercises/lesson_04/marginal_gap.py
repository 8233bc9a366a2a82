"""04.1: by how much a design, written as a matrix, misses the marginal identity."""

from __future__ import annotations

import torch

from ...checks import Exercise, stream, uniform


def marginal_gap(M, p_t, p_s):
    return (p_t @ M - p_s).abs().max()


def proportional_to(*weights):
    return torch.tensor(weights, dtype=torch.float64) / sum(weights)


def rows(*weights):
    return torch.stack([proportional_to(*row) for row in weights])


def cases():
    M = torch.tensor([[0.5, 0.5, 0.0], [0.1, 0.6, 0.3], [0.2, 0.2, 0.6]], dtype=torch.float64)
    sound = rows((4, 1, 1), (1, 2, 3))
    p_t = proportional_to(1, 3)
    wide = rows((4, 1, 2, 3, 2), (1, 1, 6, 1, 3), (2, 5, 1, 0, 1), (0, 3, 3, 1, 2), (1, 1, 1, 7, 2))
    start, gap = proportional_to(3, 1, 4, 2, 5), torch.tensor([2.0, 3.0, -6.0, 2.0, -1.0]) / 100
    return (
        (torch.tensor([[1.0, 0.0], [0.5, 0.5]]), torch.tensor([0.4, 0.6]), torch.tensor([0.9, 0.1])),
        (M, proportional_to(1, 2, 5), proportional_to(3, 3, 2)),
        (M, proportional_to(5, 1, 1), proportional_to(1, 1, 4)),
        (M, proportional_to(2, 2, 1), proportional_to(5, 1, 2)),
        (sound, p_t, p_t @ sound),
        (wide, start, start @ wide + gap.roll(1)),
        (wide, start, start @ wide + gap.roll(-2) * 0.05),
        (M, proportional_to(1, 0, 0), proportional_to(0, 7, 3)),  # too much where nothing may be
        (M, proportional_to(1, 1, 2), proportional_to(1, 0, 0)),
    )


def inputs(rng):
    n, seed = rng.randint(2, 6), rng.getrandbits(31)
    weights = uniform(seed, n + 2, n) ** rng.choice((0.5, 1, 3)) + 1e-9
    if rng.random() < 0.3:
        weights = weights * (uniform(seed + 1, n + 2, n) < 0.5)
        weights[weights.sum(1) == 0, rng.randrange(n)] = 1.0
    weights = weights / weights.sum(1, keepdim=True)
    M, p_t, p_s = weights[:n], weights[n], weights[n + 1]
    kind = rng.choice(("any", "any", "sound", "nearly", "certain"))
    if kind == "sound":
        p_s = p_t @ M
    elif kind == "nearly":
        p_s = p_t @ M * 0.99 + p_s * 0.01
    elif kind == "certain":
        M = torch.eye(n, dtype=torch.float64)[torch.randint(n, (n,), generator=stream(seed))]
    dtype = rng.choice((torch.float32, torch.float64))
    return M.to(dtype), p_t.to(dtype), p_s.to(dtype)


EXERCISE = Exercise(
    id="04.1",
    title="The marginal test",
    difficulty=2,
    minutes=6,
    points=2,
    reference=marginal_gap,
    cases=cases,
    law=r"the gap is $\max_j | \sum_i p(x_t = i)\, M_{ij} - p(x_s = j) |$",
    praise="Every design in this lesson must bring that number down to rounding.",
    idea="Take two states and do it with a pencil: where does all the probability of $x_t$ go? "
    "One single state with too much or too little is enough for a violation, and every state counts.",
    why=r"$\sum_i p_t(i)\, M_{ij}$ is the probability that the step ends in $j$. The identity holds "
    "if and only if that is $p_s(j)$ for every $j$, so the largest distance is 0 exactly then.",
    inputs=inputs,
)


@EXERCISE.right
def by_einsum(M, p_t, p_s):
    return torch.einsum("i,ij->j", p_t, M).sub(p_s).abs().amax()


@EXERCISE.right
def column_by_column(M, p_t, p_s):
    return max(abs(float(p_t @ M[:, j] - p_s[j])) for j in range(len(p_s)))


@EXERCISE.slip(
    "You summed over $x_s$. Row $i$ of $M$ is the law of $x_s$ given $x_t = i$, so the sum over $x_t$ "
    "runs down the columns."
)
def transposed(M, p_t, p_s):
    return (M @ p_t - p_s).abs().max()


@EXERCISE.slip(
    "You took the largest difference with its sign. A gap below zero counts as well: take absolute values."
)
def sign_kept(M, p_t, p_s):
    return (p_t @ M - p_s).max()


@EXERCISE.slip("You added the gaps up. Asked for is the largest one.")
def sum_for_max(M, p_t, p_s):
    return (p_t @ M - p_s).abs().sum()


@EXERCISE.slip("You averaged the gaps. Asked for is the largest one.")
def mean_for_max(M, p_t, p_s):
    return (p_t @ M - p_s).abs().mean()


@EXERCISE.slip(
    "You compared every row with $p(x_s)$. The identity speaks of the average over $x_t$; "
    "single rows may differ."
)
def x_t_not_averaged(M, p_s):
    return (M - p_s).abs().max()


@EXERCISE.slip("You gave every $x_t$ the same weight. Weight row $i$ by $p(x_t = i)$.")
def uniform_average(M, p_s):
    return (M.mean(0) - p_s).abs().max()


@EXERCISE.slip(
    "You returned the gap of the last state alone. Go through all states, and keep the largest gap "
    "seen so far."
)
def last_state(M, p_t, p_s):
    return (p_t @ M - p_s).abs()[-1]


@EXERCISE.slip("You looked at the first state alone. Every state of $x_s$ has its gap.")
def first_state(M, p_t, p_s):
    return (p_t @ M - p_s).abs()[0]


@EXERCISE.slip(
    "That is half the sum of all gaps, the distance of two laws in total variation. "
    "Asked for is the gap of the single worst state."
)
def total_variation(M, p_t, p_s):
    return (p_t @ M - p_s).abs().sum() / 2


@EXERCISE.slip("You compared with $p_t$. The step ends at time $s$, so the law to hit is $p_s$.")
def compared_with_p_t(M, p_t):
    return (p_t @ M - p_t).abs().max()


@EXERCISE.slip("You returned one gap for each state. Asked for is one number, that of the worst state.")
def all_gaps(M, p_t, p_s):
    return (p_t @ M - p_s).abs()


@EXERCISE.slip("You squared the gaps. The gap itself is asked for, without its sign.")
def squared(M, p_t, p_s):
    return ((p_t @ M - p_s) ** 2).max()


@EXERCISE.slip("That is the length of the whole vector of gaps. Asked for is its largest entry.")
def euclidean(M, p_t, p_s):
    return (p_t @ M - p_s).norm()


@EXERCISE.slip(
    "You added up the largest gap *above* zero and the largest *below*. Asked for is the worse one of them."
)
def range_of_gaps(M, p_t, p_s):
    gaps = p_t @ M - p_s
    return gaps.max() - gaps.min()


@EXERCISE.slip(
    "You took the largest difference $p_s$ less step with its sign. Too much probability is a gap as well as "
    "too little: take absolute values."
)
def sign_kept_of_the_lack(M, p_t, p_s):
    return (p_s - p_t @ M).max()


@EXERCISE.slip("Your loop over the states starts one late: the first state counts too.")
def loop_starts_late(M, p_t, p_s):
    return (p_t @ M - p_s).abs()[1:].max()


@EXERCISE.slip("Your loop over the states ends one early: the last state counts too.")
def loop_ends_early(M, p_t, p_s):
    return (p_t @ M - p_s).abs()[:-1].max()


@EXERCISE.slip("You returned *which* state is the worst. Asked for is how large its gap is.")
def place_of_the_gap(M, p_t, p_s):
    return (p_t @ M - p_s).abs().argmax()


@EXERCISE.slip("You divided each gap by $p_s$. Asked for is the gap itself, not its share.")
def relative(M, p_t, p_s):
    return ((p_t @ M - p_s).abs() / p_s).max()


@EXERCISE.slip("You took the largest single term. Sum over all $x_t$ first: the terms may cancel each other.")
def largest_term(M, p_t, p_s):
    return (p_t[:, None] * (M - p_s)).abs().max()


@EXERCISE.slip(
    "You left out the states that have no probability at time $s$. What the step brings there is too much: it counts too."
)
def possible_states_only(M, p_t, p_s):
    return (p_t @ M - p_s)[p_s > 0].abs().max()
