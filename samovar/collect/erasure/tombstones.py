"""Whom nothing may bring back: identifiers of erased people, known only as hashes under a secret of the workspace.

The salt lies in keys.json and never in the database, so that whoever has the hashes alone cannot try out telephone numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from samovar.collect.identifiers import ANONYMOUS
from samovar.engine import store
from samovar.engine.workspace import Workspace
from samovar.kit.ids import token

SALT = "erasure_salt"
DIGEST_BYTES = 16


def salt_of(workspace: Workspace) -> bytes:
    """The workspace's salt, made at the first erasure; call inside a transaction, so that two do not make two."""
    salt = workspace.keys.get(SALT)
    if salt is None:
        salt = token()
        workspace.save_keys(**{SALT: salt})
    return str(salt).encode()


def digest(salt: bytes, kind: str, value: str) -> str:
    """What is remembered of an identifier."""
    return blake2b(f"{kind}\x1f{value}".encode(), digest_size=DIGEST_BYTES, key=salt[:64]).hexdigest()


def changes() -> tuple[int, int]:
    """What differs after every erasure; cheap enough to be asked in each turn."""
    count, newest_us = store.fetch("SELECT count(*), coalesce(max(erased_us), 0) FROM collect_tombstone")[0]
    return count, newest_us


class Tombstones:
    """All of them in memory, as one process sees them now."""

    def __init__(self, workspace: Workspace) -> None:
        rows = store.fetch("SELECT digest, erased_us, suppressed FROM collect_tombstone")
        self._erased = {digest: (erased_us, suppressed) for digest, erased_us, suppressed in rows}
        self._salt = str(workspace.keys.get(SALT, "")).encode()
        self.until_us = max((erased_us for erased_us, _ in self._erased.values()), default=-(2**63))

    def cover(self, known: Iterable[tuple[str, str]], anonymous: str | None, time_us: int) -> bool:
        """Whether an event of this moment speaks of somebody who was erased at it or later."""
        named = [*known, (ANONYMOUS, anonymous)] if anonymous is not None else known
        return any(self._of(kind, value)[0] >= time_us for kind, value in named)

    def suppressed(self, kind: str, value: str) -> str:
        """Why nothing may be sent to an address that was erased; empty when nothing was said against it."""
        return self._of(kind, value)[1] if self._erased else ""

    def _of(self, kind: str, value: str) -> tuple[int, str]:
        return self._erased.get(digest(self._salt, kind, value), (-(2**63), ""))
