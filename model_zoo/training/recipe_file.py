"""Recipes as TOML: a table changes the recipe of a network, key by key, from a file or from `key=value`.

    batch = 32
    [task]
    wing_width = 0.2
    [phases.float]
    epochs = 100

Phases are changed by their names; a list, `[[phases]]`, takes the place of all of them. A table of a new name
that states a kind is a phase more, before those with int8 weights:

    [phases.smaller]
    kind = "prune"
    share = 0.25
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from codegen import toml
from codegen.errors import DataError
from codegen.plain_text import shortened
from codegen.text_file import read_text
from model_zoo.training.recipe import Phase, Recipe

MOST = 2**63
"""Of a whole number."""


def read_table(path: Path) -> dict[str, Any]:
    """The table in a file.

    Raises:
        DataError: it can't be read or is no TOML; says where.
    """
    try:
        return toml.loads(read_text(path, "the recipe", "Name a TOML file."))
    except ValueError as error:
        raise DataError(f"the recipe is no TOML ({error})", str(path), "Correct that line.") from error


def table_of(words: Sequence[str]) -> dict[str, Any]:
    """`phases.float.rate=1e-3` and others as one table; values are TOML, and bare words are text.

    Raises:
        DataError: a word has no key, or is given twice.
    """
    table: dict[str, Any] = {}
    for word in words:
        key, equals, text = word.partition("=")
        steps = [step.strip() for step in key.split(".")]
        if not equals or not all(steps):
            raise DataError(f"{word!r} is no key=value", "--set", "Write for example --set batch=32.")
        try:
            value = toml.loads(f"value = {text}")["value"]
        except ValueError:
            value = text.strip()
        inner = table
        for step in steps[:-1]:
            inner = inner.setdefault(step, {})
            if not isinstance(inner, dict):
                raise DataError(f"{key} lies inside a value", "--set", "Set one of the two.")
        if steps[-1] in inner:
            raise DataError(f"{key} is set twice", "--set", "Set it once.")
        inner[steps[-1]] = value
    return table


def changed(recipe: Recipe, table: Mapping[str, Any], where: str) -> Recipe:
    """A recipe with what a table changes.

    Args:
        where: the file or option, for errors.
    Raises:
        DataError: an unknown key, whose remedy lists those there are; or a value of another type.
    """
    made: Recipe = _changed(recipe, table, where, "")
    return made


def _changed(facts: Any, table: Mapping[str, Any], where: str, path: str) -> Any:
    known = [entry.name for entry in fields(facts)]
    new = {}
    for key, value in table.items():
        name = f"{path}{key}"
        if key not in known:
            raise DataError(
                f"a recipe has no {name}", where, f"There are: {', '.join(path + k for k in known)}."
            )
        old = getattr(facts, key)
        if key == "phases" and isinstance(facts, Recipe):
            new[key] = _phases(old, value, where)
        elif is_dataclass(old):
            if not isinstance(value, dict):
                raise DataError(f"{name} is a table", where, f"Set one of its keys, {name}.KEY.")
            new[key] = _changed(old, value, where, f"{name}.")
        else:
            new[key] = _like(old, value, name, where)
    return replace(facts, **new)


def _phases(old: tuple[Phase, ...], value: Any, where: str) -> tuple[Phase, ...]:
    if isinstance(value, list):
        return tuple(_new_phase(entry, where) for entry in value)
    if not isinstance(value, dict):
        raise DataError("phases is neither a table nor a list", where, "Write [phases.NAME] or [[phases]].")
    names = [phase.name for phase in old]
    for name, entry in value.items():
        if name not in names and not (isinstance(entry, dict) and "kind" in entry):
            raise DataError(
                f"the recipe has no phase {name}",
                where,
                f"There are: {', '.join(names)}; one more needs phases.{name}.kind.",
            )
        if not isinstance(entry, dict):
            raise DataError(f"phases.{name} is a table", where, f"Set one of its keys, phases.{name}.rate.")
    floats = [phase for phase in old if phase.kind != "qat"]
    added = [_further(name, floats) for name in value if name not in names]
    after = [phase for phase in old if phase.kind == "qat"]
    phases = (*floats, *added, *after) if added else old
    return tuple(_changed(p, value.get(p.name, {}), where, f"phases.{p.name}.") for p in phases)


def _further(name: str, before: Sequence[Phase]) -> Phase:
    """A phase more behind others: a quarter of the last one's epochs and of its rate, and no teacher."""
    last = before[-1] if before else Phase(name, "float", 4, 0, 4e-3, 0.0, 0.0)
    epochs = max(1, last.epochs // 4)
    return replace(
        Phase(name, "float", epochs, min(last.warm_up, epochs // 4), last.rate / 4, 0.0, 0.0),
        weight_decay=last.weight_decay,
        weight_average=last.weight_average,
    )


def _new_phase(entry: Any, where: str) -> Phase:
    if not isinstance(entry, dict):
        raise DataError("a phase is no table", where, "Write its keys under [[phases]].")
    missing = [f.name for f in fields(Phase) if f.default is MISSING and f.name not in entry]
    if missing:
        raise DataError(f"a phase lacks {missing[0]}", where, "State it under [[phases]].")
    empty = Phase(str(entry["name"]), "float", 0, 0, 0.0, 0.0, 0.0)
    made: Phase = _changed(empty, entry, where, "phases.")
    return made


def _like(old: Any, value: Any, name: str, where: str) -> Any:
    """A value of the type that stands there."""
    if isinstance(old, float) and type(value) is int:
        value = float(value) if abs(value) <= MOST else math.inf
    if isinstance(old, tuple) and isinstance(value, list):
        value = tuple(_like(old[0], entry, name, where) for entry in value) if old else tuple(value)
    sound = type(value) is type(old) and not (isinstance(value, float) and not math.isfinite(value))
    if not sound or (isinstance(value, (int, float)) and value < 0 <= old):
        raise DataError(f"{name} can't be {shortened(repr(value))}", where, f"Give it a value like {old!r}.")
    return value


def differences(recipe: Recipe, other: Recipe) -> list[str]:
    """`key=value` words that make `recipe` of `other`, as `table_of` reads them."""
    return _differences(recipe, other, "")


def _differences(facts: Any, other: Any, path: str) -> list[str]:
    words: list[str] = []
    for entry in fields(facts):
        new, old = getattr(facts, entry.name), getattr(other, entry.name)
        name = f"{path}{entry.name}"
        if new == old:
            continue
        if name == "phases":
            if [phase.name for phase in new] == [phase.name for phase in old]:
                for a, b in zip(new, old, strict=True):
                    words += _differences(a, b, f"phases.{a.name}.")
            else:
                words.append(f"phases={_text([phase.to_json() for phase in new])}")
        elif is_dataclass(new):
            words += _differences(new, old, f"{name}.")
        else:
            words.append(f"{name}={_text(new)}")
    return words


def _text(value: Any) -> str:
    """A value as TOML in one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_text(v)}" for key, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_text(v) for v in value) + "]"
    return f'"{value}"' if isinstance(value, str) else repr(value)
