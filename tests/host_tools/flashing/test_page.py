"""docs/first-esp32cam.md says what the tools say and what the board's files say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from host_tools.boards import project_files
from host_tools.cli import app
from host_tools.doctor.diagnose import diagnose
from host_tools.flashing import download_mode, partitions
from tests.host_tools.flashing.esp_board import esp32cam


@pytest.fixture
def page(repository: Path) -> str:
    return (repository / "docs" / "first-esp32cam.md").read_text(encoding="utf-8")


def test_the_page_shows_the_partition_table(page: str) -> None:
    table = partitions.parse(project_files(esp32cam())["partitions.csv"], "partitions.csv", 4 << 20)
    for partition in table:
        (row,) = [line for line in page.splitlines() if line.startswith(f"| {partition.offset:#x} |")]
        assert f"`{partition.name}`" in row
        size = partition.size / 1024
        assert f"| {size / 1024:g} MB |" in row or f"| {size:g} KB |" in row


def test_the_page_shows_what_flash_asks_for(page: str) -> None:
    assert download_mode.BRIDGE.format(pin=0, where=download_mode.WHERE["esp32cam"]) in page
    assert download_mode.RELEASE.format(pin=0) in page


def test_the_page_says_what_never_ran_on_silicon(page: str) -> None:
    assert "no line of the firmware has run on a physical ESP32-CAM yet" in " ".join(page.split())


def test_the_commands_on_the_page_exist(page: str) -> None:
    for line in re.findall(r"^    (?:\$ )?tinyface (.*)$", page, re.MULTILINE):
        words = line.partition("#")[0].split()
        said = CliRunner().invoke(app, [words[0], "--help"]).output
        assert "Usage" in said, line
        for option in (word for word in words if word.startswith("--")):
            assert option in said, line


@pytest.mark.parametrize(
    "text",
    ["waiting for download", "Brownout detector was triggered", "Task watchdog got triggered"],
)
def test_the_messages_on_the_page_are_those_of_doctor(page: str, text: str) -> None:
    assert text in page
    assert diagnose(text)
