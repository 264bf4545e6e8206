"""Findings in the reader's language: whom they are about, in figures and numbers as a marketer says them.

Common figures have words of their own; any other is quoted as the rule writes it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext

from samovar.rules import tree
from samovar.rules.printer import operand_text
from samovar.understand.lint.boxes import Box
from samovar.understand.lint.findings import GAPS_MAX, Finding
from samovar.understand.lint.terms import Dimension, Range, Span, Terms, leaf_text
from samovar.webkit.formats import number

DECIMALS = 4
# {collection: its rows, exactly so many and in a range; none of them; the last one so long ago; days between them}
_EXACTLY: dict[str, Callable[[int], str]] = {
    "orders": lambda n: npgettext("exactly", "%(extent)s order", "%(extent)s orders", n),
    "visits": lambda n: npgettext("exactly", "%(extent)s visit", "%(extent)s visits", n),
    "returns": lambda n: npgettext("exactly", "%(extent)s return", "%(extent)s returns", n),
}
_RANGE: dict[str, Callable[[int], str]] = {
    "orders": lambda n: npgettext("in a range", "%(extent)s order", "%(extent)s orders", n),
    "visits": lambda n: npgettext("in a range", "%(extent)s visit", "%(extent)s visits", n),
    "returns": lambda n: npgettext("in a range", "%(extent)s return", "%(extent)s returns", n),
}
_NONE: dict[str, Callable[[], str]] = {
    "orders": lambda: _("no orders"),
    "visits": lambda: _("no visits"),
    "returns": lambda: _("no returns"),
}
_LAST: dict[str, Callable[[], str]] = {
    "orders": lambda: _("the last order %(when)s"),
    "visits": lambda: _("the last visit %(when)s"),
    "returns": lambda: _("the last return %(when)s"),
}
_GAP: dict[str, Callable[[], str]] = {
    "orders": lambda: _("a median gap between orders of %(extent)s"),
    "visits": lambda: _("a median gap between visits of %(extent)s"),
    "returns": lambda: _("a median gap between returns of %(extent)s"),
}


def sentence(finding: Finding, terms: Terms) -> str:
    """What a finding says."""
    named = {"stage": finding.stages[0] if finding.stages else "", "without": finding.without}
    who = _who(finding.box, terms) if finding.box is not None else ""
    match finding.reason:
        case "overlap":
            pair = {"one": finding.stages[0], "other": finding.stages[1], "who": who}
            if not who:
                return _("“%(one)s” and “%(other)s” both take everybody.") % pair
            return _("“%(one)s” and “%(other)s” both take a person with %(who)s.") % pair
        case "gap":
            return _gap_sentence(who, finding.without)
        case "no_exit":
            if not who:
                return _("“%(stage)s” has no exit by time: whoever is in it stays, however long nothing happens.") % named
            message = _("“%(stage)s” has no exit by time: a person with %(who)s stays in it, however long nothing happens.")
            return message % (named | {"who": who})
        case "more":
            return _("There are more gaps than these %(limit)s.") % {"limit": number(GAPS_MAX)}
        case "nobody":
            return _("The search found nobody whom “%(stage)s” takes, so nothing is said of its overlaps.") % named
        case "untracked":
            return _untracked_sentence(finding.stages[0])
        case "calendar":
            message = ngettext(
                "“%(stage)s” says “%(word)s”, and its rule counts %(days)s day. Say whether the calendar or the days are meant.",
                "“%(stage)s” says “%(word)s”, and its rule counts %(days)s days. Say whether the calendar or the days are meant.",
                finding.days,
            )
            return message % (named | {"word": finding.word, "days": number(finding.days)})


def _gap_sentence(who: str, without: str | None) -> str:
    told = {"who": who, "without": without}
    if without is None:
        return _("No stage takes a person with %(who)s.") % told if who else _("No stage takes anybody.")
    if not who:
        return _("No stage takes a person who is not in “%(without)s”.") % told
    return _("No stage takes a person with %(who)s, except those in “%(without)s”.") % told


def _untracked_sentence(stage: str) -> str:
    message = _(
        "“%(stage)s” takes people for what they did not do on the site. Where a site is not tracked, or a person was not "
        "recognised there, nobody did."
    )
    return message % {"stage": stage}


def _who(box: Box, terms: Terms) -> str:
    """What is true of everybody in a box: phrases that follow “a person with”."""
    phrases = [
        _phrase(terms.dimensions[place], [terms.dimensions[place].ranges[one] for one in sorted(inside)])
        for place, inside in box.bounds
    ]
    if len(phrases) < 2:
        return "".join(phrases)
    return _("%(first)s and %(last)s") % {"first": ", ".join(phrases[:-1]), "last": phrases[-1]}


def _phrase(dimension: Dimension, ranges: Sequence[Range]) -> str:
    if dimension.figure is None:
        assert dimension.leaf is not None
        return _leaf_phrase(dimension.leaf, holds=ranges[0].truths[0])
    spans = _joined([span for part in ranges for span in part.spans])
    is_known = all(part.spans for part in ranges)
    if not spans:
        return _unknown_phrase(dimension.figure)
    extents = [_extent(span, is_whole=dimension.is_whole) for span in spans]
    if None in extents:
        return _("%(figure)s known") % {"figure": operand_text(dimension.figure)}
    said = _(" or ").join(_figure_phrase(dimension, extent) for extent in extents if extent is not None)
    return said if is_known else _("%(said)s (or none yet)") % {"said": said}


def _leaf_phrase(leaf: tree.Condition, *, holds: bool) -> str:
    match leaf:
        case tree.Known(operand=tree.AttributeName(parts=("registered_at",)), is_known=is_known):
            return _("a registration") if is_known == holds else _("no registration")
    return leaf_text(leaf, holds=holds)


def _unknown_phrase(figure: tree.Operand) -> str:
    """A figure of nothing."""
    match figure:
        case tree.AgeOfEvent(of=tree.Selection(where=None, window=None) as of) if of.collection in _NONE:
            return _NONE[of.collection]()
    return _("%(figure)s unknown") % {"figure": operand_text(figure)}


def _figure_phrase(dimension: Dimension, extent: _Extent) -> str:
    figure = dimension.figure
    match figure:
        case tree.Aggregate(function="count", of=tree.Selection(where=None) as of) if _is_said(of):
            return _within(_count_phrase(of.collection, extent), of.window)
        case tree.AgeOfEvent(function="days_since", which="last", of=tree.Selection(where=None, window=None) as of) if _is_said(
            of
        ):
            return _LAST[of.collection]() % {"when": _days_ago(extent)}
        case tree.Aggregate(function="gap", of=tree.Selection(where=None, window=None) as of) if _is_said(of):
            return _GAP[of.collection]() % {"extent": _days(extent)}
    assert figure is not None
    return _("%(figure)s: %(extent)s") % {"figure": operand_text(figure), "extent": extent.text}


def _is_said(of: tree.Selection) -> bool:
    """Whether a selection has words of its own: a common collection, ever or in the last days."""
    is_common_window = of.window is None or (isinstance(of.window, tree.Last) and of.window.unit == "days")
    return of.collection in _EXACTLY and is_common_window


def _count_phrase(collection: str, extent: _Extent) -> str:
    if extent.is_exact and extent.last == 0:
        return _NONE[collection]()
    return (_EXACTLY if extent.is_exact else _RANGE)[collection](extent.last) % {"extent": extent.text}


def _within(said: str, window: tree.Window | None) -> str:
    if not isinstance(window, tree.Last):
        return said
    if window.amount == 0:
        return _("%(said)s today") % {"said": said}
    message = ngettext("%(said)s in the last %(days)s day", "%(said)s in the last %(days)s days", window.amount)
    return message % {"said": said, "days": number(window.amount)}


def _days_ago(extent: _Extent) -> str:
    if extent.is_exact:
        if extent.last == 0:
            return _("today")
        return npgettext("exactly", "%(extent)s day ago", "%(extent)s days ago", extent.last) % {"extent": extent.text}
    return npgettext("in a range", "%(extent)s day ago", "%(extent)s days ago", extent.last) % {"extent": extent.text}


def _days(extent: _Extent) -> str:
    if extent.is_exact:
        return npgettext("exactly", "%(extent)s day", "%(extent)s days", extent.last) % {"extent": extent.text}
    return npgettext("in a range", "%(extent)s day", "%(extent)s days", extent.last) % {"extent": extent.text}


# Numbers


class _Extent:
    """A span in words; `last` is the number that a noun after it agrees with."""

    def __init__(self, text: str, last: Decimal, *, is_exact: bool = False) -> None:
        self.text, self.last, self.is_exact = text, math.ceil(abs(last)), is_exact


def _extent(span: Span, *, is_whole: bool) -> _Extent | None:
    """A span in words, None for all numbers there are."""
    low, high, (has_low, has_high) = span.low, span.high, span.is_closed
    if is_whole:
        low = None if low is None else Decimal(math.ceil(low) if has_low else math.floor(low) + 1)
        high = None if high is None else Decimal(math.floor(high) if has_high else math.ceil(high) - 1)
        has_low = has_high = True
        low = None if low == 0 and high != 0 else low
    told = {"low": _said(low), "high": _said(high)}
    if low is not None and low == high:
        return _Extent(told["low"], low, is_exact=True)
    lower = (_("at least %(low)s") if has_low else _("more than %(low)s")) % told
    upper = (_("at most %(high)s") if has_high else _("less than %(high)s")) % told
    if low is None:
        return None if high is None else _Extent(upper, high)
    if high is None:
        return _Extent(lower, low)
    if has_low and has_high:
        return _Extent(_("%(low)s to %(high)s") % told, high)
    return _Extent(_("%(lower)s and %(upper)s") % {"lower": lower, "upper": upper}, high)


def _said(value: Decimal | None) -> str:
    return "" if value is None else number(value, DECIMALS)


def _joined(spans: list[Span]) -> list[Span]:
    """Spans in order, neighbours that touch as one."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.low is not None, one.low or 0, not one.is_closed[0])):
        last = found[-1] if found else None
        if last is not None and last.high is not None and last.high == span.low and (last.is_closed[1] or span.is_closed[0]):
            found[-1] = Span(last.low, span.high, (last.is_closed[0], span.is_closed[1]))
        else:
            found.append(span)
    return found
