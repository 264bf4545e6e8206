"""Reading a request's body within its limits: bytes on the wire, bytes after gunzip, seconds."""

from __future__ import annotations

import asyncio
import zlib

from samovar.doors.edge.answers import Receive, Refusal

BODY_WAIT_S_MAX = 20  # for a body that arrives in pieces
ARRIVING_BYTES_MAX = 256 << 20  # of all bodies that arrive in pieces at one moment
_GZIP = 16 + zlib.MAX_WBITS


class ClientGone(Exception):
    """The client closed the connection before its request was whole."""


class Bodies:
    """Reads bodies, and knows how much of those still arriving is held: many slow senders together have a limit too."""

    def __init__(self, *, arriving_bytes_max: int = ARRIVING_BYTES_MAX) -> None:
        self._arriving_bytes_max = arriving_bytes_max
        self._arriving_bytes = 0

    async def read(self, receive: Receive, *, bytes_max: int, encoding: bytes = b"", length: bytes = b"") -> bytes:
        """One body, unpacked. Raises `Refusal` 400, 408, 413 or 503, and `ClientGone`."""
        if length.isdigit() and int(length) > bytes_max:
            raise _too_large(bytes_max)
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        body: bytes = message["body"]
        if message.get("more_body"):
            body = await self._rest(receive, body, bytes_max)
        return unpacked(body, bytes_max=bytes_max, encoding=encoding)

    async def _rest(self, receive: Receive, first: bytes, bytes_max: int) -> bytes:
        parts, size = [first], len(first)
        self._arriving_bytes += size
        try:
            async with asyncio.timeout(BODY_WAIT_S_MAX):
                while True:
                    if size > bytes_max:
                        raise _too_large(bytes_max)
                    if self._arriving_bytes > self._arriving_bytes_max:
                        raise Refusal(503, "busy", "Too many bodies are arriving. Send this again.", retry_after_s=1)
                    message = await receive()
                    if message["type"] != "http.request":
                        raise ClientGone
                    parts.append(message["body"])
                    size += len(message["body"])
                    self._arriving_bytes += len(message["body"])
                    if not message.get("more_body"):
                        return b"".join(parts)
        except TimeoutError as error:
            raise Refusal(408, "slow_body", f"The body did not arrive within {BODY_WAIT_S_MAX} s.") from error
        finally:
            self._arriving_bytes -= size


def unpacked(body: bytes, *, bytes_max: int, encoding: bytes) -> bytes:
    """A whole body as its sender wrote it. Raises `Refusal` 400 or 413."""
    if len(body) > bytes_max:
        raise _too_large(bytes_max)
    if not encoding or encoding == b"identity":
        return body
    if encoding not in (b"gzip", b"x-gzip"):
        raise Refusal(400, "bad_encoding", "Content-Encoding is neither gzip nor identity.")
    return gunzip(body, bytes_max)


def gunzip(packed: bytes, bytes_max: int) -> bytes:
    """Unpack gzip, never holding more than `bytes_max` + 1 bytes of it. Raises `Refusal` 400 or 413."""
    parts: list[bytes] = []
    room = bytes_max + 1
    while packed:
        unpacker = zlib.decompressobj(_GZIP)
        try:
            part = unpacker.decompress(packed, room)
        except zlib.error as error:
            raise Refusal(400, "bad_gzip", "The body is not gzip.") from error
        parts.append(part)
        room -= len(part)
        if room <= 0:
            raise _too_large(bytes_max)
        if not unpacker.eof:
            raise Refusal(400, "bad_gzip", "The gzip body is cut short.")
        packed = unpacker.unused_data
    return b"".join(parts)


def _too_large(bytes_max: int) -> Refusal:
    return Refusal(413, "too_large", f"The body has more than {bytes_max} bytes.")
