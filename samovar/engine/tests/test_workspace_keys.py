"""Secrets that several save at once are all kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from samovar.engine.workspace import Workspace


def test_secrets_saved_at_one_time_are_all_kept(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    Workspace.create(root, currency="RUB", timezone="UTC", at_us=0)
    with ThreadPoolExecutor(8) as hands:
        list(hands.map(lambda number: Workspace.open(root).save_keys(**{f"key{number}": number}), range(80)))
    kept = Workspace.open(root).keys
    assert {name: kept[name] for name in kept if name.startswith("key")} == {f"key{n}": n for n in range(80)}
