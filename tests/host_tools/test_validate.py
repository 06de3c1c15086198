"""The comparison itself: what is equal passes, whatever differs is found, counted and named."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codegen.backends.edge_files import edges_header
from codegen.backends.edge_proof import prove_edges
from codegen.board import Board, Memory
from codegen.errors import BoardError, ModelError
from codegen.memory.options import PlanOptions
from codegen.passes import optimize
from codegen.program.spec import ZOO, Layout, PictureWish
from host_tools.boards import load_board
from host_tools.commands.validate import show
from host_tools.models import ModelRef, resolve
from host_tools.pictures.files import Shot
from host_tools.proof.sequences import follows
from host_tools.proof.stimuli import require_no_memory, stimuli
from host_tools.proof.validate import Validator, Verdict, differing_bytes, differing_groups
from host_tools.wire.messages import InferTensor, Layers, Result
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing
from tests.host_tools.model_board import Lie, ModelBoard
from tests.host_tools.toy_folder import write_landmark_toy, write_toy
from tests.toys.edges import EDGE_TOYS
from tests.toys.programs import remembering_file
from tests.toys.state import STATE_TOYS

SIM = load_board("sim")
BOARD = replace(
    Board("fake", "a fake", "none", "sim", 1, "", Memory(0, 0, 0, 0, 0, 0, 0), "host", True, Path()),
    core=SIM.core,
    cost_table=SIM.cost_table,
)
"""What it runs was made for the simulated board."""
QUICK = Timing(boot_s=2.0, reply_s=2.0)


@pytest.fixture(scope="module")
def landmark_toy(tmp_path_factory: pytest.TempPathFactory) -> ModelRef:
    return resolve(str(write_landmark_toy(tmp_path_factory.mktemp("toy"))))


def validate(
    ref: ModelRef, lie: Lie | None = None, count: int = 12, seed: int = 3, guard: int = 1
) -> Verdict:
    with ModelBoard(ref, lie) as board:
        board.guard = guard
        with Session(board.port, timing=QUICK) as session:
            validator = Validator(session, ref, BOARD, seed)
            return validator.run(stimuli(validator.graph, validator.program, count, seed, 65536))


@pytest.mark.parametrize(
    "name", ["mini_mobilenet", "two_inputs_two_outputs", "softmax_int16", "shared_tensor", "segmentation"]
)
def test_an_honest_board_passes(name: str, tmp_path: Path) -> None:
    verdict = validate(resolve(str(write_toy(name, tmp_path))))
    assert verdict.passed
    assert verdict.requests == 12
    assert verdict.distinct_inputs > 6
    assert verdict.bytes_compared > 0
    assert verdict.layers_compared == 12 * len(verdict.ticks)
    assert (verdict.edge_values, verdict.edges_unproved) == (0, "")


@pytest.fixture
def edges_toy(tmp_path: Path) -> ModelRef:
    """uint8 in front, float32 behind."""
    file = tmp_path / "edges.tflite"
    file.write_bytes(EDGE_TOYS["uint8 to float32"]())
    return resolve(str(file))


@pytest.mark.parametrize(
    "name", ["uint8 to float32", "read further", "float32 in two scales", "uint8 picture"]
)
def test_core_and_edges_are_compared(name: str, tmp_path: Path) -> None:
    file = tmp_path / "edges.tflite"
    file.write_bytes(EDGE_TOYS[name]())
    verdict = validate(resolve(str(file)))
    assert verdict.passed
    assert verdict.edge_values > 1000
    assert (verdict.edge_values_differing, verdict.edges_unproved) == (0, "")


def test_a_wrong_function_of_an_edge_fails(edges_toy: ModelRef, monkeypatch: pytest.MonkeyPatch) -> None:
    text = edges_header(edges_toy.graph).replace("bytes[i] - 128", "bytes[i] - 127")
    monkeypatch.setattr("codegen.backends.edge_proof.edges_header", lambda graph: text)
    verdict = validate(edges_toy)
    assert verdict.requests_differing == 0
    assert verdict.edge_values_differing == 256
    assert not verdict.passed


def test_edges_without_a_compiler_are_said_to_be_unproved(
    edges_toy: ModelRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CC", "")
    verdict = validate(edges_toy)
    assert verdict.edge_values == 0
    assert "no C compiler" in verdict.edges_unproved
    assert verdict.passed
    assert not verdict.edges_refused


def test_edges_that_no_compiler_takes_are_no_pass(
    edges_toy: ModelRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = edges_header(edges_toy.graph).replace("bytes[i] - 128", "bytes[i] - unknown")
    monkeypatch.setattr("codegen.backends.edge_proof.edges_header", lambda graph: text)
    verdict = validate(edges_toy)
    assert verdict.requests_differing == 0
    assert "unknown" in verdict.edges_unproved
    assert verdict.edges_refused
    assert not verdict.passed


@pytest.mark.parametrize("name", sorted(STATE_TOYS))
def test_a_model_with_state_is_compared(name: str, tmp_path: Path) -> None:
    file = tmp_path / "state.tflite"
    file.write_bytes(STATE_TOYS[name]())
    verdict = validate(resolve(str(file)))
    assert verdict.passed
    assert verdict.edges_unproved == ""


def test_a_network_of_pictures_that_remembers_is_compared_by_tensors(tmp_path: Path) -> None:
    file = tmp_path / "remembers.tflite"
    file.write_bytes(remembering_file())
    ref = resolve(str(file), picture=PictureWish(Layout.GRAY, ZOO))
    assert ref.program.input.is_picture
    graph = optimize(ref.graph)
    made = list(stimuli(graph, ref.program, 9, 1, 200_000))
    assert {type(one.request) for one in made} == {InferTensor}
    assert [len(one.inputs) for one in made] == [2] * 9
    assert follows(ref.program, [graph])
    assert not follows(ref.program)
    with pytest.raises(ModelError, match="no picture has one answer"):
        require_no_memory(graph)
    shot = Shot("a", np.zeros((20, 20, 3), np.uint8))
    with pytest.raises(ModelError, match="no picture has one answer"):
        stimuli(graph, ref.program, 9, 1, 200_000, [shot])


def test_the_edges_of_models_with_state_are_proved(tmp_path: Path) -> None:
    file = tmp_path / "state.tflite"
    file.write_bytes(STATE_TOYS["ring"]())
    proof = prove_edges(resolve(str(file)).graph)
    assert proof.values > 256
    assert proof.differing == 0


def test_points_of_pictures_are_compared(landmark_toy: ModelRef) -> None:
    verdict = validate(landmark_toy)
    assert verdict.passed
    assert verdict.points_compared == 4 * 10  # every third of 12 requests is a picture, 10 points each


def table_rows(verdict: Verdict, capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    """What `validate` prints of a verdict: name of the row -> its figures."""
    show(verdict)
    rows = (re.split(r"\s{2,}", line.strip()) for line in capsys.readouterr().out.splitlines())
    return {row[0]: row[1:] for row in rows if len(row) == 3}


def test_the_table_leaves_out_what_was_not_compared(capsys: pytest.CaptureFixture[str]) -> None:
    verdict = Verdict("net", "00", "sim", "aot", 0, requests=3, bytes_compared=30, items_compared=4)
    rows = table_rows(verdict, capsys)
    assert rows == {
        "what": ["compared", "differing"],
        "requests": ["3", "0"],
        "output bytes": ["30", "0"],
        "record items": ["4", "0"],
    }


@pytest.mark.parametrize(
    ("theirs", "ours", "width", "differing"),
    [
        ((1, 2, 3, 4), (1, 2, 3, 4), 2, 0),
        ((1, 2, 3, 5), (1, 2, 3, 4), 2, 1),
        ((9, 2, 3, 5), (1, 2, 3, 4), 2, 2),
        ((1, 2), (1, 2, 3, 4), 2, 1),
        ((1, 2, 3, 4, 5, 6), (1, 2), 2, 2),
        ((), (1, 2, 3, 4), 4, 1),
        ((), (), 0, 0),
    ],
)
def test_groups_that_differ_are_counted(
    theirs: tuple[int, ...], ours: tuple[int, ...], width: int, differing: int
) -> None:
    assert differing_groups(theirs, ours, width) == differing


def wrong_output(result: Result, layers: Layers) -> tuple[Result, Layers]:
    return replace(result, outputs=bytes([result.outputs[0] ^ 1]) + result.outputs[1:]), layers


def short_output(result: Result, layers: Layers) -> tuple[Result, Layers]:
    return replace(result, outputs=result.outputs[:-1]), layers


def wrong_input(result: Result, layers: Layers) -> tuple[Result, Layers]:
    return replace(result, input_crc=result.input_crc ^ 1), layers


def wrong_time(result: Result, layers: Layers) -> tuple[Result, Layers]:
    return replace(result, time_ms=result.time_ms ^ 1), layers


def wrong_region(result: Result, layers: Layers) -> tuple[Result, Layers]:
    return replace(result, region_x=result.region_x ^ 1), layers


def wrong_point(result: Result, layers: Layers) -> tuple[Result, Layers]:
    return replace(result, items=(result.items[0] + 1, *result.items[1:]) if result.items else ()), layers


def missing_points(result: Result, layers: Layers) -> tuple[Result, Layers]:
    return replace(result, items=()), layers


def wrong_layer(result: Result, layers: Layers) -> tuple[Result, Layers]:
    crc = list(layers.crc)
    crc[4] ^= 1
    crc[6] ^= 1
    return result, replace(layers, crc=tuple(crc))


def fewer_layers(result: Result, layers: Layers) -> tuple[Result, Layers]:
    return result, replace(layers, crc=layers.crc[:-1])


@pytest.mark.parametrize(
    ("lie", "bytes_differing", "requests_differing"),
    [
        (wrong_output, 12, 12),
        (wrong_input, 0, 12),
        (wrong_time, 0, 12),
        (wrong_region, 0, 4),
        (wrong_point, 0, 4),
        (missing_points, 0, 4),
        (wrong_layer, 0, 12),
        (fewer_layers, 0, 12),
    ],
)
def test_every_kind_of_lie_is_found(
    landmark_toy: ModelRef, lie: Lie, bytes_differing: int, requests_differing: int
) -> None:
    verdict = validate(landmark_toy, lie)
    assert not verdict.passed
    assert verdict.bytes_differing == bytes_differing
    assert verdict.requests_differing == requests_differing
    assert len(verdict.differences) == requests_differing


@pytest.mark.parametrize(("lie", "points"), [(wrong_point, 4), (missing_points, 4 * 10)])
def test_items_and_points_that_differ_are_counted(landmark_toy: ModelRef, lie: Lie, points: int) -> None:
    verdict = validate(landmark_toy, lie)
    assert (verdict.items_compared, verdict.items_differing) == (4, 4)
    assert (verdict.points_compared, verdict.points_differing) == (4 * 10, points)


def test_outputs_of_another_size_are_no_result(landmark_toy: ModelRef) -> None:
    with pytest.raises(BoardError, match="a result with 19 bytes of outputs; its HELLO says 20"):
        validate(landmark_toy, short_output)


def test_a_board_whose_hello_has_the_wrong_size_too_differs(landmark_toy: ModelRef) -> None:
    with ModelBoard(landmark_toy, short_output) as board:
        board.hello = replace(board.hello, output_bytes=19)
        with Session(board.port, timing=QUICK) as session:
            validator = Validator(session, landmark_toy, BOARD, 3)
            verdict = validator.run(stimuli(validator.graph, validator.program, 12, 3, 65536))
    assert (verdict.bytes_differing, verdict.requests_differing, verdict.passed) == (12, 12, False)


def test_the_first_layer_that_differs_is_named(landmark_toy: ModelRef) -> None:
    verdict = validate(landmark_toy, wrong_layer)
    assert verdict.first_layer.startswith("04 ")
    assert all(difference.layer == verdict.first_layer for difference in verdict.differences)


def test_an_overwritten_arena_guard_fails(landmark_toy: ModelRef) -> None:
    verdict = validate(landmark_toy, guard=0)
    assert verdict.requests_differing == 0
    assert not verdict.passed


def test_a_board_with_a_plan_of_other_options_is_known(landmark_toy: ModelRef) -> None:
    with (
        ModelBoard(landmark_toy, options=PlanOptions("plain")) as board,
        Session(board.port, timing=QUICK) as session,
    ):
        validator = Validator(session, landmark_toy, BOARD, 3)
        verdict = validator.run(stimuli(validator.graph, validator.program, 6, 3, 65536))
    assert verdict.same_plan
    assert verdict.passed
    assert verdict.layers_compared > 0


def test_a_board_that_works_patch_wise_is_compared_band_by_band(shared_models: Path) -> None:
    ref = resolve(str(shared_models / "person_detect.tflite"))
    with (
        ModelBoard(ref, wrong_layer, options=PlanOptions(ram=26_000)) as board,
        Session(board.port, timing=QUICK) as session,
    ):
        validator = Validator(session, ref, BOARD, 3)
        assert validator.verdict.same_plan
        assert any(op.kind == "ROW_BAND" for op in validator.graph.ops)
        verdict = validator.run(stimuli(validator.graph, validator.program, 2, 3, 65536))
        name = validator.graph.layer_name(4)
    assert verdict.first_layer == name
    assert name.split()[0].split(".")[0] in ("00", "01", "02", "03")  # a layer of the file, and its band


def test_layers_that_run_in_another_order_keep_their_names(tmp_path: Path) -> None:
    ref = resolve(str(write_toy("two_heads", tmp_path)))
    with ModelBoard(ref, wrong_layer) as board, Session(board.port, timing=QUICK) as session:
        validator = Validator(session, ref, BOARD, 3)
        assert validator.verdict.same_plan
        verdict = validator.run(stimuli(validator.graph, validator.program, 2, 3, 65536))
    assert verdict.first_layer.split()[0] == validator.graph.labels[4] != "04"


def test_layers_of_another_plan_are_not_compared(landmark_toy: ModelRef) -> None:
    """Its outputs still are: an older firmware with the same model may be held against the reference."""
    with ModelBoard(landmark_toy, fewer_layers) as board:
        board.hello = replace(board.hello, plan_hash=bytes(32))
        with Session(board.port, timing=QUICK) as session:
            validator = Validator(session, landmark_toy, BOARD, 3)
            verdict = validator.run(stimuli(validator.graph, validator.program, 6, 3, 65536))
    assert not verdict.same_plan
    assert verdict.passed
    assert verdict.layers_compared == 0
    assert verdict.bytes_compared == 6 * 20


def test_nothing_compared_is_no_pass() -> None:
    assert not Verdict("m", "", "b", "aot", 0).passed


def test_another_model_is_refused_with_both_hashes(landmark_toy: ModelRef) -> None:
    with ModelBoard(landmark_toy) as board:
        board.as_model(bytes.fromhex("ab" * 32))
        with (
            Session(board.port, timing=QUICK) as session,
            pytest.raises(BoardError, match=f"(?s)abab.*{landmark_toy.model_hash.hex()}"),
        ):
            Validator(session, landmark_toy, BOARD, 0)


def test_another_board_is_refused_by_name(landmark_toy: ModelRef) -> None:
    with (
        ModelBoard(landmark_toy) as board,
        Session(board.port, timing=QUICK) as session,
        pytest.raises(BoardError, match="'fake', not 'sim'"),
    ):
        Validator(session, landmark_toy, replace(BOARD, name="sim"), 0)


@pytest.mark.parametrize(
    ("theirs", "ours", "count"), [(b"", b"", 0), (b"abc", b"abd", 1), (b"ab", b"abc", 1), (b"xyz", b"", 3)]
)
def test_differing_bytes(theirs: bytes, ours: bytes, count: int) -> None:
    assert differing_bytes(theirs, ours) == count


def test_a_seed_repeats_the_requests(landmark_toy: ModelRef) -> None:
    def requests(seed: int) -> list[bytes]:
        made = stimuli(landmark_toy.graph, landmark_toy.program, 30, seed, 65536)
        return [stimulus.request.pack() for stimulus in made]

    first: Callable[[int], list[bytes]] = requests
    assert first(5) == first(5)
    assert first(5) != first(6)


def test_requests_cover_all_forms_and_odd_crops(landmark_toy: ModelRef) -> None:
    made = list(stimuli(landmark_toy.graph, landmark_toy.program, 90, 1, 65536))
    names = " ".join(stimulus.name for stimulus in made)
    for form in ("all lowest", "all highest", "checkerboard", "single spike", "coin toss", "random tensor"):
        assert form in names
    for form in ("GRAY8", "RGB888", "RGB565"):
        assert form in names
    crops = [stimulus.region for stimulus in made if stimulus.region]
    assert any(crop.x < 0 for crop in crops)
    assert any(crop.width % 2 for crop in crops)
    assert any(crop.width > crop.height for crop in crops)
    assert any(crop.width < crop.height for crop in crops)
    assert len({stimulus.time_ms for stimulus in made if stimulus.region}) > 20
    assert all(len(stimulus.request.pack()) <= 65536 for stimulus in made)


def test_synthetic_pictures_are_never_an_extreme_again(landmark_toy: ModelRef) -> None:
    """33, 199, 748 and 1169 are seeds whose first picture is black or white under its crop."""
    for seed in (33, 199, 748, 1169):
        requests = stimuli(landmark_toy.graph, landmark_toy.program, 6, seed, 100_000)
        assert len({b"".join(tensor.tobytes() for tensor in one.inputs) for one in requests}) == 6


def test_the_advice_names_a_model_of_the_zoo_as_people_type_it(landmark_toy: ModelRef) -> None:
    assert resolve("pfld-68-96").typed == "pfld-68-96"
    assert landmark_toy.typed == str(landmark_toy.path)
