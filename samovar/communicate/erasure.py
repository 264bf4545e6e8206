"""What becomes of an erased person's letters: those not sent are refused, of the others stays that they were, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from samovar.communicate import ledger
from samovar.communicate.models import MailboxMail, Message
from samovar.engine import store
from samovar.kit.redaction import Redactor

STEP_ROWS = 500
STEP_MAILS = 50
PROFILES_MAX = 500  # of one statement
REASON = "erased"
NOTHING, TOKEN = "{}", "erased-"  # what an emptied row has for a context and its address begins with


def sweep_messages(profiles: Sequence[int], redactor: Redactor, *, at_us: int, is_alone: bool) -> Iterator[int]:
    """Empty the ledger's rows of these profiles; a letter that a sender holds is waited for, in turns that give 0.

    `is_alone` says that no sender runs, so what one held is nobody's.
    """
    for begin in range(0, len(profiles), PROFILES_MAX):
        yield from _sweep_some(profiles[begin : begin + PROFILES_MAX], redactor, at_us, is_alone)


def _sweep_some(profiles: Sequence[int], redactor: Redactor, at_us: int, is_alone: bool) -> Iterator[int]:
    full = Message.objects.filter(profile_id__in=profiles).exclude(address__startswith=TOKEN, context=NOTHING)
    while full.exists():
        with store.transaction():
            if is_alone:
                ledger.expire(at_us=at_us + ledger.LEASE_US, limit=STEP_ROWS)
            ledger.close_people(profiles=profiles, reason=REASON, limit=STEP_ROWS, at_us=at_us)
            free = list(full.filter(lease_until_us=None).exclude(state="planned").order_by("id")[:STEP_ROWS])
            for row in free:
                row.address, row.context = redactor.token("email", row.address) or f"{TOKEN}{row.profile_id}", NOTHING
            Message.objects.bulk_update(free, ["address", "context"])
        yield len(free)


def sweep_mailbox(redactor_at: Callable[[int], Redactor]) -> Iterator[int]:
    """Empty the built-in mailbox's mails to them; a number stays, so that numbers have no gaps."""
    after = 0
    while rows := list(MailboxMail.objects.filter(n__gt=after).order_by("n").only("n", "to", "subject", "at_us")[:STEP_MAILS]):
        after = rows[-1].n
        theirs = []
        for row in rows:
            redactor = redactor_at(row.at_us)
            if redactor.hits(row.to) or redactor.hits(row.subject):
                row.to, row.subject, row.raw = redactor.cleaned(row.to), "", b""
                theirs.append(row)
        MailboxMail.objects.bulk_update(theirs, ["to", "subject", "raw"])
        yield len(theirs)
