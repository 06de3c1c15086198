"""Toy models on disk: the file alone, or with the card that makes its outputs points."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from codegen.tflite.reader import parse_model
from tests.toys.models import TOYS


def write_toy(name: str, folder: Path) -> Path:
    """The .tflite file of a toy."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.tflite"
    file.write_bytes(TOYS[name]())
    return file


def landmark_card(content: bytes) -> dict[str, Any]:
    """A card for a toy with one gray picture in and x, y pairs out; all figures in it are made up."""
    graph = parse_model(content, "toy")
    _, height, width, channels = graph.tensor(graph.inputs[0]).shape
    output = graph.tensor(graph.outputs[0])
    points = output.elements // 2
    mean = [(k * 2**24) // (2 * points) for k in range(2 * points)]
    score = {"nme": 0.0, "ci95": [0.0, 0.0]}
    return {
        "name": "toy",
        "task": "landmarks68",
        "summary": "a toy",
        "model_file": "model.tflite",
        "sha256": hashlib.sha256(content).hexdigest(),
        "input": {
            "width": width,
            "height": height,
            "channels": channels,
            "margin": 1.3,
            "quantization": {"scale": 1 / 128, "zero_point": 0},
        },
        "decoder": {
            "kind": "landmarks",
            "points": points,
            "mean_q24": mean,
            "scale_q24": round(output.scale * 2**18),
            "zero_point": output.zero_point,
        },
        "data": {"split": {"test": [], "validation": [], "train": []}},
        "metrics": {"shipped": "qat", "float": score, "ptq": score, "qat": score},
        "size": {"tflite_bytes": len(content), "macs": graph.macs, "params": 0},
        "recipe": {},
        "seed": 0,
        "train_again": "",
    }


def write_landmark_toy(folder: Path, name: str = "mini_pfld") -> Path:
    """model.tflite and card.json of a toy landmark net; returns the .tflite file."""
    folder.mkdir(parents=True, exist_ok=True)
    content = TOYS[name]()
    file = folder / "model.tflite"
    file.write_bytes(content)
    (folder / "card.json").write_text(json.dumps(landmark_card(content)))
    return file
