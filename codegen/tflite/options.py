"""Where the TFLite schema keeps the options of each operator; read by reader.py."""

from __future__ import annotations

from collections.abc import Mapping

_WINDOW = {"padding": (0, "padding", 0), "stride_w": (1, "int", 0), "stride_h": (2, "int", 0)}
_FUSED = "fused_activation_function"
OPTIONS: Mapping[str, tuple[int, Mapping[str, tuple[int, str, int]]]] = {
    "CONV_2D": (1, {**_WINDOW, _FUSED: (3, "activation", 0), "dilation_w_factor": (4, "int", 1),
                    "dilation_h_factor": (5, "int", 1)}),
    "DEPTHWISE_CONV_2D": (2, {**_WINDOW, "depth_multiplier": (3, "int", 0), _FUSED: (4, "activation", 0),
                              "dilation_w_factor": (5, "int", 1), "dilation_h_factor": (6, "int", 1)}),
    "AVERAGE_POOL_2D": (5, {**_WINDOW, "filter_width": (3, "int", 0), "filter_height": (4, "int", 0),
                            _FUSED: (5, "activation", 0)}),
    "FULLY_CONNECTED": (8, {_FUSED: (0, "activation", 0), "weights_format": (1, "byte", 0),
                            "keep_num_dims": (2, "bool", 0)}),
    "SOFTMAX": (9, {"beta": (0, "real", 0)}),
    "CONCATENATION": (10, {"axis": (0, "int", 0), _FUSED: (1, "activation", 0)}),
    "ADD": (11, {_FUSED: (0, "activation", 0)}),
    "RESHAPE": (17, {"new_shape": (0, "ints", 0)}),
    "PAD": (22, {}),
    "MEAN": (27, {"keep_dims": (0, "bool", 0)}),
    "PADV2": (43, {}),
    "QUANTIZE": (89, {}),
    "SUB": (28, {_FUSED: (0, "activation", 0)}),
    "MUL": (21, {_FUSED: (0, "activation", 0)}),
    "LEAKY_RELU": (75, {"alpha": (0, "real", 0)}),
    "MAX_POOL_2D": (5, {**_WINDOW, "filter_width": (3, "int", 0), "filter_height": (4, "int", 0),
                        _FUSED: (5, "activation", 0)}),
    "SUM": (27, {"keep_dims": (0, "bool", 0)}),
    "REDUCE_MAX": (27, {"keep_dims": (0, "bool", 0)}),
    "SQUEEZE": (30, {"squeeze_dims": (0, "ints", 0)}),
    "EXPAND_DIMS": (52, {}),
    "TRANSPOSE": (26, {}),
    "STRIDED_SLICE": (32, {"begin_mask": (0, "int", 0), "end_mask": (1, "int", 0),
                           "ellipsis_mask": (2, "int", 0), "new_axis_mask": (3, "int", 0),
                           "shrink_axis_mask": (4, "int", 0), "offset": (5, "bool", 0)}),
    "SLICE": (48, {}),
    "SPLIT": (35, {"num_splits": (0, "int", 0)}),
    "SPLIT_V": (79, {"num_splits": (0, "int", 0)}),
    "PACK": (59, {"values_count": (0, "int", 0), "axis": (1, "int", 0)}),
    "UNPACK": (64, {"num": (0, "int", 0), "axis": (1, "int", 0)}),
    "RESIZE_NEAREST_NEIGHBOR": (74, {"align_corners": (0, "bool", 0), "half_pixel_centers": (1, "bool", 0)}),
    "RESIZE_BILINEAR": (15, {"align_corners": (2, "bool", 0), "half_pixel_centers": (3, "bool", 0)}),
    "TRANSPOSE_CONV": (49, {**_WINDOW, _FUSED: (3, "activation", 0)}),
    "MIRROR_PAD": (77, {"mode": (0, "byte", 0)}),
    "GATHER": (23, {"axis": (0, "int", 0), "batch_dims": (1, "int", 0)}),
    "BROADCAST_TO": (104, {}),
    "DEPTH_TO_SPACE": (94, {"block_size": (0, "int", 0)}),
    "SPACE_TO_DEPTH": (19, {"block_size": (0, "int", 0)}),
    "CALL_ONCE": (103, {"init_subgraph_index": (0, "int", 0)}),
    "VAR_HANDLE": (111, {"container": (0, "text", 0), "shared_name": (1, "text", 0)}),
    "ABS": (78, {}),
    "BATCH_TO_SPACE_ND": (24, {}),
    "GATHER_ND": (83, {}),
    "REVERSE_V2": (81, {}),
    "SPACE_TO_BATCH_ND": (25, {}),
    "ARG_MAX": (40, {}),
    "BATCH_MATMUL": (101, {"adj_x": (0, "bool", 0), "adj_y": (1, "bool", 0)}),
}  # fmt: skip
"""Kind -> (tag in the union BuiltinOptions, {option: (field number, type, schema default)})."""

NEEDED = frozenset({"MIRROR_PAD"})
"""Kinds that TFLite-Micro computes otherwise without options than with the schema's defaults."""
