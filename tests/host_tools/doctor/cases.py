"""What the doctor says of a folder of cases, beside what is right.

    python -m tests.host_tools.doctor.cases FOLDER

A case is NAME.txt; RIGHT.txt beside it holds "NAME: what is right" a line.
"""

from __future__ import annotations

import sys
from pathlib import Path

from host_tools.doctor.diagnose import diagnose, verdict_of
from host_tools.doctor.readable import readable

NO_CASES = ("RIGHT.txt", "SITUATION.txt")


def cases(folder: Path) -> list[Path]:
    """The texts of a folder."""
    return sorted(file for file in folder.glob("*.txt") if file.name not in NO_CASES)


def said_of(case: Path) -> tuple[str, list[str]]:
    """Verdict and faults of a text."""
    text = readable(case.read_bytes())
    findings = diagnose(text)
    return verdict_of(text, findings), [f"{finding.rule}: {finding.cause}" for finding in findings]


def right_of(folder: Path) -> dict[str, str]:
    """Name of a case -> what is right."""
    file = folder / "RIGHT.txt"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return {name: right for name, _, right in (line.partition(": ") for line in lines)}


def main(folders: list[str]) -> int:
    """Prints a table: case, what the doctor says, what is right."""
    if not folders:
        print(__doc__)
        return 2
    for folder in map(Path, folders):
        right = right_of(folder)
        for case in cases(folder):
            verdict, faults = said_of(case)
            print(f"{case.stem} | {'; '.join(faults) or verdict} | {right.get(case.stem, '')}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
