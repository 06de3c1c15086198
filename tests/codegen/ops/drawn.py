"""LAYERS: kind -> drawn one-layer models that the reader accepts, of every op."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.codegen.ops.drawing import Layer
from tests.codegen.ops.every_op import every

LAYERS: dict[str, st.SearchStrategy[Layer]] = {
    kind: strategy for layers in every("LAYERS") for kind, strategy in layers.items()
}
