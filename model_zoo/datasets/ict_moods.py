"""Rendered faces whose expression is exact: ICT-FaceKit's mesh moved by the action units of each class.

Ekman, Friesen and Hager, "Facial Action Coding System: Investigator's Guide", 2002, chapter 12, and its short
form EMFACS (Friesen and Ekman 1983), say which units belong to which emotion: the table MOODS takes one
prototype of each. UNITS says which of the mesh's shapes is nearest to a unit. What people see in such faces
was not asked.

Picture k of person i is a function of (seed, i, k), the mesh and the photographs behind the heads alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.program.picture import crop_resize, face_crop
from model_zoo.datasets import dataset
from model_zoo.datasets.emotion_set import CLASSES, EmotionSet, one_hot
from model_zoo.datasets.ict.anatomy import anatomy_of
from model_zoo.datasets.ict.mesh import FaceMesh
from model_zoo.datasets.ict.person import Moment
from model_zoo.datasets.ict.picture import picture_of, random_model
from model_zoo.datasets.ict_facekit import content, find, mesh_in, photographs_in, terms
from model_zoo.datasets.live_set import detector_boxes
from model_zoo.datasets.render_cache import Report
from model_zoo.datasets.samples import HEADS

NAME = "ict_moods"
SIDE_PX = 96
"""Of a picture, a tight square around the face as a detector would give it."""
PEOPLE, SEED = 240, 2
"""Of the set that commands use; each person is drawn once in each class."""
UNITS: Mapping[int, tuple[str, ...]] = {
    1: ("browInnerUp",),
    2: ("browOuterUp",),
    4: ("browDown",),
    5: ("eyeWide",),
    6: ("cheekSquint",),
    7: ("eyeSquint",),
    9: ("noseSneer",),
    10: ("mouthUpperUp",),
    12: ("mouthSmile",),
    15: ("mouthFrown",),
    16: ("mouthLowerDown",),
    17: ("mouthShrugLower", "mouthShrugUpper"),
    20: ("mouthStretch",),
    23: ("mouthPress", "mouthRollLower", "mouthRollUpper"),
    26: ("jawOpen",),
}
"""Action unit -> shapes of the mesh that move as it does; most have a left and a right side."""
MIDDLE = ("mouthShrugLower", "mouthShrugUpper", "mouthRollLower", "mouthRollUpper", "jawOpen")
"""Those that have none."""
MOODS: Mapping[str, Mapping[int, float]] = {
    "angry": {4: 1.0, 5: 0.5, 7: 0.7, 23: 0.8},
    "disgust": {4: 0.3, 9: 1.0, 10: 0.7, 15: 0.5, 16: 0.4},
    "fear": {1: 1.0, 2: 0.7, 4: 0.5, 5: 1.0, 20: 0.9, 26: 0.35},
    "happy": {6: 0.8, 12: 1.0},
    "sad": {1: 0.9, 4: 0.4, 15: 0.9, 17: 0.4},
    "surprise": {1: 1.0, 2: 1.0, 5: 0.8, 26: 0.7},
    "neutral": {},
}
"""Class -> its units and how strongly each is there at the most."""
FAINTEST = 0.6
"""Share of that at the least."""


def mood_of(name: str, rng: np.random.Generator) -> dict[str, float]:
    """Weights of the mesh's shapes, 0 to 1, for one face of a class."""
    strength = rng.uniform(FAINTEST, 1.0)
    mood = {}
    for unit, most in MOODS[name].items():
        there = most * strength * np.exp(rng.normal(0, 0.1))
        for shape in UNITS[unit]:
            for end in ("",) if shape in MIDDLE else ("_L", "_R"):
                mood[f"{shape}{end}"] = float(np.clip(there * np.exp(rng.normal(0, 0.05)), 0, 1))
    return mood


def moment_of(name: str, rng: np.random.Generator) -> Moment:
    """Nearly from in front, as in the photographs that people named expressions in."""
    yaw, pitch, roll = np.clip(rng.normal(0, 1, 3), -2, 2) * (0.2, 0.1, 0.08)
    distance = np.exp(rng.uniform(np.log(60), np.log(250)))
    return Moment(mood_of(name, rng), float(yaw), float(pitch), float(roll), float(distance))


def generate(
    mesh: FaceMesh,
    photographs: Sequence[NDArray[np.uint8]],
    people: int,
    seed: int,
    report: Report = lambda done, total: None,
) -> dict[str, Any]:
    """The columns of a set of faces, each person once in each class; those of fewer people are the beginning
    of those of more.

    Args:
        photographs: for the grounds, uint8 [H, W] each; may be none.
    """
    anatomy, total = anatomy_of(mesh), people * len(CLASSES)
    pictures: list[NDArray[np.uint8]] = []
    for person in range(people):
        model = random_model(anatomy, np.random.default_rng((seed, person)))
        for k, name in enumerate(CLASSES):
            report(len(pictures), total)
            rng = np.random.default_rng((seed, person, k))
            picture, points = picture_of(model, rng, photographs, moment_of(name, rng))
            ((x, y, width, height),) = detector_boxes(points[None]).astype(float)
            pictures.append(crop_resize(picture, face_crop(x, y, width, height, 1.0), SIDE_PX, SIDE_PX))
    report(total, total)
    classes = np.tile(np.arange(len(CLASSES)), people)
    return {
        "pictures": np.stack(pictures),
        "identities": np.repeat(np.arange(people, dtype=np.int32), len(CLASSES)),
        "files": tuple(f"mood{person:04d}_{name}" for person in range(people) for name in CLASSES),
        "classes": classes,
        "shares": one_hot(classes),
    }


def _set_of(folder: Path, **columns: Any) -> EmotionSet:
    return EmotionSet(name=NAME, licence=terms(folder), made=HEADS, **columns)


def _silent(done: int, total: int) -> None:
    """Hears of pictures, and says nothing."""


@dataset(NAME, task="emotions", find=find, renders=_set_of, content=content, by_name=True)
def moods(folder: Path, report: Report = _silent) -> EmotionSet:
    """Each head in each class, before photographs where there are some.

    Raises:
        DataError: the mesh or a photograph can't be used.
    """
    return _set_of(folder, **generate(mesh_in(folder), photographs_in(folder), PEOPLE, SEED, report))
