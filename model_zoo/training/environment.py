"""TensorFlow as this package needs it."""

from __future__ import annotations

import os
from typing import Any

from codegen.errors import ToolError
from codegen.installation import extra_command


def import_tensorflow() -> Any:
    """TensorFlow with Keras 2, which tensorflow-model-optimization needs.

    Raises:
        ToolError: it is not installed.
    """
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import tensorflow as tf
        import tensorflow_model_optimization  # noqa: F401
        import tf_keras  # noqa: F401
    except ImportError as error:
        raise ToolError(
            f"training needs {error.name}", "train", f"With Python 3.10 to 3.12: `{extra_command('train')}`."
        ) from error
    return tf
