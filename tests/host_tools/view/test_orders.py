"""What a page's order may hold, and in which words one is refused."""

from __future__ import annotations

import json
import re

import pytest

from codegen.errors import OptionError, TinyfaceError
from host_tools.view.orders import MOST_LETTERS, WORDS, parse_order
from host_tools.view.server import page_files


def test_a_page_is_told_its_own_words() -> None:
    form = page_files()["/settings.js"][0].decode()
    named = re.findall(r'(\w+): "([^",(]+)', form.partition("const NAMES")[2].partition("};")[0])
    assert {name: word.strip() for name, word in named} == WORDS
    for values in ({"led": "disco"}, {"led": 9}, {"threshold": 10**9}):
        with pytest.raises(TinyfaceError) as refused:
            parse_order(json.dumps({"do": "settings", "values": values}))
        assert refused.value.where == WORDS[next(iter(values))]


def test_a_long_order_is_not_cut_and_obeyed() -> None:
    short = '{"do":"stats"}'
    assert parse_order(short.ljust(MOST_LETTERS)).verb == "stats"
    for long in (short.ljust(MOST_LETTERS) + "x", short.ljust(MOST_LETTERS + 1)):
        with pytest.raises(OptionError, match="4,097 characters"):
            parse_order(long)


@pytest.mark.parametrize("name", ["threshold", "led", "gain", "period_ms"])
def test_a_boolean_is_no_number(name: str) -> None:
    for value in (True, False):
        with pytest.raises(OptionError, match="no number"):
            parse_order(json.dumps({"do": "settings", "values": {name: value}}))


def test_a_switch_is_told_either_way() -> None:
    values = {"mirror": True, "flip": 0, "flash_led": 1}
    assert parse_order(json.dumps({"do": "settings", "values": values})).values == values
