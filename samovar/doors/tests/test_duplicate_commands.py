"""`samovar duplicates` on a workspace of its own, each command a process as at a terminal."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from samovar.doors.tests.test_campaign_commands import samovar

PEOPLE = """Id,First,Last,Born,Phone,City
1,Анна,Иванова,1990-05-12,+79031234567,Казань
2,Anna,Ivanova,1990-05-12,+79031234567,Москва
3,Мария,Иванова,1990-05-12,+79031234567,Казань
"""
MAPPING = """kind: people
source: club
columns: {Id: external_id, First: trait.first_name, Last: trait.last_name, Born: trait.birthday, Phone: trait.phone,
  City: trait.city}
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Anna twice, and her twin, who shares everything but the first name."""
    samovar("init", tmp_path / "data", "--currency", "RUB", "--clock", "virtual", "--at", "2026-05-01T00:00")
    (tmp_path / "people.csv").write_text(PEOPLE)
    (tmp_path / "people.yaml").write_text(MAPPING)
    status, told = samovar("import", tmp_path / "people.csv", "--mapping", tmp_path / "people.yaml", "--data", tmp_path / "data")
    assert (status, told["people"]) == (0, 3)
    return tmp_path / "data"


def test_a_pair_is_found_listed_merged_and_parted(data: Path) -> None:
    status, found = samovar("duplicates", "find", "--data", data)
    assert status == 0
    assert {name: found[name] for name in ("pairs", "open", "merged", "people")} == {
        "pairs": 1, "open": 1, "merged": 0, "people": 3,
    }  # fmt: skip
    assert found["ms"] > 0
    _status, listed = samovar("duplicates", "list", "--data", data)
    [pair] = listed["pairs"]
    assert (pair["probability"] > 0.5, pair["reasons"]["first_name"]["level"]) == (True, "same")
    assert (listed["effect"]["open"], listed["effect"]["people"]) == (1, 3)
    one, other = pair["one"], pair["other"]
    assert samovar("duplicates", "merge", str(other), str(one), "--data", data) == (0, {"id": one})
    for first, second in ((one, other), (other, one)):
        status, refused = samovar("duplicates", "merge", str(first), str(second), "--data", data)
        assert (status, refused) == (1, {"ok": False, "message": "These are one person already."})
    effect = samovar("duplicates", "list", "--state", "merged", "--data", data)[1]["effect"]
    assert (effect["merged"], effect["people_before"], effect["people"]) == (1, 3, 2)
    assert samovar("duplicates", "unmerge", str(other), "--data", data) == (0, {"id": other})
    assert samovar("duplicates", "unmerge", str(other), "--data", data)[0] == 1
    assert samovar("duplicates", "find", "--data", data)[1]["open"] == 0


def test_the_list_names_both_by_what_the_commands_take(data: Path) -> None:
    samovar("duplicates", "find", "--data", data)
    words = [sys.executable, "-m", "samovar.doors.cli.main", "duplicates", "list", "--data", str(data)]
    line = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True).stdout.splitlines()[0]
    assert "1 Анна Иванова (external_id:1) = 2 Anna Ivanova (external_id:2)" in line
    assert not re.search(r"[+-]0(?![.\d])", line)
    assert samovar("customers", "show", "external_id:2", "--data", data)[0] == 0


def test_a_member_chooses_whose_value_survives_and_no_third_one_s(data: Path) -> None:
    status, told = samovar("duplicates", "merge", "1", "2", "--keep", "City=1", "--data", data)
    assert (status, "cannot be kept" in told["message"]) == (1, True)
    assert samovar("duplicates", "merge", "1", "2", "--keep", "city=1", "--data", data) == (0, {"id": 1})


def test_a_number_that_names_nobody_is_refused(data: Path) -> None:
    status, refused = samovar("duplicates", "merge", "1", "99", "--data", data)
    assert (status, refused["ok"]) == (1, False)


def test_a_number_that_no_customer_can_have_is_an_unknown_customer(data: Path) -> None:
    beyond = str(2**63)
    for command in (("merge", beyond, "2"), ("merge", "2", beyond), ("unmerge", beyond), ("unmerge", "9" * 40)):
        status, told = samovar("duplicates", *command, "--data", data)
        assert (status, told) == (1, {"ok": False, "message": f"There is no profile {max(command[1:], key=len)}."})
