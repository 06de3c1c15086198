"""About how many bytes of code the layers of a plan take."""

from __future__ import annotations

from codegen.cost.cycles import CODE_BYTES_A_KERNEL, CODE_BYTES_A_LAYER, CODE_BYTES_A_SHAPE
from codegen.lowering.kernel_call import KernelCall
from codegen.memory.plan import Plan


def code_bytes(plan: Plan) -> int:
    """Shapes share their kernel, and layers their shape. A layer in halves is as two of them."""
    calls = [call for call in (plan.graph.call(op) for op in plan.graph.ops) if call is not None]
    made = [part for call in calls for part in _parts(call)]
    shapes = {(call.function, tuple(call.params.items())) for call in made}
    kernels = {call.function for call in calls}
    return (
        len(kernels) * CODE_BYTES_A_KERNEL + len(shapes) * CODE_BYTES_A_SHAPE + len(made) * CODE_BYTES_A_LAYER
    )


def _parts(call: KernelCall) -> tuple[KernelCall, ...]:
    return (call,) if call.halves is None else (call.half(0), call.half(1))
