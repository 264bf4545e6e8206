"""What every report is: a name, parameters, and an answer whose cells know the people behind them.

Most cells are a rule of the rule language, so that the people behind one are a live segment; a cell that no rule can say gives
a SELECT of its people instead, and a segment of them is a list that was kept.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from django.utils.translation import gettext as _

from samovar.kit.errors import Refusal
from samovar.measure.reports.marked import gettext_noop
from samovar.measure.reports.question import Question

Kind = Literal["text", "number", "decimal", "money", "percent"]
Cell = dict[str, str]  # what a report needs to find the people behind a figure


class BadParameter(Refusal):
    """A parameter that a report does not have, or a value it may not have."""

    status = 422


@dataclass(frozen=True)
class Column:
    """A column of an answer. Money is in minor units, percentages are shares of 1."""

    name: str
    kind: Kind = "number"


@dataclass(frozen=True)
class Answer:
    """A report as of a moment: `cells` holds, for each row, the cells of the columns that have people behind them."""

    columns: Sequence[Column]
    rows: list[list[Any]]
    cells: list[dict[str, Cell]] = field(default_factory=list)

    def column(self, name: str) -> list[Any]:
        """The values of one column."""
        place = [one.name for one in self.columns].index(name)
        return [row[place] for row in self.rows]


@dataclass(frozen=True)
class Param:
    """A parameter: its name, what it is when it is not given, and how its text is read (ValueError where it may not be so).

    `help` is for people, in English until it is translated where it is shown.
    """

    name: str
    default: str = ""
    read: Callable[[str], Any] = str
    choices: tuple[str, ...] = ()
    help: str = ""

    def value(self, params: Mapping[str, str]) -> Any:
        """What was asked. Raises `BadParameter`."""
        text = params.get(self.name, "").strip() or self.default
        if self.choices and text not in self.choices:
            allowed = ", ".join(self.choices)
            message = _("“%(name)s” may be %(allowed)s, not “%(value)s”.") % {
                "name": self.name,
                "allowed": allowed,
                "value": text[:60],
            }
            raise BadParameter("bad_parameter", message, field=self.name)
        try:
            return self.read(text)
        except OutOfRange as error:
            told = {"name": self.name, "least": error.least, "most": error.most, "value": text[:60]}
            message = _("“%(name)s” is a whole number from %(least)s to %(most)s, not “%(value)s”.") % told
            raise BadParameter("bad_parameter", message, field=self.name) from error
        except ValueError as error:
            message = _("“%(name)s” cannot be “%(value)s”.") % {"name": self.name, "value": text[:60]}
            raise BadParameter("bad_parameter", message, field=self.name) from error


class OutOfRange(ValueError):
    """A text that is no whole number between two others."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most
        super().__init__(f"{least} to {most}")


AMONG = Param("among", help=gettext_noop("Only people in this rule."))


def whole(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number between two others. The function raises `OutOfRange`."""

    def read(text: str) -> int:
        with suppress(ValueError):
            if least <= (number := int(text)) <= most:
                return number
        raise OutOfRange(least, most)

    return read


class Report(ABC):
    """One report. `params` are those it takes beside the moment."""

    name: ClassVar[str]
    params: ClassVar[tuple[Param, ...]] = (AMONG,)
    is_of_all_time: ClassVar[bool] = False  # whether all that happened by the moment counts

    def check(self, params: Mapping[str, str]) -> None:
        """Raise `BadParameter` for a value that a parameter may not have, or values that make no sense together."""
        for one in self.params:
            one.value(params)

    def kind_of(self, column: Column, row: Sequence[Any]) -> Kind:
        """What a figure is: what its column is, unless rows have kinds of their own."""
        return column.kind

    @abstractmethod
    def answer(self, asked: Question) -> Answer:
        """The whole report. Raises `BadParameter`, `RuleError`."""

    def rule(self, asked: Question, cell: Cell) -> str | None:
        """The rule of the people behind a cell, None where no rule can say it. Raises `BadParameter`."""
        return None

    def people(self, asked: Question, cell: Cell) -> str:
        """SELECT person_id of the people behind a cell. Raises `BadParameter`."""
        rule = self.rule(asked, cell)
        if rule is None:
            raise BadParameter("no_people", _("This figure has no people behind it."))
        return asked.people_sql(asked.rule(rule))


def check(report: Report, params: Mapping[str, str]) -> None:
    """Raise `BadParameter` for a parameter the report does not have, a value it may not have, or values that do not fit."""
    known = [one.name for one in report.params]
    for name in params:
        if name not in known:
            message = _("The report “%(report)s” has no parameter “%(name)s”. It takes %(known)s.") % {
                "report": report.name, "name": name, "known": ", ".join(known),
            }  # fmt: skip
            raise BadParameter("unknown_parameter", message, field=name)
    report.check(params)


def asked_of(cell: Cell, name: str) -> int:
    """A number of a cell. Raises `BadParameter`."""
    try:
        return int(cell[name])
    except (KeyError, ValueError) as error:
        raise BadParameter("bad_cell", _("There is no such figure in this report."), field=name) from error
