"""Ten segments made anew as the open incumbents do it, in MariaDB and PostgreSQL, beside ours: 200,000 customers.

    python bench/rivals.py [--people 200000] [--shop DIR] [--rounds 3]

`--shop` takes a workspace that `bench/shop.py --keep` made; its first customers are copied out of it, nothing is written to it.
The rivals get the same facts in plain tables with indexes for each question (person, day and what is summed), a table of members
with a key and one INSERT … SELECT a segment; their time is from an empty table of members to a full one, ours that of the live
segments when everybody is asked, memberships as bitmaps. All give the same numbers of people, or the benchmark fails. A rival
that is not installed is left out, and that is said. Durability is off for both, and both may keep everything in memory.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from shops import shop_in

from samovar.engine.warehouse import schema
from samovar.engine.warehouse.registry import Context
from samovar.kit.clock import Zone
from samovar.rules.parser import parse_text
from samovar.understand.live.live import Live
from samovar.understand.live.moves import LiveRule, Move
from tools.postgres import NoPostgres, cluster

ZONE = Zone("Europe/Moscow")
ROUNDS = 3
TABLES = {
    "people": (
        "SELECT person_id, coalesce(city, '') FROM people "
        "LEFT JOIN (SELECT person_id, arg_max(text, (time_us, event_key)) AS city FROM attributes WHERE name = 'city' "
        "AND time_us <= $at GROUP BY person_id) c USING (person_id) "
        "WHERE known_us <= $at AND (erased_us IS NULL OR erased_us > $at)"
    ),
    "orders": (
        "SELECT person_id, day, amount_minor FROM orders WHERE valid_from_us <= $at AND valid_to_us > $at AND time_us <= $at"
    ),
    "visits": "SELECT person_id, day FROM visits WHERE time_us <= $at",
    "cart_adds": "SELECT person_id, day FROM events WHERE name = 'Product Added' AND time_us <= $at AND person_id IS NOT NULL",
}
MADE = [
    "CREATE TABLE people (person_id BIGINT PRIMARY KEY, city VARCHAR(100))",
    "CREATE TABLE orders (person_id BIGINT, day INT, amount_minor BIGINT)",
    "CREATE TABLE visits (person_id BIGINT, day INT)",
    "CREATE TABLE cart_adds (person_id BIGINT, day INT)",
    "CREATE TABLE members (segment_id INT, person_id BIGINT, PRIMARY KEY (segment_id, person_id))",
]
INDEXED = [
    "CREATE INDEX people_city ON people (city)",
    *(f"CREATE INDEX orders_{name} ON orders ({columns})" for name, columns in (
        ("person", "person_id, day, amount_minor"), ("day", "day, person_id, amount_minor"),
    )),
    *(f"CREATE INDEX {table}_{name} ON {table} ({columns})" for table in ("visits", "cart_adds") for name, columns in (
        ("person", "person_id, day"), ("day", "day, person_id"),
    )),
]  # fmt: skip
_ALL = "SELECT person_id FROM people"
SEGMENTS: dict[str, str] = {
    "count(orders in last 90 days) >= 2": (
        "SELECT person_id FROM orders WHERE day BETWEEN {day} - 90 AND {day} GROUP BY person_id HAVING count(*) >= 2"
    ),
    "sum(orders.amount in last 365 days) > 10000": (
        "SELECT person_id FROM orders WHERE day BETWEEN {day} - 365 AND {day} GROUP BY person_id "
        "HAVING sum(amount_minor) > 1000000"
    ),
    "count(orders) >= 1 and days_since(last orders) > 90": (
        "SELECT person_id FROM orders GROUP BY person_id HAVING max(day) < {day} - 90"
    ),
    "count(visits in last 14 days) >= 3": (
        "SELECT person_id FROM visits WHERE day BETWEEN {day} - 14 AND {day} GROUP BY person_id HAVING count(*) >= 3"
    ),
    "count(cart_adds in last 7 days) >= 1 and count(orders in last 7 days) = 0": (
        "SELECT DISTINCT person_id FROM cart_adds c WHERE day BETWEEN {day} - 7 AND {day} AND NOT EXISTS "
        "(SELECT 1 FROM orders o WHERE o.person_id = c.person_id AND o.day BETWEEN {day} - 7 AND {day})"
    ),
    'city = "Москва" and count(orders in last 180 days) >= 1': (
        f"{_ALL} p WHERE city = 'Москва' AND EXISTS (SELECT 1 FROM orders o WHERE o.person_id = p.person_id "
        "AND o.day BETWEEN {day} - 180 AND {day})"
    ),
    "count(orders) = 0": f"{_ALL} p WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.person_id = p.person_id)",
    "count(orders) >= 3 and avg(orders.amount) > 1500": (
        "SELECT person_id FROM orders GROUP BY person_id HAVING count(*) >= 3 AND avg(amount_minor) > 150000"
    ),
    "count(orders) >= 5 and days_since(last orders) <= 30": (
        "SELECT person_id FROM orders GROUP BY person_id HAVING count(*) >= 5 AND max(day) >= {day} - 30"
    ),
    "count(visits in last 90 days) >= 10 or count(cart_adds in last 30 days) >= 5": (
        "SELECT person_id FROM visits WHERE day BETWEEN {day} - 90 AND {day} GROUP BY person_id HAVING count(*) >= 10 UNION "
        "SELECT person_id FROM cart_adds WHERE day BETWEEN {day} - 30 AND {day} GROUP BY person_id HAVING count(*) >= 5"
    ),
}
Sizes = dict[int, int]


class Missing(RuntimeError):
    """A rival that is not installed."""


class Postgres:
    """A temporary cluster of PostgreSQL, as the tests have it, with memory for all of it."""

    name = "postgresql"

    @contextmanager
    def open(self, home: Path) -> Iterator[Postgres]:
        """Start it and end it. Raises `Missing`."""
        try:
            with cluster() as url, psycopg.connect(url, autocommit=True) as self._connection:
                for setting in ("work_mem = '256MB'", "maintenance_work_mem = '256MB'", "synchronous_commit = off"):
                    self._connection.execute(f"SET {setting}")
                yield self
        except NoPostgres as error:
            raise Missing(str(error)) from error

    def run(self, statement: str) -> None:
        """One statement without an answer."""
        self._connection.execute(statement)

    def fill(self, table: str, file: Path) -> None:
        """The rows of a CSV."""
        with self._connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv)") as copy:
            copy.write(file.read_bytes())

    def settled(self) -> None:
        """Statistics and the map of what is seen by all, as a database at rest has them."""
        self.run("VACUUM ANALYZE")

    def sizes(self) -> Sizes:
        """People a segment."""
        return dict(self._connection.execute("SELECT segment_id, count(*) FROM members GROUP BY 1").fetchall())


class MariaDB:
    """A temporary server of MariaDB on a socket of its own; statements go through its client."""

    name = "mariadb"

    @contextmanager
    def open(self, home: Path) -> Iterator[MariaDB]:
        """Start it and end it. Raises `Missing`."""
        if not (shutil.which("mariadbd") and shutil.which("mariadb-install-db") and shutil.which("mariadb")):
            raise Missing("MariaDB is not installed: apt-get install mariadb-server.")
        data, self._socket, user = home / "mariadb", home / "mariadb.sock", ["--user=root"] if os.getuid() == 0 else []
        made = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", *user]
        subprocess.run(made, check=True, capture_output=True)
        flags = [
            "--no-defaults", f"--datadir={data}", f"--socket={self._socket}", f"--pid-file={home / 'pid'}", "--skip-networking",
            "--innodb-buffer-pool-size=2G", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--local-infile=1",
            "--tmp-table-size=512M", "--max-heap-table-size=512M", "--character-set-server=utf8mb4", *user,
        ]  # fmt: skip
        server = subprocess.Popen(["mariadbd", *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self._wait()
            self._asked("CREATE DATABASE shop", database="")
            yield self
        finally:
            server.terminate()
            server.wait(60)

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._socket.exists():
                return
            time.sleep(0.1)
        raise Missing("MariaDB did not start within a minute.")

    def _asked(self, statement: str, database: str = "shop") -> str:
        client = ["mariadb", "--no-defaults", f"--socket={self._socket}", "--user=root", "--local-infile=1", "-N", "-B"]
        client += ["--default-character-set=utf8mb4", *([database] if database else [])]
        done = subprocess.run([*client, "-e", statement], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip()[:500])
        return done.stdout

    def run(self, statement: str) -> None:
        """One statement without an answer."""
        self._asked(statement)

    def fill(self, table: str, file: Path) -> None:
        """The rows of a CSV."""
        self._asked(f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE {table} FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"'")

    def settled(self) -> None:
        """Statistics, as a database at rest has them."""
        self.run(f"ANALYZE TABLE {', '.join(TABLES)}")

    def sizes(self) -> Sizes:
        """People a segment."""
        rows = self._asked("SELECT segment_id, count(*) FROM members GROUP BY 1").splitlines()
        return {int(one): int(people) for one, people in csv.reader(rows, delimiter="\t")}


def copied(shop: Path, people: int, home: Path) -> Any:
    """A cursor on a warehouse of its own with the first people of a shop and all that is known of them."""
    cursor = duckdb.connect(str(home / "some.duckdb"), config={"threads": 2, "memory_limit": "4GB"})
    schema.create(cursor)
    cursor.execute(f"ATTACH '{shop / 'warehouse.duckdb'}' AS whole (READ_ONLY)")
    chosen = f"SELECT person_id FROM whole.people WHERE known_us IS NOT NULL ORDER BY person_id LIMIT {people}"
    cursor.execute(f"CREATE TEMP TABLE chosen AS {chosen}")
    for table in {"people", *schema.PERSONAL} - {"membership"}:
        cursor.execute(f"INSERT INTO {table} SELECT * FROM whole.{table} WHERE person_id IN (FROM chosen)")
    cursor.execute("DETACH whole")
    return cursor


def ours(cursor: Any, at_us: int, rounds: int) -> tuple[list[float], Sizes]:
    """How many ms everybody asked takes, some times over, and the sizes."""
    defined = [LiveRule(n, 1, f"s{n}", parse_text(text)) for n, text in enumerate(SEGMENTS, 1)]
    times, sizes = [], Sizes()
    for _ in range(rounds):
        moves = list[Move]()
        live = Live(cursor.cursor(), Context(zone=ZONE, currency="RUB"), lambda: defined, moves.extend)
        began = time.perf_counter()
        live.step(at_us)
        times.append((time.perf_counter() - began) * 1000)
        sizes = {id_: people for id_, (_version, people) in live.sizes().items()}
    return times, sizes


def rebuilt(rival: Postgres | MariaDB, files: dict[str, Path], day: int, rounds: int) -> tuple[list[float], Sizes]:
    """The same of a rival, whose tables are filled and indexed first."""
    for statement in MADE:
        rival.run(statement)
    for table, file in files.items():
        rival.fill(table, file)
    for statement in INDEXED:
        rival.run(statement)
    rival.settled()
    times = []
    for _ in range(rounds + 1):
        rival.run("TRUNCATE TABLE members")
        began = time.perf_counter()
        for number, select in enumerate(SEGMENTS.values(), 1):
            rival.run(f"INSERT INTO members SELECT {number}, person_id FROM ({select.format(day=day)}) found")
        times.append((time.perf_counter() - began) * 1000)
    return times[1:], rival.sizes()  # the first warms it up


def main() -> int:
    """Measure all that are there, say whether they agree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--shop", type=Path)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    result: dict[str, Any] = {"benchmark": "rivals", "people": asked.people, "segments": len(SEGMENTS)}
    with tempfile.TemporaryDirectory(prefix="bench-rivals-") as made:
        home = Path(made)
        shop = shop_in(home, asked.shop, asked.people)
        cursor = copied(shop, asked.people, home)
        [(at_us,)] = cursor.execute("SELECT max(time_us) FROM visits").fetchall()
        files = {table: home / f"{table}.csv" for table in TABLES}
        for table, select in TABLES.items():
            cursor.execute(f"CREATE TEMP TABLE out AS {select}", {"at": at_us})
            [(result[f"{table}_rows"],)] = cursor.execute("SELECT count(*) FROM out").fetchall()
            cursor.execute(f"COPY out TO '{files[table]}' (HEADER false)")
            cursor.execute("DROP TABLE out")
        times, sizes = ours(cursor, at_us, asked.rounds)
        cursor.close()
        result["ours_ms"] = round(statistics.median(times))
        differing: dict[str, Any] = {}
        for rival in (Postgres(), MariaDB()):
            try:
                with rival.open(home):
                    times, found = rebuilt(rival, files, ZONE.day(at_us), asked.rounds)
            except Missing as error:
                print(f"{rival.name} is left out: {error}", file=sys.stderr)
                result[rival.name] = None
                continue
            took = statistics.median(times)
            result[rival.name] = {"ms": round(took), "times_ours": round(took / result["ours_ms"], 1)}
            differing |= {f"{rival.name} {one}": found.get(one, 0) for one in sizes if found.get(one, 0) != sizes[one]}
    result |= {"sizes": list(sizes.values()), "differing": differing, "ok": not differing}
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
