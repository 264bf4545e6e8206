"""Reports as values: what screens, the REST API and the command line show. Money is in minor units, moments in microseconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from samovar.decide import queries as campaigns
from samovar.decide.queries import Campaign
from samovar.engine.warehouse.client import Asker
from samovar.kit.clock import DAY_US, iso
from samovar.measure.incrementality import Effect, Group, effect, score

OUTCOMES = ("sent", "failed", "in_doubt", "refused", "held_out")


@dataclass(frozen=True, slots=True)
class Summary:
    """The workspace in figures; `returns_minor` is negative."""

    customers: int
    visitors: int
    buyers: int
    repeat_buyers: int
    orders: int
    gross_minor: int
    returns_minor: int
    first_us: int | None
    last_us: int | None

    @property
    def net_minor(self) -> int:
        return self.gross_minor + self.returns_minor

    @property
    def repeat_rate(self) -> float | None:
        """The share of buyers with at least two orders; None without buyers."""
        return self.repeat_buyers / self.buyers if self.buyers else None


def summary(*, warehouse: Asker, at_us: int) -> Summary:
    """The workspace as of a moment."""
    return Summary(**warehouse.query("measure.summary", at_us=at_us).to_pylist()[0])


def summary_as_json(found: Summary, currency: str) -> dict[str, Any]:
    """The pinned form of the command line."""
    return {
        "customers": found.customers, "visitors": found.visitors, "buyers": found.buyers, "orders": found.orders,
        "gross_minor": found.gross_minor, "returns_minor": found.returns_minor, "currency": currency,
        "first_order_at": iso(found.first_us) if found.first_us is not None else None,
        "last_order_at": iso(found.last_us) if found.last_us is not None else None,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Week:
    """One local week from its Monday (a day number)."""

    monday: int
    orders: int
    gross_minor: int
    returns_minor: int


def weeks(*, warehouse: Asker, at_us: int) -> list[Week]:
    """Revenue by week, weeks without orders left in as zeros."""
    rows = [Week(**row) for row in warehouse.query("measure.weeks", at_us=at_us).to_pylist()]
    if not rows:
        return []
    known = {row.monday: row for row in rows}
    return [known.get(monday, Week(monday, 0, 0, 0)) for monday in range(rows[0].monday, rows[-1].monday + 1, 7)]


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One line of the money table; net = gross + returns (negative)."""

    people: int = 0
    buyers: int = 0
    orders: int = 0
    gross_minor: int = 0
    returns_minor: int = 0
    net_minor: int = 0
    squares: int = 0

    def __add__(self, other: GroupRow) -> GroupRow:
        return GroupRow(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @property
    def group(self) -> Group:
        return Group(self.people, self.net_minor, self.squares)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Revenue per person by the end of a day since passing the gate, minor units; `low` and `high` are the interval of
    the difference, None where there is none."""

    day: int
    treated: float
    control: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class CampaignReport:
    """Everything the report's page says. Counts are of people."""

    campaign: Campaign
    at_us: int
    effect: Effect
    treated: GroupRow
    control: GroupRow
    by_variant: dict[str, GroupRow]
    assigned: campaigns.Assigned
    outcomes: dict[str, int]
    reasons: dict[str, int]
    crossed: int
    opened: int
    opened_by_machine: int
    clicked: int
    is_complete: bool
    curve: list[CurvePoint] = field(default_factory=list)

    @property
    def people_assigned(self) -> int:
        return self.assigned.treated + self.assigned.control

    @property
    def waiting(self) -> int:
        """Assigned people without an outcome yet."""
        return max(0, self.people_assigned - sum(self.outcomes.values()))


def campaign_report(*, campaign: Campaign, warehouse: Asker, at_us: int) -> CampaignReport:
    """The comparison of a campaign as of a moment."""
    key = {"campaign": campaign.id, "at_us": at_us}
    window_us = campaign.window_days * DAY_US
    groups = warehouse.query("measure.campaign_groups", window_us=window_us, **key).to_pylist()
    treated, control, by_variant = _groups(groups)
    since = {"since_us": campaign.launched_us or 0}
    outcomes = dict.fromkeys(OUTCOMES, 0)
    for row in warehouse.query("measure.campaign_outcomes", **key).to_pylist():
        outcomes[row["outcome"]] = outcomes.get(row["outcome"], 0) + row["people"]
    reactions = warehouse.query("measure.campaign_reactions", **key, **since).to_pylist()[0]
    refusals = warehouse.query("measure.campaign_reasons", **key, **since).to_pylist()
    reasons = {row["reason"] or "unknown": row["people"] for row in refusals}
    outcomes["refused"] = sum(reasons.values())
    return CampaignReport(
        campaign=campaign, at_us=at_us, effect=effect(treated.group, control.group), treated=treated, control=control,
        by_variant=by_variant, assigned=campaigns.assigned(campaign.id), outcomes=outcomes,
        reasons=reasons,
        crossed=warehouse.query("measure.campaign_crossed", **key).to_pylist()[0]["crossed"], **reactions,
        is_complete=bool(groups) and at_us >= max(row["last_us"] for row in groups) + window_us,
        curve=_curve(warehouse.query("measure.campaign_curve", window_us=window_us, **key).to_pylist(), groups, campaign, at_us),
    )  # fmt: skip


def _groups(rows: list[dict[str, Any]]) -> tuple[GroupRow, GroupRow, dict[str, GroupRow]]:
    treated, control, by_variant = GroupRow(), GroupRow(), dict[str, GroupRow]()
    for row in rows:
        found = GroupRow(
            row["people"], row["buyers"], row["orders"], row["gross_minor"], row["returns_minor"], row["net_minor"],
            int(row["squares"]),
        )  # fmt: skip
        if row["is_control"]:
            control += found
        else:
            treated += found
            by_variant[row["variant"] or ""] = found
    return treated, control, by_variant


def _curve(changes: list[dict[str, Any]], groups: list[dict[str, Any]], campaign: Campaign, at_us: int) -> list[CurvePoint]:
    """Cumulative means by day, from the first day to the one that began last, or to the window's end."""
    if not groups:
        return []
    sizes = {flag: sum(row["people"] for row in groups if row["is_control"] is flag) for flag in (False, True)}
    begun = (at_us - min(row["first_us"] for row in groups)) // DAY_US + 1
    by_day = {(row["day"], row["is_control"]): row for row in changes}
    totals, squares = {False: 0, True: 0}, {False: 0, True: 0}
    points = [CurvePoint(0, 0.0, 0.0, None, None)]
    for day in range(min(begun, campaign.window_days)):
        for flag in (False, True):
            if (row := by_day.get((day, flag))) is not None:
                totals[flag] += row["net_minor"]
                squares[flag] += int(row["squares"])
        treated, control = (Group(sizes[flag], totals[flag], squares[flag]) for flag in (False, True))
        interval = score(treated, control)
        low, high = (interval.low, interval.high) if interval else (None, None)
        points.append(CurvePoint(day + 1, treated.mean, control.mean, low, high))
    return points


def campaign_people(
    *, campaign: Campaign, warehouse: Asker, at_us: int, after: int, limit: int, group: str = "", only_buyers: bool = False
) -> list[dict[str, Any]]:
    """The people behind a campaign's figures, in order of person id: see `people_behind_sql`. `group` is treated or control."""
    table = warehouse.query(
        "measure.campaign_people", campaign=campaign.id, window_us=campaign.window_days * DAY_US, at_us=at_us, after=after,
        limit=limit, group=group, only_buyers=only_buyers,
    )  # fmt: skip
    return list(table.to_pylist())


def report_as_json(report: CampaignReport) -> dict[str, Any]:
    """The report for the command line and the REST API; `interval_minor` is null where no interval exists."""
    found = report.effect
    return {
        "campaign": report.campaign.slug, "status": report.campaign.status, "at": iso(report.at_us),
        "treated": report.treated.people, "control": report.control.people, "crossed": report.crossed,
        "sent": report.outcomes["sent"], "outcomes": report.outcomes, "reasons": report.reasons, "waiting": report.waiting,
        "opened": report.opened, "opened_by_machine": report.opened_by_machine, "clicked": report.clicked,
        "ordered": report.treated.buyers, "verdict": found.verdict, "is_complete": report.is_complete,
        "incremental_minor": found.incremental_minor,
        "interval_minor": None if found.low_minor is None else [found.low_minor, found.high_minor],
        "per_person_minor": None if found.per_person is None else found.per_person.difference,
        "groups": {
            "treated": _row_as_json(report.treated), "control": _row_as_json(report.control),
            "variants": {name: _row_as_json(row) for name, row in report.by_variant.items()},
        },
        "curve": [
            {"day": p.day, "treated_minor": p.treated, "control_minor": p.control, "low_minor": p.low, "high_minor": p.high}
            for p in report.curve
        ],
        "window_days": report.campaign.window_days,
    }  # fmt: skip


def _row_as_json(row: GroupRow) -> dict[str, Any]:
    return {
        "people": row.people, "buyers": row.buyers, "orders": row.orders, "gross_minor": row.gross_minor,
        "returns_minor": row.returns_minor, "net_minor": row.net_minor,
    }  # fmt: skip
