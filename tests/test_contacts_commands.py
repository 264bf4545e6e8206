"""Contacts from the terminal: judged with all that a check tells, and shown with their verdicts beside a customer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.system import environment, samovar

MAPPING = "kind: people\nsource: till\ncolumns: {id: user_id, tel: phone, city: trait.city}\n"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("shop")
    (home / "people.csv").write_text("id,tel,city\n1,8 916 123-45-67 Анна,мос обл\n")
    (home / "people.yaml").write_text(MAPPING)
    place = home / "data"
    samovar("init", place, "--clock", "virtual", "--at", "2026-03-01T12:00", "--timezone", "Asia/Vladivostok")
    samovar("import", home / "people.csv", "--mapping", home / "people.yaml", "--data", place)
    return place


def read(*arguments: object) -> list[str]:
    """What a command prints without --json, each line with single blanks."""
    command = [sys.executable, "-m", "samovar.doors.cli.main", *map(str, arguments)]
    done = subprocess.run(command, env=environment(""), capture_output=True, text=True, timeout=120, check=True)
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def test_a_customer_is_shown_with_verdicts_and_what_came(data: Path) -> None:
    shown = {one["field"]: one for one in samovar("customers", "show", "user_id:1", "--data", data)["contacts"]}
    assert {field: (one["value"], one["came"], one["verdict"]) for field, one in shown.items()} == {
        "phone": ("+79161234567", "8 916 123-45-67 Анна", "doubtful"), "city": ("мос обл", "мос обл", "doubtful"),
    }  # fmt: skip
    assert [one["code"] for one in shown["phone"]["findings"]] == ["phone_words"]
    lines = read("customers", "show", "user_id:1", "--data", data)
    at = lines.index("contacts phone doubtful +79161234567")
    assert lines[at + 1] == "came as “8 916 123-45-67 Анна”" and "city doubtful мос обл" in lines


def test_a_check_prints_all_it_tells(data: Path) -> None:
    lines = read("contacts", "check", "--name", "ИВАНОВА АННА", "--phone", "8 916 123-45-67", "--data", data)
    assert {
        "phone valid +79161234567", "region RU", "line mobile", "name valid Иванова Анна", "gender female", "vocative Анна",
        "in the dative Анне Ивановой",
    } <= set(lines)  # fmt: skip


def test_a_run_says_the_time_in_the_zone_of_the_house(data: Path) -> None:
    assert read("run", "--until", "2026-03-01T13:00", "--data", data)[-1] == "It is 2026-03-01 13:00 now in Asia/Vladivostok."
