"""The words of rules: what data taught, how many people it is true of, and what a definition carries of it to another shop."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from samovar import rules
from samovar.engine import keeper
from samovar.engine.warehouse import client
from samovar.rules.vocabulary import learned_words, named_words
from samovar.understand import jobs, operations, queries, word_count
from samovar.understand.carried import BadWords
from samovar.understand.definitions import apply_segment, export_segments, unknown_words
from samovar.understand.models import Segment, Vocabulary
from samovar.understand.rules import with_shares
from samovar.understand.tests.shop import ALICE, NOW, Shop

pytestmark = [pytest.mark.django_db, pytest.mark.store]
RULE = 'score > 1 and count(event("Quiz Finished") where points > 1) > 0 and city = "Тверь"'


def trait(shop: Any, person: int, name: str, kind: str | None, time_us: int = NOW - 5, **value: Any) -> None:
    stored = [value.get(column) for column in ("text", "folded", "number", "boolean", "date_day")]
    shop._insert("attributes", person, person, name, time_us, 0, person, kind, *stored, None, None, None, None)


@pytest.fixture
def quizzed(shop):
    for person in range(10, 18):
        shop.person(person, city="Тверь" if person < 14 else f"Город {person}")
        trait(shop, person, "score", "number", number=20_000 if person < 16 else 5_000)
    trait(shop, 10, "score", None, NOW - 1)  # taken away since
    trait(shop, 11, "score", "text", NOW - 1, text="many", folded="many")  # of another kind: unknown
    shop._insert(
        "events", 1, 1, "Quiz Finished", "track", NOW, 20_000, 1, "s", "m", json.dumps({"points": 30_000, "~x": "y"}), 0, 0
    )
    return shop


def counted(shop: Any) -> dict[str, Any]:
    [row] = shop.query("understand.words", at_us=NOW).to_pylist()
    return with_shares(json.loads(row["words"]))


def test_it_says_how_many_have_an_attribute_now_and_what_several_of_them_have(quizzed):
    found = counted(quizzed)
    assert found["people"] == 11  # customers; the visitor is none
    by_name = {word["name"]: word for word in found["attributes"]}
    assert by_name["score"] == {
        "name": "score", "kind": "number", "people": 6, "examples": [2], "share": round(6 / 11, 4)
    }  # fmt: skip
    assert by_name["city"]["people"] == 10 and by_name["city"]["examples"] == ["Тверь"]  # a rarer value might name somebody
    assert by_name["registered_at"]["people"] == 11 and by_name["contact.email.is_known"]["people"] == 0
    shares = [word["share"] for word in found["attributes"]]
    assert shares == sorted(shares, reverse=True)


def test_collections_come_with_how_often_and_with_learned_and_declared_fields(quizzed):
    by_name = {one["name"]: one for one in counted(quizzed)["collections"]}
    assert by_name['event("Quiz Finished")'] == {
        "name": 'event("Quiz Finished")', "rows": 1, "fields": [{"name": "points", "kind": "number"}]
    }  # fmt: skip
    assert by_name["orders"]["rows"] == 3
    assert {"name": "amount", "kind": "money"} in by_name["orders"]["fields"]
    assert "items" not in by_name


def test_the_worker_stores_what_pages_read(quizzed):
    assert queries.vocabulary().counted_us is None
    jobs.keep_words(cursor=quizzed.cursor, currency="RUB", at_us=NOW)
    trait(quizzed, 1, "height", "number", number=1)
    jobs.keep_words(cursor=quizzed.cursor, currency="RUB", at_us=NOW + 1)
    row = queries.vocabulary()
    assert (row.counted_us, row.words["people"], Vocabulary.objects.count()) == (NOW + 1, 11, 1)
    assert {"name": "height", "kind": "number", "people": 1, "examples": []} in row.words["attributes"]


def test_a_rule_names_the_words_that_the_shop_made():
    words = rules.builtin_catalogue("RUB")
    text = 'trait."Мой чай" = "a" and max(record("policy").premium) > 5 and did event("Q") then orders and in segment "x"'
    condition = rules.parse(text, words).condition
    assert named_words(condition, words) == ['event("Q")', 'record("policy")', 'record("policy").premium', 'trait."Мой чай"']
    assert learned_words(condition, words) == {}
    where = rules.parse('count(event("Q") where a.b > 1 and person.score > 2 and person.city = "x") > 0', words).condition
    assert named_words(where, words) == ['event("Q")', 'event("Q").a.b', "trait.score"]


def publish(slug: str = "quizzed") -> None:
    rule = rules.parse(RULE, rules.builtin_catalogue("RUB"))
    operations.create(name="Quizzed", slug=slug, rule=rule, actor=ALICE, at_us=NOW)


def test_an_export_carries_the_words_a_rule_uses_with_their_kinds(quizzed):
    publish()
    exported = export_segments()["quizzed"]
    assert exported["words"] == {
        'event("Quiz Finished")': "event", 'event("Quiz Finished").points': "number", "trait.score": "number"
    }  # fmt: skip
    assert unknown_words(exported) == []


def test_a_shop_that_does_not_know_them_says_so_and_gives_them_on(quizzed, monkeypatch):
    publish()
    exported = export_segments()["quizzed"]
    Segment.objects.all().delete()
    elsewhere = Shop()
    monkeypatch.setattr(client, "_current", elsewhere)
    apply_segment("quizzed", exported, ALICE, NOW)
    assert export_segments()["quizzed"] == exported
    told = unknown_words(exported)
    assert len(told) == 3 and "trait.score (number)" in told[2]
    trait(elsewhere, 1, "score", "number", number=1)
    assert len(unknown_words(exported)) == 2


def test_a_word_of_another_kind_here_is_refused_and_nothing_comes_in(quizzed):
    exported = {"name": "Quizzed", "rule": RULE, "words": {"trait.score": "text"}}
    with pytest.raises(BadWords) as refusal:
        apply_segment("quizzed", exported, ALICE, NOW)
    assert refusal.value.code == "other_kind" and "trait.score" in refusal.value.message
    assert not Segment.objects.exists() and queries.vocabulary().brought == {}


@pytest.mark.parametrize("told", ["text", ["a"], {"trait.a": "nothing"}, {"trait.a": ["text"]}, {5: "text"}])
def test_words_that_are_none_are_refused(told):
    with pytest.raises(BadWords):
        apply_segment("x", {"rule": "count(orders) > 0", "words": told}, ALICE, NOW)
    assert not Segment.objects.exists()


@pytest.fixture
def without_waiting(monkeypatch):
    monkeypatch.setattr(jobs, "WORDS_START_S", 0.01)
    monkeypatch.setattr(jobs, "WORDS_S_MIN", 0.01)
    monkeypatch.setattr(jobs, "WORDS_REST", 0.0)
    monkeypatch.setattr(keeper, "close_old_connections", lambda: None)


def until(holds: Any) -> bool:
    deadline = time.monotonic() + 10
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(holds())


def test_the_counter_counts_beside_the_loop_and_a_failure_does_not_end_it(without_waiting):
    asked = []

    class Failing:
        def execute(self, statement: str, values: Any = None) -> Any:
            asked.append(statement)
            raise RuntimeError("no memory")

    counter = jobs.WordCounter(Failing(), "RUB", lambda: NOW)
    assert until(lambda: len(asked) >= 3)
    counter.close()
    done = len(asked)
    time.sleep(0.05)
    assert len(asked) == done


def test_the_counter_stops_after_a_piece(without_waiting, monkeypatch):
    counted, may_go = [], threading.Event()

    class Count:
        def __init__(self, *_asked: Any) -> None: ...

        def pieces(self) -> Any:
            for piece in range(1000):
                counted.append(piece)
                may_go.wait(10)
                yield

        def told(self) -> Any:
            raise AssertionError("it was to stop")

    monkeypatch.setattr(jobs, "WordCount", Count)
    counter = jobs.WordCounter(None, "RUB", lambda: NOW)
    assert until(lambda: counted)
    counter._stopped.set()
    may_go.set()
    counter.close()
    assert counted == [0]


def test_slices_of_people_add_up_to_the_whole(quizzed, monkeypatch):
    shown = ({"text": "Тверь", "folded": "тверь"}, {"text": "Уфа", "folded": "уфа"}, {"text": "Рим", "folded": "рим"})
    for person in range(20, 60):
        quizzed.person(person)
        trait(quizzed, person, "port", "text", **shown[0 if person % 2 else 1 if person < 35 else 2])
    whole = counted(quizzed)
    monkeypatch.setattr(word_count, "SLICE", 12)
    parts = counted(quizzed)
    for found in (whole, parts):
        [port] = [word for word in found["attributes"] if word["name"] == "port"]
        assert (port["people"], port["examples"]) == (40, ["Тверь", "Рим", "Уфа"])
    for word in (*whole["attributes"], *parts["attributes"]):
        del word["examples"]  # of a value that few of each slice have
    assert parts == whole
