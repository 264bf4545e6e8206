"""Every test run works on a workspace of its own, made here before Django reads its settings."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from samovar.engine.workspace import Workspace
from samovar.kit.clock import Zone, parse_moment

_home = tempfile.TemporaryDirectory(prefix="samovar-test-")
_root = Path(_home.name) / "workspace"
Workspace.create(_root, currency="RUB", timezone="Europe/Moscow", at_us=parse_moment("2026-01-01T00:00", Zone("UTC")))
os.environ["SAMOVAR_DATA"] = str(_root)
