# %% [markdown]
# # 12 · Insert and delete
#
# [← 11 · Masks and tokens](11_masks_and_tokens.ipynb)
#
# Pictures keep their size, and masked strings keep their length. In this lesson the length itself is noise: letters vanish, the rest closes ranks, and nothing says where they stood.
#
# The same sampler runs it backwards. It only needs to know in how many ways one string hides in another. In the end a small network writes a name around any letters that you type.
#
# You need lessons [04](04_correct.ipynb) and [11](11_masks_and_tokens.ipynb). About 75 minutes, six exercises. One cell trains for about a minute.

# %%
import math
from itertools import combinations, product

import torch

from udm_lessons import show
from udm_lessons.data import PAD, decode, encode, names
from udm_lessons.destroy import Deletion, Editing, alignment_table
from udm_lessons.exercises import hint, progress, solution
from udm_lessons.rebuild import (
    FiniteData, Keep, Mixture, Redraw, posterior_sample, reverse_step, sample,
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
x0 = encode(["josephine"] * 3)
noise = process.sample_noise(x0, seeded(0))
grid = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
film = [decode(process.forward(x0, noise, t)) for t in grid]
show.strings(
    {f"noise {k + 1}": [row[k] for row in film] for k in range(3)},
    "12.shrinking",
    columns=[f"t = {t:g}" for t in grid],
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
    raise NotImplementedError('exercise 12.1 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-12-1", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("12.1", count_embeddings)


# %% [markdown]
# Do one table on paper before you run the next cell: "na" in "nana", five rows and three columns. Fill the last row and the last column, then go up. A cell is the one below it, plus, where the letters agree, the one below to the right. The cell then fills the table with *your* counts, since $N_{i,j}$ counts how one end hides in another.

# %%
def counts(x0, y):
    """Your counts of all ends of y in all ends of x0."""
    return [[count_embeddings(x0[i:], y[j:]) for j in range(len(y) + 1)] for i in range(len(x0) + 1)]


def path(x0, places):
    """The cells that an embedding visits: a step down at each letter, and to the right if it is kept."""
    return [(i, sum(place < i for place in places)) for i in range(len(x0) + 1)]


show.table(
    counts("nana", "na"), ["n", "a", "n", "a", "(end)"], ["n", "a", "(end)"],
    {shown("nana", c): path("nana", c) for c in embeddings("nana", "na")},
    "12.alignments",
)

# %%
words = ["".join(w) for n in range(7) for w in product("ab", repeat=n)]
pairs = [(x, y) for x in words for y in words if len(y) <= len(x)]
right = all(count_embeddings(x, y) == len(embeddings(x, y)) for x, y in pairs[::7])
print(f"your count is the length of the list, for every seventh of {len(pairs)} pairs of words: {right}")
ways = count_embeddings("a" * 200, "a" * 100)
print(f"100 letters in 200: a number of {len(str(ways))} digits, exact: {ways == math.comb(200, 100)}")


# %% [markdown]
# The package has the same count for whole batches, `count_embeddings` in `udm_lessons.destroy`. It counts in floating point, whose range holds every count for up to 1000 letters. For longer words there is its logarithm, `log_embeddings`.

# %% [markdown]
# ## How likely is what we see?
#
# Take one embedding. Its $m$ letters had to stay, each with chance $1 - p_t$, and $n - m$ letters had to go, each with chance $p_t$. Different embeddings exclude each other, so their chances add up.

# %% [markdown]
# **Exercise 12.2** ●○○ · 5 minutes. Return $p(x_t \mid x_0)$. `n` and `m` are the lengths of $x_0$ and $x_t$, `count` is $C(x_0, x_t)$, which may be 0, `p` is $p_t$, with 0 and 1 included (take no logarithms).

# %% nbgrader={"grade": false, "grade_id": "answer-12-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def likelihood(n, m, count, p):
    """The chance that deletion turns a certain x0 into a certain x_t."""
    raise NotImplementedError('exercise 12.2 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-12-2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("12.2", likelihood)


# %%
def given(x0, y, p):
    """p(x_t = y | x0) with your two functions."""
    return likelihood(len(x0), len(y), count_embeddings(x0, y), p)


def subsequences(x0):
    """Every string that deletion can make of x0."""
    return sorted({"".join(c) for m in range(len(x0) + 1) for c in combinations(x0, m)})


what = subsequences("banana")
total = sum(given("banana", y, 0.4) for y in what)
print(f"{len(what)} strings hide in banana; their chances add up to one: {abs(total - 1) < 1e-12}")


# %% [markdown]
# Bayes' rule turns this into a guess. Let all 5163 first names of the US census of 1990 be equally likely. Which of them could have left "jn"? The posterior is your likelihood, divided by its sum over all names.

# %%
def posterior(y, p):
    weights = [given(name, y, p) for name in everyone]
    return [w / sum(weights) for w in weights]


def top(y, p, n=6):
    ranked = sorted(zip(posterior(y, p), everyone), key=lambda pair: (-round(pair[0], 9), pair[1]))
    return [f"{name} {chance:.3f}" for chance, name in ranked[:n]]


show.strings(
    {f"p = {p}": top("jn", p) for p in (0.2, 0.5, 0.8)},
    "12.behind-jn",
)

# %% [markdown]
# And the start of every chain? At $p_T = 1$ all is deleted: $x_T$ is the empty string, from every name. It tells nothing, so its posterior is the law of the data itself.

# %%
weights = posterior("", 1.0)
print(f"given the empty string, all {len(everyone)} names are equally likely: {max(weights) - min(weights) < 1e-12}")

# %% [markdown]
# ## Infer the noise
#
# The sampler of [lesson 04](04_correct.ipynb) infers the thresholds from a guess of $x_0$ and from $x_t$. A kept letter has $u_i$ evenly in $(p_t, 1)$, a deleted one in $(0, p_t)$. So the one open question is *which* were kept: the **alignment**.
#
# By exercise 12.2 every embedding has the same chance $(1 - p_t)^m p_t^{n-m}$. Divide by their sum, and $p_t$ cancels. Each embedding has the posterior chance $1/C$, at any level: the alignment is *uniform*.

# %%
for p in (0.1, 0.5, 0.9):
    ways = embeddings("banana", "an")
    each = [(1 - p) ** len(c) * p ** (6 - len(c)) for c in ways]
    print(f"p = {p}   " + "   ".join(f"{shown('banana', c)} {e / sum(each):.4f}" for c, e in zip(ways, each)))


# %% [markdown]
# To draw one of them evenly, no list is needed. Walk through the table from the top. Let $j$ be the number of letters of $x_t$ placed so far. At a letter $i$ that fits, $N_{i,j}$ ways lie ahead, and $N_{i+1,j+1}$ of them take it. So take it with chance $N_{i+1,j+1} / N_{i,j}$. A letter that does not fit is deleted.

# %% [markdown]
# **Exercise 12.3** ●●● · 12 minutes. Write this walk, for a `y` that hides in `x0`. Return a list with one entry for each letter of `x0`: `True` if it is kept, `False` if deleted. `N` is the whole table of exercise 12.1, a list of rows: `N[i][j]` is $N_{i,j}$. `u[i]` is a number from $(0, 1)$ for letter $i$, used or not: where it fits, keep it if `u[i]` is *below* the chance. Once all of `y` is placed, delete the rest.

# %% nbgrader={"grade": false, "grade_id": "answer-12-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def draw_alignment(x0, y, N, u):
    """Which letters of x0 are the ones seen in y: one of all embeddings, each with the same chance."""
    raise NotImplementedError('exercise 12.3 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-12-3", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("12.3", draw_alignment)

# %%
N, draws = counts("banana", "an"), torch.rand(6000, 6, generator=seeded(1), dtype=torch.float64).tolist()
walks = [tuple(draw_alignment("banana", "an", N, u)) for u in draws]
for c in embeddings("banana", "an"):
    share = walks.count(tuple(i in c for i in range(6))) / len(walks)
    print(f"{shown('banana', c)}   share of 6000 walks {share:.2f}")


# %% [markdown]
# Three ways, each in about a third of the walks. Why does it work? The chances along a walk multiply: $N_{i+1,j+1}/N_{i,j}$ for a kept letter, $N_{i+1,j}/N_{i,j}$ for one that is passed over. Each denominator cancels the numerator before it, and $1/N_{0,0}$ remains. `Deletion.infer_noise` does this walk for a whole batch, then draws the thresholds.

# %% [markdown]
# ## Why not simply the left-most?
#
# The simplest alignment is greedy: take the first letter that fits. That is one embedding, always the same. Is a fair draw worth the trouble? Test the *marginal identity* of [lesson 04](04_correct.ipynb): destroy $x_0$ up to $t$, align, keep the thresholds, and rebuild up to $s$. The result must have the law $p(x_s \mid x_0)$.
#
# With few letters all cases can be listed. We need one fact, which the next exercise looks into: with the thresholds kept, a deleted letter returns with chance $1 - p_s/p_t$.

# %%
def rebuilt(x0, choose, p_t, p_s):
    """The law of x_s after: destroy x0 up to t, choose among the embeddings, keep the noise."""
    law = dict.fromkeys(subsequences(x0), 0.0)
    for y in subsequences(x0):
        chosen = choose(embeddings(x0, y))
        each = given(x0, y, p_t) / len(chosen)
        for c in chosen:
            gone = [i for i in range(len(x0)) if i not in c]
            for back in (b for k in range(len(gone) + 1) for b in combinations(gone, k)):
                x_s = "".join(x0[i] for i in sorted(c + back))
                chance = (1 - p_s / p_t) ** len(back) * (p_s / p_t) ** (len(gone) - len(back))
                law[x_s] += each * chance
    return law


def total_variation(law, x0, p_s):
    return sum(abs(chance - given(x0, x_s, p_s)) for x_s, chance in law.items()) / 2


# %%
rules = {"every embedding": lambda ways: ways, "left-most": lambda ways: ways[:1], "right-most": lambda ways: ways[-1:]}
levels = [0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.79]
word = "barbara"
lines = {name: [total_variation(rebuilt(word, rule, 0.8, p), word, p) for p in levels] for name, rule in rules.items()}
show.curves(
    levels, lines, "level p_s of the target", "total variation distance",
    "12.one-step",
)
print(f"every embedding: the distance is below 1e-12 everywhere: {max(lines['every embedding']) < 1e-12}")
print(f"left-most, p_s = 0.4: distance {lines['left-most'][4]:.3f}")


# %% [markdown]
# The *total variation* distance is half the sum of all differences: 0 for equal laws, 1 for laws without overlap. The left-most rule squeezes the letters it sees to the front, so that what returns comes too late in the word. A chain repeats the mistake in every step.

# %% [markdown]
# ## Refresh: only grow, or grow and shrink
#
# Now to the second move. **Keep** the thresholds and go from $t$ to $s < t$. A letter that is seen has $u_i > p_t > p_s$: it stays. A deleted one has $u_i$ evenly in $(0, p_t)$, and returns if $u_i$ lies above $p_s$. So strings only grow.
#
# A **mixture** draws each threshold anew with chance $r$, and keeps it otherwise. A fresh threshold may fall on either side of $p_s$, whatever was seen. Now letters come *and* go.

# %% [markdown]
# **Exercise 12.4** ●●○ · 10 minutes. Return two chances, in this order, both under the mixture with $r$ = `redraw`: that a *deleted* letter of $x_0$ is seen again at time $s$, and that a *kept* one vanishes. At `redraw` = 0 this is Keep. All arguments are numbers, with $0 < p_s < p_t$.

# %% nbgrader={"grade": false, "grade_id": "answer-12-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def step_chances(p_t, p_s, redraw):
    """The chance that a deleted letter returns, and that a kept letter vanishes."""
    raise NotImplementedError('exercise 12.4 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-12-4", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("12.4", step_chances)


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


# %%
worst = 0.0
for word, p_t, p_s in (("nana", 0.7, 0.3), ("aabb", 0.9, 0.2), ("banana", 0.6, 0.5)):
    law = joint_law(word, p_t, p_s)
    for (x_s, x_t), chance in law.items():
        bayes = chance / sum(c for (_, y), c in law.items() if y == x_t)
        worst = max(worst, abs(closed_form(word, x_s, x_t, p_t, p_s) - bayes))
print(f"closed form and Bayes by enumeration differ by less than 1e-12: {worst < 1e-12}")


# %% [markdown]
# And the mixture? It is not the posterior of any chain that only deletes. But the theorem of [lesson 04](04_correct.ipynb) says that the marginal identity holds, as fresh thresholds have the right law. List again what each letter may do, with *your* chances.

# %%
def mixed(x0, p_t, p_s, redraw):
    """The law of x_s after: destroy up to t, draw an embedding evenly, then let letters come and go."""
    back, gone = step_chances(p_t, p_s, redraw)
    law = dict.fromkeys(subsequences(x0), 0.0)
    for y in subsequences(x0):
        ways = embeddings(x0, y)
        for c, seen in product(ways, product((False, True), repeat=len(x0))):
            chances = [((1 - gone) if s else gone) if i in c else (back if s else 1 - back) for i, s in enumerate(seen)]
            x_s = "".join(letter for letter, s in zip(x0, seen) if s)
            law[x_s] += given(x0, y, p_t) / len(ways) * math.prod(chances)
    return law


for r in (0.0, 0.25, 1.0):
    gap = total_variation(mixed("nana", 0.8, 0.5, r), "nana", 0.5)
    print(f"r = {r}: law of x_s right to 1e-12: {gap < 1e-12}")

# %% [markdown]
# So Keep is a pure *insertion* model, and a mixture is an *insert-and-delete* model: two of the three edits that Levenshtein counted. (The third, replacement, comes below.) One number $r$ leads from one to the other. Move it. The guesses here are draws from the exact posterior over a quarter of the census.

# %% tags=["nbval-ignore-output"]
census = posterior_sample(FiniteData(encode(everyone[::4], width), process))
times = [1.0, 0.85, 0.7, 0.55, 0.4, 0.25, 0.1, 0.0]


def chains(r):
    start, film = process.sample_prior((6, width)), []
    sample(process, census, start, times, Mixture(r), seeded(3), False, lambda s, x, _: film.append(decode(x)))
    show.strings(
        {f"chain {k + 1}": [row[k] for row in film] for k in range(6)},
        f"r = {r:g}: six chains from the empty string. At r = 0 letters are only added. The larger r, the more "
        "of them go again.",
        columns=[f"s = {s:g}" for s in times[1:]],
    )


show.slider(chains, "r", [0.0, 0.1, 0.3, 0.6, 1.0], 0.0)


# %% [markdown]
# ## Misprints
#
# Deletion is strict: if $x_t$ does not hide in the guess, the guess is impossible, and there is no noise to infer. Real strings have other faults too. Let a kept letter be *substituted* with chance $r_t$ (short: $r$) by a letter drawn from all $V$ letters of the alphabet. Then the letter $x$ is seen as $y$ with the chance (em for *emission*)
#
# $$\text{em}(x, y) = (1 - r)\, [x = y] + \frac{r}{V} .$$

# %% [markdown]
# The recursion stays, with chances in place of counts. Let $Z_{i,j}$ be the chance that the end of $x_0$ from $i$ on becomes the end of $x_t$ from $j$ on. Either letter $i$ is deleted, or it is seen as letter $j$. (At the border, once all of $x_t$ is seen the rest must be deleted, $Z_{i,m} = p^{\,n-i}$; and $Z_{n,j} = 0$ for $j < m$.)
#
# $$Z_{i,j} = p\, Z_{i+1,j} + (1 - p)\; \text{em}(x_{0,i}, x_{t,j})\; Z_{i+1,j+1} .$$

# %% [markdown]
# **Exercise 12.5** ●●○ · 8 minutes. Return $Z_{i,j}$ from its two neighbours: `without` is $Z_{i+1,j}$, `behind` is $Z_{i+1,j+1}$, `same` tells whether the two letters agree.

# %% nbgrader={"grade": false, "grade_id": "answer-12-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def soft_cell(without, behind, same, p, r, V):
    """One cell of the table with deletions and substitutions."""
    raise NotImplementedError('exercise 12.5 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-12-5", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("12.5", soft_cell)


# %% [markdown]
# Now the whole table, one row at a time, with *your* cell. Two things to compare with: a list of everything that may happen, and, at $r = 0$, your count of embeddings. The list also knows *insertions*, which come next: in each gap between letters, and at both ends, a letter drawn from all $V$ appears with chance $\iota$.

# %%
def misprinted(x0, y, p, r, V):
    """p(y | x0) with deletions and substitutions: the rows of the table, from the last one up."""
    row = [0.0] * len(y) + [1.0]
    for x in reversed(x0):
        row = [soft_cell(row[j], row[j + 1], x == y[j], p, r, V) for j in range(len(y))] + [p * row[-1]]
    return row[0]


def listed(x0, y, p, r, iota, letters="ab"):
    """The same, with insertions too, by listing what may happen to each letter and in each gap."""
    V = len(letters)
    gap = [("", 1 - iota)] + [(c, iota / V) for c in letters]
    parts = [gap]
    for x in x0:
        parts += [[("", p), (x, (1 - p) * (1 - r))] + [(c, (1 - p) * r / V) for c in letters], gap]
    return sum(math.prod(c for _, c in way) for way in product(*parts) if "".join(a for a, _ in way) == y)


# %%
short = ["".join(w) for n in range(4) for w in product("ab", repeat=n)]
gap = max(abs(misprinted("aba", y, 0.3, 0.4, 2) - listed("aba", y, 0.3, 0.4, 0.0)) for y in short)
hard = max(abs(misprinted("aba", y, 0.3, 0.0, 2) - given("aba", y, 0.3)) for y in short)
total = sum(misprinted("aba", y, 0.3, 0.4, 2) for y in short)
print(f"your table and the list agree to 1e-12: {gap < 1e-12}")
print(f"without misprints it is deletion, to 1e-12: {hard < 1e-12}")
print(f"the chances of all strings add up to one, to 1e-12: {abs(total - 1) < 1e-12}")


# %% [markdown]
# What is it good for? Names behind misspelt letters. In no name of the census does "rubirt" hide, so under pure deletion every guess is impossible. With misprints allowed, Bayes' rule works again.

# %%
def behind(y, p=0.15, r=0.2, n=5):
    chances = [misprinted(name, y, p, r, 26) for name in everyone]
    ranked = sorted(zip(chances, everyone), key=lambda pair: (-pair[0], pair[1]))
    return [f"{name} {chance / sum(chances):.2f}" for chance, name in ranked[:n]]


typed = ("rubirt", "mickal", "jozefine")
show.strings(
    {y: behind(y) for y in typed},
    "12.misspelt",
)
for y in typed:
    print(f"{y}: hides in {sum(count_embeddings(name, y) > 0 for name in everyone)} names")


# %% [markdown]
# Insertions need a second table. Let $T_{i,j}$ be the chance as seen from just before letter $i$, and $Z_{i,j}$ that from before the gap in front of it. In the gap nothing appears, or one letter does:
#
# $$Z_{i,j} = (1 - \iota)\, T_{i,j} + \frac{\iota}{V}\, T_{i,j+1}, \qquad T_{i,j} = p\, Z_{i+1,j} + (1 - p)\; \text{em}(x_{0,i}, x_{t,j})\; Z_{i+1,j+1} .$$
#
# At the end $T_{n,j} = 1$ if $j = m$, else 0; terms beyond the end of $x_t$ are 0; and $p(x_t \mid x_0) = Z_{0,0}$. The package has both tables in logarithms and for batches, in `alignment.py`, and a process that uses them, `Editing`.

# %%
def packaged(x0, y, p, r, iota):
    return float(alignment_table(encode([x0]), encode([y]), PAD, p, r, iota, 2).log_likelihood.exp())


strings = ["".join(w) for n in range(6) for w in product("ab", repeat=n)]
gap = max(abs(packaged("ab", y, 0.3, 0.4, 0.2) - listed("ab", y, 0.3, 0.4, 0.2)) for y in strings)
print(f"two tables and the list agree on {len(strings)} strings, to 1e-12: {gap < 1e-12}")

# %% [markdown]
# Going back with Keep, a deleted letter returns with chance $1 - p_s/p_t$ as before. A letter that was inserted, an *intruder*, has a threshold evenly below $\iota_t$, so it survives with chance $\iota_s/\iota_t$ where that is below 1. `Editing` has $\iota_t = 4\, p_t (1 - p_t)$ times its largest value `insertion`, so that nothing intrudes at either end of time. (On the way back $\iota$ first rises. As long as it does, no intruder goes, and new ones come.) In "xann" the x cannot come from "anna".

# %%
editing, n, t, s = Editing(PAD, 26, substitution=0.0, insertion=0.3), 20_000, 0.7, 0.2
x0, x_t = encode(["anna"] * n, 9), encode(["xann"] * n, 9)
x_s = decode(reverse_step(editing, x0, x_t, t, s, Keep(), seeded(4)))
share, ratio = sum("x" in x for x in x_s) / n, editing.chances(s)[2] / editing.chances(t)[2]  # of (p, r, iota)
print(f"iota_s / iota_t = {ratio:.3f}; the share in which x survives is within 0.02: {abs(share - ratio) < 0.02}")


# %% [markdown]
# ## A network that writes around your letters
#
# An oracle only knows names that it has seen. A network should invent new ones. But its guess of $x_0$ must contain $x_t$, or else the thresholds cannot be inferred. Nothing keeps a network that writes letter after letter from losing some of them.
#
# So let it choose *actions*. It reads $x_t$ with a finger on the first letter. "Insert c" writes the letter c. "Copy" writes the letter under the finger, and moves the finger on. "End" is allowed once $x_t$ is used up. Whatever it chooses, $x_t$ hides in what it writes.

# %% [markdown]
# **Exercise 12.6** ●○○ · 6 minutes. To train it, we need the actions that lead from $x_t$ to $x_0$. Return them as a list of strings: `"copy"` for each kept letter of `x0`, `"insert c"` for a deleted letter, with that letter in the place of c, and `"end"` at last. `kept` is a list of `True` and `False`, as your walk returns it.

# %% nbgrader={"grade": false, "grade_id": "answer-12-6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def edit_actions(x0, kept):
    """The actions that write x0 around its kept letters."""
    raise NotImplementedError('exercise 12.6 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-12-6", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("12.6", edit_actions)

# %%
rows = {}
for x, y in (("olivia", "olv"), ("jane", "jn"), ("anna", "na")):
    table = counts(x, y)
    for k in range(2):
        u = torch.rand(len(x), generator=seeded(k), dtype=torch.float64).tolist()
        rows[f"{y} to {x}, draw {k + 1}"] = edit_actions(x, draw_alignment(x, y, table, u))
show.strings(rows, "12.actions")

# %% [markdown]
# There is one list of actions for each embedding. For training, draw an embedding evenly, as your walk does, and lower the cross-entropy of its actions. If $q(a)$ is the chance that the network gives to a list $a$, then, with the mean over embeddings,
#
# $$-\log q(x_0 \mid x_t) \;\le\; E[-\log q(a)] - \log C(x_0, x_t) ,$$
#
# so that training lowers a bound. (By Jensen's inequality: $q(x_0 \mid x_t)$ is the sum of $q(a)$ over all $C$ lists, so $C$ times their mean.)

# %% [markdown]
# The network is a small transformer, `EditTransformer`, with 114 thousand parameters. It trains on nine in ten of the names for 2400 steps, which takes about a minute. The others are held out.

# %% tags=["nbval-ignore-output"]
from functools import cache

from udm_lessons.learn import (
    EditTransformer, edit_loss, edit_nats, edit_predictor, impossible_mass, train,
)
from udm_lessons.measure import NGram

learn, heldout = (encode(names(part), width) for part in ("train", "heldout"))
torch.manual_seed(0)
network = train(
    EditTransformer(26, width, PAD), edit_loss(process), learn, steps=2400, batch_size=64, lr=6e-3,
    ema=0.99, decay=True, generator=seeded(0),
)
writer = edit_predictor(network)
print(f"{sum(p.numel() for p in network.parameters()) / 1000:.0f} thousand parameters, {len(learn)} names")


# %%
@cache
def invented(steps, refresh=Keep(), n=400):
    """Names from the empty string."""
    grid = [1 - k / steps for k in range(steps + 1)]
    return decode(sample(process, writer, process.sample_prior((n, width)), grid, refresh, seeded(2), False))


def around(letters, t, n=200):
    """Guesses of x0, in one step, for an x_t that holds these letters."""
    return decode(writer(encode([letters] * n, width), t, seeded(3)))


# %% tags=["nbval-ignore-output"]
show.strings(
    {f"{letters.upper()}, t = {t}": [name.upper() for name in dict.fromkeys(around(letters, t))][:8]
     for letters in ("jn", "olv", "mry") for t in (0.3, 0.6)},
    "12.first-guesses",
)


# %% [markdown]
# Many of them are inventions. Count how often each guess came, and look at the most frequent. Or ask which of the real names the network finds likeliest. Type your own letters, a to z, and press Enter.

# %% tags=["nbval-ignore-output"]
def likeliest(letters, t=0.4, n=6):
    """Of the names in the census that hold the letters, those with the lowest bound on -log q(x0 | x_t)."""
    found = [name for name in everyone if count_embeddings(name, letters)]
    if not found:
        return []
    x_t = encode([letters] * len(found), width)
    with torch.no_grad():
        nats = edit_nats(network, process, encode(found, width), x_t, t, seeded(0))
    return [found[k].upper() for k in nats.argsort()[:n]]


# %% tags=["nbval-ignore-output"]
def grow(text):
    letters = "".join(c for c in text.lower() if "a" <= c <= "z")[:8]
    rows = {}
    for t in (0.2, 0.4, 0.7):
        found = around(letters, t)
        ranked = sorted(set(found), key=lambda name: (-found.count(name), name))
        rows[f"t = {t}"] = [f"{name.upper()} {found.count(name)}" for name in ranked[:6]]
    show.strings(
        rows | {"real names": likeliest(letters)}, f"Around {letters.upper() or 'nothing'}: the most frequent of 200 "
        "guesses at three times, and how often each came. Last row: of the names in the census that hold these letters, "
        "those that the network finds likeliest at t = 0.4.",
    )


show.text_box(grow, "letters", "olv")

# %% [markdown]
# Is that as promised? Three things are checked. Your count says whether the letters are in every guess. How much chance does the network waste on actions that cannot be, such as an end too soon? (They are ruled out when drawing.) And how long are names that grow from nothing?

# %% tags=["nbval-ignore-output"]
wasted = impossible_mass(network, process, heldout, seeded(1))
real = sum(map(len, names("heldout"))) / len(heldout)
lengths = {steps: sum(map(len, invented(steps))) / 400 for steps in (1, 2, 5, 10)}
print(f"chance on impossible actions: {100 * wasted:.2f} percent")
print(f"mean length of held-out names: {real:.2f}; grown in " + ", ".join(f"{k} steps {v:.2f}" for k, v in lengths.items()))

# %%
tried = [(y, x0) for y in ("jn", "olv", "mry", "xq") for t in (0.3, 0.9) for x0 in around(y, t)]
print(f"your letters are in all of {len(tried)} guesses: {all(count_embeddings(x0, y) > 0 for y, x0 in tried)}")
print(f"less than 2 percent on impossible actions: {wasted < 0.02}")
print(f"mean length within 15 percent for up to 10 steps: {all(abs(v / real - 1) < 0.15 for v in lengths.values())}")

# %% tags=["nbval-ignore-output"]
show.strings(
    {"1 step": invented(1)[:8], "5 steps": invented(5)[:8], "20 steps": invented(20)[:8],
     "5 steps, r = 0.3": invented(5, Mixture(0.3))[:8]},
    "12.from-empty",
)

# %% [markdown]
# ## What it cannot do yet
#
# Look at the row with 20 steps. Some of these do not even look like names. To put a number on it, let a counting model judge: a *4-gram* model, which predicts each letter from the three before, with counts from the training names. Its bits per letter, ends of names counted as letters, are low for strings that look like names. The network has bits of its own: from the empty string there is one list of actions, so its bound is exact.

# %% tags=["nbval-ignore-output"]
judge = NGram(learn, 4, pad=PAD)
bits = {steps: judge.bits_per_character(encode(invented(steps), width)) for steps in (1, 2, 5, 20)}
with torch.no_grad():
    nats = edit_nats(network, process, heldout, torch.full_like(heldout, PAD), 1.0).sum()
own = float(nats) / math.log(2) / (sum(map(len, names("heldout"))) + len(heldout))
print(f"held-out names: {judge.bits_per_character(heldout):.2f} bits per letter; by the network itself {own:.2f}")
for steps, value in bits.items():
    print(f"{steps:2} steps with Keep: {value:.2f}")
blind = judge.bits_per_character(encode(invented(5, Mixture(0.3)), width))
print(f" 5 steps with r = 0.3: {blind:.2f}")

# %%
print(f"one step looks more like names than 20 steps: {bits[1] < bits[20]}")


# %% [markdown]
# So few steps are best here. In one step the network writes a name from left to right, and sees all it has written. In many steps the guesses follow one another, each with a small error, and every guess must make do with letters that the ones before left behind.
#
# Under Keep a bad letter that came early can never go: strings only grow. A mixture can delete it. Start with "xq" as an example.

# %%
def regrown(refresh, letters="xq", steps=10, t=0.6, n=300):
    grid = [t * (1 - k / steps) for k in range(steps + 1)]
    return decode(sample(process, writer, encode([letters] * n, width), grid, refresh, seeded(5), False))


results = {r: regrown(Mixture(r)) for r in (0.0, 0.3)}


# %%
def holding(found, letters="xq"):
    """The share of strings in which the letters hide."""
    return sum(count_embeddings(x, letters) > 0 for x in found) / len(found)


print(f"r = 0: x and q are still there in all names: {holding(results[0.0]) == 1.0}")
print(f"r = 0.3: in fewer than half: {holding(results[0.3]) < 0.5}")

# %% tags=["nbval-ignore-output"]
print(f"r = 0.3: the share that still holds x and q is {holding(results[0.3]):.2f}")
show.strings(
    {f"r = {r}": found[:8] for r, found in results.items()},
    "12.from-xq",
)

# %% [markdown]
# But deleting blindly is no cure: the better figure above is luck. Over eight seeds the judge gives 3.55 bits to five steps with r = 0.3 and 3.53 to Keep, since a mixture deletes good letters just as gladly as bad ones. A model that *knows* which letters to doubt would do better. And five thousand names are few: the network knows what names sound like, not which ones exist.

# %% [markdown]
# ## What you have learnt
#
# - A short string hides in a long one in $C(x_0, x_t)$ ways. A table of additions counts them.
# - $p(x_t \mid x_0) = C\, (1 - p_t)^m\, p_t^{n-m}$, so given $x_0$ and $x_t$ every embedding is equally likely, at any $p_t$. A walk through the table draws one. The left-most one alone breaks the marginal identity.
# - Keep only inserts. A mixture inserts and deletes. Both have the right law at every step, if the guesses are draws from the exact posterior.
# - Substitutions and insertions need the same table with chances in place of counts.
# - Where all is deleted, the empty string tells nothing: its posterior is the law of the data.
# - A network that copies and inserts cannot lose a letter. Few steps suit it best.

# %% [markdown]
# **Read on.** Johnson, Austin, van den Berg and Tarlow 2021, [Beyond In-Place Corruption: Insertion and Deletion in Denoising Probabilistic Models](https://arxiv.org/abs/2107.07675). Havasi et al. 2025, [Edit Flows: Flow Matching with Edit Operations](https://arxiv.org/abs/2506.09018). Ding et al. 2026, [Beyond Masks: Efficient, Flexible Diffusion Language Models via Deletion-Insertion Processes](https://arxiv.org/abs/2603.23507) (DID), where subsequences are counted by a table such as yours.

# %% [markdown]
# **Next.** You have now met every process of the course under one sampler. Take a kind of object that is not in it, say how it is destroyed and how its noise is inferred, and the rest is here.

# %% [markdown]
# [← 11 · Masks and tokens](11_masks_and_tokens.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
