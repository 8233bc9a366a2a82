"""Letters on a wheel, how far each was turned, and levels: for the cases of 14.1 to 14.3."""

from __future__ import annotations

import torch

from ...checks import stream, uniform


def letters(seed, vocabulary, *shape):
    """Letters of an alphabet, each as likely as another."""
    return torch.randint(vocabulary, shape, generator=stream(seed))


def levels(seed, n):
    """A level for each row, (n, 1), none of them near 0."""
    return 0.05 + 0.95 * uniform(seed, n, 1)


def turned(x0, u, p, vocabulary):
    """What is seen of x0: each letter goes on by the whole part of V p u, around the wheel."""
    return (x0 + torch.floor(vocabulary * p * u).long()) % vocabulary


def pair(seed, vocabulary, p, *shape):
    """A word, and what the level p may have made of it."""
    x0 = letters(seed, vocabulary, *shape)
    return x0, turned(x0, uniform(seed + 1, *shape), p, vocabulary)


def level(p):
    """One level for all rows, (1, 1)."""
    return torch.tensor([[p]], dtype=torch.float64)


def drawn_level(rng, n):
    """One level for all rows, or one for each; 1 and small ones too."""
    if rng.random() < 0.35:
        return levels(rng.getrandbits(30), n)
    return level(rng.choice((1.0, 0.5, rng.uniform(0.01, 0.2), rng.uniform(0.05, 1.0), rng.uniform(0.05, 1.0))))


def drawn_shape(rng):
    return rng.choice(((1, 1), (1, 4), (2, 5), (3, 3), (5, 2), (4, 1), (6, 5)))


def shift(x0, x_t, vocabulary):
    """By how many letters each was turned, from 0 to V - 1."""
    return (x_t - x0) % vocabulary


def stretch(x0, x_t, p, vocabulary):
    """How much of u leads from x0 to x_t, in letters: 1, less at the end of the way, 0 beyond it."""
    return (vocabulary * p - shift(x0, x_t, vocabulary)).clamp(0, 1)
