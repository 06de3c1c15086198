"""All ops: importing this package fills REGISTRY, one file an op."""

from codegen.ops import (
    add,
    average_pool_2d,
    concatenation,
    conv_2d,
    depthwise_conv_2d,
    fully_connected,
    mean,
    pad,
    quantize,
    reshape,
    softmax,
)
from codegen.ops.base import REGISTRY

__all__ = [
    "REGISTRY",
    "add",
    "average_pool_2d",
    "concatenation",
    "conv_2d",
    "depthwise_conv_2d",
    "fully_connected",
    "mean",
    "pad",
    "quantize",
    "reshape",
    "softmax",
]
