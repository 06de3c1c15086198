"""The int8 forms of a training's network: from which pictures ranges come, and a form as a board runs it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model_zoo.evaluation.deployed import Deployed
from model_zoo.evaluation.engines import micro_engine
from model_zoo.training import quantize
from model_zoo.training.course import Course
from model_zoo.training.fit import to_real
from model_zoo.training.write_card import program_facts


def calibration(course: Course, most: int) -> NDArray[np.float32]:
    """At most so many training pictures for post-training ranges: float32 [N + 2, H, W, C]."""
    count = min(most, len(course.train))
    rng = np.random.default_rng((course.options.seed, 99))
    rows = course.train.take(rng.permutation(len(course.train))[:count])
    return quantize.calibration_images(to_real(course.lesson.calibration(rows, rng)))


def deployed_as(course: Course, content: bytes) -> Deployed:
    """A .tflite file as a board runs it."""
    engine = micro_engine(content)
    return Deployed.of_card(course.task, course.view, program_facts(course, engine.outputs), engine)
