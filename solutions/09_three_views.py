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
# # 09 · Three views
#
# [← 08 · The probability flow](08_probability_flow.ipynb) · [10 · Hot and cold →](10_hot_and_cold.ipynb)
#
# Three schools found the same method. One estimates slopes of a density (score matching), one moves points (flow matching), one compares densities (variational models). At the end of this lesson you can
#
# - say why all three train on targets that are known only *given* $x_0$, what that adds to the loss, and how to take it off;
# - carry a model from one schedule to any other, by a clock and a zoom;
# - read a velocity off a changing density by counting points, and name the SDEs, one for each amount of noise, that share that density.
#
# You need lessons [03](03_predict.ipynb), [05](05_one_sampler.ipynb), [06](06_likelihood_and_variance.ipynb), [07](07_four_parameterizations.ipynb) and [08](08_probability_flow.ipynb). About 75 minutes and six exercises; three sections marked *optional* come on top. Stuck? `hint("09.1")` says a little more each time.

# %%
import math

import torch

from udm_lessons import show
from udm_lessons.data import pinwheel_centres
from udm_lessons.destroy import VE, Cosine, Gaussian, Linear, Schedule, Trig, VPLinear
from udm_lessons.exercises import hint, progress, solution
from udm_lessons.rebuild import GaussianMixture, Keep, reverse_step

F64 = torch.float64
schedule = Trig()
centres, variances = torch.tensor([[-1.0], [1.5]], dtype=F64), torch.full((2,), 0.05, dtype=F64)
humps = GaussianMixture(centres, variances)

# %% [markdown]
# ## Three targets that nobody can compute
#
# As always $x_t = \alpha_t x_0 + \sigma_t \varepsilon$, so that $p(x_t \mid x_0) = N(\alpha_t x_0, \sigma_t^2 I)$. Let $p_t$ be the law of $x_t$ when $x_0$ is drawn from the data. A network $G$ is to learn the score or the velocity, or it makes a law $\hat p(x_s \mid x_t)$ of one step back, $s < t$:
#
# $$J_{SM} = E\, |G(x_t) - \nabla \log p_t(x_t)|^2, \qquad J_{FM} = E\, |G(x_t) - v(x_t)|^2, \qquad J_{KL} = E\; \text{KL}\big( p(x_s \mid x_t) \,\big\|\, \hat p(x_s \mid x_t) \big) .$$
#
# Here $v = E[\alpha_t' x_0 + \sigma_t' \varepsilon \mid x_t]$ is the mean velocity; a prime is a derivative in time. Each target is a mean over all data that could have led to $x_t$. Nobody can compute that for photographs.

# %% [markdown]
# But *given* $x_0$ each of them is one line. So put the conditional thing in the place of the wanted one, and draw $x_0$ along with $x_t$: the **conditioning trick**. [Lesson 03](03_predict.ipynb) explained why it works. Squared error is least at the mean, so a network that is trained on conditional answers learns their mean.
#
# For the score the line stands in [lesson 07](07_four_parameterizations.ipynb): the noise $\varepsilon = (x - \alpha x_0)/\sigma$ times $-1/\sigma$.

# %%
def conditional_score(x, x0, alpha, sigma):
    """The gradient in x of log N(x; alpha x0, sigma^2 I)."""
    return (alpha * x0 - x) / sigma**2


# %% [markdown]
# Is the score really the mean of the conditional scores, $\nabla \log p_t(x) = E\big[\, \nabla_x \log p(x \mid x_0) \,\big|\, x_t = x \,\big]$? Take the two humps of [lesson 05](05_one_sampler.ipynb), at $-1$ and $1.5$, whose score is known. At each place $x$ draw $x_0$ from its posterior, and average.

# %%
t = 0.4
alpha, sigma = schedule.alpha(t), schedule.sigma(t)
places = torch.linspace(-2.5, 3.0, 29, dtype=F64)[:, None]


def mean_of_scores(n):
    generator, total = torch.Generator().manual_seed(0), 0.0
    for _ in range(n):
        x0_drawn = humps.sample_x0(places, t, schedule, generator)
        total = total + conditional_score(places, x0_drawn, alpha, sigma)
    return (total / n)[:, 0]


score_lines = {f"mean of {n}": mean_of_scores(n) for n in (3, 300)}
score_lines["score"] = humps.score(places, t, schedule)[:, 0]
show.curves(
    places[:, 0], score_lines, "x", "score", "09.averaged-scores",
    markers=False, measured=["mean of 3", "mean of 300"],
)

# %% [markdown]
# ## What the trick costs
#
# In one dimension we need not draw at all: sum over a fine grid of $x_0$ and of $x$. So both losses can be computed to many digits, for any guess $G$.

# %%
grid_x0 = torch.linspace(-2.6, 3.1, 400, dtype=F64)
grid_x = torch.linspace(-5.0, 5.5, 600, dtype=F64)[:, None]
step_x0, step_x = float(grid_x0[1] - grid_x0[0]), float(grid_x[1] - grid_x[0])
p_x0 = humps.log_prob(grid_x0[:, None], 0.0, schedule).exp()
p_pair = torch.distributions.Normal(alpha * grid_x0, sigma).log_prob(grid_x).exp() * p_x0
p_x = humps.log_prob(grid_x, t, schedule).exp()


def two_losses(guess, exact, conditional):
    """The loss with the exact target, the one with the conditional target, and their difference."""
    wanted = float(((guess - exact)[:, 0] ** 2 * p_x).sum() * step_x)
    found = float(((guess - conditional) ** 2 * p_pair).sum() * step_x * step_x0)
    return wanted, found, wanted - found


# %%
exact_score = humps.score(grid_x, t, schedule)
own_score = conditional_score(grid_x, grid_x0, alpha, sigma)
guesses = {"0": 0 * grid_x, "-x": -grid_x, "sin x": grid_x.sin(), "the score": exact_score}
show.compare(
    {name: two_losses(guess, exact_score, own_score) for name, guess in guesses.items()},
    ["J_SM", "J_DSM", "J_SM - J_DSM"], "09.score-losses", digits=5,
)

# %% [markdown]
# $J_{DSM}$ is the loss with the conditional target ("denoising score matching"). The difference is one and the same number for all guesses. So both losses have the same gradient in the parameters of $G$, and the same minimum. That is why the trick is allowed.
#
# Where does the number come from? The conditional score is $\frac{\alpha}{\sigma^2}\, x_0$ plus something known from $x_t$. So it scatters around its mean by $\frac{\alpha}{\sigma^2} (x_0 - E[x_0 \mid x_t])$, and $J_{DSM}$ pays for that whatever the guess is. In exercise 07.1 you found this price for any kind. [Lesson 07](07_four_parameterizations.ipynb) called it $C$. In $d$ coordinates, with the $\bar\sigma_t^2$ of [lesson 03](03_predict.ipynb):
#
# $$J_{SM} - J_{DSM} = -C, \qquad C = \frac{\alpha^2}{\sigma^4}\, d\, \bar\sigma_t^2 .$$

# %%
left = float((humps.x0_cov(grid_x, t, schedule)[:, 0, 0] * p_x).sum() * step_x)
print(f"-C, from the posterior variance: {-(alpha**2) / sigma**4 * left:.5f}")

# %% tags=["nbval-ignore-output"]
show.expect("09.perfect-loss")

# %%
ts = [k / 20 for k in range(1, 20)]
generator = torch.Generator().manual_seed(1)
x0, eps = humps.sample(20_000, generator), torch.randn(20_000, 1, generator=generator, dtype=F64)


def lowest(t):
    """The conditional loss of the exact score."""
    a, sd = schedule.alpha(t), schedule.sigma(t)
    return a**2 / sd**4 * float(humps.x0_cov(a * x0 + sd * eps, t, schedule).mean())


raw = [lowest(u) for u in ts]
weighted = [schedule.sigma(u) ** 2 * loss for u, loss in zip(ts, raw)]
show.curves(
    ts, {"as it is": raw, "times σ²": weighted}, "time t", "loss of the exact score",
    "09.lowest-loss", yscale="log", markers=False,
)

# %% [markdown]
# The conditional loss never reaches 0, not even for the perfect network, as long as $\alpha_t > 0$. So a loss of 1.4 at $t = 0.4$ may be a good one. What counts is how far it lies above $C$: that is $J_{SM}$. Can it be measured by one who knows neither the score nor $C$? Yes, if at each $x_t$ *two* targets can be had, from two independent draws of $x_0$ given $x_t$.

# %% [markdown]
# **Exercise 09.1** ●●● · 8 minutes. `guess`, `first` and `second` are tensors (n, d): what the network says at n points $x_t$, and two conditional targets for each, independent given $x_t$. Return an estimate of $E\,|\text{guess} - E[\text{target} \mid x_t]|^2$ that is right on average: one number.

# %% nbgrader={"grade": false, "grade_id": "answer-09-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def wanted_loss(guess, first, second):
    """The loss against the mean of the targets, which nobody knows."""
    ### BEGIN SOLUTION
    return ((guess - first) * (guess - second)).sum(1).mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-09-1", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("09.1", wanted_loss)

# %%
x_t = alpha * x0 + sigma * eps
drawer = torch.Generator().manual_seed(10)
first, second = (
    conditional_score(x_t, humps.sample_x0(x_t, t, schedule, drawer), alpha, sigma)
    for _ in range(2)
)


def in_groups(loss, *tensors):
    """The mean of the loss over ten groups of points, and its standard error."""
    found = torch.stack([loss(*parts) for parts in zip(*(x.chunk(10) for x in tensors))])
    return float(found.mean()), float(found.std()) / math.sqrt(10)


answers = {
    "0": 0 * x_t, "-x": -x_t, "sin x": x_t.sin(), "the score": humps.score(x_t, t, schedule),
}
rows_of_losses = {
    name: [
        two_losses(guesses[name], exact_score, own_score)[0],
        in_groups(wanted_loss, answer, first, second),
        in_groups(lambda guess, one: (guess - one).square().mean(), answer, first),
    ]
    for name, answer in answers.items()
}
show.compare(rows_of_losses, ["J_SM", "yours", "one target"], "09.two-targets")

# %% [markdown]
# ## Points in motion
#
# Now the velocity. The path $t \mapsto \alpha_t x_0 + \sigma_t \varepsilon$, with $x_0$ and $\varepsilon$ held fixed, is the *interpolant* between data and noise. Its derivative is $\alpha_t' x_0 + \sigma_t' \varepsilon$. Say it by $x$ and $x_0$: the noise that leads from $x_0$ to $x$ is $(x - \alpha x_0)/\sigma$.

# %%
def conditional_velocity(x, x0, alpha, sigma, d_alpha, d_sigma):
    """The derivative in time of the interpolant that starts in x0 and is at x now."""
    return d_alpha * x0 + d_sigma / sigma * (x - alpha * x0)


# %% [markdown]
# The factor of $x_0$ is $\alpha' - \sigma' \alpha / \sigma = W / \sigma$, with $W = \alpha' \sigma - \alpha \sigma'$ as in [lesson 07](07_four_parameterizations.ipynb). So the same argument as before gives $J_{FM} = J_{CFM} - C$, where $J_{CFM}$ has the conditional target ("conditional flow matching"), with
#
# $$C = \frac{W^2}{\sigma^2}\, d\, \bar\sigma_t^2 .$$

# %%
d_alpha, d_sigma = schedule.d_alpha(t), schedule.d_sigma(t)
W = d_alpha * sigma - alpha * d_sigma
exact_v = humps.velocity(grid_x, t, schedule)
own_v = conditional_velocity(grid_x, grid_x0, alpha, sigma, d_alpha, d_sigma)
for name, guess in {"0": 0 * grid_x, "sin x": grid_x.sin()}.items():
    print(f"J_FM - J_CFM of the guess {name:6} {two_losses(guess, exact_v, own_v)[2]:.5f}")
print(f"-W^2 / sigma^2 times what is left {-(W**2) / sigma**2 * left:.5f}")

# %% [markdown]
# ## Densities compared
#
# The third view compares laws of one step. Given $x_0$, the step of [lesson 05](05_one_sampler.ipynb) with a share $\tilde\sigma > 0$ of fresh noise is normal:
#
# $$p(x_s \mid x_t, x_0) = N\Big( \alpha_s x_0 + \sigma_s \sqrt{1 - \tilde\sigma^2}\; \frac{x_t - \alpha_t x_0}{\sigma_t},\; \sigma_s^2 \tilde\sigma^2 I \Big) .$$
#
# Let the model's law $\hat p(x_s \mid x_t)$ be the same with a guess $\hat x_0(x_t)$ for $x_0$. What does the divergence of the two ask of the guess? In exercise 06.1 you found that for two normal laws of one variance it is the squared distance of the means over twice the variance.

# %% [markdown]
# **Exercise 09.2** ●●● · 12 minutes. So $\text{KL}\big(p(x_s \mid x_t, x_0) \,\big\|\, \hat p(x_s \mid x_t)\big) = w\, |x_0 - \hat x_0|^2$. Find $w$ on paper: the two levels of noise enter by nothing but their SNRs, $\text{SNR} = \alpha^2/\sigma^2$. Return it. `snr_t` and `snr_s` are numbers with $0 \le \text{SNR}_t < \text{SNR}_s$, and `sigma_tilde` is one from 0, exclusive, to 1.

# %% nbgrader={"grade": false, "grade_id": "answer-09-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def kl_weight(snr_t, snr_s, sigma_tilde):
    """The factor of |x0 - x0_hat|^2 in the divergence of a step from t back to s."""
    ### BEGIN SOLUTION
    gap = math.sqrt(snr_s) - math.sqrt((1 - sigma_tilde**2) * snr_t)
    return gap**2 / (2 * sigma_tilde**2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-09-2", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("09.2", kl_weight)

# %% tags=["nbval-ignore-output"]
show.expect("09.least-weight")

# %%
s = 0.2
snr_t, snr_s = (alpha / sigma) ** 2, (schedule.alpha(s) / schedule.sigma(s)) ** 2
shares = [k / 100 for k in range(25, 101)]
show.curves(
    shares, {"w": [kl_weight(snr_t, snr_s, share) for share in shares]},
    "share of fresh noise σ̃", "weight w of the error of x0", "09.weight",
    markers=False, lowest=True, floor=("(SNR_s − SNR_t)/2", (snr_s - snr_t) / 2),
)
print(f"lowest at {min(shares, key=lambda share: kl_weight(snr_t, snr_s, share))}")
print(f"DDPM's share: {math.sqrt(1 - snr_t / snr_s):.3f}")

# %% [markdown]
# Write $\rho = \sqrt{1 - \tilde\sigma^2}$ and $r = \sqrt{\text{SNR}_t / \text{SNR}_s}$. Then $w = \text{SNR}_s (1 - r \rho)^2 / (2 (1 - \rho^2))$, which is least at $\rho = r$: the share of DDPM. Of all these designs DDPM asks least of the guess: an error of a given size costs least in it, with the weight
#
# $$w = \tfrac12 \left( \text{SNR}_s - \text{SNR}_t \right) .$$
#
# Along a chain these weights telescope. An error of $x_0$ that is the same at every step costs the same however many steps there are.

# %% [markdown]
# Now the trick once more. The wanted loss has $p(x_s \mid x_t)$ in place of $p(x_s \mid x_t, x_0)$. Take the mean over $x_0$ and $x_t$:
#
# $$J_{CKL} = E_{x_0}\, E_{x_t \mid x_0}\; \text{KL}\big( p(x_s \mid x_t, x_0) \,\big\|\, \hat p(x_s \mid x_t) \big), \qquad J_{KL} = J_{CKL} - I(x_0; x_s \mid x_t) .$$
#
# $I$ is what $x_s$ tells about $x_0$ beyond what $x_t$ tells, the *mutual information*. It is never negative, and the model does not enter it. By your weight, $J_{CKL} = w\, E|x_0 - \hat x_0|^2$.

# %%
def kl_losses(guess, share):
    """J_KL by sums over grids, J_CKL by your weight, their difference, and -I by sums."""
    spread = schedule.sigma(s) * share
    factor = schedule.alpha(s) - schedule.sigma(s) * math.sqrt(1 - share**2) * alpha / sigma
    y = torch.linspace(-3.2, 3.8, 1500, dtype=F64)[:, None]  # x_s without its share of x_t
    given_x0 = torch.distributions.Normal(factor * grid_x0, spread).log_prob(y).exp()
    p = given_x0 @ (p_pair / p_x[:, None]).T * step_x0
    model = torch.distributions.Normal(factor * guess.T, spread).log_prob(y)
    step_y = float(y[1] - y[0])
    negative_entropy = float((torch.xlogy(p, p).sum(0) * p_x).sum() * step_x * step_y)
    wanted = negative_entropy - float(((p * model).sum(0) * p_x).sum() * step_x * step_y)
    error = float(((guess - grid_x0) ** 2 * p_pair).sum() * step_x * step_x0)
    found = kl_weight(snr_t, snr_s, share) * error
    information = -negative_entropy - 0.5 * math.log(2 * math.pi * math.e * spread**2)
    return wanted, found, wanted - found, -information


# %%
ddpm = math.sqrt(1 - snr_t / snr_s)
x0_guesses = {"0": 0 * grid_x, "x": grid_x, "E[x0|x_t]": humps.x0_mean(grid_x, t, schedule)}
show.compare(
    {name: kl_losses(guess, ddpm) for name, guess in x0_guesses.items()},
    ["J_KL", "J_CKL", "J_KL - J_CKL", "-I"], "09.kl-losses", digits=5,
)
for share in (0.8, 0.3, 0.1, 0.03):
    print(f"fresh noise {share}:  I = {-kl_losses(x0_guesses['0'], share)[3]:.3f}")

# %% [markdown]
# Once more a constant. ($J_{KL}$ stays above 0 even for the best guess, since the true step is not one normal law.)
#
# The last lines show when the trick fails: as the fresh noise vanishes, $I$ grows without bound, in the end by $\log 10$ for each factor of 10. For DDIM $J_{CKL}$ is infinite, and one compares the means of the two laws instead.
#
# So the three views meet. Each conditional target is a number times $x_0$ plus something known. Each conditional loss is the wanted one plus a constant. And the network learns $E[x_0 \mid x_t]$ in some disguise; for the divergence that holds for normal steps of a fixed variance.

# %% [markdown]
# ## All affine flows are one
#
# The schools also draw their paths differently: along straight lines, on a circle, or with $\alpha = 1$ and exploding noise. How much depends on that?
#
# Nothing but a clock and a zoom. Let $x_t = \alpha_t x_0 + \sigma_t \varepsilon$ on any schedule (flows along such paths are called *affine*), and $\tilde x_\tau = (1 - \tau)\, x_0 + \tau\, \varepsilon$ on the straight line, with the *same* $x_0$ and $\varepsilon$. At the time $\tau$ with the same ratio of signal and noise, $x_t = c\, \tilde x_\tau$.

# %% [markdown]
# **Exercise 09.3** ●●○ · 6 minutes. Return the clock $\tau$ and the zoom $c$, in this order, for given $\alpha$ and $\sigma$. Either may be 0, at an end of time: divide by neither.

# %% nbgrader={"grade": false, "grade_id": "answer-09-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def match(alpha, sigma):
    """The time on the straight line with the same SNR, and the scale between the two points."""
    ### BEGIN SOLUTION
    return sigma / (alpha + sigma), alpha + sigma
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-09-3", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("09.3", match)

# %% [markdown]
# To see it, one more family: `Blend(b)` is the straight line at $b = 0$ and the circle (`Trig`) at $b = 1$, and it goes on beyond. Up to $b = 3$ its SNR still falls.

# %%
class Blend(Schedule):
    """(1 - b) times the straight line plus b times the circle."""

    def __init__(self, b):
        self.b = b

    def mix(self, name, t):
        return (1 - self.b) * getattr(Linear(), name)(t) + self.b * getattr(Trig(), name)(t)

    def alpha(self, t):
        return self.mix("alpha", t)

    def sigma(self, t):
        return self.mix("sigma", t)

    def d_alpha(self, t):
        return self.mix("d_alpha", t)

    def d_sigma(self, t):
        return self.mix("d_sigma", t)


# %%
clock_times = [k / 50 for k in range(51)]
others = {"straight line": Linear(), "VPLinear": VPLinear(), "Blend(2)": Blend(2.0)}
pairs = {
    name: [match(other.alpha(u), other.sigma(u)) for u in clock_times]
    for name, other in others.items()
}
clocks = {name: [tau for tau, _ in found] for name, found in pairs.items()}
zooms = {name: [c for _, c in found] for name, found in pairs.items()}
show.panels(clock_times, {"clock τ": clocks, "zoom c": zooms}, "time t", "", "09.clock-and-zoom")

# %% [markdown]
# Now make one flow, from noise to the pinwheel, on the straight line. The other two are the same film: each frame is looked up by *your* clock and stretched by *your* zoom.

# %%
line = Linear()
wheel = GaussianMixture(pinwheel_centres(), torch.full((20,), 0.01, dtype=F64))


def flow_back(data, x, times, other, model):
    """DDIM steps along the times, with the guesses of x0 by the model; all states on the way."""
    states = [x]
    for t, s in zip(times, times[1:]):
        guess = model(states[-1], t)
        states.append(reverse_step(Gaussian(other), guess, states[-1], t, s, Keep()))
    return states


noise_2d = torch.randn(220, 2, generator=torch.Generator().manual_seed(2), dtype=F64)
even_times = torch.linspace(1, 0, 201, dtype=F64).tolist()
states = flow_back(wheel, noise_2d, even_times, line, lambda x, t: wheel.x0_mean(x, t, line))


frame_times = [(1 - k / 20) ** 1.5 for k in range(21)]


def bent(other):
    """The one film, by the clock and the zoom of another schedule."""
    frames = []
    for t in frame_times:
        tau, c = match(other.alpha(t), other.sigma(t))
        frames.append(c * states[round(200 * (1 - float(tau)))])
    return torch.stack(frames)


# %% tags=["nbval-ignore-output"]
films = {name: bent(other) for name, other in others.items()}
titles = [f"t = {u:.2f}" for u in frame_times]
show.film_clouds(films, "09.one-flow", titles=titles)

# %% [markdown]
# If the points agree up to a scale, so does all that can be known from them. A model made for the straight line answers for the other schedule: ask it at $(x/c, \tau)$. Its guesses of $x_0$ and of $\varepsilon$ hold as they are. Its score must be divided by $c$: stretch a density by $c$, and its *logarithm* has slopes that are flatter by $c$.
#
# Only the velocity takes thought. $x_t = c(t)\, \tilde x_{\tau(t)}$ moves because $\tilde x$ moves, and because the zoom changes.

# %% [markdown]
# **Exercise 09.4** ●●● · 9 minutes. Return the velocity at `x` on the other schedule. `model(x, tau)` is the velocity on the straight line, `c`, `d_c` and `d_tau` are $c$, $c'$ and $\tau'$, derivatives in $t$. Differentiate $c(t)\, \tilde x_{\tau(t)}$.

# %% nbgrader={"grade": false, "grade_id": "answer-09-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def carry(model, x, tau, c, d_c, d_tau):
    """The velocity at x from a model of the velocity on the straight line."""
    ### BEGIN SOLUTION
    return d_c / c * x + c * d_tau * model(x / c, tau)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-09-4", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("09.4", carry)

# %% [markdown]
# Try it against the velocity that the oracle computes on each schedule by itself. From $c = \alpha + \sigma$ and $\tau = \sigma / c$ follow $c' = \alpha' + \sigma'$ and $\tau' = -W / c^2$.

# %%
def carried(x, t, other):
    a, sd, da, dsd = (f(t) for f in (other.alpha, other.sigma, other.d_alpha, other.d_sigma))
    tau, c = match(a, sd)
    straight = lambda x, t: humps.velocity(x, t, line)
    return carry(straight, x, tau, c, da + dsd, (a * dsd - da * sd) / c**2)


for other in (Trig(), VPLinear(), Cosine(), VE(0.01, 5.0)):
    point = other.alpha(0.4) * x0[:50] + other.sigma(0.4) * eps[:50]
    wrong = float((carried(point, 0.4, other) / humps.velocity(point, 0.4, other) - 1).abs().max())
    print(f"{type(other).__name__:10} largest relative error {wrong:.8f}")

# %% [markdown]
# So all these flows end in the same place. Do their *steps*? Take 20 of them, at times that match even steps on the straight line, by DDIM and by Euler, $x + (s - t)\, v(x)$. On each schedule nothing is used but the model of the straight line.

# %% tags=["nbval-ignore-output"]
show.expect("09.twenty-steps")

# %%
from udm_lessons.flow import matching_time, transfer


def ddim(x, times, other):
    def borrowed(x, t):
        tau, c = match(other.alpha(t), other.sigma(t))
        return humps.x0_mean(x / c, tau, line)

    return flow_back(humps, x, times, other, borrowed)[-1]


def euler(x, times, other):
    for t, s in zip(times, times[1:]):
        x = x + (s - t) * carried(x, t, other)
    return x


def root_mean_square(x):
    return f"{float(x.square().mean().sqrt()):.6f}"


# %%
noise = torch.randn(2000, 1, generator=torch.Generator().manual_seed(3), dtype=F64)
even = torch.linspace(1, 0, 21, dtype=F64)
by_ddim, by_euler = ddim(noise, even.tolist(), line), euler(noise, even.tolist(), line)
rows = {}
for b in (-1.0, 0.5, 1.0, 3.0):
    times = matching_time(even, line, Blend(b)).tolist()
    rows[f"b = {b:g}"] = [
        root_mean_square(ddim(noise, times, Blend(b)) - by_ddim),
        root_mean_square(euler(noise, times, Blend(b)) - by_euler),
    ]
show.compare(rows, ["DDIM", "Euler"], "09.same-steps")

# %% [markdown]
# DDIM steps carry over exactly, however few they are: they only use guesses of $x_0$ and $\varepsilon$, and those are the same. Euler steps do not. All these flows are equivalent, their *discretisations* are not.
#
# When are the two the same? One Euler step is $x + (s - t)(\alpha_t' \hat x_0 + \sigma_t' \hat\varepsilon)$, one DDIM step $\alpha_s \hat x_0 + \sigma_s \hat\varepsilon$. They agree for all guesses if and only if $\alpha_s - \alpha_t = (s - t)\, \alpha_t'$, and likewise for $\sigma$: if both scales are straight lines in $t$. In this sense "DDIM is Euler" in flow matching. On any other schedule it is Euler on the straight line, seen through the zoom and the clock, as in [lesson 08](08_probability_flow.ipynb).

# %% [markdown]
# ## One equation for all
#
# Points that flow carry their density along. Look at all that lies to the left of a place $a$. That share can change only by what passes through $a$: points of density $p_t(a)$ at the velocity $v(a)$. So
#
# $$\frac{d}{dt} \int_{-\infty}^a p_t(x)\, dx = -v(a)\, p_t(a) .$$
#
# Add both sides up over a stretch of time, and both are areas. Take $a = 0$, between the humps, and the time from 0.3 to 0.5.

# %%
to_zero = torch.linspace(-3.5, 0.0, 200, dtype=F64)[:, None]
moments = torch.linspace(0.3, 0.5, 41, dtype=F64)
laws = {f"t = {u}": humps.log_prob(to_zero, u, schedule).exp() for u in (0.3, 0.5)}
zero = to_zero[-1:]
flow_in = [
    float(-humps.velocity(zero, u, schedule) * humps.log_prob(zero, u, schedule).exp())
    for u in moments.tolist()
]
show.areas(
    {
        "What the left has gained": (to_zero[:, 0], laws),
        "What has come in through 0": (moments, {"": 0 * moments, "−v p": flow_in}),
    },
    ["x", "time t"], "09.gain-and-flow",
)

# %% [markdown]
# Read the other way round, this finds a velocity by nothing but counting. Cut the line into bins, and count the points in each at two times.

# %% [markdown]
# **Exercise 09.5** ●●○ · 7 minutes. `before` and `after` are tensors (n,): the share of all points in each of n bins, side by side from left to right, a time `h` apart. All points lie in some bin at both times. Return what flows through each of the $n - 1$ edges between bins: the share of points per unit of time, net, positive to the right.

# %% nbgrader={"grade": false, "grade_id": "answer-09-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def flow_through(before, after, h):
    """The net flow to the right through each edge between two bins."""
    ### BEGIN SOLUTION
    return (before - after).cumsum(0)[:-1] / h
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-09-5", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("09.5", flow_through)

# %%
edges = torch.linspace(-2.0, 2.4, 23, dtype=F64)
counter = torch.Generator().manual_seed(5)
many_x0 = humps.sample(400_000, counter)
many_eps = torch.randn(400_000, 1, generator=counter, dtype=F64)


def shares_at(t):
    """The share of the points in each bin; the first and the last bin go on for ever."""
    points = schedule.alpha(t) * many_x0 + schedule.sigma(t) * many_eps
    return torch.bucketize(points[:, 0], edges).bincount(minlength=len(edges) + 1) / len(points)


# %%
density = humps.log_prob(edges[:, None], t, schedule).exp()
counted = flow_through(shares_at(t - 0.02), shares_at(t + 0.02), 0.04) / density
v_edges = humps.velocity(edges[:, None], t, schedule)[:, 0]
show.curves(
    edges, {"counted": counted, "v": v_edges}, "x", "velocity", "09.counted",
    markers=False, measured=["counted"],
)

# %% [markdown]
# Differentiate the equation of the areas in $a$, and it says the same of every point. This is the **continuity equation**,
#
# $$\frac{\partial p_t}{\partial t} = -\frac{\partial (v\, p_t)}{\partial x}, \qquad \text{in more dimensions} \quad \frac{\partial p_t}{\partial t} = -\nabla \cdot (v\, p_t) .$$
#
# Noise of variance $\gamma^2\, dt$ adds $\frac12 \gamma^2 \Delta p_t$, as [lesson 05](05_one_sampler.ipynb) derived: the Fokker–Planck equation. And since $p\, \nabla \log p = \nabla p$, that is $\nabla \cdot (p_t\, \frac12 \gamma^2 \nabla \log p_t)$. Spreading by noise and moving along the score are the same kind of thing, so one can undo the other. You used it in exercise 05.3. So for every amount of noise there is an SDE $dx = \text{drift}\; dt + \text{noise}$ with the law $p_t$: the flow and an extra drift. (In one dimension these are all. In more there are others: see *Try it*.)
#
# $$\text{forward, with noise } g: \;\; v + \tfrac12 g^2\, \nabla \log p_t, \qquad \text{backward } (dt < 0), \text{ with noise } \gamma: \;\; v - \tfrac12 \gamma^2\, \nabla \log p_t .$$

# %% [markdown]
# **Exercise 09.6** ●●○ · 6 minutes. Papers start from the forward SDE, with drift $f$ and noise $g$, and do not speak of $v$. Return the drift of the SDE that runs back in time with noise $\gamma$ and has the same law at each $t$. `f` and `score` are tensors of one shape, `g` and `gamma` numbers, not negative and in general not equal.

# %% nbgrader={"grade": false, "grade_id": "answer-09-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def drift_back(f, score, g, gamma):
    """The drift backward with noise gamma, where forward it is f with noise g."""
    ### BEGIN SOLUTION
    return f - (g**2 + gamma**2) / 2 * score
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-09-6", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("09.6", drift_back)

# %% [markdown]
# Take the SDE of [lesson 02](02_from_steps_to_marginals.ipynb). Its drift $f = \frac{\alpha'}{\alpha}\, x$ needs no score and knows nothing of the data, and its noise has $g^2 = -\sigma^2\, \frac{d}{dt} \log \text{SNR} = -2 \sigma W / \alpha$. Without noise on the way back your drift must be the velocity.

# %%
g = math.sqrt(-2 * sigma * W / alpha)
score_here, v_here = humps.score(places, t, schedule), humps.velocity(places, t, schedule)
off = drift_back(d_alpha / alpha * places, score_here, g, 0.0) - v_here
print(f"largest distance from the velocity: {float(off.abs().max()):.8f}")

# %% [markdown]
# Now in particles, backward. (The flow itself is a forward SDE with $g = 0$.) Move $\gamma$: the paths grow wild. Do they leave the grey law behind them?

# %%
def run_back(gamma, x, steps=250, extra=True):
    """Euler steps from t = 1 to 0 with noise gamma, without the extra drift if so told: all states."""
    h, generator = 1 / steps, torch.Generator().manual_seed(4)
    states = [x]
    for k in range(steps):
        t = 1 - k * h
        v, score = humps.velocity(x, t, schedule), humps.score(x, t, schedule)
        xi = torch.randn(x.shape, generator=generator, dtype=F64)
        x = x - drift_back(v, score, 0.0, gamma if extra else 0.0) * h + gamma * math.sqrt(h) * xi
        states.append(x)
    return states


# %% tags=["nbval-ignore-output"]
nine = torch.linspace(-1.8, 1.8, 9, dtype=F64)[:, None]
wide_line = torch.linspace(-3.2, 3.2, 200, dtype=F64)
map_times = torch.linspace(1, 0, 101, dtype=F64).tolist()
columns = [humps.log_prob(wide_line[:, None], u, schedule).exp() for u in map_times]
law = (map_times, wide_line, torch.stack(columns, 1))
path_times = torch.linspace(1, 0, 251).tolist()


def wander(gamma):
    both = {"γ = 0: the ODE": run_back(0.0, nine), f"γ = {gamma:g}": run_back(gamma, nine)}
    panels = {name: (path_times, torch.cat(states, 1)) for name, states in both.items()}
    show.paths(panels, "time t (generation runs from right to left)", "x", "09.wander", law)


show.slider(wander, "γ", [0.25, 0.5, 1.0, 2.0, 3.0], 2.0)

# %% tags=["nbval-ignore-output"]
show.expect("09.other-hump")

# %% [markdown]
# Five groups of 2000 particles. Each law is compared with that of the data, by the mean distance of sorted samples; small print is the standard error over the groups.

# %%
truth = humps.sample(400_000, torch.Generator().manual_seed(6))[:, 0].sort().values[100::200]
start = torch.randn(10_000, 1, generator=torch.Generator().manual_seed(7), dtype=F64)


def distance(x):
    """The mean distance of sorted samples from the data, and its standard error."""
    found = (x.reshape(5, 2000).sort().values - truth).abs().mean(1)
    return float(found.mean()), float(found.std()) / math.sqrt(5)


ode_end = run_back(0.0, start)[-1]
fresh_data = humps.sample(10_000, torch.Generator().manual_seed(8))
table = {"data": [distance(fresh_data), "", ""], "γ = 0": [distance(ode_end), "", "0%"]}
for gamma in (0.5, 1.0, 2.0):
    end, bare = (run_back(gamma, start, extra=extra)[-1] for extra in (True, False))
    moved = float(((end > 0.25) != (ode_end > 0.25)).double().mean())
    table[f"γ = {gamma:g}"] = [distance(end), distance(bare), f"{moved:.0%}"]
show.compare(table, ["your drift", "v alone", "other hump"], "09.particles", digits=3)

# %% [markdown]
# The law stays for every $\gamma$ up to the error of the steps, though a particle ends up elsewhere. Leave the extra drift away, and the noise has its way. So the ODE, the reverse SDE and all between are views of one thing: a film of densities $p_t$, and many ways to make particles act it out.

# %% [markdown]
# ## Drawn together, or not (*optional*)
#
# The conditional losses need pairs: $E_{x_0}\, E_{x_t \sim p(x_t \mid x_0)}$. It is easily miswritten as $E_{x_0}\, E_{x_t \sim p_t}$. Read literally, $x_t$ then has nothing to do with $x_0$, and the best answer is the mean of the conditional score over *all* $x_0$, the straight line $-(x - \alpha\, E x_0)/\sigma^2$. Here are both, as mean targets in narrow bins of $x_t$.

# %%
cuts = torch.linspace(-2.4, 2.9, 28, dtype=F64)
bins = torch.bucketize(x_t[:, 0].contiguous(), cuts)


def binned(targets):
    return [float(targets[bins == k].mean()) for k in range(1, len(cuts))]


middles = (cuts[1:] + cuts[:-1]) / 2
lines = {
    "own x0": binned(conditional_score(x_t, x0, alpha, sigma)),
    "x0 of another": binned(conditional_score(x_t, x0.roll(1, 0), alpha, sigma)),
    "score": humps.score(middles[:, None], t, schedule)[:, 0],
}
show.curves(
    middles, lines, "x", "mean target", "09.whose-x0",
    markers=False, measured=["own x0", "x0 of another"],
)

# %%
centre = float(humps.means.mean())  # E[x0]
wrong_line = (alpha * centre - grid_x) / sigma**2
size, error = (
    math.sqrt(float((f[:, 0] ** 2 * p_x).sum() * step_x))
    for f in (exact_score, wrong_line - exact_score)
)
print(f"size of the score: {size:.3f}   error of the straight line: {error:.3f}")

# %% [markdown]
# Here the error is larger than the score itself: a network that always answers 0 would do better.

# %% [markdown]
# ## The velocity of which path? (*optional*)
#
# $v(x)$ is often introduced as the mean of $dx_t/dt$ given $x_t$. Of which path? Of the interpolant. A path of the forward SDE of [lesson 02](02_from_steps_to_marginals.ipynb) has the same $p_t$ but no velocity at all. Take the quotients $(x_{t+h} - x_t)/h$ of both and let $h$ shrink.

# %%
def two_moves(h, x0, eps):
    """x_t, and x_{t+h} by the interpolant and by one exact step of the SDE."""
    a, sd = schedule.alpha(t + h), schedule.sigma(t + h)
    fresh = torch.randn(x0.shape, generator=torch.Generator().manual_seed(9), dtype=F64)
    x = alpha * x0 + sigma * eps
    rough = a / alpha * x + math.sqrt(sd**2 - (a / alpha * sigma) ** 2) * fresh
    return x, a * x0 + sd * eps, rough


quotients = {}
for h in (0.1, 0.01, 0.001, 0.0001):
    x, smooth, rough = two_moves(h, x0, eps)
    quotients[f"h = {h:g}"] = [float(((y - x) / h).square().mean().sqrt()) for y in (smooth, rough)]
show.compare(quotients, ["interpolant", "SDE"], "09.quotients", digits=1)

# %% [markdown]
# The first column settles. The second grows like $1/\sqrt{h}$: that path is nowhere differentiable. Even the mean of its quotient given $x_t$ is not $v$ but $\frac{\alpha'}{\alpha} x_t$, the drift of the SDE. Yet what flows through a point, *net*, is the same, since the laws are. Count it with your function.

# %%
before, by_path, by_sde = (
    torch.bucketize(x[:, 0], edges).bincount(minlength=len(edges) + 1) / len(x)
    for x in two_moves(0.04, many_x0, many_eps)
)
half_way = edges[:, None], t + 0.02, schedule
v_times_p = humps.velocity(*half_way)[:, 0] * humps.log_prob(*half_way).exp()
print(f"v p         root mean square {float(v_times_p.square().mean().sqrt()):.3f}")
for name, after in {"interpolant": by_path, "SDE": by_sde}.items():
    off = flow_through(before, after, 0.04) - v_times_p
    print(f"{name:12}distance from v p {float(off.square().mean().sqrt()):.3f}")

# %% [markdown]
# ## What cannot be carried over (*optional*)
#
# The package has your map for any two schedules and any kind of model, `transfer`. It also knows what cannot be done. The map needs a falling SNR, and it needs the SNR to be *reached*: an exploding schedule that stops at $\sigma = 5$ has never seen the noisiest times of DDPM.

# %%
small = VE(0.01, 5.0)
lent = transfer(lambda x, t: humps.x0_mean(x, t, small), small, VPLinear(), "x0")
missed = float((lent(places, 0.3) - humps.x0_mean(places, 0.3, VPLinear())).abs().max())
print(f"t = 0.3: largest error {missed:.8f}")
try:
    lent(places, 0.6)
except ValueError as refusal:
    print(f"t = 0.6: {refusal}")

# %% [markdown]
# ## Try it
#
# In the plane the density alone does not settle the velocity. Turn the score by a right angle, $u = \kappa\, (-\partial_2, \partial_1) \log p_t$. Show on paper that $\nabla \cdot (p_t\, u) = 0$. Then run the flow back along $v + u$, from noise to five humps on a circle. Do the humps keep their shares? Who ends where? And which of all these velocities does flow matching learn?
#
# What others found (humps of variance 0.05 at radius 1.4, 2000 points, 1000 steps of Heun, four runs). The energy distance × 1000 from the data is 0.4 ± 0.8, 0.1 ± 0.3 and −0.3 ± 0.4 at $\kappa$ = 0, 1 and 3. Two samples of the data have −0.3 ± 0.5. But at $\kappa$ = 1 half of the points, and at 3 nineteen of twenty, end in another hump than at 0. Flow matching learns the mean velocity. By [lesson 07](07_four_parameterizations.ipynb) that is $\frac{\alpha'}{\alpha}\, x - \frac12 g^2\, \nabla \log p_t$, a gradient, without any swirl.

# %% [markdown]
# ## What you have learnt
#
# - Score, velocity and the law of a step back are out of reach; given $x_0$ they are one line. Trained on the conditional target, a network learns the wanted one: $J_{SM} = J_{DSM} + C$, $J_{FM} = J_{CFM} + C$, $J_{KL} = J_{CKL} - I$.
# - $C < 0$: the loss of a perfect network is not 0. Two independent targets at each point show how far above the floor a network is.
# - The divergence of a normal step is a weighted error of $x_0$. The weight depends on two SNRs and the share of fresh noise; DDPM's share makes it least.
# - All affine flows are one, up to a clock $\tau$ and a zoom $c$, where their SNR ranges overlap. DDIM steps at matching times carry over exactly; Euler steps do so between schedules that are straight in $t$.
# - What a region gains is what flows in. For each $\gamma$ there is an SDE, forward and backward, whose points have the same $p_t$.

# %% [markdown]
# **Read on.** Vincent 2011, [A Connection Between Score Matching and Denoising Autoencoders](https://doi.org/10.1162/NECO_a_00142). Kingma et al. 2021, [Variational Diffusion Models](https://arxiv.org/abs/2107.00630) (the weight by SNRs). Lipman et al. 2023, [Flow Matching for Generative Modeling](https://arxiv.org/abs/2210.02747).
# Albergo, Boffi and Vanden-Eijnden 2023, [Stochastic Interpolants](https://arxiv.org/abs/2303.08797) (the family of SDEs; their diffusion coefficient $\epsilon(t)$ is our $\gamma^2/2$). Karras et al. 2022, [EDM](https://arxiv.org/abs/2206.00364).
# Lai et al. 2025, [The Principles of Diffusion Models](https://arxiv.org/abs/2510.21890), chapter 6.

# %% [markdown]
# **Next.** Enough of Gaussian noise. [Lesson 10](10_hot_and_cold.ipynb) destroys by heat and by cold, with little noise or none.

# %% [markdown]
# [← 08 · The probability flow](08_probability_flow.ipynb) · [10 · Hot and cold →](10_hot_and_cold.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
