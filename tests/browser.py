"""A real Chromium on a running system that holds a small demo: for tests that look at pages as people do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.system import System, samovar

CHROMIUM = "/usr/bin/chromium"
AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"
BUILT = Path(__file__).parents[1] / "samovar" / "webkit" / "static" / "built" / "office.js"
PEOPLE = 150
EXPECTED_MS_MAX = 20_000  # for a machine with other work; nothing is measured here
# One row that comes in and one that is refused.
PEOPLE_FILE = "Number,E-mail\n1,olga@example.ru\n2,nobody\n"
PEOPLE_MAPPING = "kind: people\nsource: till\ncolumns: {Number: external_id, E-mail: email}\n"
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@dataclass(frozen=True)
class Office:
    """A system that is up, and how its owner signs in."""

    system: System
    login: str
    password: str


def needed() -> None:
    """Skip, saying what to install, where the browser or the built islands are missing."""
    if shutil.which(CHROMIUM) is None:
        pytest.skip("Chromium is missing: apt-get install chromium")
    if not AXE.exists() or not BUILT.exists():
        pytest.skip("The islands are not built: make setup")


@contextmanager
def demo_office(folder: Path) -> Iterator[Office]:
    """`samovar up` on the demo of a small shop, with a draft, an import and a refused row besides."""
    needed()
    data = folder / "demo"
    samovar("demo", "--people", PEOPLE, "--no-serve", "--data", data)
    password = "a-samovar-of-brass"
    samovar("api", "POST", "members", f'{{"login": "alice", "password": "{password}", "role": "owner"}}', "--data", data)
    samovar("api", "POST", "campaigns", '{"name": "A draft", "segment": "may-write"}', "--data", data)
    (folder / "people.csv").write_text(PEOPLE_FILE)
    (folder / "people.yaml").write_text(PEOPLE_MAPPING)
    samovar("import", folder / "people.csv", "--mapping", folder / "people.yaml", "--data", data)
    system = System(data, "", folder / "up.log")
    system.start()
    try:
        yield Office(system, "alice", password)
    finally:
        system.stop()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser with nothing of its own to ask the network; what is expected of a page may take it `EXPECTED_MS_MAX`."""
    expect.set_options(timeout=EXPECTED_MS_MAX)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


def sign_in(page: Page, office: Office) -> None:
    """Come in by the front door."""
    page.goto(f"{office.system.url}/login")
    page.fill("#id_login", office.login)
    page.fill("#id_password", office.password)
    page.click("button.primary")
    page.wait_for_selector("header.top")
    page.wait_for_load_state("load")  # a key pressed before the scripts of a page have run is lost


def speak(page: Page, language: str) -> None:
    """Choose the language by the switch of the page."""
    switch = page.locator(f'header .languages button[value="{language}"]')
    if switch.get_attribute("aria-pressed") != "true":
        switch.click()
        page.wait_for_selector(f'html[lang="{language}"]')
        page.wait_for_load_state("load")
