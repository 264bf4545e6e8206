"""The letter as bytes: what a stranger writes stays inside its header, and dkimpy agrees with our signatures."""

from __future__ import annotations

import base64
from email import message_from_bytes, policy
from types import SimpleNamespace

import dkim
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from samovar.communicate.channels.email.dkim import Signer, new_key
from samovar.communicate.channels.email.mime import BadAddress, Letter, build, envelope_address

AT_S = 1_790_000_000


def letter(**changed: object) -> Letter:
    facts: dict[str, object] = {
        "sender": "shop@tea.example", "sender_name": "Чайная лавка", "to": "ivan@mail.example", "subject": "Скидка",
        "html": "<p>Здравствуйте</p>", "text": "Здравствуйте", "message_id": "abc123@tea.example", "at_s": AT_S,
        "unsubscribe_url": "https://tea.example/u/token", "list_id": "marketing.tea.example",
    }  # fmt: skip
    return Letter(**{**facts, **changed})  # type: ignore[arg-type]


def parsed(raw: bytes):
    return message_from_bytes(raw, policy=policy.default)


@pytest.fixture(scope="module", params=["rsa-sha256", "ed25519-sha256"])
def signer(request: pytest.FixtureRequest) -> Signer:
    return Signer.load(domain="tea.example", selector="s1", pem=new_key(request.param))


class VerifyKey:
    """The curve for dkimpy, which otherwise wants a library of its own; all the rest of the verification is dkimpy's."""

    def __init__(self, key: bytes, encoder: object) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(base64.b64decode(key))

    def verify(self, content: bytes, signature: bytes) -> bytes:
        self._key.verify(signature, content)
        return content


@pytest.fixture(autouse=True)
def curve(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = SimpleNamespace(
        signing=SimpleNamespace(VerifyKey=VerifyKey),
        encoding=SimpleNamespace(Base64Encoder=None),
        exceptions=SimpleNamespace(BadSignatureError=InvalidSignature, ValueError=ValueError),
    )
    monkeypatch.setattr(dkim, "nacl", parts, raising=False)


def verified(raw: bytes, signer: Signer) -> bool:
    name, text = signer.dns_record()

    def dns(asked: bytes, timeout: int = 5) -> bytes | None:
        return text.encode() if asked.rstrip(b".").decode() == name else None

    return dkim.verify(raw, dnsfunc=dns)


@pytest.mark.parametrize(
    "html",
    ["<p>one</p>", "<p>Здравствуйте,  мир </p>\n\n\n", "x" * 5000, "a \t b  \r\n c\n\n", ""],
)
def test_dkimpy_verifies_what_we_sign(signer: Signer, html: str) -> None:
    raw = build(letter(html=html), signer)
    assert verified(raw, signer)
    assert not verified(raw.replace(b"/u/token", b"/u/other"), signer)


def test_list_headers_and_subject_are_under_the_signature(signer: Signer) -> None:
    raw = build(letter(), signer)
    tags = dict(t.strip().split("=", 1) for t in parsed(raw)["DKIM-Signature"].replace("\r\n", "").split(";"))
    signed = [n.strip() for n in tags["h"].split(":")]
    assert {"list-unsubscribe", "list-unsubscribe-post", "from", "to", "subject", "date", "message-id"} <= set(signed)
    assert parsed(raw)["List-Unsubscribe"] == "<https://tea.example/u/token>"
    assert parsed(raw)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_it_carries_both_parts_and_the_words_unharmed() -> None:
    mail = parsed(build(letter(text="Строка\nвторая", html="<b>Ёжик</b>"), None))
    assert mail["Subject"] == "Скидка"
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n").strip() == "Строка\nвторая"
    assert mail.get_body(("html",)).get_content().strip() == "<b>Ёжик</b>"
    assert mail["From"].addresses[0].display_name == "Чайная лавка"


@pytest.mark.parametrize(
    "breaking", ["\r\nBcc: evil@x.example", "\nBcc: evil@x.example", "\rBcc: e", "\x00", "\u2028Bcc: e", "\x85B"]
)
@pytest.mark.parametrize("where", ["subject", "sender_name", "unsubscribe_url", "list_id", "feedback_id", "message_id"])
def test_no_value_breaks_out_of_its_header(breaking: str, where: str) -> None:
    raw = build(letter(**{where: f"Hello{breaking}"}), None)
    head, _, _ = raw.partition(b"\r\n\r\n")
    assert not any(line.lower().startswith(b"bcc") for line in head.replace(b"\n", b"\r").split(b"\r"))
    assert "Bcc" not in parsed(raw)
    assert parsed(raw).get_body(("html",)) is not None


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example\r\nRCPT TO:<x@y>",
        "a b@c.example",
        "a@b.example>",
        "<a@b.example",
        "a@",
        "@b",
        "a@b\x00",
        "a,b@c.example",
        "я@b.example",
    ],
)
def test_it_refuses_an_address_that_could_carry_more(address: str) -> None:
    with pytest.raises(BadAddress):
        envelope_address(address)
    with pytest.raises(BadAddress):
        build(letter(to=address), None)


def test_a_domain_of_other_letters_becomes_idna() -> None:
    assert envelope_address("ivan@пример.рф") == "ivan@xn--e1afmkfd.xn--p1ai"


def test_lines_stay_within_998_octets_and_end_with_crlf() -> None:
    raw = build(letter(html="x" * 20_000, text="т" * 20_000, subject="длинная тема " * 40), None)
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert b"\n" not in b"".join(lines)
    assert parsed(raw)["Subject"].strip() == ("длинная тема " * 40).strip()


def test_a_body_in_base64_is_whole() -> None:
    html = "щ" * 1000
    part = parsed(build(letter(html=html), None)).get_body(("html",))
    assert base64.b64decode(part.get_payload()).decode() == html
