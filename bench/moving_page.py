"""Pages with nothing but a map of moving vehicles, for the drawing benchmarks.

``python -m bench.moving_page ours|polling VEHICLES PORT``. ``ours``: the port's map fed by the live topics, one
update a second. ``polling``: the usual Dash page, dcc.Interval and dl.GeoJSON with circles on canvas, fed by a
callback once a second. Both on uvicorn; time counts from the moment the server begins to make the update.
"""

from __future__ import annotations

import sys
import threading
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import dash
import dash_leaflet as dl
import uvicorn
from dash import Input, Output, dcc, html
from fastapi import FastAPI

from bench.fleet import PORT_BOX, driven
from components.port_map import port_map
from domain.viewer import PORT_OPERATOR
from live import endpoint
from live.hub import Hub
from live.wire import server_options
from settings import PROJECT

WHOLE_PAGE = {"position": "fixed", "inset": "0"}


def ours(vehicles: int) -> FastAPI:
    """The port's map on the live topic ``vehicles``; ``as_of`` tells when the update began."""
    hub, server = Hub(lambda value: b"null"), FastAPI(openapi_url=None)
    endpoint.attach(server, hub, lambda scope: PORT_OPERATOR, version="bench")
    app = dash.Dash("ours", server=server, backend="fastapi", assets_folder=str(PROJECT / "assets"))
    app.layout = html.Div(port_map("map", "en"), style=WHOLE_PAGE)

    def drive() -> None:
        for second in count():
            time.sleep(1.0 - time.time() % 1.0)
            hub.publish("vehicles", driven(vehicles, second, datetime.now(UTC)))

    threading.Thread(target=drive, daemon=True).start()
    return server


def polling(vehicles: int) -> FastAPI:
    """What one writes without a live layer."""
    server = FastAPI(openapi_url=None)
    assets = Path(__file__).parent / "polling_assets"
    app = dash.Dash("polling", server=server, backend="fastapi", assets_folder=str(assets))
    west, east, south, north = PORT_BOX
    app.layout = html.Div([
        dl.Map(
            dl.GeoJSON(id="vehicles", pointToLayer={"variable": "dashExtensions.default.circle"}),
            center=[(south + north) / 2, (west + east) / 2], zoom=13, preferCanvas=True, style={"height": "100%"},
        ),
        dcc.Interval(id="clock", interval=1000),
    ], style=WHOLE_PAGE)  # fmt: skip

    @app.callback(Output("vehicles", "data"), Input("clock", "n_intervals"))
    def poll(second: int | None) -> dict[str, Any]:
        began = time.time() * 1000
        fleet = driven(vehicles, second or 0, datetime.now(UTC))
        rows = zip(fleet.ids, fleet.lon.tolist(), fleet.lat.tolist(), fleet.speed.tolist(), strict=True)
        features = [
            {
                "type": "Feature", "geometry": {"type": "Point", "coordinates": [round(lon, 5), round(lat, 5)]},
                "properties": {"id": id_, "speed": round(speed, 1), "at": began},
            }
            for id_, lon, lat, speed in rows
        ]  # fmt: skip
        return {"type": "FeatureCollection", "features": features}

    return server


if __name__ == "__main__":
    page = {"ours": ours, "polling": polling}[sys.argv[1]](int(sys.argv[2]))
    uvicorn.run(page, port=int(sys.argv[3]), log_level="error", **server_options())
