"""TensorFlow as this package needs it, and what of its words nobody needs."""

from __future__ import annotations

import logging
import os
from typing import Any

from codegen.errors import ToolError
from codegen.installation import extra_command

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
"""TensorFlow's variable: 0 shows all that its C++ says, 2 errors only."""
_CHOSEN = os.environ.get(LEVEL)
_NOISE = (
    # Of the Abseil log, which does not know LEVEL: notes and warnings, and its banner.
    r"WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR$",
    r"[IW]\d{4} \d\d:\d\d:[\d.]+ +\d+ [\w./-]+:\d+\] ",
    # Its errors on a machine without a GPU: the one library in two wrappers, and no driver.
    r"(E\d{4} |\d{4}-\d\d-\d\d ).*\b(Unable to register cu\w+ factory|failed call to cuInit)\b",
    # A line of the converter without any level.
    r"fully_quantize: \d+, inference_type: ",
)


def noise() -> str:
    """Regular expression of the lines that TensorFlow's C++ writes in normal use, matched at their start; ""
    where a person has set TF_CPP_MIN_LOG_LEVEL, and so chosen what to see."""
    return "" if _CHOSEN is not None else "|".join(_NOISE)


def import_tensorflow() -> Any:
    """TensorFlow with Keras 2, which tensorflow-model-optimization needs.

    Raises:
        ToolError: it is not installed.
    """
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    os.environ.setdefault(LEVEL, "2")
    try:
        import tensorflow as tf
        import tensorflow_model_optimization  # noqa: F401
        import tf_keras  # noqa: F401
    except ImportError as error:
        raise ToolError(
            f"training needs {error.name}", "train", f"With Python 3.10 to 3.12: `{extra_command('train')}`."
        ) from error
    if _CHOSEN is None:
        tf.get_logger().setLevel(logging.ERROR)
    return tf
