"""Program files that somebody wrote wrong, or wants to hurt with: each ends in a cause, soon."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codegen.errors import DataError, ModelError, TinyfaceError
from codegen.program.decoders.classes import Classes
from codegen.program.facts import SHOWN
from codegen.program.known import Network
from codegen.program.labels import read_labels
from codegen.program.read import read_program
from codegen.program.spec import TENSOR, InputSpec, InputTensor, Layout
from codegen.program.stages import NetworkFacts, Program, Scale, Source, Stage
from tests.codegen.program.test_read import CASCADE, FOUND
from tests.toys.sample import sampled

ODD = (
    "-1", "0", "65536", "2147483648", "9" * 400, "-" + "9" * 400, "nan", "-inf", "1e308", "1e-320", "true",
    '""', "[]", "[[]]", "{}", "[[inf, 1]]", "[[nan, 1]]", "[[1e308, 1]]", '["a"]', "1979-05-27", '"\\u0000"',
    '"\\u001b[2J"', '"a\\nb"', f'"{"n" * 300}"', f'"{"n" * 5000}"', '"/dev/null"', '"/"', "[0, 0]", "[-1, 0]",
    f"[0, {'9' * 30}]", "[{size = 1, columns = 255, rows = 255}, {size = 1, columns = 255, rows = 2}]",
)  # fmt: skip
LINES = CASCADE.splitlines()
KEYS = [number for number, line in enumerate(LINES) if " = " in line]


def network(name: str) -> Network:
    return FOUND.get(name, FOUND["mark"])


def reads(text: str, place: Path) -> bool:
    """Whether a file is taken; where it is not, the error has all its parts and few lines."""
    file = place / "toy.toml"
    file.write_text(text, encoding="utf-8")
    try:
        read_program(file, network)
    except TinyfaceError as error:
        caught = error
    else:
        return True
    assert caught.cause
    assert caught.where
    assert caught.remedy
    assert len(caught.cause) < 400 + SHOWN
    return False


def test_the_good_one(tmp_path: Path) -> None:
    assert reads(CASCADE, tmp_path)
    assert reads("\ufeff" + CASCADE.replace("\n", "\r\n"), tmp_path)


@pytest.mark.parametrize("number", sampled(KEYS), ids=lambda n: f"{n}-{LINES[n].split(' = ')[0]}")
def test_each_value_may_be_any(number: int, tmp_path: Path) -> None:
    key = LINES[number].split(" = ")[0]
    taken = [
        odd
        for odd in ODD
        if reads("\n".join([*LINES[:number], f"{key} = {odd}", *LINES[number + 1 :]]), tmp_path)
    ]
    assert len(taken) < len(ODD) / 2


@pytest.mark.parametrize("text", ["x = " + "[" * 20_000 + "]" * 20_000, "", "name = " + "9" * 5000])
def test_files_that_are_no_program(text: str, tmp_path: Path) -> None:
    assert not reads(text, tmp_path)


def test_too_many_stages_are_counted_before_a_network_is_read(tmp_path: Path) -> None:
    stages = "".join(f'[[stage]]\nname = "s{n}"\nmodel = "mark"\n' for n in range(300))
    file = tmp_path / "many.toml"
    file.write_text(stages, encoding="utf-8")
    with pytest.raises(TinyfaceError, match="300 stages"):
        read_program(file, lambda name: pytest.fail(name))


@pytest.mark.parametrize("name", ["a\nb", "\x1b[2J", "\u202e", "n" * 65, ""])
def test_names_that_the_wire_cannot_carry(name: str, tmp_path: Path) -> None:
    quoted = "".join(f"\\U{ord(c):08x}" for c in name)
    assert not reads(CASCADE.replace('name = "mark"', f'name = "{quoted}"'), tmp_path)
    assert not reads(CASCADE.replace('name = "toy"', f'name = "{quoted}"'), tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, Path("/dev/zero")):
        with pytest.raises(DataError, match="can't be read"):
            read_labels(path)
        with pytest.raises(DataError, match="can't be read"):
            read_program(path, network)


def test_a_stage_without_a_network_works_on_others() -> None:
    stages = (Stage("a", None, TENSOR, Source.NONE, Classes(2), of=""),)
    with pytest.raises(ModelError, match="reads a network's outputs"):
        Program("p", stages).check(())


def test_records_that_no_memory_holds() -> None:
    picture, scores = InputTensor("int8", (1, 8, 8, 1), 1.0, 0), InputTensor("int8", (1, 16384), 1.0, 0)
    spec = InputSpec(Layout.GRAY, 8, 8, -128)
    stage = Stage("a", 0, spec, Source.WHOLE, Classes(8194), scales=(Scale(128, 4, 4),), most=65535)
    with pytest.raises(ModelError, match="take 4,2"):
        Program("p", (stage,)).check((NetworkFacts("n", (picture,), (scores,)),))


@pytest.mark.parametrize("odd", ODD)
def test_an_item_with_one_point_lies_level_by_none(odd: str, tmp_path: Path) -> None:
    assert not reads(CASCADE.replace("margin = 1.5", f"margin = 1.5\nupright = {odd}"), tmp_path)


def test_labels_name_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "three.txt").write_text("a\nb\nc\n", encoding="utf-8")
    classes = '[[stage]]\nname = "a"\nmodel = "mark"\nlabels = "three.txt"\ndecoder = {kind = "classes"}\n'
    assert not reads(classes, tmp_path)
    (tmp_path / "three.txt").write_text("\n".join("abcdefghij"), encoding="utf-8")
    assert reads(classes, tmp_path)
    assert not reads(classes.replace("classes", "raw"), tmp_path)
