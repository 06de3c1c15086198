"""What the camera of a simulated board sees where nobody names pictures: a film that suits its program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from host_tools.commands.options import refuse_ignored
from host_tools.terminal.console import note

if TYPE_CHECKING:
    from host_tools.attach import Film


def filmed(folder: Path, margin: float | None = None) -> Film:
    """The portrait's film, made when the board has said whether it looks around or into the frame's middle.

    Args:
        folder: where its frames go.
        margin: crop side over the side of the face box, of what looks into the middle; None: the zoo's.
    Raises:
        ToolError: scikit-image, which the portrait comes with, is not installed.
    """
    from host_tools.attach import Film
    from host_tools.models import usual_margin
    from host_tools.pictures.faces import portrait
    from host_tools.pictures.files import write_frames
    from host_tools.pictures.film import FILM_PERIOD_MS, IN_THE_ROOM, centred, film, looks_around
    from host_tools.wire.session import Session
    from host_tools.wire.stages import stages_of

    astronaut = portrait()
    note("the camera sees a film of one portrait (skimage.data.astronaut)")

    def of_board(session: Session) -> list[Path]:
        framing = IN_THE_ROOM
        if looks_around(stages_of(session.board, session.port)):
            refuse_ignored({"--margin": margin}, "the board's program looks for faces in whole frames")
        else:
            framing = centred(margin or usual_margin())
        return write_frames(film(astronaut, framing), folder)

    return Film(of_board, FILM_PERIOD_MS)
