# %% [markdown]
# # 08 · The probability flow
#
# [← 07 · Four parameterizations](07_four_parameterizations.ipynb) · [09 · Three views →](09_three_views.ipynb)
#
# A network takes milliseconds to answer, and a chain of a thousand steps asks it a thousand times. In this lesson you get from a thousand to ten. The way there has no chance in it: it is a differential equation, and solving such equations is an old art.
#
# You need lessons [05](05_one_sampler.ipynb) and [07](07_four_parameterizations.ipynb). About 70 minutes, six exercises.

# %%
import math

import torch
from scipy.integrate import solve_ivp

from udm_lessons import show
from udm_lessons.destroy import DiscreteSchedule, Gaussian, Linear, Trig, VPLinear
from udm_lessons.exercises import hint, progress, solution
from udm_lessons.rebuild import GaussianMixture, Keep, reverse_step

F64 = torch.float64
schedule = VPLinear()
four = GaussianMixture(
    torch.tensor([[1.2, 0.4], [-0.8, 1.0], [-0.5, -1.1], [0.9, -0.9]], dtype=F64),
    torch.full((4,), 0.1, dtype=F64), torch.tensor([0.3, 0.2, 0.3, 0.2], dtype=F64),
)


# %% [markdown]
# The data are four round heaps of points in the plane. Their posterior is known exactly, so the "network" of this lesson makes no error: whatever goes wrong is the fault of the solver.

# %% [markdown]
# ## One field
#
# [Lesson 05](05_one_sampler.ipynb) found that DDIM, in small steps, follows the mean velocity. The equation is called the **probability-flow ODE**:
#
# $$\frac{dx}{dt} = v(x, t) = \alpha_t'\, \hat x_0 + \sigma_t'\, \hat\varepsilon, \qquad x = \alpha_t \hat x_0 + \sigma_t \hat\varepsilon .$$
#
# A prime is a derivative in $t$. The hats are posterior means at $x$, so the second equation holds for them as well. Suppose your network predicts the noise.

# %% [markdown]
# **Exercise 08.1** ●○○ · 8 minutes. Return the velocity $v$, given $x$ and $\hat\varepsilon$. The scales, both above 0, and their slopes $\alpha'$, $\sigma'$ are numbers.

# %% nbgrader={"grade": false, "grade_id": "answer-08-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def velocity_from_noise(x, eps_hat, alpha, sigma, d_alpha, d_sigma):
    """dx/dt of the probability flow."""
    raise NotImplementedError('exercise 08.1 is waiting for your code')


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
def scales(t):
    return schedule.alpha(t), schedule.sigma(t), schedule.d_alpha(t), schedule.d_sigma(t)


def four_forms(x, t):
    a, s, da, ds = scales(t)
    k = da / a - ds / s
    return {
        "eps": velocity_from_noise(x, four.eps_mean(x, t, schedule), a, s, da, ds),
        "x0": ds / s * x + a * k * four.x0_mean(x, t, schedule),
        "score": da / a * x + s**2 * k * four.score(x, t, schedule),
        "v": four.velocity(x, t, schedule),
    }


# %%
points = 2 * torch.randn(500, 2, generator=torch.Generator().manual_seed(0), dtype=F64)
for t in (0.05, 0.3, 0.9):
    forms = four_forms(points, t)
    size = forms["v"].abs().max()
    gap = max((form - forms["v"]).abs().max() / size for form in forms.values())
    print(f"t = {t}: the four forms agree to 1e-10: {gap < 1e-10}")

# %% [markdown]
# One and the same function. So it cannot be that one parameterization makes the flow harder to solve ("stiffer"), as one article says: the field does not know which network it came from. Two things do depend on the choice. One is how an error of the network turns into an error of $v$, which [lesson 07](07_four_parameterizations.ipynb) measured. The other is what a solver may hold constant in a step. That is the subject of this lesson.

# %% [markdown]
# ## Where does the flow carry a point?
#
# In one dimension the paths of a flow cannot cross, since at a crossing one point would have two velocities. So the order of the points is kept: the lowest tenth of the noise becomes the lowest tenth of the data. The flow gives the right law at each time, so only one map is possible: it sends each quantile to the same quantile.

# %%
humps = GaussianMixture(
    torch.tensor([[-1.0], [1.5]], dtype=F64), torch.tensor([0.05, 0.2], dtype=F64), torch.tensor([0.3, 0.7], dtype=F64)
)


def follow(x, start, end, oracle=humps, schedule=Trig(), at=None):
    """The flow from `start` to `end`, to ten digits; x has shape (n, d)."""
    def field(t, y):
        return oracle.velocity(torch.tensor(y).reshape(x.shape), float(t), schedule).ravel().numpy()

    done = solve_ivp(field, (start, end), x.ravel().numpy(), method="DOP853", rtol=1e-10, atol=1e-11, t_eval=at)
    return torch.tensor(done.y).T.reshape(-1, *x.shape)


# %%
shares = torch.linspace(0.05, 0.95, 7, dtype=F64)
noise = torch.distributions.Normal(0.0, 1.0).icdf(shares)[:, None]
times = torch.linspace(1, 0, 101, dtype=F64).tolist()
film = follow(noise, 1.0, 0.0, at=times)[..., 0].T
show.curves(
    times, {f"share {q:.2f}": line.tolist() for q, line in zip(shares, film)}, "time t (the flow runs from right to left)", "x",
    "08.seven-paths", markers=False,
)


# %%
def share_below(x):
    """How much of the data lies below x."""
    parts = torch.distributions.Normal(humps.means[:, 0], humps.variances.sqrt())
    return (humps.weights * parts.cdf(x)).sum(1)


back = follow(film[:, -1:], 0.0, 1.0)[-1]
print("share of the noise below:", [f"{q:.2f}" for q in shares.tolist()])
print("share of the data below: ", [f"{q:.2f}" for q in share_below(film[:, -1:]).tolist()])
print(f"flown back to the noise, to 1e-6: {float((back - noise).abs().max()) < 1e-6}")


# %% [markdown]
# So the way back need not be a matter of chance, and the way forth is not lost: the flow is a one-to-one map between noise and data. One article calls a probabilistic way back necessary. It is one choice among many.

# %% [markdown]
# ## Order
#
# Euler's step follows the tangent: $x_s = x_t + (s - t)\, v(x_t, t)$. Over a path of fixed length, half the step gives half the error: *order 1*. Heun's step looks at the field twice. It follows the tangent to a first guess $y$. Then it goes back to $x_t$, and makes the whole step with the mean of two slopes, the one at $(x_t, t)$ and the one at $(y, s)$.

# %% [markdown]
# **Exercise 08.2** ●●○ · 8 minutes. Write Heun's step from time `t` to the earlier time `s`. `field(x, t)` returns the velocity.

# %% nbgrader={"grade": false, "grade_id": "answer-08-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def heun_step(field, x, t, s):
    """x_s from x_t, with two looks at the field."""
    raise NotImplementedError('exercise 08.2 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-08-2", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("08.2", heun_step)


# %%
def field(x, t):
    return four.velocity(x, t, schedule)


def euler_step(field, x, t, s):
    return x + (s - t) * field(x, t)


START, END = 1.0, 1e-3
x0 = four.sample(300, torch.Generator().manual_seed(1))
x_T = Gaussian(schedule).forward(x0, torch.randn(x0.shape, generator=torch.Generator().manual_seed(2), dtype=F64), START)
truth = follow(x_T, START, END, four, schedule)[-1]


def error(x):
    """Root of the mean squared distance to where the flow ends."""
    return float((x - truth).square().sum(1).mean().sqrt())


# %% tags=["nbval-ignore-output"]
show.expect("08.heun-halved")


# %%
def run(step, steps):
    x, grid = x_T, torch.linspace(START, END, steps + 1, dtype=F64).tolist()
    for t, s in zip(grid, grid[1:]):
        x = step(field, x, t, s)
    return error(x)


counts = [10, 20, 40, 80, 160]
lines = {"Euler": [run(euler_step, n) for n in counts], "Heun (yours)": [run(heun_step, n) for n in counts]}
show.curves(
    counts, lines, "number of steps", "RMS error",
    "08.orders",
    xscale="log", yscale="log",
)
for name, line in lines.items():
    print(f"{name:13} order {math.log2(line[-2] / line[-1]):.1f}")

# %% [markdown]
# The *order* is the slope of this line. But a fair price is the number of calls of the network, NFE for short ("number of function evaluations"), and Heun pays twice a step.

# %%
for calls in (10, 20, 80):
    print(f"{calls:3} calls:   Euler {run(euler_step, calls):.4f}   Heun {run(heun_step, calls // 2):.4f}")

# %% [markdown]
# With 10 or 20 calls on this grid, Heun's second look does not pay. From here on the number of calls is on the axis.

# %% [markdown]
# ## What to hold constant
#
# Euler holds the *velocity* constant during a step. But look along a path: which prediction really stays the same? Follow 40 paths in 20 even steps of time, and see how much each prediction changes in each.

# %%
grid = torch.linspace(0.999, 0.02, 21, dtype=F64).tolist()
path = follow(x_T[:40], 0.999, 0.02, four, schedule, at=grid)


def changes(ask):
    values = torch.stack([ask(x, t, schedule) for x, t in zip(path, grid)])
    size = values.square().sum(2).mean().sqrt()
    return ((values[1:] - values[:-1]).square().sum(2).mean(1).sqrt() / size).tolist()


show.curves(
    grid[:-1], {"x0": changes(four.x0_mean), "eps": changes(four.eps_mean), "v": changes(four.velocity)},
    "time t at the start of the step (the flow runs from right to left)", "change in the step / size",
    "08.what-changes-least",
)


# %% [markdown]
# So hold $\hat x_0$ instead. Divide $x$ by $\sigma$. By the quotient rule $\frac{d}{dt} \frac{x}{\sigma} = \frac{1}{\sigma} \left( v - \frac{\sigma'}{\sigma} x \right)$. Put in $v$ and $x$: the noise cancels, and what is left is
#
# $$\frac{d}{dt} \left( \frac{x}{\sigma} \right) = \hat x_0\, \frac{d}{dt} \left( \frac{\alpha}{\sigma} \right) .$$
#
# With $\hat x_0$ constant the step can be integrated exactly, whatever its length:
#
# $$\frac{x_s}{\sigma_s} - \frac{x_t}{\sigma_t} = \hat x_0 \left( \frac{\alpha_s}{\sigma_s} - \frac{\alpha_t}{\sigma_t} \right) .$$

# %% [markdown]
# **Exercise 08.3** ●●○ · 10 minutes. Solve for $x_s$. In the last step $\sigma_s = 0$: write it so that nothing is divided by $\sigma_s$.

# %% nbgrader={"grade": false, "grade_id": "answer-08-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def exponential_step(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    """x_s, with the guess of x0 held constant on the way."""
    raise NotImplementedError('exercise 08.3 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-08-3", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("08.3", exponential_step)


# %% [markdown]
# You have met this step. Compare it with `reverse_step` and `Keep()`, which infers the noise and uses it again: DDIM. (To hold the noise constant instead, in $x/\alpha$, gives the same step. The two part ways from order 2 on.)

# %%
def ddim_step(x, t, s, schedule=schedule):
    guess = four.x0_mean(x, t, schedule)
    return exponential_step(x, guess, schedule.alpha(t), schedule.sigma(t), schedule.alpha(s), schedule.sigma(s))


mine = ddim_step(x_T, 1.0, 0.4)
theirs = reverse_step(Gaussian(schedule), four.x0_mean(x_T, 1.0, schedule), x_T, 1.0, 0.4, Keep())
print(f"yours is DDIM: {float((mine - theirs).abs().max()) < 1e-12}")

# %% [markdown]
# A picture of the same fact. Run eight DDIM steps under VPLinear, and draw each state divided by $\alpha + \sigma$, against $\tau = \sigma/(\alpha + \sigma)$. That is the world of flow matching, where $\alpha = 1 - \tau$ and $\sigma = \tau$. There, run Euler's method.

# %%
x, states, taus = x_T[:6], [], []
grid = torch.linspace(1, 0.01, 9, dtype=F64).tolist()
for t, s in zip(grid, [*grid[1:], None]):
    a, sigma = schedule.alpha(t), schedule.sigma(t)
    states.append(x / (a + sigma))
    taus.append(sigma / (a + sigma))
    x = ddim_step(x, t, s) if s is not None else x

z, line = states[0], Linear()
for tau, later in zip(taus, taus[1:]):
    z = z + (later - tau) * four.velocity(z, tau, line)
print(f"DDIM and Euler end at the same points: {float((z - states[-1]).abs().max()) < 1e-12}")

# %%
straight = torch.stack(states)[..., 0].T
show.curves(
    taus, {f"point {k + 1}": row.tolist() for k, row in enumerate(straight)}, "flow-matching time τ (from right to left)", "first coordinate of x / (α + σ)",
    "08.ddim-straight",
)


# %% [markdown]
# So DDIM *is* Euler, with another clock. Which clock makes the path straightest is worth a thought. But first: are the steps in the right places?

# %% [markdown]
# ## Where the steps go
#
# A chain was trained with 1000 steps, and 20 are to be used. Every fiftieth: but from which end? Two conventions are about. *Trailing* takes $1000, 950, \dots, 50$, and then $0$, the data. *Leading* takes $951, 901, \dots, 1$. It begins at 951, not at the noisiest step, 1000. There some signal is left, but the sampler is fed pure noise. Lin et al. 2024 found this in much-used code.

# %% [markdown]
# **Exercise 08.4** ●○○ · 6 minutes. Return the trailing grid, as a list from `chain` down to 0. `steps` divides `chain`.

# %% nbgrader={"grade": false, "grade_id": "answer-08-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def trailing(steps, chain):
    """The steps of the chain that are visited, the noisiest first, and 0."""
    raise NotImplementedError('exercise 08.4 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-08-4", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("08.4", trailing)

# %%
from udm_lessons.flow import (
    Adams, angle_times, dpm_solver_2m, euler, heun, karras_times, leading_times,
    log_snr_times, solve, uniform_times,
)

chain = DiscreteSchedule.ddpm()
for name, grid in (("trailing", trailing(5, 1000)), ("leading", leading_times(5))):
    first = int(grid[0])
    print(f"{name:9} starts at step {first:4}, where the signal has the scale alpha = {chain.alpha(first):.3f}")


# %% [markdown]
# Even steps in $t$, of either kind, have another fault. Think of the ratio $r = \sigma/\alpha$. While $r$ is far above the size of the data there is nothing but noise, and the path, seen in flow-matching time, is straight. Where $r$ is far below, $\hat x_0$ is settled, and the path is straight again. It bends in between. So a grid should be fine there, and coarse at both ends. An angle does that: $\arctan(r/c)$, where $c$ is the ratio at which the path bends most. Here we take 0.5, between the width of a heap, 0.32, and the spread of all the data, about 1.3.

# %% [markdown]
# **Exercise 08.5** ●●○ · 8 minutes. Return a list of `steps` + 1 ratios from `first` to `last`, such that $\arctan(r/c)$ falls in equal parts. `scale` is $c$. `math.atan` and `math.tan` are at hand.

# %% nbgrader={"grade": false, "grade_id": "answer-08-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def even_angles(first, last, steps, scale):
    """Noise ratios sigma / alpha, evenly spaced in their angle."""
    raise NotImplementedError('exercise 08.5 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-08-5", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("08.5", even_angles)


# %%
def time_of(r):
    return schedule.time_at_log_snr(-2 * math.log(r))


def ratio(t):
    return schedule.sigma(t) / schedule.alpha(t)


def angle_grid(steps, start=START, end=END, scale=0.5):
    inner = even_angles(ratio(start), ratio(end), steps, scale)[1:-1]
    return [start, *map(time_of, inner), end]


def ddim(grid):
    x = x_T
    for t, s in zip(grid, grid[1:]):
        x = ddim_step(x, t, s)
    return error(x)


# %%
grids = {
    "even in t": lambda n: uniform_times(n, START, END), "even in log SNR": lambda n: log_snr_times(schedule, n, START, END),
    "Karras": lambda n: karras_times(schedule, n, START, END), "even in angle (yours)": angle_grid,
}
ratios = {name: [ratio(t) for t in grid(20)] for name, grid in grids.items()}
show.curves(
    list(range(21)), ratios, "time of the grid, 0 to 20", "noise ratio σ/α", "08.four-grids",
    yscale="log",
)
for name, line in ratios.items():
    print(f"{name:22} steps that start between 0.1 and 3: {sum(0.1 < r < 3 for r in line[:-1]):2} of 20")


# %% [markdown]
# The grid of Karras et al. 2022 is even in $r^{1/7}$. It was tuned by its authors for images and for Heun's method.

# %% [markdown]
# ## Remember
#
# Euler forgets every prediction as soon as it is used. It costs nothing to keep the last one. Let $m$ be a prediction that moves $x$ along a clock $\tau$, $dx = m\, d\tau$. Draw a line through its last two values, $m_\text{old}$ at $\tau_\text{old}$ and $m$ at $\tau_t$, continue it to $\tau_s$, and integrate the line over the step. The result is a weighted sum $w\, m + w_\text{old}\, m_\text{old}$.

# %% [markdown]
# **Exercise 08.6** ●●● · 12 minutes. Find $w$ and $w_\text{old}$. The two steps may differ in length. Hint: the sum must be exact if $m$ is constant, and if $m = \tau$. Arguments are the numbers $\tau_\text{old}$, $\tau_t$, $\tau_s$.

# %% nbgrader={"grade": false, "grade_id": "answer-08-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def two_weights(before, now, then):
    """The weights of the prediction now and of the one before, for the step from now to then."""
    raise NotImplementedError('exercise 08.6 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-08-6", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("08.6", two_weights)


# %% [markdown]
# Adams found this before 1883, with a parabola through three values, and so on. The art is in the choice of $m$ and $\tau$. [Lesson 07](07_four_parameterizations.ipynb) gives plenty:
#
# | the prediction $m$ | moves | along the clock $\tau$ |
# |---|---|---|
# | $x_0$ | $x / \sigma$ | $\alpha / \sigma$ |
# | $\varepsilon$ | $x / \alpha$ | $\sigma / \alpha$ |
# | $\varepsilon - x_0$ | $x / (\alpha + \sigma)$ | $\sigma / (\alpha + \sigma)$ |
# | $(\alpha \varepsilon - \sigma x_0)/R$ | $x / R$, with $R = \sqrt{\alpha^2 + \sigma^2}$ | the angle $\theta = \arctan(\sigma/\alpha)$ |
#
# We call them **faces** of the flow. The last prediction is the $v$ of some papers; ours, $\alpha' x_0 + \sigma' \varepsilon$, is the same under `Trig` up to a factor. Try your weights there. (The clock $\theta$ has no $c$ in it; only the grid has.)

# %%
def angle_adams(grid):
    """Two weights, in the face of the angle."""
    size, angle = lambda t: math.hypot(schedule.alpha(t), schedule.sigma(t)), lambda t: math.atan(ratio(t))
    z, before = x_T / size(grid[0]), None
    for t, s in zip(grid, grid[1:]):
        x0, eps = (ask(z * size(t), t, schedule) for ask in (four.x0_mean, four.eps_mean))
        m = (schedule.alpha(t) * eps - schedule.sigma(t) * x0) / size(t)
        if before is None:
            z = z + (angle(s) - angle(t)) * m
        else:
            w, w_old = two_weights(angle(before[0]), angle(t), angle(s))
            z = z + w * m + w_old * before[1]
        before = t, m
    return error(z * size(grid[-1]))


# %%
counts = [5, 10, 20, 40, 80]
lines = {
    "DDIM, even in t": [ddim(uniform_times(n, START, END)) for n in counts],
    "DDIM, even in angle": [ddim(angle_grid(n)) for n in counts],
    "Adams 2, even in t": [angle_adams(uniform_times(n, START, END)) for n in counts],
    "Adams 2, even in angle (yours)": [angle_adams(angle_grid(n)) for n in counts],
}
show.curves(
    counts, lines, "calls of the network", "RMS error",
    "08.steps-and-grids", xscale="log", yscale="log",
)
for name, line in lines.items():
    print(f"{name:31}" + "".join(f"{value:8.4f}" for value in line))

# %% [markdown]
# The package has all of it. `solve` follows a model of any kind with any method. In the last two faces `Adams(2, face, corrected=False)` is your line; order 3 is a parabola. For $x_0$ and $\varepsilon$ the line is drawn over the log SNR, in which these predictions are smoother, and still integrated over $\tau$.
#
# With `corrected=True`, the default, each step is repaired once the next prediction is known. That prediction is needed anyway, so it costs nothing, and gives one order more. One thing caps the order: the first step has nothing to remember. On a grid with a long first step the slope stays at 2, corrected at 3.

# %% [markdown]
# ## The race
#
# Now all of them, each on the grid of the four that suits it best, and the number of calls as the price. Adams 3 in $x_0$ is the third order of DPM-Solver++, with the whole of its quadratic term (published code has half of it).

# %%
methods = {
    "Euler in v": (euler, 1), "DDIM": (Adams(1, "x0", False), 1), "Heun in v": (heun, 2), "DPM-Solver++ 2M": (dpm_solver_2m, 1),
    "Adams 3 in x0": (Adams(3, "x0", False), 1),
    "Adams 3, angle, corrected": (Adams(order=3, face="angle", corrected=True), 1),
}


def solved(method, grid, ask=four.velocity, kind="v"):
    return error(solve(lambda x, t: ask(x, t, schedule), kind, schedule, x_T, grid, method, progress=False))


@torch.no_grad()
def race(n):
    """The best error of each method over the four grids, at n calls."""
    return {
        name: min(solved(method, grid(n // cost)) for grid in grids.values()) for name, (method, cost) in methods.items()
    }


# %%
counts = [6, 10, 20, 40, 80]
results = [race(n) for n in counts]
lines = {name: [result[name] for result in results] for name in methods}
show.curves(
    counts, lines, "calls of the network", "RMS error",
    "08.every-method", xscale="log", yscale="log",
)
for name, line in lines.items():
    print(f"{name:26}" + "".join(f"{value:9.0e}" for value in line) + f"   slope {math.log2(line[-2] / line[-1]):.1f}")

# %% [markdown]
# An error of 0.02 is far below the width of a heap, 0.32. DDIM needs between 40 and 80 calls for it, the last line 6. That is with an exact oracle, and with a $c$ that suits the data:

# %%
for c in (0.2, 0.5, 1.0, 2.0):
    print(f"c = {c}   error of Adams 3 after ten calls: {solved(Adams(), angle_grid(10, scale=c)):.3f}")


# %% [markdown]
# So look where your paths bend, before you choose a grid.
#
# A warning about such methods: they go wrong without being noticed. The third-order step of one library (`DPMSolverMultistepScheduler` in diffusers, in the version we tried) carries half of the curvature of its polynomial. Its samples look fine, but its slope is 2.1, not 3. One of another (`REABSampler` in azula) scales its integral with the noise at the wrong end of the step: 1.4. `make bench` prints both. Measure slopes.

# %% [markdown]
# Move the number of calls, and look at the points instead of their errors.

# %% tags=["nbval-ignore-output"]
def clouds(n):
    ends = {}
    for name, method in (("DDIM", Adams(1, "x0", False)), ("Adams 3, angle", Adams())):
        ends[name] = solve(field, "v", schedule, x_T, angle_grid(n), method, progress=False)
    show.clouds(ends | {"the flow itself": truth}, f"{n} calls of the network, even in angle. In grey: the data.", real=x0)


show.slider(clouds, "calls", [2, 3, 5, 8, 12, 20, 40], 5)

# %% [markdown]
# ## Advice, tested
#
# Notes on chapter 6 of Lai et al. 2025 give advice on which kind to predict. Three pieces of it can be measured here.
#
# **"For few steps predict $x_0$ or $v$."** The sentence was written about training few-step generators. Does it hold for sampling? Give each kind an error of the same relative size: a fixed wavy field, 5 percent of the prediction's own size. Then run DDIM on the circle, `Trig`, from almost pure noise and from a time where signal is left.

# %%
circle = Trig()
oracles = {"eps": four.eps_mean, "x0": four.x0_mean, "v": four.velocity}


def flawed(kind):
    def model(x, t):
        answer = oracles[kind](x, t, circle)
        wave = torch.stack([torch.sin(3 * x[:, 1] + 1), torch.cos(2 * x[:, 0])], 1)
        return answer + 0.05 * answer.square().mean().sqrt() * math.sqrt(2) * wave

    return model


def damage(kind, start, steps):
    x = Gaussian(circle).forward(x0, torch.randn(x0.shape, generator=torch.Generator().manual_seed(3), dtype=F64), start)
    clean = follow(x, start, 0.0, four, circle)[-1]
    end = solve(flawed(kind), kind, circle, x, uniform_times(steps, start, 0.0), Adams(1, "x0", False), progress=False)
    return float((end - clean).square().sum(1).mean().sqrt())


# %%
print("start   calls     eps      x0       v")
for start in (0.999, 0.7):
    for steps in (1, 4, 8, 32, 128):
        print(f"{start:5} {steps:7}" + "".join(f"{damage(kind, start, steps):8.2f}" for kind in oracles))


# %% [markdown]
# From almost pure noise a noise predictor is hopeless with few steps: its error is divided by $\alpha$, which is 0.0016 there. $v$ is best or equal everywhere. $x_0$ is nearly as good up to four steps, but it gets *worse* with many: near the data its error is divided by a vanishing $\sigma$. So the advice holds where hardly any signal is left at the start, and for $v$. It does not hold for $x_0$ with many steps.

# %% [markdown]
# **"For advanced solvers predict $\varepsilon$ or $x_0$."** The kinds meet one another in the faces. Second order, even steps in log SNR for the first two, as their authors advise. Median distances, since a few points near the border between two heaps dominate the RMS.

# %%
def median_error(method, grid):
    end = solve(field, "v", schedule, x_T, grid, method, progress=False)
    return float((end - truth).norm(dim=1).median())


contest = {
    "DPM-Solver++ 2M (x0)": (dpm_solver_2m, 1, "even in log SNR"), "Adams 2 (eps)": (Adams(2, "eps", False), 1, "even in log SNR"),
    "Heun (v)": (heun, 2, "even in t"), "Euler (v)": (euler, 1, "even in t"), "DDIM": (Adams(1, "x0", False), 1, "even in log SNR"),
    "Adams 2 (angle)": (Adams(2, "angle", False), 1, "even in angle (yours)"),
}
print("calls:" + " " * 26 + "10        20        40       160")
for name, (method, cost, grid) in contest.items():
    line = (median_error(method, grids[grid](n // cost)) for n in (10, 20, 40, 160))
    print(f"{name:24}" + "".join(f"{value:10.1e}" for value in line))


# %% [markdown]
# Against Heun, $\varepsilon$ and $x_0$ do better, as the advice says. But plain Euler with $v$, in the clock of VPLinear, beats DDIM, which is Euler in the clock of flow matching, at every number of calls; up to 20 of them it beats second order in $\varepsilon$ and $x_0$ too. And the angle beats all. The advice compares solvers at least as much as kinds.

# %% [markdown]
# **"$x_0$ and $v$ give smoother targets."** Follow paths, and add up how far the prediction moves, relative to its size.

# %%
def travelled(kind, schedule, start=0.98, end=0.02):
    grid, x = uniform_times(200, start, end), Gaussian(schedule).forward(x0, torch.randn(x0.shape, generator=torch.Generator().manual_seed(4), dtype=F64), start)
    path = follow(x, start, end, four, schedule, at=grid)
    values = torch.stack([oracles[kind](x, t, schedule) for x, t in zip(path, grid)])
    return float(((values[1:] - values[:-1]).norm(dim=2).sum(0) / values.square().sum(2).mean().sqrt()).mean())


print("way travelled       eps      x0       v")
for name, path_schedule in (("Linear", Linear()), ("Trig", Trig())):
    print(f"{name:16}" + "".join(f"{travelled(kind, path_schedule):8.1f}" for kind in oracles))

# %% [markdown]
# $x_0$ moves least: supported. $v$ moves most: by this measure, not supported. The book has another argument for $v$, which we did not test: under `Linear` the mean square of the *target* $\varepsilon - x_0$ is the same at all times.

# %% [markdown]
# ## A real network
#
# All this was with an exact oracle. The network of digits predicts $x_0$, with errors of its own. Ten calls each:

# %%
from functools import cache

from udm_lessons.data import digits
from udm_lessons.learn import DIGIT_PROCESS, digit_predictor, load_digit_network, whose_network
from udm_lessons.measure import energy_distance


@cache
def drawn(n=600, calls=10):
    predictor, found = digit_predictor(load_digit_network()), {}
    noise = torch.randn(n, 1, 8, 8, generator=torch.Generator().manual_seed(6))
    grid = angle_times(DIGIT_PROCESS.schedule, calls, 1.0, 0.0)
    for name, method in (("DDIM", Adams(1, "x0", False)), ("Adams 3, angle", Adams())):
        ends = solve(predictor, "x0", DIGIT_PROCESS.schedule, noise, grid, method, progress=False)
        found[name] = ends.clamp(-1, 1)
    return found


# %% tags=["nbval-ignore-output"]
print(f"digits by {whose_network()}")
show.images({name: x[:14] for name, x in drawn().items()}, "08.ten-calls")
for name, x in drawn().items():
    print(f"{name:15} energy distance x 1000: {1000 * energy_distance(x, digits('train')[0]):6.1f}")

# %%
distance = {name: energy_distance(x, digits("train")[0]) for name, x in drawn().items()}
print(f"Adams is nearer to real digits than DDIM: {distance['Adams 3, angle'] < distance['DDIM']}")

# %% [markdown]
# Energy distances may be negative, since the estimate scatters around 0 where two laws agree ([lesson 04](04_correct.ipynb)). Both rows are within a few thousandths of it. From the same noise most of the scatter is shared, so the difference says more than either number. The network's own errors are now the larger part: a better solver cannot mend those.

# %% [markdown]
# ## What you have learnt
#
# - The probability flow is one field, whatever the network predicts. It maps noise to data one to one.
# - The order of a method is a slope. Measure it: wrong coefficients hide in samples that look fine.
# - DDIM is Euler's step in another clock: it holds $\hat x_0$, or the noise, constant.
# - A grid should be fine where the path bends. Even angles do that.
# - Keeping old predictions gives order for free. With an exact oracle, a fitting grid and the face of the angle, ten calls do what DDIM cannot do with eighty.
# - Advice on kinds holds under conditions. $v$ is safe from pure noise to data, $\varepsilon$ fails at one end and $x_0$ at the other.

# %% [markdown]
# **Read on.** Song et al. 2021, [Score-Based Generative Modeling through SDEs](https://arxiv.org/abs/2011.13456). Lu et al. 2022, [DPM-Solver++](https://arxiv.org/abs/2211.01095). Zhang and Chen 2023,
# [Fast Sampling with Exponential Integrator](https://arxiv.org/abs/2204.13902). Zhao et al. 2023, [UniPC](https://arxiv.org/abs/2302.04867). Karras et al. 2022, [Elucidating the Design Space](https://arxiv.org/abs/2206.00364). Lin et al. 2024, [Common Diffusion Noise Schedules](https://arxiv.org/abs/2305.08891).

# %% [markdown]
# **Next.** [Lesson 09](09_three_views.ipynb) asks why three quite different training losses lead to the same network, and why all the clocks of this lesson belong to one flow.

# %% [markdown]
# [← 07 · Four parameterizations](07_four_parameterizations.ipynb) · [09 · Three views →](09_three_views.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
