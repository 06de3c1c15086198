"""Makes docs/view.jpg and docs/view-preview.jpg: the page while a simulated board films, with `faces`.

    python -m tests.host_tools.view.screenshot docs/view.jpg
    python -m tests.host_tools.view.screenshot docs/view-preview.jpg --preview

The second one shows previews over a slow line. The film is of a portrait in the public domain. No flash file
of yours is used. On a busy computer milliseconds are large.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from host_tools.boards import load_board
from host_tools.pictures.faces import portrait
from host_tools.pictures.files import write_frames
from host_tools.pictures.film import FILM_PERIOD_MS, IN_THE_ROOM, film
from host_tools.simulator import Faults, run_board
from host_tools.simulator.state import flash_file
from tests.host_tools.view.browser import Browser
from tests.host_tools.view.served import viewing

BAUD = 921_600
PERIOD_MS = 100
FRAMES = 200
"""Shown before: the chart is full of bars then."""
PERSON = "steady: 1 box"
"""Stands in the text below the picture while the person is followed."""
MOST_BYTES = 150_000
WITHIN_S = 300.0


@contextlib.contextmanager
def previews(folder: Path) -> Iterator[str]:
    """The address of a page with previews of a board behind a slow line."""
    sim = load_board("sim")
    frames = write_frames(film(portrait(), IN_THE_ROOM), folder)
    with run_board(sim, flash_file(sim), faults=Faults(baud=BAUD), on=False) as board:
        board.show(frames, FILM_PERIOD_MS)
        board.switch_on()
        with viewing("--port", board.port, "--preview", "--period", PERIOD_MS) as url:
            yield url


def wait_for_points(browser: Browser, frames: int) -> None:
    """Waits until the page has shown the person for so many frames, as `faces` tells of them in words."""
    browser.state("live")
    browser.until(lambda: PERSON in browser.text("summary"))
    first = browser.picture_number()
    browser.until(lambda: browser.picture_number() > first + frames)


def page_of(folder: Path, preview: bool) -> Image.Image:
    """The page when it has shown points for a while."""
    subprocess.run([sys.executable, "-m", "host_tools.cli", "flash", "faces"], check=True)
    browser = Browser(folder, WITHIN_S)
    try:
        with previews(folder) if preview else viewing("--board", "sim") as url:
            browser.driver.get(url)
            wait_for_points(browser, FRAMES)
            return Image.open(io.BytesIO(browser.driver.get_screenshot_as_png())).convert("RGB")
    finally:
        browser.close()


def write_jpeg(picture: Image.Image, file: Path) -> None:
    """Writes a picture for the documents, as good as MOST_BYTES allow."""
    for quality in range(92, 50, -4):
        jpeg = io.BytesIO()
        picture.save(jpeg, "JPEG", quality=quality, optimize=True)
        if jpeg.tell() < MOST_BYTES:
            break
    file.write_bytes(jpeg.getvalue())
    print(f"{file}: {picture.width}x{picture.height}, {jpeg.tell():,} bytes, quality {quality}")


def main() -> None:
    file, *options = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TINYFACE_STATE"] = folder
        write_jpeg(page_of(Path(folder), options == ["--preview"]), Path(file))


if __name__ == "__main__":
    main()
