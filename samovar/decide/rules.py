"""Pure rules of campaigns: who falls into which group, which changes of status are allowed, what a slug is made of."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from enum import StrEnum
from statistics import NormalDist

from samovar.kit.clock import DAY_US, HOUR_US
from samovar.kit.hashing import bucket

PER_WHOLE = 10_000  # shares are held as ten-thousandths, so that no float decides who is in which group
CONTROL_SHARE_MAX = PER_WHOLE // 2
WINDOW_DAYS_MAX = 365
VARIANTS_MAX = 10
WEIGHT_MAX = 1_000_000
LATE_US_MAX = 24 * HOUR_US  # a start missed by more needs a person: a restored backup must not send last month's letter


class Status(StrEnum):
    """Where a campaign is in its life."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


class Kind(StrEnum):
    """Whether a campaign asks for a purchase or only tells."""

    ACTIVATION = "activation"
    INFORMATION = "information"


# A verb and the statuses it may start from.
ALLOWED: dict[str, tuple[Status, ...]] = {
    "edit": (Status.DRAFT,),
    "delete": (Status.DRAFT,),
    "launch": (Status.DRAFT,),
    "start": (Status.SCHEDULED,),
    "pause": (Status.SCHEDULED, Status.RUNNING),
    "resume": (Status.PAUSED,),
    "stop": (Status.SCHEDULED, Status.RUNNING, Status.PAUSED),
    "finish": (Status.RUNNING,),
}


def assign(salt: str, profile_id: int, control_share: int, weights: Sequence[tuple[str, int]]) -> tuple[str, bool]:
    """The variant of a person and whether he is in the control group; 1.5 µs.

    Two independent stable hashes: one decides on the control group, one on the variant, so that changing the weights of
    variants never moves anybody between treated and control. The variant of a control person is the one he would have got.
    """
    is_control = bucket(salt, profile_id, PER_WHOLE) < control_share
    if len(weights) == 1:
        return weights[0][0], is_control
    place = bucket(f"{salt}/variant", profile_id, sum(weight for _, weight in weights))
    for name, weight in weights:
        if place < weight:
            return name, is_control
        place -= weight
    raise ValueError("Weights of variants must be positive.")


def is_late(start_us: int, at_us: int) -> bool:
    """Whether a planned start was missed by so much that a person must confirm it."""
    return at_us - start_us > LATE_US_MAX


def window_end_us(from_us: int, window_days: int) -> int:
    """The end of a window of so many days of exactly 24 hours."""
    return from_us + window_days * DAY_US


def detectable(variance: float, treated: int, control: int, *, level: float = 0.95, power: float = 0.8) -> float | None:
    """The least difference of means that a comparison finds with probability `power`; None when a group is empty or
    nobody differed.

    (z(1 - (1 - level)/2) + z(power)) x sqrt(variance/treated + variance/control); Cohen, “Statistical Power Analysis for the
    Behavioral Sciences” (1988), with the variance taken from the past.
    """
    if treated < 1 or control < 1 or variance <= 0:
        return None
    z = NormalDist().inv_cdf((1 + level) / 2) + NormalDist().inv_cdf(power)
    return z * math.sqrt(variance / treated + variance / control)


_LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й":
    "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u",
    "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ъ": "", "ы": "y", "ь": "", "э": "e",
    "ю": "yu", "я": "ya",
}  # fmt: skip


def slug_of(name: str) -> str:
    """A slug made of a name, Russian letters in Latin; `campaign` when nothing is left."""
    latin = "".join(_LATIN.get(letter, letter) for letter in name.lower())
    return re.sub(r"[^a-z0-9]+", "-", latin).strip("-")[:50].strip("-") or "campaign"
