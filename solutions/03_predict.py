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
# # 03 · Predict
#
# [← 02 · From steps to marginals](02_from_steps_to_marginals.ipynb) · [04 · Correct →](04_correct.ipynb)
#
# Something was destroyed, and you hold $x_t$. What was it before? All of generation rests on this one question. In this lesson you answer it exactly
# where that is possible, find out which loss makes a network answer it, and train one on real digits.
#
# You need lessons [01](01_forward_process.ipynb) and [02](02_from_steps_to_marginals.ipynb). About 60 minutes, six exercises, and a minute or two of training.

# %%
import math

import torch

from udm_lessons import default_device, show
from udm_lessons.data import digits, pinwheel_centres
from udm_lessons.destroy import DiscreteSchedule, Gaussian, Trig
from udm_lessons.exercises import hint, progress, solution

schedule = Trig()
process = Gaussian(schedule)
train_images, held_images = digits("train")[0], digits("heldout")[0]

# %% [markdown]
# ## What can be known
#
# Take $x_t = \alpha_t x_0 + \sigma_t \varepsilon$ with $\varepsilon \sim N(0, I)$. Many $x_0$ could have led to the $x_t$ that you see, some more likely than others. All that can be known is the *posterior* law
#
# $$p(x_0 \mid x_t) = \frac{p(x_t \mid x_0)\, p(x_0)}{p(x_t)} .$$
#
# Suppose first that there is nothing in the world but a data set $x^{(1)}, \dots, x^{(n)}$, each example equally likely. Then the posterior gives each example a weight.
# Given $x^{(i)}$, $x_t$ is normal with mean $\alpha_t x^{(i)}$ and variance $\sigma_t^2$ in each coordinate. So
#
# $$w_i \propto \exp\left( - \frac{|x_t - \alpha_t x^{(i)}|^2}{2 \sigma_t^2} \right), \qquad \sum_i w_i = 1 .$$

# %% [markdown]
# **Exercise 03.1** ●●○ · 8 minutes. Return the weights: one row for each row of `x_t` (batch, d), one column for each row of `data` (n, d). `alpha` and `sigma` are numbers.
# With large negative exponents a plain quotient gives 0/0. `torch.softmax(exponents, 1)` exponentiates and normalises safely. `x_t[:, None]` has shape (batch, 1, d); subtracting something of shape (n, d) gives (batch, n, d).

# %% nbgrader={"grade": false, "grade_id": "answer-03-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def posterior_weights(x_t, data, alpha, sigma):
    """How likely each example is, given x_t: shape (batch, n)."""
    ### BEGIN SOLUTION
    squares = ((x_t[:, None] - alpha * data) ** 2).sum(-1)
    return torch.softmax(-squares / (2 * sigma**2), 1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-03-1", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("03.1", posterior_weights)

# %% [markdown]
# With the weights one can *draw* an example, or average all of them to get the *posterior mean* $E[x_0 \mid x_t] = \sum_i w_i\, x^{(i)}$. Destroy a digit that is not in the
# data set, and see what your weights make of it.

# %%
def weights_at(x_t, t):
    rows, data = x_t.flatten(1), train_images.flatten(1)
    return posterior_weights(rows, data, schedule.alpha(t), schedule.sigma(t))


def mean_of_the_set(x_t, t, generator=None):
    return (weights_at(x_t, t) @ train_images.flatten(1)).reshape(x_t.shape)


times = [0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
eps = torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(3))
noisy = torch.cat([process.forward(held_images[[7]], eps, t) for t in times])
means = torch.cat([mean_of_the_set(x[None], t) for x, t in zip(noisy, times)])
show.images(
    {"$x_t$": noisy, "posterior mean": means},
    "03.fading-mean",
    [f"t = {t}" for t in times],
)

# %% [markdown]
# How many digits are still in the race? The exponential of the entropy of the weights counts them: it is 1 if one example has all the weight, and $n$ if all are equally likely.

# %%
x0 = held_images[:200]
noise = process.sample_noise(x0, torch.Generator().manual_seed(4))
for t in (0.1, 0.3, 0.5, 0.7, 0.9, 1.0):
    w = weights_at(process.forward(x0, noise, t), t).double()
    race = float((-(torch.xlogy(w, w)).sum(1)).exp().mean())
    print(f"t = {t}   digits in the race, of {len(train_images)}: {race:6.1f}")

# %% [markdown]
# ## A perfect answer to the wrong question
#
# The weights are exact, so with small enough steps generation is exact as well. (That the mean will do in place of draws, if the steps are small and the noise is kept, is shown in [lesson 05](05_one_sampler.ipynb).) Exact for what? For the *data set*. Let us generate, and look for each new digit at its nearest training digit.

# %%
from udm_lessons.measure import judge_digits, nearest_distance, score_table
from udm_lessons.rebuild import GaussianMixture, posterior_mean, sample

grid = torch.linspace(1, 0, 51, dtype=torch.float64)
x_T = torch.randn(200, 1, 8, 8, generator=torch.Generator().manual_seed(5))
copies = sample(process, mean_of_the_set, x_T, grid)
nearest = torch.cdist(copies.flatten(1), train_images.flatten(1)).argmin(1)
show.images(
    {"generated": copies[:10], "nearest training digit": train_images[nearest[:10]]},
    "03.oracle-draws",
)
far = nearest_distance(held_images, train_images)
print(f"generated: nearest training digit at {nearest_distance(copies, train_images).median():.1f} (median)")
print(f"real held-out digits:               {far.median():.1f}")

# %% [markdown]
# Copies. The law of *digits* is not the law of these 899 digits, and for digits $p(x_0)$ is unknown, so Bayes' rule gives no formula for $p(x_0 \mid x_t)$: **it has to be modelled**.
# A model that generalises will be *worse* than this oracle on the training set, and better on digits it has not seen. The end of this lesson shows it.

# %% [markdown]
# ## A posterior with a formula
#
# For some laws of the data the posterior can be computed on paper. Let $x_0 \sim N(m, v)$, in one dimension. Then $x_0$ and $x_t$ are jointly normal. $x_t$ has mean $\alpha_t m$ and variance
# $\alpha_t^2 v + \sigma_t^2$, and its covariance with $x_0$ is $\alpha_t v$. For jointly normal variables the conditional mean is a straight line,
#
# $$E[x_0 \mid x_t] = E[x_0] + \frac{\text{Cov}(x_0, x_t)}{\text{Var}(x_t)} \left( x_t - E[x_t] \right) .$$

# %% [markdown]
# **Exercise 03.2** ●●○ · 8 minutes. Put in the mean, the variance and the covariance. `x_t` is a tensor, the rest are numbers.

# %% nbgrader={"grade": false, "grade_id": "answer-03-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gaussian_posterior_mean(x_t, m, v, alpha, sigma):
    """E[x0 | x_t] for x0 ~ N(m, v): a tensor of the shape of x_t."""
    ### BEGIN SOLUTION
    return m + alpha * v / (alpha**2 * v + sigma**2) * (x_t - alpha * m)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-03-2", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("03.2", gaussian_posterior_mean)

# %% [markdown]
# A formula should be checked against the thing itself. Draw pairs $(x_0, x_t)$, collect those with nearly the same $x_t$, and average their $x_0$.

# %%
m, v, t = 1.0, 0.5, 0.6
generator = torch.Generator().manual_seed(6)
x0 = m + math.sqrt(v) * torch.randn(400_000, generator=generator, dtype=torch.float64)
x_t = schedule.alpha(t) * x0 + schedule.sigma(t) * torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
centres = torch.linspace(-1.5, 2.5, 9, dtype=torch.float64)
averages = [float(x0[(x_t - c).abs() < 0.05].mean()) for c in centres]
formula = gaussian_posterior_mean(centres, m, v, schedule.alpha(t), schedule.sigma(t))
show.curves(
    centres.tolist(), {"average of drawn pairs": averages, "your formula": formula.tolist()},
    "$x_t$", "$x_0$",
    "03.straight-line",
)

# %% [markdown]
# A mixture of normal laws can be treated in the same way: find out how likely each component is, given $x_t$, and average these straight lines with those weights. The package has that ready as
# `GaussianMixture`, with everything else that can be computed from it. It is our second oracle. It is smooth, it has a law of its own, and we shall measure networks against it.

# %% [markdown]
# ## Which loss asks this question?
#
# Now to models. Let $q(x_0 \mid x_t)$ be a model of the posterior. The standard way to fit a law is to make the data likely, that is to minimise the *cross-entropy*
#
# $$E\left[ -\log q(x_0 \mid x_t) \right], \qquad x_t = F_t(x_0, \varepsilon) .$$
#
# It can be estimated by drawing $x_0$ and $\varepsilon$, for any way to destroy. And it asks the right question: it equals a constant plus the mean of
# $\text{KL}(p(x_0 \mid x_t) \,\|\, q(x_0 \mid x_t))$, which is lowest at $q = p$. The constant is the entropy $H(x_0 \mid x_t)$ of [lesson 01](01_forward_process.ipynb), which no $q$ changes.

# %% [markdown]
# What form should $q$ have? For pixels take the simplest, $q(x_0 \mid x_t) = N(G(x_t), v I)$ with a network $G$, whose output is the guess $\hat x_0$. (It is told the time as well.) The variance $v$ is *not* 1, nor is it the $v$ of the last section. Some
# articles write "standard normal" here; they mean a normal law with a variance of its own.

# %% [markdown]
# **Exercise 03.3** ●●○ · 8 minutes. Write $-\log N(x_0; G, vI)$, with *all* its terms, in $d$ dimensions. `x0` and `guess` have shape (batch, d); return one number for each row. `math.log` and `math.pi` are at hand.

# %% nbgrader={"grade": false, "grade_id": "answer-03-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cross_entropy(x0, guess, variance):
    """-log N(x0; guess, variance I), in nats: shape (batch,)."""
    ### BEGIN SOLUTION
    d = x0.shape[1]
    return ((x0 - guess) ** 2).sum(1) / (2 * variance) + d / 2 * math.log(2 * math.pi * variance)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-03-3", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("03.3", cross_entropy)

# %% [markdown]
# Look at your formula with $v$ fixed: all that depends on $G$ is the squared error. **Cross-entropy with a normal $q$ is squared error.** And the squared error is lowest where $G(x_t) = E[x_0 \mid x_t]$:
# for any random variable the mean is the best single guess. A denoising auto-encoder, trained on nothing but squared error, learns the posterior mean. (That is the name of a network that is fed noisy data and must return the clean one.)
#
# Is $q$ then the posterior? Only if that is normal, with one variance for all coordinates and all $x_t$, as for data $N(m, vI)$. In all other cases the mean is right and the form is not. [Lesson 04](04_correct.ipynb) shows what that costs.

# %% [markdown]
# ## The variance comes afterwards
#
# Articles drop the term with the logarithm, "a constant". It is one, as long as $v$ is fixed. What if $v$ is to be learnt as well? Take data with two humps and the exact mean as the guess, and try many $v$.

# %%
humps = GaussianMixture(
    torch.tensor([[-1.0], [1.5]], dtype=torch.float64), torch.tensor([0.05, 0.05], dtype=torch.float64)
)


def pairs_at(t, n=50_000):
    generator = torch.Generator().manual_seed(7)
    x0 = humps.sample(n, generator)
    x_t = process.forward(x0, process.sample_noise(x0, generator), t)
    return x0, x_t, posterior_mean(humps, schedule)(x_t, t)


# %%
x0, _, guess = pairs_at(0.6)
variances = [0.05 * 1.35**k for k in range(14)]
whole = [float(cross_entropy(x0, guess, v).mean()) for v in variances]
cut = [full - 0.5 * math.log(2 * math.pi * v) for full, v in zip(whole, variances)]
show.curves(
    variances, {"all terms": whole, "logarithm dropped": cut}, "variance v",
    "mean cross-entropy (nats)",
    "03.missing-logarithm",
)

# %% [markdown]
# Where is the lowest point? Set the derivative with respect to $v$ to zero. The answer has a name, $\bar\sigma_t^2$ (no relation to $\sigma_t$, nor to the bar of $\bar\alpha_t$), and needs no training at all: measure it when $G$ is done, once for each $t$. [Lesson 06](06_likelihood_and_variance.ipynb) does it for a network.

# %% [markdown]
# **Exercise 03.4** ●○○ · 6 minutes. Return the best $v$, for pairs of `x0` and `guess` of shape (batch, d). It is one number for all coordinates.

# %% nbgrader={"grade": false, "grade_id": "answer-03-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def best_variance(x0, guess):
    """The v at which the mean of cross_entropy(x0, guess, v) is lowest."""
    ### BEGIN SOLUTION
    return ((x0 - guess) ** 2).mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-03-4", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("03.4", best_variance)

# %%
print(f"{'t':>4} {'yours':>8} {'near it':>10} {'exact':>8}")
for t in (0.2, 0.4, 0.6, 0.8):
    x0, x_t, guess = pairs_at(t)
    mine = float(best_variance(x0, guess))
    tried = [mine * (1 + k / 1000) for k in range(-100, 101)]
    found = min(tried, key=lambda v: float(cross_entropy(x0, guess, v).mean()))
    exact = float(humps.x0_cov(x_t, t, schedule).mean())
    print(f"{t:4} {mine:8.3f} {found:10.3f} {exact:8.3f}")

# %% [markdown]
# The second column is the best of 201 values within a tenth of yours; the last is the variance of the exact posterior, averaged over $x_t$. So $\bar\sigma_t$ says how much is left to guess. With a network in place of the exact mean, its own squared error is added. [Lesson 06](06_likelihood_and_variance.ipynb) uses it for the best variance of a step.
#
# And tokens? There $q$ gives each token a table of probabilities, and $-\log q$ is the cross-entropy of a classifier. If all tokens are guessed at once, $q$ is a product. A product cannot say that two letters
# belong *together*. Suppose two bits are always equal, 00 or 11. Each alone is a fair coin, so a product makes unequal pairs half of the time. To guess one token after the other is exact, and slower. [Lesson 11](11_masks_and_tokens.ipynb) weighs the two.

# %% [markdown]
# ## A network finds the mean
#
# Time to train. A step draws $x_0$, $\varepsilon$ and $t$, destroys, lets the network guess, and compares.

# %% [markdown]
# **Exercise 03.5** ●●○ · 8 minutes. Return the squared error of the guess, averaged over the entries of each example: shape (batch,). `network(x_t, t)` returns a guess of the shape of `x_t`. Destroy with the `alpha` and `sigma` that you are given, which are shaped to fit `x0`. `x0`
# may be a batch of rows or of images; `.flatten(1)` makes rows of the errors. The gradient must reach the network.

# %% nbgrader={"grade": false, "grade_id": "answer-03-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def prediction_error(network, x0, eps, t, alpha, sigma):
    """The mean squared error of the network's guess of x0, for each example."""
    ### BEGIN SOLUTION
    x_t = alpha * x0 + sigma * eps
    return ((network(x_t, t) - x0) ** 2).flatten(1).mean(1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-03-5", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("03.5", prediction_error)

# %% [markdown]
# The data is a pinwheel, 20 small normal laws in the plane. Its oracle is known, so we can see how far the network is from the truth while it learns. It is never told the truth, only single $x_0$.

# %%
from udm_lessons.learn import (
    MLP, digit_predictor, draw_digits, draw_times, own_checkpoint, train, train_digits,
)

pinwheel = GaussianMixture(pinwheel_centres(), torch.full((20,), 0.005, dtype=torch.float64))


def scales(t, x0):
    """alpha_t and sigma_t, shaped to fit the batch x0."""
    shape = (-1, *[1] * (x0.ndim - 1))
    return [f(t).to(x0).reshape(shape) for f in (schedule.alpha, schedule.sigma)]


def plane_loss(network, x0, generator):
    t = draw_times(process, len(x0), generator, t_min=1e-3)  # at t = 0 nothing is left to guess
    eps = process.sample_noise(x0, generator)
    return prediction_error(network, x0, eps, t, *scales(t, x0)).mean()


# %%
def distance_to_the_oracle(network):
    x0 = pinwheel.sample(2000, torch.Generator().manual_seed(9))
    noise, gaps = process.sample_noise(x0, torch.Generator().manual_seed(10)), []
    for t in (0.2, 0.5, 0.8):
        x_t = process.forward(x0, noise, t)
        with torch.no_grad():
            gap = network(x_t.float(), t) - pinwheel.x0_mean(x_t, t, schedule)
        gaps.append(float(gap.square().mean().sqrt()))
    return gaps


torch.manual_seed(0)
network, film, marks = MLP(schedule=schedule), {}, (1, 30, 100, 300, 1000, 3000)

# %%
average = train(
    network, plane_loss, lambda n, generator: pinwheel.sample(n, generator).float(),
    steps=marks[-1], batch_size=128, decay=True, generator=torch.Generator().manual_seed(11),
    callback=lambda k, loss: film.update({k: distance_to_the_oracle(network)}) if k in marks else None,
)
show.curves(
    list(marks), {f"t = {t}": [film[k][i] for k in marks] for i, t in enumerate((0.2, 0.5, 0.8))},
    "training step", "distance to the oracle (rms)",
    "03.network-and-oracle",
    xscale="log",
)

# %% [markdown]
# Two remarks. The loss does *not* go to zero: it cannot fall below the mean of $\bar\sigma_t^2$ over $t$, the part that nobody can know. And `train` returns a moving average of the weights, which scatters less
# than the weights themselves.

# %% [markdown]
# ## One time, or the whole path?
#
# A chain with $T$ steps has $T$ losses, one for each $t$, and their sum is to be minimised. Some articles draw the whole path $x_1, \dots, x_T$ of each example for it. But the loss at $t$ depends on $x_t$ alone, not on
# its neighbours: **only the marginal counts**. So one may as well draw a single $t$ for each example, and multiply by $T$. The mean is the same. Is it a bargain?
#
# Compare at equal cost, $T$ calls of the network: one example with its whole path, or $T$ examples with one time each.

# %%
chain = DiscreteSchedule(torch.linspace(0.002, 0.2, 50, dtype=torch.float64))


def losses_at(x0, eps, t):
    """Squared error of the noise, with the exact oracle for a network; that of x0 compares alike."""
    x_t = Gaussian(chain).forward(x0, eps, t)
    return (humps.eps_mean(x_t, t, chain) - eps).square().sum(1)


def markov_path(x0, generator):
    eps, previous = torch.zeros_like(x0), 0.0
    for t in range(1, 51):
        keep = chain.alpha(t) / (chain.alpha(t - 1) if t > 1 else 1.0)
        fresh = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
        eps = (keep * previous * eps + math.sqrt(1 - keep**2) * fresh) / chain.sigma(t)
        previous = chain.sigma(t)
        yield losses_at(x0, eps, float(t))


# %%
n, generator = 4000, torch.Generator().manual_seed(12)
paths = torch.stack(list(markov_path(humps.sample(n, generator), generator))).sum(0)
x0 = humps.sample(50 * n, generator)
t = torch.randint(1, 51, (50 * n,), generator=generator).double()
single = 50 * losses_at(x0, torch.randn(x0.shape, generator=generator, dtype=x0.dtype), t)
single = single.reshape(n, 50).mean(1)
ratio = float(paths.var() / single.var())
print(f"whole path:  mean {paths.mean():5.1f}   variance of the estimate {paths.var():6.1f}")
print(f"single time: mean {single.mean():5.1f}   variance of the estimate {single.var():6.1f}")
print(f"the path needs at least 5 times as many calls for the same accuracy: {ratio > 5}")

# %% [markdown]
# The same mean, and far less scatter for the same work: fifty new examples say more than fifty views of one. Everybody draws a single time.
#
# One more habit to question. Must training examples be *independent*? No. For an unbiased loss each of them must have the right law, nothing else. Here is a stream in which neighbours are
# almost copies (correlation 0.95), and the slope of the best straight line from $x_t$ to $x_0$. Dependence costs accuracy; it does not shift the answer.

# %%
from scipy.signal import lfilter

n, generator = 400_000, torch.Generator().manual_seed(13)
fresh, eps = torch.randn(2, n, generator=generator, dtype=torch.float64)
stream = torch.tensor(lfilter([math.sqrt(1 - 0.95**2)], [1, -0.95], fresh.numpy()))
for name, x0 in {"independent": fresh, "stream": stream}.items():
    x_t = 0.8 * x0 + 0.6 * eps
    slope, parts = (x0 * x_t).mean() / (x_t * x_t).mean(), zip(x0.chunk(400), x_t.chunk(400))
    scatter = torch.stack([(a * b).mean() / (b * b).mean() for a, b in parts]).std()
    print(f"{name:12} slope {float(slope):.2f} (exact 0.80); scatter, from 1000 examples {float(scatter):.3f}")

# %% [markdown]
# ## Real digits
#
# Now the real thing: a U-Net (a convolutional network that looks at coarse and fine scales) with 120 thousand parameters, 899 training digits, 2500 steps. One question is left. Which times matter most? The error of $\hat x_0$ is tiny at small $t$ and large at
# large $t$, so a plain average would care for large $t$ only. But what the sampler uses is the noise $\hat\varepsilon = (x_t - \alpha_t \hat x_0)/\sigma_t$. Its error is $-\alpha_t/\sigma_t$ times that of $\hat x_0$, so its squared error is $\alpha_t^2/\sigma_t^2$ times, the SNR of [lesson 01](01_forward_process.ipynb). Weighted so, small
# times count, but without bound as $\sigma_t \to 0$. So one cuts the weight at some $c$; 5 is common.

# %% [markdown]
# **Exercise 03.6** ●○○ · 5 minutes. Return the weight: the SNR $\alpha_t^2/\sigma_t^2$, but at most `cap`. `alpha` and `sigma` are tensors; `.clamp(max=cap)` cuts one.

# %% nbgrader={"grade": false, "grade_id": "answer-03-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def capped_snr(alpha, sigma, cap):
    """The SNR, cut at cap."""
    ### BEGIN SOLUTION
    return (alpha**2 / sigma**2).clamp(max=cap)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-03-6", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("03.6", capped_snr)

# %%
def digit_loss(network, x0, generator):
    t = draw_times(process, len(x0), generator, t_min=1e-3, device=x0.device)
    eps = process.sample_noise(x0, generator)
    alpha, sigma = scales(t, x0)
    weight = capped_snr(alpha, sigma, 5.0).flatten()
    return (weight * prediction_error(network, x0, eps, t, alpha, sigma)).mean()


# %% [markdown]
# This is your loss from end to end. Training takes one to two minutes on a laptop. It writes a checkpoint beside this notebook, `digits.safetensors`: stop it when you like, run the cell again,
# and it goes on where it was. Later lessons use your network if the file is there, and one that comes with the course if not. To train anew, delete the file.

# %%
from functools import cache



@cache
def my_network():
    return train_digits(digit_loss, steps=2500, checkpoint=own_checkpoint())


print(f"parameters: {sum(p.numel() for p in my_network().parameters())}")

# %%
x0 = held_images[:8]
noise = process.sample_noise(x0, torch.Generator().manual_seed(14))
rows = {"$x_0$": x0}
for t in (0.3, 0.6, 0.9):
    x_t = process.forward(x0, noise, t)
    guess = digit_predictor(my_network())(x_t.to(default_device()), t).cpu()
    rows |= {f"$x_t$, t = {t}": x_t, f"guess at t = {t}": guess}
show.images(rows, "03.digits-guessed")

# %% [markdown]
# Now generate. Noise can be drawn without end, and so can digits then. Start from noise (with this schedule $x_1$ is noise exactly), guess, correct, repeat: `sample` as in [lesson 00](00_welcome.ipynb), with 50 steps and the inferred noise used again.

# %%
@cache
def my_digits():
    return draw_digits(digit_predictor(my_network()), len(held_images), steps=50, seed=1)


show.images(
    {"generated": my_digits()[:12], "held-out digits": held_images[:12]},
    "03.digits-drawn",
)

# %% [markdown]
# ## How good is it?
#
# Looking is not enough. A judge measures seven things, each beside its *floor*: what real digits score in its place.
#
# | measure | what it is | good is |
# |---|---|---|
# | confidence | how sure a classifier is of its answer | near the floor |
# | class tv | distance between the histograms of the classes | low |
# | energy | distance between laws, which [lesson 04](04_correct.ipynb) derives | low |
# | sliced Wasserstein | mean distance of sorted projections | low |
# | Fréchet | difference of means and covariances of 16 principal components | low |
# | two sample | how often a second classifier tells generated from real | near 0.5, a coin |
# | memorised | share of samples suspiciously near to a training digit | near the floor |

# %% [markdown]
# Beside the network stands a classic, a mixture of ten full normal laws fitted to the pixels. A picture has no pixel blacker than black, so both are cut to the range from -1 to 1.

# %% tags=["nbval-ignore-output"]
from sklearn.mixture import GaussianMixture as PixelMixture



def ten_normal_laws(n):
    fit = PixelMixture(10, reg_covar=1e-3, random_state=0).fit(train_images.flatten(1).double().numpy())
    return torch.tensor(fit.sample(n)[0]).float().reshape(-1, 1, 8, 8)


@cache
def verdict():
    found = {"your network": my_digits(), "ten normal laws": ten_normal_laws(len(held_images))}
    pictures, real = {name: x.clamp(-1, 1) for name, x in found.items()}, (digits("train"), digits("heldout"))
    return {name: judge_digits(x, *real, torch.Generator().manual_seed(0)) for name, x in pictures.items()}


print(score_table(verdict()))

# %% [markdown]
# Training is chaotic in its last digits, and no two kinds of processor give the same numbers. So the page holds itself to bars that leave room for that.

# %%
value, other = ({name: found.value for name, found in judged.items()} for judged in verdict().values())
lower = ("energy", "two_sample", "frechet", "sliced_wasserstein")
better = all(value[k] < other[k] for k in lower)
print(f"energy distance at most 0.015:   {value['energy'] <= 0.015}")
print(f"two-sample accuracy at most .65: {value['two_sample'] <= 0.65}")
print(f"class histogram at most .10:     {value['class_tv'] <= 0.10}")
print(f"confidence at least .82:         {value['confidence'] >= 0.82}")
print(f"memorised at most 8%:            {value['memorised'] <= 0.08}")
print(f"nearer to real digits than ten normal laws, by four distances: {better}")

# %% [markdown]
# Confidence and class histogram hardly tell the network from the mixture; the distances and the two-sample test do. Read the numbers with care. A confidence above that of real digits is not good news, and no single column is enough: [lesson 05](05_one_sampler.ipynb) shows a sampler that wins on confidence and has lost a third of the variety. Energy and two-sample accuracy see the whole law.

# %% [markdown]
# And the promise from the beginning: against the exact oracle of the training set, on digits that neither has seen.

# %%
x0, generator = held_images[:400], torch.Generator().manual_seed(15)
x_t = process.forward(x0, process.sample_noise(x0, generator), 0.2)
guess = digit_predictor(my_network())(x_t.to(default_device()), 0.2).cpu()
errors = [float((g - x0).square().mean()) for g in (guess, mean_of_the_set(x_t, 0.2))]
print(f"squared error at t = 0.2: the network's is below half of the oracle's: {errors[0] < errors[1] / 2}")

# %% [markdown]
# (Large models first compress the pictures and diffuse in the smaller space. If all data lies in a plane, nothing is lost: the posterior mean is that of the coordinates in the plane. If not, the directions left out are lost for good. Half of the 64 directions hold 97 percent of the variance of digits. We stay with pixels; lesson 13 weighs the two.)

# %% [markdown]
# ## What you have learnt
#
# - All that can be known of $x_0$ is $p(x_0 \mid x_t)$. Over a data set it is a softmax, and generation with it copies the data. For digits it must be modelled.
# - Cross-entropy with a normal $q$ is squared error, and squared error finds $E[x_0 \mid x_t]$.
# - The logarithm may be dropped while $v$ is fixed. The best $v$ is measured afterwards: $\bar\sigma_t^2 = E|x_0 - G|^2/d$.
# - Only the marginal of $x_t$ enters the loss. Draw one time for each example.
# - The weight says which times matter; $\min(\text{SNR}_t, c)$ serves well.

# %% [markdown]
# **Read on.** Vincent 2011, [A Connection Between Score Matching and Denoising Autoencoders](https://www.iro.umontreal.ca/~vincentp/Publications/smdae_techreport.pdf). Ho, Jain and Abbeel 2020, [Denoising Diffusion Probabilistic
# Models](https://arxiv.org/abs/2006.11239). Hang et al. 2023, [Efficient Diffusion Training via Min-SNR Weighting Strategy](https://arxiv.org/abs/2303.09556). Lai et al. 2025, [The Principles of Diffusion Models](https://arxiv.org/abs/2510.21890), section 6.1.

# %% [markdown]
# **Next.** [Lesson 04](04_correct.ipynb): you have $x_t$ and a guess. Which $x_s$ is the right one?

# %% [markdown]
# [← 02 · From steps to marginals](02_from_steps_to_marginals.ipynb) · [04 · Correct →](04_correct.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
