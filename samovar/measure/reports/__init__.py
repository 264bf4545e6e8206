"""Reports: questions over the collections of the rule language, each with a table and the people behind it."""

from __future__ import annotations

from samovar.measure.reports.baskets import Affinity, Baskets
from samovar.measure.reports.cohorts import Cohorts
from samovar.measure.reports.custom import Custom
from samovar.measure.reports.drivers import Drivers
from samovar.measure.reports.funnel import Funnel
from samovar.measure.reports.live import Live
from samovar.measure.reports.loyalty import Loyalty
from samovar.measure.reports.paths import Ladder, Paths
from samovar.measure.reports.reach import Reach
from samovar.measure.reports.report import Report
from samovar.measure.reports.rfm import Rfm, RfmMoves

REPORTS: dict[str, Report] = {
    one.name: one
    for one in (
        Rfm(),
        RfmMoves(),
        Cohorts(),
        Funnel(),
        Drivers(),
        Baskets(),
        Affinity(),
        Paths(),
        Ladder(),
        Reach(),
        Loyalty(),
        Live(),
        Custom(),
    )
}
