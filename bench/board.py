"""A board of eight tiles over a big shop, asked at once as a page asks them, against the same eight questions written by hand.

    python bench/board.py [--people 1000000] [--shop DIR] [--rounds 3] [--threads 2]

Each round opens the warehouse anew: nothing of what is asked is in its memory. The tiles are the first eight reports of the
library, and the queries by hand are those that its tests hold it to. Targets: 2 s for the whole board, ratio <= 1.3.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import shops
from reports import opened
from shops import shop_in, warehouse

TILES, SECONDS_MAX, RATIO_MAX = 8, 2.0, 1.3
Tile = Callable[[Any], object]


def main() -> int:
    """Measure, say whether the targets hold."""
    asked = shops.asked(__doc__)
    with tempfile.TemporaryDirectory(prefix="bench-board-") as home:
        root = shop_in(Path(home), asked.shop, asked.people)
        ours, hand = tiles(root, asked.threads)
        times: dict[str, list[float]] = {"ours": [], "hand": []}
        for number in range(asked.rounds + 1):
            for name, board in (("hand", hand), ("ours", ours)):
                seconds = whole(root, asked.threads, board)
                if number:  # the first brings the file into the memory of the machine
                    times[name].append(seconds)
                    print(f"{name} {seconds:.2f} s", file=sys.stderr, flush=True)
    board_s, hand_s = (statistics.median(times[name]) for name in ("ours", "hand"))
    is_good = board_s <= SECONDS_MAX and board_s <= RATIO_MAX * hand_s
    result = {"tiles": TILES, "s": round(board_s, 2), "hand_s": round(hand_s, 2), "ratio": round(board_s / hand_s, 2)}
    print(json.dumps({**result, "ok": is_good}))
    return 0 if is_good else 1


def whole(root: Path, threads: int, board: Sequence[Tile]) -> float:
    """Seconds until the last of all tiles is there."""
    with warehouse(root, threads) as connection, ThreadPoolExecutor(len(board)) as pool:
        began = time.perf_counter()
        list(pool.map(lambda tile: tile(connection.cursor()), board))
        return time.perf_counter() - began


def tiles(root: Path, threads: int) -> tuple[list[Tile], list[Tile]]:
    """The reports of a board, and their queries by hand."""
    answer = opened(root)
    from samovar.engine.workspace import Workspace
    from samovar.measure.builder.library import LIBRARY
    from samovar.measure.builder.tests.test_library import BY_HAND, KNOWN

    zone = Workspace.open(root).zone
    with warehouse(root, threads) as connection:
        [(at_us,)] = connection.execute("SELECT max(time_us) FROM visits").fetchall()
    known = {"at": at_us, "today": zone.day(at_us), "known": KNOWN.format(at=at_us), "zone": zone.name}
    chosen = LIBRARY[:TILES]

    def ours(one: Any) -> Tile:
        return lambda cursor: answer(cursor, "custom", dict(one.params), at_us)

    def hand(one: Any) -> Tile:
        return lambda cursor: cursor.execute(BY_HAND[one.slug].format(**known)).fetchall()

    return [ours(one) for one in chosen], [hand(one) for one in chosen]


if __name__ == "__main__":
    sys.exit(main())
