"""The datasets as they are kept: which table, in which order, which moments, which filters an index serves.

Names of fields and columns come from the record types and the tables alone, so nothing a caller writes becomes SQL.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Table

from domain import records, watch_records
from domain.units import unit_of
from domain.viewer import Viewer
from store import schema
from store.reads.scope import public, visible

LONGEST_DAYS = 7  # of a span of fixes of everything that moves


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a dataset.

    Attributes:
        name: of the record.
        type: ``text``, ``integer``, ``number``, ``boolean``, ``time`` (aware UTC), ``word`` (one of ``words``) or
            ``list`` (of texts).
        unit: empty for none.
        optional: whether it may be unknown (null).
        words: what a ``word`` may be.
        indexed: whether a filter by it is answered from an index; others are looked for row by row.
    """

    name: str
    type: str
    unit: str = ""
    optional: bool = False
    words: tuple[str, ...] = ()
    indexed: bool = False


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of record and its table.

    Attributes:
        name: of the dataset and of its table.
        record: its type.
        keys: columns that name a row, in the order in which rows come.
        kind: ``state`` (versions), ``fact``, ``track`` (a history and the latest of each) or ``heard`` (one row for
            each content, with the time it was heard last, and first).
        orders: fields by which rows come when they are asked for by a span of it, since an index has them so.
        began: of things that tell their own times, when they begin: by today's knowledge the newest version of what
            had begun by a moment is what was so.
        later: times of theirs that had not come yet at a moment before them, and are left out.
        also: fields that an index serves although they do not begin it.
    """

    name: str
    record: type[records.Record]
    keys: tuple[str, ...]
    kind: str
    orders: tuple[str, ...] = ()
    began: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def table(self) -> Table:
        """Where its rows are; of a track the history."""
        return schema.metadata.tables[self.name]

    @property
    def latest(self) -> Table:
        """Of a track: the newest row of each."""
        return schema.metadata.tables[self.name.replace("_position", "_latest").replace("_state", "_latest")]

    def column_of(self, field: str) -> str:
        """The column a field is in: when a version begins to hold is its record's event time."""
        return "valid_from" if field == "event_time" and self.kind == "state" else field

    def seen(self, viewer: Viewer, table: Table) -> tuple[ColumnElement[bool], ...]:
        """Conditions that leave only rows this viewer may see."""
        heard_on_air = self.name in ("vessel_position", "vessel_static", "weather_observation")
        return (public if heard_on_air else visible)(viewer, table.c.scope)


def _state(name: str, record: type[records.Record], *keys: str, **more: Any) -> Dataset:
    return Dataset(name=name, record=record, keys=keys, kind="state", **more)


def _fact(name: str, record: type[records.Record], *keys: str, **more: Any) -> Dataset:
    return Dataset(name=name, record=record, keys=keys, kind="fact", **more)


def _track(name: str, record: type[records.Record], key: str) -> Dataset:
    return Dataset(name=name, record=record, keys=(key, "event_time"), kind="track", also=("event_time",))


DATASETS: Mapping[str, Dataset] = MappingProxyType({one.name: one for one in (
    _state("yard_block", records.YardBlock, "block_id"),
    _state("container_stay", records.ContainerStay, "feed", "stay_id", orders=("arrived_at", "departed_at"),
           began=("arrived_at",), later=("departed_at",)),
    _state("inspection_task", records.InspectionTask, "declaration_no", orders=("vessel_departure_at",)),
    _fact("inspection_step", records.InspectionStep, "node", "event_time", "declaration_no", also=("event_time",)),
    _state("lab_sample", records.LabSample, "declaration_no", "sample_no", orders=("completed_at",),
           began=("sent_at",), later=("completed_at",)),
    _state("machine_scan", records.MachineScan, "declaration_no", "container_no", orders=("scanned_at",),
           began=("scanned_at",), later=("reviewed_at",)),
    _fact("check_result", records.CheckResult, "feed", "check_id"),
    _fact("inspection_photo", records.InspectionPhoto, "declaration_no", "event_time", "feed", "photo_id"),
    _fact("door_event", records.DoorEvent, "container_no", "event_time"),
    _fact("area_event", watch_records.AreaEvent, "event_time", "feed", "event_id"),
    _fact("recognition", watch_records.Recognition, "event_time", "feed", "event_id"),
    _track("vehicle_position", records.VehiclePosition, "vehicle_id"),
    _track("vessel_position", records.VesselPosition, "mmsi"),
    Dataset(name="vessel_static", record=records.VesselStatic, keys=("mmsi", "digest"), kind="heard"),
    _state("vessel_call", records.VesselCall, "call_id", began=("ata", "eta", "etd"), later=("ata", "atd")),
    _fact("gate_move", records.GateMove, "event_time", "feed", "move_id"),
    _track("gate_state", records.GateState, "gate_id"),
    _fact("weather_observation", records.WeatherObservation, "station", "feed", "event_time"),
    _fact("measurement", records.Measurement, "measure", "subject", "feed", "event_time"),
)})  # fmt: skip

_BEFORE = ("event_time",)
_AFTER = ("feed", "origin", "recorded_time", "received_at", "flags", "scope")
_PLAIN = {str: "text", int: "integer", float: "number", bool: "boolean", datetime: "time"}


@cache
def fields_of(name: str) -> Mapping[str, Field]:
    """Fields of a dataset by name: when, what it says, and how it came.

    ``ref`` is left out: it names files of the port, for messages to its people.
    """
    dataset = DATASETS[name]
    hints = {**typing.get_type_hints(dataset.record), "received_at": datetime}
    common = set(records.Record.__struct_fields__)
    own = [field for field in dataset.record.__struct_fields__ if field not in common]
    served = _served(dataset)
    return {field: _field(field, hints[field], field in served) for field in (*_BEFORE, *own, *_AFTER)}


def _field(name: str, hint: Any, indexed: bool) -> Field:
    optional = isinstance(hint, types.UnionType)
    if optional:
        hint = next(one for one in typing.get_args(hint) if one is not type(None))
    unit = unit_of(name)
    if typing.get_origin(hint) is tuple:
        return Field(name=name, type="list", unit=unit, indexed=False)
    if issubclass(hint, StrEnum):
        return Field(name=name, type="word", words=tuple(hint), optional=optional, indexed=indexed)
    return Field(name=name, type=_PLAIN[hint], unit=unit, optional=optional, indexed=indexed)


def _served(dataset: Dataset) -> set[str]:
    """Fields that begin the primary key or an index of the table; with ``also``, those that follow in one."""
    table = dataset.table
    begins = {next(iter(table.primary_key.columns)).name}
    begins |= {next(iter(index.columns)).name for index in table.indexes}
    return begins | set(dataset.also)
