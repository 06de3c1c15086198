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


def summary(plan: Plan, results: Results, figure: Figure, beside: Sequence[Figure] = ()) -> dict[str, Any]:
    """All that the table says, as JSON.

    Args:
        figure: the primary one of the network's task.
        beside: others that are shown.
    """
    rows, others = [], [other.key for other in beside]
    for row in plan.rows:
        found = results.get(row.name, ())
        line: dict[str, Any] = {"name": row.name, "seeds": [one["seed"] for one in found]}
        line |= {"network": plan.network_of(row)}
        if found:
            forms = found[0]["figures"]
            line |= {form: spread([one["figures"][form][figure.key] for one in found]) for form in forms}
            line["beside"] = {
                form: {key: spread([one["figures"][form][key] for one in found]) for key in others}
                for form in forms
            }
            line["learnt"] = {
                name: spread([one["learnt"][name] for one in found]) for name in found[0].get("learnt", {})
            }
            line |= {key: spread([one[key] for one in found]) for key in COSTS}
            line |= {key: spread([one["stored"][key] for one in found]) for key in STORED}
            line["steps"] = found[0]["steps"]
            line["seconds"] = sum(one["seconds"] for one in found)
        rows.append(line)
    return {
        "network": plan.network,
        "figure": {**_told(figure), "part": "validation"},
        "beside": [_told(other) for other in beside],
        "seeds": list(plan.seeds),
        "most_steps": plan.steps,
        "unfinished": sum(len(plan.seeds) - len(line["seeds"]) for line in rows),
        "rows": rows,
    }


def _told(figure: Figure) -> dict[str, Any]:
    return {"key": figure.key, "name": figure.name, "unit": figure.unit}


def markdown(told: Mapping[str, Any]) -> str:
    """The table of a summary, and one line on what it is; the networks where rows have several."""
    seeds, budget = told["seeds"], told["most_steps"]
    figures = (told["figure"], *told["beside"])
    several = len({row["network"] for row in told["rows"]}) > 1
    names = [f"{form} {f['name']} {f['unit']}".strip() for f in figures for form in ("float", "int8")]
    costs = ("MACs", "weights", "zeros", "deflated", "steps", "seeds")
    head = ("row", *(("network",) if several else ()), *names, "form", *costs)
    keys = [other["key"] for other in told["beside"]]
    lines = [head, ("---",) * len(head), *(_line(row, keys, several) for row in told["rows"])]
    numbers, runs = ", ".join(map(str, seeds)), len(seeds) * len(told["rows"])
    left = f"; {told['unfinished']} of {runs} runs are not finished" if told["unfinished"] else ""
    what = "" if several else f"`{told['network']}`, "
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + (
        f"\n{what}{'Seeds' if several else 'seeds'} {numbers}, at most {budget:,} steps a run, validation "
        f"part: mean and standard deviation over seeds{left}.\n{_learnt(told['rows'])}"
    )


def _learnt(rows: Sequence[Mapping[str, Any]]) -> str:
    """Numbers that networks have learnt and tell, a line a row that has some."""
    lines = [
        f"{row['name']}: " + ", ".join(f"{name} {_figure(value)}" for name, value in row["learnt"].items())
        for row in rows
        if row.get("learnt")
    ]
    return "".join(f"\nLearnt by {line}.\n" for line in lines)


def _line(row: Mapping[str, Any], beside: Sequence[str], several: bool) -> tuple[str, ...]:
    first = (row["name"], *((f"`{row['network']}`",) if several else ()))
    if not row["seeds"]:
        return (*first, *("",) * (8 + 2 * len(beside)), "none")
    form = "qat" if "qat" in row else "ptq"
    return (
        *first,
        _figure(row["float"]),
        _figure(row[form]),
        *(_figure(row["beside"][one][key]) for key in beside for one in ("float", form)),
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
