"""The live counter: a figure by minutes over a window that slides, with the line it should not cross."""

from __future__ import annotations

from samovar.measure.reports.live.report import Live

__all__ = ["Live"]
