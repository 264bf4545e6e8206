"""Generated rules: trees that make sense in the histories' words, built node by node.

Strategies that depend on a collection are kept: made anew at each draw, hypothesis would spend most of its time checking them.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from functools import cache, partial
from typing import Any

from hypothesis import strategies as st

from samovar.rules import tree
from samovar.rules.catalogue import Catalogue, Kind, builtin_catalogue
from samovar.rules.tests.histories import DATES, MONEY, NUMBERS, SEGMENTS, TEXTS

ODD_FIELD = "a.b/c~d"
RECORDS = ("policy", "vehicle")  # policies have a time of their own, vehicles none
DATE_FIELDS = ("starts_on", "ends_on")


class Words:
    """What the histories would teach a workspace."""

    def traits(self) -> dict[str, Kind]:
        return {"score": Kind.NUMBER, "is_vip": Kind.BOOLEAN, "Любимый чай": Kind.TEXT}

    def events(self) -> frozenset[str]:
        return frozenset(["Quiz Finished"])

    def event_fields(self, event: str) -> dict[str, Kind]:
        return {"score": Kind.NUMBER, "sku": Kind.TEXT, "price": Kind.NUMBER, "by_machine": Kind.BOOLEAN, ODD_FIELD: Kind.TEXT}

    def records(self) -> dict[str, bool]:
        return {"policy": True, "vehicle": False}

    def record_fields(self, record: str) -> dict[str, Kind]:
        own = {"premium": Kind.MONEY, "plate": Kind.TEXT, "km": Kind.NUMBER, "is_new": Kind.BOOLEAN}
        return {**own, **dict.fromkeys(DATE_FIELDS, Kind.DATE)}


WORDS: Catalogue = builtin_catalogue("GBP").with_learned(Words())
CATALOGUE: Catalogue = WORDS.with_segments(SEGMENTS)
NUMERIC_FIELDS = {
    "orders": ["amount"], "lines": ["price", "quantity", "amount"], "returns": ["amount", "lines"], "visits": ["views"],
    "views": ["price"], "opens": ["score"], "event": ["score", "price"],
    "policy": ["premium", "km"], "vehicle": ["premium", "km"],
}  # fmt: skip
TEXT_FIELDS = {
    "orders": ["channel"], "lines": ["name", "category", "sku"], "returns": ["order_id"], "views": ["sku"], "opens": ["sku"],
    "event": [ODD_FIELD], "policy": ["plate"], "vehicle": ["plate"],
}  # fmt: skip
COLLECTIONS = sorted({*NUMERIC_FIELDS, "cart_adds", "clicks", "messages"})
TIMED = [name for name in COLLECTIONS if name != "vehicle"]
OF_ITEMS = {"items": ["price", "quantity", "amount"]}
OF_ITEMS_TEXTS = {"items": ["sku", "category", "brand"]}
BASKET_CATALOGUE: Catalogue = CATALOGUE.with_basket()

_order = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
_equality = st.sampled_from(["=", "!="])
_texts = st.sampled_from([*TEXTS, "a", "ЧАЙ", "\\", "'"]).map(lambda text: tree.Text(value=text))
_dates = st.sampled_from([*DATES, dt.date(2024, 3, 30), dt.date(2023, 10, 29)])
_booleans = st.booleans().map(lambda value: tree.Boolean(value=value))


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


_numbers = st.one_of(
    st.sampled_from([*NUMBERS, *MONEY]).map(_decimal),
    st.integers(-2, 12).map(Decimal),
    st.sampled_from(["0.005", "2.5", "10.0001", "-0.5"]).map(Decimal),
).map(lambda number: tree.Number(value=number))

_amounts = st.sampled_from([0, 1, 6, 14, 15, 30, 31, 45, 60, 90, 91])
_windows: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.builds(lambda n, u: tree.Last(amount=n, unit=u), _amounts, st.sampled_from(["minutes", "hours", "days", "days", "weeks"])),
    st.builds(lambda n, u: tree.Last(amount=n, unit=u), st.integers(0, 13), st.sampled_from(["months", "years"])),
    st.builds(lambda n, u: tree.Before(amount=n, unit=u), _amounts, st.sampled_from(["hours", "days", "months"])),
    st.builds(
        lambda a, b, u: tree.Ago(from_amount=max(a, b), to_amount=min(a, b), unit=u),
        _amounts, _amounts, st.sampled_from(["hours", "days", "weeks", "months"]),
    ),
    st.builds(lambda d: tree.Since(first=d), _dates),
    st.builds(lambda a, b: tree.FromTo(first=min(a, b), last=max(a, b)), _dates, _dates),
    st.sampled_from(["this", "previous"]).map(lambda which: tree.Month(which=which)),
)  # fmt: skip


_within = st.one_of(
    st.none(),
    st.builds(
        lambda n, u: tree.Within(amount=n, unit=u),
        st.sampled_from([1, 6, 14, 30, 90]),
        st.sampled_from(["hours", "days", "weeks"]),
    ),
)


@cache
def _where(collection: str) -> st.SearchStrategy[Any]:
    tests = []
    for name in {**NUMERIC_FIELDS, **OF_ITEMS}.get(collection, []):
        field = st.just(tree.FieldName(parts=(name,)))
        tests += [_number_test(field), _number_test(_sums(field))]
    for name in {**TEXT_FIELDS, **OF_ITEMS_TEXTS}.get(collection, []):
        is_folded = collection in ("views", "opens", "event", "items", *RECORDS) or name == "name"
        tests += [_text_test(st.just(tree.FieldName(parts=(name,))), is_folded=is_folded)]
    tests += [_text_test(st.just(tree.AttributeName(parts=("person", "city"))), is_folded=True)]
    tests += [st.just(tree.Holds(operand=tree.AttributeName(parts=("person", "consent", "email", "marketing"))))]
    tests += [_number_test(_ages_of(_attribute("person", "registered_at"), anniversaries=False))]
    tests += [_number_test(_ages_of(_attribute("person", "birthday")))]
    if collection in RECORDS:
        dated = st.sampled_from(DATE_FIELDS).map(lambda name: tree.FieldName(parts=(name,)))
        tests += [_date_test(dated), _number_test(_ages_of(dated)), _number_test(_sums(_ages_of(dated)))]
        tests += [st.just(tree.Holds(operand=tree.FieldName(parts=("is_new",))))]
    return st.one_of(st.none(), _logic(st.one_of(tests), 3))


def _ages_of(dated: st.SearchStrategy[Any], *, anniversaries: bool = True) -> st.SearchStrategy[Any]:
    functions = ["days_since", "days_until", *(["days_until_anniversary"] if anniversaries else [])]
    return st.builds(lambda f, of: tree.AgeOfAttribute(function=f, of=of), st.sampled_from(functions), dated)


def _date_test(operand: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    dates = _dates.map(lambda date: tree.Date(value=date))
    return st.one_of(
        st.builds(lambda x, o, y: tree.Compare(left=x, operator=o, right=y), operand, _order, dates),
        st.builds(lambda x, o, y: tree.Compare(left=y, operator=o, right=x), operand, _order, dates),
        st.builds(lambda x, a, b, n: tree.Between(operand=x, low=a, high=b, is_negated=n), operand, dates, dates, st.booleans()),
        st.builds(
            lambda x, v, n: tree.OneOf(operand=x, values=tuple(v), is_negated=n), operand,
            st.lists(dates, min_size=1, max_size=3), st.booleans(),
        ),
        st.builds(lambda x, k: tree.Known(operand=x, is_known=k), operand, st.booleans()),
    )  # fmt: skip


def _selection(collections: list[str]) -> st.SearchStrategy[tree.Selection]:
    return st.sampled_from(collections).flatmap(_selection_of)


@cache
def _selection_of(collection: str) -> st.SearchStrategy[tree.Selection]:
    windows = _windows if collection in TIMED else st.none()
    return st.builds(lambda where, window: _named(collection, where, window), _where(collection), windows)


def _named(name: str, where: Any, window: Any = None) -> tree.Selection:
    """The rows of a collection by its name here: records go by their type."""
    if name in RECORDS:
        return tree.Selection(collection="record", record=name, where=where, window=window)
    return tree.Selection(collection=name, event="Quiz Finished" if name == "event" else None, where=where, window=window)


def _of_field(function: str, fields: dict[str, list[str]]) -> st.SearchStrategy[tree.Aggregate]:
    timed = [name for name in sorted(fields) if name in TIMED]
    return _selection(timed if function in ("first", "last") else sorted(fields)).flatmap(
        lambda of: st.sampled_from(fields[of.record or of.collection]).map(
            lambda name: tree.Aggregate(function=function, of=of, field=(name,))  # type: ignore[arg-type]
        )
    )


def _number_test(operand: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.builds(lambda x, o, y: tree.Compare(left=x, operator=o, right=y), operand, _order, _numbers),
        st.builds(lambda x, o, y: tree.Compare(left=y, operator=o, right=x), operand, _order, _numbers),
        st.builds(
            lambda x, v, n: tree.OneOf(operand=x, values=tuple(v), is_negated=n), operand,
            st.lists(_numbers, min_size=1, max_size=3), st.booleans(),
        ),
        st.builds(
            lambda x, a, b, n: tree.Between(operand=x, low=a, high=b, is_negated=n), operand, _numbers, _numbers, st.booleans()
        ),
        st.builds(lambda x, k: tree.Known(operand=x, is_known=k), operand, st.booleans()),
    )  # fmt: skip


def _text_test(operand: st.SearchStrategy[Any], *, is_folded: bool) -> st.SearchStrategy[Any]:
    tests = [
        st.builds(lambda x, o, y: tree.Compare(left=x, operator=o, right=y), operand, _equality, _texts),
        st.builds(
            lambda x, v, n: tree.OneOf(operand=x, values=tuple(v), is_negated=n), operand,
            st.lists(_texts, min_size=1, max_size=3), st.booleans(),
        ),
        st.builds(lambda x, k: tree.Known(operand=x, is_known=k), operand, st.booleans()),
    ]  # fmt: skip
    if is_folded:
        search = st.sampled_from(["contains", "starts with", "ends with"])
        tests.append(st.builds(lambda x, o, t: tree.TextMatch(operand=x, operator=o, text=t), operand, search, _texts))
    return st.one_of(tests)


def _step(*, is_first: bool) -> st.SearchStrategy[tree.Step]:
    """A step of few collections, so that some speak of the same rows."""
    collections = st.sampled_from(["orders", "lines", "visits", "views", "views", "event", "opens", "policy"])
    return collections.flatmap(partial(_step_of, is_first=is_first))


@cache
def _step_of(collection: str, *, is_first: bool) -> st.SearchStrategy[tree.Step]:
    viewed = tree.Selection(collection="event", event="Product Viewed")
    where = st.one_of(st.none(), _where(collection))
    of = st.just(viewed) if collection == "event" else where.map(lambda found: _named(collection, found))
    if is_first:
        return of.map(lambda found: tree.Step(of=found))
    return st.builds(lambda found, no, w: tree.Step(of=found, is_absent=no, within=w), of, st.booleans(), _within)


def sequences() -> st.SearchStrategy[tree.Sequence]:
    """Sequences of one to five steps."""
    return st.builds(
        lambda first, others, window: tree.Sequence(steps=(first, *others), window=window),
        _step(is_first=True), st.lists(_step(is_first=False), max_size=4), _windows,
    )  # fmt: skip


def _of_segments() -> st.SearchStrategy[tree.Condition]:
    names = st.sampled_from(sorted(SEGMENTS))
    return st.one_of(
        names.map(lambda name: tree.InSegment(segment=name)),
        st.builds(lambda name, window: tree.EnteredSegment(segment=name, window=window), names, _windows),
    )


def _aggregates() -> st.SearchStrategy[tree.Aggregate]:
    counted = st.builds(
        lambda function, of: tree.Aggregate(function=function, of=of), st.sampled_from(["count", "days", "gap"]),
        _selection(TIMED),
    )  # fmt: skip
    timeless = _selection(["vehicle"]).map(lambda of: tree.Aggregate(function="count", of=of))
    runs = st.builds(
        lambda function, of, span: tree.Aggregate(function=function, of=of, span_days=span),
        st.sampled_from(["streak", "last_streak"]), _selection(TIMED), st.sampled_from([1, 14, 30]),
    )  # fmt: skip
    valued = [_of_field(f, NUMERIC_FIELDS) for f in ("sum", "avg", "median", "min", "max", "distinct", "first", "last")]
    dated = {name: list(DATE_FIELDS) for name in RECORDS}
    return st.one_of(counted, timeless, runs, *valued, _of_field("distinct", TEXT_FIELDS), _of_field("distinct", dated))


def _sums(numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One to three operators on numbers, constants among them."""

    def joined(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.builds(
            lambda left, operator, right: tree.Arithmetic(left=left, operator=operator, right=right),
            parts, st.sampled_from(["+", "-", "*", "/"]), parts,
        )  # fmt: skip

    return joined(st.recursive(st.one_of(numbers, _numbers), joined, max_leaves=3))


def _attribute(*parts: str) -> st.SearchStrategy[tree.AttributeName]:
    return st.just(tree.AttributeName(parts=parts))


def _leaves() -> st.SearchStrategy[Any]:
    ages = st.one_of(
        st.builds(
            lambda f, w, of: tree.AgeOfEvent(function=f, which=w, of=of), st.sampled_from(["days_since", "hours_since"]),
            st.sampled_from(["first", "last"]), _selection(TIMED),
        ),
        _ages_of(_attribute("registered_at"), anniversaries=False), _ages_of(_attribute("birthday")),
    )  # fmt: skip
    dated = st.one_of(_attribute("registered_at"), _attribute("birthday"))
    of_records = [_of_field(f, {name: list(DATE_FIELDS) for name in RECORDS}) for f in ("min", "max", "first", "last")]
    booleans = st.one_of(
        _attribute("is_vip"), _attribute("consent", "email", "marketing"), _attribute("consent", "sms", "marketing"),
        _attribute("contact", "email", "is_known"), _attribute("contact", "email", "is_valid"), _attribute("reachable", "email"),
    )  # fmt: skip
    texts = st.one_of(_attribute("city"), _attribute("trait", "Любимый чай"), _attribute("contact", "phone", "type"))
    states = st.sampled_from(("reachable", "refused", "unasked", "stopped", "no_address")).map(lambda text: tree.Text(value=text))
    reach = st.one_of(_attribute("reachable", "email", "state"), _attribute("reachable", "sms", "state"))
    two = st.tuples(_aggregates(), _aggregates()).map(lambda pair: tree.Compare(left=pair[0], operator="<", right=pair[1]))
    return st.one_of(
        _number_test(_aggregates()), _number_test(ages), _number_test(_attribute("score")), two,
        _number_test(_attribute("reachable", "channels")),
        st.builds(lambda x, o, y: tree.Compare(left=x, operator=o, right=y), reach, _equality, states),
        _number_test(_sums(st.one_of(_aggregates(), _attribute("score")))), sequences(), _of_segments(),
        _date_test(dated), _date_test(st.one_of(of_records)),
        st.builds(lambda x, k: tree.Known(operand=x, is_known=k), booleans, st.booleans()),
        booleans.map(lambda operand: tree.Holds(operand=operand)),
        st.builds(lambda x, o, y: tree.Compare(left=x, operator=o, right=y), booleans, _equality, _booleans),
        _text_test(
            st.one_of(texts, _of_field("last", {"lines": ["name"], "event": [ODD_FIELD], "policy": ["plate"]})), is_folded=True
        ),
    )  # fmt: skip


def _logic(leaves: st.SearchStrategy[Any], leaves_max: int) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(lambda items: tree.And(items=tuple(items))),
            st.lists(inner, min_size=2, max_size=3).map(lambda items: tree.Or(items=tuple(items))),
            inner.map(lambda item: tree.Not(item=item)),
        ),
        max_leaves=leaves_max,
    )


def conditions() -> st.SearchStrategy[tree.Condition]:
    """Conditions of up to eight tests."""
    return _logic(_leaves(), 8)


def _basket_leaves() -> st.SearchStrategy[Any]:
    count = _selection(["items"]).map(lambda of: tree.Aggregate(function="count", of=of))
    valued = [_of_field(f, OF_ITEMS) for f in ("sum", "avg", "median", "min", "max", "distinct")]
    figures = st.one_of(count, *valued, _of_field("distinct", OF_ITEMS_TEXTS))
    numbers = st.one_of(figures, _attribute("basket", "total"), _attribute("now", "hour"), _attribute("now", "weekday"))
    texts = st.one_of(_attribute("basket", "currency"), _attribute("basket", "channel"), _attribute("coupon"))
    two = st.tuples(numbers, st.one_of(numbers, _aggregates())).map(
        lambda pair: tree.Compare(left=pair[0], operator="<=", right=pair[1])
    )
    return st.one_of(
        _number_test(figures), _number_test(numbers), _number_test(_sums(numbers)), _text_test(texts, is_folded=True), two
    )


def basket_conditions() -> st.SearchStrategy[tree.Condition]:
    """Conditions of up to eight tests, most of them about a basket."""
    return _logic(st.one_of(_basket_leaves(), _basket_leaves(), _leaves()), 8)


def baskets() -> st.SearchStrategy[dict[str, Any]]:
    """Baskets as they come: plain JSON values of the histories' texts, numbers and money."""
    text = st.one_of(st.none(), st.sampled_from([*TEXTS, "a"]))
    money, number = (st.one_of(st.none(), st.sampled_from(list(map(_decimal, values)))) for values in (MONEY, NUMBERS))
    item = st.fixed_dictionaries(
        {"sku": text, "category": text, "brand": text, "price": money, "quantity": number, "amount": money}
    )
    return st.fixed_dictionaries(
        {"total": money, "channel": text, "coupon": text, "items": st.lists(item, max_size=6)},
    )
