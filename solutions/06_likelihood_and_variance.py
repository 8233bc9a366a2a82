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
# How likely does a chain of guesses make the data? There is a classic bound. You will program it in five lines and find the variance that makes it as good as it can be. The text points out two slips in print on the way.
#
# You need lessons [02](02_from_steps_to_marginals.ipynb) to [05](05_one_sampler.ipynb). About 90 minutes, six exercises.

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
# The entropy $H(q)$ is a fact about the data. Only the divergence can be made smaller, and it is 0 for $p = q$ alone. We count in nats. For normal laws it has a closed form, which we shall need all the time.

# %% [markdown]
# **Exercise 06.1** ●●○ · 8 minutes. Return $\text{KL}(N(m_q, v_q) \,\|\, N(m_p, v_p))$ in one dimension. Take the mean under $q$ of $\log q - \log p$, with $E_q (x - m_p)^2 = v_q + (m_q - m_p)^2$. The means may be tensors; the variances are numbers, so `math.log` will do.

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
log_q, log_p = (torch.distributions.Normal(m, math.sqrt(v)).log_prob(x) for m, v in ((1.5, 0.3), (-0.5, 0.9)))
print(f"by integration {torch.trapezoid(log_q.exp() * (log_q - log_p), x):.6f}")
print(f"by your formula {gaussian_divergence(1.5, 0.3, -0.5, 0.9):.6f}")

# %% [markdown]
# ## A model with hidden states
#
# Destroying makes a path $x_1, \dots, x_T$ from $x_0$, by the Markov steps of [lesson 02](02_from_steps_to_marginals.ipynb). The model goes back: it draws $x_T$ from a *prior* $p(x_T)$, then $x_{T-1}, \dots, x_0$ by normal steps:
#
# $$q(x_{1:T} \mid x_0) = \prod_{t=1}^T q(x_t \mid x_{t-1}), \qquad p(x_{0:T}) = p(x_T) \prod_{t=1}^T p(x_{t-1} \mid x_t) .$$
#
# In the next sections, $q$ is what destroys and $p$ is the model. The $T$ states $x_1, \dots, x_T$ are *hidden*: we only ever ask for $x_0$.

# %% [markdown]
# A misprint to beware of: one article writes the first product as $q(x_T \mid x_0)$. But it is the law of the *path*. Its marginal $q(x_T \mid x_0)$ is a single normal law, the jump of [lesson 02](02_from_steps_to_marginals.ipynb): $N(\alpha_T x_0, \sigma_T^2 I)$, where $\alpha_t = \sqrt{\bar\alpha_t}$, $\sigma_t = \sqrt{1 - \bar\alpha_t}$ and $\bar\alpha_t = \prod_{u \le t} (1 - \beta_u)$.

# %% [markdown]
# **Exercise 06.2** ●●○ · 8 minutes. Return the logarithm of the law of a path. `path` holds $x_0, \dots, x_T$, each of shape (batch, d); `betas` is the list $\beta_1, \dots, \beta_T$, so `path[t]` goes with `betas[t - 1]`.
# `gaussian_log_prob(x, mean, variance)` is $\log N(x; \text{mean}, \text{variance} \cdot I)$, of shape (batch,); `variance` is a number. A step has the mean $\sqrt{1-\beta_t}\; x_{t-1}$.

# %% nbgrader={"grade": false, "grade_id": "answer-06-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def log_path(path, betas):
    """log q(x_1, ..., x_T | x_0): shape (batch,)."""
    ### BEGIN SOLUTION
    total = 0.0
    for x, x_next, beta in zip(path, path[1:], betas):
        total = total + gaussian_log_prob(x_next, math.sqrt(1 - beta) * x, beta)
    return total
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-06-2", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("06.2", log_path)

# %% [markdown]
# How far off is the misprint? Take data that can be solved exactly: $x_0 \sim N(1.3, 0.5)$ in one dimension, 20 steps, $\beta_t$ rising from 0.02 to 0.5.

# %%
T, betas = 20, torch.linspace(0.02, 0.5, 20, dtype=torch.float64)
chain = DiscreteSchedule(betas)
data = GaussianMixture(
    torch.tensor([[1.3]], dtype=torch.float64), torch.tensor([0.5], dtype=torch.float64)
)
entropy = 0.5 * math.log(2 * math.pi * math.e * 0.5)
guess = posterior_mean(data, chain)


def draw_path(n, seed=0):
    generator = torch.Generator().manual_seed(seed)
    path = [data.sample(n, generator)]
    for beta in betas.tolist():
        xi = torch.randn(path[0].shape, generator=generator, dtype=torch.float64)
        path.append(math.sqrt(1 - beta) * path[-1] + math.sqrt(beta) * xi)
    return path


# %%
path = draw_path(2000)
whole = log_path(path, betas.tolist()).mean()
end = gaussian_log_prob(path[-1], chain.alpha(20) * path[0], chain.sigma(20) ** 2).mean()
print(f"mean of log q(x_1, ..., x_20 | x_0): {whole:5.1f} nats")
print(f"mean of log q(x_20 | x_0):           {end:5.1f} nats")

# %% [markdown]
# ## The bound in five lines
#
# To get $p(x_0)$ one must integrate over all hidden states. Write the integral as a mean over paths of $q$, and use that the logarithm is concave (Jensen's inequality: the logarithm of a mean is at least the mean of the logarithms):
#
# $$-\log p(x_0) = -\log E_{q(x_{1:T} \mid x_0)} \left[ \frac{p(x_{0:T})}{q(x_{1:T} \mid x_0)} \right] \;\le\; E_{q(x_{1:T} \mid x_0)} \left[ \log q(x_{1:T} \mid x_0) - \log p(x_{0:T}) \right] .$$
#
# The right side is the negative of the *evidence lower bound*, or *ELBO*. It can be estimated: draw a path, and evaluate the bracket.

# %% [markdown]
# Insert $p(x_{0:T}) = p(x_0)\, p(x_{1:T} \mid x_0)$ in the bracket: what the inequality loses is exactly $\text{KL}(q(x_{1:T} \mid x_0) \,\|\, p(x_{1:T} \mid x_0))$, the price of not knowing how the model itself would explain $x_0$.

# %% [markdown]
# **Exercise 06.3** ●●● · 12 minutes. Evaluate the bracket along a path. `path` and `betas` are as before; `step(x_t, t)` returns mean and variance of $p(x_{t-1} \mid x_t)$ for $t = 1, \dots, T$; the prior is $N(0, I)$. `gaussian_log_prob(x, 0.0, 1.0)` evaluates that. Five lines, fewer if you call your `log_path`.

# %% nbgrader={"grade": false, "grade_id": "answer-06-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def raw_bound(path, betas, step):
    """log q(x_1, ..., x_T | x_0) - log p(x_0, ..., x_T) for each path: shape (batch,)."""
    ### BEGIN SOLUTION
    bound = -gaussian_log_prob(path[-1], 0.0, 1.0)
    for t, beta in enumerate(betas, start=1):
        bound = bound + gaussian_log_prob(path[t], math.sqrt(1 - beta) * path[t - 1], beta)
        bound = bound - gaussian_log_prob(path[t - 1], *step(path[t], t))
    return bound
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-06-3", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("06.3", raw_bound)

# %% [markdown]
# For this data the exact steps back are known. With them the bound exceeds the entropy only because $x_T$ is not quite $N(0, 1)$: with $q_T$ the law of $x_T$, it is $H(q) + \text{KL}(q_T \,\|\, N(0, 1))$. Does yours say so? The package's `GaussianChain` has the steps. We give it the exact mean and the best variance, of which the section "Which variance is best?" tells.

# %%
def left(t):
    """Var(x0 | x_t) for this data: precisions add."""
    return 1 / (1 / 0.5 + (chain.alpha(t) / chain.sigma(t)) ** 2)


def best(t, s):
    return reverse_variance(chain, t, s, markov_sigma_tilde(chain, t, s), left(t))


solved = GaussianChain(chain, guess, list(range(T, -1, -1)), best, prior_variance=1.0)

# %%
path = draw_path(20_000)
bound = raw_bound(path, betas.tolist(), lambda x, t: solved.step(x, float(t), float(t - 1)))
error = float(bound.std() / math.sqrt(len(bound)))
print(f"your bound  {bound.mean():.2f}   (standard error {error:.2f})")
print(f"entropy     {entropy:.2f}")
a, v = chain.alpha(T), chain.sigma(T) ** 2
print(f"KL(q_T || N(0, 1)) {gaussian_divergence(a * 1.3, a**2 * 0.5 + v, 0.0, 1.0):.4f}, too small to be seen here")

# %% [markdown]
# ## Three terms
#
# This form needs all steps at once. A form in which each term needs one time only can be trained on a single $t$. It comes from Bayes' rule. For $t \ge 2$
#
# $$q(x_t \mid x_{t-1}) = q(x_t \mid x_{t-1}, x_0) = q(x_{t-1} \mid x_t, x_0)\, \frac{q(x_t \mid x_0)}{q(x_{t-1} \mid x_0)} .$$
#
# Multiplied over $t = 2, \dots, T$, the quotients leave $q(x_T | x_0)/q(x_1 | x_0)$, and this denominator cancels the factor of $t = 1$. What remains are divergences between normal laws, and a reconstruction:
#
# $$\underbrace{\text{KL}\left(q(x_T | x_0) \,\|\, p(x_T)\right)}_{L_T} + \sum_{t=2}^T \underbrace{E\, \text{KL}\left(q(x_{t-1} | x_t, x_0) \,\|\, p(x_{t-1} | x_t)\right)}_{L_{t-1}} \underbrace{- E \log p(x_0 | x_1)}_{L_0} .$$

# %% [markdown]
# The middle terms need $q(x_{t-1} \mid x_t, x_0)$. In one article the line breaks off after its mean. You have met the whole in [lesson 05](05_one_sampler.ipynb): it is the step of DDPM with $x_0$ known. Now from Bayes' rule: multiply the densities of $x_t$ given $x_{t-1}$ and of $x_{t-1}$ given $x_0$, and complete the square in $x_{t-1}$.

# %% [markdown]
# **Exercise 06.4** ●●○ · 8 minutes. Return mean and variance of $q(x_{t-1} \mid x_t, x_0)$, as a pair. `beta` is $\beta_t$, `alpha_bar_t` is $\bar\alpha_t$ and `alpha_bar_s` is $\bar\alpha_{t-1}$, below 1, as $t \ge 2$. The mean comes first; the variance is a number.

# %% nbgrader={"grade": false, "grade_id": "answer-06-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def posterior(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    """Mean and variance of x_{t-1}, given x_t and x_0."""
    ### BEGIN SOLUTION
    mean = math.sqrt(alpha_bar_s) * beta * x0 + math.sqrt(1 - beta) * (1 - alpha_bar_s) * x_t
    return mean / (1 - alpha_bar_t), beta * (1 - alpha_bar_s) / (1 - alpha_bar_t)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-06-4", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("06.4", posterior)

# %%
def three_terms(model, x0, generator):
    """Estimates of L_T, [L_{T-1}, ..., L_1] and L_0, for each x0, with your formulas."""
    a_bar = [chain.alpha(t) ** 2 for t in range(T + 1)]
    first = gaussian_divergence(math.sqrt(a_bar[T]) * x0, 1 - a_bar[T], 0.0, 1.0)[:, 0]
    middle = []
    for t in range(T, 0, -1):
        eps = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
        x_t = chain.alpha(t) * x0 + chain.sigma(t) * eps
        mean, variance = model.step(x_t, float(t), float(t - 1))
        if t > 1:
            q = posterior(x0, x_t, float(betas[t - 1]), a_bar[t], a_bar[t - 1])
            middle.append(gaussian_divergence(*q, mean, variance)[:, 0])
    return first, torch.stack(middle), -gaussian_log_prob(x0, mean, variance)


def solved_terms():
    x0 = data.sample(20_000, torch.Generator().manual_seed(0))
    return three_terms(solved, x0, torch.Generator().manual_seed(1))


# %%
first, middle, last = solved_terms()
total = first + middle.sum(0) + last
print(f"L_T {first.mean():.3f}   sum of the middle {middle.sum(0).mean():.2f}   L_0 {last.mean():.2f}")
print(f"three terms {total.mean():.2f}   entropy {entropy:.2f}")

# %%
show.curves(
    list(range(19, 0, -1)), {"$L_t$": solved_terms()[1].mean(1).tolist()}, "t", "term of the bound (nats)",
    "06.middle-terms",
)

# %% [markdown]
# The two forms agree, as they must: the same bound, now from single times. The middle sum is by far the largest part, $L_T$ nearly nothing. (It is a little more than $\text{KL}(q_T \,\|\, N(0, 1))$ above, since $x_0$ is known in it.) $L_0$ is negative: for a continuous variable $-\log p$ may be, as a density can exceed 1. That is why nats of continuous data should be compared with each other, never read alone.

# %% [markdown]
# ## What the bound weighs
#
# In a middle term the two variances are fixed numbers, so that only the means matter. Write both with the noise: put $x_0 = (x_t - \sigma_t \varepsilon)/\alpha_t$ into your formula of 06.4. The mean is $\frac{1}{\sqrt{1-\beta_t}} \left( x_t - \frac{\beta_t}{\sqrt{1-\bar\alpha_t}}\, \varepsilon \right)$, with the true $\varepsilon$ in $q$ and the network's in $p$. So $L_{t-1} = w_t\, E|\varepsilon - \hat\varepsilon|^2 + \text{const}$.

# %% [markdown]
# **Exercise 06.5** ●●○ · 8 minutes. Return $w_t$, where `variance` is the model's $v_t$, any positive number. The divergence contributes $|m_q - m_p|^2/(2 v_t)$; both means have the form above, one with $\varepsilon$, one with $\hat\varepsilon$.

# %% nbgrader={"grade": false, "grade_id": "answer-06-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def eps_weight(beta, alpha_bar, variance):
    """The factor of the squared error of the noise in the bound."""
    ### BEGIN SOLUTION
    return beta**2 / (2 * variance * (1 - beta) * (1 - alpha_bar))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-06-5", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("06.5", eps_weight)

# %%
ddpm = DiscreteSchedule.ddpm()
ddpm_betas = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64).tolist()
shown = [1, 2, 5, 10, 30, 100, 300, 1000]
weights = [eps_weight(ddpm_betas[t - 1], ddpm.alpha(t) ** 2, ddpm_betas[t - 1]) for t in shown]
show.curves(
    shown, {"bound, variance β": weights, "DDPM's training": [1.0] * len(shown)}, "step t", "weight",
    "06.weights-shape", xscale="log", yscale="log",
)

# %% [markdown]
# Why did the authors of DDPM (Ho et al. 2020) drop the weight? Compared with the bound, that plays small $t$ down, where little noise is to be removed. The network can attend to the harder tasks of larger $t$. They report better images and a slightly worse likelihood.

# %% [markdown]
# ## Which variance is best?
#
# Exercise 05.4 gave the variance of a step: that of the fresh noise, plus $c_0^2\, \bar\sigma_t^2$, what comes through from $x_0$. Bao et al. 2022 (Analytic-DPM) showed that this sum makes the bound tightest among all fixed variances. So we need $\bar\sigma_t^2 = E|x_0 - E[x_0|x_t]|^2/d$.
#
# Errors of $\hat x_0$ give it. The noise alone gives it too. With $\hat\varepsilon = E[\varepsilon | x_t]$, the variance of $\varepsilon$ given $x_t$ is $1 - E|\hat\varepsilon|^2/d$ per coordinate, on average, since $E|\varepsilon|^2/d = 1$. And $x_0 = (x_t - \sigma_t \varepsilon)/\alpha_t$.

# %% [markdown]
# **Exercise 06.6** ●●○ · 8 minutes. Return $\bar\sigma_t^2$, per coordinate, from `eps_hat`, the exact means of the noise, of shape (batch, d). `alpha` and `sigma` are numbers.

# %% nbgrader={"grade": false, "grade_id": "answer-06-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def variance_left(eps_hat, alpha, sigma):
    """E|x0 - E[x0 | x_t]|^2 / d."""
    ### BEGIN SOLUTION
    return (sigma / alpha) ** 2 * (1 - (eps_hat**2).mean())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-06-6", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("06.6", variance_left)

# %% [markdown]
# Three roads lead to it: errors, noise, and the score of [lesson 05](05_one_sampler.ipynb), since $\nabla \log q_t(x_t) = -\hat\varepsilon/\sigma_t$, with $q_t$ the law of $x_t$. On data with two humps, whose oracle knows all three by separate formulas:

# %%
trig = Trig()
humps = GaussianMixture(
    torch.tensor([[-1.0], [1.5]], dtype=torch.float64), torch.tensor([0.05, 0.05], dtype=torch.float64)
)
x0 = humps.sample(1_000_000, torch.Generator().manual_seed(2))
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
        return schedule.sigma(t) ** 2 - (schedule.alpha(t) / schedule.alpha(s) * schedule.sigma(s)) ** 2

    def small(t, s):
        return (schedule.sigma(s) * markov_sigma_tilde(schedule, t, s)) ** 2 or large(t, s)

    def optimal(t, s):
        return reverse_variance(schedule, t, s, markov_sigma_tilde(schedule, t, s), left_at(t))

    return {"large": large, "small": small, "optimal": optimal}


def contest(schedule, predictor, left_at, x0, top, steps=(5, 10, 50)):
    """The bound in nats per entry of x0, for each variance and number of steps."""
    found = {}
    for name, variance in variances_for(schedule, left_at).items():
        for n in steps:
            grid = torch.linspace(top, 0, n + 1, dtype=torch.float64).tolist()
            model = GaussianChain(schedule, predictor, grid, variance, prior_variance=1.0)
            total = model.elbo(x0, generator=torch.Generator().manual_seed(4)).total.mean()
            found[name, n] = float(total) / x0[0].numel()
    return found


def show_contest(found, digits=2):
    for name in ("large", "small", "optimal"):
        print(f"{name:8}" + "".join(f"{value:9.{digits}f}" for (who, _), value in found.items() if who == name))


# %%
def left_of_humps(t):
    grid = torch.linspace(-6, 6, 4001, dtype=torch.float64)[:, None]
    density = humps.log_prob(grid, t, trig).exp()
    return float(torch.trapezoid(density * humps.x0_cov(grid, t, trig)[:, 0, 0], grid[:, 0]))


some = humps.sample(100_000, torch.Generator().manual_seed(6))
found = contest(trig, posterior_mean(humps, trig), left_of_humps, some, 0.99)
log_density = humps.log_prob(some, 0.0, trig)
print("bound on the negative log-likelihood (nats) with 5, 10 and 50 steps")
show_contest(found)
print(f"exact value: {-log_density.mean():.2f}")

# %%
three, h = variances_for(trig, left_of_humps), 0.99 / 50
for k in (40, 10, 5, 2):
    ratio = three["small"](k * h, (k - 1) * h) / three["optimal"](k * h, (k - 1) * h)
    print(f"of 50 steps, {k - 1:2} before the last: small / optimal = {ratio:.2f}")

# %% [markdown]
# The optimal variance wins at every number of steps, and its bound comes close to the exact value. The small one is far too sure of itself: it claims to know $x_0$. The last steps are nearly free of noise; there the small variance is far too small, so that more steps need not help it.
#
# Does that hold for a trained network? Its means are not exact, but $\bar\sigma_t^2$ can be measured from its errors, here on training digits, and the bound on held-out ones.

# %%
from functools import cache

from udm_lessons.data import digits
from udm_lessons.learn import digit_predictor, load_digit_network, whose_network


@cache
def network_contest():
    predictor = digit_predictor(load_digit_network())
    seen, held = digits("train")[0], digits("heldout")[0][:300]

    @cache
    def left_at(t):
        eps = torch.randn(seen.shape, generator=torch.Generator().manual_seed(5))
        x_t = Gaussian(trig).forward(seen, eps, t)
        return variance_from_errors(seen, predictor(x_t, t, None))

    return contest(trig, predictor, left_at, held, 0.99)


# %% tags=["nbval-ignore-output"]
print(f"held-out digits, {whose_network()}: nats per pixel with 5, 10 and 50 steps")
show_contest(network_contest())

# %%
for n in (5, 10, 50):
    scores = {name: network_contest()[name, n] for name in ("large", "small", "optimal")}
    ranked = sorted(scores, key=scores.get)
    print(f"{n:2} steps: the optimal variance is best: {ranked[0] == 'optimal'}, then {ranked[1]}")

# %% [markdown]
# The optimal one wins here too. Of the other two, the small one is better with 5 and 10 steps and loses with 50; on the humps it lost at all three. No training was needed, one pass over the digits per time. (Pixels take 17 values, and a density on them is a convention: the numbers compare chains, they are not bits of a file.)

# %% [markdown]
# ## Why may a step be normal at all?
#
# $p(x_{t-1} \mid x_t)$ was taken to be normal. The true one is not. Articles say: because noise is added in small normal steps. Let us measure that. By Bayes' rule the true step back is $q_s(x_s)\, q(x_t | x_s)$, normalised, with $q_s$ the law of $x_s$. Put a normal law with the same mean beside it, once with the variance it has *at this* $x_t$, once with the best fixed variance.

# %%
def divergence_of_a_step(beta, t_s=0.3):
    """E KL(true step || normal step): with the variance at each x_t, and with one variance for all."""
    x_s = torch.linspace(-3.5, 4, 3001, dtype=torch.float64)
    x_t = torch.linspace(-4.5, 5, 401, dtype=torch.float64)[:, None]
    log_s = humps.log_prob(x_s[:, None], t_s, trig)
    log_q = -((x_t - math.sqrt(1 - beta) * x_s) ** 2) / (2 * beta)
    joint = (log_s + log_q).exp()
    total = torch.trapezoid(joint, x_s)
    step = joint / total[:, None]
    mean = torch.trapezoid(step * x_s, x_s)
    variance = torch.trapezoid(step * (x_s - mean[:, None]) ** 2, x_s)
    entropy = -torch.trapezoid(torch.xlogy(step, step), x_s)
    weight = total / total.sum()
    own = 0.5 * torch.log(2 * math.pi * math.e * variance) - entropy
    fixed = 0.5 * torch.log(2 * math.pi * math.e * (weight * variance).sum()) - (weight * entropy).sum()
    return float((weight * own).sum()), float(fixed)


rates = [0.05, 0.025, 0.0125, 0.00625, 0.003125]
own, fixed = zip(*map(divergence_of_a_step, rates))
show.curves(
    rates, {"one variance for all $x_t$": fixed, "its own variance at each $x_t$": own}, "$\\beta$",
    "mean divergence of a step (nats)",
    "06.far-from-normal", xscale="log", yscale="log",
)
for name, line in {"fixed": fixed, "own": own}.items():
    large, small = math.log2(line[0] / line[1]), math.log2(line[-2] / line[-1])
    print(f"{name:6} slope {large:.1f} at the largest beta, {small:.1f} at the smallest")

# %% [markdown]
# So the divergence falls like $\beta^2$ with a fixed variance, and ever more nearly like $\beta^3$ with the right one at each $x_t$. A chain has about $1/\beta$ such steps, so the whole costs $\beta$ or $\beta^2$. That is the precise sense in which hard things get easy in small steps. How many steps are needed depends on the data: in one dimension, for normal data a single one is exact.

# %% [markdown]
# ## A bound for any design
#
# The ELBO belongs to one chain. Training used neither a chain nor a design, only the cross-entropy of the guess. What does a good guess guarantee? Here the letters change places, as in [lesson 03](03_predict.ipynb): $p$ is the truth, $q$ the model. For *every* design of [lesson 04](04_correct.ipynb), with $p_0$ the data, $p_t$ its law at time $t$, and $q_0$ what is generated,
#
# $$\text{KL}(p_0 \,\|\, q_0) \le \text{KL}(p_T \,\|\, \text{prior}) + \sum_t E_{p_t} \text{KL}\left( p(x_0 \mid x_t) \,\|\, q(x_0 \mid x_t) \right) .$$
#
# Each term is a cross-entropy of [lesson 03](03_predict.ipynb) less a constant. So whoever lowers the cross-entropy lowers this bound, whatever sampler follows.

# %% [markdown]
# Test it where everything can be counted: one letter out of three, masked with probability $p_t$, and a guess of the masked letter that is off, differently at each of three times.
#
# A table holds the guess in each state: three letters, then the mask. `generated` follows the law of the state from the mask to time 0. With `keep` an open letter stays as it is; otherwise each guess is masked afresh.

# %%
p0, levels = torch.tensor([0.6, 0.3, 0.1], dtype=torch.float64), (1.0, 0.6, 0.3)
guesses = torch.tensor([[0.3, 0.3, 0.4], [0.4, 0.35, 0.25], [0.55, 0.35, 0.1]], dtype=torch.float64)
eye = torch.eye(3, dtype=torch.float64)  # a visible letter is known
tables = [torch.cat([eye, off[None]]) for off in guesses]


def law(p):
    """p(x_t | x_0): three letters, then the mask."""
    return torch.cat([(1 - p) * eye, torch.full((3, 1), p, dtype=torch.float64)], 1)


def generated(keep):
    q = torch.tensor([0.0, 0.0, 0.0, 1.0], dtype=torch.float64)
    for p_t, p_s, table in zip(levels, (*levels[1:], 0.0), tables):
        again = p_s / p_t
        kept = torch.cat([q[:3] + q[3] * (1 - again) * table[3], q[3:] * again])
        q = kept if keep else q @ table @ law(p_s)
    return q[:3]


# %%
prior = torch.tensor([0.0, 0.0, 0.0, 1.0], dtype=torch.float64)
at_prior, terms = design_bound(p0, [law(p) for p in levels], tables, prior)
for name, keep in {"keep": True, "redraw": False}.items():
    q0 = generated(keep)
    print(f"{name:7} KL(p0 || q0) = {torch.xlogy(p0, p0 / q0).sum():.3f}   bound {at_prior + terms.sum():.3f}")

# %% [markdown]
# ## And the exact value
#
# The probability-flow ODE of [lesson 05](05_one_sampler.ipynb), $dx/dt = v(x, t)$, has no noise. So its likelihood can be had up to the error of the integration. Follow $x$ to a time $T$ whose law $p_T$ is known, here 0.99, and add up how the flow stretches space on the way: $\log p(x) = \log p_T(x_T) + \int_0^T \text{div}\, v\, dt$, where $\text{div}\, v = \sum_i \partial v_i / \partial x_i$.

# %%
points = torch.tensor([[-1.2], [0.2], [1.4]], dtype=torch.float64)
rising = torch.linspace(0.0, 0.99, 161, dtype=torch.float64).tolist()
flow = ode_log_likelihood(
    lambda x, t: humps.velocity(x, t, trig), points, rising, lambda x: humps.log_prob(x, 0.99, trig)
)
for x, by_flow, by_formula in zip(points[:, 0], flow, humps.log_prob(points, 0.0, trig)):
    print(f"x = {x:4.1f}   by the flow {by_flow:7.3f}   exact {by_formula:7.3f}")

# %% [markdown]
# ## What you have learnt
#
# - The negative log-likelihood is entropy plus divergence. The ELBO bounds it by a mean over paths: Jensen, and nothing else.
# - The law of a *path* is the product of its steps. Bayes turns the raw bound into three terms; the middle terms are the largest part.
# - The best fixed variance of a step is fresh noise plus $c_0^2\, \bar\sigma_t^2$. With few steps it matters a great deal.
# - Normal steps are right for small $\beta$: the divergence of a step is of order $\beta^2$ or $\beta^3$.
# - A low cross-entropy of the guess bounds the divergence for every design.

# %% [markdown]
# **Read on.** Sohl-Dickstein et al. 2015, [Deep Unsupervised Learning using Nonequilibrium Thermodynamics](https://arxiv.org/abs/1503.03585). Ho, Jain and Abbeel 2020, [Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239). Kingma et al. 2021,
# [Variational Diffusion Models](https://arxiv.org/abs/2107.00630). Bao et al. 2022, [Analytic-DPM](https://arxiv.org/abs/2201.06503).

# %% [markdown]
# **Next.** Part III. [Lesson 07](07_four_parameterizations.ipynb): four ways to say what a network predicts, and the two-by-two system behind them.

# %% [markdown]
# [← 05 · One sampler](05_one_sampler.ipynb) · [07 · Four parameterizations →](07_four_parameterizations.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
