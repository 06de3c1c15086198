"""What a person can do with a board that has just been flashed."""

from __future__ import annotations

from dataclasses import replace

from codegen.errors import ModelError
from codegen.program.spec import Layout, PictureWish
from host_tools.models import ModelRef


def takes_pictures(ref: ModelRef, runtime: str) -> bool:
    """Whether a firmware of this model does anything with a camera's frames."""
    return any(stage.input.is_picture for stage in ref.program_under(runtime).stages)


def picture_hint(ref: ModelRef, runtime: str) -> str:
    """How a camera's frames would reach the model; "" where they do, or where its input is no picture."""
    if takes_pictures(ref, runtime):
        return ""
    for layout in (Layout.GRAY, Layout.RGB):
        wish = PictureWish(layout)
        try:
            possible = takes_pictures(replace(ref, picture=wish), runtime)
        except ModelError:
            continue  # a question, and this is its answer: not a picture of these channels
        if possible:
            return (
                "The firmware takes tensors from the host alone. The input could be a picture: flash it with"
                f"{wish.flags} to see it through the camera."
            )
    return ""
