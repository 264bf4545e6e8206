"""`make test`: the whole suite on SQLite, then the tests of the operational store once more on PostgreSQL.

As root it installs PostgreSQL and Chromium with apt when they are missing; otherwise the tests that need them skip and
say what to install. Arguments are passed on to pytest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.postgres import NoPostgres, binaries, cluster

ROOT = Path(__file__).resolve().parent.parent
WORKERS = min(4, os.cpu_count() or 1)
SPREAD = ["-n", str(WORKERS), "--dist", "loadscope", "--no-loadscope-reorder"]


def _has_postgres() -> bool:
    try:
        binaries()
    except NoPostgres:
        return False
    return True


def install_missing() -> None:
    """Install what only the tests need, where that is allowed."""
    wanted = []
    if not _has_postgres():
        wanted.append("postgresql")
    if not (shutil.which("chromium") or shutil.which("chromium-browser")):
        wanted.append("chromium")
    if not wanted:
        return
    if os.getuid() != 0 or shutil.which("apt-get") is None:
        print(f"Some tests will skip: install {' and '.join(wanted)} (apt-get install {' '.join(wanted)}).", flush=True)
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", "--no-install-recommends", *wanted]):
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(f"{' '.join(command)} failed; tests that need it will skip.\n{done.stderr[-1000:]}", flush=True)
            return


def pytest(arguments: list[str], **environment: str) -> int:
    """Run pytest in this environment; its exit status."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env={**os.environ, **environment}, check=False
    ).returncode


def main(arguments: list[str]) -> int:
    """Both runs; 1 when one failed."""
    install_missing()
    print("The suite on SQLite:", flush=True)
    status = pytest([*SPREAD, *arguments])
    print("The operational store on PostgreSQL:", flush=True)
    try:
        with cluster() as url:
            again = pytest([*SPREAD, "-m", "store", *arguments], SAMOVAR_DATABASE_URL=url)
    except NoPostgres as error:
        print(f"skipped: {error}", flush=True)
        again = 1 if os.environ.get("CI") == "true" else 0
    return 1 if status or again else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
