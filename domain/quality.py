"""The quality gate: what may enter the store.

A record that is merely irregular is kept and flagged; one that cannot be used is refused with a
reason and the field and value at fault. Nothing here raises, whatever is in the record, and
nothing is dropped silently (RELIABILITY.md, fault tests 17-19).

What a type is checked for stands in ``record_checks``; this module decides and keeps the clock.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from domain.plausibility import FUTURE_LIMIT, Irregular, UnusableError
from domain.record_checks import CHECKS
from domain.records import ContainerStay, Measurement, Origin, Record, Reject, VesselCall, WeatherObservation

SKEW_LIMIT = timedelta(seconds=120)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # before: a device that had no time yet (1970, 1980)
# What was written down long ago is read long after: tracks of typhoons, series of a station. No device dates those.
_LONG_AGO = datetime(1850, 1, 1, tzinfo=UTC)
_EARLIEST_RECORDED: dict[type[Record], datetime] = {WeatherObservation: _LONG_AGO, Measurement: _LONG_AGO}
_ANNOUNCED = (ContainerStay, VesselCall)  # their event_time may lie ahead: announced, planned
log = logging.getLogger(__name__)


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What the gate says about one record.

    Attributes:
        record: the record to keep, with flags added; None when it cannot be used.
        reject_reason: code (catalogue ``reject.<code>``), empty when kept.
        reject_detail: field and value, e.g. ``lat=91.0``; safe to show.
    """

    record: Record | None
    reject_reason: str = ""
    reject_detail: str = ""


def check(record: Record, now: datetime) -> Verdict:
    """Judge one record.

    An event time ahead of the clock by more than 120 s is flagged ``clock_ahead``, by more than
    10 min refused, except for announced stays and planned calls. Lateness is no fault here: a
    wrong clock and a late delivery look the same, and the store counts what came late.

    Args:
        record: any record of ``domain.records``.
        now: the time of reception, aware UTC.

    Returns:
        The verdict; it never raises.
    """
    found = Irregular()
    try:
        _check_time(record, now, found)
        judge = CHECKS.get(type(record))
        if judge is None:
            return Verdict(None, "unknown_record", f"type={type(record).__name__}")
        judge(record, now, found)
    except UnusableError as error:
        return Verdict(None, error.reason, error.detail)
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        return Verdict(None, "malformed", f"{type(record).__name__}: {error}")
    if not found.flags and not found.repairs:
        return Verdict(record)
    flags = tuple(dict.fromkeys((*record.flags, *found.flags)))
    return Verdict(msgspec.structs.replace(record, flags=flags, **found.repairs))


def check_all(records: Iterable[Record], now: datetime) -> tuple[list[Record], list[Reject]]:
    """Judge many records and part the usable from the refused; nothing is lost, and none stops the others.

    A record with nothing to say against it, as nearly all are, is passed without a verdict of its own:
    a back-fill judges a million.
    """
    kept: list[Record] = []
    refused: list[Reject] = []
    found = Irregular()
    for record in records:
        try:
            if EARLIEST <= record.event_time <= now:
                CHECKS[type(record)](record, now, found)
                if not found.flags and not found.repairs:
                    kept.append(record)
                    continue
        except Exception:  # noqa: S110  judged again below, with a verdict; suppress() would cost more than the check
            pass
        found = Irregular()
        verdict = _check_safely(record, now)
        if verdict.record is not None:
            kept.append(verdict.record)
        else:
            refused.append(reject(record, verdict))
    return kept, refused


def _check_safely(record: Record, now: datetime) -> Verdict:
    try:
        return check(record, now)
    except Exception as error:
        log.exception("quality check of %s failed", type(record).__name__)
        return Verdict(None, "check_failed", type(error).__name__)


def reject(record: Record, verdict: Verdict) -> Reject:
    """The quarantine row of a refused record; ``raw`` is the record as JSON."""
    try:
        raw = msgspec.json.encode(record, enc_hook=repr).decode()
    except (UnicodeEncodeError, ValueError, TypeError, OverflowError):  # lone surrogates, NaN in odd places
        raw = ascii(record)
    ref, detail = storable(record.ref), storable(verdict.reject_detail)
    kind = type(record).__name__
    return Reject(feed=record.feed, ref=ref, reason=verdict.reject_reason, detail=detail, raw=raw, dataset=kind)


def storable(text: str) -> str:
    """The text with whatever no database takes (lone surrogates, NUL) written out as escapes."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def earliest(record: Record) -> datetime:
    """The earliest time believed of such a record."""
    return _EARLIEST_RECORDED.get(type(record), EARLIEST) if record.origin is Origin.RECORDED else EARLIEST


def _check_time(record: Record, now: datetime, found: Irregular) -> None:
    when = record.event_time
    if when.tzinfo is None:
        raise UnusableError("time_without_zone", f"event_time={when.isoformat()}")
    if when < earliest(record):
        raise UnusableError("time_implausible", f"event_time={when.isoformat()}")
    if when <= now or isinstance(record, _ANNOUNCED):
        return
    if when - now > FUTURE_LIMIT:
        raise UnusableError("future", f"event_time={when.isoformat()}")
    if when - now > SKEW_LIMIT:
        found.flags.append("clock_ahead")
