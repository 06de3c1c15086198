"""MODEL may be the folder of a training; one without a whole card is told from a model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from codegen.errors import DataError, ModelError
from host_tools.models import resolve
from model_zoo.cards import PRETRAINED, load_card

NAME = "pfld-68-96"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """What a training leaves: a card and its model."""
    return Path(shutil.copytree(PRETRAINED / NAME, tmp_path / "runs" / "mine"))


def test_the_folder_of_a_training_is_its_model(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for named in (str(run), f"{run}/", str(run / "model.tflite")):
        found = resolve(named)
        assert found.path == run / "model.tflite"
        assert found.card is not None
        assert found.card.folder == run
        assert found.model_hash.hex() == load_card(NAME).sha256
    monkeypatch.chdir(run.parent)
    assert resolve("mine").data == found.data


def test_a_folder_that_is_no_finished_training_is_refused(run: Path) -> None:
    facts = json.loads((run / "card.json").read_text())
    (run / "card.json").write_text(json.dumps({**facts, "sha256": "0" * 64}))
    with pytest.raises(DataError, match="not the card's"):
        resolve(str(run))
    (run / "card.json").write_text("{")
    with pytest.raises(DataError, match="no JSON"):
        resolve(str(run))
    (run / "card.json").unlink()
    with pytest.raises(ModelError, match=r"no card\.json") as caught:
        resolve(str(run))
    assert "folder of a training" in caught.value.remedy
    (run / "float.ckpt.npz").write_bytes(b"begun")
    with pytest.raises(ModelError, match="not finished") as caught:
        resolve(str(run))
    assert "--resume" in caught.value.remedy
