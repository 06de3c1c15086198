"""`tinyface ops`: the operators that compile, and in which forms, and what proves them."""

from __future__ import annotations

from host_tools.commands.options import Json
from host_tools.terminal.console import OUT, print_json, reported, table

PLACE = 30
ESPRESSIF = (
    "On Espressif's chips --runtime tflm also refuses CONV_2D and DEPTHWISE_CONV_2D without a bias, CONV_2D "
    "in groups, SOFTMAX over rows longer than axis 1, and some scales of LEAKY_RELU: the vendor's kernels "
    "compute otherwise."
)
EDGES = (
    "Inputs and outputs of the file may be uint8 or float32: QUANTIZE and DEQUANTIZE there, and what only "
    "moves values between, become data of the input or output."
)


@reported("Nothing was changed.")
def command(as_json: Json = False) -> None:
    """List the operators that models may use, with the forms of each that compile."""
    from codegen.backends.kernel_forms import TARGET_FORMS, forms_of, short
    from codegen.cost.idle import idle_kernels
    from codegen.ops.registry import REGISTRY, kernel_names

    found = sorted(REGISTRY.classes.items())
    forms = {kernel: forms_of(kernel) for _, op in found for kernel in kernel_names(op)}
    idle = idle_kernels()
    if as_json:
        facts = [
            {
                "kind": kind,
                "constraints": op.constraints,
                "kernels": [
                    {
                        "name": kernel,
                        "taken": kernel not in idle,
                        "targets": ["any", *dict.fromkeys(form.target for form in forms[kernel])],
                    }
                    for kernel in kernel_names(op)
                ],
                "tflite_micro": op.tflite_micro,
                "proof": op.proof,
            }
            for kind, op in found
        ]
        targets = [{"target": form.target, "switch": form.switch, "what": form.what} for form in TARGET_FORMS]
        print_json({"ops": facts, "targets": targets, "note": EDGES, "espressif": ESPRESSIF})
        return
    marks = {target: "*" * (n + 1) for n, target in enumerate(dict.fromkeys(f.target for f in TARGET_FORMS))}
    shown = table("Operators", "operator", "accepted forms", "kernels", "TFLite-Micro", "proven by")
    for kind, op in found:
        kernels = [
            short(kernel)
            + "".join(f" {marks[t]}" for t in dict.fromkeys(f.target for f in forms[kernel]))
            + (" (not taken)" if kernel in idle else "")
            for kernel in kernel_names(op)
        ]
        shown.add_row(kind, op.constraints, "\n".join(kernels) or "the same bytes", op.tflite_micro, op.proof)
    OUT.print(shown)
    OUT.print("Every kernel is plain C99 for any target. Besides:")
    for line in dict.fromkeys(f"{marks[f.target]} {f.target} ({f.switch}): {f.what}" for f in TARGET_FORMS):
        OUT.print(line)
    if idle:
        OUT.print("Not taken: for one core alone, and no cost table knows yet what it costs there.")
    OUT.print(ESPRESSIF)
    OUT.print(EDGES)
