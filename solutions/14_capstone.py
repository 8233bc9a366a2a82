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
# # 14 · Capstone
#
# [← 13 · Latent diffusion](13_latent_diffusion.ipynb)
#
# The last lesson hands you the tools. At the end you can
#
# - invent a way to destroy data, write its inference, and have both tried by nine laws;
# - train a model of your own, judge it with errors, and say on a card what it can and cannot do;
# - take a network out of this course into another library, and know why it draws the same.
#
# You need lessons [04](04_correct.ipynb), [07](07_four_parameterizations.ipynb) and [13](13_latent_diffusion.ipynb); [09](09_three_views.ipynb) helps. About 75 minutes with five exercises. The three open tasks take as long as you like. Stuck? `hint("14.1")` says a little more each time.

# %%
import math
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from PIL import Image

from udm_lessons import show
from udm_lessons.data import decode, digits, encode, image_folder, words
from udm_lessons.destroy import ForwardProcess, Linear, Trig, Uniform
from udm_lessons.exchange import load_pipeline, to_pipeline
from udm_lessons.exercises import hint, progress, solution
from udm_lessons.flow import matching_time, uniform_times
from udm_lessons.learn import (
    DIGIT_PROCESS, Squared, UNet, denoising_loss, network_predictor, train,
)
from udm_lessons.measure import DigitClassifier, judge_digits, laws
from udm_lessons.rebuild import FiniteData, Keep, posterior_sample, sample

F64 = torch.float64


def seeded(seed):
    return torch.Generator().manual_seed(seed)

# %% [markdown]
# # I. Invent a process
#
# A process is three things: a law $q$ of noise, a forward map $x_t = F_t(x_0, \varepsilon)$ without any chance inside, and an inference that draws the noise from $p(\varepsilon \mid x_0, x_t)$. Nothing in the sampler asks what kind of damage it is. Here are three that the course has not met.
#
# - *Pixels that swap places.* Each pixel has a threshold. Those that the level has passed change places among themselves.
# - *Salt and pepper.* Each pixel has a threshold and a coin. Once the level has passed the threshold, the pixel is black or white, as the coin says.
# - *Letters that rotate.* The alphabet is a wheel, and each letter turns at a speed of its own: "a", "b", "c" and so on, and after "z" comes "a".

# %%
picture = digits("train")[0][8]
threshold, second = torch.rand(2, 64, generator=seeded(1), dtype=F64)


def swapped(x, p):
    """The pixels whose threshold the level has passed, in the order of their second numbers."""
    loose = (threshold < p).nonzero()[:, 0]
    seen = x.flatten().clone()
    seen[loose] = seen[loose[second[loose].argsort()]]
    return seen.reshape(x.shape)


def peppered(x, p):
    coin = torch.where(second < 0.5, -1.0, 1.0).to(x.dtype)
    return torch.where(threshold < p, coin, x.flatten()).reshape(x.shape)


levels = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
damage = {"swapped places": swapped, "salt and pepper": peppered}
show.images(
    {name: torch.stack([destroy(picture, p) for p in levels]) for name, destroy in damage.items()},
    "14.two-proposals", [f"p = {p:g}" for p in levels],
)

# %% [markdown]
# We take the letters. The rest of this part leads you through them, and then you choose for yourself.
#
# Let $V$ be the number of letters and number them from 0. The noise is one number $u_i$ for each letter, drawn evenly from $(0, 1)$: its speed. At the level $p_t$ the letter has gone on by $V p_t u_i$ letters, of which only whole ones are seen:
#
# $$x_{t,i} = \big(x_{0,i} + \lfloor V p_t\, u_i \rfloor\big) \bmod V .$$
#
# $\lfloor\cdot\rfloor$ cuts to the whole part, and mod $V$ goes around the wheel.

# %% [markdown]
# **Exercise 14.1** ●○○ · 6 minutes. Return $x_t$. `x0` is a tensor of whole numbers (n, width), `u` has the same shape, `p` is a tensor (1, 1), or (n, 1) with a level for each row; `V` is a number. The answer holds whole numbers.

# %% nbgrader={"grade": false, "grade_id": "answer-14-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rotated(x0, u, p, V):
    """Each letter goes on in the alphabet, at its own speed."""
    ### BEGIN SOLUTION
    return (x0 + (V * p * u).long()) % V
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-14-1", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("14.1", rotated)

# %%
tiger, V = encode(["tiger"] * 3), 26
speeds = Uniform().sample(tiger, seeded(0))
turning = [decode(rotated(tiger, speeds, torch.tensor([[p]], dtype=F64), V)) for p in levels]
show.strings(
    {f"noise {k + 1}": [row[k] for row in turning] for k in range(3)},
    "14.turning", [f"p = {p:g}" for p in levels],
)

# %% [markdown]
# ## Which speed did it have?
#
# Now backwards. You know $x_0$ and you see $x_t$. Letter $i$ has gone $d_i = (x_{t,i} - x_{0,i}) \bmod V$ letters on. Which $u_i$ lead there? Not one, but a whole stretch of them. All are equally likely, since $q$ is even. So draw one of the stretch.

# %% [markdown]
# **Exercise 14.2** ●●○ · 10 minutes. Return $u$, of the shape of `x0`. The chance comes in as `w`, numbers in $(0, 1)$ of the same shape: at `w` = 0 the answer is the lower end of the stretch, at `w` = 1 the upper end, and between them it runs evenly. `p` is (1, 1) or (n, 1), above 0 and at most 1, and $x_t$ can be reached from $x_0$. Mind that $u$ lies in $(0, 1)$.

# %% nbgrader={"grade": false, "grade_id": "answer-14-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rotation_noise(x0, x_t, p, V, w):
    """The speeds that lead from x0 to x_t, one drawn for each letter."""
    ### BEGIN SOLUTION
    d = (x_t - x0) % V
    low = d / (V * p)
    return low + w * (((d + 1) / (V * p)).clamp(max=1) - low)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-14-2", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("14.2", rotation_noise)

# %% [markdown]
# The stretch has another use. Its length is the chance of what you see, and with that comes Bayes' rule.

# %% [markdown]
# **Exercise 14.3** ●●○ · 8 minutes. Return $\log p(x_t \mid x_0)$, one number for each row: shape (n,). All letters turn independently. Here $x_t$ may be out of reach; then its chance is 0, and the logarithm of that is minus infinity, which `torch.log` gives by itself.

# %% nbgrader={"grade": false, "grade_id": "answer-14-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def log_chance(x0, x_t, p, V):
    """How likely each row of x_t is, given that of x0."""
    ### BEGIN SOLUTION
    d = (x_t - x0) % V
    chance = (V * p - d).clamp(0, 1) / (V * p)
    return chance.log().sum(1)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-14-3", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("14.3", log_chance)

# %% [markdown]
# Put your functions into a process. This class is the pattern for any other: copy it, and change what stands in it.

# %%
class Rotation(ForwardProcess):
    """Letters that go on in the alphabet, each at a speed u ~ U(0, 1); p_t = t."""

    noise_law, t_max = Uniform(), 1.0  # q, which sample_noise and the refreshes draw from

    def level(self, t):
        return torch.as_tensor(t, dtype=F64).reshape(-1, 1)

    def forward(self, x0, noise, t):
        return rotated(x0, noise, self.level(t), V)

    def infer_noise(self, x0, x_t, t, generator=None):
        self.refuse(x0, x_t, t)
        return rotation_noise(x0, x_t, self.level(t), V, self.noise_law.sample(x0, generator))

    def refuse(self, x0, x_t, t):
        if self.log_likelihood(x_t, x0, t).isinf().any():
            raise ValueError("x_t cannot be reached from this x0")

    def markov_refresh(self, noise, t, s, generator=None):
        return noise  # a speed stays what it is

    def log_likelihood(self, x_t, x0, t):
        return log_chance(x0, x_t, self.level(t), V)

    def sample_prior(self, shape, generator=None, *, dtype=None, device="cpu"):
        return torch.randint(V, shape, generator=generator)

# %% [markdown]
# At $p = 1$ the letter has gone on by 0 to 25 letters, each as likely as the other. So $x_T$ is a word of even letters, whatever $x_0$ was, and the prior is known.
#
# ## Have its laws tried
#
# `laws(process, data)` tries nine laws on the process itself, on a few rows of data and at four times. Each p-value says how often a *right* process would look as odd as this one. All of them together call a right process broken in at most one of 1000 runs.

# %% tags=["nbval-ignore-output"]
some_words = encode(words(5))[:8]
laws(Rotation(), some_words, draws=1000, progress=False)

# %% [markdown]
# Read it once from top to bottom. "Consistent" is $F_t(x_0, \hat\varepsilon) = x_t$. "Noise" says that inferred noise has the law $q$. "Refresh" is $qK = q$ of [lesson 04](04_correct.ipynb). "Marginal" takes a step back with the true $x_0$, and compares with what the forward map makes. "Off support" gives a wrong guess: it must be refused, or explained exactly. "Odds" compares your $\log p(x_t \mid x_0)$ with draws, and "information" says that $x_t$ tells less and less. The first two are about honest code.
#
# No test proves a law. It was not refuted by these words, these times and so many draws.
#
# ## Does it see a fault?
#
# Why not take the *middle* of the stretch, always? It needs no chance, and $F_t(x_0, \hat u) = x_t$ holds exactly. Or draw from the whole last stretch without the cut at 1?

# %%
class Middle(Rotation):
    def infer_noise(self, x0, x_t, t, generator=None):
        self.refuse(x0, x_t, t)
        return rotation_noise(x0, x_t, self.level(t), V, torch.full(x0.shape, 0.5, dtype=F64))


class Uncut(Rotation):
    def infer_noise(self, x0, x_t, t, generator=None):
        self.refuse(x0, x_t, t)
        return ((x_t - x0) % V + self.noise_law.sample(x0, generator)) / (V * self.level(t))


class Fresh(Rotation):
    """Does not look at x_t."""

    def infer_noise(self, x0, x_t, t, generator=None):
        return self.noise_law.sample(x0, generator)


class Returning(Rotation):
    """The wheel turns on until the middle of time, and then back."""

    def level(self, t):
        return 4 * super().level(t) * (1 - super().level(t))


def broken(process, times=(0.9, 0.5, 0.1, 0.05)):
    """The names of the laws that are broken at these times."""
    return laws(process, some_words, times, draws=1000, progress=False).broken


show.strings({P.__name__: broken(P()) for P in (Middle, Uncut, Fresh, Returning)}, "14.broken")

# %% [markdown]
# No two faults break the same laws, and each leaves most laws whole. `Fresh` even has the right marginal: it draws $x_s$ anew from the true $x_0$. That is why there are nine laws, and not one.
#
# The uncut stretch is the nastiest. Only the last letter in reach is affected. That matters where few are in reach, so we asked at early times, too. At the four times that `laws` chooses by itself the inferred noise still looks right. A test finds what it is pointed at.

# %% [markdown]
# ## And sample
#
# The exact posterior over a list of words needs only your $\log p(x_t \mid x_0)$. The sampler is the one of lesson 04, and it does not know what a letter is.

# %%
five = encode(words(5))
process = Rotation()
x_T = process.sample_prior((6, 5), seeded(2))
seen = [x_T]
x_0 = sample(
    process, posterior_sample(FiniteData(five, process)), x_T, uniform_times(10), Keep(), seeded(3),
    progress=False, callback=lambda s, x_s, x0_hat: seen.append(x_s),
)
show.strings(
    {f"chain {k + 1}": [decode(x)[k] for x in seen[::2]] for k in range(6)},
    "14.turned-back", [f"t = {t:g}" for t in (1.0, 0.8, 0.6, 0.4, 0.2, 0.0)],
)

# %% [markdown]
# What does a wrong inference cost here? Take two words of one letter, "a" and "c", equally likely. All guesses are exact draws from the posterior. So half of the results should be "a", in any number of steps.

# %%
show.expect("14.the-middle")

# %%
two = encode(["a", "c"])


def share_of_a(process, steps, n=10_000):
    oracle = posterior_sample(FiniteData(two, process))
    x_T = process.sample_prior((n, 1), seeded(4))
    x_0 = sample(process, oracle, x_T, uniform_times(steps), Keep(), seeded(5), False)
    return float((x_0 == two[0]).double().mean())


counts = [2, 4, 8, 16, 32, 64, 128]
shares = {
    "a draw": [share_of_a(Rotation(), n) for n in counts],
    "the middle": [share_of_a(Middle(), n) for n in counts],
}
show.curves(
    counts, shares, "steps", "share of “a”", "14.two-letters", xscale="log", measured=tuple(shares),
)
print(f"error of a share of 10000 chains, at most: {0.5 / math.sqrt(10_000):.3f}")

# %% [markdown]
# With the middle the wheel gets stuck. You see "c", two letters on from "a", and infer $u = 2.5/(V p_t)$. In a short step $V p_s u$ falls from 2.5 to 2.4, say: the letter stays. The next inference puts it back into the middle, at 2.5. So it never turns, while the level falls on, until "a" is out of reach. A draw lies near the lower end now and then, and turns.

# %% [markdown]
# ## Open task: your own process
#
# No check: `laws` is your check. Take one of the other two proposals, or anything you can destroy: chords, chess positions, colours, the order of a list. Write the class, run `laws`, then `sample` with `FiniteData`.
#
# You are done if
#
# - $F_t$ has no chance inside, and at $t = t_{\max}$ next to nothing is known of $x_0$ (swapped places forget the order alone: take a list of orderings of the same things);
# - `laws` breaks none, and a fault that you plant on purpose is found by the name that you *predicted*;
# - your samples come in the right shares: for a list of four, each in a quarter of the chains, within the error;
# - you can say in one sentence what there is to infer, and why it is not unique.
#
# What others found. Salt and pepper: a white pixel that is still white was left alone, or hit by its own colour. By Bayes' rule it was hit with chance $\tfrac{p}{2} / (1 - \tfrac{p}{2})$. Who takes it for left alone breaks "noise". Swapped places: if all pixels are different, a pixel that has moved is surely loose, and of those that stand still the number $k$ that are loose has to be drawn, among $h$ of them with $m$ moved, with a chance proportional to $\binom{h}{k} p^{m+k} (1-p)^{h-k} / (m+k)!$. With equal pixels one cannot tell who moved, and the count grows out of hand. That is lesson 12 again, without its table.

# %% [markdown]
# # II. Train your own
#
# You train digits that come as asked for, from nothing, in half a minute. A network with `classes=10` has a vector for each label, and one for "no label", which is added to what it knows of the time.
#
# The loss is the one of the digits. With a batch of images *and* labels, `denoising_loss` hides some labels, here 15 in 100, so that both laws are learnt: the one of a digit, and the one of all digits. Guidance needs both ([lesson 13](13_latent_diffusion.ipynb)).
#
# `train` writes all that the run is into a file. Stop it whenever you like; the same call goes on from there. Half of the steps first:

# %%
train_images, train_labels = digits("train")
loss = denoising_loss(
    DIGIT_PROCESS, Squared("x0", "eps", max_weight=5.0), t_min=1e-3, label_dropout=0.15
)
kept = TemporaryDirectory()


def new_network():
    torch.manual_seed(0)
    return UNet(schedule=Trig(), classes=10)


def trained(until, steps=350):
    """The network after so many of the steps; goes on from the file if it is there."""
    return train(
        new_network(), loss, (train_images, train_labels), steps=steps, until=until, lr=6e-3,
        decay=True, ema=0.95, generator=seeded(1), checkpoint=Path(kept.name) / "own.safetensors",
    )

# %% tags=["nbval-ignore-output"]
halfway = trained(175)

# %% tags=["nbval-ignore-output"]
own = trained(350)

# %%
def draw(network, label, w, seed=0, steps=20):
    """Digits that are asked for, one for each label, led w times as far."""
    start_noise = DIGIT_PROCESS.sample_prior((len(label), 1, 8, 8), seeded(seed))
    predictor = network_predictor(network, "x0", Trig(), label, w)
    return sample(DIGIT_PROCESS, predictor, start_noise, uniform_times(steps), progress=False)


every = torch.arange(10)
stages = {"halfway": draw(halfway, every, 1.0, 3)}
stages |= {f"w = {w:g}": draw(own, every, w, 3) for w in (0.0, 1.0, 3.0)}
show.images(stages, "14.asked", [str(k) for k in range(10)])

# %% [markdown]
# ## How good is it?
#
# Looking is not enough. Ask for 300 digits, 30 of each, and let a judge read them: a support vector machine, trained on real digits. It errs now and then. If it is right on the share $a$ of real digits, what does its verdict say about yours?
#
# Suppose that its mistakes are spread evenly over the other $M - 1$ of $M$ classes, and that a drawn digit is as easy to read as a real one. Let $\theta$ be the share of your digits that truly are what was asked for. The judge calls "right" the share $a$ of these, and some of the others by luck.

# %% [markdown]
# **Exercise 14.4** ●●○ · 9 minutes. From the `share` that the judge calls right, of `n` digits, return two numbers: $\theta$, and its standard error. `accuracy` is $a$, above $1/M$; `classes` is $M$. The error of `share` itself is the root of `share * (1 - share) / n`. Do not cut $\theta$ to $[0, 1]$.

# %% nbgrader={"grade": false, "grade_id": "answer-14-4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def judged_right(share, n, accuracy, classes):
    """The share that is right, by a judge that errs, and its error."""
    ### BEGIN SOLUTION
    luck = (1 - accuracy) / (classes - 1)
    slope = accuracy - luck
    return (share - luck) / slope, math.sqrt(share * (1 - share) / n) / slope
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-14-4", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("14.4", judged_right)

# %%
show.expect("14.nearer")

# %% tags=["nbval-ignore-output"]
asked = every.repeat_interleave(30)
drawn = {w: draw(own, asked, w, seed=4) for w in (1.0, 3.0)}

# %% tags=["nbval-ignore-output"]
heldout = digits("heldout")
judge = DigitClassifier(train_images, train_labels)
accuracy = float((judge.classes(heldout[0]) == heldout[1]).double().mean())
scores = {
    w: judge_digits(images, (train_images, train_labels), heldout, seeded(0))
    for w, images in drawn.items()
}
shares_right = {
    w: float((judge.classes(images) == asked).double().mean()) for w, images in drawn.items()
}


def judged(w):
    """Your verdict on the digits of this strength."""
    right, error = judged_right(shares_right[w], len(asked), accuracy, 10)
    return float(right), float(error)


measures = {
    "energy": "energy", "Fréchet": "frechet", "told apart": "two_sample",
    "confidence": "confidence", "memorised": "memorised",
}
rows = {"as asked for": [judged(1.0), judged(3.0), 1.0]}
for label, name in measures.items():
    found = [one[name] for one in scores.values()]
    rows[label] = [*((one.value, one.error) for one in found), found[0].floor]
show.compare(rows, ["w = 1", "w = 3", "real"], "14.scores")

# %% [markdown]
# At $w = 3$ nearly every digit is as asked for, and the judge is surer than on real ones. Yet these digits lie far from real ones, and a classifier tells them apart nine times in ten: each is a textbook example, and they are much alike. At $w = 1$ it is the other way round. Which is better depends on what you want them for.
#
# And look at the first row. At $w = 3$ your share may come out *above* one, with next to no error. Both are signs. Digits as clear as these are easier to read than real ones, so that $a$ is too low for them. And where 300 of 300 are called right the formula gives an error of 0, though one in 300 may well be wrong.
#
# ## A model card
#
# A network without a description is a riddle to the next person who finds it. The least that belongs on a card: what it is, what it was trained on, how well it does *with errors and beside real data*, and where it fails. Print yours, then fill in what only you know.

# %% tags=["nbval-ignore-output"]
def say(pair, digits=2):
    return f"{pair[0]:.{digits}f} ± {pair[1]:.{digits}f}"


energy, apart = scores[1.0]["energy"], scores[1.0]["two_sample"]
weights = sum(weight.numel() for weight in own.parameters())
card = f"""
MODEL     digits as asked for, 8x8; a U-Net of {weights:,} weights that guesses x0
PROCESS   x_t = cos(pi t / 2) x0 + sin(pi t / 2) eps, t from 0 to 1, drawn by 20 steps of Keep
DATA      {len(train_images)} digits of scikit-learn, half of its 1797; the other half only to judge
TRAINING  350 steps of 64 from seed 1, learning rate 0.006 falling to 0, 15% of labels hidden
SCORES    as asked for {say(judged(1.0))} (the judge is right on {accuracy:.3f} of real digits)
          energy distance {say((energy.value, energy.error), 3)} (real {energy.floor:.3f})
          told apart {say((apart.value, apart.error))} (real {apart.floor:.2f}; by chance 0.5)
LIMITS    ...
USE       ...
"""
print(card)

# %% [markdown]
# Under LIMITS say what the numbers do *not* say. All digits come from one data set: what about yours, photographed? One seed was trained: how far would another lie? Is "as asked for" measured by a judge that has seen the same training digits as the network? Under USE say what you would not want it to be used for.

# %% [markdown]
# ## Open task: your own pictures
#
# `image_folder` reads any folder of pictures. Each subfolder is a class. Everything that others trip over, it turns right or refuses, with the file named. Here is a small folder, made on the spot.

# %%
with TemporaryDirectory() as place:
    for k in range(60):
        folder = Path(place) / f"a {int(train_labels[k])}"
        folder.mkdir(exist_ok=True)
        grey = ((train_images[k, 0] + 1) * 127.5).round().byte().numpy()
        Image.fromarray(grey).resize((40, 40)).save(folder / f"{k}.png")
    mine = image_folder(place, size=16, progress=False)
print(f"{len(mine.images)} pictures of shape {tuple(mine.images.shape[1:])}")
print(f"classes: {', '.join(mine.classes)}")
print(f"values from {float(mine.images.min()):.2f} to {float(mine.images.max()):.2f}")

# %% [markdown]
# Give `(mine.images, mine.labels)` to `train`, as above, with a `UNet` that has their `channels` and their number of `classes`; the sides must be even. Or leave the notebook. In a terminal,
#
#     python -m udm_lessons.train FOLDER --size 32 --labels
#
# trains a U-Net on the folder for as long as you let it. It shows a bar, draws a sheet of samples every 500 steps, and goes on where it stopped if you call it again. `--help` says the rest. The network comes back by
#
#     from udm_lessons import train as command
#     network, recipe = command.load_trained("FOLDER-unet"); new = command.draw(network, recipe, 16)
#
# You are done if you have a card with every line filled in, and if
#
# - each score stands with its error, beside the same score of real pictures that were *not* trained on;
# - you have looked at the nearest training picture of ten samples, and can say whether they are copies;
# - a difference that you claim ("with labels it is better") is larger than its error over three seeds;
# - LIMITS holds at least one thing that you found out by trying.
#
# What others found. They started from the network of lesson 03, which knows no labels, and gave `UNet(classes=10)` its weights. With the vector of every label at 0 the network had not noticed the labels after 160 steps: 9 digits in 100 were as asked for, as by chance, in each of four runs. With vectors from $N(0, 1)$ it was 64 in 100. That was one run, so it is a hint and no more.
#
# **Past one machine** (optional). The same command runs on several GPUs, with `torchrun --nproc-per-node 8 -m udm_lessons.train FOLDER`, and so does your own call of `train`: each rank draws other noise, and the gradients are averaged. How long does it take? Measured on one core, the U-Net as it stands (width 16, two levels, grey) trains on so many images per second:
#
# | side | images per second | a million images, once |
# |---|---|---|
# | 8 | 1445 | 12 minutes |
# | 32 | 95 | 2.9 hours |
# | 64 | 23.6 | 11.8 hours |
#
# So a core is no tool for 64 by 64. There one also takes a larger network: of width 128 it has 110 million weights and costs 99 billion operations for an image, forward and back. If a GPU makes 30 trillion a second (an assumption, a tenth of what its data sheet says), that is $30 \cdot 10^{12} / (99 \cdot 10^9) \approx 300$ images per second. Faces at this size were trained on 200 million images ([EDM](https://github.com/NVlabs/edm)): $2 \cdot 10^8 / 300$ seconds are 7.7 days on one GPU. Eight of them at nine tenths of their worth need 1.1 days.

# %% [markdown]
# # III. Leave the course
#
# A network that lives only in its own notebook is of little use. The library *diffusers* is where many trained models live. It has samplers of its own, called schedulers. Two of them will do:
#
# - `DDIMScheduler` walks a chain of steps $k = 0, \dots, N - 1$ with $\beta_k = 1 - \bar\alpha_k / \bar\alpha_{k-1}$, your exercise 02.3. With our $\alpha_t^2$ as $\bar\alpha$ its step is our step with Keep.
# - `FlowMatchEulerDiscreteScheduler` walks a straight line, $x = (1 - \tau)\, x_0 + \tau\, \varepsilon$, from $\tau = 1$ down to 0. It wants the velocity $\varepsilon - x_0$, and takes Euler's steps with it.
#
# Your network was trained on the circle of `Trig`, where $\alpha_t = \cos(\pi t/2)$ and $\sigma_t = \sin(\pi t/2)$, and it answers with a guess of $x_0$. What has to be done to it for the straight line?

# %%
show.expect("14.untouched")

# %% [markdown]
# [Lesson 09](09_three_views.ipynb) has the answer. Two schedules are one, but for a clock and a zoom. For a point on the line, find the time $t$ on the circle at which the ratio of noise to data is the same, and blow the point up until it lies there. Ask the network. Then turn its guess into the velocity of the line.

# %% [markdown]
# **Exercise 14.5** ●●● · 12 minutes. Return $\hat\varepsilon - \hat x_0$ for a point `x` of the line at the time `tau`, a number in $(0, 1]$. `guess(x_t, t)` is the network: it knows the circle, and takes $t$ as a number in $[0, 1]$. The answer has the shape of `x`, whatever that is. `math.hypot(a, b)` is $\sqrt{a^2 + b^2}$, and `math.atan2(a, b)` the angle whose tangent is $a/b$, also for $b = 0$.

# %% nbgrader={"grade": false, "grade_id": "answer-14-5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def flow_answer(guess, x, tau):
    """What a sampler on the straight line asks for, from a network of the circle."""
    ### BEGIN SOLUTION
    length = math.hypot(1 - tau, tau)
    t = 2 / math.pi * math.atan2(tau, 1 - tau)
    return (x - guess(x / length, t)) / tau
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-14-5", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("14.5", flow_answer)

# %% [markdown]
# Now draw twice. Once by our sampler, on the circle. Once by Euler's steps on the line, with your function, at the times of equal ratio. Both start at the same noise: at $t = 1$ and at $\tau = 1$ there is nothing else.

# %%
def along_the_line(guess, x, taus):
    """Euler's steps from taus[0] down to taus[-1]."""
    for tau, then in zip(taus, taus[1:]):
        x = x + (then - tau) * flow_answer(guess, x, tau)
    return x


asks = network_predictor(own, "x0", Trig(), every, 1.0)
noise_10 = torch.randn(10, 1, 8, 8, generator=seeded(7))
grid = uniform_times(20)
taus = [float(matching_time(float(t), Trig(), Linear())) for t in grid]
on_circle = sample(DIGIT_PROCESS, asks, noise_10, grid, Keep(), progress=False)
on_line = along_the_line(lambda x, t: asks(x, t, None), noise_10, taus)
both = {"circle": on_circle, "line": on_line}
show.images(both, "14.circle-and-line", [str(k) for k in range(10)])
print(f"circle and line differ by at most {float((on_circle - on_line).abs().max()):.4f}")

# %% [markdown]
# Nothing was trained. A deterministic step that mixes $\hat x_0$ and $\hat\varepsilon$ with new weights is the same step on every schedule.
#
# ## In the other library
#
# `to_pipeline` does this for you, under either scheduler, and hands back a pipeline of diffusers. If that library is not there, the next cell says how to get it, and goes on.

# %% tags=["nbval-ignore-output"]
def outside(under):
    """A pipeline of diffusers with your network in it; None where the library is missing."""
    try:
        pipe = to_pipeline(own, "x0", Trig(), size=8, under=under)
    except ImportError as error:
        print(error)
        return None
    pipe.set_progress_bar_config(disable=True)
    return pipe


pipes = {under: outside(under) for under in ("ddim", "flow_match")}
given = dict(latents=noise_10, class_labels=every, num_inference_steps=20, output_type="latent")
for under, pipe in pipes.items():
    if pipe:
        gap = float((pipe(**given).images - on_circle).abs().max())
        print(f"{type(pipe.scheduler).__name__}: differs from ours by at most {gap:.4f}")

# %% [markdown]
# And it is at home there: `save_pretrained` writes a folder, which anyone who has diffusers and this package can open.

# %% tags=["nbval-ignore-output"]
with TemporaryDirectory() as home:
    if pipes["ddim"]:
        pipes["ddim"].save_pretrained(home)
        for path in sorted(Path(home).rglob("*.*")):
            print(path.relative_to(home))
        again = load_pipeline(home)
        again.set_progress_bar_config(disable=True)
        gap = float((again(**given).images - on_circle).abs().max())
        print(f"loaded again, it differs from ours by at most {gap:.4f}")

# %% [markdown]
# Among these files is one that is easily overlooked: the settings of the scheduler. There stands what the network *answers*: `"sample"` for $x_0$, `"epsilon"` for noise, `"v_prediction"` for the velocity of the circle. The weights do not say it. What if somebody makes a new scheduler by hand, and leaves that word at its default, `"epsilon"`?

# %%
late = [0.98 * float(t) for t in grid]  # noise tells nothing of x0 at t = 1
mistaken = {}
for kind, word in (("x0", "sample"), ("eps", "epsilon"), ("v_vp", "v_prediction")):
    believed = network_predictor(own, kind, Trig(), every, 1.0)
    mistaken[word] = sample(DIGIT_PROCESS, believed, noise_10, late, Keep(), progress=False)
show.images(mistaken, "14.one-word", [str(k) for k in range(10)])

# %% [markdown]
# No error, no warning. The four kinds of [lesson 07](07_four_parameterizations.ipynb) all have the shape of an image.

# %% [markdown]
# ## Open task: the way back
#
# A network of diffusers can be trained and drawn here. With that library installed,
#
#     import diffusers
#     from udm_lessons.exchange import from_diffusers
#     model = diffusers.UNet2DModel(sample_size=8, in_channels=1, out_channels=1, norm_num_groups=8,
#         block_out_channels=(16, 32), layers_per_block=1,
#         down_block_types=("DownBlock2D", "AttnDownBlock2D"),
#         up_block_types=("AttnUpBlock2D", "UpBlock2D"))
#     network = train(from_diffusers(model, Trig()), loss, train_images, steps=300)
#
# You are done if it draws digits by our `sample`, and if you can say, from equal seconds of training and with errors over seeds, whether it or `UNet` is the better one. `network.model.save_pretrained("theirs")` takes it home again.

# %% [markdown]
# # The one idea
#
# You began with a picture under noise, and end with letters on a wheel that you made up an hour ago. In between nothing was added to these lines:
#
# $$\hat\varepsilon \sim p(\varepsilon \mid \hat x_0, x_t) , \qquad \varepsilon' \sim K(\hat\varepsilon, \cdot\,) , \qquad x_s = F_s(\hat x_0, \varepsilon') .$$
#
# What differs between the methods is *what is destroyed*, *what is guessed*, and *how much of the noise is kept*. If you meet a new one, ask for these three. If you cannot say what its noise is, you have not understood it yet. If you can, it is probably one afternoon's work.
#
# What this course does not have: text as a condition, networks of billions of weights, and training them on many machines for weeks; few-step students that are distilled from such a network; and taste. They are not small things, but they stand on what you have.

# %% [markdown]
# ## What you have learnt
#
# - A process is a law of noise, a forward map, and an inference that *draws*. One that merely gives $x_t$ back is not enough, and its error grows with the steps.
# - Laws that are tried separately say *where* a fault is. What one of them is blind to another may see.
# - A score without its error, and without the same score of real data beside it, is not yet a result. Nor is a judge without its own errors.
# - A schedule is a clock and a zoom. A network leaves its schedule without a new weight.
# - What a network answers is one word beside its weights. Keep it with them.

# %% [markdown]
# **Read on.** Five ways, as you like.
#
# *The whole theory in one book:* Lai, Song, Kim, Mitsufuji and Ermon 2025, [The Principles of Diffusion Models](https://arxiv.org/abs/2510.21890).
#
# *Practice that lasts:* Karras, Aittala, Aila and Laine 2022, [Elucidating the Design Space of Diffusion-Based Generative Models](https://arxiv.org/abs/2206.00364). It changes one thing at a time, and measures it.
#
# *Flows:* Lipman et al. 2024, [Flow Matching Guide and Code](https://arxiv.org/abs/2412.06264).
#
# *Fewer steps:* Song, Dhariwal, Chen and Sutskever 2023, [Consistency Models](https://arxiv.org/abs/2303.01469).
#
# *Language:* Nie et al. 2025, [Large Language Diffusion Models](https://arxiv.org/abs/2502.09992), which is lesson 11 with eight billion weights.

# %% [markdown]
# [← 13 · Latent diffusion](13_latent_diffusion.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
