"""Who is at the other end of a connection, and by what scheme and host they came."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from samovar.doors.edge.answers import Scope
from samovar.doors.edge.keys import House


class Peers:
    """Reads a request's origin. What a header says of it is believed only from the addresses of the setting `proxies`."""

    def __init__(self, house: House) -> None:
        self._house = house

    def address(self, scope: Scope) -> str:
        """The client's address; empty on the Unix socket."""
        client = scope["client"]
        if client is None:
            return ""
        address: str = client[0]
        if address in self._house.proxies:
            hops = [hop.strip() for hop in header(scope, b"x-forwarded-for").split(",")]
            return next((hop for hop in reversed(hops) if hop and hop not in self._house.proxies), address)
        return address

    def scheme(self, scope: Scope) -> str:
        """http or https. The edge speaks no TLS: https is what a trusted proxy says, or a request to the public https host."""
        client = scope["client"]
        if client is not None and client[0] in self._house.proxies:
            return "https" if header(scope, b"x-forwarded-proto") == "https" else "http"
        public = urlsplit(self._house.settings.public_url)
        return "https" if public.scheme == "https" and public.netloc.lower() == header(scope, b"host").lower() else "http"


def is_inside(scope: Scope) -> bool:
    """Whether a request came over the Unix socket, whose mode lets only this user in."""
    server = scope["server"]
    return server is None or server[1] is None


def is_loopback(scope: Scope) -> bool:
    """Whether a request came from this machine itself, not through a proxy on it and not from a page in somebody's browser."""
    if is_inside(scope):
        return True
    if header(scope, b"x-forwarded-for") or header(scope, b"forwarded") or not scope["client"]:
        return False
    host = header(scope, b"host").rpartition(":")[0] or header(scope, b"host")
    return ipaddress.ip_address(scope["client"][0]).is_loopback and host in ("127.0.0.1", "localhost", "[::1]")


def header(scope: Scope, name: bytes) -> str:
    """A request header's last value, empty when absent."""
    return next((value.decode("latin-1") for key, value in reversed(scope["headers"]) if key == name), "")
