"""The extra `train` installs one TensorFlow, and that one is quiet: streams hold our own words alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from codegen import toml
from model_zoo.training import environment

SYSTEMS = [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"), ("win32", "AMD64")]
PYTHONS = ["3.10", "3.11", "3.12"]
IMPORTED = ("tensorflow", "tf_keras", "tensorflow_model_optimization")
PACKAGE = "tensorflow/__init__.py"
PICO = "pfld-68-96-pico"
NOISE = """\
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
E0000 00:00:1795891933.427483    1752 cuda_dnn.cc:8579] Unable to register cuDNN factory: Attempting
W0000 00:00:1795891933.612367    1752 computation_placer.cc:177] computation placer already registered. Please
I0000 00:00:1795891957.863218    1752 mlir_graph_optimization_pass.cc:425] MLIR V1 optimization pass is off
2026-11-28 18:56:11.238667: E external/xla/cuda_fft.cc:467] Unable to register cuFFT factory: Attempting
2026-11-28 18:56:16.079130: E external/xla/cuda_platform.cc:51] failed call to cuInit: INTERNAL
fully_quantize: 0, inference_type: 6, input_inference_type: INT8, output_inference_type: INT8
""".splitlines()
ERRORS = """\
E0000 00:00:1795892171.295316    7343 gpu_backend.cc:12] Out of memory while trying to allocate 12 bytes
F0000 00:00:1795892171.295316    7343 tensor.cc:733] Check failed: 1 == NumElements() (1 vs. 2)
2026-11-28 18:56:11.238667: E tensorflow/core/framework/op_kernel.cc:12] the disk is full
2026-11-28 18:56:11.238667: F tensorflow/core/framework/tensor.cc:733] Check failed: 1 == NumElements()
terminate called after throwing an instance of 'std::bad_alloc'
Info: what another program says
""".splitlines()


def extra(repository: Path) -> list[Requirement]:
    project = toml.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [Requirement(text) for text in project["optional-dependencies"]["train"]]


@pytest.mark.parametrize(("system", "python"), list(product(SYSTEMS, PYTHONS)))
def test_the_extra_names_the_tensorflow_that_its_packages_ask_for(
    system: tuple[str, str], python: str, repository: Path
) -> None:
    here = {"sys_platform": system[0], "platform_machine": system[1], "python_version": python}
    wanted = [r for r in extra(repository) if r.marker is None or r.marker.evaluate(here)]
    runtimes = [r for r in wanted if re.fullmatch(r"tensorflow(-(cpu|intel|macos|gpu|aarch64))?", r.name)]
    assert [r.name for r in runtimes] == ["tensorflow"]
    assert "tf-keras" in [canonicalize_name(r.name) for r in wanted]


def installed(requirements: list[Requirement]) -> Iterator[str]:
    """Names of the distributions that these bring here, each once; those that are absent are left out."""
    known, waiting = set(), list(requirements)
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in known or (
            requirement.marker is not None and not requirement.marker.evaluate({"extra": ""})
        ):
            continue
        known.add(name)
        try:
            waiting += [Requirement(text) for text in distribution(name).requires or ()]
        except PackageNotFoundError:
            continue
        yield name


@pytest.mark.slow
def test_one_of_the_extras_packages_holds_tensorflow(repository: Path) -> None:
    if find_spec("tensorflow") is None:
        pytest.skip("TensorFlow is not installed: pip install -e '.[train]'")
    brought = list(installed(extra(repository)))
    assert "tf-keras" in brought
    holders = [name for name in brought if PACKAGE in map(str, distribution(name).files or ())]
    assert holders == ["tensorflow"]


def test_noise_is_known_and_errors_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_CHOSEN", None)
    noise = re.compile(environment.noise())
    assert [line for line in NOISE if not noise.match(line)] == []
    assert [line for line in ERRORS if noise.match(line)] == []


def test_who_sets_tensorflows_own_variable_sees_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_CHOSEN", "0")
    assert environment.noise() == ""


@pytest.mark.thorough
def test_streams_hold_our_own_words_alone(training_data: Path, tmp_path: Path) -> None:
    if absent := [name for name in IMPORTED if find_spec(name) is None]:
        pytest.skip(f"{', '.join(absent)} is not installed: pip install -e '.[train]'")

    def tinyface(*words: object) -> tuple[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("TF_") and k != "TINYFACE_DATA"}
        code = "from host_tools.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, words)],
            env=clean,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr

    given = ("--data", training_data)
    run = tmp_path / "run"
    small = ("--epochs", 1, "--qat-epochs", 1, "--batch", 24)
    out, err = tinyface("train", PICO, *given, "-o", run, *small, "--json")
    assert json.loads(out)["name"] == PICO
    assert err == ""
    out, err = tinyface("evaluate", run / "model.tflite", *given, "--part", "validation", "--json")
    assert json.loads(out)["part"] == "validation"
    assert err == ""
    out, err = tinyface("train", PICO, *given, "-o", run, *small, "--resume")
    assert out == ""
    assert [
        line for line in err.splitlines() if re.search(r"tensorflow|absl|cuda|oneDNN|XLA|00:00:|\.cc:", line)
    ] == []
    assert "post-training quantization" in err
