"""Fixtures of all tests: shared data through TINYFACE_DATA, a state folder and a cache of their own."""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

# The same examples in every run, so that a red run is about the change; TINYFACE_EXPLORE=1 draws new ones,
# also where the variable CI is set, for which Hypothesis has defaults of its own.
settings.register_profile(
    "repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "explore", derandomize=False, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("explore" if os.environ.get("TINYFACE_EXPLORE") else "repeatable")
if not os.environ.get("TINYFACE_EXPLORE"):
    # Hypothesis also draws the constants of all modules of the checkout that are imported by then: each
    # choice of tests, and each new number anywhere, would bring other examples to all property tests.
    providers._get_local_constants = lambda: providers._local_constants

# What people and servers set for terminals would show in the output that tests read. Here, before any import
# of a console.
for name in ("FORCE_COLOR", "PY_COLORS", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "GITHUB_ACTIONS", "COLUMNS"):
    os.environ.pop(name, None)

REPOSITORY = Path(__file__).resolve().parents[1]
if str(REPOSITORY) not in sys.path:
    sys.path.insert(0, str(REPOSITORY))


LONG = (
    "tests/test_hardware_in_the_loop.py",
    "tests/hil",
    "tests/host_tools/flashing",
    "tests/host_tools/test_bench.py",
    "tests/host_tools/test_cost_counts.py",
    "tests/host_tools/test_simulated_board.py",
    "tests/platformio",
    "tests/wheel",
    "tests/wild",
    "tests/codegen/reader/test_differential_fuzz.py",
    "tests/codegen/reader/test_fuzz.py",
    "tests/codegen/ops/test_access_order.py",
    "tests/model_zoo/test_init.py",
    "tests/model_zoo/test_resume.py",
    "tests/model_zoo/test_tasks.py",
    "tests/model_zoo/test_train_command.py",
    "tests/model_zoo/test_training.py",
)
"""Few tests that take long: they start first, so that no process works alone at the end."""


CCACHE_FOLDERS = ("/usr/lib/ccache", "/usr/lib64/ccache", "/opt/homebrew/opt/ccache/libexec")
"""Where Debian, Fedora and Homebrew keep the compilers' names that lead to ccache."""


def pytest_configure(config: pytest.Config) -> None:
    """Compiles what is the same once, where ccache is installed: the firmware, for dozens of projects."""
    folder = next((name for name in CCACHE_FOLDERS if Path(name).is_dir()), None)
    cache = getattr(config, "cache", None)  # there is none under -p no:cacheprovider
    if folder is not None and cache is not None:
        os.environ["PATH"] = folder + os.pathsep + os.environ.get("PATH", "")
        os.environ["CCACHE_DIR"] = str(cache.mkdir("ccache"))
        os.environ["CCACHE_MAXSIZE"] = "500M"
        os.environ["CCACHE_NOHASHDIR"] = "1"  # projects lie in folders of their own


MANY, SOME = 16, 10
"""Of a slow test with more cases than the first, about the second are slow, the others are thorough."""
TURN = (5**0.5 - 1) / 2
"""Multiples of the golden section lie evenly modulo 1, in every step of the cases: no value of a parameter is
left out because its cases come in another rhythm."""


@pytest.hookimpl(tryfirst=True)  # before pytest chooses by its marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    families = defaultdict(list)
    for item in items:
        if item.get_closest_marker("slow") is not None:
            families[item.nodeid.partition("[")[0]].append(item)
    for family in families.values():
        if len(family) > MANY:
            for k, item in enumerate(family):
                if k * TURN % 1 >= SOME / len(family):
                    item.add_marker(pytest.mark.thorough)
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def shared_folder(name: str) -> Path:
    """A folder of the shared data, or a skip that says how to get it."""
    root = os.environ.get("TINYFACE_DATA")
    if not root:
        pytest.skip("TINYFACE_DATA is not set: the shared faces and foreign models are not here")
    folder = Path(root) / name
    if not folder.is_dir():
        pytest.skip(f"TINYFACE_DATA has no folder {name}")
    return folder


@pytest.fixture(scope="session")
def shared_models() -> Path:
    """Folder of the foreign .tflite files."""
    return shared_folder("models")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the face data sets."""
    return shared_folder("data")


@pytest.fixture(scope="session")
def thread_sanitizer(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips, and says why, where ThreadSanitizer does not work."""
    from tests.thread_sanitizer import why_not  # not before the environment is set

    reason = why_not(tmp_path_factory.mktemp("thread_sanitizer"))
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout."""
    return REPOSITORY


@pytest.fixture(autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the flash files of the person who runs it."""
    monkeypatch.setenv("TINYFACE_STATE", str(tmp_path_factory.mktemp("state")))
