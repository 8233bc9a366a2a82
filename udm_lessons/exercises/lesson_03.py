"""The exercises of lesson 03: exact guesses, losses, and what a network learns from them."""

from __future__ import annotations

import math

import torch

from ..processes import Gaussian
from ..schedules import Trig
from .compare import both, close, close_on
from .draws import normal
from .exercise import Exercise, Slip


def _squares(x, centres):
    return ((x[:, None] - centres) ** 2).sum(-1)


def _quotient(weights):
    return weights / weights.sum(1, keepdim=True)


def _weights_reference(x_t, data, alpha, sigma):
    return torch.softmax(-_squares(x_t, alpha * data) / (2 * sigma**2), 1)


WEIGHTS = Exercise(
    id="03.1",
    title="The exact posterior over a data set",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_weights_reference,
    cases=lambda: (
        (torch.tensor([[1.0]]), torch.tensor([[0.0], [2.0], [-1.0]]), 0.5, 0.8),
        (normal(0, 4, 3), normal(1, 6, 3), 0.6, 1.2),
        (normal(2, 5, 2), normal(3, 5, 2), 0.9, 0.7),
        (40 * normal(4, 3, 8), 30 * normal(5, 7, 8), 0.8, 0.3),
    ),
    law=r"$w_i \propto \exp\left( -|x_t - \alpha_t x^{(i)}|^2 / (2 \sigma_t^2) \right)$, and each row sums to 1",
    slips=(
        Slip(
            "sign forgotten",
            lambda x, data, a, s: torch.softmax(_squares(x, a * data) / (2 * s**2), 1),
            "The farthest example gets the largest weight. The exponent is negative: near is likely.",
        ),
        Slip(
            "deviation for variance",
            lambda x, data, a, s: torch.softmax(-_squares(x, a * data) / (2 * s), 1),
            r"You divided by $2 \sigma_t$. In a normal density stands the variance, $2 \sigma_t^2$.",
        ),
        Slip(
            "two forgotten",
            lambda x_t, data, alpha, sigma: torch.softmax(-_squares(x_t, alpha * data) / sigma**2, 1),
            r"A factor is missing: the exponent of a normal density is divided by $2 \sigma_t^2$.",
        ),
        Slip(
            "data not scaled",
            lambda x_t, data, alpha, sigma: torch.softmax(-_squares(x_t, data) / (2 * sigma**2), 1),
            r"You compared $x_t$ with the examples themselves. The mean of $x_t$ is $\alpha_t$ times the example.",
        ),
        Slip(
            "distance not squared",
            lambda x, data, a, s: torch.softmax(-_squares(x, a * data).sqrt() / (2 * s**2), 1),
            "You used the distance. In the exponent stands its square.",
        ),
        Slip(
            "normalised over the batch",
            lambda x, data, a, s: torch.softmax(-_squares(x, a * data) / (2 * s**2), 0),
            "You normalised over the batch. Each *row* belongs to one $x_t$ and must sum to 1.",
        ),
        Slip(
            "not normalised",
            lambda x_t, data, alpha, sigma: torch.exp(-_squares(x_t, alpha * data) / (2 * sigma**2)),
            "These are not yet probabilities: divide by their sum over the examples.",
        ),
        Slip(
            "logarithms returned",
            lambda x, data, a, s: torch.log_softmax(-_squares(x, a * data) / (2 * s**2), 1),
            "These are the logarithms of the weights. Asked for are the weights.",
        ),
        Slip(
            "data unscaled",
            lambda x, data, a, s: torch.softmax(-_squares(x / a, data) / (2 * s**2), 1),
            r"You divided $x_t$ by $\alpha_t$. Then its noise is divided too: the variance becomes $\sigma_t^2/\alpha_t^2$.",
        ),
        Slip(
            "exponential twice",
            lambda x, data, a, s: torch.softmax(torch.exp(-_squares(x, a * data) / (2 * s**2)), 1),
            "`softmax` takes the exponents themselves. You exponentiated them before.",
        ),
        Slip(
            "mean over coordinates",
            lambda x, data, a, s: torch.softmax(-_squares(x, a * data) / x.shape[1] / (2 * s**2), 1),
            "You averaged over the coordinates. A squared distance is their *sum*.",
        ),
        Slip(
            "plain quotient",
            lambda x, data, a, s: _quotient(torch.exp(-_squares(x, a * data) / (2 * s**2))),
            "Right for small exponents. For large negative ones every exponential is 0, and the quotient 0/0: use `softmax`.",
        ),
    ),
    also_right=(
        lambda x_t, data, alpha, sigma: (
            -torch.cdist(x_t, alpha * data, compute_mode="donot_use_mm_for_euclid_dist") ** 2
            / (2 * sigma**2)
        ).softmax(-1),
        lambda x_t, data, alpha, sigma: torch.softmax(
            (alpha * x_t @ data.T - alpha**2 * (data**2).sum(1) / 2) / sigma**2, 1
        ),
    ),
    praise="Bayes' rule over a data set is a softmax: the first exact oracle.",
)


def _mean_reference(x_t, m, v, alpha, sigma):
    return m + alpha * v / (alpha**2 * v + sigma**2) * (x_t - alpha * m)


MEAN = Exercise(
    id="03.2",
    title="The posterior mean of normal data",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_mean_reference,
    cases=lambda: (
        (torch.tensor([[1.0, -2.0]]), 1.0, 0.5, 0.8, 0.6),
        (normal(6, 4, 3), -2.0, 2.5, 0.5, 1.2),
        (normal(7, 3, 2), 0.7, 0.1, 0.9, 0.3),
    ),
    law=r"$E[x_0 \mid x_t] = m + \frac{\alpha_t v}{\alpha_t^2 v + \sigma_t^2} (x_t - \alpha_t m)$",
    slips=(
        Slip(
            "alpha squared above",
            lambda x, m, v, a, s: m + a**2 * v / (a**2 * v + s**2) * (x - a * m),
            r"The covariance of $x_0$ and $x_t$ is $\alpha_t v$, not $\alpha_t^2 v$: only one of the two was scaled.",
        ),
        Slip(
            "alpha forgotten above",
            lambda x_t, m, v, alpha, sigma: m + v / (alpha**2 * v + sigma**2) * (x_t - alpha * m),
            r"The covariance of $x_0$ and $x_t$ is $\alpha_t v$: an $\alpha_t$ is missing above the line.",
        ),
        Slip(
            "mean not scaled",
            lambda x_t, m, v, alpha, sigma: m + alpha * v / (alpha**2 * v + sigma**2) * (x_t - m),
            r"The mean of $x_t$ is $\alpha_t m$, not $m$. Compare $x_t$ with that.",
        ),
        Slip(
            "mean not added",
            lambda x_t, m, v, alpha, sigma: alpha * v / (alpha**2 * v + sigma**2) * (x_t - alpha * m),
            "That is the correction. It is to be added to the mean of the data.",
        ),
        Slip(
            "noise not squared",
            lambda x_t, m, v, alpha, sigma: m + alpha * v / (alpha**2 * v + sigma) * (x_t - alpha * m),
            r"The variance of $x_t$ is $\alpha_t^2 v + \sigma_t^2$: $\sigma_t$ must be squared.",
        ),
        Slip(
            "solved for x0",
            lambda x_t, m, v, alpha, sigma: x_t / alpha + 0 * m,
            r"That trusts $x_t$ fully, as if there were no noise. The noisier $x_t$ is, the more the mean of the data counts.",
        ),
        Slip(
            "signal alone below",
            lambda x_t, m, v, alpha, sigma: m + alpha * v / (v + sigma**2) * (x_t - alpha * m),
            r"The variance of $x_t$ is $\alpha_t^2 v + \sigma_t^2$: the data was scaled by $\alpha_t$.",
        ),
        Slip(
            "mean of x_t not taken off",
            lambda x, m, v, a, s: m + a * v / (a**2 * v + s**2) * x,
            r"The line goes through the means: $E[x_t] = \alpha_t m$ is to be taken off $x_t$.",
        ),
        Slip(
            "mean scaled",
            lambda x, m, v, a, s: a * m + a * v / (a**2 * v + s**2) * (x - a * m),
            r"The line starts from $E[x_0] = m$. You started from $\alpha_t m$, the mean of $x_t$.",
        ),
        Slip(
            "alpha once below",
            lambda x, m, v, a, s: m + a * v / (a * v + s**2) * (x - a * m),
            r"A scaled variable has its variance scaled by the square: $\alpha_t^2 v$.",
        ),
        Slip(
            "variance squared",
            lambda x, m, v, a, s: m + a * v**2 / (a**2 * v**2 + s**2) * (x - a * m),
            r"$v$ is a variance already. You squared it.",
        ),
    ),
    also_right=(
        lambda x_t, m, v, a, s: (m / v + a * x_t / s**2) / (1 / v + a**2 / s**2),
        lambda x_t, m, v, a, s: (s**2 * m + a * v * x_t) / (a**2 * v + s**2),
    ),
    praise="Between the data's mean and the evidence, weighted by how noisy the evidence is.",
)


def _entropy_reference(x0, guess, variance):
    d = x0.shape[1]
    return ((x0 - guess) ** 2).sum(1) / (2 * variance) + d / 2 * math.log(2 * math.pi * variance)


CROSS_ENTROPY = Exercise(
    id="03.3",
    title="From cross-entropy to squared error",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_entropy_reference,
    cases=lambda: (
        (torch.tensor([[1.0, 2.0, -1.0]]), torch.tensor([[0.5, 0.0, 1.0]]), 0.5),
        (normal(8, 4, 3), normal(9, 4, 3), 2.5),
        (normal(10, 5, 2), normal(11, 5, 2), 0.04),
    ),
    law=r"$-\log N(x_0; G, v I) = \frac{|x_0 - G|^2}{2v} + \frac{d}{2} \log(2 \pi v)$, one number for each row",
    slips=(
        Slip(
            "constant dropped",
            lambda x0, guess, variance: ((x0 - guess) ** 2).sum(1) / (2 * variance),
            r"The term $\frac{d}{2} \log(2 \pi v)$ is missing. It may be dropped only while $v$ is fixed, and here $v$ is an argument.",
        ),
        Slip(
            "dimension forgotten",
            lambda x, g, v: ((x - g) ** 2).sum(1) / (2 * v) + math.log(2 * math.pi * v) / 2,
            r"The logarithm counts once for each of the $d$ coordinates.",
        ),
        Slip(
            "log-likelihood",
            lambda x0, guess, variance: -_entropy_reference(x0, guess, variance),
            r"That is $+\log N$. The cross-entropy has a minus sign: a loss falls as the guess gets better.",
        ),
        Slip(
            "averaged over coordinates",
            lambda x0, guess, variance: _entropy_reference(x0, guess, variance) / x0.shape[1],
            r"You averaged over the $d$ coordinates. The logarithm of a product is a *sum* over them.",
        ),
        Slip(
            "averaged over the batch",
            lambda x0, guess, variance: _entropy_reference(x0, guess, variance).mean(),
            "You averaged over the batch. Return one number for each row.",
        ),
        Slip(
            "half forgotten",
            lambda x, g, v: ((x - g) ** 2).sum(1) / v + x.shape[1] / 2 * math.log(2 * math.pi * v),
            r"The square is divided by $2v$, twice the variance.",
        ),
        Slip(
            "deviation taken",
            lambda x0, guess, variance: _entropy_reference(x0, guess, variance**2),
            r"You took `variance` for a deviation and squared it. It is $v$ already.",
        ),
        Slip(
            "two pi missing",
            lambda x, g, v: ((x - g) ** 2).sum(1) / (2 * v) + x.shape[1] / 2 * math.log(v),
            r"The normal density also has $2\pi$ under its root.",
        ),
        Slip(
            "logarithm of the variance whole",
            lambda x, g, v: ((x - g) ** 2).sum(1) / (2 * v) + x.shape[1] * math.log(2 * math.pi * v),
            r"The density has $\sqrt{2 \pi v}$ for each coordinate: the root gives the logarithm a half.",
        ),
        Slip(
            "sign of the logarithm",
            lambda x, g, v: ((x - g) ** 2).sum(1) / (2 * v) - x.shape[1] / 2 * math.log(2 * math.pi * v),
            r"The density is *divided* by $\sqrt{2 \pi v}$, so in $-\log$ the term is positive.",
        ),
        Slip(
            "squares averaged",
            lambda x, g, v: ((x - g) ** 2).mean(1) / (2 * v) + x.shape[1] / 2 * math.log(2 * math.pi * v),
            "The squares are to be summed over the coordinates, as the logarithm is.",
        ),
        Slip(
            "distance for its square",
            lambda x, g, v: (x - g).norm(dim=1) / (2 * v) + x.shape[1] / 2 * math.log(2 * math.pi * v),
            "You used the distance. In the exponent stands its square.",
        ),
    ),
    also_right=(
        lambda x0, guess, variance: (
            -torch.distributions.Normal(guess, math.sqrt(variance)).log_prob(x0).sum(1)
        ),
    ),
    praise="While v is fixed, all that depends on the guess is the squared error.",
)


def _best_variance_reference(x0, guess):
    return ((x0 - guess) ** 2).mean()


BEST_VARIANCE = Exercise(
    id="03.4",
    title="The variance, afterwards",
    difficulty=1,
    minutes=6,
    points=1,
    reference=_best_variance_reference,
    cases=lambda: (
        (torch.tensor([[1.0, 2.0], [-1.0, 0.0]]), torch.tensor([[0.5, 0.0], [1.0, 1.0]])),
        (normal(12, 4, 3), normal(13, 4, 3)),
        (normal(14, 7, 2), normal(15, 7, 2) + 1.0),
    ),
    law=r"$\bar\sigma_t^2 = E|x_0 - G(x_t)|^2 / d$, at which the mean cross-entropy is lowest",
    slips=(
        Slip(
            "summed over coordinates",
            lambda x0, guess: ((x0 - guess) ** 2).sum(1).mean(),
            r"You summed over the coordinates. $v$ is the variance of *one* coordinate: divide by $d$.",
        ),
        Slip(
            "deviation returned",
            lambda x0, guess: ((x0 - guess) ** 2).mean().sqrt(),
            "That is the deviation. Asked for is the variance, its square.",
        ),
        Slip(
            "mean error taken off",
            lambda x0, guess: (x0 - guess).var(correction=0),
            "You took the mean error off. If the guess is off on average, the variance has to make up for that too.",
        ),
        Slip(
            "half of it",
            lambda x0, guess: ((x0 - guess) ** 2).mean() / 2,
            r"Set the derivative with respect to $v$ to zero: $-\frac{E|x_0 - G|^2}{2v^2} + \frac{d}{2v} = 0$.",
        ),
        Slip(
            "absolute errors",
            lambda x0, guess: (x0 - guess).abs().mean(),
            "You averaged absolute errors. The normal density asks for squares.",
        ),
        Slip(
            "summed over everything",
            lambda x0, guess: ((x0 - guess) ** 2).sum(),
            r"Average over the batch and over the coordinates.",
        ),
        Slip(
            "divided by n - 1",
            lambda x0, guess: (x0 - guess).var(),
            "`var` takes the mean error off, and divides by n - 1. Average the squares.",
        ),
        Slip(
            "variance of each coordinate",
            lambda x0, guess: (x0 - guess).var(0).mean(),
            "`var(0)` takes the mean error of each coordinate off, and divides by n - 1. Average the squares.",
        ),
        Slip(
            "averaged before squaring",
            lambda x0, guess: (x0 - guess).mean() ** 2,
            "You averaged the errors and squared the mean. Square each error first.",
        ),
    ),
    also_right=(
        lambda x0, guess: (x0 - guess).square().sum() / x0.numel(),
        lambda x0, guess: float(torch.nn.functional.mse_loss(guess, x0)),
    ),
    praise="No training was needed for it: the mean first, the variance afterwards.",
)


def _error_reference(network, x0, eps, t, alpha, sigma):
    x_t = alpha * x0 + sigma * eps
    return ((network(x_t, t) - x0) ** 2).flatten(1).mean(1)


_PARAMETER = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)


def _toy(shape):
    """Stands for a network: asymmetric in x_t, different at each time, with one parameter."""

    def network(x_t, t):
        if tuple(x_t.shape) != shape:
            raise ValueError(f"the network got x_t of shape {tuple(x_t.shape)}; x0 has shape {shape}")
        return _PARAMETER * x_t + 0.1 * x_t**2 - t.reshape(-1, *[1] * (x_t.ndim - 1))

    return network


def _slope(error):
    """The derivative of a weighted sum of the errors with respect to the parameter; 0 if it is lost."""
    if not error.requires_grad:
        return 0.0
    weighted = error.flatten() * torch.arange(1, error.numel() + 1)
    return torch.autograd.grad(weighted.sum(), _PARAMETER, retain_graph=True)[0]


def _error_case(seed: int, *shape: int):
    t = torch.linspace(0.15, 0.85, shape[0], dtype=torch.float64)
    scale = t.reshape(-1, *[1] * (len(shape) - 1))
    return _toy(shape), normal(seed, *shape), normal(seed + 1, *shape), t, 1 - scale, 1.3 * scale


def _error(shown=None, target=lambda x0, eps, x_t: x0, pool=None):
    """A training loss with another input, another target, or another way to make one number of d."""

    def answer(network, x0, eps, t, alpha, sigma):
        right = alpha * x0 + sigma * eps
        x_t = shown(x0, eps, t, alpha, sigma) if shown else right
        gap = network(x_t, t) - target(x0, eps, right)
        return pool(gap) if pool else (gap**2).flatten(1).mean(1)

    return answer


ERROR = Exercise(
    id="03.5",
    title="The training loss",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_error_reference,
    cases=lambda: (_error_case(16, 2, 3), _error_case(18, 4, 2), _error_case(20, 3, 2, 4, 2)),
    law=r"$\frac{1}{d} \left| G(\alpha_t x_0 + \sigma_t \varepsilon, t) - x_0 \right|^2$, one number for each example",
    compare=both(
        close(),
        close_on(_slope, "the result has lost its way back to the network's weights"),
    ),
    slips=(
        Slip(
            "clean data shown",
            _error(lambda x0, eps, t, alpha, sigma: x0),
            r"The network saw the clean $x_0$. Destroy it first: $x_t = \alpha_t x_0 + \sigma_t \varepsilon$.",
        ),
        Slip(
            "data not scaled",
            _error(lambda x0, eps, t, alpha, sigma: x0 + sigma * eps),
            r"You added the noise to the whole of $x_0$. Only the share $\alpha_t$ of it is left in $x_t$.",
        ),
        Slip(
            "variance for deviation",
            _error(lambda x0, eps, t, alpha, sigma: alpha * x0 + sigma**2 * eps),
            r"You squared $\sigma_t$. The noise enters with its deviation, not with its variance.",
        ),
        Slip(
            "scales swapped",
            _error(lambda x0, eps, t, alpha, sigma: sigma * x0 + alpha * eps),
            r"The scales have changed places: $\alpha_t$ belongs to $x_0$, $\sigma_t$ to the noise.",
        ),
        Slip(
            "process of the lesson",
            _error(lambda x0, eps, t, alpha, sigma: Gaussian(Trig()).forward(x0, eps, t)),
            "You destroyed with the schedule of this lesson. Use the `alpha` and `sigma` you are given.",
        ),
        Slip(
            "fresh noise",
            _error(lambda x0, eps, t, alpha, sigma: alpha * x0 + sigma * torch.randn_like(x0)),
            "You drew noise of your own. Use the `eps` you are given: the answer has no chance in it.",
        ),
        Slip(
            "target is the noise",
            _error(target=lambda x0, eps, x_t: eps),
            r"You compared with $\varepsilon$. This network guesses $x_0$. (Lesson 07 trains for the noise.)",
        ),
        Slip(
            "target is x_t",
            _error(target=lambda x0, eps, x_t: x_t),
            r"You compared with $x_t$, which the network is given. It must guess $x_0$.",
        ),
        Slip(
            "averaged over the batch",
            _error(pool=lambda gap: (gap**2).mean()),
            "You averaged over the batch. Return one number for each example, so that it can be weighted later.",
        ),
        Slip(
            "one axis averaged",
            _error(pool=lambda gap: (gap**2).mean(1)),
            "Right for points. Of an image you averaged one axis only: make rows of the squares first.",
        ),
        Slip(
            "summed over entries",
            _error(pool=lambda gap: (gap**2).flatten(1).sum(1)),
            r"You summed over the entries. Divide by their number $d$.",
        ),
        Slip(
            "absolute errors",
            _error(pool=lambda gap: gap.abs().flatten(1).mean(1)),
            "You averaged absolute errors. Those are lowest at the median, squares at the mean.",
        ),
        Slip(
            "mean before the square",
            _error(pool=lambda gap: gap.flatten(1).mean(1) ** 2),
            "You averaged first, and errors of opposite sign cancelled. Square first.",
        ),
        Slip(
            "root taken",
            _error(pool=lambda gap: (gap**2).flatten(1).mean(1).sqrt()),
            "That is a distance. Only the *square* has the posterior mean as its minimiser.",
        ),
        Slip(
            "time not told",
            lambda network, x0, eps, t, alpha, sigma: _error()(
                lambda x_t, t: network(x_t, 0 * t), x0, eps, t, alpha, sigma
            ),
            r"The network must be told the time of its input: `network(x_t, t)`.",
        ),
        Slip(
            "flattened first",
            lambda network, x0, eps, t, a, s: (
                (network((a * x0 + s * eps).flatten(1), t) - x0.flatten(1)) ** 2
            ).mean(1),
            "You made rows of the images before the network saw them. It takes the shape of `x0`; flatten the errors.",
        ),
        Slip(
            "gradient lost",
            _error(pool=lambda gap: (gap**2).flatten(1).mean(1).detach()),
            "The numbers are right, but nothing can be learnt from them: the gradient is cut off. Leave `no_grad`, "
            "`detach` and `float` away.",
        ),
    ),
    also_right=(
        lambda network, x0, eps, t, alpha, sigma: (
            torch.stack([row.square().mean() for row in x0 - network(alpha * x0 + sigma * eps, t)])
        ),
    ),
    praise="Destroy, guess, compare. This is all that training is.",
)


def _weight_reference(alpha, sigma, cap):
    return (alpha**2 / sigma**2).clamp(max=cap)


def _scales(*values: tuple[float, float]) -> tuple[torch.Tensor, torch.Tensor]:
    alpha, sigma = torch.tensor(values, dtype=torch.float64).T
    return alpha, sigma


WEIGHT = Exercise(
    id="03.6",
    title="Which times count",
    difficulty=1,
    minutes=5,
    points=1,
    reference=_weight_reference,
    cases=lambda: (
        (*_scales((0.9, 0.3), (0.6, 0.7), (0.2, 1.1)), 5.0),
        (*_scales((0.99, 0.05), (0.8, 0.6)), 2.0),
        (*_scales((1.0, 0.25), (1.0, 0.9), (1.0, 3.0), (1.0, 20.0)), 10.0),
    ),
    law=r"$w_t = \min(\alpha_t^2 / \sigma_t^2,\; c)$",
    slips=(
        Slip(
            "turned over",
            lambda alpha, sigma, cap: (sigma**2 / alpha**2).clamp(max=cap),
            "Noise over signal: that gives the weight to the times at which nothing can be known. Turn it over.",
        ),
        Slip(
            "not squared",
            lambda alpha, sigma, cap: (alpha / sigma).clamp(max=cap),
            r"An error of $\hat x_0$ appears in $\hat\varepsilon$ with the factor $\alpha_t / \sigma_t$, so its *square* with the square of that.",
        ),
        Slip(
            "cap forgotten",
            lambda alpha, sigma, cap: alpha**2 / sigma**2,
            r"The cap is missing. As $t \to 0$ this grows without bound.",
        ),
        Slip(
            "cut from below",
            lambda alpha, sigma, cap: (alpha**2 / sigma**2).clamp(min=cap),
            "You cut from below: the weight is to be *at most* the cap.",
        ),
        Slip(
            "cap before the square",
            lambda alpha, sigma, cap: (alpha / sigma).clamp(max=cap) ** 2,
            "You cut the ratio of the scales and squared afterwards. Cut the SNR itself.",
        ),
        Slip(
            "large weights dropped",
            lambda alpha, sigma, cap: torch.where(alpha**2 / sigma**2 > cap, 0.0, alpha**2 / sigma**2),
            "Where the SNR exceeds the cap your weight is 0. It should be the cap.",
        ),
        Slip(
            "cap ignored",
            lambda alpha, sigma, cap: (alpha**2 / sigma**2).clamp(max=5.0) + 0 * cap,
            "You cut at 5, whatever `cap` is.",
        ),
        Slip(
            "weight of the noise loss",
            lambda alpha, sigma, cap: (alpha**2 / sigma**2).clamp(max=cap) / (alpha**2 / sigma**2),
            r"That is the weight for a network that predicts the noise. Ours predicts $x_0$: no division.",
        ),
        Slip(
            "on the circle",
            lambda alpha, sigma, cap: (alpha**2 / (1 - alpha**2)).clamp(max=cap),
            r"$1 - \alpha_t^2$ is $\sigma_t^2$ only where both squares sum to 1. You are given `sigma`.",
        ),
    ),
    also_right=(
        lambda alpha, sigma, cap: torch.minimum((alpha / sigma) ** 2, torch.full_like(alpha, cap)),
        lambda alpha, sigma, cap: (2 * (alpha.log() - sigma.log())).exp().clamp_max(cap),
    ),
    praise="The squared error of the noise, cut where it would drown all other times.",
)

EXERCISES = (WEIGHTS, MEAN, CROSS_ENTROPY, BEST_VARIANCE, ERROR, WEIGHT)
