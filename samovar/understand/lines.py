"""A rule as the builder shows it: the stored form in which every test carries its own text, `line`.

A test that the builder has no controls for stays as that line, edited in place. Only grammar is known here: whether the names
exist is the warehouse's question.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, get_args

import msgspec

from samovar import rules
from samovar.rules import tree
from samovar.rules.parser import parse_text, parse_where
from samovar.rules.printer import condition_text

_GROUPS = (tree.And, tree.Or, tree.Not)
_TESTS = frozenset(kind.__struct_config__.tag for kind in get_args(tree.Condition) if kind not in _GROUPS)


def lined(rule: rules.Rule) -> dict[str, Any]:
    """The condition of a rule in stored form, each test with its canonical text as `line`, those inside a `where` too."""
    found: dict[str, Any] = rules.to_json(rule)["condition"]
    tests = [part for part in _parts(found) if part.get("type") in _TESTS]
    texts = [condition_text(msgspec.convert(test, tree.Condition)) for test in tests]  # before any of them has a `line`
    for test, text in zip(tests, texts, strict=True):
        test["line"] = text
    return found


def read_line(text: str, *, is_within: bool) -> dict[str, Any]:
    """The condition of one line, lined; `is_within` for a line of a `where`. Raises `RuleError` at its place in the line."""
    if not is_within:
        return lined(rules.Rule(condition=parse_text(text)))
    of = tree.Selection(collection="orders", where=parse_where(text))  # the collection is no question of grammar
    counted = tree.Compare(left=tree.Aggregate(function="count", of=of), operator=">", right=tree.Number(value=Decimal(0)))
    inner: dict[str, Any] = lined(rules.Rule(condition=counted))["left"]["of"]["where"]
    return inner


def _parts(value: Any) -> list[dict[str, Any]]:
    """Every object of a stored form, without recursion."""
    found, waiting = [], [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            found.append(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return found
