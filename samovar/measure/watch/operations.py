"""Writing what was watched: alerts as they open and close, a person's word on one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from django.utils.translation import gettext as _

from samovar.engine import outbox, store
from samovar.engine.outbox import Announcement
from samovar.kit.errors import NotFound, Refusal
from samovar.measure.models import CounterAlert, CounterWatch, SavedReport
from samovar.measure.watch.turns import Closed, Judged, Opened
from samovar.staff import audit
from samovar.staff.actors import Actor

NOTE_MAX, FAULT_MAX = 500, 300


class AlreadyClosed(Refusal):
    """An alert that closed itself is not acknowledged any more."""

    status = 409


def watch_of(report: SavedReport, *, from_us: int) -> CounterWatch:
    """How far a counter was watched. One that is new, or asks for something else than before, is watched from a moment on."""
    with store.transaction():
        watch, _is_new = CounterWatch.objects.get_or_create(
            report=report, defaults={"params": report.params, "watched_us": from_us}
        )
        if watch.params != report.params:
            _close(CounterAlert.objects.filter(report=report, closed_us=None), from_us)
            watch.params, watch.watched_us, watch.fault = report.params, from_us, ""
            watch.save(update_fields=["params", "watched_us", "fault"])
    return watch


def forget(*, kept: Sequence[int], at_us: int) -> None:
    """Leave off watching reports that have no line any more: all but those kept, by id."""
    watched = CounterWatch.objects.exclude(report_id__in=kept)
    if watched.exists():
        with store.transaction():
            _close(CounterAlert.objects.filter(closed_us=None).exclude(report_id__in=kept), at_us)
            watched.delete()


def tell(
    watch: CounterWatch, *, turns: Iterable[Opened | Closed], judged: Sequence[Judged], until_us: int, side: str, kind: str
) -> None:
    """Open and close alerts as the turns say, note how it stands with the open one, and move the mark: all or nothing.

    Twice is once: nothing happens where the mark has moved since `watch` was read.
    """
    with store.transaction():
        mine = CounterWatch.objects.filter(pk=watch.pk, watched_us=watch.watched_us)
        if not mine.update(watched_us=until_us, fault=""):
            return
        for turn in turns:
            rows = CounterAlert.objects.filter(report_id=watch.report_id, closed_us=None)
            if isinstance(turn, Closed):
                _close(rows, turn.last.end_us)
            elif not rows.exists():
                _open(watch, turn, side, kind)
        for row in CounterAlert.objects.filter(report_id=watch.report_id, closed_us=None):
            _note(row, judged)


def fail(watch: CounterWatch, *, fault: str, until_us: int) -> None:
    """The figure cannot be counted: the pages say why, and it is watched on from a moment."""
    with store.transaction():
        CounterWatch.objects.filter(pk=watch.pk).update(fault=fault[:FAULT_MAX], watched_us=until_us)


def _open(watch: CounterWatch, turn: Opened, side: str, kind: str) -> None:
    told = turn.last
    assert told.figure is not None and told.line is not None  # or it would not be beyond
    row = CounterAlert.objects.create(
        report_id=watch.report_id, side=side, kind=kind, since_us=turn.first.end_us, opened_us=told.end_us, last_us=told.end_us,
        figure=told.figure, line=told.line, worst=told.figure,
    )  # fmt: skip
    outbox.emit([_announced(row, "Opened", told.end_us)])


def _close(rows: Any, at_us: int) -> None:
    for row in rows:
        CounterAlert.objects.filter(pk=row.pk).update(closed_us=at_us)
        outbox.emit([_announced(row, "Closed", at_us)])


def _note(row: CounterAlert, judged: Sequence[Judged]) -> None:
    """The furthest figure of an open alert, and when it was last beyond."""
    beyond = [one for one in judged if one.state == "beyond" and one.end_us >= row.since_us and one.figure is not None]
    if beyond:
        furthest = min if row.side == "below" else max
        row.worst = furthest([row.worst, *(one.figure for one in beyond if one.figure is not None)])
        row.last_us = max(row.last_us, beyond[-1].end_us)
        row.save(update_fields=["worst", "last_us"])


def _announced(row: CounterAlert, verb: Literal["Opened", "Closed"], at_us: int) -> Announcement:
    told = {
        "alert_id": row.pk, "report": row.report.slug, "name": row.report.name, "side": row.side, "kind": row.kind,
        "since_us": row.since_us, "figure": row.figure, "line": row.line, "worst": row.worst,
    }  # fmt: skip
    return Announcement(f"counter_alert:{row.pk}:{verb.lower()}", f"Counter Alert {verb}", at_us, told)


def acknowledge(*, alert: CounterAlert, note: str, actor: Actor, at_us: int) -> CounterAlert:
    """Say that somebody knows of an open alert, with a word on it; it stays open until the figure is back.

    Raises `NotFound`, `AlreadyClosed`.
    """
    with store.transaction():
        row = CounterAlert.objects.filter(pk=alert.pk).select_related("report").first()
        if row is None:
            raise NotFound("unknown_alert", _("There is no alert № %(number)s.") % {"number": alert.pk})
        if row.closed_us is not None:
            raise AlreadyClosed("alert_closed", _("The figure is back, and the alert closed itself: nothing is to be done."))
        old = {"acknowledged_by": row.acknowledged_by, "note": row.note}
        row.acknowledged_us, row.acknowledged_by, row.note = at_us, actor.name, note.strip()[:NOTE_MAX]
        row.save(update_fields=["acknowledged_us", "acknowledged_by", "note"])
        new = {"acknowledged_by": row.acknowledged_by, "note": row.note}
        audit.record(
            actor=actor, action="counter_alert.acknowledge", subject=f"counter_alert:{row.pk}", at_us=at_us, old=old, new=new
        )
        told = {"alert_id": row.pk, "report": row.report.slug, "by": row.acknowledged_by, "note": row.note}
        outbox.emit([Announcement(f"counter_alert:{row.pk}:acknowledged:{at_us}", "Counter Alert Acknowledged", at_us, told)])
    return row
