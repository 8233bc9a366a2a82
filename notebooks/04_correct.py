# %% [markdown]
# # 04 · Correct
#
# [← 03 · Predict](03_predict.ipynb) · [05 · One sampler →](05_one_sampler.ipynb)
#
# You have $x_t$ and a guess $\hat x_0$. Now you must go back to $x_s$, at an earlier time $s < t$. Which $x_s$ is right?
# There are many answers. Most samplers with a name of their own are one answer each. At the end of this lesson you can
#
# - test whether a step back is sound, without knowing the data,
# - build a sound step for any kind of damage out of three parts: infer, refresh, forward, and say which choice in it is DDIM, DDPM, MDLM or ReMDM,
# - say which choice to trust when guesses are wrong, and why.
#
# Lessons [00](00_welcome.ipynb) and [01](01_forward_process.ipynb) are all you need. About 75 minutes and five exercises. The sections marked
# *optional*, with exercises 04.6 and 04.7, come on top: about 35 minutes.

# %%
import math

import torch

from udm_lessons import show
from udm_lessons.data import MASK, PAD, VOCABULARY, decode, encode, pinwheel_centres, words
from udm_lessons.exercises import hint, progress, solution


# %% [markdown]
# ## What a correction must do
#
# Suppose the guess is as good as can be: a draw $\hat x_0 \sim p(x_0 \mid x_t)$. We then choose some law
# $p(x_s \mid x_t, x_0)$ and draw $x_s$ from it, with $\hat x_0$ for $x_0$. Altogether
#
# $$p(x_s \mid x_t) = \int p(x_s \mid x_t, x_0)\; p(x_0 \mid x_t)\, dx_0 ,$$
#
# which is the law of total probability, and true whatever we choose. We call our choice a *design*. Does $x_s$ come out with
# the law that destroyed data has at time $s$? It does if, for every $x_0$,
#
# $$\int p(x_s \mid x_t, x_0)\; p(x_t \mid x_0)\, dx_t = p(x_s \mid x_0) .$$
#
# This is the **marginal identity**. A design that satisfies it is *sound*. In words: destroy $x_0$ up to $t$, then correct with $x_0$ known. The result must look as if you had
# destroyed it up to $s$ only.
#
# Why is that enough? Multiply by $p(x_0)$ and integrate over $x_0$. On the right stands $p(x_s)$. On the left, $p(x_t \mid x_0)\, p(x_0) = p(x_t)\, p(x_0 \mid x_t)$,
# so there stands the law of what the step makes of $x_t \sim p(x_t)$. And the identity can be checked without knowing the data.
#
# Start where it can be checked by counting. Fix $x_0$ and let $x$ take finitely many values. Then $p(x_t \mid x_0)$ is a vector $p_t$,
# $p(x_s \mid x_0)$ a vector $p_s$, and the design a matrix: row $i$ of $M$ is the law of $x_s$ when $x_t = i$.

# %% [markdown]
# **Exercise 04.1** ●●○ · 6 minutes. Return the largest violation of the identity,
# $\max_j \left| \sum_i p_t(i)\, M_{ij} - p_s(j) \right|$. `p_t @ M` multiplies a row vector with a matrix.

# %% nbgrader={"grade": false, "grade_id": "answer-04-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def marginal_gap(M, p_t, p_s):
    """The largest violation of the marginal identity: a number."""
    raise NotImplementedError('exercise 04.1 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-04-1", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("04.1", marginal_gap)

# %% [markdown]
# A single letter under masking has two states, *visible* and *masked*. It is masked with probability 0.6 at time $t$ and 0.3 at
# time $s$. Four designs compete. Which are sound?

# %%
p_t, p_s = torch.tensor([0.4, 0.6]), torch.tensor([0.7, 0.3])
designs = {
    "change nothing": torch.tensor([[1.0, 0.0], [0.0, 1.0]]),
    "unmask everything": torch.tensor([[1.0, 0.0], [1.0, 0.0]]),
    "forget x_t": torch.tensor([[0.7, 0.3], [0.7, 0.3]]),
    "unmask every second mask": torch.tensor([[1.0, 0.0], [0.5, 0.5]]),
}
for name, M in designs.items():
    print(f"{name:26} gap {marginal_gap(M, p_t, p_s):.3f}")

# %% [markdown]
# Two of them are, and they are quite different. One forgets $x_t$; the other keeps what is visible and unmasks a mask with
# probability $1 - 0.3/0.6$.
#
# **Freedom and constraint.** A design on $n$ states has $n(n-1)$ free numbers, since each row sums to 1. The identity is $n$ equations, but both sides sum to 1, so it takes away $n - 1$ of them.
# So $(n-1)^2$ remain. For a letter under masking that is *one* number: the chance $\omega$ that a visible letter is hidden
# again. Choose it, and the identity fixes the chance that a masked letter stays masked: $(p_s - \omega(1 - p_t))/p_t$. (From here on $p_t$ and $p_s$ are single numbers, the
# chances to be masked, as in [lesson 01](01_forward_process.ipynb).) So it is with every sampler in this course. The identity is the constraint, and the rest is freedom to be used well.

# %% [markdown]
# ## Three designs for Gaussian noise
#
# Back to $x_t = \alpha_t x_0 + \sigma_t \varepsilon$. You know all that is needed from [lesson 00](00_welcome.ipynb).
#
# - Destroy the guess once more, with *new* noise $\xi \sim N(0, I)$, but only up to $s$: $x_s = \alpha_s \hat x_0 + \sigma_s \xi$.
#   But for the guess, it never looks at $x_t$. We call it **independent**.
# - Infer the *old* noise and reuse it: $\hat\varepsilon = (x_t - \alpha_t \hat x_0)/\sigma_t$ and $x_s = \alpha_s \hat x_0 + \sigma_s \hat\varepsilon$.
#   There is no new noise at all. Given $\hat x_0$ and $x_t$, all of $x_s$ is known: a point mass, hence the name **delta**. This was exercise 00.3, and in papers it is DDIM.
# - Mix the two so that the sum is again $N(0, I)$, and use it as the noise of $x_s$:
#
# $$x_s = \alpha_s \hat x_0 + \sigma_s \varepsilon', \qquad \varepsilon' = \rho\, \hat\varepsilon + \tilde\sigma\, \xi, \qquad \rho^2 + \tilde\sigma^2 = 1 .$$
#
# Variances of independent parts add, so $\varepsilon'$ has variance $\rho^2 + \tilde\sigma^2 = 1$. All three are sound, for one plain reason: if the noise in $x_t$ was
# $N(0, I)$, so is the noise in $x_s$.

# %% [markdown]
# What depends on what? In five steps (the index counts the steps that are left, so $x_5$ is pure noise):
#
# ```
# independent    x5      x4      x3      x2      x1      x0
#                  \    /  \    /  \    /  \    /  \    /
#                  guess   guess   guess   guess   guess
#
# delta          x5 ---- x4 ---- x3 ---- x2 ---- x1      x0
#                  \    /  \    /  \    /  \    /  \    /
#                  guess   guess   guess   guess   guess
# ```
#
# In the first, all that $x_5$ knows must pass through the guesses. In the second there is a direct line as well. It ends at $x_1$: at time 0 there is no noise, and $x_0$ is
# the last guess.

# %% [markdown]
# Between all new and all old noise there is a whole family. $\tilde\sigma$, the weight of the fresh noise, says where we are in it. Fix $x_0 = 1$, draw many $x_t$, and correct each.

# %%
from udm_lessons.destroy import Deletion, DiscreteSchedule, Gaussian, Masking, Replacement, Trig

schedule, t, s = Trig(), 0.7, 0.4
alpha_t, sigma_t = schedule.alpha(t), schedule.sigma(t)
alpha_s, sigma_s = schedule.alpha(s), schedule.sigma(s)
eps, xi = torch.randn(2, 40_000, generator=torch.Generator().manual_seed(0))
x0 = 1.0
x_t = alpha_t * x0 + sigma_t * eps


def mixed(rho):
    inferred = (x_t - alpha_t * x0) / sigma_t
    return alpha_s * x0 + sigma_s * (rho * inferred + math.sqrt(1 - rho**2) * xi)


# %%
def pair(sigma):
    return torch.stack([x_t, mixed(math.sqrt(1 - sigma**2))], 1)[:1500]


show.clouds(
    {rf"$\tilde\sigma$ = {sigma}": pair(sigma) for sigma in (0.0, 0.4, 0.9, 1.0)},
    "04.four-clouds",
    labels=("$x_t$", "$x_s$"),
)


# %% [markdown]
# Either weight may be the larger one. And $\rho$ may even be *negative*, since $-\hat\varepsilon$ is as normal as $\hat\varepsilon$.

# %%
def moments(x_s):
    memory = torch.corrcoef(torch.stack([x_t, x_s]))[0, 1]
    return [float(x_s.mean()), float(x_s.std()), float(memory)]


rows = {"exact law of x_s": [float(alpha_s * x0), float(sigma_s), ""]}
rows |= {f"ρ = {rho}": moments(mixed(rho)) for rho in (1.0, 0.8, 0.6, 0.0, -0.6, -1.0)}
show.compare(rows, ["mean", "deviation", "correlation with x_t"], "04.any-rho")


# %% [markdown]
# ## Which of them is DDPM?
#
# DDPM, the classic, gets its step in another way. It is the posterior $p(x_s \mid x_t, x_0)$ of a Markov chain, in which $x_t$ is made from $x_s$
# by adding noise. Which $\tilde\sigma$ is that?
#
# In the chain, $x_t = \frac{\alpha_t}{\alpha_s} x_s + \text{fresh noise}$. Write $\varepsilon_t$ and $\varepsilon_s$ for the noise in
# $x_t$ and $x_s$, each of variance 1. Comparing the noise on both sides gives $\sigma_t \varepsilon_t = \frac{\alpha_t}{\alpha_s} \sigma_s \varepsilon_s + \text{fresh}$, so the
# correlation of $\varepsilon_t$ and $\varepsilon_s$ is
#
# $$\rho = \frac{\alpha_t \sigma_s}{\alpha_s \sigma_t} = \sqrt{\text{SNR}_t / \text{SNR}_s} .$$
#
# It is below 1, since the SNR falls with time. For normal variables correlation works both ways, so going back,
# $\varepsilon_s = \rho\, \varepsilon_t + \sqrt{1-\rho^2}\, \xi$.

# %% [markdown]
# **Exercise 04.2** ●●○ · 8 minutes. Return $\tilde\sigma$ for DDPM, from the four scales (Python numbers above 0). `math.sqrt` is at hand.

# %% nbgrader={"grade": false, "grade_id": "answer-04-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ddpm_sigma(alpha_t, sigma_t, alpha_s, sigma_s):
    """The weight of the fresh noise for which the step is DDPM's."""
    raise NotImplementedError('exercise 04.2 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-04-2", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("04.2", ddpm_sigma)

# %% [markdown]
# Against the paper ([Ho et al. 2020](https://arxiv.org/abs/2006.11239)). There, step $t$ of 1000 adds noise of variance $\beta_t$, which rises from $10^{-4}$ to 0.02, and
# $\bar\alpha_t = \prod_{k \le t} (1 - \beta_k)$; in our letters $\alpha_t = \sqrt{\bar\alpha_t}$ and $\sigma_t = \sqrt{1 - \bar\alpha_t}$. Equation 7 gives the variance of the
# posterior as $\tilde\beta_t = \frac{1 - \bar\alpha_{t-1}}{1 - \bar\alpha_t} \beta_t$. Ours is $\sigma_s^2\, \tilde\sigma^2$ with $s = t - 1$.

# %%
betas = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)
alpha_bar = torch.cumprod(1 - betas, 0)
chain = DiscreteSchedule(betas)
for step in (2, 10, 100, 1000):
    a_t, s_t, a_s, s_s = (f(u) for u in (step, step - 1) for f in (chain.alpha, chain.sigma))
    published = (1 - alpha_bar[step - 2]) / (1 - alpha_bar[step - 1]) * betas[step - 1]
    ours = (s_s * ddpm_sigma(a_t, s_t, a_s, s_s)) ** 2
    print(f"t = {step:4}   paper {published:.6e}   ours {ours:.6e}")

# %% [markdown]
# ## Beyond Gaussian noise
#
# All these designs infer the noise, do something to it, and push forward. What may that "something" be?
# The weights $\rho$ and $\tilde\sigma$ are special: they keep the law of *normal* noise.
# Do it with uniform thresholds, and they are not uniform any more.

# %%
u, fresh = torch.rand(2, 20000, generator=torch.Generator().manual_seed(1))
show.histograms(
    {
        "normal noise": {"before": eps, "mixed, 0.6": 0.8 * eps + 0.6 * xi},
        "uniform noise": {"before": u, "mixed, 0.6": 0.8 * u + 0.6 * fresh},
    },
    "value of the noise",
    "04.mixtures",
)


# %% [markdown]
# So the rule must be about the law $q$ of the noise. Call the "something" a kernel $K$: it takes $\varepsilon$ and returns $\varepsilon'$,
# perhaps at random. **All we ask is that $K$ leaves $q$ as it is**, written $qK = q$: if $\varepsilon \sim q$, then $\varepsilon' \sim q$. To *keep* $\varepsilon$ does so for any $q$, and so does to *redraw* it.
# If the coordinates are independent, as ours are, each may be redrawn or kept by the toss of a coin: a *mixture* (not the weighted sum from above). For thresholds
# there is also the *reflection* $u \to 1 - u$.
#
# And "infer"? For masks there is no formula to solve. If position $i$ is masked, we know that $u_i < p_t$ and nothing more. Then
# all values in $(0, p_t)$ are equally likely. So infer means: **draw the noise from its posterior**, $\varepsilon \sim p(\varepsilon \mid x_0, x_t)$.

# %% [markdown]
# **Exercise 04.3** ●●○ · 8 minutes. Draw thresholds for an `x_t` in which some tokens are masked (a tensor of whole numbers; `mask` is the number that stands for
# MASK). `p`, between 0 and 1, is the level. Return a tensor of floats in the shape of `x_t`.
# `torch.rand(shape, generator=generator)` draws uniform numbers between 0 and 1. Scale and shift them.

# %% nbgrader={"grade": false, "grade_id": "answer-04-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def infer_thresholds(x_t, p, mask, generator):
    """u ~ p(u | x_0, x_t): below the level p where x_t is masked, above it where it is visible."""
    raise NotImplementedError('exercise 04.3 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-04-3", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("04.3", infer_thresholds)

# %% [markdown]
# Two things must hold. Pushed forward to $t$, the thresholds give $x_t$ back. And over all $x_t$ that may occur, they are
# uniform again. A tempting shortcut, the middle of each interval, passes the first and fails the second.

# %%
process, p = Masking(MASK), 0.3
letters, draws = encode(words(5)), torch.Generator().manual_seed(0)
many = letters.repeat(30, 1)
hidden = process.forward(many, process.sample_noise(many, draws), p)
u = infer_thresholds(hidden, p, MASK, draws)
middle = torch.where(hidden == MASK, torch.tensor(p / 2), torch.tensor((1 + p) / 2))
for name, noise in {"yours": u, "middle": middle}.items():
    back = bool((process.forward(many, noise, p) == hidden).all())
    masked = (noise < 0.1).double().mean()
    print(f"{name:6}  gives x_t back: {back}   share masked at p = 0.1: {masked:.2f} (exact: 0.10)")


# %% [markdown]
# Now use what you know of the thresholds. Let $K$ be the reflection. A letter is visible or masked at the level $p_t$. Its threshold is inferred, reflected, and
# used again at the lower level $p_s$. How likely is it to be masked then?

# %% [markdown]
# **Exercise 04.4** ●●● · 10 minutes. Return two chances to be masked at $s$: of a letter that is visible at $t$, and of one that is masked. Draw the line from 0 to 1
# first. The levels are numbers with $0 < p_s < p_t < 1$.

# %% nbgrader={"grade": false, "grade_id": "answer-04-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def reflected(p_t, p_s):
    """The chances to be masked at s after u -> 1 - u: of a visible letter, and of a masked one."""
    raise NotImplementedError('exercise 04.4 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-04-4", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("04.4", reflected)

# %% [markdown]
# Is the reflection sound? You have the test. And how far does it go on the scale of $\omega$, the chance to hide a visible letter again?

# %%
p_t, p_s = 0.8, 0.6
chances = {
    "keep": (0.0, p_s / p_t),
    "mixture, 0.5": (0.5 * p_s, 0.5 * p_s + 0.5 * p_s / p_t),
    "redraw": (p_s, p_s),
    "reflect": reflected(p_t, p_s),
}
for name, (again, stays) in chances.items():
    M = torch.tensor([[1 - again, again], [1 - stays, stays]])
    gap = marginal_gap(M, torch.tensor([1 - p_t, p_t]), torch.tensor([1 - p_s, p_s]))
    print(f"{name:12}  hidden again {again:.2f}   stays masked {stays:.2f}   gap {gap:.3f}")


# %% [markdown]
# The identity also limits $\omega$. It is a chance, so at most 1; and above $p_s/(1 - p_t)$ the chance that a mask stays would fall below 0. So $\omega_{\max} = \min(1,\, p_s/(1 - p_t))$. Reflection reaches it. So all sound
# designs for one letter are a coin between keep and reflection. A coin between keep and redraw reaches $\omega = p_s$ at most, and is only a part of the family.
#
# ReMDM ([Wang et al. 2025](https://arxiv.org/abs/2503.00307)) is that family; there $\omega$ is called $\sigma_t$. Its samplers differ in how they choose it; $\omega = 0$ is older:
#
# | sampler | chance to hide again | as a kernel |
# |---|---|---|
# | MDLM, D3PM with absorbing states (a mask, once there, stays) | $\omega = 0$ | keep |
# | ReMDM, *rescale* | $\omega = c\, \omega_{\max}$ | reflect with chance $c$, else keep |
# | ReMDM, *cap* | $\omega = \min(c, \omega_{\max})$ | reflect with chance $\omega/\omega_{\max}$, else keep |
# | ReMDM, *conf* | a share of $\omega$ for each letter, larger where the network was less sure | reflect with a chance for each letter |
#
# In the last row the chances depend on the chain's past, which goes beyond the theorem that follows.

# %% [markdown]
# ## The theorem
#
# Put the three parts together.
#
# > **Infer, refresh, forward.** Draw $\varepsilon \sim p(\varepsilon \mid x_0, x_t)$. Draw $\varepsilon' \sim K(\varepsilon, \cdot)$ with $qK = q$. Set $x_s = F_s(x_0, \varepsilon')$.
# > Then the marginal identity holds: for any $F$, any $q$, any such $K$, and any $s < t$.
#
# The proof is one line for each part. If $x_t \sim p(x_t \mid x_0)$, then $x_t$ and an $\varepsilon$ drawn from the posterior have the same joint law as $x_t$ and the noise that made it. So
# $\varepsilon \sim q$. $K$ leaves $q$ as it is, so $\varepsilon' \sim q$. Hence $x_s = F_s(x_0, \varepsilon')$ is what $p(x_s \mid x_0)$ means. ∎

# %% [markdown]
# **Exercise 04.5** ●●○ · 8 minutes. Write the step. `process` has `infer_noise(x0, x_t, t, generator)` and `forward(x0, noise, t)`;
# a refresh is called as `refresh(process, noise, t, s, generator)` and returns noise.

# %% nbgrader={"grade": false, "grade_id": "answer-04-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def reverse_step(process, x0_hat, x_t, t, s, refresh, generator):
    """x_s ~ p(x_s | x_t, x0_hat), for any process and any refresh."""
    raise NotImplementedError('exercise 04.5 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-04-5", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("04.5", reverse_step)

# %% [markdown]
# Nothing in it asks what the data is. Here it runs on masked words, on replaced letters, and on strings that *grow*. The guesses
# come from the exact oracle over the course's 366 five-letter words. The package has the refreshes ready: `Keep()`, `Redraw()`, `Mixture(0.5)`, which
# redraws each coordinate with probability 0.5, `Interpolate(0.5)`, the weighted sum with $\tilde\sigma = 0.5$, and `Markov()`, which makes the step the posterior of the
# process's own Markov chain. For noise that is DDPM.

# %%
from udm_lessons.rebuild import (
    FiniteData, GaussianMixture, Interpolate, Keep, Markov, Mixture, Redraw, posterior_mean,
    posterior_sample, sample,
)


def film(process, refresh, seed):
    oracle, generator = FiniteData(letters, process), torch.Generator().manual_seed(seed)
    x, frames = process.sample_prior((1, 5), generator), []
    for k in range(10, 0, -1):
        x0_hat = oracle.sample_x0(x, k / 10, generator)
        x = reverse_step(process, x0_hat, x, k / 10, (k - 1) / 10, refresh, generator)
        frames += decode(x) if k % 2 else []
    return frames


# %%
films = {
    "masks, keep": (Masking(MASK), Keep(), 1),
    "masks, redraw": (Masking(MASK), Redraw(), 1),
    "masks, half and half": (Masking(MASK), Mixture(0.5), 2),
    "replacement, Markov": (Replacement(VOCABULARY), Markov(), 4),
    "deletion, keep": (Deletion(PAD), Keep(), 3),
    "deletion, half and half": (Deletion(PAD), Mixture(0.5), 5),
}
show.strings(
    {name: film(*row) for name, row in films.items()},
    "04.words-step",
    [f"s = {s}" for s in (0.8, 0.6, 0.4, 0.2, 0.0)],
)

# %% [markdown]
# Two more combinations have names. Replacement with `Markov()` is D3PM with uniform noise. Deletion with keep is an insertion model. For deletion, "infer" has to decide *which* letters of the
# guess are the ones still seen; all possible alignments are equally likely, and `Deletion` draws one. [Lesson 12](12_insert_and_delete.ipynb) shows how.
#
# One caution. A guess that contradicts a visible letter cannot have led to $x_t$, and then there is no noise to infer: `infer_noise` raises an error. The oracle
# never guesses so. A network must be held to it.

# %% [markdown]
# ## Does the choice matter? Exact guesses
#
# What does the theorem promise if the guesses are exact draws from $p(x_0 \mid x_t)$? Guess below, then see. The data is a pinwheel of 20 small Gaussians in the plane, whose posterior is known in closed form.
#
# We measure the **energy distance** to real data, $2E|X-Y| - E|X-X'| - E|Y-Y'|$, where $X, X'$ are generated and $Y, Y'$ real, all drawn independently. It is 0 if and only if the laws agree. The
# estimate from samples has no bias. So for equal laws it scatters about 0 and may be negative. How much, fresh sets of real data show.

# %% tags=["nbval-ignore-output"]
show.expect("04.exact-steps")

# %%
from udm_lessons.measure import energy_distance

mixture = GaussianMixture(pinwheel_centres(), torch.full((20,), 0.005, dtype=torch.float64))
gaussian, n = Gaussian(schedule), 2000
real = mixture.sample(n, torch.Generator().manual_seed(2))
named = {"independent": Redraw(), "mixed, 0.5": Interpolate(0.5), "DDPM": Markov(), "delta": Keep()}
steps = [2, 4, 8, 16, 32, 64, 128]


def generate(predictor, refresh, steps, seed=3, **options):
    generator = torch.Generator().manual_seed(seed)
    x_T = gaussian.sample_prior((n, 2), generator, dtype=torch.float64)
    times = torch.linspace(1, 0, steps + 1)
    return sample(gaussian, predictor, x_T, times, refresh, generator, False, **options)


def distance(x):
    return 1000 * energy_distance(x, real)


# %%
from tqdm.auto import tqdm


def distances(predictor):
    runs = [(name, k) for name in named for k in steps]
    found = {name: [] for name in named}
    for seed, (name, k) in enumerate(tqdm(runs, desc="designs x steps", leave=False)):
        found[name].append(distance(generate(predictor, named[name], k, 50 + seed)))
    return found


exact = distances(posterior_sample(mixture, schedule))

# %%
real_sets = [mixture.sample(n, torch.Generator().manual_seed(100 + k)) for k in range(100)]
real_distances = sorted(distance(x) for x in real_sets)
floor = real_distances[94]

# %%
show.dots(
    steps, exact, "number of steps", "energy distance × 1000", "04.exact-guesses",
    band=("90 of 100 real sets", real_distances[5], floor), xscale="log",
)


# %%
def mean_and_error(values):
    values = torch.tensor(values, dtype=torch.float64)
    return float(values.mean()), float(values.std() / len(values) ** 0.5)


low = real_distances[5]
outside = sum(not low <= value <= floor for line in exact.values() for value in line)
print(f"{outside} of 28 runs lie outside the band; 10 in 100 real sets do, so expect 2.8")
rows = {"real data, 100 sets": [mean_and_error(real_distances)]}
rows |= {f"{name}, 7 runs": [mean_and_error(line)] for name, line in exact.items()}
show.compare(rows, ["energy distance × 1000"], "04.exact-means", digits=1)

# %% [markdown]
# Within the errors of measurement we see what the theorem says: no design is better than another, and two steps are as good as 128. If somebody tells you that the independent design is *always* worse, this is the counter-example.

# %% [markdown]
# ## Does the choice matter? Imperfect guesses
#
# A network for pictures, trained on the squared error, does not return draws from the posterior. It returns a single value, near the posterior mean $E[x_0 \mid x_t]$, and a bit off. We imitate it:
# the exact mean, shifted by 0.05 to the right.

# %% tags=["nbval-ignore-output"]
show.expect("04.more-steps")

# %%
mean = posterior_mean(mixture, schedule)
shift = torch.tensor([0.05, 0.0], dtype=torch.float64)


def biased(x_t, t, generator=None):
    return mean(x_t, t) + shift


found = distances(biased)

# %%
show.curves(
    steps, found, "number of steps", "energy distance × 1000",
    "04.wrong-guess",
    xscale="log", yscale="log", floor=("95 of 100 real sets", floor),
)
rows = {name: [line[steps.index(k)] for k in (2, 8, 32, 128)] for name, line in found.items()}
show.compare(rows, ["2 steps", "8", "32", "128"], "04.wrong-guess-rows", digits=0, best="low")

# %%
pairs = [(name, k) for name in ("independent", "delta") for k in (8, 128)]
show.clouds(
    {f"{name}, {k} steps": generate(biased, named[name], k) for name, k in pairs},
    "04.what-numbers-mean",
    real=real,
)


# %% [markdown]
# Move the weight of the fresh noise yourself, at 64 steps. From which weight on do the clusters leave their places?

# %% tags=["nbval-ignore-output"]
def by_weight(sigma):
    x = generate(biased, Interpolate(sigma), 64)
    print(f"energy distance x 1000: {distance(x):.0f}")
    show.clouds({f"fresh noise {sigma}": x}, "04.by-weight", real=real)


show.slider(by_weight, "σ̃", [0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.85, 1.0], 0.5)

# %% [markdown]
# Why do errors pile up? Under the independent design *every* step puts in the full error of the guess. And old errors survive: a point that has drifted is taken for a point that belongs there.
# So the errors add up. Delta takes in only a share of each error, and the shorter the step, the smaller the share. (Exercise 04.7, near the end, makes a formula of this.)
#
# With few steps it is another matter. With 2 steps all four designs are equally bad, up to chance. At $t = 1$ there is only noise. Kept or redrawn, it is normal and knows
# nothing of the guess, so $x_s$ has the same law in all four. The second step returns its guess. From 8 steps on, delta leads here.

# %% [markdown]
# ## Which guesses are safe?
#
# The shifted mean has two faults: it is shifted, and it is a mean where a draw is asked for. What about a draw that is *almost* right? One choice is a Gaussian around the mean, $\hat x_0 \sim N(E[x_0 \mid x_t],\, \bar\sigma_t^2)$. We give it the exact mean, and for
# $\bar\sigma_t^2$ the exact variance, averaged at each time over all the $x_t$ that the chains have reached.
#
# We test it in one dimension, on data with three humps. There the *Wasserstein distance* is easy: sort both samples, and average
# how far the sorted values are apart.

# %%
humps = GaussianMixture(
    torch.tensor([[-1.5], [0.0], [1.0]], dtype=torch.float64),
    torch.tensor([0.01, 0.01, 0.1], dtype=torch.float64),
    torch.tensor([0.6, 0.1, 0.3], dtype=torch.float64),
)
humps_mean = posterior_mean(humps, schedule)


def gaussian_draw(x_t, t, generator):
    deviation = humps.x0_cov(x_t, t, schedule).mean().sqrt()
    fresh = torch.randn(x_t.shape, generator=generator, dtype=x_t.dtype)
    return humps_mean(x_t, t) + deviation * fresh


# %%
def hump_points(seed, n=20_000):
    return humps.sample(n, torch.Generator().manual_seed(seed))


def wasserstein(x):
    return float((x.sort(0).values - hump_points(6, len(x)).sort(0).values).abs().mean())


def generated(predictor, refresh, steps, n=20_000):
    generator = torch.Generator().manual_seed(steps)
    x_T = gaussian.sample_prior((n, 1), generator, dtype=torch.float64)
    times = torch.linspace(1, 0, steps + 1)
    return sample(gaussian, predictor, x_T, times, refresh, generator, False)


# %%
guesses = {
    "exact draw": posterior_sample(humps, schedule),
    "exact mean": humps_mean,
    "Gaussian draw": gaussian_draw,
}
guess_rows = {}
for label, predictor in guesses.items():
    for name in ("independent", "DDPM", "delta"):
        line = [wasserstein(generated(predictor, named[name], k)) for k in (8, 32, 128)]
        guess_rows[f"{label}, {name}"] = line

# %%
real_w = sorted(wasserstein(hump_points(k)) for k in range(7, 27))
print(f"20 fresh sets of real data: from {real_w[0]:.3f} to {real_w[-1]:.3f}")
show.compare(guess_rows, ["8 steps", "32", "128"], "04.safe-guesses", digits=3)

# %% [markdown]
# With exact draws the design makes no difference beyond chance. With exact means, the independent design improves slowly, and the others leave it far behind. With Gaussian draws it
# first improves and then gets *worse* again, although the mean is exact and the variance right on average. A Gaussian is not the posterior, and
# all that this design hands on passes through the guess, once more in each step.
#
# Do DDPM and delta with a mean reach the level of real data at 128 steps? 20,000 points are too few to tell. Take ten times as many.

# %%
n_many = 200_000
many_w = sorted(wasserstein(hump_points(k, n_many)) for k in range(7, 17))
print(f"200,000 points, 10 sets of real data: from {many_w[0]:.3f} to {many_w[-1]:.3f}")
print(f"exact mean, DDPM  {wasserstein(generated(humps_mean, Markov(), 128, n_many)):.3f}")

# %%
print(f"exact mean, delta {wasserstein(generated(humps_mean, Keep(), 128, n_many)):.3f}")


# %% [markdown]
# Not with 128 steps: both are above all ten sets of real data. With 512 steps, which take longer and which we ran outside this notebook, they come out at 0.006 and 0.005: no longer above
# the largest of the ten. In a short step that keeps most of the noise, the guess enters with a small weight, and then little more than its mean counts.
#
# Su's [Unified Diffusion Model](https://kexue.fm/archives/9262), on which this course builds, calls the independent design theoretically sound, but says that it usually works worse. Now it can be
# put precisely. The independent design is sound, and so exact with exact draws. With a mean for a guess none of the designs was exact here with 128 steps, and
# this one was far behind. So an exact draw is safe with any design. A mean, or a rough draw around it, is safe only in small steps that keep most of the noise.

# %% [markdown]
# ## Is there anything else? *(optional)*
#
# Every design of the theorem's form is sound. Could a sound design be of another form? No, if $K$ may also depend on $x_0$. Take any design $M$ with the identity, and let $K$ be: push $\varepsilon$ forward to $x_t$, apply the
# design, infer $\varepsilon'$ from $x_s$. Infer, refresh with this $K$, forward: the inferred $\varepsilon$ leads to $x_t$ again, the design makes $x_s$ of it, and
# $\varepsilon'$ leads to that $x_s$. So the step is the design. And $K$ leaves $q$ as it is: $\varepsilon \sim q$ gives $x_t \sim p(x_t \mid x_0)$, the identity gives $x_s \sim p(x_s \mid x_0)$, and noise
# inferred from that has the law $q$. So to choose a sampler *is* to choose $K$.
#
# Build that $K$, for one $x_0$. Let there be $n$ noises with probabilities `q`, a tensor of $n$ numbers above 0 with sum 1. Noises and states are counted from 0. Noise number $e$ leads to the state `f_t[e]` at time $t$ and to `f_s[e]` at time $s$.

# %% [markdown]
# **Exercise 04.6** ●●● · 12 minutes. Return the $n \times n$ matrix of $K$ as a tensor: row $e$ is the law of the new noise when the old one was $e$. `M` is the design as in 04.1, with a row and a column for each state, of which there may be more or fewer than noises. `M` never leads to a state that no noise reaches at $s$. `f_t` and `f_s` are tensors of $n$ whole numbers, so that `M[f_t]` picks rows. Loops are fine.

# %% nbgrader={"grade": false, "grade_id": "answer-04-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def kernel(M, f_t, f_s, q):
    """K[e, e']: push e forward to t, apply the design, infer e' at s."""
    raise NotImplementedError('exercise 04.6 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-04-6", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("04.6", kernel)

# %% [markdown]
# Back to the four designs for one letter. Ten thresholds stand for the line from 0 to 1. Which kernels keep $q$? Your test from 04.1 can tell, with $q$ in both places.

# %%
thresholds = torch.linspace(0.05, 0.95, 10)
q = torch.full((10,), 0.1)
f_t, f_s = (thresholds < 0.6).long(), (thresholds < 0.3).long()  # 0 is visible, 1 is masked
for name, M in designs.items():
    gap = marginal_gap(M, torch.tensor([0.4, 0.6]), torch.tensor([0.7, 0.3]))
    kept = marginal_gap(kernel(M, f_t, f_s, q), q, q)
    print(f"{name:26} gap of the design {gap:.3f}   of its kernel {kept:.3f}")


# %% [markdown]
# The sound designs have kernels that keep $q$, and the others do not.

# %% [markdown]
# ## Why do errors pile up? *(optional)*
#
# Take a simple case, in which no cluster pulls a point back: data is spread so widely and evenly that the best guess is $x_t/\alpha_t$. Let every guess be too large by 1:
# $\hat x_0 = x_t/\alpha_t + 1$. A step infers the noise from that, keeps it with weight $\rho$ (which may differ from step to step), and adds fresh noise, which is 0 on average. How far has $x/\alpha$ moved, on average, by the
# end of the chain?

# %% [markdown]
# **Exercise 04.7** ●●● · 12 minutes. Return that drift. `snr` is a tensor of the $n + 1$ signal-to-noise ratios in the order of the chain, from late times to early ones: all above 0 and
# rising. `rho` is a tensor of $n$ numbers between -1 and 1: `rho[k]` is the weight of the old noise in the step from `snr[k]` to `snr[k + 1]`.
# Begin with one step, on paper.

# %% nbgrader={"grade": false, "grade_id": "answer-04-7", "locked": false, "schema_version": 3, "solution": true, "task": false}
def drift(snr, rho):
    """How far x / alpha moves on average, if each guess is x_t / alpha_t + 1: a number."""
    raise NotImplementedError('exercise 04.7 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-04-7", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("04.7", drift)


# %%
def drifts(n):
    inner = torch.linspace(1, 0, n + 1, dtype=torch.float64)[1:-1]
    snr = torch.exp(schedule.log_snr(inner))
    one, ddpm = torch.ones(n - 2, dtype=torch.float64), (snr[:-1] / snr[1:]).sqrt()
    weights = {"independent": 0 * one, "mixed, 0.5": 0.75**0.5 * one, "DDPM": ddpm, "delta": one}
    return {name: float(drift(snr, rho)) for name, rho in weights.items()}


table = {n: drifts(n) for n in (8, 32, 128, 512)}
rows = {name: [table[n][name] for n in table] for name in named}
show.compare(rows, [f"{n} steps" for n in table], "04.drift", digits=1, best="low")


# %% [markdown]
# (The first and the last step are left out, since the SNR is 0 at $t = 1$ and infinite at $t = 0$. So of 8 steps 6 count.)
#
# Under the independent design each step adds 1, the full error. Delta takes in only the share $1 - \sqrt{\text{SNR}_t / \text{SNR}_s}$ of each error, which for a short step is about half of what $\log \text{SNR}$ gains in it. Over a whole chain these
# shares add up to a little less than half of all that $\log \text{SNR}$ gains, which grows like the logarithm of the number of steps. DDPM takes in up to twice as much as delta. A fixed weight, such as $\tilde\sigma = 0.5$ (the row *mixed, 0.5*),
# has shares that do not shrink, and suffers. On the pinwheel it is not as bad, since the clusters pull points back; but with 128 steps the order is the same.

# %% [markdown]
# ## Is the predictor being fooled? *(optional)*
#
# The predictor at time $t$ expects inputs with the law $p(x_t)$ of destroyed data. In a chain it gets what the chain has made of its own earlier guesses.
# A good design *fools* the predictor: what it is given looks like destroyed data. Compare the two laws along a chain of 64 steps
# with the shifted mean.

# %%
def along_the_chain(refresh):
    seen = {}
    generate(biased, refresh, 64, callback=lambda s, x_s, _: seen.update({s: x_s}))
    times, line = [time for time in seen if round(64 * time) % 8 == 0], []
    for time in times:
        x0 = mixture.sample(n, torch.Generator().manual_seed(4))
        noise = gaussian.sample_noise(x0, torch.Generator().manual_seed(5))
        expected = gaussian.forward(x0, noise, time)
        line.append(1000 * energy_distance(seen[time], expected))
    return times, line


times, kept = along_the_chain(Keep())
_, redrawn = along_the_chain(Redraw())
show.curves(
    times, {"independent": redrawn, "delta": kept},
    "time s (the chain runs from right to left)", "energy distance × 1000",
    "04.fooled",
    floor=("95 of 100 real sets", floor),
)

# %% [markdown]
# ## Which failure heals? *(optional)*
#
# Last, let one step go wrong. Of 32 steps with the exact mean, counted from 0 at $t = 1$ to 31, exactly one gets a useless guess: the mean of all data, the point 0.
# Does the chain recover? Each chain is compared with one that has the same noise and in which nothing fails.

# %% tags=["nbval-ignore-output"]
show.expect("04.one-failure")


# %%
def failing_at(failure):
    bad = None if failure is None else torch.linspace(1, 0, 33).tolist()[failure]
    return lambda x_t, t, generator=None: torch.zeros_like(x_t) if t == bad else mean(x_t, t)


def ends(refresh, failure):
    chains = [generate(failing_at(failure), refresh, 32, seed) for seed in range(3)]
    return torch.tensor([distance(x) for x in chains])


# %%
failures, rows = (8, 16, 20, 28, 31), {}
for name in ("independent", "delta"):
    healthy = ends(named[name], None)
    added = [ends(named[name], k) - healthy for k in failures]
    rows[name] = [mean_and_error(values.tolist()) for values in added]
show.compare(rows, [f"step {k}" for k in failures], "04.early-failures", best="low")


# %%
def moments_of(refresh, failure=20, shown=400):
    """Where the first points are after each of the 32 steps."""
    seen = []
    generate(failing_at(failure), refresh, 32, callback=lambda s, x_s, _: seen.append(x_s[:shown]))
    return torch.stack(seen)


last_steps = slice(14, 32)
show.film_clouds(
    {name: moments_of(named[name])[last_steps] for name in ("independent", "delta")},
    "04.failing-film", real, [f"after step {k}" for k in range(32)[last_steps]],
)

# %% [markdown]
# Of the two, only the independent design heals an early failure completely. Early on $\alpha_s$ is small: what is left of the failed guess is covered by fresh
# noise, and no old noise carries it on. (In the drift above it was otherwise, since there $x_t$ was always believed, however noisy.) Delta carries a trace of each of these failures along, and the later the larger. Of a late failure, short of the last, delta heals far more: it goes only a small step in the wrong direction, where the
# independent design rebuilds everything on the one bad guess. The last step never heals, since nothing comes after it: both chains end in the point 0. (The two numbers differ because
# the healthy chains do.)

# %% [markdown]
# ## Try it
#
# The minus sign of $\rho$ is allowed. Is it useful? This refresh turns the noise round as far as you like:
#
# ```python
# def turn(rho):
#     return lambda process, noise, t, s, generator: process.noise_law.correlate(noise, rho, generator)
# ```
#
# Run 64 steps with $\rho = 1, 0.5, 0, -0.5, -1$, once with exact draws and once with the exact mean: `generate(mean, turn(-0.5), 64)`. Guess first. What does a turned noise
# do to a guess that is only a mean?
#
# What others found, in three runs each. With exact draws, all five are at the level of real data. With the exact mean the energy distance × 1000 is 0, 4, 20, 73 and 737: the more the
# noise is turned, the worse. Turning is worse than forgetting, since a mean is only safe in small steps, and a turned noise makes every step long.

# %% [markdown]
# ## What you have learnt
#
# - A design $p(x_s \mid x_t, x_0)$ is sound if it satisfies the marginal identity. With exact guesses, that is all that matters.
# - *Infer, refresh, forward* satisfies it for any process and any kernel $K$ that leaves $q$ as it is. All designs with the identity are of this form, if $K$ may depend on $x_0$.
# - Keep is DDIM. $\tilde\sigma^2 = 1 - \text{SNR}_t/\text{SNR}_s$ is DDPM. Redraw is the independent design. For masks, keep is MDLM, and a coin between keep and reflect is ReMDM (*cap* and *rescale*).
# - With imperfect guesses, redraw falls behind as steps are added. If the guesses are shifted, its errors pile up; with exact means
#   it improves, but slowly. For noise, keep did best here. For tokens it need not: a
#   wrong letter that is kept is never revised. [Lesson 11](11_masks_and_tokens.ipynb) comes back to that.

# %% [markdown]
# **Read on.** Song, Meng and Ermon 2021, [Denoising Diffusion Implicit Models](https://arxiv.org/abs/2010.02502), who first varied the design. Bansal et al. 2022,
# [Cold Diffusion](https://arxiv.org/abs/2208.09392), its second algorithm. Wang et al. 2025, [Remasking Discrete Diffusion Models](https://arxiv.org/abs/2503.00307).

# %% [markdown]
# **Next.** [Lesson 05](05_one_sampler.ipynb) lets DDPM, DDIM, the reverse SDE and the probability-flow ODE
# fall out of the three lines that you have written.

# %% [markdown]
# [← 03 · Predict](03_predict.ipynb) · [05 · One sampler →](05_one_sampler.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
