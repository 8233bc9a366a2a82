"""The exercises of lesson 04: designs of p(x_s | x_t, x0), and the step that holds them all."""

from __future__ import annotations

import math

import torch

from ..processes import Cold, Gaussian, Masking
from ..refresh import Keep, Redraw
from ..sampling import reverse_step
from ..schedules import Trig
from .compare import both, close_on, same_law
from .draws import normal, stream
from .exercise import Exercise, Slip


def _law(*numbers: float) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64) / sum(numbers)


def _gap_reference(M, p_t, p_s):
    return (p_t @ M - p_s).abs().max()


def _gap_cases():
    M = torch.tensor([[0.5, 0.5, 0.0], [0.1, 0.6, 0.3], [0.2, 0.2, 0.6]], dtype=torch.float64)
    sound = torch.stack([_law(4, 1, 1), _law(1, 2, 3)])
    return (
        (torch.tensor([[1.0, 0.0], [0.5, 0.5]]), torch.tensor([0.4, 0.6]), torch.tensor([0.9, 0.1])),
        (M, _law(1, 2, 5), _law(3, 3, 2)),
        (M, _law(5, 1, 1), _law(1, 1, 4)),
        (sound, _law(1, 3), _law(1, 3) @ sound),
    )


GAP = Exercise(
    id="04.1",
    title="The marginal test",
    difficulty=2,
    minutes=6,
    points=2,
    reference=_gap_reference,
    cases=_gap_cases,
    law=r"the gap is $\max_j | \sum_i p(x_t = i)\, M_{ij} - p(x_s = j) |$",
    slips=(
        Slip(
            "transposed",
            lambda M, p_t, p_s: (M @ p_t - p_s).abs().max(),
            r"You summed over $x_s$. Row $i$ of $M$ is the law of $x_s$ given $x_t = i$, so the sum over $x_t$ "
            r"runs down the columns.",
        ),
        Slip(
            "sign kept",
            lambda M, p_t, p_s: (p_t @ M - p_s).max(),
            "You took the largest difference with its sign. A gap below zero counts as well: take absolute values.",
        ),
        Slip(
            "sum for max",
            lambda M, p_t, p_s: (p_t @ M - p_s).abs().sum(),
            "You added the gaps up. Asked for is the largest one.",
        ),
        Slip(
            "mean for max",
            lambda M, p_t, p_s: (p_t @ M - p_s).abs().mean(),
            "You averaged the gaps. Asked for is the largest one.",
        ),
        Slip(
            "x_t not averaged",
            lambda M, p_t, p_s: (M - p_s).abs().max(),
            r"You compared every row with $p(x_s)$. The identity speaks of the average over $x_t$; single rows may differ.",
        ),
        Slip(
            "uniform average",
            lambda M, p_t, p_s: (M.mean(0) - p_s).abs().max(),
            r"You gave every $x_t$ the same weight. Weight row $i$ by $p(x_t = i)$.",
        ),
    ),
    also_right=(
        lambda M, p_t, p_s: torch.einsum("i,ij->j", p_t, M).sub(p_s).abs().amax(),
        lambda M, p_t, p_s: max(abs(float(p_t @ M[:, j] - p_s[j])) for j in range(len(p_s))),
    ),
    praise="Every design in this lesson must bring that number down to rounding.",
)


def _design_cases():
    def scales(t, s):
        return (math.cos(1.5 * t), math.sin(1.5 * t), math.cos(1.5 * s), math.sin(1.5 * s))

    first = tuple(torch.tensor([row]) for row in ([1.0, -2.0], [0.5, 3.0], [0.3, -0.7]))
    return (
        (*first, 0.6, 0.9, 0.8, 0.5),
        (normal(0, 4, 3), normal(1, 4, 3), normal(2, 4, 3), *scales(0.9, 0.4)),
        (normal(3, 2, 1, 3, 5), normal(4, 2, 1, 3, 5), normal(5, 2, 1, 3, 5), 1.0, 4.0, 1.0, 1.5),
    )


def _independent_reference(x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s):
    return alpha_s * x0_hat + sigma_s * xi


INDEPENDENT = Exercise(
    id="04.2",
    title="The independent design",
    difficulty=1,
    minutes=4,
    points=1,
    reference=_independent_reference,
    cases=_design_cases,
    law=r"given $\hat x_0$, $x_s$ has the mean $\alpha_s \hat x_0$ and the deviation $\sigma_s$, whatever $x_t$ is",
    slips=(
        Slip(
            "scales of t",
            lambda x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s: alpha_t * x0_hat + sigma_t * xi,
            r"Those are the scales of $t$. The result must live at the earlier time $s$.",
        ),
        Slip(
            "signal from x_t",
            lambda x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s: alpha_s * x_t + sigma_s * xi,
            r"You destroyed $x_t$ once more. This design starts from the guess $\hat x_0$ and forgets $x_t$.",
        ),
        Slip(
            "variance for deviation",
            lambda x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s: alpha_s * x0_hat + sigma_s**2 * xi,
            r"You mixed variance and standard deviation: the noise enters with the factor $\sigma_s$.",
        ),
    ),
    also_right=(
        lambda x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s: torch.add(
            x0_hat * alpha_s, xi, alpha=sigma_s
        ),
    ),
    praise=r"It satisfies the identity for free: $x_s$ has the right law whatever $x_t$ was.",
)


def _delta_reference(x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s):
    eps = (x_t - alpha_t * x0_hat) / sigma_t
    return alpha_s * x0_hat + sigma_s * eps


DELTA = Exercise(
    id="04.3",
    title="The delta design",
    difficulty=2,
    minutes=5,
    points=1,
    reference=_delta_reference,
    cases=_design_cases,
    law=r"$x_s = \alpha_s\, \hat x_0 + \sigma_s\, \hat\varepsilon$ with the $\hat\varepsilon$ that leads from "
    r"$\hat x_0$ to $x_t$",
    slips=(
        Slip(
            "signal left in",
            lambda x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s: alpha_s * x0_hat
            + sigma_s * x_t / sigma_t,
            r"What you reuse still contains the data. Take $\alpha_t \hat x_0$ away from $x_t$ first.",
        ),
        Slip(
            "noise not rescaled",
            lambda x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s: alpha_s * x0_hat
            + (x_t - alpha_t * x0_hat),
            r"You reused the noise at its old strength $\sigma_t$. At time $s$ it has the scale $\sigma_s$.",
        ),
        Slip(
            "data not scaled",
            lambda x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s: alpha_s * x0_hat
            + sigma_s * (x_t - x0_hat) / sigma_t,
            r"At time $t$ only the share $\alpha_t$ of the data is left. Take away that much, not all of it.",
        ),
        Slip(
            "scales of s to infer",
            lambda x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s: x_t + 0 * x0_hat,
            r"Your result is $x_t$ itself. The noise is inferred with the scales of $t$ and used with those of $s$; "
            r"if both are the same, nothing happens.",
        ),
        Slip(
            "noise returned",
            lambda x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s: (x_t - alpha_t * x0_hat) / sigma_t,
            r"That is the inferred noise. Now use it: destroy the guess with it up to $s$.",
        ),
        Slip(
            "fresh noise",
            _independent_reference,
            r"This is the independent design again. Here no fresh noise is used: infer the old one from $x_t$.",
        ),
        Slip(
            "divided by the variance",
            lambda x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s: alpha_s * x0_hat
            + sigma_s * (x_t - alpha_t * x0_hat) / sigma_t**2,
            r"You divided by the variance $\sigma_t^2$. The noise entered with the factor $\sigma_t$.",
        ),
    ),
    also_right=(
        lambda x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s: sigma_s / sigma_t * x_t
        + (alpha_s - sigma_s / sigma_t * alpha_t) * x0_hat,
    ),
    praise="This is DDIM, and, with blur in the place of noise, Cold Diffusion's improved sampler.",
)


def _mixed(kept, fresh):
    """A design with the weights kept(sigma), fresh(sigma) on inferred and fresh noise."""

    def design(x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s, sigma):
        eps = (x_t - alpha_t * x0_hat) / sigma_t
        return alpha_s * x0_hat + sigma_s * (kept(sigma) * eps + fresh(sigma) * xi)

    return design


def _tilde_reference(x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s, sigma):
    eps = (x_t - alpha_t * x0_hat) / sigma_t
    return alpha_s * x0_hat + sigma_s * (math.sqrt(1 - sigma**2) * eps + sigma * xi)


SIGMA_TILDE = Exercise(
    id="04.4",
    title="Anything in between",
    difficulty=2,
    minutes=6,
    points=2,
    reference=_tilde_reference,
    cases=lambda: tuple(
        (*case, sigma) for case, sigma in zip(_design_cases(), (0.6, 0.3, 0.9), strict=True)
    ),
    law=r"the noise in $x_s$ has variance 1, and $\tilde\sigma^2$ of that is fresh",
    slips=(
        Slip(
            "linear mixture",
            _mixed(lambda sigma: 1 - sigma, lambda sigma: sigma),
            r"You mixed with weights $1 - \tilde\sigma$ and $\tilde\sigma$. Variances add, not deviations: the noise "
            r"would come out too weak. The squares of the weights must sum to one.",
        ),
        Slip(
            "weights swapped",
            _mixed(lambda sigma: sigma, lambda sigma: math.sqrt(1 - sigma**2)),
            r"The weights have changed places. $\tilde\sigma = 0$ is to be the delta design, without fresh noise.",
        ),
        Slip(
            "old noise kept whole",
            _mixed(lambda sigma: 1.0, lambda sigma: sigma),
            r"You added fresh noise on top of all the old. Together they are too strong: part of the old must go.",
        ),
        Slip(
            "variance for deviation",
            _mixed(lambda sigma: math.sqrt(1 - sigma), lambda sigma: math.sqrt(sigma)),
            r"You took $\tilde\sigma$ for a variance. It is the deviation of the fresh part, so its square is what is "
            r"taken from one.",
        ),
        Slip(
            "sigma not squared",
            _mixed(lambda sigma: math.sqrt(1 - sigma), lambda sigma: sigma),
            r"The square is missing under the root: $\tilde\sigma$ is a deviation, and it is variances that add up to one.",
        ),
        Slip(
            "noise not scaled to s",
            lambda x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s, sigma: _tilde_reference(
                x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, 1.0, sigma
            ),
            r"The mixture is right, but it goes in at full strength. At time $s$ the noise has the scale $\sigma_s$.",
        ),
        Slip(
            "root missing",
            _mixed(lambda sigma: 1 - sigma**2, lambda sigma: sigma),
            r"The square root is missing: the old noise gets the weight $\sqrt{1 - \tilde\sigma^2}$.",
        ),
        Slip(
            "fresh noise not scaled to s",
            lambda x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s, sigma: _tilde_reference(
                x0_hat, x_t, xi / sigma_s, alpha_t, sigma_t, alpha_s, sigma_s, sigma
            ),
            r"The fresh part must be scaled by $\sigma_s$ too. Both parts together are the noise of $x_s$.",
        ),
    ),
    also_right=(
        lambda x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s, sigma: alpha_s * x0_hat
        + math.sqrt(sigma_s**2 - (sigma * sigma_s) ** 2) * (x_t - alpha_t * x0_hat) / sigma_t
        + sigma * sigma_s * xi,
    ),
    praise=r"One knob $\tilde\sigma$ from DDIM (0) to the independent design (1). DDPM lies on the way.",
)


def _ddpm_reference(alpha_t, sigma_t, alpha_s, sigma_s):
    snr_t, snr_s = (alpha_t / sigma_t) ** 2, (alpha_s / sigma_s) ** 2
    return math.sqrt(1 - snr_t / snr_s)


DDPM = Exercise(
    id="04.5",
    title="Where DDPM lies",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_ddpm_reference,
    cases=lambda: (
        (0.6, 0.8, 0.8, 0.6),
        (1.0, 4.0, 1.0, 1.5),
        (0.3, 0.7, 0.9, 0.2),
    ),
    law=r"$\tilde\sigma^2 = 1 - \text{SNR}_t / \text{SNR}_s$",
    slips=(
        Slip(
            "variance for deviation",
            lambda a_t, s_t, a_s, s_s: 1 - (a_t * s_s / (a_s * s_t)) ** 2,
            r"That is $\tilde\sigma^2$. Asked for is $\tilde\sigma$ itself.",
        ),
        Slip(
            "correlation returned",
            lambda a_t, s_t, a_s, s_s: a_t * s_s / (a_s * s_t),
            r"That is $\rho$, the weight of the old noise. The weight of the fresh noise is $\sqrt{1 - \rho^2}$.",
        ),
        Slip(
            "scaled to s",
            lambda a_t, s_t, a_s, s_s: s_s * math.sqrt(1 - (a_t * s_s / (a_s * s_t)) ** 2),
            r"That is $\sigma_s \tilde\sigma$, the deviation of what is added to $x_s$. Asked for is $\tilde\sigma$ alone.",
        ),
        Slip(
            "one minus rho",
            lambda a_t, s_t, a_s, s_s: 1 - a_t * s_s / (a_s * s_t),
            r"The squares of the two weights sum to one, not the weights.",
        ),
        Slip(
            "SNR not squared",
            lambda a_t, s_t, a_s, s_s: math.sqrt(1 - a_t * s_s / (a_s * s_t)),
            r"You took $\alpha/\sigma$ for the SNR. The SNR is a ratio of variances: $\alpha^2/\sigma^2$.",
        ),
        Slip(
            "alpha only",
            lambda a_t, s_t, a_s, s_s: math.sqrt(1 - (a_t / a_s) ** 2),
            r"That would be $\sqrt{\beta_t}$, the noise of one forward step, for $\alpha^2 + \sigma^2 = 1$. "
            r"Here it is measured against the noise that $x_s$ already has: look at the SNR.",
        ),
        Slip(
            "sigma only",
            lambda a_t, s_t, a_s, s_s: math.sqrt(1 - (s_s / s_t) ** 2),
            r"You left the signal scales out. They cancel only if $\alpha_t = \alpha_s$.",
        ),
    ),
    also_right=(
        lambda a_t, s_t, a_s, s_s: math.sqrt(s_t**2 - (a_t / a_s * s_s) ** 2) / s_t,
        lambda a_t, s_t, a_s, s_s: torch.tensor(1 - (a_t * s_s / (a_s * s_t)) ** 2).sqrt(),
    ),
    praise="With it the design is the posterior of the Markov chain of DDPM, for any pair of times.",
)


def _infer_reference(x_t, p, mask, generator):
    u = torch.rand(x_t.shape, generator=generator, dtype=torch.float64)
    return torch.where(x_t == mask, p * u, p + (1 - p) * u)


def _drawn(transform):
    def infer_thresholds(x_t, p, mask, generator):
        u = torch.rand(x_t.shape, generator=generator, dtype=torch.float64)
        return transform(u, x_t == mask, p)

    return infer_thresholds


def _masked_case(seed: int, p: float) -> tuple:
    process, x0 = Masking(26), torch.randint(26, (600, 12), generator=stream(seed))
    x_t = process.forward(x0, process.sample_noise(x0, stream(seed + 1)), p)
    return (x_t, p, 26, stream(seed + 2))


def _sides(u, x_t, p, mask, generator):
    masked = x_t == mask
    return {"masked": u[masked].flatten(), "visible": u[~masked].flatten()}


THRESHOLDS = Exercise(
    id="04.6",
    title="Infer the thresholds",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_infer_reference,
    cases=lambda: (_masked_case(0, 0.3), _masked_case(3, 0.7)),
    law=r"$u_i \sim U(0, p_t)$ where $x_t$ is masked, $u_i \sim U(p_t, 1)$ where it is visible",
    compare=both(
        close_on(
            lambda u, x_t, p, mask, generator: bool(((u < p) == (x_t == mask)).all()),
            say="pushed forward to time t, these thresholds do not give x_t back",
        ),
        same_law(_sides, alpha=1e-6),
    ),
    false_alarm=1e-5,
    slips=(
        Slip(
            "x_t ignored",
            _drawn(lambda u, masked, p: u),
            r"Your thresholds ignore $x_t$. Pushed forward they would mask other positions. What $x_t$ shows tells on "
            r"which side of $p_t$ each threshold lies.",
        ),
        Slip(
            "midpoint",
            _drawn(lambda u, masked, p: torch.where(masked, p / 2, (1 + p) / 2) + 0 * u),
            r"You took one fixed value on each side. It reproduces $x_t$, but it is not a draw: on the way back all "
            r"masks would vanish at one and the same time.",
        ),
        Slip(
            "sides swapped",
            _drawn(lambda u, masked, p: torch.where(masked, p + (1 - p) * u, p * u)),
            r"The sides have changed places. A position is masked because its threshold lies *below* $p_t$.",
        ),
        Slip(
            "visible not scaled",
            _drawn(lambda u, masked, p: torch.where(masked, p * u, p + u)),
            r"Your thresholds for visible positions run beyond 1. The interval from $p_t$ to 1 has the length $1 - p_t$.",
        ),
        Slip(
            "visible not shifted",
            _drawn(lambda u, masked, p: torch.where(masked, p * u, (1 - p) * u)),
            r"Your thresholds for visible positions have the right spread but start at 0. Shift them: the interval "
            r"begins at $p_t$.",
        ),
        Slip(
            "visible anywhere",
            _drawn(lambda u, masked, p: torch.where(masked, p * u, u)),
            r"For visible positions you drew from the whole of $(0, 1)$. That they are visible tells that $u_i \ge p_t$.",
        ),
        Slip(
            "squeezed towards p",
            _drawn(lambda u, masked, p: torch.where(masked, p * u.sqrt(), p + (1 - p) * u**2)),
            "On the right side, but not uniform there. A uniform number that is known to lie in an interval is uniform in it.",
        ),
    ),
    also_right=(
        lambda x_t, p, mask, generator: Masking(mask).infer_noise(
            torch.where(x_t == mask, 0, x_t), x_t, p, generator
        ),
        lambda x_t, p, mask, generator: torch.rand(x_t.shape, generator=generator)
        * torch.where(x_t == mask, p, 1 - p)
        + torch.where(x_t == mask, 0.0, p),
    ),
    praise="Over all masks that may occur, these thresholds are uniform again: their law is q.",
)


def _turn(process, noise, t, s, generator=None):
    """A refresh with q K = q for normal noise, since -eps has the law of eps; it needs s < t."""
    return -noise if s < t else noise


def _fade(x0, t):
    return x0 * (1 - 0.5 * t) + torch.flip(x0, (-1,)) * 0.5 * t


def _step_cases():
    gaussian, cold, masking = Gaussian(Trig()), Cold(_fade), Masking(26)
    first = torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]])
    words = torch.randint(26, (1500, 8), generator=stream(12))
    masked = masking.forward(words, masking.sample_noise(words, stream(13)), 0.8)
    return (
        (gaussian, *first, 0.7, 0.2, Keep(), None),
        (gaussian, *first, 0.7, 0.2, _turn, None),
        (gaussian, normal(6, 2, 1, 3, 4), normal(7, 2, 1, 3, 4), 0.95, 0.6, _turn, None),
        (cold, normal(8, 4, 3), normal(9, 4, 3), 0.9, 0.5, Keep(), None),
        (cold, normal(10, 4, 3), normal(11, 4, 3), 0.9, 0.5, Redraw(), None),
        (masking, words, masked, 0.8, 0.3, Keep(), stream(14)),
        (masking, words, masked, 0.8, 0.3, Redraw(), stream(15)),
    )


def _values(x_s, process, *others):
    """What is not random in a step: all of an image; of tokens, whether the visible ones are right."""
    if not isinstance(process, Masking):
        return x_s
    words, masked = others[:2]
    return bool(((x_s == words) | ((x_s == process.mask) & (masked == process.mask))).all())


def _masks_in_each_row(x_s, process, *others):
    return {"masks": (x_s == process.mask).sum(1)} if isinstance(process, Masking) else {}


def _step_reference(process, x0_hat, x_t, t, s, refresh, generator):
    noise = process.infer_noise(x0_hat, x_t, t, generator)
    noise = refresh(process, noise, t, s, generator)
    return process.forward(x0_hat, noise, s)


def _refreshed_late(process, x0_hat, x_t, t, s, refresh, generator):
    noise = process.infer_noise(x0_hat, x_t, t, generator)
    return refresh(process, process.forward(x0_hat, noise, s), t, s, generator)


STEP = Exercise(
    id="04.7",
    title="Infer, refresh, forward",
    difficulty=2,
    minutes=8,
    points=3,
    reference=_step_reference,
    cases=_step_cases,
    compare=both(close_on(_values), same_law(_masks_in_each_row, alpha=1e-6)),
    false_alarm=1e-5,
    law=r"$\varepsilon \sim p(\varepsilon \mid \hat x_0, x_t)$, then $\varepsilon' \sim K(\varepsilon, \cdot)$, "
    r"then $x_s = F_s(\hat x_0, \varepsilon')$",
    slips=(
        Slip(
            "refresh left out",
            lambda process, x0_hat, x_t, t, s, refresh, generator: process.forward(
                x0_hat, process.infer_noise(x0_hat, x_t, t, generator), s
            ),
            "You reuse the noise as it is, whatever the refresh. Hand it to `refresh` before you push forward.",
        ),
        Slip(
            "forward to t",
            lambda process, x0_hat, x_t, t, s, refresh, generator: process.forward(
                x0_hat,
                refresh(process, process.infer_noise(x0_hat, x_t, t, generator), t, s, generator),
                t,
            ),
            r"You pushed forward to $t$, where you came from. The step ends at the earlier time $s$.",
        ),
        Slip(
            "inferred at s",
            lambda process, x0_hat, x_t, t, s, refresh, generator: process.forward(
                x0_hat,
                refresh(process, process.infer_noise(x0_hat, x_t, s, generator), t, s, generator),
                s,
            ),
            r"You inferred the noise as if $x_t$ were from time $s$. It is from time $t$.",
        ),
        Slip(
            "noise not inferred",
            lambda process, x0_hat, x_t, t, s, refresh, generator: process.forward(
                x0_hat,
                refresh(process, process.sample_noise(x0_hat, generator), t, s, generator),
                s,
            ),
            r"You drew new noise instead of inferring the old one, so $x_t$ has no say at all.",
        ),
        Slip(
            "x_t pushed forward",
            lambda process, x0_hat, x_t, t, s, refresh, generator: process.forward(
                x_t,
                refresh(process, process.infer_noise(x0_hat, x_t, t, generator), t, s, generator),
                s,
            ),
            r"You destroyed $x_t$ once more. What is pushed forward is the guess $\hat x_0$.",
        ),
        Slip(
            "guess and x_t swapped",
            lambda process, x0_hat, x_t, t, s, refresh, generator: process.forward(
                x0_hat,
                refresh(process, process.infer_noise(x_t, x0_hat, t, generator), t, s, generator),
                s,
            ),
            r"In `infer_noise` the data comes first and $x_t$ second. You swapped them.",
        ),
        Slip(
            "times of the refresh swapped",
            lambda process, x0_hat, x_t, t, s, refresh, generator: process.forward(
                x0_hat,
                refresh(process, process.infer_noise(x0_hat, x_t, t, generator), s, t, generator),
                s,
            ),
            r"The refresh got its two times in the wrong order. First comes $t$, the later one.",
        ),
        Slip(
            "refreshed too late",
            _refreshed_late,
            "You refreshed the result. The refresh acts on the noise, between infer and forward.",
        ),
    ),
    also_right=(
        reverse_step,
        lambda process, x0_hat, x_t, t, s, refresh, generator: process.forward(
            x0_hat,
            refresh(process, process.infer_noise(x0_hat, x_t, t, generator), t, s, generator),
            s,
        ),
    ),
    praise="These three lines are the whole of every sampler in this course.",
)

EXERCISES = (GAP, INDEPENDENT, DELTA, SIGMA_TILDE, DDPM, THRESHOLDS, STEP)
