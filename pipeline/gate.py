"""The quality gate: every record is judged before it may enter the store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from datasources.contract import Batch
from domain.quality import check_all, storable
from domain.records import Reject
from pipeline.counts import STEPS
from pipeline.reach import Trail


@STEPS.of("gate").timed()
def judge(batch: Batch, now: datetime, trail: Trail | None = None) -> Batch:
    """Pass a batch through ``domain.quality.check_all`` and hold its positions against those before.

    Args:
        batch: what a poll brought.
        now: aware UTC; times far in the future are refused against it.
        trail: where the feed's things were believed to be; None: each record is judged by itself alone.

    Returns:
        The batch with flags on the irregular records, and with the unusable ones moved to
        ``rejects`` with the reason. No record is dropped and none stops the others.
    """
    kept, refused = check_all(batch.records, now)
    if trail is not None:
        kept, unreachable = trail.part(kept)
        refused += unreachable
    if refused and batch.raw_of is not None:  # as it came: another mapping may make another record of it
        refused = [_as_it_came(one, batch.raw_of) for one in refused]
    return msgspec.structs.replace(batch, records=kept, rejects=[*batch.rejects, *refused], raw_of=None)


def _as_it_came(refused: Reject, raw_of: Callable[[str], str]) -> Reject:
    """The reject with the row in place of the record, where the row is known and can be written down."""
    try:
        raw = storable(raw_of(refused.ref))
    except Exception:  # an adapter's code, on a row that is odd already: the record says enough
        return refused
    return msgspec.structs.replace(refused, raw=raw) if raw else refused
