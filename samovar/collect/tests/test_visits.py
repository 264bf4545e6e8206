"""Visits joined of views and visits, against a loop over each profile's day."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from samovar.collect.visits import GAP_US, VISITS, joined, views

times = st.integers(0, 12).map(lambda half: half * GAP_US // 2) | st.integers(0, 86_400_000_000)
piece = st.tuples(
    st.integers(1, 3), st.integers(100, 101), times, st.sampled_from([0, GAP_US // 2, 3 * GAP_US]), st.integers(1, 4)
)


def table(rows: list[dict]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=VISITS)


def by_hand(rows: list[dict]) -> list[dict]:
    found: list[dict] = []
    for row in sorted(rows, key=lambda r: (r["profile_id"], r["day"], r["time_us"], r["event_key"])):
        last = found[-1] if found else None
        if (
            last
            and (last["profile_id"], last["day"]) == (row["profile_id"], row["day"])
            and row["time_us"] - last["last_us"] <= GAP_US
        ):
            last["last_us"] = max(last["last_us"], row["last_us"])
            last["views"] += row["views"]
        else:
            found.append(dict(row))
    return found


@given(st.lists(piece, max_size=30))
def test_pieces_are_joined_where_no_gap_parts_them(pieces):
    rows = [
        {
            "profile_id": profile, "person_id": 7 * profile, "time_us": day * 86_400_000_000 + time_us,
            "last_us": day * 86_400_000_000 + time_us + length_us, "day": day, "event_key": key, "views": count,
        }
        for key, (profile, day, time_us, length_us, count) in enumerate(pieces)
    ]  # fmt: skip
    assert joined(table(rows)).to_pylist() == by_hand(rows)


def test_joining_again_changes_nothing_and_in_parts_gives_the_same():
    rows = [
        {"profile_id": 1, "person_id": 1, "time_us": at, "last_us": at, "day": 0, "event_key": at, "views": 1}
        for at in (0, GAP_US, 2 * GAP_US, 4 * GAP_US + 1)
    ]
    whole = joined(table(rows))
    assert [row["views"] for row in whole.to_pylist()] == [3, 1]
    assert joined(whole) == whole
    assert joined(pa.concat_tables([joined(table(rows[::2])), table(rows[1::2])])) == whole


def test_views_are_of_pages_and_screens_of_somebody():
    events = pa.table(
        {
            "profile_id": pa.array([1, None, 2, 3], pa.int64()), "kind": ["page", "page", "track", "screen"],
            "time_us": [5, 6, 7, 8], "day": pa.array([0, 0, 0, 0], pa.int32()), "event_key": [1, 2, 3, 4],
            "person_id": pa.array([1, None, 2, 9], pa.int64()),
        }
    )  # fmt: skip
    assert views(events).to_pylist() == [
        {"profile_id": 1, "person_id": 1, "time_us": 5, "last_us": 5, "day": 0, "event_key": 1, "views": 1},
        {"profile_id": 3, "person_id": 9, "time_us": 8, "last_us": 8, "day": 0, "event_key": 4, "views": 1},
    ]
