"""What the built-in mailbox keeps: the last mails it received, and how many it received in all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from html import unescape

from django.db.models import Q
from django.utils.translation import gettext as _

from samovar.communicate.channels.email.mailbox import ReceivedMail
from samovar.communicate.models import MailboxMail
from samovar.engine import store
from samovar.kit.errors import NotFound

KEPT_MAX = 1_000
SUBJECT_CHARS_MAX = 500
_MAILBOX_LOCK = 0x5A4D_0002
_SUBJECT = re.compile(rb"^subject:[ \t]*([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)", re.IGNORECASE | re.MULTILINE)
_FOLD = re.compile(rb"\r?\n[ \t]+")
_HREF = re.compile(r"""<a\b[^>]*?\bhref\s*=\s*["']([^"']+)["']""", re.IGNORECASE)


def keep(mails: Sequence[ReceivedMail], *, at_us: int) -> None:
    """Number and store mails, forget the oldest; call inside `store.transaction()`. Numbers have no gaps."""
    if not mails:
        return
    if store.is_postgres():
        store.execute("SELECT pg_advisory_xact_lock(%s)", [_MAILBOX_LOCK])
    last = count()
    store.execute_many(
        'INSERT INTO communicate_mailbox_mail (n, "to", subject, at_us, raw) VALUES (%s, %s, %s, %s, %s)',
        [
            (last + i, ", ".join(m.recipients), subject_of(m.content), at_us, m.content)
            for i, m in enumerate(mails, start=1)
        ],
    )  # fmt: skip
    store.execute("DELETE FROM communicate_mailbox_mail WHERE n <= %s", [last + len(mails) - KEPT_MAX])


def count() -> int:
    """How many mails were ever received."""
    return int(store.fetch("SELECT coalesce(max(n), 0) FROM communicate_mailbox_mail")[0][0])


def subject_of(content: bytes) -> str:
    """The subject of a mail as a person reads it; what cannot be decoded stays as written, and nothing raises."""
    head, _sep, _body = content.partition(b"\r\n\r\n")
    found = _SUBJECT.search(head)
    if found is None:
        return ""
    written = _FOLD.sub(b" ", found[1]).decode("utf-8", "replace").replace("\x00", "")
    try:
        text = str(make_header(decode_header(written)))
    except (ValueError, LookupError):
        text = written
    return text.encode("utf-8", "replace").decode().replace("\x00", "")[:SUBJECT_CHARS_MAX]


@dataclass(frozen=True, slots=True)
class MailLine:
    """A mail in the list, without its content."""

    n: int
    to: str
    subject: str
    at_us: int


def mails(*, before_n: int | None = None, limit: int = KEPT_MAX, search: str = "") -> list[MailLine]:
    """The mails kept, newest first: those before a number, and those whose address or subject holds a text, when given."""
    rows = MailboxMail.objects.order_by("-n").values_list("n", "to", "subject", "at_us")
    if search:
        rows = rows.filter(Q(to__icontains=search) | Q(subject__icontains=search))
    if before_n is not None:
        rows = rows.filter(n__lt=before_n)
    return [MailLine(*row) for row in rows[:limit]]


@dataclass(frozen=True, slots=True)
class ReadMail:
    """One mail, opened: its parts, the links of its HTML part and its one-click address (empty without one)."""

    n: int
    to: str
    subject: str
    at_us: int
    raw: str
    html: str
    text: str
    links: list[str]
    unsubscribe: str


def read(n: int) -> ReadMail:
    """Open a mail. Raises `NotFound` for one that never was or was forgotten."""
    row = MailboxMail.objects.filter(n=n).first() if 0 < n < 2**63 else None
    if row is None:
        raise NotFound("unknown_mail", _("The mailbox has no mail number %(n)s.") % {"n": n}, n=n)
    raw = bytes(row.raw)
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    html = _part(mail, "html")
    unsubscribe = re.search(r"<(https?://[^<>\s]+)>", str(mail.get("List-Unsubscribe", "")))
    return ReadMail(
        n=row.n, to=row.to, subject=row.subject, at_us=row.at_us, raw=raw.decode("utf-8", "replace"), html=html,
        text=_part(mail, "plain"), links=[unescape(url) for url in _HREF.findall(html)],
        unsubscribe=unsubscribe[1] if unsubscribe else "",
    )  # fmt: skip


def _part(mail: EmailMessage, kind: str) -> str:
    try:
        part = mail.get_body((kind,))
        return str(part.get_content()) if part is not None else ""
    except (LookupError, ValueError, AttributeError):
        return ""
