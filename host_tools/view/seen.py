"""What a page is shown: a result with its whole picture, or the newest result over the newest preview."""

from __future__ import annotations

from host_tools.view.rate import Rate
from host_tools.view.told import gray_of
from host_tools.wire.messages import Picture, Preview

NOTHING: dict[str, object] = {
    "kind": "frame",
    "frame": 0,
    "time_ms": 0,
    "ms": 0,
    "whole": True,
    "region": None,
    "turn": 0,
    "stages": [],
    "rate": 0,
    "line": {},
}
"""Of a preview before the first result."""


class Seen:
    """The newest result and the newest preview of a board. All methods return what Hub.publish_frame takes.

    `width` and `height` of what is told are the frame's, in whose px positions are; `picture` is the size of
    the gray pixels; `fresh` says that there is a new result.
    """

    def __init__(self) -> None:
        self._told = NOTHING
        self._size: dict[str, object] = {"width": 4, "height": 3, "picture": [4, 3], "pictures": 0.0}
        self._gray = bytes(12)
        self._rate = Rate()

    def picture(self, told: dict[str, object], picture: Picture) -> tuple[dict[str, object], bytes]:
        """A result (told.frame_json) with its own whole picture."""
        size = {"width": picture.width, "height": picture.height, "picture": [picture.width, picture.height]}
        return {**told, **size, "fresh": True}, gray_of(picture).tobytes()

    def preview(self, preview: Preview) -> tuple[dict[str, object], bytes]:
        """A preview, under the newest result."""
        self._size = {
            "width": preview.frame_width,
            "height": preview.frame_height,
            "picture": [preview.width, preview.height],
            "pictures": round(self._rate.count(), 2),
        }
        self._gray = preview.pixels
        return {**self._told, **self._size, "fresh": False}, self._gray

    def result(self, told: dict[str, object]) -> tuple[dict[str, object], bytes]:
        """A result (told.frame_json), over the newest preview."""
        self._told = told
        return {**told, **self._size, "fresh": True}, self._gray
