"""The table of an ablation: a line a row, means and spread over the seeds that are finished."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from model_zoo.ablation.plan import Plan
from model_zoo.evaluation.score import Figure

Results = Mapping[str, Sequence[Mapping[str, Any]]]
"""By row, those of its finished seeds."""
COSTS = ("macs", "parameters")
STORED = ("weights", "zeros", "deflated")


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Mean and standard deviation (of the sample, null for one value) and the values themselves."""
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return {"mean": statistics.fmean(values), "deviation": deviation, "values": list(values)}


def summary(plan: Plan, results: Results, figure: Figure) -> dict[str, Any]:
    """All that the table says, as JSON.

    Args:
        figure: the primary one of the network's task.
    """
    rows = []
    for row in plan.rows:
        found = results.get(row.name, ())
        line: dict[str, Any] = {"name": row.name, "seeds": [one["seed"] for one in found]}
        if found:
            forms = found[0]["figures"]
            line |= {form: spread([one["figures"][form][figure.key] for one in found]) for form in forms}
            line |= {key: spread([one[key] for one in found]) for key in COSTS}
            line |= {key: spread([one["stored"][key] for one in found]) for key in STORED}
            line["steps"] = found[0]["steps"]
            line["seconds"] = sum(one["seconds"] for one in found)
        rows.append(line)
    return {
        "network": plan.network,
        "figure": {"key": figure.key, "name": figure.name, "unit": figure.unit, "part": "validation"},
        "seeds": list(plan.seeds),
        "most_steps": plan.steps,
        "unfinished": sum(len(plan.seeds) - len(line["seeds"]) for line in rows),
        "rows": rows,
    }


def markdown(told: Mapping[str, Any]) -> str:
    """The table of a summary, and one line on what it is."""
    figure, seeds, budget = told["figure"], told["seeds"], told["most_steps"]
    name = f"{figure['name']} {figure['unit']}".strip()
    costs = ("MACs", "weights", "zeros", "deflated", "steps", "seeds")
    head = ("row", f"float {name}", f"int8 {name}", "form", *costs)
    lines = [head, ("---",) * len(head), *(_line(row) for row in told["rows"])]
    numbers, runs = ", ".join(map(str, seeds)), len(seeds) * len(told["rows"])
    left = f"; {told['unfinished']} of {runs} runs are not finished" if told["unfinished"] else ""
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + (
        f"\n`{told['network']}`, seeds {numbers}, at most {budget:,} steps a run, validation part: mean and "
        f"standard deviation over seeds{left}.\n"
    )


def _line(row: Mapping[str, Any]) -> tuple[str, ...]:
    if not row["seeds"]:
        return (row["name"], *("",) * 8, "none")
    form = "qat" if "qat" in row else "ptq"
    return (
        row["name"],
        _figure(row["float"]),
        _figure(row[form]),
        form,
        *(_count(row[key]) for key in ("macs", "weights", "zeros", "deflated")),
        f"{row['steps']:,}",
        ", ".join(map(str, row["seeds"])),
    )


def _figure(told: Mapping[str, Any]) -> str:
    deviation = told["deviation"]
    return f"{told['mean']:.3f}" + ("" if deviation is None else f" ± {deviation:.3f}")


def _count(told: Mapping[str, Any]) -> str:
    return f"{told['mean']:,.0f}"
