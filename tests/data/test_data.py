"""The data that travels with the course."""

from __future__ import annotations

import math
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from udm_lessons.data import (
    GREY_MASK,
    GREYS,
    MASK,
    PAD,
    PIXEL_MASK,
    VOCABULARY,
    decode,
    digit_tokens,
    digits,
    encode,
    names,
    pinwheel_centres,
    token_images,
    words,
)
from udm_lessons.data import images as images_module


def test_digits_are_those_of_scikit_learn() -> None:
    raw, (images, labels) = load_digits(), digits()
    assert images.shape == (1797, 1, 8, 8) and images.dtype == torch.float32
    assert labels.shape == (1797,) and labels.dtype == torch.int64
    assert torch.equal((images[:, 0] + 1) * 8, torch.tensor(raw.images, dtype=torch.float32))
    assert np.array_equal(labels.numpy(), raw.target)
    assert (images.min(), images.max()) == (-1, 1) and len(images.unique()) == 17
    assert not bool((images == PIXEL_MASK).any())
    assert digits(dtype=torch.float64)[0].dtype == torch.float64


def test_digits_come_without_scikit_learn_where_its_file_is_elsewhere(monkeypatch) -> None:
    """The file is read as it lies; else the library is asked. Both give the same."""
    lies, calls = images_module._digit_table(), []
    monkeypatch.setattr("sklearn.datasets.load_digits", lambda: calls.append(1) or load_digits())
    assert np.array_equal(images_module._digit_table.__wrapped__(), lies) and not calls
    elsewhere = lambda name: SimpleNamespace(locate_file=lambda path: Path("nowhere") / path)  # noqa: E731
    monkeypatch.setattr(images_module, "distribution", elsewhere)
    assert np.array_equal(images_module._digit_table.__wrapped__(), lies) and calls


@pytest.mark.parametrize("slow", ["scipy", "sklearn"])
def test_the_first_cell_of_a_lesson_imports_no_library_it_does_not_use(slow: str) -> None:
    """Half of the time of that cell went into scipy."""
    cell = "from udm_lessons import show; from udm_lessons.exercises import hint; "
    cell += "from udm_lessons.data import digits; digits(); import sys; print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", cell], capture_output=True, text=True, check=True)
    assert "'torch'" in done.stdout and f"'{slow}'" not in done.stdout


def test_parts_of_digits() -> None:
    images, labels = digits()
    (train, train_labels), (heldout, heldout_labels) = digits("train"), digits("heldout")
    assert (len(train), len(heldout)) == (899, 898)
    assert torch.equal(train, images[::2]) and torch.equal(heldout, images[1::2])
    assert torch.equal(train_labels, labels[::2]) and torch.equal(heldout_labels, labels[1::2])
    for part in (train_labels, heldout_labels):
        share = torch.bincount(part) / len(part)
        assert len(share) == 10 and share.min() > 0.07 and share.max() < 0.13
    with pytest.raises(ValueError, match="part must be one of all, train, heldout; got 'test'"):
        digits("test")


@pytest.mark.parametrize("part", ["all", "train", "heldout"])
def test_digits_as_tokens_are_the_grey_levels_of_scikit_learn(part: str) -> None:
    raw = load_digits().images.reshape(-1, 64)
    raw = raw[{"all": slice(None), "train": slice(0, None, 2), "heldout": slice(1, None, 2)}[part]]
    tokens, labels = digit_tokens(part)
    assert tokens.dtype == torch.int64 and np.array_equal(tokens.numpy(), raw)
    assert torch.equal(labels, digits(part)[1])
    assert (GREYS, GREY_MASK) == (17, 17) and int(tokens.max()) == 16 and int(tokens.min()) == 0
    assert torch.equal(token_images(tokens), digits(part)[0])
    hidden = tokens.clone()
    hidden[0, 9] = GREY_MASK
    assert float(token_images(hidden)[0, 0, 1, 1]) == PIXEL_MASK
    with pytest.raises(ValueError, match=r"tokens must have shape \(n, 64\)"):
        token_images(tokens[:, :8])
    with pytest.raises(ValueError, match=r"tokens must lie in \[0, 17\]"):
        token_images(tokens + 5)


def test_independent_pixels_cost_2_43_bits() -> None:
    """What a network must beat: -log2 of smoothed frequencies per place, on held-out digits."""
    (train, _), (heldout, _) = digit_tokens("train"), digit_tokens("heldout")
    counts = torch.nn.functional.one_hot(train, GREYS).double().sum(0) + 1
    chances = counts / counts.sum(1, keepdim=True)
    bits = -chances[torch.arange(64), heldout].log2().mean()
    assert float(bits) == pytest.approx(2.43, abs=0.01)


KINDS = {"first": 5163, "female": 4275, "male": 1219, "last": 88799}


@pytest.mark.parametrize("kind", KINDS)
def test_names_are_those_of_the_census(kind: str) -> None:
    listed = names(kind=kind)
    assert len(listed) == len(set(listed)) == KINDS[kind] and listed == sorted(listed)
    assert all(name.isascii() and name.isalpha() and name.islower() for name in listed)
    train, heldout = names("train", kind), names("heldout", kind)
    assert not {*train} & {*heldout} and sorted([*train, *heldout]) == listed
    assert 0.08 < len(heldout) / len(listed) < 0.13
    assert decode(encode(heldout)) == heldout


def test_names_split_alike_everywhere() -> None:
    """By the first byte of SHA-256, here from the command `printf mary | sha256sum` and the like."""
    assert {"abbie", "adelle", "adolfo", "james"} <= {*names("heldout")}
    assert {"mary", "olivia", "jane"} <= {*names("train")}
    assert {*names(kind="female")} | {*names(kind="male")} == {*names()}
    assert {*names("heldout", "male")} <= {*names("heldout")}
    assert {"smith", "johnson", "williams"} <= {*names(kind="last")}


@pytest.mark.parametrize("arguments", [("test",), ("all", "middle")])
def test_names_refuse_other_parts_and_kinds(arguments) -> None:
    with pytest.raises(ValueError, match="(part|kind) must be one of"):
        names(*arguments)


def test_words_are_clean() -> None:
    listed = words()
    assert len(listed) == len(set(listed)) >= 500
    assert all(word.isascii() and word.isalpha() and word.islower() for word in listed)
    assert {len(word) for word in listed} == {4, 5, 6, 7}
    assert listed == sorted(listed, key=lambda word: (len(word), word))
    lines = files("udm_lessons.data").joinpath("words.txt").read_text(encoding="utf-8").splitlines()
    assert lines == listed


@pytest.mark.parametrize("length", [4, 5, 6, 7])
def test_words_of_one_length(length: int) -> None:
    chosen = words(length)
    assert len(chosen) >= 10 and {len(word) for word in chosen} == {length}
    assert chosen == [word for word in words() if len(word) == length]


@pytest.mark.parametrize("length", [0, 3, 8, -1])
def test_lengths_that_no_word_has(length: int) -> None:
    with pytest.raises(ValueError, match=f"length must be between 4 and 7; got {length}"):
        words(length)


def test_encode_by_hand() -> None:
    expected = torch.tensor([[0, 25, PAD, PAD], [MASK, 1, 2, PAD], [PAD, PAD, PAD, PAD]])
    assert torch.equal(encode(["az", "_bc", ""], 4), expected)
    assert (VOCABULARY, MASK, PAD) == (26, 26, 27)
    assert encode(["az", "b"]).shape == (2, 2) and encode([]).shape == (0, 0)
    assert encode([], 3).shape == (0, 3) and encode(["a"]).dtype == torch.int64
    assert decode(expected) == ["az", "_bc", ""]


@settings(derandomize=True, deadline=None)
@given(st.lists(st.text("abcdefghijklmnopqrstuvwxyz_", max_size=9), max_size=6), st.integers(0, 3))
def test_decode_undoes_encode(strings: list[str], room: int) -> None:
    width = max(map(len, strings), default=0) + room
    tokens = encode(strings, width)
    assert tokens.shape == (len(strings), width)
    assert bool(((tokens >= 0) & (tokens <= PAD)).all())
    assert decode(tokens) == strings
    padding = tokens == PAD
    assert not bool((padding[:, :-1] & ~padding[:, 1:]).any())


@pytest.mark.parametrize("strings", [["A"], ["a b"], ["caf\u00e9"], ["ab1"], ["ok", "no-"]])
def test_encode_refuses_other_symbols(strings: list[str]) -> None:
    with pytest.raises(ValueError, match="strings must use a..z and _; got"):
        encode(strings)


def test_encode_refuses_strings_that_are_too_long() -> None:
    with pytest.raises(ValueError, match="width must be at least 3, the longest string; got 2"):
        encode(["abc"], 2)


def test_pinwheel() -> None:
    """Five arms: a fifth of a turn maps the centres onto themselves, a third of a turn does not."""
    centres = pinwheel_centres()
    assert centres.shape == (20, 2) and centres.dtype == torch.float64
    assert pinwheel_centres(3, 2, torch.float32).shape == (6, 2)
    assert centres.mean(0).abs().max() < 1e-12
    assert float(centres.var(0, unbiased=False).mean()) == pytest.approx(1.0, abs=0.2)
    assert torch.cdist(centres, centres).fill_diagonal_(9).min() > 0.2

    def turned(angle: float) -> torch.Tensor:
        cos, sin = math.cos(angle), math.sin(angle)
        rotated = centres @ torch.tensor([[cos, sin], [-sin, cos]], dtype=torch.float64)
        return torch.cdist(rotated, centres).amin(1).max()

    assert turned(2 * math.pi / 5) < 1e-12 < 0.1 < turned(2 * math.pi / 3)
