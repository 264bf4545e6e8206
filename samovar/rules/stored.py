"""The JSON form of a rule, with its schema. A stored tree is accepted only if it is the tree of some text."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import msgspec

from samovar.rules.errors import RuleError
from samovar.rules.parser import parse_text
from samovar.rules.printer import condition_text
from samovar.rules.tree import DEPTH_MAX, Rule

# A level of the rule is at most two levels of JSON, a node and its list; a selection and its constants add a few.
_JSON_DEPTH_MAX = 2 * DEPTH_MAX + 20


def to_json(rule: Rule) -> dict[str, Any]:
    """The stored form: plain JSON values, numbers and dates as texts, places left out."""
    return {"condition": _without_places(json.loads(msgspec.json.encode(rule.condition)))}


def from_json(data: str | bytes | dict[str, Any]) -> Rule:
    """The rule of a stored form. Raises `RuleError` for anything that is not the tree of a rule's text."""
    try:
        value = json.loads(data) if isinstance(data, str | bytes) else data
        if _depth(value) > _JSON_DEPTH_MAX:
            raise RuleError("too_deep", limit=DEPTH_MAX)
        rule = msgspec.convert(value, Rule)
        read = Rule(condition=parse_text(condition_text(rule.condition)))
    except (msgspec.ValidationError, ValueError, ArithmeticError, RecursionError) as error:
        raise RuleError("bad_tree", detail=str(error)[:200]) from error
    if read != rule:
        raise RuleError("bad_tree", detail="no text reads as this tree")
    return read


@lru_cache
def json_schema() -> dict[str, Any]:
    """The JSON Schema of the stored form."""
    schema = msgspec.json.schema(Rule)
    for definition in schema["$defs"].values():
        definition.get("properties", {}).pop("place", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _without_places(value: Any) -> Any:
    """Plain JSON values with every `place` taken out, without recursion: a rule may be as deep as its limit."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            item.pop("place", None)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return value


def _depth(value: Any) -> int:
    """How deep lists and objects nest, without recursion."""
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        deepest = max(deepest, depth)
        inner = item.values() if isinstance(item, dict) else item if isinstance(item, list | tuple) else ()
        if deepest > _JSON_DEPTH_MAX:
            break
        waiting.extend((child, depth + 1) for child in inner if isinstance(child, dict | list | tuple))
    return deepest
