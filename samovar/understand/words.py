"""The workspace's catalogue of rule words, and rules read with it: checked against data by the worker, who has the data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from samovar import rules
from samovar.engine.warehouse.client import Asker, WarehouseBusy, current
from samovar.rules.tree import EnteredSegment, InSegment, walk


def open_catalogue() -> rules.Catalogue:
    """The built-in words; names of traits and events are taken on trust."""
    return rules.builtin_catalogue(settings.WORKSPACE.currency)


def told_catalogue(rule: rules.Rule) -> rules.Catalogue:
    """The words in which a rule is told to people: those of `open_catalogue`, and its segments by what they are called."""
    from samovar.understand.models import Segment  # words are also read where there is no operational store

    slugs = {part.segment for part in walk(rule.condition) if isinstance(part, InSegment | EnteredSegment)}
    called = dict(Segment.objects.filter(slug__in=slugs).values_list("slug", "name")) if slugs else {}
    return open_catalogue().with_segments_called(called)


@dataclass(frozen=True)
class Checked:
    """A good rule as the workspace's data sees it; `warnings` are of `rules.unseen.Warning`, as values."""

    rule: rules.Rule
    text: str
    warnings: list[dict[str, Any]]


def check(text: str, warehouse: Asker, *, is_of_basket: bool = False) -> Checked:
    """The rule of a text, `is_of_basket` or of people, with its warnings. Raises `Refusal` with the values of a `RuleError`."""
    query = "understand.basket_rule" if is_of_basket else "understand.rule"
    [answer] = warehouse.query(query, text=text).to_pylist()
    return Checked(rules.from_json(json.loads(answer["tree"])), answer["text"], json.loads(answer["warnings"]))


def learned(tree: dict[str, Any]) -> dict[str, str]:
    """{word: kind} of the words of a stored rule that data taught; none where no warehouse is open."""
    try:
        rows = current().query("understand.words_of", tree=tree).to_pylist()
    except WarehouseBusy:
        return {}
    return {row["word"]: row["kind"] for row in rows}


def read(text: str, warehouse: Asker) -> rules.Rule:
    """The rule of a text, its names compared with the workspace's data. Raises `Refusal` with the values of a `RuleError`."""
    return check(text, warehouse).rule
