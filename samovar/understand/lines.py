"""A rule as the builder shows it: the stored form in which every test carries its own text, `line`.

A test that the builder has no controls for stays as that line, edited in place. Only grammar is known here: whether the names
exist is the warehouse's question.
"""

from __future__ import annotations

from typing import Any, get_args

import msgspec

from samovar import rules
from samovar.rules import tree
from samovar.rules.errors import RuleError
from samovar.rules.parser import parse_text
from samovar.rules.printer import condition_text

_GROUPS = (tree.And, tree.Or, tree.Not)
_TESTS = frozenset(kind.__struct_config__.tag for kind in get_args(tree.Condition) if kind not in _GROUPS)
_WITHIN = ("count(orders where (", ")) > 0")  # what a line of a `where` is read inside; the collection is no question of grammar


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
    opened, closed = _WITHIN
    try:
        read = parse_text(f"{opened}{text}\n{closed}")  # a comment in the line ends with it
    except RuleError as error:
        raise error.at(_moved(error, len(opened))) from error
    match read:
        case tree.Compare(left=tree.Aggregate(of=tree.Selection(where=where))) if where is not None:
            whole = rules.Rule(condition=read)
            inner: dict[str, Any] = lined(whole)["left"]["of"]["where"]
            return inner
    raise RuleError("bad_tree", (1, 1), detail="the line closes a bracket that it did not open")


def _moved(error: RuleError, by: int) -> tree.Place:
    return error.line, max(1, error.column - by) if error.line == 1 else error.column


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
