"""Reads and changes a board's settings over the wire: the board keeps what is not named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace

from codegen.errors import BoardError
from host_tools.wire.messages import Configure, LedMode, Refused, Settings, SettingsRequest
from host_tools.wire.model_facts import ask_model, dtype_name
from host_tools.wire.session import Session
from host_tools.wire.threshold import SEND_ALL

RANGES = {
    "period_ms": (0, 3_600_000),
    "exposure": (-1, 1200),
    "gain": (-1, 30),
    "brightness": (-2, 2),
    "contrast": (-2, 2),
}
"""Least and most, as the firmware's settings.c has them; the board has the last word."""
CAMERA_SETTINGS = frozenset(bit.name.lower() for bit in Refused if bit.name)
"""What goes to the camera's sensor, which may not take it."""
THRESHOLDS = {"int8": (SEND_ALL, 127), "uint8": (SEND_ALL, 255)}
"""By type of the first output."""
INT16 = (-32768, 32767)
"""What the threshold's field holds, for all other types."""


def parse_led(text: str, where: str) -> LedMode:
    """The mode of the status LED.

    Args:
        where: what the person who asks for it calls the setting.
    Raises:
        BoardError: there is no such mode.
    """
    modes = {mode.name.lower(): mode for mode in LedMode}
    if text not in modes:
        raise BoardError(f"there is no LED mode {text!r}", where, f"Use one of {', '.join(modes)}.")
    return modes[text]


def threshold_range(session: Session) -> tuple[int, int]:
    """Least and most threshold that make sense for the board's first output.

    Raises:
        BoardError: the board does not answer.
    """
    model = ask_model(session)
    name = dtype_name(model.output_types[0]) if model is not None and model.output_types else ""
    return THRESHOLDS.get(name, INT16)


def option_of(name: str) -> str:
    """The option of `tinyface settings` for a field of SETTINGS."""
    return "--period" if name == "period_ms" else f"--{name}"


def change(
    session: Session, wanted: Mapping[str, int], *, keep: bool, called: Callable[[str], str] = option_of
) -> Settings:
    """Changes the settings that are named and leaves the others.

    Args:
        wanted: field of SETTINGS -> value.
        keep: the board finds them again after its next start.
        called: field -> what the person who changes it calls it.
    Returns:
        what the board says it has now.
    Raises:
        BoardError: a value is out of range (nothing is changed), or the board does not answer.
    """
    for name, value in wanted.items():
        least, most = threshold_range(session) if name == "threshold" else RANGES.get(name, (0, 0xFF))
        if not least <= value <= most:
            raise BoardError(f"{value} is out of range", called(name), f"Use {least} to {most}.")
    now = replace(session.ask(SettingsRequest(), Settings), **wanted)
    return session.ask(Configure(keep=int(keep), **_settable(now)), Settings)


def _settable(settings: Settings) -> dict[str, int]:
    values = asdict(settings)
    del values["refused"]
    return values


def refused_names(settings: Settings) -> list[str]:
    """The settings whose values the camera's sensor did not take."""
    return [bit.name.lower() for bit in Refused if settings.refused & bit and bit.name]


def as_plain(settings: Settings) -> dict[str, object]:
    """Plain values of what can be set: modes by name, switches as booleans."""
    plain: dict[str, object] = dict(_settable(settings))
    try:
        plain["led"] = LedMode(settings.led).name.lower()
    except ValueError:
        plain["led"] = settings.led
    return plain | {name: bool(plain[name]) for name in ("flash_led", "mirror", "flip")}
