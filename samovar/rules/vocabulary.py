"""The part of a catalogue that a rule uses: names the shop made, each with what it is, so that the rule can be read elsewhere."""

from __future__ import annotations

from samovar.rules import tree
from samovar.rules.catalogue import Catalogue, Kind, Source
from samovar.rules.errors import RuleError
from samovar.rules.printer import name_text, quoted
from samovar.rules.tree import Node

EVENT, RECORD = "event", "record"  # what a collection is told as
KINDS = frozenset([*(kind.value for kind in Kind if kind is not Kind.ANY), EVENT, RECORD])


def named_words(condition: tree.Condition, catalogue: Catalogue) -> list[str]:
    """The words of a condition that no catalogue declares, in order: traits, events, records and their fields."""
    return sorted(_words(condition, catalogue))


def learned_words(condition: tree.Condition, catalogue: Catalogue) -> dict[str, str]:
    """{word: kind} of those that a catalogue learned: `trait.score` is "number", `event("Quiz Finished")` is "event",
    `record("policy").premium` is "money". What it does not know is left out."""
    return {word: kind for word, kind in sorted(_words(condition, catalogue).items()) if kind is not None}


def _words(condition: tree.Condition, catalogue: Catalogue) -> dict[str, str | None]:
    """Words by their text, with their kinds; None where the catalogue does not know one."""
    found: dict[str, str | None] = {}
    waiting: list[tuple[Node, tree.Selection | None]] = [(condition, None)]
    while waiting:
        node, of = waiting.pop()
        match node:
            case tree.AttributeName():
                found |= _trait(node, catalogue)
            case tree.FieldName(parts=parts) if of is not None:
                found |= _field(of, parts, catalogue)
            case tree.Aggregate(of=selection, field=parts) if parts is not None:
                found |= _field(selection, parts, catalogue)
            case tree.Selection():
                found |= _collection(node, catalogue)
        inside = node if isinstance(node, tree.Selection) else of
        waiting += [(child, inside) for child in tree.children(node)]
    return found


def _trait(name: tree.AttributeName, catalogue: Catalogue) -> dict[str, str | None]:
    parts = name.parts[1:] if name.parts[0] in ("person", "trait") and len(name.parts) > 1 else name.parts
    word = name_text(("trait", *parts))
    try:
        found = catalogue.attribute(name.parts)
    except RuleError:
        return {word: None}
    if found.source is not Source.TRAIT or found.name in catalogue.attributes:
        return {}
    return {word: _told(found.kind)}


def _collection(of: tree.Selection, catalogue: Catalogue) -> dict[str, str | None]:
    if of.event is None and of.record is None:
        return {}
    try:
        catalogue.collection(of)
    except RuleError:
        return {_named(of): None}
    return {_named(of): None if catalogue.learned is None else EVENT if of.event is not None else RECORD}


def _field(of: tree.Selection, parts: tuple[str, ...], catalogue: Catalogue) -> dict[str, str | None]:
    word = f"{_named(of)}.{name_text(parts)}"
    try:
        collection = catalogue.collection(of)
        field = catalogue.field(collection, parts)
    except RuleError:
        return {word: None}
    return {} if field.name in collection.fields else {word: _told(field.kind)}


def _named(of: tree.Selection) -> str:
    name = of.event if of.event is not None else of.record
    return of.collection if name is None else f"{of.collection}({quoted(name)})"


def _told(kind: Kind) -> str | None:
    return None if kind is Kind.ANY else kind.value
