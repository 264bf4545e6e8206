"""What the tracking API takes and refuses: one event, a batch, and every limit."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samovar.collect import hot
from samovar.kit.clock import HOUR_US, MINUTE_US, SECOND_US, Zone, parse_moment

ZONE = Zone("Europe/Moscow")
NOW = parse_moment("2026-03-01T12:00:00Z", ZONE)
RECEPTION = hot.Reception(NOW, ZONE)
EXAMPLES = Path(__file__).parents[4] / "shared" / "data" / "segment" / "segment_spec_examples.jsonl"


def event(**more):
    return {"type": "track", "messageId": "m1", "userId": "alice", "event": "Tea Poured", **more}


def single(fields, kind="track"):
    return hot.check_single(fields if isinstance(fields, bytes) else json.dumps(fields).encode(), kind, RECEPTION)


def batch(events, **envelope):
    return hot.check_batch(json.dumps({"batch": events, **envelope}).encode(), RECEPTION)


def refusal(fields, kind="track"):
    with pytest.raises(hot.Refused) as caught:
        single(fields, kind)
    return caught.value.code


def nested(depth, inner=1):
    for _ in range(depth):
        inner = {"in": inner}
    return inner


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (b"", "bad_json"),
        (b'{"userId": ', "bad_json"),
        (b'{"userId": "a", "event": "E"} trailing', "bad_json"),
        (b'{"userId": "a", "event": "E", "properties": {"x": NaN}}', "bad_json"),
        (b'{"userId": "a", "event": "E", "properties": {"x": Infinity}}', "bad_json"),
        (b'{"userId": "a\x00", "event": "E"}', "bad_json"),
        (b'{"userId": "a", "event": "\xff\xfe"}', "bad_text"),
        (b'{"userId": "a", "event": "E", "unread": "\xff"}', "bad_text"),
        (b"[1, 2]", "bad_field"),
        (b"null", "bad_field"),
        (b'"text"', "bad_field"),
        (b"{}", "nobody"),
        ({"event": "E"}, "nobody"),
        ({"event": "E", "userId": "", "anonymousId": None}, "nobody"),
        ({"userId": "a"}, "no_event_name"),
        ({"userId": "a", "event": ""}, "no_event_name"),
        ({"userId": {"a": 1}, "event": "E"}, "bad_field"),
        ({"userId": "a", "event": "E", "properties": [1]}, "bad_field"),
        ({"userId": "a", "event": "E" * 301}, "bad_field"),
        ({"userId": "a" * 301, "event": "E"}, "bad_field"),
        ({"userId": "a", "event": "E", "properties": {"x": "\0"}}, "nul_byte"),
        ({"userId": "a", "event": "E", "unread": {"\0": 1}}, "nul_byte"),
        ({"userId": "a", "event": "E", "properties": {"x": 10**15}}, "bad_number"),
        ({"userId": "a", "event": "E", "properties": {"x": -(10**15)}}, "bad_number"),
        ({"userId": "a", "event": "E", "properties": {"x": 1e16}}, "bad_number"),
        ({"userId": "a", "event": "E", "properties": {"list": [{"x": 10**30}]}}, "bad_number"),
        (b'{"userId": "a", "event": "E", "properties": {"x": 1e999}}', "bad_number"),
        ({"userId": "a", "event": "E", "properties": nested(11)}, "too_deep"),
        ({"userId": "a", "event": "E", "context": nested(11)}, "too_deep"),
        (b'{"userId": "a", "event": "E", "unread": ' + b"[" * 15_000 + b"]" * 15_000 + b"}", "too_deep"),
        (b'{"userId": "a", "event": "E", "unread": ' + b"[" * 900 + b"]" * 900 + b"}", "too_deep"),
        ({"userId": "a", "event": "E", "properties": {f"f{n}": 1 for n in range(2_500)}}, "too_many_fields"),
        ({"userId": "a", "event": "E", "properties": {f"f{n}": 1 for n in range(10_000)}}, "too_large"),
        ({"userId": "a", "event": "E", "properties": {"x": "y" * 33_000}}, "too_large"),
        ({"userId": "a", "event": "E", "timestamp": "yesterday"}, "bad_time"),
        ({"userId": "a", "event": "E", "timestamp": ""}, "bad_time"),
        ({"userId": "a", "event": "E", "timestamp": "1066-10-14T00:00:00Z"}, "bad_time"),
        ({"userId": "a", "event": "E", "timestamp": "2026-13-01"}, "bad_time"),
        ({"userId": "a", "event": "E", "timestamp": 1700000000}, "bad_field"),
        ({"userId": "a", "event": "E", "sentAt": "soon"}, "bad_time"),
        ({"userId": "a", "event": "E", "timestamp": "2026-03-01T12:05:01Z"}, "time_ahead"),
        ({"userId": "a", "event": "E", "timestamp": "2199-01-01"}, "time_ahead"),
        ({"userId": "a", "event": "E", "timestamp": "2026-03-01T15:05:01"}, "time_ahead"),
    ],
)
def test_it_refuses_one_bad_event_with_its_code(fields, code):
    assert refusal(fields) == code


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("group", {"userId": "a"}, "no_group"),
        ("alias", {"userId": "a"}, "no_previous_id"),
        ("identify", {"traits": {}}, "nobody"),
    ],
)
def test_each_kind_has_demands_of_its_own(kind, fields, code):
    assert refusal(fields, kind) == code


@pytest.mark.parametrize(
    "fields",
    [
        {"properties": nested(10)},
        {"properties": {"x": 922337203685477}},
        {"properties": {"x": "y" * 32_000}},
        {"properties": {f"f{n}": 1 for n in range(1_990)}},
        {"timestamp": "2026-03-01T12:05:00Z"},
        {"timestamp": "2026-03-01T15:04:59"},
        {"timestamp": "2026-03-01"},
        {"timestamp": "2026-03-01T12:00:00+03:00"},
        {"properties": None, "traits": None},
        {"userId": 42},
        {"userId": None, "anonymousId": "device"},
        {"event": "Чай налит"},
    ],
)
def test_it_takes_what_lies_just_inside_the_limits(fields):
    assert single(event(**fields)).count == 1
    assert batch([event(**fields)]).count == 1


def test_a_single_event_is_kept_byte_for_byte():
    raw = b'{"type":"track", "messageId":"m","userId":"a","event":"E","odd":[1 , 2]}'
    assert single(b"  " + raw + b"\n").body == b"[" + raw + b"]"


def test_type_and_message_id_are_put_in_where_missing():
    kept = json.loads(single({"userId": "a", "event": "E"}).body)[0]
    assert kept["type"] == "track"
    assert kept["messageId"].startswith("sv-")
    other = json.loads(single({"userId": "a", "event": "E", "messageId": None}).body)[0]
    assert other["messageId"].startswith("sv-")
    assert other["messageId"] != kept["messageId"]


def test_the_address_decides_the_type():
    kept = hot.decode_events(single({"userId": "a", "event": "E", "type": "page"}).body)[0]
    assert kept.type == "track"


def test_other_spellings_become_the_specifications():
    kept = json.loads(single({"user_id": "7", "action": "track", "event": "E"}).body)[0]
    assert (kept["userId"], kept["type"]) == ("7", "track")
    assert "user_id" not in kept


def test_a_write_key_in_the_body_is_read_and_never_kept():
    body = json.dumps({**event(), "writeKey": "secret-key"}).encode()
    assert hot.write_key_of(body) == "secret-key"
    assert b"secret-key" not in hot.check_single(body, "track", RECEPTION).body
    assert b"secret-key" not in batch([{**event(), "writeKey": "secret-key"}], writeKey="secret-key").body


def test_a_batch_of_good_events_is_kept_byte_for_byte():
    raw = json.dumps([event(messageId=f"m{n}") for n in range(100)]).encode()
    checked = hot.check_batch(b'{"sentAt": "2026-03-01T12:00:00Z", "batch": ' + raw + b"}", RECEPTION)
    assert (checked.body, checked.count, checked.sent_us, checked.bad) == (raw, 100, NOW, [])


def test_a_batch_keeps_the_good_and_tells_the_bad_by_their_places():
    events = [event(messageId="first"), {"type": "track"}, 5, event(messageId="last", properties={"x": 10**20}), event()]
    checked = batch(events)
    assert [e.messageId for e in hot.decode_events(checked.body)] == ["first", "m1"]
    assert checked.count == 2
    assert [(b.index, b.code) for b in checked.bad] == [(1, "nobody"), (2, "bad_field"), (3, "bad_number")]
    told = json.loads(checked.refused_body())
    assert [t["event"] for t in told] == [{"type": "track"}, 5, events[3]]
    assert [t["reason"] for t in told] == ["nobody", "bad_field", "bad_number"]


def test_an_event_that_is_not_text_is_refused_alone_and_told_readably():
    good = json.dumps(event()).encode()
    checked = hot.check_batch(b'{"batch": [' + good + b', {"type":"track","userId":"\xff"}, ' + good + b"]}", RECEPTION)
    assert (checked.count, [b.code for b in checked.bad]) == (2, ["bad_text"])
    assert "\\ufffd" in checked.refused_body().decode() or "�" in checked.refused_body().decode()
    assert json.loads(checked.refused_body())[0]["event"].startswith('{"type":"track"')


@pytest.mark.parametrize("limit", ["too_large", "too_deep", "nul_byte", "too_many_fields"])
def test_a_limit_broken_inside_a_big_plain_batch_is_found(limit):
    bad = {
        "too_large": {"unread": "y" * 33_000},
        "too_deep": {"unread": nested(70)},
        "nul_byte": {"unread": "\0"},
        "too_many_fields": {"unread": {f"f{n}": 1 for n in range(2_500)}},
    }[limit]
    events = [event(messageId=f"m{n}") for n in range(300)]
    events[150] = event(**bad)
    checked = batch(events)
    assert (checked.count, [(b.index, b.code) for b in checked.bad]) == (299, [(150, limit)])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"batch": 5}',
        b'{"batch": null}',
        b'{"batch": [',
        b'{"batch": [], "sentAt": "soon"}',
        b'{"batch": [{]}',
    ],
)
def test_a_bad_envelope_is_refused_whole(body):
    with pytest.raises(hot.Refused):
        hot.check_batch(body, RECEPTION)


def test_an_empty_batch_is_an_envelope_too():
    assert batch([]).count == 0


def test_the_envelopes_context_fills_each_event_under_its_own():
    checked = batch([event(context={"ip": "own"}), event()], context={"ip": "shared", "locale": "ru"})
    assert [e.context for e in hot.decode_events(checked.body)] == [
        {"ip": "own", "locale": "ru"},
        {"ip": "shared", "locale": "ru"},
    ]


@pytest.mark.parametrize(("ahead_us", "is_good"), [(5 * MINUTE_US, True), (5 * MINUTE_US + SECOND_US, False)])
def test_times_are_judged_by_the_senders_own_clock(ahead_us, is_good):
    """A device whose clock is three hours fast, and says so by sentAt, is as good as any other."""
    from samovar.kit.clock import iso

    sent = iso(NOW + 3 * HOUR_US)
    checked = batch([event(timestamp=iso(NOW + 3 * HOUR_US + ahead_us))], sentAt=sent)
    assert checked.count == int(is_good)
    assert checked.sent_us == NOW + 3 * HOUR_US


def test_an_events_own_sent_at_comes_before_the_batchs():
    late, early = "2026-03-01T18:00:00Z", "2026-03-01T06:00:00Z"
    checked = batch([event(timestamp=late, sentAt=late), event(timestamp=late)], sentAt=early)
    assert (checked.count, [(b.index, b.code) for b in checked.bad]) == (1, [(1, "time_ahead")])


def test_every_strict_example_of_the_specification_is_taken():
    if not EXAMPLES.exists():
        pytest.skip(f"the examples of the Segment specification are not at {EXAMPLES}")
    taken = 0
    for line in EXAMPLES.read_text().splitlines():
        example = json.loads(line)
        if not example["strict_json"]:
            continue
        fields = json.loads(example["text"])
        # Some examples show only the part of a call that they explain and leave the common fields out.
        if not {"userId", "user_id", "anonymousId"} & fields.keys():
            fields["anonymousId"] = "device-1"
        assert single(fields, example["type"]).count == 1, example
        assert batch([{"type": example["type"], **fields}]).count == 1, example
        taken += 1
    assert taken == 76


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        json_values
        | st.fixed_dictionaries(
            {"type": st.just("track"), "userId": st.just("a"), "event": st.just("E"), "properties": json_values}
        ),
        max_size=5,
    )
)
def test_each_event_of_a_batch_is_either_stored_or_refused_and_what_is_stored_reads_back(events):
    checked = batch(events)
    assert checked.count + len(checked.bad) == len(events)
    assert len(hot.decode_events(checked.body)) == checked.count
    assert len(json.loads(checked.refused_body())) == len(checked.bad)
    assert all(e.messageId and e.type for e in hot.decode_events(checked.body))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_it_fall(body):
    for check in (
        lambda: hot.check_single(body, "track", RECEPTION),
        lambda: hot.check_batch(b'{"batch":[' + body + b"]}", RECEPTION),
    ):
        try:
            checked = check()
        except hot.Refused as refused:
            assert refused.code
        else:
            assert checked.count + len(checked.bad) >= 0


NAN = b'{"type":"track","userId":"a","event":"E","messageId":"m1","properties":{"x":NaN,"said":"NaN \\" Infinity"}}'
PLAIN = b'{"type":"track","userId":"a","event":"E","messageId":"m0","properties":{"said":"NaN"}}'


@pytest.mark.parametrize(
    "bad",
    [
        NAN, NAN.replace(b"NaN,", b"-Infinity,"), NAN.replace(b"NaN,", b"[Infinity],"),
        b'{"type":"track","userId":"a","event":"E","unread":NaN}', b"NaN",
    ],
)  # fmt: skip
def test_a_bare_nan_costs_its_own_event_and_no_other(bad: bytes) -> None:
    nobody = b'{"type":"track","event":"E"}'
    checked = hot.check_batch(b'{"batch":[' + b",".join([PLAIN, bad, nobody, PLAIN]) + b"]}", RECEPTION)
    assert checked.body == b"[" + PLAIN + b"," + PLAIN + b"]"
    assert [(one.index, one.code) for one in checked.bad] == [(1, "bad_number"), (2, "nobody")]
    assert checked.bad[0].event == bad  # as it was written
    assert json.loads(checked.refused_body())[0]["event"] == bad.decode()


@pytest.mark.parametrize(
    "body",
    [
        b'{"batch":[' + NAN + b",]}", b'{"batch":[' + NAN, b'{"batch":NaN}', b"NaN",
        b'{"context":{"x":NaN},"batch":[' + NAN + b"]}",
        b'{"batch":[{"a":nan}]}', b'{"batch":[{"a":"NaN}]}', b'{"batch":[{"a":' + b"[" * 100_000 + b"NaN",
    ],
)  # fmt: skip
def test_a_batch_that_is_no_json_even_without_nan_is_refused_whole(body: bytes) -> None:
    with pytest.raises(hot.Refused):
        hot.check_batch(body, RECEPTION)


def test_a_hostile_body_with_nan_takes_no_longer_than_its_length() -> None:
    body = b'{"batch":[NaN,"' + b'\\"' * 1_000_000
    began = time.process_time()
    with pytest.raises(hot.Refused):
        hot.check_batch(body, RECEPTION)
    assert time.process_time() - began < 1
