"""Phone numbers: E.164, the country, the kind of line. Pure.

Three grades: a number assigned in its country's plan is valid; one of a possible length that the plan does not know is
doubtful (plans change and a list ages); anything else is invalid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import phonenumbers
from phonenumbers import PhoneNumberType as Line

from samovar.collect.contacts.verdicts import Checked, Finding, Verdict
from samovar.collect.identifiers import normal_phone
from samovar.kit.text import normal

KINDS = MappingProxyType(
    {
        Line.FIXED_LINE: "fixed",
        Line.MOBILE: "mobile",
        Line.FIXED_LINE_OR_MOBILE: "fixed_or_mobile",
        Line.TOLL_FREE: "toll_free",
        Line.PREMIUM_RATE: "premium",
        Line.SHARED_COST: "shared_cost",
        Line.VOIP: "voip",
        Line.PERSONAL_NUMBER: "personal",
        Line.PAGER: "pager",
        Line.UAN: "company",
        Line.VOICEMAIL: "voicemail",
    }
)
UNKNOWN = "unknown"
_NO_SMS = frozenset({"fixed", "toll_free", "premium", "shared_cost", "voip", "pager", "company", "voicemail"})


@dataclass(frozen=True, slots=True)
class Phone(Checked):
    """`region` is the country (ISO 3166-1 alpha-2) or empty where none is meant; `line` is one of `KINDS` or unknown."""

    region: str = ""
    line: str = UNKNOWN
    international: str = ""


@lru_cache(maxsize=16_384)
def check_phone(came: str, region: str) -> Phone:
    """A number judged; `region` is the country of one written without a country code. What cannot be read keeps its text."""
    value = normal_phone(normal(came).strip(), region)
    if value is None:
        return Phone(came.strip(), came, Verdict.INVALID, (_why(came, region),))
    number = phonenumbers.parse(value)
    line = KINDS.get(phonenumbers.number_type(number), UNKNOWN)
    country = phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(number.country_code or 0)
    findings = [] if line != UNKNOWN else [Finding("phone_not_in_plan", value)]
    verdict = Verdict.VALID if line != UNKNOWN else Verdict.DOUBTFUL
    if phonenumbers.parse(normal(came).strip(), region).extension:
        findings.append(Finding("phone_extension"))
    if line in _NO_SMS:
        findings.append(Finding("phone_no_sms", line))
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return Phone(value, came, verdict, tuple(findings), "" if country in ("001", "ZZ") else country, line, written)


def _why(came: str, region: str) -> Finding:
    """Why a text is no number."""
    try:
        number = phonenumbers.parse(came, region)
    except phonenumbers.NumberParseException as error:
        return Finding("phone_too_long" if error.error_type == error.TOO_LONG else "phone_no_number")
    reason = phonenumbers.is_possible_number_with_reason(number)
    return Finding("phone_too_short" if reason == phonenumbers.ValidationResult.TOO_SHORT else "phone_too_long")
