"""Keras model -> int8 .tflite bytes with a fixed batch of 1, checked by our own reader: a board runs what it
reads."""

from __future__ import annotations

import errno
import os
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import ModelError
from codegen.tflite.reader import parse_model
from model_zoo.recurrence import cells_in, remembering
from model_zoo.training.tidy import tidy


def to_tflite(model: Any, calibration: NDArray[np.float32] | None) -> bytes:
    """Converts to int8 input, output, weights and activations.

    Fully connected layers keep one weight scale (older runtimes know no other); convolutions have one
    a channel.

    Args:
        model: float model, or one from quantize.quantization_aware.
        calibration: float32 [N, H, W, C] from which a float model takes its ranges; None for the other kind.
    Returns:
        the .tflite file, tidied.
    Raises:
        OSError: there is no room for the converter's work files.
    """
    with remembering(model) as kept:
        return _converted(model, calibration, kept)


def _converted(model: Any, calibration: NDArray[np.float32] | None, kept: list[Any]) -> bytes:
    """As `to_tflite`, of a model whose recurrent layers keep what they say in variables."""
    import tensorflow as tf

    shape = [1, *model.input_shape[1:]]
    function = tf.function(lambda x: model(x, training=False)).get_concrete_function(
        tf.TensorSpec(shape, tf.float32, name="picture")
    )
    holder = tf.Module()  # a Keras model would be saved on the way, each layer traced several times
    holder.kept = [*model.weights, *kept]
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], holder)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    if calibration is None:  # the ranges are in the model; the converter still asks for one picture
        calibration = np.zeros((1, *shape[1:]), np.float32)
    pictures = calibration
    times = max((cell.frames for cell in cells_in(model)), default=1)

    def samples() -> Iterator[list[NDArray[np.float32]]]:
        for picture in pictures:
            for _ in range(times):  # as long as sequences were
                yield [picture[None]]

    converter.representative_dataset = samples
    converter.experimental_enable_resource_variables = bool(kept)
    try:
        return tidy(bytes(converter.convert()))
    except tf.errors.ResourceExhaustedError as error:  # its work files
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), tempfile.gettempdir()) from error


def _interpreter(content: bytes) -> Any:
    """TensorFlow's interpreter on a file, for its facts only; its notice of deprecation is left out."""
    import tensorflow as tf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return tf.lite.Interpreter(
            model_content=content,
            experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF,
        )


def op_counts(content: bytes) -> Counter[str]:
    """How often each op kind occurs in a .tflite file."""
    return Counter(op["op_name"] for op in _interpreter(content)._get_ops_details())


def check(content: bytes, name: str) -> Counter[str]:
    """Makes sure that a board can run the file as it is.

    Args:
        content: the .tflite file.
        name: of it, for errors.
    Returns:
        the op counts.
    Raises:
        ModelError: our reader refuses a layer, a tensor is float, or the input is not p - 128.
    """
    parse_model(content, name)
    interpreter = _interpreter(content)
    wide = [t["name"] for t in interpreter.get_tensor_details() if np.issubdtype(t["dtype"], np.floating)]
    if wide and "READ_VARIABLE" not in op_counts(
        content
    ):  # variables are float32 on their way; our reader knows
        raise ModelError(
            f"{len(wide)} tensors are no integers, first {wide[0]}", name, "Quantize every layer."
        )
    entry = interpreter.get_input_details()[0]["quantization"]
    if entry != (1 / 128, 0):
        raise ModelError(f"the input has scale and zero point {entry}", name, "Calibrate from -1 to 127/128.")
    return op_counts(content)


def macs_of(model: Any) -> int:
    """Multiply-accumulates of one picture through a float Keras model: convolutions, dense layers, recurrent
    units, and products of activations."""
    import tensorflow as tf

    layers = tf.keras.layers
    total = 0
    for layer in model.layers:
        if isinstance(layer, layers.DepthwiseConv2D):
            total += int(np.prod(layer.output_shape[1:])) * int(np.prod(layer.kernel_size))
        elif isinstance(layer, layers.Conv2D):
            total += int(np.prod(layer.output_shape[1:])) * int(np.prod(layer.kernel.shape[:3]))
        elif isinstance(layer, layers.Dense):
            total += int(np.prod(layer.kernel.shape))
        elif isinstance(layer, layers.Dot):
            total += int(np.prod(layer.output_shape[1:])) * int(layer.input_shape[0][layer.axes[0]])
    return total + sum(int(cell.macs()) for cell in cells_in(model))
