"""What `tinyface monitor` prints of an inference: numbers by the types that the board tells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from host_tools.pictures.frames import as_json, as_line, first_number
from host_tools.pictures.records import record_line
from host_tools.pictures.stages import Told
from host_tools.proof.clocks import clock_of
from host_tools.wire.inference import Inference
from host_tools.wire.messages import Dtype, Model, Record, RecordKind, Result


def inference(outputs: bytes) -> Inference:
    return Inference(Result(0, 0, 1500, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, outputs, ()), None, None)


@pytest.mark.parametrize(
    ("dtype", "values", "line"),
    [
        ("int8", [-3, 100, 7], "highest output 1  [-3, 100, 7]"),
        ("uint8", [200, 3], "highest output 0  [200, 3]"),
        ("int16", [-300, 300], "highest output 1  [-300, 300]"),
        ("int32", [70000], "output 70000"),
    ],
)
def test_outputs_are_numbers_of_their_type(dtype: str, values: list[int], line: str) -> None:
    outputs = np.array(values, np.dtype(dtype).newbyteorder("<")).tobytes()
    model = Model(0, 0, 0, 0, 0, (), (Dtype[dtype.upper()],), (len(outputs),), "")
    assert as_json(4, inference(outputs), model, "chip")["outputs"] == values
    assert as_line(4, inference(outputs), model, "chip") == f"frame 4      1.50 ms  {line}"


def test_each_of_several_outputs_is_shown() -> None:
    outputs = np.array([5, -5], np.int8).tobytes() + np.array([258], "<i4").tobytes()
    model = Model(0, 0, 0, 0, 0, (), (Dtype.INT8, Dtype.INT32), (2, 4), "")
    assert as_json(0, inference(outputs), model, "chip")["outputs"] == [5, -5, 258]
    assert as_line(0, inference(outputs), model, "chip").endswith("highest output 0  [5, -5]; output 258")


@pytest.mark.parametrize("model", [None, Model(0, 0, 0, 0, 0, (), (9,), (4,), "")])
def test_bytes_where_the_types_are_not_known(model: Model | None) -> None:
    assert as_json(0, inference(b"\x01\xff\x00\x02"), model, "chip")["outputs"] == [1, -1, 0, 2]


def test_whose_milliseconds_they_are_is_said() -> None:
    """A simulated board's are those of the computer that plays it, and nobody must take them for a chip's."""
    assert [clock_of(board) for board in ("sim", "qemu-xtensa", "esp32cam", "unheard-of")] == [
        "host", "emulator", "chip", "chip",
    ]  # fmt: skip
    assert "1.50 ms (host)  " in as_line(4, inference(b"\x01"), None, "host")
    assert "1.50 ms  " in as_line(4, inference(b"\x01"), None, "chip")
    assert as_json(4, inference(b"\x01"), None, "host")["clock"] == "host"


def test_pictures_of_an_earlier_run_are_kept(tmp_path: Path) -> None:
    assert first_number(tmp_path) == 0
    for name in ("frame-000000.png", "frame-000041.png", "frame-mine.png", "frame-000050.txt"):
        (tmp_path / name).write_bytes(b"")
    assert first_number(tmp_path) == 42


def test_a_line_a_stage() -> None:
    """What each found and which rested; where parts were lost nobody says that a stage rested."""
    stages = Told(("find", "classify", "mark", "follow"), in_parts=True)
    boxes = Record(0, RecordKind.BOXES, 6, (256, 512, 2560, 1280, 9216, 0) * 3)
    kinds = Record(1, RecordKind.CLASSES, 4, (1, 90, 0, 3, 0, 7, 1, 1))
    parts = (boxes, kinds, Record(3, RecordKind.RAW, 0, ()))
    whole = replace(inference(b""), result=replace(inference(b"").result, parts=3), parts=parts)
    model = Model(0, 0, 0, 0, 0, (), (), (), "\ncat\ndog\n\n\n\n")
    lines = [
        "  find      3 boxes  [1.0,2.0 10.0x5.0 score 2.25] and 2 more",
        "  classify  dog 90  cat 3 | cat 7  dog 1",
        "  mark      rested",
        "  follow    no decoder",
    ]
    assert as_line(7, whole, model, "chip", stages).splitlines() == ["frame 7      1.50 ms  0 runs", *lines]
    cut = replace(whole, result=replace(whole.result, parts=4))
    first, *rest = as_line(7, cut, model, "chip", stages).splitlines()
    assert first == "frame 7      1.50 ms  0 runs, parts were lost on the way"
    assert rest == [line.replace("rested", "lost on the way") for line in lines]
    unsure = as_json(7, cut, model, "chip", stages)["stages"]
    assert isinstance(unsure, list)
    assert [stage["rested"] for stage in unsure] == [False, False, None, False]
    told = as_json(7, whole, model, "chip", stages)["stages"]
    assert isinstance(told, list)
    assert [(stage["stage"], stage["name"], stage["rested"]) for stage in told] == [
        (0, "find", False), (1, "classify", False), (2, "mark", True), (3, "follow", False),
    ]  # fmt: skip
    assert told[1]["count"] == 2
    assert [(c["item"], c["label"], c["score"]) for c in told[1]["items"]] == [
        (0, "dog", 90), (0, "cat", 3), (1, "cat", 7), (1, "dog", 1),
    ]  # fmt: skip


def test_a_line_a_face_below_the_last_stage_that_follows() -> None:
    """Earlier ones tell how many; --json lists all items of each."""
    stages = Told(("follow", "steady"), in_parts=True)
    items = (256, 512, 2560, 1280, 9216, 3, 0, 0, 512, 512, 2560, 1280, 0, 12, 0, 0)
    parts = tuple(Record(stage, RecordKind.TRACKS, 8, items) for stage in (0, 1))
    whole = replace(inference(b""), result=replace(inference(b"").result, parts=2), parts=parts)
    assert as_line(7, whole, None, "chip", stages).splitlines()[1:] == [
        "  follow  2 tracks  [#3 1.0,2.0 10.0x5.0 score 2.25] and 1 more",
        "  steady  2 tracks",
        "          #3 1.0,2.0 10.0x5.0 score 2.25, 1 point",
        "          #12 2.0,2.0 10.0x5.0 out of sight, 1 point",
    ]
    told = as_json(7, whole, None, "chip", stages)["stages"]
    assert isinstance(told, list)
    assert [(s["kind"], s["count"], s["items"][1][5]) for s in told] == [("tracks", 2, 12)] * 2
    nobody = replace(whole, parts=tuple(replace(part, items=()) for part in parts))
    assert as_line(7, nobody, None, "chip", stages).splitlines()[1:] == [
        "  follow  0 tracks",
        "  steady  0 tracks",
    ]


HAPPY = (256, 512, 2560, 1280, 9216, 3, 1, 55_050)
UNSURE = (512, 512, 2560, 1280, 9216, 12, -1, 20_000)
HIDDEN = (512, 512, 2560, 1280, 0, 7, -1, 60_000)
NAMES = "\n\nsad\nhappy\n\n"
"""Of the classes of the third of three stages."""


def test_what_each_track_is_called_and_nothing_where_that_is_unsure() -> None:
    stages = Told(("steady", "see", "feel"), in_parts=True)
    boxes = (*HAPPY[:6], *UNSURE[:6], *HIDDEN[:6])
    parts = (
        Record(0, RecordKind.TRACKS, 6, boxes),
        Record(2, RecordKind.VOTES, 8, (*HAPPY, *UNSURE, *HIDDEN)),
    )
    result = replace(inference(b"").result, parts=2, stage=2)
    whole = replace(inference(b""), result=result, parts=parts)
    model = Model(0, 0, 0, 0, 0, (), (), (), NAMES)
    assert as_line(7, whole, model, "chip", stages).splitlines()[5:] == [
        "  see     rested",
        "  feel    3 tracks",
        "          #3 happy 84%",
        "          #12",
        "          #7 out of sight",
    ]
    told = as_json(7, whole, model, "chip", stages)["stages"]
    assert isinstance(told, list)
    happy, unsure, hidden = told[2]["items"]
    assert happy == {
        "identity": 3, "box": [256, 512, 2560, 1280], "score": 9216, "class": 1, "label": "happy",
        "probability": 55_050 / 65536,
    }  # fmt: skip
    assert (unsure["class"], unsure["label"], unsure["probability"]) == (None, None, 20_000 / 65536)
    assert (hidden["identity"], hidden["score"], hidden["class"]) == (7, 0, None)


def test_stages_whose_parts_are_not_sent_did_not_rest() -> None:
    kinds = {"kind": RecordKind.CLASSES, "item_values": 2, "items": (1, 90)}
    result = replace(inference(b"").result, stage=1, **kinds)
    alone, names = Inference(result), ("find", "classify", "mark")
    model = Model(0, 0, 0, 0, 0, (), (), (), "bird\n\ncat\ndog\n\n\n")
    held = Told(names, in_parts=True, sent=False)
    assert as_line(7, alone, model, "chip", held) == "frame 7      1.50 ms  classify  dog 90"
    assert as_json(7, alone, model, "chip", held)["stages"] is None
    nobody = Inference(replace(inference(b"").result, stage=255))
    assert as_line(7, nobody, model, "chip", held) == "frame 7      1.50 ms  rested"
    (one,) = as_json(7, alone, model, "chip", Told(names[1:2]))["stages"]  # type: ignore[misc]
    assert (one["name"], one["rested"], one["items"][0]["label"]) == ("classify", False, "dog")


@pytest.mark.parametrize(
    ("kind", "width", "items", "line"),
    [
        (RecordKind.RAW, 0, (), "no decoder"),
        (RecordKind.POINTS, 2, (), "no points"),
        (RecordKind.POINTS, 2, (256, 640), "1 point at 1.0, 2.5"),
        (RecordKind.POINTS, 2, (256, 640, 512, 640), "2 points within x 1.0..2.0, y 2.5..2.5"),
        (RecordKind.BOXES, 6, (256, 512, 2560, 1280, 9216, 0), "1 box  [1.0,2.0 10.0x5.0 score 2.25]"),
        (
            RecordKind.TRACKS,
            8,
            (256, 512, 2560, 1280, 9216, 3, 0, 0),
            "1 track  [#3 1.0,2.0 10.0x5.0 score 2.25]",
        ),
        (RecordKind.TRACKS, 6, (256, 512, 2560, 1280, 0, 7), "1 track  [#7 1.0,2.0 10.0x5.0 out of sight]"),
        (RecordKind.VOTES, 8, (*HAPPY, *UNSURE), "2 tracks  [#3 class 1 84%]  [#12]"),
        (RecordKind.VOTES, 8, (), "0 tracks"),
        (RecordKind.CLASSES, 2, (), "no class"),
    ],
)
def test_a_record_in_words(kind: RecordKind, width: int, items: tuple[int, ...], line: str) -> None:
    assert record_line(Record(0, kind, width, items), None) == line
