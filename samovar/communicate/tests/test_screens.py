"""The pages of the room: what strangers may change with a link, and what members see."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from samovar.collect import consent
from samovar.communicate import hot
from samovar.communicate import mailbox as kept
from samovar.communicate.delivery import deliver_due
from samovar.communicate.models import Letter, Message
from samovar.communicate.tests.conftest import T0
from samovar.staff.models import AuditRow, Member, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(db: None) -> Client:
    client = Client()
    client.force_login(Member.objects.create_user("alice", password="long enough a secret", role=Role.MARKETER, language="en"))
    return client


@pytest.fixture
def analyst(db: None) -> Client:
    client = Client()
    client.force_login(Member.objects.create_user("bob", password="long enough a secret", role=Role.ANALYST, language="en"))
    return client


def link(row: Message, kind: str) -> str:
    return hot.sign(settings.WORKSPACE.keys["link_ring"], hot.LinkFacts(kind, row.id, row.profile_id))


def holds(row: Message) -> bool:
    return consent.latest("email", [row.address], row.purpose)[row.address].given


@pytest.mark.parametrize("page", ["unsubscribe", "preferences"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_a_link_changes_nothing(planned, page: str, method: str) -> None:
    (row,) = planned(1)
    answer = getattr(Client(), method)(reverse(page, args=[link(row, page)]), headers={"accept-language": "en"})
    assert answer.status_code == 200
    assert holds(row)


def test_the_button_withdraws_the_letters_purpose_without_cookies(planned) -> None:
    row, other = planned(2)
    client = Client(enforce_csrf_checks=True)
    page = client.get(reverse("unsubscribe", args=[link(row, "unsubscribe")]))
    assert row.address not in page.content.decode()
    answer = Client(enforce_csrf_checks=True).post(reverse("preferences", args=[link(row, "unsubscribe")]))
    assert answer.status_code == 200
    assert not holds(row)
    assert holds(other)


def test_a_reader_may_agree_again(planned) -> None:
    (row,) = planned(1)
    address = reverse("preferences", args=[link(row, "preferences")])
    Client().post(address)
    assert not holds(row)
    # The same moment of a clock keeps the refusal, so the yes comes later.
    consent.state([consent.Statement("later", "email", row.address, "marketing", True, 2**61, "test")])
    assert holds(row)


@pytest.mark.parametrize("token", ["", "x", "A" * 60])
def test_a_forged_link_is_refused(planned, token: str) -> None:
    (row,) = planned(1)
    good = link(row, "unsubscribe")
    forged = token or good[:-3] + ("AAA" if good[-3:] != "AAA" else "BBB")
    assert Client().post(reverse("preferences", args=[forged])).status_code == 404
    assert holds(row)


def test_a_click_link_does_not_open_the_preferences(planned) -> None:
    (row,) = planned(1)
    ring = settings.WORKSPACE.keys["link_ring"]
    click = hot.sign(ring, hot.LinkFacts("click", row.id, target="https://tea.example/"))
    assert Client().post(reverse("preferences", args=[click])).status_code == 404
    assert holds(row)


def test_the_mailbox_needs_a_login_and_frames_letters_without_scripts(workspace, planned, marketer: Client) -> None:
    planned(1)
    deliver_due(workspace=workspace, at_us=T0 + 1)
    assert Client().get(reverse("mailbox")).status_code == 302
    assert "Tea for N1" in marketer.get(reverse("mailbox")).content.decode()
    page = marketer.get(reverse("mail", args=[1])).content.decode()
    assert "sandbox title" in page
    assert "Hello N1" in page
    body = marketer.get(reverse("mail_body", args=[1]))
    assert body.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "script" not in body.headers["Content-Security-Policy"]
    assert body.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert marketer.get(reverse("mail", args=[2])).status_code == 404


def test_looking_at_a_letter_in_the_office_loads_no_picture_that_counts_as_an_open(workspace, planned, marketer: Client) -> None:
    planned(1)
    deliver_due(workspace=workspace, at_us=T0 + 1)
    sent, shown = kept.read(1).html, marketer.get(reverse("mail_body", args=[1])).content.decode()
    assert (sent.count("/o/"), shown.count("/o/")) == (1, 0)
    assert shown.count("/c/") == sent.count("/c/") > 0


def test_a_marketer_saves_a_letter_and_an_error_names_its_place(campaign, marketer: Client) -> None:
    campaign.status = "draft"
    campaign.save()
    address = reverse("letter", args=["tea", "A"])
    unwritten = marketer.get(reverse("preview_letter", args=["tea", "B"])).content.decode()
    assert "Hello, Anna!" in unwritten and "{{" not in unwritten
    bad = marketer.post(address, {"subject": "S", "html": "one\n  {% if %}", "text": ""})
    assert bad.status_code == 422
    assert "line 2, column 6" in bad.content.decode()
    assert Letter.objects.count() == 1
    assert marketer.post(address, {"subject": "New", "html": "<p>{{ first_name }}</p>", "text": ""}).status_code == 302
    assert Letter.objects.get(version=2).subject == "New"
    shown = marketer.get(reverse("preview_letter", args=["tea", "A"])).content.decode()
    assert "New" in shown


def test_a_preview_shows_markup_of_a_stranger_as_text(campaign, marketer: Client) -> None:
    address = reverse("preview_letter", args=["tea", "A"])
    answer = marketer.post(address, {"subject": "<script>1</script>", "html": "{{ '<script>2</script>' }}{% if %}", "text": ""})
    assert "<script>" not in answer.content.decode()


def test_who_may_not_write_cannot_save(campaign, analyst: Client) -> None:
    campaign.status = "draft"
    campaign.save()
    answer = analyst.post(reverse("letter", args=["tea", "A"]), {"subject": "New", "html": "<p>x</p>", "text": ""})
    assert answer.status_code == 403
    assert Letter.objects.count() == 1


def test_a_letter_of_a_launched_campaign_stays(campaign, marketer: Client) -> None:
    answer = marketer.post(reverse("letter", args=["tea", "A"]), {"subject": "New", "html": "<p>x</p>", "text": ""})
    assert answer.status_code == 403
    assert Letter.objects.count() == 1


def test_only_a_person_sends_a_message_in_doubt_again(planned, marketer: Client, analyst: Client) -> None:
    (row,) = planned(1)
    Message.objects.filter(id=row.id).update(state="in_doubt", intent_us=T0)
    assert [m["address"] for m in marketer.get("/api/v1/campaigns/tea/messages?state=in_doubt").json()] == [row.address]
    assert analyst.post(reverse("resend_message", args=[row.id])).status_code == 403
    assert Message.objects.get(id=row.id).state == "in_doubt"
    assert marketer.post(reverse("resend_message", args=[row.id])).status_code == 302
    assert Message.objects.get(id=row.id).state == "planned"
    assert marketer.post(reverse("resend_message", args=[row.id])).status_code == 409


def test_the_api_reads_the_mailbox_and_saves_letters(workspace, campaign, planned, marketer: Client) -> None:
    planned(2)
    deliver_due(workspace=workspace, at_us=T0 + 1)
    found = marketer.get("/api/v1/mailbox").json()
    assert found["count"] == 2
    assert [m["n"] for m in found["mails"]] == [2, 1]
    assert marketer.get("/api/v1/mailbox/1").json()["subject"].startswith("Tea for")
    assert marketer.get("/api/v1/campaigns/tea/outcomes").json()["by_state"] == {"sent": 2}
    assert len(marketer.get("/api/v1/campaigns/tea/messages?limit=1").json()) == 1
    refused = marketer.put(
        "/api/v1/campaigns/tea/letters/A", {"subject": "S", "html": "h"}, content_type="application/json"
    )  # fmt: skip
    assert refused.status_code in (403, 409)
    assert refused.json()["ok"] is False


def test_the_password_of_the_server_is_kept_and_never_shown(workspace, analyst: Client) -> None:
    client = Client()
    client.force_login(Member.objects.create_user("olga", password="long enough a secret", role=Role.OWNER, language="en"))
    address = reverse("mail_server")
    assert analyst.post(address, {"password": "hunter-2-hunter"}).status_code == 403
    assert not workspace.keys.get("smtp_password")
    assert client.post(address, {"password": "hunter-2-hunter"}).status_code == 302
    assert workspace.keys["smtp_password"] == "hunter-2-hunter"
    page = client.get(address).content.decode()
    assert "hunter-2-hunter" not in page
    assert "v=DKIM1; k=rsa; p=" in page
    assert not AuditRow.objects.filter(new__icontains="hunter").exists()
    assert AuditRow.objects.filter(action="smtp_password.set").count() == 1


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/v1/mailbox/99999999999999999999999", 404),
        ("/api/v1/mailbox/0", 404),
        ("/api/v1/mailbox?after=-1", 422),
        ("/api/v1/campaigns/tea/messages?state=%00", 200),
        ("/api/v1/campaigns/tea/messages?after=99999999999999999999", 422),
        ("/api/v1/customers/99999999999999999999/messages", 404),
        ("/api/v1/campaigns/nowhere/letters", 404),
        ("/mailbox/99999999999999999999/", 404),
        ("/mailbox/?after=WyJ4Il0", 200),
        ("/mailbox/?q=%00", 200),
    ],
)
def test_a_strange_address_is_answered_and_never_a_fault(campaign, marketer: Client, address: str, status: int) -> None:
    assert marketer.get(address).status_code == status


def test_words_that_no_store_can_hold_are_cleaned(campaign, marketer: Client) -> None:
    campaign.status = "draft"
    campaign.save()
    body = '{"subject": "a\\ud800\\u0000b", "html": "x\\ud83d", "text": "\\u0000"}'
    answer = marketer.put("/api/v1/campaigns/tea/letters/A", body, content_type="application/json")
    assert answer.status_code in (200, 400, 422)
    assert "\x00" not in Letter.objects.latest("id").subject
