"""Fills the thin Jinja templates: they hold the shape of a file, Python holds the facts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from codegen import render

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        newline_sequence="\n",
    )
    environment.filters["c_string"] = render.string
    environment.filters["c_comment"] = render.comment
    environment.filters["c_float"] = render.single
    environment.filters["c_int"] = render.integer
    environment.filters["c_bytes"] = render.byte_list
    environment.filters["shape"] = render.shape
    environment.filters["thousands"] = lambda n: f"{n:,}"
    environment.filters["markdown"] = render.markdown
    return environment


def fill(template: str, **facts: Any) -> str:
    """The text of a file; an undefined name in the template is an error."""
    return _environment().get_template(template).render(**facts)


def fill_text(text: str, **facts: Any) -> str:
    """As `fill`, with the template itself.

    Raises:
        jinja2.TemplateError: it is none, or uses a name that it is not given.
    """
    return _environment().from_string(text).render(**facts)
