"""The judge of digits: honest classifier, principal components, planted defects, anchors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from udm_lessons.data import digits
from udm_lessons.measure import (
    DigitClassifier,
    Measured,
    PrincipalComponents,
    digit_judge,
    judge_digits,
    score_table,
)

from worlds.statistics import rng

TRAIN, HELDOUT = digits("train"), digits("heldout")


def gaussian(n: int, seed: int, dim: int = 2, shift: float = 0.0) -> Tensor:
    return torch.randn(n, dim, generator=rng(seed), dtype=torch.float64) + shift


# The classifier of digits.


@pytest.fixture(scope="module")
def classifier() -> DigitClassifier:
    return DigitClassifier(*TRAIN)


def test_classifier_is_right_and_honest(classifier: DigitClassifier) -> None:
    p = classifier.probabilities(HELDOUT[0])
    assert torch.allclose(p.sum(1), torch.ones(len(p), dtype=torch.float64)) and p.min() >= 0
    right = p.argmax(1) == HELDOUT[1]
    assert right.double().mean() >= 0.98
    assert torch.equal(classifier.classes(HELDOUT[0]), p.argmax(1))
    # It promises less than it keeps, by at most .12, and doubts its mistakes.
    assert 0 < float(right.double().mean() - p.amax(1).mean()) < 0.12
    assert p.amax(1)[~right].mean() < 0.75


def test_coupling_returns_the_law_behind_the_pairs(classifier: DigitClassifier) -> None:
    """Margins log(p_i/p_j), with unit curves, must give p back; the mean of the pairs is another law (control)."""
    p = -torch.rand(7, 10, generator=rng(2), dtype=torch.float64).log()
    p = p / p.sum(1, keepdim=True)
    fake = object.__new__(DigitClassifier)
    pairs = [(i, j) for i in range(10) for j in range(i + 1, 10)]
    margins = torch.stack([(p[:, i] / p[:, j]).log() for i, j in pairs], 1).numpy()
    fake._machine = type("Machine", (), {"decision_function": lambda self, x: margins})()
    fake._curves, fake._pixels = [(1.0, 0.0)] * 45, 64
    assert torch.allclose(fake.probabilities(torch.zeros(7, 64)), p, atol=1e-7)
    pair = p[:, :, None] / (p[:, :, None] + p[:, None])
    assert float(((pair.sum(2) - 0.5) / 45 - p).abs().max()) > 0.05


def test_features_are_principal_components() -> None:
    from sklearn.decomposition import PCA

    theirs = PCA(16, svd_solver="full").fit(TRAIN[0].flatten(1).double())
    ours, peer = PrincipalComponents(TRAIN[0]), theirs.transform(HELDOUT[0].flatten(1).double())
    assert np.allclose(abs(ours(HELDOUT[0]).numpy()), abs(peer), atol=1e-9)


# The verdict.


def fitted_gaussian(n: int = 1000) -> Tensor:
    x = TRAIN[0].flatten(1).double()
    root = torch.linalg.cholesky(torch.cov(x.T) + 1e-6 * torch.eye(64))
    return (x.mean(0) + gaussian(n, 0, 64) @ root.T).clamp(-1, 1).reshape(n, 1, 8, 8)


def planted() -> dict[str, Tensor]:
    x, labels = HELDOUT
    return {
        "train": TRAIN[0],
        "gaussian": fitted_gaussian(),
        "noise": torch.randn(1000, 1, 8, 8, generator=rng()),
        "collapse": x[:10].repeat(60, 1, 1, 1),
        "shifted": torch.cat([x[labels < 5], x[labels >= 5][:150]]),
        "grainy": x + 0.3 * torch.randn(x.shape, generator=rng()),
    }


@pytest.fixture(scope="module")
def judged() -> dict[str, dict[str, Measured]]:
    return {name: judge_digits(x, TRAIN, HELDOUT, rng()) for name, x in planted().items()}


# Measured beforehand with another judge (E in thousandths): held-out confidence .934; training
# digits .965, E -8..-2, TV .024-.030, two-sample .47-.50, Frechet .155 (500 of them); Gaussian fitted
# to the pixels and clipped .552, TV .170, .947, E 78; noise .258, 1.0, E 3525. The TV of noise is
# no anchor: it ranges from .4 to .9 with the width of the kernel.
ANCHORS = [
    ("train", "confidence", 0.965, 0.03), ("train", "class_tv", 0.027, 0.015),
    ("train", "energy", -0.005, 0.006), ("train", "two_sample", 0.485, 0.045),
    ("train", "frechet", 0.155, 0.05), ("train", "memorised", 1.0, 0.0),
    ("gaussian", "confidence", 0.552, 0.05), ("gaussian", "class_tv", 0.17, 0.05),
    ("gaussian", "energy", 0.078, 0.02), ("gaussian", "two_sample", 0.947, 0.04),
    ("noise", "confidence", 0.258, 0.06), ("noise", "energy", 3.525, 0.15),
    ("noise", "two_sample", 1.0, 0.04),
]  # fmt: skip


@pytest.mark.parametrize("name, measure, value, tolerance", ANCHORS)
def test_anchors(judged, name: str, measure: str, value: float, tolerance: float) -> None:
    assert judged[name][measure].value == pytest.approx(value, abs=tolerance)


def test_floors_of_real_digits(judged) -> None:
    """Fresh real digits: unbiased measures reach their ideal, biased ones stay a little above."""
    floors = {name: result.floor for name, result in judged["train"].items()}
    assert 0.89 < floors["confidence"] < 0.95 and 0.02 < floors["class_tv"] < 0.06
    assert abs(floors["energy"]) < 0.006 and abs(floors["two_sample"] - 0.5) < 0.03
    assert 0.09 < floors["frechet"] < 0.2 and 0.02 < floors["sliced_wasserstein"] < 0.05
    assert floors["memorised"] == pytest.approx(0.05, abs=1 / 897)


ALL = {"confidence", "class_tv", "energy", "sliced_wasserstein", "frechet", "two_sample"}
DEFECTS = [
    ("train", {"memorised"}),
    ("gaussian", ALL),
    ("noise", ALL),
    ("collapse", {"energy", "sliced_wasserstein", "frechet", "two_sample"}),
    ("shifted", {"class_tv"}),
    ("grainy", {"confidence", "energy"}),
]


@pytest.mark.parametrize("name, seen_by", DEFECTS)
def test_planted_defects_are_seen(judged, name: str, seen_by: set[str]) -> None:
    """At five errors or more from the floor, where fresh real digits stay within four."""
    far = {k for k, m in judged[name].items() if abs(m.value - m.floor) > 5 * m.error}
    assert seen_by <= far


def test_errors_of_the_classes_are_those_of_repetitions(classifier: DigitClassifier) -> None:
    """80 samples of 150 grainy digits: the scatter beside the mean error, 4 deviations of 8% each (rate 6e-5).

    That of the confidence is right; that of the histogram, a sum of sizes, is on the safe side.
    """
    held = HELDOUT[0].flatten(1).double()
    pool = held + 0.3 * torch.randn(held.shape, generator=rng(), dtype=torch.float64)
    found = []
    for k in range(80):
        drawn = pool[torch.randint(len(pool), (150,), generator=rng(k))]
        judged = digit_judge._judge_classes(classifier, drawn, held, rng(k))
        found.append([x for name in ("confidence", "class_tv") for x in (judged[name].value, judged[name].error)])
    values = np.array(found)
    scatter, claimed = values[:, ::2].std(0, ddof=1), np.sqrt((values[:, 1::2] ** 2).mean(0))
    assert scatter[0] / claimed[0] == pytest.approx(1.0, abs=0.32)
    assert 0.3 < scatter[1] / claimed[1] < 1.32


def test_collapse_to_real_digits_deceives_the_confidence(judged) -> None:
    collapse = judged["collapse"]["confidence"]
    assert collapse.value > 0.85 and judged["collapse"]["energy"].value > 0.1


@pytest.mark.parametrize("seed", [0, 1])
def test_fresh_real_digits_pass(seed: int) -> None:
    """Three disjoint parts of the real digits: each measure within four errors of its floor.

    Errors of the distances are too large rather than too small there; 6e-5 a measure if normal.
    """
    images, labels = digits()
    order = torch.rand(len(images), generator=rng(seed)).argsort()
    train, heldout, fresh = order.split([900, 597, 300])
    parts = [(images[part], labels[part]) for part in (train, heldout)]
    result = judge_digits(images[fresh], *parts, rng())
    assert {k: m for k, m in result.items() if abs(m.value - m.floor) > 4 * m.error} == {}


def test_the_verdict_is_repeatable(judged) -> None:
    state = torch.get_rng_state()
    x = planted()["shifted"]
    again = judge_digits(x.double(), TRAIN, HELDOUT, rng())
    assert torch.equal(torch.get_rng_state(), state)
    for name, result in judged["shifted"].items():
        assert again[name].value == pytest.approx(result.value, abs=1e-9)
        assert again[name].floor == pytest.approx(result.floor, abs=1e-9)
    other = judge_digits(x, TRAIN, HELDOUT, rng(1))
    assert other["energy"].floor != again["energy"].floor  # control
    assert other["energy"].value == pytest.approx(again["energy"].value)


def test_table_is_aligned(judged) -> None:
    lines = score_table({"keep it": judged["train"], "noise": judged["noise"]}).splitlines()
    assert len(lines) == 8 and lines[0].split() == ["measure", "keep", "it", "noise"]
    starts = {line.index(repr(m)) for line, m in zip(lines[1:], judged["noise"].values())}
    assert starts == {lines[0].index("noise")}
    single = score_table(judged["train"])
    assert all(repr(m) in single for m in judged["train"].values())
    assert "± error (real" in single.splitlines()[0]
