"""04.7: how far a chain drifts if every guess is off by one, and the next guess believes the chain."""

from __future__ import annotations

import torch

from ...checks import Exercise, uniform


def drift(snr, rho):
    ratio = snr[:-1] / snr[1:]
    return (1 - rho * ratio.sqrt()).sum()


def _row(*values):
    return torch.tensor(values, dtype=torch.float64)


def chain(seed, steps, start=0.01, most=4.0):
    """SNRs that rise by factors between 1.05 and 1.05 + most, and shares between -1 and 1."""
    rises = 1.05 + most * uniform(seed, steps)
    return start * torch.cat([torch.ones(1, dtype=torch.float64), rises.cumprod(0)]), 2 * uniform(seed + 1, steps) - 1


def cases():
    return (
        (_row(1.0, 4.0), _row(0.5)),
        (_row(0.25, 1.0, 9.0), _row(1.0, 1.0)),
        (_row(0.25, 1.0, 9.0), _row(0.0, 0.0)),
        (_row(0.1, 0.16, 1.0), _row(-0.5, 0.01)),
        (_row(2e-4, 5e-4, 8e-4), _row(1.0, 0.7)),
        (_row(0.2, 0.5, 1.0), _row(0.9, 1.0)),
        chain(0, 4),
        chain(10, 7),
        tuple(values.float() for values in chain(20, 5)),
        chain(30, 30, 1e-3, 1.0),
        (chain(40, 60, 1e-3, 0.3)[0], torch.full((60,), 0.87, dtype=torch.float64)),
        (chain(50, 12)[0], (chain(50, 12)[0][:-1] / chain(50, 12)[0][1:]).sqrt()),
    )


def inputs(rng):
    steps, seed = rng.randint(1, 12), rng.getrandbits(30)
    snr, rho = chain(seed, steps, 10 ** rng.uniform(-4, 0), rng.choice((0.5, 4.0)))
    rho = rng.choice((rho, rho, torch.zeros_like(rho), torch.ones_like(rho), rho.abs()))
    dtype = rng.choice((torch.float32, torch.float64))
    return snr.to(dtype), rho.to(dtype)


EXERCISE = Exercise(
    id="04.7",
    title="How an error spreads",
    difficulty=3,
    minutes=12,
    points=3,
    reference=drift,
    cases=cases,
    law=r"each step moves $x/\alpha$ by $1 - \rho \sqrt{\text{SNR}_t / \text{SNR}_s}$, and the moves add up",
    praise="Redraw takes in each error whole; keep only a share, small in a short step.",
    idea="Take one step. The guess is what $x_t$ shows, and one more: which noise does the inference find then? Push it "
    "forward, and divide by the scale of the data at the end. Try a very short step with all the noise kept: "
    "what must the move be?",
    why=r"The guess $x_t/\alpha_t + 1$ leaves the noise $-\alpha_t/\sigma_t$. Pushed forward, $x_s/\alpha_s = x_t/\alpha_t + 1 "
    r"- \rho\, (\sigma_s/\alpha_s)(\alpha_t/\sigma_t)$, and the next guess starts from there.",
    inputs=inputs,
)


@EXERCISE.right
def by_a_loop(snr, rho):
    return sum(1 - float(r) * float(a / b) ** 0.5 for r, a, b in zip(rho, snr, snr[1:]))


@EXERCISE.right
def by_walking(snr, rho):
    place, scales = 0.0, snr.sqrt()  # as if sigma were 1, so that alpha is the root of the SNR
    for k in range(len(rho)):
        guess = place + 1
        noise = scales[k] * (place - guess)
        place = guess + rho[k] * noise / scales[k + 1]
    return place


@EXERCISE.right
def number_of_steps_less_what_is_kept(snr, rho):
    return len(rho) - (rho * (snr[:-1] / snr[1:]) ** 0.5).sum()


@EXERCISE.slip("That is right for redraw alone. Inferred noise that is kept takes a part of the move back.")
def whole_error_each_step(rho):
    return 1.0 * len(rho) + 0 * rho.sum()


@EXERCISE.slip(
    "The SNR is a ratio of *variances*; noise is pushed forward with scales. Which power of the SNR is a ratio of scales?"
)
def root_forgotten(snr, rho):
    return (1 - rho * snr[:-1] / snr[1:]).sum()


@EXERCISE.slip(r"You left $\rho$ out, as if all the noise were kept.")
def always_keep(snr):
    return (1 - (snr[:-1] / snr[1:]).sqrt()).sum()


@EXERCISE.slip(
    "You left the scales out: the noise that is kept is weaker at $s$ than at $t$, measured against the data."
)
def scales_left_out(rho):
    return (1 - rho).sum()


@EXERCISE.slip("The ratio is upside down. The SNR rises along the chain, so a share of what is kept must be below 1.")
def upside_down(snr, rho):
    return (1 - rho * (snr[1:] / snr[:-1]).sqrt()).sum()


@EXERCISE.slip(
    "You let old drift fade. It would if the guesses stayed in place; but here each guess starts from "
    "what the chain shows, with all the drift in it."
)
def old_drift_fades(snr, rho):
    return 1 - (rho * (snr[:-1] / snr[1:]).sqrt()).prod()


@EXERCISE.slip("That is the average move of a step. Moves add up.")
def averaged(snr, rho):
    return (1 - rho * (snr[:-1] / snr[1:]).sqrt()).mean()


@EXERCISE.slip("You returned the move of each step. Asked for is how far the chain has come in all.")
def each_step(snr, rho):
    return 1 - rho * (snr[:-1] / snr[1:]).sqrt()


@EXERCISE.slip("That is the part that the kept noise takes back. The drift is what remains of the errors.")
def taken_back(snr, rho):
    return (rho * (snr[:-1] / snr[1:]).sqrt()).sum()


@EXERCISE.slip(r"$\rho$ is the weight of the *old* noise. You gave it the weight of the fresh one.")
def weights_swapped(snr, rho):
    return (1 - (1 - rho**2).clamp(min=0).sqrt() * (snr[:-1] / snr[1:]).sqrt()).sum()


@EXERCISE.slip("That is the variance that fresh noise brings in. Asked for is how far the *mean* moves.")
def variance_gained(snr, rho):
    return ((1 - rho**2) / snr[1:]).sum()


@EXERCISE.slip("You squared the weight of the old noise. The noise is used once, with the weight that it has.")
def rho_squared(snr, rho):
    return (1 - rho**2 * (snr[:-1] / snr[1:]).sqrt()).sum()


@EXERCISE.slip("You took the whole chain for one step. The guess is looked at anew, and is wrong anew, in each.")
def one_long_step(snr, rho):
    return 1 - rho[-1] * (snr[0] / snr[-1]).sqrt()


@EXERCISE.slip("The noise kept comes back with its own sign: the inferred noise points *against* the error.")
def sign_of_the_noise(snr, rho):
    return (1 + rho * (snr[:-1] / snr[1:]).sqrt()).sum()
