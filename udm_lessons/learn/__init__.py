"""Predictors that are learned: networks, what they are asked for, and the loop that trains them.

`denoising_loss` asks for x0, noise, score or velocity, under any process; `train` goes down its gradient; the course's own models
of digits are at hand. Uses data, destroy, rebuild and flow.
"""

from .autoencoder import Autoencoder, reconstruction_loss
from .digit_model import (
    DIGIT_PROCESS,
    DIGIT_STEPS,
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
from .edits import EditTransformer, edit_actions, edit_loss, edit_nats, edit_predictor, impossible_mass
from .letter_models import (
    LETTER_PROCESS,
    LETTER_WEIGHTS,
    draw_latents,
    letter_loss,
    letter_predictor,
    load_letter_networks,
    new_letter_networks,
)
from .networks import MLP, NO_LABEL, Condition, UNet, drop_labels
from .objectives import (
    Categorical,
    Guess,
    Network,
    Squared,
    denoising_loss,
    draw_times,
    masking_weight,
    network_predictor,
    token_nats,
    token_predictor,
)
from .token_networks import JointTransformer, TokenTransformer, TokenUNet, draw_tokens, prefix_mask
from .training import train

__all__ = [
    "DIGIT_PROCESS", "DIGIT_STEPS", "LETTER_PROCESS", "LETTER_WEIGHTS", "MLP", "NO_LABEL", "SHIPPED", "Autoencoder",
    "Categorical", "Condition", "EditTransformer", "Guess", "JointTransformer", "Network", "Squared",
    "TokenTransformer", "TokenUNet", "UNet", "denoising_loss", "digit_loss", "digit_predictor", "draw_digits",
    "draw_latents", "draw_times", "draw_tokens", "drop_labels", "edit_actions", "edit_loss", "edit_nats",
    "edit_predictor", "impossible_mass", "letter_loss", "letter_predictor", "load_digit_network",
    "load_letter_networks", "load_weights", "masking_weight", "network_predictor", "new_digit_network",
    "new_letter_networks", "own_checkpoint", "prefix_mask", "reconstruction_loss", "token_nats", "token_predictor",
    "train", "train_digits", "whose_network",
]  # fmt: skip
