"""Closed months move to files: every reader sees the rows it saw before, wherever a fall cut the moving off."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
import textwrap
import threading

import pytest

from samovar.engine import backup as backups
from samovar.engine.log import CLEAR_ROWS_MAX, LogWriter, Row
from samovar.engine.log_reader import Lag, LogReader
from samovar.engine.months import MonthUnreadable, month_start_us
from samovar.engine.sealing import LogStream, NotApplied, seal_months
from samovar.engine.workspace import Workspace
from samovar.kit.clock import DAY_US, Zone, parse_moment

UTC = Zone("UTC")
JANUARY, FEBRUARY, MARCH, APRIL = (parse_moment(f"2026-0{n}-01T00:00", UTC) for n in (1, 2, 3, 4))
A_MONTH = 1_000


def body(n: int) -> bytes:
    return b'[{"n": %d}]' % n * (1 + n % 40)


def rows_of_month(start_us: int, first: int, count: int = A_MONTH) -> list[Row]:
    return [
        Row(start_us + n * 1000, "shop", "sealed" if n == 7 else "events", 2, None if n % 2 else start_us, body(first + n))
        for n in range(count)
    ]


class Shop:
    """A workspace whose log has three months; the last is March."""

    def __init__(self, root) -> None:
        self.workspace = Workspace.create(root, currency="RUB", timezone="Europe/Moscow", at_us=JANUARY)
        self.writer = LogWriter(self.workspace.log_path)
        for n, start_us in enumerate((JANUARY, FEBRUARY, MARCH)):
            self.writer.append_now(rows_of_month(start_us, n * A_MONTH))
        self.reader = LogReader(self.workspace.log_path)

    def seal(self, *, before_us: int = MARCH, applied: int = 10**9, keeper=None):
        return seal_months(LogStream(self.workspace, keeper or self.writer), before_us=before_us, applied=applied)

    def live(self) -> int:
        with sqlite3.connect(self.workspace.log_path) as other:
            return other.execute("SELECT count(*) FROM log").fetchone()[0]

    def pages(self) -> int:
        with sqlite3.connect(self.workspace.log_path) as other:
            return other.execute("PRAGMA page_count").fetchone()[0]

    def files(self) -> list[str]:
        folder = self.workspace.log_months_dir
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def shop(tmp_path):
    made = Shop(tmp_path / "shop")
    yield made
    made.reader.close()
    made.writer.close()


def everything(reader: LogReader):
    """The log as each way of reading tells it."""
    pieces, after = [], 0
    while rows := reader.read(after, 700):
        pieces.extend(rows)
        after = rows[-1].offset
    spans = [row for start in range(0, 3 * A_MONTH, 333) for row in reader.read_span(start, start + 333)]
    lags = [reader.lag(after) for after in (0, 500, 1000, 1500, 2000, 2999, 3000)]
    return pieces, spans, lags, reader.last_offset(), reader.of_kind("sealed")


def test_every_way_of_reading_tells_the_same_before_and_after(shop):
    before = everything(shop.reader)
    assert len(before[0]) == 3 * A_MONTH
    sealed = [span for span in shop.seal() if span is not None]
    assert [(span.after, span.last, span.path.name) for span in sealed] == [
        (0, 1000, "2026-01.0-1000.parquet"), (1000, 2000, "2026-02.1000-2000.parquet"),
    ]  # fmt: skip
    assert shop.live() == A_MONTH
    assert everything(shop.reader) == before
    assert everything(LogReader(shop.workspace.log_path)) == before
    assert [row.offset for row in shop.reader.of_kind("sealed")] == [8, 1008, 2008]


def test_a_step_removes_no_more_rows_than_it_says(shop):
    most, left = 0, shop.live()
    for _ in shop.seal():
        most, left = max(most, left - shop.live()), shop.live()
    assert 0 < most <= CLEAR_ROWS_MAX


def test_the_month_that_runs_and_what_is_not_applied_stay(shop):
    assert list(shop.seal(before_us=JANUARY)) == []
    with pytest.raises(NotApplied):
        list(shop.seal(applied=999))
    assert (shop.files(), shop.live()) == ([], 3 * A_MONTH)
    with pytest.raises(NotApplied):
        list(shop.seal(applied=1999))
    assert shop.files() == ["2026-01.0-1000.parquet"]


def test_offsets_go_on_when_the_live_file_is_empty(shop):
    list(shop.seal(before_us=APRIL))
    assert (shop.live(), shop.reader.last_offset()) == (0, 3000)
    assert shop.writer.append_now([Row(APRIL, "shop", "events", 1, None, b"[]")]) == [3001]
    assert shop.reader.last_offset() == 3001
    assert shop.reader.lag(2999) == Lag(3, MARCH + 999_000)


def test_the_freed_room_is_used_again(shop):
    before = shop.pages()
    list(shop.seal(before_us=APRIL))
    shop.writer.append_now(rows_of_month(APRIL, 0, 3 * A_MONTH))
    assert shop.pages() == before


def test_a_row_dated_back_lies_with_its_neighbours(shop):
    shop.writer.append_now([Row(JANUARY, "shop", "events", 1, None, b"[1]"), Row(APRIL, "shop", "events", 1, None, b"[2]")])
    list(shop.seal(before_us=APRIL))
    assert shop.files()[-1] == "2026-03.2000-3001.parquet"
    assert [row.body for row in shop.reader.read_span(3000, 3002)] == [b"[1]", b"[2]"]


@pytest.mark.parametrize("steps", range(1, 16))
def test_left_off_after_any_step_it_goes_on_and_nobody_sees_a_difference(shop, steps):
    before = everything(shop.reader)
    begun = shop.seal()
    for _ in range(steps):
        next(begun, None)
    begun.close()
    assert everything(LogReader(shop.workspace.log_path)) == before
    list(shop.seal())
    assert everything(shop.reader) == before
    assert (shop.live(), shop.files()) == (A_MONTH, ["2026-01.0-1000.parquet", "2026-02.1000-2000.parquet"])


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from samovar.engine import months
    from samovar.engine.log import LogWriter
    from samovar.engine.sealing import LogStream, seal_months
    from samovar.engine.workspace import Workspace

    passed = 0
    def point():
        global passed
        passed += 1
        if passed == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)

    def around(owner, name):
        original = getattr(owner, name)
        def wrapped(*args, **kwargs):
            point()
            result = original(*args, **kwargs)
            point()
            return result
        setattr(owner, name, wrapped)

    for owner, name in [(os, "fsync"), (os, "replace"), (months.MonthWriter, "add"), (months.MonthWriter, "finish"),
                        (LogWriter, "seal"), (LogWriter, "clear_sealed")]:
        around(owner, name)
    workspace = Workspace.open(Path(sys.argv[1]))
    writer = LogWriter(workspace.log_path)
    list(seal_months(LogStream(workspace, writer), before_us=int(sys.argv[3]), applied=10**9))
    print("ended")
"""


def test_a_kill_at_any_point_loses_and_doubles_nothing(shop):
    before = everything(shop.reader)
    shop.writer.close()
    points = 0
    for point in range(1, 200):
        command = [sys.executable, "-c", textwrap.dedent(KILLED), str(shop.workspace.root), str(point), str(MARCH)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode in (0, -9), done.stderr
        assert everything(LogReader(shop.workspace.log_path)) == before
        if done.returncode == 0:
            break
        points += 1
    assert points >= 10
    assert shop.live() == A_MONTH


def test_what_is_appended_and_read_meanwhile_stays_in_order(shop):
    ended = threading.Event()
    seen: list[list[int]] = []

    def look() -> None:
        reader = LogReader(shop.workspace.log_path)
        while not ended.is_set():
            seen.append([row.offset for row in reader.read_span(0, 3 * A_MONTH)])

    looking = threading.Thread(target=look)
    looking.start()
    appended = []
    for n, _ in enumerate(shop.seal()):
        appended += shop.writer.append_now([Row(APRIL, "shop", "events", 1, None, body(n))])
    ended.set()
    looking.join()
    assert len(seen) > 2
    assert all(offsets == list(range(1, 3 * A_MONTH + 1)) for offsets in seen)
    assert [row.offset for row in shop.reader.read(3000, 10**6)] == appended == list(range(3001, 3001 + len(appended)))


def test_a_backup_taken_at_any_step_has_every_row(shop, tmp_path):
    before = everything(shop.reader)
    for n, _ in enumerate(shop.seal()):
        made = backups.backup(shop.workspace, tmp_path / f"out{n}", at_us=MARCH)
        assert made.log_offset == 3 * A_MONTH
        backups.restore(tmp_path / f"out{n}", tmp_path / f"back{n}")
        assert everything(LogReader(tmp_path / f"back{n}" / "log.sqlite3")) == before
    list(shop.seal(before_us=APRIL))
    assert backups.backup(shop.workspace, tmp_path / "out", at_us=MARCH).log_offset == 3 * A_MONTH


def test_a_missing_and_a_damaged_file_are_named_and_not_read_across(shop):
    list(shop.seal())
    path = shop.workspace.log_months_dir / "2026-02.1000-2000.parquet"
    content = path.read_bytes()
    path.write_bytes(content[:200] + bytes([content[200] ^ 1]) + content[201:])
    with pytest.raises(MonthUnreadable, match=path.name):
        LogReader(shop.workspace.log_path).read(0, 10**9)
    path.unlink()
    with pytest.raises(MonthUnreadable, match=path.name):
        LogReader(shop.workspace.log_path).read(0, 10**9)
    assert len(LogReader(shop.workspace.log_path).read(2000, 10**9)) == A_MONTH


def test_the_log_names_no_file_that_is_not_there(shop):
    with pytest.raises(ValueError, match="no blobs"):
        shop.writer.seal(1000, "blobs/months/log/2026-01.0-1000.parquet")
    assert shop.reader.sealed() == []
    assert shop.writer.clear_sealed() is False
    assert shop.live() == 3 * A_MONTH


def test_a_log_of_an_earlier_release_reads_as_it_did(shop):
    shop.writer.close()
    with sqlite3.connect(shop.workspace.log_path) as other:
        other.execute("DROP TABLE sealed")
        other.execute("PRAGMA user_version=1")
    other.close()
    reader = LogReader(shop.workspace.log_path)
    assert reader.last_offset() == 3 * A_MONTH
    writer = LogWriter(shop.workspace.log_path)
    list(shop.seal(keeper=writer))
    assert [row.offset for row in reader.read_span(0, 3 * A_MONTH)] == list(range(1, 3 * A_MONTH + 1))
    assert len(reader.sealed()) == 2
    writer.close()


def test_a_full_disk_leaves_no_file_and_no_note_and_passes(shop):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            list(shop.seal())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (shop.files(), shop.reader.sealed(), shop.live()) == ([], [], 3 * A_MONTH)
    list(shop.seal())
    assert (len(shop.reader.sealed()), shop.live()) == (2, A_MONTH)


@pytest.mark.parametrize(
    ("at", "back", "start"),
    [("2026-03-31T23:59", 0, "2026-03-01"), ("2026-01-15T10:00", 1, "2025-12-01"), ("2026-12-01T00:00", -1, "2027-01-01"),
     ("2026-02-03T00:00", 14, "2024-12-01")],
)  # fmt: skip
def test_months_begin_at_midnight_utc(at, back, start):
    assert month_start_us(parse_moment(at, UTC), back) == parse_moment(start, UTC)
    assert month_start_us(parse_moment(at, UTC)) % DAY_US == 0
