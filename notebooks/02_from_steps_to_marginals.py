# %% [markdown]
# # 02 · From steps to marginals
#
# [← 01 · Destroy](01_forward_process.ipynb) · [03 · Predict →](03_predict.ipynb)
#
# Diffusion was born as a chain of many small steps, a thousand in DDPM, and papers still write it that way. After this lesson you can
#
# - turn any chain of such steps into one jump, and any falling curve back into steps;
# - compare schedules, and say how much of the data is left at the end;
# - say why fine detail drowns first, and what the steps become when they are many and small.
#
# You need [lesson 01](01_forward_process.ipynb). About 75 minutes, seven exercises. When you are stuck, `hint("02.1")` says more.

# %%
import math

import torch

from udm_lessons import show
from udm_lessons.data import digits, letters
from udm_lessons.exercises import hint, progress, solution


# %% [markdown]
# ## One small step
#
# The chain of DDPM adds a little noise at a time. Step $t$ takes $x_{t-1}$, shrinks it slightly, and adds noise of variance $\beta_t$:
#
# $$x_t = \sqrt{1 - \beta_t}\; x_{t-1} + \sqrt{\beta_t}\; \xi, \qquad \xi \sim N(0, I) .$$
#
# $x_t$ is made from $x_{t-1}$ and fresh noise, and from nothing older: that makes the chain a *Markov* chain.
# Why shrink? If $x_{t-1}$ has variance 1, then $x_t$ has variance $(1 - \beta_t) + \beta_t = 1$ again. Nothing blows up, however many steps follow.

# %% [markdown]
# **Exercise 02.1** ●○○ · 4 minutes. Write one step. `beta` is a number; `math.sqrt` is at hand.

# %% nbgrader={"grade": false, "grade_id": "answer-02-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def one_step(x, xi, beta):
    """x_t from x_{t-1} = x and fresh noise xi."""
    raise NotImplementedError('exercise 02.1 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-02-1", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("02.1", one_step)

# %% [markdown]
# DDPM takes 1000 steps, with $\beta_t$ rising evenly from $10^{-4}$ to 0.02. Run them on six letters.

# %%
betas = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)
shown = (0, 50, 100, 200, 400, 1000)


def run_chain(x0, seed=0):
    generator, x, frames = torch.Generator().manual_seed(seed), x0, {0: x0}
    for t, beta in enumerate(betas.tolist(), start=1):
        x = one_step(x, torch.randn(x.shape, generator=generator, dtype=x.dtype), beta)
        frames[t] = x
    return frames


capitals, labels = letters(copies=1)
word = torch.stack([capitals[labels == ord(c) - ord("A")][1] for c in "SIGNAL"])
frames = run_chain(word)
show.images({f"t = {t}": frames[t] for t in shown}, "02.chain")


# %% [markdown]
# ## All steps at once
#
# To get $x_{400}$, must one really take 400 steps? Put two steps together:
#
# $$x_2 = \sqrt{1-\beta_2}\left(\sqrt{1-\beta_1}\; x_0 + \sqrt{\beta_1}\; \xi_1\right) + \sqrt{\beta_2}\; \xi_2 .$$
#
# The signal has been multiplied by $\sqrt{(1-\beta_1)(1-\beta_2)}$. The two noises are independent and normal, so their sum is normal, and its variance
# is $(1-\beta_2)\beta_1 + \beta_2 = 1 - (1-\beta_1)(1-\beta_2)$. By induction,
#
# $$x_t = \sqrt{\bar\alpha_t}\; x_0 + \sqrt{1 - \bar\alpha_t}\; \varepsilon, \qquad \bar\alpha_t = \prod_{k=1}^{t} (1 - \beta_k), \quad \varepsilon \sim N(0, I) .$$
#
# This is the forward map of [lesson 01](01_forward_process.ipynb), with $\alpha_t = \sqrt{\bar\alpha_t}$ and $\sigma_t = \sqrt{1 - \bar\alpha_t}$. One jump replaces $t$ steps. For a chain that
# starts at a given $x_0$, the law of $x_t$ alone is its *marginal* at step $t$. In this lesson *left* means what is left of the signal's variance,
# $\bar\alpha_t$. (Of the signal itself it is the root, $\alpha_t$.)

# %% [markdown]
# **Exercise 02.2** ●●○ · 6 minutes. Given the tensor of all $\beta_t$, return the tensor of all $\bar\alpha_t$, for $t = 1$ to $T$.

# %% nbgrader={"grade": false, "grade_id": "answer-02-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def alpha_bars(betas):
    """The products (1 - beta_1) ... (1 - beta_t), for every t: a tensor of the shape of betas."""
    raise NotImplementedError('exercise 02.2 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-02-2", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("02.2", alpha_bars)

# %% [markdown]
# Does the jump land where the steps land? Start from the number $x_0 = 1$. The mean and the variance of $x_t$ can be followed exactly through all 1000 steps, without any sampling: a step multiplies the
# mean by $\sqrt{1-\beta_t}$. It multiplies the variance by $1-\beta_t$ and adds $\beta_t$.

# %%
alpha_bar = alpha_bars(betas)
mean, variance, gap = 1.0, 0.0, 0.0
for t, beta in enumerate(betas.tolist(), start=1):
    mean, variance = math.sqrt(1 - beta) * mean, (1 - beta) * variance + beta
    jump = (math.sqrt(alpha_bar[t - 1]), 1 - float(alpha_bar[t - 1]))
    gap = max(gap, abs(mean - jump[0]), abs(variance - jump[1]))

print(f"largest difference between steps and jump below 1e-12: {gap < 1e-12}")
print(f"what is left of the signal's variance after 1000 steps: {float(alpha_bar[-1]):.3e}")


# %% [markdown]
# What has a closed form here? (In papers, and now here, $q(\cdot)$ also stands for the laws of the chain.) The joint law
# $q(x_{0:T})$ of $x_0, x_1, \dots, x_T$ has none: it contains the law of the data, of which we only have samples. Each single step has one. And
# once $x_0$ is *given*, so have the jump $q(x_t \mid x_0)$ and the step back, $q(x_{t-1} \mid x_t, x_0)$, which comes in [lesson 04](04_correct.ipynb).

# %% [markdown]
# ## From a curve back to steps
#
# One may as well begin with the curve. Improved DDPM sets $\bar\alpha_t = f(t)/f(0)$ with $f(t) = \cos^2\left( \frac{t/T + s}{1 + s} \cdot \frac{\pi}{2} \right)$.
# Here $s = 0.008$ is a small offset (not a time), and $T$ is the number of steps. Which steps lead along it?

# %% [markdown]
# **Exercise 02.3** ●●○ · 8 minutes. Given the tensor of $\bar\alpha_1, \dots, \bar\alpha_T$, return the tensor of all $\beta_t$. The entries
# fall and lie between 0 and 1; the first may be 1, and only the last may be 0. $\bar\alpha_0 = 1$ is not among them.

# %% nbgrader={"grade": false, "grade_id": "answer-02-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def betas_of(alpha_bar):
    """The beta_t of the chain that leaves alpha_bar: a tensor of the shape of alpha_bar."""
    raise NotImplementedError('exercise 02.3 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-02-3", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("02.3", betas_of)

# %%
from udm_lessons.destroy import VE, Cosine, DiscreteSchedule, Linear, Trig, VPLinear, dct_matrix

angle = (torch.arange(1001, dtype=torch.float64) / 1000 + 0.008) / 1.008 * math.pi / 2
curve = (angle.cos() / angle[0].cos())[1:] ** 2
found = betas_of(curve)
cut = alpha_bars(found.clamp(max=0.999))
for t in (1, 500, 950, 990, 999):
    whole, ours = float(curve[t - 1]), Cosine().alpha(t / 1000) ** 2
    print(f"t = {t:4}   beta {float(found[t - 1]):.1e}   left {whole:.1e}   `Cosine` {ours:.1e}")
print(f"the last beta: {float(found[-1]):.4f}; left at the end if it is cut: {float(cut[-1]):.1e}")

# %% [markdown]
# The last step would take everything. Then $\alpha_T = 0$, and formulas that divide by it fail. So the paper cuts $\beta_t$ at 0.999. (Further down you will meet a reason to let the last step take everything after all.) In continuous time there is no step to cut: the package's
# `Cosine` turns its angle a little less far instead, so that $10^{-5}$ is left at the end. The paper's curve and `Cosine`
# agree within a tenth up to $t = 950$, and not at the very end.
#
# ## One curve says it all
#
# How do schedules differ? By [lesson 01](01_forward_process.ipynb) only $\text{SNR}_t = \alpha_t^2 / \sigma_t^2$ counts, and every schedule
# of the package knows its logarithm. Here, as in lesson 01, $t$ is a time from 0 to 1.
#
# - `Linear`: $\alpha_t = 1 - t$, $\sigma_t = t$ (used in flow matching; not DDPM's linear $\beta_t$).
# - `Trig`: the quarter circle of lesson 01.
# - `Cosine`: the curve of Improved DDPM, as above.
# - `VPLinear`: the limit of DDPM's chain for many steps (last section). VP is *variance preserving*, $\alpha_t^2 + \sigma_t^2 = 1$, as in `Trig`.
# - `VE`: *variance exploding*, $\alpha_t = 1$ and $\sigma_t$ from 0.01 to 50.

# %%
schedules = {
    "Linear": Linear(), "Trig": Trig(), "VPLinear": VPLinear(), "Cosine": Cosine(), "VE": VE(),
}
grid = torch.linspace(0.01, 0.99, 50, dtype=torch.float64)
show.curves(
    grid.tolist(), {name: s.log_snr(grid).tolist() for name, s in schedules.items()},
    "time t", "log SNR (nats)",
    "02.schedules", markers=False,
)

# %%
eps = torch.randn(word[:1].shape, generator=torch.Generator().manual_seed(8))


def seen(schedule, t):
    """The letter S at time t, divided by the root of alpha^2 + sigma^2."""
    alpha, sigma = schedule.alpha(t), schedule.sigma(t)
    return (alpha * word[:1] + sigma * eps) / math.hypot(alpha, sigma)


tenths = [0.1, 0.3, 0.5, 0.7, 0.9]
show.images(
    {name: torch.cat([seen(schedule, t) for t in tenths]) for name, schedule in schedules.items()},
    "02.letter-by-schedule", [f"t = {t}" for t in tenths],
)


# %% [markdown]
# ## How Gaussian is the end?
#
# Generation starts from $N(0, I)$. But $x_T$ is not exactly $N(0, I)$: a trace of the data, $\sqrt{\bar\alpha_T}\; x_0$, is left. What does it cost to ignore that? The
# Kullback-Leibler divergence from the law of $x_T$, here called $p_T$, to $N(0, I)$ measures it, in nats. For any two laws $a$ and $b$ it is
# $\text{KL}(a \,\|\, b) = E_a[\log a - \log b]$.
#
# It has a simple bound. From $N(m, \sigma^2 I)$ to $N(0, I)$ it is $\tfrac12 (|m|^2 + d \sigma^2 - d - d \log \sigma^2)$. Given $x_0$, $x_T$ is normal with
# $m = \sqrt{\bar\alpha_T}\, x_0$ and $\sigma^2 = 1 - \bar\alpha_T$. Over all $x_0$, $p_T$ is a mixture of these normal laws. And the divergence of a mixture is at most the mean of the divergences of its parts. So
#
# $$\text{KL}(p_T \,\|\, N(0, I)) \;\le\; \tfrac12 \left( \bar\alpha_T \left(E|x_0|^2 - d\right) - d \log(1 - \bar\alpha_T) \right) .$$

# %% [markdown]
# **Exercise 02.4** ●●○ · 8 minutes. Write the bound. All arguments are numbers: `alpha_bar` is $\bar\alpha_T$, at least 0 and below 1, `second_moment` is $E|x_0|^2$, and `d` the dimension.

# %% nbgrader={"grade": false, "grade_id": "answer-02-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def prior_bound(alpha_bar, second_moment, d):
    """An upper bound on KL(p_T || N(0, I)), in nats."""
    raise NotImplementedError('exercise 02.4 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-02-4", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("02.4", prior_bound)

# %% [markdown]
# In one dimension the divergence itself can be integrated on a fine grid. The data has two humps; the chain keeps DDPM's range of $\beta_t$ and gets more and more steps. The package's
# `DiscreteSchedule(betas)` is a chain read as a schedule: its time is the number of steps, up to `t_max`, which is $T$. `DiscreteSchedule.ddpm(T)` has $T$ values of $\beta_t$, rising evenly from $10^{-4}$ to 0.02.

# %% tags=["nbval-ignore-output"]
show.expect("02.short-chain")

# %%
from udm_lessons.rebuild import GaussianMixture

humps = GaussianMixture(
    torch.tensor([[-1.0], [1.5]], dtype=torch.float64),
    torch.tensor([0.05, 0.05], dtype=torch.float64),
)
second_moment = float((humps.weights * (humps.means[:, 0] ** 2 + humps.variances)).sum())


def divergence(chain):
    x = torch.linspace(-12, 12, 20_001, dtype=torch.float64)[:, None]
    log_p = humps.log_prob(x, chain.t_max, chain)
    log_normal = -(x[:, 0] ** 2) / 2 - math.log(2 * math.pi) / 2
    return float(torch.trapezoid(log_p.exp() * (log_p - log_normal), x[:, 0]))


# %%
lengths = [25, 50, 100, 200, 400, 1000]
chains = [DiscreteSchedule.ddpm(T) for T in lengths]
left = [chain.alpha(chain.t_max) ** 2 for chain in chains]
exact = [divergence(chain) for chain in chains]
bound = [prior_bound(a, second_moment, 1) for a in left]
show.curves(
    lengths, {"bound": bound, "exact": exact}, "number of steps T", "KL(p_T || N(0, 1)) (nats)",
    "02.cost-of-start",
    xscale="log", yscale="log",
)
for T, a, e, b in zip(lengths, left, exact, bound):
    print(f"T = {T:4}   left {a:.1e}   exact {e:.1e}   bound {b:.1e}   holds: {e <= b}")


# %% [markdown]
# So, while every $\beta_t$ is below 1 and the data is not standard normal itself, "$x_T$ is standard normal" is true in the limit only, in which $\bar\alpha_T$ goes to 0. With DDPM's 1000 steps the error is about a millionth of a nat for this data. With short chains whose $\beta_t$ have the same range it is not small at all.

# %% [markdown]
# ## Nothing left at the end
#
# Could one end at exactly nothing? Lin et al. (2024) found that popular image models could not draw very dark or very bright
# pictures: in training a trace of the mean brightness was left even at the last step, and generation begins without it. (Stable Diffusion
# leaves $\bar\alpha_T = 0.0047$, and a brightness that thousands of pixels share stands out of the noise even then.) Their first cure
# is to move all $\alpha_t$ a little: *shift* them, so that the last becomes 0, and *stretch* them, so that the first stays as it
# was. The result is called zero terminal SNR. It does not work alone: two more changes are needed. Many networks are trained to predict not $x_0$ but the noise. From pure noise they only have to copy it,
# which says nothing of $x_0$. So the network gets another target, called $v$ ([lesson 07](07_four_parameterizations.ipynb)). And the sampler must really begin at the last step.

# %% [markdown]
# **Exercise 02.5** ●●○ · 6 minutes. Given the tensor of $\alpha_1, \dots, \alpha_T$ at the steps of a chain, subtract one number from all and multiply all by another, so that the
# last becomes 0 and $\alpha_1$ stays. Return the tensor.

# %% nbgrader={"grade": false, "grade_id": "answer-02-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def to_zero_terminal(alpha):
    """alpha shifted and stretched: the first entry stays, the last becomes 0."""
    raise NotImplementedError('exercise 02.5 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-02-5", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("02.5", to_zero_terminal)

# %%
before = DiscreteSchedule(betas).alpha(torch.arange(1, 1001))
after = to_zero_terminal(before)
t = [1, 100, 200, 400, 600, 800, 1000]
show.curves(
    t, {"before": [float(before[k - 1]) for k in t], "after": [float(after[k - 1]) for k in t]},
    "step t", r"$\alpha_t$",
    "02.zero-terminal",
)
print(f"largest change {float((before - after).max()):.4f}")
print(f"alpha at the end: before {float(before[-1]):.4f}, after {float(after[-1]):.4f}")


# %% [markdown]
# ## Which waves drown first, and why
#
# One may think that noise removes fine detail before coarse structure *because $\beta_t$ grows*. For digits the order is right: see the
# optional end of [lesson 01](01_forward_process.ipynb). Is the reason right?
#
# In the data, wave $k$ has the average power $P_k$. All waves are scaled alike by $\sqrt{\bar\alpha_t}$. All get noise of the same
# variance $1 - \bar\alpha_t$, since the cosine transform is orthogonal. So wave $k$ drowns at the first step with $\bar\alpha_t P_k < 1 - \bar\alpha_t$.

# %% [markdown]
# **Exercise 02.6** ●●○ · 6 minutes. Return that step, counted from 1, as an `int`. `alpha_bar` is the tensor of all $\bar\alpha_t$, `power` is $P_k$, and you may
# assume that the wave does drown. `condition.nonzero()` lists the places where a condition holds.

# %% nbgrader={"grade": false, "grade_id": "answer-02-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def drowns_at(alpha_bar, power):
    """The first step t = 1, 2, ... at which the SNR of a wave of this power is below 1."""
    raise NotImplementedError('exercise 02.6 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-02-6", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("02.6", drowns_at)


# %% [markdown]
# Try three kinds of $\beta_t$ (growing, constant, *falling*) on two kinds of data (digits, and white noise, which has equal power in all waves). As in the optional end of lesson 01 the average picture is taken off, and the
# rest scaled to variance 1.

# %%
def powers(images):
    centred = (images - images.mean(0)).double()
    C, k = dct_matrix(8), torch.arange(8)
    power = (C @ (centred / centred.std()) @ C.T).square().mean(0)[0]
    return power, [float(power[torch.maximum(k[:, None], k) == i].mean()) for i in range(1, 8)]


data = {"digits": digits()[0]}
data["white"] = torch.randn(data["digits"].shape, generator=torch.Generator().manual_seed(1))
kinds = {
    "growing β": betas, "constant β": torch.full_like(betas, 0.01), "falling β": betas.flip(0),
}

# %% tags=["nbval-ignore-output"]
show.expect("02.drowning")

# %%
steps, alive = {}, {}
for name, images in data.items():
    every, by_fineness = powers(images)
    for rate, b in kinds.items():
        left = torch.cumprod(1 - b, 0)
        steps[f"{name}, {rate}"] = [drowns_at(left, p) for p in by_fineness]
        end = torch.tensor([drowns_at(left, p) for p in every.flatten().tolist()]).reshape(1, 8, 8)
        alive[f"{name}, {rate}"] = torch.stack([1.6 * (end > t) - 0.6 for t in (20, 50, 100, 250)])

show.images(alive, "02.waves-alive", ["20 steps", "50", "100", "250"])
show.compare(steps, [str(k) for k in range(1, 8)], "02.drowning", digits=0)


# %% [markdown]
# So the growth of $\beta_t$ has nothing to do with it. It moves the steps at which waves drown, never their order: $\bar\alpha_t$ falls for any $\beta_t$ above 0, so a weaker wave
# never drowns later than a stronger one. The reason is the data, in which fine waves are weak. Generation runs the other way, so expect it to settle coarse structure first, then detail.

# %% [markdown]
# ## The limit of small steps
#
# Let the steps become many and small. Step $k$ stands at the time $t = kh$, with $h = 1/T$, and has $\beta_k = \beta(t)\, h$ for a fixed *rate* $\beta(t)$.
# Then what is left is a product of many factors $1 - \beta(t)\, h$, each near 1. What becomes of it? Hint: take the logarithm.

# %% [markdown]
# **Exercise 02.7** ●●● · 10 minutes. The rate is a straight line from `low` at time 0 to `high` at time 1; it may rise, fall or stay. Return $\bar\alpha(t)$
# in the limit $T \to \infty$, exactly, for a tensor of times `t`. `low` and `high` are numbers.

# %% nbgrader={"grade": false, "grade_id": "answer-02-7", "locked": false, "schema_version": 3, "solution": true, "task": false}
def limit_alpha_bar(low, high, t):
    """What is left at time t after infinitely many small steps: a tensor of the shape of t."""
    raise NotImplementedError('exercise 02.7 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-02-7", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("02.7", limit_alpha_bar)

# %% [markdown]
# DDPM's 1000 steps have the rate $\beta_t / h$ from 0.1 to 20. How many steps does it take to come near the limit? The chains below take
# the rate in the middle of each step.

# %% tags=["nbval-ignore-output"]
show.expect("02.thirty-steps")

# %%
t = torch.tensor([0.3, 0.5, 1.0], dtype=torch.float64)
limit = limit_alpha_bar(0.1, 20.0, t)
print("T        " + "".join(f"{f't = {float(u)}':>12}" for u in t))
for T in (30, 100, 1000):
    middles = (torch.arange(T, dtype=torch.float64) + 0.5) / T
    left = alpha_bars((0.1 + 19.9 * middles) / T)[(t * T).round().long() - 1]
    print(f"{T:<9}" + "".join(f"{float(x):12.2e}" for x in left))
print("limit    " + "".join(f"{float(x):12.2e}" for x in limit))

# %% [markdown]
# Each factor is below an exponential: $1 - \beta h < e^{-\beta h}$. The rate is a straight line and is taken in the middle of each step, so the
# exponents $\beta h$ add up to the integral exactly. So every chain leaves less than the limit: much less at the end of 30 steps, between 6 and 7 in 100
# less at the end of 1000.
#
# And $x_t$ itself? Since $\sqrt{1 - \beta h} \approx 1 - \tfrac12 \beta h$, a step is
#
# $$x_{t+h} \approx x_t - \tfrac12 \beta(t)\, x_t\, h + \sqrt{\beta(t)\, h}\; \xi .$$
#
# In the limit this is the *stochastic differential equation* $dx = -\tfrac12 \beta(t)\, x\, dt + \sqrt{\beta(t)}\, dw$, in which $dw$ is noise of
# variance $dt$. `VPLinear()` is your limit with the rate from 0.1 to 20. The next cells simulate the equation from $x_0 = 1.5$. The closed form says: mean $1.5\, \alpha_t$, deviation $\sigma_t$.

# %%
schedule = VPLinear()


def sde_step(x, xi, beta, h):
    return x - beta * x * h / 2 + math.sqrt(beta * h) * xi


def simulate(T, paths=4000, seed=2):
    generator = torch.Generator().manual_seed(seed)
    x = torch.full((paths, 1), 1.5, dtype=torch.float64)
    film = [x]
    for i in range(T):
        xi = torch.randn(x.shape, generator=generator, dtype=x.dtype)
        x = sde_step(x, xi, 0.1 + 19.9 * (i + 0.5) / T, 1 / T)
        film.append(x)
    return torch.cat(film, 1)


# %%
film = simulate(200)
t = torch.arange(1, 201, dtype=torch.float64) / 200
x = torch.linspace(-3, 4, 200, dtype=torch.float64)[:, None]
law = torch.exp(-((x - 1.5 * schedule.alpha(t)) / schedule.sigma(t)) ** 2 / 2)
show.paths(
    {"12 of 4000 paths": (t, film[:12, 1:])}, "time t", "x", "02.sde-paths", (t, x[:, 0], law)
)
print(f"mean at t = 0.3: {film[:, 60].mean():.2f}, closed form {1.5 * schedule.alpha(0.3):.2f}")
print(f"deviation at t = 0.3: {film[:, 60].std():.2f}, closed form {schedule.sigma(0.3):.2f}")


# %% [markdown]
# And how fast do the steps approach the limit? The variance of the simulation can again be followed exactly, without drawing anything: a step is linear in $x$
# and $\xi$. The cell asks it for its two factors, with $(x, \xi) = (1, 0)$ and $(0, 1)$, and so follows the variance.

# %%
def final_variance(T):
    variance = 0.0
    for i in range(T):
        beta = 0.1 + 19.9 * (i + 0.5) / T
        spread = sde_step(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), beta, 1 / T).double()
        variance = float(spread[0] ** 2 * variance + spread[1] ** 2)
    return variance


lengths = [50, 100, 200, 400, 800]
errors = [abs(final_variance(T) - schedule.sigma(1.0) ** 2) for T in lengths]
show.curves(
    lengths, {"error of the variance": errors}, "number of steps T", "difference from the limit",
    "02.first-order",
    xscale="log", yscale="log",
)
slope = math.log(errors[-1] / errors[0]) / math.log(lengths[-1] / lengths[0])
print(f"slope in this picture: {slope:.1f}")

# %% [markdown]
# ## What you have learnt
#
# - A thousand Markov steps are one jump, with $\bar\alpha_t = \prod (1 - \beta_k)$; and $\beta_t = 1 - \bar\alpha_t / \bar\alpha_{t-1}$ leads back.
# - A schedule is its log-SNR curve, up to a rescaling of $x_t$.
# - $x_T$ is only nearly $N(0, I)$. The bound says how far off it can be, and zero terminal SNR makes it exact.
# - Fine waves drown first because they are weak in the data, not because $\beta_t$ grows.
# - In the limit of small steps the product becomes the exponential of an integral, and the chain an SDE.

# %% [markdown]
# ## Try it
#
# Move DDPM's $\alpha_t$ by your `to_zero_terminal`, square them, and ask your `betas_of` for the steps. What does the last one do?
# Then take a curve that rises somewhere. Which step tells?

# %% [markdown]
# **Read on.** Ho, Jain and Abbeel 2020, [Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239). Nichol and Dhariwal 2021,
# [Improved DDPM](https://arxiv.org/abs/2102.09672) (the cosine schedule). Song et al. 2021, [Score-Based Generative Modeling through SDEs](https://arxiv.org/abs/2011.13456). Lin et al. 2024,
# [Common Diffusion Noise Schedules and Sample Steps are Flawed](https://arxiv.org/abs/2305.08891).

# %% [markdown]
# **Next.** Enough destroyed. [Lesson 03](03_predict.ipynb) asks what can be known of $x_0$, and a network learns to guess it.

# %% [markdown]
# [← 01 · Destroy](01_forward_process.ipynb) · [03 · Predict →](03_predict.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
