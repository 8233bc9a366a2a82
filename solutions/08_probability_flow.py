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
# # 08 · The probability flow
#
# [← 07 · Four parameterizations](07_four_parameterizations.ipynb) · [09 · Three views →](09_three_views.ipynb)
#
# A network takes milliseconds to answer, and a chain of a thousand steps asks it a thousand times. Here you get from a thousand to ten. The way there has no chance in it: it is a differential equation, and solving such equations is an old art. At the end you can
#
# - write the flow of a network, whichever of four things it predicts;
# - measure the order of a solver, and its error, without knowing the right answer;
# - say what a step of DDIM holds constant, and choose a method and a grid for few calls.
#
# You need lessons [05](05_one_sampler.ipynb) and [07](07_four_parameterizations.ipynb). About 75 minutes and six exercises; sections marked *optional* come on top. Stuck? `hint("08.1")` says a little more each time.

# %%
import math

import torch
from scipy.integrate import solve_ivp

from udm_lessons import show
from udm_lessons.destroy import DiscreteSchedule, Gaussian, Linear, Trig, VPLinear
from udm_lessons.exercises import hint, progress, solution
from udm_lessons.flow import (
    Adams, angle_times, dpm_solver_2m, euler, heun, karras_times, leading_times,
    log_snr_times, solve, trailing_times, uniform_times,
)
from udm_lessons.rebuild import GaussianMixture, Keep, reverse_step

F64, schedule = torch.float64, VPLinear()
centres = torch.tensor([[1.2, 0.4], [-0.8, 1.0], [-0.5, -1.1], [0.9, -0.9]], dtype=F64)
shares_of_heaps = torch.tensor([0.3, 0.2, 0.3, 0.2], dtype=F64)
four = GaussianMixture(centres, torch.full((4,), 0.1, dtype=F64), shares_of_heaps)

# %% [markdown]
# The data are four round heaps of points in the plane, each of width 0.32. Their posterior is known exactly, so the "network" makes no error: whatever goes wrong is the fault of the solver. A network of digits comes at the end.

# %% [markdown]
# ## One field
#
# [Lesson 05](05_one_sampler.ipynb) found that DDIM, in small steps, follows the mean velocity. The equation is the **probability-flow ODE**:
#
# $$\frac{dx}{dt} = v(x, t) = \alpha_t'\, \hat x_0 + \sigma_t'\, \hat\varepsilon, \qquad x = \alpha_t \hat x_0 + \sigma_t \hat\varepsilon .$$
#
# A prime is a derivative in $t$. The hats are posterior means at $x$, so the second equation holds for them as well. Suppose your network predicts the noise.

# %% [markdown]
# **Exercise 08.1** ●○○ · 6 minutes. Return the velocity $v$, given $x$ and $\hat\varepsilon$. The scales, both above 0, and their slopes $\alpha'$, $\sigma'$ are numbers.

# %% nbgrader={"grade": false, "grade_id": "answer-08-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def velocity_from_noise(x, eps_hat, alpha, sigma, d_alpha, d_sigma):
    """dx/dt of the probability flow."""
    ### BEGIN SOLUTION
    x0_hat = (x - sigma * eps_hat) / alpha
    return d_alpha * x0_hat + d_sigma * eps_hat
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-08-1", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("08.1", velocity_from_noise)

# %% [markdown]
# With $x_0$ or with the score in place of the noise you would get two other formulas. Let $k = \alpha'/\alpha - \sigma'/\sigma$. All three:
#
# $$v = \frac{\alpha'}{\alpha} x - \sigma k\, \hat\varepsilon = \frac{\sigma'}{\sigma} x + \alpha k\, \hat x_0 = \frac{\alpha'}{\alpha} x + \sigma^2 k\, \nabla \log p_t .$$
#
# They look different. Are they?

# %%
def four_forms(x, t):
    a, s = schedule.alpha(t), schedule.sigma(t)
    da, ds = schedule.d_alpha(t), schedule.d_sigma(t)
    k = da / a - ds / s
    return {
        "eps": velocity_from_noise(x, four.eps_mean(x, t, schedule), a, s, da, ds),
        "x0": ds / s * x + a * k * four.x0_mean(x, t, schedule),
        "score": da / a * x + s**2 * k * four.score(x, t, schedule),
        "v": four.velocity(x, t, schedule),
    }


points = 2 * torch.randn(500, 2, generator=torch.Generator().manual_seed(0), dtype=F64)
for t in (0.05, 0.3, 0.9):
    forms = four_forms(points, t)
    size = forms["v"].abs().max()
    gap = max(float((form - forms["v"]).abs().max() / size) for form in forms.values())
    print(f"t = {t:<4}   largest difference of the four forms / size of v: {gap:.10f}")

# %% [markdown]
# One and the same function. So no parameterization makes the flow harder to solve, or "stiffer": the field does not know which network it came from. Two things do depend on the choice. One is how an error of the network turns into an error of $v$, which [lesson 07](07_four_parameterizations.ipynb) measured. The other is what a solver may hold constant in a step. That is the subject of this lesson.

# %% [markdown]
# ## Where does the flow carry a point?
#
# In one dimension the paths of a flow cannot cross, since at a crossing one point would have two velocities. So the order of the points is kept: the lowest tenth of the noise becomes the lowest tenth of the data. The flow gives the right law at each time, so only one map is possible: each quantile goes to the same quantile.

# %%
middles, widths = torch.tensor([[-1.0], [1.5]], dtype=F64), torch.tensor([0.05, 0.2], dtype=F64)
humps = GaussianMixture(middles, widths, torch.tensor([0.3, 0.7], dtype=F64))


def follow(x, start, end, oracle=four, schedule=schedule, at=None):
    """The flow from `start` to `end`, to ten digits; x has shape (n, d)."""
    def slope(t, y):
        return oracle.velocity(torch.tensor(y).reshape(x.shape), float(t), schedule).ravel().numpy()

    line = x.ravel().numpy()
    done = solve_ivp(slope, (start, end), line, method="DOP853", rtol=1e-10, atol=1e-11, t_eval=at)
    return torch.tensor(done.y).T.reshape(-1, *x.shape)


# %%
shares = torch.linspace(0.05, 0.95, 7, dtype=F64)
noise = torch.distributions.Normal(0.0, 1.0).icdf(shares)[:, None]
times = uniform_times(100)
seven = follow(noise, 1.0, 0.0, humps, Trig(), times)
line = torch.linspace(-3, 3, 200, dtype=F64)
law = torch.stack([humps.log_prob(line[:, None], t, Trig()).exp() for t in times], 1)
show.paths(
    {"Seven points, placed by their share": (times, seven[..., 0].T)},
    "time t (the flow runs from right to left)", "x", "08.seven-paths", (times, line, law),
)

# %%
def share_below(x):
    """How much of the data lies below x."""
    parts = torch.distributions.Normal(humps.means[:, 0], humps.variances.sqrt())
    return (humps.weights * parts.cdf(x)).sum(1)


back = follow(seven[-1], 0.0, 1.0, humps, Trig())[-1]
print("share of the noise below:", [f"{q:.2f}" for q in shares.tolist()])
print("share of the data below: ", [f"{q:.2f}" for q in share_below(seven[-1]).tolist()])
print(f"flown back to the noise, largest distance: {float((back - noise).abs().max()):.6f}")

# %% [markdown]
# Nothing is lost on the way: the flow is a one-to-one map between noise and data.

# %% [markdown]
# ## Order
#
# **Euler's step** follows the tangent: $x_s = x_t + (s - t)\, v(x_t, t)$. In the plane, each arrow here is one step. All start from the same eight points of noise.

# %%
START, END = 1.0, 1e-3
x0 = four.sample(300, torch.Generator().manual_seed(1))
eps = torch.randn(x0.shape, generator=torch.Generator().manual_seed(2), dtype=F64)
x_T = Gaussian(schedule).forward(x0, eps, START)


def field(x, t):
    return four.velocity(x, t, schedule)


def euler_step(field, x, t, s):
    return x + (s - t) * field(x, t)


def stations(step, steps):
    """All states of a run from x_T, in even steps of time."""
    states, grid = [x_T], uniform_times(steps, START, END)
    for t, s in zip(grid, grid[1:]):
        states.append(step(field, states[-1], t, s))
    return torch.stack(states)


# %% tags=["nbval-ignore-output"]
flow = follow(x_T, START, END, at=uniform_times(40, START, END))
runs = {f"{n} steps": stations(euler_step, n) for n in (5, 10, 20)}
eight = {name: (x[:-1, :8].flatten(0, 1), x[1:, :8].flatten(0, 1)) for name, x in runs.items()}
show.arrows(eight, "08.eight-points", x0)

# %%
def moving(states, frames=21):
    """120 points, straight from station to station."""
    place = torch.linspace(0, len(states) - 1, frames, dtype=F64)
    k = place.long().clamp(max=len(states) - 2)
    return torch.lerp(states[k], states[k + 1], (place - k)[:, None, None])[:, :120]


# %% tags=["nbval-ignore-output"]
shown = {"5 steps": runs["5 steps"], "20 steps": runs["20 steps"], "the flow": flow}
show.film_clouds({name: moving(x) for name, x in shown.items()}, "08.flowing", x0)

# %% [markdown]
# How fast does the error fall? In a step of length $h$ the tangent misses the bend of the path, by Taylor $\frac12 h^2 x''$ and smaller terms: half the step, a quarter of the miss. But twice as many steps are needed. So over the whole path half the step gives half the error. A method whose error falls like $h^p$ has **order** $p$; Euler's is 1.
#
# **Heun's step** looks at the field twice. It follows the tangent to a first guess $y$. Then it goes back to $x_t$, and makes the whole step with the mean of two slopes, the one at $(x_t, t)$ and the one at $(y, s)$.

# %% [markdown]
# **Exercise 08.2** ●●○ · 8 minutes. Write Heun's step from time `t` to the earlier time `s`. `field(x, t)` returns the velocity.

# %% nbgrader={"grade": false, "grade_id": "answer-08-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def heun_step(field, x, t, s):
    """x_s from x_t, with two looks at the field."""
    ### BEGIN SOLUTION
    v = field(x, t)
    guess = x + (s - t) * v
    return x + (s - t) / 2 * (v + field(guess, s))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-08-2", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("08.2", heun_step)

# %% [markdown]
# A look at the field is a call of the network, and calls are what costs. Heun pays two a step.

# %% tags=["nbval-ignore-output"]
show.expect("08.heun-at-ten")

# %%
truth = flow[-1]


def error(x):
    """Root of the mean squared distance to where the flow ends."""
    return float((x - truth).square().sum(1).mean().sqrt())


calls = [10, 20, 40, 80, 160]
lines = {
    "Euler": [error(stations(euler_step, n)[-1]) for n in calls],
    "Heun (yours)": [error(stations(heun_step, n // 2)[-1]) for n in calls],
}
show.race(calls, lines, "RMS error", "08.orders")
for name, line in lines.items():
    slope = math.log2(line[-2] / line[-1])
    print(f"{name:13} at 10 calls {line[0]:.3f}, at 160 {line[-1]:.4f}, last slope {slope:.1f}")

# %% [markdown]
# The order is the slope of such a line. A higher order wins in the end. Where few calls are all one has, it may lose.

# %% [markdown]
# ## The order, without the truth
#
# The errors above are distances to a solution by another method, of order 8 and hundreds of calls. For a network of images nobody has that. But the runs themselves know something: as $n$ grows, they differ less and less. Let a run of $n$ steps end at
#
# $$x_n = x_* + C\, n^{-p}, \qquad \text{for each point, with } x_*, C \text{ and } p \text{ unknown.}$$
#
# Make three runs, with $n$, $2n$ and $4n$ steps. What do their differences tell?

# %% [markdown]
# **Exercise 08.3** ●●● · 10 minutes. Return two numbers: the order $p$, and an estimate of the error of the best run, $|x_{4n} - x_*|$. A distance $|\cdot|$ of two sets of points is the root of the mean squared distance of their points. The arguments are the three ends, tensors (n, ...), from the coarsest run to the finest; their differences shrink.

# %% nbgrader={"grade": false, "grade_id": "answer-08-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def three_runs(coarse, middle, fine):
    """The order of the method, and the RMS error of the finest run."""
    ### BEGIN SOLUTION
    first = (coarse - middle).flatten(1).square().sum(1).mean().sqrt()
    second = (middle - fine).flatten(1).square().sum(1).mean().sqrt()
    order = torch.log2(first / second)
    return order, second / (2**order - 1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-08-3", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("08.3", three_runs)

# %% [markdown]
# Here the truth is known after all. So compare.

# %%
rows = {}
for name, step in (("Euler", euler_step), ("Heun", heun_step)):
    for n in (10, 40):
        ends = [stations(step, k * n)[-1] for k in (1, 2, 4)]
        order, guessed = three_runs(*ends)
        label = f"{name}, {n}, {2 * n} and {4 * n} steps"
        rows[label] = [f"{order:.2f}", float(guessed), error(ends[-1])]
show.compare(rows, ["order", "error, estimated", "error"], "08.estimated", digits=4)

# %% [markdown]
# An order far from the one in the book says: the steps are still too long for the law $C\, n^{-p}$, or the code is wrong.

# %% [markdown]
# ## What need not be guessed
#
# Euler holds the whole velocity constant during a step. But part of it is known in advance. Look at the form for a data predictor, $v = \frac{\sigma'}{\sigma} x + \alpha k\, \hat x_0$. The first part is linear in $x$, with a factor that needs no network. Only $\hat x_0$ must be asked for. So hold $\hat x_0$ alone constant, and solve the rest exactly. First with constant factors:
#
# $$\frac{dx}{dt} = a\, x + m .$$
#
# For $a = 40$ and a step $h = -0.2$, Euler multiplies $x$ by $1 + a h = -7$, while the true solution shrinks by $e^{-8}$.

# %% [markdown]
# **Exercise 08.4** ●●○ · 8 minutes. Return the exact solution after a time `h`, which is negative in a sampler. `x` and `m` are tensors, the numbers `a` and `h` are constant, and so is `m`. `a` may be 0. `math.exp` is at hand.

# %% nbgrader={"grade": false, "grade_id": "answer-08-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def linear_step(x, m, a, h):
    """x after a time h, if dx/dt = a x + m."""
    ### BEGIN SOLUTION
    if a == 0:
        return x + h * m
    return math.exp(a * h) * x + math.expm1(a * h) / a * m
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-08-4", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("08.4", linear_step)

# %% [markdown]
# In the flow the factors change with $t$. A change of clock takes care of that. Divide $x$ by $\sigma$. By the quotient rule $\frac{d}{dt} \frac{x}{\sigma} = \frac{1}{\sigma} \left( v - \frac{\sigma'}{\sigma} x \right)$. Put in $v$: the linear part cancels, and what is left is
#
# $$\frac{d}{dt} \left( \frac{x}{\sigma} \right) = \hat x_0\, \frac{d}{dt} \left( \frac{\alpha}{\sigma} \right) .$$
#
# So $x/\sigma$ moves with the velocity $\hat x_0$ along the clock $\alpha/\sigma$. With $\hat x_0$ constant,
#
# $$\frac{x_s}{\sigma_s} - \frac{x_t}{\sigma_t} = \hat x_0 \left( \frac{\alpha_s}{\sigma_s} - \frac{\alpha_t}{\sigma_t} \right) \quad \text{or} \quad x_s = \frac{\sigma_s}{\sigma_t}\, x_t + \Big( \alpha_s - \frac{\sigma_s}{\sigma_t}\, \alpha_t \Big) \hat x_0 ,$$
#
# a step of any length, the last one with $\sigma_s = 0$ too. It is called an *exponential* step, after the $e^{ah}$ of the model problem. You have met it.

# %%
def exponential_step(x, x0_hat, t, s, schedule=schedule):
    shrink = schedule.sigma(s) / schedule.sigma(t)
    return shrink * x + (schedule.alpha(s) - shrink * schedule.alpha(t)) * x0_hat


guess = four.x0_mean(x_T, 1.0, schedule)
theirs = reverse_step(Gaussian(schedule), guess, x_T, 1.0, 0.4, Keep())
away = float((exponential_step(x_T, guess, 1.0, 0.4) - theirs).abs().max())
print(f"the exponential step and DDIM, largest difference: {away:.10f}")

# %% [markdown]
# It is **DDIM**. To hold $\hat\varepsilon$ constant instead, in $x/\alpha$ along the clock $\sigma/\alpha$, gives the same step. Now look along true paths: how much does each prediction change in a step?

# %%
grid = uniform_times(20, 0.999, 0.02)
path = follow(x_T[:40], 0.999, 0.02, at=grid)
oracles = {"eps": four.eps_mean, "x0": four.x0_mean, "v": four.velocity}


def changes(kind):
    values = torch.stack([oracles[kind](x, t, schedule) for x, t in zip(path, grid)])
    size = values.square().sum(2).mean().sqrt()
    return ((values[1:] - values[:-1]).square().sum(2).mean(1).sqrt() / size).tolist()


changed = {kind: changes(kind) for kind in oracles}
show.curves(
    [k / 20 for k in range(20)], changed, "share of the way from the noise to the data",
    "change in the step / size", "08.what-changes-least",
)
least = [min(changed, key=lambda kind: changed[kind][k]) for k in range(20)]
print("changes least:", {kind: f"{least.count(kind)} of 20 steps" for kind in oracles})

# %% tags=["nbval-ignore-output"]
show.expect("08.ddim-at-ten")

# %%
ratio = lambda t: schedule.sigma(t) / schedule.alpha(t)
by_angle = lambda n: angle_times(schedule, n, START, END, 0.5)
even = lambda n: uniform_times(n, START, END)
DDIM = Adams(1, "x0", False)


def ended(method, grid):
    """Where a method of the package ends, from x_T."""
    return solve(field, "v", schedule, x_T, grid, method, progress=False)


clocks = {"Euler in v, clock t": euler, "DDIM": DDIM, "Euler, clock θ": Adams(1, "angle", False)}
rows = {
    name: [error(ended(method, spaced(n))) for spaced in (even, by_angle) for n in (10, 80)]
    for name, method in clocks.items()
}
heads = ["even in t, 10", "80 calls", "even in angle, 10", "80 calls"]
show.compare(rows, heads, "08.clocks", digits=3, best="low")

# %% [markdown]
# On even steps in $t$ DDIM has three to four times the error of Euler in $v$. On even angles the two are about equal, and Euler's step in the clock $\theta$ beats both by a factor of three. (The next two sections explain this clock and that grid.) So to be exact in the linear part is no gain by itself, and it does not suffice to hold constant what changes least. The clock has to fit the path, and the grid the clock.

# %% [markdown]
# ## Clocks
#
# DDIM is Euler's step too: $x/\sigma$ moves along the clock $\alpha/\sigma$ with the velocity $\hat x_0$. There are more such pairs. In each row a scaled $x$ moves along a clock $\tau$, and its velocity is the prediction $m$:
#
# | the prediction $m$ | moves | along the clock $\tau$ |
# |---|---|---|
# | $x_0$ | $x / \sigma$ | $\alpha / \sigma$ |
# | $\varepsilon$ | $x / \alpha$ | $\sigma / \alpha$ |
# | $\varepsilon - x_0$ | $x / (\alpha + \sigma)$ | $\sigma / (\alpha + \sigma)$ |
# | $(\alpha \varepsilon - \sigma x_0)/R$ | $x / R$, with $R = \sqrt{\alpha^2 + \sigma^2}$ | the angle $\theta = \arctan(\sigma/\alpha)$ |
#
# We call them **faces** of the flow. The third is the world of flow matching, where $\alpha = 1 - \tau$ and $\sigma = \tau$. Run eight DDIM steps under VPLinear, and Euler's method there:

# %%
line, eighths = Linear(), uniform_times(8, 1.0, 0.01)
taus = [schedule.sigma(t) / (schedule.alpha(t) + schedule.sigma(t)) for t in eighths]
z = x_T / (schedule.alpha(1.0) + schedule.sigma(1.0))
for tau, later in zip(taus, taus[1:]):
    z = z + (later - tau) * four.velocity(z, tau, line)
x = ended(DDIM, eighths) / (schedule.alpha(0.01) + schedule.sigma(0.01))
print(f"DDIM and Euler in flow matching, largest difference: {float((z - x).abs().max()):.10f}")

# %% [markdown]
# So DDIM *is* Euler, with another clock. At order 1 the first three faces agree, and the fourth is another step.

# %% [markdown]
# ## Where the steps go
#
# A chain was trained with 1000 steps, and 20 are to be used. Every fiftieth: but from which end? *Trailing* takes $1000, 950, \dots, 50$, and then $0$, the data. *Leading* takes $951, 901, \dots, 1$, and misses the noisiest step; with five steps, as in the next cell, it starts at 801. Some signal is left at its start, but the sampler is fed pure noise. Lin et al. 2024 found this in much-used code.

# %%
chain = DiscreteSchedule.ddpm()
for name, visited in (("trailing", trailing_times(5)), ("leading", leading_times(5))):
    first = int(visited[0])
    print(f"{name:9} starts at step {first:4}, where alpha = {chain.alpha(first):.3f}")

# %% [markdown]
# Even steps in $t$ have another fault. Think of the noise ratio $r = \sigma/\alpha$. While $r$ is far above the size of the data there is nothing but noise, and in flow-matching time the path is straight. Where $r$ is far below, $\hat x_0$ is settled, and the path is straight again. It bends in between. So a grid should be fine there, and coarse at both ends. An angle does that: $\arctan(r/c)$, where $c$ is the ratio in the middle of the bend. Here we take 0.5, between the width of a heap, 0.32, and the spread of all the data, about 1.3.

# %% [markdown]
# **Exercise 08.5** ●●○ · 6 minutes. Return a list of `steps` + 1 ratios from `first` to `last`, such that $\arctan(r/c)$ falls in equal parts. `scale` is $c$. `math.atan` and `math.tan` are at hand.

# %% nbgrader={"grade": false, "grade_id": "answer-08-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def even_angles(first, last, steps, scale):
    """Noise ratios sigma / alpha, evenly spaced in their angle."""
    ### BEGIN SOLUTION
    start, end = math.atan(first / scale), math.atan(last / scale)
    return [scale * math.tan(start + (end - start) * k / steps) for k in range(steps + 1)]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-08-5", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("08.5", even_angles)

# %%
def angle_grid(steps, scale=0.5):
    """Your ratios as times, from START to END."""
    inner = torch.as_tensor(even_angles(ratio(START), ratio(END), steps, scale)[1:-1], dtype=F64)
    return [START, *schedule.time_at_log_snr(-2 * inner.log()).tolist(), END]


grids = {
    "even in t": even, "even in log SNR": lambda n: log_snr_times(schedule, n, START, END),
    "Karras": lambda n: karras_times(schedule, n, START, END), "yours, even in angle": angle_grid,
}
placed = {name: [ratio(t) for t in spaced(20)] for name, spaced in grids.items()}
show.ticks(placed, "noise ratio σ/α", "08.four-grids", "log", ("0.1 to 3", 0.1, 3.0))

# %% [markdown]
# The grid of Karras et al. 2022 is even in $r^{1/7}$. It was tuned by its authors for images and for Heun's method.

# %% [markdown]
# ## Remember
#
# Euler forgets every prediction as soon as it is used. It costs nothing to keep the last one. Let $m$ be a prediction that moves $x$ along a clock $\tau$, $dx = m\, d\tau$. Draw a line through its last two values, $m_\text{old}$ at $\tau_\text{old}$ and $m$ at $\tau_t$, continue it to $\tau_s$, and integrate the line over the step. The result is a weighted sum $w\, m + w_\text{old}\, m_\text{old}$.

# %% [markdown]
# **Exercise 08.6** ●●● · 10 minutes. Find $w$ and $w_\text{old}$. The two steps may differ in length. It helps that the sum must be exact if $m$ is constant, and if $m = \tau$. Arguments are the numbers $\tau_\text{old}$, $\tau_t$, $\tau_s$.

# %% nbgrader={"grade": false, "grade_id": "answer-08-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def two_weights(before, now, then):
    """The weights of the prediction now and of the one before, for the step from now to then."""
    ### BEGIN SOLUTION
    h, old = then - now, now - before
    return h + h**2 / (2 * old), -(h**2) / (2 * old)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-08-6", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("08.6", two_weights)

# %% [markdown]
# Adams found this before 1883, with a parabola through three values, and so on. The art is in the choice of face and grid. Try your weights in the face of the angle. (The clock $\theta$ has no $c$ in it; only the grid has.)

# %%
def angle_adams(grid):
    """Two weights, in the face of the angle."""
    size = lambda t: math.hypot(schedule.alpha(t), schedule.sigma(t))
    angle = lambda t: math.atan(ratio(t))
    z, before = x_T / size(grid[0]), None
    for t, s in zip(grid, grid[1:]):
        x0_hat, eps_hat = (ask(z * size(t), t, schedule) for ask in (four.x0_mean, four.eps_mean))
        m = (schedule.alpha(t) * eps_hat - schedule.sigma(t) * x0_hat) / size(t)
        if before is None:
            z = z + (angle(s) - angle(t)) * m
        else:
            w, w_old = two_weights(angle(before[0]), angle(t), angle(s))
            z = z + w * m + w_old * before[1]
        before = t, m
    return z * size(grid[-1])


# %%
few = [5, 10, 20, 80]
rows = {
    "DDIM, even in t": [error(ended(DDIM, even(n))) for n in few],
    "DDIM, even in angle": [error(ended(DDIM, angle_grid(n))) for n in few],
    "yours, even in t": [error(angle_adams(even(n))) for n in few],
    "yours, even in angle": [error(angle_adams(angle_grid(n))) for n in few],
}
show.compare(rows, [f"{n} calls" for n in few], "08.steps-and-grids", digits=4, best="low")

# %% [markdown]
# The package has all of it. `solve` follows a model of any kind with any method. In the last two faces `Adams(2, face, corrected=False)` is your line; order 3 is a parabola. For $x_0$ and $\varepsilon$ the line is drawn over the log SNR, and still integrated over $\tau$.
#
# With `corrected=True`, the default, each step is repaired once the next prediction is known. That prediction is needed anyway, so it costs nothing, and gives one order more. One thing caps the order: the first step has nothing to remember. On a grid with a long first step the slope stays at 2, corrected at 3.

# %% [markdown]
# ## The race
#
# Now all of them. The price is the number of calls, and each method gets the best of the four grids at each price. DPM-Solver++ 2M (Lu et al. 2022) is of order 2 and predicts $x_0$.

# %% tags=["nbval-ignore-output"]
show.expect("08.ten-or-eighty")

# %%
methods = {
    "Euler in v": (euler, 1), "DDIM": (DDIM, 1), "Heun in v": (heun, 2),
    "DPM-Solver++ 2M": (dpm_solver_2m, 1), "Adams 3 in x0": (Adams(3, "x0", False), 1),
    "Adams 3 in angle": (Adams(3, "angle", corrected=True), 1),
}


def best(method, cost, n):
    return min(error(ended(method, spaced(n // cost))) for spaced in grids.values())


prices = [6, 10, 20, 40, 80]
found = {name: [best(*method, n) for n in prices] for name, method in methods.items()}
show.race(prices, found, "RMS error", "08.every-method", [1, 2, 3])

# %%
for c in (0.2, 0.5, 1.0, 2.0):
    after = error(ended(Adams(), angle_grid(10, c)))
    print(f"grid with c = {c}: Adams 3 after ten calls {after:.3f}")
for name in ("DDIM", "Adams 3 in angle"):
    line = (f"{n:4} calls {value:.4f}" for n, value in zip(prices, found[name]))
    print(f"{name:17}" + "".join(line))

# %% [markdown]
# With an exact oracle and a $c$ that suits the data, six calls of the last method do what takes DDIM between 40 and 80. With $c$ four times too large all of that is lost: 0.127 after ten calls, no better than DDIM on its best grid. So look where your paths bend, before you choose a grid.
#
# Such methods go wrong without being noticed. The third-order step of one library (`DPMSolverMultistepScheduler` in diffusers, in the version we tried) carries half of the curvature of its polynomial: its slope is 2.1, not 3. One of another (`REABSampler` in azula) scales its integral with the noise at the wrong end of the step: 1.4. Their samples look fine. Exercise 08.3 finds such things.

# %% [markdown]
# Move the number of calls, and look at the points instead of their errors.

# %% tags=["nbval-ignore-output"]
def at_calls(n):
    solvers = {"DDIM": DDIM, "Adams 3 in angle": Adams()}
    ends = {name: ended(method, angle_grid(n)) for name, method in solvers.items()}
    show.clouds(ends | {"the flow itself": truth}, "08.at-calls", real=x0)


show.slider(at_calls, "calls", [2, 3, 5, 8, 12, 20, 40], 3)

# %% [markdown]
# ## Advice, tested (*optional*)
#
# The notes of Lai et al. 2025, chapter 6, give advice on which kind to predict. Three pieces of it can be measured here.
#
# **"For few steps predict $x_0$ or $v$."** The sentence was written about training few-step generators. Does it hold for sampling? Give each kind an error of the same relative size: a fixed wavy field, 5 percent of the prediction's own size. Then run DDIM on the circle, `Trig`, from almost pure noise and from a time where signal is left.

# %%
circle = Trig()


def flawed(kind):
    def model(x, t):
        answer = oracles[kind](x, t, circle)
        wave = torch.stack([torch.sin(3 * x[:, 1] + 1), torch.cos(2 * x[:, 0])], 1)
        return answer + 0.05 * answer.square().mean().sqrt() * math.sqrt(2) * wave

    return model


def damage(kind, start, steps):
    fresh = torch.randn(x0.shape, generator=torch.Generator().manual_seed(3), dtype=F64)
    x = Gaussian(circle).forward(x0, fresh, start)
    clean = follow(x, start, 0.0, four, circle)[-1]
    times = uniform_times(steps, start, 0.0)
    end = solve(flawed(kind), kind, circle, x, times, DDIM, progress=False)
    return float((end - clean).square().sum(1).mean().sqrt())


# %%
rows = {
    f"from t = {start}, {steps} calls": [damage(kind, start, steps) for kind in oracles]
    for start in (0.999, 0.7) for steps in (1, 4, 8, 32, 128)
}
show.compare(rows, list(oracles), "08.damage")

# %% [markdown]
# From almost pure noise a noise predictor is hopeless with few steps: its error is divided by $\alpha$, which is 0.0016 there. $v$ is best or equal everywhere. $x_0$ is nearly as good up to four steps, but it gets *worse* with many: near the data its error is divided by a vanishing $\sigma$. So the advice holds where hardly any signal is left at the start, and for $v$. With signal left at the start it does not hold for $x_0$: with 4 calls the noise is as good, with 8 it is better.

# %% [markdown]
# **"For advanced solvers predict $\varepsilon$ or $x_0$."** Second order, even steps in log SNR for the first two and for DDIM. (The authors of DPM-Solver advise that grid for small images, and even steps in $t$ for large ones.) Median distances, since a few points near the border between two heaps dominate the RMS.

# %%
def median_error(method, grid):
    return 1000 * float((ended(method, grid) - truth).norm(dim=1).median())


contest = {
    "DPM-Solver++ 2M (x0), log SNR": (dpm_solver_2m, 1, "even in log SNR"),
    "Adams 2 (eps), log SNR": (Adams(2, "eps", False), 1, "even in log SNR"),
    "Heun (v), t": (heun, 2, "even in t"), "Euler (v), t": (euler, 1, "even in t"),
    "DDIM, log SNR": (DDIM, 1, "even in log SNR"), "DDIM, t": (DDIM, 1, "even in t"),
    "Adams 2 (angle), angle": (Adams(2, "angle", False), 1, "yours, even in angle"),
}
rows = {
    name: [median_error(method, grids[spaced](n // cost)) for n in (10, 20, 40, 160)]
    for name, (method, cost, spaced) in contest.items()
}
show.compare(rows, [f"{n} calls" for n in (10, 20, 40, 160)], "08.contest", digits=2, best="low")

# %% [markdown]
# Against Heun, $\varepsilon$ and $x_0$ do better, as the advice says. But plain Euler in $v$, even in $t$, beats DDIM on either grid at every number of calls; up to 20 of them it beats second order in $\varepsilon$ and $x_0$ too. And the angle beats all. The advice compares solvers and grids at least as much as kinds.

# %% [markdown]
# **"$x_0$ and $v$ give smoother targets."** Follow paths, and add up how far the prediction moves, relative to its size.

# %%
def travelled(kind, schedule, start=0.98, end=0.02):
    fresh = torch.randn(x0.shape, generator=torch.Generator().manual_seed(4), dtype=F64)
    x, moments = Gaussian(schedule).forward(x0, fresh, start), uniform_times(200, start, end)
    states = follow(x, start, end, four, schedule, at=moments)
    values = torch.stack([oracles[kind](x, t, schedule) for x, t in zip(states, moments)])
    size = values.square().sum(2).mean().sqrt()
    return float(((values[1:] - values[:-1]).norm(dim=2).sum(0) / size).mean())


rows = {
    name: [travelled(kind, path_schedule) for kind in oracles]
    for name, path_schedule in (("Linear", Linear()), ("Trig", Trig()))
}
show.compare(rows, list(oracles), "08.travelled", digits=1)

# %% [markdown]
# $x_0$ moves least: supported. $v$ moves most: by this measure, not supported. The notes have another argument for $v$, which we did not test: under `Linear` the mean square of the *target* $\varepsilon - x_0$ is the same at all times.

# %% [markdown]
# ## Try it
#
# 1. Why does Euler in $v$ win on even steps in $t$? Take ten steps. For each of them start on the true path, make this one step, and let the flow carry the result to the end. That is what the miss of this step costs. Compare the sum of the ten costs with the error of the whole run.
# 2. Let the solver choose its steps. Heun's step less Euler's estimates the miss of Euler's. Make the next step longer or shorter, so that this stays near a tolerance. How many calls, and where do the steps lie?
# 3. Try exercise 08.3 on the network of the next section.
#
# What others found. (1) With either method the last two steps cost most. Euler's ten costs add up to 0.20, but the run ends at 0.056: the misses point in different directions, and cancel. DDIM's add up to 0.24, and the run ends at 0.169. (2) With 33 calls, rejected steps included, the error was 0.0064, against 0.0145 of Heun on even steps in $t$. With the smallest tolerance 15 of 23 steps began at a ratio between 0.1 and 3: the solver found where the path bends. Adams 3 on even angles was still far better at the same price. (3) With 10, 20 and 40 calls and 60 digits the order comes out as -0.6 for DDIM, 2.0 for Adams 2 and 1.7 for Adams 3. A few digits become another digit from one run to the next, and these rule the mean square. With medians instead, DDIM, Adams 2 and Adams 3 have 0.9, 1.0 and 0.8: this network is not smooth enough for a higher order.

# %% [markdown]
# ## Ten calls for a digit
#
# Now a real network. It predicts $x_0$ of digits, with errors of its own. Adams 3 is the winner of the race, corrected; Adams 2 is your line, uncorrected, in the same face.

# %%
from functools import cache

from udm_lessons.data import digits
from udm_lessons.learn import DIGIT_PROCESS, digit_predictor, load_digit_network, whose_network
from udm_lessons.measure import energy_distance

model = cache(lambda: digit_predictor(load_digit_network()))
solvers = {"DDIM": DDIM, "Adams 2": Adams(2, "angle", False), "Adams 3": Adams()}


@cache
def drawn(name, calls, n=300):
    noise = torch.randn(n, 1, 8, 8, generator=torch.Generator().manual_seed(6))
    times = angle_times(DIGIT_PROCESS.schedule, calls, 1.0, 0.0)
    ends = solve(model(), "x0", DIGIT_PROCESS.schedule, noise, times, solvers[name], progress=False)
    return ends.clamp(-1, 1)


# %% tags=["nbval-ignore-output"]
show.expect("08.three-calls")

# %% tags=["nbval-ignore-output"]
print(f"digits by {whose_network()}")
few = {f"{name}, {n} calls": drawn(name, n)[:12] for n in (3, 5) for name in solvers}
show.images(few, "08.few-calls")

# %% tags=["nbval-ignore-output"]
more = {f"{name}, {n} calls": drawn(name, n)[:12] for n in (10, 50) for name in ("DDIM", "Adams 3")}
show.images(more, "08.more-calls")

# %% tags=["nbval-ignore-output"]
def energies(name, n):
    """Energy distance x 1000 to real digits, in four parts."""
    real = digits("train")[0]
    return torch.tensor([1000 * energy_distance(x, real) for x in drawn(name, n).chunk(4)])


def mean_and_error(values):
    return float(values.mean()), float(values.std() / math.sqrt(len(values)))


near = {name: [energies(name, n) for n in (3, 5, 10)] for name in solvers}
near["DDIM"].append(energies("DDIM", 50)), near["Adams 3"].append(energies("Adams 3", 50))
rows = {name: [mean_and_error(each) for each in near[name]] for name in ("DDIM", "Adams 3")}
for name in ("Adams 2", "Adams 3"):
    less = [mean_and_error(a - b) for a, b in zip(near[name], near["DDIM"])]
    rows[f"{name} less DDIM"] = less + ["not drawn"] * (4 - len(less))
show.compare(rows, ["3 calls", "5 calls", "10 calls", "50 calls"], "08.energies", digits=1)

# %% [markdown]
# With three calls the high order is a disaster: a parabola through three far-apart predictions, continued over a long step, leads far off. A line through two still holds. At ten calls DDIM may still be a little behind. At fifty no difference is left to measure: what errors remain are the network's, and a better solver cannot mend those. An energy distance below 0 is no mistake, the estimate scatters around 0 where two laws agree ([lesson 04](04_correct.ipynb)). From the same noise most of the scatter is shared, so the differences say more than the rows.

# %% [markdown]
# ## A recipe
#
# > | question | what to take |
# > |---|---|
# > | Where do I start? | At the noisiest time the network was trained on: *trailing*. |
# > | Which kind? | Any, converted. Only do not divide by $\alpha \approx 0$ ($\hat\varepsilon$ at the start) or $\sigma \approx 0$ ($\hat x_0$ in many steps at the end). |
# > | Which grid? | Even in $\arctan(r/c)$, with $c$ between the finest width that matters and the spread of the data. Try half and double. |
# > | Which method? | For 3 to 5 calls `Adams(2, "angle", False)`, from 10 on `Adams(3, "angle")`. With one or two, none of these: a mean of digits is no digit. |
# > | How many calls? | Run $n$, $2n$, $4n$ from the same noise. Stop where what changes is less than what you can see or measure. |
#
# What you have learnt besides:
#
# - The probability flow is one field, whatever the network predicts. It maps noise to data one to one.
# - The order of a method is a slope, and three runs measure it. Wrong coefficients hide in samples that look fine.
# - DDIM is Euler's step in another clock: exact in the linear part, with $\hat x_0$ and the noise held constant. That alone makes no good solver.
# - A grid should be fine where the path bends, and keeping old predictions gives order for free. Each helps most with the other.

# %% [markdown]
# **Read on.** Song et al. 2021, [Score-Based Generative Modeling through SDEs](https://arxiv.org/abs/2011.13456). Lu et al. 2022, [DPM-Solver++](https://arxiv.org/abs/2211.01095). Zhang and Chen 2023,
# [Fast Sampling with Exponential Integrator](https://arxiv.org/abs/2204.13902). Zhao et al. 2023, [UniPC](https://arxiv.org/abs/2302.04867). Karras et al. 2022, [Elucidating the Design Space](https://arxiv.org/abs/2206.00364). Lin et al. 2024, [Common Diffusion Noise Schedules](https://arxiv.org/abs/2305.08891).

# %% [markdown]
# **Next.** [Lesson 09](09_three_views.ipynb) asks why three quite different training losses lead to the same network, and why all the clocks of this lesson belong to one flow.

# %% [markdown]
# [← 07 · Four parameterizations](07_four_parameterizations.ipynb) · [09 · Three views →](09_three_views.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
