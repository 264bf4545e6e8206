"""Every test run works on a workspace of its own, made here before Django reads its settings.

With CI=true a skipped test fails the run: where everything is installed, nothing has a reason to skip.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.utils import translation
from hypothesis import settings

from samovar.engine.workspace import Workspace
from samovar.kit.clock import Zone, parse_moment
from tools.postgres import NoPostgres, cluster

_home = tempfile.TemporaryDirectory(prefix="samovar-test-")
_root = Path(_home.name) / "workspace"
Workspace.create(_root, currency="RUB", timezone="Europe/Moscow", at_us=parse_moment("2026-01-01T00:00", Zone("UTC")))
os.environ["SAMOVAR_DATA"] = str(_root)
os.environ["DJANGO_SETTINGS_MODULE"] = "samovar.doors.office.settings"
django.setup()

# No test depends on time, generated ones neither.
settings.register_profile("samovar", deadline=None)
settings.load_profile("samovar")

_SKIPS_FAIL = os.environ.get("CI") == "true"


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Sentences are compared in English, whether or not the translations were compiled here."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of an empty database on a temporary PostgreSQL server, for tests that need that one whatever the store."""
    try:
        with cluster() as url:
            yield url
    except NoPostgres as error:
        pytest.skip(str(error))


def _reason(report: pytest.CollectReport | pytest.TestReport) -> str:
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if _SKIPS_FAIL and report.skipped:
        report.outcome, report.longrepr = "failed", f"A test may not skip here. {_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    report = yield
    if _SKIPS_FAIL and report.skipped:
        report.outcome, report.longrepr = "failed", f"A test may not skip here. {_reason(report)}"
    return report
