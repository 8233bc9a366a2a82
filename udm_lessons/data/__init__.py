"""Small real data that travels with the course: digits as images and tokens, letters, words, names, points.

Nothing is downloaded. Uses no other wing.
"""

from .capitals import FACES, letters
from .images import GREY_MASK, GREYS, PIXEL_MASK, digit_tokens, digits, token_images
from .points import pinwheel_centres
from .strings import MASK, PAD, VOCABULARY, decode, encode, names, words

__all__ = [
    "FACES", "GREYS", "GREY_MASK", "MASK", "PAD", "PIXEL_MASK", "VOCABULARY", "decode", "digit_tokens",
    "digits", "encode", "letters", "names", "pinwheel_centres", "token_images", "words",
]  # fmt: skip
