"""How two people are compared, field by field, and what each outcome is worth before a shop's own data says it better.

A field has levels, from the same to different. `m` is how often a level comes of pairs that are one person, `u` how often of
pairs that are not. The figures here are where learning begins, and all there is for a base too small to learn from. A level
`is_fixed` is never learned: what a household shares must not grow into evidence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from samovar.collect.duplicates.guards import close_birthdays_sql

FREQUENCY_MIN = 0.00001  # of a value: a rarer one says no more


@dataclass(frozen=True)
class Level:
    """One outcome: its name in reasons, the condition over `x_l` and `x_r`, and the two frequencies."""

    name: str
    sql: str
    m: float
    u: float
    is_fixed: bool = False
    frequency: str = ""  # the column whose rare values say more than its common ones
    shared: float = 0.0  # pairs of two people who share it, by people: families are as many in a small base as in a large one

    def u_among(self, size: int) -> float:
        """`u` in a base of so many people."""
        return max(self.u, min(2 * self.shared / max(size - 1, 20), 0.05)) if self.shared else self.u


@dataclass(frozen=True)
class Field:
    """What is compared: levels in order, `columns` that one must have on both sides for it to say anything."""

    name: str
    missing: str
    levels: tuple[Level, ...]
    columns: tuple[str, ...] = field(default=())


def _alike(column: str, least: float) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r) >= {least}"


def _slips(column: str, most: int) -> str:
    return f"damerau_levenshtein({column}_l, {column}_r) <= {most}"


def _any(column: str, condition: str) -> str:
    """Some value of one list and some of the other fulfil a condition over `a` and `b`."""
    return f"list_bool_or(list_transform({column}_l, lambda a: list_bool_or(list_transform({column}_r, lambda b: {condition}))))"


def _exchanged() -> str:
    return "jaro_winkler_similarity(first_key_l, last_key_r) >= 0.88 AND jaro_winkler_similarity(last_key_l, first_key_r) >= 0.88"


def _name(name: str, column: str, exact: tuple[float, float], *known: Level) -> Field:
    return Field(
        name,
        f"{column}_l IS NULL OR {column}_r IS NULL",
        (
            *known,
            Level("same", f"{column}_l = {column}_r", *exact, frequency=column),
            Level("close", _alike(column, 0.92), 0.10, 0.003),
            Level("similar", f"{_alike(column, 0.82)} OR left({column}_l, 3) = left({column}_r, 3)", 0.05, 0.012),
            Level("exchanged", _exchanged(), 0.03, 0.00005),
            Level("different", "ELSE", 0.08, 0.98),
        ),
        (column,),
    )


# Who lives at one address has one surname, one town and one code: of two people of one address these say no more.
_ONE_STREET = "coalesce(street_key_l = street_key_r, false)"
_SAME_FAMILY = Level("same family", f"last_key_l = last_key_r AND {_ONE_STREET}", 0.5, 0.25, is_fixed=True)
_TOLD = Level("told", _ONE_STREET, 0.5, 0.5, is_fixed=True)
_TOLD_BY_CODE = Level("told", f"{_ONE_STREET} OR coalesce(postal_key_l = postal_key_r, false)", 0.5, 0.5, is_fixed=True)
_CLOSE_BIRTHDAY = close_birthdays_sql().replace("l.birthday", "birthday_l").replace("r.birthday", "birthday_r")
_ONE_SLIP = "damerau_levenshtein(a, b) <= 1"
_SAME_FIGURES = "regexp_replace(a, '[^0-9]', '', 'g') = regexp_replace(b, '[^0-9]', '', 'g')"  # ivanov1 is not ivanov2
FIELDS: tuple[Field, ...] = (
    _name("first_name", "first_key", (0.76, 0.01)),
    _name("last_name", "last_key", (0.76, 0.002), _SAME_FAMILY),
    Field(
        "middle_name",
        "middle_key_l IS NULL OR middle_key_r IS NULL",
        (
            Level("same", "middle_key_l = middle_key_r", 0.85, 0.02, frequency="middle_key"),
            Level("close", f"{_alike('middle_key', 0.88)} OR left(middle_key_l, 1) = left(middle_key_r, 1)", 0.10, 0.08),
            Level("different", "ELSE", 0.05, 0.90),
        ),
        ("middle_key",),
    ),
    Field(
        "birthday",
        "birthday_l IS NULL OR birthday_r IS NULL",
        (
            Level("same", "birthday_l = birthday_r", 0.84, 0.00005),
            Level("close", _CLOSE_BIRTHDAY, 0.10, 0.0015),
            Level("similar", _slips("birthday", 2), 0.04, 0.02),
            Level("different", "ELSE", 0.02, 0.978),
        ),
        ("birthday",),
    ),
    Field(
        "email",
        "emails_l IS NULL OR emails_r IS NULL",
        (
            Level("same", "list_has_any(emails_l, emails_r)", 0.55, 0.0, shared=0.02),
            Level("same name", "list_has_any(locals_l, locals_r)", 0.10, 0.00003, shared=0.015),
            Level("close", _any("locals", f"{_ONE_SLIP} AND {_SAME_FIGURES}"), 0.06, 0.00005, shared=0.015),
            Level("different", "ELSE", 0.29, 0.999917),
        ),
        ("emails",),
    ),
    Field(
        "phone",
        "phones_l IS NULL OR phones_r IS NULL",
        (
            Level("same", "list_has_any(phones_l, phones_r)", 0.55, 0.0, shared=0.025),
            Level("close", _any("phones", _ONE_SLIP), 0.10, 0.00002, shared=0.05),  # the lines of an office follow each other
            Level("different", "ELSE", 0.35, 0.9999),
        ),
        ("phones",),
    ),
    Field(
        "household",
        "shared_l IS NULL OR shared_r IS NULL",
        (
            _TOLD,
            Level("same", "list_has_any(shared_l, shared_r)", 0.08, 0.01, is_fixed=True),
            Level("different", "ELSE", 0.92, 0.99, is_fixed=True),
        ),
        ("shared",),
    ),
    Field(
        "document",
        "documents_l IS NULL OR documents_r IS NULL",
        (
            Level("same", "list_has_any(documents_l, documents_r)", 0.88, 0.000001),
            Level("close", _any("documents", _ONE_SLIP), 0.07, 0.00002),
            Level("different", "ELSE", 0.05, 0.99997),
        ),
        ("documents",),
    ),
    Field(
        "city",
        "city_key_l IS NULL OR city_key_r IS NULL",
        (
            _TOLD_BY_CODE,
            Level("same", "city_key_l = city_key_r", 0.72, 0.05, frequency="city_key"),
            Level("close", _alike("city_key", 0.88), 0.10, 0.01),
            Level("different", "ELSE", 0.18, 0.94),
        ),
        ("city_key",),
    ),
    Field(
        "street",
        "street_key_l IS NULL OR street_key_r IS NULL",
        (
            Level("same", "street_key_l = street_key_r", 0.55, 0.0, shared=0.15),
            Level("close", _alike("street_key", 0.90), 0.18, 0.001),
            Level("similar", _alike("street_key", 0.80), 0.07, 0.01),
            Level("different", "ELSE", 0.20, 0.98897),
        ),
        ("street_key",),
    ),
    Field(
        "postal_code",
        "postal_key_l IS NULL OR postal_key_r IS NULL",
        (
            _TOLD,
            Level("same", "postal_key_l = postal_key_r", 0.70, 0.002, frequency="postal_key"),
            Level("close", _slips("postal_key", 1), 0.12, 0.02),
            Level("different", "ELSE", 0.18, 0.978),
        ),
        ("postal_key",),
    ),
)
BY_NAME = {one.name: one for one in FIELDS}


def as_splink(one: Field, *, size: int) -> dict[str, Any]:
    """A field in the form that splink reads, in a base of `size` people; the missing level comes first, so a level's place counts
    from the end."""
    levels: list[dict[str, Any]] = [{"sql_condition": one.missing, "label_for_charts": "missing", "is_null_level": True}]
    for level in one.levels:
        told: dict[str, Any] = {
            "sql_condition": level.sql, "label_for_charts": level.name, "m_probability": level.m,
            "u_probability": level.u_among(size),
        }  # fmt: skip
        if level.is_fixed:
            told |= {"fix_m_probability": True, "fix_u_probability": True}
        levels.append(told)
    put_in_order(one, levels[1:])
    return {"output_column_name": one.name, "comparison_levels": levels}


def put_in_order(one: Field, levels: list[dict[str, Any]]) -> None:
    """Let no level of a field say more than its same one, whatever was shipped or learned; `levels` are splink's, in its order.

    Nor of a common value: near Ivanov is no more than Ivanov. So what is near is worth the less the more bear the commoner one of
    both, and never the more for being rare, as the same is.
    """
    same = next(place for place, level in enumerate(one.levels) if level.name == "same")
    exact = levels[same]
    for level, told in zip(one.levels, levels, strict=True):
        if level.is_fixed or level.name in ("different", "exchanged"):
            continue
        if told is not exact:
            least = told["m_probability"] * exact["u_probability"] / exact["m_probability"]
            told["u_probability"] = max(told["u_probability"], least)
        if frequency := one.levels[same].frequency:
            told |= {
                "tf_adjustment_column": frequency, "tf_adjustment_weight": 1.0,
                "tf_minimum_u_value": FREQUENCY_MIN if told is exact else exact["u_probability"],
            }  # fmt: skip


def level_at(name: str, place: int) -> str:
    """The name of a level by splink's number of it: 0 is the last one, -1 says that a side has no value."""
    return "missing" if place < 0 else BY_NAME[name].levels[len(BY_NAME[name].levels) - 1 - place].name
