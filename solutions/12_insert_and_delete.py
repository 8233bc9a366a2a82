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
# # 12 · Insert and delete
#
# [← 11 · Masks and tokens](11_masks_and_tokens.ipynb) · [13 · Latent diffusion →](13_latent_diffusion.ipynb)
#
# Pictures keep their size, and masked strings keep their length. In this lesson the length itself is noise: letters vanish, the rest closes ranks, and nothing says where they stood. At the end you can
#
# - count in how many ways one string hides in another, and draw one of them evenly;
# - say what goes wrong if the noise is inferred by a simpler rule, and for which words;
# - run one sampler that only inserts, and one that inserts and deletes;
# - train a small network that writes a name around any letters you type.
#
# You need lessons [04](04_correct.ipynb) and [11](11_masks_and_tokens.ipynb). About 70 minutes and five exercises; the appendix on misprints, with exercise 12.6, is optional and takes 20 more. Stuck? `hint("12.1")` says a little more each time.

# %%
import math
from functools import cache
from itertools import combinations, product
from tempfile import TemporaryDirectory

import torch

from udm_lessons import show
from udm_lessons.data import PAD, decode, encode, names
from udm_lessons.destroy import Deletion, Editing, alignment_table
from udm_lessons.exercises import hint, progress, solution
from udm_lessons.learn import (
    EditTransformer, edit_loss, edit_nats, edit_predictor, impossible_mass, train,
)
from udm_lessons.measure import NGram
from udm_lessons.rebuild import (
    FiniteData, Keep, Mixture, posterior_sample, reverse_step, sample,
)

everyone, width = names(), 12
process = Deletion(PAD)


def seeded(seed):
    return torch.Generator().manual_seed(seed)

# %% [markdown]
# ## A word that hides in another
#
# Give each letter $i$ of $x_0$ a *threshold* $u_i$, a number drawn evenly from $(0, 1)$. At time $t$ a letter is deleted if $u_i < p_t$, where the *level* $p_t$ rises from 0 to 1. Here $p_t = t$. The letters that are left, in their order, are $x_t$.

# %%
josephine = encode(["josephine"] * 3)
thresholds = process.sample_noise(josephine, seeded(0))
levels = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
shrinking = [decode(process.forward(josephine, thresholds, t)) for t in levels]
show.growing(
    {f"noise {k + 1}": [row[k] for row in shrinking] for k in range(3)},
    "12.shrinking", [f"t = {t:g}" for t in levels],
)

# %% [markdown]
# Say you see $x_t$ = "ana", and you guess that $x_0$ = "banana". Which letters of "banana" are the ones you see? There are several ways. A choice of places that spells $x_t$ is an **embedding**, and $C(x_0, x_t)$ counts them. With short words we can list all choices.

# %%
def embeddings(x0, y):
    """Every choice of places in x0 that spells y."""
    return [c for c in combinations(range(len(x0)), len(y)) if "".join(x0[i] for i in c) == y]


def shown(x0, places):
    return "".join(letter if i in places else "·" for i, letter in enumerate(x0))


print("   ".join(shown("banana", c) for c in embeddings("banana", "ana")))

# %% [markdown]
# Such lists grow too fast. Count instead, from the back. Let $n = |x_0|$ and $m = |x_t|$ be the lengths, and let $N_{i,j}$ be the number of ways in which the end of $x_t$, from letter $j$ on, hides in the end of $x_0$, from letter $i$ on. Letter $i$ of $x_0$ is either passed over, or, if it fits, taken:
#
# $$N_{i,j} = N_{i+1,j} + [x_{0,i} = x_{t,j}]\; N_{i+1,j+1} .$$
#
# The bracket is 1 if the letters agree, else 0. At the border: with nothing left to place there is one way, $N_{i,m} = 1$. With letters left but no places, $N_{n,j} = 0$ for $j < m$.

# %% [markdown]
# **Exercise 12.1** ●●○ · 10 minutes. Return $C(x_0, x_t) = N_{0,0}$ as a whole number. `x0` and `y` are Python strings (`y` is $x_t$), either may be empty. Fill a table from the back, with Python's own whole numbers: the cells below count 100 letters in 200, and a recursion without a table, or a list of all ways, would never end.

# %% nbgrader={"grade": false, "grade_id": "answer-12-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def count_embeddings(x0, y):
    """In how many ways y is a subsequence of x0."""
    ### BEGIN SOLUTION
    n, m = len(x0), len(y)
    N = [[0] * m + [1] for _ in range(n + 1)]
    for i in reversed(range(n)):
        for j in range(m):
            N[i][j] = N[i + 1][j] + (x0[i] == y[j]) * N[i + 1][j + 1]
    return N[0][0]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-12-1", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("12.1", count_embeddings)

# %% [markdown]
# Do one table on paper before you run the next cell: "na" in "nana", five rows and three columns. Fill the last row and the last column, then go up. A cell is the one below it, plus, where the letters agree, the one below to the right. The cell then fills the table with *your* counts, since $N_{i,j}$ counts how one end hides in another.

# %%
def counts(x0, y):
    """Your counts of all ends of y in all ends of x0."""
    columns = range(len(y) + 1)
    return [[count_embeddings(x0[i:], y[j:]) for j in columns] for i in range(len(x0) + 1)]


def path(x0, places):
    """The cells that an embedding visits: down at each letter, and to the right if it is kept."""
    return [(i, sum(place < i for place in places)) for i in range(len(x0) + 1)]


show.table(
    counts("nana", "na"), ["n", "a", "n", "a", "(end)"], ["n", "a", "(end)"],
    {shown("nana", c): path("nana", c) for c in embeddings("nana", "na")},
    "12.alignments",
)

# %%
words = ["".join(w) for n in range(7) for w in product("ab", repeat=n)]
pairs = [(x, y) for x in words for y in words if len(y) <= len(x)][::7]
wrong = sum(count_embeddings(x, y) != len(embeddings(x, y)) for x, y in pairs)
print(f"{len(pairs)} pairs of words: your count is not the length of the list in {wrong}")
ways = count_embeddings("a" * 200, "a" * 100)
print(f"100 letters in 200: {len(str(ways))} digits, off by {ways - math.comb(200, 100)}")

# %% [markdown]
# The package has the same count for whole batches, `count_embeddings` in `udm_lessons.destroy`. It counts in floating point, whose range holds every count for up to 1000 letters. For longer words there is its logarithm, `log_embeddings`.

# %% [markdown]
# ## How likely is what we see?
#
# Take one embedding. Its $m$ letters had to stay, each with chance $1 - p_t$, and $n - m$ letters had to go, each with chance $p_t$. Different embeddings exclude each other, so their chances add up:
#
# $$p(x_t \mid x_0) = C(x_0, x_t)\, (1 - p_t)^m\, p_t^{\,n - m} .$$

# %%
def given(x0, y, p):
    """p(x_t = y | x0) with your count."""
    n, m = len(x0), len(y)
    return count_embeddings(x0, y) * (1 - p) ** m * p ** (n - m)


def subsequences(x0):
    """Every string that deletion can make of x0."""
    return sorted({"".join(c) for m in range(len(x0) + 1) for c in combinations(x0, m)})


what = subsequences("banana")
total = sum(given("banana", y, 0.4) for y in what)
print(f"{len(what)} strings hide in banana; their chances add up to {total:.10f}")

# %% [markdown]
# Bayes' rule turns this into a guess. Let all 5163 first names of the US census of 1990 be equally likely. Which of them could have left "jn"? The posterior is your likelihood, divided by its sum over all names.

# %%
def posterior(y, p):
    weights = [given(name, y, p) for name in everyone]
    total = sum(weights)
    return [w / total for w in weights]


def top(y, p, n=6):
    ranked = sorted(zip(posterior(y, p), everyone), key=lambda pair: (-round(pair[0], 9), pair[1]))
    return [f"{name} {chance:.3f}" for chance, name in ranked[:n]]


show.strings({f"p = {p}": top("jn", p) for p in (0.2, 0.5, 0.8)}, "12.behind-jn")

# %% [markdown]
# And the start of every chain? At $p_T = 1$ all is deleted: $x_T$ is the empty string, from every name. It tells nothing, so its posterior is the law of the data itself.

# %%
start = posterior("", 1.0)
print(f"{len(everyone)} names, given the empty string:")
print(f"chances from {min(start):.6f} to {max(start):.6f}")

# %% [markdown]
# How many letters are gone? Forget for a moment which letters you see, and count them: $m$ are left. Names of $n$ letters have the chance $P(n)$. Deletion does not look at the letters.

# %% [markdown]
# **Exercise 12.2** ●●○ · 9 minutes. Return a list: its entry $k$, from 0 on, is the chance that $k$ letters are gone, given that `m` are left. `lengths[n]` is $P(n)$, for $n$ = 0, 1, ... up to the longest name, which has at least `m` letters; `p` is $p_t$, strictly between 0 and 1. The list ends with the longest name.

# %% nbgrader={"grade": false, "grade_id": "answer-12-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def letters_gone(m, lengths, p):
    """The chances that 0, 1, 2, ... letters are gone if m are left."""
    ### BEGIN SOLUTION
    weights = [lengths[n] * math.comb(n, m) * p ** (n - m) for n in range(m, len(lengths))]
    return [weight / sum(weights) for weight in weights]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-12-2", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("12.2", letters_gone)

# %% tags=["nbval-ignore-output"]
show.expect("12.more-left")

# %%
census_lengths = [sum(len(x) == n for x in everyone) / len(everyone) for n in range(width)]
mean_length = sum(n * chance for n, chance in enumerate(census_lengths))
poisson = [math.exp(-mean_length) * mean_length**n / math.factorial(n) for n in range(40)]


def mean_gone(m, lengths, p=0.5):
    return sum(k * chance for k, chance in enumerate(letters_gone(m, lengths, p)))


left = range(9)
gone = {
    "real names": [mean_gone(m, census_lengths) for m in left],
    "Poisson lengths": [mean_gone(m, poisson) for m in left],
}
show.curves(left, gone, "letters left", "letters gone, on average", "12.gone")

# %% [markdown]
# Nine in ten names have four to eight letters. So the more you see, the less is missing. The other line shows what makes the difference. Let the number of letters be Poisson distributed, as if letters fell by chance, with the same mean $\ell$. The number that is gone is then Poisson too, with the mean $\ell\, p_t$, however many are left. (Put $P(n) = e^{-\ell}\, \ell^n / n!$ into your formula: all that depends on $m$ cancels.)
#
# Which letters they are does tell something, though. Count embeddings again:

# %%
for y in ("an", "jn", "qu"):
    chances = posterior(y, 0.5)
    missing = sum(w * (len(name) - 2) for w, name in zip(chances, everyone))
    print(f"{y}: {missing:.2f} letters gone on average")
print(f"any two letters: {mean_gone(2, census_lengths):.2f}")

# %% [markdown]
# ## Infer the noise
#
# The sampler of [lesson 04](04_correct.ipynb) infers the thresholds from a guess of $x_0$ and from $x_t$. A kept letter has $u_i$ evenly in $(p_t, 1)$, a deleted one in $(0, p_t)$. So the one open question is *which* were kept: the **alignment**.
#
# Every embedding has the same chance $(1 - p_t)^m p_t^{n-m}$. Divide by their sum, and $p_t$ cancels. Each embedding has the posterior chance $1/C$, at any level: the alignment is *uniform*.

# %%
for p in (0.1, 0.5, 0.9):
    places = embeddings("banana", "an")
    each = [(1 - p) ** len(c) * p ** (6 - len(c)) for c in places]
    row = [f"{shown('banana', c)} {e / sum(each):.4f}" for c, e in zip(places, each)]
    print(f"p = {p}   " + "   ".join(row))

# %% [markdown]
# To draw one of them evenly, no list is needed. Walk through the table from the top. Let $j$ be the number of letters of $x_t$ placed so far. At a letter $i$ that fits, $N_{i,j}$ ways lie ahead, and $N_{i+1,j+1}$ of them take it. So take it with chance $N_{i+1,j+1} / N_{i,j}$. A letter that does not fit is deleted.

# %% [markdown]
# **Exercise 12.3** ●●● · 12 minutes. Write this walk, for a `y` that hides in `x0`. Return a list with one entry for each letter of `x0`: `True` if it is kept, `False` if deleted. `N` is the whole table of exercise 12.1, a list of rows: `N[i][j]` is $N_{i,j}$. `u[i]` is a number from $(0, 1)$ for letter $i$, used or not: where it fits, keep it if `u[i]` is *below* the chance. Once all of `y` is placed, delete the rest.

# %% nbgrader={"grade": false, "grade_id": "answer-12-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def draw_alignment(x0, y, N, u):
    """Which letters of x0 are those seen in y: one embedding, each with the same chance."""
    ### BEGIN SOLUTION
    kept, j = [], 0
    for i in range(len(x0)):
        fits = j < len(y) and x0[i] == y[j]
        keep = bool(fits and u[i] < N[i + 1][j + 1] / N[i][j])
        kept.append(keep)
        j += keep
    return kept
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-12-3", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("12.3", draw_alignment)

# %%
u = torch.rand(6000, 6, generator=seeded(1), dtype=torch.float64).tolist()
table = counts("banana", "an")
walks = [tuple(draw_alignment("banana", "an", table, each)) for each in u]
for c in embeddings("banana", "an"):
    share = walks.count(tuple(i in c for i in range(6))) / len(walks)
    error = math.sqrt(share * (1 - share) / len(walks))
    print(f"{shown('banana', c)}   share of 6000 walks {share:.3f} +- {error:.3f}")

# %% [markdown]
# Three ways, each in a third of the walks, as closely as 6000 can tell. Why does it work? The chances along a walk multiply: $N_{i+1,j+1}/N_{i,j}$ for a kept letter, $N_{i+1,j}/N_{i,j}$ for one that is passed over. Each denominator cancels the numerator before it, and $1/N_{0,0}$ remains. `Deletion.infer_noise` does this walk for a whole batch, then draws the thresholds.

# %% [markdown]
# ## Why not simply the left-most?
#
# The simplest alignment is greedy: take the first letter that fits. That is one embedding, always the same. Is a fair draw worth the trouble?
#
# Look at the noise first. Under $q$ all thresholds are drawn alike. So if $x_0$ is destroyed up to $t$ and the noise is inferred rightly, each letter must come out as kept with chance $1 - p_t$. Begin with the simplest word.

# %% [markdown]
# **Exercise 12.4** ●●○ · 8 minutes. A word of `n` equal letters, such as `aaaa`, is destroyed at the level `p`. Then the left-most rule says which letters were kept. Return a list: entry $i$, from 0 on, is the chance that the rule takes letter $i$ for kept, averaged over what may be left of the word. `p` may be 0 or 1, and `n` may be 0.

# %% nbgrader={"grade": false, "grade_id": "answer-12-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def taken_for_kept(n, p):
    """How often the left-most rule takes each letter of a word of n equal letters for kept."""
    ### BEGIN SOLUTION
    chances = [math.comb(n, m) * (1 - p) ** m * p ** (n - m) for m in range(n + 1)]
    return [sum(chances[i + 1 :]) for i in range(n)]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-12-4", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("12.4", taken_for_kept)

# %% [markdown]
# Any other word by listing all cases. First *your* formula against the list, then a real name.

# %%
rules = {
    "fair draw": lambda found: found,
    "left-most": lambda found: found[:1],
    "right-most": lambda found: found[-1:],
}


def believed(x0, rule, p):
    """How often each letter of x0 is taken for kept, if a rule chooses among the embeddings."""
    chances = [0.0] * len(x0)
    for y in subsequences(x0):
        chosen = rules[rule](embeddings(x0, y))
        for i in (i for c in chosen for i in c):
            chances[i] += given(x0, y, p) / len(chosen)
    return chances


off = [abs(a - b) for a, b in zip(taken_for_kept(5, 0.6), believed("aaaaa", "left-most", 0.6))]
print(f"aaaaa: your formula and the list differ by at most {max(off):.10f}")
show.compare({rule: believed("barbara", rule, 0.8) for rule in rules}, [*"barbara"], "12.believed")

# %% [markdown]
# Each row adds up to $7 \cdot 0.2$: as many letters are kept as should be. They are the wrong ones, and their noise is inferred wrongly.
#
# Does the string suffer? Test the *marginal identity* of [lesson 04](04_correct.ipynb): destroy $x_0$ up to $t$, align, keep the thresholds, and rebuild up to $s$. The result must have the law $p(x_s \mid x_0)$. We need one fact, which the next exercise looks into: with the thresholds kept, a deleted letter returns with chance $1 - p_s/p_t$.
#
# How far two laws are apart is measured by the *total variation* distance, half the sum of all differences: 0 for equal laws, 1 for laws without overlap.

# %%
def rebuilt(x0, rule, p_t, p_s):
    """The law of x_s after: destroy x0 up to t, choose an embedding by a rule, keep the noise."""
    law, stays = dict.fromkeys(subsequences(x0), 0.0), p_s / p_t
    for y in subsequences(x0):
        chosen = rules[rule](embeddings(x0, y))
        each = given(x0, y, p_t) / len(chosen)
        for c in chosen:
            away = [i for i in range(len(x0)) if i not in c]
            for back in (b for k in range(len(away) + 1) for b in combinations(away, k)):
                x_s = "".join(x0[i] for i in sorted(c + back))
                law[x_s] += each * (1 - stays) ** len(back) * stays ** (len(away) - len(back))
    return law


def total_variation(law, x0, p_s):
    return sum(abs(chance - given(x0, x_s, p_s)) for x_s, chance in law.items()) / 2


def misses(x0, rule, p_s=0.4):
    """How far one step back from 0.8 is from the law of x_s."""
    return total_variation(rebuilt(x0, rule, 0.8, p_s), x0, p_s)


targets = [0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.79]
lines = {rule: [misses("barbara", rule, p) for p in targets] for rule in rules}
show.curves(targets, lines, "level p_s of the target", "total variation distance", "12.one-step")
print(f"fair draw: at most {max(lines['fair draw']):.10f}")
print(f"left-most at p_s = 0.4: {lines['left-most'][4]:.3f}")

# %% [markdown]
# The left-most rule squeezes the letters it sees to the front, so that what returns comes too late in the word. A chain repeats the mistake in every step. But is that so for every word?

# %% tags=["nbval-ignore-output"]
show.expect("12.safe-names")

# %%
def together(word):
    """Whether equal letters stand side by side, in one run."""
    runs = [a for a, b in zip(word, word[1:] + " ") if a != b]
    return len(runs) == len(set(runs))


def pattern(word):
    """The word with its letters renamed a, b, c, ... in the order in which they come."""
    return "".join("abcdef"[list(dict.fromkeys(word)).index(letter)] for letter in word)


patterns = sorted({pattern(w) for n in range(1, 6) for w in product("abcde", repeat=n)})
safe = [misses(w, "left-most") for w in patterns if together(w)]
others = [misses(w, "left-most") for w in patterns if not together(w)]
print(f"{len(safe)} patterns with equal letters together: at most {max(safe):.10f}")
print(f"the other {len(others)} patterns: from {min(others):.3f} to {max(others):.3f}")
print(f"such as the first: {sum(map(together, everyone))} of {len(everyone)} names")

# %% [markdown]
# In "anna" the two n do no harm, the two a do. Where equal letters stand together, as in "aaaa" or "billy", the inferred noise is still wrong letter by letter. But exchanging equal neighbours does not change the string, so nobody sees it.

# %% [markdown]
# ## Refresh: only grow, or grow and shrink
#
# The noise is inferred; now it is refreshed. **Keep** the thresholds and go from $t$ to $s < t$. A letter that is seen has $u_i > p_t > p_s$: it stays. A deleted one has $u_i$ evenly in $(0, p_t)$, and returns if $u_i$ lies above $p_s$. So strings only grow.
#
# A **mixture** draws each threshold anew with chance $r$, and keeps it otherwise. A fresh threshold may fall on either side of $p_s$, whatever was seen. Now letters come *and* go.

# %% [markdown]
# **Exercise 12.5** ●●○ · 8 minutes. Return two chances, in this order, both under the mixture with $r$ = `redraw`: that a *deleted* letter of $x_0$ is seen again at time $s$, and that a *kept* one vanishes. At `redraw` = 0 this is Keep. All arguments are numbers, with $0 < p_s < p_t$.

# %% nbgrader={"grade": false, "grade_id": "answer-12-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def step_chances(p_t, p_s, redraw):
    """The chance that a deleted letter returns, and that a kept letter vanishes."""
    ### BEGIN SOLUTION
    back = (1 - redraw) * (1 - p_s / p_t) + redraw * (1 - p_s)
    return back, redraw * p_s
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-12-5", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("12.5", step_chances)

# %% [markdown]
# Put together what you know. Under Keep, $x_s$ arises if the embedding is drawn ($1/C(x_0, x_t)$ each), if $|x_s| - m$ deleted letters return, and if $n - |x_s|$ do not. A way to $x_s$ is a pair of embeddings: where $x_s$ lies in $x_0$, and where $x_t$ lies in that. There are $C(x_0, x_s)\, C(x_s, x_t)$ of them. So
#
# $$p(x_s \mid x_t, x_0) = \frac{C(x_0, x_s)\, C(x_s, x_t)}{C(x_0, x_t)} \left(\frac{p_s}{p_t}\right)^{n - |x_s|} \left(1 - \frac{p_s}{p_t}\right)^{|x_s| - m} .$$
#
# Check it against Bayes' rule without any formula. Each letter has one of three fates: it survives $t$, it goes between $s$ and $t$, or it is gone by $s$. List all $3^n$ fates, and add up their chances.

# %%
def closed_form(x0, x_s, x_t, p_t, p_s):
    ways = count_embeddings(x0, x_s) * count_embeddings(x_s, x_t) / count_embeddings(x0, x_t)
    back = step_chances(p_t, p_s, 0.0)[0]
    return ways * (1 - back) ** (len(x0) - len(x_s)) * back ** (len(x_s) - len(x_t))


def joint_law(x0, p_t, p_s):
    """p(x_s, x_t | x0) by listing what may become of each letter."""
    law, chance = {}, (1 - p_t, p_t - p_s, p_s)
    for fate in product(range(3), repeat=len(x0)):
        x_t, x_s = ("".join(a for a, f in zip(x0, fate) if f <= last) for last in (0, 1))
        law[x_s, x_t] = law.get((x_s, x_t), 0.0) + math.prod(chance[f] for f in fate)
    return law


def largest_difference(x0, p_t, p_s):
    """Between the closed form and Bayes' rule, over all strings."""
    law, of_y = joint_law(x0, p_t, p_s), {}
    for (_, y), chance in law.items():
        of_y[y] = of_y.get(y, 0.0) + chance
    gaps = (closed_form(x0, *key, p_t, p_s) - chance / of_y[key[1]] for key, chance in law.items())
    return max(map(abs, gaps))


tried = (("nana", 0.7, 0.3), ("aabb", 0.9, 0.2), ("banana", 0.6, 0.5))
worst = max(largest_difference(*case) for case in tried)
print(f"closed form and Bayes by enumeration differ by at most {worst:.10f}")

# %% [markdown]
# And the mixture? It is not the posterior of any chain that only deletes. But the theorem of [lesson 04](04_correct.ipynb) says that the marginal identity holds, as fresh thresholds have the right law. List again what each letter may do, with *your* chances.

# %%
def mixed(x0, p_t, p_s, redraw):
    """The law of x_s after: destroy up to t, draw an embedding evenly, let letters come and go."""
    back, gone = step_chances(p_t, p_s, redraw)
    seen_at_s = {True: 1 - gone, False: back}  # by whether the letter was kept
    law = dict.fromkeys(subsequences(x0), 0.0)
    for y in subsequences(x0):
        ways = embeddings(x0, y)
        for c, seen in product(ways, product((False, True), repeat=len(x0))):
            at_s = [seen_at_s[i in c] for i in range(len(x0))]
            chance_of = (a if s else 1 - a for a, s in zip(at_s, seen))
            x_s = "".join(letter for letter, s in zip(x0, seen) if s)
            law[x_s] += given(x0, y, p_t) / len(ways) * math.prod(chance_of)
    return law


for r in (0.0, 0.25, 1.0):
    gap = total_variation(mixed("nana", 0.8, 0.5, r), "nana", 0.5)
    print(f"r = {r}: the law of x_s is off by {gap:.10f}")

# %% [markdown]
# So Keep is a pure *insertion* model, and a mixture is an *insert-and-delete* model: two of the three edits of Levenshtein's distance between strings. (The third, replacement, comes in the appendix.) One number $r$ leads from one to the other. Move it. The guesses here are draws from the exact posterior over a quarter of the census.

# %% tags=["nbval-ignore-output"]
census = posterior_sample(FiniteData(encode(everyone[::4], width), process))
times = [1.0, 0.85, 0.7, 0.55, 0.4, 0.25, 0.1, 0.0]


def chains(r):
    start, film = process.sample_prior((6, width)), []
    sample(
        process, census, start, times, Mixture(r), seeded(3), False,
        lambda s, x, _: film.append(decode(x)),
    )
    show.growing(
        {f"chain {k + 1}": [row[k] for row in film] for k in range(6)},
        f"r = {r:g}: six chains from the empty string. Bold letters have just come, letters that "
        "are struck through are gone in the next column.",
        [f"s = {s:g}" for s in times[1:]],
    )


show.slider(chains, "r", [0.0, 0.1, 0.3, 0.6, 1.0], 0.0)

# %% [markdown]
# ## A network that writes around your letters
#
# An oracle only knows names that it has seen. A network should invent new ones. But its guess of $x_0$ must contain $x_t$, or else the thresholds cannot be inferred. Nothing keeps a network that writes letter after letter from losing some of them.
#
# So let it choose *actions*. It reads $x_t$ with a finger on the first letter. Each choice is made from $x_t$, the time $t$ and all that it has written so far. "Insert c" writes the letter c. "Copy" writes the letter under the finger, and moves the finger on. "End" is allowed once $x_t$ is used up. Whatever it chooses, $x_t$ hides in what it writes.

# %% [markdown]
# To train it we need the actions that lead from $x_t$ to $x_0$. Your walk says which letters of $x_0$ were kept. Kept letters are copied, the others inserted:

# %%
def edit_actions(x0, kept):
    """The actions that write x0 around its kept letters."""
    actions = ["copy" if keep else f"insert {letter}" for letter, keep in zip(x0, kept)]
    return actions + ["end"]


def drawn_actions(x0, y, seed):
    u = torch.rand(len(x0), generator=seeded(seed), dtype=torch.float64).tolist()
    return edit_actions(x0, draw_alignment(x0, y, counts(x0, y), u))


examples = (("olivia", "olv", 0), ("jane", "jn", 0), ("anna", "na", 0), ("anna", "na", 1))
show.strings(
    {f"{y} to {x}, draw {k + 1}": drawn_actions(x, y, k) for x, y, k in examples}, "12.actions",
)

# %% [markdown]
# There is one list of actions for each embedding. For training, draw an embedding evenly, as your walk does, and lower the cross-entropy of its actions. Let $\theta$ be the weights of the network, and $p_\theta(a)$ the chance that it gives to a list $a$. Then, with the mean over embeddings,
#
# $$-\log p_\theta(x_0 \mid x_t) \;\le\; E[-\log p_\theta(a)] - \log C(x_0, x_t) ,$$
#
# so that training lowers a bound. (By Jensen's inequality: $p_\theta(x_0 \mid x_t)$ is the sum of $p_\theta(a)$ over all $C$ lists, so $C$ times their mean.)

# %% [markdown]
# The network is a small transformer, `EditTransformer`, with 81 thousand parameters. It sees nine in ten of the names, in batches of 32; the others are held out. The training comes in four parts, of some seconds each. Each prints names that the network grows from the empty string in one step, always from the same random numbers, so that you see what it has learnt so far.

# %% tags=["nbval-ignore-output"]
learn, heldout = (encode(names(part), width) for part in ("train", "heldout"))
folder = TemporaryDirectory()


@cache
def trained(until):
    """The network after so many of 1500 steps; it goes on where the last call stopped."""
    torch.manual_seed(0)
    return train(
        EditTransformer(26, width, PAD, depth=2), edit_loss(process), learn, steps=1500,
        until=until, batch_size=32, lr=3e-3, ema=0.99, decay=True, generator=seeded(0),
        checkpoint=f"{folder.name}/writer.safetensors", progress=False,
    )


def invented(network, steps, refresh=Keep(), n=6, seed=2):
    """Names from the empty string."""
    grid = [1 - k / steps for k in range(steps + 1)]
    start, predict = process.sample_prior((n, width)), edit_predictor(network)
    return decode(sample(process, predict, start, grid, refresh, seeded(seed), False))


def report(*stops):
    for k in stops:
        print(f"after {k:4} steps:  " + "  ".join(f"{x:12}" for x in invented(trained(k), 1)))


report(20, 100, 400)

# %% tags=["nbval-ignore-output"]
report(600, 800)

# %% tags=["nbval-ignore-output"]
report(1000, 1200)

# %% tags=["nbval-ignore-output"]
report(1350, 1500)
network = trained(1500)
writer = edit_predictor(network)
print(f"{sum(p.numel() for p in network.parameters())} parameters, {len(learn)} names")

# %% [markdown]
# First it learns which letters are common and how long a name is, then which letters go together. Now give it letters of yours.

# %% tags=["nbval-ignore-output"]
def around(letters, t, n=200):
    """Guesses of x0, in one step, for an x_t that holds these letters."""
    return decode(writer(encode([letters] * n, width), t, seeded(3)))


show.strings(
    {
        f"{letters.upper()}, t = {t}": [x.upper() for x in dict.fromkeys(around(letters, t))][:6]
        for letters in ("jn", "olv", "mry") for t in (0.3, 0.6)
    },
    "12.first-guesses",
)

# %% [markdown]
# Many of them are inventions. Count how often each guess came, and look at the most frequent. Or ask which of the real names the network finds likeliest. Type your own letters, a to z, and press Enter.

# %% tags=["nbval-ignore-output"]
def likeliest(letters, t=0.4, n=6):
    """Of the names in the census that hold the letters, those with the lowest bound."""
    found = [name for name in everyone if count_embeddings(name, letters)]
    if not found:
        return []
    x_t = encode([letters] * len(found), width)
    with torch.no_grad():
        nats = edit_nats(network, process, encode(found, width), x_t, t, seeded(0))
    return [found[k].upper() for k in nats.argsort()[:n]]


def grow(text):
    letters = "".join(c for c in text.lower() if "a" <= c <= "z")[:8]
    rows = {}
    for t in (0.2, 0.4, 0.7):
        found = around(letters, t)
        ranked = sorted(set(found), key=lambda name: (-found.count(name), name))
        rows[f"t = {t}"] = [f"{name.upper()} {found.count(name)}" for name in ranked[:6]]
    show.strings(
        rows | {"real names": likeliest(letters)},
        f"Around {letters.upper() or 'nothing'}: the most frequent of 200 guesses at three times, "
        "and how often each came. Last row: of the names in the census that hold these letters, "
        "those that the network finds likeliest at t = 0.4.",
    )


show.text_box(grow, "letters", "olv")

# %% [markdown]
# Is that as promised? Three things are checked. Your count says whether the letters are in every guess. How much chance does the network waste on actions that cannot be, such as an end too soon? (They are ruled out when drawing.) And how long are names that grow from nothing?

# %%
tried = [(y, x0) for y in ("jn", "olv", "mry", "xq") for t in (0.3, 0.9) for x0 in around(y, t)]
lost = sum(count_embeddings(x0, y) == 0 for y, x0 in tried)
print(f"{len(tried)} guesses, letters lost in {lost}")

# %% tags=["nbval-ignore-output"]
wasted = impossible_mass(network, process, heldout, seeded(1))
real = sum(map(len, names("heldout"))) / len(heldout)
grown = {k: sum(map(len, invented(network, k, n=300))) / 300 for k in (1, 2, 5, 10)}
print(f"chance on impossible actions: {100 * wasted:.2f} percent")
print(f"mean length of held-out names: {real:.2f}")
print("mean length of grown ones: " + ", ".join(f"{k} steps {v:.2f}" for k, v in grown.items()))

# %%
print(f"below 2 percent on impossible actions: {wasted < 0.02}")
print(f"mean length within 15 percent: {all(abs(v / real - 1) < 0.15 for v in grown.values())}")

# %% [markdown]
# ## What it cannot do yet
#
# Do grown names look like names? To put a number on it, let a counting model judge: a *4-gram* model, which predicts each letter from the three before, with counts from the training names. Its bits per letter, ends of names counted as letters, are low for strings that look like names. The network has bits of its own: from the empty string there is one list of actions, so its bound is exact.

# %% tags=["nbval-ignore-output"]
show.expect("12.how-many-steps")

# %% tags=["nbval-ignore-output"]
judge = NGram(learn, 4, pad=PAD)


def judged(steps, refresh=Keep()):
    """The mean of four seeds, 100 names each, and its error."""
    bits = [
        judge.bits_per_character(encode(invented(network, steps, refresh, 100, seed), width))
        for seed in range(4)
    ]
    bits = torch.tensor(bits)
    return float(bits.mean()), float(bits.std()) / 2


found_bits = {
    f"{k} step" + "s" * (k > 1): [judged(k), judged(k, Mixture(0.3))] for k in (1, 3, 10)
}
show.compare(found_bits, ["Keep", "r = 0.3"], "12.bits")
with torch.no_grad():
    nats = edit_nats(network, process, heldout, torch.full_like(heldout, PAD), 1.0).sum()
own = float(nats) / math.log(2) / (sum(map(len, names("heldout"))) + len(heldout))
print(f"held-out names by the judge: {judge.bits_per_character(heldout):.2f}")
print(f"held-out names by the network itself: {own:.2f}")

# %%
one, many_steps = (found_bits[k][0][0] for k in ("1 step", "10 steps"))
print(f"one step looks more like names than 10 steps of Keep: {one < many_steps}")

# %% [markdown]
# So few steps are best here. (In seven networks, this one and six with other settings, names of 20 steps had 0.26 to 0.39 bits more than names of one. In a step to $s = 0$ the refresh makes no difference, since nothing is deleted there.) In one step the network writes a name from left to right, and sees all it has written. In many steps the guesses follow one another, each with errors of its own, and every guess must make do with letters that the ones before left behind.

# %% tags=["nbval-ignore-output"]
show.strings(
    {
        "1 step": invented(network, 1),
        "3 steps": invented(network, 3),
        "10 steps": invented(network, 10),
        "10 steps, r = 0.3": invented(network, 10, Mixture(0.3)),
    },
    "12.from-empty",
)

# %% [markdown]
# Under Keep a bad letter that came early can never go: strings only grow. A mixture can delete it. Start with "xq" as an example.

# %%
def regrown(refresh, letters="xq", steps=10, t=0.6, n=200):
    grid = [t * (1 - k / steps) for k in range(steps + 1)]
    x_t = encode([letters] * n, width)
    return decode(sample(process, writer, x_t, grid, refresh, seeded(5), False))


def holding(found, letters="xq"):
    """The share of strings in which the letters hide."""
    return sum(count_embeddings(x, letters) > 0 for x in found) / len(found)


results = {r: regrown(Mixture(r)) for r in (0.0, 0.3)}
print(f"r = 0: x and q are still there in a share of {holding(results[0.0]):.2f}")
print(f"r = 0.3: in fewer than half: {holding(results[0.3]) < 0.5}")

# %% tags=["nbval-ignore-output"]
print(f"r = 0.3: the share that still holds x and q is {holding(results[0.3]):.2f}")
show.strings({f"r = {r}": found[:6] for r, found in results.items()}, "12.from-xq")

# %% [markdown]
# But deleting blindly is no cure: in the table above the mixture beats Keep nowhere by more than chance. It deletes good letters just as gladly as bad ones. A model that *knows* which letters to doubt would do better. And five thousand names are few: the network knows what names sound like, not which ones exist.

# %% [markdown]
# ## Appendix: misprints *(optional, 20 minutes)*
#
# Deletion is strict: if $x_t$ does not hide in the guess, the guess is impossible, and there is no noise to infer. Real strings have other faults too. Let a kept letter be *substituted* with chance $\mu$ by a letter drawn from all $V$ letters of the alphabet. Then the letter $x$ is seen as $y$ with the chance (em for *emission*)
#
# $$\text{em}(x, y) = (1 - \mu)\, [x = y] + \frac{\mu}{V} .$$

# %% [markdown]
# The recursion stays, with chances in place of counts. Let $Z_{i,j}$ be the chance that the end of $x_0$ from $i$ on becomes the end of $x_t$ from $j$ on. Either letter $i$ is deleted, or it is seen as letter $j$. (At the border, once all of $x_t$ is seen the rest must be deleted, $Z_{i,m} = p^{\,n-i}$; and $Z_{n,j} = 0$ for $j < m$.)
#
# $$Z_{i,j} = p\, Z_{i+1,j} + (1 - p)\; \text{em}(x_{0,i}, x_{t,j})\; Z_{i+1,j+1} .$$

# %% [markdown]
# **Exercise 12.6** ●●○ · 8 minutes. Return $Z_{i,j}$ from its two neighbours: `without` is $Z_{i+1,j}$, `behind` is $Z_{i+1,j+1}$, `same` tells whether the two letters agree, `mu` is $\mu$.

# %% nbgrader={"grade": false, "grade_id": "answer-12-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def soft_cell(without, behind, same, p, mu, V):
    """One cell of the table with deletions and substitutions."""
    ### BEGIN SOLUTION
    emission = (1 - mu) * same + mu / V
    return p * without + (1 - p) * emission * behind
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-12-6", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("12.6", soft_cell)

# %% [markdown]
# Now the whole table, one row at a time, with *your* cell. Two things to compare with: a list of everything that may happen, and, at $\mu = 0$, your count of embeddings. The list also knows *insertions*, which come next: in each gap between letters, and at both ends, a letter drawn from all $V$ appears with chance $\iota$.

# %%
def misprinted(x0, y, p, mu, V):
    """p(y | x0) with deletions and substitutions: the rows of the table, from the last one up."""
    row = [0.0] * len(y) + [1.0]
    for x in reversed(x0):
        cells = [soft_cell(row[j], row[j + 1], x == y[j], p, mu, V) for j in range(len(y))]
        row = cells + [p * row[-1]]
    return row[0]


def listed(x0, y, p, mu, iota, letters="ab"):
    """The same, with insertions too, by listing what may happen to each letter and in each gap."""
    V = len(letters)
    gap = [("", 1 - iota)] + [(c, iota / V) for c in letters]
    parts = [gap]
    for x in x0:
        kept = [(x, (1 - p) * (1 - mu))] + [(c, (1 - p) * mu / V) for c in letters]
        parts += [[("", p)] + kept, gap]
    ways = product(*parts)
    return sum(math.prod(c for _, c in way) for way in ways if "".join(a for a, _ in way) == y)


short = ["".join(w) for n in range(4) for w in product("ab", repeat=n)]
soft = max(abs(misprinted("aba", y, 0.3, 0.4, 2) - listed("aba", y, 0.3, 0.4, 0.0)) for y in short)
hard = max(abs(misprinted("aba", y, 0.3, 0.0, 2) - given("aba", y, 0.3)) for y in short)
print(f"your table and the list differ by at most {soft:.10f}")
print(f"without misprints, your table and deletion by at most {hard:.10f}")
total = sum(misprinted("aba", y, 0.3, 0.4, 2) for y in short)
print(f"the chances of all strings add up to {total:.10f}")

# %% [markdown]
# What is it good for? Names behind misspelt letters. In no name of the census does "rubirt" hide, so under pure deletion every guess is impossible. With misprints allowed, Bayes' rule works again.

# %%
def behind(y, p=0.15, mu=0.2, n=5):
    chances = [misprinted(name, y, p, mu, 26) for name in everyone]
    ranked = sorted(zip(chances, everyone), key=lambda pair: (-pair[0], pair[1]))
    return [f"{name} {chance / sum(chances):.2f}" for chance, name in ranked[:n]]


typed = ("rubirt", "mickal", "jozefine")
show.strings({y: behind(y) for y in typed}, "12.misspelt")
for y in typed:
    print(f"{y}: hides in {sum(count_embeddings(name, y) > 0 for name in everyone)} names")

# %% [markdown]
# Insertions need a second table. Let $L_{i,j}$ be the chance as seen from just before letter $i$, and $Z_{i,j}$ that from before the gap in front of it. In the gap nothing appears, or one letter does:
#
# $$Z_{i,j} = (1 - \iota)\, L_{i,j} + \frac{\iota}{V}\, L_{i,j+1}, \qquad L_{i,j} = p\, Z_{i+1,j} + (1 - p)\; \text{em}(x_{0,i}, x_{t,j})\; Z_{i+1,j+1} .$$
#
# At the end $L_{n,j} = 1$ if $j = m$, else 0; terms beyond the end of $x_t$ are 0; and $p(x_t \mid x_0) = Z_{0,0}$. The package has both tables for batches, in `alignment.py`, and a process that uses them, `Editing`.

# %%
def packaged(x0, y, p, mu, iota):
    table = alignment_table(encode([x0]), encode([y]), PAD, p, mu, iota, 2)
    return float(table.log_likelihood.exp())


longer = ["".join(w) for n in range(6) for w in product("ab", repeat=n)]
both = max(abs(packaged("ab", y, 0.3, 0.4, 0.2) - listed("ab", y, 0.3, 0.4, 0.2)) for y in longer)
print(f"two tables and the list on {len(longer)} strings: they differ by at most {both:.10f}")

# %% [markdown]
# Going back with Keep, a deleted letter returns with chance $1 - p_s/p_t$ as before. Each gap has a threshold and a spare letter of its own, and shows the letter while the threshold is below $\iota_t$. So a letter that was inserted, an *intruder*, has a threshold evenly below $\iota_t$, so it survives with chance $\iota_s/\iota_t$ where that is below 1. `Editing` has $\iota_t = 4\, p_t (1 - p_t)$ times its largest value `insertion`, so that nothing intrudes at either end of time. (On the way back $\iota$ first rises. As long as it does, no intruder goes, and new ones come.) In "xann" the x cannot come from "anna".

# %%
editing, many, t, s = Editing(PAD, 26, substitution=0.0, insertion=0.3), 20_000, 0.7, 0.2
anna, xann = encode(["anna"] * many, 9), encode(["xann"] * many, 9)
earlier = decode(reverse_step(editing, anna, xann, t, s, Keep(), seeded(4)))
survivors = sum("x" in x for x in earlier)
ratio = editing.chances(s)[2] / editing.chances(t)[2]  # of (p, mu, iota)
error = math.sqrt(ratio * (1 - ratio) / many)
print(f"iota_s / iota_t = {ratio:.3f}")
print(f"x survives in a share of {survivors / many:.3f} +- {error:.3f}")

# %% [markdown]
# ## Try it
#
# No check. Find a word of six letters that the left-most rule treats as badly as you can: `misses(word, "left-most")` from the level 0.8 to 0.4. What do the worst words have in common? And is a name among the worst?
#
# What others found, by trying all 203 patterns of six letters: the worst are "abaabb" with 0.116 and "abaaab" with 0.115. In both a letter comes early, and then several times more behind another one. Among the names of up to seven letters "barbara" leads, with 0.100, before "tatyana" and "tatiana", with 0.094.

# %% [markdown]
# ## What you have learnt
#
# - A short string hides in a long one in $C(x_0, x_t)$ ways. A table of additions counts them.
# - $p(x_t \mid x_0) = C\, (1 - p_t)^m\, p_t^{n-m}$, so given $x_0$ and $x_t$ every embedding is equally likely, at any $p_t$. A walk through the table draws one.
# - The left-most embedding alone infers the noise wrongly in every word in which a letter comes twice. Where equal letters do not stand together this breaks the marginal identity; else nobody sees it.
# - How many letters are gone depends on how many are left, by Bayes' rule on the lengths.
# - Keep only inserts. A mixture inserts and deletes. Both have the right law at every step, if the guesses are draws from the exact posterior.
# - Where all is deleted, the empty string tells nothing: its posterior is the law of the data.
# - A network that copies and inserts cannot lose a letter. Few steps suit it best.
# - Optional: substitutions and insertions need the same table with chances in place of counts.

# %% [markdown]
# **Read on.** Johnson, Austin, van den Berg and Tarlow 2021, [Beyond In-Place Corruption: Insertion and Deletion in Denoising Probabilistic Models](https://arxiv.org/abs/2107.07675). Havasi et al. 2025, [Edit Flows: Flow Matching with Edit Operations](https://arxiv.org/abs/2506.09018). Ding et al. 2026, [Beyond Masks: Efficient, Flexible Diffusion Language Models via Deletion-Insertion Processes](https://arxiv.org/abs/2603.23507) (DID), where subsequences are counted by a table such as yours.

# %% [markdown]
# **Next.** You have now met every process of the course under one sampler. [Lesson 13](13_latent_diffusion.ipynb) takes it to larger pictures, by way of a small space. In lesson 14 you destroy something that is not in this course.

# %% [markdown]
# [← 11 · Masks and tokens](11_masks_and_tokens.ipynb) · [13 · Latent diffusion →](13_latent_diffusion.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
