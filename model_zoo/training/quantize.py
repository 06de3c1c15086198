"""Int8 in two ways: post-training (ranges from calibration) and quantization-aware (ranges learnt).

Quantization-aware training is tensorflow-model-optimization 0.8 with three corrections: depthwise kernels get
one scale a channel (its quantizer takes the last axis, which has size 1 there), activation ranges follow with
the recipe's decay instead of 0.999, and the layers in front of a concatenation take its range, so that the
converter has nothing to requantize.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_zoo.blend import weigher

INPUT_RANGE = (-1.0, 127.0 / 128.0)
"""int8 input q = pixel - 128 stands for q / 128."""


def _correct_tfmot(range_decay: float) -> None:
    """Replaces two methods of tfmot for this process; calling it again only sets the decay."""
    import tensorflow as tf
    from tensorflow_model_optimization.python.core.quantization.keras import quant_ops, quantizers
    from tensorflow_model_optimization.python.core.quantization.keras.default_8bit import (
        default_8bit_quantizers,
    )

    conv_weights = default_8bit_quantizers.Default8BitConvWeightsQuantizer

    def build(self: Any, shape: Any, name: str, layer: Any) -> dict[str, Any]:
        self.depthwise = isinstance(layer.layer, tf.keras.layers.DepthwiseConv2D)  # kernel [H, W, C, 1]
        channels = shape[-2] if self.depthwise else shape[-1]
        constant = tf.keras.initializers.Constant
        return {
            f"{end}_var": layer.add_weight(
                f"{name}_{end}", shape=(channels,), initializer=constant(value), trainable=False
            )
            for end, value in (("min", -6.0), ("max", 6.0))
        }

    def quantize_weights(self: Any, inputs: Any, training: bool, weights: Any, **kwargs: Any) -> Any:
        del kwargs
        if self.depthwise:
            inputs = tf.transpose(inputs, (0, 1, 3, 2))
        outputs = quant_ops.LastValueQuantize(
            inputs,
            weights["min_var"],
            weights["max_var"],
            is_training=training,
            num_bits=8,
            per_channel=True,
            symmetric=True,
            narrow_range=True,
        )
        return tf.transpose(outputs, (0, 1, 3, 2)) if self.depthwise else outputs

    def quantize_activations(self: Any, inputs: Any, training: bool, weights: Any, **kwargs: Any) -> Any:
        del kwargs
        return quant_ops.MovingAvgQuantize(
            inputs,
            weights["min_var"],
            weights["max_var"],
            ema_decay=range_decay,
            is_training=training,
            num_bits=self.num_bits,
            per_channel=self.per_axis,
            symmetric=self.symmetric,
            narrow_range=self.narrow_range,
        )

    conv_weights.build = build
    conv_weights.__call__ = quantize_weights
    quantizers.MovingAverageQuantizer.__call__ = quantize_activations


def _fix_input_range(model: Any) -> None:
    """Gives the quantizer behind the input the range that makes int8 = pixel - 128."""
    from tensorflow_model_optimization.python.core.quantization.keras import quantize_layer, quantizers

    for layer in model.layers:
        if isinstance(layer, quantize_layer.QuantizeLayer):
            low, high = INPUT_RANGE
            layer.quantizer = quantizers.FixedQuantizer(8, low, high, narrow_range=False)


def _share_range_at_concatenation(model: Any) -> None:
    """Takes the output quantizers away from the layers that feed a concatenation.

    Walks back through layers that keep values (flatten, pooling, slices) to the layer that computed them.
    Where that is a concatenation, too, both have one range, which follows the values of both: what one hands
    on to the other stays as it is.
    """
    import tensorflow as tf

    layers = tf.keras.layers
    keeps_values = (
        layers.Flatten, layers.Reshape, layers.Permute, layers.Cropping2D, layers.AveragePooling2D,
    )  # fmt: skip

    def inner(layer: Any) -> Any:
        return getattr(layer, "layer", layer)

    def silence(layer: Any, reader: Any) -> None:
        if isinstance(inner(layer), layers.Concatenate):
            reader._output_quantizer_vars = layer._output_quantizer_vars
            return
        if hasattr(layer, "_output_quantizers"):
            layer._output_quantizers = []
        if isinstance(inner(layer), keeps_values):
            silence(layer.inbound_nodes[0].inbound_layers, reader)

    for layer in model.layers:
        if isinstance(inner(layer), layers.Concatenate):
            for source in layer.inbound_nodes[0].inbound_layers:
                silence(source, layer)


def _wrapped(model: Any) -> Any:
    """tfmot's model with fake quantization, and a range for each layer that multiplies activations, weighs
    them or takes them from each other, for which tfmot has no rule."""
    import tensorflow as tf
    from tensorflow_model_optimization.python.core.quantization.keras.default_8bit import (
        default_8bit_quantize_configs as configs,
    )
    from tensorflow_model_optimization.quantization import keras as quantization

    layers = tf.keras.layers
    ruleless = (layers.Multiply, layers.Dot, layers.Subtract, weigher())
    rule = configs.Default8BitOutputQuantizeConfig

    def annotated(layer: Any) -> Any:
        if isinstance(layer, ruleless):
            return quantization.quantize_annotate_layer(layer, rule())
        return layer

    if any(isinstance(layer, ruleless) for layer in model.layers):
        model = tf.keras.models.clone_model(model, clone_function=annotated)
    with quantization.quantize_scope({rule.__name__: rule}):
        return quantization.quantize_model(model)


def quantization_aware(model: Any, range_decay: float) -> Any:
    """A trainable model that computes with int8 weights and activations.

    Args:
        model: a trained float Keras model.
        range_decay: decay a step of the activation ranges' moving average.
    Returns:
        a new Keras model with the same weights and fake quantization.
    """
    _correct_tfmot(range_decay)
    aware = _wrapped(model)
    _fix_input_range(aware)
    _share_range_at_concatenation(aware)
    return aware


def calibration_images(inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Adds two pictures, one black and one white, so that the input range is exactly INPUT_RANGE.

    Args:
        inputs: float32 [N, H, W, 1].
    Returns:
        float32 [N + 2, H, W, 1].
    """
    ends = np.stack([np.full(inputs.shape[1:], value, np.float32) for value in INPUT_RANGE])
    return np.concatenate([inputs, ends])
