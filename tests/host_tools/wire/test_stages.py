"""A board tells the stages of its program with HELLO, and nothing of them is believed unchecked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from codegen.errors import BoardError
from codegen.program.records import Kind
from codegen.program.spec import TENSOR, InputSpec, Layout
from host_tools.wire.plausible import check_hello
from host_tools.wire.stages import StageFacts, stages_of
from tests.host_tools.fake_board import HELLO

THREE = replace(
    HELLO,
    stages=3,
    stage_facts=(2, 1, 128, 96, -128, 2, 0, 0, 0, 0, 1, 3, 64, 64, -128),
    stage_names="find\nfollow\nmark\n",
    stage_models="blaze\n\npfld\n",
)


def test_three_stages() -> None:
    check_hello(THREE, "port")
    assert stages_of(THREE, "port") == (
        StageFacts("find", "blaze", Kind.BOXES, InputSpec(Layout.GRAY, 128, 96, -128)),
        StageFacts("follow", "", Kind.BOXES, TENSOR),
        StageFacts("mark", "pfld", Kind.POINTS, InputSpec(Layout.RGB, 64, 64, -128)),
    )
    find, follow, _ = map(str, stages_of(THREE, "port"))
    assert find == "find: blaze, gray picture, 128x96 px, p - 128, boxes"
    assert follow == "follow: boxes"


@pytest.mark.parametrize(
    "change",
    [
        {"stages": 2},
        {"stage_facts": THREE.stage_facts[:-1]},
        {"stage_facts": (9, *THREE.stage_facts[1:])},
        {"stage_facts": (2, 2, *THREE.stage_facts[2:])},
        {"stage_facts": (2, 1, 0, *THREE.stage_facts[3:])},
        {"stage_facts": (2, 1, 128, 96, -1000, *THREE.stage_facts[5:])},
        {"stage_names": "find\nfollow\nmark"},
        {"stage_names": "find\nfollow\nmark\nmore\n"},
        {"stage_names": "find\nfollow\n" + 256 * "m" + "\n"},
        {"stage_models": ""},
    ],
)
def test_stages_that_are_none(change: dict[str, Any]) -> None:
    with pytest.raises(BoardError, match=r"none of [23] stages") as caught:
        check_hello(replace(THREE, **change), "port")
    assert "tinyface flash" in caught.value.remedy
