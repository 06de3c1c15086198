"""What is compared: a TOML file with a network, a budget, seeds and rows of changes, or of other networks.

network = "pfld-68-96-pico"
seeds = [1, 2, 3]
steps = 1000                  # most of one run
[recipe]                      # of all rows
phases.float.epochs = 8
[[rows]]
name = "wing"
[[rows]]
name = "taught"
teacher = "pfld-68-96-live"   # as --teacher takes it
[rows.recipe]
phases.float.teacher = 0.5
[[rows]]
name = "plain"
network = "tinyface-cnn-68-96-live"  # of the same task, by its own recipe and the changes of all rows
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen.errors import DataError
from model_zoo.architectures import NETWORKS
from model_zoo.recipes import recipe_for
from model_zoo.training.chosen_recipe import adjusted
from model_zoo.training.options import TrainOptions
from model_zoo.training.recipe import Recipe
from model_zoo.training.recipe_file import changed, read_table

MOST_STEPS = 5000
MOST_SEED = 2**31 - 1
ROW_NAME = re.compile(r"[A-Za-z0-9][\w .,+-]*")
"""What a row may be called: its runs lie in a folder of that name."""
PLAN_KEYS = {"network": str, "seeds": list, "steps": int, "rows": list}
OPTIONAL = {"dataset": str, "limit": int, "recipe": dict}
ROW_KEYS = {"name": str, "network": str, "teacher": str, "recipe": dict}


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: of it and of its folder.
        recipe: by which it is trained.
        teacher: as `--teacher` takes it, None for none.
        network: of the zoo, in place of the plan's; None: the plan's.
    """

    name: str
    recipe: Recipe
    teacher: str | None = None
    network: str | None = None


@dataclass(frozen=True)
class Plan:
    """A comparison.

    Attributes:
        network: of the zoo, of all rows that name no other.
        seeds: each row is trained with each.
        steps: most of one run.
        rows: the first is what others are compared with.
        dataset: "auto", or a data set by name.
        limit: training pictures of people; None: all.
    """

    network: str
    seeds: tuple[int, ...]
    steps: int
    rows: tuple[Row, ...]
    dataset: str = "auto"
    limit: int | None = None
    data: Path | None = None

    def network_of(self, row: Row) -> str:
        """Which network a row trains."""
        return row.network or self.network

    def options(self, row: Row, seed: int, out: Path) -> TrainOptions:
        """The training of a row with a seed in a folder."""
        return TrainOptions(
            self.network_of(row),
            out,
            data=self.data,
            dataset=self.dataset,
            seed=seed,
            limit=self.limit,
            teacher=row.teacher,
            resume=True,
            quiet=True,
        )


def read_plan(path: Path, data: Path | None = None) -> Plan:
    """The plan in a file.

    Args:
        data: folder of the data set; None: TINYFACE_DATA.
    Raises:
        DataError: it can't be read, or a key or value in it makes no sense; says which.
    """
    table, where = read_table(path), str(path)
    _require(table, PLAN_KEYS, OPTIONAL, "a plan", where)
    _require_numbers(table, where)
    _task_of(table["network"], where)
    base = changed(recipe_for(table["network"]), table.get("recipe", {}), where)
    rows: list[Row] = []
    for entry in table["rows"]:
        if not isinstance(entry, dict):
            raise DataError("a row is no table", where, "Write its keys under [[rows]].")
        _require(entry, {"name": str}, ROW_KEYS, "a row", where)
        name = entry["name"]
        if not ROW_NAME.fullmatch(name) or name in [row.name for row in rows]:
            raise DataError(
                f"a row can't be called {name!r}", where, "Give each row a plain name of its own."
            )
        own, of_row = entry.get("network"), f"{where}, row {name}"
        if own is not None:
            _require_task(own, table["network"], of_row)
        start = base if own is None else changed(recipe_for(own), table.get("recipe", {}), of_row)
        recipe = changed(start, entry.get("recipe", {}), of_row)
        recipe.check(of_row)
        recipe = adjusted(recipe, TrainOptions(own or table["network"], path))
        rows.append(Row(name, recipe, entry.get("teacher"), own))
    if not rows:
        raise DataError("there are no rows", where, "Write at least one under [[rows]].")
    return Plan(
        table["network"], tuple(table["seeds"]), table["steps"], tuple(rows),
        table.get("dataset", "auto"), table.get("limit"), data,
    )  # fmt: skip


def _task_of(network: str, where: str) -> str:
    try:
        return NETWORKS.get(network).task
    except DataError as error:
        raise DataError(error.cause, where, error.remedy) from error


def _require_task(own: str, network: str, where: str) -> None:
    task, wanted = _task_of(own, where), _task_of(network, where)
    if task != wanted:
        raise DataError(
            f"the network {own} has the task {task}, and {network} has {wanted}: one figure measures all",
            where,
            "Name a network of the same task, or compare them in a plan of their own.",
        )


def _require(
    table: Mapping[str, Any], needed: Mapping[str, type], others: Mapping[str, type], what: str, where: str
) -> None:
    known = {**needed, **others}
    for key, value in table.items():
        if key not in known:
            raise DataError(f"{what} has no {key}", where, f"There are: {', '.join(known)}.")
        if type(value) is not known[key]:
            raise DataError(f"{key} can't be {value!r}", where, f"It is of the type {known[key].__name__}.")
    for key in needed:
        if key not in table:
            raise DataError(f"{what} lacks {key}", where, f"State {key}.")


def _require_numbers(table: Mapping[str, Any], where: str) -> None:
    seeds = table["seeds"]
    sound = all(type(seed) is int and 0 <= seed <= MOST_SEED for seed in seeds)
    if not seeds or not sound or len(set(seeds)) < len(seeds):
        raise DataError(
            f"the seeds can't be {seeds!r}", where, f"State whole numbers from 0 to {MOST_SEED}, each once."
        )
    for key, most in (("steps", MOST_STEPS), ("limit", MOST_SEED)):
        if key in table and not 1 <= table[key] <= most:
            raise DataError(f"{key} is {table[key]}", where, f"It may be from 1 to {most}.")
