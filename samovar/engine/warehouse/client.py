"""Asking the warehouse: in this process when it owns the file, else over the worker's socket.

`use(asker)` is called once by a door; rooms call `current().query(name, **params)`.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
from django.utils.translation import get_language

from samovar.kit.errors import NotFound, Refusal

TIMEOUT_S = 30.0
LENGTH = struct.Struct("<I")
ANSWER_BYTES_MAX = 2**31 - 1


class WarehouseBusy(Refusal):
    """The worker cannot answer now."""

    status = 503


Asked = tuple[str, dict[str, Any]]  # name of a query, its parameters


class Asker(Protocol):
    """Something that answers named queries."""

    def query(self, name: str, /, **params: Any) -> pa.Table: ...

    def query_all(self, *asked: Asked) -> list[pa.Table]:
        """The answers to several queries that do not wait for one another, in the order asked."""
        return [self.query(name, **params) for name, params in asked]


class SocketAsker(Asker):
    """Asks the worker. Each thread has connections of its own, as many as it asks at once: opened when first needed and again
    when the worker was restarted."""

    def __init__(self, path: Path, timeout_s: float = TIMEOUT_S) -> None:
        self._path, self._timeout_s = path, timeout_s
        self._local = threading.local()

    def query(self, name: str, /, **params: Any) -> pa.Table:
        """The answer as a table. Raises `WarehouseBusy`, `NotFound`, `Refusal`."""
        [answer] = self.query_all((name, params))
        return answer

    def query_all(self, *asked: Asked) -> list[pa.Table]:
        """The answers as tables; the worker is at all of them at once. Raises what `query` does, of the first that it meets, in
        this thread's language."""
        language = get_language()
        requests = [json.dumps({"query": name, "params": params, "language": language}).encode() for name, params in asked]
        for attempt in (1, 2):
            try:
                answers = self._exchange(requests)
                break
            except (OSError, EOFError) as error:
                if attempt == 2 or isinstance(error, TimeoutError):
                    raise WarehouseBusy("warehouse_busy", "The worker does not answer. Try again in a moment.") from error
        return [_table(answer) for answer in answers]

    def _exchange(self, requests: list[bytes]) -> list[bytes]:
        try:
            connections = self._connections(len(requests))
            for connection, request in zip(connections, requests, strict=True):
                connection.sendall(LENGTH.pack(len(request)) + request)
            return [receive(connection, LENGTH.unpack(receive(connection, LENGTH.size))[0]) for connection in connections]
        except BaseException:  # what is still under way on them must not be taken for the next answer
            self._drop()
            raise

    def _connections(self, wanted: int) -> list[socket.socket]:
        opened: list[socket.socket] = self._local.__dict__.setdefault("connections", [])
        while len(opened) < wanted:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            opened.append(connection)
            connection.settimeout(self._timeout_s)
            connection.connect(str(self._path))
        return opened[:wanted]

    def _drop(self) -> None:
        for connection in self._local.__dict__.pop("connections", []):
            with contextlib.suppress(OSError):
                connection.close()


def _table(answer: bytes) -> pa.Table:
    """An answer of the worker: a mark and what follows it. Raises `NotFound`, `Refusal`."""
    status, body = answer[:1], answer[1:]
    if status == b"+":
        return pa.ipc.open_stream(body).read_all()
    error_json = json.loads(body)
    kind = NotFound if error_json["status"] == NotFound.status else Refusal
    raise kind(
        error_json["code"], error_json["message"], field=error_json.get("field", ""), status=error_json["status"],
        **error_json.get("params", {}),
    )  # fmt: skip


def receive(connection: socket.socket, length: int) -> bytes:
    """Exactly `length` bytes. Raises EOFError when the peer is gone."""
    parts: list[bytes] = []
    while length:
        part = connection.recv(min(length, 1 << 20))
        if not part:
            raise EOFError("the peer closed the connection")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


_current: Asker | None = None


def use(asker: Asker) -> None:
    """Choose who answers in this process."""
    global _current
    _current = asker


def release(asker: Asker) -> None:
    """No longer ask this one: it is being closed. Another that was chosen since stays."""
    global _current
    if _current is asker:
        _current = None


def current() -> Asker:
    """Who answers in this process. Raises `WarehouseBusy` before a door has chosen, and after it closed what it chose."""
    if _current is None:
        raise WarehouseBusy("no_warehouse", "No warehouse is open in this process.")
    return _current
