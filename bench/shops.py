"""The big shop that several benchmarks stand on: the one that was kept, or one made for the occasion."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def shop_in(home: Path, kept: Path | None, people: int) -> Path:
    """The workspace that `bench/shop.py --keep` made, or else one that it makes now in a directory, of so many people."""
    root = kept or home / "shop"
    if not root.exists():
        make = [sys.executable, str(Path(__file__).with_name("shop.py")), "--keep", str(root), "--people", str(people)]
        subprocess.run(make, check=False)  # it fails where it is slow, too
    return root
