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
# # 07 · Four parameterizations
#
# [← 06 · Likelihood and variance](06_likelihood_and_variance.ipynb) · [08 · The probability flow →](08_probability_flow.ipynb)
#
# A network sees $x_t$ and the time. What should it return: the noise, the data, the score, the velocity? Papers argue about it. In this lesson you see that the four are one answer in four coordinates. A system of two equations gives every translation and every loss weight, and it says where each of the four breaks.
#
# You need lessons [03](03_predict.ipynb) and [05](05_one_sampler.ipynb). About 60 minutes, six exercises.

# %%
import math

import torch

from udm_lessons import show
from udm_lessons.destroy import VE, ConstantNoise, Cosine, Gaussian, Linear, Trig, VPLinear
from udm_lessons.exercises import hint, progress, solution
from udm_lessons.rebuild import FiniteData, GaussianMixture

line, circle = Linear(), Trig()
schedules = {"line": line, "circle": circle, "VPLinear": VPLinear(), "Cosine": Cosine(), "VE": VE(0.05, 5.0)}
humps = GaussianMixture(
    torch.tensor([[-1.0], [1.5]], dtype=torch.float64), torch.tensor([0.05, 0.05], dtype=torch.float64)
)

# %% [markdown]
# ## Four questions, one pair each
#
# As before $x_t = \alpha_t x_0 + \sigma_t \varepsilon$ with normal noise $\varepsilon$, so that given $x_0$ the law of $x_t$ is $N(\alpha_t x_0, \sigma_t^2 I)$. We leave out the index $t$ of $\alpha$ and $\sigma$. In training $x_0$ and $\varepsilon$ are known, and the network can be asked for any mixture of the two:
#
# $$\text{target} = A_t\, x_0 + B_t\, \varepsilon .$$
#
# | asked for | $A_t$ | $B_t$ |
# |---|---|---|
# | noise $\varepsilon$ | 0 | 1 |
# | data $x_0$ | 1 | 0 |
# | score | 0 | $-1/\sigma$ |
# | velocity | $\alpha'$ | $\sigma'$ |
#
# We call such a question a **kind**. A kind *is* its pair $(A_t, B_t)$.

# %% [markdown]
# Two of the pairs need a word. A prime is a derivative in time: at fixed $x_0$ and $\varepsilon$ the point $x_t$ moves with the velocity $\alpha' x_0 + \sigma' \varepsilon$. And the score is the gradient of a log-density. Given $x_0$, that of $N(\alpha x_0, \sigma^2 I)$ is
#
# $$\nabla_{x_t} \log p(x_t \mid x_0) = -\frac{x_t - \alpha x_0}{\sigma^2} = -\frac{\varepsilon}{\sigma} .$$

# %%
def kinds(schedule, t):
    """The pair (A, B) of each kind at time t, a number or a tensor."""
    return {
        "noise": (0.0, 1.0),
        "data": (1.0, 0.0),
        "score": (0.0, -1 / schedule.sigma(t)),
        "velocity": (schedule.d_alpha(t), schedule.d_sigma(t)),
    }


# %% [markdown]
# ## What the network learns
#
# Many pairs $(x_0, \varepsilon)$ lead to one $x_t$, and the network cannot tell which it was. [Lesson 03](03_predict.ipynb): the squared error is least for the *mean*. So a trained network returns
#
# $$E[A_t x_0 + B_t \varepsilon \mid x_t] .$$
#
# Let us see what that mean is. Draw many pairs, and keep those that end near $x_t = 0.4$. (The window and the number of draws leave the last digit to chance.) Beside it stands the exact answer of our two humps (at -1 and 1.5). The oracle has a formula of its own for each of the four.

# %%
t_drawn, n, generator = 0.6, 1_000_000, torch.Generator().manual_seed(0)
x0_drawn, eps_drawn = humps.sample(n, generator), torch.randn(n, 1, generator=generator, dtype=torch.float64)
x_t_drawn = circle.alpha(t_drawn) * x0_drawn + circle.sigma(t_drawn) * eps_drawn
near = (x_t_drawn - 0.4).abs()[:, 0] < 0.02
answers = {"noise": humps.eps_mean, "data": humps.x0_mean, "score": humps.score, "velocity": humps.velocity}
point = torch.tensor([[0.4]], dtype=torch.float64)
for kind, (A, B) in kinds(circle, t_drawn).items():
    mean = (A * x0_drawn[near] + B * eps_drawn[near]).mean()
    exact = float(answers[kind](point, t_drawn, circle))
    print(f"{kind:9} mean of the targets {mean:6.2f}   exact {exact:6.2f}")

# %% [markdown]
# Is the third one really the score, the gradient of $\log p_t$ of *all* $x_t$ together? Let PyTorch differentiate the log-density.

# %%
leaf = point.clone().requires_grad_()
(slope,) = torch.autograd.grad(humps.log_prob(leaf, t_drawn, circle).sum(), leaf)
print(f"gradient of log p_t at 0.4: {float(slope):.6f}")
print(f"the oracle's score:         {float(humps.score(point, t_drawn, circle)):.6f}")

# %% [markdown]
# This is worth a pause. What we would like to regress on, the score of $p_t$ or its mean velocity, is not known during training. The targets that *are* known, with $x_0$ in hand, will do: the two losses differ by a constant. Any network $f$ has
#
# $$E|f(x_t) - \text{target}|^2 = E|f(x_t) - E[\text{target} \mid x_t]|^2 + C ,$$
#
# where $C$, the mean variance of the target given $x_t$, does not depend on $f$. Each kind has its own. Try two guesses that are far apart.

# %%
guesses = {"f = 0": torch.zeros_like(x_t_drawn), "f = sin(3 x)": torch.sin(3 * x_t_drawn)}
for kind in ("score", "velocity"):
    (A, B), exact = kinds(circle, t_drawn)[kind], answers[kind](x_t_drawn, t_drawn, circle)
    for name, guess in guesses.items():
        known = (guess - A * x0_drawn - B * eps_drawn).square().mean()
        wanted = (guess - exact).square().mean()
        print(f"{kind:9} {name:13} known target {known:5.2f}   mean {wanted:5.2f}   C {known - wanted:5.2f}")

# %% [markdown]
# The loss with the known target never reaches 0, and it need not. [Lesson 09](09_three_views.ipynb) computes the constants. Now look at the four answers over all $x_t$.

# %% tags=["nbval-ignore-output"]
def faces(t):
    x = torch.linspace(-3, 3, 301, dtype=torch.float64)[:, None]
    show.panels(
        x[:, 0].tolist(),
        {kind: {"": answer(x, t, circle)[:, 0].tolist()} for kind, answer in answers.items()},
        "$x_t$", "mean answer",
        f"t = {t:g}: four answers of one oracle to one question. Each has its own scale: read the axes.",
    )


show.slider(faces, "t", [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95], 0.4)

# %% [markdown]
# ## Score and data
#
# All four bend between the humps, for they tell the same thing. If you know the mean of $x_0$, you know that of $\varepsilon$: the mean of $x_t = \alpha x_0 + \sigma \varepsilon$ given $x_t$ is $x_t$ itself, so
#
# $$x_t = \alpha \hat x_0 + \sigma \hat\varepsilon .$$
#
# A hat marks a mean given $x_t$. The score follows from $\hat\varepsilon$.

# %% [markdown]
# **Exercise 07.1** ●○○ · 6 minutes. Turn a guess of the data into a score. `x0` is $\hat x_0$, a tensor like `x_t`; `alpha` and `sigma` are numbers. Mind that `alpha` may be 0.

# %% nbgrader={"grade": false, "grade_id": "answer-07-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def score_from_data(x0, x_t, alpha, sigma):
    """The score at x_t, from the mean of x0."""
    ### BEGIN SOLUTION
    return (alpha * x0 - x_t) / sigma**2
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-07-1", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("07.1", score_from_data)

# %% [markdown]
# Compare your score with a slope that knows nothing of means: differences of $\log p_t$ between neighbouring points.

# %%
def scores(t, h=1e-4):
    x = torch.linspace(-2.5, 2.5, 201, dtype=torch.float64)[:, None]
    mine = score_from_data(humps.x0_mean(x, t, circle), x, circle.alpha(t), circle.sigma(t))
    up, down = (humps.log_prob(x + shift, t, circle) for shift in (h, -h))
    return x[:, 0], mine[:, 0], (up - down) / (2 * h)


x, mine, slopes = scores(0.4)
show.curves(
    x.tolist(), {"from the denoiser": mine.tolist(), "slope of log p": slopes.tolist()},
    "$x_t$", "score",
    "07.score-slope", markers=False,
)
gaps = [float((a - b).abs().max() / a.abs().max()) for _, a, b in map(scores, (0.1, 0.4, 0.9, 1.0))]
print(f"relative difference below 1e-5 at t = 0.1, 0.4, 0.9 and 1.0: {max(gaps) < 1e-5}")

# %% [markdown]
# Papers also write $\frac{\alpha}{\sigma^2} \left( \hat x_0 - \frac{x_t}{\alpha} \right)$. That is the same, but at $t = 1$ on the line and on the circle, where $\alpha = 0$, the computer divides by zero. The hole is only in the way it is written: such a singularity is called *removable*. Multiply out and it is gone.

# %% [markdown]
# ## Velocity and data
#
# The velocity takes one step more. There are two equations and two unknowns:
#
# $$\alpha\, \hat x_0 + \sigma\, \hat\varepsilon = x_t , \qquad \alpha'\, \hat x_0 + \sigma'\, \hat\varepsilon = \hat v .$$
#
# Eliminate $\hat\varepsilon$: take $\sigma'$ times the first and subtract $\sigma$ times the second.

# %% [markdown]
# **Exercise 07.2** ●●○ · 8 minutes. Return $\hat x_0$. `v` and `x_t` are tensors of one shape. The rest are numbers, of which some may be 0; `d_alpha` and `d_sigma` are $\alpha'$ and $\sigma'$.

# %% nbgrader={"grade": false, "grade_id": "answer-07-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def data_from_velocity(v, x_t, alpha, sigma, d_alpha, d_sigma):
    """The mean of x0, from the mean velocity at x_t."""
    ### BEGIN SOLUTION
    return (d_sigma * x_t - sigma * v) / (alpha * d_sigma - d_alpha * sigma)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-07-2", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("07.2", data_from_velocity)

# %%
for name, schedule in schedules.items():
    numbers = [f(0.3) for f in (schedule.alpha, schedule.sigma, schedule.d_alpha, schedule.d_sigma)]
    x0, eps = torch.randn(2, 1000, 3, generator=generator, dtype=torch.float64)
    x_t, v = numbers[0] * x0 + numbers[1] * eps, numbers[2] * x0 + numbers[3] * eps
    error = (data_from_velocity(v, x_t, *numbers) - x0).abs().max()
    print(f"{name:9} your data against the drawn data: below 1e-10: {bool(error < 1e-10)}")

# %% [markdown]
# The same works for sampled pairs and for means, because all is linear. The denominator, up to its sign, has a name:
#
# $$W = \alpha' \sigma - \alpha \sigma' , \qquad \left( \frac{\alpha}{\sigma} \right)' = \frac{W}{\sigma^2} .$$
#
# So $W < 0$ exactly where the signal-to-noise ratio falls. Where it stands still, $W = 0$: then $v$ is a multiple of $x_t$, and tells nothing that $x_t$ does not.

# %% [markdown]
# ## An error in one is an error in all
#
# Now the losses. Let a guess be wrong at some fixed $x_t$: the data by $dx_0$, and so the noise by $d\varepsilon$. Both guesses must still explain the same $x_t$:
#
# $$\alpha\, dx_0 + \sigma\, d\varepsilon = 0 .$$
#
# So there is a vector $\delta$ with $dx_0 = \sigma \delta$ and $d\varepsilon = -\alpha \delta$. For a kind with the pair $(A, B)$ the error is
#
# $$A\, dx_0 + B\, d\varepsilon = D\, \delta , \qquad D = A \sigma - B \alpha .$$
#
# One $\delta$ serves all kinds. Each multiplies it by its own number $D$.

# %% [markdown]
# | kind | noise | data | score | velocity |
# |---|---|---|---|---|
# | $D$ | $-\alpha$ | $\sigma$ | $\alpha/\sigma$ | $W$ |
#
# To measure the error of one kind while the network predicts another, we need one number: the $w$ with $|\text{error of target}|^2 = w\, |\text{error of source}|^2$. Here *source* is what the network predicts, *target* what we want to measure.

# %% [markdown]
# **Exercise 07.3** ●●○ · 8 minutes. Return $w$. `source` and `target` are pairs $(A, B)$ of kinds. All entries, `alpha` and `sigma` are numbers, or tensors of one shape. One of `alpha` and `sigma` may be 0.

# %% nbgrader={"grade": false, "grade_id": "answer-07-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def weight(source, target, alpha, sigma):
    """The factor from the squared error of the source to that of the target."""
    ### BEGIN SOLUTION
    before = source[0] * sigma - source[1] * alpha
    after = target[0] * sigma - target[1] * alpha
    return (after / before) ** 2
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-07-3", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("07.3", weight)

# %% [markdown]
# The tables of the papers fall out. This one says how the loss of the score is written with the other kinds. Here a hat marks what a network says, and a plain letter the exact mean:
#
# $$|\hat s - s|^2 = \frac{1}{\sigma^2} |\hat\varepsilon - \varepsilon|^2 = \frac{\alpha^2}{\sigma^4} |\hat x_0 - x_0|^2 = \left( \frac{\alpha}{\sigma W} \right)^2 |\hat v - v|^2 .$$

# %%
def printed(schedule, t):
    """The three weights of the line above, from their formulas."""
    a, s = schedule.alpha(t), schedule.sigma(t)
    W = schedule.d_alpha(t) * s - a * schedule.d_sigma(t)
    return {"noise": 1 / s**2, "data": a**2 / s**4, "velocity": (a / (s * W)) ** 2}


for name in ("line", "circle", "VE"):
    schedule, pairs = schedules[name], kinds(schedules[name], 0.25)
    scales = schedule.alpha(0.25), schedule.sigma(0.25)
    for kind, value in printed(schedule, 0.25).items():
        mine = weight(pairs[kind], pairs["score"], *scales)
        print(f"{name:7} {kind:9} yours {mine:9.4f}   formula {value:9.4f}")

# %% [markdown]
# ## The square that was missing
#
# One article prints the last weight without the square: $|\hat s - s|^2 = \frac{\alpha}{\sigma W} |\hat v - v|^2$. A slip of the pen, easily made. Could we have noticed? Yes, without any experiment: for every schedule whose signal-to-noise ratio falls, $W$ is negative. The line says that a squared length equals a negative number.
#
# Measure it. Take a velocity that is wrong by a random vector, turn both into scores, and compare.

# %%
def measured(schedule, t):
    """|error of the score|^2 / |error of the velocity|^2."""
    numbers = [f(t) for f in (schedule.alpha, schedule.sigma, schedule.d_alpha, schedule.d_sigma)]
    x_t, v, wrong = torch.randn(3, 100, 2, generator=generator, dtype=torch.float64)
    good, bad = (
        score_from_data(data_from_velocity(u, x_t, *numbers), x_t, *numbers[:2]) for u in (v, v + wrong)
    )
    return float((bad - good).square().sum() / wrong.square().sum())


for t in (0.1, 0.25, 0.5, 0.75, 0.9):
    a, s = line.alpha(t), line.sigma(t)
    unsquared = a / (s * (line.d_alpha(t) * s - a * line.d_sigma(t)))
    found = measured(line, t)
    print(f"t = {t:4}   printed {unsquared:7.3f}   squared {unsquared**2:7.3f}   measured {found:7.3f}")

# %% [markdown]
# On the line $\alpha = 1 - t$, $\sigma = t$, at $t = 1/2$ the printed factor is -1 and the true one is 1. A test at this time, which looks at the size alone, would pass. **Never test at $\alpha = \sigma$ alone.** Swapped scales hide there, and so do inverted weights between noise and data.

# %%
worst = max(
    schedule.d_alpha(t) * schedule.sigma(t) - schedule.alpha(t) * schedule.d_sigma(t)
    for schedule in schedules.values() for t in torch.linspace(0.01, 0.99, 99).tolist()
)
print(f"W is negative for all five schedules at 99 times: {worst < 0}")

# %% [markdown]
# ## How much does each time count?
#
# DDPM minimises the plain squared error of the noise. Ask for that error, and let the network predict something else: which weight must its loss have?

# %%
times = torch.linspace(0.02, 0.98, 97, dtype=torch.float64)


def weights_to(measure, schedule):
    pairs, scales = kinds(schedule, times), (schedule.alpha(times), schedule.sigma(times))
    one = torch.ones_like(times)
    return {kind: (weight(pairs[kind], pairs[measure], *scales) * one).tolist() for kind in pairs}


shown = {name: weights_to("noise", schedules[name]) for name in ("line", "circle", "VPLinear", "VE")}
show.panels(
    times.tolist(), shown, "time t", "weight",
    "07.weights",
    yscale="log", sharey=True,
)

# %% [markdown]
# For the data the weight is $\alpha^2/\sigma^2$, the signal-to-noise ratio; [lesson 03](03_predict.ipynb) used it with a cap. So an unweighted loss is a *choice*, and a different one for each kind. The plain loss of the data is that of the noise times $\sigma^2/\alpha^2$, the inverse of the curve: it cares about late times, and the plain loss of the noise about early ones.

# %% [markdown]
# ## Where each one breaks
#
# A kind with $D = 0$ says nothing beyond $x_t$. Noise and score: at $\alpha = 0$, since there $x_t = \sigma \varepsilon$ shows the noise already. Data: at $\sigma = 0$, since $x_t = \alpha x_0$. Velocity: where $W = 0$, which on the line and on the circle is nowhere. *Near* such a time a small error is blown up. How far is the guess of $x_0$ off for an error of 1?

# %%
print("    t    from noise   from velocity")
for t in (0.5, 0.9, 0.99, 0.999):
    pairs, scales = kinds(circle, t), (circle.alpha(t), circle.sigma(t))
    found = [math.sqrt(weight(pairs[kind], pairs["data"], *scales)) for kind in ("noise", "velocity")]
    print(f"{t:5}   {found[0]:10.3f}   {found[1]:13.3f}")

# %% [markdown]
# At $t = 0.999$ an error of 1 in the noise is an error of 637 in the data, and one in the velocity 0.637. A sampler starts in pure noise, just where the guess made from the noise is worth least. [Lesson 08](08_probability_flow.ipynb) measures what that costs.
#
# The score has a trouble of its own, at the other end. If the data consists of separate points, the noise stays of size 1 down to $\sigma = 0$, and the score is $-\varepsilon/\sigma$. Follow $x_t = \alpha + 0.7\, \sigma$ near the point 1 of a data set with two points.

# %%
two = FiniteData(torch.tensor([[-1.0], [1.0]], dtype=torch.float64), Gaussian(circle))
for t in (0.1, 0.01, 0.001):
    a, s = circle.alpha(t), circle.sigma(t)
    x_t = torch.tensor([[a + 0.7 * s]], dtype=torch.float64)
    guess = two.x0_mean(x_t, t)
    score = score_from_data(guess, x_t, a, s)
    print(f"t = {t:5}   noise {float((x_t - a * guess) / s):.3f}   score {float(score):8.1f}")

# %% [markdown]
# A network would have to return hundreds and thousands there. On average the squared target of the score is $1/\sigma^2$ per coordinate. With times spread evenly over 0.02 to 0.98, how much of it falls in the first twelfth?

# %%
fine = torch.linspace(0.02, 0.98, 96_001, dtype=torch.float64)
squares, early = circle.sigma(fine) ** -2, fine <= 0.1
share = torch.trapezoid(squares[early], fine[early]) / torch.trapezoid(squares, fine)
print(f"share of the squared target before t = 0.1: {share:.2f}")

# %% [markdown]
# ## What a sampler feels
#
# A sampler follows the probability-flow ODE $dx = \hat v\, dt$ of [lesson 05](05_one_sampler.ipynb), whatever the network predicts. So the error that counts is that of the velocity, and your `weight` knows it already: $\sqrt w$ with the velocity as target.

# %% tags=["nbval-ignore-output"]
show.expect("07.late-error")

# %%
def drift_errors(schedule, t):
    pairs, scales = kinds(schedule, t), (schedule.alpha(t), schedule.sigma(t))
    return {kind: weight(pairs[kind], pairs["velocity"], *scales) ** 0.5 for kind in pairs}


ones = torch.ones_like(times)
lines = {kind: (value * ones).tolist() for kind, value in drift_errors(line, times).items()}
show.curves(
    times.tolist(), lines, "time t (the chain runs from right to left)", "error of the drift",
    "07.errors-amplified", yscale="log", markers=False,
)
print("    t  " + "".join(f"{kind:>10}" for kind in lines))
for t in (0.01, 0.25, 0.75, 0.99):
    print(f"{t:5}  " + "".join(f"{value:10.3f}" for value in drift_errors(line, t).values()))

# %% [markdown]
# These are $\frac{1}{1-t}$, $\frac1t$, $\frac{t}{1-t}$ and 1; for any schedule $|\sigma k|$, $|\alpha k|$, $|\sigma^2 k|$ and 1 with $k = \frac{\alpha'}{\alpha} - \frac{\sigma'}{\sigma}$. The package has them as `drift_error`.
#
# Read the score with care. Its factor is small at early times because the score itself is large: an error of 1 is then a small one.

# %% [markdown]
# ## Train all four
#
# Does the choice of a kind matter for training? In part it is a choice of weight in disguise. We train one small network on each kind, without a weight and with the one that measures the velocity. For that we need a loss with one weight for each example.

# %% [markdown]
# **Exercise 07.4** ●●○ · 6 minutes. Average the squared errors over the entries of each example, multiply by the weight of the example, and average over the batch. `prediction` and `target` have shape (batch, ...), with one axis or several (`.flatten(1)` makes rows), `weight` has shape (batch,). Return a tensor, so that the gradient can flow.

# %% nbgrader={"grade": false, "grade_id": "answer-07-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def weighted_loss(prediction, target, weight):
    """The mean over the batch of weight times mean squared error."""
    ### BEGIN SOLUTION
    errors = (prediction - target).flatten(1).square().mean(1)
    return (weight * errors).mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-07-4", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("07.4", weighted_loss)

# %%
def to_velocity(kind, t):
    """The weight (batch,) that makes the loss of a kind that of the velocity."""
    pairs = kinds(circle, t)
    return weight(pairs[kind], pairs["velocity"], circle.alpha(t), circle.sigma(t)) * torch.ones_like(t)


def loss_of(kind, weighted):
    def loss(network, x0, generator):
        t = 0.02 + 0.96 * torch.rand(len(x0), generator=generator)
        eps = torch.randn(x0.shape, generator=generator)
        A, B = kinds(circle, t[:, None])[kind]
        x_t = circle.alpha(t)[:, None] * x0 + circle.sigma(t)[:, None] * eps
        w = to_velocity(kind, t) if weighted else torch.ones_like(t)
        return weighted_loss(network(x_t, t), A * x0 + B * eps, w)

    return loss


# %%
from functools import cache

from tqdm.auto import tqdm

from udm_lessons.learn import MLP, train


def trained(kind, weighted):
    torch.manual_seed(0)
    return train(
        MLP(1, 96, 2), loss_of(kind, weighted), lambda n, g: humps.sample(n, g).float(), steps=800,
        batch_size=256, lr=3e-3, decay=True, generator=torch.Generator().manual_seed(1), progress=False,
    )


@cache
def networks():
    choices = [(kind, weighted) for kind in answers for weighted in (False, True)]
    return {choice: trained(*choice) for choice in tqdm(choices, desc="networks", leave=False)}



# %%
def velocity_error(kind, weighted, n=20_000):
    """The mean squared error of the velocity that the network implies, against the oracle."""
    network, g = networks()[kind, weighted], torch.Generator().manual_seed(2)
    t, x0 = 0.02 + 0.96 * torch.rand(n, generator=g), humps.sample(n, g).float()
    x_t = circle.alpha(t)[:, None] * x0 + circle.sigma(t)[:, None] * torch.randn(n, 1, generator=g)
    with torch.no_grad():
        answer = network(x_t, t)
    return float(weighted_loss(answer, answers[kind](x_t, t, circle), to_velocity(kind, t)))


# %% tags=["nbval-ignore-output"]
print("mean squared error of the velocity x 1000")
print("kind       unweighted    weighted")
for kind in answers:
    plain, weighted = (1000 * velocity_error(kind, choice) for choice in (False, True))
    print(f"{kind:9} {plain:11.1f} {weighted:11.1f}")

# %%
plain, fair = ({kind: velocity_error(kind, choice) for kind in answers} for choice in (False, True))
worst, best = max(plain.values()), min(plain.values())
print(f"without weights, worst more than 10 times the best: {worst > 10 * best}")
print(f"the worst is the score: {worst == plain['score']}")
print(f"its weight cuts the error of the score to less than a third: {fair['score'] < plain['score'] / 3}")
print(f"with weights, worst within 15 times of the best: {max(fair.values()) < 15 * min(fair.values())}")

# %% [markdown]
# For the velocity the two columns are one and the same training. Most of the unweighted loss of the score sits at the earliest times. So compare kinds at equal weight: much of what looks like the merit of a kind is the merit of its weight. Not all of it: in our run a factor of about five is left between the best and the worst.

# %% [markdown]
# ## Which v?
#
# "We predict v" can mean three things.
#
# | whose v | pair |
# |---|---|
# | the velocity, as above | $(\alpha', \sigma')$ |
# | Salimans and Ho 2022, and the library *diffusers* | $(-\sigma, \alpha)$ |
# | flow matching: $\varepsilon - x_0$ | $(-1, 1)$ |
#
# Two kinds with pairs $(A, B)$ and $(A_2, B_2)$ tell the same, up to a factor, if the pairs are proportional: if $A B_2 - A_2 B = 0$. For the first two that is $\alpha \alpha' + \sigma \sigma' = 0$, the derivative of $\frac12 (\alpha^2 + \sigma^2)$. So they agree, up to a factor, on schedules with $\alpha^2 + \sigma^2 = 1$. Only on the circle is the factor constant.

# %%
def same(p, q):
    return abs(p[0] * q[1] - q[0] * p[1]) < 1e-12


for name, schedule in schedules.items():
    v, salimans = kinds(schedule, 0.2)["velocity"], (-schedule.sigma(0.2), schedule.alpha(0.2))
    factors = [schedule.d_sigma(t) / schedule.alpha(t) for t in (0.01, 0.2, 0.8)]
    shown = " ".join(f"{f:.2f}" for f in factors) if same(v, salimans) else "-"
    flow = "yes" if same(v, (-1.0, 1.0)) else "no"
    print(f"{name:9} factor to Salimans and Ho at 0.01, 0.2, 0.8: {shown:15} multiple of eps - x0: {flow}")

# %% [markdown]
# So a network that was trained on one of these and sampled as if it were another is wrong at most times, and no error message will say so. In the package they are three kinds: `v`, `v_vp` and `flow`.

# %% [markdown]
# ## A network in a wrapper
#
# Karras et al. 2022 wrap their network $F$ before they call it a denoiser:
#
# $$\hat x_0 = c_\text{skip}\, x_t + c_\text{out}\, F(x_t, t) .$$
#
# It looks like something new. It is one more kind: the training target of $F$ is again $A\, x_0 + B\, \varepsilon$.

# %% [markdown]
# **Exercise 07.5** ●●○ · 8 minutes. Return the pair $(A, B)$ of $F$. Solve for $F$, with the true $x_0$ in place of $\hat x_0$, and put in $x_t = \alpha x_0 + \sigma \varepsilon$. All arguments are numbers.

# %% nbgrader={"grade": false, "grade_id": "answer-07-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def preconditioned_pair(c_skip, c_out, alpha, sigma):
    """The pair of the network inside x0 = c_skip x_t + c_out F."""
    ### BEGIN SOLUTION
    return (1 - c_skip * alpha) / c_out, -c_skip * sigma / c_out
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-07-5", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("07.5", preconditioned_pair)

# %% [markdown]
# They have $\alpha = 1$ and choose, with $d$ for the standard deviation of the data,
#
# $$c_\text{skip} = \frac{d^2}{\sigma^2 + d^2} , \qquad c_\text{out} = \frac{\sigma\, d}{\sqrt{\sigma^2 + d^2}} .$$
#
# What is $F$ asked for, then?

# %%
def karras(sigma, d=0.5):
    return preconditioned_pair(d**2 / (sigma**2 + d**2), sigma * d / math.sqrt(sigma**2 + d**2), 1.0, sigma)


sigmas = torch.logspace(-2, 2, 41, dtype=torch.float64).tolist()
pairs = [karras(s) for s in sigmas]
show.curves(
    [math.log10(s) for s in sigmas],
    {"data: A d": [A * 0.5 for A, _ in pairs], "noise: B": [B for _, B in pairs]},
    "log10 of σ", "part of the target",
    "07.edm-target",
    markers=False,
)
deviations = [math.hypot(A * 0.5, B) for A, B in pairs]
print(f"deviation of the target between {min(deviations):.6f} and {max(deviations):.6f}")

# %% [markdown]
# That is the design: a target that keeps the deviation 1 at every time, and is always the part that $x_t$ does not show. Now the surprise. For any $\alpha$ the recipe reads $c_\text{skip} = \alpha d^2 / r^2$, $c_\text{out} = \sigma d / r$ with $r^2 = \alpha^2 d^2 + \sigma^2$. Take $\alpha^2 + \sigma^2 = 1$ and $d = 1$: then $r = 1$, $c_\text{skip} = \alpha$ and $c_\text{out} = \sigma$.

# %%
for t in (0.2, 0.5, 0.9):
    a, s = circle.alpha(t), circle.sigma(t)
    A, B = preconditioned_pair(a, s, a, s)
    print(f"t = {t}   pair of F ({A:.4f}, {B:.4f})   pair of v of Salimans and Ho ({-s:.4f}, {a:.4f})")

# %% [markdown]
# $F = -v$. Two papers of one year found the same target on different roads.

# %% [markdown]
# ## One conversion for all
#
# You have written two translations. There are twelve among four kinds, and 42 among the seven that we have met (noise, data, score, velocity, the two other v, and $F$). Once more there are two equations,
#
# $$A\, x_0 + B\, \varepsilon = \text{prediction} , \qquad \alpha\, x_0 + \sigma\, \varepsilon = x_t ,$$
#
# and we want $A_2 x_0 + B_2 \varepsilon$ for another pair. You know the factor of the prediction: it is $D_2/D$, as for the errors. What remains is the share of $x_t$.

# %% [markdown]
# **Exercise 07.6** ●●● · 12 minutes. Solve for $x_0$ and $\varepsilon$ and return the target. `source` and `target` are pairs, `prediction` and `x_t` tensors of one shape, `alpha` and `sigma` numbers. Either of those may be 0 at an end of time: divide by nothing but $D$. About three lines.

# %% nbgrader={"grade": false, "grade_id": "answer-07-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def any_to_any(prediction, source, target, x_t, alpha, sigma):
    """A prediction of the kind `source` at x_t, said as `target`."""
    ### BEGIN SOLUTION
    before = source[0] * sigma - source[1] * alpha
    after = target[0] * sigma - target[1] * alpha
    cross = source[0] * target[1] - target[0] * source[1]
    return (after * prediction + cross * x_t) / before
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-07-6", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("07.6", any_to_any)

# %% [markdown]
# All twelve, on five schedules and at five times, against the oracle with its four separate formulas:

# %%
def twelve(schedule, t, pairs):
    """The largest relative error among the twelve conversions of the exact answers."""
    x = torch.linspace(-2, 2, 41, dtype=torch.float64)[:, None]
    exact, worst = {kind: f(x, t, schedule) for kind, f in answers.items()}, 0.0
    for a in exact:
        for b in exact:
            mine = any_to_any(exact[a], pairs[a], pairs[b], x, schedule.alpha(t), schedule.sigma(t))
            worst = max(worst, float((mine - exact[b]).abs().max() / exact[b].abs().max().clamp(min=1)))
    return worst


moments = (0.07, 0.25, 0.4, 0.77, 0.96)
for name, schedule in schedules.items():
    worst = max(twelve(schedule, t, kinds(schedule, t)) for t in moments)
    print(f"{name:9} relative error below 1e-10: {worst < 1e-10}")

# %% [markdown]
# Why against an oracle, and not there and back again? Because a round trip proves nothing. Turn the sign of the velocity's pair and go from velocity to data and back:

# %%
t_line, x_line = 0.3, torch.linspace(-2, 2, 41, dtype=torch.float64)[:, None]
scales, v = (line.alpha(t_line), line.sigma(t_line)), humps.velocity(x_line, t_line, line)
wrong, data = (1.0, -1.0), (1.0, 0.0)
there = any_to_any(v, wrong, data, x_line, *scales)
back = any_to_any(there, data, wrong, x_line, *scales)
print(f"round trip with the wrong sign: error below 1e-12: {bool((back - v).abs().max() < 1e-12)}")
print(f"but the data is off by up to {float((there - humps.x0_mean(x_line, t_line, line)).abs().max()):.2f}")

# %% [markdown]
# The package holds this function as `convert(prediction, source, target, x_t, t, schedule)`, beside `pair`, `target`, `loss_weight` and `drift_error`. In later lessons we use those. Its table of kinds is a dictionary, and one more kind is one more line:

# %%
from udm_lessons.flow import KINDS, convert

KINDS["mine"] = lambda schedule, t: (2.0, 1.0 + t)
guess = convert(humps.velocity(x_line, t_line, line), "v", "mine", x_line, t_line, line)
exact = 2 * humps.x0_mean(x_line, t_line, line) + 1.3 * humps.eps_mean(x_line, t_line, line)
print(f"a kind of your own, from the velocity: error below 1e-12: {bool((guess - exact).abs().max() < 1e-12)}")
del KINDS["mine"]

# %% [markdown]
# Where the two equations are one and the same, there is no answer, and the package says why. Where only the formula has a hole, it gives the value.

# %%
for source, wanted, t, schedule in (
    ("eps", "x0", 1.0, line), ("x0", "score", 0.0, line), ("v", "x0", 0.3, ConstantNoise(0.2)),
    ("x0", "score", 1.0, line),
):
    try:
        value = convert(torch.full((1, 1), 0.7), source, wanted, torch.full((1, 1), 2.0), t, schedule)
        print(f"{source} to {wanted}: {float(value):g}")
    except ValueError as error:
        print(f"{source} to {wanted}: {error}")

# %% [markdown]
# ## What you have learnt
#
# - A kind is a pair: $A_t x_0 + B_t \varepsilon$. A network trained on it learns the mean of it given $x_t$, and all such means are one answer.
# - With $D = A\sigma - B\alpha$, a prediction becomes another by $D'/D$ and a share of $x_t$; its squared error by $(D'/D)^2$. Noise, data, score and velocity have $D = -\alpha,\ \sigma,\ \alpha/\sigma,\ W$.
# - Each breaks where its $D$ is 0: noise and score where $\alpha = 0$, data where $\sigma = 0$. The score also grows like $1/\sigma$. The velocity holds at both ends of the line and of the circle; elsewhere look at $W$.
# - An unweighted loss is a choice of weight. Compare kinds at equal weight.
# - There are several things called v. Test at times other than 1/2, and never by round trips alone.

# %% [markdown]
# **Read on.** Salimans and Ho 2022, [Progressive Distillation](https://arxiv.org/abs/2202.00512), for their v. Karras et al. 2022, [Elucidating the Design Space](https://arxiv.org/abs/2206.00364), table 1. Lipman et al. 2023, [Flow Matching](https://arxiv.org/abs/2210.02747).
# Kingma and Gao 2023, [Understanding Diffusion Objectives](https://arxiv.org/abs/2303.00848), on weights. Lai et al. 2025, [The Principles of Diffusion Models](https://arxiv.org/abs/2510.21890), section 6.3.

# %% [markdown]
# **Next.** [Lesson 08](08_probability_flow.ipynb) follows the probability flow with few steps, and asks which face serves a solver best.

# %% [markdown]
# [← 06 · Likelihood and variance](06_likelihood_and_variance.ipynb) · [08 · The probability flow →](08_probability_flow.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
