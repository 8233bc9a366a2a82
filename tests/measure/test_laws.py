"""`laws` passes the processes of the package and finds what is planted in others."""

from __future__ import annotations

import copy

import pytest
import torch

from udm_lessons.destroy import Deletion, Editing, Gaussian, LinearLevel, Masking, Replacement, Trig
from udm_lessons.measure import laws
from udm_lessons.rebuild import Keep, Redraw

from worlds.processes import WORLDS, ignoring, leftmost, midpoint
from worlds.statistics import rng

NUMBERS = torch.randn(4, 3, generator=rng(0), dtype=torch.float64)
TOKENS = torch.tensor([[0, 1, 2, 1], [2, 2, 0, 0], [1, 1, 1, 1]])
STRINGS = torch.tensor([[0, 0, 1, 2, 0], [0, 1, 0, 1, 1], [2, 2, 9, 9, 9]])
MASK = PAD = 9
SEVEN = ["trig", "heat", "cold", "masking", "replacement", "deletion", "chain", "masked-pixels"]


def tried(process, data, **options):
    return laws(process, data, draws=options.pop("draws", 1000), progress=False, **options)


def changed(process, **methods):
    """The process with methods of its own, called without self."""
    process = copy.copy(process)
    for name, method in methods.items():
        setattr(process, name, method)
    return process


@pytest.mark.parametrize("name", SEVEN)
def test_our_processes_satisfy_their_laws(name) -> None:
    """At a false-alarm rate of 1e-3 each."""
    world = WORLDS[name]
    report = tried(world.process, world.x0, times=sorted(world.times, reverse=True))
    assert report.holds, str(report)
    assert not report.broken and "no law is broken" in str(report)


@pytest.mark.slow
def test_false_alarms_are_as_rare_as_it_says() -> None:
    """80 reports at a rate of .05: more than 12 broken ones would have a chance below 2e-4."""
    reports = [
        tried(world.process, world.x0, times=sorted(world.times, reverse=True), seed=seed, draws=300, false_alarm=0.05)
        for world in (WORLDS[name] for name in ("trig", "masking", "replacement", "deletion"))
        for seed in range(20)
    ]
    assert sum(not report.holds for report in reports) <= 12


def test_a_process_with_two_kinds_of_noise_satisfies_them_too() -> None:
    """False-alarm rate 1e-3."""
    report = tried(Editing(PAD, 3, substitution=0.2, insertion=0.3), STRINGS)
    assert report.holds, str(report)


class Folded(Gaussian):
    """x_t = alpha x0 + sigma |eps|, of which only the positive root is inferred: symmetric, so the marginal is right."""

    def forward(self, x0, noise, t):
        return super().forward(x0, noise.abs(), t)

    def infer_noise(self, x0, x_t, t, generator=None):
        return super().infer_noise(x0, x_t, t).abs()

    def log_likelihood(self, x_t, x0, t):
        raise TypeError("not tractable")

    def pairwise_log_likelihood(self, x_t, data, t):
        raise TypeError("not tractable")


class Restless(Gaussian):
    def forward(self, x0, noise, t):
        return super().forward(x0, noise + 1e-3 * torch.randn(noise.shape, dtype=noise.dtype), t)


class Global(Masking):
    def infer_noise(self, x0, x_t, t, generator=None):
        return super().infer_noise(x0, x_t, t)


class OneTime(Gaussian):
    """Takes the first time of a batch for all."""

    def forward(self, x0, noise, t):
        return super().forward(x0, noise, float(t[0]) if isinstance(t, torch.Tensor) and t.ndim else t)


class Returning(LinearLevel):
    """Rises to .9 in the middle and falls again."""

    def p(self, t):
        return 0.9 * 4 * t * (1 - t) + 0.02

    def rise(self, t):
        return 0.9 * 4 * (1 - 2 * t)


class Unscaled(Gaussian):
    """The density without its 1 / 2."""

    def pairwise_log_likelihood(self, x_t, data, t):
        return 2 * super().pairwise_log_likelihood(x_t, data, t)


class Lenient(Masking):
    """Where a guess contradicts a visible token, it looks away."""

    def infer_noise(self, x0, x_t, t, generator=None):
        return super().infer_noise(torch.where(x_t == self.mask, x0, x_t), x_t, t, generator)


class Sorted(Masking):
    """A threshold of the right law each, but in order: not independent."""

    def infer_noise(self, x0, x_t, t, generator=None):
        u = super().infer_noise(x0, x_t, t, generator)
        hidden = x_t == self.mask
        drawn = torch.where(hidden, u, torch.inf).sort(1).values
        place = (hidden.cumsum(1) - 1).clamp(min=0)
        return torch.where(hidden, drawn.gather(1, place), u)


def shrinking(noise, t, s, generator=None):
    return 0.75 * noise


def squared(noise, t, s, generator=None):
    return noise**2


def no_alpha(x0, x_t, t, generator=None):
    return (x_t - x0) / Trig().sigma(t if not isinstance(t, torch.Tensor) else t[:, None])


def likeliest(x0, x_t, t, generator=None):
    """Where x_t agrees with x0 nothing was replaced."""
    noise = Replacement(3).sample_noise(x0, generator)
    u, differs = noise.threshold, x_t != x0
    return noise._replace(
        threshold=torch.where(differs, t * u, t + (1 - t) * u), token=torch.where(differs, x_t, noise.token)
    )


def broken(x0, noise, t):
    raise RuntimeError("no")


TRIG, MASKED, DELETED = Gaussian(Trig()), Masking(MASK), Deletion(PAD)
FAULTS = {
    "a symmetric F with one root": (Folded(Trig()), NUMBERS, "noise"),
    "an inference that ignores x_t": (changed(MASKED, infer_noise=ignoring(MASKED)), TOKENS, "consistent"),
    "an inference that ignores x_t, numbers": (changed(TRIG, infer_noise=ignoring(TRIG)), NUMBERS, "consistent"),
    "the middle of the interval": (changed(MASKED, infer_noise=midpoint(MASKED)), TOKENS, "noise"),
    "the left-most alignment": (changed(DELETED, infer_noise=leftmost(DELETED)), STRINGS, "noise"),
    "the likeliest explanation": (changed(Replacement(3), infer_noise=likeliest), TOKENS, "noise"),
    "thresholds in order": (Sorted(MASK), TOKENS, "noise"),
    "a kernel that shrinks": (changed(TRIG, markov_refresh=shrinking), NUMBERS, "refresh"),
    "a kernel that squares": (changed(MASKED, markov_refresh=squared), TOKENS, "refresh"),
    "a forgotten alpha": (changed(TRIG, infer_noise=no_alpha), NUMBERS, "consistent"),
    "chance inside F": (Restless(Trig()), NUMBERS, "repeatable"),
    "global random numbers": (Global(MASK), TOKENS, "repeatable"),
    "one time for all": (OneTime(Trig()), NUMBERS, "one by one"),
    "information that comes back": (Masking(MASK, Returning()), TOKENS, "information"),
    "odds without their half": (Unscaled(Trig()), NUMBERS, "odds"),
    "a contradiction overlooked": (Lenient(MASK), TOKENS, "off support"),
    "an error of its own": (changed(TRIG, forward=broken), NUMBERS, "repeatable"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_by_name(name) -> None:
    process, data, law = FAULTS[name]
    report = tried(process, data)
    assert law in report.broken, str(report)
    assert not report.holds and law in str(report) and "BROKEN" in report._repr_html_()


def test_the_marginal_alone_finds_neither_the_symmetry_nor_the_ignorance() -> None:
    for name in ("a symmetric F with one root", "an inference that ignores x_t"):
        process, data, _ = FAULTS[name]
        assert "marginal" not in tried(process, data, refreshes=[Keep(), Redraw()]).broken


def test_information_is_told_from_neighbours_where_no_likelihood_is_known() -> None:
    def unknown(*_):
        raise TypeError("not tractable")

    back = changed(Masking(MASK, Returning()), pairwise_log_likelihood=unknown)
    assert "information" in tried(back, TOKENS).broken
    assert tried(changed(MASKED, pairwise_log_likelihood=unknown), TOKENS).holds


def test_refreshes_that_a_process_refuses_are_named() -> None:
    seen = {law.name: law.seen for law in tried(MASKED, TOKENS).laws}["refresh"]
    assert "Interpolate" in seen and "Ddim" in seen and "Keep" not in seen


@pytest.mark.parametrize(
    "options, message",
    [
        (dict(data=NUMBERS[:1]), "data must hold at least two rows"),
        (dict(times=[0.5, 0.0]), "times must be above 0"),
        (dict(draws=5), "draws"),
        (dict(false_alarm=2.0), "false_alarm"),
    ],
)
def test_bad_arguments_are_named(options, message) -> None:
    with pytest.raises(ValueError, match=message):
        laws(**{"process": TRIG, "data": NUMBERS, "progress": False, **options})
    with pytest.raises(TypeError, match="process must be a ForwardProcess"):
        laws("noise", NUMBERS)
