# %% [markdown]
# # 03 · Predict
#
# [← 02 · From steps to marginals](02_from_steps_to_marginals.ipynb) · [04 · Correct →](04_correct.ipynb)
#
# Something was destroyed, and you hold $x_t$. What was it before? All of generation rests on this question. After this
# lesson you can
#
# - answer it exactly, where the data is a list or a normal law;
# - say which loss makes a network answer it;
# - write the loss at the heart of the training loop, and train a network that draws digits;
# - tell a network that has learnt from one that has memorised.
#
# You need lessons [01](01_forward_process.ipynb) and [02](02_from_steps_to_marginals.ipynb). About 75 minutes with five
# exercises and a minute of training. Three sections at the end, marked *optional*, come on top; they hold a sixth exercise.
# When you are stuck, `hint("03.1")` says more, and a little more at each call.

# %%
import math
from functools import cache

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
# Take $x_t = \alpha_t x_0 + \sigma_t \varepsilon$ with $\varepsilon \sim N(0, I)$. Many $x_0$ could have led to the $x_t$ that you see, some
# more likely than others. All that can be known is the *posterior* law
#
# $$p(x_0 \mid x_t) = \frac{p(x_t \mid x_0)\, p(x_0)}{p(x_t)} .$$
#
# Suppose first that there is nothing in the world but a data set $x^{(1)}, \dots, x^{(n)}$, each example equally likely. Then the
# posterior gives each example a weight. Given $x^{(i)}$, $x_t$ is normal with mean $\alpha_t x^{(i)}$ and variance $\sigma_t^2$ in each
# coordinate. So
#
# $$\pi_i \propto \exp\left( - \frac{|x_t - \alpha_t x^{(i)}|^2}{2 \sigma_t^2} \right), \qquad \sum_i \pi_i = 1 .$$

# %% [markdown]
# **Exercise 03.1** ●●○ · 8 minutes. Return the weights: one row for each row of `x_t` (batch, d), one column for each row of
# `data` (n, d). `alpha` and `sigma` are numbers. With large negative exponents a plain quotient gives 0/0;
# `torch.softmax(exponents, 1)` exponentiates and normalises safely. `x_t[:, None]` has shape (batch, 1, d); subtracting
# something of shape (n, d) gives (batch, n, d).

# %% nbgrader={"grade": false, "grade_id": "answer-03-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def posterior_weights(x_t, data, alpha, sigma):
    """How likely each example is, given x_t: shape (batch, n)."""
    raise NotImplementedError('exercise 03.1 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-03-1", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("03.1", posterior_weights)


# %% [markdown]
# With the weights one can *draw* an example, or average all of them to get the *posterior mean* $E[x_0 \mid x_t] = \sum_i \pi_i\, x^{(i)}$.
# From here on the 1797 digits are split: 899 are the training set, and the others are held out. Destroy a digit that is not in the data set, and see what your weights make of it.

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
    {"x_t": noisy, "posterior mean": means},
    "03.fading-mean",
    [f"t = {t}" for t in times],
)

# %% [markdown]
# How many digits are still in the race? The exponential of the entropy of the weights counts them: it is 1 if one example
# has all the weight, and $n$ if all are equally likely.

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
# The weights are exact, so with small enough steps generation is exact as well. (That the mean will do in place of draws is
# shown in [lesson 05](05_one_sampler.ipynb).) Generate 200 digits from noise with them, and find the training digit nearest to each.

# %% tags=["nbval-ignore-output"]
show.expect("03.oracle-draws")

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
near = nearest_distance(copies, train_images)
print(f"generated: nearest training digit at {near.median():.1f} (median)")
print(f"real held-out digits:               {far.median():.1f}")


# %% [markdown]
# Copies: exact for the *data set*. The law of *digits* is not the law of these 899 digits. For digits $p(x_0)$ is unknown, so
# Bayes' rule gives no formula for $p(x_0 \mid x_t)$: **it has to be modelled**. On the training set no model has a smaller
# squared error than this oracle. On digits that are not in the set, a model that generalises can do better. The end of this
# lesson shows at which times it does.

# %% [markdown]
# ## A posterior with a formula
#
# For some laws of the data the posterior can be computed on paper. Let $x_0 \sim N(m, c)$, in one dimension. Then $x_0$ and $x_t$
# are jointly normal. $x_t$ has mean $\alpha_t m$ and variance $\alpha_t^2 c + \sigma_t^2$, and its covariance with $x_0$ is $\alpha_t c$. For
# jointly normal variables the conditional mean is a straight line,
#
# $$E[x_0 \mid x_t] = E[x_0] + \frac{\text{Cov}(x_0, x_t)}{\text{Var}(x_t)} \left( x_t - E[x_t] \right) .$$

# %% [markdown]
# **Exercise 03.2** ●●○ · 8 minutes. Put in the mean, the variance and the covariance. `x_t` is a tensor, the rest are numbers.

# %% nbgrader={"grade": false, "grade_id": "answer-03-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gaussian_posterior_mean(x_t, m, c, alpha, sigma):
    """E[x0 | x_t] for x0 ~ N(m, c): a tensor of the shape of x_t."""
    raise NotImplementedError('exercise 03.2 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-03-2", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("03.2", gaussian_posterior_mean)

# %% [markdown]
# Check it against the thing itself. Draw pairs $(x_0, x_t)$, collect those with nearly the same $x_t$, and average their $x_0$.

# %%
m, c, t = 1.0, 0.5, 0.6
generator = torch.Generator().manual_seed(6)
x0 = m + math.sqrt(c) * torch.randn(400_000, generator=generator, dtype=torch.float64)
eps = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
x_t = schedule.alpha(t) * x0 + schedule.sigma(t) * eps
centres = torch.linspace(-1.5, 2.5, 9, dtype=torch.float64)
averages = [float(x0[(x_t - x).abs() < 0.05].mean()) for x in centres]
formula = gaussian_posterior_mean(centres, m, c, schedule.alpha(t), schedule.sigma(t))
show.curves(
    centres.tolist(), {"average of drawn pairs": averages, "your formula": formula.tolist()},
    "$x_t$", "$x_0$", "03.straight-line", markers=False, measured=["average of drawn pairs"],
)
print(f"largest difference {max(abs(a - float(f)) for a, f in zip(averages, formula)):.3f}")


# %% [markdown]
# A mixture of normal laws is as easy: find out how likely each component is, given $x_t$, and average these straight lines
# with those weights. The package has it as `GaussianMixture`. It is our second oracle. Its law is smooth, and one
# can draw new points from it without end. We shall measure networks against it.

# %% [markdown]
# ## Which loss asks this question?
#
# Now to models. Let $q(x_0 \mid x_t)$ be a model of the posterior. (This $q$ is a law of the data; the noise has its own.) The standard
# way to fit a law is to make the data likely, that is to minimise the *cross-entropy*
#
# $$E\left[ -\log q(x_0 \mid x_t) \right], \qquad x_t = F_t(x_0, \varepsilon) .$$
#
# It can be estimated by drawing $x_0$ and $\varepsilon$, for any way to destroy. And it asks the right question: it equals a constant plus
# the mean of $\text{KL}(p(x_0 \mid x_t) \,\|\, q(x_0 \mid x_t))$, which is lowest at $q = p$. The constant is the mean over $x_t$ of the
# entropy of [lesson 01](01_forward_process.ipynb), with an integral for the sum where the data has a density. No $q$ changes it.

# %% [markdown]
# What form should $q$ have? For pixels take the simplest, $q(x_0 \mid x_t) = N(G(x_t), v I)$ with a network $G$, whose output is the guess
# $\hat x_0$. The variance $v$ need not be 1: it says how far off the guesses are.

# %% [markdown]
# **Exercise 03.3** ●●○ · 8 minutes. Write $-\log N(x_0; G, vI)$, with *all* its terms, in $d$ dimensions. `x0` and `guess` have shape (batch, d), `variance` is a number above 0; return one number for each row. `math.log` and `math.pi` are at hand.

# %% nbgrader={"grade": false, "grade_id": "answer-03-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cross_entropy(x0, guess, variance):
    """-log N(x0; guess, variance I), in nats: shape (batch,)."""
    raise NotImplementedError('exercise 03.3 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-03-3", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("03.3", cross_entropy)

# %% [markdown]
# Look at your formula with $v$ fixed: all that depends on $G$ is the squared error. **With $v$ fixed, cross-entropy with a normal $q$ is squared error, up to a factor and a constant.** And the squared error is lowest where $G(x_t) = E[x_0 \mid x_t]$: for any random variable the mean is the best single
# guess. A network that is fed noisy data and must return the clean data is called a *denoising auto-encoder*. Trained on nothing but
# squared error, it learns the posterior mean.
#
# Is $q$ then the posterior? Only if that is normal with covariance $vI$, and the same $v$ for all $x_t$. So it is for data $N(m, cI)$ with a number $c$, if
# $v$ is chosen right. For other data the mean is right and the form is not. [Lesson 04](04_correct.ipynb) shows what that costs.

# %% [markdown]
# ## The variance comes afterwards
#
# The term with the logarithm is usually dropped as a constant. It is one, as long as $v$ is fixed. What if $v$ is to be learnt as well?
# Take data with two humps and the exact mean as the guess, and try many $v$.

# %%
humps = GaussianMixture(
    torch.tensor([[-1.0], [1.5]], dtype=torch.float64),
    torch.tensor([0.05, 0.05], dtype=torch.float64),
)


def pairs_at(t, n=50_000):
    generator = torch.Generator().manual_seed(7)
    x0 = humps.sample(n, generator)
    x_t = process.forward(x0, process.sample_noise(x0, generator), t)
    return x0, x_t, posterior_mean(humps, schedule)(x_t, t)


# %% tags=["nbval-ignore-output"]
show.expect("03.missing-logarithm")

# %%
x0, _, guess = pairs_at(0.6)
variances = [0.05 * 1.35**k for k in range(14)]
whole = [float(cross_entropy(x0, guess, v).mean()) for v in variances]
cut = [full - 0.5 * math.log(2 * math.pi * v) for full, v in zip(whole, variances)]
show.curves(
    variances, {"all terms": whole, "logarithm dropped": cut}, "variance v",
    "mean cross-entropy (nats)",
    "03.missing-logarithm", markers=False, lowest=True,
)


# %% [markdown]
# Where is the lowest point? Set the derivative with respect to $v$ to zero. The answer has a name, $\bar\sigma_t^2$ (no relation to
# $\sigma_t$, nor to the bar of $\bar\alpha_t$), and needs no training at all: measure it when $G$ is done, once for each $t$.

# %% [markdown]
# **Exercise 03.4** ●○○ · 6 minutes. Return the best $v$, for pairs of `x0` and `guess` of shape (batch, d). It is one number for
# all rows and coordinates, plain or as a tensor.

# %% nbgrader={"grade": false, "grade_id": "answer-03-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def best_variance(x0, guess):
    """The v at which the mean of cross_entropy(x0, guess, v) is lowest."""
    raise NotImplementedError('exercise 03.4 is waiting for your code')


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
# The column *near it* is the best of 201 values within a tenth of yours; *exact* is the variance of the exact posterior,
# averaged over $x_t$. So $\bar\sigma_t$ says how much is left to guess. With a network in place of the exact mean, the mean squared distance of its
# guess from that mean is added, per coordinate. [Lesson 06](06_likelihood_and_variance.ipynb) uses $\bar\sigma_t^2$ for the best variance of a step.
#
# And tokens? There $q$ gives each token a table of probabilities, and $-\log q$ is the cross-entropy of a classifier. If all tokens
# are guessed at once, $q$ is a product. A product cannot say that two letters belong *together*. Suppose two bits are always
# equal, 00 or 11. Each alone is a fair coin, so a product makes unequal pairs half of the time.
# [Lesson 11](11_masks_and_tokens.ipynb) weighs it against guessing one token after the other, which is exact and slower.

# %% [markdown]
# ## A network finds the mean
#
# Time to train. A step draws $x_0$, $\varepsilon$ and $t$, destroys, lets the network guess, and compares.

# %% [markdown]
# **Exercise 03.5** ●●○ · 8 minutes. Return the squared error of the guess, averaged over the entries of each example: shape
# (batch,). `network(x_t, t)` returns a guess of the shape of `x_t`. Destroy with the `alpha` and `sigma` that you are given,
# which are shaped to fit `x0`. `x0` may be a batch of rows or of images; `.flatten(1)` makes rows of the errors. The
# gradient must reach the network.

# %% nbgrader={"grade": false, "grade_id": "answer-03-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def prediction_error(network, x0, eps, t, alpha, sigma):
    """The mean squared error of the network's guess of x0, for each example."""
    raise NotImplementedError('exercise 03.5 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-03-5", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("03.5", prediction_error)


# %% [markdown]
# The data is a pinwheel in the plane: five arms of four clusters each, 20 small normal laws in all. (`pinwheel_centres` lists them
# arm by arm.) Its oracle is known, so we can see how far a network is from the
# truth while it learns. It is never told the truth, only single $x_0$.
#
# One network serves all $t$, so it is handed $t$ together with $x_t$. (Is that needed? The first optional section asks it.) A bare number $t$ among its inputs is a weak signal: a small change of $t$ may have to change the answer a lot.
# So one hands it waves of the time, slow and fast ones, as further inputs. Here is such a network, small and whole.

# %%
def waves(t, n, count=8):
    """sin and cos of k pi t / 2 for k = 1 to count, for a number t or one for each of n rows."""
    t = torch.as_tensor(t, dtype=torch.float32).reshape(-1, 1)
    angles = t * torch.arange(1, count + 1) * (math.pi / 2)
    return torch.cat([angles.sin(), angles.cos()], 1).expand(n, -1)


class Small(torch.nn.Module):
    def __init__(self, told, width=128):
        super().__init__()
        self.told, sizes = told, [2 + 16, width, width, width]
        pairs = [(torch.nn.Linear(a, b), torch.nn.SiLU()) for a, b in zip(sizes, sizes[1:])]
        self.body = torch.nn.Sequential(*sum(pairs, ()), torch.nn.Linear(width, 2))

    def forward(self, x_t, t):
        t = t if self.told else 0.0
        return self.body(torch.cat([x_t, waves(t, len(x_t))], 1))


# %% [markdown]
# And here is the training loop. There is nothing else to it.

# %%
from tqdm.auto import trange

pinwheel = GaussianMixture(pinwheel_centres(), torch.full((20,), 0.005, dtype=torch.float64))


def scales(t, x0):
    """alpha_t and sigma_t, shaped to fit the batch x0."""
    shape = (-1, *[1] * (x0.ndim - 1))
    return [f(t).to(x0).reshape(shape) for f in (schedule.alpha, schedule.sigma)]


def fit(network, steps, watch=lambda step: None, batch=256):
    generator = torch.Generator().manual_seed(11)
    optimizer = torch.optim.AdamW(network.parameters(), lr=5e-3)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for step in trange(1, steps + 1):
        x0 = pinwheel.sample(batch, generator).float()
        eps = torch.randn(x0.shape, generator=generator)
        t = torch.rand(batch, generator=generator)
        loss = prediction_error(network, x0, eps, t, *scales(t, x0)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        falling.step()
        watch(step)


# %%
@torch.no_grad()
def gaps(guess_at, times=(0.2, 0.5, 0.8)):
    """How far the guesses are from the exact mean (rms), at each of the times."""
    x0, found = pinwheel.sample(2000, torch.Generator().manual_seed(9)), []
    noise = process.sample_noise(x0, torch.Generator().manual_seed(10))
    for t in times:
        x_t = process.forward(x0, noise, t)
        gap = guess_at(x_t.float(), t) - pinwheel.x0_mean(x_t, t, schedule)
        found.append(float(gap.square().mean().sqrt()))
    return found


# %%
torch.manual_seed(0)
network, film, marks = Small(told=True), {}, (1, 30, 100, 300, 1000)


def watch(step):
    if step in marks:
        film[step] = gaps(network)


fit(network, marks[-1], watch)
show.curves(
    list(marks), {f"t = {t}": [film[k][i] for k in marks] for i, t in enumerate((0.2, 0.5, 0.8))},
    "training step", "distance to the exact mean (rms)",
    "03.network-and-oracle",
    xscale="log",
)


# %% [markdown]
# The loss itself does *not* go to zero. On average it cannot fall below the mean over $t$ of the $\bar\sigma_t^2$ of the *exact*
# mean: that part nobody can know.
#
# What do the guesses of your network look like, and what does it draw?

# %%
@torch.no_grad()
def predictor(x_t, t, generator=None):
    return network(x_t.float(), t).to(x_t)


x0 = pinwheel.sample(1000, torch.Generator().manual_seed(16))
x_t = process.forward(x0, process.sample_noise(x0, torch.Generator().manual_seed(17)), 0.5)
x_T = torch.randn(1000, 2, generator=torch.Generator().manual_seed(18), dtype=torch.float64)
some = x_t[:70]
show.arrows({
    "your network": (some, predictor(some, 0.5)),
    "exact mean": (some, pinwheel.x0_mean(some, 0.5, schedule)),
}, "03.guess-arrows", real=x0)
show.clouds({
    "$x_t$ at t = 0.5": x_t, "drawn in 50 steps": sample(process, predictor, x_T, grid),
}, "03.pinwheel", real=x0)

# %% [markdown]
# The arms are there, but not the clusters in them. Two and three times as many steps of training did not bring them out. Where two clusters are near, only small $t$ tells them apart.

# %% [markdown]
# ## Real digits
#
# Now the real thing: a U-Net (a convolutional network that looks at coarse and fine scales) with 120 thousand parameters and
# 899 training digits. Which times matter most? The error of $\hat x_0$ is tiny at small $t$ and large at large $t$, so a plain average
# would care mostly for large $t$. But the sampler also uses the noise that it infers, $\hat\varepsilon = (x_t - \alpha_t \hat x_0)/\sigma_t$. Its error is
# $-\alpha_t/\sigma_t$ times that of $\hat x_0$, so its squared error is the SNR of [lesson 01](01_forward_process.ipynb) times as large.
# Weighted so, small times count too, but the weight grows without bound as $\sigma_t \to 0$. So one cuts it, here at 5
# ([Hang et al. 2023](https://arxiv.org/abs/2303.09556)).

# %%
from udm_lessons.learn import digit_predictor, draw_digits, draw_times, own_checkpoint, train_digits


def digit_loss(network, x0, generator):
    # t_min: at t = 0 sigma is 0
    t = draw_times(process, len(x0), generator, t_min=1e-3, device=x0.device)
    eps = process.sample_noise(x0, generator)
    alpha, sigma = scales(t, x0)
    weight = (alpha**2 / sigma**2).clamp(max=5).flatten()
    return (weight * prediction_error(network, x0, eps, t, alpha, sigma)).mean()


def train_on(last):
    """Trains up to step `last` of 1050, and shows what the network draws then."""
    found = train_digits(digit_loss, 1050, checkpoint=own_checkpoint(), until=last)
    drawn = draw_digits(digit_predictor(found), 12, steps=20, seed=1, progress=False)
    show.images({"drawn": drawn}, "03.digits-emerging")
    return found


# %% [markdown]
# `train_digits` runs the same loop with your error in it, and two additions: it keeps a moving average of the network's parameters, which scatters less than the
# parameters themselves, and it writes a checkpoint beside this notebook, `digits.safetensors`. Stop it when you like, run the
# cell again, and it goes on where it was. Later lessons use your network if the file is there, and one that comes with the
# course (2500 steps) if not. To train anew, delete the file.
#
# Each of the next three cells does 350 steps, and draws twelve digits from the same noise.

# %%
train_on(350)
print("a third is done")

# %%
train_on(700)
print("two thirds are done")


# %%
@cache
def my_network():
    """Your network, trained to the end."""
    return train_on(1050)


print(f"parameters: {sum(p.numel() for p in my_network().parameters())}")

# %%
x0 = held_images[:8]
noise = process.sample_noise(x0, torch.Generator().manual_seed(14))
rows = {"x_0": x0}
for t in (0.3, 0.6, 0.9):
    x_t = process.forward(x0, noise, t)
    guess = digit_predictor(my_network())(x_t.to(default_device()), t).cpu()
    rows |= {f"x_t, t = {t}": x_t, f"guess at t = {t}": guess}
show.images(rows, "03.digits-guessed")


# %% [markdown]
# Now generate as many digits as there are held-out ones. Start from noise, which can be drawn without end. (With this schedule
# $x_1$ is noise exactly.) Then guess, correct, repeat: `sample` as in [lesson 00](00_welcome.ipynb), with 25 steps
# and the inferred noise used again.

# %%
@cache
def my_digits():
    return draw_digits(digit_predictor(my_network()), len(held_images), steps=25, seed=1)


show.images(
    {"generated": my_digits()[:12], "held-out digits": held_images[:12]},
    "03.digits-drawn",
)

# %% [markdown]
# ## How good is it?
#
# Looking is not enough. A judge compares the generated digits with held-out ones, by seven measures. Behind ± stands the standard error. Beside
# each, in brackets, stands what real digits score in the place of the generated ones.
#
# | measure | what it is | good is |
# |---|---|---|
# | confidence | how sure a classifier is of its answer | near that of real digits |
# | class tv | distance between the histograms of the classes | low |
# | energy | distance between laws, which [lesson 04](04_correct.ipynb) derives; it scatters about 0 for equal laws | low |
# | sliced Wasserstein | mean distance between sorted projections, over many random directions | low |
# | Fréchet | difference of means and covariances of 16 principal components | low |
# | two sample | how often a second classifier tells generated from real | near 0.5, a coin |
# | memorised | share of samples nearer to a training digit than 19 in 20 real ones are | not above that of real digits |

# %% [markdown]
# Beside the network stands a classic, a mixture of ten full normal laws fitted to the pixels. A picture has no pixel blacker
# than black, or whiter than white, so the samples of
# both are cut to the range from -1 to 1.

# %% tags=["nbval-ignore-output"]
from sklearn.mixture import GaussianMixture as PixelMixture

rows = train_images.flatten(1).double().numpy()
normal_laws = PixelMixture(10, reg_covar=1e-3, random_state=0).fit(rows).sample(len(held_images))[0]
classic = torch.tensor(normal_laws).float().reshape(-1, 1, 8, 8)


@cache
def verdict():
    return {
        name: judge_digits(
            x.clamp(-1, 1), digits("train"), digits("heldout"), torch.Generator().manual_seed(0)
        )
        for name, x in {"your network": my_digits(), "ten normal laws": classic}.items()
    }


print(score_table(verdict()))

# %% [markdown]
# Processors round differently, and training makes small differences grow. So your numbers will differ a little from ours, and the
# limits below leave room for that.

# %%
value, other = ({name: m.value for name, m in judged.items()} for judged in verdict().values())
bars = {"energy": 0.02, "two_sample": 0.75, "class_tv": 0.10, "memorised": 0.08}
for name, bar in bars.items():
    print(f"{name:11} at most {bar:.2f}: {'yes' if value[name] <= bar else 'no'}")
for name in ("energy", "two_sample", "frechet", "sliced_wasserstein"):
    print(f"{name:18} better than ten normal laws: {'yes' if value[name] < other[name] else 'no'}")

# %% [markdown]
# Read the numbers with care. In confidence the ten normal laws are nearer to real digits than our network, and they are worse in
# energy and two-sample accuracy: no single measure is enough. Nor is a confidence above that of real digits good news:
# [lesson 05](05_one_sampler.ipynb) shows a sampler that wins on confidence and has lost a third of the variety. Energy and two-sample
# accuracy see the whole law. And *memorised* below that of real digits is no merit either; above it, the network copies.

# %% [markdown]
# ## Seen and unseen digits
#
# Back to the promise from the beginning. Destroy 800 training digits and 800 held-out ones, and compare the guesses of the network
# with those of the exact oracle of the training set.

# %% tags=["nbval-ignore-output"]
show.expect("03.seen-and-unseen")


# %%
def errors(images, t):
    """The squared errors of the network and of the oracle, for each image."""
    noise = process.sample_noise(images, torch.Generator().manual_seed(15))
    x_t = process.forward(images, noise, t)
    guess = digit_predictor(my_network())(x_t.to(default_device()), t).cpu()
    return [(g - images).square().flatten(1).mean(1) for g in (guess, mean_of_the_set(x_t, t))]


test_times = [0.1, 0.2, 0.35, 0.5, 0.7, 0.9]
shown_to = {"training digits": train_images[:800], "held-out digits": held_images[:800]}


@cache
def all_errors():
    return {title: [errors(images, t) for t in test_times] for title, images in shown_to.items()}


lines = {
    title: {who: [float(e[k].mean()) for e in each] for k, who in enumerate(("network", "oracle"))}
    for title, each in all_errors().items()
}
show.panels(
    test_times, lines, "time t", "squared error of the guess", "03.seen-and-unseen", sharey=True
)

# %% tags=["nbval-ignore-output"]
shown = [(k, all_errors()["held-out digits"][k]) for k in (1, 3, 4, 5)]
gains = [oracle - network for _, (network, oracle) in shown]
show.compare(
    {
        "network": [float(network.mean()) for _, (network, _) in shown],
        "oracle": [float(oracle.mean()) for _, (_, oracle) in shown],
        "oracle less network": [
            (float(g.mean()), float(g.std()) / math.sqrt(len(g))) for g in gains
        ],
    },
    [f"t = {test_times[k]}" for k, _ in shown], "03.gain", digits=3,
)


# %% [markdown]
# On the training digits nobody beats the oracle. On the held-out ones the network is better at small $t$: at $t = 0.2$ its
# error is about a third of the oracle's. From about half time on the oracle is ahead by a little, on
# digits that it has not seen either: what is left to know there is a blurred average. The training set gives it almost exactly,
# and a network must learn it. (With a network trained for 2500 steps the two lines meet at about $t = 0.6$.)

# %% [markdown]
# ## Must a network be told the time? *(optional, 13 minutes)*
#
# Back to the pinwheel. Suppose that its network is not told the time. The loss is the same; let $t$ be one of many times, all equally
# likely. (In training any $t$ from 0 to 1 is drawn; many times in even steps come near that.) The network sees $x_t$ alone. Squared error still makes it learn the mean of all $x_0$
# that could have led to $x_t$, at whatever time. You know two things about every time: what the answer would be if it were told,
# $E[x_0 \mid x_t, t_k]$, and how likely this $x_t$ is then, the density $p_{t_k}(x_t)$.

# %% [markdown]
# **Exercise 03.6** ●●● · 10 minutes. What does the untold network learn? `means` (K, batch, d) holds the answers if it were told,
# `log_densities` (K, batch) the logarithms of the densities. Return the best guess without the time, (batch, d). Densities may
# be too small for a computer, their logarithms are not.

# %% nbgrader={"grade": false, "grade_id": "answer-03-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def untold_mean(means, log_densities):
    """E[x0 | x_t], where t may have been any of the K times: shape (batch, d)."""
    raise NotImplementedError('exercise 03.6 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-03-6", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("03.6", untold_mean)

# %% [markdown]
# Now the same network, untold, and beside it the untold guess that is best on average over $t$, by your formula with 100 times.

# %% tags=["nbval-ignore-output"]
show.expect("03.untold")

# %%
torch.manual_seed(0)
untold = Small(told=False)


def best_untold(x_t, t):  # t is not used
    times, x_t = [(k + 0.5) / 100 for k in range(100)], x_t.double()
    means = torch.stack([pinwheel.x0_mean(x_t, u, schedule) for u in times])
    return untold_mean(means, torch.stack([pinwheel.log_prob(x_t, u, schedule) for u in times]))


fit(untold, marks[-1])

# %% tags=["nbval-ignore-output"]
rows = {"told the time": network, "not told": untold, "not told, your formula": best_untold}
show.compare(
    {name: gaps(guess_at) for name, guess_at in rows.items()}, ["t = 0.2", "t = 0.5", "t = 0.8"],
    "03.untold", digits=3,
)

# %% [markdown]
# Your formula is the best there is on average over $t$. At a single time a network may be nearer, here at $t = 0.5$, and pay for
# it at others. Both are much farther from the exact mean than the network that is told.

# %% [markdown]
# ## One time, or the whole path? *(optional, 4 minutes)*
#
# A chain with $T$ steps has $T$ losses, one for each $t$, and their sum is to be minimised. Must one draw the whole path
# $x_1, \dots, x_T$ of each example for it? The loss at $t$ depends on $x_0$ and $x_t$, not on the neighbours of $x_t$ in the path: **only the
# marginal of $x_t$ given $x_0$ counts**. So one may as well draw a single $t$ for each example, and multiply by $T$. The mean is the same. Is it a bargain?
#
# Compare at equal cost, $T$ calls of the network: one example with its whole path, or $T$ examples with one time each.
# As in DDPM, the loss here is the squared error of the guessed noise. The exact oracle stands in for the network.

# %%
chain = DiscreteSchedule(torch.linspace(0.002, 0.2, 50, dtype=torch.float64))


def losses_at(x0, eps, t):
    """Squared error of the oracle's guess of the noise."""
    x_t = Gaussian(chain).forward(x0, eps, t)
    return (humps.eps_mean(x_t, t, chain) - eps).square().sum(1)


def markov_path(x0, generator):
    eps, previous = torch.zeros_like(x0), 0.0
    for t in range(1, 51):
        keep = chain.alpha(t) / (chain.alpha(t - 1) if t > 1 else 1.0)
        fresh = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
        # x_t = alpha_t x_0 + sigma_t eps: the noise of the jump to t, from that of the jump to t - 1
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
for name, found in {"whole path": paths, "single times": single}.items():
    print(f"{name:12}   mean {found.mean():5.1f}   variance of the estimate {found.var():6.1f}")

# %% [markdown]
# The same mean, and far less scatter for the same work: fifty new examples say more than fifty views of one. So one draws
# a single time.

# %% [markdown]
# ## What must the data be like? *(optional, 4 minutes)*
#
# Must training examples be *independent*? No. For an unbiased loss each of them must have the right law, nothing else. Here
# is a stream in which neighbours are almost copies (correlation 0.95), and the slope of the best straight line from $x_t$ to
# $x_0$. Dependence costs accuracy; it does not shift the answer.

# %%
from scipy.signal import lfilter

n, generator = 400_000, torch.Generator().manual_seed(13)
fresh, eps = torch.randn(2, n, generator=generator, dtype=torch.float64)
stream = torch.tensor(lfilter([math.sqrt(1 - 0.95**2)], [1, -0.95], fresh.numpy()))
print(f"{'':12} {'slope':>6} {'scatter of 1000 examples':>26}")
for name, x0 in {"independent": fresh, "stream": stream}.items():
    x_t = 0.8 * x0 + 0.6 * eps
    slope, parts = (x0 * x_t).mean() / (x_t * x_t).mean(), zip(x0.chunk(400), x_t.chunk(400))
    scatter = torch.stack([(a * b).mean() / (b * b).mean() for a, b in parts]).std()
    print(f"{name:12} {float(slope):6.2f} {float(scatter):26.3f}")


# %% [markdown]
# What it must be is dense, and complete. As a model take your weights of 03.1, over $n$ points of the pinwheel. Measure how far its
# mean is from the exact one at $t = 0.3$, on new points: on all of them, and on those of one arm. In the last row that arm is
# missing from the data.

# %%
def points(n, seed, missing=False):
    x0 = pinwheel.sample(2 * n, torch.Generator().manual_seed(seed))
    arm = torch.cdist(x0, pinwheel.means).argmin(1) // 4
    return x0[arm > 0][:n] if missing else x0[:n]


def distance(data, x0, t=0.3):
    x_t = process.forward(x0, process.sample_noise(x0, torch.Generator().manual_seed(20)), t)
    w = posterior_weights(x_t, data, schedule.alpha(t), schedule.sigma(t))
    return float((w @ data - pinwheel.x0_mean(x_t, t, schedule)).square().mean().sqrt())


new = points(2000, 21)
one_arm = new[torch.cdist(new, pinwheel.means).argmin(1) < 4]
sets = {f"{n} points": points(n, 22) for n in (50, 500, 5000)}
sets["5000, one arm missing"] = points(5000, 22, missing=True)
show.compare(
    {name: [distance(data, x0) for x0 in (new, one_arm)] for name, data in sets.items()},
    ["all new points", "those of one arm"], "03.density", digits=3, best="low",
)

# %% [markdown]
# More points help everywhere. No number of points makes up for an arm that isn't there.

# %% [markdown]
# ## What you have learnt
#
# - All that can be known of $x_0$ is $p(x_0 \mid x_t)$. Over a data set it is a softmax, and generation with it copies the data. For
#   digits it must be modelled.
# - Cross-entropy with a normal $q$ is squared error, and squared error finds $E[x_0 \mid x_t]$.
# - The logarithm may be dropped while $v$ is fixed. The best $v$ is measured afterwards: $\bar\sigma_t^2 = E|x_0 - G|^2/d$.
# - A network that is not told $t$ learns the mean over the times that $x_t$ leaves open (optional section).
# - The loss needs only the marginal of $x_t$, so one draws a single time for each example (optional section). The weight says which times matter; we took $\min(\text{SNR}_t, 5)$.
# - On unseen digits a network that has learnt beats the exact oracle of the data set at small $t$, and not at large $t$.

# %% [markdown]
# ## Try it
#
# Does a picture give its time away? Compute $p(t_k \mid x_t)$ for noisy held-out digits, from the densities over the training set, and
# take its mean for a guess of $t$. We used 100 times, 100 digits at each of $t$ = 0.2, 0.5 and 0.8, and 400 points of the
# pinwheel. For digits the guess was off by 0.07, 0.05 and 0.05 on average, for points by 0.27, 0.08 and 0.28.
# (The 0.08 is no skill: who knows nothing guesses about 0.5.) Would a digit network
# that is not told the time do as badly as yours did in the plane? Train one, and see: in a loss of its own, with `lambda x_t, t: network(x_t, 0 * t)`
# for the network and no checkpoint. Then ask its `digit_predictor` at the time 0, whatever the time is.
#
# Large models first compress the pictures and diffuse in the smaller space. Suppose all data lies in a subspace. Then nothing is lost: what
# sticks out of it in $x_t$ is noise alone, and the posterior mean can be computed from the coordinates inside. If not, the directions left
# out are lost for good. Of the 64 principal directions of digits the first 32 hold 97 percent of the variance. How few would you dare?

# %% [markdown]
# **Read on.** Vincent 2011, [A Connection Between Score Matching and Denoising Autoencoders](https://www.iro.umontreal.ca/~vincentp/Publications/smdae_techreport.pdf).
# Ho, Jain and Abbeel 2020, [Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239). Hang et al. 2023,
# [Efficient Diffusion Training via Min-SNR Weighting Strategy](https://arxiv.org/abs/2303.09556). Lai et al. 2025,
# [The Principles of Diffusion Models](https://arxiv.org/abs/2510.21890), section 6.1.

# %% [markdown]
# **Next.** [Lesson 04](04_correct.ipynb): you have $x_t$ and a guess. Which $x_s$ is the right one?

# %% [markdown]
# [← 02 · From steps to marginals](02_from_steps_to_marginals.ipynb) · [04 · Correct →](04_correct.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
