"""The network of digits: which file is loaded, and that it knows digits."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from udm_lessons import default_device
from udm_lessons.data import digits
from udm_lessons.learn import (
    DIGIT_PROCESS,
    SHIPPED,
    digit_loss,
    digit_predictor,
    draw_digits,
    load_digit_network,
    load_weights,
    new_digit_network,
    own_checkpoint,
    train_digits,
    whose_network,
)


@pytest.fixture
def own(tmp_path, monkeypatch) -> Path:
    path = tmp_path / "digits.safetensors"
    monkeypatch.setenv("UDM_DIGITS", str(path))
    return path


def same(network, tensors) -> bool:
    state = network.state_dict()
    return state.keys() == tensors.keys() and all(
        torch.equal(state[name].cpu(), tensors[name]) for name in state
    )


def test_a_new_network_is_seeded_and_leaves_the_global_state_alone() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, again, other = new_digit_network(), new_digit_network(), new_digit_network(1)
    assert torch.equal(torch.get_rng_state(), before)
    assert same(first, again.state_dict()) and not same(first, other.state_dict())


def test_the_shipped_network_is_small_and_complete(own) -> None:
    assert own_checkpoint() == own and whose_network() == "the network of the course"
    assert SHIPPED.stat().st_size < 1_000_000
    assert same(load_digit_network(), load_weights(SHIPPED))
    assert not load_digit_network().training


def test_the_own_network_comes_first(own) -> None:
    """The average in a checkpoint of `train`, or bare weights."""
    average = train_digits(steps=2, checkpoint=own, progress=False)
    assert whose_network() == "your own network"
    assert same(load_digit_network(), {k: v.cpu() for k, v in average.state_dict().items()})
    assert not same(load_digit_network(), load_weights(SHIPPED))
    save_file({k: v.contiguous() for k, v in new_digit_network(3).state_dict().items()}, own)
    assert same(load_digit_network(), new_digit_network(3).state_dict())


def test_without_a_name_the_own_network_lies_in_the_current_folder(monkeypatch) -> None:
    monkeypatch.delenv("UDM_DIGITS", raising=False)
    assert own_checkpoint() == Path("digits.safetensors")


def test_a_wrong_file_is_named(own) -> None:
    own.write_bytes(b"nothing of the kind")
    with pytest.raises(ValueError, match="is no file of weights"):
        load_digit_network()
    save_file({"weight": torch.zeros(3)}, own)
    with pytest.raises(ValueError, match="holds another network"):
        load_digit_network()


def test_training_is_seeded_and_takes_another_loss() -> None:
    first, again = (train_digits(steps=3, progress=False) for _ in range(2))
    assert same(first, {k: v.cpu() for k, v in again.state_dict().items()})
    right, calls = digit_loss(), []

    def counted(network, batch, generator):
        calls.append(len(batch))
        return right(network, batch, generator)

    third = train_digits(counted, steps=3, progress=False)
    assert calls == [64, 64, 64] and same(third, {k: v.cpu() for k, v in first.state_dict().items()})


def test_the_shipped_network_knows_digits_it_has_not_seen(own) -> None:
    """Better than the best linear guess, which knows mean and covariance; untrained, it is not."""
    seen, held = digits("train")[0].double(), digits("heldout")[0][:300]
    x_t = DIGIT_PROCESS.forward(held, DIGIT_PROCESS.sample_noise(held, torch.Generator().manual_seed(0)), 0.5)
    a, s = DIGIT_PROCESS.schedule.alpha(0.5), DIGIT_PROCESS.schedule.sigma(0.5)
    rows, mean = seen.flatten(1), seen.flatten(1).mean(0)
    covariance = (rows - mean).T @ (rows - mean) / len(rows)
    gain = a * covariance @ torch.linalg.inv(a**2 * covariance + s**2 * torch.eye(64).double())
    linear = mean + (x_t.flatten(1).double() - a * mean) @ gain.T

    def error(guess) -> float:
        return float((guess.flatten(1).double().cpu() - held.flatten(1).double()).square().mean())

    device = default_device()
    guesses = [
        digit_predictor(network.to(device))(x_t.to(device), 0.5)
        for network in (load_digit_network(), new_digit_network())
    ]
    assert error(guesses[0]) < 0.8 * error(linear) < error(linear) < error(guesses[1])


def test_digits_are_drawn_seeded_and_on_the_cpu(own) -> None:
    predictor = digit_predictor(load_digit_network())
    drawn = [draw_digits(predictor, 4, steps=5, seed=seed, progress=False) for seed in (0, 0, 1)]
    assert drawn[0].shape == (4, 1, 8, 8) and drawn[0].device.type == "cpu"
    assert torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[0], drawn[2])
