"""How far people came in a sequence, for figures over everybody: joins in the place of the windows of `sequences`.

At each step only where prefixes ended is carried on. A step that may come any time later needs the earliest end of a person; one
that must come within some time needs the latest end not after it, which an ASOF join finds.

Two steps of the same rows must take different ones. For who never did two of these things in one instant that is to come later,
not at the same time; the few others, and sequences in which something must not happen between two steps, are left to `sequences`.
"""

from __future__ import annotations

from dataclasses import dataclass

from samovar.rules import tree
from samovar.rules.sql.compiler import Compiler
from samovar.rules.sql.sequences import SequenceQuery, Step

CROWDED = "crowded"


@dataclass(frozen=True)
class _Name:
    """What the texts of one step are called: its rows, where prefixes ended with it, and what the next step asks of these."""

    number: int

    @property
    def rows(self) -> str:
        return f"s{self.number}"

    @property
    def ends(self) -> str:
        return f"e{self.number}"

    @property
    def kept(self) -> str:
        return f"m{self.number}"


class ReachedQuery:
    """The text of one question: (person_id, reached) of the customers who took the first step."""

    def __init__(self, sequence: tree.Sequence, compiler: Compiler, offsets: list[tuple[int, int]]) -> None:
        self._sequence, self._compiler, self._offsets = sequence, compiler, offsets
        self._query = SequenceQuery("q0", sequence, compiler, offsets)
        self._steps = self._query.steps
        self._shared = self._span_of_shared()

    def text(self) -> str:
        """The whole query."""
        dialect = self._compiler.dialect
        if self._query.has_something_between:
            return dialect.query_text(self._compiler.reached(self._sequence, self._offsets))
        steps = self._ctes()  # what they need of people is known then
        ctes = [*(f"{name} AS ({dialect.text(body)})" for name, body in self._compiler.ctes().items()), *steps]
        came = " UNION ALL ".join(
            f"SELECT DISTINCT person_id, {number + 1} AS step FROM {self._persons(number)}" for number in range(len(self._steps))
        )
        fast = (
            f"SELECT person_id, max(step) AS reached FROM ({came}) "
            "WHERE person_id IN (SELECT person_id FROM customers) GROUP BY person_id"
        )
        if self._shared is None:
            return f"WITH {', '.join(ctes)} {fast}"
        exact = Compiler(self._compiler.catalogue, self._compiler.moment, f"SELECT person_id FROM {CROWDED}", dialect)
        few = dialect.query_text(exact.reached(self._sequence, self._offsets))
        ctes.append(self._crowded())
        return (
            f"WITH {', '.join(ctes)} SELECT * FROM ({fast}) WHERE person_id NOT IN (SELECT person_id FROM {CROWDED}) "
            f"UNION ALL SELECT * FROM ({few}) WHERE person_id IN (SELECT person_id FROM customers)"
        )

    # Steps

    def _ctes(self) -> list[str]:
        found = []
        for number, step in enumerate(self._steps):
            name = _Name(number)
            found.append(f"{name.rows} AS NOT MATERIALIZED ({self._rows(step)})")
            ends = self._ends(number)
            for place, absence in enumerate(self._query.absences_after(number)):
                found.append(f"{name.rows}a{place} AS NOT MATERIALIZED ({self._rows(absence)})")
                ends = self._without(ends, f"{name.rows}a{place}", absence)
            follower = self._steps[number + 1] if number + 1 < len(self._steps) else None
            is_read_once = number == 0 or follower is None or follower.within_us is None
            found.append(f"{name.ends} AS {'NOT ' if is_read_once else ''}MATERIALIZED ({ends})")
            if follower is not None and follower.within_us is None:
                kept = f"SELECT person_id, min(time_us) AS first_us FROM {name.ends} GROUP BY person_id"
                found.append(f"{name.kept} AS MATERIALIZED ({kept})")
        return found

    def _rows(self, step: Step) -> str:
        """SELECT (person_id, time_us) of what may be a step."""
        return self._compiler.dialect.text(self._query.rows_of(step))

    def _ends(self, number: int) -> str:
        """SELECT (person_id, time_us) of where the prefix up to a step ends."""
        rows = _Name(number).rows
        if number == 0:
            return f"SELECT person_id, time_us FROM {rows}"
        before, within_us = _Name(number - 1), self._steps[number].within_us
        not_before = ">" if self._shared is not None and self._shared[0] < number <= self._shared[1] else ">="
        if within_us is None:
            joined = f"{rows} r JOIN {before.kept} m USING (person_id)"
            return f"SELECT r.person_id, r.time_us FROM {joined} WHERE r.time_us {not_before} m.first_us"
        return (
            f"SELECT r.person_id, r.time_us FROM {rows} r ASOF JOIN {before.ends} p "
            f"ON p.person_id = r.person_id AND r.time_us {not_before} p.time_us WHERE r.time_us - p.time_us <= {within_us}"
        )

    def _persons(self, number: int) -> str:
        """Where the people of a prefix are read: the ends, or what was kept of all of them."""
        if number + 1 < len(self._steps) and self._steps[number + 1].within_us is None:
            return _Name(number).kept
        return _Name(number).ends

    def _without(self, ends: str, rows: str, absence: Step) -> str:
        """The ends after which something does not happen within its time, once that time has passed; ever, without one."""
        within_us = absence.within_us
        if within_us is None:
            last = f"SELECT person_id, max(time_us) AS last_us FROM {rows} GROUP BY person_id"
            joined = f"({ends}) e LEFT JOIN ({last}) a USING (person_id)"
            return f"SELECT e.person_id, e.time_us FROM {joined} WHERE coalesce(a.last_us <= e.time_us, true)"
        by_us = self._compiler.moment.at_us + self._query.on_the_wall - within_us
        return (
            f"SELECT e.person_id, e.time_us FROM ({ends}) e "
            f"ASOF LEFT JOIN {rows} a ON a.person_id = e.person_id AND e.time_us < a.time_us "
            f"WHERE e.time_us <= {by_us} AND coalesce(a.time_us - e.time_us > {within_us}, true)"
        )

    # Steps of the same rows

    def _span_of_shared(self) -> tuple[int, int] | None:
        """From the first to the last step that shares its rows with another; None where none does."""
        rows = [step.rows for step in self._steps]
        shared = [number for number, one in enumerate(rows) if rows.count(one) > 1]
        return (shared[0], shared[-1]) if shared else None

    def _crowded(self) -> str:
        """The CTE of the people who did two of these things in one instant."""
        assert self._shared is not None
        first, last = self._shared
        together: dict[tuple[str, str | None], list[Step]] = {}
        for step in self._steps[first : last + 1]:
            together.setdefault(step.rows, []).append(step)
        rows = " UNION ALL ".join(self._compiler.dialect.text(self._query.rows_of(*steps)) for steps in together.values())
        return (
            f"{CROWDED} AS MATERIALIZED (SELECT DISTINCT person_id FROM (SELECT person_id FROM ({rows}) "
            "GROUP BY person_id, time_us HAVING count(*) > 1))"
        )
