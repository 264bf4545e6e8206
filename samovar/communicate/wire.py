"""The network side of sending, in a thread of its own: connections to a server, and the built-in mailbox when it is the server.

The pump, which owns the database, and this thread meet in one queue: what became of each parcel, and mails the mailbox received
and which the pump must keep before they are answered.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType

import uvloop

from samovar.communicate.channels.email.exchange import Delivery, Parcel
from samovar.communicate.channels.email.mailbox import ReceivedMail, serve
from samovar.communicate.channels.email.pool import Pool, Server

START_S_MAX = 10.0
STOP_S_MAX = 2.0

News = Delivery | ReceivedMail


class Wire:
    """`with Wire(server=None, size=8) as wire:` without a server, letters go to a mailbox of our own on loopback.

    `exchanged` hears, in the wire's thread, the seconds of each letter.
    """

    def __init__(
        self,
        *,
        server: Server | None,
        size: int,
        mailbox_port: int = 0,
        exchanged: Callable[[float], object] | None = None,
    ) -> None:
        self._server, self._size, self._mailbox_port, self._exchanged = server, size, mailbox_port, exchanged
        self._news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._ready = threading.Event()
        self._closing: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pool: Pool | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="wire", daemon=True)
        self.mailbox_port = 0

    def __enter__(self) -> Wire:
        self._thread.start()
        if not self._ready.wait(START_S_MAX) or self._error is not None:
            raise RuntimeError("The mail thread did not start.") from self._error
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._loop and self._closing and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join(STOP_S_MAX)

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def submit(self, parcels: Sequence[Parcel]) -> None:
        """Send letters; each comes back as one `Delivery`."""
        if parcels:
            assert self._loop is not None
            self._loop.call_soon_threadsafe(self._submit, list(parcels))

    def _submit(self, parcels: Sequence[Parcel]) -> None:
        assert self._pool is not None
        for parcel in parcels:
            self._pool.submit(parcel)

    def news(self, *, wait_s: float, at_least: int = 1) -> list[News]:
        """What has happened; waits up to `wait_s` for the first, and then a few milliseconds more for `at_least`."""
        found: list[News] = []
        try:
            found.append(self._news.get(timeout=wait_s) if wait_s > 0 else self._news.get_nowait())
            deadline = time.monotonic() + min(wait_s, 0.004)
            while len(found) < at_least and (left := deadline - time.monotonic()) > 0:
                found.append(self._news.get(timeout=left))
            while True:
                found.append(self._news.get_nowait())
        except queue.Empty:
            return found

    def answer(self, mails: Sequence[ReceivedMail], line: str) -> None:
        """Tell the other side of received mails what became of them."""
        if mails:
            assert self._loop is not None
            self._loop.call_soon_threadsafe(_answer, list(mails), line)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._main())
        except BaseException as error:
            self._error = error
            self._ready.set()

    async def _main(self) -> None:
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        listener, self.mailbox_port = await serve(self._news.put, self._mailbox_port)
        server = self._server or Server("127.0.0.1", self.mailbox_port)
        self._pool = Pool(server, self._size, self._news.put, self._exchanged)
        self._ready.set()
        await self._closing.wait()
        await self._pool.close()
        listener.close()


def _answer(mails: Sequence[ReceivedMail], line: str) -> None:
    for mail in mails:
        mail.answer(line)
