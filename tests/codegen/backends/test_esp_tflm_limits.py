"""What Espressif's kernels can't run is refused, on their chips only (test_esp_tflm.py runs it)."""

from __future__ import annotations

import pytest

from codegen.backends.tflm.esp_limits import check_vendor_kernels
from codegen.errors import UnsupportedOpError
from codegen.tflite.reader import parse_model
from tests.codegen.backends.espressif_limits import REFUSED, TAKEN


@pytest.mark.parametrize("name", REFUSED)
def test_refused_on_their_chips(name: str) -> None:
    model, said = REFUSED[name]
    graph = parse_model(model, "m")
    for chip in ("esp32", "esp32s3", "esp32c3"):
        with pytest.raises(UnsupportedOpError, match=said) as error:
            check_vendor_kernels(graph, chip)
        assert error.value.where.startswith("m, layer 00 ")
        assert "aot" in error.value.remedy
    check_vendor_kernels(graph, "cortex-m4")


@pytest.mark.parametrize("name", TAKEN)
def test_taken(name: str) -> None:
    check_vendor_kernels(parse_model(TAKEN[name], "m"), "esp32")
