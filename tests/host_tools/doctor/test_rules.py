"""Each rule finds its fault in a boot log that the chip, its boot loader or a public thread wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen import toml
from host_tools.doctor.diagnose import diagnose
from host_tools.doctor.readable import readable
from host_tools.doctor.rules import RULES
from host_tools.simulator import rom
from tests.toys.sample import sampled as shared_out

HERE = Path(__file__).parent
SOURCES = toml.loads((HERE / "sources.toml").read_text(encoding="utf-8"))
GOOD = rom.boot_text(0x180000)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_a_log_names_its_fault(name: str) -> None:
    text = readable((HERE / "logs" / f"{name}.log").read_bytes())
    findings = diagnose(text)
    assert findings[0].rule == SOURCES[name]["rule"]
    assert findings[0].line in text
    assert findings[0].line
    for finding in findings:
        assert finding.remedy.endswith((".", ")")), finding.rule
        assert "{" not in finding.cause + finding.remedy


def test_every_log_has_a_source() -> None:
    assert {file.stem for file in (HERE / "logs").glob("*.log")} == set(SOURCES)
    assert all(entry["source"].startswith("https://") for entry in SOURCES.values())


def test_a_good_boot_is_no_fault() -> None:
    assert diagnose(readable(GOOD)) == []


@pytest.mark.parametrize("raw", [b"", b"hello world, I am another firmware\nall is well\n"])
def test_unknown_text_is_not_guessed_at(raw: bytes) -> None:
    assert diagnose(readable(raw)) == []


def test_values_of_the_log_are_in_the_message() -> None:
    (finding,) = diagnose(
        "E (9) spi_flash: Detected size(2048k) smaller than the size in the binary image header(4096k)."
    )
    assert "2048 KB" in finding.cause
    assert "4096 KB" in finding.cause


def test_the_cause_comes_before_what_follows_from_it() -> None:
    text = readable((HERE / "logs" / "brownout-and-camera.log").read_bytes())
    assert [finding.rule for finding in diagnose(text)] == ["brownout", "camera-not-found"]
    text = readable((HERE / "logs" / "task-watchdog.log").read_bytes())
    assert [finding.rule for finding in diagnose(text)] == ["task-watchdog"]


def test_colours_and_line_ends_do_not_matter() -> None:
    raw = b"\x1b[0;31mE (62) camera: Detected camera not supported.\x1b[0m\r\nmore\r\n"
    (finding,) = diagnose(readable(raw))
    assert finding.line == "E (62) camera: Detected camera not supported."


def test_download_mode_of_an_earlier_start_is_over() -> None:
    """A log taken while flashing: the loader first, then the application that starts."""
    loader = (HERE / "logs" / "download-mode.log").read_bytes()
    assert diagnose(readable(loader + GOOD)) == []
    assert [finding.rule for finding in diagnose(readable(GOOD + loader))] == ["download-mode"]


def test_psram_that_answers_after_all_is_no_fault() -> None:
    """ESP-IDF's drivers warn of an unknown maker and go on."""
    text = "W (70) octal_psram: PSRAM ID read error: 0x0000000a, fallback to use default driver pattern"
    assert diagnose(text) == []


def test_a_terminal_does_not_obey_a_log() -> None:
    text = readable(b"\x1b[2J\x1b]0;title\x07one\x08\x7f\r\ntwo\tthree\0")
    assert text == "\ufffd]0;title\ufffdone\ufffd\ufffd\ntwo\tthree"


def test_garbage_of_another_baud_rate_around_readable_text() -> None:
    noise = bytes(range(128, 256)) * 8
    raw = noise + b"\x1b[0;31mE (70) psram: PSRAM ID read error: 0xffffffff\x1b[0m\r\n" + noise
    raw += b"Brownout detector was triggered" + noise
    assert [finding.rule for finding in diagnose(readable(raw))] == ["brownout", "psram"]
    assert all(len(finding.line) <= 200 for finding in diagnose(readable(raw)))


@pytest.mark.parametrize("name", shared_out(sorted(SOURCES)))
def test_a_log_cut_anywhere_is_read(name: str) -> None:
    """A cut line may hide a fault; it never brings one that the whole log does not hold."""
    raw = (HERE / "logs" / f"{name}.log").read_bytes()
    whole = {finding.rule for finding in diagnose(readable(raw))}
    # what follows from a fault is told where the cause was cut off
    hidden = {rule.name for rule in RULES if rule.consequence}
    hidden |= {name for rule in RULES if rule.name in whole for name in rule.explains}
    for at in range(len(raw)):
        for part in (raw[:at], raw[at:]):
            assert {finding.rule for finding in diagnose(readable(part))} <= whole | hidden


def sampled(data: bytes, sent_baud: int, read_baud: int) -> bytes:
    """What a receiver at another baud rate makes of bytes (8N1): each bit is read in its middle."""
    bits = [bit for byte in data for bit in (0, *((byte >> i) & 1 for i in range(8)), 1)]
    bits += [1] * 20

    def level(time: float) -> int:
        at = int(time * sent_baud)
        return bits[at] if at < len(bits) else 1

    out, time, end = bytearray(), 0.0, len(bits) / sent_baud
    while time < end:
        if level(time):
            time += 0.1 / read_baud
            continue
        out.append(sum(level(time + (1.5 + i) / read_baud) << i for i in range(8)))
        time += 9.6 / read_baud
    return bytes(out)


@pytest.mark.parametrize("baud", [9600, 57_600, 921_600])
def test_text_read_at_another_baud_rate(baud: int) -> None:
    assert sampled(GOOD, 115_200, 115_200) == GOOD
    (finding,) = diagnose(readable(sampled(GOOD, 115_200, baud)))
    assert finding.rule == "wrong-baud"
