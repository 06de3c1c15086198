"""`tinyface ops`: the operators that compile, and in which forms, and what proves them."""

from __future__ import annotations

from host_tools.commands.options import Json
from host_tools.console import OUT, print_json, reported, table

DEQUANTIZE = "A DEQUANTIZE behind an output is dropped; the output's scale and zero point are reported."


@reported("Nothing was changed.")
def command(as_json: Json = False) -> None:
    """List the operators that models may use, with the forms of each that compile."""
    import codegen.ops  # noqa: F401 (importing the package registers every op)
    from codegen.ops.base import REGISTRY

    found = sorted(REGISTRY.classes.items())
    if as_json:
        facts = [
            {"kind": k, "constraints": op.constraints, "tflite_micro": op.tflite_micro, "proof": op.proof}
            for k, op in found
        ]
        print_json({"ops": facts, "note": DEQUANTIZE})
        return
    shown = table("Operators", "operator", "accepted forms", "TFLite-Micro", "proven by")
    for kind, op in found:
        shown.add_row(kind, op.constraints, op.tflite_micro, op.proof)
    OUT.print(shown)
    OUT.print(DEQUANTIZE)
