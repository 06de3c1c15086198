"""Small recordings for tests: a board with a gray camera of 4x3, an int8 output and a log."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from codegen.program.records import Kind
from host_tools.wire.inference import Inference, StageRun
from host_tools.wire.messages import Layers, Model, Picture, Pixels, Record, Result, Run, Settings
from host_tools.wire.recording.purpose import Purpose
from host_tools.wire.recording.write import Recorder
from tests.host_tools.fake_board import HELLO as FAKE

STARTED_US = 1_700_000_000_000_000
WIDTH, HEIGHT = 4, 3
HELLO = replace(FAKE, input_bytes=WIDTH * HEIGHT)
MODEL = Model(1, WIDTH, HEIGHT, -128, 7, (), (1,), (4,), "")
SETTINGS = Settings(0, -128, 0, 0, -1, -1, 0, 0, 0, 0, 0)


def picture(number: int) -> Picture:
    pixels = bytes((number * 16 + k) % 256 for k in range(WIDTH * HEIGHT))
    return Picture(number, 100 * number, Pixels.GRAY8, WIDTH, HEIGHT, pixels)


def inference(number: int) -> Inference:
    region = 0, 0, WIDTH, HEIGHT, 0
    result = Result(number, 100 * number, 900, 900, 1, *region, 0, 0, 1, 2, b"\1\2\3\4", (256, 512))
    return Inference(result, picture=picture(number))


STAGED = replace(
    HELLO,
    input_bytes=0,
    output_bytes=0,
    layers=0,
    stages=2,
    stage_facts=(Kind.BOXES, 1, WIDTH, HEIGHT, -128, Kind.POINTS, 1, WIDTH, HEIGHT, -128),
    stage_names="find\nmark\n",
    stage_models="a\nb\n",
)
"""The HELLO of a board with a program of two stages."""


def staged_inference(number: int) -> Inference:
    """Two runs, each with layers, and two records."""
    region = 0, 0, WIDTH, HEIGHT, 0
    layers = Layers((1, 2), (), ())
    find, mark = (StageRun(Run(k, 0, 5, 6, 7, *region, b"\1\2"), layers) for k in (0, 1))
    boxes = Record(0, Kind.BOXES, 6, (1, 2, 3, 4, 5, 0))
    points = Record(1, Kind.POINTS, 2, (256, 512))
    result = Result(number, 100 * number, 9, 9, 1, *region, 4, 1, Kind.POINTS, 2, b"", (256, 512))
    return Inference(result, picture=picture(number), parts=(find, boxes, mark, points))


CALLED = ("steady", "see", "feel")
"""Stages of a program that tells what tracks are called."""


def called_inference(number: int, index: int) -> Inference:
    """A track with two points and its class, below 0 where none is sure, and what a classifier answers."""
    track, seen = (256, 512, 2560, 2560, 9, 4), (1, 90, 0, 3)
    steady = Record(0, Kind.TRACKS, 10, (*track, 300, 600, 900, 900))
    votes = Record(2, Kind.VOTES, 8, (*track, index, 55_050))
    region = 0, 0, WIDTH, HEIGHT, 0
    result = Result(number, 100 * number, 9, 9, 1, *region, 3, 2, Kind.VOTES, 8, b"", votes.items)
    parts = (steady, Record(1, Kind.CLASSES, 4, seen), votes)
    return Inference(result, picture=picture(number), parts=parts)


def write_small(path: Path, frames: int = 3, purpose: Purpose = Purpose.PROOF) -> Path:
    """A recording of so many frames with a log line before the last one."""
    clock = itertools.count(1000, 1000)
    with Recorder(
        path, HELLO, MODEL, SETTINGS, purpose, started_us=STARTED_US, clock_us=lambda: next(clock)
    ) as recorder:
        for number in range(frames):
            if number == frames - 1:
                recorder.log("I (12) camera: näher")
            recorder.frame(inference(number), after_gap=number == 1)
    return path


def write_pictures(folder: Path) -> Path:
    """Three pictures of coarse noise for a simulated camera; returns the folder."""
    random = np.random.default_rng(2)
    for number in range(3):
        small = random.integers(0, 256, (12, 16, 3)).astype(np.uint8)
        Image.fromarray(small).resize((160, 120)).save(folder / f"{number}.png")
    return folder
