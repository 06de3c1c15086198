"""Models that keep variables between inferences, as streaming networks do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tests.toys.builder import ModelBuilder
from tests.toys.layers import Net

SCALE, POINT = 0.05, 3


class Stream(Net):
    """A network with variables; each is a shape in SCALE and POINT."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.model.once = ModelBuilder()
        self.model.add_op("CALL_ONCE", [], [], init_subgraph_index=1)

    def variable(self, name: str, first: NDArray[np.int8] | NDArray[np.float32] | None) -> int:
        """A handle, and in the second subgraph its first value."""
        once = self.model.once
        assert once is not None
        if first is not None:
            handle = once.add_tensor((), "resource")
            once.add_op("VAR_HANDLE", [], [handle], container="", shared_name=name)
            form = () if first.dtype == np.float32 else (SCALE, POINT)
            once.add_op("ASSIGN_VARIABLE", [handle, once.add_const(first, *form)], [])
        return self.handle(name)

    def handle(self, name: str) -> int:
        """A handle of the main subgraph."""
        handle = self.model.add_tensor((), "resource")
        self.model.add_op("VAR_HANDLE", [], [handle], container="", shared_name=name)
        return handle

    def read(self, handle: int, *shape: int) -> int:
        """The variable's value."""
        out = self.model.add_tensor(shape, scale=SCALE, zero_point=POINT)
        self.model.add_op("READ_VARIABLE", [handle], [out])
        return out

    def assign(self, handle: int, value: int) -> None:
        """The variable becomes this tensor."""
        self.model.add_op("ASSIGN_VARIABLE", [handle, value], [])

    def joined(self, *parts: int, axis: int = 1) -> int:
        """CONCATENATION."""
        shape = list(self.shape(parts[0]))
        shape[axis] = sum(self.shape(part)[axis] for part in parts)
        out = self.model.add_tensor(shape, scale=SCALE, zero_point=POINT)
        self.model.add_op("CONCATENATION", list(parts), [out], axis=axis)
        return out

    def tail(self, x: int, rows: int) -> int:
        """The last rows of [1, n, c]."""
        _, size, channels = self.shape(x)
        begin, end, step = (
            self.model.add_const(np.array(v, np.int32))
            for v in ([0, size - rows, 0], [1, size, channels], [1, 1, 1])
        )
        out = self.model.add_tensor((1, rows, channels), scale=SCALE, zero_point=POINT)
        self.model.add_op("STRIDED_SLICE", [x, begin, end, step], [out])
        return out

    def flat(self, x: int) -> int:
        """[1, n * c]."""
        size = int(np.prod(self.shape(x)))
        out = self.model.add_tensor((1, size), scale=SCALE, zero_point=POINT)
        self.model.add_op("RESHAPE", [x], [out], new_shape=[1, size])
        return out


def first_value(*shape: int) -> NDArray[np.int8]:
    """Values that are not all the same."""
    return (np.arange(np.prod(shape)) * 37 % 251 - 125).astype(np.int8).reshape(shape)


def ring() -> bytes:
    """The last four rows of what came in, and a running value of the network's own output."""
    net = Stream(1)
    rows, last = (
        net.variable("rows", first_value(1, 4, 3)),
        net.variable("last", np.full((1, 5), POINT, np.int8)),
    )
    x = net.input(1, 2, 3, scale=SCALE, zero_point=POINT)
    window = net.joined(net.read(rows, 1, 4, 3), x)
    net.assign(rows, net.tail(window, 4))
    before = net.read(last, 1, 5)
    y = net.dense(net.joined(net.flat(window), before), 5, scale=SCALE, zero_point=POINT)
    net.assign(last, y)
    return net.model.finish([x], [net.dense(y, 4, scale=0.1, zero_point=-4)])


def read_again() -> bytes:
    """A variable that is read again, by another handle, after it was written; an output is the variable."""
    net = Stream(2)
    state = net.variable("state", first_value(1, 6))
    x = net.input(1, 6, scale=SCALE, zero_point=POINT)
    y = net.dense(net.joined(net.read(state, 1, 6), x), 6, scale=SCALE, zero_point=POINT)
    net.assign(state, y)
    again = net.read(net.handle("state"), 1, 6)
    z = net.dense(again, 6, scale=SCALE, zero_point=POINT)
    net.assign(state, z)
    return net.model.finish([x], [again, net.dense(z, 3)])


def only_read() -> bytes:
    """A variable that nobody writes is a constant."""
    net = Stream(3)
    state = net.variable("table", first_value(1, 6))
    x = net.input(1, 6, scale=SCALE, zero_point=POINT)
    return net.model.finish([x], [net.dense(net.joined(net.read(state, 1, 6), x), 3)])


def swapped() -> bytes:
    """Two variables change places; one takes the input as it is."""
    net = Stream(4)
    a, b = net.variable("a", first_value(1, 3)), net.variable("b", -first_value(1, 3))
    x = net.input(1, 3, scale=SCALE, zero_point=POINT)
    one, other = net.read(a, 1, 3), net.read(b, 1, 3)
    net.assign(a, other)
    net.assign(b, x)
    return net.model.finish([x], [net.dense(net.joined(one, other), 4)])


def uint8_behind() -> bytes:
    """As wake words have it: int8 in, state, uint8 out."""
    net = Stream(5)
    state = net.variable("state", first_value(1, 6))
    x = net.input(1, 6, scale=SCALE, zero_point=POINT)
    y = net.dense(net.joined(net.read(state, 1, 6), x), 6, scale=SCALE, zero_point=POINT)
    net.assign(state, y)
    out = net.model.add_tensor((1, 6), "uint8", SCALE, POINT + 128)
    net.model.add_op("QUANTIZE", [y], [out])
    return net.model.finish([x], [out])


def float_between(net: Stream, x: int, scale: float = SCALE, first: NDArray[np.float32] | None = None) -> int:
    """A float32 variable as TensorFlow's converter makes it, quantized in SCALE where it is read; gives what
    was read, joined with x. A layer of that is written, in `scale`."""
    values = np.linspace(-2, 2, 6, dtype=np.float32)[None] if first is None else first
    state = net.variable("state", values)
    real, kept, written = net.model.add_tensor((1, 6), "float32"), net.model.add_tensor((1, 6), scale=SCALE,
        zero_point=POINT), net.model.add_tensor((1, 6), "float32")  # fmt: skip
    net.model.add_op("READ_VARIABLE", [state], [real])
    net.model.add_op("QUANTIZE", [real], [kept])
    both = net.joined(kept, x)
    net.model.add_op("DEQUANTIZE", [net.dense(both, 6, scale=scale, zero_point=POINT)], [written])
    net.assign(state, written)
    return both


def float_variable() -> bytes:
    """A variable that TensorFlow's converter left float32."""
    net = Stream(7)
    x = net.input(1, 6, scale=SCALE, zero_point=POINT)
    return net.model.finish([x], [net.dense(float_between(net, x), 3)])


STATE_TOYS: dict[str, Callable[[], bytes]] = {
    "ring": ring,
    "read again": read_again,
    "only read": only_read,
    "swapped": swapped,
    "uint8 behind": uint8_behind,
    "float variable": float_variable,
}
