"""Every KPI against its target and reference, with trend and note."""

from __future__ import annotations

import dash
from dash.development.base_component import Component

from components.kpi import kpi_strip
from components.kpi_table import kpi_table
from layouts.language import language_of
from layouts.moment import moment_in
from layouts.shell import page, page_title, view
from live.views import register_view

dash.register_page(__name__, path="/kpis", name="kpis", title=page_title("kpis"))

register_view("kpis-strip", ("kpis",), lambda pictures, lang: kpi_strip(pictures.get("kpis"), lang))
register_view("kpis-table", ("kpis",), lambda pictures, lang: kpi_table(pictures.get("kpis"), lang), min_seconds=5)


def layout(lang: str | None = None, **query: str) -> Component:
    """Strip and table."""
    spoken, moment = language_of(lang), moment_in(query)
    return page(
        spoken, "kpis",
        view("kpis-strip", spoken, "at-kpis", moment=moment),
        view("kpis-table", spoken, "at-table", moment=moment),
    )  # fmt: skip
