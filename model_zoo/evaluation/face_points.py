"""Where the parts of faces lie in pictures that nobody labelled with points: as the shipped landmark network
finds them, in int8 as on a board.

A picture takes about 50 ms: ask for those that are needed.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from codegen.program.picture import centre_region
from model_zoo.cards import load_card
from model_zoo.datasets.points68 import POINTS
from model_zoo.datasets.samples import Pictures
from model_zoo.evaluation.deployed import Deployed, deployed_of
from model_zoo.evaluation.engines import micro_engine
from model_zoo.evaluation.marks import Mark

NETWORK = "pfld-68-96-live"
"""It learnt from boxes that err, so a tight crop of a face will do, and says whether there is a face."""


@lru_cache(maxsize=1)
def _finder() -> tuple[Deployed, float]:
    card = load_card(NETWORK)
    content = (card.folder / card.facts["model_file"]).read_bytes()
    return deployed_of(card, micro_engine(content)), float(card.facts["presence"]["threshold"])


def face_points(pictures: Pictures) -> NDArray[np.float64]:
    """The 68 points of the one face in each picture, which it fills.

    Args:
        pictures: uint8 [H, W] each.
    Returns:
        float64 [N, 68, 2], px, (0, 0) = centre of the top-left pixel; NaN where the network sees no face.
    Raises:
        ToolError: the tflite-micro wheel is not installed.
    """
    deployed, threshold = _finder()
    view = deployed.view
    points = np.full((len(pictures), POINTS, 2), np.nan)
    for row, picture in enumerate(pictures):
        height, width = picture.shape
        mark = deployed.found_in(picture, centre_region(width, height, view.width, view.height))
        assert isinstance(mark, Mark)
        if mark.presence >= threshold:
            points[row] = mark.points
    return points
