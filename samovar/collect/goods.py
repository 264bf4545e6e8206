"""Goods as events and order lines name them: the latest name, category, brand and price told of each. Pure.

A telling is `(sku, name, category, brand, price_minor, time_us, event_key)`; None says nothing. `Shelf` keeps what is known
of every good, as the warehouse's table of goods holds it, and says which rows a batch of tellings changes. Nine of ten
tellings repeat what is known and move its time only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from samovar.kit.numbers import minor_of_scaled

Telling = tuple[str, str | None, str | None, str | None, int | None, int, int]
NAMED_BY_EVENT = frozenset({"Product Viewed", "Product Added", "Product Clicked", "Product Imported"})


def telling(bag: Mapping[str, Any], currency: str, time_us: int, key: int) -> Telling | None:
    """What the normalised properties of a product event say of a good; None when they name none."""
    sku = bag.get("sku") or bag.get("product_id")
    if type(sku) is not str:
        return None
    name, category, brand, price = bag.get("name"), bag.get("category"), bag.get("brand"), bag.get("price")
    return (
        sku,
        name if type(name) is str else None,
        category if type(category) is str else None,
        brand if type(brand) is str else None,
        minor_of_scaled(price, currency) if type(price) is int else None,
        time_us,
        key,
    )


class Shelf:
    """What is known of every good, by sku."""

    def __init__(self, rows: Iterable[Telling]) -> None:
        self._known: dict[str, Telling] = {row[0]: row for row in rows}

    def put(self, told: Iterable[Telling]) -> tuple[list[Telling], list[Telling]]:
        """Take tellings in; the rows of goods that are new and of those that changed.

        A telling older than what is known of its good changes nothing; of a newer one, what it leaves unsaid stays.
        """
        known, new, changed = self._known, set[str](), dict[str, Telling]()
        for row in told:
            sku = row[0]
            old = known.get(sku)
            if old is None:
                new.add(sku)
            elif (row[5], row[6]) <= (old[5], old[6]):
                continue
            elif row[1:5] != old[1:5]:
                merged = tuple(now if now is not None else before for now, before in zip(row[1:5], old[1:5], strict=True))
                row = (sku, *merged, row[5], row[6])  # type: ignore[assignment]
            known[sku] = changed[sku] = row
        return [changed.pop(sku) for sku in new], list(changed.values())
