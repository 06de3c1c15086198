"""Follows what another stage finds from frame to frame: identities by overlap and constant velocity.

The greedy matching is that of Bochinski 2017 (boxes that overlap most are the same thing), between detections
and where each track is expected by its velocity. A stage beside it may mark each track anew in every frame;
then detections are needed only for what is new or out of sight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from codegen.errors import ModelError
from codegen.program.decoders import At, Decoder, Item, Seen, StageTold, Work, reads_nothing, register
from codegen.program.decoders.boxes import SCORE_ONE, SCORES, SHARES
from codegen.program.facts import Facts
from codegen.program.following import (
    MOST_TRACKS,
    Box,
    Claim,
    box_of,
    claims,
    covers,
    far,
    gap_ms,
    in_reach,
    lies_in,
    limited,
    overlap_q16,
)
from codegen.program.picture import Region
from codegen.program.records import BOX_VALUES, Kind, Record
from codegen.program.spec import InputSpec, InputTensor
from codegen.program.track import YOUNG, Track

MOST_FOUND = 32
"""So many items of a detector's record are looked at, the best first."""
MOST_POINT = 4095
FRAMES = (0, 255)
UNSURE = 2
"""A track that no mark ever confirmed ends when it was refused so often and is not detected either."""
HEAD_WORDS, TRACK_WORDS = 4, 18
Range = tuple[int, int]
"""The first and last of some points, whose mean counts."""


@register
@dataclass(frozen=True)
class Tracks(Decoder):
    """Tracks of the boxes of a stage, by default with the middle of each eye as key points.

    Attributes:
        overlap_q16: a detection and a track that overlap more are one thing, times 65536.
        same_q16: two tracks' marks that overlap more are of one thing, times 65536.
        birth: lowest score of a detection that becomes a track.
        presence: lowest score of a mark that counts as sight.
        patience: frames in a row without sight that a track survives.
        cover: frames in a row that it survives while its marks land on what another track follows, or while
            nothing is seen where that is in front of it.
        refusals: so many marks in a row below the presence end a track.
        eyes: key points of a detection that become those of a track.
        left, right: points of a mark whose means become them.
    """

    overlap_q16: int
    same_q16: int
    birth: int
    presence: int
    patience: int
    cover: int
    refusals: int
    eyes: tuple[int, int] | None
    left: Range
    right: Range

    NAME = "tracks"
    KIND = Kind.TRACKS

    def __post_init__(self) -> None:
        points = [*(self.eyes or (0, 0)), *self.left, *self.right]
        fits = (
            0 <= self.overlap_q16 <= 65536
            and 0 <= self.same_q16 <= 65536
            and all(-(2**31) <= score < 2**31 for score in (self.birth, self.presence))
            and 0 <= self.patience <= 255
            and 0 <= self.cover <= 255
            and 1 <= self.refusals <= 255
            and all(0 <= point <= MOST_POINT for point in points)
            and self.left[0] <= self.left[1]
            and self.right[0] <= self.right[1]
        )
        if not fits:
            raise ModelError("a field of the decoder is out of range", "tracks", "Correct the program.")

    @classmethod
    def from_facts(cls, facts: Facts, outputs: Sequence[InputTensor]) -> Tracks:
        """`overlap`, `same`, `birth`, `presence`, `patience`, `cover`, `refusals`, `eyes`, `left`, `right`:
        scores in real values, shares from 0 to 1, points as numbers; all have a usual value.

        Raises:
            ModelError: as Decoder.from_facts.
        """
        patience = facts.integer("patience", 5, FRAMES)
        return cls(
            overlap_q16=round(facts.number("overlap", 0.25, SHARES) * 65536),
            same_q16=round(facts.number("same", 0.5, SHARES) * 65536),
            birth=round(facts.number("birth", 0.0, SCORES) * SCORE_ONE),
            presence=round(facts.number("presence", 0.0, SCORES) * SCORE_ONE),
            patience=patience,
            cover=facts.integer("cover", min(4 * patience, 255), FRAMES),
            refusals=facts.integer("refusals", min(patience + 1, 255), (1, 255)),
            eyes=facts.pair("eyes", (0, MOST_POINT)) if "eyes" in facts else None,
            left=_points(facts, "left"),
            right=_points(facts, "right"),
        )

    @property
    def width(self) -> int:
        """A box with score and identity, and two key points where there are eyes."""
        return BOX_VALUES + (4 if self.eyes else 0)

    @property
    def parameters(self) -> tuple[int, ...]:
        """As firmware/src/decode_tracks.c names them."""
        eyes = self.eyes or (-1, -1)
        return (
            self.overlap_q16, self.same_q16, self.birth, self.presence, self.patience, self.cover,
            self.refusals, *eyes, *self.left, *self.right,
        )  # fmt: skip

    def state_bytes(self, most: int) -> int:
        """A head and what is known of each track."""
        return 4 * (HEAD_WORDS + TRACK_WORDS * most)

    def check(self, outputs: Sequence[InputTensor], where: str) -> None:
        """Reads no outputs.

        Raises:
            ModelError: always.
        """
        raise reads_nothing(type(self), where, "the stage that finds boxes in `of`.")

    def check_stages(self, stage: StageTold, of: StageTold | None, beside: StageTold | None, at: At) -> None:
        """Wants boxes in `of`, with the eyes among their key points, and marks of its own items in `beside`.

        Raises:
            ModelError: it names others, or follows too many.
        """
        if stage.most > MOST_TRACKS:
            raise ModelError(
                f"it follows at most {MOST_TRACKS} things, not {stage.most}", at("most"), "Lower its `most`."
            )
        _check_points(of, "of", {"eyes": self.eyes or ()}, at)
        if beside is None:
            return
        _check_points(beside, "beside", {"left": self.left, "right": self.right} if self.eyes else {}, at)
        if beside.of != stage.name or not beside.has_network or beside.most < stage.most:
            raise ModelError(
                f"{beside.name} does not look at each of its {stage.most} items",
                at("beside"),
                f'Give {beside.name} `source = "items"`, `of = "{stage.name}"` and as large a `most`.',
            )

    def decode(self, outputs: Sequence[NDArray[Any]], region: Region, source: InputSpec) -> Sequence[Item]:
        """Nothing: there is no network."""
        return ()

    def work(self, seen: Seen, state: dict[str, Any]) -> Work:
        """One frame of all tracks."""
        tracks: list[Track] = state.get("tracks", [])
        frame, then_ms = state.get("frame", 0), state.get("time_ms", 0)
        marks, looked = seen.beside, seen.of.frame == seen.frame
        marked = bool(frame and marks and marks.frame == frame and marks.count == len(tracks))
        for track in tracks:
            track.sighted = track.hidden = False
        if marks is not None and marked:
            tracks = self._take_marks(tracks, marks, then_ms)
        for track in tracks:
            track.move(gap_ms(seen.time_ms, then_ms))
        if looked:
            self._take_found(tracks, seen, state)
        for track in tracks:
            if (marked or looked) and not track.sighted and not track.hidden:
                track.unseen += 1
        tracks = [t for t in tracks if self._stays(t, looked) and lies_in(t.box, *seen.size)]
        state |= {"tracks": tracks, "frame": seen.frame, "time_ms": seen.time_ms}
        unmoved = 0 if marks is None else -1
        asks = not tracks or any(not track.in_sight or track.moves == unmoved for track in tracks)
        return Work([track.item(bool(self.eyes)) for track in tracks], asks)

    def _stays(self, track: Track, looked: bool) -> bool:
        if track.marked:
            refused = track.refused >= self.refusals
        else:
            refused = track.refused >= UNSURE and looked and not track.sighted
        return track.unseen <= self.patience and track.covered <= self.cover and not refused

    def _take_marks(self, tracks: list[Track], marks: Record, then_ms: int) -> list[Track]:
        """Each track takes its own mark of the frame before; doubles that just began go."""
        found = claims(
            [track.box for track in tracks],
            [track.rank for track in tracks],
            marks.items,
            self.presence,
            self.same_q16,
        )
        stay = []
        for n, (track, mark, claim) in enumerate(zip(tracks, marks.items, found, strict=True)):
            if claim == Claim.OWN:
                mingled = self._is_covered(box_of(mark), marks, found, n)
                track.see(box_of(mark), mark[4], then_ms, self._eyes_of_mark(mark), mingled)
                track.marked, track.refused = True, 0
            elif claim == Claim.REFUSED and not (
                track.moves >= YOUNG and self._is_covered(track.box, marks, found, n)
            ):
                track.refused = min(track.refused + 1, 255)
            else:
                track.hidden = True
                track.covered += 1
                if track.moves < YOUNG:
                    continue
            stay.append(track)
        return stay

    @staticmethod
    def _is_covered(box: Box, marks: Record, found: Sequence[Claim], but: int) -> bool:
        """Whether the own mark of a track other than `but` covers a box."""
        return any(
            n != but and claim == Claim.OWN and covers(box_of(mark), box)
            for n, (mark, claim) in enumerate(zip(marks.items, found, strict=True))
        )

    def _take_found(self, tracks: list[Track], seen: Seen, state: dict[str, Any]) -> None:
        """Detections correct tracks that were not marked; those that are of none become tracks."""
        items = seen.of.items[:MOST_FOUND]
        boxes = [box_of(item) for item in items]
        free = [True] * len(items)
        visible = [track.in_sight for track in tracks]
        for first in (True, False):
            taken = [is_visible != first for is_visible in visible]
            while True:
                best, pair = self.overlap_q16, None
                for t, track in enumerate(tracks):
                    for d, box in enumerate(boxes):
                        if taken[t] or not free[d]:
                            continue
                        share = overlap_q16(track.box, box)
                        if share > best:
                            best, pair = share, (t, d)
                if pair is None:
                    break
                t, d = pair
                taken[t], free[d] = True, False
                if tracks[t].sighted:
                    continue
                rivals = [
                    n for n, track in enumerate(tracks)
                    if not taken[n] and self._only_here(track, boxes, free, d)
                ]  # fmt: skip
                for n in [t, *rivals] if rivals else []:
                    taken[n], tracks[n].hidden = True, True
                    tracks[n].covered += 1
                if not rivals:
                    tracks[t].see(boxes[d], items[d][4], seen.time_ms, self._eyes_of_found(items[d]))
            if first:
                for d, box in enumerate(boxes):
                    free[d] = free[d] and not self._is_explained(box, tracks, visible)
                self._take_only_places(tracks, items, free, seen.time_ms)
        self._find_again(tracks, items, free, seen.time_ms)
        for d, box in enumerate(boxes):
            known = any(overlap_q16(track.box, box) > self.overlap_q16 for track in tracks)
            if free[d] and not known and items[d][4] >= self.birth and len(tracks) < seen.most:
                state["last"] = state.get("last", 0) % (2**31 - 1) + 1
                track = Track(state["last"], box, seen.time_ms)
                track.see(box, items[d][4], seen.time_ms, self._eyes_of_found(items[d]))
                tracks.append(track)

    def _is_explained(self, box: Box, tracks: Sequence[Track], visible: Sequence[bool]) -> bool:
        """Whether a detection that no track took is of one in sight, and rather than of one out of sight."""
        seen = lost = 0
        for track, is_visible in zip(tracks, visible, strict=True):
            share = overlap_q16(track.box, box)
            seen, lost = (max(seen, share), lost) if is_visible else (seen, max(lost, share))
        return seen > self.overlap_q16 and seen >= lost

    def _take_only_places(
        self, tracks: Sequence[Track], items: Sequence[Item], free: list[bool], now_ms: int
    ) -> None:
        """A track that was lost and can be at one detection alone takes it from those that may be elsewhere,
        too: so more of them are somewhere, however near another one is expected."""
        while True:
            places = {
                t: self._places(track, items, free, now_ms)
                for t, track in enumerate(tracks)
                if not track.in_sight
            }
            contested = {d for where in places.values() if len(where) > 1 for d in where}
            only = [(t, where[0]) for t, where in places.items() if len(where) == 1 and where[0] in contested]
            if not only:
                return
            t, d = only[0]
            free[d] = False
            tracks[t].see(box_of(items[d]), items[d][4], now_ms, self._eyes_of_found(items[d]))

    def _places(self, track: Track, items: Sequence[Item], free: Sequence[bool], now_ms: int) -> list[int]:
        """Detections at which a track that was lost may be."""
        gap = gap_ms(now_ms, track.seen_ms)
        return [
            d
            for d, box in enumerate(map(box_of, items))
            if free[d]
            and items[d][4] >= self.birth
            and (
                overlap_q16(track.box, box) > self.overlap_q16
                or in_reach(track.box, track.velocity, box, gap)
            )
        ]

    def _find_again(
        self, tracks: Sequence[Track], items: Sequence[Item], free: list[bool], now_ms: int
    ) -> None:
        """What no track explains is rather one that was lost and may have come so far than a new one; the
        nearest pair first."""
        while True:
            pairs = [
                (far(track.box, box_of(item)), t, d)
                for t, track in enumerate(tracks)
                for d, item in enumerate(items)
                if not track.in_sight
                and free[d]
                and item[4] >= self.birth
                and in_reach(track.box, track.velocity, box_of(item), gap_ms(now_ms, track.seen_ms))
            ]
            if not pairs:
                return
            _, t, d = min(pairs)
            free[d] = False
            tracks[t].see(box_of(items[d]), items[d][4], now_ms, self._eyes_of_found(items[d]))

    def _only_here(self, track: Track, boxes: Sequence[Box], free: Sequence[bool], d: int) -> bool:
        """Whether a track overlaps this detection and no other free one: two that do may be behind one
        another, and both go on as they went."""
        near = [n for n, box in enumerate(boxes) if overlap_q16(track.box, box) > self.overlap_q16]
        return d in near and not any(free[n] for n in near if n != d)

    def _eyes_of_found(self, item: Item) -> list[int]:
        if self.eyes is None:
            return [0] * 4
        return [value for eye in self.eyes for value in _mean(item, (eye, eye))]

    def _eyes_of_mark(self, item: Item) -> list[int]:
        if self.eyes is None:
            return [0] * 4
        return [*_mean(item, self.left), *_mean(item, self.right)]


def _check_points(stage: StageTold | None, key: str, points: Mapping[str, Sequence[int]], at: At) -> None:
    """Wants a stage that finds boxes, with these among their key points.

    Args:
        key: that names the stage.
        points: by the decoder's keys that state them.
    """
    if stage is None or stage.decoder.KIND != Kind.BOXES:
        raise ModelError("it follows boxes", at(key), f"Name a stage that finds boxes in `{key}`.")
    there = (stage.decoder.width - BOX_VALUES) // 2
    for stated, numbers in points.items():
        if numbers and max(numbers) >= there:
            raise ModelError(
                f"point {max(numbers)} is none of the {there} of an item of {stage.name}",
                at(f"decoder.{stated}"),
                f"Name another in `{stated}`, or leave `eyes` out.",
            )


def _mean(item: Item, points: Range) -> tuple[int, int]:
    """The mean of some points of an item, rounded down."""
    x, y = (
        [limited(v) for v in item[BOX_VALUES + axis + 2 * points[0] : BOX_VALUES + 2 * points[1] + 2 : 2]]
        for axis in (0, 1)
    )
    return sum(x) // len(x), sum(y) // len(y)


def _points(facts: Facts, key: str) -> Range:
    """The first and last of some points, by default the first one of all."""
    if key not in facts:
        return 0, 0
    first, last = facts.pair(key, (0, MOST_POINT))
    if first > last:
        raise facts.wrong(f"{key} is {[first, last]}, and the first point comes behind the last", key)
    return first, last
