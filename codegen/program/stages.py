"""Programs: stages in order, as data. firmware/include/tinyface/stage.h holds the same facts.

A stage is a network with a decoder, or a decoder that works on what other stages found.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from codegen.errors import ModelError
from codegen.graph import Graph
from codegen.plain_text import one_line
from codegen.program.decoders import At, Decoder, StageTold
from codegen.program.decoders.raw import Raw
from codegen.program.records import BOXLIKE, Kind, points_at
from codegen.program.spec import PICTURE_TYPES, InputSpec, InputTensor

RAW = Raw()
MAX_STAGES = 8
NO_STAGE = 255
MARGIN_ONE = 256
MAX_RUNS = 0xFFFF
MOST_HELD_BYTES = 1 << 24
"""Of all records and states; no board of these kinds has more memory."""
MAX_NAME = 64
"""Characters of a program's or a stage's name."""


class Source(IntEnum):
    """Where a stage's picture comes from."""

    NONE = 0
    """No picture: tensors sent by the host, or a stage without a network."""
    CENTRE = 1
    """The largest region with the input's aspect in the middle of the frame."""
    WHOLE = 2
    """The smallest region with the input's aspect that holds the frame, once or in windows of it."""
    ITEMS = 3
    """Once for each item of another stage, around it."""


@dataclass(frozen=True)
class Scale:
    """One piece of a pyramid: columns x rows windows of size_q8/256 of the whole region, spread evenly."""

    size_q8: int
    columns: int = 1
    rows: int = 1


@dataclass(frozen=True)
class Stage:
    """One stage.

    Attributes:
        name: of the stage, unique in its program.
        model: index of its network in the program's list, None without one.
        input: what the network sees.
        source: where its picture comes from.
        of: name of the stage whose items it looks at (ITEMS), or works on.
        beside: name of another stage that a decoder without a network works on ("": none); of a later one it
            sees what that found in the frame before.
        margin_q8: side of a region over the longer side of its item, 256 is 1.
        upright: two points of an item (key points of a box): a region is turned so that they lie level, the
            first one left; None: no region is turned.
        every, phase: it works in every n-th frame, first in frame `phase`, counted from 0.
        when: name of a stage: this one also works in the frame after that stage's record asked ("": none).
        unless: name of a stage: this one rests while that has items ("": never).
        scales: windows of WHOLE, none: the whole once.
        decoder: what its outputs mean.
        most: items its record holds.
        labels: names of classes.
    """

    name: str
    model: int | None
    input: InputSpec
    source: Source
    decoder: Decoder = RAW
    of: str = ""
    beside: str = ""
    margin_q8: int = MARGIN_ONE
    upright: tuple[int, int] | None = None
    every: int = 1
    phase: int = 0
    when: str = ""
    unless: str = ""
    scales: tuple[Scale, ...] = ()
    most: int = 1
    labels: tuple[str, ...] = ()

    @property
    def windows(self) -> int:
        """Runs a frame of a stage that sees the whole."""
        return sum(scale.columns * scale.rows for scale in self.scales) or 1

    @property
    def state_bytes(self) -> int:
        """What its decoder keeps from frame to frame."""
        return self.decoder.state_bytes(self.most)

    @property
    def told(self) -> StageTold:
        """What decoders of other stages are told of it."""
        return StageTold(self.name, self.decoder, self.of, self.most, self.model is not None)

    @property
    def misfit(self) -> str:
        """The key of a number that the C structure does not take, "" where it takes all."""
        sound = {
            "margin": 1 <= self.margin_q8 < 2**16,
            "every": 1 <= self.every <= 255,
            "phase": 0 <= self.phase < self.every,
            "scale": len(self.scales) <= 255
            and all(1 <= s.size_q8 <= 256 and min(s.columns, s.rows) >= 1 for s in self.scales)
            and all(max(s.columns, s.rows) <= 255 for s in self.scales)
            and self.windows <= MAX_RUNS,
            "decoder": self.decoder.width < 2**16,
            "most": 1 <= self.most < 2**16 and 0 <= self.state_bytes < 2**24,
        }
        return next((key for key, fits in sound.items() if not fits), "")


@dataclass(frozen=True)
class NetworkFacts:
    """What a program must know of one of its networks.

    Attributes:
        name: of the model.
        inputs: its tensors, without those that it keeps from run to run.
        outputs: all of them.
        remembers: whether it keeps something from run to run.
    """

    name: str
    inputs: tuple[InputTensor, ...]
    outputs: tuple[InputTensor, ...]
    remembers: bool = False

    @classmethod
    def of(cls, graph: Graph) -> NetworkFacts:
        """Those of an integer graph."""

        def facts(index: int) -> InputTensor:
            t = graph.tensor(index)
            one = t.quant is not None and len(t.quant.scale) == 1
            return InputTensor(t.dtype, t.shape, t.scale if one else 0.0, t.zero_point if one else 0)

        inputs, outputs = tuple(map(facts, graph.given)), tuple(map(facts, graph.outputs))
        return cls(graph.name, inputs, outputs, bool(graph.states))


@dataclass(frozen=True)
class Program:
    """What a firmware runs.

    Attributes:
        name: of the program.
        stages: in order; a stage looks only at items of stages before it.
    """

    name: str
    stages: tuple[Stage, ...]

    @property
    def input(self) -> InputSpec:
        """What the first stage makes of a frame."""
        return self.stages[0].input

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes of the last stage that has any."""
        return next((stage.labels for stage in reversed(self.stages) if stage.labels), ())

    @property
    def told_in_parts(self) -> bool:
        """Whether a board tells each run and each record of a frame: there are several stages, one that sees
        several windows, or one that may rest. Such a program takes pictures alone, no tensors."""
        first = self.stages[0]
        return len(self.stages) > 1 or bool(first.scales or first.unless) or first.every > 1

    def index(self, stage: str) -> int:
        """Place of the stage of this name, NO_STAGE for ""."""
        return [s.name for s in self.stages].index(stage) if stage else NO_STAGE

    def check(self, models: Sequence[NetworkFacts], stated: Callable[[int, str], str] | None = None) -> None:
        """Refuses what no firmware can run.

        Args:
            models: the networks that stages count.
            stated: says where a key of a stage is stated, of its decoder as decoder.KEY, for messages.
        Raises:
            ModelError: cause and stage.
        """
        names = [stage.name for stage in self.stages]
        if not 1 <= len(names) <= MAX_STAGES:
            raise ModelError(f"a program of {len(names)} stages", self.name, f"Use 1 to {MAX_STAGES} stages.")
        for position, stage in enumerate(self.stages):
            at = self._places(position, stated)
            if not stage.name or names.count(stage.name) > 1:
                raise ModelError(
                    "the stage has no name of its own", at("name"), "Give each stage another name."
                )
            check_name(stage.name, at("name") if stated else f"stage {position} of {self.name}")
            if stage.labels:
                self._check_labels(stage, models, at("labels"))
            if stage.misfit == "phase":
                raise ModelError(
                    f"phase is {stage.phase}, and `every` is {stage.every}",
                    at("phase"),
                    "State a phase from 0 on that is below `every`.",
                )
            if stage.misfit:
                raise ModelError(f"{stage.misfit} is out of range", at(stage.misfit), "Correct the program.")
            self._check_named(stage, position, at)
            self._check_source(stage, at)
            if self.told_in_parts and stage.model is not None and stage.source == Source.NONE:
                raise ModelError(
                    "it takes a tensor, and only a program of one stage that never rests is given tensors",
                    at("picture"),
                    "Say in `picture` what its input is, and in `source` where it looks.",
                )
            if stage.source == Source.ITEMS:
                self._check_items(stage, at)
            elif stage.upright is not None:
                raise ModelError(
                    "only a region around an item is turned", at("upright"), "Leave `upright` out."
                )
            if stage.model is not None:
                if not 0 <= stage.model < len(models):
                    raise ModelError(
                        f"there is no network {stage.model}", at("model"), "Correct the program."
                    )
                model = models[stage.model]
                self._check_picture(stage, model, at("picture"))
                self._check_memory(stage, model, at)
                stage.decoder.check(model.outputs, at("decoder"))
                stage.decoder.check_room(stage.most, at("most"))
            elif type(stage.decoder).work is Decoder.work:
                raise ModelError(
                    f"its decoder {stage.decoder.NAME!r} reads a network's outputs, and it has none",
                    at("decoder.kind"),
                    "Name its network in `model`, or a decoder that works on other stages' items.",
                )
            else:
                of, beside = (
                    self.stages[names.index(name)].told if name else None for name in (stage.of, stage.beside)
                )
                stage.decoder.check_stages(stage.told, of, beside, at)
        held = sum(4 * s.most * s.decoder.width + s.state_bytes for s in self.stages)
        if held > MOST_HELD_BYTES:
            raise ModelError(
                f"its records and states take {held:,} bytes, at most {MOST_HELD_BYTES:,}",
                self.name,
                "Lower `most` of its stages.",
            )

    def _check_memory(self, stage: Stage, model: NetworkFacts, at: At) -> None:
        """What a network remembers is of one thing: of a track, or of all that it sees.

        Raises:
            ModelError: it looks at several things that nobody follows.
        """
        of = self.stages[self.index(stage.of)] if stage.source == Source.ITEMS else None
        unfollowed = of is not None and of.decoder.KIND not in (Kind.TRACKS, Kind.VOTES) and of.most > 1
        if model.remembers and (unfollowed or stage.windows > 1):
            raise ModelError(
                f"{model.name} remembers what it saw, and here it sees several things that nobody follows",
                at("of" if unfollowed else "source"),
                "Let it look at a stage of the kind tracks (or steady, votes), or at one thing a frame.",
            )

    def _places(self, position: int, stated: Callable[[int, str], str] | None) -> At:
        """Where keys of a stage are stated, or its name where that is not known."""
        if stated is not None:
            return lambda key: stated(position, key)
        return lambda _: f"stage {self.stages[position].name} of {self.name}"

    def _check_named(self, stage: Stage, position: int, at: At) -> None:
        """Every stage that it names is one, and `of` one that comes before."""
        names = [s.name for s in self.stages]
        if stage.of and stage.of not in names[:position]:
            raise ModelError(
                f"{stage.of!r} is no stage that it can look at", at("of"), "Name a stage that comes before."
            )
        for key, other in (("beside", stage.beside), ("when", stage.when), ("unless", stage.unless)):
            if other and (other not in names or (key == "beside" and other == stage.name)):
                raise ModelError(
                    f"{other!r} is no stage that it can look at",
                    at(key),
                    f"Name one of the program's stages in `{key}`.",
                )
        if stage.beside and stage.model is not None:
            raise ModelError(
                "only a decoder that works on other stages' items looks beside",
                at("beside"),
                "Leave `beside` out.",
            )

    def _check_labels(self, stage: Stage, models: Sequence[NetworkFacts], where: str) -> None:
        """Classes of the first output have a name each; other decoders know their classes themselves."""
        if stage.decoder.KIND not in (Kind.CLASSES, Kind.BOXES, Kind.VOTES):
            raise ModelError(
                f"labels name classes, and its decoder finds {stage.decoder.NAME}",
                where,
                'Use the decoder "classes", "boxes" or "votes", or leave the labels out.',
            )
        model = stage.model
        if stage.decoder.KIND == Kind.VOTES:
            model = next((other.model for other in self.stages if other.name == stage.of), None)
        if stage.decoder.KIND != Kind.BOXES and model is not None and model < len(models):
            outputs = models[model].outputs
            values = math.prod(outputs[0].shape) if outputs else 0
            if values != len(stage.labels):
                raise ModelError(
                    f"{len(stage.labels)} labels for {values} values of output 0",
                    where,
                    "Name each value of the first output once, in their order.",
                )

    @staticmethod
    def _check_picture(stage: Stage, model: NetworkFacts, where: str) -> None:
        first = model.inputs[0] if model.inputs else None
        if not stage.input.is_picture:
            return
        if first is None or first.shape != stage.input.shape or first.dtype not in PICTURE_TYPES:
            found = f"{first.dtype} {list(first.shape)}" if first else "missing"
            raise ModelError(
                f"it feeds {list(stage.input.shape)} of int8 or uint8, input 0 of the network is {found}",
                where,
                "Use the size and channels that the network was made for.",
            )

    def _check_items(self, stage: Stage, at: At) -> None:
        decoder = self.stages[self.index(stage.of)].decoder
        if decoder.KIND not in (Kind.POINTS, *BOXLIKE):
            raise ModelError(
                f"the {decoder.NAME} of {stage.of} have no place in the frame",
                at("of"),
                "Name a stage that finds points or boxes in `of`.",
            )
        there, points = len(points_at(decoder.KIND, decoder.width)), stage.upright
        if points and (points[0] == points[1] or not all(0 <= p < min(there, 256) for p in points)):
            raise ModelError(
                f"{list(points)} are no two of the {there} points of an item of {stage.of}",
                at("upright"),
                "Name two others in `upright`, or leave it out.",
            )

    @staticmethod
    def _check_source(stage: Stage, at: At) -> None:
        pictures = stage.source != Source.NONE
        if (stage.source == Source.ITEMS) != bool(stage.of and stage.model is not None):
            raise ModelError("it names no stage whose items it looks at", at("source"), "Add `of`.")
        if not pictures and stage.input.is_picture:
            raise ModelError("it takes a picture and has no source of one", at("picture"), "Add `source`.")
        if pictures and (stage.model is None or not stage.input.is_picture):
            raise ModelError(
                "it has a source of pictures and takes none", at("source"), "Leave the source out."
            )
        if stage.scales and stage.source != Source.WHOLE:
            raise ModelError(
                "only a stage that sees the whole frame has scales", at("scale"), "Leave them out."
            )


def check_name(name: str, where: str) -> None:
    """Refuses a name that the wire or a terminal can't carry.

    Raises:
        ModelError: it is too long, empty, or has hidden characters.
    """
    if not 1 <= len(name) <= MAX_NAME or one_line(name) != name:
        raise ModelError(
            f"its name has {len(name)} characters, or some that are hidden",
            where,
            f"Use a name of 1 to {MAX_NAME} printable characters.",
        )
