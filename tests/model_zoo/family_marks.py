"""What makes a network one of its family, found in the graph of its file; each counts it."""

from __future__ import annotations

from codegen.graph import Graph
from tests.model_zoo.compiled_families import made_by, maker, of_kind, window


def fire_modules(graph: Graph) -> int:
    """1x1 and 3x3 side by side on a 1x1 layer of fewer channels than they make, joined."""
    found = 0
    for op in of_kind(graph, "CONCATENATION"):
        if len(op.inputs) == 2 and all(made_by(graph, x, "CONV_2D", "CONV_2D") for x in op.inputs):
            (squeezed,) = {maker(graph, x).inputs[0] for x in op.inputs}  # type: ignore[union-attr]
            assert [window(graph, x) for x in (squeezed, *op.inputs)] == [1, 1, 3]
            channels = [graph.tensor(x).shape[-1] for x in (squeezed, *op.inputs)]
            found += channels[0] < channels[1] == channels[2]
    return found


def attentions(graph: Graph) -> int:
    """Products of a map with sigmoids of its channels and of its places; they come in turn."""
    found = []
    for op in of_kind(graph, "MUL"):
        (weights,) = [
            x for x in op.inputs if made_by(graph, x, "LOGISTIC") or made_by(graph, x, "RESHAPE", "LOGISTIC")
        ]
        found.append(graph.tensor(weights).shape[-1] == 1)
    assert found == [False, True] * (len(found) // 2)
    return len(found)


def looks(graph: Graph) -> int:
    """Softmax of the products of all pairs of places, multiplied with values."""
    return sum(
        made_by(graph, op.inputs[0], "SOFTMAX", "BATCH_MATMUL")
        or made_by(graph, op.inputs[0], "SOFTMAX", "RESHAPE", "BATCH_MATMUL")
        for op in of_kind(graph, "BATCH_MATMUL")
    )


def weighings(graph: Graph) -> list[float]:
    """The constants by which the difference of two features is weighed before it is added to the second."""
    found = []
    for op in of_kind(graph, "ADD"):
        for second, weighed in (op.inputs, op.inputs[::-1]):
            product = maker(graph, weighed)
            if product is None or product.kind != "MUL":
                continue
            for apart, constant in (product.inputs, product.inputs[::-1]):
                difference, share = maker(graph, apart), graph.tensor(constant)
                if difference is None or difference.kind != "SUB" or not share.is_constant:
                    continue
                assert difference.inputs[1] == second
                assert share.data is not None
                found.append(share.scale * (int(share.data.item()) - share.zero_point))
    return found
