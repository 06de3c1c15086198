"""Names what each track is by votes over time: smoothed probabilities of the classes a network sees in it.

A vote is the softmax of a classifier's scores at a temperature, read from a table of 1/65536. Each class of a
track is a first-order low-pass filter of its votes (as in Casiez 2012, with the time constant T: a vote that
comes dt after the last one counts as dt / (T + dt)), kept in 1/2^30; the frame's own time is the clock, dt at
most a second. All classes are alike at first: one vote goes at most 1 / (T + 1) of the way from there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import ModelError
from codegen.program.decoders import At, Decoder, Item, Seen, StageTold, Work, reads_nothing, register
from codegen.program.decoders.boxes import SHARES
from codegen.program.facts import Facts, is_number
from codegen.program.following import MOST_TRACKS, gap_ms
from codegen.program.picture import Region
from codegen.program.records import NO_CLASS, VOTE_ONE, VOTE_VALUES, Kind
from codegen.program.spec import PICTURE_TYPES, InputSpec, InputTensor

ONE, KEPT_ONE = VOTE_ONE, 1 << 30
"""A probability of 1 as it is told, and as it is kept."""
KEPT_SHIFT = 14
STEPS = 256
"""Differences of two scores of 8 bits; those that are larger count as the last."""
MOST_CLASSES = 4096
MOST_TIME_MS = 600_000
TIMES, TEMPERATURES = (0.001, MOST_TIME_MS / 1000), (0.01, 100)
"""Least and most of keys that state them."""
SLOT_BYTES, CLASS_BYTES = 8, 4
CLASSES_ONLY = "Name a stage in `of` whose network tells classes in int8 or uint8."


@register
@dataclass(frozen=True)
class Votes(Decoder):
    """Tracks of the stage `beside`, each with the class that the stage `of` sees in it.

    Attributes:
        classes: of the classifier.
        time_ms: time constant of the filters.
        sure_q16: lowest smoothed probability of a class that is told, times 65536.
        weights_q16: what a class counts whose score is so many steps below the best one's, times 65536.
    """

    classes: int
    time_ms: int
    sure_q16: int
    weights_q16: tuple[int, ...]

    NAME = "votes"
    KIND = Kind.VOTES

    def __post_init__(self) -> None:
        fits = (
            1 <= self.classes <= MOST_CLASSES
            and 1 <= self.time_ms <= MOST_TIME_MS
            and 0 <= self.sure_q16 <= ONE
            and len(self.weights_q16) == STEPS
            and all(0 <= weight <= ONE for weight in self.weights_q16)
            and self.weights_q16[0] > 0
        )
        if not fits:
            raise ModelError("a field of the decoder is out of range", "votes", "Correct the program.")

    @classmethod
    def from_facts(cls, facts: Facts, outputs: Sequence[InputTensor]) -> Votes:
        """`time_constant` in seconds, `sure` (a probability), and the `temperature` that scores are divided
        by, which is that of the classifier's card where nobody says it.

        Args:
            outputs: of the stage `of`.
        Raises:
            ModelError: as Decoder.from_facts, or the outputs are no scores of 8 bits.
        """
        scores = outputs[0] if outputs else None
        if scores is None or scores.dtype not in PICTURE_TYPES or not scores.scale > 0:
            raise ModelError("it votes on scores of 8 bits with a scale", facts.at("kind"), CLASSES_ONLY)
        classes = math.prod(scores.shape)
        if not 1 <= classes <= MOST_CLASSES:
            raise ModelError(
                f"its classifier tells {classes:,} classes",
                facts.at("kind"),
                f"Votes count of 1 to {MOST_CLASSES:,} classes: name another classifier in `of`.",
            )
        temperature = facts.number("temperature", 1.0, TEMPERATURES)
        steps = np.arange(STEPS) * (scores.scale / temperature)
        return cls(
            classes=classes,
            time_ms=round(facts.number("time_constant", 1.5, TIMES) * 1000),
            sure_q16=round(facts.number("sure", 0.5, SHARES) * ONE),
            weights_q16=tuple(round(ONE * math.exp(-step)) for step in steps.tolist()),
        )

    @classmethod
    def usual(cls, card: Mapping[str, Any]) -> Mapping[str, Any]:
        """The temperature that was measured of the classifier, where its card states one."""
        temperature = (card.get("confidence") or {}).get("temperature")
        return {"temperature": temperature} if is_number(temperature) else {}

    @property
    def width(self) -> int:
        """A box with score and identity, a class and its probability."""
        return VOTE_VALUES

    @property
    def parameters(self) -> tuple[int, ...]:
        """As firmware/src/decode_votes.c names them."""
        return self.classes, self.time_ms, self.sure_q16, *self.weights_q16

    def state_bytes(self, most: int) -> int:
        """Of each track its identity, the time of its last vote, and each class."""
        return most * (SLOT_BYTES + CLASS_BYTES * self.classes)

    def check(self, outputs: Sequence[InputTensor], where: str) -> None:
        """Reads no outputs.

        Raises:
            ModelError: always.
        """
        stages = "the classifier's stage in `of`, the one whose tracks it looks at in `beside`."
        raise reads_nothing(type(self), where, stages)

    def check_stages(self, stage: StageTold, of: StageTold | None, beside: StageTold | None, at: At) -> None:
        """Wants all classes in `of`, and in `beside` the stage whose tracks they are of.

        Raises:
            ModelError: it names others.
        """
        if of is None or of.decoder.KIND != Kind.CLASSES or not of.has_network:
            raise ModelError("it votes on classes", at("of"), CLASSES_ONLY)
        if of.decoder.width != 2 * self.classes:
            raise ModelError(
                f"{of.name} tells {of.decoder.width // 2} of {self.classes} classes",
                at("of"),
                f"Give the decoder of {of.name} `top = {self.classes}`.",
            )
        if beside is None or beside.decoder.KIND != Kind.TRACKS or of.of != beside.name:
            raise ModelError(
                f"{of.name} looks at the items of {of.of or 'no stage'}",
                at("beside"),
                "Name in `beside` the stage whose tracks it looks at.",
            )
        if of.most < beside.most:
            raise ModelError(
                f"{of.name} looks at {of.most} of the {beside.most} tracks of {beside.name}",
                at("of"),
                f"Give {of.name} the `most` of {beside.name}.",
            )
        if stage.most > MOST_TRACKS or stage.most < beside.most:
            raise ModelError(
                f"its record holds {stage.most} tracks, {beside.name} has {beside.most}",
                at("most"),
                f"Use the `most` of {beside.name}, at most {MOST_TRACKS}.",
            )

    def decode(self, outputs: Sequence[NDArray[Any]], region: Region, source: InputSpec) -> Sequence[Item]:
        """Nothing: there is no network."""
        return ()

    def work(self, seen: Seen, state: dict[str, Any]) -> Work:
        """One frame of all tracks; where the classifier rests, what was said before stays."""
        votes, tracks = seen.of, seen.beside
        assert tracks is not None
        fresh = votes.frame == seen.frame and votes.count == tracks.count
        known: dict[int, _Slot] = state.get("slots", {})
        items, slots = [], dict[int, _Slot]()
        for n, track in enumerate(tracks.items[: seen.most]):
            identity, in_sight = track[5], track[4] > 0
            if identity <= 0:
                continue
            slot = slots.get(identity) or known.get(identity) or _Slot(self.classes, seen.time_ms)
            if fresh and in_sight:
                self._vote(slot, votes.items[n], seen.time_ms)
            best = max(range(self.classes), key=lambda c: slot.shares[c])
            told = slot.shares[best] + (1 << KEPT_SHIFT - 1) >> KEPT_SHIFT
            named = best if in_sight and told >= self.sure_q16 else NO_CLASS
            items.append((*track[:6], named, told))
            slots[identity] = slot
        state["slots"] = slots
        return Work(items)

    def _vote(self, slot: _Slot, told: Item, now_ms: int) -> None:
        """Counts the classes that are told of a track, index and score each."""
        pairs = [(c, q) for c, q in zip(told[::2], told[1::2], strict=False) if 0 <= c < self.classes]
        gap = gap_ms(now_ms, slot.time_ms)
        slot.time_ms = now_ms
        if not pairs:
            return
        best = max(score for _, score in pairs)
        weights = [self.weights_q16[min(best - score, STEPS - 1)] for _, score in pairs]
        share, total = (gap << 16) // (self.time_ms + gap), sum(weights)
        for (c, _), weight in zip(pairs, weights, strict=True):
            step = share * ((weight << 30) // total - slot.shares[c])
            slot.shares[c] += step + 32768 >> 16


class _Slot:
    """What is known of one track.

    Attributes:
        shares: probability of each class, times 2^30.
        time_ms: of its last vote, at first of the frame in which it was seen first.
    """

    def __init__(self, classes: int, time_ms: int) -> None:
        self.shares, self.time_ms = [KEPT_ONE // classes] * classes, time_ms
