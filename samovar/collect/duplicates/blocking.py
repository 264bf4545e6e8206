"""Which pairs of people are looked at: those that share a key of one of the rules.

A million people make half a trillion pairs; each rule looks only inside the blocks of people who share its key. A block
larger than `block_people_max` is cut away whole: each broad rule has narrower ones beside it, which find the pairs that matter in
it. One name or birthday alone is a key as well, but only where it is rare (`RARE_PEOPLE_MAX`). So the work grows with the number
of people and not with the number of Ivanovs.
"""

from __future__ import annotations

from typing import Any

from samovar.collect.duplicates import guards

BLOCK_PEOPLE_MAX = 60
RARE_PEOPLE_MAX = 30
_SOUND = "regexp_replace(last_key, '[aeiou]', '', 'g')"  # consonants last longer than vowels
# Name of a rule -> what people of one block share; several parts with null among them make no key.
RULES: dict[str, tuple[str, ...]] = {
    "names": ("last_key", "first_key"),
    "names, year": ("last_key", "first_key", "left(birthday, 4)"),
    "names, town": ("last_key", "first_key", "city_key"),
    "exchanged names": (
        "least(first_key, last_key)",
        "greatest(first_key, last_key)",
        "left(first_key, 0) || left(last_key, 0) || '-'",
    ),
    "birthday, first name": ("birthday", "left(first_key, 2)"),
    "birthday, surname": ("birthday", "left(last_key, 2)"),
    "birthday, code": ("birthday", "postal_key"),
    "birthday, town": ("birthday", "left(city_key, 4)"),
    "surname, code": ("left(last_key, 4)", "postal_key"),
    "first name, code": ("left(first_key, 4)", "postal_key"),
    "first name, town, surname": ("first_key", "city_key", "left(last_key, 3)"),
    "sound, first name": (_SOUND, "left(first_key, 1)", "left(birthday, 6)"),
    "street, first name": ("street_key", "left(first_key, 2)"),
    "street, surname": ("street_key", "left(last_key, 2)"),
    "street, code": ("street_key", "postal_key"),
}
# One thing alone, for records that share nothing else; worth looking at only where few share it.
RARE: dict[str, tuple[str, ...]] = {
    "rare first name": ("first_key",),
    "rare surname": ("last_key",),
    "rare birthday": ("birthday",),
    "rare starts of names": ("left(first_key, 2)", "left(last_key, 2)"),
}
_LISTS = {"document": "documents", "e-mail name": "locals"}
LOCAL_CHARS_MIN = 5  # info and ivan are shared by strangers


def block(cursor: Any, *, block_people_max: int = BLOCK_PEOPLE_MAX) -> int:
    """Make the table `pairs` of candidates (match_key, join_key_l, join_key_r) of the table `people`; how many there are."""
    cursor.execute("CREATE TABLE keys (rule VARCHAR, key UBIGINT, unique_id BIGINT)")
    for sql in _keys_sql():
        cursor.execute(f"INSERT INTO keys {sql}")
    cursor.execute(_pairs_sql(block_people_max))
    cursor.execute("DROP TABLE keys")
    return int(cursor.execute("SELECT count(*) FROM pairs").fetchall()[0][0])


def _keys_sql() -> list[str]:
    rules = [
        f"SELECT '{name}', hash('{name}', {', '.join(parts)}), unique_id FROM people WHERE "
        + " AND ".join(f"{part} <> ''" for part in parts)
        for name, parts in (RULES | RARE).items()
    ]
    lists = [
        f"SELECT '{name}', hash('{name}', value), unique_id "
        f"FROM (SELECT DISTINCT unique_id, unnest({column}) AS value FROM people) "
        f"WHERE length(value) >= {LOCAL_CHARS_MIN}"
        for name, column in _LISTS.items()
    ]
    contacts = "SELECT kind, hash(kind, value), unique_id FROM contacts"
    return [*rules, *lists, contacts]


def _pairs_sql(block_people_max: int) -> str:
    """Candidates without those who are evidently two people; each pair once, with the first rule that found it."""
    rare = ", ".join(f"'{name}'" for name in RARE)
    return f"""
    CREATE TABLE pairs AS
    WITH small AS (
        SELECT rule, key, unique_id FROM keys
        WHERE key IN (
            SELECT key FROM keys GROUP BY rule, key
            HAVING count(*) BETWEEN 2 AND CASE WHEN rule IN ({rare}) THEN {RARE_PEOPLE_MAX} ELSE {block_people_max} END)),
    found AS (
        SELECT min(a.rule) AS match_key, a.unique_id AS join_key_l, b.unique_id AS join_key_r
        FROM small a JOIN small b ON a.key = b.key AND a.unique_id < b.unique_id
        GROUP BY a.unique_id, b.unique_id)
    SELECT f.* FROM found f
    JOIN people l ON l.unique_id = f.join_key_l JOIN people r ON r.unique_id = f.join_key_r
    WHERE NOT {guards.evidently_two_sql()}
    """
