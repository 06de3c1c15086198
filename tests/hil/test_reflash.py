"""Another model onto the same board: flashed again, or sent over the wire as firmware or as constants."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.board import Board
from codegen.errors import BoardError
from host_tools.attach import open_board
from host_tools.flashing.model_only import send_model
from host_tools.flashing.simulated import flash
from host_tools.models import ModelRef, resolve
from host_tools.project.build import build
from host_tools.project.write import write_project
from host_tools.simulator.flash import make_image
from host_tools.wire.messages import Update, UpdateFault, UpdateRequest, UpdateState, UpdateTarget
from host_tools.wire.session import Session
from host_tools.wire.update import send_update
from tests.hil.conftest import Measured
from tests.hil.place import UnderTest
from tests.hil.work import work_of
from tests.host_tools.toy_folder import write_toy
from tests.host_tools.twin import twin_of

NO_SLOT = 255
"""HELLO's slot of a board without slots."""


@pytest.fixture
def other(under_test: UnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelRef:
    """Another model than the board's; the board's flash file is the test's own."""
    if not under_test.simulated:
        pytest.skip("`tinyface flash` flashes a board at --port; the tests flash simulated ones")
    monkeypatch.setenv("TINYFACE_STATE", str(tmp_path / "state"))
    return resolve(str(write_toy("mini_mobilenet", tmp_path)))


def computes(session: Session, ref: ModelRef, board: Board) -> None:
    work = work_of(session, ref, board)
    if session.stats().inferences:
        work.begin()
    work.check()


def skip_without_slots(slot: int) -> None:
    """Ends a test of firmware updates on a board that has one place for firmware alone."""
    if slot == NO_SLOT:
        pytest.skip("the board has no second slot for another firmware")


def image_of(ref: ModelRef, under_test: UnderTest, folder: Path) -> bytes:
    project = write_project(ref, under_test.board, "aot", folder)
    return make_image(under_test.board, build(project.folder, under_test.board).path.read_bytes())


def test_the_model_is_flashed_again(under_test: UnderTest, other: ModelRef) -> None:
    for ref in (under_test.ref, other):
        flash(ref, under_test.board, "aot")
        with open_board(under_test.board) as session:
            assert bytes(session.board.model_hash) == ref.model_hash
            computes(session, ref, under_test.board)


def test_a_firmware_with_another_model_over_the_wire(
    under_test: UnderTest, other: ModelRef, tmp_path: Path, measured: Measured
) -> None:
    flash(under_test.ref, under_test.board, "aot")
    image = image_of(other, under_test, tmp_path / "other")
    with open_board(under_test.board) as session:
        slot = session.board.slot
        skip_without_slots(slot)
        send_update(session, UpdateTarget.FIRMWARE, image)
        computes(session, under_test.ref, under_test.board)
        hello = session.restart()
        assert bytes(hello.model_hash) == other.model_hash
        assert hello.slot == 1 - slot
        computes(session, other, under_test.board)
        assert session.ask(UpdateRequest(), Update).state == UpdateState.IDLE  # confirmed
    measured(updates=1)


@pytest.mark.usefixtures("asked")
def test_new_constants_over_the_wire_and_the_old_ones_again(
    session: Session, under_test: UnderTest, tmp_path: Path, measured: Measured
) -> None:
    """On the board under test itself, real or not: a model of the same plan, as `--model-only` sends it."""
    twin = twin_of(under_test.ref, tmp_path / "twin")
    sent = 0
    try:
        sent += send_model(session, twin, under_test.board)
        computes(session, twin, under_test.board)
    except BoardError as error:
        if f"(detail {UpdateFault.UNSUPPORTED:d})" not in str(error):
            raise
        pytest.skip(f"the board has no model partition: {error.cause}")
    sent += send_model(session, under_test.ref, under_test.board)
    computes(session, under_test.ref, under_test.board)
    measured(model_swaps=2, model_bytes_sent=sent)


@pytest.mark.usefixtures("asked")
def test_a_firmware_file_over_the_wire(session: Session, under_test: UnderTest, measured: Measured) -> None:
    """On a board at --port: the image given with --firmware, into the slot that does not run."""
    if under_test.simulated:
        pytest.skip("simulated boards build their own image")
    if under_test.firmware is None:
        pytest.skip("no --firmware FILE (firmware.bin of a build with the same model)")
    slot = session.board.slot
    send_update(session, UpdateTarget.FIRMWARE, under_test.firmware.read_bytes())
    hello = session.restart()
    assert (hello.slot, bytes(hello.model_hash)) == (1 - slot, under_test.ref.model_hash)
    computes(session, under_test.ref, under_test.board)
    assert session.ask(UpdateRequest(), Update).state == UpdateState.IDLE  # confirmed
    measured(updates=1)
