"""The list of segments: what each means, how many are in it, how that changed, and what rests on it. It asks no query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from samovar import rules
from samovar.collect.quality import unsafe
from samovar.collect.quality.models import QualityAlarm
from samovar.collect.quality.screens import unsafe_chip, unsafe_note
from samovar.staff.permissions import needs
from samovar.understand import bulk, queries, uses
from samovar.understand.models import Segment
from samovar.understand.sayings import said
from samovar.understand.screens.people import people_text
from samovar.webkit import formats
from samovar.webkit.requests import OfficeRequest
from samovar.webkit.spark import spark
from samovar.webkit.tables import Column, Filter, Page, Table, page_of

TREND_DAYS = 30
LOOKED_BACK_DAYS = 45  # for the size of a week ago, when nobody counted just then
SAID_CHARACTERS_MAX = 200


@dataclass(frozen=True)
class Listed:
    """A segment on the list; `sizes` are those of its last days, `week` the change, `used` how many things rest on it,
    `alarms` what fell of the data that its rule reads."""

    segment: Segment
    sizes: Sequence[int]
    week: int | None
    used: int
    alarms: Sequence[QualityAlarm] = ()


@needs("segments:read")
def segments(request: OfficeRequest) -> HttpResponseBase:
    """Every segment with its last count."""
    used, fallen = uses.counts(), unsafe.alarms_of("segment")

    def fetch(page: Page) -> list[Listed]:
        rows = Segment.objects.filter(is_archived=page.filters.get("state") == "archived")
        if page.search:
            rows = rows.filter(Q(name__icontains=page.search) | Q(description__icontains=page.search))
        return _listed(page_of(rows, page, columns={"name": "name"}), formats.zone().day(request.at_us), used, fallen)

    table = Table(
        request,
        columns=_columns(bool(fallen)),
        fetch=fetch,
        key=lambda row, sort: (row.segment.name, row.segment.pk),
        sort="name",
        search=pgettext("segment", "Name"),
        filters=[Filter("state", _("State"), [("archived", _("archived"))])],
        link=lambda row: reverse("segment", args=[row.segment.slug]),
        row_id=lambda row: row.segment.id,
        actions=bulk.ACTIONS,
        name="segments",
        empty_title=_("No segments yet"),
        empty_sentence=_("Take a ready one to begin with, or write a rule of your own."),
    )
    return table.respond("understand/segments.html")


def _listed(
    rows: Sequence[Segment], today: int, used: Counter[str], fallen: Mapping[str, Sequence[QualityAlarm]]
) -> list[Listed]:
    sizes = queries.sizes_since(rows, today - LOOKED_BACK_DAYS)
    return [
        Listed(
            segment=row,
            sizes=list(queries.by_day(sizes.get(row.id, []), today).values())[-TREND_DAYS:],
            week=queries.week_change(row, sizes.get(row.id, [])),
            used=used[row.slug],
            alarms=fallen.get(row.slug, ()),
        )
        for row in rows
    ]


def _columns(is_fallen: bool) -> list[Column[Listed]]:
    return [
        Column("name", pgettext("segment", "Name"), _name_cell, text=lambda row: row.segment.name, sort=True),
        Column("means", _("Who they are"), _meaning_cell, text=lambda row: said(_rule(row)), wide=True),
        Column("people", _("People"), lambda row: people_text(row.segment), text=lambda row: row.segment.people, numeric=True),
        Column("week", _("In a week"), lambda row: change_text(row.week), text=lambda row: row.week, numeric=True),
        Column("trend", _("30 days"), _trend_cell, text=lambda row: "", wide=True),
        Column("used", _("Used in"), lambda row: row.used or formats.DASH, text=lambda row: row.used, numeric=True, wide=True),
        Column(
            "unsafe",
            _("Data"),
            lambda row: format_html('<span class="small muted">{}</span>', unsafe_note(row.alarms) or _("as usual")),
            text=lambda row: unsafe_note(row.alarms),
            wide=True,
            hidden=not is_fallen,
        ),
        Column("rule", _("Rule"), _rule_cell, text=lambda row: row.segment.rule_text, wide=True, hidden=True),
        Column("counted", _("Counted"), _counted_cell, text=lambda row: row.segment.counted_us, wide=True, hidden=True),
    ]


def _name_cell(row: Listed) -> SafeString | str:
    return format_html("{} {}", row.segment.name, unsafe_chip(row.alarms)) if row.alarms else row.segment.name


def change_text(people: int | None) -> str:
    """A change with its sign; a dash where it is not known."""
    return formats.DASH if people is None else f"{'+' if people > 0 else ''}{formats.number(people)}"


def _rule(row: Listed) -> rules.Rule:
    return rules.from_json(row.segment.tree)


def _meaning_cell(row: Listed) -> SafeString:
    sentence = f"{capfirst(said(_rule(row)))}."
    shown = sentence if len(sentence) <= SAID_CHARACTERS_MAX else sentence[: SAID_CHARACTERS_MAX - 1] + "…"
    return format_html('<span class="muted">{}</span>', shown)


def _trend_cell(row: Listed) -> SafeString | str:
    if len(row.sizes) < 2:
        return formats.DASH
    first, last = formats.number(row.sizes[0]), formats.number(row.sizes[-1])
    return spark(row.sizes, _("From %(first)s to %(last)s people") % {"first": first, "last": last})


def _rule_cell(row: Listed) -> SafeString:
    text = row.segment.rule_text
    shown = text if len(text) <= 80 else text[:79] + "…"
    return format_html('<code title="{}">{}</code>', text[:1000], shown)


def _counted_cell(row: Listed) -> Any:
    return formats.when(row.segment.counted_us)
