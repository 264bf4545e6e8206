"""A person is erased while the whole system works and its worker is killed: no file keeps her, and all goes on."""

from __future__ import annotations

import random
import time
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pytest

from tests.system import System, samovar

PEOPLE, KILLS, DONE_S_MAX = 40, 4, 120
MAIL, CANARIES = "canary.ivan@example.ru", ("canary", "канар", "9123456701")
SEED = 20261126


def _events() -> list[dict]:
    events = []
    for n in range(PEOPLE):
        user, mail, name = (f"u{n}", f"p{n}@example.ru", "Анна") if n else ("canary-user-7f3a", MAIL, "Канарей")
        traits = {"email": mail, "phone": f"+7921{n:07d}" if n else "+79123456701", "first_name": name}
        said = {"channel": "email", "address": mail, "purpose": "marketing", "given": True, "source": "form"}
        events += [
            {"type": "identify", "userId": user, "messageId": f"i{n}", "traits": traits},
            {"type": "track", "userId": user, "messageId": f"c{n}", "event": "Consent Changed", "properties": said},
            {"type": "track", "userId": user, "messageId": f"o{n}", "event": "Order Completed",
             "properties": {"order_id": f"o{n}", "revenue": 10.5, "currency": "RUB", "comment": f"for {name}"}},
            {"type": "track", "userId": "friend", "messageId": f"f{n}", "event": "Invited", "properties": {"whom": mail}},
        ]  # fmt: skip
    return events


def _people(path: Path) -> Path:
    path.write_text(f"email,card,city\n{MAIL},canary-card-1,Канарск\nother@example.ru,c2,Пермь\n")
    return path


def _texts(data: Path, database_url: str):
    """What every file holds, read as bytes and, where it is compressed, as rows; on PostgreSQL every row of every table."""
    for path in data.rglob("*"):
        if path.suffix == ".parquet":
            yield path, repr(pq.read_table(path).to_pylist())
        elif path.is_file() and path.suffix != ".sock":
            yield path, path.read_bytes().decode(errors="replace")
    if database_url:
        with psycopg.connect(database_url) as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
            for (table,) in tables:
                yield table, repr([[_shown(v) for v in row] for row in connection.execute(f'SELECT * FROM "{table}"').fetchall()])


def _shown(value: object) -> object:
    return bytes(value).decode(errors="replace") if isinstance(value, bytes | memoryview) else value


def _holders(data: Path, database_url: str = "") -> list[str]:
    texts = ((str(where), text.lower()) for where, text in _texts(data, database_url))
    return sorted({where for where, text in texts if any(word in text for word in CANARIES)})


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_she_is_erased_under_kills_and_may_come_back_as_somebody_new(store, request, tmp_path):
    url = request.getfixturevalue("empty_database")("erasure") if store == "postgresql" else ""
    data, chance = tmp_path / "shop", random.Random(SEED)
    key = samovar("init", data, database_url=url)["write_key"]
    mapping = tmp_path / "people.yaml"
    mapping.write_text("kind: people\nsource: crm\ncolumns: {email: email, card: card, city: trait.city}\n")
    system = System(data, key, tmp_path / "log", database_url=url)
    system.start()
    try:
        assert system.post("/v1/batch", {"batch": _events()}) == 200
        samovar("import", _people(tmp_path / "people.csv"), "--mapping", mapping, "--data", data, database_url=url)
        before = samovar("report", "summary", "--data", data, database_url=url)
        assert (before["customers"], before["orders"]) == (PEOPLE + 2, PEOPLE)
        assert _holders(data, url)
        killer = _start_killing(system, chance)
        erased = samovar("customers", "erase", f"email:{MAIL}", "--data", data, database_url=url, timeout_s=DONE_S_MAX)
        killer.join()
        system.wait_ready()
        assert erased["changed"] > 3
        after = samovar("report", "summary", "--data", data, database_url=url)
        assert after == {**before, "customers": before["customers"] - 1}
        assert system.post("/v1/track", {"userId": "back", "event": "Visited", "context": {"traits": {"email": MAIL}}}) == 200
        assert samovar("customers", "show", f"email:{MAIL}", "--data", data, database_url=url)["orders"] == 0
        samovar("customers", "erase", f"email:{MAIL}", "--data", data, database_url=url, timeout_s=DONE_S_MAX)
    finally:
        system.stop()
    samovar("rebuild", "--data", data, database_url=url)
    assert samovar("report", "summary", "--data", data, database_url=url)["orders"] == PEOPLE
    assert _holders(data, url) == []


def _start_killing(system: System, chance: random.Random):
    import threading

    def kill() -> None:
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.02, 0.6))
            system.kill("worker")

    thread = threading.Thread(target=kill)
    thread.start()
    return thread
