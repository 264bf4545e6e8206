"""The office's own lines of the menu, and all lines of all rooms in order."""

from __future__ import annotations

import functools

from django.utils.translation import gettext_lazy as _

from samovar.doors.rooms import modules
from samovar.webkit.menu import Item

OWN = (
    Item(_("Home"), "home", 0, "home:read"),
    Item(_("Settings"), "settings", 610, "settings:read"),
    Item(_("Members"), "members", 640, "staff:read"),
    Item(_("Audit trail"), "audit", 650, "audit:read"),
)


@functools.cache
def items() -> tuple[Item, ...]:
    """All menu items of the rooms that exist, in order."""
    found = [*OWN, *(item for module in modules("screens") for item in getattr(module, "MENU", ()))]
    return tuple(sorted(found, key=lambda item: item.order))
