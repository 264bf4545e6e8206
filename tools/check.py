"""`make check`: everything that can be said about the tree without running the product, each finding with its place.

The checks run two at a time and each prints only when it fails; the closing line says how long it took.
"""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.scratch import scratch_environment

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
PYTHON = sys.executable

# The slowest first, so that two workers end together.
CHECKS: dict[str, list[str | Path]] = {
    "types": [BIN / "mypy", "samovar", "tools", "bench"],
    "imports": [BIN / "lint-imports", "--cache-dir", ".import_linter_cache"],
    "migrations": [PYTHON, "-m", "django", "makemigrations", "--check", "--dry-run"],
    "lint": [BIN / "ruff", "check", "--quiet", "."],
    "format": [BIN / "ruff", "format", "--check", "--quiet", "."],
    "translations": [PYTHON, "-m", "tools.check_translations"],
    "docs": [PYTHON, "-m", "tools.check_docs"],
    "licences": [PYTHON, "-m", "tools.check_licences"],
    "hosts": [PYTHON, "-m", "tools.check_hosts"],
    "islands": ["npm", "run", "--silent", "types"],
}


def run(name: str, environment: dict[str, str]) -> tuple[str, int, str, float]:
    """Run one check; its name, exit status, output and seconds."""
    began = time.monotonic()
    done = subprocess.run(CHECKS[name], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return name, done.returncode, (done.stdout + done.stderr).strip(), time.monotonic() - began


def main() -> int:
    """Run all checks; 1 when one found something."""
    began, failed = time.monotonic(), []
    with scratch_environment() as environment, ThreadPoolExecutor(max_workers=2) as pool:
        for name, status, output, seconds in pool.map(lambda check: run(check, environment), CHECKS):
            print(f"{'ok    ' if status == 0 else 'FAILED'} {name} ({seconds:.1f} s)", flush=True)
            if status != 0:
                failed.append(name)
                print(output, flush=True)
    took = time.monotonic() - began
    print(f"{', '.join(failed)} failed in {took:.0f} s" if failed else f"All {len(CHECKS)} checks hold ({took:.0f} s).")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
