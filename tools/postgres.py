"""A PostgreSQL server of one's own: a temporary cluster from the installed binaries, on a Unix socket, gone afterwards.

`with cluster() as url:` for code, `python -m tools.postgres COMMAND...` for a terminal: the command runs with
SAMOVAR_DATABASE_URL naming the cluster. PostgreSQL refuses to run as root, so root starts it as another user.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

DATABASE = "samovar"
USER = "samovar"
START_S_MAX = 60
STOP_S_MAX = 30
VERSION_MIN = 15
INSTALL = "apt-get install postgresql (15 or newer)"


class NoPostgres(RuntimeError):
    """No usable PostgreSQL is installed."""


def binaries() -> Path:
    """The directory of the newest installed server's programs. Raises `NoPostgres`."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb") if path.parent.parent.name.isdigit()]
    usable = [path for path in found if int(path.parent.name) >= VERSION_MIN]
    if usable:
        return max(usable, key=lambda path: int(path.parent.name))
    on_path = shutil.which("initdb")
    if on_path is None:
        raise NoPostgres(f"PostgreSQL is not installed: {INSTALL}.")
    return Path(on_path).resolve().parent


def _other_user() -> str | None:
    """Whom root starts the server as; None for everybody else."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


@contextmanager
def cluster() -> Iterator[str]:
    """Start a cluster and yield the URL of its empty database. Durability is off: the tests' data dies with it anyway."""
    programs, user = binaries(), _other_user()
    # A socket's path must stay under 104 bytes, so the directory is made under /tmp whatever TMPDIR says.
    home = Path(tempfile.mkdtemp(prefix="samovar-pg-", dir="/tmp"))
    if user is not None:
        shutil.chown(home, user=user)
    server: subprocess.Popen[bytes] | None = None
    try:
        data = home / "data"
        _run([programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"], user)
        options = [f"unix_socket_directories={home}", "listen_addresses=", "fsync=off", "max_connections=60"]
        flags = [part for option in options for part in ("-c", option)]
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, *flags], user=user, cwd=home, stdout=log, stderr=log, start_new_session=True
            )
        _wait_ready(server, programs, home)
        _run([programs / "createdb", "-h", home, "-U", USER, DATABASE], user)
        yield f"postgresql://{USER}@/{DATABASE}?host={quote(str(home), safe='')}"
    finally:
        if server is not None:
            server.terminate()
            try:
                server.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        shutil.rmtree(home, ignore_errors=True)


def _run(command: list[str | Path], user: str | None) -> None:
    done = subprocess.run(command, user=user, cwd="/", capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoPostgres(f"{Path(command[0]).name} failed: {done.stderr.strip()[-500:]}")


def _wait_ready(server: subprocess.Popen[bytes], programs: Path, home: Path) -> None:
    deadline = time.monotonic() + START_S_MAX
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        if subprocess.run([programs / "pg_isready", "-q", "-h", home], check=False).returncode == 0:
            return
        time.sleep(0.05)
    raise NoPostgres(f"PostgreSQL did not start: {(home / 'log').read_text(errors='replace')[-500:]}")


def main(command: list[str]) -> int:
    """Run a command beside a temporary cluster; the command's exit status."""
    if not command:
        print("usage: python -m tools.postgres COMMAND [ARGUMENT...]", file=sys.stderr)
        return 2
    try:
        with cluster() as url:
            return subprocess.run(command, env={**os.environ, "SAMOVAR_DATABASE_URL": url}, check=False).returncode
    except NoPostgres as error:
        print(error, file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
