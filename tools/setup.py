"""Bring .venv, npm packages, islands and translations up to date; each step runs only when what it is made of has changed.

`python -m tools.setup` installs the runtime lock and nothing else; `python -m tools.setup test` adds the test lock. A
step's stamp is a digest of its inputs and lies beside its output, so removing the output removes the stamp.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
NODE_MODULES = ROOT / "node_modules"
BUILT = ROOT / "samovar" / "webkit" / "static" / "built"


class SetupFailed(RuntimeError):
    """A step did not finish."""


@dataclass(frozen=True)
class Step:
    """One thing to make: the files it is made of, what must exist afterwards, and how it is made."""

    name: str
    inputs: tuple[str, ...]
    stamp: Path
    makes: tuple[Path, ...]
    run: Callable[[], None]

    def digest(self) -> str:
        """A digest of the interpreter and of every input file's path and content."""
        total = hashlib.sha256(sys.version.encode())
        files = sorted({path for pattern in self.inputs for path in ROOT.glob(pattern) if path.is_file()})
        for path in files:
            total.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
        return total.hexdigest()

    def is_done(self) -> bool:
        """Whether the output stands and was made of these very inputs."""
        outputs_stand = all(path.exists() for path in self.makes)
        return outputs_stand and self.stamp.exists() and self.stamp.read_text() == self.digest()


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()[-3000:]
        raise SetupFailed(f"{' '.join(map(str, command))}\n{said}")


def _install(lock: str) -> Callable[[], None]:
    def run() -> None:
        _run(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", lock)

    return run


def link_package() -> None:
    """Make `import samovar` and the command `samovar` mean this checkout; no build backend is needed for that."""
    site = Path(sysconfig.get_paths()["purelib"])
    (site / "samovar-checkout.pth").write_text(f"{ROOT}\n")
    command = VENV / "bin" / "samovar"
    # Processes that the command starts import it again, so it runs nothing then.
    command.write_text(
        f"#!{VENV / 'bin' / 'python'}\nimport sys\n\nfrom samovar.doors.cli.main import main\n\n"
        'if __name__ == "__main__":\n    sys.exit(main())\n'
    )
    command.chmod(0o755)


def steps(with_tests: bool) -> list[Step]:
    """The steps in order."""
    runtime = Step(
        "Python packages", ("requirements/runtime.txt",), VENV / ".runtime-stamp", (), _install("requirements/runtime.txt")
    )
    tests = Step("test packages", ("requirements/test.txt",), VENV / ".test-stamp", (), _install("requirements/test.txt"))
    package = Step("command", ("tools/setup.py",), VENV / ".command-stamp", (VENV / "bin" / "samovar",), link_package)
    npm = Step(
        "npm packages",
        ("package.json", "package-lock.json", ".npmrc"),
        NODE_MODULES / ".samovar-npm",
        (NODE_MODULES,),
        lambda: _run("npm", "ci", "--no-progress"),
    )
    islands = Step(
        "islands",
        ("package-lock.json", "vite.config.*", "tsconfig.json", "islands/**/*", "samovar/webkit/styles/**/*"),
        NODE_MODULES / ".samovar-islands",
        (BUILT,),
        lambda: _run("npm", "run", "build"),
    )
    translations = Step(
        "translations",
        ("samovar/**/locale/**/*.po",),
        VENV / ".translations-stamp",
        tuple(path.with_suffix(".mo") for path in ROOT.glob("samovar/**/locale/**/*.po")),
        lambda: _run(sys.executable, "-m", "tools.compile_translations"),
    )
    return [runtime, *([tests] if with_tests else []), package, npm, islands, translations]


def main(arguments: list[str]) -> int:
    """Run the steps that are due; 1 when one fails."""
    for step in steps(with_tests="test" in arguments):
        if step.is_done():
            continue
        began = time.monotonic()
        print(f"Setting up {step.name} …", flush=True)
        try:
            step.run()
        except SetupFailed as error:
            print(f"Setting up {step.name} failed:\n{error}", file=sys.stderr)
            return 1
        step.stamp.write_text(step.digest())
        print(f"  done in {time.monotonic() - began:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
