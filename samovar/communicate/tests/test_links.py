"""Signed links: only what we signed is believed, and a click leads nowhere but where its author meant."""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samovar.communicate import hot
from samovar.communicate.assembly import LinkSigner, tracked, with_pixel
from samovar.communicate.hot import LinkFacts, is_machine, safe_target, sign, verify
from samovar.communicate.writing import literal_hosts

RING = {"1": "an old secret", "2": "the newest secret"}
FACTS = LinkFacts("click", 7, 8, 9, "https://tea.example/p?a=1", 1_790_000_000_000_000)
LINKS = LinkSigner(RING, "https://crm.example", 7, 8, 9, 5)


@given(
    st.sampled_from(["open", "unsubscribe", "preferences"]), st.integers(0, 2**62), st.integers(0, 2**62), st.integers(0, 2**62)
)
def test_a_link_says_what_was_signed(kind: str, message: int, profile: int, campaign: int) -> None:
    facts = LinkFacts(kind, message, profile, campaign, "", 5)  # type: ignore[arg-type]
    assert verify(RING, sign(RING, facts)) == facts


def test_the_mac_is_hmac_sha256() -> None:
    raw = base64.urlsafe_b64decode(sign(RING, FACTS) + "==")
    expected = hmac.new(RING["2"].encode(), b"samovar link\0" + raw[16:], sha256).digest()[:16]
    assert raw[:16] == expected
    assert len(raw[:16]) * 8 >= 128


def test_an_old_key_still_verifies_and_a_foreign_one_does_not() -> None:
    old = sign({"1": RING["1"]}, FACTS)
    assert verify(RING, old) == FACTS
    assert verify({"2": RING["2"]}, old) is None
    assert verify({"1": "another secret"}, old) is None


@given(st.data())
def test_no_changed_letter_is_believed(data: st.DataObject) -> None:
    token = sign(RING, FACTS)
    place = data.draw(st.integers(0, len(token) - 2))  # the last letter holds padding bits that carry nothing
    letter = data.draw(st.sampled_from("ABCxyz019-_"))
    changed = token[:place] + letter + token[place + 1 :]
    assert (verify(RING, changed) is None) == (changed != token)


@pytest.mark.parametrize(
    "token", ["", "a", "ÿ", "%00", "A" * 5_000, "../../etc", sign(RING, FACTS) + "=", " " + sign(RING, FACTS)]
)
def test_it_refuses_what_is_no_token(token: str) -> None:
    assert verify(RING, token) is None


def test_the_link_does_not_carry_the_address() -> None:
    raw = base64.urlsafe_b64decode(LINKS.url("unsubscribe").rpartition("/")[2] + "==")
    assert b"@" not in raw


BAD_TARGETS = [
    "//evil.example", "\\\\evil.example", "/\\evil.example", "https:\\\\evil.example", "http:evil.example",
    "https:/evil.example", "https:///evil.example", "https://good.example@evil.example",
    "https://good.example%40evil.example", "https://user:p@evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)", " javascript:alert(1)", "data:text/html,x", "vbscript:x", "https://evil\t.example",
    "https://good.example\r\nLocation: https://evil.example", "ftp://x.example", "https://", "https://?x", "https://[::1",
    "https://a b.example", "https://x.example:port", "file:///etc/passwd", "", "evil.example",
    "https://good.example\u2028.evil.example", "https://good.example\\@evil.example", "https://-bad.example",
    "https://x..example",
    "https://" + "a" * 3_000,
]  # fmt: skip


@pytest.mark.parametrize("url", BAD_TARGETS)
def test_it_refuses_a_target_that_could_be_read_as_another_place(url: str) -> None:
    assert safe_target(url) is None
    assert verify(RING, sign(RING, LinkFacts("click", 1, target=url))) is None
    html = tracked(f'<a href="{url}">x</a>', frozenset({"good.example", "evil.example", "x.example"}), LINKS)
    assert "/c/" not in html


@pytest.mark.parametrize(
    "url",
    [
        "https://tea.example",
        "http://tea.example:8080/a?b=c#d",
        "https://пример.рф/чай?x=ё",
        "https://[::1]/x",
        "https://1.2.3.4/",
        "https://t.example/%40a",
    ],
)
def test_it_lets_plain_web_addresses_through(url: str) -> None:
    assert safe_target(url) == url


def test_only_hosts_the_author_wrote_are_tracked() -> None:
    hosts = literal_hosts('<a href="https://tea.example/{{ sku }}">x</a> <a href="https://{{ site }}/a"> <a href="{{ url }}">')
    assert hosts == {"tea.example"}
    html = tracked('<a href="https://tea.example/1">a</a><a href="https://stranger.example/2">b</a>', hosts, LINKS)
    first, second = html.split("</a>")[:2]
    token = first.split("/c/")[1].split('"')[0]
    assert verify(RING, token) == LinkFacts("click", 7, 8, 9, "https://tea.example/1", 5)
    assert 'href="https://stranger.example/2"' in second


def test_a_host_continued_by_a_value_is_not_the_authors() -> None:
    assert literal_hosts('<a href="https://tea.example{{ x }}">') == frozenset()
    assert literal_hosts('<a href="https://tea.example/{{ x }}">') == {"tea.example"}


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<a class=\"b\" href='https://t.example/?a=1&amp;b=2'>x</a>", "https://t.example/?a=1&b=2"),
        ("<A title='a > b' HREF=https://t.example/q>x</A>", "https://t.example/q"),
        ('<area shape="rect" href="https://t.example/r">', "https://t.example/r"),
    ],
)
def test_links_are_found_however_they_are_written(html: str, expected: str) -> None:
    led = tracked(html, frozenset({"t.example"}), LINKS)
    facts = verify(RING, led.split("/c/")[1].split('"')[0])
    assert facts is not None
    assert facts.target == expected


def test_mail_links_and_our_own_stay() -> None:
    html = f'<a href="mailto:a@b.example">m</a><a href="#top">t</a><a href="{LINKS.base_url}/u/x">u</a>'
    assert tracked(html, frozenset(), LINKS) == html


def test_the_pixel_stands_inside_the_body() -> None:
    assert with_pixel("<body>a</body></html>", "https://x/o/t.gif").endswith("</body></html>")
    assert "<img" in with_pixel("no body", "u")


@pytest.mark.parametrize(
    ("method", "agent", "since_s", "expected"),
    [
        ("GET", "Mozilla/5.0 (Windows NT 10.0) Chrome/130", 60, False),
        ("GET", "Mozilla/5.0 (Windows NT 10.0) Chrome/130", 9.9, True),
        ("GET", "Mozilla/5.0 (Windows NT 10.0) Chrome/130", 10.0, False),
        ("GET", "Mozilla/5.0 (Windows NT 10.0) Chrome/130", None, False),
        ("HEAD", "Mozilla/5.0 (Windows NT 10.0) Chrome/130", 60, True),
        ("GET", "", 60, True),
        ("GET", "Mozilla/5.0", 60, True),
        ("GET", "Mozilla/5.0 (compatible; Googlebot/2.1)", 60, True),
        ("GET", "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", 60, False),
        ("GET", "python-requests/2.31", 60, True),
        ("GET", "Barracuda Sentinel (EE)", 60, True),
        ("POST", "Mozilla/5.0 (iPhone) Safari", 60, False),
    ],
)
def test_machines_are_told_from_people(method: str, agent: str, since_s: float | None, expected: bool) -> None:
    assert is_machine(method=method, user_agent=agent, since_sent_s=since_s) is expected


def test_the_edge_may_import_it_without_django() -> None:
    import subprocess
    import sys

    code = "import sys, samovar.communicate.hot; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
    assert hot.newest_key({"2": "a", "10": "b"}) == "10"
