"""11.5: bits per token with their standard error, from the nats of each row."""

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
        (torch.tensor([0.0, 1.0], dtype=torch.float64), 1),
        (300 * uniform(10, 7), 7),
        (torch.full((4,), 6.0, dtype=torch.float64), 3),  # all rows alike: no error
        ((150 * uniform(11, 300)).float(), 64),
    )


def inputs(rng):
    n, tokens = rng.choice((2, 3, 7, 40, 300)), rng.choice((1, 2, 3, 7, 12, 64))
    nats = rng.choice((0.01, 0.5, 3.0, 150.0)) * uniform(rng.getrandbits(31), n) + rng.choice((0.0, 2.0))
    if rng.random() < 0.1:
        nats = nats.mean().expand(n).clone()
    if rng.random() < 0.2:
        nats[0], nats[1] = 0.0, 1.0  # a row that is sure, and one that pays just one nat
    return nats.float() if rng.random() < 0.2 else nats, tokens


EXERCISE = Exercise(
    id="11.5",
    title="Bits, and how sure",
    difficulty=2,
    minutes=6,
    points=2,
    reference=bits,
    cases=cases,
    law=r"bits = mean / (tokens $\cdot \log 2$), "
    r"error = deviation / ($\sqrt{n}\, \cdot$ tokens $\cdot \log 2$)",
    praise="A number without its error is half a number.",
    idea="How many nats is one bit? Four times as many rows: what becomes of the mean, and what of its "
    "error? And twice as many tokens in a row?",
    why=r"One bit is $\log 2$ nats. The mean of $n$ independent rows scatters by the deviation of one row "
    r"over $\sqrt{n}$; both are shared out among the tokens.",
    inputs=inputs,
)


@EXERCISE.right
def as_a_tensor(nats, tokens):
    error = nats.var().div(len(nats)).sqrt()
    return torch.stack([nats.mean(), error]) / (tokens * math.log(2))


@EXERCISE.right
def as_floats(nats, tokens):
    value, error = bits(nats, tokens)
    return float(value), float(error)


@EXERCISE.slip("Those are nats per token. Convert both to bits.")
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


@EXERCISE.slip(
    "Those are decimal digits: a bit is the information of a choice between *two*, so its logarithm is that "
    "of 2."
)
def decimal_digits(nats, tokens):
    error = nats.std() / len(nats) ** 0.5
    return nats.mean() / tokens / math.log(10), error / tokens / math.log(10)


@EXERCISE.slip(
    "You took the logarithm of the nats. They are logarithms already: a change of unit is a factor."
)
def logarithm_of_the_nats(nats, tokens):
    value = (nats / tokens).log2()
    return value.mean(), value.std() / len(nats) ** 0.5


@EXERCISE.slip("You used the number of tokens where the number of *rows* belongs: the mean is over rows.")
def root_of_the_tokens(nats, tokens):
    error = nats.std() / tokens**0.5
    return nats.mean() / tokens / math.log(2), error / tokens / math.log(2)


@EXERCISE.slip("You multiplied by the number of tokens. A token pays a *part* of what its row pays.")
def multiplied_by_the_tokens(nats, tokens):
    error = nats.std() / len(nats) ** 0.5
    return nats.mean() * tokens / math.log(2), error * tokens / math.log(2)


@EXERCISE.slip("You divided by the number of rows once more. The mean has done that already.")
def divided_by_the_rows_twice(nats, tokens):
    error = nats.std() / len(nats) ** 0.5
    return nats.mean() / len(nats) / tokens / math.log(2), error / tokens / math.log(2)


@EXERCISE.slip("The bits alone? Their standard error is asked for as well.")
def bits_alone(nats, tokens):
    return bits(nats, tokens)[0]


@EXERCISE.slip("The bits are right. For the error you took the variance of a row: take its deviation.")
def variance_of_a_row(nats, tokens):
    error = nats.var() / len(nats) ** 0.5
    return nats.mean() / tokens / math.log(2), error / tokens / math.log(2)


@EXERCISE.slip(
    "That is about two errors, an interval that holds the truth nineteen times out of twenty. Asked for is "
    "one."
)
def twice_the_error(nats, tokens):
    value, error = bits(nats, tokens)
    return value, 1.96 * error


@EXERCISE.slip("The median is not the mean, and it would not be the bound.")
def median(nats, tokens):
    _, error = bits(nats, tokens)
    return nats.median() / tokens / math.log(2), error


@EXERCISE.slip("Those are the two ends of an interval. Return the value itself, and its error.")
def interval(nats, tokens):
    value, error = bits(nats, tokens)
    return value - error, value + error


@EXERCISE.slip("You took one row off where the deviation has done so already. Here all rows count.")
def one_row_less(nats, tokens):
    error = nats.std() / (len(nats) - 1) ** 0.5
    return nats.mean() / tokens / math.log(2), error / tokens / math.log(2)


@EXERCISE.slip("A sign: `nats` is what a row pays. More is worse, and stays positive.")
def sign(nats, tokens):
    value, error = bits(nats, tokens)
    return -value, error
