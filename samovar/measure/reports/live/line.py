"""The line of a live counter: a figure it should not fall below or rise above, fixed or by what is usual. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from statistics import median
from typing import Literal

State = Literal["", "ok", "beyond", "few"]
_LINE = re.compile(r"(below|above)\s+(\d{1,15}(?:[.,]\d{1,6})?)\s*(%?)(\s+of\s+usual)?\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """`below` or `above` a part of the usual figure, or an `amount` in major units; `is_percent` as it was written."""

    side: Literal["below", "above"]
    amount: Fraction
    is_of_usual: bool
    is_percent: bool = field(default=False, compare=False)

    def at(self, usual: float | None, unit: int) -> float | None:
        """Where it runs beside a usual figure, in units of which `unit` make a major one; None where nothing is usual."""
        if self.is_of_usual:
            return None if usual is None else float(self.amount) * usual
        return float(self.amount * unit)

    def is_crossed(self, figure: float | None, at: float | None) -> bool:
        """Whether a figure lies beyond it."""
        if figure is None or at is None:
            return False
        return figure < at if self.side == "below" else figure > at

    @property
    def text(self) -> str:
        """How it is written."""
        if self.is_of_usual:
            return f"{self.side} {_written(self.amount * 100)}% of usual"
        return f"{self.side} {_written(self.amount)}"


def read_line(text: str) -> Line | None:
    """`below 120`, `above 2.5%`, `below 60% of usual`; None of nothing. Raises ValueError."""
    if not text.strip():
        return None
    match = _LINE.match(text.strip())
    if match is None or (match[4] and not match[3]):
        raise ValueError(text)
    amount = Fraction(match[2].replace(",", ".")) / (100 if match[3] else 1)
    return Line("below" if match[1].lower() == "below" else "above", amount, bool(match[4]), bool(match[3]))


def usual_of(figures: list[float | None]) -> float | None:
    """What is usual: the middle of the same minutes of the weeks before that had a figure."""
    known = [figure for figure in figures if figure is not None]
    return float(median(known)) if known else None


def _written(amount: Fraction) -> str:
    return f"{float(amount):.6f}".rstrip("0").rstrip(".")
