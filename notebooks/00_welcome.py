# %% [markdown]
# # 00 · Welcome
#
# [01 · Destroy →](01_forward_process.ipynb)
#
# A diffusion model learns to undo damage. Take a picture and destroy it a little at a time, until nothing is left of
# it. Learn to go back by small steps. Then start from nothing and go back: you get a new picture.
#
# At the end of this lesson you can
#
# - say in three moves what every diffusion model does,
# - draw digits from pure noise with a sampler that you wrote,
# - explain why it goes back in many steps and not in one.
#
# About 30 minutes, three exercises.

# %%
import torch

from udm_lessons import show
from udm_lessons.data import digits
from udm_lessons.exercises import hint, progress, solution

# %% [markdown]
# ## The whole story in one film
#
# There are many ways to destroy: noise, blur, hidden pixels, hidden letters, replaced letters, lost
# letters. While time $t$ runs from 0 to 1, an example is destroyed. While it runs back from 1 to 0, something new is built.

# %%
show.film(show.one_idea_moving(), "00.film")

# %% [markdown]
# That was a film of three of these ways: noise, blur and hidden pixels. Run the cell again to see it again. Here are all six, one in
# each row, at rest.

# %%
show.figure(show.one_idea(), "00.six-ways")


# %% [markdown]
# Papers treat these rows, and different ways back in one row, as different methods, with names such as DDPM, DDIM, D3PM or Cold Diffusion. Here they are one
# idea in three moves:
#
# 1. **Destroy.** A forward map $x_t = F_t(x_0, \varepsilon)$ mixes the data $x_0$ with noise $\varepsilon$.
# 2. **Predict.** Guess $\hat x_0$ from what is left, $x_t$.
# 3. **Correct.** Infer which noise $\hat\varepsilon$ would have led from $\hat x_0$ to $x_t$. Then push $\hat x_0$ forward again
#    with that noise, but only to an earlier time $s < t$.
#
# Repeat moves 2 and 3 until $t = 0$. The data may be images, tokens, or strings whose length changes. The damage may be of
# many kinds. And time may run smoothly from 0 to 1 or in whole steps: the moves only ask for some earlier time $s < t$.

# %% [markdown]
# ## How to work
#
# Run a cell with **Shift + Enter**. You write the key lines yourself: where a cell says `raise NotImplementedError`, replace that
# line by your own. The cell below it calls `check`, which says at once whether you are right, and if not, what went wrong.
# Stuck? `hint("00.1")` says a little more each time, and `solution("00.1")` shows an answer and why it is right.
#
# Wrong answers cost nothing. One rule holds in all lessons: a function leaves the tensors and lists that it is given as they
# are, since later cells use them too.
#
# Everything runs on a laptop. If your machine has a GPU that PyTorch can use, long work in later lessons will use it.

# %% [markdown]
# ## Move 1: destroy
#
# How do you destroy a digit by degrees? Fade it out and fade noise in. Let $\varepsilon$ be a picture of pure noise: each
# pixel drawn on its own from the normal distribution $N(0, 1)$. Then
#
# $$x_t = \alpha_t\, x_0 + \sigma_t\, \varepsilon .$$
#
# Here $\alpha_t$ says how much of the data is left at time $t$, and $\sigma_t$ how much noise there is.
# At $t = 0$ we have $\alpha_0 = 1$ and $\sigma_0 = 0$; at $t = 1$ it is the other way round.

# %% [markdown]
# **Exercise 00.1** ●○○ · 3 minutes. Return $x_t$ by this formula. `x0` and `eps` are tensors of one shape; `alpha` and `sigma` are numbers.

# %% nbgrader={"grade": false, "grade_id": "answer-00-1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def destroy(x0, eps, alpha, sigma):
    """x_t, the data x0 faded to the share alpha, with noise eps of scale sigma on top."""
    raise NotImplementedError('exercise 00.1 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-00-1", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("00.1", destroy)

# %% [markdown]
# Curious what a wrong answer looks like? Swap `alpha` and `sigma` in your line, run both cells again, and read what
# the check says. Then swap back.
#
# Now your line at work on real digits. They are 8 by 8 pixels, with grey levels from -1 (white) to 1 (black). We use
# $\alpha_t = \cos(\pi t / 2)$ and $\sigma_t = \sin(\pi t / 2)$, which the package calls `Trig`. `digits()` returns images and labels; we
# need the images.

# %%
from udm_lessons.destroy import Gaussian, Trig

schedule = Trig()
x0 = digits()[0][:6]
eps = torch.randn(x0.shape, generator=torch.Generator().manual_seed(0))
times = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
show.images(
    {f"t = {t}": destroy(x0, eps, schedule.alpha(t), schedule.sigma(t)) for t in times},
    "00.forward-map",
)

# %% [markdown]
# ## Move 2: predict
#
# Somebody hands you $x_t$. What was $x_0$? You cannot know for sure. Many digits could have led there, some more
# likely than others. All that can be known is the **posterior** $p(x_0 \mid x_t)$.
#
# In real life a neural network learns to guess. Today we cheat. We assume that $x_0$ is one of 1797 digits that we
# have at hand, all equally likely. Then Bayes' rule gives the posterior exactly. The better a digit $d$ explains $x_t$, the likelier it is:
#
# $$p(x_0 = d \mid x_t) \;\propto\; p(x_t \mid x_0 = d).$$
#
# The right side is the normal density with mean $\alpha_t d$ and standard deviation $\sigma_t$ in each pixel, taken at $x_t$.
#
# `FiniteData` computes this, and `sample_x0` draws from it. It is our **oracle**: no network can know more about which digit of this list it was.
#
# In the package a **process** holds what belongs to one way to destroy. `Gaussian(schedule)` is the process whose forward map you wrote above, and it knows its own $\alpha_t$ and $\sigma_t$. Its `process.forward(x0, noise, t)` is your line.

# %%
from udm_lessons.rebuild import FiniteData, posterior_mean, posterior_sample, sample

data = digits()[0]
process = Gaussian(schedule)
oracle = FiniteData(data, process)

x_t = process.forward(x0, eps, 0.8)
guesses = [oracle.sample_x0(x_t, 0.8, torch.Generator().manual_seed(seed)) for seed in range(3)]

# %%
rows = {"truth": x0, "seen, t = 0.8": x_t}
rows |= {f"guess {k}": guess for k, guess in enumerate(guesses, 1)}
show.images(rows, "00.oracle-guesses")


# %% [markdown]
# ## Move 3: correct
#
# A guess $\hat x_0$ may be wrong. So we do not jump to it. We take it as a direction, go back a little, and look again.
# (Some guesses would allow the jump. Which ones is the last question of this lesson.)
#
# How do we go back *a little*? First find the noise that must have been used, if the guess were right. You wrote
# $x_t = \alpha_t x_0 + \sigma_t \varepsilon$. Put $\hat x_0$ in place of $x_0$ and solve for $\varepsilon$.

# %% [markdown]
# **Exercise 00.2** ●○○ · 4 minutes. Return the noise that leads from a guess `x0_hat` to `x_t`. Both are tensors of one shape; `alpha` and `sigma` are numbers, and
# `sigma` is above 0.

# %% nbgrader={"grade": false, "grade_id": "answer-00-2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def infer_noise(x0_hat, x_t, alpha, sigma):
    """The noise eps for which alpha * x0_hat + sigma * eps is x_t."""
    raise NotImplementedError('exercise 00.2 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-00-2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("00.2", infer_noise)


# %% [markdown]
# Now put the two together: forward, and back to the noise. Every process has them under the same names, whatever it destroys:
#
# - `process.forward(x0, noise, t)` is $F_t(x_0, \varepsilon)$;
# - `process.infer_noise(x0, x_t, t)` is a noise that leads from $x_0$ to $x_t$.

# %% [markdown]
# **Exercise 00.3** ●●○ · 6 minutes. Go one step back, from $x_t$ to $x_s$ with $s < t$: infer the noise at time `t`, then
# push the guess and that noise forward to time `s`.

# %% nbgrader={"grade": false, "grade_id": "answer-00-3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def step_back(process, x0_hat, x_t, t, s):
    """x_s at the earlier time s < t, from x_t and a guess x0_hat."""
    raise NotImplementedError('exercise 00.3 is waiting for your code')


# %% nbgrader={"grade": true, "grade_id": "check-00-3", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from udm_lessons.exercises import check

check("00.3", step_back)

# %% [markdown]
# ## Your first chain
#
# Start from pure noise at $t = 1$: `sample_prior` draws it, here for six images of one grey channel and 8 by 8 pixels. Twenty times, let the oracle guess, and take your step back.

# %%
generator = torch.Generator().manual_seed(7)
grid = torch.linspace(1, 0, 21).tolist()
x = process.sample_prior((6, 1, 8, 8), generator)
film = {"t = 1": x}
for t, s in zip(grid, grid[1:]):
    x = step_back(process, oracle.sample_x0(x, t, generator), x, t, s)
    film[f"t = {s:.2g}"] = x

frames = ["t = 1", "t = 0.8", "t = 0.6", "t = 0.4", "t = 0.2", "t = 0"]
show.images({name: film[name] for name in frames}, "00.six-chains")
show.film({"all steps": torch.stack(list(film.values()))}, "00.six-chains-moving")

# %% [markdown]
# ## Why so many steps?
#
# That loop is the whole sampler. In the package it is called `sample`, and it works for every row of the first picture. It takes a
# *predictor*, here `posterior_sample(oracle)`, and a grid of times, which decides how fine the steps are.
#
# With draws from the exact posterior one step would do: a draw from the oracle is a digit, even at $t = 1$. Why step at all?
# Because most networks do not draw. They are trained to keep the squared error small. The best answer by that measure is the *mean* of
# all digits that may have led to $x_t$, each with its posterior weight ([lesson 03](03_predict.ipynb) says why):
#
# $$E[x_0 \mid x_t] = \sum_d p(x_0 = d \mid x_t)\; d .$$
#
# The predictor `posterior_mean(oracle)` returns that mean, exactly. While many digits are likely, it is a grey shadow and no digit at all.

# %% tags=["nbval-ignore-output"]
show.expect("00.blur-in-blur-out")

# %%
draws, means = posterior_sample(oracle), posterior_mean(oracle)


def chain(predictor, steps, count=8):
    generator = torch.Generator().manual_seed(1)
    x = process.sample_prior((count, 1, 8, 8), generator)  # pure noise, at t = 1
    times = torch.linspace(1, 0, steps + 1)
    return sample(process, predictor, x, times, generator=generator, progress=False)


show.images(
    {f"steps: {n}": chain(means, n) for n in (1, 2, 4, 8)},
    "00.steps-of-the-mean",
)


# %% [markdown]
# How good are the ends of these chains? Each is a point in 64 dimensions, so we can take its distance to the nearest digit of the list:
# the root of the sum of the squared differences. It is 0 for a digit that is in the list. Here is its average over 200 chains of each kind.

# %%
def distance_to_list(x):
    return float(torch.cdist(x.flatten(1), data.flatten(1)).amin(1).mean())


print("steps   a draw   the mean")
for n in (1, 2, 4, 8, 16):
    found = [distance_to_list(chain(predictor, n, 200)) for predictor in (draws, means)]
    print(f"{n:5}   {found[0]:6.2f}   {found[1]:8.2f}")


# %% [markdown]
# One step with the mean ends at the average of all digits, whatever the noise was. Is 3.03 far? Yes: a digit of the list and its
# nearest neighbour there are only 2.05 apart on average. With 8 steps nearly every chain comes to a digit.
#
# Nobody told the mean to choose. But each step goes only part of the way. At the next, earlier time there is less noise. So fewer digits explain
# what is seen, the mean is over fewer, and at last over one. **This is why a sampler goes in steps: with a guess that is only right on average, several small steps lead to a clean digit, and one does not.** Move the slider and watch both rows.

# %% tags=["nbval-ignore-output"]
def draw(steps):
    rows = {"a draw": chain(draws, steps), "the mean": chain(means, steps)}
    show.images(rows, "00.draw-beside-mean")


show.slider(draw, "steps", range(1, 21), start=3)

# %% [markdown]
# **Try it.** Do not begin at $t = 1$. Destroy 200 digits up to $t = 0.5$ only, and let `sample` with `draws` bring *those* back in ten steps. How often do you get the same image, and how often at least an image with the same label? Then try $t = 0.7$ and $0.9$.
# (`digits()` also has the labels. `sample` takes any $x_t$, with a grid that begins at its time, such as `torch.linspace(0.5, 0, 11)`.)
#
# What others found, in three runs: from $t = 0.5$ the same image in 30 to 34 of 100 and the same label in 85 to 87; from 0.7
# the same label in 45 to 51; from 0.9 in 15 to 17, where chance alone gives about 10.

# %% [markdown]
# ## What you have learnt
#
# - Diffusion destroys data with a known map $x_t = F_t(x_0, \varepsilon)$.
# - A predictor guesses $\hat x_0$ from $x_t$. If the data is a known list, an oracle can draw its guess from
# the exact posterior.
# - A step back infers the noise and reuses it: $x_s = F_s(\hat x_0, \hat\varepsilon)$.
# - With a mean for a guess, small steps turn a shadow into a digit.
#
# The digits you drew were all in the list, since the oracle knows nothing else. To draw *new* ones takes a network that
# generalises, which comes later. **Next** is [lesson 01](01_forward_process.ipynb): ways to destroy, and what they have in common.

# %% [markdown]
# **Read on.** Sohl-Dickstein et al. 2015, [Deep Unsupervised Learning using Nonequilibrium Thermodynamics](https://arxiv.org/abs/1503.03585), where
# it began. Ho, Jain and Abbeel 2020, [Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239), which made it work.

# %% [markdown]
# [01 · Destroy →](01_forward_process.ipynb)

# %% tags=["nbval-ignore-output"]
progress()
