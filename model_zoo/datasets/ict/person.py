"""Who is drawn, and in which moment: everything is drawn by lot here, nothing is painted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BEARDS = ("none", "stubble", "moustache", "goatee", "full")
BEARD_SHARES = (0.62, 0.14, 0.07, 0.06, 0.11)
HAIRS = ("short", "bald", "receding", "long", "bob", "afro", "cap", "scarf")
HAIR_SHARES = (0.40, 0.07, 0.10, 0.17, 0.09, 0.07, 0.06, 0.04)
GLASSES = ("none", "clear", "dark", "bar")
GLASSES_SHARES = (0.72, 0.17, 0.07, 0.04)
SHAPE_SPREAD = 1.0
"""Deviation of the weights of identity; the mesh's makers scaled their modes so that it is 1 among people."""
MOST_YAW = np.deg2rad(60)
MOST_PITCH = np.deg2rad(32)


@dataclass(frozen=True, eq=False)
class Person:
    """What stays the same in all pictures of somebody.

    Attributes:
        shape: float32 [I], weights of identity.
        skin, hair, iris, cloth: albedo of each, 0 to 1, linear light.
        lips: albedo of the lips over that of the skin.
        brows: how dark brows are, 0 to 1; brow_cm: their height.
        mottled: contrast of the skin's spots.
        age: 0 smooth to 1 wrinkled.
        hair_style, beard, glasses: of HAIRS, BEARDS, GLASSES.
        hair_cm: how thick hair lies on the head.
        seed: of the strokes and spots that are painted on this person.
    """

    shape: NDArray[np.float32]
    skin: float
    hair: float
    iris: float
    cloth: float
    lips: float
    brows: float
    brow_cm: float
    mottled: float
    age: float
    hair_style: str
    beard: str
    glasses: str
    hair_cm: float
    seed: int


@dataclass(frozen=True)
class Moment:
    """One picture's pose, mood and camera.

    Attributes:
        mood: weights of expressions by name.
        yaw, pitch, roll: radians: to image right, down, clockwise.
        distance_cm: of the camera from the middle of the head.
    """

    mood: dict[str, float]
    yaw: float
    pitch: float
    roll: float
    distance_cm: float


def random_person(rng: np.random.Generator, modes: int) -> Person:
    """Somebody; `modes`: weights of identity that the mesh has."""
    shape = np.clip(rng.normal(0, SHAPE_SPREAD, modes), -2.5, 2.5)
    skin = float(np.exp(rng.uniform(np.log(0.07), np.log(0.6))))
    light_haired = rng.random() < (0.5 if skin > 0.25 else 0.06)
    hair = float(rng.uniform(0.12, 0.6) if light_haired else rng.uniform(0.008, 0.06))
    hair_style = str(rng.choice(HAIRS, p=HAIR_SHARES))
    womanly = hair_style in ("long", "bob", "scarf") or rng.random() < 0.25
    beard = "none" if womanly and rng.random() < 0.95 else str(rng.choice(BEARDS, p=BEARD_SHARES))
    return Person(
        shape=shape.astype(np.float32),
        skin=skin,
        hair=hair,
        iris=float(np.exp(rng.uniform(np.log(0.008), np.log(0.09)))),
        cloth=float(rng.uniform(0.01, 0.8)),
        lips=float(rng.uniform(0.3, 0.75) if womanly else rng.uniform(0.6, 0.95)),
        brows=float(rng.uniform(0.25, 0.95)),
        brow_cm=float(rng.uniform(0.35, 0.95)),
        mottled=float(rng.gamma(2.0, 0.03)),
        age=float(rng.beta(1.2, 1.8)),
        hair_style=hair_style,
        beard=beard,
        glasses=str(rng.choice(GLASSES, p=GLASSES_SHARES)),
        hair_cm=float(rng.uniform(0.4, 2.2)),
        seed=int(rng.integers(2**31)),
    )


def random_moment(rng: np.random.Generator) -> Moment:
    """A moment: three of four heads look nearly ahead, the others anywhere up to 60 degrees to a side."""
    yaw = rng.normal(0, 0.28) if rng.random() < 0.75 else rng.uniform(-MOST_YAW, MOST_YAW)
    return Moment(
        mood=random_mood(rng),
        yaw=float(np.clip(yaw, -MOST_YAW, MOST_YAW)),
        pitch=float(np.clip(rng.normal(0.06, 0.19), -MOST_PITCH, MOST_PITCH)),
        roll=float(np.clip(rng.normal(0, 0.13), -0.45, 0.45)),
        distance_cm=float(np.exp(rng.uniform(np.log(45), np.log(250)))),
    )


def random_mood(rng: np.random.Generator) -> dict[str, float]:
    """Weights of expressions: lids and gaze of both eyes together, a mouth that speaks, smiles or rests."""
    mood: dict[str, float] = {}

    def both(name: str, weight: float, apart: float = 0.15) -> None:
        for side in "LR":
            mood[f"{name}_{side}"] = float(np.clip(weight + rng.normal(0, apart * weight + 1e-9), 0, 1))

    _eyes(rng, mood, both)
    kind = rng.random()
    if kind < 0.32:  # smiles
        both("mouthSmile", float(rng.uniform(0.2, 1.0)))
        both("cheekSquint", float(rng.uniform(0, 0.7)))
        if rng.random() < 0.6:
            both("mouthUpperUp", float(rng.uniform(0, 0.6)))
            both("mouthLowerDown", float(rng.uniform(0, 0.5)))
        mood["jawOpen"] = float(rng.uniform(0, 0.35) if rng.random() < 0.5 else 0)
    elif kind < 0.72:  # speaks
        mood["jawOpen"] = float(rng.beta(1.2, 2.2))
        for name in ("mouthFunnel", "mouthPucker", "mouthRollLower", "mouthShrugUpper"):
            if rng.random() < 0.3:
                mood[name] = float(rng.uniform(0, 0.6))
        both("mouthLowerDown", float(rng.uniform(0, 0.6)))
        both("mouthUpperUp", float(rng.uniform(0, 0.5)))
        both("mouthStretch", float(rng.uniform(0, 0.5)))
    else:  # rests, or is displeased
        for name in ("mouthFrown", "mouthPress", "mouthDimple", "noseSneer"):
            if rng.random() < 0.3:
                both(name, float(rng.uniform(0, 0.8)))
        mood["mouthClose"] = 0.0
    for name in ("jawLeft", "jawRight", "mouthLeft", "mouthRight", "jawForward"):
        if rng.random() < 0.08:
            mood[name] = float(rng.uniform(0, 0.6))
    return {name: weight for name, weight in mood.items() if weight > 0.01}


def _eyes(rng: np.random.Generator, mood: dict[str, float], both: object) -> None:
    assert callable(both)
    brow = rng.normal(0, 0.45)
    if brow > 0:
        both("browInnerUp", min(1.0, brow))
        both("browOuterUp", float(np.clip(brow + rng.normal(0, 0.2), 0, 1)))
    else:
        both("browDown", min(1.0, -brow))
    lids = rng.random()
    if lids < 0.09:
        both("eyeBlink", float(rng.uniform(0.8, 1.0)), 0.02)
    elif lids < 0.6:
        both("eyeBlink", float(rng.uniform(0, 0.4)), 0.1)
        both("eyeSquint", float(rng.uniform(0, 0.5)))
    else:
        both("eyeWide", float(rng.uniform(0, 0.6)))
    across, up = rng.normal(0, 0.25), rng.normal(-0.05, 0.18)
    mood["eyeLookOut_L"] = mood["eyeLookIn_R"] = float(np.clip(across, 0, 0.8))
    mood["eyeLookIn_L"] = mood["eyeLookOut_R"] = float(np.clip(-across, 0, 0.8))
    both("eyeLookUp", float(np.clip(up, 0, 0.7)), 0)
    both("eyeLookDown", float(np.clip(-up, 0, 0.7)), 0)


def turn_of(yaw: float, pitch: float, roll: float) -> NDArray[np.float32]:
    """Matrix of a turned head, y up: float32 [3, 3]; rows of vertices are multiplied by its transpose."""
    cy, sy, cp, sp, cr, sr = (f(angle) for angle in (yaw, pitch, roll) for f in (np.cos, np.sin))
    turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    nod = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    lean = np.array([[cr, sr, 0], [-sr, cr, 0], [0, 0, 1]])
    return np.asarray(lean @ nod @ turn, np.float32)
