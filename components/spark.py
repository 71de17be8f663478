"""A sparkline as a picture in the address: crisp at every size, no script, no request."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

LINE = "#8fb3c9"
WIDTH, HEIGHT, EDGE = 120.0, 32.0, 3.0


def spark(values: Sequence[float | None]) -> str:
    """A ``data:`` address of an SVG of the values, oldest left; gaps stay gaps.

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
        f'<path d="{"".join(parts)}" fill="none" stroke="{LINE}" stroke-width="1.6" '
        'vector-effect="non-scaling-stroke" stroke-linejoin="round" stroke-linecap="round"/></svg>'
    )
    return "data:image/svg+xml," + quote(drawn)
