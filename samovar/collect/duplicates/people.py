"""The people to compare, as columns: how they come from the warehouse, and how they are made comparable in a database of one run.

`KNOWN` is the shape of what is asked of the worker: one row a person, texts as they came. `prepare` makes of it the table
`people`, whose columns are keys (`texts.py`), and says of each contact whose it is: one person's own, a household's, or nobody's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import pyarrow as pa

from samovar.collect.contacts.given_names import gender_of_given
from samovar.collect.contacts.names import patronymic_gender
from samovar.collect.duplicates import guards, texts

KNOWN = pa.schema(
    [
        ("person_id", pa.int64()), ("first_name", pa.string()), ("last_name", pa.string()), ("middle_name", pa.string()),
        ("birthday", pa.string()), ("city", pa.string()), ("street", pa.string()), ("postal_code", pa.string()),
        ("emails", pa.list_(pa.string())), ("phones", pa.list_(pa.string())), ("documents", pa.list_(pa.string())),
    ]
)  # fmt: skip
_KEYS: dict[str, Callable[[str], str]] = {
    "first_name": texts.first_name_key, "last_name": texts.last_name_key, "middle_name": texts.name_key,
    "city": texts.city_key, "street": texts.street_key, "postal_code": texts.code_key,
}  # fmt: skip
_GENDERS: dict[str, Callable[[str], str]] = {"first_name": gender_of_given, "middle_name": patronymic_gender}
COMMON_NAME_SHARE = 0.0002  # a first name that so many bear, and no fewer than the next figure, is a name and no slip
COMMON_NAME_PEOPLE_MIN = 5
SURNAMES_MIN = 3  # a surname changes once in a life: a contact of three, told by how they begin, is a home's or an office's


def prepare(cursor: Any, known: pa.Table, *, owners_max: int, own_contacts: Collection[str] = ()) -> None:
    """Make the table `people` of `known` (columns as `KNOWN`) in a DuckDB of one's own.

    A contact of more than `owners_max` people, or of the shop's `own_contacts` (normal forms), is nobody's: it is left out. One
    shared by people who evidently differ, or who bear three surnames, is a household's (`shared`). The rest are `emails` and
    `phones`, null for none.
    """
    name(cursor, known)
    cursor.register("known", known)
    cursor.register("own_contacts", pa.table({"value": pa.array(sorted(own_contacts), pa.string())}))
    for statement in _contacts_sql(owners_max):
        cursor.execute(statement)
    for table in ("known", "own_contacts"):
        cursor.unregister(table)


def name(cursor: Any, known: pa.Table, borne: pa.Table | None = None, size: int = 0) -> None:
    """Make the table `named` of `known`: what the guards read, keys of names and addresses, the gender that first name and
    patronymic agree on, the birthday as eight figures.

    Which first names are common is counted among `known`, or told where these are only some of all: `borne` is how many people
    (`people`) bear a first name (`name`), `size` how many there are in all.
    """
    cursor.register("known", known)
    for column, key in _KEYS.items():
        cursor.register(f"{column}_keys", _keys_of(known.column(column), key, _GENDERS.get(column, lambda text: "")))
    cursor.register("common_names", pa.table({"name": sorted(texts.COMMON_FIRST_NAMES)}))
    if borne is not None:
        keys = [texts.first_name_key(text) for text in borne.column("name").to_pylist()]
        cursor.register("told_names", borne.append_column("key", pa.array(keys, pa.string())))
    for statement in _named_sql(is_told=borne is not None, size=size or known.num_rows):
        cursor.execute(statement)
    for table in ("known", "common_names", "told_names", *(f"{column}_keys" for column in _KEYS)):
        cursor.unregister(table)


def _keys_of(column: pa.ChunkedArray, key: Callable[[str], str], gender: Callable[[str], str]) -> pa.Table:
    """Each different text of a column with its key and whether it tells of a woman, null where it has none or tells nothing."""
    values = column.unique().drop_null()
    told = values.to_pylist()
    keys = pa.array([key(text) or None for text in told], pa.string())
    women = pa.array([{"female": True, "male": False}.get(gender(text)) for text in told], pa.bool_())
    return pa.table({"value": values, "key": keys, "is_woman": women})


def _named_sql(*, is_told: bool, size: int) -> list[str]:
    columns = {
        "first_name": "first_key", "last_name": "last_key", "middle_name": "middle_key", "city": "city_key",
        "street": "street_key", "postal_code": "postal_key",
    }  # fmt: skip
    keys = ", ".join(f"{name}_keys.key AS {column}" for name, column in columns.items())
    joins = " ".join(f"LEFT JOIN {name}_keys ON {name}_keys.value = k.{name}" for name in columns)
    borne = (
        "SELECT key AS first_key, sum(people) AS people FROM told_names GROUP BY key"
        if is_told
        else "SELECT first_key, count(*) AS people FROM keyed GROUP BY first_key"
    )
    return [
        f"""
        CREATE TABLE keyed AS
        SELECT k.person_id AS unique_id, {keys},
               CASE WHEN first_name_keys.is_woman <> middle_name_keys.is_woman THEN NULL
                    ELSE coalesce(first_name_keys.is_woman, middle_name_keys.is_woman) END AS is_woman,
               nullif(regexp_replace(coalesce(k.birthday, ''), '[^0-9]', '', 'g'), '') AS birthday,
               k.documents
        FROM known k {joins}
        """,
        f"""
        CREATE TABLE named AS
        WITH borne AS ({borne})
        SELECT k.*, coalesce(b.people >= {max(COMMON_NAME_PEOPLE_MIN, size * COMMON_NAME_SHARE)}
                             OR k.first_key IN (SELECT name FROM common_names), false) AS is_common
        FROM keyed k LEFT JOIN borne b USING (first_key)
        """,
        "DROP TABLE keyed",
    ]


def _contacts_sql(owners_max: int) -> list[str]:
    """The table `contacts` of (unique_id, kind, value, is_shared), and `people`, which holds them as lists."""
    different = " OR ".join([guards.different_first_names_sql(), guards.different_birthdays_sql()])
    own, home = "NOT is_shared AND kind", "is_shared"
    return [
        f"""
        CREATE TABLE reached AS
        WITH told AS (
            SELECT DISTINCT person_id AS unique_id, kind, value
            FROM (SELECT person_id, 'email' AS kind, unnest(emails) AS value FROM known UNION ALL
                  SELECT person_id, 'phone', unnest(phones) FROM known)
            WHERE value NOT IN (SELECT value FROM own_contacts))
        SELECT t.* FROM told t
        JOIN (SELECT kind, value, count(*) AS owners FROM told GROUP BY kind, value) o USING (kind, value)
        WHERE owners <= {owners_max}
        """,
        f"""
        CREATE TABLE contacts AS
        WITH shared AS (
            SELECT a.kind, a.value, bool_or({different})
                     OR len(list_distinct(list(left(l.last_key, 2)) || list(left(r.last_key, 2)))) >= {SURNAMES_MIN} AS is_shared
            FROM reached a JOIN reached b ON a.kind = b.kind AND a.value = b.value AND a.unique_id < b.unique_id
            JOIN named l ON l.unique_id = a.unique_id JOIN named r ON r.unique_id = b.unique_id
            GROUP BY a.kind, a.value)
        SELECT c.*, coalesce(s.is_shared, false) AS is_shared FROM reached c LEFT JOIN shared s USING (kind, value)
        """,
        "DROP TABLE reached",
        f"""
        CREATE TABLE people AS
        WITH lists AS (
            SELECT unique_id, list(value ORDER BY value) FILTER ({own} = 'email') AS emails,
                   list(split_part(value, '@', 1) ORDER BY value) FILTER ({own} = 'email') AS locals,
                   list(value ORDER BY value) FILTER ({own} = 'phone') AS phones,
                   list(value ORDER BY value) FILTER ({home}) AS shared
            FROM contacts GROUP BY unique_id)
        SELECT n.*, l.emails, l.locals, l.phones, l.shared FROM named n LEFT JOIN lists l USING (unique_id) ORDER BY unique_id
        """,
        "DROP TABLE named",
    ]
