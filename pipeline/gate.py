"""The quality gate: every record is judged before it may enter the store."""

from __future__ import annotations

from datetime import datetime

import msgspec
import structlog

from datasources.contract import Batch
from domain.quality import check
from domain.records import Record, Reject
from pipeline.counts import STEPS

log = structlog.get_logger(__name__)


@STEPS.of("gate").timed()
def judge(batch: Batch, now: datetime) -> Batch:
    """Pass a batch through ``domain.quality.check``.

    Args:
        batch: what a poll brought.
        now: aware UTC; times far in the future are refused against it.

    Returns:
        The batch with flags on the irregular records, and with the unusable ones moved to
        ``rejects`` with the reason. No record is dropped and none stops the others.
    """
    kept: list[Record] = []
    rejects = list(batch.rejects)
    for record in batch.records:
        try:
            verdict = check(record, now)
        except Exception as error:
            log.exception("quality_check_failed", feed=record.feed, kind=type(record).__name__)
            rejects.append(reject(record, "check_failed", type(error).__name__))
            continue
        if verdict.record is not None:
            kept.append(verdict.record)
        else:
            rejects.append(reject(record, verdict.reject_reason, verdict.reject_detail))
    return msgspec.structs.replace(batch, records=kept, rejects=rejects)


def reject(record: Record, reason: str, detail: str) -> Reject:
    """A quarantine row for a record that was parsed but cannot be used."""
    try:
        raw = msgspec.json.encode(record, enc_hook=repr).decode()
    except (UnicodeEncodeError, ValueError, TypeError):  # lone surrogates, NaN in odd places
        raw = ascii(record)
    return Reject(feed=record.feed, ref=storable(record.ref), reason=reason, detail=storable(detail), raw=raw)


def storable(text: str) -> str:
    """The text with whatever no database takes (lone surrogates, NUL) written out as escapes."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
