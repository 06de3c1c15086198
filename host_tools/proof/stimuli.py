"""What validate sends: extreme tensors, random tensors and pictures in every form the firmware takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from codegen.errors import ModelError
from codegen.graph import Graph
from codegen.program.picture import Region, centre_region, picture_tensor, to_gray
from codegen.program.spec import InputSpec
from codegen.program.stages import Program
from host_tools.pictures.files import Shot
from host_tools.pictures.raw import frame_to_pixels, rgb_to_rgb565
from host_tools.wire.messages import InferPicture, InferTensor, Pixels, Want

PICTURE_OVERHEAD_BYTES = 22
"""Fields of INFER_PICTURE before the pixels."""
MAX_SYNTHETIC_SIDE_PX = 161
MIN_SYNTHETIC_SIDE_PX = 5
FLOAT_REACH = 255
"""Real numbers are sent up to this size: what pictures and their normalized forms hold."""
WANT = Want.LAYER_CRC | Want.PROFILE


@dataclass(frozen=True)
class Signal:
    """An input as requests fill it: shape, NumPy's name of its type, lowest and highest value."""

    shape: tuple[int, ...]
    dtype: str
    low: int
    high: int

    @classmethod
    def whole(cls, shape: tuple[int, ...], dtype: str) -> Signal:
        """With every value of an integer type."""
        info = np.iinfo(dtype)
        return cls(shape, dtype, int(info.min), int(info.max))

    @classmethod
    def of_file(cls, shape: tuple[int, ...], dtype: str) -> Signal:
        """What a file takes: wide integers may be positions in a table, so they are 0 and 1 there."""
        if dtype == "float32":
            return cls(shape, dtype, -FLOAT_REACH, FLOAT_REACH)
        return cls(shape, dtype, 0, 1) if dtype in ("bool", "int32", "int64") else cls.whole(shape, dtype)


@dataclass(frozen=True, eq=False)
class Stimulus:
    """One request and what the network then gets.

    Attributes:
        name: what it is, for people.
        request: the message to send.
        inputs: the input tensors, computed on this side.
        region: of a picture, None for tensors.
    """

    name: str
    request: InferTensor | InferPicture
    inputs: tuple[NDArray[np.generic], ...]
    region: Region | None = None

    @property
    def time_ms(self) -> int:
        """When the picture was taken, 0 for tensors."""
        return self.request.time_ms if isinstance(self.request, InferPicture) else 0


def stimuli(
    graph: Graph,
    program: Program,
    count: int,
    seed: int,
    max_payload: int,
    shots: Sequence[Shot] = (),
) -> Iterator[Stimulus]:
    """A mix of `count` requests that a seed repeats exactly.

    In turn: an extreme tensor, a random tensor and, where the model takes pictures, a picture: from
    `shots` where given, else a synthetic one; gray, RGB888 and RGB565 in turn, with odd regions. A network
    that remembers gets tensors alone, what it remembers among them: nobody knows what it saw before.

    Raises:
        ModelError: it remembers, and there are shots.
    """
    if shots:
        require_no_memory(graph)
    tensors = [graph.tensor(t) for t in graph.inputs]
    signals = [Signal.whole(tensor.shape, tensor.dtype) for tensor in tensors]
    return requests(signals, program, count, seed, max_payload, shots, no_pictures=bool(graph.states))


def require_no_memory(graph: Graph) -> None:
    """Refuses to hold pictures against a network alone whose answers hang on what it saw before.

    Raises:
        ModelError: it keeps variables.
    """
    if graph.states:
        raise ModelError(
            "it remembers what it saw before, so that no picture has one answer",
            graph.name,
            "`tinyface validate MODEL` compares it by tensors, what it remembers among them; in a program of "
            "several stages it is compared by whole films.",
        )


def requests(
    signals: Sequence[Signal],
    program: Program,
    count: int,
    seed: int,
    max_payload: int,
    shots: Sequence[Shot] = (),
    no_pictures: bool = False,
) -> Iterator[Stimulus]:
    """As `stimuli`, for these inputs; with tensors alone where no pictures are wanted."""
    rng = np.random.default_rng(seed)
    extremes = _extremes(signals, rng)
    takes_pictures = program.input.is_picture and not no_pictures
    pictures = _pictures(program.input, signals[0], rng, max_payload, shots) if takes_pictures else None
    for number in range(count):
        turn = number % (3 if pictures else 2)
        if turn == 0:
            yield next(extremes)
        elif turn == 1:
            yield _tensor_stimulus("random tensor", [_random(t, rng) for t in signals])
        elif pictures:
            yield next(pictures)


def frames(
    program: Program, count: int, seed: int, max_payload: int, shots: Sequence[Shot] = ()
) -> Iterator[Stimulus]:
    """Pictures for a program of several stages: in turn with odd regions and with none, so that each stage
    takes what its own rule says."""
    rng = np.random.default_rng(seed)
    signal = Signal.whole(program.input.shape, "int8")
    for number, made in enumerate(_pictures(program.input, signal, rng, max_payload, shots)):
        if number == count:
            return
        request = made.request
        if (shots or number % 2) and isinstance(request, InferPicture):
            ruled = replace(request, region_x=0, region_y=0, region_width=0, region_height=0, region_turn=0)
            made = replace(made, request=ruled, region=None, name=f"{made.name}, each stage by its rule")
        yield made


def picture_stimulus(
    name: str,
    frame: NDArray[np.uint8],
    form: Pixels,
    region: Region,
    spec: InputSpec,
    dtype: str = "int8",
    time_ms: int = 0,
) -> Stimulus:
    """A picture request and the input tensor that is made of it.

    Args:
        frame: uint8 [H, W, 3], RGB.
        dtype: of the input.
    """
    height, width = frame.shape[:2]
    pixels = _packed(frame, form)
    seen = frame_to_pixels(form, width, height, pixels)
    tensor = picture_tensor(seen, region, spec, dtype)
    part = region.x, region.y, region.width, region.height, region.turn
    request = InferPicture(WANT, time_ms, form, width, height, *part, pixels)
    return Stimulus(f"{name}, {form.name}", request, (tensor,), region)


def _packed(frame: NDArray[np.uint8], form: Pixels) -> bytes:
    if form == Pixels.RGB565:
        return rgb_to_rgb565(frame)
    return (to_gray(frame) if form == Pixels.GRAY8 else frame).tobytes()


def _tensor_stimulus(name: str, inputs: Sequence[NDArray[np.generic]]) -> Stimulus:
    return Stimulus(name, InferTensor(WANT, b"".join(a.tobytes() for a in inputs)), tuple(inputs))


def _random(signal: Signal, rng: np.random.Generator) -> NDArray[np.generic]:
    if signal.dtype == "float32":
        reach = rng.choice([1, 20, signal.high])
        return rng.uniform(-reach, reach, signal.shape).astype(np.float32)
    if signal.dtype == "bool":
        return rng.integers(0, 2, signal.shape).astype(np.bool_)
    return rng.integers(signal.low, signal.high, signal.shape, dtype=signal.dtype, endpoint=True)


def _extremes(signals: Sequence[Signal], rng: np.random.Generator) -> Iterator[Stimulus]:
    """All lowest, all highest, both checkerboards; then single spikes and coin tosses without end."""
    yield _tensor_stimulus("all lowest", [_filled(t, 0) for t in signals])
    yield _tensor_stimulus("all highest", [_filled(t, 1) for t in signals])
    yield _tensor_stimulus("checkerboard", [_checkerboard(t, 0) for t in signals])
    yield _tensor_stimulus("inverse checkerboard", [_checkerboard(t, 1) for t in signals])
    while True:
        for ground in (0, 1):
            yield _tensor_stimulus("single spike", [_spike(t, ground, rng) for t in signals])
            yield _tensor_stimulus("lowest or highest by coin toss", [_tossed(t, rng) for t in signals])


def _filled(signal: Signal, end: int) -> NDArray[np.generic]:
    return np.full(signal.shape, (signal.low, signal.high)[end], signal.dtype)


def _checkerboard(signal: Signal, phase: int) -> NDArray[np.generic]:
    """Neighbours differ along height and width; [N, H, W, C] or any other shape."""
    low, high = signal.low, signal.high
    axes = signal.shape[1:3] if len(signal.shape) == 4 else signal.shape
    board = np.indices(axes).sum(axis=0) + phase & 1 if axes else np.array(phase)
    board = board[None, :, :, None] if len(signal.shape) == 4 else board
    return np.broadcast_to(np.where(board, high, low), signal.shape).astype(signal.dtype)


def _spike(signal: Signal, ground: int, rng: np.random.Generator) -> NDArray[np.generic]:
    flat = _filled(signal, ground).reshape(-1)
    flat[rng.integers(len(flat))] = (signal.high, signal.low)[ground]
    return flat.reshape(signal.shape)


def _tossed(signal: Signal, rng: np.random.Generator) -> NDArray[np.generic]:
    low, high = signal.low, signal.high
    return np.where(rng.integers(0, 2, signal.shape) == 1, high, low).astype(signal.dtype)


def _pictures(
    spec: InputSpec, signal: Signal, rng: np.random.Generator, max_payload: int, shots: Sequence[Shot]
) -> Iterator[Stimulus]:
    forms = [Pixels.GRAY8, Pixels.RGB888, Pixels.RGB565]
    number = 0
    while True:
        form = forms[number % len(forms)]
        if shots:
            shot = shots[number % len(shots)]
            if shot.frame.nbytes + PICTURE_OVERHEAD_BYTES > max_payload:
                form = Pixels.GRAY8
            height, width = shot.frame.shape[:2]
            region = centre_region(width, height, spec.width, spec.height)
            yield picture_stimulus(shot.name, shot.frame, form, region, spec, signal.dtype, _time(rng))
        else:
            yield _synthetic_picture(form, spec, signal, rng, max_payload, inside=number % 2 == 0)
        number += 1


def _synthetic_picture(
    form: Pixels,
    spec: InputSpec,
    signal: Signal,
    rng: np.random.Generator,
    max_payload: int,
    inside: bool,
) -> Stimulus:
    """A picture that tells something new: all black or all white would be an extreme tensor again."""
    while True:
        frame = _synthetic(rng, max_payload)
        region = _odd_region(frame.shape[1], frame.shape[0], rng, inside)
        cut = f"{region.width}x{region.height} at {region.x},{region.y}"
        cut += f", turned by {region.turn * 360 / 65536:.1f} degrees" if region.turn else ""
        name = f"{frame.shape[1]}x{frame.shape[0]} picture, {cut} of it"
        stimulus = picture_stimulus(name, frame, form, region, spec, signal.dtype, _time(rng))
        lowest, highest = int(stimulus.inputs[0].min()), int(stimulus.inputs[0].max())
        if lowest != highest or lowest not in (signal.low, signal.high):
            return stimulus


def _synthetic(rng: np.random.Generator, max_payload: int) -> NDArray[np.uint8]:
    """Colour slopes with noise, uint8 [H, W, 3], at most what a request may carry."""
    most = int(((max_payload - PICTURE_OVERHEAD_BYTES) / 3) ** 0.5)
    side = max(1, min(MAX_SYNTHETIC_SIDE_PX, most))
    height, width = rng.integers(min(MIN_SYNTHETIC_SIDE_PX, side), side, 2, endpoint=True)
    y, x = np.mgrid[0:height, 0:width][..., None].astype(np.float64)
    slope_x, slope_y, start = rng.uniform(-3, 3, 3), rng.uniform(-3, 3, 3), rng.uniform(0, 255, 3)
    noise = rng.normal(0, 1, (height, width, 3)) * rng.choice([0.0, 20.0, 90.0])
    frame: NDArray[np.uint8] = np.clip(start + slope_x * x + slope_y * y + noise, 0, 255).astype(np.uint8)
    return frame


def _odd_region(width: int, height: int, rng: np.random.Generator, inside: bool) -> Region:
    """A part of the picture of any aspect, or one that reaches over its edges (black there), level or not."""
    starts, sides = [], []
    for size in (width, height):
        side = int(rng.integers(1, size if inside else 2 * size, endpoint=True))
        sides.append(side)
        starts.append(int(rng.integers(0, size - side + 1) if inside else rng.integers(1 - side, size)))
    turned = not inside and rng.integers(0, 2) == 1
    turn = int(rng.integers(-(2**15), 2**15)) if turned else 0
    return Region(starts[0], starts[1], sides[0], sides[1], turn)


def _time(rng: np.random.Generator) -> int:
    """When a picture was taken: any millisecond that the wire can say."""
    return int(rng.integers(0, 2**32))
