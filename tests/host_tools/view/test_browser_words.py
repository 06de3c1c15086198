"""What the page says and how it stands, in a real browser, of a board that tells little."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from host_tools.view.hub import Hub
from host_tools.view.orders import Order, applied_json
from host_tools.view.seen import Seen
from host_tools.view.told import board_json, frame_json
from host_tools.wire.recording.write import Recorder
from tests.host_tools.recorded import (
    CALLED,
    HELLO,
    MODEL,
    SETTINGS,
    STAGED,
    called_inference,
    inference,
    picture,
    staged_inference,
)
from tests.host_tools.view.browser import Browser
from tests.host_tools.view.served import served, viewing
from tests.host_tools.view.test_browser import browser, window  # noqa: F401 (fixtures)

pytestmark = pytest.mark.slow
REGION = (90, 150, 255)


def rows(shown: Browser) -> list[list[str]]:
    found = shown.find("times").find_elements("css selector", "tbody tr")
    return [[cell.text for cell in row.find_elements("css selector", "th, td")] for row in found]


def test_a_threshold_leaves_stages_untold(browser: Browser) -> None:  # noqa: F811
    hub = Hub()
    hub.publish({"kind": "mode", "live": True})
    hub.publish(board_json(STAGED, "a port", "host"))
    hub.publish({"kind": "state", "state": "live"})
    with served(hub) as server:
        browser.driver.get(f"http://{server.host}/")
        browser.state("live")
        assert browser.text("clock") == "of the computer that simulates the board"
        for parted in (True, False):
            told = frame_json(staged_inference(0), ["find", "mark"], None, parted)
            frame, gray = Seen().picture(told | {"rate": 1, "line": {}}, picture(0))
            hub.publish_frame(frame, gray)
            browser.until(browser.picture_number)
            browser.until(lambda parted=parted: browser.find("held").is_displayed() != parted)
            assert browser.pixels(*REGION) == 0
            if parted:
                assert [row[0] for row in rows(browser)] == ["find", "mark"]
        assert rows(browser) == [["find", "not told", "not told"], ["mark", "not told", "not told"]]

        def words() -> str:
            hub.publish_frame(frame, gray)  # they are said once a second, with a frame
            return browser.text("summary")

        # Until then those of the picture before stand there.
        browser.until(lambda: "mark" in words() and "find" not in browser.text("summary"))


def test_what_a_face_is_called_is_said_in_words(browser: Browser) -> None:  # noqa: F811
    """For who does not see the picture, too; nothing where it is unsure."""
    hub, model = Hub(), replace(MODEL, labels="\nsad\nhappy\n\nsad\nhappy\n\n")
    hub.publish({"kind": "mode", "live": True})
    hub.publish({"kind": "state", "state": "live"})
    with served(hub) as server:
        browser.driver.get(f"http://{server.host}/")
        browser.state("live")
        for index, words in ((1, "feel: 1 box (#4 happy 84%)"), (-1, "feel: 1 box (#4)")):
            told = frame_json(called_inference(0, index), CALLED, model, parted=True)
            frame, gray = Seen().picture(told | {"rate": 1, "line": {}}, picture(0))

            def is_said(words: str = words, frame: Any = frame, gray: bytes = gray) -> bool:
                hub.publish_frame(frame, gray)  # words are said once a second, with a frame
                label = browser.find("picture").get_attribute("aria-label") or ""
                return words in browser.text("summary") and words in label

            browser.until(is_said)
            assert "see: nothing" in browser.text("summary")


def test_what_was_applied_and_a_board_that_is_off(browser: Browser) -> None:  # noqa: F811
    hub = Hub()
    hub.publish({"kind": "mode", "live": True})
    hub.publish({"kind": "state", "state": "released", "own": True})
    values: dict[str, Any] = {"gain": 3}
    hub.publish({"kind": "settings", "values": values, "refused": ["gain"], "threshold": [-128, 127]})
    with served(hub) as server:
        browser.driver.get(f"http://{server.host}/")
        browser.state("released")
        assert browser.text("state") == "The board is switched off"
        assert "no port" in browser.text("remedy")
        hub.publish(applied_json(Order("settings", {"gain": 3}, keep=True), ["gain"]))
        browser.until(lambda: "kept in the board's flash" in browser.text("applied"))
        assert browser.find("applied").get_attribute("role") == "status"


def test_cards_stand_without_holes(browser: Browser, tmp_path: Path) -> None:  # noqa: F811
    """The picture's card ends below its buttons, the settings follow it; check boxes stand in line."""
    file = tmp_path / "one.rec"
    with Recorder(file, HELLO, MODEL, SETTINGS) as recorder:
        recorder.frame(inference(0))
    size = {"width": 1200, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        with viewing("--replay", file) as url:
            browser.driver.get(url)
            browser.until(browser.picture_number)
            browser.until(lambda: browser.driver.find_elements("id", "setting-mirror"))
            script = """
                const box = (node) => node.getBoundingClientRect();
                const by = (id) => document.getElementById(id), seen = box(by("seen"));
                const check = by("setting-mirror"), word = check.closest("label").querySelector("span");
                const middle = (node) => (box(node).top + box(node).bottom) / 2;
                return {below: seen.bottom - box(by("freeze")).bottom,
                  next: box(by("settings-section")).top - seen.bottom,
                  right: box(by("facts-section")).left - seen.right,
                  check: Math.abs(middle(check) - middle(word))};"""
            stands = cast(dict[str, float], browser.run(script))
        assert 0 <= stands["below"] < 40
        assert 0 <= stands["next"] < 40
        assert stands["right"] > 0
        assert stands["check"] < 3
    finally:
        browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
