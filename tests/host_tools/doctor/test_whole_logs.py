"""Logs as people post them, from a chip's first word on: what is right was judged before the doctor saw them.

whole_logs.txt holds them, each below a line "=== name | encoding | faults or verdict". They are written after
what ESP-IDF, Arduino, esp32-camera, TensorFlow Lite Micro, esptool and PlatformIO print, with our own values.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from host_tools.doctor.examine import examine_log

FILE = Path(__file__).with_name("whole_logs.txt")
SPLIT = re.compile(r"^=== (\S+) \| (\S+) \| (.+)\n((?:(?!=== ).*\n)*)", re.MULTILINE)
LOGS = SPLIT.findall(FILE.read_text(encoding="utf-8"))
VERDICTS = {"well", "unknown", "nothing"}


@pytest.mark.parametrize(("name", "codec", "right", "text"), LOGS, ids=[log[0] for log in LOGS])
def test_a_whole_log(name: str, codec: str, right: str, text: str) -> None:
    report = examine_log(io.BytesIO(text.encode(codec)))
    said = [finding.rule for finding in report.findings]
    assert (said or [report.verdict]) == right.split()
    assert (report.verdict in VERDICTS) == (right in VERDICTS)


def test_each_log_is_read_from_the_file() -> None:
    assert len(LOGS) == FILE.read_text(encoding="utf-8").count("\n=== ") + 1
    assert len({name for name, *_ in LOGS}) == len(LOGS)
