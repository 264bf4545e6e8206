"""Sharing out to workers where a story is killed, and adding up what they found: what benchmarks of crashes have in common.

Each worker has a directory of its own, prepares the story's workspace in it and tries its share of every n-th place.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from samovar.doors.tests.crashing import CrashBench, Kill, Story

# In a home: a story to be killed everywhere, and others each with a place.
Told = Callable[[Path, argparse.Namespace], AbstractContextManager[tuple[Story, Sequence[tuple[Story, Kill]]]]]


def parser(doc: str | None, **sizes: int) -> argparse.ArgumentParser:
    """The options of every benchmark of crashes, and the sizes of this one."""
    options = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in {"every": 1, "workers": 2, "first": 1, "last": 0, **sizes}.items():
        options.add_argument(f"--{name}", type=int, default=default)
    options.add_argument("--part", type=int, default=-1, help=argparse.SUPPRESS)
    return options


def main(program: str, options: argparse.Namespace, told: Told, *, least: int) -> int:
    """Try the places; 1 when something was wrong, or when all were asked for and fewer than `least` were tried."""
    if options.part >= 0:
        print(json.dumps(_work(options, told)))
        return 0
    began = time.monotonic()
    sizes = [f"--{name}={value}" for name, value in vars(options).items() if isinstance(value, int) and name != "part"]
    workers = [
        subprocess.Popen([sys.executable, program, "--part", str(part), *sizes], stdout=subprocess.PIPE, text=True)
        for part in range(options.workers)
    ]
    answers = [json.loads(worker.communicate()[0] or "null") for worker in workers]
    if None in answers:
        return 1
    tried, failures = sum(one["tried"] for one in answers), {key: why for one in answers for key, why in one["failures"].items()}
    print(json.dumps({
        "points": answers[0]["points"], "tried": tried, "killed": sum(one["killed"] for one in answers), "failed": len(failures),
        "failures": failures, "seconds": round(time.monotonic() - began, 1),
    }))  # fmt: skip
    return 1 if failures or (tried < least and options.every == 1 and not options.last) else 0


def _work(options: argparse.Namespace, told: Told) -> dict[str, Any]:
    """Try this worker's share."""
    tried, killed, failures = 0, 0, {}
    with tempfile.TemporaryDirectory(prefix="samovar-crash-") as home, told(Path(home), options) as (story, others):
        bench = CrashBench(Path(home), story)
        kills = bench.kills()[: options.last or None]
        attempts = [*((story, kill) for kill in kills[options.first - 1 :: options.every]), *others]
        for one, kill in attempts[options.part :: options.workers]:
            found = bench.attempt(kill, one)
            tried, killed = tried + 1, killed + found.is_killed
            if found.wrong:
                place = f"{kill.step}, {kill.name} {kill.nth} ({found.point})"
                failures[place] = found.wrong
                print(f"{place}: {'; '.join(found.wrong)}", file=sys.stderr, flush=True)
    return {"points": len(kills), "tried": tried, "killed": killed, "failures": failures}
