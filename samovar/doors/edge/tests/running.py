"""A real edge in a process of its own, on a free port, for the tests of this room."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from samovar.collect.hot import decode_events
from samovar.engine.log_reader import LogReader, LogRow
from samovar.engine.snapshots import key_hash, write_edge_snapshot
from samovar.engine.workspace import Workspace

SERVER_KEY, BROWSER_KEY = "server-key-of-alice", "browser-key-of-bob"
START_S_MAX = 20


def basic(key: str) -> str:
    """The Authorization header of a write key."""
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


class RunningEdge:
    """An edge over a workspace; `api` is a client of its port, `inside` of its Unix socket."""

    def __init__(self, root: Path, **settings: Any) -> None:
        self.workspace = Workspace.create(root, currency="RUB", timezone="Europe/Moscow", at_us=0)
        self.configure(**settings)
        self.reader = LogReader(self.workspace.log_path)
        self._stderr = root.parent / f"{root.name}.log"

    def configure(self, **settings: Any) -> None:
        """Swap the snapshot; `settled` waits until the edge has it."""
        write_edge_snapshot(
            self.workspace,
            keys={
                key_hash(SERVER_KEY): {"source": "shop", "kind": "server"},
                key_hash(BROWSER_KEY): {"source": "web", "kind": "browser"},
            },
            settings=settings,
        )

    def start(self, *, processes: str = "") -> RunningEdge:
        environ = {**os.environ, "SAMOVAR_DATA": str(self.workspace.root), "SAMOVAR_PROCESSES": processes}
        before = len(self.told())
        with self._stderr.open("ab") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "samovar.doors.edge", "--port", "0"], env=environ, stderr=stderr
            )
        self.until(lambda: "listening" in self.told()[before:] or self.process.poll() is not None)
        found = re.search(r'"port": (\d+)', self.told()[before:])
        assert found, self.told()
        self.port = int(found[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.api = httpx.Client(base_url=self.url, timeout=10)
        self.inside = httpx.Client(
            base_url="http://edge", timeout=10, transport=httpx.HTTPTransport(uds=str(self.workspace.socket_path("edge")))
        )
        self._wait_until_answering()
        return self

    def _wait_until_answering(self) -> None:
        deadline = time.monotonic() + START_S_MAX
        while True:
            try:
                self.api.get("/healthz")
                return
            except httpx.TransportError:
                assert time.monotonic() < deadline, "the edge does not answer"
                time.sleep(0.02)

    def post(self, path: str, body: Any, key: str | None = SERVER_KEY, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        if key is not None:
            headers["Authorization"] = basic(key)
        return self.api.post(path, content=content, headers=headers)

    def until(self, seen: Any) -> None:
        """Wait for something that comes within moments, such as a new snapshot."""
        deadline = time.monotonic() + START_S_MAX
        while not seen():
            assert time.monotonic() < deadline, "it did not come about"
            time.sleep(0.05)

    def rows(self) -> list[LogRow]:
        return self.reader.read(0, 10**9)

    def events(self) -> list[Any]:
        return [event for row in self.rows() if row.kind == "events" for event in decode_events(row.body)]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def told(self) -> str:
        """What it wrote to stderr so far."""
        return self._stderr.read_text() if self._stderr.exists() else ""

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)
