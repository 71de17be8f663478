"""The quality gate: every record is judged before it may enter the store."""

from __future__ import annotations

from datetime import datetime

import msgspec

from datasources.contract import Batch
from domain.quality import check_all
from pipeline.counts import STEPS


@STEPS.of("gate").timed()
def judge(batch: Batch, now: datetime) -> Batch:
    """Pass a batch through ``domain.quality.check_all``.

    Args:
        batch: what a poll brought.
        now: aware UTC; times far in the future are refused against it.

    Returns:
        The batch with flags on the irregular records, and with the unusable ones moved to
        ``rejects`` with the reason. No record is dropped and none stops the others.
    """
    kept, refused = check_all(batch.records, now)
    return msgspec.structs.replace(batch, records=kept, rejects=[*batch.rejects, *refused])
