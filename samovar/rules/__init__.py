"""The rule language: one typed tree for every condition in the product, its text, its stored form and its compilers. Pure."""

from __future__ import annotations

from samovar.rules.catalogue import Catalogue, builtin_catalogue
from samovar.rules.check import check
from samovar.rules.errors import RuleError
from samovar.rules.parser import parse_text
from samovar.rules.printer import condition_text
from samovar.rules.stored import from_json, json_schema, to_json
from samovar.rules.tree import Rule
from samovar.rules.unseen import warnings

__all__ = [
    "Catalogue",
    "Rule",
    "RuleError",
    "builtin_catalogue",
    "check_rule",
    "from_json",
    "json_schema",
    "parse",
    "to_json",
    "to_text",
    "warnings",
]


def parse(text: str, catalogue: Catalogue) -> Rule:
    """The rule a text says. Raises `RuleError` with line, column and the nearest known names."""
    rule = Rule(condition=parse_text(text))
    check_rule(rule, catalogue)
    return rule


def check_rule(rule: Rule, catalogue: Catalogue) -> None:
    """Raise `RuleError` unless the names of a rule exist in a catalogue and its kinds fit."""
    check(rule.condition, catalogue)


def to_text(rule: Rule) -> str:
    """The canonical text: `parse(to_text(rule), catalogue) == rule`."""
    return condition_text(rule.condition)
