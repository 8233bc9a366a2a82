"""05.6: the mean squared distance of images to the mean image of their class."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def within_class_variance(images, classes):
    rows, total = images.flatten(1), 0.0
    for k in classes.unique():
        own = rows[classes == k]
        total += ((own - own.mean(0)) ** 2).sum()
    return total / len(rows)


def three_classes(seed: int, n: int, *shape: int):
    """Classes of different means, of which class 1 is twice as wide as the others."""
    x, classes = normal(seed, n, *shape), torch.arange(n) % 3
    column = classes.reshape(-1, *[1] * len(shape))
    return x + 2.0 * column + (column == 1) * x, classes


def cases():
    images = torch.tensor([[0.0, 0.0], [2.0, 0.0], [4.0, 3.0], [5.0, 1.0], [5.0, 4.0]])
    return (
        (images, torch.tensor([3, 3, 3, 12, 12])),
        (3 + normal(11, 5, 2), torch.full((5,), 7)),
        three_classes(8, 10, 3),
        three_classes(9, 8, 1, 4, 2),
        (normal(10, 5, 5), torch.tensor([-2, 2, -2, 0, 2])),  # a negative label, and a class of one image
        (normal(12, 1, 1, 3, 3), torch.tensor([4])),  # one image
        (10 * normal(13, 6, 1, 8, 8), torch.tensor([1000, 9, 1000, 9, 9, -1])),
    )


def inputs(rng):
    n, shape = rng.choice((1, 2, 5, 8, 20)), rng.choice(((1,), (3,), (5,), (2, 2), (1, 8, 8)))
    labels = rng.choice(([0, 1, 2], [7], [3, 12], [-4, 0, 4], [1000, -1, 5000], [*range(10)]))
    classes = torch.tensor(rng.choices(labels, k=n))
    place = classes.unique(return_inverse=True)[1].reshape(-1, *[1] * len(shape))
    return rng.choice((0.1, 1.0, 10.0)) * (3 * place + normal(rng.getrandbits(31), n, *shape)), classes


EXERCISE = Exercise(
    id="05.6",
    title="Diversity within a class",
    difficulty=2,
    minutes=8,
    points=2,
    reference=within_class_variance,
    cases=cases,
    law=r"$\frac{1}{n} \sum_i |x_i - m_{c(i)}|^2$, where $m_c$ is the mean of class $c$",
    praise="A sampler that draws ten pictures over and over scores 0 here.",
    idea="Draw two far clusters on paper, each with its own centre, and move one of them: nothing may "
    "change. What does a class of one image add? And do the labels have to be small, or positive, or in "
    "order?",
    why="Each image counts once, with its squared distance to the mean of its own class $m_{c(i)}$. The "
    "sum over classes of the sums over their images is divided once, by the number of images.",
    inputs=inputs,
)


def by_class(images, classes):
    """The images of each class that occurs, as rows."""
    rows = images.flatten(1)
    return [rows[classes == k] for k in classes.unique()]


def squared_distances(rows):
    """Of each row to the mean of all."""
    return ((rows - rows.mean(0)) ** 2).sum(1)


@EXERCISE.right
def image_by_image(images, classes):
    total = 0
    for image, k in zip(images, classes):
        total += ((image - images[classes == k].mean(0)) ** 2).sum()
    return total / len(images)


@EXERCISE.right
def variances_weighted(images, classes):
    total = sum(len(own) * own.var(0, unbiased=False).sum() for own in by_class(images, classes))
    return total / len(images)


@EXERCISE.slip(
    "You took off the mean of all images. Then the differences *between* classes count as diversity too."
)
def one_mean_for_all(images):
    return squared_distances(images.flatten(1)).mean()


@EXERCISE.slip("You averaged over the entries of an image. The squared distance is their sum.")
def averaged_over_entries(images, classes):
    return within_class_variance(images, classes) / images[0].numel()


@EXERCISE.slip(
    "You summed over the last axis only and averaged over the others. An image may have several axes: "
    "the squared distance is a sum over all of them."
)
def summed_over_the_last_axis(images, classes):
    return within_class_variance(images, classes) * images.shape[-1] / images[0].numel()


@EXERCISE.slip(
    "You averaged over classes. A small class then counts as much as a large one; average over images."
)
def mean_of_the_classes(images, classes):
    means = [squared_distances(own).mean() for own in by_class(images, classes)]
    return sum(means) / len(means)


@EXERCISE.slip(
    "You added up one mean for each class. Add the squared distances of all images, "
    "and divide once, by their number."
)
def classes_added(images, classes):
    return sum(squared_distances(own).mean() for own in by_class(images, classes))


@EXERCISE.slip(
    "That is the variance *between* the class means. Asked for is what is left within the classes."
)
def between_the_classes(images, classes):
    return squared_distances(images.flatten(1)).mean() - within_class_variance(images, classes)


def over_labels(labels, images, classes):
    """The reference, with these labels in its loop."""
    rows = images.flatten(1)
    return sum(squared_distances(rows[classes == k]).sum() for k in labels) / len(images)


@EXERCISE.slip("Labels need not be 0 to k - 1. Loop over `classes.unique()`.")
def labels_counted_from_0(images, classes):
    return over_labels(range(len(classes.unique())), images, classes)


@EXERCISE.slip("Labels need not be digits; one here is above 9. Loop over `classes.unique()`.")
def ten_labels(images, classes):
    return over_labels(range(10), images, classes)


@EXERCISE.slip("Labels may be any whole numbers, negative ones too. Loop over `classes.unique()`.")
def labels_up_to_the_largest(images, classes):
    return over_labels(range(int(classes.max()) + 1), images, classes)


@EXERCISE.slip(
    "`own.mean()` is one number for all pixels. The mean image is `own.mean(0)`, over the images only."
)
def one_number_for_a_mean(images, classes):
    total = sum(((own - own.mean()) ** 2).sum() for own in by_class(images, classes))
    return total / len(images)


@EXERCISE.slip(
    "`var` divides by one less than the number of images, and by 0 for a single one. Use `unbiased=False`."
)
def divided_by_n_minus_1(images, classes):
    total = sum(len(own) * own.var(0).sum() for own in by_class(images, classes))
    return total / len(images)


@EXERCISE.slip("You averaged the distances. Square them first.")
def distance_not_squared(images, classes):
    total = sum(squared_distances(own).sqrt().sum() for own in by_class(images, classes))
    return total / len(images)


@EXERCISE.slip("That is a deviation. Asked for is the variance.")
def root_taken(images, classes):
    return within_class_variance(images, classes).sqrt()


@EXERCISE.slip("Divide by the number of images.")
def summed_over_images(images, classes):
    return sum(squared_distances(own).sum() for own in by_class(images, classes))
