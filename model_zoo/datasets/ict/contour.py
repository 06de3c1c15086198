"""The 68 points of a drawn face; those of the jaw slide with its turn to the outline that is seen.

The usual labels of photographs mark, on the side that is turned away, the outline of the cheek: from each
point of the jaw a path leads over the cheek, and the label is the place on it that lies farthest out.
"""

from __future__ import annotations

import numpy as np

from model_zoo.datasets.ict.anatomy import Anatomy, Rows

JAW = 17
EYES_CM = 9.0
"""Between the outer corners of the eyes, about."""
NEARLY_CM = 0.05
"""Of places that lie nearly as far out as the farthest, the one nearest to the ear is taken."""


def points68(anatomy: Anatomy, seen: Rows) -> Rows:
    """The labels.

    Args:
        seen: float32 [V, 2], the vertices in the picture, in px or cm.
    Returns:
        float32 [68, 2], in the same unit.
    """
    landmarks = anatomy.mesh.landmarks
    points: Rows = seen[landmarks].copy()
    points[:JAW] = outline(anatomy, seen)
    return points


def outline(anatomy: Anatomy, seen: Rows) -> Rows:
    """The outline of the face as it is seen, from ear over chin to ear: float32 [17, 2]."""
    corners, weights = anatomy.paths
    ways = np.einsum("pskx,psk->psx", seen[corners], weights)  # [17, STEPS, 2]
    eyes = seen[anatomy.mesh.landmarks[[36, 45]]]
    apart = float(np.linalg.norm(eyes[1] - eyes[0]))
    across = (eyes[1] - eyes[0]) / max(apart, 1e-6)
    down = np.array([-across[1], across[0]], np.float32)
    outwards = anatomy.outwards[:, :1] * across - anatomy.outwards[:, 1:] * down
    reach = np.einsum("psx,px->ps", ways, outwards)
    nearly = NEARLY_CM / EYES_CM * apart
    chosen = (reach >= reach.max(1, keepdims=True) - nearly).argmax(1)
    line: Rows = ways[np.arange(JAW), chosen]
    return line
