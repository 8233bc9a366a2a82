"""The exercises of lesson 08: the probability flow, what a step holds constant, and where steps go."""

from __future__ import annotations

import math

import torch

from .draws import normal
from .exercise import Exercise, Slip


# alpha, sigma and their slopes: on a circle, on a line, of no name.
_RATES = ((0.8, 0.6, -0.9, 1.2), (0.3, 0.7, -1.0, 1.0), (0.5, 1.5, -0.4, 2.5))


def _velocity_reference(x, eps_hat, alpha, sigma, d_alpha, d_sigma):
    x0_hat = (x - sigma * eps_hat) / alpha
    return d_alpha * x0_hat + d_sigma * eps_hat


VELOCITY = Exercise(
    id="08.1",
    title="The flow of a noise predictor",
    difficulty=1,
    minutes=8,
    points=1,
    reference=_velocity_reference,
    cases=lambda: (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 1.0]]), *_RATES[0]),
        (normal(0, 4, 3), normal(1, 4, 3), *_RATES[1]),
        (normal(2, 2, 5), normal(3, 2, 5), *_RATES[2]),
    ),
    law=r"$v = \alpha' \hat x_0 + \sigma' \hat\varepsilon$, and $x = \alpha \hat x_0 + \sigma \hat\varepsilon$",
    slips=(
        Slip(
            "x for x0",
            lambda x, e, a, s, da, ds: da * x + ds * e,
            r"$\alpha'$ multiplies $\hat x_0$, not $x$. Find $\hat x_0$ from $x$ and the noise first.",
        ),
        Slip(
            "not divided by alpha",
            lambda x, e, a, s, da, ds: da * (x - s * e) + ds * e,
            r"$x - \sigma \hat\varepsilon$ is $\alpha \hat x_0$. Divide by $\alpha$.",
        ),
        Slip(
            "noise not scaled",
            lambda x, e, a, s, da, ds: da * (x - e) / a + ds * e,
            r"In $x$ the noise has the scale $\sigma$: take $\sigma \hat\varepsilon$ away.",
        ),
        Slip(
            "noise added",
            lambda x, e, a, s, da, ds: da * (x + s * e) / a + ds * e,
            r"To solve $x = \alpha \hat x_0 + \sigma \hat\varepsilon$ for $\hat x_0$, the noise is taken away, not added.",
        ),
        Slip(
            "slopes swapped",
            lambda x, e, a, s, da, ds: ds * (x - s * e) / a + da * e,
            r"The slopes have changed places: $\alpha'$ belongs to $\hat x_0$ and $\sigma'$ to the noise.",
        ),
        Slip(
            "sign",
            lambda x, e, a, s, da, ds: -da * (x - s * e) / a - ds * e,
            "That is the flow with its sign turned. It is $dx/dt$ for growing $t$; the sampler takes negative steps.",
        ),
        Slip(
            "noise part only",
            lambda x, e, a, s, da, ds: ds * e + 0 * x,
            r"The data part moves too: $\alpha' \hat x_0$ is missing.",
        ),
        Slip(
            "score for noise",
            lambda x, e, a, s, da, ds: da * (x - s * (-e / s)) / a + ds * (-e / s),
            r"You turned the noise into a score first, $-\hat\varepsilon/\sigma$, and then used it as noise. No score is needed here.",
        ),
        Slip(
            "data part only",
            lambda x, e, a, s, da, ds: da * (x - s * e) / a,
            r"The noise part moves too: $\sigma' \hat\varepsilon$ is missing.",
        ),
        Slip(
            "noise part taken away",
            lambda x, e, a, s, da, ds: da * (x - s * e) / a - ds * e,
            r"$\sigma' \hat\varepsilon$ is added: the velocity is the derivative of a sum.",
        ),
        Slip(
            "sign in the short form",
            lambda x, e, a, s, da, ds: da / a * x + s * (da / a - ds / s) * e,
            r"In the short form the noise stands with $-\sigma (\alpha'/\alpha - \sigma'/\sigma)$. You have a plus.",
        ),
    ),
    also_right=(
        lambda x, e, a, s, da, ds: da / a * x - s * (da / a - ds / s) * e,
        lambda x, e, a, s, da, ds: torch.add(x, e, alpha=-s) * (da / a) + e * ds,
    ),
    praise="One line, and a network that knows only noise drives a flow.",
)


def _heun_reference(field, x, t, s):
    v = field(x, t)
    guess = x + (s - t) * v
    return x + (s - t) / 2 * (v + field(guess, s))


def _turn(x, t):
    """A field that depends on place and time, and has no symmetry."""
    return torch.stack([x[:, 1] * (1 + t) - 0.3, torch.sin(x[:, 0]) + t**2], 1)


def _grow(x, t):
    return 2 * x + t


HEUN = Exercise(
    id="08.2",
    title="Two slopes are better than one",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_heun_reference,
    cases=lambda: (
        (_grow, torch.tensor([[1.0]]), 0.5, 0.3),
        (_turn, normal(4, 3, 2), 0.9, 0.5),
        (_turn, normal(5, 5, 2), 0.4, 0.3),
    ),
    law=r"$x_s = x_t + \frac{s - t}{2} \left( v(x_t, t) + v(y, s) \right)$ with Euler's $y = x_t + (s - t)\, v(x_t, t)$",
    slips=(
        Slip(
            "Euler",
            lambda f, x, t, s: x + (s - t) * f(x, t),
            r"That is Euler's step. Look at the field once more, at its end, and average the two slopes.",
        ),
        Slip(
            "slopes added",
            lambda f, x, t, s: x + (s - t) * (f(x, t) + f(x + (s - t) * f(x, t), s)),
            "You added the two slopes. Take their mean.",
        ),
        Slip(
            "second slope alone",
            lambda f, x, t, s: x + (s - t) * f(x + (s - t) * f(x, t), s),
            "You used the slope at the end alone. Average it with the one at the start.",
        ),
        Slip(
            "old place",
            lambda f, x, t, s: x + (s - t) / 2 * (f(x, t) + f(x, s)),
            r"The second slope is taken at $x_t$. Take it where Euler's step leads, at $y$.",
        ),
        Slip(
            "old time",
            lambda f, x, t, s: x + (s - t) / 2 * (f(x, t) + f(x + (s - t) * f(x, t), t)),
            r"The second slope is taken at the old time $t$. At $y$ the time is $s$.",
        ),
        Slip(
            "step of the wrong sign",
            lambda f, x, t, s: x + (t - s) / 2 * (f(x, t) + f(x + (t - s) * f(x, t), s)),
            r"The step from $t$ to $s$ is $s - t$, which is negative. You went the other way.",
        ),
        Slip(
            "from the guess",
            lambda f, x, t, s: (
                x + (s - t) * f(x, t) + (s - t) / 2 * (f(x, t) + f(x + (s - t) * f(x, t), s))
            ),
            r"The final step starts at $x_t$, not at Euler's guess.",
        ),
        Slip(
            "midpoint",
            lambda f, x, t, s: x + (s - t) * f(x + (s - t) / 2 * f(x, t), (s + t) / 2),
            "That is the midpoint rule, also of order 2. Here the slopes at both ends are averaged.",
        ),
        Slip(
            "last step forward",
            lambda f, x, t, s: x + (t - s) / 2 * (f(x, t) + f(x + (s - t) * f(x, t), s)),
            r"Euler's guess is right, but the final step goes the other way: it is $s - t$, too.",
        ),
    ),
    also_right=(
        lambda f, x, t, s: (
            0.5 * (x + (s - t) * f(x, t))
            + 0.5 * (x + (s - t) * f(x + (s - t) * f(x, t), s))
        ),
    ),
    praise="Two looks at the field, and an error that falls with the square of the step.",
)

_SCALES = ((0.6, 0.9, 0.8, 0.5), (0.3, 0.7, 0.5, 0.5), (1.0, 3.0, 1.0, 0.5), (0.2, 0.9, 1.0, 0.0))


def _exponential_reference(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    shrink = sigma_s / sigma_t
    return shrink * x + (alpha_s - shrink * alpha_t) * x0_hat


EXPONENTIAL = Exercise(
    id="08.3",
    title="Hold the guess, not the velocity",
    difficulty=2,
    minutes=10,
    points=2,
    reference=_exponential_reference,
    cases=lambda: (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 1.0]]), *_SCALES[0]),
        (normal(6, 4, 3), normal(7, 4, 3), *_SCALES[1]),
        (normal(8, 2, 5), normal(9, 2, 5), *_SCALES[2]),
        (normal(8, 2, 3), normal(9, 2, 3), *_SCALES[3]),
    ),
    law=r"$\frac{x_s}{\sigma_s} - \frac{x_t}{\sigma_t} = \hat x_0 \left( \frac{\alpha_s}{\sigma_s} - \frac{\alpha_t}{\sigma_t} \right)$",
    slips=(
        Slip(
            "scale forgotten",
            lambda x, g, a, b, c, d: x + (c - d / b * a) * g,
            r"$x_t$ is divided by its $\sigma_t$ and multiplied by the new $\sigma_s$.",
        ),
        Slip(
            "scale inverted",
            lambda x, g, a, b, c, d: x * (b / d) + (c - a * (b / d)) * g,
            r"The factor of $x_t$ is upside down. Solve for $x_s$: it is $\sigma_s / \sigma_t$.",
        ),
        Slip(
            "old signal stays",
            lambda x, g, a, b, c, d: d / b * x + c * g,
            r"The difference of the clocks has two terms: the part $\alpha_t/\sigma_t$ at the start is missing.",
        ),
        Slip(
            "sign",
            lambda x, g, a, b, c, d: d / b * x - (c - d / b * a) * g,
            r"The sign of the second part is turned: towards the data $\alpha/\sigma$ grows.",
        ),
        Slip(
            "clock not scaled",
            lambda x, g, a, b, c, d: d / b * x + (c / d - a / b) * g,
            r"Multiply *everything* by $\sigma_s$, the difference of the clocks too.",
        ),
        Slip(
            "divided by zero",
            lambda x, g, a, b, c, d: d * (x / b + g * (c / d - a / b)),
            r"Right, until the last step: there $\sigma_s = 0$. Multiply out, so that nothing is divided by $\sigma_s$.",
        ),
        Slip(
            "variances",
            lambda x, g, a, b, c, d: (d / b) ** 2 * x + (c - (d / b) ** 2 * a) * g,
            r"You squared the scales. $x/\sigma$ has the deviation $\sigma$ below, not the variance.",
        ),
        Slip(
            "clock of the noise",
            lambda x, g, a, b, c, d: c / a * x + (d - c / a * b) * g,
            r"That is the step which holds the *noise* constant. It has $\alpha$ and $\sigma$ exchanged.",
        ),
        Slip(
            "one alpha for both",
            lambda x, g, a, b, c, d: d / b * x + (c - d / b * c) * g,
            r"Both terms of the difference carry $\alpha_s$. The one at the start has $\alpha_t$.",
        ),
        Slip(
            "difference of the alphas",
            lambda x, g, a, b, c, d: d / b * x + (c - a) * g,
            r"The factor of $\hat x_0$ is $\alpha_s - \alpha_t \sigma_s / \sigma_t$: the old signal shrinks together with $x_t$.",
        ),
        Slip(
            "sum of the clocks",
            lambda x, g, a, b, c, d: d / b * x + (c + d / b * a) * g,
            "The old signal is already in the first part. It is taken away, not added.",
        ),
    ),
    also_right=(
        lambda x, g, a, b, c, d: c * g + d * (x - a * g) / b,
        lambda x, g, a, b, c, d: torch.lerp(c * g, c * g + x - a * g, d / b),
    ),
    praise=r"It is DDIM: old noise, new scale.",
)


def _trailing_reference(steps, chain):
    h = chain // steps
    return [*range(chain, 0, -h), 0]


TRAILING = Exercise(
    id="08.4",
    title="Which of the thousand steps?",
    difficulty=1,
    minutes=6,
    points=1,
    reference=_trailing_reference,
    cases=lambda: ((2, 6), (5, 20), (10, 1000), (20, 1000)),
    law="the steps chain, chain - h, ..., h and then 0, where h = chain / steps",
    slips=(
        Slip(
            "leading",
            lambda steps, chain: [*range(chain - chain // steps + 1, 0, -(chain // steps)), 0],
            "That is the *leading* grid: it starts almost a whole stride before the end of the chain, where there is still signal, and is fed pure noise.",
        ),
        Slip(
            "end missing",
            lambda steps, chain: list(range(chain, 0, -(chain // steps))),
            "The last entry must be 0, where the data is.",
        ),
        Slip(
            "upwards",
            lambda steps, chain: list(range(0, chain + 1, chain // steps)),
            "The grid runs upwards. A sampler goes from noise to data: largest first.",
        ),
        Slip(
            "one step early",
            lambda steps, chain: [*range(chain - 1, 0, -(chain // steps)), 0],
            "Everything is early by one. The chain has steps 1 to `chain`; 0 is the data.",
        ),
        Slip(
            "start missing",
            lambda steps, chain: [*range(chain - chain // steps, 0, -(chain // steps)), 0],
            "The first time is the last step of the chain itself, `chain`.",
        ),
        Slip(
            "steps for the stride",
            lambda steps, chain: [*range(chain, 0, -steps), 0],
            "You used the number of steps as the stride. The stride is `chain // steps`.",
        ),
        Slip(
            "zero twice",
            lambda steps, chain: [*range(chain, -1, -(chain // steps)), 0],
            "0 comes twice: a step from 0 to 0 is none.",
        ),
        Slip(
            "leading, end missing",
            lambda steps, chain: list(range(chain - chain // steps + 1, 0, -(chain // steps))),
            "That is the *leading* grid, and without the 0 at its end. The trailing one starts at `chain`.",
        ),
        Slip(
            "fence posts",
            lambda steps, chain: torch.linspace(chain, 0, steps).round().int().tolist(),
            "Count the posts of the fence: `steps` strides have `steps` + 1 ends, 0 included.",
        ),
    ),
    also_right=(
        lambda steps, chain: [round(chain - k * chain / steps) for k in range(steps + 1)],
        lambda steps, chain: torch.linspace(chain, 0, steps + 1).round().long(),
    ),
    praise="The package has it as `grids.trailing_times`.",
)


def _angles_reference(first, last, steps, scale):
    start, end = math.atan(first / scale), math.atan(last / scale)
    return [scale * math.tan(start + (end - start) * k / steps) for k in range(steps + 1)]


def _angles(first, last, steps, forward, back):
    start, end = forward(first), forward(last)
    return [back(start + (end - start) * k / steps) for k in range(steps + 1)]


ANGLES = Exercise(
    id="08.5",
    title="Where the path bends",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_angles_reference,
    cases=lambda: (
        (2.0, 0.0, 2, 1.0),
        (100.0, 0.01, 5, 0.5),
        (157.0, 0.0, 4, 2.0),
        (8.0, 0.2, 7, 0.3),
    ),
    law=r"$\arctan(r_k / c)$ falls in equal parts from $\arctan(r_0 / c)$ to $\arctan(r_n / c)$",
    slips=(
        Slip(
            "scale not put back",
            lambda a, b, n, c: _angles(a, b, n, lambda r: math.atan(r / c), math.tan),
            r"From the angle you get $r/c$. Multiply by $c$ to come back to $r$.",
        ),
        Slip(
            "scale left out",
            lambda a, b, n, c: _angles(a, b, n, math.atan, math.tan),
            r"You did without $c$. It says at which ratio the middle of the grid lies.",
        ),
        Slip(
            "scale inverted",
            lambda a, b, n, c: _angles(a, b, n, lambda r: math.atan(r * c), lambda u: math.tan(u) / c),
            r"The angle is that of $r/c$, not of $r c$: at $r = c$ it is 45 degrees.",
        ),
        Slip(
            "even in the ratio",
            lambda a, b, n, c: _angles(a, b, n, lambda r: r, lambda u: u),
            "You spaced the ratios themselves evenly. Nearly all steps are then spent where there is only noise.",
        ),
        Slip(
            "one time too few",
            lambda a, b, n, c: _angles_reference(a, b, n, c)[:-1],
            r"A grid of $n$ steps has $n + 1$ times, both ends included.",
        ),
        Slip(
            "last point missed",
            lambda a, b, n, c: [
                c * math.tan(math.atan(a / c) + (math.atan(b / c) - math.atan(a / c)) * k / (n + 1))
                for k in range(n + 1)
            ],
            r"Divide the angle into $n$ parts, not $n + 1$: the last time must be the last ratio.",
        ),
        Slip(
            "upwards",
            lambda a, b, n, c: _angles_reference(a, b, n, c)[::-1],
            "The grid runs upwards. It starts at the largest noise.",
        ),
        Slip(
            "angles returned",
            lambda a, b, n, c: _angles(a, b, n, lambda r: math.atan(r / c), lambda u: u),
            r"Those are the angles. Go back to the ratios with $r = c \tan(\text{angle})$.",
        ),
        Slip(
            "fence posts",
            lambda a, b, n, c: [
                c * math.tan(math.atan(a / c) + (math.atan(b / c) - math.atan(a / c)) * k / (n - 1))
                for k in range(n)
            ],
            r"Count the posts of the fence: $n$ steps have $n + 1$ ends.",
        ),
        Slip(
            "divided on the way back",
            lambda a, b, n, c: _angles(a, b, n, lambda r: math.atan(r / c), lambda u: math.tan(u) / c),
            r"On the way back the tangent is *multiplied* by $c$.",
        ),
    ),
    also_right=(
        lambda a, b, n, c: (
            c * torch.tan(
                torch.linspace(math.atan(a / c), math.atan(b / c), n + 1, dtype=torch.float64)
            )
        ),
        lambda a, b, n, c: [
            c * math.tan((1 - k / n) * math.atan2(a, c) + k / n * math.atan2(b, c))
            for k in range(n + 1)
        ],
    ),
    praise="The package has it as `grids.angle_times`, which also turns ratios into times.",
)


def _weights_reference(before, now, then):
    h, old = then - now, now - before
    return h + h**2 / (2 * old), -(h**2) / (2 * old)


WEIGHTS = Exercise(
    id="08.6",
    title="Remember one prediction",
    difficulty=3,
    minutes=12,
    points=3,
    reference=_weights_reference,
    cases=lambda: ((0.0, 1.0, 1.5), (1.2, 0.9, 0.4), (-2.0, -1.5, 0.5), (3.0, 2.0, 1.0)),
    law=r"$w\, m + w_\text{old}\, m_\text{old}$ is exact for $m = 1$ and for $m = \tau$: $w + w_\text{old} = \tau_s - \tau_t$ and "
    r"$w\, \tau_t + w_\text{old} \tau_\text{old} = \frac{1}{2} (\tau_s^2 - \tau_t^2)$",
    slips=(
        Slip(
            "even steps assumed",
            lambda b, n, t: (1.5 * (t - n), -0.5 * (t - n)),
            "3/2 and -1/2 are right when both steps have the same length. Here the lengths differ.",
        ),
        Slip(
            "swapped",
            lambda b, n, t: _weights_reference(b, n, t)[::-1],
            "First the weight of the prediction now, then that of the one before.",
        ),
        Slip(
            "half forgotten",
            lambda b, n, t: (t - n + (t - n) ** 2 / (n - b), -((t - n) ** 2) / (n - b)),
            r"The integral of a line over the step brings a factor one half.",
        ),
        Slip(
            "sign of the slope",
            lambda b, n, t: (t - n - (t - n) ** 2 / (2 * (n - b)), (t - n) ** 2 / (2 * (n - b))),
            "The slope is (now - before) / (time between): the older prediction enters with a minus sign.",
        ),
        Slip(
            "average",
            lambda b, n, t: ((t - n) / 2, (t - n) / 2),
            "You averaged the two predictions. That looks back; the step looks ahead, so the line must be continued.",
        ),
        Slip(
            "older step in the numerator",
            lambda b, n, t: (t - n + (n - b) / 2, -(n - b) / 2),
            r"The area of the triangle is $h^2/2$ times the slope. You have the old step $\tau_t - \tau_\text{old}$ in place of $h^2 / (\tau_t - \tau_\text{old})$.",
        ),
        Slip(
            "older step for the new",
            lambda b, n, t: (n - b + (n - b) / 2, -(n - b) / 2),
            r"You used the length of the step before, $\tau_t - \tau_\text{old}$, for that of the step to be done.",
        ),
        Slip(
            "length left out",
            lambda b, n, t: (1 + (t - n) / (2 * (n - b)), -(t - n) / (2 * (n - b))),
            r"Those are the weights of a mean: multiply both by the length of the step, $\tau_s - \tau_t$.",
        ),
        Slip(
            "older prediction added",
            lambda b, n, t: (t - n + (t - n) ** 2 / (2 * (n - b)), (t - n) ** 2 / (2 * (n - b))),
            "The weights do not add up to the length of the step. The slope is a *difference*: the older prediction has a minus sign.",
        ),
        Slip(
            "weights of a unit step",
            lambda b, n, t: (1.5, -0.5 + 0 * (b + n + t)),
            "3/2 and -1/2 are right for two steps of length 1. Here the lengths are others.",
        ),
        Slip(
            "half of the square forgotten",
            lambda b, n, t: (
                (t**2 - n**2 - b * (t - n)) / (n - b), (n * (t - n) - (t**2 - n**2)) / (n - b)
            ),
            r"The integral of $\tau$ is $\tau^2 / 2$. The half is missing.",
        ),
    ),
    also_right=(
        lambda b, n, t: (
            ((t - b) ** 2 - (n - b) ** 2) / (2 * (n - b)),
            -((t - n) ** 2) / (2 * (n - b)),
        ),
        lambda b, n, t: torch.linalg.solve(
            torch.tensor([[1.0, 1.0], [n, b]], dtype=torch.float64),
            torch.tensor([t - n, (t**2 - n**2) / 2], dtype=torch.float64),
        ),
    ),
    praise="Order 2 at the price of Euler: the older prediction costs nothing.",
)

EXERCISES = (VELOCITY, HEUN, EXPONENTIAL, TRAILING, ANGLES, WEIGHTS)
