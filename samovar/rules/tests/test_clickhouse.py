"""The SQL for ClickHouse in its own engine: the same people as DuckDB and the reference, for generated rules in shared passes."""

from __future__ import annotations

from functools import lru_cache

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlglot import exp

from samovar import rules
from samovar.rules import formulas as f
from samovar.rules import tree
from samovar.rules.sql import CLICKHOUSE, DUCKDB, Moment, people_sql, truths_sql
from samovar.rules.sql.printing import value_sql
from samovar.rules.tests.clickhouse import Engine
from samovar.rules.tests.histories import MOMENTS, ZONE, Histories
from samovar.rules.tests.reference import holds, is_customer
from samovar.rules.tests.strategies import CATALOGUE, conditions

RULES, PASS = 500, 25
SEEDS = (0, 1)


@lru_cache
def histories(seed: int) -> Histories:
    return Histories(seed)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    engine = Engine({seed: histories(seed) for seed in SEEDS}, tmp_path_factory.mktemp("clickhouse"))
    yield engine
    engine.close()


@lru_cache
def generated() -> tuple[rules.Rule, ...]:
    """Different rules, the same ones every time."""
    found: dict[str, rules.Rule] = {}

    @settings(
        max_examples=RULES + 100, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(condition=conditions())
    def collect(condition: tree.Condition) -> None:
        rule = rules.Rule(condition=condition)
        found.setdefault(rules.to_text(rule), rule)

    collect()
    return tuple(list(found.values())[:RULES])


def expected(asked: tuple[rules.Rule, ...], history: Histories, at_us: int) -> dict[int, tuple[bool, ...]]:
    world = history.world(at_us)
    customers = {person: facts for person, facts in history.people.items() if is_customer(facts, world)}
    return {person: tuple(holds(rule.condition, facts, world) for rule in asked) for person, facts in customers.items()}


def by_person(rows) -> dict[int, tuple[bool, ...]]:
    """ClickHouse tells a truth as 0 or 1, and like DuckDB never as null."""
    assert {value for row in rows for value in row[1:]} <= {False, True}
    return {row[0]: tuple(map(bool, row[1:])) for row in rows}


def disagreed(asked, *answers) -> set[str]:
    """The texts of the rules on which answers differ."""
    people = {person for answer in answers for person in answer}
    return {
        rules.to_text(rule)
        for place, rule in enumerate(asked)
        if any(len({answer[person][place] for answer in answers}) > 1 for person in people)
    }


@pytest.mark.parametrize("number", range(RULES // PASS))
def test_it_gives_the_same_people_as_duckdb_and_the_reference(number, engine):
    asked = generated()[number * PASS : (number + 1) * PASS]
    assert len(asked) == PASS
    seed, at_us = SEEDS[number % len(SEEDS)], MOMENTS[number % len(MOMENTS)]
    moment, history = Moment(at_us, ZONE), histories(seed)
    theirs = by_person(engine.rows(seed, truths_sql(asked, CATALOGUE, moment, dialect=CLICKHOUSE)))
    ours = by_person(history.cursor.execute(truths_sql(asked, CATALOGUE, moment)).fetchall())
    wanted = expected(asked, history, at_us)
    assert theirs.keys() == ours.keys() == wanted.keys()
    assert disagreed(asked, theirs, ours, wanted) == set()


def test_the_generated_rules_say_everything_the_language_can():
    """Else the passes above would prove little."""
    said = "\n".join(rules.to_text(rule) for rule in generated())
    words = (
        "count( days( gap( sum( avg( median( min( max( distinct( first( last( streak( last_streak( days_since( hours_since( "
        "days_until( days_until_anniversary( did then within segment entered where consent registered_at contains known "
        "between ago month since from"
    )
    assert [word for word in words.split() if word not in said] == []


def people(text: str, words: rules.Catalogue, seed: int, engine: Engine) -> tuple[list[int], list[int]]:
    """What ClickHouse and what DuckDB answers."""
    rule, moment = rules.parse(text, words), Moment(MOMENTS[0], ZONE)
    theirs = engine.rows(seed, people_sql(rule, words, moment, dialect=CLICKHOUSE))
    ours = histories(seed).cursor.execute(people_sql(rule, words, moment)).fetchall()
    return sorted(person for (person,) in theirs), sorted(person for (person,) in ours)


WHERE_ENGINES_DIFFER = """
lifecycle = "lost"
lifecycle in ("newcomer", "developing")
lifecycle is unknown
count(orders where person.lifecycle = "regular") >= 1
score * -0.0001 * 0 in (0, 0.5)
score / -1000000 in (0, 2.5)
score / 0 is unknown
score * 0.0001 != 0.0002
avg(orders.amount) in (-0, 10.5, 0.99, 99999)
sum(orders.amount) * sum(orders.amount) * sum(orders.amount) is known
median(lines.price) = 1.005
hours_since(last orders) < 899999999999999
distinct(event("Quiz Finished").score) > 0
count(event("Quiz Finished") where "a.b/c~d" contains "ТЕ") >= 1
last(lines.name) is unknown and count(lines) > 0
days_until_anniversary(birthday) between 0 and 60
city = "te\\"a"
not city = "\\\\' OR 1=1 --"
city contains "%_A" or city starts with ""
city in ("чай", "\\\\", "'", "Tea\\\\'")
"""


@pytest.mark.parametrize("text", WHERE_ENGINES_DIFFER.strip().splitlines())
def test_it_means_the_same_where_the_engines_differ(text, engine):
    for seed in SEEDS:
        theirs, ours = people(text, CATALOGUE, seed, engine)
        assert theirs == ours


def test_a_birthday_beyond_the_dates_of_clickhouse_has_its_anniversary(engine):
    """Its dates begin in 1900 and end with 2299; years 400 apart have the same calendar."""
    days = tuple(range(372))
    text = "SELECT {}"
    for born in (-141_428, -25_568, -25_567, -1, 0, 120_529, 120_530, 200_000):
        day = f.ToAnniversary(f.Constant(born, f.Type.WHOLE), days)
        value = value_sql(day, lambda feature: exp.null())
        theirs = engine.rows(0, text.format(CLICKHOUSE.text(value)))
        assert theirs == histories(0).cursor.execute(text.format(DUCKDB.text(value))).fetchall(), born


@pytest.mark.parametrize("text", ['trait."a\'; DROP TABLE orders; --" is unknown', 'city = "\\\\"', 'city = "\\\\\' OR 1=1 --"'])
def test_it_keeps_a_strangers_text_a_text(text, engine):
    theirs, ours = people(text, rules.builtin_catalogue("GBP"), 0, engine)
    assert theirs == ours
    assert engine.rows(0, "SELECT count() > 0 FROM orders") == [(True,)]


@pytest.mark.parametrize(
    "text",
    [
        "not " * 199 + "is_vip",
        "is_vip and (is_vip or " * 99 + "is_vip" + ")" * 99,
        "city in (" + ", ".join(f'"{n}"' for n in range(6000)) + ', "Tea") or is_vip',
        f"count(orders) in ({', '.join(map(str, range(1, 6000)))})",
        f"days_since(registered_at) in ({', '.join(map(str, range(1, 700)))})",
        f"avg(orders.amount) not in ({', '.join(map(str, range(1, 700)))})",
    ],
    ids=["nots", "brackets", "texts", "counts", "moments", "doubles"],
)
def test_it_takes_deep_rules_and_long_lists(text, engine):
    theirs, ours = people(text, CATALOGUE, 0, engine)
    assert theirs == ours != []
