"""Old days are put in the order of their customers without a row changing, whenever it is cut off."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from samovar.engine.warehouse import sorting
from samovar.engine.warehouse.owner import Warehouse
from samovar.engine.workspace import Workspace

PEOPLE, DAYS = 97, 20
# Sorts everything of a small house, as often as it is left to.
SORT = """
import sys
from pathlib import Path
from samovar.engine.warehouse import sorting
from samovar.engine.warehouse.owner import Warehouse
from samovar.engine.workspace import Workspace
sorting.STRETCH_ROWS, sorting.SLICE_ROWS = 20_000, 500
warehouse = Warehouse(Workspace.open(Path(sys.argv[1])))
print("open", flush=True)
for stretch in sorting.due(warehouse.loop, "events", 20):
    for _ in sorting.sort(warehouse.loop, stretch):
        pass
    warehouse.checkpoint()
print("done", flush=True)
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "w", currency="RUB", timezone="Europe/Moscow", at_us=0)


@pytest.fixture
def warehouse(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Warehouse]:
    monkeypatch.setattr(sorting, "STRETCH_ROWS", 400)
    monkeypatch.setattr(sorting, "SLICE_ROWS", 100)
    monkeypatch.setattr(sorting, "LATE_ROWS", 50)
    monkeypatch.setattr(sorting, "MOVED_ROWS", 40)
    owned = Warehouse(workspace)
    yield owned
    owned.close()


def fill(warehouse: Warehouse, rows: int, first: int = 0) -> None:
    """Events in the order of time over `DAYS` days, one in eleven of nobody's."""
    warehouse.loop.execute(
        f"""
        INSERT INTO events SELECT who, who, 'Page', 'page', i, (i * {DAYS}) // {rows}, hash(i) >> 1, 's', 'm' || i, NULL, i, i
        FROM (SELECT i, CASE WHEN i % 11 > 0 THEN 1 + i * 31 % {PEOPLE} END AS who
              FROM range({first}, {first + rows}) t(i)) ORDER BY i
        """
    )


def rows_of(warehouse: Warehouse) -> list[tuple[object, ...]]:
    return list(warehouse.loop.execute("SELECT * FROM events ORDER BY ALL").fetchall())


def steps(warehouse: Warehouse, before_day: int = DAYS) -> int:
    return sum(1 for stretch in sorting.due(warehouse.loop, "events", before_day) for _ in sorting.sort(warehouse.loop, stretch))


def descents(warehouse: Warehouse, last_day: int) -> int:
    """How often a row lies behind one of a later person."""
    return int(
        warehouse.loop.execute(
            "SELECT count(*) FROM (SELECT person_id < lag(person_id) OVER (ORDER BY rowid) AS falls FROM events "
            "WHERE day <= ? AND person_id IS NOT NULL) WHERE falls",
            [last_day],
        ).fetchall()[0][0]
    )


@pytest.mark.parametrize(
    ("rows", "least", "found"),
    [
        ([], 10, []),
        ([4, 5], 10, []),
        ([4, 6], 10, [(0, 1)]),
        ([10, 10, 9], 10, [(0, 0), (1, 2)]),
        ([3, 90, 3, 8, 1], 10, [(0, 1), (2, 4)]),
    ],
)
def test_parts_hold_the_least_and_leave_nothing_over(rows: list[int], least: int, found: list[tuple[int, int]]) -> None:
    assert sorting.parts(np.array(rows, dtype=np.int64), least) == found


def test_sorting_changes_the_order_and_nothing_else(warehouse: Warehouse) -> None:
    fill(warehouse, 2_200)
    before = rows_of(warehouse)
    stretches = sorting.due(warehouse.loop, "events", 15)
    assert [(s.first_day, s.last_day, s.rows) for s in stretches] == [(0, 3, 400), (4, 7, 400), (8, 14, 700)]
    assert (descents(warehouse, 14) > 300, steps(warehouse, 15) > 9) == (True, True)
    assert rows_of(warehouse) == before
    assert descents(warehouse, 14) == 2, "one fall from each stretch to the next"
    assert sorting.due(warehouse.loop, "events", 15) == []


def test_days_with_too_few_rows_wait_for_others(warehouse: Warehouse) -> None:
    fill(warehouse, 2_200)
    assert sorting.due(warehouse.loop, "events", 3) == []
    steps(warehouse, 6)
    assert sorting.due(warehouse.loop, "events", 9) == []
    [later] = sorting.due(warehouse.loop, "events", 10)
    assert (later.first_day, later.last_day) == (6, 9)


def test_late_rows_lie_outside_until_there_are_many(warehouse: Warehouse) -> None:
    fill(warehouse, 2_200)
    steps(warehouse)
    late = "INSERT INTO events SELECT * REPLACE ('late' AS message_id) FROM events WHERE day = 2 AND person_id > 0 LIMIT {}"
    warehouse.loop.execute(late.format(49))
    assert sorting.due(warehouse.loop, "events", DAYS) == []
    warehouse.loop.execute(late.format(1))
    before = rows_of(warehouse)
    [again] = sorting.due(warehouse.loop, "events", DAYS)
    assert (again.first_day, again.last_day, again.rows) == (0, 3, 450)
    steps(warehouse)
    assert (rows_of(warehouse) == before, sorting.due(warehouse.loop, "events", DAYS)) == (True, [])


def test_a_stretch_whose_people_were_merged_is_sorted_again(warehouse: Warehouse) -> None:
    fill(warehouse, 2_200)
    steps(warehouse)
    warehouse.loop.execute("UPDATE events SET person_id = 1 WHERE person_id = 90 AND day < 4")
    assert sorting.due(warehouse.loop, "events", DAYS) == [], "a few rows are not worth it"
    warehouse.loop.execute("UPDATE events SET person_id = 1 WHERE person_id BETWEEN 80 AND 95 AND day < 4")
    [again] = sorting.due(warehouse.loop, "events", DAYS)
    [(moved,)] = warehouse.loop.execute("SELECT count(*) FROM events WHERE person_id <> profile_id").fetchall()
    assert (again.first_day, again.moved) == (0, moved)
    before = rows_of(warehouse)
    steps(warehouse)
    assert (rows_of(warehouse) == before, descents(warehouse, 3), sorting.due(warehouse.loop, "events", DAYS)) == (True, 0, [])


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([400] * 7, []),
        ([400] * 7 + [790], [(0, 7)]),
        ([400] * 17, [(0, 7), (8, 15)]),
        ([3_200] + [400] * 8, [(1, 8)]),
        ([400] * 4 + [3_200] + [400] * 4, []),
        ([3_200] * 8, [(0, 7)]),
        ([3_200] * 7 + [25_600], []),
    ],
)
def test_neighbours_are_as_many_of_one_size_as_become_one(
    rows: list[int], found: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorting, "STRETCH_ROWS", 400)
    assert sorting._neighbours([(day, day, many) for day, many in enumerate(rows)]) == found


def test_many_stretches_become_one_that_waits_for_as_many_late_rows(warehouse: Warehouse) -> None:
    fill(warehouse, 8_800)
    steps(warehouse, 18)
    assert descents(warehouse, 17) == 17, "a stretch is a day"
    before = rows_of(warehouse)
    merged = sorting.due(warehouse.loop, "events", 18)
    assert [(s.first_day, s.last_day, s.rows) for s in merged] == [(0, 7, 3_200), (8, 15, 3_200)]
    assert sorting.due(warehouse.loop, "events", 0) == [], "before the days that are sorted there is nothing"
    steps(warehouse, 18)
    assert (rows_of(warehouse) == before, sorting.due(warehouse.loop, "events", 18)) == (True, [])
    assert descents(warehouse, 17) == 3, "two of eight days and two of one"
    noted = warehouse.loop.execute("SELECT first_day, last_day FROM stretches ORDER BY first_day").fetchall()
    assert noted == [(0, 7), (8, 15), (16, 16), (17, 17)]
    late = "INSERT INTO events SELECT * REPLACE ('late' AS message_id) FROM events WHERE day = 2 AND person_id > 0 LIMIT {}"
    warehouse.loop.execute(late.format(399))
    assert sorting.due(warehouse.loop, "events", 18) == []
    warehouse.loop.execute(late.format(1))
    assert [(s.first_day, s.last_day) for s in sorting.due(warehouse.loop, "events", 18)] == [
        (0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7),
    ]  # fmt: skip


def test_a_step_that_fails_leaves_its_rows_where_they_were(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(cursor: object, stretch: object) -> None:
        raise OSError("disk full")

    fill(warehouse, 2_200)
    before = rows_of(warehouse)
    with monkeypatch.context() as patch, pytest.raises(OSError, match="disk full"):
        patch.setattr(sorting, "_note", fail)
        steps(warehouse)
    assert (rows_of(warehouse), warehouse.loop.execute("SELECT * FROM stretches").fetchall()) == (before, [])
    steps(warehouse)
    assert (rows_of(warehouse), sorting.due(warehouse.loop, "events", DAYS)) == (before, [])


def test_a_question_about_one_customer_skips_groups_of_sorted_days(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorting, "STRETCH_ROWS", 4 * sorting.GROUP_ROWS)
    monkeypatch.setattr(sorting, "SLICE_ROWS", 2 * sorting.GROUP_ROWS)
    fill(warehouse, 5 * sorting.GROUP_ROWS)
    warehouse.checkpoint()
    assert _groups_with(warehouse, 50) == (5, 5)
    steps(warehouse)
    warehouse.checkpoint()
    holding, all_groups = _groups_with(warehouse, 50)
    assert holding <= 3 < all_groups, "the rows of nobody, the group in which the person lies, and one beside it"


def _groups_with(warehouse: Warehouse, person: int) -> tuple[int, int]:
    """How many row groups may hold a person by their least and greatest, and how many there are."""
    groups = warehouse.loop.execute(
        "SELECT min((stats.min)::BIGINT), max((stats.max)::BIGINT) FROM pragma_storage_info('events') "
        "WHERE column_name = 'person_id' AND segment_type = 'BIGINT' GROUP BY row_group_id"
    ).fetchall()
    return sum(least <= person <= greatest for least, greatest in groups if least is not None), len(groups)


def test_a_kill_at_any_moment_loses_nothing(workspace: Workspace) -> None:
    warehouse = Warehouse(workspace)
    fill(warehouse, 30_000)
    before = rows_of(warehouse)
    warehouse.close()
    for wait_s in (0.0, 0.02, 0.06, 0.15, 0.3, None):
        sorter = subprocess.Popen([sys.executable, "-c", SORT, str(workspace.root)], stdout=subprocess.PIPE, text=True)
        assert sorter.stdout is not None
        assert sorter.stdout.readline() == "open\n"
        if wait_s is not None:
            time.sleep(wait_s)
            sorter.send_signal(signal.SIGKILL)
        else:
            assert sorter.stdout.readline() == "done\n"
        sorter.wait()
        sorter.stdout.close()
        warehouse = Warehouse(workspace)
        assert rows_of(warehouse) == before
        is_noted = bool(warehouse.loop.execute("SELECT 1 FROM stretches").fetchall())
        warehouse.close()
    assert is_noted
