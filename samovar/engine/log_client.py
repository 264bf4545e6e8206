"""Appending to the log from another process while the edge owns it: over the edge's Unix socket, acknowledged on disk."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Sequence
from pathlib import Path

import msgspec

from samovar.engine.log import LogBusy, LogFull, Row

ANSWER_S_MAX = 30


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("edge", timeout=ANSWER_S_MAX)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class RemoteLog:
    """The log behind the edge's socket at `path`; has `LogWriter.append_now` and nothing else."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append_now(self, rows: Sequence[Row]) -> list[int]:
        """Commit rows and return their offsets. Raises `LogUnavailable` when the edge could not, OSError when there is no edge.

        After an OSError the rows may be in the log or not: send them again under the same message ids.
        """
        connection = _UnixConnection(self._path)
        try:
            connection.request("POST", "/internal/append", msgspec.msgpack.encode(rows))
            response = connection.getresponse()
            told = json.loads(response.read())
        except http.client.HTTPException as error:
            raise ConnectionError(f"The edge at {self._path} broke off: {error!r}") from error
        finally:
            connection.close()
        if response.status == 200:
            return [int(offset) for offset in told["offsets"]]
        refusal = told["error"]
        if response.status == 503:
            raise (LogBusy if refusal["code"] == "busy" else LogFull)(refusal["message"])
        raise ValueError(f"The edge refused the rows: {refusal['message']}")
