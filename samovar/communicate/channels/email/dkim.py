"""DKIM signatures (RFC 6376, RFC 8463): relaxed/relaxed, RSA-2048 with SHA-256 or Ed25519, by `cryptography`.

A signature covers the body and every header a receiver shows or acts on, List-Unsubscribe and List-Unsubscribe-Post included
(RFC 8058 asks for that). Budget: Ed25519 < 60 µs, RSA < 350 µs, most of it outside the interpreter's lock.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

RSA_BITS = 2048
_BLANKS = re.compile(rb"[ \t]+")
_LINE_END_BLANKS = re.compile(rb"[ \t]+\r\n")
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*\Z")

Header = tuple[bytes, bytes]  # name and value, the value without its line end


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one domain with one key; `selector` names the DNS record that publishes it."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey

    @classmethod
    def load(cls, *, domain: str, selector: str, pem: str) -> Signer:
        """From a PEM private key. Raises ValueError for another kind of key or a name that is none."""
        key = serialization.load_pem_private_key(pem.encode(), password=None)
        if not isinstance(key, (RSAPrivateKey, Ed25519PrivateKey)):
            raise ValueError("A DKIM key is RSA or Ed25519.")
        if not (_NAME.match(domain) and _NAME.match(selector)):
            raise ValueError("The domain and selector of a DKIM key are names of DNS.")
        return cls(domain, selector, key)

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.key, RSAPrivateKey) else "ed25519-sha256"

    def signature(self, headers: Sequence[Header], body: bytes, *, at_s: int) -> bytes:
        """The DKIM-Signature header with its line end, for a letter of these headers and this body."""
        names = b":".join(name.lower() for name, _value in headers)
        body_hash = base64.b64encode(sha256(relaxed_body(body)).digest())
        unsigned = b"v=1; a=%s; c=relaxed/relaxed; d=%s; s=%s; t=%d;\r\n h=%s;\r\n bh=%s;\r\n b=" % (
            self.algorithm.encode(), self.domain.encode(), self.selector.encode(), at_s, _folded(names), body_hash,
        )  # fmt: skip
        # With several headers of one name, the signature takes them from the last up; ours are single.
        signed = b"".join(relaxed_header(name, value) for name, value in headers)
        signed += relaxed_header(b"DKIM-Signature", unsigned).removesuffix(b"\r\n")
        value = base64.b64encode(self._sign(signed))
        lines = b"\r\n ".join(value[i : i + 72] for i in range(0, len(value), 72))
        return b"DKIM-Signature: " + unsigned + lines + b"\r\n"

    def _sign(self, content: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(content, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(sha256(content).digest())

    def dns_record(self) -> tuple[str, str]:
        """The name and text of the TXT record that publishes the public key."""
        public = self.key.public_key()
        if isinstance(self.key, RSAPrivateKey):
            kind, form = "rsa", serialization.PublicFormat.SubjectPublicKeyInfo
            raw = public.public_bytes(serialization.Encoding.DER, form)
        else:
            kind = "ed25519"
            raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        text = f"v=DKIM1; k={kind}; p={base64.b64encode(raw).decode()}"
        return f"{self.selector}._domainkey.{self.domain}", text


def new_key(algorithm: str = "rsa-sha256") -> str:
    """A fresh private key as PEM."""
    key = generate_private_key(65_537, RSA_BITS) if algorithm == "rsa-sha256" else Ed25519PrivateKey.generate()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def relaxed_header(name: bytes, value: bytes) -> bytes:
    """A header in the relaxed form: name in lower case, folds opened, runs of blanks one blank, none at the ends."""
    if b"\r\n" in value or b"  " in value or b"\t" in value:  # most have none of these
        value = _BLANKS.sub(b" ", _FOLD.sub(b"", value))
    return name.lower() + b":" + value.strip(b" \t\r\n") + b"\r\n"


def relaxed_body(body: bytes) -> bytes:
    """A body in the relaxed form: runs of blanks one blank, none at line ends, no empty lines at the end."""
    text = body
    if b"  " in text or b"\t" in text or b" \r\n" in text:  # ours has none: three scans instead of two rewrites
        text = _LINE_END_BLANKS.sub(b"\r\n", _BLANKS.sub(b" ", text))
    text = text.rstrip(b"\r\n ")
    return text + b"\r\n" if text else b""


def _folded(names: bytes) -> bytes:
    """A long list of header names on lines of its own."""
    lines, line = [], b""
    for name in names.split(b":"):
        if line and len(line) + len(name) > 68:
            lines.append(line)
            line = b""
        line += (b":" if line or lines else b"") + name
    return b"\r\n  ".join([*lines, line])
