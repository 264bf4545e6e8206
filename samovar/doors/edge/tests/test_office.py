"""The way to the office: both ways piece by piece, honest about where a request came from, and calm when the office is away."""

from __future__ import annotations

import asyncio
import json
import socket
import threading

import httpx
import pytest
import uvicorn


class StandInOffice:
    """An ASGI application on the office's socket, in a thread: it tells what it was asked, slowly where asked to."""

    def __init__(self, path):
        self.release = threading.Event()
        self.left = threading.Event()
        self.pieces = []
        config = uvicorn.Config(self, uds=str(path), log_config=None, lifespan="off", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.02)

    def stop(self):
        self.release.set()
        self._server.should_exit = True
        self._thread.join(10)

    async def __call__(self, scope, receive, send):
        answer = {"/slow": self._slow, "/upload": self._upload, "/break": self._break}.get(scope["path"], self._echo)
        await answer(scope, receive, send)

    async def _echo(self, scope, receive, send):
        told = {
            "method": scope["method"], "path": scope["raw_path"].decode(), "query": scope["query_string"].decode(),
            "headers": [[name.decode(), value.decode("latin-1")] for name, value in scope["headers"]],
        }  # fmt: skip
        headers = [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"connection", b"keep-alive"), (b"x-own", b"yes")]
        await send({"type": "http.response.start", "status": 207, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(told).encode()})

    async def _slow(self, scope, receive, send):
        """One piece at once; the other only when the test has seen the first."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        leaving = asyncio.ensure_future(self._departure(receive))
        while not self.release.is_set() and not leaving.done():
            await asyncio.sleep(0.01)
        if leaving.done():
            self.left.set()
            return
        leaving.cancel()
        await send({"type": "http.response.body", "body": b"second"})

    async def _departure(self, receive):
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _upload(self, scope, receive, send):
        size, more = 0, True
        while more:
            message = await receive()
            size += len(message["body"])
            self.pieces.append(len(message["body"]))
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(size).encode()})

    async def _break(self, scope, receive, send):
        raise RuntimeError


@pytest.fixture
def office(edge):
    stand_in = StandInOffice(edge.workspace.socket_path("office"))
    yield stand_in
    stand_in.stop()
    edge.workspace.socket_path("office").unlink(missing_ok=True)


def test_a_request_arrives_as_it_was_sent_and_its_answer_comes_back_whole(edge, office):
    answer = edge.api.put("/customers/a%2Fb%20c;x?q=%D1%87&q=2", content=b"body", headers={"X-Ask": "1", "Cookie": "s=1"})
    told = answer.json()
    assert (answer.status_code, told["method"]) == (207, "PUT")
    assert (told["path"], told["query"]) == ("/customers/a%2Fb%20c;x", "q=%D1%87&q=2")
    headers = dict(told["headers"])
    assert (headers["x-ask"], headers["cookie"], headers["content-length"]) == ("1", "s=1", "4")
    assert headers["host"] == f"127.0.0.1:{edge.port}"
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert answer.headers["x-own"] == "yes"
    assert len(answer.headers.get_list("date")) == 1


def test_nobody_outside_says_where_a_request_came_from(edge, office):
    lies = {
        "X-Forwarded-For": "10.0.0.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example", "X-Real-IP": "10.0.0.1",
        "Forwarded": "for=10.0.0.1;proto=https", "X-Forwarded-Port": "1", "X-Hop": "here", "Connection": "x-hop, x-forwarded-for",
    }  # fmt: skip
    told = edge.api.get("/", headers=lies).json()["headers"]
    forwarded = {name: value for name, value in told if "forward" in name or name in ("x-real-ip", "x-hop")}
    assert forwarded == {
        "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "http", "x-forwarded-host": f"127.0.0.1:{edge.port}",
    }  # fmt: skip


def test_a_trusted_proxy_says_where_a_request_came_from(edge, office):
    edge.configure(proxies="10.9.9.9, 127.0.0.1")
    seen = {}

    def come_through() -> bool:
        headers = {"X-Forwarded-For": "10.0.0.1, 203.0.113.9", "X-Forwarded-Proto": "https"}
        seen.update(edge.api.get("/", headers=headers).json()["headers"])
        return seen["x-forwarded-for"] == "203.0.113.9"

    edge.until(come_through)
    assert seen["x-forwarded-proto"] == "https"
    edge.configure()
    edge.until(lambda: dict(edge.api.get("/").json()["headers"])["x-forwarded-for"] == "127.0.0.1")


def test_an_answer_streams(edge, office):
    with edge.api.stream("GET", "/slow") as answer:
        pieces = answer.iter_raw()
        assert next(pieces) == b"first"  # the second is not even written yet
        office.release.set()
        assert b"".join(pieces) == b"second"


def test_an_upload_streams(edge, office):
    def body():
        for _ in range(40):
            yield b"x" * 100_000

    answer = edge.api.post("/upload", content=body())
    assert answer.text == "4000000"
    assert max(office.pieces) < 1_000_000


def test_the_office_learns_that_a_client_left(edge, office):
    with socket.create_connection(("127.0.0.1", edge.port), 10) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: edge\r\n\r\n")
        while b"first" not in client.recv(4096):
            pass
    assert office.left.wait(10)


def test_a_head_has_no_body(edge, office):
    answer = edge.api.head("/customers")
    assert (answer.status_code, answer.content) == (207, b"")


def test_an_office_that_breaks_in_the_middle_leaves_the_edge_well(edge, office):
    assert edge.api.get("/break").status_code == 500
    assert edge.api.get("/").status_code == 207


def test_events_are_taken_while_the_office_is_away(edge):
    answer = edge.api.get("/")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert "Офис запускается" in answer.text
    assert edge.post("/v1/track", {"userId": "alice", "event": "E"}).status_code == 200


def test_an_office_that_says_nonsense_is_a_bad_gateway(edge):
    path = edge.workspace.socket_path("office")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def mumble():
            connection, _ = listener.accept()
            connection.recv(4096)
            connection.sendall(b"good morning\r\n\r\n")
            connection.close()

        thread = threading.Thread(target=mumble, daemon=True)
        thread.start()
        assert edge.api.get("/").status_code == 502
        thread.join(10)
    path.unlink()


def test_two_requests_hidden_in_one_are_not_passed_on(edge, office):
    """A length and chunks at once: the two ends could disagree about where the request ends."""
    raw = (
        b"POST / HTTP/1.1\r\nHost: edge\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: edge\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", edge.port), 10) as client:
        client.sendall(raw)
        client.settimeout(10)
        assert client.recv(4096).startswith(b"HTTP/1.1 400")


def test_many_at_once_are_all_served(edge, office):
    async def scene():
        async with httpx.AsyncClient(base_url=edge.url, timeout=20) as client:
            return await asyncio.gather(*(client.get(f"/page/{n}") for n in range(100)))

    answers = asyncio.run(scene())
    assert [answer.json()["path"] for answer in answers] == [f"/page/{n}" for n in range(100)]
