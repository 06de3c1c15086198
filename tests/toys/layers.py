"""One call a layer on top of ModelBuilder: computes the output shape, draws weights, adds the op."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tests.toys.builder import ModelBuilder


def output_side(size: int, kernel: int, stride: int, dilation: int, padding: str) -> int:
    """Output height or width of a window op, as TensorFlow defines it."""
    window = (kernel - 1) * dilation + 1
    return -(-size // stride) if padding == "SAME" else (size - window) // stride + 1


@dataclass
class Net:
    """A model under construction with seeded weights; every method returns a tensor index."""

    seed: int = 0
    model: ModelBuilder = field(default_factory=ModelBuilder)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)

    def shape(self, tensor: int) -> tuple[int, ...]:
        """Shape of a tensor added before."""
        return self.model.tensors[tensor].shape

    def scale(self, tensor: int) -> float:
        """Per-tensor scale of a tensor added before."""
        scale = self.model.tensors[tensor].scale
        assert isinstance(scale, float)
        return scale

    def input(self, *shape: int, scale: float = 1 / 128, zero_point: int = 0) -> int:
        """An int8 activation without a producer."""
        return self.model.add_tensor(shape, scale=scale, zero_point=zero_point)

    def _int8(self, *shape: int) -> NDArray[np.int8]:
        return self.random.integers(-127, 128, shape).astype(np.int8)

    def _bias(self, channels: int, scales: list[float]) -> int:
        values = self.random.integers(-2000, 2000, channels).astype(np.int32)
        return self.model.add_const(values, scales, 0)

    def conv(
        self, x: int, channels: int, kernel: tuple[int, int] = (1, 1), stride: int = 1, padding: str = "SAME",
        activation: str = "RELU6", dilation: int = 1, scale: float = 6 / 255, zero_point: int = -128,
        per_channel: bool = True, bias: bool = True,
    ) -> int:  # fmt: skip
        """CONV_2D."""
        n, h, w, c = self.shape(x)
        weight_scales = self._weight_scales(channels if per_channel else 1, kernel[0] * kernel[1] * c)
        weights = self.model.add_const(self._int8(channels, *kernel, c), weight_scales, 0)
        ins = [x, weights]
        if bias:
            ins.append(self._bias(channels, [self.scale(x) * s for s in weight_scales]))
        out = self.model.add_tensor(
            (n, output_side(h, kernel[0], stride, dilation, padding),
             output_side(w, kernel[1], stride, dilation, padding), channels),
            scale=scale, zero_point=zero_point,
        )  # fmt: skip
        self.model.add_op(
            "CONV_2D", ins, [out], padding=padding, stride_w=stride, stride_h=stride,
            fused_activation_function=activation, dilation_w_factor=dilation, dilation_h_factor=dilation,
        )  # fmt: skip
        return out

    def depthwise(
        self, x: int, multiplier: int = 1, kernel: tuple[int, int] = (3, 3), stride: int = 1,
        padding: str = "SAME", activation: str = "RELU6", dilation: int = 1, scale: float = 6 / 255,
        zero_point: int = -128, per_channel: bool = True,
    ) -> int:  # fmt: skip
        """DEPTHWISE_CONV_2D."""
        n, h, w, c = self.shape(x)
        channels = c * multiplier
        weight_scales = self._weight_scales(channels if per_channel else 1, kernel[0] * kernel[1])
        weights = self.model.add_const(self._int8(1, *kernel, channels), weight_scales, 0, axis=3)
        bias = self._bias(channels, [self.scale(x) * s for s in weight_scales])
        out = self.model.add_tensor(
            (n, output_side(h, kernel[0], stride, dilation, padding),
             output_side(w, kernel[1], stride, dilation, padding), channels),
            scale=scale, zero_point=zero_point,
        )  # fmt: skip
        self.model.add_op(
            "DEPTHWISE_CONV_2D", [x, weights, bias], [out], padding=padding, stride_w=stride, stride_h=stride,
            depth_multiplier=multiplier, fused_activation_function=activation,
            dilation_w_factor=dilation, dilation_h_factor=dilation,
        )  # fmt: skip
        return out

    def _weight_scales(self, count: int, taps: int) -> list[float]:
        base = 1 / 127 / np.sqrt(taps)
        return [float(np.float32(base * s)) for s in self.random.uniform(0.5, 2, count)]

    def dense(
        self, x: int, units: int, activation: str = "NONE", scale: float = 0.05, zero_point: int = 3,
        bias: bool = True,
    ) -> int:  # fmt: skip
        """FULLY_CONNECTED with per-tensor weights."""
        n, depth = self.shape(x)
        weight_scale = float(np.float32(1 / 127 / np.sqrt(depth)))
        weights = self.model.add_const(self._int8(units, depth), weight_scale, 0)
        bias_tensor = self._bias(units, [self.scale(x) * weight_scale]) if bias else -1
        out = self.model.add_tensor((n, units), scale=scale, zero_point=zero_point)
        self.model.add_op(
            "FULLY_CONNECTED", [x, weights, bias_tensor], [out], fused_activation_function=activation
        )
        return out

    def add(self, a: int, b: int, activation: str = "NONE", scale: float = 0.05, zero_point: int = -5) -> int:
        """ADD, with broadcasting."""
        return self.binary("ADD", a, b, scale, zero_point, fused_activation_function=activation)

    def binary(
        self, kind: str, a: int, b: int, scale: float = 0.05, zero_point: int = -5, **options: str
    ) -> int:
        """An op of two tensors with broadcasting: SUB, MUL, MINIMUM, ..."""
        shape = np.broadcast_shapes(self.shape(a), self.shape(b))
        out = self.model.add_tensor(shape, scale=scale, zero_point=zero_point)
        self.model.add_op(kind, [a, b], [out], **options)
        return out

    def product(
        self, a: int, b: int, turned: tuple[bool, bool] = (False, False), scale: float = 0.05,
        zero_point: int = -5,
    ) -> int:  # fmt: skip
        """BATCH_MATMUL; turned: whether the matrices of each input are stored transposed."""
        left, right = (
            self.shape(x)[-2:][:: -1 if turn else 1] for x, turn in zip((a, b), turned, strict=True)
        )
        batch = np.broadcast_shapes(self.shape(a)[:-2], self.shape(b)[:-2])
        out = self.model.add_tensor((*batch, left[0], right[1]), scale=scale, zero_point=zero_point)
        self.model.add_op("BATCH_MATMUL", [a, b], [out], adj_x=turned[0], adj_y=turned[1])
        return out

    def unary(self, kind: str, x: int, scale: float, zero_point: int, **options: float) -> int:
        """An op of one tensor, value by value: LOGISTIC, RELU, QUANTIZE, ..."""
        out = self.model.add_tensor(self.shape(x), scale=scale, zero_point=zero_point)
        self.model.add_op(kind, [x], [out], **options)
        return out

    def constant(self, *shape: int, scale: float = 1 / 64, zero_point: int = 0) -> int:
        """A random int8 constant."""
        return self.model.add_const(self._int8(*shape), scale, zero_point)

    def concat(self, xs: list[int], axis: int = -1) -> int:
        """CONCATENATION of tensors of one scale and zero point."""
        shape = list(self.shape(xs[0]))
        shape[axis] = sum(self.shape(x)[axis] for x in xs)
        point = self.model.tensors[xs[0]].zero_point
        out = self.model.add_tensor(shape, scale=self.scale(xs[0]), zero_point=point)
        self.model.add_op("CONCATENATION", xs, [out], axis=axis)
        return out

    def pool(
        self,
        x: int,
        window: tuple[int, int],
        stride: int = 1,
        padding: str = "VALID",
        activation: str = "NONE",
        kind: str = "AVERAGE_POOL_2D",
    ) -> int:
        """AVERAGE_POOL_2D or MAX_POOL_2D."""
        n, h, w, c = self.shape(x)
        out = self.model.add_tensor(
            (n, output_side(h, window[0], stride, 1, padding),
             output_side(w, window[1], stride, 1, padding), c),
            scale=self.scale(x), zero_point=self.model.tensors[x].zero_point,
        )  # fmt: skip
        self.model.add_op(
            kind, [x], [out], padding=padding, stride_w=stride, stride_h=stride,
            filter_height=window[0], filter_width=window[1], fused_activation_function=activation,
        )  # fmt: skip
        return out

    def mean(
        self, x: int, axes: tuple[int, ...] = (1, 2), keep_dims: bool = False, scale: float = 0.02,
        zero_point: int = -100, kind: str = "MEAN",
    ) -> int:  # fmt: skip
        """MEAN, SUM or REDUCE_MAX."""
        shape = self.shape(x)
        gone = {a % len(shape) for a in axes}
        kept = [1 if i in gone else d for i, d in enumerate(shape) if keep_dims or i not in gone]
        axis = self.model.add_const(np.array(axes, np.int32))
        out = self.model.add_tensor(kept, scale=scale, zero_point=zero_point)
        self.model.add_op(kind, [x, axis], [out], keep_dims=keep_dims)
        return out

    def pad(self, x: int, pads: list[tuple[int, int]]) -> int:
        """PAD with the zero point."""
        shape = [a + d + b for d, (a, b) in zip(self.shape(x), pads, strict=True)]
        table = self.model.add_const(np.array(pads, np.int32))
        out = self.model.add_tensor(shape, scale=self.scale(x), zero_point=self.model.tensors[x].zero_point)
        self.model.add_op("PAD", [x, table], [out])
        return out

    def reshape(self, x: int, *shape: int) -> int:
        """RESHAPE."""
        table = self.model.add_const(np.array(shape, np.int32))
        source = self.model.tensors[x]
        out = self.model.add_tensor(shape, source.dtype, source.scale, source.zero_point)
        self.model.add_op("RESHAPE", [x, table], [out], new_shape=shape)
        return out

    def arg_max(self, x: int, axis: int = -1) -> int:
        """ARG_MAX: int32 numbers."""
        shape = list(self.shape(x))
        del shape[axis]
        out = self.model.add_tensor(shape, "int32")
        self.model.add_op(
            "ARG_MAX", [x, self.model.add_const(np.array(axis, np.int32))], [out], output_type=2
        )
        return out

    def softmax(self, x: int, beta: float = 1.0, dtype: str = "int8") -> int:
        """SOFTMAX over the last axis."""
        scale, point = (1 / 256, -128) if dtype == "int8" else (1 / 65536, -32768)
        out = self.model.add_tensor(self.shape(x), dtype, scale=scale, zero_point=point)
        self.model.add_op("SOFTMAX", [x], [out], beta=beta)
        return out

    def quantize(self, x: int, scale: float, zero_point: int) -> int:
        """QUANTIZE int8 to int8 of another scale."""
        return self.unary("QUANTIZE", x, scale, zero_point)
