"""A program of toy networks of the shape find, follow, mark, steady, as a person would write it."""

from __future__ import annotations

from pathlib import Path

from tests.toys.programs import anchor_file, mark_file

FOLLOWED = """\
name = "followed"

[[stage]]
name = "find"
model = "proposals.tflite"
picture = "gray"
mean = 128
std = 128
source = "whole"
every = 7
when = "follow"
most = 20
[stage.decoder]
kind = "boxes"
threshold = 0.005
keep = 5
key_points = 2
level = [{scores = 0, boxes = 1, columns = 8, rows = 6, unit = 40}]

[[stage]]
name = "follow"
of = "find"
beside = "mark"
most = 3
[stage.decoder]
kind = "tracks"
eyes = [0, 1]
left = [0, 1]
right = [3, 4]
presence = 0.0
patience = 3

[[stage]]
name = "mark"
model = "marks.tflite"
picture = "gray"
mean = 128
std = 128
source = "items"
of = "follow"
margin = 1.2
upright = [0, 1]
most = 3
[stage.decoder]
kind = "marks"
points = 0
presence = 1
mean = [0.3, 0.4, 0.35, 0.4, 0.5, 0.6, 0.65, 0.4, 0.7, 0.75]

[[stage]]
name = "steady"
of = "mark"
beside = "follow"
most = 3
[stage.decoder]
kind = "steady"
points = 5
presence = 0.0
"""


def write_followed(folder: Path, text: str = FOLLOWED, marks_seed: int = 31) -> Path:
    """The program's file, its networks beside it."""
    (folder / "proposals.tflite").write_bytes(anchor_file(24, 32, 4, 2, 9))
    (folder / "marks.tflite").write_bytes(mark_file(seed=marks_seed))
    (folder / "followed.toml").write_text(text, encoding="utf-8")
    return folder / "followed.toml"
