"""What templates say: figures by locale, tables, charts, panels, icons and the menu's links.

{{ 8642000|money }}  {{ at_us|when }}  {{ at_us|ago:now_us }}  {{ 0.031|percent }}  {{ 12480|number }}
{% table table %}  {% chart chart %}  {% panels "card" "left" person_id=person.id %}
{% icon "order" %}  {% tile label value note %}  {% query page=2 %}
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, cast

from django import template
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from samovar.staff.permissions import may as role_may
from samovar.webkit import chart as charts
from samovar.webkit import formats, icons
from samovar.webkit import panels as registry
from samovar.webkit.requests import OfficeRequest
from samovar.webkit.tables import Table

register = template.Library()


@register.filter
def number(value: float | Decimal | None, digits: int = 0) -> str:
    """12 480."""
    return formats.number(value, digits)


@register.filter
def percent(share: float | None, digits: int = 1) -> str:
    """0.031 is 3,1 %."""
    return formats.percent(share, digits)


@register.filter
def money(minor: int | None, style: str = "") -> str:
    """Minor units as money: `money`, `money:"exact"` (kopecks always), `money:"signed"`, or a currency code."""
    if style in ("exact", "signed"):
        return formats.money(minor, exact=style == "exact", signed=style == "signed")
    return formats.money(minor, style)


@register.filter
def when(at_us: int | None, style: str = "medium") -> str:
    """A moment with its zone on hover; styles: medium, day, time, short."""
    return formats.when(at_us, style)


@register.filter
def day(number_of_day: int | None) -> str:
    """A local day number as a date."""
    return formats.day(number_of_day)


@register.filter
def ago(at_us: int | None, now_us: int) -> str:
    """How long ago, in words."""
    return formats.ago(at_us, now_us)


@register.filter
def duration(us: int) -> str:
    """A length of time in words."""
    return formats.duration(us)


@register.filter
def may(user: Any, permission: str) -> bool:
    """`{% if request.user|may:"segments:write" %}`."""
    return role_may(getattr(user, "role", ""), permission)


@register.filter
def breakable(text: str) -> SafeString:
    """An e-mail address or a host that a narrow place breaks at its joints."""
    return formats.breakable(text)


@register.filter
def fitted(text: str) -> SafeString | str:
    """A name that a heading has room for, with the whole on hover where it was cut."""
    return formats.fitted(text, formats.NAME_CHARS_MAX)


@register.filter
def item(mapping: Any, key: Any) -> Any:
    """The value under a key that is not known beforehand."""
    return mapping.get(key)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A line icon of 16 pixels; with `label` it speaks to a screen reader, without one it is decoration."""
    return icons.svg(name, label)


@register.simple_tag
def tile(label: str, value: Any, note: str = "", tone: str = "") -> SafeString:
    """A metric: its name, its figure, a few words below. `tone` is good, bad or empty."""
    small = format_html('<span class="note">{}</span>', note) if note else ""
    return format_html('<div class="metric {}"><span>{}</span><b>{}</b>{}</div>', tone, label, value, small)


@register.simple_tag
def empty(title: str, sentence: str = "", url: str = "", action: str = "") -> SafeString:
    """What stands where there is nothing yet: what is missing, what brings it, and the way there."""
    link = format_html('<p><a class="btn" href="{}">{}</a></p>', url, action) if url else ""
    return format_html('<div class="empty"><p class="large">{}</p><p>{}</p>{}</div>', title, sentence, link)


@register.simple_tag(takes_context=True)
def table(context: dict[str, Any], table: Table[Any]) -> SafeString:
    """A list with search, filters, sort, columns, pages and export."""
    return render_to_string("webkit/table.html", {"table": table}, request=context["request"])


@register.simple_tag
def chart(chart: charts.Chart) -> SafeString:
    """A chart whose figures are also a table, read without JavaScript."""
    return render_to_string("webkit/chart.html", {"chart": chart, "json": charts.to_script(chart)})


@register.simple_tag
def json_island(data: Any) -> SafeString:
    """JSON for an island, as a script element that runs nothing."""
    return charts.json_script(json.dumps(data, ensure_ascii=False))


@register.simple_tag(takes_context=True)
def panels(context: dict[str, Any], page: str, slot: str, **subject: Any) -> SafeString:
    """What other rooms put in this slot of this page."""
    request = cast(OfficeRequest, context["request"])
    return format_html_join("", "{}", ((html,) for html in registry.rendered(request, page, slot, **subject)))


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changed: Any) -> str:
    """This page's address with some parameters changed; None or an empty text removes one."""
    request: HttpRequest = context["request"]
    params = request.GET.copy()
    for name, value in changed.items():
        if value in (None, ""):
            params.pop(name, None)
        else:
            params[name] = str(value)
    return f"?{params.urlencode()}" if params else request.path
