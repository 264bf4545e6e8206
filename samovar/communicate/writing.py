"""What a letter says: Liquid with strict limits, in three parts that are compiled once per version and rendered per person.

Templates are written by staff and filled with what strangers gave us, so values are escaped in the HTML part, a missing one is
empty, no file can be read, and loops and output end at a limit. Nothing here knows of the wire or of links.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, wraps
from html import unescape
from io import StringIO
from typing import Any, TextIO
from urllib.parse import urlsplit

import css_inline
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from liquid import Environment, Mode, RenderContext, Token, escape
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.output import Output as LiquidOutput
from liquid.builtin.output import OutputNode
from liquid.exceptions import LiquidError, OutputStreamLimitError, ResourceLimitError
from liquid.expression import Expression
from liquid.output import LimitedStringIO
from liquid.template import BoundTemplate

from samovar.communicate.name_filters import name_filters
from samovar.kit.errors import Refusal

LOOP_ITERATIONS_MAX = 10_000
OUTPUT_CHARS_MAX = 300_000
NAMESPACE_BYTES_MAX = 256 * 1024
CONTEXT_DEPTH_MAX = 20
SOURCE_CHARS_MAX = 200_000
SUBJECT_CHARS_MAX = 500
RANGE_LENGTH_MAX = 10_000
NUMBER_BITS_MAX = 256
FILTER_PRODUCT_MAX = 16_000_000  # characters of the value times those of the longest argument


PARTS = {"subject": lazy("Subject"), "html": lazy("Letter (HTML)"), "text": lazy("Letter (plain text)")}


class TemplateError(Refusal):
    """A template that does not parse, or that runs past a limit. `params` holds `part`, `line` and `column` (from 1)."""


class _Buffer(LimitedStringIO):  # type: ignore[misc]  # Liquid is not typed for us
    """What a template wrote; its limit counts characters, because encoding each piece to count bytes doubled the cost."""

    def write(self, piece: str) -> int:
        self.size += len(piece)
        if self.size > self.limit:
            raise OutputStreamLimitError("output stream limit reached", token=None)
        return StringIO.write(self, piece)


class _Template(BoundTemplate):  # type: ignore[misc]
    """A template that writes into `_Buffer`."""

    def _get_buffer(self) -> StringIO:
        return _Buffer(limit=OUTPUT_CHARS_MAX, newline="")


class _OutputNode(OutputNode):  # type: ignore[misc]
    """An output that is a name and its parts without a filter, like `{{ tea.name }}`, is looked up without the general way.

    Most outputs are; the general way cost twice as much. What it does not find, or is no plain value, still takes that way.
    """

    __slots__ = ("_names",)

    def __init__(self, token: Token, expression: Expression) -> None:
        super().__init__(token, expression)
        self._names = _plain_names(expression)

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        value = None
        if self._names:
            try:
                value = context.scope[self._names[0]]
                for name in self._names[1:]:
                    value = value[name] if type(value) is dict else None
            except KeyError:
                value = None
        if type(value) is str:
            return buffer.write(escape(value) if context.autoescape else value)
        if type(value) is int:
            return buffer.write(str(value))
        return int(super().render_to_output(context, buffer))


def _plain_names(expression: Expression) -> tuple[str, ...]:
    """The names of a path such as `tea.name`; nothing when there is a filter, an index, or a word Liquid itself knows."""
    if not isinstance(expression, FilteredExpression) or expression.filters or not isinstance(expression.left, Path):
        return ()
    names = expression.left.path
    is_plain = all(isinstance(name, str) for name in names) and not {"size", "first", "last"} & set(names[1:])
    return tuple(names) if is_plain else ()


class _Output(LiquidOutput):  # type: ignore[misc]
    """`{{ … }}`."""

    node_class = _OutputNode


class _Environment(Environment):  # type: ignore[misc]
    """Liquid's limits; its loader stays empty, so `include` and `render` find nothing."""

    loop_iteration_limit = LOOP_ITERATIONS_MAX
    output_stream_limit = OUTPUT_CHARS_MAX
    local_namespace_limit = NAMESPACE_BYTES_MAX
    context_depth_limit = CONTEXT_DEPTH_MAX
    filters: dict[str, Callable[..., Any]]
    template_class = _Template

    def __init__(self, *, autoescape: bool) -> None:
        super().__init__(autoescape=autoescape, tolerance=Mode.STRICT)
        self.add_tag(_Output)
        self.filters = {name: _guarded(name, filter_) for name, filter_ in {**self.filters, **name_filters()}.items()}


def _guarded(name: str, filter_: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that refuses values from which it would make something enormous, before it makes it."""

    @wraps(filter_)
    def guarded(left: Any, *args: Any, **kwargs: Any) -> Any:
        longest = max((_size(a) for a in args), default=1)
        if (
            _size(left) * max(longest, 1) > FILTER_PRODUCT_MAX
            or (isinstance(left, range) and len(left) > RANGE_LENGTH_MAX)
            or any(isinstance(v, int) and v.bit_length() > NUMBER_BITS_MAX for v in (left, *args))
            or (name == "date" and any(_WIDE_FORMAT.search(str(a)) for a in args))
        ):
            raise ResourceLimitError(_("the filter “%(name)s” is given too much") % {"name": name}, token=None)
        return filter_(left, *args, **kwargs)

    return guarded


_WIDE_FORMAT = re.compile(r"%[-_0^#+:]*\d{3}")


def _size(value: Any) -> int:
    return len(value) if isinstance(value, (str, bytes, list, tuple)) else 1


_HTML = _Environment(autoescape=True)
_PLAIN = _Environment(autoescape=False)
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True)
_TEXT_CONFIG = ParserConfig(css=CSS_PROFILES["strict"], display_links=True)


@dataclass(frozen=True, slots=True)
class Rendered:
    """One person's letter before its links are signed. `html` and `text` may be long, `subject` is one line."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class LetterTemplate:
    """A compiled letter. `hosts` are the hosts its author wrote: a link to any other came from a stranger's value."""

    subject: BoundTemplate
    html: BoundTemplate
    text: BoundTemplate | None
    hosts: frozenset[str]
    has_styles: bool

    def render(self, context: Mapping[str, Any]) -> Rendered:
        """Fill the letter for one person. `text` is empty when the letter has none of its own. Raises `TemplateError`."""
        subject = " ".join(_filled(self.subject, context, "subject").split())[:SUBJECT_CHARS_MAX]
        html = _filled(self.html, context, "html")
        if self.has_styles:
            html = _INLINER.inline(html)
        return Rendered(subject, html, _filled(self.text, context, "text") if self.text else "")


@lru_cache(maxsize=200)
def compile_letter(subject: str, html: str, text: str) -> LetterTemplate:
    """Parse a letter's three parts. Raises `TemplateError` with the part, line and column at fault."""
    sources = {part: with_placeholders(source) for part, source in (("subject", subject), ("html", html), ("text", text))}
    for part, source in sources.items():
        if len(source) > SOURCE_CHARS_MAX:
            raise TemplateError(
                "template_too_long",
                _("“%(part)s” is longer than %(limit)s characters.") % {"part": PARTS[part], "limit": SOURCE_CHARS_MAX},
                field=part,
            )
    return LetterTemplate(
        subject=_parsed(_PLAIN, sources["subject"], "subject"),
        html=_parsed(_HTML, sources["html"], "html"),
        text=_parsed(_PLAIN, sources["text"], "text") if text.strip() else None,
        hosts=literal_hosts(html + " " + text),
        has_styles="<style" in html.lower(),
    )


def variables(subject: str, html: str, text: str) -> list[str]:
    """The top-level names a letter speaks of, sorted. Raises `TemplateError`."""
    letter = compile_letter(subject, html, text)
    parts = [part for part in (letter.subject, letter.html, letter.text) if part is not None]
    return sorted({name for part in parts for name in part.analyze().globals})


def plain_text(html: str) -> str:
    """The text part of a letter that has none: the HTML as a person would read it aloud, links in brackets after their words."""
    return str(get_text(html, _TEXT_CONFIG)).strip() + "\n"


def _parsed(environment: Environment, source: str, part: str) -> BoundTemplate:
    try:
        template = environment.from_string(source)
        used = template.analyze().filters
    except LiquidError as error:
        raise _refusal("template_error", error, part) from error
    except RecursionError as error:
        raise TemplateError(
            "template_too_deep", _("“%(part)s” is nested too deeply.") % {"part": PARTS[part]}, field=part
        ) from error
    for name, spans in used.items():
        if name not in environment.filters:
            before = source[: spans[0].index]
            line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
            raise _misplaced("template_error", part, line, column, _("there is no filter “%(name)s”") % {"name": name})
    return template


def _filled(template: BoundTemplate, context: Mapping[str, Any], part: str) -> str:
    try:
        return str(template.render(**context))
    except ResourceLimitError as error:
        raise _refusal("template_limit", error, part) from error
    except LiquidError as error:
        raise _refusal("template_error", error, part) from error
    except (RecursionError, OverflowError, MemoryError) as error:
        raise TemplateError("template_limit", _("“%(part)s” asks for too much.") % {"part": PARTS[part]}, field=part) from error


def _refusal(code: str, error: LiquidError, part: str) -> TemplateError:
    place = error.context()
    line, column = (place[0], place[1] + 1) if place else (1, 1)
    return _misplaced(code, part, line, column, str(error.message or error))


def _misplaced(code: str, part: str, line: int, column: int, reason: str) -> TemplateError:
    return TemplateError(
        code,
        _("“%(part)s”, line %(line)s, column %(column)s: %(reason)s")
        % {"part": PARTS[part], "line": line, "column": column, "reason": reason},
        field=part, part=part, line=line, column=column, reason=reason,
    )  # fmt: skip


# Placeholders of older systems. A name that is missing takes the comma beside it along: “Добрый день!”, never “Добрый день, !”.
_NAME = r"\{(?:ИМЯ|NAME)\}"
_PLACEHOLDERS = (
    (re.compile(rf",[ \t]*{_NAME}"), "{% if first_name and first_name != empty %}, {{ first_name }}{% endif %}"),
    (re.compile(rf"{_NAME},[ \t]*"), "{% if first_name and first_name != empty %}{{ first_name }}, {% endif %}"),
    (re.compile(rf"[ \t]*{_NAME}"), "{% if first_name and first_name != empty %} {{ first_name }}{% endif %}"),
    (re.compile(r"\{(?:E-MAIL|EMAIL)\}"), "{{ email }}"),
)


def with_placeholders(source: str) -> str:
    """The source with `{ИМЯ}` and `{E-MAIL}` written as Liquid; lines stay where they are."""
    for pattern, replacement in _PLACEHOLDERS:
        source = pattern.sub(replacement, source)
    return source


_LITERAL_URL = re.compile(r"https?://[^\s\"'<>{}|\\]+", re.IGNORECASE)


def literal_hosts(source: str) -> frozenset[str]:
    """Hosts of the absolute links an author wrote out in full."""
    hosts = set()
    for match in _LITERAL_URL.finditer(unescape(source)):
        if source[match.end() : match.end() + 1] == "{" and match.group().count("/") < 3:
            continue  # the host goes on inside a variable
        try:
            host = urlsplit(match.group()).hostname
        except ValueError:
            continue
        if host:
            hosts.add(host.lower())
    return frozenset(hosts)
