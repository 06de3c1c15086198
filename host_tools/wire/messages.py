"""The messages of the wire, generated from firmware/protocol.toml; do not edit.

`python -m host_tools.wire.schema.write` writes this file. pack() gives the payload of a frame and raises
struct.error for a value out of range; unpack() raises MessageError for a payload of another shape.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass
from typing import ClassVar


class MessageError(ValueError):
    """A payload that is not the message it claims to be."""


def _count(payload: bytes, offset: int, item_bytes: int, name: str) -> tuple[int, int]:
    """Items at `offset` and where they start."""
    if offset + 4 > len(payload):
        raise MessageError(f"{name}: {len(payload)} bytes are too few")
    count: int = struct.unpack_from("<I", payload, offset)[0]
    if offset + 4 + count * item_bytes > len(payload):
        raise MessageError(f"{name}: {count} items do not fit {len(payload)} bytes")
    return count, offset + 4


def _head(payload: bytes, size: int, name: str) -> None:
    if len(payload) < size:
        raise MessageError(f"{name}: {len(payload)} bytes are too few")


def _end(payload: bytes, offset: int, name: str) -> None:
    if offset != len(payload):
        raise MessageError(f"{name}: {len(payload)} bytes, expected {offset}")

PROTOCOL_VERSION = 3
SYNC = bytes([0xA5, 0x5A])
MAX_PAYLOAD = 1048576


class Flags(enum.IntFlag):
    """Flags on the wire."""

    UNASKED = 1
    SEALED = 2


class Want(enum.IntFlag):
    """Want on the wire."""

    LAYER_CRC = 1
    PROFILE = 2
    PICTURE = 4
    RUNS = 8
    PREVIEW = 16
    GRAY = 32
    TIMES = 64


class Refused(enum.IntFlag):
    """Refused on the wire."""

    EXPOSURE = 1
    GAIN = 2
    BRIGHTNESS = 4
    CONTRAST = 8
    MIRROR = 16
    FLIP = 32


class Runtime(enum.IntEnum):
    """Runtime on the wire."""

    AOT = 1
    TFLM = 2


class Dtype(enum.IntEnum):
    """Dtype on the wire."""

    INT8 = 1
    UINT8 = 2
    INT16 = 3
    INT32 = 4
    FLOAT32 = 5
    BOOL = 6
    INT64 = 7


class Pixels(enum.IntEnum):
    """Pixels on the wire."""

    GRAY8 = 1
    RGB888 = 2
    RGB565 = 3


class RecordKind(enum.IntEnum):
    """RecordKind on the wire."""

    RAW = 0
    POINTS = 1
    BOXES = 2
    CLASSES = 3
    TRACKS = 4
    VOTES = 5


class TickUnit(enum.IntEnum):
    """TickUnit on the wire."""

    MICROSECONDS = 0
    INSTRUCTIONS = 1
    CYCLES = 2


class ErrorCode(enum.IntEnum):
    """ErrorCode on the wire."""

    BAD_REQUEST = 1
    UNKNOWN_TYPE = 2
    NO_MODEL = 3
    NO_FIRMWARE = 4
    ARENA = 5
    CAMERA = 6
    NO_PICTURE_INPUT = 7
    TOO_LONG = 8
    RUNTIME = 9
    BAD_FRAME = 10
    STORAGE = 11
    PSRAM = 12
    BROWNOUT = 13
    CRASH = 14
    HOST_GONE = 15
    UPDATE = 16
    TOKEN = 17


class ResetReason(enum.IntEnum):
    """ResetReason on the wire."""

    UNKNOWN = 0
    POWER_ON = 1
    EXTERNAL = 2
    SOFTWARE = 3
    PANIC = 4
    WATCHDOG = 5
    BROWNOUT = 6


class LedMode(enum.IntEnum):
    """LedMode on the wire."""

    OFF = 0
    ON = 1
    BUSY = 2


class UpdateTarget(enum.IntEnum):
    """UpdateTarget on the wire."""

    FIRMWARE = 0
    MODEL = 1


class UpdateState(enum.IntEnum):
    """UpdateState on the wire."""

    IDLE = 0
    RECEIVING = 1
    READY = 2
    UNCONFIRMED = 3


class UpdateFault(enum.IntEnum):
    """UpdateFault on the wire."""

    UNSUPPORTED = 1
    TOO_LARGE = 2
    HASH_DIFFERS = 3
    NOT_BEGUN = 4
    REFUSED = 5
    PLAN_DIFFERS = 6
    BUSY = 7


class Guard(enum.IntEnum):
    """Guard on the wire."""

    OPEN = 0
    SEALED = 1
    CLOSED = 2


class Token(enum.IntEnum):
    """Token on the wire."""

    LEAST = 16
    MOST = 128


class TokenFault(enum.IntEnum):
    """TokenFault on the wire."""

    NONE_HERE = 1
    MISSING = 2
    WRONG = 3
    SPENT = 4


class LogLevel(enum.IntEnum):
    """LogLevel on the wire."""

    DEBUG = 0
    INFO = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True)
class HelloRequest:
    """Who are you: answered with HELLO."""

    CODE: ClassVar[int] = 0x01

    def pack(self) -> bytes:
        """The payload."""
        return b""

    @classmethod
    def unpack(cls, payload: bytes) -> HelloRequest:
        """The message in a payload."""
        offset = 0
        _end(payload, offset, "hello_request")
        return cls()


@dataclass(frozen=True)
class InferTensor:
    """Run on raw input tensors (all inputs, one after the other): answered with RESULT."""

    CODE: ClassVar[int] = 0x02
    want: int
    tensors: bytes

    def pack(self) -> bytes:
        """The payload."""
        return (
            struct.pack("<B", self.want)
            + struct.pack("<I", len(self.tensors)) + self.tensors
        )

    @classmethod
    def unpack(cls, payload: bytes) -> InferTensor:
        """The message in a payload."""
        _head(payload, 1, "infer_tensor")
        want, = struct.unpack_from("<B", payload)
        offset = 1
        n, offset = _count(payload, offset, 1, "infer_tensor")
        tensors = bytes(payload[offset : offset + n])
        offset += n
        _end(payload, offset, "infer_tensor")
        return cls(want, tensors)


@dataclass(frozen=True)
class InferPicture:
    """Run on a region of a picture sent by the host, taken at time_ms: answered with RESULT. A region
    of 0 x 0: the one that the program itself would take.
    """

    CODE: ClassVar[int] = 0x03
    want: int
    time_ms: int
    format: int
    width: int
    height: int
    region_x: int
    region_y: int
    region_width: int
    region_height: int
    region_turn: int
    pixels: bytes

    def pack(self) -> bytes:
        """The payload."""
        return (
            struct.pack("<BIBHHhhHHh", self.want, self.time_ms, self.format, self.width, self.height, self.region_x, self.region_y, self.region_width, self.region_height, self.region_turn)
            + struct.pack("<I", len(self.pixels)) + self.pixels
        )

    @classmethod
    def unpack(cls, payload: bytes) -> InferPicture:
        """The message in a payload."""
        _head(payload, 20, "infer_picture")
        want, time_ms, format, width, height, region_x, region_y, region_width, region_height, region_turn = struct.unpack_from("<BIBHHhhHHh", payload)
        offset = 20
        n, offset = _count(payload, offset, 1, "infer_picture")
        pixels = bytes(payload[offset : offset + n])
        offset += n
        _end(payload, offset, "infer_picture")
        return cls(want, time_ms, format, width, height, region_x, region_y, region_width, region_height, region_turn, pixels)


@dataclass(frozen=True)
class Stream:
    """Start (frames > 0; 0xFFFFFFFF = until stopped) or stop (0) inferences from the board's camera:
    answered with ACK.
    """

    CODE: ClassVar[int] = 0x04
    want: int
    frames: int
    period_ms: int

    def pack(self) -> bytes:
        """The payload."""
        return struct.pack("<BII", self.want, self.frames, self.period_ms)

    @classmethod
    def unpack(cls, payload: bytes) -> Stream:
        """The message in a payload."""
        _head(payload, 9, "stream")
        want, frames, period_ms = struct.unpack_from("<BII", payload)
        offset = 9
        _end(payload, offset, "stream")
        return cls(want, frames, period_ms)


@dataclass(frozen=True)
class StatsRequest:
    """Answered with STATS."""

    CODE: ClassVar[int] = 0x05

    def pack(self) -> bytes:
        """The payload."""
        return b""

    @classmethod
    def unpack(cls, payload: bytes) -> StatsRequest:
        """The message in a payload."""
        offset = 0
        _end(payload, offset, "stats_request")
        return cls()


@dataclass(frozen=True)
class Restart:
    """Answered with ACK, then the board restarts and says HELLO."""

    CODE: ClassVar[int] = 0x06

    def pack(self) -> bytes:
        """The payload."""
        return b""

    @classmethod
    def unpack(cls, payload: bytes) -> Restart:
        """The message in a payload."""
        offset = 0
        _end(payload, offset, "restart")
        return cls()


@dataclass(frozen=True)
class SettingsRequest:
    """Answered with SETTINGS."""

    CODE: ClassVar[int] = 0x07

    def pack(self) -> bytes:
        """The payload."""
        return b""

    @classmethod
    def unpack(cls, payload: bytes) -> SettingsRequest:
        """The message in a payload."""
        offset = 0
        _end(payload, offset, "settings_request")
        return cls()


@dataclass(frozen=True)
class Configure:
    """Change the settings: answered with SETTINGS, or ERROR bad_request with the number of the first
    field that is out of range. keep: 1 to find them again after the next boot. The other fields are
    those of SETTINGS, but for its last.
    """

    CODE: ClassVar[int] = 0x08
    keep: int
    period_ms: int
    threshold: int
    led: int
    flash_led: int
    exposure: int
    gain: int
    brightness: int
    contrast: int
    mirror: int
    flip: int

    def pack(self) -> bytes:
        """The payload."""
        return struct.pack("<BIhBBhhhhBB", self.keep, self.period_ms, self.threshold, self.led, self.flash_led, self.exposure, self.gain, self.brightness, self.contrast, self.mirror, self.flip)

    @classmethod
    def unpack(cls, payload: bytes) -> Configure:
        """The message in a payload."""
        _head(payload, 19, "configure")
        keep, period_ms, threshold, led, flash_led, exposure, gain, brightness, contrast, mirror, flip = struct.unpack_from("<BIhBBhhhhBB", payload)
        offset = 19
        _end(payload, offset, "configure")
        return cls(keep, period_ms, threshold, led, flash_led, exposure, gain, brightness, contrast, mirror, flip)


@dataclass(frozen=True)
class UpdateBegin:
    """A new image of `size` bytes will follow: answered with UPDATE."""

    CODE: ClassVar[int] = 0x09
    target: int
    size: int
    sha256: bytes

    def pack(self) -> bytes:
        """The payload."""
        if len(self.sha256) != 32:
            raise MessageError("update_begin: sha256 is not 32 bytes")
        return struct.pack("<BI32s", self.target, self.size, self.sha256)

    @classmethod
    def unpack(cls, payload: bytes) -> UpdateBegin:
        """The message in a payload."""
        _head(payload, 37, "update_begin")
        target, size, sha256 = struct.unpack_from("<BI32s", payload)
        offset = 37
        _end(payload, offset, "update_begin")
        return cls(target, size, sha256)


@dataclass(frozen=True)
class UpdateData:
    """The image from `position` on: answered with UPDATE. Data that lies elsewhere than at UPDATE's
    `next` is not taken.
    """

    CODE: ClassVar[int] = 0x0A
    position: int
    data: bytes

    def pack(self) -> bytes:
        """The payload."""
        return (
            struct.pack("<I", self.position)
            + struct.pack("<I", len(self.data)) + self.data
        )

    @classmethod
    def unpack(cls, payload: bytes) -> UpdateData:
        """The message in a payload."""
        _head(payload, 4, "update_data")
        position, = struct.unpack_from("<I", payload)
        offset = 4
        n, offset = _count(payload, offset, 1, "update_data")
        data = bytes(payload[offset : offset + n])
        offset += n
        _end(payload, offset, "update_data")
        return cls(position, data)


@dataclass(frozen=True)
class UpdateEnd:
    """The image is complete: the board reads it back, compares its SHA-256 and makes it the one to
    boot. Answered with UPDATE.
    """

    CODE: ClassVar[int] = 0x0B

    def pack(self) -> bytes:
        """The payload."""
        return b""

    @classmethod
    def unpack(cls, payload: bytes) -> UpdateEnd:
        """The message in a payload."""
        offset = 0
        _end(payload, offset, "update_end")
        return cls()


@dataclass(frozen=True)
class UpdateRequest:
    """Answered with UPDATE."""

    CODE: ClassVar[int] = 0x0C

    def pack(self) -> bytes:
        """The payload."""
        return b""

    @classmethod
    def unpack(cls, payload: bytes) -> UpdateRequest:
        """The message in a payload."""
        offset = 0
        _end(payload, offset, "update_request")
        return cls()


@dataclass(frozen=True)
class ModelRequest:
    """Answered with MODEL. Firmware that does not know this request yet answers ERROR unknown_type."""

    CODE: ClassVar[int] = 0x0D

    def pack(self) -> bytes:
        """The payload."""
        return b""

    @classmethod
    def unpack(cls, payload: bytes) -> ModelRequest:
        """The message in a payload."""
        offset = 0
        _end(payload, offset, "model_request")
        return cls()


@dataclass(frozen=True)
class ChallengeRequest:
    """Answered with CHALLENGE; seals that were made before count no more."""

    CODE: ClassVar[int] = 0x0E

    def pack(self) -> bytes:
        """The payload."""
        return b""

    @classmethod
    def unpack(cls, payload: bytes) -> ChallengeRequest:
        """The message in a payload."""
        offset = 0
        _end(payload, offset, "challenge_request")
        return cls()


@dataclass(frozen=True)
class Hello:
    """Sent unasked at boot and as a reply. max_payload: longest request the board takes. slot: the
    application slot that runs (255: the board has none). model_source: 1 where the constants come
    from the model partition. cores: 2 where capture and inference run side by side. stages: of the
    program; where there are several, model is its name and the hashes are those of all its models'
    hashes one after the other. input_bytes 0: it takes pictures alone, and tells runs and records
    in parts (output_bytes and layers are 0, too). sensor: the camera's, as its driver names it
    (OV2640, GC2145); empty until the camera has been started, and where none was found.
    stage_facts: five values a stage: its decoder's record_kind, then what frames become for it, as
    picture.h has it (layout 0: a tensor), width, height, shift. stage_names: of each stage,
    stage_models: of its network (empty: none), each ending in a line feed.
    """

    CODE: ClassVar[int] = 0x81
    protocol: int
    runtime: int
    tick_unit: int
    model_hash: bytes
    plan_hash: bytes
    arena_bytes: int
    arena_internal: int
    max_payload: int
    input_bytes: int
    output_bytes: int
    layers: int
    has_camera: int
    cores: int
    stages: int
    reset_reason: int
    slot: int
    model_source: int
    stage_facts: tuple[int, ...]
    board: str
    model: str
    sensor: str
    stage_names: str
    stage_models: str

    def pack(self) -> bytes:
        """The payload."""
        if len(self.model_hash) != 32:
            raise MessageError("hello: model_hash is not 32 bytes")
        if len(self.plan_hash) != 32:
            raise MessageError("hello: plan_hash is not 32 bytes")
        board = self.board.encode()
        model = self.model.encode()
        sensor = self.sensor.encode()
        stage_names = self.stage_names.encode()
        stage_models = self.stage_models.encode()
        return (
            struct.pack("<HBB32s32sIBIIIHBBBBBB", self.protocol, self.runtime, self.tick_unit, self.model_hash, self.plan_hash, self.arena_bytes, self.arena_internal, self.max_payload, self.input_bytes, self.output_bytes, self.layers, self.has_camera, self.cores, self.stages, self.reset_reason, self.slot, self.model_source)
            + struct.pack(f"<I{len(self.stage_facts)}i", len(self.stage_facts), *self.stage_facts)
            + struct.pack("<I", len(board)) + board
            + struct.pack("<I", len(model)) + model
            + struct.pack("<I", len(sensor)) + sensor
            + struct.pack("<I", len(stage_names)) + stage_names
            + struct.pack("<I", len(stage_models)) + stage_models
        )

    @classmethod
    def unpack(cls, payload: bytes) -> Hello:
        """The message in a payload."""
        _head(payload, 93, "hello")
        protocol, runtime, tick_unit, model_hash, plan_hash, arena_bytes, arena_internal, max_payload, input_bytes, output_bytes, layers, has_camera, cores, stages, reset_reason, slot, model_source = struct.unpack_from("<HBB32s32sIBIIIHBBBBBB", payload)
        offset = 93
        n, offset = _count(payload, offset, 4, "hello")
        stage_facts = struct.unpack_from(f"<{n}i", payload, offset)
        offset += n * 4
        n, offset = _count(payload, offset, 1, "hello")
        board = bytes(payload[offset : offset + n]).decode("utf-8", "replace")
        offset += n
        n, offset = _count(payload, offset, 1, "hello")
        model = bytes(payload[offset : offset + n]).decode("utf-8", "replace")
        offset += n
        n, offset = _count(payload, offset, 1, "hello")
        sensor = bytes(payload[offset : offset + n]).decode("utf-8", "replace")
        offset += n
        n, offset = _count(payload, offset, 1, "hello")
        stage_names = bytes(payload[offset : offset + n]).decode("utf-8", "replace")
        offset += n
        n, offset = _count(payload, offset, 1, "hello")
        stage_models = bytes(payload[offset : offset + n]).decode("utf-8", "replace")
        offset += n
        _end(payload, offset, "hello")
        return cls(protocol, runtime, tick_unit, model_hash, plan_hash, arena_bytes, arena_internal, max_payload, input_bytes, output_bytes, layers, has_camera, cores, stages, reset_reason, slot, model_source, stage_facts, board, model, sensor, stage_names, stage_models)


@dataclass(frozen=True)
class Result:
    """One inference. time_ms, region: of its picture, all 0 for raw tensors. ticks: whole invoke in
    HELLO's tick unit (layer CRCs and profiling included when asked for); with micros the sum of all
    runs where they are told in parts. input_crc: CRC32 of all input bytes. outputs: all outputs,
    one after the other. parts: how many RUN and RECORD came before it. stage: the last one that
    worked in this frame, whose record this is; 255: all rested, and there are no outputs. kind,
    items: what the decoder found, record_kind says what the item_values values of each item are;
    raw tensors have none. Positions are in 1/256 px, region_turn in 1/65536 of a full turn about
    the middle of the region, clockwise.
    """

    CODE: ClassVar[int] = 0x82
    frame: int
    time_ms: int
    micros: int
    ticks: int
    input_crc: int
    region_x: int
    region_y: int
    region_width: int
    region_height: int
    region_turn: int
    parts: int
    stage: int
    kind: int
    item_values: int
    outputs: bytes
    items: tuple[int, ...]

    def pack(self) -> bytes:
        """The payload."""
        return (
            struct.pack("<IIIQIhhHHhHBBH", self.frame, self.time_ms, self.micros, self.ticks, self.input_crc, self.region_x, self.region_y, self.region_width, self.region_height, self.region_turn, self.parts, self.stage, self.kind, self.item_values)
            + struct.pack("<I", len(self.outputs)) + self.outputs
            + struct.pack(f"<I{len(self.items)}i", len(self.items), *self.items)
        )

    @classmethod
    def unpack(cls, payload: bytes) -> Result:
        """The message in a payload."""
        _head(payload, 40, "result")
        frame, time_ms, micros, ticks, input_crc, region_x, region_y, region_width, region_height, region_turn, parts, stage, kind, item_values = struct.unpack_from("<IIIQIhhHHhHBBH", payload)
        offset = 40
        n, offset = _count(payload, offset, 1, "result")
        outputs = bytes(payload[offset : offset + n])
        offset += n
        n, offset = _count(payload, offset, 4, "result")
        items = struct.unpack_from(f"<{n}i", payload, offset)
        offset += n * 4
        _end(payload, offset, "result")
        return cls(frame, time_ms, micros, ticks, input_crc, region_x, region_y, region_width, region_height, region_turn, parts, stage, kind, item_values, outputs, items)


@dataclass(frozen=True)
class Layers:
    """Sent before RESULT when asked for: one CRC32 (of the output bytes, several outputs one after the
    other) and one tick count a layer, and the ticks as microseconds where ticks are time; empty
    lists for what was not asked or what the runtime cannot tell.
    """

    CODE: ClassVar[int] = 0x83
    crc: tuple[int, ...]
    ticks: tuple[int, ...]
    micros: tuple[int, ...]

    def pack(self) -> bytes:
        """The payload."""
        return (
            struct.pack(f"<I{len(self.crc)}I", len(self.crc), *self.crc)
            + struct.pack(f"<I{len(self.ticks)}I", len(self.ticks), *self.ticks)
            + struct.pack(f"<I{len(self.micros)}I", len(self.micros), *self.micros)
        )

    @classmethod
    def unpack(cls, payload: bytes) -> Layers:
        """The message in a payload."""
        offset = 0
        n, offset = _count(payload, offset, 4, "layers")
        crc = struct.unpack_from(f"<{n}I", payload, offset)
        offset += n * 4
        n, offset = _count(payload, offset, 4, "layers")
        ticks = struct.unpack_from(f"<{n}I", payload, offset)
        offset += n * 4
        n, offset = _count(payload, offset, 4, "layers")
        micros = struct.unpack_from(f"<{n}I", payload, offset)
        offset += n * 4
        _end(payload, offset, "layers")
        return cls(crc, ticks, micros)


@dataclass(frozen=True)
class Picture:
    """A camera frame, sent before its RESULT when asked for; with `gray` each of its pixels as integer
    luma, (77 R + 150 G + 29 B) >> 8, which is what networks with gray inputs see of it. time_ms:
    when the camera gave it, milliseconds since boot.
    """

    CODE: ClassVar[int] = 0x84
    frame: int
    time_ms: int
    format: int
    width: int
    height: int
    pixels: bytes

    def pack(self) -> bytes:
        """The payload."""
        return (
            struct.pack("<IIBHH", self.frame, self.time_ms, self.format, self.width, self.height)
            + struct.pack("<I", len(self.pixels)) + self.pixels
        )

    @classmethod
    def unpack(cls, payload: bytes) -> Picture:
        """The message in a payload."""
        _head(payload, 13, "picture")
        frame, time_ms, format, width, height = struct.unpack_from("<IIBHH", payload)
        offset = 13
        n, offset = _count(payload, offset, 1, "picture")
        pixels = bytes(payload[offset : offset + n])
        offset += n
        _end(payload, offset, "picture")
        return cls(frame, time_ms, format, width, height, pixels)


@dataclass(frozen=True)
class Stats:
    """Counters since boot and free memory in bytes. stack_high_water: deepest stack use of any task so
    far. arena_guard_intact: 0 when something wrote just outside the arena. dropped_frames: camera
    frames that a newer one replaced before the model took them. below_threshold: results not sent
    for that reason. stack_free: what the fullest stack has left (4294967295: unknown). sensor: as
    in HELLO.
    """

    CODE: ClassVar[int] = 0x85
    uptime_ms: int
    inferences: int
    bad_frames: int
    dropped_bytes: int
    heap_free: int
    heap_largest_block: int
    psram_free: int
    stack_high_water: int
    arena_guard_intact: int
    dropped_frames: int
    camera_failures: int
    below_threshold: int
    stack_free: int
    sensor: str

    def pack(self) -> bytes:
        """The payload."""
        sensor = self.sensor.encode()
        return (
            struct.pack("<IIIIIIIIBIIII", self.uptime_ms, self.inferences, self.bad_frames, self.dropped_bytes, self.heap_free, self.heap_largest_block, self.psram_free, self.stack_high_water, self.arena_guard_intact, self.dropped_frames, self.camera_failures, self.below_threshold, self.stack_free)
            + struct.pack("<I", len(sensor)) + sensor
        )

    @classmethod
    def unpack(cls, payload: bytes) -> Stats:
        """The message in a payload."""
        _head(payload, 49, "stats")
        uptime_ms, inferences, bad_frames, dropped_bytes, heap_free, heap_largest_block, psram_free, stack_high_water, arena_guard_intact, dropped_frames, camera_failures, below_threshold, stack_free = struct.unpack_from("<IIIIIIIIBIIII", payload)
        offset = 49
        n, offset = _count(payload, offset, 1, "stats")
        sensor = bytes(payload[offset : offset + n]).decode("utf-8", "replace")
        offset += n
        _end(payload, offset, "stats")
        return cls(uptime_ms, inferences, bad_frames, dropped_bytes, heap_free, heap_largest_block, psram_free, stack_high_water, arena_guard_intact, dropped_frames, camera_failures, below_threshold, stack_free, sensor)


@dataclass(frozen=True)
class Log:
    """One line of log text."""

    CODE: ClassVar[int] = 0x86
    level: int
    text: str

    def pack(self) -> bytes:
        """The payload."""
        text = self.text.encode()
        return (
            struct.pack("<B", self.level)
            + struct.pack("<I", len(text)) + text
        )

    @classmethod
    def unpack(cls, payload: bytes) -> Log:
        """The message in a payload."""
        _head(payload, 1, "log")
        level, = struct.unpack_from("<B", payload)
        offset = 1
        n, offset = _count(payload, offset, 1, "log")
        text = bytes(payload[offset : offset + n]).decode("utf-8", "replace")
        offset += n
        _end(payload, offset, "log")
        return cls(level, text)


@dataclass(frozen=True)
class Error:
    """What went wrong with the request of this sequence number."""

    CODE: ClassVar[int] = 0x87
    code: int
    detail: int
    text: str

    def pack(self) -> bytes:
        """The payload."""
        text = self.text.encode()
        return (
            struct.pack("<BI", self.code, self.detail)
            + struct.pack("<I", len(text)) + text
        )

    @classmethod
    def unpack(cls, payload: bytes) -> Error:
        """The message in a payload."""
        _head(payload, 5, "error")
        code, detail = struct.unpack_from("<BI", payload)
        offset = 5
        n, offset = _count(payload, offset, 1, "error")
        text = bytes(payload[offset : offset + n]).decode("utf-8", "replace")
        offset += n
        _end(payload, offset, "error")
        return cls(code, detail, text)


@dataclass(frozen=True)
class Ack:
    """Done."""

    CODE: ClassVar[int] = 0x88

    def pack(self) -> bytes:
        """The payload."""
        return b""

    @classmethod
    def unpack(cls, payload: bytes) -> Ack:
        """The message in a payload."""
        offset = 0
        _end(payload, offset, "ack")
        return cls()


@dataclass(frozen=True)
class Settings:
    """The settings that hold. period_ms: a stream is never faster. threshold: a streamed result is
    sent only where the largest value of the first output reaches it (-128: always); a frame in
    which the first network rests reaches none. exposure (0 to 1200) and gain (0 to 30): -1 for
    automatic. brightness, contrast: -2 to 2. mirror, flip: 0 or 1. led: led_mode. flash_led: 0 or
    1. refused: the settings whose values the camera's sensor did not take (bits of `refused`); 0
    until the camera has been started.
    """

    CODE: ClassVar[int] = 0x89
    period_ms: int
    threshold: int
    led: int
    flash_led: int
    exposure: int
    gain: int
    brightness: int
    contrast: int
    mirror: int
    flip: int
    refused: int

    def pack(self) -> bytes:
        """The payload."""
        return struct.pack("<IhBBhhhhBBH", self.period_ms, self.threshold, self.led, self.flash_led, self.exposure, self.gain, self.brightness, self.contrast, self.mirror, self.flip, self.refused)

    @classmethod
    def unpack(cls, payload: bytes) -> Settings:
        """The message in a payload."""
        _head(payload, 20, "settings")
        period_ms, threshold, led, flash_led, exposure, gain, brightness, contrast, mirror, flip, refused = struct.unpack_from("<IhBBhhhhBBH", payload)
        offset = 20
        _end(payload, offset, "settings")
        return cls(period_ms, threshold, led, flash_led, exposure, gain, brightness, contrast, mirror, flip, refused)


@dataclass(frozen=True)
class Update:
    """How far an update is. next: offset of the first byte that is still to come. room: the longest
    image this target takes.
    """

    CODE: ClassVar[int] = 0x8A
    target: int
    state: int
    next: int
    room: int

    def pack(self) -> bytes:
        """The payload."""
        return struct.pack("<BBII", self.target, self.state, self.next, self.room)

    @classmethod
    def unpack(cls, payload: bytes) -> Update:
        """The message in a payload."""
        _head(payload, 10, "update")
        target, state, next, room = struct.unpack_from("<BBII", payload)
        offset = 10
        _end(payload, offset, "update")
        return cls(target, state, next, room)


@dataclass(frozen=True)
class Model:
    """What HELLO does not tell of the model. input: what frames become, as picture.h has it (layout 0,
    1 or 3; all 0: a tensor). program_crc: of what the firmware was generated with
    (codegen/program/facts_crc.py); a model partition may have brought other parameters and shifts;
    0: not known. operators: the builtin operator codes of the .tflite format that the runtime
    holds, ascending; none under aot. output_types: one dtype an output, in the order of RESULT.
    output_bytes: one size an output. labels: of the classes of each stage, each ending in a line
    feed, and a further line feed behind those of a stage.
    """

    CODE: ClassVar[int] = 0x8B
    input_layout: int
    input_width: int
    input_height: int
    input_shift: int
    program_crc: int
    operators: tuple[int, ...]
    output_types: tuple[int, ...]
    output_bytes: tuple[int, ...]
    labels: str

    def pack(self) -> bytes:
        """The payload."""
        labels = self.labels.encode()
        return (
            struct.pack("<BHHhI", self.input_layout, self.input_width, self.input_height, self.input_shift, self.program_crc)
            + struct.pack(f"<I{len(self.operators)}I", len(self.operators), *self.operators)
            + struct.pack(f"<I{len(self.output_types)}I", len(self.output_types), *self.output_types)
            + struct.pack(f"<I{len(self.output_bytes)}I", len(self.output_bytes), *self.output_bytes)
            + struct.pack("<I", len(labels)) + labels
        )

    @classmethod
    def unpack(cls, payload: bytes) -> Model:
        """The message in a payload."""
        _head(payload, 11, "model")
        input_layout, input_width, input_height, input_shift, program_crc = struct.unpack_from("<BHHhI", payload)
        offset = 11
        n, offset = _count(payload, offset, 4, "model")
        operators = struct.unpack_from(f"<{n}I", payload, offset)
        offset += n * 4
        n, offset = _count(payload, offset, 4, "model")
        output_types = struct.unpack_from(f"<{n}I", payload, offset)
        offset += n * 4
        n, offset = _count(payload, offset, 4, "model")
        output_bytes = struct.unpack_from(f"<{n}I", payload, offset)
        offset += n * 4
        n, offset = _count(payload, offset, 1, "model")
        labels = bytes(payload[offset : offset + n]).decode("utf-8", "replace")
        offset += n
        _end(payload, offset, "model")
        return cls(input_layout, input_width, input_height, input_shift, program_crc, operators, output_types, output_bytes, labels)


@dataclass(frozen=True)
class Challenge:
    """What seals are made for. guard: guard. nonce: bytes that were never told before; zeros where no
    seal is needed or none would help.
    """

    CODE: ClassVar[int] = 0x8C
    guard: int
    nonce: bytes

    def pack(self) -> bytes:
        """The payload."""
        if len(self.nonce) != 16:
            raise MessageError("challenge: nonce is not 16 bytes")
        return struct.pack("<B16s", self.guard, self.nonce)

    @classmethod
    def unpack(cls, payload: bytes) -> Challenge:
        """The message in a payload."""
        _head(payload, 17, "challenge")
        guard, nonce = struct.unpack_from("<B16s", payload)
        offset = 17
        _end(payload, offset, "challenge")
        return cls(guard, nonce)


@dataclass(frozen=True)
class Run:
    """One run of a network in a program of several stages, its LAYERS before it; sent before RESULT
    when asked for, with `times` alone without outputs. stage: its place in the program. run: which
    run of the stage in this frame. The rest as in RESULT.
    """

    CODE: ClassVar[int] = 0x8D
    stage: int
    run: int
    micros: int
    ticks: int
    input_crc: int
    region_x: int
    region_y: int
    region_width: int
    region_height: int
    region_turn: int
    outputs: bytes

    def pack(self) -> bytes:
        """The payload."""
        return (
            struct.pack("<BHIQIhhHHh", self.stage, self.run, self.micros, self.ticks, self.input_crc, self.region_x, self.region_y, self.region_width, self.region_height, self.region_turn)
            + struct.pack("<I", len(self.outputs)) + self.outputs
        )

    @classmethod
    def unpack(cls, payload: bytes) -> Run:
        """The message in a payload."""
        _head(payload, 29, "run")
        stage, run, micros, ticks, input_crc, region_x, region_y, region_width, region_height, region_turn = struct.unpack_from("<BHIQIhhHHh", payload)
        offset = 29
        n, offset = _count(payload, offset, 1, "run")
        outputs = bytes(payload[offset : offset + n])
        offset += n
        _end(payload, offset, "run")
        return cls(stage, run, micros, ticks, input_crc, region_x, region_y, region_width, region_height, region_turn, outputs)


@dataclass(frozen=True)
class Record:
    """What a stage of a program of several stages found in this frame; sent before RESULT, which then
    has no outputs and the record of the last one of them. A stage that rested sends none.
    """

    CODE: ClassVar[int] = 0x8E
    stage: int
    kind: int
    item_values: int
    items: tuple[int, ...]

    def pack(self) -> bytes:
        """The payload."""
        return (
            struct.pack("<BBH", self.stage, self.kind, self.item_values)
            + struct.pack(f"<I{len(self.items)}i", len(self.items), *self.items)
        )

    @classmethod
    def unpack(cls, payload: bytes) -> Record:
        """The message in a payload."""
        _head(payload, 4, "record")
        stage, kind, item_values = struct.unpack_from("<BBH", payload)
        offset = 4
        n, offset = _count(payload, offset, 4, "record")
        items = struct.unpack_from(f"<{n}i", payload, offset)
        offset += n * 4
        _end(payload, offset, "record")
        return cls(stage, kind, item_values, items)


@dataclass(frozen=True)
class Preview:
    """Some rows of a small gray picture of a camera frame, streamed when asked for: all of the frame,
    width x height exact area averages of its luma. number counts the previews of a stream. The rows
    come from the top down, a few a message, and only while nothing else waits to be sent: a RESULT
    waits behind one such message at most. time_ms: of the frame; the RESULT of the same time_ms is
    of the same frame, and most frames of previews have none where the network is slow. frame_width,
    frame_height: of the frame, in whose pixels records count. row: the first one in it.
    """

    CODE: ClassVar[int] = 0x8F
    number: int
    time_ms: int
    frame_width: int
    frame_height: int
    width: int
    height: int
    row: int
    pixels: bytes

    def pack(self) -> bytes:
        """The payload."""
        return (
            struct.pack("<IIHHHHH", self.number, self.time_ms, self.frame_width, self.frame_height, self.width, self.height, self.row)
            + struct.pack("<I", len(self.pixels)) + self.pixels
        )

    @classmethod
    def unpack(cls, payload: bytes) -> Preview:
        """The message in a payload."""
        _head(payload, 18, "preview")
        number, time_ms, frame_width, frame_height, width, height, row = struct.unpack_from("<IIHHHHH", payload)
        offset = 18
        n, offset = _count(payload, offset, 1, "preview")
        pixels = bytes(payload[offset : offset + n])
        offset += n
        _end(payload, offset, "preview")
        return cls(number, time_ms, frame_width, frame_height, width, height, row, pixels)


Message = (
    HelloRequest
    | InferTensor
    | InferPicture
    | Stream
    | StatsRequest
    | Restart
    | SettingsRequest
    | Configure
    | UpdateBegin
    | UpdateData
    | UpdateEnd
    | UpdateRequest
    | ModelRequest
    | ChallengeRequest
    | Hello
    | Result
    | Layers
    | Picture
    | Stats
    | Log
    | Error
    | Ack
    | Settings
    | Update
    | Model
    | Challenge
    | Run
    | Record
    | Preview
)

BY_CODE: dict[int, type[Message]] = {
    HelloRequest.CODE: HelloRequest,
    InferTensor.CODE: InferTensor,
    InferPicture.CODE: InferPicture,
    Stream.CODE: Stream,
    StatsRequest.CODE: StatsRequest,
    Restart.CODE: Restart,
    SettingsRequest.CODE: SettingsRequest,
    Configure.CODE: Configure,
    UpdateBegin.CODE: UpdateBegin,
    UpdateData.CODE: UpdateData,
    UpdateEnd.CODE: UpdateEnd,
    UpdateRequest.CODE: UpdateRequest,
    ModelRequest.CODE: ModelRequest,
    ChallengeRequest.CODE: ChallengeRequest,
    Hello.CODE: Hello,
    Result.CODE: Result,
    Layers.CODE: Layers,
    Picture.CODE: Picture,
    Stats.CODE: Stats,
    Log.CODE: Log,
    Error.CODE: Error,
    Ack.CODE: Ack,
    Settings.CODE: Settings,
    Update.CODE: Update,
    Model.CODE: Model,
    Challenge.CODE: Challenge,
    Run.CODE: Run,
    Record.CODE: Record,
    Preview.CODE: Preview,
}

GUARDED = (
    Restart.CODE,
    Configure.CODE,
    UpdateBegin.CODE,
    UpdateData.CODE,
    UpdateEnd.CODE,
    UpdateRequest.CODE,
)
"""Types of the requests that change the board."""


def unpack(code: int, payload: bytes) -> Message:
    """The message of this type code; MessageError for an unknown code."""
    if code not in BY_CODE:
        raise MessageError(f"type 0x{code:02X} is unknown")
    return BY_CODE[code].unpack(payload)
