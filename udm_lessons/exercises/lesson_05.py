"""The exercises of lesson 05: one step, its famous settings, and what a plugged-in mean costs."""

from __future__ import annotations

import math

import torch

from .compare import close
from .exercise import Exercise, Slip


def _normal(seed: int, *shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


# alpha_t, sigma_t, alpha_s, sigma_s: on the circle, on a line, exploding.
_SCALES = ((0.6, 0.8, 0.8, 0.6), (0.3, 0.7, 0.5, 0.5), (1.0, 3.0, 1.0, 0.5))


def _eta_reference(alpha_t, sigma_t, alpha_s, sigma_s, eta):
    return eta * math.sqrt(1 - (alpha_t * sigma_s / (alpha_s * sigma_t)) ** 2)


def _ratio(alpha_t, sigma_t, alpha_s, sigma_s):
    return (alpha_t * sigma_s / (alpha_s * sigma_t)) ** 2


ETA = Exercise(
    id="05.1",
    title="One knob for DDPM and DDIM",
    difficulty=1,
    minutes=6,
    points=1,
    reference=_eta_reference,
    cases=lambda: (
        *((*scales, eta) for scales, eta in zip(_SCALES, (0.5, 1.0, 0.3))),
        (0.6, 0.8, 1.0, 0.0, 0.7),
    ),
    law=r"$\tilde\sigma = \eta \sqrt{1 - \text{SNR}_t / \text{SNR}_s}$",
    slips=(
        Slip(
            "eta under the root",
            lambda a, b, c, d, eta: math.sqrt(eta * (1 - _ratio(a, b, c, d))),
            r"$\eta$ scales the deviation, so it stands outside the root (or squared inside).",
        ),
        Slip(
            "ratio not squared",
            lambda a, b, c, d, eta: eta * math.sqrt(1 - math.sqrt(_ratio(a, b, c, d))),
            r"The SNR is $\alpha^2/\sigma^2$. You took the ratio of the scales without squaring it.",
        ),
        Slip(
            "the kept share",
            lambda a, b, c, d, eta: eta * math.sqrt(_ratio(a, b, c, d)),
            r"That is the share of noise which is *kept*. $\tilde\sigma$ belongs to the fresh noise: take its square from 1.",
        ),
        Slip(
            "variance returned",
            lambda a, b, c, d, eta: eta**2 * (1 - _ratio(a, b, c, d)),
            r"That is $\tilde\sigma^2$. Asked for is the deviation $\tilde\sigma$.",
        ),
        Slip(
            "deviation in x_s",
            lambda a, b, c, d, eta: d * eta * math.sqrt(1 - _ratio(a, b, c, d)),
            r"That is the deviation of the noise in $x_s$, which is called $\sigma$ in the DDIM paper. Leave out $\sigma_s$: "
            r"$\tilde\sigma$ is the share of fresh noise.",
        ),
        Slip(
            "eta squared",
            lambda a, b, c, d, eta: eta**2 * math.sqrt(1 - _ratio(a, b, c, d)),
            r"$\eta$ enters the deviation once. Only in the variance it is squared.",
        ),
        Slip(
            "divided by zero",
            lambda a, b, c, d, eta: eta * math.sqrt(1 - (a / b) ** 2 / (c / d) ** 2),
            r"Right, until the last step: there $\sigma_s = 0$. Write the ratio as one fraction, with $\sigma_s$ above.",
        ),
        Slip(
            "no root",
            lambda a, b, c, d, eta: eta * (1 - _ratio(a, b, c, d)),
            r"$1 - \text{SNR}_t/\text{SNR}_s$ is a variance. Take the root; $\eta$ stands outside.",
        ),
        Slip(
            "eta forgotten",
            lambda a, b, c, d, eta: math.sqrt(1 - _ratio(a, b, c, d)),
            r"That is DDPM's share, whatever $\eta$ is. Multiply by $\eta$.",
        ),
        Slip(
            "eta reversed",
            lambda a, b, c, d, eta: (1 - eta) * math.sqrt(1 - _ratio(a, b, c, d)),
            r"The knob turns the wrong way: $\eta = 0$ must give 0.",
        ),
        Slip(
            "signal alone",
            lambda a, b, c, d, eta: eta * math.sqrt(1 - (a / c) ** 2),
            r"You compared $\alpha_t$ with $\alpha_s$ only. The SNR also has $\sigma$ in it.",
        ),
    ),
    also_right=(
        lambda a, b, c, d, eta: math.sqrt(eta**2 * (1 - (a / b) ** 2 * (d / c) ** 2)),
        lambda a, b, c, d, eta: torch.tensor(eta * math.sqrt(1 - _ratio(a, b, c, d))),
    ),
    praise=r"$\eta = 0$ is DDIM, $\eta = 1$ is DDPM, and all between are allowed.",
)


def _coefficients_reference(alpha_t, sigma_t, alpha_s, sigma_s, sigma):
    kept = sigma_s * math.sqrt(1 - sigma**2) / sigma_t
    return alpha_s - alpha_t * kept, kept, sigma_s * sigma


COEFFICIENTS = Exercise(
    id="05.2",
    title="The step as three numbers",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_coefficients_reference,
    cases=lambda: tuple((*scales, sigma) for scales, sigma in zip(_SCALES, (0.28, 0.0, 0.9))),
    law=r"$x_s = c_0\, \hat x_0 + c_t\, x_t + d\, \xi$ with $c_t = \sigma_s \sqrt{1 - \tilde\sigma^2} / \sigma_t$, "
    r"$c_0 = \alpha_s - \alpha_t c_t$, $d = \sigma_s \tilde\sigma$",
    slips=(
        Slip(
            "old signal left in",
            lambda a, b, c, d, s: (
                c,
                _coefficients_reference(a, b, c, d, s)[1],
                _coefficients_reference(a, b, c, d, s)[2],
            ),
            r"$\hat x_0$ appears twice: in $\alpha_s \hat x_0$, and with a minus sign inside the inferred noise.",
        ),
        Slip(
            "sign",
            lambda a, b, c, d, s: (
                c + a * d * math.sqrt(1 - s**2) / b,
                d * math.sqrt(1 - s**2) / b,
                d * s,
            ),
            r"The inferred noise is $(x_t - \alpha_t \hat x_0)/\sigma_t$: the part with $\hat x_0$ has a minus sign.",
        ),
        Slip(
            "share for its square",
            lambda a, b, c, d, s: (c - a * d * (1 - s) / b, d * (1 - s) / b, d * s),
            r"The share of old noise is $\sqrt{1 - \tilde\sigma^2}$: variances add up, not deviations.",
        ),
        Slip(
            "share not squared inside",
            lambda a, b, c, d, s: (c - a * d * math.sqrt(1 - s) / b, d * math.sqrt(1 - s) / b, d * s),
            r"Under the root stands $1 - \tilde\sigma^2$; you forgot the square.",
        ),
        Slip(
            "share without root",
            lambda a, b, c, d, s: (c - a * d * (1 - s**2) / b, d * (1 - s**2) / b, d * s),
            r"$1 - \tilde\sigma^2$ is the variance that is kept. Its root multiplies the old noise.",
        ),
        Slip(
            "alpha_t forgotten",
            lambda a, b, c, d, s: (c - d * math.sqrt(1 - s**2) / b, d * math.sqrt(1 - s**2) / b, d * s),
            r"Inside the inferred noise $\hat x_0$ stands with $\alpha_t$: take $\alpha_t c_t$ away.",
        ),
        Slip(
            "sigma_s forgotten",
            lambda a, b, c, d, s: (c - a * math.sqrt(1 - s**2) / b, math.sqrt(1 - s**2) / b, d * s),
            r"The old noise is multiplied by $\sigma_s$ too, as all of the bracket is.",
        ),
        Slip(
            "not divided by sigma_t",
            lambda a, b, c, d, s: (
                c - a * d * math.sqrt(1 - s**2),
                d * math.sqrt(1 - s**2),
                d * s,
            ),
            r"To infer the noise, divide by $\sigma_t$.",
        ),
        Slip(
            "variance for deviation",
            lambda a, b, c, d, s: (*_coefficients_reference(a, b, c, d, s)[:2], (d * s) ** 2),
            "The third number is the variance of the fresh noise. Asked for is its deviation.",
        ),
        Slip(
            "fresh noise not scaled",
            lambda a, b, c, d, s: (*_coefficients_reference(a, b, c, d, s)[:2], s),
            r"The fresh noise is a part of the bracket, and all of the bracket is multiplied by $\sigma_s$.",
        ),
        Slip(
            "order",
            lambda a, b, c, d, s: (
                _coefficients_reference(a, b, c, d, s)[1],
                _coefficients_reference(a, b, c, d, s)[0],
                d * s,
            ),
            r"The first two have changed places: first the number before $\hat x_0$, then the one before $x_t$.",
        ),
    ),
    also_right=(
        lambda a, b, c, d, s: (
            c - a / b * d * (1 - s * s) ** 0.5,
            d / b * (1 - s * s) ** 0.5,
            s * d,
        ),
    ),
    praise="Three numbers. What papers call a sampler is a choice of them.",
)


def _sde_reference(x, velocity, score, gamma, h, xi):
    return x - (velocity - gamma**2 / 2 * score) * h + gamma * math.sqrt(h) * xi


SDE = Exercise(
    id="05.3",
    title="The reverse SDE",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_sde_reference,
    cases=lambda: (
        (
            torch.tensor([[1.0, -2.0]]),
            torch.tensor([[0.5, 3.0]]),
            torch.tensor([[-1.0, 2.0]]),
            2.0,
            0.09,
            torch.tensor([[1.5, 0.5]]),
        ),
        (_normal(0, 4, 3), _normal(1, 4, 3), _normal(2, 4, 3), 0.7, 0.25, _normal(3, 4, 3)),
        (_normal(4, 2, 5), _normal(5, 2, 5), _normal(6, 2, 5), 3.0, 0.01, _normal(7, 2, 5)),
    ),
    law=r"$x_{t-h} = x_t - \left(v - \frac{1}{2} \gamma^2 \nabla \log p_t\right) h + \gamma \sqrt{h}\, \xi$",
    slips=(
        Slip(
            "time runs forward",
            lambda x, v, sc, g, h, xi: x + (v - g**2 / 2 * sc) * h + g * math.sqrt(h) * xi,
            r"You went forward in time. Going back by $h$ the drift is subtracted.",
        ),
        Slip(
            "sign of the score",
            lambda x, v, sc, g, h, xi: x - (v + g**2 / 2 * sc) * h + g * math.sqrt(h) * xi,
            "The sign of the score is turned. Going back in time the ODE's step is subtracted, and the pull along the score is *added*: "
            "noise spreads the points, and the score must draw them to where data is likely.",
        ),
        Slip(
            "half missing",
            lambda x, v, sc, g, h, xi: x - (v - g**2 * sc) * h + g * math.sqrt(h) * xi,
            r"The drift that undoes the noise is $\frac{1}{2} \gamma^2$ times the score. (The formula with $g^2$ and no half has the drift $f$ of the forward SDE in place of $v$, "
            r"and $v$ contains half a score already.)",
        ),
        Slip(
            "noise of scale h",
            lambda x, v, sc, g, h, xi: x - (v - g**2 / 2 * sc) * h + g * h * xi,
            r"The noise of a short time $h$ has the deviation $\sqrt{h}$.",
        ),
        Slip(
            "gamma not squared",
            lambda x, v, sc, g, h, xi: x - (v - g / 2 * sc) * h + g * math.sqrt(h) * xi,
            r"In the drift stands $\gamma^2$, the variance of the noise per unit of time.",
        ),
        Slip(
            "no noise",
            lambda x, v, sc, g, h, xi: x - (v - g**2 / 2 * sc) * h,
            r"The drift is right, but the fresh noise $\gamma \sqrt{h}\, \xi$ is missing.",
        ),
        Slip(
            "score not scaled by h",
            lambda x, v, sc, g, h, xi: x - v * h + g**2 / 2 * sc + g * math.sqrt(h) * xi,
            r"The whole drift acts for a time $h$, the part with the score too.",
        ),
        Slip(
            "gamma halved",
            lambda x, v, sc, g, h, xi: x - (v - (g / 2) ** 2 * sc) * h + g * math.sqrt(h) * xi,
            r"The half stands before $\gamma^2$, it is not squared with it.",
        ),
        Slip(
            "noise of variance",
            lambda x, v, sc, g, h, xi: x - (v - g**2 / 2 * sc) * h + g**2 * h * xi,
            r"$\gamma^2 h$ is the *variance* of the fresh noise. $\xi$ is multiplied by its root.",
        ),
    ),
    also_right=(
        lambda x, v, sc, g, h, xi: torch.add(x - v * h, sc, alpha=g * g * h / 2) + g * h**0.5 * xi,
    ),
    praise=r"At $\gamma = 0$ this is the probability-flow ODE.",
)


def _variance_reference(alpha_t, sigma_t, alpha_s, sigma_s, sigma, sigma_bar_squared):
    c_0, _, d = _coefficients_reference(alpha_t, sigma_t, alpha_s, sigma_s, sigma)
    return d**2 + c_0**2 * sigma_bar_squared


VARIANCE = Exercise(
    id="05.4",
    title="Two sources of variance",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_variance_reference,
    cases=lambda: tuple(
        (*scales, sigma, left)
        for scales, sigma, left in zip(_SCALES, (0.6, 0.3, 0.9), (0.25, 0.6, 2.0))
    ),
    law=r"$\text{Var}[x_s \mid x_t] = d^2 + c_0^2\, \bar\sigma_t^2$ with $d = \sigma_s \tilde\sigma$ and "
    r"$c_0 = \alpha_s - \alpha_t \sigma_s \sqrt{1 - \tilde\sigma^2} / \sigma_t$",
    slips=(
        Slip(
            "fresh noise only",
            lambda a, b, c, d, s, left: (d * s) ** 2 + 0 * left,
            r"That is the fresh noise alone. $x_0$ is not known either: its variance $\bar\sigma_t^2$ comes through with $c_0^2$.",
        ),
        Slip(
            "coefficient not squared",
            lambda a, b, c, d, s, left: (
                (d * s) ** 2 + _coefficients_reference(a, b, c, d, s)[0] * left
            ),
            r"A factor before a random variable enters the variance squared: $c_0^2$.",
        ),
        Slip(
            "deviations added",
            lambda a, b, c, d, s, left: (
                d * s + abs(_coefficients_reference(a, b, c, d, s)[0]) * math.sqrt(left)
            ),
            "You added deviations. Variances of independent parts add.",
        ),
        Slip(
            "alpha_s for c_0",
            lambda a, b, c, d, s, left: (d * s) ** 2 + c**2 * left,
            r"$\hat x_0$ appears twice in the step, also inside the inferred noise. Together that is $c_0$ of exercise 05.2.",
        ),
        Slip(
            "squared once more",
            lambda a, b, c, d, s, left: (
                (d * s) ** 2 + (_coefficients_reference(a, b, c, d, s)[0] * left) ** 2
            ),
            r"`sigma_bar_squared` is a variance already.",
        ),
        Slip(
            "coefficient of x_t",
            lambda a, b, c, d, s, left: (
                (d * s) ** 2 + _coefficients_reference(a, b, c, d, s)[1] ** 2 * left
            ),
            r"You took the factor before $x_t$. But $x_t$ is given; it is $x_0$ that is uncertain.",
        ),
        Slip(
            "sigma_s forgotten",
            lambda a, b, c, d, s, left: s**2 + _coefficients_reference(a, b, c, d, s)[0] ** 2 * left,
            r"The factor of the fresh noise is $\sigma_s \tilde\sigma$. You left $\sigma_s$ out.",
        ),
        Slip(
            "deviation of the fresh noise",
            lambda a, b, c, d, s, left: d * s + _coefficients_reference(a, b, c, d, s)[0] ** 2 * left,
            r"$\sigma_s \tilde\sigma$ is a deviation and $c_0^2 \bar\sigma_t^2$ a variance. Square the first.",
        ),
        Slip(
            "root of the sum",
            lambda a, b, c, d, s, left: math.sqrt(_variance_reference(a, b, c, d, s, left)),
            "That is the deviation. Asked for is the variance.",
        ),
    ),
    also_right=(
        lambda a, b, c, d, s, left: (
            d * d * s * s + left * (c - a * d * math.sqrt(1 - s * s) / b) ** 2
        ),
    ),
    praise="DDPM's two variances are the two extremes of this one.",
)


def _recursion_reference(sigmas, c):
    variance = 1 + sigmas[0] ** 2
    for sigma_t, sigma_s in zip(sigmas, sigmas[1:]):
        kept = (1 + c * sigma_s * sigma_t) / (1 + sigma_t**2)
        variance = kept**2 * variance + (1 - c**2) * sigma_s**2
    return variance


def _wrong_recursion(step, start=lambda sigma: 1 + sigma**2):
    def recursion(sigmas, c):
        variance = start(sigmas[0])
        for sigma_t, sigma_s in zip(sigmas, sigmas[1:]):
            variance = step(variance, sigma_t, sigma_s, c)
        return variance

    return recursion


RECURSION = Exercise(
    id="05.5",
    title="What becomes of the variance",
    difficulty=3,
    minutes=12,
    points=3,
    reference=_recursion_reference,
    cases=lambda: (
        ([2.0, 0.0], 0.5),
        ([2.0, 1.0, 0.5, 0.0], 0.0),
        ([10.0, 3.0, 1.0, 0.3, 0.1, 0.0], 0.6),
        ([5.0, 2.0, 0.7, 0.2], 1.0),
    ),
    law=r"$V_s = k^2\, V_t + (1 - c^2)\, \sigma_s^2$ with $k = (1 + c\, \sigma_s \sigma_t) / (1 + \sigma_t^2)$, from $V_T = 1 + \sigma_T^2$",
    slips=(
        Slip(
            "factor not squared",
            _wrong_recursion(
                lambda v, t, s, c: (1 + c * s * t) / (1 + t * t) * v + (1 - c * c) * s * s
            ),
            r"$x_t$ is multiplied by $k$, so its variance by $k^2$.",
        ),
        Slip(
            "fresh noise forgotten",
            _wrong_recursion(lambda v, t, s, c: ((1 + c * s * t) / (1 + t * t)) ** 2 * v),
            r"The fresh noise adds $(1 - c^2)\, \sigma_s^2$ in every step.",
        ),
        Slip(
            "fresh share c",
            _wrong_recursion(
                lambda v, t, s, c: ((1 + c * s * t) / (1 + t * t)) ** 2 * v + (1 - c) * s * s
            ),
            r"The fresh part has the deviation $\sqrt{1 - c^2}$, and so the variance $1 - c^2$.",
        ),
        Slip(
            "old noise left out",
            _wrong_recursion(lambda v, t, s, c: v / (1 + t * t) ** 2 + (1 - c * c) * s * s),
            r"$x_t$ comes in twice: through $\hat x_0$, and through the old noise $(x_t - \hat x_0)/\sigma_t$, of which $c$ is kept.",
        ),
        Slip(
            "noise not inferred",
            _wrong_recursion(
                lambda v, t, s, c: ((1 + c * s * (1 + t * t) / t) / (1 + t * t)) ** 2 * v
                + (1 - c * c) * s * s
            ),
            r"The old noise is $(x_t - \hat x_0)/\sigma_t$, not $x_t / \sigma_t$.",
        ),
        Slip(
            "start without data",
            _wrong_recursion(
                lambda v, t, s, c: ((1 + c * s * t) / (1 + t * t)) ** 2 * v + (1 - c * c) * s * s,
                lambda sigma: sigma**2,
            ),
            r"At the start $x_T = x_0 + \sigma_T \varepsilon$ has the variance $1 + \sigma_T^2$.",
        ),
        Slip(
            "settled factor",
            _wrong_recursion(
                lambda v, t, s, c: ((1 + c * t * t) / (1 + t * t)) ** 2 * v + (1 - c * c) * s * s
            ),
            r"In $k$ the old noise is divided by $\sigma_t$ and multiplied by the *new* $\sigma_s$. With $\sigma_t$ twice it is the formula for tiny steps below.",
        ),
        Slip(
            "start at the data",
            _wrong_recursion(
                lambda v, t, s, c: ((1 + c * s * t) / (1 + t * t)) ** 2 * v + (1 - c * c) * s * s,
                lambda sigma: 1.0,
            ),
            r"The chain starts at $x_T$, which has the noise $\sigma_T$ in it: $1 + \sigma_T^2$.",
        ),
        Slip(
            "fresh noise of the old scale",
            _wrong_recursion(
                lambda v, t, s, c: ((1 + c * s * t) / (1 + t * t)) ** 2 * v + (1 - c * c) * t * t
            ),
            r"The fresh noise goes into $x_s$: its scale is $\sigma_s$.",
        ),
        Slip(
            "deviation returned",
            lambda sigmas, c: math.sqrt(_recursion_reference(sigmas, c)),
            "You returned the deviation. Asked for is the variance.",
        ),
    ),
    also_right=(
        _wrong_recursion(
            lambda v, t, s, c: (1 / (1 + t**2) + c * s / t * (1 - 1 / (1 + t**2))) ** 2 * v
            + s**2
            - (c * s) ** 2
        ),
        lambda sigmas, c: torch.tensor(_recursion_reference(sigmas, c)),
    ),
    praise="No sampling, no network: milliseconds, and exact.",
)


def _spread_reference(images, classes):
    rows, total = images.flatten(1), 0.0
    for k in classes.unique():
        own = rows[classes == k]
        total += ((own - own.mean(0)) ** 2).sum()
    return total / len(rows)


def _own(images, classes, k):
    own = images.flatten(1)[classes == k]
    return ((own - own.mean(0)) ** 2).sum()


def _spread_case(seed: int, n: int, *shape: int):
    x = _normal(seed, n, *shape)
    classes = torch.arange(n) % 3
    return x + 2.0 * classes.reshape(-1, *[1] * len(shape)) + (classes == 1).reshape(
        -1, *[1] * len(shape)
    ) * x, classes


SPREAD = Exercise(
    id="05.6",
    title="Diversity within a class",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_spread_reference,
    cases=lambda: (
        (torch.tensor([[0.0, 0.0], [2.0, 0.0], [5.0, 1.0], [6.0, 4.0], [7.0, 1.0]]), torch.tensor([1, 1, 12, 12, 12])),
        _spread_case(8, 10, 3),
        _spread_case(9, 8, 1, 4, 2),
    ),
    law=r"$\frac{1}{n} \sum_i |x_i - m_{c(i)}|^2$, where $m_c$ is the mean of class $c$",
    compare=close(),
    slips=(
        Slip(
            "one mean for all",
            lambda images, classes: (
                ((images - images.mean(0)).flatten(1) ** 2).sum(1).mean() + 0 * classes.sum()
            ),
            "You took off the mean of all images. Then the differences *between* classes count as diversity too.",
        ),
        Slip(
            "averaged over entries",
            lambda images, classes: _spread_reference(images, classes) / images[0].numel(),
            "You averaged over the entries of an image. The squared distance is their sum.",
        ),
        Slip(
            "mean of the classes",
            lambda images, classes: torch.stack(
                [
                    ((own - own.mean(0)) ** 2).sum(1).mean()
                    for own in (images.flatten(1)[classes == k] for k in classes.unique())
                ]
            ).mean(),
            "You averaged over classes. A small class then counts as much as a large one; average over images.",
        ),
        Slip(
            "between the classes",
            lambda images, classes: (
                ((images - images.mean(0)).flatten(1) ** 2).sum(1).mean()
                - _spread_reference(images, classes)
            ),
            "That is the variance *between* the class means. Asked for is what is left within the classes.",
        ),
        Slip(
            "labels counted",
            lambda x, classes: sum(_own(x, classes, c) for c in range(len(classes.unique()))) / len(x),
            "Labels need not be 0, 1, 2, ..., nor below ten: loop over `classes.unique()`.",
        ),
        Slip(
            "divided by n - 1",
            lambda images, classes: sum(
                len(own) * own.var(0).sum()
                for own in (images.flatten(1)[classes == k] for k in classes.unique())
            ) / len(images),
            "`var` divides by n - 1. Use `unbiased=False`, or square the distances yourself.",
        ),
        Slip(
            "one number for the mean",
            lambda images, classes: sum(
                ((own - own.mean()) ** 2).sum()
                for own in (images.flatten(1)[classes == k] for k in classes.unique())
            ) / len(images),
            "`mean()` averages over everything. The mean *image* of a class is `mean(0)`.",
        ),
        Slip(
            "distances not squared",
            lambda images, classes: sum(
                (own - own.mean(0)).norm(dim=1).sum()
                for own in (images.flatten(1)[classes == k] for k in classes.unique())
            ) / len(images),
            "You averaged the distances. Square them first.",
        ),
        Slip(
            "root taken",
            lambda images, classes: _spread_reference(images, classes).sqrt(),
            "That is a deviation. Asked for is the variance.",
        ),
        Slip(
            "summed over images",
            lambda images, classes: _spread_reference(images, classes) * len(images),
            "Divide by the number of images.",
        ),
    ),
    also_right=(
        lambda images, classes: (
            sum(
                ((images[i] - images[classes == classes[i]].mean(0)) ** 2).sum()
                for i in range(len(images))
            )
            / len(images)
        ),
    ),
    praise="A sampler that draws ten pictures over and over scores 0 here.",
)

EXERCISES = (ETA, COEFFICIENTS, SDE, VARIANCE, RECURSION, SPREAD)
