"""A feed does not deliver: the picture it carries stands still.

Orange when it fails or hangs, yellow while it is only late. A feed that is starting, switched off
or a recording played to its end is no fault.
"""

from __future__ import annotations

from domain.pictures import FeedRow, FeedState
from domain.rules.base import Facts, Finding, Found, Rule, RuleInstance

NAME = "feed_down"
_GRADES = {FeedState.DOWN: "down", FeedState.LATE: "late"}


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find the feeds that are late or down."""
    return [_finding(row, facts, instance) for row in facts.feeds if row.state in _GRADES]


def _finding(row: FeedRow, facts: Facts, instance: RuleInstance) -> Finding:
    return Finding(
        rule=instance.name,
        subject_kind="feed",
        subject=row.key,
        level=instance.levels[_GRADES[row.state]],
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


RULE = Rule(
    name=NAME,
    kind="condition",
    evaluate=evaluate,
    levels={"down": 2, "late": 3},
    hold_off_seconds=30.0,
    plan=("look_at_feed", "tell_source", "work_without_feed"),
    uses=("feeds",),
)
