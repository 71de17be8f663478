"""Alerts: what is said of one, the list, and the table with its acts."""

from __future__ import annotations

from datetime import datetime

from dash import html
from dash.development.base_component import Component

from components.alert_words import rule_text, rule_title
from components.format import clock, iso, number, place, stamp
from components.links import declaration_link
from components.marks import level_mark
from components.past import before_history, locked
from components.tile import nothing, picture_tile
from domain.pictures import AlertRow, AlertsPicture
from locales import translate

LIST_ROWS = 6


def alert_title(row: AlertRow, lang: str) -> str:
    """What kind of alert."""
    return rule_title(row.rule, lang)


def alert_text(row: AlertRow, lang: str, now: datetime | None = None) -> str:
    """What exactly, as one sentence; ``now`` is the time of the picture it stands in."""
    return rule_text(row.rule, row.params, lang, now)


def state_words(row: AlertRow, lang: str) -> str:
    """Seen or not, and whether it still holds."""
    told = [f"alert.state.{row.state}"]
    if row.condition != "firing":
        told.append(f"alert.condition.{row.condition}")
    if row.hidden:
        told.append(f"alert.hidden.{'shelved' if row.shelved_until else 'suppressed' if row.suppressed_by else 'out'}")
    return " · ".join(translate(lang, key) for key in told)


def alert_list(picture: AlertsPicture | None, lang: str) -> Component:
    """The first alerts, worst first, for the overview."""
    title = translate(lang, "alert.title")
    if picture is None or not picture.rows or before_history():
        return picture_tile(title, nothing(picture, lang, "alerts"), picture, name="alerts")
    aside = translate(lang, "alert.unacknowledged", n=number(picture.unacknowledged, lang))
    shown = [row for row in picture.rows if not row.hidden]
    rows = sorted(shown, key=lambda r: (r.level, r.state != "new", -r.opened_at.timestamp()))
    items = [_item(row, lang, picture.as_of) for row in rows[:LIST_ROWS]]
    return picture_tile(title, html.Ul(items, className="alert-list"), picture, aside=aside, name="alerts")


def _item(row: AlertRow, lang: str, now: datetime | None) -> Component:
    text = alert_text(row, lang, now)
    what = html.Div([html.B(alert_title(row, lang)), html.Small(text, title=text)], className="what")
    state = html.Div(state_words(row, lang), className="state")
    since = html.Div([html.Div(className="age"), state], className="since", **_age(row))
    return html.Li(
        [level_mark(row.level, lang, words=False), what, since], className=f"is-{row.state}", **_subject(row)
    )


def _subject(row: AlertRow) -> dict[str, str]:
    return {"data-subject": f"alert:{row.key}"}


def _age(row: AlertRow) -> dict[str, str]:
    """The alert's own age: never late, so the expectation is beyond any life."""
    return {"data-as-of": iso(row.opened_at), "data-expected": "1e9"}


def alert_table(picture: AlertsPicture | None, lang: str) -> Component:
    """Every standing alert with what can be done about it."""
    title = translate(lang, "alert.standing")
    if picture is None or not picture.rows or before_history():
        return picture_tile(title, nothing(picture, lang, "alerts"), picture)
    columns = ("level", "what", "subject", "opened", "count", "state", "origin", "acts")
    head = html.Tr([html.Th(translate(lang, f"alert.column.{name}"), className=f"a-{name}") for name in columns])
    body = [_table_row(row, lang, picture.as_of) for row in picture.rows]
    table = html.Table([html.Thead(head), html.Tbody(body)], className="table alert-table")
    aside = translate(lang, "alert.unacknowledged", n=number(picture.unacknowledged, lang))
    why = locked(lang)
    note = [html.P(why, className="locked", role="note")] if why else []
    return picture_tile(title, [*note, html.Div(table, className="scroll", tabIndex=0)], picture, aside=aside)


def _table_row(row: AlertRow, lang: str, now: datetime | None) -> Component:
    text = alert_text(row, lang, now)
    origin = translate(lang, f"origin.{row.origin}") if row.origin else "–"
    if row.recorded_time is not None:
        origin = translate(lang, "origin.recorded_at", time=stamp(row.recorded_time, lang))
    by = f" ({row.acknowledged_by} {clock(row.acknowledged_at, lang, now)})" if row.acknowledged_by else ""
    cells = [
        html.Td(level_mark(row.level, lang)),
        html.Td([html.B(alert_title(row, lang)), html.Small(text)], className="what"),
        html.Td([translate(lang, f"subject.{row.subject_kind}"), html.Small(_about(row, lang))]),
        html.Td(
            [clock(row.opened_at, lang, now), html.Small(html.Span(className="age"), **_age(row))], className="num"
        ),
        html.Td(number(row.count, lang), className="num"),
        html.Td(state_words(row, lang) + by),
        html.Td(origin),
        html.Td(_acts(row, lang), className="acts"),
    ]
    return html.Tr(cells, className=f"is-{row.state}", key=row.key, tabIndex=0, **_subject(row))


def _about(row: AlertRow, lang: str) -> Component | str:
    """What it is about; a declaration leads to its file."""
    return declaration_link(row.subject) if row.subject_kind == "declaration" else place(row.subject, lang)


def _acts(row: AlertRow, lang: str) -> list[Component]:
    """What is possible now, locked in the past; the version travels along, so that a lost race is told."""
    confirms = row.level == 1 and row.state != "confirmed"  # then another closes
    act, why = "acknowledge" if row.state == "new" else "confirm" if confirms else "close", locked(lang)
    words = translate(lang, f"alert.act.{act}")
    lock = {"disabled": True, "title": why, "data-locked": ""} if why else {}
    label = f"{words}: {alert_title(row, lang)} {row.subject}"
    value = f"{act}|{row.version}|{row.key}"
    data = {"data-act": act, "data-pick": "alert-act", "data-value": value, "aria-label": label}
    return [html.Button(words, **lock, **data)]
