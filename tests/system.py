"""A running system for tests: `samovar up` on a free port in a process group of its own, and clients that keep trying."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

READY_S_MAX = 60.0
GONE_S_MAX = 10.0
ROLES = ("edge", "office", "worker", "sender")


def environment(database_url: str = "") -> dict[str, str]:
    """This process's environment without what the suite set for itself, and with a PostgreSQL if one is named."""
    own = ("SAMOVAR_DATA", "SAMOVAR_DATABASE_URL", "DJANGO_SETTINGS_MODULE")
    plain = {key: value for key, value in os.environ.items() if key not in own}
    return {**plain, "SAMOVAR_DATABASE_URL": database_url} if database_url else plain


def samovar(*arguments: object, database_url: str = "", timeout_s: float = 120) -> Any:
    """Run a command with --json and return its answer. Raises RuntimeError when it is refused."""
    command = [sys.executable, "-m", "samovar.doors.cli.main", *map(str, arguments), "--json"]
    done = subprocess.run(command, env=environment(database_url), capture_output=True, text=True, timeout=timeout_s)
    if done.returncode != 0:
        raise RuntimeError(f"samovar {' '.join(map(str, arguments))}: {done.stdout[-500:]}{done.stderr[-1500:]}")
    return json.loads(done.stdout)


def write_till(home: Path, rows: str, mapping: str) -> Path:
    """A new workspace, and beside it a file `till.csv` that `till.yaml` maps; where the workspace is."""
    (home / "till.csv").write_text(rows)
    (home / "till.yaml").write_text(mapping)
    samovar("init", home / "data")
    return home / "data"


def wait_until_gone(pids: list[int], seconds: float = GONE_S_MAX) -> list[int]:
    """Wait until processes have ended; those that have not."""
    deadline = time.monotonic() + seconds
    while (left := [pid for pid in pids if _command(pid)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def _command(pid: int) -> bytes:
    """What a process runs; empty for one that ended, even where nobody has asked for its status yet."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


class System:
    """`samovar up` on a workspace."""

    def __init__(self, data: Path, write_key: str, log: Path, *, database_url: str = "") -> None:
        self.data, self._log, self._database_url = data, log, database_url
        self._authorization = "Basic " + base64.b64encode(f"{write_key}:".encode()).decode()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self) -> None:
        """Start it and wait until it is ready."""
        command = [sys.executable, "-m", "samovar.doors.cli.main", "up", "--data", str(self.data), "--port", "0", "--json"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=environment(self._database_url), stdout=subprocess.PIPE, stderr=log, start_new_session=True
            )
        assert self._process.stdout is not None
        said = json.loads(self._process.stdout.readline() or "{}")
        if "url" not in said:
            raise RuntimeError(f"samovar up ended: {said.get('message') or self._log.read_text()[-2000:]}")
        self.url = said["url"].rstrip("/")
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until every process says it is ready."""
        deadline = time.monotonic() + READY_S_MAX
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"not ready after {READY_S_MAX} s: {self._log.read_text()[-3000:]}")

    def pids(self, role: str) -> list[int]:
        """Processes of a role in this system's group."""
        assert self._process is not None
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    line = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
                    if f"samovar.doors.{role}" in line and os.getpgid(int(entry.name)) == self._process.pid:
                        found.append(int(entry.name))
                except (OSError, ProcessLookupError):
                    continue
        return found

    def kill(self, role: str) -> int:
        """kill -9 of a role's processes, until the supervisor has seen it and /healthz no longer calls them ready; how many."""
        pids = self.pids(role)
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + GONE_S_MAX
        while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
            time.sleep(0.01)
        return len(pids)

    def kill_all(self) -> None:
        """kill -9 of everything at once; returns when all of it is gone."""
        assert self._process is not None
        pids = [pid for role in ROLES for pid in self.pids(role)]
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)
        assert wait_until_gone(pids) == []

    def kill_supervisor(self) -> None:
        """kill -9 of the supervisor alone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(30)

    @property
    def is_running(self) -> bool:
        """Whether the supervisor lives."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> int:
        """SIGTERM to the supervisor; its exit status."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.terminate()
        return self._process.wait(30)

    def post(self, path: str, body: Any) -> int:
        """One request with the write key; 0 when nobody answered."""
        request = urllib.request.Request(
            self.url + path,
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": self._authorization},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0
