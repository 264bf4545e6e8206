"""Segment's own Python library, unchanged, as a client of the edge."""

from __future__ import annotations

import datetime as dt

from segment.analytics.client import Client

from samovar.collect.hot import decode_events
from samovar.doors.edge.tests.running import SERVER_KEY


def test_every_call_of_the_library_is_stored_once_under_its_own_id(edge):
    before = edge.reader.last_offset()
    failures: list[Exception] = []
    client = Client(SERVER_KEY, host=edge.url, sync_mode=False, on_error=lambda error, items: failures.append(error), gzip=True)
    moment = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    sent = [
        client.track("alice", "Order Completed", {"order_id": "o1", "revenue": 10.5}, timestamp=moment),
        client.identify("alice", {"email": "alice@example.com"}),
        client.page("alice", "Shop", "Home"),
        client.screen("alice", "Shop", "Home"),
        client.group("alice", "family"),
        client.alias("device-1", "alice"),
        *(client.track("bob", "Tea Poured", {"cup": n}) for n in range(250)),
    ]
    client.flush()
    client.join()
    assert failures == []
    rows = edge.reader.read(before, 10**6)
    events = [event for row in rows for event in decode_events(row.body)]
    assert sorted(event.messageId for event in events) == sorted(message_id for ok, message_id in map(_told, sent) if ok)
    assert [event.type for event in events[:6]] == ["track", "identify", "page", "screen", "group", "alias"]
    assert events[0].properties == {"order_id": "o1", "revenue": 10.5}
    assert events[0].timestamp == "2026-01-02T03:04:05.000+00:00"
    assert all(row.sent_us for row in rows)


def _told(outcome):
    """The library answers (accepted, message)."""
    accepted, message = outcome
    return accepted, message["messageId"]


def test_a_wrong_key_reaches_the_librarys_error_callback(edge):
    before = edge.reader.last_offset()
    failures: list[Exception] = []
    client = Client("wrong", host=edge.url, max_retries=0, on_error=lambda error, items: failures.append(error))
    client.track("charlie", "E")
    client.flush()
    client.join()
    assert len(failures) == 1
    assert edge.reader.last_offset() == before
