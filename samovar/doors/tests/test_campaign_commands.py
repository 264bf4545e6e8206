"""The commands of campaigns, reports and policy on a workspace of their own, each a process as at a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def samovar(*words: str | Path) -> tuple[int, dict]:
    """(exit status, the JSON on stdout); whatever else a command says goes to stderr."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SAMOVAR_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, "-m", "samovar.doors.cli.main", *map(str, words), "--json"], capture_output=True, text=True,
        env=environment, timeout=120,
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout)


@pytest.fixture
def data(tmp_path):
    status, made = samovar("init", tmp_path / "data", "--currency", "EUR", "--clock", "virtual", "--at", "2026-05-01T00:00")
    assert (status, made["login"]) == (0, "owner")
    return tmp_path / "data"


def test_a_policy_comes_in_is_listed_and_refused_with_the_reason(data, tmp_path):
    folder = tmp_path / "policy"
    (folder / "campaigns").mkdir(parents=True)
    (folder / "samovar.yaml").write_text("format: 1\n")
    (folder / "campaigns" / "spring.yaml").write_text("name: Весна\naudience: count(orders) >= 1\ncontrol_share: 0.2\n")
    assert samovar("apply", folder, "--data", data) == (0, {"folder": str(folder), "definitions": {"campaigns": 1}})
    status, listed = samovar("campaigns", "list", "--data", data)
    assert (status, listed["count"], listed["campaigns"][0]["slug"]) == (0, 1, "spring")
    assert (listed["campaigns"][0]["status"], listed["campaigns"][0]["control_share"]) == ("draft", 0.2)
    status, refused = samovar("campaigns", "launch", "spring", "--data", data)
    assert (status, refused["ok"]) == (1, False)
    assert "Nobody is in the audience now." in refused["message"]
    status, report = samovar("campaigns", "report", "spring", "--data", data)
    assert (status, report["verdict"], report["interval_minor"]) == (0, "not_enough_data", None)
    assert samovar("campaigns", "report", "nothing", "--data", data)[0] == 1


def test_the_api_answers_the_command_in_the_language_of_its_words_whatever_the_owner_reads(data):
    status, listed = samovar("api", "GET", "members", "--data", data)
    assert (status, listed[0]["language"]) == (0, "ru")
    status, refused = samovar("api", "GET", "reports/nothing", "--data", data)
    assert (status, refused["error"]["message"].partition(".")[0]) == (1, "There is no report “nothing”")


def test_pairs_of_goods_without_categories_lead_to_the_option_that_finds_them(data, tmp_path):
    (tmp_path / "orders.csv").write_text("who,order,at,sku,name,price\n1,a,2026-04-01,t,Tea,5\n1,a,2026-04-01,c,Cup,7\n")
    (tmp_path / "orders.yaml").write_text(
        "kind: orders\nsource: till\nconstants: {currency: EUR}\n"
        "columns: {who: external_id, order: order_id, at: time, sku: sku, name: name, price: price}\n"
    )
    assert samovar("import", tmp_path / "orders.csv", "--mapping", tmp_path / "orders.yaml", "--data", data)[0] == 0
    words = ["report", "affinity", "--data", str(data)]
    done = subprocess.run([sys.executable, "-m", "samovar.doors.cli.main", *words], capture_output=True, text=True, check=True)
    assert "The goods of the orders have no categories." in done.stdout
    assert "Try --of name." in done.stdout


def test_the_summary_of_an_empty_workspace_has_every_key_of_the_contract(data):
    assert samovar("report", "summary", "--data", data) == (0, {
        "customers": 0, "visitors": 0, "buyers": 0, "orders": 0, "gross_minor": 0, "returns_minor": 0, "currency": "EUR",
        "first_order_at": None, "last_order_at": None,
    })  # fmt: skip


@pytest.mark.parametrize(
    "words", [("report", "rfm", "--csv"), ("report", "rfm", "--xlsx"), ("report", "rfm", "--pdf"), ("export",)]
)
def test_what_cannot_be_written_is_refused_in_words(data, tmp_path, words):
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "x"
    assert samovar(*words, out, "--data", data) == (1, {"ok": False, "message": f"{out} cannot be written: Not a directory."})


def test_an_address_that_is_not_there_is_one_answer_on_stdout_and_nothing_besides(data):
    done = subprocess.run(
        [sys.executable, "-m", "samovar.doors.cli.main", "api", "GET", "nowhere", "--data", str(data)], capture_output=True,
        text=True, timeout=120, env={k: v for k, v in os.environ.items() if not k.startswith(("SAMOVAR_", "DJANGO_"))},
    )  # fmt: skip
    assert (done.returncode, json.loads(done.stdout)["error"]["code"], done.stderr) == (1, "not_found", "")
