"""TINYFACE_TOKEN as people use it: a simulated board on a network, changed by those who have its token."""

from __future__ import annotations

import hashlib
import hmac
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codegen.errors import BoardError
from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.flashing import simulated
from host_tools.models import resolve
from host_tools.simulator import RunningBoard, run_board
from host_tools.simulator.flash import reseal
from host_tools.simulator.link import Reach, open_link
from host_tools.simulator.state import flash_file
from host_tools.wire.board_settings import change
from host_tools.wire.faults import TokenError
from host_tools.wire.framing import Frame
from host_tools.wire.messages import (
    Challenge,
    ChallengeRequest,
    Error,
    ErrorCode,
    Guard,
    Stats,
    StatsRequest,
    TokenFault,
    UpdateTarget,
)
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing
from host_tools.wire.token import VARIABLE, seal_of, token_of_person
from host_tools.wire.update import send_update
from tests.host_tools.fake_board import FakeBoard
from tests.host_tools.toy_folder import write_landmark_toy

TOKEN = "0123456789abcdef"
SIM = load_board("sim")
SLOW = Timing(boot_s=20.0, reply_s=20.0)


@pytest.fixture(scope="module")
def chip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("chip")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYFACE_STATE", str(place))
        simulated.flash(resolve(str(write_landmark_toy(place / "toy"))), SIM, "aot")
        return flash_file(SIM)


@pytest.fixture
def on_network(chip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningBoard]:
    """A board that others reach; the environment has its token."""
    monkeypatch.setenv(VARIABLE, TOKEN)
    shutil.copy(chip, tmp_path / "flash.bin")
    with run_board(SIM, tmp_path / "flash.bin", tcp="0.0.0.0:0") as running:
        with Session(running.port, timing=SLOW):
            pass  # it has booted, with the token it was started with
        yield running


def test_a_seal_is_what_the_schema_says() -> None:
    told = hmac.new(TOKEN.encode(), b"n" * 16 + b"\x08\x02\x01" + b"payload", hashlib.sha256).digest()
    assert seal_of(TOKEN.encode(), b"n" * 16, 0x08, 0x0102, b"payload") == told


@pytest.mark.parametrize("text", ["x" * 16, "x" * 128, "correct horse battery staple"])
def test_tokens(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, text)
    assert token_of_person() == text.encode()


@pytest.mark.parametrize("text", ["x" * 15, "x" * 129, "x" * 16 + "\n", "ä" * 16])
def test_what_is_no_token(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(BoardError, match="16 to 128 visible ASCII") as caught:
        token_of_person()
    assert "secrets.token_hex" in caught.value.remedy
    assert text not in str(caught.value)


def test_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("", None):
        monkeypatch.delenv(VARIABLE, raising=False)
        if text is not None:
            monkeypatch.setenv(VARIABLE, text)
        assert token_of_person() is None


def test_settings_update_and_restart_with_the_token(on_network: RunningBoard) -> None:
    with Session(on_network.port, timing=SLOW) as session:
        assert change(session, {"period_ms": 250}, keep=True).period_ms == 250
        before = session.ask(StatsRequest(), Stats).uptime_ms
        session.restart()
        assert session.ask(StatsRequest(), Stats).uptime_ms < before + 20_000
        assert change(session, {"mirror": 1}, keep=False).period_ms == 250
        with pytest.raises(BoardError, match=r"field of the image|belong to another plan"):
            send_update(session, UpdateTarget.MODEL, bytes(9000))
        assert session.counters.repeats == 0


def test_the_model_with_the_token(on_network: RunningBoard, chip: Path, tmp_path: Path) -> None:
    model = write_landmark_toy(tmp_path / "toy")
    result = CliRunner().invoke(app, ["flash", str(model), "--model-only", "--port", on_network.port])
    assert result.exit_code == 0, result.stderr
    with Session(on_network.port, timing=SLOW) as session:
        assert session.board.model_source == 1


@pytest.mark.parametrize(
    ("token", "cause", "remedy"),
    [
        ("", "needs the board's token", f"Set {VARIABLE} to the board's token"),
        ("another token altogether", "not made with the board's token", "this is another one"),
        ("short", "16 to 128 visible ASCII", "Make one with"),
    ],
)
@pytest.mark.parametrize("verb", [("settings", "--period", "100"), ("flash", "--model-only")])
def test_without_the_token_verbs_say_so(
    token: str, cause: str, remedy: str, verb: tuple[str, ...], on_network: RunningBoard, chip: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv(VARIABLE, token)
    toy = [str(next(chip.parents[1].rglob("*.tflite")))] if verb[0] == "flash" else []
    result = CliRunner().invoke(app, [*verb, *toy, "--port", on_network.port])
    said = " ".join(result.stderr.split())
    assert result.exit_code == 2, said
    assert cause in said
    assert remedy in said
    assert "Traceback" not in said
    shown = CliRunner().invoke(app, ["settings", "--json", "--port", on_network.port])
    assert '"period_ms": 0' in shown.stdout


def test_a_nonce_that_another_program_has_replaced(on_network: RunningBoard) -> None:
    with Session(on_network.port, timing=SLOW) as session:
        change(session, {"period_ms": 1}, keep=False)
        session.ask(ChallengeRequest(), Challenge)
        assert change(session, {"period_ms": 2}, keep=False).period_ms == 2
        assert session.counters.repeats == 1


def test_sequence_numbers_that_begin_anew(on_network: RunningBoard) -> None:
    with Session(on_network.port, timing=SLOW) as session:
        session._sequence = 0xFFFF - 3
        for period in range(1, 8):
            assert change(session, {"period_ms": period}, keep=False).period_ms == period
        assert session.counters.repeats == 1


def test_a_board_that_refuses_every_seal(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for one other nonce, not for ever."""

    def stubborn(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == ChallengeRequest.CODE:
            board.send(Challenge(Guard.SEALED, bytes(16)), frame.sequence)
        elif frame.flags:
            board.send(Error(ErrorCode.TOKEN, TokenFault.SPENT, "no"), frame.sequence)
        else:
            return False
        return True

    monkeypatch.setenv(VARIABLE, TOKEN)
    with FakeBoard(stubborn) as board, Session(board.port, timing=SLOW) as session:
        with pytest.raises(TokenError):
            session.restart()
        assert board.count(ChallengeRequest) == 2


def test_a_board_at_home_needs_no_token(chip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(chip, tmp_path / "flash.bin")
    with run_board(SIM, tmp_path / "flash.bin", tcp="127.0.0.1:0") as running:
        for token in ("", TOKEN):
            monkeypatch.setenv(VARIABLE, token)
            with Session(running.port, timing=SLOW) as session:
                assert change(session, {"period_ms": 5}, keep=False).period_ms == 5


def test_the_simulator_listens_to_others_with_a_token_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "")
    with pytest.raises(BoardError, match="everybody in the network") as caught:
        open_link("0.0.0.0:0")
    assert VARIABLE in caught.value.remedy
    monkeypatch.setenv(VARIABLE, "short")
    with pytest.raises(BoardError, match="visible ASCII"):
        open_link("0.0.0.0:0")
    monkeypatch.setenv(VARIABLE, TOKEN)
    link = open_link("0.0.0.0:0")
    assert link.reach == Reach.NETWORK
    link.close()
    link = open_link("127.0.0.1:0")
    assert link.reach == Reach.LOOPBACK
    link.close()


def test_firmware_that_guards_nothing_is_not_put_on_a_network(
    chip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that of an earlier version, or of an emulated board: it does not ask whom its link leads to."""
    monkeypatch.setenv(VARIABLE, TOKEN)
    old = tmp_path / "flash.bin"
    old.write_bytes(chip.read_bytes().replace(b"TINYFACE_LINK", b"TINYFACE_KNIL"))
    reseal(old)
    with pytest.raises(BoardError, match="does not guard itself"):
        run_board(SIM, old, tcp="0.0.0.0:0")
    run_board(SIM, old, tcp="127.0.0.1:0").close()
