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

from samovar.collect.contacts.email_words import GREAT, REAL, ROLES, TYPO_ENDINGS, TYPOS
from samovar.collect.contacts.verdicts import Checked, Finding, Verdict
from samovar.collect.identifiers import normal_email

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-"
_EDITED_CHARS_MIN = 5  # a shorter name is one letter away from too many real ones
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
        return Email(came.strip(), came, Verdict.INVALID, (Finding("email_syntax"),))
    local, _, domain = value.rpartition("@")
    about, is_role = about_domain(domain), is_of_role(local)
    suggestion = f"{local}@{about.meant}" if about.meant else ""
    findings = []
    if about.is_reserved:
        findings.append(Finding("email_reserved", domain))
    if about.is_disposable:
        findings.append(Finding("email_disposable", domain))
    if suggestion:
        findings.append(Finding("email_typo", suggestion))
    if is_role:
        findings.append(Finding("email_role", local))
    return Email(value, came, about.verdict, tuple(findings), domain, about.is_disposable, is_role, suggestion)


@lru_cache(maxsize=16_384)
def about_domain(domain: str) -> Domain:
    """What is known of a domain in lower case."""
    meant = "" if domain in REAL else TYPOS.get(domain) or _near().get(domain, "")
    return Domain(_RESERVED.search(domain) is not None, _is_throwaway(domain), meant)


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
