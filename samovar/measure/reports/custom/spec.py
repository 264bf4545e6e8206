"""What a report of one's own asks for, read from texts: parts to group by, measures, the order of rows. Pure; what names mean is
not asked here.

Several of a kind are written one after another with semicolons: `month; person.city`. Text in quotes is never cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

TIMES = ("day", "week", "month", "quarter", "year", "weekday", "hour")
RUNNING = TIMES[:5]  # those that follow one another along a calendar
PLAIN = ("count", "people", "days")
OF_FIELD = ("sum", "avg", "median", "min", "max", "distinct")
PARTS_MAX, MEASURES_MAX = 3, 12
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|.', re.DOTALL)
_OF_FIELD = re.compile(rf"({'|'.join(OF_FIELD)})\s*\((.+)\)\Z", re.DOTALL)
_SHARE = re.compile(r"share\s+of\s+", re.IGNORECASE)
_ORDER = re.compile(r"\s+(asc|desc)\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """What rows are parted by: `time` of the row by `text` of `TIMES`, its `field`, or a `figure` or attribute of the person."""

    kind: Literal["time", "field", "person"]
    text: str

    @property
    def name(self) -> str:
        """What the column is called, and how the part is written."""
        return f"person.{self.text}" if self.kind == "person" else self.text


@dataclass(frozen=True)
class Basic:
    """An aggregate over the rows: `count`, `people` and `days` alone, others of a `field`."""

    function: str
    field: str = ""

    @property
    def text(self) -> str:
        """How it is written."""
        return f"{self.function}({self.field})" if self.field else self.function


@dataclass(frozen=True)
class Measure:
    """An aggregate; its share of that of all rows; or one divided by another, `per`."""

    basic: Basic
    is_share: bool = False
    per: Basic | None = None

    @property
    def text(self) -> str:
        """How it is written."""
        if self.is_share:
            return f"share of {self.basic.text}"
        return f"{self.basic.text} / {self.per.text}" if self.per else self.basic.text

    @property
    def name(self) -> str:
        """What the column is called, before `_minor` of money."""
        return re.sub(r"\W+", "_", self.text.replace("/", "per")).strip("_").lower()

    def basics(self) -> list[Basic]:
        """The aggregates it is made of."""
        return [self.basic, self.per] if self.per else [self.basic]


@dataclass(frozen=True)
class Order:
    """By the text of a part or a measure; empty for the order that fits the report."""

    by: str = ""
    is_descending: bool = True


def split(text: str, mark: str = ";") -> list[str]:
    """The pieces between marks that stand in no quotes, without those that are empty."""
    pieces = [""]
    for piece in _PIECE.findall(text):
        if piece == mark:
            pieces.append("")
        else:
            pieces[-1] += piece
    return [stripped for piece in pieces if (stripped := piece.strip())]


def parts(text: str) -> tuple[Part, ...]:
    """Up to `PARTS_MAX` parts, none twice. Raises ValueError."""
    return _several(text, _part, PARTS_MAX)


def measures(text: str) -> tuple[Measure, ...]:
    """Up to `MEASURES_MAX` measures, none twice. Raises ValueError."""
    found = _several(text, _measure, MEASURES_MAX)
    if not found:
        raise ValueError(text)
    return found


def order(text: str) -> Order:
    """`sum(amount)`, `month asc`: from the greatest, unless it says otherwise."""
    text = text.strip()
    match = _ORDER.search(text)
    return Order(text[: match.start()] if match else text, match is None or match[1].lower() == "desc")


def joined(several: Sequence[Part] | Sequence[Measure]) -> str:
    """Parts or measures as they are written."""
    return "; ".join(one.name if isinstance(one, Part) else one.text for one in several)


Found = TypeVar("Found", Part, Measure)


def _several(text: str, read: Callable[[str], Found], most: int) -> tuple[Found, ...]:
    found = tuple(read(piece) for piece in split(text))
    if len(found) > most or len(set(found)) < len(found):
        raise ValueError(text)
    return found


def _part(text: str) -> Part:
    if text.lower() in TIMES:
        return Part("time", text.lower())
    if text.startswith("person."):
        if not (figure := text.removeprefix("person.").strip()):
            raise ValueError(text)
        return Part("person", figure)
    return Part("field", text)


def _measure(text: str) -> Measure:
    if share := _SHARE.match(text):
        return Measure(_basic(text[share.end() :]), is_share=True)
    pieces = split(text, "/")
    if len(pieces) > 2:
        raise ValueError(text)
    return Measure(_basic(pieces[0]), per=_basic(pieces[1]) if len(pieces) == 2 else None)


def _basic(text: str) -> Basic:
    text = text.strip()
    if text.lower() in PLAIN:
        return Basic(text.lower())
    match = _OF_FIELD.match(text)
    if match is None:
        raise ValueError(text)
    return Basic(match[1], match[2].strip())
