"""Text into a tree. It knows the grammar only: whether names exist and kinds fit is `check`'s question.

Brackets and `not` cost one frame of recursion a level and are cut at `DEPTH_MAX`, so no text can exhaust the stack.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import get_args

from msgspec.structs import replace

from samovar.rules import tree
from samovar.rules.catalogue import AGES, AGGREGATES
from samovar.rules.errors import RuleError, _, nearest
from samovar.rules.lexer import Token, tokens
from samovar.rules.reading import Reader
from samovar.rules.tree import DEPTH_MAX, Condition, Operand, Selection

COMPARISONS: tuple[tree.ComparisonOperator, ...] = get_args(tree.ComparisonOperator)
SPANS = ("streak", "last_streak")
_SEARCHES: dict[str, tree.TextOperator] = {"contains": "contains", "starts": "starts with", "ends": "ends with"}
_AFTER_SUM = frozenset((*COMPARISONS, *get_args(tree.ArithmeticOperator), *_SEARCHES, "is"))


def parse_text(text: str) -> Condition:
    """The tree of a text. Raises `RuleError` with the place of the first fault."""
    parser = _Parser(tokens(text))
    condition = parser.condition(1)
    parser.end()
    _limit_tree(condition)
    return condition


def parse_operand(text: str) -> Operand | None:
    """The tree of a text that is one operand from its first word to its last, such as `avg(orders.amount)`; else None."""
    parser = _Parser(tokens(text))
    try:
        operand = parser.operand(1)
        parser.end()
    except RuleError:
        return None
    _limit_tree(operand)
    return operand


def parse_selection(text: str) -> tuple[Selection, tuple[str, ...] | None]:
    """A collection alone, with `where` and a window where they are said: `orders where amount > 5`; and a field of it, if any.

    Raises `RuleError`.
    """
    parser = _Parser(tokens(text))
    found, field = parser.selection()
    if found.where is not None:
        _limit_tree(found.where)
    return found, field


def parse_where(text: str) -> Condition:
    """What stands after `where`, alone: a condition of rows. Raises `RuleError`."""
    parser = _Parser(tokens(text), in_where=True)
    condition = parser.condition(1)
    parser.end()
    _limit_tree(condition)
    return condition


def parse_window(text: str) -> tree.Window:
    """A window alone: `in last 30 days`. Raises `RuleError`."""
    return _Parser(tokens(text)).window()


def parse_steps(text: str) -> tree.Sequence:
    """The steps of a sequence, with or without the `did` before them. Raises `RuleError`."""
    parser = _Parser(tokens(text))
    found = parser.steps()
    _limit_tree(found)
    return found


def _limit_tree(condition: Condition | Operand) -> None:
    """Raise `RuleError` where conditions or sums lie in one another deeper than the limit: compilers may walk by recursion."""
    waiting: list[tuple[tree.Node, int]] = [(condition, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEPTH_MAX:
            raise RuleError("too_deep", node.place, limit=DEPTH_MAX)
        deeper = depth + isinstance(node, tree.And | tree.Or | tree.Not | tree.Arithmetic)
        waiting.extend((child, deeper) for child in tree.children(node))


class _Parser(Reader):
    def __init__(self, found: list[Token], *, in_where: bool = False) -> None:
        super().__init__(found)
        self._in_where = in_where

    def end(self, wanted: str = _("“and”, “or” or the end")) -> None:
        if self._token.kind != "end":
            raise self._unexpected(wanted)

    # Parts that stand alone

    def selection(self) -> tuple[Selection, tuple[str, ...] | None]:
        """A collection, and a field of it, from the first token to the last."""
        of, field = self._source()
        of = self._narrowed(of, 1)
        self.end(_("“where”, a period or the end"))
        return of, field

    def window(self) -> tree.Window:
        """A window from the first token to the last."""
        found = self._window()
        if found is None:
            raise self._unexpected(_("a period such as “in last 30 days”"))
        self.end(_("the end"))
        return found

    def steps(self) -> tree.Sequence:
        """Steps from the first token to the last."""
        place = self._token.place
        self._accept("did")
        found = self._sequence(1, place)
        self.end(_("“then”, a period or the end"))
        return found

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
        if self._token.word == "(" and not self._is_sum_in_brackets():
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
        if self._token.word in ("did", "entered") or (self._token.word == "in" and self._ahead(1).word == "segment"):
            return self._of_the_person(depth)
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

    def operand(self, depth: int) -> Operand:
        """An operand that stands alone: a quoted text is a name, as at the left of a test."""
        return self._operand(depth, is_left=True)

    def _is_sum_in_brackets(self) -> bool:
        """Whether the bracket that opens here holds numbers to reckon with: what follows it goes on with a test of them."""
        after = self._closing.get(self._next, len(self._tokens) - 2) + 1 - self._next
        word = self._ahead(after).word
        if word == "not":
            after += 1
            word = self._ahead(after).word
        if word == "between":
            return not self._is_window_ago(after)
        return word in _AFTER_SUM or (word == "in" and self._ahead(after + 1).word == "(")

    def _operand(self, depth: int, *, is_left: bool = False) -> Operand:
        """A sum of products of values."""
        product = partial(self._chain, ("*", "/"), partial(self._value, depth))
        return self._chain(("+", "-"), product, is_left)

    def _chain(self, operators: tuple[str, ...], part: Callable[[bool], Operand], is_left: bool) -> Operand:
        """Parts joined by operators of one rank, from the left."""
        place, found = self._token.place, part(is_left)
        while (word := self._token.word) in operators:
            self._take()
            found = tree.Arithmetic(left=found, operator=word, right=part(False), place=place)  # type: ignore[arg-type]
        return found

    def _value(self, depth: int, is_left: bool) -> Operand:
        """A quoted text at the left of a test is a name, elsewhere a constant."""
        token = self._token
        if token.word == "(":
            self._limit(depth + 1)
            self._take()
            inner = self._operand(depth + 1)
            self._expect(")")
            return inner
        if is_left and token.kind == "text":
            return self._name()
        if token.kind == "name" and token.word not in ("true", "false"):
            is_call = self._ahead(1).text == "("
            if is_call and self._in_where and not self._is_age_of_name():
                raise RuleError("only_in_where", token.place)
            return self._call(depth) if is_call else self._name()
        return self._constant()

    def _is_age_of_name(self) -> bool:
        """Whether the call that begins here is the age of one name, which a `where` may ask of each row."""
        return self._token.text in AGES and self._ahead(2).kind in ("name", "text") and self._ahead(3).word in (")", ".")

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
        of, field = self._source()
        of = self._narrowed(of, depth)
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
            of, field = self._source()
            if field is not None:
                raise RuleError("field_not_wanted", of.place, function=f"{name.text}({word} …)")
            of = self._narrowed(of, depth)
            return tree.AgeOfEvent(function=name.text, which=word, of=of, place=name.place)  # type: ignore[arg-type]
        if name.text == "hours_since":
            raise self._unexpected(_("“first” or “last”"))
        return tree.AgeOfAttribute(function=name.text, of=self._name(), place=name.place)  # type: ignore[arg-type]

    # Selections

    def _source(self) -> tuple[Selection, tuple[str, ...] | None]:
        """`orders`, `orders.amount`, `event("Quiz Finished").score`, `record("vehicle")`: all of a collection, and the field."""
        place, word = self._token.place, self._token.word
        if word in ("event", "record") and self._ahead(1).text == "(":
            self._next += 2
            if self._token.kind != "text" or not self._token.value:
                wanted = _("the event's name in quotes") if word == "event" else _("the records' type in quotes")
                raise self._unexpected(wanted)
            name = str(self._take().value)
            self._expect(")")
            event, record = (name, None) if word == "event" else (None, name)
            of = Selection(collection=word, event=event, record=record, place=place)
            return of, self._parts() if self._accept(".") else None
        if self._token.kind != "name":
            raise self._unexpected(_("a collection such as orders"))
        parts = self._parts()
        return Selection(collection=parts[0], place=place), parts[1:] or None

    def _where(self, of: Selection, depth: int) -> Selection:
        if not self._accept("where"):
            return of
        self._in_where = True
        where = self.condition(depth + 1)
        self._in_where = False
        return replace(of, where=where)

    def _narrowed(self, of: Selection, depth: int) -> Selection:
        return replace(self._where(of, depth), window=self._window())

    # What only a person does: sequences and segments

    def _of_the_person(self, depth: int) -> Condition:
        place, word = self._token.place, self._take().word
        if self._in_where:
            raise RuleError("only_in_where", place)
        if word == "did":
            return self._sequence(depth, place)
        self._expect("segment")
        if self._token.kind != "text" or not self._token.value:
            raise self._unexpected(_("the segment's name in quotes"))
        segment = str(self._take().value)
        if word == "in":
            return tree.InSegment(segment=segment, place=place)
        return tree.EnteredSegment(segment=segment, window=self._window(), place=place)

    def _sequence(self, depth: int, place: tree.Place) -> tree.Sequence:
        self._limit(depth + 1)
        steps = [self._step(depth + 1, is_first=True)]
        while self._token.word == "then":
            if len(steps) == tree.STEPS_MAX:
                raise RuleError("too_many_steps", self._token.place, limit=tree.STEPS_MAX)
            self._take()
            steps.append(self._step(depth + 1))
        return tree.Sequence(steps=tuple(steps), window=self._window(), place=place)

    def _step(self, depth: int, *, is_first: bool = False) -> tree.Step:
        place = self._token.place
        is_absent = not is_first and self._accept("not")
        of, field = self._source()
        if field is not None:
            raise RuleError("field_not_wanted", of.place, function="did … then")
        of = self._where(of, depth)
        within = self._within() if not is_first and self._token.word == "within" else None
        return tree.Step(of=of, is_absent=is_absent, within=within, place=place)

    def _within(self) -> tree.Within:
        self._take()
        place = self._token.place
        amount = self._whole_number()
        unit = self._unit(amount)
        if unit in ("months", "years") or amount == 0:
            raise RuleError("exact_needed", place)
        return tree.Within(amount=amount, unit=unit, place=place)  # type: ignore[arg-type]


def _joined(kind: type[tree.And] | type[tree.Or], items: list[Condition], place: tree.Place) -> Condition:
    return items[0] if len(items) == 1 else kind(items=tuple(items), place=place)
