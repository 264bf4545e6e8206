"""The tracking API over HTTP: who may send, what is stored, and the pinned answers."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from samovar.doors.edge.tests.running import BROWSER_KEY, SERVER_KEY

EXAMPLES = Path(__file__).parents[5] / "shared" / "data" / "segment" / "segment_spec_examples.jsonl"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/v1/track", {"event": "Tea Poured"}),
        ("/v1/identify", {"traits": {"city": "Казань"}}),
        ("/v1/page", {"name": "Home"}),
        ("/v1/screen", {"name": "Home"}),
        ("/v1/group", {"groupId": "g1"}),
        ("/v1/alias", {"previousId": "old"}),
    ],
)
def test_each_call_is_on_disk_when_it_answers(edge, path, fields):
    before = edge.reader.last_offset()
    answer = edge.post(path, {"userId": "alice", "messageId": path, **fields})
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    (row,) = edge.reader.read(before, 100)
    assert (row.source, row.kind, row.count, row.sent_us) == ("shop", "events", 1, None)
    assert json.loads(row.body) == [{"userId": "alice", "messageId": path, **fields, "type": path[4:]}]


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/import"])
def test_a_batch_stores_the_good_and_quarantines_the_bad(edge, path):
    before = edge.reader.last_offset()
    good = {"type": "track", "userId": "alice", "event": "E", "messageId": "m"}
    answer = edge.post(path, {"batch": [good, {"type": "track", "event": "Nobody"}, good], "sentAt": "2026-01-01T00:00:00Z"})
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True, "stored": 2, "refused": 1,
        "errors": [{"index": 1, "code": "nobody", "message": "The event has neither userId nor anonymousId."}],
    }  # fmt: skip
    stored, refused = edge.reader.read(before, 100)
    assert (stored.kind, stored.count, json.loads(stored.body)) == ("events", 2, [good, good])
    assert stored.sent_us == 1767225600_000_000
    assert (refused.kind, refused.count) == ("refused", 1)
    assert json.loads(refused.body)[0]["event"] == {"type": "track", "event": "Nobody"}


def test_a_nan_as_python_writes_it_costs_its_own_event_only(edge):
    before = edge.reader.last_offset()
    event = {"type": "track", "userId": "a", "event": "E"}
    batch = json.dumps({"batch": [event, {**event, "properties": {"x": float("nan")}}, event]})
    answer = edge.post("/v1/batch", batch.encode())
    assert answer.status_code == 200
    assert (answer.json()["stored"], answer.json()["errors"][0]["index"], answer.json()["errors"][0]["code"]) == (
        2,
        1,
        "bad_number",
    )
    stored, refused = edge.reader.read(before, 100)
    assert (stored.count, refused.count) == (2, 1)
    assert '"x": NaN' in json.loads(refused.body)[0]["event"]


def test_a_batch_of_bad_events_only_is_answered_and_kept_apart(edge):
    before = edge.reader.last_offset()
    assert edge.post("/v1/batch", {"batch": [{"type": "x"}]}).json()["refused"] == 1
    assert [row.kind for row in edge.reader.read(before, 100)] == ["refused"]


@pytest.mark.parametrize("kind", ["track", "identify", "page", "screen", "group", "alias"])
def test_a_browser_sends_its_key_in_the_body_as_plain_text(edge, kind):
    before = edge.reader.last_offset()
    body = {"anonymousId": "device", "event": "E", "groupId": "g", "previousId": "p", "writeKey": BROWSER_KEY}
    answer = edge.post(f"/v1/{kind[0]}", body, key=None, **{"Content-Type": "text/plain", "Origin": "https://shop.example"})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    (row,) = edge.reader.read(before, 100)
    assert row.source == "web"
    assert json.loads(row.body)[0]["type"] == kind
    assert BROWSER_KEY.encode() not in row.body


def test_a_preflight_is_allowed_for_any_origin(edge):
    answer = edge.api.options("/v1/t", headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST"})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "authorization" in answer.headers["access-control-allow-headers"]


def test_a_server_key_is_not_for_browsers(edge):
    answer = edge.post("/v1/track", {"userId": "alice", "event": "E"}, Origin="https://shop.example")
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("key", [None, "wrong", "", "x" * 500])
def test_an_unknown_key_stores_nothing(edge, key):
    before = edge.reader.last_offset()
    answer = edge.post("/v1/track", {"userId": "charlie", "event": "E"}, key=key)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthorized"
    assert edge.reader.last_offset() == before


@pytest.mark.parametrize("header", ["Bearer abc", "Basic", "Basic !!!", "Basic /w=="])
def test_a_crooked_authorization_is_an_unknown_key(edge, header):
    answer = edge.api.post("/v1/track", content=b"{}", headers={"Authorization": header})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"userId": ', 400, "bad_json"),
        (b"", 400, "bad_json"),
        (b"\x00\x01\xff", 400, "bad_text"),
        ({"event": "E"}, 400, "nobody"),
        ({"userId": "a", "event": "E", "properties": {"x": "\0"}}, 400, "nul_byte"),
        (b'{"userId": "a", "event": "E", "properties": {"x": NaN}}', 400, "bad_json"),
        (b'{"userId": "a", "event": "E", "x": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", 400, "too_deep"),
        ({"userId": "a", "event": "E", "timestamp": "2199-01-01T00:00:00Z"}, 400, "time_ahead"),
        ({"userId": "a", "event": "E", "properties": {f"field{n}": n for n in range(10_000)}}, 413, "too_large"),
        ({"userId": "a", "event": "E", "properties": {"x": "y" * 40_000}}, 413, "too_large"),
        (b"x" * (500 * 1024 + 1), 413, "too_large"),
    ],
)
def test_a_bad_single_call_is_refused_clearly_and_the_next_one_counts(edge, body, status, code):
    before = edge.reader.last_offset()
    answer = edge.post("/v1/track", body)
    assert (answer.status_code, answer.json()["success"], answer.json()["error"]["code"]) == (status, False, code)
    assert answer.json()["error"]["message"].endswith(".")
    assert edge.reader.last_offset() == before
    assert edge.post("/v1/track", {"userId": "alice", "event": "After"}).status_code == 200
    assert edge.reader.last_offset() == before + 1


def test_a_gzip_body_is_unpacked(edge):
    before = edge.reader.last_offset()
    events = [{"type": "track", "userId": f"u{n}", "event": "E", "messageId": f"m{n}"} for n in range(500)]
    packed = gzip.compress(json.dumps({"batch": events}).encode())
    assert edge.post("/v1/batch", packed, **{"Content-Encoding": "gzip"}).json()["stored"] == 500
    assert edge.reader.read(before, 1)[0].count == 500


@pytest.mark.parametrize(
    ("body", "encoding", "status", "code"),
    [
        (gzip.compress(b" " * 100_000_000, 9, mtime=0), "gzip", 413, "too_large"),
        (gzip.compress(b"{}", mtime=0)[:-5], "gzip", 400, "bad_gzip"),
        (b"not gzip", "gzip", 400, "bad_gzip"),
        (b"{}", "br", 400, "bad_encoding"),
        (gzip.compress(b" " * 300_000, mtime=0) * 2, "gzip", 413, "too_large"),
    ],
)
def test_a_gzip_bomb_or_a_broken_one_is_refused(edge, body, encoding, status, code):
    answer = edge.post("/v1/batch", body, **{"Content-Encoding": encoding})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_body_in_chunks_is_held_to_the_same_limit(edge):
    def endless():
        for _ in range(100):
            yield b"x" * 10_000

    headers = {"Authorization": "Basic c2VydmVyLWtleS1vZi1hbGljZTo="}
    assert edge.api.post("/v1/batch", content=endless(), headers=headers).status_code == 413


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_are_refused_in_the_same_shape(edge, method):
    answer = edge.api.request(method, "/v1/track")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")


def test_an_unknown_call_is_not_found(edge):
    assert edge.post("/v1/nothing", {}).status_code == 404


def test_every_strict_example_of_the_specification_is_accepted(edge):
    if not EXAMPLES.exists():
        pytest.skip(f"the examples of the Segment specification are not at {EXAMPLES}")
    examples = [json.loads(line) for line in EXAMPLES.read_text().splitlines()]
    assert len(examples) == 147
    accepted = 0
    for example in examples:
        if not example["strict_json"]:
            assert edge.post("/v1/track", example["text"].encode()).status_code in (200, 400)
            continue
        fields = json.loads(example["text"])
        if not {"userId", "user_id", "anonymousId"} & fields.keys():
            fields["anonymousId"] = "device-1"  # the common fields are left out where they are not the example's point
        assert edge.post(f"/v1/{example['type']}", fields).status_code == 200, example
        accepted += 1
    assert accepted == 76


def test_keys_are_known_by_hash_only(edge):
    assert SERVER_KEY not in edge.workspace.edge_snapshot_path.read_text()
