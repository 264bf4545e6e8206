"""The funnel: how many people took the first step, then the second, and so on (rules.md, Meaning 8).

A row counts the people for whom some choice of distinct events matches all steps up to it, so that it is exactly the people of
the sequence that ends there. What must not happen belongs to the step before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from msgspec.structs import replace

from samovar import rules
from samovar.measure.reports.marked import gettext_noop
from samovar.measure.reports.question import OTHERS, Question, text_sql
from samovar.measure.reports.report import AMONG, Answer, BadParameter, Cell, Column, Param, Report, asked_of
from samovar.measure.reports.values import BY, Parts, faults_of
from samovar.rules import tree
from samovar.rules.parser import parse_steps
from samovar.rules.printer import condition_text, step_text
from samovar.rules.sql import reached_sql

STEPS = "views then cart_adds then orders"  # where nobody said others


@dataclass(frozen=True)
class Steps:
    """A sequence cut into its positive steps, each with what must not happen after it."""

    sequence: tree.Sequence

    @property
    def ends(self) -> list[int]:
        """After how many parts of the sequence each positive step is over."""
        starts = [place for place, step in enumerate(self.sequence.steps) if not step.is_absent]
        return [*starts[1:], len(self.sequence.steps)]

    def until(self, number: int) -> tree.Sequence:
        """The sequence up to a positive step, from 1. What must not happen before the next step is asked only with that one."""
        steps = list(self.sequence.steps[: self.ends[number - 1]])
        if number < len(self.ends):
            while steps[-1].is_absent and steps[-1].within is None:
                steps.pop()
        return replace(self.sequence, steps=tuple(steps))

    def text(self, number: int) -> str:
        """A positive step, from 1, as the language writes it."""
        first = self.ends[number - 2] if number > 1 else 0
        return " then ".join(step_text(step) for step in self.sequence.steps[first : self.ends[number - 1]])


def read_steps(text: str, asked: Question) -> Steps:
    """`views then cart_adds within 1 day then orders within 7 days in last 30 days`. Raises `RuleError`."""
    with faults_of("steps"):
        found = parse_steps(text)
        rules.check_rule(rules.Rule(condition=found), asked.words)
        return Steps(found)


class Funnel(Report):
    """One row a step: `step`, `people`, the share of the first step and of the one before, and how many were lost before it.

    `by` parts the people by an attribute or any figure of theirs: then each value has its own rows, the largest first, and the
    many small ones together the last.
    """

    name: ClassVar[str] = "funnel"
    steps: ClassVar[Param] = Param(
        "steps", STEPS, help=gettext_noop("The steps, such as views then cart_adds then orders within 7 days in last 30 days.")
    )
    params: ClassVar[tuple[Param, ...]] = (AMONG, steps, BY)

    def answer(self, asked: Question) -> Answer:
        steps, parts = read_steps(self.steps.value(asked.params), asked), Parts.of(asked)
        reached = _reached_sql(steps, asked)
        of_part = f"JOIN ({parts.sql}) USING (person_id)" if parts else ""
        found = asked.fetch(f"SELECT {'part' if parts else 'NULL'}, reached, count(*) FROM ({reached}) {of_part} GROUP BY ALL")
        counted: dict[Any, list[int]] = {}
        for part, step, people in found:
            for number in range(step):
                counted.setdefault(part, [0] * len(steps.ends))[number] += people
        if not counted and parts is None:
            counted[None] = [0] * len(steps.ends)
        columns = [
            Column("step", "text"), Column("people"), Column("of_first", "percent"), Column("of_before", "percent"),
            Column("lost"),
        ]  # fmt: skip
        answer = Answer([Column("by", "text"), *columns] if parts else columns, [], [])
        for part, people in sorted(counted.items(), key=lambda one: (one[0] == OTHERS, -one[1][0], str(one[0]))):
            key = parts.cell(part) if parts else {}
            for number in range(1, len(people) + 1):
                row = self._row(steps.text(number), people, number)
                answer.rows.append([parts.called(part, asked), *row] if parts else row)
                lost = {"lost": {**key, "step": str(number), "lost": "1"}} if number > 1 else {}
                answer.cells.append({"people": {**key, "step": str(number)}, **lost})
        return answer

    def _row(self, text: str, people: list[int], number: int) -> list[Any]:
        here, before = people[number - 1], people[max(number - 2, 0)]
        return [text, here, here / people[0] if people[0] else None, here / before if before else None, before - here]

    def rule(self, asked: Question, cell: Cell) -> str | None:
        """Those who came to a step, or those lost before it. A rule measures `within` as time that passed, a funnel by the clock
        on the wall: where that makes a difference for somebody, no rule says who they are."""
        steps, number = self._step(asked, cell)
        came = condition_text(steps.until(number))
        parts = Parts.of(asked)
        found = [condition_text(steps.until(number - 1)), f"not {came}"] if "lost" in cell else [came]
        text = " and ".join([*found, *([parts.rule(cell)] if parts else [])])
        if len(asked.context.zone.offsets_between(_first_us(asked), asked.at_us)) < 2:
            return text
        one, two = asked.people_sql(asked.rule(text)), self.people(asked, cell)
        [(differs,)] = asked.fetch(f"SELECT EXISTS (({one}) EXCEPT ({two})) OR EXISTS (({two}) EXCEPT ({one}))")
        return None if differs else text

    def people(self, asked: Question, cell: Cell) -> str:
        """The same people, counted as the figure was."""
        steps, number = self._step(asked, cell)
        parts = Parts.of(asked)
        of_part = ""
        if parts:
            part = text_sql(cell["part"]) if "part" in cell else "NULL"
            of_part = f" AND person_id IN (SELECT person_id FROM ({parts.sql}) WHERE part IS NOT DISTINCT FROM {part})"
        which = f"reached = {number - 1}" if "lost" in cell else f"reached >= {number}"
        return f"SELECT person_id FROM ({_reached_sql(steps, asked)}) WHERE {which}{of_part}"

    def _step(self, asked: Question, cell: Cell) -> tuple[Steps, int]:
        steps, number = read_steps(self.steps.value(asked.params), asked), asked_of(cell, "step")
        if not 1 + ("lost" in cell) <= number <= len(steps.ends):
            raise BadParameter("bad_cell", _("There is no such figure in this report."))
        return steps, number


def _first_us(asked: Question) -> int:
    """The first moment anybody was seen."""
    [(first_us,)] = asked.fetch("SELECT min(first_us) FROM people")
    return asked.at_us if first_us is None else min(first_us, asked.at_us)


def _reached_sql(steps: Steps, asked: Question) -> str:
    who = asked.customers_sql if asked.among else None
    return reached_sql(steps.sequence, asked.words, asked.moment, _first_us(asked), who=who)
