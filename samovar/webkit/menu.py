"""The left menu. Each room's `screens.MENU` lists its items; the menu follows the loop by their order."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class Item:
    """One line of the menu.

    `label` is lazily translated; `order` places it, and each hundred is a group: 0 home, 100 what we know, 200 what we say,
    300 why they return, 400 what it earned, 500 data, 600 set-up. Members whose role lacks `permission` do not see it.
    """

    label: str | Promise
    url_name: str
    order: int
    permission: str

    @property
    def group(self) -> int:
        return self.order // 100
