"""A tree into its canonical text: one line, the fewest brackets, texts in double quotes. `parse(to_text(rule)) == rule`."""

from __future__ import annotations

import re

from samovar.rules import tree
from samovar.rules.lexer import RESERVED
from samovar.rules.tree import Condition, Operand, Window

_RANKS = {"+": 1, "-": 1, "*": 2, "/": 2}
_BARE = re.compile(r"[^\W\d]\w*\Z")


def condition_text(condition: Condition) -> str:
    """The canonical text of a condition."""
    match condition:
        case tree.And(items=items):
            return " and ".join(_closed(items, tree.And, tree.Or))
        case tree.Or(items=items):
            return " or ".join(_closed(items, tree.Or))
        case tree.Not(item=item):
            return f"not {_bracketed(item, tree.And, tree.Or)}"
        case _:
            return _test_text(condition)


def _bracketed(item: Condition, *loose: type) -> str:
    text = condition_text(item)
    return f"({text})" if isinstance(item, loose) else text


def _closed(items: tuple[Condition, ...], *loose: type) -> list[str]:
    """Items one after another: one that ends in an open `where` would take in those that follow."""
    return [
        f"({condition_text(item)})" if place < len(items) and _is_open(item) else _bracketed(item, *loose)
        for place, item in enumerate(items, start=1)
    ]


def _is_open(item: Condition) -> bool:
    """Whether the text of an item ends in the `where` of a sequence's last step, with no window or `within` after it."""
    match item:
        case tree.And(items=(*_, last)):
            return _is_open(last)
        case tree.Not(item=inner):
            return not isinstance(inner, tree.And | tree.Or) and _is_open(inner)
        case tree.Sequence(steps=steps, window=None):
            return steps[-1].of.where is not None and steps[-1].within is None
    return False


def _test_text(test: Condition) -> str:
    match test:
        case tree.Compare(left=left, operator=operator, right=right):
            return f"{operand_text(left)} {operator} {operand_text(right)}"
        case tree.OneOf(operand=operand, values=values, is_negated=is_negated):
            listed = ", ".join([operand_text(value) for value in values])
            return f"{operand_text(operand)} {'not ' if is_negated else ''}in ({listed})"
        case tree.Between(operand=operand, low=low, high=high, is_negated=is_negated):
            word = "not between" if is_negated else "between"
            return f"{operand_text(operand)} {word} {operand_text(low)} and {operand_text(high)}"
        case tree.TextMatch(operand=operand, operator=text_operator, text=text):
            return f"{operand_text(operand)} {text_operator} {quoted(text.value)}"
        case tree.Known(operand=operand, is_known=is_known):
            return f"{operand_text(operand)} is {'known' if is_known else 'unknown'}"
        case tree.Holds(operand=operand):
            return operand_text(operand)
        case tree.Sequence(steps=steps, window=window):
            return f"did {' then '.join([step_text(step) for step in steps])}{_windowed(window)}"
        case tree.InSegment(segment=segment):
            return f"in segment {quoted(segment)}"
        case tree.EnteredSegment(segment=segment, window=window):
            return f"entered segment {quoted(segment)}{_windowed(window)}"
    raise TypeError(type(test).__name__)


def step_text(step: tree.Step) -> str:
    """A step of a sequence: `not orders within 24 hours`."""
    within = f" within {step.within.amount} {step.within.unit}" if step.within is not None else ""
    return f"{'not ' if step.is_absent else ''}{selection_text(step.of)}{within}"


def operand_text(operand: Operand) -> str:
    """The canonical text of an operand."""
    match operand:
        case tree.Text(value=text):
            return quoted(text)
        case tree.Number(value=number):
            return f"{number.normalize():f}" if number else "0"
        case tree.Boolean(value=boolean):
            return "true" if boolean else "false"
        case tree.Date(value=date):
            return date.isoformat()
        case tree.AttributeName(parts=parts) | tree.FieldName(parts=parts):
            return name_text(parts)
        case tree.Aggregate(function=function, of=of, field=field, span_days=span):
            return f"{function}({selection_text(of, field)}{f', {span} days' if span is not None else ''})"
        case tree.AgeOfEvent(function=function, which=which, of=of):
            return f"{function}({which} {selection_text(of)})"
        case tree.AgeOfAttribute(function=function, of=name):
            return f"{function}({name_text(name.parts)})"
        case tree.Arithmetic(left=left, operator=operator, right=right):
            rank = _RANKS[operator]
            return f"{_ranked(left, rank)} {operator} {_ranked(right, rank + 1)}"


def _ranked(operand: Operand, rank: int) -> str:
    """An operand beside an operator, in brackets where it would be read apart."""
    text = operand_text(operand)
    return f"({text})" if isinstance(operand, tree.Arithmetic) and _RANKS[operand.operator] < rank else text


def selection_text(selection: tree.Selection, field: tuple[str, ...] | None = None) -> str:
    """A selection with an optional field: `orders.amount where … in last 90 days`."""
    name = selection.event or selection.record
    text = selection.collection if name is None else f"{selection.collection}({quoted(name)})"
    text += "".join([f".{part_text(part)}" for part in field or ()])
    if selection.where is not None:
        text += f" where {condition_text(selection.where)}"
    return text + _windowed(selection.window)


def _windowed(window: Window | None) -> str:
    return f" {window_text(window)}" if window is not None else ""


def window_text(window: Window) -> str:
    """The canonical text of a window."""
    match window:
        case tree.Last(amount=amount, unit=unit):
            return f"in last {amount} {unit}"
        case tree.Ago(from_amount=first, to_amount=second, unit=unit):
            return f"between {first} and {second} {unit} ago"
        case tree.Before(amount=amount, unit=unit):
            return f"before {amount} {unit} ago"
        case tree.Since(first=date):
            return f"since {date.isoformat()}"
        case tree.FromTo(first=date, last=last):
            return f"from {date.isoformat()} to {last.isoformat()}"
        case tree.Month(which=which):
            return f"{which} month"


def quoted(text: str) -> str:
    """A text in double quotes, escaped."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def part_text(part: str) -> str:
    """One part of a name, quoted where it would not read as a name."""
    return part if _BARE.match(part) and part.lower() not in RESERVED else quoted(part)


def name_text(parts: tuple[str, ...]) -> str:
    """A dotted name."""
    return ".".join([part_text(part) for part in parts])
