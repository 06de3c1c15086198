"""A small head of our own in the form of the packed mesh: round, with a nose, eyes and some teeth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from model_zoo.datasets.ict.mesh import EYEBALL, EYELASHES, FACE, FILE, HEAD_NECK, REGIONS, TEETH

ROWS, COLUMNS = 46, 60
NAMES = ("jawOpen", "eyeBlink_L", "eyeBlink_R", "mouthSmile_L", "mouthSmile_R", "browInnerUp_L")
EYES, MOUTH = ((-3.0, 3.4), (3.0, 3.4)), (0.0, -3.5)


def _surface() -> tuple[np.ndarray, np.ndarray]:
    """Vertices of the head, [V, 3] cm, and triangles that are counter-clockwise from outside."""
    height = np.linspace(13.5, -18, ROWS)[:, None]
    around = np.linspace(-np.pi, np.pi, COLUMNS, endpoint=False)
    chin = np.clip((height + 14.0) / 10.0, 0.62, 1.0)
    width = np.sqrt(np.clip(1 - (np.maximum(height - 2, 0) / 12) ** 2, 0.02, 1)) * chin
    x, z = 7.9 * width * np.sin(around), 1.7 + 8.6 * width * np.cos(around)
    nose = np.exp(-((x / 1.0) ** 2) - ((height - 0.9) / 1.8) ** 2) * (np.cos(around) > 0.5)
    vertices = np.stack([x, np.broadcast_to(height, x.shape), z + 2.4 * nose], -1).reshape(-1, 3)
    k = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    right = np.roll(k, -1, 1)
    a, b, c, d = k[:-1], right[:-1], k[1:], right[1:]
    triangles = [np.stack(t, -1).reshape(-1, 3) for t in ((a, c, b), (b, c, d))]
    return vertices, np.concatenate(triangles)


def _landmarks() -> np.ndarray:
    """Where the 68 points lie, as seen from in front: [68, 2] cm."""
    angle = np.linspace(np.pi, 2 * np.pi, 17)
    jaw = np.stack([6.9 * np.cos(angle), 3.7 + 10.5 * np.sin(angle)], -1)
    brow = np.stack([np.linspace(-5.2, -1.2, 5), 5.6 + 0.5 * np.sin(np.linspace(0.3, 2.8, 5))], -1)
    bridge = np.stack([np.zeros(4), np.linspace(3.4, 0.9, 4)], -1)
    base = np.stack([np.linspace(-1.3, 1.3, 5), np.full(5, -0.9)], -1)
    six = np.array([[-1.3, 0], [-0.5, 0.45], [0.5, 0.45], [1.3, 0], [0.5, -0.4], [-0.5, -0.4]])
    eyes = [six + eye for eye in EYES]
    turn = np.linspace(np.pi, -np.pi, 12, endpoint=False)
    outer = np.stack([2.4 * np.cos(turn), 0.9 * np.sin(turn)], -1) + MOUTH
    turn = np.linspace(np.pi, -np.pi, 8, endpoint=False)
    inner = np.stack([2.0 * np.cos(turn), 0.3 * np.sin(turn)], -1) + MOUTH
    return np.concatenate([jaw, brow, brow[::-1] * [-1, 1], bridge, base, *eyes, outer, inner])


def drawn_mesh() -> dict[str, Any]:
    """The arrays of a packed mesh."""
    vertices, triangles = _surface()
    count, front = len(vertices), vertices[:, 2] > 1.7
    points = _landmarks()
    apart = np.linalg.norm(vertices[None, :, :2] - points[:, None], axis=2) + 100 * ~front
    landmarks = apart.argmin(1)
    radius = np.full(count, np.nan)
    region = np.where(front, FACE, HEAD_NECK)
    extra, shown = [], []
    for kind, middle in (
        (EYEBALL, (-3.0, 3.4)),
        (EYEBALL, (3.0, 3.4)),
        (TEETH, MOUTH),
        (EYELASHES, (-3.0, 4.2)),
    ):
        first = count + len(extra)
        ring = np.linspace(0, 2 * np.pi, 8, endpoint=False)
        disc = [
            (*middle, 10.4),
            *((middle[0] + 0.5 * np.cos(t), middle[1] + 0.5 * np.sin(t), 10.3) for t in ring),
        ]
        extra += disc
        shown += [(first, first + 1 + k, first + 1 + (k + 1) % 8) for k in range(8)]
        region = np.concatenate([region, np.full(9, kind)])
        radius = np.concatenate([radius, [0.0, *[0.5] * 8] if kind == EYEBALL else np.full(9, np.nan)])
    vertices = np.concatenate([vertices, extra]).astype(np.float32)
    rng = np.random.default_rng(0)
    x, y, _ = vertices.T
    wider, longer = vertices * [0.05, 0, 0], np.stack([0 * x, 0.04 * np.minimum(y, 0), 0 * x], -1)
    around_mouth = np.exp(-((vertices[:, :2] - MOUTH) ** 2).sum(1) / 6)[:, None]
    moves = rng.normal(0, 0.4, (len(NAMES), 1, 3))
    return {
        "neutral": vertices,
        "identity": np.stack([wider, longer]).astype(np.float16),
        "expression": (moves * around_mouth).astype(np.float16),
        "expression_names": np.array(NAMES),
        "region_names": np.array(REGIONS),
        "triangles": np.concatenate([triangles, shown]).astype(np.uint16),
        "region": region.astype(np.uint8),
        "eye_axis_radius": radius.astype(np.float16),
        "landmarks68": landmarks.astype(np.uint16),
    }


def write_mesh(folder: Path, **changes: Any) -> Path:
    """Writes the packed mesh; arrays are replaced, or left out where they are None."""
    arrays = {name: array for name, array in {**drawn_mesh(), **changes}.items() if array is not None}
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / FILE, **arrays)
    return folder
