"""A sparkline as a shape in the address: crisp at every size, in the ink of the palette worn, no request."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from dash import html
from dash.development.base_component import Component

from components.format import number
from locales import translate

WIDTH, HEIGHT, EDGE = 120.0, 32.0, 3.0


def drawable(values: Sequence[float | None]) -> bool:
    """Whether there are two values to draw a line between."""
    return sum(value is not None for value in values) >= 2


def spark(values: Sequence[float | None], lang: str, decimals: int = 0) -> Component:
    """A sparkline with its words: from, to, lowest and highest.

    Args:
        values: at least two of them known, oldest first.
        lang: language.
        decimals: of the figures in the words.
    """
    known = [value for value in values if value is not None]
    told = {"first": known[0], "last": known[-1], "low": min(known), "high": max(known)}
    words = translate(lang, "spark.words", **{name: number(value, lang, decimals) for name, value in told.items()})
    return html.Span(
        className="spark", role="img", title=words, style={"--spark": f'url("{address(values)}")'},
        **{"aria-label": words},
    )  # fmt: skip


def address(values: Sequence[float | None]) -> str:
    """A ``data:`` address of an SVG of the values, oldest left; gaps stay gaps. Its colour is of no account.

    Args:
        values: at least two of them known.
    """
    known = [value for value in values if value is not None]
    low, high = min(known), max(known)
    step = WIDTH / max(1, len(values) - 1)
    parts, pen = [], "M"
    for place, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        share = (value - low) / (high - low) if high > low else 0.5
        parts.append(f"{pen}{place * step:.1f} {HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE):.1f}")
        pen = "L"
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" preserveAspectRatio="none">'
        f'<path d="{"".join(parts)}" fill="none" stroke="#000" stroke-width="1.6" '
        'vector-effect="non-scaling-stroke" stroke-linejoin="round" stroke-linecap="round"/></svg>'
    )
    return "data:image/svg+xml," + quote(drawn)
