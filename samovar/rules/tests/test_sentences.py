"""Sentences: the golden ones stand in sentences.txt; generated rules show that nothing a rule says is lost on the way."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from samovar import rules
from samovar.rules import tree
from samovar.rules.catalogue import Kind
from samovar.rules.check import check
from samovar.rules.lifecycle import stage_rules
from samovar.rules.parser import parse_text
from samovar.rules.sentence import LANGUAGES, say, say_leaf, say_value
from samovar.rules.sentence.labels import value_labels
from samovar.rules.tests.sentence_words import WORDS
from samovar.rules.tests.strategies import basket_conditions, conditions

GOLDEN = (Path(__file__).parent / "sentences.txt").read_text()
CONSTANTS = tree.Text | tree.Number | tree.Boolean | tree.Date
QUOTED = re.compile(r"[“«].*?[”»]", re.DOTALL)
VARIANTS = 8  # of one rule; the places where it changes are spread over it
RULES = st.one_of(conditions(), basket_conditions())
generated = settings(max_examples=80, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


def golden() -> list[list[str]]:
    blocks = [[line.strip() for line in block.splitlines()] for block in GOLDEN.split("\n\n")]
    return [block for block in blocks if not block[0].startswith("#")]


def both(condition: tree.Condition) -> tuple[str, str]:
    rule = rules.Rule(condition=condition)
    return say(rule, "en", WORDS), say(rule, "ru", WORDS)


@pytest.mark.parametrize(("text", "english", "russian"), golden(), ids=[block[0][:60] for block in golden()])
def test_it_says(text, english, russian):
    rule = rules.parse(text, WORDS)
    assert (say(rule, "en", WORDS), say(rule, "ru", WORDS)) == (english, russian)


def test_the_shipped_stages_have_a_golden_sentence():
    texts = {block[0] for block in golden()}
    assert texts >= set(stage_rules().values())


def test_every_word_of_the_catalogue_has_its_words_in_every_language():
    for language in LANGUAGES.values():
        words = language.words
        assert set(words.collections) >= set(rules.builtin_catalogue().collections)
        assert set(words.attributes) >= {*rules.builtin_catalogue().attributes, *rules.builtin_catalogue().basket_attributes}
        for collection in rules.builtin_catalogue().collections.values():
            assert set(words.fields) >= set(collection.fields), collection.name
        assert set(words.units) == set(get_args(tree.Unit))


@pytest.mark.parametrize(
    ("number", "noun"),
    [
        (0, "дней"), (1, "день"), (2, "дня"), (4, "дня"), (5, "дней"), (11, "дней"), (12, "дней"), (14, "дней"), (20, "дней"),
        (21, "день"), (22, "дня"), (100, "дней"), (101, "день"), (111, "дней"), (112, "дней"), (1001, "день"),
    ],
)  # fmt: skip
def test_a_russian_noun_takes_the_form_of_its_numeral(number, noun):
    sentence = say(rules.parse(f"gap(orders) = {number}", WORDS), "ru", WORDS)
    assert sentence.split()[-1] == noun


@given(RULES)
@generated
def test_every_rule_says_something_and_always_the_same(condition):
    sentences = both(condition)
    assert both(condition) == sentences
    for sentence in sentences:
        plain = QUOTED.sub("«»", sentence)
        assert sentence and sentence == sentence.strip()
        assert not re.search(r"None|[_{}\[\]]|  |\( | \)| ,| ;", plain), plain
        assert sentence.count("(") == sentence.count(")")


@given(RULES)
@generated
def test_every_constant_and_name_of_a_rule_is_in_its_sentence(condition):
    english, russian = both(condition)
    for node in tree.walk(condition):
        match node:
            case tree.Text(value=value):
                said = [value_labels("reachable.email.state", LANGUAGES[one]).get(value, value) for one in ("en", "ru")]
                assert f"“{said[0]}”" in english and f"«{said[1]}»" in russian
            case tree.Number(value=value) if abs(value) != 1 and value != 0:
                assert f"{abs(value).normalize():,f}" in english
            case tree.Last(amount=amount) | tree.Before(amount=amount) | tree.Within(amount=amount) if amount > 1:
                assert f" {amount} " in english and f" {amount} " in russian
            case tree.InSegment(segment=name) | tree.EnteredSegment(segment=name):
                assert f"“{name}”" in english and f"«{name}»" in russian


@given(RULES)
@generated
def test_rules_that_differ_in_one_thing_say_different_things(condition):
    """Each window, where, operator, number, text, figure and order of two sides, changed one at a time."""
    said = both(condition)
    own = normal(condition)
    changes = list(variants(condition))
    for changed in changes[:: max(1, len(changes) // VARIANTS)]:
        if normal(changed) == own or not is_sound(changed):
            continue
        other = both(changed)
        assert other[0] != said[0] and other[1] != said[1], (said, rules.to_text(rules.Rule(condition=changed)))


def is_sound(condition: Any) -> bool:
    """Whether a changed rule is one: records without a time take no window."""
    try:
        check(condition, WORDS)
    except rules.RuleError:
        return False
    return True


def variants(node: Any) -> Iterator[Any]:
    """Nodes with one change somewhere inside."""
    yield from _changed(node)
    for name in node.__struct_fields__:
        value = getattr(node, name)
        if isinstance(value, tree.Node):
            yield from (replace(node, **{name: inner}) for inner in variants(value))
        elif isinstance(value, tuple) and value and isinstance(value[0], tree.Node):
            for place, item in enumerate(value):
                yield from (replace(node, **{name: (*value[:place], inner, *value[place + 1 :])}) for inner in variants(item))


def _changed(node: Any) -> Iterator[Any]:
    match node:
        case tree.Number(value=value):
            yield replace(node, value=value + 1)
        case tree.Text(value=value):
            yield replace(node, value=value + "x")
        case tree.Date(value=value):
            yield replace(node, value=value + dt.timedelta(days=1))
        case tree.Selection(where=where, window=window):
            yield from [replace(node, where=None)] if where is not None else []
            yield from _other_windows(node, window)
        case tree.Sequence(window=window) | tree.EnteredSegment(window=window):
            yield from _other_windows(node, window)
        case tree.Aggregate(function=function, span_days=span):
            yield from [replace(node, span_days=span + 1)] if span is not None else []
            families = [
                ("count", "days", "gap"),
                ("streak", "last_streak"),
                ("sum", "avg", "median", "min", "max"),
                ("first", "last"),
            ]
            family = next((names for names in families if function in names), ())
            yield from (replace(node, function=name) for name in family if name != function)
        case tree.AgeOfEvent(which=which):
            yield replace(node, which="first" if which == "last" else "last")
        case tree.Compare(operator=operator, left=left, right=right):
            names = ["=", "!="] if operator in ("=", "!=") else ["<", "<=", ">", ">="]
            yield from (replace(node, operator=name) for name in names if name != operator)
            yield replace(node, left=right, right=left)
        case tree.Arithmetic(operator=operator):
            yield from (replace(node, operator=name) for name in ("+", "-", "*", "/") if name != operator)
        case tree.OneOf(is_negated=is_negated) | tree.Between(is_negated=is_negated):
            yield replace(node, is_negated=not is_negated)
        case tree.TextMatch(operator=operator):
            yield from (replace(node, operator=name) for name in get_args(tree.TextOperator) if name != operator)
        case tree.Known(is_known=is_known):
            yield replace(node, is_known=not is_known)
        case tree.Step(within=within):
            yield replace(node, within=None if within is not None else tree.Within(amount=5, unit="hours"))
        case tree.And(items=items) | tree.Or(items=items):
            yield (tree.Or if isinstance(node, tree.And) else tree.And)(items=items)
            yield tree.Not(item=node)


def _other_windows(node: Any, window: tree.Window | None) -> Iterator[Any]:
    others = [
        None, tree.Last(amount=37, unit="days"), tree.Last(amount=37, unit="weeks"), tree.Before(amount=37, unit="days"),
        tree.Before(amount=37, unit="hours"), tree.Ago(from_amount=37, to_amount=1, unit="days"), tree.Month(which="this"),
        tree.Since(first=dt.date(2024, 3, 1)), tree.FromTo(first=dt.date(2024, 3, 1), last=dt.date(2024, 3, 9)),
    ]  # fmt: skip
    yield from (replace(node, window=other) for other in others if other != window)


def normal(node: Any) -> Any:
    """A rule up to what means the same: groups in groups of their kind, sides turned, lists of one, yes and no spelled out."""
    if not isinstance(node, tree.Node):
        return tuple(normal(item) for item in node) if isinstance(node, tuple) else node
    match node:
        case tree.Compare(left=left, operator=operator, right=right) if isinstance(left, CONSTANTS):
            if not isinstance(right, CONSTANTS):
                turned = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(operator, operator)
                node = tree.Compare(left=right, operator=turned, right=left)  # type: ignore[arg-type]
        case tree.OneOf(operand=operand, values=(value,), is_negated=is_negated):
            node = tree.Compare(left=operand, operator="!=" if is_negated else "=", right=value)
        case tree.Holds(operand=operand):
            node = tree.Compare(left=operand, operator="=", right=tree.Boolean(value=True))
        case tree.And(items=items) | tree.Or(items=items):
            kind = type(node)
            flat = [inner for item in items for inner in (item.items if isinstance(item, kind) else [item])]
            if len(flat) > len(items):
                return normal(kind(items=tuple(flat)))
    if isinstance(node, tree.Compare) and node.operator == "!=" and isinstance(node.right, tree.Boolean):
        node = replace(node, operator="=", right=tree.Boolean(value=not node.right.value))
    return (type(node).__name__, *(normal(getattr(node, name)) for name in node.__struct_fields__ if name != "place"))


@pytest.mark.parametrize(
    "text",
    [
        "city in (" + ", ".join(f'"{n}"' for n in range(6000)) + ")",
        " and ".join(["count(orders where amount > 1 in last 9 days) > 2"] * 1200),
        " or ".join(["not (is_vip or score > 1 and city is known)"] * 1300),
        "score in (" + ", ".join(["1"] * 20_000) + ")",
        "count(lines where " + " or ".join(["price * quantity > 100"] * 2500) + ") > 3",
    ],
)
def test_a_rule_as_long_as_a_rule_may_be_is_said_at_once(text):
    rule = rules.Rule(condition=parse_text(text))
    assert len(text.encode()) > 0.8 * 64 * 1024 / 1.5
    for language in LANGUAGES:
        began = time.process_time()
        assert len(say(rule, language, WORDS)) > 10_000
        assert time.process_time() - began < 0.9


@pytest.mark.parametrize("opening", ["not ", "(", "is_vip and (is_vip or ", "is_vip and not (is_vip or "])
def test_the_deepest_rule_is_said_without_exhausting_the_stack(opening):
    levels = 190 // max(1, opening.count("is_vip") + opening.count("not"))
    text = opening * levels + "is_vip" + ")" * (opening.count("(") * levels)
    for sentence in both(parse_text(text)):
        assert "is_vip" in sentence


@pytest.mark.parametrize(
    ("text", "english", "russian"),
    [
        (
            "count(orders where amount > 1000 in last 90 days) >= 2",
            ("orders with an amount over 1,000 in the last 90 days", "at least 2"),
            ("заказы на сумму больше 1\u00a0000 за последние 90 дней", "не меньше 2"),
        ),
        ("count(event('Quiz Finished')) = 0", ("“Quiz Finished” events", "exactly 0"), ("события «Quiz Finished»", "ровно 0")),
        (
            "days_since(last orders) > 30",
            ("number of days since the last order", "more than 30"),
            ("число дней с последнего заказа", "больше 30"),
        ),
        (
            "days_until_anniversary(birthday) between 0 and 7",
            ("number of days until the next birthday", "between 0 and 7"),
            ("число дней до следующего дня рождения", "от 0 до 7"),
        ),
        (
            "streak(visits, 1 day) >= 3",
            ("longest run of days with visits (at most 1 day apart)", "at least 3 days"),
            ("самая длинная серия дней с визитами (с промежутком не больше 1 дня)", "не меньше 3 дней"),
        ),
        (
            "1000.5 < sum(orders.amount)",
            ("total amount of orders", "over 1,000.50"),
            ("общая сумма заказов", "больше 1\u00a0000,50"),
        ),
        ("city in ('Москва', 'Казань')", ("city", "“Москва” or “Казань”"), ("город", "«Москва» или «Казань»")),
        ("city contains 'ка'", ("city", "a text containing “ка”"), ("город", "текст, в котором есть «ка»")),
        ("birthday is unknown", ("date of birth", "unknown"), ("дата рождения", "неизвестное значение")),
        ("is_vip", ("trait “is_vip”", "yes"), ("черта «is_vip»", "да")),
        (
            "consent.email.marketing",
            ("consent to marketing by e-mail", "yes"),
            ("согласие на рекламу по почте", "да"),
        ),
        ('in segment "vip"', ("is in the segment “vip”", "yes"), ("входит в сегмент «vip»", "да")),
        (
            "count(orders) > count(returns)",
            ("orders", "more than the number of returns"),
            ("заказы", "больше, чем число возвратов"),
        ),
        (
            "did visits then not orders", ("had a visit, then no order", "yes"),
            ("был визит, затем не было ни одного заказа", "да"),
        ),
    ],
)  # fmt: skip
def test_a_test_is_said_as_what_there_is_and_what_is_needed(text, english, russian):
    test = rules.parse(text, WORDS).condition
    for language, wanted in (("en", english), ("ru", russian)):
        leaf = say_leaf(test, language, WORDS)
        assert (leaf.text, leaf.needs) == wanted


def test_a_value_is_said_as_its_language_writes_it():
    facts = [
        (12_480, Kind.NUMBER), (Decimal("1000.5"), Kind.MONEY), (Decimal(-1000), Kind.MONEY), (2.5, Kind.NUMBER),
        (True, Kind.BOOLEAN), ("site", Kind.TEXT), (dt.date(2026, 11, 21), Kind.DATE), (None, Kind.NUMBER),
    ]  # fmt: skip
    english, russian = ([say_value(value, kind, language) for value, kind in facts] for language in ("en", "ru"))
    assert english == ["12,480", "1,000.50", "−1,000", "2.5", "yes", "“site”", "21 November 2026", "unknown"]
    assert russian == ["12\u00a0480", "1\u00a0000,50", "−1\u00a0000", "2,5", "да", "«site»", "21 ноября 2026", "неизвестно"]
