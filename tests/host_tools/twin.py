"""Another model of the same plan: what `tinyface flash --model-only` can put in place of the first."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np

from codegen.tflite.reader import parse_model
from host_tools.models import ModelRef, resolve
from host_tools.project.write import plan_of
from model_zoo.cards import CARD_FILE


def twin_of(ref: ModelRef, folder: Path) -> ModelRef:
    """A model, or a program in which the first network is one, with other bytes and the same plan."""
    if not ref.has_stages:
        return mirrored(ref, folder)
    first = ref.networks[0]
    made = mirrored(first, folder)
    text = ref.path.read_text(encoding="utf-8")
    stated = f'model = "{first.typed if first.card else first.path.name}"'
    assert stated in text
    for other in ref.networks[1:]:
        if not other.card:
            shutil.copy(other.path, folder)
    file = folder / ref.path.name
    file.write_text(text.replace(stated, f'model = "{made.path.name}"'), encoding="utf-8")
    return resolve(str(file))


def mirrored(ref: ModelRef, folder: Path) -> ModelRef:
    """The same net with the weights of its first layer mirrored: other bytes, the same plan."""
    graph = parse_model(ref.data, ref.name)
    weights = next(
        data.tobytes()
        for data in (graph.tensor(t).data for t in graph.ops[0].inputs)
        if data is not None and data.dtype == np.int8
    )
    assert ref.data.count(weights) == 1
    content = ref.data.replace(weights, weights[::-1])
    folder.mkdir()
    (folder / "model.tflite").write_bytes(content)
    if ref.card is not None:
        card = json.loads((ref.path.parent / CARD_FILE).read_text())
        card |= {"sha256": hashlib.sha256(content).hexdigest(), "model_file": "model.tflite"}
        (folder / CARD_FILE).write_text(json.dumps(card))
    made = resolve(str(folder / "model.tflite"))
    assert made.model_hash != ref.model_hash
    assert plan_of(made, None).plan_hash == plan_of(ref, None).plan_hash
    return made
