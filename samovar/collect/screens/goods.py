"""The list of goods known from orders and events."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from samovar.engine.warehouse import client
from samovar.staff.permissions import needs
from samovar.webkit import formats
from samovar.webkit.requests import OfficeRequest
from samovar.webkit.tables import Column, Page, Table

Good = dict[str, Any]


@needs("goods:read")
def goods(request: OfficeRequest) -> HttpResponseBase:
    """What is sold, by name."""

    def fetch(page: Page) -> list[Good]:
        after = [str(value) for value in page.after] if page.after else None
        found = client.current().query(
            "collect.goods", at_us=request.at_us, search=page.search, after=after, limit=page.limit
        )  # fmt: skip
        return found.to_pylist()  # type: ignore[no-any-return]

    table = Table(
        request,
        name="goods",
        columns=[
            Column[Good]("name", pgettext("of a thing", "Name"), lambda row: row["name"]),
            Column("sku", _("SKU"), lambda row: row["sku"]),
            Column("category", _("Category"), lambda row: row["category"], wide=True),
            Column("brand", _("Brand"), lambda row: row["brand"], hidden=True),
            Column(
                "price", _("Price"), lambda row: formats.money(row["price_minor"]),
                lambda row: formats.decimal_amount(row["price_minor"]), numeric=True,
            ),
            Column("told", _("Last told"), lambda row: formats.when(row["time_us"], "short"), _told, numeric=True, wide=True),
        ],
        fetch=fetch,
        key=lambda row, sort: (row["name"], row["sku"]),
        search=_("Name, SKU or category"),
        empty_title=_("No goods yet"),
        empty_sentence=_("They are known from the lines of orders and from product events."),
    )  # fmt: skip
    return table.respond("collect/goods.html")


def _told(row: Good) -> str:
    return formats.plain_when(row["time_us"], "short")
