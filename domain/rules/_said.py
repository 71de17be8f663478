"""What findings about one record have in common: where it comes from, and whether it still says anything."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from domain.alert_identity import alert_key
from domain.records import Record
from domain.rules.base import Facts, Finding, RuleInstance, SubjectError
from domain.watch_records import AreaEvent


def told_by(record: Record) -> dict[str, Any]:
    """Fields of a ``Finding`` that a record gives: its feed, its origin, when it was recorded."""
    return {"origin": record.origin.value, "recorded_time": record.recorded_time, "feed": record.feed}


def seen_by_camera(event: AreaEvent, facts: Facts, instance: RuleInstance, grade: str, **params: Any) -> Finding:
    """The finding about something a camera saw in an area or on a line, which is called as its fence is."""
    fence = facts.fences.get(event.area)
    return Finding(
        rule=instance.name,
        subject_kind="area",
        subject=event.area,
        level=instance.levels[grade],
        event_time=event.event_time,
        params={
            "area": fence.name if fence is not None else event.area,
            "what_key": f"alert.what.{'vehicle' if event.what == 'vehicle' else 'person'}",
            "count": event.count,
            "photo": event.photo,
            **params,
        },
        lon=event.lon,
        lat=event.lat,
        **told_by(event),
    )


def outdated(record: Record, subject: str, span: timedelta, facts: Facts, instance: RuleInstance) -> bool:
    """Whether a record is too old to say anything new.

    Raises:
        SubjectError: it is, and the last that was heard of the subject was that something is wrong: silence does not
            mend it.
    """
    if facts.now - record.event_time <= span:
        return False
    if alert_key(instance.name, subject) in facts.firing:
        raise SubjectError(subject, f"nothing was told since {record.event_time.isoformat()}")
    return True
