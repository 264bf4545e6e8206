"""One file through its mapping, up to the events it makes: what an import, a dry run and a replay have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from samovar.collect.imports import formats, orders, records, rows
from samovar.collect.imports.mapping import IDENTIFIERS, Mapping
from samovar.collect.imports.sealing import seal
from samovar.collect.imports.staging import Progress, Staging
from samovar.engine.workspace import Workspace
from samovar.kit.clock import Zone

REFUSED_BATCH = 5_000
SAMPLES = 5
ERRORS_SHOWN = 20
LOOK_BYTES = 1 << 18  # a multiple of four, so that no letter of a wide encoding is cut


class Figures(msgspec.Struct, frozen=True):
    """What a file holds. `orders` are of known people, `returns` of all; rows_read = rows accepted + `quarantined`."""

    rows_read: int = 0
    orders: int = 0
    anonymous_orders: int = 0
    order_lines: int = 0
    returns: int = 0
    return_lines: int = 0
    cancellations: int = 0
    people: int = 0
    consents: int = 0
    events: int = 0
    goods: int = 0
    records: int = 0
    customers: int = 0
    quarantined: int = 0


@dataclass(frozen=True)
class Rehearsal:
    """What an import would do: the figures, what is in each column, the first rows it would refuse."""

    figures: Figures
    columns: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)


def reading_of(mapping: Mapping, workspace: Workspace, at_us: int) -> rows.Reading:
    """What judging a file of this mapping depends on."""
    zone = Zone(mapping.times.zone) if mapping.times.zone else workspace.zone
    return rows.Reading(mapping, zone, workspace.currency, at_us)


def read_file(staging: Staging, path: Path, reading: rows.Reading, progress: Progress) -> set[str]:
    """Read and judge a file; the targets that have a column or a constant."""
    mapping = reading.mapping
    wanted = list(dict.fromkeys([*mapping.columns, *(consent.column for consent in mapping.consents)]))
    formats.read(path, mapping.file, wanted, staging, progress)
    return judge(staging, reading, progress)


def judge(staging: Staging, reading: rows.Reading, progress: Progress) -> set[str]:
    """Judge the raw rows that stand in `staging`."""
    total = staging.count("SELECT count(*) FROM raw")
    progress("judge", 0, total)
    texts = rows.prepare(staging, reading)
    rows.judge(staging, reading, texts)
    progress("judge", total, total)
    return set(texts)


def build(staging: Staging, reading: rows.Reading, have: set[str], sealed: Sequence[Path], *, all_new: bool = False) -> int:
    """Make the events to seal, leaving out what the earlier batches brought; their number."""
    if reading.mapping.kind == "orders":
        orders.build(staging, reading, have, sealed, all_new=all_new)
    else:
        records.build(staging, reading, have, sealed)
    return staging.count("SELECT count(*) FROM heads")


def seal_events(staging: Staging, mapping: Mapping, path: Path, total: int, progress: Progress) -> int:
    """Write the events to a sealed file; durable when it returns."""
    if mapping.kind == "orders":
        lines = staging.batches(orders.LINES_SQL, 50_000)
        return seal(path, staging.batches(orders.HEADS_SQL, 10_000), lines, total, progress)
    return seal(path, staging.batches(records.HEADS_SQL, 10_000), None, total, progress)


def figures(staging: Staging, mapping: Mapping) -> Figures:
    """Count what the file holds, whether or not an earlier batch brought it."""
    accepted = staging.count("SELECT count(*) FROM judged WHERE reason IS NULL")
    refused = staging.count("SELECT (SELECT count(*) FROM judged WHERE reason IS NOT NULL) + (SELECT count(*) FROM bad)")
    known = f"coalesce({', '.join(kind for kind in IDENTIFIERS if kind != 'anonymous_id')})"
    common = {
        "rows_read": accepted + refused,
        "quarantined": refused,
        "customers": staging.count(f"SELECT count(DISTINCT {known}) FROM judged WHERE reason IS NULL"),
    }
    if mapping.kind == "orders":
        return Figures(**common, **_order_figures(staging))
    consents = " + ".join(f"count(consent{place})" for place in range(len(mapping.consents)))
    said = staging.count(f"SELECT {consents} FROM judged WHERE reason IS NULL") if consents else 0
    return Figures(**common, consents=said, **{mapping.kind: accepted})


def _order_figures(staging: Staging) -> dict[str, int]:
    nobody = " AND ".join(f"{kind} IS NULL" for kind in IDENTIFIERS)
    row = staging.rows(f"""
        SELECT count(*) FILTER (verb = 'completed' AND NOT ({nobody})), count(*) FILTER (verb = 'completed' AND {nobody}),
               coalesce(sum(lines) FILTER (verb = 'completed'), 0), count(*) FILTER (verb = 'refunded'),
               coalesce(sum(lines) FILTER (verb = 'refunded'), 0), count(*) FILTER (verb = 'cancelled')
        FROM groups_timed""")[0]
    names = ("orders", "anonymous_orders", "order_lines", "returns", "return_lines", "cancellations")
    return {name: int(value) for name, value in zip(names, row, strict=True)}


def refused_rows(staging: Staging, mapping: Mapping) -> Iterator[dict[str, Any]]:
    """Every refused row in the order of the file: `line`, `reason`, `field`, `detail`, `raw` (column → text, or one text)."""
    cells = ", ".join(f"raw.c{place}" for place in range(len(staging.header)))
    empty = ", ".join("NULL" for _name in staging.header)
    query = f"""
        SELECT line, judged.reason, judged.field, CAST('' AS VARCHAR) AS detail, CAST(NULL AS VARCHAR) AS text, {cells}
        FROM raw JOIN judged USING (line) WHERE judged.reason IS NOT NULL
        UNION ALL SELECT line, reason, '', detail, text, {empty} FROM bad ORDER BY line
    """
    names = _field_names(mapping)
    for batch in staging.batches(query, REFUSED_BATCH):
        for line, reason, where, detail, text, *values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            raw = dict(zip(staging.header, values, strict=True)) if text is None else _uncut(reason, text, staging.header)
            yield {"line": line, "reason": reason, "field": names.get(where, where), "detail": detail or "", "raw": raw}


def _uncut(reason: str, text: str, header: Sequence[str]) -> Any:
    """What is kept of a row that was never staged: its cells as far as they go for half a row, else its text."""
    return dict(zip_longest(header, text.split("\t")[: len(header)])) if reason == "half_row" else text


def _field_names(mapping: Mapping) -> dict[str, str]:
    """The house's column names → the file's, so that a person finds the cell at fault."""
    columns = mapping.sources_of()
    bags = {f"bag{place}": columns.get(target, target) for place, target in enumerate(mapping.bag_names())}
    return {**columns, **bags, **{f"consent{place}": consent.column for place, consent in enumerate(mapping.consents)}}


def look(workspace: Workspace, path: Path, mapping: Mapping) -> list[dict[str, Any]]:
    """The columns of a file with samples, from its beginning where the format can be cut. Raises `Refusal`."""
    head = path
    with TemporaryDirectory(dir=workspace.temp_dir) as folder:
        if formats.detect(path) in ("csv", "jsonl") and path.stat().st_size > LOOK_BYTES:
            head = Path(folder) / f"head{path.suffix}"
            with path.open("rb") as stream:
                head.write_bytes(stream.read(LOOK_BYTES))
        with Staging(workspace.temp_dir, readable=[head.absolute()]) as staging:
            formats.read(head.absolute(), mapping.file, (), staging, lambda stage, done, total: None)
            return describe_columns(staging, mapping)


def describe_columns(staging: Staging, mapping: Mapping | None) -> list[dict[str, Any]]:
    """For each column of the file: its name, a few of its values, how many rows are empty, and what it becomes."""
    becomes: dict[str, list[str]] = {}
    for target, column in mapping.sources_of().items() if mapping else ():
        becomes.setdefault(column, []).append(target)
    told = []
    for place, name in enumerate(staging.header):
        samples = staging.rows(
            f"SELECT arg_min(c{place}, line) FROM raw WHERE c{place} IS NOT NULL AND trim(c{place}) <> '' "
            f"GROUP BY c{place} ORDER BY min(line) LIMIT {SAMPLES}"
        )
        empty = staging.count(f"SELECT count(*) FROM raw WHERE c{place} IS NULL OR trim(c{place}) = ''")
        told.append(
            {"name": name, "samples": [value[:100] for (value,) in samples], "empty": empty, "becomes": becomes.get(name, [])}
        )
    return told
