r"""A small autoencoder: images to latents of a quarter of the side, and back.

Diffusion on latents is diffusion on any other tensor: the same processes, networks and sampler. What has
to be right is the scale. `encode` answers with latents whose entries have mean 0 and variance 1 over the
data given to `fit_scale`, and `decode` undoes that, so that it is done once in each direction.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .._arrays import check_floating, check_number, check_range, check_whole, normal_like
from .objectives import Loss


class Autoencoder(nn.Module):
    """encode: (batch, channels, n, n) -> (batch, latent, n / 4, n / 4); decode: the way back.

    Five convolutions each way. `mean`, one number for each latent channel, and `scale`, one number for all,
    are stored with the weights; until `fit_scale` they are 0 and 1. Raises ValueError for another number of
    channels or sides that are no multiples of 4, TypeError for another dtype.
    Source: the recipe of Rombach et al. 2022 (Latent Diffusion), without its adversarial part.
    """

    def __init__(self, channels: int = 1, latent: int = 2, width: int = 16):
        super().__init__()
        channels, latent, width = (
            check_whole(value, 1, name) for value, name in ((channels, "channels"), (latent, "latent"), (width, "width"))
        )
        self.channels, self.latent = channels, latent

        def convolution(inside: int, outside: int, stride: int = 1) -> nn.Conv2d:
            return nn.Conv2d(inside, outside, 3, stride, padding=1)

        self.down = nn.Sequential(
            convolution(channels, width), nn.SiLU(), convolution(width, width, 2), nn.SiLU(),
            convolution(width, 2 * width, 2), nn.SiLU(), convolution(2 * width, 2 * width), nn.SiLU(),
            convolution(2 * width, latent),
        )  # fmt: skip
        self.up = nn.Sequential(
            convolution(latent, 2 * width), nn.SiLU(), nn.Upsample(scale_factor=2.0), convolution(2 * width, 2 * width), nn.SiLU(),
            nn.Upsample(scale_factor=2.0), convolution(2 * width, width), nn.SiLU(), convolution(width, width), nn.SiLU(),
            convolution(width, channels),
        )  # fmt: skip
        self.register_buffer("mean", torch.zeros(latent, 1, 1))
        self.register_buffer("scale", torch.ones(()))

    def encode(self, x: Tensor) -> Tensor:
        """The latents of images: (down(x) - mean) / scale."""
        self._check(x, self.channels, "x")
        if x.shape[2] % 4 or x.shape[3] % 4 or 0 in x.shape[2:]:
            raise ValueError(f"x must have sides that are multiples of 4; got {tuple(x.shape)}")
        return (self.down(x) - self.mean) / self.scale

    def decode(self, z: Tensor) -> Tensor:
        """The images of latents: up(scale z + mean)."""
        self._check(z, self.latent, "z")
        return self.up(self.scale * z + self.mean)

    @torch.no_grad()
    def fit_scale(self, x: Tensor) -> Autoencoder:
        """Sets `mean` and `scale` so that the latents of all the images x have mean 0 and variance 1; returns itself.

        One scale for all entries: dividing each by its own would make the quiet ones as loud as the others.
        Raises ValueError if all latents are equal.
        """
        self.mean.zero_(), self.scale.fill_(1.0)
        z = torch.cat([self.encode(some) for some in x.split(256)])
        self.mean.copy_(z.mean((0, 2, 3))[:, None, None])
        scale = (z - self.mean).square().mean().sqrt()
        if not bool(scale > 0):
            raise ValueError("x must hold images with different latents; all are equal, and have no scale")
        self.scale.copy_(scale)
        return self

    def _check(self, x: Tensor, channels: int, name: str) -> None:
        check_floating(x, name)
        dtype = self.mean.dtype
        if x.dtype != dtype:
            raise TypeError(f"{name} must have the dtype of the network, {dtype}; got {x.dtype}")
        if x.ndim != 4 or x.shape[1] != channels:
            raise ValueError(f"{name} must have shape (batch, {channels}, height, width); got {tuple(x.shape)}")


def reconstruction_loss(noise: float = 0.1, pull: float = 1e-3) -> Loss:
    r"""The loss (autoencoder, images, generator) -> E[ |decode(z + noise \xi) - x|^2 + pull |z|^2 ], per entry.

    z = encode(x), \xi ~ N(0, I). The noise makes near latents mean near images; the pull keeps the latents
    from running away from it. Without noise the code may be as fine as it likes, and a latent that is a little
    off need not mean anything. Both are at least 0.
    """
    noise, pull = check_number(noise, "noise"), check_number(pull, "pull")
    check_range(noise, 0.0, math.inf, "noise"), check_range(pull, 0.0, math.inf, "pull")

    def loss(autoencoder: Autoencoder, x: Tensor, generator=None) -> Tensor:
        if not isinstance(autoencoder, Autoencoder):
            raise TypeError(f"autoencoder must be an Autoencoder; got {type(autoencoder).__name__}")
        z = autoencoder.encode(x)
        shaken = z + noise * normal_like(z, generator) if noise else z
        return (autoencoder.decode(shaken) - x).square().mean() + pull * z.square().mean()

    return loss
