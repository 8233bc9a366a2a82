"""The exercises of lesson 10: heat wave by wave, cold steps, and what a step should add."""

from __future__ import annotations

import math

import torch

from ..processes.blur import dct_matrix
from .draws import normal
from .exercise import Exercise, Slip


def _fading_reference(height, width, w):
    down = math.pi * torch.arange(height) / height
    across = math.pi * torch.arange(width) / width
    return torch.exp(-(down[:, None] ** 2 + across**2) * w**2 / 2)


def _fading(
    rate=lambda down, across: down**2 + across**2, of=lambda w: w**2 / 2, pi=math.pi, first=0, sides=lambda h, b: (h, b)
):
    """The factors with one of their parts replaced."""

    def factors(height, width, w):
        pairs = zip((height, width), sides(height, width))
        down, across = (pi * (torch.arange(n) + first) / side for n, side in pairs)
        return torch.exp(-rate(down[:, None], across) * of(w))

    return factors


FADING = Exercise(
    id="10.1",
    title="What heat does to each wave",
    difficulty=1,
    minutes=6,
    points=1,
    reference=_fading_reference,
    cases=lambda: ((1, 2, 1.0), (2, 3, 0.7), (4, 3, 1.6), (8, 8, 0.4)),
    law=r"$a_k = e^{-\lambda_k w^2 / 2}$ with $\lambda_k = (\pi k_1 / h)^2 + (\pi k_2 / b)^2$ for $h$ rows and $b$ columns, "
    r"$k_1 = 0 \ldots h - 1$, $k_2 = 0 \ldots b - 1$",
    slips=(
        Slip(
            "width not squared",
            _fading(of=lambda w: w / 2),
            "In the exponent stands the square of the width $w$, as in a bell curve.",
        ),
        Slip(
            "half missing",
            _fading(of=lambda w: w**2),
            r"The factor 1/2 before $w^2$ is missing.",
        ),
        Slip(
            "pi missing",
            _fading(pi=1.0),
            r"Wave $k$ has $k$ half waves in $n$ pixels, so it turns by $\pi k / n$ per pixel. The $\pi$ is missing.",
        ),
        Slip(
            "frequency not squared",
            _fading(lambda down, across: down + across),
            r"Heat takes two derivatives in space, and so $\lambda_k$ holds the squares of $\pi k_1 / h$ and $\pi k_2 / b$.",
        ),
        Slip(
            "square of the sum",
            _fading(lambda down, across: (down + across) ** 2),
            "You squared the sum of the two. Add their squares.",
        ),
        Slip(
            "product for sum",
            _fading(lambda down, across: down**2 * across**2),
            r"You multiplied the two rates. They add: a wave that is flat in one direction still fades by the other.",
        ),
        Slip(
            "waves counted from one",
            _fading(first=1),
            "You counted the waves from 1. Wave 0 is the average brightness, and it never fades.",
        ),
        Slip(
            "sides swapped",
            lambda height, width, w: _fading_reference(width, height, w),
            "Rows and columns have changed places: the result must have `height` rows and `width` columns.",
        ),
        Slip(
            "divided by the other side",
            _fading(sides=lambda h, b: (b, h)),
            "The shape is right, but the sides are swapped in the rates: $k_1$ belongs to the $h$ rows, $k_2$ to the $b$ columns.",
        ),
        Slip(
            "steps between pixels",
            _fading(sides=lambda h, b: (h - 1, b - 1)),
            "Divide by the number of pixels, not by that of the steps between them.",
        ),
    ),
    also_right=(
        lambda height, width, w: torch.outer(
            torch.exp(-((torch.arange(height) * (math.pi * w / height)) ** 2) / 2),
            torch.exp(-((torch.arange(width) * (math.pi * w / width)) ** 2) / 2),
        ),
    ),
    praise="In this basis the heat equation is a list of independent, fading numbers.",
)


def _noise_reference(x0, x_t, a, sigma, C):
    return (C @ x_t @ C.T - a * (C @ x0 @ C.T)) / sigma


def _noise_case(seed: int, batch: int, n: int, w: float, sigma: float):
    a = _fading_reference(n, n, w).double()
    return normal(seed, batch, n, n), normal(seed + 1, batch, n, n), a, sigma, dct_matrix(n)


NOISE = Exercise(
    id="10.2",
    title="The noise in a blurred picture",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_noise_reference,
    cases=lambda: (
        _noise_case(0, 1, 2, 0.8, 0.5),
        _noise_case(2, 3, 4, 0.5, 0.1),
        _noise_case(4, 2, 5, 1.2, 2.0),
    ),
    law=r"$\varepsilon_k = (C x_t C^T - a_t \odot C x_0 C^T)_k / \sigma$",
    slips=(
        Slip(
            "noise in pixels",
            lambda x0, x_t, a, sigma, C: (x_t - C.T @ (a * (C @ x0 @ C.T)) @ C) / sigma,
            "That is the noise in pixels. Asked for is one number per wave: transform $x_t$ as well.",
        ),
        Slip(
            "not blurred",
            lambda x0, x_t, a, sigma, C: C @ (x_t - x0) @ C.T / sigma + 0 * a,
            "You took off the sharp picture. What is in $x_t$ is the blurred one: its coefficients times $a$.",
        ),
        Slip(
            "sigma forgotten",
            lambda x0, x_t, a, sigma, C: C @ x_t @ C.T - a * (C @ x0 @ C.T),
            r"That is $\sigma$ times the noise. Divide by $\sigma$.",
        ),
        Slip(
            "picture not transformed",
            lambda x0, x_t, a, sigma, C: (x_t - a * (C @ x0 @ C.T)) / sigma,
            "You took coefficients of waves off pixels. Transform $x_t$ as well.",
        ),
        Slip(
            "no transform at all",
            lambda x0, x_t, a, sigma, C: (x_t - a * x0) / sigma,
            "These are pixels, but $a$ and the noise belong to waves. Transform both pictures first: $C x C^T$.",
        ),
        Slip(
            "matrix product with a",
            lambda x0, x_t, a, sigma, C: (C @ x_t @ C.T - a @ (C @ x0 @ C.T)) / sigma,
            "Each wave is multiplied by its own number: `*`, entry by entry, and not the matrix product `@`.",
        ),
        Slip(
            "faded in pixels",
            lambda x0, x_t, a, sigma, C: C @ (x_t - a * x0) @ C.T / sigma,
            "You multiplied the *pixels* by $a$. Each wave fades by its own $a$: transform first.",
        ),
        Slip(
            "habit of normal noise",
            lambda x0, x_t, a, sigma, C: (C @ x_t @ C.T - a * (C @ x0 @ C.T)) / (1 - a**2).sqrt() + 0 * sigma,
            r"Here the noise has one and the same $\sigma$ for every wave, whatever $a$ is.",
        ),
        Slip(
            "x_t deblurred",
            lambda x0, x_t, a, sigma, C: (C @ x_t @ C.T / a - C @ x0 @ C.T) / sigma,
            r"You divided $x_t$ by $a$. The noise was added *after* the fading, so it must not be divided by $a$.",
        ),
        Slip(
            "transformed the wrong way",
            lambda x0, x_t, a, sigma, C: (C.T @ x_t @ C - a * (C.T @ x0 @ C)) / sigma,
            r"You went the wrong way: $C x C^T$ leads from pixels to waves, $C^T c\, C$ leads back.",
        ),
        Slip(
            "rows only",
            lambda x0, x_t, a, sigma, C: (C @ x_t - a * (C @ x0)) / sigma,
            r"You transformed the columns only. A picture has two directions: $C x C^T$.",
        ),
        Slip(
            "variance for deviation",
            lambda x0, x_t, a, sigma, C: _noise_reference(x0, x_t, a, sigma**2, C),
            r"`sigma` is the deviation of the noise. You divided by its square.",
        ),
        Slip(
            "brackets",
            lambda x0, x_t, a, sigma, C: C @ x_t @ C.T - a * (C @ x0 @ C.T) / sigma,
            r"Only the second part is divided by $\sigma$. The whole difference must be: set brackets.",
        ),
        Slip(
            "sign",
            lambda x0, x_t, a, sigma, C: -_noise_reference(x0, x_t, a, sigma, C),
            r"The sign is turned. The noise is what must be *added* to the blurred picture to get $x_t$.",
        ),
    ),
    also_right=(
        lambda x0, x_t, a, sigma, C: C @ (x_t - C.T @ (a * (C @ x0 @ C.T)) @ C) @ C.T / sigma,
        lambda x0, x_t, a, sigma, C: (
            torch.einsum("ki,bij,lj->bkl", C, x_t, C) - a * torch.einsum("ki,bij,lj->bkl", C, x0, C)
        )
        / sigma,
    ),
    praise="No division by $a$ occurs: inferring noise is safe however strong the blur.",
)


def _shade(x, t):
    """A corruption that is neither linear in x nor in t."""
    return (1 - t) ** 2 * x + t * torch.tanh(x + 1.0)


def _smear(x, t):
    """Neighbours are averaged, and all grows darker."""
    return (1 - 0.5 * t) * ((1 - t) * x + t * (x + x.roll(1, -1)) / 2) - t**3


def _cold_reference(degrade, x0_hat, x_t, t, s):
    return x_t - degrade(x0_hat, t) + degrade(x0_hat, s)


COLD = Exercise(
    id="10.3",
    title="The improved cold step",
    difficulty=1,
    minutes=5,
    points=1,
    reference=_cold_reference,
    cases=lambda: (
        (_shade, torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 0.8, 0.3),
        (_smear, normal(6, 3, 4), normal(7, 3, 4), 0.9, 0.2),
        (_shade, normal(8, 2, 3), normal(9, 2, 3), 0.4, 0.1),
    ),
    law=r"$x_s = r + D(\hat x_0, s)$ with the residual $r = x_t - D(\hat x_0, t)$",
    slips=(
        Slip(
            "naive step",
            lambda degrade, x0_hat, x_t, t, s: degrade(x0_hat, s) + 0 * x_t,
            r"That is the naive step: it forgets $x_t$. Carry the residual $x_t - D(\hat x_0, t)$ along.",
        ),
        Slip(
            "signs or times swapped",
            lambda degrade, x0_hat, x_t, t, s: x_t + degrade(x0_hat, t) - degrade(x0_hat, s),
            r"You went the wrong way in time: take off the damage at $t$, and put on that at $s$.",
        ),
        Slip(
            "guess for x_t",
            lambda degrade, x0_hat, x_t, t, s: x0_hat - degrade(x0_hat, t) + degrade(x0_hat, s) + 0 * x_t,
            r"You started from the guess. What is corrected is $x_t$.",
        ),
        Slip(
            "x_t degraded again",
            lambda degrade, x0_hat, x_t, t, s: x_t - degrade(x_t, t) + degrade(x_t, s) + 0 * x0_hat,
            r"You destroyed $x_t$, which is destroyed already. $D$ acts on the guess $\hat x_0$.",
        ),
        Slip(
            "residual only",
            lambda degrade, x0_hat, x_t, t, s: x_t - degrade(x0_hat, t),
            r"That is the residual alone. Add it to the guess, pushed forward to $s$.",
        ),
        Slip(
            "residual against the guess",
            lambda degrade, x0_hat, x_t, t, s: x_t - x0_hat + degrade(x0_hat, s),
            r"The residual is $x_t$ minus what the guess looks like *at time t*: $D(\hat x_0, t)$.",
        ),
        Slip(
            "residual degraded",
            lambda degrade, x0_hat, x_t, t, s: degrade(x0_hat + x_t - degrade(x0_hat, t), s),
            r"You put the residual inside $D$. It plays the part of noise, which is added after the damage.",
        ),
    ),
    also_right=(
        lambda degrade, x0_hat, x_t, t, s: torch.add(
            degrade(x0_hat, s) - degrade(x0_hat, t), x_t
        ),
    ),
    praise="Infer the residual, keep it, push forward: the delta design of lesson 04.",
)


def _rho_reference(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    return torch.exp(-eigenvalues * (w_t**2 - w_s**2) / 2) * sigma_s / sigma_t


def _rates(height: int, width: int) -> torch.Tensor:
    return -2 * torch.log(_fading_reference(height, width, 1.0)).double()


RHO = Exercise(
    id="10.4",
    title="How much of the noise a Markov step keeps",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_rho_reference,
    cases=lambda: (
        (torch.tensor([0.0, 0.5, 2.0]), 1.5, 1.0, 0.8, 0.5),
        (_rates(3, 4), 2.0, 1.2, 0.9, 0.4),
        (_rates(8, 5), 0.9, 0.5, 0.3, 0.3),
        (torch.tensor([0.0, 1.0, 18.0], dtype=torch.float64), 24.0, 20.0, 0.5, 0.4),
        (torch.tensor([0.0, 1.0, 18.0], dtype=torch.float64), 24.0, 23.999, 0.5, 0.4),
    ),
    law=r"$\rho_k = \frac{a_{t,k}\, \sigma_s}{a_{s,k}\, \sigma_t}$ with $a_{t,k} = e^{-\lambda_k w_t^2 / 2}$",
    slips=(
        Slip(
            "upside down",
            lambda lam, w_t, w_s, b_t, b_s: torch.exp(lam * (w_t**2 - w_s**2) / 2) * b_t / b_s,
            "That is the inverse. A correlation is at most 1.",
        ),
        Slip(
            "root forgotten",
            lambda lam, w_t, w_s, b_t, b_s: _rho_reference(lam, w_t, w_s, b_t, b_s) ** 2,
            r"That is the ratio of the SNRs. The correlation is its square root.",
        ),
        Slip(
            "square of the difference",
            lambda lam, w_t, w_s, b_t, b_s: torch.exp(-lam * (w_t - w_s) ** 2 / 2) * b_s / b_t,
            r"You squared the difference of the widths. Asked for is the difference of their squares: variances of blurs add up.",
        ),
        Slip(
            "half missing",
            lambda lam, w_t, w_s, b_t, b_s: torch.exp(-lam * (w_t**2 - w_s**2)) * b_s / b_t,
            r"The exponent of $a_{t,k}$ is $-\lambda_k w_t^2 / 2$. The half is missing.",
        ),
        Slip(
            "noise upside down",
            lambda lam, w_t, w_s, b_t, b_s: torch.exp(-lam * (w_t**2 - w_s**2) / 2) * b_t / b_s,
            r"The fading is right, the noise is upside down: the SNR has $\sigma^2$ in the denominator.",
        ),
        Slip(
            "noise forgotten",
            lambda lam, w_t, w_s, b_t, b_s: torch.exp(-lam * (w_t**2 - w_s**2) / 2) + 0 * b_t,
            r"The noise levels are missing: the SNR is $a^2 / \sigma^2$.",
        ),
        Slip(
            "earlier blur forgotten",
            lambda lam, w_t, w_s, b_t, b_s: torch.exp(-lam * w_t**2 / 2) * b_s / b_t,
            r"You took $a_t$ alone. At time $s$ the wave has faded too: divide by $a_s$.",
        ),
        Slip(
            "quotient of nothings",
            lambda lam, w_t, w_s, b_t, b_s: (
                (torch.exp(-lam * w_t**2 / 2) / b_t) / (torch.exp(-lam * w_s**2 / 2) / b_s)
            ),
            r"Right, until both $a_t$ and $a_s$ are too small for the computer: then it is 0/0. Subtract the exponents first.",
        ),
        Slip(
            "nothing by nothing set to zero",
            lambda lam, w_t, w_s, b_t, b_s: (
                (torch.exp(-lam * w_t**2 / 2) / b_t) / (torch.exp(-lam * w_s**2 / 2) / b_s)
            ).nan_to_num(),
            r"Where $a_t$ and $a_s$ are both too small for the computer you return 0. Their quotient need not be small: subtract the exponents first.",
        ),
        Slip(
            "sign of the exponent",
            lambda lam, w_t, w_s, b_t, b_s: torch.exp(lam * (w_t**2 - w_s**2) / 2) * b_s / b_t,
            "The exponent has the wrong sign: from s to t a wave fades.",
        ),
        Slip(
            "ratio of variances of the noise",
            lambda lam, w_t, w_s, b_t, b_s: torch.exp(-lam * (w_t**2 - w_s**2) / 2) * (b_s / b_t) ** 2,
            r"The fading is right, but the noise enters the root of the SNR as $\sigma$, not as $\sigma^2$.",
        ),
        Slip(
            "widths not squared",
            lambda lam, w_t, w_s, b_t, b_s: torch.exp(-lam * (w_t - w_s) / 2) * b_s / b_t,
            r"In the exponent stand the *squares* of the widths.",
        ),
    ),
    also_right=(
        lambda lam, w_t, w_s, b_t, b_s: torch.exp(
            lam * (w_s - w_t) * (w_s + w_t) / 2 + math.log(b_s / b_t)
        ),
    ),
    praise="Fine waves forget their noise, coarse ones keep it.",
)


def _delta_reference(a_t, a_s, sigma, v):
    left = v * sigma**2 / (a_t**2 * v + sigma**2)
    return sigma**2 + a_s**2 * left


def _left(a, sigma, v):
    return v * sigma**2 / (a**2 * v + sigma**2)


DELTA = Exercise(
    id="10.5",
    title="How much noise a step should add",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_delta_reference,
    cases=lambda: (
        (0.5, 0.8, 0.4, 2.0),
        (torch.tensor([0.9, 0.3, 0.02]), torch.tensor([0.95, 0.5, 0.1]), 0.2, torch.tensor([3.0, 0.7, 0.4])),
        (_fading_reference(3, 4, 1.4), _fading_reference(3, 4, 0.9), 0.3, normal(10, 3, 4) ** 2),
    ),
    law=r"$\delta_k^2 = \sigma^2 + a_{s,k}^2\, \text{Var}[x_{0,k} \mid x_t]$ with "
    r"$\text{Var}[x_{0,k} \mid x_t] = \frac{v_k \sigma^2}{a_{t,k}^2 v_k + \sigma^2}$",
    slips=(
        Slip(
            "noise only",
            lambda a_t, a_s, sigma, v: sigma**2 + 0 * a_s * a_t * v,
            r"That is the noise of $x_s$ alone. $x_0$ is not known either: its variance comes through with $a_s^2$.",
        ),
        Slip(
            "unknown only",
            lambda a_t, a_s, sigma, v: a_s**2 * _left(a_t, sigma, v),
            r"That is what is unknown about $x_0$. $x_s$ has noise of its own, of variance $\sigma^2$.",
        ),
        Slip(
            "a_t for a_s",
            lambda a_t, a_s, sigma, v: sigma**2 + a_t**2 * _left(a_t, sigma, v) + 0 * a_s,
            r"$x_s = a_s x_0 + \sigma \varepsilon$: what is unknown about $x_0$ comes through with $a_s$, not $a_t$.",
        ),
        Slip(
            "x_s looked at",
            lambda a_t, a_s, sigma, v: sigma**2 + a_s**2 * _left(a_s, sigma, v) + 0 * a_t,
            r"You took the variance of $x_0$ given $x_s$. What has been seen is $x_t$.",
        ),
        Slip(
            "factor not squared",
            lambda a_t, a_s, sigma, v: sigma**2 + a_s * _left(a_t, sigma, v),
            r"A factor before a random variable enters its variance squared: $a_s^2$.",
        ),
        Slip(
            "guess not blurred",
            lambda a_t, a_s, sigma, v: sigma**2 + _left(a_t, sigma, v) + 0 * a_s,
            r"What is unknown about $x_0$ is blurred up to $s$: its variance comes through with $a_s^2$.",
        ),
        Slip(
            "nothing seen",
            lambda a_t, a_s, sigma, v: sigma**2 + a_s**2 * v + 0 * a_t,
            r"You took the variance $v$ of all data. After seeing $x_t$ less of it is left.",
        ),
        Slip(
            "deviation",
            lambda a_t, a_s, sigma, v: _delta_reference(a_t, a_s, sigma, v) ** 0.5,
            r"That is $\delta_k$. Asked for is its square.",
        ),
        Slip(
            "sigma not squared",
            lambda a_t, a_s, sigma, v: sigma + a_s**2 * _left(a_t, sigma, v),
            r"`sigma` is a deviation. Its variance is the square.",
        ),
    ),
    also_right=(
        lambda a_t, a_s, sigma, v: sigma**2 * (1 + a_s**2 * v / (a_t**2 * v + sigma**2)),
        lambda a_t, a_s, sigma, v: sigma**2 + a_s**2 * (v - (a_t * v) ** 2 / (a_t**2 * v + sigma**2)),
    ),
    praise=r"So $\delta_k / \sigma$ lies near $\sqrt{2}$ where a step is small and the wave is strong, and near 1 where it has drowned.",
)


def _chain_reference(a, sigma, delta, v):
    variance = a[0] ** 2 * v + sigma**2
    for a_t, a_s in zip(a, a[1:]):
        guess = a_t * v / (a_t**2 * v + sigma**2)
        variance = (a_s * guess) ** 2 * variance + delta**2
    return variance


def _chain(step, start=lambda a, sigma, v: a**2 * v + sigma**2):
    """The recursion with one of its parts replaced."""

    def recursion(a, sigma, delta, v):
        variance = start(a[0], sigma, v)
        for a_t, a_s in zip(a, a[1:]):
            gain = a_t * v / (a_t**2 * v + sigma**2)
            variance = step(variance, gain, a_t, a_s, delta)
        return variance

    return recursion


CHAIN = Exercise(
    id="10.6",
    title="What becomes of the variance of a wave",
    difficulty=3,
    minutes=10,
    points=3,
    reference=_chain_reference,
    cases=lambda: (
        ([0.5, 1.0], 0.5, 0.4, 2.0),
        ([0.1, 0.4, 0.7, 0.9], 0.3, 0.35, 0.5),
        ([0.02, 0.05, 0.2, 0.6, 0.8, 1.0], 0.1, 0.14, 3.0),
    ),
    law=r"$V_s = (a_s m_t)^2\, V_t + \delta^2$ with $m_t = a_t v / (a_t^2 v + \sigma^2)$, from $V_T = a_T^2 v + \sigma^2$",
    slips=(
        Slip(
            "factor not squared",
            _chain(lambda V, gain, a_t, a_s, delta: a_s * gain * V + delta**2),
            r"$x_t$ is multiplied by $a_s m_t$, so its variance by the square of that.",
        ),
        Slip(
            "delta not squared",
            _chain(lambda V, gain, a_t, a_s, delta: (a_s * gain) ** 2 * V + delta),
            r"`delta` is a deviation. It adds $\delta^2$ to the variance.",
        ),
        Slip(
            "fresh noise forgotten",
            _chain(lambda V, gain, a_t, a_s, delta: (a_s * gain) ** 2 * V),
            r"Every step adds fresh noise of deviation $\delta$.",
        ),
        Slip(
            "guess not blurred",
            _chain(lambda V, gain, a_t, a_s, delta: gain**2 * V + delta**2),
            r"The step goes to the guess *blurred up to s*: the factor $a_s$ is missing.",
        ),
        Slip(
            "blurred up to t",
            _chain(lambda V, gain, a_t, a_s, delta: (a_t * gain) ** 2 * V + delta**2),
            r"You blurred the guess up to $t$. The step goes to $s$.",
        ),
        Slip(
            "start without noise",
            _chain(
                lambda V, gain, a_t, a_s, delta: (a_s * gain) ** 2 * V + delta**2,
                lambda a, sigma, v: a**2 * v,
            ),
            r"At the start $x_T = a_T x_0 + \sigma \varepsilon$ has the noise $\sigma^2$ too.",
        ),
        Slip(
            "start from sharp data",
            _chain(
                lambda V, gain, a_t, a_s, delta: (a_s * gain) ** 2 * V + delta**2,
                lambda a, sigma, v: v + sigma**2,
            ),
            r"The chain starts from blurred data: the variance $v$ comes with $a_T^2$.",
        ),
        Slip(
            "start from noise alone",
            _chain(
                lambda V, gain, a_t, a_s, delta: (a_s * gain) ** 2 * V + delta**2,
                lambda a, sigma, v: sigma**2,
            ),
            r"At the start a share of the data is left: add $a_T^2 v$.",
        ),
        Slip(
            "guess for the wrong time",
            lambda a, sigma, delta, v: _chain(
                lambda V, gain, a_t, a_s, d: (a_s * a_s * v / (a_s**2 * v + sigma**2)) ** 2 * V + d**2
            )(a, sigma, delta, v),
            r"You made the guess with $a_s$. It is made from $x_t$: $m_t$ takes $a_t$ throughout.",
        ),
        Slip(
            "sigma for delta",
            lambda a, sigma, delta, v: _chain(
                lambda V, gain, a_t, a_s, d: (a_s * gain) ** 2 * V + sigma**2
            )(a, sigma, delta, v),
            r"The noise that a step adds has the deviation $\delta$, not $\sigma$.",
        ),
        Slip(
            "no noise at the end",
            lambda a, sigma, delta, v: _chain_reference(a, sigma, delta, v) - delta**2,
            r"Here every step adds $\delta\, \xi$, the last one too.",
        ),
        Slip(
            "reset in every step",
            lambda a, sigma, delta, v: _chain(
                lambda V, gain, a_t, a_s, d: (a_s * gain) ** 2 * (a_t**2 * v + sigma**2) + d**2
            )(a, sigma, delta, v),
            r"You started every step from the true variance of $x_t$. The chain goes on from its own: what is lost stays lost.",
        ),
        Slip(
            "start from the data alone",
            _chain(
                lambda V, gain, a_t, a_s, delta: (a_s * gain) ** 2 * V + delta**2,
                lambda a, sigma, v: v,
            ),
            r"At the start the data is blurred, $a_T^2 v$, and noise is added, $\sigma^2$.",
        ),
        Slip(
            "deviation returned",
            lambda a, sigma, delta, v: math.sqrt(_chain_reference(a, sigma, delta, v)),
            "You returned the deviation. Asked for is the variance.",
        ),
    ),
    also_right=(
        _chain(lambda V, gain, a_t, a_s, delta: a_s * a_s * gain * gain * V + delta * delta),
        lambda a, sigma, delta, v: torch.tensor(_chain_reference(a, sigma, delta, v)),
    ),
    praise="A whole sampler, followed without drawing a single number.",
)

EXERCISES = (FADING, NOISE, COLD, RHO, DELTA, CHAIN)
