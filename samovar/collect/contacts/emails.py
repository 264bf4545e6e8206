"""E-mail addresses: syntax, reserved and disposable domains, addresses of a role, typos of great domains. Pure; no network.

An address is valid when mail can be written to it: its syntax is that of RFC 5321 with internationalised names, as
`email_validator` reads it, which refuses what no shop's customer has (comments, quoted names, address literals). Whether its
domain takes mail is another question (`mail_servers.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from disposable_email_domains import blocklist
from email_validator import SPECIAL_USE_DOMAIN_NAMES

from samovar.collect.contacts.email_words import GREAT, LOOKING_LATIN, REAL, ROLES, TYPO_ENDINGS, TYPOS
from samovar.collect.contacts.verdicts import Checked, Finding, Verdict
from samovar.collect.identifiers import normal_email
from samovar.kit.text import without_invisible

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-"
_LATIN = re.compile(r"[a-z\u00df-\u024f\u1e00-\u1eff]")
_OTHERS = re.compile(r"[\u0370-\u052f\u1f00-\u1fff]")  # Greek and Cyrillic, whose letters pass for Latin ones
_AROUND_CHARS_MAX = 1_000  # of a text that is searched for an address
_EDITED_CHARS_MIN = 5  # a shorter name is one letter away from too many real ones
_WITHIN = re.compile(r"[^\s<>()\[\],;:\"“”«»'|]+@[^\s<>()\[\],;:\"“”«»'|?]+")
_RESERVED = re.compile(r"(?:^|\.)(?:" + "|".join(re.escape(name) for name in SPECIAL_USE_DOMAIN_NAMES) + r")\Z")


@dataclass(frozen=True, slots=True)
class Email(Checked):
    """`domain` is empty where the address cannot be read; `suggestion` is the address that was perhaps meant."""

    domain: str = ""
    is_disposable: bool = False
    is_role: bool = False
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Domain:
    """What is known of a mail domain without asking anybody; `meant` is the great one it is a slip of, or empty."""

    is_reserved: bool
    is_disposable: bool
    meant: str

    @property
    def verdict(self) -> Verdict:
        """That of every address in it."""
        return Verdict.DOUBTFUL if self.is_reserved or self.is_disposable or self.meant else Verdict.VALID


@lru_cache(maxsize=16_384)
def check_email(came: str) -> Email:
    """An address judged; its value is in lower case, and what came where it cannot be read."""
    value = normal_email(came.strip())
    if value is None:
        meant = _address_within(came)
        findings = [Finding("email_syntax"), *([Finding("email_typo", meant)] if meant else [])]
        return Email(came.strip(), came, Verdict.INVALID, tuple(findings), suggestion=meant)
    local, _, domain = value.rpartition("@")
    about, is_role, latin = about_domain(domain), is_of_role(local), latin_of(value)
    suggestion = f"{local}@{about.meant}" if about.meant else latin if latin and latin.isascii() else ""
    findings = []
    if about.is_reserved:
        findings.append(Finding("email_reserved", domain))
    if about.is_disposable:
        findings.append(Finding("email_disposable", domain))
    if latin:
        findings.append(Finding("email_letters", latin) if latin.isascii() else Finding("email_alphabets"))
    elif suggestion:
        findings.append(Finding("email_typo", suggestion))
    if is_role:
        findings.append(Finding("email_role", local))
    verdict = Verdict.DOUBTFUL if latin else about.verdict
    return Email(value, came, verdict, tuple(findings), domain, about.is_disposable, is_role, suggestion)


def _address_within(text: str) -> str:
    """The one address in a text that is more than it, Anna <anna@mail.ru> or mailto:…; empty for none and for several."""
    if len(text) > _AROUND_CHARS_MAX:
        return ""
    found = {address for one in _WITHIN.findall(without_invisible(text)) if (address := normal_email(one.rstrip(".")))}
    return found.pop() if len(found) == 1 else ""


@lru_cache(maxsize=16_384)
def about_domain(domain: str) -> Domain:
    """What is known of a domain in lower case."""
    meant = "" if domain in REAL else TYPOS.get(domain) or _near().get(domain, "")
    return Domain(_RESERVED.search(domain) is not None, not meant and _is_throwaway(domain), meant)


def latin_of(address: str) -> str:
    """What an address reads as when letters of another alphabet pass for Latin ones in it, as far as they do; empty where all is
    what it looks like: а@mail.ru, pаypal@x.com, and not иван@почта.рф.

    The part before the @ and each name of the domain are looked at by themselves, since honest ones keep to one alphabet.
    """
    if address.isascii():
        return ""
    local, _, domain = address.rpartition("@")
    is_latin_place = domain.rpartition(".")[2].isascii()
    if not any(_passes_for_latin(part, is_latin_place) for part in (local, *domain.split("."))):
        return ""
    return address.translate(LOOKING_LATIN)


def _passes_for_latin(part: str, is_latin_place: bool) -> bool:
    """Whether two alphabets meet in one part, or all of it, in a domain of Latin letters, looks as if it were Latin."""
    if not _OTHERS.search(part):
        return False
    return _LATIN.search(part) is not None or (is_latin_place and part.translate(LOOKING_LATIN).isascii())


def _is_throwaway(domain: str) -> bool:
    """Whether a domain, or one it lies in, gives out addresses for a few minutes."""
    while "." in domain:
        if domain in blocklist:
            return True
        domain = domain.partition(".")[2]
    return False


def is_of_role(local: str) -> bool:
    """Whether the part before the @ names an office and no person: info, sales+shop."""
    return local.partition("+")[0] in ROLES


@lru_cache(maxsize=1)
def _near() -> dict[str, str]:
    """Every domain one slip away from a great one -> that one: a letter too many, too few, wrong or changed places with the next;
    an ending mistyped."""
    near: dict[str, str] = {}
    for domain in GREAT:
        name, _, ending = domain.partition(".")
        if len(name) >= _EDITED_CHARS_MIN:
            near |= dict.fromkeys((f"{slip}.{ending}" for slip in _slips(name)), domain)
        near |= dict.fromkeys((f"{name}.{wrong}" for wrong in TYPO_ENDINGS.get(ending, ())), domain)
        near[f"{name}{ending}.{ending}"] = domain
    return {typo: meant for typo, meant in near.items() if typo not in REAL}


def _slips(name: str) -> set[str]:
    parts = [(name[:at], name[at:]) for at in range(len(name) + 1)]
    dropped = {before + after[1:] for before, after in parts if after}
    swapped = {before + after[1] + after[0] + after[2:] for before, after in parts if len(after) > 1}
    wrong = {before + letter + after[1:] for before, after in parts if after for letter in _LETTERS}
    added = {before + letter + after for before, after in parts for letter in _LETTERS}
    return {slip for slip in dropped | swapped | wrong | added if not slip.startswith("-") and not slip.endswith("-")}
