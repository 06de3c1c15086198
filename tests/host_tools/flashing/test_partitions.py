"""Partition tables: the rules of the boot loader, one bad table a rule, and the form that the chip reads."""

from __future__ import annotations

import pytest

from codegen.errors import BoardError
from host_tools.boards import list_boards, project_files
from host_tools.flashing import partitions
from host_tools.flashing.partitions import Partition
from host_tools.simulator.flash import partition_table

FLASH = 4 << 20
GOOD = """\
# a comment
nvs,     data, nvs,   0x9000,   0x5000
otadata, data, ota,   0xe000,   8K
app0,    app,  ota_0, 0x10000,  0x180000
app1,    app,  ota_1, 0x190000, 0x180000,
model,   data, 0x40,  0x310000, 960K   # to the end
"""


def built_by_platformio() -> list[str]:
    return [board.name for board in list_boards() if board.flash.method == "platformio"]


@pytest.mark.parametrize("name", built_by_platformio())
def test_the_table_of_every_board_keeps_the_rules(name: str) -> None:
    from host_tools.boards import load_board

    board = load_board(name)
    table = partitions.parse(project_files(board)["partitions.csv"], name, board.flash.flash_bytes)
    by_name = {p.name: p for p in table}
    assert {"nvs", "otadata", "app0", "app1", "model"} == set(by_name)
    assert by_name["app0"].size == by_name["app1"].size == board.memory.flash_app
    assert by_name["app0"].offset == 0x10000
    assert by_name["model"].size >= 512 * 1024


def test_the_good_table_is_read() -> None:
    table = partitions.parse(GOOD, "test", FLASH)
    assert table[0] == Partition("nvs", "data", 2, 0x9000, 0x5000)
    assert table[-1] == Partition("model", "data", 0x40, 0x310000, 0xF0000)
    assert partitions.first_app(table).name == "app0"
    assert partitions.from_binary(partitions.to_binary(table)) == table


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("0x10000, ", "0x11000, ", "no multiple of 0x10000"),
        ("0x9000,   0x5000", "0x9100,   0x4000", "no multiple of 0x1000"),
        ("0x9000,   0x5000", "0x9000,   0x4800", "no multiple of 0x1000"),
        ("0x9000,   0x5000", "0x8000,   0x5000", "over the boot loader"),
        ("0x9000,   0x5000", "0x9000,   0x2000", "settings take"),
        ("0x9000,   0x5000", "0x9000,   0x6000", "nvs ends at 0xf000 and otadata starts at 0xe000"),
        ("8K", "4K", "choice of slots"),
        ("960K", "961K", "no multiple"),
        ("960K", "1M", "behind the flash"),
        ("app1,    app,  ota_1, 0x190000, 0x180000,", "", "belong together"),
        ("otadata, data, ota,   0xe000,   8K", "", "belong together"),
        ("0x190000, 0x180000", "0x190000, 0x170000", "differ in size"),
        ("model, ", "nvs, ", "two partitions are called 'nvs'"),
        ("model, ", "a_model_of_17_byt, ", "not 1 to 16 bytes"),
        ("data, 0x40", "data, 0x30", "0x30 is no subtype"),
        ("data, 0x40", "data, constants", "'constants' is no subtype"),
        ("data, 0x40", "file, 0x40", "'file' is no type"),
        ("0x310000, 960K", "0x310000", "4 cells"),
        ("960K", "many", "'many' is no offset or size"),
    ],
)
def test_a_table_that_breaks_a_rule_is_refused(old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(BoardError) as caught:
        partitions.parse(GOOD.replace(old, new), "test", FLASH)
    assert said in caught.value.cause


def test_a_table_without_an_application_is_refused() -> None:
    with pytest.raises(BoardError, match="no partition for the application"):
        partitions.parse("nvs, data, nvs, 0x9000, 0x5000", "test", FLASH)


def test_the_simulated_boot_loader_reads_the_same_form() -> None:
    table = partition_table()
    assert partitions.from_binary(table)[0].name == "nvs"
    assert partitions.to_binary(partitions.from_binary(table))[: len(table)] == table


def test_a_damaged_table_is_seen() -> None:
    good = partitions.to_binary(partitions.parse(GOOD, "test", FLASH))
    with pytest.raises(BoardError, match="MD5"):
        partitions.from_binary(good[:5] + b"\x01" + good[6:])
    with pytest.raises(BoardError, match="no partition table"):
        partitions.from_binary(b"\xff" * len(good))
