"""Every number a training hangs on, in one frozen record that is written into the card."""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import asdict, dataclass
from typing import Any, Literal

from codegen.errors import DataError
from codegen.margins import LEAST_MARGIN, MOST_MARGIN

LATER = ("range_decay", "calibration_images")
"""Fields of a recipe that no float phase hangs on."""


PHASE_NAME = re.compile(r"[A-Za-z0-9][\w-]*")
"""What a phase may be called: its checkpoint is a file of that name."""


@dataclass(frozen=True)
class Phase:
    """One run of the optimiser.

    Attributes:
        name: of its checkpoint and its curve, unique in the recipe.
        kind: "float", or "qat": the network computes with int8 weights and activations.
        epochs: passes over the training part.
        warm_up: epochs in which the rate climbs from 0; cosine to 0 afterwards.
        rate: peak learning rate of AdamW.
        weight_decay: decoupled decay of kernels (Loshchilov and Hutter 2019).
        weight_average: decay a step of the weights' moving average, which is what is evaluated and kept.
        teacher: share of the teacher's answers in the targets; the labels have the rest. The teacher is the
            network of the training's own last float phase, or one of another training that a person names.
    """

    name: str
    kind: Literal["float", "qat"]
    epochs: int
    warm_up: int
    rate: float
    weight_decay: float
    weight_average: float
    teacher: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """A training from the first weight to the int8 file.

    Attributes:
        task: the task's own numbers, a frozen dataclass (`Task.SETTINGS`); a method `senseless` of it,
            where there is one, names the first number that no training can have, or returns "".
        batch: pictures a step.
        phases: in order; each goes on from the weights of the one before, and no float one follows a
            quantization-aware one.
        margin: crop side / longer side of the item's box, 0.5 to 4; 1 for tasks on whole frames.
        calibration_images: training pictures from which post-training quantization takes its ranges.
        range_decay: moving average of the activation ranges in quantization-aware phases.
    """

    task: Any
    batch: int
    phases: tuple[Phase, ...]
    margin: float = 1.0
    calibration_images: int = 256
    range_decay: float = 0.98

    def check(self, where: str) -> None:
        """Refuses phases that can't follow each other, and numbers without sense.

        Args:
            where: whose recipe it is.
        Raises:
            DataError: names the phase or the number.
        """
        kinds = [phase.kind for phase in self.phases]
        names = [phase.name for phase in self.phases]
        stray = [phase.name for phase in self.phases if phase.kind not in ("float", "qat")]
        cause = ""
        if stray:
            cause = f"the phase {stray[0]} is neither float nor qat"
        elif kinds[:1] != ["float"]:
            cause = "the recipe begins with no float phase"
        elif kinds != sorted(kinds):  # "float" before "qat"
            cause = f"the float phase {names[len(kinds) - 1 - kinds[::-1].index('float')]} follows a qat one"
        elif len(set(names)) < len(names):
            cause = f"two phases are called {max(names, key=names.count)}"
        else:
            cause = self._senseless()
        if cause:
            raise DataError(cause, where, "Correct its recipe, or what --set or --recipe changes of it.")

    def _senseless(self) -> str:
        """The first number that no training can have; "" where all are sound."""
        for what, least, most in (
            ("batch", 1, math.inf),
            ("margin", LEAST_MARGIN, MOST_MARGIN),
            ("calibration_images", 1, math.inf),
            ("range_decay", 0, 1),
        ):
            if not least <= getattr(self, what) <= most:
                bounds = f"from {least:g} to {most:g}" if most < math.inf else f"{least:g} or more"
                return f"the {what} is {getattr(self, what)}; it may be {bounds}"
        for phase in self.phases:
            if not PHASE_NAME.fullmatch(phase.name):
                return f"{phase.name!r} is no name of a phase"
            for what in ("weight_average", "teacher"):
                if not 0 <= getattr(phase, what) <= 1:
                    value = getattr(phase, what)
                    return f"the {what} of {phase.name} is {value}; it may be from 0 to 1"
        senseless = getattr(self.task, "senseless", None)  # settings of a task may know their limits
        return str(senseless()) if senseless is not None else ""

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, lists and dicts."""
        facts: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return facts

    def fingerprint(self, phase: str) -> str:
        """16 hex digits that change with any number that matters up to the end of a phase.

        A checkpoint of another recipe is refused by it. What comes after a phase can be changed without
        losing the phase.
        """
        number = [p.name for p in self.phases].index(phase)
        facts = self.to_json()
        facts["phases"] = facts["phases"][: number + 1]
        if self.phases[number].kind == "float":
            facts = {key: value for key, value in facts.items() if key not in LATER}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
