"""A tree of SQL in ClickHouse's words. Here stands everything that says another thing there than in DuckDB, or nothing at all.

An aggregate over nothing is 0 or an empty text unless it is named -OrNull; a sum of int64 wraps around; `argMax` passes over
nulls; -0.0 is not among (0.0); a literal beyond 64 bits is a float; `Date32` begins in 1900 and ends with 2299.
"""

from __future__ import annotations

from sqlglot import exp

# A missing row of a LEFT JOIN is null, and a name means a column before it means the alias of what is being selected. Lists may
# be long; the limit of the text itself (max_query_size) only the session can raise, for it holds before the text is read.
ENDING = (
    " SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, max_ast_elements = 10000000,"
    " max_expanded_ast_elements = 10000000"
)
_INT64_MAX = 2**63 - 1
_FIRST_DATE_DAY = -25_567  # 1900-01-01
_DAYS_OF_400_YEARS = 146_097
_FUNCTIONS = {
    "row": "tuple", "list_sort": "arraySort", "list_extract": "arrayElement", "month": "toMonth", "day": "toDayOfMonth",
}  # fmt: skip
_EDGES = {"arg_min_null": "argMin", "arg_max_null": "argMax"}
_JSON_TYPES = {"String": "VARCHAR", "Int64": "BIGINT", "UInt64": "UBIGINT", "Bool": "BOOLEAN"}


def translated(sql: exp.Expression) -> exp.Expression:
    """A copy of the tree in ClickHouse's words."""
    root = exp.Tuple(expressions=[sql.copy()])  # a tree's own root can be replaced only under another
    for node in reversed(list(root.walk())):  # children before their parents
        if (found := _translated(node)) is not node:
            node.replace(found)
    return root.expressions[0]


def _translated(node: exp.Expression) -> exp.Expression:
    match node:
        case exp.Anonymous():
            return _function(node)
        case exp.Min() | exp.Max() | exp.LogicalOr():
            return _call("minOrNull" if isinstance(node, exp.Min) else "maxOrNull", node.this)
        case exp.Sum():
            return exp.Sum(this=exp.cast(node.this, "INT128"))
        case exp.Median():
            return _call("quantileExactInclusiveOrNull(0.5)", node.this)
        case exp.Count(this=exp.Distinct(expressions=[value])):
            return _call("uniqExact", value)
        case exp.List():
            return _call("groupArray", *node.expressions)
        case exp.Filter():
            return _filtered(node)
        case exp.IntDiv():
            return _call("intDiv", node.this, node.expression)
        case exp.JSONType():
            return _json_type(node)
        case exp.In():
            return _among(node)
        case exp.Column() if isinstance(node.parent, exp.Select) and node.arg_key == "expressions" and node.table:
            return exp.alias_(node.copy(), node.name, quoted=True)  # else others would have to call it by its table too
        case exp.Add() if isinstance(node.this, exp.Cast) and node.this.to.this is exp.DType.DATE:
            return _date(node.expression)
    return _number(node)


def _call(name: str, *arguments: exp.Expression) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _function(node: exp.Anonymous) -> exp.Expression:
    name = node.name.lower()
    if name in _EDGES:
        value, order = node.expressions
        return _first_of(_call(_EDGES[name], _call("tuple", _call("toNullable", value)), order))
    if name == "json_extract_string":
        text, pointer = node.expressions
        if text.name == "dates":  # a list of the day and the instant under each name
            name, place = pointer.name.rsplit("/", 1)
            key, index = _key(exp.Literal.string(name)), exp.Literal.number(int(place) + 1)
            return _call("JSONExtract", text, key, index, exp.Literal.string("Nullable(Int64)"))
        return _call("JSONExtract", text, _key(pointer), exp.Literal.string("Nullable(String)"))
    return _call(_FUNCTIONS[name], *node.expressions) if name in _FUNCTIONS else node


# Aggregates


def _first_of(tuples: exp.Expression) -> exp.Anonymous:
    return _call("tupleElement", tuples, exp.Literal.number(1))


def _filtered(node: exp.Filter) -> exp.Expression:
    """The filter belongs to the aggregate, not to the element taken out of it."""
    if node.this.name != "tupleElement":
        return node
    aggregate = node.this.expressions[0]
    return _first_of(exp.Filter(this=aggregate, expression=node.expression))


# Properties


def _key(pointer: exp.Expression) -> exp.Expression:
    """The key a JSON pointer names."""
    return exp.Literal.string(pointer.name.removeprefix("/").replace("~1", "/").replace("~0", "~"))


def _json_type(node: exp.JSONType) -> exp.Expression:
    names = _call("toString", _call("JSONType", node.this, _key(node.expression)))
    theirs, ours = (exp.Array(expressions=[exp.Literal.string(t) for t in some]) for some in (_JSON_TYPES, _JSON_TYPES.values()))
    return _call("transform", names, theirs, ours, exp.Literal.string(""))


# Numbers and days


def _number(node: exp.Expression) -> exp.Expression:
    """A literal as wide as it must be; a float64 that was written as a text."""
    if isinstance(node, exp.Literal) and node.is_int and int(node.name) > _INT64_MAX:
        return _call("toInt128", exp.Literal.string(node.name))
    if isinstance(node, exp.Cast) and node.to.this is exp.DType.DOUBLE and node.this.is_string:
        number = float(node.this.name) + 0.0  # which makes 0.0 of -0.0
        literal = exp.Literal.number(repr(abs(number)))
        return literal if number >= 0 else exp.Neg(this=literal)
    return node


def _among(node: exp.In) -> exp.Expression:
    """`IN`, where -0.0 counts as 0.0 and a text is compared as it is."""
    constants = [c.this if isinstance(c, exp.Neg) else c for c in node.expressions]
    if any(c.is_number and not c.is_int for c in constants):
        value = exp.Add(this=exp.paren(node.this), expression=exp.Literal.number("0.0"))
        return exp.In(this=exp.paren(value), expressions=node.expressions)
    return node


def _date(day: exp.Expression) -> exp.Expression:
    """A day as a date, moved by whole 400 years into what `Date32` holds: its month and day of the month stay."""
    shifted = exp.paren(exp.Sub(this=exp.paren(day), expression=exp.Literal.number(_FIRST_DATE_DAY)))
    within = _call("positiveModulo", shifted, exp.Literal.number(_DAYS_OF_400_YEARS))
    return _call("addDays", _call("toDate32", exp.Literal.string("1900-01-01")), within)
