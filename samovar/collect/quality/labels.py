"""How quality is said to people: events, fields, states and alarms in words of their language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from samovar.collect.quality.looks import ADS
from samovar.collect.quality.models import QualityAlarm, QualityStream
from samovar.collect.quality.spreads import REST, number_edges
from samovar.webkit import formats

STATES: dict[str, Promise] = {
    "good": lazy("as usual"), "moved": lazy("values moved"), "bad": lazy("alarm"), "known": lazy("alarm, known"),
}  # fmt: skip
TONES = {"good": "good", "moved": "", "bad": "bad", "known": "brass"}
KINDS: dict[str, Promise] = {
    "text": lazy("text"), "number": lazy("number"), "boolean": lazy("yes or no"), "date": lazy("date"),
}  # fmt: skip
RESTING_KINDS: dict[str, Promise] = {
    "segment": lazy("segment"), "campaign": lazy("campaign"), "report": lazy("report"),
}  # fmt: skip
_EVENTS: dict[str, Promise] = {
    "page": lazy("page view"), "screen": lazy("screen view"), "identify": lazy("traits of a person"),
    "group": lazy("traits of a group"), "alias": lazy("two ids joined"),
}  # fmt: skip
VERDICTS: dict[str, Promise] = {
    "ready": lazy("ready"), "caution": lazy("ready with a caution"), "not ready": lazy("not ready"),
}  # fmt: skip
VERDICT_TONES = {"ready": "good", "caution": "brass", "not ready": "bad"}


def event(name: str) -> str:
    """What an event is called: tracks by their name, the others by what they are."""
    if name.startswith(ADS):
        return _("advertising: %(platform)s") % {"platform": name.removeprefix(ADS)}
    return str(_EVENTS.get(name, name))


def stream(row: QualityStream) -> str:
    """A source, an event of it, or a field of an event."""
    if not row.event:
        return row.source
    return f"{event(row.event)}, {row.field}" if row.field else event(row.event)


def alarm(one: QualityAlarm) -> str:
    """What an alarm says, as a sentence."""
    row = one.stream
    names = {"source": row.source, "event": event(row.event), "field": row.field}
    if one.kind == "volume":
        told = {**names, "seen": formats.number(round(one.seen)), "expected": formats.number(round(one.expected))}
        if not row.event:
            text = _("Source “%(source)s”: rows that came: %(seen)s, expected: about %(expected)s.")
        else:
            text = _("“%(event)s” from “%(source)s”: rows that came: %(seen)s, expected: about %(expected)s.")
        return text % told
    told = {**names, "seen": formats.percent(one.seen), "expected": formats.percent(one.expected)}
    if one.kind == "filled":
        return _("“%(field)s” of “%(event)s” is filled in %(seen)s of rows, usually in %(expected)s.") % told
    return _("“%(field)s” of “%(event)s” has a usual value in %(seen)s of rows, before in %(expected)s.") % told


def title(one: QualityAlarm) -> str:
    """An alarm in a few words."""
    names = {"source": one.stream.source, "event": event(one.stream.event), "field": one.stream.field}
    if one.kind == "filled":
        return _("“%(field)s” of “%(event)s” is lost") % names
    if one.kind == "valid":
        return _("“%(field)s” of “%(event)s” has unusual values") % names
    is_gone = one.seen < 0.05 * one.expected
    if not one.stream.event:
        return (_("“%(source)s” is silent") if is_gone else _("“%(source)s” brings less")) % names
    return (_("“%(event)s” has stopped") if is_gone else _("“%(event)s” thins out")) % names


def value(name: str) -> str:
    """A bin of a spread: a value, a range of numbers, a year, or the rest."""
    if name == REST:
        return _("other values")
    if name[0] == "#":
        low, high = number_edges(name)
        digits = 0 if abs(high) >= 10 else 2
        return formats.number(0) if low == high else f"{formats.number(low, digits)} … {formats.number(high, digits)}"
    return name[1:]
