"""How far people came is the same by hash joins as by the windows over instants, which an oracle holds elsewhere."""

from __future__ import annotations

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from samovar import rules
from samovar.engine.warehouse import schema
from samovar.kit.clock import DAY_US, HOUR_US, Zone
from samovar.rules.sql import DUCKDB, Moment, reached_sql
from samovar.rules.sql.compiler import Compiler
from samovar.rules.tree import Sequence

WORDS = rules.builtin_catalogue("RUB")
AT = 40 * DAY_US
SOURCES = ("orders", "views", "cart_adds", "orders where amount > 5", 'cart_adds where person.city = "Omsk"')
NAMES = {"views": "Product Viewed", "cart_adds": "Product Added"}
withins = st.sampled_from(["", "", " within 2 hours", " within 1 days", " within 7 days"])
steps = st.tuples(st.sampled_from(["", "", "", "not "]), st.sampled_from(SOURCES), withins).map("".join)
windows = st.sampled_from(["", "", " in last 20 days", " in last 30 hours"])
asked = st.tuples(st.sampled_from(SOURCES), st.lists(steps, max_size=4), windows).map(
    lambda told: " then ".join((told[0], *told[1])) + told[2]
)
# (person, source, hour, amount): hours meet, around 1970 too
rows = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from(SOURCES[:3]), st.integers(-30, 41 * 24) | st.integers(0, 40), st.integers(1, 9)),
    max_size=40,
)


def warehouse(told: list[tuple[int, str, int, int]], zone: Zone) -> duckdb.DuckDBPyConnection:
    cursor = duckdb.connect()
    schema.create(cursor)
    for person in range(1, 5):
        known = None if person == 4 else -100 * DAY_US
        cursor.execute("INSERT INTO people VALUES (?, ?, ?, NULL, NULL)", [person, -100 * DAY_US, known])
    cursor.execute(
        "INSERT INTO attributes BY NAME SELECT 1 AS profile_id, 1 AS person_id, 'city' AS name, 0 AS time_us, 0 AS day, "
        "1 AS event_key, 'text' AS kind, 'Omsk' AS text, 'omsk' AS folded"
    )
    for key, (person, source, hour, amount) in enumerate(told):
        facts = {
            "profile_id": person,
            "person_id": person,
            "time_us": hour * HOUR_US,
            "day": zone.day(hour * HOUR_US),
            "event_key": key,
        }
        if source == "orders":
            facts |= {"valid_from_us": hour * HOUR_US, "valid_to_us": schema.NEVER_US, "amount_minor": amount * 100}
        else:
            facts |= {"name": NAMES[source], "kind": "track"}
        marks = ", ".join("?" * len(facts))
        table = "orders" if source == "orders" else "events"
        cursor.execute(f"INSERT INTO {table} ({', '.join(facts)}) VALUES ({marks})", list(facts.values()))
    return cursor


@settings(max_examples=300)
@given(asked, rows, st.sampled_from(["UTC", "Europe/London"]), st.booleans())
def test_both_ways_come_equally_far(text, told, zone_name, is_narrowed):
    zone = Zone(zone_name)
    cursor = warehouse(told, zone)
    moment = Moment(AT, zone)
    who = "SELECT person_id FROM people WHERE person_id <> 2" if is_narrowed else None
    sequence = rules.parse(f"did {text}", WORDS).condition
    assert isinstance(sequence, Sequence)
    offsets = zone.offsets_between(-60 * DAY_US, AT)
    slow = DUCKDB.query_text(Compiler(WORDS, moment, who).reached(sequence, offsets))
    fast = reached_sql(sequence, WORDS, moment, -60 * DAY_US, who=who)
    assert sorted(cursor.execute(fast).fetchall()) == sorted(cursor.execute(slow).fetchall()), text
