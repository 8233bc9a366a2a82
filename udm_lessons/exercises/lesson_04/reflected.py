"""04.4: what becomes of a letter when its threshold is reflected."""

from __future__ import annotations

from ...checks import Exercise


def reflected(p_t, p_s):
    hidden = min(1.0, p_s / (1 - p_t))
    stays = max(0.0, p_s + p_t - 1) / p_t
    return hidden, stays


def cases():
    return (
        (0.5, 0.25),
        (0.6, 0.3),
        (0.8, 0.6),
        (0.7, 0.5),
        (0.95, 0.9),
        (0.3, 0.1),
        (0.55, 0.5),
        (0.9, 0.02),
        (4e-4, 1e-4),
        (0.9996, 0.9992),
        (0.0006, 0.0004),
    )


def inputs(rng):
    p_t = rng.choice((rng.uniform(0.05, 0.95), rng.uniform(0.05, 0.95), 10 ** rng.uniform(-3, -1), 1 - 10 ** rng.uniform(-3, -1)))
    return p_t, p_t * rng.choice((rng.uniform(0.05, 0.95), rng.uniform(0.8, 0.99), 1 - 0.3 * (1 - p_t)))


EXERCISE = Exercise(
    id="04.4",
    title="The threshold reflected",
    difficulty=3,
    minutes=10,
    points=3,
    reference=reflected,
    cases=cases,
    law=r"visible: $1 - u$ is uniform on $(0, 1 - p_t)$, and $\min(1, p_s/(1 - p_t))$ of that lies below $p_s$; "
    r"masked: $1 - u$ is uniform on $(1 - p_t, 1)$, of which the part below $p_s$ has the length $\max(0, p_s + p_t - 1)$",
    praise=r"The first of the two is the largest chance to hide a letter again that any sound design can have.",
    idea="Draw the line from 0 to 1 and mark the interval in which the threshold of a visible letter lies. Where does "
    "that interval lie after the reflection, and how much of it is below the level of the earlier time? "
    "Take care when all of it is, or nothing.",
    why=r"Thresholds of visible letters fill $(p_t, 1)$ evenly, and reflected ones $(0, 1 - p_t)$. A letter is masked at $s$ "
    r"if its new threshold lies below $p_s$. The same with $(0, p_t)$ and $(1 - p_t, 1)$ for masked letters.",
    inputs=inputs,
)


@EXERCISE.right
def by_the_identity(p_t, p_s):
    hidden = min(1.0, p_s / (1 - p_t))
    return hidden, max(0.0, (p_s - (1 - p_t) * hidden) / p_t)


@EXERCISE.right
def by_cases(p_t, p_s):
    if p_s < 1 - p_t:
        return p_s / (1 - p_t), 0.0
    return 1.0, 1 - (1 - p_s) / p_t


@EXERCISE.slip("A chance above 1? Where the whole interval lies below the level, every letter is hidden.")
def not_capped(p_t, p_s):
    return p_s / (1 - p_t), max(0.0, p_s + p_t - 1) / p_t


@EXERCISE.slip("A chance below 0? Where no part of the interval lies below the level, the chance is nought.")
def not_cut_off(p_t, p_s):
    return min(1.0, p_s / (1 - p_t)), (p_s + p_t - 1) / p_t


@EXERCISE.slip("That is `Keep()`: thresholds stay where they are. Here each is reflected before it is used.")
def kept(p_t, p_s):
    return 0.0, p_s / p_t


@EXERCISE.slip("That is `Redraw()`: as if thresholds were drawn anew. A reflected one is still bound to its interval.")
def redrawn(p_s):
    return p_s, p_s


@EXERCISE.slip("The two have changed places: the letter that is visible at $t$ comes first.")
def swapped(**given):
    return reflected(**given)[::-1]


@EXERCISE.slip(
    "That is the chance to be in that state at $t$ *and* masked at $s$. Asked for is the chance to be masked at $s$ "
    "once the state at $t$ is known."
)
def joint(p_t, p_s):
    return min(1 - p_t, p_s), max(0.0, p_s + p_t - 1)


@EXERCISE.slip("These are the chances to be *visible* at $s$.")
def complements(**given):
    hidden, stays = reflected(**given)
    return 1 - hidden, 1 - stays


@EXERCISE.slip("The two intervals have different lengths, and you divided by the length of the other one.")
def lengths_swapped(p_t, p_s):
    return min(1.0, p_s / p_t), max(0.0, p_s + p_t - 1) / (1 - p_t)


@EXERCISE.slip(
    "Right for the visible letter. But a masked one need not be uncovered: if the level is still high at $s$, "
    "part of its reflected interval lies below."
)
def always_uncovered(p_t, p_s):
    return min(1.0, p_s / (1 - p_t)), 0.0


@EXERCISE.slip("Right for the masked letter. A visible one need not be hidden: look at how long its interval is.")
def always_hidden(p_t, p_s):
    return 1.0, max(0.0, p_s + p_t - 1) / p_t


@EXERCISE.slip("You used the level of $t$ twice. Whether a letter is masked at $s$ is decided by the level of $s$.")
def forward_to_t(p_t):
    return reflected(p_t, p_t)


@EXERCISE.slip("You answered for the visible letter only. A pair is asked for: visible first, then masked.")
def visible_only(**given):
    return reflected(**given)[0]


@EXERCISE.slip(
    "The letter that is masked at $t$ has its threshold between 0 and the level. Reflected, that interval begins at "
    "1 less the level, not at 0."
)
def masked_interval_not_reflected(p_t, p_s):
    return min(1.0, p_s / (1 - p_t)), p_s / p_t
