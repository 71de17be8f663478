"""The design system, live: every token in every palette, every component in every state. Not in the navigation."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import dash
import msgspec
from dash import dcc, html
from dash.development.base_component import Component

from components import format as formats
from components.accounts import account_form, accounts_table, key_form, keys_table, once
from components.alert_strip import alert_strip
from components.alerts import alert_list
from components.configured import backup_words, secret_form, secrets_table
from components.datasets import Dataset, Field, catalogue
from components.feeds import feed_cards, lamps
from components.forecast import forecast_tile
from components.gates import gates_tile
from components.grid import grid
from components.hourly import hourly_tile
from components.kpi import kpi_strip, kpi_tile
from components.kpi_table import kpi_table
from components.marks import lamp, level_mark, shape
from components.origin import origin_band
from components.palette import palette_select
from components.port_map import port_map
from components.privacy import register_table
from components.quality import dimensions, score_mark
from components.quarantine import beside, one_row, outcome, picks
from components.queue import queue_tile
from components.screens import screen_form, screens_tile
from components.sessions import passkeys_table, sessions_table
from components.tile import empty, facts, skeleton, tile
from components.timeline import timeline
from components.track import other_places, place_ring, track_line, track_words
from components.unmask import unmask
from components.wall import alarm_tile, feeds_tile, platforms_tile, stages_tile, terminals_tile
from components.yard import block_table, yard_tile
from domain.accounts import POLICIES
from domain.lineage import Lineage
from domain.pictures import (
    FeedState,
    InspectionsPicture,
    KpisPicture,
    NoticeRow,
    NoticesPicture,
    Picture,
)
from domain.quarantine import Looked, TriedAgain
from domain.scores import Counts, score
from domain.wall import PALETTES
from layouts.causes import causes
from layouts.language import language_of
from layouts.moment import LIVE
from layouts.places import names, short_names
from layouts.shell import page, page_title
from layouts.stage import stage
from locales import LANGUAGES, translate
from pages import _samples as samples
from pages._inspection_samples import contradicted
from pages._styleguide_alerts import cards, strips
from pages._styleguide_command import SECTIONS

dash.register_page(
    __name__, path="/styleguide", name="styleguide", title=page_title("styleguide"), uses=("chart", "grid", "map")
)

GROUNDS = ("ground", "tile", "tile-raised", "trough", "hatch", "hover")
INKS = ("figure", "text", "text-dim", "level-1-text", "level-2-text", "level-3-text", "level-4-text", "past")
SHAPES = ("data", "well", "chart-line", "chart-data", "chart-limit", "edge-strong")
LEVELS = ("level-1", "level-2", "level-3", "level-4")
SIZES = ("small", "body", "title", "big")
STEPS = ("gap", "pad", "radius", "flash", "soft")
NUMBERS = (0.0, 41.25, 1234.0, 61968.0, 123456.0, 1234567.0, 234567890.0)
HOUR = timedelta(hours=1)
AGES = ("fresh", "late", "lost", "never")


def layout(lang: str | None = None, **_: str) -> Component:
    """All of it, one section below the other."""
    spoken, now = language_of(lang), LIVE.now()
    sections = (
        ("palettes", _palettes), ("type", _type), ("marks", _marks), ("controls", _controls), ("ages", _ages),
        ("line", _line), ("states", _states), ("kpis", _kpis), ("port", _port), ("map", _map), ("charts", _charts),
        ("alerts", _alerts), ("feeds", _feeds), ("quality", _quality), ("quarantine", _quarantine),
        ("datasets", _datasets), *SECTIONS, ("wall", _wall), ("screens", _screens), ("configured", _configured),
        ("accounts", _accounts), ("formats", _formats),
    )  # fmt: skip
    said = html.P(translate(spoken, "style.about"), className="style-about")
    return page(spoken, "styleguide", said, *(_section(name, build(spoken, now), spoken) for name, build in sections))


def _section(name: str, parts: list[Any], lang: str) -> Component:
    head = html.H2(translate(lang, f"style.{name}"), id=f"style-{name}")
    note = html.P(translate(lang, f"style.{name}_note"), className="style-note")
    return html.Section(
        [head, note, html.Div(parts, className=f"style-parts style-{name}")], **{"aria-labelledby": f"style-{name}"}
    )


def _palettes(lang: str, now: datetime) -> list[Component]:
    """A card for each palette, in that palette.

    assets/styleguide.js lays out the tokens named and writes the contrast it measures: hundreds of small elements
    that would each cost Dash a component.
    """
    data = {"data-swatches": " ".join((*GROUNDS, *SHAPES, *LEVELS)), "data-inks": " ".join(INKS)}
    return [
        html.Div(
            [html.H3(translate(lang, f"palette.{name}")), html.Div(className="style-tokens", **data)],
            className="style-palette", **{"data-palette": name},
        )
        for name in PALETTES
    ]  # fmt: skip


def _type(lang: str, now: datetime) -> list[Component]:
    words = translate(lang, "style.sample")
    lines = [html.P([html.Span(words, style={"fontSize": f"var(--{size})"}), html.Code(f"--{size}")]) for size in SIZES]
    steps = html.Ul([html.Li([html.Code(f"--{step}"), html.B(**{"data-token": f"--{step}"})]) for step in STEPS])
    return [html.Div(lines), steps]


def _marks(lang: str, now: datetime) -> list[Component]:
    levels = [html.P(level_mark(level, lang)) for level in (1, 2, 3, 4)]
    flashing = html.P([html.Span(level_mark(1, lang), className="is-open"), " ", translate(lang, "style.flashing")])
    states = [html.P(lamp(state, lang)) for state in FeedState]
    return [html.Div([*levels, flashing]), html.Div(states)]


def _controls(lang: str, now: datetime) -> list[Component]:
    words = translate(lang, "style.button")
    buttons = [
        html.Button(words), html.Button(words, disabled=True),
        html.Div(html.Button(words, **{"aria-pressed": "true"}), className="platforms"),
    ]  # fmt: skip
    search = dcc.Input(placeholder=translate(lang, "style.search"), className="search", id="style-search")
    tags = [html.Span(translate(lang, f"tag.{tag}"), className="tag") for tag in ("advanced", "fresh", "machine")]
    label = html.Label([translate(lang, "style.search"), search], className="style-field")
    return [html.Div(buttons), html.Div([palette_select(lang)]), label, html.Div(tags)]


def _ages(lang: str, now: datetime) -> list[Component]:
    """Indicators and tiles of every age; the browser ages them, and finds the cause, as it does with live ones."""
    feeds = samples.troubles(now, {lang: translate(lang, "style.feed")})
    words = json.dumps(causes({"feeds": feeds}, lang), ensure_ascii=False)
    figures = [kpi_tile(samples.kpi(now, ages=state, feeds=[state]), lang) for state in AGES]
    of_tiles = (("fresh", "fresh"), ("late", "late"), ("lost", "lost"), ("late", "quiet"))
    tiles = [gates_tile(samples.gates(now, age, (feed,)), lang, names(lang)) for age, feed in of_tiles]
    late = [alert_strip(samples.alerts(now, 3, feed=feed), lang, feeds) for feed in ("late", "lost")]
    parts = [*figures, *tiles, html.Div(late, className="style-strips")]
    return [html.Div(parts, className="style-parts style-own", **{"data-causes": words})]


def _line(lang: str, now: datetime) -> list[Component]:
    """The lamp's states, then tiles on a connection that is away: the browser counts for how long."""
    lamps_ = [
        html.Span(
            [shape(""), html.Span(translate(lang, f"connection.{state}"), className="text")],
            className="connection", **{"data-state": state},
        )
        for state in ("connecting", "live", "polling", "lost")
    ]  # fmt: skip
    parts = [
        kpi_tile(samples.kpi(now), lang), gates_tile(samples.gates(now), lang, names(lang)),
        html.Div(alert_strip(samples.alerts(now, 3), lang), className="style-strips"),
    ]  # fmt: skip
    away = html.Div(parts, className="style-parts style-own", **{"data-connection": "lost"})
    return [html.Div(lamps_, className="style-lamps"), away]


def _states(lang: str, now: datetime) -> list[Component]:
    """Nothing yet, nothing at all, on its way, failed, an answer in words, not possible in the past."""
    named = [(code, html.Div(empty(lang, code))) for code in ("waiting", "alerts")]
    broken = html.Div(
        tile(translate(lang, "style.state.error"), facts([(translate(lang, "style.sample"), "41")]), ages=False),
        **{"data-view-error": "render_failed"},
    )
    lock = html.P(translate(lang, "time.locked", time=formats.stamp(now, lang)), className="locked", role="note")
    return [
        *(tile(translate(lang, f"style.state.{code}"), body, ages=False) for code, body in named),
        skeleton(translate(lang, "tile.reading")),
        broken,
        tile(translate(lang, "style.state.locked"), lock, ages=False),
    ]


def _kpis(lang: str, now: datetime) -> list[Component]:
    rows = [samples.kpi(now, state, feeds=["inspections"]) for state in ("normal", "attention", "unknown")]
    picture = KpisPicture(as_of=now, expected_seconds=samples.FRESH_FOR, rows=rows)
    return [html.Div(kpi_strip(picture, lang), className="style-row"), kpi_table(picture, lang)]


def _port(lang: str, now: datetime) -> list[Component]:
    places = names(lang)
    return [
        yard_tile(samples.yard(now), lang, places, samples.LIMIT),
        gates_tile(samples.gates(now), lang, places),
        queue_tile(samples.queue(now), lang, places, view="overview-queue"),
        tile(translate(lang, "inspection.timeline"), timeline(contradicted(now), lang), ages=False),
        block_table(samples.contradicted_yard(now), lang, places, samples.LIMIT),
        queue_tile(samples.queue(now), lang, places, view="overview-queue", whole=True),
    ]


def _map(lang: str, now: datetime) -> list[Component]:
    """The map of the port as it is, the only thing here that is not made up, and a way over it."""
    centre = stage.settings.port.centre
    fixes = samples.track(now, centre)
    drawn = port_map("style-map", lang, centre=centre, zoom=stage.settings.port.zoom)
    drawn.children[0].children = [*track_line(fixes), *place_ring(centre[1], centre[0])]
    return [
        html.Section(drawn, className="tile map", **{"aria-label": translate(lang, "overview.map")}),
        tile(
            translate(lang, "track.one"),
            [
                *other_places(samples.elsewhere(now), lang),
                *track_words(fixes, "vehicles", samples.ALIAS, lang),
                unmask("style", samples.ALIAS, lang),
            ],
            ages=False,
        ),
    ]


def _charts(lang: str, now: datetime) -> list[Component]:
    row = samples.forecast(now)
    return [
        forecast_tile(row, row.key, lang, graph="style-forecast"),
        hourly_tile(samples.course(now), lang, name="style-hours"),
        tile(translate(lang, "style.table"), grid("style-grid", ("key", "stage", "reached"), _rows(lang, now), lang),
             ages=False),
    ]  # fmt: skip


def _rows(lang: str, now: datetime) -> list[dict[str, Any]]:
    row = samples.inspection(now)
    reached = [(node, at) for node, at in row.nodes.items()]
    return [
        {"key": f"{row.key}-{place}", "stage": translate(lang, f"node.{node}"), "reached": formats.day_clock(at)}
        for place, (node, at) in enumerate(reached)
    ]


def _alerts(lang: str, now: datetime) -> list[Component]:
    return [*strips(lang, now), alert_list(samples.alerts(now, 1, 2, 3, 4), lang), *cards(lang, now)]


def _feeds(lang: str, now: datetime) -> list[Component]:
    rows = [samples.feed(now, state) for state in FeedState]
    worse = samples.feed(
        now, FeedState.DEGRADED, quarantined=3, flagged=2, reasons={"bad_checksum": 2, "position_zero": 1},
        flags={"mmsi_not_ship": 2}, counts={"lines": 50}, message_code="truncated", message="ais.nmea.gz:31",
    )  # fmt: skip
    recorded = samples.feed(now, FeedState.ENDED, origin="recorded", last_recorded_at=now - timedelta(days=90))
    odd = [
        samples.feed(now, FeedState.DOWN, waits=True, message_code="unauthorised", message="401", hours=samples.HOURS,
                     outages=[place > 20 for place in range(24)]),
        samples.feed(now, FeedState.LATE, paused=True, message_code="paused", rows_per_minute=12.5, hours=samples.HOURS,
                     outages=[False] * 24),
    ]  # fmt: skip
    told = NoticesPicture(rows=[NoticeRow(key="backfill", code="backfill", params={"percent": 43})])
    return [
        html.Div(origin_band(Picture(as_of=now, rows=[rows[1], recorded]), told, lang), className="style-row"),
        html.Div(lamps(Picture(as_of=now, rows=rows), lang), className="style-row"),
        html.Div(feed_cards(Picture(as_of=now, rows=[rows[1], worse, *odd]), lang), className="style-row"),
    ]


def _quality(lang: str, now: datetime) -> list[Component]:
    """A feed that is well, one that is not, one of which little is known; and a tile of each."""
    counted = (
        Counts(judged=4000, cells=800, timed=4000, late=12),
        Counts(judged=900, malformed=31, implausible=4, cells=1400, blank=410, timed=900, late=20),
        Counts(judged=3, malformed=3),
    )
    scores = [found for counts in counted if (found := score(counts)) is not None]
    marks = [score_mark(samples.feed(now, FeedState.OK, score=one), lang) for one in scores]
    tiles = [
        gates_tile(msgspec.structs.replace(samples.gates(now), score=one), lang, names(lang)) for one in scores[:2]
    ]
    return [
        html.Div(marks, className="style-row"),
        html.Div([dimensions(one, lang) for one in scores], className="style-row"),
        *tiles,
    ]


def _quarantine(lang: str, now: datetime) -> list[Component]:
    """Counts by feed and reason, a row chosen and none, and what came of trying again; nothing here tries any."""
    row = samples.set_aside(now)
    found = Looked(rows=[row], total=3, reasons={"bad_checksum": 2, "position_zero": 1}, feeds={"ais": 3})
    done = TriedAgain(tried=7, taken=4, known=1, reasons={"bad_checksum": 3}, not_here={"row_not_alone": 2}, left=500)
    return [
        beside(found, "ais", "bad_checksum", {"ais": "AIS"}, lang, {"taken_in": 40, "dropped": 12}),
        picks("style-picks", found.reasons, "", {}, lang),
        one_row(row, lang, True), one_row(None, lang, True), outcome(done, lang),
    ]  # fmt: skip


def _datasets(lang: str, now: datetime) -> list[Component]:
    """One that is filled and read, and one that nothing fills just now."""
    read = Lineage(topics=["gates"], pages=["overview"], rules=["gate_queue"], kpis=["truck_turn"],
                   forecasts=["gate_moves"])  # fmt: skip
    fields = [Field("wait_minutes", "number", True), Field("lon", "number", False)]
    filled = Dataset(name="gate_state", record="GateState", owner="terminal", fields=fields, lineage=read,
                     pages={"overview": "/"})  # fmt: skip
    empty = msgspec.structs.replace(filled, name="gate_move", record="GateMove")
    row = samples.feed(now, FeedState.OK, brings=["GateState"])
    return [_renamed(catalogue([filled, empty], [row], lang, now))]


def _wall(lang: str, now: datetime) -> list[Component]:
    """Tiles to be read from afar; here in the desk's sizes."""
    alerts = samples.alerts(now, 1, 2)
    inspections = InspectionsPicture(
        as_of=now, expected_seconds=samples.FRESH_FOR, rows=[samples.inspection(now)], waiting=3, in_progress=1
    )
    rows = [samples.feed(now, state) for state in FeedState]
    return [
        *(alarm_tile(alerts, calling, lang) for calling in (alerts.rows, alerts.rows[1:])),
        platforms_tile(samples.queue(now), lang),
        terminals_tile(samples.yard(now), lang, names(lang), short_names(lang), samples.LIMIT),
        stages_tile(inspections, lang),
        feeds_tile(Picture(as_of=now, rows=rows), lang),
    ]


def _screens(lang: str, now: datetime) -> list[Component]:
    """The list, and the form under names of its own: nothing here sets a screen."""
    picture, wall = samples.screens(now), stage.settings.wall
    form = html.Div(screen_form(picture.rows[1], wall, lang), className="screen-form")
    return [html.Div(screens_tile(picture, wall, lang), className="style-row"), _renamed(form)]


def _configured(lang: str, now: datetime) -> list[Component]:
    """Secrets set and missing, and backups young and old; nothing here sets a secret."""
    made = samples.backup(now)
    return [
        _renamed(html.Div(secrets_table(samples.secrets(now), samples.WANTED, lang))),
        _renamed(html.Div(secret_form(lang), className="screen-form")),
        html.Div([backup_words(one, now + age, lang) for one, age in ((made, HOUR), (made, 240 * HOUR), (None, HOUR))]),
    ]


def _accounts(lang: str, now: datetime) -> list[Component]:
    """Accounts in every state, keys, sessions, and what is shown once; nothing here lets anybody in."""
    people, keys = samples.accounts(now), samples.keys(now)
    return [
        _renamed(html.Div(accounts_table(people, {people[0].account_id: now}, now, lang))),
        _renamed(html.Div(account_form(people[0], lang), className="screen-form")),
        _renamed(html.Div(sessions_table(samples.sessions(now), "session-1", "style-end", lang))),
        _renamed(html.Div(passkeys_table(samples.PASSKEYS, "style-passkey", lang))),
        _renamed(html.Div(keys_table(keys, now, lang))),
        _renamed(html.Div(key_form(lang), className="screen-form")),
        register_table(stage.settings.retention, POLICIES[stage.settings.access.policy], lang),
        _renamed(html.Div(once(translate(lang, "style.once"), samples.LINK, lang, picture=True))),
    ]


def _renamed(parts: Component) -> Component:
    """The same under names of its own, which no callback listens to."""
    for part in parts._traverse():
        if getattr(part, "id", ""):
            part.id = f"style-{part.id}"
    return parts


def _formats(lang: str, now: datetime) -> list[Component]:
    """How each language writes the same."""
    head = html.Tr(
        [html.Th(translate(lang, "style.value")), *(html.Th(translate(one, "style.own")) for one in LANGUAGES)]
    )
    rows = [
        html.Tr([html.Td(repr(value)), *(html.Td(_written(value, one), className="num") for one in LANGUAGES)])
        for value in NUMBERS
    ]
    moments = [formats.iso(now), *(f"{formats.stamp(now, one)} · {formats.clock(now, one, now)}" for one in LANGUAGES)]
    spans = ["161", *(formats.duration(161, one) for one in LANGUAGES)]
    rows += [html.Tr([html.Td(words) for words in line]) for line in (moments, spans)]
    return [html.Table([html.Thead(head), html.Tbody(rows)], className="table")]


def _written(value: float, lang: str) -> str:
    return f"{formats.number(value, lang, 0 if value == int(value) else 2)} · {formats.short(value, lang)}"
