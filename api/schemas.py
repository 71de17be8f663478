"""JSON schemas (draft 2020-12, as OpenAPI 3.1 and AsyncAPI 3 take them) of what the interface answers.

Made from the very types that are written: pictures and their rows, and the fields of datasets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from domain import pictures as p
from domain.alert_pictures import AlertFile
from domain.declaration_file import DeclarationFile
from domain.dispatch import Order
from domain.dispatch_board import BoardOrder
from domain.pictures import STATUS, UNSENT
from domain.sailing_pictures import SailingRow, SailingsPicture, WarningRow, WarningsPicture
from domain.screen_pictures import ScreenRow, ScreensPicture
from store.reads.dataset_tables import DATASETS, Field, fields_of

Schema = dict[str, Any]
REF = "#/components/schemas/{name}"
# Pictures with rows by topic, each with the type of its rows.
PICTURES: Mapping[str, tuple[type[p.Picture], type[msgspec.Struct]]] = MappingProxyType({
    "yard": (p.YardPicture, p.BlockRow), "queue": (p.QueuePicture, p.QueueRow),
    "inspections": (p.InspectionsPicture, p.InspectionRow), "gates": (p.GatesPicture, p.GateRow),
    "alerts": (p.AlertsPicture, p.AlertRow), "kpis": (p.KpisPicture, p.KpiRow),
    "forecasts": (p.ForecastsPicture, p.ForecastRow), "feeds": (p.Picture, p.FeedRow),
    "sailings": (SailingsPicture, SailingRow), "warnings": (WarningsPicture, WarningRow),
    "notices": (p.NoticesPicture, p.NoticeRow), "screens": (ScreensPicture, ScreenRow),
})  # fmt: skip
TIME: Schema = {"type": "string", "format": "date-time"}
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
_TYPES: Mapping[str, Schema] = MappingProxyType({
    "text": TEXT, "integer": WHOLE, "number": NUMBER, "boolean": {"type": "boolean"}, "time": TIME, "word": TEXT,
    "list": {"type": "array", "items": TEXT},
})  # fmt: skip


def ref(name: str) -> Schema:
    """A schema of the components by its name."""
    return {"$ref": REF.format(name=name)}


def record(required: Iterable[str] | None = None, **fields: Schema) -> Schema:
    """An object with these fields, all of them always there if nothing else is said."""
    return {"type": "object", "properties": fields, "required": list(fields if required is None else required)}


def many(items: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": items}


def or_null(schema: Schema) -> Schema:
    """The same, or nothing known."""
    return {"anyOf": [schema, {"type": "null"}]}


def picture_name(topic: str) -> str:
    """The name of a topic's picture among the components."""
    return f"{topic.capitalize()}Picture"


def components() -> dict[str, Schema]:
    """Every schema the documents name."""
    kinds = [DeclarationFile, AlertFile, Order, BoardOrder, *(kind for pair in PICTURES.values() for kind in pair)]
    _, found = msgspec.json.schema_components(dict.fromkeys(kinds), ref_template=REF)
    for schema in found.values():
        schema.pop("description", None)  # written for those who work on the code
    made = {name: schema for name, schema in found.items() if not name.endswith("Picture")}
    made["FeedRow"]["properties"]["age_seconds"] = or_null(NUMBER)
    for topic, (kind, row) in PICTURES.items():
        fields = {name: one for name, one in found[kind.__name__]["properties"].items() if name != UNSENT}
        made[picture_name(topic)] = record(**{**fields, "rows": many(ref(row.__name__))})
    for topic, speed in (("vehicles", "speed_kmh"), ("vessels", "speed_knots")):
        made[picture_name(topic)] = record(
            ("as_of", "origins", "feeds", "count", "rows"), as_of=or_null(TIME), expected_seconds=NUMBER,
            origins=many(TEXT), feeds=many(TEXT), count=WHOLE, rows=many(_moving(speed)),
        )  # fmt: skip
    for name in DATASETS:
        made[row_name(name)] = {
            "type": "object", "properties": {one.name: of_field(one) for one in fields_of(name).values()},
        }  # fmt: skip
    words = record(reason=TEXT, moves=TEXT, expected=TEXT, source=TEXT)
    keys = record(
        cycle=or_null(TIME), priority=WHOLE, direction=WHOLE, time=or_null(TIME), applied_at=or_null(TIME),
        declaration_no=TEXT,
    )  # fmt: skip
    queue = made[picture_name("queue")]["properties"]
    made["QueuePlace"] = {"allOf": [
        ref("QueueRow"), record(keys=keys, words={"type": "object", "additionalProperties": words}),
    ]}  # fmt: skip
    made["QueueAnswer"] = record(**{**queue, "rows": many(ref("QueuePlace"))})
    made["Error"] = record(("error",), error=TEXT, message=TEXT, reason=TEXT, parameter=TEXT)
    return made


def _moving(speed: str) -> Schema:
    return record(
        id=TEXT, label=TEXT, lon=NUMBER, lat=NUMBER, heading_degrees=or_null(NUMBER),
        status={"type": "string", "enum": list(STATUS)}, seen=or_null(TIME), origin=or_null(TEXT),
        recorded_time=or_null(TIME), **{speed: or_null(NUMBER)},
    )  # fmt: skip


def row_name(dataset: str) -> str:
    """The name of a dataset's row among the components: that of the record's type."""
    return DATASETS[dataset].record.__name__


def of_field(field: Field) -> Schema:
    """A field of a dataset."""
    schema = dict(_TYPES[field.type])
    if field.words:
        schema["enum"] = list(field.words)
    if field.optional:
        schema = or_null(schema)
    if field.unit:
        schema["x-unit"] = field.unit
    schema["x-indexed"] = field.indexed
    return schema
