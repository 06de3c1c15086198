"""A board that is broken or hostile ends in one error, in bounded time and memory."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from codegen.errors import BoardError
from host_tools.pictures.frames import output_values
from host_tools.simulator.link import open_link
from host_tools.wire.board_settings import INT16, threshold_range
from host_tools.wire.framing import Frame
from host_tools.wire.gathering import MAX_MESSAGES, MAX_PART_BYTES
from host_tools.wire.messages import (
    Ack,
    Dtype,
    Error,
    ErrorCode,
    Flags,
    HelloRequest,
    InferPicture,
    InferTensor,
    Layers,
    Message,
    Model,
    Picture,
    Pixels,
    Record,
    RecordKind,
    Result,
    Run,
    Stats,
    StatsRequest,
    Stream,
    Want,
)
from host_tools.wire.model_facts import ask_model
from host_tools.wire.plausible import is_plausible
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing
from tests.host_tools.fake_board import FakeBoard

QUICK = Timing(boot_s=0.5, reply_s=0.3)


def a_result(board: FakeBoard, number: int, points: tuple[int, ...] = ()) -> Result:
    points_told = {"kind": RecordKind.POINTS, "item_values": 2, "items": points} if points else {}
    return replace(board.result(b"wxyz"), frame=number, **points_told)


def streaming(*frames: int, pictures: int = 0) -> FakeBoard:
    """A board whose stream holds the results of these numbers, after so many pictures."""

    def answer(board: FakeBoard, frame: Frame) -> bool:
        if frame.type != Stream.CODE:
            return False
        board.send(Ack(), frame.sequence)
        for _ in range(pictures):
            board.send(Picture(0, 0, Pixels.GRAY8, 1, 1, b"p"), frame.sequence, Flags.UNASKED)
        for number in frames:
            board.send(a_result(board, number), frame.sequence, Flags.UNASKED)
        return True

    return FakeBoard(answer)


def test_results_that_are_repeated_count_once() -> None:
    with streaming(0, 0, 0, 1, 0, 1, 2, 2) as board, Session(board.port, timing=QUICK) as session:
        got = [inference.result.frame for inference in session.stream(3)]
    assert got == [0, 1, 2]
    assert session.counters.stale_replies == 4


def test_pictures_without_a_result_are_given_up() -> None:
    with (
        streaming(pictures=MAX_MESSAGES + 5) as board,
        Session(board.port, timing=QUICK) as session,
        pytest.raises(BoardError, match="messages and no result"),
    ):
        list(session.stream(2))


def test_points_without_a_partner_are_no_result() -> None:
    def answer(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == InferTensor.CODE:
            board.send(a_result(board, 0, points=(1, 2, 3)), frame.sequence)
            return True
        return False

    with (
        FakeBoard(answer) as board,
        Session(board.port, timing=QUICK) as session,
        pytest.raises(BoardError, match="stopped answering"),
    ):
        session.infer_tensor(b"wxyz")
    assert session.bad_frames


@pytest.mark.parametrize("outputs", [b"", b"xyz", b"vwxyz", bytes(100_000)], ids=len)
def test_a_result_of_another_size_than_hello_says_is_refused(outputs: bytes) -> None:
    def answer(board: FakeBoard, frame: Frame) -> bool:
        if frame.type not in (InferTensor.CODE, Stream.CODE):
            return False
        if frame.type == Stream.CODE:
            board.send(Ack(), frame.sequence)
        board.send(replace(board.result(outputs), frame=0), frame.sequence)
        return True

    said = f"a result with {len(outputs):,} bytes of outputs; its HELLO says 4"
    with FakeBoard(answer) as board, Session(board.port, timing=QUICK) as session:
        with pytest.raises(BoardError, match=said):
            session.infer_tensor(b"wxyz")
        with pytest.raises(BoardError, match=said):
            list(session.stream(2))


def test_a_flood_of_notices_is_a_silence() -> None:
    notice = Error(ErrorCode.PSRAM, 0, "no PSRAM")

    def answer(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == HelloRequest.CODE:
            end = time.monotonic() + 30
            while time.monotonic() < end and not board._closed and board._peer is not None:
                for _ in range(100):
                    board.send(notice, 0, Flags.UNASKED)
        return True

    with FakeBoard(answer) as board, pytest.raises(BoardError, match=r"answered within|no HELLO"):
        Session(board.port, timing=QUICK)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_payload": 0},
        {"max_payload": 9},
        {"max_payload": 0xFFFFFFFF},
        {"runtime": 9},
        {"tick_unit": 7},
        {"arena_bytes": 0xFFFFFFFF},
        {"input_bytes": 0x7FFFFFFF},
        {"output_bytes": 0x4000001},
        {"output_bytes": 0xFFFFFFFF},
        {"board": "b" * 5000},
        {"model": "m" * 5000},
    ],
    ids=str,
)
def test_a_hello_that_no_firmware_says_is_refused(wrong: dict[str, Any]) -> None:
    with FakeBoard() as board:
        board.hello = replace(board.hello, **wrong)
        with pytest.raises(BoardError, match="HELLO tells"):
            Session(board.port, timing=QUICK)


@pytest.mark.parametrize(
    "picture",
    [
        Picture(0, 0, Pixels.GRAY8, 0, 0, b""),
        Picture(0, 0, Pixels.GRAY8, 0, 4, b""),
        Picture(0, 0, Pixels.GRAY8, 2, 2, b"abc"),
        Picture(0, 0, Pixels.RGB565, 1, 1, b"abc"),
        Picture(0, 0, 77, 1, 1, b"a"),
    ],
)
def test_a_picture_of_another_size_than_it_says_is_none(picture: Picture) -> None:
    assert not is_plausible(picture)


@pytest.mark.parametrize("sides", [(0, 1), (1, 0), (4096, 1), (1, 65_535)])
def test_a_result_of_a_region_of_no_size_is_none(sides: tuple[int, int]) -> None:
    part = {"region_width": sides[0], "region_height": sides[1]}
    with FakeBoard() as board:
        assert is_plausible(board.result(b""))
        assert not is_plausible(replace(board.result(b""), **part))


@pytest.mark.parametrize(
    ("told", "good"),
    [
        ((0, 0, 0, 0), True),
        ((1, 2, 2, -128), True),
        ((1, 4, 1, 0), True),
        ((0, 2, 2, 0), False),
        ((0, 0, 0, -128), False),
        ((1, 0, 2, 0), False),
        ((1, 2, 3, -128), False),
        ((2, 1, 1, 0), False),
        ((3, 2, 2, -128), False),
        ((1, 2, 2, 300), False),
    ],
)
def test_a_model_of_a_picture_that_its_input_can_not_be_is_refused(
    told: tuple[int, int, int, int], good: bool
) -> None:
    """The board's HELLO says four bytes of inputs."""
    with FakeBoard() as board:
        board.model = Model(*told, 0, (), (Dtype.INT8,), (4,), "")
        with Session(board.port, timing=QUICK) as session:
            if good:
                assert ask_model(session) == board.model
                return
            with pytest.raises(BoardError, match="the board's model takes a picture of"):
                ask_model(session)


def test_a_model_without_outputs_has_the_threshold_of_all_types() -> None:
    with FakeBoard() as board:
        board.model = Model(0, 0, 0, 0, 0, (), (), (), "")
        with Session(board.port, timing=QUICK) as session:
            assert threshold_range(session) == INT16


@pytest.mark.parametrize(
    ("types", "sizes"),
    [((Dtype.INT16,), (3,)), ((Dtype.INT32,), (3,)), ((Dtype.FLOAT32,), (3,)), ((1, 1), (3,)), ((1,), (9,))],
)
def test_outputs_of_a_size_that_their_type_has_not_are_read_as_bytes(types, sizes) -> None:
    (values,) = output_values(b"\x01\x02\xff", Model(0, 0, 0, 0, 0, (), types, sizes, ""))
    assert values.tolist() == [1, 2, -1]


@pytest.mark.parametrize("host", ["0.0.0.0", "8.8.8.8"])
def test_a_simulated_board_listens_to_this_computer_alone(host: str) -> None:
    with pytest.raises(BoardError, match="everybody in the network"):
        open_link(f"{host}:0")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", ""])
def test_a_simulated_board_listens_on_loopback(host: str) -> None:
    link = open_link(f"{host}:0")
    assert link.port.startswith("socket://127.0.0.1:")
    link.close()


IN_PARTS = {"input_bytes": 0, "output_bytes": 0, "layers": 0}


def telling(*parts: Message) -> FakeBoard:
    """A board of a program told in parts; it answers a picture, and streams, with these messages."""

    def answer(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == Stream.CODE:
            board.send(Ack(), frame.sequence)
        if frame.type not in (InferPicture.CODE, Stream.CODE):
            return False
        flags = Flags.UNASKED if frame.type == Stream.CODE else 0
        for part in parts:
            board.send(part, frame.sequence, flags)
        return True

    board = FakeBoard(answer)
    board.hello = replace(board.hello, **IN_PARTS)
    return board


def test_pictures_before_a_result_are_few_in_parts_too() -> None:
    pictures = [Picture(0, 0, Pixels.GRAY8, 1, 1, b"p")] * (MAX_MESSAGES + 5)
    with (
        telling(*pictures) as board,
        Session(board.port, timing=QUICK) as session,
        pytest.raises(BoardError, match=f"{MAX_MESSAGES + 1} messages and no result"),
    ):
        list(session.stream(1))


@pytest.mark.parametrize(
    "parts",
    [
        (Record(0, RecordKind.POINTS, 2, (1, 2)),),
        (Result(0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 255, RecordKind.BOXES, 6, b"", (1, 2, 3, 4, 5, 0)),),
        (Result(0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, RecordKind.POINTS, 2, b"", (1, 2)),),
    ],
)
def test_a_record_of_another_kind_than_hello_says_is_refused(parts: tuple[Message, ...]) -> None:
    with (
        telling(*parts) as board,
        Session(board.port, timing=QUICK) as session,
        pytest.raises(BoardError, match="against its HELLO"),
    ):
        session.infer_nothing()


def test_parts_before_a_repeated_result_are_not_of_the_next_frame() -> None:
    old = (a_run(0, b"x"), a_frame(1))
    both = (*old, *old, a_run(0, b"x"), replace(a_frame(1), frame=1))
    with telling(*both) as board, Session(board.port, timing=QUICK) as session:
        assert [len(one.parts) for one in session.stream(2)] == [1, 1]
    assert session.counters.lost_frames == 0


def test_a_stream_that_miscounts_its_parts_is_ended() -> None:
    frames = [replace(a_frame(3), frame=number) for number in range(9)]
    with (
        telling(*frames) as board,
        Session(board.port, timing=QUICK) as session,
        pytest.raises(BoardError, match="told 0 parts of a frame and says that they are 3"),
    ):
        list(session.stream(9))


def test_layers_that_never_come_are_no_matter_of_the_line() -> None:
    asked = InferPicture(Want.LAYER_CRC | Want.RUNS, 0, Pixels.GRAY8, 1, 1, 0, 0, 0, 0, 0, b"p")
    with (
        telling(a_run(0, b"x"), a_frame(1)) as board,
        Session(board.port, timing=QUICK) as session,
        pytest.raises(BoardError, match="nothing of its layers"),
    ):
        session.infer_picture(asked)


def a_frame(parts: int, stage: int = 0) -> Result:
    return Result(0, 0, 1, 1, 0, 0, 0, 0, 0, 0, parts, stage, RecordKind.RAW, 0, b"", ())


def a_run(stage: int, outputs: bytes) -> Run:
    return Run(stage, 0, 1, 1, 0, 0, 0, 1, 1, 0, outputs)


@pytest.mark.parametrize(
    "parts",
    [(a_run(1, b"x"), a_frame(1)), (Record(9, RecordKind.RAW, 0, ()), a_frame(1)), (a_frame(0, stage=3),)],
    ids=["run", "record", "result"],
)
def test_a_part_of_no_stage_is_refused(parts: tuple[Message, ...]) -> None:
    with telling(*parts) as board, Session(board.port, timing=QUICK) as session:
        with pytest.raises(BoardError, match=r"tells of stage [139]; its HELLO says 1 of them"):
            session.infer_nothing()
        with pytest.raises(BoardError, match="its HELLO says 1 of them"):
            list(session.stream(1))


def test_a_frame_in_which_all_rest_is_one() -> None:
    with telling(a_frame(0, stage=255)) as board, Session(board.port, timing=QUICK) as session:
        assert session.infer_nothing().result.stage == 255


def test_parts_without_end_are_given_up_in_little_memory() -> None:
    large: list[Message] = [a_run(0, bytes(1 << 19)), Layers((3,) * (1 << 12), (), ())]
    large *= (MAX_PART_BYTES >> 19) + 1
    with telling(*large, a_frame(len(large))) as board, Session(board.port) as session:
        with pytest.raises(BoardError, match="messages and no result"):
            session.infer_nothing()
        with pytest.raises(BoardError, match="messages and no result"):
            list(session.stream(1))


@pytest.mark.parametrize("told", [0, 2], ids=["doubled", "dropped"])
def test_parts_that_are_miscounted_are_no_matter_of_the_line(told: int) -> None:
    with (
        telling(a_run(0, b"x"), a_frame(told)) as board,
        Session(board.port, timing=QUICK) as session,
        pytest.raises(BoardError, match=f"told 1 part of a frame and says that they are {told}"),
    ):
        session.infer_nothing()


@pytest.mark.parametrize(
    ("kind", "width", "items"),
    [
        (RecordKind.RAW, 1, (5,)),
        (RecordKind.RAW, 1, ()),
        (RecordKind.BOXES, 6, (0, 0, -1, 5, 9, 0)),
        (RecordKind.TRACKS, 6, (0, 0, -1, 5, 9, 1)),
        (RecordKind.TRACKS, 7, (0, 0, 1, 5, 9, 1, 1)),
        (RecordKind.VOTES, 6, (0, 0, 1, 5, 9, 1)),
        (RecordKind.VOTES, 10, (0, 0, 1, 5, 9, 1, -1, 0, 2, 2)),
        (RecordKind.VOTES, 8, (0, 0, -1, 5, 9, 1, -1, 0)),
        (RecordKind.BOXES, 6, (0, 0, 5, 5, 9, 0, 0, 0, 5, -32768, 9, 0)),
    ],
)
def test_records_that_no_decoder_makes_are_none(kind: RecordKind, width: int, items: tuple[int, ...]) -> None:
    assert not is_plausible(Record(0, kind, width, items))


def test_a_board_whose_threshold_nothing_reaches_is_not_silent() -> None:
    """The host waits on while the board counts results that it holds back, and gives up where it does not."""
    held, said = [7], list[str]()

    def answer(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == StatsRequest.CODE:
            held[0] = min(held[0] + 7, 21)
            board.send(Stats(1, 2, 0, 0, 3, 4, 5, 6, 1, 0, 0, held[0], 7, ""), frame.sequence)
            return True
        if frame.type == Stream.CODE:
            board.send(Ack(), frame.sequence)
            return True
        return False

    with FakeBoard(answer) as board, Session(board.port, timing=QUICK, on_log=said.append) as session:
        with pytest.raises(BoardError, match="stopped answering"):
            list(session.stream(2))
        assert said == []  # it has no threshold
        board.threshold = 5
        with pytest.raises(BoardError, match="stopped answering"):
            list(session.stream(2))
    assert said == ["no frame reaches the board's threshold (7 held back)"]
