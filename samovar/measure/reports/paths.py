"""Paths: what people did one after another, as a tree; and the ladder of activity, on which each stands on one rung."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from samovar import rules
from samovar.measure.reports.marked import gettext_noop
from samovar.measure.reports.question import OTHERS, Question, text_sql
from samovar.measure.reports.report import AMONG, Answer, BadParameter, Cell, Column, Param, Report, whole
from samovar.rules.sql import truths_sql

NAMES_MAX = 40  # of the most frequent; the others are one
SEPARATOR = " > "


class Paths(Report):
    """One row a branch: the path to it, the last step, how many people went it, how many stopped there.

    A path begins with somebody's first step within the last `days` days (or with the first `start`), what is repeated at once
    is one step, and `depth` steps are looked at. Of the steps after a branch the `width` most trodden are rows.
    """

    name: ClassVar[str] = "paths"
    start: ClassVar[Param] = Param("start", help=gettext_noop("The event paths begin with; default whatever came first."))
    days: ClassVar[Param] = Param("days", "30", whole(1, 3_650), help=gettext_noop("How many days back paths begin."))
    depth: ClassVar[Param] = Param("depth", "5", whole(2, 10), help=gettext_noop("How many steps are looked at."))
    width: ClassVar[Param] = Param("width", "6", whole(1, 20), help=gettext_noop("How many branches of each step are shown."))
    params: ClassVar[tuple[Param, ...]] = (AMONG, start, days, depth, width)
    columns: ClassVar[tuple[Column, ...]] = (
        Column("path", "text"), Column("step", "text"), Column("depth"), Column("people"), Column("of_before", "percent"),
        Column("of_all", "percent"), Column("stopped"),
    )  # fmt: skip

    def answer(self, asked: Question) -> Answer:
        named = f"list_transform(path, lambda step: coalesce(names[step], '{OTHERS}'))"
        found = asked.fetch(
            f"{self._trodden(asked)}, counted AS (SELECT path, count(*) AS people FROM trodden GROUP BY path) "
            f"SELECT {named}, people FROM counted, (SELECT list(name ORDER BY code) AS names FROM common)"
        )
        people: dict[tuple[str, ...], int] = {}
        stopped: dict[tuple[str, ...], int] = {}
        for path, count in found:
            for length in range(1, len(path) + 1):
                people[tuple(path[:length])] = people.get(tuple(path[:length]), 0) + count
            stopped[tuple(path)] = stopped.get(tuple(path), 0) + count
        answer = Answer(self.columns, [], [])
        every = sum(count for _path, count in found)
        after: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        for path in people:
            after.setdefault(path[:-1], []).append(path)
        self._walk((), every, people, stopped, after, answer, every, self.width.value(asked.params))
        return answer

    def _walk(
        self, path: tuple[str, ...], came: int, people: dict[Any, int], stopped: dict[Any, int], after: dict[Any, Any],
        answer: Answer, every: int, width: int,
    ) -> None:  # fmt: skip
        branches = sorted(after.get(path, ()), key=lambda one: (-people[one], one))
        for branch in branches[:width]:
            here = people[branch]
            answer.rows.append(
                [SEPARATOR.join(branch), branch[-1], len(branch), here, here / came, here / every, stopped.get(branch, 0)]
            )
            cell = {"path": json.dumps(branch, ensure_ascii=False)}
            answer.cells.append({"people": cell, "stopped": {**cell, "stopped": "1"}})
            self._walk(branch, here, people, stopped, after, answer, every, width)

    def people(self, asked: Question, cell: Cell) -> str:
        """Those who went a path, or whose whole path it is as far as is looked."""
        try:
            steps = [str(step) for step in json.loads(cell.get("path", ""))]
        except (TypeError, ValueError) as error:
            raise BadParameter("bad_cell", _("There is no such figure in this report."), field="path") from error
        path = f"[{', '.join(map(_code_sql, steps))}]"
        gone = "path" if "stopped" in cell else f"path[1:{len(steps)}]"
        return f"{self._trodden(asked)} SELECT person_id FROM trodden WHERE {gone} = {path}"

    def _trodden(self, asked: Question) -> str:
        """The beginning of a WITH: `common` (name, code) and `trodden` (person_id, path), a path a list of codes, 0 the others'.

        Lists of small numbers are sorted and compared in half the time that lists of names take.
        """
        first, start, depth = (
            asked.moment.day - self.days.value(asked.params),
            self.start.value(asked.params),
            self.depth.value(asked.params),
        )
        among = f"AND person_id IN ({asked.customers_sql})"
        begins = f"steps[list_position(steps, {_code_sql(start)}):]" if start else "steps"
        kept = f"WHERE list_contains(steps, {_code_sql(start)})" if start else ""
        changed = "list_filter(steps, lambda step, place: place = 1 OR step <> steps[place - 1])"
        named = f"UNION SELECT {text_sql(start)}" if start else ""
        return f"""
        WITH seen AS (
          SELECT person_id, time_us, event_key, CASE WHEN kind = 'track' THEN name ELSE kind END AS name FROM events
          WHERE day >= {first} AND time_us <= $at AND kind IN ('track', 'page', 'screen') AND person_id IS NOT NULL {among}),
        common AS MATERIALIZED (
          SELECT name, row_number() OVER (ORDER BY name)::UTINYINT AS code
          FROM (SELECT name FROM (SELECT name FROM seen GROUP BY name ORDER BY count(*) DESC, name LIMIT {NAMES_MAX}) {named})),
        stepped AS (
          SELECT person_id, list(coalesce(code, 0) ORDER BY time_us, event_key) AS steps
          FROM (SELECT person_id, time_us, event_key, code FROM seen LEFT JOIN common USING (name)) GROUP BY person_id),
        begun AS (SELECT person_id, {begins} AS steps FROM stepped {kept}),
        trodden AS (SELECT person_id, ({changed})[1:{depth}] AS path FROM begun)"""


def _code_sql(step: str) -> str:
    """The code of a step of a path: of the others when its name is none of the common ones."""
    return f"coalesce((SELECT code FROM common WHERE name = {text_sql(step)}), 0::UTINYINT)"


RUNGS = (
    ("bought twice", "count(orders in last 90 days) >= 2"),
    ("bought", "count(orders in last 90 days) >= 1"),
    ("filled a cart", "count(cart_adds in last 30 days) >= 1"),
    ("looked at goods", "count(views in last 30 days) >= 1"),
    ("visited", "count(visits in last 30 days) >= 1"),
    ("once bought", "count(orders) >= 1"),
)


class Ladder(Report):
    """One row a rung, the highest first, and one for those on none: each stands on the highest rung whose rule holds, and
    `reached` are those who stand there or higher.

    `rungs` are `name: rule`, one a line (or parted by `|`), the highest first; without it those of the last 90 and 30 days.
    """

    name: ClassVar[str] = "ladder"
    rungs: ClassVar[Param] = Param(
        "rungs", help=gettext_noop("The rungs, the highest first, as “name: rule”, one a line or parted by |.")
    )
    params: ClassVar[tuple[Param, ...]] = (AMONG, rungs)
    rungs_max: ClassVar[int] = 20
    columns: ClassVar[tuple[Column, ...]] = (
        Column("rung", "text"), Column("people"), Column("share", "percent"), Column("reached"),
        Column("reached_share", "percent"),
    )  # fmt: skip

    def rungs_of(self, params: Mapping[str, str]) -> list[tuple[str, str]]:
        """The rungs as they are written, the highest first. Raises `BadParameter`."""
        text = self.rungs.value(params)
        if not text:
            return list(RUNGS)
        found = []
        for line in text.replace("|", "\n").splitlines():
            if line.strip():
                name, colon, rule = line.partition(":")
                if not colon or not name.strip():
                    raise BadParameter("bad_rungs", _("Write each rung as “name: rule”, the highest first."), field="rungs")
                found.append((name.strip(), rule))
        if not 1 <= len(found) <= self.rungs_max:
            raise BadParameter("bad_rungs", _("A ladder has 1 to %(most)s rungs.") % {"most": self.rungs_max}, field="rungs")
        return found

    def read(self, asked: Question) -> list[tuple[str, str]]:
        """The rungs, the highest first. Raises `BadParameter`, `RuleError`."""
        return [(name, asked.canonical(rule)) for name, rule in self.rungs_of(asked.params)]

    def answer(self, asked: Question) -> Answer:
        rungs = self.read(asked)
        parsed = [rules.parse(rule, asked.words) for _name, rule in rungs]
        truths = truths_sql(parsed, asked.words, asked.moment)
        rung = " ".join(f"WHEN r{number} THEN {number}" for number in range(len(rungs)))
        found = asked.fetch(
            f"SELECT CASE {rung} END AS rung, count(*) FROM ({truths}) WHERE person_id IN ({asked.customers_sql}) GROUP BY rung"
        )
        standing: dict[int | None, int] = dict(found)
        every = sum(standing.values())
        answer, reached = Answer(self.columns, [], []), 0
        for number, (name, _rule) in enumerate(rungs):
            people = standing.get(number, 0)
            reached += people
            answer.rows.append([name, people, people / every if every else None, reached, reached / every if every else None])
            answer.cells.append({"people": {"rung": str(number)}, "reached": {"rung": str(number), "reached": "1"}})
        none = standing.get(None, 0)
        answer.rows.append(["", none, none / every if every else None, every, 1.0 if every else None])
        answer.cells.append({"people": {}})
        return answer

    def rule(self, asked: Question, cell: Cell) -> str:
        """Those who stand on a rung, or on none; or on it or a higher one."""
        rungs = [rule for _name, rule in self.read(asked)]
        try:
            number = int(cell["rung"]) if "rung" in cell else len(rungs)
            own = [f"({rungs[number]})"] if "rung" in cell else []
            higher = rungs[:number]
        except (ValueError, IndexError) as error:
            raise BadParameter("bad_cell", _("There is no such figure in this report."), field="rung") from error
        if "reached" in cell:
            return " or ".join([*(f"({rule})" for rule in higher), *own])
        return " and ".join([*(f"not ({rule})" for rule in higher), *own])
