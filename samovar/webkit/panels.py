"""Panels: how a room to the right puts something on a page of a room to the left, such as the customer card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from samovar.staff.permissions import may
from samovar.webkit.requests import OfficeRequest


@dataclass(frozen=True)
class Panel:
    """A piece of a page. `render(request, **subject)` returns safe HTML, or an empty text to show nothing.

    Pages and their slots: `card` has `summary` (words of its sentence), `actions`, `metrics`, `left` and `tabs`, each for a
    `person_id`; `campaign` has `what` and `report`, each for a `campaign`; `segment` has `uses`, for a `segment`. `title` and
    `name` are a tab's label and its place in the address.
    """

    page: str
    slot: str
    order: int
    render: Callable[..., SafeString | str]
    title: Any = ""
    permission: str = ""
    name: str = ""


_panels: list[Panel] = []


def register(panel: Panel) -> None:
    """Add a panel; a room calls it when its `screens` module is imported. Registering the same one again changes nothing."""
    if panel not in _panels:
        _panels.append(panel)


def of(page: str, slot: str) -> list[Panel]:
    """The panels of a slot, in order."""
    return sorted((panel for panel in _panels if (panel.page, panel.slot) == (page, slot)), key=lambda panel: panel.order)


def rendered(request: OfficeRequest, page: str, slot: str, **subject: Any) -> list[SafeString | str]:
    """The HTML of a slot's panels that this member may see and that have something to show."""
    allowed = [panel for panel in of(page, slot) if not panel.permission or may(request.user.role, panel.permission)]
    return [html for panel in allowed if (html := panel.render(request, **subject))]
