"""Every page in a real Chromium: axe finds nothing, nothing overflows or fails, all of it is reached by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from tests.browser import AXE, Office, sign_in, speak

# What a page of a detail is reached from: the list, whose first thing is taken.
LISTS = {
    "card": "/customers/?sort=-revenue", "segment": "/segments/", "draft": "/campaigns/?status=draft",
    "campaign": "/campaigns/?status=done", "mail": "/mailbox/", "import": "/imports/", "refused": "/quarantine/",
}  # fmt: skip
PAGES = [
    "/", "/customers/", "/customers/?q=nobody-at-all", "/customers/duplicates/", "card", "card ?tab=orders",
    "card ?tab=messages", "card ?tab=segments", "card ?tab=history", "card erase", "/segments/", "segment",
    "segment ?tab=moves", "segment edit/", "/segments/new/", "/segments/library/", "/segments/overlap/",
    "/segments/overlap/?s=mozhno-pisat&s=postoyannye&s=bolshie-cheki", "/goods/", "/campaigns/", "/campaigns/new/", "draft",
    "draft letters/A/", "campaign", "/mailbox/", "mail", "/reports/", "/reports/campaigns/win-back/people/", "/reports/rfm/",
    "/reports/cohorts/", "/reports/funnel/", "/reports/drivers/", "/reports/paths/", "/reports/reach/", "/reports/loyalty/",
    "/reports/rfm/people/?cell=%7B%22r%22%3A%225%22%7D", "/reports/own/", "/reports/own/new/", "/reports/own/boards/new/",
    "/reports/live/", "/reports/alerts/", "/quality/", "/quality/alarms/", "/quality/ready/", "/quality/entry/", "/imports/",
    "import", "/quarantine/", "refused", "/sources/", "/settings/", "/settings/mail/", "/members/", "/audit/", "/nowhere",
]  # fmt: skip
WIDTHS = (1440, 390)
# A letter's frame is sandboxed and its words are the writer's; elements are described for what is found only, for speed.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    "iframes": False, "preload": False, "resultTypes": ["violations"],
}  # fmt: skip
# The other theme is the same page in other colours.
COLOUR_RULES = {**RULES, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
SCHEMES = {"light": RULES, "dark": COLOUR_RULES}


class Watched:
    """A page that remembers what went wrong on it."""

    def __init__(self, page: Page, office: Office) -> None:
        self.page, self.office, self.faults, self._firsts = page, office, list[str](), dict[str, str]()
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
        """Go to an address, or to a page below the first thing of a list."""
        name, _space, below = path.partition(" ")
        self.page.goto(self.office.system.url + (self.first_of(name) + below if name in LISTS else path))
        self.page.wait_for_load_state("networkidle")

    def first_of(self, name: str) -> str:
        """The address of the first thing of a list; found once."""
        if name not in self._firsts:
            self.page.goto(self.office.system.url + LISTS[name])
            self._firsts[name] = self.page.locator("table.rows tbody a").first.get_attribute("href") or ""
        return self._firsts[name]


@pytest.fixture(scope="module", params=["ru", "en"])
def watched(request: pytest.FixtureRequest, browser: Browser, office: Office) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": WIDTHS[0], "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    sign_in(page, office)
    speak(page, request.param)
    yield Watched(page, office)
    context.close()


def findings(page: Page, rules: dict[str, Any]) -> list[str]:
    """What axe has against a page as it is shown now: rule, and the first elements concerned."""
    found: dict[str, Any] = page.evaluate("rules => axe.run(document, rules)", rules)
    return [f"{one['id']}: {[node['html'][:160] for node in one['nodes'][:3]]}" for one in found["violations"]]


@pytest.mark.parametrize("path", PAGES)
def test_it_is_readable_by_everybody_and_nothing_fails(watched: Watched, path: str) -> None:
    """One visit in each language, looked at in both widths and both themes: nothing is loaded anew between them."""
    watched.faults.clear()
    watched.open(path)
    page = watched.page
    page.evaluate(AXE.read_text())
    for width, (scheme, rules) in product(WIDTHS, SCHEMES.items()):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert findings(page, rules) == [], (width, scheme)
        fits = page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert fits, f"it overflows at {width} px"
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


def test_rows_are_chosen_previewed_and_changed_by_keyboard_alone(browser: Browser, office: Office) -> None:
    page = browser.new_context(viewport={"width": 390, "height": 900}, reduced_motion="reduce").new_page()
    sign_in(page, office)
    speak(page, "en")
    for action, state, done in (("archive", "", "is archived."), ("restore", "?state=archived", "is in use again.")):
        page.goto(f"{office.system.url}/segments/{state}")
        page.focus("input[name=row] >> nth=0")
        page.keyboard.press("Space")
        page.focus(f"#bulk button[value={action}]")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=1 of 1 chosen row would change.")
        page.evaluate(AXE.read_text())
        assert findings(page, RULES) == []
        page.focus(f"main form button[value={action}]")
        page.keyboard.press("Enter")
        assert done in page.inner_text(".notice.success")
    page.goto(f"{office.system.url}/customers/")
    page.focus("[data-choose-all]")
    page.keyboard.press("Space")
    assert page.locator("input[name=row]:checked").count() == page.locator("input[name=row]").count() > 1
    page.context.close()
