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
# # 01 · Destroy
#
# [← 00 · Welcome](00_welcome.ipynb) · [02 · From steps to marginals →](02_from_steps_to_marginals.ipynb)
#
# [Lesson 00](00_welcome.ipynb) destroyed digits with noise. Must it be noise? No. Many kinds of damage will do, if they meet one
# condition. At the end of this lesson you can
#
# - write forward maps for images and for words,
# - measure how much a damaged example still tells,
# - decide whether a map is a forward process, and say why another is not.
#
# About 70 minutes with six exercises. Two sections marked *optional* come on top, of 12 and 3 minutes; the first holds a seventh exercise.

# %%
import math

import torch

from udm_lessons import show
from udm_lessons.data import MASK, PAD, PIXEL_MASK, VOCABULARY, decode, digits, encode, letters, words
from udm_lessons.destroy import (
    Blur, ConstantNoise, Deletion, Gaussian, Masking, Replacement, ThresholdAndToken, Trig,
    dct_matrix,
)
from udm_lessons.exercises import hint, progress, solution

capitals, labels = letters(copies=1)
# each letter comes in 16 typefaces: take the second
x0 = torch.stack([capitals[labels == ord(c) - ord("A")][1] for c in "FORGET"])
times = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]

# %% [markdown]
# ## What a forward map is
#
# A forward map takes data $x_0$, noise $\varepsilon$ and a time $t$, and returns what is left:
#
# $$x_t = F_t(x_0, \varepsilon), \qquad \varepsilon \sim q .$$
#
# $F_t$ itself is an ordinary function, with no randomness inside. All the chance is in $\varepsilon$, and its law $q$ does
# not depend on $t$, and of $x_0$ on no more than the shape. Why split it so? To go back, we shall ask which $\varepsilon$ was used.
#
# We want $F_0(x_0, \varepsilon) = x_0$, and at $t = 1$ nothing of $x_0$ should be left. The five maps that follow keep both promises, but for one: blur, as we set
# it, is noisy from the start and does not forget enough. You will measure how much it keeps.

# %% [markdown]
# ## 1. Noise
#
# The noise is a picture $\varepsilon \sim N(0, I)$ of the size of $x_0$. Fade one out and the other in, along a quarter circle:
#
# $$x_t = \alpha_t\, x_0 + \sigma_t\, \varepsilon, \qquad \alpha_t = \cos\!\left(\tfrac{\pi}{2} t\right), \quad
# \sigma_t = \sin\!\left(\tfrac{\pi}{2} t\right).$$
#
# You wrote this line in lesson 00. From here on the package's `Gaussian(Trig())` does it. Six capital letters stand for the data, 32 by 32 pixels each.

# %%
gaussian = Gaussian(Trig())
eps = torch.randn(x0.shape, generator=torch.Generator().manual_seed(0))
show.images(
    {f"t = {t}": gaussian.forward(x0, eps, t) for t in times},
    "01.noise",
)

# %% [markdown]
# Perhaps you have read that diffusion adds noise in a thousand small steps. It can, and the law of $x_t$ given $x_0$ comes
# out the same ([lesson 02](02_from_steps_to_marginals.ipynb)). But to train or to measure we never need them. **All we need is $x_t$ from $x_0$, in one jump.**

# %% [markdown]
# ## 2. Blur
#
# Any picture is a sum of waves. Heat, spreading through the picture, makes wave $k$ fade by the factor
# $e^{-\lambda_k w^2/2}$. Here $w$ is how far the heat has spread, in pixels, and $\lambda_k$ is large for fine waves. So
# fine detail goes first, and the average brightness never goes.
#
# The waves of an $n \times n$ picture are found by the cosine transform (DCT). An orthogonal matrix $C$ takes the picture $x_0$ to its coefficients $c = C x_0 C^T$, and $x_0 = C^T c\, C$ brings it back. Wave $k = (k_1, k_2)$ has $k_1$ half waves down and
# $k_2$ across, and $\lambda_k = (\pi k_1/n)^2 + (\pi k_2/n)^2$.
#
# Blur alone has no noise at all. We add a little, with scale $\sigma$. Why? Without it no information is lost: exact
# arithmetic could undo any blur. Under noise of scale $\sigma$ little can be told of a wave that has faded far below it.

# %% [markdown]
# **Exercise 01.1** ●●○ · 8 minutes. Fade the coefficients and add the noise:
# $c_k \to e^{-\lambda_k w^2/2}\, c_k + \sigma\, \varepsilon_k$. In the cell $\lambda_k$ is `eigenvalues` and $w$ is `width`; all that surrounds this line is
# there. The noise is already one number per wave: do not transform it. `torch.exp` takes the exponential of a tensor.

# %% nbgrader={"grade": false, "grade_id": "answer-01-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def forward_blur(x0, noise, width, sigma):
    """x0 (square images) blurred by `width` pixels, with noise of scale sigma on every wave."""
    n = x0.shape[-1]
    C = dct_matrix(n).to(x0)
    k = math.pi * torch.arange(n).to(x0) / n
    eigenvalues = k[:, None] ** 2 + k**2
    coefficients = C @ x0 @ C.T
    ### BEGIN SOLUTION
    coefficients = torch.exp(-eigenvalues * width**2 / 2) * coefficients + sigma * noise
    ### END SOLUTION
    return C.T @ coefficients @ C


# %% nbgrader={"grade": true, "grade_id": "check-01-1", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("01.1", forward_blur)

# %%
show.images(
    {f"w = {12 * t:.1f} px": forward_blur(x0, eps, 12 * t, 0.05) for t in times},
    "01.blur",
)

# %% [markdown]
# ## 3. Masks
#
# Now something cruder: hide parts. Every pixel, or every letter, has a secret **threshold** $u_i$ between 0 and 1. At time $t$
# all positions with $u_i < p_t$ are hidden behind a symbol MASK. The level $p_t$ rises from 0 to 1.
#
# So the noise is the list of thresholds, $\varepsilon = (u_i)$, each drawn on its own from the uniform law. Why thresholds, and not a
# coin per time? Because with thresholds one $\varepsilon$ tells the whole film: what is hidden stays hidden.

# %% [markdown]
# **Exercise 01.2** ●○○ · 4 minutes. Hide with `torch.where(condition, a, b)`, which takes from `a` where the condition
# holds and from `b` elsewhere. `x0` and `u` have one shape; `p` is the level, a number, and `mask` is the number that stands for MASK.

# %% nbgrader={"grade": false, "grade_id": "answer-01-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def forward_mask(x0, u, p, mask):
    """x0 with every position hidden whose threshold u lies below the level p."""
    ### BEGIN SOLUTION
    return torch.where(u < p, mask, x0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-01-2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("01.2", forward_mask)

# %%
u = torch.rand(x0.shape, generator=torch.Generator().manual_seed(1))
show.images(
    {f"p = {p}": forward_mask(x0, u, p, PIXEL_MASK) for p in times},
    "01.masks",
)

# %% [markdown]
# The course has a list of common English words. As tensors they are rows of whole numbers, one token per letter: a = 0, b = 1, and
# so on. MASK is 26, and PAD, which fills short rows, is 27. Your function works on them unchanged.

# %%
sentence = encode(["smile", "ocean", "tiger", "piano"])
u_words = torch.rand(sentence.shape, generator=torch.Generator().manual_seed(2))
show.strings(
    {f"p = {p}": decode(forward_mask(sentence, u_words, p, MASK)) for p in times},
    "01.words-masked",
)

# %% [markdown]
# ## 4. Replacement
#
# A mask shows where something is missing. Crueller: put a random letter there, so that nobody knows which letters to trust.
# The noise of a position is now a pair: a threshold $u_i$, and a spare letter $r_i$ that will take the place. The rest is your
# line for masks, with $r_i$ where MASK stood. The package's `Replacement(VOCABULARY)` does it, with the 26 letters as spares and the level $p_t = t$.

# %% [markdown]
# ## 5. Deletion
#
# Or lose the letter altogether, and close the gap. Then even the places are forgotten, and the length changes. "tgr" may
# have been "tiger"; it may have been "together".

# %% [markdown]
# **Exercise 01.3** ●●○ · 5 minutes. Keep the letters with $u_i \ge p_t$, in their order. Here `word` is a Python string, `u`
# a list of numbers of the same length, and the result is a string. `"".join(...)` and `zip` will help.

# %% nbgrader={"grade": false, "grade_id": "answer-01-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def forward_deletion(word, u, p):
    """The letters of word whose threshold is at least the level p, side by side."""
    ### BEGIN SOLUTION
    return "".join(letter for letter, u_i in zip(word, u) if u_i >= p)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-01-3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("01.3", forward_deletion)

# %%
word, tokens, u_word = "garden", encode(["garden"]), [0.30, 0.95, 0.10, 0.62, 0.81, 0.45]
thresholds = torch.tensor([u_word])
pair, replace = ThresholdAndToken(thresholds, encode(["qzwkxj"])), Replacement(VOCABULARY)
show.strings(
    {
        "masked": [decode(forward_mask(tokens, thresholds, p, MASK))[0] for p in times],
        "replaced": [decode(replace.forward(tokens, pair, p))[0] for p in times],
        "deleted": [forward_deletion(word, u_word, p) for p in times],
    },
    "01.three-damages",
    [f"p = {p}" for p in times],
)

# %% [markdown]
# ### How long was the word? *(optional, 12 minutes)*
#
# What does a string tell when letters have gone? Even if you could not read, you could count those that are left.

# %% [markdown]
# **Exercise 01.4** ●●● · 10 minutes. At level `p`, with $0 < p < 1$, `m` letters are left. How long was the word? `prior` is a tensor: `prior[n]` is the chance that
# a word has $n$ letters, $n = 0, 1, \dots$, before anything is seen. Some may be 0, but some length of at least `m` is possible. Return the chances of the same lengths given `m`, as a tensor of the same shape. Every letter goes
# with chance `p`, on its own. `math.comb(n, m)` counts the ways to choose $m$ of $n$; it is 0 for $n < m$.

# %% nbgrader={"grade": false, "grade_id": "answer-01-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def length_posterior(prior, m, p):
    """The chance of each length n = 0, 1, ... of a word of which m letters are left at level p."""
    ### BEGIN SOLUTION
    chances = [math.comb(n, m) * (1 - p) ** m * p ** max(n - m, 0) for n in range(len(prior))]
    joint = prior * torch.tensor(chances, dtype=prior.dtype)
    return joint / joint.sum()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-01-4", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("01.4", length_posterior)

# %% [markdown]
# Try it on the course's word list, which has words of 4 to 7 letters. Three are left. Below each answer of yours stands a count: every word
# is destroyed 500 times, and of those with three letters left we count the lengths.

# %%
lengths = torch.tensor([len(word) for word in words()])
prior = lengths.bincount() / len(lengths)


def counted(m, p):
    u = torch.rand(500, len(lengths), 7, generator=torch.Generator().manual_seed(8))
    left = ((u >= p) & (torch.arange(7) < lengths[:, None])).sum(2)
    found = lengths.expand(500, -1)[left == m].bincount(minlength=8)
    return found / found.sum()


def row(name, chances):
    print(f"{name:<18}" + "".join(f"{chance:7.3f}" for chance in chances[4:]))


# %%
print("letters".ljust(18) + "".join(f"{n:7}" for n in range(4, 8)))
row("before", prior)
for p in (0.2, 0.8):
    row(f"yours, p = {p}", length_posterior(prior, 3, p))
    row(f"counted, p = {p}", counted(3, p))

# %% [markdown]
# The same three letters, and two readings. Early on, a word of four letters has become about twice as likely as before: hardly anything
# has gone yet. Late, words of six and seven have gained: a long word is the more likely one to have three left. What $x_t$ tells depends on $t$.

# %% [markdown]
# ## One interface
#
# The package has these maps as classes, called **processes**. They have three methods in common. `sample_noise(x0)` draws $\varepsilon \sim q$.
# `forward(x0, noise, t)` is $F_t$, which you have written for four of them (noise in lesson 00). `infer_noise(x0, x_t, t)` asks which noise was used.
#
# | process | what the noise is | `sample_noise(x0)` draws |
# |---|---|---|
# | `Gaussian` | a picture of noise | $N(0, I)$ |
# | `Blur` | noise on each wave | $N(0, I)$ |
# | `Masking` | a threshold for each position | uniform |
# | `Replacement` | a threshold and a spare token | uniform, uniform |
# | `Deletion` | a threshold for each token | uniform |
# | `Cold` ([lesson 10](10_hot_and_cold.ipynb)) | nothing: pure, deterministic damage | nothing |
#
# For masks, replacement and deletion the level is $p_t = t$ unless you say otherwise. `Blur` below spreads to `width` times $t$ pixels, and has light noise of one and the same scale, 0.05, at all times.

# %%
image_processes = {
    "noise": gaussian,
    "blur": Blur((32, 32), width=12.0, schedule=ConstantNoise(0.05)),
    "masked pixels": Masking(PIXEL_MASK),
}
word_processes = {
    "masked": Masking(MASK),
    "replaced": Replacement(VOCABULARY),
    "deleted": Deletion(PAD),
}


# %% [markdown]
# Move the slider. All six are driven by the same $t$. The seed is fixed, so each has the same noise at every $t$.

# %% tags=["nbval-ignore-output"]
def destroyed(processes, x0, t):
    generator = torch.Generator().manual_seed(3)
    return {k: p.forward(x0, p.sample_noise(x0, generator), t) for k, p in processes.items()}


def draw(t):
    show.images(destroyed(image_processes, x0, t), f"Images at t = {t:g}.")
    at_t = destroyed(word_processes, sentence, t)
    show.strings({name: decode(x_t) for name, x_t in at_t.items()}, f"Words at t = {t:g}.")


show.slider(draw, "t", [k / 20 for k in range(21)], start=0.5)

# %% [markdown]
# ## What they have in common
#
# Noise, blur, masks, replaced and lost letters: what do all of these have in common? **Information about $x_0$
# decreases.** The later the time, the less can be known about what was there. (The condition behind it comes further down.)
#
# That is a claim, so let us measure it. Take a list of known data $d_1, \dots, d_n$, all equally likely. We call
# $d_i$ row $i$ of the list. Given $x_t$, it is the likelier, the better it explains what is seen. By Bayes' rule its chance is
#
# $$\pi_i = p(x_0 = d_i \mid x_t) = \frac{p(x_t \mid d_i)}{\sum_j p(x_t \mid d_j)} .$$
#
# How uncertain are we? The **entropy** $H = -\sum_i \pi_i \log \pi_i$ says. It is 0 when one row is certain, and $\log n$ when all are
# equally likely. Its unit, with the natural logarithm, is the nat.

# %% [markdown]
# **Exercise 01.5** ●●○ · 8 minutes. You get $\log p(x_t \mid d_i)$ as a tensor `(batch, n)`: one row per $x_t$. Return the
# entropies, `(batch,)`. The likelihoods themselves are often too small for a computer, so do not take `exp` of them yourself:
# `log_likelihood.softmax(1)` gives the $\pi_i$ safely. Take $0 \log 0 = 0$, as `torch.xlogy(a, b)` $= a \log b$ does.

# %% nbgrader={"grade": false, "grade_id": "answer-01-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def posterior_entropy(log_likelihood):
    """The entropy of each posterior, in nats, from log p(x_t | d_i): (batch, n) -> (batch,)."""
    ### BEGIN SOLUTION
    weights = log_likelihood.softmax(1)
    return -torch.xlogy(weights, weights).sum(1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-01-5", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("01.5", posterior_entropy)

# %% [markdown]
# Now measure, with the words of five letters and with 1797 handwritten digits of 8 by 8 pixels. Such lists are short enough to search
# through. (For the smaller digits the blur is narrower: 3 of 8 pixels, as 12 of 32.) For each process we destroy 200 examples, and let *your* function say how much is left to guess. We divide by
# $\log n$, so that 0 means "known for certain" and 1 means "nothing known". `pairwise_log_likelihood` has the logarithms ready, for every $x_t$ and every row of the data.

# %%
grid = [0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0]


def share_left(process, data, examples, t, generator):
    x_t = process.forward(examples, process.sample_noise(examples, generator), t)
    log_likelihood = process.pairwise_log_likelihood(x_t, data, t)
    return posterior_entropy(log_likelihood) / math.log(len(data))


# %% tags=["nbval-ignore-output"]
show.expect("01.cruellest")

# %%
generator = torch.Generator().manual_seed(4)
all_digits, all_words = digits()[0], encode(words(5))
on_digits = image_processes | {"blur": Blur((8, 8), width=3.0, schedule=ConstantNoise(0.05))}
lines = {}
for data, processes in ((all_digits, on_digits), (all_words, word_processes)):
    for name, process in processes.items():
        shares = [share_left(process, data, data[:200], t, generator).mean() for t in grid]
        lines[name] = [float(share) for share in shares]

show.panels(
    grid, {name: {"left to guess": line} for name, line in lines.items()},
    "time t", r"$H(x_0\,|\,x_t)\ /\ \log n$", "01.left-to-guess", sharey=True,
)

# %%
print("t = ".rjust(14) + "".join(f"{t:7}" for t in grid))
for name, line in lines.items():
    print(f"{name:14}" + "".join(f"{share:7.2f}" for share in line))

# %% [markdown]
# No row falls, and at $t = 1$ all but one stand at 1. The one is blur. Which damage is the cruellest to words? Perhaps you said deletion. Yet at no
# time in the table does deletion lead. From 0.2 to 0.95 replacement does. (At $t = 0.05$
# 200 words are too few to tell. With 160,000 draws replacement leaves 0.0079 ± 0.0001. For deletion all that can happen can be
# counted up: it leaves 0.0069.)

# %% [markdown]
# **What does such a number say?** It is about a reader who owns the list, and asks only which of its rows it was. Blur at
# $t = 1$ ends at 0.09 of $\log 1797 = 7.5$ nats, which is about 0.7 nats, as if $e^{0.7} \approx 2$ of the 1797 digits were left to
# choose from, though to your eye all are the same grey shadow.
#
# So at $t = 1$ blur still gives most digits away: in four runs of 400, the likeliest row was
# the right one for 73 to 78 in 100. The noise is so weak that tiny differences stay. To forget a digit takes more noise
# ([lesson 10](10_hot_and_cold.ipynb)).
#
# The number depends on the list. Among its first 100 digits alone the same blur leaves 0.02 of $\log 100$: in a shorter list fewer digits are alike.

# %% [markdown]
# ## Why information decreases
#
# Take the six processes that we measured, and times $s < t$. For each of them one can destroy $x_s$ a bit more, by fresh chance and
# without another look at $x_0$, so that the result has the law of $x_t$ given $x_0$. We say that $x_t$ *can be made from* $x_s$. And
# no processing of $x_s$ can add to what $x_s$ knows of $x_0$. This is the *data processing inequality*. It holds whatever the data is.
#
# Can you tell from the chances alone whether $x_t$ can be made from $x_s$? Let the data be a single letter, one of $n$. The table $Q_s$ has a row for each
# letter that $x_0$ may be, and a column for each that may be seen: its entry is $p(x_s = j \mid x_0 = i)$. Likewise $Q_t$, which may have other columns, for instance
# one for MASK.

# %% [markdown]
# **Exercise 01.6** ●●● · 12 minutes. `early` is $Q_s$, `(n, n)`, and can be inverted; `late` is $Q_t$, `(n, m)`. Return `True` if $x_t$ can be made from
# $x_s$ without another look at $x_0$, by chance if need be, else `False`. Think of the table of that step: how does it follow from the two, and when is it a table of chances?
# `torch.linalg.solve(A, B)` finds the `X` with `A @ X = B`. The entries of this `X` carry rounding errors: take one above $-10^{-4}$ as not negative, and do not ask for exact sums.

# %% nbgrader={"grade": false, "grade_id": "answer-01-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def can_follow(early, late):
    """Whether some step turns x_s, with the table early, into x_t, with the table late: a bool."""
    ### BEGIN SOLUTION
    step = torch.linalg.solve(early, late)
    return bool((step > -1e-4).all())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-01-6", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("01.6", can_follow)

# %% [markdown]
# Here are two tables that look like two times of a forward process, and are *not*. Data are letters a and b. At $s$ an a is always seen right, and
# a b with chance one half; otherwise it is taken for an a. At $t$ either letter is seen right in 8 of 10 cases.

# %% tags=["nbval-ignore-output"]
show.expect("01.other-data")

# %% [markdown]
# The letters need not be equally likely now. So the cell multiplies each likelihood by the weight of its letter, and gives what is left as a
# share of the entropy of $x_0$ before anything is seen.

# %%
early = torch.tensor([[1.0, 0.0], [0.5, 0.5]])
late = torch.tensor([[0.8, 0.2], [0.2, 0.8]])


def left_to_guess(table, weights):
    entropies = posterior_entropy((table.T * weights).log())  # one for each letter that may be seen
    return float(weights @ table @ entropies / torch.special.entr(weights).sum())


# %%
print("left to guess        at s    at t")
for name, b in {"half are b": 0.5, "nine in ten are b": 0.9}.items():
    shares = [left_to_guess(table, torch.tensor([1 - b, b])) for table in (early, late)]
    print(f"{name:18}{shares[0]:7.3f}{shares[1]:8.3f}")
print("can x_t be made from x_s?", "yes" if can_follow(early, late) else "no")

# %% [markdown]
# With as many a as b, less is known at $t$ than at $s$. With nine b in ten, *more* is known. So the first line proves nothing: an
# entropy is one number, for one kind of data. Of a forward process we ask more:
# that $x_t$ can be made from $x_s$. Then no data, whatever it is, is better known at $t$.

# %% [markdown]
# ## Noise with scales of your own
#
# Back to pictures. Take $x_t = \alpha_t x_0 + \sigma_t \varepsilon$ with scales of your own. When does information decrease? Divide by
# $\alpha_t$: seeing $x_t$ is as good as seeing $x_0 + (\sigma_t/\alpha_t)\, \varepsilon$. Only the ratio counts. It is usually given as
# the **signal-to-noise ratio**
#
# $$\text{SNR}_t = \alpha_t^2 / \sigma_t^2 .$$
#
# Information never grows if and only if the SNR never grows. We ask for a little more: that the SNR falls. (For a sampler we also want a clean start, $\alpha_0 = 1$ and $\sigma_0 = 0$, and nothing left at the end.)

# %% [markdown]
# **Exercise 01.7** ●●○ · 6 minutes. Given $\alpha_t$ (positive, negative or 0) and $\sigma_t > 0$ on a grid of rising times, as two tensors, return `True` if
# the SNR falls strictly from each time to the next, else `False`. (Twice 0 in a row is no fall.) `x.diff()` gives the differences of neighbours.

# %% nbgrader={"grade": false, "grade_id": "answer-01-7", "locked": false, "schema_version": 3, "solution": true, "task": false}
def information_decreases(alpha, sigma):
    """Whether the SNR falls strictly along the grid: a bool."""
    ### BEGIN SOLUTION
    snr = alpha**2 / sigma**2
    return bool((snr.diff() < 0).all())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-01-7", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("01.7", information_decreases)

# %% [markdown]
# And a schedule that breaks the rule? Let the angle go there and back: $\alpha_t = \cos a_t$, $\sigma_t = \sin a_t$ with $a_t = 0.9\, \tfrac{\pi}{2} \sin(\pi t)$. That is `Trig`,
# read by another clock: at the time $0.9 \sin(\pi t)$.
# It starts clean, is nearly pure noise at $t = \tfrac12$, and then *gets better again*.
#
# For digits we also have a more tangible measure than entropy: the error of the best possible guess, $E|x_0 - E[x_0 | x_t]|^2$
# per pixel, called the MMSE (minimum mean squared error). `FiniteData.mmse` computes it exactly for each $x_t$ that it is given; we average over 200.

# %%
from udm_lessons.rebuild import FiniteData

oracle = FiniteData(all_digits, gaussian)
proper = torch.tensor(grid[:-1])
there_and_back = 0.9 * torch.sin(math.pi * proper)


def mmse(clock):
    noise = torch.randn(all_digits[:200].shape, generator=torch.Generator().manual_seed(5))
    noisy = [(oracle.process.forward(all_digits[:200], noise, t), t) for t in clock.tolist()]
    return [float(oracle.mmse(x_t, t).mean()) for x_t, t in noisy]


# %%
for name, clock in {"proper": proper, "there and back": there_and_back}.items():
    angle = math.pi / 2 * clock
    falls = information_decreases(angle.cos(), angle.sin())
    print(f"{name:15}the SNR", "falls" if falls else "comes back")

show.curves(
    proper.tolist(), {"proper": mmse(proper), "there and back": mmse(there_and_back)},
    "time t", "MMSE per pixel (squared grey level)",
    "01.there-and-back",
)
clocks = {"proper": proper.tolist(), "there and back": there_and_back.tolist()}
show.images(
    {name: torch.cat([gaussian.forward(x0[:1], eps[:1], t) for t in clock]) for name, clock in clocks.items()},
    "01.what-comes-back", [f"t = {t:.2f}" for t in proper.tolist()],
)

# %% [markdown]
# On the second curve the way from $t = 1$ down to $t = \tfrac12$ *destroys*. A sampler that starts at $t = 1$ would start from data, and we have none.
# That is why the rule matters.

# %% [markdown]
# ## What goes first *(optional)*
#
# Look at the picture under *1. Noise* again. The rough shape of a letter can be seen longest; fine detail goes first. Does noise prefer fine detail? No: it
# hits all waves alike. But the finest waves of most pictures are weak to begin with. We measure it on the digits.
#
# The *fineness* of a wave is the larger of $k_1$ and $k_2$. Wave $k$ drowns when its own SNR, $\alpha_t^2 P_k / \sigma_t^2$, has fallen to 1, where
# $P_k$ is its average power in the data. (Here the average digit is taken off, and the rest scaled to variance 1.) Weak waves drown early. On the
# quarter circle that time is $t = \tfrac{2}{\pi}\arctan\sqrt{P_k}$.

# %%
def drowning_times(images):
    centred = images - images.mean(0)
    C, k = dct_matrix(8).to(images), torch.arange(8)
    power = (C @ (centred / centred.std()) @ C.T).square().mean(0)[0]
    fineness = torch.maximum(k[:, None], k)
    by_fineness = [power[fineness == i].mean() for i in range(1, 8)]
    return [math.atan(math.sqrt(p)) * 2 / math.pi for p in by_fineness]


white = torch.randn(all_digits.shape, generator=torch.Generator().manual_seed(6))
show.curves(
    list(range(1, 8)),
    {"digits": drowning_times(all_digits), "white noise as data": drowning_times(white)},
    "fineness of the wave (half waves, the larger of down and across)", "time at which SNR = 1",
    "01.finest-waves",
)

# %% [markdown]
# So "noise removes fine detail first" is a fact about *digits*, not about noise. Data with equal power in all waves, the second line, loses them
# all at once. Blur is different: it does prefer fine detail, whatever the data.

# %% [markdown]
# **Try it.** Is replacement always crueller than deletion? Make a list of words of your own, for which deletion leaves most
# to guess. `share_left(Deletion(PAD), data, data.repeat(500, 1), 0.4, generator).mean()` measures it, for `data = encode([...])`.
# The repeats make the error smaller.
#
# What others found: deletion forgets places. For the six words with one b among five a, such as "aabaaa", at $t = 0.4$ deletion
# leaves 0.69 ± 0.006, replacement 0.32 ± 0.006, and masks, which can be counted up, 0.228.

# %% [markdown]
# ## What you have learnt
#
# - A forward map is a plain function $x_t = F_t(x_0, \varepsilon)$, with all chance in $\varepsilon \sim q$.
# - You can destroy by noise, blur, masks, replacement or deletion. The data may be images, tokens, or strings whose length changes.
# - To train or to measure we need $x_t$ from $x_0$ in one jump, not small steps.
# - One condition: $x_t$ can be made from $x_s$. Then information about $x_0$ decreases, whatever the data. For
#   Gaussian noise this means that the SNR never grows.
# - A share of entropy is about one list of data. It says how many of its rows are still in the running.

# %% [markdown]
# **Read on.** Austin et al. 2021, [Structured Denoising Diffusion Models in Discrete State-Spaces](https://arxiv.org/abs/2107.03006) (masks and
# replacement). Rissanen et al. 2022, [Generative Modelling With Inverse Heat Dissipation](https://arxiv.org/abs/2206.13397) (blur). Johnson et al. 2021,
# [Beyond In-Place Corruption](https://arxiv.org/abs/2107.07675) (insertion and deletion). Su Jianlin 2022, [Unified Diffusion Model](https://kexue.fm/archives/9262)
# (in Chinese), the view that this course builds on.

# %% [markdown]
# **Next.** [Lesson 02](02_from_steps_to_marginals.ipynb) looks at the chain of small steps from which diffusion grew. If you would rather turn round at once, go to [lesson 04](04_correct.ipynb): given a
# guess of $x_0$, what is the right way back from $x_t$ to $x_s$? It needs nothing from 02.

# %% [markdown]
# [← 00 · Welcome](00_welcome.ipynb) · [02 · From steps to marginals →](02_from_steps_to_marginals.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
