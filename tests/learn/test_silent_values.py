"""What used to give a plausible wrong number without a word: each is refused, or has its right value."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from udm_lessons.data import encode
from udm_lessons.destroy import (
    Blur,
    Cold,
    Deletion,
    DiscreteLevel,
    DiscreteSchedule,
    Editing,
    Gaussian,
    Masking,
    Replacement,
    ThresholdAndToken,
    Trig,
    VPLinear,
    alignment_table,
)
from udm_lessons.flow import convert, pair, target
from udm_lessons.learn import Categorical, Squared, denoising_loss, draw_times, draw_tokens
from udm_lessons.measure import (
    gaussian_kl,
    gaussian_log_prob,
    ode_log_likelihood,
    per_count,
    two_sample_accuracy,
    variance_from_errors,
)
from udm_lessons.rebuild import FiniteData, Keep, reverse_step, sample

from worlds.statistics import rng

NAN, INF = math.nan, math.inf
X = torch.randn(4, 3, generator=rng(0), dtype=torch.float64)


def refuses(error, words: str, call, *arguments, **options) -> None:
    with pytest.raises(error, match=words):
        call(*arguments, **options)


def test_a_chain_has_no_times_between_its_steps() -> None:
    for process in (Gaussian(DiscreteSchedule.ddpm(10)), Masking(9, DiscreteLevel([0.1] * 10))):
        refuses(ValueError, "^t_min and t_max must have a whole step", draw_times, process, 4, None, 2.2, 2.9)
        assert set(draw_times(process, 40, rng(0), 2.2, 4.5).tolist()) == {3.0, 4.0}


@pytest.mark.parametrize("t", [7.0, -0.1, NAN, torch.tensor([0.1, 0.2, NAN, 0.3])])
def test_every_kind_looks_at_the_time(t) -> None:
    for kind in ("eps", "x0", "flow", "v", "v_vp", "score", "edm"):
        refuses(ValueError, "^t must", pair, kind, t, Trig())
        refuses(ValueError, "^t must", target, kind, X, X, t, Trig())
        refuses(ValueError, "^t must", convert, X, kind, kind, X, t, Trig())


def test_a_string_is_not_a_letter() -> None:
    refuses(TypeError, "^strings must", encode, [["ab"], ["c"]])
    refuses(TypeError, "^strings must", encode, [None])
    refuses(TypeError, "^strings must", encode, 3)
    assert encode(word for word in ("ab", "c")).tolist() == [[0, 1], [2, 27]]


@pytest.mark.parametrize("wrong", [torch.zeros(4, 1), torch.zeros(3), torch.zeros(2, 4, 3)])
def test_means_do_not_broadcast(wrong) -> None:
    refuses(ValueError, "^mean must have the shape of x", gaussian_log_prob, X, wrong, 0.5)
    refuses(ValueError, "^mean_p must have the shape of mean_q", gaussian_kl, X, 0.5, wrong, 0.5)
    for mean in (0.25, torch.tensor(0.25), torch.full((4, 3), 0.25)):
        normal = torch.distributions.Normal(0.25, math.sqrt(0.5))
        torch.testing.assert_close(gaussian_log_prob(X, mean, 0.5), normal.log_prob(X).sum(1))


def test_one_log_density_and_one_divergence_for_each_sample() -> None:
    velocity, times = lambda x, t: -x, [0.0, 0.5]
    for wrong in (lambda x: x.sum(1, keepdim=True), lambda x: x.sum(), lambda x: 0.0):
        refuses((TypeError, ValueError), r"^prior_log_prob\(x_T\) must", ode_log_likelihood, velocity, X, times, wrong)
    for wrong in (torch.zeros(1), torch.zeros(4, 1)):
        refuses(
            ValueError, "^the divergence must", ode_log_likelihood, velocity, X, times, lambda x: x.sum(1),
            lambda v, x, t, wrong=wrong: (v(x, t), wrong),
        )  # fmt: skip
    exact = ode_log_likelihood(velocity, X, times, lambda x: x.sum(1))
    torch.testing.assert_close(exact, X.sum(1) * math.exp(-0.5) - 1.5, rtol=0, atol=1e-3)


def test_one_chance_for_each_pair_of_strings() -> None:
    x0 = encode(["abc", "ab", "b", "cc"])
    for wrong in (torch.full((3,), 0.5), torch.full((2,), 0.5)):
        refuses(ValueError, "^deletion must be a number or one per sample", alignment_table, x0, x0, 27, wrong)


def test_no_token_is_left_out_of_a_loss() -> None:
    """Cross-entropy leaves out a target of -100, and so makes the loss smaller without a word."""
    logits = torch.zeros(2, 3, 5)
    for outside in (-100, -1, 5):
        x0 = torch.tensor([[0, 1, outside], [2, 3, 4]])
        refuses(ValueError, r"^x0 must lie in \[0, 4\]", Categorical(), Replacement(5), logits, x0, None, x0, None)
    x0 = torch.tensor([[0, 1, 1], [2, 3, 4]])
    found = Categorical()(Replacement(5), logits, x0, None, x0, None)
    torch.testing.assert_close(found, torch.full((2,), math.log(5)))


def test_spare_tokens_come_from_the_vocabulary() -> None:
    x0, u = torch.tensor([[0, 1, 2]]), torch.zeros(1, 3, dtype=torch.float64)
    for token in (x0 + 3, x0 - 1, x0[:, :1]):
        refuses(ValueError, "^noise.token must", Replacement(3).forward, x0, ThresholdAndToken(u, token), 0.5)
    for noise in (u + NAN, u.float() + NAN):
        refuses(ValueError, "^noise.threshold must", Replacement(3).forward, x0, ThresholdAndToken(noise, x0), 0.5)
        refuses(ValueError, "^noise must", Masking(9).forward, x0, noise, 0.5)


def test_a_mask_that_the_data_cannot_hold() -> None:
    process, tokens = Masking(-7.5), torch.tensor([[0, 1]])
    refuses(ValueError, "^x0 must be floating-point for the mask -7.5", process.forward, tokens, torch.zeros(1, 2), 0.5)
    refuses(ValueError, "^dtype must be floating-point for the mask -7.5", process.sample_prior, (2, 3))
    assert process.sample_prior((2, 3), dtype=torch.float32).unique().tolist() == [-7.5]
    assert Masking(-2.0).sample_prior((1, 2)).tolist() == [[-2, -2]]


@pytest.mark.parametrize("row", [[NAN, 0.0, 1.0], [-INF, -INF, -INF], [INF, 0.0, 0.0], [INF, INF, 0.0]])
def test_nothing_is_drawn_from_what_is_no_law(row) -> None:
    refuses(ValueError, "^logits must", draw_tokens, torch.tensor([[0.0, 1.0, 2.0], row]), rng(0))
    drawn = draw_tokens(torch.tensor([[-INF, 0.0, -INF]]).expand(500, 3), rng(0))
    assert drawn.unique().tolist() == [1]


def test_an_oracle_draws_nothing_for_nan() -> None:
    oracle = FiniteData(X, Gaussian(Trig()))
    x_t = X.clone()
    x_t[2, 1] = NAN
    refuses(ValueError, "^x_t must be reachable from some row of the data; sample 2", oracle.sample_x0, x_t, 0.5, rng(0))


def test_nothing_is_the_mean_of_nothing() -> None:
    loss = denoising_loss(Gaussian(Trig()), Squared())
    refuses(ValueError, "^x0 must hold at least one sample", loss, lambda x, t: x, X[:0], rng(0))
    for weights in (torch.zeros(4), torch.tensor([1.0, 1.0, -1.0, 1.0]), torch.tensor([NAN, 1.0, 1.0, 1.0])):
        refuses(ValueError, "^weights must", variance_from_errors, X, X + 1, weights)
    refuses(ValueError, "^nats and counts must", per_count, torch.ones(3), torch.tensor([1.0, 0.0, 1.0]))


def test_a_classifier_draws_from_its_generator_alone() -> None:
    x, y = torch.randn(60, 2, generator=rng(1)), torch.randn(60, 2, generator=rng(2)) + 1
    before = np.random.get_state()[1].copy(), torch.get_rng_state()
    np.random.seed(1)
    first = two_sample_accuracy(x, y, rng(3))
    np.random.seed(1)
    position = np.random.get_state()[2]
    assert two_sample_accuracy(x, y, rng(3)) == first and np.random.get_state()[2] == position
    assert torch.equal(before[1], torch.get_rng_state())


class Unhashable:
    __hash__ = None


@pytest.mark.parametrize("junk", [None, Unhashable(), [], 3, b"x0"])
def test_junk_for_things(junk) -> None:
    refuses((TypeError, ValueError), "^kind must", target, junk, X, X, 0.5, Trig())
    refuses(TypeError, "^schedule must", pair, "x0", 0.5, junk)
    refuses(TypeError, "^process must", reverse_step, junk, X, X, 0.5, 0.1)
    refuses(TypeError, "^process must", sample, junk, lambda x, t, g: x, X, [0.5, 0.1], Keep(), progress=False)
    refuses(TypeError, "^process must", draw_times, junk, 3)


def test_numbers_that_no_float_holds() -> None:
    refuses(ValueError, "^t must be a number that a float can hold", Gaussian(Trig()).forward, X, X, 10**400)
    refuses(ValueError, "^beta_max must be a number that a float can hold", VPLinear, 0.1, 10**400)
    refuses(ValueError, "^vocabulary must fit into 64 bits", Replacement, 10**400)


@pytest.mark.parametrize(
    "process",
    [
        Masking(9), Replacement(5), Deletion(27), Editing(27, 26), Gaussian(Trig()), Blur((3,), data=X),
        Cold(lambda x0, t: x0, data=X),
    ],
    ids=lambda p: type(p).__name__,
)  # fmt: skip
def test_junk_dtypes_and_devices(process) -> None:
    for junk in ("float32", 3, np.float32):
        refuses(TypeError, "^dtype must be a torch.dtype", process.sample_prior, (2, 3), dtype=junk)
    for junk in ("gpu", "cuda:77", 3.5, object()):
        refuses(ValueError, "^device must be a device of this machine", process.sample_prior, (2, 3), device=junk)
