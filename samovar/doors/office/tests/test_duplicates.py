"""Duplicates through the doors of the office: the queue, one pair side by side, many at once, REST, and who may do what."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from samovar.collect.duplicates import jobs, operations, queries, search
from samovar.collect.duplicates.models import Duplicate
from samovar.collect.imports.office import workspace
from samovar.collect.queries import survivor_of
from samovar.doors.office.tests.conftest import BOB, NOW, House, order
from samovar.doors.office.tests.test_api import called
from samovar.doors.office.tests.test_customers import text_of
from samovar.kit.clock import HOUR_US
from samovar.staff.models import AuditRow, Member
from samovar.staff.settings_operations import change_settings

pytestmark = pytest.mark.django_db
ANNA = {"firstName": "Анна", "lastName": "Иванова", "birthday": "1990-05-12", "phone": "+79031234567"}


def identify(user: str, **traits: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": user, "timestamp": "2026-10-01T10:00Z", "traits": traits}


@pytest.fixture
def pairs(house: House) -> Iterator[list[Duplicate]]:
    """Two pairs: Anna with another city, sure; Boris of whom only the phone says that he came twice."""
    house.take(
        identify("anna", **ANNA, city="Казань"),
        identify("a.ivanova", **{**ANNA, "firstName": "Anna"}, city="Москва"),
        identify("boris", firstName="Борис", phone="+79039999999"),
        identify("b", lastName="Петров", phone="+79039999999"),
        order("o1", "2026-10-02T10:00Z", user="anna", revenue=10),
        order("o2", "2026-10-03T10:00Z", user="a.ivanova", revenue=20.5),
    )
    search.look(workspace=house.workspace, warehouse=house.warehouse, actor=BOB, at_us=NOW)
    yield queries.pairs()


def test_an_empty_queue_says_what_will_fill_it(house: House, owner: Client) -> None:
    page = text_of(owner, "/customers/duplicates/")
    assert "Nobody has looked yet" in page
    assert "No open pairs" in page


def test_the_queue_tells_pairs_with_their_reasons_and_what_one_click_would_merge(pairs: list[Duplicate], owner: Client) -> None:
    page = text_of(owner, "/customers/duplicates/")
    assert "Анна Иванова · Anna Иванова" in page
    assert "over 99.9%" in page
    assert "Birthday: same" in page
    assert "sure ones · 1" in page
    assert "from 99.9% · 1" in page
    assert "4 people compared" in page
    assert "Nothing is merged by itself." in page
    change_settings(values={"duplicates_merge_permille": 995}, actor=BOB, at_us=NOW)
    assert "Sure pairs from 99.5% on are merged by themselves" in text_of(owner, "/customers/duplicates/")
    only_sure = text_of(owner, "/customers/duplicates/?sure=yes")
    assert "Борис" not in only_sure
    assert "Anna" in only_sure


def test_a_pair_stands_side_by_side_with_sources_and_orders(pairs: list[Duplicate], owner: Client) -> None:
    page = text_of(owner, f"/customers/duplicates/{pairs[0].pk}/")
    assert "One person with a probability of over 99.9%." in page
    assert page.count('name="keep-city"') == 2
    assert 'name="keep-last_name"' not in page
    raw = owner.get(f"/customers/duplicates/{pairs[0].pk}/").content.decode()
    assert "server · 31\xa0days\xa0ago" in raw, re.findall(r"server · [^<]*", page)
    assert "As one person: 2 orders, RUB 30" in page.replace("₽", "RUB ") or "30.5" in page


def test_a_gender_is_said_in_the_readers_language(house: House, owner: Client) -> None:
    house.take(identify("anna", **ANNA, gender="female"), identify("a.ivanova", **ANNA, gender="f"))
    search.look(workspace=house.workspace, warehouse=house.warehouse, actor=BOB, at_us=NOW)
    page = f"/customers/duplicates/{queries.pairs()[0].pk}/"
    assert "female" in text_of(owner, page)
    owner.post("/language", {"language": "ru"})
    assert "женский" in text_of(owner, page)


def test_what_follows_from_a_name_says_so_and_is_as_old_as_the_name(house: House, owner: Client) -> None:
    told = {"email": "anna@example.com", "phone": "+79161234567", "city": "Казань"}
    house.take(identify("anna", **told, name="Иванова Анна Петровна"), identify("a.ivanova", **told, name="Иванова Анна"))
    search.look(workspace=house.workspace, warehouse=house.warehouse, actor=BOB, at_us=NOW)
    page = f"/customers/duplicates/{queries.pairs()[0].pk}/"
    assert "worked out from the name · 31 days ago" in text_of(owner, page)
    owner.post("/language", {"language": "ru"})
    russian = text_of(owner, page)
    assert "house" not in russian.replace("warehouse", "") and "31 день назад" in russian


def test_what_followed_from_names_that_were_merged_goes_with_a_newer_name(house: House, owner: Client) -> None:
    told = {"email": "ivan@example.com", "phone": "+79161234567"}
    house.take(identify("a", **told, name="Иванов Иван Петрович"), identify("b", **told, name="Иванов Ваня Петрович"))
    search.look(workspace=house.workspace, warehouse=house.warehouse, actor=BOB, at_us=NOW)
    pair = queries.pairs()[0]
    owner.post(f"/customers/duplicates/{pair.pk}/merge", {"keep-name": pair.one, "keep-first_name": pair.one})
    house.tick()
    assert house.warehouse.query("collect.traits", person_id=pair.one, at_us=NOW).num_rows > 4
    house.take({**identify("a", name="Петров Пётр"), "timestamp": "2026-11-01T12:00Z"}, received="2026-11-01T12:00Z")
    after = house.warehouse.query("collect.traits", person_id=pair.one, at_us=NOW + 24 * HOUR_US).to_pylist()
    names = {row["name"]: row["text"] for row in after if row["name"].endswith("name")}
    assert names == {"name": "Петров Пётр", "first_name": "Пётр", "last_name": "Петров"}


def test_a_surname_with_initials_meets_the_whole_name(house: House, owner: Client) -> None:
    told = {"email": "olga@example.com", "phone": "+79161234567"}
    house.take(identify("a", **told, name="Смирнова О.П."), identify("b", **told, name="Смирнова Ольга Петровна"))
    search.look(workspace=house.workspace, warehouse=house.warehouse, actor=BOB, at_us=NOW)
    assert len(queries.pairs()) == 1


def test_the_chosen_value_survives_the_merge_of_a_pair(pairs: list[Duplicate], house: House, owner: Client) -> None:
    pair = pairs[0]
    answer = owner.post(f"/customers/duplicates/{pair.pk}/merge", {"keep-city": pair.one, "keep-first_name": pair.other})
    assert answer.headers["Location"] == f"/customers/{pair.one}/?tab=history"
    house.tick()
    told = {
        row["name"]: row["text"] for row in house.warehouse.query("collect.traits", person_id=pair.one, at_us=NOW).to_pylist()
    }
    assert (told["city"], told["first_name"]) == ("Казань", "Anna")
    assert "found as a duplicate" in text_of(owner, f"/customers/{pair.one}/?tab=history")
    assert "both histories stand on one card" in text_of(owner, f"/customers/duplicates/{pair.pk}/")
    again = owner.post(f"/customers/duplicates/{pair.pk}/merge", follow=True)
    assert "This pair was decided before." in again.content.decode()


def test_a_refused_pair_leads_to_the_next_one(pairs: list[Duplicate], owner: Client) -> None:
    answer = owner.post(f"/customers/duplicates/{pairs[0].pk}/refuse")
    assert answer.headers["Location"] == f"/customers/duplicates/{pairs[1].pk}/"
    assert owner.post(f"/customers/duplicates/{pairs[1].pk}/refuse").headers["Location"] == "/customers/duplicates/"
    assert set(Duplicate.objects.values_list("state", flat=True)) == {"refused"}


def test_many_are_merged_after_a_page_that_says_how_many(pairs: list[Duplicate], owner: Client) -> None:
    asked = owner.post("/customers/duplicates/?state=open&from=0.99", {"bulk": "merge", "all": "1"}).content.decode()
    assert "Merge 1 pair?" in asked
    assert Duplicate.objects.filter(state="merged").count() == 0
    owner.post("/customers/duplicates/?state=open&from=0.99", {"bulk": "merge", "confirmed": str(pairs[0].pk)})
    assert list(Duplicate.objects.order_by("-probability").values_list("state", flat=True)) == ["merged", "open"]
    assert AuditRow.objects.filter(action="profile.merge").count() == 1


@pytest.fixture
def chain(house: House) -> list[Duplicate]:
    """Six people in pairs one after another: two Annas, two nameless ones, Maria and one of no words."""
    house.take(
        identify("1", **ANNA), identify("2", lastName="Иванова", birthday="1990-05-12"), identify("3", **ANNA),
        identify("4", **{**ANNA, "firstName": "Мария"}), identify("5", lastName="Иванова"), identify("6", city="Казань"),
    )  # fmt: skip
    told = [(1, 2, 0.99), (2, 3, 0.98), (3, 4, 0.97), (4, 5, 0.96), (1, 3, 0.95), (5, 6, 0.94)]
    return [
        Duplicate.objects.create(one=one, other=other, probability=p, is_sure=p > 0.985, found_us=NOW) for one, other, p in told
    ]


MANY = "/customers/duplicates/?state=open&from=0.9"


def test_the_page_before_a_merge_of_many_says_who_becomes_one_and_who_is_left(chain: list[Duplicate], owner: Client) -> None:
    page = html.unescape(owner.post(MANY, {"bulk": "merge", "all": "1"}).content.decode())
    assert "Merge 5 pairs?" in page
    assert "Анна Иванова № 1 + Иванова № 2 + Анна Иванова № 3 · to be looked at" in page
    assert "Мария Иванова № 4 + Иванова № 5 + 6 № 6 · to be looked at" in page
    assert "Анна Иванова № 1 and Мария Иванова № 4 have different first names, and this would make them one." in page
    assert "99.0% · sure" in page
    assert not Duplicate.objects.filter(state="merged").exists()


def test_a_merge_of_many_joins_nobody_whom_a_member_or_their_names_part(chain: list[Duplicate], owner: Client) -> None:
    ids = ",".join(str(one.pk) for one in chain)
    operations.refuse(pair=chain[3], actor=BOB, at_us=NOW)  # in another tab, while the page of confirmation stands
    page = html.unescape(owner.post(MANY, {"bulk": "merge", "confirmed": ids}, follow=True).content.decode())
    assert "4 pairs are merged." in page
    assert "2 rows are left as they are." in page
    assert "have different first names" in page
    assert "This pair was decided before." in page
    states = {(one.one, one.other): one.state for one in Duplicate.objects.all()}
    merged = {pair for pair, state in states.items() if state == "merged"}
    assert merged == {(1, 2), (2, 3), (1, 3), (5, 6)}
    assert [survivor_of(one) for one in range(1, 7)] == [1, 1, 1, 4, 5, 5]


def test_a_refusal_between_two_is_told_beside_the_pair_and_can_be_overruled(chain: list[Duplicate], owner: Client) -> None:
    operations.refuse(pair=chain[4], actor=BOB, at_us=NOW)
    address = f"/customers/duplicates/{chain[0].pk}/merge"
    assert called(owner, "POST", f"/duplicates/{chain[0].pk}/merge", {}) == (200, {"id": 1})
    told = "Анна Иванова № 1 and Анна Иванова № 3 were said to be two people"
    again = Duplicate.objects.create(one=2, other=3, probability=0.9, found_us=NOW)
    address = f"/customers/duplicates/{again.pk}/"
    page = text_of(owner, address)
    assert told in page
    assert "Merge all the same" in page
    status, answer = called(owner, "POST", f"/duplicates/{again.pk}/merge", {})
    assert (status, answer["error"]["code"]) == (409, "said_apart")
    assert told in html.unescape(owner.post(f"{address}merge", follow=True).content.decode())
    assert survivor_of(3) == 3
    owner.post(f"{address}merge", {"anyway": "1"})
    assert survivor_of(3) == 1


def test_a_value_to_be_kept_that_nobody_of_the_two_has_is_refused(pairs: list[Duplicate], owner: Client) -> None:
    status, answer = called(owner, "POST", f"/duplicates/{pairs[0].pk}/merge", {"keep": {"city": 999}})
    assert (status, answer["error"]["code"], answer["error"]["field"]) == (422, "no_such_choice", "keep.city")
    page = owner.post(f"/customers/duplicates/{pairs[0].pk}/merge", {"keep-city": "999"}, follow=True).content.decode()
    assert "Customer 999 is none of the two or says nothing of “City”" in page
    assert not Duplicate.objects.filter(state="merged").exists()


def test_many_by_rest_name_what_cannot_be_done(pairs: list[Duplicate], owner: Client) -> None:
    operations.refuse(pair=pairs[1], actor=BOB, at_us=NOW)
    body = {"ids": [pairs[0].pk, pairs[1].pk, 999], "dry_run": True}
    status, told = called(owner, "POST", "/bulk/duplicates/merge", body)
    assert (status, told["changed"], told["gone"]) == (200, [pairs[0].pk], [999])
    assert [one["code"] for one in told["refused"]] == ["pair_decided"]
    assert Duplicate.objects.filter(state="merged").count() == 0


def test_rest_tells_pairs_one_pair_the_effect_and_the_last_look(pairs: list[Duplicate], house: House, owner: Client) -> None:
    status, page = called(owner, "GET", "/duplicates?limit=1")
    assert (status, len(page["items"]), page["items"][0]["id"]) == (200, 1, pairs[0].pk)
    _status, rest = called(owner, "GET", f"/duplicates?limit=1&after={page['next']}")
    assert (rest["items"][0]["id"], rest["next"]) == (pairs[1].pk, "")
    assert called(owner, "GET", "/duplicates?least=0.99")[1]["items"] == page["items"]
    _status, one = called(owner, "GET", f"/duplicates/{pairs[0].pk}")
    cities = {value["value"]: value["survives"] for value in one["values"] if value["field"] == "city"}
    assert cities == {"Казань": False, "Москва": True}
    status, merged = called(owner, "POST", f"/duplicates/{pairs[0].pk}/merge", {"keep": {"city": pairs[0].one}})
    assert (status, merged) == (200, {"id": pairs[0].one})
    house.tick()
    _status, effect = called(owner, "GET", "/duplicates/effect")
    assert (effect["merged"], effect["people_before"] - effect["people"], effect["revenue_minor"]) == (1, 1, 2050)
    assert called(owner, "GET", "/duplicates/search")[1]["figures"]["people"] == 4
    assert called(owner, "POST", f"/duplicates/{pairs[1].pk}/refuse")[0] == 204
    assert called(owner, "GET", "/duplicates/999")[0] == 404


def test_a_look_is_begun_once(pairs: list[Duplicate], owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Any] = []
    monkeypatch.setattr(jobs, "start", begun.append)
    assert called(owner, "POST", "/duplicates/search")[0] == 202
    owner.post("/customers/duplicates/find")
    monkeypatch.setattr(jobs, "is_running", lambda workspace: True)
    assert called(owner, "POST", "/duplicates/search")[1]["is_running"]
    owner.post("/customers/duplicates/find")
    assert begun == [workspace(), workspace()]
    page = text_of(owner, "/customers/duplicates/")
    assert "Everybody is being compared" in page
    assert "Look for duplicates" not in page


def test_a_look_that_is_just_starting_is_waited_for_and_not_for_ever(
    pairs: list[Duplicate], owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "start", lambda workspace: None)
    waiting = owner.post("/customers/duplicates/find").headers["Location"]
    assert "Everybody is being compared" in text_of(owner, waiting)
    part = waiting.replace("/duplicates/", "/duplicates/look")
    assert "HX-Refresh" not in owner.get(part).headers
    over = part.replace(f"until={NOW + 20_000_000}", f"until={NOW - 1}")
    assert owner.get(over).headers["HX-Refresh"] == "true"
    row = operations.start_search(at_us=NOW)
    operations.finish_search(search=row, figures={"people": 4, "pairs": 2}, at_us=NOW)
    assert owner.get(part).headers["HX-Refresh"] == "true"


def test_a_look_that_failed_says_why(house: House, owner: Client) -> None:
    row = operations.start_search(at_us=NOW)
    operations.finish_search(search=row, figures={}, error="The worker does not answer.", at_us=NOW)
    assert "The last look failed: The worker does not answer." in text_of(owner, "/customers/duplicates/")


def test_an_analyst_looks_and_decides_nothing(pairs: list[Duplicate], client_of: Callable[[str], Client]) -> None:
    analyst = client_of("analyst")
    page = text_of(analyst, f"/customers/duplicates/{pairs[0].pk}/")
    assert "Not the same person</button>" not in page
    assert "Merge many at once" not in text_of(analyst, "/customers/duplicates/")
    for path in ("merge", "refuse"):
        assert analyst.post(f"/customers/duplicates/{pairs[0].pk}/{path}").status_code == 403
        assert called(analyst, "POST", f"/duplicates/{pairs[0].pk}/{path}", {})[0] == 403
    assert analyst.post("/customers/duplicates/find").status_code == 403
    assert set(Duplicate.objects.values_list("state", flat=True)) == {"open"}
    assert Member.objects.filter(role="analyst").exists()


def test_a_form_with_a_number_that_no_customer_can_have_finds_nobody(pairs: list[Duplicate], owner: Client) -> None:
    assert owner.post(f"/customers/{pairs[0].one}/unmerge", {"profile": "9" * 30}).status_code == 404
