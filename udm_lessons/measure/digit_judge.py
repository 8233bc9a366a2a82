r"""One verdict on generated digits: seven measures, each beside what real digits score."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations

import torch
from torch import Tensor

from .._arrays import check_floating, check_range, check_tensor, check_whole, integers, quoted, uniform
from .distances import (
    energy_distance,
    energy_error,
    frechet_distance,
    memorised_share,
    nearest_distance,
    random_directions,
    sliced_wasserstein,
    two_sample_accuracy,
)
from .floors import Measured, jackknife_error, measured, split_floor

Labelled = tuple[Tensor, Tensor]
CLASSES, FEATURES, LEAST_ACCURACY = 10, 16, 0.98


class DigitClassifier:
    r"""p(class | image) of digits, from a support vector machine trained on labelled images.

    For each pair of classes the machine gives a margin d_{ij}; a logistic curve turns it into
    r_{ij} = p(i | i or j), fitted to margins of images left out of training (Platt 1999). The pairs
    are joined as p_i \propto 1 / (\sum_{j \ne i} 1 / r_{ij} - (K - 2)), exact if all r_{ij} come from
    one p (Price et al. 1995; Wu, Lin and Weng 2004). images (n, ...), labels (n,) in 0..9, all ten
    present at least five times each. Raises TypeError or ValueError otherwise.
    """

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        from sklearn.model_selection import cross_val_predict
        from sklearn.svm import SVC

        _check_labelled((images, labels), "images and labels")
        x, y = _rows(images).numpy(), labels.cpu().numpy()
        self._pixels = x.shape[1]
        self._machine = SVC(C=10.0, gamma="scale", decision_function_shape="ovo", random_state=0)
        margins = cross_val_predict(self._machine, x, y, cv=5, method="decision_function")
        self._machine.fit(x, y)
        self._curves = []
        for pair, (i, j) in enumerate(combinations(range(CLASSES), 2)):
            mine = (y == i) | (y == j)
            self._curves.append(_logistic_curve(margins[mine, pair], y[mine] == i))

    def probabilities(self, images: Tensor) -> Tensor:
        """images (n, ...) -> float64 (n, 10), rows that sum to 1, without gradient."""
        if _rows(images).shape[1] != self._pixels:
            raise ValueError(f"images must have {self._pixels} pixels each; got {tuple(images.shape)}")
        if len(images) == 0:
            return torch.zeros(0, CLASSES, dtype=torch.float64)
        margins = torch.as_tensor(self._machine.decision_function(_rows(images).numpy()))
        r = torch.full((len(images), CLASSES, CLASSES), 1.0, dtype=torch.float64)
        for pair, (i, j) in enumerate(combinations(range(CLASSES), 2)):
            slope, offset = self._curves[pair]
            logit = slope * margins[:, pair] + offset
            r[:, i, j], r[:, j, i] = logit.sigmoid(), (-logit).sigmoid()
        # The diagonal adds 1 to the sum over j.
        p = 1 / ((1 / r.clamp_min(1e-9)).sum(2) - (CLASSES - 1))
        return p / p.sum(1, keepdim=True)

    def classes(self, images: Tensor) -> Tensor:
        """The most probable class of images (n, ...): int64 (n,)."""
        return self.probabilities(images).argmax(1)


def _logistic_curve(margins, positive) -> tuple[float, float]:
    """Slope and offset of p(positive | margin), fitted to targets (n + 1)/(n + 2) and 1/(n + 2).

    These targets keep the slope finite where the margins separate the two classes (Platt 1999).
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    yes, no = positive.sum(), (~positive).sum()
    target = np.where(positive, (yes + 1) / (yes + 2), 1 / (no + 2))
    curve = LogisticRegression(C=1e4).fit(
        np.tile(margins, 2)[:, None],
        np.repeat([1, 0], len(margins)),
        sample_weight=np.concatenate([target, 1 - target]),
    )
    return float(curve.coef_[0, 0]), float(curve.intercept_[0])


class PrincipalComponents:
    """The leading principal components of the pixels of `images`: (n, ...) -> float64 (n, 16), without gradient."""

    def __init__(self, images: Tensor, count: int = FEATURES) -> None:
        rows, count = _rows(images), check_whole(count, 1, "count")
        if len(rows) == 0:
            raise ValueError("images must hold at least one image; got none")
        self._mean = rows.mean(0)
        self._axes = torch.linalg.svd(rows - self._mean, full_matrices=False).Vh[:count]

    def __call__(self, images: Tensor) -> Tensor:
        rows = _rows(images)
        if rows.shape[1] != len(self._mean):
            raise ValueError(f"images must have {len(self._mean)} pixels each; got {rows.shape[1]}")
        return (rows - self._mean) @ self._axes.T


def histogram_distance(classes: Tensor, reference: Tensor) -> float:
    r"""\frac12 \sum_c |\hat p(c) - \hat q(c)|, the total variation between two class histograms.

    classes (n,) and reference (m,) are int64 in 0..9; the value lies in [0, 1]. Raises TypeError or
    ValueError for anything else, an empty vector too.
    """
    for name, labels in (("classes", classes), ("reference", reference)):
        check_tensor(labels, name)
        if labels.dtype != torch.int64 or labels.ndim != 1 or len(labels) == 0:
            raise ValueError(f"{name} must be int64 of shape (n,), n >= 1; got {labels.dtype} of {tuple(labels.shape)}")
        check_range(labels, 0, CLASSES - 1, name)
    p, q = (torch.bincount(c, minlength=CLASSES).double() / len(c) for c in (classes, reference))
    return float((p - q).abs().sum() / 2)


def judge_digits(
    samples: Tensor,
    train: Labelled,
    heldout: Labelled,
    generator: torch.Generator | None = None,
) -> dict[str, Measured]:
    r"""Seven measures of generated digits, with standard errors and floors from real digits.

    samples (n, ...) are images on the scale of the data, n >= 40; train and heldout are (images,
    labels) as `digits("train")` and `digits("heldout")` give them. Nothing is clipped. More samples
    than training digits are cut to as many, at random: then every floor compares as many samples as
    its value. No measure is enough alone: confidence praises a model that knows ten images.

    - `confidence`: mean top-class probability of a `DigitClassifier` trained on `train`;
      floor: held-out digits.
    - `class_tv`: `histogram_distance` to the held-out digits, both as judged by the classifier;
      floor: as many classes drawn from the held-out ones. The held-out counts are taken as given.
    - `energy`, `sliced_wasserstein`: of pixels to the held-out digits.
    - `frechet`: of 16 principal components of the training pixels.
    - `two_sample`: `two_sample_accuracy` on the same 16 features; blind, as `frechet` is, to
      fine grain outside of them.
    - `memorised`: `memorised_share`, distances in pixels; floor: held-out digits, 5% by definition.

    Floors of the four distances between samples: random disjoint parts of all real digits, sizes as
    in the value. The same seed gives the same table. Raises TypeError or ValueError for bad shapes,
    nan or inf, and unless the classifier is right on 98% of the held-out digits.
    """
    check_floating(samples, "samples")
    _check_labelled(train, "train")
    _check_labelled(heldout, "heldout")
    real, held, samples = (_rows(x) for x in (train[0], heldout[0], samples))
    if len(samples) < 40 or not samples.shape[1] == real.shape[1] == held.shape[1]:
        raise ValueError(
            "samples must hold at least 40 images of the size of train and heldout, "
            f"{real.shape[1]} and {held.shape[1]} pixels; got {tuple(samples.shape)}"
        )
    if not samples.isfinite().all():
        raise ValueError("samples must be finite; got nan or inf")
    if len(samples) > len(real):
        samples = samples[uniform((len(samples),), generator).argsort().cpu()[: len(real)]]

    classifier = DigitClassifier(real, train[1])
    right = float((classifier.classes(held) == heldout[1].cpu()).double().mean())
    if right < LEAST_ACCURACY:
        raise ValueError(
            f"train must teach a classifier that is right on {LEAST_ACCURACY:.0%} of heldout; "
            f"got {right:.1%}: are the labels those of the images?"
        )
    directions = random_directions(real.shape[1], generator=generator)
    sliced = lambda x, y: sliced_wasserstein(x, y, directions)  # noqa: E731
    features = PrincipalComponents(real)
    seen = [features(x) for x in (samples, held, real)]
    return {
        **_judge_classes(classifier, samples, held, generator),
        "energy": measured(energy_distance, samples, held, real, generator, energy_error),
        "sliced_wasserstein": measured(sliced, samples, held, real, generator),
        "frechet": measured(frechet_distance, *seen, generator),
        "two_sample": _judge_two_sample(*seen, generator),
        "memorised": _judge_copies(samples, held, real, generator),
    }


def _judge_classes(classifier, samples, held, generator) -> dict[str, Measured]:
    ours, theirs = (classifier.probabilities(x) for x in (samples, held))
    top = ours.amax(1)
    error = float(top.std()) / math.sqrt(len(top))
    confidence = Measured(float(top.mean()), error, float(theirs.amax(1).mean()))
    classes, reference = ours.argmax(1), theirs.argmax(1)
    distance = lambda c: histogram_distance(c, reference)  # noqa: E731
    draws = integers(len(reference), (200, len(classes)), generator)
    floor = sum(distance(reference[draw]) for draw in draws) / len(draws)
    error = jackknife_error(distance, classes, generator=generator)
    return {
        "confidence": confidence,
        "class_tv": Measured(distance(classes), error, floor),
    }


def _judge_two_sample(ours, held, real, generator) -> Measured:
    test = lambda x, y: two_sample_accuracy(x, y, generator)  # noqa: E731
    value, size = test(ours, held), min(len(ours), len(held))
    floor = split_floor(test, torch.cat([real, held]), len(ours), len(held), generator, splits=3)
    # Half an answer on each side keeps the error above 0 where every answer is right.
    share = min(max(value, 0.25 / size), 1 - 0.25 / size)
    return Measured(value, math.sqrt(share * (1 - share) / (2 * size)), floor)


def _judge_copies(samples, held, real, generator) -> Measured:
    ours, theirs = nearest_distance(samples, real), nearest_distance(held, real)
    error = jackknife_error(memorised_share, ours, theirs, generator=generator)
    return Measured(memorised_share(ours, theirs), error, memorised_share(theirs, theirs))


def score_table(judged: Mapping[str, Measured] | Mapping[str, Mapping[str, Measured]]) -> str:
    """The measures as aligned lines to print, each value ± its error with its floor beside it.

    `judged` is one result of `judge_digits`, or several by name, as in {"keep": ..., "redraw": ...}:
    then one column each. Raises TypeError for anything else, ValueError for results that differ in
    their measures.
    """
    if not isinstance(judged, Mapping) or not judged:
        raise TypeError(f"judged must be a dict of results; got {quoted(judged)}")
    if all(isinstance(value, Measured) for value in judged.values()):
        judged = {"value ± error (real digits)": judged}
    columns = list(judged.values())
    if not all(isinstance(column, Mapping) for column in columns):
        raise TypeError("judged must be one result of judge_digits, or several by name")
    if not all(isinstance(name, str) for mapping in (judged, *columns) for name in mapping):
        raise TypeError(f"judged must name results and measures by strings; got {quoted(list(judged))}")
    if any(list(column) != list(columns[0]) for column in columns):
        raise ValueError(f"all results must hold the same measures, {list(columns[0])}")
    lines = [["measure", *judged]]
    lines += [[name.replace("_", " "), *(repr(c[name]) for c in columns)] for name in columns[0]]
    widths = [max(map(len, cells)) for cells in zip(*lines)]
    return "\n".join(
        "   ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines
    )


def _rows(images: Tensor) -> Tensor:
    """Images as float64 rows on the CPU, where scikit-learn works."""
    check_floating(images, "images")
    if images.ndim < 2 or images[:1].numel() == 0 and len(images) or not bool(images.isfinite().all()):
        raise ValueError(f"images must be finite and of shape (n, ...), not empty; got shape {tuple(images.shape)}")
    return images.detach().flatten(1).double().cpu()


def _check_labelled(pair: Labelled, name: str) -> None:
    """Raises TypeError or ValueError unless `pair` is (images, labels) with all ten digits."""
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise TypeError(f"{name} must be a pair (images, labels); got {type(pair).__name__}")
    images, labels = pair
    check_floating(images, f"the images of {name}")
    check_tensor(labels, f"the labels of {name}")
    if images.ndim < 2 or labels.shape != images.shape[:1] or not images.isfinite().all():
        raise ValueError(
            f"{name} must hold finite images (n, ...) and labels (n,); "
            f"got shapes {tuple(images.shape)} and {tuple(labels.shape)}"
        )
    counts = [int((labels == c).sum()) for c in range(CLASSES)]
    if labels.dtype != torch.int64 or min(counts) < 5 or sum(counts) != len(labels):
        raise ValueError(
            f"{name} must have int64 labels 0..9, at least five of each; "
            f"got {labels.dtype} with counts {counts}"
        )
