"""13.4: the centre and the scale of all latents, which come in batches."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def latent_scale(batches):
    z = torch.cat(batches)
    mean = z.mean((0, 2, 3))
    return mean, (z - mean[:, None, None]).square().mean().sqrt()


def cases():
    shift = torch.tensor([3.0, -1.0], dtype=torch.float64)[:, None, None]
    return (
        [2 * normal(0, 2, 2, 2, 2), 0.5 * normal(1, 1, 2, 2, 2)],
        [normal(2, 4, 2, 3, 3) + shift, 4 * normal(3, 2, 2, 3, 3) - 2 * shift],
        [7 * normal(4, 3, 2, 2, 4) + shift],  # one batch
        [normal(5, 1, 1, 2, 3) + 5, normal(6, 1, 1, 2, 3) - 5, 0.1 * normal(7, 1, 1, 2, 3)],
        [0.2 * normal(8, 3, 3, 2, 2), 3 * normal(9, 2, 3, 2, 2) + 1, normal(10, 1, 3, 2, 2)],
        [torch.tensor([5.0, 1.0, 0.2], dtype=torch.float64)[:, None, None] * normal(11, 4, 3, 2, 2), normal(12, 2, 3, 2, 2)],
        [(6.0 * normal(13, 4, 2, 3, 2) + 2).float(), normal(14, 4, 2, 3, 2).float()],
        [0.05 * normal(15, 5, 2, 8, 8), 0.05 * normal(16, 3, 2, 8, 8) + 0.02],
    )


def one_argument(batches):
    return (batches,)


def inputs(rng):
    channels, height, width = rng.choice((1, 2, 3)), rng.choice((2, 3, 8)), rng.choice((2, 4, 8))
    shift = rng.choice((0.0, 3.0)) * normal(rng.getrandbits(31), channels, 1, 1)
    return (
        [
            10 ** rng.uniform(-1, 1) * normal(rng.getrandbits(31), rng.choice((1, 2, 5)), channels, height, width) + rng.choice((1, 1, -2)) * shift
            for _ in range(rng.choice((1, 2, 3, 4)))
        ],
    )  # fmt: skip


EXERCISE = Exercise(
    id="13.4",
    title="One centre, one scale",
    difficulty=2,
    minutes=7,
    points=2,
    reference=latent_scale,
    cases=lambda: tuple(map(one_argument, cases())),
    law=r"$m_c = \text{mean of } z_c$ over all examples and places, $\quad s^2 = \text{mean of } (z_c - m_c)^2$ over everything",
    praise="Kept with the autoencoder, used once on the way in and once on the way out.",
    idea="What would you do if all latents came in one tensor? Over which of its axes is the mean of a channel taken, and over which the "
    "one scale? Batches may hold different numbers of examples, and may lie at different places.",
    why="Take all batches together, subtract from each channel its mean over examples and places, and take the root of the mean square "
    "of all that is left. A mean of the batches' own figures would count the examples of a small batch more, and the distance between "
    "batches not at all.",
    inputs=inputs,
)


@EXERCISE.right
def by_sums(batches):
    count = sum(z[:, 0].numel() for z in batches)
    mean = sum(z.sum((0, 2, 3)) for z in batches) / count
    squares = sum(((z - mean[:, None, None]) ** 2).sum() for z in batches)
    return mean, (squares / (count * len(mean))) ** 0.5


@EXERCISE.right
def channel_by_channel(batches):
    parts = [torch.cat([z[:, c].flatten() for z in batches]) for c in range(batches[0].shape[1])]
    means = [part.mean() for part in parts]
    return torch.stack(means), torch.stack([(part - mean).square().mean() for part, mean in zip(parts, means)]).mean().sqrt()


def of_first(batches):
    return latent_scale(batches[:1])


@EXERCISE.slip("You took the first batch for all. Others may lie elsewhere and be wider.")
def first_batch_alone(batches):
    return of_first(batches)


@EXERCISE.slip("You averaged the means of the batches. A small batch then counts as much as a large one.")
def mean_of_means(batches):
    mean = torch.stack([z.mean((0, 2, 3)) for z in batches]).mean(0)
    z = torch.cat(batches) - mean[:, None, None]
    return mean, z.square().mean().sqrt()


@EXERCISE.slip("You averaged the scales of the batches, each about its own mean. How far the batches lie apart is lost.")
def mean_of_scales(batches):
    return latent_scale(batches)[0], torch.stack([latent_scale([z])[1] for z in batches]).mean()


@EXERCISE.slip("The scale is that of the latents without their mean. You measured from zero.")
def mean_not_removed(batches):
    return latent_scale(batches)[0], torch.cat(batches).square().mean().sqrt()


@EXERCISE.slip("That is a variance. To divide by it, take its root.")
def variance_for_scale(batches):
    mean, scale = latent_scale(batches)
    return mean, scale**2


@EXERCISE.slip("One scale for all channels is asked for: a scale for each would make the quiet channel as loud as the other.")
def scale_of_each_channel(batches):
    z = torch.cat(batches)
    mean = z.mean((0, 2, 3))
    return mean, (z - mean[:, None, None]).square().mean((0, 2, 3)).sqrt()


@EXERCISE.slip("One mean for each channel is asked for. You took one for all.")
def one_mean_for_all(batches):
    z = torch.cat(batches)
    return z.mean(), (z - z.mean()).square().mean().sqrt()


@EXERCISE.slip("Divide by the number of entries, not by one less: the scale is that of these latents themselves.")
def one_less(batches):
    z = torch.cat(batches)
    mean = z.mean((0, 2, 3))
    return mean, (z - mean[:, None, None]).std()


@EXERCISE.slip("You averaged over examples alone, and have a mean for each place. A channel has one mean, over examples and places.")
def a_mean_for_each_place(batches):
    z = torch.cat(batches)
    return z.mean(0), (z - z.mean(0)).square().mean().sqrt()


@EXERCISE.slip("Both are right, in the other order: first the means, then the scale.")
def other_order(batches):
    return latent_scale(batches)[::-1]


@EXERCISE.slip("That is one over the scale. Latents are to be divided by what you return.")
def inverted(batches):
    mean, scale = latent_scale(batches)
    return mean, 1 / scale


@EXERCISE.slip("You took the mean absolute distance. A scale is the root of the mean square.")
def mean_absolute(batches):
    mean, _ = latent_scale(batches)
    return mean, (torch.cat(batches) - mean[:, None, None]).abs().mean()


@EXERCISE.slip("Each channel's deviation is right, but their mean is not the deviation of all: average the variances, then take the root.")
def mean_of_deviations(batches):
    z = torch.cat(batches)
    mean = z.mean((0, 2, 3))
    return mean, (z - mean[:, None, None]).square().mean((0, 2, 3)).sqrt().mean()
