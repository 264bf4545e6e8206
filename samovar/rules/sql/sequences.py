"""Sequences in SQL: one row for each instant at which something of it happened, one pass of windows for each step.

A prefix of the steps that ends later is never worse than one that ends earlier: the next step's `within` is kept more easily
and less can lie between. So it is enough to know, at each instant, the latest end of each prefix before it. Steps that fall on
one instant must take different rows: by Hall's theorem they can if any some of them have as many rows together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from sqlglot import exp

from samovar.kit.clock import DAY_US, HOUR_US, MINUTE_US
from samovar.rules import tree
from samovar.rules.catalogue import Collection
from samovar.rules.sql import rows
from samovar.rules.sql.people import person_filter
from samovar.rules.sql.scans import PERSON, Scan
from samovar.rules.sql.values import binary, column, instant, known, whole
from samovar.rules.windows import Bound, bounds

if TYPE_CHECKING:
    from samovar.rules.sql.compiler import Compiler

TIME = "time_us"
_UNITS_US = {"minutes": MINUTE_US, "hours": HOUR_US, "days": DAY_US, "weeks": 7 * DAY_US}


@dataclass(frozen=True)
class Step:
    """A step and the column that says whether a row, or one of an instant's rows, may be it."""

    flag: str
    of: tree.Selection
    within_us: int | None
    collection: Collection

    @property
    def rows(self) -> tuple[str, str | None]:
        """Which rows of the warehouse they are: two collections may speak of the same."""
        return self.collection.table, self.collection.event or self.collection.record


@dataclass(frozen=True)
class _Absence:
    """`then not C within D`: what must not happen after the positive step `after`."""

    flag: str
    after: int
    within_us: int | None


class SequenceQuery:
    """The CTEs of one sequence, named by `name`: the last has (person, held).

    With `offsets`, stretches of one offset from UTC, time is that of the clock on the wall: a day later is the same time of day.
    """

    def __init__(self, name: str, sequence: tree.Sequence, compiler: Compiler, offsets: Sequence[tuple[int, int]] = ()) -> None:
        self._name, self._window, self._compiler, self._offsets = name, sequence.window, compiler, offsets
        self._steps: list[Step] = []
        self._absent: list[Step] = []
        self._absences: list[_Absence] = []
        for number, step in enumerate(sequence.steps):
            found = Step(f"f{number}", step.of, _within_us(step), compiler.catalogue.collection(step.of))
            if step.is_absent:
                self._absent.append(found)
                self._absences.append(_Absence(found.flag, len(self._steps) - 1, found.within_us))
            else:
                self._steps.append(found)

    def ctes(self) -> Iterator[tuple[str, exp.Expression]]:
        """Each CTE with its name, in the order in which one reads the other."""
        yield from self._layers()
        yield self._name, self._of_people(exp.func("bool_or", column(f"e{len(self._steps)}")), "held")

    @property
    def steps(self) -> list[Step]:
        """The positive steps."""
        return self._steps

    @property
    def has_something_between(self) -> bool:
        """Whether something must not happen between two steps, whenever the second comes."""
        return any(self._is_between(absence) for absence in self._absences)

    @property
    def on_the_wall(self) -> int:
        """How far the wall's clock is ahead of UTC at the moment, where time is its."""
        return self._offsets[-1][1] if len(self._offsets) > 1 else 0

    def absences_after(self, number: int) -> list[Step]:
        """What must not happen after a positive step."""
        return [step for step, told in zip(self._absent, self._absences, strict=True) if told.after == number]

    def rows_of(self, *steps: Step) -> exp.Select:
        """(person, time) of the rows of one kind that may be one of some steps."""
        return self._narrowed(steps)[0].select(column(PERSON, rows.ROW), self._time())

    def reached_ctes(self) -> Iterator[tuple[str, exp.Expression]]:
        """The same, but the last has (person, reached): how many positive steps each took, one after another."""
        yield from self._layers()
        steps = [(number, column(f"e{number}")) for number in range(1, len(self._steps) + 1)]
        # A prefix that is followed too soon by what must not happen is none, but a longer one never is without it.
        ifs = [exp.If(this=exp.func("bool_or", ended), true=whole(number)) for number, ended in reversed(steps)]
        yield self._name, self._of_people(exp.Case(ifs=ifs, default=whole(0)), "reached")

    def _layers(self) -> Iterator[tuple[str, exp.Expression]]:
        yield f"{self._name}_rows", self._rows()
        yield f"{self._name}_0", self._instants()
        for number in range(len(self._steps)):
            yield f"{self._name}_{number + 1}", self._layer(number)

    def _of_people(self, figure: exp.Expression, name: str) -> exp.Select:
        last = exp.to_table(f"{self._name}_{len(self._steps)}")
        return exp.select(column(PERSON), exp.alias_(figure, name, quoted=True)).from_(last).group_by(column(PERSON))

    # Rows and instants

    def _rows(self) -> exp.Expression:
        """What happened: person, time, and a flag for each step that a row may be. Nothing before the first step's window."""
        together: dict[tuple[str, str | None], list[Step]] = {}
        for step in (*self._steps, *self._absent):
            together.setdefault(step.rows, []).append(step)
        union: exp.Expression | None = None
        for steps in together.values():
            select = self._rows_of(steps)
            union = select if union is None else exp.union(union, select, distinct=False, copy=False)
        assert union is not None
        return union

    def _rows_of(self, steps: list[Step]) -> exp.Select:
        select, flags = self._narrowed(steps)
        every = [*self._steps, *self._absent]  # every part of the union has every flag
        columns = [exp.alias_(flags.get(step.flag, exp.false()), step.flag, quoted=True) for step in every]
        return select.select(column(PERSON, rows.ROW), self._time(), *columns)

    def _narrowed(self, steps: Sequence[Step]) -> tuple[exp.Select, dict[str, exp.Expression]]:
        """The rows of one kind that may be one of some steps, and whether one may be each."""
        compiler = self._compiler
        base = rows.collection_filters(steps[0].collection, compiler.moment)
        if compiler.who is not None:
            base.append(person_filter(compiler.who))
        base += [rows.bound_filter(bound, compiler.moment) for bound in self._lowest()]
        if (happened := rows.happened_filter(steps[0].collection, compiler.moment)) is not None:
            base.append(happened)
        scan = Scan(self._name, steps[0].collection, base)
        flags = {step.flag: self._flag(step, scan) for step in steps}
        return scan.rows(exp.or_(*(flag.copy() for flag in flags.values()))), flags

    def _time(self) -> exp.Expression:
        """When a row happened."""
        time = column(TIME, rows.ROW)
        if len(self._offsets) < 2:  # they are all the same then, and the distances too
            return time
        later = [
            exp.If(this=exp.GTE(this=time.copy(), expression=whole(s)), true=whole(o)) for s, o in reversed(self._offsets[1:])
        ]
        offset = exp.Case(ifs=later, default=whole(self._offsets[0][1]))
        return exp.alias_(exp.Add(this=time, expression=offset), TIME, quoted=True)

    def _flag(self, step: Step, scan: Scan) -> exp.Expression:
        """Whether a row may be a step; what `where` asks of the person is joined to the rows."""
        parts = rows.people_filters(step.collection)
        if step is self._steps[0]:
            window = rows.window_filter(self._window, self._compiler.moment)
            parts += [window] if window is not None else []
        if step.of.where is not None:
            own = Scan(scan.name, step.collection, [], joins=scan.joins)
            parts.append(exp.var(self._compiler.condition(step.of.where, own)))
        return exp.paren(exp.and_(*parts)) if parts else exp.true()

    def _lowest(self) -> list[Bound]:
        """The lower bounds of the first step's window: every step lies after it."""
        return [b for b in bounds(self._window, self._compiler.moment) if b.operator in (">", ">=")]

    def _instants(self) -> exp.Expression:
        """One row for each person and instant: whether each step may be there, and whether enough rows are for some of them."""
        flags = [step.flag for step in (*self._steps, *self._absent)]
        columns = [exp.alias_(exp.func("bool_or", column(flag)), flag, quoted=True) for flag in flags]
        for some in self._crowded():
            rows_of_some = exp.func("count_if", exp.or_(*(column(flag) for flag in some)))
            enough = exp.GTE(this=rows_of_some, expression=whole(len(some)))
            columns.append(exp.alias_(enough, "_".join(some), quoted=True))
        instants = exp.select(column(PERSON), column(TIME), *columns).from_(exp.to_table(f"{self._name}_rows"))
        return instants.group_by(column(PERSON), column(TIME))

    def _crowded(self) -> list[tuple[str, ...]]:
        """Two or more positive steps that may want the same rows."""
        together: dict[tuple[str, str | None], list[str]] = {}
        for step in self._steps:
            together.setdefault(step.rows, []).append(step.flag)
        sizes = [(flags, size) for flags in together.values() for size in range(2, len(flags) + 1)]
        return [some for flags, size in sizes for some in combinations(flags, size)]

    # Steps

    def _layer(self, number: int) -> exp.Expression:
        """The layer before with `e`: whether a prefix of `number + 1` steps ends at the instant, and `l`: where it last did."""
        source: exp.Expression = exp.to_table(f"{self._name}_{number}")
        if number == 0 and self._absences:  # the edges must be there before a step asks for them
            edges = [exp.alias_(self._edge(a), f"{a.flag}_edge", quoted=True) for a in self._absences]
            source = exp.select(exp.Star(), *edges).from_(source).subquery("a")
        ends = exp.or_(*(self._prefix(first, number) for first in range(number + 1)))
        ended = exp.alias_(exp.func("coalesce", ends, exp.false()), f"e{number + 1}", quoted=True)
        layer = exp.select(exp.Star(), ended).from_(source)
        if number + 1 == len(self._steps):
            return layer
        last = exp.alias_(_latest(column(f"e{number + 1}")), f"l{number + 1}", quoted=True)
        return exp.select(exp.Star(), last).from_(layer.subquery("e"))

    def _prefix(self, first: int, last: int) -> exp.Expression:
        """Steps `first` to `last` (from 0) all fall on this instant, and those before them end earlier."""
        together = [step.flag for step in self._steps[first : last + 1]]
        parts = [column(flag) for flag in together]
        parts += [column("_".join(some)) for some in self._crowded() if set(some) <= set(together)]
        for absence in self._absences:
            if first <= absence.after <= last and not self._is_between(absence):
                parts.append(self._kept_away(absence))
        if first > 0:
            parts.append(self._follows(first))
        return exp.paren(exp.and_(*parts))

    def _follows(self, first: int) -> exp.Expression:
        end = column(f"l{first}")
        parts = [known(end)]
        within_us = self._steps[first].within_us
        if within_us is not None:
            parts.append(exp.LTE(this=exp.Sub(this=column(TIME), expression=end.copy()), expression=whole(within_us)))
        for absence in self._absences:
            if absence.after == first - 1 and self._is_between(absence):
                edge = column(f"{absence.flag}_edge")
                parts.append(exp.paren(exp.or_(exp.Is(this=edge, expression=exp.null()), binary("<=", edge.copy(), end.copy()))))
        return exp.and_(*parts)

    # What must not happen

    def _is_between(self, absence: _Absence) -> bool:
        """Whether it must not happen before the next positive step, whenever that is."""
        return absence.within_us is None and absence.after + 1 < len(self._steps)

    def _edge(self, absence: _Absence) -> exp.Expression:
        """Where it happened last before the instant, or first after it."""
        if self._is_between(absence):
            return _latest(column(absence.flag))
        return _over("min", column(absence.flag), whole(1), "FOLLOWING", "UNBOUNDED", "FOLLOWING")

    def _kept_away(self, absence: _Absence) -> exp.Expression:
        edge = column(f"{absence.flag}_edge")
        nothing = exp.Is(this=edge, expression=exp.null())
        if absence.within_us is None:
            return nothing
        # ClickHouse allows no frame of more than 2^32, so that the frame is open and the edge is compared.
        later = exp.GT(this=exp.Sub(this=edge.copy(), expression=column(TIME)), expression=whole(absence.within_us))
        by_now = binary("<=", column(TIME), instant(self._compiler.moment, absence.within_us - self.on_the_wall))
        return exp.and_(exp.paren(exp.or_(nothing, later)), by_now)


def _within_us(step: tree.Step) -> int | None:
    return step.within.amount * _UNITS_US[step.within.unit] if step.within is not None else None


def _latest(flag: exp.Expression) -> exp.Expression:
    """The latest instant before this one at which a flag was up."""
    return _over("max", flag, "UNBOUNDED", "PRECEDING", whole(1), "PRECEDING")


def _over(
    function: str, flag: exp.Expression, start: str | exp.Expression, start_side: str, end: str | exp.Expression, end_side: str
) -> exp.Expression:
    """The least or greatest instant, in a frame of times around this one, at which a flag is up."""
    frame = exp.WindowSpec(kind="RANGE", start=start, start_side=start_side, end=end, end_side=end_side)
    order = exp.Order(expressions=[exp.Ordered(this=column(TIME), nulls_first=False)])
    when = exp.Case(ifs=[exp.If(this=flag, true=column(TIME))])
    return exp.Window(this=exp.func(function, when), partition_by=[column(PERSON)], order=order, spec=frame)
