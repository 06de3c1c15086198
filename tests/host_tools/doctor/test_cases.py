"""The doctor at logs rebuilt from public threads: what is right for each stands in the table here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.host_tools.doctor.cases import cases, said_of

FOLDERS = ("boot-logs", "esptool")
RIGHT: dict[str, tuple[str, ...]] = {
    "01": ("flash-read",),
    "02": ("flash-read",),
    "03": ("flash-read",),
    "04": ("crash",),
    "05": ("crash",),
    "06": ("stack-overflow", "cam_task"),
    "07": ("crash",),
    "09": ("interrupt-watchdog",),
    "10": ("watchdog-reset",),
    "11": ("watchdog-reset",),
    "12": ("task-watchdog", "infer"),
    "13": ("task-watchdog",),
    "14": ("brownout", "camera-not-found"),
    "15": ("brownout",),
    "16": ("camera-not-found",),
    "17": ("camera-not-supported",),
    "18": ("camera-frames",),
    "19": ("camera-not-supported",),
    "20": ("camera-memory",),
    "21": ("psram",),
    "23": ("camera-init", "0x103"),
    "24": ("camera-frames",),
    "25": ("camera-frames",),
    "26": ("camera-frames",),
    "28": ("psram",),
    "29": ("psram",),
    "30": ("psram",),
    "32": ("flash-size", "2048", "4096"),
    "33": ("flash-size", "misread"),
    "34": ("damaged-application",),
    "35": ("damaged-application",),
    "36": ("damaged-application",),
    "38": ("no-application",),
    "40": ("boot-loader",),
    "41": ("empty-flash",),
    "42": ("download-mode",),
    "43": ("strapping", "GPIO8 and GPIO9"),
    "44": ("download-mode",),
    "45": ("crash", "memory"),
    "46": ("crash", "heap"),
    "47": ("stack-overflow", "loopTask"),
    "48": ("arena-too-small", "20592"),
    "49": ("operator", "QUANTIZE"),
    "50": ("camera-not-found",),
    "51": ("wrong-baud",),
    "52": ("wrong-baud",),
    "53": ("rtc-watchdog",),
    "54": ("well",),
    "55": ("well",),
    "56": ("stack-overflow", "main"),
    "58": ("rtc-watchdog",),
    "61": ("boot-loader", "watchdog"),
    "63": ("unknown",),
    "65": ("camera-not-found",),
    "66": ("crash",),
    "68": ("psram",),
    "69": ("well",),
    "70": ("update-damaged",),
    "72": ("wrong-boot-mode",),
    "73": ("no-answer",),
    "74": ("no-answer",),
    "76": ("flash-differs",),
    "77": ("another-chip",),
    "78": ("port-missing",),
    "80": ("port-busy",),
    "81": ("port-driver",),
}
"""Number of a case -> fault or verdict, then what its cause, or a second finding, must hold."""


def _known_cases() -> list[Path]:
    data = os.environ.get("TINYFACE_DATA")
    folders = [Path(data) / "cases" / name for name in FOLDERS] if data else []
    return [case for folder in folders if folder.is_dir() for case in cases(folder) if case.name[:2] in RIGHT]


def test_each_case_is_named_rightly() -> None:
    known = _known_cases()
    if not known:
        pytest.skip("TINYFACE_DATA/cases with boot logs and outputs of esptool is not there")
    wrong = []
    for case in known:
        first, *more = RIGHT[case.name[:2]]
        verdict, faults = said_of(case)
        said = "; ".join(faults) or verdict
        if not said.startswith(first) or any(word not in said for word in more):
            wrong.append(f"{case.stem}: {said}")
        elif len(faults) > 1 and not set(more) & {fault.partition(":")[0] for fault in faults[1:]}:
            wrong.append(f"{case.stem}: a follow-up line is no finding: {said}")
    assert wrong == []
