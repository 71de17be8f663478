"""The page of inspections alone, with as many declarations as asked for, for the benchmark of its table.

``python -m bench.board_page ROWS PORT``. Every second one declaration reaches its next node; ``as_of`` tells when the
change began. The real views, hub, endpoint and assets; no store behind them.
"""

from __future__ import annotations

import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import count

import dash
import msgspec
import uvicorn
from dash import html
from fastapi import FastAPI

from components.inspection_grid import grid_rows, grid_tools, inspection_grid
from domain.pictures import InspectionRow, InspectionsPicture
from domain.terms import Node
from domain.viewer import PORT_OPERATOR
from live import endpoint
from live.hub import Hub
from live.views import register_view
from live.wire import server_options
from settings import PROJECT

GROUPS = ("waiting", "in_progress", "to_release", "held")
SPECIAL = (["unaccompanied"], [], ["ship_side", "cold_chain"], [])


def declaration(n: int, now: datetime) -> InspectionRow:
    """One with all that customs' list shows; two boxes, some nodes behind it."""
    reached = list(Node)[: 1 + n % 6]
    nodes = {str(node): now - timedelta(minutes=n % 600 + 10 * (6 - place)) for place, node in enumerate(reached)}
    return InspectionRow(
        key=f"42582026{n:010d}", bill_of_lading=f"QDGS{n:07d}", platform=f"前湾港北港查验区{n % 6 + 1}号平台",
        area="north",
        direction="export" if n % 3 else "import", mode="manual", enterprise_class="general", fresh=n % 7 == 0,
        farm=False, stage=str(reached[-1]), nodes=nodes, containers=[f"MSKU{n:07d}", f"TEMU{n:07d}"],
        origin="simulated", group=GROUPS[n % 4], last_at=max(nodes.values()), country="韩国", entry_state="精准进场",
        vessel_name="COSCO QINGDAO", vessel_departure_at=now + timedelta(hours=9), agent="山东外贸",
        special=SPECIAL[n % 4],
        hold="suspended" if n % 4 == 3 else "", held_since=now - timedelta(hours=3) if n % 4 == 3 else None,
    )  # fmt: skip


def serve(rows: int, port: int) -> None:
    """Serve until ended."""
    hub, server = Hub(lambda value: b"null"), FastAPI(openapi_url=None)
    endpoint.attach(server, hub, lambda scope: PORT_OPERATOR, version="bench")
    register_view(
        "board-rows",
        ("inspections",),
        lambda p, lang: grid_rows(p.get("inspections"), lang),
        min_seconds=0.2,
        table=True,
    )
    app = dash.Dash("board", server=server, backend="fastapi", assets_folder=str(PROJECT / "assets"))
    table = inspection_grid("board-grid", [], "en", "board-rows")
    inner = html.Main([grid_tools("board-grid", "en"), table], style={"height": "100vh", "display": "flex",
                                                                       "flexDirection": "column"})  # fmt: skip
    app.layout = html.Div(inner, lang="en", className="page-inspections")
    app.index_string = app.index_string.replace("<html>", '<html lang="en">')
    threading.Thread(target=drive, args=(hub, rows), daemon=True).start()
    uvicorn.run(server, port=port, log_level="error", **server_options())


def drive(hub: Hub, rows: int) -> None:
    """A change a second, as of its beginning."""
    began = datetime.now(UTC)
    held = [declaration(n, began) for n in range(rows)]
    for second in count():
        time.sleep(1.0 - time.time() % 1.0)
        now, place = datetime.now(UTC), second * 7 % rows
        held[place] = msgspec.structs.replace(held[place], platform=now.isoformat(), last_at=now)
        hub.publish("inspections", InspectionsPicture(as_of=now, rows=list(held), total=rows))


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
