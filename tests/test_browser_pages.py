"""Every page in a real Chromium: axe finds nothing, nothing overflows or fails, all of it is reached by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from tests.browser import AXE, Office, sign_in, speak

# What a page of a detail is reached from: the address of a list, and the link to the first thing on it.
LISTS = {
    "card": ("/customers/?sort=-revenue", "table.rows tbody a"),
    "segment": ("/segments/", "table.rows tbody a"),
    "campaign": ("/campaigns/", "table.rows tbody a"),
}
PAGES = [
    "/", "/customers/", "card", "card?tab=orders", "card?tab=messages", "card?tab=segments", "card?tab=history", "/segments/",
    "segment", "/segments/new/", "/goods/", "/campaigns/", "/campaigns/new/", "campaign", "/mailbox/", "/reports/", "/imports/",
    "/quarantine/", "/sources/", "/settings/", "/members/", "/audit/", "/nowhere",
]  # fmt: skip
VIEWS = [(1440, "ru", "light"), (390, "en", "dark")]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}


class Watched:
    """A page that remembers what went wrong on it."""

    def __init__(self, page: Page, office: Office) -> None:
        self.page, self.office, self.faults = page, office, list[str]()
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        expected = "Failed to load resource" in message.text  # the page under /nowhere itself
        if message.type in ("error", "warning") and not expected:
            self.faults.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.office.system.url, "data:", "blob:")):
            self.faults.append(f"asked another host: {request.url}")

    def open(self, path: str) -> None:
        """Go to an address, or to the first thing of a list."""
        name, question, query = path.partition("?")
        if name in LISTS:
            address, link = LISTS[name]
            self.page.goto(self.office.system.url + address)
            self.page.locator(link).first.click()
            self.page.wait_for_load_state("networkidle")
            path = self.page.url.removeprefix(self.office.system.url)
        if name not in LISTS or question:
            self.page.goto(self.office.system.url + path.partition("?")[0] + question + query)
            self.page.wait_for_load_state("networkidle")


@pytest.fixture(scope="module", params=VIEWS, ids=lambda view: "-".join(map(str, view)))
def watched(request: pytest.FixtureRequest, browser: Browser, office: Office) -> Iterator[Watched]:
    width, language, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    sign_in(page, office)
    speak(page, language)
    yield Watched(page, office)
    context.close()


def findings(page: Page) -> list[str]:
    """What axe has against a page: rule, and the first elements concerned."""
    page.evaluate(AXE.read_text())
    found: dict[str, Any] = page.evaluate("rules => axe.run(document, rules)", RULES)
    return [f"{one['id']}: {[node['html'][:160] for node in one['nodes'][:3]]}" for one in found["violations"]]


@pytest.mark.parametrize("path", PAGES)
def test_it_is_readable_by_everybody_and_nothing_fails(watched: Watched, path: str) -> None:
    watched.faults.clear()
    watched.open(path)
    page = watched.page
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), "it overflows"
    assert page.locator("h1").count() == 1
    assert page.locator(".btn.primary").count() <= (3 if path == "/members/" else 1)
    assert watched.faults == []


def test_the_keyboard_reaches_the_content_the_menu_and_the_finder(browser: Browser, office: Office) -> None:
    page = browser.new_context().new_page()
    sign_in(page, office)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Control+k")
    page.keyboard.type("buyer1")
    page.wait_for_selector("#found a")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/*/")
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    assert not page.evaluate("document.querySelector('#finder').open")
    page.context.close()


def test_each_control_of_a_page_takes_the_focus_and_shows_it(browser: Browser, office: Office) -> None:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    sign_in(page, office)
    page.goto(f"{office.system.url}/customers/")
    wanted = page.evaluate(
        "[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary')]"
        ".filter(e => e.checkVisibility() && !e.disabled).length"
    )
    seen = 0
    page.evaluate("document.activeElement.blur()")
    for _press in range(wanted + 5):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        shown = page.evaluate(
            "getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).boxShadow"
        )
        assert shown != "nonenone", page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        seen += 1
    assert seen >= wanted
    page.context.close()
