"""Whatever a board says in whole frames, a program on the host ends with an answer or with one error."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from codegen.errors import TinyfaceError
from host_tools.models import resolve
from host_tools.wire import messages
from host_tools.wire.framing import Frame, encode
from host_tools.wire.messages import Flags, Hello, HelloRequest, Message
from host_tools.wire.schema import read as schema
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing
from tests.effort import some_and_all
from tests.host_tools.conftest import Cli
from tests.host_tools.fake_board import HELLO, FakeBoard
from tests.host_tools.toy_folder import write_toy

QUICK = Timing(boot_s=0.3, reply_s=0.1)
KINDS = sorted(
    (kind for kind in vars(messages).values() if isinstance(kind, type) and hasattr(kind, "CODE")),
    key=lambda kind: kind.CODE,
)
"""All messages there are, requests among them."""
FIXED = {
    message.code: {f.name: bytes(f.bytes) for f in message.head if f.type.startswith("u8[")}
    for message in schema.load().messages
}
"""Code -> the fields of a fixed number of bytes."""


class Liar:
    """Answers every request, HELLO apart, with frames of any type and content.

    Args:
        seed: of what it says.
        known: messages of a working board whose bytes it changes now and then.
    """

    def __init__(self, seed: int, known: list[Message]) -> None:
        self.random, self.known = random.Random(seed), known

    def payload(self) -> tuple[int, bytes]:
        """Type and content of a frame."""
        draw = self.random
        if draw.random() < 0.5:
            return draw.choice(KINDS).CODE, draw.randbytes(draw.choice([0, 1, 4, 9, 30, 200]))
        message = draw.choice(self.known)
        content = bytearray(message.pack())
        for _ in range(draw.randrange(4)):
            if content:
                content[draw.randrange(len(content))] = draw.choice(
                    [0, 1, 0x7F, 0x80, 0xFF, draw.randrange(256)]
                )
        return message.CODE, bytes(content[: draw.choice([len(content), draw.randrange(len(content) + 1)])])

    def __call__(self, board: FakeBoard, frame: Frame) -> bool:
        if frame.type == HelloRequest.CODE and self.random.random() < 0.9:
            return False
        for _ in range(self.random.randrange(1, 9)):
            code, content = self.payload()
            sequence = self.random.choice([frame.sequence, frame.sequence, 0])
            board.send_bytes(encode(code, sequence, content, self.random.choice([0, Flags.UNASKED])))
        return self.random.random() < 0.9


def known_messages(hello: Hello) -> list[Message]:
    """One of each message that a board sends."""
    found: list[Message] = [hello]
    for kind in KINDS:
        values = {field.name: _example(field.type) for field in fields(kind)}
        found.append(kind(**values | FIXED[kind.CODE]))
    return found


def _example(annotation: Any) -> Any:
    text = str(annotation)
    if "tuple" in text:
        return ()
    return {"str": "text", "bytes": bytes(32)}.get(text, 1)


def ended(step: Callable[[], object]) -> str:
    """How a step ends: with "answer" or "error"; anything else fails the test."""
    try:
        step()
    except TinyfaceError:
        return "error"
    return "answer"


def exchange(seed: int) -> list[str]:
    """A session with a liar: how each step of it ended."""
    hello = replace(HELLO, max_payload=4096)
    steps: list[str] = []
    with FakeBoard(Liar(seed, known_messages(hello))) as board:
        board.hello = hello

        def talk() -> None:
            with Session(board.port, timing=QUICK) as session:
                for step in (
                    session.stats,
                    session.hello,
                    lambda: session.infer_tensor(b"wxyz"),
                    lambda: list(session.stream(3)),
                ):
                    steps.append(ended(step))

        steps.append(ended(talk))
    return steps


def test_a_session_with_a_liar_ends() -> None:
    assert "error" in {word for seed in range(6) for word in exchange(seed)}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_many_sessions_with_liars_end() -> None:
    words = {word for seed in range(100, 140) for word in exchange(seed)}
    assert words == {"answer", "error"}


VERBS = (
    ("monitor", "--board", "sim", "--frames", 2, "--json", "--timeout", 0.3),
    ("monitor", "--board", "sim", "--frames", 2, "--timeout", 0.3),
    ("settings", "--board", "sim"),
    ("validate", "MODEL", "--board", "sim", "-n", 2, "--timeout", 0.3),
)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("liars", some_and_all(2, 4))
@pytest.mark.parametrize("verb", VERBS, ids=[f"{verb[0]}{len(verb)}" for verb in VERBS])
def test_verbs_with_a_liar_end_with_a_code(
    verb: tuple[object, ...], liars: int, cli: Cli, tmp_path: Path
) -> None:
    toy = write_toy("mini_mobilenet", tmp_path)
    ref = resolve(str(toy))
    hello = replace(HELLO, board="sim", model_hash=ref.model_hash, max_payload=65536)
    for seed in range(liars):
        with FakeBoard(Liar(seed, known_messages(hello))) as board:
            board.hello = hello
            words = [toy if word == "MODEL" else word for word in verb]
            done = cli(*words, "--port", board.port)
        assert done.exit_code in (0, 1, 2), (seed, done.stdout, done.stderr)
        assert "\x1b" not in done.stdout
