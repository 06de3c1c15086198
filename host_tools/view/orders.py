"""What a page may ask for, checked before the board's thread hears of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from codegen.errors import OptionError
from codegen.plain_text import parse_json, shortened
from host_tools.wire.board_settings import RANGES, parse_led
from host_tools.wire.messages import LedMode

Verb = Literal["settings", "record", "stop", "release", "connect", "stats"]
VERBS = ("settings", "record", "stop", "release", "connect", "stats")
WORDS = {
    "period_ms": "Shortest period",
    "threshold": "Threshold",
    "led": "Status LED",
    "flash_led": "Bright LED",
    "exposure": "Exposure",
    "gain": "Gain",
    "brightness": "Brightness",
    "contrast": "Contrast",
    "mirror": "Mirror",
    "flip": "Flip",
}
"""Setting -> what the page's form calls it."""
MOST_PERIOD_MS = 10_000
"""A page waits for the board as long as a frame takes."""
INT16 = (-32768, 32767)
SWITCH = (0, 1)
"""Off and on, which may be told as booleans, too."""
MOST_LETTERS = 4096
"""Of an order."""
MOST_SAID = 32
"""Characters of a value that is told again."""


@dataclass(frozen=True)
class Order:
    """One wish of a page.

    Attributes:
        verb: what to do.
        values: setting -> value.
        keep: whether the board finds them again after its next start.
    """

    verb: Verb
    values: Mapping[str, int] = field(default_factory=dict)
    keep: bool = False


def parse_order(text: str) -> Order:
    """Reads what a page sent.

    Raises:
        OptionError: it is no order.
    """
    if len(text) > MOST_LETTERS:
        raise _unknown(f"it has {len(text):,} characters, and {MOST_LETTERS:,} at most are read")
    try:
        told = parse_json(text)
    except ValueError as error:
        raise _unknown(f"it is no JSON ({error})") from error
    if not isinstance(told, dict) or told.get("do") not in VERBS:
        raise _unknown("there is no such order")
    verb = cast(Verb, told["do"])
    if verb != "settings":
        return Order(verb)
    values, keep = told.get("values"), told.get("keep", False)
    if not isinstance(values, dict) or not values or not isinstance(keep, bool):
        raise _unknown("settings are names with values")
    return Order(verb, {name: _value(name, value) for name, value in values.items()}, keep)


def applied_json(order: Order, refused: Sequence[str]) -> dict[str, object]:
    """What the pages are told after the board has taken settings.

    Args:
        refused: settings that its camera does not take.
    """
    lasts = "kept in the board's flash" if order.keep else "until the board starts anew"
    lacks = f". Not taken by this camera: {', '.join(WORDS[name] for name in refused)}" if refused else ""
    return {"kind": "applied", "text": f"Applied, {lasts}{lacks}"}


def _value(name: str, value: object) -> int:
    if name not in WORDS:
        raise _unknown("there is no such setting")
    if name == "led" and isinstance(value, str) and len(value) < 16:
        return parse_led(value, WORDS[name])
    least, most = RANGES.get(name, INT16 if name == "threshold" else SWITCH)
    if name == "led":
        least, most = min(LedMode), max(LedMode)
    if name == "period_ms":
        most = MOST_PERIOD_MS
    if not isinstance(value, int) or (isinstance(value, bool) and (least, most) != SWITCH):
        raise _unknown(f"the value of {WORDS[name]} is no number")
    if not least <= value <= most:
        raise OptionError(
            f"{shortened(str(value), MOST_SAID)} is out of range", WORDS[name], f"Use {least} to {most}."
        )
    return int(value)


def _unknown(cause: str) -> OptionError:
    return OptionError(cause, "the page's order", "Reload the page; it may be of another version.")
