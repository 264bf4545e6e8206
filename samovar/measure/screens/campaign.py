"""A campaign's report as a panel of its page, and the people behind it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from babel.dates import format_date
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from samovar.collect import people
from samovar.collect.erasure.queries import erased_among
from samovar.decide import queries as campaigns
from samovar.decide.queries import Campaign
from samovar.engine.warehouse.client import current
from samovar.kit.clock import day_date
from samovar.measure import labels, queries, verdicts
from samovar.measure.incrementality import Effect
from samovar.staff.permissions import needs
from samovar.webkit import formats
from samovar.webkit.chart import Chart, Series
from samovar.webkit.requests import OfficeRequest
from samovar.webkit.tables import Column, Filter, Page, Table

PEOPLE_AT_ONCE_MAX = 100_000  # more are compared in a part of the page that comes later


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
        x=[short_date(day_date(first_day + point.day), "d MMM") for point in report.curve],
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


def short_date(value: dt.date, pattern: str) -> str:
    """A date by a pattern of the reader's language, short enough for an axis."""
    return str(format_date(value, pattern, locale=formats.locale()))
