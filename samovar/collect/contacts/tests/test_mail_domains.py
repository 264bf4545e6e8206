"""Domains of addresses are asked about: of a real name server on loopback, answers kept with their age, silence is no answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from samovar.collect.contacts import mail_servers
from samovar.collect.contacts.checks import check_one
from samovar.collect.contacts.jobs import keep_domains
from samovar.collect.contacts.mail_domains import AGE_US, stale, store_answers, unasked, without_mail
from samovar.collect.contacts.mail_servers import Answer, NoServer, ask, resolver
from samovar.collect.contacts.queries import judged
from samovar.collect.models import Identifier, MailDomain, Profile
from samovar.engine import settings
from samovar.kit.clock import DAY_US, day_date

AT_US = 1_790_000_000_000_000
ZONES = {
    ("gmail.com.", "MX"): ["5 gmail-smtp-in.l.google.com."],
    ("mail.example.", "MX"): ["10 mx.mail.example."],
    ("null.example.", "MX"): ["0 ."],
    ("only-a.example.", "A"): ["192.0.2.1"],
    ("only-aaaa.example.", "AAAA"): ["2001:db8::1"],
    ("xn--80a1acny.xn--p1ai.", "MX"): ["10 mx.mail.example."],
}


class NameServer:
    """Answers from `ZONES` over UDP; what is not in it does not exist. `broken.example` fails, `mute.example` is left waiting."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                wire, client = self._socket.recvfrom(4096)
            except OSError:
                return
            query = dns.message.from_wire(wire)
            name = query.question[0].name.to_text()
            self.asked.append(name)
            if name != "mute.example.":
                with suppress(OSError):  # closed meanwhile
                    self._socket.sendto(self._answer(query, name).to_wire(), client)

    def _answer(self, query: dns.message.Message, name: str) -> dns.message.Message:
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        kind = dns.rdatatype.to_text(query.question[0].rdtype)
        if name == "broken.example.":
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name not in {"nothing.example.", *(known for known, _ in ZONES)}:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif records := ZONES.get((name, kind)):
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *records))
        return answer

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    monkeypatch.setattr(mail_servers, "TIMEOUT_S", 0.4)
    made = NameServer()
    yield made
    made.close()


@pytest.fixture
def shop(db: None, server: NameServer, monkeypatch: pytest.MonkeyPatch) -> NameServer:
    """A shop whose settings name the server."""
    known = {"mail_domain_checks": True, "dns_server": server.address}
    monkeypatch.setattr(settings, "get", known.__getitem__)
    return server


def address(value: str) -> None:
    profile = Profile.objects.create(id=Profile.objects.count() + 1, created_us=0)
    Identifier.objects.create(profile=profile, kind="email", value=value, since_us=0)


def answers() -> dict[str, str]:
    return dict(MailDomain.objects.values_list("domain", "answer"))


@pytest.mark.parametrize(
    ("domain", "answer"),
    [
        ("mail.example", Answer.MAIL), ("null.example", Answer.NO_MAIL), ("only-a.example", Answer.MAIL),
        ("only-aaaa.example", Answer.MAIL), ("nothing.example", Answer.NO_MAIL), ("absent.example", Answer.NO_MAIL),
        ("почта.рф", Answer.MAIL), ("broken.example", Answer.UNKNOWN),
    ],
)  # fmt: skip
def test_a_domain_is_what_the_server_says(server: NameServer, domain: str, answer: Answer) -> None:
    assert ask(domain, resolver(server.address)) is answer


def test_silence_is_no_answer(server: NameServer) -> None:
    with pytest.raises(NoServer):
        ask("mute.example", resolver(server.address))
    closed = NameServer()
    closed.close()
    with pytest.raises(NoServer):
        ask("mail.example", resolver(closed.address))


def test_domains_of_addresses_are_asked_once_and_kept_with_their_moment(shop: NameServer) -> None:
    for value in ("a@mail.example", "b@mail.example", "c@absent.example", "d@host.localhost"):
        address(value)
    last = keep_domains(after=0, at_us=AT_US)
    assert answers() == {"mail.example": "mail", "absent.example": "no_mail"}
    assert set(MailDomain.objects.values_list("asked_us", flat=True)) == {AT_US}
    asked = len(shop.asked)
    assert keep_domains(after=last, at_us=AT_US + DAY_US) == last and keep_domains(after=0, at_us=AT_US + DAY_US) == last
    assert len(shop.asked) == asked, "an answer that is not old is not asked for again"


def test_an_old_answer_is_asked_for_again(shop: NameServer) -> None:
    store_answers(answers=[("mail.example", Answer.NO_MAIL), ("null.example", Answer.MAIL)], at_us=AT_US)
    later = AT_US + AGE_US[Answer.NO_MAIL]
    assert stale(later, 10) == ["mail.example"] and unasked(["mail.example", "null.example"], later) == ["mail.example"]
    keep_domains(after=0, at_us=later)
    assert answers() == {"mail.example": "mail", "null.example": "mail"}


def test_a_server_that_falls_silent_ends_the_turn_and_leaves_what_it_said(shop: NameServer) -> None:
    for value in ("a@mail.example", "b@mute.example", "c@null.example"):
        address(value)
    with pytest.raises(NoServer):
        keep_domains(after=0, at_us=AT_US)
    assert answers() == {"mail.example": "mail"}, "unknown is unknown, never invalid"
    assert without_mail(["b@mute.example"]) == {}


def test_a_server_that_knows_nothing_of_the_world_is_not_believed(shop: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(ZONES, ("gmail.com.", "MX"))
    address("a@mail.example")
    with pytest.raises(NoServer):
        keep_domains(after=0, at_us=AT_US)
    assert answers() == {}


def test_nothing_is_asked_where_it_is_switched_off(shop: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "get", {"mail_domain_checks": False, "dns_server": shop.address}.__getitem__)
    address("a@mail.example")
    assert keep_domains(after=0, at_us=AT_US) == 0 and shop.asked == [] and answers() == {}


def test_an_address_whose_domain_takes_no_mail_is_doubtful_and_never_invalid(db: None) -> None:
    on = day_date(20_000)
    told = {"email": "c@absent.example"}
    before = judged(told, region="RU", on=on)["fields"]["email"]
    assert (before["verdict"], before["takes_mail"]) == ("valid", "unknown")
    store_answers(answers=[("absent.example", Answer.NO_MAIL)], at_us=AT_US)
    after = judged(told, region="RU", on=on)["fields"]["email"]
    assert (after["verdict"], after["takes_mail"]) == ("doubtful", "no")
    assert [one["code"] for one in after["findings"]] == ["email_no_mail"]
    assert check_one("email", "c@absent.example", region="RU", on=on).verdict == "valid"
