"""Pack a directory of the present schema into tests/data/, for the upgrade test of every release to come.

`python -m tools.pack_schema` makes a small workspace through the product's own commands: people, orders, a segment, a
campaign sent to the mailbox, an import. It is packed as tests/data/schema-<version>.tar.xz, without what can be made again,
and must stay under 200 KB. Run it when the schema is final, before SCHEMA_VERSION grows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from samovar.engine.workspace import SCHEMA_VERSION
from tools.tree import ROOT

PACKED_BYTES_MAX = 200_000
PEOPLE = 40
KEPT = ("workspace.json", "keys.json", "log.sqlite3", "ops.sqlite3", "blobs", "snapshots")
ORDERS = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


def samovar(*arguments: str | Path) -> Any:
    """Run a command with --json; its answer. Raises CalledProcessError."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SAMOVAR_")}
    command = [sys.executable, "-m", "samovar.doors.cli.main", *map(str, arguments), "--json"]
    return json.loads(subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True).stdout)


def make(data: Path, home: Path) -> None:
    """A workspace with a bit of everything, on a virtual clock so that each packing is alike."""
    samovar("demo", "--people", str(PEOPLE), "--seed", "1", "--no-serve", "--data", data)
    orders = home / "orders.csv"
    lines = [
        f"9{n:05d},T{n % 7},Assam,{n % 3 + 1},2026-01-{n % 27 + 1:02d} 10:00,2.55,{12000 + n % 9},Russia\n" for n in range(30)
    ]
    orders.write_text(ORDERS + "".join(lines) + "900099,M,Manual,1,2026-01-01 10:00,0,12001,Russia\n")
    samovar("api", "POST", "rates", '{"currency": "GBP", "on": "2025-01-01", "rate": "100"}', "--data", data)
    samovar("import", orders, "--preset", "online-retail", "--data", data)


def facts(data: Path) -> dict[str, Any]:
    """What an upgraded directory must still answer; kept beside the package."""
    people = samovar("customers", "show", "external_id:12001", "--data", data)
    return {
        "summary": samovar("report", "summary", "--data", data),
        "campaigns": [row["slug"] for row in samovar("campaigns", "list", "--data", data)["campaigns"]],
        "mails": samovar("mailbox", "list", "--data", data)["count"],
        "person": {"orders": people["orders"], "revenue_minor": people["revenue_minor"]},
    }


def pack(data: Path, target: Path) -> int:
    """Write the package; its size in bytes."""
    with tarfile.open(target, "w:xz", preset=9) as archive:
        for name in KEPT:
            if (data / name).exists():
                archive.add(data / name, arcname=name)
    return target.stat().st_size


def main() -> int:
    """Pack the present schema; 1 when it grew too large."""
    target = ROOT / "tests" / "data" / f"schema-{SCHEMA_VERSION}.tar.xz"
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="samovar-pack-") as home:
        data = Path(home) / "shop"
        make(data, Path(home))
        target.with_suffix("").with_suffix(".json").write_text(json.dumps(facts(data), indent=1, ensure_ascii=False) + "\n")
        # A backup is one moment of a directory without journals beside its files.
        samovar("backup", Path(home) / "copy", "--data", data)
        size = pack(Path(home) / "copy", target)
    print(f"{target.relative_to(ROOT)}: {size:,} bytes")
    return 0 if size <= PACKED_BYTES_MAX else 1


if __name__ == "__main__":
    sys.exit(main())
