"""One sealed batch: a Parquet file of events on disk before anything names it.

Heads and lines arrive as two streams in the same order, so that a batch of any size is written in pieces; the lines of an
event are a list column, cut out of the stream of lines by offsets and never touched one by one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from samovar.collect.imports.mapping import IDENTIFIERS
from samovar.collect.imports.staging import Progress
from samovar.engine.workspace import sync_directory

HEADS = 10_000  # events in a row group: what the worker reads at a time
LINE = pa.struct(
    [
        ("line", pa.int32()), ("sku", pa.string()), ("name", pa.string()), ("category", pa.string()), ("brand", pa.string()),
        ("price_minor", pa.int64()), ("quantity", pa.int64()), ("amount_minor", pa.int64()),
    ]
)  # fmt: skip
SCHEMA = pa.schema(
    [
        ("type", pa.string()), ("event", pa.string()), ("message_id", pa.string()), ("time_us", pa.int64()),
        *((kind, pa.string()) for kind in IDENTIFIERS),
        ("traits", pa.string()), ("properties", pa.string()), ("line", pa.int64()),
        ("order_id", pa.string()), ("amount_minor", pa.int64()), ("currency", pa.string()), ("channel", pa.string()),
        ("lines", pa.list_(LINE)),
    ]
)  # fmt: skip


@dataclass
class LineStream:
    """Order lines in the order of their events; `take(n)` gives the next n as one array."""

    batches: Iterator[pa.RecordBatch]
    rest: pa.Table | None = None

    def take(self, count: int) -> pa.Table:
        parts, have = ([self.rest], self.rest.num_rows) if self.rest is not None else ([], 0)
        while have < count:
            parts.append(pa.Table.from_batches([next(self.batches)]))
            have += parts[-1].num_rows
        whole = pa.concat_tables(parts)
        self.rest = whole.slice(count)
        return whole.slice(0, count).combine_chunks()


def seal(
    path: Path, heads: Iterator[pa.RecordBatch], lines: Iterator[pa.RecordBatch] | None, total: int, progress: Progress
) -> int:
    """Write events to `path`, durable when it returns; the number of rows. A crash leaves only a file of another name."""
    temporary = path.with_name(f".{path.name}.part")
    stream = LineStream(lines) if lines is not None else None
    rows = 0
    with temporary.open("wb") as file:
        with pq.ParquetWriter(file, SCHEMA, compression="zstd", compression_level=1) as writer:
            for batch in heads:
                writer.write_table(_events(batch, stream), row_group_size=HEADS)
                rows += batch.num_rows
                progress("seal", rows, total)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_directory(path.parent)
    return rows


def _events(batch: pa.RecordBatch, stream: LineStream | None) -> pa.Table:
    columns = {name: batch.column(name) for name in batch.schema.names if name != "line_count"}
    if stream is not None:
        columns["lines"] = _lists(batch.column("line_count").to_numpy(), stream)
    empty = {field.name: pa.nulls(batch.num_rows, field.type) for field in SCHEMA if field.name not in columns}
    return pa.table([({**columns, **empty})[name] for name in SCHEMA.names], names=SCHEMA.names).cast(SCHEMA)


def _lists(counts: np.ndarray[tuple[int], np.dtype[np.int32]], stream: LineStream) -> pa.Array:
    """The lines of each event as a list, numbered from 1 within it; null for an event without lines."""
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    total = int(offsets[-1])
    if total == 0:
        return pa.nulls(len(counts), pa.list_(LINE))
    table = stream.take(total)
    numbers = np.arange(total, dtype=np.int32) - np.repeat(offsets[:-1], counts) + 1
    texts = {name: table.column(name).combine_chunks() for name in table.column_names}
    arrays = [pa.array(numbers) if field.name == "line" else _flat(texts[field.name]).cast(field.type) for field in LINE]
    items = pa.StructArray.from_arrays(arrays, fields=list(LINE))
    return pa.ListArray.from_arrays(pa.array(offsets), items, mask=pa.array(counts == 0))


def _flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column


def remove_parts(folder: Path) -> None:
    """Delete what a crash left half written."""
    for path in folder.glob(".*.part"):
        path.unlink(missing_ok=True)
