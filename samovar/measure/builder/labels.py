"""What people read in place of the texts of a report: its measures, its parts and their values, in the reader's language."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from babel.dates import format_date, get_day_names
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from samovar import rules
from samovar.measure.reports import answers
from samovar.measure.reports.answers import Found
from samovar.measure.reports.custom import Custom
from samovar.measure.reports.custom.spec import Basic, Measure, Part
from samovar.measure.reports.question import OTHERS
from samovar.measure.reports.report import BadParameter, Column
from samovar.measure.reports.words import TITLES, heading
from samovar.rules.catalogue import AGGREGATES, Catalogue
from samovar.rules.sentence import LANGUAGES
from samovar.rules.sentence.labels import attribute_label, collection_label, field_label
from samovar.understand import words
from samovar.understand.sayings import spoken
from samovar.webkit import formats

_MONTH, _DAY = re.compile(r"(\d{4})-(\d{2})\Z"), re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_UNSHEETED = re.compile(r"[\[\]:*?/\\]")


def collection(text: str) -> str:
    """What is counted: Orders, Visits, or an event by its name."""
    language = LANGUAGES[spoken()]
    if text in language.words.collections:
        return _capital(collection_label(text, language))
    return text.partition('("')[2].removesuffix('")') or text


def field(text: str) -> str:
    """A field of a collection."""
    return _capital(field_label(text, LANGUAGES[spoken()]))


def part(one: Part, known: Catalogue | None = None) -> str:
    """What rows are parted by; attributes are called as they are `known`, by default to the workspace."""
    if one.kind == "time":
        return times()[one.text]
    if one.kind == "field":
        return field(one.text)
    if one.text.startswith(tuple(f"{name}(" for name in AGGREGATES)):
        return one.text
    try:
        found = (known or words.open_catalogue()).attribute(tuple(one.text.split(".")))
    except rules.RuleError:
        return one.text
    return _capital(attribute_label(found, LANGUAGES[spoken()]))


def times() -> dict[str, str]:
    """The times that rows can be parted by."""
    return {
        "day": _("Day"), "week": _("Week"), "month": pgettext("part of time", "Month"), "quarter": _("Quarter"),
        "year": pgettext("part of time", "Year"), "weekday": _("Weekday"), "hour": _("Hour of the day"),
    }  # fmt: skip


def periods() -> dict[str, str]:
    """The periods that are offered by name; any other window can be written."""
    return {
        "": _("Ever"), "in last 7 days": _("Last 7 days"), "in last 30 days": _("Last 30 days"),
        "in last 90 days": _("Last 90 days"), "in last 365 days": _("Last year"), "in last 12 months": _("Last 12 months"),
        "this month": _("This month"), "previous month": _("Previous month"),
    }  # fmt: skip


def basic(one: Basic, of: str) -> str:
    """An aggregate over rows of a collection."""
    plain = {"people": _("People"), "days": pgettext("measure", "Days")}
    if one.function in plain:
        return plain[one.function]
    if one.function == "count":
        return collection(of)
    patterns = {
        "sum": _("%(field)s, total"), "avg": _("%(field)s, on average"), "median": _("%(field)s, median"),
        "min": _("%(field)s, least"), "max": _("%(field)s, greatest"), "distinct": _("%(field)s, how many different"),
    }  # fmt: skip
    return patterns[one.function] % {"field": field(one.field)}


def measure(one: Measure, of: str) -> str:
    """A measure of a report."""
    told = basic(one.basic, of)
    if one.is_share:
        return _("%(measure)s, share") % {"measure": told}
    if one.per is None:
        return told
    if one.per.function == "people":
        return _("%(measure)s a person") % {"measure": told}
    return _("%(measure)s by %(per)s") % {"measure": told, "per": basic(one.per, of)}


def value(one: Part | None, text: Any) -> str:
    """A part of the rows by its value: a month in words, a weekday's name, others, unknown."""
    if text is None:
        return _("unknown")
    told = str(text)
    if told == OTHERS:
        return _("others")
    if one is not None and one.kind == "time":
        return _time(one.text, told)
    truths: dict[str, str] = {"true": _("yes"), "false": _("no")}
    return truths.get(told, told)


def _time(unit: str, text: str) -> str:
    if unit == "weekday" and text.isdigit():
        return str(get_day_names("abbreviated", "stand-alone", locale=formats.locale())[int(text) - 1])
    if unit == "month" and (match := _MONTH.match(text)):
        return str(format_date(dt.date(int(match[1]), int(match[2]), 1), "LLL y", locale=formats.locale()))
    if unit == "day" and _DAY.match(text):
        return str(format_date(dt.date.fromisoformat(text), "d MMM y", locale=formats.locale()))
    return f"{text}:00" if unit == "hour" else text


def heads(found: Found) -> list[str]:
    """The heads of an answer's columns."""
    if not isinstance(found.report, Custom):
        return [heading(column) for column in found.columns]
    definition = found.report.definition(found.params)
    told = {one.name: measure(one, definition.of) for one in definition.measures}
    parts = {one.name: part(one) for one in definition.rows}
    spread = definition.columns[0] if definition.columns else None
    return [_head(column, told, parts, spread) for column in found.columns]


def _head(column: Column, told: Mapping[str, str], parts: Mapping[str, str], spread: Part | None) -> str:
    if column.name in parts:
        return parts[column.name]
    prefix, colon, name = column.name.rpartition(": ")
    name = name.removesuffix("_minor")
    text = told.get(name) or _compared(name, told)
    if not colon:
        return text
    of = value(spread, None if prefix == "—" else prefix)
    return of if len(told) == 1 and name in told else f"{of}: {text}"


def _compared(name: str, told: Mapping[str, str]) -> str:
    """A column that stands beside a measure for the other period."""
    endings = {
        "_before": _("%(measure)s, before"), "_change_share": _("%(measure)s, change in %%"), "_change": _("%(measure)s, change"),
    }  # fmt: skip
    for ending, pattern in endings.items():
        if name.endswith(ending) and (measured := told.get(name.removesuffix(ending))):
            return pattern % {"measure": measured}
    return name


def asked(found: Found) -> str:
    """What a report was asked, in one line under its name."""
    if not isinstance(found.report, Custom):
        return str(TITLES[found.report.name][0])
    definition = found.report.definition(found.params)
    said = [
        collection(definition.of),
        *(part(one) for one in definition.parts),
        periods().get(definition.period, definition.period),
    ]
    return " · ".join([*said, *(text for text in (definition.where, found.params.get("among", "")) if text)])


def own_title(params: Mapping[str, str]) -> str:
    """What a report of one's own shows, for one without a name: its measures by its parts. Asks nothing of the warehouse."""
    try:
        definition = Custom().definition(params)
    except BadParameter:
        return str(TITLES[Custom.name][0])
    measures = ", ".join(measure(one, definition.of) for one in definition.measures)
    parts = ", ".join(part(one, rules.builtin_catalogue()) for one in definition.parts)
    return _("%(measures)s by %(parts)s") % {"measures": measures, "parts": parts} if parts else measures


def unheeded(report: str, *, period: str, among: str) -> str:
    """What a tile does not take from its board, in a sentence or two; empty where it takes all that the board sets."""
    asked = answers.report(report)
    known = [one.name for one in asked.params]
    said = []
    if period and "period" not in known:
        is_ever = asked.is_of_all_time
        said.append(
            _("All time: this report has no period.") if is_ever else _("The board's period does not change this report.")
        )
    if among and "among" not in known:
        said.append(_("The board's people do not narrow this report."))
    return " ".join(said)


def sheet_title(text: str) -> str:
    """A name that a workbook takes for a sheet."""
    return _UNSHEETED.sub(" ", text).strip("'").strip()[:31] or "report"


def written(text: Any, column: Column) -> str:
    """A figure as a page shows it."""
    if text is None or column.kind == "text":
        return formats.DASH if text is None else str(text)
    return {
        "money": lambda: formats.money(text), "percent": lambda: formats.percent(text),
        "decimal": lambda: formats.decimal(text), "number": lambda: formats.number(text, 2),
    }[column.kind]()  # fmt: skip


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
