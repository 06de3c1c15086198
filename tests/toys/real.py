"""Models that compute in float32, which only TFLite-Micro runs."""

from __future__ import annotations

from tests.toys.builder import ModelBuilder


def real_numbers() -> bytes:
    """float32 all the way."""
    builder = ModelBuilder()
    x, y = builder.add_tensor((1, 6), "float32"), builder.add_tensor((1, 6), "float32")
    builder.add_op("LOGISTIC", [x], [y])
    return builder.finish([x], [y])


def real_numbers_inside() -> bytes:
    """int8 in and out, float32 between: a gray picture, so that pictures are sent."""
    builder = ModelBuilder()
    x, y = (builder.add_tensor((1, 6, 8, 1), "int8", scale, 0) for scale in (0.05, 0.01))
    real, root = (builder.add_tensor((1, 6, 8, 1), "float32") for _ in range(2))
    builder.add_op("DEQUANTIZE", [x], [real])
    builder.add_op("TANH", [real], [root])
    builder.add_op("QUANTIZE", [root], [y])
    return builder.finish([x], [y])
