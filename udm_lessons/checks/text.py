r"""What a panel says in words: mathematics as plain text, $\bar\alpha_t x_0$ as ᾱ_t x_0, and names of types."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import torch

_SYMBOLS = {
    **dict(
        zip(
            "alpha beta gamma delta epsilon varepsilon zeta eta theta lambda mu nu xi pi rho "
            "sigma tau phi varphi chi psi omega Gamma Delta Theta Lambda Sigma Phi Psi "
            "Omega".split(),
            "αβγδεεζηθλμνξπρστφφχψωΓΔΘΛΣΦΨΩ",
            strict=True,
        )
    ),
    **dict(
        le="≤", leq="≤", ge="≥", geq="≥", ne="≠", neq="≠", approx="≈", sim="~", propto="∝",
        cdot="·", times="×", odot="⊙", circ="∘", pm="±", infty="∞", sum="Σ", prod="Π", int="∫",
        to="→", mapsto="↦", mid="|", nabla="∇", partial="∂", ldots="…", dots="…", quad=" ",
    ),
    "in": "∈",
}  # fmt: skip
_ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307"}
_ARGUMENT = r"\s*(?:\{([^{}]*)\}|([A-Za-z]|[^\sA-Za-z\\]))"


def plain(text: str) -> str:
    """The text with the $...$ in it made readable without a typesetter."""
    return re.sub(r"\$([^$]+)\$", lambda found: _formula(found[1]), text)


def _formula(tex: str) -> str:
    tex = re.sub(r"\\([A-Za-z]+)", lambda m: _SYMBOLS.get(m[1], m[0]), tex)
    tex = re.sub(r"\\(?:left|right|!)", "", tex)
    tex = re.sub(r"(?:\\,)?\\\|(?:\\,)?", "||", tex)
    tex = re.sub(r"\\([,;: {}])", lambda m: m[1] if m[1] in "{}" else " ", tex)
    previous = None
    while previous != tex:  # innermost arguments first
        previous = tex
        tex = re.sub(r"\\sqrt\{([^{}\\]*)\}", r"√(\1)", tex)
        tex = re.sub(
            r"\\[dt]?frac\{([^{}\\]*)\}\{([^{}\\]*)\}",
            lambda m: f"{_grouped(m[1], '_^')}/{_grouped(m[2], '_^')}",
            tex,
        )
        tex = re.sub(
            r"\\(?:wide)?(hat|bar|tilde|dot)" + _ARGUMENT,
            lambda m: (m[2] or m[3]).strip() + _ACCENTS[m[1]],
            tex,
        )
        tex = re.sub(r"\\(?:text|math[a-z]+|operatorname|boldsymbol)\{([^{}\\]*)\}", r"\1", tex)
        tex = re.sub(r"([_^])\{([^{}\\]*)\}", lambda m: m[1] + _grouped(m[2]), tex)
    return re.sub(r"\\([A-Za-z]+)", r"\1", tex).replace("{", "").replace("}", "")


def _grouped(text: str, allowed: str = "") -> str:
    """The text, in parentheses unless it is one symbol."""
    return text if all(c.isalnum() or c in allowed for c in text) else f"({text})"


def type_name(value: Any) -> str:
    """The type of a value in words: "a tensor", "a number", "None", "a MaskNoise"."""
    if value is None:
        return "None"
    if isinstance(value, bool | int | float | np.number):
        return "a number"
    names = {torch.Tensor: "a tensor", np.ndarray: "an array", str: "a string", dict: "a dict"}
    name = names.get(type(value), re.sub(r"\W", "", type(value).__name__))
    return name if name.startswith("a") and " " in name else f"a {name}"
