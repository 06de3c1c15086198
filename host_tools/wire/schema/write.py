"""Writes the two sides of the wire from firmware/protocol.toml: messages.h and messages.py.

`python -m host_tools.wire.schema.write` rewrites both files; `--check` only compares (exit status 1 when
stale).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from firmware import ROOT
from host_tools.wire.schema import c as schema_c
from host_tools.wire.schema import python as schema_python
from host_tools.wire.schema.read import Schema, load

C_FILE = ROOT / "include" / "tinyface" / "messages.h"
PYTHON_FILE = Path(__file__).resolve().parent.parent / "messages.py"


def render(schema: Schema) -> dict[Path, str]:
    """The generated files: path -> text."""
    return {C_FILE: schema_c.render(schema), PYTHON_FILE: schema_python.render(schema)}


def main(argv: list[str] | None = None) -> int:
    """Write both files, or compare them with `--check`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; exit status 1 when stale")
    check = parser.parse_args(argv).check
    stale = False
    for path, text in render(load()).items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale = True
        print(f"{'stale' if check else 'written'}: {path}")
        if not check:
            temporary = path.with_suffix(path.suffix + ".new")
            temporary.write_text(text, encoding="utf-8", newline="\n")
            temporary.replace(path)
    return int(check and stale)


if __name__ == "__main__":
    raise SystemExit(main())
