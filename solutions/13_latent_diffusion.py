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
# # 13 · Latent diffusion
#
# [← 12 · Insert and delete](12_insert_and_delete.ipynb) · [14 · Capstone →](14_capstone.ipynb)
#
# A letter of 32 by 32 pixels is 1024 numbers, but hardly anybody draws a letter by choosing 1024 numbers. In this lesson diffusion moves to a small space in which an image is 128 numbers. The process, the loss and the sampler stay as they are. At the end you can
#
# - say what is lost in a small space, and what is gained there, with numbers;
# - give latents the one scale that they need, and say what a wrong one does;
# - make a network draw the letter that you ask for, and say what *guidance* does to the law;
# - write a word in a typeface that never existed.
#
# You need lessons [03](03_predict.ipynb) to [05](05_one_sampler.ipynb). About 75 minutes and seven exercises. Stuck? `hint("13.1")` says a little more each time.

# %%
import math

import torch
from sklearn.svm import SVC

from udm_lessons import show
from udm_lessons.data import letters
from udm_lessons.destroy import Gaussian, Trig
from udm_lessons.exercises import hint, progress, solution
from udm_lessons.learn import (
    LETTER_PROCESS, Autoencoder, draw_latents, letter_loss, letter_predictor,
    load_letter_networks, new_letter_networks, reconstruction_loss, train,
)
from udm_lessons.measure import energy_distance, energy_error
from udm_lessons.rebuild import FiniteData, GaussianMixture, Keep, sample

images, labels = letters("train")
unseen, unseen_labels = letters("heldout")
process, F64 = Gaussian(Trig()), torch.float64


def seeded(seed):
    return torch.Generator().manual_seed(seed)

# %% [markdown]
# ## How many numbers is a letter?
#
# The data are the 26 capitals in 16 typefaces, each a little turned, sheared and moved. Twelve faces are for training, four are held out.
#
# Take the mean image $\mu$ away. Of all straight lines through the cloud of images that is left, take the one along which it varies most, then the next one at right angles, and so on: the *principal components*, which the singular value decomposition finds. The variances along them are the *eigenvalues* $\lambda_1 \ge \lambda_2 \ge \dots$ of the covariance. Their sum is the whole variance.
#
# Let $U$ hold the first $k$ directions as columns. An image becomes $k$ numbers, $z = U^\top (x_0 - \mu)$, its *latent*, and comes back as $\mu + U z$. What is lost on the way is $\lambda_{k+1} + \dots + \lambda_d$, on average over the data. No other $k$ straight directions lose less.

# %%
flat = images.flatten(1).double()
mu = flat.mean(0)
singular, directions = torch.linalg.svd(flat - mu, full_matrices=False)[1:]
eigenvalues, directions = singular**2 / len(flat), directions.T


def through(x, k):
    """Images, to k numbers and back."""
    U = directions[:, :k]
    return (mu + (x.flatten(1).double() - mu) @ U @ U.T).reshape(x.shape)


some = unseen[5::60][:10]
show.images(
    {"unseen": some} | {f"k = {k}": through(some, k) for k in (8, 32, 128)}, "13.few-directions"
)

# %% [markdown]
# **Exercise 13.1** ●○○ · 7 minutes. Return the smallest $k$ with which at most a share `share` of the variance is lost. `eigenvalues` is a tensor $\lambda_1 \ge \lambda_2 \ge \dots \ge 0$, and `share` lies between 0 and 1.

# %% nbgrader={"grade": false, "grade_id": "answer-13-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def enough_directions(eigenvalues, share):
    """The smallest number of directions that loses no more than the share."""
    ### BEGIN SOLUTION
    lost = eigenvalues.sum() - torch.cat([eigenvalues.new_zeros(1), eigenvalues.cumsum(0)])
    return int((lost > share * eigenvalues.sum() * (1 + 1e-12)).sum())
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-13-1", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("13.1", enough_directions)

# %%
for share in (0.5, 0.2, 0.1, 0.05, 0.01):
    print(f"at most {share:.0%} of the variance lost: {enough_directions(eigenvalues, share):3} of 1024")

# %% [markdown]
# Half of the variance is in a dozen numbers. The last percent takes hundreds: edges, serifs, the ends of strokes. So "it can be compressed" is true, and it is not free. Whatever a model of the $k$ numbers does, it can never draw what $U$ does not hold.

# %% [markdown]
# ## On a plane nothing is lost
#
# Suppose for a moment that data lies *exactly* in a flat subspace: $x_0 = \mu + U z$, with $k$ orthonormal columns in $U$. You have a perfect guess for $z$ alone: a function that answers $E[z \mid z_t]$ when it sees $z_t = \alpha z + \sigma\,\varepsilon$ in $k$ dimensions. You need the guess for $x_0$ in all $d$ dimensions.

# %% [markdown]
# **Exercise 13.2** ●●○ · 10 minutes. Return $E[x_0 \mid x_t]$ for each row of `x_t` (n, d). `latent_mean` takes rows (n, k) of $z_t$, and answers with rows (n, k). `U` is (d, k), `mu` is (d,), `alpha` is a number and may be 0.

# %% nbgrader={"grade": false, "grade_id": "answer-13-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lifted_mean(latent_mean, U, mu, x_t, alpha):
    """The posterior mean of x_0, from that of z."""
    ### BEGIN SOLUTION
    z_t = (x_t - alpha * mu) @ U
    return mu + latent_mean(z_t) @ U.T
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-13-2", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("13.2", lifted_mean)

# %% [markdown]
# Try it where both sides can be counted out: 300 points of a curve that lies in a plane in 20 dimensions. The exact posterior over the list of points is computed once in the plane, and once in all 20 coordinates.

# %%
angle = torch.linspace(0, 2 * math.pi, 300, dtype=F64)
curve = torch.stack([angle.cos() + 0.3 * (3 * angle).cos(), (2 * angle).sin()], 1)
plane = torch.linalg.qr(torch.randn(20, 2, generator=seeded(0), dtype=F64))[0]
centre = torch.randn(20, generator=seeded(1), dtype=F64)
in_plane, in_space = FiniteData(curve, process), FiniteData(centre + curve @ plane.T, process)
for t in (0.2, 0.5, 0.8):
    alpha, sigma = process.schedule.alpha(t), process.schedule.sigma(t)
    x_t = alpha * in_space.data + sigma * torch.randn(300, 20, generator=seeded(2), dtype=F64)
    yours = lifted_mean(lambda z_t: in_plane.x0_mean(z_t, t), plane, centre, x_t, alpha)
    exact = in_space.x0_mean(x_t, t)
    score = (alpha * exact - x_t) / sigma**2
    beside = torch.eye(20, dtype=F64) - plane @ plane.T
    pull = float((score @ beside + (x_t - alpha * centre) @ beside / sigma**2).abs().max())
    off = float((yours - exact).abs().max())
    print(f"t = {t}: your guess is off by {off:.8f}, the rule for the rest by {pull:.8f}")

# %% [markdown]
# So two numbers see as much as twenty. And the last column: beside the plane the score is $-x_\perp / \sigma^2$, where $x_\perp$ is the part of $x_t - \alpha \mu$ at right angles to it. That is a formula, without anything to learn. A network in the large space has to learn it all the same, in 18 of the 20 dimensions.

# %% [markdown]
# ## Higher is better?
#
# Two sentences are often heard, and can stand in one article: "reduce the dimension, it makes learning easier", and "more dimensions give more capacity". Both cannot be true of one and the same data. What is true?
#
# First, data in a subspace again: $k = 4$ of $d = 32$ dimensions. The best guess of normal data is a straight one, so learn a straight one, by least squares, from $n$ pairs of $x_0$ and $x_t$. Once in all 32 dimensions, once in the four. How much worse than the best guess is it, on fresh data?

# %%
show.expect("13.fewer-examples")

# %%
def least_squares(seen, wanted):
    """The matrix that takes rows of `seen` nearest to those of `wanted`."""
    return torch.linalg.lstsq(seen, wanted).solution


def excess(n, seed, t=0.5, d=32, k=4):
    """How far a learnt guess lies above the best one: in all d dimensions, and in the k."""
    alpha, sigma = process.schedule.alpha(t), process.schedule.sigma(t)
    everything = torch.eye(d, dtype=F64)
    U = everything[:, :k]
    x0 = torch.randn(n, k, generator=seeded(seed), dtype=F64) @ U.T
    x_t = alpha * x0 + sigma * torch.randn(n, d, generator=seeded(seed + 100), dtype=F64)
    law, best = alpha**2 * U @ U.T + sigma**2 * everything, alpha / (alpha**2 + sigma**2) * U @ U.T
    found = []
    for basis in (everything, U):
        wrong = least_squares(x_t @ basis, x0 @ basis) - basis.T @ best @ basis
        found.append(float((wrong.T @ basis.T @ law @ basis @ wrong).trace()))
    return found


rows = {}
for n in (40, 80, 160, 320):
    found = 1000 * torch.tensor([excess(n, seed) for seed in range(40)], dtype=F64)
    mean, error = found.mean(0), found.std(0) / math.sqrt(len(found))
    rows[f"n = {n}"] = [*zip(mean.tolist(), error.tolist()), float(mean[0] / mean[1])]
show.compare(rows, ["32 dimensions", "4 dimensions", "quotient"], "13.excess", digits=1)

# %% [markdown]
# With many examples the quotient comes down to $d/k = 8$, and with few it is far more. Each number of the guess is learnt from $d$ inputs or from $k$, and every input that says nothing still has to be found out to say nothing. Here nothing is lost by the small space, so it wins for every $n$.
#
# Letters are another case: their variance falls slowly, and has no end. Then there are two kinds of error.

# %% [markdown]
# **Exercise 13.3** ●●○ · 8 minutes. A model guesses $\hat z$ for each example, and so the image $\mu + U \hat z$. Return two numbers, each a mean over the examples: the squared length of what the guess has wrong, $|\hat z - z|^2$, where $z$ is the best latent of this $x_0$; and that of what no $\hat z$ could mend. `x0` is (n, d), `z_hat` (n, k), `U` (d, k), `mu` (d,).

# %% nbgrader={"grade": false, "grade_id": "answer-13-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def split_error(x0, z_hat, U, mu):
    """The error of the guess within the subspace, and what lies beside it."""
    ### BEGIN SOLUTION
    z = (x0 - mu) @ U
    rest = x0 - mu - z @ U.T
    return ((z_hat - z) ** 2).sum(1).mean(), (rest**2).sum(1).mean()
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-13-3", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("13.3", split_error)

# %% [markdown]
# Now learn to denoise letters from 300 examples, in $k$ dimensions, by the same least squares, at $t = 0.5$. Measure both errors on other letters.

# %%
show.expect("13.how-many")

# %%
def two_errors(k, n=300, t=0.5):
    """Your two errors of a guess in k directions, as shares of the variance; the total."""
    alpha, sigma = process.schedule.alpha(t), process.schedule.sigma(t)
    U, order = directions[:, :k], torch.randperm(len(flat), generator=seeded(3))
    x_t = alpha * (flat - mu) + sigma * torch.randn(flat.shape, generator=seeded(4), dtype=F64)
    z, z_t = (flat - mu) @ U, x_t @ U
    guess = z_t[order[n:]] @ least_squares(z_t[order[:n]], z[order[:n]])
    within, beside = split_error(flat[order[n:]], guess, U, mu)
    whole = float(eigenvalues.sum())
    return float(within) / whole, float(beside) / whole


sizes = [4, 8, 16, 32, 64, 128, 200]
within, beside = zip(*[two_errors(k) for k in sizes])
show.curves(
    sizes, {"guessed wrong": within, "left out": beside, "both": [a + b for a, b in zip(within, beside)]},
    "number of directions k", "share of the variance", "13.both-errors", xscale="log",
)

# %% [markdown]
# So both sentences have their condition. Fewer dimensions make learning easier, down to the point at which more is left out than is learnt better. More dimensions can hold more, if there is something in them to be held, and examples enough to learn it from.

# %% [markdown]
# ## A bent subspace
#
# Straight directions are a poor fit: turn a letter by ten degrees and it leaves any plane. An *autoencoder* learns a bent map instead. Its encoder makes a small image $z$ with two channels of 8 by 8 out of a letter, its decoder makes the letter out of $z$. Both are a few convolutions, trained together to bring back what went in.
#
# Two things are added. The decoder is trained on $z$ with a little noise, so that near latents mean near letters. And a small pull towards 0 keeps $z$ from growing until that noise no longer matters.

# %% tags=["nbval-ignore-output"]
train(
    Autoencoder(), reconstruction_loss(noise=0.1, pull=1e-3), images, steps=80, batch_size=32,
    lr=3e-3, decay=True, generator=seeded(0),
)
autoencoder, network = load_letter_networks()  # the same, trained for longer

# %% tags=["nbval-ignore-output"]
def encoded(x):
    """The latents of many images."""
    with torch.no_grad():
        return torch.cat([autoencoder.encode(some) for some in x.split(256)])


def decoded(z):
    with torch.no_grad():
        return torch.cat([autoencoder.decode(some) for some in z.split(256)])


z_some = encoded(some)
show.images(
    {
        "unseen": some, "channel 1": z_some[:, :1] / 2, "channel 2": z_some[:, 1:] / 2,
        "decoded": decoded(z_some), "128 straight": through(some, 128),
    },
    "13.latents",
)
variance = float((unseen - unseen.mean(0)).square().mean())
for name, back in (("autoencoder", decoded(encoded(unseen))), ("128 directions", through(unseen, 128))):
    print(f"{name:15} loses {float((back - unseen).square().mean()) / variance:.3f} of the variance")

# %% [markdown]
# What the decoder draws from the encoder's latent is the best that any model of latents can hope for.
#
# A latent is not just any noise. Below, normal noise is decoded, and then true latents whose entries are shuffled: each of the 128 entries comes from another letter.

# %%
z_all = encoded(images)
shuffled = torch.stack(
    [entry[torch.randperm(len(z_all), generator=seeded(k))] for k, entry in enumerate(z_all.flatten(1).T)], 1
).reshape(z_all.shape)
noise = torch.randn(10, 2, 8, 8, generator=seeded(0))
show.images({"noise": decoded(noise), "shuffled": decoded(shuffled[:10])}, "13.from-noise")

# %% [markdown]
# So the latents have a law of their own, and that is what diffusion now has to learn.

# %% [markdown]
# ## One scale
#
# The encoder puts its latents where it likes: around any mean, at any scale. Diffusion begins at noise of variance 1. So each channel gets its mean removed, and all are divided by one number: the deviation over everything. Not by one for each entry: the quiet ones would be made as loud as the others, and what little they say would cost as much to learn.
#
# Both come from the *whole* training set, are stored with the autoencoder, and are used once on the way in and once on the way out. It sounds too simple for an exercise. In public code one finds the scale of a single batch, a scale that was squared, and one that was applied twice.

# %% [markdown]
# **Exercise 13.4** ●●○ · 7 minutes. `batches` is a list of tensors (n, channels, height, width), with $n$ not the same for all. Return the means of the channels, a tensor (channels,), and the one scale: the root of the mean square of what is left (divide by how many there are, not by one less).

# %% nbgrader={"grade": false, "grade_id": "answer-13-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def latent_scale(batches):
    """The mean of each channel, and the deviation of all that is left."""
    ### BEGIN SOLUTION
    z = torch.cat(batches)
    mean = z.mean((0, 2, 3))
    return mean, (z - mean[:, None, None]).square().mean().sqrt()
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-13-4", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("13.4", latent_scale)

# %%
with torch.no_grad():
    mean, scale = latent_scale([autoencoder.down(some) for some in images.split(500)])
kept = autoencoder.mean.flatten()
off = float((mean - kept).abs().max()), abs(float(scale - autoencoder.scale))
print(f"off from what is stored: {off[0]:.2f} and {off[1]:.2f}")
print(f"latents as they are used: mean {abs(float(z_all.mean())):.2f}, deviation {float(z_all.std()):.2f}")

# %% [markdown]
# What if it is forgotten? On this lesson's path, $z_t = \cos(\pi t/2)\, z + \sin(\pi t/2)\, \varepsilon$. How noisy that is depends on the ratio of signal and noise alone, so a scale $s$ can be made up for by another time.

# %% [markdown]
# **Exercise 13.5** ●●○ · 8 minutes. At time $t$, latents of scale $s$ are as noisy as latents of scale 1 at a time $t'$. Return $t'$, for `t` in $[0, 1]$ with both ends and `scale` $> 0$, as a number.

# %% nbgrader={"grade": false, "grade_id": "answer-13-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def clock_of_scale(t, scale):
    """The time at which latents of scale 1 are as noisy."""
    ### BEGIN SOLUTION
    angle = math.pi * t / 2
    return 2 / math.pi * math.atan2(math.sin(angle), scale * math.cos(angle))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-13-5", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("13.5", clock_of_scale)

# %%
times = torch.linspace(0, 1, 21).tolist()
show.curves(
    times, {f"scale {s:g}": [float(clock_of_scale(t, s)) for t in times] for s in (7.0, 1.0, 0.2)},
    "time t", "time of scale 1 that is as noisy", "13.clock",
)

# %% [markdown]
# A scale of 7 is a schedule in which hardly anything is destroyed until near $t = 1$, and then everything at once. A scale of 0.2 is one in which all is noise almost at once. An even grid of steps then spends most of them where nothing is decided, and so does training.
#
# How bad is it? We trained the network of the next section for 600 steps, two seeds each, on latents of three scales, and measured the energy distance to unseen letters, times 1000. With the scale 1: 227 ± 47 and 154 ± 33. With 0.2: 141 ± 29 and 146 ± 29, no difference beyond chance. With 7: 2670 ± 131 and 2013 ± 113, no letters at all. The large scale is the dangerous one here: nearly all that the network is asked about is nearly clean, and the layout of a letter must be made in the first few steps of drawing, near $t = 1$.

# %% [markdown]
# ## Diffusion in the small space
#
# And now nothing is new. The process is Gaussian noise on the path of lesson 03, the loss is that of the digits, the network a U-Net, for two channels of 8 by 8. It is also told which letter it sees; in one case of ten the label is hidden from it. What that is good for comes later.
#
# Each step costs as much as one on 8 by 8 digits, a sixteenth of the places of the letter itself.

# %%
def twelve(network):
    """The same twelve starts, drawn in 25 steps."""
    predictor = letter_predictor(network)
    return decoded(draw_latents(predictor, 12, steps=25, seed=1, progress=False))

# %% tags=["nbval-ignore-output"]
own, stages = new_letter_networks()[1], {}
for part in (1, 2, 3):
    own = train(
        own, letter_loss(), (z_all, labels), steps=90, lr=3e-3, ema=0.98, generator=seeded(part),
    )
    stages[f"{90 * part} steps"] = twelve(own)
show.images(stages | {"the course's": twelve(network)}, "13.emerging")

# %% [markdown]
# The last row is the network that comes with the course: the same, trained for 10,000 steps instead of 270. How good is it? The *energy distance* of [lesson 04](04_correct.ipynb) compares clouds of images: below, 300 drawn letters with 300 letters of faces that no network has seen. The same number for training letters says how near one can come at all: they are real, but of other faces.

# %%
show.expect("13.pixels-or-latents")

# %% tags=["nbval-ignore-output"]
drawn = decoded(draw_latents(letter_predictor(network), 300, seed=2))

# %% tags=["nbval-ignore-output"]
def distance(x):
    """The energy distance to unseen letters, times 1000, and its error."""
    pair = x.flatten(1)[:300], unseen.flatten(1)[:: len(unseen) // 300][:300]
    return 1000 * energy_distance(*pair), 1000 * energy_error(*pair)


mixed = images[torch.randperm(len(images), generator=seeded(5))]
show.compare(
    {
        "drawn in the latent space": [distance(drawn)],
        "other letters, to latents and back": [distance(decoded(encoded(mixed[:300])))],
        "other letters as they are": [distance(mixed[:300])],
    },
    ["energy x 1000"], "13.energy", digits=0,
)

# %% [markdown]
# All three lie within their errors of each other: with 300 letters of each kind no difference is left to see.
#
# And the price? One step of training with 32 letters took 0.033 to 0.037 s of a core in the latent space, in three measurements. With the pixels themselves, and one level more in the same U-Net, it took 0.35 to 0.43 s. Twenty letters in 50 steps took 0.4 to 0.7 s to draw, decoder included, and 3.3 to 4.1 s in pixels. The autoencoder comes on top, once: its 4000 steps cost half to two thirds of the network's 10,000. (In the repository `make letters ARGS=--price` measures this anew, and `ARGS=--scales` the three scales above.)

# %% [markdown]
# ## Led by a label
#
# The network knows two laws of latents: the one of a letter $c$ that it is told, and the one of all letters, from the cases in which the label was hidden. By Bayes' rule their scores differ by the score of a judge who looks at $z_t$ and says how likely it is a $c$:
#
# $$\nabla \log p_t(z \mid c) = \nabla \log p_t(z) + \nabla \log p_t(c \mid z) .$$
#
# *Guidance* follows the judge $w$ times as far: $\nabla \log p_t(z) + w\, \nabla \log p_t(c \mid z)$. For that no judge is needed, only the two answers of the network. The score, the noise and the guess of the data belong to each other by straight maps ([lesson 07](07_four_parameterizations.ipynb)), so it can be done with any of them. (Ho and Salimans 2022, [Classifier-Free Diffusion Guidance](https://arxiv.org/abs/2207.12598). Their $w$ is counted from 0: it is ours less 1.)

# %% [markdown]
# **Exercise 13.6** ●○○ · 6 minutes. Return the guided answer. `network(x_t, t, label)` answers with the shape of `x_t` (n, channels, height, width). `label` (n,) holds whole numbers, -1 for a hidden one. At $w = 1$ the answer with the label must come out, at $w = 0$ the one without.

# %% nbgrader={"grade": false, "grade_id": "answer-13-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def guided(network, x_t, t, label, w):
    """The answer of the network, w times as far from the one without the label."""
    ### BEGIN SOLUTION
    hidden = torch.full_like(label, -1)
    without, told = network(torch.cat([x_t, x_t]), t, torch.cat([hidden, label])).chunk(2)
    return without + w * (told - without)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-13-6", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("13.6", guided)

# %%
def draw(label, w, seed=0, one_noise=False):
    """Letters by your guidance, one for each label."""
    with torch.no_grad():
        predictor = lambda z_t, t, generator: guided(network, z_t, t, label, w)
        z = draw_latents(predictor, len(label), seed=seed, steps=25, progress=False, one_noise=one_noise)
    return decoded(z)


letter_r = torch.full((10,), ord("R") - ord("A"))
show.images({f"w = {w}": draw(letter_r, w, seed=3) for w in (0, 1, 2, 4)}, "13.led")

# %% [markdown]
# ## What does it sample?
#
# It looks as if guidance drew from $p(z)\, p(c \mid z)^w$, the law whose score has the factor $w$ in it at $t = 0$. Does it? With normal laws one can tell. Let all data have the law $p(x) = N(0, V)$, and those with the label $p(x \mid c) = N(m, v)$ with $v \le V$.

# %% [markdown]
# **Exercise 13.7** ●●○ · 8 minutes. $p(x)\, p(c \mid x)^w$ is, up to a factor, a normal density. Return its mean and its variance. `m`, `v`, `V` and `w` $\ge 0$ are numbers; use $p(c \mid x) \propto p(x \mid c) / p(x)$.

# %% nbgrader={"grade": false, "grade_id": "answer-13-7", "locked": false, "schema_version": 3, "solution": true, "task": false}
def tilted(m, v, V, w):
    """Mean and variance of the law that guidance seems to ask for."""
    ### BEGIN SOLUTION
    variance = 1 / (w / v + (1 - w) / V)
    return variance * w * m / v, variance
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-13-7", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("13.7", tilted)

# %%
show.expect("13.tilted")

# %%
m, v, V = 1.5, 0.25, 1.0
everyone, labelled = (
    GaussianMixture(torch.tensor([[a]], dtype=F64), torch.tensor([b], dtype=F64)) for a, b in ((0.0, V), (m, v))
)


def guided_flow(w, steps=1000):
    """Mean and deviation of many points after the flow with the exact guided guess."""
    def guess(x_t, t, generator=None):
        whole, told = (law.x0_mean(x_t, t, process.schedule) for law in (everyone, labelled))
        return whole + w * (told - whole)

    noise = torch.linspace(-1, 1, 2, dtype=F64)[:, None]  # one deviation up and down
    grid = torch.linspace(1, 0, steps + 1, dtype=F64)
    low, high = sample(process, guess, noise, grid, Keep(), progress=False)[:, 0].tolist()
    return (low + high) / 2, (high - low) / 2


rows = {}
for w in (0.0, 0.5, 1.0, 2.0, 4.0):
    asked_mean, asked_variance = tilted(m, v, V, w)
    found_mean, found_deviation = guided_flow(w)
    rows[f"w = {w:g}"] = [asked_mean, found_mean, math.sqrt(asked_variance), found_deviation]
show.compare(
    rows, ["mean: asked", "guided flow", "deviation: asked", "guided flow"], "13.guided-gaussian", digits=3
)

# %% [markdown]
# The flow of normal laws is a straight map, so two points that start one deviation below and above the mean tell where mean and deviation end.
#
# At 0 and at 1 both agree, as they must. Elsewhere they do not, and the reason is simple. The factor $w$ at each time $t$ belongs to the law $p_t(z)\, p_t(c \mid z)^w$, made of two laws that were *each* destroyed. That is not the law $p(z)\, p(c \mid z)^w$, destroyed. The two only meet at $t = 0$, and by then the points have been led elsewhere.
#
# So guidance is a way to lead, and not a way to sample what it is named after. With $w > 1$ its points end further out and closer together than the law that it is named after; between 0 and 1 it is the other way round.

# %% [markdown]
# ## What it does to letters
#
# Let a judge read them: a support vector machine, trained on the real letters of the training faces. And measure how much the drawings of one letter differ: their spread about their mean, divided by that of real ones.

# %%
def features(x):
    """The first 64 directions, for the judge."""
    return (x.flatten(1).double() - mu) @ directions[:, :64]


judge = SVC(C=10.0).fit(features(images), labels)


def read_right(x, asked):
    """The share that the judge reads as asked for, and its error."""
    right = (torch.tensor(judge.predict(features(x))) == asked).double().mean().item()
    return right, math.sqrt(right * (1 - right) / len(x))


def spread(x, asked):
    """For each letter, the mean square distance of its drawings from their mean."""
    return torch.stack([x[asked == c].var(0).sum() for c in range(26)]).double()


def compared(x, asked):
    """The spread, divided by that of real letters: the mean over the letters, and its error."""
    ratio = spread(x, asked) / spread(images, labels)
    return ratio.mean().item(), ratio.std().item() / math.sqrt(26)


print(f"letters of unseen faces that are read right: {read_right(unseen, unseen_labels)[0]:.3f}")

# %% tags=["nbval-ignore-output"]
asked, strengths = torch.arange(26).repeat_interleave(8), [0, 1, 2, 4]
led = [draw(asked, w, seed=4) for w in strengths]
show.compare(
    {f"w = {w}": [read_right(x, asked), compared(x, asked)] for w, x in zip(strengths, led)}
    | {"unseen faces": [read_right(unseen, unseen_labels), compared(unseen, unseen_labels)]},
    ["read right", "spread"], "13.sharper", digits=3,
)

# %% [markdown]
# With the label alone, $w = 1$, nine in ten are read as asked for, with $w = 2$ nearly all: more than of real letters in unseen faces. And the letters differ less from each other than real ones. From 2 to 4 the spread does not change beyond its error. A judge of single letters would say that more guidance is better. It cannot see what is no longer drawn.

# %% [markdown]
# ## A word of your own
#
# Give every letter the *same* noise to start from. What the label does not say, it then leaves to the noise: weight, width, slant, serifs. So one noise is one style. Type a word; change `w` and `style` and run the cell again.

# %%
w, style = 2.0, 11


def write(word):
    """The word in letters that the network draws."""
    label = torch.tensor([ord(c) - ord("A") for c in word.upper() if "A" <= c <= "Z"] or [0])
    show.images({word: draw(label, w, seed=style, one_noise=True)}, "13.word")


show.text_box(write, "a word", "DIFFUSION")

# %% [markdown]
# ## Try it
#
# No check. The style of a word is the noise at the start: the same two channels for each letter. Take two styles whose words you like, and draw the words *between* them: call `sample(LETTER_PROCESS, predictor, noise, times, Keep())` with a predictor as in `draw`, `torch.linspace(1, 0, 26)` for the times, and for the noise $\cos(\varphi)\, a + \sin(\varphi)\, b$, so that its variance stays 1, once for each letter. Does the weight of the strokes change evenly? And what comes of the plain mean $(a + b)/2$?
#
# What others found, between the styles 11 and 4 of "HAMBURG" with $w = 2$: the share of ink goes from 0.112 to 0.126, and is 0.125 half way on the circle. The plain mean has half of the variance, a start that the network was never shown. It gave 0.117, and strokes as sharp as the others.

# %% [markdown]
# ## What you have learnt
#
# - In a small space diffusion is diffusion: the same process, loss and sampler, and a sixteenth of the places.
# - On a flat subspace the guess in the small space is all there is to know. Beside it the score is $-x_\perp/\sigma^2$, with nothing to learn.
# - A smaller space is learnt from fewer examples, as $k$ to $d$. What it leaves out no guess can mend, and the two errors add up.
# - Latents need one centre and one scale, of the whole training set. A wrong scale is a wrong clock.
# - An autoencoder bends the space. What it cannot bring back, no sample will have. And noise of the right scale is not a latent.
# - Guidance follows the difference of two answers $w$ times. It is right more often and varies less, and it does *not* sample $p(x)\, p(c \mid x)^w$.

# %% [markdown]
# **Read on.** Rombach, Blattmann, Lorenz, Esser and Ommer 2022, [High-Resolution Image Synthesis with Latent Diffusion Models](https://arxiv.org/abs/2112.10752): the autoencoder, its scale, and what it saves. Ho and Salimans 2022, [Classifier-Free Diffusion Guidance](https://arxiv.org/abs/2207.12598).

# %% [markdown]
# **Next.** [Lesson 14](14_capstone.ipynb): a process of your own, a model of your own, and the way out of the course.

# %% [markdown]
# [← 12 · Insert and delete](12_insert_and_delete.ipynb) · [14 · Capstone →](14_capstone.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
