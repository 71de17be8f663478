"""Pictures for the live tests: moving fleets and rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from domain.pictures import BlockRow, Positions

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def positions(entries, as_of=START, kind="vehicles"):
    """Positions from {id: (label, lon, lat, speed, heading, status, seen)}."""
    table = np.array([row[1:] for row in entries.values()], float).reshape(len(entries), 6)
    return Positions(
        kind=kind, as_of=as_of, expected_seconds=10, origins=["simulated"], feeds=["trucks"],
        ids=list(entries), labels=[row[0] for row in entries.values()],
        lon=table[:, 0], lat=table[:, 1], speed=table[:, 2], heading=table[:, 3],
        status=table[:, 4].astype(np.int16), seen=table[:, 5],
    )  # fmt: skip


def block(key, boxes=0, **more):
    return BlockRow(
        key=key, name=key, terminal="qw1", kind="standard", capacity_teu=900, boxes=boxes, teu=boxes * 1.5,
        occupancy=boxes / 900, **more,
    )  # fmt: skip


class Fleet:
    """Vehicles that drive on every step; ``share`` of them move."""

    def __init__(self, count, share=1.0, seed=1):
        self.random = np.random.default_rng(seed)
        self.count, self.share, self.tick = count, share, 0
        self.lon = self.random.uniform(120.15, 120.30, count)
        self.lat = self.random.uniform(35.97, 36.06, count)
        self.heading = self.random.uniform(0, 360, count)
        self.speed = self.random.uniform(5, 60, count)
        self.seen = np.full(count, START.timestamp())
        self.ids = [f"truck-{i:05}" for i in range(count)]
        self.labels = [f"鲁B{i:05}" for i in range(count)]

    def step(self):
        self.tick += 1
        moving = self.random.random(self.count) < self.share
        self.heading = np.where(moving, (self.heading + self.random.normal(0, 6, self.count)) % 360, self.heading)
        self.speed = np.where(moving, np.clip(self.speed + self.random.normal(0, 1.5, self.count), 3, 80), self.speed)
        metres = self.speed / 3.6 * moving
        self.lon = self.lon + metres * np.sin(np.radians(self.heading)) / 90_000
        self.lat = self.lat + metres * np.cos(np.radians(self.heading)) / 111_320
        self.seen = np.where(moving, START.timestamp() + self.tick, self.seen)
        return Positions(
            kind="vehicles", as_of=START + timedelta(seconds=self.tick), expected_seconds=10, origins=["simulated"],
            feeds=["trucks"], ids=self.ids, labels=self.labels, lon=self.lon, lat=self.lat, speed=self.speed,
            heading=self.heading, status=np.ones(self.count, np.int16), seen=self.seen,
        )  # fmt: skip
