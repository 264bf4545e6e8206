"""Bodies that arrive in pieces: their size, their patience and their sum are bounded."""

from __future__ import annotations

import asyncio

import pytest

from samovar.doors.edge import bodies
from samovar.doors.edge.answers import Refusal
from samovar.doors.edge.bodies import Bodies, ClientGone


class Wire:
    """A connection that gives pieces as the test puts them."""

    def __init__(self, *pieces):
        self._queue = asyncio.Queue()
        for piece in pieces:
            self.put(piece)

    def put(self, piece, *, last=False):
        self._queue.put_nowait({"type": "http.request", "body": piece, "more_body": not last})

    def leave(self):
        self._queue.put_nowait({"type": "http.disconnect"})

    async def receive(self):
        return await self._queue.get()


async def refused(reading):
    with pytest.raises(Refusal) as caught:
        await reading
    return caught.value.status, caught.value.code


def test_pieces_become_one_body():
    async def scene():
        wire = Wire(b"ab", b"cd")
        wire.put(b"e", last=True)
        assert await Bodies().read(wire.receive, bytes_max=5) == b"abcde"

    asyncio.run(scene())


def test_one_piece_too_many_is_refused_without_waiting_for_the_rest():
    async def scene():
        assert await refused(Bodies().read(Wire(b"abc", b"def").receive, bytes_max=5)) == (413, "too_large")

    asyncio.run(scene())


def test_slow_senders_together_are_bounded_and_leave_their_room_behind():
    async def scene():
        reader = Bodies(arriving_bytes_max=10)
        slow = Wire(b"x" * 8)
        reading = asyncio.create_task(reader.read(slow.receive, bytes_max=100))
        await asyncio.sleep(0)
        assert await refused(reader.read(Wire(b"y" * 8).receive, bytes_max=100)) == (503, "busy")
        slow.put(b"z", last=True)
        assert await reading == b"x" * 8 + b"z"
        wire = Wire(b"y" * 8)
        wire.put(b"", last=True)
        assert await reader.read(wire.receive, bytes_max=100) == b"y" * 8

    asyncio.run(scene())


def test_a_sender_that_leaves_or_falls_silent_ends_the_request(monkeypatch):
    monkeypatch.setattr(bodies, "BODY_WAIT_S_MAX", 0.05)

    async def scene():
        wire = Wire(b"half")
        wire.leave()
        with pytest.raises(ClientGone):
            await Bodies().read(wire.receive, bytes_max=100)
        assert await refused(Bodies().read(Wire(b"half").receive, bytes_max=100)) == (408, "slow_body")

    asyncio.run(scene())
