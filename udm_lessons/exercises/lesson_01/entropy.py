"""01.5: how uncertain the data is once x_t has been seen, from the log-likelihoods of all data rows."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, normal, uniform


def entropy(weights):
    return -torch.xlogy(weights, weights).sum(1)


def posterior_entropy(log_likelihood):
    pi = log_likelihood.softmax(1)
    return -torch.xlogy(pi, pi).sum(1)


def cases():
    return (
        (torch.tensor([[-1.0, -2.0]]),),
        (normal(22, 3, 4) * 2 - 90.0,),
        (torch.tensor([[-3.0, -math.inf, -4.0], [-1.0, -1.0, -2.5]]),),
        (torch.tensor([[-2000.0, -2001.0, -2000.5]]),),
        (torch.tensor([[110.0, 111.5, 109.0], [-900.0, -901.0, -899.5]]),),
        (normal(46, 3, 3) * 3 - 5.0,),
        (torch.tensor([[-4.0, -4.0, -4.0, -4.0, -4.0], [-math.inf, -math.inf, -2.0, -math.inf, -math.inf]]),),
        (normal(47, 2, 300).float() * 2 - 60.0,),
        (normal(48, 5, 2) * 2 + 750.0,),
        (torch.tensor([[-3.0], [2.0]]),),  # a single row of data: nothing to guess
    )


def inputs(rng):
    batch, n = rng.choice([1, 2, 3, 5]), rng.choice([1, 2, 3, 4, 40])
    spread = rng.choice([0.0, 0.3, 2.0, 10.0])
    middle = rng.choice([0.0, -5.0, 3.0, -90.0, 110.0, -2000.0, 750.0])
    x = normal(rng.getrandbits(31), batch, n) * spread + middle
    x = x + rng.choice([0.0, 2.0, 1000.0]) * normal(rng.getrandbits(31), batch, 1)
    if rng.random() < 0.3:  # rows of the data that cannot have led there, but one that can
        gone = uniform(rng.getrandbits(31), batch, n) < 0.4
        gone[:, rng.randrange(n)] = False
        x = x.masked_fill(gone, -math.inf)
    return (x,)


EXERCISE = Exercise(
    id="01.5",
    title="What is left to guess",
    difficulty=2,
    minutes=8,
    points=2,
    reference=posterior_entropy,
    cases=cases,
    law=r"$H(x_0 \mid x_t) = -\sum_i \pi_i \log \pi_i$, where $\pi_i$ is $p(x_t \mid d_i)$ over its sum, "
    r"and $0 \log 0 = 0$",
    praise="$e^H$ is the effective number of rows that are still in the running.",
    idea="Test two rows by hand: one in which all data rows are equally likely, one in which a single row "
    "is certain. "
    "What happens if you add the same number to all log-likelihoods of a row?",
    why="The softmax is Bayes' rule for rows that were equally likely before: it takes off the largest "
    "logarithm "
    r"first, so nothing under- or overflows. `xlogy` knows that $\pi \log \pi$ tends to 0 with $\pi$.",
    inputs=inputs,
)


@EXERCISE.right
def by_torch(log_likelihood):
    return torch.special.entr(log_likelihood.softmax(1)).sum(1)


@EXERCISE.right
def by_a_distribution(log_likelihood):
    return torch.distributions.Categorical(logits=log_likelihood.clamp(min=-1e4)).entropy()


@EXERCISE.slip(
    "You measured in bits, with the logarithm to base 2. Here the unit is the nat: "
    "take the natural logarithm."
)
def bits(log_likelihood):
    return posterior_entropy(log_likelihood) / math.log(2)


@EXERCISE.slip("Entropy is never negative. Look at the sign.")
def sign(log_likelihood):
    return -posterior_entropy(log_likelihood)


@EXERCISE.slip(
    "Your likelihoods are too small for a computer: `exp` of a large negative number is 0, and 0/0 is NaN. "
    "`softmax` takes the logarithms as they are."
)
def logarithms_left_too_early(log_likelihood):
    likelihood = log_likelihood.exp()
    return entropy(likelihood / likelihood.sum(1, keepdim=True))


@EXERCISE.slip(
    "You summed over the batch as well. There is one entropy for each $x_t$: sum over axis 1 alone."
)
def summed_over_all(log_likelihood):
    return posterior_entropy(log_likelihood).sum()


@EXERCISE.slip(
    "You normalised over the samples of the batch. For one $x_t$ the weights of all data rows sum to one, "
    "so the sum runs along axis 1."
)
def normalised_over_the_batch(log_likelihood):
    return entropy(log_likelihood.softmax(0))


@EXERCISE.slip("You used likelihoods as if they were probabilities. Bayes' rule asks for normalised weights.")
def not_normalised(log_likelihood):
    return entropy(log_likelihood.exp())


@EXERCISE.slip(
    r"You averaged the log-likelihoods. In the formula stands the logarithm of the weight $\pi_i$, "
    "which is normalised."
)
def log_likelihood_for_log_weight(log_likelihood):
    weights = log_likelihood.softmax(1)
    return -(weights * log_likelihood).sum(1)


@EXERCISE.slip(
    "You used likelihoods as if they were probabilities, in both places. "
    r"Bayes' rule asks for normalised weights $\pi_i$."
)
def likelihoods_throughout(log_likelihood):
    return -(log_likelihood.exp() * log_likelihood).sum(1)


@EXERCISE.slip("You averaged over the data rows. The weights are the average already: take the sum.")
def mean_for_sum(log_likelihood):
    return posterior_entropy(log_likelihood) / log_likelihood.shape[1]


@EXERCISE.slip(
    r"Where a row cannot have led to $x_t$, its weight is 0 and its logarithm $-\infty$; "
    r"their product came out as NaN. The limit of $\pi \log \pi$ is 0. `torch.xlogy` knows that."
)
def zero_times_minus_infinity(log_likelihood):
    return -(log_likelihood.softmax(1) * log_likelihood.log_softmax(1)).sum(1)


@EXERCISE.slip(
    r"You divided by $\log n$. That share is taken later on the page: here the entropy itself is asked "
    "for, in nats."
)
def share_of_the_most(log_likelihood):
    return posterior_entropy(log_likelihood) / math.log(max(2, log_likelihood.shape[1]))


@EXERCISE.slip("That is the effective number of rows. Asked for is the entropy, which is its logarithm.")
def number_of_rows(log_likelihood):
    return posterior_entropy(log_likelihood).exp()


@EXERCISE.slip("You averaged over the batch as well. There is one entropy for each $x_t$.")
def averaged_over_the_batch(log_likelihood):
    return posterior_entropy(log_likelihood).mean()


@EXERCISE.slip("That is how likely the best row is to be wrong. The entropy looks at all the rows.")
def chance_of_an_error(log_likelihood):
    return 1 - log_likelihood.softmax(1).amax(1)


@EXERCISE.slip("You returned the terms of the sum. Add them up, one number for each $x_t$.")
def not_summed(log_likelihood):
    return torch.special.entr(log_likelihood.softmax(1))


@EXERCISE.slip("You kept the axis that you summed over. The result has one axis alone, the batch.")
def axis_kept(log_likelihood):
    return posterior_entropy(log_likelihood)[:, None]


@EXERCISE.slip(
    "You took the largest number of the whole batch off. Where rows differ a lot, some still underflow: "
    "each row needs its own."
)
def one_largest_for_all_rows(log_likelihood):
    likelihood = (log_likelihood - log_likelihood.max()).exp()
    return entropy(likelihood / likelihood.sum(1, keepdim=True))


@EXERCISE.slip("A single impossible candidate turns the whole sum into NaN, and you made 0 of it. Mend the term, not the sum.")
def sum_mended(log_likelihood):
    pi = log_likelihood.softmax(1)
    return (-(pi * pi.log()).sum(1)).nan_to_num(0.0)
