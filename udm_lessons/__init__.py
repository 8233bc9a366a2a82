"""Generative diffusion as one forward map and one reverse step.

Every process corrupts data by :math:`x_t = F_t(x_0, \\varepsilon)`. One step back in time predicts
:math:`x_0`, infers the noise that was used, refreshes it, and pushes the result forward to the
earlier time :math:`s < t`.
"""

from ._arrays import default_device

__all__ = ["default_device"]

__version__ = "0.1.0"
