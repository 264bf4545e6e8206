"""The second stage: facts of log, decisions and outbox into the warehouse, with their offsets, in one transaction.

`Applier` is never ahead of the operational store and may be behind it: after a crash it replays the decisions it has not
seen, batch by batch as they were decided, so that a rebuild gives the same rows.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyroaring import BitMap

from samovar.collect import facts, visits
from samovar.collect.contacts.marks import marks_of
from samovar.collect.dedupe import SeenIds
from samovar.collect.facts import Facts
from samovar.collect.goods import Shelf, Telling
from samovar.collect.news import FACTS, News, Notebook
from samovar.collect.properties import as_json, normalised
from samovar.collect.records import sql as records_sql
from samovar.collect.sql import facts_sql
from samovar.collect.standing import Ints, Standing
from samovar.engine.outbox_reader import OutboxRow
from samovar.engine.warehouse.owner import Warehouse
from samovar.engine.warehouse.schema import NEVER_US, PERSONAL
from samovar.kit.clock import Zone, iso
from samovar.kit.hashing import hash64
from samovar.kit.text import fold

POSITION, OUTBOX = "position", "outbox"
POPULATED, ENTERED, LEFT = "Segment Populated", "Segment Entered", "Segment Left"
CAMPAIGN_OUTCOMES = {
    "Message Sent": "sent",
    "Message Failed": "failed",
    "Message Held Out": "held_out",
    "Message In Doubt": "in_doubt",
}
GOODS = pa.schema(
    [
        ("sku", pa.string()), ("name", pa.string()), ("category", pa.string()), ("brand", pa.string()),
        ("price_minor", pa.int64()), ("time_us", pa.int64()), ("event_key", pa.int64()),
    ]
)  # fmt: skip
_CONSENT_TEXTS = ("channel", "address", "purpose", "source", "text_version")


@dataclass(frozen=True)
class DecidedFacts:
    """A batch as the warehouse takes it: its facts, the identifiers that found an owner, and the position after it."""

    facts: Facts
    attached: Sequence[Sequence[Any]]
    next_position: int


class Applier:
    """Writes the warehouse; one instance, in the process that owns it, used by one thread at a time."""

    def __init__(self, warehouse: Warehouse, zone: Zone) -> None:
        self._warehouse, self._cursor, self._zone = warehouse, warehouse.cursor(), zone
        self._staged: set[str] = set()
        self._news = Notebook()
        self._order_ids = self._load_order_ids()
        self._recall()
        self.position, self.outbox = self._state(POSITION), self._state(OUTBOX)

    def _recall(self) -> None:
        """What is kept in memory of the tables, made again from them."""
        self._standing = Standing(self._cursor)
        self._shelf = Shelf(self._cursor.execute(facts_sql.known_goods_sql()).fetchall())

    def _state(self, name: str) -> int:
        rows = self._cursor.execute("SELECT value FROM state WHERE name = ?", [name]).fetchall()
        if not rows:
            self._cursor.execute("INSERT INTO state VALUES (?, 0)", [name])
            return 0
        return int(rows[0][0])

    def apply(
        self,
        batch: DecidedFacts | None,
        told: Sequence[OutboxRow],
        pointers: Mapping[int, int],
        news_told: Callable[[], object] = lambda: None,
    ) -> None:
        """Facts of one decided batch of the log, then announcements of the outbox, in one commit with their offsets.

        `pointers` are the merges that stand now, of each profile into which; only an un-merge among `told` asks for them.
        Calls `news_told` when the news of it may be taken, which is before the commit; where that fails, the next news put them
        right.
        """
        position = self.position if batch is None else batch.next_position
        last = told[-1].id if told else self.outbox
        self._cursor.execute("BEGIN")
        try:
            if batch is not None:
                self._apply_batch(batch.facts, batch.attached)
            self._apply_outbox(told, pointers)
            self._cursor.execute("UPDATE state SET value = ? WHERE name = ?", [position, POSITION])
            if told:
                self._cursor.execute("UPDATE state SET value = ? WHERE name = ?", [last, OUTBOX])
            self._news.tell()
            news_told()
            self._commit()
            self._news.keep()
        except BaseException:
            self._cursor.execute("ROLLBACK")
            self._recall()
            self._news.forget()
            raise
        finally:
            self._clear_stage()
        self.position, self.outbox = position, last
        if self._warehouse.is_checkpoint_due():
            self._warehouse.checkpoint()

    def _commit(self) -> None:
        self._cursor.execute("COMMIT")

    def take_news(self) -> News:
        """What changed since this was last asked."""
        return self._news.take()

    def want_news(self, is_wanted: bool) -> None:
        """Collect news from now on, or no more."""
        self._news.is_wanted = is_wanted

    def _changed(self, sql: str, *tables: str) -> None:
        if self._news.is_wanted:
            self._news.changed(np.asarray(self._cursor.execute(sql).fetchnumpy()["person_id"], dtype=np.int64), *tables)

    def _came(self, table: str, sql: str) -> None:
        if self._news.is_wanted:
            self._news.came(table, self._cursor.sql(sql).to_arrow_table())

    # Events of the log
    def _apply_batch(self, told: Facts, attached: Sequence[Sequence[Any]]) -> None:
        self._sight(told.sightings)
        self._news.later(int(told.events.column("time_us").to_numpy().max(initial=0)))
        self._identifiers(attached)
        if told.events.num_rows:
            events = self._with_person(told.events)
            self._events(events)
            self._visits(visits.views(events))
        if told.attributes.num_rows:
            self._stage("new_attributes", self._with_person(told.attributes))
            self._run(facts_sql.attributes_sql())
            self._changed("SELECT DISTINCT person_id FROM new_attributes WHERE person_id IS NOT NULL", FACTS)
        lines_told = self._orders(self._with_person(told.order_events)) if told.order_events.num_rows else []
        if told.record_events.num_rows:
            self._stage("new_records", self._with_person(told.record_events))
            self._run(records_sql.records_sql(NEVER_US))
            self._changed(records_sql.owners_sql(), "records")
        if told.goods or lines_told:
            self._goods([*told.goods, *lines_told])

    def _events(self, told: pa.Table) -> None:
        self._stage("new_events", told)
        self._cursor.execute(facts_sql.insert_sql("events", facts.EVENTS.names))
        self._news.came("events", told)

    def _visits(self, views: pa.Table) -> None:
        """Views of profiles' days, joined with the visits there were on them."""
        if not views.num_rows:
            return
        days = pc.min_max(views.column("day")).as_py()
        span = {"first": days["min"], "last": days["max"]}
        self._stage("touched", views.select(["profile_id", "day"]).group_by(["profile_id", "day"]).aggregate([]))
        before = self._cursor.sql(facts_sql.visits_before_sql(), params=span).to_arrow_table()
        now = visits.joined(pa.concat_tables([before, views]))
        if before.num_rows:
            self._cursor.execute(facts_sql.forget_visits_sql(), span)
        self._stage("joined_visits", now)
        self._cursor.execute("INSERT INTO visits BY NAME SELECT * FROM joined_visits")
        self._news.came("visits", now)

    def _orders(self, told: pa.Table) -> list[Telling]:
        """Order events and what follows from them; what their lines tell of goods.

        An order never told of that is told of once, as completed, is its own only span. For the others spans are made
        again from all that is known of them; where all are new, nothing is scanned for it.
        """
        ids = self._hashes_of(told)
        is_known = self._order_ids.contains(ids)
        _, place, count = np.unique(ids, return_inverse=True, return_counts=True)
        is_plain = ~is_known & (count[place] == 1) & pc.equal(told.column("verb"), "completed").to_numpy()
        self._stage("new_folds", _folds(told.column("lines")))
        if is_plain.any():
            self._stage("new_plain", told if is_plain.all() else told.filter(pa.array(is_plain)))
            self._run(facts_sql.plain_orders_sql(NEVER_US))
            self._came("orders", "SELECT * FROM plain_orders")
            self._came("lines", "SELECT * FROM plain_lines")
        if not is_plain.all():
            others = told.append_column("is_known", pa.array(is_known)).filter(pa.array(~is_plain))
            self._stage("new_orders", others)
            self._run(facts_sql.known_orders_sql() if is_known.any() else facts_sql.fresh_orders_sql())
            if is_known.any():
                old = self._cursor.execute(facts_sql.told_names_sql()).fetchall()
                self._stage("new_folds", _fold_table([name for (name,) in old]))
            self._run(facts_sql.orders_sql(NEVER_US))
            self._changed(facts_sql.told_people_sql(), "orders", "lines", "returns")
        self._order_ids.add(ids)
        self._stage("new_orders", told)
        return list(self._cursor.execute(facts_sql.goods_of_lines_sql()).fetchall())

    def _load_order_ids(self) -> SeenIds:
        """Which orders were told of: a set of hashes; a false hit costs a scan and changes nothing."""
        hashes = self._hashes(facts_sql.known_order_hashes_sql())
        seen = SeenIds(hashes.size)
        for start in range(0, hashes.size, 1 << 20):
            seen.add(hashes[start : start + (1 << 20)])
        return seen

    def _hashes_of(self, told: pa.Table) -> Ints:
        self._stage("new_orders", told.append_column("place", pa.array(np.arange(told.num_rows))))
        return self._hashes(facts_sql.new_order_hashes_sql())

    def _hashes(self, sql: str) -> Ints:
        return np.asarray(self._cursor.execute(sql).fetchnumpy()["hash"], dtype=np.uint64).view(np.int64)

    def _sight(self, seen: facts.Sightings) -> None:
        new, earlier = self._standing.sight(seen)
        if earlier.num_rows:
            self._stage("new_profiles", earlier)
            self._cursor.execute(facts_sql.earlier_profiles_sql())
        if new.num_rows:
            self._stage("new_profiles", new)
            self._cursor.execute("INSERT INTO profiles BY NAME SELECT * FROM new_profiles")
        if new.num_rows or earlier.num_rows:
            both = pa.concat_tables([new, earlier])
            self._stage("new_profiles", both)
            self._run(facts_sql.sighted_people_sql())
            self._news.changed(both.column("person_id").to_numpy(), FACTS)

    def _goods(self, told: Sequence[Telling]) -> None:
        new, changed = self._shelf.put(told)
        for rows, statement in ((changed, facts_sql.changed_goods_sql()), (new, facts_sql.new_goods_sql())):
            if rows:
                columns = zip(*rows, strict=True)
                self._stage(
                    "new_goods", pa.table([pa.array(c, f.type) for c, f in zip(columns, GOODS, strict=True)], schema=GOODS)
                )
                self._cursor.execute(statement)

    def _identifiers(self, attached: Sequence[Sequence[Any]]) -> None:
        if attached:
            columns = list(zip(*attached, strict=True))
            table = pa.table(
                [pa.array(c, f.type) for c, f in zip(columns, facts.IDENTIFIERS, strict=True)], schema=facts.IDENTIFIERS
            )
            owned = self._with_person(table)
            self._stage("new_identifiers", owned)
            self._cursor.execute(facts_sql.insert_sql("identifiers", facts.IDENTIFIERS.names))
            if (marks := marks_of(owned, self._zone)).num_rows:
                self._stage("new_marks", marks)
                self._cursor.execute("INSERT INTO attributes BY NAME SELECT * FROM new_marks")
            self._changed("SELECT DISTINCT person_id FROM new_identifiers WHERE person_id IS NOT NULL", FACTS)

    # What the house made happen
    def _apply_outbox(self, rows: Sequence[OutboxRow], pointers: Mapping[int, int]) -> None:
        """Announcements in order."""
        self._move([row for row in rows if row.name in ("Profile Merged", "Profile Unmerged")], pointers)
        self._erase([row for row in rows if row.name == "Profile Erased"])
        self._record_types([row for row in rows if row.name == "Record Type Declared"])
        self._consents([row for row in rows if row.name == "Consent Changed"])
        self._suppressions([row for row in rows if row.name == "Address Suppressed"])
        self._campaigns([row for row in rows if row.name in CAMPAIGN_OUTCOMES and row.profile_id])
        self._beginnings([row for row in rows if row.name == POPULATED])
        self._memberships([row for row in rows if row.name in (ENTERED, LEFT)])
        self._lists([row for row in rows if row.name == "List Kept"])
        self._news.later(max((row.time_us for row in rows), default=0))
        self._house_events([row for row in rows if row.profile_id])

    def _move(self, rows: Sequence[OutboxRow], pointers: Mapping[int, int]) -> None:
        """Merges and un-merges in order, then one rewrite of `person_id` a table for all who moved: a rewrite is a scan."""
        moved: set[int] = set()
        parted: set[int] = set()  # who had them before, and who has them now
        for row in rows:
            profile, into = int(row.payload["profile"]), int(row.payload["into"])
            if row.name == "Profile Merged":
                profiles, people = self._standing.merge(profile, into)
                self._keep(row)
            else:
                profiles, people = self._standing.unmerge(profile, pointers)
                self._unkeep(profiles)
            moved.update(profiles)
            parted.update(people)
        if not moved:
            return
        ids = np.array(sorted(moved), dtype=np.int64)
        self._stage("moves", pa.table({"profile_id": ids, "person_id": self._standing.persons(ids)}))
        for table in PERSONAL:
            self._cursor.execute(facts_sql.move_sql(table, int(ids[0]), int(ids[-1])))
        self._part(parted)

    def _keep(self, row: OutboxRow) -> None:
        """The values that a merge let survive, as said at its moment; of one that was erased since nothing is left to keep."""
        kept = row.payload.get("kept") or {}
        if kept:
            columns = list(kept.values())
            holders = np.array([one["holder"] for one in columns], dtype=np.int64)
            self._stage(
                "new_kept",
                pa.table(
                    {
                        "name": pa.array(list(kept), pa.string()),
                        "profile_id": pa.array([one["profile"] for one in columns], pa.int64()),
                        "event_key": pa.array([int(one["key"]) for one in columns], pa.int64()),
                        "holder": holders,
                        "is_derived": pa.array([one.get("derived", False) for one in columns], pa.bool_()),
                        "holder_person": self._standing.persons(holders),
                    }
                ),
            )
            key = hash64("kept", row.key)
            self._cursor.execute(facts_sql.keep_sql(), [row.time_us, self._zone.day(row.time_us), key, row.time_us])
            self._cursor.execute(facts_sql.note_kept_sql(), [key, row.payload["profile"], row.payload["into"]])

    def _unkeep(self, profiles: Sequence[int]) -> None:
        """Take away what merges kept between profiles that part and those they leave."""
        self._stage("leaving", pa.table({"profile_id": pa.array(profiles, pa.int64())}))
        self._run(facts_sql.unkeep_sql())

    def _erase(self, rows: Sequence[OutboxRow]) -> None:
        for row in rows:
            profiles = np.array(row.payload["profiles"], dtype=np.int64)
            self._stage("erased", pa.table({"profile_id": profiles}))
            self._run(facts_sql.erased_sql(row.time_us))
            self._part(set(self._standing.persons(profiles).tolist()))

    def _part(self, people: set[int]) -> None:
        """Make these people again from their profiles."""
        self._news.changed(np.array(sorted(people), dtype=np.int64))
        self._stage("parted", pa.table({"person_id": pa.array(sorted(people), pa.int64())}))
        self._run(facts_sql.parted_people_sql())

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
        self._changed(facts_sql.owners_sql("new_consents"), FACTS)
        given = [r for r in rows if r.payload["given"] and r.profile_id]
        if given:
            times = np.array([r.time_us for r in given], dtype=np.int64)
            never = np.full(times.size, NEVER_US, dtype=np.int64)
            self._sight(facts.Sightings(np.array([r.profile_id for r in given], dtype=np.int64), times, never, times))

    def _suppressions(self, rows: Sequence[OutboxRow]) -> None:
        if rows:
            texts = ("channel", "address", "reason")
            told = {name: pa.array([str(row.payload[name]) for row in rows], pa.string()) for name in texts}
            self._stage("new_suppressions", pa.table({**told, "time_us": pa.array([row.time_us for row in rows], pa.int64())}))
            self._cursor.execute("INSERT INTO suppressions BY NAME SELECT * FROM new_suppressions")
            self._changed(facts_sql.owners_sql("new_suppressions"), FACTS)

    def _record_types(self, rows: Sequence[OutboxRow]) -> None:
        if rows:
            told = list({row.payload["name"]: row.payload for row in rows}.values())
            columns = {
                "name": [one["name"] for one in told], "label": [one["label"] for one in told],
                "time_field": [one["time"] or None for one in told], "fields": [as_json(one["fields"]) for one in told],
            }  # fmt: skip
            self._stage("new_record_types", pa.table({name: pa.array(c, pa.string()) for name, c in columns.items()}))
            self._run(records_sql.record_types_sql())
            self._changed(records_sql.declared_owners_sql(), "records")

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

    def _beginnings(self, rows: Sequence[OutboxRow]) -> None:
        """Whom segments had when they were first published."""
        if rows:
            people = pa.array([base64.b64decode(row.payload["members"]) for row in rows], pa.binary())
            self._stage("new_beginnings", pa.table({**self._of_segments(rows), "people": people}))
            self._cursor.execute("INSERT INTO beginnings BY NAME SELECT * FROM new_beginnings")

    def _memberships(self, rows: Sequence[OutboxRow]) -> None:
        """Who entered and left which segment."""
        if rows:
            people = pa.array([row.profile_id for row in rows], pa.int64())
            is_in = pa.array([row.name == ENTERED for row in rows])
            self._stage("new_moves", pa.table({**self._of_segments(rows), "person_id": people, "is_in": is_in}))
            self._cursor.execute("INSERT INTO membership BY NAME SELECT * FROM new_moves")

    def _of_segments(self, rows: Sequence[OutboxRow]) -> dict[str, pa.Array | Ints]:
        times = np.array([row.time_us for row in rows], dtype=np.int64)
        return {
            "segment_id": pa.array([row.payload["segment_id"] for row in rows], pa.int64()),
            "version": pa.array([row.payload["version"] for row in rows], pa.int32()),
            "time_us": times, "day": self._zone.days(times),
            "outbox_id": pa.array([row.id for row in rows], pa.int64()),
        }  # fmt: skip

    def _lists(self, rows: Sequence[OutboxRow]) -> None:
        """Lists that were kept, as an event of everybody on them."""
        for row in rows:
            people = np.array(BitMap.deserialize(base64.b64decode(row.payload["members"])), dtype=np.int64)
            keys = [f"{row.key}/{person}" for person in people.tolist()]
            times = np.full(people.size, row.time_us, dtype=np.int64)
            bag = as_json(normalised({"list": row.payload["list"]}))
            self._told(people, ["Added To List"] * people.size, times, keys, [bag] * people.size)

    def _house_events(self, rows: Sequence[OutboxRow]) -> None:
        if rows:
            profiles = np.array([r.profile_id for r in rows], dtype=np.int64)
            times = np.array([r.time_us for r in rows], dtype=np.int64)
            bags = [as_json(normalised(readable(r.payload))) for r in rows]
            self._told(profiles, [r.name for r in rows], times, [r.key for r in rows], bags)

    def _told(self, profiles: Ints, names: Sequence[str], times: Ints, keys: Sequence[str], bags: Sequence[str | None]) -> None:
        """Events of the house: their profiles, names, moments, keys and properties as JSON."""
        house = pa.array(["house"] * len(names), pa.string())
        hashes = pa.array([hash64("outbox", key) for key in keys], pa.int64())
        columns = [
            pa.array(profiles), pa.array(names, pa.string()), house, pa.array(times), pa.array(self._zone.days(times)), hashes,
            house, pa.array(keys, pa.string()), pa.array(bags, pa.string()), pa.array(times),
            pa.array([0] * len(names), pa.int64()),
        ]  # fmt: skip
        self._events(self._with_person(pa.table(columns, schema=facts.EVENTS)))

    # Parts
    def _with_person(self, table: pa.Table) -> pa.Table:
        """The table with `person_id`: the survivor of each profile as the warehouse knows it."""
        column = table.column("profile_id").combine_chunks()
        profiles = column.fill_null(0).to_numpy()
        return table.append_column("person_id", pa.array(self._standing.persons(profiles), mask=profiles == 0))

    def _stage(self, name: str, table: pa.Table) -> None:
        self._cursor.register(name, table)
        self._staged.add(name)

    def _clear_stage(self) -> None:
        """Let the batch's tables go: the next may be long in coming, and their memory is wanted for reading it."""
        for name in self._staged:
            self._cursor.unregister(name)
        self._staged.clear()

    def _run(self, statements: Sequence[str]) -> None:
        for statement in statements:
            self._cursor.execute(statement)


def _folds(lines: pa.ChunkedArray) -> pa.Table:
    """The names of goods in order lines with their folded twins (no engine folds a letter)."""
    return _fold_table(lines.combine_chunks().flatten().field("name").unique().drop_null().to_pylist())


def _fold_table(names: Sequence[str]) -> pa.Table:
    return pa.table({"name": pa.array(names, pa.string()), "folded": pa.array([fold(n) for n in names], pa.string())})


def readable(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What an announcement says as an event's properties: an instant is written out, as a number of 1/10000 it would not fit."""
    return {
        name.removesuffix("_us") + "_at" if _is_instant(name, value) else name: iso(value) if _is_instant(name, value) else value
        for name, value in payload.items()
    }


def _is_instant(name: str, value: Any) -> bool:
    return name.endswith("_us") and isinstance(value, int)
