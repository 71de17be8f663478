"""One alert: everything known of it and every act on it, printable, as of any moment."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import dash
import msgspec
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from components.alert_grid import ACTS, MORE_ACTS, act_bar, hidden_by
from components.alert_packet import packet_course, packet_head, packet_seen
from components.alert_packet_parts import (
    packet_data,
    packet_history,
    packet_orders,
    packet_photos,
    packet_plan,
    packet_related,
    packet_way,
)
from components.format import stamp
from components.port_map import still_map
from components.still import still
from components.tile import empty, skeleton, tile
from components.track import place_ring, track_bounds, track_line
from domain.alert_identity import alert_id
from domain.alert_packet import Packet, refusals
from domain.permissions import Permission
from domain.rule_instances import configured
from domain.rule_versions import in_force, running
from domain.rules.base import RuleInstance
from layouts.alert_tabs import alert_tabs
from layouts.keys import ALERT_LETTERS
from layouts.language import language_of
from layouts.moment import Moment, moment_in, moment_of
from layouts.paper import paper_line
from layouts.shell import page, page_title
from layouts.stage import stage
from locales import translate
from pages._visitor import ADDRESS, MOMENT_INPUT, callback, visitor

dash.register_page(__name__, path_template="/alerts/<alert>", name="alert", title=page_title("alert"))

TICK = "alert-tick"
EVERY_MS = 5_000  # a live packet is read again so often; what did not change is not drawn anew


def layout(alert: str = "", lang: str | None = None, **query: str) -> Component:
    """The frame; what stands in it is read when the page is there."""
    spoken, moment = language_of(lang), moment_in(query)
    number = alert_id(alert) if ":" in alert else alert  # also by its key
    why = translate(spoken, "empty.reading" if moment.locked else "packet.reading", time=stamp(moment.at, spoken))
    return page(
        spoken, "alert", paper_line(spoken), alert_tabs(spoken, "alert"),
        html.Div(id="alert-bar", className="place at-bar"),
        html.Div(id="alerts-answer", className="answer", role="status"),
        html.Div(skeleton(why, rows=12), id="alert-file", className="alert-file"),
        html.Div(id="alert-way", className="place at-way"),
        html.Div(id="alert-course-place", className="place at-course"),
        dcc.Interval(id=TICK, interval=EVERY_MS), dcc.Store(id="alert-shown"), dcc.Store(id="alert-done"),
        dcc.Store(id="alert-no", data=number), dcc.Store(id="alert-lang", data=spoken),
    )  # fmt: skip


@callback(
    Permission.LOOK,
    Output("alert-file", "children"), Output("alert-bar", "children"), Output("alert-way", "children"),
    Output("alert-course-place", "children"), Output("alert-shown", "data"),
    Input("alert-no", "data"), MOMENT_INPUT, Input(TICK, "n_intervals"), Input("alert-done", "data"), ADDRESS,
    State("alert-shown", "data"), State("alert-lang", "data"),
)  # fmt: skip
async def show(
    no: str, told: str | None, _: int | None, __: Any, search: str | None, shown: dict[str, str] | None, lang: str
) -> Any:
    """The packet as of the moment; parts that did not change stay in the reader's hands."""
    moment = moment_of(told, search)
    again = dash.ctx.triggered_id in (TICK, "alert-done")
    if again and moment.locked:
        return (no_update,) * 5
    return await asyncio.to_thread(_show, visitor(), no, moment, (shown or {}) if again else {}, lang)


def _show(viewer: Any, no: str, moment: Moment, shown: dict[str, str], lang: str) -> Any:
    packet = stage.reads.alert_packet(viewer, no.strip(), moment.at, moment.known)
    with moment.drawn(stage.reads.oldest(viewer) if moment.at is not None else None):
        if packet is None:
            return _unknown(no, moment, lang), None, None, None, {}
        may = viewer.may(Permission.ACT_ON_ALERTS)
        instance = _instance(packet.file.alert.rule, viewer, moment)
        now = {
            "file": _digest((msgspec.structs.replace(packet, as_of=packet.file.alert.opened_at), instance)),
            "bar": f"{packet.file.alert.version}", "way": _digest(packet.way), "course": _digest(packet.course),
        }  # fmt: skip
        made = {
            "file": lambda: still(_drawn(packet, instance, may, lang)), "bar": lambda: _bar(packet, viewer, may, lang),
            "way": lambda: _way(packet, lang), "course": lambda: packet_course(packet, lang),
        }  # fmt: skip
        return *(no_update if shown.get(name) == now[name] else draw() for name, draw in made.items()), now


def _digest(thing: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(thing)).hexdigest()[:16]


def _unknown(no: str, moment: Moment, lang: str) -> Component:
    """Of what is not there and of what may not be seen the same is said."""
    code = "alert_unknown" if moment.at is None else "alert_unknown_then"
    said = empty(lang, code, no=no, time=stamp(moment.at, lang))
    back = dcc.Link(translate(lang, "packet.back"), href="/alerts", className="way")
    return tile(translate(lang, "page.alert"), [said, back], ages=False, name="alert-unknown")


def _instance(rule: str, viewer: Any, moment: Moment) -> RuleInstance | None:
    """The rule that found it: as it is configured, or as people published it by the moment."""
    told = stage.settings
    limits = msgspec.structs.asdict(told.limits)
    published = in_force(stage.reads.rule_versions(viewer, rule, moment.at))
    return running(configured(told.alerts.rules, limits), published, limits)[0].get(rule)


def _drawn(packet: Packet, instance: RuleInstance | None, may: bool, lang: str) -> list[Component]:
    row = packet.file.alert
    own = instance.action if instance is not None else ""
    kind = instance.kind if instance is not None else row.rule
    action = own or translate(lang, f"rule.action.{kind}")
    two = row.level in stage.settings.alerts.two_person_levels
    parts = {
        "head": packet_head(packet, two, action, lang), "seen": packet_seen(packet, lang),
        "plan": packet_plan(packet, instance.plan if instance is not None else (), may, lang),
        "orders": packet_orders(packet, may, lang), "history": packet_history(packet, lang),
        "related": packet_related(packet, lang), "data": packet_data(packet, lang),
    }  # fmt: skip
    return [html.Div(drawn, className=f"place at-{name}") for name, drawn in parts.items()]


def _bar(packet: Packet, viewer: Any, may: bool, lang: str) -> Component:
    row = packet.file.alert
    refused = refusals(row, viewer.name, stage.settings.alerts)
    told = {
        "data-id": row.id, "data-version": str(row.version), "data-hidden": hidden_by(row),
        "data-no": " ".join(f"{act}:{why}" for act, why in refused.items()),
    }  # fmt: skip
    keys = {act: ALERT_LETTERS[act] for act in (*ACTS, *MORE_ACTS)}
    return act_bar(lang, viewer.name, keys, may, **told)


def _way(packet: Packet, lang: str) -> Component:
    """Where it was around the moment, or where it is; and where photographs of it lie."""
    row, photos = packet.file.alert, packet_photos(packet, lang)
    fixes = [(fix.at, fix.lon, fix.lat, fix.speed_kmh) for fix in packet.way]
    bounds, lines = track_bounds(fixes), track_line(fixes)
    if row.lon is not None and row.lat is not None:
        lines = [*lines, *place_ring(row.lon, row.lat)]
    if bounds is None and row.lon is not None and row.lat is not None:
        fixes = [(row.opened_at, row.lon + d, row.lat + d, None) for d in (-0.002, 0.002)]
        bounds = track_bounds(fixes)
    way = packet_way(packet, lang)
    body = [*still([part for part in (way, *photos) if part is not None])]
    if bounds is not None:
        port = stage.settings.port
        drawn = still_map("alert-map", lang, bounds, lines, centre=port.centre, zoom=port.zoom)
        body.append(html.Div(drawn, className="way-map"))
    return tile(translate(lang, "packet.way"), body or empty(lang, "packet_way"), ages=False)
