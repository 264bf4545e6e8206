"""Whether a domain takes mail, asked of a name server: MX, else an address of its own (RFC 5321, 5.1; RFC 7505).

What is not known stays unknown: no answer, a server that fails and a network that is not there say nothing of a domain.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import dns.exception
import dns.resolver
from dns.rdatatype import AAAA, MX, A, RdataType

TIMEOUT_S = 3.0  # for one domain, all servers and tries together
DNS_PORT = 53
SURE = ("gmail.com", "mail.ru", "outlook.com")


class Answer(StrEnum):
    """`UNKNOWN` is what a server that answers could not say."""

    MAIL = "mail"
    NO_MAIL = "no_mail"
    UNKNOWN = "unknown"


class NoServer(Exception):
    """No name server answers: nothing can be learned of any domain now."""


def resolver(server: str) -> dns.resolver.Resolver:
    """A resolver that asks `server` (an address, or address:port), or the machine's own where it is empty. Raises `NoServer`."""
    try:
        made = dns.resolver.Resolver(configure=not server)
    except dns.resolver.NoResolverConfiguration as error:
        raise NoServer("the machine names no server") from error
    if server:
        address, port = server_of(server)
        made.nameservers, made.port = [address], port
    made.lifetime, made.timeout, made.cache = TIMEOUT_S, TIMEOUT_S / 2, None
    return made


def has_outlook(of: dns.resolver.Resolver) -> bool:
    """Whether a server knows the world outside: of domains that surely take mail it says of one that it does.

    A server of an inner network may say of every name that it does not exist. Raises `NoServer`.
    """
    return any(ask(domain, of) is Answer.MAIL for domain in SURE)


def server_of(text: str) -> tuple[str, int]:
    """Address and port of a server as the setting `dns_server` has it."""
    if text.count(":") != 1:
        return text, DNS_PORT
    address, _, port = text.partition(":")
    return address, int(port)


def ask(domain: str, of: dns.resolver.Resolver) -> Answer:
    """Whether a domain takes mail. Raises `NoServer` when nobody answers in `TIMEOUT_S`."""
    try:
        name = domain.encode("idna").decode() if not domain.isascii() else domain
    except UnicodeError:
        return Answer.UNKNOWN
    try:
        servers = _records(name, MX, of)
        if servers is None:
            return Answer.NO_MAIL
        if servers:
            return Answer.NO_MAIL if all(str(one.exchange) == "." for one in servers) else Answer.MAIL
        return Answer.MAIL if _records(name, A, of) or _records(name, AAAA, of) else Answer.NO_MAIL
    except (dns.resolver.NoNameservers, dns.resolver.YXDOMAIN, dns.exception.SyntaxError, ValueError):
        return Answer.UNKNOWN
    except (dns.exception.Timeout, OSError) as error:
        raise NoServer(str(error)) from error


def _records(name: str, kind: RdataType, of: dns.resolver.Resolver) -> list[Any] | None:
    """Records of a kind; none of them is an empty list, and a domain that does not exist is None."""
    try:
        return list(of.resolve(f"{name}.", kind, search=False, raise_on_no_answer=False).rrset or ())
    except dns.resolver.NXDOMAIN:
        return None
