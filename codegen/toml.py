"""TOML for every Python we support: tomllib, or its twin tomli where Python is older than 3.11."""

from __future__ import annotations

import importlib
import sys
from typing import Any

_MODULE = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

TOMLDecodeError: type[ValueError] = _MODULE.TOMLDecodeError


def loads(text: str) -> dict[str, Any]:
    """The table in a TOML text.

    Raises:
        TOMLDecodeError: the text is not TOML; the message names line and column.
    """
    try:
        table: dict[str, Any] = _MODULE.loads(text)
    except RecursionError:
        raise TOMLDecodeError("it is nested too deeply") from None
    except TOMLDecodeError:
        raise
    except ValueError as error:  # an integer of thousands of digits
        raise TOMLDecodeError(str(error).split(";")[0]) from None
    return table
