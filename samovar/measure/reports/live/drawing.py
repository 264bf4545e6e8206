"""How a live counter looks: its chart with the usual and the line, its minutes and states, the finding in a sentence."""

from __future__ import annotations

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from samovar.measure.reports.answers import Found
from samovar.measure.reports.live.report import Live
from samovar.measure.reports.report import Kind
from samovar.measure.reports.words import JUDGED
from samovar.webkit import formats
from samovar.webkit.chart import Chart, Series, Unit

REFRESH_S = 15  # between looks of a page at a counter as of now
_UNITS: dict[Kind, Unit] = {"money": "money", "percent": "percent"}


def is_live(found: Found) -> bool:
    """Whether an answer is a counter's."""
    return found.report.name == Live.name


def charts(found: Found) -> list[Chart]:
    """The figure by minutes, what is usual dashed beside it, and the line."""
    rows = found.records()
    if len(rows) < 2:
        return []
    ending = _ending(found)
    series = [Series(_("now"), [row[f"figure{ending}"] for row in rows], role="treated")]
    if f"usual{ending}" in rows[0]:
        series.append(Series(_("usual"), [row[f"usual{ending}"] for row in rows], role="control"))
    if f"line{ending}" in rows[0]:
        series.append(Series(pgettext("of a counter", "line"), [row[f"line{ending}"] for row in rows], role="limit"))
    minutes = [minute(row["minute"]) for row in rows]
    return [Chart(_title(found), x=minutes, series=series, unit=_UNITS.get(found.columns[1].kind, "number"))]


def minute(text: str) -> str:
    """A minute as the chart and the table show it: its time of day."""
    return text.partition("T")[2]


def state(text: str) -> str:
    """What a figure was judged."""
    return str(JUDGED.get(text, text))


def verdict(found: Found) -> str:
    """How the last minute stands."""
    last, ending = found.records()[-1], _ending(found)
    told = {"figure": figure(last[f"figure{ending}"], found.columns[1].kind), "when": _over(found)}
    if last[f"figure{ending}"] is None:
        return capfirst(_("Nothing to divide by %(when)s.") % told)
    if "state" not in last:
        return _("%(figure)s %(when)s.") % told
    told["line"] = figure(last[f"line{ending}"], found.columns[1].kind)
    if last["state"] == "few":
        return _("%(figure)s %(when)s: too few to judge.") % told
    if last["state"] == "ok":
        return _("%(figure)s %(when)s; the line is at %(line)s.") % told
    return _("%(figure)s %(when)s: beyond the line of %(line)s since %(since)s.") % {**told, "since": _since(found)}


def is_beyond(found: Found) -> bool:
    """Whether the last minute lies beyond the line."""
    return is_live(found) and bool(found.rows) and found.records()[-1].get("state") == "beyond"


def figure(value: float | None, kind: str) -> str:
    """A figure of a counter in words of its kind."""
    if value is None:
        return formats.DASH
    if kind == "money":
        return formats.money(round(value))
    return formats.percent(value) if kind == "percent" else formats.number(value, 2)


def _over(found: Found) -> str:
    window: int = Live.window.value(found.params)
    return ngettext("in the last %(n)s minute", "in the last %(n)s minutes", window) % {"n": formats.number(window)}


def _since(found: Found) -> str:
    rows = found.records()
    place = len(rows) - 1
    while place > 0 and rows[place - 1]["state"] == "beyond":
        place -= 1
    return minute(rows[place]["minute"])


def _title(found: Found) -> str:
    window: int = Live.window.value(found.params)
    return ngettext("Over %(n)s minute, each minute", "Over %(n)s minutes, each minute", window) % {"n": formats.number(window)}


def _ending(found: Found) -> str:
    return "_minor" if found.columns[1].kind == "money" else ""
