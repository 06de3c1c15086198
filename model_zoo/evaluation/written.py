"""Words on a picture, for labels that have no place in it."""

from __future__ import annotations

import textwrap

from PIL import Image, ImageDraw

LETTER_PX, LINE_PX = 6.5, 12
LINES = 4


def write_on(picture: Image.Image, text: str) -> None:
    """Writes up to four lines at the upper edge, in place; what is longer is cut.

    Args:
        picture: RGB.
    """
    plain = text.encode("ascii", "replace").decode()
    lines = textwrap.wrap(plain, max(4, int(picture.width / LETTER_PX)), max_lines=LINES, placeholder=" ...")
    pen = ImageDraw.Draw(picture)
    if lines:
        pen.rectangle((0, 0, picture.width, LINE_PX * len(lines) + 2), fill=(0, 0, 0))
    for number, line in enumerate(lines):
        pen.text((3, LINE_PX * number), line, fill=(255, 255, 255))
