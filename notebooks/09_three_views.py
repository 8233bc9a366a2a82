# %% [markdown]
# # 09 · Three views
#
# [← 08 · The probability flow](08_probability_flow.ipynb) · [10 · Hot and cold →](10_hot_and_cold.ipynb)
#
# Three schools found the same method from three sides. One compares densities (variational models), one estimates slopes of a density (score matching), one transports points (flow matching).
# In this lesson you see why they train the same network, why every straight or curved path is the same path, and which equation all of them obey.
#
# You need lessons [02](02_from_steps_to_marginals.ipynb), [03](03_predict.ipynb), [05](05_one_sampler.ipynb), [07](07_four_parameterizations.ipynb) and [08](08_probability_flow.ipynb). About 75 minutes, six exercises.

# %%
import math

import torch

from udm_lessons import show
from udm_lessons.destroy import VE, Cosine, Gaussian, Linear, Schedule, Trig, VPLinear
from udm_lessons.exercises import hint, progress, solution
from udm_lessons.rebuild import GaussianMixture, Keep, reverse_step

F64 = torch.float64
schedule = Trig()
humps = GaussianMixture(torch.tensor([[-1.0], [1.5]], dtype=F64), torch.tensor([0.05, 0.05], dtype=F64))


# %% [markdown]
# ## Three targets that nobody can compute
#
# As always $x_t = \alpha_t x_0 + \sigma_t \varepsilon$, so that $p(x_t \mid x_0) = N(\alpha_t x_0, \sigma_t^2 I)$. Let $p_t$ be the law of $x_t$ when $x_0$ is drawn from the data. A network, marked by $\phi$, is to learn one of three things:
#
# $$J_{SM} = E\, |s_\phi(x_t) - \nabla \log p_t(x_t)|^2, \qquad J_{FM} = E\, |v_\phi(x_t) - v(x_t)|^2, \qquad J_{KL} = E\; \text{KL}\big( p(x_s \mid x_t) \,\big\|\, p_\phi(x_s \mid x_t) \big) .$$
#
# The score $\nabla \log p_t$, the mean velocity $v = E[\alpha_t' x_0 + \sigma_t' \varepsilon \mid x_t]$ (a prime is a derivative in time), and the law of one step back, $s < t$. Each of them is a mean over all data that could have led to $x_t$. Nobody can compute that for photographs.

# %% [markdown]
# But *given* $x_0$ all three are known in one line. So put the conditional thing in the place of the wanted one, and draw $x_0$ along with $x_t$. This is the **conditioning trick**. [Lesson 03](03_predict.ipynb) explained why it works: squared error is least at the conditional mean, so a network trained on many conditional answers learns their mean.
#
# Start with the score. Here is the normal density once more: $\log p(x \mid x_0) = -|x - \alpha x_0|^2 / (2 \sigma^2) + \text{const}$.

# %% [markdown]
# **Exercise 09.1** ●○○ · 5 minutes. Return the conditional score, the slope of $\log p(x \mid x_0)$ in $x$. `x` and `x0` are tensors of one shape (or of shapes that fit together), `alpha` and `sigma` numbers.

# %% nbgrader={"grade": false, "grade_id": "answer-09-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conditional_score(x, x0, alpha, sigma):
    """The gradient in x of log N(x; alpha x0, sigma^2 I)."""
    raise NotImplementedError('exercise 09.1 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-09-1", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("09.1", conditional_score)

# %% [markdown]
# Is the score really the mean of the conditional scores,
#
# $$\nabla \log p_t(x) = E\big[\, \nabla_x \log p(x \mid x_0) \;\big|\; x_t = x \,\big] \; ?$$
#
# Take the data of [lesson 05](05_one_sampler.ipynb), two humps at $-1$ and $1.5$. The exact score is known. At each $x$ draw $x_0$ from its posterior and average *your* conditional scores.

# %%
t = 0.4
alpha, sigma = schedule.alpha(t), schedule.sigma(t)
places = torch.linspace(-2.5, 3.0, 56, dtype=F64)[:, None]


def mean_of_scores(n):
    generator, total = torch.Generator().manual_seed(0), 0.0
    for _ in range(n):
        total = total + conditional_score(places, humps.sample_x0(places, t, schedule, generator), alpha, sigma)
    return total / n


lines = {f"mean of {n}": mean_of_scores(n)[:, 0].tolist() for n in (3, 30, 3000)}
lines["exact score"] = humps.score(places, t, schedule)[:, 0].tolist()
show.curves(
    places[:, 0].tolist(), lines, "x", "score",
    "09.averaged-scores", markers=False,
)

# %% [markdown]
# ## What the trick costs
#
# In one dimension we need not draw at all: sum over a fine grid of $x_0$ and of $x$. Then both losses can be computed to the last digits, for any guess $s_\phi$.

# %%
grid_x0 = torch.linspace(-2.6, 3.1, 400, dtype=F64)
grid_x = torch.linspace(-5.0, 5.5, 600, dtype=F64)[:, None]
step_x0, step_x = float(grid_x0[1] - grid_x0[0]), float(grid_x[1] - grid_x[0])
p_x0 = humps.log_prob(grid_x0[:, None], 0.0, schedule).exp()
p_pair = torch.distributions.Normal(alpha * grid_x0, sigma).log_prob(grid_x).exp() * p_x0
p_x = humps.log_prob(grid_x, t, schedule).exp()


def two_losses(guess, exact, conditional):
    """The loss with the exact target, and with the conditional one."""
    wanted = float(((guess - exact)[:, 0] ** 2 * p_x).sum() * step_x)
    return wanted, float(((guess - conditional) ** 2 * p_pair).sum() * step_x * step_x0)


# %%
exact = humps.score(grid_x, t, schedule)
own = conditional_score(grid_x, grid_x0, alpha, sigma)
guesses = {"0": 0 * grid_x, "-x": -grid_x, "sin x": grid_x.sin(), "the exact score": exact}
print("guess                    J_SM           J_DSM          J_SM - J_DSM")
for name, guess in guesses.items():
    wanted, conditional = two_losses(guess, exact, own)
    print(f"{name:17}{wanted:15.10f}{conditional:15.10f}{wanted - conditional:18.10f}")


# %% [markdown]
# $J_{DSM}$ is the loss with the conditional target ("denoising score matching"). The difference is one and the same number for all guesses. So both losses have the same gradient in $\phi$, and the same minimum. This is why the trick is allowed.
#
# Where does the number come from? The conditional score is $\frac{\alpha}{\sigma^2}\, x_0$ plus something known from $x_t$. So it differs from its mean by $\frac{\alpha}{\sigma^2} (x_0 - E[x_0 \mid x_t])$, and $J_{DSM}$ pays for that scatter whatever the guess is.

# %% [markdown]
# **Exercise 09.2** ●●○ · 8 minutes. Return the constant $C = J_{SM} - J_{DSM}$. All arguments are numbers: `sigma_bar_squared` is $\bar\sigma_t^2 = E|x_0 - E[x_0|x_t]|^2 / d$ of [lesson 03](03_predict.ipynb), and $d$ the number of coordinates.

# %% nbgrader={"grade": false, "grade_id": "answer-09-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def loss_gap(alpha, sigma, sigma_bar_squared, d):
    """C = J_SM - J_DSM."""
    raise NotImplementedError('exercise 09.2 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-09-2", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("09.2", loss_gap)

# %%
left = float((humps.x0_cov(grid_x, t, schedule)[:, 0, 0] * p_x).sum() * step_x)
print(f"what is left to guess of x0: {left:.10f}")
print(f"your C:                      {loss_gap(alpha, sigma, left, 1):.10f}")

# %% [markdown]
# All ten digits agree with the table, though your formula used neither loss, only the posterior variance. Note what $C < 0$ means. The conditional loss never reaches 0, not even for the perfect network. A loss at this $t$ that settles at 1.3 need not be a bad one; look at how far it is above $-C$.

# %% tags=["nbval-ignore-output"]
show.expect("09.perfect-loss")

# %%
ts = [k / 20 for k in range(1, 20)]
generator = torch.Generator().manual_seed(1)
x0, eps = humps.sample(20_000, generator), torch.randn(20_000, 1, generator=generator, dtype=F64)


def variance_left(t):
    x_t = schedule.alpha(t) * x0 + schedule.sigma(t) * eps
    return float(humps.x0_cov(x_t, t, schedule).mean())


# %%
floor = [-loss_gap(schedule.alpha(u), schedule.sigma(u), variance_left(u), 1) for u in ts]
show.curves(
    ts, {"raw": floor, "times sigma squared": [schedule.sigma(u) ** 2 * f for u, f in zip(ts, floor)]},
    "time t", "loss of the exact score",
    "09.lowest-loss", yscale="log",
)

# %% [markdown]
# ## Drawn together, or not
#
# One article writes the conditional losses as $E_{x_0}\, E_{x_t \sim p_t}$: draw an $x_0$, and draw $x_t$ from $p_t$. Read literally, $x_t$ then has nothing to do with $x_0$. It must be $E_{x_0}\, E_{x_t \sim p(x_t \mid x_0)}$. Does the slip matter?
#
# If $x_0$ is independent of $x_t$, the best answer is the mean of the conditional score over *all* $x_0$, namely $-(x - \alpha\, E x_0)/\sigma^2$. Here are both, from samples: mean targets in narrow bins of $x_t$.

# %%
x_t = alpha * x0 + sigma * eps
edges = torch.linspace(-2.4, 2.9, 28, dtype=F64)
middles = (edges[1:] + edges[:-1]) / 2
bins = torch.bucketize(x_t[:, 0].contiguous(), edges)


def binned(targets):
    return [float(targets[bins == k].mean()) for k in range(1, len(edges))]


# %%
lines = {
    "own x0": binned(conditional_score(x_t, x0, alpha, sigma)),
    "x0 of another": binned(conditional_score(x_t, x0.roll(1, 0), alpha, sigma)),
    "exact score": humps.score(middles[:, None], t, schedule)[:, 0].tolist(),
}
show.curves(
    middles.tolist(), lines, "x", "mean target",
    "09.whose-x0",
    markers=False,
)

# %%
centre = float(humps.means.mean())  # E[x0]
wrong = (alpha * centre - grid_x) / sigma**2
size, error = (math.sqrt(float((f[:, 0] ** 2 * p_x).sum() * step_x)) for f in (exact, wrong - exact))
print(f"size of the exact score: {size:.3f}")
print(f"error of the straight line: {error:.3f}")


# %% [markdown]
# It matters: the error is larger than the score itself. A network that always answers 0, whose error is the size of the score, would do better.

# %% [markdown]
# ## Points in motion
#
# Now the velocity. The path $t \mapsto \alpha_t x_0 + \sigma_t \varepsilon$ with $x_0$ and $\varepsilon$ held fixed is the *interpolant* between data and noise. Its derivative is $\alpha_t' x_0 + \sigma_t' \varepsilon$. To train on it in the form of the others, say it by $x$ and $x_0$.

# %% [markdown]
# **Exercise 09.3** ●●○ · 7 minutes. Return the conditional velocity $v(x \mid x_0)$. `d_alpha` and `d_sigma` are $\alpha'$ and $\sigma'$; assume $\sigma > 0$.

# %% nbgrader={"grade": false, "grade_id": "answer-09-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conditional_velocity(x, x0, alpha, sigma, d_alpha, d_sigma):
    """The derivative in time of the interpolant that starts in x0 and is at x now."""
    raise NotImplementedError('exercise 09.3 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-09-3", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("09.3", conditional_velocity)

# %% [markdown]
# In your formula the factor of $x_0$ is $\alpha' - \sigma' \alpha / \sigma = W / \sigma$, with $W = \alpha' \sigma - \alpha \sigma'$ as in [lesson 07](07_four_parameterizations.ipynb). So the same argument as before gives $J_{FM} = J_{CFM} + C$, in which $J_{CFM}$ has your conditional target ("conditional flow matching"), with
#
# $$C = -\frac{W^2}{\sigma^2}\, d\, \bar\sigma_t^2 .$$

# %%
d_alpha, d_sigma = schedule.d_alpha(t), schedule.d_sigma(t)
W = d_alpha * sigma - alpha * d_sigma
exact_v = humps.velocity(grid_x, t, schedule)
own_v = conditional_velocity(grid_x, grid_x0, alpha, sigma, d_alpha, d_sigma)
print("guess                    J_FM           J_CFM          J_FM - J_CFM")
for name, guess in {"0": 0 * grid_x, "sin x": grid_x.sin(), "the exact velocity": exact_v}.items():
    wanted, conditional = two_losses(guess, exact_v, own_v)
    print(f"{name:18}{wanted:14.10f}{conditional:15.10f}{wanted - conditional:18.10f}")
print(f"{'-W^2 / sigma^2 times what is left of x0':47}{-(W**2) / sigma**2 * left:18.10f}")


# %% [markdown]
# A word of care. $v(x)$ is often introduced as the "mean velocity $E[dx_t/dt \mid x_t]$". Of which path? Of the interpolant. A path of the forward SDE of [lesson 02](02_from_steps_to_marginals.ipynb) has the same $p_t$ but no velocity at all. Take the differences $(x_{t+h} - x_t)/h$ of both and let $h$ shrink.

# %%
def quotients(h, t=0.4):
    a, s, a_next, s_next = schedule.alpha(t), schedule.sigma(t), schedule.alpha(t + h), schedule.sigma(t + h)
    x = a * x0 + s * eps
    smooth = (a_next * x0 + s_next * eps - x) / h
    fresh = torch.randn(x.shape, generator=torch.Generator().manual_seed(2), dtype=F64)
    # one exact step of the SDE of lesson 02
    rough = (a_next / a * x + math.sqrt(s_next**2 - (a_next / a * s) ** 2) * fresh - x) / h
    return (float(q.square().mean().sqrt()) for q in (smooth, rough))


# %%
print("h         interpolant   SDE (root mean squares of the difference quotients)")
for h in (0.1, 0.01, 0.001, 0.0001):
    print("{:<8} {:10.1f} {:10.1f}".format(h, *quotients(h)))


# %% [markdown]
# The first column settles, the second grows like $1/\sqrt{h}$: that path is nowhere differentiable. Even the mean of its quotient given $x_t$, which does converge, is not $v$: it is $\frac{\alpha'}{\alpha} x_t$, the drift of the SDE. Same $p_t$, different paths. The last section makes a whole family of this.

# %% [markdown]
# ## Densities compared
#
# The third view, the oldest one, compares laws of one step. For a design with some fresh noise, such as that of DDPM, $p(x_s \mid x_t, x_0) = N(c_0 x_0 + c_t x_t, d^2)$ with the numbers $c_0$, $c_t$, $d$ of exercise 05.2 (here $d$ is a deviation, not the number of coordinates). In its conditional form
#
# $$J_{CKL} = E_{x_0}\, E_{x_t \mid x_0}\; \text{KL}\big( p(x_s \mid x_t, x_0) \,\big\|\, p_\phi(x_s \mid x_t) \big), \qquad J_{KL} = J_{CKL} - I(x_0; x_s \mid x_t) .$$
#
# $I$ is what $x_s$ tells about $x_0$ beyond what $x_t$ tells: a mean divergence, never negative, and free of $\phi$.
# (One article prints $\text{KL}(p(x_s | x_t)) \,\|\, p_\phi(x_s | x_t)$, with the bracket closed too early, and calls both losses $J_{KL}$. The divergence takes *two* laws, and the two losses differ by $I$.)

# %%
def numbers(s, t, sigma_tilde):
    """c_0, c_t and d of exercise 05.2, for a step from t to s with the share sigma_tilde of fresh noise."""
    c_t = schedule.sigma(s) * math.sqrt(1 - sigma_tilde**2) / schedule.sigma(t)
    return schedule.alpha(s) - schedule.alpha(t) * c_t, c_t, schedule.sigma(s) * sigma_tilde


def log_step_back(x_s, x_t, s, t, sigma_tilde):
    """log p(x_s | x_t): by hump, x0 is normal given x_t, so x_s is too. Rows are x_s, columns x_t."""
    (c_0, c_t, d), a, noise = numbers(s, t, sigma_tilde), schedule.alpha(t), schedule.sigma(t)
    total, parts = a**2 * 0.05 + noise**2, []
    share = torch.stack([-((x_t - a * m) ** 2) / (2 * total) for m in (-1.0, 1.5)]).log_softmax(0)
    for m, log_share in zip((-1.0, 1.5), share):
        mean = c_0 * (m + a * 0.05 / total * (x_t - a * m)) + c_t * x_t
        spread = math.sqrt(d**2 + c_0**2 * 0.05 * noise**2 / total)
        parts.append(log_share + torch.distributions.Normal(mean, spread).log_prob(x_s))
    return torch.stack(parts).logsumexp(0)


# %%
def kl_losses(guess, sigma_tilde, s=0.3, t=0.6):
    """J_KL, J_CKL and I for p_phi = N(c_0 guess(x_t) + c_t x_t, 2 d^2)."""
    x = torch.linspace(-9, 9, 901, dtype=F64)
    c_0, c_t, d = numbers(s, t, sigma_tilde)
    weight = humps.log_prob(x[:, None], t, schedule).exp() * 0.02
    x0_hat = guess(x[:, None])[:, 0]
    log_p = log_step_back(x[:, None], x, s, t, sigma_tilde)
    log_phi = torch.distributions.Normal(c_0 * x0_hat + c_t * x, math.sqrt(2) * d).log_prob(x[:, None])
    entropy = -(weight * (log_p.exp() * log_p).sum(0)).sum() * 0.02
    kl = (weight * (log_p.exp() * (log_p - log_phi)).sum(0)).sum() * 0.02
    off = humps.x0_cov(x[:, None], t, schedule)[:, 0, 0] + (humps.x0_mean(x[:, None], t, schedule)[:, 0] - x0_hat) ** 2
    conditional = (weight * (0.5 * math.log(2) - 0.25 + c_0**2 * off / (4 * d**2))).sum()
    information = entropy - 0.5 * math.log(2 * math.pi * math.e * d**2)
    return float(kl), float(conditional), float(information)


# %%
ddpm = math.sqrt(1 - (schedule.alpha(0.6) * schedule.sigma(0.3) / (schedule.alpha(0.3) * schedule.sigma(0.6))) ** 2)
means = {"0": lambda x: 0 * x, "x": lambda x: x, "E[x0|x_t]": lambda x: humps.x0_mean(x, 0.6, schedule)}
print("guess of x0       J_KL           J_CKL       J_KL - J_CKL          -I")
for name, guess in means.items():
    kl, conditional, information = kl_losses(guess, ddpm)
    print(f"{name:10}{kl:15.10f}{conditional:15.10f}{kl - conditional:17.10f}{-information:16.10f}")
print()
for share in (0.5, 0.3, 0.1, 0.03):
    print(f"fresh noise {share}:  I = {kl_losses(means['0'], share)[2]:.3f}")


# %% [markdown]
# Once more a constant. (The model here is *one* normal law, with a variance of our choice, $2 d^2$. So even its best mean leaves $J_{KL} > 0$: the true step has two humps. The constant does not care.)
#
# The second table shows when the trick fails: the kernel must have some noise. As the share of fresh noise falls, $I$ grows, in the end by $\log 10$ for each factor of 10, and for DDIM's point mass $J_{CKL}$ is infinite. There one compares the means of the two laws instead.

# %% [markdown]
# So the three views meet. Each target is (a number) $\cdot\, x_0$ + (something known). Each conditional loss is the wanted one plus a constant, $-C$ or $I$. And the network learns $E[x_0 \mid x_t]$ in some disguise; for the KL that holds for normal steps with a fixed variance. [Lesson 07](07_four_parameterizations.ipynb) had the conversions.

# %% [markdown]
# ## All affine flows are one
#
# The schools also draw their paths differently: flow matching along straight lines, others on a circle, or with $\alpha = 1$ and exploding noise. How much depends on that?
#
# Nothing but a clock and a zoom. Let $x_t = \alpha_t x_0 + \sigma_t \varepsilon$ on any schedule, and $\tilde x_\tau = (1 - \tau)\, x_0 + \tau\, \varepsilon$ on the straight line, with the *same* $x_0$ and $\varepsilon$. At the time $\tau$ with equal ratio of signal and noise, $x_t = c\, \tilde x_\tau$. (This $c$ is the zoom, no coefficient of a step.)

# %% [markdown]
# **Exercise 09.4** ●●○ · 8 minutes. Return $\tau$ and $c$, in this order, for given $\alpha$ and $\sigma$. Either may be 0, at an end of time: divide by neither.

# %% nbgrader={"grade": false, "grade_id": "answer-09-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def match(alpha, sigma):
    """The time on the straight line with the same SNR, and the scale between the two points."""
    raise NotImplementedError('exercise 09.4 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-09-4", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("09.4", match)

# %%
clock_times = [k / 25 for k in range(26)]
partners = {
    type(other).__name__: [match(other.alpha(u), other.sigma(u)) for u in clock_times]
    for other in (Linear(), Trig(), VPLinear(), Cosine())
}
clocks = {name: [tau for tau, _ in pairs] for name, pairs in partners.items()}
zooms = {name: [c for _, c in pairs] for name, pairs in partners.items()}
show.curves(clock_times, clocks, "time t", "matching time τ",
             "09.clocks")
show.curves(clock_times, zooms, "time t", "scale c",
             "09.zooms")


# %% [markdown]
# If the points agree up to a scale, so does all that can be known from them. A model made for the straight line answers for the other schedule: ask it at $(x/c, \tau)$. Its guesses of $x_0$ and of $\varepsilon$ hold as they are. Its score must be divided by $c$: a density that is stretched by $c$ has slopes that are flatter by $c$.
#
# Only the velocity takes thought. $x_t = c(t)\, \tilde x_{\tau(t)}$ moves because $\tilde x$ moves, and because the zoom changes.

# %% [markdown]
# **Exercise 09.5** ●●● · 10 minutes. Return the velocity at `x` on the other schedule. `model(x, tau)` is the velocity on the straight line, `c`, `d_c` and `d_tau` are $c$, $c'$ and $\tau'$, derivatives in $t$. Differentiate $c(t)\, \tilde x_{\tau(t)}$.

# %% nbgrader={"grade": false, "grade_id": "answer-09-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def carry(model, x, tau, c, d_c, d_tau):
    """The velocity at x from a model of the velocity on the straight line."""
    raise NotImplementedError('exercise 09.5 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-09-5", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("09.5", carry)

# %% [markdown]
# Try it on four schedules, against the velocity that the oracle computes there by itself. From $c = \alpha + \sigma$ and $\tau = \sigma / c$ follow $c' = \alpha' + \sigma'$ and $\tau' = -W / c^2$.

# %%
line = Linear()


def carried(x, t, other):
    a, s, da, ds = (f(t) for f in (other.alpha, other.sigma, other.d_alpha, other.d_sigma))
    tau, c = match(a, s)
    return carry(lambda x, t: humps.velocity(x, t, line), x, tau, c, da + ds, (a * ds - da * s) / c**2)


for other in (Trig(), VPLinear(), Cosine(), VE(0.01, 5.0)):
    for u in (0.2, 0.7):
        point = other.alpha(u) * x0[:50] + other.sigma(u) * eps[:50]
        gap = float((carried(point, u, other) / humps.velocity(point, u, other) - 1).abs().max())
        print(f"{type(other).__name__:10} t = {u}   relative error below 1e-9: {gap < 1e-9}")

# %% [markdown]
# The package has this for any two schedules and any kind of model: `affine_flows.transfer`, with `matching_time` and `matching_scale`. It also knows what cannot be done. The map needs a decreasing SNR, and it needs the SNR to be *reached*. An exploding schedule that stops at $\sigma = 5$ has never seen the noisiest times of DDPM:

# %%
from udm_lessons.flow import matching_time, transfer

small = VE(0.01, 5.0)
borrowed = transfer(lambda x, t: humps.x0_mean(x, t, small), small, VPLinear(), "x0")
gap = float((borrowed(places, 0.3) - humps.x0_mean(places, 0.3, VPLinear())).abs().max())
print(f"t = 0.3: error below 1e-12: {gap < 1e-12}")
try:
    borrowed(places, 0.6)
except ValueError as error:
    print(f"t = 0.6: {error}")


# %% [markdown]
# ## Paths that morph, samples that stay
#
# Blend the straight line ($w = 0$) and the circle ($w = 1$), and go beyond on both sides; for all $w$ shown, from -1 to 3, the SNR still falls. Only a model of the straight line is used. Each picture is drawn anew: 200 DDIM steps on the blended schedule, where the borrowed model guesses $x_0$.

# %%
class Blend(Schedule):
    """(1 - w) times the straight line plus w times the circle."""

    def __init__(self, w):
        self.w = w

    def mix(self, name, t):
        return (1 - self.w) * getattr(Linear(), name)(t) + self.w * getattr(Trig(), name)(t)

    def alpha(self, t):
        return self.mix("alpha", t)

    def sigma(self, t):
        return self.mix("sigma", t)

    def d_alpha(self, t):
        return self.mix("d_alpha", t)

    def d_sigma(self, t):
        return self.mix("d_sigma", t)


# %%
def ddim(x, grid, schedule):
    model = transfer(lambda x, t: humps.x0_mean(x, t, line), line, schedule, "x0")
    film = [x]
    for t, s in zip(grid, grid[1:]):
        film.append(reverse_step(Gaussian(schedule), model(film[-1], t), film[-1], t, s, Keep()))
    return torch.cat(film, 1)


def matched(steps, schedule):
    """Times of the schedule that match even steps on the straight line."""
    return matching_time(torch.linspace(1, 0, steps + 1, dtype=F64), line, schedule).tolist()


# %% tags=["nbval-ignore-output"]
start = torch.linspace(-1.9, 1.9, 9, dtype=F64)[:, None]
straight = ddim(start, matched(200, line), line)


def morph(w):
    times = matched(200, Blend(w))
    show.paths(
        {"straight line, w = 0": (matched(200, line), straight), f"w = {w:g}": (times, ddim(start, times, Blend(w)))},
        "time t (generation runs from 1 to 0)", "x",
        f"Nine samples. With w = {w:g} the paths on the right take another way, from the same noise to the same data.",
    )


show.slider(morph, "w", [-1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0], 3.0)


# %% [markdown]
# Do the ends agree exactly, or only because 200 steps are many? Take 20, at matching times, and compare with the steps of Euler, $x + (s - t)\, v(x)$, at those times.

# %%
def euler(x, grid, schedule):
    for t, s in zip(grid, grid[1:]):
        x = x + (s - t) * carried(x, t, schedule)
    return x


# %%
noise = torch.randn(2000, 1, generator=torch.Generator().manual_seed(3), dtype=F64)
home = {"DDIM": ddim(noise, matched(20, line), line)[:, -1:], "Euler": euler(noise, matched(20, line), line)}
print("distance (root mean square) from the samples of the straight line, 20 steps each")
for w in (-1.0, 0.5, 1.0, 3.0):
    other, grid = Blend(w), matched(20, Blend(w))
    same = float((ddim(noise, grid, other)[:, -1:] - home["DDIM"]).abs().max()) < 1e-12
    far = float((euler(noise, grid, other) - home["Euler"]).square().mean().sqrt())
    print(f"w = {w:4}   DDIM below 1e-12: {same}   Euler {far:.2f}")

# %% [markdown]
# At matching times DDIM steps carry over exactly, however few they are. They only use guesses of $x_0$ and $\varepsilon$, and those are the same. Euler steps do not: all flows are equivalent, their *discretisations* are not.
#
# When are the two the same? Put the guesses into one Euler step: $x + (s - t)(\alpha_t' \hat x_0 + \sigma_t' \hat\varepsilon)$. DDIM gives $\alpha_s \hat x_0 + \sigma_s \hat\varepsilon$. They agree if and only if $\alpha_s - \alpha_t = (s - t)\, \alpha_t'$, and likewise for $\sigma$: if both scales are straight lines in $t$.

# %%
even = torch.linspace(0.95, 0.05, 21, dtype=F64).tolist()
for name, other in {"straight line": line, "circle": Trig(), "w = 3": Blend(3.0)}.items():
    gap = (euler(noise, even, other) - ddim(noise, even, other)[:, -1:]).square().mean().sqrt()
    print(f"{name:14} Euler minus DDIM, 20 steps: " + ("below 1e-12" if gap < 1e-12 else f"{gap:.3f}"))


# %% [markdown]
# This is the precise sense in which "DDIM is Euler" in flow matching. On any other schedule it is Euler on the straight line, seen through the zoom and the clock, as in [lesson 08](08_probability_flow.ipynb).

# %% [markdown]
# ## One equation for all
#
# Points that flow with velocity $v$ carry their density along. Nothing is lost on the way, so what a place gains is what flows in. This is the **continuity equation**,
#
# $$\frac{\partial p_t}{\partial t} = -\nabla \cdot (v\, p_t) .$$
#
# With noise of variance $\gamma^2\, dt$ the density also spreads: $\frac12 \gamma^2 \Delta p_t$ is added, with the Laplacian $\Delta$, the sum of second derivatives. That is the **Fokker-Planck equation**. Now a small identity does great work: $\nabla \cdot (p\, \nabla \log p) = \Delta p$. The spreading by noise and a drift along the score are the same kind of thing. So one can be made to undo the other.

# %% [markdown]
# **Exercise 09.6** ●●○ · 8 minutes. The points of the ODE $dx/dt = v(x, t)$ have the law $p_t$. An SDE $dx = \text{drift}\; dt + \gamma\, dw$, in which $dw$ is normal noise of variance $|dt|$, shall have the same law at every time. Return its drift, for an SDE that runs forward in time (`direction` = 1) or backward (`direction` = -1; then $dt < 0$, and noise still spreads). The next cell differentiates your drift in $x$.

# %% nbgrader={"grade": false, "grade_id": "answer-09-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def drift(velocity, score, gamma, direction):
    """The drift with which noise of strength gamma leaves p_t as it is."""
    raise NotImplementedError('exercise 09.6 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-09-6", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("09.6", drift)


# %% [markdown]
# Does the density agree? Let autograd differentiate the exact $p_t$ in time and in space, and put your drift into
#
# $$\frac{\partial p_t}{\partial t} = -\nabla \cdot (\text{drift}\; p_t) \pm \frac12 \gamma^2 \Delta p_t \qquad (+ \text{ forward}, - \text{ backward}) .$$

# %%
def slope(y, of):
    return torch.autograd.grad(y.sum(), of, create_graph=True)[0]


def terms(gamma, direction, t=0.4):
    """dp/dt, what the drift does to p, and what the noise does to p."""
    x, time = places.clone().requires_grad_(), torch.full((len(places),), t, dtype=F64, requires_grad=True)
    p = humps.log_prob(x, time, schedule).exp()
    flux = drift(humps.velocity(x, t, schedule), humps.score(x, t, schedule), gamma, direction)[:, 0] * p
    spread = direction * gamma**2 / 2 * slope(slope(p, x), x)
    return [part.detach().flatten() for part in (slope(p, time), -slope(flux, x), spread)]


# %%
g = math.sqrt(-2 * sigma * W / alpha)
for name, gamma, direction in (
    ("continuity", 0.0, 1), ("forward, γ = g", g, 1), ("forward, γ = 3", 3.0, 1),
    ("backward, γ = 0.7", 0.7, -1), ("backward, γ = 1.5", 1.5, -1),
):
    rate, by_drift, by_noise = terms(gamma, direction)
    print(f"{name:18} left over: below 1e-9: {float((rate - by_drift - by_noise).abs().max()) < 1e-9}")
linear = drift(humps.velocity(places, t, schedule), humps.score(places, t, schedule), g, 1)
same = float((linear - d_alpha / alpha * places).abs().max()) < 1e-12
print(f"forward with γ = g: the drift is (α'/α) x: {same}")

# %% [markdown]
# Every member of the family obeys the equation, with the same $p_t$. The last line shows an old friend. With $\gamma = g$, where $g^2 = -\sigma^2\, \frac{d}{dt} \log \text{SNR} = -2 \sigma W / \alpha$ as in [lesson 05](05_one_sampler.ipynb), the forward drift is $\frac{\alpha'}{\alpha}\, x$: the SDE of [lesson 02](02_from_steps_to_marginals.ipynb), which needs no score and knows nothing of the data.

# %%
rate, by_drift, by_noise = terms(1.5, -1)
lines = {
    "dp/dt": rate.tolist(), "by the drift": by_drift.tolist(), "by the noise": by_noise.tolist(),
    "drift + noise": (by_drift + by_noise).tolist(),
}
show.curves(
    places[:, 0].tolist(), lines, "x", "change of the density",
    "09.backward",
    markers=False,
)


# %% [markdown]
# And in particles. Start 4000 of them at $t = 1$ and run *your* SDE backward in small steps. Move $\gamma$: the paths grow wild, the histogram at the end stays.

# %%
def run_back(gamma, start, steps=500, extra=True):
    """Euler-Maruyama from t = 1 to 0 with noise gamma; without the extra drift if so told."""
    x, generator, h, film = start, torch.Generator().manual_seed(4), 1 / steps, [start]
    for k in range(steps):
        t = 1 - k * h
        v, score = humps.velocity(x, t, schedule), humps.score(x, t, schedule)
        xi = torch.randn(x.shape, generator=generator, dtype=F64)
        x = x - drift(v, score, gamma if extra else 0.0, -1) * h + gamma * math.sqrt(h) * xi
        film.append(x)
    return torch.cat(film, 1)


# %%
many = torch.randn(4000, 1, generator=torch.Generator().manual_seed(5), dtype=F64)
many[:7] = torch.linspace(-1.5, 1.5, 7, dtype=F64)[:, None]
data = humps.sample(4000, torch.Generator().manual_seed(6))

# %% tags=["nbval-ignore-output"]
times = torch.linspace(1, 0, 501).tolist()
smooth = run_back(0.0, many)


def wander(gamma):
    film = run_back(gamma, many)
    show.paths(
        {"ODE, γ = 0": (times, smooth[:7]), f"γ = {gamma:g}": (times, film[:7])},
        "time t (generation runs from 1 to 0)", "x",
        f"Seven of the particles, from the same seven starts, for γ = 0 and for γ = {gamma:g}.",
    )
    show.histograms(
        {"at the end": {f"γ = {gamma:g}": film[:, -1], "data": data}}, "x",
        "09.all-particles", bins=torch.linspace(-2.2, 2.7, 50).tolist(),
    )


show.slider(wander, "γ", [0.0, 0.25, 0.5, 1.0, 2.0, 3.0], 1.0)


# %%
def distance(x):
    """The mean distance of sorted samples from the data."""
    return float((x.sort().values - data[:, 0].sort().values).abs().mean())


again = humps.sample(4000, torch.Generator().manual_seed(7))[:, 0]
print(f"data against other data: {distance(again):.2f}")
print(" γ    with your drift    drift of the ODE    wandered from the ODE")
for gamma in (0.0, 0.5, 1.0, 2.0):
    film, bare = run_back(gamma, many), run_back(gamma, many, extra=False)
    apart = float((film[:, -1] - smooth[:, -1]).abs().mean())
    print(f"{gamma:3}{distance(film[:, -1]):14.2f}{distance(bare[:, -1]):20.2f}{apart:20.2f}")

# %% [markdown]
# The law stays for every $\gamma$, though a particle ends up elsewhere than its ODE path would have taken it. Leave the extra drift away, and the noise has its way. So the ODE, the reverse SDE and all between are views of one thing: a film of densities $p_t$, and many ways to make particles act it out.

# %% [markdown]
# ## What you have learnt
#
# - Score, velocity and reverse kernel are out of reach; given $x_0$ they are one line. Trained on the conditional target, a network learns the wanted one: $J_{SM} = J_{DSM} + C$, $J_{FM} = J_{CFM} + C$, $J_{KL} = J_{CKL} - I$.
# - $C$ is negative. The loss of a perfect network is not 0. And $x_0$ and $x_t$ must be drawn together.
# - All affine flows are one, up to a clock $\tau$ and a zoom $c$, where their SNR ranges overlap. DDIM steps at matching times carry over exactly, Euler steps only between schedules that are straight in $t$.
# - One continuity equation; for each $\gamma$ there is an SDE that obeys it, forward and backward.

# %% [markdown]
# **Read on.** Vincent 2011, [A Connection Between Score Matching and Denoising Autoencoders](https://doi.org/10.1162/NECO_a_00142). Lipman et al. 2023, [Flow Matching for Generative Modeling](https://arxiv.org/abs/2210.02747).
# Albergo, Boffi and Vanden-Eijnden 2023, [Stochastic Interpolants](https://arxiv.org/abs/2303.08797) (the family in γ). Karras et al. 2022, [EDM](https://arxiv.org/abs/2206.00364).
# Lai et al. 2025, [The Principles of Diffusion Models](https://arxiv.org/abs/2510.21890), chapter 6.

# %% [markdown]
# **Next.** Enough of Gaussian noise. [Lesson 10](10_hot_and_cold.ipynb) destroys by heat and by cold, with little noise or none.

# %% [markdown]
# [← 08 · The probability flow](08_probability_flow.ipynb) · [10 · Hot and cold →](10_hot_and_cold.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
