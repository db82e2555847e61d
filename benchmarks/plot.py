"""The comparison as a chart: for each query, a bar per server with its CPU per request on a logarithmic scale."""

from __future__ import annotations

from html import escape
from math import log10
from typing import Final

from benchmarks.compare import Comparison
from benchmarks.figures import medians
from benchmarks.peers.registry import peers

LABELS, BARS, FIGURES = 160, 420, 200  # widths of the three columns
LINE, HEAD, GAP = 22, 34, 18  # heights
LEAST: Final = 0.03  # milliseconds at the start of the bars
MOST: Final = 300.0
OURS, THEIRS = "#0b6e4f", "#8a8f98"
STYLE: Final = "text{font:13px system-ui,sans-serif;fill:#222}.query{font-weight:600}.figure{fill:#555}"


def plot(found: Comparison) -> str:
    """Return the chart as SVG, with the main viewer of each query."""
    drawn: list[str] = []
    top = HEAD
    for query in dict.fromkeys(query for query, _, _ in found.samples):
        viewer = next(viewer for name, viewer, _ in found.samples if name == query)
        drawn.append(_text(0, top, f"{query}, as the {viewer} asks", "query"))
        top += LINE
        for server in (name for name in peers() if (query, viewer, name) in found.samples):
            figures = medians(found.samples[query, viewer, server])
            drawn += _bar(top, server, figures["server_cpu_ms"], figures["per_second"])
            top += LINE
        top += GAP
    width = LABELS + BARS + FIGURES
    title = _text(0, 14, "Server CPU for a request, milliseconds, logarithmic; and requests per second", "")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" width="{width}" height="{top}">'
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>\n{title}\n' + "\n".join(drawn) + "\n</svg>\n"
    )


def length(ms: float) -> float:
    """Return the length of the bar for a number of milliseconds."""
    share = log10(max(ms, LEAST) / LEAST) / log10(MOST / LEAST)
    return round(BARS * min(share, 1), 1)


def _bar(top: float, server: str, ms: float, per_second: float) -> list[str]:
    colour = OURS if server.startswith("gateway") else THEIRS
    long = length(ms)
    return [
        _text(0, top, server, ""),
        f'<rect x="{LABELS}" y="{top - 12}" width="{long}" height="15" rx="2" fill="{colour}"/>',
        _text(LABELS + long + 6, top, f"{ms:.2f} ms, {per_second:,.0f}/s", "figure"),
    ]


def _text(left: float, top: float, text: str, kind: str) -> str:
    return f'<text x="{left:g}" y="{top:g}" class="{kind}">{escape(text)}</text>'
