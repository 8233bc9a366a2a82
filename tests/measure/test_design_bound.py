"""The bound for every design, on finite worlds by enumeration."""

from __future__ import annotations

import math

import pytest
import torch

from udm_lessons.measure import design_bound

from worlds.mixtures import F64, tensor
from worlds.statistics import rng

# The bound for every design, on finite worlds: x0, noise and x_t from small sets.


def random_law(g: torch.Generator, *shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=g, dtype=F64).pow(2).add(0.02).softmax(-1)


def invariant(g: torch.Generator, q: torch.Tensor) -> torch.Tensor:
    """A random kernel with q K = q: Metropolis's rule on random proposals."""
    propose = random_law(g, len(q), len(q))
    flow = torch.minimum(q[:, None] * propose, (q[:, None] * propose).T)
    kernel = flow / q[:, None]
    return kernel - torch.diag(kernel.diag()) + torch.diag(1 - kernel.sum(1) + kernel.diag())


class World:
    """Random maps F_t on 3 objects and 4 noises, random designs, guesses that are a little wrong."""

    def __init__(self, seed: int, error: float, sound: bool = True, n=3, noises=4, m=3, steps=3):
        g = rng(seed)
        self.p0, q = random_law(g, n), random_law(g, noises)
        maps = [torch.randint(m, (n, noises), generator=g) for _ in range(steps)]
        identity = torch.arange(n)[:, None].expand(n, noises)
        hot = [torch.nn.functional.one_hot(f, m).double() for f in maps]
        hot += [torch.nn.functional.one_hot(identity, n).double()]
        self.likelihoods = [torch.einsum("e,xem->xm", q, f) for f in hot]
        self.steps, self.guesses = [], []
        for forward_t, forward_s, law in zip(hot, hot[1:], self.likelihoods):
            kernel = invariant(g, q) if sound else random_law(g, noises, noises)
            joint = torch.einsum("e,xem->mxe", q, forward_t)
            inferred = joint / joint.sum(-1, keepdim=True).clamp(min=1e-300)
            self.steps.append(torch.einsum("mxe,ef,xfs->mxs", inferred, kernel, forward_s))
            exact = self.p0 * law.T
            exact = exact / exact.sum(-1, keepdim=True).clamp(min=1e-300)
            exact = torch.where(exact.sum(-1, keepdim=True) > 0, exact, self.p0)
            reach = (exact > 0).double() * random_law(g, m, n)
            wrong = reach / reach.sum(-1, keepdim=True)
            self.guesses.append((1 - error) * exact + error * wrong)
        p_T = self.p0 @ self.likelihoods[0]
        self.prior = (1 - error) * p_T + error * random_law(g, m)

    def divergence(self) -> float:
        """KL(p_0 || q_0), by running the chain on the whole law."""
        law = self.prior
        for guess, step in zip(self.guesses, self.steps):
            law = torch.einsum("m,mx,mxs->s", law, guess, step)
        return float((self.p0 * (self.p0 / law).log()).sum())

    def bound(self) -> tuple[torch.Tensor, torch.Tensor]:
        return design_bound(self.p0, self.likelihoods[:-1], self.guesses, self.prior)


@pytest.mark.parametrize("error", [0.0, 0.1, 0.5, 1.0])
def test_the_bound_holds_for_every_design(error) -> None:
    gaps = []
    for seed in range(60):
        world = World(seed, error)
        prior, steps = world.bound()
        assert steps.shape == (3,) and float(prior) >= -1e-15 and float(steps.min()) >= -1e-15
        gaps.append(float(prior + steps.sum()) - world.divergence())
    assert min(gaps) > -1e-12
    assert max(gaps) < 1e-12 if error == 0 else max(gaps) > 1e-3


def test_a_design_that_changes_the_law_of_the_noise_breaks_the_bound() -> None:
    """Exact guesses make the bound 0; a kernel with q K != q still misses the data."""
    missed = 0
    for seed in range(60):
        world = World(seed, 0.0, sound=False)
        prior, steps = world.bound()
        assert float(prior + steps.sum()) < 1e-12
        missed += world.divergence() > 1e-4
    assert missed > 40


def test_the_bound_is_cross_entropy_less_entropy() -> None:
    world = World(4, 0.4)
    _, steps = world.bound()
    for law, guess, step in zip(world.likelihoods, world.guesses, steps):
        joint = world.p0[:, None] * law
        cross = -torch.xlogy(joint, guess.T).sum()
        own = -(torch.xlogy(joint, joint).sum() - torch.xlogy(joint.sum(0), joint.sum(0)).sum())
        assert float(cross - own) == pytest.approx(float(step), abs=1e-12)


def test_a_guess_that_excludes_the_truth_costs_infinity() -> None:
    p0, law = tensor(0.5, 0.5), tensor([1.0, 0.0], [0.0, 1.0])
    _, steps = design_bound(p0, [law], [tensor([0.0, 1.0], [0.0, 1.0])], p0)
    assert float(steps[0]) == math.inf
