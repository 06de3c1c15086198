"""What scores mean is said once, before the first frame."""

from __future__ import annotations

from codegen.program.records import Kind
from codegen.program.spec import TENSOR
from host_tools.pictures.records import score_shown
from host_tools.pictures.scores import scores_told
from host_tools.wire.messages import Dtype, Model
from host_tools.wire.stages import StageFacts


def stage(name: str, kind: Kind) -> StageFacts:
    return StageFacts(name, "a network", kind, TENSOR)


def model(*types: int) -> Model:
    return Model(0, 0, 0, 0, 0, (), types, (4,) * len(types), "")


def test_a_score_of_a_box_is_a_real_value() -> None:
    assert [score_shown(score) for score in (0, 410, 2048, -4096, 8192)] == [
        "0.00",
        "0.10",
        "0.50",
        "-1.00",
        "2.00",
    ]


def test_each_kind_of_score_has_its_scale() -> None:
    assert scores_told([stage("mark", Kind.POINTS), stage("raw", Kind.RAW)], None) == []
    (boxes,) = scores_told([stage("find", Kind.BOXES), stage("follow", Kind.TRACKS)], None)
    assert "between 0 and 1" in boxes
    (classes,) = scores_told([stage("see", Kind.CLASSES)], model(Dtype.INT8))
    assert classes == "scores of classes are the output's own values, -128 to 127, the highest is the surest"
    (unsigned,) = scores_told([stage("see", Kind.CLASSES)], model(Dtype.UINT8))
    assert ", 0 to 255," in unsigned
    assert len(scores_told([stage("find", Kind.BOXES), stage("see", Kind.CLASSES)], None)) == 2
    boxes, votes = scores_told([stage("steady", Kind.TRACKS), stage("feel", Kind.VOTES)], None)
    assert "logits" in boxes
    assert votes.endswith("nothing stands there where none is sure")
    (unknown,) = scores_told([stage("see", Kind.CLASSES)], None)
    assert " to " not in unknown
