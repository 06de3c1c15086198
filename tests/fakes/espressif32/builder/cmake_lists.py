"""Reads the few commands that the project's CMakeLists.txt use: what would ESP-IDF compile, and how?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Component:
    """What the component's CMakeLists.txt says. definitions: NAME=VALUE as the compiler gets them."""

    sources: tuple[Path, ...]
    includes: tuple[Path, ...]
    options: tuple[str, ...]
    definitions: tuple[str, ...]
    requires: tuple[str, ...]


def read_component(file: Path) -> Component:
    """The component of a CMakeLists.txt that uses set, file(GLOB), idf_component_register and target_*.

    No option of ESP-IDF is set here: what stands between `if(CONFIG_...)` and its `endif()`, both at the
    start of a line, is left out.

    Raises:
        ValueError: a command or variable that this reader does not know.
    """
    values = {"CMAKE_CURRENT_LIST_DIR": [str(file.parent)], "COMPONENT_LIB": ["lib"]}
    registered: dict[str, list[str]] = {}
    options: list[str] = []
    definitions: list[str] = []
    text = re.sub(r"#.*", "", file.read_text(encoding="utf-8"))
    text = re.sub(r"^if\(CONFIG_.*?^endif\(\)$", "", text, flags=re.MULTILINE | re.DOTALL)
    for command, body in re.findall(r"(\w+)\s*\(((?:[^()\"]|\"(?:\\.|[^\"\\])*\")*)\)", text):
        words = _words(body, values)
        if command == "set":
            values[words[0]] = words[1:]
        elif command == "file":
            kind, name, *patterns = words
            if kind != "GLOB":
                raise ValueError(f"file({kind}) is not known")
            values[name] = sorted(str(p) for pattern in patterns for p in _glob(Path(pattern)))
        elif command == "idf_component_register":
            key = ""
            for word in words:
                if word in ("SRCS", "INCLUDE_DIRS", "REQUIRES", "PRIV_REQUIRES"):
                    key = word
                else:
                    registered.setdefault(key, []).append(word)
        elif command == "target_compile_options":
            options += words[2:]
        elif command == "target_compile_definitions":
            definitions += words[2:]
        else:
            raise ValueError(f"{command}() is not known")
    return Component(
        tuple(Path(p).resolve() for p in registered["SRCS"]),
        tuple(Path(p).resolve() for p in registered["INCLUDE_DIRS"]),
        tuple(options),
        tuple(definitions),
        tuple(registered["REQUIRES"]),
    )


def _glob(pattern: Path) -> list[Path]:
    """Whatever fits, with stars in folders' names, too."""
    return list(Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor))))


def _words(body: str, values: dict[str, list[str]]) -> list[str]:
    words: list[str] = []
    for quoted, bare in re.findall(r"\"((?:\\.|[^\"\\])*)\"|([^\s\"]+)", body):
        if not bare:
            words.append(re.sub(r"\\(.)", r"\1", quoted))
            continue
        whole = re.fullmatch(r"\$\{(\w+)\}", bare)
        if whole:
            words += _value(whole[1], values)
        else:
            words.append(re.sub(r"\$\{(\w+)\}", lambda m: " ".join(_value(m[1], values)), bare))
    return words


def _value(name: str, values: dict[str, list[str]]) -> list[str]:
    if name not in values:
        raise ValueError(f"${{{name}}} is not known")
    return values[name]
