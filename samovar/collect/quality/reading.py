"""What a rule reads of what comes: from its tree to events and their fields. Pure.

A trait is read of the event `identify`; orders and their lines of `Order Completed`, visits of `page`. What a rule reads through
another segment is told by whoever knows the segments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from samovar.rules import tree
from samovar.rules.catalogue import CHANNEL_IDENTIFIERS, builtin_catalogue

ORDERS, RETURNS, PAGES, TRAITS, CONSENTS, RECORDS = (
    "Order Completed", "Order Refunded", "page", "identify", "Consent Changed", "Record Updated",
)  # fmt: skip
AMOUNTS = ("revenue", "total", "value")  # the properties that say what an order comes to
_TABLES = {"orders": ORDERS, "lines": ORDERS, "returns": RETURNS, "visits": PAGES}
_NO_DATA = ("basket", "now", "coupon")


@dataclass(frozen=True, order=True)
class Read:
    """An event, and one of its fields; an empty field is the event itself."""

    event: str
    field: str = ""


def reads(condition: tree.Condition) -> frozenset[Read]:
    """All that a condition reads, without what the segments read that it names."""
    return frozenset(_of_node(condition, None))


def reads_selection(selection: tree.Selection) -> frozenset[Read]:
    """All that some of a collection is read from: its event, and the fields its `where` names."""
    return frozenset(_of_node(selection, None))


def event_of(selection: tree.Selection) -> str:
    """The event that a selection's rows come by; empty for the lines of a basket."""
    if selection.event is not None:
        return selection.event
    if selection.record is not None:
        return RECORDS
    collection = builtin_catalogue().collections.get(selection.collection)
    if collection is None:
        return ""
    return _TABLES.get(collection.table, collection.event or "")


def _of_node(node: tree.Node, within: tree.Selection | None) -> Iterator[Read]:
    match node:
        case tree.Selection():
            if event := event_of(node):
                yield Read(event)
            within = node
        case tree.Aggregate(field=parts, of=of) if parts is not None:
            yield from _of_field(of, parts)
        case tree.FieldName(parts=parts) if within is not None:
            yield from _of_field(within, parts)
        case tree.AttributeName(parts=parts):
            yield from _of_attribute(parts)
    for child in tree.children(node):
        yield from _of_node(child, within)


def _of_field(selection: tree.Selection, parts: tuple[str, ...]) -> Iterator[Read]:
    event, name = event_of(selection), ".".join(parts)
    if not event:
        return
    match selection.collection, name:
        case "orders" | "returns", "amount":
            yield from (Read(event, one) for one in AMOUNTS)
        case "lines", "amount":
            yield from (Read(event, "lines.price"), Read(event, "lines.quantity"))
        case "lines", _:
            yield Read(event, f"lines.{name}")
        case _:
            yield Read(event, name)


def _of_attribute(parts: tuple[str, ...]) -> Iterator[Read]:
    parts = parts[1:] if parts[0] == "person" and len(parts) > 1 else parts
    if parts[0] in _NO_DATA:
        return
    if parts[0] == "consent":
        yield Read(CONSENTS)
    elif parts[0] == "reachable":
        yield from (
            Read(CONSENTS),
            *(Read(TRAITS, CHANNEL_IDENTIFIERS[one]) for one in builtin_catalogue().attribute(parts).keys),
        )
    elif parts[0] == "contact":
        yield Read(TRAITS, parts[1])
    elif parts == ("lifecycle",):
        yield from (Read(ORDERS), Read(PAGES))
    else:
        yield from (Read(TRAITS), Read(TRAITS, ".".join(parts[1:] if parts[0] == "trait" else parts)))
