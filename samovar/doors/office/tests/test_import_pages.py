"""Imports in the office: a dropped file shows its columns, is rehearsed, imported, and what was refused is corrected."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import escape

from samovar.collect.imports import jobs, office
from samovar.collect.imports import mapping as mappings
from samovar.collect.imports import operations as imports
from samovar.collect.imports.models import ImportRun, QuarantineRow
from samovar.doors.office.tests.conftest import BOB, NOW
from samovar.engine.log import Row

pytestmark = pytest.mark.django_db
CSV = (
    "Чек;Дата;Артикул;Цена;Количество;Почта\n1;2026-01-05;tea;100;2;anna@example.com\n2;2026-01-06;mug;1OO;1;boris@example.com\n"
)
MAPPING = "kind: orders\ncolumns: {Чек: order_id, Дата: time, Артикул: sku, Цена: price, Количество: quantity, Почта: email}\n"


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Row]]:
    """The background job done at once, into a log that is a list."""
    rows: list[Row] = []

    def append(self: Any, more: list[Row]) -> list[int]:
        rows.extend(more)
        return list(range(len(rows) - len(more) + 1, len(rows) + 1))

    def start(workspace: Any, run_id: int) -> None:
        run = ImportRun.objects.get(pk=run_id)
        imports.run_import(
            workspace=workspace, path=Path(run.path), mapping=mappings.from_json(run.mapping), file_name=run.file_name,
            run_id=run_id, append=lambda more: append(None, list(more)), actor=BOB, at_us=NOW,
        )  # fmt: skip

    monkeypatch.setattr(jobs, "start", start)
    monkeypatch.setattr(office.RemoteLog, "append_now", append)
    yield rows
    for folder in (settings.WORKSPACE.sealed_dir, settings.WORKSPACE.uploads_dir):
        for path in folder.iterdir():
            path.unlink()


def drop(browser: Client, text: str = CSV, name: str = "till.csv", **more: str) -> Any:
    return browser.post("/imports/upload", {"file": SimpleUploadedFile(name, text.encode()), **more}, follow=True)


def test_a_dropped_file_shows_its_columns_with_samples_and_what_each_becomes(owner: Client, log: list[Row]) -> None:
    page = drop(owner).content.decode()
    assert "anna@example.com" in page and "till.csv" in page
    assert ImportRun.objects.get().mapping["columns"] == {
        "Чек": "order_id", "Дата": "time", "Артикул": "sku", "Цена": "price", "Количество": "quantity", "Почта": "email",
    }  # fmt: skip
    assert log == [] and not QuarantineRow.objects.exists()


def test_a_rehearsal_tells_the_figures_and_writes_nothing(owner: Client, log: list[Row]) -> None:
    drop(owner)
    run = ImportRun.objects.get()
    page = owner.post(
        f"/imports/{run.pk}/mapping",
        {"form": "text", "text": mappings.to_yaml(mappings.from_json(run.mapping)), "do": "rehearse"},
    )
    assert "is not a number" in page.content.decode()
    assert log == [] and ImportRun.objects.get().state == "waiting" and not QuarantineRow.objects.exists()


def test_what_is_missing_is_said_before_anything_starts(owner: Client, log: list[Row]) -> None:
    drop(owner)
    run = ImportRun.objects.get()
    answer = owner.post(
        f"/imports/{run.pk}/mapping",
        {"form": "columns", "kind": "orders", "column": ["Чек"], "target": ["order_id"], "do": "import"},
    )
    assert answer.status_code == 422 and "no column becomes “time”" in answer.content.decode()
    assert log == []


def test_an_import_is_followed_to_its_figures_and_its_refused_row_is_corrected(owner: Client, log: list[Row]) -> None:
    drop(owner)
    run = ImportRun.objects.get()
    columns = run.mapping["columns"]
    answer = owner.post(
        f"/imports/{run.pk}/mapping",
        {
            "form": "columns",
            "kind": "orders",
            "source": "till",
            "column": list(columns),
            "target": list(columns.values()),
            "do": "import",
        },
    )
    assert answer.status_code == 302 and ImportRun.objects.get().state == "logged" and len(log) == 1
    assert b"hx-get" in owner.get(f"/imports/{run.pk}/progress").content
    imports.mark_applied(run_id=run.pk)
    page = owner.get(f"/imports/{run.pk}/").content.decode()
    assert "1 row was refused" in page and "every 1s" not in page
    assert "till.csv" in owner.get("/imports/").content.decode()

    row = QuarantineRow.objects.get()
    assert f"/quarantine/{row.pk}/" in owner.get("/quarantine/").content.decode()
    assert "1OO" in owner.get(f"/quarantine/{row.pk}/").content.decode()
    still = owner.post(f"/quarantine/{row.pk}/replay", {"column": list(row.raw), "cell": list(row.raw.values())})
    assert still.status_code == 422 and len(log) == 1
    fixed = {**row.raw, "Цена": "100"}
    assert owner.post(f"/quarantine/{row.pk}/replay", {"column": list(fixed), "cell": list(fixed.values())}).status_code == 302
    assert len(log) == 2 and QuarantineRow.objects.get().status == "replayed"


def test_the_same_file_again_ends_with_the_same_figures_and_brings_nothing(owner: Client, log: list[Row]) -> None:
    for _time in range(2):
        drop(owner)
        run = ImportRun.objects.latest("pk")
        owner.post(
            f"/imports/{run.pk}/mapping",
            {"form": "text", "text": mappings.to_yaml(mappings.from_json(run.mapping)), "do": "save"},
        )
        owner.post(f"/imports/{run.pk}/resume")
    first, second = ImportRun.objects.order_by("pk")
    assert len(log) == 1 and second.state == "applied" and second.figures == first.figures


def test_who_may_only_read_cannot_bring_a_file_or_settle_a_row(client_of: Any, log: list[Row]) -> None:
    analyst = client_of("analyst")
    assert drop(analyst).status_code == 403
    assert analyst.post("/quarantine/1/dismiss").status_code == 403
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize("content", [b"", b"\n", b"PK\x03\x04junk", b"PAR1junk", b"\xd0\xcf\x11\xe0"])
def test_a_file_that_cannot_be_read_is_refused_in_words(owner: Client, content: bytes) -> None:
    answer = owner.post("/imports/upload", {"file": SimpleUploadedFile("a.bin", content)})
    assert (answer.status_code == 422 and b"notice error" in answer.content) or b"fault" in answer.content
    assert not ImportRun.objects.exists() and not list(settings.WORKSPACE.uploads_dir.iterdir())


def test_the_api_brings_a_file_and_settles_what_was_refused(owner: Client, log: list[Row]) -> None:
    answer = owner.post("/api/v1/imports", {"file": SimpleUploadedFile("a.csv", CSV.encode()), "mapping": MAPPING})  # fmt: skip
    assert answer.status_code == 201, answer.content
    run_id = answer.json()["id"]
    assert owner.get(f"/api/v1/imports/{run_id}").json()["figures"]["orders"] == 1
    (refused,) = owner.get("/api/v1/quarantine").json()
    assert (refused["reason"], refused["line"], refused["raw"]["Цена"]) == ("bad_number", 3, "1OO")
    body = json.dumps({"row": {**refused["raw"], "Цена": "1"}})
    told = owner.post(f"/api/v1/quarantine/{refused['id']}/replay", body, content_type="application/json")
    assert told.status_code == 200 and told.json()["offset"] == 2
    assert owner.post(f"/api/v1/quarantine/{refused['id']}/dismiss").status_code == 409
    assert owner.get("/api/v1/quarantine").json() == []
    assert len(owner.get("/api/v1/imports").json()) == 2


def test_a_correction_while_the_edge_is_down_is_told_and_counts_once_it_is_back(
    owner: Client, log: list[Row], monkeypatch: Any
) -> None:
    owner.post("/api/v1/imports", {"file": SimpleUploadedFile("a.csv", CSV.encode()), "mapping": MAPPING})
    row = QuarantineRow.objects.get()
    fixed = {**row.raw, "Цена": "1"}
    posted = {"column": list(fixed), "cell": list(fixed.values())}

    def gone(self: Any, rows: Any) -> list[int]:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr(office.RemoteLog, "append_now", gone)
        answer = owner.post(f"/quarantine/{row.pk}/replay", posted)
    assert answer.status_code == 422 and "cannot be written now" in answer.content.decode()
    assert len(log) == 1 and QuarantineRow.objects.get().status == "open"
    assert owner.post(f"/quarantine/{row.pk}/replay", posted).status_code == 302
    assert len(log) == 2 and QuarantineRow.objects.get().status == "replayed"


def test_an_event_kept_as_text_is_corrected_as_it_was_written(owner: Client, log: list[Row]) -> None:
    raw = '{"type": "track", "userId": "a", "event": "E", "properties": {"x": NaN}}'
    row = QuarantineRow.objects.create(key="1", stage="edge", source="site", reason="bad_number", raw=raw, added_us=NOW)
    page = owner.get(f"/quarantine/{row.pk}/").content.decode()
    assert f">{escape(raw)}</textarea>" in page
    assert owner.post(f"/quarantine/{row.pk}/replay", {"event": raw}).status_code == 422
    assert owner.post(f"/quarantine/{row.pk}/replay", {"event": raw.replace("NaN", "7")}).status_code == 302
    assert json.loads(log[0].body)[0]["properties"] == {"x": 7}
