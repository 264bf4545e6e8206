"""Histories as plain values and as a line of text: when a person came to be known, what she is, what happened when."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from samovar.kit.clock import DAY_US, MINUTE_US
from samovar.understand.lint.histories import Event, Fact, History, Mark
from samovar.understand.lint.sources import REGISTERED, REGISTERING
from samovar.webkit.formats import number


def retold(history: History, *, is_registration_read: bool, timeless: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
    """A history as values: `what` and `days_ago` of each fact, `minutes_ago` where the day is not enough, fields that matter.
    A record whose time is still to come has `days_ahead`; one of the `timeless` sources has no time.

    It begins with since when the person is known: registered, unless the rules ask for that and she is not.
    """
    events = [fact for fact in history if isinstance(fact, Event)]
    is_registered = not is_registration_read or any(event.source in REGISTERING for event in events)
    first_us = max((max(event.ago_us, 0) for event in events if event.source not in timeless), default=0)
    begun = {"what": REGISTERED if is_registered else "known", **_ago(first_us)}
    others = [fact for fact in history if fact.source != REGISTERED]
    return [begun, *(_values(fact, timeless) for fact in sorted(others, key=_order))]


def _order(fact: Fact) -> tuple[bool, str, int]:
    return isinstance(fact, Event), fact.source, fact.ago_us if isinstance(fact, Event) else 0


def _values(fact: Fact, timeless: frozenset[str]) -> dict[str, Any]:
    what = fact.source.split(" ", 1)[-1]
    if isinstance(fact, Mark):
        if fact.source.startswith("trait "):
            return {"what": what, "value": _plain(fact.values[0][1])}
        return {"what": what, **{name: value for name, value in fact.values[1:] if value is not None}}
    told = {name: _plain(value) for name, value in fact.values if value is not None}
    return {"what": what, **({} if fact.source in timeless else _ago(fact.ago_us)), **told}


def _ago(ago_us: int) -> dict[str, int]:
    if ago_us < 0:
        return {"days_ahead": -ago_us // DAY_US}
    return {"minutes_ago": ago_us // MINUTE_US} if ago_us % DAY_US else {"days_ago": ago_us // DAY_US}


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool) else str(value)


def in_words(told: list[dict[str, Any]]) -> str:
    """A retold history as a line: orders 15, 15, 16 days ago; visits today."""
    names = {"orders": _("orders"), "visits": _("visits"), "returns": _("returns"), "registered": _("registered"),
             "known": _("known without a registration")}  # fmt: skip
    parts = []
    for fields, alike in groupby(told, key=lambda one: {k: v for k, v in one.items() if not k.endswith(("_ago", "_ahead"))}):
        what = names.get(fields["what"], fields["what"])
        values = ", ".join(f"{name} {value}" for name, value in fields.items() if name != "what")
        same = list(alike)
        when = _when(same)
        if not when and len(same) > 1:
            what = f"{number(len(same))} × {what}"
        parts.append(" ".join(part for part in (what, f"({values})" if values else "", when) if part))
    return "; ".join(parts)


def _when(alike: list[dict[str, Any]]) -> str:
    days = [one["days_ago"] for one in alike if "days_ago" in one]
    if days and not any(days):
        return _("today") if len(days) == 1 else _("today, %(times)s times") % {"times": number(len(days))}
    said = []
    if days:
        listed = ", ".join(number(one) for one in days)
        said.append(ngettext("%(days)s day ago", "%(days)s days ago", days[-1]) % {"days": listed})
    said += [ngettext("in %(days)s day", "in %(days)s days", ahead) % {"days": number(ahead)} for ahead in _ahead(alike)]
    minutes = [one["minutes_ago"] for one in alike if "minutes_ago" in one]
    if minutes:
        listed = ", ".join(number(one) for one in minutes)
        said.append(ngettext("%(minutes)s minute ago", "%(minutes)s minutes ago", minutes[-1]) % {"minutes": listed})
    return ", ".join(said)


def _ahead(alike: list[dict[str, Any]]) -> list[int]:
    return [one["days_ahead"] for one in alike if "days_ahead" in one]
