"""What a page is told of a board, of a frame, and of what it asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from host_tools.view.hub import Hub
from host_tools.view.orders import Order, applied_json
from host_tools.view.told import board_json, frame_json
from tests.host_tools.recorded import CALLED, MODEL, STAGED, called_inference, staged_inference
from tests.host_tools.view.served import page, served


def facts_of(clock: str) -> dict[str, str]:
    return dict(cast(Any, board_json(STAGED, "a port", clock)["facts"]))


def test_a_board_that_names_no_sensor() -> None:
    assert not STAGED.sensor
    assert facts_of("host")["sensor"] == "the simulated camera"
    assert facts_of("chip")["sensor"] == "none told"


def test_with_a_threshold_all_stages_are_there_and_one_is_told() -> None:
    """Its time is that of all, and so is no stage's."""
    whole = frame_json(staged_inference(0), ["find", "mark"], None, parted=True)
    held = frame_json(staged_inference(0), ["find", "mark"], None, parted=False)
    assert (whole["held"], held["held"]) == (False, True)
    find, mark = cast(list[dict[str, Any]], held["stages"])
    assert [(stage["name"], stage["ms"], stage["told"]) for stage in (find, mark)] == [
        ("find", None, False),
        ("mark", None, True),
    ]
    assert (find["boxes"], find["points"], find["rested"]) == ([], [], False)
    assert mark["points"]


def test_what_a_track_is_called_stands_beside_its_identity() -> None:
    """Once, with its smoothed probability; where that is unsure the identity alone. Points stay."""
    model = replace(MODEL, labels="\nsad\nhappy\n\nsad\nhappy\n\n")
    for index, word in ((1, "#4 happy 84%"), (-1, "#4")):
        told = frame_json(called_inference(0, index), CALLED, model, parted=True)
        steady, see, feel = cast(list[dict[str, Any]], told["stages"])
        assert (steady["boxes"], steady["words"], len(steady["points"][0])) == ([], [], 2)
        assert (see["line"], see["shown"]) == ("", False)
        assert (feel["words"], feel["line"], feel["shown"]) == ([word], "", True)
        held = frame_json(called_inference(0, index), CALLED, model, parted=False)
        assert cast(list[dict[str, Any]], held["stages"])[2]["words"] == [word]


def test_the_only_stage_has_the_time_of_all() -> None:
    told = frame_json(staged_inference(0), [], None, parted=False)
    (stage,) = cast(list[dict[str, Any]], told["stages"])
    assert (told["held"], stage["told"], stage["ms"]) == (False, True, told["ms"])


def test_what_was_applied_is_said_once() -> None:
    hub = Hub()
    with served(hub) as server:
        with page(server.host) as one:
            one.order(do="nothing")
            one.told("notice")  # it has joined
            hub.publish(applied_json(Order("settings", {"gain": 3}, keep=True), ["gain"]))
            told = one.told("applied")
            assert told["text"] == "Applied, kept in the board's flash. Not taken by this camera: Gain"
        with page(server.host) as other:
            other.order(do="nothing")
            other.told("notice")
            hub.publish(applied_json(Order("settings"), []))
            assert other.told("applied")["text"] == "Applied, until the board starts anew"
