"""From a claimed row to a letter ready to be signed: filled, its links tracked, its way out added.

Only links whose host the author wrote are tracked. A host that came with a person's value would otherwise make our signed
redirect lead wherever a stranger likes; such a link stays a plain one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from html import escape, unescape
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from samovar.communicate import hot, writing
from samovar.communicate.channels.email import mime
from samovar.communicate.gate import SERVICE_PURPOSE
from samovar.communicate.ledger import ClaimedRow
from samovar.communicate.options import SendingOptions
from samovar.kit.clock import SECOND_US

_HREF = re.compile(
    r"""(<a(?:rea)?\s(?:[^>"']|"[^"]*"|'[^']*')*?\bhref\s*=\s*)("[^"]*"|'[^']*'|[^\s>"']+)""",
    re.IGNORECASE,
)
_PIXEL = re.compile(r"""<img\b[^>]*\bsrc\s*=\s*["'][^"'>]*/o/[A-Za-z0-9_-]+\.gif["'][^>]*>""", re.IGNORECASE)
_HARMLESS = ("mailto:", "tel:", "sms:", "#")
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_NOT_LABEL = re.compile(r"[^A-Za-z0-9-]+")
_WAY_OUT = re.compile(r"\bunsubscribe_url\b")


@dataclass(frozen=True, slots=True)
class LinkSigner:
    """Makes the links of one letter. `made_us`: the moment it is signed for the wire."""

    ring: Mapping[str, str]
    base_url: str
    row_id: int
    profile_id: int
    campaign_id: int
    made_us: int

    def url(self, kind: hot.Kind, target: str = "") -> str:
        """The address of a link of this kind: /c/ clicks, /o/ opens, /u/ unsubscribes, /p/ preferences."""
        facts = hot.LinkFacts(kind, self.row_id, self.profile_id, self.campaign_id, target, self.made_us)
        suffix = ".gif" if kind == "open" else ""
        return f"{self.base_url}/{kind[0]}/{hot.sign(self.ring, facts)}{suffix}"


@dataclass(frozen=True)
class Source:
    """A letter's templates as their author wrote them."""

    subject: str
    html: str
    text: str

    @cached_property
    def has_way_out(self) -> bool:
        """Whether the author placed the unsubscribe link himself."""
        return _WAY_OUT.search(self.html) is not None


def assemble(*, row: ClaimedRow, source: Source, options: SendingOptions, ring: Mapping[str, str], at_us: int) -> mime.Letter:
    """One person's letter. Raises `writing.TemplateError`."""
    template = writing.compile_letter(source.subject, source.html, source.text)
    links = LinkSigner(ring, options.base_url, row.id, row.profile_id, row.campaign_id, at_us)
    is_service = row.purpose == SERVICE_PURPOSE
    unsubscribe_url, preferences_url = "" if is_service else links.url("unsubscribe"), links.url("preferences")
    context = {
        **row.context,
        "email": row.address,
        "unsubscribe_url": unsubscribe_url,
        "preferences_url": preferences_url,
    }
    filled = template.render(context)
    html, text = filled.html, filled.text
    if not is_service and not source.has_way_out:
        html = _before_body_end(html, _footer(unsubscribe_url))
        text = f"{text}\n\n{_('Unsubscribe')}: {unsubscribe_url}\n" if text else ""
    own = [f'"{url}"' for url in (unsubscribe_url, preferences_url) if url]
    domain = options.from_address.rpartition("@")[2]
    return mime.Letter(
        sender=options.from_address,
        sender_name=options.from_name,
        to=row.address,
        subject=filled.subject,
        html=with_pixel(tracked(html, template.hosts, links, own), links.url("open")),
        text=text or writing.plain_text(html),
        message_id=f"{row.message_id}@{domain}",
        at_s=at_us // SECOND_US,
        unsubscribe_url=unsubscribe_url,
        list_id="" if is_service else f"{_NOT_LABEL.sub('-', row.purpose)}.{domain}",
        feedback_id=f"{row.campaign_id}:{row.variant}:{row.purpose}:samovar",
    )


def tracked(html: str, hosts: frozenset[str], links: LinkSigner, own: Collection[str] = ()) -> str:
    """The HTML with every link an author wrote led through a signed one, and every link that is none made dead.

    `own`: signed links, in quotes, that stand in it already and need not be read to be left as they are.
    """

    def replaced(match: re.Match[str]) -> str:
        if match[2] in own:
            return match[0]
        written, target, host = _read(match[2])
        if target and host in hosts and not written.startswith(links.base_url + "/"):
            return f'{match[1]}"{links.url("click", target)}"'
        return f'{match[1]}"{escape(written if target or written.lower().startswith(_HARMLESS) else "#", quote=True)}"'

    return _HREF.sub(replaced, html)


@lru_cache(maxsize=8_192)
def _read(quoted: str) -> tuple[str, str | None, str]:
    """A link as it was written, where a click may be sent to (None: nowhere), and the host of that. Letters share most links."""
    written = unescape(quoted[1:-1] if quoted[0] in "\"'" else quoted).strip()
    target = hot.safe_target(written)
    return written, target, (urlsplit(target).hostname or "") if target else ""


def with_pixel(html: str, url: str) -> str:
    """The HTML with the picture that tells of an open."""
    return _before_body_end(html, f'<img src="{escape(url)}" width="1" height="1" alt="" style="display:block;border:0">')


def without_pixel(html: str) -> str:
    """The HTML of a letter for the office's own eyes: looking at it there is no open of the person's."""
    return _PIXEL.sub("", html)


def _footer(unsubscribe_url: str) -> str:
    words = _("You receive this letter because you agreed to. To stop, press here: %(link)s.")
    link = f'<a href="{escape(unsubscribe_url)}" style="color:#777">{escape(_("Unsubscribe"))}</a>'
    style = "margin:24px 0 0;font:12px/1.5 sans-serif;color:#777"
    return f'<p style="{style}">{escape(words) % {"link": link}}</p>'


def _before_body_end(html: str, addition: str) -> str:
    found = list(_BODY_END.finditer(html))
    at = found[-1].start() if found else len(html)
    return html[:at] + addition + html[at:]
