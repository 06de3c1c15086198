"""Which kernels have a form of their own on a target: read from the kernels' C, so that it can't go stale."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from codegen.backends.kernel_files import KERNELS as FOLDER
from codegen.own_files import own_files

_LOOPS = re.compile(r"^TFK_DEFINE_ELEMENTWISE\((tfk_\w+)\)", re.M)
"""Defines <name>_s8 around <name>_element: codegen/kernels/broadcast.h."""
_FUNCTION = re.compile(r"^static inline [\w ]+?\*?(tfk_\w+)\([^;{]*\)\n\{\n(.*?)^\}", re.M | re.S)


@dataclass(frozen=True)
class TargetForm:
    """What is compiled otherwise on one kind of core.

    Attributes:
        target: the core.
        switch: the macro that chooses it.
        what: what is different.
        called: the function of codegen/kernels that differs; a kernel that reaches it has the form.
    """

    target: str
    switch: str
    what: str
    called: str


TARGET_FORMS = (
    TargetForm("Arm DSP", "TINYFACE_ARM_DSP", "two products an instruction (SMLAD)", "tfk_multiply"),
    TargetForm("Xtensa MAC16", "TINYFACE_MAC16", "a product and a load an instruction", "tfk_strip_channel"),
    TargetForm("Xtensa MAC16", "TINYFACE_MAC16", "a product and a load an instruction", "tfk_band_channel"),
    TargetForm("Xtensa MAC16", "TINYFACE_MAC16", "a product and a load an instruction", "tfk_lines_sum"),
    TargetForm("Xtensa", "__XTENSA__", "one step a hardware loop", "TFK_STEPS"),
    TargetForm("Xtensa", "__XTENSA__", "wide products from halves", "tfk_doubling_high_mul_29"),
)


def short(kernel: str) -> str:
    """The name without what all names have: "conv_2d_1x1_s8"."""
    return kernel.removeprefix("tfk_")


def forms_of(kernel: str) -> tuple[TargetForm, ...]:
    """The target forms of a kernel function: those whose function it calls, itself or through others."""
    reached = _reached(kernel)
    return tuple(form for form in TARGET_FORMS if form.called in reached)


@cache
def _bodies() -> dict[str, set[str]]:
    """Function -> the names its body uses, of all kernels; bodies of one name are joined."""
    found: dict[str, set[str]] = {}
    for path in own_files(FOLDER, "*.h"):
        text = path.read_text(encoding="utf-8")
        for name, body in _FUNCTION.findall(text):
            found.setdefault(name, set()).update(re.findall(r"\b(?:tfk|TFK)_\w+", body))
        for name in _LOOPS.findall(text):
            found[f"{name}_s8"] = {f"{name}_element"}
    return found


def _reached(kernel: str) -> set[str]:
    """All names that a kernel uses, itself or through the functions it calls."""
    bodies, waiting = _bodies(), [kernel]
    reached: set[str] = set()
    while waiting:
        for name in bodies.get(waiting.pop(), set()) - reached:
            reached.add(name)
            waiting.append(name)
    return reached
