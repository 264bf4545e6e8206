"""Mail servers that misbehave on purpose: real sockets, scripted answers, in a thread of their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller


class KeepersServer(Controller):
    """A foreign server on a port that the system gives it as it binds: one chosen before could be taken by then."""

    def __init__(self, keeper: object, **options: Any) -> None:
        super().__init__(keeper, hostname="127.0.0.1", port=0, ready_timeout=60, **options)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@dataclass
class Script:
    """What the server does at each point; `drop_at` hangs up at "mail", "rcpt", "data" or "dot"; answers may name a recipient.

    `data_for_nobody` is the answer to DATA after a refused recipient.
    """

    mail: str = "250 ok"
    rcpt: dict[str, str] = field(default_factory=dict)
    data_for_nobody: str = "503 no recipient"
    dot: str = "250 taken"
    drop_at: str = ""
    is_pipelining: bool = False
    answers_late: bool = False  # says nothing to MAIL and RCPT before DATA has come too
    letters: list[tuple[str, bytes]] = field(default_factory=list)
    connections: int = 0
    port: int = 0


@contextmanager
def scripted(script: Script) -> Iterator[Script]:
    """Serve a script on 127.0.0.1 while the block runs."""
    loop = asyncio.new_event_loop()
    started, ended = threading.Event(), asyncio.Event()

    async def run() -> None:
        server = await asyncio.start_server(lambda r, w: _session(script, r, w), "127.0.0.1", 0)
        script.port = server.sockets[0].getsockname()[1]
        started.set()
        await ended.wait()
        server.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    started.wait(5)
    try:
        yield script
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(5)


async def _session(script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    script.connections += 1
    recipient = ""
    held = b""

    def say(line: str) -> None:
        nonlocal held
        held += line.encode() + b"\r\n"
        if not (script.answers_late and verb in ("MAIL", "RCPT")):
            writer.write(held)
            held = b""

    verb = ""
    say("220 sink")
    while line := await reader.readline():
        verb = line.split(b":")[0].split()[0].upper().decode()
        if script.drop_at == verb.lower() or (verb == "DATA" and script.drop_at == "data"):
            break
        if verb == "EHLO":
            say("250-sink\r\n250-PIPELINING\r\n250 8BITMIME" if script.is_pipelining else "250-sink\r\n250 8BITMIME")
        elif verb == "MAIL":
            say(script.mail)
        elif verb == "RCPT":
            recipient = line.decode().split("<")[1].split(">")[0]
            say(script.rcpt.get(recipient, "250 ok"))
        elif verb == "DATA" and recipient in script.rcpt:
            say(script.data_for_nobody)
        elif verb == "DATA":
            say("354 go")
            content = await reader.readuntil(b"\r\n.\r\n")
            script.letters.append((recipient, content))
            if script.drop_at == "dot":
                break
            say(script.dot)
        elif verb == "QUIT":
            say("221 bye")
            break
        else:
            say("250 ok")
    writer.close()
