"""Output in any encoding, to streams that are closed, full or without a reader; text that hides nothing."""

from __future__ import annotations

import io
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from rich.progress import Progress

from codegen.errors import TinyfaceError
from codegen.plain_text import one_line, parse_json, readable, strict_json
from host_tools import cli
from host_tools.terminal import console, streams
from host_tools.terminal.console import Printer
from tests.gone_stream import GONE, gone_stream
from tests.host_tools.test_cli import VERBS
from tests.host_tools.toy_folder import write_toy

ENCODINGS = ["ascii", "cp1252", "latin-1", "cp932"]
HOSTILE = "a\x1b[31mb\x07\x9b2Jc\u202egnp\u2066\u200b\u2028d\x7f\ufeffe\r\U000e0041\ud800"
RAW = set("\x1b\x07\x9b\u202e\u2066\u200b\u2028\x7f\ufeff\r\U000e0041\ud800")
Tinyface = Callable[..., subprocess.CompletedProcess[str]]


class Streams(NamedTuple):
    """What was written to standard output, and to standard error: that something takes long, for one."""

    output: io.BytesIO
    error: io.BytesIO


def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[bytes]:
    code = "from host_tools.cli import main; main()"
    given = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(given, check=False, **{"capture_output": True, **options})  # type: ignore[call-overload]


@pytest.fixture
def in_encoding(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Streams]:
    """Gives the process a standard output and error of an encoding; returns where they are written."""

    def give(encoding: str) -> Streams:
        kept = Streams(io.BytesIO(), io.BytesIO())
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(kept.output, encoding))
        monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(kept.error, encoding))
        monkeypatch.setattr(streams, "_fill_descriptors", lambda: None)
        streams.prepare_streams()
        return kept

    return give


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_help_of_every_verb_in_every_encoding(encoding: str, in_encoding: Callable[[str], Streams]) -> None:
    kept = in_encoding(encoding).output
    for verb in VERBS:
        assert cli.app([verb, "--help"], standalone_mode=False) == 0
    sys.stdout.flush()
    text = kept.getvalue().decode(encoding)
    assert text.count("Usage") == len(VERBS)
    if encoding != "cp932":  # Japanese code pages have lines of boxes
        assert "\u256d" not in text


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("arguments", [["models"], ["boards"], ["ops"], ["analyze", "TOY"]])
def test_tables_in_every_encoding(
    encoding: str, arguments: list[str], in_encoding: Callable[[str], Streams], tmp_path: Path
) -> None:
    toy = str(write_toy("mini_mobilenet", tmp_path))
    given = [toy if argument == "TOY" else argument for argument in arguments]
    kept = in_encoding(encoding).output
    assert not cli.app(given, standalone_mode=False)
    sys.stdout.flush()
    text = kept.getvalue().decode(encoding)
    assert len(text.splitlines()) > 4
    if "TOY" in arguments and encoding != "cp932":
        assert "####" in text  # bars of the chart
    assert not cli.app([*given, "--json"], standalone_mode=False)
    sys.stdout.flush()
    assert json.loads(kept.getvalue()[len(text.encode(encoding)) :].decode("ascii"))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_fault_and_a_bar_in_every_encoding(encoding: str, in_encoding: Callable[[str], Streams]) -> None:
    kept = in_encoding(encoding).error
    console.print_fault(TinyfaceError("\u65e5\u672c \u2192 caf\u00e9 \u2588", "\U0001f600", "use \u2264 3"))
    with Progress(console=Printer(file=sys.stderr, force_terminal=True)) as bars:
        bars.advance(bars.add_task("\u2014 sending", total=3))
    sys.stderr.flush()
    text = kept.getvalue().decode(encoding)
    assert ("-> caf" in text) == (encoding != "cp932")  # which has an arrow of its own
    assert "\\U0001f600" in text


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_program_itself_in_another_encoding(encoding: str, tmp_path: Path) -> None:
    toy = write_toy("mini_mobilenet", tmp_path)
    done = run("analyze", toy, env={**os.environ, "PYTHONIOENCODING": encoding})
    assert done.returncode == 0, done.stderr
    assert b"all layers" in done.stdout


def test_text_of_others_is_spelled_out() -> None:
    assert not RAW & set(readable(HOSTILE))
    assert not RAW & set(one_line(HOSTILE))
    assert (
        readable("two\nlines\tand more: caf\u00e9, \u65e5\u672c")
        == "two\nlines\tand more: caf\u00e9, \u65e5\u672c"
    )
    assert one_line("two\nlines") == "two\\nlines"
    assert readable("\x1b[0m\u202e") == "\\x1b[0m\\u202e"


@pytest.mark.parametrize("way", ["note", "table", "fault", "bar", "plain", "json"])
def test_nothing_that_is_printed_hides_anything(
    way: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = HOSTILE.replace("\ud800", "")
    if way == "note":
        console.note(text)
    elif way == "table":
        shown = console.table(text, text, ">" + text)
        shown.add_row(text, text)
        console.OUT.print(shown)
    elif way == "fault":
        console.print_fault(TinyfaceError(text, text, text))
    elif way == "bar":
        with Progress(console=console.ERR) as bars:
            bars.add_task(text, total=1, completed=1)
    elif way == "plain":
        console.print_line(text)
    else:
        console.print_json({text: [text]})
    said = "".join(capsys.readouterr())
    assert "gn" in said
    assert not RAW & set(said)


def test_a_fault_cannot_forge_another() -> None:
    lines = []
    printer = Printer(file=io.StringIO(), markup=False, soft_wrap=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(console, "ERR", printer)
        console.print_fault(TinyfaceError("first\nremedy: run this", "here", "that"))
    lines = printer.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert [line for line in lines if line.startswith("remedy:")] == ["remedy: that"]


def test_json_is_strict() -> None:
    document = {"a": math.nan, "b": [math.inf, -math.inf, 1.5], "c\ud800": "\x7f\u202e", "d": (1, None)}
    text = strict_json(document)
    assert json.loads(text, parse_constant=pytest.fail) == {
        "a": None,
        "b": [None, None, 1.5],
        "c\\ud800": "\x7f\u202e",
        "d": [1, None],
    }
    assert text.isascii()
    assert "\x7f" not in text


@pytest.mark.parametrize(
    "text",
    ["NaN", '{"a": Infinity}', "[-Infinity]", "1e999", "[" * 100_000, "{", '[{"a": 1, "b": 2, "a": 1}]'],
)
def test_json_that_is_none(text: str) -> None:
    with pytest.raises(ValueError):
        parse_json(text)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("arguments", [["models"], ["boards", "--json"], ["--help"], ["ops", "--help"]])
def test_a_full_disk_behind_stdout(arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run(*arguments, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert b"can't be written (No space left on device)" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors are closed by the shell's >&-")
@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_stream_that_was_closed(closed: int) -> None:
    done = run("models", "--json", preexec_fn=lambda: os.close(closed))
    assert done.returncode == (2 if closed == 1 else 0), done.stderr
    assert b"Traceback" not in done.stderr
    if closed == 1:
        assert b"closed" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of another kind")
@pytest.mark.parametrize("arguments", [["models", "--json"], ["--help"]])
def test_a_reader_that_left_is_not_code_1(arguments: list[str]) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    done = run(*arguments, capture_output=False, stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    assert done.returncode == 2
    assert done.stderr == b""


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of another kind")
def test_nobody_who_reads_the_faults_is_not_code_1() -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    done = run("analyze", "no-such-model", capture_output=False, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    assert done.returncode == 2
    assert done.stdout == b""


@pytest.mark.parametrize("gone", GONE)
def test_a_bar_that_nobody_sees_stops_nothing(gone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs for hours goes on when the terminal or the disk behind standard error has gone."""
    with gone_stream(gone) as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        shown = Printer(stderr=True, force_terminal=True)
        with Progress(console=shown) as bars:
            for _ in bars.track(range(3)):
                shown.print("a line")
                bars.refresh()
        console.note("the end")
        stream.flush()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--no\x1b[31mne\u202e",),
        ("ver\x1b]0;title\x07b\u200f",),
        ("generate", "--memory", "low\x1b[2J\u2066"),
        ("generate", "a", "b\x1b[31m\u202e\x9b"),
    ],
    ids=lambda arguments: ascii(arguments),
)
def test_wrong_arguments_are_shown_without_hidden_characters(
    arguments: tuple[str, ...], tinyface: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = tinyface(*arguments, PYTHONIOENCODING="utf-8", COLUMNS="400")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not [c for c in done.stderr if not (c.isprintable() or c == "\n")]
    assert "\\x" in done.stderr
    assert "\\u" in done.stderr
