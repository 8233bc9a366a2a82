# %% [markdown]
# # 10 · Hot and cold
#
# [← 09 · Three views](09_three_views.ipynb) · [11 · Masks and tokens →](11_masks_and_tokens.ipynb)
#
# Noise is one way to destroy a picture. Heat is another: let the grey spread until all is even. Damage with noise in it is called *hot*, damage without is called *cold*. In this lesson both run through the sampler that you know. At the end you can
#
# - say what blur destroys and what it does not, wave by wave;
# - read Cold Diffusion as a choice of the refresh $K$ of [lesson 04](04_correct.ipynb), and say why one of its two samplers gets worse with more steps;
# - make digits out of an even grey, and say why that takes a little noise and the right start.
#
# You need lessons [01](01_forward_process.ipynb), [04](04_correct.ipynb) and [05](05_one_sampler.ipynb). About 75 minutes and four exercises. An appendix on Blurring Diffusion and IHDM, with exercises 10.5 and 10.6, is *optional*. Stuck? `hint("10.1")` says a little more each time.

# %%
import math

import torch

from udm_lessons import show
from udm_lessons.data import digits, letters
from udm_lessons.destroy import VE, Blur, Cold, ConstantNoise, dct_matrix
from udm_lessons.exercises import hint, progress, solution

F64 = torch.float64
pictures = digits("train", F64)[0][:, 0]  # (899, 8, 8)
capitals, labels = letters(copies=1, dtype=F64)
word = torch.stack([capitals[labels == ord(c) - ord("A")][1, 0] for c in "HEAT"])  # (4, 32, 32)


# %% [markdown]
# ## Heat, wave by wave
#
# Heat spreads in a picture and none leaves through the border. After a while a single hot pixel has become a bell curve. We measure the time by the width of this bell: $w$ is its standard deviation, in pixels.
#
# [Lesson 01](01_forward_process.ipynb) wrote a picture as a sum of waves, by the cosine transform $u = C x C^T$. Wave $k = (k_1, k_2)$ has $k_1$ half waves down and $k_2$ across. The heat equation takes second derivatives, and two derivatives of a cosine give the cosine back, times a number. So each wave only fades:
#
# $$a_k = e^{-\lambda_k w^2 / 2}, \qquad \lambda_k = \left(\frac{\pi k_1}{h}\right)^2 + \left(\frac{\pi k_2}{b}\right)^2 ,$$
#
# for a picture of $h$ rows and $b$ columns.

# %%
def rates(height, width):
    """lambda_k, (height, width)."""
    down = math.pi * torch.arange(height, dtype=F64) / height
    across = math.pi * torch.arange(width, dtype=F64) / width
    return down[:, None] ** 2 + across**2


def fading(height, width, w):
    """What a blur by w pixels leaves of each wave."""
    return torch.exp(-rates(height, width) * w**2 / 2)


def to_waves(x):
    C = dct_matrix(x.shape[-1])
    return C @ x @ C.T


def to_pixels(u):
    C = dct_matrix(u.shape[-1])
    return C.T @ u @ C


def blurred(x, w):
    return to_pixels(fading(*x.shape[-2:], w) * to_waves(x))


# %% [markdown]
# Here are six of the 64 waves of a picture of 8 by 8 pixels, and what a blur leaves of them.

# %%
shown, widths = [(0, 0), (0, 1), (1, 1), (2, 1), (3, 3), (7, 7)], [0.0, 0.5, 1.0, 2.0, 4.0, 8.0]
one = torch.zeros(6, 8, 8, dtype=F64)
for n, k in enumerate(shown):
    one[n][k] = 1.0
waves = to_pixels(one)
waves = waves / waves.abs().amax((1, 2), keepdim=True)
show.images(
    {f"w = {w:g} px": blurred(waves, w)[:, None] for w in widths},
    "10.waves", [f"k = {k[0]}, {k[1]}" for k in shown],
)

# %% [markdown]
# And a word of 32 by 32 pixels a letter. Is it the blur that one knows from photographs? `gaussian_filter` of scipy blurs in pixels, with a bell curve and a mirrored border, and knows nothing of waves.

# %%
from scipy import ndimage

spread_out = [0.0, 1.0, 2.0, 4.0, 8.0, 32.0]
show.images({f"w = {w:g} px": blurred(word, w)[:, None] for w in spread_out}, "10.heat")
for w in (0.5, 1.0, 2.0):
    filtered = ndimage.gaussian_filter(word.numpy(), (0, w, w), mode="reflect", truncate=8)
    apart = float((blurred(word, w) - torch.tensor(filtered)).abs().max())
    print(f"w = {w}: largest difference to a filter in pixels {apart:.3f}")

# %% [markdown]
# At half a pixel a bell curve is too narrow to be sampled at whole pixels, and the filter is off. From one pixel on the two agree.

# %% [markdown]
# ## Many to one, one to many
#
# Can the blur be undone? On paper, yes: divide each wave by its $a_k$. But a picture is stored with finitely many levels of grey, say 256. Blur, store, and divide.

# %% tags=["nbval-ignore-output"]
show.expect("10.rounding")


# %%
def undone(x, w):
    return to_pixels(to_waves(x) / fading(*x.shape[-2:], w))


def stored(x):
    return ((x + 1) * 127.5).round() / 127.5 - 1


show.images(
    {f"w = {w:g} px": undone(stored(blurred(word, w)), w)[:, None] for w in (0.6, 0.8, 1.0, 1.2)},
    "10.rounding",
)
again = undone(blurred(word, 1.0), 1.0)
print(f"not rounded, w = 1: the word comes back, but for {(again - word).abs().max():.6f}")

# %% [markdown]
# So it matters what is left. Cold blur with all its decimals has destroyed *nothing*. Rounded, it has lost whatever is smaller than a level of grey. And cold blur that is complete, of which only the average is left, is **many-to-one**: different pictures become the same grey. No function can tell them apart on the way back.

# %%
grey = pictures.mean((1, 2))
different, greys = len(pictures.unique(dim=0)), len(grey.unique())
print(f"{len(pictures)} digits, {different} of them different; {greys} different greys")


# %% [markdown]
# A light noise mends it. Add to each wave a number of its own:
#
# $$x_t = C^T \left( a_t \odot C x_0 C^T + \sigma\, \varepsilon \right) C, \qquad \varepsilon \sim N(0, I) .$$
#
# ($\odot$ multiplies entry by entry; $a_t$ are the factors at the width $w_t$.) Now one $x_0$ has many $x_t$, and one grey has many pictures: the map back is **one-to-many**, and $\varepsilon$ says which. It is as rich as the picture, 64 numbers for 64. And its law $q$ is known, so that [lesson 04](04_correct.ipynb) applies: infer, refresh, forward.

# %% [markdown]
# **Exercise 10.1** ●●○ · 6 minutes. Infer $\varepsilon$ from `x0` and `x_t`, both `(batch, n, n)`. `a` holds the factors `(n, n)`, `sigma` is a number, `C` the cosine transform. The result is one number per *wave*.

# %% nbgrader={"grade": false, "grade_id": "answer-10-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def wave_noise(x0, x_t, a, sigma, C):
    """The noise, in the basis of waves, that leads from x0 to x_t."""
    raise NotImplementedError('exercise 10.1 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-10-1", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("10.1", wave_noise)

# %%
sigma_wave, t_half = 0.1, 0.5
process = Blur((8, 8), lambda t: 8 * t**2, ConstantNoise(sigma_wave))
eps = process.sample_noise(pictures, torch.Generator().manual_seed(0))
x_t = process.forward(pictures, eps, t_half)

# %%
a_half, C8 = fading(8, 8, 8 * t_half**2), dct_matrix(8)
others = pictures.roll(1, 0)
right, wrong = (wave_noise(x0, x_t, a_half, sigma_wave, C8) for x0 in (pictures, others))
print(f"from the true picture: the noise that was used, but for {(right - eps).abs().max():.6f}")
maps = {"x_t": x_t, "from the true picture": right / 5, "from another one": wrong / 5}
show.images({name: x[:10, None] for name, x in maps.items()}, "10.inferred-noise")


# %% [markdown]
# `Blur` is the package's process, with these functions inside. Here its width grows as $w_t = 8 t^2$. It works on the last two axes, so that pictures may be `(batch, 8, 8)` or, for a network, `(batch, 1, 8, 8)`. Its method `blur(x0, t)` is the damage without the noise.
#
# When has a wave drowned? Let $v_k$ be its variance over all pictures. We say that it drowns where the blur has made its variance as small as that of the noise.

# %% [markdown]
# **Exercise 10.2** ●●○ · 6 minutes. Return the width $w_k$ at which each wave drowns, and 0 if it has drowned before any blur. `eigenvalues`, above 0, and `v`, at least 0, are tensors of one shape, with the $\lambda_k$ and the $v_k$; `sigma` is a number. `torch.log` and `clamp(min=0)` are at hand.

# %% nbgrader={"grade": false, "grade_id": "answer-10-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def drowning_width(eigenvalues, v, sigma):
    """The width of the blur at which each wave is as weak as the noise."""
    raise NotImplementedError('exercise 10.2 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-10-2", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("10.2", drowning_width)

# %%
lam, v_waves = rates(8, 8), to_waves(pictures).var(0)
drowned = torch.full((8, 8), math.inf, dtype=F64)  # the average brightness never drowns
drowned.view(-1)[1:] = drowning_width(lam.flatten()[1:], v_waves.flatten()[1:], sigma_wave)


def noisy_at(w):
    return to_pixels(fading(8, 8, w) * to_waves(pictures[13]) + sigma_wave * eps[13])


above = torch.stack([2.0 * (drowned > w) - 1 for w in widths])
seen = torch.stack([noisy_at(w) for w in widths])
show.images(
    {"waves above the noise": above[:, None], "a digit": seen[:, None]},
    "10.drowned", [f"w = {w:g}" for w in widths],
)
print("waves above the noise:", ", ".join(f"{(drowned > w).sum()} at w = {w:g}" for w in widths))

# %% [markdown]
# ## Keep is the improved cold sampler
#
# Cold Diffusion (Bansal et al. 2022) has no noise at all. Write $D(x_0, t)$ for the damage, here blur. A network guesses $\hat x_0$, and their Algorithm 1 is the obvious step: $x_s = D(\hat x_0, s)$. We call it *naive*. Their Algorithm 2, which did much better, we call *improved*:
#
# $$x_s = x_t - D(\hat x_0, t) + D(\hat x_0, s) .$$
#
# Read it with [lesson 04](04_correct.ipynb) in mind. Put a constant noise $\sigma$ in, and *keep* it: infer $\sigma \hat\varepsilon = x_t - D(\hat x_0, t)$, then push forward, $x_s = D(\hat x_0, s) + \sigma \hat\varepsilon$. The $\sigma$ has cancelled. **The improved step is keep ([lesson 04](04_correct.ipynb)'s delta design) for blur with noise, at every noise level**, down to none. And the naive step is *redraw*, the independent design, in the limit of no noise.

# %%
from udm_lessons.rebuild import (
    FiniteData, Interpolate, Keep, Markov, Redraw, posterior_sample, reverse_step, sample,
)


def naive(degrade, x0_hat, x_t, t, s):
    return degrade(x0_hat, s)


def improved(degrade, x0_hat, x_t, t, s):
    return x_t - degrade(x0_hat, t) + degrade(x0_hat, s)


def blur_with(schedule):
    return Blur((8, 8), lambda t: 8 * t**2, schedule)


# %% [markdown]
# Take a wrong guess. How far is keep from the improved step, and redraw from the naive one?

# %%
guess, s_next = pictures.roll(1, 0), 0.3
for sigma in (10.0, 0.1, 0.001):
    noisy = blur_with(ConstantNoise(sigma))
    kept = reverse_step(noisy, guess, x_t, t_half, s_next, Keep())
    apart = (kept - improved(noisy.blur, guess, x_t, t_half, s_next)).abs().max()
    drawn = reverse_step(
        noisy, guess, x_t, t_half, s_next, Redraw(), torch.Generator().manual_seed(1)
    )
    rest = (drawn - naive(noisy.blur, guess, x_t, t_half, s_next)).std()
    print(f"σ = {sigma:6}   keep: off by {apart:.6f}   redraw: noise of deviation {rest:7.3f}")

# %% [markdown]
# If the noise changes with time, keep rescales the residual: noise that grows with $t$ comes back multiplied by $\sigma_s / \sigma_t$.

# %%
noisy = blur_with(VE(0.02, 0.5))  # from 0.02 at t = 0 to 0.5 at t = 1
kept = reverse_step(noisy, guess, x_t, t_half, s_next, Keep())
shrunk = noisy.sigma(s_next, x_t) / noisy.sigma(t_half, x_t)
scaled = noisy.blur(guess, s_next) + shrunk * (x_t - noisy.blur(guess, t_half))
print(f"σ_s / σ_t = {shrunk:.3f}: largest difference {(kept - scaled).abs().max():.6f}")

# %% [markdown]
# The package has noiseless damage as a process too: `Cold(degrade)`. Its "noise" is the residual, which is 0 if the guess is right. `Keep()` carries it, `Redraw()` drops it.
#
# Why is carrying it so good? Take the simplest damage, $D(x, t) = x + t\, e$ with a fixed picture $e$, and a restorer that is plain nonsense.

# %%
fixed = pictures[7]
additive = Cold(lambda x, t: x + t * fixed)
sharp = pictures[:100]


def nonsense(x, t, generator=None):
    return torch.tanh(x.flip(-1)) + t


ten_steps = torch.linspace(1, 0, 11)
for name, refresh in {"naive": Redraw(), "improved": Keep()}.items():
    x_T = additive.degrade(sharp, 1.0)
    end = sample(additive, nonsense, x_T, ten_steps, refresh, progress=False)
    print(f"{name:9} mean error {(end - sharp).abs().mean():.6f}")

# %% [markdown]
# Exact, with a restorer that knows nothing. In the step $-D(\hat x_0, t) + D(\hat x_0, s) = (s - t)\, e$, so the guess drops out. In general, let a chain start at $D(x_0, 1)$, with $D(x_0, 0) = x_0$, and write $z$ for the guess of a step. Its error at the end is a sum over the steps,
#
# $$x_0^{\text{end}} - x_0 = \sum_{(t, s)} \Big( \big[ D(z, s) - D(z, t) \big] - \big[ D(x_0, s) - D(x_0, t) \big] \Big) .$$
#
# Only how $D$ *changes* at the guess matters. The naive step needs $D$ itself to be right.

# %% [markdown]
# ## A restorer that is not perfect
#
# Take one between nonsense and perfect. Division by $a$ blows up where $a$ is small. A *regularised* filter multiplies by $a / (a^2 + \kappa)$ instead: like $1/a$ where $a^2 \gg \kappa$, and close to 0 where $a^2 \ll \kappa$. Letters are blurred by $w_t = 3 t$, so by 3 pixels at $t = 1$, without any noise, and with all decimals. The filter deblurs them in more and more steps.

# %%
cold_blur, kappa = Blur((32, 32), 3.0).blur, 1e-3


def restore(x, t):
    a = fading(32, 32, 3 * t)
    return to_pixels(a / (a**2 + kappa) * to_waves(x))


def deblurred(step, steps, x0=word):
    x = cold_blur(x0, 1.0)
    for n in range(steps, 0, -1):
        t, s = n / steps, (n - 1) / steps
        x = step(cold_blur, restore(x, t), x, t, s)
    return x


# %% tags=["nbval-ignore-output"]
show.expect("10.more-steps")

# %%
counts = [1, 10, 100, 1000]
ends = {f.__name__: torch.stack([deblurred(f, n)[0] for n in counts]) for f in (naive, improved)}
show.images(
    {name: torch.cat([x, word[:1]])[:, None] for name, x in ends.items()},
    "10.letter-in-steps", ["1 step", "10", "100", "1000", "sharp"],
)


# %% [markdown]
# Fine waves, $a^2 \ll \kappa$, are lost to both. A coarser wave is damped in each naive step by $a^2/(a^2 + \kappa)$, a bit less than 1. Over a thousand steps these factors multiply, and more and more waves die: even the average grey, with $1/(1 + \kappa)$, goes down to 0.37 of itself.
#
# The improved step takes from the guess only what changes between $t$ and $s$. What does it make of a wave in ever more, ever smaller steps? The chain starts at $a$ times the wave. Then the factor $b$ grows from $a$ to 1, and each step from $b$ to $b + db$ adds $db\, \frac{b}{b^2 + \kappa}\, x$ to $x$.

# %% [markdown]
# **Exercise 10.3** ●●● · 10 minutes. Find on paper what the improved sampler ends with, as a share of the wave in $x_0$. Return the limit of many steps: `a` is a tensor with numbers from 0 to 1, `kappa` a number above 0.

# %% nbgrader={"grade": false, "grade_id": "answer-10-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def many_small_steps(a, kappa):
    """The share of each wave that the improved sampler brings back in the limit."""
    raise NotImplementedError('exercise 10.3 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-10-3", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("10.3", many_small_steps)


# %%
def relative_error(x):
    return float((x - word).norm() / word.norm())


yours = relative_error(to_pixels(many_small_steps(fading(32, 32, 3.0), kappa) * to_waves(word)))
steps_tried = [1, 3, 10, 30, 100, 300, 1000]
errors = {
    f.__name__: [relative_error(deblurred(f, n)) for n in steps_tried] for f in (naive, improved)
}
show.curves(
    steps_tried, errors, "number of steps", "relative error", "10.naive-and-improved",
    xscale="log", floor=("your limit", yours),
)
print(f"improved, 1000 steps: {errors['improved'][-1]:.4f}   your limit: {yours:.4f}")

# %% [markdown]
# And the sum over the steps? Along a chain of 30 steps it is the error at the end.

# %%
x, total = cold_blur(word, 1.0), 0.0
for n in range(30, 0, -1):
    t, s = n / 30, (n - 1) / 30
    z = restore(x, t)
    x = improved(cold_blur, z, x, t, s)
    total = total + (cold_blur(z, s) - cold_blur(z, t)) - (cold_blur(word, s) - cold_blur(word, t))
apart = (x - word - total).abs().max()
print(f"error at the end {(x - word).std():.3f}, differs from the sum by {apart:.6f}")

# %% [markdown]
# It is what [lesson 04](04_correct.ipynb) said: redraw takes in the whole error of a guess in every step, keep only a share that shrinks with the step.

# %% [markdown]
# ## Digits out of grey
#
# Now a network. The width grows to 8 pixels, which leaves 0.7% of the coarsest wave, under a noise of $\sigma = 0.1$: by your count, only the average grey is not drowned. The grey has no law with a name, so the prior is drawn from *data*, blurred to the end. The network is a U-Net, as in [lesson 03](03_predict.ipynb), and learns $\hat x_0$ from $x_t$ by squared error.
#
# A second network learns the same without the noise: the same blur, the same number of steps, the same digits. So what differs later is the noise alone.

# %%
import tempfile
from functools import cache
from pathlib import Path

from udm_lessons.learn import Squared, UNet, denoising_loss, train

real = digits("train")[0]
hot = Blur((8, 8), lambda t: 8 * t**2, ConstantNoise(0.1), data=real)
cold = Cold(hot.blur, data=real)
folder = tempfile.TemporaryDirectory()


@cache
def restorer(name, until=450):
    """A predictor of x0 for "hot" or "cold", trained for 450 steps; `until` stops on the way."""
    torch.manual_seed(0)
    loss = denoising_loss({"hot": hot, "cold": cold}[name], Squared("x0"))
    network = train(
        UNet(), loss, real, steps=450, until=until, lr=5e-3, decay=True,
        generator=torch.Generator().manual_seed(0), checkpoint=Path(folder.name) / name,
    ).requires_grad_(False)
    return lambda x_t, t, generator=None: network(x_t, t)


def draw(name, refresh, x_T, start=1.0, steps=30, until=450, **options):
    """Back from x_T, in a chain that begins at time `start`."""
    times, generator = torch.linspace(start, 0, steps + 1), torch.Generator().manual_seed(1)
    process = {"hot": hot, "cold": cold}[name]
    guess = restorer(name, until)
    x = sample(process, guess, x_T, times, refresh, generator, False, **options)
    return x.clamp(-1, 1)


# %% [markdown]
# Training takes a while, so each comes in two parts. Half of the way, look at what the hot one makes of greys.

# %% tags=["nbval-ignore-output"]
few = hot.sample_prior((12, 1, 8, 8), torch.Generator().manual_seed(3))
show.images({"start": few, "end": draw("hot", Keep(), few, until=225)}, "10.halfway")

# %% tags=["nbval-ignore-output"]
show.images({"end": draw("hot", Keep(), few)}, "10.trained")

# %% tags=["nbval-ignore-output"]
halfway = restorer("cold", 225)

# %% tags=["nbval-ignore-output"]
finished = restorer("cold")

# %% [markdown]
# First the hot one, with four refreshes: all noise is kept, the share $\rho = 0.9$ is kept in each step, Blurring Diffusion's share for each wave (`Markov`, see the appendix), none is kept.

# %%
# Interpolate takes the weight of the fresh noise.
most = Interpolate(math.sqrt(1 - 0.9**2))
designs = {"keep": Keep(), "ρ = 0.9": most, "Markov": Markov(), "redraw": Redraw()}


@cache
def made():
    x_T = hot.sample_prior((200, 1, 8, 8), torch.Generator().manual_seed(2))
    return {"start": x_T} | {name: draw("hot", refresh, x_T) for name, refresh in designs.items()}


# %% tags=["nbval-ignore-output"]
show.images({name: x[:12] for name, x in made().items()}, "10.from-grey")

# %% [markdown]
# The light noise has done its work: from nearly equal greys come many different digits. Which refresh is the best is a matter of numbers. Beside the energy distance of [lesson 03](03_predict.ipynb) stand three variances, as shares of those of real digits: of the average grey, of the coarse waves ($k_1 + k_2 = 1$ or 2), and of the rest.

# %%
from udm_lessons.measure import energy_distance, energy_error

bands = torch.arange(8)[:, None] + torch.arange(8)


def variances(x):
    """Of the average grey, the coarse waves and the rest, over those of real digits."""
    found, wanted = (hot.dct(images)[:, 0].var(0) for images in (x, real))
    parts = (bands == 0, (bands > 0) & (bands < 3), bands > 2)
    return [float(found[part].sum() / wanted[part].sum()) for part in parts]


def judged(x):
    return [(1000 * energy_distance(x, real), 1000 * energy_error(x, real)), *variances(x)]


# %% tags=["nbval-ignore-output"]
columns = ["energy × 1000", "grey", "coarse waves", "the rest"]
sets = {"real, held out": digits("heldout")[0]} | {name: made()[name] for name in designs}
show.compare({name: judged(x) for name, x in sets.items()}, columns, "10.judged")


# %% [markdown]
# As in [lesson 05](05_one_sampler.ipynb), where pictures were destroyed by noise without blur, redraw is the worst by far. A little fresh noise does no harm here. But the reason is not the one that a formula suggests. For *normal* data and exact means, redraw loses half of the variance (see the appendix). Digits are not normal, and under redraw their coarse waves vary more than under keep. The variance of single waves does not say what is wrong with its pictures.
#
# Move the share $\rho$ of the noise that is kept. The same $x_T$ each time; below $\rho = 1$ fresh noise joins in.

# %% tags=["nbval-ignore-output"]
def by_share(rho):
    x = draw("hot", Interpolate(math.sqrt(1 - rho**2)), few)
    show.images({"start": few, f"ρ = {rho:g}": x}, "10.by-share")


show.slider(by_share, "ρ", [0.0, 0.5, 0.8, 0.9, 0.95, 1.0], 1.0)

# %% [markdown]
# ## Without the noise
#
# Now cold. The same blur, the same training, no noise: each step is a *function*, and so is the whole chain. **A deterministic chain cannot make more different pictures than it was given.** How many that are is a matter of decimals. Start it from digits that were blurred and kept with all their decimals, or from the grey alone.

# %% tags=["nbval-ignore-output"]
show.expect("10.no-noise")

# %%
source = real[:200]
starts = {
    "all decimals": cold.degrade(source, 1.0),
    "grey only": source.mean((2, 3), keepdim=True).expand(-1, -1, 8, 8).contiguous(),
}


@cache
def made_cold(start, step):
    return draw("cold", {"improved": Keep(), "naive": Redraw()}[step], starts[start])


pairs = [(start, step) for start in starts for step in ("improved", "naive")]

# %% tags=["nbval-ignore-output"]
rows = {"blurred away": source[:8], "hot, keep": made()["keep"][:8]}
rows |= {f"cold, {step}, {start}": made_cold(start, step)[:8] for start, step in pairs}
show.images(rows, "10.eight-starts")


# %%
def own(x):
    """How often the nearest real digit is the one that was blurred away."""
    nearest = torch.cdist(x.flatten(1), real.flatten(1)).argmin(1)
    return float((nearest == torch.arange(len(x))).double().mean())


# %% tags=["nbval-ignore-output"]
noise = hot.sample_noise(source, torch.Generator().manual_seed(7))
found = {"hot, keep": [*judged(made()["keep"])[:3], ""]}
x = draw("hot", Keep(), hot.forward(starts["grey only"], noise, 1.0))
found["hot, keep, grey only"] = [*judged(x)[:3], own(x)]
for start, step in pairs:
    x = made_cold(start, step)
    found[f"cold, {step}, {start}"] = [*judged(x)[:3], own(x)]
show.compare(found, [*columns[:3], "its own digit"], "10.hot-or-cold")

# %% [markdown]
# With all decimals of a float the start holds the grey and the coarsest waves; the finer ones are below its last digit. So hardly ever does its own digit come back. What comes out are other digits, further from the real law than the hot ones. The trace of shadows that is left, under a hundredth of what it was, takes the part of the noise: it makes the starts different. Take it away, and all starts of one grey are one start. Then equal greys must end as equal pictures. The hot chain does not need the trace.

# %%
which = source.mean((1, 2, 3)).unique(return_inverse=True)[1]
twins = (which[:, None] == which).triu(1).nonzero()
x = made_cold("grey only", "improved")
apart = (x[twins[:, 0]] - x[twins[:, 1]]).abs().max()
print(f"200 starts, {int(which.max()) + 1} greys; equal greys end apart by {apart:.2f} at most")


# %% [markdown]
# `Keep()` on hot blur is a function too. It makes many digits because its starts are many: the noise in $x_T$ makes them different. The authors' own code for cold blur has an option for just that: a little noise on $x_T$. Watch hot and cold.

# %%
def filmed(name, refresh, x_T):
    frames = [x_T]
    draw(name, refresh, x_T, callback=lambda s, x, _: frames.append(x.clamp(-1, 1)))
    return torch.stack(frames)


# %% tags=["nbval-ignore-output"]
show.film(
    {
        "hot, keep": filmed("hot", Keep(), made()["start"][:10]),
        "cold, improved": filmed("cold", Keep(), starts["grey only"][:10]),
        "cold, naive": filmed("cold", Redraw(), starts["grey only"][:10]),
    },
    "10.film",
)


# %% [markdown]
# ## A prior that does not match
#
# Our hot chain started where next to nothing is known. Could we start later, say at $t = 0.7$, where less has to be undone? There $w = 3.9$ pixels, and 30% of the coarsest wave is left: which half of the picture is dark, say. It is part of the law of $x_t$. A start that forgets it, with the right grey and the right noise, has the wrong law.

# %%
@cache
def start_at(match, t=0.7):
    picked = torch.randint(len(real), (200,), generator=torch.Generator().manual_seed(4))
    x0 = real[picked]
    x0 = x0 if match else x0.mean((2, 3), keepdim=True).expand(-1, -1, 8, 8)
    return hot.forward(x0, hot.sample_noise(x0, torch.Generator().manual_seed(5)), t)


@cache
def started(match):
    return draw("hot", Keep(), start_at(match), start=0.7)


# %% tags=["nbval-ignore-output"]
parts = {}
for name, match in {"blurred digits": True, "grey only": False}.items():
    parts |= {f"{name}, start": start_at(match)[:8], f"{name}, end": started(match)[:8]}
show.images(parts, "10.two-priors")

# %% tags=["nbval-ignore-output"]
priors = {"blurred digits": judged(started(True)), "grey only": judged(started(False))}
show.compare(priors, columns, "10.wrong-prior")


# %% [markdown]
# The chain took the missing shadows for a fact: the coarse waves of its digits vary too little. Does a chain ever forget its start? Follow one wave. Let it be normal with mean 0 and variance $v$, and let the guess be its mean given $x_t$, as in [lesson 03](03_predict.ipynb):
#
# $$\hat x_0 = m_t x_t, \qquad m_t = \frac{a_t v}{a_t^2 v + \sigma^2} .$$
#
# The step keeps a share $\rho$ of the inferred noise, and adds fresh noise to make up for the rest. Run two chains with the same fresh noise. One starts at $x_T$, the other at $x_T + d$.

# %% [markdown]
# **Exercise 10.4** ●●○ · 10 minutes. By which factor of $d$ do they differ at the end? `a` is a list of numbers, from $a_T$ to the last one; `zip(a, a[1:])` gives the pairs $(a_t, a_s)$. `sigma` above 0, `rho` from 0 to 1 and `v` at least 0 are numbers. Write one step as a multiple of $x_t$ first. Five lines.

# %% nbgrader={"grade": false, "grade_id": "answer-10-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def start_left(a, sigma, rho, v):
    """How much of a difference in the start is left at the end."""
    raise NotImplementedError('exercise 10.4 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-10-4", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("10.4", start_left)


# %% [markdown]
# Take the coarsest wave of the digits, from $t = 0.7$ on, and count in deviations of the wave: at the start of $\sqrt{a_T^2 v + \sigma^2}$, at the end of $\sqrt{v + \sigma^2}$.

# %%
def deviations_left(steps, rho, v=float(v_waves[0, 1]), sigma=0.1):
    times = 0.7 * torch.linspace(1, 0, steps + 1, dtype=F64)
    a = torch.exp(-((math.pi / 8 * 8 * times**2) ** 2) / 2).tolist()
    scale = math.sqrt((a[0] ** 2 * v + sigma**2) / (v + sigma**2))
    return float(start_left(a, sigma, rho, v)) * scale


kinds = {"keep": 1.0, "ρ = 0.9": 0.9, "redraw": 0.0}
rows = {name: [deviations_left(n, rho) for n in (3, 10, 50, 1000)] for name, rho in kinds.items()}
show.compare(rows, ["3 steps", "10", "50", "1000"], "10.left-of-start")

# %% [markdown]
# Keep takes a start that is off by one deviation to an end that is off by one deviation, as soon as the steps are small. Fresh noise forgets, a bit in every step. So with a wrong start many steps should help redraw, and not keep. Try it on the digits, with exact draws $\hat x_0 \sim p(x_0 \mid x_t)$ for guesses, so that nothing else is wrong. `FiniteData` knows them for any process whose $p(x_t \mid x_0)$ is known.

# %% tags=["nbval-ignore-output"]
show.expect("10.wrong-start")

# %%
exact = posterior_sample(FiniteData(real, hot))


@cache
def with_draws(refresh, steps, match=False):
    times, generator = torch.linspace(0.7, 0, steps + 1), torch.Generator().manual_seed(6)
    return sample(hot, exact, start_at(match), times, refresh, generator, progress=False)


# %% tags=["nbval-ignore-output"]
rows = {}
for name, refresh in {"keep": Keep(), "redraw": Redraw()}.items():
    ends = [with_draws(refresh, n) for n in (3, 10, 50)] + [with_draws(refresh, 50, True)]
    rows[name] = [judged(x)[0] for x in ends]
show.compare(rows, ["3 steps", "10", "50", "50, right start"], "10.wrong-start", digits=0)


# %% [markdown]
# So $K$ decides. Keep carries a wrong start through to the end. Redraw forgets it, a bit in every step: the one thing it is better at. But with a network's means redraw made the worst digits by far, as you saw.
#
# The remedy is a right start. The theorem of [lesson 04](04_correct.ipynb) needs $x_T \sim p_T$. For pure noise that comes for free. For blur, draw the prior from blurred data, or blur until only known things are left.

# %% [markdown]
# ## Try it
#
# Design a $K$ of your own. Blur gives you one noise for each wave, and each may be kept, redrawn, or mixed with a share $\rho_k$ of its own. That is 64 numbers of freedom, and the one constraint is that the noise stays $N(0, I)$. A refresh is any function `(process, noise, t, s, generator)`, such as `lambda process, noise, t, s, generator: process.noise_law.correlate(noise, rho, generator)` with `rho` a tensor `(8, 8)`. Is it better to keep the coarse waves and redraw the fine ones, or the other way round? Does anything beat one $\rho$ for all?
#
# What others found (400 digits, 30 steps, energy distance × 1000 with standard errors, two trainings of 600 steps). All noise kept: 52 ± 8 and 45 ± 8. Waves with $k_1 + k_2 < 3$ kept and the finer ones redrawn: 51 ± 12 and 44 ± 11. The other way round: 115 ± 24 and 80 ± 16. All redrawn: 213 ± 36 and 123 ± 19. So it is the coarse waves that pay for fresh noise. One $\rho = 0.9$ for all, 41 ± 8 and 33 ± 7, was not clearly beaten by any of these.

# %% [markdown]
# ## What you have learnt
#
# - Heat in the basis of waves is a list of fading numbers. Without noise, blur destroys nothing as long as all decimals are kept, and is many-to-one when it is complete. A light noise makes the way back one-to-many, with a law that can be inferred.
# - Keep is the improved sampler of Cold Diffusion, at every noise level. Redraw without noise is the naive one.
# - With an imperfect restorer the naive sampler gets worse with more steps. The improved one follows a differential equation.
# - A deterministic chain makes no more different pictures than it is given: without noise in $x_T$, and with the decimals gone, few.
# - The prior must match: keep carries a wrong start through to the end, redraw forgets it step by step.

# %% [markdown]
# **Read on.** Bansal et al. 2022, [Cold Diffusion](https://arxiv.org/abs/2208.09392). Rissanen, Heinonen and Solin 2022, [Generative Modelling With Inverse Heat Dissipation](https://arxiv.org/abs/2206.13397).
# Hoogeboom and Salimans 2023, [Blurring Diffusion Models](https://arxiv.org/abs/2209.05557).

# %% [markdown]
# **Next.** [Lesson 11](11_masks_and_tokens.ipynb) turns to tokens, where the noise is a threshold and "infer" is a draw.

# %% [markdown]
# [← 09 · Three views](09_three_views.ipynb) · [11 · Masks and tokens →](11_masks_and_tokens.ipynb)

# %% [markdown]
# ## Appendix: a share for each wave (*optional*)
#
# Between keep and redraw lies the posterior of a Markov chain, as in DDPM. Blurring Diffusion (Hoogeboom and Salimans 2023) is that, for blur. Each wave has a signal-to-noise ratio of its own, $\text{SNR}_{t,k} = a_{t,k}^2 / \sigma_t^2$, where the noise $\sigma_t$ may change in time too. So each wave has its own share of old noise, by the formula of [lesson 04](04_correct.ipynb):
#
# $$\rho_k = \sqrt{\text{SNR}_{t,k} / \text{SNR}_{s,k}} .$$

# %% [markdown]
# **Exercise 10.5** ●●○ · 8 minutes. Return $\rho_k$ for a tensor `eigenvalues` of $\lambda_k$. The widths of the blur are `w_t` and `w_s`, the noise levels `sigma_t` and `sigma_s`, all numbers. Simplify before you type: $a_t$ and $a_s$ may be so small that their quotient is 0/0.

# %% nbgrader={"grade": false, "grade_id": "answer-10-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def kept_share(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    """The correlation of the noise at t and at s, per wave."""
    raise NotImplementedError('exercise 10.5 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-10-5", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("10.5", kept_share)

# %% [markdown]
# Against the paper. There, with $a_{t|s} = a_t / a_s$ and $\sigma_{t|s}^2 = \sigma_t^2 - a_{t|s}^2 \sigma_s^2$, the posterior of wave $k$ is normal, with the variance and the mean
#
# $$\sigma_{t \to s}^2 = \left( \frac{1}{\sigma_s^2} + \frac{a_{t|s}^2}{\sigma_{t|s}^2} \right)^{-1}, \qquad \text{mean} = \sigma_{t \to s}^2 \left( \frac{a_{t|s}}{\sigma_{t|s}^2}\, u_t + \frac{a_s}{\sigma_s^2}\, u_0 \right) ,$$
#
# where $u_t = C x_t C^T$ and $u_0 = C x_0 C^T$ are the waves. Ours has the mean $a_s u_0 + \sigma_s\, \rho\, (u_t - a_t u_0)/\sigma_t$ and the variance $\sigma_s^2 (1 - \rho^2)$.

# %%
(w_t, sigma_t), (w_s, sigma_s) = (2.0, 0.5), (1.2, 0.3)
a_t, a_s = (fading(8, 8, w) for w in (w_t, w_s))
step, left = a_t / a_s, sigma_t**2 - (a_t / a_s * sigma_s) ** 2
variance = 1 / (1 / sigma_s**2 + step**2 / left)
u_t, u_0 = torch.randn(2, 8, 8, generator=torch.Generator().manual_seed(2), dtype=F64)
paper = variance * (step / left * u_t + a_s / sigma_s**2 * u_0)

# %%
rho = kept_share(lam, w_t, w_s, sigma_t, sigma_s)
ours = a_s * u_0 + sigma_s * rho * (u_t - a_t * u_0) / sigma_t
gaps = [float(x.abs().max()) for x in (ours - paper, sigma_s**2 * (1 - rho**2) - variance)]
print(f"largest difference to the paper: mean {gaps[0]:.9f}, variance {gaps[1]:.9f}")

# %% [markdown]
# In the package this is `Markov()`: it asks the process for its $\rho$, and `Blur` answers with one number per wave. Which waves keep their noise in a step from $t = 0.5$, where $w = 2$ pixels, with constant noise?

# %%
back_to = [0.49, 0.45, 0.4, 0.2]
maps = torch.stack([2 * kept_share(lam, 2.0, 8 * s**2, 0.1, 0.1) - 1 for s in back_to])
show.images({"share kept": maps[:, None]}, "10.noise-kept", [f"s = {s:g}" for s in back_to])

# %% [markdown]
# ## Appendix: IHDM, and how much noise to add (*optional*)
#
# Inverse Heat Dissipation (IHDM; Rissanen et al. 2022) blurs, and adds a constant noise $\sigma = 0.01$ to what the network sees. Its network predicts the *less blurred picture* itself, and the step adds noise of deviation $\delta$ to that. With a guess of $x_0$ in its place the step reads
#
# $$x_s = D(\hat x_0, s) + \delta\, \xi, \qquad \xi \sim N(0, I) .$$
#
# For exact means the two are the same: $D$ is linear, so the mean of the less blurred picture is the blurred mean. With $\delta = \sigma$ this step is `Redraw()`, and by [lesson 04](04_correct.ipynb) it is sound. ($\xi$ is normal noise in pixels or in waves: $C$ only turns it.)

# %%
noisy, s = blur_with(ConstantNoise(0.1)), 0.3
xi = torch.randn(guess.shape, generator=torch.Generator().manual_seed(1), dtype=F64)
redrawn = reverse_step(noisy, guess, x_t, t_half, s, Redraw(), torch.Generator().manual_seed(1))
apart = (redrawn - (noisy.blur(guess, s) + 0.1 * to_pixels(xi))).abs().max()
print(f"with delta = sigma, from the same noise: differs from redraw by {apart:.9f}")


# %% [markdown]
# But their code sets $\delta = 1.25\, \sigma$ when it draws. That is no $K$ of [lesson 04](04_correct.ipynb): noise of deviation $1.25$ in place of $1$ does not leave $q$ as it is. Two more things differ from our loop. The chain starts from blurred training pictures *without* noise, and its last step returns the mean, with no noise added. So what follows is about the step and about $\delta$, not about IHDM as a whole.
#
# Why more than $\sigma$? With fresh noise, the true law of $x_s$ given $x_t$ has two uncertain parts: the noise, and $x_0$. A mean knows of neither. Suppose that wave $k$ of the data is normal with mean 0 and variance $v_k$. Then, as in [lesson 05](05_one_sampler.ipynb), what is left of its variance after seeing $x_t$ is
#
# $$\text{Var}[x_{0,k} \mid x_t] = \frac{v_k\, \sigma^2}{a_{t,k}^2 v_k + \sigma^2} .$$

# %% [markdown]
# **Exercise 10.6** ●●○ · 8 minutes. The best $\delta_k$ gives $x_s$ the variance that it truly has around its mean. Return $\delta_k^2$, the variance of $x_{s,k} = a_{s,k} x_{0,k} + \sigma \xi_k$ given $x_t$, with a fresh $\xi$. All arguments belong to one wave; they may be numbers or tensors, and $v$ may be 0.

# %% nbgrader={"grade": false, "grade_id": "answer-10-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def best_delta_squared(a_t, a_s, sigma, v):
    """The variance of a wave of x_s, given x_t, when the noise is redrawn."""
    raise NotImplementedError('exercise 10.6 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-10-6", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("10.6", best_delta_squared)

# %% [markdown]
# Put in the digits: $v_k$ is the variance of wave $k$ over all pictures. The setting is that of their code for CIFAR-10: $\sigma = 0.01$, 200 steps, widths from 24 pixels down to 0.5, each a fixed fraction of the one before. (24 pixels is meant for their larger pictures; on ours nearly everything has drowned from 8 on.)

# %%
a_step = (0.5 / 24) ** (1 / 199)


def best_ratio(w):
    """The best delta over sigma of each wave, in the step from w to the next width."""
    a_t, a_s = fading(8, 8, w), fading(8, 8, w * a_step)
    return (best_delta_squared(a_t, a_s, 0.01, v_waves) / 0.01**2).sqrt()


ladder = [0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0, 11.3, 16.0, 24.0]
ratios = torch.stack([best_ratio(w) for w in ladder])
chosen = {"coarsest wave": (0, 1), "a middle one": (3, 3), "finest wave": (7, 7)}
show.curves(
    ladder, {name: ratios[:, k[0], k[1]].tolist() for name, k in chosen.items()},
    "width of the blur w (pixels)", "best δ / σ", "10.best-delta",
    xscale="log", floor=("IHDM, 1.25", 1.25),
)
print(f"smallest {ratios.min():.2f}, largest {ratios.max():.2f}")


# %% [markdown]
# For ever smaller steps, $a_s \to a_t$, your formula lies between $\sigma^2$ and $2 \sigma^2$. So the best $\delta$ goes from $\sigma$, for a wave that has drowned, to $\sqrt2\, \sigma$, for one that is clearly seen, with a little more for steps of finite size. One number for all, 1.25, adds too much to the drowned waves and too little to the others. What does that cost? Follow the variance of one wave through the whole chain, as in exercise 05.5. The guess is $\hat x_0 = m_t x_t$, so each step is linear: $x_s = a_s m_t\, x_t + \delta\, \xi$.

# %%
def generated_variance(a, sigma, delta, v):
    """The variance of a wave at the end, if every step redraws noise of deviation delta."""
    variance = a[0] ** 2 * v + sigma**2
    for a_t, a_s in zip(a, a[1:]):
        guess = a_t * v / (a_t**2 * v + sigma**2)
        variance = (a_s * guess) ** 2 * variance + delta**2
    return variance


def share(steps, ratio, sigma=0.02):
    """Generated variance over that of the data, for the coarsest wave, v = 1."""
    widths = 8 * torch.linspace(1, 0, steps + 1, dtype=F64) ** 2
    a = torch.exp(-((math.pi / 8) ** 2) * widths**2 / 2).tolist()
    return generated_variance(a, sigma, ratio * sigma, 1.0)


# %%
chain_lengths = [10, 30, 100, 300, 1000]
named = {"δ = σ": 1.0, "δ = 1.25 σ": 1.25, "δ = √2 σ": math.sqrt(2)}
show.curves(
    chain_lengths,
    {name: [share(n, ratio) for n in chain_lengths] for name, ratio in named.items()},
    "number of steps", "generated / true variance", "10.one-wave", xscale="log",
)
for name, ratio in named.items():
    print(f"{name:10} 1000 steps {share(1000, ratio):.3f}   δ² / (2σ²) = {ratio**2 / 2:.3f}")

# %% [markdown]
# A law again: for a normal wave that is clearly seen, **generated variance / true variance tends to $\delta^2 / (2 \sigma^2)$**. With many small steps $a_s m_t \approx 1 - \sigma^2 / (a^2 v)$. Where $V = (a_s m_t)^2\, V + \delta^2$ has settled, $V \approx \frac{\delta^2}{2 \sigma^2}\, a^2 v$, the right amount times that factor.
#
# So $\delta = \sigma$ loses half of the variance of such a wave, as did the independent design in [lesson 05](05_one_sampler.ipynb), where $(1 + \rho)/2$ at $\rho = 0$ was $\tfrac12$. With many steps 1.25 keeps 78%: more than $\sigma$, and still less than it should. Keep needs no such repair: there the guess has to explain only what changes in a step.

# %% tags=["nbval-ignore-output"]
progress()
