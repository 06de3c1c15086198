"""TFLite-Micro in the stand-in's builds: the real library, compiled for this machine beforehand."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.firmware.esp_tflm import EspTflm


@dataclass(frozen=True)
class Library:
    """The library of STANDIN_TFLM. link: what comes behind the objects."""

    given: EspTflm

    @property
    def link(self) -> tuple[str, ...]:
        return (str(self.given.library), "-lstdc++", "-lm", "-Wl,--gc-sections", "-s")

    def action(self, includes: Iterable[Path]) -> Callable[..., None]:
        """A step of scons that compiles one C++ file."""
        flags = [f"-I{folder}" for folder in includes]

        def compile(target: Any, source: Any, env: Any) -> None:
            self.given.compile(Path(str(source[0])), Path(str(target[0])), *flags)

        return compile


def tflite_micro() -> Library | None:
    """What STANDIN_TFLM names (compiler, sources, archive, as JSON), None where it is not set."""
    told = os.environ.get("STANDIN_TFLM")
    if not told:
        return None
    from tests.firmware.esp_tflm import EspTflm  # needs pytest, which other builds have not

    cpp, root, library = json.loads(told)
    return Library(EspTflm(cpp, Path(root), Path(library)))
