"""Turns what tests/fakes/esp_idf declares into C that compiles only where the real headers say the same."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

FAKES = Path(__file__).resolve().parents[1] / "fakes" / "esp_idf"
OPAQUE = {"StaticTask_t", "StaticSemaphore_t"}
"""Structs whose content is the kernel's business."""
NOT_COMPARED = {"UART_EVENT_MAX", "SOC_USB_SERIAL_JTAG_SUPPORTED"}
"""Facts that differ from chip to chip."""


def headers() -> list[str]:
    """The fake headers, as sources include them; the project's own fake.h and sdkconfig.h left out."""
    found = (path.relative_to(FAKES).as_posix() for path in FAKES.rglob("*.h"))
    return sorted(name for name in found if name not in ("fake.h", "sdkconfig.h"))


def read(header: str) -> str:
    """A fake header without comments and line continuations."""
    text = (FAKES / header).read_text().replace("\\\n", " ")
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)


def constants(text: str) -> list[str]:
    """Names of the macros and enumerators that stand for numbers."""
    names = re.findall(r"^#define (\w+)[ ]+\S", text, re.MULTILINE)
    for body in re.findall(r"enum\s*\{(.*?)\}", text, re.DOTALL):
        names += re.findall(r"(\w+)\s*(?:=[^,]*)?(?:,|$)", body.strip())
    return [name for name in names if name not in NOT_COMPARED]


def prototypes(text: str) -> list[tuple[str, str, list[str]]]:
    """(return type, name, parameter types) of every function."""
    plain = re.sub(r"^#.*$|__attribute__\(\(\w+\)\)", "", text, flags=re.MULTILINE)
    plain = re.sub(r"\{[^{}]*\}", "{}", re.sub(r"\{[^{}]*\}", "{}", re.sub(r"\{[^{}]*\}", "{}", plain)))
    found = []
    pattern = r"([\w][\w\s]*?[\s*]+)(\w+)\(((?:[^()]|\([^()]*\))*)\)\s*;"
    for result, name, inside in re.findall(pattern, plain):
        if "typedef" in result:
            continue
        parameters = [p.strip() for p in inside.split(",")] if inside.strip() != "void" else []
        unnamed = [re.sub(r"(?<=\(\*)\w+(?=\))|\w+$", "", p).strip() for p in parameters]
        found.append((" ".join(result.split()), name, unnamed))
    return found


def fields(text: str) -> list[tuple[str, str, str]]:
    """(struct, field, type) of every struct whose content is public; bit fields have the type ""."""
    found = []
    for body, name in _structs(text):
        flat = re.sub(r"union\s*\{([^{}]*)\}\s*;", r"\1", body)
        for inner, group in re.findall(r"struct\s*\{([^{}]*)\}\s*(\w+)\s*;", flat):
            found += [(name, f"{group}.{bit}", "") for bit in re.findall(r"(\w+)\s*:", inner)]
        flat = re.sub(r"struct\s*\{[^{}]*\}\s*\w+\s*;", "", flat)
        for kind, parameters, pointer in _pointers(flat):
            found.append((name, pointer, f"{kind} (*)({parameters})"))
        flat = re.sub(r"\w+\s*\(\*\w+\)\([^()]*\);", "", flat)
        for kind, declared in re.findall(r"([\w ]+?[ *]+)(\w+(?:\[\d+\])?(?:,\s*\w+)*);", flat):
            for field in re.split(r",\s*", declared):
                array = re.search(r"\[\d+\]", field)
                found.append(
                    (name, re.sub(r"\[\d+\]", "", field), kind.strip() + (array[0] if array else ""))
                )
    return found


def _structs(text: str) -> list[tuple[str, str]]:
    """(body, name) of every struct that is declared at the outermost level."""
    found = []
    for start in re.finditer(r"^(?:typedef struct|struct (\w+)) \{", text, re.MULTILINE):
        end = re.compile(r"^\}\s*(\w*)\s*;", re.MULTILINE).search(text, start.end())
        assert end, start[0]
        name = end[1] or f"struct {start[1]}"
        if name not in OPAQUE:
            found.append((text[start.end() : end.start()], name))
    return found


def _pointers(text: str) -> list[tuple[str, str, str]]:
    return [
        (kind, inside, name) for kind, name, inside in re.findall(r"(\w+)\s*\(\*(\w+)\)\(([^()]*)\);", text)
    ]


def values(names: list[str], include: list[str], cc: list[str], folder: Path) -> dict[str, int]:
    """What the fakes say that these constants are worth: a program of this machine prints them."""
    source, program = folder / "values.c", folder / "values"
    lines = [f'    printf("{name} %lld\\n", (long long)({name}));' for name in names]
    body = "\n".join(
        ["#include <stdio.h>", *(f'#include "{name}"' for name in headers()), "int main(void) {"]
    )
    source.write_text(body + "\n" + "\n".join(lines) + "\n    return 0;\n}\n")
    subprocess.run([*cc, *include, str(source), "-o", str(program)], check=True)
    said = subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout
    return {name: int(value) for name, value in (line.split() for line in said.splitlines())}
