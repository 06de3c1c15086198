"""What a look at a person's own data found: what can be used, and what can't with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codegen.errors import DataError
from codegen.shell import quoted
from model_zoo.datasets.samples import Samples


@dataclass(frozen=True)
class Bad:
    """A label that can't be used: why and where."""

    cause: str
    where: str


@dataclass(frozen=True)
class Examined:
    """What is in a folder.

    Attributes:
        folder: that was looked at.
        name, licence: of the data set.
        samples: what can be used, None where nothing can.
        bad: what can't be, in the order of reading.
        duplicates: labels whose picture is an earlier one, pixel by pixel; they are not in `samples`.
        facts: what else is told of such data, as plain values.
        rows: the same in words, for a table.
    """

    folder: Path
    name: str
    licence: str
    samples: Samples | None
    bad: tuple[Bad, ...] = ()
    duplicates: tuple[Bad, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    rows: tuple[tuple[str, str], ...] = ()

    def require_sound(self) -> Samples:
        """All samples, where nothing is wrong.

        Raises:
            DataError: a label or a picture can't be used; says how many, and where the first one is.
        """
        faults = (*self.bad, *self.duplicates)
        check = f"`tinyface data check {quoted(self.folder)}`"
        if faults:
            more = f" (and {len(faults) - 1:,} more)" if len(faults) > 1 else ""
            raise DataError(
                faults[0].cause + more, faults[0].where, f"Correct or remove that label; {check} lists all."
            )
        if self.samples is None:
            raise DataError("there are no labels in it", str(self.folder), "Add labelled pictures.")
        return self.samples
