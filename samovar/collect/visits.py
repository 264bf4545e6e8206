"""Visits of profiles: page and screen views with no gap over 30 minutes, within one local day. Pure.

A visit can be lengthened without its views, because they all lie between its first and its last.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from samovar.kit.clock import MINUTE_US

GAP_US = 30 * MINUTE_US
VISITS = pa.schema(
    [
        ("profile_id", pa.int64()), ("person_id", pa.int64()), ("time_us", pa.int64()), ("last_us", pa.int64()),
        ("day", pa.int32()), ("event_key", pa.int64()), ("views", pa.int32()),
    ]
)  # fmt: skip
_SPAN_US = 1 << 38  # longer than any local day and a gap: three days
_VIEWS = pa.array(["page", "screen"])


def views(events: pa.Table) -> pa.Table:
    """The page and screen views among events as visits of one view each; those of nobody are left out."""
    is_view = pc.and_(pc.is_in(events.column("kind"), value_set=_VIEWS), pc.is_valid(events.column("profile_id")))
    found = events.filter(is_view)
    found = found.append_column("last_us", found.column("time_us"))
    return found.append_column("views", pa.array(np.ones(found.num_rows, np.int32))).select(VISITS.names)


def joined(pieces: pa.Table) -> pa.Table:
    """Visits and views, `VISITS`, of whole days of profiles in any order, joined where no gap parts them."""
    if not pieces.num_rows:
        return pieces
    order = pc.sort_indices(pieces, [(name, "ascending") for name in ("profile_id", "day", "time_us", "event_key")])
    pieces = pieces.take(order)
    column = {name: pieces.column(name).to_numpy() for name in VISITS.names}
    is_first = np.ones(pieces.num_rows, np.bool_)  # of its profile's day
    is_first[1:] = (np.diff(column["profile_id"]) != 0) | (np.diff(column["day"]) != 0)
    # Groups one after another on one axis of time, so that one running maximum serves all.
    group = np.cumsum(is_first) - 1
    shift = group * _SPAN_US - column["time_us"][is_first][group]
    latest = np.maximum.accumulate(column["last_us"] + shift)
    begins = is_first.copy()
    begins[1:] |= column["time_us"][1:] + shift[1:] - latest[:-1] > GAP_US
    firsts = np.flatnonzero(begins)
    visits = {
        **{name: column[name][firsts] for name in ("profile_id", "person_id", "time_us", "day", "event_key")},
        "last_us": np.maximum.reduceat(column["last_us"], firsts), "views": np.add.reduceat(column["views"], firsts),
    }  # fmt: skip
    return pa.table([pa.array(visits[name], kind) for name, kind in zip(VISITS.names, VISITS.types, strict=True)], VISITS)
