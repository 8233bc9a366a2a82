"""03.6: what a network learns that is not told the time."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def untold_mean(means, log_densities):
    chances = torch.softmax(log_densities, 0)
    return (chances[..., None] * means).sum(0)


def weighted(chances, means):
    return (chances[..., None] * means).sum(0)


def cases():
    return (
        (torch.tensor([[[1.0, 2.0]], [[5.0, -2.0]]]), torch.tensor([[0.0], [1.0]])),
        (normal(0, 3, 4, 2), normal(1, 3, 4)),
        (normal(2, 5, 2, 3), 4 * normal(3, 5, 2) - 1),
        (normal(4, 2, 3, 1), 30 * normal(5, 2, 3) - 2000),  # every density is 0 to a computer
        (normal(18, 3, 2, 2), torch.tensor([[3.0, -900.0], [2.0, -901.0], [2.5, -899.0]], dtype=torch.float64)),
        (normal(6, 1, 3, 2), normal(7, 1, 3)),  # one time alone
        (normal(8, 4, 1, 64).float(), 50 * normal(9, 4, 1).float() - 90),  # a digit as a row
        (20 * normal(10, 4, 5, 2) + 8, 0.1 * normal(11, 4, 5)),
        (normal(12, 3, 3, 3), torch.full((3, 3), -0.4, dtype=torch.float64)),  # x_t says nothing of the time
        (normal(14, 6, 2, 2), 3 * normal(15, 6, 2) + 400),  # sharp densities exceed 1
        (0.02 * normal(16, 3, 2, 2), 0.02 * normal(17, 3, 2)),
    )


def inputs(rng):
    times, batch, d = rng.choice((1, 2, 3, 5, 20)), rng.choice((1, 2, 3, 5)), rng.choice((1, 2, 3, 8, 64))
    means = rng.choice((0.02, 1.0, 1.0, 20.0)) * normal(rng.getrandbits(31), times, batch, d)
    size, shift = rng.choice(((0.02, 0.0), (1.0, 0.0), (1.0, -3.0), (5.0, -1.0), (30.0, -2000.0), (3.0, 400.0)))
    logs = size * normal(rng.getrandbits(31), times, batch) + shift
    if rng.random() < 0.2:
        logs = logs - 800 * torch.arange(batch, dtype=torch.float64)
    return (means.float(), logs.float()) if rng.random() < 0.2 else (means, logs)


EXERCISE = Exercise(
    id="03.6",
    title="A network that isn't told the time",
    difficulty=3,
    minutes=10,
    points=3,
    reference=untold_mean,
    cases=cases,
    law=r"$E[x_0 \mid x_t] = \sum_k p(t_k \mid x_t)\, E[x_0 \mid x_t, t_k]$ with $p(t_k \mid x_t) \propto p_{t_k}(x_t)$, "
    "for each example by itself",
    praise="Bayes' rule again, this time over the times. What $x_t$ itself gives away of the time is all that such a network has.",
    idea="Suppose that $x_t$ lies where it could only have come from one of the times. Which answer is right then? And if it "
    "is equally likely at all of them? Between these two, how likely is each time, once $x_t$ has been seen?",
    why="The squared error is lowest at the mean of all $x_0$ that could have led to this $x_t$, whatever the time was. "
    "First average within each time, then over the times, each with its probability given $x_t$. By Bayes' rule that "
    "is proportional to the density of $x_t$ at that time, as in 03.1; `softmax` divides by the sum.",
    inputs=inputs,
)


@EXERCISE.right
def by_logsumexp(means, log_densities):
    chances = (log_densities - log_densities.logsumexp(0, keepdim=True)).exp()
    return torch.einsum("kb,kbd->bd", chances, means)


@EXERCISE.right
def one_example_at_a_time(means, log_densities):
    rows = []
    for mean, logs in zip(means.unbind(1), log_densities.unbind(1)):
        densities = (logs - logs.max()).exp()
        rows.append((densities[:, None] * mean).sum(0) / densities.sum())
    return torch.stack(rows)


@EXERCISE.slip(
    "You gave all times the same weight. They are equally likely before $x_t$ is seen, and not after: is it as likely at "
    "every time?"
)
def all_times_alike(means):
    return means.mean(0)


@EXERCISE.slip("You took the likeliest time for certain. The others keep a chance, and a share in the mean.")
def likeliest_time(means, log_densities):
    best = log_densities.argmax(0)
    return means[best, torch.arange(means.shape[1])]


@EXERCISE.slip("You normalised over the batch. For each example the weights of the *times* sum to 1.")
def normalised_over_the_batch(means, log_densities):
    return weighted(torch.softmax(log_densities, 1), means)


@EXERCISE.slip("You normalised all weights together. Every example has times of its own, whose weights sum to 1.")
def normalised_together(means, log_densities):
    return weighted(torch.softmax(log_densities.flatten(), 0).reshape(log_densities.shape), means)


@EXERCISE.slip(
    "Right while the densities are of a usual size. Very small ones are 0 to a computer, and the quotient 0/0, and large ones "
    "infinite: only the differences of the logarithms count."
)
def plain_quotient(means, log_densities):
    densities = log_densities.exp()
    return weighted(densities / densities.sum(0), means)


@EXERCISE.slip(
    "One maximum for the whole batch is taken off. An example whose densities are far smaller is left with nothing: each has a "
    "maximum of its own."
)
def one_maximum_for_all(means, log_densities):
    densities = (log_densities - log_densities.max()).exp()
    return weighted(densities / densities.sum(0), means)


@EXERCISE.slip("The weights do not sum to 1. Divide by the sum over the times.")
def not_normalised(means, log_densities):
    return weighted(log_densities.exp(), means)


@EXERCISE.slip("You weighted by the logarithms. Turn them into densities first.")
def by_the_logarithms(means, log_densities):
    return weighted(log_densities / log_densities.sum(0), means)


@EXERCISE.slip("The weights came out as logarithms. The mean needs the probabilities themselves.")
def logarithms_of_the_weights(means, log_densities):
    return weighted(torch.log_softmax(log_densities, 0), means)


@EXERCISE.slip("The least likely time gets the most weight. Turn it round.")
def turned_round(means, log_densities):
    return weighted(torch.softmax(-log_densities, 0), means)


@EXERCISE.slip("`softmax` takes the logarithms as they are. You exponentiated them before.")
def exponential_twice(means, log_densities):
    return weighted(torch.softmax(log_densities.exp(), 0), means)


@EXERCISE.slip("You averaged where a sum is due: the weights sum to 1 already.")
def averaged_after_weighting(means, log_densities):
    return (torch.softmax(log_densities, 0)[..., None] * means).mean(0)


@EXERCISE.slip("Those are the probabilities of the times. What is the answer, if each time has one of its own?")
def chances_returned(log_densities):
    return torch.softmax(log_densities, 0)


@EXERCISE.slip("You summed over the examples. The sum is over the times, and each example keeps its row.")
def summed_over_the_batch(means, log_densities):
    return (torch.softmax(log_densities, 0)[..., None] * means).sum(1)


@EXERCISE.slip("You used the answer of the first time only.")
def first_time(means):
    return means[0]


@EXERCISE.slip("You used the answer of the last time only.")
def last_time(means):
    return means[-1]
