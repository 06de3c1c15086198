"""The page in a real browser, with the real server and the simulated board."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from codegen.program.records import Kind
from host_tools.boards import load_board
from host_tools.simulator.process import RunningBoard, run_board
from host_tools.simulator.state import flash_file
from host_tools.wire.messages import Settings, SettingsRequest
from host_tools.wire.recording.write import Recorder
from host_tools.wire.session import Session
from tests.host_tools.recorded import HELLO, MODEL, SETTINGS, STAGED, inference, staged_inference
from tests.host_tools.view.browser import Browser
from tests.host_tools.view.screenshot import wait_for_points
from tests.host_tools.view.served import host_of, viewing
from tests.host_tools.view.test_view import board, pictures, run, toy  # noqa: F401 (fixtures)

pytestmark = pytest.mark.slow
CYAN = (0, 225, 255)


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Browser, Path]]:
    folder = tmp_path_factory.mktemp("downloads")
    made = Browser(folder)
    yield made, folder
    made.close()


@pytest.fixture
def browser(window: tuple[Browser, Path]) -> Iterator[Browser]:
    shown, _ = window
    shown.driver.get_log("browser")
    yield shown
    assert shown.complaints() == []


@pytest.mark.parametrize("board", ["pfld-68-96"], indirect=True)
def test_the_overlay_follows_the_camera(
    browser: Browser,
    window: tuple[Browser, Path],
    board: RunningBoard,  # noqa: F811
) -> None:
    with viewing("--port", board.port, "--period", 200) as url:
        browser.driver.get(url)
        browser.state("live")
        first = browser.until(browser.picture_number)
        browser.until(lambda: browser.picture_number() > first + 2)
        browser.press("f")  # no key of this page
        browser.until(lambda: "68 points" in browser.text("summary"))
        assert "68 points" in browser.find("picture").get_attribute("aria-label")
        assert browser.pixels(*CYAN) > 20
        browser.press("o")
        browser.until(lambda: browser.pixels(*CYAN) == 0, "points without overlay")
        browser.find("overlay").click()
        browser.until(lambda: browser.pixels(*CYAN) > 20, "no points with overlay")

        browser.press(" ")
        frozen = browser.picture_number()
        downloads = window[1]
        browser.press("s")
        browser.until(lambda: [*downloads.glob("tinyface-*.png")], "no snapshot came")
        assert browser.picture_number() == frozen
        (file,) = downloads.glob("tinyface-*.png")
        with Image.open(file) as snapshot:
            assert snapshot.size == (320, 240)
            picture = np.asarray(snapshot.convert("RGB")).astype(int)
        assert (abs(picture - CYAN).max(axis=-1) < 24).sum() > 20
        assert (picture[..., 0] == picture[..., 1]).mean() > 0.5, "the picture is gray"

        names = {
            row.text.split()[0] for row in browser.find("times").find_elements("css selector", "tbody tr")
        }
        assert names == {"model"}
        assert "frames a second" in browser.text("counts")
        assert "model hash" in browser.text("facts")
        assert "heap free" in browser.text("stats")


@pytest.mark.parametrize("board", ["pfld-68-96"], indirect=True)
def test_points_lie_over_a_preview_where_they_lie_over_the_frame(
    browser: Browser,
    board: RunningBoard,  # noqa: F811
) -> None:
    """The canvas is that of the frame of 160x120, and the preview of 96x72 fills it."""
    with viewing("--port", board.port, "--preview", "--period", 200) as url:
        browser.driver.get(url)
        browser.state("live")
        browser.until(lambda: "68 points" in browser.text("summary"))
        browser.until(lambda: browser.pixels(*CYAN) > 20)
        size = "const {width, height} = document.getElementById('picture'); return [width, height];"
        assert browser.run(size) == [320, 240]
        assert "previews a second" in browser.text("counts")
        corner = """const context = document.getElementById("picture").getContext("2d");
            const seen = context.getImageData(300, 220, 16, 16);
            return [...seen.data].filter((value, at) => at % 4 === 3 && value === 255).length;"""
        assert browser.run(corner) == 256, "the preview does not reach the corner"


def test_the_docs_pictures_are_taken_when_the_person_is_told(browser: Browser) -> None:
    """tests/host_tools/view/screenshot.py waits for words of this page, and nobody runs it day by day."""
    assert run("flash", "faces").exit_code == 0
    with viewing("--board", "sim") as url:
        browser.driver.get(url)
        wait_for_points(browser, 3)
        assert browser.pixels(*CYAN) > 20


def test_settings_reach_the_board(browser: Browser, board: RunningBoard) -> None:  # noqa: F811
    with viewing("--port", board.port) as url:
        browser.driver.get(url)
        browser.state("live")
        field = browser.until(lambda: browser.driver.find_elements("id", "setting-brightness"))[0]
        browser.until(field.is_enabled)
        field.clear()
        browser.find("apply").click()
        assert not browser.run("return document.getElementById('settings').checkValidity()"), "nothing is 0"
        field.send_keys("2")
        browser.find("setting-flash_led").click()
        browser.find("apply").click()
        browser.until(
            lambda: browser.run("return document.getElementById('setting-brightness').value") == "2"
        )
        browser.until(lambda: "Applied, until the board starts anew" in browser.text("applied"))
        assert "Not taken by this camera: Brightness" in browser.text("applied")
        assert browser.find("applied").get_attribute("role") == "status"
        first = browser.picture_number()
        browser.until(lambda: browser.picture_number() > first + 1)
        browser.find("release").click()
        browser.state("released")
        with Session(board.port) as session:
            settings = session.ask(SettingsRequest(), Settings)
        assert (settings.brightness, settings.flash_led) == (2, 1)
        browser.find("release").click()
        browser.state("live")


def test_unplugged_and_plugged_in_again_without_a_reload(
    browser: Browser,
    toy: Path,  # noqa: F811
    pictures: Path,  # noqa: F811
) -> None:
    assert run("flash", toy).exit_code == 0
    sim, files = load_board("sim"), sorted(pictures.iterdir())
    with run_board(sim, flash_file(sim), pictures=files, tcp="127.0.0.1:0") as running:
        port = running.port
    with viewing("--port", port) as url:
        browser.driver.get(url)
        browser.run("window.same = true")
        browser.state("fault")
        assert port in browser.text("state")
        assert browser.find("remedy").is_displayed()
        with run_board(sim, flash_file(sim), pictures=files, tcp=port.removeprefix("socket://")):
            browser.state("live")
            assert not browser.find("remedy").is_displayed()
            browser.until(lambda: browser.find("snapshot").is_enabled())
            assert not browser.find("old").is_displayed()
        browser.state("fault")
        assert browser.run("return window.same")
        assert browser.text("old") == "old picture"
        assert not browser.find("snapshot").is_enabled()
        assert browser.text("counts").split("\n")[:2] == ["frames a second", "-"]
    browser.state("gone")
    with viewing("--port", port, "--listen", host_of(url)):
        browser.state("fault")
        assert browser.run("return window.same")


def test_the_token_leaves_the_address(browser: Browser) -> None:
    with viewing("--listen", "0.0.0.0:0") as url:
        url = url.replace(host_of(url).rpartition(":")[0], "127.0.0.1")
        browser.driver.get(url.partition("#")[0])
        browser.until(lambda: "token is missing" in browser.text("state"))
        browser.driver.get(url)
        browser.state("fault")
        assert "no firmware" in browser.text("state")
        assert browser.driver.current_url == url.partition("#")[0]
        browser.driver.refresh()
        browser.state("fault")


def test_text_of_a_board_is_text(browser: Browser, tmp_path: Path) -> None:
    file, text = tmp_path / "text.rec", "<img src=x onerror=alert(1)> & <b>bold</b>"
    with Recorder(file, HELLO, MODEL, SETTINGS) as recorder:
        recorder.log(text)
        recorder.log("Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.")
        recorder.frame(inference(0))
    with viewing("--replay", file) as url:
        browser.driver.get(url)
        browser.state("replay")
        lines = browser.until(lambda: browser.driver.find_elements("css selector", "#log > li"))
        assert lines[0].text == text
        assert browser.run("return document.querySelectorAll('img, b').length") == 0
        assert browser.until(lambda: browser.driver.find_elements("css selector", "#log .finding"))[0].text
        assert "for validation" in browser.text("facts")
        for live in ("record", "release", "apply", "refresh", "live-keys"):
            assert not browser.find(live).is_displayed()
        assert "when this was recorded" in browser.text("settings-note")
        browser.until(browser.picture_number)
        assert not browser.find("old").is_displayed()


def test_a_stage_without_a_network_has_no_time(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "staged.rec"
    with Recorder(file, replace(STAGED, stage_models="a\n\n"), None, None) as recorder:
        recorder.frame(staged_inference(0))
    with viewing("--replay", file) as url:
        browser.driver.get(url)
        browser.until(browser.picture_number)
        rows = browser.find("times").find_elements("css selector", "tbody tr")
        find, mark = [[cell.text for cell in row.find_elements("css selector", "th, td")] for row in rows]
        assert (find[0], find[2]) == ("find", "1")
        assert mark == ["mark", "no network", "-"]


def test_a_threshold_out_of_range_is_told(browser: Browser, board: RunningBoard) -> None:  # noqa: F811
    with viewing("--port", board.port) as url:
        browser.driver.get(url)
        browser.state("live")
        field = browser.until(lambda: browser.driver.find_elements("id", "setting-threshold"))[0]
        browser.until(field.is_enabled)
        meaning = browser.find("setting-threshold-meaning")
        assert meaning.text.startswith("-128 to 127. ")
        colour = meaning.value_of_css_property("color")
        field.clear()
        field.send_keys("300")
        browser.until(lambda: meaning.value_of_css_property("color") != colour)
        browser.find("apply").click()
        assert not browser.run("return document.getElementById('settings').checkValidity()")


def test_names_of_a_board_are_text_wherever_they_stand(browser: Browser, tmp_path: Path) -> None:
    """Of the board, its program, sensor, stages and classes: a board may tell whatever it likes."""
    file, text = tmp_path / "names.rec", "<img src=x onerror=alert(1)><b>{}</b>"
    names = {name: text.format(name) for name in ("board", "model", "sensor")}
    stage = {"stage_names": text.format("stage") + "\n", "stage_models": text.format("network") + "\n"}
    facts = (Kind.CLASSES, *HELLO.stage_facts[1:])
    hello = replace(HELLO, **names, **stage, stage_facts=facts)  # type: ignore[arg-type]
    model = replace(MODEL, labels=text.format("class") + "\n\n")
    whole = inference(0)
    result = replace(whole.result, kind=Kind.CLASSES, item_values=2, items=(0, 90))
    with Recorder(file, hello, model, SETTINGS) as recorder:
        recorder.frame(replace(whole, result=result))
    with viewing("--replay", file) as url:
        browser.driver.get(url)
        browser.state("replay")
        browser.until(browser.picture_number)
        facts_told = browser.text("facts")
        for name in (*names.values(), text.format("stage"), text.format("network")):
            assert name in facts_told
        browser.until(lambda: text.format("class")[:20] in browser.text("summary"))
        assert browser.run("return document.querySelectorAll('img, b').length") == 0


def test_everything_has_a_name_and_fits_a_small_screen(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "one.rec"
    with Recorder(file, HELLO, MODEL, SETTINGS) as recorder:
        recorder.frame(inference(0))
    with viewing("--replay", file) as url:
        grounds = set()
        for scheme in ("light", "dark"):
            browser.driver.execute_cdp_cmd(
                "Emulation.setEmulatedMedia",
                {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
            )
            browser.driver.get(url)
            browser.until(browser.picture_number)
            grounds.add(browser.run("return getComputedStyle(document.body).backgroundColor"))
        assert len(grounds) == 2
        shown = browser.driver.find_elements("css selector", "button, input, select, canvas, section")
        assert len([element for element in shown if element.is_displayed()]) > 15
        assert [
            e.get_attribute("outerHTML") for e in shown if e.is_displayed() and not e.accessible_name
        ] == []
        size = {"width": 360, "height": 640, "deviceScaleFactor": 1, "mobile": True}
        browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        try:
            assert browser.run("return document.documentElement.scrollWidth") <= 360
        finally:
            browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
