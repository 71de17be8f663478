"""The quality gate: every record is judged before it may enter the store."""

from __future__ import annotations

from datetime import datetime

import msgspec

from datasources.contract import Batch
from domain.quality import check_all
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
    return msgspec.structs.replace(batch, records=kept, rejects=[*batch.rejects, *refused])
