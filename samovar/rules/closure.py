"""A rule as one Python function over the features of one person, and of one basket: microseconds, and nothing is built while it
runs.

The function is written as source and compiled once. It takes a sequence of values, each at the place of its `Read`: whole numbers
as they are held, float64, texts, booleans, None for what is unknown. A rule of a basket takes a `baskets.Basket` beside them; a
figure over its lines is a function of its own, one walk over them, called only when the rule comes to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from samovar.kit.clock import day_date
from samovar.kit.numbers import SCALE
from samovar.rules import formulas as f
from samovar.rules.baskets import Basket, Item
from samovar.rules.formulas import Read, Truth, Value
from samovar.rules.lexer import NUMBER_MAX

Rule = Callable[[Sequence[Any]], bool]
BasketRule = Callable[[Sequence[Any], Basket], bool]
_OPERATORS = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_SEARCHES = {"contains": "{1} in {0}", "starts with": "{0}.startswith({1})", "ends with": "{0}.endswith({1})"}
_DEPTH_MAX = 12  # brackets in one expression: Python's own parser takes some hundred


def closure(truth: Truth, places: Mapping[Read, int]) -> Rule:
    """The function of a truth; `places` says where each feature stands in what it takes."""
    source = _Source(places)
    rule: Rule = source.compiled(source.truth(truth, 0))
    return rule


def reading(value: Value, places: Mapping[Read, int]) -> Callable[[Sequence[Any]], Any]:
    """The function of a value: what a part of a formula is for one person, None when it is unknown."""
    source = _Source(places)
    return source.compiled(source.value(value))


def basket_closure(truth: Truth, places: Mapping[Read, int]) -> BasketRule:
    """The function of a truth about a person and a basket; `places` says where each of `person_reads` stands."""
    source = _Source(places)
    rule: BasketRule = source.compiled(source.truth(truth, 0), "v, b")
    return rule


def basket_reading(value: Value, places: Mapping[Read, int]) -> Callable[[Sequence[Any], Basket], Any]:
    """The function of a value that may be of a basket, None when it is unknown."""
    source = _Source(places)
    return source.compiled(source.value(value), "v, b")


def person_reads(truth: Truth) -> Iterator[Read]:
    """What a formula reads of the person, where it may also read a basket, in its order, each as often as it is read."""
    for read in f.features(truth):
        match read.feature:
            case f.OfItems(where=where):
                yield from person_reads(where) if where is not None else ()
            case f.OfBasket() | f.OfRow():
                pass
            case _:
                yield read


class _Source:
    """Expressions and the lines that go before them. Constants are names in `scope`: no text of a rule becomes code."""

    def __init__(self, places: Mapping[Read, int], scope: dict[str, Any] | None = None) -> None:
        self._places = places
        self.lines: list[str] = []
        self.scope: dict[str, Any] = scope if scope is not None else {
            "difference": _difference, "to_anniversary": _to_anniversary, "scaled": _scaled, "double": _double, "total": _total,
            "product": _product, "of_doubles": _of_doubles, "mean": _mean,
        }  # fmt: skip

    def compiled(self, answer: str, takes: str = "v") -> Callable[..., Any]:
        """The function that answers with an expression."""
        return self._defined([*self.lines, f"return {answer}"], takes, dict(self.scope))

    def _defined(self, lines: Sequence[str], takes: str, scope: dict[str, Any]) -> Callable[..., Any]:
        exec("\n".join([f"def rule({takes}):", *(f"    {line}" for line in lines)]), scope)  # noqa: S102 - no text of a rule is in it
        found: Callable[..., Any] = scope["rule"]
        return found

    def truth(self, truth: Truth, depth: int) -> str:
        """An expression that is True or False. What lies deep is worked out on lines of its own before."""
        if depth >= _DEPTH_MAX:
            name = f"t{len(self.lines)}"
            self.lines.append(f"{name} = {self.truth(truth, 0)}")
            return name
        match truth:
            case f.All(items=items):
                return "(" + " and ".join([self.truth(item, depth + 1) for item in items]) + ")"
            case f.Some(items=items):
                return "(" + " or ".join([self.truth(item, depth + 1) for item in items]) + ")"
            case f.Not(item=item):
                return f"(not {self.truth(item, depth + 1)})"
            case f.Always(holds=holds):
                return str(holds)
            case _:
                return f"({self._test(truth)})"

    def _test(self, test: Truth) -> str:
        match test:
            case f.Compared(left=left, operator=operator, right=right):
                sides = [self._named(left), self._named(right)]
                compared = f"{sides[0][1]} {_OPERATORS[operator]} {sides[1][1]}"
                return " and ".join([*(known for known, _ in sides if known), compared])
            case f.Among(value=value, constants=constants):
                known, name = self._named(value)
                return f"{known} and {name} in {self._constant(frozenset(constants))}"
            case f.Searched(value=value, operator=operator, part=part):
                known, name = self._named(value)
                return f"{known} and {_SEARCHES[operator].format(name, self._constant(part))}"
            case f.IsKnown(value=value):
                return self._named(value)[0] or "True"
            case f.IsTrue(value=value):
                return f"{self.value(value)} is True"
        raise TypeError(type(test).__name__)

    def _named(self, value: Value) -> tuple[str, str]:
        """The test that a value is known, empty for a constant, and an expression for it after that test."""
        text = self.value(value)
        if isinstance(value, f.Constant):
            return "", text
        if isinstance(value, Read) and not isinstance(value.feature, f.OfItems):
            return f"{text} is not None", text
        name = f"x{len(self.scope)}"
        self.scope[name] = None  # so that the next name is another
        return f"({name} := {text}) is not None", name

    def value(self, value: Value) -> str:
        """An expression for a value."""
        match value:
            case Read(feature=feature):
                return self._read(value, feature)
            case f.Constant(value=constant):
                return self._constant(constant)
            case f.Difference(left=left, right=right):
                return f"difference({self.value(left)}, {self.value(right)})"
            case f.ToAnniversary(day=day, days=days):
                return f"to_anniversary({self.value(day)}, {self._constant(days)})"
            case f.Scaled(value=inner, by=by):
                return f"scaled({self.value(inner)}, {by})"
            case f.Double(value=inner, scale=scale):
                return f"double({self.value(inner)}, {scale})"
            case f.Sum(left=left, operator=sign, right=right):
                return f"total({self.value(left)}, {self.value(right)}, {1 if sign == '+' else -1})"
            case f.Product(left=left, right=right, scale=scale):
                return f"product({self.value(left)}, {self.value(right)}, {scale})"
            case f.DoubleResult(left=left, operator=operator, right=right):
                return f"of_doubles({self.value(left)}, {self._constant(operator)}, {self.value(right)})"
            case f.Mean(total=total, count=count):
                return f"mean({self.value(total)}, {self.value(count)})"

    def _read(self, read: Read, feature: f.Feature) -> str:
        match feature:
            case f.OfBasket(name=name, is_folded=is_folded):
                return f"b.{name}{'_folded' if is_folded else ''}"
            case f.OfRow(field=field, is_folded=is_folded):
                return f"i[{_place(f'{field.name}_folded' if is_folded else field.name)}]"
            case f.OfItems():
                return f"{self._of_items(feature)}(v, b)"
        return f"v[{self._places[read]}]"

    def _of_items(self, figure: f.OfItems) -> str:
        """The name of a function that walks over the lines of a basket."""
        inner = _Source(self._places, self.scope)
        tests = [] if figure.where is None else [inner.truth(figure.where, 0)]
        place = None if figure.field is None else _place(figure.field.name)
        before, kept, after = _walk(figure, place)
        rows = "b.items" if place is None or figure.function not in _ORDERED else f"b.ordered[{place}]"
        known = [f"i[{place}] is not None"] if place is not None and rows == "b.items" else []
        chosen = [*inner.lines, f"if {' and '.join([*known, *tests]) or 'True'}:", *(f"    {line}" for line in kept)]
        lines = [*before, f"for i in {rows}:", *(f"    {line}" for line in chosen), *after]
        if figure.function == "median":
            lines = [*lines, *_second_walk(rows, chosen[: -len(kept)], place)]
        name = f"f{len(self.scope)}"
        self.scope[name] = None  # so that the next name is another
        self.scope[name] = self._defined(lines, "v, b", self.scope)
        return name

    def _constant(self, constant: Any) -> str:
        if isinstance(constant, int):  # True and False among them
            return repr(constant)
        name = f"k{len(self.scope)}"
        self.scope[name] = constant
        return name


# Walks over the lines of a basket: what goes before, what is done with each line that counts, what goes after

_ORDERED = ("distinct", "median", "min", "max")  # they walk in the order of the field


def _place(name: str) -> int:
    return Item._fields.index(name)


def _walk(figure: f.OfItems, place: int | None) -> tuple[list[str], list[str], list[str]]:
    match figure.function:
        case "count" | "values":
            return ["n = 0"], ["n += 1"], ["return n"]
        case "sum":
            return ["n = 0"], [f"n += i[{place}]"], ["return n"]
        case "min":
            return [], [f"return i[{place}]"], ["return None"]
        case "max":
            return ["n = None"], [f"n = i[{place}]"], ["return n"]
        case "distinct":
            return ["n, last = 0, None"], [f"if i[{place}] != last:", f"    n, last = n + 1, i[{place}]"], ["return n"]
        case "median":
            return ["n = 0"], ["n += 1"], ["if not n:", "    return None"]


def _second_walk(rows: str, chosen: Sequence[str], place: int | None) -> list[str]:
    """The middle of the lines that the first walk counted, or half the sum of the two middle ones."""
    walked = [
        "if not left:",
        f"    return float(i[{place}]) if n % 2 else (low + i[{place}]) / 2",
        f"low, left = i[{place}], left - 1",
    ]
    return [
        "left, low = n // 2, 0",
        f"for i in {rows}:",
        *(f"    {line}" for line in chosen),
        *(f"        {line}" for line in walked),
    ]


# What an expression calls: None in, None out


def _difference(left: int | None, right: int | None) -> int | None:
    return None if left is None or right is None else left - right


def _to_anniversary(day: int | None, days: tuple[int, ...]) -> int | None:
    if day is None:
        return None
    date = day_date(day)
    return days[(date.month - 1) * 31 + date.day - 1]


def _scaled(value: int | None, by: int) -> int | None:
    return None if value is None else value * by


def _double(value: float | None, scale: int) -> float | None:
    if value is None:
        return None
    return float(value) if scale == 1 else float(value) / float(scale)


def _total(left: int | None, right: int | None, sign: int) -> int | None:
    return None if left is None or right is None else _fitting(left + sign * right)


def _product(left: int | None, right: int | None, scale: int) -> int | None:
    if left is None or right is None:
        return None
    product = left * right
    if scale <= SCALE:
        return _fitting(product * (SCALE // scale))
    by = scale // SCALE
    cut, rest = divmod(product, by)
    return _fitting(cut + (rest * 2 > by or (rest * 2 == by and cut % 2 == 1)))


def _fitting(value: int) -> int | None:
    return value if abs(value) < int(NUMBER_MAX) * SCALE else None


def _of_doubles(left: float | None, operator: str, right: float | None) -> float | None:
    if left is None or right is None or (operator == "/" and right == 0):
        return None
    result = (
        left / right
        if operator == "/"
        else left * right
        if operator == "*"
        else left + right
        if operator == "+"
        else left - right
    )
    return result if abs(result) < float(NUMBER_MAX) else None


def _mean(total: float | None, count: int | None) -> float | None:
    return total / float(count) if total is not None and count else None
