"""What a network keeps of each track is that track's own, in C as in the reference."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codegen.errors import ModelError
from codegen.program import kept
from codegen.program.kept import Kept, kept_bytes
from codegen.program.records import BOX_VALUES, Kind, Record
from codegen.program.reference import NetworkRun, Reference
from codegen.program.stages import NetworkFacts, Scale, Source
from codegen.program_report import stage_state_bytes
from tests.codegen.program.built import Built, told_by
from tests.toys.programs import PROGRAMS, remembering_network

SEE, FOLLOW = 2, 1


def tracks(*identities: int) -> list[Record]:
    """The records of the program when these are followed."""
    items = tuple((0, 0, 256, 256, 1, identity) + (0,) * 4 for identity in identities)
    return [
        Record(Kind.BOXES, BOX_VALUES + 4),
        Record(Kind.TRACKS, BOX_VALUES + 4, items),
        Record(Kind.CLASSES, 10),
        Record(Kind.VOTES, BOX_VALUES + 2),
    ]


@pytest.fixture
def store() -> Kept:
    """Room for three tracks."""
    program, graphs = PROGRAMS["remembered"]()
    return Kept(program, program.stages[SEE], graphs[1])


def note(store: Kept, records: list[Record], number: int, value: int) -> None:
    store[store.slot(records, number)] = [np.full((1, 5), value, np.int8)]


def noted(store: Kept, records: list[Record], number: int) -> int:
    return int(store[store.slot(records, number)][0][0, 0])


def test_each_track_finds_its_own_again_wherever_it_stands(store: Kept) -> None:
    for number, value in enumerate((10, 20, 30)):
        note(store, tracks(1, 2, 3), number, value)
    assert [noted(store, tracks(3, 1, 2), number) for number in range(3)] == [30, 10, 20]
    assert noted(store, tracks(2), 0) == 20


def test_a_new_track_begins_anew_where_another_is_no_more(store: Kept) -> None:
    for number, value in enumerate((10, 20, 30)):
        note(store, tracks(1, 2, 3), number, value)
    records = tracks(1, 4, 3)
    assert [noted(store, records, number) for number in range(3)] == [10, 3, 30]
    note(store, records, 1, 40)
    assert [noted(store, tracks(1, 2, 4), number) for number in range(3)] == [10, 3, 40]  # 2 was forgotten


def test_a_track_that_rests_is_remembered_while_there_is_room(store: Kept) -> None:
    for identity in (1, 2, 3):
        note(store, tracks(identity), 0, 10 * identity)
    assert [noted(store, tracks(2, 1, 3), number) for number in range(3)] == [20, 10, 30]
    note(store, tracks(4), 0, 40)  # takes the first place of one that is not in sight
    assert [noted(store, tracks(2, 3, 4), number) for number in range(3)] == [20, 30, 40]
    assert noted(store, tracks(1, 2, 4), 0) == 3


def test_what_has_no_identity_is_not_remembered(store: Kept) -> None:
    note(store, tracks(0), 0, 10)
    assert noted(store, tracks(0), 0) == 3


def frames(count: int) -> list[np.ndarray]:
    """Noise that changes every few frames, so that tracks begin, last and end."""
    random = np.random.default_rng(5)
    drawn = [random.integers(0, 256, (48, 64)).astype(np.uint8) for _ in range(1 + count // 4)]
    return [drawn[n // 4] if n % 7 else np.zeros((48, 64), np.uint8) for n in range(count)]


def test_c_keeps_what_the_reference_keeps(tmp_path: Path) -> None:
    program, graphs = PROGRAMS["remembered"]()
    built, reference = Built(tmp_path, program, graphs), Reference(program, graphs)
    seen, most = set[int](), 0
    for number, pixels in enumerate(frames(40)):
        assert built.frame(pixels, 100 * number) == told_by(reference, pixels, 100 * number)
        identities = [item[5] for item in reference.records[FOLLOW].items]
        seen.update(identities)
        most = max(most, len(identities))
    assert most > 1
    assert len(seen) > program.stages[FOLLOW].most  # places were used again
    for stage in (SEE, 255):
        built.reset(stage)
        reference.reset()
        if stage == SEE:
            built.reset()
        pixels = frames(1)[0]
        assert built.frame(pixels) == told_by(reference, pixels)


def runs_of(reference: Reference) -> list[bytes]:
    """What the classifier says over all frames."""
    said = []
    for number, pixels in enumerate(frames(12)):
        for event in reference.frame(pixels, 100 * number):
            if isinstance(event, NetworkRun) and event.stage == SEE:
                said.append(event.outputs[0].tobytes())
    return said


def test_one_place_for_all_would_mix_tracks(monkeypatch: pytest.MonkeyPatch) -> None:
    program, graphs = PROGRAMS["remembered"]()
    own = runs_of(Reference(program, graphs))
    monkeypatch.setattr(kept, "followed_by", lambda program, stage: None)
    shared = runs_of(Reference(program, graphs))
    assert own[0] == shared[0]
    assert own != shared


def test_what_is_kept_takes_room_for_each_track() -> None:
    program, graphs = PROGRAMS["remembered"]()
    see = program.stages[SEE]
    assert kept_bytes(program, see, graphs[1]) == 3 * (4 + 5)
    assert kept_bytes(program, see, None) == 0
    single, (keeper,) = PROGRAMS["memory"]()
    assert kept_bytes(single, single.stages[0], keeper) == 4 + 12
    record = 4 * see.most * see.decoder.width
    assert stage_state_bytes(program, see, remembering_network()) == -(-record // 16) * 16 + 32


@pytest.mark.parametrize(
    "changes",
    [{"of": "find"}, {"source": Source.WHOLE, "of": "", "scales": (Scale(128, 2, 2),), "upright": None}],
)
def test_what_nobody_follows_is_not_remembered(changes: dict[str, Any]) -> None:
    program, graphs = PROGRAMS["remembered"]()
    find, follow, see, vote = program.stages
    mixed = replace(program, stages=(find, follow, replace(see, most=9, **changes), vote))
    with pytest.raises(ModelError, match="several things that nobody follows"):
        mixed.check([NetworkFacts.of(graph) for graph in graphs])


def test_what_was_voted_on_is_followed(tmp_path: Path) -> None:
    """A stage that looks at votes has their tracks."""
    program, graphs = PROGRAMS["remembered"]()
    find, follow, see, vote = program.stages
    again = replace(see, name="again", of="vote", upright=None)
    longer = replace(program, stages=(find, follow, see, vote, again))
    longer.check([NetworkFacts.of(graph) for graph in graphs])
    assert kept_bytes(longer, again, graphs[1]) == 3 * (4 + 5)
    built, reference = Built(tmp_path, longer, graphs), Reference(longer, graphs)
    for number, pixels in enumerate(frames(12)):
        assert built.frame(pixels, 100 * number) == told_by(reference, pixels, 100 * number)
