"""01.4: how long the word was, from the number of letters that deletion has left."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, uniform


def length_posterior(prior, m, p):
    ways = torch.tensor([math.comb(n, m) * p**n for n in range(len(prior))], dtype=prior.dtype)
    joint = prior * ways
    return joint / joint.sum()


def some_prior(seed: int, n: int):
    """Chances of the lengths 0, ..., n - 1."""
    weights = 0.1 + uniform(seed, n)
    return weights / weights.sum()


def cases():
    return (
        (torch.tensor([0.0, 0.25, 0.75]), 1, 0.4),
        (torch.tensor([0.0, 0.0, 0.5, 0.3, 0.2], dtype=torch.float64), 2, 0.7),
        (some_prior(60, 6), 0, 0.3),
        (some_prior(61, 8), 3, 0.5),
        (some_prior(62, 8).float(), 7, 0.9),
        (some_prior(63, 5), 1, 0.05),
        (torch.tensor([0.0, 0.0, 0.0, 0.0, 0.19, 0.55, 0.24, 0.02], dtype=torch.float64), 3, 0.2),
        (torch.tensor([0.1, 0.0, 0.6, 0.0, 0.3], dtype=torch.float64), 2, 0.95),
        (some_prior(64, 12), 4, 0.85),
        (some_prior(65, 12), 5, 0.0004),
        (some_prior(66, 9), 2, 0.9996),
        (torch.full((7,), 1 / 7, dtype=torch.float64), 2, 0.5),
        (some_prior(67, 30), 4, 0.6),  # long words: 29! is no number of 64 bits
    )


def inputs(rng):
    n = rng.choice([2, 3, 5, 8, 12, 30])
    prior = some_prior(rng.getrandbits(31), n)
    m = rng.randrange(n)
    if rng.random() < 0.4:  # lengths that never occur
        gone = uniform(rng.getrandbits(31), n) < 0.4
        gone[rng.randrange(m, n)] = False
        prior = prior.masked_fill(gone, 0.0)
        prior = prior / prior.sum()
    p = rng.choice([0.5, 0.0004, 0.9996, 0.05 + 0.9 * rng.random(), 0.05 + 0.9 * rng.random()])
    return prior.to(rng.choice([torch.float32, torch.float64])), m, p


EXERCISE = Exercise(
    id="01.4",
    title="How long was the word?",
    difficulty=3,
    minutes=10,
    points=3,
    reference=length_posterior,
    cases=cases,
    law=r"$p(n \mid m) \propto p(n) \binom{n}{m} (1 - p_t)^m\, p_t^{\,n-m}$, and the chances sum to 1",
    praise="Nothing was said of which letters are left. Their number alone tells this much.",
    idea="Take words of one letter and of two, and let one letter be left. List by hand what may have happened to each, "
    "and with which chance. In how many ways can a single letter be left of two?",
    why=r"Each letter stays or goes on its own. One choice of $m$ letters to stay has the chance $(1-p_t)^m p_t^{n-m}$, and there are "
    r"$\binom{n}{m}$ such choices. Bayes' rule multiplies by the prior and divides by the sum; $(1-p_t)^m$ and $p_t^{-m}$ are the same for all $n$ and cancel.",
    inputs=inputs,
)


def chances(prior, chance):
    """The prior times the chance of each length, made to sum to 1."""
    joint = prior * torch.tensor([chance(n) for n in range(len(prior))], dtype=prior.dtype)
    return joint / joint.sum()


def binomial(n: int, m: int, stays: float) -> float:
    """The chance that m of n letters are left, each staying with the given chance."""
    return math.comb(n, m) * stays**m * (1 - stays) ** (n - m) if n >= m else 0.0


@EXERCISE.right
def in_full(prior, m, p):
    return chances(prior, lambda n: binomial(n, m, 1 - p))


@EXERCISE.right
def by_a_loop(prior, m, p):
    result = torch.zeros_like(prior)
    for n in range(m, len(prior)):
        result[n] = prior[n] * math.comb(n, m) * p ** (n - m)
    return result / result.sum()


@EXERCISE.slip(
    "You count one way only. Which letters are left is not said, and a longer word offers more choices."
)
def one_way_only(prior, m, p):
    return chances(prior, lambda n: p ** (n - m) if n >= m else 0.0)


@EXERCISE.slip("You forgot how common each length is. What you know before counts as much as what you see.")
def prior_forgotten(prior, m, p):
    return chances(torch.ones_like(prior), lambda n: binomial(n, m, 1 - p))


@EXERCISE.slip(
    "$p_t$ is the chance that a letter goes. You took it for the chance that it stays."
)
def stays_for_goes(prior, m, p):
    return chances(prior, lambda n: binomial(n, m, p))


@EXERCISE.slip("Your chances do not sum to 1. Given what was seen, the word had some length.")
def not_normalised(prior, m, p):
    return prior * torch.tensor([binomial(n, m, 1 - p) for n in range(len(prior))], dtype=prior.dtype)


@EXERCISE.slip(
    "That is how likely the number of letters is, for each length. Asked for is the reverse: how likely each length is, given the number."
)
def the_likelihood(prior, m, p):
    return torch.tensor([binomial(n, m, 1 - p) for n in range(len(prior))], dtype=prior.dtype)


@EXERCISE.slip("You made the chances of each length sum to 1 first, and the prior came too late. Sum once, at the end.")
def normalised_too_early(prior, m, p):
    return prior * chances(torch.ones_like(prior), lambda n: binomial(n, m, 1 - p))


@EXERCISE.slip(
    "You count the ways, but a way in which many letters had to go is not as likely as one in which few had to."
)
def ways_alone(prior, m):
    return chances(prior, lambda n: math.comb(n, m))


@EXERCISE.slip("A word that is shorter than what is left of it cannot be. You left all lengths as likely as they were.")
def the_prior_itself(prior):
    return prior


@EXERCISE.slip("You struck out the words that are too short, and stopped there. How likely is it that a longer one has lost just so many?")
def shorter_ones_struck_out(prior, m):
    return chances(prior, lambda n: float(n >= m))


@EXERCISE.slip("You gave the most likely length all the chance. The others are possible still.")
def the_best_alone(prior, m, p):
    best = length_posterior(prior, m, p)
    return (best == best.max()).to(prior.dtype)


@EXERCISE.slip("You let one letter too few go: of $n$ letters with $m$ left, the others have gone, all of them.")
def one_too_many(prior, m, p):
    return chances(prior, lambda n: math.comb(n, m) * p ** max(n - m - 1, 0) if n >= m else 0.0)


@EXERCISE.slip(
    "You ask that at least so many letters are left. You have seen exactly how many."
)
def at_least(prior, m, p):
    return chances(prior, lambda n: sum(binomial(n, k, 1 - p) for k in range(m, n + 1)))


@EXERCISE.slip("You took the level for the share that has gone, and asked which length fits that share best. Each letter has a fate of its own.")
def by_the_share(prior, m, p):
    return chances(prior, lambda n: float(n >= m) * math.exp(-((n * (1 - p) - m) ** 2)))
