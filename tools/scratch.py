"""Django without a shop: its settings are made from a workspace, and what only looks at the code gets an empty one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

from samovar.engine.workspace import Workspace

SETTINGS = "samovar.doors.office.settings"


@contextmanager
def scratch_environment() -> Iterator[dict[str, str]]:
    """The environment of a process that needs some workspace, on SQLite; the workspace is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="samovar-scratch-") as home:
        data = Path(home) / "workspace"
        Workspace.create(data, currency="RUB", timezone="Europe/Moscow", at_us=0)
        environment = {**os.environ, "SAMOVAR_DATA": str(data), "DJANGO_SETTINGS_MODULE": SETTINGS}
        environment.pop("SAMOVAR_DATABASE_URL", None)
        yield environment


@contextmanager
def scratch_django() -> Iterator[None]:
    """Set Django up in this process on an empty workspace."""
    with scratch_environment() as environment:
        os.environ.pop("SAMOVAR_DATABASE_URL", None)
        os.environ.update(environment)
        django.setup()
        yield
