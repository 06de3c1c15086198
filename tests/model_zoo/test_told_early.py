"""What is wrong with a command is told before TensorFlow is loaded and a picture is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from codegen.errors import DataError
from model_zoo.training import course
from model_zoo.training.course import begin
from model_zoo.training.options import TrainOptions

PICO = "pfld-68-96-pico"
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no teacher": ({"changes": ("phases.float.teacher=0.5",)}, "learns from a teacher, and there is none"),
    "nobody listens": (
        {"teacher": "nowhere", "qat_epochs": 0},
        f"no phase of {PICO} listens to a teacher",
    ),
    "no teacher's folder": ({"teacher": "nowhere"}, "there is no such folder"),
    "no data": ({"data": Path("nowhere")}, "there is no such folder"),
    "no set": ({"data": Path()}, "no"),
    "another set": ({"dataset": "nothing"}, "no data set of landmarks is called nothing"),
}


@pytest.mark.parametrize("case", WRONG)
def test_it_needs_no_tensorflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(course, "import_tensorflow", lambda: pytest.fail("TensorFlow was loaded"))
    changes, cause = WRONG[case]
    with pytest.raises(DataError, match=cause) as caught:
        begin(TrainOptions(PICO, tmp_path / "out", **changes))
    assert caught.value.remedy
