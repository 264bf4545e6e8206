"""What the office tells the edge: keys and settings as a snapshot, written whole after each change of either."""

from __future__ import annotations

from samovar.collect.operations import edge_keys
from samovar.engine import settings
from samovar.engine.snapshots import EdgeSettings, write_edge_snapshot
from samovar.engine.workspace import Workspace


def publish_to_edge(workspace: Workspace) -> None:
    """Write the edge's snapshot from the open sources and the settings it knows."""
    known = set(EdgeSettings.__struct_fields__)
    write_edge_snapshot(workspace, keys=edge_keys(), settings={k: v for k, v in settings.changed().items() if k in known})
