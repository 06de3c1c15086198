"""Haar's cascade beside our detectors: the map between boxes, and errors in its way."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from codegen.errors import ToolError
from host_tools.cli import app
from model_zoo.datasets.pasted_heads import generate
from model_zoo.evaluation.haar import brought, fit_map, haar_found
from model_zoo.evaluation.recall import Detections
from model_zoo.tasks import TASKS


def test_the_map_between_two_conventions_is_found_again() -> None:
    rng = np.random.default_rng(1)
    faces = [np.array([[*rng.uniform(0, 90, 2), *rng.uniform(40, 60, 2)]]) for _ in range(9)]
    shift, stretch = np.array([0.05, -0.1]), np.array([0.8, 1.1])

    def as_found(face: np.ndarray) -> Detections:
        """The box that the map takes to this face."""
        size = face[:, 2:] / stretch
        return Detections(
            np.concatenate([face[:, :2] + face[:, 2:] / 2 - size * (0.5 + shift), size], 1), np.ones(1)
        )

    away = Detections(np.array([[500.0, 500, 10, 10]]), np.ones(1))
    none = Detections(np.empty((0, 4)), np.empty(0))
    pairs = [(as_found(face), face) for face in faces] + [(away, faces[0]), (none, faces[1])]
    np.testing.assert_allclose(fit_map(pairs), (shift, stretch), atol=1e-12)
    np.testing.assert_allclose(brought(as_found(faces[0]), shift, stretch).boxes, faces[0])
    np.testing.assert_array_equal(fit_map([(none, faces[0])]), (np.zeros(2), np.ones(2)))


def test_without_opencv_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refused(name: str, *arguments: Any) -> Any:
        if name == "cv2":
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", refused)
    heads = generate(2, seed=4)
    with pytest.raises(ToolError, match="OpenCV") as caught:
        haar_found(heads, heads)
    assert "pip install" in caught.value.remedy


def test_it_finds_faces_that_are_labelled() -> None:
    pytest.importorskip("cv2", reason="OpenCV is not installed: pip install 'opencv-python-headless<5'")
    task = TASKS.get("faces")
    heads = task.example()
    found = haar_found(heads, heads)
    assert len(found) == len(heads)
    assert task.curve(found, heads).recall(1.0) > 20


def test_an_unknown_peer_is_named_with_those_that_there_are() -> None:
    result = CliRunner().invoke(app, ["evaluate", "pfld-68-96", "--beside", "haar", "--limit", "1"])
    assert result.exit_code == 2
    assert "nothing called haar does what pfld-68-96 does" in " ".join(result.output.split())
