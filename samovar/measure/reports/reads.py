"""What a report reads of what comes, told from its parameters as conditions of the rule language. Pure: no name is looked up, and
what cannot be read says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from msgspec.structs import replace

from samovar import rules
from samovar.measure.reports.custom.report import Custom
from samovar.measure.reports.funnel import Funnel
from samovar.measure.reports.live import Live
from samovar.measure.reports.loyalty import SCORES
from samovar.measure.reports.paths import Ladder
from samovar.measure.reports.report import BadParameter
from samovar.rules.parser import parse_operand, parse_text
from samovar.rules.printer import quoted, selection_text
from samovar.rules.tree import Aggregate, Condition

_ORDERS = ("count(orders) >= 0",)
_MONEY = ("sum(orders.amount) >= 0", "count(returns) >= 0")
# Of each report that reads the same whatever it is asked.
_ALWAYS: Mapping[str, tuple[str, ...]] = {
    "cohorts": _ORDERS, "drivers": _MONEY, "rfm": _MONEY, "rfm-moves": _MONEY, "baskets": _MONEY,
    "affinity": tuple(f"distinct(lines.{name}) >= 0" for name in ("sku", "name", "category")),
    "reach": ("reachable.channels >= 0",),
    "loyalty": (*_MONEY, *(f'distinct(event("{event}").score) >= 0' for event in SCORES.values())),
}  # fmt: skip


def conditions(report: str, params: Mapping[str, str]) -> list[Condition]:
    """Conditions that read together all that a report of these parameters reads; of paths, without the steps they go by."""
    found = []
    with suppress(BadParameter, rules.RuleError):
        for text in _texts(report, params):
            with suppress(rules.RuleError):
                found.append(parse_text(text))
    return found


def _texts(report: str, params: Mapping[str, str]) -> Iterator[str]:
    yield from _ALWAYS.get(report, ())
    if among := params.get("among", ""):
        yield among
    match report:
        case "funnel":
            if by := params.get("by", ""):
                yield f"{by} is known"
            steps: str = Funnel.steps.value(params)
            yield steps if steps.lower().startswith("did ") else f"did {steps}"
        case "paths":
            if start := params.get("start", ""):
                yield f"count(event({quoted(start)})) >= 0"
        case "ladder":
            yield from (rule for _name, rule in Ladder().rungs_of(params))
        case "live":
            yield from _of_live(params)
        case "custom":
            yield from _of_custom(params)


def _of_live(params: Mapping[str, str]) -> Iterator[str]:
    of, per = Live.of.value(params), Live.per.value(params)
    field = Live.measure.value(params).field
    yield f"count({of}) >= 0"
    if field and isinstance(counted := parse_operand(f"count({of})"), Aggregate):
        yield f"distinct({selection_text(replace(counted.of, where=None))}.{field}) >= 0"
    if per:
        yield f"count({per}) >= 0"


def _of_custom(params: Mapping[str, str]) -> Iterator[str]:
    asked = Custom().definition(params)
    yield f"count({asked.of}) >= 0"
    if asked.where:
        yield f"count({asked.of} where ({asked.where}\n)) >= 0"
    fields = [part.text for part in asked.parts if part.kind == "field"]
    fields += [basic.field for measure in asked.measures for basic in measure.basics() if basic.field]
    for name in dict.fromkeys(fields):
        yield f"distinct({asked.of}.{name}) >= 0"
    for part in asked.parts:
        if part.kind == "person":
            yield f"{part.text} is known"
