"""A page that holds nothing but the map, on the real server stack, and a Chromium to look at it."""

from __future__ import annotations

import threading
import time

import dash
import numpy as np
import pytest
import uvicorn
from dash import html
from fastapi import FastAPI

from components.port_map import port_map
from domain.pictures import Positions
from domain.viewer import PORT_OPERATOR
from live import endpoint
from live.hub import Hub
from live.wire import server_options
from tests.conftest import REPO


def positions(kind, rows):
    """Positions from [(id, label, lon, lat, speed, heading, status, age_seconds)]."""
    columns = list(zip(*rows, strict=True)) if rows else [[] for _ in range(8)]
    number = [np.array(column, float) for column in columns[2:]]
    return Positions(
        kind=kind, as_of=None, expected_seconds=10, origins=["simulated"], feeds=["trucks"],
        ids=list(columns[0]), labels=list(columns[1]), lon=number[0], lat=number[1], speed=number[2],
        heading=number[3], status=number[4].astype(np.int16), seen=time.time() - number[5],
    )  # fmt: skip


class MapServer:
    """Hub, endpoint and a Dash page with one map, on a free loopback port."""

    def __init__(self):
        self.hub = Hub(lambda value: b"null")
        server = FastAPI(openapi_url=None)
        endpoint.attach(server, self.hub, lambda scope: PORT_OPERATOR, version="v1")
        app = dash.Dash("map", server=server, backend="fastapi", assets_folder=str(REPO / "assets"))
        size = {"position": "fixed", "inset": "0"}
        app.layout = html.Div(port_map("map", "en", yard_limit=0.85, late_seconds=600), style=size)
        config = uvicorn.Config(server, port=0, log_level="error", lifespan="off", **server_options())
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        end = time.monotonic() + 90
        while not self.server.started:
            assert time.monotonic() < end, "the map's server did not start"
            time.sleep(0.02)
        self.url = f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"

    def stop(self):
        self.server.should_exit = True
        self.thread.join(20)
        self.hub.close()


@pytest.fixture(scope="module")
def map_server():
    server = MapServer()
    yield server
    server.stop()


@pytest.fixture
def open_map(browser, map_server):
    """Factory: a page showing the map, drawn and subscribed; collects page errors and foreign requests."""
    contexts = []

    def open_page(**options):
        context = browser.new_context(viewport={"width": 1000, "height": 700}, **options)
        context.set_default_timeout(90_000)
        contexts.append(context)
        page = context.new_page()
        page.errors, page.asked = [], []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(map_server.url)
        page.wait_for_function("window.cockpitMap && [...cockpitMap.open].some(m => m.scene.geo)")
        page.evaluate("window.port = [...cockpitMap.open][0]")
        return page

    yield open_page
    for context in contexts:
        context.close()
