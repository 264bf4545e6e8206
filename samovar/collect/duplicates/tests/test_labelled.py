"""The shipped settings on labelled data: FEBRL 1, whose 500 true pairs are known. bench/duplicates.py measures the other sets."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from samovar.collect.duplicates import model, people, rules


@pytest.fixture
def febrl() -> list[dict[str, str]]:
    """The records of FEBRL 1 from the shared data beside the checkout."""
    found = next((p / "shared" / "data" / "febrl" for p in Path(__file__).parents if (p / "shared" / "data").is_dir()), None)
    if found is None:
        pytest.skip("the folder shared/data is not beside the checkout")
    with gzip.open(found / "dataset1.csv.gz", "rt", encoding="utf-8-sig") as lines:
        return [{name.strip(): value.strip() for name, value in row.items()} for row in csv.DictReader(lines)]


def test_nearly_every_true_pair_is_found_and_no_other(febrl: list[dict[str, str]], tmp_path: Path) -> None:
    empty = dict.fromkeys(people.KNOWN.names)
    known = [
        {
            **empty, "person_id": place, "first_name": row["given_name"] or None, "last_name": row["surname"] or None,
            "birthday": row["date_of_birth"] or None, "city": row["suburb"] or None, "postal_code": row["postcode"] or None,
            "street": f"{row['street_number']} {row['address_1']}".strip() or None,
            "documents": [row["soc_sec_id"]] if row["soc_sec_id"] else None,
        }
        for place, row in enumerate(febrl)
    ]  # fmt: skip
    found = model.find(pa.Table.from_pylist(known, schema=people.KNOWN), model.Asked(least=rules.REVIEW), spill=tmp_path)
    assert found.is_learned
    right = sum(febrl[row["one"]]["truth_entity"] == febrl[row["other"]]["truth_entity"] for row in found.pairs.to_pylist())
    assert right == found.pairs.num_rows
    assert right >= 490
