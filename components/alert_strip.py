"""The strip of alerts that never leaves: worst and newest, and how many there are of each level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from components.alert_flood import flood_words
from components.alerts import alert_text, alert_title, state_words
from components.feeds import expected
from components.format import clock, iso, number
from components.marks import level_mark, shape
from domain.alert_banners import LEVEL, REST, line_of
from domain.alert_pictures import Banner
from domain.pictures import AlertRow, AlertsPicture, Picture
from domain.sound import kept_back
from locales import translate


def alert_strip(picture: AlertsPicture | None, lang: str, feeds: Picture | None = None) -> Component:
    """The worst and the newest alert, and the counts; always there, at every size.

    Args:
        picture: the alerts. What is shelved or suppressed is counted apart; of level I nothing ever is.
        lang: language.
        feeds: health of the feeds; when one its alerts came by is late, the strip is as old as that and says so.
    """
    rows = [row for row in (picture.rows if picture is not None else []) if not kept_back(row)]
    now = picture.as_of if picture is not None else None
    top = worst(rows)
    data: dict[str, str] = {}
    if picture is not None:
        at, seconds, feed = _stalest(picture, feeds)
        data = {"data-as-of": iso(at), "data-expected": f"{seconds:g}", "data-feeds": feed}
    level = f"strip-{top.level}" if top is not None and top.state == "new" else "strip-quiet"
    told = [html.P(className="cause"), counts_by_level(picture, lang), *_kept(picture, lang)]
    lines = picture.banners if picture is not None else []
    shown = [*_headlines(rows, top, lines, lang, now)] or [_nothing(picture, lang)]
    flooded = flood_words(picture, lang)
    said = [html.A(flooded, href="/alerts", className="flood-note")] if flooded else []
    inner = [html.Div(shown, className="headlines"), *said, *told, html.Span(className="age")]
    return html.Div(inner, className=f"strip {level}", **data)


def worst(rows: Sequence[AlertRow]) -> AlertRow | None:
    """The alert to show first: unseen before seen, worst level, newest."""
    return min(rows, key=lambda r: (r.state != "new", r.level, -r.opened_at.timestamp()), default=None)


def counts_by_level(picture: AlertsPicture | None, lang: str) -> Component:
    """How many of each level; a level without alerts is grey."""
    counts: Mapping[str, int] = picture.counts if picture is not None else {}
    cells = []
    for level in (1, 2, 3, 4):
        count = int(counts.get(str(level), 0))
        words = translate(lang, "alert.count_words", level=translate(lang, f"level.{level}"), n=count)
        mark = [shape(f"l{level}"), html.B(number(count, lang)), html.Span(words, className="unseen")]
        cells.append(html.Span(mark, className=f"level level-{level}" if count else "level none", title=words))
    return html.Div(cells, className="counts")


def _headlines(
    rows: Sequence[AlertRow], top: AlertRow | None, lines: Sequence[Banner], lang: str, now: datetime | None
) -> list[Component]:  # fmt: skip
    if top is None:
        return []
    newest = max(rows, key=lambda row: row.opened_at)
    if newest.key == top.key:
        return [_headline(top, lines, lang, "worst", "worst_newest", now)]
    both = ((top, "worst"), (newest, "newest"))
    return [_headline(row, lines, lang, kind, kind, now) for row, kind in both]


def _headline(
    row: AlertRow, lines: Sequence[Banner], lang: str, kind: str, which: str, now: datetime | None
) -> Component:  # fmt: skip
    named = html.Span(translate(lang, f"alert.{which}"), className="which")
    words = html.Span([html.B(alert_title(row, lang)), " ", alert_text(row, lang, now)], className="words")
    when = html.Span(f"{clock(row.opened_at, lang, now)} · {state_words(row, lang)}", className="when")
    return html.A(
        [level_mark(row.level, lang), named, words, *_others(row, lines, lang), when], href=_address(row),
        className=f"headline {kind}",
    )  # fmt: skip


def _others(row: AlertRow, lines: Sequence[Banner], lang: str) -> list[Component]:
    """In a flood one alert stands for many: how many more there are in its line."""
    line = line_of(row, lines)
    if line is None or line.count < 2:
        return []
    name = line.grouped if line.grouped in (LEVEL, REST) else "like"
    return [html.Span(translate(lang, f"alert.strip.{name}", n=number(line.count - 1, lang)), className="like")]


def _address(row: AlertRow) -> str:
    """The alert's own page."""
    return f"/alerts/{row.id}"


def _kept(picture: AlertsPicture | None, lang: str) -> list[Component]:
    """What is kept back for a while or by design: its number, so that it is not forgotten."""
    counts = {"shelved": picture.shelved, "suppressed": picture.suppressed} if picture is not None else {}
    words = [translate(lang, f"alert.strip.{name}", n=number(n, lang)) for name, n in counts.items() if n]
    return [html.Span(" · ".join(words), className="kept")] if words else []


def _nothing(picture: AlertsPicture | None, lang: str) -> Component:
    return html.Span(translate(lang, "alert.none" if picture is not None else "alert.unknown"), className="quiet")


def _stalest(picture: AlertsPicture, feeds: Picture | None) -> tuple[datetime | None, float, str]:
    """Time, expectation and name of the feed of its alerts that is latest; of the list itself while none is late.

    An alert about a feed is not old because that feed is: it says so itself.
    """
    named = {row.feed for row in picture.rows if row.subject_kind != "feed"}
    now = feeds.as_of if feeds is not None else None
    rows = [row for row in (feeds.rows if feeds is not None else []) if row.key in named and row.last_ok_at]
    beyond = {row.key: (now - row.last_ok_at).total_seconds() - expected(row) for row in rows if now is not None}
    latest = max((row for row in rows if beyond.get(row.key, 0) > 0), key=lambda row: beyond[row.key], default=None)
    if latest is None:
        return picture.as_of, picture.expected_seconds, ""
    return latest.last_ok_at, expected(latest), latest.key
