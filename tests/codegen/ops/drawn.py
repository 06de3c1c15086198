"""LAYERS: kind -> drawn one-layer models that the reader accepts, of every op."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.codegen.ops import drawing, drawing_copies, drawing_products, drawing_values
from tests.codegen.ops.drawing import Layer

LAYERS: dict[str, st.SearchStrategy[Layer]] = {
    **drawing.LAYERS,
    **drawing_copies.LAYERS,
    **drawing_products.LAYERS,
    **drawing_values.LAYERS,
}
