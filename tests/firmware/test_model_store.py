"""Generated models take their constants from the model partition: another model, the same firmware."""

from __future__ import annotations

import numpy as np
import pytest

from codegen.backends import aot
from codegen.errors import BoardError
from codegen.passes import optimize
from codegen.tflite.reader import parse_model
from host_tools.attach import open_board
from host_tools.boards import load_board
from host_tools.flashing.simulated import flash
from host_tools.models import resolve
from host_tools.project.write import plan_of
from host_tools.proof.reference import expect
from host_tools.wire.messages import UpdateTarget, Want
from host_tools.wire.update import send_update
from tests.host_tools.toy_folder import write_toy


def another_of_the_same_plan(ref, folder):
    """The model with the weights of its second layer mirrored: other bytes, the same shapes and scales."""
    graph = parse_model(ref.data, ref.name)
    weights = next(
        graph.tensor(t).data.tobytes()
        for t in graph.ops[1].inputs
        if graph.tensor(t).data is not None and graph.tensor(t).data.dtype == np.int8
    )
    assert ref.data.count(weights) == 1
    file = folder / "mirrored.tflite"
    file.write_bytes(ref.data.replace(weights, weights[::-1]))
    return resolve(str(file))


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("TINYFACE_STATE", str(tmp_path / "state"))
    ref = resolve(str(write_toy("mini_mobilenet", tmp_path)))
    flash(ref, load_board("sim"), "aot")
    return ref


def check(session, ref, seed):
    """Outputs and every layer's CRC are those of the reference."""
    graph = optimize(ref.graph)
    rng = np.random.default_rng(seed)
    for _ in range(10):
        tensors = [rng.integers(-128, 128, graph.tensor(t).shape).astype(np.int8) for t in graph.inputs]
        expected = expect(graph, ref.program, tensors, None)
        inference = session.infer_tensor(b"".join(t.tobytes() for t in tensors), Want.LAYER_CRC)
        assert inference.result.outputs == expected.outputs
        assert inference.layers.crc == expected.layer_crcs


def plan_on_sim(ref):
    return plan_of(ref, load_board("sim"))


def image_of(ref):
    return aot.model_image(plan_on_sim(ref), ref.program)


def test_the_constants_are_replaced_and_the_bytes_are_the_new_models(place, tmp_path):
    other = another_of_the_same_plan(place, tmp_path)
    assert other.model_hash != place.model_hash
    assert plan_on_sim(other).plan_hash == plan_on_sim(place).plan_hash
    with open_board(load_board("sim")) as session:
        check(session, place, 1)
        assert session.board.model_source == 0
        send_update(session, UpdateTarget.MODEL, image_of(other))
        check(session, place, 2)  # until the restart
        hello = session.restart()
        assert (bytes(hello.model_hash), hello.model_source) == (other.model_hash, 1)
        check(session, other, 3)


def test_a_model_with_another_plan_is_refused_with_the_reason(place, tmp_path):
    other = resolve(str(write_toy("mini_pfld", tmp_path)))
    with open_board(load_board("sim")) as session:
        with pytest.raises(BoardError, match="another plan: flash the whole firmware"):
            send_update(session, UpdateTarget.MODEL, image_of(other))
        assert bytes(session.restart().model_hash) == place.model_hash
        check(session, place, 4)


def test_the_layout_is_what_the_generated_c_walks_over(place):
    code = aot.make_code(plan_on_sim(place), "toy")
    blob, at = aot.constants(code), 0
    for table in code.tables:
        assert at % 16 == 0
        assert blob[at : at + table.bytes] == table.data
        assert table.bytes == len(table.data)
        at += -(-table.bytes // 16) * 16
    assert at == len(blob)
