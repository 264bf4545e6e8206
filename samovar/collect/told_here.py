"""Events that the house's own people and programs tell of a customer: their source, and how they name her.

They go into the log as those of a shop's server do, so that a rebuild takes them too.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from django.utils.translation import gettext as _

from samovar.collect.identifiers import ANONYMOUS, KNOWN
from samovar.collect.queries import identifiers_of
from samovar.engine.log import Row
from samovar.kit.errors import Refusal
from samovar.kit.ids import message_id

SOURCE = "rest-api"  # no source of a shop may be called so
EVENT_BYTES_MAX = 32 * 1024


class Append(Protocol):
    """Writes rows to the log, durable when it returns their offsets."""

    def __call__(self, rows: Sequence[Row]) -> list[int]: ...


class Nameless(Refusal):
    """Nothing names the customer, so that nothing can be told of her."""

    status = 422


class TooLarge(Refusal):
    """More than one event may hold."""

    status = 422


def event_row(event: Mapping[str, Any], naming: Mapping[str, Any], at_us: int, field: str) -> Row:
    """A row of the log with one event of a customer. Raises `TooLarge`, which names `field`."""
    body = json.dumps([{**event, **naming, "messageId": message_id()}], ensure_ascii=False).encode()
    if len(body) > EVENT_BYTES_MAX:
        message = _("This is more than %(kilobytes)d KB.") % {"kilobytes": EVENT_BYTES_MAX // 1024}
        raise TooLarge("too_large", message, field=field)
    return Row(at_us, SOURCE, "events", 1, None, body)


def naming(person: int, without: Collection[str] = ()) -> dict[str, Any]:
    """How an event names a person: by the identifier that is asked first of those she has, of kinds that are not left out.

    Raises `Nameless`.
    """
    have = {one["kind"]: one["value"] for one in reversed(identifiers_of(person)) if one["kind"] not in without}
    kind = next((kind for kind in (*KNOWN, ANONYMOUS) if kind in have), None)
    match kind:
        case None:
            raise Nameless("nameless", _("Nothing else names this customer, so nothing can be told of her."), field="person_id")
        case "user_id":
            return {"userId": have[kind]}
        case "anonymous_id":
            return {"anonymousId": have[kind]}
        case _:
            return {"context": {"traits": {kind: have[kind]}}}
