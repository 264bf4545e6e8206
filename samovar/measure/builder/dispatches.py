"""One turn of what goes to mailboxes: files of scheduled reports and boards, each once for an occurrence and address.

1. What is due is planned: a row for each occurrence and address, unique for ever, in the transaction that moves `next_us` on.
   After a time of standing still only the latest occurrence goes out. A schedule on alert has an occurrence for each alert that
   was told since it was made, of whatever minute: minutes are judged when they are whole, and that is later.
2. A planned row becomes an intent (`sending`) before the wire is touched, and its outcome after. The file is as of the
   occurrence. A warehouse that cannot answer now is asked again, which is no attempt.
3. What failed is tried once more after `AGAIN_US`. An intent without an outcome is in doubt and never sent by itself again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.utils import translation

from samovar.communicate import courier
from samovar.communicate.channels.email.exchange import Delivery
from samovar.communicate.options import sending_options
from samovar.engine import store
from samovar.engine.warehouse.client import Asker, WarehouseBusy
from samovar.engine.workspace import Workspace
from samovar.kit.clock import MINUTE_US, Zone, day_date
from samovar.kit.errors import Refusal
from samovar.measure.builder import files, queries
from samovar.measure.builder.schedules import ON_ALERT, next_us
from samovar.measure.models import Board, CounterAlert, Dispatch, Schedule
from samovar.measure.watch import labels as alerts

ATTEMPTS_MAX, A_TURN = 2, 5
AGAIN_US, DOUBT_US = 10 * MINUTE_US, 5 * MINUTE_US
_WITH = ("schedule__report", "schedule__board")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Letter:
    """What one dispatch carries; `key` names it for ever."""

    key: str
    subject: str
    text: str
    file_name: str
    file_type: str
    file: bytes


def tick(*, workspace: Workspace, warehouse: Asker, at_us: int) -> int:
    """Plan and send what is due; how many rows had an outcome."""
    _plan(workspace.zone, at_us)
    Dispatch.objects.filter(state="sending", turn_us__lte=at_us - DOUBT_US).update(state="in_doubt", reason="no outcome")
    if sending_options().is_paused:
        return 0
    due = Dispatch.objects.filter(state="planned", turn_us__lte=at_us).select_related(*_WITH).order_by("id")
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
    for row in Schedule.objects.filter(every=ON_ALERT):
        opened = CounterAlert.objects.filter(report_id=row.report_id, id__gt=row.after_alert)
        planned = Dispatch.objects.filter(schedule=row).values("due_us")
        for due_us in opened.exclude(opened_us__in=planned).values_list("opened_us", flat=True):
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
    try:
        with translation.override(row.schedule.language):
            letter = _letter(row, workspace.zone, warehouse)
    except WarehouseBusy:
        raise
    except Refusal as refusal:
        log.warning("the dispatch %s was refused: %s", row.id, refusal.message)
        return Delivery(0, "retry", refusal.message)
    return courier.post(workspace=workspace, to=row.address, at_us=at_us, **vars(letter))


def _letter(row: Dispatch, zone: Zone, warehouse: Asker) -> Letter:
    """The letter with the file of a schedule, as of its occurrence, in the language at hand."""
    of, format, day = row.schedule.of, row.schedule.format, day_date(zone.day(row.due_us))
    if isinstance(of, Board):
        file = files.board_content(of, format, period=of.period, among=of.among, warehouse=warehouse, at_us=row.due_us)
    else:
        file = files.content(queries.answer(of, warehouse=warehouse, at_us=row.due_us), format, title=of.name)
    subject, text = f"{of.name}, {day}", of.description or of.name
    if row.schedule.every == ON_ALERT and (
        alert := CounterAlert.objects.filter(report_id=row.schedule.report_id, opened_us=row.due_us).first()
    ):
        subject, text = alerts.title(alert), alerts.text(alert)
    return Letter(
        key=f"report-{row.schedule_id}-{row.due_us}-{row.id}", subject=subject, text=text,
        file_name=f"{of.slug}-{day}.{format}", file_type=files.TYPES[format], file=file,
    )  # fmt: skip


def undelivered() -> list[Dispatch]:
    """What failed or is in doubt among the last occurrence of each schedule and address."""
    found = []
    for row in Dispatch.objects.filter(state__in=("failed", "in_doubt")).select_related(*_WITH).order_by("-id")[:50]:
        later = Dispatch.objects.filter(schedule=row.schedule, address=row.address, due_us__gt=row.due_us, state="sent")
        if not later.exists():
            found.append(row)
    return found
