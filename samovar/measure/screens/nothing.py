"""What a report says where it has nothing to show, on its page and in a terminal: what is missing, and the way on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from samovar.engine.warehouse.client import Asker
from samovar.measure.reports import answers
from samovar.measure.reports.answers import Found
from samovar.measure.reports.baskets import Affinity
from samovar.measure.reports.report import AMONG
from samovar.webkit import formats


@dataclass(frozen=True)
class Nothing:
    """An empty state: its title and sentence, where its button leads, if it has one, and the option that leads there."""

    title: str
    sentence: str
    url: str = ""
    action: str = ""
    option: str = ""


def said(found: Found, query: Mapping[str, str], *, warehouse: Asker) -> Nothing:
    """Why an answer has no rows; `query` is what the page was asked. Raises `RuleError`."""
    if found.report.name == Affinity.name:
        return _unpaired(found, query, warehouse)
    return _nothing()


def _nothing() -> Nothing:
    return Nothing(
        _("Nothing happened that this report could show"),
        _("Figures come with orders and events: by an import, or by the tracking API."),
    )


def _unpaired(found: Found, query: Mapping[str, str], warehouse: Asker) -> Nothing:
    """No pair of goods: orders have no goods, their goods lack what would be paired, or no pair comes often enough."""
    of, least = Affinity.of.value(found.params), Affinity.least.value(found.params)
    named = _named(found, of, warehouse)
    if named is None:
        return _nothing()
    if named:
        title = ngettext("No pair stands in %(n)s order", "No pair stands in %(n)s orders or more", least)
        return Nothing(title % {"n": formats.number(least)}, _("Ask for fewer orders at least, or for more goods looked at."))
    titles = {
        "category": _("The goods of the orders have no categories"), "brand": _("The goods of the orders have no brands"),
        "sku": _("The goods of the orders have no articles"), "name": _("The goods of the orders have no names"),
    }  # fmt: skip
    other = next((one for one in reversed(Affinity.of.choices) if one != of and _named(found, one, warehouse)), "")
    if not other:
        return Nothing(titles[of], _("They come with the lines of orders: by an import, or by the tracking API."))
    url = f"{reverse('report', args=[Affinity.name])}?{urlencode({**query, 'of': other})}"
    actions = {
        "category": _("Pair by category"), "brand": _("Pair by brand"), "sku": _("Pair by article"), "name": _("Pair by name"),
    }  # fmt: skip
    return Nothing(titles[of], _("Pairs can be made of what they do have."), url, actions[other], f"--of {other}")


def _named(found: Found, field: str, warehouse: Asker) -> bool | None:
    """Whether any line of an order has a field; None where there are no lines."""
    asked = {"of": "lines", "rows": field, "limit": "1"}
    if among := found.params.get(AMONG.name):
        asked[AMONG.name] = among
    rows = answers.ask("custom", asked, warehouse=warehouse, at_us=found.at_us).rows
    return any(row[0] is not None for row in rows) if rows else None
