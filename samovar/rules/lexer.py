"""Text into tokens, each with its line and column (from 1, in characters)."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Literal, NamedTuple

from samovar.kit.numbers import SCALE
from samovar.kit.text import normal
from samovar.rules.errors import RuleError
from samovar.rules.tree import TEXT_BYTES_MAX, Place

NUMBER_MAX = Decimal(9 * 10**14)  # times 10,000 it still fits in int64, and as pennies too
PLACES_MAX = 4

# Words that begin or join conditions: as names they must be quoted.
_JOINING = ("and", "or", "not", "in", "between", "contains", "starts", "ends", "is", "true", "false", "where")
_OPENING = ("since", "from", "before", "this", "previous", "did", "then", "within", "entered")
RESERVED = frozenset((*_JOINING, *_OPENING))

TokenKind = Literal["name", "text", "number", "date", "symbol", "end"]


class Token(NamedTuple):
    """`text` is what was written; `value` what it means."""

    kind: TokenKind
    text: str
    value: str | Decimal | dt.date
    place: Place

    @property
    def word(self) -> str:
        """The token as a keyword: lower case for a name, nothing for a quoted text."""
        return self.text.lower() if self.kind == "name" else self.text if self.kind == "symbol" else ""


_TOKEN = re.compile(
    r"""
    (?P<space>\s+|\#[^\n]*)
  | (?P<date>\d{4}-\d{2}-\d{2}(?![\w.]))
  | (?P<number>\d+(?:\.\d+)?(?![\w]))
  | (?P<name>[^\W\d]\w*)
  | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<symbol><=|>=|!=|[=<>(),.+\-*/])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def tokens(text: str) -> list[Token]:
    """All tokens, the last of kind `end`. Raises `RuleError` at the first character that makes none."""
    if len(text) > TEXT_BYTES_MAX or len(text.encode("utf-8", "surrogatepass")) > TEXT_BYTES_MAX:
        raise RuleError("too_long", limit=TEXT_BYTES_MAX)
    found: list[Token] = []
    offset, line, line_start = 0, 1, 0
    while offset < len(text):
        place = (line, offset - line_start + 1)
        match = _TOKEN.match(text, offset)
        if match is None:
            raise _unreadable(text[offset], place)
        kind, raw = match.lastgroup, match.group()
        if kind != "space":
            found.append(_token(kind, raw, place))
        if breaks := raw.count("\n"):
            line += breaks
            line_start = offset + raw.rindex("\n") + 1
        offset = match.end()
    found.append(Token("end", "", "", (line, offset - line_start + 1)))
    return found


def _unreadable(character: str, place: Place) -> RuleError:
    if character in "\"'":
        return RuleError("open_text", place)
    return RuleError("bad_character", place, found=character if character.isprintable() else f"U+{ord(character):04X}")


def _token(kind: str | None, raw: str, place: Place) -> Token:
    match kind:
        case "text":
            return Token("text", raw, _text(raw, place), place)
        case "number":
            return Token("number", raw, _number(raw, place), place)
        case "date":
            try:
                return Token("date", raw, dt.date.fromisoformat(raw), place)
            except ValueError:
                raise RuleError("bad_date", place, found=raw) from None
        case "name":
            return Token("name", raw, normal(raw), place)
        case _:
            return Token("symbol", raw, raw, place)


def _number(raw: str, place: Place) -> Decimal:
    value = Decimal(raw)
    if value >= NUMBER_MAX or value * SCALE != (value * SCALE).to_integral_value():
        raise RuleError("bad_number", place, found=raw[:40])
    # Equal numbers are stored equal: without idle zeros, and never with an exponent.
    return value.quantize(Decimal(1)) if value == int(value) else value.normalize()


def _text(raw: str, place: Place) -> str:
    for match in _ESCAPE.finditer(raw, 1, len(raw) - 1):
        if match.group(1) not in "\"'\\":
            raise RuleError("bad_escape", place)
    body = _ESCAPE.sub(r"\1", raw[1:-1])
    if bad := next((c for c in body if c == "\0" or "\ud800" <= c <= "\udfff"), None):
        raise _unreadable(bad, place)
    return normal(body)
