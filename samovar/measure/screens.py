"""The screens of reports: a campaign's report as a panel of its page, the people behind it, and the workspace's reports."""

from __future__ import annotations

import datetime as dt
from typing import Any

from babel.dates import format_date
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET

from samovar.collect import people
from samovar.collect.erasure.queries import erased_among
from samovar.decide import queries as campaigns
from samovar.decide.queries import Campaign
from samovar.engine.warehouse.client import current
from samovar.kit.clock import day_date
from samovar.kit.errors import NotFound
from samovar.measure import labels, queries, verdicts
from samovar.measure.incrementality import Effect
from samovar.staff.permissions import needs
from samovar.webkit import formats, panels
from samovar.webkit.chart import Chart, Series
from samovar.webkit.menu import Item
from samovar.webkit.requests import OfficeRequest
from samovar.webkit.tables import Column, Filter, Page, Table

PEOPLE_AT_ONCE_MAX = 100_000  # more are compared in a part of the page that comes later
COHORTS_SHOWN = 24
WEEKS_SHOWN = 104


def report_panel(request: OfficeRequest, *, campaign: Campaign) -> SafeString | str:
    """The report of a launched campaign; a large one is asked for by the page itself, so that the page never waits."""
    if (campaign.audience_count or 0) > PEOPLE_AT_ONCE_MAX:
        return render_to_string("measure/later.html", {"url": reverse("campaign_report", args=[campaign.slug])}, request=request)
    return SafeString(_report(request, campaign))


@needs("reports:read")
@require_GET
def campaign_report(request: OfficeRequest, slug: str) -> HttpResponse:
    """The report as a part of the campaign's page."""
    return HttpResponse(_report(request, campaigns.campaign(slug)))


def _report(request: OfficeRequest, campaign: Campaign) -> str:
    report = queries.campaign_report(campaign=campaign, warehouse=current(), at_us=request.at_us)
    return render_to_string("measure/campaign_report.html", _report_context(report), request=request)


def _report_context(report: queries.CampaignReport) -> dict[str, Any]:
    found = report.effect
    return {
        "campaign": report.campaign, "report": report, "verdict": verdicts.sentence(report, formats.currency()),
        "tone": {"earned": "good", "lost": "bad"}.get(found.verdict, ""), "curve": _curve_chart(report),
        "reasons": [(labels.reason(code), count) for code, count in sorted(report.reasons.items(), key=lambda item: -item[1])],
        **_interval_texts(found),
        "mean_treated": _per_person(report.treated), "mean_control": _per_person(report.control),
        "variants": [(name, row, _per_person(row)) for name, row in sorted(report.by_variant.items())],
    }  # fmt: skip


def _interval_texts(found: Effect) -> dict[str, str | None]:
    """The difference a person and on all treated with their intervals, or nothing where there is none."""
    if found.per_person is None or found.low_minor is None or found.high_minor is None:
        return {"per_person": None, "between_per_person": None, "between": None}
    return {
        "per_person": formats.money(round(found.per_person.difference)),
        "between_per_person": formats.between(round(found.per_person.low), round(found.per_person.high)),
        "between": formats.between(verdicts.whole(found.low_minor), verdicts.whole(found.high_minor)),
    }


def _per_person(row: queries.GroupRow) -> int | None:
    return round(row.net_minor / row.people) if row.people else None


def _curve_chart(report: queries.CampaignReport) -> Chart | None:
    """Revenue per person by day, treated with the band in which the difference lies."""
    if len(report.curve) < 2:
        return None
    zone = formats.zone()
    first_day = zone.day(report.campaign.started_us or report.at_us)
    return Chart(
        _("Revenue per person, cumulative"),
        x=[_written(day_date(first_day + point.day), "d MMM") for point in report.curve],
        unit="money",
        series=[
            Series(
                _("got the letter"), [point.treated for point in report.curve], role="treated",
                low=[p.control + p.low if p.low is not None else None for p in report.curve],
                high=[p.control + p.high if p.high is not None else None for p in report.curve],
            ),
            Series(_("control"), [point.control for point in report.curve], role="control"),
        ],
    )  # fmt: skip


@needs("reports:read")
@require_GET
def campaign_people(request: OfficeRequest, slug: str) -> HttpResponseBase:
    """The people behind a campaign's figures: group, when each passed the gate, what each spent."""
    campaign = campaigns.campaign(slug)

    def fetch(page: Page) -> list[dict[str, Any]]:
        rows = queries.campaign_people(
            campaign=campaign, warehouse=current(), at_us=request.at_us, after=int(page.after[-1]) if page.after else 0,
            limit=page.limit, group=page.filters.get("group", ""), only_buyers=page.filters.get("bought") == "1",
        )  # fmt: skip
        ids = [row["person_id"] for row in rows]
        names = people.names_of(ids) | dict.fromkeys(erased_among(ids))
        return [{**row, "name": names.get(row["person_id"], f"№ {row['person_id']}")} for row in rows]

    def money(name: str) -> Column[dict[str, Any]]:
        titles = {"gross_minor": _("Orders for"), "returns_minor": _("Returns"), "net_minor": _("Net")}
        return Column(name, titles[name], lambda row: formats.money(row[name]), text=lambda row: row[name], numeric=True)

    table = Table(
        request,
        columns=[
            Column("person", _("Customer"), lambda row: row["name"] or _("Erased"), text=lambda row: row["person_id"]),
            Column("group", _("Group"), lambda row: _("control") if row["is_control"] else _("got the letter")),
            Column("variant", _("Variant"), lambda row: row["variant"], wide=True),
            Column(
                "at", _("Counted from"), lambda row: formats.when(row["claimed_us"]), text=lambda row: row["claimed_us"],
                wide=True,
            ),
            Column("orders", _("Orders"), lambda row: formats.number(row["orders"]), lambda row: row["orders"], numeric=True),
            money("gross_minor"), money("returns_minor"), money("net_minor"),
        ],
        fetch=fetch,
        key=lambda row, _sort: (row["person_id"],),
        filters=[
            Filter("group", _("Group"), [("treated", _("got the letter")), ("control", _("control"))]),
            Filter("bought", _("Bought"), [("1", _("bought"))]),
        ],
        link=lambda row: reverse("customer", args=[row["person_id"]]) if row["name"] else "",
        folds=True,
        name=f"campaign-{campaign.slug}",
        empty_title=_("Nobody passed the gate yet"),
        empty_sentence=_("People appear here when their letter goes out, or would have gone out."),
    )  # fmt: skip
    return table.respond("measure/campaign_people.html", {"campaign": campaign})


@needs("reports:read")
@require_GET
def reports(request: OfficeRequest) -> HttpResponse:
    """The workspace in figures. The page itself asks nothing of the warehouse; its parts come when they are counted."""
    return render(request, "measure/reports.html", {"parts": [reverse("report_part", args=[name]) for name in _PARTS]})


@needs("reports:read")
@require_GET
def report_part(request: OfficeRequest, name: str) -> HttpResponse:
    """One part of the reports. Raises `NotFound`."""
    if name not in _PARTS:
        raise NotFound("unknown_part", _("There is nothing at this address."))
    return render(request, f"measure/part_{name}.html", _PARTS[name](request.at_us))


def _summary_part(at_us: int) -> dict[str, Any]:
    found = queries.summary(warehouse=current(), at_us=at_us)
    return {"found": found, "returned_minor": -found.returns_minor, "at_us": at_us}


def _weeks_part(at_us: int) -> dict[str, Any]:
    return {"chart": _weeks_chart(queries.weeks(warehouse=current(), at_us=at_us)[-WEEKS_SHOWN:])}


def _cohorts_part(at_us: int) -> dict[str, Any]:
    cohorts = queries.cohorts(warehouse=current(), at_us=at_us)[-COHORTS_SHOWN:]
    today = formats.zone().local(at_us)
    running = (today.year - 1970) * 12 + today.month - 1
    return {
        "chart": _cohorts_chart(cohorts, running), "rows": [_cohort_row(row) for row in cohorts],
        "months": range(max((len(row.active) for row in cohorts), default=0)),
    }  # fmt: skip


_PARTS = {"summary": _summary_part, "weeks": _weeks_part, "cohorts": _cohorts_part}


def _weeks_chart(weeks: list[queries.Week]) -> Chart | None:
    if not weeks:
        return None
    return Chart(
        _("Revenue by week, net of returns"),
        x=[_written(day_date(week.monday), "d MMM y") for week in weeks],
        unit="money",
        kind="bar",
        series=[Series(_("Revenue"), [week.gross_minor + week.returns_minor for week in weeks])],
    )


def _cohorts_chart(cohorts: list[queries.Cohort], running: int) -> Chart | None:
    """The share of buyers who bought again by months since the first order, all cohorts that lived the whole month together.

    `running`, the month of now, is left out: not over yet, it would look like a fall at the end of the line.
    """
    months = max((min(len(row.active), running - row.month) for row in cohorts), default=0)
    if months < 2:
        return None
    shares: list[float | None] = []
    for month in range(1, months):
        reached = [row for row in cohorts if len(row.active) > month and row.month + month < running]
        size = sum(row.size for row in reached)
        shares.append(sum(row.active[month] for row in reached) / size if size else None)
    return Chart(
        _("Share of buyers who buy again, by months since the first order"),
        x=[str(month) for month in range(1, months)],
        unit="percent",
        series=[Series(_("bought again"), shares)],
        x_title=_("months since the first order"),
    )


def _cohort_row(row: queries.Cohort) -> dict[str, Any]:
    year, month = divmod(row.month, 12)
    return {
        "month": _written(dt.date(1970 + year, month + 1, 1), "LLL y"), "size": row.size,
        "shares": [active / row.size for active in row.active],
    }  # fmt: skip


def _written(value: dt.date, pattern: str) -> str:
    """A date by a pattern of the reader's language, short enough for an axis."""
    return str(format_date(value, pattern, locale=formats.locale()))


panels.register(panels.Panel("campaign", "report", 10, report_panel, permission="reports:read"))
MENU = [Item(lazy("Reports"), "reports", 410, "reports:read")]
urlpatterns = [
    path("reports/", reports, name="reports"),
    path("reports/parts/<slug:name>/", report_part, name="report_part"),
    path("reports/campaigns/<slug:slug>/", campaign_report, name="campaign_report"),
    path("reports/campaigns/<slug:slug>/people/", campaign_people, name="campaign_people"),
]
