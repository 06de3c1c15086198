"""What an inference takes of energy, and what that energy stands for: time by the current of the data sheet.

An estimate twice over: of the time (codegen/cost/time_range.py), and of the current, which a data sheet
gives as a span. The chip alone with its radio off counts; camera, PSRAM, LEDs and the board's regulator come
on top.
"""

from __future__ import annotations

from dataclasses import dataclass

from codegen.cost.time_range import TimeRange

GRAMS_CO2_PER_KWH = 481.0
"""Of the world's electricity in 2023, mean (Ember, Yearly Electricity Data, 3 July 2024)."""
JOULES_PER_KWH = 3.6e6
MANY = 1_000_000


@dataclass(frozen=True)
class Power:
    """What a chip draws while it computes.

    Attributes:
        milliamperes: least and most, at the board's clock.
        volts: at which.
        source: where that is stated.
    """

    milliamperes: tuple[float, float]
    volts: float
    source: str


@dataclass(frozen=True)
class Energy:
    """Of something that takes time; the middle is that of the expected time and the middle current.

    Attributes:
        millijoules: low, middle, high.
        grams_co2_per_million: the middle's, of a million times, by the world's mean mix.
        source: of the current.
    """

    millijoules: tuple[float, float, float]
    grams_co2_per_million: float
    source: str


def energy(time: TimeRange | None, power: Power | None) -> Energy | None:
    """None where either is not known."""
    if time is None or power is None:
        return None
    least, most = (milliamperes * power.volts / 1_000 for milliamperes in power.milliamperes)  # watts
    middle = time.middle * (least + most) / 2
    grams = middle / 1_000 * MANY / JOULES_PER_KWH * GRAMS_CO2_PER_KWH
    return Energy((time.low * least, middle, time.high * most), grams, power.source)
