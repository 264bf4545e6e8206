"""What the tests of whole systems share: one running demo and one Chromium for all that look at pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from playwright.sync_api import Browser

from tests.browser import Office, chromium, demo_office


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A system that is up on a small demo."""
    with demo_office(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture(scope="module")
def browser(office: Office) -> Iterator[Browser]:
    """A headless Chromium, closed with the module: its event loop would stand in the way of every test after it."""
    with chromium() as started:
        yield started


@pytest.fixture
def empty_database(postgres_url: str) -> Callable[[str], str]:
    """Makes a database of a name, empty, beside the suite's own; its URL."""

    def make(name: str) -> str:
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            admin.execute(f"CREATE DATABASE {name}")
        return postgres_url.replace("/samovar?", f"/{name}?")

    return make
