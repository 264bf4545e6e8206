"""The big shop that several benchmarks stand on: the one that was kept, or one made for the occasion."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb


def asked(doc: str | None) -> argparse.Namespace:
    """What a benchmark of questions to the big shop is asked: `people`, `shop`, `rounds`, `threads`."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--shop", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


@contextmanager
def warehouse(root: Path, threads: int) -> Iterator[Any]:
    """The warehouse of a workspace, to be read, as one that nobody has asked anything yet."""
    config: Any = {"threads": threads, "memory_limit": "4GB", "preserve_insertion_order": "false"}
    with duckdb.connect(str(root / "warehouse.duckdb"), read_only=True, config=config) as connection:
        yield connection


def shop_in(home: Path, kept: Path | None, people: int) -> Path:
    """The workspace that `bench/shop.py --keep` made, or else one that it makes now in a directory, of so many people."""
    root = kept or home / "shop"
    if not root.exists():
        make = [sys.executable, str(Path(__file__).with_name("shop.py")), "--keep", str(root), "--people", str(people)]
        subprocess.run(make, check=False)  # it fails where it is slow, too
    return root
