"""Pictures of one's own: every format that went wrong for others, at known grey levels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from udm_lessons.data import image_folder

RAMP = np.linspace(0, 255, 64).round().astype(np.uint8).reshape(8, 8)


def saved(array, file, mode=None, **options):
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array, mode).save(file, **options) if mode else Image.fromarray(array).save(file, **options)
    return file


def read(folder, **options):
    return image_folder(folder, options.pop("size", 8), progress=False, **options)


def levels(images) -> np.ndarray:
    """Back to 0..255."""
    return ((images + 1) * 127.5).round().numpy()


def test_grey_levels_are_those_of_the_file(tmp_path) -> None:
    saved(RAMP, tmp_path / "a.png")
    found = read(tmp_path)
    assert found.images.shape == (1, 1, 8, 8) and found.images.dtype == torch.float32
    assert (levels(found.images)[0, 0] == RAMP).all()
    assert found.classes == ("",) and found.labels.tolist() == [0] and found.files == (tmp_path / "a.png",)


def test_sixteen_bits_keep_their_range(tmp_path) -> None:
    """They used to be read as all white."""
    saved(RAMP.astype(np.uint16) * 257, tmp_path / "a.png")
    found = levels(read(tmp_path).images)[0, 0]
    assert (found == RAMP).all() and found.min() == 0


@pytest.mark.parametrize("kind", ["RGBA", "LA", "palette"])
def test_transparent_is_white(tmp_path, kind) -> None:
    if kind == "palette":
        picture = Image.fromarray(RAMP).convert("P")
        picture.save(tmp_path / "a.png", transparency=picture.getpixel((0, 0)))
    else:
        alpha = np.where(RAMP == 0, 0, 255).astype(np.uint8)
        colour = [RAMP] * (3 if kind == "RGBA" else 1)
        saved(np.stack([*colour, alpha], -1), tmp_path / "a.png")
    found = levels(read(tmp_path, channels=1).images)[0, 0]
    assert found[0, 0] == 255 and found[0, 1] == pytest.approx(RAMP[0, 1], abs=1)


def test_grey_among_colour_is_decided_once(tmp_path) -> None:
    saved(RAMP, tmp_path / "a.png")
    assert read(tmp_path).images.shape == (1, 1, 8, 8)
    saved(np.stack([RAMP, 0 * RAMP, 0 * RAMP], -1), tmp_path / "b.png")
    both = read(tmp_path).images
    assert both.shape == (2, 3, 8, 8)
    assert (levels(both)[0] == RAMP).all() and (levels(both)[1, 0] == RAMP).all() and (levels(both)[1, 1:] == 0).all()
    assert read(tmp_path, channels=1).images.shape == (2, 1, 8, 8)


def test_subfolders_are_classes_however_deep(tmp_path) -> None:
    for name in ("dogs/a.png", "cats/b.png", "cats/more/c.PNG", "cats/.hidden/d.png", "dogs/.e.png", "__MACOSX/f.png"):
        saved(RAMP, tmp_path / name, format="PNG")
    (tmp_path / "dogs" / "Thumbs.db").write_bytes(b"thumbnails")
    found = read(tmp_path)
    assert found.classes == ("cats", "dogs") and found.labels.tolist() == [0, 0, 1]
    assert len(found.files) == len(found.images) == 3


def test_a_picture_is_cut_to_its_middle_and_averaged(tmp_path) -> None:
    wide = np.zeros((16, 48), np.uint8)
    wide[:, 16:32] = np.kron(RAMP, np.ones((2, 2), np.uint8))
    saved(wide, tmp_path / "a.png")
    assert (levels(read(tmp_path).images)[0, 0] == RAMP).all()


def test_the_turn_of_a_camera_is_undone(tmp_path) -> None:
    exif = Image.Exif()
    exif[274] = 6  # turned by 90 degrees: upright after a turn to the right
    Image.fromarray(RAMP).save(tmp_path / "a.png", exif=exif)
    assert (levels(read(tmp_path).images)[0, 0] == np.rot90(RAMP, -1)).all()


def test_a_photograph_is_close_to_itself(tmp_path) -> None:
    smooth = np.add.outer(np.arange(256), np.arange(256)).astype(np.float64) / 2
    saved(smooth.astype(np.uint8), tmp_path / "a.jpg", quality=95)
    wanted = smooth.reshape(8, 32, 8, 32).mean((1, 3))
    assert abs(levels(read(tmp_path).images)[0, 0] - wanted).max() < 3


def test_what_cannot_be_read_is_named_at_once(tmp_path) -> None:
    good = saved(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8), tmp_path / "good.png")
    (tmp_path / "cut.png").write_bytes(good.read_bytes()[:-2000])
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(ValueError, match=r"3 pictures that cannot be read: cut.png .*empty.jpg .*text.png"):
        read(tmp_path)
    with pytest.warns(UserWarning, match="3 pictures are left out: cut.png"):
        assert len(read(tmp_path, skip_broken=True).images) == 1


def test_nothing_but_broken_pictures_is_an_error_even_so(tmp_path) -> None:
    (tmp_path / "empty.jpg").touch()
    with pytest.raises(ValueError, match="1 pictures that cannot be read"):
        read(tmp_path, skip_broken=True)


def test_real_numbers_have_no_white(tmp_path) -> None:
    saved(RAMP.astype(np.float32), tmp_path / "a.tiff")
    with pytest.raises(ValueError, match="no white that is known"):
        read(tmp_path)


def test_what_is_no_folder_of_pictures_is_refused(tmp_path) -> None:
    with pytest.raises(ValueError, match="path must be a folder"):
        read(tmp_path / "missing")
    (tmp_path / "notes.txt").write_text("none")
    with pytest.raises(ValueError, match="path must hold pictures .*got none"):
        read(tmp_path)
    saved(RAMP, tmp_path / "loose.png")
    saved(RAMP, tmp_path / "class" / "a.png")
    with pytest.raises(ValueError, match=r"got both: .*loose.png"):
        read(tmp_path)
    with pytest.raises(ValueError, match="channels"):
        read(tmp_path / "class", channels=2)


def test_many_pictures_are_all_there(tmp_path) -> None:
    for k in range(300):
        saved(np.full((8, 8), k % 256, np.uint8), tmp_path / f"{k:03}.png")
    found = levels(read(tmp_path).images)
    assert (found[:, 0, 0, 0] == np.arange(300) % 256).all()
