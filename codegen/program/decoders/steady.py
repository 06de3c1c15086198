"""Holds the points and the box of each track steady: One-Euro (Casiez 2012) or Kalman filters in fixed point.

Positions are kept in frame px times 65536, speeds in frame px a second times 256. The frame's own time is the
clock. Speeds and the noise of a measurement count in sides of the thing, the longer side of its box: one
setting fits near and far ones.

The Kalman filter watches its innovations, by what marks are off where it expected them (Bar-Shalom, Li and
Kirubarajan 2001, chapter 11). All points share one covariance, so their mean square tells a manoeuvre from
noise: where it exceeds the gate, the speed has changed by a step since the last mark, and its variance rises
until the innovation is within. The noise is learned from the same squares: of any network, camera and size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from numpy.typing import NDArray

from codegen.errors import ModelError
from codegen.program.decoders import At, Decoder, Item, Seen, StageTold, Work, reads_nothing, register
from codegen.program.decoders.boxes import SCORE_ONE, SCORES, SHARES
from codegen.program.facts import Facts
from codegen.program.following import (
    LOST,
    MOST_GAP_MS,
    MOST_TRACKS,
    SCORE_IN_SIGHT,
    Claim,
    box_of,
    claims,
    limited,
    middle2,
)
from codegen.program.picture import Region
from codegen.program.records import BOX_VALUES, Kind
from codegen.program.spec import InputSpec, InputTensor

TAU_Q16 = 411775
"""A full turn, 2 pi, times 65536."""
ONE = 1 << 16
MOST_FACTOR = 1 << 24
"""Of a parameter, 256 times 65536."""
PLACE_Q8, SPEED_Q8, COVARIANCE_Q16, SPEED_COVARIANCE_Q16 = 1 << 22, 1 << 26, 1 << 36, 1 << 46
"""Limits of positions (16,384 px), speeds, covariances and that of speeds: no product leaves 64 bits."""
MOST_STEP_Q16, MOST_GAIN_Q16, MOST_SQUARE_Q16 = 1 << 26, 1 << 26, 1 << 54
"""Of a manoeuvre, in variances of a measurement; of a speed's gain, 1/s; and of a normalised square."""
FIRST_NOISE, LEAST_NOISE, MOST_NOISE = 100, 400, 50
"""A side over the deviation of a measurement: taken at a track's first mark, and its limits thereafter."""
LEARN_SHIFT = 5
"""A mark's square counts as 1/32 in the variance of a measurement."""
LEAST_GATE_Q8, MOST_GATE_Q8 = 1 << 8, 1 << 24
FACTORS, AGILITIES, GATES = (0, 256), (0, 2896), (1, 256)
"""Least and most of keys that state them: what is kept of agility and gate is their square."""
MOST_POINTS = 4095
LEAST_SIDE_Q8 = 256
BOX_CHANNELS = 4
SLOT_BYTES, CHANNEL_BYTES = 48, 8
FILTERS = ("one-euro", "kalman")


class Method(IntEnum):
    """How a channel is filtered."""

    ONE_EURO = 0
    KALMAN = 1


@register
@dataclass(frozen=True)
class Steady(Decoder):
    """Tracks of the stage `beside` with all points that the stage `of` marks on them, filtered.

    Attributes:
        points: of a mark.
        presence: lowest score of a mark that counts as sight.
        same_q16: two tracks' marks that overlap more are of one thing, times 65536.
        method: which filter.
        cutoff_q16: lowest cut-off frequency in Hz times 65536 (One-Euro).
        slope_q16: by how much it rises in Hz for a speed of 1 side a second, times 65536 (One-Euro).
        speed_cutoff_q16: cut-off frequency of the speed itself (One-Euro).
        agility_q8: square of the deviation of the acceleration (sides a second squared) over that of a
            measurement (sides), times 256, without a manoeuvre (Kalman).
        gate_q8: square of how many deviations an innovation has before it is a manoeuvre, times 256 (Kalman).
    """

    points: int
    presence: int
    same_q16: int
    method: Method
    cutoff_q16: int
    slope_q16: int
    speed_cutoff_q16: int
    agility_q8: int
    gate_q8: int

    NAME = "steady"
    KIND = Kind.TRACKS

    def __post_init__(self) -> None:
        fits = (
            1 <= self.points <= MOST_POINTS
            and -(2**31) <= self.presence < 2**31
            and 0 <= self.same_q16 <= ONE
            and all(0 <= f <= MOST_FACTOR for f in (self.cutoff_q16, self.slope_q16, self.speed_cutoff_q16))
            and 0 <= self.agility_q8 < 2**31
            and LEAST_GATE_Q8 <= self.gate_q8 <= MOST_GATE_Q8
        )
        if not fits:
            raise ModelError("a field of the decoder is out of range", "steady", "Correct the program.")

    @classmethod
    def from_facts(cls, facts: Facts, outputs: Sequence[InputTensor]) -> Steady:
        """`points` of a mark, `filter` ("one-euro" or "kalman"), `presence`, `same`; `cutoff`, `slope` and
        `speed_cutoff` of the one, `agility` and `gate` of the other.

        Raises:
            ModelError: as Decoder.from_facts.
        """
        name = facts.text("filter", FILTERS[0], FILTERS)
        return cls(
            points=facts.integer("points", None, (1, MOST_POINTS)),
            presence=round(facts.number("presence", 0.0, SCORES) * SCORE_ONE),
            same_q16=round(facts.number("same", 0.5, SHARES) * ONE),
            method=Method(FILTERS.index(name)),
            cutoff_q16=round(facts.number("cutoff", 0.1, FACTORS) * ONE),
            slope_q16=round(facts.number("slope", 5.0, FACTORS) * ONE),
            speed_cutoff_q16=round(facts.number("speed_cutoff", 0.4, FACTORS) * ONE),
            agility_q8=round(facts.number("agility", 0.5, AGILITIES) ** 2 * 256),
            gate_q8=round(facts.number("gate", 2.0, GATES) ** 2 * 256),
        )

    @property
    def channels(self) -> int:
        """What is filtered: left, top, width and height of the box, x and y of each point."""
        return BOX_CHANNELS + 2 * self.points

    @property
    def width(self) -> int:
        """A box with score and identity, and all points."""
        return BOX_VALUES + 2 * self.points

    @property
    def parameters(self) -> tuple[int, ...]:
        """As firmware/src/decode_steady.c names them."""
        return (
            self.points, self.presence, self.same_q16, int(self.method), self.cutoff_q16, self.slope_q16,
            self.speed_cutoff_q16, self.agility_q8, self.gate_q8,
        )  # fmt: skip

    def state_bytes(self, most: int) -> int:
        """Of each track a head, and position and speed of each channel."""
        return most * (SLOT_BYTES + CHANNEL_BYTES * self.channels)

    def check(self, outputs: Sequence[InputTensor], where: str) -> None:
        """Reads no outputs.

        Raises:
            ModelError: always.
        """
        stages = "the stage that marks in `of`, the one that follows in `beside`."
        raise reads_nothing(type(self), where, stages)

    def check_stages(self, stage: StageTold, of: StageTold | None, beside: StageTold | None, at: At) -> None:
        """Wants marks of so many points in `of`, and in `beside` the stage whose items they are of.

        Raises:
            ModelError: it names others.
        """
        if of is None or of.decoder.KIND != Kind.BOXES or of.decoder.width != self.width:
            raise ModelError(
                f"it holds {self.points} points steady",
                at("of"),
                "Name a stage that marks so many in `of`, or state their number in `points`.",
            )
        if beside is None or beside.decoder.KIND != Kind.TRACKS or of.of != beside.name:
            raise ModelError(
                f"{of.name} marks the items of {of.of or 'no stage'}",
                at("beside"),
                "Name in `beside` the stage whose tracks it marks.",
            )
        if stage.most > MOST_TRACKS or stage.most < beside.most:
            raise ModelError(
                f"its record holds {stage.most} tracks, {beside.name} follows {beside.most}",
                at("most"),
                f"Use the `most` of {beside.name}, at most {MOST_TRACKS}.",
            )

    def decode(self, outputs: Sequence[NDArray[Any]], region: Region, source: InputSpec) -> Sequence[Item]:
        """Nothing: there is no network."""
        return ()

    def work(self, seen: Seen, state: dict[str, Any]) -> Work:
        """One frame of all tracks: those that were never marked are not told."""
        marks, tracks = seen.of, seen.beside
        assert tracks is not None
        known: dict[int, _Slot] = state.get("slots", {})
        items, slots, found = [], dict[int, _Slot](), [Claim.REFUSED] * tracks.count
        if marks.frame == seen.frame and marks.count == tracks.count and tracks.count <= MOST_TRACKS:
            boxes = [box_of(track) for track in tracks.items]
            ranks = [0 if track[4] > 0 else LOST for track in tracks.items]
            found = claims(boxes, ranks, marks.items, self.presence, self.same_q16)
        for n, track in enumerate(tracks.items[: seen.most]):
            slot, own = known.get(track[5]), found[n] == Claim.OWN
            if track[5] <= 0 or (slot is None and not own):
                continue
            middle = middle2(box_of(track))
            if own:
                gap = MOST_GAP_MS + 1 if slot is None else (seen.time_ms - slot.time_ms) % 2**32
                values = self._values(marks.items[n])
                if slot is None or gap > MOST_GAP_MS:
                    slot = _Slot(self, values)
                elif self.method == Method.KALMAN:
                    slot.kalman(values, gap, self)
                else:
                    slot.one_euro(values, gap, self)
            else:
                assert slot is not None
                slot.shift(middle)
            slot.time_ms, slot.middle = seen.time_ms, middle
            score = max(marks.items[n][4], SCORE_IN_SIGHT) if own else 0
            told = [x + 128 >> 8 for x in slot.places]
            items.append((*told[:BOX_CHANNELS], score, track[5], *told[BOX_CHANNELS:]))
            slots[track[5]] = slot
        state["slots"] = slots
        return Work(items)

    @staticmethod
    def _values(mark: Item) -> list[int]:
        """The channels of a mark in px times 256, limited."""
        sides = [min(max(side, 0), PLACE_Q8) for side in mark[2:4]]
        return [
            *(limited(v, PLACE_Q8) for v in mark[:2]),
            *sides,
            *(limited(v, PLACE_Q8) for v in mark[BOX_VALUES:]),
        ]


class _Slot:
    """Filters of one track, which begin at a mark.

    Attributes:
        places: of each channel, px times 65536.
        speeds: px a second times 256.
        covariance: of place, both, speed, in units of a measurement's variance and seconds, times 65536.
        noise: that variance, px squared times 65536.
        time_ms: of the last frame.
        middle: twice that of its track's box there.
    """

    def __init__(self, decoder: Steady, values: Sequence[int]) -> None:
        self.places = [value << 8 for value in values]
        self.speeds = [0] * len(values)
        self.covariance = (ONE, 0, decoder.agility_q8 << 8)
        self.noise = _side_q8(values) ** 2 // FIRST_NOISE**2
        self.time_ms, self.middle = 0, (0, 0)

    def one_euro(self, values: Sequence[int], gap: int, decoder: Steady) -> None:
        """A mark so many milliseconds after the last frame."""
        if not gap:
            return
        turns = TAU_Q16 * gap // 1000
        of_speed = _share(decoder.speed_cutoff_q16, turns)
        a_side = (1 << 32) // _side_q8(values)
        for n, value in enumerate(values):
            off = (value << 8) - self.places[n]
            speed = limited(off * 1000 // (gap << 8), SPEED_Q8)
            self.speeds[n] += of_speed * (speed - self.speeds[n]) + 32768 >> 16
            rise = (abs(self.speeds[n]) * a_side >> 16) * decoder.slope_q16 >> 16
            self.places[n] += _share(min(decoder.cutoff_q16 + rise, MOST_FACTOR), turns) * off + 32768 >> 16

    def kalman(self, values: Sequence[int], gap: int, decoder: Steady) -> None:
        """A mark so many milliseconds after the last frame: constant velocity, one covariance for all."""
        dt = (gap * ONE + 500) // 1000
        pp, pv, vv = self._expected(dt, decoder.agility_q8)
        places = [
            limited(place + (speed * dt >> 8), PLACE_Q8 << 8)
            for place, speed in zip(self.places, self.speeds, strict=True)
        ]
        offs = [(value << 8) - place for value, place in zip(values, places, strict=True)]
        step = self._step(values, offs, pp + ONE, decoder.gate_q8)
        if gap:
            at_once = (step << 16) // dt
            pp = min(pp + step, COVARIANCE_Q16)
            pv = limited(pv + at_once, COVARIANCE_Q16)
            vv = min(vv + (at_once << 16) // dt, SPEED_COVARIANCE_Q16)
        of_place, of_speed = (pp << 16) // (pp + ONE), limited((pv << 16) // (pp + ONE), MOST_GAIN_Q16)
        self.covariance = (
            pp - (of_place * pp >> 16),
            pv - (of_place * pv >> 16),
            max(vv - (of_speed * pv >> 16), 0),
        )
        for n, (place, off) in enumerate(zip(places, offs, strict=True)):
            self.places[n] = place + (of_place * off + 32768 >> 16)
            self.speeds[n] = limited(self.speeds[n] + (of_speed * (off >> 8) >> 16), SPEED_Q8)

    def _expected(self, dt: int, agility_q8: int) -> tuple[int, int, int]:
        """The covariance so many seconds later, times 65536: the acceleration is constant between marks."""
        pp, pv, vv = self.covariance
        q22 = (agility_q8 * dt >> 16) * dt >> 8
        q12 = (q22 * dt >> 16) >> 1
        pp = pp + 2 * (pv * dt >> 16) + ((vv * dt >> 16) * dt >> 16) + ((q12 * dt >> 16) >> 1)
        pv = limited(pv + (vv * dt >> 16) + q12, COVARIANCE_Q16)
        return min(max(pp, 0), COVARIANCE_Q16), pv, min(vv + q22, SPEED_COVARIANCE_Q16)

    def _step(self, values: Sequence[int], offs: Sequence[int], variance: int, gate_q8: int) -> int:
        """By how much a manoeuvre raises the variance of an innovation, so that it is in the gate; 0: it was
        noise. Learns the noise.

        Args:
            offs: innovations, px times 65536.
            variance: of one without a manoeuvre; it and the result in those of a measurement, times 65536.
        """
        square = sum((off >> 8) ** 2 for off in offs[BOX_CHANNELS:]) // (len(offs) - BOX_CHANNELS)
        normalised = min((square << 16) // self.noise, MOST_SQUARE_Q16)
        step = min(max((normalised << 8) // gate_q8 - variance, 0), MOST_STEP_Q16)
        learned = min((square << 16) // variance, gate_q8 * self.noise >> 8)
        noise = self.noise + (learned - self.noise + (1 << LEARN_SHIFT - 1) >> LEARN_SHIFT)
        side2 = _side_q8(values) ** 2
        self.noise = min(max(noise, side2 // LEAST_NOISE**2, 1), side2 // MOST_NOISE**2)
        return step

    def shift(self, middle: tuple[int, int]) -> None:
        """It is out of sight: everything goes where its box goes."""
        for axis in (0, 1):
            step = (middle[axis] - self.middle[axis]) << 7
            for n in (axis, *range(BOX_CHANNELS + axis, len(self.places), 2)):
                self.places[n] = limited(self.places[n] + step, PLACE_Q8 << 8)


def _side_q8(values: Sequence[int]) -> int:
    """The longer side of a mark's box, px times 256."""
    return max(values[2], values[3], LEAST_SIDE_Q8)


def _share(cutoff_q16: int, turns_q16: int) -> int:
    """Of a step that a low-pass filter lets through, times 65536: 1 / (1 + 1 / (2 pi f dt))."""
    w = cutoff_q16 * turns_q16 >> 16
    return (w << 16) // (w + ONE)
