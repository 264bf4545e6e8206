"""Killing a process in the middle of its writes: what tests and benchmarks of crashes share.

A child runs a story on a copy of a prepared workspace and kills itself with SIGKILL; another child opens what is left. Where to
kill is counted inside the child by wrapping the calls that write; the product knows nothing of it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import traceback
from collections import ChainMap, Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

Writer = tuple[Any, str]  # an owner and the name of its function that writes
# Where DuckDB can be told to give up a checkpoint: its steps, in order.
CHECKPOINT_STAGES = ("before_header", "after_free_list_write", "before_truncate")
ANY = "any"


@dataclass(frozen=True)
class Kill:
    """Where to kill: in a step of the story, at the n-th point of a name there, or of any name.

    A name of `CHECKPOINT_STAGES` is within the first checkpoint of the n-th warehouse that is opened in the step.
    """

    step: str
    name: str = ANY
    nth: int = 1


class Story(Protocol):
    """What is crashed; each part runs in a process of its own. `data` is the workspace, beside it the story may keep notes."""

    def prepare(self, data: Path) -> None:
        """Make the workspace every run starts from."""

    def writers(self) -> Sequence[Writer]:
        """What writes beside the stores."""

    def run(self, data: Path, begins: Callable[[str], None]) -> None:
        """From the prepared workspace to the end; `begins` hears of each step."""

    def recover(self, data: Path) -> list[str]:
        """Open what is left, go on to the end, and say what is wrong."""


def _stores() -> list[Writer]:
    """What writes of a workspace pass: commits of its three stores, sealing, fsyncs and renames."""
    from django.db.backends.sqlite3.base import DatabaseWrapper

    from samovar.collect.warehouse import Applier
    from samovar.engine.log import LogWriter
    from samovar.engine.warehouse.owner import Warehouse

    return [
        (DatabaseWrapper, "_commit"), (LogWriter, "_commit"), (LogWriter, "seal"), (LogWriter, "clear_sealed"),
        (Applier, "_commit"), (Warehouse, "checkpoint"), (Warehouse, "close"), (os, "fsync"), (os, "replace"), (os, "unlink"),
    ]  # fmt: skip


class _Points:
    """The points of this process: one before and one after each call of a writer, and as many in a checkpoint as it has stages.

    Those passed are written to `seen`, as lists of step and name: without a kill all, with one that alone.
    """

    def __init__(self, kill: Kill | None, seen: Path) -> None:
        self._kill, self._seen = kill, seen
        self._step, self._passed = "", Counter[str]()

    def begins(self, step: str) -> None:
        """A step of the story."""
        self._step = step
        self._passed.clear()

    def wrap(self, writers: Iterable[Writer]) -> None:
        """Count the calls of writers from now on, and the warehouses that are opened."""
        for owner, name in writers:
            self._around(owner, name)
        import duckdb

        connect = duckdb.connect

        def opened(path: str, config: dict[str, str]) -> Any:
            fatal = [{"debug_checkpoint_abort": stage} for stage in CHECKPOINT_STAGES if self._is_here(stage)]
            return connect(path, config=dict(ChainMap(*fatal, config)))

        duckdb.connect = opened

    def _around(self, owner: Any, name: str) -> None:
        original, told = getattr(owner, name), f"{owner.__name__}.{name}"

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self._pass(f"before {told}")
            try:
                result = original(*args, **kwargs)
            except Exception as error:
                if "checkpoint_abort" in str(error):
                    _die()
                raise
            self._pass(f"after {told}")
            return result

        setattr(owner, name, wrapped)

    def _pass(self, name: str) -> None:
        if self._is_here(name):
            _die()

    def _is_here(self, name: str) -> bool:
        """Whether this point is the one to kill at."""
        self._passed[name] += 1
        self._passed[ANY] += name not in CHECKPOINT_STAGES
        kill = self._kill
        is_here = kill is not None and kill.name in (name, ANY) and (self._step, self._passed[kill.name]) == (kill.step, kill.nth)
        if is_here or kill is None:
            with self._seen.open("a") as out:
                out.write(json.dumps([self._step, name]) + "\n")
        return is_here


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def in_child(work: Callable[[], object]) -> int:
    """Run in a forked process; its exit status, negative for a signal."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@dataclass(frozen=True)
class Tried:
    """What a kill came to: whether the story came so far, the point it was at, and what is wrong afterwards."""

    is_killed: bool
    point: str
    wrong: Sequence[str]


class CrashBench:
    """A home with a prepared workspace in it, which is copied to `shop` for each kill; files in it are notes of one run."""

    def __init__(self, home: Path, story: Story) -> None:
        self._home, self._story = home, story
        self._data, self._base, self._seen, self._wrong = (home / name for name in ("shop", "base", "seen", "wrong"))
        self._prepare()

    def _prepare(self) -> None:
        if in_child(lambda: self._story.prepare(self._data)) != 0:
            raise RuntimeError("the workspace could not be made")
        shutil.copytree(self._data, self._base)
        from samovar.doors.session import set_up_django
        from samovar.engine.workspace import Workspace

        set_up_django(Workspace.open(self._data))
        with suppress(ImportError):
            import_module("pandas")  # DuckDB takes it along with the first array, which costs a child a quarter of a second
        import samovar.collect.warehouse
        import samovar.doors.advance
        import samovar.doors.worker.tick  # noqa: F401  # loaded once, so that a child begins at once

    def kills(self) -> list[Kill]:
        """Every place to kill at, as a run without a crash shows them. Raises RuntimeError when that goes wrong."""
        if wrong := self.attempt(None).wrong:
            raise RuntimeError(f"without a crash: {wrong}")
        passed: Counter[tuple[str, str]] = Counter()
        found = []
        for step, name in self._points():
            told = name if name in CHECKPOINT_STAGES else ANY
            passed[step, told] += 1
            found.append(Kill(step, told, passed[step, told]))
        return found

    def _points(self) -> list[tuple[str, str]]:
        return [tuple(json.loads(line)) for line in self._seen.read_text().splitlines()] if self._seen.exists() else []

    def attempt(self, kill: Kill | None, other: Story | None = None) -> Tried:
        """Kill there, or nowhere, and recover; `other` is a story told in the same workspace instead."""
        self._restore()
        story = other or self._story

        def run() -> None:
            points = _Points(kill, self._seen)
            points.wrap([*_stores(), *story.writers()])
            story.run(self._data, points.begins)

        status = in_child(run)
        if status not in (0, -signal.SIGKILL):
            return Tried(False, "", [f"the story ended with {status}"])
        at = self._points()[-1:] if kill else []
        told = partial(Tried, status != 0, "".join(f"{step}: {name}" for step, name in at))
        if in_child(lambda: self._wrong.write_text(json.dumps(story.recover(self._data)))) != 0:
            return told(["recovery failed"])
        return told(json.loads(self._wrong.read_text()))

    def _restore(self) -> None:
        """The workspace as it was prepared, and no notes of the run before."""
        shutil.rmtree(self._data, ignore_errors=True)
        for note in self._home.iterdir():
            if note.is_file():
                note.unlink()
        shutil.copytree(self._base, self._data)
