"""Standing alerts for a thumb: one card each, with the way to its page and its two acts as buttons."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from components.alert_grid import hidden_by, where_words
from components.alerts import alert_text, alert_title, state_words
from components.format import iso, number
from components.marks import level_mark
from components.past import before_history, locked
from components.tile import nothing, picture_tile
from domain.alert_packet import refusals
from domain.alert_pictures import AlertRow
from domain.pictures import AlertsPicture
from locales import translate

MOST = 40  # more are nothing for a thumb; the desk has them all


def alert_cards(picture: AlertsPicture | None, lang: str) -> Component:
    """The cards, what is hidden behind the others, worst first, unseen before seen, then the newest.

    The same for everybody: whether the visitor may act, and what an alert would refuse them, is for
    assets/desk_alerts.js, by what each card says of its alert.
    """
    title = translate(lang, "alert.standing")
    if picture is None or not picture.rows or before_history():
        return picture_tile(title, nothing(picture, lang, "alerts"), picture, name="alerts")
    rows = sorted(picture.rows, key=lambda r: (r.hidden, r.level, r.state != "new", -r.opened_at.timestamp(), r.key))
    cards = html.Ul([_card(row, lang, picture) for row in rows[:MOST]], className="alert-cards")
    why, more = locked(lang), len(rows) - MOST
    said = [html.P(why, className="locked", role="note")] if why else []
    rest = translate(lang, "alert.cards_more", n=number(more, lang))
    way = [html.A(rest, href="/alerts", className="card-more", **{"data-go": ""})] if more > 0 else []
    aside = translate(lang, "alert.unacknowledged", n=number(picture.unacknowledged, lang))
    return picture_tile(title, [*said, cards, *way], picture, aside=aside, name="alerts")


def _card(row: AlertRow, lang: str, picture: AlertsPicture) -> Component:
    age = {"data-as-of": iso(row.opened_at), "data-expected": "1e9"}  # its own, never late
    head = [level_mark(row.level, lang), html.Span(html.Span(className="age"), className="card-age", **age)]
    whose = row.assignee or row.acknowledged_by
    state = " · ".join(filter(None, (state_words(row, lang), whose)))
    told = html.A(
        [html.Span(head, className="card-head"), html.B(alert_title(row, lang)),
         html.Span(where_words(row, lang), className="card-where"),
         html.Span(alert_text(row, lang, picture.as_of), className="card-why"),
         html.Span(state, className="card-state")],
        href=f"/alerts/{row.id}", className="card-way", **{"data-go": ""},
    )  # fmt: skip
    ends = "close" if row.state == "confirmed" else "confirm"
    acts = [_button(act, row, lang) for act in ("acknowledge", ends)]
    # What is refused stands in words under the buttons: under a thumb nothing hovers.
    data = {
        "data-alert-card": "", "data-id": row.id, "data-version": str(row.version), "data-level": str(row.level),
        "data-hidden": hidden_by(row), "data-confirmed": row.confirmed_by,
        "data-no": " ".join(f"{act}:{why}" for act, why in refusals(row).items()),
    }  # fmt: skip
    return html.Li(
        [told, html.Div(acts, className="card-acts"), html.P(className="card-no")], key=row.key,
        className=f"alert-card is-{row.state}" + (" is-hidden" if row.hidden else ""), **data,
    )  # fmt: skip


def _button(act: str, row: AlertRow, lang: str) -> Component:
    said = translate(lang, "alert.state.confirmed") if act == "confirm" else translate(lang, f"alert.act.{act}")
    told = {"data-alert-act": act, "aria-label": f"{said}: {alert_title(row, lang)} {row.subject}", "disabled": True}
    return html.Button(said[:1].upper() + said[1:], className="act", key=act, **told)
