"""Writing quality: counts of a piece, what the past taught, alarms as they open and close, a person's word on one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from samovar.collect.quality import spreads
from samovar.collect.quality.known import Known, learn
from samovar.collect.quality.models import QualityAlarm, QualityDay, QualityHour, QualityMark, QualityStream
from samovar.collect.quality.tally import Day, Key, Tally
from samovar.engine import outbox, store
from samovar.engine.outbox import Announcement
from samovar.kit.errors import NotFound, Refusal
from samovar.staff import audit
from samovar.staff.actors import Actor

HOURS_KEPT = 42 * 24  # five weeks are looked at; a week more for what comes late
LEARN_DAYS = 28
ACKNOWLEDGED = "quality-alarms-acknowledged"  # the name their numbers go by
STREAMS_MAX = 3_000  # of a shop that sends a new name with every event; beyond them nothing new is followed
_ADD_HOUR = (
    "INSERT INTO collect_quality_hour (stream_id, hour, seen, valid, live) VALUES (%s, %s, %s, %s, %s) "
    "ON CONFLICT (stream_id, hour) DO UPDATE SET seen = collect_quality_hour.seen + excluded.seen, "
    "valid = collect_quality_hour.valid + excluded.valid, live = collect_quality_hour.live + excluded.live"
)


class AlreadyClosed(Refusal):
    """An alarm that closed itself is not acknowledged any more."""

    status = 409


def mark() -> QualityMark:
    """How far counting has come."""
    row, _is_new = QualityMark.objects.get_or_create(pk=1)
    return row


def stream_count() -> int:
    """How many streams are followed."""
    return QualityStream.objects.count()


def begin_round(*, upto: int) -> None:
    """Set out to count the log rows up to an offset, the newest days first."""
    with store.transaction():
        QualityMark.objects.filter(pk=1).update(upto=upto, from_day=None)


def end_round() -> None:
    """All days of the round are counted."""
    with store.transaction():
        row = QualityMark.objects.get(pk=1)
        QualityMark.objects.filter(pk=1).update(after=row.upto, from_day=None)


def forget_counts() -> None:
    """Leave nothing of what was counted, so that it is counted again from the log; alarms stay."""
    with store.transaction():
        QualityHour.objects.all().delete()
        QualityDay.objects.all().delete()
        QualityMark.objects.filter(pk=1).update(after=-1, upto=-1, from_day=None)


def add_counts(*, tally: Tally, from_day: int, oldest_hour: int) -> None:
    """Add a piece to what is counted, and say that the round has come down to its first day: both or neither.

    Hours before `oldest_hour` are kept by day only.
    """
    with store.transaction():
        streams = _streams({key for key, _place in (*tally.hours, *tally.days)})
        store.execute_many(
            _ADD_HOUR,
            [
                (streams[key], hour, one.seen, one.valid, one.live)
                for (key, hour), one in tally.hours.items()
                if hour >= oldest_hour and key in streams
            ],
        )
        _add_days({(streams[key], day): one for (key, day), one in tally.days.items() if key in streams})
        QualityMark.objects.filter(pk=1).update(from_day=from_day)


def _streams(keys: Iterable[Key]) -> dict[Key, int]:
    """The ids of streams, made where they are new and there is room."""
    found = {(source, event, name): id_ for id_, source, event, name in _stream_rows()}
    wanted = {key: (key[0][:100], key[1][:200], key[2][:200]) for key in keys}
    new = sorted({short for short in wanted.values() if short not in found})[: max(STREAMS_MAX - len(found), 0)]
    if new:
        QualityStream.objects.bulk_create(
            [QualityStream(source=source, event=event, field=name) for source, event, name in new], ignore_conflicts=True
        )
        found = {(source, event, name): id_ for id_, source, event, name in _stream_rows()}
    return {key: found[short] for key, short in wanted.items() if short in found}


def _stream_rows() -> list[tuple[int, str, str, str]]:
    return list(QualityStream.objects.values_list("id", "source", "event", "field"))


def _add_days(days: Mapping[tuple[int, int], Day]) -> None:
    numbers = [day for _stream, day in days]
    if not numbers:
        return
    there = QualityDay.objects.filter(day__gte=min(numbers), day__lte=max(numbers))
    known = {(row.stream_id, row.day): row for row in there}
    new, changed = [], []
    for (stream_id, day), one in days.items():
        row = known.get((stream_id, day))
        if row is None:
            new.append(QualityDay(
                stream_id=stream_id, day=day, seen=one.seen, valid=one.valid, kinds=dict(one.kinds),
                bins=dict(spreads.joined([one.bins])), registers=one.registers,
            ))  # fmt: skip
            continue
        row.seen, row.valid = row.seen + one.seen, row.valid + one.valid
        row.kinds = dict(one.kinds + Counter(row.kinds))
        row.bins = dict(spreads.joined([row.bins, one.bins]))
        row.registers = spreads.merged(bytes(row.registers), one.registers)
        changed.append(row)
    QualityDay.objects.bulk_create(new)
    QualityDay.objects.bulk_update(changed, ["seen", "valid", "kinds", "bins", "registers"], batch_size=100)


def learn_past(*, day: int) -> int:
    """Learn of each field what its four weeks before a local day teach, and drop hours that are too old. How many fields."""
    rows = QualityDay.objects.filter(day__gte=day - LEARN_DAYS, day__lt=day).exclude(stream__field="")
    kinds: dict[int, Counter[str]] = {}
    bins: dict[int, list[spreads.Spread]] = {}
    for stream_id, of_kinds, of_bins in rows.values_list("stream_id", "kinds", "bins"):
        kinds.setdefault(stream_id, Counter()).update(of_kinds)
        bins.setdefault(stream_id, []).append(of_bins)
    with store.transaction():
        learned = _store_known({id_: learn(kinds[id_], spreads.joined(bins[id_])) for id_ in kinds})
        QualityHour.objects.filter(hour__lt=day * 24 - HOURS_KEPT).delete()
        QualityMark.objects.filter(pk=1).update(learned_day=day)
    return learned


def _store_known(known: Mapping[int, Known | None]) -> int:
    """What a field is known by changes only where its alarm is closed: else a loss would soon be usual."""
    alarmed = set(QualityAlarm.objects.filter(closed_us=None, kind="valid").values_list("stream_id", flat=True))
    changed = []
    for row in QualityStream.objects.filter(id__in=known).exclude(id__in=alarmed):
        one = known[row.pk]
        if one is not None and row.known != one.as_json():
            row.known = one.as_json()
            changed.append(row)
    QualityStream.objects.bulk_update(changed, ["known"], batch_size=200)
    return len(changed)


def known_streams() -> dict[Key, Known]:
    """What the past taught, by stream."""
    rows = QualityStream.objects.exclude(known={}).values_list("source", "event", "field", "known")
    return {(source, event, name): one for source, event, name, told in rows if (one := Known.from_json(told)) is not None}


@dataclass(frozen=True)
class Fallen:
    """A stream that fell at a moment, and what of it."""

    stream_id: int
    kind: str
    since_us: int
    expected: float
    seen: float


def tell_alarms(*, fallen: Sequence[Fallen], back: Sequence[int], still: Sequence[int], at_us: int) -> int:
    """Open an alarm for what fell and has none, close those (ids) whose data is back, and note that the others are `still` so.

    Twice is once. Announces Quality Alarm Opened and Closed. Returns how many opened or closed.
    """
    with store.transaction():
        has_alarm = set(QualityAlarm.objects.filter(closed_us=None).values_list("stream_id", "kind"))
        opened = [_open(one, at_us) for one in fallen if (one.stream_id, one.kind) not in has_alarm]
        closed = list(QualityAlarm.objects.filter(pk__in=back, closed_us=None))
        QualityAlarm.objects.filter(pk__in=[row.pk for row in closed]).update(closed_us=at_us)
        QualityAlarm.objects.filter(pk__in=still, closed_us=None).update(last_us=at_us)
        streams = QualityStream.objects.in_bulk([row.stream_id for row in (*opened, *closed)])
        outbox.emit([
            *(_announced(row, streams[row.stream_id], "Opened", at_us) for row in opened),
            *(_announced(row, streams[row.stream_id], "Closed", at_us) for row in closed),
        ])  # fmt: skip
    return len(opened) + len(closed)


def _open(one: Fallen, at_us: int) -> QualityAlarm:
    return QualityAlarm.objects.create(
        stream_id=one.stream_id, kind=one.kind, since_us=one.since_us, opened_us=at_us, last_us=at_us, expected=one.expected,
        seen=one.seen,
    )  # fmt: skip


def _announced(row: QualityAlarm, stream: QualityStream, verb: str, at_us: int) -> Announcement:
    told = {
        "alarm_id": row.pk, "kind": row.kind, "source": stream.source, "event": stream.event, "field": stream.field,
        "since_us": row.since_us, "expected": round(row.expected, 4), "seen": round(row.seen, 4),
    }  # fmt: skip
    return Announcement(f"quality_alarm:{row.pk}:{verb.lower()}", f"Quality Alarm {verb}", at_us, told)


def watched(*, until_us: int) -> None:
    """Alarms were looked for up to a moment."""
    with store.transaction():
        QualityMark.objects.filter(pk=1).update(watched_us=until_us)


def acknowledge(*, alarm_id: int, note: str, actor: Actor, at_us: int) -> QualityAlarm:
    """Say that somebody knows of an open alarm, with a word on it; it stays open until the data is back.

    Raises `NotFound`, `AlreadyClosed`.
    """
    with store.transaction():
        row = QualityAlarm.objects.filter(pk=alarm_id).select_related("stream").first()
        if row is None:
            raise NotFound("unknown_alarm", _("There is no alarm № %(number)s.") % {"number": alarm_id})
        if row.closed_us is not None:
            raise AlreadyClosed("alarm_closed", _("The data is back, and the alarm closed itself: nothing is to be done."))
        old = {"acknowledged_by": row.acknowledged_by, "note": row.note}
        row.acknowledged_us, row.acknowledged_by, row.note = at_us, actor.name, note.strip()[:500]
        row.save(update_fields=["acknowledged_us", "acknowledged_by", "note"])
        new = {"acknowledged_by": row.acknowledged_by, "note": row.note}
        audit.record(
            actor=actor, action="quality_alarm.acknowledge", subject=f"quality_alarm:{row.pk}", at_us=at_us, old=old, new=new
        )
        number = outbox.take_numbers(ACKNOWLEDGED, 1)
        outbox.emit([Announcement(
            f"quality_alarm:{row.pk}:acknowledged:{number}", "Quality Alarm Acknowledged", at_us,
            {"alarm_id": row.pk, "by": row.acknowledged_by, "note": row.note},
        )])  # fmt: skip
    return row
