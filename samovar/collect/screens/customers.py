"""The list of customers."""

from __future__ import annotations

from collections.abc import Iterable

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from samovar.collect import people
from samovar.collect.people import Person
from samovar.staff.permissions import may, needs
from samovar.webkit import formats
from samovar.webkit.find import PER_FINDER_MAX, Found
from samovar.webkit.requests import OfficeRequest
from samovar.webkit.tables import Column, Filter, Page, Table

_filters: list[Filter] = []


def register_filter(one: Filter) -> None:
    """A room that registered a grouping (`collect.groupings`) of the same name lists its groups here."""
    if one not in _filters:
        _filters.append(one)


@needs("customers:read")
def customers(request: OfficeRequest) -> HttpResponseBase:
    """Everybody we know, the newest first."""

    def fetch(page: Page) -> list[Person]:
        return people.page(
            at_us=request.at_us, sort=page.sort, descending=page.descending, limit=page.limit, after=page.after,
            search=page.search, groups=page.filters,
        )  # fmt: skip

    table = Table(
        request,
        name="customers",
        columns=_columns(),
        fetch=fetch,
        key=lambda row, sort: (people.sort_value(row, sort), row.id),
        sort="-since",
        search=_("Name, e-mail, phone, card or id"),
        filters=_filters,
        link=lambda row: reverse("customer", args=[row.id]),
        row_id=lambda row: row.id,
        can_export=may(request.user.role, "customers:export"),
        empty_title=_("No customers yet"),
        empty_sentence=_("They come with the first import, or with the first event that names somebody."),
    )
    return table.respond("collect/customers.html")


def _columns() -> list[Column[Person]]:
    return [
        Column("name", _("Name"), lambda row: formats.fitted(_called(row), formats.NAME_CHARS_MAX), _called),
        Column("contact", _("Contact"), _contact, wide=True),
        Column("city", _("City"), lambda row: formats.fitted(row.city, formats.NAME_CHARS_MAX), lambda row: row.city, wide=True),
        Column(
            "orders", _("Orders"), lambda row: formats.number(row.orders), lambda row: row.orders,
            sort=True, numeric=True, wide=True,
        ),
        Column("revenue", _("Revenue"), lambda row: formats.money(row.revenue_minor), _major, sort=True, numeric=True),
        Column("last", _("Last order"), lambda row: _day(row.last_us), lambda row: _plain(row.last_us), sort=True, numeric=True),
        Column(
            "since", _("Known since"), lambda row: _day(row.since_us), lambda row: _plain(row.since_us), sort=True, numeric=True,
            wide=True,
        ),
        Column("id", _("Id"), lambda row: row.id, hidden=True, numeric=True),
    ]  # fmt: skip


def _called(row: Person) -> str:
    return row.name or _("Customer %(id)s") % {"id": row.id}


def _contact(row: Person) -> str:
    return row.contact if row.contact != row.name else ""


def _day(at_us: int) -> str:
    return formats.when(at_us, "short") if at_us else formats.DASH


def _plain(at_us: int) -> str:
    return formats.zone().local(at_us).isoformat(timespec="seconds") if at_us else ""


def _major(row: Person) -> str:
    return formats.decimal_amount(row.revenue_minor)


def finder(request: OfficeRequest, text: str) -> Iterable[Found]:
    """For ⌘K: people by name or identifier."""
    found = people.find(text, PER_FINDER_MAX)
    names, contacts = people.names_of(found), people.contacts_of(found)
    for person in found:
        contact = contacts.get(person, "")
        title = names.get(person) or contact or _("Customer %(id)s") % {"id": person}
        yield Found(title, contact if contact != title else "", reverse("customer", args=[person]))
