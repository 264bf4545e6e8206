"""Pure functions that write the SQL of one cell: text to text, number, money, moment. Results are DuckDB expressions.

What comes in is always a name made by the house or an expression made here; words of a mapping stand in the one-row table
`words` and are reached as its columns.
"""

from __future__ import annotations

from samovar.collect.imports.mapping import Numbers, Times
from samovar.kit.clock import FIRST_US, LAST_US

NUMBER = "DECIMAL(38, 18)"
_OUTER_BLANK = r"^[\s\x{A0}\x{FEFF}]|[\s\x{A0}\x{FEFF}]$"
_ZONED = r"[T ]\d\d:?\d\d.*([Zz]|[+-]\d\d(:?\d\d)?)$"
# Signs between thousands, as a class of a regular expression and as expressions to take out.
_THOUSANDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "": ("", ()),
    " ": (r"[ \x{A0}\x{202F}]", ("' '", "chr(160)", "chr(8239)")),
    ",": (",", ("','",)),
    ".": (r"\.", ("'.'",)),
    "'": (r"[\x{27}\x{2019}]", ("chr(39)", "chr(8217)")),
}


def text_sql(column: str) -> str:
    """A cell without outer blanks, NFC; null when it is empty or one of the mapping's words for nothing."""
    # To trim every cell of a set of characters costs ten times what asking whether there is one to trim does.
    trimmed = (
        f"nfc_normalize(CASE WHEN regexp_matches({column}, '{_OUTER_BLANK}') THEN trim({column}, words.blanks) ELSE {column} END)"
    )
    return f"CASE WHEN {column} IS NOT NULL AND NOT list_contains(words.nothing, {trimmed}) THEN {trimmed} END"


def number_sql(text: str, numbers: Numbers) -> str:
    """A text as an exact decimal, null when it is none; the mapping's thousands and decimal signs are read.

    Thousands must stand in groups of three: with “,” between thousands, 1,5 is no number rather than fifteen.
    """
    between, signs = _THOUSANDS[numbers.thousands]
    point = r"\." if numbers.decimal == "." else ","
    whole = rf"(\d+|\d{{1,3}}({between}\d{{3}})+)" if between else r"\d+"
    written = rf"[+-]?({whole}({point}\d*)?|{point}\d+)([eE][+-]?\d{{1,2}})?"
    plain = text
    for sign in signs:
        plain = f"replace({plain}, {sign}, '')"
    if numbers.decimal == ",":
        plain = f"replace({plain}, ',', '.')"
    return f"CASE WHEN regexp_full_match({text}, '{written}') THEN TRY_CAST({plain} AS {NUMBER}) END"


def half_even_sql(number: str, scale: int) -> str:
    """A decimal times 10^`scale` (0, 2, 3 or 4) as BIGINT, half-even: a tie goes to the even neighbour."""
    # The cast rounds ties away from zero; where it did and the result is odd, one step back is the even one.
    rounded = f"CAST({number} AS DECIMAL(38, {scale}))"
    units = f"CAST({rounded} * {10**scale} AS HUGEINT)"
    tie = f"abs(CAST({rounded} AS {NUMBER}) - ({number})) = {0.5 / 10**scale:.{scale + 1}f} AND {units} % 2 <> 0"
    return f"TRY_CAST(CASE WHEN {tie} THEN {units} - CAST(sign({number}) AS INTEGER) ELSE {units} END AS BIGINT)"


def product_sql(price_minor: str, quantity: str) -> str:
    """Minor units x quantity (1/10000) in minor units as BIGINT, half-even; both not negative."""
    whole = f"(CAST({price_minor} AS HUGEINT) * {quantity})"
    low, rest = f"({whole} // 10000)", f"({whole} % 10000)"
    return f"TRY_CAST({low} + CASE WHEN {rest} > 5000 OR ({rest} = 5000 AND {low} % 2 = 1) THEN 1 ELSE 0 END AS BIGINT)"


def wall_sql(text: str, times: Times) -> str:
    """A naive time as wall-clock microseconds, null for what is none or names its own offset."""
    if times.formats:
        forms = ", ".join(f"'{form}'" for form in times.formats)  # only letters, digits and .,:/_- % by the mapping's check
        parsed = f"try_strptime({text}, [{forms}])"
        guard = "true"
    else:
        parsed = f"TRY_CAST({text} AS TIMESTAMP)"
        guard = rf"regexp_matches({text}, '^\d{{4}}-\d\d-\d\d') AND NOT regexp_matches({text}, '{_ZONED}')"
    return f"CASE WHEN {guard} THEN epoch_us({parsed}) END"


def instant_sql(text: str, times: Times) -> str:
    """A time with an offset of its own as microseconds UTC, null for a naive one."""
    if times.formats:
        return "CAST(NULL AS BIGINT)"
    guard = rf"regexp_matches({text}, '^\d{{4}}-\d\d-\d\d') AND regexp_matches({text}, '{_ZONED}')"
    return f"CASE WHEN {guard} THEN epoch_us(TRY_CAST({text} AS TIMESTAMPTZ)) END"


def in_range_sql(moment: str) -> str:
    """Whether a moment lies in the years a fact may lie in."""
    return f"{moment} BETWEEN {FIRST_US} AND {LAST_US - 1}"


def facts_sql(columns: list[str]) -> str:
    """A stable 64-bit number for what columns say together; null and empty differ."""
    parts = ", ".join(f"coalesce(CAST({column} AS VARCHAR), chr(30))" for column in columns)
    return f"md5_number_lower(concat_ws(chr(31), {parts}))"


def json_bag_sql(pairs: list[tuple[str, str]]) -> str:
    """A JSON object of (name expression, value expression) without its nulls; null when nothing is left."""
    inside = ", ".join(f"{name}, {value}" for name, value in pairs)
    bag = f"CAST(json_merge_patch('{{}}', json_object({inside})) AS VARCHAR)"
    return f"nullif({bag}, '{{}}')"
