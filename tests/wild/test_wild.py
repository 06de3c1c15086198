"""The table of a folder: of the toys in every run, of the wild samples where they are."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.toys.edges import EDGE_TOYS
from tests.toys.models import TOYS
from tests.wild.__main__ import main
from tests.wild.survey import Row, totals
from tests.wild.text import table_text

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("tflite_micro") is None, reason="the tflite-micro wheel is not installed"
)


def spoilt() -> bytes:
    return b"\0\0\0\0TFL3 and nothing else"


def npu() -> bytes:
    """A custom operator where TFLite-Micro has none."""
    from tests.toys.builder import ModelBuilder

    model = ModelBuilder()
    x, y = model.add_tensor((1, 4), scale=0.1), model.add_tensor((1, 4), scale=0.1)
    model.add_op("CUSTOM", [x], [y])
    return model.finish([x], [y])


FILES: dict[str, tuple[Callable[[], bytes], dict[str, object]]] = {
    "plain": (TOYS["mini_pfld"], {"kind": "int8", "wheel": True, "aot": "", "tflm": "", "differing": 0}),
    "edges": (EDGE_TOYS["float32 to uint8"], {"kind": "int8", "wheel": True, "aot": "", "differing": 0}),
    "custom": (npu, {"wheel": False, "tflm": "TFLite-Micro has no operator MyCustomOp"}),
    "broken": (spoilt, {"kind": "", "wheel": False, "aot": "stopped", "tflm": "stopped"}),
}


@pytest.mark.slow
def test_a_folder_of_toys(tmp_path: Path) -> None:
    for name, (build, _) in FILES.items():
        (tmp_path / f"{name}.tflite").write_bytes(build())
    assert main([str(tmp_path), "--json", "--c", "--out", str(tmp_path / "table.json")]) == 0
    found = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
    rows = {row["file"].removesuffix(".tflite"): row for row in found["files"]}
    for name, (_, wanted) in FILES.items():
        assert {key: rows[name][key] for key in wanted} == wanted, rows[name]
    assert rows["plain"]["c_differing"] == rows["edges"]["c_differing"] == 0
    assert found["totals"]["int8 that TFLite-Micro runs"] == 2
    assert found["totals"]["percent aot"] == found["totals"]["percent tflm"] == 100.0


def row(name: str, aot: str, differing: int | None) -> Row:
    return Row(name, "int8", True, aot, "", differing, None)


def test_totals_and_text() -> None:
    rows = [row("a", "", 0), row("b", "no kernel", None), row("c", "no kernel", None), row("d", "", 3)]
    counted = totals(rows)
    assert counted["percent aot"] == 50.0
    assert counted["refused by aot"] == {"no kernel": 2}
    assert counted["differing bytes"] == 3
    text = table_text(rows)
    assert "percent aot: 50.0" in text
    assert text.splitlines()[0].split() == [
        "file", "kind", "TFLite-Micro", "aot", "tflm", "differing", "C", "differing",
    ]  # fmt: skip


@pytest.mark.slow
def test_the_wild_samples(shared_models: Path, tmp_path: Path) -> None:
    """All are int8 models that TFLite-Micro runs; only the LSTM has no core, and no byte differs."""
    assert main([str(shared_models / "wild"), "--json", "--c", "--out", str(tmp_path / "table.json")]) == 0
    found = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
    refused = {row["file"] for row in found["files"] if row["aot"]}
    assert refused == {"mnist_lstm.tflite"}
    assert not any(row["tflm"] for row in found["files"])
    assert found["totals"]["differing bytes"] == 0
    assert found["totals"]["compared"] == len(found["files"]) - 1
