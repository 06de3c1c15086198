"""One core directory for a run: PlatformIO without network, a stand-in platform, a real compiler."""

from __future__ import annotations

import pytest

from host_tools.project.toolchains import host_compiler
from tests.platformio.core import make_core, missing


@pytest.fixture(scope="session")
def pio_env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment that PlatformIO runs in; skips, with what to install, where it can't."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    core = make_core(tmp_path_factory.mktemp("platformio") / "core")
    return core | {"STANDIN_DRIVERS": "esp_idf", "STANDIN_CC": host_compiler()}
