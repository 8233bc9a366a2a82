# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: nbgrader,tags
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 04 · Correct
#
# [← 03 · Predict](03_predict.ipynb) · [05 · One sampler →](05_one_sampler.ipynb)
#
# You have $x_t$ and a guess $\hat x_0$. Now you must go back to $x_s$, at an earlier time $s < t$. Which $x_s$ is right?
# There are many answers, and most samplers with a name of their own are one of them.
#
# You will write the three classic designs, find a test that proves a design sound, and then one step of three
# lines that contains them all and does not care what the data is. Lessons [00](00_welcome.ipynb) and [01](01_forward_process.ipynb) are all you need.
#
# About 60 minutes, seven exercises.

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
# which is the law of total probability, and true whatever we choose. But we choose only a *design*. Does $x_s$ come out with
# the law that destroyed data has at time $s$? It does if, for every $x_0$,
#
# $$\int p(x_s \mid x_t, x_0)\; p(x_t \mid x_0)\, dx_t = p(x_s \mid x_0) .$$
#
# This is the **marginal identity**. In words: destroy $x_0$ up to $t$, then correct with $x_0$ known. The result must look as if you had
# destroyed it up to $s$ only. Multiply by $p(x_0)$ and integrate over $x_0$: on the right stands $p(x_s)$, on the left the law of what the step
# makes of $x_t \sim p(x_t)$. So the identity is enough. And it can be checked without knowing the data.

# %% [markdown]
# Start where it can be checked by counting. Fix $x_0$ and let $x$ take finitely many values. Then $p(x_t \mid x_0)$ is a vector $p_t$,
# $p(x_s \mid x_0)$ a vector $p_s$, and the design a matrix: row $i$ of $M$ is the law of $x_s$ when $x_t = i$.

# %% [markdown]
# **Exercise 04.1** ●●○ · 6 minutes. Return the largest violation of the identity,
# $\max_j \left| \sum_i p_t(i)\, M_{ij} - p_s(j) \right|$. `p_t @ M` multiplies a row vector with a matrix.

# %% nbgrader={"grade": false, "grade_id": "answer-04-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def marginal_gap(M, p_t, p_s):
    """The largest violation of the marginal identity: a number."""
    ### BEGIN SOLUTION
    return (p_t @ M - p_s).abs().max()
    ### END SOLUTION


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
# probability $1 - 0.3/0.6$. So the identity leaves freedom. The rest of the lesson is about using it well.

# %% [markdown]
# ## Three designs for Gaussian noise
#
# Back to $x_t = \alpha_t x_0 + \sigma_t \varepsilon$. The simplest design is to destroy the guess once more, with new noise, but
# only up to $s$. It never looks at $x_t$. We call it **independent**.

# %% [markdown]
# **Exercise 04.2** ●○○ · 4 minutes. Return $x_s$. The fresh noise is given as `xi`; the scales are numbers. The next exercises have the same list of
# arguments; not all are needed here.

# %% nbgrader={"grade": false, "grade_id": "answer-04-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def independent(x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s):
    """x_s from the guess x0_hat and fresh noise xi."""
    ### BEGIN SOLUTION
    return alpha_s * x0_hat + sigma_s * xi
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-04-2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("04.2", independent)

# %% [markdown]
# The second design is the opposite: no new noise at all. Given $\hat x_0$ and $x_t$, the old noise is known, since
# $\varepsilon = (x_t - \alpha_t \hat x_0)/\sigma_t$. Reuse it. Then $p(x_s \mid x_t, x_0)$ is a point mass, hence the name
# **delta** design. It is sound, for a plain reason: if $x_t$ was made with $\varepsilon \sim N(0, I)$, then $x_s$ is made with the same $\varepsilon \sim N(0, I)$.

# %% [markdown]
# **Exercise 04.3** ●●○ · 5 minutes. Infer the noise, and destroy the guess with it up to $s$.

# %% nbgrader={"grade": false, "grade_id": "answer-04-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def delta(x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s):
    """x_s from the guess x0_hat and the noise that leads from it to x_t."""
    ### BEGIN SOLUTION
    eps = (x_t - alpha_t * x0_hat) / sigma_t
    return alpha_s * x0_hat + sigma_s * eps
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-04-3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("04.3", delta)

# %% [markdown]
# Between all new and all old noise there is a whole family. Mix the two so that the mixture is again $N(0, I)$:
#
# $$\varepsilon' = \sqrt{1 - \tilde\sigma^2}\; \varepsilon + \tilde\sigma\, \xi, \qquad \xi \sim N(0, I), \quad 0 \le \tilde\sigma \le 1 .$$
#
# Variances of independent parts add, and $(1 - \tilde\sigma^2) + \tilde\sigma^2 = 1$.

# %% [markdown]
# **Exercise 04.4** ●●○ · 6 minutes. Write the whole step: infer the noise, mix, push forward to $s$. `sigma` is $\tilde\sigma$.

# %% nbgrader={"grade": false, "grade_id": "answer-04-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mixed(x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s, sigma):
    """x_s from the guess x0_hat and noise, of whose variance the share sigma**2 is fresh."""
    ### BEGIN SOLUTION
    eps = (x_t - alpha_t * x0_hat) / sigma_t
    eps = math.sqrt(1 - sigma**2) * eps + sigma * xi
    return alpha_s * x0_hat + sigma_s * eps
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-04-4", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("04.4", mixed)

# %% [markdown]
# Look at what the knob does. We fix $x_0 = 1$, draw many $x_t$, and correct each with *your* step.

# %%
from udm_lessons.destroy import Deletion, DiscreteSchedule, Gaussian, Masking, Replacement, Trig

schedule, t, s = Trig(), 0.7, 0.4
scales = [f(time) for time in (t, s) for f in (schedule.alpha, schedule.sigma)]
generator = torch.Generator().manual_seed(0)
eps, xi = torch.randn(2, 1500, 1, generator=generator)
x0, x_t = torch.ones(1500, 1), scales[0] + scales[1] * eps


def x_t_and_x_s(sigma):
    return torch.cat([x_t, mixed(x0, x_t, xi, *scales, sigma)], 1)


show.clouds(
    {rf"$\tilde\sigma$ = {sigma}": x_t_and_x_s(sigma) for sigma in (0.0, 0.4, 0.9, 1.0)},
    "04.four-clouds",
    labels=("$x_t$", "$x_s$"),
)

# %%
print(f"exact law of x_s: mean {scales[2]:.2f}, deviation {scales[3]:.2f}")
for sigma in (0.0, 0.4, 0.9, 1.0):
    x_s, memory = x_t_and_x_s(sigma)[:, 1], torch.corrcoef(x_t_and_x_s(sigma).T)[0, 1]
    print(f"sigma tilde {sigma}:  mean {x_s.mean():.2f}, deviation {x_s.std():.2f},", end="  ")
    print(f"correlation with x_t {memory:.2f}")

# %% [markdown]
# ## Where DDPM lies
#
# DDPM, the classic, has yet another step: the posterior $p(x_s \mid x_t, x_0)$ of a Markov chain, in which $x_t$ is made from $x_s$
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
# **Exercise 04.5** ●●○ · 8 minutes. Return $\tilde\sigma$ for DDPM, from the four scales (Python numbers above 0). `math.sqrt` is at hand.

# %% nbgrader={"grade": false, "grade_id": "answer-04-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ddpm_sigma(alpha_t, sigma_t, alpha_s, sigma_s):
    """The sigma of the last exercise for which the step is DDPM's."""
    ### BEGIN SOLUTION
    rho = alpha_t * sigma_s / (alpha_s * sigma_t)
    return math.sqrt(1 - rho**2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-04-5", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("04.5", ddpm_sigma)

# %% [markdown]
# Against the paper (Ho et al. 2020). There, step $t$ of 1000 adds noise of variance $\beta_t$, which rises from $10^{-4}$ to 0.02, and
# $\bar\alpha_t = \prod_{k \le t} (1 - \beta_k)$; in our letters $\alpha_t = \sqrt{\bar\alpha_t}$ and $\sigma_t = \sqrt{1 - \bar\alpha_t}$. Equation 7 gives the variance of the
# posterior as $\tilde\beta_t = \frac{1 - \bar\alpha_{t-1}}{1 - \bar\alpha_t} \beta_t$. Ours is $\sigma_s^2\, \tilde\sigma^2$ with $s = t - 1$.

# %%
betas = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)
alpha_bar = torch.cumprod(1 - betas, 0)
chain = DiscreteSchedule(betas)
for step in (2, 10, 100, 1000):
    a_t, s_t, a_s, s_s = (f(time) for time in (step, step - 1) for f in (chain.alpha, chain.sigma))
    published = (1 - alpha_bar[step - 2]) / (1 - alpha_bar[step - 1]) * betas[step - 1]
    print(f"t = {step:4}   paper {published:.6e}   ours {(s_s * ddpm_sigma(a_t, s_t, a_s, s_s))**2:.6e}")

# %% [markdown]
# ## Beyond Gaussian noise
#
# All three designs did the same thing: infer the noise, do something to it, push forward. What may that "something" be?
# Here it was a mixture with weights $\sqrt{1-\tilde\sigma^2}$ and $\tilde\sigma$, and that is special. It keeps the law of *normal* noise.
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
# perhaps at random. **All we ask is that $K$ leaves $q$ as it is**, written $qK = q$. To *keep* $\varepsilon$ does so for any $q$, and so does to *redraw* it.
# If the coordinates are independent, as ours are, each may be redrawn or kept by the toss of a coin: a *mixture*. For thresholds
# there is also the reflection $u \to 1 - u$.
#
# And "infer"? For masks there is no formula to solve. If position $i$ is masked, we know that $u_i < p_t$ and nothing more. Then
# all values in $(0, p_t)$ are equally likely. So infer means: **draw the noise from its posterior**, $\varepsilon \sim p(\varepsilon \mid x_0, x_t)$.

# %% [markdown]
# **Exercise 04.6** ●●○ · 8 minutes. Draw thresholds for a masked `x_t` (a tensor of tokens; `mask` is the number that stands for MASK).
# `torch.rand(shape, generator=generator)` draws uniform numbers from $(0, 1)$. Scale and shift them.

# %% nbgrader={"grade": false, "grade_id": "answer-04-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def infer_thresholds(x_t, p, mask, generator):
    """u ~ p(u | x_t): below the level p where x_t is masked, above it where x_t is visible."""
    ### BEGIN SOLUTION
    u = torch.rand(x_t.shape, generator=generator)
    return torch.where(x_t == mask, p * u, p + (1 - p) * u)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-04-6", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("04.6", infer_thresholds)

# %% [markdown]
# Two things must hold. Pushed forward to $t$, the thresholds give $x_t$ back. And over all $x_t$ that may occur, they are
# uniform again. A tempting shortcut, the middle of each interval, passes the first and fails the second.

# %%
process, p = Masking(MASK), 0.3
letters, draws = encode(words(5)), torch.Generator().manual_seed(0)
hidden = process.forward(letters, process.sample_noise(letters, draws), p)
u = infer_thresholds(hidden, p, MASK, draws)
middle = torch.where(hidden == MASK, torch.tensor(p / 2), torch.tensor((1 + p) / 2))
for name, noise in {"yours": u, "middle": middle}.items():
    back = bool((process.forward(letters, noise, p) == hidden).all())
    masked = (noise < 0.1).double().mean()
    print(f"{name:6}  gives x_t back: {back}   share masked at p = 0.1: {masked:.3f} (exact: 0.100)")

# %% [markdown]
# ## The theorem
#
# Put the three moves together.
#
# > **Infer, refresh, forward.** Draw $\varepsilon \sim p(\varepsilon \mid x_0, x_t)$. Draw $\varepsilon' \sim K(\varepsilon, \cdot)$ with $qK = q$. Set $x_s = F_s(x_0, \varepsilon')$.
# > Then the marginal identity holds: for any $F$, any $q$, any such $K$, and any $s < t$.
#
# The proof is one line for each move. If $x_t \sim p(x_t \mid x_0)$, then $\varepsilon$, drawn from its posterior, has the law $q$ it was
# made with. $K$ leaves $q$ as it is, so $\varepsilon' \sim q$. Hence $x_s = F_s(x_0, \varepsilon')$ is what $p(x_s \mid x_0)$ means. ∎
#
# The converse is true as well, if $K$ may also depend on $x_0$. Take any design with the identity and let $K$ be: push $\varepsilon$ forward to $x_t$, apply the
# design, infer $\varepsilon'$ from $x_s$. It leaves $q$ as it is, and it gives the design back. So to choose a sampler *is* to choose $K$.

# %% [markdown]
# **Exercise 04.7** ●●○ · 8 minutes. Write the step. `process` has `infer_noise(x0, x_t, t, generator)` and `forward(x0, noise, t)`;
# a refresh is called as `refresh(process, noise, t, s, generator)` and returns noise.

# %% nbgrader={"grade": false, "grade_id": "answer-04-7", "locked": false, "schema_version": 3, "solution": true, "task": false}
def reverse_step(process, x0_hat, x_t, t, s, refresh, generator):
    """x_s ~ p(x_s | x_t, x0_hat), for any process and any refresh."""
    ### BEGIN SOLUTION
    noise = process.infer_noise(x0_hat, x_t, t, generator)
    noise = refresh(process, noise, t, s, generator)
    return process.forward(x0_hat, noise, s)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-04-7", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("04.7", reverse_step)

# %% [markdown]
# Nothing in it asks what the data is. Here it runs on masked words, on replaced letters, and on strings that *grow*. The guesses
# come from the exact oracle over the course's 366 five-letter words. The package has the refreshes ready: `Keep()`, `Redraw()`, `Mixture(0.5)`, which
# redraws each coordinate with probability 0.5, `Interpolate(0.5)`, which is $\tilde\sigma = 0.5$, and `Markov()`, which makes the step the posterior of the
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
# The combinations have names. Masks with keep is MDLM, and D3PM with absorbing states. Masks with a mixture is ReMDM. Replacement with
# `Markov()` is D3PM with uniform noise. Deletion with keep is an insertion model. For deletion, "infer" has to decide *which* letters of the
# guess are the ones still seen; all possible alignments are equally likely, and `Deletion` draws one. [Lesson 12](12_insert_and_delete.ipynb) shows how.
#
# One caution. A guess that contradicts a visible letter cannot have led to $x_t$, and then there is no noise to infer: `infer_noise` says so. The oracle
# never guesses so. A network must be held to it.

# %% [markdown]
# ## Does the choice matter? Exact guesses
#
# If the guesses are exact draws from $p(x_0 \mid x_t)$, the theorem says that every design is exact, with any number of steps. Let us
# see. The data is a pinwheel of 20 small Gaussians in the plane, whose posterior is known in closed form.
#
# We measure the **energy distance** to real data, $2E|X-Y| - E|X-X'| - E|Y-Y'|$, where $X, X'$ are generated and $Y, Y'$ real, all drawn independently. It is 0 if and only if the laws agree. It is estimated from samples,
# without bias, so that for equal laws it scatters about 0 and may be negative. How much it scatters, fresh sets of real data show.

# %%
from udm_lessons.measure import energy_distance

mixture = GaussianMixture(pinwheel_centres(), torch.full((20,), 0.005, dtype=torch.float64))
gaussian, n = Gaussian(schedule), 2000
real = mixture.sample(n, torch.Generator().manual_seed(2))
named = {"independent": Redraw(), "mixed, 0.5": Interpolate(0.5), "DDPM": Markov(), "delta": Keep()}
steps = [2, 4, 8, 16, 32, 64, 128, 256]


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
real_sets = [mixture.sample(n, torch.Generator().manual_seed(100 + k)) for k in range(100)]
real_distances = sorted(distance(x) for x in real_sets)
floor = real_distances[94]

# %%
show.curves(
    steps, exact, "number of steps", "energy distance × 1000",
    "04.exact-guesses",
    xscale="log", floor=("95 of 100 real sets", floor),
)
spread = torch.tensor(real_distances).std()
print(f"real data    mean of 100 sets {sum(real_distances) / 100:5.1f}   standard deviation {spread:.1f}")
for name, line in exact.items():
    print(f"{name:12} mean of {len(line)} runs   {sum(line) / len(line):5.1f}")

# %% [markdown]
# A single run scatters by about 0.8, the mean of 8 runs by about 0.3. Within that, the theorem holds: no design is better than another, and two
# steps are as good as 256. If somebody tells you that the independent design is *always* worse, this is the counter-example.

# %% [markdown]
# ## Does the choice matter? Imperfect guesses
#
# A network does not return draws from the posterior. It returns a single value, near the posterior mean $E[x_0 \mid x_t]$, and a bit off. We imitate it:
# the exact mean, shifted by 0.05 to the right.

# %%
mean = posterior_mean(mixture, schedule)
shift = torch.tensor([0.05, 0.0], dtype=torch.float64)


def biased(x_t, t, generator=None):
    return mean(x_t, t) + shift


found = distances(biased)
show.curves(
    steps, found, "number of steps", "energy distance × 1000",
    "04.wrong-guess",
    xscale="log", yscale="log", floor=("95 of 100 real sets", floor),
)

# %%
pairs = [(name, k) for name in ("independent", "delta") for k in (8, 256)]
show.clouds(
    {f"{name}, {k} steps": generate(biased, named[name], k) for name, k in pairs},
    "04.what-numbers-mean",
    real=real,
)

# %%
ratio = found["independent"][-1] / found["delta"][-1]
print("energy distance x 1000 at 8 and 256 steps")
for name, line in found.items():
    print(f"  {name:12} {line[2]:6.0f} {line[-1]:6.0f}")
print(f"at 256 steps independent is at least 10 times worse than delta: {ratio > 10}")

# %% [markdown]
# Why? The independent design throws $x_t$ away and builds on $\hat x_0$ alone. So *every* step puts in the full error of the guess. And old errors survive:
# they return through $E[x_0 \mid x_t]$, because a point that has drifted is taken for a point that belongs there. So the errors add up.
#
# Delta goes from $x_t / \alpha_t$ only a part of the way to the guess, the share $1 - \sqrt{\text{SNR}_t / \text{SNR}_s}$, and takes in that share of the error. Over a whole chain these
# shares add up to a logarithm of the number of steps. DDPM takes in more, but its shares shrink with the step as well. A fixed mixture, such as $\tilde\sigma = 0.5$,
# has shares that do not shrink, and suffers.
#
# And how long is "at first"? With 2 steps all four designs are equally bad: at $t = 1$ nothing is known, and the second guess is the last. From 8 steps on, delta leads.

# %% [markdown]
# ## Which guesses are safe?
#
# The shifted mean has two faults: it is shifted, and it is a mean where a draw is asked for. What about a draw that is *almost* right? A
# popular choice is a Gaussian around the mean, $\hat x_0 \sim N(E[x_0 \mid x_t],\, \bar\sigma_t^2)$. We give it the exact mean, and for
# $\bar\sigma_t^2$ the exact variance, averaged over $x_t$.
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
truth = humps.sample(20_000, torch.Generator().manual_seed(6)).sort(0).values


def wasserstein(x):
    return float((x.sort(0).values - truth).abs().mean())


def generated(predictor, refresh, steps):
    generator = torch.Generator().manual_seed(steps)
    x_T = gaussian.sample_prior(truth.shape, generator, dtype=torch.float64)
    return sample(gaussian, predictor, x_T, torch.linspace(1, 0, steps + 1), refresh, generator, False)


# %%
guesses = {
    "exact draw": posterior_sample(humps, schedule),
    "exact mean": humps_mean,
    "Gaussian draw": gaussian_draw,
}
print("Wasserstein distance at 8, 32 and 128 steps")
fresh_sets = [humps.sample(20_000, torch.Generator().manual_seed(k)) for k in (7, 8, 9)]
print(f"{'real data, three fresh sets':27}", "".join(f"{wasserstein(x):7.2f}" for x in fresh_sets))
for label, predictor in guesses.items():
    for name in ("independent", "DDPM", "delta"):
        line = [wasserstein(generated(predictor, named[name], k)) for k in (8, 32, 128)]
        print(f"{label:14} {name:12}", "".join(f"{value:7.2f}" for value in line))

# %% [markdown]
# With exact draws nothing matters. With exact means, the independent design improves slowly, and the others leave it far behind. With Gaussian draws it
# first improves and then gets *worse* again, although the mean is exact and the variance right on average. A Gaussian is not the posterior, and
# this design has nothing else to go by. DDPM and delta come down to the level of real data in all three cases: in a small step only the mean counts.
#
# Su's article on the unified diffusion model, on which this course builds, calls the independent design theoretically sound, but says that it usually works worse. Now it can be
# put precisely. It is sound, and so exact with exact draws. With guesses that are merely near no design is exact, and this one falls behind as steps are added. With two steps
# there is nothing between the designs.

# %% [markdown]
# ## Is the predictor being fooled?
#
# The predictor at time $t$ expects inputs with the law $p_t$ of destroyed data. In a chain it gets what the chain has made of its own earlier guesses.
# A good design *fools* it: it cannot tell that these are not real. Compare the two laws along a chain of 64 steps.

# %%
def along_the_chain(refresh):
    seen = {}
    generate(biased, refresh, 64, callback=lambda s, x_s, _: seen.update({s: x_s}))
    times, line = [time for time in seen if round(64 * time) % 8 == 0], []
    for time in times:
        truth = mixture.sample(n, torch.Generator().manual_seed(4))
        truth = gaussian.forward(truth, gaussian.sample_noise(truth, torch.Generator().manual_seed(5)), time)
        line.append(1000 * energy_distance(seen[time], truth))
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
# ## Which failure heals?
#
# Last, let one step go wrong. Of 32 steps with the exact mean, exactly one gets a useless guess: the mean of all data, the point 0. (The very first guess is
# that anyway: at $t = 1$ nothing more can be known.) Does the chain recover?

# %%
def failing_at(failure):
    times = torch.linspace(1, 0, 33).tolist()
    return lambda x_t, t, generator=None: torch.zeros_like(x_t) if t == times[failure] else mean(x_t, t)


failures = [0, 4, 8, 12, 16, 20, 24, 28, 30, 31]
lines = {
    name: [distance(generate(failing_at(k), named[name], 32)) for k in failures]
    for name in ("independent", "delta")
}
for name in ("independent", "delta"):
    lines[f"{name}, none fails"] = [distance(generate(mean, named[name], 32))] * len(failures)

show.curves(
    failures, lines, "the step that fails (0 is the first of 32)", "energy distance × 1000",
    "04.early-failures",
    yscale="symlog",
)

# %% [markdown]
# Both designs heal an early failure completely. Of a late one, short of the last, delta heals more: it goes only a small step in the wrong direction, where the
# independent design rebuilds everything on the one bad guess.

# %% [markdown]
# ## What you have learnt
#
# - A design $p(x_s \mid x_t, x_0)$ is sound if it satisfies the marginal identity. With exact guesses, that is all that matters.
# - *Infer, refresh, forward* satisfies it for any process and any kernel $K$ that leaves $q$ as it is. All designs with the identity are of this form, if $K$ may depend on $x_0$.
# - Keep is DDIM. $\tilde\sigma^2 = 1 - \text{SNR}_t/\text{SNR}_s$ is DDPM. Redraw is the independent design.
# - With imperfect guesses, errors pile up under redraw as steps are added. For noise, keep did best here. For tokens it need not: a
#   wrong letter that is kept is never revised. [Lesson 11](11_masks_and_tokens.ipynb) comes back to that.

# %% [markdown]
# **Read on.** Song, Meng and Ermon 2021, [Denoising Diffusion Implicit Models](https://arxiv.org/abs/2010.02502), who first varied the design. Bansal et al. 2022,
# [Cold Diffusion](https://arxiv.org/abs/2208.09392), its second algorithm. Wang et al. 2025, [Remasking Discrete Diffusion Models](https://arxiv.org/abs/2503.00307).

# %% [markdown]
# **Next.** [Lesson 03](03_predict.ipynb) replaces the oracle by a network. [Lesson 05](05_one_sampler.ipynb) lets DDPM, DDIM, the reverse SDE and the probability-flow ODE
# fall out of the three lines that you have written.

# %% [markdown]
# [← 03 · Predict](03_predict.ipynb) · [05 · One sampler →](05_one_sampler.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
