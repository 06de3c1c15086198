"""One verb a file. Module level imports nothing heavy: `tinyface VERB --help` loads no numpy.

A file with a function `command` is a verb, named as the file; where `command` is a `typer.Typer`, the verb is
a group, and its own verbs are the functions under `@command.command()`. `PLACE` says where `tinyface --help`
lists it: in ascending order, in that of the names where two have the same, at the end without one. A function
`epilog` makes the end of its page of help when that is read: lines with an empty one between each. A file
without `command` is none: what several verbs share.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

import typer

Verb = Callable[..., None] | typer.Typer
LAST = 1000
"""The place of a verb that does not say it."""


def verbs() -> list[tuple[str, Verb]]:
    """Name and function, or group, of every verb, in the order of `tinyface --help`."""
    modules = [(file.name, import_module(f"{__name__}.{file.name}")) for file in iter_modules(__path__)]
    found = [(getattr(m, "PLACE", LAST), name, m.command) for name, m in modules if hasattr(m, "command")]
    return [(name.replace("_", "-"), command) for _, name, command in sorted(found, key=lambda f: f[:2])]


def epilog_of(name: str) -> str:
    """The end of a verb's page of help, "" where it has none."""
    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    return str(module.epilog()) if hasattr(module, "epilog") else ""
