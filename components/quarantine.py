"""Quarantine: rows that could not be used, what there is of them by feed and reason, and one row in full."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.feeds import reason
from components.format import number, sortable
from components.tile import empty, facts
from domain.quarantine import Looked, SetAside, TriedAgain
from locales import translate

COLUMNS = ("received", "feed", "ref", "reason", "detail", "raw")
MOST_LISTED = 40  # reasons or feeds


def quarantine_rows(rows: Sequence[SetAside], titles: Mapping[str, str], lang: str) -> list[dict[str, Any]]:
    """Quarantined rows for the grid, feeds by their titles; texts of the outside are data, never markup."""
    return [
        {
            "key": str(row.id), "received": sortable(row.received_at), "feed": titles.get(row.feed, row.feed),
            "ref": row.ref, "reason": reason("reject", row.reason, lang), "detail": row.detail, "raw": row.raw,
        }
        for row in rows
    ]  # fmt: skip


def picks(store: str, counts: Mapping[str, int], chosen: str, words: Mapping[str, str], lang: str) -> Component:
    """What there is, most first; one of them can be chosen, and let go of again.

    Args:
        store: id of the Store that is told.
        counts: rows by code.
        chosen: code that is chosen; empty = none.
        words: what a code is called.
        lang: language.
    """
    shown = dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_LISTED])
    if chosen and chosen not in shown:
        shown[chosen] = counts.get(chosen, 0)
    return html.Ul(
        [
            html.Li(
                html.Button(
                    [html.Span(words.get(code, code)), html.B(number(count, lang))],
                    **{"data-pick": store, "data-value": "" if code == chosen else code,
                       "aria-pressed": "true" if code == chosen else "false"},
                )
            )
            for code, count in shown.items()
        ],
        className="picks",
    )  # fmt: skip


def beside(
    found: Looked, feed: str, chosen: str, titles: Mapping[str, str], lang: str, left: Mapping[str, int]
) -> Component:
    """Counts by feed and reason, and of rows that left: ``taken_in`` when tried again, ``dropped`` for newer ones."""
    words = {code: reason("reject", code, lang) for code in {*found.reasons, chosen}}
    return html.Div(
        [
            html.H3(translate(lang, "quarantine.by_feed")),
            picks("quarantine-feed", found.feeds, feed, titles, lang),
            html.H3(translate(lang, "quarantine.by_reason")),
            picks("quarantine-reason", found.reasons, chosen, words, lang),
            *(html.P(translate(lang, f"quarantine.{way}", n=number(n, lang))) for way, n in left.items() if n),
        ],
        className="quarantine-beside",
    )


def one_row(row: SetAside | None, lang: str, may_act: bool) -> Component:
    """A row with all that is kept of it."""
    if row is None:
        return empty(lang, "quarantine_row")
    raw = readable(row.raw)
    about = facts(
        [
            (translate(lang, "column.feed"), row.feed),
            (translate(lang, "column.reason"), reason("reject", row.reason, lang)),
            (translate(lang, "column.detail"), row.detail),
            (translate(lang, "column.received"), sortable(row.received_at)),
            (translate(lang, "quarantine.times"), number(row.times, lang)),
            (translate(lang, "quarantine.length"), number(row.length, lang)),
        ]
    )
    again = html.Button(
        translate(lang, "quarantine.again_one"), **{"data-pick": "quarantine-act", "data-value": f"one:{row.id}"}
    )
    copy = html.Button(
        translate(lang, "account.copy"), **{"data-copy": row.raw, "data-copied": translate(lang, "account.copied")}
    )
    return html.Div(
        [
            html.H3(row.ref, className="quarantine-ref"), about,
            html.Div([again if may_act else None, copy], className="acts-line"),
            html.Pre(raw, className="raw", tabIndex=0, role="region", **{"aria-label": translate(lang, "column.raw")}),
        ],
        className="quarantine-one",
    )  # fmt: skip


def readable(raw: str) -> str:
    """JSON with a line for each value; anything else as it is."""
    try:
        return json.dumps(json.loads(raw), ensure_ascii=False, indent=1)
    except (ValueError, RecursionError):
        return raw


def outcome(done: TriedAgain, lang: str) -> Component:
    """What came of trying rows again."""
    numbers = {name: number(getattr(done, name), lang) for name in ("tried", "taken", "known", "left")}
    lines = [translate(lang, "quarantine.tried", **numbers)]
    lines += [f"{reason('reject', code, lang)}: {number(count, lang)}" for code, count in done.reasons.items()]
    lines += [
        f"{translate(lang, f'feed.error.{code}')} ({number(count, lang)})" for code, count in done.not_here.items()
    ]
    if done.left:
        lines.append(translate(lang, "quarantine.left", **numbers))
    return html.Ul([html.Li(line) for line in lines], className="outcome")


def pager(offset: int, shown: int, total: int, lang: str) -> str:
    """Which rows of how many."""
    if not total:
        return translate(lang, "quarantine.none")
    words = {"first": offset + 1, "last": offset + shown, "total": total}
    return translate(lang, "quarantine.page", **{name: number(value, lang) for name, value in words.items()})
