"""The screens of measuring: a campaign's report as a panel of its page, reports, and the people behind figures."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as lazy

from samovar.measure.builder import screens as builder
from samovar.measure.screens import campaign, overview, report
from samovar.measure.watch import screens as watch
from samovar.webkit import panels
from samovar.webkit.menu import Item

panels.register(panels.Panel("campaign", "report", 10, campaign.report_panel, permission="reports:read"))
MENU = [
    Item(lazy("Reports"), "reports", 410, "reports:read"),
    Item(lazy("Own reports"), "own_reports", 415, "reports:read"),
]
urlpatterns = [
    *builder.urlpatterns,
    *watch.urlpatterns,
    path("reports/", overview.reports, name="reports"),
    path("reports/all/", overview.all_reports, name="all_reports"),
    path("reports/parts/<slug:name>/", overview.report_part, name="report_part"),
    path("reports/campaigns/<slug:slug>/", campaign.campaign_report, name="campaign_report"),
    path("reports/campaigns/<slug:slug>/people/", campaign.campaign_people, name="campaign_people"),
    path("reports/<slug:name>/", report.report, name="report"),
    path("reports/<slug:name>/people/", report.report_people, name="report_people"),
    path("reports/<slug:name>/segment/", report.report_segment, name="report_segment"),
]
