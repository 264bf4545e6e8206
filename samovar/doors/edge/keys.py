"""What the edge knows of the house: the snapshot, watched and swapped whole, and the ring of keys that sign links."""

from __future__ import annotations

import base64
import binascii
import logging

from samovar.doors.edge.limits import Buckets
from samovar.engine.snapshots import EdgeSnapshot, SourceKey, key_hash, read_edge_snapshot
from samovar.engine.workspace import Workspace

KEY_CHARS_MAX = 200
REMEMBERED_MAX = 10_000  # Authorization headers whose key is known without hashing

logger = logging.getLogger("samovar.edge")


class House:
    """The snapshot in force with what is derived from it. `refresh` replaces all of it between two requests."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._stamp: tuple[int, int] | None = None
        self._use(EdgeSnapshot())
        self.refresh()

    def refresh(self) -> bool:
        """Read the snapshot again if its file has changed. A damaged file is told of and leaves the old one in force."""
        try:
            stat = self._workspace.edge_snapshot_path.stat()
            stamp = (stat.st_mtime_ns, stat.st_ino)
        except FileNotFoundError:
            return False
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        try:
            self._use(read_edge_snapshot(self._workspace))
        except (OSError, ValueError) as error:
            logger.error("snapshot unreadable", extra={"facts": {"error": str(error)}})
            return False
        return True

    def _use(self, snapshot: EdgeSnapshot) -> None:
        self.snapshot, self.settings = snapshot, snapshot.settings
        settings = snapshot.settings
        self.server_rates = Buckets(per_s=settings.server_events_per_s, burst=settings.server_events_burst)
        self.browser_rates = Buckets(per_s=settings.browser_events_per_s, burst=settings.browser_events_burst)
        self.address_rates = Buckets(per_s=settings.address_events_per_s, burst=settings.address_events_burst)
        self.proxies = frozenset(part.strip() for part in settings.proxies.split(",") if part.strip())
        self.link_ring: dict[str, str] = dict(self._workspace.keys.get("link_ring", {}))
        self._known: dict[bytes, SourceKey] = {}

    def key_of_header(self, authorization: bytes) -> SourceKey | None:
        """The key of a Basic Authorization header: the user is the key, the password is empty."""
        if (known := self._known.get(authorization)) is not None:
            return known
        scheme, _, encoded = authorization.partition(b" ")
        if scheme.lower() != b"basic":
            return None
        try:
            key, _, _ = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        found = self.key(key)
        if found is not None and len(self._known) < REMEMBERED_MAX:
            self._known[authorization] = found
        return found

    def key(self, key: str) -> SourceKey | None:
        """A write key's facts."""
        return self.snapshot.keys.get(key_hash(key)) if 0 < len(key) <= KEY_CHARS_MAX else None
