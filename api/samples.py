"""Small pictures for the documents: one row each, made from the types, so that no field is ever missing."""

from __future__ import annotations

import types
import typing
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import msgspec
import numpy as np

from api.schemas import PICTURES
from domain.pictures import UNSENT, Positions

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # at the port
# What a field is called tells what may stand in it; else the type does.
_BY_NAME: dict[str, Any] = {
    "key": "A12", "name": "A12", "terminal": "QQCT", "kind": "standard", "origin": "live", "origins": ["live"],
    "feeds": ["yard"], "feed": "yard", "platform": "P1", "area": "north", "direction": "export", "mode": "manual",
    "enterprise_class": "general", "lon": 120.21, "lat": 36.02, "occupancy": 0.62, "state": "open",
    "condition": "firing", "subject_kind": "block", "subject": "A12", "rule": "yard_full", "unit": "percent",
    "containers": ["CSQU3054383"], "flags": [], "stage": "confirmed", "nodes": {"confirmed": NOON}, "model": "AutoETS",
    "code": "recording_ended", "adapter": "csv_drop", "titles": {"en": "Yard", "zh_CN": "堆场"}, "title": "Yard",
    "brings": ["YardBlock"], "platforms": ["P1"], "better": "lower", "level": 2, "counts": {"2": 1},
    "overall": 97, "worst": "completeness", "shares": {"compliance": 0.98, "completeness": 0.93},
}  # fmt: skip


def picture(topic: str, number: int = 3) -> Any:
    """A picture of a topic.

    Args:
        topic: one of ``domain.pictures.TOPICS``, but for the clock.
        number: stands where a whole number does, so that two of them differ.
    """
    if topic in ("vehicles", "vessels"):
        return _positions(topic, number)
    kind, row = PICTURES[topic]
    return _made(kind, number, rows=[_made(row, number)], **{UNSENT: {}})


def _positions(kind: str, number: int) -> Positions:
    vehicle = kind == "vehicles"
    name = "鲁B**12·4F7K2M" if vehicle else "412345678"
    return Positions(
        kind=kind, as_of=NOON, expected_seconds=60.0, origins=["live"], feeds=["gps" if vehicle else "ais"],
        ids=[name], labels=[name if vehicle else "XIN QINGDAO"], lon=np.array([120.21 + number / 1000]),
        lat=np.array([36.02]), speed=np.array([12.5]), heading=np.array([90.0]), status=np.array([1], np.int16),
        seen=np.array([NOON.timestamp()]),
    )  # fmt: skip


def _made(kind: type, number: int, **given: Any) -> Any:
    hints = typing.get_type_hints(kind)
    fields = (one.name for one in msgspec.structs.fields(kind))
    return kind(**{name: given[name] if name in given else _value(name, hints[name], number) for name in fields})


def _value(name: str, hint: Any, number: int) -> Any:
    if isinstance(hint, types.UnionType):
        hint = next(one for one in typing.get_args(hint) if one is not type(None))
    origin = typing.get_origin(hint) or hint
    if name in _BY_NAME and isinstance(_BY_NAME[name], origin):
        return _BY_NAME[name]
    if origin is tuple:
        return tuple(range(len(typing.get_args(hint))))
    if issubclass(origin, Enum):
        return next(iter(origin))
    if issubclass(origin, msgspec.Struct):
        return _made(origin, number)
    plain = {str: "", bool: False, int: number, float: number + 0.5, datetime: NOON, list: [], dict: {}}
    return plain[origin]
