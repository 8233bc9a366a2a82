"""04.6: the kernel behind a design, on finitely many noises."""

from __future__ import annotations

import torch

from ...checks import Exercise, stream, uniform


def kernel(M, f_t, f_s, q):
    same = (f_s[:, None] == f_s).to(q.dtype)
    share = q / (same @ q)
    return M[f_t][:, f_s] * share


def rows_on(weights, f_s):
    """Rows that sum to one, with no probability where no noise leads at time s."""
    reached = torch.zeros(weights.shape[1], dtype=weights.dtype)
    reached[f_s] = 1
    weights = weights * reached
    return weights / weights.sum(1, keepdim=True)


def drawn(seed, states, noises, power=1.0):
    """A case with any design, and a q that is not even."""
    f_t, f_s = (torch.randint(states, (noises,), generator=stream(seed + k)) for k in (1, 2))
    q = uniform(seed + 3, noises) ** power + 0.02
    return rows_on(uniform(seed, states, states) + 0.05, f_s), f_t, f_s, q / q.sum()


def cases():
    masks = torch.tensor([[0.7, 0.3], [0.2, 0.8]], dtype=torch.float64)
    three = torch.tensor([0.5, 0.2, 0.3], dtype=torch.float64)
    return (
        (masks, torch.tensor([1, 1, 0]), torch.tensor([1, 0, 0]), three),
        (masks, torch.tensor([1, 0, 0]), torch.tensor([0, 1, 1]), three),
        (torch.eye(3, dtype=torch.float64), torch.arange(3), torch.arange(3), three),
        drawn(0, 3, 4),
        drawn(10, 3, 6, 3.0),
        drawn(20, 4, 9),
        drawn(30, 2, 10, 0.0),
        drawn(40, 5, 3),
        tuple(x.float() if x.is_floating_point() else x for x in drawn(50, 3, 5)),
        (masks, torch.tensor([1, 1, 0, 0]), torch.tensor([1, 0, 0, 0]), torch.tensor([4e-4, 6e-4, 0.4, 0.599], dtype=torch.float64)),
    )


def inputs(rng):
    case = drawn(rng.getrandbits(30), rng.randint(2, 5), rng.randint(2, 10), rng.choice((0.0, 1.0, 3.0)))
    dtype = rng.choice((torch.float32, torch.float64))
    return tuple(x.to(dtype) if x.is_floating_point() else x for x in case)


EXERCISE = Exercise(
    id="04.6",
    title="The kernel behind a design",
    difficulty=3,
    minutes=12,
    points=3,
    reference=kernel,
    cases=cases,
    law=r"$K(\varepsilon, \varepsilon') = M(F_t(\varepsilon), F_s(\varepsilon'))\, q(\varepsilon') / Q$, with $Q$ the "
    r"sum of $q$ over all noises that lead to the same $x_s$ as $\varepsilon'$",
    praise="So every sound design is a refresh, and you can read off which.",
    idea="Follow one noise by hand, with three noises and two states. Forward says in which row of the matrix it "
    "stands. The row says how likely each end is. Which noises lead to that end, and how does the end's probability "
    "divide among them?",
    why=r"Forward to $t$ gives the row, the design gives the probability of $x_s$, and inference at $s$ draws "
    r"$\varepsilon'$ from $q$, restricted to the noises that lead to $x_s$. A restricted law is divided by its sum.",
    inputs=inputs,
)


@EXERCISE.right
def entry_by_entry(M, f_t, f_s, q):
    K = torch.zeros(len(q), len(q), dtype=q.dtype)
    for a in range(len(q)):
        for b in range(len(q)):
            K[a, b] = M[f_t[a], f_s[b]] * q[b] / q[f_s == f_s[b]].sum()
    return K


@EXERCISE.right
def three_matrices(M, f_t, f_s, q):
    one = torch.eye(len(M), dtype=q.dtype)
    infer = one[f_s].T * q
    return one[f_t] @ M @ (infer / infer.sum(1, keepdim=True).clamp(min=1e-30))


def _share(f, q):
    return q / ((f[:, None] == f).to(q.dtype) @ q)


@EXERCISE.slip("Your rows do not sum to one. The probability of an end is *divided* among the noises that lead to it.")
def not_divided(M, f_t, f_s):
    return M[f_t][:, f_s]


@EXERCISE.slip(
    "You weighted each new noise with $q$, but not within its own end: inference draws from $q$ *given* $x_s$."
)
def not_restricted(M, f_t, f_s, q):
    return M[f_t][:, f_s] * q


@EXERCISE.slip("You divided the probability of an end evenly. The noises that lead to it are as likely as $q$ says.")
def evenly_divided(M, f_t, f_s, q):
    return M[f_t][:, f_s] * _share(f_s, torch.ones_like(q))


@EXERCISE.slip("The two times have changed places: the old noise leads to $x_t$, and the new one to $x_s$.")
def times_swapped(M, f_t, f_s, q):
    return M[f_s][:, f_t] * _share(f_t, q)


@EXERCISE.slip("You inferred at $t$. The design ends at $s$: ask which noises lead to $x_s$ there.")
def inferred_at_t(M, f_t, f_s, q):
    return M[f_t][:, f_t] * _share(f_t, q)


@EXERCISE.slip("Row and column have changed places: row is the old noise, column the new one.")
def transposed(**given):
    return kernel(**given).T


@EXERCISE.slip("The shares belong to the new noise, which is the column. You gave them to the rows.")
def shares_by_row(M, f_t, f_s, q):
    return M[f_t][:, f_s] * _share(f_s, q)[:, None]


@EXERCISE.slip("You turned the design round: row is $x_t$, column $x_s$.")
def design_transposed(M, f_t, f_s, q):
    return M.T[f_t][:, f_s] * _share(f_s, q)


@EXERCISE.slip("That is the kernel of redraw, whatever the design. The design says how likely each end is.")
def redraw(M, q):
    return q.expand(len(q), -1) + 0 * M.sum()


@EXERCISE.slip("That is the kernel of keep, whatever the design.")
def keep(q):
    return torch.eye(len(q), dtype=q.dtype)


@EXERCISE.slip(
    "You gave all of an end's probability to the likeliest noise. Infer is a draw from all noises that lead there."
)
def likeliest_noise(M, f_t, f_s, q):
    best = torch.stack([(f_s == f_s[b]).to(q.dtype).mul(q).argmax() == b for b in range(len(q))])
    return M[f_t][:, f_s] * best


@EXERCISE.slip(
    "You divided by all the probability that a row still has, so that the design's own probabilities are lost. "
    "Divide within each end."
)
def rows_normalised(M, f_t, f_s, q):
    K = M[f_t][:, f_s] * q
    return K / K.sum(1, keepdim=True)


@EXERCISE.slip(r"You divided by the probability of $x_s$ at time $t$. The new noise is inferred with $F_s$.")
def divided_by_the_law_at_t(M, f_t, f_s, q):
    return M[f_t][:, f_s] * _share(f_t, q)
