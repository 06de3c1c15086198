"""Makes docs/view-preview.jpg: the page with rendered heads, two networks, and previews over a slow line.

    python -m tests.host_tools.view.screenshot docs/view-preview.jpg

The heads are those of model_zoo.datasets.turning_heads: nobody's face. It uses no flash file of yours.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from host_tools.boards import load_board
from host_tools.simulator import Faults, run_board
from host_tools.simulator.state import flash_file
from model_zoo.evaluation.films import rendered_film
from tests.host_tools.view.browser import Browser
from tests.host_tools.view.served import viewing

PERSON, YAWS = 3, np.radians([-16, -12, -8, -4, 0, 4, 8, 12, 16])
BAUD = 921_600
PERIOD_MS = 100
MOST_BYTES = 150_000
WITHIN_S = 300.0
PROGRAM = """\
name = "faces"

[[stage]]
name = "find"
model = "blazeface-128-large"

[[stage]]
name = "mark"
model = "pfld-68-96"
of = "find"
upright = [0, 1]
most = 2
"""


def page_of(folder: Path) -> Image.Image:
    """The page when it shows points over a preview and has a chart full of bars."""
    program = folder / "faces.toml"
    program.write_text(PROGRAM)
    subprocess.run([sys.executable, "-m", "host_tools.cli", "flash", str(program)], check=True)
    faces = []
    for number, frame in enumerate(rendered_film(PERSON, YAWS).frames):
        faces.append(folder / f"{number}.png")
        Image.fromarray(frame).save(faces[-1])
    sim, browser = load_board("sim"), Browser(folder, WITHIN_S)
    try:
        with (
            run_board(sim, flash_file(sim), pictures=faces, faults=Faults(baud=BAUD)) as board,
            viewing("--port", board.port, "--preview", "--period", PERIOD_MS) as url,
        ):
            browser.driver.get(url)
            browser.state("live")
            browser.until(lambda: "68 points" in browser.text("summary"))
            first = browser.picture_number()
            browser.until(lambda: browser.picture_number() > first + 200)
            return Image.open(io.BytesIO(browser.driver.get_screenshot_as_png())).convert("RGB")
    finally:
        browser.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TINYFACE_STATE"] = folder
        picture = page_of(Path(folder))
    for quality in range(92, 50, -4):
        jpeg = io.BytesIO()
        picture.save(jpeg, "JPEG", quality=quality, optimize=True)
        if jpeg.tell() < MOST_BYTES:
            break
    Path(sys.argv[1]).write_bytes(jpeg.getvalue())
    print(f"{sys.argv[1]}: {picture.width}x{picture.height}, {jpeg.tell():,} bytes, quality {quality}")


if __name__ == "__main__":
    main()
