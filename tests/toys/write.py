"""`python -m tests.toys.write FOLDER`: the toy models as .tflite files, for example to fit cost tables."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.toys.models import TOYS


def main(folder: Path) -> None:
    """Write every toy."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in TOYS.items():
        (folder / f"{name}.tflite").write_bytes(make())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
