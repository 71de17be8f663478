"""Reading cells: from the text or spreadsheet value of a cell to the value of a record's field."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, tzinfo
from enum import StrEnum
from typing import Any

from datasources.mapping import Column, FieldType, Scalar, known_zone, plain

Cell = Any  # str from text files; str, float, bool, datetime, date, time from spreadsheets
Reader = Callable[[Cell, list[str]], Any]

_LONGEST = 64  # characters of a number or time; longer ones are no numbers
_SEARCHED = 1_000  # characters of a text in which a form is looked for
_LOOSE_TIME = re.compile(r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:[ T]+(\d{1,2}:\d{2}(?::\d{2})?))?$")
_TRUE, _FALSE = {"1", "true", "yes", "y", "t", "是"}, {"0", "false", "no", "n", "f", "否"}


class UnusableError(Exception):
    """A cell that cannot be read; carries the reject reason and the detail to show."""

    def __init__(self, reason: str, detail: str) -> None:
        """Remember reason (catalogue ``reject.<reason>``) and detail."""
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def reader(name: str, spec: Column, field: FieldType, zone: str) -> Reader:
    """How one field is read.

    Args:
        name: the field, for messages and flags.
        spec: as configured.
        field: what the record takes.
        zone: IANA name for times without a zone.

    Returns:
        A function of (cell that is not blank, list to append flags to) -> value; it raises
        UnusableError. None means "as if blank".
    """
    base = _base_reader(name, spec, field, zone)
    if spec.match or spec.upper:
        base = _cut_out(name, spec, field, base)
    if field.many:
        return _list_reader(base, spec.split)
    return base


def _base_reader(name: str, spec: Column, field: FieldType, zone: str) -> Reader:
    if spec.values or spec.contains:
        return _lookup(name, spec, field)
    if issubclass(field.kind, StrEnum):
        words: dict[str, Scalar] = {str(member): str(member) for member in field.kind}
        return _lookup(name, Column(column=name, values=words, otherwise=spec.otherwise), field)
    if field.kind is datetime:
        return _time_reader(name, spec.format, known_zone(spec.timezone or zone))
    if field.kind is bool:
        return lambda cell, flags: _truth(name, cell)
    if field.kind is int:
        return _int_reader(name, spec.factor, spec.offset)
    if field.kind is float:
        return _float_reader(name, spec.factor, spec.offset)
    return _text_reader(spec.prefix)


def text_of(cell: Cell, flags: list[str] | None = None) -> str:
    """A cell as text; whole numbers of a spreadsheet lose their ``.0``.

    A spreadsheet keeps 15 digits of a number: longer ones (a declaration number typed as a number)
    have lost their last digits, which is flagged as ``digits_lost``.
    """
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e20:
        if abs(cell) >= 1e15 and flags is not None:
            flags.append("digits_lost")
        return str(int(cell))
    return str(cell)


def _text_reader(prefix: str) -> Reader:
    if not prefix:
        return text_of
    return lambda cell, flags: prefix + text_of(cell, flags)


def _cut_out(name: str, spec: Column, field: FieldType, base: Reader) -> Reader:
    """Reads the part of a text that ``match`` finds, in capitals where asked for."""
    pattern = re.compile(spec.match)

    def read(cell: Cell, flags: list[str]) -> Any:
        word = text_of(cell, flags)[:_SEARCHED]
        if spec.match:
            found = pattern.search(word)
            part = found and (found[1] if pattern.groups else found[0])
            if not part:
                if field.required:
                    raise UnusableError("unknown_value", f"{name}: {word[:_LONGEST]!r} is not of the form asked for")
                flags.append(f"unknown_{name}")
                return None
            word = part
        return base(word.upper() if spec.upper else word, flags)

    return read


def _list_reader(base: Reader, separator: str) -> Reader:
    def read(cell: Cell, flags: list[str]) -> tuple[Any, ...]:
        if isinstance(cell, list):
            parts = [_plain_part(part) for part in cell if part is not None]
        else:
            parts = text_of(cell, flags).split(separator) if separator else [cell]
        return tuple(base(part, flags) for part in parts if text_of(part))

    return read


def _plain_part(part: Cell) -> Cell:
    if isinstance(part, (dict, list)):
        raise UnusableError("malformed", "a list holds lists or objects, not values")
    return part


def _lookup(name: str, spec: Column, field: FieldType) -> Reader:
    table = {key.strip(): plain(value, field.kind) for key, value in spec.values.items()}
    parts = [(key, plain(value, field.kind)) for key, value in spec.contains.items()]
    otherwise = spec.otherwise

    def read(cell: Cell, flags: list[str]) -> Any:
        word = text_of(cell, flags)
        if word in table:
            return table[word]
        for part, value in parts:
            if part in word:
                return value
        if otherwise is not None:
            filled = otherwise.replace("{}", word) if isinstance(otherwise, str) else otherwise
            return plain(filled, field.kind)
        if field.required:
            raise UnusableError("unknown_value", f"{name}: {word[:_LONGEST]!r} is not in the mapping")
        flags.append(f"unknown_{name}")
        return None

    return read


def _number(name: str, cell: Cell) -> float | int:
    if isinstance(cell, bool) or not isinstance(cell, (str, int, float)):
        raise UnusableError("not_a_number", f"{name}: {str(cell)[:_LONGEST]!r}")
    value: float | int
    if isinstance(cell, str):
        word = cell.strip()
        try:
            if len(word) > _LONGEST or "_" in word:
                raise ValueError
            value = int(word) if word.lstrip("+-").isdigit() else float(word)
        except ValueError:
            raise UnusableError("not_a_number", f"{name}: {word[:_LONGEST]!r}") from None
    else:
        value = cell
    if not math.isfinite(value):
        raise UnusableError("not_a_number", f"{name}: {value}")
    return value


def _int_reader(name: str, factor: float, offset: float) -> Reader:
    def read(cell: Cell, flags: list[str]) -> int:
        value = _number(name, cell)
        scaled = (value if factor == 1.0 else value * factor) + (int(offset) if float(offset).is_integer() else offset)
        if int(scaled) != scaled or abs(scaled) > 2**53:
            raise UnusableError("not_a_number", f"{name}: {str(cell)[:_LONGEST]!r} is not a whole number")
        return int(scaled)

    return read


def _float_reader(name: str, factor: float, offset: float) -> Reader:
    def read(cell: Cell, flags: list[str]) -> float:
        if type(cell) is str and len(cell) < 20 and cell.replace(".", "", 1).isdecimal() and cell.isascii():
            return float(cell) * factor + offset
        return float(_number(name, cell)) * factor + offset

    return read


def _truth(name: str, cell: Cell) -> bool:
    if isinstance(cell, bool):
        return cell
    word = text_of(cell).lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise UnusableError("unknown_value", f"{name}: {word[:_LONGEST]!r} is not yes or no")


def _time_reader(name: str, pattern: str, zone: tzinfo) -> Reader:
    def read(cell: Cell, flags: list[str]) -> datetime:
        try:
            value = _moment(cell, pattern)
            if value.tzinfo is None:
                value = _placed(value, zone, flags)
            return value.astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            raise UnusableError("not_a_time", f"{name}: {str(cell)[:_LONGEST]!r}") from None

    return read


def _moment(cell: Cell, pattern: str) -> datetime:
    """A cell as a time, perhaps without a zone; ValueError when it is none."""
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001  the zone is set by the caller
    if isinstance(cell, (time, bool)):
        raise ValueError
    word = text_of(cell)
    if len(word) > _LONGEST:
        raise ValueError
    if pattern in ("epoch_s", "epoch_ms"):
        return datetime.fromtimestamp(float(word) / (1000 if pattern == "epoch_ms" else 1), UTC)
    if pattern:
        return datetime.strptime(word, pattern)  # noqa: DTZ007  the zone is set by the caller
    if loose := _LOOSE_TIME.match(word):
        year, month, day, clock = loose.groups()
        clock = clock or "00:00"
        word = f"{year}-{int(month):02}-{int(day):02}T{'0' if clock[1] == ':' else ''}{clock}"
    elif not word[:4].isdigit() or len(word) < 10 or word[4] != "-":
        raise ValueError  # fromisoformat would take "20210710" and week dates; a number is no time here
    return datetime.fromisoformat(word)


def _placed(value: datetime, zone: tzinfo, flags: list[str]) -> datetime:
    """Put a local time into its zone; an hour that exists twice or never is flagged."""
    first, second = value.replace(tzinfo=zone), value.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        flags.append("time_ambiguous")
    return first
