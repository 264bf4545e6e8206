"""People and their number, as the screens of segments show them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from samovar.collect.people import contacts_of, names_of
from samovar.understand.models import Segment
from samovar.webkit import formats
from samovar.webkit.tables import Column


def people_text(row: Segment) -> str:
    """The stored size of a segment."""
    return _("not counted yet") if row.people is None else formats.number(row.people)


def named(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With what each is called: a name, else a contact."""
    ids = [person["person_id"] for person in people]
    names = contacts_of(ids) | {person_id: name for person_id, name in names_of(ids).items() if name}
    return [{**person, "name": names.get(person["person_id"], "")} for person in people]


def name_of(person_id: int) -> str:
    """What one person is called."""
    [person] = named([{"person_id": person_id}])
    return called(person)


def called(person: dict[str, Any]) -> str:
    """What a person of `named` is called on a list."""
    return person["name"] or _("Customer %(id)s") % {"id": person["person_id"]}


def member_columns() -> list[Column[dict[str, Any]]]:
    """What a list of people shows of each: their name, city, orders, money and last order."""
    return [
        Column("name", _("Name"), called),
        Column("city", _("City"), lambda p: p["city"] or "", wide=True),
        Column("orders", _("Orders"), lambda p: formats.number(p["orders"]), lambda p: p["orders"], numeric=True),
        Column("revenue", _("Revenue"), lambda p: formats.money(p["revenue_minor"]), lambda p: p["revenue_minor"], numeric=True),
        Column(
            "last", _("Last order"), lambda p: formats.when(p["last_order_us"], "day"), lambda p: p["last_order_us"], wide=True
        ),
    ]
