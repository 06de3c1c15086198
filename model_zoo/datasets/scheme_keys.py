"""The scheme of a person's own points: the keys `mirror`, `eyes` and `pupils` of dataset.toml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from codegen.counted import counted
from model_zoo.datasets.known_schemes import KNOWN
from model_zoo.datasets.landmark_scheme import (
    BOX_SIDE,
    INTER_OCULAR,
    INTER_PUPIL,
    OWN,
    LandmarkScheme,
    mirror_of,
)

Refuse = Callable[[str, str], NoReturn]
"""Told cause and key; raises."""


def scheme_of(count: int, stated: Mapping[str, Any], refuse: Refuse) -> LandmarkScheme:
    """What is stated, or where nothing is the known scheme of so many points, if there is one.

    Args:
        count: points of a face.
        stated: the keys that the file has, of `mirror`, `eyes`, `pupils`.
    """
    if not stated:
        return KNOWN.get(count, LandmarkScheme(OWN, count))
    if "eyes" in stated and "pupils" in stated:
        refuse("eyes and pupils are stated, and errors are measured by one distance", "pupils")
    mirror = _mirror(count, stated["mirror"], refuse) if "mirror" in stated else None
    for key, norm in (("eyes", INTER_OCULAR), ("pupils", INTER_PUPIL)):
        if key in stated:
            return LandmarkScheme(OWN, count, mirror, _pair(count, key, stated[key], refuse), norm)
    return LandmarkScheme(OWN, count, mirror, None, BOX_SIDE)


def _number(count: int, key: str, value: Any, refuse: Refuse) -> int:
    if type(value) is not int or not 0 <= value < count:
        refuse(f"{key} names the point {value!r}; the points are 0 to {count - 1}", key)
    return value


def _pair(count: int, key: str, value: Any, refuse: Refuse) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2 or value[0] == value[1]:
        refuse(f"{key} is {value!r}, which is no pair of points, such as [0, 1]", key)
    a, b = (_number(count, key, number, refuse) for number in value)
    return a, b


def _mirror(count: int, value: Any, refuse: Refuse) -> tuple[int, ...] | None:
    """A table from pairs, or from the table itself; None where it is stated that nobody knows."""
    if value is False:
        return None
    if not isinstance(value, list) or not value:
        refuse(f"mirror is {value!r}; it may be pairs such as [[0, 1], [3, 4]], a table, or false", "mirror")
    if all(isinstance(entry, list) for entry in value):
        return _from_pairs(count, value, refuse)
    if len(value) != count:
        refuse(f"mirror is a table of {counted(len(value), 'point')}, and points is {count}", "mirror")
    table = tuple(_number(count, "mirror", entry, refuse) for entry in value)
    for point, other in enumerate(table):
        if table[other] != point:
            refuse(
                f"mirror takes point {point} to {other}, but {other} to {table[other]}: "
                "mirrored twice, a face would not be itself again",
                "mirror",
            )
    return table


def _from_pairs(count: int, value: list[Any], refuse: Refuse) -> tuple[int, ...]:
    pairs = [_pair(count, "mirror", entry, refuse) for entry in value]
    numbers = [number for pair in pairs for number in pair]
    twice = [number for number in numbers if numbers.count(number) > 1]
    if twice:
        refuse(f"mirror has point {twice[0]} in two pairs", "mirror")
    return mirror_of(count, pairs)
