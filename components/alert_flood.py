"""Many alerts as few lines: what belongs together stands in one, with how many it is made of."""

from __future__ import annotations

from datetime import datetime

from dash import html
from dash.development.base_component import Component

from components.alert_words import rule_title
from components.format import clock, number, place
from components.marks import level_mark
from domain.alert_pictures import Banner
from domain.pictures import AlertsPicture
from locales import translate

TELLING = 2  # alerts for each line from which on lines tell more than a list


def in_flood(picture: AlertsPicture | None) -> bool:
    """Whether more come than anybody can handle, or so many stand that lines tell more than a list."""
    return picture is not None and (_telling(picture) or bool(picture.flood and picture.flood.since))


def _telling(picture: AlertsPicture) -> bool:
    return sum(one.count for one in picture.banners) > TELLING * len(picture.banners)


def flood_words(picture: AlertsPicture | None, lang: str) -> str:
    """Since when there is a flood and how many came; empty while there is none."""
    flood = picture.flood if picture is not None else None
    if flood is None or flood.since is None:
        return ""
    now = picture.as_of if picture is not None else None
    return translate(lang, "flood.since", time=clock(flood.since, lang, now), n=number(flood.recent, lang))


def flood_lines(picture: AlertsPicture, lang: str) -> Component:
    """Ten lines at most; their counts together are all alerts that are not hidden.

    Where they would only say the list below once more, that there is a flood is said alone.
    """
    lines = [_line(one, lang, picture.as_of) for one in picture.banners] if _telling(picture) else []
    head = [html.Li(flood_words(picture, lang), className="flood-head")] if flood_words(picture, lang) else []
    return html.Ul([*head, *lines], className="flood-lines")


def _line(one: Banner, lang: str, now: datetime | None) -> Component:
    said = [translate(lang, "flood.count", n=number(one.count, lang))]
    if one.unacknowledged:
        said.append(translate(lang, "flood.unseen", n=number(one.unacknowledged, lang)))
    if one.hides:
        said.append(translate(lang, "flood.hides", n=number(one.hides, lang)))
    times = [clock(at, lang, now) for at in (one.since, one.newest_at) if at is not None]
    cells = [level_mark(one.level, lang), html.B(_about(one, lang)), html.Span(" · ".join(said), className="num"),
             html.Span("–".join(dict.fromkeys(times)), className="when")]  # fmt: skip
    return html.Li(cells, key=one.key)


def _about(one: Banner, lang: str) -> str:
    if one.grouped in ("level", "rest"):
        return translate(lang, f"flood.{one.grouped}")
    title = rule_title(one.rule, lang)
    if one.grouped == "more":
        return translate(lang, "flood.more", what=title)
    return title if one.grouped == "rule" or not one.where else f"{title} · {place(one.where, lang)}"
