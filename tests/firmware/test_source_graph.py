"""No circle among the files of firmware/src: which file uses functions and data of which other."""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter

import pytest

import firmware

SOURCES = firmware.ROOT / "src"
START = r"^(?!static\b|typedef\b|extern\b|struct\b|return\b|#|\s|\})[\w *]+?\b(tinyface_\w+)\s*"
FUNCTION = re.compile(START + r"\([^;{]*\)\s*\{", re.MULTILINE)
DATA = re.compile(START + r"(?:\[[^\]]*\]\s*)?(?:=|;)", re.MULTILINE)


def uses(sources: dict[str, str]) -> dict[str, set[str]]:
    """File -> the files whose functions or data it names.

    Args:
        sources: name of a C file -> its text.
    """
    plain = {name: re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL) for name, text in sources.items()}
    owner = {symbol: name for name, text in plain.items() for symbol in DATA.findall(text)}
    owner |= {symbol: name for name, text in plain.items() for symbol in FUNCTION.findall(text)}
    return {
        name: {owner[word] for word in re.findall(r"\btinyface_\w+", text) if word in owner} - {name}
        for name, text in plain.items()
    }


def test_no_source_needs_itself_by_way_of_others() -> None:
    graph = uses({path.name: path.read_text(encoding="utf-8") for path in SOURCES.glob("*.c")})
    assert graph["app.c"] >= {"console.c", "stream.c", "voice.c"}
    assert sum(len(targets) for targets in graph.values()) > 60
    list(TopologicalSorter(graph).static_order())


def test_a_circle_is_found() -> None:
    one = "int tinyface_one(int x)\n{\n    return tinyface_two(x);\n}\n"
    two = "/* tinyface_one */\nuint8_t tinyface_count;\nint tinyface_two(int x)\n{\n    return x;\n}\n"
    assert uses({"one.c": one, "two.c": two}) == {"one.c": {"two.c"}, "two.c": set()}
    graph = uses({"one.c": one, "two.c": two.replace("return x", "return tinyface_one(x)")})
    with pytest.raises(CycleError):
        list(TopologicalSorter(graph).static_order())
