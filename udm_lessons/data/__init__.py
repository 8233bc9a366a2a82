"""Small real data that travels with the course: digits as images and tokens, letters, words, names, points; and pictures of one's own.

Nothing is downloaded. Uses no other wing.
"""

from .capitals import FACES, letters
from .folder import ImageFolder, image_folder
from .images import GREY_MASK, GREYS, PIXEL_MASK, digit_tokens, digits, token_images
from .points import pinwheel_centres
from .strings import MASK, PAD, VOCABULARY, decode, encode, names, words

__all__ = [
    "FACES", "GREYS", "GREY_MASK", "ImageFolder", "MASK", "PAD", "PIXEL_MASK", "VOCABULARY", "decode", "digit_tokens",
    "digits", "encode", "image_folder", "letters", "names", "pinwheel_centres", "token_images", "words",
]  # fmt: skip
