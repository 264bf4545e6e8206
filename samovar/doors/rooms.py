"""The only list of rooms, in business order. A room is a Django application; its screens and endpoints are found by name.

`screens.py` of a room may hold `urlpatterns`, `MENU` (of `webkit.menu.Item`) and `FINDERS` (of `webkit.find.Finder`);
`endpoints.py` holds `router`, a django-ninja router.
"""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

ROOMS = ("engine", "staff", "webkit", "collect", "understand", "decide", "communicate", "measure")


def modules(name: str) -> list[ModuleType]:
    """The module of this name of each room that has one, in business order."""
    paths = [f"samovar.{room}.{name}" for room in ROOMS]
    return [importlib.import_module(path) for path in paths if importlib.util.find_spec(path) is not None]
