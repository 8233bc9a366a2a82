"""What the last lesson says: a process that is made up, a judge that errs, and a network that changes its schedule."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict

import pytest
import torch

from udm_lessons.data import digits, encode, words
from udm_lessons.destroy import ForwardProcess, Linear, Trig, Uniform
from udm_lessons.exercises import get
from udm_lessons.flow import matching_time, uniform_times
from udm_lessons.learn import (
    DIGIT_PROCESS,
    Squared,
    UNet,
    denoising_loss,
    load_weights,
    network_predictor,
    train,
)
from udm_lessons.learn import SHIPPED
from udm_lessons.measure import DigitClassifier, energy_distance, laws
from udm_lessons.rebuild import FiniteData, Keep, posterior_sample, sample

from worlds.statistics import rng

F64, V = torch.float64, 26
rotated, rotation_noise, log_chance, judged_right, flow_answer = (get(f"14.{k}").reference for k in range(1, 6))
WORDS = encode(words(5))[:8]


class Rotation(ForwardProcess):
    """As on the page."""

    noise_law, t_max = Uniform(), 1.0

    def level(self, t):
        return torch.as_tensor(t, dtype=F64).reshape(-1, 1)

    def forward(self, x0, noise, t):
        return rotated(x0, noise, self.level(t), V)

    def infer_noise(self, x0, x_t, t, generator=None):
        self.refuse(x0, x_t, t)
        return rotation_noise(x0, x_t, self.level(t), V, self.noise_law.sample(x0, generator))

    def refuse(self, x0, x_t, t):
        if self.log_likelihood(x_t, x0, t).isinf().any():
            raise ValueError("x_t cannot be reached from this x0")

    def markov_refresh(self, noise, t, s, generator=None):
        return noise

    def log_likelihood(self, x_t, x0, t):
        return log_chance(x0, x_t, self.level(t), V)

    def sample_prior(self, shape, generator=None, *, dtype=None, device="cpu"):
        return torch.randint(V, shape, generator=generator)


class Middle(Rotation):
    def infer_noise(self, x0, x_t, t, generator=None):
        self.refuse(x0, x_t, t)
        return rotation_noise(x0, x_t, self.level(t), V, torch.full(x0.shape, 0.5, dtype=F64))


class Uncut(Rotation):
    def infer_noise(self, x0, x_t, t, generator=None):
        self.refuse(x0, x_t, t)
        return ((x_t - x0) % V + self.noise_law.sample(x0, generator)) / (V * self.level(t))


class Fresh(Rotation):
    def infer_noise(self, x0, x_t, t, generator=None):
        return self.noise_law.sample(x0, generator)


class Returning(Rotation):
    def level(self, t):
        return 4 * super().level(t) * (1 - super().level(t))


def broken(process, data=WORDS, **options) -> tuple[str, ...]:
    return laws(process, data, draws=1000, progress=False, **options).broken


def test_the_chances_of_a_letter_are_those_of_the_speeds() -> None:
    """They add up to 1 at every level, and are the shares of an even grid of speeds; the uncut stretch does neither."""
    speeds = (torch.arange(100_000, dtype=F64)[:, None] + 0.5) / 100_000
    for p in (0.05, 0.31, 0.5, 0.97, 1.0):
        level, first = torch.tensor([[p]], dtype=F64), torch.full((V, 1), 3)
        chances = log_chance(first, torch.arange(V)[:, None], level, V).exp()
        seen = rotated(torch.full((len(speeds), 1), 3), speeds, level, V)[:, 0]
        assert float(chances.sum()) == pytest.approx(1)
        torch.testing.assert_close(chances, torch.bincount(seen, minlength=V).double() / len(speeds), atol=2e-5, rtol=0)
        uncut = math.ceil(V * p) / (V * p)  # control
        assert (uncut > 1.001) == (V * p % 1 > 1e-9)
    even = log_chance(first, torch.arange(V)[:, None], level, V).exp()
    torch.testing.assert_close(even, torch.full((V,), 1 / V, dtype=F64))  # at p = 1


def test_the_rotation_satisfies_all_laws() -> None:
    """At a false-alarm rate of 1e-3; the controls are the faults below."""
    assert broken(Rotation()) == ()


def test_each_fault_is_seen_by_its_own_laws() -> None:
    early = (0.9, 0.5, 0.1, 0.05)
    found = {process.__name__: broken(process(), times=early) for process in (Middle, Uncut, Fresh, Returning)}
    assert found["Middle"] == ("noise", "marginal")
    assert "noise" in found["Uncut"] and "noise" not in broken(Uncut())
    assert found["Fresh"] == ("consistent", "off support")
    assert found["Returning"] == ("information",)


def share_of_a(process, steps, n=4000) -> float:
    two = encode(["a", "c"])
    oracle = posterior_sample(FiniteData(two, process))
    x_T = process.sample_prior((n, 1), rng(1))
    x_0 = sample(process, oracle, x_T, uniform_times(steps), Keep(), rng(2), False)
    return float((x_0 == two[0]).double().mean())


def test_the_middle_gets_stuck_and_a_draw_does_not() -> None:
    """Within five errors of one half, a false alarm has probability below 1e-5 for the four of them."""
    error = 0.5 / math.sqrt(4000)
    assert all(abs(share_of_a(Rotation(), steps) - 0.5) < 5 * error for steps in (2, 8, 64, 128))
    few, some, many = (share_of_a(Middle(), steps) for steps in (2, 32, 64))
    assert abs(few - 0.5) < 5 * error and some < 0.4 and many < 0.1


def test_in_short_steps_the_middle_never_turns() -> None:
    x0, x_t, process = torch.tensor([[0]]), torch.tensor([[2]]), Middle()
    for t in (0.9, 0.6, 0.3, 0.12):
        assert int(process.forward(x0, process.infer_noise(x0, x_t, t), 0.9 * t)) == 2
    many = Rotation().forward(
        x0.expand(2000, 1), Rotation().infer_noise(x0.expand(2000, 1), x_t.expand(2000, 1), 0.6, rng(3)), 0.54
    )
    assert 0.1 < float((many < 2).double().mean()) < 0.4  # control: a draw does, with chance 2/9


class SaltAndPepper(Rotation):
    """x_i = 0 or 1 by a coin once the level has passed the threshold; the noise is both, in one number each."""

    by_chance = True

    def sample_noise(self, x0, generator=None):
        return torch.rand(*x0.shape, 2, generator=generator, dtype=F64)

    def forward(self, x0, noise, t):
        return torch.where(noise[..., 0] < self.level(t), (noise[..., 1] < 0.5).to(x0.dtype), x0)

    def infer_noise(self, x0, x_t, t, generator=None):
        self.refuse(x0, x_t, t)
        u, coin, chance = torch.rand(3, *x0.shape, generator=generator, dtype=F64)
        p, extreme = self.level(t), (x_t == 0) | (x_t == 1)
        hit = (x_t != x0) | (extreme & (chance < self.by_chance * (p / 2) / (1 - p / 2)))
        coin = torch.where(hit, torch.where(x_t == 1, coin / 2, 0.5 + coin / 2), coin)
        return torch.stack([torch.where(hit, p * u, p + (1 - p) * u), coin], -1)

    def log_likelihood(self, x_t, x0, t):
        p, extreme = self.level(t), (x_t == 0) | (x_t == 1)
        return ((1 - p) * (x_t == x0) + p / 2 * extreme).log().sum(1)


def test_salt_and_pepper_may_hit_a_pixel_by_its_own_colour() -> None:
    """All laws hold with the chance of the page; taken for left alone, the noise is wrong."""
    pictures = torch.tensor([[0.0, 1.0, 0.25, 1.0], [1.0, 1.0, 0.5, 0.0], [0.75, 0.0, 0.0, 0.25]], dtype=F64)
    process = SaltAndPepper()
    assert broken(process, pictures, refreshes=[Keep()]) == ()
    lazy = SaltAndPepper()
    lazy.by_chance = False
    assert broken(lazy, pictures, refreshes=[Keep()]) == ("noise",)


def test_how_many_pixels_that_stand_still_are_loose() -> None:
    """By listing which pixels are loose and all their orders; the control leaves the count of orders out."""
    p, n = 0.4, 5
    found: dict = defaultdict(lambda: defaultdict(float))
    for loose in itertools.product((False, True), repeat=n):
        places = [i for i, one in enumerate(loose) if one]
        for order in itertools.permutations(places):
            seen = list(range(n))
            for place, source in zip(places, order):
                seen[place] = source
            still = sum(seen[i] == i for i in places)
            found[tuple(seen)][still] += p ** len(places) * (1 - p) ** (n - len(places)) / math.factorial(len(places))
    for seen, counts in found.items():
        m = sum(i != place for i, place in enumerate(seen))
        h, whole = n - m, sum(counts.values())
        formula = [math.comb(h, k) * p ** (m + k) * (1 - p) ** (h - k) / math.factorial(m + k) for k in range(h + 1)]
        assert [counts[k] / whole for k in range(h + 1)] == pytest.approx([one / sum(formula) for one in formula])
    flat = [math.comb(5, k) * p**k * (1 - p) ** (5 - k) for k in range(6)]
    still = found[tuple(range(5))]
    assert abs(still[3] / sum(still.values()) - flat[3]) > 0.05


def test_a_judge_that_errs_is_seen_through() -> None:
    """The mean over many juries is the true share, and their spread is the error; the share as it is seen is not."""
    true, accuracy, classes, n, juries = 0.7, 0.8, 4, 200, 4000
    generator = rng(4)
    right = torch.rand(juries, n, generator=generator) < true
    chance = torch.where(right, accuracy, (1 - accuracy) / (classes - 1))
    shares = (torch.rand(juries, n, generator=generator) < chance).double().mean(1)
    found = torch.tensor([judged_right(share, n, accuracy, classes) for share in shares.tolist()])
    spread = float(found[:, 0].std())
    assert abs(float(found[:, 0].mean()) - true) < 5 * spread / math.sqrt(juries)
    assert float(found[:, 1].mean()) == pytest.approx(spread, rel=0.06)
    assert abs(float(shares.mean()) - true) > 50 * spread / math.sqrt(juries)


@pytest.mark.parametrize("steps", [3, 20])
def test_circle_and_line_draw_the_same(steps: int) -> None:
    """For any guess at all, in float64; the controls ask at the time of the line, or without the zoom."""

    def guess(x, t, generator=None):
        return torch.tanh(1.5 * x) * (1 - 0.3 * t) + 0.1 * t

    noise, grid = torch.randn(6, 1, 4, 4, generator=rng(5), dtype=F64), uniform_times(steps)
    taus = [float(matching_time(float(t), Trig(), Linear())) for t in grid]

    def along(answer):
        x = noise
        for tau, then in zip(taus, taus[1:]):
            x = x + (then - tau) * answer(guess, x, tau)
        return x

    circle = sample(DIGIT_PROCESS, guess, noise, grid, Keep(), progress=False)
    torch.testing.assert_close(along(flow_answer), circle, atol=1e-10, rtol=0)
    slips = {slip.name: slip.answer for slip in get("14.5").slips}
    for name in ("time_of_the_line", "not_zoomed"):
        assert float((along(slips[name]) - circle).abs().max()) > 1e-2


def network_of_labels(steps: int, vectors: torch.Tensor | None = None, lr: float = 6e-3):
    torch.manual_seed(0)
    start = UNet(schedule=Trig(), classes=10)
    if vectors is not None:
        start.load_state_dict(load_weights(SHIPPED) | {"condition.names.weight": vectors})
    loss = denoising_loss(DIGIT_PROCESS, Squared("x0", "eps", max_weight=5.0), t_min=1e-3, label_dropout=0.15)
    return train(start, loss, digits("train"), steps=steps, lr=lr, decay=True, ema=0.95, generator=rng(1), progress=False)


def asked_and_energy(network, w: float) -> tuple[float, float]:
    asked = torch.arange(10).repeat_interleave(30)
    predictor = network_predictor(network, "x0", Trig(), asked, w)
    x_T = DIGIT_PROCESS.sample_prior((300, 1, 8, 8), rng(6))
    x = sample(DIGIT_PROCESS, predictor, x_T, uniform_times(20), progress=False)
    right = float((DigitClassifier(*digits("train")).classes(x) == asked).double().mean())
    return right, energy_distance(x.flatten(1), digits("heldout")[0].flatten(1))


@pytest.mark.slow
def test_stronger_guidance_is_right_more_often_and_lies_further_from_real_digits() -> None:
    network = network_of_labels(350)
    (plain, near), (strong, far) = (asked_and_energy(network, w) for w in (1.0, 3.0))
    assert 0.7 < plain < strong and strong > 0.97
    assert near < 0.05 and far > 0.08


@pytest.mark.slow
def test_vectors_of_labels_that_begin_at_zero_are_not_noticed_soon() -> None:
    vectors = torch.randn(11, 48, generator=rng(0))
    vectors[10] = 0
    unnoticed, _ = asked_and_energy(network_of_labels(160, torch.zeros(11, 48), 4e-3), 1.0)
    noticed, _ = asked_and_energy(network_of_labels(160, vectors, 4e-3), 1.0)
    assert unnoticed < 0.2 and noticed > 0.4
