"""The second stage: facts of log, decisions and outbox into the warehouse, with their offsets, in one transaction.

`Applier` is never ahead of the operational store and may be behind it: after a crash it replays the decisions it has not
seen, batch by batch as they were decided, so that a rebuild gives the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa

from samovar.collect import facts
from samovar.collect.dedupe import SeenIds
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
        self._load_persons()
        self._order_ids = self._load_order_ids()
        self.position, self.outbox = self._state(POSITION), self._state(OUTBOX)

    def _load_persons(self) -> None:
        """Who stands for each profile, by its number, and who else stands under each: caches of `profiles`."""
        top = self._cursor.execute("SELECT coalesce(max(profile_id), 0) FROM profiles").fetchall()[0][0]
        self._persons = np.arange(max(top + 1, 1024), dtype=np.int64)
        self._led: dict[int, set[int]] = {}
        for profile, person in self._cursor.execute(
            "SELECT profile_id, person_id FROM profiles WHERE profile_id <> person_id"
        ).fetchall():
            self._persons[profile] = person
            self._led.setdefault(person, set()).add(profile)

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
        before = self.position, self.outbox
        try:
            yield
            self._cursor.execute("UPDATE state SET value = ? WHERE name = ?", [self.position, POSITION])
            self._cursor.execute("UPDATE state SET value = ? WHERE name = ?", [self.outbox, OUTBOX])
            self._cursor.execute("COMMIT")
        except BaseException:
            self._cursor.execute("ROLLBACK")
            self.position, self.outbox = before
            self._load_persons()
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
            self._orders(self._with_person(batch_facts.order_events))
            names = [name for (name,) in self._cursor.execute(facts_sql.told_names_sql()).fetchall()]
            self._stage("new_folds", pa.table({"name": pa.array(names, pa.string()), "folded": [fold(n) for n in names]}))
            self._run(facts_sql.orders_sql(NEVER_US))
        if batch_facts.goods.num_rows or batch_facts.order_events.num_rows:
            self._stage("new_goods", batch_facts.goods)
            self._run(facts_sql.goods_sql(with_lines=batch_facts.order_events.num_rows > 0))
        self.position = next_position

    def _orders(self, told: pa.Table) -> None:
        """Order events, and `told`: all that is known of the orders they speak of. For new ones nothing is scanned."""
        ids = np.fromiter((hash64(order_id) for order_id in told.column("order_id").to_pylist()), np.int64, told.num_rows)
        is_known = self._order_ids.contains(ids)
        self._stage("new_orders", told.append_column("is_known", pa.array(is_known)))
        self._run(facts_sql.known_orders_sql() if is_known.any() else facts_sql.fresh_orders_sql())
        self._order_ids.add(ids)

    def _load_order_ids(self) -> SeenIds:
        """Which orders were told of: a set of hashes; a false hit costs a scan and changes nothing."""
        cursor = self._cursor.execute("SELECT DISTINCT order_id FROM order_events")
        seen = SeenIds()
        while rows := cursor.fetchmany(100_000):
            seen.add(np.fromiter((hash64(order_id) for (order_id,) in rows), np.int64, len(rows)))
        return seen

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
        self._move([row for row in rows if row.name in ("Profile Merged", "Profile Unmerged")])
        self._consents([row for row in rows if row.name == "Consent Changed"])
        self._campaigns([row for row in rows if row.name in CAMPAIGN_OUTCOMES and row.profile_id])
        self._house_events([row for row in rows if row.profile_id])
        self.outbox = rows[-1].id

    def _move(self, rows: Sequence[OutboxRow]) -> None:
        """Merges and un-merges in order, then one rewrite of `person_id` a table for all who moved: a rewrite is a scan."""
        moved: set[int] = set()
        for row in rows:
            profile, into = int(row.payload["profile"]), int(row.payload["into"])
            self._reach(max(profile, into))
            if row.name == "Profile Merged":
                group, person = [profile, *self._led.get(profile, ())], int(self._persons[into])
            else:
                group, person = self._standing_under(profile), profile
            for one in group:
                self._led.get(int(self._persons[one]), set()).discard(one)
                self._persons[one] = person
                if one != person:
                    self._led.setdefault(person, set()).add(one)
            moved.update(group)
        if not moved:
            return
        profiles = np.array(sorted(moved), dtype=np.int64)
        self._stage("moves", pa.table({"profile_id": profiles, "person_id": self._persons[profiles]}))
        for table in PERSONAL:
            self._cursor.execute(facts_sql.move_sql(table, int(profiles[0]), int(profiles[-1])))

    def _standing_under(self, profile: int) -> list[int]:
        """A profile that stands on its own again, and those that were merged into it, directly or through others."""
        pointers = dict(store.fetch("SELECT id, merged_into_id FROM collect_profile WHERE merged_into_id IS NOT NULL"))
        pointers.pop(profile, None)
        person = int(self._persons[profile])
        return [p for p in (person, *self._led.get(person, ())) if _root(pointers, p) == profile]

    def _reach(self, profile: int) -> None:
        """Make room for a profile: until it is merged it stands for itself."""
        if profile >= self._persons.size:
            self._persons = np.concatenate(
                [self._persons, np.arange(self._persons.size, max(profile + 1, 2 * self._persons.size))]
            )

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
        profiles = column.fill_null(0).to_numpy()
        self._reach(int(profiles.max(initial=0)))
        return table.append_column("person_id", pa.array(self._persons[profiles], mask=profiles == 0))

    def _stage(self, name: str, table: pa.Table) -> None:
        self._cursor.register(name, table)

    def _run(self, statements: Sequence[str]) -> None:
        for statement in statements:
            self._cursor.execute(statement)


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
