"""`tinyface flash --runtime tflm` as one command: PlatformIO, the real library, the ROM, HELLO."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from host_tools.wire.messages import Runtime
from host_tools.wire.session import Session
from tests.fakes.esp_rom import CHIPS, FakeChip, PtyPort
from tests.firmware.esp_tflm import EspTflm, build_library
from tests.host_tools.flashing.conftest import Built, FlashByHand
from tests.host_tools.flashing.esp_board import boot
from tests.host_tools.toy_folder import write_toy

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> EspTflm:
    return build_library(tmp_path_factory.mktemp("esp-tflm"))


def test_an_interpreter_is_flashed_like_generated_code(
    real: EspTflm, built: Built, flash_by_hand: FlashByHand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = write_toy("mini_mobilenet", tmp_path / "model")
    monkeypatch.setenv("STANDIN_TFLM", json.dumps([real.cpp, str(real.root), str(real.library)]))
    chip = FakeChip(CHIPS["esp32"], boot=boot)
    with PtyPort(chip) as port:
        status, said = flash_by_hand(chip, port.name, "--model", model, "--runtime", "tflm")
        assert status == 0, said
        with Session(port.name, board_name="esp32cam") as session:
            hello = session.board
            outputs = session.infer_tensor(bytes(hello.input_bytes)).result.outputs
    assert (hello.board, hello.runtime) == ("esp32cam", Runtime.TFLM)
    assert len(outputs) == hello.output_bytes
    assert hello.model_hash.hex() in said
