"""What `--runtime tflm` says of a model that neither its interpreter nor generated C runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codegen.backends.tflm.arena import NoArenaError
from codegen.errors import ModelError
from host_tools.models import resolve, true_cause
from tests.conftest import shared_folder
from tests.host_tools.toy_folder import write_toy


@pytest.mark.parametrize("verb", ["generate", "analyze"])
def test_a_dead_layer_is_the_cause(verb: str, cli: Callable[..., Any], tmp_path: Path) -> None:
    pytest.importorskip("tflite_micro", reason="measures an arena")
    file = shared_folder("cases") / "models" / "untrained.tflite"
    if not file.is_file():
        pytest.skip(f"{file} is not there")
    more = ("-o", tmp_path / "out") if verb == "generate" else ()
    done = cli(verb, file, "--board", "sim", "--runtime", "tflm", *more)
    assert done.exit_code == 2
    assert "a dead layer, or an untrained or constant network" in done.stderr
    assert f"{file}, layer 05 SOFTMAX" in done.stderr
    assert "Train the network" in done.stderr
    assert "--runtime aot" not in done.stderr


def test_the_other_runtime_is_named_where_it_takes_the_model(tmp_path: Path) -> None:
    file = Path(write_toy("mini_mobilenet", tmp_path))
    with pytest.raises(ModelError) as caught, true_cause(resolve(str(file))):
        raise NoArenaError("in no arena", "name", "Replace the layer.")
    assert caught.value.where == str(file)
    assert caught.value.remedy == "Use --runtime aot, which takes the model. Replace the layer."
