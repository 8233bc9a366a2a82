"""`python -m udm_lessons.train FOLDER`: what it trains, says, leaves, and goes on from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors import safe_open
from torch import Tensor

from udm_lessons.data import image_folder
from udm_lessons.learn import train
from udm_lessons.train import Recipe, command, draw, load_trained, main, picture_of
from udm_lessons.train.recipe import folder_loss


ROOT = Path(__file__).resolve().parents[2]
TINY = ["--size=8", "--width=8", "--batch=4", "--every=4", "--samples=4"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Two classes of pictures: six that grow lighter to the right, four that do downwards."""
    root = tmp_path_factory.mktemp("pictures")
    ramp = torch.arange(8) * 30
    for name, n, levels in (("across", 6, ramp.expand(8, 8)), ("down", 4, ramp[:, None].expand(8, 8))):
        (root / name).mkdir()
        for k in range(n):
            Image.fromarray((levels + 5 * k).to(torch.uint8).numpy()).save(root / name / f"{k}.png")
    return root


def run(folder: Path, out: Path, steps: int, *more: str) -> int:
    return main([str(folder), *TINY, f"--steps={steps}", f"--out={out}", *more])


def weights_in(out: Path) -> dict[str, Tensor]:
    return load_trained(out)[0].state_dict()


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    return list(a) == list(b) and all(torch.equal(a[name].cpu(), b[name].cpu()) for name in a)


def test_it_trains_and_leaves_a_network_that_opens(folder: Path, tmp_path: Path, capsys) -> None:
    """The same bits as the loop called by hand."""
    out = tmp_path / "out"
    assert run(folder, out, 10, "--device=cpu") == 0
    shown = capsys.readouterr()
    assert "10 pictures of 8x8, grey; a U-Net of" in shown.out and "10 steps are done" in shown.out
    assert "training" in shown.err and "loss=" in shown.err
    assert sorted(path.name for path in out.iterdir()) == [
        "recipe.json", "run.safetensors", "samples-000004.png", "samples-000008.png", "samples-000010.png",
    ]  # fmt: skip
    recipe = Recipe(8, 1, 8)
    network = recipe.network(0)
    average = train(
        network, folder_loss(), image_folder(folder, 8, progress=False).images, steps=10, batch_size=4, lr=1e-3, progress=False,
        generator=torch.Generator().manual_seed(0),
    )  # fmt: skip
    opened, told = load_trained(out)
    assert told == recipe and same(opened.state_dict(), average.state_dict())
    assert not same(opened.state_dict(), network.state_dict())  # control: the last weights are not their average
    again = picture_of(draw(average, recipe, 4), 2)
    with Image.open(out / "samples-000010.png") as sheet, Image.open(out / "samples-000004.png") as before:
        assert sheet.tobytes() == again.tobytes() and sheet.size == before.size and sheet.tobytes() != before.tobytes()


def test_called_again_it_goes_on(folder: Path, tmp_path: Path, capsys) -> None:
    """In two parts or at once, the same bits; another seed gives others (control), and is refused where a run is."""
    assert run(folder, tmp_path / "parts", 3) == run(folder, tmp_path / "parts", 7) == run(folder, tmp_path / "whole", 7) == 0
    assert "goes on in" in capsys.readouterr().out
    assert same(weights_in(tmp_path / "parts"), weights_in(tmp_path / "whole"))
    assert run(folder, tmp_path / "other", 7, "--seed=1") == 0
    assert not same(weights_in(tmp_path / "other"), weights_in(tmp_path / "whole"))
    assert run(folder, tmp_path / "whole", 9, "--seed=1") == 2
    assert "seed was 0 and is 1" in capsys.readouterr().err


def test_killed_it_goes_on(folder: Path, tmp_path: Path) -> None:
    """The program itself, killed at some moment after its first sheet, and resumed: the bits of a run without a kill."""
    child = subprocess.Popen(
        [sys.executable, "-m", "udm_lessons.train", str(folder), *TINY, "--steps=100000", f"--out={tmp_path / 'killed'}", "--device=cpu"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        end = time.monotonic() + 120
        while not (tmp_path / "killed" / "samples-000004.png").exists() and child.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
    finally:
        child.kill()
        _, said = child.communicate()
    with safe_open(tmp_path / "killed" / "run.safetensors", "pt") as file:
        step = int(file.metadata()["step"])
    assert step >= 4 and step % 4 == 0, said[-2000:]
    assert run(folder, tmp_path / "killed", step + 3, "--device=cpu") == run(folder, tmp_path / "whole", step + 3, "--device=cpu", "--samples=0") == 0
    assert same(weights_in(tmp_path / "killed"), weights_in(tmp_path / "whole"))


def test_classes_are_learnt_apart(folder: Path, tmp_path: Path) -> None:
    """After 150 steps a picture of a class grows lighter along its own axis; the wrong label gives the other (control)."""
    out = tmp_path / "out"
    assert run(folder, out, 150, "--labels", "--quiet", "--lr=0.005", "--samples=6", "--every=150") == 0
    network, recipe = load_trained(out)
    assert recipe.classes == ("across", "down") and json.loads((out / "recipe.json").read_text())["classes"] == ["across", "down"]
    for label, name in enumerate(recipe.classes):
        images = draw(network, recipe, 6, label)
        assert images.shape == (6, 1, 8, 8)
        rises = {"across": images[..., -1] - images[..., 0], "down": images[..., -1, :] - images[..., 0, :]}
        other = next(key for key in rises if key != name)
        assert rises[name].mean() > 3 * rises[other].mean().abs()
    with Image.open(out / "samples-000150.png") as sheet:  # a column for each class
        assert sheet.size == (2 * 98 + 2, 3 * 98 + 2)


WRONG = {
    "a missing folder": (["{tmp}/nowhere"], "path must be a folder; got '"),
    "a file": (["{tmp}/file"], "path must be a folder; got '"),
    "an empty folder": (["{tmp}/empty"], "path must hold pictures"),
    "a broken picture": (["{tmp}/broken"], "path holds 1 pictures that cannot be read: a.png"),
    "no classes": (["{folder}/down", "--labels"], "--labels needs pictures in at least two subfolders; got 1"),
    "a width": (["{folder}", "--width=12"], "width must be a multiple of 8; got 12"),
    "no steps": (["{folder}", "--steps=0"], "steps must be at least 1"),
    "no saving": (["{folder}", "--every=0"], "every must be at least 1"),
    "samples": (["{folder}", "--samples=-1"], "samples must be at least 0"),
    "a rate": (["{folder}", "--lr=nan"], "lr must be"),
    "a device": (["{folder}", "--device=abacus"], "device must be a device of this machine"),
    "another network": (["{folder}", "--out={tmp}/out"], "out holds a network made in another way: width was 16 and is 8"),
    "no recipe": (["{folder}", "--out={tmp}/strange"], "out must be a folder that udm_lessons.train wrote"),
    "out is a file": (["{folder}", "--out={tmp}/file"], "File exists"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_in_one_line(name: str, folder: Path, tmp_path: Path, capsys) -> None:
    for made in ("empty", "broken", "out", "strange"):
        (tmp_path / made).mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "broken" / "a.png").write_bytes(b"no picture")
    (tmp_path / "strange" / "recipe.json").write_text("[]")
    Recipe(8, 1, 16).keep(tmp_path / "out")
    arguments, words = WRONG[name]
    given = [text.format(tmp=tmp_path, folder=folder) for text in arguments]
    assert main(["--quiet", f"--out={tmp_path / 'new'}", *TINY, *given]) == 2
    shown = capsys.readouterr()
    (line,) = shown.err.strip().splitlines()
    assert line.startswith("python -m udm_lessons.train: error: ") and words in line and shown.out == ""
    assert not list(tmp_path.rglob("run.safetensors"))


def test_ctrl_c_leaves_no_traceback(folder: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "train", interrupted)
    assert run(folder, tmp_path / "out", 3) == 130
    assert "the same command goes on from here" in capsys.readouterr().err


def test_help_reads_well(capsys, monkeypatch) -> None:
    """Every option says what it is, with its default; no line is longer than 80."""
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    shown = capsys.readouterr().out
    assert stop.value.code == 0 and max(map(len, shown.splitlines())) <= 80
    parser = command._parser()
    for action in parser._actions:
        assert action.help and (action.option_strings or ["FOLDER"])[0] in shown
        if action.option_strings and action.nargs != 0:
            assert "(" in action.help
        if isinstance(action.default, (int, float)) and action.nargs != 0:
            assert f"{action.default:g}".replace("1e+04", "10000") in action.help
    for options in (["FOLDER", "--size=x"], [], ["FOLDER", "--channels=2"]):
        with pytest.raises(SystemExit) as stop:
            main(options)
        assert stop.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("side, levels", [(1, 1), (7, 1), (8, 2), (16, 2), (28, 3), (30, 2), (32, 3), (64, 4), (96, 5)])
def test_sides_are_halved_down_to_eight(side: int, levels: int) -> None:
    recipe = Recipe(side, 3, 8, ("a", "b"))
    assert recipe.levels == levels
    network = recipe.network()
    assert network(torch.zeros(2, 3, side, side), 0.5, torch.tensor([0, 1])).shape == (2, 3, side, side)
    first = recipe.network(5).first.weight
    assert torch.equal(first, recipe.network(5).first.weight) and not torch.equal(first, recipe.network(6).first.weight)


def test_a_sheet_holds_every_picture_in_its_place() -> None:
    """-1 is black, 1 white, what lies beyond is cut; each of 3 x 2 colours stands at its own corner."""
    levels = torch.tensor([[-1.0, 0.0, 1.0], [1.0, -1.0, 0.2], [9.0, -9.0, 0.0], [0.5, 0.5, -0.5], [-0.6, 0.1, 0.9]])
    sheet = picture_of(levels[:, :, None, None].expand(-1, -1, 40, 40), 3)
    assert sheet.size == (3 * 122 + 2, 2 * 122 + 2)
    for k, colour in enumerate(levels):
        at = (2 + 122 * (k % 3) + 60, 2 + 122 * (k // 3) + 60)
        assert sheet.getpixel(at) == tuple(((colour.clamp(-1, 1) + 1) * 127.5).round().int().tolist())
    assert sheet.getpixel((2 + 122 * 2 + 60, 2 + 122 + 60)) == sheet.getpixel((0, 0)) == (255, 255, 255)
    assert picture_of(torch.zeros(1, 1, 200, 200), 5).size == (204, 204)
    for bad in (torch.zeros(2, 2, 8, 8), torch.zeros(0, 1, 8, 8), torch.zeros(2, 8, 8)):
        with pytest.raises(ValueError, match="images must"):
            picture_of(bad, 2)


def test_load_trained_refuses_what_it_did_not_write(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="that udm_lessons.train wrote"):
        load_trained(tmp_path)
    Recipe(8, 1, 8).keep(tmp_path)
    with pytest.raises(ValueError, match="out must hold the weights"):
        load_trained(tmp_path)
    with pytest.raises(ValueError, match="n must be at least 1"):
        draw(Recipe(8, 1, 8).network(), Recipe(8, 1, 8), 0)
