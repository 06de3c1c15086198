"""`python -m model_zoo.ablation PLAN.toml -o DIR`: trains each row with each seed, one after another, and
writes the table after each run. The same command goes on where it was interrupted.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from codegen.errors import TinyfaceError
from codegen.whole_file import make_folders, write_whole
from model_zoo.ablation.plan import Plan, read_plan
from model_zoo.ablation.run import asked, result_of, run
from model_zoo.ablation.table import markdown, summary
from model_zoo.architectures import NETWORKS
from model_zoo.datasets.open import choose
from model_zoo.datasets.split import Split, split_by_identity
from model_zoo.tasks import TASKS
from model_zoo.training.environment import import_tensorflow
from model_zoo.training.progress import Progress

TABLES = ("ablation.md", "ablation.json")


def _words(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m model_zoo.ablation", description=__doc__)
    parser.add_argument("plan", type=Path, metavar="PLAN.toml", help="what is compared")
    parser.add_argument("--output", "-o", type=Path, required=True, metavar="DIR", help="runs and tables")
    parser.add_argument("--data", type=Path, metavar="DIR", help="of the data set; else TINYFACE_DATA")
    parser.add_argument("--table", action="store_true", help="only write the tables of what is finished")
    parser.add_argument("--json", action="store_true", help="print the table as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    return parser.parse_args(words)


def finished(plan: Plan, out: Path) -> dict[str, list[dict[str, Any]]]:
    """The results that lie in a folder, by row.

    Raises:
        DataError: one is of another plan.
    """
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in plan.rows:
        for seed in plan.seeds:
            result = result_of(out / row.name / str(seed), asked(plan, row, seed))
            if result is not None:
                found[row.name].append(result)
    return found


def _write(plan: Plan, out: Path) -> dict[str, Any]:
    task = TASKS.get(NETWORKS.get(plan.network).task)
    told = summary(plan, finished(plan, out), task.FIGURE, task.BESIDE)
    make_folders(out)
    for name, text in zip(TABLES, (markdown(told), json.dumps(told, indent=1) + "\n"), strict=True):
        write_whole(out / name, text.encode(), make_folder=False)
    return told


def _run(plan: Plan, out: Path, quiet: bool) -> None:
    """All that is not finished, the first seed of every row before the second one of any."""
    waiting = [
        (row, seed)
        for seed in plan.seeds
        for row in plan.rows
        if result_of(out / row.name / str(seed), asked(plan, row, seed)) is None
    ]
    if not waiting:
        return
    split: Split[Any] | None = None
    for number, (row, seed) in enumerate(waiting):
        with Progress(True) as progress:
            if split is None:
                import_tensorflow()
                chosen = choose(NETWORKS.get(plan.network).task, plan.data, plan.dataset)
                split = split_by_identity(chosen.read(progress))
            if not quiet:
                progress.warn(f"{number + 1} of {len(waiting)}: {row.name}, seed {seed}")
            run(plan, row, seed, out / row.name / str(seed), split, progress)
        _write(plan, out)


def main(words: Sequence[str] | None = None) -> int:
    """The command.

    Returns:
        its exit status: 0, 2 where a person can correct the cause, 130 where one has interrupted it.
    """
    given = _words(words)
    try:
        plan = read_plan(given.plan, given.data)
        if not given.table:
            _run(plan, given.output, given.quiet)
        told = _write(plan, given.output)
    except TinyfaceError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from there", file=sys.stderr)
        return 130
    print(json.dumps(told, indent=1) if given.json else markdown(told), end="\n" if given.json else "")
    return 0


if __name__ == "__main__":
    sys.exit(main())
