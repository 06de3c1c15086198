"""The small expression network with attention behind the stages on its small maps: channels, then places.

Woo et al., "CBAM: Convolutional Block Attention Module", ECCV 2018 (arXiv 1807.06521), section 3; both parts
are attention_cnn.py's. The body is emotion_cnn.py's, so that both networks side by side say what attention is
worth. At 23x23 there is none: the maxima and means of so many places cost more there than they say.
"""

from __future__ import annotations

from typing import Any

from model_zoo.architectures import Shapes, network
from model_zoo.architectures.attention_cnn import channel_attention, spatial_attention
from model_zoo.architectures.emotion_cnn import OUTPUTS, SIZE, SMALL, body, head

WINDOWS = {1: 5, 2: 3}
"""Number of a stage, at 11x11 and 5x5 -> side of the kernel of its spatial attention."""


def attentive(x: Any, stage: int) -> Any:
    """The map of a stage, scaled where it is small: float32 [N, H, W, C] kept."""
    if stage not in WINDOWS:
        return x
    name = f"s{stage}"
    return spatial_attention(channel_attention(x, name), name, WINDOWS[stage])


@network(
    "emotion-48-attention",
    task="emotions",
    input_size=SIZE,
    summary="seven expressions, the small network with attention to channels and places, under 3.5 MMAC",
    outputs=OUTPUTS,
)
def emotion_48_attention(outputs: Shapes) -> Any:
    """float32 [N, 48, 48, 1] -> [N, 7]."""
    return head(*body(SMALL, attentive), outputs, "emotion_attention")
