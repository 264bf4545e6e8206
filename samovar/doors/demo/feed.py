"""The shop's events on their way through the log: sealed batches in time order, as a shop's own export would send them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from samovar.doors.demo.acts import Slice
from samovar.doors.demo.people import Bools
from samovar.doors.demo.render import SOURCE, aliases, sealed
from samovar.engine.log import Row
from samovar.engine.workspace import Workspace, sync_directory

BATCH_ROWS = 200_000
GROUP_ROWS = 10_000  # what the worker takes at once: a larger group would be read more than once


def between(pieces: Iterable[Slice], from_us: int, until_us: int) -> pa.Table:
    """The events of some slices with from_us <= time < until_us, in time order, repeats included."""

    def inside(piece: Slice) -> Bools:
        return (piece.events.time_us >= from_us) & (piece.events.time_us < until_us)

    return in_time(pa.concat_tables([sealed(piece, inside(piece)) for piece in pieces]))


def aliases_between(pieces: Iterable[Slice], from_us: int, until_us: int, *, at_us: int) -> list[Row]:
    """A log row with the aliases of these days, to follow the sealed batches; none when there are none."""
    told = [
        event
        for piece in pieces
        for event in aliases(piece, (piece.events.time_us >= from_us) & (piece.events.time_us < until_us))
    ]
    told.sort(key=lambda event: event["timestamp"])
    return [Row(at_us, SOURCE, "events", len(told), None, json.dumps(told).encode())] if told else []


def in_time(events: pa.Table) -> pa.Table:
    """Sealed rows sorted by time; equal times keep their order."""
    return events.take(pc.array_sort_indices(events.column("time_us").combine_chunks()))


def seal(workspace: Workspace, name: str, events: pa.Table, *, at_us: int) -> Iterator[Row]:
    """Write events into sealed files named after `name`; yield the log row of each once its file is on disk."""
    for number, start in enumerate(range(0, events.num_rows, BATCH_ROWS)):
        part = events.slice(start, BATCH_ROWS)
        file = f"{name}-{number:04d}.parquet"
        temporary = workspace.sealed_dir / f".{file}.tmp"
        with temporary.open("wb") as stream:
            pq.write_table(part, stream, row_group_size=GROUP_ROWS, compression="zstd")
            stream.flush()
            os.fsync(stream.fileno())
        temporary.rename(workspace.sealed_dir / file)
        sync_directory(workspace.sealed_dir)
        body = json.dumps({"file": file, "rows": part.num_rows, "source": SOURCE, "import_id": None}).encode()
        yield Row(at_us, SOURCE, "sealed", part.num_rows, None, body)
