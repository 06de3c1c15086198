"""A report of expressions as a person opens it: everything in it is seen, and nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from host_tools.cli import app
from tests.host_tools.view.browser import Browser

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.html"
    words = ["evaluate", "emotion-48-small", "--dataset", "drawn-moods", "--report", str(file)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return file


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    made = Browser(tmp_path_factory.mktemp("downloads"))
    yield made
    made.close()


def test_it_holds_everything_itself(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)[^"']*""", text)
    assert "<script" not in text


def test_a_person_sees_each_part(report: Path, browser: Browser) -> None:
    browser.driver.get(report.as_uri())
    assert browser.complaints() == []
    heads = [head.text for head in browser.driver.find_elements("css selector", "h1, h2, h3")]
    assert "emotion-48-small" in heads[0]
    told = " ".join(heads).lower()
    for word in ("classes", "taken for what", "calibration", "hangs on", "worse pictures", "cost"):
        assert word in told, heads
    shown = browser.run(
        "return [...document.querySelectorAll('img, svg, table')].map(e => [e.tagName.toLowerCase(), "
        "e.getBoundingClientRect().width, e.getBoundingClientRect().height, e.naturalWidth ?? 1])"
    )
    assert {tag for tag, *_ in shown} >= {"svg", "table"}
    assert all(width > 40 and height > 10 and pixels > 0 for _, width, height, pixels in shown), shown
    assert browser.run("return document.documentElement.scrollWidth <= window.innerWidth")
