"""Whether a tree makes sense: names exist, kinds fit. Raises `RuleError` at the first fault, in order of the text."""

from __future__ import annotations

from samovar.rules import tree
from samovar.rules.catalogue import BASKET, Catalogue, Collection, Field, Kind, Source
from samovar.rules.errors import RuleError, _
from samovar.rules.printer import name_text
from samovar.rules.tree import Condition, Operand, Place

NUMERIC = (Kind.NUMBER, Kind.MONEY)
ORDERED = (*NUMERIC, Kind.DATE, Kind.MOMENT)
COUNTING = ("count", "days", "gap", "streak", "last_streak")
ARITHMETIC = ("sum", "avg", "median")
TIMED = ("days", "gap", "streak", "last_streak", "first", "last")
KIND_NAMES = {
    Kind.TEXT: _("a text"), Kind.NUMBER: _("a number"), Kind.MONEY: _("an amount of money"), Kind.BOOLEAN: _("a yes or no"),
    Kind.DATE: _("a date"), Kind.MOMENT: _("a moment"), Kind.ANY: _("anything"),
}  # fmt: skip
_NUMBERS, _ORDERED_VALUES = _("numbers or money"), _("numbers, money or dates")
_CONSTANT_KINDS = {tree.Text: Kind.TEXT, tree.Number: Kind.NUMBER, tree.Boolean: Kind.BOOLEAN, tree.Date: Kind.DATE}


def check(condition: Condition, catalogue: Catalogue, *, segment: str | None = None) -> None:
    """Raise `RuleError` unless every name is known, every test compares what can be compared, and no segment rests on itself.

    `segment` is the name of the segment whose condition this is to be.
    """
    checker = _Checker(catalogue)
    if segment is not None:
        checker.path.append(segment)
    checker.condition(condition, None)


def operand_kind(operand: Operand, catalogue: Catalogue, collection: Collection | None) -> Kind:
    """The kind of an operand; `collection` is the one a `where` speaks of. Raises `RuleError`."""
    return _Checker(catalogue).operand(operand, collection)


class _Checker:
    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.path: list[str] = []  # the segments whose conditions lie around what is checked now
        self._checked: set[str] = set()

    def condition(self, condition: Condition, collection: Collection | None) -> None:
        match condition:
            case tree.And(items=items) | tree.Or(items=items):
                for item in items:
                    self.condition(item, collection)
            case tree.Not(item=item):
                self.condition(item, collection)
            case tree.Compare(left=left, operator=operator, right=right):
                self._comparable(left, right, collection, is_order=operator not in ("=", "!="))
            case tree.OneOf(operand=operand, values=values):
                for value in values:
                    self._comparable(operand, value, collection, is_order=False)
            case tree.Between(operand=operand, low=low, high=high):
                self._comparable(operand, low, collection, is_order=True)
                self._comparable(operand, high, collection, is_order=True)
            case tree.TextMatch():
                self._searchable(condition, collection)
            case tree.Known(operand=operand):
                self.operand(operand, collection)
            case tree.Holds(operand=operand):
                kind = self.operand(operand, collection)
                if kind not in (Kind.BOOLEAN, Kind.ANY):
                    raise RuleError("boolean_needed", operand.place, kind=KIND_NAMES[kind])
            case tree.Sequence(steps=steps):
                for step in steps:
                    self._selection(step.of, is_timed=True)
            case tree.InSegment(segment=name):
                self._segment(name, condition.place)
            case tree.EnteredSegment(segment=name):
                self._catalogue.segment(name, condition.place)

    def _segment(self, name: str, place: Place | None) -> None:
        """A segment inside a condition: its own condition was checked when it was published; what it rests on may be newer."""
        if name in self.path:
            around = self.path[self.path.index(name) :]
            raise RuleError("segment_cycle", place, path=" → ".join([*around, name]))
        inner = self._catalogue.segment(name, place)
        if inner is None or name in self._checked:
            return
        self.path.append(name)
        try:
            self.condition(inner, None)
        except RuleError as error:
            raise error.at(place) from error
        self.path.pop()
        self._checked.add(name)

    def _comparable(self, left: Operand, right: Operand, collection: Collection | None, *, is_order: bool) -> None:
        kinds = self.operand(left, collection), self.operand(right, collection)
        if not _fit(*kinds):
            raise RuleError("wrong_kinds", right.place, left=KIND_NAMES[kinds[0]], right=KIND_NAMES[kinds[1]])
        kind = kinds[1] if kinds[0] is Kind.ANY else kinds[0]
        if is_order and kind not in (*ORDERED, Kind.ANY):
            raise RuleError("no_order", right.place, kind=KIND_NAMES[kind])
        for one, other in ((left, right), (right, left)):
            if self._is_constant_only(one) and not isinstance(other, tree.Number | tree.Date):
                raise RuleError("constant_needed", one.place, function=_function(one))

    def _is_constant_only(self, operand: Operand) -> bool:
        """Ages of exact moments: their local day is known only for a moment fixed beforehand."""
        if isinstance(operand, tree.AgeOfEvent):
            return operand.function == "hours_since"
        name = operand.of if isinstance(operand, tree.AgeOfAttribute) else operand
        return isinstance(name, tree.AttributeName) and self._catalogue.attribute(name.parts).kind is Kind.MOMENT

    def _searchable(self, test: tree.TextMatch, collection: Collection | None) -> None:
        kind = self.operand(test.operand, collection)
        if kind not in (Kind.TEXT, Kind.ANY):
            raise RuleError("text_only", test.place, operator=test.operator, kind=KIND_NAMES[kind])
        if not self._is_folded(test.operand, collection):
            name = test.operand.parts if isinstance(test.operand, tree.FieldName | tree.AttributeName) else ()
            raise RuleError("no_folded_twin", test.place, operator=test.operator, name=name_text(name) or "it")

    def _is_folded(self, operand: Operand, collection: Collection | None) -> bool:
        if isinstance(operand, tree.AttributeName):
            return self._catalogue.attribute(operand.parts).source in (Source.TRAIT, Source.BASKET)
        if isinstance(operand, tree.FieldName) and collection is not None:
            return self._catalogue.field(collection, operand.parts).has_folded_twin
        if isinstance(operand, tree.Aggregate) and operand.field is not None:
            return self._catalogue.field(self._catalogue.collection(operand.of), operand.field).has_folded_twin
        return False

    def operand(self, operand: Operand, collection: Collection | None) -> Kind:
        match operand:
            case tree.Text() | tree.Number() | tree.Boolean() | tree.Date():
                return _CONSTANT_KINDS[type(operand)]
            case tree.AttributeName(parts=parts):
                return self._catalogue.attribute(parts, operand.place).kind
            case tree.FieldName(parts=parts):
                if collection is None:
                    raise RuleError("bad_tree", operand.place, detail="a field stands outside “where”")
                return self._catalogue.field(collection, parts, operand.place).kind
            case tree.Aggregate():
                return self._aggregate(operand)
            case tree.AgeOfEvent():
                self._selection(operand.of, is_timed=True)
                return Kind.NUMBER
            case tree.AgeOfAttribute():
                self._age(operand, collection)
                return Kind.NUMBER
            case tree.Arithmetic():
                return self._arithmetic(operand, collection)

    def _arithmetic(self, node: tree.Arithmetic, collection: Collection | None) -> Kind:
        """Money stays money while it is added to, multiplied by a number or divided by one."""
        kinds = []
        for side in (node.left, node.right):
            kind = self.operand(side, collection)
            if kind not in (*NUMERIC, Kind.ANY):
                raise RuleError("numbers_needed", side.place, operator=node.operator, kind=KIND_NAMES[kind])
            if self._is_constant_only(side):
                raise RuleError("constant_needed", side.place, function=_function(side))
            kinds.append(kind)
        of_money = [kind is Kind.MONEY for kind in kinds]
        if node.operator in ("+", "-"):
            return Kind.MONEY if any(of_money) else Kind.NUMBER
        is_money = of_money[0] != of_money[1] if node.operator == "*" else of_money == [True, False]
        return Kind.MONEY if is_money else Kind.NUMBER

    def _selection(self, selection: tree.Selection, *, is_timed: bool = False) -> Collection:
        """The collection of a selection, all of it checked; `is_timed` when something is asked of the times of its rows."""
        collection = self._catalogue.collection(selection)
        if (is_timed or selection.window is not None) and not collection.is_timed:
            if collection.table == BASKET:
                raise RuleError("items_timeless", selection.place)
            raise RuleError("timeless", selection.place, name=collection.record)
        if selection.where is not None:
            self.condition(selection.where, collection)
        return collection

    def _aggregate(self, aggregate: tree.Aggregate) -> Kind:
        function, parts = aggregate.function, aggregate.field
        collection = self._selection(aggregate.of, is_timed=function in TIMED)
        if function in COUNTING:
            if parts is not None:
                raise RuleError("field_not_wanted", aggregate.of.place, function=function)
            return Kind.NUMBER
        if parts is None:
            example = f"{function}({collection.name}.{next(iter(collection.fields), 'name')})"
            raise RuleError("field_needed", aggregate.of.place, function=function, example=example)
        field = self._catalogue.field(collection, parts, aggregate.of.place)
        return self._of_values(function, field, aggregate.of.place)

    @staticmethod
    def _of_values(function: str, field: Field, place: Place | None) -> Kind:
        if function == "distinct":
            return Kind.NUMBER
        wanted = NUMERIC if function in ARITHMETIC else ORDERED if function in ("min", "max") else tuple(Kind)
        if field.kind not in (*wanted, Kind.ANY):
            words = _NUMBERS if function in ARITHMETIC else _ORDERED_VALUES
            raise RuleError(
                "wrong_field_kind", place, function=function, wanted=words, name=field.name, kind=KIND_NAMES[field.kind]
            )
        return Kind.NUMBER if field.kind is Kind.ANY and function in ARITHMETIC else field.kind

    def _age(self, age: tree.AgeOfAttribute, collection: Collection | None) -> None:
        kind, name = self.operand(age.of, collection), name_text(age.of.parts)
        if kind not in (Kind.DATE, Kind.MOMENT, Kind.ANY):
            raise RuleError("date_needed", age.of.place, function=age.function, name=name, kind=KIND_NAMES[kind])
        if age.function == "days_until_anniversary" and kind is Kind.MOMENT:
            raise RuleError("no_anniversary", age.of.place, function=age.function, name=name)


def _fit(left: Kind, right: Kind) -> bool:
    if Kind.ANY in (left, right) or left is right:
        return True
    pair = {left, right}
    return pair <= set(NUMERIC) or pair == {Kind.DATE, Kind.MOMENT}


def _function(operand: Operand) -> str:
    if isinstance(operand, tree.AgeOfEvent | tree.AgeOfAttribute):
        return operand.function
    return name_text(operand.parts) if isinstance(operand, tree.AttributeName) else ""
