"""The exercises of lesson 09: conditional targets, what they cost, and flows that are one flow."""

from __future__ import annotations

import math

import torch

from .compare import close
from .draws import normal
from .exercise import Exercise, Slip


# alpha, sigma, alpha', sigma'; no pair of scales sums to one, one lies on the circle.
_SCALES = ((0.75, 0.5, -1.5, 0.8), (0.6, 0.8, -2.0, 1.5), (1.0, 3.0, 0.0, 4.0))


def _pairs(*tails):
    """x and x0 as a row of two, 4x3 and 2x5, each with the numbers of one tail."""
    rows = (torch.tensor([[2.0, -1.0]]), torch.tensor([[1.0, 3.0]]))
    return tuple(zip((rows, (normal(0, 4, 3), normal(1, 4, 3)), (normal(2, 2, 5), normal(3, 2, 5))), tails))


def _score_reference(x, x0, alpha, sigma):
    return -(x - alpha * x0) / sigma**2


SCORE = Exercise(
    id="09.1",
    title="The score, given x0",
    difficulty=1,
    minutes=5,
    points=1,
    reference=_score_reference,
    cases=lambda: tuple((*xs, *tail) for xs, tail in _pairs(*(s[:2] for s in _SCALES))),
    law=r"$\nabla_x \log N(x;\, \alpha x_0,\, \sigma^2 I) = (\alpha x_0 - x) / \sigma^2$",
    slips=(
        Slip(
            "sign",
            lambda x, x0, a, s: (x - a * x0) / s**2,
            "The sign is turned. The score points to where the density is higher, that is towards the mean.",
        ),
        Slip(
            "deviation for variance",
            lambda x, x0, a, s: -(x - a * x0) / s,
            r"In the exponent stands the variance $\sigma^2$. You divided by the deviation $\sigma$.",
        ),
        Slip(
            "noise",
            lambda x, x0, a, s: (x - a * x0) / s,
            r"That is the noise $\varepsilon$. The score is $-\varepsilon / \sigma$.",
        ),
        Slip(
            "alpha forgotten",
            lambda x, x0, a, s: -(x - x0) / s**2,
            r"The mean of $x$ given $x_0$ is $\alpha x_0$, not $x_0$.",
        ),
        Slip(
            "slope in x0",
            lambda x, x0, a, s: a * (x - a * x0) / s**2,
            r"That is the slope in $x_0$. Asked for is the slope in $x$; its inner derivative is 1.",
        ),
        Slip(
            "half left",
            lambda x, x0, a, s: -(x - a * x0) / (2 * s**2),
            r"The square brings down a 2, which cancels the 2 of $2 \sigma^2$.",
        ),
        Slip(
            "mean forgotten",
            lambda x, x0, a, s: -x / s**2 + 0 * x0,
            r"That is the score of a normal law around 0. Ours is centred at $\alpha x_0$.",
        ),
        Slip(
            "two left",
            lambda x, x0, a, s: -2 * (x - a * x0) / s**2,
            r"The 2 of the square cancels the 2 of $2 \sigma^2$. You left it standing.",
        ),
        Slip(
            "log-density",
            lambda x, x0, a, s: -((x - a * x0) ** 2) / (2 * s**2),
            "That is the log-density itself. Asked for is its slope.",
        ),
        Slip(
            "precedence",
            lambda x, x0, a, s: -(x - a * x0) / 2 * s**2,
            r"`/ 2 * sigma**2` divides by 2 and then *multiplies*. And the 2 cancels anyway.",
        ),
    ),
    also_right=(
        lambda x, x0, a, s: torch.sub(a * x0, x) * s**-2,
        lambda x, x0, a, s: -((x - a * x0) / s) / s,
    ),
    praise="One line, and no integral.",
)


def _gap_reference(alpha, sigma, sigma_bar_squared, d):
    return -d * alpha**2 / sigma**4 * sigma_bar_squared


GAP = Exercise(
    id="09.2",
    title="What the trick costs",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_gap_reference,
    cases=lambda: ((0.75, 0.5, 0.25, 1), (0.6, 0.8, 0.3, 3), (1.0, 3.0, 2.0, 64)),
    law=r"$J_{SM} - J_{DSM} = -E \left|\frac{\alpha}{\sigma^2} (x_0 - E[x_0 | x_t])\right|^2$, and $E|x_0 - E[x_0|x_t]|^2 = d\, \bar\sigma^2$",
    slips=(
        Slip(
            "sign",
            lambda a, s, left, d: d * a**2 / s**4 * left,
            r"The sign is turned. The conditional target scatters about its mean, so $J_{DSM}$ is the larger one.",
        ),
        Slip(
            "alpha not squared",
            lambda a, s, left, d: -d * a / s**4 * left,
            r"The factor $\alpha/\sigma^2$ stands inside a square: $\alpha$ must be squared too.",
        ),
        Slip(
            "sigma not squared",
            lambda a, s, left, d: -d * a**2 / s**2 * left,
            r"The factor $\alpha/\sigma^2$ stands inside a square: $\sigma^2$ must be squared too.",
        ),
        Slip(
            "one coordinate",
            lambda a, s, left, d: -(a**2) / s**4 * left + 0 * d,
            r"$\bar\sigma^2$ is per coordinate, and the losses sum over all $d$ of them.",
        ),
        Slip(
            "variance squared",
            lambda a, s, left, d: -d * a**2 / s**4 * left**2,
            r"`sigma_bar_squared` is a variance already.",
        ),
        Slip(
            "no mean subtracted",
            lambda a, s, left, d: -d / s**2 + 0 * a * left,
            r"That is the size of the conditional score itself. What counts is its distance from its mean given $x_t$.",
        ),
        Slip(
            "factor not squared at all",
            lambda a, s, left, d: -d * a / s**2 * left,
            r"A factor before a random variable enters its variance squared.",
        ),
        Slip(
            "deviation of x0",
            lambda a, s, left, d: -d * a**2 / s**4 * math.sqrt(left),
            r"You took the root of `sigma_bar_squared`. A variance is what enters.",
        ),
        Slip(
            "sign and dimension",
            lambda a, s, left, d: a**2 / s**4 * left + 0 * d,
            r"Two things: the sign, for $J_{DSM}$ is the larger one, and the $d$ coordinates, over which the losses sum.",
        ),
    ),
    also_right=(
        lambda a, s, left, d: -((a / s**2) ** 2) * (left * d),
        lambda a, s, left, d: torch.tensor(-left * d * a * a / (s * s) ** 2),
    ),
    praise="Negative for every guess, and the same for every guess.",
)


def _velocity_reference(x, x0, alpha, sigma, d_alpha, d_sigma):
    return d_alpha * x0 + d_sigma / sigma * (x - alpha * x0)


VELOCITY = Exercise(
    id="09.3",
    title="The velocity, given x0",
    difficulty=2,
    minutes=7,
    points=2,
    reference=_velocity_reference,
    cases=lambda: tuple((*xs, *tail) for xs, tail in _pairs(*_SCALES)),
    law=r"$v(x \mid x_0) = \alpha' x_0 + \sigma' \varepsilon$ with $\varepsilon = (x - \alpha x_0) / \sigma$",
    slips=(
        Slip(
            "noise not divided",
            lambda x, x0, a, s, da, ds: da * x0 + ds * (x - a * x0),
            r"$x - \alpha x_0$ is $\sigma \varepsilon$. Divide by $\sigma$ to have the noise.",
        ),
        Slip(
            "signal left in",
            lambda x, x0, a, s, da, ds: da * x0 + ds / s * x,
            r"$x / \sigma$ is not the noise: take the signal $\alpha x_0$ away first.",
        ),
        Slip(
            "sign of the noise",
            lambda x, x0, a, s, da, ds: da * x0 - ds / s * (x - a * x0),
            r"The second term has a plus sign: $\sigma'$ says how fast the noise grows.",
        ),
        Slip(
            "alpha for its slope",
            lambda x, x0, a, s, da, ds: a * x0 + ds / s * (x - a * x0),
            r"Before $x_0$ stands the derivative $\alpha'$, not $\alpha$.",
        ),
        Slip(
            "sigma for its slope",
            lambda x, x0, a, s, da, ds: da * x0 + (x - a * x0) + 0 * ds,
            r"Before the noise stands $\sigma'$. With $\sigma$ itself the division cancels.",
        ),
        Slip(
            "x0 fixed, not moving",
            lambda x, x0, a, s, da, ds: ds / s * (x - a * x0) + 0 * da,
            r"The signal moves as well: its share of the velocity is $\alpha' x_0$.",
        ),
        Slip(
            "alpha forgotten",
            lambda x, x0, a, s, da, ds: da * x0 + ds / s * (x - x0),
            r"In $x$ there is $\alpha x_0$, not $x_0$.",
        ),
        Slip(
            "x for the noise",
            lambda x, x0, a, s, da, ds: da * x0 + ds * x,
            r"$x$ is not the noise. It is $\alpha x_0 + \sigma \varepsilon$: solve for $\varepsilon$.",
        ),
        Slip(
            "score for the noise",
            lambda x, x0, a, s, da, ds: da * x0 - ds * (x - a * x0) / s**2,
            r"You put the score in the place of the noise. The noise is $-\sigma$ times the score.",
        ),
        Slip(
            "straight line",
            lambda x, x0, a, s, da, ds: (x - a * x0) / s - x0 + 0 * da * ds,
            r"That is $\varepsilon - x_0$, the velocity on the straight line. The schedule here is any.",
        ),
        Slip(
            "reversed",
            lambda x, x0, a, s, da, ds: -(da * x0 + ds / s * (x - a * x0)),
            "The whole has the wrong sign. The velocity is the derivative for growing $t$, from data to noise.",
        ),
    ),
    also_right=(
        lambda x, x0, a, s, da, ds: ds / s * x + (da * s - a * ds) / s * x0,
        lambda x, x0, a, s, da, ds: torch.add(da * x0, (x - a * x0) / s, alpha=ds),
    ),
    praise="Also linear in $x_0$, like the score.",
)


def _match_reference(alpha, sigma):
    return sigma / (alpha + sigma), alpha + sigma


MATCH = Exercise(
    id="09.4",
    title="The same point on the straight line",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_match_reference,
    cases=lambda: ((0.75, 0.5), (0.6, 0.8), (1.0, 3.0), (0.2, 0.05), (1.0, 0.0), (0.0, 0.7)),
    law=r"$\alpha = c\, (1 - \tau)$ and $\sigma = c\, \tau$",
    slips=(
        Slip(
            "scale inverted",
            lambda a, s: (s / (a + s), 1 / (a + s)),
            r"The scale is inverted. It multiplies the point of the straight line: $x_t = c\, \tilde x_\tau$.",
        ),
        Slip(
            "ratio as time",
            lambda a, s: (s / a, a + s),
            r"You set $\tau = \sigma / \alpha$. But on the line the ratio is $\tau / (1 - \tau)$; solve that for $\tau$.",
        ),
        Slip(
            "share of the signal",
            lambda a, s: (a / (a + s), a + s),
            r"That is $1 - \tau$. On the line $\tau$ is the share of the *noise*.",
        ),
        Slip(
            "circle",
            lambda a, s: (s / (a + s), math.sqrt(a * a + s * s)),
            r"That scale belongs to a circle. On the line $(1 - \tau) + \tau = 1$, without squares.",
        ),
        Slip(
            "squares",
            lambda a, s: (s**2 / (a**2 + s**2), a + s),
            r"The SNR has squares on both sides; take the root before you solve for $\tau$.",
        ),
        Slip(
            "order",
            lambda a, s: (a + s, s / (a + s)),
            r"Time and scale have changed places: first $\tau$, then $c$.",
        ),
        Slip(
            "no scale",
            lambda a, s: (s / (a + s), 1.0),
            r"The time is right, but the two points differ in scale. Add the two equations to find $c$.",
        ),
        Slip(
            "divided by sigma",
            lambda a, s: (1 / (1 + a / s), a + s),
            r"Right, but at the clean end $\sigma = 0$. Write $\tau$ as one fraction, and find $c$ by adding the two equations.",
        ),
        Slip(
            "divided by alpha at an end",
            lambda a, s: (s / (a + s), a / (1 - s / (a + s))),
            r"Right, but at the noisy end $\alpha = 0$. Add the two equations: then nothing is divided.",
        ),
        Slip(
            "the circle",
            lambda a, s: (s**2 / (a**2 + s**2), math.sqrt(a * a + s * s)),
            r"Time and scale are made with squares, as on a circle. On the line $(1 - \tau) + \tau = 1$, without squares.",
        ),
    ),
    also_right=(
        lambda a, s: torch.tensor([s, (a + s) ** 2]) / (a + s),
        lambda a, s: [1 - a / (a + s), a + s],
    ),
    praise="Every schedule is the straight line, seen with another clock and another zoom.",
)


def _bent(x, t):
    """Some field with no symmetry."""
    return torch.tanh(x) + 0.5 * x + t


def _steep(x, t):
    return x**2 - 2 * t


def _carry_reference(model, x, tau, c, d_c, d_tau):
    return d_c / c * x + c * d_tau * model(x / c, tau)


CARRY = Exercise(
    id="09.5",
    title="A velocity from another schedule",
    difficulty=3,
    minutes=10,
    points=3,
    reference=_carry_reference,
    cases=lambda: (
        (_bent, torch.tensor([[2.0, -1.0]]), 0.25, 2.0, 0.5, 1.5),
        (_steep, normal(4, 4, 3), 0.7, 0.8, -0.6, 0.4),
        (_bent, normal(5, 2, 5), 0.4, 3.0, 2.0, 0.3),
    ),
    law=r"$\frac{d}{dt}\, c(t)\, \tilde x_{\tau(t)}$ by the product rule and the chain rule, with $\tilde x = x / c$",
    slips=(
        Slip(
            "no stretch",
            lambda m, x, tau, c, dc, dtau: c * dtau * m(x / c, tau) + 0 * dc,
            r"The scale $c$ changes in time as well: the product rule has a second term.",
        ),
        Slip(
            "clock forgotten",
            lambda m, x, tau, c, dc, dtau: dc / c * x + c * m(x / c, tau) + 0 * dtau,
            r"$\tilde x$ moves by the clock $\tau$. By the chain rule its velocity takes the factor $\tau'$.",
        ),
        Slip(
            "clock inverted",
            lambda m, x, tau, c, dc, dtau: dc / c * x + c / dtau * m(x / c, tau),
            r"The chain rule multiplies by $\tau'$. You divided.",
        ),
        Slip(
            "scale forgotten",
            lambda m, x, tau, c, dc, dtau: dc / c * x + dtau * m(x / c, tau),
            r"A velocity scales as a point does: the velocity of $\tilde x$ must be multiplied by $c$.",
        ),
        Slip(
            "scale inverted",
            lambda m, x, tau, c, dc, dtau: dc / c * x + dtau / c * m(x / c, tau),
            r"The second term has the scale inverted. From $\tilde x$ to $x$ one multiplies by $c$.",
        ),
        Slip(
            "asked at x",
            lambda m, x, tau, c, dc, dtau: dc / c * x + c * dtau * m(x, tau),
            r"The model knows points of its own scale: ask it at $\tilde x = x / c$.",
        ),
        Slip(
            "asked at c x",
            lambda m, x, tau, c, dc, dtau: dc / c * x + c * dtau * m(c * x, tau),
            r"You scaled $x$ the wrong way before asking the model. $x = c\, \tilde x$.",
        ),
        Slip(
            "stretch of x",
            lambda m, x, tau, c, dc, dtau: dc * x + c * dtau * m(x / c, tau),
            r"The first term is $c'\, \tilde x$, and $\tilde x$ is not $x$.",
        ),
        Slip(
            "the other flow",
            lambda m, x, tau, c, dc, dtau: m(x / c, tau) + 0 * dc * dtau,
            "That is the velocity of the straight line. Clock and zoom both change it.",
        ),
        Slip(
            "scale alone",
            lambda m, x, tau, c, dc, dtau: c * m(x / c, tau) + 0 * dc * dtau,
            r"Scaled, but not yet a derivative in $t$: the clock has a rate, and the zoom changes.",
        ),
    ),
    also_right=(
        lambda m, x, tau, c, dc, dtau: dc * (x / c) + m(x / c, tau) * dtau * c,
        lambda m, x, tau, c, dc, dtau: torch.add(x * (dc / c), m(x / c, tau), alpha=c * dtau),
    ),
    praise="The only one of the four kinds that needs more than a scale.",
)


def _drift_reference(velocity, score, gamma, direction):
    return velocity + direction * gamma**2 / 2 * score


DRIFT = Exercise(
    id="09.6",
    title="The drift that keeps the law",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_drift_reference,
    cases=lambda: (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 3.0, -1),
        (normal(6, 4, 3), normal(7, 4, 3), 0.7, 1),
        (normal(8, 2, 5), normal(9, 2, 5), 1.6, -1),
    ),
    law=r"$-\nabla \cdot (\text{drift}\; p) \pm \frac{1}{2} \gamma^2 \Delta p = -\nabla \cdot (v\, p)$, plus forward in time and minus backward; and $\Delta p = \nabla \cdot (p\, \nabla \log p)$",
    slips=(
        Slip(
            "sign",
            lambda v, sc, g, k: v - k * g**2 / 2 * sc,
            "The extra drift has the wrong sign. It must lead, in the direction of travel, to where the density is high.",
        ),
        Slip(
            "half missing",
            lambda v, sc, g, k: v + k * g**2 * sc,
            r"The half is missing. Noise of variance $\gamma^2 dt$ spreads the density with $\frac{1}{2} \gamma^2$.",
        ),
        Slip(
            "gamma not squared",
            lambda v, sc, g, k: v + k * g / 2 * sc,
            r"What spreads the density is the variance of the noise: $\gamma$ must be squared.",
        ),
        Slip(
            "gamma and half squared",
            lambda v, sc, g, k: v + k * (g / 2) ** 2 * sc,
            r"A quarter stands where a half belongs: only $\gamma$ is squared, and it is halved once.",
        ),
        Slip(
            "always forward",
            lambda v, sc, g, k: v + g**2 / 2 * sc + 0 * k,
            "Right forward in time. Backward, with `direction` = -1, the extra drift changes its sign.",
        ),
        Slip(
            "always backward",
            lambda v, sc, g, k: v - g**2 / 2 * sc + 0 * k,
            "Right backward in time. Forward, with `direction` = 1, the extra drift changes its sign.",
        ),
        Slip(
            "velocity turned too",
            lambda v, sc, g, k: k * (v + g**2 / 2 * sc),
            r"Only the extra drift changes its sign. The velocity is that of $x$ in $t$, whichever way one goes; the sign is in $dt$.",
        ),
        Slip(
            "no extra drift",
            lambda v, sc, g, k: v + 0 * sc * g * k,
            "That is the drift of the ODE. Fresh noise spreads the points, and something must hold them together.",
        ),
        Slip(
            "drift of the forward SDE",
            lambda v, sc, g, k: v - g**2 * sc if k < 0 else v + 0 * sc,
            r"The formula with $\gamma^2$ and no half starts from the drift of the forward SDE. $v$ is half-way between the two already.",
        ),
        Slip(
            "velocity forgotten",
            lambda v, sc, g, k: k * g**2 / 2 * sc + 0 * v,
            "That is the extra drift alone. It is added to the velocity.",
        ),
    ),
    also_right=(
        lambda v, sc, g, k: torch.add(v, sc, alpha=k * 0.5 * g * g),
        lambda v, sc, g, k: v + sc * (k * g**2) / 2,
    ),
    compare=close(),
    praise=r"$\gamma = 0$ is the probability-flow ODE, in both directions.",
)

EXERCISES = (SCORE, GAP, VELOCITY, MATCH, CARRY, DRIFT)
