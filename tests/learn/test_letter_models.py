"""The networks of letters: seeded, small, and good at letters."""

from __future__ import annotations

import pytest
import torch

from udm_lessons.data import letters
from udm_lessons.learn import (
    LETTER_WEIGHTS,
    NO_LABEL,
    draw_latents,
    letter_loss,
    letter_predictor,
    load_letter_networks,
    new_letter_networks,
)
from udm_lessons.measure import energy_distance


def same(one, other) -> bool:
    first, second = one.state_dict(), other.state_dict()
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def test_new_networks_are_seeded_and_leave_the_global_state_alone() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, again, other = new_letter_networks(), new_letter_networks(), new_letter_networks(1)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(map(same, first, again)) and not any(map(same, first, other))


def test_the_shipped_networks_are_small_and_in_eval_mode() -> None:
    assert LETTER_WEIGHTS.stat().st_size < 1_000_000
    for network, new in zip(load_letter_networks(), new_letter_networks()):
        assert not network.training and not same(network.cpu(), new)
        assert not any(w.requires_grad for w in network.parameters())


@torch.no_grad()
def test_the_autoencoder_knows_unseen_faces_and_its_scale() -> None:
    """Of the variance of letters in other faces a fifteenth is lost at most; without the right scale much more."""
    autoencoder, (x, _) = load_letter_networks()[0].cpu(), letters("heldout")
    z = torch.cat([autoencoder.encode(some) for some in letters("train")[0].split(256)])
    assert float(z.mean((0, 2, 3)).abs().max()) < 0.05 and abs(float(z.std()) - 1) < 0.05
    z = autoencoder.encode(x)
    variance = (x - x.mean(0)).square().mean()
    lost, wrong = (float((autoencoder.decode(latent) - x).square().mean() / variance) for latent in (z, 3 * z))
    assert lost < 1 / 15 < wrong


def test_letters_that_are_asked_for_are_drawn() -> None:
    """The nearest mean letter is the one asked for, far more often than without the label (1 in 26)."""
    autoencoder, network = (part.cpu() for part in load_letter_networks())
    x, label = letters("train")
    means = torch.stack([x[label == k].mean(0) for k in range(26)])
    asked = torch.arange(26).repeat(3)

    def right(told, guidance: float = 1.0) -> float:
        z = draw_latents(letter_predictor(network, told, guidance), len(asked), steps=20, progress=False)
        found = torch.cdist(autoencoder.decode(z.cpu()).detach().flatten(1), means.flatten(1)).argmin(1)
        return float((found == asked).double().mean())

    assert right(asked) > 0.4 and right(asked, 2.0) > 0.7  # of real letters in unseen faces: 0.62
    assert right(torch.full_like(asked, NO_LABEL)) < 0.2


def test_drawn_letters_are_near_unseen_ones_and_noise_is_not() -> None:
    autoencoder, network = (part.cpu() for part in load_letter_networks())
    unseen = letters("heldout")[0][::2]
    z = draw_latents(letter_predictor(network), len(unseen), steps=20, progress=False).cpu()
    near, far = (
        energy_distance(autoencoder.decode(latent).detach(), unseen) for latent in (z, torch.randn(z.shape, generator=torch.Generator().manual_seed(0)))
    )
    assert near < 0.15 < 0.5 < far


def test_one_noise_is_one_start() -> None:
    starts = []

    def guess(z_t, t, generator=None):
        starts.append(z_t)
        return 0 * z_t

    draw_latents(guess, 3, steps=1, one_noise=True, progress=False)
    draw_latents(guess, 3, steps=1, progress=False)
    shared, own = starts
    assert shared.shape == own.shape == (3, 2, 8, 8)
    assert torch.equal(shared[0], shared[1]) and not torch.equal(own[0], own[1]) and torch.equal(shared[0], own[0])
    with pytest.raises(ValueError, match="steps"):
        draw_latents(guess, 3, steps=0)


def test_the_loss_of_a_perfect_guess_is_smallest() -> None:
    z, label = torch.randn(64, 2, 8, 8, generator=torch.Generator().manual_seed(1)), torch.zeros(64, dtype=torch.int64)
    told = []

    def perfect(z_t, t, hidden):
        told.append(hidden)
        return z

    assert float(letter_loss()(perfect, (z, label), torch.Generator().manual_seed(0))) == 0.0
    assert float(letter_loss()(lambda z_t, t, hidden: 0 * z_t, (z, label), torch.Generator().manual_seed(0))) > 0.5
    assert 0 < int((told[0] == NO_LABEL).sum()) < 20  # one in ten is hidden
