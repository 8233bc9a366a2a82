"""03.5: the training loss, the mean squared error of a network's guess of x_0."""

from __future__ import annotations

import torch

from ...checks import Exercise, both, close, close_on, normal
from ...destroy import Gaussian, Trig

# The one weight of the toy network: `slope` asks whether a loss can still train it.
PARAMETER = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)


def prediction_error(network, x0, eps, t, alpha, sigma):
    x_t = alpha * x0 + sigma * eps
    squares = (network(x_t, t) - x0) ** 2
    return squares.flatten(1).mean(1)


def mean_square(error):
    return (error**2).flatten(1).mean(1)


def toy_network(shape):
    """Stands for a network: asymmetric in x_t, different at each time, with one parameter."""

    def network(x_t, t):
        if tuple(x_t.shape) != shape:
            raise ValueError(f"the network got x_t of shape {tuple(x_t.shape)}; x0 has shape {shape}")
        if tuple(t.shape) != shape[:1]:
            raise ValueError(f"the network got t of shape {tuple(t.shape)}; it was given as {shape[:1]}")
        return PARAMETER * x_t + 0.1 * x_t**2 - t.reshape(-1, *[1] * (x_t.ndim - 1))

    return network


def case(seed, *shape, first=0.15, last=0.85, size=1.0, weakest=0.0):
    t = torch.linspace(first, last, shape[0], dtype=torch.float64)
    scale = t.reshape(-1, *[1] * (len(shape) - 1))
    x0, eps = size * normal(seed, *shape), size * normal(seed + 1, *shape)
    return toy_network(shape), x0, eps, t, 1 - (1 - weakest) * scale, 1.3 * scale


def cases():
    return (
        case(16, 2, 3),
        case(18, 4, 2),
        case(20, 3, 2, 4, 2),
        case(22, 1, 2, weakest=0.4),
        case(24, 3, 3, first=1.0, last=0.0),
        case(26, 2, 1, 4, 4, weakest=1.0),  # nothing of x0 is lost; digits have one channel
        case(28, 1, 1, 2, 3),
        case(30, 5, 1, size=6.0),
    )


def inputs(rng):
    batch = rng.choice((1, 2, 3, 5))
    shape = (batch, *rng.choice(((1,), (2,), (3,), (5,), (1, 4, 4), (2, 2, 2), (3, 4, 2))))
    size = rng.choice((0.1, 1.0, 1.0, 6.0))
    x0, eps = size * normal(rng.getrandbits(31), *shape), size * normal(rng.getrandbits(31), *shape)
    t, alpha, sigma = (
        torch.tensor([rng.choice((0.0, 1.0, *[rng.random()] * 4)) for _ in range(batch)], dtype=torch.float64)
        for _ in range(3)
    )
    fitting = (batch, *[1] * (len(shape) - 1))
    return toy_network(shape), x0, eps, t, alpha.reshape(fitting), rng.choice((1, 3)) * sigma.reshape(fitting)


def slope(loss):
    """The derivative of a weighted sum of the losses with respect to the parameter; 0 if it is lost."""
    if not loss.requires_grad:
        return 0.0
    weighted = loss.flatten() * torch.arange(1, loss.numel() + 1)
    return torch.autograd.grad(weighted.sum(), PARAMETER, retain_graph=True)[0]


EXERCISE = Exercise(
    id="03.5",
    title="The training loss",
    difficulty=2,
    minutes=8,
    points=2,
    reference=prediction_error,
    cases=cases,
    law=r"$\frac{1}{d} \left| G(\alpha_t x_0 + \sigma_t \varepsilon, t) - x_0 \right|^2$, "
    "one number for each example",
    compare=both(
        close(),
        close_on(slope, "the result has lost its way back to the network's weights"),
    ),
    praise="Destroy, guess, compare. This is all that training is.",
    idea="Take a network that always answers 0, and an example without a single 0: what must come out, "
    "whatever the noise? And if only one of three examples is guessed wrongly, which numbers of the result "
    "change?",
    why=r"The network sees only what the destruction leaves, $x_t = \alpha_t x_0 + \sigma_t \varepsilon$, "
    "and is compared with what it should have said, $x_0$. The squares are averaged over all entries of "
    "one example, so that each example keeps a number of its own.",
    inputs=inputs,
)


@EXERCISE.right
def row_by_row(network, x0, eps, t, alpha, sigma):
    errors = x0 - network(alpha * x0 + sigma * eps, t)
    return torch.stack([row.square().mean() for row in errors])


@EXERCISE.slip(
    "The network saw the clean $x_0$. Destroy it first, with the noise and the scales that you are given."
)
def clean_data_shown(network, x0, t):
    return mean_square(network(x0, t) - x0)


@EXERCISE.slip(
    r"You added the noise to the whole of $x_0$. Only the share $\alpha_t$ of it is left in $x_t$."
)
def data_not_scaled(network, x0, eps, t, sigma):
    x_t = x0 + sigma * eps
    return mean_square(network(x_t, t) - x0)


@EXERCISE.slip(r"You squared $\sigma_t$. The noise enters with its deviation, not with its variance.")
def variance_for_deviation(network, x0, eps, t, alpha, sigma):
    x_t = alpha * x0 + sigma**2 * eps
    return mean_square(network(x_t, t) - x0)


@EXERCISE.slip(r"The scales have changed places: $\alpha_t$ belongs to $x_0$, $\sigma_t$ to the noise.")
def scales_swapped(network, x0, eps, t, alpha, sigma):
    x_t = sigma * x0 + alpha * eps
    return mean_square(network(x_t, t) - x0)


@EXERCISE.slip("You destroyed with the schedule of this lesson. Use the `alpha` and `sigma` you are given.")
def process_of_the_lesson(network, x0, eps, t):
    x_t = Gaussian(Trig()).forward(x0, eps, t)
    return mean_square(network(x_t, t) - x0)


@EXERCISE.slip("You drew noise of your own. Use the `eps` you are given: the answer has no chance in it.")
def fresh_noise(network, x0, t, alpha, sigma):
    x_t = alpha * x0 + sigma * torch.randn_like(x0)
    return mean_square(network(x_t, t) - x0)


@EXERCISE.slip(
    r"You compared with $\varepsilon$. This network guesses $x_0$. (Lesson 07 trains for the noise.)"
)
def target_is_the_noise(network, x0, eps, t, alpha, sigma):
    x_t = alpha * x0 + sigma * eps
    return mean_square(network(x_t, t) - eps)


@EXERCISE.slip("You compared with $x_t$, which the network is given. It must guess $x_0$.")
def target_is_x_t(network, x0, eps, t, alpha, sigma):
    x_t = alpha * x0 + sigma * eps
    return mean_square(network(x_t, t) - x_t)


# What most of the next slips share: the network is asked as it should be.
def error_of_the_guess(network, x0, eps, t, alpha, sigma):
    return network(alpha * x0 + sigma * eps, t) - x0


@EXERCISE.slip(
    "You averaged over the batch. Return one number for each example, so that it can be weighted later."
)
def averaged_over_the_batch(**given):
    return (error_of_the_guess(**given) ** 2).mean()


@EXERCISE.slip("Right for points. Of an image you averaged one axis only: make rows of the squares first.")
def one_axis_averaged(**given):
    return (error_of_the_guess(**given) ** 2).mean(1)


@EXERCISE.slip("You summed over the entries. Divide by their number $d$.")
def summed_over_entries(**given):
    return (error_of_the_guess(**given) ** 2).flatten(1).sum(1)


@EXERCISE.slip("You averaged absolute errors. Those are lowest at the median, squares at the mean.")
def absolute_errors(**given):
    return error_of_the_guess(**given).abs().flatten(1).mean(1)


@EXERCISE.slip("You averaged first, and errors of opposite sign cancelled. Square first.")
def mean_before_the_square(**given):
    return error_of_the_guess(**given).flatten(1).mean(1) ** 2


@EXERCISE.slip("That is a distance. Only the *square* has the posterior mean as its minimiser.")
def root_taken(**given):
    return prediction_error(**given).sqrt()


@EXERCISE.slip("The network must be told the time of its input: `network(x_t, t)`.")
def time_not_told(network, x0, eps, t, alpha, sigma):
    x_t = alpha * x0 + sigma * eps
    return mean_square(network(x_t, 0 * t) - x0)


@EXERCISE.slip(
    "You made rows of the images before the network saw them. It takes the shape of `x0`; flatten the errors."
)
def flattened_first(network, x0, eps, t, alpha, sigma):
    x_t = (alpha * x0 + sigma * eps).flatten(1)
    return ((network(x_t, t) - x0.flatten(1)) ** 2).mean(1)


@EXERCISE.slip(
    "The numbers are right, but nothing can be learnt from them: the gradient is cut off. Leave `no_grad`, "
    "`detach` and `float` away."
)
def gradient_lost(**given):
    return prediction_error(**given).detach()


@EXERCISE.slip(
    r"Those are the scales of another notation, with roots. Use $\alpha_t$ and $\sigma_t$ as they are given."
)
def scales_of_ddpm(network, x0, eps, t, alpha):
    x_t = alpha.sqrt() * x0 + (1 - alpha).sqrt() * eps
    return mean_square(network(x_t, t) - x0)


@EXERCISE.slip("You computed the noise scale from `alpha`. The two need not lie on a circle: use `sigma`.")
def sigma_from_alpha(network, x0, eps, t, alpha):
    x_t = alpha * x0 + (1 - alpha**2).sqrt() * eps
    return mean_square(network(x_t, t) - x0)


@EXERCISE.slip("You computed the signal scale from the time. Other schedules have another: use `alpha`.")
def alpha_from_the_time(network, x0, eps, t, alpha, sigma):
    x_t = (1 - t).reshape(alpha.shape) * x0 + sigma * eps
    return mean_square(network(x_t, t) - x0)


@EXERCISE.slip("You took the noise off. To destroy, it is added.")
def noise_subtracted(network, x0, eps, t, alpha, sigma):
    x_t = alpha * x0 - sigma * eps
    return mean_square(network(x_t, t) - x0)


@EXERCISE.slip(r"$\alpha_t$ is given as a scale. You took its root, as if it were a variance.")
def root_of_alpha(network, x0, eps, t, alpha, sigma):
    x_t = alpha.sqrt() * x0 + sigma * eps
    return mean_square(network(x_t, t) - x0)


@EXERCISE.slip("You halved it. Asked for is the plain mean of the squares.")
def halved(**given):
    return prediction_error(**given) / 2


@EXERCISE.slip("Of an image you averaged over one axis and summed over the rest. All entries count alike.")
def rest_summed(**given):
    squares = error_of_the_guess(**given) ** 2
    return squares.flatten(2).sum(2).mean(1) if squares.ndim > 2 else squares.mean(1)


@EXERCISE.slip("The numbers are right, but half of the gradient is gone: one of the two factors is detached.")
def half_of_the_gradient(**given):
    error = error_of_the_guess(**given)
    return (error * error.detach()).flatten(1).mean(1)
