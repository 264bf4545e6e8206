"""Parquet, read by DuckDB itself. The line of a row is its number in the file, from 1."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from django.utils.translation import gettext as _

from samovar.collect.imports.formats import header as headers
from samovar.collect.imports.mapping import Layout
from samovar.collect.imports.staging import Progress, Staging
from samovar.kit.errors import Refusal


class BadParquet(Refusal):
    """A file that begins as Parquet and cannot be read."""


def read(path: Path, layout: Layout, wanted: Collection[str], staging: Staging, progress: Progress) -> None:
    """Read a Parquet file into `staging`. Raises `BadParquet`, `headers.BadHeader`."""
    try:
        total = pq.read_metadata(path).num_rows
        # A column is known by its place: its name, which a stranger wrote, stays out of the query.
        names = pq.read_schema(path).names
        staging.open_table(headers.clean(names))
        places = ", ".join(f"c{place}" for place in range(len(names)))
        texts = ", ".join(f"CAST(c{place} AS VARCHAR)" for place in range(len(names)))
        staging.run(
            f"INSERT INTO raw SELECT row_number + 1, {texts} "
            f"FROM read_parquet(?, file_row_number = true) AS t({places}, row_number)",
            [str(path)],
        )
    except (pa.ArrowException, duckdb.Error, OSError) as error:
        raise BadParquet("bad_parquet", _("%(name)s is a damaged Parquet file.") % {"name": path.name}, field="file") from error
    progress("read", total, total)
