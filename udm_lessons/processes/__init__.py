"""Seven ways to destroy data, behind one interface."""

from .base import ForwardProcess
from .blur import Blur
from .cold import Cold
from .deletion import Deletion
from .editing import Editing
from .gaussian import Gaussian
from .masking import Masking
from .replacement import Replacement

__all__ = [
    "Blur",
    "Cold",
    "Deletion",
    "Editing",
    "ForwardProcess",
    "Gaussian",
    "Masking",
    "Replacement",
]
