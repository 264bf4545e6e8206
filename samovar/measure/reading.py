"""What reports, built-in and saved, and boards read of what comes: so that a fall of data marks them by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from samovar.collect.quality import queries as quality
from samovar.collect.quality.looks import ADS
from samovar.collect.quality.reading import TRAITS, Read
from samovar.collect.quality.unsafe import Resting
from samovar.decide import queries as campaigns
from samovar.decide.rules import Status
from samovar.measure.builder import queries
from samovar.measure.models import Board, SavedReport
from samovar.measure.reports import REPORTS
from samovar.measure.reports.reads import conditions
from samovar.measure.reports.words import TITLES
from samovar.understand.reading import reads_of_conditions

Asked = tuple[str, Mapping[str, str]]  # a report by its name, and its parameters
_SHOP: Asked = ("drivers", {})  # reads what the figures of the shop and of campaigns come from
_OWN = "own/"  # before the slug of a saved report
_BOARD = "board/"


def resting() -> list[Resting]:
    """The reports, each with the events and fields its figures come from; of campaigns those that still count orders."""
    url = reverse("all_reports")
    named = {
        "summary": (_("The shop in figures"), url, [_SHOP]),
        "weeks": (_("Revenue by week"), url, [_SHOP]),
        **{name: (str(TITLES[name][0]), reverse("report", args=[name]), [(name, {})]) for name in REPORTS if name != "custom"},
        **dict(_saved()),
    }
    for row in campaigns.campaigns(status=Status.RUNNING, limit=campaigns.PAGE_ROWS_MAX):
        named[f"campaign/{row.slug}"] = (row.name, reverse("campaign", args=[row.slug]), [_SHOP])
    told = {slug: [one for asked in several for one in conditions(*asked)] for slug, (_n, _u, several) in named.items()}
    reads, steps = reads_of_conditions(told), _steps()
    return [
        Resting("report", slug, name, url, reads[slug] | (steps if any(map(_is_of_all, several)) else frozenset()))
        for slug, (name, url, several) in named.items()
    ]


def own(slug: str) -> str:
    """The slug under which a saved report rests on data."""
    return _OWN + slug


def board(slug: str) -> str:
    """The slug under which a board does."""
    return _BOARD + slug


def _saved() -> Iterator[tuple[str, tuple[str, str, list[Asked]]]]:
    """Saved reports as they are, and boards with what their tiles show among the people of the board."""
    saved: dict[str, Asked] = {}
    for report in SavedReport.objects.order_by("name", "id"):
        saved[report.slug] = (report.report, report.params)
        yield own(report.slug), (report.name, reverse("own_report", args=[report.slug]), [saved[report.slug]])
    for row in Board.objects.order_by("name", "id"):
        shown = [asked for tile in row.tiles if (asked := _shown(tile, saved)) is not None]
        if row.among:
            shown = [(name, queries.narrowed(name, params, period="", among=row.among)) for name, params in shown]
        yield board(row.slug), (row.name, reverse("board", args=[row.slug]), shown)


def _shown(tile: Mapping[str, Any], saved: Mapping[str, Asked]) -> Asked | None:
    return saved.get(tile["saved"]) if "saved" in tile else (tile["report"], tile.get("params", {}))


def _is_of_all(asked: Asked) -> bool:
    """Whether it goes by whatever happened."""
    return asked[0] == "paths"


def _steps() -> frozenset[Read]:
    """The events that may be steps of a path: all that are followed, but what people say of themselves."""
    followed = quality.streams_of().filter(field="").values_list("event", flat=True)
    return frozenset(Read(event) for event in followed if event != TRAITS and not event.startswith(ADS))
