"""Updates over the wire: checked by SHA-256, cut at every block, rolled back where nobody confirms them."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import shutil
import struct
import subprocess
import time

import pytest

import firmware
from codegen.errors import BoardError, ToolError
from codegen.model_image import FRONT_BYTES
from host_tools.boards import load_board
from host_tools.project.build import build
from host_tools.project.toolchains import find_toolchain, host_compiler
from host_tools.simulator import Faults, run_board
from host_tools.simulator.flash import make_image, read_image
from host_tools.simulator.partitions import MODEL, SLOTS, VALID, read_entries
from host_tools.wire.messages import (
    Error,
    ErrorCode,
    HelloRequest,
    InferTensor,
    Restart,
    Update,
    UpdateBegin,
    UpdateData,
    UpdateEnd,
    UpdateFault,
    UpdateRequest,
    UpdateState,
    UpdateTarget,
)
from host_tools.wire.session import Session
from host_tools.wire.update import PIECE_BYTES, send_update
from tests.firmware.esp_on_fakes import on_fakes
from tests.firmware.fake_model import MODEL_HASH, PLAN_HASH, model_image, reference, write_project
from tests.firmware.wire_client import WireClient

DATA = bytes(range(64))
FIRMWARE, CONSTANTS = UpdateTarget.FIRMWARE, UpdateTarget.MODEL
OLD, NEW = {"name": "fake"}, {"name": "newer", "constant": 5}
OTHER_HASH = hashlib.sha256(b"another model").digest()
KINDS = ("sim", "esp32cam", "qemu-cortex-m4", "qemu-riscv32", "qemu-xtensa")


def sha256_of(library: ctypes.CDLL, data: bytes, cut: int) -> bytes:
    state, digest = ctypes.create_string_buffer(256), ctypes.create_string_buffer(32)
    library.tinyface_sha256_start(state)
    for part in (data[:cut], data[cut:]):
        library.tinyface_sha256_add(state, part, ctypes.c_size_t(len(part)))
    library.tinyface_sha256_end(state, digest)
    return digest.raw


def test_sha256_is_sha256(tmp_path):
    library = tmp_path / "sha256.so"
    source = firmware.ROOT / "src" / "sha256.c"
    flags = [
        "-std=c99",
        "-O1",
        "-fsanitize=undefined",
        "-fsanitize-undefined-trap-on-error",
        "-shared",
        "-fPIC",
    ]
    subprocess.run([host_compiler(), *flags, str(source), "-o", str(library)], check=True)
    loaded = ctypes.CDLL(str(library))
    for length in [*range(200), 1000, 65_537]:
        data = bytes((7 * i + length) % 256 for i in range(length))
        assert sha256_of(loaded, data, length // 3) == hashlib.sha256(data).digest()


class Place:
    """A board with its own copy of the flash file, and the image of the newer firmware."""

    def __init__(self, name, flashed, folder):
        self.board = on_fakes(name) if name == "esp32cam" else load_board(name)
        self._options = {"fakes": True} if name == "esp32cam" else {}
        if self.board.kind == "qemu":
            try:
                self._options["variant"] = find_toolchain(self.board.toolchain).variant
            except ToolError as error:
                pytest.skip(str(error))
        self._name, self._flashed = name, flashed
        self.flash = folder / "flash.bin"
        shutil.copy(flashed(name, **OLD, **self._options), self.flash)

    def image(self, **model) -> bytes:
        flash = self._flashed(self._name, **model, **self._options)
        return make_image(self.board, read_image(flash).program)

    @contextlib.contextmanager
    def on(self, faults=None):
        with run_board(self.board, self.flash, faults=faults) as running, WireClient(running.port) as client:
            yield client, client.boot()


@pytest.fixture(
    params=[
        pytest.param(kind, marks=pytest.mark.slow) if kind in ("qemu-cortex-m4", "qemu-riscv32") else kind
        for kind in KINDS
    ]
)
def place(request, flashed, tmp_path):
    return Place(request.param, flashed, tmp_path)


@pytest.fixture
def sim_place(flashed, tmp_path):
    return Place("sim", flashed, tmp_path)


def requests_for(target, image, digest=None):
    pieces = [UpdateData(at, image[at : at + PIECE_BYTES]) for at in range(0, len(image), PIECE_BYTES)]
    return [UpdateBegin(target, len(image), digest or hashlib.sha256(image).digest()), *pieces, UpdateEnd()]


def send(client, target, image, digest=None):
    """Like send_update, but returns the first reply that is no UPDATE."""
    for request in requests_for(target, image, digest):
        (reply,) = client.ask(request, timeout_s=30)
        if not isinstance(reply, Update):
            return reply
    return reply


def outputs(client):
    return client.ask(InferTensor(0, DATA), timeout_s=20)[0].outputs


def expected(constant=0):
    return reference(DATA, constant=constant)[1].tobytes()


def test_a_new_firmware_runs_after_the_restart_and_stays(place):
    with place.on() as (client, hello):
        assert (hello.model, hello.slot) == ("fake", 0)
        assert send(client, FIRMWARE, place.image(**NEW)).state == UpdateState.READY
        assert outputs(client) == expected()  # still the old one
        client.ask(Restart())
        hello = client.boot()
        assert (hello.model, hello.slot) == ("newer", 1)
        assert f"offset {SLOTS[1].offset:#x}".encode() in client.text
        assert client.ask(UpdateRequest())[0].state == UpdateState.UNCONFIRMED
        assert client.ask(UpdateRequest())[0].state == UpdateState.IDLE  # a served request has confirmed it
        assert outputs(client) == expected(5)
        client.ask(Restart())
        assert client.boot().slot == 1
    assert max(filter(None, read_entries(place.flash.read_bytes())), key=lambda e: e.number).state == VALID


def test_a_firmware_that_nobody_confirms_is_left_again(place):
    with place.on() as (client, _):
        assert send(client, FIRMWARE, place.image(**NEW)).state == UpdateState.READY
        client.ask(Restart())
        assert client.boot().model == "newer"
    with place.on() as (client, hello):  # switched off and on without a word
        assert (hello.model, hello.slot) == ("fake", 0)
        assert outputs(client) == expected()
        assert (
            send(client, FIRMWARE, place.image(**NEW)).state == UpdateState.READY
        )  # and it can be tried again
        client.ask(Restart())
        assert client.boot().model == "newer"


@pytest.mark.slow
def test_a_firmware_that_nobody_talks_to_gives_up_by_itself(sim_place, tmp_path):
    """After a minute, here after 1.5 s: the watch restarts it, and the boot loader takes the old one."""
    project = write_project(tmp_path / "lonely", sim_place.board, **NEW)
    program = build(project, sim_place.board, macros=["TINYFACE_CONFIRM_MS=1500"]).path.read_bytes()
    with sim_place.on() as (client, _):
        assert send(client, FIRMWARE, make_image(sim_place.board, program)).state == UpdateState.READY
        start = time.monotonic()
        client.ask(Restart())
        assert client.boot().model == "newer"
        assert client.boot().model == "fake"
        assert 1.5 <= time.monotonic() - start < 30


def test_a_firmware_whose_model_cannot_run_does_not_confirm_itself(sim_place):
    with sim_place.on() as (client, _):
        image = sim_place.image(name="huge", arena_extra=4_300_000)
        assert send(client, FIRMWARE, image).state == UpdateState.READY
        client.ask(Restart())
        assert client.boot().model == "huge"
        assert client.ask(InferTensor(0, DATA))[0].code == ErrorCode.ARENA
        assert client.ask(UpdateRequest())[0].state == UpdateState.UNCONFIRMED
        (error,) = client.ask(UpdateBegin(FIRMWARE, 1000, bytes(32)))
        assert (error.code, error.detail) == (ErrorCode.UPDATE, UpdateFault.BUSY)
        client.ask(Restart())
        assert client.boot().model == "fake"


def test_what_is_announced_must_arrive(place):
    image = place.image(**NEW)
    with place.on() as (client, _):
        refused = {
            UpdateFault.HASH_DIFFERS: send(client, FIRMWARE, image, bytes(32)),
            UpdateFault.TOO_LARGE: client.ask(UpdateBegin(FIRMWARE, SLOTS[0].size + 1, bytes(32)))[0],
            UpdateFault.NOT_BEGUN: client.ask(UpdateData(0, b"x"))[0],
            UpdateFault.UNSUPPORTED: client.ask(UpdateBegin(7, 1000, bytes(32)))[0],
        }
        for fault, error in refused.items():
            assert isinstance(error, Error)
            assert (error.code, error.detail) == (ErrorCode.UPDATE, fault)
        assert client.ask(UpdateEnd())[0].detail == UpdateFault.NOT_BEGUN
        client.ask(Restart())
        assert client.boot().model == "fake"


def test_what_the_boot_loader_would_not_start_is_refused(place):
    noise = hashlib.sha256(b"noise").digest() * 40
    with place.on() as (client, _):
        assert send(client, FIRMWARE, noise).detail == UpdateFault.REFUSED
        client.ask(Restart())
        assert client.boot().model == "fake"


def test_a_damaged_image_that_looks_right_does_not_stop_the_board(sim_place):
    """Magic and SHA-256 are right, the boot loader's own check is not: it starts the other slot."""
    image = bytearray(sim_place.image(**NEW))
    image[3000] ^= 1
    with sim_place.on() as (client, _):
        assert send(client, FIRMWARE, bytes(image)).state == UpdateState.READY
        client.ask(Restart())
        hello = client.boot()
        assert (hello.model, hello.slot) == ("fake", 0)


def test_pieces_may_come_twice_or_out_of_order(sim_place):
    image = sim_place.image(**NEW)
    with sim_place.on() as (client, _):
        client.ask(UpdateBegin(FIRMWARE, len(image), hashlib.sha256(image).digest()))
        assert client.ask(UpdateData(0, image[:100]))[0].next == 100
        assert client.ask(UpdateData(0, image[:100]))[0].next == 100
        assert client.ask(UpdateData(200, image[200:300]))[0].next == 100
        (error,) = client.ask(UpdateData(100, image[100:] + b"x"))
        assert error.detail == UpdateFault.TOO_LARGE
        assert client.ask(UpdateData(100, image[100:]))[0].next == len(image)
        assert client.ask(UpdateEnd())[0].state == UpdateState.READY
        assert client.ask(UpdateEnd())[0].state == UpdateState.READY


def test_send_update_through_a_session(sim_place):
    image, seen = sim_place.image(**NEW), []
    with run_board(sim_place.board, sim_place.flash) as running, Session(running.port) as session:
        assert send_update(session, FIRMWARE, image, seen.append).state == UpdateState.READY
        assert seen == [*range(PIECE_BYTES, len(image), PIECE_BYTES), len(image)]
        assert session.restart().model == "newer"
        with pytest.raises(BoardError, match="does not fit its place"):
            send_update(session, FIRMWARE, bytes(SLOTS[0].size + 1))


def cut_points(writes, count):
    """Write numbers from the first to the last, and both ends of it."""
    step = max(1, writes // count)
    return sorted({1, 2, 3, *range(1, writes, step), *range(max(1, writes - 6), writes + 1)})


def survive_cuts(place, target, image, old, new, points):
    """Whatever write the power fails in: the board boots with the old image, or the new one it was given."""
    original = place.flash.read_bytes()
    for cut in points:
        place.flash.write_bytes(original)
        ready = struck = False
        with place.on(Faults(power_cut=cut)) as (client, _):
            for request in requests_for(target, image):
                sequence = client.send(request)
                frame, reply = client.message()
                struck = frame.sequence != sequence
                if struck:
                    break  # HELLO: the power came back
                ready = isinstance(reply, Update) and reply.state == UpdateState.READY
            assert struck, cut
            hello = client.ask(HelloRequest())[0]
            assert hello.model in (old, new), cut
            constant = {old: 0, new: 5}[hello.model]
            assert outputs(client) == expected(constant), cut
            assert not ready or hello.model == old, cut  # only a restart may change it
        with place.on() as (client, hello):
            assert hello.model in ((new,) if ready else (old, new)), cut
            assert outputs(client) == expected({old: 0, new: 5}[hello.model]), cut


def writes_of(place, target, image):
    """How many writes to the chip an update takes: the largest power_cut that strikes."""
    sector, piece, otadata = 4096, 256, 16 + 1
    if target == FIRMWARE:
        erase = -(-len(image) // sector) * (sector // piece)
        write = sum(
            -(-min(PIECE_BYTES, len(image) - at) // piece) for at in range(0, len(image), PIECE_BYTES)
        )
        return erase + write + otadata
    erase, write, front = -(-len(image) // sector) * (sector // piece), -(-len(image) // piece), 1
    return erase + write + front


@pytest.mark.slow
def test_the_power_fails_in_the_middle_of_an_update(sim_place):
    image = sim_place.image(**NEW)
    writes = writes_of(sim_place, FIRMWARE, image)
    survive_cuts(sim_place, FIRMWARE, image, "fake", "newer", cut_points(writes, 5))


def constants_image(constant=5, **changes):
    constants = changes.pop("constants", struct.pack("<4i", constant, 0, 0, 0))
    return model_image(constants, model_hash=OTHER_HASH, **changes)


@pytest.mark.parametrize("kind", ["sim", "esp32cam"])
def test_constants_of_another_model_of_the_same_plan(flashed, tmp_path, kind):
    place = Place(kind, flashed, tmp_path)
    with place.on() as (client, hello):
        assert (hello.model_source, hello.model_hash) == (0, MODEL_HASH)
        for number, constant in enumerate((5, 9, -20)):  # both halves in turns
            assert send(client, CONSTANTS, constants_image(constant)).state == UpdateState.READY
            assert outputs(client) == expected([0, 5, 9][number])
            client.ask(Restart())
            hello = client.boot()
            assert (hello.model, hello.model_source, hello.model_hash) == ("other", 1, OTHER_HASH)
            assert hello.plan_hash == PLAN_HASH
            assert outputs(client) == expected(constant)
    chip = place.flash.read_bytes()
    numbers = [struct.unpack_from("<I", chip, MODEL.offset + half + 8)[0] for half in (0, MODEL.size // 2)]
    assert numbers == [3, 2]


@pytest.mark.parametrize("kind", ["sim", "esp32cam"])
def test_a_whole_model_that_the_runtime_refuses_gives_way_to_the_built_in_one(flashed, tmp_path, kind):
    """As under TFLite-Micro: of any size; its start says whether the firmware can run it, or crashes (98)."""
    place = Place(kind, flashed, tmp_path)
    shutil.copy(flashed(kind, fakes=kind == "esp32cam", whole=True), place.flash)
    with place.on() as (client, _):
        for constant, model in ((5, "other"), (99, "fake"), (98, "fake"), (7, "other")):
            blob = struct.pack("<4i", constant, 0, 0, 0) + bytes(100)
            assert send(client, CONSTANTS, constants_image(constants=blob)).state == UpdateState.READY
            client.ask(Restart())
            hello = client.boot()
            assert (hello.model, hello.model_source) == (model, int(model == "other"))
            assert outputs(client) == expected(0 if model == "fake" else constant)


@pytest.mark.parametrize(
    ("image", "fault"),
    [
        (constants_image(plan=bytes(32)), UpdateFault.PLAN_DIFFERS),
        (constants_image() + bytes(MODEL.size // 2), UpdateFault.TOO_LARGE),
    ],
)
def test_constants_that_do_not_belong_here_are_refused(sim_place, image, fault):
    with sim_place.on() as (client, _):
        error = send(client, CONSTANTS, image)
        assert (error.code, error.detail) == (ErrorCode.UPDATE, fault)
        client.ask(Restart())
        assert client.boot().model == "fake"


@pytest.mark.parametrize(
    "image",
    [
        constants_image(constants=bytes(12)),
        constants_image(mean_q24=(1, 2)),
        constants_image()[:-3],
        b"TFMODEL1" + constants_image()[8:],
        constants_image()[:FRONT_BYTES] + b"\x00" + constants_image()[FRONT_BYTES + 1 :],
        constants_image()[: FRONT_BYTES + 92] + bytes(100),
    ],
    ids=["constants too short", "another decoder", "cut", "magic", "CRC", "head cut"],
)
def test_an_image_with_a_fault_leaves_the_built_in_model(sim_place, image):
    """Even when it lies in the partition, however it came there."""
    with sim_place.on() as (client, _):
        send(client, CONSTANTS, image)
        client.ask(Restart())
        hello = client.boot()
        assert (hello.model, hello.model_source) == ("fake", 0)
        assert outputs(client) == expected()


@pytest.mark.slow
def test_the_power_fails_while_constants_are_written(sim_place):
    """At every block of the chip: the built-in model or the new one, never something in between."""
    image = constants_image(constant=5)
    writes = writes_of(sim_place, CONSTANTS, image)
    survive_cuts(sim_place, CONSTANTS, image, "fake", "other", range(1, writes + 1))


def test_an_emulated_board_without_model_partition_says_so(flashed, tmp_path):
    place = Place("qemu-cortex-m4", flashed, tmp_path)
    with place.on() as (client, _):
        assert send(client, CONSTANTS, constants_image()).detail == UpdateFault.UNSUPPORTED
