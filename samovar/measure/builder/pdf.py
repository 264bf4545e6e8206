"""Reports as a PDF: the name, what was asked, and whole tables or figures, headings on every page. Nothing is fetched.

A table too wide for the page is set in smaller type, and where that is not enough in parts, each with the columns of texts it
begins with. Widths are estimated by characters of the widest face the style may come to: too many parts lose nothing, too few
would lose columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from samovar.kit.clock import Zone
from samovar.measure.builder.drawing import Drawn, Field

PAGE_MM, TEXT_MM_MAX = 273.0, 60.0  # of A4 on its side between the margins; of a column of texts, which go on below
SIZES_PT = (9, 8, 7)
_MM_A_PT, _CELL_EM, _FIGURE_EM, _WORD_EM = 0.3528, 1.3, 0.66, 0.76  # widths of a cell's edges, of a digit, of a letter in bold
_STYLE = """
@page { size: A4 landscape; margin: 14mm 12mm; @bottom-right { content: counter(page) " / " counter(pages); color: #52606d } }
body { font: 9pt/1.4 Inter, "DejaVu Sans", sans-serif; color: #1f2933 }
h1 { font-size: 15pt; margin: 0 0 2mm } h2 { font-size: 12pt; margin: 8mm 0 2mm; break-after: avoid }
p { margin: 0 0 3mm; color: #52606d }
table { border-collapse: collapse; width: 100% } thead { display: table-header-group } tr { break-inside: avoid }
p.aside { break-after: avoid } p.part { margin: 4mm 0 1mm; break-after: avoid }
th { text-align: left; vertical-align: bottom; border-bottom: 1pt solid #1f2933; padding: .45em .62em }
td { border-bottom: .5pt solid #e6e2d9; padding: .38em .62em; overflow-wrap: anywhere }
dl { margin: 0 } dl div { display: inline-block; margin: 0 10mm 3mm 0 } dt { color: #52606d } dd { margin: 0; font-size: 15pt }
.n { text-align: right; font-variant-numeric: tabular-nums } td.n { white-space: nowrap }
"""


def section(drawn: Drawn, title: str = "", aside: str = "") -> SafeString:
    """One table as a page shows it, with a title and a sentence of its own where it has them; a wide one in parts."""
    size, parts = _laid(drawn)
    tables = format_html_join(
        "", "{}", ((_table(drawn, part, size, _numbered(n, len(parts))),) for n, part in enumerate(parts, 1))
    )
    return format_html("{}{}", _top(title, aside), tables)


def _top(title: str, aside: str) -> SafeString:
    heading = format_html("<h2>{}</h2>", title) if title else ""
    return format_html("{}{}", heading, format_html('<p class="aside">{}</p>', aside) if aside else "")


def _table(drawn: Drawn, places: Sequence[int], size: int, above: str) -> SafeString:
    heads = format_html_join(
        "", '<th class="{}">{}</th>', (("n" if drawn.heads[n][1] else "", drawn.heads[n][0]) for n in places)
    )
    rows = format_html_join("", "<tr>{}</tr>", ((_row([row[n] for n in places]),) for row in drawn.rows))
    table = '{}<table style="font-size: {}pt"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
    return format_html(table, format_html('<p class="part">{}</p>', above) if above else "", size, heads, rows)


def _numbered(number: int, count: int) -> str:
    return _("Part %(number)s of %(count)s") % {"number": number, "count": count} if count > 1 else ""


def _laid(drawn: Drawn) -> tuple[int, list[list[int]]]:
    """The size of a table's type and the columns of each of its parts: whole where a size allows it."""
    for size in SIZES_PT:
        if sum(_widths_mm(drawn, size)) <= PAGE_MM:
            return size, [list(range(len(drawn.heads)))]
    widths = _widths_mm(drawn, SIZES_PT[0])
    first = next((n for n, (_head, is_figure) in enumerate(drawn.heads) if is_figure), 0)
    again = list(range(first)) if sum(widths[:first]) <= PAGE_MM / 2 else []
    parts = [list(again)]
    for place in range(len(again), len(widths)):
        if len(parts[-1]) > len(again) and sum(widths[n] for n in (*parts[-1], place)) > PAGE_MM:
            parts.append(list(again))
        parts[-1].append(place)
    return SIZES_PT[0], parts


def _widths_mm(drawn: Drawn, size: int) -> list[float]:
    """How wide each column may have to be; figures stay on one line, heads and texts do not."""
    widths = []
    for place, (head, is_figure) in enumerate(drawn.heads):
        word = max(map(len, head.split()), default=0) * _WORD_EM
        longest = max((len(row[place].text) for row in drawn.rows), default=0) * _FIGURE_EM
        mm = (max(word, longest) + _CELL_EM) * size * _MM_A_PT
        widths.append(mm if is_figure else min(mm, TEXT_MM_MAX))
    return widths


def figures(listed: Sequence[tuple[str, str, str]], title: str, aside: str = "") -> SafeString:
    """Figures under a title, each with what it is called and a note."""
    told = format_html_join("", "<div><dt>{}</dt><dd>{}</dd><dt>{}</dt></div>", listed)
    return format_html("{}<dl>{}</dl>", _top(title, aside), told)


def words(text: str, title: str) -> SafeString:
    """A sentence in the place of a table."""
    return format_html("<h2>{}</h2><p>{}</p>", title, text)


def document(title: str, note: str, sections: Sequence[SafeString], *, at_us: int, zone: Zone) -> bytes:
    """The file of some tables."""
    from weasyprint import HTML  # it takes half a second to load, and only files need it

    body = format_html_join("", "{}", ((one,) for one in sections))
    moment = zone.local(at_us).strftime("%Y-%m-%d %H:%M")
    asked = " · ".join(text for text in (note, f"{moment} {zone.name}") if text)
    html = format_html(
        '<html><head><meta charset="utf-8"><title>{}</title></head><body><h1>{}</h1><p>{}</p>{}</body></html>',
        title, title, asked, body,
    )  # fmt: skip
    file: bytes = HTML(string=html.replace("</head>", f"<style>{_STYLE}</style></head>", 1), url_fetcher=_nothing).write_pdf()
    return file


def _row(row: Sequence[Field]) -> SafeString:
    return format_html_join("", '<td class="{}">{}</td>', (("n" if one.is_figure else "", one.text) for one in row))


def _nothing(url: str, *_args: Any, **_named: Any) -> dict[str, Any]:
    """What a document asks for from elsewhere: nothing may be fetched."""
    raise ValueError(url)
