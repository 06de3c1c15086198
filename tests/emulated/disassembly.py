"""What objdump says of a program, function by function: how far loads run ahead of what uses them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FUNCTION = re.compile(r"^[0-9a-f]+ <(\w+?)(?:\.\w+)*>:$")


@dataclass(frozen=True)
class Instruction:
    """One line of a disassembly."""

    address: int
    mnemonic: str
    operands: tuple[str, ...]


def functions_of(disassembly: str) -> Iterator[tuple[str, list[Instruction]]]:
    """Each function with its instructions as they stand, but the bodies of hardware loops twice."""
    name, found = "", list[Instruction]()
    for line in disassembly.splitlines():
        start = _FUNCTION.match(line)
        if start:
            yield name, unrolled(found)
            name, found = start[1], []
        parts = [part.strip() for part in line.split("\t")]
        if len(parts) >= 3 and parts[2]:
            operands = tuple(part.strip() for part in parts[3].split(",")) if len(parts) > 3 else ()
            found.append(Instruction(int(parts[0].rstrip(":"), 16), parts[2], operands))
    yield name, unrolled(found)


def unrolled(instructions: list[Instruction]) -> list[Instruction]:
    """With the bodies of LOOP twice."""
    walked = list(instructions)
    for loop in [one for one in instructions if one.mnemonic.startswith("loop")]:
        end = int(loop.operands[1].split()[0], 16)
        body = [one for one in instructions if loop.address < one.address < end]
        after = walked.index(body[-1]) + 1
        walked[after:after] = body
    return walked


def loops(walked: list[Instruction]) -> Iterator[list[Instruction]]:
    """Bodies of hardware loops."""
    by_address = {one.address: one for one in walked}
    for loop in [one for one in by_address.values() if one.mnemonic.startswith("loop")]:
        end = int(loop.operands[1].split()[0], 16)
        yield [by_address[at] for at in sorted(by_address) if loop.address < at < end]


def load_distances(body: list[Instruction]) -> Iterator[int]:
    """Instructions from each load to the first one that reads what it loaded, once around the loop."""
    twice = body + body
    for n, one in enumerate(body):
        if one.mnemonic.split(".")[0] in ("l8ui", "l16ui", "l16si", "l32i"):
            register = one.operands[0]
            uses = (m for m in range(n + 1, n + len(body)) if reads(twice[m], register))
            yield next(uses) - n


def reads(one: Instruction, register: str) -> bool:
    """True where an instruction reads it: stores read their first operand, too."""
    stores = one.mnemonic.split(".")[0] in ("s8i", "s16i", "s32i")
    return register in (one.operands if stores else one.operands[1:])
