"""Servers that refuse, put off, hang up or are away: each letter ends where it should, and none is sent twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from email import message_from_bytes, policy

import dkim
import pytest
from aiosmtpd.smtp import SMTP as Aiosmtpd
from django.db import OperationalError

from samovar.collect import consent
from samovar.communicate.channels.email.exchange import is_hard_bounce, stuffed
from samovar.communicate.delivery import Pump, deliver_due
from samovar.communicate.ledger import BACKOFF_US
from samovar.communicate.models import Letter, Message
from samovar.communicate.signing import ensure_signer
from samovar.communicate.tests.conftest import T0
from samovar.communicate.tests.sinks import KeepersServer, Script, scripted
from samovar.engine import store
from samovar.engine.models import Outbox, Setting
from samovar.kit.clock import SECOND_US

pytestmark = pytest.mark.django_db


def use(port: int) -> None:
    for name, value in {
        "smtp_host": "127.0.0.1",
        "smtp_port": port,
        "smtp_security": "none",
        "from_address": "shop@tea.example",
    }.items():
        Setting.objects.update_or_create(name=name, defaults={"value": value})


@pytest.fixture(params=[False, True], ids=["one-by-one", "pipelined"])
def script(request: pytest.FixtureRequest) -> Iterator[Script]:
    """A server of each manner: one that wants each command answered before the next, and one that takes three at once."""
    with scripted(Script(is_pipelining=request.param)) as found:
        yield found


def states() -> list[str]:
    return list(Message.objects.order_by("id").values_list("state", flat=True))


def test_a_recipient_that_does_not_exist_fails_and_is_never_written_to_again(workspace, planned, script: Script) -> None:
    first, second, third = planned(3)
    script.rcpt = {first.address: "550 5.1.1 no such user", second.address: "550 5.7.1 policy"}
    use(script.port)
    counts = deliver_due(workspace=workspace, at_us=T0 + 1)
    assert (counts.failed, counts.sent) == (2, 1)
    assert states() == ["failed", "failed", "sent"]
    assert Message.objects.get(id=first.id).reason == "550 5.1.1 no such user"
    assert consent.suppressed("email", [first.address, second.address, third.address]) == {first.address: "hard_bounce"}
    assert [recipient for recipient, _content in script.letters] == [third.address]
    assert Outbox.objects.filter(name="Message Failed").count() == 2


def test_one_refusal_does_not_hold_up_the_rest(workspace, planned, script: Script) -> None:
    rows = planned(200)
    script.rcpt = {row.address: "554 no" for row in rows[::2]}
    use(script.port)
    deliver_due(workspace=workspace, at_us=T0 + 1)
    assert states() == ["failed", "sent"] * 100
    assert len(script.letters) == len({recipient for recipient, _content in script.letters}) == 100


def test_a_refusal_for_now_waits_and_then_goes(workspace, planned, script: Script) -> None:
    (row,) = planned(1)
    script.rcpt = {row.address: "450 4.2.0 greylisted"}
    use(script.port)
    deliver_due(workspace=workspace, at_us=T0 + 1)
    found = Message.objects.get()
    assert (found.state, found.attempts, found.due_us) == ("planned", 1, T0 + 1 + BACKOFF_US[0])
    script.rcpt = {}
    assert deliver_due(workspace=workspace, at_us=found.due_us - 1).sent == 0
    assert deliver_due(workspace=workspace, at_us=found.due_us).sent == 1
    assert len(script.letters) == 1


@pytest.mark.parametrize(("answer", "expected"), [("452 4.3.1 full", "planned"), ("554 5.6.0 spam", "failed")])
def test_an_answer_to_the_content_is_believed(workspace, planned, script: Script, answer: str, expected: str) -> None:
    planned(2)
    script.dot = answer
    use(script.port)
    deliver_due(workspace=workspace, at_us=T0 + 1)
    assert states() == [expected] * 2


def test_a_server_that_hangs_up_after_the_dot_leaves_doubt_and_nothing_is_sent_again(workspace, planned, script: Script) -> None:
    planned(3)
    script.drop_at = "dot"
    use(script.port)
    counts = deliver_due(workspace=workspace, at_us=T0 + 1)
    assert counts.in_doubt == 3
    assert states() == ["in_doubt"] * 3
    script.drop_at = ""
    deliver_due(workspace=workspace, at_us=T0 + 10**12)
    assert len(script.letters) == 3
    assert Outbox.objects.filter(name="Message In Doubt").count() == 3


@pytest.mark.parametrize(("point", "attempts"), [("mail", 0), ("rcpt", 1)])
def test_a_server_that_hangs_up_before_the_content_gets_it_later(
    workspace, planned, script: Script, point: str, attempts: int
) -> None:
    planned(1)
    script.drop_at = point
    use(script.port)
    deliver_due(workspace=workspace, at_us=T0 + 1)
    found = Message.objects.get()
    assert (found.state, found.attempts) == ("planned", attempts)
    script.drop_at = ""
    assert deliver_due(workspace=workspace, at_us=found.due_us).sent == 1
    assert len(script.letters) == 1


def test_a_server_that_refuses_the_sender_burns_no_letter(workspace, planned, script: Script) -> None:
    planned(100)
    script.mail = "550 5.7.1 sender not allowed"
    use(script.port)
    with Pump(workspace=workspace, now=lambda: T0 + 1) as pump:
        for _turn in range(200):
            pump.turn(wait_s=0.02)
        assert "sender not allowed" in pump.trouble
        pump.drain()
    assert states() == ["planned"] * 100
    assert set(Message.objects.values_list("attempts", flat=True)) == {0}


def test_a_server_that_is_away_is_tried_again(workspace, planned) -> None:
    planned(2)
    use(1)  # nobody listens there
    assert deliver_due(workspace=workspace, at_us=T0 + 1).unsent >= 1
    assert states() == ["planned"] * 2
    with scripted(Script()) as script:
        use(script.port)
        assert deliver_due(workspace=workspace, at_us=T0 + 60 * SECOND_US).sent == 2


def test_a_server_that_takes_commands_together_gets_them_together(workspace, planned) -> None:
    planned(3)
    with scripted(Script(is_pipelining=True, answers_late=True)) as script:
        use(script.port)
        assert deliver_due(workspace=workspace, at_us=T0 + 1).sent == 3
    assert len(script.letters) == 3


def test_a_server_that_wants_a_letter_for_nobody_gets_none(workspace, planned) -> None:
    first, second = planned(2)
    with scripted(Script(is_pipelining=True, rcpt={first.address: "550 5.1.1 no"}, data_for_nobody="354 go")) as script:
        use(script.port)
        assert deliver_due(workspace=workspace, at_us=T0 + 1).failed == 1
    assert states() == ["failed", "sent"]
    assert [recipient for recipient, _content in script.letters] == [second.address]


@pytest.mark.parametrize("answer", ["junk", "354 again", "199 hm"])
def test_an_answer_that_is_none_leaves_doubt(workspace, planned, script: Script, answer: str) -> None:
    planned(1)
    script.dot = answer
    use(script.port)
    assert deliver_due(workspace=workspace, at_us=T0 + 1).in_doubt == 1
    assert Message.objects.get().reason == f"no answer to the content: unexpected answer: {answer}"


def test_a_servers_words_cannot_break_a_reason(workspace, planned, script: Script) -> None:
    planned(1)
    script.dot = "554-5.6.0 one\r\n554-\x00two\r\n554 " + "three " * 100
    use(script.port)
    deliver_due(workspace=workspace, at_us=T0 + 1)
    found = Message.objects.get()
    assert found.state == "failed"
    assert found.reason.startswith("554 5.6.0 one two three three")
    assert len(found.reason) <= 200


def test_connections_are_used_again(workspace, planned, script: Script) -> None:
    planned(60)
    use(script.port)
    Setting.objects.create(name="smtp_connections", value=3)
    assert deliver_due(workspace=workspace, at_us=T0 + 1).sent == 60
    assert script.connections == 3


def test_a_letter_that_cannot_be_made_fails_alone(workspace, campaign, planned) -> None:
    first, _second = planned(2)
    Message.objects.filter(id=first.id).update(context='{"first_name": "' + "x" * 299_990 + '"}')
    deliver_due(workspace=workspace, at_us=T0 + 1)
    assert states() == ["failed", "sent"]
    assert Message.objects.get(id=first.id).reason.startswith("template: ")


def test_an_address_that_could_carry_a_command_is_never_put_on_the_wire(workspace, planned, script: Script) -> None:
    (row,) = planned(1)
    evil = "a@x.example>\r\nRCPT TO:<b@x.example"
    Message.objects.filter(id=row.id).update(address=evil)
    consent.state([consent.Statement("k", "email", evil, "marketing", True, T0 - 1, "test")])
    use(script.port)
    deliver_due(workspace=workspace, at_us=T0 + 1)
    assert list(Message.objects.values_list("state", "reason")) == [("failed", "bad_address")]
    assert script.letters == []


def test_stopping_takes_effect_at_the_next_intent(workspace, campaign, planned, script: Script) -> None:
    planned(300)
    use(script.port)
    with Pump(workspace=workspace, now=lambda: T0 + 1) as pump:
        while pump.counts.sent < 40:
            pump.turn(wait_s=0.02)
        campaign.status = "stopped"
        campaign.save()
        before = pump.counts.sent
        for _turn in range(100):
            pump.turn(wait_s=0.02)
        assert pump.counts.sent <= before + 64
        pump.drain()
    assert set(states()) == {"sent", "planned"}
    assert states().count("sent") == len(script.letters)


def test_no_more_than_64_intents_are_ever_open(workspace, planned, script: Script) -> None:
    planned(250)
    use(script.port)
    most = 0
    with Pump(workspace=workspace, now=lambda: T0 + 1) as pump:
        while not pump.is_idle:
            pump.turn(wait_s=0.01)
            most = max(most, Message.objects.filter(state="intent").count())
    assert 16 <= most <= 64
    assert states() == ["sent"] * 250


def test_a_draining_pump_gives_back_what_it_did_not_begin(workspace, planned) -> None:
    planned(150)
    pump = Pump(workspace=workspace, now=lambda: T0 + 1)
    with pump:
        pump.turn(wait_s=0)
        assert Message.objects.filter(state="claimed").exists()
        pump.drain()
    assert set(states()) <= {"sent", "planned"}
    assert deliver_due(workspace=workspace, at_us=T0 + 2).sent + pump.counts.sent == 150


def test_a_virtual_workspace_never_leaves_the_machine(workspace, monkeypatch: pytest.MonkeyPatch, planned) -> None:
    planned(1)
    use(25)
    Setting.objects.update_or_create(name="smtp_host", defaults={"value": "mail.example.com"})
    monkeypatch.setattr(workspace.facts, "clock", "virtual")
    assert deliver_due(workspace=workspace, at_us=T0 + 1).received == 1


@pytest.mark.parametrize(
    ("code", "message", "at_recipient", "expected"),
    [
        (550, "5.1.1 unknown", True, True),
        (550, "5.1.10 null mx", True, True),
        (550, "5.1.8 bad sender", True, False),
        (550, "5.7.1 blocked", True, False),
        (552, "5.2.2 full", True, False),
        (550, "User unknown", True, True),
        (550, "rejected", False, False),
        (554, "no", True, False),
    ],
)
def test_a_hard_bounce_is_an_address_that_does_not_exist(code: int, message: str, at_recipient: bool, expected: bool) -> None:
    assert is_hard_bounce(code, message, at_recipient=at_recipient) is expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a\r\nb\r\n", b"a\r\nb\r\n"),
        (b".a\r\n.\r\n..b", b"..a\r\n..\r\n...b\r\n"),
        (b"a\n.\nb\r.\r\n", b"a\r\n..\r\nb\r\n..\r\n"),
        (b"\r\r\n\n", b"\r\n\r\n\r\n"),
        (b"", b"\r\n"),
    ],
)
def test_no_line_of_a_letter_can_end_it(content: bytes, expected: bytes) -> None:
    assert stuffed(content) == expected


class Keeper:
    """An aiosmtpd handler that keeps what comes."""

    def __init__(self) -> None:
        self.contents: list[bytes] = []
        self.lock = threading.Lock()

    async def handle_DATA(self, server: Aiosmtpd, session: object, envelope: object) -> str:
        with self.lock:
            self.contents.append(bytes(envelope.content))  # type: ignore[attr-defined]
        return "250 kept"


def test_a_foreign_server_gets_letters_whose_signature_dkimpy_verifies(workspace, campaign, planned) -> None:
    Letter.objects.update(html="<p>.dot\r\n.\r\n..two {{ first_name }}</p>\n.\n", text=".\n..\nПривет\n.")
    planned(20)
    keeper = Keeper()
    controller = KeepersServer(keeper)
    controller.start()
    try:
        use(controller.port)
        assert deliver_due(workspace=workspace, at_us=T0 + 1).sent == 20
    finally:
        controller.stop()
    name, text = ensure_signer(workspace, "tea.example").dns_record()
    for content in keeper.contents:
        assert dkim.verify(
            content, dnsfunc=lambda asked, timeout=5: text.encode() if asked.decode().rstrip(".") == name else None
        )
        mail = message_from_bytes(content, policy=policy.default)
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n").startswith(".\n..\nПривет\n.")
    assert len({message_from_bytes(c)["Message-ID"] for c in keeper.contents}) == 20


def test_nothing_is_sent_while_sending_is_paused(workspace, planned, script: Script) -> None:
    planned(3)
    use(script.port)
    Setting.objects.create(name="sending_paused", value=True)
    assert deliver_due(workspace=workspace, at_us=T0 + 1).sent == 0
    Setting.objects.filter(name="sending_paused").delete()
    assert deliver_due(workspace=workspace, at_us=T0 + 2).sent == len(script.letters) == 3


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_loses_no_outcome_and_sends_nothing_twice(workspace, planned, script: Script) -> None:
    planned(120)
    use(script.port)
    failures = 0
    with Pump(workspace=workspace, now=lambda: T0 + 1) as pump:
        for turn in range(2_000):
            if turn == 1:
                full()
            if turn == 40:
                roomy()
            try:
                pump.turn(wait_s=0.01)
            except OperationalError:
                failures += 1
            if turn > 40 and pump.is_idle:
                break
    assert failures > 0
    assert states() == ["sent"] * 120
    assert len(script.letters) == len({recipient for recipient, _content in script.letters}) == 120
    assert Outbox.objects.filter(name="Message Sent").count() == 120


def full() -> None:
    """No page may be added to the database any more, and none is free in it."""
    store.execute("VACUUM")
    pages = store.fetch("PRAGMA page_count")[0][0]
    store.fetch(f"PRAGMA max_page_count = {pages}")


def roomy() -> None:
    """Space has come back."""
    store.fetch("PRAGMA max_page_count = 1073741823")
