"""A feed delivers, but something is wrong at its source: a column that was renamed, a file that cannot be read.

Blue: what comes is still good, and somebody has to look before it is missed. Rows that were merely set aside are no
matter for an alert: a source's everyday mistakes would bury the one that says that its table has changed.
"""

from __future__ import annotations

from domain.pictures import FeedRow, FeedState
from domain.rules.base import Facts, Finding, Found, Rule, RuleInstance

NAME = "feed_degraded"
_EVERYDAY = frozenset({"", "rows_quarantined"})


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find the feeds whose source reports a problem."""
    return [
        _finding(row, facts, instance)
        for row in facts.feeds
        if row.state is FeedState.DEGRADED and row.message_code not in _EVERYDAY
    ]


def _finding(row: FeedRow, facts: Facts, instance: RuleInstance) -> Finding:
    return Finding(
        rule=instance.name,
        subject_kind="feed",
        subject=row.key,
        level=instance.levels["found"],
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


RULE = Rule(
    name=NAME,
    kind="condition",
    evaluate=evaluate,
    levels={"found": 4},
    hold_off_seconds=30.0,
    plan=("look_at_feed", "tell_source"),
    uses=("feeds",),
    parents=("feed_down",),
)
