"""The application on the simulated board: every request, every refusal, sanitizers on."""

from __future__ import annotations

import random
import zlib

import numpy as np
import pytest

from codegen.program.picture import Region, crop_resize, to_gray, to_input
from host_tools.boards import load_board
from host_tools.pictures.raw import frame_to_pixels
from host_tools.simulator import run_board
from host_tools.wire.framing import encode
from host_tools.wire.inference import Inference
from host_tools.wire.messages import (
    PROTOCOL_VERSION,
    Ack,
    Dtype,
    Error,
    ErrorCode,
    Hello,
    HelloRequest,
    InferPicture,
    InferTensor,
    Layers,
    Log,
    Model,
    ModelRequest,
    Restart,
    Result,
    Runtime,
    Stats,
    StatsRequest,
    Stream,
    TickUnit,
    Want,
)
from tests.firmware.fake_model import MODEL_HASH, PLAN_HASH, expected_points, reference, tensor
from tests.firmware.wire_client import WireClient


def test_hello_at_boot_and_when_asked(flashed):
    with (
        run_board(load_board("sim"), flashed("sim", sanitize=True)) as running,
        WireClient(running.port) as client,
    ):
        hello = client.boot()
        assert client.text.startswith(b"ets Jul 29 2019 12:21:46\r\n")
        assert hello == client.ask(HelloRequest())[0]
    assert isinstance(hello, Hello)
    assert (hello.protocol, hello.runtime, hello.tick_unit) == (
        PROTOCOL_VERSION,
        Runtime.AOT,
        TickUnit.MICROSECONDS,
    )
    assert (hello.model_hash, hello.plan_hash) == (MODEL_HASH, PLAN_HASH)
    assert (hello.board, hello.model, hello.layers) == ("sim", "fake", 2)
    assert (hello.input_bytes, hello.output_bytes, hello.arena_bytes, hello.arena_internal) == (64, 4, 160, 1)
    assert (hello.max_payload, hello.has_camera) == (327_680, 1)


@pytest.mark.parametrize(("dtype", "operators"), [("int8", ()), ("int32", (3, 4, 130)), ("int16", (9,))])
def test_the_model_is_told(flashed, dtype, operators):
    """Operators by their builtin codes, outputs by type and size."""
    flash = flashed("sim", sanitize=True, dtype=dtype, operators=operators)
    with run_board(load_board("sim"), flash) as running, WireClient(running.port) as client:
        (model,) = client.ask(ModelRequest())
        assert model == Model(1, 8, 8, -128, 0, operators, (Dtype[dtype.upper()],), (4,), "\n")
        assert running.stderr_tail() == ""


def test_tensors_with_layer_crcs(sim):
    _, client = sim
    for seed in range(20):
        data = tensor(seed) if seed else bytes([128]) * 64
        layers, result = client.ask(InferTensor(Want.LAYER_CRC | Want.PROFILE, data))
        negative, output = reference(data)
        assert isinstance(layers, Layers)
        assert layers.crc == (zlib.crc32(negative.tobytes()), zlib.crc32(output.tobytes()))
        assert len(layers.ticks) == 2
        assert isinstance(result, Result)
        assert (result.outputs, result.input_crc) == (output.tobytes(), zlib.crc32(data))
        assert (result.frame, result.items, result.time_ms) == (seed, (), 0)
        assert (result.region_width, result.region_height) == (0, 0)


def test_only_what_is_wanted_is_sent(sim):
    _, client = sim
    data = tensor(1)
    assert [type(m) for m in client.ask(InferTensor(0, data))] == [Result]
    layers, _ = client.ask(InferTensor(Want.PROFILE, data))
    assert (layers.crc, len(layers.ticks)) == ((), 2)
    layers, _ = client.ask(InferTensor(Want.LAYER_CRC, data))
    assert (len(layers.crc), layers.ticks) == (2, ())


def test_no_crc_where_the_runtime_shows_no_layers(flashed):
    with (
        run_board(load_board("sim"), flashed("sim", whole=True)) as running,
        WireClient(running.port) as client,
    ):
        layers, _ = client.ask(InferTensor(Want.LAYER_CRC | Want.PROFILE, tensor(1)))
        assert (layers.crc, len(layers.ticks)) == ((), 2)
        layers, _ = client.ask(InferTensor(Want.LAYER_CRC, tensor(1)))
        assert (layers.crc, layers.ticks) == ((), ())


@pytest.mark.parametrize(("kind", "channels"), [(1, 1), (2, 3), (3, 2)])
def test_pictures_in_every_format(sim, kind, channels):
    _, client = sim
    rng = np.random.default_rng(kind)
    regions = Region(0, 0, 24, 24), Region(-5, 3, 40, 9), Region(7, 9, 5, 33)
    for time_ms, box in enumerate(regions, 2**32 - 3):
        pixels = rng.integers(0, 256, 31 * 24 * channels).astype(np.uint8).tobytes()
        request = InferPicture(
            0, time_ms, kind, 31, 24, box.x, box.y, box.width, box.height, box.turn, pixels
        )
        (result,) = client.ask(request)
        gray = to_gray(frame_to_pixels(kind, 31, 24, pixels))
        data = to_input(crop_resize(gray, box, 8, 8)).tobytes()
        _, output = reference(data)
        assert isinstance(result, Result)
        assert (result.input_crc, result.outputs) == (zlib.crc32(data), output.tobytes())
        assert Inference(result).region == box
        assert result.time_ms == time_ms
        assert result.items == expected_points(output, box)


def test_several_inputs_come_one_after_the_other(flashed):
    flash = flashed("sim", sanitize=True, inputs=2, picture=False)
    with run_board(load_board("sim"), flash) as running, WireClient(running.port) as client:
        data = tensor(5, 68)
        (result,) = client.ask(InferTensor(0, data))
        assert result.outputs == reference(data, inputs=2)[1].tobytes()
        assert client.ask(HelloRequest())[0].input_bytes == 68
        (error,) = client.ask(InferPicture(0, 0, 1, 8, 8, 0, 0, 8, 8, 0, bytes(64)))
        assert error.code == ErrorCode.NO_PICTURE_INPUT
        assert client.ask(Stream(0, 1, 0))[0].code == ErrorCode.NO_PICTURE_INPUT


@pytest.mark.parametrize(
    ("kind", "payload", "code", "detail"),
    [
        (0x02, InferTensor(0, bytes(63)).pack(), ErrorCode.BAD_REQUEST, 64),
        (0x02, InferTensor(0, bytes(64)).pack()[:-1], ErrorCode.BAD_REQUEST, 64),
        (0x02, b"", ErrorCode.BAD_REQUEST, 64),
        (0x02, b"\0\0\0\0", ErrorCode.BAD_REQUEST, 64),
        (0x02, b"\0\xff\xff\xff\xff" + bytes(64), ErrorCode.BAD_REQUEST, 64),
        (0x03, InferPicture(0, 0, 1, 8, 8, 0, 0, 8, 8, 0, bytes(63)).pack(), ErrorCode.BAD_REQUEST, 64),
        (0x03, InferPicture(0, 0, 9, 8, 8, 0, 0, 8, 8, 0, bytes(64)).pack(), ErrorCode.BAD_REQUEST, 0),
        (0x03, InferPicture(0, 0, 1, 0, 8, 0, 0, 8, 8, 0, b"").pack(), ErrorCode.BAD_REQUEST, 0),
        (0x03, InferPicture(0, 0, 1, 8, 8, 0, 0, 8, 0, 0, bytes(64)).pack(), ErrorCode.BAD_REQUEST, 8),
        (
            0x03,
            InferPicture(0, 0, 1, 8, 8, 0, 0, 4096, 4096, 0, bytes(64)).pack(),
            ErrorCode.BAD_REQUEST,
            4096,
        ),
        (0x03, b"\0" * 15, ErrorCode.BAD_REQUEST, 15),
        (0x04, b"\0", ErrorCode.BAD_REQUEST, 9),
        (0x7E, b"", ErrorCode.UNKNOWN_TYPE, 0x7E),
        (0x82, b"result?", ErrorCode.UNKNOWN_TYPE, 0x82),
    ],
)
def test_bad_requests_are_refused_and_the_next_is_served(sim, kind, payload, code, detail):
    _, client = sim
    client.send_raw(encode(kind, 77, payload))
    frame, error = client.message()
    assert isinstance(error, Error)
    assert (frame.sequence, error.code, error.detail) == (77, code, detail)
    assert error.text
    assert isinstance(client.ask(InferTensor(0, tensor(1)))[0], Result)


def test_a_payload_longer_than_the_buffer(sim):
    _, client = sim
    client.send_raw(encode(0x03, 5, bytes(327_681)) + encode(0x01, 6))
    frame, error = client.message()
    assert (frame.sequence, error.code, error.detail) == (5, ErrorCode.TOO_LONG, 327_680)
    frame, hello = client.message()
    assert (frame.sequence, type(hello)) == (6, Hello)


def test_damaged_and_cut_frames_are_named(sim):
    _, client = sim
    damaged = bytearray(encode(0x02, 11, InferTensor(0, tensor(1)).pack()))
    damaged[30] ^= 0x10
    client.send_raw(bytes(damaged))
    frame, error = client.message()
    assert (frame.sequence, error.code) == (11, ErrorCode.BAD_FRAME)
    client.send_raw(encode(0x02, 12, InferTensor(0, tensor(1)).pack())[:40])  # then half a second of silence
    frame, error = client.message()
    assert (frame.sequence, error.code) == (12, ErrorCode.BAD_FRAME)
    (stats,) = client.ask(StatsRequest())
    assert (stats.bad_frames, stats.dropped_bytes) == (2, len(damaged) + 40)


def test_garbage_between_requests_is_counted(sim):
    _, client = sim
    rng = random.Random(3)
    dropped = 0
    for sequence in range(1, 60):
        junk = rng.randbytes(rng.randint(0, 50)).replace(b"\xa5", b"\x00")
        dropped += len(junk)
        client.send_raw(junk + encode(0x02, sequence, InferTensor(0, tensor(sequence)).pack()))
        frame, result = client.message()
        assert frame.sequence == sequence
        assert result.outputs == reference(tensor(sequence))[1].tobytes()
    (stats,) = client.ask(StatsRequest())
    assert (stats.inferences, stats.dropped_bytes, stats.bad_frames) == (59, dropped, 0)


def test_a_board_survives_random_bytes(sim):
    """Whatever comes, the board answers the next good request."""
    _, client = sim
    rng = random.Random(8)
    requests = [HelloRequest(), InferTensor(3, tensor(1)), StatsRequest(), Stream(0, 0, 0)]
    for number in range(300):
        request = rng.choice(requests)
        data = bytearray(encode(request.CODE, 50_000 + number, request.pack()))
        for _ in range(rng.randint(0, 3)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        client.send_raw(bytes(data[: rng.randint(1, len(data))]) if number % 7 == 0 else bytes(data))
    hellos = [m for m in client.ask(HelloRequest(), timeout_s=20) if isinstance(m, Hello)]
    assert len(hellos) == 1


def test_stats_tell_memory_and_stack(flashed):
    used = {}
    for stack in (64, 20_000):
        flash = flashed("sim", stack=stack)
        with run_board(load_board("sim"), flash) as running, WireClient(running.port) as client:
            client.ask(InferTensor(0, tensor(1)))
            (stats,) = client.ask(StatsRequest())
            assert isinstance(stats, Stats)
            used[stack] = stats.stack_high_water
            assert stats.arena_guard_intact == 1
            assert 0 < stats.heap_largest_block <= 110_000
            assert stats.heap_free < 290_000
            assert stats.psram_free < 4_194_304 - 327_680
    assert 500 < used[64] < 8000
    assert 20_000 < used[20_000] < 24_000


def test_a_stack_that_grows_too_deep_ends_the_firmware(flashed):
    """The painted stack of 512 KB ends at a guard page: the board restarts and says so."""
    with (
        run_board(load_board("sim"), flashed("sim", stack=700_000)) as running,
        WireClient(running.port) as client,
    ):
        client.boot()
        client.send(InferTensor(0, tensor(1)))
        client.boot()
        assert b"SIGSEGV" in client.text


@pytest.mark.parametrize("poke", [-1, 160, 223])
def test_a_model_that_writes_outside_its_arena_is_caught(flashed, poke):
    """The guards lie directly around the arena of 160 bytes."""
    flash = flashed("sim", poke=poke)
    with run_board(load_board("sim"), flash) as running, WireClient(running.port) as client:
        assert client.ask(StatsRequest())[0].arena_guard_intact == 1
        sequence = client.send(InferTensor(0, tensor(1)))
        frame, log = client.message()
        while not isinstance(log, Log):
            frame, log = client.message()
        assert (frame.flags, log.text) == (1, "the model wrote outside its arena")
        assert client.message()[0].sequence == sequence
        assert client.ask(StatsRequest())[0].arena_guard_intact == 0


def test_a_model_that_fails_is_an_error(flashed):
    with (
        run_board(load_board("sim"), flashed("sim", status=3)) as running,
        WireClient(running.port) as client,
    ):
        (error,) = client.ask(InferTensor(0, tensor(1)))
        assert (error.code, error.detail) == (ErrorCode.RUNTIME, 3)
        assert client.ask(StatsRequest())[0].inferences == 0


def test_an_arena_that_does_not_fit(flashed):
    extra = 4_300_000
    with (
        run_board(load_board("sim"), flashed("sim", arena_extra=extra)) as running,
        WireClient(running.port) as client,
    ):
        hello = client.boot()
        assert (hello.arena_bytes, hello.arena_internal) == (160 + extra, 0)
        frame, error = client.message()
        assert (frame.flags, error.code, error.detail) == (1, ErrorCode.ARENA, 160 + extra)
        for request in (
            InferTensor(0, tensor(1)),
            InferPicture(0, 0, 1, 8, 8, 0, 0, 8, 8, 0, bytes(64)),
            Stream(0, 1, 0),
        ):
            assert client.ask(request)[0].code == ErrorCode.ARENA
        assert isinstance(client.ask(StatsRequest())[0], Stats)


@pytest.mark.parametrize(("extra", "internal", "payload"), [(120_000, 0, 327_680), (4_000_000, 0, 163_840)])
def test_a_large_arena_goes_to_psram_and_the_receive_buffer_shrinks(flashed, extra, internal, payload):
    with (
        run_board(load_board("sim"), flashed("sim", arena_extra=extra)) as running,
        WireClient(running.port) as client,
    ):
        hello = client.ask(HelloRequest())[0]
        assert (hello.arena_internal, hello.max_payload) == (internal, payload)
        assert isinstance(client.ask(InferTensor(0, tensor(1)))[0], Result)


def test_restart(sim):
    _, client = sim
    client.ask(InferTensor(0, tensor(1)))
    assert isinstance(client.ask(Restart())[0], Ack)
    client.boot()
    assert b"rst:0xc (SW_CPU_RESET)" in client.text
    assert client.ask(StatsRequest())[0].inferences == 0
