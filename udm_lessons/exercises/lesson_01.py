"""The exercises of lesson 01: five forward maps, and what it means that information decreases."""

from __future__ import annotations

import math

import torch

from ..noise import ThresholdAndToken
from ..processes import Blur, Gaussian, Masking, Replacement
from ..processes.blur import dct_matrix
from ..schedules import ConstantNoise, Trig
from .compare import both, close, close_on, equal
from .draws import normal, stream, uniform
from .exercise import Exercise, Slip


def _letters(seed: int, *shape: int) -> torch.Tensor:
    return torch.randint(26, shape, generator=stream(seed))


def _scales(alpha, sigma):
    return lambda x0, eps, t: alpha(t) * x0 + sigma(t) * eps


def _cos(t):
    return math.cos(math.pi / 2 * t)


def _sin(t):
    return math.sin(math.pi / 2 * t)


def _noise_reference(x0, eps, t):
    alpha, sigma = math.cos(math.pi / 2 * t), math.sin(math.pi / 2 * t)
    return alpha * x0 + sigma * eps


NOISE = Exercise(
    id="01.1",
    title="Noise",
    difficulty=1,
    minutes=4,
    points=1,
    reference=_noise_reference,
    cases=lambda: (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 0.3),
        (normal(0, 3, 1, 4, 2), normal(1, 3, 1, 4, 2), 0.8),
        (normal(2, 2, 3), normal(3, 2, 3), 0.0),
    ),
    law=r"$x_t = \cos(\frac{\pi t}{2})\, x_0 + \sin(\frac{\pi t}{2})\, \varepsilon$",
    slips=(
        Slip(
            "a straight line",
            _scales(lambda t: 1 - t, lambda t: t),
            r"That is another schedule, $\alpha_t = 1 - t$ and $\sigma_t = t$. It is a good one, and lesson "
            r"09 uses it. Here the two scales run along a quarter circle.",
        ),
        Slip(
            "variance for deviation",
            _scales(lambda t: _cos(t) ** 2, lambda t: _sin(t) ** 2),
            r"You squared the scales. The squares sum to one, $\alpha_t^2 + \sigma_t^2 = 1$, but the formula "
            r"for $x_t$ has the scales themselves.",
        ),
        Slip(
            "cos and sin swapped",
            _scales(_sin, _cos),
            r"At $t = 0$ nothing may be destroyed yet. Which of the two functions is 1 there?",
        ),
        Slip(
            "angle is t",
            _scales(math.cos, math.sin),
            r"The angle runs from 0 to $\pi/2$ while $t$ runs from 0 to 1. You used $t$ itself as the angle.",
        ),
        Slip(
            "angle is pi t",
            _scales(lambda t: math.cos(math.pi * t), lambda t: math.sin(math.pi * t)),
            r"Your angle runs to $\pi$, a half circle: at $t = 1$ you would be back at $-x_0$.",
        ),
    ),
    also_right=(
        lambda x0, eps, t: Gaussian(Trig()).forward(x0, eps, t),
        lambda x0, eps, t: torch.add(_cos(t) * x0, eps, alpha=_sin(t)),
    ),
    praise=r"Since $\alpha_t^2 + \sigma_t^2 = 1$, data of variance 1 keeps variance 1 at every time.",
)


def _waves(x0):
    """The cosine transform and the eigenvalues of the heat equation, for square images."""
    n = x0.shape[-1]
    frequencies = torch.arange(n, dtype=x0.dtype) * (math.pi / n)
    return dct_matrix(n).to(x0), frequencies.square() + frequencies.square()[:, None]


def _heat(width_to_decay, noise_scale=lambda sigma: sigma):
    def forward_blur(x0, noise, width, sigma):
        matrix, eigenvalues = _waves(x0)
        decay = width_to_decay(eigenvalues, width)
        return matrix.T @ (decay * (matrix @ x0 @ matrix.T) + noise_scale(sigma) * noise) @ matrix

    return forward_blur


def _blur_reference(x0, noise, width, sigma):
    matrix, eigenvalues = _waves(x0)
    faded = torch.exp(-eigenvalues * width**2 / 2) * (matrix @ x0 @ matrix.T)
    return matrix.T @ (faded + sigma * noise) @ matrix


def _blur_with_noise(x0, noise, width, sigma):
    matrix = dct_matrix(x0.shape[-1]).to(x0)
    noisy = x0 + sigma * (matrix.T @ noise @ matrix)
    return _blur_reference(noisy, noise, width, 0.0)


def _transformed_noise(x0, noise, width, sigma):
    matrix = dct_matrix(x0.shape[-1]).to(x0)
    return _blur_reference(x0, matrix @ noise @ matrix.T, width, sigma)


BLUR = Exercise(
    id="01.2",
    title="Blur",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_blur_reference,
    cases=lambda: (
        (normal(4, 1, 1, 2, 2), normal(5, 1, 1, 2, 2), 0.4, 0.1),
        (normal(6, 2, 1, 8, 8), normal(7, 2, 1, 8, 8), 1.5, 0.05),
        (normal(8, 1, 1, 4, 4), normal(9, 1, 1, 4, 4), 0.7, 0.3),
    ),
    law=r"coefficient $k$ becomes $e^{-\lambda_k w^2 / 2}\, c_k + \sigma\, \varepsilon_k$",
    slips=(
        Slip(
            "width not squared",
            _heat(lambda eigenvalues, width: torch.exp(-eigenvalues * width / 2)),
            r"The width enters as $w^2$: heat that spreads twice as far has had four times as long.",
        ),
        Slip(
            "half missing",
            _heat(lambda eigenvalues, width: torch.exp(-eigenvalues * width**2)),
            r"The exponent is $-\lambda_k w^2 / 2$. A factor of one half is missing.",
        ),
        Slip(
            "sign",
            _heat(lambda eigenvalues, width: torch.exp(eigenvalues * width**2 / 2)),
            "Your fine waves grow instead of fading. That sharpens, and soon explodes.",
        ),
        Slip(
            "variance for deviation",
            _heat(lambda e, width: torch.exp(-e * width**2 / 2), lambda sigma: sigma**2),
            r"You mixed variance and standard deviation: the noise enters with the factor $\sigma$.",
        ),
        Slip(
            "no noise",
            _heat(lambda e, width: torch.exp(-e * width**2 / 2), lambda sigma: 0.0),
            r"The blur is right, but the noise is missing.",
        ),
        Slip(
            "noise transformed",
            _transformed_noise,
            "You took the noise to the wave basis. It is given there already: one number per wave.",
        ),
        Slip(
            "noise blurred too",
            _blur_with_noise,
            "You blurred the noise together with the image. First fade the waves, then add the noise.",
        ),
    ),
    also_right=(
        lambda x0, noise, width, sigma: Blur(
            x0.shape[-2:], lambda t: width * t, ConstantNoise(sigma)
        ).forward(x0, noise, 1.0),
    ),
    praise="Each wave fades at a rate of its own. Fine detail goes first.",
)


def _mask_reference(x0, u, p, mask):
    return torch.where(u < p, mask, x0)


MASKS = Exercise(
    id="01.3",
    title="Masks",
    difficulty=1,
    minutes=4,
    points=1,
    reference=_mask_reference,
    cases=lambda: (
        (torch.tensor([[7, 8, 9]]), torch.tensor([[0.1, 0.9, 0.5]]), 0.5, 26),
        (_letters(10, 3, 5), uniform(11, 3, 5), 0.3, 26),
        (normal(12, 2, 1, 4, 3), uniform(13, 2, 1, 4, 3), 0.8, -2.0),
        (_letters(14, 2, 4), uniform(15, 2, 4), 1.0, 26),
    ),
    compare=both(
        close(),
        close_on(
            lambda x_t, x0, *others: x_t.is_floating_point() == x0.is_floating_point(),
            say="tokens must stay whole numbers: use mask as it is given",
        ),
    ),
    law=r"$x_{t,i} = \text{MASK}$ if $u_i < p_t$, and $x_{0,i}$ otherwise",
    slips=(
        Slip(
            "turned round",
            lambda x0, u, p, mask: torch.where(u < p, x0, torch.as_tensor(mask, dtype=x0.dtype)),
            r"You hid the tokens that should stay. A token is hidden once $p_t$ has passed its threshold, "
            r"so that at $p_t = 1$ everything is.",
        ),
        Slip(
            "boundary",
            lambda x0, u, p, mask: torch.where(u <= p, mask, x0),
            r"At $u_i = p_t$ the token is still visible: the condition is $u_i < p_t$. Otherwise something might be hidden at $p_t = 0$.",
        ),
        Slip(
            "zero for mask",
            lambda x0, u, p, mask: torch.where(u < p, 0, x0),
            "You wrote zeros where the mask belongs. A zero is an ordinary value of the data.",
        ),
        Slip(
            "one minus p",
            lambda x0, u, p, mask: torch.where(u < 1 - p, mask, x0),
            r"$p_t$ is the probability to be hidden, not to be visible.",
        ),
    ),
    also_right=(
        lambda x0, u, p, mask: x0.masked_fill(u < p, mask),
        lambda x0, u, p, mask: Masking(mask).forward(x0, u, p),
        lambda x0, u, p, mask: torch.where(u >= p, x0, mask),
    ),
    praise="The same line hides letters and pixels. Nothing in it asks what the data is.",
)


def _replace_reference(x0, u, r, p):
    return torch.where(u < p, r, x0)


REPLACE = Exercise(
    id="01.4",
    title="Replacement",
    difficulty=1,
    minutes=3,
    points=1,
    reference=_replace_reference,
    cases=lambda: (
        (torch.tensor([[7, 8, 9]]), torch.tensor([[0.1, 0.9, 0.5]]), torch.tensor([[1, 2, 3]]), 0.5),
        (_letters(16, 3, 5), uniform(17, 3, 5), _letters(18, 3, 5), 0.7),
        (_letters(19, 2, 6), uniform(20, 2, 6), _letters(21, 2, 6), 0.2),
    ),
    law=r"$x_{t,i} = r_i$ if $u_i < p_t$, and $x_{0,i}$ otherwise",
    slips=(
        Slip(
            "turned round",
            lambda x0, u, r, p: torch.where(u < p, x0, r),
            r"You replaced the tokens that should stay: a token goes once $p_t$ has passed its threshold.",
        ),
        Slip(
            "boundary",
            lambda x0, u, r, p: torch.where(u <= p, r, x0),
            r"At $u_i = p_t$ the token still stands: the condition is $u_i < p_t$.",
        ),
        Slip(
            "shifted",
            lambda x0, u, r, p: torch.where(u < p, (x0 + r) % 26, x0),
            r"You shifted the token by $r$. The new token is $r$ itself, so that it tells nothing of the old one.",
        ),
        Slip(
            "everything replaced",
            lambda x0, u, r, p: r,
            r"You replaced every token. Only those with $u_i < p_t$ go.",
        ),
        Slip(
            "one minus p",
            lambda x0, u, r, p: torch.where(u < 1 - p, r, x0),
            r"$p_t$ is the probability to be replaced, not to stay.",
        ),
    ),
    also_right=(
        lambda x0, u, r, p: x0 * (u >= p) + r * (u < p),
        lambda x0, u, r, p: Replacement(26).forward(x0, ThresholdAndToken(u, r), p),
    ),
    praise="Here the noise has two parts: when a token goes, and what takes its place.",
)


def _delete_reference(word, u, p):
    return "".join(letter for letter, u_i in zip(word, u) if u_i >= p)


DELETE = Exercise(
    id="01.5",
    title="Deletion",
    difficulty=2,
    minutes=5,
    points=1,
    reference=_delete_reference,
    cases=lambda: (
        ("abc", [0.1, 0.9, 0.5], 0.5),
        ("tiger", [0.30, 0.95, 0.10, 0.62, 0.41], 0.35),
        ("letter", [0.52, 0.08, 0.77, 0.71, 0.26, 0.90], 0.75),
        ("ox", [0.4, 0.6], 1.0),
    ),
    law=r"the letters with $u_i \ge p_t$, in their order and side by side",
    slips=(
        Slip(
            "boundary",
            lambda word, u, p: "".join(a for a, b in zip(word, u) if b > p),
            r"At $u_i = p_t$ the letter stays: the condition to keep it is $u_i \ge p_t$.",
        ),
        Slip(
            "gaps left",
            lambda word, u, p: "".join(a if b >= p else "_" for a, b in zip(word, u)),
            "You left gaps, so one still sees where letters stood. That is masking. "
            "Deletion forgets the places too.",
        ),
        Slip(
            "turned round",
            lambda word, u, p: "".join(a for a, b in zip(word, u) if b < p),
            r"You kept the letters that should go. At $p_t = 1$ the string must be empty.",
        ),
        Slip(
            "one minus p",
            lambda word, u, p: "".join(a for a, b in zip(word, u) if b >= 1 - p),
            r"$p_t$ is the probability to be deleted, not to be kept.",
        ),
        Slip(
            "sorted by threshold",
            lambda word, u, p: "".join(a for b, a in sorted(zip(u, word)) if b >= p),
            "You sorted the letters by their thresholds. The ones that stay keep their order.",
        ),
        Slip(
            "cut to length",
            lambda word, u, p: word[: sum(b >= p for b in u)],
            "You cut the end off. Letters vanish anywhere, each by its own threshold.",
        ),
    ),
    compare=equal(),
    also_right=(lambda word, u, p: "".join(word[i] for i in range(len(word)) if not u[i] < p),),
    praise="The result has no fixed length. Most frameworks for diffusion stop here; this one does not.",
)


def _entropy_reference(log_likelihood):
    weights = log_likelihood.softmax(1)
    return -torch.xlogy(weights, weights).sum(1)


def _plain_entropy(weights):
    return -torch.xlogy(weights, weights).sum(1)


def _softmax_entropy(axis: int, base: float = math.e):
    def posterior_entropy(log_likelihood):
        weights = log_likelihood.softmax(axis)
        return -torch.xlogy(weights, weights).sum(1) / math.log(base)

    return posterior_entropy


ENTROPY = Exercise(
    id="01.6",
    title="What is left to guess",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_entropy_reference,
    cases=lambda: (
        (torch.tensor([[-1.0, -2.0]]),),
        (normal(22, 3, 4) * 2 - 90.0,),
        (torch.tensor([[-3.0, -math.inf, -4.0], [-1.0, -1.0, -2.5]]),),
        (torch.tensor([[-2000.0, -2001.0, -2000.5]]),),
    ),
    law=r"$H(x_0 \mid x_t) = -\sum_i \pi_i \log \pi_i$, where $\pi_i$ is $p(x_t \mid d_i)$ over its sum, and $0 \log 0 = 0$",
    slips=(
        Slip(
            "bits",
            _softmax_entropy(1, 2),
            "You measured in bits, with the logarithm to base 2. Here the unit is the nat: take the natural logarithm.",
        ),
        Slip(
            "sign",
            lambda log_likelihood: -_entropy_reference(log_likelihood),
            "Entropy is never negative. Look at the sign.",
        ),
        Slip(
            "logarithms left too early",
            lambda log_likelihood: _plain_entropy(
                log_likelihood.exp() / log_likelihood.exp().sum(1, keepdim=True)
            ),
            "Your likelihoods are too small for a computer: `exp` of a large negative number is 0, and 0/0 is NaN. `softmax` takes the "
            "logarithms as they are.",
        ),
        Slip(
            "summed over all",
            lambda log_likelihood: _entropy_reference(log_likelihood).sum(),
            r"You summed over the batch as well. There is one entropy for each $x_t$: sum over axis 1 alone.",
        ),
        Slip(
            "normalised over the batch",
            _softmax_entropy(0),
            "You normalised over the samples of the batch. For one $x_t$ the weights of all data rows sum to one, "
            "so the sum runs along axis 1.",
        ),
        Slip(
            "not normalised",
            lambda log_likelihood: -torch.xlogy(log_likelihood.exp(), log_likelihood.exp()).sum(1),
            r"You used likelihoods as if they were probabilities. Bayes' rule asks for normalised weights.",
        ),
        Slip(
            "log-likelihood for log weight",
            lambda log_likelihood: -(log_likelihood.softmax(1) * log_likelihood).sum(1),
            r"You averaged the log-likelihoods. In the formula stands the logarithm of the weight $\pi_i$, which is normalised.",
        ),
        Slip(
            "likelihoods throughout",
            lambda log_likelihood: -(log_likelihood.exp() * log_likelihood).sum(1),
            r"You used likelihoods as if they were probabilities, in both places. Bayes' rule asks for normalised weights $\pi_i$.",
        ),
        Slip(
            "mean for sum",
            lambda log_likelihood: _entropy_reference(log_likelihood) / log_likelihood.shape[1],
            "You averaged over the data rows. The weights are the average already: take the sum.",
        ),
        Slip(
            "zero times minus infinity",
            lambda log_likelihood: -(
                log_likelihood.softmax(1) * log_likelihood.log_softmax(1)
            ).sum(1),
            r"Where a row cannot have led to $x_t$, its weight is 0 and its logarithm $-\infty$; their product came out "
            r"as NaN. The limit of $\pi \log \pi$ is 0. `torch.xlogy` knows that.",
        ),
    ),
    also_right=(
        lambda log_likelihood: torch.special.entr(log_likelihood.softmax(1)).sum(1),
        lambda log_likelihood: torch.distributions.Categorical(logits=log_likelihood.clamp(min=-1e4)).entropy(),
    ),
    praise=r"$e^H$ is the effective number of rows that are still in the running.",
)


def _decreases_reference(alpha, sigma):
    snr = alpha**2 / sigma**2
    return bool((snr.diff() < 0).all())


def _grid() -> torch.Tensor:
    return torch.linspace(0.02, 0.98, 9, dtype=torch.float64)


def _decrease_cases():
    t = _grid()
    angle = 0.9 * math.pi / 2 * torch.sin(math.pi * t)
    return (
        (torch.tensor([1.0, 0.8, 0.5]), torch.tensor([0.1, 0.6, 0.9])),
        (torch.cos(angle), torch.sin(angle)),
        (torch.ones_like(t), 0.1 * 80**t),
        (0.8**t, 0.5 * 0.9**t),
        (1 + t, 0.5 + 2 * t),
        (2 * (0.5 - 0.25 * t), 0.5 - 0.25 * t),
        (0.5**t, 0.3 * 0.4**t),
        (torch.tensor([0.9, 0.5, 0.7, 0.2]), torch.tensor([0.3, 0.6, 0.5, 0.9])),
        (torch.tensor([0.9, 0.3, 0.95]), torch.tensor([0.3, 0.9, 0.2])),
    )


def _falls(quantity, strictly: bool = True):
    def information_decreases(alpha, sigma):
        change = quantity(alpha, sigma).diff()
        return bool((change < 0 if strictly else change <= 1e-9).all())

    return information_decreases


DECREASES = Exercise(
    id="01.7",
    title="Is it a forward process?",
    difficulty=2,
    minutes=6,
    points=2,
    reference=_decreases_reference,
    cases=_decrease_cases,
    law=r"$\text{SNR}_t = \alpha_t^2 / \sigma_t^2$ falls from each time of the grid to the next",
    slips=(
        Slip(
            "alpha alone",
            _falls(lambda alpha, sigma: alpha),
            r"A falling signal is not enough: the noise may fall even faster. And a constant signal may drown.",
        ),
        Slip(
            "sigma alone",
            _falls(lambda alpha, sigma: -sigma),
            r"Rising noise is not enough: the signal may rise even faster, and then more can be seen.",
        ),
        Slip(
            "both must move",
            lambda alpha, sigma: bool((alpha.diff() < 0).all() and (sigma.diff() > 0).all()),
            r"You ask for more than is needed. With $\alpha_t = 1$ and rising noise, information is lost as well. "
            r"Only the ratio of the two matters.",
        ),
        Slip(
            "not strictly",
            _falls(lambda alpha, sigma: alpha**2 / sigma**2, strictly=False),
            "If the ratio stays the same, nothing is destroyed: the picture is only scaled. Ask for a strict fall.",
        ),
        Slip(
            "first and last only",
            lambda alpha, sigma: bool(alpha[-1] / sigma[-1] < alpha[0] / sigma[0]),
            "You compared the two ends. In between the information may fall and come back.",
        ),
        Slip(
            "any for all",
            lambda alpha, sigma: bool(((alpha / sigma).diff() < 0).any()),
            "You ask whether the SNR falls somewhere. It must fall at every step of the grid.",
        ),
        Slip(
            "rising",
            _falls(lambda alpha, sigma: -(alpha**2) / sigma**2),
            "Your test has the direction turned round: signal over noise must get smaller as time goes on.",
        ),
        Slip(
            "difference for ratio",
            _falls(lambda alpha, sigma: alpha - sigma),
            r"You took the difference. Scaling $x_t$ by a constant loses nothing, yet changes the difference; "
            r"a ratio does not change.",
        ),
    ),
    compare=equal(),
    also_right=(
        _falls(lambda alpha, sigma: alpha / sigma),
        _falls(lambda alpha, sigma: 2 * (alpha.log() - sigma.log())),
        lambda alpha, sigma: bool((sigma / alpha).diff().min() > 0),
    ),
    praise="Whatever the two functions are: if their ratio falls, information does.",
)

EXERCISES = (NOISE, BLUR, MASKS, REPLACE, DELETE, ENTROPY, DECREASES)
