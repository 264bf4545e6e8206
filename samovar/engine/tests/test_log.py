"""The event log: groups on disk before the answer, limits that refuse, and recovery without a restart."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from samovar.engine.log import SCHEMA_VERSION, LogBusy, LogFull, LogTooNew, LogWriter, Row
from samovar.engine.log_reader import Lag, LogReader


def row(body: bytes = b"[]", count: int = 1, received_us: int = 7) -> Row:
    return Row(received_us, "shop", "events", count, None, body)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite3"


def test_it_gives_back_what_was_appended_under_growing_offsets(path):
    writer = LogWriter(path)
    assert writer.append_now([Row(5, "shop", "events", 2, 4, b"[1,2]"), Row(6, "web", "refused", 1, None, b"[3]")]) == [1, 2]
    first, second = LogReader(path).read(0, 100)
    assert (first.offset, first.received_us, first.source, first.kind, first.count, first.sent_us, first.body) == (
        1, 5, "shop", "events", 2, 4, b"[1,2]",
    )  # fmt: skip
    assert (second.offset, second.source, second.kind, second.sent_us) == (2, "web", "refused", None)
    writer.close()


def test_it_never_uses_an_offset_again_after_rows_were_sealed_away(path):
    writer = LogWriter(path)
    writer.append_now([row()] * 3)
    with sqlite3.connect(path) as other:
        other.execute("DELETE FROM log")
    assert writer.append_now([row()]) == [4]
    assert writer.append_now([]) == []
    writer.close()


def test_awaited_rows_get_consecutive_offsets_and_are_visible_to_another_connection(path):
    async def scene() -> list[int]:
        writer = LogWriter(path)
        firsts = await asyncio.gather(*(writer.append([row(b"[%d]" % n)] * (1 + n % 3)) for n in range(500)))
        seen = LogReader(path).read(0, 10_000)
        writer.close()
        for n, first in enumerate(firsts):
            assert [r.body for r in seen[first - 1 : first + n % 3]] == [b"[%d]" % n] * (1 + n % 3)
        return firsts

    assert len(set(asyncio.run(scene()))) == 500


def test_a_group_of_many_waiting_rows_takes_few_commits(path):
    async def scene() -> int:
        writer = LogWriter(path)
        commits = 0
        original = writer._commit

        def counted(rows):
            nonlocal commits
            commits += 1
            return original(rows)

        writer._commit = counted
        await asyncio.gather(*(writer.append([row()]) for _ in range(1000)))
        writer.close()
        return commits

    assert asyncio.run(scene()) < 100


def test_it_is_busy_when_more_waits_than_the_limit_and_takes_rows_again_afterwards(path):
    async def scene() -> None:
        writer = LogWriter(path, waiting_rows_max=3)
        held = threading.Lock()
        held.acquire()
        original = writer._commit
        writer._commit = lambda rows: (held.acquire(), original(rows))[1]
        waiting = [writer.append([row()]) for _ in range(3)]
        with pytest.raises(LogBusy):
            writer.append([row()])
        writer._commit = original
        held.release()
        assert await asyncio.gather(*waiting) == [1, 2, 3]
        assert await writer.append([row()]) == 4
        writer.close()

    asyncio.run(scene())


def test_it_refuses_bytes_beyond_the_limit_of_what_may_wait(path):
    async def scene() -> None:
        writer = LogWriter(path, waiting_bytes_max=1000)
        with pytest.raises(LogBusy):
            writer.append([row(b"x" * 1001)])
        assert writer.waiting_rows == 0
        writer.close()

    asyncio.run(scene())


def test_a_full_file_fails_the_waiting_rows_keeps_reads_and_recovers_without_a_restart(path):
    async def scene() -> None:
        writer = LogWriter(path, bytes_max=200_000)
        stored = 0
        with pytest.raises(LogFull):
            for _ in range(100):
                await writer.append([row(b"x" * 10_000)])
                stored += 1
        assert 5 < stored < 25
        reader = LogReader(path)
        assert len(reader.read(0, 1000)) == stored
        with pytest.raises(LogFull):
            await writer.append([row(b"y" * 50_000)])
        writer.limit(bytes_max=0, waiting_rows_max=100)
        await writer.append([row(b"z")])
        assert [r.body[:1] for r in reader.read(stored, 10)] == [b"z"]
        writer.close()

    asyncio.run(scene())


def test_a_group_that_does_not_fit_leaves_nothing_of_itself(path):
    writer = LogWriter(path, bytes_max=300_000)
    with pytest.raises(LogFull):
        writer.append_now([row(b"x" * 1000)] * 2_000)
    assert LogReader(path).last_offset() == 0
    assert writer.append_now([row()]) == [1]
    writer.close()


LIMITED = """
    import asyncio, resource, sys
    from pathlib import Path
    from samovar.engine.log import LogFull, LogWriter, Row
    from samovar.engine.log_reader import LogReader

    async def scene():
        path = Path(sys.argv[1])
        writer = LogWriter(path)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
        stored = 0
        try:
            for _ in range(200):
                await writer.append([Row(1, "shop", "events", 1, None, b"x" * 10_000)])
                stored += 1
        except LogFull:
            pass
        else:
            raise SystemExit("the limit did not hold")
        assert len(LogReader(path).read(0, 10_000)) == stored, "reads go on"
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        after = await writer.append([Row(1, "shop", "events", 1, None, b"after")])
        bodies = [row.body for row in LogReader(path).read(0, 10_000)]
        assert bodies == [b"x" * 10_000] * stored + [b"after"], "nothing of the failed rows"
        writer.close()
        print("ok", stored, after)

    asyncio.run(scene())
"""


def test_a_disk_that_was_full_at_the_start_is_tried_again_at_each_append(tmp_path, caplog):
    caplog.set_level("INFO", "samovar.log")
    path = tmp_path / "not yet there" / "log.sqlite3"
    writer = LogWriter(path)
    with pytest.raises(LogFull):
        writer.append_now([row()])
    path.parent.mkdir()
    assert writer.append_now([row()]) == [1]
    writer.close()
    assert [record.message for record in caplog.records] == ["log takes nothing", "log takes rows again"]


def test_a_limit_on_file_size_is_a_full_disk_and_passes_without_a_restart(path):
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(LIMITED), str(path)], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("ok"), done.stderr


KILLED = """
    import asyncio, os, sys
    from pathlib import Path
    from samovar.engine.log import LogWriter, Row

    async def scene():
        writer = LogWriter(Path(sys.argv[1]))
        async def one(n):
            first = await writer.append([Row(1, "shop", "events", 1, None, b"%d" % n)])
            os.write(1, b"%d\\n" % n)
        for start in range(0, 1_000_000, 50):
            await asyncio.gather(*(one(n) for n in range(start, start + 50)))

    asyncio.run(scene())
"""


def test_a_kill_loses_nothing_that_was_acknowledged(path):
    acknowledged: set[int] = set()
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(KILLED), str(path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(400)]
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.read().splitlines()
        process.wait()
        acknowledged |= {int(line) for line in lines if line.strip()}
    stored = {int(r.body) for r in LogReader(path).read(0, 10**9)}
    assert len(acknowledged) >= 400
    assert acknowledged <= stored
    assert LogWriter(path).append_now([row()])[0] > len(stored)


def test_reading_ends_with_the_row_that_reaches_the_limit(path):
    writer = LogWriter(path)
    writer.append_now([row(count=10), row(count=10), row(count=10)])
    reader = LogReader(path)
    assert [r.offset for r in reader.read(0, 11)] == [1, 2]
    assert [r.offset for r in reader.read(0, 1)] == [1]
    assert [r.offset for r in reader.read(2, 100)] == [3]
    assert reader.read(3, 100) == []
    writer.close()


def test_lag_counts_events_and_tells_the_oldest(path):
    writer = LogWriter(path)
    writer.append_now([row(count=5, received_us=100), row(count=7, received_us=200), row(count=1, received_us=300)])
    reader = LogReader(path)
    assert reader.lag(1) == Lag(8, 200)
    assert reader.lag(3) == Lag(0, None)
    writer.close()


def test_an_absent_file_reads_as_empty_until_it_appears(path):
    reader = LogReader(path)
    assert (reader.read(0, 10), reader.last_offset(), reader.lag(0)) == ([], 0, Lag(0, None))
    writer = LogWriter(path)
    writer.append_now([row()])
    assert reader.last_offset() == 1
    writer.close()


def test_closing_puts_on_disk_what_waits(path):
    async def scene() -> None:
        writer = LogWriter(path)
        futures = [writer.append([row()]) for _ in range(200)]
        writer.close()
        assert LogReader(path).last_offset() == 200
        assert len(await asyncio.gather(*futures)) == 200

    asyncio.run(scene())


def test_it_refuses_a_file_of_a_later_release(path):
    LogWriter(path).close()
    with sqlite3.connect(path) as other:
        other.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    with pytest.raises(LogTooNew):
        LogWriter(path)


def test_every_commit_waits_for_the_disk(path):
    writer = LogWriter(path)
    assert writer._opened().execute("PRAGMA synchronous").fetchone() == (2,)
    assert writer._opened().execute("PRAGMA journal_mode").fetchone() == ("wal",)
    writer.close()
