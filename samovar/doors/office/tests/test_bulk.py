"""Actions on many rows: a preview that says how many would change and what is refused, then the change; screens and REST API."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from samovar import rules
from samovar.collect.imports.models import QuarantineRow
from samovar.decide import operations as campaigns
from samovar.decide.models import Campaign
from samovar.doors.office.tests.conftest import BOB, NOW, House
from samovar.engine.models import Outbox
from samovar.staff.models import AuditRow, Member
from samovar.understand import operations as segments
from samovar.understand.models import Segment

pytestmark = pytest.mark.django_db


def segment(name: str) -> Segment:
    rule = rules.parse("count(orders) >= 1", rules.builtin_catalogue())
    return segments.create(name=name, rule=rule, actor=BOB, at_us=NOW)


def draft(name: str, **values: Any) -> Campaign:
    return campaigns.create_draft(name=name, actor=BOB, at_us=NOW, **values)


def refused_rows() -> list[QuarantineRow]:
    event = {"type": "track", "event": "Quiz Finished", "userId": "alice", "timestamp": "2026-01-01T10:00Z"}
    rows = [("edge", event, "time_ahead"), ("edge", {"type": "track"}, "nobody"), ("import", {"email": "x"}, "bad_email")]
    return [
        QuarantineRow.objects.create(key=str(n), stage=stage, source="site", reason=reason, raw=raw, added_us=NOW)
        for n, (stage, raw, reason) in enumerate(rows)
    ]


def state() -> tuple[int, int, list[Any]]:
    """What a rehearsal must leave as it is."""
    rows = [*Segment.objects.order_by("id").values(), *Campaign.objects.order_by("id").values()]
    return AuditRow.objects.count(), Outbox.objects.count(), rows


def test_the_preview_counts_what_would_change_and_names_what_would_not(owner: Client) -> None:
    idle, busy, away = segment("Idle"), segment("Busy"), segment("Away")
    segments.archive(segment=away, actor=BOB, at_us=NOW)
    draft("Spring", segment="busy")
    draft("Autumn", segment="busy")
    before = state()
    page = owner.post("/segments/", {"bulk": "archive", "row": [idle.id, busy.id, away.id]}).content.decode()
    assert "Archive 1 segment?" in page
    assert "1 of 3 chosen rows would change." in page
    assert "The segment “Busy” feeds 2 campaigns: Spring, Autumn. Stop them or give them another audience first." in page
    assert "“Away” is archived already." in page
    assert f'name="confirmed" value="{idle.id}"' in page
    assert state() == before


def test_a_confirmation_changes_each_row_with_an_audit_row_of_its_own_and_tells_what_was_refused_meanwhile(owner: Client) -> None:
    idle, busy = segment("Idle"), segment("Busy")
    page = owner.post("/segments/?sort=-name", {"bulk": "archive", "row": [idle.id, busy.id]}).content.decode()
    assert "2 of 2 chosen rows would change." in page
    confirmed = re.findall(r'name="confirmed" value="([\d,]+)"', page)[0]
    draft("Spring", segment="busy")  # between the question and the answer
    answer = owner.post("/segments/?sort=-name", {"bulk": "archive", "confirmed": confirmed + ",999"}, follow=True)
    assert answer.redirect_chain == [("/segments/?sort=-name", 302)]
    told = [str(message) for message in answer.context["messages"]]
    assert told[0] == "1 segment is archived."
    assert told[1] == "1 row is left as it is."
    assert "Busy: The segment “Busy” feeds 1 campaign: Spring." in told[2]
    assert told[3] == "1 row is gone."
    assert list(Segment.objects.filter(is_archived=True)) == [idle]
    row = AuditRow.objects.get(action="segment.archive")
    assert (row.subject, row.actor_name) == (f"segment:{idle.id}", "owner")


def test_a_segment_s_page_names_what_it_feeds_and_nothing_that_has_ended(shop: House, owner: Client) -> None:
    segment("Busy")
    draft("Spring", segment="busy")
    ended = draft("Autumn", segment="busy")
    Campaign.objects.filter(id=ended.id).update(status="done")
    page = owner.get("/segments/busy/").content.decode()
    assert "Used in" in page and "/campaigns/spring/" in page and "Autumn" not in page


def test_all_that_fit_are_all_of_the_search_and_not_of_the_page(owner: Client) -> None:
    for number in range(60):
        segment(f"tea {number:02}")
    segment("coffee")
    page = owner.get("/segments/?q=tea").content.decode()
    assert "all that fit, not only those of this page" in page
    page = owner.post("/segments/?q=tea", {"bulk": "archive", "all": "1"}).content.decode()
    assert "Archive 60 segments?" in page
    assert "and 40 more" in page


def test_nothing_chosen_changes_nothing_and_says_so(owner: Client) -> None:
    segment("Idle")
    answer = owner.post("/segments/", {"bulk": "archive"}, follow=True)
    assert [str(message) for message in answer.context["messages"]] == ["Choose rows first."]
    assert not Segment.objects.filter(is_archived=True).exists()


@pytest.mark.parametrize("action", ["archive", "password", "export-all"])
def test_a_role_without_the_permission_is_offered_nothing_and_refused(client_of: Callable[[str], Client], action: str) -> None:
    row, operator = segment("Idle"), client_of("operator")
    assert 'value="archive"' not in operator.get("/segments/").content.decode()
    for asked in ({"row": row.id}, {"confirmed": row.id}):
        assert operator.post("/segments/", {"bulk": action, **asked}).status_code == 403
    assert not Segment.objects.filter(is_archived=True).exists()


def test_running_campaigns_are_stopped_and_drafts_deleted_and_nothing_else(owner: Client) -> None:
    running, waiting = draft("Running"), draft("Waiting")
    Campaign.objects.filter(id=running.id).update(status="running")
    page = owner.post("/campaigns/", {"bulk": "stop", "row": [running.id, waiting.id]}).content.decode()
    assert "Stop 1 campaign for good?" in page
    assert "is in the status “draft”, where this cannot be done." in page
    owner.post("/campaigns/", {"bulk": "stop", "confirmed": f"{running.id},{waiting.id}"})
    owner.post("/campaigns/", {"bulk": "delete", "confirmed": f"{running.id},{waiting.id}"})
    assert list(Campaign.objects.values_list("name", "status")) == [("Running", "stopped")]


def test_refused_events_are_tried_again_as_they_stand_and_rows_of_a_file_are_not(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, nobody, cell = refused_rows()
    written: list[Any] = []
    monkeypatch.setattr("samovar.collect.imports.bulk.append", lambda rows: written.extend(rows) or [7])
    page = owner.post("/quarantine/", {"bulk": "replay", "row": [late.pk, nobody.pk, cell.pk]}).content.decode()
    assert "Try 1 row again?" in page
    assert "The event has neither userId nor anonymousId." in page
    assert "A row of a file is brought in by correcting it: open it." in page
    assert not written
    owner.post("/quarantine/", {"bulk": "replay", "confirmed": f"{late.pk},{nobody.pk}"})
    assert [json.loads(row.body)[0]["event"] for row in written] == ["Quiz Finished"]
    owner.post("/quarantine/", {"bulk": "dismiss", "confirmed": f"{late.pk},{nobody.pk},{cell.pk}"})
    assert list(QuarantineRow.objects.order_by("pk").values_list("status", flat=True)) == ["replayed", "dismissed", "dismissed"]


def test_members_are_kept_out_together_but_nobody_himself(owner: Client, member: Callable[[str], Member]) -> None:
    analyst, me = member("analyst"), Member.objects.get(username="owner")
    page = owner.post("/members/", {"bulk": "keep-out", "row": [analyst.pk, me.pk]}).content.decode()
    assert "Keep 1 member out?" in page
    assert "You cannot keep yourself out." in page
    owner.post("/members/", {"bulk": "keep-out", "confirmed": f"{analyst.pk},{me.pk}"})
    assert dict(Member.objects.values_list("username", "is_active")) == {"owner": True, "analyst": False}
    assert "kept out" in owner.get("/members/?state=out").content.decode()
    owner.post("/members/", {"bulk": "let-in", "confirmed": str(analyst.pk)})
    assert Member.objects.get(pk=analyst.pk).is_active


def test_chosen_customers_are_exported_and_no_others(shop: House, owner: Client, client_of: Callable[[str], Client]) -> None:
    ids = re.findall(r'name="row" value="(\d+)"', owner.get("/customers/?sort=-revenue").content.decode())
    assert len(ids) == 2
    answer = owner.post("/customers/?sort=-revenue", {"bulk": "export", "row": ids[0]})
    lines = b"".join(answer).decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "Алиса Чайкина" in lines[1]
    assert client_of("operator").post("/customers/", {"bulk": "export", "row": ids[0]}).status_code == 403


def test_the_rest_api_rehearses_and_carries_out_the_same(owner: Client) -> None:
    idle, busy = segment("Idle"), segment("Busy")
    draft("Spring", segment="busy")
    before = state()

    def ask(**body: Any) -> Any:
        answer = owner.post("/api/v1/bulk/segments/archive", json.dumps(body), content_type="application/json")
        return answer.status_code, answer.json()

    status, told = ask(ids=[idle.id, busy.id, 999], dry_run=True)
    assert (status, told["changed"], told["gone"]) == (200, [idle.id], [999])
    assert [(one["id"], one["code"]) for one in told["refused"]] == [(busy.id, "segment_in_use")]
    assert state() == before
    assert ask(ids=[idle.id, busy.id, 999]) == (200, told)
    assert list(Segment.objects.filter(is_archived=True)) == [idle]
    assert ask(ids=[])[0] == 422


@pytest.mark.parametrize("address", ["/segments/", "/campaigns/", "/quarantine/", "/members/", "/customers/"])
def test_each_row_has_a_box_with_a_name_and_the_form_needs_no_script(shop: House, owner: Client, address: str) -> None:
    segment("Idle"), draft("Waiting"), refused_rows()
    page = owner.get(address).content.decode()
    boxes = re.findall(
        r'<input type="checkbox" class="form-check-input" form="bulk" name="row" value="\d+" aria-label="([^"]+)">', page
    )
    assert boxes and all(name.startswith("Choose ") for name in boxes)
    assert re.search(rf'<form class="bulk" id="bulk" method="post" action="{address}">', page)
