"""The pages in a real browser: Chromium without a window, driven by Selenium.

Skipped where there is no Chromium with its driver (Debian: `apt-get install chromium
chromium-driver`) or no Selenium; `test_page.py` checks the same pages as text everywhere.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.report.test_page import TEXT

from parloop.report.explain import explain
from parloop.report.html import page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")

pytestmark = [
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER), reason="no Chromium: the page was not opened in a browser"
    ),
    # Selenium leaves the driver's pipes to the garbage collector
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(DRIVER)
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("page") / "page.html"
    found.write_text(page([explain(TEXT)]), encoding="utf-8")
    return found


def show(browser: Any, path: Path, width: int = 1280, scheme: str = "light") -> None:
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
    )
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    browser.get(path.as_uri())


def loops(browser: Any) -> list[Any]:
    found: list[Any] = browser.find_elements("css selector", "details.loop")
    return found


def test_the_page_opens_without_a_complaint_and_asks_for_nothing(browser: Any, path: Path) -> None:
    show(browser, path)
    for loop in loops(browser):
        loop.find_element("tag name", "summary").click()
    assert browser.get_log("browser") == []
    asked = "return performance.getEntriesByType('resource').map(e => e.name)"
    assert [name for name in browser.execute_script(asked) if not name.startswith("data:")] == []
    assert browser.execute_script("return document.scripts.length") == 0


def test_the_right_verdict_is_seen_on_the_right_line(browser: Any, path: Path) -> None:
    show(browser, path)
    seen = explain(TEXT).loops
    words = {"parallel": "parallel", "parallel-if": "parallel if", "unsupported": "interpreter"}
    found = loops(browser)
    assert len(found) == len(seen)
    for element, loop in zip(found, seen, strict=True):
        summary = element.find_element("tag name", "summary")
        number = summary.find_element("class name", "number").text
        assert number.endswith(str(loop.line))
        assert TEXT.splitlines()[loop.line - 1].strip() in summary.text
        pill = summary.find_element("class name", "pill").text
        assert words.get(loop.verdict, pill) in pill


def test_a_loop_opens_by_mouse_and_by_keyboard_and_shows_its_evidence(
    browser: Any, path: Path
) -> None:
    show(browser, path)
    first = loops(browser)[0]
    panel = first.find_element("class name", "panel")
    assert not panel.is_displayed()
    first.find_element("tag name", "summary").click()
    assert panel.is_displayed()
    assert "carries a value from one iteration to the next" in panel.text
    assert panel.find_element("css selector", "svg path.arrow").is_displayed()
    show(browser, path)
    keyboard = browser.switch_to
    body = browser.find_element("tag name", "body")
    body.send_keys("\ue004")  # the tab key leads to the first loop
    active = keyboard.active_element
    assert active.tag_name == "summary"
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert browser.execute_script(outline) == "solid"
    active.send_keys("\ue007")  # enter
    assert loops(browser)[0].get_attribute("open") is not None


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out_at_any_width(
    browser: Any, path: Path, width: int, scheme: str
) -> None:
    show(browser, path, width, scheme)
    for loop in loops(browser):
        loop.find_element("tag name", "summary").click()
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_text_can_be_read_in_light_and_in_dark(browser: Any, path: Path) -> None:
    for scheme in ("light", "dark"):
        show(browser, path, scheme=scheme)
        for loop in loops(browser)[:3]:
            loop.find_element("tag name", "summary").click()
        for name in (".code", ".pill > span", ".number", ".reason p", "figcaption", ".lead"):
            ink, paper = browser.execute_script(_COLOURS, name)
            assert contrast(ink, paper) >= (3.0 if name == ".number" else 4.5), (scheme, name)


_COLOURS = """
const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
const pixel = (...layers) => {
  canvas.clearRect(0, 0, 1, 1);
  for (const layer of layers) { canvas.fillStyle = layer; canvas.fillRect(0, 0, 1, 1); }
  return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
};
const element = document.querySelector("details[open] " + arguments[0])
  || document.querySelector(arguments[0]);
const layers = [];
for (let at = element; at; at = at.parentElement) {
  layers.unshift(getComputedStyle(at).backgroundColor);
}
return [pixel(...layers, getComputedStyle(element).color), pixel("white", ...layers)];
"""


def contrast(one: list[int], other: list[int]) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: list[int]) -> float:
    parts = [part / 255 for part in colour]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
