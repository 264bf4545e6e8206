"""What the worker does for contacts: asks a name server about the domains of addresses seen, in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from samovar.collect.contacts import mail_domains
from samovar.collect.contacts.mail_servers import Answer, NoServer, ask, has_outlook, resolver
from samovar.engine import settings
from samovar.engine.keeper import Keeper

START_S = 10.0  # after the worker began
PAUSE_S = 60.0  # between turns
SILENCE_S = 900.0  # before a server that did not answer is asked again
BATCH_MAX = 50  # domains asked about before their answers are stored


class MailDomainAsker(Keeper):
    """Asks in turns: new domains, then those whose answer is old. A server that does not answer ends the turn and is left alone
    for a while; after a failure the next turn begins where this one did."""

    def __init__(self, now_us: Callable[[], int]) -> None:
        self._now_us = now_us
        self._seen = 0  # the last address looked at; a worker that starts looks at all of them again
        super().__init__("mail domains", start_s=START_S, pause_s=PAUSE_S)

    def turn(self) -> float:
        try:
            self._seen = keep_domains(after=self._seen, at_us=self._now_us(), is_stopped=self.is_stopped)
        except NoServer:
            return SILENCE_S
        return PAUSE_S


def keep_domains(*, after: int, at_us: int, is_stopped: Callable[[], bool] = lambda: False) -> int:
    """Ask about the domains of addresses numbered above `after`, then about answers that are old; the last number looked at.

    Does nothing where the setting `mail_domain_checks` is off. Raises `NoServer`.
    """
    if not settings.get("mail_domain_checks"):
        return after
    server = resolver(str(settings.get("dns_server")))
    addresses = mail_domains.addresses_after(after)
    new = mail_domains.unasked({mail_domains.domain_of(address) for _, address in addresses}, at_us)
    asked = [*new, *mail_domains.stale(at_us, BATCH_MAX)]
    if asked and not has_outlook(server):
        raise NoServer("the server knows nothing of the world outside")
    for batch in _batches(asked):
        answers: list[tuple[str, Answer]] = []
        try:
            for domain in batch:
                if is_stopped():
                    return after
                answers.append((domain, ask(domain, server)))
        finally:
            if answers:
                mail_domains.store_answers(answers=answers, at_us=at_us)
    return addresses[-1][0] if addresses else after


def _batches(domains: list[str]) -> Iterator[list[str]]:
    """Each domain once, `BATCH_MAX` together."""
    each = [*dict.fromkeys(domains)]
    for first in range(0, len(each), BATCH_MAX):
        yield each[first : first + BATCH_MAX]
