"""Files as columns of text. Each module reads one format into a `Staging`; `read` knows a file by what is in it.

Every value becomes the text a person would see in the cell; a number keeps the digits it was written with.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from django.utils.translation import gettext as _

from samovar.collect.imports.formats import csv_text, jsonl, parquet, xlsx
from samovar.collect.imports.mapping import Layout
from samovar.collect.imports.staging import Progress, Staging
from samovar.kit.errors import Refusal

Reader = Callable[[Path, Layout, Collection[str], Staging, Progress], None]
READERS: dict[str, Reader] = {"csv": csv_text.read, "xlsx": xlsx.read, "parquet": parquet.read, "jsonl": jsonl.read}


class UnreadableFile(Refusal):
    """A file that is absent, empty or of no known format."""


def detect(path: Path) -> str:
    """The format of a file, by its first bytes and then by its name. Raises `UnreadableFile`."""
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise UnreadableFile(
            "unreadable_file", _("%(path)s cannot be read: %(reason)s.") % {"path": path, "reason": error.strerror}, field="file"
        ) from error
    if not head:
        raise UnreadableFile("empty_file", _("%(path)s is empty.") % {"path": path}, field="file")
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    if head.startswith((b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"%PDF")):
        raise UnreadableFile(
            "unknown_format",
            _("%(path)s is not CSV, XLSX, Parquet or JSON Lines. Save it as one of these.") % {"path": path},
            field="file",
        )
    if path.suffix.lower() in (".jsonl", ".ndjson", ".json") or head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b'{"'):
        return "jsonl"
    return "csv"


def read(path: Path, layout: Layout, wanted: Collection[str], staging: Staging, progress: Progress) -> None:
    """Read a file into `staging`: raw rows and rows that cannot be read. `wanted` are the columns the mapping names."""
    READERS[detect(path)](path, layout, wanted, staging, progress)
    staging.flush_bad()
