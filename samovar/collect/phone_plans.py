"""Numbering plans of countries: whose a number in E.164 is, and what kind of line. Pure.

What `phonenumbers.region_code_for_number` and `number_type` answer, in 2 us instead of 35, from the library's own metadata:
imports ask it of every number. A test compares the two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers import PhoneNumberType as Line

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
_NO_REGION = "001"
_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")
# Kinds in the order in which a plan is asked: a number of a dear line may look like an ordinary one.
_ASKED = (
    ("premium_rate", Line.PREMIUM_RATE), ("toll_free", Line.TOLL_FREE), ("shared_cost", Line.SHARED_COST), ("voip", Line.VOIP),
    ("personal_number", Line.PERSONAL_NUMBER), ("pager", Line.PAGER), ("uan", Line.UAN), ("voicemail", Line.VOICEMAIL),
)  # fmt: skip


@lru_cache(maxsize=65_536)
def plan_of(e164: str) -> tuple[str, str]:
    """(country, kind of line) of a number as its plan has it: empty where no one country is meant, unknown where none has it."""
    regions, national = _countries(e164)
    if len(regions) == 1:
        plan = _plan(regions[0], e164[1 : -len(national)])
        return ("" if regions[0] == _NO_REGION else regions[0]), plan.line_of(national)
    for region in regions:
        plan = _plan(region, "")
        if plan.leading is not None:
            if plan.leading.match(national):
                return region, plan.line_of(national)
        elif (line := plan.line_of(national)) != UNKNOWN:
            return region, line
    return (regions[0] if regions else ""), UNKNOWN


def is_plain(text: str) -> bool:
    """Whether a text is E.164 already, of a line that its country's plan knows and without a trunk prefix to be taken off."""
    if _E164.match(text) is None:
        return False
    regions, national = _countries(text)
    if not regions or regions[0] == _NO_REGION:
        return False
    trunk = _plan(regions[0], "").trunk
    return (trunk is None or trunk.match(national) is None) and plan_of(text)[1] != UNKNOWN


def _countries(e164: str) -> tuple[tuple[str, ...], str]:
    """The countries that share a calling code, the one whose plan it is first, and the number after the code."""
    for digits in (1, 2, 3):
        if regions := COUNTRY_CODE_TO_REGION_CODE.get(int(e164[1 : 1 + digits])):
            return regions, e164[1 + digits :]
    return (), e164[1:]


@dataclass(frozen=True, slots=True)
class _Plan:
    """The shapes of a country's numbers: of all, and of each kind of line."""

    leading: re.Pattern[str] | None
    general: re.Pattern[str]
    kinds: tuple[tuple[str, re.Pattern[str]], ...]
    fixed: re.Pattern[str] | None
    mobile: re.Pattern[str] | None
    is_fixed_like_mobile: bool
    trunk: re.Pattern[str] | None

    def line_of(self, national: str) -> str:
        """The kind of line of a number without its calling code."""
        if self.general.fullmatch(national) is None:
            return UNKNOWN
        for kind, pattern in self.kinds:
            if pattern.fullmatch(national) is not None:
                return kind
        is_fixed = self.fixed is not None and self.fixed.fullmatch(national) is not None
        if is_fixed and self.is_fixed_like_mobile:
            return "fixed_or_mobile"
        if self.mobile is not None and self.mobile.fullmatch(national) is not None:
            return "fixed_or_mobile" if is_fixed else "mobile"
        return "fixed" if is_fixed else UNKNOWN


@lru_cache(maxsize=1_024)
def _plan(region: str, calling_code: str) -> _Plan:
    """A country's plan, or that of a calling code of no country."""
    told = (
        PhoneMetadata.metadata_for_nongeo_region(int(calling_code), None)
        if region == _NO_REGION
        else PhoneMetadata.metadata_for_region(region, None)
    )
    assert told is not None, f"the library has no plan of {region}"
    kinds = tuple((KINDS[kind], shape) for name, kind in _ASKED if (shape := _shape(getattr(told, name))) is not None)
    return _Plan(
        leading=re.compile(told.leading_digits) if told.leading_digits else None,
        general=_shape(told.general_desc) or re.compile(""),
        kinds=kinds,
        fixed=_shape(told.fixed_line),
        mobile=_shape(told.mobile),
        is_fixed_like_mobile=bool(told.same_mobile_and_fixed_line_pattern),
        trunk=re.compile(told.national_prefix_for_parsing) if told.national_prefix_for_parsing else None,
    )


def _shape(told: object) -> re.Pattern[str] | None:
    pattern = getattr(told, "national_number_pattern", None)
    return re.compile(pattern) if pattern else None
