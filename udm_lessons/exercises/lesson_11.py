"""The exercises of lesson 11: masks and tokens under the one sampler."""

from __future__ import annotations

import math

import torch

from .draws import stream, uniform
from .exercise import Exercise, Slip

_MASK = 9


def _tokens(seed: int, *shape: int) -> torch.Tensor:
    tokens = torch.randint(0, 5, shape, generator=stream(seed))
    return tokens.masked_fill(uniform(seed + 100, *shape) < 0.5, _MASK)


def _infer_reference(x_t, mask, p, fresh):
    return torch.where(x_t == mask, p * fresh, p + (1 - p) * fresh)


INFER = Exercise(
    id="11.1",
    title="The threshold behind a token",
    difficulty=1,
    minutes=6,
    points=1,
    reference=_infer_reference,
    cases=lambda: (
        (torch.tensor([[_MASK, 3]]), _MASK, 0.7, torch.tensor([[0.5, 0.5]], dtype=torch.float64)),
        (_tokens(0, 4, 3), _MASK, 0.35, uniform(1, 4, 3)),
        (_tokens(2, 2, 5), _MASK, 0.9, uniform(3, 2, 5)),
    ),
    law=r"masked: $u$ runs evenly over $(0, p_t)$; visible: evenly over $(p_t, 1)$",
    slips=(
        Slip("exchanged", lambda x, mask, p, u: torch.where(x == mask, p + (1 - p) * u, p * u),
             r"Masked and visible have changed places. A token is masked where its threshold lies *below* $p_t$."),
        Slip("prior draw", lambda x, mask, p, u: u.clone(),
             r"That ignores what is seen. A masked token tells that $u < p_t$, a visible one that $u \ge p_t$."),
        Slip("length left out", lambda x, mask, p, u: torch.where(x == mask, p * u, p + u),
             r"The thresholds of visible tokens leave the interval: it has the length $1 - p_t$."),
        Slip("start left out", lambda x, mask, p, u: torch.where(x == mask, p * u, (1 - p) * u),
             r"The interval of a visible token begins at $p_t$, not at 0."),
        Slip("length of the other interval", lambda x, mask, p, u: torch.where(x == mask, p * u, p + p * u),
             r"The interval of a visible token goes from $p_t$ to 1: its length is $1 - p_t$, not $p_t$."),
        Slip("middles", lambda x, mask, p, u: torch.where(x == mask, p / 2, (1 + p) / 2) + 0 * u,
             r"The middle of the interval agrees with $x_t$, but such thresholds are not uniform. Draw within the interval."),
        Slip("chances exchanged", lambda x, mask, p, u: torch.where(x == mask, (1 - p) * u, 1 - p + p * u),
             r"You used $1 - p_t$ for $p_t$. $p_t$ is the chance to be masked."),
        Slip("clipped", lambda x, mask, p, u: torch.where(x == mask, u.clamp(max=p), u.clamp(min=p)),
             "Cutting a uniform number piles many values up at the edge. Shrink it into the interval instead."),
    ),
    also_right=(
        lambda x, mask, p, u: (x == mask) * p * u + (x != mask) * (1 - (1 - p) * (1 - u)),
        lambda x, mask, p, u: torch.lerp(
            torch.where(x == mask, 0.0, p).to(u), torch.where(x == mask, p, 1.0).to(u), u
        ),
    ),
    praise="One line, and every refresh of lesson 04 works on tokens.",
)  # fmt: skip


def _chances_reference(p_t, p_s, redraw):
    return redraw * p_s + (1 - redraw) * p_s / p_t, redraw * p_s


CHANCES = Exercise(
    id="11.2",
    title="To stay hidden, to be hidden again",
    difficulty=2,
    minutes=10,
    points=2,
    reference=_chances_reference,
    cases=lambda: ((0.8, 0.6, 0.0), (0.8, 0.6, 0.5), (0.9, 0.3, 0.2), (1.0, 0.7, 1.0)),
    law=r"redrawn, a threshold lies below $p_s$ with chance $p_s$; kept, with chance $p_s / p_t$ if masked and 0 if visible",
    slips=(
        Slip("ratio for all", lambda p, q, r: (q / p, r * q),
             r"$p_s/p_t$ is right for a threshold that is kept. With chance `redraw` it is a new one, uniform on (0, 1)."),
        Slip("joint chance", lambda p, q, r: (q, r * q),
             r"$p_s$ is the chance to lie below $p_s$ for a threshold of which nothing is known. A masked token's kept one lies below $p_t$: divide."),
        Slip("redrawn part forgotten", lambda p, q, r: ((1 - r) * q / p, r * q),
             r"A masked token whose threshold is drawn anew may be hidden again too, with the chance $p_s$."),
        Slip("ratio inverted", lambda p, q, r: (r * q + (1 - r) * p / q, r * q),
             r"The ratio is upside down: a uniform number below $p_t$ is below the smaller $p_s$ with chance $p_s / p_t$."),
        Slip("revealed for hidden", lambda p, q, r: (1 - r * q - (1 - r) * q / p, r * q),
             r"That is the chance to be *revealed*. Asked for is the chance to stay masked."),
        Slip("visible never hidden", lambda p, q, r: (r * q + (1 - r) * q / p, 0.0),
             r"A visible token whose threshold is drawn anew is hidden again if it falls below $p_s$."),
        Slip("visible by p_t", lambda p, q, r: (r * q + (1 - r) * q / p, r * p),
             r"A new threshold is compared with $p_s$: the token is pushed forward to the *earlier* time."),
        Slip("redraw and keep exchanged", lambda p, q, r: ((1 - r) * q + r * q / p, (1 - r) * q),
             "`redraw` is the chance of a *new* threshold. You used it for the old one."),
        Slip("weights not shared", lambda p, q, r: (r * q + q / p, r * q),
             "With chance `redraw` the one, otherwise the other: the second term is weighted by 1 - redraw."),
        Slip("redrawn like a kept one", lambda p, q, r: (q / p + 0 * r, r * q / p),
             r"A new threshold is uniform on all of (0, 1): it lies below $p_s$ with chance $p_s$, not $p_s/p_t$."),
        Slip("visible: redrawn is enough", lambda p, q, r: (r * q + (1 - r) * q / p, r),
             r"A new threshold does not always hide a visible token: it must fall below $p_s$."),
        Slip("order", lambda p, q, r: (r * q, r * q + (1 - r) * q / p),
             "The two have changed places: first the masked token, then the visible one."),
        Slip("difference", lambda p, q, r: (r * q + (1 - r) * (p - q), r * q),
             r"$p_t - p_s$ is the chance to lie between the two, for a threshold that may be anywhere. Given that it lies below $p_t$, divide."),
    ),
    also_right=(
        lambda p, q, r: ((q - r * q * (1 - p)) / p, q * r),
        lambda p, q, r: torch.tensor([q / p + r * (q - q / p), r * q], dtype=torch.float64),
    ),
    praise="At redraw = 0 this is D3PM and MDLM, above it ReMDM.",
)  # fmt: skip


def _replaced_reference(p, vocabulary):
    by_chance = p / vocabulary
    return by_chance / (by_chance + 1 - p)


REPLACED = Exercise(
    id="11.3",
    title="Untouched, or replaced by itself?",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_replaced_reference,
    cases=lambda: ((0.5, 2), (0.8, 5), (0.3, 27), (1.0, 4)),
    law=r"Bayes: $\frac{p/V}{p/V + (1 - p)}$",
    slips=(
        Slip("prior", lambda p, v: p + 0.0 * v,
             r"That is the chance before looking. You have seen that the token is still the same."),
        Slip("one in V", lambda p, v: 1 / v + 0.0 * p,
             r"That is the chance to draw the same token once it is replaced. Was it replaced at all?"),
        Slip("joint", lambda p, v: p / v,
             r"That is the chance of both: replaced, *and* by the same token. Divide by the chance to see the same token."),
        Slip("untouched", lambda p, v: (1 - p) / (p / v + 1 - p),
             "That is the chance that the token was left *untouched*."),
        Slip("others only", lambda p, v: (p / (v - 1)) / (p / (v - 1) + 1 - p),
             r"You excluded the token itself: the replacement is uniform over all $V$ tokens."),
        Slip("odds", lambda p, v: (p / v) / (1 - p) if p < 1 else math.inf,
             "That is the ratio of the two cases. A probability divides by their sum."),
        Slip("odds of a certainty", lambda p, v: (p / v) / (1 - p),
             "That is the ratio of the two cases, and at p = 1 it divides by zero. A probability divides by their sum."),
        Slip("multiplied by V", lambda p, v: p * v / (p * v + 1 - p),
             r"To be replaced by one given token has the chance $1/V$: divide by $V$."),
    ),
    also_right=(
        lambda p, v: p / (p + v * (1 - p)),
        lambda p, v: 1 - (1 - p) / (1 - p + p / v),
    ),
    praise="With many tokens an unchanged one was almost surely left alone.",
)  # fmt: skip


def _product_reference(joint):
    return joint.sum(1)[:, None] * joint.sum(0)[None, :]


def _joint(seed: int, rows: int, columns: int) -> torch.Tensor:
    table = uniform(seed, rows, columns) ** 2
    return table / table.sum()


PRODUCT = Exercise(
    id="11.4",
    title="What a product forgets",
    difficulty=1,
    minutes=6,
    points=1,
    reference=_product_reference,
    cases=lambda: (
        (torch.tensor([[0.5, 0.1], [0.0, 0.4]], dtype=torch.float64),),
        (_joint(4, 3, 4),),
        (_joint(5, 5, 2),),
    ),
    law=r"$q(a, b) = p(a)\, p(b)$ with $p(a) = \sum_b p(a, b)$ and $p(b) = \sum_a p(a, b)$",
    slips=(
        Slip("axes exchanged", lambda j: (j.sum(1)[:, None] * j.sum(0)[None, :]).T,
             "Rows and columns have changed places: the first token belongs to the rows."),
        Slip("the joint itself", lambda j: j.clone(),
             "That is the joint law. The product must know nothing but each token's own law."),
        Slip("squared", lambda j: j * j,
             "You multiplied the entries by themselves. Sum over the other token first."),
        Slip("conditionals", lambda j: j / j.sum(1, keepdim=True).clamp(min=1e-12),
             "That is the law of the second token given the first: just what a product cannot have."),
        Slip("uniform", lambda j: torch.full_like(j, 1 / j.numel()),
             "That forgets the laws of the single tokens as well."),
        Slip("sum for product", lambda j: (j.sum(1)[:, None] + j.sum(0)[None, :]) / sum(j.shape),
             "Independent chances are multiplied, not added."),
        Slip("axes not kept", lambda j: j.sum(0) * j.sum(1),
             "Two rows of numbers were multiplied entry by entry. Make a column of the one: every pair is wanted."),
        Slip("means", lambda j: j.mean(1)[:, None] * j.mean(0)[None, :],
             "You averaged. A marginal is a *sum* over the other token."),
    ),
    also_right=(
        lambda j: torch.outer(j.sum(1), j.sum(0)),
        lambda j: torch.einsum("ab,cd->ad", j, j),
    ),
    praise="For two bits that are always equal, half of what it draws is wrong.",
)  # fmt: skip


def _step_reference(nats, masked, p_t, p_s):
    return (1 - p_s / p_t) * (nats * masked).sum(1)


def _step_case(seed: int, *shape: int):
    return uniform(seed, *shape) * 3, uniform(seed + 50, *shape) < 0.6


STEP = Exercise(
    id="11.5",
    title="The price of a step",
    difficulty=1,
    minutes=8,
    points=2,
    reference=_step_reference,
    cases=lambda: (
        (torch.tensor([[1.0, 2.0, 0.5]]), torch.tensor([[True, False, True]]), 0.8, 0.6),
        (*_step_case(6, 4, 3), 0.9, 0.2),
        (*_step_case(7, 2, 6), 1.0, 0.75),
    ),
    law=r"$\left(1 - \frac{p_s}{p_t}\right) \sum_{i\ \text{masked}} -\log q_i(x_{0,i})$, one number for each row",
    slips=(
        Slip("all tokens", lambda n, m, p, q: (1 - q / p) * n.sum(1) + 0 * m.sum(),
             "Visible tokens are known: they cost nothing."),
        Slip("visible tokens", lambda n, m, p, q: (1 - q / p) * (n * ~m).sum(1),
             "You summed over the visible tokens. Only what is hidden is to be guessed."),
        Slip("chance to stay", lambda n, m, p, q: q / p * (n * m).sum(1),
             r"$p_s/p_t$ is the chance to *stay* masked. The step pays for what it reveals."),
        Slip("difference of levels", lambda n, m, p, q: (p - q) * (n * m).sum(1),
             r"$p_t - p_s$ is the chance to be revealed in this step *and* to be masked before. The mask is given: divide by $p_t$."),
        Slip("levels exchanged", lambda n, m, p, q: (1 - p / q) * (n * m).sum(1),
             r"The two levels have changed places: $p_s$ is the smaller one."),
        Slip("no factor", lambda n, m, p, q: (n * m).sum(1),
             r"Only the tokens that this step opens are paid for: a share $1 - p_s/p_t$ of the hidden ones."),
        Slip("mean over the row", lambda n, m, p, q: (1 - q / p) * (n * m).mean(1),
             "The bound of a row is a *sum* over its tokens."),
        Slip("mean over the masked", lambda n, m, p, q: (1 - q / p) * (n * m).sum(1) / m.sum(1).clamp(min=1),
             "You averaged over the masked tokens. The bound sums over them."),
        Slip("sign", lambda n, m, p, q: (q / p - 1) * (n * m).sum(1),
             r"`nats` holds $-\log q_i$ already, which is positive. So is the price."),
        Slip("sum over all", lambda n, m, p, q: (1 - q / p) * (n * m).sum(),
             "You summed over the whole batch. Return one number for each row: sum over dimension 1."),
        Slip("one number for all", lambda n, m, p, q: ((1 - q / p) * (n * m).sum(1)).mean() + 0 * n[:, 0],
             "You averaged over the batch. Return one number for each row."),
    ),
    also_right=(
        lambda n, m, p, q: n.masked_fill(~m, 0.0).sum(1) * ((p - q) / p),
        lambda n, m, p, q: torch.einsum("bi,bi->b", n, m.to(n)) * (1 - q / p),
    ),
    praise=r"In small steps the factor is $p_t'/p_t\, dt$, the weight of MDLM.",
)  # fmt: skip


def _bits_reference(nats, tokens):
    return nats.mean() / tokens / math.log(2), nats.std() / len(nats) ** 0.5 / tokens / math.log(2)


BITS = Exercise(
    id="11.6",
    title="Bits, and how sure",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_bits_reference,
    cases=lambda: (
        (torch.tensor([2.0, 4.0, 9.0], dtype=torch.float64), 5),
        (80 * uniform(8, 12), 64),
        (30 * uniform(9, 40) + 5, 12),
    ),
    law=r"bits = mean / (tokens $\cdot \log 2$), error = deviation / ($\sqrt{n}\, \cdot$ tokens $\cdot \log 2$)",
    slips=(
        Slip("nats", lambda n, k: (n.mean() / k, n.std() / len(n) ** 0.5 / k),
             r"Those are nats. One bit is $\log 2$ nats."),
        Slip("multiplied by log 2", lambda n, k: (n.mean() / k * math.log(2), n.std() / len(n) ** 0.5 / k * math.log(2)),
             r"You multiplied by $\log 2$. A bit is the smaller unit, 0.69 nats, so there are more of them: divide."),
        Slip("per row", lambda n, k: (n.mean() / math.log(2), n.std() / len(n) ** 0.5 / math.log(2)),
             "That is per row. Divide by the number of tokens."),
        Slip("error in nats", lambda n, k: (n.mean() / k / math.log(2), n.std() / len(n) ** 0.5),
             "The bits are right. Convert the error as well: per token, and to bits."),
        Slip("deviation", lambda n, k: (n.mean() / k / math.log(2), n.std() / k / math.log(2)),
             r"That is the deviation of a row. The error of a mean is smaller by $\sqrt n$."),
        Slip("divided by n", lambda n, k: (n.mean() / k / math.log(2), n.std() / len(n) / k / math.log(2)),
             r"The error of a mean falls with $\sqrt n$, not with $n$."),
        Slip("error per row", lambda n, k: (n.mean() / k / math.log(2), n.std() / len(n) ** 0.5 / math.log(2)),
             "The bits are right. The error is per row: divide it by the number of tokens too."),
        Slip("error per token in nats", lambda n, k: (n.mean() / k / math.log(2), n.std() / len(n) ** 0.5 / k),
             r"The bits are right. The error is in nats: divide it by $\log 2$ too."),
        Slip("deviation of a population", lambda n, k: (n.mean() / k / math.log(2), n.std(correction=0) / len(n) ** 0.5 / k / math.log(2)),
             "That deviation divides by n, ours by n - 1: take `nats.std()` as it is."),
        Slip("sum for mean", lambda n, k: (n.sum() / k / math.log(2), n.std() / len(n) ** 0.5 / k / math.log(2)),
             "You summed over the rows. The bits are those of the mean row."),
        Slip("error per root of tokens", lambda n, k: (n.mean() / k / math.log(2), n.std() / (len(n) * k) ** 0.5 / math.log(2)),
             "The rows are independent of each other, the tokens of a row are not: divide the error by the number of tokens, not by its root."),
        Slip("variance", lambda n, k: (n.mean() / k / math.log(2), n.var() / len(n) / (k * math.log(2)) ** 2),
             "That is the variance of the mean. Its error is the root."),
        Slip("order", lambda n, k: _bits_reference(n, k)[::-1],
             "First the bits, then their error."),
    ),
    also_right=(
        lambda n, k: torch.stack([n.mean(), n.var().div(len(n)).sqrt()]) / (k * math.log(2)),
        lambda n, k: tuple(float(v) for v in _bits_reference(n, k)),
    ),
    praise="A number without its error is half a number.",
)  # fmt: skip

EXERCISES = (INFER, CHANCES, REPLACED, PRODUCT, STEP, BITS)
