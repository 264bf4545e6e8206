"""Sets of stages as text, and what the lint says of them."""

from __future__ import annotations

from typing import Any

from samovar import rules
from samovar.rules.lifecycle import stage_rules
from samovar.understand.lint import lint
from samovar.understand.lint.stages import Stage, read

CATALOGUE = rules.builtin_catalogue()

# The stages of a source text as it words them, each a rule of its own.
WORDED = [
    {"name": "newcomer", "says": "зарегистрировался, но не купил", "rule": "count(orders) = 0"},
    {
        "name": "cautious", "says": "не купил, но постоянно ходит на сайт",
        "rule": "count(orders) = 0 and count(visits in last 14 days) >= 3",
    },
    {"name": "developing", "says": "сделал первую покупку", "rule": "count(orders) = 1"},
    {
        "name": "regular", "says": "покупает раз в две недели и чаще",
        "rule": "count(orders) >= 3 and gap(orders) <= 14 and days_since(last orders) <= 14",
    },
    {
        "name": "at risk", "says": "покупал регулярно, но в последние 45 дней прекратил",
        "rule": "count(orders) >= 3 and gap(orders) <= 14 and days_since(last orders) >= 45",
    },
    {
        "name": "lost", "says": "покупал, но не покупал и не заходил 3 месяца",
        "rule": "count(orders) >= 1 and days_since(last orders) > 90 and count(visits in last 90 days) = 0",
    },
]  # fmt: skip

# Sets that read all that rules may read.
MANY = [
    ["count(orders where amount > 1000 in last 90 days) >= 2", "sum(orders.amount) > 500", "max(orders.amount) < 100"],
    ['city = "Москва"', 'city != "Москва"', "city is known and score between 3 and 7"],
    ["consent.email.marketing and count(opens in last 14 days) >= 1", "not consent.email.marketing"],
    [
        "reachable.email and reachable.channels < 2",
        'reachable.sms.state = "stopped"',
        "consent.sms.marketing and not reachable.sms",
    ],
    ["did views then cart_adds within 1 hour then not orders within 24 hours in last 7 days", "count(views in last 7 days) >= 2"],
    ['in segment "vip"', 'not in segment "vip" and count(orders) >= 5', 'entered segment "vip" in last 7 days'],
    ["count(orders) / count(visits) > 0.5", "count(orders) + count(returns) <= 2"],
    ['lifecycle = "lost"', 'lifecycle in ("regular", "at risk")', "count(orders) = 0"],
    ['count(lines where category = "tea" in last 30 days) >= 1', "distinct(lines.category) >= 3"],
    ["days_since(registered_at) <= 7", "registered_at is unknown", "days_since(registered_at) > 7 and count(orders) = 0"],
    ["days_until_anniversary(birthday) <= 7", "days_since(birthday) > 7000", "birthday is unknown"],
    ["count(orders in last 3 months) >= 1", "count(orders this month) >= 1", "count(orders since 2026-03-01) = 0"],
    ['last(event("Quiz Finished").score) > 5', 'min(event("Quiz Finished").score) <= 5', 'trait.tea contains "чёрный"'],
    ["streak(orders, 14 days) >= 5", "last_streak(orders, 7 days) >= 3", "hours_since(last visits) < 24"],
    ["count(returns where amount > 10) >= 1", "count(calls where duration > 60) >= 1 or contact.phone.is_known"],
    [
        'count(record("policy") where days_until(ends_on) between 0 and 30) >= 1',
        'count(record("policy")) >= 2',
        'sum(record("policy").premium where is_new) > 100',
    ],
    ['days_since(last record("policy")) > 90', 'count(record("policy") in last 30 days) >= 1', 'count(record("policy")) = 0'],
    ['count(record("vehicle") where brand = "Lada") >= 1 and city = "Москва"', 'min(record("vehicle").bought_on) < 2020-01-01'],
    [
        'did record("policy") then orders within 7 days',
        'max(record("vehicle").km) > 100000',
        'last(record("policy").kind) = "kasko"',
    ],
    ["1 + 1 in (2, 3) or count(orders) = 0", "not gap(clicks) = 1", "2 < 1"],
]


def stages(*texts: str) -> list[Stage]:
    """Stages called a, b, c … of their rules."""
    return named([{"name": chr(ord("a") + number), "rule": text} for number, text in enumerate(texts)])


def named(given: list[dict[str, str]]) -> list[Stage]:
    return read(given, lambda text: rules.parse(text, CATALOGUE))


def shipped() -> list[dict[str, str]]:
    """The six stages of the lifecycle as rules of their own: each without those before it."""
    found, before = [], ""
    for name, text in stage_rules().items():
        found.append({"name": name, "rule": f"({text}){before}"})
        before += f" and not ({text})"
    return found


def findings(given: list[Stage], *kinds: str) -> list[dict[str, Any]]:
    """What is found, of some kinds or of all."""
    return [found for found in lint(given, CATALOGUE) if not kinds or found["kind"] in kinds]


def days(found: dict[str, Any], what: str) -> list[int]:
    """How many days ago each of something happened in a finding's history."""
    return [fact["days_ago"] for fact in found["history"] if fact["what"] == what]
