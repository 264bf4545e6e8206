"""How fast a key or an address may send, and that a new snapshot takes effect without a restart."""

from __future__ import annotations

from samovar.doors.edge.limits import ADDRESSES_MAX, Buckets, address_name
from samovar.doors.edge.tests.running import BROWSER_KEY, SERVER_KEY
from samovar.engine.snapshots import key_hash, write_edge_snapshot

EVENT = {"userId": "alice", "event": "E"}


def test_a_bucket_passes_its_burst_and_then_its_rate():
    buckets = Buckets(per_s=10, burst=20)
    assert [buckets.take("a", 1, 0.0) for _ in range(21)] == [0] * 20 + [1]
    assert buckets.take("a", 1, 0.05) > 0
    assert buckets.take("a", 1, 0.25) == 0
    assert buckets.take("b", 1, 0.25) == 0


def test_a_large_batch_passes_and_is_paid_off_afterwards():
    buckets = Buckets(per_s=10, burst=20)
    assert buckets.take("a", 50, 0.0) == 0
    assert buckets.take("a", 1, 1.0) == 3
    assert buckets.take("a", 1, 3.2) == 0


def test_it_remembers_a_bounded_number_of_addresses_and_keeps_the_busy_ones():
    buckets = Buckets(per_s=1, burst=10)
    for n in range(10):
        buckets.take("busy", 2, float(ADDRESSES_MAX + n) / ADDRESSES_MAX)
    for n in range(ADDRESSES_MAX * 2):
        buckets.take(f"address {n}", 1, 1.0 + n / ADDRESSES_MAX)
    assert len(buckets._levels) <= ADDRESSES_MAX


def test_an_ipv6_sender_is_counted_by_its_network():
    assert address_name("2001:db8:1:2:3:4:5:6") == address_name("2001:db8:1:2:ffff::1") != address_name("2001:db8:1:3::1")
    assert address_name("::ffff:192.0.2.7") == address_name("192.0.2.7") == "192.0.2.7"
    assert address_name("not an address") == "not an address"


def until_slowed(send):
    """Answers up to the first 429; a rate of one a second cannot keep up with this, however slow the machine is."""
    answers = [send()]
    while answers[-1].status_code != 429:
        assert len(answers) < 100
        answers.append(send())
    return answers


def test_a_browser_is_told_to_come_later_and_a_server_key_is_not_affected(make_edge):
    edge = make_edge(address_events_per_s=1, address_events_burst=5).start()
    answers = until_slowed(lambda: edge.post("/v1/t", EVENT, key=BROWSER_KEY))
    assert [a.status_code for a in answers[:-1]] == [200] * (len(answers) - 1)
    assert len(answers) > 5
    assert answers[-1].json()["error"]["code"] == "too_fast"
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert answers[-1].headers["access-control-allow-origin"] == "*"
    assert edge.post("/v1/track", EVENT, key=SERVER_KEY).status_code == 200
    assert len(edge.events()) == len(answers)


def test_guessing_keys_from_one_address_is_slowed_down(make_edge):
    edge = make_edge(address_events_per_s=1, address_events_burst=5).start()
    answers = until_slowed(lambda: edge.post("/v1/track", EVENT, key="guess"))
    assert {a.status_code for a in answers[:-1]} == {401}
    assert len(answers) > 5
    assert edge.post("/v1/track", EVENT, key=SERVER_KEY).status_code == 200


def test_a_server_key_has_a_rate_too(make_edge):
    edge = make_edge(server_events_per_s=1, server_events_burst=3).start()
    assert edge.post("/v1/batch", {"batch": [{"type": "track", **EVENT}] * 10}).status_code == 200
    assert edge.post("/v1/track", EVENT).status_code == 429
    assert len(edge.events()) == 10


def test_keys_come_and_go_with_the_snapshot(make_edge):
    edge = make_edge().start()
    assert edge.post("/v1/track", EVENT, key="new-key").status_code == 401
    write_edge_snapshot(edge.workspace, keys={key_hash("new-key"): {"source": "crm", "kind": "server"}})
    edge.until(lambda: edge.post("/v1/track", EVENT, key="new-key").status_code == 200)
    assert edge.post("/v1/track", EVENT, key=SERVER_KEY).status_code == 401
    assert edge.rows()[-1].source == "crm"


def test_a_damaged_snapshot_leaves_the_one_in_force(make_edge):
    edge = make_edge().start()
    edge.workspace.edge_snapshot_path.write_text('{"version": 2, "keys"')
    edge.until(lambda: "snapshot unreadable" in edge.told())
    assert edge.post("/v1/track", EVENT).status_code == 200
