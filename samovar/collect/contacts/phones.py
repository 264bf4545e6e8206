"""Phone numbers: E.164, the country, the kind of line. Pure.

Three grades: a number assigned in its country's plan is valid; one of a possible length that the plan does not know is
doubtful (plans change and a list ages); anything else is invalid.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from samovar.collect.contacts.verdicts import Checked, Finding, Verdict
from samovar.collect.identifiers import normal_phone
from samovar.collect.phone_plans import UNKNOWN, plan_of
from samovar.kit.text import normal

_EXTENSION = re.compile(r"[^\W\d_]|[#;,]")
_NO_SMS = frozenset({"fixed", "toll_free", "premium", "shared_cost", "voip", "pager", "company", "voicemail"})


@dataclass(frozen=True, slots=True)
class Phone(Checked):
    """`region` is the country (ISO 3166-1 alpha-2) or empty where none is meant; `line` is one of `KINDS` or unknown."""

    region: str = ""
    line: str = UNKNOWN


@lru_cache(maxsize=16_384)
def check_phone(came: str, region: str) -> Phone:
    """A number judged; `region` is the country of one written without a country code. What cannot be read keeps its text."""
    text = normal(came).strip()
    value = normal_phone(text, region)
    if value is None:
        return Phone(came.strip(), came, Verdict.INVALID, (_why(text, region),))
    country, line = plan_of(value)
    findings = [] if line != UNKNOWN else [Finding("phone_not_in_plan", value)]
    verdict = Verdict.VALID if line != UNKNOWN else Verdict.DOUBTFUL
    if _EXTENSION.search(text) and phonenumbers.parse(text, region).extension:
        findings.append(Finding("phone_extension"))
    if line in _NO_SMS:
        findings.append(Finding("phone_no_sms", line))
    return Phone(value, came, verdict, tuple(findings), country, line)


def written(e164: str) -> str:
    """A number with the blanks its country puts in: +7 916 123-45-67."""
    return str(phonenumbers.format_number(phonenumbers.parse(e164), phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def _why(came: str, region: str) -> Finding:
    """Why a text is no number."""
    try:
        number = phonenumbers.parse(came, region)
    except phonenumbers.NumberParseException as error:
        return Finding("phone_too_long" if error.error_type == error.TOO_LONG else "phone_no_number")
    reason = phonenumbers.is_possible_number_with_reason(number)
    return Finding("phone_too_short" if reason == phonenumbers.ValidationResult.TOO_SHORT else "phone_too_long")
