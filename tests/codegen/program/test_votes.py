"""The decoder that names tracks by votes: nothing at once, nothing unsure; C equals Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codegen.errors import ModelError
from codegen.program.decoders import Seen, Work
from codegen.program.decoders.votes import KEPT_ONE, STEPS, Votes
from codegen.program.facts import Facts
from codegen.program.records import NO_CLASS, VOTE_ONE, Kind, Record
from codegen.program.reference import Reference
from codegen.program.spec import InputTensor
from tests.codegen.program.built import Built, told_by
from tests.codegen.program.follower import InC, library
from tests.codegen.program.test_programs import frames
from tests.codegen.program.test_steady import tracked
from tests.toys.programs import PROGRAMS

SCORES = InputTensor("int8", (1, 3), 0.1, 7)
SURE, BOX = 9000, (2560, 2560, 20_000, 24_000)
HAPPY, SAD = (1, 60, 0, 0, 2, -40), (2, 50, 1, 20, 0, -90)
"""Index and score of each class, the best first."""


def votes(outputs: Sequence[InputTensor] = (SCORES,), **facts: object) -> Votes:
    return Votes.from_facts(Facts(facts, "toy"), outputs)


def probabilities(told: Sequence[int], temperature: float = 1.0) -> np.ndarray[Any, Any]:
    """Of each class, by float64 softmax."""
    logits = np.zeros(3)
    logits[list(told[::2])] = np.array(told[1::2]) * SCORES.scale / temperature
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()


class Faces:
    """Frames in which the same face is looked at, or the classifier rests."""

    def __init__(self, decoder: Votes) -> None:
        self.decoder, self.state, self.frame = decoder, dict[str, Any](), 0

    def see(self, time_ms: int, *tracks: tuple[int, int, Sequence[int]], rests: bool = False) -> Work:
        """Tracks: identity, score, what is told of it."""
        self.frame += 1
        told = Record(Kind.CLASSES, 6, tuple(tuple(t[2]) for t in tracks), self.frame - rests)
        of = Record(Kind.TRACKS, 6, tuple((*BOX, score, who) for who, score, _ in tracks), self.frame)
        return self.decoder.work(Seen(told, of, self.frame, time_ms, (320, 240), 3), self.state)


def test_a_face_is_named_when_votes_agree_for_long_enough() -> None:
    """The closed form: n equal votes, one every dt, go 1 - (T / (T + dt))^n of the way from all alike."""
    faces, named = Faces(votes(time_constant=1.0, sure=0.6)), []
    target = probabilities(HAPPY)
    for n in range(12):
        (item,) = faces.see(200 * n, (4, SURE, HAPPY)).items
        assert item[:6] == (*BOX, SURE, 4)
        expected = target[1] + (1 / 3 - target[1]) * (1 / 1.2) ** n
        assert abs(item[7] / VOTE_ONE - expected) < 1e-4
        named.append(item[6])
    assert named == [NO_CLASS] * named.count(NO_CLASS) + [1] * named.count(1)
    assert named.count(NO_CLASS) == next(
        n for n in range(99) if target[1] + (1 / 3 - target[1]) * (1 / 1.2) ** n >= 0.6
    )


def test_the_temperature_flattens_votes() -> None:
    for temperature in (0.5, 1.0, 3.0):
        weights = np.array(votes(temperature=temperature).weights_q16) / VOTE_ONE
        below = np.array([0, 60, 100])
        shares = weights[below] / weights[below].sum()
        assert np.abs(shares - probabilities(HAPPY, temperature)[[1, 0, 2]]).max() < 1e-4


def test_one_other_vote_changes_no_name_and_many_do() -> None:
    faces = Faces(votes(time_constant=1.0, sure=0.7))
    times = iter(range(0, 100_000, 200))
    for _ in range(15):
        (item,) = faces.see(next(times), (1, SURE, HAPPY)).items
    assert item[6] == 1
    (item,) = faces.see(next(times), (1, SURE, SAD)).items
    assert item[6] == 1
    seen = [faces.see(next(times), (1, SURE, SAD)).items[0][6] for _ in range(15)]
    assert seen[-1] == 2
    assert NO_CLASS in seen  # between two names there is none


def test_one_vote_alone_names_none_of_seven_classes() -> None:
    """With the usual values, however sure it is and however long after the first frame it comes."""
    seven = replace(SCORES, shape=(1, 7), scale=1.0)
    faces = Faces(votes((seven,)))
    sure = (3, 127, *(value for c in (0, 1, 2, 4, 5, 6) for value in (c, -128)))
    (item,) = faces.see(0, (1, SURE, sure)).items
    (item,) = faces.see(9000, (1, SURE, sure)).items
    assert item[6] == NO_CLASS
    (item,) = faces.see(18_000, (1, SURE, sure)).items
    assert item[6] == 3


def test_where_the_classifier_rests_all_stays() -> None:
    faces = Faces(votes(sure=0.5))
    for n in range(9):
        (before,) = faces.see(300 * n, (1, SURE, HAPPY)).items
    for n in range(9, 20):
        assert faces.see(300 * n, (1, SURE, SAD), rests=True).items == [before]
    other = Faces(faces.decoder)
    kept = [faces.see(300 * 9 + 40, (1, SURE, HAPPY)).items[0][7], before[7]]
    assert kept[0] > kept[1]  # the time in which it rested counts, at most a second
    assert other.see(0, (1, SURE, HAPPY)).items[0][6] == NO_CLASS


def test_a_face_out_of_sight_is_not_named_and_not_forgotten() -> None:
    faces = Faces(votes(sure=0.5))
    for n in range(9):
        (before,) = faces.see(300 * n, (1, SURE, HAPPY)).items
    (hidden,) = faces.see(2700, (1, 0, SAD)).items
    assert hidden == (*BOX, 0, 1, NO_CLASS, before[7])
    (again,) = faces.see(2700, (1, SURE, HAPPY)).items
    assert again[6] == 1


def test_an_identity_that_went_is_forgotten() -> None:
    faces = Faces(votes(sure=0.5))
    for n in range(9):
        faces.see(300 * n, (1, SURE, HAPPY), (2, SURE, SAD))
    faces.see(2700, (2, SURE, SAD))
    one, two = faces.see(3000, (2, SURE, SAD), (1, SURE, HAPPY)).items
    assert (one[6], two[6:]) == (2, (NO_CLASS, VOTE_ONE // 3))


def test_a_clock_that_goes_back_counts_no_vote() -> None:
    faces = Faces(votes(sure=0.5))
    for n in range(9):
        (before,) = faces.see(5000 + 300 * n, (1, SURE, HAPPY)).items
    assert faces.see(100, (1, SURE, SAD)).items == [before]
    assert faces.see(100, (1, SURE, SAD)).items == [before]
    (after,) = faces.see(400, (1, SURE, SAD)).items
    assert after[7] < before[7]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> object:
    return library(tmp_path_factory.mktemp("votes"), "votes")


def drawn_votes(rng: np.random.Generator, classes: int, count: int, frame: int) -> Record:
    """Classes in any order with scores of 8 bits, or pairs at the ends of 32 bits."""
    items = []
    for _ in range(count):
        pairs = np.stack([rng.permutation(classes), rng.integers(-128, 128, classes)], 1)
        if rng.random() < 0.1:
            pairs = rng.integers(-(2**31), 2**31, (classes, 2))
        if rng.random() < 0.2:
            pairs[:, 0] = rng.integers(-1, classes + 1, classes)
        items.append(tuple(pairs.reshape(-1).tolist()))
    return Record(Kind.CLASSES, 2 * classes, tuple(items), frame)


@pytest.mark.parametrize("seed", range(10))
def test_the_c_votes_as_the_python_does(built: object, seed: int) -> None:
    """300 frames: any votes, clocks that stop, leap and go back, classifiers that rest, lists cut short."""
    rng = np.random.default_rng(seed)
    classes, most = int(rng.choice([1, 2, 7, 40])), int(rng.choice([1, 3, 16]))
    weights = rng.integers(0, VOTE_ONE + 1, STEPS)
    if seed % 2:
        weights = np.round(VOTE_ONE * np.exp(-np.arange(STEPS) * 10 ** rng.uniform(-3, 0.5)))
    decoder = Votes(
        classes=classes, time_ms=int(rng.choice([1, 300, 1000, 600_000])),
        sure_q16=int(rng.choice([0, VOTE_ONE // 3, VOTE_ONE // 2, VOTE_ONE])),
        weights_q16=(VOTE_ONE, *map(int, weights[1:])),
    )  # fmt: skip
    own, state, time, names, told = InC(built, decoder, most, True), dict[str, Any](), 0, list[int](), 0
    for n in range(1, 301):
        time = (time + int(rng.choice([0, 1, 33, 100, 100, 900, 5000, -70, 2**31]))) % 2**32
        tracks = tracked(rng, int(rng.integers(0, most + 1)), n, names)
        names = [item[5] for item in tracks.items]
        count = tracks.count if rng.random() < 0.9 else int(rng.integers(0, 18))
        seen = Seen(
            drawn_votes(rng, classes, count, n - int(rng.random() < 0.3)), tracks, n, time, (320, 240), most
        )
        ours = decoder.work(seen, state)
        assert list(ours.items) == list(own.work(seen).items), n
        assert all(0 <= share <= KEPT_ONE for slot in state["slots"].values() for share in slot.shares)
        named = [item[6] != NO_CLASS for item in ours.items if item[4] > 0]
        assert all(named) or decoder.sure_q16 > 0
        told += len(named)
    assert told > 50


def test_a_reset_of_its_state_changes_nothing_but_that(tmp_path: Path) -> None:
    """All stages before it tell what they would have told, byte by byte, and it begins with all alike."""
    program, graphs = PROGRAMS["voted"]()
    built, reference = Built(tmp_path, program, graphs), Reference(program, graphs)
    last, named = len(program.stages) - 1, 0
    rng, (still,) = np.random.default_rng(2), frames(1, seed=12)
    shots = [np.clip(still + rng.integers(-3, 4, still.shape), 0, 255).astype(np.uint8) for _ in range(9)]
    for time, pixels in enumerate(shots[:8]):
        ours = told_by(reference, pixels, 150 * time)
        assert built.frame(pixels, 150 * time) == ours
        named += sum(item[6] != NO_CLASS for item in reference.records[last].items)
    assert named > 0
    kept = [tuple(slot.shares) for slot in reference.states[last]["slots"].values()]
    assert any(len(set(shares)) > 1 for shares in kept)
    built.reset(last)
    before = told_by(reference, shots[8], 150 * 8)
    after = built.frame(shots[8], 150 * 8)
    assert after[:-1] == before[:-1]
    record, expected = after[-1][5], before[-1][5]
    assert record is not None
    assert expected is not None
    assert [item[:6] for item in record.items] == [item[:6] for item in expected.items]
    assert record.count > 0
    assert record != expected
    assert all(item[6:] == (NO_CLASS, round(VOTE_ONE / 5)) for item in record.items)


def test_each_parameter_out_of_range_is_refused(built: object) -> None:
    decoder = votes()
    given = list(decoder.parameters)
    for place, wrong in (
        (0, (0, -1, 4097)), (1, (0, -1, 600_001)), (2, (-1, VOTE_ONE + 1)), (3, (0, -1, VOTE_ONE + 1)),
        (4, (-1, VOTE_ONE + 1)), (STEPS + 2, (-1, VOTE_ONE + 1, 2**31 - 1)),
    ):  # fmt: skip
        for value in wrong:
            with pytest.raises(ValueError, match="refused"):
                InC(built, decoder, 3, True, [*given[:place], value, *given[place + 1 :]])
    with pytest.raises(ValueError, match="refused"):
        InC(built, decoder, 3, True, given[:-1])


def test_too_little_memory_too_many_tracks_and_no_tracks_are_refused(built: object) -> None:
    decoder = votes()
    for most, size, beside in (
        (3, decoder.state_bytes(3) - 4, True), (17, decoder.state_bytes(17), True), (3, None, False)
    ):  # fmt: skip
        with pytest.raises(ValueError, match="refused"):
            InC(built, decoder, most, beside, state_bytes=size)


@pytest.mark.parametrize(
    "facts", [{"sure": 1.1}, {"sure": -0.1}, {"time_constant": 0}, {"time_constant": 601}, {"temperature": 0}]
)
def test_facts_out_of_range(facts: dict[str, object]) -> None:
    with pytest.raises(ModelError, match="out of range"):
        votes(**facts)


@pytest.mark.parametrize(
    "outputs", [(), (replace(SCORES, dtype="float32", scale=0.0),), (replace(SCORES, dtype="int16"),)]
)
def test_what_tells_no_scores_of_8_bits_is_not_voted_on(outputs: tuple[InputTensor, ...]) -> None:
    with pytest.raises(ModelError, match="votes on scores of 8 bits"):
        votes(outputs)


def test_the_card_of_the_classifier_says_the_temperature() -> None:
    assert Votes.usual({"confidence": {"scale": 0.1, "temperature": 1.37}}) == {"temperature": 1.37}
    assert Votes.usual({}) == Votes.usual({"confidence": {"scale": 0.1}}) == {}
