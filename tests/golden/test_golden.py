"""The generated text is what was reviewed; `python -m tests.golden.regenerate` accepts a change."""

from __future__ import annotations

import pytest

from tests.golden.regenerate import FOLDER, TOY, golden_files

FILES = golden_files()


def test_file_names() -> None:
    assert sorted(FILES) == sorted(path.name for path in (FOLDER / TOY).iterdir())


@pytest.mark.parametrize("name", sorted(FILES))
def test_text(name: str) -> None:
    expected = (FOLDER / TOY / name).read_text(encoding="utf-8")
    assert FILES[name] == expected, "review the change, then run `python -m tests.golden.regenerate`"
