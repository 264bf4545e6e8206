"""A tiny line without axes beside a figure: whether it grows or falls is seen, how much is read elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString

WIDTH, HEIGHT, EDGE = 80, 20, 2


def spark(values: Sequence[float], label: str) -> SafeString | str:
    """The line of figures at even distances, from the least at the bottom to the greatest on top; `label` says it in words.

    Fewer than two figures draw nothing. Figures that are all the same lie in the middle.
    """
    if len(values) < 2:
        return ""
    least, span = min(values), max(values) - min(values)
    step, rise = (WIDTH - 2 * EDGE) / (len(values) - 1), HEIGHT - 2 * EDGE
    heights = [(value - least) / span if span else 0.5 for value in values]
    points = " ".join(f"{EDGE + n * step:.1f},{HEIGHT - EDGE - height * rise:.1f}" for n, height in enumerate(heights))
    return format_html(
        '<svg class="spark" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-label="{2}"><polyline points="{3}" '
        'fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" stroke-linecap="round"/></svg>',
        WIDTH, HEIGHT, label, points,
    )  # fmt: skip
