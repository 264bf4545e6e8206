"""Schedules of saved reports: when each is due, kept and removed by people, and one turn of sending what is due.

1. What is due is planned: a row for each occurrence and address, unique for ever, in the transaction that moves `next_us` on.
   After a time of standing still only the latest occurrence goes out.
2. A planned row becomes an intent (`sending`) before the wire is touched, and its outcome after. The file is as of the
   occurrence. A warehouse that cannot answer now is asked again, which is no attempt.
3. What failed is tried once more after `AGAIN_US`. An intent without an outcome is in doubt and never sent by itself again.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from samovar.communicate import courier
from samovar.communicate.channels.email.exchange import Delivery
from samovar.communicate.options import sending_options
from samovar.engine import store
from samovar.engine.outbox import Announcement, emit
from samovar.engine.warehouse.client import Asker, WarehouseBusy
from samovar.engine.workspace import Workspace
from samovar.kit.clock import MINUTE_US, Zone, day_date
from samovar.kit.errors import Refusal
from samovar.measure.builder import files, queries
from samovar.measure.builder.fields import BadReport
from samovar.measure.models import Dispatch, SavedReport, Schedule
from samovar.staff import audit
from samovar.staff.actors import Actor

EVERY = ("daily", "weekly", "monthly")
ADDRESSES_MAX, ATTEMPTS_MAX, A_TURN = 20, 2, 5
AGAIN_US, DOUBT_US = 10 * MINUTE_US, 5 * MINUTE_US
_ADDRESS = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,255}\Z")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\Z")
log = logging.getLogger(__name__)


def next_us(schedule: Schedule, after_us: int, zone: Zone) -> int:
    """The first moment after another at which a schedule is due; a time that a change of clocks leaves out moves forward."""
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


def save(*, report: SavedReport, values: Mapping[str, str], zone: Zone, actor: Actor, at_us: int) -> Schedule:
    """A new schedule of `format`, `addresses`, `every`, `weekday`, `day` and `time`. Raises `BadReport`."""
    row = Schedule(report=report, created_us=at_us, **_cleaned(values))
    row.next_us = next_us(row, at_us, zone)
    with store.transaction():
        row.save(force_insert=True)
        _tell(row, "schedule.save", "Schedule Saved", actor, at_us)
    return row


def remove(*, schedule: Schedule, actor: Actor, at_us: int) -> None:
    """Remove a schedule with what is still planned of it."""
    with store.transaction():
        _tell(schedule, "schedule.remove", "Schedule Removed", actor, at_us)
        schedule.delete()


def _cleaned(values: Mapping[str, str]) -> dict[str, Any]:
    addresses = list(dict.fromkeys(re.split(r"[\s,;]+", values.get("addresses", "").strip())))
    bad = next((one for one in addresses if not _ADDRESS.match(one)), None)
    if bad is not None or len(addresses) > ADDRESSES_MAX:
        message = _("Name one to %(limit)s e-mail addresses; “%(address)s” is none.")
        raise BadReport("bad_address", message % {"limit": ADDRESSES_MAX, "address": (bad or "")[:60]}, field="addresses")
    time = _TIME.match(values.get("time", "").strip())
    every, format = values.get("every", "daily"), values.get("format", "xlsx")
    weekday, day = values.get("weekday") or "1", values.get("day") or "1"
    numbers = weekday.isdigit() and day.isdigit() and 1 <= int(weekday) <= 7 and 1 <= int(day) <= 28
    if time is None or every not in EVERY or format not in files.TYPES or not numbers:
        raise BadReport("bad_schedule", _("Choose how often, at what time such as 09:00, and which file."), field="time")
    return {
        "format": format, "addresses": addresses, "every": every, "weekday": int(weekday), "day": int(day),
        "minute": int(time[1]) * 60 + int(time[2]),
    }  # fmt: skip


def _tell(row: Schedule, action: str, event: str, actor: Actor, at_us: int) -> None:
    told = {
        "report": row.report.slug, "format": row.format, "addresses": row.addresses, "every": row.every, "weekday": row.weekday,
        "day": row.day, "minute": row.minute,
    }  # fmt: skip
    is_new = action == "schedule.save"
    subject = f"schedule:{row.id}"
    audit.record(
        actor=actor, action=action, subject=subject, at_us=at_us, old=None if is_new else told, new=told if is_new else None
    )
    key = f"schedule/{row.id}/{'saved' if is_new else 'removed'}"
    emit([Announcement(key, event, at_us, {"schedule_id": row.id, "slug": row.report.slug})])


def undelivered() -> list[Dispatch]:
    """What failed or is in doubt among the last occurrence of each schedule and address."""
    found = []
    for row in Dispatch.objects.filter(state__in=("failed", "in_doubt")).select_related("schedule__report").order_by("-id")[:50]:
        later = Dispatch.objects.filter(schedule=row.schedule, address=row.address, due_us__gt=row.due_us, state="sent")
        if not later.exists():
            found.append(row)
    return found


# One turn


def tick(*, workspace: Workspace, warehouse: Asker, at_us: int) -> int:
    """Plan and send what is due; how many rows had an outcome."""
    _plan(workspace.zone, at_us)
    Dispatch.objects.filter(state="sending", turn_us__lte=at_us - DOUBT_US).update(state="in_doubt", reason="no outcome")
    if sending_options().is_paused:
        return 0
    due = Dispatch.objects.filter(state="planned", turn_us__lte=at_us).select_related("schedule__report").order_by("id")
    return sum(_send(row, workspace, warehouse, at_us) for row in due[:A_TURN])


def next_turn_us(after_us: int) -> int | None:
    """The next moment after another at which something here may be due."""
    turns = [
        Schedule.objects.filter(next_us__gt=after_us).order_by("next_us").values_list("next_us", flat=True).first(),
        Dispatch.objects.filter(state="planned", turn_us__gt=after_us)
        .order_by("turn_us")
        .values_list("turn_us", flat=True)
        .first(),
    ]
    return min((turn for turn in turns if turn is not None), default=None)


def _plan(zone: Zone, at_us: int) -> None:
    for row in Schedule.objects.filter(next_us__lte=at_us):
        due_us, following = row.next_us, next_us(row, row.next_us, zone)
        while following <= at_us:
            due_us, following = following, next_us(row, following, zone)
        with store.transaction():
            if Schedule.objects.filter(id=row.id, next_us=row.next_us).update(next_us=following):
                rows = [Dispatch(schedule=row, due_us=due_us, address=address, turn_us=due_us) for address in row.addresses]
                Dispatch.objects.bulk_create(rows, ignore_conflicts=True)


def _send(row: Dispatch, workspace: Workspace, warehouse: Asker, at_us: int) -> int:
    """Intent, the wire, outcome. 0 where another process has it."""
    mine = Dispatch.objects.filter(id=row.id, state="planned")
    if not mine.update(state="sending", attempts=row.attempts + 1, turn_us=at_us):
        return 0
    try:
        found = _posted(row, workspace, warehouse, at_us)
    except WarehouseBusy:
        Dispatch.objects.filter(id=row.id, state="sending").update(
            state="planned", attempts=row.attempts, turn_us=at_us + MINUTE_US
        )
        return 1
    if found.kind in ("sent", "in_doubt"):
        outcome: dict[str, Any] = {"state": found.kind}
    elif row.attempts + 1 < ATTEMPTS_MAX:
        outcome = {"state": "planned", "turn_us": at_us + AGAIN_US}
    else:
        outcome = {"state": "failed"}
    Dispatch.objects.filter(id=row.id, state="sending").update(reason=found.reason[:200], **outcome)
    return 1


def _posted(row: Dispatch, workspace: Workspace, warehouse: Asker, at_us: int) -> Delivery:
    report, format = row.schedule.report, row.schedule.format
    try:
        found = queries.answer(report, warehouse=warehouse, at_us=row.due_us)
        file = files.content(found, format, title=report.name)
    except WarehouseBusy:
        raise
    except Refusal as refusal:
        log.warning("the scheduled report %s was refused: %s", report.slug, refusal.message)
        return Delivery(0, "retry", refusal.message)
    day = day_date(workspace.zone.day(row.due_us))
    return courier.post(
        workspace=workspace, to=row.address, subject=f"{report.name}, {day}", text=report.description or report.name,
        file_name=f"{report.slug}-{day}.{format}", file_type=files.TYPES[format], file=file,
        key=f"report-{row.schedule_id}-{row.due_us}-{row.id}", at_us=at_us,
    )  # fmt: skip
