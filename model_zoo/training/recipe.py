"""Every number a training hangs on, in one frozen record that is written into the card."""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any

from codegen.errors import DataError
from codegen.margins import LEAST_MARGIN, MOST_MARGIN
from model_zoo.training import phase_kinds, stated

LATER = ("range_decay", "calibration_images", "equalize")
"""Fields of a recipe that quantization alone hangs on."""


MOST_FEATURES = 1000
"""Of a phase's weight of a teacher's maps."""

PHASE_NAME = re.compile(r"[A-Za-z0-9][\w-]*")
"""What a phase may be called: its checkpoint is a file of that name."""


@dataclass(frozen=True)
class Phase:
    """One run of the optimiser.

    Attributes:
        name: of its checkpoint and its curve, unique in the recipe.
        kind: "float", or "qat": the network computes with int8 weights and activations. The others are float
            phases that begin with a change: "prune" (channels are removed), "low_rank" (layers become two of
            fewer weights), "sparse" (weights become 0), "cluster" (weights share few values), "ternary"
            (weights take three values).
        epochs: passes over the training part.
        warm_up: epochs in which the rate climbs from 0; cosine to 0 afterwards.
        rate: peak learning rate of AdamW.
        weight_decay: decoupled decay of kernels (Loshchilov and Hutter 2019).
        weight_average: decay a step of the weights' moving average, which is what is evaluated and kept.
        teacher: share of the teacher's answers in the targets; the labels have the rest. The teacher is the
            network as it was before the training's own first phase of another kind than float, or one of
            another training that a person names.
        features: weight of how unlike that teacher's inner maps the network's are, beside the loss of the
            targets.
        share: prune: of the channels of each layer that go; sparse: of the weights of each that become 0.
        score: prune: by what filters are compared, "l1", "scale" or "landmarks".
        energy: low_rank: share of the squared singular values of each layer that stays.
        clusters: cluster: most values that the weights of a layer have.
    """

    name: str
    kind: str
    epochs: int
    warm_up: int
    rate: float
    weight_decay: float
    weight_average: float
    teacher: float = 0.0
    features: float = field(default=0.0, metadata=stated.LATER)
    share: float = 0.25
    score: str = "l1"
    energy: float = 0.95
    clusters: int = 16

    @property
    def taught(self) -> bool:
        """Whether it listens to a teacher."""
        return bool(self.teacher or self.features)

    def to_json(self) -> dict[str, Any]:
        """Its numbers, without those that no phase of its kind reads."""
        unread = (set(phase_kinds.OWN) - set(phase_kinds.KINDS.get(self.kind, ()))) | stated.unstated(self)
        return {name: value for name, value in asdict(self).items() if name not in unread}


OWN_DEFAULTS = {f.name: f.default for f in fields(Phase) if f.default is not MISSING}
"""Numbers of a phase that need not be stated."""


@dataclass(frozen=True)
class Recipe:
    """A training from the first weight to the int8 file.

    Attributes:
        task: the task's own numbers, a frozen dataclass (`Task.SETTINGS`); a method `senseless` of it,
            where there is one, names the first number that no training can have, or returns "".
        batch: pictures a step.
        phases: in order; each goes on from the weights of the one before, and none but quantization-aware
            ones follow one of these.
        margin: crop side / longer side of the item's box, 0.5 to 4; 1 for tasks on whole frames.
        calibration_images: training pictures from which post-training quantization takes its ranges.
        range_decay: moving average of the activation ranges in quantization-aware phases.
        equalize: before quantization, channels that are concatenated in front of dense layers are made to
            have like ranges.
    """

    task: Any
    batch: int
    phases: tuple[Phase, ...]
    margin: float = 1.0
    calibration_images: int = 256
    range_decay: float = 0.98
    equalize: bool = field(default=False, metadata=stated.LATER)

    def check(self, where: str) -> None:
        """Refuses phases that can't follow each other, and numbers without sense.

        Args:
            where: whose recipe it is.
        Raises:
            DataError: names the phase or the number.
        """
        names = [phase.name for phase in self.phases]
        cause = phase_kinds.misplaced(self.phases)
        if not cause and len(set(names)) < len(names):
            cause = f"two phases are called {max(names, key=names.count)}"
        cause = cause or self._senseless()
        if cause:
            raise DataError(cause, where, "Correct its recipe, or what --set or --recipe changes of it.")

    @property
    def last_float(self) -> int:
        """Number of the last phase whose weights are float."""
        return max(number for number, phase in enumerate(self.phases) if phase.kind != "qat")

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
        few = [phase.name for phase in self.phases if phase.kind in ("cluster", "ternary")]
        if self.equalize and few:
            return f"equalize would scale the weights that {few[0]} gives few values"
        for phase in self.phases:
            if not PHASE_NAME.fullmatch(phase.name):
                return f"{phase.name!r} is no name of a phase"
            for what in ("weight_average", "teacher"):
                if not 0 <= getattr(phase, what) <= 1:
                    value = getattr(phase, what)
                    return f"the {what} of {phase.name} is {value}; it may be from 0 to 1"
            if not 0 <= phase.features <= MOST_FEATURES:
                return (
                    f"the features of {phase.name} is {phase.features}; it may be from 0 to {MOST_FEATURES}"
                )
            own = phase_kinds.senseless(phase, OWN_DEFAULTS)
            if own:
                return own
        senseless = getattr(self.task, "senseless", None)  # settings of a task may know their limits
        return str(senseless()) if senseless is not None else ""

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, lists and dicts; later numbers where they are other than their defaults."""
        left_out = stated.unstated(self.task)
        task = {name: value for name, value in asdict(self.task).items() if name not in left_out}
        told = {**asdict(self), "task": task, "phases": [phase.to_json() for phase in self.phases]}
        facts: dict[str, Any] = json.loads(json.dumps(told))
        return {name: value for name, value in facts.items() if name not in stated.unstated(self)}

    def fingerprint(self, phase: str) -> str:
        """16 hex digits that change with any number that matters up to the end of a phase.

        A checkpoint of another recipe is refused by it. What comes after a phase can be changed without
        losing the phase.
        """
        number = [p.name for p in self.phases].index(phase)
        facts = self.to_json()
        facts["phases"] = facts["phases"][: number + 1]
        if self.phases[number].kind != "qat":
            facts = {key: value for key, value in facts.items() if key not in LATER}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
