"""Looking for alarms: hours of all streams as columns, held against their past at each hour that went by. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from samovar.collect.quality import watch
from samovar.collect.quality.models import QualityAlarm, QualityHour, QualityStream
from samovar.collect.quality.operations import Fallen
from samovar.kit.clock import HOUR_US

Floats = watch.Floats
SOURCE_SHARE = 0.6  # of a source's events that fell together are told as one: the source fell
ADS = "utm:"  # events that begin so are visits by an advertisement: an advertisement that ends is no loss


@dataclass(frozen=True)
class Look:
    """What one look at a moment found: what fell and has no alarm, and the ids of open alarms, back and still so."""

    at_us: int
    fallen: list[Fallen]
    back: list[int]
    still: list[int]


class Hours:
    """The hours of all streams from five weeks before the first look up to the last."""

    def __init__(self, first_us: int, last_us: int) -> None:
        self._start = first_us // HOUR_US - watch.SPAN
        self._width = last_us // HOUR_US - self._start + 1
        self._streams = list(QualityStream.objects.order_by("id"))
        self._place = {row.pk: place for place, row in enumerate(self._streams)}
        shape = (len(self._streams), self._width)
        self.seen, self.valid, self.live = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self._read()
        self._out = {kind: np.zeros(shape, dtype=bool) for kind in QualityAlarm.KINDS}
        self._open = list(QualityAlarm.objects.filter(closed_us=None).select_related("stream"))
        self._mark_alarms(last_us)

    def _read(self) -> None:
        found = QualityHour.objects.filter(hour__gte=self._start, hour__lt=self._start + self._width)
        rows = np.array(list(found.values_list("stream_id", "hour", "seen", "valid", "live")), dtype=np.int64).reshape(-1, 5)
        places = np.array([self._place.get(id_, -1) for id_ in rows[:, 0].tolist()], dtype=np.int64)
        rows, places = rows[places >= 0], places[places >= 0]
        hours = rows[:, 1] - self._start
        self.seen[places, hours], self.valid[places, hours], self.live[places, hours] = rows[:, 2], rows[:, 3], rows[:, 4]

    def _mark_alarms(self, last_us: int) -> None:
        first_us = self._start * HOUR_US
        for row in QualityAlarm.objects.exclude(closed_us__lt=first_us):
            first = max(row.since_us // HOUR_US - self._start, 0)
            last = (row.closed_us or last_us) // HOUR_US - self._start
            if row.stream_id in self._place:
                self._out[row.kind][self._place[row.stream_id], first : last + 1] = True

    def look(self, at_us: int) -> Look:
        """What is to be told at a moment, from the hours up to it."""
        width, part = at_us // HOUR_US - self._start + 1, at_us % HOUR_US / HOUR_US
        has_alarm = {(row.stream_id, row.kind) for row in self._open}
        fallen = [*self._rows(width, part, at_us), *self._shares(width, part, at_us)]
        back = set(self._back(width, part))
        return Look(
            at_us, [one for one in fallen if (one.stream_id, one.kind) not in has_alarm], sorted(back),
            [row.pk for row in self._open if row.pk not in back],
        )  # fmt: skip

    @cached_property
    def _volumes(self) -> np.ndarray[Any, Any]:
        """The places of sources and events whose rows are followed."""
        return np.array(
            [n for n, row in enumerate(self._streams) if not row.field and not row.event.startswith(ADS)], dtype=np.int64
        )

    @cached_property
    def _fields(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """The places of fields, and those of their events."""
        events = {(row.source, row.event): n for n, row in enumerate(self._streams) if row.event and not row.field}
        pairs = [(n, events[row.source, row.event]) for n, row in enumerate(self._streams)
                 if row.field and (row.source, row.event) in events]  # fmt: skip
        found = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        return found[:, 0], found[:, 1]

    def _until(self, hours: Floats, places: Any, width: int, part: float) -> Floats:
        """Hours of some streams up to the running one; of one that begins at this moment nothing is known yet."""
        found = hours[places, :width]
        if part == 0:
            found[:, -1] = 0.0
        return found

    def _counts(self, places: np.ndarray[Any, Any], width: int, part: float) -> watch.Counts:
        live = self._until(self.live, places, width, part)
        since = np.where(live.any(axis=1), (live > 0).argmax(axis=1), width)
        return watch.Counts(live, part, self._out["volume"][places, :width], since)

    def _rows(self, width: int, part: float, at_us: int) -> Iterator[Fallen]:
        """Sources most of whose events fell, as one; and events that fell in other sources."""
        places = self._volumes
        rows = [self._streams[n] for n in places.tolist()]
        sources = {row.source: n for n, row in enumerate(self._streams) if not row.event}
        group = np.array([sources.get(row.source, -1) if row.event else -1 for row in rows])
        counts = self._counts(places, width, part)
        falls = watch.rows_falls(counts, group)
        silent = {
            row.source for row, one in zip(rows, falls, strict=True)
            if one is not None and not row.event
            and watch.low_share(counts, one.hours, group == sources[row.source]) >= SOURCE_SHARE
        }  # fmt: skip
        silent |= {row.stream.source for row in self._open if row.kind == "volume" and not row.stream.event}
        for row, one in zip(rows, falls, strict=True):
            if one is not None and (row.source in silent) == (not row.event):
                yield self._fallen(row.pk, "volume", one, at_us)

    def _shares(self, width: int, part: float, at_us: int) -> Iterator[Fallen]:
        fields, events = self._fields
        for kind in ("filled", "valid"):
            kept, whole = self._kept(kind, fields, events, width, part)
            falls = watch.share_falls(kept, whole, self._out[kind][fields, :width])
            for n, one in zip(fields.tolist(), falls, strict=True):
                if one is not None:
                    yield self._fallen(self._streams[n].pk, kind, one, at_us)

    def _kept(self, kind: str, fields: Any, events: Any, width: int, part: float) -> tuple[Floats, Floats]:
        """Of `filled` the rows that had the field among those of its event, of `valid` the valid among those that had it."""
        if kind == "filled":
            return self._until(self.seen, fields, width, part), self._until(self.seen, events, width, part)
        return self._until(self.valid, fields, width, part), self._until(self.seen, fields, width, part)

    def _fallen(self, stream_id: int, kind: str, one: watch.Fall, at_us: int) -> Fallen:
        return Fallen(stream_id, kind, (at_us // HOUR_US - one.hours) * HOUR_US, one.expected, one.seen)

    def _back(self, width: int, part: float) -> Iterator[int]:
        """The ids of open alarms whose data is back."""
        fields, events = self._fields
        event_of = dict(zip(fields.tolist(), events.tolist(), strict=True))
        for row in self._open:
            place = self._place.get(row.stream_id, -1)
            if row.kind == "volume":
                are_back = watch.rows_are_back(self._counts(np.array([place]), width, part))
            elif place in event_of:
                kept, whole = self._kept(row.kind, [place], [event_of[place]], width, part)
                are_back = watch.shares_are_back(kept, whole, np.array([row.expected]))
            else:
                continue
            if are_back[0]:
                yield row.pk
