"""From records to rows: whole columns at a time, so that a bulk of records costs little Python."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

from domain.records import Record
from store.moments import EPOCH, FOREVER, MICROSECOND, micros, moment_or_none
from store.sql import Row

R = TypeVar("R", bound=Record)
OPEN_ENDED = frozenset({"departed_at"})  # not yet known = FOREVER, see moments
META = ("recorded_time", "received_at", "ref")  # how a row came; not part of what it says
_HEAD = ("event_time", *META)


@cache
def fields(kind: type[Record]) -> tuple[str, ...]:
    """What a record says: its own fields, then feed, origin, flags and scope; without times of receipt."""
    common = set(Record.__struct_fields__)
    own = [name for name in kind.__struct_fields__ if name not in common]
    return (*own, "feed", "origin", "flags", "scope")


def encode(records: Sequence[Any], names: Sequence[str], received_at: datetime) -> list[Row]:
    """Rows of records of one type: the named columns in their order."""
    kind = type(records[0])
    columns = [_column(records, kind, name, received_at) for name in names]
    return list(zip(*columns, strict=True))


def _column(records: Sequence[Any], kind: type[Record], name: str, received_at: datetime) -> Sequence[Any]:
    if name == "received_at":
        return [micros(received_at)] * len(records)
    values = list(map(attrgetter(name), records))
    shape = _shapes(kind)[name]
    if shape == "time":
        missing = FOREVER if name in OPEN_ENDED else None
        if not any(values):
            return [missing] * len(records)
        return [missing if value is None else (value - EPOCH) // MICROSECOND for value in values]
    if shape == "word":
        return [value if value is None else str.__str__(value) for value in values]
    if name == "flags":
        return [",".join(value) for value in values] if any(values) else [""] * len(records)
    if shape == "list":
        return [msgspec.json.encode(value).decode() for value in values]
    return values


@cache
def _shapes(kind: type[Record]) -> dict[str, str]:
    return {name: _shape(hint) for name, hint in get_type_hints(kind).items()}


def _shape(hint: Any) -> str:
    options = [option for option in (get_args(hint) or (hint,)) if option is not type(None)]
    first = options[0]
    if first is datetime:
        return "time"
    if first is bool:
        return "truth"
    if isinstance(first, type) and issubclass(first, StrEnum):
        return "word"
    return "list" if getattr(hint, "__origin__", None) is tuple else "plain"


def prefer(one: Row, other: Row) -> Row:
    """The one of two contradicting rows of a batch that counts: the same whatever their order."""
    return max(one, other, key=repr)


def decode(kind: type[R], names: Sequence[str], row: Sequence[Any]) -> R:
    """A record back from its row (columns the record does not have are passed over)."""
    shapes = _shapes(kind)
    values = {name: value for name, value in zip(names, row, strict=True) if name in shapes}
    for name, value in values.items():
        if shapes[name] == "time":
            values[name] = moment_or_none(value)
        elif name == "flags":
            values[name] = split_flags(value)
        elif shapes[name] == "truth" and value is not None:
            values[name] = bool(value)  # SQLite has none
        elif shapes[name] == "list":
            values[name] = msgspec.json.decode(value)
    return msgspec.convert(values, kind)


def decode_all(kind: type[R], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[R]:
    """Records back from many rows of times, words and figures, a column at a time; checked when they were stored."""
    if not rows:
        return []
    hints, shapes = get_type_hints(kind), _shapes(kind)
    columns = [
        _decoded(shapes[name], hints[name], column) for name, column in zip(names, zip(*rows, strict=True), strict=True)
    ]
    return [kind(**dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]


def _decoded(shape: str, hint: Any, column: Sequence[Any]) -> Iterable[Any]:
    if shape == "time":
        return map(moment_or_none, column)
    if shape == "word":
        word: Any = next(one for one in (get_args(hint) or (hint,)) if one is not type(None))
        return [None if value is None else word(value) for value in column]
    if shape == "list":
        known: dict[str, tuple[str, ...]] = {}
        return [known.setdefault(text, tuple(msgspec.json.decode(text))) for text in column]
    return map(bool, column) if shape == "truth" else column


def split_flags(text: str) -> tuple[str, ...]:
    """Flags back from their column."""
    return tuple(text.split(",")) if text else ()
