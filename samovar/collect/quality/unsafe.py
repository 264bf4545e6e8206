"""What rests on data that fell: rooms to the right say here what their segments, campaigns and reports read, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from samovar.collect.quality.models import QualityAlarm, QualityStream
from samovar.collect.quality.queries import events_of, open_alarms
from samovar.collect.quality.reading import Read


@dataclass(frozen=True)
class Resting:
    """A thing that reads data: `kind` is segment, campaign or report, `slug` and `name` its own, `url` its page."""

    kind: str
    slug: str
    name: str
    url: str
    reads: frozenset[Read]


Rested = Callable[[], Iterable[Resting]]
_rooms: list[Rested] = []


def register(rested: Rested) -> None:
    """`rested()` tells everything of a room that reads data now. Registering the same one again changes nothing."""
    if rested not in _rooms:
        _rooms.append(rested)


def _is_read(stream: QualityStream) -> Callable[[frozenset[Read]], bool]:
    """Whether something that reads so rests on a stream: of a source on any event that it sends, else on the event or field."""
    if not stream.event:
        events = events_of(stream.source)
        return lambda reads: any(one.event in events for one in reads)
    wanted = Read(stream.event, stream.field)
    return lambda reads: wanted in reads


def resting_on_alarms() -> list[tuple[Resting, list[QualityAlarm]]]:
    """Everything that rests on data with an open alarm, with the alarms, by kind and name. Costs one query while there are
    none."""
    alarms = open_alarms()
    if not alarms:
        return []
    tests = [(alarm, _is_read(alarm.stream)) for alarm in alarms]
    found = [(one, [alarm for alarm, is_read in tests if is_read(one.reads)]) for one in resting()]
    return [(one, spoiled) for one, spoiled in found if spoiled]


def resting() -> list[Resting]:
    """Everything that reads data, by kind and name."""
    return sorted((one for rested in _rooms for one in rested()), key=lambda one: (one.kind, one.name))


def reading(stream: QualityStream) -> list[Resting]:
    """Everything that rests on a source, an event or a field."""
    is_read = _is_read(stream)
    return [one for one in resting() if is_read(one.reads)]


def alarms_of(kind: str) -> dict[str, list[QualityAlarm]]:
    """{slug: open alarms it rests on} of the things of a kind; those that are safe are left out."""
    return {one.slug: alarms for one, alarms in resting_on_alarms() if one.kind == kind}


def alarms_under(read: frozenset[Read]) -> list[QualityAlarm]:
    """The open alarms on what is read."""
    return [alarm for alarm in open_alarms() if _is_read(alarm.stream)(read)]


def as_json(alarms: Iterable[QualityAlarm]) -> list[dict[str, Any]]:
    """Why a thing is unsafe, for machines: one value an alarm."""
    return [
        {"alarm": one.pk, "kind": one.kind, "source": one.stream.source, "event": one.stream.event, "field": one.stream.field}
        for one in alarms
    ]
