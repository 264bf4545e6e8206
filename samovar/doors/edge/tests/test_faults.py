"""The edge killed, stopped and out of disk: nothing acknowledged is lost, and nothing needs a restart."""

from __future__ import annotations

import json
import random
import threading

import httpx

from samovar.doors.edge.tests.running import SERVER_KEY, basic

EVENT = {"userId": "alice", "event": "E"}


def load(edge, acknowledged, stop, name):
    """Send events one after another and note each that was acknowledged."""
    with httpx.Client(base_url=edge.url, headers={"Authorization": basic(SERVER_KEY)}, timeout=10) as client:
        number = 0
        while not stop.is_set():
            ids = [f"{name}-{number}-{n}" for n in range(3)]
            try:
                if number % 2:
                    answer = client.post("/v1/batch", json={"batch": [{"type": "track", **EVENT, "messageId": i} for i in ids]})
                else:
                    ids = ids[:1]
                    answer = client.post("/v1/track", json={**EVENT, "messageId": ids[0]})
            except httpx.TransportError:
                return
            if answer.status_code == 200:
                acknowledged.update(ids)
            number += 1


def test_a_kill_in_the_middle_of_load_loses_nothing_acknowledged(make_edge):
    edge = make_edge()
    acknowledged: set[str] = set()
    chance = random.Random(11)
    for kill in range(4):
        edge.start()
        stop = threading.Event()
        threads = [threading.Thread(target=load, args=(edge, acknowledged, stop, f"k{kill}-{n}")) for n in range(4)]
        for thread in threads:
            thread.start()
        enough = len(acknowledged) + chance.randint(50, 400)
        edge.until(lambda enough=enough: len(acknowledged) >= enough)
        edge.kill()
        stop.set()
        for thread in threads:
            thread.join(15)
    stored = [event.messageId for event in edge.events()]
    assert len(acknowledged) > 100
    assert acknowledged <= set(stored)
    assert len(stored) == len(set(stored))


def test_sigterm_answers_what_is_in_flight_and_ends_cleanly(make_edge):
    edge = make_edge().start()
    acknowledged: set[str] = set()
    stop = threading.Event()
    threads = [threading.Thread(target=load, args=(edge, acknowledged, stop, f"t{n}")) for n in range(4)]
    for thread in threads:
        thread.start()
    edge.until(lambda: len(acknowledged) >= 200)
    assert edge.stop() == 0
    stop.set()
    for thread in threads:
        thread.join(15)
    stored = {event.messageId for event in edge.events()}
    assert acknowledged <= stored
    assert len(stored) - len(acknowledged) <= 3 * len(threads)
    assert edge.told().strip().splitlines()[-1].count("ended") == 1


def test_a_full_log_is_503_at_once_reads_go_on_and_space_brings_it_back(make_edge):
    edge = make_edge(log_bytes_max=300_000).start()
    bulk = {**EVENT, "properties": {"x": "y" * 20_000}}
    statuses = []
    while len(statuses) < 50 and 503 not in statuses:
        answer = edge.post("/v1/track", bulk)
        statuses.append(answer.status_code)
    assert statuses[-1] == 503
    assert (answer.json()["error"]["code"], answer.headers["retry-after"]) == ("log_full", "1")
    stored = len(edge.events())
    assert stored == statuses.count(200) > 5
    health = edge.api.get("/healthz")
    assert health.json()["processes"]["edge"]["state"] == "log_full"
    edge.configure(log_bytes_max=0)
    edge.until(lambda: edge.post("/v1/track", bulk).status_code == 200)
    assert edge.api.get("/healthz").json()["processes"]["edge"]["state"] == "ready"
    assert len(edge.events()) == stored + 1


def test_a_disk_that_takes_nothing_is_503_and_passes(make_edge):
    """RLIMIT_FSIZE of the running process: every write beyond it fails as on a full disk, also those of SQLite's WAL."""
    import resource

    edge = make_edge().start()
    assert edge.post("/v1/track", EVENT).status_code == 200
    hard = resource.prlimit(edge.process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(edge.process.pid, resource.RLIMIT_FSIZE, (4096, hard))
    answer = edge.post("/v1/batch", {"batch": [{"type": "track", **EVENT, "properties": {"x": "y" * 20_000}}] * 20})
    assert answer.status_code == 503
    assert len(edge.events()) == 1
    resource.prlimit(edge.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    assert edge.post("/v1/track", EVENT).status_code == 200
    assert len(edge.events()) == 2


def test_what_it_tells_is_json_without_secrets(make_edge):
    edge = make_edge().start()
    edge.post("/v1/track", EVENT)
    edge.api.get("/c/some-secret-token?password=hunter2")
    edge.api.get("/login?password=hunter2")
    edge.stop()
    lines = [json.loads(line) for line in edge.told().splitlines()]
    assert {line["message"] for line in lines} == {"listening", "request", "requests", "ended"}
    assert {"route": "/v1/track", "status": 200, "count": 1}.items() <= next(
        line for line in lines if line["message"] == "requests"
    ).items()
    for secret in ("hunter2", "some-secret-token", SERVER_KEY, basic(SERVER_KEY)[6:]):
        assert secret not in edge.told()
