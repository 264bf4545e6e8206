"""Live segments after a kill between any two of their writes: `bench/crash_segments.py` tries hundreds of places, this a few."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from samovar.doors.tests import segment_story
from samovar.doors.tests.crashing import Kill

KILLS = [
    Kill("edits", "after DatabaseWrapper._commit", 4),  # one move is told in part
    Kill("edits", "before Applier._commit", 2),  # all is told, the warehouse is about to take it in
    Kill("an un-merge", "after Applier._commit", 1),  # it took in who moved at midnights, and their number is not stored
    Kill("a merge", "after_free_list_write"),  # in the first checkpoint of the warehouse opened after it
]


def test_a_kill_between_two_writes_leaves_members_rules_and_announcements_at_one(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("SAMOVAR_DATABASE_URL", "SAMOVAR_DATA")}
    kills = [json.dumps([kill.step, kill.name, kill.nth]) for kill in KILLS]
    command = [sys.executable, segment_story.__file__, str(tmp_path), *kills]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    tried = zip(KILLS, json.loads(done.stdout), strict=True)
    assert [(kill, wrong) for kill, (is_killed, wrong) in tried if wrong or not is_killed] == []
