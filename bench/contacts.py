"""Precision and recall of the checks of contacts on labelled data, beside the plain libraries in the same run.

    python bench/contacts.py [--data ../shared/data]

What counts as positive. Of e-mails an address that mail can be written to as it stands, after blanks and line ends around it are
taken off: of is_email the categories VALID and DNSWARN, whatever its name server said; of email_validator those without an error
that need no option, quotes or name beside them. Of phones a number that its country gives out: the library's examples; every
negative one is an example spoilt (a digit more at the end, one less, the first digit made 0 or 1) that no plan knows. Of lines
and countries the label of the example. Of names a row of the house's own list that has what is asked.

Precision is the share of the accepted that are positive, recall the share of the positive that are accepted. Beside us stand
`email_validator` without a name server, the regular expression that forms use, and `phonenumbers`.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from samovar.collect.contacts.emails import check_email
from samovar.collect.contacts.name_forms import forms_of
from samovar.collect.contacts.names import check_name
from samovar.collect.contacts.phones import check_phone
from samovar.collect.contacts.verdicts import Verdict

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
NAMES = Path(__file__).resolve().parent.parent / "samovar" / "collect" / "contacts" / "tests" / "names.txt"
_FORM = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")
# is_email's categories: valid whatever a name server says of the domain, which its test run asked.
_ISEMAIL_POSITIVE = frozenset({"ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN"})
_PICTURES = str.maketrans({chr(0x2400 + code): chr(code) for code in range(32)})  # control characters as they are drawn there
# email_validator's own tests of addresses that its defaults take; others need an option, or are no address at all.
_VECTORS_POSITIVE = frozenset({"test_email_valid", "test_email_valid_intl_local_part"})
_LINES = {
    "fixedLine": {"fixed", "fixed_or_mobile"}, "mobile": {"mobile", "fixed_or_mobile"}, "tollFree": {"toll_free"},
    "premiumRate": {"premium"}, "sharedCost": {"shared_cost"}, "voip": {"voip"}, "personalNumber": {"personal"},
    "pager": {"pager"}, "uan": {"company"}, "voicemail": {"voicemail"},
}  # fmt: skip
Labelled = tuple[str, bool]
Judge = Callable[[str], bool]


def isemail(data: Path) -> list[Labelled]:
    """(address, positive) of is_email's 164 tests."""
    with (data / "isemail" / "isemail_tests.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["address"].translate(_PICTURES), row["category"] in _ISEMAIL_POSITIVE) for row in csv.DictReader(file)]
    return _trimmed(rows)


def vectors(data: Path) -> list[Labelled]:
    """(address, positive) of email_validator's 286 vectors, a third of which are is_email's again."""
    lines = (data / "email_validator" / "syntax_vectors.jsonl").read_text("utf-8").splitlines()
    return _trimmed([(row["email"], _is_taken(row)) for row in (json.loads(line) for line in lines if line)])


def _is_taken(row: dict[str, Any]) -> bool:
    """Whether the vector says that an address is taken without an option: no name beside it, no quotes."""
    if row["error"] == "ISEMAIL_VALID":
        return True
    return (
        row["error"] is None and row["test"] in _VECTORS_POSITIVE and not row["email"].startswith('"') and "<" not in row["email"]
    )


def _trimmed(rows: list[Labelled]) -> list[Labelled]:
    """Without blanks and line ends around, which forms and files bring; what is then a positive address is positive."""
    positive = {text for text, is_positive in rows if is_positive}
    return [(text.strip(), text.strip() in positive) for text, _ in rows]


def phones(data: Path) -> list[dict[str, str]]:
    """The 1,137 example numbers: region, type, e164."""
    with (data / "phonenumbers" / "example_numbers.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def spoilt(rows: Iterable[dict[str, str]]) -> list[Labelled]:
    """Numbers given out, and each spoilt; a spoilt one that the plan gives out too is left out."""
    told: list[Labelled] = []
    for row in rows:
        told.append((row["e164"], True))
        code, national = f"+{row['country_code']}", row["e164"][1 + len(row["country_code"]) :]
        for wrong in (f"{national}0", national[:-1], f"{'0' if national[0] != '0' else '1'}{national[1:]}"):
            if not _is_given_out(code + wrong):
                told.append((code + wrong, False))
    return told


def _is_given_out(text: str) -> bool:
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(text)))
    except phonenumbers.NumberParseException:
        return False


def _is_possible(text: str) -> bool:
    try:
        return bool(phonenumbers.is_possible_number(phonenumbers.parse(text)))
    except phonenumbers.NumberParseException:
        return False


def _is_taken_by_library(address: str) -> bool:
    try:
        validate_email(address, check_deliverability=False)
    except (EmailNotValidError, UnicodeError):
        return False
    return True


def figures(labelled: Iterable[Labelled], judge: Judge) -> dict[str, Any]:
    """`rows`, `positive`, `accepted`, `right` (accepted and positive), `precision` and `recall`, the last two to four places."""
    return _figures([(positive, judge(text), positive) for text, positive in labelled])


def measure(data: Path) -> list[dict[str, Any]]:
    """One row for each set and judge: `set`, `judge` and `figures`."""
    emails: dict[str, Judge] = {
        "samovar, valid": lambda text: check_email(text).verdict is Verdict.VALID,
        "samovar, valid or doubtful": lambda text: check_email(text).verdict is not Verdict.INVALID,
        "email_validator": _is_taken_by_library,
        "form regex": lambda text: _FORM.match(text) is not None,
    }
    numbers: dict[str, Judge] = {
        "samovar, valid": lambda text: check_phone(text, "ZZ").verdict is Verdict.VALID,
        "samovar, valid or doubtful": lambda text: check_phone(text, "ZZ").verdict is not Verdict.INVALID,
        "phonenumbers, valid": _is_given_out,
        "phonenumbers, possible": _is_possible,
    }
    rows = phones(data)
    sets: list[tuple[str, list[Labelled], dict[str, Judge]]] = [
        ("isemail", isemail(data), emails), ("email_validator", vectors(data), emails), ("phonenumbers", spoilt(rows), numbers),
    ]  # fmt: skip
    found = [{"set": name, "judge": judge, **figures(told, by)} for name, told, judges in sets for judge, by in judges.items()]
    checked = [(row, check_phone(row["e164"], "ZZ")) for row in rows]
    lines = sum(one.line in _LINES[row["type"]] for row, one in checked)
    # A number that several countries share is of the country that its plan names.
    regions = sum(one.region == row["region"] for row, one in checked)
    found.append({"set": "phonenumbers", "judge": "kind of line", "rows": len(rows), "right": lines})
    found.append({"set": "phonenumbers", "judge": "country", "rows": len(rows), "right": regions})
    return found


def measure_names() -> list[dict[str, Any]]:
    """The same of the list of names: order, gender, how a person is addressed, the dative. Accepted is what was answered."""
    rows = [
        [part.strip() for part in line.split("|")] for line in NAMES.read_text("utf-8").splitlines() if line[:1] not in ("", "#")
    ]
    counts: dict[str, list[tuple[bool, bool, bool]]] = {"order": [], "gender": [], "vocative": [], "dative": []}
    for came, first, middle, last, gender, dative in rows:
        name = check_name(came)
        forms = forms_of(name)
        told = "f" if name.gender == "female" else "m" if name.gender else "-"
        formal = f"{first} {middle}".strip() if name.is_russian else first
        cases = forms.cases.get("dative", "-")
        counts["order"].append(
            (True, bool(name.first or name.last), (name.first, name.middle, name.last) == (first, middle, last))
        )
        counts["gender"].append((gender != "-", told != "-", told == gender))
        counts["vocative"].append((True, bool(forms.vocative), forms.vocative_formal == formal))
        counts["dative"].append((dative != "-", cases != "-", cases == dative))
    return [{"set": "names", "judge": what, **_figures(told)} for what, told in counts.items()]


def _figures(told: Sequence[tuple[bool, bool, bool]]) -> dict[str, Any]:
    """Of (positive, accepted, is right)."""
    positive, accepted = sum(one for one, _, _ in told), sum(one for _, one, _ in told)
    right = sum(one and other for _, one, other in told)
    return {
        "rows": len(told), "positive": positive, "accepted": accepted, "right": right,
        "precision": round(right / accepted, 4) if accepted else None, "recall": round(right / positive, 4) if positive else None,
    }  # fmt: skip


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    given = parser.parse_args()
    if not (given.data / "isemail").is_dir():
        parser.error(f"{given.data} does not hold the labelled data")
    found = [*measure(given.data), *measure_names()]
    for row in found:
        share = f"precision {row['precision']}, recall {row['recall']}, {row['positive']} positive" if "positive" in row else ""
        print(f"{row['set']:<16} {row['judge']:<27} {row['right']:>5} right of {row['rows']:<5} {share}")
    print(json.dumps({"figures": found, "ok": True}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
