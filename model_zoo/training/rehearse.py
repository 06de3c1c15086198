"""Learns before the first epoch whether a network can be shipped: an untrained copy goes the whole way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import ModelError, TinyfaceError
from model_zoo.evaluation.deployed import Deployed
from model_zoo.training import compress, export, quantize
from model_zoo.training.course import Course
from model_zoo.training.equalize import joints

PICTURES = 8
"""So many give an untrained copy its ranges."""


def rehearse(course: Course, pictures: NDArray[np.float32], deploy: Callable[[bytes], Deployed]) -> None:
    """Quantizes, exports, reads and runs an untrained network in each form that the recipe ends in.

    Args:
        course: the training; nothing of it changes.
        pictures: float32 [N, H, W, C], for the ranges.
        deploy: the program of a .tflite file.
    Raises:
        ModelError: names the form, the layer and why it can't be exported, read or run.
    """
    model = course.network()
    for phase in course.recipe.phases:
        model = compress.reshaped_untrained(model, phase)
    if course.recipe.equalize and not joints(model.get_config()):
        raise ModelError(
            "it has no branches to equalize: none with BatchNorm is concatenated for dense layers alone",
            course.spec.name,
            "Leave equalize out of the recipe.",
        )
    forms: dict[str, Callable[[], bytes]] = {"ptq": lambda: export.to_tflite(model, pictures)}
    if any(phase.kind == "qat" for phase in course.recipe.phases):
        forms["qat"] = lambda: export.to_tflite(_aware(course, model, pictures), None)
    for form, make in forms.items():
        name = f"{course.spec.name}, {form}"
        content = _tried(make, name)
        export.check(content, name)
        view = course.view
        shape = (1, view.height, view.width, view.channels)
        deploy(content).engine.run(np.zeros(shape, np.int8))


def _aware(course: Course, model: Any, pictures: NDArray[np.float32]) -> Any:
    aware = quantize.quantization_aware(model, course.recipe.range_decay)
    aware(pictures, training=True)
    return aware


def _tried(make: Callable[[], bytes], name: str) -> bytes:
    """What the converter or the quantizer makes; their refusals have many types.

    A SystemError is none of them: it is what becomes of an exception, such as that of a signal, in C code.
    """
    try:
        return make()
    except (TinyfaceError, MemoryError, OSError, SystemError):
        raise
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise ModelError(
            f"it can't be quantized or exported ({(lines or [type(error).__name__])[0][:300]})",
            name,
            "Change that layer of the architecture.",
        ) from error
