"""Every depth of a picture keeps its brightness; what is no picture, or too large, is refused at the door."""

from __future__ import annotations

import contextlib
import os
import struct
import sys
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from codegen.errors import PictureError
from codegen.picture_files import read_picture, to_rgb

RAMP = np.tile(np.arange(256, dtype=np.uint8), (4, 1))
"""uint8 [4, 256], every brightness."""


def save(array: np.ndarray, path: Path, **options: object) -> Path:
    Image.fromarray(array).save(path, **options)
    return path


def png(path: Path, depth: int, width: int, height: int, rows: bytes, colour: int = 0) -> Path:
    """A PNG written by hand, for what Pillow does not write."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)
    return path


def gray(picture: Image.Image) -> np.ndarray:
    array = np.asarray(picture)
    assert array.dtype == np.uint8
    assert array.ndim == 3
    assert (array == array[..., :1]).all()
    return array[..., 0]


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
def test_16_bits_are_scaled(suffix: str, tmp_path: Path) -> None:
    file = save(RAMP.astype(np.uint16) * 257, tmp_path / f"x.{suffix}")
    np.testing.assert_array_equal(gray(read_picture(file)), RAMP)


def test_16_bits_of_a_dark_picture_stay_dark(tmp_path: Path) -> None:
    file = save((RAMP // 8).astype(np.uint16), tmp_path / "dark.png")
    assert not gray(read_picture(file)).any()


def test_16_bits_of_the_other_byte_order(tmp_path: Path) -> None:
    words = (RAMP.astype(np.uint16) * 257).astype(">u2")
    picture = Image.frombytes("I;16B", (256, 4), words.tobytes())
    np.testing.assert_array_equal(gray(to_rgb(picture)), RAMP)


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_few_bits_are_scaled(depth: int, tmp_path: Path) -> None:
    levels = 2**depth
    bits = "".join(f"{level:0{depth}b}" for level in range(levels)).ljust(16, "0")
    row = b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")
    found = gray(read_picture(png(tmp_path / "x.png", depth, levels, 1, row)))[0]
    np.testing.assert_array_equal(found, np.arange(levels) * 255 // (levels - 1))


def test_16_bits_in_three_channels(tmp_path: Path) -> None:
    pixels = np.repeat(RAMP[:1, :, None].astype(np.uint16) * 257, 3, -1).astype(">u2")
    file = png(tmp_path / "x.png", 16, 256, 1, b"\0" + pixels.tobytes(), colour=2)
    np.testing.assert_array_equal(gray(read_picture(file)), RAMP[:1])


@pytest.mark.parametrize("full", [1.0, 255.0, 65535.0])
def test_real_numbers_are_scaled(full: float, tmp_path: Path) -> None:
    file = save((RAMP / 255.0 * full).astype(np.float32), tmp_path / "x.tif")
    np.testing.assert_array_equal(gray(read_picture(file)), RAMP)


@pytest.mark.parametrize(("low", "high"), [(-3.0, 5.0), (0.0, 1e6), (-1e9, -1e8)])
def test_real_numbers_of_any_range_are_scaled(low: float, high: float, tmp_path: Path) -> None:
    file = save((low + RAMP / 255.0 * (high - low)).astype(np.float32), tmp_path / "x.tif")
    np.testing.assert_allclose(gray(read_picture(file)).astype(int), RAMP, atol=1)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_real_numbers_that_are_none(value: float, tmp_path: Path) -> None:
    array = RAMP.astype(np.float32)
    array[1, 7] = value
    with pytest.raises(PictureError, match="no numbers"):
        read_picture(save(array, tmp_path / "x.tif"))


@pytest.mark.parametrize("factor", [1, 257, 2**23])
def test_32_bit_integers_are_scaled(factor: int, tmp_path: Path) -> None:
    file = save(RAMP.astype(np.int32) * factor, tmp_path / "x.tif")
    found = gray(read_picture(file)).astype(int)
    assert (np.diff(found[0]) >= 0).all()
    assert len(np.unique(found)) > 100
    if factor < 2**23:
        np.testing.assert_array_equal(found, RAMP)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "YCbCr", "HSV"])
def test_every_kind_of_colours(mode: str, tmp_path: Path) -> None:
    flat = Image.new("RGB", (8, 6), (255, 255, 255)).convert(mode)
    file = tmp_path / ("x.png" if mode in ("1", "L", "P", "LA", "RGBA") else "x.tif")
    if mode == "HSV":
        picture = to_rgb(flat)
    else:
        flat.save(file)
        picture = read_picture(file)
    assert picture.mode == "RGB"
    assert np.asarray(picture).min() >= 250


def test_a_picture_is_turned_as_its_tag_says(tmp_path: Path) -> None:
    for name, dtype in (("x.jpg", np.uint8), ("x.tif", np.uint16), ("y.tif", np.uint8), ("x.png", np.uint16)):
        array = np.zeros((20, 40), dtype)
        array[:, 20:] = np.iinfo(dtype).max
        tag = Image.Exif()
        tag[274] = 6
        save(array, tmp_path / name, exif=tag)
        picture = read_picture(tmp_path / name)
        assert picture.size == (20, 40)
        assert gray(picture)[22:].min() > 250
        assert gray(picture)[:18].max() < 5


def test_of_a_moving_picture_the_first_one(tmp_path: Path) -> None:
    frames = [Image.new("L", (8, 8), value) for value in (200, 20)]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    assert abs(int(gray(read_picture(tmp_path / "x.gif"))[0, 0]) - 200) < 5


@pytest.mark.parametrize(
    ("width", "height"), [(12_000, 12_000), (60_000, 60_000), (0, 10), (10, 0), (2**31 - 1, 9)]
)
def test_a_size_is_refused_before_it_is_decoded(
    width: int, height: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("it was decoded"))
    for kind in ("png", "bmp", "gif", "ppm"):
        file = tmp_path / f"x.{kind}"
        if kind == "png":
            png(file, 8, width, height, b"\0")
        elif kind == "bmp":
            head = struct.pack("<IiiHHIIiiII", 40, width, min(height, 2**30), 1, 24, 0, 0, 0, 0, 0, 0)
            file.write_bytes(b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + head)
        elif kind == "gif":
            file.write_bytes(b"GIF89a" + struct.pack("<HHBBB", width % 65536, height % 65536, 0, 0, 0) + b";")
        else:
            file.write_bytes(b"P6 %d %d 255\n" % (width, height))
        with pytest.raises(PictureError):
            read_picture(file)


def test_a_check_comes_before_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = save(RAMP, tmp_path / "x.png")
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("it was decoded"))

    def refuse(width: int, height: int) -> None:
        raise PictureError(f"{width}x{height}")

    with pytest.raises(PictureError, match="256x4"):
        read_picture(file, refuse)


@pytest.mark.parametrize("name", ["x.jpg", "x.tif", "x.webp", "x.png"])
def test_a_check_is_told_the_size_that_people_see(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = Image.Exif()
    tag[274] = 6
    save(np.zeros((20, 40), np.uint8), tmp_path / name, exif=tag)
    told: list[tuple[int, int]] = []
    read_picture(tmp_path / name, lambda width, height: told.append((width, height)))
    assert told == [(20, 40)]
    monkeypatch.setattr("codegen.picture_files.MAX_PIXELS", 100)
    monkeypatch.setattr("codegen.picture_files._turned_size", lambda _: pytest.fail("turned before measured"))
    with pytest.raises(PictureError, match="too large"):
        read_picture(tmp_path / name, lambda *_: pytest.fail("checked before measured"))


def test_what_is_wrong_with_a_picture_is_said_in_plain_words(tmp_path: Path) -> None:
    whole = save(np.tile(RAMP, (50, 1)), tmp_path / "x.png").read_bytes()
    said = []
    for content in (b"", b"no picture", whole[:100], whole[: len(whole) // 2]):
        (tmp_path / "x.png").write_bytes(content)
        with pytest.raises(PictureError) as caught:
            read_picture(tmp_path / "x.png")
        said.append(caught.value.cause)
    assert said[:2] == ["this is no picture of a kind that is known here"] * 2
    assert said[2:] == ["the picture is damaged, or cut off at its end"] * 2


@pytest.mark.parametrize("kind", ["png", "jpg", "gif", "tif", "bmp", "webp"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.95])
def test_half_a_file(kind: str, share: float, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    file = save(rng.integers(0, 256, (40, 60, 3), dtype=np.uint8), tmp_path / f"x.{kind}")
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(PictureError):
        read_picture(file)


def test_damaged_files_are_refused_or_read(tmp_path: Path) -> None:
    """Whatever bytes are wrong: a picture or a PictureError, nothing else."""
    rng = np.random.default_rng(5)
    for kind in ("png", "jpg", "gif", "tif", "bmp", "webp", "ppm"):
        whole = save(rng.integers(0, 256, (12, 9, 3), dtype=np.uint8), tmp_path / f"x.{kind}").read_bytes()
        for _ in range(60):
            content = bytearray(whole)
            for at in rng.integers(0, min(len(content), 120), 3):
                content[at] = rng.integers(256)
            (tmp_path / f"y.{kind}").write_bytes(content)
            with contextlib.suppress(PictureError):
                assert read_picture(tmp_path / f"y.{kind}").mode == "RGB"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices of POSIX")
def test_a_pipe_or_a_device_is_no_picture(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.png")
    for path in (tmp_path / "x.png", Path("/dev/zero"), tmp_path):
        refused = []

        def read(path: Path = path, refused: list[str] = refused) -> None:
            try:
                read_picture(path)
            except PictureError as error:
                refused.append(error.cause)

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        thread.join(20)
        assert refused == ["this is no file"]


@pytest.mark.parametrize("name", ["x" * 300 + ".png", "nul\0.png", "none.png"])
def test_names_that_are_no_file(name: str, tmp_path: Path) -> None:
    with pytest.raises(PictureError):
        read_picture(tmp_path / name)
