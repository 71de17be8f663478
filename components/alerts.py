"""Alerts: what is said of one, and the list of the first."""

from __future__ import annotations

from datetime import datetime

from dash import html
from dash.development.base_component import Component

from components.alert_words import rule_text, rule_title
from components.format import iso, number
from components.marks import level_mark
from components.past import before_history
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
