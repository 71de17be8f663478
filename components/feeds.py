"""Feeds: lamps for the header, and a card that says everything about one feed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from dash import html
from dash.development.base_component import Component

from components import quality
from components.format import clock, iso, number, short, stamp
from components.marks import lamp
from components.past import before_history
from components.tile import facts, nothing, tile
from domain.pictures import FeedRow, Picture
from locales import known, translate

NEVER_LATE = 1e9
COUNTED = ("accepted", "duplicate", "late", "flagged", "quarantined")


def feed_title(row: FeedRow, lang: str) -> str:
    """What the feed is called."""
    return row.titles.get(lang) or row.title or row.key


def short_title(row: FeedRow, lang: str) -> str:
    """Its title without what stands in brackets behind it."""
    return re.split(r"\s*[(（]", feed_title(row, lang), maxsplit=1)[0] or feed_title(row, lang)


def expected(row: FeedRow) -> float:
    """Age up to which it counts as fresh, seconds; nothing more is expected of an ended or disabled feed."""
    return NEVER_LATE if row.state in ("ended", "disabled") else row.expected_seconds


def lamps(picture: Picture | None, lang: str) -> Component:
    """One lamp per feed with name and age; the state's word when it is not well."""
    rows = picture.rows if picture is not None else []
    return html.Div([_lamp(row, lang) for row in rows], className="lamps")


def _lamp(row: FeedRow, lang: str) -> Component:
    well = row.state in ("ok", "starting")
    inner = [lamp(row.state, lang, words=not well), html.Span(short_title(row, lang), className="lamp-name")]
    words = f"{feed_title(row, lang)}: {translate(lang, f'feed.state.{row.state}')} {message(row, lang)}".strip()
    aged = {"data-as-of": iso(row.last_ok_at), "data-expected": f"{expected(row):g}"}
    return html.A(
        [*inner, html.Span(className="age")], href="/feeds", title=words, className=f"feed is-{row.state}", **aged
    )


def message(row: FeedRow, lang: str) -> str:
    """What is wrong, in words, with file and row."""
    if not row.message_code:
        return row.message
    words = translate(lang, f"feed.error.{row.message_code}", detail=row.message)
    return f"{words}: {row.message}" if row.message and row.message not in words else words


def feed_cards(picture: Picture | None, lang: str) -> Component:
    """All feeds."""
    if picture is None or not picture.rows or before_history():
        return tile(translate(lang, "feed.title"), nothing(picture, lang, "feeds"), ages=False)
    return html.Div([feed_card(row, lang, picture.as_of) for row in picture.rows], className="feed-cards")


def feed_card(row: FeedRow, lang: str, now: datetime | None = None) -> Component:
    """One feed: state, ages, counts with reasons, message, way to its quarantined rows."""
    recorded = [(translate(lang, "feed.recorded"), stamp(row.last_recorded_at, lang))] if row.last_recorded_at else []
    about = facts(
        [
            (translate(lang, "feed.adapter"), row.adapter),
            (translate(lang, "feed.origin"), translate(lang, f"origin.{row.origin}")),
            (translate(lang, "feed.every"), translate(lang, "span.seconds", n=number(row.every_seconds, lang))),
            (translate(lang, "feed.pace"), number(row.rows_per_minute, lang, 0 if row.rows_per_minute >= 10 else 1)),
            (translate(lang, "feed.next"), next_run(row, lang, now)),
            (translate(lang, "feed.last_ok"), clock(row.last_ok_at, lang, now)),
            (translate(lang, "feed.last_event"), clock(row.last_event_at, lang, now)),
            *recorded,
        ]
    )
    counted = [
        html.Div(
            [
                html.B(short(getattr(row, name), lang), title=number(getattr(row, name), lang)),
                html.Small(translate(lang, f"feed.count.{name}")),
            ]
        )
        for name in COUNTED
    ]
    said = message(row, lang)
    body = [
        html.Div(lamp(row.state, lang), className="feed-state"),
        html.P(said, className="feed-message") if said else None,
        html.Div(counted, className="feed-counts"),
        course(row, lang),
        html.Div(quality.said(row, lang), className="feed-score"),
        html.Div([*switches(row, lang), _to_quarantine(row, lang)], className="acts-line"),
        reasons(row.reasons, "reject", lang, row.key),
        reasons(row.flags, "flag", lang),
        read_counts(row.counts, lang),
        about,
    ]
    return tile(
        feed_title(row, lang), body, as_of=row.last_ok_at, expected_seconds=expected(row),
        aside=row.key, name=f"feed-card is-{row.state}", feed=row.key,
    )  # fmt: skip


def next_run(row: FeedRow, lang: str, now: datetime | None) -> str:
    """When it is polled next, or what it waits for."""
    if row.state == "disabled":
        return translate(lang, "feed.state.disabled")
    if row.paused or row.state == "ended":
        return translate(lang, "feed.next.paused" if row.paused else "feed.state.ended")
    if row.waits:
        return translate(lang, "feed.next.waits")
    return clock(row.next_poll_at, lang, now)


def course(row: FeedRow, lang: str) -> Component | None:
    """Rows per hour of the last day as bars, hours with an outage marked by shape and colour; in words for the ear."""
    known_hours = [count for count in row.hours if count is not None]
    if not known_hours:
        return None
    most = max(known_hours)
    out = sum(row.outages)
    told = {"n": number(sum(known_hours), lang), "most": number(most, lang), "out": out}
    words = translate(lang, "feed.course.out" if out else "feed.course", **told)
    bars = [
        html.I(
            className="gap" if count is None else "bar",
            style={"--share": f"{(count or 0) / most if most else 0:.3f}"},
            **{"data-out": "1"} if bad else {},
        )
        for count, bad in zip(row.hours, row.outages, strict=False)
    ]
    return html.Div(
        [html.Div(bars, className="bars", role="img", title=words, **{"aria-label": words}), html.Small(words)],
        className="feed-course",
    )


def switches(row: FeedRow, lang: str) -> list[Component]:
    """Buttons that act on a feed; nothing happens before the question they lead to is answered."""
    if row.state in ("disabled", "ended"):
        return []
    acts = ("resume",) if row.paused else ("run", "pause")
    return [
        html.Button(translate(lang, f"feed.act.{act}"), **{"data-pick": "feed-act", "data-value": f"{act}:{row.key}"})
        for act in acts
    ]


def _to_quarantine(row: FeedRow, lang: str) -> Component | None:
    if not row.quarantined:
        return None
    return html.A(translate(lang, "feed.show_quarantine"), href=_address(row.key), className="way")


def _address(feed: str, reason_code: str = "") -> str:
    asked = {"feed": feed, **({"reason": reason_code} if reason_code else {})}
    return f"/feeds/quarantine?{urlencode(asked)}"


def reasons(counts: Mapping[str, int], family: str, lang: str, feed: str = "") -> Component | None:
    """Rows by reason, most frequent first; with a feed each leads to its rows in quarantine."""
    if not counts:
        return None
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    items = []
    for code, n in ordered:
        words: Component = html.Span(reason(family, code, lang))
        if feed:
            words = html.A(reason(family, code, lang), href=_address(feed, code), className="reason-way")
        items.append(html.Li([words, html.B(number(n, lang))]))
    return html.Div(
        [html.H3(translate(lang, f"feed.reasons.{family}")), html.Ul(items, className="reasons")], className="why"
    )


def reason(family: str, code: str, lang: str) -> str:
    """A code in words; an adapter's own code that has no words is shown as it is."""
    key = f"{family}.{code}"
    return translate(lang, key) if known(key) else code


def read_counts(counts: Mapping[str, int], lang: str) -> Component | None:
    """What the adapter counted while reading."""
    if not counts:
        return None
    items = [
        html.Li([html.Span(reason("feed.read", name, lang)), html.B(number(n, lang))]) for name, n in counts.items()
    ]
    return html.Div([html.H3(translate(lang, "feed.read")), html.Ul(items, className="reasons")], className="why")
