"""The exercises of lesson 12, insert and delete."""

from __future__ import annotations

import functools
import math

from .compare import equal
from .exercise import Exercise, Slip


def _count_reference(x0, y):
    n, m = len(x0), len(y)
    N = [[0] * m + [1] for _ in range(n + 1)]
    for i in reversed(range(n)):
        for j in range(m):
            N[i][j] = N[i + 1][j] + (x0[i] == y[j]) * N[i + 1][j + 1]
    return N[0][0]


def _table(x0, y, cell=None, base=None):
    """The table of a wrong (or right) recursion: cell(N, i, j, match), base(i, j, n, m) for the border."""
    n, m = len(x0), len(y)
    cell = cell or (lambda N, i, j, match: N[i + 1][j] + match * N[i + 1][j + 1])
    base = base or (lambda i, j, n, m: int(j == m))
    N = [[base(i, j, n, m) for j in range(m + 1)] for i in range(n + 1)]
    for i in reversed(range(n)):
        for j in reversed(range(m)):
            N[i][j] = cell(N, i, j, int(x0[i] == y[j]))
    return N


def _wrong_count(cell=None, base=None):
    return lambda x0, y: _table(x0, y, cell, base)[0][0]


@functools.cache
def _memo_count(x0, y):
    if not y:
        return 1
    if not x0:
        return 0
    rest = _memo_count(x0[1:], y)
    return rest + _memo_count(x0[1:], y[1:]) if x0[0] == y[0] else rest


COUNT = Exercise(
    id="12.1",
    title="In how many ways it hides",
    difficulty=2,
    minutes=10,
    points=2,
    reference=_count_reference,
    cases=lambda: (
        ("aab", "ab"),
        ("aa", "aa"),
        ("aaaa", "aa"),
        ("banana", "ana"),
        ("abcab", "ab"),
        ("abc", ""),
        ("ab", "abc"),
        ("anna", "na"),
        ("jane", "nj"),
        ("a" * 100, "a" * 50),
    ),
    law=r"$N_{i,j} = N_{i+1,j} + [x_{0,i} = y_j]\, N_{i+1,j+1}$, with $N_{i,m} = 1$ and $N_{n,j} = 0$ for $j < m$",
    compare=equal(),
    slips=(
        Slip(
            "no skip after a match",
            _wrong_count(lambda N, i, j, match: N[i + 1][j + 1] if match else N[i + 1][j]),
            "A letter that fits was always taken. It may be passed over as well: add the ways without it.",
        ),
        Slip(
            "a letter used twice",
            _wrong_count(lambda N, i, j, match: N[i + 1][j] + match * N[i][j + 1]),
            "After a match only the finger in `y` moved on. The letter of `x0` is used up too, or it serves twice. (If your recursion is right, look whether all rows of the table are one and the same list.)",
        ),
        Slip(
            "match counted twice",
            _wrong_count(lambda N, i, j, match: N[i + 1][j] + 2 * match * N[i + 1][j + 1]),
            "Each match counts double here. Taking the letter is one way, passing over it is the other.",
        ),
        Slip(
            "only the corner is one",
            _wrong_count(base=lambda i, j, n, m: int(i == n and j == m)),
            "Once `y` is used up there is one way left, wherever we stand in `x0`: pass over all the rest. The whole last column is 1.",
        ),
        Slip(
            "ones in the last row",
            _wrong_count(base=lambda i, j, n, m: int(j == m or i == n)),
            "With `x0` used up and letters of `y` still to place, there is no way. That row holds zeros, but for its end.",
        ),
        Slip(
            "letters not compared",
            lambda x0, y: math.comb(len(x0), len(y)),
            "That is the number of ways to choose places at all. The letters there must be those of `y`.",
        ),
        Slip(
            "in one piece",
            lambda x0, y: sum(x0[k : k + len(y)] == y for k in range(len(x0) - len(y) + 1)),
            "You counted where `y` stands in one piece. Letters in between may have been deleted.",
        ),
        Slip(
            "letters of y passed over",
            _wrong_count(
                lambda N, i, j, match: N[i + 1][j + 1] + N[i + 1][j] if match else N[i + 1][j] + N[i][j + 1]
            ),
            "Letters of `y` were passed over. Only letters of `x0` may be: all of `y` must find a place.",
        ),
        Slip(
            "numbers of 64 bits",
            lambda x0, y: (_count_reference(x0, y) + 2**63) % 2**64 - 2**63,
            "Right until the number outgrows 64 bits, as those of NumPy and PyTorch do. Python's own whole numbers have no end.",
        ),
        Slip(
            "floating point",
            _wrong_count(base=lambda i, j, n, m: float(j == m)),
            "You count in floating point, which rounds large numbers. Keep to Python's whole numbers: lists of 0 and 1, where `np.zeros` would make floats.",
        ),
    ),
    also_right=(_memo_count, _wrong_count()),
    praise="Adding whole numbers, once for each cell: n times m additions, however many ways there are.",
)


def _likelihood_reference(n, m, count, p):
    return count * (1 - p) ** m * p ** (n - m)


LIKELIHOOD = Exercise(
    id="12.2",
    title="How likely it is",
    difficulty=1,
    minutes=5,
    points=1,
    reference=_likelihood_reference,
    cases=lambda: ((3, 2, 2, 0.3), (6, 2, 3, 0.6), (7, 3, 5, 0.35), (4, 0, 1, 0.8), (5, 0, 1, 1.0), (3, 3, 1, 0.0)),
    law=r"$p(x_t \mid x_0) = C(x_0, x_t)\, (1 - p_t)^m\, p_t^{\,n - m}$",
    slips=(
        Slip(
            "logarithms",
            lambda n, m, count, p: count * math.exp(m * math.log(1 - p) + (n - m) * math.log(p)),
            "Right between 0 and 1. At `p` = 0 and `p` = 1 there is no logarithm: multiply powers instead.",
        ),
        Slip(
            "kept and deleted exchanged",
            lambda n, m, count, p: count * p**m * (1 - p) ** (n - m),
            "Kept and deleted have changed places: `p` is the chance to be *deleted*, and `m` letters were kept.",
        ),
        Slip(
            "one way only",
            lambda n, m, count, p: (1 - p) ** m * p ** (n - m),
            "That is the chance of one way. There are `count` of them, and they exclude each other.",
        ),
        Slip(
            "all choices of places",
            lambda n, m, count, p: math.comb(n, m) * (1 - p) ** m * p ** (n - m),
            "That is the chance of any string of `m` letters. This one arises in `count` ways, not in all the ways to choose `m` places.",
        ),
        Slip(
            "divided by the ways",
            lambda n, m, count, p: (1 - p) ** m * p ** (n - m) / count,
            "You divided by the number of ways. Their chances add up, so multiply.",
        ),
        Slip(
            "deleted letters miscounted",
            lambda n, m, count, p: count * (1 - p) ** m * p**n,
            "Not all `n` letters were deleted, only those that are no longer there.",
        ),
        Slip(
            "only the kept",
            lambda n, m, count, p: count * (1 - p) ** m,
            "The letters that are gone had to be deleted as well: a factor `p` for each.",
        ),
        Slip(
            "only the deleted",
            lambda n, m, count, p: count * p ** (n - m),
            "The letters that are seen had to stay: a factor `1 - p` for each.",
        ),
        Slip(
            "logarithm",
            lambda n, m, count, p: math.log(_likelihood_reference(n, m, count, p)),
            "You returned the logarithm. Asked for is the chance itself.",
        ),
    ),
    also_right=(
        lambda n, m, count, p: count * math.prod([1 - p] * m + [p] * (n - m)),
    ),
    praise="The chance of one way, times the number of ways. Every way has the same chance, and that matters soon.",
)


def _walk_reference(x0, y, N, u):
    kept, j = [], 0
    for i in range(len(x0)):
        fits = j < len(y) and x0[i] == y[j]
        keep = bool(fits and u[i] < N[i + 1][j + 1] / N[i][j])
        kept.append(keep)
        j += keep
    return kept


def _walk(rule):
    """A walk that keeps a fitting letter by rule(N, i, j, u_i), guarded at the borders."""

    def walk(x0, y, N, u):
        kept, j = [], 0
        for i in range(len(x0)):
            fits = j < len(y) and x0[i] == y[j]
            keep = bool(fits and rule(N, i, j, u[i]))
            kept.append(keep)
            j += keep
        return kept

    return walk


def _by_letter_of_y(x0, y, N, u):
    return _walk(lambda N, i, j, _: u[j] < N[i + 1][j + 1] / N[i][j])(x0, y, N, u)


def _in_turn(x0, y, N, u):
    numbers = iter(u)
    return _walk(lambda N, i, j, _: next(numbers) < N[i + 1][j + 1] / N[i][j])(x0, y, N, u)


def _unmatched_walk(x0, y, N, u):
    kept, j = [], 0
    for i in range(len(x0)):
        keep = bool(j < len(y) and u[i] * N[i][j] < N[i + 1][j + 1])
        kept.append(keep)
        j += keep
    return kept


def _unguarded_walk(x0, y, N, u):
    kept, j = [], 0
    for i in range(len(x0)):
        kept.append(x0[i] == y[j] and u[i] < N[i + 1][j + 1] / N[i][j])
        j += kept[-1]
    return kept


def _walk_cases():
    cases = (
        ("aab", "ab", (0.3, 0.9, 0.1)),
        ("aab", "ab", (0.7, 0.9, 0.5)),
        ("banana", "an", (0.5, 0.8, 0.2, 0.4, 0.6, 0.9)),
        ("banana", "an", (0.2, 0.6, 0.45, 0.8, 0.7, 0.3)),
        ("aaaaa", "aaa", (0.7, 0.45, 0.62, 0.3, 0.8)),
        ("abcabcab", "abc", (0.72, 0.1, 0.2, 0.6, 0.55, 0.7, 0.3, 0.4)),
        ("anna", "na", (0.1, 0.55, 0.2, 0.9)),
    )
    return tuple((x0, y, _table(x0, y), list(u)) for x0, y, u in cases)


WALK = Exercise(
    id="12.3",
    title="A fair alignment",
    difficulty=3,
    minutes=12,
    points=3,
    reference=_walk_reference,
    cases=_walk_cases,
    law=r"a letter that fits is kept with chance $N_{i+1,j+1} / N_{i,j}$: here if $u_i$ is below it",
    compare=equal(),
    slips=(
        Slip(
            "left-most",
            _walk(lambda N, i, j, u: True),
            "The first letter that fits was always taken. That is one alignment of many, and always the same.",
        ),
        Slip(
            "right-most",
            _walk(lambda N, i, j, u: N[i + 1][j] == 0),
            "A letter was kept only where no later one would do. That is the right-most alignment, always the same.",
        ),
        Slip(
            "half and half",
            _walk(lambda N, i, j, u: N[i + 1][j] == 0 or u < 0.5),
            "A fair coin at each letter favours some alignments. Weigh the two branches by the ways behind them.",
        ),
        Slip(
            "kept and deleted exchanged",
            _walk(lambda N, i, j, u: u < N[i + 1][j] / N[i][j]),
            "That is the share of the ways *without* this letter, the chance to delete it.",
        ),
        Slip(
            "share of the whole",
            _walk(lambda N, i, j, u: u < N[i + 1][j + 1] / N[0][0]),
            "You divided by all ways from the start. Divide by those from where you stand, $N_{i,j}$.",
        ),
        Slip(
            "ratio of the branches",
            _walk(lambda N, i, j, u: N[i + 1][j] == 0 or u < N[i + 1][j + 1] / N[i + 1][j]),
            "That is kept ways over deleted ways. A chance is kept ways over *all* ways from here.",
        ),
        Slip(
            "a number for each letter of y",
            _by_letter_of_y,
            "You drew with `u[j]`. Each letter of `x0` has a number of its own: `u[i]`.",
        ),
        Slip(
            "numbers used up one by one",
            _in_turn,
            "You took the next number only where a letter fits. Letter $i$ always uses `u[i]`, whatever was used before.",
        ),
        Slip(
            "kept and deleted named the wrong way",
            lambda x0, y, N, u: [not keep for keep in _walk_reference(x0, y, N, u)],
            "The walk is right, its answer is turned: `True` is for a kept letter.",
        ),
        Slip(
            "letters not compared",
            _unmatched_walk,
            "Some letters that were kept are not those of `y`. Compare `x0[i]` with `y[j]` before anything is drawn.",
        ),
        Slip(
            "comparison turned",
            _walk(lambda N, i, j, u: u > N[i + 1][j + 1] / N[i][j]),
            "The comparison is turned: an event of chance $c$ is `u < c`.",
        ),
        Slip(
            "behind the last letter",
            _unguarded_walk,
            "Once all of `y` is placed, `y[j]` does not exist. Ask `j < len(y)` before you look at it.",
        ),
    ),
    also_right=(
        _walk(lambda N, i, j, u: u * N[i][j] < N[i + 1][j + 1]),
        _walk(lambda N, i, j, u: u < 1 - N[i + 1][j] / N[i][j]),
    ),
    praise="Each step divides what the step before multiplied: every alignment has the chance 1/C.",
)


def _chances_reference(p_t, p_s, redraw):
    back = (1 - redraw) * (1 - p_s / p_t) + redraw * (1 - p_s)
    return back, redraw * p_s


CHANCES = Exercise(
    id="12.4",
    title="Who returns, who vanishes",
    difficulty=2,
    minutes=10,
    points=2,
    reference=_chances_reference,
    cases=lambda: ((0.8, 0.6, 0.0), (0.8, 0.6, 0.25), (0.9, 0.35, 0.7), (0.5, 0.4, 1.0)),
    law=r"a deleted letter returns with chance $(1 - r)(1 - p_s/p_t) + r\,(1 - p_s)$, a kept one vanishes with chance $r\, p_s$",
    slips=(
        Slip(
            "order",
            lambda p_t, p_s, r: _chances_reference(p_t, p_s, r)[::-1],
            "The two have changed places: first the deleted letter that returns, then the kept one that vanishes.",
        ),
        Slip(
            "nothing redrawn",
            lambda p_t, p_s, r: (1 - p_s / p_t + 0 * r, 0.0),
            "That is Keep. With chance `redraw` a threshold is fresh, for deleted and for kept letters.",
        ),
        Slip(
            "weights not shared",
            lambda p_t, p_s, r: (1 - p_s / p_t + r * (1 - p_s), r * p_s),
            "With chance `redraw` the one, otherwise the other: the first term is weighted by 1 - redraw.",
        ),
        Slip(
            "times swapped",
            lambda p_t, p_s, r: ((1 - r) * (1 - p_t / p_s) + r * (1 - p_t), r * p_t),
            r"$p_s$ and $p_t$ have changed places. Going back, $p_s$ is the smaller one.",
        ),
        Slip(
            "stays deleted",
            lambda p_t, p_s, r: ((1 - r) * p_s / p_t + r * p_s, r * p_s),
            r"The first number is the chance to *stay* deleted: threshold below $p_s$. Asked for is the chance to return.",
        ),
        Slip(
            "not divided by p_t",
            lambda p_t, p_s, r: ((1 - r) * (p_t - p_s) + r * (1 - p_s), r * p_s),
            r"The old threshold of a deleted letter lies evenly between 0 and $p_t$, not between 0 and 1: divide by $p_t$.",
        ),
        Slip(
            "known to be deleted, forgotten",
            lambda p_t, p_s, r: (1 - p_s, r * p_s),
            r"Without a redraw the old threshold counts, and it is known to lie below $p_t$.",
        ),
        Slip(
            "redrawn letters never return",
            lambda p_t, p_s, r: ((1 - r) * (1 - p_s / p_t), r * p_s),
            r"A letter with a fresh threshold may return as well, with chance $1 - p_s$.",
        ),
        Slip(
            "redraw and keep exchanged",
            lambda p_t, p_s, r: (r * (1 - p_s / p_t) + (1 - r) * (1 - p_s), (1 - r) * p_s),
            "`redraw` is the chance of a *fresh* threshold. It stands at the place of the chance to keep the old one.",
        ),
        Slip(
            "every kept letter at risk",
            lambda p_t, p_s, r: (_chances_reference(p_t, p_s, r)[0], p_s),
            "The second number: a kept letter is in danger only if its threshold is drawn anew.",
        ),
        Slip(
            "vanishing level of t",
            lambda p_t, p_s, r: (_chances_reference(p_t, p_s, r)[0], r * p_t),
            r"The second number: we go to time $s$, so a fresh threshold is compared with $p_s$.",
        ),
        Slip("deleted: nothing redrawn", lambda p_t, p_s, r: (1 - p_s / p_t, r * p_s),
             "The first number is that of Keep. With chance `redraw` a deleted letter has a fresh threshold too."),
        Slip("vanishes if redrawn", lambda p_t, p_s, r: (_chances_reference(p_t, p_s, r)[0], r),
             r"The second number: a fresh threshold deletes the letter only if it lies below $p_s$."),
        Slip("survival", lambda p_t, p_s, r: (_chances_reference(p_t, p_s, r)[0], 1 - r * p_s),
             "The second number is the chance to stay. Asked for is the chance to vanish."),
        Slip(
            "kept stays",
            lambda p_t, p_s, r: (_chances_reference(p_t, p_s, r)[0], r * (1 - p_s)),
            r"The second number: a fresh threshold above $p_s$ keeps the letter. It vanishes below.",
        ),
    ),
    also_right=(
        lambda p_t, p_s, r: (1 - (1 - r) * p_s / p_t - r * p_s, p_s * r),
        lambda p_t, p_s, r: [(p_t - p_s) / p_t * (1 - r) + r - r * p_s, r * p_s],
    ),
    praise=r"At $r = 0$ nothing vanishes: strings only grow. At $r = 1$ the past is forgotten.",
)


def _soft_reference(without, behind, same, p, r, V):
    emission = (1 - r) * same + r / V
    return p * without + (1 - p) * emission * behind


SOFT = Exercise(
    id="12.5",
    title="A cell with misprints",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_soft_reference,
    cases=lambda: (
        (0.5, 0.25, True, 0.3, 0.0, 26),
        (0.5, 0.25, False, 0.3, 0.2, 26),
        (0.2, 0.6, True, 0.7, 0.4, 5),
        (0.0, 0.8, False, 0.4, 0.9, 2),
    ),
    law=r"$Z_{i,j} = p\, Z_{i+1,j} + (1 - p)\, \text{em}\; Z_{i+1,j+1}$, $\text{em} = (1 - r)\,[x_{0,i} = y_j] + r/V$",
    slips=(
        Slip(
            "never another letter",
            lambda w, b, same, p, r, V: p * w + (1 - p) * (1 - r) * same * b,
            "A letter that is misprinted may become any letter: $r/V$ belongs to each of them.",
        ),
        Slip(
            "misprints are always different",
            lambda w, b, same, p, r, V: p * w + (1 - p) * ((1 - r) if same else r / (V - 1)) * b,
            "A misprint is drawn from *all* letters here. It may be the old one, so both cases contain $r/V$.",
        ),
        Slip(
            "r or 1 - r",
            lambda w, b, same, p, r, V: p * w + (1 - p) * ((1 - r) if same else r / V) * b,
            "Where the letters agree, there are two ways: no misprint, and a misprint that hits the same letter.",
        ),
        Slip(
            "not shared among letters",
            lambda w, b, same, p, r, V: p * w + (1 - p) * ((1 - r) * same + r) * b,
            "A misprint becomes *this* letter only with chance $1/V$.",
        ),
        Slip(
            "kept and deleted exchanged",
            lambda w, b, same, p, r, V: (1 - p) * w + p * ((1 - r) * same + r / V) * b,
            "The two chances have changed places: $p$ goes with `without`, where the letter is deleted, and $1 - p$ with `behind`.",
        ),
        Slip("neighbours swapped", lambda w, b, same, p, r, V: _soft_reference(b, w, same, p, r, V),
             "The two neighbours have changed places: `without` is the way on which the letter is deleted."),
        Slip("seen only if the same", lambda w, b, same, p, r, V: p * w + same * (1 - p) * (1 - r + r / V) * b,
             "Letters that differ may still stand for each other, by a misprint: with chance $r/V$."),
        Slip(
            "ways counted, not weighed",
            lambda w, b, same, p, r, V: w + ((1 - r) * same + r / V) * b,
            "These are no longer counts: each way carries its chance, $p$ for a deleted letter and $1 - p$ for a kept one.",
        ),
        Slip(
            "misprint without comparison",
            lambda w, b, same, p, r, V: p * w + (1 - p) * (1 - r + r / V) * b,
            "That treats every letter as the right one. With $1 - r$ the letter shows itself, so it must be `same`.",
        ),
        Slip(
            "best way only",
            lambda w, b, same, p, r, V: max(p * w, (1 - p) * ((1 - r) * same + r / V) * b),
            "The two ways exclude each other: add their chances. The larger one alone finds the best alignment.",
        ),
    ),
    also_right=(
        lambda w, b, same, p, r, V: p * w + (1 - p) * ((1 - r + r / V) if same else r / V) * b,
    ),
    praise=r"With $r = 0$ it is the likelihood of deletion again, cell by cell.",
)

def _actions_reference(x0, kept):
    actions = ["copy" if keep else f"insert {letter}" for letter, keep in zip(x0, kept)]
    return actions + ["end"]



ACTIONS = Exercise(
    id="12.6",
    title="A name as a list of actions",
    difficulty=1,
    minutes=6,
    points=1,
    reference=_actions_reference,
    cases=lambda: (
        ("ab", [False, True]),
        ("jane", [True, False, True, False]),
        ("olivia", [True, True, False, True, False, False]),
        ("", []),
        ("al", [False, False]),
    ),
    law='`"copy"` for a kept letter, `"insert c"` for a deleted letter c, in the order of `x0`, and `"end"` at last',
    compare=equal(),
    slips=(
        Slip(
            "no end",
            lambda x0, kept: _actions_reference(x0, kept)[:-1],
            "How should the reader of these actions know when the name is finished?",
        ),
        Slip("copies with their letter",
             lambda x0, kept: [f"copy {c}" if k else f"insert {c}" for c, k in zip(x0, kept)] + ["end"],
             'A copy needs no letter, since the finger is on it: just `"copy"`.'),
        Slip("the letter c itself", lambda x0, kept: ["copy" if k else "insert c" for k in kept] + ["end"],
             "In `insert c` the c stands for the letter of `x0`."),
        Slip(
            "copy and insert exchanged",
            lambda x0, kept: _actions_reference(x0, [not keep for keep in kept]),
            "Copies and insertions have changed places. What was kept is there already and is copied.",
        ),
        Slip(
            "only the new letters",
            lambda x0, kept: [a for a in _actions_reference(x0, kept) if a != "copy"],
            "Without copies nobody knows *where* the new letters go.",
        ),
        Slip(
            "stops at the last copy",
            lambda x0, kept: (
                _actions_reference(x0[: len(kept) - kept[::-1].index(True)], kept)
                if True in kept
                else ["end"]
            ),
            "The letters after the last kept one are lost. They have to be inserted as well.",
        ),
        Slip(
            "first all insertions",
            lambda x0, kept: (
                [a for a in _actions_reference(x0, kept)[:-1] if a != "copy"]
                + ["copy"] * sum(kept)
                + ["end"]
            ),
            "Copies and insertions belong in one line, in the order of `x0`.",
        ),
        Slip(
            "insert what is copied",
            lambda x0, kept: [f"insert {letter}" for letter in x0] + ["end"],
            "That writes the right name, but from nothing. Kept letters are copied, so that they cannot get lost.",
        ),
        Slip(
            "backwards",
            lambda x0, kept: _actions_reference(x0, kept)[-2::-1] + ["end"],
            "The name is written from left to right. Your actions run the other way.",
        ),
    ),
    also_right=(
        lambda x0, kept: [*("copy" if k else "insert " + c for c, k in zip(x0, kept)), "end"],
        lambda x0, kept: [
            ("insert " + x0[i]) if not kept[i] else "copy" for i in range(len(x0))
        ] + ["end"],
    ),
    praise="A network that chooses such actions cannot lose a letter of yours.",
)


EXERCISES = (COUNT, LIKELIHOOD, WALK, CHANCES, SOFT, ACTIONS)
