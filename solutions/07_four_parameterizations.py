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
# A network sees $x_t$ and the time. What should it return: the noise, the data, the score, the velocity? In this lesson the four become one answer in four coordinates. At the end you can
#
# - turn any prediction into any other, and any loss into any other, by one system of two equations;
# - say where each kind breaks, and what a step of a sampler makes of its error;
# - compare kinds of prediction fairly, and know how much of a comparison is only a weight.
#
# You need lessons [03](03_predict.ipynb) and [05](05_one_sampler.ipynb). About 65 minutes and five exercises; the section marked *optional*, with exercise 07.6, comes on top. Stuck? `hint("07.1")` says a little more each time.

# %%
import math

import torch

from udm_lessons import show
from udm_lessons.destroy import VE, ConstantNoise, Cosine, Gaussian, Linear, Trig, VPLinear
from udm_lessons.exercises import hint, progress, solution
from udm_lessons.flow import KINDS, convert
from udm_lessons.rebuild import FiniteData, GaussianMixture, Keep, posterior_mean, sample

F64 = torch.float64
line, circle, VP = Linear(), Trig(), VPLinear()
schedules = {
    "line": line, "circle": circle, "VPLinear": VP, "Cosine": Cosine(), "VE": VE(0.05, 5.0),
}
centres = torch.tensor([[-1.0], [1.5]], dtype=F64)
humps = GaussianMixture(centres, torch.full((2,), 0.05, dtype=F64))

# %% [markdown]
# ## Four questions, one pair each
#
# As before $x_t = \alpha_t x_0 + \sigma_t \varepsilon$, with normal noise $\varepsilon$. We leave out the index $t$ of $\alpha$ and $\sigma$. In training $x_0$ and $\varepsilon$ are known, and the network can be asked for any mixture of the two:
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
#
# Two of the pairs need a word. A prime is a derivative in time: at fixed $x_0$ and $\varepsilon$ the point $x_t$ moves with the velocity $\alpha' x_0 + \sigma' \varepsilon$. And the score is the gradient of a log-density. Given $x_0$, the law of $x_t$ is $N(\alpha x_0, \sigma^2 I)$, and the gradient of its log is $-(x_t - \alpha x_0)/\sigma^2 = -\varepsilon/\sigma$.

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
# A pair is a point of a plane: to the right goes the share of $x_0$, upwards the share of $\varepsilon$. The sampler knows one arrow of this plane, $x_t$ itself, at $(\alpha, \sigma)$; the network adds a second one. Move the time on the circle, $\alpha = \cos \frac{\pi t}{2}$ and $\sigma = \sin \frac{\pi t}{2}$.

# %% tags=["nbval-ignore-output"]
def five_arrows(t):
    arrows = {**kinds(circle, t), "x_t": (circle.alpha(t), circle.sigma(t))}
    show.vectors({f"t = {t:g}": arrows}, "07.plane", ("share of x_0", "share of ε"), reach=2.6)


show.slider(five_arrows, "t", [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], 0.4)

# %% [markdown]
# Two arrows that are not parallel span the plane. So from $x_t$ and *one* prediction everything else follows. How well it follows is an area: that of the parallelogram of $x_t$ and the kind, with its sign
#
# $$D = A\, \sigma - B\, \alpha .$$
#
# | kind | noise | data | score | velocity |
# |---|---|---|---|---|
# | $D$ | $-\alpha$ | $\sigma$ | $\alpha/\sigma$ | $W = \alpha' \sigma - \alpha \sigma'$ |
#
# The last one has a name of its own, $W$. Since $(\alpha/\sigma)' = W/\sigma^2$, it is negative exactly where the signal-to-noise ratio falls.

# %%
t_late = 0.85
late = {kind: {kind: pair, "x_t": (circle.alpha(t_late), circle.sigma(t_late))}
        for kind, pair in kinds(circle, t_late).items()}
show.vectors(late, "07.areas", ("share of x_0", "share of ε"), area="x_t")

# %% tags=["nbval-ignore-output"]
show.expect("07.sum")

# %% [markdown]
# Keep the answer in mind: a kind whose arrow $x_t$ passes over has a blind moment.

# %% [markdown]
# ## What the network learns
#
# Many pairs $(x_0, \varepsilon)$ lead to one $x_t$, and the network cannot tell which it was. [Lesson 03](03_predict.ipynb): the squared error is least for the *mean*. So a trained network returns
#
# $$E[A_t x_0 + B_t \varepsilon \mid x_t] .$$
#
# Draw many pairs, and keep those that end near $x_t = 0.4$. Beside the mean of their targets stands the exact answer of our two humps (at -1 and 1.5). The oracle has a formula of its own for each of the four.

# %%
t_drawn, n, generator = 0.6, 1_000_000, torch.Generator().manual_seed(0)
x0_drawn = humps.sample(n, generator)
eps_drawn = torch.randn(n, 1, generator=generator, dtype=F64)
x_t_drawn = circle.alpha(t_drawn) * x0_drawn + circle.sigma(t_drawn) * eps_drawn
near = (x_t_drawn - 0.4).abs()[:, 0] < 0.02
answers = {
    "noise": humps.eps_mean, "data": humps.x0_mean, "score": humps.score,
    "velocity": humps.velocity,
}
point, rows = torch.tensor([[0.4]], dtype=F64), {}
for kind, (A, B) in kinds(circle, t_drawn).items():
    targets = A * x0_drawn[near] + B * eps_drawn[near]
    error = float(targets.std()) / math.sqrt(len(targets))
    rows[kind] = [(float(targets.mean()), error), float(answers[kind](point, t_drawn, circle))]
show.compare(rows, ["mean of the targets", "exact"], "07.window")

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
# where $C$ is the mean variance of the target given $x_t$. It does not depend on $f$: no network gets below it. Each kind has its own.

# %% [markdown]
# **Exercise 07.1** ●●○ · 8 minutes. Return the loss of a perfect network, for one coordinate at one time. `A` and `B` are the pair of the kind; `variance` is the mean variance of $x_0$ given $x_t$. All arguments are numbers, and $\sigma > 0$. What is still uncertain once $x_t$ is known?

# %% nbgrader={"grade": false, "grade_id": "answer-07-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def smallest_loss(A, B, alpha, sigma, variance):
    """The mean of Var[A x0 + B eps | x_t]."""
    ### BEGIN SOLUTION
    return (A - B * alpha / sigma) ** 2 * variance
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-07-1", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("07.1", smallest_loss)

# %% tags=["nbval-ignore-output"]
show.expect("07.floors")

# %% [markdown]
# Two guesses that are far apart, each against the drawn targets and against the exact mean. Their difference should be $C$, for both guesses.

# %%
scales = circle.alpha(t_drawn), circle.sigma(t_drawn)
open_variance = float(humps.x0_cov(x_t_drawn, t_drawn, circle).mean())
guesses, rows = (torch.zeros_like(x_t_drawn), torch.sin(3 * x_t_drawn)), {}
for kind, (A, B) in kinds(circle, t_drawn).items():
    mean, target = answers[kind](x_t_drawn, t_drawn, circle), A * x0_drawn + B * eps_drawn
    gaps = [float(((f - target) ** 2 - (f - mean) ** 2).mean()) for f in guesses]
    rows[kind] = [*gaps, float(smallest_loss(A, B, *scales, open_variance))]
show.compare(rows, ["C, f = 0", "C, f = sin 3x", "yours"], "07.constants")

# %% [markdown]
# So the numbers beside a progress bar cannot be compared between kinds: here a perfect velocity has 3.07, and a noise network that always answers 0 has 1. [Lesson 09](09_three_views.ipynb) meets these constants again.

# %% [markdown]
# ## Two equations
#
# Read the plane as a system. A hat marks a mean given $x_t$. The mean of $x_t$ given $x_t$ is $x_t$ itself, so
#
# $$\alpha\, \hat x_0 + \sigma\, \hat\varepsilon = x_t , \qquad A\, \hat x_0 + B\, \hat\varepsilon = \text{prediction} .$$
#
# Data from velocity, for example: take $\sigma'$ times the first, subtract $\sigma$ times the second with $(A, B) = (\alpha', \sigma')$, and the noise is gone: $\hat x_0 = (\sigma' x_t - \sigma \hat v)/(-W)$. Or the score from the data: $\hat\varepsilon = (x_t - \alpha \hat x_0)/\sigma$ gives $(\alpha \hat x_0 - x_t)/\sigma^2$. Papers also write $\frac{\alpha}{\sigma^2} (\hat x_0 - \frac{x_t}{\alpha})$. That is the same, but where $\alpha = 0$ the computer divides by zero. The hole is only in the way it is written: it is called *removable*. Multiply out and it is gone.
#
# There are twelve such translations among four kinds, and more papers bring more kinds. Once and for all:

# %% [markdown]
# **Exercise 07.2** ●●● · 12 minutes. Turn a prediction of the kind `source` into one of the kind `target`: solve for $\hat x_0$ and $\hat\varepsilon$ and mix them anew. `source` and `target` are pairs, `prediction` and `x_t` tensors of one shape, `alpha` and `sigma` numbers. Either of those may be 0 at an end of time: divide by nothing but $D$. About three lines.

# %% nbgrader={"grade": false, "grade_id": "answer-07-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def any_to_any(prediction, source, target, x_t, alpha, sigma):
    """A prediction of the kind `source` at x_t, said as `target`."""
    ### BEGIN SOLUTION
    before = source[0] * sigma - source[1] * alpha
    after = target[0] * sigma - target[1] * alpha
    cross = source[0] * target[1] - target[0] * source[1]
    return (after * prediction + cross * x_t) / before
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-07-2", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("07.2", any_to_any)

# %% [markdown]
# Your function is linear: a number times the prediction, plus a number times $x_t$. In the plane that is a walk of two legs, one along the arrow of the source and one along $x_t$, that ends at the target. Here are four walks, round a square: noise, data, score, velocity, noise. Move the time.

# %% tags=["nbval-ignore-output"]
def walk(source, target, t):
    """The walk as words, and its two legs and the target as arrows."""
    pairs, one = kinds(circle, t), torch.ones(1, 1, dtype=F64)
    ends, scales = (pairs[source], pairs[target]), (circle.alpha(t), circle.sigma(t))
    share = float(any_to_any(one, *ends, 0 * one, *scales))
    of_x_t = float(any_to_any(0 * one, *ends, one, *scales))
    corner = share * pairs[source][0], share * pairs[source][1]
    arrows = {target: pairs[target], source: corner, "x_t": (corner, pairs[target])}
    sign = "−" if of_x_t < 0 else "+"
    return f"{target} = {share:.2f} {source} {sign} {abs(of_x_t):.2f} x_t", arrows


def square(t):
    corners = ("noise", "data", "score", "velocity", "noise")
    walks = dict(walk(a, b, t) for a, b in zip(corners, corners[1:]))
    show.vectors(walks, "07.walks", ("share of x_0", "share of ε"))


show.slider(square, "t", [0.3, 0.4, 0.5, 0.6, 0.7, 0.8], 0.4)

# %% [markdown]
# And all twelve conversions of the exact answers, against the oracle with its four separate formulas: the largest relative error at five times.

# %%
def twelve(schedule, t):
    """The largest relative error among the twelve conversions of the exact answers."""
    x, pairs = torch.linspace(-2, 2, 41, dtype=F64)[:, None], kinds(schedule, t)
    exact, worst = {kind: f(x, t, schedule) for kind, f in answers.items()}, 0.0
    for a in exact:
        for b in exact:
            scales = schedule.alpha(t), schedule.sigma(t)
            mine = any_to_any(exact[a], pairs[a], pairs[b], x, *scales)
            size = exact[b].abs().max().clamp(min=1)
            worst = max(worst, float((mine - exact[b]).abs().max() / size))
    return worst


for name, schedule in schedules.items():
    worst = max(twelve(schedule, t) for t in (0.07, 0.25, 0.4, 0.77, 0.96))
    print(f"{name:9} largest relative error {worst:.8f}")

# %% [markdown]
# Why against an oracle, and not there and back again? Because a round trip proves nothing. Turn the sign of the velocity's pair and go from velocity to data and back:

# %%
t_line, x_line = 0.3, torch.linspace(-2, 2, 41, dtype=F64)[:, None]
at_line, v = (line.alpha(t_line), line.sigma(t_line)), humps.velocity(x_line, t_line, line)
wrong, data = (1.0, -1.0), (1.0, 0.0)
there = any_to_any(v, wrong, data, x_line, *at_line)
back = any_to_any(there, data, wrong, x_line, *at_line)
off = float((there - humps.x0_mean(x_line, t_line, line)).abs().max())
print(f"round trip with the wrong sign: largest error {float((back - v).abs().max()):.8f}")
print(f"but the data is off by up to {off:.2f}")

# %% [markdown]
# The package holds this function as `convert(prediction, source, target, x_t, t, schedule)`. Its kinds are a dictionary, and one more kind is one more line:

# %%
KINDS["mine"] = lambda schedule, t: (2.0, 1.0 + t)
said = convert(humps.velocity(x_line, t_line, line), "v", "mine", x_line, t_line, line)
exact = 2 * humps.x0_mean(x_line, t_line, line) + 1.3 * humps.eps_mean(x_line, t_line, line)
print(f"a kind of your own, from the velocity: error {float((said - exact).abs().max()):.8f}")
del KINDS["mine"]

# %% [markdown]
# ## An error in one is an error in all
#
# Now the losses. Let a guess be wrong at some fixed $x_t$: the data by $dx_0$, and so the noise by $d\varepsilon$. Both guesses must still explain the same $x_t$, so $\alpha\, dx_0 + \sigma\, d\varepsilon = 0$, and there is a vector $\delta$ with
#
# $$dx_0 = \sigma \delta , \qquad d\varepsilon = -\alpha \delta , \qquad A\, dx_0 + B\, d\varepsilon = D\, \delta .$$
#
# One $\delta$ serves all kinds. Each multiplies it by its own area $D$.
#
# Let *source* be what the network predicts and *target* what we want to measure. We need one number: the $w$ with $|\text{error of target}|^2 = w\, |\text{error of source}|^2$.

# %% [markdown]
# **Exercise 07.3** ●●○ · 6 minutes. Return $w$. `source` and `target` are pairs $(A, B)$ of kinds. All entries, `alpha` and `sigma` are numbers, or tensors of one shape. One of `alpha` and `sigma` may be 0.

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
#
# The last square is easily lost in copying. Would one notice? Without any experiment: $W$ is negative wherever the signal-to-noise ratio falls, so the line would say that a squared length equals a negative number. Measure it on the line, $\alpha = 1 - t$ and $\sigma = t$: take a velocity that is wrong by a random vector, turn both into scores, compare.

# %%
def score_error(t):
    """|error of the score|^2 / |error of the velocity|^2, on the line."""
    pairs, scales = kinds(line, t), (line.alpha(t), line.sigma(t))
    x_t, v, wrong = torch.randn(3, 100, 2, generator=generator, dtype=F64)
    good, bad = (
        any_to_any(u, pairs["velocity"], pairs["score"], x_t, *scales) for u in (v, v + wrong)
    )
    return float((bad - good).square().sum() / wrong.square().sum())


rows = {}
for t in (0.1, 0.25, 0.5, 0.75, 0.9):
    pairs, a, s = kinds(line, t), line.alpha(t), line.sigma(t)
    W = line.d_alpha(t) * s - a * line.d_sigma(t)
    yours = float(weight(pairs["velocity"], pairs["score"], a, s))
    rows[f"t = {t}"] = [a / (s * W), (a / (s * W)) ** 2, yours, score_error(t)]
show.compare(rows, ["square lost", "squared", "yours", "measured"], "07.lost-square", digits=3)

# %% [markdown]
# At $t = 1/2$ the wrong factor is -1 and the true one is 1. A test at this time, which looks at the size alone, would pass. **Never test at $\alpha = \sigma$ alone.** Swapped scales hide there, and so do inverted weights between noise and data.

# %% [markdown]
# ## How much does each time count?
#
# DDPM minimises the plain squared error of the noise. Ask for that error, and let the network predict something else: which weight must its loss have?

# %%
times = torch.linspace(0.02, 0.98, 97, dtype=F64)


def weights_to(measure, schedule):
    pairs, scales = kinds(schedule, times), (schedule.alpha(times), schedule.sigma(times))
    one = torch.ones_like(times)
    return {kind: (weight(pairs[kind], pairs[measure], *scales) * one).tolist() for kind in pairs}


show.curves(
    times.tolist(), weights_to("noise", line), "time t", "weight", "07.weights", yscale="log",
    markers=False,
)

# %% [markdown]
# For the data the weight is $\alpha^2/\sigma^2$, the signal-to-noise ratio; [lesson 03](03_predict.ipynb) used it with a cap. So an unweighted loss is a *choice*, and a different one for each kind. The plain loss of the data is that of the noise times $\sigma^2/\alpha^2$: it cares about late times, and the plain loss of the noise about early ones.

# %% [markdown]
# ## Where each one breaks
#
# A kind with $D = 0$ says nothing beyond $x_t$: its arrow and that of $x_t$ lie on one line.
#
# | kind | says nothing where | because there | line, circle | VE |
# |---|---|---|---|---|
# | noise | $\alpha = 0$ | $x_t = \sigma\varepsilon$ shows it already | $t = 1$ | never |
# | data | $\sigma = 0$ | $x_t = \alpha x_0$ shows it already | $t = 0$ | never |
# | score | $\alpha = 0$; and it grows like $1/\sigma$ | as for the noise | $t = 1$, and $t = 0$ | never |
# | velocity | $W = 0$ | the signal-to-noise ratio stands still, $v$ is a multiple of $x_t$ | never | never |
#
# (VE stands for exploding noise: $\alpha = 1$ throughout, and here $\sigma$ from 0.05 to 5.) *Near* such a time a small error is blown up. How far is the guess of $x_0$ off for an error of 1, on the circle?

# %%
def error_of_data(t):
    pairs, scales = kinds(circle, t), (circle.alpha(t), circle.sigma(t))
    return [math.sqrt(weight(pairs[kind], pairs["data"], *scales)) for kind in pairs]


rows = {f"t = {t}": error_of_data(t) for t in (0.001, 0.1, 0.5, 0.9, 0.999)}
show.compare(rows, list(answers), "07.blown-up", digits=3)

# %% [markdown]
# At $t = 0.999$ an error of 1 in the noise is an error of 637 in the data, and one in the velocity 0.637. A sampler starts in pure noise, just where the guess made from the noise is worth least. [Lesson 08](08_probability_flow.ipynb) measures what that costs.
#
# Read the score with care. Its factor is small at early times because the score itself is large there: if the data consists of separate points, the noise stays of size 1 down to $\sigma = 0$, and the score is $-\varepsilon/\sigma$. Follow $x_t = \alpha + 0.7\, \sigma$ near the point 1 of a data set with two points.

# %%
two = FiniteData(torch.tensor([[-1.0], [1.0]], dtype=F64), Gaussian(circle))
for t in (0.1, 0.01, 0.001):
    a, s = circle.alpha(t), circle.sigma(t)
    x_t, pairs = torch.tensor([[a + 0.7 * s]], dtype=F64), kinds(circle, t)
    noise, score = (
        float(any_to_any(two.x0_mean(x_t, t), pairs["data"], pairs[kind], x_t, a, s))
        for kind in ("noise", "score")
    )
    print(f"t = {t:5}   noise {noise:.3f}   score {score:8.1f}")

# %% [markdown]
# A network would have to return hundreds and thousands there. Where the two equations are one and the same, there is no answer, and the package says why. Where only the formula has a hole, it gives the value.

# %%
for source, wanted, t, schedule in (
    ("eps", "x0", 1.0, line), ("x0", "score", 0.0, line), ("v", "x0", 0.3, ConstantNoise(0.2)),
    ("x0", "score", 1.0, line),
):
    value, x_t = torch.full((1, 1), 0.7), torch.full((1, 1), 2.0)
    try:
        print(f"{source} to {wanted}: {float(convert(value, source, wanted, x_t, t, schedule)):g}")
    except ValueError as error:
        print(f"{source} to {wanted}: {error}")

# %% [markdown]
# ## Train all four
#
# Does the choice of a kind matter for training? In part it is a choice of weight in disguise. We train small networks on each kind, without a weight and with one that makes the loss that of the velocity. For that we need a loss with one weight for each example.

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

# %% [markdown]
# One network would leave chance in the numbers, so we train four of each. Small networks waste most of their time on calls; put side by side as batched matrices they train together. Adam steps each number by its own gradient, so they do not disturb each other.

# %%
class SideBySide(torch.nn.Module):
    """Small networks, each with its own numbers: x and t have shape (count, batch, 1)."""

    def __init__(self, count, width=48):
        super().__init__()
        sizes = [(17, width), (width, width), (width, width), (width, 1)]
        matrices = (torch.randn(count, a, b) / math.sqrt(a) for a, b in sizes)
        self.matrices = torch.nn.ParameterList(matrices)
        self.shifts = torch.nn.ParameterList(torch.zeros(count, 1, b) for _, b in sizes)
        torch.nn.init.zeros_(self.matrices[-1])

    def forward(self, x, t):
        waves = math.pi / 2 * torch.arange(1, 9) * t
        h = torch.cat([x, waves.sin(), waves.cos()], -1)
        for k, (matrix, shift) in enumerate(zip(self.matrices, self.shifts)):
            h = torch.baddbmm(shift, torch.nn.functional.silu(h) if k else h, matrix)
        return h

# %%
trainings = [(kind, weighted) for kind in answers for weighted in (False, True)]
trainings.remove(("velocity", True))  # its weight is 1: the same training twice
SEEDS = 4


def to_velocity(kind, t):
    """The weight that makes the loss of a kind that of the velocity."""
    pairs = kinds(circle, t)
    w = weight(pairs[kind], pairs["velocity"], circle.alpha(t), circle.sigma(t))
    return w * torch.ones_like(t)


def batches(n, generator):
    """x_0, noise, x_t and t for each seed, of shape (SEEDS, n, 1); the times are spread evenly."""
    t = (torch.arange(n)[:, None] + torch.rand(SEEDS, n, 1, generator=generator)) / n
    t = 0.05 + 0.9 * t
    x0 = humps.sample(SEEDS * n, generator).float().reshape(t.shape)
    eps = torch.randn(t.shape, generator=generator)
    return x0, eps, circle.alpha(t) * x0 + circle.sigma(t) * eps, t


def all_losses(network, generator):
    x0, eps, x_t, t = batches(128, generator)
    copies, losses = (len(trainings), 1, 1), []
    said = network(x_t.repeat(copies), t.repeat(copies)).split(SEEDS)
    for answer, (kind, weighted) in zip(said, trainings):
        A, B = kinds(circle, t)[kind]
        w = to_velocity(kind, t) if weighted else torch.ones_like(t)
        target = A * x0 + B * eps
        losses.append(weighted_loss(answer.flatten(0, 1), target.flatten(0, 1), w.flatten()))
    return sum(losses)

# %% tags=["nbval-ignore-output"]
from functools import cache

from tqdm.auto import trange



@cache
def networks(steps=500, lr=0.016):
    torch.manual_seed(0)
    many, draws = SideBySide(len(trainings) * SEEDS), torch.Generator().manual_seed(1)
    adam = torch.optim.Adam(many.parameters(), betas=(0.9, 0.99))
    rise_and_fall = torch.optim.lr_scheduler.OneCycleLR(
        adam, lr, total_steps=steps, pct_start=0.1, cycle_momentum=False
    )
    for _ in trange(steps, desc=f"{len(trainings) * SEEDS} networks", leave=False):
        loss = all_losses(many, draws)
        adam.zero_grad(), loss.backward(), adam.step(), rise_and_fall.step()
    return many


print(f"{sum(p.numel() for p in networks().parameters()):,} numbers trained")

# %% tags=["nbval-ignore-output"]
show.expect("07.worst-kind")

# %% tags=["nbval-ignore-output"]
def said_by_all(x_t, t):
    """What the networks return, by training: each (SEEDS, n, 1)."""
    copies = (len(trainings), 1, 1)
    with torch.no_grad():
        said = networks()(x_t.repeat(copies), t.repeat(copies)).split(SEEDS)
    return dict(zip(trainings, said))


def velocity_errors(n=5000):
    """The mean squared error of the velocity that each network implies, against the oracle."""
    _, _, x_t, t = batches(n, torch.Generator().manual_seed(2))
    flat, found = (x_t.reshape(-1, 1).double(), t.flatten().double(), circle), {}
    for (kind, weighted), answer in said_by_all(x_t, t).items():
        exact = answers[kind](*flat).reshape(t.shape)
        found[kind, weighted] = (to_velocity(kind, t) * (answer - exact) ** 2).mean((1, 2))
    return found | {("velocity", True): found["velocity", False]}


def with_error(values):
    return float(values.mean()), float(values.std()) / math.sqrt(len(values))


errors = velocity_errors()
rows = {kind: [with_error(1000 * errors[kind, w]) for w in (False, True)] for kind in answers}
show.compare(rows, ["unweighted", "weighted"], "07.trained", digits=0, best="low")

# %% [markdown]
# In our run the weight nearly halves the error of the data, and more than halves that of the score. So compare kinds at equal weight: part of what looks like the merit of a kind is the merit of its weight. Not all of it. The noise gains nothing by it, since its weight is huge at a few late times, and a loss that rests on few examples is noisy. At equal weight a factor of nine is left between the best and the worst. The unweighted score has little left for late times: its squared target is $1/\sigma^2$ on average, and with times spread evenly over 0.05 to 0.95 most of that lies before $t = 0.2$:

# %%
fine = torch.linspace(0.05, 0.95, 90_001, dtype=F64)
squares, early = circle.sigma(fine) ** -2, fine <= 0.2
share = torch.trapezoid(squares[early], fine[early]) / torch.trapezoid(squares, fine)
print(f"share of the squared target before t = 0.2: {share:.2f}")

# %% [markdown]
# ## What a sampler feels
#
# A step of DDIM from $t$ to $s$ puts both guesses back, $x_s = \alpha_s \hat x_0 + \sigma_s \hat\varepsilon$, whatever the network predicts. Let its prediction be off by 1. How far is $x_s$ off?

# %% [markdown]
# **Exercise 07.5** ●●○ · 8 minutes. Return the error of $x_s$ for an error of 1 in the prediction at $t$, with its sign. `A` and `B` are the pair of the kind at $t$. All arguments are numbers, and $D$ is not 0. The vector $\delta$ helps.

# %% nbgrader={"grade": false, "grade_id": "answer-07-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def step_error(A, B, alpha_t, sigma_t, alpha_s, sigma_s):
    """The error of x_s for an error of 1 in the prediction at t."""
    ### BEGIN SOLUTION
    return (alpha_s * sigma_t - sigma_s * alpha_t) / (A * sigma_t - B * alpha_t)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-07-5", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("07.5", step_error)

# %% tags=["nbval-ignore-output"]
show.expect("07.late-error")

# %%
def felt(t, s, schedule=line):
    now, then = ((schedule.alpha(u), schedule.sigma(u)) for u in (t, s))
    pairs = kinds(schedule, t)
    return {kind: abs(float(step_error(*pairs[kind], *now, *then))) for kind in pairs}


middles = [k / 50 + 0.01 for k in range(50)]
by_time = [felt(t + 0.01, t - 0.01) for t in middles[:-1]]
lines = {kind: [found[kind] / 0.02 for found in by_time] for kind in answers}
show.curves(
    middles[:-1], lines, "time t (the chain runs from right to left)", "error of x_s ÷ (t - s)",
    "07.errors-amplified", yscale="log", markers=False,
)

# %% [markdown]
# In small steps this is the error of the velocity: $\alpha_s \sigma_t - \sigma_s \alpha_t \approx -h\, W$ for $s = t - h$, so $x_s$ is off by $-h\, W/D$. On the line its size is $\frac{1}{1-t}$, $\frac1t$, $\frac{t}{1-t}$ and 1 for each unit of $h$. The package has them as `drift_error`. In one long step to $s = 0$ only the guess of the data is left.
#
# So one reads that $x_0$ and $v$ are better from step to step: the guesses of one step and the next agree better ("consistent"). Is it so, and is it the same as being *smooth*? Take exact answers first. The guess of the data that they imply is one and the same for all kinds, so no kind can be more consistent than another. How far a prediction itself moves in a step does differ; that is smoothness, a matter of the target, and [lesson 08](08_probability_flow.ipynb) has more on it. Consistency is a matter of errors. So follow exact paths, and ask our trained networks for $\hat x_0$ at 20 times. How much does the *error* of this guess jump from one time to the next?

# %%
def exact_paths(n=500, steps=100, every=5):
    """Points of the exact flow at 20 times from 0.95 to 0.05: a list of (t, x)."""
    grid, film = torch.linspace(0.95, 0.05, steps + 1), []
    draws, known = torch.Generator().manual_seed(3), posterior_mean(humps, circle)
    x = circle.alpha(0.95) * humps.sample(n, draws)
    x = x + circle.sigma(0.95) * torch.randn(n, 1, generator=draws, dtype=F64)
    sample(
        Gaussian(circle), known, x, grid, Keep(), draws, False,
        lambda s, x, _: film.append((float(s), x)),
    )
    return film[every - 1 :: every]


def guesses_of_data(t, x):
    """The error of the guess of x_0 that each network implies: (SEEDS, n, 1)."""
    exact, x_t = humps.x0_mean(x, t, circle), x.float().expand(SEEDS, -1, 1)
    scales, found = (circle.alpha(t), circle.sigma(t)), {}
    for run, answer in said_by_all(x_t, torch.full_like(x_t, t)).items():
        pairs = kinds(circle, t)
        guess = any_to_any(answer.double(), pairs[run[0]], pairs["data"], x.expand_as(answer), *scales)
        found[run] = guess - exact
    return found

# %% tags=["nbval-ignore-output"]
on_paths = exact_paths()
wrong_by = [guesses_of_data(t, x) for t, x in on_paths]


def root_mean(values):
    return with_error(torch.stack(values).square().mean((0, 2, 3)).sqrt())


def jumps(run, late):
    pairs = zip(on_paths, wrong_by, wrong_by[1:])
    return root_mean([after[run] - now[run] for (t, _), now, after in pairs if (t > 0.5) == late])


def moves(kind):
    said = [answers[kind](x, t, circle) for t, x in on_paths]
    size = torch.stack(said).square().mean().sqrt()
    return float(torch.stack([b - a for a, b in zip(said, said[1:])]).square().mean().sqrt() / size)


rows = {}
for kind in answers:
    runs = [(kind, False), (kind, kind != "velocity")]
    rows[kind] = [moves(kind), *(jumps(run, late) for run in runs for late in (True, False))]
columns = ["exact moves", "plain, t > ½", "plain, t < ½", "weighted, t > ½", "weighted, t < ½"]
show.compare(rows, columns, "07.consistency", digits=3)

# %% [markdown]
# At late times, $t > \frac12$, the guesses by noise and score jump more than those by data and velocity: so far the advice holds. At early times it turns round for the data, whose guesses jump more than those by the plain noise. That is what the table of "Where each one breaks" says: an error of the noise is multiplied by $\sigma/\alpha$. And look at the first column beside the last. The velocity has the roughest exact answer of the four and is among the most consistent at either end. Smooth and consistent are two things. (One problem and small networks; the direction follows from $D$, the sizes do not.)

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
# Two kinds tell the same, up to a factor, if their arrows are parallel: if $A B_2 - A_2 B = 0$. For the first two that is $\alpha \alpha' + \sigma \sigma' = 0$, the derivative of $\frac12 (\alpha^2 + \sigma^2)$. So they agree, up to a factor, on schedules with $\alpha^2 + \sigma^2 = 1$. Only on the circle is the factor constant.

# %%
def factors(schedule, p, q, t):
    """p / q if the pairs are parallel, else a dash."""
    (A, B), (A2, B2) = p(schedule, t), q(schedule, t)
    return f"{B / B2:.2f}" if abs(A * B2 - A2 * B) < 1e-12 else "-"


rows = {}
for name, schedule in schedules.items():
    vp = [factors(schedule, KINDS["v"], KINDS["v_vp"], t) for t in (0.01, 0.2, 0.8)]
    rows[name] = [*vp, factors(schedule, KINDS["v"], KINDS["flow"], 0.2)]
columns = ["v/v_vp, t = 0.01", "0.2", "0.8", "v/flow, t = 0.2"]
show.compare(rows, columns, "07.which-v")

# %% [markdown]
# A network that was trained on one of these and sampled as if it were another is wrong at most times, and no error message will say so. In the package they are three kinds: `v`, `v_vp` and `flow`.

# %% [markdown]
# ## A network in a wrapper (*optional*)
#
# Karras et al. 2022 wrap their network $F$ before they call it a denoiser:
#
# $$\hat x_0 = c_\text{skip}\, x_t + c_\text{out}\, F(x_t, t) .$$
#
# It is one more kind. With the true $x_0$ in place of $\hat x_0$, what $F$ is asked for is $(x_0 - c_\text{skip}\, x_t)/c_\text{out}$. The two numbers are ours to choose, and there are two wishes. The target of $F$ should have variance 1 at every time, as networks like it. And an error of $F$ should reach the data as little as can be: $c_\text{out}$ should be small.

# %% [markdown]
# **Exercise 07.6** ●●● · 14 minutes. Return $c_\text{skip}$ and $c_\text{out}$, such that the target of $F$ has variance 1 and $c_\text{out}$, which is positive, is as small as it can be. The data has mean 0 and deviation `d`. All are numbers; $\alpha$ may be 0, $\sigma$ and $d$ are not. Find the pair of $F$ first, on paper.

# %% nbgrader={"grade": false, "grade_id": "answer-07-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def best_wrapper(alpha, sigma, d):
    """c_skip and c_out of the wrapper."""
    ### BEGIN SOLUTION
    r = math.hypot(alpha * d, sigma)
    return alpha * d**2 / r**2, sigma * d / r
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-07-6", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("07.6", best_wrapper)

# %% [markdown]
# With $\alpha = 1$ this is what Karras et al. use. What is $F$ asked for, then? (Its share of the data is drawn times $d$: that is the share of $x_0/d$, which has variance 1, as the noise has.)

# %%
def asked_of_network(alpha, sigma, d):
    """The pair (A, B) of F."""
    c_skip, c_out = map(float, best_wrapper(alpha, sigma, d))
    return (1 - c_skip * alpha) / c_out, -c_skip * sigma / c_out


sigmas = torch.logspace(-2, 2, 41, dtype=F64).tolist()
asked = [asked_of_network(1.0, s, 0.5) for s in sigmas]
show.curves(
    [math.log10(s) for s in sigmas],
    {"data: A d": [A * 0.5 for A, _ in asked], "noise: B": [B for _, B in asked]},
    "log10 of σ", "share in the target", "07.edm-target", markers=False,
)

# %% [markdown]
# A target of deviation 1, and always the part that $x_t$ does not show. Now take $\alpha^2 + \sigma^2 = 1$ and $d = 1$: then $c_\text{skip} = \alpha$, $c_\text{out} = \sigma$, and the pair of $F$ is $(\sigma, -\alpha)$. That is $-v$ of Salimans and Ho. Two papers of one year found the same target on different roads.

# %%
for t in (0.2, 0.5, 0.9):
    a, s = circle.alpha(t), circle.sigma(t)
    A, B = asked_of_network(a, s, 1.0)
    print(f"t = {t}   pair of F ({A:.4f}, {B:.4f})   pair of v_vp ({-s:.4f}, {a:.4f})")

# %% [markdown]
# ## Try it
#
# Make a kind whose shares change with time. $(1 - t, -t)$ asks for data at early times and for noise at late ones; $(t, t - 1)$ the other way round. Which is good at both ends of the circle? Look at its area $D$ first, then add it to `kinds` and `answers`, train it without a weight, and compare its velocity with that of the others. What happens if you turn a sign, $(t, 1 - t)$?
#
# What others found, with the same 500 steps and four networks each (mean squared error of the velocity × 1000, without weights): $(t, t - 1)$ has 15 ± 2, the velocity 15 ± 2, the noise 25 ± 1, and $(1 - t, -t)$ has 62 ± 7. With the sign turned, $D = 0$ at $t = 1/2$, and the error runs into the tens of thousands: near that time the network knows nothing of the velocity.

# %% [markdown]
# ## What you have learnt
#
# - A kind is a pair, an arrow in the plane of $x_0$ and $\varepsilon$. A network trained on it learns the mean of $A_t x_0 + B_t \varepsilon$ given $x_t$, and all such means are one answer. Its loss never falls below the variance that $x_t$ leaves open.
# - With the area $D = A\sigma - B\alpha$, a prediction becomes another by $D_\text{target}/D_\text{source}$ and a share of $x_t$; its squared error by the square of that. Noise, data, score and velocity have $D = -\alpha,\ \sigma,\ \alpha/\sigma,\ W$.
# - Each breaks where its $D$ is 0: noise and score where $\alpha = 0$, data where $\sigma = 0$. The score also grows like $1/\sigma$. The velocity holds at both ends of the line and of the circle; elsewhere look at $W$.
# - An unweighted loss is a choice of weight. Compare kinds at equal weight.
# - Consistency from step to step is a matter of errors, smoothness a matter of the target.
# - There are several things called v. Test at times other than 1/2, and never by round trips alone.

# %% [markdown]
# **Read on.** Salimans and Ho 2022, [Progressive Distillation](https://arxiv.org/abs/2202.00512), for their v. Karras et al. 2022, [Elucidating the Design Space](https://arxiv.org/abs/2206.00364), table 1. Lipman et al. 2023, [Flow Matching](https://arxiv.org/abs/2210.02747).
# Kingma and Gao 2023, [Understanding Diffusion Objectives](https://arxiv.org/abs/2303.00848), on weights. Lai et al. 2025, [The Principles of Diffusion Models](https://arxiv.org/abs/2510.21890), chapter 6.

# %% [markdown]
# **Next.** [Lesson 08](08_probability_flow.ipynb) follows the probability flow with few steps, and asks in which clock a solver should step.

# %% [markdown]
# [← 06 · Likelihood and variance](06_likelihood_and_variance.ipynb) · [08 · The probability flow →](08_probability_flow.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
