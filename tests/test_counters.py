"""A counter of a policy folder, watched while time is let pass: one alert and one letter, however often the house runs."""

from __future__ import annotations

from pathlib import Path

from tests.system import samovar

COUNTER = """
name: Orders of an hour
report: live
params: {of: orders, line: below 1}
schedules:
  - {every: alert, format: csv, addresses: [anna@shop.example]}
"""


def test_a_counter_of_a_folder_opens_one_alert_and_sends_one_letter(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "policy"
    samovar("init", data, "--clock", "virtual", "--at", "2026-03-01T12:00", "--timezone", "UTC")
    samovar("export", folder, "--data", data)
    (folder / "reports").mkdir(exist_ok=True)
    (folder / "reports" / "orders-of-an-hour.yaml").write_text(COUNTER)
    samovar("apply", folder, "--data", data)
    samovar("apply", folder, "--data", data)
    for until in ("2026-03-01T13:00", "2026-03-01T18:00", "2026-03-02T18:00"):
        samovar("run", "--until", until, "--data", data)
    [alert] = samovar("report", "alerts", "--data", data)["alerts"]
    assert (alert["report"], alert["side"], alert["figure"], alert["line"]) == ("orders-of-an-hour", "below", 0, 1)
    assert alert["opened_us"] - alert["since_us"] < 61 * 60_000_000 and alert["closed_us"] is None
    noted = samovar("report", "acknowledge", alert["id"], "--note", "The shop is closed", "--data", data)
    assert noted["note"] == "The shop is closed"
    mails = samovar("mailbox", "list", "--data", data)["mails"]
    assert [mail["to"] for mail in mails] == ["anna@shop.example"]
    [schedule] = samovar("report", "schedules", "--data", data)["schedules"]
    assert (schedule["every"], schedule["next_us"]) == ("alert", None)
