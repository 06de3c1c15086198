"""Tables from editors and spreadsheets: byte order marks, semicolons, decimal commas, line ends."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from codegen.errors import DataError
from codegen.tables import read_table

COLUMNS = ("file", "x")


def rows(content: bytes, folder: Path) -> list[tuple[str, float]]:
    (folder / "t.csv").write_bytes(content)
    found = read_table(folder / "t.csv", COLUMNS, DataError, "Write one.")
    return [(row.cells["file"], row.number("x")) for row in found]


@pytest.mark.parametrize(
    "content",
    [
        b"file,x\na.png,10.5\n",
        b"\xef\xbb\xbffile,x\r\na.png,10.5\r\n",
        b"\xef\xbb\xbffile;x\r\na.png;10,5\r\n",
        b"file;x\r\na.png;10.5\r\n;\r\n",
        b"sep=;\r\nfile;x\r\na.png;10,5\r\n",
        b"file\tx\na.png\t10,5",
        b"x,file\n10.5,a.png\n\n\n",
        b" File , X \n a.png , 10.5 \n",
        b'"file","x"\n"a.png","10.5"\n',
        b"file,x,note\na.png,10.5,hello,more\n",
        b"file,x\ra.png,10.5\r",
        codecs.BOM_UTF16_LE + "file\tx\r\na.png\t10,5\r\n".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "file\tx\r\na.png\t10,5\r\n".encode("utf-16-be"),
    ],
)
def test_one_table_in_many_spellings(content: bytes, tmp_path: Path) -> None:
    assert rows(content, tmp_path) == [("a.png", 10.5)]


@pytest.mark.parametrize(
    "number", ["", "x", "nan", "inf", "-Infinity", "1e999", "1_0", "1;5", "10,5,3", "\u0663", "\uff11"]
)
def test_numbers_that_are_none(number: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no number"):
        rows(f"file;x\na.png;{number}\n".encode(), tmp_path) if ";" not in number else rows(
            f"file,x\na.png,{number}\n".encode(), tmp_path
        )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b\n",
        b"file\na.png\n",
        b"file,x\n\xe4.png,1\n",
        b"file,x\n" + b'"' + b"a" * 200_000,
        b"file,x\na.png,1,5\n",
    ],
)
def test_tables_that_are_none(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        rows(content, tmp_path)
    assert "t.csv" in caught.value.where
    assert caught.value.remedy


def test_a_row_knows_its_line(tmp_path: Path) -> None:
    for start, line in ((b"", 4), (b"sep=,\n", 5), (b"\n\r\n", 6)):
        (tmp_path / "t.csv").write_bytes(start + b"file,x\na,1\n\nb,2\n")
        found = read_table(tmp_path / "t.csv", COLUMNS, DataError, "")
        assert found[1].where == f"{tmp_path / 't.csv'}, line {line}"


@pytest.mark.parametrize(
    ("text", "value"), [("7", 7), ("7.0", 7), ("7.5", None), ("99999999999", None), ("-9", None)]
)
def test_whole_numbers_within_a_range(text: str, value: int | None, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"file,x\na,{text}\n")
    (row,) = read_table(tmp_path / "t.csv", COLUMNS, DataError, "")
    if value is None:
        with pytest.raises(ValueError, match="no whole number"):
            row.integer("x", 0, 2**31 - 1)
    else:
        assert row.integer("x", 0, 2**31 - 1) == value


def test_decimal_commas_between_commas_are_no_further_columns(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="line 2 has 4 fields where 2 columns are named"):
        rows(b"file,x\na.png,1,5,2\n", tmp_path)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"file,x,X\na,1,2\n", 1),
        (b"\nsep=;\nfile; x;note;x\na;1;;2\n", 3),
        (b'file,x,"a\nb",x\na,1,b,2\n', 2),
    ],
)
def test_a_column_named_twice_is_refused_with_its_line(content: bytes, line: int, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="two columns are called 'x'") as caught:
        rows(content, tmp_path)
    assert caught.value.where == f"{tmp_path / 't.csv'}, line {line}"
    assert rows(b"file,x,,\na.png,1,,\n", tmp_path) == [("a.png", 1)]
