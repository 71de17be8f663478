"""One declaration made for the styleguide: stuck, with a mismatch, photographs, samples and a closed alert."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from dash import html
from dash.development.base_component import Component
from msgspec.structs import replace

from components.declaration import declaration_clock, declaration_head
from components.declaration_parts import (
    declaration_alerts,
    declaration_boxes,
    declaration_papers,
    declaration_samples,
    declaration_way,
)
from components.links import declaration_link
from components.port_map import still_map
from components.track import track_bounds, track_line
from domain.declaration_file import (
    CODES,
    ActOnAlert,
    Baseline,
    Box,
    Check,
    DeclarationFile,
    Fix,
    Photo,
    Sample,
    clock,
    compared,
)
from domain.records import Direction, InspectionTask, Origin
from layouts.stage import stage
from pages import _samples as samples

HOUR = timedelta(hours=1)


def declaration(lang: str, now: datetime) -> list[Component]:
    """Every part of the page of one declaration, with something in it and empty."""
    file = sample(now)
    none = DeclarationFile(as_of=now, row=replace(file.row, nodes={}, stage=""), segments=clock({}, now))
    fixes = [(fix.at, fix.lon, fix.lat, fix.speed_kmh) for fix in file.way]
    port = stage.settings.port
    drawn = still_map("style-way", lang, track_bounds(fixes) or [], track_line(fixes), centre=port.centre)
    parts = (declaration_head, declaration_clock, declaration_boxes, declaration_papers, declaration_samples,
             declaration_way, declaration_alerts)  # fmt: skip
    named = html.P(declaration_link(file.row.key))
    return [named, *(part(one, lang) for part in parts for one in (file, none)), html.Div(drawn, className="way-map")]


def sample(now: datetime) -> DeclarationFile:
    """It has waited for its task a day, where its kind waits for hours."""
    row = samples.inspection(now)
    row.nodes = {node: at - 26 * HOUR for node, at in row.nodes.items()}
    box = row.containers[0]
    task = InspectionTask(
        feed="sample", origin=Origin.SIMULATED, event_time=now, declaration_no=row.key, direction=Direction.EXPORT,
        containers=(box,), special=("cold_chain", "unaccompanied"), hold="suspended", held_since=now - 20 * HOUR,
        accepted_at=now - 29 * HOUR, cut_off=now + 9 * HOUR, truck=samples.ALIAS, fee_waived=True,
    )  # fmt: skip
    lon, lat = stage.settings.port.centre[1], stage.settings.port.centre[0]
    alert = replace(samples.alerts(now, 2).rows[0], state="closed", subject=row.key, closed_at=now - HOUR)
    return DeclarationFile(
        as_of=now, row=row, task=task, segments=compared(clock(row.nodes, now, task), row, _baseline()),
        boxes=[
            Box(container_no=box, scanned_at=now - 25 * HOUR, reviewed_at=now - 24 * HOUR, released_directly=True,
                checks=[Check(at=now - 25 * HOUR, result="seal_mismatch", container_no=box, seal_no="M/1")],
                photos=[Photo(at=now - 25 * HOUR, container_no=box, part="seal", place="2026/11/0001.jpg")]),
        ],
        checks=[Check(at=now - 25 * HOUR, result="other:?")], photos=[Photo(at=now - 25 * HOUR, place="2026/11/2.jpg")],
        samples=[Sample(sample_no=1, sent_at=now - 22 * HOUR, completed_at=now - 2 * HOUR),
                 Sample(sample_no=2, sent_at=now - HOUR)],
        truck=samples.ALIAS, other_trucks=[samples.ALIAS[::-1]],
        way=[Fix(at=now - HOUR, lon=lon, lat=lat, speed_kmh=30.0), Fix(at=now, lon=lon + 0.01, lat=lat + 0.01)],
        alerts=[alert, *samples.alerts(now, 3).rows],
        acts=[ActOnAlert(at=now - 2 * HOUR, what="acknowledge", alert=alert.key, who="watch-1"),
              ActOnAlert(at=now - HOUR, what="close", alert=alert.key)],
    )  # fmt: skip


def _baseline() -> Baseline:
    """A hundred of its kind, that took up to eight hours a node."""
    hours = np.linspace(0.1, 8.0, 100)
    kinds = {"farm": "yes", "mode": "machine", "area": "north"}
    return Baseline(
        hours=dict.fromkeys(CODES, hours), kinds={name: np.array([one] * 100) for name, one in kinds.items()}
    )
