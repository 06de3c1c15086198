"""The stages of a board's program as its HELLO tells them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from codegen.errors import BoardError, ModelError
from codegen.program.records import Kind
from codegen.program.spec import InputSpec, Layout
from host_tools.wire.messages import Hello

STAGE_VALUES = 5
MAX_NAME = 255
"""Characters of a name."""


@dataclass(frozen=True)
class StageFacts:
    """What a board tells of one stage of its program.

    Attributes:
        name: of the stage.
        model: name of its network, "" without one.
        kind: what its decoder finds.
        input: what frames become for its network.
    """

    name: str
    model: str
    kind: Kind
    input: InputSpec

    def to_json(self) -> dict[str, object]:
        """Plain values; `input` is None for a tensor."""
        return {
            "name": self.name,
            "model": self.model,
            "kind": self.kind.name.lower(),
            "input": self.input.to_json(),
        }

    def __str__(self) -> str:
        if not self.model:
            return f"{self.name}: {self.kind.name.lower()}"
        return f"{self.name}: {self.model}, {self.input}, {self.kind.name.lower()}"


def sees_gray(stages: Iterable[StageFacts]) -> bool:
    """Whether no network looks at colours: a frame in gray is then all that any of them sees of it."""
    return all(stage.input.layout != Layout.RGB for stage in stages)


def stages_of(hello: Hello, port: str) -> tuple[StageFacts, ...]:
    """The stages in order.

    Raises:
        BoardError: their facts are not those of `hello.stages` stages.
    """
    values, names = hello.stage_facts, hello.stage_names.split("\n")
    models = hello.stage_models.split("\n")
    whole = len(values) == STAGE_VALUES * hello.stages and len(names) == len(models) == hello.stages + 1
    try:
        if not whole or names.pop() or models.pop() or max(map(len, (*names, *models))) > MAX_NAME:
            raise ValueError("other lengths")
        return tuple(
            StageFacts(name, model, Kind(kind), InputSpec(Layout(layout), *spec))
            for name, model, (kind, layout, *spec) in zip(
                names, models, zip(*[iter(values)] * STAGE_VALUES, strict=True), strict=True
            )
        )
    except (ValueError, ModelError) as error:
        raise BoardError(
            f"the board's HELLO tells facts that are none of {hello.stages} stages",
            port,
            "Check that the port is the board's, and flash it again with "
            "`tinyface flash MODEL --board BOARD`.",
        ) from error
