"""The two networks: shapes, sizes, what reaches their parameters, times, labels, bad input."""

from __future__ import annotations

import re

import pytest
import torch
from torch import Tensor, nn

from udm_lessons.destroy import VE, DiscreteSchedule, Linear, Schedule, Trig, VPLinear
from udm_lessons.learn import MLP, NO_LABEL, Condition, UNet, drop_labels
from udm_lessons.learn.networks import _Attention

from worlds.memory import peak_megabytes
from worlds.statistics import rng


def seeded(make, *arguments, **options) -> nn.Module:
    torch.manual_seed(0)
    return make(*arguments, **options)


def points(n: int = 5) -> Tensor:
    return torch.randn(n, 2, generator=rng())


def images(n: int = 5, side: int = 8, channels: int = 1) -> Tensor:
    return torch.randn(n, channels, side, side, generator=rng())


BOTH = [(MLP, points), (UNet, images)]
each_network = pytest.mark.parametrize("make, data", BOTH, ids=["MLP", "UNet"])
TIMES = torch.tensor([0.1, 0.3, 0.5, 0.7, 0.9])


def size(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_sizes() -> None:
    """What the docstrings say: about so many thousand, to 1%."""
    for make in (UNet, MLP):
        said = int(re.search(r"About (\d+) thousand\s+parameters", make.__doc__)[1])
        assert size(make()) / 1000 == pytest.approx(said, rel=0.01)
    assert size(UNet(classes=10)) - size(UNet()) == 11 * 48


@pytest.mark.parametrize("side, levels", [(8, 2), (12, 3), (16, 2), (28, 3), (32, 3)])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_keep_their_shape(side: int, levels: int, channels: int) -> None:
    x = images(2, side, channels)
    assert UNet(channels, 8, levels)(x, 0.5).shape == x.shape
    wide = x[:, :, :8]
    assert UNet(channels, 8, levels)(wide, 0.5).shape == wide.shape


@each_network
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_dtype_follows(make, data, dtype: torch.dtype) -> None:
    network, x = seeded(make, schedule=VPLinear()).to(dtype), data().to(dtype)
    for t in (0.5, torch.tensor(0.5), TIMES, TIMES.double()):
        out = network(x, t)
        assert out.dtype == dtype and out.shape == x.shape and bool(out.isfinite().all())


@each_network
@pytest.mark.parametrize("schedule", [None, Trig()])
@pytest.mark.parametrize("classes", [0, 3])
def test_every_parameter_is_trained(make, data, schedule: Schedule | None, classes: int) -> None:
    """Every row of every parameter that could learn from this batch does."""
    network = seeded(make, schedule=schedule, classes=classes)
    label = torch.tensor([0, 1, 2, NO_LABEL, 1]) if classes else None
    (network(data(), TIMES, label) ** 2).mean().backward()
    for name, parameter in network.named_parameters():
        moved = (
            parameter.grad.flatten(1).abs().amax(1) if parameter.ndim > 1 else parameter.grad.abs()
        )
        assert float(moved.min() if "names" in name else moved.max()) > 1e-9, name


@each_network
def test_a_time_is_a_number_or_one_per_sample(make, data) -> None:
    network, x = seeded(make, schedule=Trig()).double(), data().double()
    each = network(x, TIMES)
    for i, t in enumerate(TIMES):
        for same in (float(t), t, t.expand(len(x))):
            torch.testing.assert_close(network(x, same)[i], each[i], rtol=1e-9, atol=1e-9)
    others = network(x, TIMES.roll(1)).detach()  # control: the time matters
    assert float((others - each.detach()).flatten(1).abs().amax(1).min()) > 1e-4


@each_network
def test_samples_do_not_meet(make, data) -> None:
    network, x = seeded(make).double(), data().double()
    torch.testing.assert_close(network(x, TIMES)[2:3], network(x[2:3], TIMES[2:3]))


@pytest.mark.parametrize("schedule", [Linear(), Trig(), VE(), DiscreteSchedule.ddpm(10)])
def test_the_ends_of_time_are_finite_and_differ(schedule: Schedule) -> None:
    """log SNR is infinite there; it is clipped."""
    condition, x = seeded(Condition, 8, schedule), points(2)
    ends = [condition(t, None, x).detach() for t in (0.0, schedule.t_max)]
    assert all(bool(end.isfinite().all()) for end in ends)
    assert float((ends[0] - ends[1]).abs().max()) > 1e-2
    both = condition(torch.tensor([0.0, schedule.t_max]), None, x).detach()
    torch.testing.assert_close(both, torch.cat(ends))


def test_equal_snr_looks_equal() -> None:
    """Given the schedule the network sees the SNR; without it, the time."""
    l, x = 1.3, points(1)
    times = [schedule.time_at_log_snr(l) for schedule in (Linear(), VPLinear())]
    told = [seeded(Condition, 8, s)(t, None, x) for s, t in zip((Linear(), VPLinear()), times)]
    torch.testing.assert_close(*told)
    plain = [seeded(Condition, 8)(t, None, x).detach() for t in times]
    assert float((plain[0] - plain[1]).abs().max()) > 1e-3


@each_network
def test_labels(make, data) -> None:
    network, x = seeded(make, classes=3).double(), data().double()
    alone = network(x, 0.5)
    for nothing in (NO_LABEL, torch.full((5,), NO_LABEL)):
        torch.testing.assert_close(network(x, 0.5, nothing), alone)
    answers = torch.stack([alone, *(network(x, 0.5, k) for k in range(3))])
    apart = (answers[:, None] - answers[None]).flatten(2).abs().amax(2)
    assert apart[~torch.eye(4, dtype=torch.bool)].min().item() > 1e-4
    label = torch.tensor([2, 0, NO_LABEL, 1, 2])
    expected = answers[label + 1, torch.arange(5)]
    torch.testing.assert_close(network(x, 0.5, label), expected)


def test_dropped_labels() -> None:
    """20 000 labels, 30% hidden: 6000 +- 65, and 5.5 deviations are left free (false alarm 4e-8)."""
    label = torch.arange(20_000) % 10
    hidden = drop_labels(label, 0.3, rng())
    assert abs(int((hidden == NO_LABEL).sum()) - 6000) < 356
    assert bool(((hidden == label) | (hidden == NO_LABEL)).all())
    assert torch.equal(hidden, drop_labels(label, 0.3, rng()))
    assert torch.equal(drop_labels(label, 0.0, rng()), label)
    assert bool((drop_labels(label, 1.0, rng()) == NO_LABEL).all())
    with pytest.raises(ValueError, match="chance must lie in"):
        drop_labels(label, 1.5)


@each_network
def test_nothing_is_random_but_the_start(make, data) -> None:
    first, second, other = seeded(make), seeded(make), make()
    assert torch.equal(first(data(), 0.3), second(data(), 0.3))
    assert not torch.equal(first(data(), 0.3), other(data(), 0.3))
    before = torch.get_rng_state()
    first.train()(data(), TIMES)
    assert torch.equal(before, torch.get_rng_state())


@each_network
def test_bad_input(make, data) -> None:
    network, named, x = make(schedule=Trig()), make(classes=3), data()
    for error, words, call in (
        (ValueError, "x_t must have . entries in dimension 1", lambda: network(x[:, :0], 0.5)),
        (ValueError, "x_t must have shape", lambda: network(x[..., None], 0.5)),
        (TypeError, "x_t must have the dtype of the network", lambda: network(x.double(), 0.5)),
        (TypeError, "x_t must be a floating", lambda: network(x.long(), 0.5)),
        (ValueError, "t must lie in", lambda: network(x, 1.5)),
        (ValueError, "t must lie in", lambda: named(x, -0.1)),
        (ValueError, "one time per sample", lambda: network(x, TIMES[:3])),
        (TypeError, "t must be a number", lambda: network(x, "now")),
        (ValueError, "label must be None", lambda: network(x, 0.5, 1)),
        (ValueError, "label must lie in", lambda: named(x, 0.5, 3)),
        (ValueError, "one label per sample", lambda: named(x, 0.5, torch.tensor([1, 2]))),
        (TypeError, "label must hold whole", lambda: named(x, 0.5, torch.rand(5))),
        (TypeError, "schedule must be", lambda: make(schedule="trig")),
        (ValueError, "classes must be at least 0", lambda: make(classes=-1)),
        (ValueError, "width must be", lambda: make(width=0)),
        (TypeError, "width must be a whole", lambda: make(width=16.0)),
    ):
        with pytest.raises(error, match=words):
            call()


def test_bad_sides() -> None:
    with pytest.raises(ValueError, match="multiples of 4"):
        UNet(levels=3)(images(2, 10), 0.5)
    with pytest.raises(ValueError, match="width must be a multiple of 8"):
        UNet(width=12)


@pytest.mark.parametrize("channels, side", [(32, 48), (16, 40)])
def test_attention_keeps_no_table_of_all_pairs(channels: int, side: int) -> None:
    """The formula in float64 is the control: it holds the table of side^4 numbers, and says the same."""
    attention, x = seeded(_Attention, channels), images(1, side, channels)

    def by_hand(x: Tensor) -> Tensor:
        query, key, value = attention.parts(attention.norm(x)).flatten(2).chunk(3, 1)
        shares = (query.transpose(1, 2) @ key / channels**0.5).softmax(-1)
        return x + attention.last((value @ shares.transpose(1, 2)).reshape(x.shape))

    found, table = attention(x), 4 * side**4 / 1e6
    torch.testing.assert_close(found.double(), attention.double()(x.double()), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found.double(), by_hand(x.double()), rtol=1e-4, atol=1e-5)
    attention.float()
    assert peak_megabytes(lambda: attention(x)) < table / 4
    assert peak_megabytes(lambda: by_hand(x)) > table
