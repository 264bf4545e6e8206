"""Reading quality: the figures of sources, events and fields over the last week, their days, their alarms.

The last week is today and the six local days before; it is held against the four weeks before it. Both are of data time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median, pstdev
from typing import Any

from django.db.models import Count, Max, QuerySet
from django.utils.translation import gettext as _

from samovar.collect.imports.models import QuarantineRow
from samovar.collect.quality import spreads
from samovar.collect.quality.looks import ADS
from samovar.collect.quality.models import QualityAlarm, QualityDay, QualityHour, QualityMark, QualityStream
from samovar.kit.clock import DAY_US, HOUR_US, Zone, day_date, iso
from samovar.kit.errors import NotFound
from samovar.rules.errors import nearest

WEEK_DAYS, BEFORE_DAYS, TREND_DAYS = 7, 28, 35
DRIFT_MUCH = 0.1  # Jensen-Shannon divergence: a fifth of the rows moved to values that were not there gives as much
ALARMS_MAX = 500
REASONS_MAX = 10


@dataclass(frozen=True)
class Figures:
    """A stream over the last week. Of a source or an event `rows` are its own; of a field they are its event's.

    `filled` and `valid` are shares of 1, None without rows; `drift` 0 to 1 against the four weeks before; `trend` is what the
    stream is judged by, by local day, the oldest first: rows of an event, the filled share of a field (None without rows).
    """

    stream: QualityStream
    rows: int
    rows_before: int
    filled: float | None
    valid: float | None
    distinct: int
    drift: float | None
    last_hour: int | None
    trend: list[float | None]
    alarms: list[QualityAlarm] = field(default_factory=list)

    @property
    def state(self) -> str:
        """`bad` with an open alarm nobody knows of, `known` with acknowledged ones, `moved` where values drifted, else `good`."""
        if self.alarms:
            return "known" if all(one.acknowledged_us for one in self.alarms) else "bad"
        return "moved" if self.drift is not None and self.drift >= DRIFT_MUCH else "good"

    @property
    def completeness(self) -> float | None:
        """The share filled; of an event or a source there is none."""
        return self.filled if self.stream.field else None


class Days:
    """The days of some streams around a moment, with those of their events; `with_values` reads kinds, bins and registers too."""

    def __init__(self, streams: Sequence[QualityStream], *, zone: Zone, at_us: int, with_values: bool = True) -> None:
        self.today = zone.day(at_us)
        self.first = self.today - TREND_DAYS + 1
        self._streams, self._with_values = streams, with_values
        self._parents = self._read_parents()
        self._counts: dict[int, dict[int, tuple[int, int]]] = defaultdict(dict)
        self._bins: dict[int, dict[int, Mapping[str, int]]] = defaultdict(dict)
        self._registers: dict[int, dict[int, bytes]] = defaultdict(dict)
        self._read()

    def _read_parents(self) -> dict[tuple[str, str], int]:
        rows = QualityStream.objects.filter(field="", source__in={row.source for row in self._streams})
        return {(source, event): id_ for id_, source, event in rows.values_list("id", "source", "event")}

    def _read(self) -> None:
        ids = {row.pk for row in self._streams}
        wanted = ids | {self.parent(row) for row in self._streams}
        rows = QualityDay.objects.filter(stream__in=wanted, day__gte=self.first, day__lte=self.today)
        for id_, day, seen, valid in rows.values_list("stream_id", "day", "seen", "valid"):
            self._counts[id_][day] = (seen, valid)
        if self._with_values:
            spread = QualityDay.objects.filter(stream__in=ids, day__gte=self.first, day__lte=self.today).exclude(bins={})
            for id_, day, bins, registers in spread.values_list("stream_id", "day", "bins", "registers"):
                self._bins[id_][day], self._registers[id_][day] = bins, bytes(registers)

    def parent(self, row: QualityStream) -> int:
        """The id of a field's event; of an event or a source its own."""
        return self._parents.get((row.source, row.event), row.pk) if row.field else row.pk

    @cached_property
    def last_hours(self) -> dict[int, int]:
        """The last hour with rows of each stream."""
        ids = [row.pk for row in self._streams]
        found = QualityHour.objects.filter(stream__in=ids, seen__gt=0).values("stream_id").annotate(last=Max("hour"))
        return {row["stream_id"]: row["last"] for row in found}

    def counts(self, id_: int, first: int, last: int) -> tuple[int, int]:
        """(seen, valid) of a stream from one local day to another."""
        days = [self._counts[id_].get(day, (0, 0)) for day in range(first, last + 1)]
        return sum(seen for seen, _valid in days), sum(valid for _seen, valid in days)

    def spread(self, row: QualityStream, first: int, last: int) -> Counter[str]:
        """How the values of a field were spread from one local day to another."""
        return spreads.joined(self._bins[row.pk].get(day, {}) for day in range(first, last + 1))

    def figures(self, row: QualityStream, alarms: Sequence[QualityAlarm] = ()) -> Figures:
        """One stream's figures."""
        week, before = self.today - WEEK_DAYS + 1, self.today - WEEK_DAYS - BEFORE_DAYS + 1
        seen, valid = self.counts(row.pk, week, self.today)
        rows, _valid = self.counts(self.parent(row), week, self.today)
        rows_before, _valid = self.counts(self.parent(row), before, week - 1)
        now, then = self.spread(row, week, self.today), self.spread(row, before, week - 1)
        registers = b""
        for day in range(week, self.today + 1):
            registers = spreads.merged(registers, self._registers[row.pk].get(day, b""))
        return Figures(
            row, rows, rows_before, seen / rows if rows and row.field else None, valid / seen if seen and row.field else None,
            spreads.estimate(registers), spreads.drift(then, now), self.last_hours.get(row.pk), self.trend(row), list(alarms),
        )  # fmt: skip

    def trend(self, row: QualityStream) -> list[float | None]:
        """By day: rows of an event, the filled share of a field."""
        days = range(self.first, self.today + 1)
        if not row.field:
            return [float(self.counts(row.pk, day, day)[0]) for day in days]
        return [self._share(self.counts(row.pk, day, day)[0], self.counts(self.parent(row), day, day)[0]) for day in days]

    def valid_trend(self, row: QualityStream) -> list[float | None]:
        """The valid share of a field by day."""
        return [self._share(*reversed(self.counts(row.pk, day, day))) for day in range(self.first, self.today + 1)]

    @staticmethod
    def _share(part: int, whole: int) -> float | None:
        return min(part / whole, 1.0) if whole else None


def overview(*, zone: Zone, at_us: int) -> list[Figures]:
    """Every source with its figures, those with open alarms first."""
    alarms = open_alarms()
    sources = list(QualityStream.objects.filter(event="", field="").order_by("source"))
    days = Days(sources, zone=zone, at_us=at_us, with_values=False)
    found = [days.figures(row, [one for one in alarms if one.stream.source == row.source]) for row in sources]
    return sorted(found, key=lambda one: (not one.alarms, -one.rows, one.stream.source))


def completeness_of(*, zone: Zone, at_us: int) -> dict[str, float]:
    """The share of fields that were filled, over all events of a source in the last week, weighed by rows."""
    streams = list(QualityStream.objects.exclude(event="").exclude(event__startswith=ADS))
    days = Days(streams, zone=zone, at_us=at_us, with_values=False)
    first = days.today - WEEK_DAYS + 1
    parts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in streams:
        if row.field:
            parts[row.source][0] += days.counts(row.pk, first, days.today)[0]
            parts[row.source][1] += days.counts(days.parent(row), first, days.today)[0]
    return {source: min(filled / rows, 1.0) for source, (filled, rows) in parts.items() if rows}


def streams_of(*, source: str = "", field_name: str = "", event: str | None = None) -> QuerySet[QualityStream]:
    """Events and fields, of one source, of one event, of one name of a field or `event.field`."""
    found = QualityStream.objects.exclude(event="").order_by("source", "event", "field")
    if source:
        found = found.filter(source=source)
    if event is not None:
        found = found.filter(event=event)
    if field_name:
        named = found.filter(field=field_name)
        head, _dot, tail = field_name.partition(".")
        found = named if named.exists() else found.filter(event=head, field=tail)
    return found


NAMED_MAX = 12  # of what there is instead


def check_known(*, source: str = "", field_name: str = "") -> None:
    """Raise `NotFound` for a source or a field of which nothing ever came, with those there are; not before anything came."""
    if source and not streams_of(source=source).exists() and (sources := _named(streams_of(), "source")):
        message = _("There is no source “%(name)s”. There are: %(names)s.")
        raise NotFound("unknown_source", message % {"name": source[:100], "names": _listed(source, sources)}, field="source")
    if field_name and not streams_of(source=source, field_name=field_name).exists():
        of = streams_of(source=source)
        if names := [one for one in (*_named(of, "field"), *_named(of, "event")) if one]:
            message = _("There is no field or event “%(name)s”. There are: %(names)s.")
            told = {"name": field_name[:100], "names": _listed(field_name, names)}
            raise NotFound("unknown_field", message % told, field="field")


def _named(rows: QuerySet[QualityStream], column: str) -> list[str]:
    return sorted(set(rows.values_list(column, flat=True)))


def _listed(name: str, names: Sequence[str]) -> str:
    """The nearest names, else the first of all."""
    listed = nearest(name, names) or names[:NAMED_MAX]
    return ", ".join(listed) + (" …" if len(listed) == NAMED_MAX < len(names) else "")


def figures_of(streams: Iterable[QualityStream], *, zone: Zone, at_us: int) -> list[Figures]:
    """The figures of some streams, in their order."""
    rows = list(streams)
    by_stream: dict[int, list[QualityAlarm]] = defaultdict(list)
    for one in open_alarms():
        by_stream[one.stream_id].append(one)
    days = Days(rows, zone=zone, at_us=at_us)
    return [days.figures(row, by_stream[row.pk]) for row in rows]


def stream(source: str, event: str, name: str) -> QualityStream:
    """One stream. Raises `NotFound`."""
    found = QualityStream.objects.filter(source=source, event=event, field=name).first()
    if found is None:
        told = _("Nothing is known of “%(name)s” of the source “%(source)s” yet.")
        raise NotFound("unknown_stream", told % {"name": name or event or source, "source": source})
    return found


def events_of(source: str) -> frozenset[str]:
    """The events that a source has sent."""
    streams = QualityStream.objects.filter(source=source, field="").exclude(event="")
    return frozenset(streams.values_list("event", flat=True))


def open_alarms() -> list[QualityAlarm]:
    """Alarms whose data is not back, the newest first."""
    return list(QualityAlarm.objects.filter(closed_us=None).select_related("stream").order_by("-opened_us", "-id"))


def alarms(*, only_open: bool = False, limit: int = ALARMS_MAX) -> list[QualityAlarm]:
    """Alarms, the open ones first, then the newest."""
    found = open_alarms()
    if only_open:
        return found[:limit]
    closed = QualityAlarm.objects.exclude(closed_us=None).select_related("stream").order_by("-opened_us", "-id")
    return [*found, *closed[: max(limit - len(found), 0)]]


def is_counting() -> bool:
    """Whether the first count is still under way or has not begun."""
    row = QualityMark.objects.filter(pk=1).first()
    return row is None or row.after < 0


def alarm_as_json(one: QualityAlarm) -> dict[str, Any]:
    """An alarm for machines; moments are ISO texts, None where there is none."""
    return {
        "id": one.pk, "kind": one.kind, "source": one.stream.source, "event": one.stream.event, "field": one.stream.field,
        "since": iso(one.since_us), "opened": iso(one.opened_us), "last": iso(one.last_us),
        "closed": None if one.closed_us is None else iso(one.closed_us), "expected": round(one.expected, 4),
        "seen": round(one.seen, 4), "acknowledged_by": one.acknowledged_by, "note": one.note,
    }  # fmt: skip


def figures_as_json(one: Figures) -> dict[str, Any]:
    """Figures of an event (`field` empty) or a field for machines; shares are of 1."""
    row = one.stream
    return {
        "source": row.source, "event": row.event, "field": row.field, "kind": row.known.get("kind"), "rows": one.rows,
        "rows_before": one.rows_before, "filled": _rounded(one.filled), "valid": _rounded(one.valid), "distinct": one.distinct,
        "drift": _rounded(one.drift), "state": one.state,
        "last_at": None if one.last_hour is None else iso(one.last_hour * HOUR_US),
        "alarms": [alarm.pk for alarm in one.alarms],
    }  # fmt: skip


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def days_as_json(days: Days, row: QualityStream) -> list[dict[str, Any]]:
    """A stream's days for machines, the oldest first."""
    trend, valid = days.trend(row), days.valid_trend(row)
    return [
        {
            "day": day_date(day).isoformat(), "rows": days.counts(days.parent(row), day, day)[0],
            "filled": _rounded(trend[place]) if row.field else None, "valid": _rounded(valid[place]) if row.field else None,
        }
        for place, day in enumerate(range(days.first, days.today + 1))
    ]  # fmt: skip


def quality_as_json(*, zone: Zone, at_us: int, source: str = "", field_name: str = "") -> dict[str, Any]:
    """`fields` (of events and their fields), `alarms` that are open, `at`: what page, command and endpoint tell alike.

    Raises `NotFound` for a source or a field that is not there.
    """
    check_known(source=source, field_name=field_name)
    found = figures_of(streams_of(source=source, field_name=field_name), zone=zone, at_us=at_us)
    shown = {one.stream.pk for one in found}
    told = [one for one in open_alarms() if one.stream_id in shown or not (source or field_name)]
    return {
        "fields": [figures_as_json(one) for one in found],
        "alarms": [alarm_as_json(one) for one in told],
        "at": iso(at_us),
    }


def refused(*, source: str, at_us: int, field: str | None = None) -> list[tuple[str, str, int]]:
    """(reason, field, rows) of what was refused of a source in the last four weeks, the most frequent first; of a field alone
    where one is named."""
    rows = QuarantineRow.objects.filter(source=source, added_us__gte=at_us - BEFORE_DAYS * DAY_US, added_us__lte=at_us)
    if field is not None:
        rows = rows.filter(field=field)
    found = rows.values("reason", "field").annotate(rows=Count("id")).order_by("-rows", "reason", "field")
    return [(row["reason"], row["field"], row["rows"]) for row in found[:REASONS_MAX]]


@dataclass(frozen=True)
class Keywords:
    """Visits that the advertisements of a platform brought in the last week, the share of them with a keyword now and in the four
    weeks before, and that share by day."""

    platform: str
    stream_id: int
    visits: int
    share: float | None
    share_before: float | None
    trend: list[float]
    alarms: list[QualityAlarm]


def keywords(*, zone: Zone, at_us: int) -> list[Keywords]:
    """Every platform that brought visits in the last five weeks, over all sources, those with most visits first."""
    streams = list(QualityStream.objects.filter(event__startswith=ADS, field="keyword"))
    days = Days(streams, zone=zone, at_us=at_us, with_values=False)
    open_ = open_alarms()
    found = []
    for row in streams:
        figures = days.figures(row, [one for one in open_ if one.stream_id == row.pk])
        week = days.today - WEEK_DAYS
        kept, _valid = days.counts(row.pk, week - BEFORE_DAYS + 1, week)
        before = kept / figures.rows_before if figures.rows_before else None
        trend = [value for value in figures.trend if value is not None]
        if figures.rows or figures.rows_before:
            found.append(
                Keywords(row.event.removeprefix(ADS), row.pk, figures.rows, figures.filled, before, trend, figures.alarms)
            )
    return sorted(found, key=lambda one: (-one.visits, one.platform))


def share_band(trend: Sequence[float | None]) -> tuple[list[float | None], list[float | None]]:
    """(low, high) for each day: twice the usual distance around the mean of the days before, where seven are known."""
    low: list[float | None] = []
    high: list[float | None] = []
    for place in range(len(trend)):
        before = [value for value in trend[max(place - BEFORE_DAYS, 0) : place] if value is not None]
        if len(before) < WEEK_DAYS:
            low.append(None)
            high.append(None)
            continue
        usual, apart = median(before), max(2 * pstdev(before), 0.005)
        low.append(max(usual - apart, 0.0))
        high.append(min(usual + apart, 1.0))
    return low, high
