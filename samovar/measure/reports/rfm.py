"""RFM: buyers by how lately, how often and for how much they ordered, each scored 1 to 5, 5 the best.

Scores part buyers at the fifths of each figure, and equal figures always have one score (a fifth may be empty where many are
equal). So each cell is a rule with plain bounds: days since the last order, orders, money.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _

from samovar.measure.reports.marked import gettext_noop
from samovar.measure.reports.question import Question
from samovar.measure.reports.report import AMONG, Answer, BadParameter, Cell, Column, Param, Report, asked_of, whole

SCORES = range(1, 6)
FIGURES = {"r": "last_day", "f": "orders", "m": "minor"}


@dataclass(frozen=True)
class Cuts:
    """The greatest figure of each score but the last: of the local day of the last order, of orders, of money in minor units."""

    days: Sequence[int]
    orders: Sequence[int]
    minor: Sequence[int]


def spent_sql(until: str = "", later: int = 0) -> str:
    """One row a buyer: person_id, the local day of the last order (moved `later` by days), orders, money. Needs `bought`."""
    return (
        f"SELECT person_id, max(day) + {later} AS last_day, count(*) AS orders, sum(amount_minor)::BIGINT AS minor "
        f"FROM bought {until} GROUP BY person_id"
    )


def cuts_sql() -> str:
    """One row: the three lists of cuts. Needs `spent`."""
    fifths = "[0.2, 0.4, 0.6, 0.8]"
    cut = ", ".join(f"quantile_disc({figure}, {fifths}) AS {name}" for name, figure in FIGURES.items())
    return f"SELECT {cut} FROM spent"


def scored_sql(rows: str) -> str:
    """Every row of a table like `spent` with its scores, by the one row of `cuts`."""
    scores = [
        f"1 + {' + '.join(f'({figure} > cuts.{name}[{n}])::INTEGER' for n in range(1, 5))} AS {name}"
        for name, figure in FIGURES.items()
    ]
    return f"SELECT {rows}.*, {', '.join(scores)} FROM {rows}, cuts"


class Rfm(Report):
    """One row a cell with anybody in it, the best first."""

    name: ClassVar[str] = "rfm"
    is_of_all_time: ClassVar[bool] = True
    columns: ClassVar[tuple[Column, ...]] = (
        Column("r"), Column("f"), Column("m"), Column("people"), Column("orders"), Column("gross_minor", "money"),
        Column("share", "percent"), Column("gross_share", "percent"),
    )  # fmt: skip

    def answer(self, asked: Question) -> Answer:
        found = asked.fetch(
            f"{asked.facts}, spent AS ({spent_sql()}), cuts AS ({cuts_sql()}), scored AS ({scored_sql('spent')}) "
            "SELECT r, f, m, count(*), sum(orders)::BIGINT, sum(minor)::BIGINT FROM scored GROUP BY r, f, m "
            "ORDER BY r DESC, f DESC, m DESC"
        )
        people, gross = sum(row[3] for row in found), sum(row[5] for row in found)
        rows = [[*row, row[3] / people, row[5] / gross if gross else None] for row in found]
        cells = [{"people": {"r": str(r), "f": str(f), "m": str(m)}} for r, f, m, *_rest in found]
        return Answer(self.columns, rows, cells)

    def rule(self, asked: Question, cell: Cell) -> str:
        """The cell's bounds as they are at the moment; a score that is not named is any."""
        cuts = read_cuts(asked)
        return scores_rule(asked, cuts, {name: asked_of(cell, name) for name in ("r", "f", "m") if name in cell})


def read_cuts(asked: Question) -> Cuts:
    """Where scores part, as of the moment."""
    [(days, orders, minor)] = asked.fetch(f"{asked.facts}, spent AS ({spent_sql()}) {cuts_sql()}")
    return Cuts(days or (), orders or (), minor or ())


def scores_rule(asked: Question, cuts: Cuts, scores: dict[str, int], days_ago: int = 0) -> str:
    """The rule of the buyers with some scores, now or as they were some days ago. Raises `BadParameter`."""
    if not cuts.days or any(score not in SCORES for score in scores.values()):
        raise BadParameter("bad_cell", _("There is no such figure in this report."))
    then = f" before {days_ago - 1} days ago" if days_ago else ""
    parts = [f"count(orders{then}) >= 1"]
    if "r" in scores:  # a later day is a less age
        ages = [asked.moment.day - day + days_ago for day in cuts.days]
        parts += _bounds(f"days_since(last orders{then})", ages, scores["r"], (">=", "<"), str)
    if "f" in scores:
        parts += _bounds(f"count(orders{then})", cuts.orders, scores["f"], ("<=", ">"), str)
    if "m" in scores:
        parts += _bounds(f"sum(orders.amount{then})", cuts.minor, scores["m"], ("<=", ">"), asked.major)
    return " and ".join(parts)


def _bounds(figure: str, cuts: Sequence[int], score: int, operators: tuple[str, str], written: Callable[[int], str]) -> list[str]:
    """A score as bounds of a figure: not beyond its own cut, and beyond the one before."""
    within, beyond = operators
    found = [f"{figure} {beyond} {written(cuts[score - 2])}"] if score > 1 else []
    return found + ([f"{figure} {within} {written(cuts[score - 1])}"] if score < 5 else [])


class RfmMoves(Report):
    """Who moved between cells of recency and frequency: scores some days ago and now, by today's cuts.

    Both are of orders as they stand now, so that a move is what people did and not what was told late. A score of 0 is that of
    those who had not ordered yet.
    """

    name: ClassVar[str] = "rfm-moves"
    days: ClassVar[Param] = Param("days", "30", whole(1, 3_650), help=gettext_noop("How many days ago the scores before are of."))
    params: ClassVar[tuple[Param, ...]] = (AMONG, days)
    columns: ClassVar[tuple[Column, ...]] = (
        Column("from_r"), Column("from_f"), Column("r"), Column("f"), Column("people"), Column("gross_minor", "money"),
    )  # fmt: skip

    def answer(self, asked: Question) -> Answer:
        days = self.days.value(asked.params)
        before = spent_sql(f"WHERE day <= {asked.moment.day - days}", later=days)
        found = asked.fetch(
            f"{asked.facts}, spent AS ({spent_sql()}), cuts AS ({cuts_sql()}), before AS ({before}), "
            f"scored AS ({scored_sql('spent')}), was AS ({scored_sql('before')}) "
            "SELECT coalesce(was.r, 0), coalesce(was.f, 0), scored.r, scored.f, count(*), sum(scored.minor)::BIGINT "
            "FROM scored LEFT JOIN was USING (person_id) GROUP BY ALL ORDER BY 1 DESC, 2 DESC, 3 DESC, 4 DESC"
        )
        names = ("from_r", "from_f", "r", "f")
        cells = [{"people": {name: str(score) for name, score in zip(names, row, strict=False)}} for row in found]
        return Answer(self.columns, [list(row) for row in found], cells)

    def rule(self, asked: Question, cell: Cell) -> str:
        """Those of one move."""
        cuts, days = read_cuts(asked), self.days.value(asked.params)
        now = scores_rule(asked, cuts, {"r": asked_of(cell, "r"), "f": asked_of(cell, "f")})
        was = {"r": asked_of(cell, "from_r"), "f": asked_of(cell, "from_f")}
        if was == {"r": 0, "f": 0}:
            return f"{now} and count(orders before {days - 1} days ago) = 0"
        return f"{now} and {scores_rule(asked, cuts, was, days)}"
