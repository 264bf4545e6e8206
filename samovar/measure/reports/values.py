"""People parted by an attribute, or by any figure of theirs: the largest parts by name, the others together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from samovar import rules
from samovar.kit.clock import day_date
from samovar.measure.reports.marked import gettext_noop
from samovar.measure.reports.question import OTHERS, Question, text_sql
from samovar.measure.reports.report import BadParameter, Cell, Param
from samovar.rules.catalogue import Kind
from samovar.rules.lowering import Lowering, Told
from samovar.rules.printer import operand_text, quoted
from samovar.rules.sql import values_sql
from samovar.rules.tree import Operand

BY = Param("by", help=gettext_noop("An attribute or a figure of people to part them by, such as city or count(orders)."))
PARTS_MAX = 50
TEXTS = (Kind.TEXT, Kind.ANY, Kind.BOOLEAN)


@contextmanager
def faults_of(param: str, written: str = "") -> Iterator[None]:
    """Lets a fault of the rule language speak of a parameter; `written` is what stands before its text where it was read."""
    try:
        yield
    except rules.RuleError as error:
        place = (error.line, max(1, error.column - len(written)) if error.line == 1 else error.column)
        told = error.at(place)
        told.field = param
        raise told from error


@dataclass(frozen=True)
class Parts:
    """`sql` is SELECT (person_id, part): a value as it is held, as text, null where it is unknown, or `OTHERS`."""

    operand: Operand
    told: Told
    sql: str
    largest: tuple[str, ...]

    @staticmethod
    def of(asked: Question) -> Parts | None:
        """What the parameter `by` asks for, None when it asks for nothing. Raises `RuleError`."""
        text = BY.value(asked.params)
        if not text:
            return None
        every = Parts.by(text, asked)
        values = every.sql
        found = asked.fetch(
            f"SELECT value FROM ({values}) WHERE person_id IN ({asked.customers_sql}) AND value IS NOT NULL "
            f"GROUP BY value ORDER BY count(*) DESC, value LIMIT {PARTS_MAX + 1}"
        )
        largest = tuple(value for (value,) in found)[:PARTS_MAX]
        part = "value"
        if len(found) > PARTS_MAX:
            named = ", ".join(map(text_sql, largest))
            part = f"CASE WHEN value IS NULL OR value IN ({named}) THEN value ELSE {text_sql(OTHERS)} END"
        return replace(every, sql=f"SELECT person_id, {part} AS part FROM ({values})", largest=largest)

    @staticmethod
    def by(text: str, asked: Question) -> Parts:
        """All values of a figure or an attribute, none of them among others: `sql` is SELECT (person_id, value). Raises
        `RuleError`."""
        operand = rules.parse_figure(text, asked.words)
        told = Lowering(asked.words, asked.moment).told(operand)
        if told.ages or told.kind is Kind.MOMENT or told.is_double:
            raise rules.RuleError("no_parts", name=text, kind=_("a moment or a fraction"))
        return Parts(operand, told, values_sql(operand, asked.words, asked.moment), ())

    def called(self, part: str | None, asked: Question) -> str | None:
        """A part as people read it."""
        return part if part is None or part == OTHERS or self.told.kind in TEXTS else str(self.told.read(int(part), asked.moment))

    def cell(self, part: str | None) -> dict[str, str]:
        """What names a part in a cell."""
        return {} if part is None else {"part": part}

    def rule(self, cell: Cell) -> str:
        """The rule of a part. Raises `BadParameter`."""
        name, part = operand_text(self.operand), cell.get("part")
        if part is None:
            return f"{name} is unknown"
        if part == OTHERS:
            return f"{name} not in ({', '.join(map(self._written, self.largest))})"
        return f"{name} = {self._written(part)}"

    def _written(self, part: str) -> str:
        """A part as the rule language writes it. Raises `BadParameter`."""
        if self.told.kind is Kind.BOOLEAN:
            return "true" if part == "true" else "false"
        if self.told.kind in TEXTS:
            return quoted(part)
        try:
            held = int(part)
        except ValueError as error:
            raise BadParameter("bad_cell", _("There is no such figure in this report."), field="part") from error
        return day_date(held).isoformat() if self.told.kind is Kind.DATE else f"{Decimal(held) / self.told.scale:f}"
