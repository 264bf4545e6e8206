"""Conditions into one SQL query: a CTE for each thing asked of the person, one pass for each collection, joined to customers.

1. Every condition is compiled to a boolean that is never null; what it needs registers itself as a CTE.
2. Logic is joined as text around its leaves, so that a deep rule costs no recursion in the printer of SQL.
3. `query` joins the CTEs to the customers; one to a person each, so no row is doubled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

from sqlglot import exp

from samovar.rules import formulas as f
from samovar.rules import tree
from samovar.rules.catalogue import Attribute, Catalogue, Collection, Kind, Source, builtin_catalogue
from samovar.rules.errors import RuleError
from samovar.rules.lifecycle import stage_conditions
from samovar.rules.lowering import Lowering
from samovar.rules.needed import needed
from samovar.rules.sql import people, rows, scans
from samovar.rules.sql.dialects import DUCKDB, Dialect
from samovar.rules.sql.figures import figure_sql
from samovar.rules.sql.printing import truth_text
from samovar.rules.sql.rows import Who
from samovar.rules.sql.sequences import SequenceQuery
from samovar.rules.sql.values import binary, column, known, whole
from samovar.rules.tree import Condition
from samovar.rules.windows import Moment

CUSTOMERS = "customers"


class Compiler:
    """Collects what conditions need. With `who` everything is asked about one person or some people only."""

    def __init__(self, catalogue: Catalogue, moment: Moment, who: Who = None, dialect: Dialect = DUCKDB) -> None:
        self.catalogue, self.moment, self.who, self.dialect = catalogue, moment, who, dialect
        self._ctes: dict[str, exp.Expression] = {}
        self._joins: dict[str, None] = {}
        self._scans: dict[str, scans.Scan] = {}
        self._traits: dict[tuple[str, str], str] = {}
        self._runs: dict[str, exp.Expression] = {}
        self._sequences: dict[tree.Sequence, str] = {}
        self._segments: dict[str, str] = {}

    # Conditions

    def condition(self, condition: Condition, scan: scans.Scan | None = None) -> str:
        """SQL text of a boolean that is never null. Inside `where` it speaks of a row of `scan`."""
        lowering = Lowering(self.catalogue, self.moment, scan.collection if scan is not None else None)
        return truth_text(lowering.truth(condition), lambda feature: self._read(feature, scan), self.dialect.text)

    def _read(self, feature: f.Feature, scan: scans.Scan | None) -> exp.Expression:
        """The column of a feature."""
        match feature:
            case f.Figure():
                return figure_sql(feature, self)
            case f.Known(attribute=attribute, kind=kind, is_folded=is_folded):
                return self._attribute(attribute, kind, scan, is_folded=is_folded)
            case f.OfRow(field=field, kind=kind, is_folded=is_folded):
                return rows.field_sql(field, kind, is_folded=is_folded)
            case f.Happened(sequence=sequence):
                return column("held", self._joined(self._sequence(sequence), None))
            case f.Member(segment=segment):
                return column("held", self._joined(self._segment(segment), None))
            case f.OfBasket() | f.OfItems():
                raise RuleError("basket_only", name="basket")

    def _sequence(self, sequence: tree.Sequence) -> str:
        """The name of the CTE of a sequence."""
        name = self._sequences.setdefault(sequence, f"q{len(self._sequences)}")
        if name not in self._runs:
            self._runs.update(SequenceQuery(name, sequence, self).ctes())
        return name

    def _segment(self, name: str) -> str:
        """The name of the CTE of a segment that conditions refer to. What it needs itself is shared with them."""
        if name not in self._segments:
            condition = self.catalogue.segment(name)
            if condition is None:
                raise RuleError("unknown_segment", name=name)
            around, self._joins = self._joins, {}
            held = exp.alias_(exp.var(self.condition(condition)), "held", quoted=True)
            self._segments[name] = f"g{len(self._segments)}"
            self._runs[self._segments[name]] = self._over_customers([column(scans.PERSON, CUSTOMERS), held])
            self._joins = around
        return self._segments[name]

    def column(self, feature: f.Feature) -> exp.Expression:
        """The customers' column of a feature."""
        return self._read(feature, None)

    def reached(self, sequence: tree.Sequence, offsets: Sequence[tuple[int, int]]) -> exp.Select:
        """(person, reached): how many positive steps each customer took; those without the first are left out."""
        asked = SequenceQuery("q0", sequence, self, offsets)
        self._runs.update(asked.reached_ctes())
        person, reached = column(scans.PERSON, CUSTOMERS), column("reached", "q0")
        select = exp.select(person, reached).from_(exp.to_table(CUSTOMERS))
        on = binary("=", column(scans.PERSON, "q0"), column(scans.PERSON, CUSTOMERS))
        select = select.join(exp.to_table("q0"), on=on).where(binary(">", reached.copy(), whole(0)))
        for name, body in self.ctes().items():
            select = select.with_(name, as_=body, copy=False)
        return select

    def rows(self, selection: tree.Selection, columns: Sequence[exp.Expression], *, by_time: bool) -> exp.Select:
        """The rows of a checked selection; `by_time` leaves out those whose own time is unknown or has not come."""
        collection = self.catalogue.collection(selection)
        scan = scans.Scan("selected", collection, self._base(collection))
        where, window = self._narrowing(selection, scan, by_time=by_time)
        select = scan.rows(scans.both(where, window)).select(*columns)
        for name, body in (self.ctes() if scan.joins else {}).items():
            select = select.with_(name, as_=body, copy=False)
        return select

    def query(
        self, columns: list[exp.Expression], where: str | None = None, before: Mapping[str, exp.Expression] | None = None
    ) -> exp.Select:
        """A SELECT over customers with everything the compiled conditions need; `before` are CTEs that `who` speaks of."""
        select = self._over_customers(columns)
        if where is not None:
            select = select.where(exp.var(where))
        for name, body in {**(before or {}), **self.ctes()}.items():
            select = select.with_(name, as_=body, copy=False)
        return select

    def _over_customers(self, columns: list[exp.Expression]) -> exp.Select:
        select = exp.select(*columns).from_(exp.to_table(CUSTOMERS))
        for name in self._joins:
            on = binary("=", column(scans.PERSON, name), column(scans.PERSON, CUSTOMERS))
            select = select.join(exp.to_table(name), on=on, join_type="left")
        return select

    def ctes(self) -> dict[str, exp.Expression]:
        """What the compiled conditions need, by name, in the order in which one reads the other."""
        found: dict[str, exp.Expression] = {CUSTOMERS: people.customers_select(self.moment, self.who)}
        if self._traits:
            found["traits"] = people.traits_select(self._traits, self.moment, self.who)
        return found | self._ctes | {scan.name: scan.select() for scan in self._scans.values()} | self._runs

    def _joined(self, name: str, scan: scans.Scan | None) -> str:
        """Join a CTE: to the rows of a scan inside `where`, else to the customers."""
        if scan is not None:
            scan.joins.add(name)
        else:
            self._joins[name] = None
        return name

    # What conditions ask for

    def aggregate(self, selection: tree.Selection, aggregate: exp.Expression, *, by_time: bool = False) -> exp.Expression:
        """The customers' column of an aggregate over a selection; `by_time` when it asks when the rows happened."""
        collection = self.catalogue.collection(selection)
        scan = self._scans.get(collection.name)
        if scan is None:
            scan = scans.Scan(f"c{len(self._scans)}", collection, self._base(collection))
            self._scans[collection.name] = scan
        where, window = self._narrowing(selection, scan, by_time=by_time)
        self._joined(scan.name, None)
        return scan.collect(aggregate, where, window)

    def _narrowing(
        self, selection: tree.Selection, scan: scans.Scan, *, by_time: bool
    ) -> tuple[exp.Expression | None, exp.Expression | None]:
        where = exp.var(self.condition(selection.where, scan)) if selection.where is not None else None
        is_dated = by_time or selection.window is not None
        happened = rows.happened_filter(scan.collection, self.moment) if is_dated else None
        return where, scans.both(happened, rows.window_filter(selection.window, self.moment))

    def _base(self, collection: Collection) -> list[exp.Expression]:
        base = rows.collection_filters(collection, self.moment) + rows.people_filters(collection)
        if self.who is not None:
            base.append(people.person_filter(self.who))
        return base

    def _days(self, selection: tree.Selection) -> str:
        """The name of the CTE of a selection's distinct days in order."""
        collected = self.aggregate(selection, exp.func("list", column("day", rows.ROW)), by_time=True)
        scan = self._scans[self.catalogue.collection(selection).name]
        name = f"{scan.name}_{collected.name}"
        self._runs.setdefault(name, scans.days_select(collected, scan.name, self.dialect.lists))
        return name

    def gap(self, selection: tree.Selection) -> exp.Expression:
        """The median of days between a selection's days."""
        days = self._days(selection)
        self._runs.setdefault(f"{days}_gap", scans.gap_select(days, self.dialect.lists))
        return column("gap", self._joined(f"{days}_gap", None))

    def streak(self, selection: tree.Selection, span_days: int, which: str) -> exp.Expression:
        """The `longest` or the `last` run of a selection's days."""
        days = self._days(selection)
        name = f"{days}_streak{span_days}"
        self._runs.setdefault(name, scans.streak_select(days, span_days, self.dialect.lists))
        return column(which, self._joined(name, None))

    def _attribute(self, attribute: Attribute, kind: Kind, scan: scans.Scan | None, *, is_folded: bool) -> exp.Expression:
        """An attribute of the person."""
        match attribute.source:
            case Source.TRAIT:
                part = people.trait_part(kind, is_folded=is_folded)
                made = self._traits.setdefault((attribute.name, part), f"t{len(self._traits)}")
                return column(made, self._joined("traits", scan))
            case Source.REGISTERED:
                return column("registered_us", CUSTOMERS if scan is None else self._joined(CUSTOMERS, scan))
            case Source.CONSENT:
                channel, purpose = attribute.keys
                name = f"consent_{channel}_{purpose}"
                self._ctes.setdefault(name, people.consent_select(channel, purpose, self.moment, self.who))
                return column("value", self._joined(name, scan))
            case Source.CONTACT:
                name = f"contact_{attribute.keys[0]}"
                self._ctes.setdefault(name, people.contact_select(attribute.keys[0], self.who))
                return exp.paren(known(column(scans.PERSON, self._joined(name, scan))))
            case Source.REACHABLE:
                return self._reach(attribute, scan)
            case Source.LIFECYCLE:
                self._ctes.setdefault("stages", stages_select(self.moment, self.who, self.dialect))
                return column("stage", self._joined("stages", scan))
        raise AssertionError(attribute.source)

    def _reach(self, attribute: Attribute, scan: scans.Scan | None) -> exp.Expression:
        """How the person stands with a channel, whether that lets it be used, or how many channels may be."""
        states = []
        for channel in attribute.keys:
            self._ctes.setdefault(f"reach_{channel}", people.reach_select(channel, self.moment, self.who))
            state = column("value", self._joined(f"reach_{channel}", scan))
            states.append(exp.func("coalesce", state, exp.Literal.string("no_address")))
        if attribute.kind is Kind.TEXT:
            return states[0]
        reached = [exp.paren(binary("=", state, exp.Literal.string("reachable"))) for state in states]
        if attribute.kind is Kind.BOOLEAN:
            return reached[0]
        ones = [exp.Case(ifs=[exp.If(this=one, true=whole(1))], default=whole(0)) for one in reached]
        return exp.paren(reduce(lambda left, right: exp.Add(this=left, expression=right), ones[1:], ones[0]))


def stages_select(moment: Moment, who: Who = None, dialect: Dialect = DUCKDB) -> exp.Select:
    """(person, stage) of every customer; the stage is null for a customer who is not registered."""
    compiler = Compiler(builtin_catalogue(), moment, who, dialect)
    branches = [
        exp.If(this=exp.var(compiler.condition(condition)), true=exp.Literal.string(stage))
        for stage, condition in stage_conditions().items()
    ]
    stage = exp.alias_(exp.Case(ifs=branches), "stage", quoted=True)
    return compiler.query([column(scans.PERSON, CUSTOMERS), stage])


def are_candidates_all(stage: str) -> bool:
    """Whether everybody whom `stage_candidates_select` gives is in the stage: its rule is asked first, and as it is."""
    conditions = stage_conditions()
    return stage == next(iter(conditions)) and needed(conditions[stage]) == conditions[stage]


def stage_candidates_select(stage: str, moment: Moment, who: Who = None) -> exp.Select:
    """(person) of the customers for whom what a stage's rule needs holds: those in the stage, and some others."""
    compiler = Compiler(builtin_catalogue(), moment, who)
    where = compiler.condition(needed(stage_conditions()[stage]))
    return compiler.query([column(scans.PERSON, CUSTOMERS)], where)
