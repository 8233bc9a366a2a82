r"""How far samples are from the data, as one number."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .._arrays import blocks, check_floating, check_probability, check_whole, in_float64, normal, uniform
from ..destroy import distances
from .floors import shuffled

_TABLE = 1 << 19  # distances that are held at once: 4 MB, which is fast as well


def _check_samples(x: Tensor, y: Tensor, x_name: str = "x", y_name: str = "y", least: int = 2):
    """Both as float64 (n, d) matrices; a single clear error for whatever cannot be compared."""
    check_floating(x, x_name)
    check_floating(y, y_name)
    if min(x.ndim, y.ndim) < 1 or min(len(x), len(y)) < least or x.shape[1:] != y.shape[1:]:
        least_word = {2: "two"}.get(least, str(least))
        raise ValueError(
            f"{x_name} and {y_name} must hold at least {least_word} samples of one shape; "
            f"got {tuple(x.shape)} and {tuple(y.shape)}"
        )
    for name, sample in ((x_name, x), (y_name, y)):
        if not torch.isfinite(sample).all():
            raise ValueError(f"{name} must be finite; got nan or inf")
        if sample[:1].numel() == 0:
            raise ValueError(f"{name} must hold samples with at least one entry; got {tuple(sample.shape)}")
    x, y = (in_float64(sample.detach().reshape(len(sample), -1)) for sample in (x, y))
    return x, y


def _table(a: Tensor, b: Tensor) -> Tensor:
    """|a_i - b_j|. A product of matrices is the faster way in many dimensions, the slower one in few."""
    modes = ("use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")
    return torch.cdist(a, b, compute_mode=modes[a.shape[1] < 8])


def _sums_of_distances(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """sum_j |a_i - b_j| and sum_i |a_i - b_j|, (n,) and (m,), in blocks of rows."""
    rows, columns = [], b.new_zeros(len(b))
    for part in blocks(len(a), len(b), _TABLE):
        block = _table(a[part], b)
        rows.append(block.sum(1))
        columns += block.sum(0)
    return torch.cat(rows), columns


def _mean_between(a: Tensor, b: Tensor) -> Tensor:
    """The mean of |a_i - b_j|."""
    return sum(_table(a[part], b).sum() for part in blocks(len(a), len(b), _TABLE)) / (len(a) * len(b))


def _mean_within(a: Tensor) -> Tensor:
    """The mean of |a_i - a_j| over the pairs i < j."""
    total = a.new_zeros(())
    for part in blocks(len(a), len(a), _TABLE):
        own, later = _table(a[part], a[part]), _table(a[part], a[part.stop :])
        total += own.sum() / 2 + later.sum()
    return total / (len(a) * (len(a) - 1) / 2)


def energy_distance(x: Tensor, y: Tensor) -> float:
    r"""2 E|X - Y| - E|X - X'| - E|Y - Y'|: zero if and only if the two laws agree.

    x (n, ...) and y (m, ...) are samples, flattened; n, m >= 2. Pairs of a sample with itself are
    left out, so that the estimate is unbiased: for equal laws it scatters about 0, negative too.
    The floor to quote is the value between two halves of real data. Raises ValueError for fewer
    than two samples, different dimensions, nan or inf (Szekely and Rizzo 2013, eq. 2.1).
    """
    x, y = _check_samples(x, y)
    return float(2 * _mean_between(x, y) - _mean_within(x) - _mean_within(y))


def energy_error(x: Tensor, y: Tensor) -> float:
    r"""The standard error of `energy_distance`, by leaving out one sample at a time.

    With \theta_{-i} the estimate without sample i, the variance is
    \sum_{x, y} \frac{n-1}{n} \sum_i (\theta_{-i} - \bar\theta)^2, exact sums over the distances.
    On average the variance is never too small (Efron and Stein 1981); for equal laws it is twice too large,
    as every pair counts twice, and 3.2 times at n = m = 3. Shapes as in `energy_distance`, n, m >= 3.
    """
    x, y = _check_samples(x, y, least=3)
    variance = 0.0
    for a, m, to_other in zip((x, y), (len(y), len(x)), _sums_of_distances(x, y)):
        n, own = len(a), _sums_of_distances(a, a)[0]
        left = 2 * (to_other.sum() - to_other) / ((n - 1) * m)
        left = left - (own.sum() - 2 * own) / ((n - 1) * (n - 2))
        variance += (n - 1) * float(left.var(correction=0))
    return math.sqrt(variance)


def random_directions(
    dim: int, count: int = 64, generator: torch.Generator | None = None
) -> Tensor:
    """Unit vectors with uniform directions, float64 (count, dim). Raises ValueError below 1."""
    dim, count = check_whole(dim, 1, "dim"), check_whole(count, 1, "count")
    return torch.nn.functional.normalize(normal((count, dim), generator, torch.float64), dim=1)


def sliced_wasserstein(
    x: Tensor,
    y: Tensor,
    directions: Tensor | None = None,
    generator: torch.Generator | None = None,
) -> float:
    r"""The mean over directions w of W_1(<w, X>, <w, Y>) = \int_0^1 |F_X^{-1}(u) - F_Y^{-1}(u)| du.

    x (n, ...) and y (m, ...) are samples, flattened to d numbers; `directions` (k, d) are unit
    vectors, by default 64 from `random_directions`. In the units of the data, 0 for equal samples;
    two samples of one law stay above 0, normal ones of deviation s with n = m by about 1.8 s n^{-1/2}:
    read it beside its floor. Raises ValueError for other shapes, nan or inf (Rabin et al. 2011; Bonneel
    et al. 2015).
    """
    x, y = _check_samples(x, y)
    if directions is None:
        directions = random_directions(x.shape[1], generator=generator)
    check_floating(directions, "directions")
    if directions.ndim != 2 or directions.shape[1] != x.shape[1]:
        raise ValueError(
            f"directions must have shape (k, {x.shape[1]}); got {tuple(directions.shape)}"
        )
    directions = in_float64(directions).to(x.device)
    return _mean_wasserstein(x @ directions.T, y @ directions.T)


def _mean_wasserstein(x: Tensor, y: Tensor) -> float:
    """The mean over columns of W_1 between the columns of x (n, k) and y (m, k)."""
    n, m = len(x), len(y)
    # Both quantile functions are constant between these levels, in units of 1 / (n m).
    rises = [torch.arange(1, n + 1) * m, torch.arange(1, m + 1) * n]
    ends = torch.cat(rises).unique().to(x.device)
    widths = torch.diff(ends, prepend=ends.new_zeros(1)).double() / (n * m)
    gaps = x.sort(0).values[(ends - 1) // m] - y.sort(0).values[(ends - 1) // n]
    return float((widths @ gaps.abs()).mean())


def frechet_distance(x: Tensor, y: Tensor) -> float:
    r"""|\mu_x - \mu_y|^2 + tr(S_x + S_y - 2 (S_x S_y)^{1/2}): W_2^2 between fitted Gaussians.

    x (n, ...) and y (m, ...) are features, flattened; the covariances S divide by n - 1. Blind to
    all but two moments, and biased upwards: for n = m samples of one law with d features of variance v
    by about v d (d + 5) / (2n). Read it beside its floor. Raises ValueError for fewer than two samples,
    different dimensions, nan or inf (Dowson and Landau 1982; as a score of samples, Heusel et al. 2017).
    """
    x, y = _check_samples(x, y)
    # With S = R^T R, the trace of the root is the sum of the singular values of R_x R_y^T.
    roots = [torch.linalg.qr(a - a.mean(0), mode="r").R / math.sqrt(len(a) - 1) for a in (x, y)]
    shared = torch.linalg.svdvals(roots[0] @ roots[1].T).sum()
    spread = sum(root.square().sum() for root in roots)
    return max(float((x.mean(0) - y.mean(0)).square().sum() + spread - 2 * shared), 0.0)


def two_sample_accuracy(
    x: Tensor, y: Tensor, generator: torch.Generator | None = None, folds: int = 5
) -> float:
    r"""How often a classifier tells x from y on samples that it has not seen: .5 is perfect.

    x (n, ...) and y (m, ...); the larger sample is cut at random to the size k of the smaller one.
    A support vector machine (Gaussian kernel, C = 1) is fitted on all folds but one and asked
    about that one, in turn. Over 2 k answers the standard error is about \sqrt{a (1 - a) / (2 k)}, and 1.3
    to 1.4 times as much for equal laws, where answers hang together because folds share data. Raises
    ValueError for fewer than 2 * folds samples, different dimensions, nan or inf (Lopez-Paz and Oquab 2017).
    """
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.svm import SVC

    check_whole(folds, 2, "folds")
    x, y = _check_samples(x, y, least=2 * folds)
    size = min(len(x), len(y))
    # Pairs share a fold, so that both sides are equally frequent in every fold.
    pair = torch.arange(size).repeat(2).numpy()
    both = torch.cat([a.cpu()[shuffled(len(a), generator)[:size]] for a in (x, y)]).numpy()
    side = torch.arange(2).repeat_interleave(size).numpy()
    answers = cross_val_predict(SVC(C=1.0, random_state=0), both, side, groups=pair, cv=GroupKFold(folds))
    return float((answers == side).mean())


def nearest_distance(x: Tensor, y: Tensor) -> Tensor:
    r"""\min_j |x_i - y_j|: x (n, ...), y (m, ...) -> (n,) in float64, 0 for an exact copy.

    No gradient passes.
    """
    x, y = _check_samples(x, y, least=1)
    return torch.cat([distances(x[rows], y).amin(1) for rows in blocks(len(x), len(y), _TABLE)])


def memorised_share(nearest: Tensor, real_nearest: Tensor, quantile: float = 0.05) -> float:
    r"""The share of samples nearer to a training point than all but 5% of real held-out data are.

    \frac{1}{n} \sum_i 1[d_i \le c], with c the empirical `quantile` of the distances of held-out
    data: `nearest` (n,) and `real_nearest` (m,) come from `nearest_distance(..., train)`. Held-out
    data itself scores `quantile`, copies of the training data score 1. Raises ValueError for empty
    or other shapes and for a quantile outside [0, 1].
    """
    check_floating(nearest, "nearest")
    check_floating(real_nearest, "real_nearest")
    if nearest.ndim != 1 or real_nearest.ndim != 1 or min(len(nearest), len(real_nearest)) < 1:
        raise ValueError(
            "nearest and real_nearest must be vectors of distances; "
            f"got shapes {tuple(nearest.shape)} and {tuple(real_nearest.shape)}"
        )
    quantile = check_probability(quantile, "quantile")
    nearest, real_nearest = in_float64(nearest), in_float64(real_nearest)
    cut = torch.quantile(real_nearest, quantile, interpolation="lower")
    return float((nearest <= cut).double().mean())
