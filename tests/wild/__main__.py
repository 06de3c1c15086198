"""`python -m tests.wild FOLDER`: the table of all .tflite files below a folder, with totals and shares."""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.wild.survey import Row, survey_file, totals
from tests.wild.text import table_text


def main(argv: list[str] | None = None) -> int:
    """Writes the table to stdout or to a file; status 1 where bytes differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.wild", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    parser.add_argument("--out", type=Path, help="write there instead of to stdout")
    parser.add_argument("--c", action="store_true", help="compile and run the generated C of each model too")
    parser.add_argument("--jobs", type=int, default=1, help="files at the same time")
    options = parser.parse_args(argv)
    files = sorted(options.folder.rglob("*.tflite"))
    rows: list[Row] = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for row in pool.map(lambda file: survey_file(file, options.folder, c_code=options.c), files):
            rows.append(row)
            print(f"{len(rows)} of {len(files)}: {row.file}", file=sys.stderr)
    if options.json:
        text = json.dumps({"files": [row.to_json() for row in rows], "totals": totals(rows)}, indent=2) + "\n"
    else:
        text = table_text(rows)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 1 if any(row.differing or row.c_differing for row in rows) else 0


if __name__ == "__main__":
    raise SystemExit(main())
