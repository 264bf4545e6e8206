"""Reachability: by how many channels each customer may be written to, and what stands in the way of the others."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from django.utils.translation import gettext as _

from samovar.measure.reports.marked import gettext_noop
from samovar.measure.reports.question import Question
from samovar.measure.reports.report import AMONG, Answer, BadParameter, Cell, Column, Param, Report
from samovar.rules.printer import quoted

CHANNELS = {"email": "email", "sms": "phone"}  # and the kind of identifier that is its address
# Of a channel: what is true of a person, the first that holds.
STATES = ("reachable", "unasked", "refused", "stopped", "no_address")


class Reach(Report):
    """Rows of `any`: how many customers are reached by 0, 1 and more channels; rows of each channel: how many are reachable
    there, have an address and were never asked, have refused, have only addresses that are stopped, have no address.

    The rows of each channel sum to all customers. By segment there is one row for each, with the same numbers of channels.
    """

    name: ClassVar[str] = "reach"
    by: ClassVar[Param] = Param(
        "by", "channel", choices=("channel", "segment"), help=gettext_noop("Whether by channels or by segments.")
    )
    params: ClassVar[tuple[Param, ...]] = (AMONG, by)

    def answer(self, asked: Question) -> Answer:
        return self._segments(asked) if self.by.value(asked.params) == "segment" else self._channels(asked)

    def _channels(self, asked: Question) -> Answer:
        states = ", ".join(CHANNELS)
        found = asked.fetch(f"{_standing(asked)} SELECT {states}, count(*) FROM standing GROUP BY ALL")
        every = sum(row[-1] for row in found)
        answer = Answer(
            [Column("channel", "text"), Column("state", "text"), Column("people"), Column("share", "percent")], [], []
        )

        def add(channel: str, state: str, people: int) -> None:
            answer.rows.append([channel, state, people, people / every if every else None])
            answer.cells.append({"people": {"channel": channel, "state": state}})

        for number, state in enumerate(("0", "1", "2+")):
            add("any", state, sum(row[-1] for row in found if min(row[:-1].count("reachable"), 2) == number))
        for place, channel in enumerate(CHANNELS):
            for state in STATES:
                add(channel, state, sum(row[-1] for row in found if row[place] == state))
        return answer

    def _segments(self, asked: Question) -> Answer:
        reached = " + ".join(f"({channel} = 'reachable')::INTEGER" for channel in CHANNELS)
        rows = asked.fetch(f"{_standing(asked)} SELECT person_id, {reached} FROM standing ORDER BY person_id")
        people = np.array([row[0] for row in rows], dtype=np.int64)
        channels = np.array([row[1] for row in rows], dtype=np.int8)
        answer = Answer(
            [
                Column("segment", "text"),
                Column("people"),
                Column("none"),
                Column("one"),
                Column("more"),
                Column("reachable_share", "percent"),
            ],
            [],
            [],
        )
        from samovar.understand import queries  # the registry of reports is read before the store is set up

        segments = queries.segments()
        members = dict(asked.members([row.id for row in segments]))
        for segment in segments:
            inside = np.isin(people, np.array(members.get(segment.id, ()), dtype=np.int64), assume_unique=True)
            counts = np.bincount(channels[inside], minlength=3).tolist()
            size = int(inside.sum())
            answer.rows.append([segment.name, size, *counts[:3], 1 - counts[0] / size if size else None])
            cells = {
                name: {"segment": segment.slug, "state": state} for name, state in (("none", "0"), ("one", "1"), ("more", "2+"))
            }
            answer.cells.append({"people": {"segment": segment.slug}, **cells})
        return answer

    def rule(self, asked: Question, cell: Cell) -> str | None:
        """Only a segment as a whole is a rule: no rule asks yet whether an address is stopped."""
        return f"in segment {quoted(cell['segment'])}" if set(cell) == {"segment"} else None

    def people(self, asked: Question, cell: Cell) -> str:
        """Those of a state of a channel, or of a number of channels."""
        if set(cell) == {"segment"}:
            return super().people(asked, cell)
        channel, state = cell.get("channel", "any"), cell.get("state", "")
        reached = " + ".join(f"({name} = 'reachable')::INTEGER" for name in CHANNELS)
        if channel == "any" and state in ("0", "1", "2+"):
            where = f"{reached} >= 2" if state == "2+" else f"{reached} = {state}"
        elif channel in CHANNELS and state in STATES:
            where = f"{channel} = '{state}'"
        else:
            raise BadParameter("bad_cell", _("There is no such figure in this report."), field="cell")
        if "segment" in cell:
            segment = f"in segment {quoted(cell['segment'])}"
            where += f" AND person_id IN ({asked.people_sql(segment)})"
        return f"{_standing(asked)} SELECT person_id FROM standing WHERE {where}"


def _standing(asked: Question) -> str:
    """The beginning of a WITH: `standing` has a row a customer with the state of each channel."""
    ctes, columns, joins = [f"customers AS ({asked.customers_sql})"], [], []
    for channel, kind in CHANNELS.items():
        ctes += [
            # The latest word of an address holds, at one time the refusal: time and refusal in one number.
            f"agreed_{channel} AS (SELECT address, max(time_us * 2 + (NOT given)::INTEGER) % 2 = 0 AS is_given FROM consents "
            f"WHERE channel = '{channel}' AND purpose = 'marketing' AND time_us <= $at GROUP BY address)",
            f"stopped_{channel} AS (SELECT DISTINCT address FROM suppressions WHERE channel = '{channel}' AND time_us <= $at)",
            f"of_{channel} AS (SELECT person_id, bool_or(s.address IS NULL) AS is_open, "
            "bool_or(s.address IS NULL AND is_given) AS is_given, bool_or(s.address IS NULL AND NOT is_given) AS is_refused "
            f"FROM identifiers i LEFT JOIN agreed_{channel} a ON a.address = i.value "
            f"LEFT JOIN stopped_{channel} s ON s.address = i.value "
            f"WHERE kind = '{kind}' AND person_id IN (SELECT person_id FROM customers) GROUP BY person_id)",
        ]
        columns.append(
            f"CASE WHEN {channel}.is_given THEN 'reachable' WHEN {channel}.is_refused THEN 'refused' "
            f"WHEN {channel}.is_open THEN 'unasked' WHEN {channel}.person_id IS NOT NULL THEN 'stopped' ELSE 'no_address' END "
            f"AS {channel}"
        )
        joins.append(f"LEFT JOIN of_{channel} {channel} ON {channel}.person_id = customers.person_id")
    return (
        f"WITH {', '.join(ctes)}, standing AS (SELECT customers.person_id, {', '.join(columns)} FROM customers {' '.join(joins)})"
    )
