"""Expressions by a network that remembers the frames before: MobileNetV2 blocks and a gated recurrent unit.

Its sequences in training are synthetic motion: one picture that is moved a little from frame to frame, with
noise, blur and what hides parts of it drawn for each (`model_zoo/training/motion.py`).
"""

from __future__ import annotations

from typing import Any

from model_zoo.architectures import Shapes, network
from model_zoo.architectures.emotion_cnn import OUTPUTS, SIZE, SMALL, body, logits
from model_zoo.recurrence import recurrence

UNITS, FRAMES = 48, 4
"""Values that are kept, and frames of a sequence in training."""


@network(
    "emotion-48-gru",
    task="emotions",
    input_size=SIZE,
    summary="seven expressions, MobileNetV2 blocks and a recurrent unit over frames, under 3.5 MMAC",
    outputs=OUTPUTS,
)
def emotion_48_gru(outputs: Shapes) -> Any:
    """float32 [N, 48, 48, 1] -> [N, 7]; in training N is a multiple of FRAMES."""
    import tensorflow as tf

    entry, x = body(SMALL)
    x = tf.keras.layers.GlobalAveragePooling2D(name="mean")(x)
    return logits(entry, recurrence()(UNITS, FRAMES, name="gru")(x), outputs, "emotion_gru")
