"""Fixes of many subjects as one columnar block for playback."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from live.columns import UNKNOWN, pack_values
from store.reads.fixes import Fixes, Floats

TOP_SPEED = 32_767


def block(fixes: Fixes, since: datetime, until: datetime) -> dict[str, Any]:
    """The block as plain data; columns packed as those of a live topic (k = columns)."""
    begin = since.timestamp()
    return {
        "kind": fixes.kind,
        "since": begin,
        "until": until.timestamp(),
        "ids": fixes.ids,
        "labels": fixes.labels,
        "status": fixes.status,
        "first": fixes.first.tolist(),
        "time": pack_values(np.rint(fixes.time - begin).astype(np.int64)),
        "lon": pack_values(np.rint(fixes.lon * 1e5).astype(np.int64)),
        "lat": pack_values(np.rint(fixes.lat * 1e5).astype(np.int64)),
        "speed": _packed(np.minimum(np.rint(fixes.speed * 10), TOP_SPEED)),
        "heading": _packed(np.mod(np.rint(fixes.heading), 360)),
    }


def _packed(values: Floats) -> Any:
    known = np.isfinite(values)
    return pack_values(np.where(known, np.maximum(np.nan_to_num(values), 0), UNKNOWN).astype(np.int64))
