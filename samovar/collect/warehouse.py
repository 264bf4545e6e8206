"""The second stage: facts of log, decisions and outbox into the warehouse, with their offsets, in one transaction.

`Applier` is never ahead of the operational store and may be behind it: after a crash it replays the decisions it has not
seen, batch by batch as they were decided, so that a rebuild gives the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa

from samovar.collect import facts
from samovar.collect.facts import Facts
from samovar.collect.properties import as_json, normalised
from samovar.collect.sql import facts_sql
from samovar.engine import store
from samovar.engine.outbox import OutboxRow
from samovar.engine.warehouse.owner import Warehouse
from samovar.engine.warehouse.schema import NEVER_US, PERSONAL
from samovar.kit.clock import Zone, iso
from samovar.kit.hashing import hash64
from samovar.kit.text import fold

POSITION, OUTBOX = "position", "outbox"
CAMPAIGN_OUTCOMES = {
    "Message Sent": "sent",
    "Message Failed": "failed",
    "Message Held Out": "held_out",
    "Message In Doubt": "in_doubt",
}
_CONSENT_TEXTS = ("channel", "address", "purpose", "source", "text_version")


class Applier:
    """Writes the warehouse; one instance, in the process that owns it."""

    def __init__(self, warehouse: Warehouse, zone: Zone) -> None:
        self._cursor, self._zone = warehouse.loop, zone
        self._survivors: dict[int, int] = dict(
            self._cursor.execute("SELECT profile_id, person_id FROM profiles WHERE profile_id <> person_id").fetchall()
        )
        self._led = _groups(self._survivors)  # person -> the other profiles under it
        self.position, self.outbox = self._state(POSITION), self._state(OUTBOX)

    def _state(self, name: str) -> int:
        rows = self._cursor.execute("SELECT value FROM state WHERE name = ?", [name]).fetchall()
        if not rows:
            self._cursor.execute("INSERT INTO state VALUES (?, 0)", [name])
            return 0
        return int(rows[0][0])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One commit of facts and offsets."""
        self._cursor.execute("BEGIN")
        before = dict(self._survivors), self.position, self.outbox
        try:
            yield
            self._cursor.execute("UPDATE state SET value = ? WHERE name = ?", [self.position, POSITION])
            self._cursor.execute("UPDATE state SET value = ? WHERE name = ?", [self.outbox, OUTBOX])
            self._cursor.execute("COMMIT")
        except BaseException:
            self._cursor.execute("ROLLBACK")
            self._survivors, self.position, self.outbox = before
            self._led = _groups(self._survivors)
            raise

    # Events of the log
    def apply(self, batch_facts: Facts, attached: Sequence[Sequence[Any]], next_position: int) -> None:
        """Facts of one decided batch. Call inside `transaction()`."""
        self._sight(batch_facts.sightings)
        self._identifiers(attached)
        if batch_facts.events.num_rows:
            self._stage("new_events", self._with_person(batch_facts.events))
            self._cursor.execute(facts_sql.insert_sql("events", facts.EVENTS.names))
            if {"page", "screen"} & set(batch_facts.events.column("kind").unique().to_pylist()):
                self._run(facts_sql.visits_sql())
        if batch_facts.attributes.num_rows:
            self._stage("new_attributes", self._with_person(batch_facts.attributes))
            self._run(facts_sql.attributes_sql())
        if batch_facts.order_events.num_rows:
            self._stage("new_orders", self._with_person(batch_facts.order_events))
            self._run(facts_sql.orders_told_sql())
            names = [name for (name,) in self._cursor.execute(facts_sql.told_names_sql()).fetchall()]
            self._stage("new_folds", pa.table({"name": pa.array(names, pa.string()), "folded": [fold(n) for n in names]}))
            self._run(facts_sql.orders_sql(NEVER_US))
        if batch_facts.goods.num_rows:
            self._stage("new_goods", batch_facts.goods)
            self._run(facts_sql.goods_sql())
        self.position = next_position

    def _sight(self, sightings: pa.Table) -> None:
        if sightings.num_rows:
            self._stage("new_profiles", self._with_person(sightings))
            self._run(facts_sql.profiles_sql())

    def _identifiers(self, attached: Sequence[Sequence[Any]]) -> None:
        if attached:
            columns = list(zip(*attached, strict=True))
            table = pa.table(
                [pa.array(c, f.type) for c, f in zip(columns, facts.IDENTIFIERS, strict=True)], schema=facts.IDENTIFIERS
            )
            self._stage("new_identifiers", self._with_person(table))
            self._cursor.execute(facts_sql.insert_sql("identifiers", facts.IDENTIFIERS.names))

    # What the house made happen
    def apply_outbox(self, rows: Sequence[OutboxRow]) -> None:
        """Announcements in order. Call inside `transaction()`."""
        if not rows:
            return
        moved: dict[int, int] = {}
        for row in rows:
            if row.name == "Profile Merged":
                moved.update(self._merged(row.payload["profile"], row.payload["into"]))
            elif row.name == "Profile Unmerged":
                moved.update(self._unmerged(row.payload["profile"]))
        self._rewrite(moved)
        self._consents([row for row in rows if row.name == "Consent Changed"])
        self._campaigns([row for row in rows if row.name in CAMPAIGN_OUTCOMES and row.profile_id])
        self._house_events([row for row in rows if row.profile_id])
        self.outbox = rows[-1].id

    def _merged(self, profile: int, into: int) -> dict[int, int]:
        return self._move([profile, *self._led.get(profile, ())], self._survivors.get(into, into))

    def _unmerged(self, profile: int) -> dict[int, int]:
        """The profile and those that were merged into it, directly or through others, stand under it again."""
        pointers = dict(self._pointers())
        pointers.pop(profile, None)
        group = [p for p in self._survivors if _root(pointers, p) == profile]
        return self._move([profile, *group], profile)

    def _pointers(self) -> Iterable[tuple[int, int]]:
        return store.fetch("SELECT id, merged_into_id FROM collect_profile WHERE merged_into_id IS NOT NULL")

    def _move(self, group: Sequence[int], person: int) -> dict[int, int]:
        """Put profiles under a person, in memory; the person each of them now belongs to."""
        for profile in group:
            before = self._survivors.pop(profile, None)
            if before is not None:
                self._led[before].discard(profile)
            if profile != person:
                self._survivors[profile] = person
                self._led.setdefault(person, set()).add(profile)
        return dict.fromkeys(group, person)

    def _rewrite(self, moved: dict[int, int]) -> None:
        """The new persons in every table: one pass a table for all that moved, because a pass is a scan."""
        if not moved:
            return
        table = pa.table(
            {"profile_id": pa.array(list(moved), pa.int64()), "person_id": pa.array(list(moved.values()), pa.int64())}
        )
        self._stage("moved", table)
        for name in PERSONAL:
            self._cursor.execute(f"UPDATE {name} SET person_id = m.person_id FROM moved m WHERE {name}.profile_id = m.profile_id")

    def _consents(self, rows: Sequence[OutboxRow]) -> None:
        if not rows:
            return
        told = [r.payload for r in rows]
        texts = {name: pa.array([str(t[name]) for t in told], pa.string()) for name in _CONSENT_TEXTS}
        self._stage(
            "new_consents",
            pa.table(
                {
                    **texts,
                    "given": pa.array([t["given"] for t in told], pa.bool_()),
                    "time_us": pa.array([r.time_us for r in rows], pa.int64()),
                    "event_key": pa.array([hash64("outbox", r.key) for r in rows], pa.int64()),
                }
            ),
        )
        self._cursor.execute("INSERT INTO consents BY NAME SELECT * FROM new_consents")
        given = [r for r in rows if r.payload["given"] and r.profile_id]
        if given:
            self._sight(
                pa.table(
                    [
                        pa.array([r.profile_id for r in given], pa.int64()),
                        pa.array([r.time_us for r in given], pa.int64()),
                        pa.nulls(len(given), pa.int64()),
                        pa.array([r.time_us for r in given], pa.int64()),
                    ],
                    schema=facts.SIGHTINGS,
                )
                .group_by("profile_id")
                .aggregate([("first_us", "min"), ("known_us", "min"), ("registered_us", "min")])
                .select(["profile_id", "first_us_min", "known_us_min", "registered_us_min"])
                .rename_columns(facts.SIGHTINGS.names)
            )

    def _campaigns(self, rows: Sequence[OutboxRow]) -> None:
        if rows:
            profiles = np.array([r.profile_id for r in rows], dtype=np.int64)
            table = pa.table(
                {
                    "campaign_id": pa.array([r.payload["campaign_id"] for r in rows], pa.int64()),
                    "profile_id": profiles,
                    "variant": pa.array([r.payload.get("variant") for r in rows], pa.string()),
                    "is_control": pa.array([r.name == "Message Held Out" for r in rows], pa.bool_()),
                    "claimed_us": pa.array([r.payload["claimed_us"] for r in rows], pa.int64()),
                    "outcome": pa.array([CAMPAIGN_OUTCOMES[r.name] for r in rows], pa.string()),
                }
            )
            self._stage("new_people", self._with_person(table))
            self._run(facts_sql.campaign_people_sql())

    def _house_events(self, rows: Sequence[OutboxRow]) -> None:
        if not rows:
            return
        times = np.array([r.time_us for r in rows], dtype=np.int64)
        table = pa.table(
            [
                pa.array([r.profile_id for r in rows], pa.int64()),
                pa.array([r.name for r in rows], pa.string()),
                pa.array(["house"] * len(rows), pa.string()),
                pa.array(times),
                pa.array(self._zone.days(times)),
                pa.array([hash64("outbox", r.key) for r in rows], pa.int64()),
                pa.array(["house"] * len(rows), pa.string()),
                pa.array([r.key for r in rows], pa.string()),
                pa.array([as_json(normalised(readable(r.payload))) for r in rows], pa.string()),
                pa.array(times),
                pa.array([0] * len(rows), pa.int64()),
            ],
            schema=facts.EVENTS,
        )
        self._stage("new_events", self._with_person(table))
        self._cursor.execute(facts_sql.insert_sql("events", facts.EVENTS.names))

    # Parts
    def _with_person(self, table: pa.Table) -> pa.Table:
        """The table with `person_id`: the survivor of each profile as the warehouse knows it."""
        column = table.column("profile_id").combine_chunks()
        if not self._survivors:
            return table.append_column("person_id", column)
        profiles = column.to_pylist()
        person = self._survivors.get
        return table.append_column("person_id", pa.array([person(p, p) for p in profiles], pa.int64()))

    def _stage(self, name: str, table: pa.Table) -> None:
        self._cursor.register(name, table)

    def _run(self, statements: Sequence[str]) -> None:
        for statement in statements:
            self._cursor.execute(statement)


def _groups(survivors: dict[int, int]) -> dict[int, set[int]]:
    led: dict[int, set[int]] = {}
    for profile, person in survivors.items():
        led.setdefault(person, set()).add(profile)
    return led


def _root(pointers: dict[int, int], profile: int) -> int:
    while (into := pointers.get(profile)) is not None:
        profile = into
    return profile


def readable(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What an announcement says as an event's properties: an instant is written out, as a number of 1/10000 it would not fit."""
    return {
        name.removesuffix("_us") + "_at" if _is_instant(name, value) else name: iso(value) if _is_instant(name, value) else value
        for name, value in payload.items()
    }


def _is_instant(name: str, value: Any) -> bool:
    return name.endswith("_us") and isinstance(value, int)
