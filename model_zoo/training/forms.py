"""The int8 forms of a training's network as a board runs them."""

from __future__ import annotations

from model_zoo.evaluation.deployed import Deployed
from model_zoo.evaluation.engines import micro_engine
from model_zoo.training.course import Course
from model_zoo.training.write_card import program_facts


def deployed_as(course: Course, content: bytes) -> Deployed:
    """A .tflite file as a board runs it."""
    engine = micro_engine(content)
    return Deployed.of_card(course.task, course.view, program_facts(course, engine.outputs), engine)
