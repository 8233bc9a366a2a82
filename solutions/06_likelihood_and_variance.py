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
# # 06 · Likelihood and variance
#
# [← 05 · One sampler](05_one_sampler.ipynb) · [07 · Four parameterizations →](07_four_parameterizations.ipynb)
#
# How likely does a chain of guesses make the data? At the end of this lesson you can
#
# - bound that likelihood in five lines, split the bound into three terms, and say what each of them is for,
# - give the steps of a chain the fixed variance that makes the bound tightest, and tell from samples what another one does,
# - (optional) say why a short step back may be normal, and see how the number of steps grows as the data leaves the normal law.
#
# You need lessons [02](02_from_steps_to_marginals.ipynb) to [05](05_one_sampler.ipynb). About 75 minutes and five exercises; four sections at the end are *optional*, with exercise 06.6, and come on top: about 25 minutes. Stuck? `hint("06.1")`.

# %%
import math

import torch

from udm_lessons import show
from udm_lessons.destroy import DiscreteSchedule, Gaussian, Trig
from udm_lessons.exercises import hint, progress, solution
from udm_lessons.measure import (
    GaussianChain, design_bound, gaussian_log_prob, markov_sigma_tilde, ode_log_likelihood,
    reverse_variance, variance_from_errors, variance_from_score,
)
from udm_lessons.rebuild import GaussianMixture, posterior_mean

# %% [markdown]
# ## What a likelihood measures
#
# Let $q(x_0)$ be the law of the data and $p(x_0)$ that of the model. The mean of $-\log p(x_0)$ over the data is the *negative log-likelihood*. It has two parts:
#
# $$E_q[-\log p(x_0)] = \underbrace{E_q[-\log q(x_0)]}_{H(q)} + \underbrace{E_q\left[\log \frac{q(x_0)}{p(x_0)}\right]}_{\text{KL}(q \,\|\, p)} .$$
#
# The entropy $H(q)$ is a fact about the data. Only the divergence can be made smaller.

# %% [markdown]
# This is the *Kullback-Leibler divergence*, which you met in [lesson 02](02_from_steps_to_marginals.ipynb). Draw samples from $q$: on average, by how much is $\log q$ of a sample larger than $\log p$? Never less than 0, and 0 for $p = q$ alone. It is no distance: exchange $q$ and $p$, and in general you get another number. We count in nats, that is, with natural logarithms.
#
# For normal laws it has a closed form, which we shall need all the time.

# %% [markdown]
# **Exercise 06.1** ●●○ · 8 minutes. Return $\text{KL}(N(m_q, V_q) \,\|\, N(m_p, V_p))$ in one dimension. Take the mean under $q$ of $\log q - \log p$, with $E_q (x - m_p)^2 = V_q + (m_q - m_p)^2$. The means may be tensors; the variances are numbers, so `math.log` will do.

# %% nbgrader={"grade": false, "grade_id": "answer-06-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gaussian_divergence(mean_q, variance_q, mean_p, variance_p):
    """KL(q || p) of two normal laws, in nats."""
    ### BEGIN SOLUTION
    ratio = variance_q / variance_p
    return 0.5 * (ratio - 1 - math.log(ratio) + (mean_q - mean_p) ** 2 / variance_p)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-06-1", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("06.1", gaussian_divergence)

# %%
x = torch.linspace(-12, 12, 20_001, dtype=torch.float64)
log_q = torch.distributions.Normal(1.5, math.sqrt(0.3)).log_prob(x)
log_p = torch.distributions.Normal(-0.5, math.sqrt(0.9)).log_prob(x)
print(f"by integration  {torch.trapezoid(log_q.exp() * (log_q - log_p), x):.6f}")
print(f"by your formula {gaussian_divergence(1.5, 0.3, -0.5, 0.9):.6f}")
print(f"q, p exchanged  {gaussian_divergence(-0.5, 0.9, 1.5, 0.3):.6f}")

# %% [markdown]
# ## A model with hidden states
#
# Destroying makes a path $x_1, \dots, x_T$ from $x_0$, by the Markov steps of [lesson 02](02_from_steps_to_marginals.ipynb). The model goes back: it draws $x_T$ from a *prior* $p(x_T)$, then $x_{T-1}, \dots, x_0$ by normal steps:
#
# $$q(x_{1:T} \mid x_0) = \prod_{t=1}^T q(x_t \mid x_{t-1}), \qquad p(x_{0:T}) = p(x_T) \prod_{t=1}^T p(x_{t-1} \mid x_t) .$$
#
# Here $x_{1:T}$ is short for $x_1, \dots, x_T$. These $T$ states are *hidden*: we only ever ask for $x_0$. In this lesson, $q$ is the data and what destroys it, and $p$ is the model. So the law of $x_t$, which was
# $p_t$ in [lesson 05](05_one_sampler.ipynb), is $q_t$ here.

# %% [markdown]
# A trap: the first product is the law of the whole *path*, not $q(x_T \mid x_0)$. The latter is the law of the end alone, the jump of [lesson 02](02_from_steps_to_marginals.ipynb): $N(\alpha_T x_0, \sigma_T^2 I)$, where $\alpha_t = \sqrt{\bar\alpha_t}$, $\sigma_t = \sqrt{1 - \bar\alpha_t}$ and $\bar\alpha_t = \prod_{u \le t} (1 - \beta_u)$.
#
# We take data that can be solved exactly, $x_0 \sim N(1.3, 0.5)$ in one dimension, and 20 steps. `gaussian_log_prob(x, mean, variance)` is $\log N(x; \text{mean}, \text{variance} \cdot I)$, of shape (batch,).

# %%
T, betas = 20, torch.linspace(0.02, 0.2, 20, dtype=torch.float64)
chain = DiscreteSchedule(betas)
data = GaussianMixture(
    torch.tensor([[1.3]], dtype=torch.float64), torch.tensor([0.5], dtype=torch.float64)
)
entropy = 0.5 * math.log(2 * math.pi * math.e * 0.5)


def draw_path(n):
    """[x_0, ..., x_T], each of shape (n, 1)."""
    generator = torch.Generator().manual_seed(0)
    states = [data.sample(n, generator)]
    for beta in betas.tolist():
        xi = torch.randn(n, 1, generator=generator, dtype=torch.float64)
        states.append(math.sqrt(1 - beta) * states[-1] + math.sqrt(beta) * xi)
    return states


path = draw_path(20_000)

# %%
steps = zip(path, path[1:], betas.tolist())
whole = sum(gaussian_log_prob(b, math.sqrt(1 - beta) * a, beta).mean() for a, b, beta in steps)
end = gaussian_log_prob(path[-1], chain.alpha(T) * path[0], chain.sigma(T) ** 2).mean()
print(f"mean of log q(x_1, ..., x_20 | x_0)  {whole:5.1f} nats")
print(f"mean of log q(x_20 | x_0)            {end:5.1f} nats")

# %% [markdown]
# ## The bound in five lines
#
# To get $p(x_0)$ one must integrate over all hidden states. Write the integral as a mean over paths of $q$, and use that the logarithm is concave (Jensen's inequality: the logarithm of a mean is at least the mean of the logarithms):
#
# $$-\log p(x_0) = -\log E_{q(x_{1:T} \mid x_0)} \left[ \frac{p(x_{0:T})}{q(x_{1:T} \mid x_0)} \right] \;\le\; E_{q(x_{1:T} \mid x_0)} \left[ \log q(x_{1:T} \mid x_0) - \log p(x_{0:T}) \right] .$$
#
# $\log p(x_0)$ is also called the *evidence*, and the negative of the right side bounds it from below: the *evidence lower bound*, or *ELBO*. It can be estimated: draw a path, and evaluate the bracket.

# %% [markdown]
# Insert $p(x_{0:T}) = p(x_0)\, p(x_{1:T} \mid x_0)$ in the bracket: what the inequality loses is exactly $\text{KL}(q(x_{1:T} \mid x_0) \,\|\, p(x_{1:T} \mid x_0))$, the price of not knowing how the model itself would explain $x_0$.

# %% [markdown]
# **Exercise 06.2** ●●● · 12 minutes. Evaluate the bracket along a path. `path` holds $x_0, \dots, x_T$, each of shape (batch, d); `betas` is the list $\beta_1, \dots, \beta_T$, so `path[t]` goes with `betas[t - 1]`. `step(x_t, t)` returns mean and variance of $p(x_{t-1} \mid x_t)$ for $t = 1, \dots, T$; the prior is $N(0, I)$.
# Use `gaussian_log_prob(x, mean, variance)` from above; its `variance` is a number, and for the prior `gaussian_log_prob(x, 0.0, 1.0)` will do. Five lines.

# %% nbgrader={"grade": false, "grade_id": "answer-06-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def raw_bound(path, betas, step):
    """log q(x_1, ..., x_T | x_0) - log p(x_0, ..., x_T) for each path: shape (batch,)."""
    ### BEGIN SOLUTION
    bound = -gaussian_log_prob(path[-1], 0.0, 1.0)
    for t, beta in enumerate(betas, start=1):
        bound = bound + gaussian_log_prob(path[t], math.sqrt(1 - beta) * path[t - 1], beta)
        bound = bound - gaussian_log_prob(path[t - 1], *step(path[t], t))
    return bound
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-06-2", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("06.2", raw_bound)

# %% [markdown]
# For this data the exact steps back are known. The package's `GaussianChain` takes them: the exact mean, and the best variance, for which see "Which variance is best?" below. The chain begins at $N(0, 1)$, though, and not at $q_T$, the law of $x_T$.

# %%
def exact_chain(schedule):
    """The exact steps back for this data, over all steps of a discrete schedule."""
    def best(t, s):
        left = 1 / (1 / 0.5 + (schedule.alpha(t) / schedule.sigma(t)) ** 2)  # precisions add
        return reverse_variance(schedule, t, s, markov_sigma_tilde(schedule, t, s), left)

    times = list(range(int(schedule.t_max), -1, -1))
    return GaussianChain(schedule, posterior_mean(data, schedule), times, best, prior_variance=1.0)


solved = exact_chain(chain)

# %% tags=["nbval-ignore-output"]
show.expect("06.exact-steps")

# %%
bound = raw_bound(path, betas.tolist(), lambda x, t: solved.step(x, float(t), float(t - 1)))
log_data = gaussian_log_prob(path[0], 1.3, 0.5)
rows = {"your bound": bound, "entropy": -log_data, "difference": bound + log_data}
for name, line in rows.items():
    print(f"{name:12} {line.mean():6.3f}   standard error {line.std() / math.sqrt(len(line)):.3f}")
a, V = chain.alpha(T), chain.sigma(T) ** 2
print(f"KL(q_T || N(0, 1)) {gaussian_divergence(a * 1.3, a**2 * 0.5 + V, 0.0, 1.0):.3f}")

# %% [markdown]
# With exact steps the bound is $H(q) + \text{KL}(q_T \,\|\, N(0, 1))$: all that is lost is the wrong start. Each path loses $\log q_T(x_T) - \log p(x_T)$, whatever happened on the way. The spread of $-\log q(x_0)$ cancels in the
# difference, so its standard error is half that of the bound.

# %% [markdown]
# ## Three terms
#
# This form needs all steps at once. A form in which each term needs one time only can be trained on a single $t$. It comes from Bayes' rule. For $t \ge 2$
#
# $$q(x_t \mid x_{t-1}) = q(x_t \mid x_{t-1}, x_0) = q(x_{t-1} \mid x_t, x_0)\, \frac{q(x_t \mid x_0)}{q(x_{t-1} \mid x_0)} .$$
#
# Multiplied over $t = 2, \dots, T$, the quotients leave $q(x_T | x_0)/q(x_1 | x_0)$, and this denominator cancels the factor of $t = 1$. Take the mean of each logarithm over $x_{t-1}$ first, given $x_t$ and $x_0$: that makes it a divergence. What remains are divergences between normal laws, and a reconstruction. ($E$ is the mean over $x_t$ given $x_0$; the code below takes it over $x_0$ as well.)
#
# $$\underbrace{\text{KL}\left(q(x_T | x_0) \,\|\, p(x_T)\right)}_{L_T} + \sum_{t=2}^T \underbrace{E\, \text{KL}\left(q(x_{t-1} | x_t, x_0) \,\|\, p(x_{t-1} | x_t)\right)}_{L_{t-1}} \underbrace{- E \log p(x_0 | x_1)}_{L_0} .$$

# %% [markdown]
# The middle terms need all of $q(x_{t-1} \mid x_t, x_0)$, its mean *and* its variance. It is the step of DDPM from [lesson 05](05_one_sampler.ipynb), with $x_0$ known,
#
# $$N(c_0\, x_0 + c_t\, x_t,\; \tilde\beta_t I), \quad c_0 = \frac{\sqrt{\bar\alpha_{t-1}}\, \beta_t}{1 - \bar\alpha_t}, \quad c_t = \frac{\sqrt{1 - \beta_t}\, (1 - \bar\alpha_{t-1})}{1 - \bar\alpha_t}, \quad \tilde\beta_t = \frac{1 - \bar\alpha_{t-1}}{1 - \bar\alpha_t}\, \beta_t .$$
#
# In the package this is `GaussianChain.posterior`. It follows from Bayes' rule: $q(x_{t-1} \mid x_t, x_0)$ is proportional to
# $q(x_t \mid x_{t-1})\, q(x_{t-1} \mid x_0)$. Precisions add: $\frac{1 - \beta_t}{\beta_t} + \frac{1}{1 - \bar\alpha_{t-1}} = \frac{1}{\tilde\beta_t}$. The mean is $\tilde\beta_t \left( \frac{\sqrt{1 - \beta_t}}{\beta_t}\, x_t + \frac{\sqrt{\bar\alpha_{t-1}}}{1 - \bar\alpha_{t-1}}\, x_0 \right)$.

# %%
def three_terms(model, n=20_000):
    """Means of L_T, of [L_{T-1}, ..., L_1] and of L_0, with your divergence."""
    generator, schedule, middle = torch.Generator().manual_seed(1), model.schedule, []
    x0 = data.sample(n, generator)
    for t, s in zip(model.times, model.times[1:]):
        eps = torch.randn(n, 1, generator=generator, dtype=torch.float64)
        x_t = schedule.alpha(t) * x0 + schedule.sigma(t) * eps
        mean, variance = model.step(x_t, t, s)
        if s > 0:
            q = model.posterior(x0, x_t, t, s)
            middle.append(float(gaussian_divergence(*q, mean, variance).mean()))
    T = model.times[0]
    first = gaussian_divergence(schedule.alpha(T) * x0, schedule.sigma(T) ** 2, 0.0, 1.0)
    return float(first.mean()), middle, -float(gaussian_log_prob(x0, mean, variance).mean())


# %%
first, middle, last = three_terms(solved)
print(f"L_T {first:.2f}   sum of the middle {sum(middle):.2f}   L_0 {last:.2f}")
print(f"together {first + sum(middle) + last:.2f}, and your bound above {bound.mean():.2f}")
terms = {"$L_T$": first} | {f"$L_{{{t}}}$": value for t, value in zip(range(19, 0, -1), middle)}
show.stack(terms | {"$L_0$": last}, "bound (nats)", "06.middle-terms")

# %% [markdown]
# The two forms agree, as they must: the same bound, now from single times. The middle sum is by far the largest part. $L_0$ is negative. That is no mistake: a density can exceed 1, and then $-\log p$ is below 0. So nats of continuous data should be compared with each other, never read alone.
#
# What does a schedule do to the three? Compare ours with two others of 20 steps: one whose $\beta_t$ rise further, to 0.5, and one whose first $\beta$ is ten times smaller.

# %% tags=["nbval-ignore-output"]
show.expect("06.first-step")

# %%
three_rates = {"0.02 to 0.2": betas, "0.02 to 0.5": torch.linspace(0.02, 0.5, 20).double()}
three_rates["first 0.002"] = torch.cat([0.1 * betas[:1], betas[1:]])
print("betas              L_T   middle      L_0   together")
for name, line in three_rates.items():
    first, middle, last = three_terms(exact_chain(DiscreteSchedule(line)))
    total = first + sum(middle) + last
    print(f"{name:13} {first:8.2f} {sum(middle):8.2f} {last:8.2f} {total:10.2f}")

# %% [markdown]
# The end of the schedule moves $L_T$, and with it the bound. The first step moves more than a nat from $L_0$ into the middle, and the bound stays: what is not told in the last step of the way back must have been told before. So $L_0$ alone, or the middle alone, says nothing about how good a model is.

# %% [markdown]
# ## What the bound weighs
#
# Let the variance of the model be $\tilde\beta_t$, that of $q$. Then only the means differ in a middle term, and those only in $x_0$: the model puts its guess $\hat x_0(x_t)$ there. So each term is a number times the squared error of the guess. Which number?

# %% [markdown]
# **Exercise 06.3** ●●● · 12 minutes. Put $c_0$, $c_t$, $\tilde\beta_t$ into your 06.1, on paper, and simplify: in the end only $\text{SNR}_t = \bar\alpha_t/(1 - \bar\alpha_t)$ at two times is left. Then return the middle sum. `alpha_bars` is the list $\bar\alpha_1, \dots, \bar\alpha_T$; `errors` has $E|x_0 - \hat x_0(x_t)|^2$ for $t = 1, \dots, T$. Both lists begin with $t = 1$, whose error belongs to $L_0$ and is not used here.

# %% nbgrader={"grade": false, "grade_id": "answer-06-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cost_of_guesses(alpha_bars, errors):
    """The sum of the terms of t = 2, ..., T, in nats."""
    ### BEGIN SOLUTION
    snr = [kept / (1 - kept) for kept in alpha_bars]
    return sum(0.5 * (snr[t - 1] - snr[t]) * errors[t] for t in range(1, len(snr)))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-06-3", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("06.3", cost_of_guesses)

# %% [markdown]
# Your sum is a Riemann sum: heights $\tfrac12 E|x_0 - \hat x_0|^2$ over intervals of the SNR. With many short steps it becomes an integral over the SNR, and it no longer matters at which speed a schedule runs through it. (Kingma et al. 2021, Variational Diffusion Models.) Try it: two humps, at -1 and 1.5, with exact guesses; three schedules with the same two ends.

# %%
trig = Trig()
humps = GaussianMixture(
    torch.tensor([[-1.0], [1.5]], dtype=torch.float64),
    torch.tensor([0.05, 0.05], dtype=torch.float64),
)


def left_of_humps(t):
    """E|x0 - E[x0 | x_t]|^2, by integration."""
    grid = torch.linspace(-6, 6, 601, dtype=torch.float64)[:, None]
    density = humps.log_prob(grid, t, trig).exp()
    return float(torch.trapezoid(density * humps.x0_cov(grid, t, trig)[:, 0, 0], grid[:, 0]))


def middle_sum(log_snrs):
    """Your sum with exact guesses, for rising log(alpha^2 / sigma^2) at t = T, ..., 1."""
    falling = log_snrs.flip(0)
    times = torch.atan(torch.exp(-falling / 2)) * 2 / math.pi  # of Trig
    errors = [left_of_humps(t) for t in times.tolist()]
    return cost_of_guesses(torch.sigmoid(falling).tolist(), errors)


# %%
print("steps      even in log SNR   short at low SNR   short at high SNR")
for n in (5, 20, 100, 500):
    u = torch.linspace(0, 1, n, dtype=torch.float64)
    sums = [middle_sum(-8 + 14 * speed) for speed in (u, u**2, 1 - (1 - u) ** 2)]
    print(f"{n:5} " + " ".join(f"{value:18.2f}" for value in sums))

# %% [markdown]
# With many steps the middle sum does not care how a schedule spends its time between the two ends, and the other two terms see only the ends. With few steps it does care: long steps at high SNR cost most, since the height is taken at the noisy end of each interval.

# %% [markdown]
# Networks are mostly trained on the *noise* $\varepsilon$. Put $x_0 = (x_t - \sigma_t \varepsilon)/\alpha_t$ into the mean of the step. It becomes $\frac{1}{\sqrt{1-\beta_t}} \left( x_t - \frac{\beta_t}{\sqrt{1-\bar\alpha_t}}\, \varepsilon \right)$, with the true $\varepsilon$ in $q$ and the network's in $p$. So $L_{t-1} = w_t\, E|\varepsilon - \hat\varepsilon|^2 + \text{const}$.

# %% [markdown]
# **Exercise 06.4** ●○○ · 6 minutes. Return $w_t$, where `variance` is the model's variance $V_t$, any positive number. The divergence contributes $|m_q - m_p|^2/(2 V_t)$; both means have the form above, one with $\varepsilon$, one with $\hat\varepsilon$.

# %% nbgrader={"grade": false, "grade_id": "answer-06-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def eps_weight(beta, alpha_bar, variance):
    """The factor of the squared error of the noise in the bound."""
    ### BEGIN SOLUTION
    return beta**2 / (2 * variance * (1 - beta) * (1 - alpha_bar))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-06-4", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("06.4", eps_weight)

# %%
ddpm = DiscreteSchedule.ddpm()
shown = [1, 2, 5, 10, 30, 100, 300, 1000]
every = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64).tolist()
weights = [eps_weight(every[t - 1], ddpm.alpha(t) ** 2, every[t - 1]) for t in shown]
show.curves(
    shown, {"bound, variance β": weights, "DDPM's training": [1.0] * len(shown)},
    "step t", "weight", "06.weights-shape", xscale="log", yscale="log",
)

# %% [markdown]
# Why did the authors of DDPM (Ho et al. 2020) drop the weight? Compared with the bound, that plays small $t$ down, where little noise is to be removed. The network can attend to the harder tasks of larger $t$. They report better images and a slightly worse likelihood.

# %% [markdown]
# ## Which variance is best?
#
# [Lesson 05](05_one_sampler.ipynb) gave the variance of a step: that of the fresh noise, plus $c_0^2\, \bar\sigma_t^2$, what comes through from $x_0$. Bao et al. 2022 (Analytic-DPM) showed that, with exact means, this sum makes the bound tightest among all *fixed* variances, those that may depend on $t$ but not on $x_t$. So we need $\bar\sigma_t^2 = E|x_0 - E[x_0|x_t]|^2/d$.
#
# Errors of $\hat x_0$ give it. The noise alone gives it too. With $\hat\varepsilon = E[\varepsilon | x_t]$, the variance of $\varepsilon$ given $x_t$ is $1 - E|\hat\varepsilon|^2/d$ per coordinate, on average, since $E|\varepsilon|^2/d = 1$. And $x_0 = (x_t - \sigma_t \varepsilon)/\alpha_t$.

# %% [markdown]
# **Exercise 06.5** ●●○ · 8 minutes. Return $\bar\sigma_t^2$, one number, the mean over batch and coordinates, from `eps_hat`, the exact means of the noise, of shape (batch, d). `alpha` and `sigma` are numbers.

# %% nbgrader={"grade": false, "grade_id": "answer-06-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def variance_left(eps_hat, alpha, sigma):
    """E|x0 - E[x0 | x_t]|^2 / d."""
    ### BEGIN SOLUTION
    return (sigma / alpha) ** 2 * (1 - (eps_hat**2).mean())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-06-5", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("06.5", variance_left)

# %% [markdown]
# Three roads lead to it: errors, noise, and the score of [lesson 05](05_one_sampler.ipynb), since $\nabla \log q_t(x_t) = -\hat\varepsilon/\sigma_t$, with $q_t$ the law of $x_t$. The oracle of the humps knows all three by separate formulas:

# %%
x0 = humps.sample(500_000, torch.Generator().manual_seed(2))
eps = Gaussian(trig).sample_noise(x0, torch.Generator().manual_seed(3))
print("   t   errors    noise    score")
for t in (0.3, 0.5, 0.7):
    x_t = Gaussian(trig).forward(x0, eps, t)
    errors = variance_from_errors(x0, humps.x0_mean(x_t, t, trig))
    noise = float(variance_left(humps.eps_mean(x_t, t, trig), trig.alpha(t), trig.sigma(t)))
    score = variance_from_score(humps.score(x_t, t, trig), t, trig)
    print(f"{t:4} {errors:8.2f} {noise:8.2f} {score:8.2f}")

# %% [markdown]
# Now the contest. Large variance: that of the forward step, DDPM's $\beta_t$. Small: fresh noise only, $\tilde\beta_t$. Optimal: with what is left of $x_0$. In the very last step the small one is 0 and the bound would be infinite; there, as is usual, it borrows the large one.

# %%
def variances_for(schedule, left_at):
    """The three candidates as functions of (t, s)."""
    def large(t, s):
        kept = schedule.alpha(t) / schedule.alpha(s) * schedule.sigma(s)
        return schedule.sigma(t) ** 2 - kept**2

    def small(t, s):
        return (schedule.sigma(s) * markov_sigma_tilde(schedule, t, s)) ** 2 or large(t, s)

    def optimal(t, s):
        return reverse_variance(schedule, t, s, markov_sigma_tilde(schedule, t, s), left_at(t))

    return {"large": large, "small": small, "optimal": optimal}


def chains(schedule, predictor, left_at, steps, top=0.99):
    """A chain over even steps for each candidate."""
    grid = torch.linspace(top, 0, steps + 1, dtype=torch.float64).tolist()
    return {
        name: GaussianChain(schedule, predictor, grid, variance, prior_variance=1.0)
        for name, variance in variances_for(schedule, left_at).items()
    }


# %%
def contest(schedule, predictor, left_at, x0, steps=(5, 10, 50)):
    """The bound in nats per entry of x0, for each variance: one number for each of the steps."""
    found = {"large": [], "small": [], "optimal": []}
    for n in steps:
        for name, model in chains(schedule, predictor, left_at, n).items():
            total = model.elbo(x0, generator=torch.Generator().manual_seed(4)).total.mean()
            found[name].append(float(total) / x0[0].numel())
    return found


def show_contest(found):
    print("steps          5       10       50")
    for name, line in found.items():
        print(f"{name:8}" + "".join(f"{value:9.2f}" for value in line))


# %%
some = humps.sample(100_000, torch.Generator().manual_seed(6))
show_contest(contest(trig, posterior_mean(humps, trig), left_of_humps, some))
print(f"exact value: {-humps.log_prob(some, 0.0, trig).mean():.2f} nats")

# %% [markdown]
# The optimal variance wins at all three numbers of steps. With 50 its bound is about 0.03 nats above the exact value. Look at five single steps, from a
# point between the humps: the exact law of $x_s$ given $x_t = 0.3$, and the three normal laws that are put in its place.

# %%
five = chains(trig, posterior_mean(humps, trig), left_of_humps, 5)
line = torch.linspace(-2.5, 3, 400, dtype=torch.float64)


def laws_of_a_step(t, s, x_t=0.3):
    a = trig.alpha(t) / trig.alpha(s)
    V = trig.sigma(t) ** 2 - (a * trig.sigma(s)) ** 2
    exact = (humps.log_prob(line[:, None], s, trig) - (x_t - a * line) ** 2 / (2 * V)).exp()
    laws = {"exact": exact / torch.trapezoid(exact, line)}
    for name, model in five.items():
        mean, variance = model.step(torch.tensor([[x_t]], dtype=torch.float64), t, s)
        laws[name] = torch.distributions.Normal(mean[0], math.sqrt(variance)).log_prob(line).exp()
    return {name: law.tolist() for name, law in laws.items()}


times = five["large"].times
show.panels(
    line.tolist(),
    {f"t = {t:.2f} to {s:.2f}": laws_of_a_step(t, s) for t, s in zip(times, times[1:])},
    "$x_s$", "density", "06.laws-of-a-step",
)

# %% [markdown]
# What do samples of the three chains look like?

# %% tags=["nbval-ignore-output"]
show.expect("06.five-steps")

# %%
def draw_from(model, n=100_000):
    """Samples of p(x0), the prior and then normal steps; and the same without the last noise."""
    generator = torch.Generator().manual_seed(7)
    x = torch.randn(n, 1, generator=generator, dtype=torch.float64)
    for t, s in zip(model.times, model.times[1:]):
        mean, variance = model.step(x, t, s)
        xi = torch.randn(n, 1, generator=generator, dtype=torch.float64)
        x = mean + math.sqrt(variance) * xi
    return x, mean


drawn = {name: draw_from(model) for name, model in five.items()}

# %%
edges = torch.linspace(-2.5, 3, 111).tolist()
panels = {name: {"data": some, name: x} for name, (x, _) in drawn.items()}
show.histograms(panels, "x", "06.five-steps", bins=edges)
print(f"deviation of the samples right of 0.25; data {some[some > 0.25].std():.2f}")
print("          samples   without the last noise")
for name, pair in drawn.items():
    print(f"{name:8}" + "".join(f"{x[x > 0.25].std():9.2f}" for x in pair))

# %%
three, h = variances_for(trig, left_of_humps), 0.99 / 50
for k in (40, 10, 5, 2):
    ratio = three["small"](k * h, (k - 1) * h) / three["optimal"](k * h, (k - 1) * h)
    print(f"of 50 steps, {k - 1:2} before the last: small / optimal = {ratio:.2f}")

# %% [markdown]
# In the samples all humps are too wide, those of the optimal variance least. Most of the excess is the noise of the last step, which samplers mostly leave out; without it the large variance and, less so, the optimal one still make the humps too wide, and the small one makes them a little too narrow. The small variance is too sure of itself: it claims to know $x_0$. That is worst near the data, where hardly any fresh noise is left, so that more steps need not help it.
#
# Does the optimal variance win with a trained network too? Its means are not exact, but $\bar\sigma_t^2$ can be measured from its errors, here on 300 training digits, and the bound on 150 held-out ones.

# %%
from functools import cache

from udm_lessons.data import digits
from udm_lessons.learn import digit_predictor, load_digit_network, whose_network


@cache
def network_contest():
    predictor = digit_predictor(load_digit_network())
    seen, held = digits("train")[0][:300], digits("heldout")[0][:150]

    @cache
    def left_at(t):
        eps = torch.randn(seen.shape, generator=torch.Generator().manual_seed(5))
        x_t = Gaussian(trig).forward(seen, eps, t)
        return variance_from_errors(seen, predictor(x_t, t, None))

    return contest(trig, predictor, left_at, held)


# %% tags=["nbval-ignore-output"]
print(f"held-out digits, {whose_network()}: nats per pixel")
show_contest(network_contest())

# %%
for k, n in enumerate((5, 10, 50)):
    scores = {name: line[k] for name, line in network_contest().items()}
    ranked = sorted(scores, key=scores.get)
    print(f"{n:2} steps: the optimal variance is best: {ranked[0] == 'optimal'}, then {ranked[1]}")

# %% [markdown]
# The optimal one wins here too. Of the other two, the small one is better with 5 and 10 steps and loses with 50; on the humps it lost at all three. No training was needed, one pass over the digits per time. (Pixels take 17 values, and a density on them is a convention: the numbers compare chains, they are not bits of a file.)

# %% [markdown]
# ## Why may a step be normal at all? (optional)
#
# $p(x_{t-1} \mid x_t)$ was taken to be normal. The true step back is not, unless the data is normal. One reason given for taking it as normal: every distribution is *piecewise Gaussian*. But a law need not have normal pieces, and no step asks for them. What counts is how little of the law a short step sees.
#
# By Bayes' rule the true step from $t$ back to $s$ is $q_s(x_s)\, q(x_t | x_s)$, normalised. Its second factor, as a function of $x_s$, is a normal hump. For a short step it is about $\sqrt b$ wide, where $b$ is the variance of the noise that the step adds. Only within that width does $q_s$ matter.

# %% [markdown]
# **Exercise 06.6** ●●● · 12 minutes. Return mean and variance of the true step, for data of any law. `x_s` is an even grid of shape (n,); `density` has $q_s$ there, up to a factor, and may be 0 in places; `x_t` has shape (m,). The forward step multiplies $x_s$ by `keep` and adds noise of variance `added`, two numbers. Both results have shape (m,). Integrals are sums over the grid.

# %% nbgrader={"grade": false, "grade_id": "answer-06-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def moments_back(x_s, density, x_t, keep, added):
    """Mean and variance of x_s given each x_t."""
    ### BEGIN SOLUTION
    joint = density * torch.exp(-((x_t[:, None] - keep * x_s) ** 2) / (2 * added))
    weight = joint / joint.sum(1, keepdim=True)
    mean = weight @ x_s
    return mean, (weight * (x_s - mean[:, None]) ** 2).sum(1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-06-6", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("06.6", moments_back)

# %% [markdown]
# Put a normal law with the right mean beside the true step: once with *your* variance, which depends on $x_t$, and once with the mean of it, one variance for all $x_t$. Since the mean is right, and the variance (at each $x_t$, or on average), $-\log$ of the normal law has the mean $\tfrac12 \log(2\pi e\, V)$, where $V$ is its variance. The divergence is this less the
# entropy of the true step. On average over $x_t$, the latter is $H(x_s) + H(x_t | x_s) - H(x_t)$, where $H(x_t | x_s) = \tfrac12 \log(2\pi e\, \beta)$ is the entropy of the noise of a step. So $2\pi e$ cancels in the code.

# %%
def entropy_of(density, grid):
    return -float(torch.trapezoid(torch.xlogy(density, density), grid))


def divergence_of_a_step(beta, t_s=0.3):
    """E KL(true step || normal step): with the variance at each x_t, and with one for all."""
    line = torch.linspace(-6, 7, 2001, dtype=torch.float64)
    density = humps.log_prob(line[:, None], t_s, trig).exp()
    _, variance = moments_back(line, density, line, math.sqrt(1 - beta), beta)
    forward = torch.exp(-((line[:, None] - math.sqrt(1 - beta) * line) ** 2) / (2 * beta))
    after = torch.trapezoid(forward * density, line) / math.sqrt(2 * math.pi * beta)
    step = entropy_of(density, line) - entropy_of(after, line)
    own = 0.5 * float(torch.trapezoid(after * torch.log(variance / beta), line))
    fixed = 0.5 * math.log(float(torch.trapezoid(after * variance, line)) / beta)
    return own - step, fixed - step


# %%
rates = [0.05, 0.025, 0.0125, 0.00625, 0.003125]
own, fixed = zip(*map(divergence_of_a_step, rates))
show.curves(
    rates[::-1], {"one variance for all $x_t$": fixed[::-1], "its own at each $x_t$": own[::-1]},
    "$\\beta$",
    "mean divergence of a step (nats)", "06.far-from-normal", xscale="log", yscale="log",
)
for name, line in {"fixed": fixed, "own": own}.items():
    large, small = math.log2(line[0] / line[1]), math.log2(line[-2] / line[-1])
    print(f"{name:6} slope {large:.1f} at the largest beta, {small:.1f} at the smallest")

# %% [markdown]
# Why these slopes, 2 and 3? Over a width of $\sqrt\beta$, write $\log q_s$ as a constant, a slope, a bend and a rest. The slope moves the mean of the step. The bend changes its variance, by a share of order $\beta$. The rest, of order $\beta^{3/2}$, is what makes the step not normal. A divergence is quadratic in such errors. So $\beta^3$ is left if mean *and* variance are right at each $x_t$, and $\beta^2$ if the bend is averaged away.
#
# A chain has about $1/\beta$ such steps, so the whole costs something of order $\beta^2$ with the right variance at each $x_t$, and of order $\beta$ with one variance for all.

# %% [markdown]
# How many steps does a target need, then? For normal data a single one is exact. Take two equal humps, moved apart little by little and always scaled to mean 0 and variance 1. Give the chain your moments, and count the steps until its law is within 0.01 of the data in total variation, half the area between the densities.

# %% tags=["nbval-ignore-output"]
show.expect("06.steps-needed")

# %%
states = torch.linspace(-4, 4, 301, dtype=torch.float64)
width = float(states[1] - states[0])


def normal_density(x, mean, variance):
    return torch.exp(-((x - mean) ** 2) / (2 * variance)) / (2 * math.pi * variance) ** 0.5


def law_of_chain(target, steps):
    """The density at time 0 of a chain with the moments of the true steps."""
    law, grid = normal_density(states, 0.0, 1.0), torch.linspace(1, 0, steps + 1).tolist()
    for t, s in zip(grid, grid[1:]):
        keep = trig.alpha(t) / trig.alpha(s)
        added = trig.sigma(t) ** 2 - (keep * trig.sigma(s)) ** 2
        density = target.log_prob(states[:, None], s, trig).exp()
        mean, variance = moments_back(states, density, states, keep, added)
        law = width * law @ normal_density(states, mean[:, None], variance[:, None])
    return law


# %%
def two_humps(m):
    """At -m and m, of variance 1 in all."""
    means = torch.tensor([[-m], [m]], dtype=torch.float64)
    return GaussianMixture(means, torch.full((2,), 1 - m**2, dtype=torch.float64))


def steps_needed(m):
    """How far the data is from N(0, 1), and the number of steps, of those tried."""
    target, n = two_humps(m), 1
    density = target.log_prob(states[:, None], 0.0, trig).exp()
    off = lambda law: float((law - density).abs().sum()) * width / 2
    while off(law_of_chain(target, n)) > 0.01:
        n += max(1, n // 4)
    return off(normal_density(states, 0.0, 1.0)), n

# %%
apart = [0.0, 0.5, 0.6, 0.7, 0.8, 0.87, 0.92, 0.95, 0.97]
distances, needed = zip(*map(steps_needed, apart))
show.curves(
    distances, {"steps": needed}, "total variation between the data and N(0, 1)",
    "steps needed", "06.steps-needed",
)

# %% [markdown]
# The number grows with the distance from normal, and then hardly any more. The moments matter too. We gave the chain the true variance at each $x_t$; with a mean in place of a draw even normal data takes many steps ([lesson 05](05_one_sampler.ipynb)).

# %% [markdown]
# ## Do hidden states make learning easier? (optional)
#
# Here is a test in which only the loss differs. The data has three humps; the model is the same three humps with unknown means, three numbers. Fit them by gradient descent from 60 random starts, by three losses: $\text{KL}(q \,\|\, p)$ itself, without hidden states; the bound with 8 hidden states, where your $\tfrac12(\text{SNR}_s - \text{SNR}_t)$ weighs the errors of $\hat x_0$; and the same errors, all weighed alike.

# %% tags=["nbval-ignore-output"]
show.expect("06.stuck")

# %%
places, wanted = torch.linspace(-6, 6, 121, dtype=torch.float64), [-2.0, 0.3, 1.6]
wanted = torch.tensor(wanted, dtype=torch.float64)


def three_humps(means, t):
    """Log density of x_t and the mean of x0, on `places`; every hump has variance 0.06."""
    alpha, sigma = trig.alpha(t), trig.sigma(t)
    total, off = 0.06 * alpha**2 + sigma**2, places - alpha * means[..., None]
    parts = -(off**2) / (2 * total) - 0.5 * math.log(18 * math.pi * total)
    guess = parts.softmax(-2) * (means[..., None] + 0.06 * alpha / total * off)
    return parts.logsumexp(-2), guess.sum(-2)


def divergence(means):
    log_truth, log_model = three_humps(wanted, 0.0)[0], three_humps(means, 0.0)[0]
    return torch.trapezoid(log_truth.exp() * (log_truth - log_model), places)


def with_hidden_states(weight):
    def loss(means):
        total = 0.0
        for t in torch.linspace(0, 0.98, 9)[1:].tolist():
            (log_x, exact), (_, guess) = three_humps(wanted, t), three_humps(means, t)
            error = torch.trapezoid(log_x.exp() * (guess - exact) ** 2, places)
            total = total + weight(t, t - 0.98 / 8) * error
        return total
    return loss


# %%
def bound_weight(t, s):
    """Half of what a step adds to the SNR; at the end, 1 / (2 Var) of x0 given x_1."""
    snr = lambda u: (trig.alpha(u) / trig.sigma(u)) ** 2
    return (snr(s) - snr(t)) / 2 if s > 0.01 else (1 / 0.06 + snr(t)) / 2


def stuck(loss, starts=60):
    """How many of the starts end more than 0.1 nats from the truth."""
    generator = torch.Generator().manual_seed(0)
    means = 1.5 * torch.randn(starts, 3, generator=generator, dtype=torch.float64)
    means.requires_grad_()
    optimizer = torch.optim.Adam([means], lr=0.05)
    for _ in range(200):
        optimizer.zero_grad()
        loss(means).sum().backward()
        optimizer.step()
    return int((divergence(means.detach()) > 0.1).sum())


alike = with_hidden_states(lambda t, s: 1.0)
losses = {"no hidden states": divergence, "the bound": with_hidden_states(bound_weight)}
for name, loss in {**losses, "weighed alike": alike}.items():
    print(f"{name:17} {stuck(loss):3} of 60 starts are stuck")

# %% [markdown]
# (We looked: in most stuck starts two means share one hump and the third sits between the two others.) For *this* model the hidden states alone do not help: 12 and 16 of 60 differ by no more than chance. What helps is to let large $t$ count for more than the bound does: there the humps run into one another, and a mean that is far off is still pulled the right way.
#
# A network is no mixture of three humps: at each $t$ it fits a mean by least squares. And hidden states have two other merits: short normal steps made humps that one normal law cannot, and with fresh noise later steps mend what earlier ones got wrong (the optional end of [lesson 05](05_one_sampler.ipynb)).

# %% [markdown]
# ## A bound for any design (optional)
#
# The ELBO belongs to one chain. Training used neither a chain nor a design, only the cross-entropy of the guess. What does a good guess guarantee? Here a guess is a law $p(x_0 \mid x_t)$, and each step draws $x_0$ from it. For *every sound* design of [lesson 04](04_correct.ipynb), with $q_0$ the data, $q_t$ its law at time $t$, $p_0$ what is generated, and the sum over the times at which the chain guesses,
#
# $$\text{KL}(q_0 \,\|\, p_0) \le \text{KL}(q_T \,\|\, \text{prior}) + \sum_t E_{q_t} \text{KL}\left( q(x_0 \mid x_t) \,\|\, p(x_0 \mid x_t) \right) .$$
#
# Each term is a cross-entropy of [lesson 03](03_predict.ipynb) less a constant. (There the truth was called $p$.) So whoever lowers the cross-entropy lowers this bound, whatever sampler follows.

# %% [markdown]
# Test it where everything can be counted: one letter out of three, masked with a probability that rises with $t$, and a guess of the masked letter that is off, differently at each of three times.
#
# There is one table for each time. Row by row it holds the guess in each state (three letters, then the mask); the columns are the three
# letters. `generated` starts with everything masked, and follows the law of the state to time 0. With `keep` a visible letter stays as it is; otherwise each guess is masked afresh.

# %%
truth, levels = torch.tensor([0.6, 0.3, 0.1], dtype=torch.float64), (1.0, 0.6, 0.3)
guesses = torch.tensor(
    [[0.3, 0.3, 0.4], [0.4, 0.35, 0.25], [0.55, 0.35, 0.1]], dtype=torch.float64
)
eye = torch.eye(3, dtype=torch.float64)  # a visible letter is known
tables = [torch.cat([eye, off[None]]) for off in guesses]
prior = torch.tensor([0.0, 0.0, 0.0, 1.0], dtype=torch.float64)


def masked(level):
    """The law of x_t given each x_0: three letters, then the mask."""
    return torch.cat([(1 - level) * eye, torch.full((3, 1), level, dtype=torch.float64)], 1)


def generated(keep):
    state = prior
    for now, then, table in zip(levels, (*levels[1:], 0.0), tables):
        again = then / now
        kept = torch.cat([state[:3] + state[3] * (1 - again) * table[3], state[3:] * again])
        state = kept if keep else state @ table @ masked(then)
    return state[:3]


# %%
at_prior, terms = design_bound(truth, [masked(level) for level in levels], tables, prior)
print("design   divergence   bound")
for name, keep in {"keep": True, "redraw": False}.items():
    lost = torch.xlogy(truth, truth / generated(keep)).sum()
    print(f"{name:7} {lost:11.3f} {at_prior + terms.sum():7.3f}")

# %% [markdown]
# Both divergences are below the bound. It cannot tell the designs apart, since it knows the guesses only.

# %% [markdown]
# ## And the exact value (optional)
#
# The probability-flow ODE of [lesson 05](05_one_sampler.ipynb), $dx/dt = v(x, t)$ with the velocity $v$, has no noise. So its likelihood can be had up to the error of the integration. Follow $x$ to a late time whose law is known, here $t_1 = 0.99$, and add up how the flow stretches space on the way: $\log p(x) = \log q_{t_1}(x_{t_1}) + \int_0^{t_1} \text{div}\, v\, dt$, where $\text{div}\, v = \sum_i \partial v_i / \partial x_i$.

# %%
points = torch.tensor([[-1.2], [0.2], [1.4]], dtype=torch.float64)
rising = torch.linspace(0.0, 0.99, 161, dtype=torch.float64).tolist()
flow = ode_log_likelihood(
    lambda x, t: humps.velocity(x, t, trig), points, rising, lambda x: humps.log_prob(x, 0.99, trig)
)
print("    x   by the flow    exact")
for x, by_flow, exact in zip(points[:, 0], flow, humps.log_prob(points, 0.0, trig)):
    print(f"{x:5.1f} {by_flow:13.3f} {exact:8.3f}")

# %% [markdown]
# ## Try it
#
# No check. Take the variance $V(t, s) = \text{large}^{\,c}\; \text{small}^{\,1 - c}$ in place of the three, with one $c$ for all steps. (In Nichol and Dhariwal 2021 the network gives a $c$ for each coordinate and step.) Which $c$ gives the humps the best bound with 5 steps, which with 50, and how close does it come to the optimal variance?
#
# What others found: $c = 0.9$ both times, with 1.15 and 0.66 nats. The optimal variance has 0.95 and 0.64. So one $c$ for all steps nearly suffices with 50 steps, and not with 5.

# %% [markdown]
# ## What you have learnt
#
# - The negative log-likelihood is entropy plus divergence. The ELBO bounds it by a mean over paths: Jensen, and nothing else.
# - The law of a *path* is the product of its steps. Bayes turns the raw bound into three terms. With the variance $\tilde\beta_t$, a guess costs its squared error, times half of what its step adds to the SNR.
# - The best fixed variance of a step is fresh noise plus $c_0^2\, \bar\sigma_t^2$. The large variance costs the more, the fewer the steps. The small one may cost much with few steps and with many.
# - Optional: normal steps are right for small $\beta$. A step is off by order $\beta^2$, or $\beta^3$ with the right variance at each $x_t$. Two humps need more steps the further they are from normal, and beyond a point hardly any more.
# - Optional: a low cross-entropy of the guess bounds the divergence for every sound design.

# %% [markdown]
# **Read on.** Sohl-Dickstein et al. 2015, [Deep Unsupervised Learning using Nonequilibrium Thermodynamics](https://arxiv.org/abs/1503.03585). Ho, Jain and Abbeel 2020, [Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239). Kingma et al. 2021,
# [Variational Diffusion Models](https://arxiv.org/abs/2107.00630). Nichol and Dhariwal 2021, [Improved Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2102.09672). Bao et al. 2022, [Analytic-DPM](https://arxiv.org/abs/2201.06503).

# %% [markdown]
# **Next.** Part III. [Lesson 07](07_four_parameterizations.ipynb): four ways to say what a network predicts, and the two-by-two system behind them.

# %% [markdown]
# [← 05 · One sampler](05_one_sampler.ipynb) · [07 · Four parameterizations →](07_four_parameterizations.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
