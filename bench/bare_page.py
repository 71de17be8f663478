"""The least Dash page with a chart, a map and a grid: what the cockpit's first visit is held against.

``python -m bench.bare_page PORT`` serves it until the lines end.
"""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import dash
import dash_ag_grid as dag
import dash_leaflet as dl
import plotly.graph_objects as go
import uvicorn
from dash import dcc, html
from fastapi import FastAPI

from bench.process import answer

HOURS, ROWS = 72, 50


def layout() -> Any:
    """A line of three days, an empty map, a table of fifty rows."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    figure = go.Figure(
        go.Scatter(x=[begin + timedelta(hours=n) for n in range(HOURS)], y=[n % 24 for n in range(HOURS)])
    )
    rows = [{"key": str(n), "name": f"row {n}", "value": n} for n in range(ROWS)]
    grid = dag.AgGrid(columnDefs=[{"field": name} for name in ("key", "name", "value")], rowData=rows)
    here = dl.Map(center=[36.0, 120.2], zoom=12, style={"height": "300px"})
    return html.Main([dcc.Graph(figure=figure), here, grid], className="page page-bare")


def main(port: int) -> None:
    """Serve on a port of this machine until standard input ends."""
    server = FastAPI(openapi_url=None)
    app = dash.Dash("bench.bare_page", server=server, backend="fastapi", assets_folder="none", serve_locally=True)
    app.layout = layout
    running = uvicorn.Server(uvicorn.Config(server, host="127.0.0.1", port=port, log_level="error", access_log=False))

    def obey() -> None:
        for _ in sys.stdin:
            pass
        running.should_exit = True

    threading.Thread(target=obey, daemon=True).start()
    answer({"port": port})
    running.run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
