"""Moving things in columns: what the map draws and the wire carries."""

from __future__ import annotations

from datetime import datetime

import msgspec
import numpy as np
import numpy.typing as npt


class Positions(msgspec.Struct, kw_only=True):
    """Moving things, in columns: entry i of every column belongs to ids[i].

    Attributes:
        kind: ``vehicles`` or ``vessels``.
        ids: vehicle id, or MMSI as text.
        labels: what to call it (plate, vessel name).
        lon, lat: degrees WGS84, float64.
        speed: km/h for vehicles, knots for vessels; NaN unknown.
        heading: degrees from north, NaN unknown.
        status: small integer, index into ``pictures.STATUS``.
        seen: epoch seconds of the position, float64.
        owners: enterprise code by id, as in ``pictures.Picture``.
        recorded: epoch seconds of the same fix in its recording, NaN when not replayed; None when no
            entry is (a replay may run at another speed, so one constant shift would not do).
    """

    kind: str
    as_of: datetime | None
    expected_seconds: float
    origins: list[str]
    feeds: list[str]
    ids: list[str]
    labels: list[str]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    speed: npt.NDArray[np.float64]
    heading: npt.NDArray[np.float64]
    status: npt.NDArray[np.int16]
    seen: npt.NDArray[np.float64]
    recorded: npt.NDArray[np.float64] | None = None
    owners: dict[str, str] = {}
