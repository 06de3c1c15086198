"""Renders numbers, arrays, strings, comments and identifiers as C text; the templates hold no arithmetic."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from codegen.plain_text import one_line

LINE_LENGTH = 108

C_TYPES = {"int8": "int8_t", "uint8": "uint8_t", "bool": "uint8_t", "int16": "int16_t", "int32": "int32_t",
           "float32": "float", "int64": "int64_t"}  # fmt: skip
"""C type of each tensor dtype a kernel can read or write."""

CTYPE_RANGE = {
    "int8_t": (-(2**7), 2**7 - 1),
    "uint8_t": (0, 2**8 - 1),
    "int16_t": (-(2**15), 2**15 - 1),
    "int32_t": (-(2**31), 2**31 - 1),
}
"""Inclusive range of each C type of a constant table."""

MAX_IDENTIFIER = 24


def identifier(text: str) -> str:
    """A C identifier (at most 24 characters) that reminds of `text`, whatever `text` holds.

    It starts with a letter and never ends in an underscore; on its own it may be a keyword, so it is
    used as a prefix or a suffix of a longer name.
    """
    return _identifier(text)[:MAX_IDENTIFIER].rstrip("_")


def _identifier(text: str) -> str:
    name = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").lower()
    if not name or not name[0].isalpha():
        name = f"model_{name}".rstrip("_")
    return name


def prefix(name: str) -> str:
    """How the C names of the model `name` begin: tinyface_ and what `model_identifier` gives."""
    return f"tinyface_{model_identifier(name)}"


def model_identifier(name: str) -> str:
    """The identifier of a model. Too long a name ends in four digits of its hash, for others begin alike."""
    whole, short = _identifier(name), identifier(name)
    if whole == short:
        return short
    digits = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:4]
    return f"{short[: MAX_IDENTIFIER - len(digits) - 1].rstrip('_')}_{digits}"


def string(text: str) -> str:
    """A C string literal, quotes included: printable ASCII as it is, all else as octal UTF-8 bytes."""
    parts = []
    for byte in text.encode("utf-8", "surrogatepass"):
        char = chr(byte)
        if char in '"\\?':
            parts.append("\\" + char)
        elif 0x20 <= byte < 0x7F:
            parts.append(char)
        else:
            parts.append(f"\\{byte:03o}")
    return '"' + "".join(parts) + '"'


def comment(text: str) -> str:
    """Text that can stand inside a C comment: one line of printable ASCII, no comment marks."""
    line = "".join(c if " " <= c <= "~" else " " for c in " ".join(text.split()))
    return re.sub(r"\?(?=\?)", "? ", line.replace("*/", "* /").replace("/*", "/ *")).rstrip("\\ ")


def markdown(text: str) -> str:
    """One line of text that Markdown shows as it is, also inside a table."""
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", one_line(" ".join(text.split())))


def integer(value: int) -> str:
    """An int literal; the least int32 has a name of its own because C has no literal for it."""
    return "INT32_MIN" if value == -(2**31) else str(int(value))


def single(value: float) -> str:
    """A float literal that reads back as the same float32.

    Raises:
        ValueError: not finite (the reader refuses such scales).
    """
    exact = np.float32(value)
    if not np.isfinite(exact):
        raise ValueError(f"{value} is no finite float32")
    text = np.format_float_scientific(exact, unique=True, trim="0") if exact else "0.0"
    return text + "f"


def byte_list(data: bytes, indent: int = 4) -> str:
    """Bytes as 0x.. literals, 16 a line."""
    rows = [data[i : i + 16] for i in range(0, len(data), 16)]
    return ",\n".join(" " * indent + ", ".join(f"0x{b:02x}" for b in row) for row in rows)


def array(values: NDArray[np.generic] | Sequence[int], indent: int = 4) -> str:
    """Values in C order, as many on a line as fit, without the braces."""
    flat = np.asarray(values).reshape(-1).tolist()
    return wrap([integer(v) for v in flat], indent)


def wrap(words: Iterable[str], indent: int) -> str:
    """Words with commas between, wrapped at LINE_LENGTH."""
    pad, lines, line = " " * indent, [], ""
    for word in words:
        if line and len(pad) + len(line) + len(word) + 3 > LINE_LENGTH:
            lines.append(pad + line + ",")
            line = word
        else:
            line = f"{line}, {word}" if line else word
    if line:
        lines.append(pad + line)
    return "\n".join(lines)


def shape(dims: Sequence[int]) -> str:
    """A shape as comments show it: [1, 96, 96, 1]."""
    return f"[{', '.join(str(d) for d in dims)}]"
