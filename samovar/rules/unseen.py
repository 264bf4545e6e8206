"""Warnings of a rule: words it may use that no data bears out yet. Such a rule is good; it only means nobody, or everybody.

A name that is not known at all is an error of `check`; a learned name has data by its nature.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from samovar.rules import tree
from samovar.rules.catalogue import Attribute, Catalogue, Collection
from samovar.rules.errors import _
from samovar.rules.tree import Place, Rule

WARNINGS: dict[str, str] = {
    "attribute_without_data": _("Nobody has “%(name)s” yet: nothing that came in says it."),
    "nothing_happened": _("Nothing called “%(name)s” has happened yet."),
}


class Seen(Protocol):
    """What there is data of."""

    def has_attribute(self, attribute: Attribute) -> bool:
        """Whether anybody has a value of it, or ever had."""

    def has_rows(self, collection: Collection) -> bool:
        """Whether any of it happened."""


@dataclass(frozen=True)
class Warning:
    """`code` names the sentence in `WARNINGS`, `name` fills it; line and column from 1."""

    code: str
    name: str
    line: int
    column: int


def warnings(rule: Rule, catalogue: Catalogue, seen: Seen) -> list[Warning]:
    """One warning for each declared name of a checked rule that has no data, at its first place."""
    found: dict[tuple[str, str], Warning] = {}
    for code, name, place in _unseen(rule, catalogue, seen):
        found.setdefault((code, name), Warning(code, name, *(place or (1, 1))))
    return list(found.values())


def _unseen(rule: Rule, catalogue: Catalogue, seen: Seen) -> Iterator[tuple[str, str, Place | None]]:
    for node in tree.walk(rule.condition):
        if isinstance(node, tree.AttributeName):
            attribute = catalogue.attribute(node.parts)
            if not seen.has_attribute(attribute):
                yield "attribute_without_data", attribute.name, node.place
        elif isinstance(node, tree.Selection):
            collection = catalogue.collection(node)
            if not seen.has_rows(collection):
                yield "nothing_happened", node.event or node.record or collection.name, node.place
