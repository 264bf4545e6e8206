"""When two people are evidently not one, whatever else they share: conditions over `l` and `r`, two rows of people.

A family shares its surname, street, phone and often its e-mail; twins share the birthday too, and a father and his son the whole
name. So a pair whose first names, patronymics or birthdays evidently differ is no candidate at all, unless a document of the
person (a tax or insurance number, a passport) is the same on both. Slips of the hand are not evident differences.
"""

from __future__ import annotations

ALIKE = 0.84  # Jaro-Winkler of two keys; below it they are different names and not a slip of one
FATHER_YEARS = 12  # two figures of a birthday may be wrong within so many years


def different_first_names_sql() -> str:
    """Both have a first name, and they are two names: unlike, or two that many bear, or a man's and a woman's, however alike
    (Олег, Ольга) or of one stem (Александр, Александра)."""
    one, two = "l.first_key", "r.first_key"
    swapped = f"coalesce({_exchanged('l', 'r')}, false) OR coalesce({_exchanged('r', 'l')}, false)"
    initial = f"(length({one}) = 1 OR length({two}) = 1) AND left({one}, 1) = left({two}, 1)"
    slips = f"CASE WHEN least(length({one}), length({two})) < 5 THEN 1 ELSE 2 END"
    unlike = (
        f"(jaro_winkler_similarity({one}, {two}) < {ALIKE} AND damerau_levenshtein({one}, {two}) > {slips}) "
        f"OR (l.is_common AND r.is_common) OR coalesce(l.is_woman <> r.is_woman, false) "
        f"OR {one} || 'a' = {two} OR {two} || 'a' = {one}"
    )
    return f"coalesce({one} <> {two} AND NOT ({initial}) AND NOT ({swapped}) AND ({unlike}), false)"


def _exchanged(one: str, two: str) -> str:
    """The first name of one stands where the surname of the other does, and nothing else speaks against it."""
    return (
        f"jaro_winkler_similarity({one}.first_key, {two}.last_key) >= 0.88 AND ({one}.last_key IS NULL "
        f"OR {one}.first_key = {two}.first_key OR jaro_winkler_similarity({one}.last_key, {two}.first_key) >= 0.88)"
    )


def different_middle_names_sql() -> str:
    """Both have a patronymic or second name, and they are two names."""
    one, two = "l.middle_key", "r.middle_key"
    return f"coalesce(length({one}) > 1 AND length({two}) > 1 AND jaro_winkler_similarity({one}, {two}) < {ALIKE}, false)"


def close_birthdays_sql() -> str:
    """Both have a birthday, and it is the same but for one slip: a figure, two exchanged, or day and month exchanged."""
    return (
        "(damerau_levenshtein(l.birthday, r.birthday) <= 1 OR "
        "(left(l.birthday, 4) = left(r.birthday, 4) AND substr(l.birthday, 5, 2) = substr(r.birthday, 7, 2) "
        "AND substr(l.birthday, 7, 2) = substr(r.birthday, 5, 2)))"
    )


def _one_first_name() -> str:
    """Both have a first name, and it is one, be it with a slip or where the other has the surname."""
    return (
        f"coalesce(jaro_winkler_similarity(l.first_key, r.first_key) >= 0.92 AND NOT {different_first_names_sql()}, false) "
        f"OR coalesce({_exchanged('l', 'r')}, false) OR coalesce({_exchanged('r', 'l')}, false)"
    )


def different_birthdays_sql() -> str:
    """Both have a birthday, and two slips of the hand would not make one of the other.

    Brothers and sisters do not bear one first name, a father and his son may: of one first name it takes the years of a father.
    """
    near = (
        f"abs(try_cast(left(l.birthday, 4) AS INTEGER) - try_cast(left(r.birthday, 4) AS INTEGER)) < {FATHER_YEARS} "
        f"AND (damerau_levenshtein(l.birthday, r.birthday) <= 2 OR ({_one_first_name()}))"
    )
    return f"coalesce(NOT ({close_birthdays_sql()} OR ({near})), false)"


def same_document_sql() -> str:
    """A document of the person is the same on both."""
    return "coalesce(list_has_any(l.documents, r.documents), false)"


def _different() -> dict[str, str]:
    """By what two people may differ evidently: field -> condition."""
    return {
        "first_name": different_first_names_sql(), "middle_name": different_middle_names_sql(),
        "birthday": different_birthdays_sql(),
    }  # fmt: skip


def evidently_two_sql() -> str:
    """The two are evidently not one."""
    return f"(NOT {same_document_sql()} AND ({' OR '.join(_different().values())}))"


def evident_difference_sql() -> str:
    """The field by which the two are evidently not one; null where none is."""
    told = " ".join(f"WHEN {condition} THEN '{name}'" for name, condition in _different().items())
    return f"CASE WHEN {same_document_sql()} THEN NULL {told} END"
