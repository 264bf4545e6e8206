"""A command's or a test's way to a workspace: to the running system over its sockets, else to the files themselves.

`open_session` asks who holds the directory. A running system is waited for up to 30 s and then spoken to; when nobody
holds it, the command takes the lock and runs the worker's own code in this process. Either way the rooms' operations and
queries work the same.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import django
from django.conf import settings
from django.core.management import call_command
from django.utils import translation

from samovar.doors.rooms import ROOMS
from samovar.engine.lock import DirectoryHeld, DirectoryLock, is_held, read_holder
from samovar.engine.log import LogWriter, Row
from samovar.engine.log_client import RemoteLog
from samovar.engine.warehouse import client, registry
from samovar.engine.workspace import Workspace
from samovar.kit.clock import Clock
from samovar.kit.errors import Refusal

if TYPE_CHECKING:
    from samovar.understand.live.live import Live

WAIT_S = 30.0
SETTLE_S_MAX = 600.0
UP = "up"
log = logging.getLogger("samovar.session")


class NotReady(Refusal):
    """A system holds the directory and does not answer."""

    status = 503


class Session(Protocol):
    """A workspace that answers. `append_log` returns once the rows are on disk, `settle` once they are in the warehouse."""

    workspace: Workspace
    clock: Clock
    warehouse: client.Asker
    is_local: bool

    def append_log(self, rows: Sequence[Row]) -> list[int]: ...

    def settle(self, offset: int | None = None, progress: Callable[[int], None] | None = None) -> None: ...

    def finish_erasures(self, progress: Callable[[int], None] | None = None) -> None: ...


class LocalSession:
    """This process holds the directory: it is log writer, worker and reader in one."""

    is_local = True

    def __init__(self, workspace: Workspace, *, appends: bool = False) -> None:
        from samovar.doors.worker.erasing import Eraser
        from samovar.doors.worker.sealing import Sealer
        from samovar.doors.worker.sorting import Sorter
        from samovar.doors.worker.tick import Ticker
        from samovar.engine.warehouse.owner import APPENDING_MEMORY_LIMIT, COMMAND_MEMORY_LIMIT, Warehouse

        self.workspace, self.clock = workspace, workspace.clock
        self.owner = Warehouse(workspace, memory_limit=APPENDING_MEMORY_LIMIT if appends else COMMAND_MEMORY_LIMIT)
        self.warehouse: client.Asker = self.owner
        client.use(self.owner)
        self._writer = LogWriter(workspace.log_path)
        self._is_renewed = False
        self.ticker = Ticker(workspace, self.owner)
        self.sealer = Sealer(workspace, self._writer, self.ticker.applied)
        self._eraser = Eraser(workspace, self._writer, self.ticker, is_alone=True)
        self.sorter = Sorter(self.owner, workspace.zone, self.ticker.in_line)

    def append_log(self, rows: Sequence[Row]) -> list[int]:
        """Append rows; on disk when it returns. The offsets given."""
        return self._writer.append_now(rows)

    def settle(self, offset: int | None = None, progress: Callable[[int], None] | None = None) -> None:
        """Run the worker's turns until nothing waits."""
        while moved := self.ticker.tick(self.clock.now_us()):
            if progress is not None:
                progress(moved)

    @cached_property
    def live(self) -> Live:
        """The live segments; only a command that lets time pass follows them, the others leave that to the next worker."""
        from samovar.understand import jobs

        return jobs.live(self.ticker.cursor(), self.owner.context)

    def follow(self) -> int:
        """Bring live segments up to now; how many people moved."""
        self.live.learn(self.ticker.news())
        try:
            return self.live.step(self.clock.now_us())
        finally:
            self.ticker.want_news(self.live.wants_news)

    def finish_erasures(self, progress: Callable[[int], None] | None = None) -> None:
        """Carry out what erasures ask for; `close` puts the warehouse that is made for them in its place."""
        at_us = self.clock.now_us()
        while self._eraser.is_due() and not self._is_renewed:
            if not self._eraser.step(at_us):
                self.settle()
                self._is_renewed = self._eraser.renew()
            if progress is not None:
                progress(1)

    def seal(self) -> None:
        """Seal the months that have closed, as the worker does; what cannot be written now waits for the next owner."""
        try:
            self.sealer.finish(self.clock.now_us())
        except Exception as error:  # a full disk: what the command was asked for is done
            log.warning("sealing waits: %s", error)

    def close(self) -> None:
        """Let go of everything, in the order of dependence."""
        self.workspace.save_clock()
        self._writer.close()
        client.release(self.owner)
        self.ticker.close()
        self.owner.close()
        if self._is_renewed:
            self._eraser.change_places(self.owner, self.clock.now_us())
        self._eraser.close()


class RemoteSession:
    """A running system holds the directory: its worker answers, its edge writes the log."""

    is_local = False

    def __init__(self, workspace: Workspace) -> None:
        self.workspace, self.clock = workspace, workspace.clock
        self.warehouse: client.Asker = client.SocketAsker(workspace.socket_path("worker"))
        client.use(self.warehouse)
        if workspace.is_virtual:
            workspace.clock.advance_to(max(self._call("now")["at_us"], workspace.clock.now_us()))  # type: ignore[attr-defined]

    def append_log(self, rows: Sequence[Row]) -> list[int]:
        """Hand rows to the edge; on disk when it returns. The offsets given."""
        return RemoteLog(self.workspace.socket_path("edge")).append_now(rows)

    def settle(self, offset: int | None = None, progress: Callable[[int], None] | None = None) -> None:
        """Wait until the worker has applied a log row (default: the newest one now). Raises `NotReady`."""
        from samovar.engine.log_reader import LogReader  # brings Parquet, 13 MiB that the sender and the office never need

        reader = LogReader(self.workspace.log_path)
        wanted = reader.last_offset() if offset is None else offset
        reader.close()
        deadline = time.monotonic() + SETTLE_S_MAX
        while not self._call("applied", offset=wanted)["done"]:
            if time.monotonic() > deadline:
                raise NotReady("not_applied", "The worker has not come to the end of what was sent. Look at: samovar doctor")
            time.sleep(0.05)

    def finish_erasures(self, progress: Callable[[int], None] | None = None) -> None:
        """Wait until the worker has carried out every erasure. Raises `NotReady`."""
        from samovar.collect.erasure.queries import waiting

        deadline = time.monotonic() + SETTLE_S_MAX
        while waiting():
            if time.monotonic() > deadline:
                raise NotReady("not_erased", "The worker goes on erasing; look again later: samovar doctor")
            time.sleep(0.05)

    def _call(self, name: str, **params: Any) -> dict[str, Any]:
        return dict(json.loads(self.warehouse.query(name, **params).column("json")[0].as_py()))

    def close(self) -> None:
        """Nothing is held, and the worker is no longer asked."""
        client.release(self.warehouse)


def set_up_django(workspace: Workspace) -> None:
    """Load Django's settings for a workspace, once a process, and the rooms' named queries."""
    os.environ["SAMOVAR_DATA"] = str(workspace.root)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "samovar.doors.office.settings")
    django.setup()
    registry.load_rooms(ROOMS)


def set_up_words() -> None:
    """Load Django for translated sentences alone, for a command that needs no workspace; one that has settings keeps them."""
    if not settings.configured:
        locales = [str(path) for path in sorted(Path(__file__).parents[1].glob("*/locale"))]
        settings.configure(USE_I18N=True, LANGUAGE_CODE="en", LOCALE_PATHS=locales)
        django.setup()


def migrate() -> None:
    """Bring the operational store's tables to this release."""
    call_command("migrate", verbosity=0, interactive=False)


def upgrade(workspace: Workspace) -> None:
    """Bring an older workspace to this release, after a backup inside it; call as the directory's owner.

    Raises `WorkspaceTooNew` for one written by a later release.
    """
    from samovar.engine import upgrade as upgrades

    saved = upgrades.upgrade(workspace, at_us=workspace.clock.now_us())
    if saved is not None:
        log.warning("upgraded", extra={"facts": {"backup": str(saved)}})


def is_answering(workspace: Workspace) -> bool:
    """Whether a running system's worker answers on its socket."""
    path = workspace.socket_path("worker")
    if not path.exists():
        return False
    try:
        client.SocketAsker(path, timeout_s=5).query("now")
    except (Refusal, OSError):
        return False
    return True


@contextmanager
def open_session(
    data: Path | str, *, command: str = "command", exclusive: bool = False, appends: bool = False
) -> Iterator[LocalSession | RemoteSession]:
    """Open a workspace for one command; one that did its work as the directory's owner seals closed months before it ends.

    `exclusive` is for what needs the files themselves (`run`, `demo`, `rebuild`): it refuses while a system is up. `appends`
    says that the command puts much into the warehouse and asks little of it, so that it needs little memory. Raises
    `NoWorkspace`, `DirectoryHeld`, `NotReady`.
    """
    workspace = Workspace.open(Path(data))
    set_up_django(workspace)
    translation.activate("en")  # a terminal's words are in one language, whatever the office speaks
    with ExitStack() as stack:
        deadline = time.monotonic() + WAIT_S
        while True:
            if is_held(workspace.lock_path) and read_holder(workspace.lock_path).get("holder") == UP:
                if exclusive:
                    raise DirectoryHeld(
                        "system_is_up",
                        f"The system is up on {workspace.root}. Stop it first.",
                        **read_holder(workspace.lock_path),
                    )
                if is_answering(workspace):
                    session: LocalSession | RemoteSession = RemoteSession(workspace)
                    break
                if time.monotonic() > deadline:
                    raise NotReady("not_ready", f"The system on {workspace.root} does not answer. Look at its log, or stop it.")
                time.sleep(0.1)
                continue
            try:
                stack.enter_context(DirectoryLock(workspace.lock_path, holder=command, wait_s=0.5))
            except DirectoryHeld:
                if time.monotonic() > deadline:
                    raise
                continue
            upgrade(workspace)
            session = LocalSession(workspace, appends=appends)
            break
        stack.callback(session.close)
        yield session
        if isinstance(session, LocalSession):
            session.seal()
