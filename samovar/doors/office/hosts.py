"""Which host names the office answers to: the loopback, and the host of the setting `public_url`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

from samovar.engine.workspace import Workspace

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class AllowedHosts(list[str]):
    """Django's ALLOWED_HOSTS as a list that is looked up at each request, so that a new `public_url` needs no restart."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(LOOPBACK)
        self._workspace = workspace

    def __iter__(self) -> Iterator[str]:
        yield from super().__iter__()
        if public := urlsplit(public_url(self._workspace)).hostname:
            yield public


def public_url(workspace: Workspace) -> str:
    """The address people reach us by, as the edge knows it; empty while none is set."""
    try:
        snapshot = json.loads(workspace.edge_snapshot_path.read_text())
    except (OSError, ValueError):
        return ""
    return str(snapshot.get("settings", {}).get("public_url") or "")
