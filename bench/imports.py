"""Imports end to end: Online Retail (<= 15 s, <= 1 GiB), and a generated CSV of orders (500,000 of 20 lines by 200,000 people in
<= 3 min, memory flat: <= 1 GiB, and a file of a fifth of that size takes no less than 60 % of it).

Each import is the command `samovar import` on a workspace of its own, worker included; time and peak memory are those of its
process. Online Retail is left out where ../shared/data is absent. Prints one line of JSON; exits 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

RETAIL = Path(__file__).resolve().parents[2] / "shared" / "data" / "online_retail" / "online_retail.parquet"
RETAIL_S_MAX, ORDERS_S_MAX, RSS_MIB_MAX = 15.0, 180.0, 1024
WHOLE_ORDERS = 500_000
MAPPING = """
kind: orders
source: till
columns: {receipt: order_id, time: time, sku: sku, name: name, price: price, pieces: quantity, card: card, city: trait.city}
"""
CHUNK = 20_000


def write_orders(path: Path, orders: int, lines: int, people: int, seed: int) -> None:
    """A CSV of orders in the order of their time, `lines` rows each."""
    rng = np.random.default_rng(seed)
    goods = np.array([f"sku-{n:05d}" for n in range(10_000)])
    names = np.array([f"Чай листовой, сорт {n}" for n in range(10_000)])
    cities = np.array(["Москва", "Казань", "Тула", "Суздаль"])
    schema = None
    with path.open("wb") as file:
        writer: Any = None
        for start in range(0, orders, CHUNK):
            count = min(CHUNK, orders - start)
            number = np.repeat(np.arange(start, start + count), lines)
            who = np.repeat(rng.integers(0, people, count), lines)
            what = rng.integers(0, len(goods), count * lines)
            minute = np.datetime64("2024-01-01T00:00") + (number * 700_000 // orders).astype("timedelta64[m]")
            table = pa.table(
                {
                    "receipt": pa.array(number).cast(pa.string()),
                    "time": np.char.replace(minute.astype(str), "T", " "),
                    "sku": goods[what],
                    "name": names[what],
                    "price": [f"{kopecks // 100}.{kopecks % 100:02d}" for kopecks in (what * 7 + 1_990).tolist()],
                    "pieces": rng.integers(1, 5, count * lines),
                    "card": np.char.add("card-", who.astype(str)),
                    "city": cities[who % len(cities)],
                }
            )
            schema = schema or table.schema
            writer = writer or pa_csv.CSVWriter(file, schema)
            writer.write_table(table)
        writer.close()


def samovar(*arguments: str) -> tuple[dict[str, Any], float, int]:
    """Run a command: its answer, wall seconds, peak memory in MiB."""
    command = [sys.executable, "-m", "samovar.doors.cli.main", *arguments, "--json"]
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    said = process.stdout.read()
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"samovar {' '.join(arguments)}: {said.decode()}")
    return json.loads(said), round(time.monotonic() - began, 1), used.ru_maxrss // 1024


def retail(home: Path) -> dict[str, Any]:
    """Online Retail into a fresh workspace."""
    data = str(home / "retail")
    samovar("init", data, "--timezone", "Europe/London", "--currency", "GBP")
    told, seconds, mib = samovar("import", str(RETAIL), "--preset", "online-retail", "--data", data)
    return {"seconds": seconds, "rss_mib": mib, "orders": told["orders"], "ok": seconds <= RETAIL_S_MAX and mib <= RSS_MIB_MAX}


def generated(home: Path, orders: int, lines: int, people: int, seed: int) -> dict[str, Any]:
    """A generated file of orders into a fresh workspace."""
    data, path, mapping = home / f"till-{orders}", home / f"till-{orders}.csv", home / "till.yaml"
    write_orders(path, orders, lines, people, seed)
    mapping.write_text(MAPPING)
    samovar("init", str(data))
    told, seconds, mib = samovar("import", str(path), "--mapping", str(mapping), "--data", str(data))
    assert told["order_lines"] == orders * lines and told["quarantined"] == 0
    path.unlink()
    return {
        "orders": orders,
        "lines": orders * lines,
        "seconds": seconds,
        "rss_mib": mib,
        "lines_per_s": round(orders * lines / seconds),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=WHOLE_ORDERS)
    parser.add_argument("--lines", type=int, default=20)
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="samovar-bench-") as folder:
        home = Path(folder)
        answer: dict[str, Any] = {"retail": retail(home) if RETAIL.is_file() else None}
        small = generated(home, max(asked.orders // 5, 1), asked.lines, asked.people, asked.seed)
        whole = generated(home, asked.orders, asked.lines, asked.people, asked.seed)
    allowed = ORDERS_S_MAX * max(asked.orders / WHOLE_ORDERS, 0.1)
    flat = whole["rss_mib"] <= RSS_MIB_MAX and small["rss_mib"] >= 0.6 * whole["rss_mib"]
    answer |= {"small": small, "whole": whole, "flat": flat, "ok": flat and whole["seconds"] <= allowed}
    answer["ok"] = bool(answer["ok"] and (answer["retail"] is None or answer["retail"]["ok"]))
    print(json.dumps(answer))
    sys.exit(0 if answer["ok"] else 1)


if __name__ == "__main__":
    main()
