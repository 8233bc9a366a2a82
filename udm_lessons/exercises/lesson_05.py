"""The exercises of lesson 05: one step, its famous settings, and what a plugged-in mean costs."""

from __future__ import annotations

import math

import torch

from .compare import close
from .draws import normal
from .exercise import Exercise, Slip


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
        (0.6, 0.8, 1.0, 0.0, 0.7),  # the end of a chain
    ),
    law=r"$\tilde\sigma = \eta \sqrt{1 - \text{SNR}_t / \text{SNR}_s}$",
    slips=(
        Slip("divided by zero", lambda a, b, c, d, eta: eta * math.sqrt(1 - (a / b) ** 2 / (c / d) ** 2),
            r"Right, until the last step: there $\sigma_s = 0$. Write the ratio as one fraction, with $\sigma_s$ above.",
        ),
        Slip("eta under the root", lambda a, b, c, d, eta: math.sqrt(eta * (1 - _ratio(a, b, c, d))),
            r"$\eta$ scales the deviation, so it stands outside the root (or squared inside).",
        ),
        Slip(
            "ratio not squared",
            lambda a, b, c, d, eta: eta * math.sqrt(1 - math.sqrt(_ratio(a, b, c, d))),
            r"The SNR is $\alpha^2/\sigma^2$. You took the ratio of the scales without squaring it.",
        ),
        Slip("the kept share", lambda a, b, c, d, eta: eta * math.sqrt(_ratio(a, b, c, d)),
            r"That is the share of noise which is *kept*. $\tilde\sigma$ belongs to the fresh noise: take its square from 1.",
        ),
        Slip("variance returned", lambda a, b, c, d, eta: eta**2 * (1 - _ratio(a, b, c, d)),
            r"That is $\tilde\sigma^2$. Asked for is the deviation $\tilde\sigma$.",
        ),
        Slip("deviation in x_s", lambda a, b, c, d, eta: d * eta * math.sqrt(1 - _ratio(a, b, c, d)),
            r"That is the deviation of the noise in $x_s$, which is called $\sigma$ in the DDIM paper. Leave out $\sigma_s$: "
            r"$\tilde\sigma$ is the share of fresh noise.",
        ),
        Slip("eta squared", lambda a, b, c, d, eta: eta**2 * math.sqrt(1 - _ratio(a, b, c, d)),
            r"$\eta$ enters the deviation once. Only in the variance it is squared.",
        ),
        Slip("root forgotten", lambda a, b, c, d, eta: eta * (1 - _ratio(a, b, c, d)),
            r"The root is missing: $1 - \text{SNR}_t / \text{SNR}_s$ is a variance, and $\eta$ scales its deviation.",
        ),
        Slip("eta forgotten", lambda a, b, c, d, eta: math.sqrt(1 - _ratio(a, b, c, d)) + 0 * eta,
            r"That is DDPM's deviation, right at $\eta = 1$ only. Let $\eta$ scale it.",
        ),
        Slip("knob turned round", lambda a, b, c, d, eta: (1 - eta) * math.sqrt(1 - _ratio(a, b, c, d)),
            r"The knob runs the wrong way: no fresh noise at $\eta = 0$, all that of DDPM at $\eta = 1$.",
        ),
        Slip("signal only", lambda a, b, c, d, eta: eta * math.sqrt(1 - (a / c) ** 2),
            r"You took the ratio of the signals. The SNR also has the noise: divide each $\alpha$ by its $\sigma$.",
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


def _with_share(alpha_t, sigma_t, alpha_s, sigma_s, sigma, share):
    """The three numbers if `share` of the old noise were kept."""
    c_t = share * sigma_s / sigma_t
    return alpha_s - alpha_t * c_t, c_t, sigma_s * sigma


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
        Slip("old signal left in", lambda a, b, c, d, s: (c, *_coefficients_reference(a, b, c, d, s)[1:]),
            r"$\hat x_0$ appears twice: in $\alpha_s \hat x_0$, and with a minus sign inside the inferred noise.",
        ),
        Slip("sign", lambda a, b, c, d, s: _with_share(-a, b, c, d, s, math.sqrt(1 - s**2)),
            r"The inferred noise is $(x_t - \alpha_t \hat x_0)/\sigma_t$: the part with $\hat x_0$ has a minus sign.",
        ),
        Slip("share for its square", lambda a, b, c, d, s: _with_share(a, b, c, d, s, 1 - s),
            r"The share of old noise is $\sqrt{1 - \tilde\sigma^2}$: variances add up, not deviations.",
        ),
        Slip(
            "not divided by sigma_t",
            lambda a, b, c, d, s: _with_share(a, 1, c, d, s, math.sqrt(1 - s**2)),
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
            r"The fresh noise is a part of the bracket, and the whole bracket is multiplied by $\sigma_s$.",
        ),
        Slip("order", lambda a, b, c, d, s: (*_coefficients_reference(a, b, c, d, s)[1::-1], d * s),
            r"The first two have changed places: first the number before $\hat x_0$, then the one before $x_t$.",
        ),
        Slip("root of the rest", lambda a, b, c, d, s: _with_share(a, b, c, d, s, math.sqrt(1 - s)),
            r"Under the root of the old noise stands $1 - \tilde\sigma^2$. You forgot to square $\tilde\sigma$.",
        ),
        Slip("variance of the rest", lambda a, b, c, d, s: _with_share(a, b, c, d, s, 1 - s**2),
            r"$1 - \tilde\sigma^2$ is the variance of the old noise in the bracket. Its factor is the root of that.",
        ),
        Slip(
            "old noise not scaled",
            lambda a, b, c, d, s: (*_with_share(a, b, c, 1, s, math.sqrt(1 - s**2))[:2], d * s),
            r"The old noise is multiplied by $\sigma_s$ as well, like the fresh one.",
        ),
        Slip(
            "alpha_t forgotten",
            lambda a, b, c, d, s: (_coefficients_reference(1, b, c, d, s)[0], *_coefficients_reference(a, b, c, d, s)[1:]),
            r"In the inferred noise $\hat x_0$ has the factor $\alpha_t$. It is missing in your first number.",
        ),
        Slip(
            "sigma of the DDIM paper",
            lambda a, b, c, d, s: (*_with_share(a, b, c, 1, s, math.sqrt(d**2 - s**2))[:2], s),
            r"In the DDIM paper $\sigma$ is the deviation of the noise in $x_s$. Here `sigma` is a share of it: $\tilde\sigma$, from 0 to 1.",
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
        (normal(0, 4, 3), normal(1, 4, 3), normal(2, 4, 3), 0.7, 0.25, normal(3, 4, 3)),
        (normal(4, 2, 5), normal(5, 2, 5), normal(6, 2, 5), 3.0, 0.01, normal(7, 2, 5)),
    ),
    law=r"$x_{t-h} = x_t - v h + u h + \gamma \sqrt{h}\, \xi$ with $\nabla \cdot (u\, p) = \frac{1}{2} \gamma^2 \Delta p$",
    slips=(
        Slip(
            "time runs forward",
            lambda x, v, sc, g, h, xi: x + (v - g**2 / 2 * sc) * h + g * math.sqrt(h) * xi,
            r"You went forward in time. Going back by $h$, the velocity is subtracted and the pull of the score added.",
        ),
        Slip(
            "sign of the score",
            lambda x, v, sc, g, h, xi: x - (v + g**2 / 2 * sc) * h + g * math.sqrt(h) * xi,
            "The sign of the score is turned. Fresh noise spreads the points, so the score, which points to where data is likely, "
            "is added. (If you opened a bracket: the minus before it stands before both parts.)",
        ),
        Slip("half missing", lambda x, v, sc, g, h, xi: x - (v - g**2 * sc) * h + g * math.sqrt(h) * xi,
            r"A half is missing: the density changes by $\frac{1}{2} \gamma^2 h\, \Delta p$. (The formula with $g^2$ and no half has the drift "
            r"$f$ of the forward SDE in place of $v$, and $v$ contains half a score already.)",
        ),
        Slip("noise of scale h", lambda x, v, sc, g, h, xi: x - (v - g**2 / 2 * sc) * h + g * h * xi,
            r"The noise of a short time $h$ has the deviation $\sqrt{h}$.",
        ),
        Slip(
            "gamma not squared",
            lambda x, v, sc, g, h, xi: x - (v - g / 2 * sc) * h + g * math.sqrt(h) * xi,
            r"In the pull stands $\gamma^2$, the variance of the noise per unit of time.",
        ),
        Slip("no noise", lambda x, v, sc, g, h, xi: x - (v - g**2 / 2 * sc) * h,
            r"Velocity and pull are right, but the fresh noise $\gamma \sqrt{h}\, \xi$ is missing.",
        ),
        Slip(
            "score not scaled by h",
            lambda x, v, sc, g, h, xi: x - v * h + g**2 / 2 * sc + g * math.sqrt(h) * xi,
            r"The pull acts for a time $h$ too, like the velocity.",
        ),
        Slip(
            "nothing scaled by h",
            lambda x, v, sc, g, h, xi: x - (v - g**2 / 2 * sc) + g * math.sqrt(h) * xi,
            r"Velocity and pull are rates. In a time $h$ they move the point by $h$ times as much.",
        ),
        Slip(
            "half squared",
            lambda x, v, sc, g, h, xi: x - (v - (g / 2) ** 2 * sc) * h + g * math.sqrt(h) * xi,
            r"You squared the half as well. It stands outside the square of $\gamma$.",
        ),
        Slip(
            "variance before the noise",
            lambda x, v, sc, g, h, xi: x - (v - g**2 / 2 * sc) * h + g**2 * h * xi,
            r"$\gamma^2 h$ is the variance of the noise. Before $\xi$ stands its deviation.",
        ),
        Slip(
            "noise subtracted",
            lambda x, v, sc, g, h, xi: x - (v - g**2 / 2 * sc) * h - g * math.sqrt(h) * xi,
            r"Add the noise. In law $-\xi$ would do as well, but the comparison below needs the same $\xi$ in both steps.",
        ),
        Slip(
            "noise of your own",
            lambda x, v, sc, g, h, xi: (
                x - (v - g**2 / 2 * sc) * h + g * math.sqrt(h) * torch.randn_like(x)
            ),
            "You drew new noise. The noise is given, as `xi`.",
        ),
    ),
    also_right=(
        lambda x, v, sc, g, h, xi: torch.add(x - v * h, sc, alpha=g * g * h / 2) + g * h**0.5 * xi,
    ),
    praise=r"The pull is $u = \frac{1}{2} \gamma^2 \nabla \log p_t$. At $\gamma = 0$ this is the probability-flow ODE.",
)


def _variance_reference(alpha_t, sigma_t, alpha_s, sigma_s, sigma, sigma_bar_squared):
    c_0, _, d = _coefficients_reference(alpha_t, sigma_t, alpha_s, sigma_s, sigma)
    return d**2 + c_0**2 * sigma_bar_squared


def _from_x0(alpha_t, sigma_t, alpha_s, sigma_s, sigma, left):
    return _coefficients_reference(alpha_t, sigma_t, alpha_s, sigma_s, sigma)[0] ** 2 * left


VARIANCE = Exercise(
    id="05.4",
    title="Two sources of variance",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_variance_reference,
    cases=lambda: tuple(
        (*scales, sigma, left)
        for scales, sigma, left in zip(_SCALES, (0.28, 0.3, 0.9), (0.25, 0.6, 2.0))
    ),
    law=r"On average over $x_t$, $\text{Var}[x_s \mid x_t] = d^2 + c_0^2\, \bar\sigma_t^2$ with $d = \sigma_s \tilde\sigma$ and "
    r"$c_0 = \alpha_s - \alpha_t \sigma_s \sqrt{1 - \tilde\sigma^2} / \sigma_t$",
    slips=(
        Slip("fresh noise only", lambda a, b, c, d, s, left: (d * s) ** 2 + 0 * left,
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
        Slip("alpha_s for c_0", lambda a, b, c, d, s, left: (d * s) ** 2 + c**2 * left,
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
        Slip("share for deviation", lambda a, b, c, d, s, left: s**2 + _from_x0(a, b, c, d, s, left),
            r"The fresh noise in $x_s$ has the deviation $d = \sigma_s \tilde\sigma$. You left out $\sigma_s$.",
        ),
        Slip("d not squared", lambda a, b, c, d, s, left: d * s + _from_x0(a, b, c, d, s, left),
            r"$d$ is a deviation. Its square is the variance of the fresh noise.",
        ),
        Slip("x0 only", lambda a, b, c, d, s, left: _from_x0(a, b, c, d, s, left),
            r"That is the part of $x_0$ alone. The fresh noise adds its own variance.",
        ),
        Slip("root taken", lambda a, b, c, d, s, left: math.sqrt(_variance_reference(a, b, c, d, s, left)),
            "You took the root at the end. Asked for is the variance.",
        ),
        Slip("factor 1", lambda a, b, c, d, s, left: (d * s) ** 2 + left,
            r"$x_0$ does not come through whole: it has the factor $c_0$ in the step.",
        ),
        Slip(
            "sum squared",
            lambda a, b, c, d, s, left: (d * s + math.sqrt(_from_x0(a, b, c, d, s, left))) ** 2,
            "You squared a sum of deviations. For independent parts the mixed term is 0.",
        ),
    ),
    also_right=(
        lambda a, b, c, d, s, left: (
            d * d * s * s + left * (c - a * d * math.sqrt(1 - s * s) / b) ** 2
        ),
    ),
    praise="DDPM's two variances are the two extremes of this one.",
)


def _recursion_reference(sigmas, rho):
    variance = 1 + sigmas[0] ** 2
    for sigma_t, sigma_s in zip(sigmas, sigmas[1:]):
        kept = (1 + rho * sigma_s * sigma_t) / (1 + sigma_t**2)
        variance = kept**2 * variance + (1 - rho**2) * sigma_s**2
    return variance


def _recursion(
    k=lambda t, s, rho: (1 + rho * s * t) / (1 + t * t),
    fresh=lambda t, s, rho: (1 - rho * rho) * s * s,
    start=lambda sigma: 1 + sigma**2,
    step=lambda k, v, t: k * k * v,
    steps=None,
):
    """The recursion with some part of it replaced."""

    def answer(sigmas, rho):
        variance = start(sigmas[0])
        for t, s in list(zip(sigmas, sigmas[1:]))[:steps]:
            variance = step(k(t, s, rho), variance, t) + fresh(t, s, rho)
        return variance

    return answer


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
    law=r"$V_s = k^2\, V_t + (1 - \rho^2)\, \sigma_s^2$ with $k = (1 + \rho\, \sigma_s \sigma_t) / (1 + \sigma_t^2)$, from $V_T = 1 + \sigma_T^2$",
    slips=(
        Slip("factor not squared", _recursion(step=lambda k, v, t: k * v),
            r"$x_t$ is multiplied by $k$, so its variance by $k^2$.",
        ),
        Slip("fresh noise forgotten", _recursion(fresh=lambda t, s, rho: 0),
            r"The fresh noise adds $(1 - \rho^2)\, \sigma_s^2$ in every step.",
        ),
        Slip("fresh share rho", _recursion(fresh=lambda t, s, rho: (1 - rho) * s * s),
            r"The fresh part has the deviation $\sqrt{1 - \rho^2}$, and so the variance $1 - \rho^2$.",
        ),
        Slip("difference squared", _recursion(fresh=lambda t, s, rho: (1 - rho) ** 2 * s * s),
            r"Variances add: the fresh part has what $\rho^2$ leaves of 1, and not the square of what $\rho$ leaves.",
        ),
        Slip(
            "deviation of the fresh noise",
            _recursion(fresh=lambda t, s, rho: math.sqrt(1 - rho * rho) * s),
            r"You added the deviation of the fresh noise. Add its variance.",
        ),
        Slip("sigma_s not squared", _recursion(fresh=lambda t, s, rho: (1 - rho * rho) * s),
            r"The fresh noise has the factor $\sigma_s$, so its variance has $\sigma_s^2$.",
        ),
        Slip("fresh noise of sigma_t", _recursion(fresh=lambda t, s, rho: (1 - rho * rho) * t * t),
            r"The fresh noise is part of $x_s$ and scaled by $\sigma_s$. You took $\sigma_t$.",
        ),
        Slip("old noise left out", _recursion(k=lambda t, s, rho: 1 / (1 + t * t)),
            r"$x_t$ comes in twice: through $\hat x_0$, and through the old noise $(x_t - \hat x_0)/\sigma_t$, of which $\rho$ is kept.",
        ),
        Slip("noise not inferred", _recursion(k=lambda t, s, rho: 1 / (1 + t * t) + rho * s / t),
            r"The old noise is $(x_t - \hat x_0)/\sigma_t$, not $x_t / \sigma_t$.",
        ),
        Slip("settled at sigma_t", _recursion(k=lambda t, s, rho: (1 + rho * t * t) / (1 + t * t)),
            r"That $k$ holds in the limit $\sigma_s \to \sigma_t$ only. In a step of any length one $\sigma_t$ becomes $\sigma_s$.",
        ),
        Slip("settled at sigma_s", _recursion(k=lambda t, s, rho: (1 + rho * s * s) / (1 + s * s)),
            r"You put $\sigma_s$ everywhere in $k$. The guess is $x_t / (1 + \sigma_t^2)$, and the noise is inferred with $\sigma_t$.",
        ),
        Slip("start without data", _recursion(start=lambda sigma: sigma**2),
            r"At the start $x_T = x_0 + \sigma_T \varepsilon$ has the variance $1 + \sigma_T^2$.",
        ),
        Slip("start without noise", _recursion(start=lambda sigma: 1),
            r"You started with the variance of the data. $x_T$ also holds the noise, $\sigma_T^2$.",
        ),
        Slip("deviations added at the start", _recursion(start=lambda sigma: (1 + sigma) ** 2),
            r"In $x_T$ data and noise are independent: add the variances, not the deviations.",
        ),
        Slip("one step only", _recursion(steps=1),
            "You return after the first step. Move `return` out of the loop.",
        ),
        Slip("variance not carried on", _recursion(step=lambda k, v, t: k * k * (1 + t * t)),
            r"You gave each step the true variance $1 + \sigma_t^2$. The chain hands on its own, which is smaller.",
        ),
        Slip("deviation returned", lambda sigmas, rho: math.sqrt(_recursion_reference(sigmas, rho)),
            "You returned the deviation. Asked for is the variance.",
        ),
    ),
    also_right=(
        _recursion(
            k=lambda t, s, rho: 1 / (1 + t**2) + rho * s / t * (1 - 1 / (1 + t**2)),
            fresh=lambda t, s, rho: s**2 - (rho * s) ** 2,
        ),
        lambda sigmas, rho: torch.tensor(_recursion_reference(sigmas, rho)),
    ),
    praise="No sampling, no network: milliseconds, and exact.",
)


def _spread_reference(images, classes):
    rows, total = images.flatten(1), 0.0
    for k in classes.unique():
        own = rows[classes == k]
        total += ((own - own.mean(0)) ** 2).sum()
    return total / len(rows)


def _by_class(spread, labels=lambda classes: classes.unique(), divide=True):
    """The sum of `spread(rows of a class)` over the classes, divided by the number of images."""

    def answer(images, classes):
        parts = [spread(images.flatten(1)[classes == k]) for k in labels(classes)]
        return sum(parts) / (len(images) if divide else 1)

    return answer


def _squares(own):
    return ((own - own.mean(0)) ** 2).sum(1)


def _spread_case(seed: int, n: int, *shape: int):
    x, classes = normal(seed, n, *shape), torch.arange(n) % 3
    column = classes.reshape(-1, *[1] * len(shape))
    return x + 2.0 * column + (column == 1) * x, classes


SPREAD = Exercise(
    id="05.6",
    title="Diversity within a class",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_spread_reference,
    cases=lambda: (
        (
            torch.tensor([[0.0, 0.0], [2.0, 0.0], [4.0, 3.0], [5.0, 1.0], [5.0, 4.0]]),
            torch.tensor([3, 3, 3, 12, 12]),
        ),
        _spread_case(8, 10, 3),
        _spread_case(9, 8, 1, 4, 2),
    ),
    law=r"$\frac{1}{n} \sum_i |x_i - m_{c(i)}|^2$, where $m_c$ is the mean of class $c$",
    compare=close(),
    slips=(
        Slip(
            "one mean for all",
            lambda images, classes: _squares(images.flatten(1)).mean() + 0 * classes.sum(),
            "You took off the mean of all images. Then the differences *between* classes count as diversity too.",
        ),
        Slip(
            "averaged over entries",
            lambda images, classes: _spread_reference(images, classes) / images[0].numel(),
            "You averaged over the entries of an image. The squared distance is their sum.",
        ),
        Slip(
            "mean of the classes",
            lambda images, classes: (
                _by_class(lambda own: _squares(own).mean(), divide=False)(images, classes)
                / len(classes.unique())
            ),
            "You averaged over classes. A small class then counts as much as a large one; average over images.",
        ),
        Slip("classes added", _by_class(lambda own: _squares(own).mean(), divide=False),
            "You added up one mean for each class. Add the squared distances of all images, and divide once, by their number.",
        ),
        Slip(
            "between the classes",
            lambda images, classes: (
                _squares(images.flatten(1)).mean() - _spread_reference(images, classes)
            ),
            "That is the variance *between* the class means. Asked for is what is left within the classes.",
        ),
        Slip(
            "labels counted from 0",
            _by_class(lambda own: _squares(own).sum(), lambda classes: range(len(classes.unique()))),
            "Labels need not be 0 to k - 1. Loop over `classes.unique()`.",
        ),
        Slip("ten labels", _by_class(lambda own: _squares(own).sum(), lambda classes: range(10)),
            "Labels need not be digits; one here is above 9. Loop over `classes.unique()`.",
        ),
        Slip("one number for a mean", _by_class(lambda own: ((own - own.mean()) ** 2).sum()),
            "`own.mean()` is one number for all pixels. The mean image is `own.mean(0)`, over the images only.",
        ),
        Slip("divided by n - 1", _by_class(lambda own: len(own) * own.var(0).sum()),
            "`var` divides by one less than the number of images, and by 0 for a single one. Use `unbiased=False`.",
        ),
        Slip("distance not squared", _by_class(lambda own: _squares(own).sqrt().sum()),
            "You averaged the distances. Square them first.",
        ),
        Slip("root taken", lambda images, classes: _spread_reference(images, classes).sqrt(),
            "That is a deviation. Asked for is the variance.",
        ),
        Slip("summed over images", _by_class(lambda own: _squares(own).sum(), divide=False),
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
        _by_class(lambda own: own.var(0, unbiased=False).sum() * len(own)),
    ),
    praise="A sampler that draws ten pictures over and over scores 0 here.",
)

EXERCISES = (ETA, COEFFICIENTS, SDE, VARIANCE, RECURSION, SPREAD)
