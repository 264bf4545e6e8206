"""Texts for people: what the sources say in English and what each room's Russian catalogue has for it.

A room's catalogue is `samovar/<room>/locale/ru/LC_MESSAGES/django.po`. Everything here is Python: no gettext programs are needed.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

from tools.tree import ROOT

PACKAGE = ROOT / "samovar"
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
Key = tuple[str, str]  # (context, English singular)


@dataclass
class Text:
    """One English text, its plural if it has one, and the places that say it."""

    singular: str
    plural: str = ""
    context: str = ""
    places: list[str] = field(default_factory=list)


def rooms() -> list[Path]:
    """Folders of the package that may have texts of their own."""
    return sorted(path for path in PACKAGE.iterdir() if path.is_dir() and (path / "__init__.py").exists())


def catalogue_path(room: Path) -> Path:
    """Where a room's Russian stands."""
    return room / "locale" / "ru" / "LC_MESSAGES" / "django.po"


def read_catalogue(room: Path) -> Catalog:
    """A room's catalogue; an empty one when it has none."""
    path = catalogue_path(room)
    if not path.exists():
        return Catalog(locale="ru", project="Samovar", fuzzy=False)
    with path.open("rb") as stream:
        return read_po(stream, locale="ru")


def texts(room: Path) -> dict[Key, Text]:
    """All texts a room's Python and templates say."""
    found: dict[Key, Text] = {}
    for path in _sources(room):
        for line, message, context in _messages(path):
            singular, plural = message if isinstance(message, tuple) else (message, "")
            if not singular:
                continue
            text = found.setdefault((context or "", singular), Text(singular, plural, context or ""))
            text.plural = text.plural or plural
            text.places.append(f"{path.relative_to(ROOT)}:{line}")
    return found


def _sources(room: Path) -> Iterator[Path]:
    for path in sorted(room.rglob("*")):
        inside = path.relative_to(room).parts
        if "tests" in inside or "migrations" in inside or "static" in inside or "__pycache__" in inside:
            continue
        if path.suffix in (".py", ".html", ".txt") and path.is_file():
            yield path


def _messages(path: Path) -> Iterator[tuple[int, str | tuple[str, str], str | None]]:
    source = path.read_text()
    if path.suffix != ".py":
        source = templatize(source, origin=str(path))
    for line, message, _comments, context in extract("python", io.BytesIO(source.encode()), keywords=KEYWORDS):
        yield line, message, context
