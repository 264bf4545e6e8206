"""Text into a tree. It knows the grammar only: whether names exist and kinds fit is `check`'s question.

Brackets and `not` cost one frame of recursion a level and are cut at `DEPTH_MAX`, so no text can exhaust the stack.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import get_args

from samovar.rules import tree
from samovar.rules.catalogue import AGES, AGGREGATES
from samovar.rules.errors import RuleError, _, nearest
from samovar.rules.lexer import RESERVED, Token, tokens
from samovar.rules.tree import DEPTH_MAX, Condition, Constant, Operand, Selection, Unit, Window

COMPARISONS: tuple[tree.ComparisonOperator, ...] = get_args(tree.ComparisonOperator)
UNITS: tuple[Unit, ...] = get_args(tree.Unit)
SPANS = ("streak", "last_streak")
_SEARCHES: dict[str, tree.TextOperator] = {"contains": "contains", "starts": "starts with", "ends": "ends with"}
YEARS_MAX = 200  # a longer window would leave the years in which facts may lie
_PER_YEAR: dict[Unit, int] = {"minutes": 525_600, "hours": 8_760, "days": 365, "weeks": 52, "months": 12, "years": 1}
_UNITS_BY_WORD: dict[str, Unit] = {word: unit for unit in UNITS for word in (unit, unit.removesuffix("s"))}


def parse_text(text: str) -> Condition:
    """The tree of a text. Raises `RuleError` with the place of the first fault."""
    parser = _Parser(tokens(text))
    condition = parser.condition(1)
    parser.end()
    _limit_tree(condition)
    return condition


def _limit_tree(condition: Condition) -> None:
    """Raise `RuleError` where conditions lie in one another deeper than the limit, which compilers may then walk by recursion."""
    waiting: list[tuple[tree.Node, int]] = [(condition, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEPTH_MAX:
            raise RuleError("too_deep", node.place, limit=DEPTH_MAX)
        deeper = depth + isinstance(node, tree.And | tree.Or | tree.Not)
        waiting.extend((child, deeper) for child in tree.children(node))


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._next = 0
        self._in_where = False

    # Reading tokens

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _ahead(self, steps: int) -> Token:
        return self._tokens[min(self._next + steps, len(self._tokens) - 1)]

    def _take(self) -> Token:
        token = self._token
        self._next += 1
        return token

    def _accept(self, *words: str) -> bool:
        """Take these words if all of them come next."""
        if all(self._ahead(step).word == word for step, word in enumerate(words)):
            self._next += len(words)
            return True
        return False

    def _expect(self, word: str) -> Token:
        if self._token.word != word:
            raise self._unexpected(f"“{word}”")
        return self._take()

    def _unexpected(self, wanted: str) -> RuleError:
        token = self._token
        found = f"“{token.text[:40]}”" if token.kind != "end" else _("the end")
        return RuleError("expected", token.place, wanted=wanted, found=found)

    def end(self) -> None:
        if self._token.kind != "end":
            raise self._unexpected(_("“and”, “or” or the end"))

    # Logic

    def condition(self, depth: int) -> Condition:
        """`or` of `and` of `not` of tests; brackets recurse."""
        place, ors, ands = self._token.place, [], []
        while True:
            ands.append(self._negatable(depth))
            if self._accept("and"):
                continue
            ors.append(_joined(tree.And, ands, place))
            if not self._accept("or"):
                return _joined(tree.Or, ors, place)
            ands = []

    def _negatable(self, depth: int) -> Condition:
        nots = []
        while self._token.word == "not":
            nots.append(self._take().place)
            self._limit(depth + len(nots))
        depth += len(nots)
        if self._token.word == "(":
            self._limit(depth + 1)
            self._take()
            item = self.condition(depth + 1)
            self._expect(")")
        else:
            item = self._test(depth)
        for place in reversed(nots):
            item = tree.Not(item=item, place=place)
        return item

    def _limit(self, depth: int) -> None:
        if depth > DEPTH_MAX:
            raise RuleError("too_deep", self._token.place, limit=DEPTH_MAX)

    def _test(self, depth: int) -> Condition:
        place = self._token.place
        operand = self._operand(depth, is_left=True)
        word = self._token.word
        if word in COMPARISONS:
            self._take()
            return tree.Compare(left=operand, operator=word, right=self._operand(depth), place=place)
        if word == "is":
            return self._known(operand)
        is_negated = word == "not"
        inner = self._ahead(1).word if is_negated else word
        if inner == "in" and self._ahead(1 + is_negated).word == "(":
            return self._one_of(operand, is_negated)
        if inner == "between" and not self._is_window_ago():
            return self._between(operand, is_negated, depth)
        if is_negated:
            self._take()
            raise self._unexpected(_("“in (” or “between”"))
        return self._text_match(operand) or tree.Holds(operand=operand, place=place)

    def _known(self, operand: Operand) -> Condition:
        self._take()
        if self._token.word not in ("known", "unknown"):
            raise self._unexpected(_("“known” or “unknown”"))
        return tree.Known(operand=operand, is_known=self._take().word == "known", place=operand.place)

    def _one_of(self, operand: Operand, is_negated: bool) -> Condition:
        self._next += 2 + is_negated
        values = [self._constant()]
        while self._accept(","):
            values.append(self._constant())
        self._expect(")")
        return tree.OneOf(operand=operand, values=tuple(values), is_negated=is_negated, place=operand.place)

    def _between(self, operand: Operand, is_negated: bool, depth: int) -> Condition:
        self._next += 1 + is_negated
        low = self._operand(depth)
        self._expect("and")
        high = self._operand(depth)
        return tree.Between(operand=operand, low=low, high=high, is_negated=is_negated, place=operand.place)

    def _text_match(self, operand: Operand) -> Condition | None:
        word = self._token.word
        if word not in ("contains", "starts", "ends"):
            return None
        self._take()
        if word != "contains":
            self._expect("with")
        operator = _SEARCHES[word]
        if self._token.kind != "text":
            raise self._unexpected(_("a text in quotes"))
        text = tree.Text(value=str(self._token.value), place=self._take().place)
        return tree.TextMatch(operand=operand, operator=operator, text=text, place=operand.place)

    # Operands

    def _operand(self, depth: int, *, is_left: bool = False) -> Operand:
        """A quoted text at the left of a test is a name, elsewhere a constant."""
        token = self._token
        if is_left and token.kind == "text":
            return self._name()
        if token.kind == "name" and token.word not in ("true", "false"):
            is_call = self._ahead(1).text == "("
            if is_call and not self._in_where:
                return self._call(depth)
            if is_call:
                raise RuleError("only_in_where", token.place)
            return self._name()
        return self._constant()

    def _constant(self) -> Constant:
        token, place = self._token, self._token.place
        is_negative = self._accept("-")
        if self._token.kind == "number":
            value = self._take().value
            assert isinstance(value, Decimal)
            return tree.Number(value=-value if is_negative else value, place=place)
        if is_negative:
            raise self._unexpected(_("a number"))
        if token.kind == "text":
            return tree.Text(value=str(self._take().value), place=place)
        if token.kind == "date":
            return tree.Date(value=self._date(), place=place)
        if token.word in ("true", "false"):
            return tree.Boolean(value=self._take().word == "true", place=place)
        raise self._unexpected(_("a name or a value"))

    def _name(self) -> tree.AttributeName | tree.FieldName:
        place = self._token.place
        parts = self._parts()
        if not self._in_where:
            if parts[0] == "person" and len(parts) > 1:
                raise RuleError("person_only_in_where", place)
            return tree.AttributeName(parts=parts, place=place)
        if parts[0] == "person" and len(parts) > 1:
            return tree.AttributeName(parts=parts, place=place)
        return tree.FieldName(parts=parts, place=place)

    def _parts(self) -> tuple[str, ...]:
        """A dotted name; any part may be quoted."""
        if self._token.word in RESERVED:
            raise RuleError("reserved_word", self._token.place, found=self._token.text)
        parts = [self._part()]
        while self._accept("."):
            parts.append(self._part())
        return tuple(parts)

    def _part(self) -> str:
        if self._token.kind not in ("name", "text") or not self._token.value:
            raise self._unexpected(_("a name"))
        return str(self._take().value)

    def _call(self, depth: int) -> Operand:
        name = self._take()
        if name.text not in AGGREGATES and name.text not in AGES:
            suggestions = nearest(name.text, [*AGGREGATES, *AGES])
            raise RuleError("unknown_function", name.place, suggestions=suggestions, name=name.text)
        self._limit(depth + 1)
        self._expect("(")
        operand: Operand = self._aggregate(name, depth + 1) if name.text in AGGREGATES else self._age(name, depth + 1)
        self._expect(")")
        return operand

    def _aggregate(self, name: Token, depth: int) -> Operand:
        place = self._token.place
        collection, event, field = self._source()
        of = self._narrowed(collection, event, depth, place)
        span = None
        if name.text in SPANS:
            if not self._accept(","):
                raise RuleError("span_needed", self._token.place, function=name.text)
            span = self._span(name)
        return tree.Aggregate(function=name.text, of=of, field=field, span_days=span, place=name.place)  # type: ignore[arg-type]

    def _span(self, function: Token) -> int:
        place = self._token.place
        amount = self._whole_number()
        unit = self._unit(amount)
        if unit not in ("days", "weeks") or amount == 0:
            raise RuleError("span_needed", place, function=function.text)
        return amount * 7 if unit == "weeks" else amount

    def _age(self, name: Token, depth: int) -> Operand:
        word = self._token.word
        if name.text in ("days_since", "hours_since") and word in ("first", "last") and self._ahead(1).kind == "name":
            self._take()
            place = self._token.place
            collection, event, field = self._source()
            if field is not None:
                raise RuleError("field_not_wanted", place, function=f"{name.text}({word} …)")
            of = self._narrowed(collection, event, depth, place)
            return tree.AgeOfEvent(function=name.text, which=word, of=of, place=name.place)  # type: ignore[arg-type]
        if name.text == "hours_since":
            raise self._unexpected(_("“first” or “last”"))
        of_name = self._name()
        assert isinstance(of_name, tree.AttributeName)
        return tree.AgeOfAttribute(function=name.text, of=of_name, place=name.place)  # type: ignore[arg-type]

    # Selections

    def _source(self) -> tuple[str, str | None, tuple[str, ...] | None]:
        """`orders`, `orders.amount`, `event("Quiz Finished").score`: collection, event's name, field."""
        if self._token.word == "event" and self._ahead(1).text == "(":
            self._next += 2
            if self._token.kind != "text" or not self._token.value:
                raise self._unexpected(_("the event's name in quotes"))
            event = str(self._take().value)
            self._expect(")")
            return "event", event, self._parts() if self._accept(".") else None
        if self._token.kind != "name":
            raise self._unexpected(_("a collection such as orders"))
        parts = self._parts()
        return parts[0], None, parts[1:] or None

    def _narrowed(self, collection: str, event: str | None, depth: int, place: tree.Place) -> Selection:
        where = None
        if self._accept("where"):
            self._in_where = True
            where = self.condition(depth + 1)
            self._in_where = False
        return Selection(collection=collection, event=event, where=where, window=self._window(), place=place)

    def _window(self) -> Window | None:
        place = self._token.place
        if self._accept("in"):
            self._expect("last")
            amount = self._whole_number()
            return tree.Last(amount=amount, unit=self._unit(amount), place=place)
        if self._accept("before"):
            amount = self._whole_number()
            unit = self._unit(amount)
            self._expect("ago")
            return tree.Before(amount=amount, unit=unit, place=place)
        if self._accept("between"):
            return self._ago(place)
        if self._accept("since"):
            return tree.Since(first=self._date(), place=place)
        if self._accept("from"):
            first = self._date()
            self._expect("to")
            last_place, last = self._token.place, self._date()
            if last < first:
                raise RuleError("bad_dates", last_place)
            return tree.FromTo(first=first, last=last, place=place)
        if self._token.word in ("this", "previous"):
            which = self._take().word
            self._expect("month")
            return tree.Month(which=which, place=place)  # type: ignore[arg-type]
        return None

    def _ago(self, place: tree.Place) -> Window:
        first = self._whole_number()
        self._expect("and")
        second = self._whole_number()
        unit = self._unit(first)
        self._expect("ago")
        if first < second:
            raise RuleError("bad_window", place)
        return tree.Ago(from_amount=first, to_amount=second, unit=unit, place=place)

    def _is_window_ago(self) -> bool:
        """Whether `between` at this place opens a window: `between 60 and 30 days ago`."""
        return self._ahead(1).kind == self._ahead(3).kind == "number" and self._ahead(5).word == "ago"

    def _whole_number(self) -> int:
        value = self._token.value
        if not isinstance(value, Decimal) or value != int(value):
            raise self._unexpected(_("a whole number"))
        self._take()
        return int(value)

    def _unit(self, amount: int) -> Unit:
        """The unit of an amount just read, singular or plural. Raises `RuleError` beyond `YEARS_MAX`."""
        token = self._token
        if token.kind != "name":
            raise self._unexpected(_("a unit of time such as days"))
        unit = _UNITS_BY_WORD.get(token.word)
        if unit is None:
            raise RuleError("unknown_unit", token.place, suggestions=nearest(token.text, UNITS), found=token.text)
        if amount > YEARS_MAX * _PER_YEAR[unit]:
            raise RuleError("far_window", token.place, limit=YEARS_MAX)
        self._take()
        return unit

    def _date(self) -> dt.date:
        value = self._token.value
        if not isinstance(value, dt.date):
            raise self._unexpected(_("a date such as 2026-11-21"))
        self._take()
        return value


def _joined(kind: type[tree.And] | type[tree.Or], items: list[Condition], place: tree.Place) -> Condition:
    return items[0] if len(items) == 1 else kind(items=tuple(items), place=place)
