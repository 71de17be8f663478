"""Why something on a screen is old: every feed that is not well, in a sentence.

The browser decides what is late, by the server's clock; this view tells it which feed is to blame and why. Its value
is a mapping from feed to words, so each tile can pick those of its own feeds (``data-feeds``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.feeds import message, short_title
from components.format import clock
from domain.pictures import FeedRow
from live.views import register_view
from locales import translate

VIEW = "feed-causes"
WELL = frozenset({"ok", "starting"})


def causes(pictures: Mapping[str, Any], lang: str) -> dict[str, dict[str, str]]:
    """Feed name -> ``{title, words}``; words are empty for feeds that are well."""
    feeds = pictures.get("feeds")
    rows: list[FeedRow] = feeds.rows if feeds is not None else []
    now = feeds.as_of if feeds is not None else None
    return {row.key: {"title": short_title(row, lang), "words": _words(row, lang, now)} for row in rows}


def _words(row: FeedRow, lang: str, now: Any) -> str:
    """Which feed, what is wrong, since when."""
    if row.state in WELL:
        return ""
    state = translate(lang, f"feed.state.{row.state}")
    last = clock(row.last_ok_at, lang, now) if row.last_ok_at else translate(lang, "cause.never_good")
    why = message(row, lang)
    key = "cause.feed_why" if why else "cause.feed"
    return translate(lang, key, feed=short_title(row, lang), state=state, why=why, since=last)


register_view(VIEW, ("feeds",), causes)
