"""The measures of samples: against scipy and brute force, on equal laws. And bad input."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
import scipy.stats
import torch
from torch import Tensor

from udm_lessons.data import digits
from udm_lessons.measure import DigitClassifier, Measured, judge_digits, score_table
from udm_lessons.measure import digit_judge as judging
import udm_lessons.measure as ev
from udm_lessons.measure import distances as rooms

from worlds.memory import peak_megabytes
from worlds.statistics import rng

TRAIN, HELDOUT = digits("train"), digits("heldout")
TWO_SAMPLE = [
    ev.energy_distance, ev.energy_error, ev.sliced_wasserstein, ev.frechet_distance,
    ev.two_sample_accuracy,
]  # fmt: skip


def gaussian(n: int, seed: int, dim: int = 2, shift: float = 0.0) -> Tensor:
    return torch.randn(n, dim, generator=rng(seed), dtype=torch.float64) + shift


def brute_energy(x: Tensor, y: Tensor) -> float:
    mean = lambda a, b, pairs: sum(math.dist(a[i], b[j]) for i, j in pairs) / len(pairs)
    x, y = x.flatten(1).tolist(), y.flatten(1).tolist()
    own = lambda a: mean(a, a, [(i, j) for i in range(len(a)) for j in range(len(a)) if i != j])
    return 2 * mean(x, y, [(i, j) for i in range(len(x)) for j in range(len(y))]) - own(x) - own(y)


# Energy distance.


def test_energy_against_pairs_and_scipy() -> None:
    x, y = gaussian(13, 0, 6).reshape(13, 2, 3), gaussian(9, 1, 6, 0.3).reshape(9, 2, 3)
    assert ev.energy_distance(x, y) == pytest.approx(brute_energy(x, y), rel=1e-7)
    a, b = gaussian(40, 2, 1), gaussian(30, 3, 1, 0.5)
    biased = scipy.stats.energy_distance(a[:, 0], b[:, 0]) ** 2
    within = sum(float(torch.cdist(s, s).mean()) / (len(s) - 1) for s in (a, b))
    assert ev.energy_distance(a, b) == pytest.approx(biased - within, rel=1e-7)
    assert ev.energy_distance(a, b) != pytest.approx(biased, rel=1e-2)  # control


WORLD = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.3, 0.9]], dtype=torch.float64)
ONE, ANOTHER = (0.2, 0.3, 0.5), (0.6, 0.3, 0.1)


def every_draw(laws, sizes, points: Tensor = WORLD):
    """All samples of independent points with these laws, and their probabilities: nothing is drawn."""
    for pick in itertools.product(range(len(points)), repeat=sum(sizes)):
        parts, chance, rest = [], 1.0, list(pick)
        for law, n in zip(laws, sizes):
            part, rest = rest[:n], rest[n:]
            chance *= math.prod(law[i] for i in part)
            parts.append(points[part])
        yield parts, chance


def variances(statistic, error, laws, sizes, points: Tensor = WORLD) -> tuple[float, float, float]:
    """The exact mean and variance of a statistic, and the mean of its claimed variance."""
    mean = square = claimed = 0.0
    for parts, chance in every_draw(laws, sizes, points):
        value = statistic(*parts)
        mean, square = mean + chance * value, square + chance * value**2
        claimed += chance * error(*parts) ** 2
    return mean, square - mean**2, claimed


@pytest.mark.parametrize("other", [ONE, ANOTHER, (0.05, 0.05, 0.9)])
def test_energy_in_a_world_of_three_points(other) -> None:
    """Unbiased, and its variance never too small: over all 729 pairs of samples, exactly.

    For equal laws the variance is 3.2 times too large with three samples each, twice with many.
    """
    d, p, q = torch.cdist(WORLD, WORLD).numpy(), np.array(ONE), np.array(other)
    mean, true, claimed = variances(ev.energy_distance, ev.energy_error, (ONE, other), (3, 3))
    assert mean == pytest.approx(2 * p @ d @ q - p @ d @ p - q @ d @ q, abs=1e-12)
    assert true < claimed < 3.3 * true
    if other == ONE:
        assert claimed == pytest.approx(3.2 * true, rel=1e-9)
    # Controls: pairs of a sample with itself, and a jackknife without its factor n - 1.
    own = lambda x, y: sum(float(torch.cdist(s, s).mean()) / 2 for s in (x, y))  # noqa: E731
    biased, _, _ = variances(lambda x, y: ev.energy_distance(x, y) + own(x, y), own, (ONE, other), (3, 3))
    assert biased > mean + 0.1
    if other[2] == 0.9:
        assert claimed / 2 < true


LINE = torch.tensor([[0.0], [1.0], [3.0]], dtype=torch.float64)
UNIT = torch.ones(1, 1, dtype=torch.float64)


@pytest.mark.parametrize(
    "statistic, sizes, groups, least, most",
    [
        (lambda x: float(x.mean()), (4,), 4, 1.0, 1.0),
        (lambda x: float(x.mean()), (5,), 2, 1.0, 1.1),
        (lambda x: float(x.var()), (6,), 3, 1.9, 2.1),
        (ev.energy_distance, (3, 3), 3, 3.1, 3.3),
        (ev.frechet_distance, (3, 3), 3, 2.2, 2.4),
        (lambda x, y: ev.sliced_wasserstein(x, y, UNIT), (3, 3), 3, 1.5, 1.7),
        (lambda x: float(x.median()), (5,), 2, 0.6, 0.8),  # what the docstring takes out
        (lambda x: float(x.sum()), (4,), 4, 0.5, 0.6),
    ],
    ids=["mean", "uneven groups", "variance", "energy", "frechet", "wasserstein", "median", "sum"],
)  # fmt: skip
def test_jackknife_over_every_sample(statistic, sizes, groups, least, most) -> None:
    """Mean of the claimed variance over the true one, all samples of three points counted, none drawn."""
    error = lambda *parts: ev.jackknife_error(statistic, *parts, generator=rng(), groups=groups)  # noqa: E731
    _, true, claimed = variances(statistic, error, (ONE,) * len(sizes), sizes, LINE)
    assert least - 1e-9 <= claimed / true <= most + 1e-9


@pytest.mark.parametrize("statistic, above", [(ev.energy_distance, 1.6), (ev.frechet_distance, 1.2)])
def test_jackknife_where_laws_differ(statistic, above) -> None:
    """Over every sample: nearer to the truth than for equal laws, and above it still."""
    error = lambda *parts: ev.jackknife_error(statistic, *parts, generator=rng(), groups=3)  # noqa: E731
    _, true, claimed = variances(statistic, error, (ONE, ANOTHER), (3, 3), LINE)
    assert above < claimed / true < above + 0.1


def test_energy_is_unbiased_and_its_error_true() -> None:
    for shift, low, high in ((0.0, 1.2, 2.6), (1.0, 0.75, 1.4)):
        draws = [(gaussian(30, 2 * k), gaussian(20, 2 * k + 1, shift=shift)) for k in range(400)]
        values = np.array([ev.energy_distance(*draw) for draw in draws])
        claimed = np.mean([ev.energy_error(*draw) ** 2 for draw in draws])
        assert low < claimed / values.var() < high  # equal laws: about twice too large, as stated
        sure = 4.5 * values.std() / 20
        # X - Y is N(shift, 2 I): its length has Rice's law, and that of X - X' Rayleigh's.
        across = scipy.stats.rice.mean(shift, scale=math.sqrt(2))
        truth = 2 * across - 2 * math.sqrt(math.pi)
        assert abs(values.mean() - truth) < sure
        if shift == 0:
            own = [sum(float(torch.cdist(s, s).mean()) / (len(s) - 1) for s in d) for d in draws]
            assert (values + own).mean() > sure  # control: pairs of a sample with itself


def test_energy_error_is_the_jackknife() -> None:
    x, y = gaussian(12, 0), gaussian(8, 1, shift=0.4)
    left_x = [brute_energy(torch.cat([x[:i], x[i + 1 :]]), y) for i in range(12)]
    left_y = [brute_energy(x, torch.cat([y[:i], y[i + 1 :]])) for i in range(8)]
    variance = 11 * np.var(left_x) + 7 * np.var(left_y)
    assert ev.energy_error(x, y) == pytest.approx(math.sqrt(variance), rel=1e-6)


# Sliced Wasserstein distance.


def test_distances_of_many_points_are_taken_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a table of all 1500 x 1300 pairs would take 16 MB; the answers stay."""
    x, y = torch.randn(1500, 3, generator=rng(0)), torch.randn(1300, 3, generator=rng(1))
    functions = ev.energy_distance, ev.energy_error, lambda x, y: float(ev.nearest_distance(x, y).sum())
    whole = [function(x, y) for function in functions]
    monkeypatch.setattr(rooms, "_TABLE", 100_000)
    for function, expected in zip(functions, whole):
        assert function(x, y) == pytest.approx(expected, rel=1e-9)
        assert peak_megabytes(lambda: function(x, y)) < 3


@pytest.mark.parametrize("n, m", [(12, 12), (12, 8), (7, 30), (2, 3)])
def test_sliced_wasserstein_against_scipy(n: int, m: int) -> None:
    x, y, w = gaussian(n, 0, 3), gaussian(m, 1, 3, 0.5), ev.random_directions(3, 5, rng(2))
    lines = [scipy.stats.wasserstein_distance(x @ v, y @ v) for v in w]
    assert ev.sliced_wasserstein(x, y, w) == pytest.approx(np.mean(lines), rel=1e-9)


def test_sliced_wasserstein_of_a_shift() -> None:
    """W_1 of a shift by mu along w is |<w, mu>|, on average 2/pi |mu| in the plane."""
    x, w = gaussian(50, 0), ev.random_directions(2, 4000, rng(1))
    assert torch.allclose(w.norm(dim=1), torch.ones(4000, dtype=torch.float64))
    value = ev.sliced_wasserstein(x, x + torch.tensor([3.0, 4.0]), w)
    assert value == pytest.approx(10 / math.pi, abs=4.5 * 5 * 0.308 / math.sqrt(4000))
    assert ev.sliced_wasserstein(x, x.flip(0)) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("n, spread", [(100, 1.0), (400, 3.0)])
def test_sliced_wasserstein_of_one_law_stays_above_zero(n: int, spread: float) -> None:
    """E int |F_n - G_n| is about 2 / sqrt(pi n) int sqrt(F (1 - F)), from scipy: 1.82 deviations over root n, to 5%.

    Over 300 pairs of samples, and 4.5 standard errors (rate 1e-5).
    """
    integral, _ = scipy.integrate.quad(lambda x: math.sqrt(scipy.stats.norm.cdf(x) * scipy.stats.norm.sf(x)), -20, 20)
    assert 2 / math.sqrt(math.pi) * integral == pytest.approx(1.82, abs=0.005)
    pairs = [(spread * gaussian(n, 2 * k), spread * gaussian(n, 2 * k + 1)) for k in range(300)]
    values = np.array([ev.sliced_wasserstein(x, y, generator=rng(k)) for k, (x, y) in enumerate(pairs)])
    expected, sure = 1.82 * spread / math.sqrt(n), 4.5 * values.std() / math.sqrt(300)
    assert abs(values.mean() - expected) < 0.05 * expected + sure < 0.3 * expected


def test_distances_ignore_order_shift_and_turn() -> None:
    x, y, w = gaussian(30, 0, 3), gaussian(25, 1, 3, 0.5), ev.random_directions(3, 8, rng(2))
    turn = torch.tensor(scipy.stats.special_ortho_group.rvs(3, random_state=0))
    for move in (lambda a: a + 2, lambda a: a.flip(0), lambda a: a @ turn):
        lines = w @ turn if move(torch.eye(3, dtype=torch.float64)).equal(turn) else w
        assert ev.energy_distance(move(x), move(y)) == pytest.approx(ev.energy_distance(x, y))
        assert ev.frechet_distance(move(x), move(y)) == pytest.approx(ev.frechet_distance(x, y))
        assert ev.sliced_wasserstein(move(x), move(y), lines) == pytest.approx(
            ev.sliced_wasserstein(x, y, w)
        )
        assert ev.energy_distance(move(x), y - 1) != pytest.approx(ev.energy_distance(x, y))


# Frechet distance.


def test_frechet_against_matrix_root() -> None:
    x, y = gaussian(40, 0, 5), gaussian(60, 1, 5, 0.3) @ gaussian(5, 2, 5)
    s, t = np.cov(x.numpy().T), np.cov(y.numpy().T)
    gap = (x.mean(0) - y.mean(0)).square().sum()
    truth = float(gap) + np.trace(s + t - 2 * scipy.linalg.sqrtm(s @ t).real)
    assert ev.frechet_distance(x, y) == pytest.approx(truth, rel=1e-8)


def test_frechet_where_the_answer_is_known() -> None:
    x = gaussian(500, 0, 4)
    assert ev.frechet_distance(x, 3 * x + 1) == pytest.approx(
        float((2 * x.mean(0) + 1).square().sum() + 4 * x.var(0).sum()), rel=1e-9
    )
    assert ev.frechet_distance(x, x) == pytest.approx(0, abs=1e-10)
    point = torch.zeros(3, 4, dtype=torch.float64)  # singular: one point has no spread
    assert ev.frechet_distance(x, point) == pytest.approx(
        float(x.mean(0).square().sum() + x.var(0).sum()), rel=1e-9
    )


@pytest.mark.parametrize("dim, spread", [(2, 1.0), (8, 3.0)])
def test_frechet_is_biased_upwards(dim: int, spread: float) -> None:
    """v d (d + 5) / (2 n) between samples of one law: within a tenth and 4.5 errors (rate 1e-5), and not d / n."""
    n, draws = 300, 200
    values = np.array([
        ev.frechet_distance(*(spread * gaussian(n, 2 * k + side, dim) for side in (0, 1))) for k in range(draws)
    ])  # fmt: skip
    bias, sure = spread**2 * dim * (dim + 5) / (2 * n), 4.5 * values.std() / math.sqrt(draws)
    assert abs(values.mean() - bias) < 0.1 * bias + sure
    assert values.mean() - sure > 1.5 * dim / n  # control


# Classifier two-sample test.


def test_two_sample_accuracy_is_that_of_bayes() -> None:
    """Two unit Gaussians 2 apart: no rule beats Phi(1) = .841; 600 answers scatter by .015."""
    away = torch.tensor([2.0, 0.0], dtype=torch.float64)
    value = ev.two_sample_accuracy(gaussian(300, 0), gaussian(400, 1) + away, rng())
    best = scipy.stats.norm.cdf(1)
    assert best - 0.03 - 4.5 * 0.015 < value < best + 4.5 * 0.015


def test_two_sample_accuracy_of_equal_laws() -> None:
    draws = [(gaussian(60, 2 * k), gaussian(60, 2 * k + 1), rng(k)) for k in range(120)]
    values = np.array([ev.two_sample_accuracy(*draw) for draw in draws])
    assert abs(values.mean() - 0.5) < 4.5 * values.std() / math.sqrt(120)
    binomial = 0.5 / math.sqrt(120)
    assert 1.05 < values.std() / binomial < 1.8  # folds share data: as the docstring says, 1.4 seen


def test_the_error_of_a_two_sample_accuracy() -> None:
    """Of laws that differ, over 200 pairs of samples: 1.08 times the binomial one, 4 deviations left free."""
    away = torch.tensor([2.0, 0.0], dtype=torch.float64)
    draws = [(gaussian(60, 2 * k), gaussian(60, 2 * k + 1) + away, rng(k)) for k in range(200)]
    values = np.array([ev.two_sample_accuracy(*draw) for draw in draws])
    share = values.mean()
    assert 0.87 < values.std() / math.sqrt(share * (1 - share) / 120) < 1.3
    assert values.std() / math.sqrt(0.25 / 120) < 0.87  # control: the error of a coin
    assert values.std() / math.sqrt(share * (1 - share) / 60) < 0.87  # control: k answers


def test_two_sample_accuracy_asks_about_unseen_samples() -> None:
    """Without a held-out part a machine that knows its training set would score far above .5."""
    from sklearn.svm import SVC

    x, y = gaussian(60, 0, 20), gaussian(60, 1, 20)
    seen = SVC().fit(torch.cat([x, y]), [0] * 60 + [1] * 60).score(
        torch.cat([x, y]), [0] * 60 + [1] * 60
    )
    assert seen > 0.9 and abs(ev.two_sample_accuracy(x, y, rng()) - 0.5) < 0.2


# Memorisation.


def test_memorised_share_by_hand() -> None:
    train = torch.tensor([[0.0], [10.0]])
    samples = torch.tensor([[0.0], [9.0], [4.0], [11.5]])
    near = ev.nearest_distance(samples, train)
    assert near.tolist() == [0.0, 1.0, 4.0, 1.5]
    real = torch.arange(1.0, 101.0)  # the 5% quantile is 5, counted from below
    assert ev.memorised_share(real, real) == 0.05
    assert ev.memorised_share(near, real / 4) == 0.5
    assert ev.memorised_share(near, real / 100) == 0.25


def test_a_copy_is_at_distance_zero() -> None:
    """Where the product form |x|^2 - 2 x y + |y|^2 loses its digits; a neighbour in one pixel is not at zero."""
    x = gaussian(300, 0, 64) + 1e3
    assert not bool(ev.nearest_distance(x.flip(0), x).any())
    moved = x + 1e-9 * torch.eye(64, dtype=torch.float64)[0]
    torch.testing.assert_close(ev.nearest_distance(moved, x), (moved - x)[:, 0].abs())
    product = (x.square().sum(1)[:, None] - 2 * x @ x.T + x.square().sum(1)).clamp(min=0).sqrt()
    assert float(product.diagonal().max()) > 1e-6  # control


def test_copies_are_found_and_fresh_samples_are_not() -> None:
    train, real = gaussian(300, 0, 4), ev.nearest_distance(gaussian(400, 1, 4), gaussian(300, 0, 4))
    share = lambda x: ev.memorised_share(ev.nearest_distance(x, train), real)
    assert share(train) == 1 and share(gaussian(400, 2, 4)) < 0.05 + 4.5 * 0.016
    assert share(torch.cat([train[:100], gaussian(300, 2, 4)])) > 0.25


# Errors and floors.


def test_jackknife_of_a_mean_is_exact() -> None:
    x, y = gaussian(30, 0, 1), gaussian(20, 1, 1)
    value = ev.jackknife_error(lambda a, b: float(a.mean() - b.mean()), x, y, groups=20)
    truth = math.sqrt(float(x.var()) / 30 + float(y.var()) / 20)
    assert value == pytest.approx(truth, rel=0.35)  # 20 groups: a scatter of about 12%
    alone = ev.jackknife_error(lambda a: float(a.mean()), x, groups=30)
    assert alone == pytest.approx(float(x.std()) / math.sqrt(30), rel=1e-9)


@pytest.mark.parametrize("shift, low, high", [(0.0, 1.0, 4.0), (1.0, 0.75, 1.5)])
def test_jackknife_of_a_distance_is_true(shift: float, low: float, high: float) -> None:
    """Variance claimed over variance seen: near 1 for laws that differ, above 1 for equal laws."""
    w = ev.random_directions(2, 6, rng())
    distances = [lambda a, b: ev.sliced_wasserstein(a, b, w), ev.frechet_distance]
    draws = [(gaussian(60, 2 * k), gaussian(50, 2 * k + 1, shift=shift)) for k in range(120)]
    for distance in distances:
        values = [distance(*draw) for draw in draws]
        error = lambda *d: ev.jackknife_error(distance, *d, generator=rng(), groups=10)
        claimed = [error(*draw) ** 2 for draw in draws]
        assert low < np.mean(claimed) / np.var(values) < high


def test_floor_is_what_fresh_samples_score() -> None:
    real = gaussian(4000, 0)
    w = ev.random_directions(2, 8, rng())
    distance = lambda a, b: ev.sliced_wasserstein(a, b, w)
    floor = ev.split_floor(distance, real, 60, 50, rng(1), splits=200)
    fresh = [distance(gaussian(60, 2 * k + 1), gaussian(50, 2 * k + 2)) for k in range(200)]
    sure = 4.5 * math.sqrt(2) * np.std(fresh) / math.sqrt(200)
    assert abs(floor - np.mean(fresh)) < sure
    larger = ev.split_floor(distance, real, 600, 500, rng(1))
    assert larger < floor - sure  # control: the floor depends on the sizes


def test_measure_puts_them_side_by_side() -> None:
    x, y, more = gaussian(60, 0, shift=1.0), gaussian(50, 1), gaussian(70, 2)
    result = ev.measured(ev.energy_distance, x, y, more, rng(), ev.energy_error)
    assert result.value == ev.energy_distance(x, y) and result.error == ev.energy_error(x, y)
    parts = ev.split_floor(ev.energy_distance, torch.cat([more, y]), 60, 50, rng())
    assert result.floor == parts
    assert result.value > parts + 2.5 * result.error
    untold = ev.measured(ev.energy_distance, x, y, more, rng())
    assert untold.error == ev.jackknife_error(ev.energy_distance, x, y, generator=rng())
    assert untold.error == pytest.approx(result.error, rel=0.4) and untold.error != result.error


def test_measured_is_readable() -> None:
    assert repr(Measured(0.61234, 0.0123, 0.5)) == "0.612 ± 0.012 (real 0.500)"
    assert repr(Measured(31.2, 45.0, -1.0)) == "31 ± 45 (real -1)"
    assert repr(Measured(1.0, 0.0, 0.05)) == "1.000 ± 0.000 (real 0.050)"
    assert repr(Measured(0.2, 0.1, -0.0001)) == "0.20 ± 0.10 (real 0.00)"


# Bad input.


@pytest.mark.parametrize("function", TWO_SAMPLE)
@pytest.mark.parametrize(
    "x, y, error, words",
    [
        (torch.zeros(20, 2), torch.zeros(20, 3), ValueError, "one shape"),
        (torch.zeros(1, 2), torch.zeros(20, 2), ValueError, "at least"),
        (torch.zeros(()), torch.zeros(20, 2), ValueError, "at least"),
        (torch.full((20, 2), math.nan), torch.zeros(20, 2), ValueError, "x must be finite"),
        (torch.zeros(20, 2), torch.full((20, 2), math.inf), ValueError, "y must be finite"),
        (torch.zeros(20, 2, dtype=torch.int64), torch.zeros(20, 2), TypeError, "x must be"),
        (torch.zeros(20, 2), [[0.0]], TypeError, "y must be"),
    ],
)
def test_bad_samples(function, x, y, error, words: str) -> None:
    with pytest.raises(error, match=words):
        function(x, y)


IMAGES = torch.zeros(50, 1, 8, 8)
BAD = [
    (lambda: ev.sliced_wasserstein(IMAGES, IMAGES, torch.ones(3, 2)), "directions must"),
    (lambda: ev.random_directions(0), "at least 1"),
    (lambda: ev.two_sample_accuracy(IMAGES, IMAGES, folds=1), "folds"),
    (lambda: ev.memorised_share(torch.ones(3), torch.ones(0)), "nearest"),
    (lambda: ev.memorised_share(torch.ones(3), torch.ones(3), 1.5), "quantile"),
    (lambda: ev.jackknife_error(lambda a: 0.0, torch.ones(5)), "groups"),
    (lambda: ev.split_floor(lambda a, b: 0.0, torch.ones(5), 3, 3), "together at most 5"),
    (lambda: ev.measured(ev.energy_distance, IMAGES, IMAGES, IMAGES[:9]), "more must"),
    (lambda: judge_digits(IMAGES[:39], TRAIN, HELDOUT), "at least 40"),
    (lambda: judge_digits(IMAGES[..., :4], TRAIN, HELDOUT), "64 and 64 pixels"),
    (lambda: judge_digits(IMAGES / 0, TRAIN, HELDOUT), "finite"),
    (lambda: judge_digits(IMAGES, (TRAIN[0], TRAIN[1][:9]), HELDOUT), "train must"),
    (lambda: judge_digits(IMAGES, TRAIN, (HELDOUT[0], HELDOUT[1] % 5)), "heldout must"),
    (lambda: judge_digits(IMAGES, TRAIN, (HELDOUT[0], HELDOUT[1].flip(0))), "labels those"),
    (lambda: DigitClassifier(TRAIN[0], TRAIN[1] * 1.0), "int64"),
    (lambda: score_table({"a": {"x": Measured(1, 1, 1)}, "b": {}}), "same measures"),
]


@pytest.mark.parametrize("call, words", BAD)
def test_bad_arguments(call, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: judge_digits(IMAGES.long(), TRAIN, HELDOUT),
        lambda: judge_digits(IMAGES, TRAIN[0], HELDOUT),
        lambda: score_table({}),
        lambda: score_table({"a": 3}),
        lambda: judging.score_table([Measured(1, 1, 1)]),
    ],
)
def test_bad_types(call) -> None:
    with pytest.raises(TypeError, match="must be"):
        call()
