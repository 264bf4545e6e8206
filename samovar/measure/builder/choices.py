"""What the builder offers to choose from: the words of the catalogue with what people call them, in groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from samovar.measure.builder import labels
from samovar.measure.reports.custom import spec
from samovar.rules.printer import quoted

NUMERIC = ("number", "money")
PERSONAL = ("city", "region", "country", "gender", "language", "lifecycle")


@dataclass(frozen=True)
class Choice:
    """A value of a list and what it is called."""

    value: str
    label: str


Groups = list[tuple[str, list[Choice]]]


def collections(vocabulary: Mapping[str, Any]) -> Groups:
    """What can be counted."""
    declared = [Choice(one["name"], _first_large(one["label"])) for one in vocabulary["collections"]]
    events = [Choice(f"event({quoted(name)})", name) for name in vocabulary["events"]]
    records = [Choice(f"record({quoted(one['name'])})", one["name"]) for one in vocabulary["records"]]
    groups = [(_("What happened"), declared), (_("Other events"), events), (_("Linked records"), records)]
    return [group for group in groups if group[1]]


def parts(fields: Sequence[Mapping[str, Any]], vocabulary: Mapping[str, Any]) -> Groups:
    """What rows can be parted by."""
    times = [Choice(name, label) for name, label in labels.times().items()]
    own = [Choice(_name(one["name"]), _first_large(one["label"])) for one in fields if one["kind"] not in ("moment", "any")]
    traits = [
        Choice("person." + ".".join(one["parts"]), _first_large(one["label"]))
        for one in vocabulary["attributes"]
        if one["parts"][0] == "trait" or ".".join(one["parts"]) in PERSONAL
    ]
    figures = [
        Choice("person.count(orders)", _("How many orders ever")),
        Choice("person.count(orders in last 365 days)", _("How many orders in a year")),
    ]
    return [(_("When"), times), (_("Fields"), own), (_("The person"), traits + figures)]


def measures(of: str, fields: Sequence[Mapping[str, Any]]) -> Groups:
    """What can be measured."""
    plain = [Choice(name, labels.basic(spec.Basic(name), of)) for name in spec.PLAIN]
    groups: Groups = [(_("How many"), plain)]
    for one in fields:
        name = _name(one["name"])
        functions = spec.OF_FIELD if one["kind"] in NUMERIC else ("distinct",)
        listed = [Choice(f"{function}({name})", labels.basic(spec.Basic(function, name), of)) for function in functions]
        groups.append((_first_large(one["label"]), listed))
    return groups


def with_written(groups: Groups, *texts: str) -> Groups:
    """The groups, and what stands in the report without being offered, as it is written."""
    offered = {one.value for _group, listed in groups for one in listed}
    others = [Choice(text, text) for text in dict.fromkeys(texts) if text and text not in offered]
    return [*groups, (_("As written"), others)] if others else groups


def ways() -> list[Choice]:
    """What a measure can be shown as."""
    return [
        Choice("", _("as it is")), Choice("share", _("as a share of all")), Choice("people", _("for each person")),
        Choice("count", _("for each row")), Choice("days", _("for each day")),
    ]  # fmt: skip


def periods() -> list[Choice]:
    """The periods that are offered."""
    return [Choice(value, label) for value, label in labels.periods().items()]


def comparisons() -> list[Choice]:
    """What a period is set beside."""
    return [
        Choice("", pgettext("comparison", "nothing")), Choice("before", _("the period before")),
        Choice("year", _("the same days a year ago")),
    ]  # fmt: skip


def operators() -> list[Choice]:
    """How a field is compared."""
    return [
        Choice("=", _("is")), Choice("!=", _("is not")), Choice(">=", _("at least")), Choice("<=", _("at most")),
        Choice("contains", _("contains")), Choice("is known", _("is known")), Choice("is unknown", _("is unknown")),
    ]  # fmt: skip


def charts() -> list[Choice]:
    """How a report is drawn."""
    return [
        Choice("table", _("Table")), Choice("line", pgettext("chart", "Line")), Choice("bar", _("Bars")),
        Choice("stacked", _("Stacked")), Choice("figure", _("Figures")),
    ]  # fmt: skip


def orders(params: Mapping[str, str]) -> list[Choice]:
    """The orders of rows that a report as it stands can have."""
    found = [Choice("", _("as it fits"))]
    for measure in spec.measures(params.get("measures") or "count"):
        found.append(Choice(measure.text, labels.measure(measure, params.get("of") or "orders")))
    for part in spec.parts(params.get("rows") or ""):
        found.append(Choice(f"{part.name} asc", labels.part(part)))
    return found


def _name(name: str) -> str:
    """A field's name as a rule reads it."""
    return name if name.replace(".", "_").isidentifier() and name.lower() not in spec.TIMES else quoted(name)


def _first_large(text: str) -> str:
    return text[:1].upper() + text[1:]
