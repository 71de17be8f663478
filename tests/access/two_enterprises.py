"""The whole cockpit over a store of some enterprises' rows, and everything it answers one of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2 as httpx
import msgspec
import pytest
import uvicorn
from websockets.asyncio.client import connect

import composition
import entering
import settings as configuration
from access.paths import PAGES
from access.visitors import Demo, Visit
from datasources.mapping import DATASETS
from domain.alert_pictures import AlertRow, alert_id
from domain.permissions import Role
from domain.pictures import TOPICS
from domain.records import InspectionTask, Record, VesselCall, VesselPosition, VesselStatic, WeatherObservation
from domain.viewer import Viewer
from live.bus import LocalBus
from live.views import registered
from live.wire import server_options
from locales import translate
from pipeline.follower import Follower
from store.engine import open_store
from tests.store.samples import NOW, ago, one_of_each

HEARD = (VesselPosition, VesselStatic, WeatherObservation, VesselCall)  # on the air: everybody's
NOT_DRAWN = translate("en", "empty.not_drawn")
EVERYTHING = frozenset(Role)  # no role keeps anything from anybody here: only the scope does
VIEWERS = {
    "port": Viewer(name="port", roles=EVERYTHING),
    "A": Viewer(name="a", roles=EVERYTHING, scope=frozenset({"E-AAA"})),
    "B": Viewer(name="b", roles=EVERYTHING, scope=frozenset({"E-BBB"})),
}
SPAN = {"since": ago(hours=2).isoformat(), "until": ago(minutes=1).isoformat()}
SINCE = {"from": SPAN["since"], "to": SPAN["until"]}
MOMENTS = [{}] + [{"at": ago(minutes=1).isoformat(), "known": known} for known in ("corrected", "then")]
ROUTES: dict[str, list[dict[str, Any]]] = {
    **{f"/api/v1/{name}": MOMENTS for name in (
        "feeds", "notices", "kpis", "vehicles", "vessels", "yard", "inspections", "inspections/queue",
        "inspections/AAAD1", "inspections/BBBD1", "inspections/PPPD1", "inspections/AAAD1/file",
        "inspections/BBBD1/file", "inspections/PPPD1/file", "gates", "alerts", "forecasts", "quarantine",
        "inspections/sailings", "inspections/warnings", f"alerts/{alert_id('r:AAAD1')}/orders",
        "orders",
    )},
    **{f"/api/v1/datasets/{name}": [{**SINCE, **moment} for moment in MOMENTS] for name in DATASETS},
    "/api/v1/inspections/integrity": MOMENTS,
    **{f"/api/v1/alerts/{alert_id(f'overdue:{word}D1')}": MOMENTS for word in ("AAA", "BBB", "PPP")},
    "/api/v1/datasets": [{}],
    "/api/v1/quarantine/1": [{}],
    "/api/v1/yard/hourly": [SPAN],
    "/api/v1/trends": [{"metric": "gate_moves", "per": per, **SPAN} for per in ("hour", "day")],
    "/api/v1/moment/tracks": [{"kind": kind, **SPAN} for kind in ("vehicles", "vessels")],
    "/api/v1/search": [{"q": q, **m} for q in ("D1", "C", "T1", "A1", "AAA", "BBB", "PPP", "G1") for m in MOMENTS],
    "/api/v1/kept": [{}],
    "/api/v1/simulation/made": [SPAN],
    "/api/v1/moment": [],  # by `_moments`
    "/api/v1/topics": [],  # by `_polled`
}  # fmt: skip


def rows_of(word: str) -> list[Record]:
    """Everything one enterprise (``AAA``, ``BBB``) or the port (``PPP``) has; every name begins with the word."""
    owner = None if word == "PPP" else f"E-{word}"
    rows = [record for record in one_of_each(owner, prefix=word) if not isinstance(record, HEARD)]
    return [
        msgspec.structs.replace(row, platform=f"{word}-P", containers=(f"{word}C1",), bill_of_lading=f"{word}BL")
        if isinstance(row, InspectionTask)
        else row
        for row in rows
    ]


def everybodys() -> list[Record]:
    """Vessels and the weather."""
    return [record for record in one_of_each(None) if isinstance(record, HEARD[:3])]


def alert_about(subject: str) -> AlertRow:
    return AlertRow(
        key=f"overdue:{subject}", rule="overdue_confirmation", level=2, subject_kind="declaration", subject=subject,
        state="new", condition="firing", opened_at=ago(hours=1), last_at=ago(hours=1), count=1,
    )  # fmt: skip


class Somebody(Demo):
    """Whoever a header names: that there are logins is not what is tried here."""

    async def visit(self, scope: Mapping[str, Any]) -> Visit:
        """The viewer of the header, else the operator."""
        name = dict(scope.get("headers", ())).get(b"x-viewer", b"").decode()
        return Visit(VIEWERS[name], program=True) if name else await super().visit(scope)


class House:
    """The cockpit in this process, on a port of its own."""

    def __init__(self, url: str, home: Path, words: Sequence[str]) -> None:
        """Fill an empty database with the rows of ``words`` and serve it."""
        self.store = open_store(url, clock=lambda: NOW)
        for records in (everybodys(), *map(rows_of, words)):
            self.store.ingest("test", records, received_at=ago(minutes=5))
        self.store.save_alerts([alert_about(f"{word}D1") for word in words if word != "AAA"])
        self.store.save_rollups([("gate_moves", "port", ago(hours=1), float(len(words)))])
        told = configuration.load(environ={"COCKPIT_HOME": str(home)})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(entering, "visitors_of", lambda settings, store: Somebody())
            built = composition.build(
                told, self.store, lambda publish: Follower(told, self.store, LocalBus(), publish, lambda: NOW)
            )
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        config = uvicorn.Config(built, log_level="error", lifespan="on", **server_options())
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],), daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.02)

    def client(self, viewer: str) -> httpx.Client:
        """Asks as this viewer."""
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers={"x-viewer": viewer}, timeout=60)

    def close(self) -> None:
        """Stop."""
        self._server.should_exit = True
        self._thread.join(30)
        self._listener.close()
        self.store.close()


@contextlib.contextmanager
def house(url: str, home: Path, words: Sequence[str]) -> Iterator[House]:
    """A house that is closed afterwards."""
    built = House(url, home, words)
    try:
        yield built
    finally:
        built.close()


def everything(built: House, viewer: str) -> dict[str, str]:
    """All that is answered to a viewer, by where it was asked; without what differs from run to run."""
    with built.client(viewer) as client:
        said = {f"topic {topic}": text for topic, text in _polled(client).items()}
        said |= streamed(built, viewer)
        for path, questions in ROUTES.items():
            for asked in questions:
                said[f"{path}?{urlencode(asked)}"] = _plain(client.get(path, params=asked).text)
        said |= _moments(client)
        said |= _exported(client)
        for path in PAGES.keys() - {"/styleguide"}:  # made-up samples
            said[f"page {path}"] = _plain(
                _page(client, path.replace("<scene>", "overview").replace("<declaration>", "BBBD1"))
            )
    return said


def _names() -> list[str]:
    return [*TOPICS, *(f"view:{name}@en" for name in registered())]


def _polled(client: httpx.Client) -> dict[str, str]:
    """Every topic and view by polling, once all of them are there and stand still."""
    found: dict[str, str] = {}
    names = [name for name in _names() if name != "clock"]
    before: dict[str, str] = {}
    end, since = time.monotonic() + 120, time.monotonic()
    while len(found) < len(names) or time.monotonic() - since < 5:  # a view is drawn again every three seconds
        assert time.monotonic() < end, f"never came: {sorted(set(names) - found.keys())}"
        if found != before:
            before, since = dict(found), time.monotonic()
        time.sleep(0.5)
        for part in (names[::2], names[1::2]):
            answer = client.get("/api/v1/topics", params={"topics": ",".join(part)}).json()
            assert not answer["unknown"]
            for frame in answer["frames"]:
                found[frame["t"]] = _plain(json.dumps(frame["full"], ensure_ascii=False))
    return found


def streamed(built: House, viewer: str) -> dict[str, str]:
    """Every picture as a viewer gets it first."""
    return asyncio.run(_streamed(built.port, viewer))


async def _streamed(port: int, viewer: str) -> dict[str, str]:
    """Every picture's first frame by websocket."""
    here = f"127.0.0.1:{port}"
    found: dict[str, str] = {}
    async with connect(
        f"ws://{here}/live", origin=f"http://{here}", max_size=None, additional_headers={"x-viewer": viewer}
    ) as line:
        await line.recv()
        names = [name for name in TOPICS if name != "clock"]
        await line.send(json.dumps({"op": "sub", "topics": dict.fromkeys(names)}))
        while len(found) < len(names):
            said = json.loads(await asyncio.wait_for(line.recv(), 60))
            if "full" in said:
                found[f"live {said['t']}"] = _plain(json.dumps(said["full"], ensure_ascii=False))
    return found


def _moments(client: httpx.Client) -> dict[str, str]:
    """Every topic and view of a past moment."""
    found = {}
    names = _names()
    for asked in MOMENTS[1:]:
        for first in range(0, len(names), 60):
            answer = client.get("/api/v1/moment", params={**asked, "topics": ",".join(names[first : first + 60])})
            body = answer.json()
            assert body["errors"] == {}
            for frame in body["frames"]:
                found[f"moment {asked['known']} {frame['t']}"] = _plain(json.dumps(frame["full"], ensure_ascii=False))
    return found


def _exported(client: httpx.Client) -> dict[str, str]:
    """What a file says besides the rows the screen has sent."""
    found = {}
    for view in registered():
        wanted = {"format": "csv", "title": "t", "columns": ["a"], "rows": [["1"]], "view": view, "lang": "en"}
        answer = client.post("/api/v1/export", json=wanted)
        assert answer.status_code == 200
        found[f"export {view}"] = _plain(answer.text)
    return found


def _page(client: httpx.Client, path: str) -> str:
    """A page's first layout, as Dash asks for it."""
    body = {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}],
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": path},
            {"id": "_pages_location", "property": "search", "value": "?lang=en&no=BBBD1&vehicle=BBBT1"},
        ],
        "changedPropIds": ["_pages_location.pathname"],
    }  # fmt: skip
    end = time.monotonic() + 60
    while True:
        answer = client.post("/_dash-update-component", json=body)
        assert answer.status_code == 200
        # Pictures of a scope nobody asked for lately are read anew: until then a page has places without a drawing.
        if NOT_DRAWN not in answer.text or time.monotonic() > end:
            return answer.text.replace("BBBD1", "asked").replace("BBBT1", "asked")
        time.sleep(0.5)


_TIMES = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?")


def _plain(text: str) -> str:
    """Without times of the wall clock, which no run has twice."""
    text = re.sub(r'"(now|at|oldest|as_of|age_seconds|data-as-of)": ?("[^"]*"|[\d.e+-]+|null)', "", text)
    return re.sub(r"\d\d:\d\d(:\d\d)?", "time", _TIMES.sub("time", text))


def past(minutes: float) -> str:
    """A moment to ask for."""
    return (NOW - timedelta(minutes=minutes)).isoformat()
