"""Asking the warehouse by name, from this process and over the socket."""

from __future__ import annotations

import socket
import stat
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from django.utils.translation import gettext, override

from samovar.engine.warehouse import client
from samovar.engine.warehouse.client import SocketAsker, WarehouseBusy
from samovar.engine.warehouse.owner import Warehouse
from samovar.engine.warehouse.registry import Context, NameTaken, named
from samovar.engine.warehouse.server import QueryServer
from samovar.engine.workspace import Workspace
from samovar.kit.errors import NotFound, Refusal


@named("test.square")
def square(cursor: Any, context: Context, *, n: int) -> pa.Table:
    return cursor.execute("SELECT i, i * i AS square FROM range(?) t(i)", [n]).to_arrow_table()


@named("test.refuse")
def refuse(cursor: Any, context: Context, *, why: str) -> pa.Table:
    raise Refusal("not_so", why, field="why", status=422, hint=1)


@named("test.refuse_in_words")
def refuse_in_words(cursor: Any, context: Context) -> pa.Table:
    raise Refusal("not_so", gettext("There is no such figure in this report."))


@named("test.broken")
def broken(cursor: Any, context: Context) -> pa.Table:
    return cursor.execute("SELECT * FROM nowhere").to_arrow_table()


began = threading.Event()


@named("test.endless")
def endless(cursor: Any, context: Context) -> pa.Table:
    began.set()
    return cursor.execute("SELECT sum(sqrt(i)) FROM range(1_000_000_000_000) t(i)").to_arrow_table()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "w", currency="RUB", timezone="Europe/Moscow", at_us=0)


@pytest.fixture
def warehouse(workspace: Workspace) -> Iterator[Warehouse]:
    owned = Warehouse(workspace)
    yield owned
    owned.close()


@pytest.fixture
def asker(workspace: Workspace, warehouse: Warehouse) -> Iterator[SocketAsker]:
    server = QueryServer(workspace.socket_path("worker"), warehouse, {"double": lambda params: {"twice": 2 * params["n"]}})
    yield SocketAsker(workspace.socket_path("worker"))
    server.close()


def test_the_socket_gives_the_answer_of_the_owner(asker: SocketAsker, warehouse: Warehouse) -> None:
    assert asker.query("test.square", n=4).to_pylist() == warehouse.query("test.square", n=4).to_pylist()
    assert asker.query("test.square", n=4).column("square").to_pylist() == [0, 1, 4, 9]


def test_several_queries_are_answered_in_the_order_asked(asker: SocketAsker, warehouse: Warehouse) -> None:
    asked = [("test.square", {"n": n}) for n in (2, 5, 0, 3)]
    for who in (asker, asker, warehouse):
        assert [answer.num_rows for answer in who.query_all(*asked)] == [2, 5, 0, 3]
    assert asker.query_all() == []


def test_a_refusal_among_several_leaves_no_answer_for_the_next_question(asker: SocketAsker) -> None:
    with pytest.raises(Refusal, match="Because"):
        asker.query_all(("test.square", {"n": 7}), ("test.refuse", {"why": "Because."}), ("test.square", {"n": 8}))
    assert [answer.num_rows for answer in asker.query_all(("test.square", {"n": 1}), ("test.square", {"n": 2}))] == [1, 2]


def test_an_interrupted_question_leaves_no_answer_for_the_next(asker: SocketAsker, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(connection: socket.socket, length: int) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(client, "receive", interrupted)
        asker.query("test.square", n=9)
    assert asker.query("test.square", n=3).num_rows == 3


def test_each_query_is_told_with_its_seconds_even_a_broken_one_and_no_name_from_outside(workspace: Workspace) -> None:
    told: list[tuple[str, float]] = []
    owned = Warehouse(workspace, query_ended=lambda name, took_s: told.append((name, took_s)))
    owned.query("test.square", n=4)
    for name, error in (("test.broken", duckdb.CatalogException), ("test.nothing", NotFound)):
        with pytest.raises(error):
            owned.query(name)
    owned.close()
    assert [name for name, _took_s in told] == ["test.square", "test.broken"]
    assert all(took_s > 0 for _name, took_s in told)


def test_a_close_interrupts_the_queries_that_run_and_takes_no_more(workspace: Workspace) -> None:
    owned, heard = Warehouse(workspace), []

    def ask() -> None:
        try:
            owned.query("test.endless")
        except Refusal as refusal:
            heard.append(type(refusal))

    began.clear()
    asking = threading.Thread(target=ask)
    asking.start()
    began.wait()
    owned.close()
    asking.join()
    assert heard == [WarehouseBusy]
    with pytest.raises(WarehouseBusy):
        owned.query("test.square", n=1)


def test_a_refusal_travels_whole(asker: SocketAsker) -> None:
    with pytest.raises(Refusal) as caught:
        asker.query("test.refuse", why="Because.")
    assert (caught.value.code, caught.value.message, caught.value.status, caught.value.params) == (
        "not_so", "Because.", 422, {"hint": 1},
    )  # fmt: skip


def test_a_refusal_is_in_the_language_of_who_asked(asker: SocketAsker) -> None:
    said = {}
    for language in ("ru", "en", None):
        with override(language), pytest.raises(Refusal) as caught:
            asker.query("test.refuse_in_words")
        said[language] = caught.value.message
    assert said["en"] == said[None] == "There is no such figure in this report."
    assert said["ru"] == "Такой цифры в этом отчёте нет."


def test_an_unknown_name_and_a_failure_are_told_and_the_server_goes_on(asker: SocketAsker) -> None:
    with pytest.raises(NotFound):
        asker.query("test.nothing")
    with pytest.raises(Refusal, match="nowhere"):
        asker.query("test.broken")
    assert asker.query("test.square", n=1).num_rows == 1


def test_calls_beside_queries_answer_json(asker: SocketAsker) -> None:
    assert asker.query("double", n=21).column("json").to_pylist() == ['{"twice": 42}']


def test_nobody_else_may_open_the_socket(workspace: Workspace, asker: SocketAsker) -> None:
    assert stat.S_IMODE(workspace.socket_path("worker").stat().st_mode) == 0o600


def test_garbage_on_the_socket_harms_nobody(workspace: Workspace, asker: SocketAsker) -> None:
    for sent in (b"\xff" * 64, struct.pack("<I", 5) + b"hello", struct.pack("<I", 2**31)):
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(str(workspace.socket_path("worker")))
            raw.sendall(sent)
    assert asker.query("test.square", n=2).num_rows == 2


def test_an_absent_worker_is_busy(tmp_path: Path) -> None:
    with pytest.raises(WarehouseBusy):
        SocketAsker(tmp_path / "nobody.sock").query("test.square", n=1)


def test_the_warehouse_reads_no_other_file_and_cannot_be_told_to(warehouse: Warehouse, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with pytest.raises(duckdb.Error):
        warehouse.loop.execute(f"SELECT * FROM read_csv('{secret}')")
    with pytest.raises(duckdb.Error):
        warehouse.loop.execute("SET enable_external_access = true")


def test_one_name_has_one_query() -> None:
    with pytest.raises(NameTaken):
        named("test.square")(lambda cursor, context: pa.table({}))


def test_nobody_is_asked_who_was_closed(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_current", None)
    client.use(warehouse)
    assert client.current() is warehouse
    client.release(warehouse)
    with pytest.raises(WarehouseBusy):
        client.current()


def test_who_was_chosen_since_is_asked_after_another_was_closed(
    asker: SocketAsker, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_current", None)
    client.use(warehouse)
    client.use(asker)
    client.release(warehouse)
    assert client.current() is asker
