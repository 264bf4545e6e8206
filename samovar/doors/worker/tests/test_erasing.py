"""A person is erased from every store, the figures of the past stay, and nothing brings her back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from samovar.collect import warehouse_queries  # noqa: F401 - registers the queries
from samovar.collect.consent import suppress, suppressed
from samovar.collect.erasure import operations
from samovar.collect.erasure.models import Erasing, Erasure
from samovar.collect.imports.models import ImportRun, QuarantineRow
from samovar.collect.models import Identifier
from samovar.collect.queries import find_person
from samovar.communicate.models import Letter, MailboxMail, Message
from samovar.decide.models import Campaign
from samovar.doors.worker.erasing import Eraser
from samovar.doors.worker.sealing import Sealer
from samovar.doors.worker.tests.conftest import BOB, NOW, House, order, track, us
from samovar.engine import store
from samovar.engine.log import Row
from samovar.engine.rewriting import held_still
from samovar.kit.errors import NotFound

USER, MAIL, DEVICE, PHONE = "canary-user-7f3a", "canary.ivan@example.ru", "canary-device-51", "+79123456701"
CANARIES = ("canary", "канар", "к777нр", "9123456701", "912 345-67-01")
STATISTICS = ("orders", "lines", "returns", "order_events", "goods", "visits")
_EVENTS = "SELECT profile_id, kind, name, time_us FROM events WHERE kind <> 'house' ORDER BY ALL"


def lived(house: House) -> int:
    """Everything one person can leave behind, and neighbours who mention her; her number."""
    house.take(
        {"type": "page", "anonymousId": DEVICE, "timestamp": "2026-10-01T10:00Z", "name": "Tea",
         "properties": {"url": f"https://x.ru/?mail={MAIL}"}},
        {"type": "identify", "userId": USER, "anonymousId": DEVICE, "timestamp": "2026-10-01T12:00Z",
         "traits": {"email": "Canary.Ivan@example.ru", "phone": "8 (912) 345-67-01", "first_name": "Канарей", "age": 30}},
        order("o1", "2026-10-01T13:00Z", user=USER, total=100, currency="RUB", comment="call Канарей", discount=5,
              products=[{"sku": "tea", "name": "Чай", "category": "Green", "brand": "Own", "price": 10, "note": "for canary"}]),
        track("Product Viewed", "2026-10-01T13:10Z", userId=USER, properties={"sku": "cup", "name": "Cup", "price": 3}),
        track("Record Updated", "2026-10-01T13:20Z", userId=USER, properties={
            "type": "vehicle", "id": 77, "plate": "к777нр", "owner": "Канарей", "km": 5}),
        track("Quiz Finished", "2026-10-01T14:00Z", userId="bob", properties={"friend": MAIL.upper(), "score": 7}),
        {"type": "identify", "userId": "bob", "timestamp": "2026-10-01T15:00Z", "traits": {"email": "bob@example.ru",
         "note": "tel. 912 345-67-01"}},
    )  # fmt: skip
    house.take(
        order("o1", "2026-10-02T13:00Z", user=USER, verb="Refunded", total=5),
        track("Consent Changed", "2026-10-02T14:00Z", userId=USER, properties={
            "channel": "email", "address": MAIL, "purpose": "marketing", "given": True, "source": "form"}),
        track("Order Completed", "2026-10-02T15:00Z", userId=USER, properties={"revenue": 1}),
        {"type": "page", "anonymousId": DEVICE, "timestamp": "2026-10-02T16:00Z"},
    )  # fmt: skip
    line = {
        "line": 1,
        "sku": "jar",
        "name": "Jar",
        "category": "Ware",
        "price_minor": 700,
        "quantity": 10_000,
        "amount_minor": 700,
    }
    sealed = {"amount_minor": 700, "currency": "RUB", "channel": None, "lines": [line]}
    house.seal(
        [
            {**sealed, "order_id": "s1", "external_id": None, "email": MAIL, "traits": json.dumps({"city": "Канарск"})},
            {**sealed, "order_id": "s2", "external_id": "e2", "properties": json.dumps({"gift_for": MAIL, "size": 2})},
        ],
        time_us=us("2026-10-03T10:00Z"),
    )
    refused = [{"event": {"type": "track", "userId": USER}, "reason": "no_event_name", "detail": f"about {MAIL}"}]
    house.log.append_now([Row(NOW, "server", "refused", 1, None, json.dumps(refused).encode())])
    house.tick()
    suppress(channel="email", address=MAIL, reason="complaint", at_us=NOW, actor=BOB)
    MailboxMail.objects.create(n=1, to=MAIL, subject="Канарей, чай!", at_us=NOW, raw=b"To: canary.ivan@example.ru\r\n\r\n")
    upload = house.workspace.uploads_dir / "people.csv"
    upload.write_text(f"email\n{MAIL}\n")
    ImportRun.objects.create(file_name="people.csv", path=str(upload), source="till", mapping={}, state="applied", started_us=NOW)
    house.tick()
    return find_person(MAIL)


def written() -> None:
    """A letter to her that was sent, and one that is planned."""
    campaign = Campaign.objects.create(slug="tea", name="Tea", salt="s", variants=[], action={}, created_us=NOW)
    letter = Letter.objects.create(campaign=campaign, variant="A", version=1, subject="s", html="h", created_us=NOW)
    for occurrence, state in enumerate(("sent", "planned"), 1):
        Message.objects.create(
            campaign=campaign, profile_id=find_person(MAIL), occurrence=occurrence, address=MAIL, variant="A", purpose="service",
            letter=letter, context=json.dumps({"name": "Канарей"}, ensure_ascii=False), message_id=f"m{occurrence}", state=state,
            due_us=NOW, planned_us=NOW,
        )  # fmt: skip


def eraser_of(house: House) -> Eraser:
    return Eraser(house.workspace, house.log, house.ticker, is_alone=True)


def finish(house: House) -> None:
    """Carry out every erasure and go on with the warehouse made for it."""
    eraser = eraser_of(house)
    while eraser.step(NOW):
        pass
    house.tick()
    while eraser.is_due() and not eraser.renew():
        house.tick()
    house.ticker.close()
    house.warehouse.close()
    eraser.change_places(house.warehouse, NOW)
    house.open()
    house.tick()
    assert not eraser.is_due()


def erase(house: House, person: int) -> Erasure:
    return operations.erase(workspace=house.workspace, person=person, actor=BOB, at_us=NOW)


def texts(house: House) -> Iterator[tuple[str, str]]:
    """Everything that is stored anywhere, as (where, text)."""
    tables = [name for (name,) in store.fetch(_TABLES_POSTGRES if store.is_postgres() else _TABLES_SQLITE)]
    for table in tables:
        for row in store.fetch(f'SELECT * FROM "{table}"'):
            yield table, _shown(row)
    for table, rows in house.everything().items():
        yield f"warehouse {table}", repr(rows)
    for path in house.workspace.root.rglob("*"):
        if path.suffix == ".parquet":
            yield str(path), repr(pq.read_table(path).to_pylist()) + _bodies(path)
        elif path.is_file() and not path.name.startswith("warehouse"):
            yield str(path), path.read_bytes().decode(errors="replace")


def _bodies(path: Path) -> str:
    table = pq.read_table(path)
    return "".join(body.decode() for body in table.column("body").to_pylist()) if "body" in table.column_names else ""


def _shown(row: tuple[Any, ...]) -> str:
    return " ".join(bytes(v).decode(errors="replace") if isinstance(v, bytes | memoryview) else repr(v) for v in row)


_TABLES_SQLITE = "SELECT name FROM sqlite_master WHERE type = 'table'"
_TABLES_POSTGRES = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"


def found(house: House) -> list[str]:
    """Where something of her is still told."""
    return [where for where, text in texts(house) if any(word in text.lower() for word in CANARIES)]


def statistics(house: House) -> dict[str, Any]:
    everything = house.everything()
    return {name: everything[name] for name in STATISTICS}


def test_everything_forgets_her_and_every_figure_of_the_past_stays(house: House) -> None:
    person = lived(house)
    written()
    assert len(found(house)) > 15
    before, events = statistics(house), house.rows(_EVENTS)
    erased = erase(house, person)
    finish(house)
    assert found(house) == []
    assert (statistics(house), house.rows(_EVENTS)) == (before, events)
    erased.refresh_from_db()
    assert (erased.state, erased.changed > 5, Erasing.objects.count()) == ("done", True, 0)
    with pytest.raises(NotFound):
        find_person(MAIL)
    with pytest.raises(operations.ErasedAlready):
        erase(house, person)


def test_the_warehouse_in_use_then_is_what_a_rebuild_gives(house: House) -> None:
    erase(house, lived(house))
    finish(house)
    now = house.everything()
    house.reopen(rebuild=True)
    house.tick()
    assert house.everything() == now


def test_a_fall_at_any_step_begins_the_sweep_again_and_ends_the_same(house: House) -> None:
    person = lived(house)
    before = statistics(house)
    erase(house, person)
    steps = 0
    while Erasure.objects.filter(state="asked").exists():
        steps += 1
        eraser = eraser_of(house)
        for _ in range(steps):
            eraser.step(NOW)
        eraser.forget()
    assert steps > 8
    finish(house)
    assert found(house) == []
    assert statistics(house) == before


def test_closed_months_forget_her_too(house: House) -> None:
    person = lived(house)
    before = statistics(house)
    Sealer(house.workspace, house.log, house.ticker.applied).finish(us("2027-03-01T00:00Z"))
    assert len(list((house.workspace.root / "blobs/months").rglob("*.parquet"))) == 2
    assert any("months" in where for where in found(house))
    erase(house, person)
    finish(house)
    house.reopen(rebuild=True)
    house.tick()
    assert found(house) == []
    assert statistics(house) == before


def test_what_is_told_of_her_past_again_is_not_taken_and_swept_out_of_the_log(house: House) -> None:
    erase(house, lived(house))
    finish(house)
    before = statistics(house)
    house.take(
        {"type": "identify", "userId": USER, "timestamp": "2026-10-01T12:00Z", "traits": {"email": MAIL}},
        order("o9", "2026-10-05T13:00Z", user=USER, total=9),
        order("o10", "2026-10-05T13:00Z", user="bob", total=1),
    )
    assert [row.reason for row in QuarantineRow.objects.order_by("-pk")[:2]] == ["erased", "erased"]
    assert found(house) != []
    finish(house)
    assert found(house) == []
    assert len(statistics(house)["orders"]) == len(before["orders"]) + 1


def test_she_may_come_back_as_somebody_new_and_a_stop_on_her_address_holds(house: House) -> None:
    person = lived(house)
    erase(house, person)
    house.take(
        order("o11", "2026-11-02T10:00Z", user=USER, total=2),
        {"type": "identify", "userId": USER, "timestamp": "2026-11-02T11:00Z", "traits": {"email": MAIL}},
        received="2026-11-03T00:00Z",
    )
    finish(house)
    house.reopen(rebuild=True)
    house.tick()
    again = find_person(MAIL)
    assert again == find_person(USER) != person
    assert suppressed("email", [MAIL]) == {MAIL: "complaint"}
    assert house.rows(f"SELECT order_id FROM orders WHERE person_id = {again}") == [("o11",)]
    assert house.rows(f"SELECT text FROM attributes WHERE name = 'email' AND person_id = {again}") == [(MAIL,)]


def test_a_device_others_use_too_stays_theirs(house: House) -> None:
    shared = {"type": "identify", "anonymousId": "tablet", "traits": {}}
    house.take(
        {**shared, "userId": "anna", "timestamp": "2026-10-01T10:00Z"},
        {**shared, "userId": "boris", "timestamp": "2026-10-02T10:00Z"},
    )
    erase(house, find_person("anna"))
    house.take({"type": "page", "anonymousId": "tablet", "timestamp": "2026-10-03T10:00Z"})
    finish(house)
    boris = find_person("boris")
    assert house.rows(f"SELECT count(*) FROM events WHERE kind = 'page' AND person_id = {boris}") == [(1,)]
    assert not Identifier.objects.filter(value="anna").exists()


def test_an_erasure_waits_while_a_backup_holds_the_files(house: House) -> None:
    erase(house, lived(house))
    eraser = eraser_of(house)
    with held_still(house.workspace):
        for _ in range(20):
            eraser.step(NOW)
        assert Erasure.objects.get().state == "asked"
    finish(house)
    assert found(house) == []


@pytest.mark.parametrize("sort", ["since", "orders", "revenue", "last"])
def test_she_leaves_the_list_and_the_count_of_customers_at_once(house: House, sort: str) -> None:
    def told() -> tuple[set[int], int]:
        rows = house.warehouse.query("collect.customer_list", at_us=NOW, sort=sort).to_pylist()
        return {row["person_id"] for row in rows}, house.warehouse.query("collect.today", at_us=NOW).to_pylist()[0]["customers"]

    person = lived(house)
    listed, customers = told()
    assert (person in listed, len(listed)) == (True, customers)
    erase(house, person)
    house.tick()
    assert told() == (listed - {person}, customers - 1)
