"""Kinds of phases: what each does to a network, which numbers it reads, and which may follow which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from model_zoo.training.channel_scores import SCORES
from model_zoo.training.ranges import outside

KINDS: Mapping[str, tuple[str, ...]] = {
    "float": (),
    "prune": ("share", "score"),
    "low_rank": ("energy",),
    "sparse": ("share",),
    "cluster": ("clusters",),
    "ternary": (),
    "qat": (),
}
"""Kind -> the numbers that are its own."""
RANGES: Mapping[str, tuple[float, float]] = {
    "share": (0.01, 0.99),
    "energy": (0.01, 1.0),
    "clusters": (2, 256),
}
"""Of them, least and greatest value."""
OWN = (*RANGES, "score")
SHAPING = ("prune", "low_rank")
"""After them the network has other layers or fewer channels."""
HOLDING = ("sparse", "cluster", "ternary")
"""All later phases keep what they did to the weights."""


class Kinded(Protocol):
    """What is asked of a phase."""

    @property
    def name(self) -> str:
        """Of the phase."""

    @property
    def kind(self) -> str:
        """A key of KINDS."""


def misplaced(phases: Sequence[Kinded]) -> str:
    """Which phase can't stand where it stands, and why; "" where all can."""
    for phase in phases:
        if phase.kind not in KINDS:
            return f"the phase {phase.name} is of the kind {phase.kind!r}; there are {', '.join(KINDS)}"
    if not phases or phases[0].kind != "float":
        return "the recipe begins with no float phase"
    seen: set[str] = set()
    for phase in phases:
        for before in ("qat", "ternary", "cluster", "sparse"):
            if before in seen and not _follows(phase.kind, before):
                return f"the {phase.kind} phase {phase.name} follows a {before} one"
        seen.add(phase.kind)
    return ""


def _follows(kind: str, before: str) -> bool:
    """Whether what a phase of the kind `before` left outlives one of `kind`."""
    if before == "qat":
        return kind == "qat"
    lost = (*SHAPING, "ternary") if before == "sparse" else (*SHAPING, *HOLDING)
    return kind not in lost


def senseless(phase: Any, defaults: Mapping[str, Any]) -> str:
    """The first of a phase's numbers that its kind can't have or does not read; "" where all are sound.

    Args:
        defaults: value by name of the numbers of OWN that nobody has stated.
    """
    path = f"phases.{phase.name}."
    own = KINDS[phase.kind]
    for name in OWN:
        value = getattr(phase, name)
        if name not in own and value != defaults[name]:
            return f"the {path}{name} is {value}, and a {phase.kind} phase reads none"
    if "score" in own and phase.score not in SCORES:
        return f"the {path}score is {phase.score!r}; it may be {', '.join(SCORES)}"
    return outside(phase, {name: RANGES[name] for name in own if name in RANGES}, path)
