"""A tiny cockpit for the browser test: a Dash page with two views and moving vehicles.

Run as ``python -m tests.live.tiny_port PORT VERSION [vehicles=200] [heartbeat=25] [patience=8]``. ``/hashes``
answers with the hashes of its topics, ``/counts`` with what happened on the endpoint; ``/still`` stops the
publishing (once it has answered, nothing more comes), ``/go`` starts it. It is the real server stack: Dash on
FastAPI, uvicorn, hub, endpoint, assets.
"""

from __future__ import annotations

import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import dash
import uvicorn
from dash import html
from fastapi import FastAPI
from plotly.io.json import to_json_plotly

from domain.pictures import YardPicture
from domain.viewer import PORT_OPERATOR
from live import endpoint
from live.hub import Hub
from live.views import register_view
from live.wire import server_options
from tests.live.pictures import Fleet, block

TEXTS = (
    '{"age.seconds":"{n} s ago","age.minutes":"{n} min ago","age.never":"never",'
    '"connection.live":"live","connection.lost":"no connection","connection.connecting":"connecting"}'
)


def draw_yard(pictures, language):
    """The yard's tile: a title and a line per block."""
    yard = pictures.get("yard")
    if yard is None:
        return html.Div("empty")
    lines = [html.Li(f"{row.key} {row.boxes}", id=f"block-{row.key}") for row in yard.rows]
    age = html.Div(
        [html.Span(className="age")], id="yard-age", **{"data-as-of": _iso(yard.as_of), "data-expected": "3"}
    )
    return [html.H2(language), html.Ul(lines), age]


def _iso(time):
    return time.isoformat() if time else ""


def build(hub, version):
    register_view("yard-tile", ("yard",), draw_yard, min_seconds=0.2)
    register_view("broken", ("feeds",), lambda pictures, language: 1 / 0)
    server = FastAPI(openapi_url=None)
    live = endpoint.attach(server, hub, lambda scope: PORT_OPERATOR, version=version)

    @server.get("/hashes")
    def hashes():
        return {topic: hub.state_hash(topic) for topic in ("vehicles", "yard", "view:yard-tile@en")}

    @server.get("/counts")
    def counts():
        return {**live.counts, "clients": live.clients}

    assets = Path(__file__).resolve().parents[2] / "assets"
    app = dash.Dash(
        "tiny",
        server=server,
        backend="fastapi",
        assets_folder=str(assets),
        assets_ignore="^(?!live).*",
        serve_locally=True,
    )
    app.index_string = app.index_string.replace("<html>", '<html lang="en">')
    app.layout = lambda: html.Div(
        [
            html.Div(id="connection"),
            html.Div(hub.draw("yard-tile", "en"), id="yard", **{"data-view": "yard-tile"}),
            html.Div(id="broken", **{"data-view": "broken"}),
            html.Div([html.Span(className="age")], id="no-time", **{"data-as-of": ""}),
        ],
        **{"data-live-texts": TEXTS},
    )
    return server


def feed(hub, going, publishing, vehicles):
    """Publish like a pipeline thread: vehicles and a yard that change, five times a second."""
    fleet, tick = Fleet(vehicles), 0
    while True:
        time.sleep(0.2)
        going.wait()
        with publishing:
            if not going.is_set():
                continue
            tick += 1
            hub.publish("vehicles", fleet.step())
            rows = [block("A1", boxes=tick), block("B2", boxes=7)]
            hub.publish("yard", YardPicture(as_of=datetime.now(UTC), expected_seconds=3, rows=rows))


def still(going, publishing):
    """Stop the publishing, and come back once what was under way is out."""
    going.clear()
    with publishing:
        return


def main(port, version, *told):
    options = {"vehicles": 200, "heartbeat": 25, "patience": 8} | dict(pair.split("=") for pair in told)
    hub = Hub(lambda value: to_json_plotly(value).encode())
    going, publishing = threading.Event(), threading.Lock()
    server = build(hub, version)
    server.add_api_route("/still", lambda: still(going, publishing), methods=["GET"])
    server.add_api_route("/go", lambda: going.set(), methods=["GET"])
    going.set()
    threading.Thread(target=feed, args=(hub, going, publishing, int(options["vehicles"])), daemon=True).start()
    beats = {"heartbeat": float(options["heartbeat"]), "patience": float(options["patience"])}
    uvicorn.run(server, host="127.0.0.1", port=int(port), log_level="warning", **server_options(**beats))


if __name__ == "__main__":
    main(*sys.argv[1:])
