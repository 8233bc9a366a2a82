"""The autoencoder: shapes, its scale over all data, done once in each direction, and a loss by hand."""

from __future__ import annotations

import pytest
import torch

from udm_lessons.data import letters
from udm_lessons.learn import Autoencoder, reconstruction_loss, train

from worlds.statistics import rng


def made(**sizes) -> Autoencoder:
    torch.manual_seed(0)
    return Autoencoder(**sizes)


@pytest.fixture(scope="module")
def images():
    return letters("heldout", copies=2)[0]


def test_shapes(images) -> None:
    network = made()
    z = network.encode(images[:3])
    assert z.shape == (3, 2, 8, 8) and network.decode(z).shape == (3, 1, 32, 32)
    assert made(channels=3, latent=4, width=8).encode(torch.zeros(2, 3, 8, 16)).shape == (2, 4, 2, 4)


@torch.no_grad()
def test_latents_have_mean_0_and_variance_1_over_all_data(images) -> None:
    """Over all of it, not over one batch; and the images they mean are those of before."""
    network = made()
    before = network.decode(network.encode(images))
    first = network.fit_scale(images)
    z = first.encode(images)
    assert z.mean((0, 2, 3)).abs().max() < 1e-5 and float(z.square().mean()) == pytest.approx(1, abs=1e-4)
    torch.testing.assert_close(first.decode(z), before, atol=1e-5, rtol=1e-5)
    part = made().fit_scale(images[:4])
    assert abs(float(part.encode(images).square().mean()) - 1) > 1e-3  # the control: the scale of a few


@torch.no_grad()
def test_the_scale_is_fitted_anew_and_kept_with_the_weights(images) -> None:
    network = made().fit_scale(images[:9]).fit_scale(images)
    again = made().fit_scale(images)
    torch.testing.assert_close(network.scale, again.scale)
    other = Autoencoder()
    other.load_state_dict(network.state_dict())
    assert torch.equal(other.encode(images[:5]), network.encode(images[:5]))


@torch.no_grad()
def test_the_loss_is_its_formula(images) -> None:
    network, x = made(), images[:8]
    z = network.encode(x)
    plain = (network.decode(z) - x).square().mean()
    torch.testing.assert_close(reconstruction_loss(0, 0)(network, x), plain)
    torch.testing.assert_close(reconstruction_loss(0, 0.5)(network, x), plain + z.square().mean() / 2)
    xi = torch.randn(z.shape, generator=rng(3))
    shaken = (network.decode(z + 0.7 * xi) - x).square().mean()
    torch.testing.assert_close(reconstruction_loss(0.7, 0)(network, x, rng(3)), shaken)


@pytest.mark.slow
def test_it_learns_letters() -> None:
    """A sixth of the variance is left after 100 steps; untrained, more than all of it."""
    x = letters("train", copies=1)[0]
    network = train(made(), reconstruction_loss(), x, steps=100, batch_size=32, lr=3e-3, generator=rng(0), ema=0.9, progress=False)
    with torch.no_grad():
        left = float((network.decode(network.encode(x)) - x).square().mean() / x.var())
        untrained = float((made().decode(made().encode(x)) - x).square().mean() / x.var())
    assert left < 0.5 < 1 < untrained


def test_bad_input_is_named(images) -> None:
    network = made()
    with pytest.raises(ValueError, match="x must have sides that are multiples of 4"):
        network.encode(torch.zeros(1, 1, 30, 32))
    with pytest.raises(ValueError, match="x must have shape"):
        network.encode(torch.zeros(1, 3, 32, 32))
    with pytest.raises(ValueError, match="z must have shape"):
        network.decode(torch.zeros(1, 1, 8, 8))
    with pytest.raises(TypeError, match="x must have the dtype"):
        network.encode(torch.zeros(1, 1, 32, 32, dtype=torch.float64))
    with pytest.raises(ValueError, match="x must hold images with different latents"):
        made_flat().fit_scale(images)
    with pytest.raises(ValueError, match="noise"):
        reconstruction_loss(-1)


def made_flat() -> Autoencoder:
    network = made()
    for parameter in network.down[-1].parameters():
        torch.nn.init.zeros_(parameter)
    return network
