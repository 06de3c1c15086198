"""Another model onto the same board: flashed again, or sent over the wire while the power fails."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest

from codegen.errors import BoardError
from codegen.passes import optimize
from host_tools.attach import open_board
from host_tools.build import build
from host_tools.flashing.simulated import flash
from host_tools.flashing.state import flash_file
from host_tools.models import ModelRef, resolve
from host_tools.project import write_project
from host_tools.reference import expect
from host_tools.simulator import Faults, run_board
from host_tools.simulator.flash import make_image
from host_tools.wire.messages import Update, UpdateRequest, UpdateState, UpdateTarget
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing
from host_tools.wire.update import send_update
from tests.hil.conftest import UnderTest
from tests.host_tools.toy_folder import write_toy


@pytest.fixture
def other(under_test: UnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelRef:
    """Another model than the board's; the board's flash file is the test's own."""
    if under_test.port is not None:
        pytest.skip("only simulated boards are flashed by the tests")
    monkeypatch.setenv("TINYFACE_STATE", str(tmp_path / "state"))
    return resolve(str(write_toy("mini_mobilenet", tmp_path)))


def computes(session: Session, ref: ModelRef) -> None:
    graph = optimize(ref.graph)
    rng = np.random.default_rng(9)
    tensors = [
        rng.integers(-128, 128, graph.tensor(t).shape).astype(graph.tensor(t).dtype) for t in graph.inputs
    ]
    data = b"".join(tensor.tobytes() for tensor in tensors)
    assert session.infer_tensor(data).result.outputs == expect(graph, None, tensors, None).outputs


def image_of(ref: ModelRef, under_test: UnderTest, folder: Path) -> bytes:
    project = write_project(ref, under_test.board, "aot", folder)
    return make_image(under_test.board, build(project.folder, under_test.board).path.read_bytes())


def test_the_model_is_flashed_again(under_test: UnderTest, other: ModelRef) -> None:
    for ref in (under_test.ref, other):
        flash(ref, under_test.board, "aot")
        with open_board(under_test.board) as session:
            assert bytes(session.board.model_hash) == ref.model_hash
            computes(session, ref)


def test_a_firmware_with_another_model_over_the_wire(
    under_test: UnderTest, other: ModelRef, tmp_path: Path
) -> None:
    flash(under_test.ref, under_test.board, "aot")
    image = image_of(other, under_test, tmp_path / "other")
    with open_board(under_test.board) as session:
        slot = session.board.slot
        send_update(session, UpdateTarget.FIRMWARE, image)
        computes(session, under_test.ref)
        hello = session.restart()
        assert bytes(hello.model_hash) == other.model_hash
        assert hello.slot == 1 - slot
        computes(session, other)
        assert session.ask(UpdateRequest(), Update).state == UpdateState.IDLE  # confirmed
    under_test.summary.count(updates=1)


@pytest.mark.parametrize("cut", [100, 500])
def test_an_update_that_the_power_cuts_short(
    under_test: UnderTest, other: ModelRef, tmp_path: Path, cut: int
) -> None:
    if under_test.board.kind != "sim":
        pytest.skip("only the simulated ESP32-CAM has a power supply that can be cut")
    flash(under_test.ref, under_test.board, "aot")
    image = image_of(other, under_test, tmp_path / "other")
    chip, said = flash_file(under_test.board), list[str]()
    with (
        run_board(under_test.board, chip, faults=Faults(power_cut=cut)) as running,
        Session(running.port, timing=Timing(10, 10), on_log=said.append) as session,
    ):
        said.clear()
        with contextlib.suppress(BoardError):  # where only the erasing was cut, it simply begins again
            send_update(session, UpdateTarget.FIRMWARE, image)
        assert bytes(session.hello().model_hash) == under_test.ref.model_hash
        assert sum("POWERON_RESET" in line for line in said) == 1
        computes(session, under_test.ref)
        send_update(session, UpdateTarget.FIRMWARE, image)  # and now without a cut
        assert bytes(session.restart().model_hash) == other.model_hash
        computes(session, other)
    under_test.summary.count(updates=1, power_cuts=1)
