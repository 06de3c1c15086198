"""The real espressif/esp-tflite-micro behind the generated sources: bytes, arena, limits."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from codegen.backends.tflm import generate as tflm
from codegen.backends.tflm.arena import arena_need
from codegen.backends.tflm.operators import BUILTIN_METHODS
from codegen.graph import Graph
from codegen.ops import REGISTRY
from codegen.program.stages import Program
from codegen.tflite.model_file import read_file
from codegen.tflite.reader import parse_model
from host_tools.cli import app
from host_tools.models import ModelRef, resolve
from host_tools.proof.reference import expect
from host_tools.simulator import RunningBoard, run_board
from host_tools.wire.messages import UpdateTarget, Want
from host_tools.wire.session import Session
from host_tools.wire.update import send_update
from tests.codegen.backends.espressif_limits import REFUSED, TAKEN
from tests.firmware.esp_on_fakes import on_fakes
from tests.firmware.esp_tflm import EspTflm, build_library, flash_tflm
from tests.toys.edges import EDGE_TOYS
from tests.toys.layers import Net
from tests.toys.models import TOYS
from tests.toys.state import STATE_TOYS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
BOARD = "esp32cam"
REQUESTS = 60
METHODS = {kind: BUILTIN_METHODS[kind] for kind in REGISTRY.classes}
"""Operators of this package."""


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> EspTflm:
    return build_library(tmp_path_factory.mktemp("esp-tflm"))


def tinyface(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def check(running: RunningBoard, model: str | Path) -> None:
    """0 differing bytes over REQUESTS requests."""
    done = tinyface(
        "validate",
        model,
        "--board",
        BOARD,
        "--port",
        running.port,
        "--count",
        REQUESTS,
        "--seed",
        1,
        "--json",
    )
    assert done.exit_code == 0, done.stderr
    verdict = json.loads(done.stdout)
    assert (verdict["runtime"], verdict["requests"], verdict["bytes_differing"]) == ("tflm", REQUESTS, 0)
    assert verdict["distinct_inputs"] > 50
    assert verdict["arena_guard_intact"]


@pytest.mark.parametrize("model", ["pfld-68-96", "person_detect", "kws_ref_model"])
def test_the_board_computes_the_references_bytes(
    model: str, real: EspTflm, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    name = model
    if "-" not in model:
        name = str(request.getfixturevalue("shared_models") / f"{model}.tflite")
    ref = resolve(name)
    with run_board(on_fakes(BOARD), flash_tflm(real, ref, BOARD, tmp_path)) as running:
        check(running, name)
        with Session(running.port, board_name=BOARD) as session:
            told = session.infer_tensor(
                bytes(session.board.input_bytes), Want.PROFILE | Want.LAYER_CRC
            ).layers
            assert told is not None
            assert (len(told.ticks), told.crc) == (len(ref.graph.ops), ())


WRAPPED = {
    **{
        f"edges, {name}": EDGE_TOYS[name]
        for name in ("float32 to float32", "uint8 to uint8", "uint8 to float32")
    },
    **{f"state, {name}": STATE_TOYS[name] for name in ("ring", "uint8 behind")},
}


@pytest.mark.parametrize("name", [*WRAPPED, "mnist_lstm", "vad_streaming_state"])
def test_edges_and_state_in_the_real_interpreter(
    name: str, real: EspTflm, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The wrapper converts edges, the interpreter keeps variables: the wheel's bytes, request by request."""
    if name in WRAPPED:
        data = WRAPPED[name]()
    else:
        data = (request.getfixturevalue("shared_models") / "wild" / f"{name}.tflite").read_bytes()
    (tmp_path / "model.tflite").write_bytes(data)
    ref = resolve(str(tmp_path / "model.tflite"), core_needed=False)
    with run_board(on_fakes(BOARD), flash_tflm(real, ref, BOARD, tmp_path)) as running:
        check(running, ref.path)


# --- every operator ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def driver(real: EspTflm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that holds every operator of this package: each Add method exists in the real resolver."""
    place = tmp_path_factory.mktemp("driver")
    adds = " && ".join(f"resolver.{method}() == kTfLiteOk" for method in METHODS.values())
    define = [f"-DOPERATORS={len(METHODS)}", f"-DADD_OPERATORS={adds}"]
    real.compile(Path(__file__).with_name("esp_tflm_driver.cc"), place / "driver.o", *define)
    command = [real.cpp, str(place / "driver.o"), str(real.library), "-o", str(place / "driver")]
    subprocess.run(command, check=True)
    return place / "driver"


def same(driver: Path, graph: Graph, model: bytes, arena_bytes: int, place: Path) -> bool:
    """Whether the program computes the reference's bytes; False where it stops or dies."""
    random = np.random.default_rng(5)
    inputs = []
    for _ in range(8):
        tensors = [graph.tensor(t) for t in graph.inputs]
        ranges = [np.iinfo(t.dtype) for t in tensors]
        inputs.append(
            [
                random.integers(r.min, r.max, t.shape, endpoint=True).astype(t.dtype)
                for t, r in zip(tensors, ranges, strict=True)
            ]
        )
    (place / "model.tflite").write_bytes(model)
    sent = b"".join(array.tobytes() for one in inputs for array in one)
    command = [str(driver), str(place / "model.tflite"), str(arena_bytes)]
    done = subprocess.run(command, input=sent, capture_output=True, check=False)
    return done.returncode == 0 and done.stdout == b"".join(
        expect(graph, None, one, None).outputs for one in inputs
    )


def test_every_operator_computes_the_references_bytes_in_its_arena(driver: Path, tmp_path: Path) -> None:
    models = {name: build() for name, build in TOYS.items() if name != "conv_2d_pointwise"} | TAKEN
    kinds = set()
    for name, model in models.items():
        graph = parse_model(model, name)
        file = read_file(model, name)
        tflm.check_file(file, "esp32")
        assert same(driver, graph, model, arena_need(file, "esp32").bytes, tmp_path), name
        kinds |= {op.kind for op in graph.ops}
    assert kinds == set(METHODS)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_would_crash_or_differ(name: str, driver: Path, tmp_path: Path) -> None:
    model, _ = REFUSED[name]
    graph = parse_model(model, "m")
    assert not same(driver, graph, model, arena_need(read_file(model, "m"), "esp32").bytes, tmp_path)


# --- another model for the same firmware ------------------------------------------------------------


def small_net(seed: int, *, wide: int = 8, gate: bool = False) -> bytes:
    """int8 [1, 8, 8, 4] to the same in two convolutions, `wide` channels between; gate: and a LOGISTIC."""
    net = Net(seed)
    x = net.input(1, 8, 8, 4)
    y = net.conv(net.conv(x, wide, (3, 3)), 4)
    return net.model.finish([x], [net.unary("LOGISTIC", y, 1 / 256, -128) if gate else y])


def as_ref(model: bytes, name: str, place: Path) -> ModelRef:
    file = place / f"{name}.tflite"
    file.write_bytes(model)
    return resolve(str(file))


@pytest.fixture
def small(real: EspTflm, tmp_path: Path) -> Iterator[tuple[RunningBoard, ModelRef]]:
    """A board that runs a small net."""
    own = as_ref(small_net(1), "own", tmp_path)
    with run_board(on_fakes(BOARD), flash_tflm(real, own, BOARD, tmp_path)) as running:
        yield running, own


def test_model_only_takes_what_fits_and_names_what_does_not(
    small: tuple[RunningBoard, ModelRef], tmp_path: Path
) -> None:
    running, own = small
    flash = ("flash", "--board", BOARD, "--port", running.port, "--model-only", "--model")
    gated = tinyface(*flash, as_ref(small_net(2, gate=True), "gated", tmp_path).path)
    assert gated.exit_code == 2
    assert "does not hold LOGISTIC" in gated.stderr
    wide = tinyface(*flash, as_ref(small_net(3, wide=64), "wide", tmp_path).path)
    assert wide.exit_code == 2
    assert "needs an arena of up to" in wide.stderr
    check(running, own.path)
    other = as_ref(small_net(4), "other", tmp_path)
    sent = tinyface(*flash, other.path)
    assert sent.exit_code == 0, sent.stderr
    check(running, other.path)


@pytest.mark.parametrize("refused", [{"gate": True}, {"wide": 64}, {"wide": 24}])
def test_the_board_keeps_its_own_model_where_nobody_asked_first(
    refused: dict[str, int], small: tuple[RunningBoard, ModelRef], tmp_path: Path
) -> None:
    running, own = small
    image = tflm.model_image(read_file(small_net(5, **refused), "refused"), Program())
    with Session(running.port, board_name=BOARD) as session:
        send_update(session, UpdateTarget.MODEL, image)
        hello = session.restart()
        assert (bytes(hello.model_hash), hello.model_source) == (own.model_hash, 0)
    check(running, own.path)
