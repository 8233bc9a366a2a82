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
# DDPM, DDIM, reverse SDE, probability-flow ODE: four names, four papers, and in most libraries four classes. In this lesson they become four settings of one loop, the one you wrote in [lesson 04](04_correct.ipynb).
# Then you find out what happens when the guess is a posterior mean and not a draw.
#
# You need lessons [02](02_from_steps_to_marginals.ipynb) to [04](04_correct.ipynb). About 60 minutes, six exercises.

# %%
import math

import torch

from udm_lessons import show
from udm_lessons.destroy import DiscreteSchedule, Gaussian, Trig, VPLinear
from udm_lessons.exercises import hint, progress, solution

schedule = Trig()
process = Gaussian(schedule)


def scales(t, s, schedule=schedule):
    """alpha_t, sigma_t, alpha_s, sigma_s."""
    return schedule.alpha(t), schedule.sigma(t), schedule.alpha(s), schedule.sigma(s)


# %% [markdown]
# ## One knob
#
# [Lesson 04](04_correct.ipynb) ended with a step that has one free number, the share $\tilde\sigma$ of fresh noise:
#
# $$x_s = \alpha_s \hat x_0 + \sigma_s \left( \sqrt{1 - \tilde\sigma^2}\; \hat\varepsilon + \tilde\sigma\, \xi \right), \qquad \hat\varepsilon = \frac{x_t - \alpha_t \hat x_0}{\sigma_t}, \quad \xi \sim N(0, I) .$$
#
# At $\tilde\sigma = 0$ it is DDIM, which [lesson 04](04_correct.ipynb) called *delta* and the code calls `Keep`. At $\tilde\sigma^2 = 1 - \text{SNR}_t/\text{SNR}_s$ it is DDPM. The authors of DDIM (Song, Meng and Ermon 2021) join the two by a knob $\eta$ from 0 to 1, which scales DDPM's deviation.

# %% [markdown]
# **Exercise 05.1** ●○○ · 6 minutes. Return $\tilde\sigma$ for a given `eta`. All arguments are numbers, and `math.sqrt` is at hand. $\text{SNR}_t = \alpha_t^2/\sigma_t^2$, and $\text{SNR}_s$ is the larger one. At the end of a chain `sigma_s` is 0: write the ratio so that nothing is divided by it.

# %% nbgrader={"grade": false, "grade_id": "answer-05-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ddim_sigma(alpha_t, sigma_t, alpha_s, sigma_s, eta):
    """The share of fresh noise: 0 at eta = 0, that of DDPM at eta = 1."""
    ### BEGIN SOLUTION
    return eta * math.sqrt(1 - (alpha_t * sigma_s / (alpha_s * sigma_t)) ** 2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-05-1", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("05.1", ddim_sigma)

# %% [markdown]
# Papers write a step as "so much of $\hat x_0$, so much of $x_t$, and so much noise". To read them, bring ours into that form: insert the formula for $\hat\varepsilon$, and collect what stands before $\hat x_0$, $x_t$ and $\xi$.

# %% [markdown]
# **Exercise 05.2** ●●○ · 8 minutes. Return the three numbers $c_0$, $c_t$, $d$ in $x_s = c_0\, \hat x_0 + c_t\, x_t + d\, \xi$, in this order. `sigma` is $\tilde\sigma$, here and below.

# %% nbgrader={"grade": false, "grade_id": "answer-05-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def coefficients(alpha_t, sigma_t, alpha_s, sigma_s, sigma):
    """The factors of x0_hat, of x_t and of the fresh noise."""
    ### BEGIN SOLUTION
    kept = sigma_s * math.sqrt(1 - sigma**2) / sigma_t
    return alpha_s - alpha_t * kept, kept, sigma_s * sigma
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-05-2", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("05.2", coefficients)

# %% [markdown]
# ## Against the papers
#
# Take the chain of DDPM with its 1000 steps, $\alpha_t = \sqrt{\bar\alpha_t}$, $\sigma_t = \sqrt{1 - \bar\alpha_t}$. Ho et al. 2020, equations 6 and 7, say
#
# $$c_0 = \frac{\sqrt{\bar\alpha_{t-1}}\, \beta_t}{1 - \bar\alpha_t}, \qquad c_t = \frac{\sqrt{1 - \beta_t}\, (1 - \bar\alpha_{t-1})}{1 - \bar\alpha_t}, \qquad d^2 = \frac{1 - \bar\alpha_{t-1}}{1 - \bar\alpha_t}\, \beta_t .$$
#
# Song et al. 2021, equations 12 and 16, say $d = \eta \sqrt{\frac{1 - \bar\alpha_s}{1 - \bar\alpha_t}} \sqrt{1 - \frac{\bar\alpha_t}{\bar\alpha_s}}$ and $x_s = \sqrt{\bar\alpha_s}\, \hat x_0 + \sqrt{1 - \bar\alpha_s - d^2}\; \hat\varepsilon + d\, \xi$, for any $s < t$.

# %%
betas = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)
a_bar = torch.cumprod(1 - betas, 0).tolist()
chain = DiscreteSchedule(betas)


def ddpm_paper(t):
    beta, now, before = float(betas[t - 1]), a_bar[t - 1], a_bar[t - 2]
    c_0 = math.sqrt(before) * beta / (1 - now)
    c_t = math.sqrt(1 - beta) * (1 - before) / (1 - now)
    return c_0, c_t, math.sqrt((1 - before) / (1 - now) * beta)


def ddim_paper(t, s, eta):
    now, then = a_bar[t - 1], a_bar[s - 1]
    d = eta * math.sqrt((1 - then) / (1 - now)) * math.sqrt(1 - now / then)
    c_t = math.sqrt(1 - then - d**2) / math.sqrt(1 - now)
    return math.sqrt(then) - c_t * math.sqrt(now), c_t, d


# %%
def ours(t, s, eta):
    numbers = scales(t, s, chain)
    return coefficients(*numbers, ddim_sigma(*numbers, eta))


def gap(a, b):
    return max(abs(x - y) for x, y in zip(a, b))


ddpm_gap = max(gap(ours(t, t - 1, 1.0), ddpm_paper(t)) for t in range(2, 1001))
pairs = [(t, s, eta) for t in (50, 400, 1000) for s in (1, 20, 49) for eta in (0.0, 0.3, 1.0)]
ddim_gap = max(gap(ours(*p), ddim_paper(*p)) for p in pairs)
print(f"DDPM, all 999 steps: largest difference below 1e-12: {ddpm_gap < 1e-12}")
print(f"DDIM, jumps of any length: below 1e-12: {ddim_gap < 1e-12}")

# %% [markdown]
# The tests of this course hold the same step against the code of the library *diffusers* as well (`tests/peers/`). So one class serves for both names: `Ddim(eta)` in `refresh.py`, with `Keep()` at 0 and `Markov()` at 1.
#
# How much old noise does DDPM keep? Some texts say that DDPM reuses the inferred noise instead of drawing new noise. It does not: that is DDIM. DDPM keeps the fraction $\rho = \sqrt{\text{SNR}_t/\text{SNR}_s}$ and adds fresh noise.

# %%
def ddpm_share(t):
    return math.sqrt(1 - ddim_sigma(*scales(t, t - 1, chain), 1.0) ** 2)


for t in (2, 10, 100, 1000):
    print(f"t = {t:4}   DDPM keeps {ddpm_share(t):.4f} of the noise, DDIM keeps 1.0000")
print(f"t = 1000 to 2, multiplied: {math.prod(map(ddpm_share, range(2, 1001))):.1e}")

# %% [markdown]
# Nearly all of it, at most times. But the factors of a thousand steps multiply, and next to nothing is left. Move $\eta$ and look at the paths. The data has two humps, at -1 and 1.5; the guesses are exact means.

# %% tags=["nbval-ignore-output"]
from udm_lessons.rebuild import (
    Ddim, GaussianMixture, Keep, Markov, Redraw, posterior_mean, posterior_sample, sample,
)

humps = GaussianMixture(
    torch.tensor([[-1.0], [1.5]], dtype=torch.float64), torch.tensor([0.05, 0.05], dtype=torch.float64)
)
mean, draw = posterior_mean(humps, schedule), posterior_sample(humps, schedule)


def paths(eta):
    x_T = torch.linspace(-1.8, 1.8, 9, dtype=torch.float64)[:, None]
    generator, film, grid = torch.Generator().manual_seed(1), [x_T], torch.linspace(1, 0, 101)
    sample(process, mean, x_T, grid, Ddim(eta), generator, False, lambda s, x, _: film.append(x))
    film = torch.cat(film, 1)
    lines = {f"path {k + 1}": film[k].tolist() for k in range(len(film))}
    show.curves(
        grid.tolist(), lines, "time t (the chain runs from right to left)", "x",
        f"η = {eta:g}: nine starting points, 100 steps. At η = 0 the paths are smooth and never cross.",
        markers=False,
    )


show.slider(paths, "η", [0.0, 0.25, 0.5, 0.75, 1.0], 0.0)

# %% [markdown]
# ## Small steps: SDE and ODE
#
# Let the steps become small, $s = t - h$. DDIM keeps $\hat x_0$ and $\hat\varepsilon$, so (a prime is a derivative in time)
#
# $$x_t - x_{t-h} = (\alpha_t - \alpha_{t-h})\, \hat x_0 + (\sigma_t - \sigma_{t-h})\, \hat\varepsilon \approx (\alpha_t' \hat x_0 + \sigma_t' \hat\varepsilon)\, h .$$
#
# With exact means the bracket is the mean *velocity* $v = E[\alpha_t' x_0 + \sigma_t' \varepsilon \mid x_t]$. So DDIM becomes $dx = v\, dt$, the **probability-flow ODE**.

# %% [markdown]
# Now add noise of variance $\gamma^2 h$ in each step. It spreads the points: the density $p$ changes by $\tfrac12 \gamma^2 h\, \Delta p$, where $\Delta$ is the sum of the second derivatives. Moving each point by $u\, h$ changes it by $-h\, \nabla \cdot (u\, p)$.
# For which $u$ do the two cancel? It is a multiple of the *score* $\nabla \log p_t$, the gradient of the log-density of $x_t$, and pulls the points back to where data is likely. With this pull the points keep the right law at each time: the **reverse SDE**.

# %% [markdown]
# **Exercise 05.3** ●●○ · 8 minutes. Find $u$ on paper; $p\, \nabla \log p = \nabla p$ helps. Then write the step from $t$ back to $t - h$: along the velocity, by $u\, h$, and with the noise, `xi` being $\xi \sim N(0, I)$. `gamma` and `h` are numbers, the rest tensors of one shape.

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
# For the steps with a knob $\eta$ this means $\gamma = \eta\, g$ with $g^2 = -\sigma_t^2\, \frac{d}{dt} \log \text{SNR}_t$, the variance that the forward chain adds per unit of time. For `VPLinear` it is the $\beta(t)$ of [lesson 02](02_from_steps_to_marginals.ipynb)'s SDE.

# %% [markdown]
# Does it hold? Shrink $h$, and compare one step of the sampler with one step of the SDE, from the same point with the same $\xi$. The oracle of the two humps gives velocity and score.

# %%
def g(t, schedule):
    rates = schedule.d_sigma(t) / schedule.sigma(t), schedule.d_alpha(t) / schedule.alpha(t)
    return schedule.sigma(t) * math.sqrt(2 * (rates[0] - rates[1]))


def both_steps(h, eta, t=0.6):
    x, xi = torch.tensor([[0.4]], dtype=torch.float64), torch.tensor([[0.7]], dtype=torch.float64)
    numbers = scales(t, t - h)
    c_0, c_t, d = coefficients(*numbers, ddim_sigma(*numbers, eta))
    v, score = (f(x, t, schedule) for f in (humps.velocity, humps.score))
    step, gamma = c_0 * mean(x, t) + c_t * x + d * xi, g(t, schedule)
    return abs(float(step - reverse_sde_step(x, v, score, eta * gamma, h, xi))), d**2 / (gamma**2 * h)


hs = [0.1, 0.03, 0.01, 0.003, 0.001]
lines = {f"η = {eta}": [both_steps(h, eta)[0] for h in hs] for eta in (0.0, 0.5, 1.0)}
show.curves(
    hs, lines, "step length h", "sampler minus SDE",
    "05.step-and-sde",
    xscale="log", yscale="log",
)
for h in hs:
    print(f"h = {h:5}   noise of the sampler / noise of the SDE: {both_steps(h, 1.0)[1]:.3f}")
print(f"VPLinear at t = 0.6: g squared {g(0.6, VPLinear())**2:.2f}, beta {0.1 + 19.9 * 0.6:.2f}")

# %% [markdown]
# Going back need not be a matter of chance, then. The ODE maps $x_T$ to $x_0$ and can be run the other way: a one-to-one map between noise and data, with the right law at each time. [Lesson 08](08_probability_flow.ipynb) solves it well.
#
# So the four names are four settings: $\eta = 1$ and one step after the other is DDPM; $\eta = 0$ is DDIM; and their limits for small steps are the reverse SDE and the probability-flow ODE. For each $\gamma$, also beyond $\eta = 1$, there is an SDE with the same $p_t$.

# %% [markdown]
# ## How fast is the limit reached?
#
# The cleanest test needs no sampling. Let the data be $N(0, 0.25)$ in one dimension. Then $\hat x_0 = E[x_0 \mid x_t]$ is a multiple of $x_t$, every step is linear, and the variance can be followed by hand through the whole chain, with *your* coefficients.

# %%
def end_variance(steps, eta, plug_in=True, data=0.25, schedule=VPLinear()):
    """The variance at the end of the chain, from the mean of x0, or with plug_in=False from draws."""
    V = schedule.alpha(1.0) ** 2 * data + schedule.sigma(1.0) ** 2
    for k in range(steps, 0, -1):
        numbers = scales(k / steps, (k - 1) / steps, schedule)
        alpha, sigma = numbers[:2]
        c_0, c_t, d = coefficients(*numbers, ddim_sigma(*numbers, eta))
        total = alpha**2 * data + sigma**2
        gain, left = alpha * data / total, data * sigma**2 / total
        V = (c_0 * gain + c_t) ** 2 * V + d**2 + (0.0 if plug_in else c_0**2 * left)
    return V


# %%
counts = [10, 30, 100, 300, 1000, 3000]
errors = {f"η = {eta}": [abs(end_variance(T, eta) - 0.25) for T in counts] for eta in (0.0, 0.5, 1.0)}
show.curves(
    counts, errors, "number of steps", "error of the variance",
    "05.mean-plugged-in", xscale="log", yscale="log",
)
for name, line in errors.items():
    slope = math.log(line[-1] / line[2]) / math.log(counts[-1] / counts[2])
    print(f"{name}: slope {slope:.2f}")
exact = max(abs(end_variance(T, eta, plug_in=False) - 0.25) for T in counts for eta in (0.0, 0.5, 1.0))
print(f"x0 drawn from its posterior instead: error below 1e-12 at every number of steps: {exact < 1e-12}")

# %% [markdown]
# First order, then. And the last line says where the error comes from: not from the steps, but from the *mean*. A mean has less variance than $x_0$. Draw $x_0$ from its posterior instead, here a normal law, and every chain is exact.

# %% [markdown]
# ## The variance of a step
#
# What is the true variance of $x_s$, given $x_t$? Two things are uncertain: the fresh noise, and $x_0$ itself. [Lesson 03](03_predict.ipynb) measured the second: $\bar\sigma_t^2$ is the mean of $|x_0 - E[x_0|x_t]|^2$ per coordinate, over all $x_t$. In the step, $x_0$ stands with the factor $c_0$ of exercise 05.2.

# %% [markdown]
# **Exercise 05.4** ●●○ · 8 minutes. Let $x_0$ be drawn from its posterior. Return the variance of $x_s$ given $x_t$, on average over $x_t$: that of the fresh noise, and what comes through from $x_0$. All arguments are numbers. $c_0$ and $d$ are those of exercise 05.2.

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
# The DDPM paper offers two variances without saying which is better: $\tilde\beta_t$ ("small") and $\beta_t$ ("large"). Put two extreme values of $\bar\sigma_t^2$ into your formula. If $x_0$ is known, $\bar\sigma_t^2 = 0$. If the data is $N(0, I)$, the least structured data of variance 1, then $\bar\sigma_t^2 = \sigma_t^2/(\alpha_t^2 + \sigma_t^2) = \sigma_t^2$, since here $\alpha_t^2 + \sigma_t^2 = 1$.

# %%
print("   t    beta small     yours, 0    beta large     yours, sigma_t squared")
for t in (2, 10, 100, 1000):
    numbers = scales(t, t - 1, chain)
    sigma, small, large = ddim_sigma(*numbers, 1.0), ddpm_paper(t)[2] ** 2, float(betas[t - 1])
    mine = [step_variance(*numbers, sigma, left) for left in (0.0, numbers[1] ** 2)]
    print(f"{t:4}  {small:.6e}  {mine[0]:.6e}  {large:.6e}  {mine[1]:.6e}")

# %% [markdown]
# So the two famous choices are the two ends of one scale: "I know $x_0$" and "I know nothing but its variance". For data of variance at most 1 per coordinate the truth lies between, and [lesson 06](06_likelihood_and_variance.ipynb) computes it.
#
# And $c_0$ tells why DDPM and DDIM forgive a plugged-in mean, while the independent design does not. What is lost in a step is $c_0^2\, \bar\sigma_t^2$. For DDPM and DDIM $c_0$ shrinks with the step. For the independent design it is $\alpha_s$, however small the step.

# %%
for h in (0.1, 0.01, 0.001):
    numbers = scales(0.5, 0.5 - h)
    line = {name: coefficients(*numbers, sigma)[0] for name, sigma in
            {"DDIM": 0.0, "DDPM": ddim_sigma(*numbers, 1.0), "independent": 1.0}.items()}
    print(f"h = {h:5}   " + "   ".join(f"{name} {value:.4f}" for name, value in line.items()))

# %% [markdown]
# ## Half of the variance is gone
#
# How bad can it get? Again normal data of variance 1, now with $\alpha_t = 1$ and $\sigma$ falling from large to 0. Then $\hat x_0 = x_t / (1 + \sigma_t^2)$. Let a fixed share $\rho = \sqrt{1 - \tilde\sigma^2}$ of the noise be kept in every step:
#
# $$x_s = \hat x_0 + \sigma_s \left( \rho\, \frac{x_t - \hat x_0}{\sigma_t} + \sqrt{1 - \rho^2}\; \xi \right) = k\, x_t + \sqrt{1 - \rho^2}\; \sigma_s\, \xi .$$

# %% [markdown]
# **Exercise 05.5** ●●● · 12 minutes. Follow the variance. Start with that of $x_T = x_0 + \sigma_T \varepsilon$, find $k$ on paper, and loop over the steps: `zip(sigmas, sigmas[1:])` gives the pairs $(\sigma_t, \sigma_s)$. Five lines.

# %% nbgrader={"grade": false, "grade_id": "answer-05-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def final_variance(sigmas, rho):
    """The variance at the end of a chain over the falling list sigmas; the share rho of the noise is kept."""
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

# %%
def falling(steps):
    return [*torch.logspace(1, -2, steps, dtype=torch.float64).tolist(), 0.0]


counts = [10, 50, 300, 1000, 10000]
lines = {f"ρ = {rho}": [final_variance(falling(T), rho) for T in counts] for rho in (1.0, 0.9, 0.5, 0.0)}
show.curves(
    counts, lines, "number of steps", "variance at the end (data: 1)",
    "05.more-steps", xscale="log",
)
for rho in (1.0, 0.9, 0.5, 0.0):
    last = final_variance(falling(10_000), rho)
    print(f"rho = {rho}   after 10000 steps {last:.3f}   (1 + rho) / 2 = {(1 + rho) / 2:.3f}")

# %% [markdown]
# A law shows: the variance tends to $(1 + \rho)/2$. Why? With many small steps the chain has time to settle at every $\sigma$, so $V = k^2 V + (1 - \rho^2)\, \sigma^2$ with $\sigma_s \approx \sigma_t = \sigma$, and $k = (1 + \rho\, \sigma^2)/(1 + \sigma^2)$. Solve for $V$:
#
# $$V = \frac{(1 - \rho^2)\, \sigma^2}{1 - k^2} = \frac{(1 + \rho)\,(1 + \sigma^2)^2}{2 + (1 + \rho)\, \sigma^2} \;\longrightarrow\; \frac{1 + \rho}{2} \quad (\sigma \to 0) .$$
#
# Draws from the posterior put the missing variance back in each step. Are then all designs right?

# %%
def with_draws(sigmas, rho):
    V = 1 + sigmas[0] ** 2
    for now, then in zip(sigmas, sigmas[1:]):
        c_0, c_t, d = coefficients(1.0, now, 1.0, then, math.sqrt(1 - rho**2))
        gain, left = 1 / (1 + now**2), now**2 / (1 + now**2)
        V = (c_0 * gain + c_t) ** 2 * V + d**2 + c_0**2 * left
    return V


worst = max(abs(with_draws(falling(T), rho) - 1) for T in (10, 300) for rho in (1.0, 0.9, 0.5, 0.0))
print(f"x0 drawn: the variance is 1 for every rho and number of steps, up to 1e-9: {worst < 1e-9}")

# %% [markdown]
# The fault lies with the plugged-in mean; the design decides how much it costs.

# %% [markdown]
# ## A trap
#
# Networks return means. So take a trained network and compare DDIM with the independent design. Look first.

# %%
from functools import cache

from udm_lessons.data import digits
from udm_lessons.learn import digit_predictor, draw_digits, load_digit_network, whose_network
from udm_lessons.measure import DigitClassifier, energy_distance

designs = {"keep": Keep(), "independent": Redraw()}


@cache
def drawn():
    predictor = digit_predictor(load_digit_network())
    return {name: draw_digits(predictor, 600, refresh, 50, 2).clamp(-1, 1) for name, refresh in designs.items()}


# %% tags=["nbval-ignore-output"]
print(f"digits by {whose_network()}")
show.images(
    {"keep (DDIM)": drawn()["keep"][:14], "independent": drawn()["independent"][:14]},
    "05.same-network",
)

# %% [markdown]
# The second row looks cleaner. Most people would call it better, and so would a classifier: ask it how sure it is of each digit. But is there as much *variety* as in real digits? One measure: the variance around the mean of the own class. The class is what the classifier takes the picture for.

# %% [markdown]
# **Exercise 05.6** ●●○ · 8 minutes. Return the mean over all images of the squared distance to the mean of their class. `images` has shape (n, ...), `classes` (n,) any whole numbers; `classes.unique()` lists those that occur.

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


@cache
def measured():
    found = {}
    for name, x in ({"real digits": digits("heldout")[0]} | drawn()).items():
        confidence = judge().probabilities(x).amax(1).mean()
        variety = within_class_variance(x, judge().classes(x))
        found[name] = float(confidence), float(variety), 1000 * energy_distance(x, digits("train")[0])
    return found


# %% tags=["nbval-ignore-output"]
print(" " * 15 + "confidence   variety   energy distance x 1000")
for name, (confidence, variety, energy) in measured().items():
    print(f"{name:14} {confidence:10.2f} {variety:9.1f} {energy:15.1f}")

# %%
real, keep, independent = (measured()[name] for name in ("real digits", "keep", "independent"))
print(f"the classifier is surer of the independent samples:       {independent[0] > keep[0]}")
print(f"it is surer of them than of real digits:                  {independent[0] > real[0]}")
print(f"their variety is below 0.8 of the real one:               {independent[1] < 0.8 * real[1]}")
print(f"their energy distance is above 15, that of keep below 10: {independent[2] > 15 and keep[2] < 10}")

# %% [markdown]
# The cleaner row has lost variety: it shows typical digits only. (A negative energy distance is no mistake: for equal laws the unbiased estimate scatters around 0.)
#
# This fits the shrinking variance of the last section. But why is the classifier surer? Shrink real digits towards the mean of their class.

# %%
held = digits("heldout")[0]
classes = judge().classes(held)
middles = torch.stack([held[classes == k].mean(0) for k in range(10)])[classes]
for share in (1.0, 0.5, 0.0):
    shrunk = middles + math.sqrt(share) * (held - middles)
    print(f"variety times {share}: confidence {judge().probabilities(shrunk).amax(1).mean():.2f}")

# %% [markdown]
# The middle of a class is where a classifier is sure. **A score of single pictures cannot see what is lost.** Measure the whole law.

# %% [markdown]
# ## Is the denoiser fooled?
#
# A chain is a row of denoising auto-encoders, each fed with the output of the one before, after noise was put back. Why put it back at all? Because a denoiser works on noisy inputs. The added noise must make its input look like a genuine $x_t$: it has to be *fooled*. How well it is fooled can be measured: by the total variation
# between the law of $x_t$ in the chain and the true $p_t$. That is half the area between the two densities, 0 for equal laws and 1 for disjoint ones.

# %%
def total_variation(x, t):
    """Between the sample x (n, 1) and p_t, on 60 bins."""
    edges = torch.linspace(-4, 4, 61, dtype=torch.float64)
    grid = torch.linspace(-4, 4, 2401, dtype=torch.float64)[:, None]
    exact = humps.log_prob(grid, t, schedule).exp()
    exact = torch.stack([torch.trapezoid(part, dx=8 / 2400) for part in exact.unfold(0, 41, 40)])
    found = torch.histogram(x[:, 0].contiguous(), edges).hist / len(x)
    return float((found - exact).abs().sum() / 2)


def fooled(predictor, refresh, n=40_000, steps=20):
    generator, line = torch.Generator().manual_seed(3), []
    x_T = process.sample_prior((n, 1), generator, dtype=torch.float64)
    note = lambda s, x, _: line.append(total_variation(x, s))  # noqa: E731
    sample(process, predictor, x_T, torch.linspace(1, 0, steps + 1), refresh, generator, False, note)
    return line


# %%
after = list(range(1, 21))
named = {"independent": Redraw(), "DDPM": Markov(), "DDIM": Keep()}
lines = {f"mean, {name}": fooled(mean, refresh) for name, refresh in named.items()}
lines |= {f"draw, {name}": fooled(draw, refresh) for name, refresh in named.items()}
show.curves(
    after, lines, "steps done, of 20", "total variation to the true law",
    "05.fooled-exactly",
)
for name, line in lines.items():
    print(f"{name:18}", "".join(f"{line[k - 1]:7.2f}" for k in (1, 5, 10, 15, 20)))

# %% [markdown]
# ## Which failure heals?
#
# Why so many steps, when all could be guessed at once? One answer is that later steps repair what earlier ones get wrong. [Lesson 04](04_correct.ipynb) showed it on the pinwheel. Here it is in one table: in a chain of 32 steps let one guess be useless, the mean of all data.

# %%
def failing(k, steps=32):
    bad, middle = torch.linspace(1, 0, steps + 1).tolist()[k], float(humps.means.mean())
    return lambda x, t, generator=None: torch.full_like(x, middle) if t == bad else mean(x, t)


def final_error(predictor, refresh, n=20_000, steps=32):
    generator = torch.Generator().manual_seed(4)
    x_T = process.sample_prior((n, 1), generator, dtype=torch.float64)
    x = sample(process, predictor, x_T, torch.linspace(1, 0, steps + 1), refresh, generator, False)
    truth = humps.sample(n, torch.Generator().manual_seed(5))
    return float((x.sort(0).values - truth.sort(0).values).abs().mean())


print(f"DDIM, no failure:       {final_error(mean, Keep()):.2f}")
for k in (8, 16, 24, 30, 31):
    print(f"DDIM, step {k:2} fails:    {final_error(failing(k), Keep()):.2f}")

# %% [markdown]
# The numbers are mean distances of sorted samples, as in [lesson 04](04_correct.ipynb). What goes wrong early is mended by the steps that follow. What goes wrong in the last step stays. With a single step nothing can be mended: that is one thing that the hidden states $x_1, \dots, x_{T-1}$ are good for.

# %% [markdown]
# ## What you have learnt
#
# - One loop, one knob: $\eta = 0$ is DDIM, $\eta = 1$ is DDPM, to the last digit of both papers. In small steps they are the probability-flow ODE and the reverse SDE, with $\tilde\sigma^2 \approx \gamma^2 h/\sigma_t^2$.
# - A step has two sources of variance, fresh noise and the unknown $x_0$. DDPM's two variances are the extremes of the second.
# - A plugged-in mean loses variance: first order in the step for DDPM and DDIM, down to $(1 + \rho)/2$ if a fixed share $\rho$ of the noise is kept.
# - Clean samples may be poor samples. Confidence of a classifier alone is a trap.
# - Early failures heal; the last one never does.

# %% [markdown]
# **Read on.** Ho, Jain and Abbeel 2020, [Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239). Song, Meng and Ermon 2021, [Denoising Diffusion Implicit Models](https://arxiv.org/abs/2010.02502). Song et al. 2021,
# [Score-Based Generative Modeling through SDEs](https://arxiv.org/abs/2011.13456). Bao et al. 2022, [Analytic-DPM](https://arxiv.org/abs/2201.06503).

# %% [markdown]
# **Next.** [Lesson 06](06_likelihood_and_variance.ipynb) asks how likely a model makes the data, and which variance is the best.

# %% [markdown]
# [← 04 · Correct](04_correct.ipynb) · [06 · Likelihood and variance →](06_likelihood_and_variance.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
