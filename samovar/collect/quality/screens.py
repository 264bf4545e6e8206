"""The screens of quality: sources, the fields of one, one field, alarms, readiness, and the discipline of entry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from babel.dates import format_date
from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from samovar.collect.imports.reasons import sentence
from samovar.collect.quality import entry, labels, operations, queries, readiness_queries, spreads, unsafe
from samovar.collect.quality.models import QualityAlarm, QualityStream
from samovar.collect.quality.queries import Days, Figures
from samovar.collect.quality.readiness import Readiness, usual_days
from samovar.kit.clock import HOUR_US, Zone, day_date, day_number
from samovar.kit.errors import NotFound, Refusal
from samovar.staff.permissions import may, needs
from samovar.staff.queries import role_names
from samovar.webkit import formats
from samovar.webkit.chart import Chart, Series
from samovar.webkit.menu import Item
from samovar.webkit.requests import OfficeRequest
from samovar.webkit.spark import spark
from samovar.webkit.tables import Column, Filter, Page, Table

VALUES_SHOWN = 12
READY_DAYS = 28
EXAMPLE = "views then cart_adds then orders"
MENU = [Item(gettext_lazy("Quality"), "quality", 525, "sources:read")]
_FUNCTIONS = {
    "segments:write": gettext_lazy("segments"), "campaigns:write": gettext_lazy("campaigns"),
    "campaigns:launch": gettext_lazy("launching campaigns"), "imports:write": gettext_lazy("imports"),
    "quarantine:write": gettext_lazy("quarantine and alarms"), "customers:write": gettext_lazy("merging people, linked records"),
    "consents:write": gettext_lazy("consents"), "sources:write": gettext_lazy("sources"),
    "settings:write": gettext_lazy("settings"), "tokens:write": gettext_lazy("tokens"),
}  # fmt: skip


@needs("sources:read")
@require_GET
def quality(request: OfficeRequest) -> HttpResponseBase:
    """What needs a look now, every source with its state, and how many visits from advertising carry a keyword."""
    zone = formats.zone()
    filled = queries.completeness_of(zone=zone, at_us=request.at_us)
    table = _table(
        request, queries.overview(zone=zone, at_us=request.at_us), _source_columns(request, filled), "quality-sources",
        link=lambda row: reverse("quality_source", args=[row.stream.pk]),
        empty=(_("Nothing was counted yet"), _counting_sentence()),
    )  # fmt: skip
    context = {
        "alarms": _told(queries.open_alarms()), "unsafe": _grouped(unsafe.resting_on_alarms()),
        "keywords": _keywords(zone, request.at_us), "is_counting": queries.is_counting(),
        "may_write": may(request.user.role, "quarantine:write"), "tab": "sources",
    }  # fmt: skip
    return table.respond("collect/quality/overview.html", context)


def _keywords(zone: Zone, at_us: int) -> list[tuple[queries.Keywords, SafeString | str]]:
    """The platforms of advertising, each with its line."""
    return [(one, _share_line(one.trend)) for one in queries.keywords(zone=zone, at_us=at_us)]


def _share_line(values: Sequence[float]) -> SafeString | str:
    if len(values) < 2:
        return formats.DASH
    told = _("From %(first)s to %(last)s")
    return spark(values, told % {"first": formats.percent(values[0]), "last": formats.percent(values[-1])})


def _counting_sentence() -> str:
    if queries.is_counting():
        return _("The first count of what came is under way; it takes some minutes for millions of events.")
    return _("Send events to a source, or import a file: sources appear here within a minute.")


def _told(alarms: Sequence[QualityAlarm]) -> list[dict[str, Any]]:
    return [
        {
            "row": one, "title": labels.title(one), "text": labels.alarm(one),
            "url": reverse("quality_stream", args=[one.stream_id]), "note_url": reverse("acknowledge_alarm", args=[one.pk]),
        }
        for one in alarms
    ]  # fmt: skip


def _grouped(found: Sequence[tuple[unsafe.Resting, Sequence[QualityAlarm]]]) -> list[dict[str, Any]]:
    return [
        {"resting": one, "kind": labels.RESTING_KINDS[one.kind], "why": ", ".join(labels.title(alarm) for alarm in alarms)}
        for one, alarms in found
    ]


def _table(
    request: OfficeRequest, rows: Sequence[Figures], columns: Sequence[Column[Figures]], name: str, *,
    link: Any, empty: tuple[str, str], filters: Sequence[Filter] = (), search: str = "",
) -> Table[Figures]:  # fmt: skip
    """A list of figures that are all at hand, in their order."""
    place = {row.stream.pk: number for number, row in enumerate(rows)}

    def fetch(page: Page) -> list[Figures]:
        after = int(page.after[-1]) if page.after else -1
        found = [row for row in rows[after + 1 :] if page.search.lower() in labels.stream(row.stream).lower()]
        if state := page.filters.get("state"):
            found = [row for row in found if row.state == state]
        if kind := page.filters.get("of"):
            found = [row for row in found if bool(row.stream.field) == (kind == "fields")]
        return found[: page.limit]

    return Table(
        request, columns=columns, fetch=fetch, key=lambda row, _sort: (place[row.stream.pk],), link=link, name=name, folds=True,
        filters=filters, search=search, empty_title=empty[0], empty_sentence=empty[1],
    )  # fmt: skip


def state_chip(row: Figures) -> SafeString:
    """The state as a chip with its word."""
    return format_html('<span class="chip {}">{}</span>', labels.TONES[row.state], labels.STATES[row.state])


def _state() -> Column[Figures]:
    return Column("state", _("State"), state_chip, text=lambda row: str(labels.STATES[row.state]))


def _fresh(request: OfficeRequest) -> Column[Figures]:
    def cell(row: Figures) -> str:
        if row.last_hour is None:
            return formats.DASH
        return formats.ago(min((row.last_hour + 1) * HOUR_US, request.at_us), request.at_us)

    return Column(
        "fresh", _("Last row"), cell, wide=True,
        text=lambda row: "" if row.last_hour is None else formats.plain_when(row.last_hour * HOUR_US),
    )  # fmt: skip


def _rows(label: str) -> Column[Figures]:
    return Column("rows", label, lambda row: formats.number(row.rows), text=lambda row: row.rows, numeric=True)


def _trend() -> Column[Figures]:
    def cell(row: Figures) -> SafeString | str:
        values = [value for value in (row.trend if row.stream.field else row.trend[:-1]) if value is not None]
        if len(values) < 2:
            return formats.DASH
        told = formats.percent if row.stream.field else formats.number
        return spark(values, _("From %(first)s to %(last)s") % {"first": told(values[0]), "last": told(values[-1])})

    return Column("trend", _("35 days"), cell, text=lambda row: "", wide=True)


def _source_columns(request: OfficeRequest, filled: dict[str, float]) -> list[Column[Figures]]:
    return [
        Column("source", _("Source"), lambda row: row.stream.source),
        _state(),
        _rows(_("Rows in a week")),
        Column(
            "filled", _("Fields filled"), lambda row: formats.percent(filled.get(row.stream.source)),
            text=lambda row: filled.get(row.stream.source), numeric=True,
        ),
        _fresh(request),
        Column(
            "alarms", _("Open alarms"), lambda row: len(row.alarms) or formats.DASH, lambda row: len(row.alarms), numeric=True
        ),
        _trend(),
    ]  # fmt: skip


@needs("sources:read")
@require_GET
def source(request: OfficeRequest, number: int) -> HttpResponseBase:
    """The events and fields of one source, and why rows of it were refused."""
    row = _stream(number)
    found = queries.figures_of(queries.streams_of(source=row.source), zone=formats.zone(), at_us=request.at_us)
    table = _table(
        request, found, _field_columns(request), f"quality-{row.source}",
        link=lambda one: reverse("quality_stream", args=[one.stream.pk]),
        empty=(_("Nothing fits"), _("No event or field of this source has these letters and this state.")),
        filters=[
            Filter("state", _("State"), list(labels.STATES.items())),
            Filter("of", _("Show"), [("events", _("events only")), ("fields", _("fields only"))]),
        ],
        search=_("Event or field"),
    )  # fmt: skip
    refused = _refused(queries.refused(source=row.source, at_us=request.at_us))
    return table.respond("collect/quality/source.html", {"stream": row, "refused": refused})


def _refused(found: Sequence[tuple[str, str, int]]) -> list[tuple[str, int]]:
    return [(sentence(reason, field), count) for reason, field, count in found]


def _field_columns(request: OfficeRequest) -> list[Column[Figures]]:
    def share(name: str, label: str) -> Column[Figures]:
        return Column(name, label, lambda row: formats.percent(getattr(row, name)), lambda row: getattr(row, name), numeric=True)

    return [
        Column("name", _("Event, field"), _name_cell, text=lambda row: labels.stream(row.stream)),
        _state(),
        _rows(_("Rows in a week")),
        share("filled", _("Filled")),
        share("valid", _("Valid")),
        Column(
            "distinct", _("Values"), lambda row: formats.number(row.distinct) if row.stream.field else formats.DASH,
            text=lambda row: row.distinct, numeric=True, wide=True,
        ),
        Column(
            "drift", _("Drift"), lambda row: formats.number(row.drift, 2), text=lambda row: row.drift, numeric=True, wide=True
        ),
        _fresh(request),
        _trend(),
    ]  # fmt: skip


def _name_cell(row: Figures) -> SafeString | str:
    if not row.stream.field:
        return format_html("<b>{}</b>", labels.event(row.stream.event))
    return format_html('{} <span class="small muted">{}</span>', row.stream.field, labels.event(row.stream.event))


def _stream(number: int) -> QualityStream:
    row = QualityStream.objects.filter(pk=number).first()
    if row is None:
        raise NotFound("unknown_stream", _("There is nothing at this address."))
    return row


@needs("sources:read")
@require_GET
def stream(request: OfficeRequest, number: int) -> HttpResponse:
    """One event or field: its figures, its days with what was expected, its values, what rests on it."""
    row, zone = _stream(number), formats.zone()
    [figures] = queries.figures_of([row], zone=zone, at_us=request.at_us)
    days = Days([row], zone=zone, at_us=request.at_us)
    rests = unsafe.reading(row)
    context = {
        "stream": row, "label": labels.stream(row), "event": labels.event(row.event), "figures": figures,
        "chip": state_chip(figures), "alarms": _told(figures.alarms), "may_write": may(request.user.role, "quarantine:write"),
        "kind": labels.KINDS.get(row.known.get("kind", ""), formats.DASH), "usual": _usual(row),
        "chart": _days_chart(row, days), "values": _values(row, days),
        "rests": [{"resting": one, "kind": labels.RESTING_KINDS[one.kind]} for one in rests],
        "refused": _refused(queries.refused(source=row.source, field=row.field, at_us=request.at_us)) if row.field else [],
        "source_page": queries.stream(row.source, "", "").pk, "last_us": _last_us(figures, request.at_us),
    }  # fmt: skip
    return render(request, "collect/quality/stream.html", context)


def _last_us(figures: Figures, at_us: int) -> int | None:
    return None if figures.last_hour is None else min((figures.last_hour + 1) * HOUR_US, at_us)


def _usual(row: QualityStream) -> str:
    """The range or the list that values are held against; empty where there is none."""
    low, high, listed = (row.known.get(name) for name in ("low", "high", "listed"))
    if low is not None and high is not None:
        return _("from %(low)s to %(high)s") % {"low": formats.number(low / 10_000, 2), "high": formats.number(high / 10_000, 2)}
    return ", ".join(listed) if listed else ""


def _days_chart(row: QualityStream, days: Days) -> Chart | None:
    """By day: rows of an event with the band of what was expected, without today, which is not over; or the shares filled and
    valid of a field."""
    numbers = list(range(days.first, days.today + (1 if row.field else 0)))
    x = [str(format_date(day_date(day), "d MMM", locale=formats.locale())) for day in numbers]
    trend = days.trend(row)[: len(numbers)]
    if sum(value is not None and value > 0 for value in trend) < 2:
        return None
    if row.field:
        low, high = queries.share_band(trend)
        series = [Series(_("filled"), trend, role="treated", low=low, high=high), Series(_("valid"), days.valid_trend(row))]
        return Chart(_("Share of rows by day"), x=x, unit="percent", series=series)
    band = usual_days({day: int(value or 0) for day, value in zip(numbers, trend, strict=True)}, numbers)
    low, high = [one[0] if one else None for one in band], [one[1] if one else None for one in band]
    return Chart(_("Rows by day"), x=x, series=[Series(_("rows"), trend, role="treated", low=low, high=high)])


def _values(row: QualityStream, days: Days) -> dict[str, Any]:
    """The most frequent values of the last week beside the four weeks before, those that are new and those that vanished."""
    week = days.today - queries.WEEK_DAYS + 1
    now = days.spread(row, week, days.today)
    before = days.spread(row, week - queries.BEFORE_DAYS, week - 1)
    total_now, total_before = max(sum(now.values()), 1), max(sum(before.values()), 1)
    shown = [
        (labels.value(name), now[name] / total_now, before[name] / total_before)
        for name, _rows in (now + before).most_common(VALUES_SHOWN)
    ]
    new, gone = spreads.came_and_went(before, now) if sum(before.values()) >= spreads.ROWS_MIN else ([], [])
    return {"shown": shown, "new": new[:VALUES_SHOWN], "gone": gone[:VALUES_SHOWN], "stability": spreads.stability(before, now)}


@needs("sources:read")
@require_GET
def alarms(request: OfficeRequest) -> HttpResponse:
    """Every alarm, the open ones first, with a form to take note of each."""
    found = queries.alarms()
    context = {
        "open": _told([one for one in found if one.closed_us is None]), "tab": "alarms",
        "closed": _told([one for one in found if one.closed_us is not None]),
        "may_write": may(request.user.role, "quarantine:write"),
    }  # fmt: skip
    return render(request, "collect/quality/alarms.html", context)


@needs("quarantine:write")
@require_POST
def acknowledge(request: OfficeRequest, number: int) -> HttpResponse:
    """Take note of an open alarm."""
    note = request.POST.get("note", "")
    try:
        operations.acknowledge(alarm_id=number, note=note, actor=request.actor, at_us=request.at_us)
    except operations.AlreadyClosed as refusal:
        messages.warning(request, refusal.message)
    else:
        messages.success(request, _("Noted. The alarm stays until the data is back."))
    return redirect("quality_alarms")


@needs("sources:read")
@require_GET
def ready(request: OfficeRequest) -> HttpResponse:
    """Whether what a funnel or a rule wants was all there in a period."""
    zone = formats.zone()
    to_day = _day(request.GET.get("to", ""), zone.day(request.at_us) - 1)
    from_day = _day(request.GET.get("from", ""), to_day - READY_DAYS + 1)
    wants = request.GET.get("wants", "").strip()
    context: dict[str, Any] = {
        "wants": wants or EXAMPLE, "from": day_date(from_day).isoformat(), "to": day_date(to_day).isoformat(), "tab": "ready",
    }  # fmt: skip
    try:
        found = readiness_queries.readiness(readiness_queries.wanted(wants or EXAMPLE), from_day=from_day, to_day=to_day)
    except Refusal as error:
        return render(request, "collect/quality/ready.html", {**context, "error": error.message}, status=422)
    return render(request, "collect/quality/ready.html", {**context, **readiness_context(found)})


def _day(text: str, otherwise: int) -> int:
    try:
        return day_number(date.fromisoformat(text))
    except ValueError:
        return otherwise


def readiness_context(found: Readiness) -> dict[str, Any]:
    """What `collect/quality/readiness.html` shows; a report of another room includes it with this."""
    steps = [
        {
            "name": labels.event(step.name), "lost": step.lost[0], "low": step.lost[1], "high": step.lost[2],
            "bend": found.bend(place), "as_seen": (1.0, 1.0),
            "gaps": [gap for gap in step.gaps if gap.holes or gap.is_missing or _is_late(gap, found)],
        }
        for place, step in enumerate(found.steps)
    ]  # fmt: skip
    causes = [labels.event(gap.event) + (f", {gap.field}" if gap.field else "")
              for step in found.steps for gap in step.gaps if gap.holes or gap.is_missing]  # fmt: skip
    return {
        "readiness": found, "verdict": labels.VERDICTS[found.verdict], "verdict_tone": labels.VERDICT_TONES[found.verdict],
        "steps": steps, "causes": list(dict.fromkeys(causes)),
    }  # fmt: skip


def _is_late(gap: Any, found: Readiness) -> bool:
    return gap.first_day is not None and gap.first_day > found.from_day + 1


def readiness_panel(request: OfficeRequest, text: str, from_day: int, to_day: int) -> SafeString:
    """The verdict over what a text wants, for a report of another room. Raises `rules.RuleError`."""
    found = readiness_queries.readiness(readiness_queries.wanted(text), from_day=from_day, to_day=to_day)
    return SafeString(render_to_string("collect/quality/readiness.html", readiness_context(found), request=request))


@needs("staff:read")
@require_GET
def entered(request: OfficeRequest) -> HttpResponseBase:
    """Who entered what, how fully, and what had to be put right."""
    found = entry.discipline(at_us=request.at_us)
    roles = role_names()
    unused: dict[str, list[str]] = {}
    for one in found.unused:
        unused.setdefault(roles.get(one.role, one.role), []).append(str(_FUNCTIONS[one.permission]))

    def fetch(page: Page) -> list[entry.Entered]:
        after = int(page.after[-1]) if page.after else -1
        return found.people[after + 1 : after + 1 + page.limit]

    def figure(name: str, label: str, *, wide: bool = False) -> Column[entry.Entered]:
        return Column(
            name, label, lambda row: formats.number(getattr(row, name)), lambda row: getattr(row, name), numeric=True, wide=wide
        )

    def share(name: str, label: str) -> Column[entry.Entered]:
        return Column(name, label, lambda row: formats.percent(getattr(row, name)), lambda row: getattr(row, name), numeric=True)

    table = Table[entry.Entered](
        request,
        name="entry",
        columns=[
            Column("name", _("Who"), lambda row: row.name),
            Column("role", _("Role"), lambda row: roles.get(row.role, _("token"))),
            figure("rows", _("Rows of files")), figure("singles", _("One by one")), figure("refused", _("Refused")),
            share("completeness", _("Right at once")), share("correction_rate", _("Put right later")),
            figure("settles", _("Put right by them"), wide=True),
            Column("why", _("Why refused"), lambda row: " ".join(sentence(code) for code, _count in row.reasons), wide=True),
        ],
        fetch=fetch,
        key=lambda row, _sort: (found.people.index(row),),
        folds=True,
        empty_title=_("Nobody entered anything"),
        empty_sentence=_("Imports, corrections, merges, consents and records that staff and tokens enter are counted here."),
    )  # fmt: skip
    return table.respond("collect/quality/entry.html", {"days": found.days, "unused": unused, "tab": "entry"})


def unsafe_note(alarms: Sequence[QualityAlarm]) -> str:
    """Why a thing is unsafe, in one sentence; empty for none."""
    if not alarms:
        return ""
    told = ngettext(
        "It rests on data that fell (%(count)s place): %(why)s.",
        "It rests on data that fell (%(count)s places): %(why)s.",
        len(alarms),
    )
    return told % {"why": "; ".join(labels.title(one) for one in alarms), "count": formats.number(len(alarms))}


def unsafe_chip(alarms: Sequence[QualityAlarm]) -> SafeString | str:
    """A mark for lists, its reason on hover and for screen readers; empty for none."""
    if not alarms:
        return ""
    return format_html('<span class="chip bad" title="{}">{}</span>', unsafe_note(alarms), _("unsafe data"))


urlpatterns = [
    path("quality/", quality, name="quality"),
    path("quality/alarms/", alarms, name="quality_alarms"),
    path("quality/alarms/<int:number>/acknowledge", acknowledge, name="acknowledge_alarm"),
    path("quality/ready/", ready, name="quality_ready"),
    path("quality/entry/", entered, name="quality_entry"),
    path("quality/sources/<int:number>/", source, name="quality_source"),
    path("quality/streams/<int:number>/", stream, name="quality_stream"),
]
