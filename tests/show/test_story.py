"""The course in one picture: what stands at its ends."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pytest
import torch

from udm_lessons.data import letters, words
from udm_lessons.show import one_idea, story

LETTERS = letters(copies=1)[0]


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def ends(figure) -> tuple[list, list]:
    """The first and the last frame of each row: pixels (32, 32), or the word that is written."""
    columns = 12
    lines = [figure.axes[k : k + columns] for k in range(0, len(figure.axes), columns)]

    def content(axis):
        if axis.images:
            return torch.tensor(axis.images[0].get_array().tolist())
        return axis.texts[-1].get_text()

    return [content(line[0]) for line in lines], [content(line[-1]) for line in lines]


def in_the_data(frame) -> bool:
    if isinstance(frame, str):
        return frame in words(5)
    return near(frame, LETTERS)


def near(frame: torch.Tensor, images: torch.Tensor) -> bool:
    """Whether it is one of the images, up to half a grey level."""
    return bool((images[:, 0] - frame).abs().amax((1, 2)).min() < 1 / 16)


def test_every_row_begins_and_ends_in_the_data() -> None:
    """Exact posteriors lead from the prior to rows of the data, whatever the process; blur leaves noise of .01."""
    first, last = ends(one_idea(seed=5, example=33))
    assert len(first) == len(last) == 6
    for frame in first:
        assert frame == "tiger" if isinstance(frame, str) else near(frame, LETTERS[33:34])
    assert all(map(in_the_data, last))
    assert not any(near(frame, LETTERS[33:34]) for frame in last if not isinstance(frame, str))


def test_control_means_do_not_end_in_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a late time leaves open, averaged, is no letter."""
    noise = story._rows(torch.Generator())["noise"]
    monkeypatch.setattr(story, "_rows", lambda generator: {"noise": noise, "again": noise})
    late = lambda oracle: lambda x_t, t, generator=None: oracle.x0_mean(x_t, 0.9)  # noqa: E731
    monkeypatch.setattr(story, "posterior_sample", late)
    assert not any(map(in_the_data, ends(one_idea(seed=5, example=33))[1]))
