"""Numbers, money, dates and intervals as people read them, in the reader's language and the workspace's zone and currency.

Pure functions over the active language; the template filters of the same names call them.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from babel import Locale
from babel.dates import format_date, get_timezone_name
from babel.numbers import format_currency, format_decimal, format_percent
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from samovar.kit.clock import DAY_US, HOUR_US, MINUTE_US, SECOND_US, Zone, day_date, iso
from samovar.kit.numbers import minor_per_major

DASH = "—"  # what stands where nothing is known
MINUS = "−"
FITTED_CHARS_MAX = 200  # of a cell
NAME_CHARS_MAX = 80  # of what somebody is called
_LONG_WORD = re.compile(r"\S{31,}")  # longer than a column of names is wide
# Where a locale writes its neighbours' money by letters, the sign is shorter and as well known.
SIGNS = {"RUB": "₽", "KZT": "₸", "UAH": "₴", "GEL": "₾", "AMD": "֏", "AZN": "₼"}


def locale() -> Locale:
    """The active language as a Babel locale."""
    return Locale.parse((get_language() or "ru").split("-")[0])


def zone() -> Zone:
    """The workspace's zone."""
    return settings.WORKSPACE.zone


def currency() -> str:
    """The workspace's currency."""
    return settings.WORKSPACE.currency


def number(value: float | Decimal | None, digits: int = 0) -> str:
    """12 480: grouped, with at most `digits` decimals."""
    if value is None:
        return DASH
    pattern = "#,##0" + ("." + "#" * digits if digits else "")
    return _minus(format_decimal(value, pattern, locale=locale()))


def decimal(value: float | Decimal | None, digits: int = 2) -> str:
    """1,99: grouped, with `digits` decimals whatever they are, so that a column of them stands under one another."""
    if value is None:
        return DASH
    return _minus(format_decimal(value, "#,##0." + "0" * digits, locale=locale()))


def percent(share: float | None, digits: int = 1) -> str:
    """A share of 1 as a percentage with one decimal: 0.031 is 3,1 %."""
    if share is None:
        return DASH
    pattern = (
        locale().percent_formats[None].pattern.split(";")[0].replace("#,##0", "#,##0." + "0" * digits if digits else "#,##0")
    )
    return _minus(format_percent(share, pattern, locale=locale()))


def money(minor: int | None, code: str = "", *, exact: bool = False, signed: bool = False) -> str:
    """86 420 ₽ of 8642000 minor units; kopecks are shown when there are any, or always when `exact`."""
    if minor is None:
        return DASH
    code = code or currency()
    per_major = minor_per_major(code)
    amount = Decimal(minor) / per_major
    pattern = locale().currency_formats["standard"].pattern.split(";")[0]
    whole = not exact and minor % per_major == 0
    if whole:
        pattern = pattern.replace("#,##0.00", "#,##0")
    if symbol := SIGNS.get(code):
        pattern = pattern.replace("¤", f"'{symbol}'")
    text = format_currency(amount, code, pattern, locale=locale(), currency_digits=not whole)
    return _signed(_minus(text), minor) if signed else _minus(text)


def decimal_amount(minor: int | None, code: str = "") -> str:
    """Minor units as a plain decimal number for a file: 864.20."""
    if minor is None:
        return ""
    per_major = minor_per_major(code or currency())
    return str((Decimal(minor) / per_major).quantize(Decimal(1) / per_major))


def between(low_minor: int | None, high_minor: int | None, code: str = "") -> str:
    """from 31 000 to 137 000 ₽, in words."""
    return _("from %(low)s to %(high)s") % {"low": money(low_minor, code), "high": money(high_minor, code)}


def breakable(text: str) -> SafeString:
    """An address that a narrow place breaks after its @ or before a dot, and not before its last letter."""
    return format_html_join(SafeString("<wbr>"), "{}", ((part,) for part in re.split(r"(?<=@)|(?=\.)", text)))


def fitted(text: str, chars_max: int = FITTED_CHARS_MAX) -> SafeString | str:
    """A text for a cell or a heading: cut to `chars_max` with the whole on hover, and a word longer than a line is broken.

    A cell that grows with whatever somebody typed pushes its neighbours out of sight.
    """
    shown = breakable(text) if "@" in text else text
    if len(text) > chars_max:
        return format_html('<span class="long" title="{}">{}…</span>', text, text[: chars_max - 1].rstrip())
    return format_html('<span class="long">{}</span>', shown) if _LONG_WORD.search(text) else shown


def when(at_us: int | None, style: str = "medium") -> SafeString | str:
    """A `<time>` element: the local day and time, its zone on hover. `style` is medium, day, time or short."""
    if at_us is None:
        return DASH
    local = zone().local(at_us)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', iso(at_us), f"{full(local)}, {_zone_name(local)}", plain_when(at_us, style)
    )


def plain_when(at_us: int, style: str = "medium") -> str:
    """The text of `when`, without markup."""
    local = zone().local(at_us)
    if style == "time":
        return f"{local:%H:%M}"
    if style == "day":
        return date(local.date())
    if style == "short":
        return str(format_date(local.date(), "d MMM y", locale=locale()))
    return f"{date(local.date())}, {local:%H:%M}"


def full(local: dt.datetime) -> str:
    """21 ноября 2026 г., 10:42:07."""
    return f"{format_date(local.date(), 'long', locale=locale())}, {local:%H:%M:%S}"


def _zone_name(local: dt.datetime) -> str:
    name = get_timezone_name(local, width="short", locale=locale())
    return f"{zone().name}, {name}"


def date(value: dt.date) -> str:
    """21 ноября 2026 or 21 November 2026."""
    return str(format_date(value, "d MMMM y", locale=locale()))


def day(number_of_day: int | None) -> str:
    """The date of a local day number."""
    return DASH if number_of_day is None else date(day_date(number_of_day))


def day_heading(number_of_day: int, today: int) -> str:
    """A day as a heading of a timeline: today and yesterday in words, the year only when it is another."""
    value, now = day_date(number_of_day), day_date(today)
    text = str(format_date(value, "d MMMM" if value.year == now.year else "d MMMM y", locale=locale()))
    if number_of_day == today:
        return _("Today, %(day)s") % {"day": text}
    if number_of_day == today - 1:
        return _("Yesterday, %(day)s") % {"day": text}
    return text


def ago(at_us: int | None, now_us: int) -> str:
    """How long ago in whole days, hours or minutes, in words."""
    if at_us is None:
        return DASH
    days = zone().day(now_us) - zone().day(at_us)
    if days > 0:
        return ngettext("%(count)s day ago", "%(count)s days ago", days) % {"count": number(days)}
    if days < 0:
        return plain_when(at_us)
    hours, minutes = (now_us - at_us) // HOUR_US, (now_us - at_us) // MINUTE_US
    if hours >= 1:
        return ngettext("%(count)s hour ago", "%(count)s hours ago", hours) % {"count": number(hours)}
    if minutes >= 1:
        return ngettext("%(count)s minute ago", "%(count)s minutes ago", minutes) % {"count": number(minutes)}
    return _("just now")


def duration(us: int) -> str:
    """A length of time in its largest unit, in words."""
    for unit_us, words in ((DAY_US, _days), (HOUR_US, _hours), (MINUTE_US, _minutes)):
        if us >= unit_us:
            return words(us // unit_us)
    return _seconds(us // SECOND_US)


def _days(count: int) -> str:
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": number(count)}


def _hours(count: int) -> str:
    return ngettext("%(count)s hour", "%(count)s hours", count) % {"count": number(count)}


def _minutes(count: int) -> str:
    return ngettext("%(count)s minute", "%(count)s minutes", count) % {"count": number(count)}


def _seconds(count: int) -> str:
    return ngettext("%(count)s second", "%(count)s seconds", count) % {"count": number(count)}


def _minus(text: str) -> str:
    return text.replace("-", MINUS)


def _signed(text: str, value: int) -> str:
    return f"+{text}" if value > 0 else text
