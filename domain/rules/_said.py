"""What findings about one record have in common: where it comes from, and whether it still says anything."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from domain.alert_identity import alert_key
from domain.integrity_signs import Signs
from domain.records import Record
from domain.rules.base import Facts, RuleInstance, SubjectError


def told_by(record: Record) -> dict[str, Any]:
    """Fields of a ``Finding`` that a record gives: its feed, its origin, when it was recorded."""
    return {"origin": record.origin.value, "recorded_time": record.recorded_time, "feed": record.feed}


def judged_by(signs: Signs, facts: Facts, since: datetime | None = None) -> dict[str, Any]:
    """Fields of a ``Finding`` that the integrity watch gives: when it found it, or since when, and its origin."""
    origin = signs.origins[0] if len(signs.origins) == 1 else ""
    return {"event_time": since or signs.as_of or facts.now, "origin": origin}


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
