"""Answering other processes: named queries over a Unix socket, as Arrow IPC.

`READERS` threads answer at once; the others wait in line. The loop never waits for them. A request is
`<length><json {"query", "params", "language"}>`, an answer `<length>+<arrow stream>` or `<length>-<json error>` in that language.
Requests the worker serves beside queries (`settle`, `append`) are given as `calls`.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.utils.translation import override

from samovar.engine.warehouse.client import ANSWER_BYTES_MAX, LENGTH, Asker, receive
from samovar.kit.errors import Refusal

READERS = 2
REQUEST_BYTES_MAX = 4 << 20
log = logging.getLogger(__name__)

Call = Callable[[dict[str, Any]], dict[str, Any]]


class QueryServer:
    """Listens on a socket of mode 0600 until `close`."""

    def __init__(self, path: Path, asker: Asker, calls: Mapping[str, Call] | None = None) -> None:
        self._path, self._asker, self._calls = path, asker, dict(calls or {})
        self._turn = threading.BoundedSemaphore(READERS)
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        mask = os.umask(0o177)
        try:
            self._listener.bind(str(path))
        finally:
            os.umask(mask)
        self._listener.listen(64)
        threading.Thread(target=self._accept, name="warehouse-server", daemon=True).start()

    def close(self) -> None:
        self._path.unlink(missing_ok=True)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(EOFError, OSError):
            while True:
                (length,) = LENGTH.unpack(receive(connection, LENGTH.size))
                if length > REQUEST_BYTES_MAX:
                    return
                answer = self._answer(receive(connection, length))
                connection.sendall(LENGTH.pack(len(answer)) + answer)

    def _answer(self, request: bytes) -> bytes:
        try:
            message = json.loads(request)
            name, params = str(message["query"]), dict(message["params"])
            if name in self._calls:
                return b"+" + table_bytes(pa.table({"json": [json.dumps(self._calls[name](params))]}))
            with self._turn, override(message.get("language")):
                body = table_bytes(self._asker.query(name, **params))
            if len(body) >= ANSWER_BYTES_MAX:
                raise Refusal("answer_too_large", "The answer is too large. Ask for a part of it.", status=413)
            return b"+" + body
        except Refusal as refusal:
            error = refusal.as_json()["error"] | {"status": refusal.status}
        except Exception as failure:  # the caller must hear of any failure, and the server go on
            log.exception("query failed")
            error = {"code": "query_failed", "message": f"{type(failure).__name__}: {failure}"[:500], "status": 500}
        return b"-" + json.dumps(error, default=str).encode()


def table_bytes(table: pa.Table) -> bytes:
    """A table as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())
