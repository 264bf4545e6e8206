"""Reachability: by how many channels each customer may be written to, and what stands in the way of the others."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from django.utils.translation import gettext as _

from samovar.measure.reports.marked import gettext_noop
from samovar.measure.reports.question import Question
from samovar.measure.reports.report import AMONG, Answer, BadParameter, Cell, Column, Param, Report
from samovar.rules.catalogue import REACH_CHANNELS, REACH_STATES, Kind
from samovar.rules.formulas import Known, Read, Type
from samovar.rules.printer import quoted
from samovar.rules.sql import features_sql

NUMBERS = {"0": "= 0", "1": "= 1", "2+": ">= 2"}  # of channels, and what rules say of each


class Reach(Report):
    """Rows of `any`: how many customers are reached by 0, 1 and more channels; rows of each channel: how many are reachable
    there, have an address and were never asked, have refused, have only addresses that are stopped, have no address.

    The rows of each channel sum to all customers. By segment there is one row for each, with the same numbers of channels, of
    those its rule holds for at the moment; figures of a rule that makes no sense here are unknown.
    """

    name: ClassVar[str] = "reach"
    by: ClassVar[Param] = Param(
        "by", "channel", choices=("channel", "segment"), help=gettext_noop("Whether by channels or by segments.")
    )
    params: ClassVar[tuple[Param, ...]] = (AMONG, by)

    def answer(self, asked: Question) -> Answer:
        return self._segments(asked) if self.by.value(asked.params) == "segment" else self._channels(asked)

    def _channels(self, asked: Question) -> Answer:
        states = ", ".join(REACH_CHANNELS)
        found = asked.fetch(f"{_standing(asked)} SELECT {states}, count(*) FROM standing GROUP BY ALL")
        every = sum(row[-1] for row in found)
        answer = Answer(
            [Column("channel", "text"), Column("state", "text"), Column("people"), Column("share", "percent")], [], []
        )

        def add(channel: str, state: str, people: int) -> None:
            answer.rows.append([channel, state, people, people / every if every else None])
            answer.cells.append({"people": {"channel": channel, "state": state}})

        for number, state in enumerate(NUMBERS):
            add("any", state, sum(row[-1] for row in found if min(row[:-1].count("reachable"), 2) == number))
        for place, channel in enumerate(REACH_CHANNELS):
            for state in REACH_STATES:
                add(channel, state, sum(row[-1] for row in found if row[place] == state))
        return answer

    def _segments(self, asked: Question) -> Answer:
        reached = " + ".join(f"({channel} = 'reachable')::INTEGER" for channel in REACH_CHANNELS)
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
        members = asked.members([row.tree for row in segments]) if segments else {}
        for place, segment in enumerate(segments):
            if place not in members:
                answer.rows.append([segment.name, *[None] * 5])
                answer.cells.append({})
                continue
            inside = np.isin(people, np.array(members[place], dtype=np.int64), assume_unique=True)
            counts = np.bincount(channels[inside], minlength=3).tolist()
            size = int(inside.sum())
            answer.rows.append([segment.name, size, *counts[:3], 1 - counts[0] / size if size else None])
            cells = {
                name: {"segment": segment.slug, "state": state} for name, state in (("none", "0"), ("one", "1"), ("more", "2+"))
            }
            answer.cells.append({"people": {"segment": segment.slug}, **cells})
        return answer

    def rule(self, asked: Question, cell: Cell) -> str:
        """Those of a state of a channel, or of a number of channels; in a segment, where the cell is of one."""
        parts = [f"in segment {quoted(cell['segment'])}"] if "segment" in cell else []
        if set(cell) != {"segment"}:
            parts.append(_stands(cell.get("channel", "any"), cell.get("state", "")))
        return " and ".join(parts)


def _stands(channel: str, state: str) -> str:
    if channel == "any" and state in NUMBERS:
        return f"reachable.channels {NUMBERS[state]}"
    if channel in REACH_CHANNELS and state in REACH_STATES:
        return f"reachable.{channel}.state = {quoted(state)}"
    raise BadParameter("bad_cell", _("There is no such figure in this report."), field="cell")


def _standing(asked: Question) -> str:
    """The beginning of a WITH: `standing` has a row a customer with the state of each channel, as rules read it."""
    states = [asked.words.attribute(("reachable", channel, "state")) for channel in REACH_CHANNELS]
    told = features_sql([Read(Known(state, Kind.TEXT), Type.TEXT) for state in states], asked.words, asked.moment)
    columns = ", ".join(f"f{place} AS {channel}" for place, channel in enumerate(REACH_CHANNELS))
    among = f" WHERE person_id IN ({asked.customers_sql})" if asked.among else ""
    return f"WITH standing AS (SELECT person_id, {columns} FROM ({told}){among})"
