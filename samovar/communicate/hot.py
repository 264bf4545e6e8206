"""What the edge knows of letters: links that verify themselves, and whether a reaction came from a machine. Free of Django.

A link's token is `base64url(mac ‖ body)`: 16 bytes of HMAC-SHA256 over the body, and a compact array of the facts. It names the
ledger's row and never the address. Keys of the ring only join, never leave: a link in a letter of ten years ago still works.
Budget: `sign` and `verify` < 15 µs each.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

Kind = Literal["click", "open", "unsubscribe", "preferences"]

MAC_BYTES = 16
TOKEN_CHARS_MAX = 4_096
TARGET_CHARS_MAX = 2_000
MACHINE_WITHIN_S = 10.0
_BLOCK_BYTES = 64
_CONTEXT = b"samovar link\0"  # so that the same secret signing something else never makes a link


class LinkFacts(msgspec.Struct, frozen=True, array_like=True):
    """What a signed link says.

    `message_id` is the ledger's row (0: a trial letter that belongs to nobody), `target` the address a click goes to, `made_us`
    the moment the letter was signed for the wire, from which the age of a reaction is counted.
    """

    kind: Kind
    message_id: int
    profile_id: int = 0
    campaign_id: int = 0
    target: str = ""
    made_us: int = 0


class _Signed(msgspec.Struct, frozen=True, array_like=True):
    """The body of a token: which key signed it, and the facts."""

    key_id: str
    facts: LinkFacts


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Signed)


def _mac(secret: str, body: bytes) -> bytes:
    """HMAC-SHA256 (RFC 2104), truncated.

    Written with prepared pads: `hmac.digest` lets go of the interpreter's lock at each call, and getting it back beside a busy
    thread cost 130 µs a link.
    """
    prepared_inner, prepared_outer = _pads(secret)
    inner, outer = prepared_inner.copy(), prepared_outer.copy()
    inner.update(body)
    outer.update(inner.digest())
    return bytes(outer.digest()[:MAC_BYTES])


@lru_cache(maxsize=64)
def _pads(secret: str) -> tuple[Any, Any]:
    key = secret.encode()
    key = (sha256(key).digest() if len(key) > _BLOCK_BYTES else key).ljust(_BLOCK_BYTES, b"\0")
    inner, outer = (sha256(bytes(octet ^ pad for octet in key)) for pad in (0x36, 0x5C))
    inner.update(_CONTEXT)
    return inner, outer


def newest_key(ring: Mapping[str, str]) -> str:
    """The id of the key that signs now: the greatest number."""
    return max(ring, key=int)


def sign(ring: Mapping[str, str], facts: LinkFacts) -> str:
    """A token for `facts` under the newest key of the ring (`{"1": secret, ...}`)."""
    key_id = newest_key(ring)
    body = _encoder.encode(_Signed(key_id, facts))
    return base64.urlsafe_b64encode(_mac(ring[key_id], body) + body).rstrip(b"=").decode()


def verify(ring: Mapping[str, str], token: str) -> LinkFacts | None:
    """The facts of a token that some key of the ring signed, else None; a click's target is checked once more."""
    if len(token) > TOKEN_CHARS_MAX or "=" in token:
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        signed = _decoder.decode(raw[MAC_BYTES:])
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None
    secret = ring.get(signed.key_id)
    if secret is None or not hmac.compare_digest(_mac(secret, raw[MAC_BYTES:]), raw[:MAC_BYTES]):
        return None
    if signed.facts.kind == "click" and safe_target(signed.facts.target) is None:
        return None
    return signed.facts


_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\\\u2028\u2029\ufeff\u200b-\u200f\u202a-\u202e<>\"]")


@lru_cache(maxsize=4_096)
def safe_target(url: str) -> str | None:
    """The URL when a click may be sent there: absolute http or https with a host, and no way to read it as another place.

    Refused: other schemes, `//host`, backslashes, control characters and blanks inside (browsers drop or bend them), a user
    before `@` (it dresses one host as another), and hosts or ports that do not parse.
    """
    text = url.strip(" \t\r\n")
    if len(text) > TARGET_CHARS_MAX or _FORBIDDEN.search(text):
        return None
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not text[len(parts.scheme) :].startswith("://"):
        return None
    if not host or "@" in parts.netloc or "%" in parts.netloc or not _is_host(host):
        return None
    return text


_LABELS = re.compile(r"(?!-)[\w-]{1,63}(?:\.[\w-]{1,63})*\.?\Z")


def _is_host(host: str) -> bool:
    if ":" in host:
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            return False
        return True
    return len(host) <= 253 and _LABELS.match(host) is not None


# Programs that fetch what a letter points at before, or instead of, a person: image proxies that load every picture on delivery,
# scanners of links, previews of chats, and libraries. Google's image proxy is absent: it fetches when a person opens the letter.
_MACHINES = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|scan|preview|fetch|monitor|curl/|wget/|python|java/|go-http|okhttp|libwww|httpclient|axios|"
    r"node-fetch|headless|phantom|barracuda|mimecast|proofpoint|symantec|messagelabs|forcepoint|fireeye|trendmicro|sophos|"
    r"ironport|safelinks|microsoft office existence|ms-office|skypeuripreview|bitdefender|kaspersky|drweb|avast|zscaler|"
    r"urldefense|google-safety|yandexmailproxy|facebookexternalhit|whatsapp|telegrambot|viber|slackbot|vkshare",
    re.IGNORECASE,
)


def is_machine(*, method: str, user_agent: str, since_sent_s: float | None) -> bool:
    """Whether a reaction was a program's.

    A method other than GET and POST, no user agent or a known program's, Apple's mail privacy proxy (which calls itself only
    “Mozilla/5.0”), or less than `MACHINE_WITHIN_S` since the letter was signed; `since_sent_s` None means unknown.
    """
    agent = user_agent.strip()
    return (
        method.upper() not in ("GET", "POST")
        or not agent
        or agent == "Mozilla/5.0"
        or _MACHINES.search(agent) is not None
        or (since_sent_s is not None and since_sent_s < MACHINE_WITHIN_S)
    )
