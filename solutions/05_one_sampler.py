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
# # 05 · One sampler
#
# [← 04 · Correct](04_correct.ipynb) · [06 · Likelihood and variance →](06_likelihood_and_variance.ipynb)
#
# DDPM, DDIM, reverse SDE, probability-flow ODE: four names, from three papers. Here they become four settings of one loop, the one you wrote in [lesson 04](04_correct.ipynb). At the end you can
#
# - read a sampler as three numbers per step, and say how much of the old noise it keeps;
# - derive the reverse SDE and the probability-flow ODE from small steps;
# - say how much variance is lost if a mean stands in for a draw, and notice when samples have lost variety.
#
# You need lessons [02](02_from_steps_to_marginals.ipynb) to [04](04_correct.ipynb). About 75 minutes and five exercises; sections marked *optional*, with exercise 05.5, come on top: about 20 minutes. Stuck? `hint("05.1")` says a little more each time.

# %%
import math

import torch

from udm_lessons import show
from udm_lessons.destroy import DiscreteSchedule, Gaussian, Trig, VPLinear
from udm_lessons.exercises import hint, progress, solution
from udm_lessons.measure import DigitClassifier, energy_distance, markov_sigma_tilde

schedule = Trig()
process = Gaussian(schedule)

# %% [markdown]
# ## One knob
#
# Among the designs of [lesson 04](04_correct.ipynb) was a sum of old and new noise. It has one free number, the weight $\tilde\sigma$ of the
# fresh noise:
#
# $$x_s = \alpha_s \hat x_0 + \sigma_s \left( \sqrt{1 - \tilde\sigma^2}\; \hat\varepsilon + \tilde\sigma\, \xi \right), \qquad \hat\varepsilon = \frac{x_t - \alpha_t \hat x_0}{\sigma_t}, \quad \xi \sim N(0, I) .$$
#
# At $\tilde\sigma = 0$ it is DDIM, which [lesson 04](04_correct.ipynb) called *delta* and the code calls `Keep`. At $\tilde\sigma = \sqrt{1 - \text{SNR}_t/\text{SNR}_s}$ it is DDPM; here $\text{SNR}_t = \alpha_t^2/\sigma_t^2$. You found that in exercise 04.2, and the package has it as `markov_sigma_tilde`. The authors of DDIM (Song, Meng and Ermon 2021) join the two by a knob $\eta$ from 0 to 1: it multiplies DDPM's $\tilde\sigma$.
#
# Papers write a step as "so much of $\hat x_0$, so much of $x_t$, so much noise". Put the formula for $\hat\varepsilon$ into the step, and collect:
#
# $$x_s = c_0\, \hat x_0 + c_t\, x_t + d\, \xi, \qquad c_t = \frac{\sigma_s}{\sigma_t} \sqrt{1 - \tilde\sigma^2}, \quad c_0 = \alpha_s - \alpha_t c_t, \quad d = \sigma_s \tilde\sigma .$$

# %%
def three_numbers(t, s, eta, schedule=schedule):
    """c_0, c_t and d of the step from t to s, with the knob at eta."""
    sigma = eta * markov_sigma_tilde(schedule, t, s)
    c_t = schedule.sigma(s) / schedule.sigma(t) * math.sqrt(1 - sigma**2)
    return schedule.alpha(s) - schedule.alpha(t) * c_t, c_t, schedule.sigma(s) * sigma


# %% [markdown]
# ## Against the papers
#
# DDPM's chain has 1000 steps, $x_t = \sqrt{1 - \beta_t}\, x_{t-1} + \sqrt{\beta_t}\, \xi$, and $\bar\alpha_t = \prod_{k \le t} (1 - \beta_k)$; in our letters $\alpha_t = \sqrt{\bar\alpha_t}$ and $\sigma_t = \sqrt{1 - \bar\alpha_t}$. To go back, its authors ask Bayes: given $x_0$ and $x_t$, where was $x_{t-1}$? Equations 6 and 7 of Ho et al. 2020 are the answer. It is a normal law, and its mean is linear in $x_0$ and $x_t$.
#
# [Lesson 06](06_likelihood_and_variance.ipynb) derives it by Bayes' rule. Here least squares finds it: write each variable as a vector of its shares in three independent sources, and project $x_{t-1}$ onto $x_0$ and $x_t$. What the projection leaves over is the noise.

# %%
betas = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)
a_bar = torch.cumprod(1 - betas, 0).tolist()
chain = DiscreteSchedule(betas)


def ddpm_by_bayes(t):
    """c_0, c_t and d; the sources are x_0, the noise in x_{t-1}, and the noise of step t."""
    x_0, eps, new = torch.eye(3, dtype=torch.float64)
    x_s = chain.alpha(t - 1) * x_0 + chain.sigma(t - 1) * eps
    given = torch.stack([x_0, (1 - betas[t - 1]).sqrt() * x_s + betas[t - 1].sqrt() * new], 1)
    weights = torch.linalg.lstsq(given, x_s).solution
    return *weights.tolist(), float((x_s - given @ weights).norm())


# %% [markdown]
# The DDIM paper (Song, Meng and Ermon 2021), in equations 12 and 16, has for any $s < t$
#
# $$d = \eta \sqrt{\frac{1 - \bar\alpha_s}{1 - \bar\alpha_t}} \sqrt{1 - \frac{\bar\alpha_t}{\bar\alpha_s}}, \qquad x_s = \sqrt{\bar\alpha_s}\, \hat x_0 + \sqrt{1 - \bar\alpha_s - d^2}\; \hat\varepsilon + d\, \xi .$$

# %%
def ddim_paper(t, s, eta):
    now, then = a_bar[t - 1], a_bar[s - 1]
    d = eta * math.sqrt((1 - then) / (1 - now)) * math.sqrt(1 - now / then)
    c_t = math.sqrt(1 - then - d**2) / math.sqrt(1 - now)
    return math.sqrt(then) - c_t * math.sqrt(now), c_t, d


def gap(a, b):
    return max(abs(x - y) for x, y in zip(a, b))


pairs = [(t, s, eta) for t in (50, 400, 1000) for s in (1, 20, 49) for eta in (0.0, 0.3, 1.0)]
ddim_gap = max(gap(three_numbers(*p, chain), ddim_paper(*p)) for p in pairs)
ddpm_gap = max(gap(three_numbers(t, t - 1, 1.0, chain), ddpm_by_bayes(t)) for t in range(2, 1001))
print(f"DDPM, steps 1000 to 2:      largest difference {ddpm_gap:.10f}")
print(f"DDIM, jumps of any length:  largest difference {ddim_gap:.10f}")

# %% [markdown]
# The tests of this course hold the same step against the code of the library *diffusers* as well (`tests/peers/`). The step from 1 to 0 is left out: there $\sigma_s = 0$, and for every knob it is $x_0 = \hat x_0$. In the package one class serves for both names: `Ddim(eta)`, with `Keep()` at 0 and `Markov()` at 1.

# %% [markdown]
# ## What is left of the old noise?
#
# Does DDPM put the inferred noise back, in place of new noise? It does not: that is DDIM. DDPM keeps the share $\rho = \sqrt{\text{SNR}_t/\text{SNR}_s}$ of it, and adds fresh noise. (A share is a weight here: it is $\rho^2 + \tilde\sigma^2$ that makes 1.)

# %%
def ddpm_share(t):
    return math.sqrt(1 - markov_sigma_tilde(chain, t, t - 1) ** 2)


for t in (2, 10, 100, 1000):
    print(f"step {t:4} to {t - 1:3}:  DDPM keeps {ddpm_share(t):.4f} of the noise, DDIM 1.0000")

# %% tags=["nbval-ignore-output"]
show.expect("05.all-steps")

# %%
print(f"t = 1000 to 1:  {math.prod(map(ddpm_share, range(2, 1001))):.6f}")

# %% [markdown]
# If each step uses the right $x_0$, the noise that it infers is the noise that the step before put in. So the shares of successive
# steps multiply. In DDPM the product is $\sqrt{\text{SNR}_{1000}/\text{SNR}_1}$, since all SNRs between cancel: how often one stops on the way does not matter. With $\eta$ strictly between 0 and 1 it does. One long step keeps $\sqrt{1 - \eta^2 (1 - \text{SNR}_t/\text{SNR}_s)}$, and many short ones keep less. How much?

# %% [markdown]
# **Exercise 05.1** ●●● · 10 minutes. The way from $t$ to $s$ is cut into ever more, ever shorter steps with the knob at `eta`. Each uses the right $x_0$, so that the noise it infers is the noise in the state where it begins. If $\varepsilon_t$ and $\varepsilon_s$ are the noise in $x_t$ and in $x_s$, then $\varepsilon_s = \rho\, \varepsilon_t$ plus fresh noise. Return $\rho$ in the limit.
# `snr_t` and `snr_s`, with $0 < \text{SNR}_t < \text{SNR}_s$, and `eta`, from 0 to 1, are numbers. It helps to ask what a step keeps in which $\log \text{SNR}$ rises by a small $\delta$.

# %% nbgrader={"grade": false, "grade_id": "answer-05-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def noise_left(snr_t, snr_s, eta):
    """The share of the noise at t that is still in x_s, after many small steps."""
    ### BEGIN SOLUTION
    return (snr_t / snr_s) ** (eta**2 / 2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-05-1", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("05.1", noise_left)

# %%
from udm_lessons.rebuild import (
    Ddim, GaussianMixture, Keep, Markov, Redraw, posterior_mean, posterior_sample, sample,
)


def share_left(eta, steps, t=0.9, s=0.1, n=40_000):
    """The same by the sampler. All data is 0, so x is noise and nothing else."""
    generator = torch.Generator().manual_seed(0)
    eps = torch.randn(n, 1, generator=generator, dtype=torch.float64)
    grid, known = torch.linspace(t, s, steps + 1).tolist(), lambda x, t, generator: 0 * x
    x = sample(process, known, schedule.sigma(t) * eps, grid, Ddim(eta), generator, False)
    return float((eps * x).mean() / (eps * eps).mean()) / schedule.sigma(s)


# %%
snrs = [(schedule.alpha(t) / schedule.sigma(t)) ** 2 for t in (0.9, 0.1)]
print("         1 step   10 steps   100 steps   yours")
for eta in (0.0, 0.5, 0.8, 1.0):
    one, ten, hundred = (share_left(eta, steps) for steps in (1, 10, 100))
    print(f"η = {eta} {one:8.2f} {ten:10.2f} {hundred:11.2f} {noise_left(*snrs, eta):7.2f}")

# %% [markdown]
# Move $\eta$, and see in the paths how the old noise is forgotten. The data has two humps, at -1 and 1.5; the guesses are exact means. On the left is DDIM, from the same nine points.

# %% tags=["nbval-ignore-output"]
F64 = torch.float64
centres, variances = torch.tensor([[-1.0], [1.5]], dtype=F64), torch.full((2,), 0.05, dtype=F64)
humps = GaussianMixture(centres, variances)
mean, draw = posterior_mean(humps, schedule), posterior_sample(humps, schedule)
grid = torch.linspace(1, 0, 101)


def nine_paths(eta):
    x_T = torch.linspace(-1.8, 1.8, 9, dtype=torch.float64)[:, None]
    generator, film = torch.Generator().manual_seed(1), [x_T]
    sample(process, mean, x_T, grid, Ddim(eta), generator, False, lambda s, x, _: film.append(x))
    return grid.tolist(), torch.cat(film, 1)


line = torch.linspace(-3, 3, 200, dtype=F64)
density = [humps.log_prob(line[:, None], t, schedule).exp() for t in grid.tolist()]
law = (grid, line, torch.stack(density, 1))


def side_by_side(eta):
    both = {"DDIM: η = 0": nine_paths(0.0), f"η = {eta:g}": nine_paths(eta)}
    show.paths(both, "time t (the chain runs from right to left)", "x", "05.paths", law)


show.slider(side_by_side, "η", [0.25, 0.5, 0.75, 1.0], 1.0)

# %% [markdown]
# ## Small steps: the ODE
#
# Let the steps become small, $s = t - h$. DDIM keeps $\hat x_0$ and $\hat\varepsilon$, so (a prime is a derivative)
#
# $$x_t - x_{t-h} = (\alpha_t - \alpha_{t-h})\, \hat x_0 + (\sigma_t - \sigma_{t-h})\, \hat\varepsilon \approx (\alpha_t' \hat x_0 + \sigma_t' \hat\varepsilon)\, h .$$
#
# With exact means the bracket is the mean *velocity* $v = E[\alpha_t' x_0 + \sigma_t' \varepsilon \mid x_t]$. So DDIM becomes $dx = v\, dt$, the **probability-flow ODE**.
#
# Going back need not be a matter of chance, then. The ODE maps $x_T$ to $x_0$ and can be run the other way: a one-to-one map between noise and data, with the right law at each time, as the next section shows. [Lesson 08](08_probability_flow.ipynb) solves it well.

# %% [markdown]
# ## Small steps: the SDE
#
# Now with noise. What does a small step do to a density? Ask first what it does to an average. Each point $x$ is moved and gets a little noise,
#
# $$y = x + h\, f(x) + \sqrt h\, g\, \xi, \qquad \xi \sim N(0, 1), \text{ independent of } x ,$$
#
# and $\phi$ is any smooth function. For small $h$ the average changes in proportion to $h$: $E[\phi(y)] - E[\phi(x)] = h \cdot (\text{rate}) + \text{smaller}$.

# %% [markdown]
# **Exercise 05.2** ●●● · 12 minutes. Find the rate on paper: Taylor, and $\xi$ has mean 0 and variance 1. Return it with the mean over a sample $x_1, \dots, x_n$ of single numbers in place of the expectation: one number. `f`, `slope` and `bend` are tensors (n,), with $f(x_i)$, $\phi'(x_i)$, $\phi''(x_i)$; `g` is a number.

# %% nbgrader={"grade": false, "grade_id": "answer-05-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def average_change(f, g, slope, bend):
    """How fast the average of phi changes, per unit of h."""
    ### BEGIN SOLUTION
    return (f * slope + g**2 / 2 * bend).mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-05-2", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("05.2", average_change)

# %% [markdown]
# Try it with $\phi = \cos$, $f(x) = 1 - 2x$ and $g = 1.5$ on the two humps. In place of normal noise take $\xi = \pm 1$, each with probability one half: it has the same mean and variance, and the rate sees no more of the noise than these two.

# %%
x, g = humps.sample(1000, torch.Generator().manual_seed(2))[:, 0], 1.5
f = 1 - 2 * x
yours = average_change(f, g, -x.sin(), -x.cos())
for h in (0.1, 0.01, 0.001):
    moved = sum((x + h * f + math.sqrt(h) * g * xi).cos().mean() / 2 for xi in (-1, 1))
    print(f"h = {h:5}   change / h {(moved - x.cos().mean()) / h:7.3f}   yours {yours:7.3f}")

# %% [markdown]
# From averages to the density $p$ it is one line. The rate is the derivative of $E[\phi] = \int \phi\, p$; integrate by parts (the second term twice), with $p$ and its gradient falling to 0 fast enough far away:
#
# $$\int \phi\, \frac{\partial p}{\partial t} = \int \left( f \phi' + \tfrac12 g^2 \phi'' \right) p = \int \phi \left( -(f p)' + \tfrac12 g^2\, p'' \right) .$$
#
# This holds for every $\phi$, so $\frac{\partial p}{\partial t} = -(f p)' + \frac12 g^2 p''$. In more dimensions it reads $-\nabla \cdot (f p) + \frac12 g^2 \Delta p$, where $\Delta$ is the sum of the second derivatives: the **Fokker–Planck equation**.

# %% [markdown]
# First, the flow along $v$ alone has the right law. For true data $\frac{d}{dt} E[\phi(x_t)] = E[\phi'(x_t)(\alpha_t' x_0 + \sigma_t' \varepsilon)] = E[\phi'(x_t)\, v]$,
# since $v$ is the mean of the bracket given $x_t$. That is the rate of 05.2 with $f = v$ and $g = 0$. Both laws begin alike and change alike, so they are the same at every time.
#
# Now go back along $v$, and add noise of variance $\gamma^2 h$ in each step. The noise alone would change the density by $\frac12 \gamma^2 h\, \Delta p$: it spreads the points. So move each point by $u\, h$ too, such that the two cancel. It turns out that $u$ is a multiple of the *score* $\nabla \log p_t$, the gradient of the log-density of $x_t$: it points to where $x_t$ is likelier. (Here $p_t$ is the density of $x_t$, not a level of damage.) With it the points keep the right law at each time: the **reverse SDE**.

# %% [markdown]
# **Exercise 05.3** ●●○ · 8 minutes. Find $u$ on paper; $p\, \nabla \log p = \nabla p$ helps. Then write the step from $t$ back to $t - h$. It has three parts: back along the velocity, the move $u\, h$, and the noise, `xi` being
# $\xi \sim N(0, I)$. `velocity` is $v = dx/dt$, in the direction of growing $t$. `gamma` and `h` are numbers, the rest tensors of one shape.

# %% nbgrader={"grade": false, "grade_id": "answer-05-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def reverse_sde_step(x, velocity, score, gamma, h, xi):
    """x a short time h earlier."""
    ### BEGIN SOLUTION
    return x - (velocity - gamma**2 / 2 * score) * h + gamma * math.sqrt(h) * xi
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-05-3", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("05.3", reverse_sde_step)

# %% [markdown]
# Which $\gamma$ belongs to which $\tilde\sigma$? In our step the fresh noise has variance $\sigma_s^2 \tilde\sigma^2$, in the SDE $\gamma^2 h$. So
#
# $$\tilde\sigma^2 \approx \frac{\gamma^2 h}{\sigma_t^2} .$$
#
# For the steps with a knob $\eta$ this means $\gamma = \eta\, g_t$ with $g_t^2 = -\sigma_t^2\, \frac{d}{dt} \log \text{SNR}_t$, the variance that the forward chain adds per unit of time. For `VPLinear` it is the $\beta(t)$ of [lesson 02](02_from_steps_to_marginals.ipynb)'s SDE.

# %%
def g_of(t, schedule):
    rates = schedule.d_sigma(t) / schedule.sigma(t), schedule.d_alpha(t) / schedule.alpha(t)
    return schedule.sigma(t) * math.sqrt(2 * (rates[0] - rates[1]))


squared, beta = g_of(0.6, VPLinear()) ** 2, 0.1 + 19.9 * 0.6
print(f"VPLinear at t = 0.6:   g squared {squared:.2f}   beta {beta:.2f}")
for h in (0.1, 0.01, 0.001):
    ratio = three_numbers(0.6, 0.6 - h, 1.0)[2] ** 2 / (g_of(0.6, schedule) ** 2 * h)
    print(f"h = {h:5}   variance of the noise, sampler / SDE: {ratio:.3f}")

# %% [markdown]
# Shrink $h$, and compare a whole step of the sampler with one of the SDE, from the same point with the same $\xi$. The oracle of the two humps gives velocity and score.

# %%
def difference(h, eta, t=0.6):
    x, xi = torch.tensor([[0.4]], dtype=torch.float64), torch.tensor([[0.7]], dtype=torch.float64)
    c_0, c_t, d = three_numbers(t, t - h, eta)
    v, score = (f(x, t, schedule) for f in (humps.velocity, humps.score))
    step = c_0 * mean(x, t) + c_t * x + d * xi
    return abs(float(step - reverse_sde_step(x, v, score, eta * g_of(t, schedule), h, xi)))


hs = [0.001, 0.003, 0.01, 0.03, 0.1]
lines = {f"η = {eta}": [difference(h, eta) for h in hs] for eta in (0.0, 0.5, 1.0)}
show.curves(
    hs, lines, "step length h", "sampler minus SDE", "05.step-and-sde", xscale="log", yscale="log"
)

# %% [markdown]
# So the four names are four settings: $\eta = 1$ with no step of the chain left out is DDPM; $\eta = 0$ is DDIM; their limits for small steps are the reverse SDE and the probability-flow ODE. For each $\gamma$, also beyond $\eta = 1$, there is an SDE with the same $p_t$.

# %% [markdown]
# ## The variance of a step
#
# What is the true variance of $x_s$, given $x_t$? Two things are uncertain: the fresh noise, and $x_0$ itself. [Lesson 03](03_predict.ipynb) measured the second: $\bar\sigma_t^2$ is the mean of $|x_0 - E[x_0|x_t]|^2$ per coordinate, over all $x_t$.

# %% [markdown]
# **Exercise 05.4** ●●○ · 8 minutes. Let $x_0$ be drawn from its posterior. Return the variance of $x_s$ given $x_t$, on average over $x_t$: that of the fresh noise, and what comes through from $x_0$. All arguments are numbers. `sigma` is $\tilde\sigma$, and `sigma_bar_squared` is $\bar\sigma_t^2$. The formulas for $c_0$, $c_t$ and $d$ in the first section help.

# %% nbgrader={"grade": false, "grade_id": "answer-05-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def step_variance(alpha_t, sigma_t, alpha_s, sigma_s, sigma, sigma_bar_squared):
    """The mean of Var[x_s | x_t], per coordinate."""
    ### BEGIN SOLUTION
    c_0 = alpha_s - alpha_t * sigma_s * math.sqrt(1 - sigma**2) / sigma_t
    return (sigma_s * sigma) ** 2 + c_0**2 * sigma_bar_squared
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-05-4", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("05.4", step_variance)

# %% [markdown]
# DDPM's authors tried two variances for their step: that of equation 7, called $\tilde\beta_t$, and the larger $\beta_t$. Put two extreme values of $\bar\sigma_t^2$ into your formula. If $x_0$ is a single known point, $\bar\sigma_t^2 = 0$. If the data is $N(0, I)$, then $\bar\sigma_t^2 = \sigma_t^2/(\alpha_t^2 + \sigma_t^2) = \sigma_t^2$, since here $\alpha_t^2 + \sigma_t^2 = 1$.

# %%
def scales(t, s, schedule):
    return schedule.alpha(t), schedule.sigma(t), schedule.alpha(s), schedule.sigma(s)


print("   t   equation 7   yours, x_0 known         beta   yours, normal data")
for t in (2, 10, 100, 1000):
    numbers, sigma = scales(t, t - 1, chain), markov_sigma_tilde(chain, t, t - 1)
    known, normal = (step_variance(*numbers, sigma, left) for left in (0.0, numbers[1] ** 2))
    paper = ddpm_by_bayes(t)[2] ** 2
    print(f"{t:4} {paper:12.4e} {known:18.4e} {betas[t - 1]:12.4e} {normal:20.4e}")

# %% [markdown]
# So the two famous choices are the two ends of one scale: "I know $x_0$" and "I know nothing but its variance". The paper itself says so, in section 3.2: for data of variance 1 in each coordinate they belong to the lower and the upper bound of the entropy of a step back. For such data the truth lies between.
# [Lesson 06](06_likelihood_and_variance.ipynb) computes it, for any data.

# %% [markdown]
# ## A mean in place of a draw
#
# A network returns a mean. What is lost if it stands in for a draw? Of the variance of a step, the second part, $c_0^2\, \bar\sigma_t^2$. And $c_0$ tells why DDPM and DDIM forgive a plugged-in mean, while the independent design ($\tilde\sigma = 1$, so $c_0 = \alpha_s$) does not:

# %%
print("            DDIM    DDPM   independent")
for h in (0.1, 0.01, 0.001):
    ddim, ddpm = (three_numbers(0.5, 0.5 - h, eta)[0] for eta in (0.0, 1.0))
    print(f"h = {h:5} {ddim:7.4f} {ddpm:7.4f} {schedule.alpha(0.5 - h):13.4f}")

# %% [markdown]
# For DDIM and DDPM $c_0$ shrinks in proportion to the step, so what is lost in one step shrinks like $h^2$. There are $1/h$ steps, so that the whole loss should shrink like $h$.
#
# To see it we need no sampling. Let the data be $N(0, 0.25)$, in one dimension. Then $\hat x_0 = E[x_0 \mid x_t]$ is a multiple of $x_t$, every step is linear, and the variance can be followed through the whole chain, with *your* formula.

# %%
def end_variance(steps, eta, drawn=False, data=0.25, schedule=VPLinear()):
    """The variance at the end of the chain, with means for x_0, or with draws."""
    V = schedule.alpha(1.0) ** 2 * data + schedule.sigma(1.0) ** 2
    for k in range(steps, 0, -1):
        t, s = k / steps, (k - 1) / steps
        c_0, c_t, _ = three_numbers(t, s, eta, schedule)
        numbers, sigma = scales(t, s, schedule), eta * markov_sigma_tilde(schedule, t, s)
        total = numbers[0] ** 2 * data + numbers[1] ** 2
        gain, left = numbers[0] * data / total, data * numbers[1] ** 2 / total
        V = (c_0 * gain + c_t) ** 2 * V + step_variance(*numbers, sigma, left if drawn else 0.0)
    return V


# %%
counts, etas = [10, 30, 100, 300, 1000, 3000], (0.0, 0.5, 1.0)
lines = {f"η = {eta}": [abs(end_variance(T, eta) - 0.25) for T in counts] for eta in etas}
show.curves(
    counts, lines, "number of steps", "error of the variance", "05.mean-plugged-in",
    xscale="log", yscale="log",
)
for name, line in lines.items():
    slope = math.log(line[-1] / line[2]) / math.log(counts[-1] / counts[2])
    print(f"{name}:   with 100 steps {line[2]:.4f}   slope from there on {slope:.2f}")
exact = max(abs(end_variance(T, eta, drawn=True) - 0.25) for T in counts for eta in etas)
print(f"x_0 drawn:  largest error {exact:.10f}")

# %% [markdown]
# First order, then. And the last line says where the error comes from: not from the steps, but from the *mean*. A mean has less variance than $x_0$. Draw $x_0$ from its posterior instead, here a normal law, and every chain is exact. The fault lies with the mean; the design decides how much it costs.

# %% [markdown]
# ## Half of the variance is gone (*optional*)
#
# How bad can it get? Let the data be $N(0, 1)$, now with $\alpha_t = 1$ and $\sigma$ falling from large to 0. Then $\hat x_0 = x_t / (1 + \sigma_t^2)$. Let a fixed share $\rho = \sqrt{1 - \tilde\sigma^2}$ of the noise be kept in every step:
#
# $$x_s = \hat x_0 + \sigma_s \left( \rho\, \frac{x_t - \hat x_0}{\sigma_t} + \sqrt{1 - \rho^2}\; \xi \right) = k\, x_t + \sqrt{1 - \rho^2}\; \sigma_s\, \xi .$$

# %% [markdown]
# **Exercise 05.5** ●●● · 12 minutes. Follow the variance. Start with that of $x_T = x_0 + \sigma_T \varepsilon$, find $k$ on paper, and loop over the steps: `zip(sigmas, sigmas[1:])` gives the pairs $(\sigma_t, \sigma_s)$. The list falls from $\sigma_T$, and may end with 0. Five lines.

# %% nbgrader={"grade": false, "grade_id": "answer-05-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def final_variance(sigmas, rho):
    """The variance at the end of a chain over the falling list sigmas, keeping the share rho."""
    ### BEGIN SOLUTION
    variance = 1 + sigmas[0] ** 2
    for sigma_t, sigma_s in zip(sigmas, sigmas[1:]):
        kept = (1 + rho * sigma_s * sigma_t) / (1 + sigma_t**2)
        variance = kept**2 * variance + (1 - rho**2) * sigma_s**2
    return variance
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-05-5", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("05.5", final_variance)

# %% tags=["nbval-ignore-output"]
show.expect("05.many-steps")

# %%
def falling(steps):
    return [*torch.logspace(1, -2, steps, dtype=torch.float64).tolist(), 0.0]


counts, rhos = [10, 50, 300, 1000, 10000], (1.0, 0.9, 0.5, 0.0)
lines = {f"ρ = {rho}": [final_variance(falling(T), rho) for T in counts] for rho in rhos}
show.curves(
    counts, lines, "number of steps", "variance at the end (data: 1)", "05.more-steps", xscale="log"
)
for rho in rhos:
    last = lines[f"ρ = {rho}"][-1]
    print(f"ρ = {rho}   after 10000 steps {last:.3f}   (1 + ρ)/2 = {(1 + rho) / 2:.3f}")

# %% [markdown]
# The numbers follow a law: the variance tends to $(1 + \rho)/2$. Why? Let $\rho < 1$. With many small steps the chain has time to settle at every $\sigma$, so $V = k^2 V + (1 - \rho^2)\, \sigma^2$ with $\sigma_s \approx \sigma_t = \sigma$, and $k = (1 + \rho\, \sigma^2)/(1 + \sigma^2)$. Solve for $V$:
#
# $$V = \frac{(1 - \rho^2)\, \sigma^2}{1 - k^2} = \frac{(1 + \rho)\,(1 + \sigma^2)^2}{2 + (1 + \rho)\, \sigma^2} \;\longrightarrow\; \frac{1 + \rho}{2} \quad (\sigma \to 0) .$$

# %% [markdown]
# ## A trap
#
# Networks return means. So take a trained network, and compare DDIM with the independent design. Look first.

# %%
from functools import cache

from udm_lessons.data import digits
from udm_lessons.learn import digit_predictor, draw_digits, load_digit_network, whose_network


@cache
def drawn(design):
    predictor = digit_predictor(load_digit_network())
    refresh = {"keep": Keep(), "independent": Redraw()}[design]
    return draw_digits(predictor, 600, refresh, 50, 2).clamp(-1, 1)


# %% tags=["nbval-ignore-output"]
print(f"digits by {whose_network()}: {len(drawn('keep'))} that keep the noise")

# %% tags=["nbval-ignore-output"]
show.images(
    {"keep (DDIM)": drawn("keep")[:14], "independent": drawn("independent")[:14]},
    "05.same-network",
)

# %% [markdown]
# Ask a classifier how sure it is of each digit. Its *confidence* is the largest of the ten probabilities.

# %% tags=["nbval-ignore-output"]
show.expect("05.surest")

# %% [markdown]
# Being sure of each digit is one thing. Is there as much *variety* as among real digits? One measure is how far each picture is from the mean of its class, squared and averaged. Its class is what the classifier takes it for.

# %% [markdown]
# **Exercise 05.6** ●●○ · 8 minutes. Return the mean over all images of the squared distance (summed over the pixels) to the mean of their class. `images` has shape (n, ...), `classes` (n,) any whole numbers; `classes.unique()` lists those that occur.

# %% nbgrader={"grade": false, "grade_id": "answer-05-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def within_class_variance(images, classes):
    """The mean squared distance of the images to the mean image of their class."""
    ### BEGIN SOLUTION
    rows, total = images.flatten(1), 0.0
    for k in classes.unique():
        own = rows[classes == k]
        total += ((own - own.mean(0)) ** 2).sum()
    return total / len(rows)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-05-6", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("05.6", within_class_variance)

# %%
judge = cache(lambda: DigitClassifier(*digits("train")))


def measured(x):
    confidence = float(judge().probabilities(x).amax(1).mean())
    variety = float(within_class_variance(x, judge().classes(x)))
    return confidence, variety, 1000 * energy_distance(x, digits("train")[0])


# %% tags=["nbval-ignore-output"]
sets = {"real": digits("heldout")[0], "keep": drawn("keep"), "independent": drawn("independent")}
print("              confidence   variety   energy distance x 1000")
for name, x in sets.items():
    confidence, variety, energy = measured(x)
    print(f"{name:12} {confidence:11.2f} {variety:9.1f} {energy:24.1f}")

# %% [markdown]
# The independent samples are the surest, and they have lost a third of the variety: they are more typical than real digits. The energy distance between the laws, which lessons [03](03_predict.ipynb) and [04](04_correct.ipynb) used, sees it. Here is one class from each, and its mean.

# %% tags=["nbval-ignore-output"]
def twenty_and_mean(x, digit=3):
    own = x[judge().classes(x) == digit]
    return torch.cat([own[:20], own.mean(0, keepdim=True)])


show.images({name: twenty_and_mean(x) for name, x in sets.items()}, "05.one-class")

# %% [markdown]
# The pictures fit a lost variance: redrawn noise and plugged-in means shrink the law. But why is the classifier surer? Shrink real digits towards the mean of their class.

# %%
held = digits("heldout")[0]
classes = judge().classes(held)
middles = torch.stack([held[classes == k].mean(0) for k in range(10)])[classes]
for share in (1.0, 0.5, 0.0):
    shrunk = middles + math.sqrt(share) * (held - middles)
    print(f"variety times {share}: confidence {judge().probabilities(shrunk).amax(1).mean():.2f}")

# %% [markdown]
# The nearer to the middle of their class, the surer this classifier is. **A score of single pictures cannot see what is lost.** Measure the whole law.

# %% [markdown]
# ## Is the denoiser fooled? (*optional*)
#
# A chain is a row of denoising auto-encoders, each fed with the output of the one before, after noise was put back. Why put it back? Because a denoiser works on noisy inputs. The added noise must make its input look like a genuine $x_t$: the denoiser has to be *fooled*. [Lesson 04](04_correct.ipynb) tried it with a shifted mean; here exact means stand against exact draws. How well the denoiser is fooled can be measured, by the total variation between the law of $x_t$ in the chain and the true $p_t$. That is half the area between the two densities, 0 for equal laws and 1 for disjoint ones.

# %%
def total_variation(x, t):
    """Between the sample x (n, 1) and p_t, on 60 bins."""
    edges = torch.linspace(-4, 4, 61, dtype=torch.float64)
    fine = torch.linspace(-4, 4, 2401, dtype=torch.float64)[:, None]
    exact = humps.log_prob(fine, t, schedule).exp()
    exact = torch.stack([torch.trapezoid(part, dx=8 / 2400) for part in exact.unfold(0, 41, 40)])
    found = torch.histogram(x[:, 0].contiguous(), edges).hist / len(x)
    return float((found - exact).abs().sum() / 2)


def fooled(predictor, refresh, n=40_000, steps=20):
    generator, line = torch.Generator().manual_seed(3), []
    x_T = process.sample_prior((n, 1), generator, dtype=torch.float64)
    times = torch.linspace(1, 0, steps + 1)
    sample(
        process, predictor, x_T, times, refresh, generator, False,
        lambda s, x, _: line.append(total_variation(x, s)),
    )
    return line


# %%
designs = {"independent": Redraw(), "DDPM": Markov(), "DDIM": Keep()}
guesses = {"exact means": mean, "exact draws": draw}
lines = {
    guess: {name: fooled(predictor, refresh) for name, refresh in designs.items()}
    for guess, predictor in guesses.items()
}
done = list(range(1, 21))
show.panels(done, lines, "steps done, of 20", "total variation", "05.fooled-exactly", sharey=True)

# %% [markdown]
# ## Which failure heals? (*optional*)
#
# Why so many steps, when all could be guessed at once? One answer is that later steps may repair what earlier ones get wrong. [Lesson 04](04_correct.ipynb) showed it on the pinwheel. Here it is for two humps: in a chain of 32 steps, counted from 0 at $t = 1$ to 31, let one guess be useless, the mean of all data. The numbers are mean distances of sorted samples, with standard errors.

# %%
def failing(k, steps=32):
    bad, middle = torch.linspace(1, 0, steps + 1).tolist()[k], float(humps.means.mean())
    return lambda x, t, generator=None: torch.full_like(x, middle) if t == bad else mean(x, t)


truth = humps.sample(1_000_000, torch.Generator().manual_seed(5))
quantiles = truth[:, 0].sort().values[50::100]


def final_error(predictor, refresh, seed, steps=32):
    generator = torch.Generator().manual_seed(seed)
    x_T = process.sample_prior((len(quantiles), 1), generator, dtype=torch.float64)
    x = sample(process, predictor, x_T, torch.linspace(1, 0, steps + 1), refresh, generator, False)
    return float((x[:, 0].sort().values - quantiles).abs().mean())


# %%
def row(predictor, refresh, seeds=4):
    errors = torch.tensor([final_error(predictor, refresh, seed) for seed in range(seeds)])
    return f"{errors.mean():6.3f} ± {errors.std() / math.sqrt(seeds):.3f}"


print("                         DDIM     independent")
print(f"no failure    {row(mean, Keep())} {row(mean, Redraw())}")
for k in (8, 16, 24, 31):
    print(f"step {k:2} fails {row(failing(k), Keep())} {row(failing(k), Redraw())}")

# %% [markdown]
# With DDIM a failure leaves a trace, clear from step 16 on, and the later it comes the larger the trace. The independent design forgets all but the last steps, and pays for it in every chain. (On the pinwheel a failure at step 20 of 32 was already too late for it, and DDIM healed more.) What goes wrong in the last step stays. With means for guesses, a chain of a single step always ends
# at the mean of all data, since at $t = 1$ nothing is known. The states between carry what has been decided so far: a last guess needs them.

# %% [markdown]
# ## Try it
#
# Start the two-hump chain from a wrong law: $x_T$ shifted by 0.5. Which $\eta$ repairs it, in 20 steps and in 200? What would your formula of 05.1 lead you to expect? (It speaks of infinitely many steps and the right $x_0$, and at
# $t = 1$ the SNR is 0. So take it as a direction, not as a number.) And what do you pay if the start was right?
#
# What others found (mean distance of sorted samples, two runs each). In 200 steps from a start shifted by 0.5: 0.54 at $\eta = 0$, 0.18 at $\eta = 0.5$, 0.01 at $\eta = 1$, as with the right start. DDIM carries a wrong start to the end; DDPM forgets it. In 20 steps $\eta = 1$ has 0.037 from the right start and from the shifted one, and $\eta = 0.5$ has 0.028 and 0.31.

# %% [markdown]
# ## What you have learnt
#
# - One loop, one knob: $\eta = 0$ is DDIM, $\eta = 1$ is DDPM. In small steps they are the probability-flow ODE and the reverse SDE, with $\tilde\sigma^2 \approx \gamma^2 h/\sigma_t^2$.
# - In many small steps the old noise fades like a power of $\text{SNR}_t/\text{SNR}_s$, which the knob sets. DDIM keeps it all.
# - A step has two sources of variance, fresh noise and the unknown $x_0$. DDPM's two variances are the extremes of the second.
# - A plugged-in mean loses variance: first order in the step for DDPM and DDIM. If a fixed share $\rho$ of the noise is kept, the loss stays however many steps there are: $(1 + \rho)/2$ is left of the variance of $N(0, 1)$ (optional).
# - Clean samples may be poor samples. The confidence of a classifier alone is a trap.

# %% [markdown]
# **Read on.** Ho, Jain and Abbeel 2020, [Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239). Song, Meng and Ermon 2021, [Denoising Diffusion Implicit Models](https://arxiv.org/abs/2010.02502). Song et al. 2021,
# [Score-Based Generative Modeling through SDEs](https://arxiv.org/abs/2011.13456). Bao et al. 2022, [Analytic-DPM](https://arxiv.org/abs/2201.06503).

# %% [markdown]
# **Next.** [Lesson 06](06_likelihood_and_variance.ipynb) asks how likely a model makes the data, and which variance is the best.

# %% [markdown]
# [← 04 · Correct](04_correct.ipynb) · [06 · Likelihood and variance →](06_likelihood_and_variance.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
