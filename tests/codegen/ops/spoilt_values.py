"""Forms of the ops on single values, of MAX_POOL_2D, SUM and REDUCE_MAX that no kernel computes."""

from __future__ import annotations

from tests.codegen.ops.spoiling import Build, Case, inputs, options, table, tensor
from tests.toys.layers import Net


def binary(kind: str, scale: float = 0.05) -> Build:
    """One op of two activations."""

    def build(net: Net) -> tuple[list[int], int]:
        a, b = net.input(1, 4, scale=0.05, zero_point=-5), net.input(1, 4, scale=0.05, zero_point=-5)
        return [a, b], net.binary(kind, a, b, scale)

    return build


def unary(kind: str, scale: float = 0.05, zero_point: int = 0, **values: float) -> Build:
    """One op of one activation; the input has the same quantization unless the op fixes it."""

    def build(net: Net) -> tuple[list[int], int]:
        x = net.input(1, 4, scale=0.05, zero_point=-128 if kind == "RSQRT" else 0)
        return [x], net.unary(kind, x, scale, zero_point, **values)

    return build


def prelu(net: Net) -> tuple[list[int], int]:
    x = net.input(1, 4)
    return [x], net.binary("PRELU", x, net.constant(4))


def max_pool(net: Net) -> tuple[list[int], int]:
    x = net.input(1, 4, 4, 2)
    return [x], net.pool(x, (2, 2), kind="MAX_POOL_2D")


def total(net: Net) -> tuple[list[int], int]:
    x = net.input(1, 4, 4, 2)
    return [x], net.mean(x, kind="SUM")


def reduce_max(net: Net) -> tuple[list[int], int]:
    x = net.input(1, 4, 4, 2, scale=0.02, zero_point=-100)
    return [x], net.mean(x, kind="REDUCE_MAX")


def arg_max(net: Net) -> tuple[list[int], int]:
    x = net.input(2, 3, 4)
    return [x], net.arg_max(x, 1)


CASES: list[Case] = [
    ("SUB", binary("SUB"), tensor(1, shape=(1, 3)), "do not broadcast"),
    ("SUB", binary("SUB"), tensor(2, scale=1e-9), "millionth"),
    ("SUB", binary("SUB"), options(fused_activation_function="TANH"), "fused activation TANH"),
    ("MUL", binary("MUL"), tensor(2, scale=1e-12), "never left 0"),
    ("MUL", binary("MUL"), tensor(2, shape=(4,)), "the output is"),
    ("MINIMUM", binary("MINIMUM"), tensor(1, scale=0.1), "different scales"),
    ("MAXIMUM", binary("MAXIMUM"), tensor(2, zero_point=1), "different scales"),
    ("SQUARED_DIFFERENCE", binary("SQUARED_DIFFERENCE"), tensor(2, scale=1e-12), "never left 0"),
    ("PRELU", prelu, inputs(1, 0), "slopes"),
    ("PRELU", prelu, inputs(0, 0), "slopes"),
    ("PRELU", prelu, tensor(1, scale=[0.1] * 4, zero_point=[0] * 4), "no scale of its own"),
    ("PRELU", prelu, tensor(2, scale=1e-12), "never left 0"),
    ("MAX_POOL_2D", max_pool, tensor(1, scale=0.5), "different scales"),
    ("MAX_POOL_2D", max_pool, options(stride_h=0), "no sliding window"),
    ("SUM", total, tensor(1, data=table([1, 4])), "axes"),
    ("SUM", total, tensor(2, scale=1e-30), "never left 0"),
    ("REDUCE_MAX", reduce_max, tensor(2, scale=0.03), "different scales"),
    ("ARG_MAX", arg_max, tensor(1, dtype="int64"), "int64, not int32"),
    ("ARG_MAX", arg_max, tensor(1, dtype="int8", scale=0.1), "int8, not int32"),
    ("ARG_MAX", arg_max, tensor(1, shape=(2, 1, 4)), "the output is"),
    ("ARG_MAX", arg_max, tensor(2, shape=(2,), data=table([1, 1])), "2 axes"),
    ("ARG_MAX", arg_max, tensor(2, data=table([3])), "axis 3"),
    ("ARG_MAX", arg_max, tensor(2, dtype="int64", data=table([1, 0])), "no constant int32"),
    ("ARG_MAX", arg_max, inputs(0, -1), "no constant int32"),
    ("LOGISTIC", unary("LOGISTIC", 1 / 256, -128), tensor(1, scale=1 / 128), "instead of 1/256"),
    ("LOGISTIC", unary("LOGISTIC", 1 / 256, -128), tensor(0, scale=16.0), "too large"),
    ("LOGISTIC", unary("LOGISTIC", 1 / 256, -128), tensor(0, scale=1e-10), "too small"),
    ("TANH", unary("TANH", 1 / 128), tensor(1, zero_point=1), "instead of 1/128"),
    ("HARD_SWISH", unary("HARD_SWISH"), tensor(1, scale=1e-4), "too small"),
    ("HARD_SWISH", unary("HARD_SWISH"), tensor(0, scale=1e4), "too small"),
    ("RELU", unary("RELU"), tensor(1, scale=1e-30), "never left 0"),
    ("RELU", unary("RELU"), tensor(1, shape=(5,)), "the output is"),
    ("RELU6", unary("RELU6"), tensor(1, scale=0.1), "different scales"),
    ("LEAKY_RELU", unary("LEAKY_RELU", alpha=0.1), options(alpha=-0.5), "negative or no number"),
    ("LEAKY_RELU", unary("LEAKY_RELU", alpha=0.1), options(alpha=float("inf")), "negative or no number"),
    ("ELU", unary("ELU"), tensor(1, scale=1e-12), "too small"),
    ("ABS", unary("ABS"), tensor(0, scale=1e30), "scaled up|overflow"),
    ("ABS", unary("ABS"), tensor(1, dtype="int16", zero_point=0), "int16, not int8"),
    ("RSQRT", unary("RSQRT"), tensor(0, zero_point=-127), "can be negative"),
    ("RSQRT", unary("RSQRT"), tensor(1, scale=1e-12), "never left 0"),
]
