"""Reports as a PDF: the name, what was asked, and whole tables or figures, headings on every page. Nothing is fetched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from samovar.kit.clock import Zone
from samovar.measure.reports.exports import Table, written
from samovar.measure.reports.report import Kind

_STYLE = """
@page { size: A4 landscape; margin: 14mm 12mm; @bottom-right { content: counter(page) " / " counter(pages); color: #52606d } }
body { font: 9pt/1.4 Inter, "DejaVu Sans", sans-serif; color: #1f2933 }
h1 { font-size: 15pt; margin: 0 0 2mm } h2 { font-size: 12pt; margin: 8mm 0 2mm } p { margin: 0 0 3mm; color: #52606d }
table { border-collapse: collapse; width: 100% } thead { display: table-header-group } tr { break-inside: avoid }
th { text-align: left; border-bottom: 1pt solid #1f2933; padding: 1.5mm 2mm }
td { border-bottom: .5pt solid #e6e2d9; padding: 1.2mm 2mm }
dl { margin: 0 } dl div { display: inline-block; margin: 0 10mm 3mm 0 } dt { color: #52606d } dd { margin: 0; font-size: 15pt }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
"""


def section(table: Table, title: str, currency: str) -> SafeString:
    """One table, with a title of its own where it has one."""
    kinds = ["" if kind == "text" else "n" for kind in table.kinds]
    head = format_html_join("", '<th class="{}">{}</th>', zip(kinds, table.heads, strict=True))
    rows = format_html_join("", "<tr>{}</tr>", ((_row(row, kinds, currency),) for row in table.rows))
    top = format_html("<h2>{}</h2>", title) if title else ""
    return format_html("{}<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", top, head, rows)


def figures(listed: Sequence[tuple[str, str, str]], title: str) -> SafeString:
    """Figures under a title, each with what it is called and a note."""
    told = format_html_join("", "<div><dt>{}</dt><dd>{}</dd><dt>{}</dt></div>", listed)
    return format_html("<h2>{}</h2><dl>{}</dl>", title, told)


def words(text: str, title: str) -> SafeString:
    """A sentence in the place of a table."""
    return format_html("<h2>{}</h2><p>{}</p>", title, text)


def document(title: str, note: str, sections: Sequence[SafeString], *, at_us: int, zone: Zone) -> bytes:
    """The file of some tables."""
    from weasyprint import HTML  # it takes half a second to load, and only files need it

    body = format_html_join("", "{}", ((one,) for one in sections))
    moment = zone.local(at_us).strftime("%Y-%m-%d %H:%M")
    html = format_html(
        '<html><head><meta charset="utf-8"><title>{}</title></head><body><h1>{}</h1><p>{} · {} {}</p>{}</body></html>',
        title, title, note, moment, zone.name, body,
    )  # fmt: skip
    file: bytes = HTML(string=html.replace("</head>", f"<style>{_STYLE}</style></head>", 1), url_fetcher=_nothing).write_pdf()
    return file


def _row(row: Sequence[tuple[Any, Kind]], kinds: Sequence[str], currency: str) -> SafeString:
    texts = (written(value, kind, currency) for value, kind in row)
    return format_html_join("", '<td class="{}">{}</td>', zip(kinds, texts, strict=True))


def _nothing(url: str, *_args: Any, **_named: Any) -> dict[str, Any]:
    """What a document asks for from elsewhere: nothing may be fetched."""
    raise ValueError(url)
