"""How fast the edge takes events, every one on disk before its answer.

    python bench/ingest.py [--seconds 5] [--single-connections 64] [--batch-connections 16] [--batch-events 100]

Starts a real edge on a workspace of its own, loads it from this process over kept-alive connections, one request in flight on
each, and then reads the log: every acknowledged message id must be there, once. Targets on two cores: 12,000 single requests
a second, 120,000 events a second in batches of 100, p99 of the answer at most 50 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

import uvloop

from samovar.collect.hot import decode_events
from samovar.engine.log_reader import LogReader
from samovar.engine.snapshots import key_hash, write_edge_snapshot
from samovar.engine.workspace import Workspace

SINGLE_PER_S, BATCH_EVENTS_PER_S, P99_MS_MAX = 12_000, 120_000, 50
KEY = "bench-write-key"
MARK = b"@@@@@@@@"
EVENT = (
    b'{"type":"track","messageId":"@@@@@@@@-%d","userId":"u%d","event":"Order Completed",'
    b'"timestamp":"2026-01-01T10:00:00.123Z","context":{"library":{"name":"bench","version":"1"}},"properties":'
    b'{"order_id":"o%d","revenue":1250.5,"currency":"RUB","products":[{"product_id":"tea","price":1250.5,"quantity":1}]}}'
)


@dataclass
class Load:
    """What one kind of load gave: requests and events acknowledged, and the answers' times in seconds."""

    path: bytes
    body: bytes
    events: int  # in one request
    acknowledged: set[int] = field(default_factory=set)
    refused: int = 0
    times_s: list[float] = field(default_factory=list)
    next_number: int = 0


class Sender(asyncio.Protocol):
    """One connection: a request, its answer, the next request, until the load's time is over."""

    def __init__(self, load: Load, until_s: float, done: asyncio.Future[None]) -> None:
        self._load, self._until_s, self._done = load, until_s, done
        token = base64.b64encode(f"{KEY}:".encode())
        head = b"POST %s HTTP/1.1\r\nHost: edge\r\nAuthorization: Basic %s\r\nContent-Length: %d\r\n\r\n"
        self._request = head % (load.path, token, len(load.body)) + load.body
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one without being a subclass
        self._send()

    def _send(self) -> None:
        self._began_s = time.perf_counter()
        if self._began_s >= self._until_s:
            self._transport.close()
            return
        self._number = self._load.next_number
        self._load.next_number += 1
        self._transport.write(self._request.replace(MARK, b"%08d" % self._number))

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, found, body = self._answer.partition(b"\r\n\r\n")
        if not found or len(body) < int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            return
        if self._answer.startswith(b"HTTP/1.1 200"):
            self._load.acknowledged.add(self._number)
            self._load.times_s.append(time.perf_counter() - self._began_s)
        else:
            self._load.refused += 1
        self._answer = b""
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)


async def press(load: Load, port: int, connections: int, seconds: float) -> float:
    """Load the edge for a while; the seconds it took."""
    loop = asyncio.get_running_loop()
    began_s = time.perf_counter()
    ends = []
    for _ in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        await loop.create_connection(functools.partial(Sender, load, began_s + seconds, done), "127.0.0.1", port)
        ends.append(done)
    await asyncio.wait_for(asyncio.gather(*ends), seconds + 30)
    return time.perf_counter() - began_s


@dataclass
class Result:
    """The figures of one load."""

    name: str
    requests_per_s: int
    events_per_s: int
    p50_ms: float
    p99_ms: float
    acknowledged: int
    refused: int
    edge_cpu_us: int = 0  # of a request, from the first to the last
    lost: int = 0
    doubled: int = 0


def summary(name: str, load: Load, took_s: float) -> Result:
    times = sorted(load.times_s) or [0.0]
    count = len(load.acknowledged)
    return Result(
        name, round(count / took_s), round(count * load.events / took_s), round(times[len(times) // 2] * 1000, 2),
        round(times[min(len(times) - 1, len(times) * 99 // 100)] * 1000, 2), count * load.events, load.refused,
    )  # fmt: skip


def check(result: Result, load: Load, source_path: Path) -> None:
    """Count in the log what was acknowledged and is missing, and what is there twice."""
    reader, offset = LogReader(source_path), 0
    seen: set[str] = set()
    while rows := reader.read(offset, 100_000):
        offset = rows[-1].offset
        for row in rows:
            for event in decode_events(row.body):
                if event.messageId in seen:
                    result.doubled += 1
                seen.add(event.messageId or "")
    reader.close()
    wanted = {f"{number:08d}-{index}" for number in load.acknowledged for index in range(load.events)}
    result.lost = len(wanted - seen)


def run(name: str, load: Load, *, connections: int, seconds: float, server: list[str]) -> Result:
    """Start an edge, press it, stop it, check its log."""
    with tempfile.TemporaryDirectory(prefix="samovar-bench-", dir=os.environ.get("BENCH_DIR")) as home:
        workspace = Workspace.create(Path(home) / "data", currency="RUB", timezone="Europe/Moscow", at_us=time.time_ns() // 1000)
        write_edge_snapshot(
            workspace,
            keys={key_hash(KEY): {"source": "bench", "kind": "server"}},
            settings={"server_events_per_s": 10_000_000, "server_events_burst": 100_000_000},
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environ = {**os.environ, "SAMOVAR_DATA": str(workspace.root), "SAMOVAR_PROCESSES": ""}
        edge = subprocess.Popen([*server, "--port", str(port)], env=environ, stderr=subprocess.DEVNULL)
        try:
            wait_for(port)
            cpu_s = cpu_seconds(edge.pid)
            took_s = uvloop.run(press(load, port, connections, seconds))
            cpu_s = cpu_seconds(edge.pid) - cpu_s
        finally:
            edge.send_signal(signal.SIGTERM)
            edge.wait(30)
        result = summary(name, load, took_s)
        result.edge_cpu_us = round(cpu_s / max(1, len(load.times_s)) * 1e6)
        check(result, load, workspace.log_path)
        return result


def cpu_seconds(pid: int) -> float:
    """What a process has used of the cores."""
    facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK")


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the edge did not start")


def loads(batch_events: int) -> tuple[Load, Load]:
    def event(index: int) -> bytes:
        return EVENT % (index, index, index)

    single = Load(b"/v1/track", event(0), 1)
    return single, Load(b"/v1/batch", b'{"batch":[' + b",".join(map(event, range(batch_events))) + b"]}", batch_events)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--single-connections", type=int, default=64)
    parser.add_argument("--batch-connections", type=int, default=16)
    parser.add_argument("--batch-events", type=int, default=100)
    given = parser.parse_args()
    server = [sys.executable, "-m", "samovar.doors.edge"]
    single, batch = loads(given.batch_events)
    results = [
        run("single", single, connections=given.single_connections, seconds=given.seconds, server=server),
        run("batch", batch, connections=given.batch_connections, seconds=given.seconds, server=server),
    ]
    for result in results:
        print(", ".join(f"{name} {value}" for name, value in asdict(result).items()))
    held = all(result.lost == result.doubled == result.refused == 0 and result.p99_ms <= P99_MS_MAX for result in results)
    held = held and results[0].requests_per_s >= SINGLE_PER_S and results[1].events_per_s >= BATCH_EVENTS_PER_S
    print(json.dumps({result.name: asdict(result) for result in results}))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
