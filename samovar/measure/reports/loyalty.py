"""The scorecard of loyalty: each figure with its formula's people, beside the same figure one period before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from samovar.kit.numbers import SCALE, minor_per_major
from samovar.measure.reports.marked import gettext_noop
from samovar.measure.reports.question import Question
from samovar.measure.reports.report import AMONG, Answer, BadParameter, Cell, Column, Kind, Param, Report, whole


@dataclass(frozen=True)
class Share:
    """A share of people: those of `part` among those of `base`, both rules; `{n}` and `{before}` are numbers of days."""

    part: str
    base: str


ORDERED, ORDERED_BEFORE = "count(orders in last {n} days) >= 1", "count(orders between {before} and {after} days ago) >= 1"
SHARES = {
    "active_share": Share(ORDERED, "count(orders) >= 1"),
    "repeat_rate": Share("count(orders) >= 2", "count(orders) >= 1"),
    "retention": Share(f"{ORDERED} and {ORDERED_BEFORE}", ORDERED_BEFORE),
    "churn": Share(f"count(orders in last {{n}} days) = 0 and {ORDERED_BEFORE}", ORDERED_BEFORE),
}
SCORES = {"nps": "NPS Answered", "csat": "CSAT Answered"}
WALLET, WALLET_EVENT, MONTH_DAYS = "share_of_wallet", "Wallet Answered", 30
ASKED = {**{figure: (event, "score") for figure, event in SCORES.items()}, WALLET: (WALLET_EVENT, "monthly")}
PROMOTER, DETRACTOR, SATISFIED = 90_000, 60_000, 40_000  # of answers, in 1/10000: 9 and 10, 0 to 6; 4 and 5


class Loyalty(Report):
    """One row a figure: what it is now, what it was `days` days ago, of how many people it is, and how many they are part of.

    Shares are of 1, money is in minor units; a figure that nothing tells of yet is unknown.
    """

    name: ClassVar[str] = "loyalty"
    days: ClassVar[Param] = Param(
        "days", "90", whole(1, 3_650), help=gettext_noop("The days that a figure looks at, and those before it.")
    )
    params: ClassVar[tuple[Param, ...]] = (AMONG, days)
    columns: ClassVar[tuple[Column, ...]] = (
        Column("figure", "text"), Column("kind", "text"), Column("value", "decimal"), Column("before", "decimal"),
        Column("people"), Column("of"),
    )  # fmt: skip

    def kind_of(self, column: Column, row: Sequence[Any]) -> Kind:
        """Each row says what its figure is."""
        kind: Kind = row[1] if column.name in ("value", "before") else column.kind
        return kind

    def answer(self, asked: Question) -> Answer:
        before = asked.at(asked.context.zone.midnight_us(asked.moment.day - self.days.value(asked.params) + 1) - 1)
        answer = Answer(self.columns, [], [])
        for figure, share in SHARES.items():
            (people, of), (was, was_of) = (self._share(question, share) for question in (asked, before))
            answer.rows.append([figure, "percent", people / of if of else None, was / was_of if was_of else None, people, of])
            answer.cells.append({"people": {"figure": figure, "which": "part"}, "of": {"figure": figure, "which": "base"}})
        for figure, kind in (("frequency", "decimal"), ("average_order", "money"), ("value_per_buyer", "money")):
            (now, buyers), (then, _then) = self._money(asked, figure), self._money(before, figure)
            answer.rows.append([figure, kind, now, then, buyers, None])
            answer.cells.append({"people": {"figure": figure}})
        for figure in SCORES:
            (score, told), (past, _told) = self._score(asked, figure), self._score(before, figure)
            answer.rows.append([figure, "percent" if figure == "csat" else "decimal", score, past, told, None])
            answer.cells.append({"people": {"figure": figure}} if told else {})
        (of_all, told), (past, _told) = self._wallet(asked), self._wallet(before)
        answer.rows.append([WALLET, "percent", of_all, past, told, None])
        answer.cells.append({"people": {"figure": WALLET}} if told else {})
        return answer

    def _days(self, asked: Question) -> dict[str, int]:
        days = self.days.value(asked.params)
        return {"n": days, "after": days + 1, "before": 2 * days + 1}

    def _share(self, asked: Question, share: Share) -> tuple[int, int]:
        named = self._days(asked)
        counts = (
            asked.fetch(f"SELECT count(*) FROM ({asked.people_sql(asked.rule(rule.format(**named)))})")[0][0]
            for rule in (f"{share.part} and {share.base}", share.base)
        )
        return next(counts), next(counts)

    def _money(self, asked: Question, figure: str) -> tuple[Any, int]:
        first = asked.moment.day - self.days.value(asked.params)
        within = "" if figure == "value_per_buyer" else f"WHERE day >= {first}"
        [(orders, buyers, minor)] = asked.fetch(
            f"{asked.facts} SELECT count(*), count(DISTINCT person_id), coalesce(sum(amount_minor), 0)::BIGINT "
            f"FROM bought {within}"
        )
        figures = {"frequency": (orders, buyers), "average_order": (minor, orders), "value_per_buyer": (minor, buyers)}
        part, of = figures[figure]
        return part / of if of else None, buyers

    def _score(self, asked: Question, figure: str) -> tuple[float | None, int]:
        """Promoters less detractors in points, or the share of the satisfied; and how many people answered."""
        [(people, high, low, satisfied)] = asked.fetch(
            f"SELECT count(*), count(*) FILTER (answer >= {PROMOTER}), count(*) FILTER (answer <= {DETRACTOR}), "
            f"count(*) FILTER (answer >= {SATISFIED}) FROM ({self._answers_sql(asked, *ASKED[figure])})"
        )
        if not people:
            return None, 0
        return (100 * (high - low) / people if figure == "nps" else satisfied / people), people

    def _wallet(self, asked: Question) -> tuple[float | None, int]:
        """What people ordered here in a month, of what they say they spend in all shops; here at most that. And who said it."""
        days = self.days.value(asked.params)
        minor = f"greatest(answer, 0) * {minor_per_major(asked.context.currency)} / {SCALE}"
        [(people, here, everywhere)] = asked.fetch(
            f"{asked.facts}, told AS (SELECT person_id, {minor} AS minor FROM ({self._answers_sql(asked, *ASKED[WALLET])})), "
            f"own AS (SELECT person_id, greatest(sum(amount_minor), 0) * {MONTH_DAYS} / {days} AS minor FROM bought "
            f"WHERE day >= {asked.moment.day - days} GROUP BY person_id) "
            "SELECT count(*), sum(least(coalesce(own.minor, 0), told.minor)), sum(told.minor) "
            "FROM told LEFT JOIN own USING (person_id)"
        )
        return here / everywhere if everywhere else None, people

    def _answers_sql(self, asked: Question, event: str, field: str) -> str:
        """The last answer of each person within the days, a number times `SCALE`."""
        first, value = asked.moment.day - self.days.value(asked.params), f"json_extract_string(props, '/{field}')::BIGINT"
        return (
            f"SELECT person_id, arg_max({value}, (time_us, event_key)) AS answer FROM events "
            f"WHERE name = '{event}' AND time_us <= $at AND day >= {first} AND person_id IN ({asked.customers_sql}) "
            f"AND json_type(props, '/{field}') IN ('BIGINT', 'UBIGINT') GROUP BY person_id"
        )

    def rule(self, asked: Question, cell: Cell) -> str:
        """The people of a figure, or those they are part of."""
        figure, named = cell.get("figure", ""), self._days(asked)
        if figure in SHARES:
            share = SHARES[figure]
            return (share.base if cell.get("which") == "base" else f"{share.part} and {share.base}").format(**named)
        if figure in ASKED:
            event, field = ASKED[figure]
            return f'count(event("{event}") where {field} is known in last {named["n"]} days) >= 1'
        rules = {"frequency": ORDERED, "average_order": ORDERED, "value_per_buyer": "count(orders) >= 1"}
        if figure not in rules:
            raise BadParameter("bad_cell", _("There is no such figure in this report."), field="cell")
        return rules[figure].format(**named)
