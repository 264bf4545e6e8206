"""One data directory is one workspace. This is the only module that knows the names of the files inside.

`Workspace.create` makes a directory, `Workspace.open` reads one. Secrets live in `keys.json` (mode 0600) and are reached
through `Workspace.keys`; they never enter an export, a log line, an audit row or an error.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from samovar import __version__
from samovar.kit.clock import Clock, RealClock, VirtualClock, Zone
from samovar.kit.errors import Refusal

SCHEMA_VERSION = 8
SOCKET_PATH_BYTES_MAX = 100  # a Unix socket's path must fit in 108 bytes on Linux and 104 on macOS


class NoWorkspace(Refusal):
    """The directory is not a workspace."""


class WorkspaceExists(Refusal):
    """`init` on a directory that already holds something."""


class WorkspaceTooNew(Refusal):
    """The directory was written by a newer Samovar."""


@dataclass
class Facts:
    """workspace.json: what is fixed when a workspace is made, and where a virtual clock stands."""

    name: str
    currency: str
    timezone: str
    clock: str  # "real" or "virtual"
    clock_at_us: int | None
    schema_version: int
    made_by: str
    created_us: int


class Workspace:
    """An opened data directory."""

    def __init__(self, root: Path, facts: Facts) -> None:
        self.root, self.facts = root, facts
        self.zone = Zone(facts.timezone)
        self.currency = facts.currency
        self._clock: Clock | None = None

    # Files
    lock_path = property(lambda self: self.root / "lock")
    log_path = property(lambda self: self.root / "log.sqlite3")
    ops_path = property(lambda self: self.root / "ops.sqlite3")
    warehouse_path = property(lambda self: self.root / "warehouse.duckdb")
    next_warehouse_path = property(lambda self: self.root / "warehouse.next.duckdb")
    sealed_dir = property(lambda self: self.root / "blobs" / "sealed")
    uploads_dir = property(lambda self: self.root / "blobs" / "uploads")
    log_months_dir = property(lambda self: self.root / "blobs" / "months" / "log")
    outbox_months_dir = property(lambda self: self.root / "blobs" / "months" / "outbox")
    backups_dir = property(lambda self: self.root / "backups")
    temp_dir = property(lambda self: self.root / "tmp")
    edge_snapshot_path = property(lambda self: self.root / "snapshots" / "edge.json")
    run_dir = property(lambda self: self.root / "run")

    def socket_path(self, process: str) -> Path:
        """The Unix socket of a process; a path too long for a socket goes to the runtime directory."""
        path: Path = self.run_dir / f"{process}.sock"
        if len(os.fsencode(path)) <= SOCKET_PATH_BYTES_MAX:
            return path
        base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
        short = base / f"samovar-{os.getuid()}-{self.root.stat().st_dev:x}-{self.root.stat().st_ino:x}"
        short.mkdir(mode=0o700, exist_ok=True)
        if short.stat().st_uid != os.getuid():
            raise Refusal("socket_dir_taken", f"{short} belongs to somebody else; set XDG_RUNTIME_DIR to a directory of yours.")
        return short / f"{process}.sock"

    def health_path(self, process: str) -> Path:
        """Where a process writes its state for /healthz."""
        path: Path = self.run_dir / f"{process}.health"
        return path

    def metrics_path(self, process: str) -> Path:
        """Where a process writes its counts for /metrics."""
        path: Path = self.run_dir / f"{process}.metrics"
        return path

    # Clock
    @property
    def is_virtual(self) -> bool:
        return self.facts.clock == "virtual"

    @property
    def clock(self) -> Clock:
        """The workspace's clock; a virtual one stands at the last moment saved."""
        if self._clock is None:
            self._clock = VirtualClock(self.facts.clock_at_us or 0) if self.is_virtual else RealClock()
        return self._clock

    def save_clock(self) -> None:
        """Remember where the virtual clock stands; nothing for a real one."""
        if self.is_virtual and self.facts.clock_at_us != self.clock.now_us():
            self.facts.clock_at_us = self.clock.now_us()
            self._save_facts()

    # Secrets
    @property
    def keys(self) -> dict[str, Any]:
        """The secrets, read afresh: another process may have added one."""
        return dict(json.loads((self.root / "keys.json").read_text()))

    def save_keys(self, **changed: Any) -> None:
        """Add or replace secrets, atomically, mode 0600; others who save some at the same time wait, so that none are lost."""
        directory = os.open(self.root, os.O_RDONLY)
        try:
            fcntl.flock(directory, fcntl.LOCK_EX)
            write_private(self.root / "keys.json", json.dumps({**self.keys, **changed}, indent=1))
        finally:
            os.close(directory)

    def save_schema_version(self, version: int) -> None:
        """Remember that the directory's stores are of this schema now; nothing when they were."""
        if self.facts.schema_version != version:
            self.facts.schema_version, self.facts.made_by = version, __version__
            self._save_facts()

    def _save_facts(self) -> None:
        write_whole(self.root / "workspace.json", json.dumps(asdict(self.facts), indent=1, ensure_ascii=False))

    @classmethod
    def create(cls, root: Path, *, currency: str, timezone: str, at_us: int, virtual: bool = False, name: str = "") -> Workspace:
        """Make a workspace in a directory that is absent or empty. Raises `WorkspaceExists`, `Refusal`, `BadMoment`."""
        root = root.absolute()
        if len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper()):
            raise Refusal(
                "bad_currency", f"“{currency}” is not a currency code. Use three letters such as RUB.", field="currency"
            )
        Zone(timezone)
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise WorkspaceExists("workspace_exists", f"{root} is not empty. Choose another directory.", path=str(root))
        root.mkdir(parents=True, exist_ok=True)
        root.chmod(0o700)
        for sub in ("blobs/sealed", "blobs/uploads", "snapshots", "run", "tmp"):
            (root / sub).mkdir(parents=True)
        facts = Facts(
            name=name or root.name, currency=currency, timezone=timezone, clock="virtual" if virtual else "real",
            clock_at_us=at_us if virtual else None, schema_version=SCHEMA_VERSION, made_by=__version__, created_us=at_us,
        )  # fmt: skip
        workspace = cls(root, facts)
        write_private(
            root / "keys.json",
            json.dumps({"secret_key": secrets.token_urlsafe(48), "link_ring": {"1": secrets.token_urlsafe(32)}}, indent=1),
        )
        workspace._save_facts()
        return workspace

    @classmethod
    def open(cls, root: Path) -> Workspace:
        """Open a workspace. Raises `NoWorkspace`, `WorkspaceTooNew`."""
        root = root.absolute()
        try:
            facts = Facts(**json.loads((root / "workspace.json").read_text()))
        except FileNotFoundError as error:
            raise NoWorkspace("no_workspace", f"{root} is not a Samovar workspace. Make one with: samovar init {root}") from error
        except (ValueError, TypeError) as error:
            raise NoWorkspace("workspace_damaged", f"{root}/workspace.json cannot be read: {error}") from error
        if facts.schema_version > SCHEMA_VERSION:
            raise WorkspaceTooNew(
                "workspace_too_new",
                f"{root} was written by Samovar {facts.made_by}; this is {__version__}. Install that version or a later one.",
            )
        return cls(root, facts)


def write_whole(path: Path, text: str, mode: int = 0o644) -> None:
    """Replace a file so that a reader, or a crash, sees the old text or the new one whole."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as stream:
            stream.write(text)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def write_private(path: Path, text: str) -> None:
    """`write_whole` for secrets."""
    write_whole(path, text, 0o600)


def sync_directory(path: Path) -> None:
    """Make a rename in a directory durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
