"""The maps inside a network that a training looks at: by their sizes, whatever its layers are called."""

from __future__ import annotations

from typing import Any

LEAST_SIDE = 2
"""Smaller ones are no maps."""
ENTRIES = ("InputLayer", "QuantizeLayer")
"""Classes of layers whose output is the picture."""


def last_maps(model: Any) -> dict[tuple[int, int], Any]:
    """Of each size, height and width, the last map that a convolution or a mean over the whole map reads, at
    once or past layers without weights: what the network hands on before maps become smaller.

    What heads alone read, such as logits and what is flattened, is none of them.

    Args:
        model: a functional Keras model, float or quantization-aware.
    Returns:
        Keras tensors, float32 [N, H, W, C], by their sizes, the largest first.
    """
    own = {id(layer) for layer in model.layers}
    known: dict[int, bool] = {}

    def read(layer: Any) -> bool:
        if id(layer) not in known:
            after = [node.layer for node in layer.outbound_nodes if id(node.layer) in own]
            known[id(layer)] = any(_reads(a) or (not _inner(a).weights and read(a)) for a in after)
        return known[id(layer)]

    found: dict[tuple[int, int], Any] = {}
    for layer in model.layers:
        if type(layer).__name__ in ENTRIES or not hasattr(layer.output, "shape"):
            continue
        shape = tuple(layer.output.shape)
        if len(shape) == 4 and None not in shape[1:] and min(shape[1:3]) >= LEAST_SIDE and read(layer):
            found[shape[1], shape[2]] = layer.output
    return dict(sorted(found.items(), reverse=True))


def _inner(layer: Any) -> Any:
    """The layer that fake quantization was wrapped around."""
    return getattr(layer, "layer", layer)


def _reads(layer: Any) -> bool:
    name = type(_inner(layer)).__name__
    return "Conv" in name or name.startswith("Global")


def looked_into(model: Any, maps: list[Any]) -> Any:
    """A Keras model of the same layers and weights whose answer has these maps behind its outputs."""
    import tensorflow as tf

    return tf.keras.Model(model.inputs, [*model.outputs, *maps])
