"""What networks are asked for: losses by hand and against exact oracles, times, labels, tokens."""

from __future__ import annotations

import math
from functools import cache

import pytest
import torch
from torch import Tensor, nn

from udm_lessons.destroy import DiscreteSchedule, Gaussian, Linear, Masking, Replacement
from udm_lessons.flow import KINDS, target
from udm_lessons.learn import (
    NO_LABEL,
    Categorical,
    Squared,
    denoising_loss,
    draw_times,
    network_predictor,
    objectives,
    token_predictor,
    train,
)
from udm_lessons.rebuild import FiniteData, GaussianMixture, sample

from worlds.learning import ORACLE, PROCESS, SCHEDULE, distance, network
from worlds.statistics import assert_plausible, chi2, ks, rng, tally

BAR = 0.15
LEARNT = {
    "x0": Squared("x0"),
    "eps": Squared("eps"),
    "v": Squared("v"),
    "v_vp": Squared("v_vp"),
    "score, as eps": Squared("score", "eps"),
    "x0, as eps, capped": Squared("x0", "eps", 5.0),
}


@cache
def learnt(name: str) -> nn.Module:
    return train(
        network(), denoising_loss(PROCESS, LEARNT[name]), ORACLE.sample, steps=300, batch_size=256,
        lr=3e-3, ema=0.98, generator=rng(1), progress=False,
    )  # fmt: skip


@pytest.mark.parametrize("name", LEARNT)
def test_learns_the_posterior_mean(name: str) -> None:
    """The data has deviation 1.2; 300 steps come within .15 of the exact mean, no steps do not."""
    kind = LEARNT[name].kind
    assert distance(network(), kind) > 2 * BAR  # control
    assert distance(learnt(name), kind) < BAR


def test_a_network_in_the_sampler() -> None:
    """Mean and covariance of 2000 samples within .15 of those of the data.

    That is over 5 standard errors of each (.021 and .028): chance alone fails below 1e-5.
    """
    x_T = PROCESS.sample_prior((2000, 2), rng(3))
    means, total = ORACLE.means, ORACLE.variances.mean()
    mean = means.mean(0)
    cov = (means - mean).T @ (means - mean) / 3 + total * torch.eye(2)

    def off(model: nn.Module) -> float:
        predictor = network_predictor(model, "v", SCHEDULE)
        x0 = sample(PROCESS, predictor, x_T, torch.linspace(1, 0, 31), progress=False)
        return float(max((x0.mean(0) - mean).abs().max(), (x0.T.cov() - cov).abs().max()))

    assert off(learnt("v")) < 0.15 < off(network())


def test_control_a_wrong_kind_is_noticed() -> None:
    """A network that learnt eps and is read as v."""
    assert distance(learnt("eps"), "v") > 2 * BAR


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("measure", ["eps", "x0", "v"])
def test_squared_error_by_hand(kind: str, measure: str) -> None:
    """Both errors from the definitions: the loss of a kind, weighted, is the loss of the measure."""
    x0, eps, answer = torch.randn(3, 6, 2, generator=rng(), dtype=torch.float64)
    t = torch.linspace(0.2, 0.9, 6, dtype=torch.float64)
    process = Gaussian(Linear())
    x_t = process.forward(x0, eps, t)
    got = Squared(kind, measure)(process, answer, x0, eps, x_t, t)
    a, s = (1 - t)[:, None], t[:, None]
    x0_said = {
        "x0": lambda: answer,
        "eps": lambda: (x_t - s * answer) / a,
        "score": lambda: (x_t + s**2 * answer) / a,
        "v": lambda: x_t - s * answer,
        "v_vp": lambda: (a * x_t - s * answer) / (a**2 + s**2),
        "flow": lambda: x_t - s * answer,
        "edm": lambda: (x_t * a * 0.25 + 0.5 * s * (s**2 + 0.25 * a**2).sqrt() * answer)
        / (s**2 + 0.25 * a**2),
    }[kind]()
    eps_said = (x_t - a * x0_said) / s
    said = {"x0": x0_said, "eps": eps_said, "v": eps_said - x0_said}[measure]
    exact = {"x0": x0, "eps": eps, "v": eps - x0}[measure]
    torch.testing.assert_close(got, ((said - exact) ** 2).mean(1), rtol=1e-9, atol=1e-12)
    capped = Squared(kind, measure, max_weight=0.5)(process, answer, x0, eps, x_t, t)
    plain = ((answer - target(kind, x0, eps, t, Linear())) ** 2).mean(1)
    if kind != measure or kind != "x0":
        torch.testing.assert_close(capped, torch.minimum(got, 0.5 * plain), rtol=1e-9, atol=1e-12)


def test_the_minimum_is_the_posterior_variance() -> None:
    """E |x0 - E[x0|x_t]|^2 / d of one Gaussian, v sigma^2 / (alpha^2 v + sigma^2), at one time.

    200 000 squares of relative deviation 1: 0.5% is over 2 deviations for the mean of d = 2 entries
    each, 1% over 4.4 (false alarm 1e-5). A biased answer is noticed.
    """
    one = GaussianMixture(torch.zeros(1, 2), torch.tensor([0.3]))
    t = 0.4
    exact = 0.3 * SCHEDULE.sigma(t) ** 2 / (SCHEDULE.alpha(t) ** 2 * 0.3 + SCHEDULE.sigma(t) ** 2)
    loss = denoising_loss(PROCESS, Squared("x0"), t_min=t - 1e-9, t_max=t)
    for bias, right in ((0.0, True), (0.1, False)):
        value = loss(
            lambda x, t: one.x0_mean(x, t, SCHEDULE) + bias, one.sample(200_000, rng(1)), rng(2)
        )
        assert (abs(float(value) / exact - 1) < 0.01) == right


TOKENS = torch.tensor([[0, 1, 2], [2, 2, 1], [1, 0, 0], [0, 1, 1]])


def test_cross_entropy_by_hand() -> None:
    logits = torch.randn(4, 3, 3, generator=rng())
    x_t = TOKENS.masked_fill(torch.rand(4, 3, generator=rng(1)) < 0.5, 9)
    nats = torch.tensor(
        [[-math.log(math.exp(logits[b, i, TOKENS[b, i]]) / sum(map(math.exp, logits[b, i])))
          for i in range(3)] for b in range(4)]
    )  # fmt: skip
    t = torch.full((4,), 0.5, dtype=torch.float64)
    got = Categorical()(Replacement(3), logits, TOKENS, None, x_t, t)
    torch.testing.assert_close(got, nats.mean(1))
    got = Categorical()(Masking(9), logits, TOKENS, None, x_t, t)
    torch.testing.assert_close(got, (nats * (x_t == 9)).sum(1) / 3)
    assert not torch.allclose(got, nats.mean(1))


class Letters(nn.Module):
    """Logits of three tokens of three kinds from what is seen, one-hot, and the time."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(13, 64), nn.SiLU(), nn.Linear(64, 9))

    def forward(self, x_t: Tensor, t) -> Tensor:
        seen = nn.functional.one_hot(x_t, 4).flatten(1).float()
        t = torch.as_tensor(t, dtype=torch.float32).expand(len(x_t))[:, None]
        return self.layers(torch.cat([seen, t], 1)).unflatten(1, (3, 3))


@pytest.mark.parametrize("process", [Masking(3), Replacement(3)], ids=["masking", "replacement"])
def test_learns_the_marginals_of_tokens(process) -> None:
    oracle, data = FiniteData(TOKENS, process), TOKENS.repeat(200, 1)
    x_t = process.forward(data, process.sample_noise(data, rng(3)), 0.6)
    hidden = x_t == 3 if isinstance(process, Masking) else torch.ones_like(x_t, dtype=torch.bool)

    def gap(model: nn.Module) -> float:
        """Mean total variation between the network's tokens and the exact ones."""
        wrong = model(x_t, 0.6).softmax(-1) - oracle.marginals(x_t, 0.6, 3)
        return float(wrong.abs().sum(-1)[hidden].mean()) / 2

    torch.manual_seed(0)
    model = Letters()
    with torch.no_grad():
        assert gap(model) > 0.2  # control
        loss = denoising_loss(process, Categorical())
    best = train(
        model,
        loss,
        TOKENS,
        steps=400,
        batch_size=128,
        lr=1e-2,
        ema=0.98,
        generator=rng(),
        progress=False,
    )
    with torch.no_grad():
        assert gap(best) < 0.05
        drawn = token_predictor(best)(x_t, 0.6, rng(4))
    assert drawn.dtype == torch.int64 and drawn.shape == x_t.shape
    assert torch.equal(drawn, token_predictor(best)(x_t, 0.6, rng(4)))


def test_drawn_tokens_have_the_law_of_the_logits() -> None:
    """30 000 draws: counts within 5.5 deviations of their means (false alarm 2e-7), and not of a slip's."""
    law = torch.tensor([0.5, 0.3, 0.2])
    draw = token_predictor(lambda x, t: law.log().expand(*x.shape, 3) + 7)
    shares = (
        draw(torch.zeros(10_000, 3, dtype=torch.int64), 0.5, rng()).flatten().bincount() / 30_000
    )
    allowed = 5.5 * (law * (1 - law) / 30_000).sqrt()
    assert bool(((shares - law).abs() < allowed).all())
    assert not bool(((shares - law.flip(0)).abs() < allowed).all())


def test_times() -> None:
    t = draw_times(PROCESS, 1000, rng())
    assert torch.equal((t.sort().values * 1000).ceil(), torch.arange(1, 1001).double())
    assert not torch.equal(t, t.sort().values)
    plain = draw_times(PROCESS, 1000, rng(), stratified=False)
    assert len((plain * 1000).ceil().unique()) < 700  # 632 parts are hit on average
    t = draw_times(PROCESS, 50, rng(), 0.2, 0.3)
    assert 0.2 < float(t.min()) and float(t.max()) <= 0.3
    chain = draw_times(Gaussian(DiscreteSchedule.ddpm(10)), 100, rng())
    assert torch.equal(chain.unique(return_counts=True)[1], torch.full((10,), 10))
    assert chain.unique().tolist() == list(range(1, 11))
    with pytest.raises(ValueError, match="0 <= t_min < t_max <= 1"):
        draw_times(PROCESS, 5, None, 0.5, 1.5)


def test_every_stratified_time_is_uniform() -> None:
    """Each of 5 times over 4000 draws, by Kolmogorov-Smirnov; rate 1e-4. In order, as without the shuffle, none is."""
    t = torch.stack([draw_times(PROCESS, 5, rng(k), 0.2, 0.8) for k in range(4000)])
    assert_plausible(ks((t - 0.2) / 0.6))
    assert max(ks((t.sort(1).values - 0.2) / 0.6)) < 1e-6  # control
    chain = Gaussian(DiscreteSchedule.ddpm(10))
    steps = torch.stack([draw_times(chain, 4, rng(k), 2.0, 9.0) for k in range(3000)])
    even = {(float(k),): 1 / 7 for k in range(3, 10)}
    assert_plausible(chi2(tally(column[:, None]), even) for column in steps.T)
    assert chi2(tally(steps[:, :1]), {(float(k),): 1 / 8 for k in range(2, 10)}) < 1e-6  # control: t_min too


def test_a_stratified_mean_varies_less() -> None:
    """The mean of t over 20 times has variance 1 / (12 n^3), not 1 / (12 n): 1000 draws, 5 deviations of 4.5%."""
    for stratified, variance in ((True, 1 / (12 * 20**3)), (False, 1 / (12 * 20))):
        means = torch.stack([draw_times(PROCESS, 20, rng(k), stratified=stratified).mean() for k in range(1000)])
        assert float(means.var()) == pytest.approx(variance, rel=0.23)


@pytest.mark.parametrize("stratified", [True, False])
@pytest.mark.parametrize("n", [1, 2, 7, 1000])
def test_times_are_above_t_min_at_the_ends_of_what_is_drawn(stratified, n, monkeypatch) -> None:
    """(n - 1 + u) / n is 1 for the largest u below 1: t = 0 has no weight, and step 11 of 10 no time."""
    assert (999 + (1 - 2.0**-53)) / 1000 == 1.0
    for u in (0.0, 1 - 2.0**-53):
        monkeypatch.setattr(objectives, "uniform", lambda shape, *_: torch.full(shape, u, dtype=torch.float64))
        t = draw_times(PROCESS, n, rng(), stratified=stratified)
        assert 0 < float(t.min()) and float(t.max()) <= 1
        for steps in (1, 3, 10, 1000):
            t = draw_times(Gaussian(DiscreteSchedule.ddpm(steps)), n, rng(), stratified=stratified)
            assert 1 <= float(t.min()) and float(t.max()) <= steps


def test_labels_are_hidden_by_chance() -> None:
    """20 000 labels: 30% hidden to 5.5 deviations (false alarm 4e-8); a tenth if nothing is said."""
    seen: list[Tensor] = []

    def listens(x_t, t, label):
        seen.append(label)
        return x_t

    batch = torch.zeros(20_000, 2), torch.arange(20_000) % 7
    for options, chance in (({"label_dropout": 0.3}, 0.3), ({}, 0.1), ({"label_dropout": 0.0}, 0.0)):
        denoising_loss(PROCESS, Squared("x0"), **options)(listens, batch, rng(1))
        share = float((seen[-1] == NO_LABEL).double().mean())
        assert abs(share - chance) <= 5.5 * math.sqrt(chance * (1 - chance) / 20_000)
        assert bool(((seen[-1] == batch[1]) | (seen[-1] == NO_LABEL)).all())


def test_labels_and_guidance() -> None:
    """Two clusters told apart by a label alone: asked for one, the network answers with it."""
    label = torch.arange(400) % 2
    data = torch.randn(400, 2, generator=rng()) * 0.1 + (2.0 * label - 1)[:, None]
    model = network(classes=2)
    best = train(
        model, denoising_loss(PROCESS, Squared("x0"), label_dropout=0.2), (data, label), steps=200,
        batch_size=128, lr=3e-3, ema=0.95, generator=rng(), progress=False,
    )  # fmt: skip
    x_t, t = torch.randn(50, 2, generator=rng(1)), 0.98
    guess = {
        l: network_predictor(best, "x0", SCHEDULE, l)(x_t, t, None).mean() for l in (None, 0, 1)
    }
    assert guess[0] < -0.8 and guess[1] > 0.8 and abs(guess[None]) < 0.3
    strong = network_predictor(best, "x0", SCHEDULE, 1, guidance=2.0)(x_t, t, None)
    torch.testing.assert_close(strong, 2 * best(x_t, t, 1) - best(x_t, t))
    torch.testing.assert_close(best(x_t, t, NO_LABEL), best(x_t, t))
