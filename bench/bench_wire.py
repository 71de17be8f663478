"""What one update of the fleet weighs on the wire, against plain objects and columns in JSON."""

from __future__ import annotations

import time

import msgspec

from bench.fleet import picture
from bench.rows import Row, bench, row
from live.columns import ColumnsEncoder

VEHICLES = 5_000


@bench("wire")
def wire() -> list[Row]:
    """5,000 vehicles all moving: bytes and encoding time of one delta."""
    columns = ColumnsEncoder()
    columns.update(picture(VEHICLES, 0))
    objects = _as_objects(1)
    sizes, took, plain = [], [], []
    for second in range(1, 11):
        now = picture(VEHICLES, second)
        began = time.perf_counter()
        delta = columns.update(now) or b""
        took.append(time.perf_counter() - began)
        sizes.append(len(delta))
        body = _as_objects(second)
        began = time.perf_counter()
        msgspec.json.encode(body)
        plain.append(time.perf_counter() - began)
    size = float(sorted(sizes)[5])
    return [
        row("wire: 5,000 moving, bytes against objects", size, "bytes", float(len(msgspec.json.encode(objects))), 0.1),
        row("wire: 5,000 moving, encoding against objects", sorted(took)[5] * 1e3, "ms", sorted(plain)[5] * 1e3, 4.0),
    ]


def _as_objects(second: int) -> list[dict[str, object]]:
    now = picture(VEHICLES, second)
    return [
        {
            "id": now.ids[i], "lon": float(now.lon[i]), "lat": float(now.lat[i]), "speed": float(now.speed[i]),
            "heading": float(now.heading[i]), "status": "moving", "seen": float(now.seen[i]),
        }
        for i in range(VEHICLES)
    ]  # fmt: skip
