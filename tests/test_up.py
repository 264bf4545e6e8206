"""`samovar up` as a whole: one owner, one port, ends when told to, leaves nothing behind, and keeps its secrets."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from samovar.engine.workspace import Workspace
from tests.system import ROLES, System, environment, samovar, wait_until_gone

STOP_S_MAX = 10


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    data = tmp_path_factory.mktemp("up") / "shop"
    return data, samovar("init", data)


@pytest.fixture
def running(made, tmp_path):
    data, keys = made
    system = System(data, keys["write_key"], tmp_path / "log")
    system.start()
    yield system
    if system.is_running:
        system.stop()


def _samovar(*arguments):
    command = [sys.executable, "-m", "samovar.doors.cli.main", *map(str, arguments)]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120)


def test_the_address_that_is_told_answers_with_a_page(made):
    command = [sys.executable, "-m", "samovar.doors.cli.main", "up", "--data", str(made[0]), "--port", "0"]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().split()[3]
            with urllib.request.urlopen(f"{address}login", timeout=5) as page:
                assert page.status == 200 and b"id_password" in page.read()
        finally:
            process.terminate()


def test_a_shop_to_which_nothing_came_answers_its_reports(running):
    running.wait_ready()
    answer = _samovar("report", "rfm", "--data", running.data, "--json")
    assert (answer.returncode, json.loads(answer.stdout)["rows"]) == (0, [])


def test_a_second_start_is_refused_and_names_the_holder(running):
    refused = _samovar("up", "--data", running.data, "--port", "0", "--json")
    answer = json.loads(refused.stdout)
    assert (refused.returncode, answer["ok"]) == (1, False)
    assert "samovar up" in answer["message"]
    running.wait_ready()


@pytest.mark.parametrize("command", [("rebuild",), ("run", "--until", "2030-01-01")])
def test_what_needs_the_files_themselves_is_refused_while_the_system_is_up(running, command):
    refused = _samovar(*command, "--data", running.data, "--json")
    assert (refused.returncode, json.loads(refused.stdout)["ok"]) == (1, False)


def test_a_port_in_use_is_refused_by_its_number(made):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = _samovar("up", "--data", made[0], "--port", port, "--json")
    assert refused.returncode == 1
    assert str(port) in json.loads(refused.stdout)["message"]


def test_it_ends_in_ten_seconds_when_told_to_and_leaves_no_process(running):
    pids = [pid for role in ROLES for pid in running.pids(role)]
    assert len(pids) >= len(ROLES)
    began = time.monotonic()
    running.stop()
    assert time.monotonic() - began < STOP_S_MAX
    assert wait_until_gone(pids, 1) == []


def test_its_children_end_when_it_is_killed(running):
    pids = [pid for role in ROLES for pid in running.pids(role)]
    running.kill_supervisor()
    assert wait_until_gone(pids, STOP_S_MAX) == []


def test_a_fallen_process_is_started_again_and_health_says_so_meanwhile(running):
    before = running.pids("worker")
    running.kill("worker")
    assert wait_until_gone(before) == []
    deadline = time.monotonic() + 30
    while not (after := running.pids("worker")) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert after
    running.wait_ready()


def test_a_stranger_sees_the_login_and_no_metrics_from_elsewhere(running):
    with urllib.request.urlopen(running.url + "/") as answer:
        assert answer.status == 200
        assert "login" in answer.url
    with urllib.request.urlopen(running.url + "/metrics") as answer:
        told = answer.read()
    for name in (b"samovar_edge_requests", b"samovar_worker_events", b"samovar_sender_messages"):
        assert name in told


def test_no_secret_leaves_the_house(tmp_path):
    """Canaries in keys.json are searched for in the log, the stores, the snapshots, an export and every answer."""
    data, canary = tmp_path / "shop", f"canary-{secrets.token_hex(12)}"
    made = samovar("init", data)
    Workspace.open(data).save_keys(smtp_password=f"{canary}-smtp", secret_key=f"{canary}-secret-key-of-the-office")
    policy = tmp_path / "policy"
    settings = {"smtp_host": "127.0.0.1", "smtp_port": 9, "smtp_username": "shop", "public_url": "https://shop.example"}
    for name, value in settings.items():
        path = policy / "settings" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"value: {json.dumps(value)}\n")
    (policy / "samovar.yaml").write_text("format: 1\n")
    samovar("apply", policy, "--data", data)
    log = tmp_path / "log"
    system = System(data, made["write_key"], log)
    system.start()
    answers = []
    try:
        for path in ("/healthz", "/v1/track", "/login/", "/api/v1/settings", "/nowhere"):
            try:
                with urllib.request.urlopen(system.url + path) as answer:
                    answers.append(answer.read())
            except urllib.error.HTTPError as error:
                answers.append(error.read())
        samovar("export", tmp_path / "out", "--data", data)
        answers.append(json.dumps(samovar("doctor", "--data", data)).encode())
    finally:
        system.stop()
    places = [
        path for root in (data, tmp_path / "out") for path in root.rglob("*") if path.is_file() and path.name != "keys.json"
    ]
    found = [str(path) for path in [*places, log] if canary.encode() in path.read_bytes()]
    assert found == []
    assert not any(canary.encode() in answer for answer in answers)
    secret_texts = [made[name].encode() for name in ("password", "write_key", "browser_key")]
    kept = [str(path) for path in [*places, log] for text in secret_texts if text in path.read_bytes()]
    assert kept == []
