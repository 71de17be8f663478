"""A page with nothing but the port's map, and tracks of a made-up fleet to play back on it.

Run as ``python -m bench.playback_page PORT VEHICLES``. The real stack: Dash on FastAPI, uvicorn, hub,
endpoint, assets; only the tracks are generated instead of read.
"""

from __future__ import annotations

import sys
from datetime import datetime

import dash
import numpy as np
import uvicorn
from dash import html
from fastapi import FastAPI, Response

from components.port_map import port_map
from domain.viewer import PORT_OPERATOR
from live import endpoint
from live.columns import pack_values
from live.hub import Hub
from live.rows import to_json
from live.wire import server_options
from settings import PROJECT

EVERY_SECONDS = 15  # what playback at x60 asks for


def tracks(count: int, since: datetime, until: datetime) -> bytes:
    """A block as /api/v1/moment/tracks answers it: everybody drives a circle, a fix every 15 s.

    Args:
        count: vehicles.
        since: begin of the block; the first fix lies at it.
        until: its end.
    """
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(120.17, 120.26, count)[:, None], rng.uniform(35.99, 36.04, count)[:, None]
    radius, phase = rng.uniform(100, 600, count)[:, None], rng.uniform(0, 6.28, count)[:, None]
    seconds = np.arange(0, (until - since).total_seconds() + 1, EVERY_SECONDS)[None, :]
    angle = phase + (since.timestamp() % 86_400 + seconds) * (10.0 / radius)  # 36 km/h
    columns = {
        "time": np.broadcast_to(seconds, angle.shape),
        "lon": np.rint((lon + radius * np.cos(angle) / 90_000) * 1e5),
        "lat": np.rint((lat + radius * np.sin(angle) / 111_000) * 1e5),
        "speed": np.full(angle.shape, 360),
        "heading": np.rint(np.degrees(-angle)) % 360,
    }
    packed = {name: pack_values(values.ravel().astype(np.int64)) for name, values in columns.items()}
    ids = [f"B{number:05d}" for number in range(count)]
    first = np.arange(count + 1) * angle.shape[1]
    return to_json(
        {"kind": "vehicles", "since": since.timestamp(), "until": until.timestamp(), "ids": ids, "labels": ids,
         "status": [1] * count, "first": first.tolist(), **packed}
    )  # fmt: skip


def build(count: int) -> FastAPI:
    """The server with its page at /."""
    server = FastAPI(openapi_url=None)
    endpoint.attach(server, Hub(lambda value: b"null"), lambda scope: PORT_OPERATOR, version="bench")

    @server.get("/api/v1/moment/tracks")
    def block(kind: str, since: datetime, until: datetime) -> Response:
        return Response(tracks(count if kind == "vehicles" else 0, since, until), media_type="application/json")

    @server.get("/api/v1/moment")
    def moment(at: datetime) -> Response:
        return Response(to_json({"at": at.timestamp(), "frames": [], "errors": {}}), media_type="application/json")

    app = dash.Dash(
        "bench", server=server, backend="fastapi", assets_folder=str(PROJECT / "assets"),
        assets_ignore="^screens", serve_locally=True,
    )  # fmt: skip
    app.layout = html.Div(port_map("map", "en"), style={"height": "95vh", "width": "95vw"})
    return server


if __name__ == "__main__":
    uvicorn.run(
        build(int(sys.argv[2])), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", **server_options()
    )
