"""The timeline of the card: warehouse rows as entries that a person reads, grouped by local day."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from samovar.collect.records.told import RECORD_VERBS
from samovar.kit.numbers import SCALE
from samovar.webkit import formats

KINDS = [
    ("", gettext_lazy("All")), ("order", gettext_lazy("Orders")), ("visit", gettext_lazy("Visits")),
    ("message", gettext_lazy("Messages")), ("consent", gettext_lazy("Consents")), ("event", gettext_lazy("Other events")),
]  # fmt: skip
SEGMENT_MOVES = ("Segment Entered", "Segment Left")
_EVENT_TITLES = {
    "Product Viewed": gettext_lazy("Looked at a product"), "Product Added": gettext_lazy("Put a product in the cart"),
    "Checkout Started": gettext_lazy("Started checkout"), "Product Removed": gettext_lazy("Took a product out of the cart"),
    "Profile Merged": gettext_lazy("Became one with another profile"),
    "Profile Unmerged": gettext_lazy("Parted from another profile"),
    "Record Updated": gettext_lazy("A linked record changed"), "Record Removed": gettext_lazy("A linked record was removed"),
    "Segment Entered": gettext_lazy("Came into a segment"), "Segment Left": gettext_lazy("Left a segment"),
}  # fmt: skip
Names = dict[str, dict[int, str]]  # of the things behind ids: name of the fact -> ids -> names
FACTS_MAX = 12
LINES_SHOWN = 3


@dataclass(frozen=True)
class Entry:
    """One line: `icon` names its picture, `facts` open below it."""

    time_us: int
    day: int
    kind: str
    icon: str
    title: str
    note: str = ""
    amount: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list)
    cursor: str = ""


# What other rooms call the things that events name, such as a campaign by its id: name of the fact -> ids -> names.
_namers: dict[str, Callable[[Iterable[int]], dict[int, str]]] = {}


def register_names(fact: str, names: Callable[[Iterable[int]], dict[int, str]]) -> None:
    """Let a room say what the things behind an id are called: `register_names("campaign_id", campaign_names)`."""
    _namers[fact] = names


def entries(rows: list[dict[str, Any]]) -> list[Entry]:
    """Rows of `collect.timeline` as entries."""
    facts = [json.loads(row["props"]) if row["props"] else {} for row in rows]
    names = {fact: _names(fact, namer, facts) for fact, namer in _namers.items()}
    return _gathered([_entry(row, props, names) for row, props in zip(rows, facts, strict=True)])


def _gathered(found: list[Entry]) -> list[Entry]:
    """Looks at several products in a row as one line that opens to all of them."""
    lines: list[Entry] = []
    for (title, _day, _kind), group in groupby(found, key=lambda one: (one.title, one.day, one.kind)):
        run = list(group)
        if title != _event_title("Product Viewed") or len(run) == 1:
            lines.extend(run)
            continue
        more = ngettext("and %(count)s more product", "and %(count)s more products", len(run) - 1)
        note = f"{run[0].note} {more % {'count': formats.number(len(run) - 1)}}"
        facts = [(formats.plain_when(one.time_us, "time"), one.note) for one in run]
        lines.append(replace(run[0], note=note, facts=facts, cursor=run[-1].cursor))
    return lines


def read_place(text: str) -> list[int] | None:
    """The (time_us, event_key) of an entry's cursor; None for none, and for one that somebody made up."""
    time_us, dot, key = text.partition(".")
    try:
        place = [int(time_us), int(key)] if dot else None
    except ValueError:
        return None
    return place if place and all(abs(one) < 2**63 for one in place) else None


def by_day(found: Iterable[Entry], today: int) -> list[tuple[str, list[Entry]]]:
    """Entries under the heading of their day."""
    return [(formats.day_heading(day, today), list(group)) for day, group in groupby(found, key=lambda entry: entry.day)]


def _names(fact: str, namer: Callable[[Iterable[int]], dict[int, str]], facts: Iterable[dict[str, Any]]) -> dict[int, str]:
    ids = {plain(props[fact]) for props in facts if props.get(fact) is not None}
    whole = {int(one) for one in ids if isinstance(one, int)}
    return namer(whole) if whole else {}


def _name(fact: str, props: dict[str, Any], names: Names) -> str:
    """What the thing behind an id is called, nothing where nobody knows."""
    found = plain(props.get(fact))
    return names.get(fact, {}).get(found, "") if isinstance(found, int) else ""


def _entry(row: dict[str, Any], props: dict[str, Any], names: Names) -> Entry:
    head = {"time_us": row["time_us"], "day": row["day"], "kind": row["kind"], "cursor": f"{row['time_us']}.{row['event_key']}"}
    if row["kind"] == "order":
        return _order(row, head)
    if row["kind"] == "visit":
        views = row["views"] or 0
        title = ngettext("Visit, %(count)s page", "Visit, %(count)s pages", views) % {"count": formats.number(views)}
        return Entry(**head, icon="visit", title=title)
    if row["kind"] == "message":
        return _message(row, head, props, names)
    if row["kind"] == "consent":
        return _consent(head, props)
    note = _name("segment_id", props, names) if row["name"] in SEGMENT_MOVES else ""
    return Entry(
        **head, icon="event", title=_event_title(row["name"]), note=note or _note(row["name"], props), facts=_facts(props)
    )  # fmt: skip


def _order(row: dict[str, Any], head: dict[str, Any]) -> Entry:
    titles = {
        "completed": _("Order %(id)s"), "updated": _("Order %(id)s changed"), "cancelled": _("Order %(id)s cancelled"),
        "refunded": _("Return from order %(id)s"),
    }  # fmt: skip
    lines = row["lines"] or []
    named = [_line(line) for line in lines]
    note = ", ".join(named[:LINES_SHOWN])
    if len(named) > LINES_SHOWN:
        more = len(named) - LINES_SHOWN
        rest = ngettext("and %(count)s more item", "and %(count)s more items", more) % {"count": formats.number(more)}
        note = f"{note} {rest}"
    amount = row["amount_minor"]
    is_return = row["name"] == "refunded"
    money = "" if amount is None or row["name"] == "cancelled" else formats.money(-amount if is_return else amount)
    facts = [(_line(line), formats.money(line["amount_minor"])) for line in lines[:200]] if len(lines) > 1 else []
    return Entry(
        **head, icon="return" if is_return else "order", title=titles.get(row["name"], row["name"]) % {"id": row["order_id"]},
        note=note, amount=money, facts=facts,
    )  # fmt: skip


def _line(line: dict[str, Any]) -> str:
    quantity = line["quantity"] or 0
    count = "" if quantity == SCALE else f" × {formats.number(quantity / SCALE, 3)}"
    return f"{line['name'] or line['sku'] or formats.DASH}{count}"


def _message(row: dict[str, Any], head: dict[str, Any], props: dict[str, Any], names: Names) -> Entry:
    name = _name("campaign_id", props, names)
    letter = _("“%(name)s”") % {"name": name} if name else ""
    titles = {
        "Message Sent": _("Letter %(name)s sent"), "Message Failed": _("Letter %(name)s could not be delivered"),
        "Message Refused": _("Letter %(name)s not sent"), "Message In Doubt": _("Letter %(name)s in doubt"),
        "Message Held Out": _("Held out of %(name)s as control"), "Message Opened": _("Opened %(name)s"),
        "Message Clicked": _("Clicked in %(name)s"), "Message Unsubscribed": _("Unsubscribed in %(name)s"),
    }  # fmt: skip
    icon = {"Message Opened": "opened", "Message Clicked": "clicked", "Message Unsubscribed": "close"}.get(row["name"], "message")
    by_machine = props.get("is_machine") or props.get("by_machine")
    note = _("by a machine, not by the person") if by_machine else str(props.get("reason") or props.get("url") or "")
    title = " ".join((titles[row["name"]] % {"name": letter}).split())
    return Entry(**head, icon=icon, title=title, note=note, facts=_facts(props))


def _consent(head: dict[str, Any], props: dict[str, Any]) -> Entry:
    names = {"channel": _channel(props.get("channel")), "purpose": _agreed_to(str(props.get("purpose", "")))}
    given = props.get("given")
    title = _("Agreed to %(purpose)s by %(channel)s") if given else _("Withdrew consent to %(purpose)s by %(channel)s")
    return Entry(**head, icon="consent" if given else "close", title=title % names, note=str(props.get("source") or ""))


def _agreed_to(purpose: str) -> str:
    named = {"marketing": pgettext("consent to", "marketing"), "service": pgettext("consent to", "service messages")}
    return named.get(purpose, purpose)


def _channel(channel: Any) -> str:
    return {"email": _("e-mail"), "sms": _("SMS")}.get(str(channel), str(channel or ""))


def _event_title(name: str) -> str:
    return str(_EVENT_TITLES.get(name, name))


def _note(name: str, props: dict[str, Any]) -> str:
    if name in RECORD_VERBS:
        return " ".join(str(plain(props[part])) for part in ("type", "id") if props.get(part) is not None)
    return _subject(props)


def _subject(props: dict[str, Any]) -> str:
    """The few words that say what an event was about."""
    for name in ("name", "title", "url", "path", "sku", "product_id", "query", "segment"):
        if isinstance(props.get(name), str):
            return str(props[name])
    return ""


def _facts(props: dict[str, Any]) -> list[tuple[str, str]]:
    shown = [(name, plain(value)) for name, value in props.items() if not name.startswith("~") and value is not None]
    return [(name, str(value)) for name, value in shown[:FACTS_MAX]]


def plain(value: Any) -> Any:
    """A stored property as people wrote it: numbers are kept as int64 of 1/10000."""
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    return value // SCALE if value % SCALE == 0 else value / SCALE
