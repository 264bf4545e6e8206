"""A small shop for the tests of campaigns: a warehouse in memory and an action that remembers what it was given."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa

from samovar.decide import actions, warehouse_queries  # noqa: F401 - registers the queries
from samovar.engine import store
from samovar.engine.warehouse import registry, schema
from samovar.engine.warehouse.client import Asker
from samovar.kit.clock import DAY_US, Zone
from samovar.staff.actors import Actor

ALICE = Actor("staff", "1", "Alice")
NOW = 20_000 * DAY_US
SCHEMA = {"type": "object", "additionalProperties": False}
EVERYBODY = "count(orders) >= 0"


class Shop(Asker):
    """Answers named queries over tables that a test fills."""

    def __init__(self) -> None:
        self.cursor = duckdb.connect()
        schema.create(self.cursor)

    def query(self, name: str, /, **params: Any) -> pa.Table:
        return registry.answer(name, self.cursor, registry.Context(zone=Zone("UTC"), currency="RUB"), params)

    def people(self, *numbers: int, address: bool = True, consent: bool | None = True, known_us: int = 0) -> None:
        for number in numbers:
            mail = f"p{number}@example.com"
            self.cursor.execute("INSERT INTO profiles VALUES (?, ?, 0, ?, NULL, NULL)", [number, number, known_us])
            self.cursor.execute("INSERT INTO people VALUES (?, 0, ?, NULL, NULL)", [number, known_us])
            if address:
                self.cursor.execute("INSERT INTO identifiers VALUES (?, ?, 'email', ?, 0)", [number, number, mail])
            if consent is not None:
                self.consent(mail, consent, 0)

    def consent(self, address: str, given: bool, time_us: int) -> None:
        self.cursor.execute(
            "INSERT INTO consents VALUES ('email', ?, 'marketing', ?, ?, 0, 'form', '1')", [address, given, time_us]
        )

    def address(self, person: int, address: str, since_us: int) -> None:
        self.cursor.execute("INSERT INTO identifiers VALUES (?, ?, 'email', ?, ?)", [person, person, address, since_us])

    def stop(self, address: str, time_us: int) -> None:
        self.cursor.execute("INSERT INTO suppressions VALUES ('email', ?, 'hard_bounce', ?)", [address, time_us])

    def trait(self, person: int, name: str, kind: str, time_us: int, **value: Any) -> None:
        (column,) = value
        self.cursor.execute(
            f"INSERT INTO attributes (profile_id, person_id, name, time_us, day, event_key, kind, {column}) "
            "VALUES (?, ?, ?, ?, 0, 0, ?, ?)",
            [person, person, name, time_us, kind, value[column]],
        )

    def order(self, person: int, time_us: int, amount_minor: int) -> None:
        self.cursor.execute(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, 'RUB', 'shop')",
            [f"o{person}-{time_us}", person, person, time_us, time_us // DAY_US, time_us, schema.NEVER_US, amount_minor],
        )


class Ledger:
    """An action that keeps rows in memory, one a person, as a real ledger keeps them in a table."""

    def __init__(self) -> None:
        self.rows: dict[tuple[int, int], actions.Recipient] = {}
        self.open: set[tuple[int, int]] = set()
        self.closed: dict[tuple[int, int], str] = {}
        self.batches: list[int] = []
        self.problems: list[actions.Problem] = []
        self.crash_after: int | None = None

    def run(self, campaign: actions.CampaignFacts, recipients: Any, at_us: int) -> int:
        assert store.connection.in_atomic_block
        if self.crash_after is not None and len(self.batches) >= self.crash_after:
            raise SystemExit("killed")
        self.batches.append(len(recipients))
        new = [r for r in recipients if (campaign.id, r.profile_id) not in self.rows]
        self.rows.update({(campaign.id, r.profile_id): r for r in new})
        self.open.update((campaign.id, r.profile_id) for r in new)
        return len(new)

    def remaining(self, campaign_id: int) -> int:
        return sum(campaign == campaign_id for campaign, _person in self.open)

    def close(self, campaign_id: int, reason: str, limit: int, at_us: int) -> int:
        chosen = sorted(key for key in self.open if key[0] == campaign_id)[:limit]
        self.open.difference_update(chosen)
        self.closed.update(dict.fromkeys(chosen, reason))
        return len(chosen)

    def register(self) -> actions.Action:
        return actions.register(
            actions.Action(
                name="remember", title="Remember", schema=SCHEMA, run=self.run, remaining=self.remaining,
                close=self.close, check=lambda campaign: self.problems, variables=lambda campaign: ["favourite_tea"],
                preview=lambda campaign, person: actions.Preview("Tea", f"<p>Dear {person.address}</p>", "Dear"),
            )
        )  # fmt: skip
