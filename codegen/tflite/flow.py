"""What holds for the operators of a file together: who writes and reads which tensor, of which type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from codegen.errors import ModelError
from codegen.tensor import Tensor
from codegen.tflite_operator import RawOp

QUANTIZE_REMEDY = (
    "Quantize it to full int8 with the TFLite converter: optimizations=[tf.lite.Optimize.DEFAULT], a "
    "representative_dataset, target_spec.supported_ops=[tf.lite.OpsSet.TFLITE_BUILTINS_INT8] and "
    "inference_input_type = inference_output_type = tf.int8"
)
STATIC_REMEDY = (
    "Export it with a fixed batch of 1: tf.lite.TFLiteConverter.from_concrete_functions on a function whose "
    "input is tf.TensorSpec([1, height, width, channels])"
)

MAX_ENDS = 256
"""No model for a microcontroller has more inputs or outputs."""


def layer_of(model: str, raw: RawOp) -> str:
    """How messages name an operator, e.g. "person_detect, layer 03 CONV_2D"."""
    return f"{model}, layer {raw.position:02d} {raw.kind}"


def constant_output(model: str, tensor: Tensor) -> ModelError:
    """The refusal of an output that no input changes."""
    return ModelError(
        "it is the same for every input: its values are constants",
        f"{model}, output {tensor.name!r}",
        "Export the model without this output, and keep its values in the program around it.",
    )


@dataclass(frozen=True)
class Flow:
    """The operators of a model before an Op class has checked them, in the order of the file.

    Attributes:
        name: of the model, for messages.
        inputs, outputs: tensor indices of the model.
        operators: tensors are named by index.
        tensors: all tensors.
    """

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operators: tuple[RawOp, ...]
    tensors: tuple[Tensor, ...]

    def check_order(self) -> None:
        """Every tensor is written once, before it is read; inputs and outputs are activations."""
        if not self.operators or not self.inputs or not self.outputs:
            raise ModelError(
                f"it has {len(self.inputs)} inputs, {len(self.operators)} layers and {len(self.outputs)} "
                "outputs",
                self.name,
                "Export a model with at least one of each.",
            )
        if max(len(self.inputs), len(self.outputs)) > MAX_ENDS:
            raise ModelError(
                f"it has {len(self.inputs)} inputs and {len(self.outputs)} outputs, more than {MAX_ENDS}",
                self.name,
                "Join them before you export the model.",
            )
        ready = set(self.inputs)
        for t in self.inputs:
            place = f"{self.name}, input {self.tensors[t].name!r}"
            if self.tensors[t].is_constant:
                raise ModelError(
                    "an input holds constant data", place, "Export the model without this input."
                )
            if self.inputs.count(t) > 1:
                raise ModelError(
                    "one tensor is two inputs", place, "Export the model with each of its inputs once."
                )
        for raw in self.operators:
            for index in raw.inputs:
                if index != -1 and index not in ready and not self.tensors[index].is_constant:
                    raise ModelError(
                        f"it reads {self.tensors[index].name!r} before a layer has computed it",
                        layer_of(self.name, raw),
                        "Export the model again.",
                    )
            for index in raw.outputs:
                if index == -1 or index in ready or self.tensors[index].is_constant:
                    raise ModelError(
                        "it writes a tensor that is absent, constant or written before",
                        layer_of(self.name, raw),
                        "Export the model again.",
                    )
                ready.add(index)
        for index in self.outputs:
            if self.tensors[index].is_constant:
                raise constant_output(self.name, self.tensors[index])
            if index not in ready:
                raise ModelError(
                    f"no layer computes the output {self.tensors[index].name!r}",
                    self.name,
                    "Export the model again.",
                )

    def described(self) -> Iterator[tuple[Tensor, str]]:
        """Every tensor in use with the place that messages about it name: layers that compute come first."""
        converters = ("QUANTIZE", "DEQUANTIZE")
        for raw in sorted(self.operators, key=lambda raw: raw.kind in converters):
            where = layer_of(self.name, raw)
            yield from ((self.tensors[t], where) for t in (*raw.inputs, *raw.outputs) if t != -1)
        for what, ends in (("input", self.inputs), ("output", self.outputs)):
            for t in ends:
                yield self.tensors[t], f"{self.name}, {what} {self.tensors[t].name!r}"
