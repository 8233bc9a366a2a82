"""The exercises of lesson 06: how likely a chain makes the data, and the variance that makes it most so."""

from __future__ import annotations

import math

import torch

from ..likelihood import gaussian_log_prob
from .compare import close
from .draws import normal
from .exercise import Exercise, Slip


def _kl_reference(mean_q, variance_q, mean_p, variance_p):
    ratio = variance_q / variance_p
    return 0.5 * (ratio - 1 - math.log(ratio) + (mean_q - mean_p) ** 2 / variance_p)


def _log(x):
    return math.log(x)


KL = Exercise(
    id="06.1",
    title="The divergence between two normal laws",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_kl_reference,
    cases=lambda: (
        (0.0, 2.0, 1.0, 0.5),
        (1.5, 0.3, -0.5, 0.9),
        (normal(0, 5), 0.4, normal(1, 5), 3.0),
    ),
    law=r"$\text{KL} = \frac{1}{2} \left( \frac{v_q}{v_p} - 1 - \log \frac{v_q}{v_p} + \frac{(m_q - m_p)^2}{v_p} \right)$",
    slips=(
        Slip(
            "q and p swapped",
            lambda mq, vq, mp, vp: _kl_reference(mp, vp, mq, vq),
            r"You computed $\text{KL}(p \,\|\, q)$. The mean is taken under $q$, the first one.",
        ),
        Slip(
            "divided by the variance of q",
            lambda mq, vq, mp, vp: 0.5 * (vq / vp - 1 - _log(vq / vp) + (mq - mp) ** 2 / vq),
            r"The difference of the means is measured in units of $p$: divide its square by $v_p$.",
        ),
        Slip(
            "sign of the logarithm",
            lambda mq, vq, mp, vp: 0.5 * (vq / vp - 1 + _log(vq / vp) + (mq - mp) ** 2 / vp),
            r"At $v_q = v_p$ the divergence must have its lowest point. With $+\log$ it has none there.",
        ),
        Slip(
            "minus one forgotten",
            lambda mq, vq, mp, vp: 0.5 * (vq / vp - _log(vq / vp) + (mq - mp) ** 2 / vp),
            "For two equal laws the divergence must be 0. Yours is one half: the $-1$ is missing.",
        ),
        Slip(
            "half forgotten",
            lambda mq, vq, mp, vp: 2 * _kl_reference(mq, vq, mp, vp),
            "The factor one half is missing. It stands before all terms.",
        ),
        Slip(
            "means not squared",
            lambda mq, vq, mp, vp: 0.5 * (vq / vp - 1 - _log(vq / vp) + abs(mq - mp) / vp),
            "The difference of the means is to be squared.",
        ),
        Slip(
            "deviations for variances",
            lambda mq, vq, mp, vp: _kl_reference(mq, vq**2, mp, vp**2),
            "You squared the variances as if they were deviations. They are $v_q$ and $v_p$ already.",
        ),
        Slip(
            "logarithm of deviations",
            lambda mq, vq, mp, vp: _log(vp / vq) + (vq + (mq - mp) ** 2) / (2 * vp) - 0.5,
            "In the formula with deviations a whole logarithm stands. That of a quotient of *variances* is twice as large: halve it.",
        ),
        Slip(
            "spread of q forgotten",
            lambda mq, vq, mp, vp: 0.5 * (-1 - _log(vq / vp) + (mq - mp) ** 2 / vp),
            r"$E_q (x - m_p)^2 = v_q + (m_q - m_p)^2$: your formula lacks $v_q$, over $v_p$.",
        ),
        Slip(
            "negated",
            lambda mq, vq, mp, vp: -_kl_reference(mq, vq, mp, vp),
            r"A divergence is never negative. You took the mean of $\log p - \log q$.",
        ),
        Slip(
            "cross-entropy",
            lambda mq, vq, mp, vp: 0.5 * (_log(2 * math.pi * vp) + (vq + (mq - mp) ** 2) / vp),
            r"That is the mean of $-\log p$ alone, the cross-entropy. The mean of $\log q$ belongs to it.",
        ),
    ),
    also_right=(
        lambda mq, vq, mp, vp: (
            0.5 * (_log(vp) - _log(vq)) + (vq + (mq - mp) ** 2) / (2 * vp) - 0.5
        ),
    ),
    praise="Zero for equal laws, positive for all others.",
)


def _posterior_reference(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    mean = math.sqrt(alpha_bar_s) * beta * x0 + math.sqrt(1 - beta) * (1 - alpha_bar_s) * x_t
    return mean / (1 - alpha_bar_t), beta * (1 - alpha_bar_s) / (1 - alpha_bar_t)


def _posterior_slip(mean_0, mean_t, variance=None):
    def slip(x0, x_t, beta, now, before):
        exact = beta * (1 - before) / (1 - now)
        mean = mean_0(beta, now, before) * x0 + mean_t(beta, now, before) * x_t
        return mean, exact if variance is None else variance(beta, now, before)

    return slip


def _c_0(beta, now, before):
    return math.sqrt(before) * beta / (1 - now)


def _c_t(beta, now, before):
    return math.sqrt(1 - beta) * (1 - before) / (1 - now)


POSTERIOR = Exercise(
    id="06.4",
    title="The posterior of a step",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_posterior_reference,
    cases=lambda: (
        (torch.tensor([1.0, -2.0]), torch.tensor([0.5, 3.0]), 0.2, 0.48, 0.6),
        (normal(2, 4, 3), normal(3, 4, 3), 0.5, 0.1, 0.2),
        (normal(4, 5), normal(5, 5), 0.02, 0.882, 0.9),
    ),
    law=r"mean $\frac{\sqrt{\bar\alpha_{t-1}}\, \beta_t}{1 - \bar\alpha_t} x_0 + \frac{\sqrt{1 - \beta_t}\, (1 - \bar\alpha_{t-1})}{1 - \bar\alpha_t} x_t$, "
    r"variance $\frac{1 - \bar\alpha_{t-1}}{1 - \bar\alpha_t} \beta_t$",
    slips=(
        Slip(
            "variance beta",
            _posterior_slip(_c_0, _c_t, lambda beta, now, before: beta),
            r"$\beta_t$ is the variance of the step forward. Going back, $x_0$ is known too, and the variance is smaller: $\tilde\beta_t$.",
        ),
        Slip(
            "quotient turned over",
            _posterior_slip(_c_0, _c_t, lambda beta, now, before: beta * (1 - now) / (1 - before)),
            r"The quotient is upside down: the variance must be *below* $\beta_t$.",
        ),
        Slip(
            "root of alpha-bar forgotten",
            _posterior_slip(lambda beta, now, before: before * beta / (1 - now), _c_t),
            r"Before $x_0$ stands $\sqrt{\bar\alpha_{t-1}}$, the root.",
        ),
        Slip(
            "root of the step forgotten",
            _posterior_slip(
                _c_0, lambda beta, now, before: (1 - beta) * (1 - before) / (1 - now)
            ),
            r"Before $x_t$ stands $\sqrt{1 - \beta_t}$, the root.",
        ),
        Slip(
            "alpha-bar of the later time",
            _posterior_slip(lambda beta, now, before: math.sqrt(now) * beta / (1 - now), _c_t),
            r"Before $x_0$ stands $\bar\alpha_{t-1}$, of the *earlier* time: `alpha_bar_s`.",
        ),
        Slip(
            "deviation returned",
            _posterior_slip(
                _c_0,
                _c_t,
                lambda beta, now, before: math.sqrt(beta * (1 - before) / (1 - now)),
            ),
            "The second number is a deviation. Asked for is the variance.",
        ),
        Slip(
            "factors swapped",
            _posterior_slip(_c_t, _c_0),
            r"The two factors have changed places. In a small step $x_{t-1}$ is nearly $x_t$, so $x_t$ has the large one.",
        ),
        Slip(
            "root of alpha-bar before x_t",
            _posterior_slip(_c_0, lambda b, now, before: math.sqrt(now) * (1 - before) / (1 - now)),
            r"Before $x_t$ stands the shrinking of *one* step, $\sqrt{1 - \beta_t}$. You took that of all steps, $\sqrt{\bar\alpha_t}$.",
        ),
        Slip(
            "no root before x_t",
            _posterior_slip(_c_0, lambda b, now, before: (1 - before) / (1 - now)),
            r"The factor of $x_t$ lacks $\sqrt{1 - \beta_t}$, by which $x_{t-1}$ was shrunk on the way to $x_t$.",
        ),
        Slip(
            "variance first",
            lambda *given: _posterior_reference(*given)[::-1],
            "The order: mean first, then the variance.",
        ),
        Slip(
            "times exchanged",
            lambda x0, x_t, beta, now, before: _posterior_reference(x0, x_t, beta, before, now),
            r"$\bar\alpha_t$ and $\bar\alpha_{t-1}$ have changed places. Below the line stands $1 - \bar\alpha_t$, what is noise in $x_t$.",
        ),
        Slip(
            "mean alone",
            lambda *given: _posterior_reference(*given)[0],
            "Return a pair: the variance is asked for, too.",
        ),
    ),
    also_right=(
        lambda x0, x_t, beta, now, before: (
            _c_0(beta, now, before) * x0 + _c_t(beta, now, before) * x_t,
            1 / ((1 - beta) / beta + 1 / (1 - before)),
        ),
    ),
    praise="Bayes for three normal laws. This is the whole line, with its variance.",
)


def _betas(*values: float) -> list[float]:
    return list(values)


def _path_reference(path, betas):
    total = 0.0
    for x, x_next, beta in zip(path, path[1:], betas):
        total = total + gaussian_log_prob(x_next, math.sqrt(1 - beta) * x, beta)
    return total


def _jump(path, betas):
    """log q(x_T | x_0), the marginal of the end."""
    kept = math.prod(1 - beta for beta in betas)
    return gaussian_log_prob(path[-1], math.sqrt(kept) * path[0], 1 - kept)


def _path_slip(term, take=lambda path, betas: (path, betas)):
    def slip(path, betas):
        path, betas = take(path, betas)
        return sum(term(x, y, beta, path[0]) for x, y, beta in zip(path, path[1:], betas))

    return slip


_PATHS = (
    lambda: torch.tensor([[[1.0]], [[0.5]], [[-0.3]]]),
    lambda: normal(6, 4, 3, 1),
    lambda: normal(7, 6, 2, 2),
)
_RATES = (_betas(0.2, 0.5), _betas(0.1, 0.3, 0.6), _betas(0.05, 0.1, 0.2, 0.4, 0.7))

PATH = Exercise(
    id="06.2",
    title="The law of a whole path",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_path_reference,
    cases=lambda: tuple((path(), rates) for path, rates in zip(_PATHS, _RATES)),
    law=r"$\log q(x_{1:T} \mid x_0) = \sum_{t=1}^T \log N(x_t;\, \sqrt{1 - \beta_t}\, x_{t-1},\, \beta_t I)$",
    compare=close(),
    slips=(
        Slip(
            "from x0 each time",
            _path_slip(
                lambda x, y, beta, x0: gaussian_log_prob(y, math.sqrt(1 - beta) * x0, beta)
            ),
            r"Each step starts from the state before it, $x_{t-1}$, not from $x_0$.",
        ),
        Slip(
            "signal not shrunk",
            _path_slip(lambda x, y, beta, x0: gaussian_log_prob(y, x, beta)),
            r"The mean of a step is $\sqrt{1 - \beta_t}\, x_{t-1}$.",
        ),
        Slip(
            "shrunk by 1 - beta",
            _path_slip(lambda x, y, beta, x0: gaussian_log_prob(y, (1 - beta) * x, beta)),
            r"The signal shrinks by the root, $\sqrt{1 - \beta_t}$.",
        ),
        Slip(
            "last step only",
            lambda path, betas: gaussian_log_prob(
                path[-1], math.sqrt(1 - betas[-1]) * path[-2], betas[-1]
            ),
            "That is the last step alone. The law of a path is the product over all steps, so its logarithm is the sum.",
        ),
        Slip(
            "marginal of x_T",
            lambda path, betas: _jump(path, betas),
            r"That is $\log q(x_T \mid x_0)$, the marginal of the end. Here the *whole path* is asked for. It is just this confusion that the "
            "misprint comes from.",
        ),
        Slip(
            "first step missing",
            _path_slip(
                lambda x, y, beta, x0: gaussian_log_prob(y, math.sqrt(1 - beta) * x, beta),
                lambda path, betas: (path[1:], betas[1:]),
            ),
            r"The step from $x_0$ to $x_1$ is missing.",
        ),
        Slip(
            "deviation for variance",
            _path_slip(
                lambda x, y, beta, x0: gaussian_log_prob(
                    y, math.sqrt(1 - beta) * x, math.sqrt(beta)
                )
            ),
            r"`gaussian_log_prob` wants the variance, which is $\beta_t$ itself.",
        ),
        Slip(
            "last step missing",
            lambda path, betas: _path_reference(path[:-1], betas[:-1]),
            r"The step from $x_{T-1}$ to $x_T$ is missing. Remember that `range` leaves out its end.",
        ),
        Slip(
            "rate of the next step",
            lambda path, betas: _path_reference(path[:-1], betas[1:]),
            r"The list of rates starts at $\beta_1$, the path at $x_0$: the step to `path[t]` has the rate `betas[t - 1]`.",
        ),
        Slip(
            "jumps summed",
            lambda path, betas: sum(_jump(path[: t + 1], betas[:t]) for t in range(1, len(path))),
            r"You summed the jumps $\log q(x_t \mid x_0)$. Given the path so far, $x_t$ depends on $x_{t-1}$: sum the steps.",
        ),
    ),
    also_right=(
        lambda path, betas: sum(
            torch.distributions.Normal(math.sqrt(1 - b) * path[t], math.sqrt(b))
            .log_prob(path[t + 1])
            .flatten(1)
            .sum(1)
            for t, b in enumerate(betas)
        ),
    ),
    praise="A product over the steps, of all states, and not of the last one only.",
)


def _toy_step(x_t, t):
    """Stands for a model: mean and variance of p(x_{t-1} | x_t)."""
    return 0.9 * x_t + 0.1 * t, 0.2 + 0.1 * t


def _bound_reference(path, betas, step):
    bound = -gaussian_log_prob(path[-1], 0.0, 1.0)
    for t, beta in enumerate(betas, start=1):
        bound = bound + gaussian_log_prob(path[t], math.sqrt(1 - beta) * path[t - 1], beta)
        bound = bound - gaussian_log_prob(path[t - 1], *step(path[t], t))
    return bound


def _bound_slip(prior=-1.0, forward=1.0, back=-1.0, shift=0, swap=False, take=slice(None), start=-1):
    def slip(path, betas, step):
        bound = prior * gaussian_log_prob(path[start], 0.0, 1.0)
        for t, beta in list(enumerate(betas, start=1))[take]:
            x, x_t = path[t - 1], path[t]
            bound = bound + forward * gaussian_log_prob(x_t, math.sqrt(1 - beta) * x, beta)
            given, asked = (x, x_t) if swap else (x_t, x)
            bound = bound + back * gaussian_log_prob(asked, *step(given, t + shift))
        return bound

    return slip


BOUND = Exercise(
    id="06.3",
    title="The bound, along one path",
    difficulty=3,
    minutes=12,
    points=3,
    reference=_bound_reference,
    cases=lambda: tuple((path(), rates, _toy_step) for path, rates in zip(_PATHS, _RATES)),
    law=r"$\log q(x_{1:T} \mid x_0) - \log p(x_T) - \sum_{t=1}^T \log p(x_{t-1} \mid x_t)$, one number for each path",
    slips=(
        Slip(
            "sign of the whole",
            lambda path, betas, step: -_bound_reference(path, betas, step),
            r"The sign is turned: the bound is on *minus* $\log p(x_0)$, so $q$ comes with plus and $p$ with minus.",
        ),
        Slip(
            "prior forgotten",
            _bound_slip(prior=0.0),
            r"$p(x_T)$ is missing: $p(x_{0:T}) = p(x_T) \prod p(x_{t-1} \mid x_t)$.",
        ),
        Slip(
            "forward path forgotten",
            _bound_slip(forward=0.0),
            r"The law of the path, $q(x_{1:T} \mid x_0)$, is missing. Without it this is no bound.",
        ),
        Slip(
            "model steps added",
            _bound_slip(back=1.0),
            r"The steps of the model stand in $p$, so with a minus sign.",
        ),
        Slip(
            "time off by one",
            _bound_slip(shift=-1),
            r"The step back from $x_t$ is `step(x_t, t)`, with the time of $x_t$.",
        ),
        Slip(
            "step forward by the model",
            _bound_slip(swap=True),
            r"The model goes *back*: it is given $x_t$, and asked for the density of $x_{t-1}$.",
        ),
        Slip(
            "prior with plus",
            _bound_slip(prior=1.0),
            r"$\log p(x_T)$ belongs to $p$, so it has a minus sign.",
        ),
        Slip(
            "the misprint",
            lambda path, betas, step: (
                _jump(path, betas) - _path_reference(path, betas) + _bound_reference(path, betas, step)
            ),
            r"You took $\log q(x_T \mid x_0)$: the misprint. The law of the *path* belongs here, your exercise 06.2.",
        ),
        Slip(
            "t = T missing",
            _bound_slip(take=slice(-1)),
            r"The step with $t = T$ is missing: does your `range` end one too early?",
        ),
        Slip(
            "t = 1 missing",
            _bound_slip(take=slice(1, None)),
            r"The step with $t = 1$ is missing, in which $x_0$ itself is made.",
        ),
        Slip(
            "prior at x_0",
            _bound_slip(start=0),
            "The prior is the law of the state where the model begins, the last one of the path.",
        ),
        Slip(
            "all with plus",
            _bound_slip(prior=1.0, back=1.0),
            r"The bracket is $\log q$ *minus* $\log p$; you added the two.",
        ),
    ),
    also_right=(
        lambda path, betas, step: (
            _path_reference(path, betas)
            - gaussian_log_prob(path[-1], 0.0, 1.0)
            - sum(gaussian_log_prob(path[t - 1], *step(path[t], t)) for t in range(1, len(path)))
        ),
    ),
    praise="Five lines, and the mean over paths bounds minus log p(x0).",
)


def _left_reference(eps_hat, alpha, sigma):
    return (sigma / alpha) ** 2 * (1 - (eps_hat**2).mean())


LEFT = Exercise(
    id="06.6",
    title="What is left to know, from the noise",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_left_reference,
    cases=lambda: (
        (torch.tensor([[0.5, -0.3], [0.1, 0.8]]), 0.6, 0.8),
        (0.7 * normal(8, 4, 3), 0.9, 0.3),
        (0.4 * normal(9, 5, 2), 1.0, 3.0),
    ),
    law=r"$\bar\sigma_t^2 = \frac{\sigma_t^2}{\alpha_t^2} \left( 1 - \frac{1}{d} E|\hat\varepsilon|^2 \right)$",
    slips=(
        Slip(
            "mean square itself",
            lambda eps, alpha, sigma: (sigma / alpha) ** 2 * (eps**2).mean(),
            r"The larger $\hat\varepsilon$, the more is known of the noise. What is *not* known is 1 minus its mean square.",
        ),
        Slip(
            "factor turned over",
            lambda eps, alpha, sigma: (alpha / sigma) ** 2 * (1 - (eps**2).mean()),
            r"$x_0 = (x_t - \sigma_t \varepsilon)/\alpha_t$: an error of $\varepsilon$ appears in $x_0$ with the factor $\sigma_t/\alpha_t$.",
        ),
        Slip(
            "factor not squared",
            lambda eps, alpha, sigma: sigma / alpha * (1 - (eps**2).mean()),
            r"A variance takes the factor squared, $\sigma_t^2/\alpha_t^2$.",
        ),
        Slip(
            "summed over coordinates",
            lambda eps, alpha, sigma: (sigma / alpha) ** 2 * (1 - (eps**2).sum(1).mean()),
            r"Divide by $d$: all is meant for one coordinate.",
        ),
        Slip(
            "mean taken off",
            lambda eps, alpha, sigma: (sigma / alpha) ** 2 * (1 - eps.var(correction=0)),
            "You took the mean off. Here the mean *square* is meant.",
        ),
        Slip(
            "factor forgotten",
            lambda eps, alpha, sigma: 1 - (eps**2).mean() + 0 * alpha,
            r"That is what is not known of the noise. Carry it over to $x_0$: the factor $\sigma_t^2/\alpha_t^2$.",
        ),
        Slip(
            "torch's variance",
            lambda eps, alpha, sigma: (sigma / alpha) ** 2 * (1 - eps.var()),
            "`var` takes the mean off and divides by one less. Here the plain mean of the squares is meant.",
        ),
        Slip(
            "alpha forgotten",
            lambda eps, alpha, sigma: sigma**2 * (1 - (eps**2).mean()),
            r"$x_0 = (x_t - \sigma_t \varepsilon)/\alpha_t$: you took care of $\sigma_t$, but not of the division by $\alpha_t$.",
        ),
        Slip(
            "formula of the score",
            lambda eps, alpha, sigma: (sigma / alpha) ** 2 * (1 - sigma**2 * (eps**2).mean()),
            r"The $\sigma_t^2$ in the bracket belongs to the *score*. The noise stands there without a factor.",
        ),
    ),
    also_right=(
        lambda eps, alpha, sigma: (1 - eps.square().sum() / eps.numel()) / (alpha / sigma) ** 2,
    ),
    praise="No pairs of x0 are needed, if the means are exact. For a network use its errors.",
)


def _weight_reference(beta, alpha_bar, variance):
    return beta**2 / (2 * variance * (1 - beta) * (1 - alpha_bar))


WEIGHT = Exercise(
    id="06.5",
    title="What the bound weighs",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_weight_reference,
    cases=lambda: ((0.2, 0.48, 0.1), (0.5, 0.1, 0.4), (0.02, 0.882, 0.02)),
    law=r"$w_t = \frac{\beta_t^2}{2\, v_t\, (1 - \beta_t)\, (1 - \bar\alpha_t)}$",
    slips=(
        Slip(
            "beta not squared",
            lambda beta, now, v: beta / (2 * v * (1 - beta) * (1 - now)),
            r"The difference of the means has the factor $\beta_t$, and its square enters.",
        ),
        Slip(
            "two forgotten",
            lambda beta, now, v: beta**2 / (v * (1 - beta) * (1 - now)),
            r"The divergence of two normal laws divides by $2 v_t$.",
        ),
        Slip(
            "one minus beta forgotten",
            lambda beta, now, v: beta**2 / (2 * v * (1 - now)),
            r"The mean is written with $1/\sqrt{1 - \beta_t}$ before the bracket. Its square must appear.",
        ),
        Slip(
            "alpha-bar for its complement",
            lambda beta, now, v: beta**2 / (2 * v * (1 - beta) * now),
            r"Below the line stands $1 - \bar\alpha_t$, the variance of the noise in $x_t$.",
        ),
        Slip(
            "variance squared",
            lambda beta, now, v: beta**2 / (2 * v**2 * (1 - beta) * (1 - now)),
            r"$v_t$ is a variance already.",
        ),
        Slip(
            "roots kept",
            lambda beta, now, v: beta**2 / (2 * v * math.sqrt((1 - beta) * (1 - now))),
            "The roots in the difference of the means vanish when it is squared.",
        ),
        Slip(
            "root of the noise kept",
            lambda beta, now, v: beta**2 / (2 * v * (1 - beta) * math.sqrt(1 - now)),
            r"Square the factor of $\varepsilon$, too: $\sqrt{1 - \bar\alpha_t}$ becomes $1 - \bar\alpha_t$.",
        ),
        Slip(
            "noise of x_t forgotten",
            lambda beta, now, v: beta**2 / (2 * v * (1 - beta)),
            r"$\varepsilon$ stands in the mean with a quotient: $\sqrt{1 - \bar\alpha_t}$ below it is missing, squared.",
        ),
        Slip(
            "model's variance forgotten",
            lambda beta, now, v: beta**2 / (2 * (1 - beta) * (1 - now)),
            r"You have half the squared difference of the means. The divergence also divides by $v_t$.",
        ),
        Slip(
            "beta for the model's variance",
            lambda beta, now, v: beta / (2 * (1 - beta) * (1 - now)),
            r"You put $\beta_t$ for $v_t$. The model may choose its variance: use the argument.",
        ),
    ),
    also_right=(
        lambda beta, now, v: (beta / math.sqrt((1 - beta) * (1 - now))) ** 2 / v / 2,
    ),
    praise="DDPM's training replaces this weight by 1.",
)

EXERCISES = (KL, PATH, BOUND, POSTERIOR, WEIGHT, LEFT)
