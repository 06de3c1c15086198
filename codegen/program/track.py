"""One followed thing: where it is, how it moves, and whether it is in sight.

codegen/program/decoders/tracks.py keeps them from frame to frame; firmware/src/decode_tracks.c computes the
same.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from codegen.program.decoders import Item
from codegen.program.following import LOST, SCORE_IN_SIGHT, Box, gap_ms, limited, middle2

YOUNG = 3
"""A track whose velocity was measured less often goes where it turns out to be another one's double."""


@dataclass
class Track:
    """What is known of one track.

    Attributes:
        box, eyes: where it is, or is expected.
        velocity: of its middle in 1/256 px a second.
        unseen, covered, refused: frames in a row without sight; with a mark on another's; marks below the
            presence.
        moves: how often its velocity was measured.
        marked: whether a mark ever was its own.
        sighted, hidden: what the frame in work said.
    """

    identity: int
    box: Box
    seen_ms: int
    eyes: list[int] = field(default_factory=lambda: [0] * 4)
    velocity: list[int] = field(default_factory=lambda: [0, 0])
    score: int = SCORE_IN_SIGHT
    unseen: int = 0
    covered: int = 0
    refused: int = 0
    moves: int = 0
    marked: bool = False
    sighted: bool = False
    hidden: bool = False

    @property
    def in_sight(self) -> bool:
        return not self.unseen and not self.covered

    @property
    def rank(self) -> int:
        if not self.in_sight:
            return LOST
        return 1 if self.moves < YOUNG else 0

    def see(self, box: Box, score: int, now_ms: int, eyes: list[int], mingled: bool = False) -> None:
        """It is here; half of what its velocity missed corrects that, at first all of it; a sixteenth where
        it mingles with another one, whose marks draw its own along."""
        gap = gap_ms(now_ms, self.seen_ms)
        if gap:
            for axis in (0, 1):
                missed = (middle2(box)[axis] - middle2(self.box)[axis]) * 500 // gap
                step = missed >> (4 if mingled else 1) if self.moves else missed
                self.velocity[axis] = limited(self.velocity[axis] + step)
            self.moves = min(self.moves + 1, YOUNG)
        self.box, self.eyes, self.seen_ms = box, eyes, now_ms
        self.score = max(SCORE_IN_SIGHT, score)
        self.unseen = self.covered = 0
        self.sighted = True

    def move(self, gap: int) -> None:
        """Where it is expected so many milliseconds later."""
        dx, dy = ((v * gap + 500) // 1000 for v in self.velocity)
        self.box = limited(self.box[0] + dx), limited(self.box[1] + dy), self.box[2], self.box[3]
        self.eyes = [limited(value + (dy if n % 2 else dx)) for n, value in enumerate(self.eyes)]

    def item(self, with_eyes: bool) -> Item:
        score = self.score if self.in_sight else 0
        return (*self.box, score, self.identity, *(self.eyes if with_eyes else ()))
