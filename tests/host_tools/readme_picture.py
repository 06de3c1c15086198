"""Makes docs/faces.jpg: three frames of `tinyface demo faces`, an empty room, one face and three.

    python -m tests.host_tools.readme_picture docs/faces.jpg

The portrait that plays all parts is in the public domain. It uses no flash file of yours.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from host_tools.pictures.overlay import contact_sheet
from host_tools.proof.demo import SHEET_COLUMNS
from tests.host_tools.view.screenshot import write_jpeg

PLACES = (0, 3, 9)
"""Of the frames on the sheet that the demo writes."""
SIZE = 480, 360
"""Of each frame, px."""


def frames_of(folder: Path) -> list[Image.Image]:
    """What the demo drew of these frames.

    Raises:
        CalledProcessError: a byte differs, or the demo can't be run.
    """
    file = folder / "sheet.png"
    subprocess.run([sys.executable, "-m", "host_tools.cli", "demo", "faces", "-o", str(file)], check=True)
    sheet = Image.open(file)
    width = sheet.width // SHEET_COLUMNS
    height = width * SIZE[1] // SIZE[0]
    corners = [(place % SHEET_COLUMNS * width, place // SHEET_COLUMNS * height) for place in PLACES]
    return [sheet.crop((left, top, left + width, top + height)) for left, top in corners]


def main() -> None:
    os.environ.pop("TINYFACE_DATA", None)  # nobody else's face
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TINYFACE_STATE"] = folder
        frames = frames_of(Path(folder))
    small = [frame.resize(SIZE, Image.Resampling.LANCZOS) for frame in frames]
    write_jpeg(contact_sheet(small, len(small)), Path(sys.argv[1]))


if __name__ == "__main__":
    main()
