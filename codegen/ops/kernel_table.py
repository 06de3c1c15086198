"""The C kernels of each operator, and which of them have a form of their own on a target: what `ops` prints.

`kernel_choice` and the ops' `render` choose among them; a test holds this table to what they choose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_COPY = ("tfk_strided_copy_s8",)
_INDEXED = ("tfk_indexed_copy_s8",)
_LOOKUP = ("tfk_lookup_s8",)
_PACKED = ("tfk_conv_2d_1x1_s8", "tfk_conv_2d_s8")

KERNELS: Mapping[str, tuple[str, ...]] = {
    "ABS": _LOOKUP,
    "ADD": ("tfk_add_s8", "tfk_add_broadcast_s8"),
    "ARG_MAX": ("tfk_arg_max_s8",),
    "AVERAGE_POOL_2D": ("tfk_average_pool_2d_inside_s8", "tfk_average_pool_2d_s8"),
    "BATCH_MATMUL": ("tfk_batch_matmul_s8", "tfk_batch_matmul_left_s8"),
    "BATCH_TO_SPACE_ND": _INDEXED,
    "BROADCAST_TO": _COPY,
    "CONCATENATION": ("tfk_concatenation_s8",),
    "CONV_2D": (*_PACKED, "tfk_conv_2d_reference_s8"),
    "DEPTH_TO_SPACE": _COPY,
    "DEPTHWISE_CONV_2D": (
        "tfk_depthwise_conv_2d_3x3_s8",
        "tfk_depthwise_conv_2d_s8",
        "tfk_depthwise_conv_2d_reference_s8",
        *_PACKED,
    ),
    "ELU": _LOOKUP,
    "EXPAND_DIMS": (),
    "FULLY_CONNECTED": ("tfk_fully_connected_s8", "tfk_fully_connected_reference_s8"),
    "GATHER": _INDEXED,
    "GATHER_ND": _INDEXED,
    "HARD_SWISH": _LOOKUP,
    "LEAKY_RELU": _LOOKUP,
    "LOGISTIC": _LOOKUP,
    "MAXIMUM": ("tfk_maximum_s8",),
    "MAX_POOL_2D": ("tfk_max_pool_2d_inside_s8", "tfk_max_pool_2d_s8"),
    "MEAN": ("tfk_mean_s8",),
    "MINIMUM": ("tfk_minimum_s8",),
    "MIRROR_PAD": _INDEXED,
    "MUL": ("tfk_mul_s8",),
    "PACK": ("tfk_concatenation_s8",),
    "PAD": ("tfk_pad_s8",),
    "PADV2": ("tfk_pad_s8",),
    "PRELU": ("tfk_prelu_s8",),
    "QUANTIZE": ("tfk_quantize_s8_s8", "tfk_quantize_s8_s16"),
    "REDUCE_MAX": ("tfk_reduce_max_s8",),
    "RELU": _LOOKUP,
    "RELU6": _LOOKUP,
    "RESHAPE": (),
    "RESIZE_BILINEAR": ("tfk_resize_bilinear_s8",),
    "RESIZE_NEAREST_NEIGHBOR": _INDEXED,
    "REVERSE_V2": _COPY,
    "RSQRT": _LOOKUP,
    "SLICE": _COPY,
    "SOFTMAX": ("tfk_softmax_s8_s8", "tfk_softmax_s8_s16"),
    "SPACE_TO_BATCH_ND": _COPY,
    "SPACE_TO_DEPTH": _COPY,
    "SPLIT": ("tfk_split_s8",),
    "SPLIT_V": ("tfk_split_s8",),
    "SQUARED_DIFFERENCE": ("tfk_squared_difference_s8",),
    "SQUEEZE": (),
    "STRIDED_SLICE": _COPY,
    "SUB": ("tfk_sub_s8",),
    "SUM": ("tfk_mean_s8",),
    "TANH": _LOOKUP,
    "TRANSPOSE": _COPY,
    "TRANSPOSE_CONV": ("tfk_transpose_conv_s8",),
    "UNPACK": ("tfk_split_s8",),
}
"""Operator -> its kernels, the usual one first; none where a layer only renames bytes. Each is plain C for
every target."""


@dataclass(frozen=True)
class TargetForm:
    """What is compiled otherwise on one kind of core.

    Attributes:
        target: the core.
        switch: the macro that chooses it.
        what: what is different.
        called: the function of codegen/kernels that differs; a kernel that reaches it has the form.
    """

    target: str
    switch: str
    what: str
    called: str


TARGET_FORMS = (
    TargetForm("Arm DSP", "TINYFACE_ARM_DSP", "two products an instruction (SMLAD)", "tfk_multiply"),
    TargetForm("Xtensa", "__XTENSA__", "one step a hardware loop", "TFK_STEPS"),
    TargetForm("Xtensa", "__XTENSA__", "wide products from halves", "tfk_doubling_high_mul_29"),
)


def short(kernel: str) -> str:
    """The name without what all names have: "conv_2d_1x1_s8"."""
    return kernel.removeprefix("tfk_")
