"""The choice of a palette; ``assets/palette.js`` wears it, ``screens-1-palettes.css`` holds the colours."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from domain.wall import PALETTES
from locales import translate


def palette_select(lang: str) -> Component:
    """A list of the palettes, and ``auto``."""
    words = translate(lang, "palette.label")
    choices = [html.Option(translate(lang, f"palette.{name}"), value=name) for name in ("auto", *PALETTES)]
    return html.Select(choices, className="palette", title=words, **{"data-palette-select": "", "aria-label": words})
