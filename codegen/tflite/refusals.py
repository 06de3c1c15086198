"""Why a whole model has no integer core here: the true cause, and what its owner can do about it.

The reader stops at the first tensor or layer that does not fit, which often is a symptom: the second subgraph
of a loop, the state of an LSTM. `explain` looks at the whole file and names the cause.
docs/models.md holds the table of these causes; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from codegen.errors import ModelError, ScaleError
from codegen.tflite.model_file import FileGraph, FileOperator, FileTensor, ModelFile

Found = tuple[str, str]
"""What was found, and the layer or tensor it was found in ("" for the whole model)."""

RECURRENT = ("UNIDIRECTIONAL_SEQUENCE_LSTM", "LSTM", "BIDIRECTIONAL_SEQUENCE_LSTM", "RNN",
             "UNIDIRECTIONAL_SEQUENCE_RNN", "BIDIRECTIONAL_SEQUENCE_RNN")  # fmt: skip
CONTROL = ("IF", "WHILE", "CALL")
WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV", "BATCH_MATMUL")
ACCELERATORS = {"ethos-u": "Vela for an Ethos-U NPU", "edgetpu-custom-op": "the Edge TPU compiler"}
"""Custom operator that holds an accelerator's program -> who wrote it."""
FLAT_SCALE = 7.9e-9
"""TensorFlow's quantizer widens an empty range of values to 2e-6: 255 steps of 7.84e-9."""

FULL_INT8 = (
    "optimizations=[tf.lite.Optimize.DEFAULT], a representative_dataset and "
    "target_spec.supported_ops=[tf.lite.OpsSet.TFLITE_BUILTINS_INT8]"
)


@dataclass(frozen=True)
class Cause:
    """One class of models.

    Attributes:
        key: short name.
        what: the class, as the table in docs/models.md names it.
        remedy: what to do.
        tflm: whether `--runtime tflm` takes it, as that table says.
        find: where a file shows it, None where it does not.
    """

    key: str
    what: str
    remedy: str
    tflm: str
    find: Callable[[ModelFile], Found | None]


def explain(error: ModelError, model: ModelFile) -> ModelError:
    """The true cause behind a refusal of the reader, or the refusal itself where it is that.

    Args:
        error: of the reader.
        model: the file that it refused.
    """
    for cause in CAUSES:
        found = cause.find(model)
        if found is not None:
            text, place = found
            where = f"{model.name}, {place}" if place else model.name
            return type(error)(text, where, cause.remedy)
    if isinstance(error, ScaleError):
        flat = _flat(model, error.where.removeprefix(f"{model.name}, layer "))
        if flat is not None:
            return ScaleError(flat, error.where, FLAT.remedy)
    return error


def _layers(model: ModelFile, names: Collection[str]) -> Iterator[tuple[FileGraph, FileOperator, str]]:
    """Operators of these names in all subgraphs, with their place."""
    for number, graph in enumerate(model.graphs):
        for position, operator in enumerate(graph.operators):
            if operator.name in names:
                where = f"layer {position:02d} {operator.kind}"
                yield graph, operator, where if number == 0 else f"subgraph {number}, {where}"


def _first(model: ModelFile, names: Collection[str], text: Callable[[str], str]) -> Found | None:
    for _, operator, place in _layers(model, names):
        return text(operator.name), place
    return None


def _npu(model: ModelFile) -> Found | None:
    return _first(model, ACCELERATORS, lambda name: f"it was compiled by {ACCELERATORS[name]} ({name})")


def _custom(model: ModelFile) -> Found | None:
    names = {o.custom for o in model.operators if o.kind == "CUSTOM"}
    return _first(model, names, lambda name: f"the custom operator {name!r} has no kernel")


def _recurrent(model: ModelFile) -> Found | None:
    return _first(
        model, RECURRENT, lambda name: f"{name} keeps a state from step to step, no kernel computes it"
    )


def _svdf(model: ModelFile) -> Found | None:
    return _first(
        model, ("SVDF",), lambda name: "SVDF keeps a state between inferences, no kernel computes it"
    )


def _control(model: ModelFile) -> Found | None:
    return _first(model, CONTROL, lambda name: f"{name} is control flow: it runs another subgraph")


def _variable_tensor(model: ModelFile) -> Found | None:
    return _tensor(model, lambda t: t.is_variable, "it is a variable that keeps its value between inferences")


def _tensor(model: ModelFile, test: Callable[[FileTensor], bool], text: str) -> Found | None:
    for graph in model.graphs:
        for tensor in graph.used():
            if test(tensor):
                return text.format(dtype=tensor.dtype), f"tensor {tensor.name!r}"
    return None


def _sparse(model: ModelFile) -> Found | None:
    return _tensor(model, lambda t: t.is_sparse, "it is stored sparse")


def _text(model: ModelFile) -> Found | None:
    return _tensor(model, lambda t: t.dtype == "string", "it holds text (strings)")


def _small_weights(model: ModelFile) -> Found | None:
    return _tensor(
        model, lambda t: t.dtype in ("int4", "type 19", "type 20"), "its weights have fewer than 8 bits"
    )


def _halves(model: ModelFile) -> Found | None:
    return _tensor(
        model,
        lambda t: t.dtype in ("float16", "bfloat16", "float64"),
        "it is {dtype}: the model is not quantized to int8",
    )


def _weighted(model: ModelFile, activation: str, weights: str) -> Iterator[str]:
    """Places of layers that read these types."""
    for graph, operator, place in _layers(model, WEIGHTED):
        types = [graph.tensors[t].dtype for t in operator.inputs[:2] if t != -1]
        constant = len(types) == 2 and graph.tensors[operator.inputs[1]].is_constant
        if constant and types == [activation, weights]:
            yield place


def _int16(model: ModelFile) -> Found | None:
    for position, operator in enumerate(model.main.operators):
        first = operator.inputs[0] if operator.inputs else -1
        tensor = model.main.tensors[first] if first != -1 else None
        computes = operator.kind not in ("DEQUANTIZE", "SOFTMAX")
        if tensor is not None and tensor.dtype == "int16" and not tensor.is_constant and computes:
            return "its activations are int16 (16x8 quantization)", f"layer {position:02d} {operator.kind}"
    return None


def _uint8(model: ModelFile) -> Found | None:
    for place in _weighted(model, "uint8", "uint8"):
        return "its weights are uint8, the scheme of TensorFlow 1", place
    return None


def _hybrid(model: ModelFile) -> Found | None:
    for place in _weighted(model, "float32", "int8"):
        return "only its weights are int8, it computes in float32 (dynamic range quantization)", place
    return None


def _float(model: ModelFile) -> Found | None:
    for place in _weighted(model, "float32", "float32"):
        return "it computes in float32: the model is not fully int8", place
    return None


def _flat(model: ModelFile, layer: str) -> str | None:
    """Whether the tensors that a refused layer reads or writes never left one value in calibration."""
    for position, operator in enumerate(model.main.operators):
        if model.layer_name(position) != layer:
            continue
        for side, indices in (("output", operator.outputs), ("input", operator.inputs)):
            for t in (t for t in indices if t != -1):
                tensor = model.main.tensors[t]
                if tensor.is_constant or len(tensor.scales) != 1 or not 0 < tensor.scales[0] <= FLAT_SCALE:
                    continue
                return (
                    f"its {side} never left 0 while the model was calibrated (scale {tensor.scales[0]:.3g}): "
                    "a dead layer, or an untrained or constant network"
                )
    return None


CAUSES = (
    Cause(
        "npu",
        "files that Vela (Ethos-U) or the Edge TPU compiler wrote",
        "Ask for the .tflite file from before that step; the accelerator's program can't be undone.",
        "no",
        _npu,
    ),
    Cause(
        "custom",
        "custom operators (TFLite_Detection_PostProcess, SELECT_TF_OPS, allow_custom_ops)",
        "Export the model with builtin operators only: end it before this layer, whose work then is the "
        "program's around it, and leave SELECT_TF_OPS and allow_custom_ops out.",
        "those that TFLite-Micro brings along, such as TFLite_Detection_PostProcess",
        _custom,
    ),
    Cause(
        "lstm",
        "LSTM and other recurrent layers as one operator",
        "Build the layer with unroll=True, as tf.keras.layers.LSTM(units, unroll=True), and convert it "
        "again: its steps then become dense layers.",
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
        _recurrent,
    ),
    Cause(
        "svdf",
        "SVDF",
        "unroll=True does not help, SVDF is one step: replace it by a convolution or a dense layer over a "
        "window of past frames, which then is the model's input.",
        "yes",
        _svdf,
    ),
    Cause(
        "control",
        "control flow (IF, WHILE: tf.cond, tf.while_loop, GRU and LSTM without unroll)",
        "Export one signature without tf.cond and tf.while_loop; build recurrent layers with unroll=True.",
        "yes",
        _control,
    ),
    Cause(
        "state tensor",
        "other operators with a state",
        "Export a stateless model.",
        "where TFLite-Micro has the operator",
        _variable_tensor,
    ),
    Cause("sparse", "sparse tensors", "Export without sparsity (Optimize.DEFAULT only).", "no", _sparse),
    Cause(
        "text",
        "tensors of text",
        "Cut the model behind the layers that read text, and export that part.",
        "no",
        _text,
    ),
    Cause(
        "int4",
        "weights of fewer than 8 bits",
        "Quantize the weights to int8.",
        "where its operators do",
        _small_weights,
    ),
    Cause(
        "float16",
        "float16, bfloat16 and float64",
        f"Quantize it to full int8 with the TFLite converter: {FULL_INT8}.",
        "no",
        _halves,
    ),
    Cause(
        "int16x8",
        "int16 activations (16x8 quantization)",
        "Convert it with INT8 ops instead: tf.lite.OpsSet.TFLITE_BUILTINS_INT8 in place of "
        "EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8.",
        "where its operators do",
        _int16,
    ),
    Cause(
        "uint8",
        "uint8 weights (TensorFlow 1)",
        "Convert the float model again with the converter of TensorFlow 2 and "
        "tf.lite.OpsSet.TFLITE_BUILTINS_INT8; inputs and outputs may stay uint8.",
        "no",
        _uint8,
    ),
    Cause(
        "hybrid",
        "int8 weights in a float32 model (dynamic range quantization)",
        f"Convert it again to full int8: {FULL_INT8}. Without the representative_dataset only weights become "
        "int8.",
        "no",
        _hybrid,
    ),
    Cause(
        "float32",
        "float32 models",
        f"Quantize it to full int8 with the TFLite converter: {FULL_INT8}.",
        "yes",
        _float,
    ),
)
"""In the order in which they are looked for: the first that a file shows is its cause."""

FLAT = Cause(
    "flat",
    "dead layers, untrained or constant networks: accumulators that can overflow, SOFTMAX of one value",
    "Train the network and calibrate it with real samples in the representative_dataset; remove a layer "
    "whose output is always 0.",
    "where its operators do not stop",
    lambda model: None,
)
"""Looked for only where a layer was refused for its scales."""

ALONE_INT8 = (
    "Convert it again with a representative_dataset and target_spec.supported_ops="
    "[tf.lite.OpsSet.TFLITE_BUILTINS_INT8] alone, without TFLITE_BUILTINS: the converter then "
)
MIXED = Cause(
    "mixed",
    "single layers in float32 in an int8 model (DEQUANTIZE, the layer, QUANTIZE)",
    f"{ALONE_INT8}quantizes the layer, or names it as one without int8, which you replace; where it is the "
    "last one, end the model before it and compute it in the program.",
    "where its operators do",
    lambda model: None,
)
RESCALED = Cause(
    "rescaled",
    "values that change their scale in float32 (DEQUANTIZE, QUANTIZE to another scale; joins of two scales)",
    f"{ALONE_INT8}changes scales with QUANTIZE of integers.",
    "yes",
    lambda model: None,
)
PASSED = Cause(
    "passed",
    "float32 inputs that are outputs as well, or that no layer reads",
    "Leave out the output that repeats an input, and inputs that no layer reads: the program around the "
    "model has their values already.",
    "yes",
    lambda model: None,
)
INTEGER_INPUT = Cause(
    "integer input",
    "int32, int64 and bool inputs, float32 ones behind CAST (indices of an embedding, tokens, masks)",
    "Begin the model behind the layers that read these numbers, and do their work in the program around it: "
    "of an embedding it looks up the rows, which then are the input.",
    "yes",
    lambda model: None,
)
INTEGERS = Cause(
    "integers",
    "values computed in int32, int64 or bool (QUANTIZE to int32, arithmetic behind ARG_MAX, comparisons)",
    "End the model before the layer that makes these numbers, and let the program around it make them.",
    "where its operators do",
    lambda model: None,
)
COMPUTED_BIAS = Cause(
    "computed bias",
    "biases that are computed or given as inputs",
    "Build the layer without a bias (use_bias=False) and add the values to its output with tf.add, which "
    "int8 has; or make the bias a constant.",
    "where its operators do",
    lambda model: None,
)
UINT8_LAYER = Cause(
    "uint8 layer",
    "single layers in uint8 before QUANTIZE or behind it (inference_input_type=tf.uint8 and a TRANSPOSE)",
    "Convert it again with inference_input_type = inference_output_type = tf.int8, so that these layers are "
    "int8 too; or leave the layer out and do its work in the program.",
    "where its operators do",
    lambda model: None,
)
FOUND_LATER = (MIXED, RESCALED, PASSED, INTEGER_INPUT, INTEGERS, COMPUTED_BIAS, UINT8_LAYER, FLAT)
"""Causes of single layers and tensors: the reader itself meets them, in files that show none of CAUSES."""
