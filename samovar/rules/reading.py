"""Reading tokens one after another: the words, names, constants and windows that every part of the grammar is made of."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import get_args

from samovar.rules import tree
from samovar.rules.errors import RuleError, _, nearest
from samovar.rules.lexer import RESERVED, Token
from samovar.rules.tree import Constant, Unit, Window

UNITS: tuple[Unit, ...] = get_args(tree.Unit)
YEARS_MAX = 200  # a longer window would leave the years in which facts may lie
_PER_YEAR: dict[Unit, int] = {"minutes": 525_600, "hours": 8_760, "days": 365, "weeks": 52, "months": 12, "years": 1}
_UNITS_BY_WORD: dict[str, Unit] = {word: unit for unit in UNITS for word in (unit, unit.removesuffix("s"))}


class Reader:
    """A place in a list of tokens."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._next = 0
        self._closing = _closing(found)

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _ahead(self, steps: int) -> Token:
        return self._tokens[min(self._next + steps, len(self._tokens) - 1)]

    def _take(self) -> Token:
        token = self._token
        self._next += 1
        return token

    def _accept(self, *words: str) -> bool:
        """Take these words if all of them come next."""
        if all(self._ahead(step).word == word for step, word in enumerate(words)):
            self._next += len(words)
            return True
        return False

    def _expect(self, word: str) -> Token:
        if self._token.word != word:
            raise self._unexpected(f"“{word}”")
        return self._take()

    def _unexpected(self, wanted: str) -> RuleError:
        token = self._token
        found = f"“{token.text[:40]}”" if token.kind != "end" else _("the end")
        return RuleError("expected", token.place, wanted=wanted, found=found)

    # Names and constants

    def _parts(self) -> tuple[str, ...]:
        """A dotted name; any part may be quoted."""
        if self._token.word in RESERVED:
            raise RuleError("reserved_word", self._token.place, found=self._token.text)
        parts = [self._part()]
        while self._accept("."):
            parts.append(self._part())
        return tuple(parts)

    def _part(self) -> str:
        if self._token.kind not in ("name", "text") or not self._token.value:
            raise self._unexpected(_("a name"))
        return str(self._take().value)

    def _constant(self) -> Constant:
        token, place = self._token, self._token.place
        is_negative = self._accept("-")
        if self._token.kind == "number":
            value = self._take().value
            assert isinstance(value, Decimal)
            return tree.Number(value=-value if is_negative else value, place=place)
        if is_negative:
            raise self._unexpected(_("a number"))
        if token.kind == "text":
            return tree.Text(value=str(self._take().value), place=place)
        if token.kind == "date":
            return tree.Date(value=self._date(), place=place)
        if token.word in ("true", "false"):
            return tree.Boolean(value=self._take().word == "true", place=place)
        raise self._unexpected(_("a name or a value"))

    # Windows

    def _window(self) -> Window | None:
        place = self._token.place
        if self._accept("in"):
            self._expect("last")
            amount = self._whole_number()
            return tree.Last(amount=amount, unit=self._unit(amount), place=place)
        if self._accept("before"):
            amount = self._whole_number()
            unit = self._unit(amount)
            self._expect("ago")
            return tree.Before(amount=amount, unit=unit, place=place)
        if self._accept("between"):
            return self._ago(place)
        if self._accept("since"):
            return tree.Since(first=self._date(), place=place)
        if self._accept("from"):
            first = self._date()
            self._expect("to")
            last_place, last = self._token.place, self._date()
            if last < first:
                raise RuleError("bad_dates", last_place)
            return tree.FromTo(first=first, last=last, place=place)
        if self._token.word in ("this", "previous"):
            which = self._take().word
            self._expect("month")
            return tree.Month(which=which, place=place)  # type: ignore[arg-type]
        return None

    def _ago(self, place: tree.Place) -> Window:
        first = self._whole_number()
        self._expect("and")
        second = self._whole_number()
        unit = self._unit(first)
        self._expect("ago")
        if first < second:
            raise RuleError("bad_window", place)
        return tree.Ago(from_amount=first, to_amount=second, unit=unit, place=place)

    def _is_window_ago(self, at: int = 0) -> bool:
        """Whether `between`, so many tokens ahead, opens a window: `between 60 and 30 days ago`."""
        return self._ahead(at + 1).kind == self._ahead(at + 3).kind == "number" and self._ahead(at + 5).word == "ago"

    def _whole_number(self) -> int:
        value = self._token.value
        if not isinstance(value, Decimal) or value != int(value):
            raise self._unexpected(_("a whole number"))
        self._take()
        return int(value)

    def _unit(self, amount: int) -> Unit:
        """The unit of an amount just read, singular or plural. Raises `RuleError` beyond `YEARS_MAX`."""
        token = self._token
        if token.kind != "name":
            raise self._unexpected(_("a unit of time such as days"))
        unit = _UNITS_BY_WORD.get(token.word)
        if unit is None:
            raise RuleError("unknown_unit", token.place, suggestions=nearest(token.text, UNITS), found=token.text)
        if amount > YEARS_MAX * _PER_YEAR[unit]:
            raise RuleError("far_window", token.place, limit=YEARS_MAX)
        self._take()
        return unit

    def _date(self) -> dt.date:
        value = self._token.value
        if not isinstance(value, dt.date):
            raise self._unexpected(_("a date such as 2026-11-21"))
        self._take()
        return value


def _closing(found: list[Token]) -> dict[int, int]:
    """Where each opening bracket closes."""
    pairs: dict[int, int] = {}
    waiting: list[int] = []
    for place, token in enumerate(found):
        if token.word == "(":
            waiting.append(place)
        elif token.word == ")" and waiting:
            pairs[waiting.pop()] = place
    return pairs
