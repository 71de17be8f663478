"""A feed does not deliver: the picture it carries stands still.

Orange when it fails or hangs, yellow while it is only late. A feed that is starting, switched off
or a recording played to its end is no fault.
"""

from __future__ import annotations

from domain.pictures import FeedRow, FeedState
from domain.rules.base import Facts, Finding, Rule

NAME = "feed_down"
_LEVELS = {FeedState.DOWN: 2, FeedState.LATE: 3}


def evaluate(facts: Facts) -> list[Finding]:
    """Find the feeds that are late or down."""
    return [_finding(row, facts) for row in facts.feeds if row.state in _LEVELS]


def _finding(row: FeedRow, facts: Facts) -> Finding:
    return Finding(
        rule=NAME,
        subject_kind="feed",
        subject=row.key,
        level=_LEVELS[row.state],
        event_time=facts.now,
        params={
            "title": row.title or row.key,
            "title_by_language": row.titles,
            "state_key": f"feed.state.{row.state.value}",
            "cause_key": f"feed.error.{row.message_code}" if row.message_code else "feed.error.silent",
            "detail": row.message,
        },
        origin=row.origin,
        feed=row.key,
    )


RULE = Rule(name=NAME, kind="condition", evaluate=evaluate, clear_after_seconds=30.0)
