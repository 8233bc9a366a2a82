"""The exercises of lesson 07: four answers that are one, their weights, and one conversion for all."""

from __future__ import annotations

import torch

from .compare import both, close, close_on
from .draws import normal
from .exercise import Exercise, Slip


# alpha, sigma: on a line, on a circle, exploding, and a point on no famous schedule.
_SCALES = ((0.75, 0.25), (0.6, 0.8), (1.0, 3.0), (0.4, 0.7))


def _score_reference(x0, x_t, alpha, sigma):
    return (alpha * x0 - x_t) / sigma**2


def _score_divided(x0, x_t, alpha, sigma):
    return alpha / sigma**2 * (x0 - x_t / torch.as_tensor(alpha, dtype=x_t.dtype))


SCORE = Exercise(
    id="07.1",
    title="The score of a denoiser",
    difficulty=1,
    minutes=6,
    points=1,
    reference=_score_reference,
    cases=lambda: (
        (torch.tensor([[2.0, -1.0]]), torch.tensor([[1.0, 3.0]]), 0.75, 0.5),
        (normal(0, 4, 3), normal(1, 4, 3), 0.6, 0.8),
        (normal(2, 3, 2), normal(3, 3, 2), 0.4, 3.0),
        (normal(4, 2, 2), normal(5, 2, 2), 0.0, 1.5),
    ),
    law=r"$\nabla \log p_t = -\hat\varepsilon / \sigma$ with $\hat\varepsilon = (x_t - \alpha \hat x_0) / \sigma$",
    slips=(
        Slip(
            "sign of the score",
            lambda x0, x_t, a, s: -_score_reference(x0, x_t, a, s),
            r"The sign is turned. The score points *against* the noise, from $x_t$ towards $\alpha \hat x_0$.",
        ),
        Slip(
            "deviation for variance",
            lambda x0, x_t, a, s: (a * x0 - x_t) / s,
            r"That is minus the noise. $\sigma$ divides twice: once to infer the noise, once to make it a score.",
        ),
        Slip(
            "the noise",
            lambda x0, x_t, a, s: (x_t - a * x0) / s,
            r"That is the noise $\hat\varepsilon$. The score is $-\hat\varepsilon / \sigma$.",
        ),
        Slip(
            "signal not scaled",
            lambda x0, x_t, a, s: (x0 - x_t) / s**2,
            r"In $x_t$ stands $\alpha x_0$, not $x_0$: scale $\hat x_0$ before you compare the two.",
        ),
        Slip(
            "alpha for sigma",
            lambda x0, x_t, a, s: (a * x0 - x_t) / torch.as_tensor(a, dtype=x_t.dtype) ** 2,
            r"You divided by $\alpha^2$. It is the *noise* that has the variance $\sigma^2$.",
        ),
        Slip(
            "x_t not subtracted",
            lambda x0, x_t, a, s: a * x0 / s**2,
            r"$x_t$ is not subtracted. Where $x_t = \alpha \hat x_0$, no noise is seen, and the score is 0.",
        ),
        Slip(
            "divided by alpha",
            _score_divided,
            r"Right, except at $\alpha = 0$: there $x_t/\alpha$ is infinite and you get nan, although "
            r"$\alpha \cdot x_t/\alpha$ is harmless. Multiply the factor in, so that no division by $\alpha$ is left.",
        ),
        Slip(
            "divided by sigma to the fourth",
            lambda x0, x_t, a, s: (a * x0 - x_t) / s**4,
            r"`sigma` is the deviation $\sigma$. Its square is the variance; you squared twice.",
        ),
        Slip(
            "not divided",
            lambda x0, x_t, a, s: a * x0 - x_t,
            r"The direction is right. Divide by the variance of the noise, $\sigma^2$.",
        ),
        Slip(
            "roles exchanged",
            lambda x0, x_t, a, s: -(x0 - a * x_t) / s**2,
            r"$x_0$ and $x_t$ have changed roles. It is $x_0$ that is scaled by $\alpha$.",
        ),
        Slip(
            "alpha padded",
            lambda x0, x_t, a, s: a / s**2 * (x0 - x_t / (a + 1e-8)),
            r"A small number added to $\alpha$ hides the hole and gives 0 at $\alpha = 0$. Multiply the factor in instead.",
        ),
    ),
    also_right=(
        lambda x0, x_t, a, s: -((x_t - a * x0) / s) / s,
        lambda x0, x_t, a, s: torch.add(-x_t, x0, alpha=a).div(s * s),
    ),
    praise=r"A denoiser knows the score, at every time with $\sigma > 0$, even where $\alpha = 0$.",
)


def _velocity_reference(v, x_t, alpha, sigma, d_alpha, d_sigma):
    return (d_sigma * x_t - sigma * v) / (alpha * d_sigma - d_alpha * sigma)


VELOCITY = Exercise(
    id="07.2",
    title="Data from velocity",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_velocity_reference,
    cases=lambda: (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 0.75, 0.25, -1.0, 1.0),
        (normal(6, 4, 3), normal(7, 4, 3), 0.6, 0.8, -1.2, 0.9),
        (normal(8, 2, 5), normal(9, 2, 5), 1.0, 3.0, 0.0, 5.0),
        (normal(10, 3, 3), normal(11, 3, 3), 0.4, 0.7, -1.5, 0.5),
        (normal(10, 2, 3), normal(11, 2, 3), 0.0, 1.0, -1.6, 0.0),
        (normal(10, 2, 2), normal(11, 2, 2), 1.0, 0.0, 0.0, 1.6),
    ),
    law=r"$\alpha x_0 + \sigma \varepsilon = x_t$ and $\alpha' x_0 + \sigma' \varepsilon = v$, with $\varepsilon$ eliminated",
    slips=(
        Slip(
            "sign of v turned",
            lambda v, x, a, s, da, ds: (ds * x + s * v) / (a * ds - da * s),
            r"$v$ has the wrong sign. $\sigma v$ contains $\sigma \sigma' \varepsilon$; it must cancel the noise in $\sigma' x_t$.",
        ),
        Slip(
            "sign of all",
            lambda v, x, a, s, da, ds: -_velocity_reference(v, x, a, s, da, ds),
            r"The sign of the whole is turned: numerator and denominator must be subtracted in the same order.",
        ),
        Slip(
            "plus in the denominator",
            lambda v, x, a, s, da, ds: (ds * x - s * v) / (a * ds + da * s),
            r"The denominator needs a minus: subtract $\sigma$ times the second equation from $\sigma'$ times the first.",
        ),
        Slip(
            "not divided",
            lambda v, x, a, s, da, ds: ds * x - s * v,
            r"That is $(\alpha \sigma' - \alpha' \sigma)\, x_0$. Divide by the factor. On a line it is 1, elsewhere not.",
        ),
        Slip(
            "the noise",
            lambda v, x, a, s, da, ds: (a * v - da * x) / (a * ds - da * s),
            r"You eliminated $x_0$ and solved for $\varepsilon$. Asked for is $x_0$.",
        ),
        Slip(
            "formula of the line",
            lambda v, x, a, s, da, ds: x - s * v,
            r"$x_t - \sigma v$ holds for $\alpha = 1 - t$, $\sigma = t$ only. Keep $\alpha'$ and $\sigma'$ in.",
        ),
        Slip(
            "derivatives swapped",
            lambda v, x, a, s, da, ds: (da * x - s * v) / (a * da - ds * s),
            r"$\alpha'$ and $\sigma'$ have changed places. $\alpha'$ belongs to the data, $\sigma'$ to the noise.",
        ),
        Slip(
            "divided by alpha alone",
            lambda v, x, a, s, da, ds: (x - s * v) / a,
            r"$v$ is not the noise: $(x_t - \sigma \varepsilon)/\alpha$ needs $\varepsilon$. Solve the two equations together.",
        ),
        Slip(
            "divided by what may be 0",
            lambda v, x, a, s, da, ds: (x / s - v / ds) / (a / s - da / ds),
            r"Right, but at the ends of time $\sigma$ or $\sigma'$ may be 0. Multiply the equations instead of dividing them.",
        ),
        Slip(
            "divided by sigma",
            lambda v, x, a, s, da, ds: (v - ds / s * x) / (da - ds * a / s),
            r"Right, but $\sigma$ may be 0 at the start. Multiply the equations instead of dividing them.",
        ),
        Slip(
            "formula of the circle",
            lambda v, x, a, s, da, ds: a * x - s * v,
            r"$\alpha x_t - \sigma v$ is right for $v = \alpha \varepsilon - \sigma x_0$ on a circle. Here $v$ is the velocity, of any schedule.",
        ),
    ),
    also_right=(
        lambda v, x, a, s, da, ds: s / (da * s - a * ds) * v - ds / (da * s - a * ds) * x,
        lambda v, x, a, s, da, ds: torch.linalg.solve(
            torch.tensor([[a, s], [da, ds]], dtype=x.dtype),
            torch.stack([x.flatten(), v.flatten()]),
        )[0].reshape(x.shape),
    ),
    praise=r"The velocity and $x_t$ are two equations; data and noise are the two unknowns.",
)

# Pairs (A, B) at alpha, sigma: noise, data, score, flow, and pairs of no name.
_PAIRS = (
    ((0.0, 1.0), (1.0, 0.0)),
    ((-1.0, 1.0), (0.0, -2.5)),
    ((-1.2, 0.9), (1.0, 0.0)),
    ((0.5, 2.0), (-0.7, 1.1)),
)
_WEIGHT_CASES = tuple((*pairs, *scales) for pairs, scales in zip(_PAIRS, _SCALES))


def _weight_cases():
    alpha, sigma = torch.tensor([[0.9, 0.5, 0.1], [0.3, 0.5, 1.2]], dtype=torch.float64)
    return (*_WEIGHT_CASES, ((0.0, 1.0), (0.0, -1 / sigma), alpha, sigma))



def _determinants(source, target, alpha, sigma):
    return (
        source[0] * sigma - source[1] * alpha,
        target[0] * sigma - target[1] * alpha,
    )


def _weight_reference(source, target, alpha, sigma):
    before = source[0] * sigma - source[1] * alpha
    after = target[0] * sigma - target[1] * alpha
    return (after / before) ** 2


def _of_determinants(rule, D=_determinants):
    return lambda source, target, alpha, sigma: rule(*D(source, target, alpha, sigma))


WEIGHT = Exercise(
    id="07.3",
    title="Every loss weight",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_weight_reference,
    cases=_weight_cases,
    law=r"$|\text{error of target}|^2 = (D'/D)^2\, |\text{error of source}|^2$ with $D = A \sigma - B \alpha$",
    slips=(
        Slip(
            "square missing",
            _of_determinants(lambda D, E: E / D),
            r"That is the ratio of the errors. A loss measures *squared* errors, and a ratio can be negative.",
        ),
        Slip(
            "absolute value for square",
            _of_determinants(lambda D, E: abs(E / D)),
            r"That is the ratio of the lengths of the errors. The loss is squared, so the weight is too.",
        ),
        Slip(
            "inverted",
            _of_determinants(lambda D, E: (D / E) ** 2),
            r"The weight is upside down. It multiplies the loss of the *source*, so it must be large where "
            r"a small error of the source makes a large error of the target.",
        ),
        Slip(
            "plus in D",
            _of_determinants(
                lambda D, E: (E / D) ** 2,
                lambda p, q, a, s: (p[0] * s + p[1] * a, q[0] * s + q[1] * a),
            ),
            r"A sign: from $\alpha\, dx_0 + \sigma\, d\varepsilon = 0$ the two errors have opposite signs, "
            r"so $D$ is a difference.",
        ),
        Slip(
            "alpha for sigma",
            _of_determinants(
                lambda D, E: (E / D) ** 2,
                lambda p, q, a, s: (p[0] * a - p[1] * s, q[0] * a - q[1] * s),
            ),
            r"$\alpha$ and $\sigma$ have changed places. $A$, which stands before $x_0$, is multiplied by $\sigma$.",
        ),
        Slip(
            "target alone",
            _of_determinants(lambda D, E: E**2),
            r"Only the target's $D'$ is in. Divide by the $D$ of the source.",
        ),
        Slip(
            "source alone",
            _of_determinants(lambda D, E: 1 / D**2),
            r"Only the source's $D$ is in. The error of the target has its own factor, $D'$.",
        ),
        Slip(
            "errors independent",
            lambda p, q, a, s: (
                ((q[0] * s) ** 2 + (q[1] * a) ** 2) / ((p[0] * s) ** 2 + (p[1] * a) ** 2)
            ),
            r"You added squares, as if the two errors were independent. At one $x_t$ each forces the other: add first, with the sign.",
        ),
    ),
    also_right=(
        lambda p, q, a, s: ((q[0] - q[1] * a / s) / (p[0] - p[1] * a / s)) ** 2,
        lambda p, q, a, s: torch.as_tensor((q[1] * a - q[0] * s) ** 2 / (p[1] * a - p[0] * s) ** 2),
    ),
    praise="Twelve weights in one line, and those of kinds that nobody has named yet.",
)


def _loss_reference(prediction, target, weight):
    errors = (prediction - target).flatten(1).square().mean(1)
    return (weight * errors).mean()


def _square_case(seed: int, n: int, *shape: int):
    weight = torch.linspace(0.2, 3.0, n, dtype=torch.float64)
    return normal(seed, n, *shape).requires_grad_(), normal(seed + 1, n, *shape), weight


LOSS = Exercise(
    id="07.4",
    title="A weighted loss",
    difficulty=2,
    minutes=6,
    points=2,
    reference=_loss_reference,
    cases=lambda: (
        (
            torch.tensor([[1.0, 2.0], [0.0, 0.0]], requires_grad=True),
            torch.tensor([[0.0, 0.0], [3.0, 0.0]]),
            torch.tensor([2.0, 0.5]),
        ),
        _square_case(12, 4, 4),
        _square_case(14, 3, 1, 2, 4),
        _square_case(16, 5, 2),
    ),
    compare=both(
        close(),
        close_on(lambda loss: float(loss.requires_grad), "the loss has lost its way back to the prediction"),
    ),
    law=r"$\frac{1}{n} \sum_i w_i \cdot \frac{1}{d} |\text{prediction}_i - \text{target}_i|^2$",
    slips=(
        Slip(
            "weight along the wrong axis",
            lambda p, q, w: (w * (p - q) ** 2).mean(),
            "In a square batch `weight * squares` multiplies the *columns*, and in others it stops with an error: "
            "broadcasting starts at the last axis. Average over the entries of each example first, then weight.",
        ),
        Slip(
            "weight left out",
            lambda p, q, w: ((p - q) ** 2).mean(),
            "The weight is left out.",
        ),
        Slip(
            "mean times mean",
            lambda p, q, w: ((p - q) ** 2).mean() * w.mean(),
            "You multiplied two averages. Each example has its own weight: multiply first, average then.",
        ),
        Slip(
            "weight inside the square",
            lambda p, q, w: (w**2 * ((p - q) ** 2).flatten(1).mean(1)).mean(),
            "The weight is squared, as if it stood inside the square. It multiplies the squared error.",
        ),
        Slip(
            "weight inverted",
            lambda p, q, w: (((p - q) ** 2).flatten(1).mean(1) / w).mean(),
            "You divided by the weight.",
        ),
        Slip(
            "summed over entries",
            lambda p, q, w: (w * ((p - q) ** 2).flatten(1).sum(1)).mean(),
            "You summed over the entries of an example. Asked for is their mean, so that the size of an image "
            "does not set the size of the loss.",
        ),
        Slip(
            "divided by the weights",
            lambda p, q, w: (w * ((p - q) ** 2).flatten(1).mean(1)).sum() / w.sum(),
            "You divided by the sum of the weights. That changes the scale from batch to batch; divide by the "
            "number of examples.",
        ),
        Slip(
            "not squared",
            lambda p, q, w: (w * (p - q).abs().flatten(1).mean(1)).mean(),
            "That is the mean of absolute errors. Its minimum is a median; the mean needs squares.",
        ),
        Slip(
            "gradient lost",
            lambda p, q, w: _loss_reference(p, q, w).detach(),
            "The number is right, but nothing can be learnt from it: leave `detach` and `no_grad` away.",
        ),
        Slip(
            "summed over the batch",
            lambda p, q, w: (w * ((p - q) ** 2).flatten(1).mean(1)).sum(),
            "You summed over the batch. Divide by the number of examples.",
        ),
    ),
    also_right=(
        lambda p, q, w: (w.reshape(-1, *[1] * (p.ndim - 1)) * (p - q) ** 2).mean(),
        lambda p, q, w: torch.dot(w, ((p - q) ** 2).flatten(1).mean(1)) / len(p),
    ),
    praise="One weight per example, whatever the shape of the example.",
)


def _preconditioned_reference(c_skip, c_out, alpha, sigma):
    return (1 - c_skip * alpha) / c_out, -c_skip * sigma / c_out


PRECONDITIONED = Exercise(
    id="07.5",
    title="The pair of a wrapped network",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_preconditioned_reference,
    cases=lambda: (
        (0.5, 0.25, 0.75, 0.25),
        (0.6, -0.8, 0.6, 0.8),
        (0.3, 2.0, 1.0, 3.0),
        (-0.4, 1.5, 0.4, 0.7),
    ),
    law=r"$F = (x_0 - c_\text{skip}\, x_t) / c_\text{out}$ with $x_t = \alpha x_0 + \sigma \varepsilon$",
    slips=(
        Slip(
            "x_t taken for noise",
            lambda skip, out, a, s: (1 / out, -skip * s / out),
            r"$x_t$ holds data as well: what stands before $x_0$ is $1 - c_\text{skip}\, \alpha$, divided by $c_\text{out}$.",
        ),
        Slip(
            "alpha left out",
            lambda skip, out, a, s: ((1 - skip) / out, -skip * s / out),
            r"The data in $x_t$ is scaled by $\alpha$. The original paper has $\alpha = 1$, where it cannot be seen.",
        ),
        Slip(
            "sign of the noise",
            lambda skip, out, a, s: ((1 - skip * a) / out, skip * s / out),
            r"$x_t$ is subtracted, and so is the noise in it: the second number has a minus.",
        ),
        Slip(
            "sigma left out",
            lambda skip, out, a, s: ((1 - skip * a) / out, -skip / out),
            r"The noise in $x_t$ is scaled by $\sigma$.",
        ),
        Slip(
            "multiplied by c_out",
            lambda skip, out, a, s: ((1 - skip * a) * out, -skip * s * out),
            r"$\hat x_0 = c_\text{skip}\, x_t + c_\text{out}\, F$: to get $F$, *divide* by $c_\text{out}$.",
        ),
        Slip(
            "order",
            lambda skip, out, a, s: (-skip * s / out, (1 - skip * a) / out),
            r"The two numbers have changed places: first the one before $x_0$, then the one before $\varepsilon$.",
        ),
        Slip(
            "sign of all",
            lambda skip, out, a, s: ((skip * a - 1) / out, skip * s / out),
            r"That is $-F$: subtract $c_\text{skip}\, x_t$ from $x_0$, and not the other way round.",
        ),
        Slip(
            "pair before x_t",
            lambda skip, out, a, s: (1 / out, -skip / out),
            r"Those stand before $x_0$ and $x_t$. One step is left: put in $x_t = \alpha x_0 + \sigma \varepsilon$.",
        ),
        Slip(
            "c_out forgotten",
            lambda skip, out, a, s: (1 - skip * a, -skip * s),
            r"That is the pair of $c_\text{out} F$. Divide by $c_\text{out}$.",
        ),
    ),
    also_right=(
        lambda skip, out, a, s: (1 / out - skip / out * a, -(skip / out) * s),
        lambda skip, out, a, s: [(1 - skip * a) / out, -(skip * s) / out],
    ),
    praise="A wrapped network predicts one more kind, and a kind is a pair.",
)


def _convert_reference(prediction, source, target, x_t, alpha, sigma):
    before = source[0] * sigma - source[1] * alpha
    after = target[0] * sigma - target[1] * alpha
    cross = source[0] * target[1] - target[0] * source[1]
    return (after * prediction + cross * x_t) / before


def _wrong_convert(rule):
    """rule(prediction, x_t, D, D', A B' - A' B)."""

    def convert(prediction, source, target, x_t, alpha, sigma):
        D, E = _determinants(source, target, alpha, sigma)
        return rule(prediction, x_t, D, E, source[0] * target[1] - target[0] * source[1])

    return convert


def _by_alpha(p, A, B, A2, B2, x, a, s):
    eps = (p - x * (A / a)) / (B - A * s / a)
    return A2 * (x - s * eps) / a + B2 * eps


def _by_sigma(p, A, B, A2, B2, x, a, s):
    x0 = (s * p - B * x) / (A * s - B * a)
    return A2 * x0 + B2 * ((x - a * x0) / s)


def _solved(prediction, source, target, x_t, alpha, sigma):
    system = torch.tensor([[alpha, sigma], list(source)], dtype=x_t.dtype)
    known = torch.stack([x_t.flatten(), prediction.flatten()])
    x0, eps = torch.linalg.solve(system, known)
    return (target[0] * x0 + target[1] * eps).reshape(x_t.shape)


_CONVERT_CASES = (*_WEIGHT_CASES, ((1.0, 0.0), (0.0, 1.0), 0.0, 1.5), ((0.0, 1.0), (1.0, 0.0), 0.8, 0.0))
_SAID = (
    (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]])),
    (normal(18, 4, 3), normal(19, 4, 3)),
    (normal(20, 2, 1, 3, 2), normal(21, 2, 1, 3, 2)),
    (normal(22, 3, 3), normal(23, 3, 3)),
)

CONVERT = Exercise(
    id="07.6",
    title="Any kind into any kind",
    difficulty=3,
    minutes=12,
    points=3,
    reference=_convert_reference,
    cases=lambda: tuple(
        (said, source, target, x_t, alpha, sigma)
        for (said, x_t), (source, target, alpha, sigma) in zip((*_SAID, _SAID[1], _SAID[3]), _CONVERT_CASES)
    ),
    law=r"$A x_0 + B \varepsilon = \text{prediction}$ and $\alpha x_0 + \sigma \varepsilon = x_t$ give "
    r"$A' x_0 + B' \varepsilon = \frac{D'}{D}\, \text{prediction} + \frac{A B' - A' B}{D}\, x_t$",
    slips=(
        Slip(
            "x_t left out",
            _wrong_convert(lambda p, x, D, E, C: E / D * p),
            r"The factor of the prediction is right. That is enough for errors; for the values $x_t$ has a share too.",
        ),
        Slip("shares that add to one", _wrong_convert(lambda p, x, D, E, C: E / D * p + (1 - E / D) * x),
            r"The two shares need not add up to 1. Solve the two equations for the share of $x_t$."),
        Slip(
            "sign of the share of x_t",
            _wrong_convert(lambda p, x, D, E, C: (E * p - C * x) / D),
            r"The share of $x_t$ has the wrong sign. Try it on noise to data, where $x_t$ must come with $+1/\alpha$.",
        ),
        Slip(
            "inverted",
            _wrong_convert(lambda p, x, D, E, C: (D * p + C * x) / E),
            r"$D$ and $D'$ have changed places. What is divided by is the determinant of the two *known* equations.",
        ),
        Slip(
            "x_t not divided",
            _wrong_convert(lambda p, x, D, E, C: E / D * p + C * x),
            r"The share of $x_t$ must be divided by $D$ as well.",
        ),
        Slip(
            "source and target swapped",
            _wrong_convert(lambda p, x, D, E, C: (D * p - C * x) / E),
            r"That converts from the target to the source.",
        ),
        Slip(
            "alpha for sigma",
            lambda p, source, target, x, a, s: _convert_reference(p, source, target, x, s, a),
            r"$\alpha$ and $\sigma$ have changed places: $x_t = \alpha x_0 + \sigma \varepsilon$.",
        ),
        Slip(
            "data for noise",
            lambda p, source, target, x, a, s: _convert_reference(p, source, target[::-1], x, a, s),
            r"In the target $x_0$ and $\varepsilon$ have changed places: $A'$ stands before $x_0$, $B'$ before $\varepsilon$.",
        ),
        Slip(
            "sign of epsilon",
            lambda p, source, target, x, a, s: _convert_reference(
                p, source, (target[0], -target[1]), x, a, s
            ),
            r"The noise that you solved for has the wrong sign. Put your $x_0$ and $\varepsilon$ back into "
            r"$x_t = \alpha x_0 + \sigma \varepsilon$ and see.",
        ),
        Slip(
            "divided by alpha",
            lambda p, source, target, x, a, s: _by_alpha(p, *source, *target, x, a, s),
            r"Right, but $\alpha$ may be 0 at the end of time, where data still tells the noise. Divide by $D$ alone.",
        ),
        Slip(
            "divided by sigma",
            lambda p, source, target, x, a, s: _by_sigma(p, *source, *target, x, a, s),
            r"Right, but $\sigma$ may be 0 at the start, where noise still tells the data. Divide by $D$ alone.",
        ),
        Slip(
            "source returned",
            lambda p, source, target, x, a, s: p + 0 * x,
            r"That is the prediction itself. With $x_0$ and $\varepsilon$ in hand, use the pair of the *target*.",
        ),
        Slip(
            "sign of all",
            _wrong_convert(lambda p, x, D, E, C: -(E * p + C * x) / D),
            r"The whole has the wrong sign: the determinant of the system is $A \sigma - B \alpha$.",
        ),
    ),
    also_right=(
        _solved,
        lambda p, source, target, x, a, s: (
            target[0] * (s * p - source[1] * x) + target[1] * (source[0] * x - a * p)
        )
        / (source[0] * s - source[1] * a),
    ),
    praise="Twelve conversions in the papers, one line here.",
)

EXERCISES = (SCORE, VELOCITY, WEIGHT, LOSS, PRECONDITIONED, CONVERT)
