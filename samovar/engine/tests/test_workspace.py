"""The data directory: who may hold it, what is private, what is refused."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from samovar.engine.lock import DirectoryHeld, DirectoryLock, is_held, read_holder
from samovar.engine.workspace import NoWorkspace, Workspace, WorkspaceExists, WorkspaceTooNew
from samovar.kit.errors import Refusal


def make(root: Path) -> Workspace:
    return Workspace.create(root, currency="RUB", timezone="Europe/Moscow", at_us=1_000)


def test_secrets_are_for_their_owner_alone(tmp_path: Path) -> None:
    workspace = make(tmp_path / "w")
    workspace.save_keys(smtp_password="canary")
    path = workspace.root / "keys.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert workspace.keys["smtp_password"] == "canary"
    assert "canary" not in (workspace.root / "workspace.json").read_text()


def test_it_refuses_a_directory_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(WorkspaceExists):
        make(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("currency", ["rub", "RU", "РУБ", "RUB1", ""])
def test_it_refuses_what_is_no_currency(tmp_path: Path, currency: str) -> None:
    with pytest.raises(Refusal):
        Workspace.create(tmp_path / "w", currency=currency, timezone="UTC", at_us=0)
    assert not (tmp_path / "w").exists()


def test_it_refuses_what_is_no_workspace_and_what_is_newer(tmp_path: Path) -> None:
    with pytest.raises(NoWorkspace, match="samovar init"):
        Workspace.open(tmp_path)
    workspace = make(tmp_path / "w")
    path = workspace.root / "workspace.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema_version": 99}))
    with pytest.raises(WorkspaceTooNew):
        Workspace.open(workspace.root)


def test_a_virtual_clock_is_remembered(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w", currency="RUB", timezone="UTC", at_us=1_000, virtual=True)
    workspace.clock.advance_to(5_000)  # type: ignore[attr-defined]
    workspace.save_clock()
    assert Workspace.open(workspace.root).clock.now_us() == 5_000


def test_a_second_holder_is_refused_by_the_name_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with DirectoryLock(path, holder="up", wait_s=0):
        assert is_held(path)
        with pytest.raises(DirectoryHeld, match="samovar up") as caught, DirectoryLock(path, holder="run", wait_s=0):
            pass
        assert caught.value.params["pid"] == os.getpid()
    assert not is_held(path)
    assert read_holder(path) == {}


def test_a_holder_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        "import os, sys; from pathlib import Path; from samovar.engine.lock import DirectoryLock\n"
        f"with DirectoryLock(Path({str(path)!r}), holder='up', wait_s=0):\n    os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    with DirectoryLock(path, holder="run", wait_s=0):
        assert read_holder(path)["holder"] == "run"


def test_a_socket_path_too_long_goes_to_the_runtime_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = tmp_path / "r"
    runtime.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    workspace = make(tmp_path / ("long" * 30) / "w")
    assert workspace.socket_path("worker").is_relative_to(runtime)
    assert workspace.socket_path("worker") == Workspace.open(workspace.root).socket_path("worker")
