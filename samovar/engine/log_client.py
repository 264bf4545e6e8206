"""Writing to the log from another process while the edge owns it: over the edge's Unix socket, acknowledged on disk."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
    """The log behind the edge's socket at `path`: of a `LogWriter` what other processes need.

    Every method raises `LogUnavailable` when the edge could not, and OSError when there is no edge or it broke off.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def append_now(self, rows: Sequence[Row]) -> list[int]:
        """Commit rows and return their offsets.

        After an OSError the rows may be in the log or not: send them again under the same message ids.
        """
        return [int(offset) for offset in self._ask("append", msgspec.msgpack.encode(rows))["offsets"]]

    def seal(self, last: int, file: str) -> None:
        """`LogWriter.seal` at the edge."""
        self._ask("seal", msgspec.msgpack.encode((last, file)))

    def clear_sealed(self) -> bool:
        """`LogWriter.clear_sealed` at the edge."""
        return bool(self._ask("clear")["is_left"])

    def replace(self, bodies: Sequence[tuple[int, bytes]]) -> None:
        """`LogWriter.replace` at the edge."""
        self._ask("replace", msgspec.msgpack.encode(bodies))

    def flush(self) -> bool:
        """`LogWriter.flush` at the edge."""
        return bool(self._ask("flush")["is_flushed"])

    def _ask(self, what: str, body: bytes = b"") -> dict[str, Any]:
        connection = _UnixConnection(self._path)
        try:
            connection.request("POST", f"/internal/{what}", body)
            response = connection.getresponse()
            told = json.loads(response.read())
        except http.client.HTTPException as error:
            raise ConnectionError(f"The edge at {self._path} broke off: {error!r}") from error
        finally:
            connection.close()
        if response.status == 200:
            return dict(told)
        refusal = told["error"]
        if response.status == 503:
            raise (LogBusy if refusal["code"] == "busy" else LogFull)(refusal["message"])
        raise ValueError(f"The edge refused: {refusal['message']}")
