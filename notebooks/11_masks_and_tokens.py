# %% [markdown]
# # 11 · Masks and tokens
#
# [← 10 · Hot and cold](10_hot_and_cold.ipynb) · [12 · Insert and delete →](12_insert_and_delete.ipynb)
#
# Letters cannot be made a little noisy. They can be hidden. The sampler of [lesson 04](04_correct.ipynb) runs on hidden letters unchanged. At the end you can
#
# - name the published samplers of masked tokens as choices of one kernel, and say how often each of them guesses a token,
# - say what it costs to guess tokens each for itself, and how the cost grows with their number and falls with the steps,
# - train networks for digits and for names, score them in bits with an error, and compare them with simple rivals.
#
# You need lessons [01](01_forward_process.ipynb), [03](03_predict.ipynb), [04](04_correct.ipynb) and [06](06_likelihood_and_variance.ipynb). About 65 minutes and five exercises, with two minutes at most of training. The section marked *optional*, with exercise 11.6, comes on top: 15 minutes. Stuck? `hint("11.1")` says a little more each time.

# %%
import copy
import math
from functools import cache

import torch

from udm_lessons import show
from udm_lessons.data import (
    GREYS, GREY_MASK, MASK, PAD, VOCABULARY, decode, digit_tokens, digits, encode, names,
    token_images, words,
)
from udm_lessons.destroy import Masking, Replacement
from udm_lessons.exercises import hint, progress, solution
from udm_lessons.rebuild import (
    FiniteData, Keep, Markov, Mixture, Redraw, carry_over, posterior_sample, reverse_step,
    sample,
)


def rng(seed):
    return torch.Generator().manual_seed(seed)


# %% [markdown]
# ## One kernel, many names
#
# Recall [lesson 04](04_correct.ipynb). Each token $i$ has a threshold $u_i$, uniform on $(0, 1)$. At time $t$ the token is masked if $u_i < p_t$, where the level $p_t$ rises from 0 to 1. All chance is in $u$. What does $x_t$ tell about $u_i$? Only on which side of $p_t$ it lies. On that side it is still uniform. So to infer means: draw it anew on its side.
#
# Then the thresholds are *refreshed* by a kernel $K$ that leaves the uniform law as it is, and the guess $\hat x_0$ is pushed forward to the level $p_s < p_t$. Take the `Mixture`: each threshold is drawn anew with chance $r$, and kept otherwise. How likely is a masked token to stay masked? And a visible one to be hidden again?

# %% [markdown]
# **Exercise 11.1** ●●○ · 8 minutes. Return both chances, for a masked token first. All arguments are numbers, `redraw` is $r$. (A kept threshold of a masked token is uniform on $(0, p_t)$.)

# %% nbgrader={"grade": false, "grade_id": "answer-11-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def hidden_chances(p_t, p_s, redraw):
    """The chance of MASK at s: for a token that is masked at t, and for a visible one."""
    raise NotImplementedError('exercise 11.1 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-11-1", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("11.1", hidden_chances)

# %% [markdown]
# Compare with three papers. Masking in D3PM (Austin et al. 2021, appendix A.2.2) and MDLM (Sahoo et al. 2024): a masked token stays masked with $p_s/p_t$, a visible one never changes. ReMDM (Wang et al. 2025) hides visible tokens again with a chance $\omega$; then a masked one must stay masked with $(p_s - \omega (1 - p_t))/p_t$, so that the share of masks at $s$ is right. Put $\omega = r\, p_s$. The sampler itself is counted, too.

# %%
process, p_t, p_s = Masking(MASK), 0.8, 0.6
text, rows = encode(words(5))[torch.randint(0, len(words(5)), (20_000,), generator=rng(1))], {}
seen = text.masked_fill(torch.rand(text.shape, generator=rng(3)) < p_t, MASK)
for redraw in (0.0, 0.3, 1.0):
    later = reverse_step(process, text, seen, p_t, p_s, Mixture(redraw), rng(4)) == MASK
    counted = [float(later[where].double().mean()) for where in (seen == MASK, seen != MASK)]
    omega = redraw * p_s
    paper = (p_s - omega * (1 - p_t)) / p_t, omega
    stays, again = zip(hidden_chances(p_t, p_s, redraw), paper, counted)
    rows[f"r = {redraw:g}"] = [*stays, *again]
kinds = ["yours", "paper", "counted"]
columns = [f"stays masked: {kinds[0]}", *kinds[1:], f"hidden again: {kinds[0]}", *kinds[1:]]
show.compare(rows, columns, "11.two-chances")


# %% [markdown]
# So `Keep()` is D3PM and MDLM, and `Mixture(r)` is ReMDM with $\omega = r\, p_s$. That is not all of ReMDM. A chance $\omega$ up to $\omega_{\max} = \min(1, p_s/(1 - p_t))$ is allowed, here 1, and no mixture gets beyond $p_s$, here 0.6. To get further, thresholds must be reflected, $u \to 1 - u$: the family is a coin between keep and reflect. Its members *cap*, *rescale* and *conf* stand in the table of [lesson 04](04_correct.ipynb).
#
# In which *order* do tokens appear under `Keep()`? In that of their thresholds, largest first. To infer the thresholds anew in every step changes nothing: those of masked tokens are alike and independent, so the next to appear is each of them with the same chance. In steps so small that no two appear at once, that is decoding in a random order, one token at a time: "order-agnostic" (Hoogeboom et al. 2022).

# %% [markdown]
# What does redrawing buy? Under keep a token is guessed once, and what is wrong stays wrong. With redraws it is hidden and guessed again. How often?

# %% [markdown]
# **Exercise 11.2** ●●○ · 9 minutes. Return how many times a token is *opened* (masked before the step, visible after it) in a whole chain, on average. `levels` is the falling list of levels from 1 to 0, such as `[1.0, 0.6, 0.0]`. The guesses may be anything. Your first chance above helps, and so does the marginal identity: how likely is a token to be masked at level $p_t$?

# %% nbgrader={"grade": false, "grade_id": "answer-11-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def times_opened(levels, redraw):
    """The mean number of steps in which a token is opened."""
    raise NotImplementedError('exercise 11.2 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-11-2", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("11.2", times_opened)

# %%
seven = encode(words(7))
oracle = posterior_sample(FiniteData(seven, process))


def even_times(steps):
    return torch.linspace(1, 0, steps + 1, dtype=torch.float64).tolist()


def count_openings(redraw, steps, rows=1000):
    hidden = [torch.ones(rows, 7, dtype=torch.bool)]
    sample(process, oracle, torch.full((rows, 7), MASK), even_times(steps), Mixture(redraw),
           rng(5), False, lambda s, x, _: hidden.append(x == MASK))
    opened = [before & ~after for before, after in zip(hidden, hidden[1:])]
    return float(torch.stack(opened).double().sum(0).mean())


# %%
rows = {}
for redraw in (0.0, 0.5, 1.0):
    found = [(times_opened(even_times(n), redraw), count_openings(redraw, n)) for n in (8, 32)]
    rows[f"r = {redraw:g}"] = [value for pair in found for value in pair]
show.compare(rows, ["8 steps: yours", "counted", "32 steps: yours", "counted"], "11.openings")


# %% [markdown]
# Watch a word appear. (Here and below $p_t = t$.) The oracle knows our list of words exactly, and draws a whole word at each step. Turn up $r$, and letters that were open are hidden again.

# %% tags=["nbval-ignore-output"]
def show_words(redraw, steps=8):
    x_T, frames = torch.full((4, 7), MASK), []
    sample(process, oracle, x_T, even_times(steps), Mixture(redraw), rng(6), False,
           lambda s, x, _: frames.append(decode(x)))
    lines = {f"word {k + 1}": [frame[k] for frame in frames] for k in range(4)}
    show.strings(lines, "11.words-appear", [f"step {k + 1}" for k in range(steps)])


show.slider(show_words, "r", [0.0, 0.2, 0.5, 1.0], 0.2)


# %% [markdown]
# ## Each token for itself
#
# A network that guesses all tokens at once returns one law for each. So it draws from a *product* (it is "non-autoregressive"). [Lesson 03](03_predict.ipynb) warned that a product cannot say what belongs together. See it on the first two letters of five thousand names:

# %%
def product_of_marginals(joint):
    """The table p(a) p(b), from the table p(a, b)."""
    return joint.sum(1)[:, None] * joint.sum(0)[None, :]


first, second = encode(names())[:, :2].T
joint = torch.bincount(26 * first + second, minlength=26 * 26).reshape(26, 26).double()
joint = joint / joint.sum()
alphabet = "abcdefghijklmnopqrstuvwxyz"
vowels = [letter if letter in "aeiou" else "" for letter in alphabet]
tables = {"the names": joint, "each letter for itself": product_of_marginals(joint)}
show.maps(tables, vowels, vowels, "11.two-letters", ("first letter", "second letter"))
never = product_of_marginals(joint)[joint == 0].sum()
print(f"the product draws pairs that begin no name: {never:.2f}")

# %% [markdown]
# What does that cost in a whole chain? Take a world of two tokens with four values. It is small enough to follow *every* probability through the chain. Equal pairs are likely in it. The state 4 is MASK. The guess is the exact posterior, either whole or as a product.

# %%
a, b = torch.meshgrid(torch.arange(4), torch.arange(4), indexing="ij")
world = torch.exp(2.0 * (a == b) - 0.3 * (a + b)).double()
world = world / world.sum()


def guess_at(i, j, whole):
    """The law of x0 given the state (i, j), as a 4x4 table."""
    known = ((a == i) | (i == 4)) & ((b == j) | (j == 4))
    posterior = world * known / (world * known).sum()
    return posterior if whole else product_of_marginals(posterior)


# %%
def end_of_chain(steps, redraw, whole):
    """The law of the pair at the end, by enumeration, with your chances."""
    law = torch.zeros(5, 5, dtype=torch.float64)
    law[4, 4] = 1
    for k in range(steps, 0, -1):
        masked, visible = hidden_chances(k / steps, (k - 1) / steps, redraw)
        later = torch.zeros_like(law)
        for i, j in law.nonzero().tolist():
            table = law[i, j] * guess_at(i, j, whole)
            first, second = (masked if token == 4 else visible for token in (i, j))
            later[:4, :4] += table * (1 - first) * (1 - second)
            later[4, :4] += table.sum(0) * first * (1 - second)
            later[:4, 4] += table.sum(1) * (1 - first) * second
            later[4, 4] += table.sum() * first * second
        law = later
    return law[:4, :4]


# %% tags=["nbval-ignore-output"]
show.expect("11.each-alone")


# %%
def off(steps, redraw, whole):
    """The total variation from the world: half the sum of all differences of the chances."""
    return float((end_of_chain(steps, redraw, whole) - world).abs().sum() / 2)


counts, kernels = [1, 2, 4, 8, 16, 32, 64], {"keep": 0.0, "half redrawn": 0.5, "redraw": 1.0}
lines = {name: [off(n, redraw, False) for n in counts] for name, redraw in kernels.items()}
show.curves(
    counts, lines, "number of steps", "total variation", "11.product-error",
    xscale="log", yscale="log",
)
for name, line in lines.items():
    slope = math.log2(line[-1] / line[-2])
    print(f"{name:13} 64 steps: {line[-1]:.4f}, slope {slope:.2f}")
whole = max(off(n, redraw, True) for n in (1, 4, 16) for redraw in kernels.values())
print(f"whole posterior, 1 to 16 steps: at most {whole:.10f}")

# %% [markdown]
# Take $T$ steps. A product errs only where two tokens are opened in the *same* step. Under keep that happens with a chance of order $1/T$, once. If tokens are hidden and opened again and again, it happens in every step; $j$ steps before the end both are hidden with the chance $(j/T)^2$, and an error made then is seen in the end only if neither token is hidden once more. That is likely only in the last $\sqrt T$ steps or so, since the chances to be hidden in the $j$ steps to come add up to about $j^2 / T$. That adds up to $T^{-1/2}$. And the whole posterior is exact at any number of steps, with any kernel. This is [lesson 04](04_correct.ipynb)'s theorem on tokens.

# %% [markdown]
# ## More tokens
#
# Two tokens are few. How does the error grow with their number $n$? Take a world that a product finds hard: $n$ bits, and all of them are equal. Half of the rows are all 0, half are all 1.

# %% tags=["nbval-ignore-output"]
show.expect("11.growth")


# %% [markdown]
# **Exercise 11.3** ●●● · 12 minutes. The chain has `steps` even steps ($p_t = t$) and keeps its thresholds. Hidden bits are guessed by their exact laws given the visible ones, each bit for itself. Return the chance that the row is *spoilt* in the end: not all of its `n` bits are equal. (`n` and `steps` are whole numbers from 1 on.) Ask yourself in which step a mistake can be made at all.

# %% nbgrader={"grade": false, "grade_id": "answer-11-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def unequal(n, steps):
    """The chance that the bits at the end are not all equal."""
    raise NotImplementedError('exercise 11.3 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-11-3", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("11.3", unequal)


# %% [markdown]
# The sampler, with the same guesses, is the judge:

# %%
def each_alone(x_t, t, generator=None):
    """Fair coins as long as nothing is visible; then copies of a visible bit. (2 is MASK.)"""
    coins = torch.randint(0, 2, x_t.shape, generator=generator)
    visible = x_t.masked_fill(x_t == 2, -1).amax(1, keepdim=True).expand_as(x_t)
    return torch.where(visible < 0, coins, visible)


def count_unequal(n, steps, rows=4000):
    bits = Masking(2)
    x = sample(bits, carry_over(bits, each_alone), torch.full((rows, n), 2), even_times(steps),
               Keep(), rng(7), False)
    spoilt = (x != x[:, :1]).any(1).double()
    return float(spoilt.mean()), float(spoilt.std() / rows**0.5)


# %%
rows = {
    f"{n} bits, {T} steps": [unequal(n, T), count_unequal(n, T), n / (4 * T)]
    for n, T in ((2, 8), (8, 8), (8, 32), (32, 32), (32, 128))
}
show.compare(rows, ["yours", "counted", "n / (4T)"], "11.spoilt", digits=3)
Ts = [1, 4, 16, 64, 256, 1024]
spoilt = {f"{n} bits": [unequal(n, T) for T in Ts] for n in (2, 8, 32, 128)}
show.curves(Ts, spoilt, "number of steps", "chance of a spoilt row", "11.longer-rows",
            xscale="log", yscale="log")


# %% [markdown]
# For many steps the chance is near $n/(4T)$. The number of *pairs* grows like $n^2$, and yet twice as many bits ask for just twice as many steps: once a bit can be seen, the others need no luck. Is this world special? The next section answers for all worlds.

# %% [markdown]
# ## What a guess costs
#
# How good is a network? By the bound of [lesson 06](06_likelihood_and_variance.ipynb) it suffices to add up the divergences of the steps. The bound is for `Keep()`. The guess gives the token $i$ a law $q_i$. In one step from $t$ to $s$ a masked token is opened with chance $1 - p_s/p_t$, and the guess pays $-\log q_i(x_{0,i})$ for it. Visible tokens are free. So a row pays
#
# $$\left(1 - \frac{p_s}{p_t}\right) \sum_{i\ \text{masked}} -\log q_i(x_{0,i}) .$$

# %% [markdown]
# **Exercise 11.4** ●○○ · 7 minutes. Return that price for each row. `nats` holds $-\log q_i(x_{0,i})$ for every token, `masked` says where $x_t$ is hidden; both have shape (batch, width).

# %% nbgrader={"grade": false, "grade_id": "answer-11-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def price_of_a_step(nats, masked, p_t, p_s):
    """The divergence of one step in nats, shape (batch,)."""
    raise NotImplementedError('exercise 11.4 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-11-4", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("11.4", price_of_a_step)

# %% [markdown]
# In the small world we can add up everything: all 16 pairs, all four ways to hide them, all steps. The guess is the product of the exact posterior. The bound must lie above the entropy of the data.

# %%
pairs = torch.stack([a.flatten(), b.flatten()], 1)
patterns = [torch.tensor(m) for m in ((True, True), (True, False), (False, True), (False, False))]


def nats_of(hidden):
    """What the product pays for each token of each pair, of which some are hidden: (16, 2)."""
    states = pairs.masked_fill(hidden, 4).tolist()
    tables = [product_of_marginals(guess_at(i, j, True)) for i, j in states]
    chances = [(t.sum(1)[x], t.sum(0)[y]) for t, (x, y) in zip(tables, pairs)]
    return -torch.tensor(chances, dtype=torch.float64).log()


# %%
priced = [(hidden, nats_of(hidden)) for hidden in patterns]


def bound(steps):
    total = 0.0
    for k in range(steps, 0, -1):
        p, later = k / steps, (k - 1) / steps
        for hidden, nats in priced:
            chance = p ** int(hidden.sum()) * (1 - p) ** int((~hidden).sum())
            prices = torch.as_tensor(price_of_a_step(nats, hidden.expand(16, 2), p, later))
            total += chance * float((world.flatten() * prices).sum())
    return total


entropy = float(-(world * world.log()).sum())
show.compare(
    {"bound": [bound(n) for n in counts], "less entropy": [bound(n) - entropy for n in counts]},
    [f"T = {n}" for n in counts], "11.bound", digits=4,
)

# %% [markdown]
# With one step the bound is the cost of a pure product. With many it falls to the entropy: tokens opened one after the other need no product. In the limit the factor is $p_t'/p_t\; dt$, which the package has as `masking_weight`. That is the loss of MDLM.
#
# Here the excess halves with each doubling. In general? A token is masked with chance $p_t$, whatever happens to the others. So a step costs $(p_t - p_s)\, f(p_t)$, where $f(p)$ is the sum, over all tokens, of the entropy of the token if each *other* one is hidden with chance $p$. The bound is a Riemann sum of $f$, and the entropy is its integral. If all others are seen, $f(0)$ is the sum of $H(x_i \mid \text{all others})$; if none is, $f(1)$ is the sum of $H(x_i)$. Between them $f$ only rises. Then for $T$ even steps
#
# $$0 \;\le\; \text{bound} - \text{entropy} \;\le\; \frac{f(1) - f(0)}{T} = \frac1T \sum_{i=1}^n I_i .$$
#
# The law that the chain draws from is no further from the data than this: their divergence is at most bound less entropy. For many steps the excess is about half of the right side. Here $I_i = H(x_i) - H(x_i \mid \text{all others})$ is the *mutual information* of token $i$ and all others: the nats that they tell about it. With $V$ values it is at most $\log V$. So in *every* world the excess is at most $n \log V/T$: linear in the number of tokens, or: a number of steps in proportion to $n$ will do. (Li and Cai 2025 show this, and that up to a constant factor it cannot be improved.)

# %% [markdown]
# ## Digits as tokens
#
# A digit of [lesson 03](03_predict.ipynb) has 64 pixels with 17 levels of grey. Take them as 64 tokens, without any order between light and dark. The network is a U-Net. Its input has one channel for each level of grey and one for MASK, its output is a law for each pixel.

# %%
from udm_lessons.learn import (
    Categorical, JointTransformer, TokenTransformer, TokenUNet, denoising_loss, draw_times,
    masking_weight, token_predictor, train,
)
from udm_lessons.measure import NGram, bits_per_token, judge_digits, masked_nats

grey = Masking(GREY_MASK)
train_digits, held_digits = digit_tokens("train")[0], digit_tokens("heldout")[0]


def trained(network, process, data, steps, last=True, **options):
    """Times are weighted by t^(-1/2), halfway between all alike and the 1/t of the bound, whose
    gradients vary more. In the last part of the training the steps shrink to 0."""
    options = {"t_min": 1e-3, "weight": lambda t: t**-0.5} | options
    loss = denoising_loss(process, Categorical(), **options)
    return train(network, loss, data, steps=steps, lr=4e-3, decay=last, ema=0.98, generator=rng(1))


def draw_grey(network, times, refresh, n, seed, note=None):
    """n digits; visible tokens are copied into the guess."""
    guess = carry_over(grey, token_predictor(network))
    x_T = torch.full((n, 64), GREY_MASK)
    return sample(grey, guess, x_T, times, refresh, rng(seed), False, note)


# %%
@cache
def digit_network(part):
    """After the first or the second half of the training."""
    torch.manual_seed(0)
    new = TokenUNet(GREYS + 1, 8, GREY_MASK)
    begun = copy.deepcopy(digit_network(part - 1)) if part > 1 else new
    return trained(begun, grey, train_digits, 250, last=part == 2)


def show_progress(part):
    x = draw_grey(digit_network(part), even_times(32), Keep(), 12, 1)
    show.images({f"part {part}": token_images(x)}, "11.digits-emerging")


# %% tags=["nbval-ignore-output"]
show_progress(1)

# %% tags=["nbval-ignore-output"]
show_progress(2)


# %% [markdown]
# Its score is the bound on digits that it has not seen, in *bits per pixel*. A row of the data pays so many nats; the mean over rows is known up to an error.

# %% [markdown]
# **Exercise 11.5** ●●○ · 6 minutes. Return bits per token and the standard error. `nats` holds one number for each row (batch,), `tokens` is the number of tokens in a row. Take `nats.std()` for the deviation of a row.

# %% nbgrader={"grade": false, "grade_id": "answer-11-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bits(nats, tokens):
    """Bits per token, and the standard error of the mean over rows, in bits per token too."""
    raise NotImplementedError('exercise 11.5 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-11-5", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("11.5", bits)


# %%
@cache
@torch.no_grad()
def bound_in_nats(draws=16):
    """The bound for each row: a time in each of 16 parts of (0, 1), weighted by p' / p."""
    generator, total, data = rng(8), 0.0, held_digits
    for k in range(draws):
        t = draw_times(grey, len(data), generator, k / draws, (k + 1) / draws)
        x_t = grey.forward(data, grey.sample_noise(data, generator), t)
        paid = masked_nats(digit_network(2)(x_t, t), data, x_t, grey)
        total = total + masking_weight(grey.level)(t) * paid
    return total / draws


def pixelwise_nats():
    """Each pixel for itself, from the counts of its greys in the training data."""
    seen = torch.stack([torch.bincount(column, minlength=GREYS) + 0.1 for column in train_digits.T])
    laws = (seen / seen.sum(1, keepdim=True)).log()
    return -laws[torch.arange(64), held_digits].sum(1).double()


# %% tags=["nbval-ignore-output"]
scored = {"each pixel for itself": pixelwise_nats(), "the network, at most": bound_in_nats()}
rows = {name: [tuple(map(float, bits(nats, 64)))] for name, nats in scored.items()}
show.compare(rows, ["bits a pixel"], "11.digit-bits", digits=3, best="low")

# %% [markdown]
# Now draw. All pixels that are opened in a step are drawn as a product, so the number of steps matters. Each step is one call of the network.

# %% tags=["nbval-ignore-output"]
calls = [1, 2, 4, 8, 16, 32, 64]
drawn = {f"{n}": draw_grey(digit_network(2), even_times(n), Keep(), 12, 9) for n in calls}
show.images({name: token_images(x) for name, x in drawn.items()}, "11.growing-calls")

# %% [markdown]
# The kernel matters too. On Gaussian noise with plugged-in means `Redraw()` was the worst by far (lessons [04](04_correct.ipynb) and [05](05_one_sampler.ipynb)).

# %% tags=["nbval-ignore-output"]
show.expect("11.which-kernel")

# %% tags=["nbval-ignore-output"]
three, made, frames = {"keep": Keep(), "half redrawn": Mixture(0.5), "redraw": Redraw()}, {}, {}
for name, refresh in three.items():
    seen = [torch.full((10, 64), GREY_MASK)]
    made[name] = draw_grey(digit_network(2), even_times(32), refresh, 400, 9,
                           lambda s, x, _: seen.append(x[:10]))
    frames[name] = torch.stack([token_images(x) for x in seen])
show.film(frames, "11.masks-film")

# %% tags=["nbval-ignore-output"]
scores, rows = ("energy", "frechet", "two_sample", "confidence"), {}
for name, x in made.items():
    found = judge_digits(token_images(x), digits("train"), digits("heldout"), rng(0))
    rows[name] = [(found[k].value, found[k].error) for k in scores]
show.compare(rows, ["energy", "Fréchet", "two-sample", "confidence"], "11.kernels", digits=3)

# %% [markdown]
# Here the guesses are *draws*, and a pixel that was opened wrongly can be hidden and guessed again, seeing its neighbours: by your 11.2 a pixel is guessed about six times in all in 32 steps of redraw. So redrawing need not harm. Does it help? One run says little, so we ran the last cells with six seeds, for this network and for one with three times the training. (Mean and standard error over the seeds. Smaller is better; 0.5 is perfect in the two-sample test.)
#
# | | energy | Fréchet | two-sample | energy, three times the training | Fréchet | two-sample |
# |---|---|---|---|---|---|---|
# | keep | 0.016 ± 0.002 | 0.49 ± 0.02 | 0.660 ± 0.008 | 0.009 ± 0.001 | 0.36 ± 0.01 | 0.585 ± 0.006 |
# | half redrawn | 0.024 ± 0.003 | 0.58 ± 0.03 | 0.650 ± 0.009 | 0.018 ± 0.004 | 0.48 ± 0.05 | 0.563 ± 0.011 |
# | redraw | 0.031 ± 0.004 | 0.64 ± 0.03 | 0.635 ± 0.009 | 0.029 ± 0.003 | 0.58 ± 0.04 | 0.577 ± 0.006 |
#
# By energy and Fréchet keep is best and redraw worst: redrawn pictures lie further from the data as a whole. In the two-sample test redraw does not lose. It is nearer to real digits than keep in all six seeds of this network, and in four of six after three times the training. So no kernel wins by every measure.
# ([Lesson 05](05_one_sampler.ipynb) taught you not to trust the confidence.)

# %% [markdown]
# ## Names
#
# The census of 1990 has five thousand first names; here they are padded to eleven letters. A transformer guesses all letters at once. Beside it stand models that write from left to right: tables of pairs and of four letters (*n-grams*), and a small network.

# %% tags=["nbval-ignore-output"]
show.expect("11.names")

# %%
longest = max(map(len, names()))
train_names, held_names = (encode(names(part), longest) for part in ("train", "heldout"))


@cache
def name_network(part):
    """After the first or the second half of the training."""
    torch.manual_seed(0)
    # The ids are those of the letters, of PAD behind the last one, and of MASK.
    new = TokenTransformer(VOCABULARY + 2, longest, MASK)
    begun = copy.deepcopy(name_network(part - 1)) if part > 1 else new
    return trained(begun, process, train_names, 300, last=part == 2)


def draw_names(x_t, part=2, seed=12):
    """Names around the letters that are open in x_t."""
    guess = carry_over(process, token_predictor(name_network(part)))
    p = (x_t == MASK).double().mean()
    times = (torch.linspace(1, 0, 33, dtype=torch.float64) * p).tolist()
    return decode(sample(process, guess, x_t, times, Keep(), rng(seed), False))


def show_names(part):
    x_T = torch.full((6, longest), MASK)
    show.strings({f"part {part}": draw_names(x_T, part)}, "11.names-emerging")



# %% tags=["nbval-ignore-output"]
show_names(1)

# %% tags=["nbval-ignore-output"]
show_names(2)


# %%
@cache
def writer():
    """Trained and scored at t = 1, where all of x_t is hidden, it writes from left to right."""
    torch.manual_seed(0)
    new = JointTransformer(VOCABULARY + 2, longest, MASK)
    options = {"t_min": 1 - 1e-9, "weight": None, "autoregressive": True}
    return trained(new, process, train_names, 250, **options)


def writer_bits():
    score = dict(times=[1.0, 0.0], draws=1, autoregressive=True)
    return bits_per_token(writer(), held_names, process, pad=PAD, **score)


# %% tags=["nbval-ignore-output"]
ngrams = {f"{n} letters": NGram(train_names, n).bits_per_character(held_names) for n in (1, 2, 4)}
rows = {name: [value] for name, value in ngrams.items()}
masked_bits = bits_per_token(name_network(2), held_names, process, pad=PAD, generator=rng(10))
rows["masking, at most"] = [(masked_bits.value, masked_bits.error)]
rows["left to right"] = [(writer_bits().value, writer_bits().error)]
show.compare(rows, ["bits a character"], "11.name-bits", best="low")


# %% [markdown]
# Be honest about this table. A count of four letters beats the masked network, and so does a small network that writes from left to right. Names are short, and the next letter mostly depends on the last few. (Masking is scored by a bound, the others exactly.) What masking is made for, and writing from left to right is not, is to fill in letters anywhere.

# %% tags=["nbval-ignore-output"]
def pattern(letters, n=6):
    """n rows with the letters that are given; _ is open, and may turn out to be the end."""
    row = torch.full((longest,), PAD)
    row[: len(letters)] = torch.tensor([MASK if x == "_" else ord(x) - 97 for x in letters])
    return row.expand(n, longest).clone()


patterns_given = ("m____a", "__anne", "j_n__")
show.strings({given: draw_names(pattern(given)) for given in patterns_given}, "11.made-up-names")


# %% [markdown]
# ## Replaced by another token (*optional*)
#
# Instead of hiding a token, replace it by one of $V$ tokens at random. The noise is a threshold $u_i$ and a spare token. Now even the side on which $u_i$ lies is uncertain: if a token at time $t$ is the same as in $x_0$, it was left alone, or replaced by itself.

# %% [markdown]
# **Exercise 11.6** ●●○ · 8 minutes. A token is replaced with chance $p$, by one of $V$ tokens, each with the same chance, itself included. It looks unchanged. Return the chance that it *was* replaced.

# %% nbgrader={"grade": false, "grade_id": "answer-11-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def was_replaced(p, vocabulary):
    """p(replaced | same token as before)."""
    raise NotImplementedError('exercise 11.6 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-11-6", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("11.6", was_replaced)

# %% [markdown]
# Let $a = 1 - p$. The uniform chain of D3PM (appendix A.2.1) replaces in every step: from $s$ to $t$ a token stays with $a_t/a_s$, and is drawn anew otherwise. Its posterior follows from Bayes' rule. Our claim: it is $K$ = "keep $u$, and draw the spare token anew with chance $1 - a_t/a_s$". Put *your* number in, and compare.

# %%
V, a_t, a_s = 5, 1 - p_t, 1 - p_s
one = torch.eye(V, dtype=torch.float64)
even = torch.full((V,), 1 / V, dtype=torch.float64)


def by_bayes(x_t, x0_law):
    """D3PM: q(x_t | x_s) q(x_s | x0), normalised; x0_law is a law of x0."""
    step = a_t / a_s * one[x_t] + (1 - a_t / a_s) * even
    law = step * (a_s * x0_law + (1 - a_s) * even)
    return law / law.sum()


def by_noise(x_t, x0):
    """Infer threshold and spare token, redraw that with 1 - a_t / a_s, push forward to s."""
    still = p_s / p_t * (was_replaced(p_t, V) if x_t == x0 else 1.0)
    spare = a_t / a_s * one[x_t] + (1 - a_t / a_s) * even
    return still * spare + (1 - still) * one[x0]


for x_t in (0, 3):
    gap = (by_bayes(x_t, one[0]) - by_noise(x_t, 0)).abs().max()
    print(f"x_t = {x_t}, x0 = 0: largest difference {gap:.10f}")

# %% [markdown]
# And `Keep()`? A replaced token stays replaced, by the same one, with $p_s/p_t$; otherwise $x_0$ is back. That is the DDIM of multinomial diffusion (Song, Meng and Ermon 2021, appendix A). Both are counted here with the sampler.

# %%
replacing, n = Replacement(V), 100_000
x0, x_t = torch.zeros(n, 1, dtype=torch.int64), torch.full((n, 1), 3)
ddim = p_s / p_t * one[3] + (1 - p_s / p_t) * one[0]
rows = {}
for name, refresh, law in (("D3PM", Markov(), by_noise(3, 0)), ("DDIM", Keep(), ddim)):
    step = reverse_step(replacing, x0, x_t, p_t, p_s, refresh, rng(7))[:, 0]
    rows[f"{name}, formula"] = law.tolist()
    rows[f"{name}, counted"] = (torch.bincount(step, minlength=V) / n).tolist()
show.compare(rows, [f"token {k}" for k in range(V)], "11.replaced")

# %% [markdown]
# A common shortcut: do not draw $\hat x_0$, but put the network's *probabilities* into the formula of the posterior. Is that the same as drawing?

# %%
guess = torch.tensor([0.6, 0.1, 0.1, 0.1, 0.1], dtype=torch.float64)
drawn_law = sum(weight * by_noise(1, k) for k, weight in enumerate(guess.tolist()))
shortcut = by_bayes(1, guess)
rows = {"drawn": drawn_law.tolist(), "shortcut": shortcut.tolist()}
show.compare(rows, [f"token {k}" for k in range(V)], "11.shortcut", digits=3)
print(f"total variation between the two: {float((drawn_law - shortcut).abs().sum() / 2):.3f}")

# %% [markdown]
# It is another kernel. Bayes' formula has $x_0$ in the denominator too, so that averaging it over $x_0$ is not the same as putting the average in. [Lesson 04](04_correct.ipynb) vouches for the drawn one. For masking, and for multinomial DDIM, the step is linear in the law of $x_0$, and the shortcut is free.

# %% [markdown]
# ## Try it
#
# You have eight calls for a digit. Where should the levels lie? Even levels are one choice. MaskGIT (Chang et al. 2022) masks the share $\cos(\pi g/2)$ when the part $g$ of the calls is done, which is $p_t = \sin(\pi t/2)$ in our time: it opens few pixels at first. The other cosine, $1 - \cos(\pi t/2)$, which the package has as `CosineLevel`, opens many at first. Guess first, then draw 400 digits with each: with $p_t = t$ it is enough to change the list of times. Can you beat all three?
#
# What others found (energy distance times 1000, 400 digits in eight calls, mean and standard error over six seeds): even levels 17.3 ± 1.4, MaskGIT's 18.2 ± 1.7, the other cosine 25.1 ± 1.6. With $p_t = t^{3/4}$ it was 15.0 ± 1.9, no clear gain over even levels. So to open many pixels at first is costly, and the rest is within the errors.

# %% [markdown]
# ## What you have learnt
#
# - Masking is thresholds on uniform noise, and the samplers are choices of $K$: D3PM, MDLM and order-agnostic decoding keep, ReMDM hides again. Redrawn, a token is guessed about $T/6$ times more.
# - A product of two tokens errs like $1/T$ under keep, like $T^{-1/2}$ under redraw. A whole posterior is exact with any number of steps.
# - With $n$ tokens the excess of the bound is at most the sum of their mutual informations, over $T$: linear in $n$.
# - A step costs $(1 - p_s/p_t)$ times the cross-entropy of what is hidden. Bits per token come with an error and with baselines.
# - With draws, redrawing does not ruin the law as it does with means. The pictures lie further from the data as a whole, and are no easier to tell from real ones.
# - Optional: replacement is the same with a threshold and a spare token. Probabilities in place of a drawn $\hat x_0$ are another kernel, unless the step is linear.

# %% [markdown]
# **Read on.** Austin et al. 2021, [Structured Denoising Diffusion Models in Discrete State-Spaces](https://arxiv.org/abs/2107.03006). Sahoo et al. 2024, [Simple and Effective Masked Diffusion Language Models](https://arxiv.org/abs/2406.07524). Wang et al. 2025, [Remasking Discrete Diffusion Models](https://arxiv.org/abs/2503.00307).
# Hoogeboom et al. 2022, [Autoregressive Diffusion Models](https://arxiv.org/abs/2110.02037). Chang et al. 2022, [MaskGIT](https://arxiv.org/abs/2202.04200). Li and Cai 2025, [Breaking AR's Sampling Bottleneck](https://arxiv.org/abs/2505.21400). Song, Meng and Ermon 2021, [Denoising Diffusion Implicit Models](https://arxiv.org/abs/2010.02502), appendix A.

# %% [markdown]
# **Next.** [Lesson 12](12_insert_and_delete.ipynb) lets strings grow and shrink.

# %% [markdown]
# [← 10 · Hot and cold](10_hot_and_cold.ipynb) · [12 · Insert and delete →](12_insert_and_delete.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
