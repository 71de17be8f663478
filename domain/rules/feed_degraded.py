"""A feed delivers, but something is wrong at its source: a column that was renamed, a file that cannot be read.

Blue: what comes is still good, and somebody has to look before it is missed. Rows that were merely set aside are no
matter for an alert: a source's everyday mistakes would bury the one that says that its table has changed.
"""

from __future__ import annotations

from domain.pictures import FeedRow, FeedState
from domain.rules.base import Facts, Finding, Rule

NAME = "feed_degraded"
LEVEL = 4
_EVERYDAY = frozenset({"", "rows_quarantined"})


def evaluate(facts: Facts) -> list[Finding]:
    """Find the feeds whose source reports a problem."""
    return [
        _finding(row, facts)
        for row in facts.feeds
        if row.state is FeedState.DEGRADED and row.message_code not in _EVERYDAY
    ]


def _finding(row: FeedRow, facts: Facts) -> Finding:
    return Finding(
        rule=NAME,
        subject_kind="feed",
        subject=row.key,
        level=LEVEL,
        event_time=facts.now,
        params={
            "title": row.title or row.key,
            "title_by_language": row.titles,
            "cause_key": f"feed.error.{row.message_code}",
            "detail": row.message,
        },
        origin=row.origin,
        feed=row.key,
    )


RULE = Rule(name=NAME, kind="condition", evaluate=evaluate, clear_after_seconds=30.0)
