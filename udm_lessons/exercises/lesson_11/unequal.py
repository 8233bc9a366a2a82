"""11.3: how likely a product guess spoils a row of equal bits, as the row gets longer."""

from __future__ import annotations

from math import comb, prod

from ...checks import Exercise


def unequal(n, steps):
    right = 0.0
    for k in range(steps):
        right += 2 * (((2 * k + 1) / (2 * steps)) ** n - (k / steps) ** n)
    return 1 - right


def cases():
    return (
        (2, 2), (2, 1), (3, 2), (1, 4),  # one bit cannot be wrong
        (2, 5), (3, 7), (4, 16), (16, 4), (8, 64), (64, 8), (5, 1), (10, 300),
    )  # fmt: skip


def inputs(rng):
    return rng.choice((1, 2, 2, 3, 4, 7, 16, 64)), rng.choice((1, 2, 3, 5, 8, 32, 100))


EXERCISE = Exercise(
    id="11.3",
    title="The error and the length",
    difficulty=3,
    minutes=12,
    points=3,
    reference=unequal,
    cases=cases,
    law=r"1 minus the sum over the steps of the chance that the first bits are opened there, and agree: "
    r"$2 \left( \left(p_s + \frac{p_t - p_s}{2}\right)^n - p_s^n \right)$",
    praise="For many steps this is n/(4T): twice as many bits ask for twice as many steps, no more.",
    idea="When is a bit a coin toss, and when is it sure? So in how many steps of a chain can a mistake be made? Do the "
    "case of two bits and two steps on paper first.",
    why=r"Only the step that opens the first bits can fail: later ones see one and copy it. All of the row is hidden "
    r"before it. If $m$ bits are opened there, they agree with chance $2 \cdot 2^{-m}$. Sum over $m \ge 1$ by the binomial theorem.",
    inputs=inputs,
)


@EXERCISE.right
def by_binomials(n, steps):
    wrong = 0.0
    for k in range(steps):
        for m in range(2, n + 1):
            wrong += comb(n, m) * (1 / steps) ** m * (k / steps) ** (n - m) * (1 - 2 / 2**m)
    return wrong


@EXERCISE.right
def from_the_other_end(n, steps):
    edges = [k / steps for k in range(steps, -1, -1)]
    return 1 - 2 * sum(((a + b) / 2) ** n - b**n for a, b in zip(edges, edges[1:]))


def over_steps(n, steps, term):
    """The sum of term(m, chance that m bits are the first to be opened, in this step) over m and the steps."""
    return sum(
        comb(n, m) * (1 / steps) ** m * (k / steps) ** (n - m) * term(m) for k in range(steps) for m in range(1, n + 1)
    )


@EXERCISE.slip("That is the chance that all goes well. Asked for is the other one.")
def all_equal(n, steps):
    return 1 - unequal(n, steps)


@EXERCISE.slip("If several bits are opened at first, they may agree by luck.")
def no_luck(n, steps):
    return over_steps(n, steps, lambda m: float(m > 1))


@EXERCISE.slip("$m$ coins agree in *two* ways: all 0, or all 1.")
def one_way_to_agree(n, steps):
    return 1 - over_steps(n, steps, lambda m: 0.5**m)


@EXERCISE.slip(
    "You counted every step in which two bits are opened. Once a bit can be seen, all others are sure."
)
def any_two_together(n, steps):
    return 1 - prod(max(0.0, 1 - k / steps) for k in range(n))


@EXERCISE.slip(
    "That adds up all pairs that are opened together. Once a bit can be seen, a pair does no harm any more."
)
def pairs(n, steps):
    return n * (n - 1) / 2 / steps / 2


@EXERCISE.slip("You treated the bits as pairs, each for itself. Here one visible bit tells all others.")
def pairs_of_neighbours(n, steps):
    return 1 - (1 - 0.5 / steps) ** (n / 2)


@EXERCISE.slip("That is the limit for many steps. The number of steps is given, and may be small.")
def limit(n, steps):
    return n / (4 * steps)


@EXERCISE.slip("Two bits only? There are `n`, and any of them may be among the first.")
def two_bits(steps):
    return 1 / (2 * steps)


@EXERCISE.slip("You looked at the first step of the chain only. It may open nothing; then the next one is the first to open.")
def first_step_only(n, steps):
    return sum(comb(n, m) * (1 / steps) ** m * (1 - 1 / steps) ** (n - m) * (1 - 2 / 2**m) for m in range(2, n + 1))


@EXERCISE.slip("That is the chance for a single step, all bits at once.")
def one_step(n):
    return 1 - 2 / 2**n


@EXERCISE.slip("If not all of $m$ coins agree, the row is spoilt. A half is right for two coins only.")
def half_for_any_number(n, steps):
    return over_steps(n, steps, lambda m: 0.5 * (m > 1))


@EXERCISE.slip(
    "The other bits must still be hidden *after* the step, so below the lower level. You used the upper one."
)
def rest_below_the_upper_level(n, steps):
    right = sum(2 * (((2 * k + 3) / (2 * steps)) ** n - ((k + 1) / steps) ** n) for k in range(steps))
    return 1 - right


@EXERCISE.slip("You forgot to choose: any $m$ of the bits may be the first.")
def not_chosen(n, steps):
    return sum(
        (1 / steps) ** m * (k / steps) ** (n - m) * (1 - 2 / 2**m) for k in range(steps) for m in range(2, n + 1)
    )


@EXERCISE.slip("That is the chance that two given bits are opened in one step. Must that be a mistake? And there may be more bits.")
def one_over_steps(steps):
    return 1 / steps
