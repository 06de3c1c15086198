"""A parametric 3D face: identity, expression and pose in, the 68 points and a skull outline out.

Units: half the width of an average face; x to image right, y down, z towards the viewer; origin in the
middle of the head at eye height.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Identity:
    """What stays the same in all pictures of a person; 1 is average where nothing else is said.

    Attributes:
        width, chin, squareness: of the jaw; squareness 0 is an ellipse, 1 nearly a box.
        eye_distance, eye_size, eye_tilt: eye_tilt raises the outer corners, in units.
        brow_height, brow_arch: in units above the eyes.
        nose_length, nose_width, mouth_width, lips: relative.
        skin, hair, iris: gray levels 0..255.
        brow_weight: thickness of the brows in units.
        bald: no hair on top.
        glasses: wears glasses.
    """

    width: float
    chin: float
    squareness: float
    eye_distance: float
    eye_size: float
    eye_tilt: float
    brow_height: float
    brow_arch: float
    nose_length: float
    nose_width: float
    mouth_width: float
    lips: float
    skin: float
    hair: float
    iris: float
    brow_weight: float
    bald: bool
    glasses: bool


@dataclass(frozen=True)
class Expression:
    """The moving parts: eyes 0 shut .. 1 wide, mouth 0 shut .. 1 open, smile and brows -1 .. 1."""

    eyes: float
    mouth: float
    smile: float
    brows: float


def random_identity(rng: np.random.Generator) -> Identity:
    """A person."""

    def around(deviation: float) -> float:
        return 1.0 + float(np.clip(rng.normal(0, deviation), -2.5 * deviation, 2.5 * deviation))

    return Identity(
        width=around(0.06),
        chin=around(0.07),
        squareness=float(rng.uniform(0.0, 0.6)),
        eye_distance=around(0.06),
        eye_size=around(0.1),
        eye_tilt=float(rng.normal(0, 0.02)),
        brow_height=around(0.12),
        brow_arch=around(0.3),
        nose_length=around(0.08),
        nose_width=around(0.13),
        mouth_width=around(0.1),
        lips=around(0.25),
        skin=float(rng.uniform(70, 220)),
        hair=float(rng.choice([15.0, 30.0, 60.0, 110.0, 190.0])),
        iris=float(rng.uniform(20, 110)),
        brow_weight=float(rng.uniform(0.035, 0.075)),
        bald=bool(rng.random() < 0.12),
        glasses=bool(rng.random() < 0.15),
    )


def random_expression(rng: np.random.Generator) -> Expression:
    """A moment; every tenth has the eyes shut, half have the mouth shut."""
    return Expression(
        eyes=0.05 if rng.random() < 0.1 else float(rng.uniform(0.4, 1.0)),
        mouth=0.0 if rng.random() < 0.5 else float(rng.uniform(0.1, 1.0)),
        smile=float(np.clip(rng.normal(0.15, 0.45), -1, 1)),
        brows=float(np.clip(rng.normal(0, 0.4), -1, 1)),
    )


def _jaw(who: Identity, mood: Expression) -> NDArray[np.float64]:
    angle = np.linspace(np.pi, 0, 17)
    power = 1.0 - 0.45 * who.squareness
    across, down = np.cos(angle), np.sin(angle)
    x = np.sign(across) * np.abs(across) ** power * who.width
    y = -0.02 + down**power * 1.22 * who.chin
    y += 0.2 * mood.mouth * down**3  # the chin drops with the mouth
    return np.stack([x, y, -0.5 + 0.75 * down], -1)


def _brow(who: Identity, mood: Expression, side: int) -> NDArray[np.float64]:
    t = np.linspace(0, 1, 5)  # outer to inner end
    x = side * (0.80 - 0.60 * t) * who.eye_distance
    y = -0.36 * who.brow_height - 0.11 * who.brow_arch * np.sin(np.pi * (0.15 + 0.75 * t)) - 0.10 * mood.brows
    y += 0.05 * (1 - t)
    return np.stack([x, y, 0.30 + 0.35 * t], -1)


def _eye(who: Identity, mood: Expression, side: int) -> NDArray[np.float64]:
    """Outer corner, two upper, inner corner, two lower points."""
    half = 0.17 * who.eye_size
    opening = 0.085 * who.eye_size * mood.eyes
    centre = side * 0.43 * who.eye_distance
    x = centre + side * half * np.array([1.0, 0.4, -0.4, -1.0, -0.4, 0.4])
    y = opening * np.array([0.0, -1.0, -1.0, 0.0, 0.75, 0.75])
    y += who.eye_tilt * np.array([-1.0, -0.4, 0.4, 1.0, 0.4, -0.4])
    z = 0.42 + np.array([-0.10, 0.0, 0.04, 0.02, 0.04, 0.0])
    return np.stack([x, y, z], -1)


def _nose(who: Identity) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    length = 0.46 * who.nose_length
    t = np.linspace(0, 1, 4)
    bridge = np.stack([np.zeros(4), 0.02 + t * (length - 0.08), 0.56 + 0.34 * t], -1)
    s = np.linspace(-1, 1, 5)
    base = np.stack([0.20 * who.nose_width * s, length + 0.05 * (1 - s**2), 0.58 + 0.14 * (1 - s**2)], -1)
    return bridge, base


def _mouth(who: Identity, mood: Expression) -> NDArray[np.float64]:
    """12 outer points from the image-left corner over the top, then 8 inner ones."""
    half = 0.30 * who.mouth_width * (1 + 0.18 * mood.smile - 0.1 * mood.mouth)
    middle = 0.46 * who.nose_length + 0.27
    corner = -0.07 * mood.smile + 0.06 * mood.mouth
    gap, lip = 0.24 * mood.mouth, 0.075 * who.lips
    upper_x = np.array([-1.0, -0.62, -0.25, 0.0, 0.25, 0.62, 1.0])
    upper_y = np.array([corner, -0.6 * lip, -1.05 * lip, -0.9 * lip, -1.05 * lip, -0.6 * lip, corner])
    lower_x = np.array([0.6, 0.27, 0.0, -0.27, -0.6])
    lower_y = (
        np.array([0.75, 1.15, 1.25, 1.15, 0.75]) * lip + gap * np.array([0.75, 1, 1, 1, 0.75]) + 0.3 * corner
    )
    inner_x = np.array([-0.88, -0.3, 0.0, 0.3, 0.88, 0.3, 0.0, -0.3])
    low = gap + 0.004
    inner_y = np.array([0.9 * corner, 0, 0.01, 0, 0.9 * corner, low, low, low])
    x = half * np.concatenate([upper_x, lower_x, inner_x])
    y = middle + np.concatenate([upper_y, lower_y, inner_y])
    return np.stack([x, y, 0.70 - 1.6 * x**2], -1)


def face_points(who: Identity, mood: Expression) -> NDArray[np.float64]:
    """The 68 points of a frontal face: float64 [68, 3]."""
    bridge, base = _nose(who)
    right_brow = _brow(who, mood, 1)[::-1]  # inner to outer: image left to right
    left_eye = _eye(who, mood, -1)
    right_eye = _eye(who, mood, 1)[[3, 2, 1, 0, 5, 4]]  # starts at the inner corner, over the top
    parts = [_jaw(who, mood), _brow(who, mood, -1), right_brow, bridge, base]
    return np.concatenate([*parts, left_eye, right_eye, _mouth(who, mood)])


def skull_points(who: Identity) -> NDArray[np.float64]:
    """The upper head from ear to ear, several arcs: float64 [K, 3]; its projected hull is the outline."""
    angle = np.linspace(0, np.pi, 25)
    arcs = []
    for depth, size in ((-0.9, 0.75), (-0.55, 1.0), (-0.2, 0.97), (0.2, 0.8)):
        arcs.append(
            np.stack(
                [np.cos(angle) * who.width * size, -0.05 - np.sin(angle) * 1.05 * size, np.full(25, depth)],
                -1,
            )
        )
    return np.concatenate(arcs)


def rotation(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    """Matrix of a head turned by yaw (to image right), pitch (down), roll (clockwise), radians: [3, 3]."""
    cy, sy, cp, sp, cr, sr = (
        np.cos(yaw),
        np.sin(yaw),
        np.cos(pitch),
        np.sin(pitch),
        np.cos(roll),
        np.sin(roll),
    )
    turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    nod = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    lean = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    product: NDArray[np.float64] = lean @ nod @ turn
    return product
