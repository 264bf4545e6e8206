"""Reads of the room from the operational store."""

from __future__ import annotations

from decimal import Decimal

from samovar.collect.orders import Rates
from samovar.engine import store


def source_kinds() -> dict[str, str]:
    """Name of each source -> "server" or "browser"."""
    return dict(store.fetch("SELECT name, kind FROM collect_source"))


def rates() -> Rates:
    """A function (currency, local day) -> rate to the workspace's currency: the latest rate of that day or before it."""
    table: dict[str, list[tuple[int, Decimal]]] = {}
    for currency, day, rate in store.fetch("SELECT currency, day, rate FROM collect_rate ORDER BY currency, day"):
        table.setdefault(currency, []).append((day, Decimal(rate)))

    def rate(currency: str, day: int) -> Decimal | None:
        return next((value for at, value in reversed(table.get(currency, [])) if at <= day), None)

    return rate
