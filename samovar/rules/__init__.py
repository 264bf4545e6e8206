"""The rule language: one typed tree for every condition in the product, its text, its stored form and its compilers. Pure."""

from __future__ import annotations

from samovar.rules.catalogue import Catalogue, Kind, builtin_catalogue
from samovar.rules.check import check, operand_kind
from samovar.rules.errors import RuleError
from samovar.rules.parser import parse_operand, parse_text
from samovar.rules.printer import condition_text
from samovar.rules.stored import from_json, json_schema, to_json
from samovar.rules.tree import Operand, Rule
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
    "parse_figure",
    "parse_question",
    "to_json",
    "to_text",
    "warnings",
]


def parse(text: str, catalogue: Catalogue) -> Rule:
    """The rule a text says. Raises `RuleError` with line, column and the nearest known names."""
    rule = Rule(condition=parse_text(text))
    check_rule(rule, catalogue)
    return rule


def parse_question(text: str, catalogue: Catalogue) -> Rule | Operand:
    """What a text asks of a person: the operand that it is, else a rule. A yes or no alone is a rule. Raises `RuleError`."""
    operand = parse_operand(text)
    if operand is None or operand_kind(operand, catalogue, None) is Kind.BOOLEAN:
        return parse(text, catalogue)
    return operand


def parse_figure(text: str, catalogue: Catalogue) -> Operand:
    """The operand a text is, a yes or no as well as a figure. Raises `RuleError`, also for what is a whole rule."""
    operand = parse_operand(text)
    if operand is None:
        parse(text, catalogue)
        raise RuleError("figure_needed", (1, 1))
    operand_kind(operand, catalogue, None)
    return operand


def check_rule(rule: Rule, catalogue: Catalogue) -> None:
    """Raise `RuleError` unless the names of a rule exist in a catalogue and its kinds fit."""
    check(rule.condition, catalogue)


def to_text(rule: Rule) -> str:
    """The canonical text: `parse(to_text(rule), catalogue) == rule`."""
    return condition_text(rule.condition)
