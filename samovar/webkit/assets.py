"""Static files with a version in their address, so that a browser keeps them and still gets a new one at once."""

from __future__ import annotations

import functools
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage

from samovar.kit.hashing import hash64


@functools.cache
def _version(name: str) -> str:
    path = finders.find(name)
    return f"{hash64(Path(path).read_bytes().hex()) & 0xFFFFFFFF:08x}" if isinstance(path, str) else "0"


class VersionedFiles(StaticFilesStorage):
    """`{% static "built/office.js" %}` becomes `/static/built/office.js?v=1a2b3c4d`."""

    def url(self, name: str | None) -> str:
        return f"{super().url(name)}?v={_version(name or '')}"
