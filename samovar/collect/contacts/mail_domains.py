"""Domains of addresses seen, what is known of whether they take mail, and which are to be asked about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from samovar.collect.contacts.emails import about_domain
from samovar.collect.contacts.mail_servers import Answer
from samovar.collect.contacts.models import MailDomain
from samovar.collect.contacts.verdicts import Finding
from samovar.engine import store
from samovar.kit.clock import DAY_US

ADDRESSES_MAX = 20_000  # looked through at once
AGE_US = {Answer.MAIL: 30 * DAY_US, Answer.NO_MAIL: 7 * DAY_US, Answer.UNKNOWN: DAY_US}  # then it is asked again


def addresses_after(number: int) -> list[tuple[int, str]]:
    """(number, address) of e-mail identifiers, up to `ADDRESSES_MAX` of those that came after a number."""
    return store.fetch(
        "SELECT id, value FROM collect_identifier WHERE id > %s AND kind = 'email' ORDER BY id LIMIT %s", [number, ADDRESSES_MAX]
    )


def domain_of(address: str) -> str:
    """The domain of an address in its normal form."""
    return address.rpartition("@")[2]


def unasked(domains: Iterable[str], at_us: int) -> list[str]:
    """Those of some domains that are worth asking about: not known, or known for too long, and no name for tests."""
    wanted = {domain for domain in domains if not about_domain(domain).is_reserved}
    rows = MailDomain.objects.filter(domain__in=wanted).values_list("domain", "answer", "asked_us")
    fresh = {domain for domain, answer, asked_us in rows if at_us - asked_us < AGE_US[Answer(answer)]}
    return sorted(wanted - fresh)


def stale(at_us: int, limit: int) -> list[str]:
    """Domains whose answer has become too old, the oldest first."""
    found: list[tuple[int, str]] = []
    for answer, age_us in AGE_US.items():
        rows = MailDomain.objects.filter(answer=answer.value, asked_us__lte=at_us - age_us).order_by("asked_us")
        found += rows.values_list("asked_us", "domain")[:limit]
    return [domain for _asked_us, domain in sorted(found)[:limit]]


def store_answers(*, answers: Sequence[tuple[str, Answer]], at_us: int) -> None:
    """Keep what a name server said, in place of what it said before. A cache of the outside world: nobody is told of it."""
    with store.transaction():
        MailDomain.objects.bulk_create(
            [MailDomain(domain=domain, answer=answer.value, asked_us=at_us) for domain, answer in answers],
            update_conflicts=True, unique_fields=["domain"], update_fields=["answer", "asked_us"],
        )  # fmt: skip


def known_of(domain: str) -> Answer:
    """What a name server last said of a domain; unknown where it was not asked."""
    answer = MailDomain.objects.filter(domain=domain).values_list("answer", flat=True).first()
    return Answer(answer) if answer else Answer.UNKNOWN


def without_mail(addresses: Iterable[str]) -> dict[str, Finding]:
    """Those of some addresses whose domains are known to take no mail, each with its finding."""
    by_domain = {address: domain_of(address) for address in addresses}
    rows = MailDomain.objects.filter(domain__in=set(by_domain.values()), answer=Answer.NO_MAIL.value)
    silent = set(rows.values_list("domain", flat=True))
    return {address: Finding("email_no_mail", domain) for address, domain in by_domain.items() if domain in silent}
