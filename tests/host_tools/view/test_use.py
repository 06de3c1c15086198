"""What a page says of a recording that has ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.view.use import use_of
from host_tools.wire.recording.purpose import Purpose


@pytest.mark.parametrize(
    ("purpose", "program", "said"),
    [
        (Purpose.PROOF, "faces", "Prove it: `tinyface validate faces --recording {file}`."),
        (
            Purpose.PROOF,
            "mine",
            "Prove it: `tinyface validate MODEL --recording {file}`, MODEL being the file of mine.",
        ),
        (Purpose.PREVIEW, "faces", "See it: `tinyface view --replay {file}`."),
    ],
)
def test_the_command_that_takes_it(purpose: Purpose, program: str, said: str) -> None:
    file = Path("a.rec")
    assert use_of(file, purpose, program) == said.format(file=file.resolve())
