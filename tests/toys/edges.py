"""Models with uint8 and float32 at their inputs and outputs, as exporters write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.toys.layers import Net

SCALE, POINT = 0.02, -7


def _quantized(net: Net, x: int, scale: float, zero_point: int, dtype: str = "int8") -> int:
    """A QUANTIZE behind x."""
    out = net.model.add_tensor(net.shape(x), dtype, scale, zero_point)
    net.model.add_op("QUANTIZE", [x], [out])
    return out


def _floats(net: Net, x: int) -> int:
    """A DEQUANTIZE behind x."""
    out = net.model.add_tensor(net.shape(x), "float32")
    net.model.add_op("DEQUANTIZE", [x], [out])
    return out


def _moved(net: Net, kind: str, x: int, shape: tuple[int, ...], *more: int, **options: Any) -> int:
    """An operator that moves values and keeps type and scale."""
    like = net.model.tensors[x]
    out = net.model.add_tensor(shape, like.dtype, like.scale, like.zero_point)
    net.model.add_op(kind, [x, *more], [out], **options)
    return out


def _reshaped(net: Net, x: int, *shape: int) -> int:
    return _moved(net, "RESHAPE", x, shape, net.model.add_const(np.array(shape, np.int32)), new_shape=shape)


def _file_input(net: Net, dtype: str, shape: tuple[int, ...], scale: float, zero_point: int) -> int:
    if dtype == "float32":
        return net.model.add_tensor(shape, dtype, name="the file's input")
    return net.model.add_tensor(shape, dtype, scale, zero_point, name="the file's input")


def around(
    inside: str, outside: str, *, scale: float = SCALE, point: int = POINT, other: float = 0.0
) -> bytes:
    """A dense layer between the types `inside` and `outside`; `other`: another scale out there."""
    net = Net(3)
    uint8 = inside == "uint8"
    x = first = _file_input(net, inside, (1, 9), other or scale, point + 128 if uint8 else point)
    if inside != "int8" or other:
        x = _quantized(net, x, scale, point)
    y = net.dense(x, 5, scale=0.07, zero_point=-11)
    if outside == "float32":
        y = _floats(net, y)
    elif outside == "uint8" or other:
        y = _quantized(net, y, other or 0.07, 117 if outside == "uint8" else -11, outside)
    return net.model.finish([first], [y])


def two_scales_of_one_input(dtype: str) -> bytes:
    """Two branches quantize one input each in their own way."""
    net = Net(4)
    x = _file_input(net, dtype, (1, 2, 4), 0.05, 100)
    flat = _reshaped(net, x, 1, 8)
    a = _quantized(net, flat, 0.05, -28)
    b = _quantized(net, flat, 0.031, 5)
    again = _quantized(net, x, 0.05, -28)
    outputs = [net.dense(a, 3), net.dense(b, 4), net.dense(_reshaped(net, again, 1, 8), 2)]
    return net.model.finish([x], outputs)


def moved_before(dtype: str) -> bytes:
    """Reshape, pad, cut, turn and join in the file's own type before QUANTIZE."""
    net = Net(5)
    x = _file_input(net, dtype, (1, 4, 6), 0.1, 3)
    y = _file_input(net, dtype, (1, 24), 0.1, 3)
    if dtype == "uint8":  # TFLite-Micro only reshapes it
        shaped = _moved(net, "SQUEEZE", x, (4, 6), squeeze_dims=[0])
        a, b = _reshaped(net, shaped, 1, 24), _reshaped(net, y, 1, 24)
        ends = [net.dense(_quantized(net, t, 0.1, -125), 6) for t in (a, b)]
        return net.model.finish([x, y], ends)
    pads = net.model.add_const(np.array([[0, 0], [1, 2], [0, 0]], np.int32))
    padded = _moved(net, "PAD", x, (1, 7, 6), pads)
    order = net.model.add_const(np.array([0, 2, 1], np.int32))
    turned = _moved(net, "TRANSPOSE", padded, (1, 6, 7), order)
    flat = _reshaped(net, turned, 1, 42)
    like = net.model.tensors[x]
    joined = net.model.add_tensor((1, net.shape(flat)[1] + 24), dtype, like.scale, like.zero_point)
    net.model.add_op("CONCATENATION", [flat, y], [joined], axis=1)
    return net.model.finish([x, y], [net.dense(_quantized(net, joined, 0.1, -125), 6)])


def moved_behind(dtype: str) -> bytes:
    """Reshape and cut behind the converter; the uncut values and the integers are outputs too."""
    net = Net(6)
    x = net.input(1, 9)
    y = net.dense(x, 12, scale=0.07, zero_point=-11)
    whole = _floats(net, y) if dtype == "float32" else _quantized(net, y, 0.07, 117, "uint8")
    shaped = _reshaped(net, whole, 1, 3, 4)
    if dtype == "uint8":
        return net.model.finish([x], [shaped, whole, y])
    begin, end, step = (net.model.add_const(np.array(v, np.int32)) for v in ([0, 1, 0], [1, 3, 4], [1, 1, 2]))
    cut = _moved(net, "STRIDED_SLICE", shaped, (1, 2, 2), begin, end, step)
    return net.model.finish([x], [cut, whole, y])


def read_further() -> bytes:
    """An output in float32 that is also read by the next layer, and the same values as int8 and uint8."""
    net = Net(7)
    x = net.input(1, 9)
    y = net.dense(x, 5, scale=0.07, zero_point=-11)
    z = net.dense(y, 3, scale=0.1, zero_point=4)
    return net.model.finish(
        [x], [_floats(net, y), y, _floats(net, z), _quantized(net, y, 0.07, 117, "uint8"), _floats(net, y)]
    )


def through_uint8() -> bytes:
    """int8 > QUANTIZE > uint8 > DEQUANTIZE > float32, and the uint8 tensor is an output too."""
    net = Net(8)
    x = net.input(1, 9)
    byte = _quantized(net, net.dense(x, 5, scale=0.07, zero_point=-11), 0.09, 120, "uint8")
    return net.model.finish([x], [_floats(net, byte), byte])


def back_to_integers() -> bytes:
    """DEQUANTIZE and QUANTIZE to the same scale in the middle."""
    net = Net(9)
    x = net.input(1, 9)
    y = net.dense(x, 6, scale=0.07, zero_point=-11)
    z = _quantized(net, _reshaped(net, _floats(net, y), 1, 2, 3), 0.07, -11)
    return net.model.finish([x], [net.dense(_reshaped(net, z, 1, 6), 4)])


def no_layer(dtype: str, scale: float = 0.05) -> bytes:
    """Nothing but the edges."""
    net = Net(10)
    x = _file_input(net, dtype, (1, 300), scale, 100)
    return net.model.finish([x], [_floats(net, _quantized(net, x, scale, -28))])


def picture(dtype: str, scale: float, zero_point: int) -> bytes:
    """A gray picture in front of a convolution."""
    net = Net(11)
    x = _file_input(net, dtype, (1, 8, 6, 1), scale, zero_point + 128)
    return net.model.finish([x], [net.conv(_quantized(net, x, scale, zero_point), 3, (3, 3))])


EDGE_TOYS: dict[str, Callable[[], bytes]] = {
    **{
        f"{inside} to {outside}": (lambda i=inside, o=outside: around(i, o))  # type: ignore[misc]
        for inside in ("float32", "uint8", "int8")
        for outside in ("float32", "uint8", "int8")
    },
    "uint8 of other scales": lambda: around("uint8", "uint8", other=0.045),
    "int8 of other scales": lambda: around("int8", "int8", other=0.045),
    "a scale with ties": lambda: around("float32", "float32", scale=0.25, point=0),
    "a zero point at the end": lambda: around("float32", "uint8", scale=1.0, point=-128),
    "a tiny scale": lambda: around("float32", "float32", scale=1e-30, point=127),
    "a huge scale": lambda: no_layer("float32", 1e30),
    "float32 in two scales": lambda: two_scales_of_one_input("float32"),
    "uint8 in two scales": lambda: two_scales_of_one_input("uint8"),
    "float32 moved before": lambda: moved_before("float32"),
    "uint8 moved before": lambda: moved_before("uint8"),
    "float32 moved behind": lambda: moved_behind("float32"),
    "uint8 moved behind": lambda: moved_behind("uint8"),
    "read further": read_further,
    "through uint8": through_uint8,
    "back to integers": back_to_integers,
    "no layer, float32": lambda: no_layer("float32"),
    "no layer, uint8": lambda: no_layer("uint8"),
    "float32 picture": lambda: picture("float32", 1 / 255, -128),
    "uint8 picture": lambda: picture("uint8", 1 / 127.5, -1),
}
