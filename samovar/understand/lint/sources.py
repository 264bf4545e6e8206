"""What leaves read: collections, by the rows they are of, and marks of the person. Leaves that read nothing in common are
independent of each other, so that the histories of each group can be looked for apart.

Lines are read with the orders they are lines of, consents and reach with the contact they are about, the lifecycle with what
its stages read; linked records are a source for each type. An order registers its buyer, so registration is read with orders
wherever both are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from samovar.rules import tree
from samovar.rules.catalogue import CHANNEL_IDENTIFIERS, Attribute, Catalogue, Source
from samovar.rules.lifecycle import stage_rules
from samovar.rules.parser import parse_text
from samovar.rules.tree import Condition, Node

REGISTERED = "registered"
REGISTERING = (REGISTERED, "orders")
RECORD = "record "  # before the type
STOPPED = "stopped"  # before a channel: the mark of an address that is suppressed there
_OF_ORDERS = ("orders", "lines")
_OF_TIMES = ("days", "gap", "streak", "last_streak", "first", "last")


def rows_source(selection: tree.Selection, catalogue: Catalogue) -> str:
    """The source of a selection's rows."""
    collection = catalogue.collection(selection)
    if collection.event is not None:
        return f"event {collection.event}"
    if collection.record is not None:
        return f"{RECORD}{collection.record}"
    return "orders" if collection.table in _OF_ORDERS else collection.table


def mark_source(attribute: Attribute) -> str:
    """The source of an attribute that is no lifecycle stage."""
    match attribute.source:
        case Source.REGISTERED:
            return REGISTERED
        case Source.CONSENT:
            return f"contact {CHANNEL_IDENTIFIERS[attribute.keys[0]]}"
        case Source.CONTACT:
            return f"contact {attribute.keys[0]}"
    return f"trait {attribute.name}"


def reach_consents(attribute: Attribute, catalogue: Catalogue) -> list[Attribute]:
    """The consents that an attribute of reach rests on."""
    return [catalogue.attribute(("consent", channel, "marketing")) for channel in attribute.keys]


def sources_of(leaf: Condition, catalogue: Catalogue) -> list[str]:
    """Everything a leaf reads."""
    return list(dict.fromkeys(_read(leaf, catalogue)))


def _read(node: Node, catalogue: Catalogue) -> Iterator[str]:
    for part in tree.walk(node):
        if isinstance(part, tree.Selection):
            yield rows_source(part, catalogue)
        elif isinstance(part, tree.AttributeName):
            attribute = catalogue.attribute(part.parts)
            if attribute.source is Source.LIFECYCLE:
                for condition in lifecycle_conditions():
                    yield from _read(condition, catalogue)
            elif attribute.source is Source.REACHABLE:
                yield from map(mark_source, reach_consents(attribute, catalogue))
            else:
                yield mark_source(attribute)


def timeless(leaves: Sequence[Condition], catalogue: Catalogue) -> frozenset[str]:
    """The sources of records that no leaf asks when: their own time is nobody's concern."""
    asked: dict[str, bool] = {}
    for leaf in leaves:
        for source, is_timed in _timed(leaf, catalogue):
            asked[source] = asked.get(source, False) or is_timed
    return frozenset(source for source, is_timed in asked.items() if source.startswith(RECORD) and not is_timed)


def _timed(leaf: Condition, catalogue: Catalogue) -> Iterator[tuple[str, bool]]:
    for part in tree.walk(leaf):
        match part:
            case tree.Selection(window=window):
                yield rows_source(part, catalogue), window is not None
            case tree.Aggregate(of=of, function=function):
                yield rows_source(of, catalogue), function in _OF_TIMES
            case tree.AgeOfEvent(of=of) | tree.Step(of=of):
                yield rows_source(of, catalogue), True


@cache
def lifecycle_conditions() -> tuple[Condition, ...]:
    """What the lifecycle reads, as conditions."""
    return tuple(parse_text(text) for text in stage_rules().values())


def groups(leaves: Sequence[Condition], catalogue: Catalogue) -> list[tuple[tuple[int, ...], tuple[str, ...]]]:
    """(leaves by number, sources) of each group: two leaves are in one when they, or others between them, read the same."""
    found: list[tuple[list[int], list[str]]] = []
    of_leaves = [sources_of(leaf, catalogue) for leaf in leaves]
    read = {source for own in of_leaves for source in own}
    for number, own in enumerate(of_leaves):
        if REGISTERED in own and "orders" in read:
            own = list(dict.fromkeys([*own, "orders"]))
        met = [group for group in found if set(group[1]) & set(own)]
        found = [group for group in found if group not in met]
        numbers = sorted([number, *(n for group in met for n in group[0])])
        found.append((numbers, list(dict.fromkeys([s for group in met for s in group[1]] + own))))
    return [(tuple(numbers), tuple(sources)) for numbers, sources in sorted(found)]
