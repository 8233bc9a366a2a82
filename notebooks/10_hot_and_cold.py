# %% [markdown]
# # 10 · Hot and cold
#
# [← 09 · Three views](09_three_views.ipynb) · [11 · Masks and tokens →](11_masks_and_tokens.ipynb)
#
# Noise is one way to destroy a picture. Heat is another: let the grey spread until all is even. Damage with noise in it is called *hot*, damage without is called *cold*.
#
# In this lesson both run through the sampler that you know. Three papers, Cold Diffusion, Blurring Diffusion and IHDM, become three choices of the kernel $K$ that refreshes the noise ([lesson 04](04_correct.ipynb)). Then a network makes digits out of even grey.
#
# You need lessons [01](01_forward_process.ipynb), [04](04_correct.ipynb) and [05](05_one_sampler.ipynb). About 60 minutes, six exercises.

# %%
import math

import torch

from udm_lessons import show
from udm_lessons.data import digits
from udm_lessons.destroy import VE, Blur, Cold, ConstantNoise, dct_matrix
from udm_lessons.exercises import hint, progress, solution

C = dct_matrix(8)
pictures = digits("train", torch.float64)[0][:, 0]


# %% [markdown]
# ## 1. Heat, wave by wave
#
# What does heat do to a picture $x$? It solves $\frac{\partial x}{\partial \tau} = \Delta x$, where $\Delta$ adds the second derivatives down and across, and no heat leaves through the border. A single hot pixel becomes a bell curve of deviation $w = \sqrt{2 \tau}$ pixels.
#
# [Lesson 01](01_forward_process.ipynb) wrote a picture as a sum of waves, by the cosine transform $u = C x C^T$. Wave $k = (k_1, k_2)$ has $k_1$ half waves down and $k_2$ across. Two derivatives of a cosine give the cosine back, times a number. So each wave only fades:
#
# $$a_k = e^{-\lambda_k w^2 / 2}, \qquad \lambda_k = \left(\frac{\pi k_1}{h}\right)^2 + \left(\frac{\pi k_2}{b}\right)^2 ,$$
#
# for a picture of $h$ rows and $b$ columns, with $k_1 = 0, \dots, h - 1$ and $k_2 = 0, \dots, b - 1$.

# %% [markdown]
# **Exercise 10.1** ●○○ · 6 minutes. Return all factors $a_k$ as a tensor of shape `(height, width)`. `torch.arange(n)` counts from 0 to n - 1, and `row[:, None]` turns a row into a column.

# %% nbgrader={"grade": false, "grade_id": "answer-10-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fading(height, width, w):
    """How much of each wave is left when heat has spread by w pixels: (height, width)."""
    raise NotImplementedError('exercise 10.1 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-10-1", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("10.1", fading)

# %% [markdown]
# Two comparisons with scipy, a library that knows nothing of diffusion models. Its cosine transform `dctn` should be ours. And its `gaussian_filter` blurs in pixels, with a bell curve and a mirrored border, and no waves at all.

# %%
from scipy import fft, ndimage


def blurred(x, w):
    return C.T @ (fading(8, 8, w) * (C @ x @ C.T)) @ C


waves = torch.tensor(fft.dctn(pictures.numpy(), axes=(1, 2), norm="ortho"))
print(f"our waves are those of scipy, to 1e-12: {(C @ pictures @ C.T - waves).abs().max() < 1e-12}")
for w in (0.5, 1.0, 2.0):
    filtered = ndimage.gaussian_filter(pictures.numpy(), (0, w, w), mode="reflect", truncate=8)
    apart = (blurred(pictures, w) - torch.tensor(filtered)).abs().max()
    print(f"w = {w}: largest difference to a filter in pixels {apart:.3f}")

# %% [markdown]
# At half a pixel a bell curve is too narrow to be sampled at whole pixels, and the filter is off. From one pixel on, the two agree.

# %%
widths = [0.0, 0.5, 1.0, 2.0, 4.0, 8.0]
show.images(
    {f"w = {w:g} px": blurred(pictures[:10], w)[:, None] for w in widths},
    "10.heat",
)
grid = [k / 10 for k in range(81)]
show.curves(
    grid, {f"k = {k}": [float(fading(8, 1, w)[k, 0]) for w in grid] for k in (0, 1, 2, 4, 7)},
    "width of the blur w (pixels)", "share of the wave that is left",
    "10.left-of-waves",
    markers=False,
)


# %% [markdown]
# ## 2. Many to one, one to many
#
# Can the blur be undone? On paper, yes: divide each wave by its $a_k$. But a picture is stored with finitely many levels of grey, say 256. Divide then.

# %%
def undone(x, w):
    return C.T @ ((C @ x @ C.T) / fading(8, 8, w)) @ C


def stored(x):
    return ((x + 1) * 127.5).round() / 127.5 - 1


show.images(
    {f"w = {w:g} px": undone(stored(blurred(pictures[:10], w)), w)[:, None] for w in (0.5, 0.8, 1.1, 1.4)},
    "10.rounding",
)
again = undone(blurred(pictures, 1.4), 1.4)
print(f"not rounded, w = 1.4: the picture comes back to 1e-3: {(again - pictures).abs().max() < 1e-3}")

# %% [markdown]
# So it matters what is left. Cold blur with all its decimals has destroyed *nothing*. Rounded, it has lost whatever is smaller than a level of grey. And cold blur that is complete, of which only the average is left, is **many-to-one**: different digits become the same grey. Then no function can tell them apart on the way back.

# %%
grey = pictures.mean((1, 2))
print(f"{len(pictures)} digits, {len(pictures.unique(dim=0))} of them different; {len(grey.unique())} different average greys")


# %% [markdown]
# A light noise mends it. Add to each wave a number of its own:
#
# $$x_t = C^T \left( a_t \odot C x_0 C^T + \sigma\, \varepsilon \right) C, \qquad \varepsilon \sim N(0, I) .$$
#
# ($\odot$ multiplies entry by entry; $a_t$ are the factors at the width $w_t$.) Now one $x_0$ has many $x_t$, and one grey has many pictures: the map back is **one-to-many**, and $\varepsilon$ says which. It is as rich as the picture, 64 numbers for 64. And it has a known law $q$, so that [lesson 04](04_correct.ipynb) applies: infer, refresh, forward.

# %% [markdown]
# **Exercise 10.2** ●●○ · 8 minutes. Infer $\varepsilon$ from `x0` and `x_t`, both `(batch, n, n)`. `a` holds the factors `(n, n)`, `sigma` is a number, `C` the cosine transform. The result is one number per *wave*.

# %% nbgrader={"grade": false, "grade_id": "answer-10-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def wave_noise(x0, x_t, a, sigma, C):
    """The noise, in the basis of waves, that leads from x0 to x_t."""
    raise NotImplementedError('exercise 10.2 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-10-2", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("10.2", wave_noise)

# %%
sigma_wave, t_half = 0.1, 0.5
process = Blur((8, 8), lambda t: 8 * t**2, ConstantNoise(sigma_wave))
eps = process.sample_noise(pictures, torch.Generator().manual_seed(0))
x_t = process.forward(pictures, eps, t_half)

# %%
a = fading(8, 8, 8 * t_half**2)
right, wrong = (wave_noise(x0, x_t, a, sigma_wave, C) for x0 in (pictures, pictures.roll(1, 0)))
print(f"from the true picture, the noise that was used, to 1e-4: {(right - eps).abs().max() < 1e-4}")
show.histograms(
    {"true picture": {"inferred": right, "N(0, 1)": eps}, "another picture": {"inferred": wrong, "N(0, 1)": eps}},
    "noise of a wave",
    "10.inferred-noise",
)


# %% [markdown]
# `Blur` is the package's process, with your two functions inside (`attenuation` and `infer_noise`). Here its width grows as $w_t = 8 t^2$. From now on we use it. It works on the last two axes, so that pictures may be `(batch, 8, 8)` or, for a network, `(batch, 1, 8, 8)`. Its method `blur(x0, t)` is the damage without the noise.

# %% [markdown]
# ## 3. Keep is the improved cold sampler
#
# Cold Diffusion (Bansal et al. 2022) has no noise at all. Write $D(x_0, t)$ for the damage, here blur. A network guesses $\hat x_0$, and their Algorithm 1 is the obvious step: $x_s = D(\hat x_0, s)$. We call it *naive*. In their experiments it did badly, and their Algorithm 2 did well:
#
# $$x_s = x_t - D(\hat x_0, t) + D(\hat x_0, s) .$$

# %% [markdown]
# **Exercise 10.3** ●○○ · 5 minutes. Write this *improved* step. `degrade(x, t)` is $D$.

# %% nbgrader={"grade": false, "grade_id": "answer-10-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def improved(degrade, x0_hat, x_t, t, s):
    """x at the earlier time s; what the guess does not explain of x_t is carried along."""
    raise NotImplementedError('exercise 10.3 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-10-3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("10.3", improved)

# %% [markdown]
# Where does it come from? The paper argues with a Taylor expansion. Here is another way to see it. Put a constant noise $\sigma$ in, and *keep* it: $\sigma \hat\varepsilon = x_t - D(\hat x_0, t)$ is inferred, and $x_s = D(\hat x_0, s) + \sigma \hat\varepsilon$. The $\sigma$ has cancelled. **The improved step is keep ([lesson 04](04_correct.ipynb)'s delta design) for blur with noise, at every noise level**, down to none.
#
# And the naive step is *redraw*, the independent design, in the limit of no noise.

# %%
from udm_lessons.rebuild import (
    FiniteData, Interpolate, Keep, Markov, Redraw, posterior_sample, reverse_step, sample,
)


def naive(degrade, x0_hat, x_t, t, s):
    return degrade(x0_hat, s)


def blur_with(schedule):
    return Blur((8, 8), lambda t: 8 * t**2, schedule)


def gap(a, b):
    return float((a - b).abs().max())


# %%
guess, s_next = pictures.roll(1, 0), 0.3
for sigma in (0.001, 0.1, 10.0):
    noisy = blur_with(ConstantNoise(sigma))
    kept = reverse_step(noisy, guess, x_t, t_half, s_next, Keep())
    print(f"sigma = {sigma:6}   keep is the improved step, to 1e-9: {gap(kept, improved(noisy.blur, guess, x_t, t_half, s_next)) < 1e-9}")

# %%
noisy = blur_with(VE(0.02, 0.5))  # now the noise grows with t, from 0.02 to 0.5
kept, residual = reverse_step(noisy, guess, x_t, t_half, s_next, Keep()), x_t - noisy.blur(guess, t_half)
scaled = noisy.blur(guess, s_next) + noisy.sigma(s_next, x_t) / noisy.sigma(t_half, x_t) * residual
print(f"noise that grows: the residual is scaled by sigma_s / sigma_t, to 1e-9: {gap(kept, scaled) < 1e-9}")
for sigma in (0.1, 0.001):
    noisy = blur_with(ConstantNoise(sigma))
    drawn = reverse_step(noisy, guess, x_t, t_half, s_next, Redraw(), torch.Generator().manual_seed(1))
    deviation = (drawn - naive(noisy.blur, guess, x_t, t_half, s_next)).std()
    print(f"sigma = {sigma:5}   redraw is the naive step plus noise of deviation {deviation:.2g}")

# %% [markdown]
# The package has noiseless damage as a process too: `Cold(degrade)`. Its "noise" is the residual, which is 0 if the guess is right. `Keep()` carries it, `Redraw()` drops it.
#
# Why is carrying it so good? Take the simplest damage, $D(x, t) = x + t\, e$ with a fixed picture $e$, and a restorer that is plain nonsense.

# %%
e = pictures[7]
additive = Cold(lambda x, t: x + t * e)
x0 = pictures[:100]


def nonsense(x, t, generator=None):
    return torch.tanh(x.flip(-1)) + t


times = torch.linspace(1, 0, 11)
for name, refresh in {"naive": Redraw(), "improved": Keep()}.items():
    end = sample(additive, nonsense, additive.degrade(x0, 1.0), times, refresh, progress=False)
    print(f"{name:9} largest error below 1e-12: {gap(end, x0) < 1e-12}   mean error {(end - x0).abs().mean():.2f}")

# %% [markdown]
# Exact, with a restorer that knows nothing. In the step $-D(\hat x_0, t) + D(\hat x_0, s) = (s - t)\, e$, so the guess drops out. In general, let a chain start at $D(x_0, 1)$, with $D(x_0, 0) = x_0$, and write $z$ for the guess of a step. Its error at the end is a sum over the steps,
#
# $$x_0^{\text{end}} - x_0 = \sum_{(t, s)} \Big( \big[ D(z, s) - D(z, t) \big] - \big[ D(x_0, s) - D(x_0, t) \big] \Big) .$$
#
# Only how $D$ *changes* at the guess matters. The naive step needs $D$ itself to be right.

# %% [markdown]
# ## 4. A restorer that is not perfect
#
# Take one between nonsense and perfect. Division by $a$ blows up where $a$ is small. A *regularised Wiener filter* multiplies by $a / (a^2 + r)$ instead: like $1/a$ where $a^2 \gg r$, and close to 0 where $a^2 \ll r$. Digits are blurred by $w_t = 2 t$, so by 2 pixels at $t = 1$, without any noise. The filter deblurs them with *your* step, in more and more steps.

# %%
cold_blur, r = Blur((8, 8), 2.0).blur, 1e-3


def wiener(x, t):
    a = fading(8, 8, 2 * t)
    return C.T @ (a / (a**2 + r) * (C @ x @ C.T)) @ C


def deblurred(step, steps, x0=pictures[:200]):
    x = cold_blur(x0, 1.0)
    for t, s in zip(range(steps, 0, -1), range(steps - 1, -1, -1)):
        x = step(cold_blur, wiener(x, t / steps), x, t / steps, s / steps)
    return float((x - x0).norm() / x0.norm())


# %% tags=["nbval-ignore-output"]
show.expect("10.more-steps")

# %%
counts = [1, 3, 10, 30, 100, 300, 1000]
errors = {f.__name__: [deblurred(f, k) for k in counts] for f in (naive, improved)}
show.curves(
    counts, errors, "number of steps", "relative error of the pictures",
    "10.naive-and-improved", xscale="log",
)
for name, line in errors.items():
    print(f"{name:9} error at 1, 10, 100, 1000 steps:", "".join(f"{line[k]:7.3f}" for k in (0, 2, 4, 6)))

# %% [markdown]
# Why? Fine waves, $a^2 \ll r$, are lost to both. A coarser wave is damped in each naive step by $a^2/(a^2 + r)$, a bit less than 1. Over a thousand steps these factors multiply, and more and more waves die. The improved step takes from the guess only what changes between $t$ and $s$. In small steps it becomes a differential equation, and adding steps solves it better.
#
# And the sum over the steps? Check it along this chain.

# %%
x0 = pictures[:50]
x, total = cold_blur(x0, 1.0), 0.0
for n in range(30, 0, -1):
    t, s = n / 30, (n - 1) / 30
    z = wiener(x, t)
    x = improved(cold_blur, z, x, t, s)
    total = total + (cold_blur(z, s) - cold_blur(z, t)) - (cold_blur(x0, s) - cold_blur(x0, t))
print(f"the error at the end is the sum over the steps, to 1e-12: {gap(x - x0, total) < 1e-12};  its size: {(x - x0).std():.2f}")


# %% [markdown]
# That is [lesson 04](04_correct.ipynb) once more: redraw takes in the whole error of a guess in every step, keep only a share that shrinks with the step.

# %% [markdown]
# ## 5. A share for each wave: Blurring Diffusion
#
# Between keep and redraw lies the posterior of a Markov chain, as in DDPM. Blurring Diffusion (Hoogeboom and Salimans 2023) is that, for blur. Each wave has a signal-to-noise ratio of its own, $\text{SNR}_{t,k} = a_{t,k}^2 / \sigma_t^2$, where the noise $\sigma_t$ may change in time too. So each wave has its own share of old noise, by the formula of [lesson 04](04_correct.ipynb):
#
# $$\rho_k = \sqrt{\text{SNR}_{t,k} / \text{SNR}_{s,k}} .$$

# %% [markdown]
# **Exercise 10.4** ●●○ · 8 minutes. Return $\rho_k$ for a tensor `eigenvalues` of $\lambda_k$. The widths of the blur are `w_t` and `w_s`, the noise levels `sigma_t` and `sigma_s`, all numbers. Simplify before you type: $a_t$ and $a_s$ may be so small that their quotient is 0/0.

# %% nbgrader={"grade": false, "grade_id": "answer-10-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def kept_share(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    """The correlation of the noise at t and at s, per wave."""
    raise NotImplementedError('exercise 10.4 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-10-4", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("10.4", kept_share)

# %% [markdown]
# Against the paper. There, with $a_{t|s} = a_t / a_s$ and $\sigma_{t|s}^2 = \sigma_t^2 - a_{t|s}^2 \sigma_s^2$, the posterior of wave $k$ is normal, with the variance and the mean
#
# $$\sigma_{t \to s}^2 = \left( \frac{1}{\sigma_s^2} + \frac{a_{t|s}^2}{\sigma_{t|s}^2} \right)^{-1}, \qquad \text{mean} = \sigma_{t \to s}^2 \left( \frac{a_{t|s}}{\sigma_{t|s}^2}\, u_t + \frac{a_s}{\sigma_s^2}\, u_0 \right) ,$$
#
# where $u_t = C x_t C^T$ and $u_0 = C x_0 C^T$ are the waves. Ours has the mean $a_s u_0 + \sigma_s\, \rho\, (u_t - a_t u_0)/\sigma_t$ and the variance $\sigma_s^2 (1 - \rho^2)$.

# %%
turn = math.pi * torch.arange(8, dtype=torch.float64) / 8
lam = turn[:, None] ** 2 + turn**2
(w_t, sigma_t), (w_s, sigma_s) = (2.0, 0.5), (1.2, 0.3)
a_t, a_s = (torch.exp(-lam * w**2 / 2) for w in (w_t, w_s))
step, left = a_t / a_s, sigma_t**2 - (a_t / a_s * sigma_s) ** 2
variance = 1 / (1 / sigma_s**2 + step**2 / left)
u_t, u_0 = torch.randn(2, 8, 8, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
paper = variance * (step / left * u_t + a_s / sigma_s**2 * u_0)

# %%
rho = kept_share(lam, w_t, w_s, sigma_t, sigma_s)
ours = a_s * u_0 + sigma_s * rho * (u_t - a_t * u_0) / sigma_t
print(f"mean as published, to 1e-9: {gap(ours, paper) < 1e-9};  variance: {gap(sigma_s**2 * (1 - rho**2), variance) < 1e-9}")

# %%
line = torch.tensor([(math.pi * n / 8) ** 2 for n in range(8)])
steps = {f"s = {s:g}": kept_share(line, 2.0, 8 * s**2, 0.1, 0.1).tolist() for s in (0.49, 0.45, 0.4, 0.2)}
show.curves(
    list(range(8)), steps, "number of half waves k", "share of the noise that is kept",
    "10.noise-kept",
)

# %% [markdown]
# In the package this is `Markov()`: it asks the process for its $\rho$, and `Blur` answers with one number per wave.

# %% [markdown]
# ## 6. IHDM: redraw, and how much noise to add
#
# Inverse Heat Dissipation (IHDM; Rissanen et al. 2022) blurs, adds a constant noise $\sigma$, and goes back by
#
# $$x_s = D(\hat x_0, s) + \delta\, \xi, \qquad \xi \sim N(0, I) .$$
#
# With $\delta = \sigma$ this is `Redraw()`, and by [lesson 04](04_correct.ipynb) it is exact, if $\hat x_0$ is drawn from its posterior. ($\xi$ is normal noise in pixels or in waves: $C$ only turns it.)

# %%
noisy, t, s = blur_with(ConstantNoise(0.1)), 0.5, 0.3
xi = torch.randn(guess.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
redrawn = reverse_step(noisy, guess, x_t, t, s, Redraw(), torch.Generator().manual_seed(1))
ihdm = noisy.blur(guess, s) + 0.1 * C.T @ xi @ C
print(f"IHDM's step with delta = sigma is redraw, from the same noise, to 1e-12: {gap(redrawn, ihdm) < 1e-12}")


# %% [markdown]
# But their network returns a *mean*, and they found by trial that $\delta = 1.25\, \sigma$ makes better pictures. Can we understand the number?

# %% [markdown]
# With fresh noise, the true law of $x_s$ given $x_t$ has two uncertain parts: the noise, and $x_0$. Suppose that wave $k$ of the data is normal with mean 0 and variance $v_k$. Then, as in [lesson 05](05_one_sampler.ipynb), what is left of its variance after seeing $x_t$ is
#
# $$\text{Var}[x_{0,k} \mid x_t] = \frac{v_k\, \sigma^2}{a_{t,k}^2 v_k + \sigma^2} .$$

# %% [markdown]
# **Exercise 10.5** ●●○ · 8 minutes. The best $\delta_k$ gives $x_s$ the variance that it truly has around its mean. Return $\delta_k^2$, the variance of $x_{s,k} = a_{s,k} x_{0,k} + \sigma \xi_k$ given $x_t$, with a fresh $\xi$. All arguments belong to one wave; they may be numbers or tensors, and $v$ may be 0.

# %% nbgrader={"grade": false, "grade_id": "answer-10-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def best_delta_squared(a_t, a_s, sigma, v):
    """The variance of a wave of x_s, given x_t, when the noise is redrawn."""
    raise NotImplementedError('exercise 10.5 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-10-5", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("10.5", best_delta_squared)

# %% [markdown]
# Put in the digits: $v_k$ is the variance of wave $k$ over all pictures. The setting is that of their code: $\sigma = 0.01$, 200 steps, widths from 24 pixels down to 0.5, each a fixed fraction of the one before. (24 pixels is meant for their larger pictures; on ours nearly everything has drowned from 8 on.)

# %%
v_k = (C @ pictures @ C.T).var(0)
ladder = torch.logspace(math.log10(24), math.log10(0.5), 200, dtype=torch.float64).tolist()


def best_ratio(w_t, w_s):
    a_t, a_s = (torch.exp(-lam * w**2 / 2) for w in (w_t, w_s))
    return (best_delta_squared(a_t, a_s, 0.01, v_k) / 0.01**2).sqrt().flatten()[1:]


ratios = [best_ratio(*pair) for pair in zip(ladder, ladder[1:])]
lines = {"largest": [float(x.max()) for x in ratios], "average over waves": [float(x.mean()) for x in ratios]}
show.curves(
    ladder[:-1], lines, "width of the blur w (pixels)", "best δ / σ",
    "10.best-delta",
    markers=False, floor=("IHDM's choice, 1.25", 1.25),
)
print(f"smallest {min(map(min, ratios)):.2f}, largest {max(map(max, ratios)):.2f}")


# %% [markdown]
# For ever smaller steps, $a_s \to a_t$, your formula lies between $\sigma^2$ and $2 \sigma^2$. So the best $\delta$ goes from $\sigma$ to $\sqrt2\, \sigma$, with a little more for steps of finite size, and 1.25 is one number in between, for all waves and all times. What does that cost? Follow the variance through the whole chain. The guess is $\hat x_0 = m_t x_t$ with $m_t = a_t v / (a_t^2 v + \sigma^2)$, so each step is linear: $x_s = a_s m_t\, x_t + \delta\, \xi$.

# %% [markdown]
# **Exercise 10.6** ●●● · 10 minutes. Return the variance of one wave at the end. It starts with the variance of $x_T = a_T x_0 + \sigma \varepsilon$. `a` is a list of numbers, from $a_T$ to $a_0$; `zip(a, a[1:])` gives the pairs $(a_t, a_s)$. Every step adds $\delta\, \xi$, the last one too. Five lines.

# %% nbgrader={"grade": false, "grade_id": "answer-10-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def generated_variance(a, sigma, delta, v):
    """The variance at the end of a chain that redraws noise of deviation delta; the data has v."""
    raise NotImplementedError('exercise 10.6 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-10-6", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("10.6", generated_variance)


# %%
def share(steps, ratio, sigma=0.02):
    """Generated variance over that of the data, for the coarsest wave, v = 1."""
    widths = 8 * torch.linspace(1, 0, steps + 1, dtype=torch.float64) ** 2
    a = torch.exp(-((math.pi / 8) ** 2) * widths**2 / 2).tolist()
    return generated_variance(a, sigma, ratio * sigma, 1.0)


counts, named = [10, 30, 100, 300, 1000], {"δ = σ": 1.0, "δ = 1.25 σ": 1.25, "δ = √2 σ": math.sqrt(2)}
show.curves(
    counts, {name: [share(steps, ratio) for steps in counts] for name, ratio in named.items()},
    "number of steps", "generated variance / variance of the data",
    "10.one-wave", xscale="log",
)
for name, ratio in named.items():
    print(f"{name:10} 1000 steps {share(1000, ratio):.3f}   delta^2 / (2 sigma^2) = {ratio**2 / 2:.3f}")


# %% [markdown]
# And keep? There the step is $x_s = x_t + (a_s - a_t)\, m_t x_t$, with no fresh noise.

# %%
def share_kept(steps, sigma=0.02):
    a = torch.exp(-((math.pi / 8) ** 2) * (8 * torch.linspace(1, 0, steps + 1, dtype=torch.float64) ** 2) ** 2 / 2)
    variance = a[0] ** 2 + sigma**2
    for a_t, a_s in zip(a, a[1:]):
        variance = (1 + (a_s - a_t) * a_t / (a_t**2 + sigma**2)) ** 2 * variance
    return float(variance)


print("keep, 10, 100, 1000, 10000 steps:", "".join(f"{share_kept(steps):7.3f}" for steps in (10, 100, 1000, 10_000)))

# %% [markdown]
# A law again: for a wave that is clearly seen, **generated variance / true variance tends to $\delta^2 / (2 \sigma^2)$**. With many small steps $a_s m_t \approx 1 - \sigma^2 / (a^2 v)$. Where $V = (a_s m_t)^2\, V + \delta^2$ has settled, $V \approx \frac{\delta^2}{2 \sigma^2}\, a^2 v$, the right amount times that factor.
#
# So $\delta = \sigma$ loses half of the variance, as did the independent design in [lesson 05](05_one_sampler.ipynb), where $(1 + \rho)/2$ at $\rho = 0$ was $\tfrac12$. With many steps IHDM's 1.25 keeps 78%. Keep needs no such repair: what it loses vanishes as the steps get small.

# %% [markdown]
# ## 7. Digits out of grey
#
# Now a network. The width grows to 8 pixels, which leaves 0.7% of the coarsest wave, under a noise of $\sigma = 0.1$. So $x_T$ is an average grey and noise. The grey has no law with a name: the prior is drawn from *data*, blurred to the end. The network is a U-Net, as in [lesson 03](03_predict.ipynb), and learns $\hat x_0$ from $x_t$ by squared error.

# %%
from functools import cache

from udm_lessons.learn import Squared, UNet, denoising_loss, train

real = digits("train")[0]
hot = Blur((8, 8), lambda t: 8 * t**2, ConstantNoise(0.1), data=real)


@cache
def restorer(process, steps):
    """A predictor of x0, trained on one process."""
    torch.manual_seed(0)
    options = {"steps": steps, "lr": 5e-3, "decay": True, "generator": torch.Generator().manual_seed(0)}
    network = train(UNet(), denoising_loss(process, Squared("x0")), real, **options).requires_grad_(False)
    return lambda x_t, t, generator=None: network(x_t, t)


# %%
from udm_lessons.measure import energy_distance


def draw(refresh, x_T, start=1.0, process=hot, seed=1, steps=1500):
    """50 steps back from x_T, for a chain that begins at time `start`."""
    times, generator = torch.linspace(start, 0, 51), torch.Generator().manual_seed(seed)
    return sample(process, restorer(process, steps), x_T, times, refresh, generator, progress=False).clamp(-1, 1)


def spread(x):
    """The mean distance of two different pictures."""
    x = x.flatten(1)
    return float(torch.cdist(x, x).sum() / (len(x) * (len(x) - 1)))


# Interpolate takes the factor of the fresh noise.
designs = {"keep": Keep(), "ρ = 0.9": Interpolate(math.sqrt(1 - 0.9**2)), "Markov": Markov(), "redraw": Redraw()}


@cache
def made():
    x_T = hot.sample_prior((400, 1, 8, 8), torch.Generator().manual_seed(2))
    return {"start": x_T} | {name: draw(refresh, x_T) for name, refresh in designs.items()}


# %% tags=["nbval-ignore-output"]
show.images(
    {name: x[:12] for name, x in made().items()},
    "10.from-grey",
)

# %% tags=["nbval-ignore-output"]
print(f"{'':12} energy distance x 1000   mean distance of two pictures")
for name, x in ({"real digits": digits("heldout")[0]} | made()).items():
    print(f"{name:12} {1000 * energy_distance(x, real):16.0f} {spread(x):28.1f}")

# %%
energy = {name: 1000 * energy_distance(x, real) for name, x in made().items()}
print(f"keep is below 30:                          {energy['keep'] < 30}")
print(f"keeping 0.9 of the noise is below 30 too:  {energy['ρ = 0.9'] < 30}")
print(f"and so is Blurring Diffusion, Markov:      {energy['Markov'] < 30}")
print(f"redraw is at least twice as far as keep:   {energy['redraw'] > 2 * energy['keep']}")

# %% [markdown]
# The light noise has done its work: from nearly equal greys come many different digits. As in [lesson 05](05_one_sampler.ipynb), where noise alone did the damage, redraw is the worst by far. A little fresh noise, $\rho = 0.9$ for every wave or Blurring Diffusion's $\rho_k$, does no harm. (Both numbers are estimates; that of a distance near 0 may fall below 0.)
#
# Move the share $\rho$ of the noise that is kept. The same $x_T$ each time; below $\rho = 1$ fresh noise joins in.

# %% tags=["nbval-ignore-output"]
few = hot.sample_prior((12, 1, 8, 8), torch.Generator().manual_seed(3))


def by_share(rho):
    x = draw(Interpolate(math.sqrt(1 - rho**2)), few)
    show.images({"start": few, f"ρ = {rho:g}": x}, f"Twelve digits, made with the share ρ = {rho:g} of the noise kept in each step.")


show.slider(by_share, "ρ", [0.0, 0.5, 0.8, 0.9, 0.95, 1.0], 1.0)

# %% [markdown]
# ## 8. Without the noise
#
# Now cold: the same kind of network, a blur that leaves only the grey, and no noise. Each step is a *function*, and so is the whole chain. Equal greys go in, equal pictures come out: **a deterministic chain cannot make more different pictures than it was given.**

# %%
cold = Cold(Blur((8, 8), lambda t: 12 * t**2).blur)


@cache
def made_cold():
    x_T = real[:200].mean((2, 3), keepdim=True).expand(-1, -1, 8, 8).contiguous()
    return {name: draw(refresh, x_T, process=cold, steps=300) for name, refresh in (("improved", Keep()), ("naive", Redraw()))}


which = real[:200].mean((1, 2, 3)).unique(return_inverse=True)[1]
twins = (which[:, None] == which).triu(1).nonzero()
print(f"200 starts, {int(which.max()) + 1} different greys")
for name, x in made_cold().items():
    print(f"cold, {name}: equal greys end as equal pictures, to 1e-3: {gap(x[twins[:, 0]], x[twins[:, 1]]) < 1e-3}")
print(f"hot, keep: the first 200 pictures are all different: {len(made()['keep'][:200].unique(dim=0)) == 200}")

# %% tags=["nbval-ignore-output"]
show.images(
    {"hot, keep": made()["keep"][:12]} | {f"cold, {name}": x[:12] for name, x in made_cold().items()},
    "10.twelve-starts",
)
for name, x in made_cold().items():
    print(f"cold, {name:9} energy distance x 1000 {1000 * energy_distance(x, real):6.0f}   mean distance of two pictures {spread(x):.1f}")

# %%
for name, x in made_cold().items():
    far = 1000 * energy_distance(x, real) > 10 * energy["keep"]
    print(f"cold, {name:9} energy distance at least ten times that of hot, keep: {far}")


# %% [markdown]
# `Keep()` on hot blur is a function too. It makes many digits because its starts are many: the noise in $x_T$ makes them different.
#
# The cold network was trained for a fifth of the time. More training would sharpen the pictures, but could not add one to their number. The authors of Cold Diffusion met this too: to generate, they break the symmetry by a little noise on $x_T$.

# %% [markdown]
# ## 9. A prior that does not match
#
# Our chain started where next to nothing is known. Could we start later, say at $t = 0.7$, where less has to be undone? There $w = 3.9$ pixels, and 30% of the coarsest wave is left: which half of the picture is dark, say. It is part of the law of $x_t$. A start that forgets it, with the right grey and the right noise, has the wrong law.

# %%
@cache
def started(match, t=0.7):
    rows = torch.randint(len(real), (500,), generator=torch.Generator().manual_seed(4))
    x0 = real[rows] if match else real[rows].mean((2, 3), keepdim=True).expand(-1, -1, 8, 8)
    noise = hot.sample_noise(x0, torch.Generator().manual_seed(5))
    x_t = hot.forward(x0, noise, t)
    return x_t, draw(Keep(), x_t, start=t)


# %% tags=["nbval-ignore-output"]
rows = {"blurred digits": started(True), "grey only": started(False)}
show.images(
    {f"{name}, {part}": x[:12] for name, pair in rows.items() for part, x in zip(("start", "end"), pair)},
    "10.two-priors",
)
print("deviation of the two coarsest waves, and energy distance x 1000")
ends = {"real digits": digits("heldout")[0]} | {name: end for name, (_, end) in rows.items()}
for name, x in ends.items():
    down, across = hot.dct(x)[:, 0, 1, 0].std(), hot.dct(x)[:, 0, 0, 1].std()
    print(f"{name:15} {down:6.2f} {across:6.2f} {1000 * energy_distance(x, real):8.0f}")

# %%
shade = [float(hot.dct(x)[:, 0, 0, 1].std()) for x in (real, *(started(match)[1] for match in (True, False)))]
matched, wrong = (energy_distance(started(match)[1], real) for match in (True, False))
print(f"the wrong prior costs more than ten times as much: {wrong > 10 * matched}")
print(f"left against right, the digits vary less than half as much as real ones: {shade[2] < shade[0] / 2 < shade[1]}")

# %% [markdown]
# The chain took the missing shadows for a fact. Digits that are equally dark on both sides came out far too often.
#
# Does a chain ever forget its start? Ask with exact draws $\hat x_0 \sim p(x_0 \mid x_t)$, so that nothing else is wrong. `FiniteData` knows them for any process whose $p(x_t \mid x_0)$ is known.

# %%
exact = posterior_sample(FiniteData(real, hot))


@cache
def with_draws(refresh, steps, match=False):
    times, generator = torch.linspace(0.7, 0, steps + 1), torch.Generator().manual_seed(6)
    end = sample(hot, exact, started(match)[0], times, refresh, generator, progress=False)
    return 1000 * energy_distance(end, real)


# %% tags=["nbval-ignore-output"]
print("exact draws: energy distance x 1000 after 3, 10, 50 steps from grey only, and after 50 from blurred digits")
for name, refresh in {"keep": Keep(), "redraw": Redraw()}.items():
    print(f"{name:8}", "".join(f"{with_draws(refresh, k):6.0f}" for k in (3, 10, 50)), f"{with_draws(refresh, 50, match=True):15.0f}")

# %%
print(f"keep is further off after 50 steps than after 3:     {with_draws(Keep(), 50) > with_draws(Keep(), 3)}")
print(f"redraw has lost four fifths of its error by then:    {with_draws(Redraw(), 50) < with_draws(Redraw(), 3) / 5}")

# %% [markdown]
# So $K$ decides. Keep carries a wrong start through to the end. Redraw forgets it, a bit in every step: the one thing it is better at. But with a network's means redraw made the worst digits by far, as you saw.
#
# The remedy is a right start. The theorem of [lesson 04](04_correct.ipynb) needs $x_T \sim p_T$. For pure noise that comes for free. For blur, draw the prior from blurred data, or blur until only known things are left.

# %% [markdown]
# ## What you have learnt
#
# - Heat in the basis of waves is a list of fading numbers. Without noise, blur destroys nothing as long as all decimals are kept, and is many-to-one when it is complete. A light noise makes the way back one-to-many, with a law that can be inferred.
# - Keep is the improved sampler of Cold Diffusion, at every noise level. Redraw without noise is the naive one, and with noise it is IHDM. $\rho_k$ per wave is Blurring Diffusion.
# - With an imperfect restorer the naive sampler gets worse with more steps, the improved one does not.
# - Plugged-in means under redraw leave $\delta^2 / (2\sigma^2)$ of the variance. That is why IHDM adds more noise than it should.
# - A deterministic chain makes no more different pictures than it is given: without noise in $x_T$, few. And the prior must match: keep carries a wrong start through to the end, redraw forgets it step by step.

# %% [markdown]
# **Read on.** Bansal et al. 2022, [Cold Diffusion](https://arxiv.org/abs/2208.09392). Rissanen, Heinonen and Solin 2022, [Generative Modelling With Inverse Heat Dissipation](https://arxiv.org/abs/2206.13397).
# Hoogeboom and Salimans 2023, [Blurring Diffusion Models](https://arxiv.org/abs/2209.05557).

# %% [markdown]
# **Next.** [Lesson 11](11_masks_and_tokens.ipynb) turns to tokens, where the noise is a threshold and "infer" is a draw.

# %% [markdown]
# [← 09 · Three views](09_three_views.ipynb) · [11 · Masks and tokens →](11_masks_and_tokens.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
