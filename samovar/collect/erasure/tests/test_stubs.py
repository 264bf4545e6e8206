"""What is left of an erased person's event counts as the event did, and tells nothing of her."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from samovar.collect.batches import Incoming, Reading, read_batch
from samovar.collect.erasure import stubs
from samovar.collect.facts import Facts, facts_of
from samovar.collect.orders import VERBS
from samovar.collect.records.told import RECORD_VERBS
from samovar.engine.log_reader import LogRow
from samovar.kit.clock import Zone
from samovar.kit.redaction import Redactor

ZONE = Zone("Europe/Moscow")
READING = Reading(ZONE, "RUB", "RU", lambda currency, day: None, lambda source: False, Path("/nowhere"))
MAIL, PHONE, USER = "canary@example.ru", "+79123456701", "canary-user-7f3a"
REDACTOR = Redactor({("email", MAIL): "erased-m", ("phone", PHONE): "erased-p", ("user_id", USER): "erased-u"})

mails = st.sampled_from([MAIL, " Canary@Example.RU ", "canary", "null", "", None])
phones = st.sampled_from([PHONE, "8 (912) 345-67-01", 79123456701, "canary", "-", None])
plains = st.sampled_from([USER, f" {USER} ", "guest", "", "0", None])
traits = st.fixed_dictionaries(
    {},
    optional={
        "email": mails, "phone": phones, "external_id": plains, "card": plains, "first_name": st.just("canary"),
        "registered_at": st.sampled_from(["2025-01-02T10:00Z", "canary", 7, None]), "createdAt": st.just("2024-01-02"),
    },
)  # fmt: skip
prices = st.sampled_from([10, "10.5", 1.25, 0, None])
goods = st.fixed_dictionaries(
    {"sku": st.sampled_from(["tea", "cup"]), "price": prices},
    optional={"name": st.just("Tea"), "category": st.just("Green"), "brand": st.just("Own"), "note": st.just("canary"),
              "quantity": st.sampled_from([1, 2, "3"])},
)  # fmt: skip
properties = st.fixed_dictionaries(
    {"order_id": st.sampled_from(["o1", "o2"]), "total": prices},
    optional={"products": st.lists(goods, max_size=3), "currency": st.just("RUB"), "comment": st.just("canary"),
              "email": mails, "channel": st.just("web"), "discount": prices, "refund_id": st.just("r1")},
)  # fmt: skip

records = st.fixed_dictionaries(
    {"type": st.just("vehicle"), "id": st.sampled_from(["canary-1", 7])},
    optional={"km": prices, "plate": st.just("canary"), "sold_on": st.just("2026-01-02"), "email": mails},
)


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["track", "page", "screen", "identify", "group", "alias"]))
    event: dict[str, Any] = {"type": kind, "messageId": "m1", "timestamp": "2026-10-01T10:00Z"}
    event["userId"], event["anonymousId"] = draw(plains), draw(plains)
    if draw(st.booleans()):
        event["context"] = {"traits": draw(traits), "ip": "canary"}
    if kind == "track":
        event["event"] = draw(st.sampled_from([*VERBS, *RECORD_VERBS, "Product Viewed", "Product Added", "Quiz Finished"]))
        is_good = event["event"].startswith("Product")
        is_record = event["event"] in RECORD_VERBS
        event["properties"] = draw(goods if is_good else records if is_record else properties)
    elif kind in ("page", "screen"):
        event.update(name="Tea", properties={"url": "https://x.ru/?canary", "width": 300})
    elif kind == "alias":
        event["previousId"] = draw(plains)
    else:
        event["traits"] = draw(traits)
    return event


def read(event: dict[str, Any]) -> tuple[Incoming, Facts]:
    row = LogRow(1, 1_760_000_000_000_000, "server", "events", 1, None, msgspec.json.encode([event]))
    batch = read_batch([row], 0, 10, READING)
    return batch.events[0], facts_of(batch, np.array([7], dtype=np.int64), ZONE)


MALFORMED = {"type": "page", "anonymousId": "d", "messageId": "m1", "context": {"traits": {"email": "canary"}}}


@given(events())
@example(MALFORMED)
@example({**MALFORMED, "type": "identify", "traits": {"phone": "canary", "registered_at": "canary"}})
@example(
    {**MALFORMED, "type": "track", "event": "Consent Changed", "properties": {"given": True, "address": MAIL, "channel": "email"}}
)
def test_a_stub_counts_as_the_event_did_and_tells_nothing_of_her(event: dict[str, Any]) -> None:
    told, before = read(event)
    if told.refusal is not None:  # it is in quarantine, whose rows are emptied
        return
    left = stubs.own(event, REDACTOR, "RU")
    kept, after = read(left)
    assert kept.refusal is None
    assert (kept.kind, kept.key, kept.time_us) == (told.kind, told.key, told.time_us)
    assert kept.name == told.name or told.kind == "group"
    assert after.order_events.equals(before.order_events)
    assert after.goods == before.goods
    assert after.attributes.num_rows == after.record_events.num_rows == 0
    for column in ("profile_id", "first_us", "known_us", "registered_us"):
        assert getattr(after.sightings, column).tolist() == getattr(before.sightings, column).tolist()
    text = msgspec.json.encode(left).decode().lower()
    assert "canary" not in text and "912" not in text


@given(events())
def test_a_stub_of_a_stub_is_the_same(event: dict[str, Any]) -> None:
    left = stubs.own(event, REDACTOR, "RU")
    assert stubs.own(left, REDACTOR, "RU") == left


@given(events(), st.sampled_from([MAIL, "Canary@example.ru", PHONE, "8 (912) 345-67-01"]))
def test_anothers_event_loses_the_mention_and_nothing_else(event: dict[str, Any], mention: str) -> None:
    text = re.sub("canary", "someone", msgspec.json.encode(event).decode(), flags=re.IGNORECASE)
    clean = msgspec.json.decode(text.replace("912", "913"))
    assert stubs.mention(clean, REDACTOR) == clean
    mentioning = {**clean, "properties": {**(clean.get("properties") or {}), "friend": [{"address": f"to: {mention}."}]}}
    left = stubs.mention(mentioning, REDACTOR)
    token = "erased-m" if "@" in mention else "erased-p"
    assert left == {**mentioning, "properties": {**mentioning["properties"], "friend": [{"address": f"to: {token}."}]}}
