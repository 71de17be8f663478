"""Gates: waiting time against its limit, as bars on one scale."""

from __future__ import annotations

from collections.abc import Mapping

from dash import html
from dash.development.base_component import Component

from components.format import duration, number
from components.marks import shape
from components.past import before_history
from components.tile import nothing, picture_tile
from domain.pictures import GateRow, GatesPicture
from locales import translate

SCALE = 1.5  # the limit stands at two thirds of the bar, always at the same place


def gates_tile(picture: GatesPicture | None, lang: str, names: Mapping[str, str]) -> Component:
    """All gates; the scale is the limit's, so bars can be compared between moments."""
    title = translate(lang, "gate.title")
    if picture is None or not picture.rows or before_history():
        return picture_tile(title, nothing(picture, lang, "gates"), picture, lang=lang, name="gates")
    rows = [gate_bar(row, lang, names.get(row.key, row.name)) for row in picture.rows]
    limit = max(row.limit_minutes for row in picture.rows)
    aside = translate(lang, "gate.limit", limit=duration(limit, lang))
    return picture_tile(title, html.Div(rows, className="gate-bars"), picture, lang=lang, aside=aside, name="gates")


def gate_bar(row: GateRow, lang: str, name: str) -> Component:
    """One gate."""
    over = 0 < row.limit_minutes <= row.wait_minutes
    share = row.wait_minutes / (SCALE * row.limit_minutes) if row.limit_minutes > 0 else 0.0
    words = translate(
        lang, "gate.words", name=name, wait=duration(row.wait_minutes, lang), trucks=row.trucks_waiting,
        lanes=row.lanes_open, moves=row.moves_last_hour,
    )  # fmt: skip
    cells = [
        html.Span(name, className="gate-name"),
        html.Span(className="gate-bar", style={"--fill": f"{min(1.0, share) * 100:.1f}%"}),
        shape("l3") if over else html.I(className="mark none"),
        html.Span(duration(row.wait_minutes, lang), className="gate-wait num"),
        html.Span(translate(lang, "gate.trucks", n=number(row.trucks_waiting, lang)), className="gate-trucks num"),
    ]
    state = "gate over" if over else "gate"
    return html.Div(cells, className=state, title=words, **{"data-subject": f"gate:{row.key}"})
