"""The power fails in the middle of an update: the old firmware runs on, and the update can be sent again."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from codegen.errors import BoardError
from host_tools.attach import open_board
from host_tools.flashing.simulated import flash
from host_tools.models import ModelRef, resolve
from host_tools.simulator import Faults, run_board
from host_tools.simulator.state import flash_file
from host_tools.wire.messages import UpdateTarget
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing
from host_tools.wire.update import PIECE_BYTES, send_update
from tests.hil.conftest import Measured
from tests.hil.place import UnderTest
from tests.hil.test_reflash import computes, image_of, skip_without_slots
from tests.host_tools.toy_folder import write_toy

SECTOR_BYTES, WRITE_BYTES = 4096, 256
OTADATA_WRITES = SECTOR_BYTES // WRITE_BYTES + 1
"""Its sector is erased, then the entry that makes the new slot the one to start is written."""
SAMPLE = 6
SHARDS = 8


@dataclass(frozen=True)
class Update:
    """A flashed chip and an image of another model for its other slot."""

    chip: Path
    old: ModelRef
    new: ModelRef
    image: bytes

    @property
    def writes(self) -> int:
        """How often an update of this image writes to the chip: erasing, pieces, otadata."""
        pieces = [len(self.image[at : at + PIECE_BYTES]) for at in range(0, len(self.image), PIECE_BYTES)]
        erased = -(-len(self.image) // SECTOR_BYTES) * (SECTOR_BYTES // WRITE_BYTES)
        return erased + sum(-(-size // WRITE_BYTES) for size in pieces) + OTADATA_WRITES


@pytest.fixture
def update(under_test: UnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Update:
    if not under_test.simulated or under_test.board.kind != "sim":
        pytest.skip("only the simulated ESP32-CAM has a power supply that can be cut")
    monkeypatch.setenv("TINYFACE_STATE", str(tmp_path / "state"))
    new = resolve(str(write_toy("mini_mobilenet", tmp_path)))
    flash(under_test.ref, under_test.board, "aot")
    with open_board(under_test.board) as session:
        skip_without_slots(session.board.slot)
    image = image_of(new, under_test, tmp_path / "other")
    return Update(flash_file(under_test.board), under_test.ref, new, image)


def survive(update: Update, under_test: UnderTest, original: bytes, cut: int) -> None:
    """The power fails in write `cut`: the old model computes on, and the next try brings the new one."""
    update.chip.write_bytes(original)
    said: list[str] = []
    with (
        run_board(under_test.board, update.chip, faults=Faults(power_cut=cut)) as running,
        Session(running.port, timing=Timing(10, 10), on_log=said.append) as session,
    ):
        said.clear()
        with contextlib.suppress(BoardError):  # where only the erasing was cut, it simply begins again
            send_update(session, UpdateTarget.FIRMWARE, update.image)
        known = {ref.model_hash: ref for ref in (update.old, update.new)}
        now = known[bytes(session.hello().model_hash)]
        assert sum("POWERON_RESET" in line for line in said) == 1, cut
        # Only the very last write, the one that makes the new slot count, may have brought the new firmware.
        assert now is update.old or cut == update.writes, cut
        computes(session, now, under_test.board)
        send_update(session, UpdateTarget.FIRMWARE, update.image)  # and now without a cut
        assert bytes(session.restart().model_hash) == update.new.model_hash, cut
        computes(session, update.new, under_test.board)


def survive_all(update: Update, under_test: UnderTest, cuts: list[int], measured: Measured) -> None:
    original = update.chip.read_bytes()
    for cut in cuts:
        survive(update, under_test, original, cut)
    measured(updates=len(cuts), power_cuts=len(cuts))


@pytest.mark.slow
def test_the_power_fails_at_some_blocks(update: Update, under_test: UnderTest, measured: Measured) -> None:
    """The first and the last write, those around the switch to the new slot, and some between."""
    last = update.writes
    switch = last - OTADATA_WRITES
    between = range(last // SAMPLE, switch, last // SAMPLE)
    cuts = sorted({1, 2, *between, switch, switch + 1, last - 1, last})
    survive_all(update, under_test, cuts, measured)


def test_one_write_later_nothing_is_left_to_cut(update: Update, under_test: UnderTest) -> None:
    """So that "every block" is every block: the count of writes is right."""
    said: list[str] = []
    with (
        run_board(under_test.board, update.chip, faults=Faults(power_cut=update.writes + 1)) as running,
        Session(running.port, timing=Timing(10, 10), on_log=said.append) as session,
    ):
        said.clear()
        send_update(session, UpdateTarget.FIRMWARE, update.image)
        assert bytes(session.restart().model_hash) == update.new.model_hash
        assert not any("POWERON_RESET" in line for line in said)


@pytest.mark.thorough
@pytest.mark.timeout(900)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_power_fails_at_every_block(
    update: Update, under_test: UnderTest, measured: Measured, shard: int
) -> None:
    """Each single write of one whole update: erasing, every block, and the switch."""
    survive_all(update, under_test, list(range(1 + shard, update.writes + 1, SHARDS)), measured)
