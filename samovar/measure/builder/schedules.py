"""Schedules of saved reports and boards: when each is due, kept and removed by people. `dispatches` sends what is due."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Literal

from django.conf import settings
from django.db.models import Max
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from samovar.engine import store
from samovar.engine.outbox import Announcement, emit
from samovar.engine.warehouse.schema import NEVER_US
from samovar.kit.clock import Zone, day_date
from samovar.kit.errors import NotFound
from samovar.measure.builder import files
from samovar.measure.builder.fields import BadReport
from samovar.measure.models import Board, CounterAlert, SavedReport, Schedule
from samovar.measure.reports.live import Live
from samovar.staff import audit
from samovar.staff.actors import Actor

Subject = SavedReport | Board
ON_ALERT = "alert"  # not by the clock: when the alert of a watched counter opens
EVERY = ("daily", "weekly", "monthly", ON_ALERT)
FIELDS = ("every", "weekday", "day", "time", "format", "language", "addresses")
ADDRESSES_MAX = 20
_ADDRESS = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,255}\Z")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\Z")


def next_us(schedule: Schedule, after_us: int, zone: Zone) -> int:
    """The first moment after another at which a schedule is due; a time that a change of clocks leaves out moves forward."""
    if schedule.every == ON_ALERT:
        return NEVER_US
    day = zone.day(after_us)
    while True:
        date = day_date(day)
        if _is_on(schedule, date):
            moment = zone.of_naive(dt.datetime.combine(date, dt.time(schedule.minute // 60, schedule.minute % 60)))
            if moment > after_us:
                return moment
        day += 1


def _is_on(schedule: Schedule, date: dt.date) -> bool:
    if schedule.every == "weekly":
        return date.isoweekday() == schedule.weekday
    return schedule.every == "daily" or date.day == schedule.day


def kind_of(of: Subject) -> Literal["report", "board"]:
    """What a schedule belongs to."""
    return "board" if isinstance(of, Board) else "report"


def formats(of: Subject) -> list[str]:
    """The files that it can be sent as."""
    return list(files.BOARD_TYPES if isinstance(of, Board) else files.TYPES)


def one(of: Subject, number: int) -> Schedule:
    """A schedule of it. Raises `NotFound`."""
    row = of.schedules.filter(id=number).first()
    if row is None:
        raise NotFound("unknown_schedule", _("There is no schedule %(number)s here.") % {"number": number})
    return row


def save(*, of: Subject, values: Mapping[str, str], zone: Zone, actor: Actor, at_us: int) -> Schedule:
    """A new schedule of `format`, `language` (the reader's where none is said), `addresses`, `every`, `weekday`, `day` and
    `time`. Raises `BadReport`."""
    row = Schedule(created_us=at_us, **{kind_of(of): of}, **_cleaned(of, values))
    row.language = row.language or (get_language() or settings.LANGUAGE_CODE)[:2]
    row.next_us = next_us(row, at_us, zone)
    with store.transaction():
        if row.every == ON_ALERT:
            row.after_alert = CounterAlert.objects.filter(report=row.report).aggregate(last=Max("id"))["last"] or 0
        row.save(force_insert=True)
        _tell(row, "schedule.save", "Schedule Saved", actor, at_us)
    return row


def replace(*, of: Subject, wanted: Any, zone: Zone, actor: Actor, at_us: int) -> None:
    """Leave exactly the schedules of a definition: those that are so already stay as they are, in their language where the
    definition says none. Raises `BadReport`."""
    missing = [values(Schedule(**_cleaned(of, texts(one)))) for one in _listed(wanted)]
    with store.transaction():
        for row in of.schedules.order_by("id"):
            own = values(row)
            if same := [one for one in missing if one in (own, {**own, "language": ""})]:
                missing.remove(same[0])
            else:
                remove(schedule=row, actor=actor, at_us=at_us)
        for one in missing:
            save(of=of, values=texts(one), zone=zone, actor=actor, at_us=at_us)


def _listed(wanted: Any) -> list[dict[str, Any]]:
    rows: list[Any] = wanted if isinstance(wanted, list) else [None]
    if any(not isinstance(row, dict) or set(row) - set(FIELDS) for row in rows):
        message = _("Schedules are a list; each has: %(names)s.") % {"names": ", ".join(FIELDS)}
        raise BadReport("bad_schedule", message, field="schedules")
    return rows


def values(row: Schedule) -> dict[str, Any]:
    """What a person decided of a schedule, as a definition and the REST API say it."""
    what = {"format": row.format, "language": row.language, "addresses": list(row.addresses)}
    if row.every == ON_ALERT:
        return {"every": row.every, **what}
    when = {"weekly": {"weekday": row.weekday}, "monthly": {"day": row.day}}.get(row.every, {})
    return {"every": row.every, **when, "time": _clock(row.minute), **what}


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def as_json(row: Schedule) -> dict[str, Any]:
    """The pinned form of the command line and of the REST API."""
    next_us = None if row.every == ON_ALERT else row.next_us
    return {"id": row.id, "of": kind_of(row.of), "slug": row.of.slug, **values(row), "next_us": next_us}


def texts(given: Mapping[str, Any]) -> dict[str, str]:
    """Plain values as a form has them. YAML reads a time of 10:00 that stands without quotes as 600: minutes."""
    if isinstance(time := given.get("time"), int):
        given = {**given, "time": _clock(time)}
    lists = {name: " ".join(map(str, one)) for name, one in given.items() if isinstance(one, list)}
    return {**{name: str(one) for name, one in given.items() if one is not None}, **lists}


def remove(*, schedule: Schedule, actor: Actor, at_us: int) -> None:
    """Remove a schedule with what is still planned of it."""
    with store.transaction():
        _tell(schedule, "schedule.remove", "Schedule Removed", actor, at_us)
        schedule.delete()


def _cleaned(of: Subject, values: Mapping[str, str]) -> dict[str, Any]:
    addresses = list(dict.fromkeys(re.split(r"[\s,;]+", values.get("addresses", "").strip())))
    bad = next((one for one in addresses if not _ADDRESS.match(one)), None)
    if bad is not None or len(addresses) > ADDRESSES_MAX:
        message = _("Name one to %(limit)s e-mail addresses; “%(address)s” is none.")
        raise BadReport("bad_address", message % {"limit": ADDRESSES_MAX, "address": (bad or "")[:60]}, field="addresses")
    if isinstance(of, Board) and values.get("format") == "csv":
        message = _("A board goes as XLSX or PDF: a CSV file holds one table.")
        raise BadReport("board_as_csv", message, field="format")
    is_on_alert = values.get("every") == ON_ALERT
    if is_on_alert and not is_watched(of):
        message = _("Only a live counter with a line has alerts. Choose how often it is sent.")
        raise BadReport("no_alerts", message, field="every")
    every, format = values.get("every", "daily"), values.get("format", "xlsx")
    if every not in EVERY:
        raise BadReport("bad_schedule", _("“every” is one of %(names)s.") % {"names": ", ".join(EVERY)}, field="every")
    if format not in formats(of):
        message = _("The file is one of %(names)s.") % {"names": ", ".join(formats(of))}
        raise BadReport("bad_schedule", message, field="format")
    if (language := values.get("language", "")) not in ("", *dict(settings.LANGUAGES)):
        message = _("The language is one of %(names)s.") % {"names": ", ".join(dict(settings.LANGUAGES))}
        raise BadReport("bad_schedule", message, field="language")
    time = _TIME.match("00:00" if is_on_alert else values.get("time", "").strip())
    if time is None:
        raise BadReport("bad_schedule", _("Say at what time it is sent, such as 09:00."), field="time")
    weekday = _number(
        values, "weekday", 7, _("A weekly one needs its weekday, from 1 for Monday to 7 for Sunday."), every == "weekly"
    )
    day = _number(values, "day", 28, _("A monthly one needs its day of the month, from 1 to 28."), every == "monthly")
    return {
        "format": format, "language": language, "addresses": addresses, "every": every, "weekday": weekday, "day": day,
        "minute": int(time[1]) * 60 + int(time[2]),
    }  # fmt: skip


def _number(values: Mapping[str, str], name: str, most: int, says: str, is_needed: bool) -> int:
    """A weekday or a day of the month; 1 where there is none and none is needed. Raises `BadReport`."""
    text = values.get(name, "").strip()
    if not text and not is_needed:
        return 1
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        raise BadReport("bad_schedule", says, field=name)
    return int(text)


def is_watched(of: Subject) -> bool:
    """Whether it is a live counter with a line, whose alerts open."""
    return isinstance(of, SavedReport) and of.report == Live.name and bool(of.params.get(Live.line.name))


def _tell(row: Schedule, action: str, event: str, actor: Actor, at_us: int) -> None:
    told = {
        kind_of(row.of): row.of.slug, "format": row.format, "language": row.language, "addresses": row.addresses,
        "every": row.every, "weekday": row.weekday, "day": row.day, "minute": row.minute,
    }  # fmt: skip
    is_new = action == "schedule.save"
    subject = f"schedule:{row.id}"
    audit.record(
        actor=actor, action=action, subject=subject, at_us=at_us, old=None if is_new else told, new=told if is_new else None
    )
    key = f"schedule/{row.id}/{'saved' if is_new else 'removed'}"
    emit([Announcement(key, event, at_us, {"schedule_id": row.id, "of": kind_of(row.of), "slug": row.of.slug})])
