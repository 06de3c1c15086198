"""A recurrent unit in a network that sees one picture at a time: what it kept of earlier frames takes part.

In training a batch holds sequences, frame behind frame of one face. Where a network is measured by itself,
each picture is the first frame of its own sequence. Exported, it keeps a variable from run to run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


@cache
def recurrence() -> Any:
    """The class of the layer float32 [N, F] -> [N, units]: a gated recurrent unit.

    Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder", EMNLP 2014 (arXiv 1406.1078),
    equations 5 to 8, with the reset gate behind the product, as Keras and CuDNN have it, so that all products
    with what was kept are one. Both biases of a gate would be one number; the candidate's second one is left
    out.
    """
    import tensorflow as tf

    @tf.keras.utils.register_keras_serializable("tinyface")
    class Recurrence(tf.keras.layers.Layer):  # type: ignore[misc]
        def __init__(self, units: int, frames: int, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.units, self.frames = units, frames
            self.memory: Any = None

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "units": self.units, "frames": self.frames}

        def build(self, shape: Any) -> None:
            width = 3 * self.units
            self.kernel = self.add_weight("kernel", (shape[-1], width), initializer="glorot_uniform")
            self.before = self.add_weight("before", (self.units, width), initializer="orthogonal")
            self.bias = self.add_weight("bias", (width,), initializer="zeros")
            super().build(shape)

        def step(self, x: Any, kept: Any) -> Any:
            """What is kept after a frame: x [N, F] and kept [N, units] -> [N, units]."""
            update, reset, new = tf.split(tf.matmul(x, self.kernel) + self.bias, 3, axis=1)
            old_update, old_reset, old_new = tf.split(tf.matmul(kept, self.before), 3, axis=1)
            update = tf.sigmoid(update + old_update)
            new = tf.tanh(new + tf.sigmoid(reset + old_reset) * old_new)
            return new + update * (kept - new)

        def call(self, x: Any, training: bool | None = None) -> Any:
            if self.memory is not None:
                told = self.step(x, self.memory.read_value())
                self.memory.assign(told)
                return told
            frames = self.frames if training else 1
            sequences = tf.reshape(x, (-1, frames, x.shape[-1]))
            kept = tf.zeros_like(sequences[:, 0, :1]) * tf.ones((1, self.units))
            told = []
            for frame in range(frames):
                kept = self.step(sequences[:, frame], kept)
                told.append(kept)
            return tf.reshape(tf.stack(told, 1), (-1, self.units))

        def macs(self) -> int:
            """Multiply-accumulates of one frame."""
            return int(self.kernel.shape[0] + self.units) * 3 * self.units

    return Recurrence


def cells_in(model: Any) -> list[Any]:
    """The recurrent layers of a Keras model."""
    return [layer for layer in model.layers if isinstance(layer, recurrence())]


@contextmanager
def remembering(model: Any) -> Iterator[list[Any]]:
    """Meanwhile the recurrent layers keep what they say in variables, which are given; they begin with 0."""
    import tensorflow as tf

    cells = cells_in(model)
    for cell in cells:
        cell.memory = tf.Variable(tf.zeros((1, cell.units)), trainable=False, name=f"{cell.name}_kept")
    try:
        yield [cell.memory for cell in cells]
    finally:
        for cell in cells:
            cell.memory = None
