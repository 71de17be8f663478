"""The column mapping of a feed: from the columns of a table to the fields of a record type.

A mapping is written in the configuration, field by field: the name of a column, or a table that
says how to read it::

    declaration_no = "报关单号"
    direction = {column = "进出口", values = {"出口" = "export", "进口" = "import"}}
    weight_tonnes = {column = "weight_kg", factor = 0.001}

It is checked against the record type when the configuration is read.
"""

from __future__ import annotations

import math
import re
import types
import typing
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from domain import records, watch_records

Scalar = str | int | float | bool

DATASETS: dict[str, type[records.Record]] = {
    "yard_block": records.YardBlock,
    "container_stay": records.ContainerStay,
    "inspection_task": records.InspectionTask,
    "inspection_step": records.InspectionStep,
    "lab_sample": records.LabSample,
    "machine_scan": records.MachineScan,
    "check_result": records.CheckResult,
    "inspection_photo": records.InspectionPhoto,
    "door_event": records.DoorEvent,
    "area_event": watch_records.AreaEvent,
    "recognition": watch_records.Recognition,
    "vehicle_position": records.VehiclePosition,
    "vessel_position": records.VesselPosition,
    "vessel_static": records.VesselStatic,
    "vessel_call": records.VesselCall,
    "gate_move": records.GateMove,
    "gate_state": records.GateState,
    "weather_observation": records.WeatherObservation,
    "measurement": records.Measurement,
}
# Which field tells when a row of this kind happened, when the mapping names no event_time.
EVENT_FIELDS: dict[str, tuple[str, ...]] = {
    "container_stay": ("arrived_at",),
    "inspection_task": ("applied_at",),
    "lab_sample": ("sent_at",),
    "machine_scan": ("scanned_at",),
    "vessel_call": ("ata", "eta"),
}
# Kinds that mean nothing without the time of each row.
TIMED = frozenset(
    {
        "inspection_step", "inspection_photo", "door_event", "vehicle_position", "vessel_position", "gate_move",
        "gate_state", "weather_observation", "measurement", "area_event", "recognition",
    }
)  # fmt: skip
# Kinds whose rows tell the future as well: a replay delivers them at once, with all times shifted.
AT_ONCE = frozenset({"container_stay", "vessel_call"})
_OURS = frozenset({"feed", "origin", "recorded_time", "ref", "flags"})


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one field is read.

    Attributes:
        column: name of the column in the table's header.
        columns: several instead of one, joined with ``separator``, e.g. a date and a time; blank as soon as one is.
        separator: what ``columns`` are joined with.
        constant: a value for every row instead of a column.
        match: regular expression to be found in the text; its first group is read, or all it found without a group.
            A text without it is unknown.
        upper: letters become capitals before anything is looked up.
        blank: words that mean "no value" in this column, beside those of the feed.
        values: the source's word -> the value of the field.
        contains: part of the source's word -> the value of the field; the first that fits.
        otherwise: value for words not listed; ``{}`` in it stands for the word.
        format: how times are written: strptime codes, ``epoch_s`` or ``epoch_ms``.
        timezone: IANA name for times without a zone; default the feed's.
        factor: multiplies numbers, e.g. 0.001 for kg to tonnes.
        offset: added to numbers then, e.g. -17.7778 for Fahrenheit (after the factor 0.555556) to Celsius.
        split: separator of a list in one cell.
        prefix: put before texts.
    """

    column: str = ""
    columns: tuple[str, ...] = ()
    separator: str = " "
    constant: Scalar | None = None
    match: str = ""
    upper: bool = False
    blank: tuple[str, ...] = ()
    values: dict[str, Scalar] = {}
    contains: dict[str, Scalar] = {}
    otherwise: Scalar | None = None
    format: str = ""
    timezone: str = ""
    factor: float = 1.0
    offset: float = 0.0
    split: str = ""
    prefix: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if bool(self.column) + bool(self.columns) + (self.constant is not None) != 1:
            raise ValueError("needs either column or columns or constant")
        if not math.isfinite(self.offset):
            raise ValueError("offset must be a number")
        if self.match:
            try:
                re.compile(self.match)
            except (re.error, OverflowError, RecursionError) as error:
                raise ValueError(f"match: {self.match!r} is no regular expression: {error}") from None
        if self.timezone:
            known_zone(self.timezone)
        if self.values and self.contains:
            raise ValueError("has both values and contains")

    @property
    def wanted(self) -> tuple[str, ...]:
        """Names of the columns it is read from."""
        return self.columns or ((self.column,) if self.column else ())


class FieldType(msgspec.Struct, frozen=True):
    """What a field of a record takes: one plain type, perhaps None, perhaps several."""

    kind: type
    optional: bool
    required: bool
    many: bool = False


def known_zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name; ValueError when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"unknown time zone {name!r}") from None


@cache
def field_types(dataset: str) -> Mapping[str, FieldType]:
    """Fields of a dataset's record type that a mapping may fill."""
    kind = DATASETS[dataset]
    hints = typing.get_type_hints(kind)
    required = {f.name for f in msgspec.structs.fields(kind) if f.required}
    found = {}
    for name in kind.__struct_fields__:
        if name in _OURS:
            continue
        hint, optional, many = hints[name], False, False
        if isinstance(hint, types.UnionType):
            optional, hint = True, next(a for a in typing.get_args(hint) if a is not type(None))
        if typing.get_origin(hint) is tuple:
            many, hint = True, typing.get_args(hint)[0]
        found[name] = FieldType(hint, optional, name in required and name != "event_time", many)
    return found


def check_mapping(dataset: str, mapping: Mapping[str, str | Column], has_time: bool) -> None:
    """Hold a mapping against its record type.

    Args:
        dataset: key of ``DATASETS``.
        mapping: field -> column.
        has_time: whether the feed sets a time for rows without one.

    Raises:
        ValueError: naming the field and what is wrong.
    """
    if dataset not in DATASETS:
        raise ValueError(f"dataset {dataset!r} is unknown; known are {', '.join(sorted(DATASETS))}")
    fields = field_types(dataset)
    for name, spec in mapping.items():
        if name not in fields:
            raise ValueError(f"mapping.{name}: no field of {dataset}; fields are {', '.join(sorted(fields))}")
        if isinstance(spec, Column):
            _check_values(name, spec, fields[name])
    missing = [name for name, field in fields.items() if field.required and name not in mapping]
    if dataset in TIMED and "event_time" not in mapping and not has_time:
        missing.append("event_time")
    if missing:
        raise ValueError(f"mapping.{missing[0]}: is needed for {dataset} and not mapped")


def _check_values(name: str, spec: Column, field: FieldType) -> None:
    given = [*spec.values.values(), *spec.contains.values()]
    if spec.otherwise is not None and not (field.kind is str and isinstance(spec.otherwise, str)):
        given.append(spec.otherwise)
    if spec.constant is not None and field.kind is not datetime:
        given.append(spec.constant)
    for value in given:
        try:
            plain(value, field.kind)
        except ValueError as error:
            raise ValueError(f"mapping.{name}: {error}") from None


def plain(value: Scalar, kind: type) -> Any:
    """A configured value as the field's type; ValueError when it is none."""
    if kind is datetime:
        return datetime.fromisoformat(str(value))
    if kind is bool and not isinstance(value, bool):
        raise ValueError(f"{value!r} is not true or false")
    try:
        return kind(value)
    except (TypeError, ValueError):
        choices = [str(m) for m in getattr(kind, "__members__", {}).values()]
        hint = f"; may be {', '.join(choices)}" if choices else f", but a {kind.__name__} is needed"
        raise ValueError(f"{value!r} cannot be used{hint}") from None
