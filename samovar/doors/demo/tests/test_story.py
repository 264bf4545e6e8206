"""The demo from end to end, as a person runs it: in processes of its own, on files of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PEOPLE, SEED = 400, 3
COMMAND = Path(sys.executable).with_name("samovar")  # as people call it: what it starts imports this file again


def samovar(*arguments, home):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SAMOVAR_")}
    return subprocess.run(
        [str(COMMAND), *map(str, arguments)],
        capture_output=True, text=True, cwd=home, env=environment, timeout=300,
    )  # fmt: skip


def demo(data, home, *more):
    return samovar("demo", "--data", data, "--people", PEOPLE, "--seed", SEED, "--no-serve", *more, home=home)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def facts(home):
    done = demo(home / "first", home, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_tells_the_figures_of_the_contract(facts):
    assert set(facts) == {"customers", "events", "segments", "campaign", "seconds"}
    assert facts["customers"] == PEOPLE
    campaign = facts["campaign"]
    assert campaign["sent"] == campaign["treated"] > 3 * campaign["control"] > 0
    assert campaign["sent"] > campaign["opened"] > campaign["clicked"] > 0
    low, high = campaign["interval_minor"]
    assert low < campaign["incremental_minor"] < high
    assert campaign["true_incremental_minor"] > 0


def test_its_mailbox_and_its_card_can_be_read_afterwards(facts, home):
    mails = json.loads(samovar("mailbox", "list", "--data", home / "first", "--json", home=home).stdout)
    assert mails["count"] == facts["campaign"]["sent"]
    address = mails["mails"][0]["to"]
    card = json.loads(samovar("customers", "show", f"email:{address}", "--data", home / "first", "--json", home=home).stdout)
    assert card["orders"] >= 1
    assert len(card["messages"]) == 1


def test_it_repeats_by_its_seed(facts, home):
    again = json.loads(demo(home / "second", home, "--json").stdout)
    assert {k: v for k, v in again.items() if k != "seconds"} == {k: v for k, v in facts.items() if k != "seconds"}


def test_it_refuses_a_directory_that_holds_something(home):
    taken = home / "taken"
    taken.mkdir()
    (taken / "keep.txt").write_text("mine")
    done = demo(taken, home, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["ok"] is False
    assert [path.name for path in taken.iterdir()] == ["keep.txt"]


def test_a_real_export_gets_no_letters_it_has_no_addresses_for(home):
    export = home / "orders.csv"
    export.write_text(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "1001,A1,Tea pot,2,2011-03-01 10:00:00,4.50,17001,United Kingdom\n"
        "1002,A2,Tea cup,1,2011-11-20 23:30:00,1.25,17002,France\n"
        "C1003,A1,Tea pot,-1,2011-11-21 09:15:00,4.50,17001,United Kingdom\n"
    )
    done = samovar("demo", "--data", home / "real", "--export", export, "--no-serve", "--json", home=home)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["customers"] == 2
    assert told["campaign"]["sent"] == 0
    assert told["campaign"]["true_incremental_minor"] is None
    mails = json.loads(samovar("mailbox", "list", "--data", home / "real", "--json", home=home).stdout)
    assert mails["count"] == 0
    clock = json.loads((home / "real" / "workspace.json").read_text())["clock_at_us"]
    assert clock == 1_321_920_000_000_000  # 2011-11-22 00:00 in London, the first midnight after the return
