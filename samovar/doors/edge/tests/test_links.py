"""Links of our letters: clicks go only to signed targets, a GET never unsubscribes, machines are told apart."""

from __future__ import annotations

import json

import pytest

from samovar.communicate import hot
from samovar.doors.edge.links import ascii_url

PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0"
TARGET = "https://shop.example/tea?a=1&b=%20#top"


def token(edge, kind, target="", made_us=1):
    return hot.sign(edge.workspace.keys["link_ring"], hot.LinkFacts(kind, 17, 5, 3, target, made_us))


def told(edge, before):
    """The one event that was appended since."""
    (row,) = edge.reader.read(before, 100)
    assert (row.source, row.kind, row.count) == ("feedback", "events", 1)
    (event,) = json.loads(row.body)
    assert event["messageId"].startswith("sv-")
    return event["event"], event["properties"]


def test_a_click_is_recorded_and_goes_to_its_signed_target(edge):
    before = edge.reader.last_offset()
    answer = edge.api.get(f"/c/{token(edge, 'click', TARGET)}", headers={"User-Agent": PERSON})
    assert (answer.status_code, answer.headers["location"]) == (302, TARGET)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert told(edge, before) == (
        "Message Clicked",
        {
            "message_id": 17,
            "profile_id": 5,
            "campaign_id": 3,
            "url": TARGET,
            "method": "GET",
            "user_agent": PERSON,
            "by_machine": False,
        },
    )


@pytest.mark.parametrize(("method", "agent"), [("HEAD", PERSON), ("GET", ""), ("GET", "curl/8.0"), ("GET", "Mozilla/5.0")])
def test_a_click_by_a_machine_is_marked(edge, method, agent):
    before = edge.reader.last_offset()
    answer = edge.api.request(method, f"/c/{token(edge, 'click', TARGET)}", headers={"User-Agent": agent})
    assert answer.status_code == 302
    assert told(edge, before)[1]["by_machine"] is True


def test_a_reaction_within_seconds_of_the_letter_is_a_machines(edge):
    from samovar.kit.clock import RealClock

    before = edge.reader.last_offset()
    edge.api.get(f"/o/{token(edge, 'open', made_us=RealClock().now_us())}.gif", headers={"User-Agent": PERSON})
    name, properties = told(edge, before)
    assert (name, properties["by_machine"]) == ("Message Opened", True)


def test_an_open_answers_a_pixel_that_is_not_kept(edge):
    before = edge.reader.last_offset()
    answer = edge.api.get(f"/o/{token(edge, 'open')}.gif", headers={"User-Agent": PERSON})
    assert (answer.status_code, answer.headers["content-type"], answer.content[:6]) == (200, "image/gif", b"GIF89a")
    assert "no-store" in answer.headers["cache-control"]
    assert told(edge, before)[1]["by_machine"] is False


def forged(edge):
    """Tokens nobody here signed for a click: another key, another kind, a changed letter, nonsense."""
    good = token(edge, "click", TARGET)
    changed = good[:30] + ("A" if good[30] != "A" else "B") + good[31:]
    stranger = hot.sign({"1": "another secret"}, hot.LinkFacts("click", 1, target="https://evil.example/"))
    unsafe = hot.sign(edge.workspace.keys["link_ring"], hot.LinkFacts("click", 1, target="javascript:alert(1)"))
    return [changed, stranger, unsafe, token(edge, "open"), "", "x", "https:evil.example", "%2F%2Fevil.example", "a" * 9000]


def test_a_forged_click_goes_nowhere_and_is_not_recorded(edge):
    before = edge.reader.last_offset()
    for bad in forged(edge):
        answer = edge.api.get(f"/c/{bad}?url=https://evil.example")
        assert answer.status_code in (404, 503), bad
        assert "location" not in answer.headers
    assert edge.reader.last_offset() == before


@pytest.mark.parametrize("body", [b"List-Unsubscribe=One-Click", b""])
def test_one_post_without_cookies_unsubscribes(edge, body):
    before = edge.reader.last_offset()
    answer = edge.api.post(f"/u/{token(edge, 'unsubscribe')}", content=body)
    assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    name, properties = told(edge, before)
    assert (name, properties["message_id"], properties["profile_id"]) == ("Message Unsubscribed", 17, 5)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_the_unsubscribe_link_changes_nothing(edge, method):
    before = edge.reader.last_offset()
    answer = edge.api.request(method, f"/u/{token(edge, 'unsubscribe')}")
    assert answer.status_code == 503  # the office, which shows the page, is not running here
    assert edge.reader.last_offset() == before


def test_a_forged_unsubscription_changes_nothing(edge):
    before = edge.reader.last_offset()
    for bad in (token(edge, "click", TARGET), "x", token(edge, "unsubscribe")[:-4]):
        assert edge.api.post(f"/u/{bad}", content=b"List-Unsubscribe=One-Click").status_code == 404
    assert edge.reader.last_offset() == before


def test_a_full_log_sends_a_click_on_and_never_confirms_an_unsubscription(make_edge):
    edge = make_edge(log_bytes_max=100_000).start()
    while edge.post("/v1/track", {"userId": "a", "event": "E", "properties": {"x": "y" * 30_000}}).status_code == 200:
        pass
    while edge.post("/v1/track", {"userId": "a", "event": "E"}).status_code == 200:
        pass
    assert edge.api.get(f"/c/{token(edge, 'click', TARGET)}").headers["location"] == TARGET
    assert edge.api.get(f"/o/{token(edge, 'open')}.gif").status_code == 200
    assert edge.api.post(f"/u/{token(edge, 'unsubscribe')}").status_code == 503


@pytest.mark.parametrize(
    ("url", "ascii"),
    [
        ("https://shop.example/a%20b?x=%D1%87&y=1", b"https://shop.example/a%20b?x=%D1%87&y=1"),
        ("https://чай.рф:8080/улун?q=да#верх", b"https://xn--80as4b.xn--p1ai:8080/%D1%83%D0%BB%D1%83%D0%BD?q=%D0%B4%D0%B0#%D0%B2%D0%B5%D1%80%D1%85"),
        ("https://shop.example/%D1%87/ю", b"https://shop.example/%D1%87/%D1%8E"),
    ],
)  # fmt: skip
def test_a_target_outside_ascii_becomes_a_header_that_browsers_read_alike(url, ascii):
    assert ascii_url(url) == ascii
