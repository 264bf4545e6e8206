"""What the reports of the workspace read of what comes: so that a fall of data marks them by name."""

from __future__ import annotations

from collections.abc import Mapping

from django.urls import reverse
from django.utils.translation import gettext as _

from samovar.collect.quality.reading import AMOUNTS, ORDERS, RETURNS, Read
from samovar.collect.quality.unsafe import Resting
from samovar.decide import queries as campaigns
from samovar.decide.rules import Status
from samovar.measure.reports.words import TITLES

_MONEY = frozenset({Read(ORDERS), Read(RETURNS), *(Read(ORDERS, name) for name in AMOUNTS)})
_LINES = frozenset({Read(ORDERS), *(Read(ORDERS, f"lines.{name}") for name in ("sku", "name", "category"))})
# Of each report whose events do not depend on what it is asked; a funnel as it begins.
_READ: Mapping[str, frozenset[Read]] = {
    "cohorts": frozenset({Read(ORDERS)}),
    "funnel": frozenset({Read("Product Viewed"), Read("Product Added"), Read(ORDERS)}),
    "drivers": _MONEY, "rfm": _MONEY, "rfm-moves": _MONEY, "baskets": _MONEY, "affinity": _LINES,
}  # fmt: skip


def resting() -> list[Resting]:
    """The reports, each with the events and fields its figures come from; of campaigns those that still count orders."""
    url = reverse("all_reports")
    counting = campaigns.campaigns(status=Status.RUNNING, limit=campaigns.PAGE_ROWS_MAX)
    return [
        Resting("report", "summary", _("The shop in figures"), url, _MONEY),
        Resting("report", "weeks", _("Revenue by week"), url, _MONEY),
        *(Resting("report", name, str(TITLES[name][0]), reverse("report", args=[name]), read) for name, read in _READ.items()),
        *(Resting("report", f"campaign/{row.slug}", row.name, reverse("campaign", args=[row.slug]), _MONEY) for row in counting),
    ]  # fmt: skip
