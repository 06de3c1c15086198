"""A training with further pictures (--also): its card, its resume, and figures that do not see them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codegen.errors import DataError
from model_zoo.datasets import synthetic
from model_zoo.evaluation.evaluate import EvaluateOptions, evaluate
from model_zoo.training.options import TrainOptions
from tests.model_zoo.conftest import write_landmarks68
from tests.model_zoo.test_also import write_more
from tests.model_zoo.test_marks import write_face_free

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = pytest.mark.slow
pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
pytest.importorskip("tensorflow_model_optimization", reason="needs tensorflow-model-optimization")

BY = 'labelled_by = [{name = "pfld", sha256 = "ab"}]\n'


def test_a_training_learns_from_them_and_measures_without_them(tmp_path: Path) -> None:
    from model_zoo.training.train import train

    data = write_landmarks68(tmp_path / "data", 16, 2)
    write_face_free(data, 40)
    more = write_more(tmp_path / "more", extra=BY)
    other = write_more(tmp_path / "other", synthetic.generate(people=3, pictures_each=1, seed=33), BY)
    out = tmp_path / "out"
    options = {"data": data, "epochs": 1, "qat_epochs": 1, "batch": 16, "quiet": True}
    trained = train(TrainOptions("pfld-68-96-live-pico", out, also=(more, other), **options))
    facts = trained.card.facts
    assert [
        (one["name"], one["licence"], one["images"], one["labelled_by"]) for one in facts["data"]["also"]
    ] == [("more", "CC0, more", images, [{"name": "pfld", "sha256": "ab"}]) for images in (10, 3)]
    assert facts["data"]["split"]["train"] == [i for i in range(16) if i % 8 > 1]
    assert facts["data"]["training_faces"] == 24
    assert f"--also {more} --also {other}" in facts["train_again"]
    assert list(trained.card.data.also) == trained.card.data.to_json()["also"] == facts["data"]["also"]
    found = evaluate(EvaluateOptions(trained.card, data=data, part="validation")).to_json()
    stated = trained.card.metrics["validation"][trained.shipped]
    assert {key: found[key] for key in stated} == stated
    assert found["baseline"]["value"] == trained.card.baseline.value
    with pytest.raises(DataError, match="--also"):
        train(TrainOptions("pfld-68-96-live-pico", out, also=(more,), resume=True, **options))
