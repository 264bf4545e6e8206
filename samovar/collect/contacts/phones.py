"""Phone numbers: E.164, the country, the kind of line. Pure.

Three grades: a number assigned in its country's plan is valid; one of a possible length that the plan does not know (plans change
and a list ages), without the code of its town, with words beside it or with letters read as digits is doubtful; anything else is
invalid.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from samovar.collect.contacts.verdicts import Checked, Finding, Verdict
from samovar.collect.phone_plans import UNKNOWN, plan_of
from samovar.collect.phone_texts import CHARS_MAX, phone_of, with_plus
from samovar.kit.text import normal

_AMONG = re.compile(r"\d[^\W\d_]|[^\W\d_]\d|\d.*[^\W\d_].*\d")  # a letter that is not set apart from the digits
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
    read = phone_of(text, region)
    if read is None:
        return Phone(came.strip(), came, Verdict.INVALID, (_why(text, region),))
    value = came.strip() if read.is_local else read.e164
    country, line = plan_of(read.e164)
    findings = []
    if read.is_local:
        findings.append(Finding("phone_local"))
    elif line == UNKNOWN:
        findings.append(Finding("phone_not_in_plan", value))
    if read.is_guess:
        findings.append(Finding("phone_guess", written(value)))
    if read.has_words:
        findings.append(Finding("phone_words"))
    verdict = Verdict.DOUBTFUL if findings else Verdict.VALID
    if read.has_extension:
        findings.append(Finding("phone_extension"))
    if line in _NO_SMS:
        findings.append(Finding("phone_no_sms", line))
    return Phone(value, came, verdict, tuple(findings), country, line)


def written(value: str) -> str:
    """A number in E.164 with the blanks its country puts in, +7 916 123-45-67; any other as it stands."""
    if not value.startswith("+"):
        return value
    return str(phonenumbers.format_number(phonenumbers.parse(value), phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def _why(came: str, region: str) -> Finding:
    """Why a text is no number."""
    if len(came) > CHARS_MAX:
        return Finding("phone_too_long" if came.strip("+ ").isdigit() else "phone_no_number")
    if _AMONG.search(came):
        return Finding("phone_letters")
    try:
        number = phonenumbers.parse(with_plus(came), region)
    except phonenumbers.NumberParseException as error:
        return Finding("phone_too_long" if error.error_type == error.TOO_LONG else "phone_no_number")
    reason = phonenumbers.is_possible_number_with_reason(number)
    return Finding("phone_too_short" if reason == phonenumbers.ValidationResult.TOO_SHORT else "phone_too_long")
