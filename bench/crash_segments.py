"""A crash at every n-th write of a shop with live segments, over some months, and who is in which segment afterwards.

    python bench/crash_segments.py [--every 1] [--workers 2] [--first 1] [--last 0] [--chance 100]

The story (samovar/doors/tests/segment_story.py) follows eleven segments of every kind while orders, late facts, merges, an
un-merge, erasures, edits, midnights and the sealing of months pass. A child kills itself with SIGKILL at the n-th commit, fsync,
rename or removal, or in the middle of a checkpoint of the warehouse; another opens what is left. Then, and again at the end
of the story, and in a warehouse made anew:

1. every segment's stored people are those of its rule, counted afresh, and those the worker has in memory;
2. what was announced, sealed or not, replays to them: nobody enters twice without leaving between;
3. moves, sizes by day and overlaps say the same, and the made warehouse has nothing to announce.

Then so many stories drawn by chance (segment_chance.py) are killed once each.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import crashes

from samovar.doors.tests import segment_chance
from samovar.doors.tests.crashing import Kill, Story
from samovar.doors.tests.segment_story import SegmentStory


@contextmanager
def told(_home: Path, options: argparse.Namespace) -> Iterator[tuple[Story, list[tuple[Story, Kill]]]]:
    """The story, and those drawn by chance."""
    yield SegmentStory(), [segment_chance.killed(seed) for seed in range(options.chance)]


if __name__ == "__main__":
    sys.exit(crashes.main(str(Path(__file__).resolve()), crashes.parser(__doc__, chance=100).parse_args(), told, least=500))
