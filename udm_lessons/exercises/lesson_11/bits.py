"""11.6: bits per token with their standard error, from the nats of each row."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, uniform


def bits(nats, tokens):
    mean = nats.mean()
    error = nats.std() / len(nats) ** 0.5
    return mean / tokens / math.log(2), error / tokens / math.log(2)


def cases():
    return (
        (torch.tensor([2.0, 4.0, 9.0], dtype=torch.float64), 5),
        (80 * uniform(8, 12), 64),
        (30 * uniform(9, 40) + 5, 12),
    )


EXERCISE = Exercise(
    id="11.6",
    title="Bits, and how sure",
    difficulty=2,
    minutes=8,
    points=2,
    reference=bits,
    cases=cases,
    law=r"bits = mean / (tokens $\cdot \log 2$), "
    r"error = deviation / ($\sqrt{n}\, \cdot$ tokens $\cdot \log 2$)",
    praise="A number without its error is half a number.",
)


@EXERCISE.right
def as_a_tensor(nats, tokens):
    error = nats.var().div(len(nats)).sqrt()
    return torch.stack([nats.mean(), error]) / (tokens * math.log(2))


@EXERCISE.right
def as_floats(nats, tokens):
    value, error = bits(nats, tokens)
    return float(value), float(error)


@EXERCISE.slip(r"Those are nats. One bit is $\log 2$ nats.")
def in_nats(nats, tokens):
    error = nats.std() / len(nats) ** 0.5
    return nats.mean() / tokens, error / tokens


@EXERCISE.slip(
    r"You multiplied by $\log 2$. A bit is the smaller unit, 0.69 nats, so there are more of them: divide."
)
def multiplied_by_log_2(nats, tokens):
    error = nats.std() / len(nats) ** 0.5
    return nats.mean() / tokens * math.log(2), error / tokens * math.log(2)


@EXERCISE.slip("That is per row. Divide by the number of tokens.")
def per_row(nats):
    error = nats.std() / len(nats) ** 0.5
    return nats.mean() / math.log(2), error / math.log(2)


@EXERCISE.slip("The bits are right. Convert the error as well: per token, and to bits.")
def error_in_nats(nats, tokens):
    error = nats.std() / len(nats) ** 0.5
    return nats.mean() / tokens / math.log(2), error


@EXERCISE.slip(r"That is the deviation of a row. The error of a mean is smaller by $\sqrt n$.")
def deviation(nats, tokens):
    error = nats.std()
    return nats.mean() / tokens / math.log(2), error / tokens / math.log(2)


@EXERCISE.slip(r"The error of a mean falls with $\sqrt n$, not with $n$.")
def divided_by_n(nats, tokens):
    error = nats.std() / len(nats)
    return nats.mean() / tokens / math.log(2), error / tokens / math.log(2)


@EXERCISE.slip("The bits are right. The error is per row: divide it by the number of tokens too.")
def error_per_row(nats, tokens):
    error = nats.std() / len(nats) ** 0.5
    return nats.mean() / tokens / math.log(2), error / math.log(2)


@EXERCISE.slip(r"The bits are right. The error is in nats: divide it by $\log 2$ too.")
def error_per_token_in_nats(nats, tokens):
    error = nats.std() / len(nats) ** 0.5
    return nats.mean() / tokens / math.log(2), error / tokens


@EXERCISE.slip("That deviation divides by n, ours by n - 1: take `nats.std()` as it is.")
def deviation_of_a_population(nats, tokens):
    error = nats.std(correction=0) / len(nats) ** 0.5
    return nats.mean() / tokens / math.log(2), error / tokens / math.log(2)


@EXERCISE.slip("You summed over the rows. The bits are those of the mean row.")
def sum_for_mean(nats, tokens):
    error = nats.std() / len(nats) ** 0.5
    return nats.sum() / tokens / math.log(2), error / tokens / math.log(2)


@EXERCISE.slip(
    "The rows are independent of each other, the tokens of a row are not: "
    "divide the error by the number of tokens, not by its root."
)
def error_per_root_of_tokens(nats, tokens):
    error = nats.std() / (len(nats) * tokens) ** 0.5
    return nats.mean() / tokens / math.log(2), error / math.log(2)


@EXERCISE.slip("That is the variance of the mean. Its error is the root.")
def variance(nats, tokens):
    value, error = bits(nats, tokens)
    return value, error**2


@EXERCISE.slip("First the bits, then their error.")
def order(nats, tokens):
    value, error = bits(nats, tokens)
    return error, value
