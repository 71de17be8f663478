"""Large tables: an AG Grid whose rows are a view, so they change without being asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import dash_ag_grid as dag
from dash import html
from dash.development.base_component import Component

from components.format import clock, iso
from locales import translate

WIDTHS = {
    "key": 20, "platform": 22, "raw": 54, "detail": 30, "text": 46, "what": 14, "reached": 13, "seen": 12, "class": 15,
    "bill": 15, "opened": 16, "closed": 16, "received": 27, "ref": 24, "reason": 20, "label": 18, "stage": 14,
    "direction": 9, "mode": 10, "origin": 10, "level": 8, "status": 13, "by": 14,
    "at": 18, "who": 15, "address": 15, "roles": 18, "object": 28, "before": 34, "after": 34, "act": 14,
    "section": 14, "setting": 26, "value": 34, "from": 10, "feed": 16,
}  # share of the width  # fmt: skip
OTHER_WIDTH = 10
FILTERED = frozenset(
    {
        "key",
        "stage",
        "platform",
        "bill",
        "label",
        "what",
        "text",
        "ref",
        "reason",
        "raw",
        "who",
        "act",
        "object",
        "section",
        "setting",
        "value",
    }
)
GRID_TEXTS = (
    "noRowsToShow", "loadingOoo", "filterOoo", "contains", "notContains", "equals", "notEqual", "startsWith",
    "endsWith", "blank", "notBlank", "andCondition", "orCondition", "ariaFilterInput", "noMatchingRows",
)  # fmt: skip


def grid(
    name: str,
    columns: Sequence[str],
    rows: Sequence[dict[str, Any]],
    lang: str,
    view: str = "",
    shares: Mapping[str, int] = MappingProxyType({}),
) -> Component:
    """A table that sorts, filters and lets one row be picked.

    Args:
        name: id of the grid.
        columns: fields; headers are catalogue ``column.<field>``.
        rows: one mapping per row, texts ready to show; ``key`` tells rows apart.
        lang: language.
        view: name of the view that brings new rows; empty = none.
        shares: of the width, where the table is narrower than tables are.
    """
    width = {field: shares.get(field, WIDTHS.get(field, OTHER_WIDTH)) for field in columns}
    table = dag.AgGrid(
        id=name,
        columnDefs=[_column(field, width[field], lang) for field in columns],
        defaultColDef={"sortable": True, "filter": True, "resizable": True, "minWidth": 70},
        rowData=list(rows),
        getRowId="params.data.key",
        className="cockpit-grid",
        dashGridOptions=options(lang),
        style={"height": "100%", "width": "100%"},
    )  # fmt: skip
    feeds = {"data-rows-of": f"view:{view}", "data-grid": name} if view else {}
    # On a phone the table keeps as much width as its columns need, and scrolls.
    return html.Div(table, className="grid-place", style={"--shares": str(sum(width.values()))}, **feeds)


def options(lang: str) -> dict[str, Any]:
    """What all tables have in common."""
    return {
        "theme": {"function": "themeBalham.withPart(colorSchemeVariable)"},
        "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
        "localeText": {name: translate(lang, f"grid.{name}") for name in GRID_TEXTS},
        "animateRows": False,
        "suppressContentVisibilityAuto": True,  # else a table below the fold has no columns for who cannot see
        "suppressFieldDotNotation": True,
    }


def _column(field: str, share: int, lang: str) -> dict[str, Any]:
    return {
        "field": field,
        "headerName": translate(lang, f"column.{field}"),
        "flex": share,
        "suppressHeaderFilterButton": field not in FILTERED,
    }


def moving_rows(positions: Any, kind: str, lang: str, status: Sequence[str]) -> list[dict[str, Any]]:
    """Vehicles or vessels for the grid."""
    unit = translate(lang, "map.unit.knots" if kind == "vessels" else "map.unit.kmh")
    rows = []
    for i, subject in enumerate(positions.ids):
        speed = float(positions.speed[i])
        seen = datetime.fromtimestamp(float(positions.seen[i]), UTC)
        rows.append(
            {
                "key": f"{kind}|{subject}",
                "label": positions.labels[i] or subject,
                "kind": translate(lang, f"track.{kind}"),
                "status": translate(lang, f"map.status.{status[int(positions.status[i])]}"),
                "speed": "–" if speed != speed else f"{speed:.0f} {unit}",
                "seen": clock(seen, lang, positions.as_of),
                "seen_iso": iso(seen),
            }
        )
    return rows
