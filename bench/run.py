"""`make bench [ONLY="ingest mail"]`: run the benchmarks one after another and say on what machine.

A benchmark is a program bench/<name>.py of its own: it prints its figures, as its last line one JSON object when it can, and
exits 1 when a target is missed. Nothing else may load the machine meanwhile; the load is printed so that a reader can judge.
Results go to bench/results/, which is not in git.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
NOT_BENCHMARKS = frozenset(["run", "__init__", "by_hand", "crashes", "duplicates_people", "shops"])


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    cpu = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), platform.processor()
    )
    memory_kib = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "cpu": cpu, "cores": os.cpu_count(), "memory_gib": round(memory_kib / (1 << 20), 1), "load": list(os.getloadavg()),
        "system": platform.platform(), "python": platform.python_version(), "duckdb": metadata.version("duckdb"),
    }  # fmt: skip


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def figures(output: str) -> Any:
    """The JSON of the last line, None when it is not JSON."""
    lines = [line for line in output.splitlines() if line.strip()]
    try:
        return json.loads(lines[-1])
    except (ValueError, IndexError):
        return None


def run(name: str) -> dict[str, Any]:
    """Run one benchmark, showing what it says as it says it."""
    print(f"\n== {name}", flush=True)
    load, began, said = os.getloadavg()[0], time.monotonic(), []
    process = subprocess.Popen([sys.executable, HERE / f"{name}.py"], cwd=HERE.parent, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        print(line, end="", flush=True)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "name": name, "held": process.returncode == 0, "seconds": round(time.monotonic() - began, 1), "load_before": load,
        "peak_rss_mib": used.ru_maxrss // 1024, "figures": figures("".join(said)),
    }  # fmt: skip


def main(only: list[str]) -> int:
    """Run the benchmarks asked for, all without a name; 1 when a target was missed."""
    names = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NOT_BENCHMARKS)
    unknown = sorted(set(only) - set(names))
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}; there are: {', '.join(names)}.", file=sys.stderr)
        return 2
    facts = machine()
    print(json.dumps(facts, indent=1))
    results = [run(name) for name in only or names]
    out = HERE / "results" / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"machine": facts, "results": results}, indent=1, ensure_ascii=False))
    print()
    for result in results:
        print(f"{'held  ' if result['held'] else 'MISSED'} {result['name']:<14} {result['seconds']:8.1f} s")
    return 0 if all(result["held"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
