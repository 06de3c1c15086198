"""Streams from the camera of the simulated board."""

from __future__ import annotations

import zlib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from codegen.program.picture import centre_region, crop_resize, to_gray, to_input
from host_tools.boards import load_board
from host_tools.pictures.raw import frame_to_pixels
from host_tools.simulator import run_board
from host_tools.wire.faults import NO_PICTURES
from host_tools.wire.messages import (
    Ack,
    ErrorCode,
    InferTensor,
    Layers,
    LedMode,
    Picture,
    Refused,
    Result,
    Settings,
    Stats,
    StatsRequest,
    Stream,
    Want,
)
from tests.firmware.camera_pictures import pictures_in
from tests.firmware.fake_model import expected_points, reference, tensor
from tests.firmware.test_settings import configure
from tests.firmware.wire_client import WireClient


@pytest.mark.slow
def test_stream_from_the_camera(flashed, tmp_path):
    """Every RESULT is what the reference makes of the PICTURE before it; requests in between work."""
    flash = flashed("sim", sanitize=True)
    pictures = pictures_in(tmp_path, 3)
    with (
        run_board(load_board("sim"), flash, pictures=pictures) as running,
        WireClient(running.port) as client,
    ):
        client.boot()
        stream = client.send(Stream(Want.PICTURE | Want.LAYER_CRC, 7, 0))
        frame, ack = client.message()
        assert (frame.sequence, frame.flags, type(ack)) == (stream, 0, Ack)
        extra = client.send(InferTensor(0, tensor(9)))
        seen, sizes, answered = [], [], False
        picture = None
        while len(seen) < 7 or not answered:
            frame, message = client.message()
            if frame.sequence == extra:
                assert message.outputs == reference(tensor(9))[1].tobytes()
                answered = True
                continue
            assert (frame.sequence, frame.flags) == (stream, 1)
            if isinstance(message, Picture):
                picture = message
                continue
            if isinstance(message, Layers):
                continue
            assert isinstance(message, Result)
            assert message.frame == picture.frame == len(seen)
            pixels = frame_to_pixels(picture.format, picture.width, picture.height, picture.pixels)
            box = centre_region(picture.width, picture.height, 1, 1)
            data = to_input(crop_resize(to_gray(pixels), box, 8, 8)).tobytes()
            _, output = reference(data)
            assert (message.input_crc, message.outputs) == (zlib.crc32(data), output.tobytes())
            assert message.items == expected_points(output, box)
            seen.append(picture.pixels)
            sizes.append((picture.width, picture.height))
        assert sizes[:3] == [(100, 60), (320, 240), (320, 240)]
        assert seen[:3] == seen[3:6]
        assert len(set(seen)) == 3
        assert isinstance(client.ask(StatsRequest())[0], Stats)
        assert running.stderr_tail() == ""


def test_the_camera_mirrors_and_flips_what_it_takes(flashed, tmp_path):
    """What is proven is the frame as it was read out; settings beyond that are refused by name."""
    file = tmp_path / "picture.png"
    Image.fromarray(np.arange(7 * 5 * 3, dtype=np.uint8).reshape(5, 7, 3) * 2).save(file)
    usual = Settings(0, -128, LedMode.ON, 0, -1, -1, 0, 0, 0, 0, refused=0)
    seen = {}
    with (
        run_board(load_board("sim"), flashed("sim"), pictures=[file]) as running,
        WireClient(running.port) as client,
    ):
        client.boot()

        def frame():
            client.ask(Stream(Want.PICTURE, 1, 0))
            while not isinstance(picture := client.message()[1], Picture):
                pass
            while not isinstance(result := client.message()[1], Result):
                pass
            pixels = frame_to_pixels(picture.format, picture.width, picture.height, picture.pixels)
            data = to_input(crop_resize(to_gray(pixels), centre_region(7, 5, 1, 1), 8, 8)).tobytes()
            assert result.input_crc == zlib.crc32(data)
            return pixels

        for mirror, flip in ((0, 0), (1, 0), (0, 1), (1, 1)):
            told = client.ask(configure(replace(usual, mirror=mirror, flip=flip), keep=0))[0]
            assert (told.mirror, told.flip, told.refused) == (mirror, flip, 0)
            seen[mirror, flip] = frame()
        told = client.ask(configure(replace(usual, gain=3, contrast=1), keep=0))[0]
        assert told.refused == Refused.GAIN | Refused.CONTRAST
    plain = seen[0, 0]
    assert (seen[1, 0] == plain[:, ::-1]).all()
    assert (seen[0, 1] == plain[::-1]).all()
    assert (seen[1, 1] == plain[::-1, ::-1]).all()
    assert len({pixels.tobytes() for pixels in seen.values()}) == 4


def test_a_stream_is_stopped_and_keeps_its_period(flashed, tmp_path):
    flash, pictures = flashed("sim"), pictures_in(tmp_path, 1)
    with (
        run_board(load_board("sim"), flash, pictures=pictures) as running,
        WireClient(running.port) as client,
    ):
        client.boot()
        start = client.ask(StatsRequest())[0]
        client.ask(Stream(0, 0xFFFFFFFF, 40))
        for _ in range(6):  # the first one comes at once
            client.message()
        end = client.ask(StatsRequest())[0]
        assert end.uptime_ms - start.uptime_ms >= 5 * 40
        assert isinstance(client.ask(Stream(0, 0, 0))[0], Ack)
        with pytest.raises(TimeoutError):
            client.frame(timeout_s=0.3)
        done = client.ask(StatsRequest())[0].inferences  # also the one that was in work when the stream ended
        with pytest.raises(TimeoutError):
            client.frame(timeout_s=0.2)
        assert client.ask(StatsRequest())[0].inferences == done


def _levels(folder: Path, count: int, step: int) -> list[Path]:
    """Files of pictures of one level each: 0, `step`, two of them ..."""
    paths = [folder / f"{number:02d}.png" for number in range(count)]
    for number, path in enumerate(paths):
        Image.new("RGB", (64, 48), (number * step,) * 3).save(path)
    return paths


def test_pictures_go_on_where_one_stream_ends_and_another_begins(flashed, tmp_path):
    """A program that follows a person sees no jump; one picture that it saw may not have been told."""
    count, step, seen = 20, 12, []
    flash = flashed("sim", wait_ms=30)
    with (
        run_board(load_board("sim"), flash, pictures=_levels(tmp_path, count, step)) as running,
        WireClient(running.port) as client,
    ):
        client.boot()
        for _ in range(8):
            stop = None
            client.ask(Stream(Want.PICTURE, 0xFFFFFFFF, 0))
            while True:
                frame, message = client.message()
                if isinstance(message, Picture):
                    level = np.mean(frame_to_pixels(message.format, 64, 48, message.pixels))
                    seen.append(round(level / step))
                if stop is None and isinstance(message, Result) and message.frame >= 2:
                    stop = client.send(Stream(0, 0, 0))
                if frame.sequence == stop:
                    break
    steps = [(after - before) % count for before, after in pairwise(seen)]
    assert seen[0] == 0
    assert set(steps) <= {0, 1, 2}
    assert len(seen) >= 24
    assert steps.count(0) <= 7


def test_without_pictures_the_camera_says_so(sim):
    _, client = sim
    (error,) = client.ask(Stream(0, 1, 0))
    assert (error.code, error.detail) == (ErrorCode.CAMERA, NO_PICTURES)
