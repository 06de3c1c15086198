"""Debian's Chromium, driven by Selenium: a page as a person has it before them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

T = TypeVar("T")
WITHIN_S = 30.0
ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1200,1000")


class Browser:
    """One window.

    Args:
        folder: where downloads go.
        within_s: what is waited for comes so soon.
    """

    def __init__(self, folder: Path, within_s: float = WITHIN_S) -> None:
        self._within_s = within_s
        webdriver = pytest.importorskip("selenium.webdriver", reason="selenium: pip install -e '.[dev]'")
        chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
        if chromium is None or driver is None:
            pytest.skip(
                "chromium and chromedriver are not installed: apt-get install chromium chromium-driver"
            )
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        for argument in ARGUMENTS:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.add_experimental_option("prefs", {"download.default_directory": str(folder)})
        service = webdriver.chrome.service.Service(driver)
        self.driver = webdriver.Chrome(options=options, service=service)

    def close(self) -> None:
        self.driver.quit()

    def find(self, identity: str) -> Any:
        return self.driver.find_element("id", identity)

    def text(self, identity: str) -> str:
        said: str = self.find(identity).text
        return said

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def press(self, keys: str) -> None:
        """On the page itself."""
        self.driver.find_element("tag name", "body").send_keys(keys)

    def until(self, asked: Callable[[], T], what: str = "") -> T:
        """What `asked` gives, as soon as that counts as true."""
        end = time.monotonic() + self._within_s
        while True:
            found = asked()
            if found:
                return found
            assert time.monotonic() < end, what or f"still {found!r}: {self.text('state')}"
            time.sleep(0.05)

    def state(self, state: str) -> None:
        """Waits for a state of the page."""
        self.until(lambda: self.find("state").get_attribute("data-state") == state, f"never {state}")

    def picture_number(self) -> int:
        """Of the frame that is shown, 0 before there is one."""
        return int(self.find("picture").get_attribute("data-number") or 0)

    def pixels(self, red: int, green: int, blue: int) -> int:
        """How many pixels of the picture have about this colour."""
        script = """
            const canvas = document.getElementById("picture"), wanted = [...arguments];
            const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            let found = 0;
            for (let i = 0; i < data.length; i += 4)
              if (wanted.every((value, channel) => Math.abs(data[i + channel] - value) < 24)) found++;
            return found;"""
        return int(self.run(script, red, green, blue))

    def complaints(self) -> list[str]:
        """What the console says, but for connections that could not be made and advice on `pixels`."""
        lines = [entry["message"] for entry in self.driver.get_log("browser")]
        known = ("WebSocket connection to", "willReadFrequently")
        return [line for line in lines if not any(word in line for word in known)]
