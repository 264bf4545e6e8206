"""A letter with a file: the headers of `mime`, a text for people and the file beside it, for mail of the house to its people."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from email.utils import formatdate

from samovar.communicate.channels.email.dkim import Header, Signer
from samovar.communicate.channels.email.mime import envelope_address, header_text, mailbox

_LINE = 76


@dataclass(frozen=True, slots=True)
class FileLetter:
    """What it is made of. `file_name` is of ASCII; `at_s` is seconds UTC; `message_id` stands without angle brackets."""

    sender: str
    sender_name: str
    to: str
    subject: str
    text: str
    file_name: str
    file_type: str
    file: bytes
    message_id: str
    at_s: int


def build(letter: FileLetter, signer: Signer) -> bytes:
    """The whole letter, signed. Raises `BadAddress`."""
    boundary = b"=_samovar_file_="
    headers: list[Header] = [
        (b"From", mailbox(letter.sender_name, letter.sender)),
        (b"To", envelope_address(letter.to).encode()),
        (b"Subject", header_text(letter.subject)),
        (b"Date", formatdate(letter.at_s).encode()),
        (b"Message-ID", b"<" + header_text(letter.message_id) + b">"),
        (b"MIME-Version", b"1.0"),
        (b"Content-Type", b'multipart/mixed;\r\n boundary="' + boundary + b'"'),
    ]
    name = header_text(letter.file_name).replace(b'"', b"")
    kind = header_text(letter.file_type)
    body = b"".join([
        b"--", boundary, b"\r\n", b'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n',
        _encoded(letter.text.replace("\n", "\r\n").encode()),
        b"--", boundary, b"\r\n", b"Content-Type: " + kind + b"\r\nContent-Transfer-Encoding: base64\r\n",
        b'Content-Disposition: attachment; filename="' + name + b'"\r\n\r\n', _encoded(letter.file),
        b"--", boundary, b"--\r\n",
    ])  # fmt: skip
    signature = signer.signature(headers, body, at_s=letter.at_s)
    return signature + b"".join(name + b": " + value + b"\r\n" for name, value in headers) + b"\r\n" + body


def _encoded(octets: bytes) -> bytes:
    flat = base64.b64encode(octets)
    return b"\r\n".join(flat[start : start + _LINE] for start in range(0, len(flat), _LINE)) + b"\r\n"
