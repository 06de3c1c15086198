"""What stages that follow things share, in integers: overlap of boxes, steps of time, and whose a mark is.

firmware/src/following.c computes the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

Box = tuple[int, int, int, int]
"""Left, top, width, height in frame px times 256."""
REACH = 1 << 24
"""Coordinates and sides are limited to this, 65,536 px: no product leaves 64 bits."""
MOST_TRACKS = 16
MOST_GAP_MS = 1000
"""A longer step of time counts as this long."""
SCORE_IN_SIGHT = 1
"""Lowest score of a track in sight; 0 says that it is out of sight."""
LOST = 2
"""Rank of a track out of sight; those in sight have lower ones."""


def limited(value: int, reach: int = REACH) -> int:
    """A value within the reach, either way."""
    return min(max(value, -reach), reach)


def box_of(item: Sequence[int]) -> Box:
    """The box that an item begins with, limited."""
    left, top, width, height = item[:4]
    return limited(left), limited(top), min(max(width, 0), REACH), min(max(height, 0), REACH)


def middle2(box: Box) -> tuple[int, int]:
    """Twice the middle of a box."""
    return 2 * box[0] + box[2], 2 * box[1] + box[3]


def lies_in(box: Box, width: int, height: int) -> bool:
    """Whether some of a limited box lies in a frame of this size in px, and it is at most twice and at least
    a sixty-fourth as long as that: marks that mislead each other make boxes that are not."""
    longer, frame = max(box[2], box[3]), 256 * max(width, height)
    inside = box[0] < 256 * width and box[1] < 256 * height and box[0] + box[2] > 0 and box[1] + box[3] > 0
    return inside and longer <= 2 * frame and 64 * longer >= frame


def overlap_q16(a: Box, b: Box) -> int:
    """What two limited boxes share of what they cover together, times 65536; measured in 1/16 px."""
    shared = _shared(a, b)
    both = _area(a) + _area(b) - shared
    return (shared << 16) // both if shared else 0


def covers(front: Box, back: Box) -> bool:
    """Whether a limited box covers a quarter of another one at least; measured in 1/16 px."""
    shared = _shared(front, back)
    return shared > 0 and 4 * shared >= _area(back)


def lies_within(inner: Box, outer: Box) -> bool:
    """Whether more than seven eighths of a limited box lie in another one; measured in 1/16 px."""
    return 8 * _shared(inner, outer) > 7 * _area(inner)


def _shared(a: Box, b: Box) -> int:
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return (width >> 4) * (height >> 4) if width > 0 and height > 0 else 0


def _area(box: Box) -> int:
    return (box[2] >> 4) * (box[3] >> 4)


def gap_ms(now_ms: int, then_ms: int) -> int:
    """Milliseconds from then to now on a clock of 32 bits, at most MOST_GAP_MS; 0 where it went back."""
    gap = (now_ms - then_ms) % 2**32
    return 0 if gap >= 2**31 else min(gap, MOST_GAP_MS)


class Claim(IntEnum):
    """What a track's mark says."""

    REFUSED = 0
    """Nothing is there."""
    OWN = 1
    OTHERS = 2
    """It landed on what another track follows."""


def claims(
    boxes: Sequence[Box], ranks: Sequence[int], marks: Sequence[Sequence[int]], presence: int, same_q16: int
) -> list[Claim]:
    """Whose each mark is. Of two that landed on one thing the track with the lower rank keeps its own, of
    equal ones that whose mark lies nearer to where it was expected, and then the first. A lost track's mark
    that lies within that of one in sight landed there, too: on a part of it.

    Args:
        boxes: where each track was expected.
        ranks: of each track, LOST that of the lost ones.
        marks: item of each, a box with its score.
        presence: lowest score of a mark that is something.
        same_q16: two marks that overlap more are of one thing, times 65536.
    """
    found = [Claim.OWN if mark[4] >= presence else Claim.REFUSED for mark in marks]
    landed = [box_of(mark) for mark in marks]

    def is_part(one: int, other: int) -> bool:
        return ranks[one] == LOST > ranks[other] and lies_within(landed[one], landed[other])

    for i in range(len(marks)):
        for j in range(i):
            if found[i] != Claim.OWN:
                break
            if found[j] == Claim.OWN and (
                overlap_q16(landed[i], landed[j]) > same_q16 or is_part(i, j) or is_part(j, i)
            ):
                keeps_j = (ranks[j], far(boxes[j], landed[j])) <= (ranks[i], far(boxes[i], landed[i]))
                found[i if keeps_j else j] = Claim.OTHERS
    return found


def far(a: Box, b: Box) -> int:
    """Squared distance of two boxes' middles, in 1/512 px."""
    (ax, ay), (bx, by) = middle2(a), middle2(b)
    return (ax - bx) ** 2 + (ay - by) ** 2


def in_reach(lost: Box, velocity: Sequence[int], found: Box, gap: int) -> bool:
    """Whether what was expected in one box may be what is found in the other: it was out of sight for so many
    milliseconds, in which it may have come half a side, a quarter more a second, and as far again as its
    velocity (1/256 px a second) says away from where it was expected, along each axis; and its longer side is
    between 5/8 and 8/5 of what it was."""
    side, other = max(lost[2], lost[3]), max(found[2], found[3])
    if 5 * side > 8 * other or 5 * other > 8 * side:
        return False
    return all(
        1000 * abs(a - b) <= side * (1000 + gap // 2) + 2 * abs(speed) * gap
        for a, b, speed in zip(middle2(lost), middle2(found), velocity, strict=True)
    )
