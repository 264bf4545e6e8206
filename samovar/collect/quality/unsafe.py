"""What rests on data that fell: rooms to the right say here what their segments, campaigns and reports read, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from samovar.collect.quality.models import QualityAlarm
from samovar.collect.quality.queries import open_alarms
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


def spoils(alarm: QualityAlarm, read: frozenset[Read]) -> bool:
    """Whether what an alarm is about is among what is read.

    A source that fell spoils whatever reads an event; of a fallen event all that reads it, of a field all that reads the field.
    """
    stream = alarm.stream
    if not stream.event:
        return bool(read)
    return Read(stream.event, stream.field) in read


def resting_on_alarms() -> list[tuple[Resting, list[QualityAlarm]]]:
    """Everything that rests on data with an open alarm, with the alarms, by kind and name. Costs one query while there are
    none."""
    alarms = open_alarms()
    if not alarms:
        return []
    found = []
    for one in resting():
        spoiled = [alarm for alarm in alarms if spoils(alarm, one.reads)]
        if spoiled:
            found.append((one, spoiled))
    return found


def resting() -> list[Resting]:
    """Everything that reads data, by kind and name."""
    return sorted((one for rested in _rooms for one in rested()), key=lambda one: (one.kind, one.name))


def reading(event: str, field: str) -> list[Resting]:
    """Everything that reads an event, or a field of it."""
    wanted = Read(event, field)
    return [one for one in resting() if wanted in one.reads]


def alarms_of(kind: str) -> dict[str, list[QualityAlarm]]:
    """{slug: open alarms it rests on} of the things of a kind; those that are safe are left out."""
    return {one.slug: alarms for one, alarms in resting_on_alarms() if one.kind == kind}


def alarms_under(read: frozenset[Read]) -> list[QualityAlarm]:
    """The open alarms on what is read."""
    return [alarm for alarm in open_alarms() if spoils(alarm, read)]


def as_json(alarms: Iterable[QualityAlarm]) -> list[dict[str, Any]]:
    """Why a thing is unsafe, for machines: one value an alarm."""
    return [
        {"alarm": one.pk, "kind": one.kind, "source": one.stream.source, "event": one.stream.event, "field": one.stream.field}
        for one in alarms
    ]
