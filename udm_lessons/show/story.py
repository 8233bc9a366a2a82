"""The whole course in one picture, and as a film: six ways to destroy, and one sampler that rebuilds from each."""

from __future__ import annotations

from string import ascii_uppercase

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor

from .._arrays import check_whole, quoted
from ..data import FACES, MASK, PAD, PIXEL_MASK, VOCABULARY, decode, encode, letters, words
from ..destroy import VE, Blur, Deletion, Gaussian, Masking, Replacement, Trig
from ..rebuild import FiniteData, Keep, Markov, posterior_sample, sample
from .content import text
from .frames import draw_frame

_TIMES = (1.0, 0.8, 0.6, 0.4, 0.2, 0.0)


def _rows(generator: torch.Generator) -> dict:
    """Each row: the process, its data, and the refresh that leads back."""
    images, tokens = letters(copies=1)[0], encode(words(5))
    return {
        "noise": (Gaussian(Trig()), images, Keep()),
        "blur": (Blur((32, 32), 12.0, VE(0.01, 0.15), data=images), images, Keep()),
        "masked pixels": (Masking(PIXEL_MASK), images, Keep()),
        "masked letters": (Masking(MASK), tokens, Keep()),
        "replaced letters": (Replacement(VOCABULARY), tokens, Markov()),
        "deleted letters": (Deletion(PAD), tokens, Keep()),
    }


def one_idea(seed: int = 3, example: int = 29) -> Figure:
    """Destroyed to the right, rebuilt from there on: one row per process, one `sample` for all.

    On the left one example is destroyed; on the right a new draw from the prior is rebuilt with the
    exact posterior over the data. One `sample` serves all rows.
    """
    generator = torch.Generator().manual_seed(check_whole(seed, 0, "seed"))
    rows = _rows(generator)
    fewest = min(len(data) for _, data, _ in rows.values())
    if check_whole(example, 0, "example") >= fewest:
        raise ValueError(f"example must be below {fewest}; got {example}")
    columns = 2 * len(_TIMES)
    heights = [1.0 if data.is_floating_point() else 0.5 for _, data, _ in rows.values()]
    fig, axes = plt.subplots(
        len(rows), columns, figsize=(0.92 * columns + 1.2, 4.6), facecolor="white",
        height_ratios=heights,
    )
    for axis in axes.flat:
        axis.axis("off")
    for line, (label, (process, data, refresh)) in zip(axes, rows.items()):
        x0 = data[[example]] if data.is_floating_point() else encode(["tiger"])
        noise = process.sample_noise(x0, generator)
        destroyed = [process.forward(x0, noise, t) for t in reversed(_TIMES)]
        rebuilt: dict = {}
        x_T = process.sample_prior(x0.shape, generator, dtype=data.dtype)
        times = torch.linspace(1, 0, 21)
        sample(
            process, posterior_sample(FiniteData(data, process)), x_T, times, refresh, generator,
            progress=False, callback=lambda s, x, _: rebuilt.update({round(s, 2): x}),
        )
        frames = destroyed + [x_T] + [rebuilt[t] for t in _TIMES[1:]]
        line[0].text(-0.2, 0.5, label, ha="right", va="center", transform=line[0].transAxes, fontsize=11)
        for axis, frame in zip(line, frames):
            draw_frame(axis, decode(frame)[0] if data.dtype == torch.int64 else frame[0])
    for axis, t in zip(axes[0], [*reversed(_TIMES), *_TIMES]):
        axis.set_title(f"t = {t:g}", fontsize=9)
    middle = (axes[0][len(_TIMES) - 1].get_position().x1 + axes[0][len(_TIMES)].get_position().x0) / 2
    fig.add_artist(plt.Line2D([middle, middle], [0.08, 0.98], color="#777777", linestyle=":"))
    left, right = axes[0][0].get_position().x0, axes[0][-1].get_position().x1
    for x, text in (
        ((left + middle) / 2, r"destroy:  $x_t = F_t(x_0, \varepsilon)$"),
        ((middle + right) / 2, r"rebuild:  predict $x_0$, infer $\varepsilon$, forward to $s < t$"),
    ):
        fig.text(x, 0.985, text, ha="center", fontsize=12)
    return fig


def one_idea_moving(word: str = "GONE", seed: int = 5) -> dict[str, Tensor]:
    """The rows of images as a film, for `film`: letters (frames, n, 1, 32, 32) that are destroyed, and new ones that rise.

    word is spelled in capitals, each in another typeface. Raises ValueError for another word.
    """
    if not text(word, "word") or not set(word) <= set(ascii_uppercase):
        raise ValueError(f"word must be of capitals A to Z; got {quoted(word)}")
    generator = torch.Generator().manual_seed(check_whole(seed, 0, "seed"))
    moving = {}
    for label, (process, data, refresh) in _rows(generator).items():
        if data.is_floating_point():
            rows = [26 * (5 * k % len(FACES)) + ascii_uppercase.index(letter) for k, letter in enumerate(word, 1)]
            x0 = data[rows]
            noise = process.sample_noise(x0, generator)
            frames = [process.forward(x0, noise, t) for t in torch.linspace(0, 1, 13).tolist()]
            x_T = process.sample_prior(x0.shape, generator, dtype=data.dtype)
            sample(
                process, posterior_sample(FiniteData(data, process)), x_T, torch.linspace(1, 0, 21), refresh, generator,
                progress=False, callback=lambda s, x, _: frames.append(x),
            )
            moving[label] = torch.stack([*frames[:13], x_T, *frames[13:]])
    return moving
