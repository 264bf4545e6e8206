"""What a stranger's connection may cost before it has said anything."""

from __future__ import annotations

import asyncio
import functools
import gzip
import socket
import struct
import time

import pytest
import uvicorn

from samovar.doors.edge import protocol, serve


def speak(edge, *pieces):
    """Send pieces over one connection; what came back until the edge closed it or fell silent."""
    with socket.create_connection(("127.0.0.1", edge.port), 10) as client:
        heard = b""
        try:
            for piece in pieces:
                client.sendall(piece)
            while piece := client.recv(65536):
                heard += piece
        except (ConnectionError, TimeoutError):
            pass
        return heard


@pytest.mark.parametrize(
    "pieces",
    [
        [b"GET / HTTP/1.1\r\nHost: edge\r\nX: ", *[b"y" * 10_000] * 20],
        [b"GET /", *[b"y" * 10_000] * 20],
        [b"GET / HTTP/1.1\r\n", *[b"X-A: 1\r\n" * 1000] * 20],
    ],
)
def test_a_head_without_end_is_cut_off(edge, pieces):
    assert speak(edge, *pieces)[:12] in (b"HTTP/1.1 400", b"")
    assert edge.api.get("/healthz").status_code == 200


def test_a_long_but_bounded_head_is_served(edge):
    assert edge.api.get("/healthz", headers={"X-Long": "y" * 30_000}).status_code == 200


@pytest.mark.parametrize(
    "raw", [b"\x00\x01\x02\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00"]
)
def test_bytes_that_are_not_http_are_answered_400(edge, raw):
    assert speak(edge, raw)[:12] == b"HTTP/1.1 400"


def test_pipelined_requests_are_answered_in_order(edge):
    head = b"POST /v1/track HTTP/1.1\r\nHost: edge\r\nAuthorization: Basic c2VydmVyLWtleS1vZi1hbGljZTo=\r\n"
    body = b'{"userId":"a","event":"Pipe"}'
    good = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    last = head + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}"
    heard = speak(edge, good + good + last)
    assert [part[:3] for part in heard.split(b"HTTP/1.1 ")[1:]] == [b"200", b"200", b"400"]


KEY = b"Authorization: Basic c2VydmVyLWtleS1vZi1hbGljZTo=\r\n"
TRACK = b'{"userId":"a","event":"Way","messageId":"m-%d"}'


def request(path: bytes, body: bytes, *headers: bytes) -> tuple[bytes, bytes]:
    """The head and the body of one POST, the last on its connection."""
    head = b"POST %s HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n%s" % (path, b"".join(headers))
    return head + b"Content-Length: %d\r\n\r\n" % len(body), body


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        (b"/v1/track", TRACK % 1, [KEY]),
        (b"/v1/t", TRACK % 2, [KEY]),
        (b"/v1/track", b'{"userId":"a","event":"Way","writeKey":"browser-key-of-bob"}', []),
        (b"/v1/track", TRACK % 3, []),
        (b"/v1/track", b"{", [KEY]),
        (b"/v1/track", b"", [KEY]),
        (b"/v1/batch", b'{"batch":[%s,{"type":"track"}]}' % (TRACK % 5), [KEY]),
        (b"/v1/batch", b'{"batch":[]}', [KEY]),
        (b"/v1/track", gzip.compress(TRACK % 6, mtime=0), [KEY, b"Content-Encoding: gzip\r\n"]),
        (b"/v1/track", b"junk", [KEY, b"Content-Encoding: gzip\r\n"]),
        (b"/v1/track", TRACK % 7, [KEY, b"Content-Encoding: br\r\n"]),
    ],
)
def test_a_request_is_answered_alike_whole_and_in_pieces(edge, path, body, headers):
    head, body = request(path, body, *headers)
    whole = speak(edge, head + body)
    slow = speak_slowly(edge, head, body[:1], body[1:])
    assert whole[:9] == b"HTTP/1.1 "
    assert parts(whole) == parts(slow)


def speak_slowly(edge, *pieces):
    """Like `speak`, each piece long after the one before."""
    with socket.create_connection(("127.0.0.1", edge.port), 10) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            client.sendall(piece)
            time.sleep(0.05)
        return b"".join(iter(functools.partial(client.recv, 65536), b""))


def parts(heard):
    """An answer's status line, its headers without the moment, and its body."""
    head, _, body = heard.partition(b"\r\n\r\n")
    line, *headers = head.split(b"\r\n")
    return line, sorted(h for h in headers if not h.startswith(b"date:")), body, any(h.startswith(b"date:") for h in headers)


def test_a_client_that_leaves_before_the_answer_costs_nobody_theirs(edge):
    head, body = request(b"/v1/track", TRACK % 8, KEY)
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", edge.port), 10) as client:
            client.sendall(head + body)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert speak(edge, head + body)[:12] == b"HTTP/1.1 200"


def test_an_old_client_and_one_that_asks_first_are_served(edge):
    head, body = request(b"/v1/track", TRACK % 9, KEY)
    assert speak(edge, head.replace(b"HTTP/1.1", b"HTTP/1.0") + body)[:12] == b"HTTP/1.1 200"
    asked = speak_slowly(edge, head.replace(b"Content-Length", b"Expect: 100-continue\r\nContent-Length"), body)
    assert asked.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")


def test_a_connection_that_says_nothing_is_closed_in_time(monkeypatch):
    """The timer is short in a process of its own: the rule is that it ends, not when."""
    monkeypatch.setattr(protocol, "HEAD_WAIT_S_MAX", 0.1)

    async def app(scope, receive, send):
        raise AssertionError("nothing was asked")

    async def scene():
        listener = serve.listen_tcp("127.0.0.1", 0)
        config = uvicorn.Config(app, http=protocol.BoundedProtocol, lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server._serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        ends = []
        for said in (b"", b"GET / HTTP/1.1\r\nHost:"):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            writer.write(said)
            ends.append(await asyncio.wait_for(reader.read(), 10))
            writer.close()
        server.should_exit = True
        await serving
        return ends

    assert asyncio.run(scene()) == [b"", b""]
