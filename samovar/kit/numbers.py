"""Numbers and money as facts: int64 of 1/10000 for numbers, int64 minor units for money; rounding is half-even."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

SCALE = 10_000
INT64_MAX = 2**63 - 1
# Below this a product's error is far under the second bound, so the nearest integer is what the decimal text rounds to.
_SHORT_MAX, _SHORT_ERROR = 1e11, 1e-4


class BadNumber(ValueError):
    """A number that is not finite or does not fit in int64."""


def scaled(value: int | float | str | Decimal, scale: int = SCALE) -> int:
    """`value` x `scale` as an int64, half-even. A float is read as its shortest decimal text. Raises `BadNumber`."""
    if isinstance(value, int):
        result = value * scale
    elif (
        isinstance(value, float)
        and -_SHORT_MAX < (product := value * scale) < _SHORT_MAX
        and abs(product - (result := round(product))) < _SHORT_ERROR
    ):
        return result
    else:
        if isinstance(value, float) and not math.isfinite(value):
            raise BadNumber(f"{value} is not a finite number")
        try:
            decimal = value if isinstance(value, Decimal) else Decimal(repr(value) if isinstance(value, float) else value.strip())
            if not decimal.is_finite() or decimal.adjusted() > 20:
                raise BadNumber(f"{str(value)[:40]} is not a number that fits")
            result = int((decimal * scale).to_integral_value(ROUND_HALF_EVEN))
        except InvalidOperation as error:
            raise BadNumber(f"“{str(value)[:40]}” is not a number") from error
    if abs(result) > INT64_MAX:
        raise BadNumber(f"{str(value)[:40]} does not fit")
    return result


# Minor units per major unit where it is not 100 (ISO 4217).
_EXPONENT_0 = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF")
)
_EXPONENT_3 = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


def minor_per_major(currency: str) -> int:
    """How many minor units make one major unit of a currency."""
    return 1 if currency in _EXPONENT_0 else 1000 if currency in _EXPONENT_3 else 100


def minor_of_scaled(number: int, currency: str) -> int | None:
    """An amount in major units x 10,000 as minor units, half-even; None when it does not fit."""
    minor, rest = divmod(number * minor_per_major(currency), SCALE)
    if 2 * rest > SCALE or (2 * rest == SCALE and minor % 2):
        minor += 1
    return minor if abs(minor) <= INT64_MAX else None


def to_minor(value: int | float | str | Decimal, currency: str) -> int:
    """An amount in major units as minor units, half-even. Raises `BadNumber`."""
    return scaled(value, minor_per_major(currency))
