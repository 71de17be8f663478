"""The numbers of customs papers, taken apart: declarations (报关单号) and inspection and quarantine (检验检疫编号).

A number tells things that its row tells as well: the year and whether goods come in or go out. Where the two
disagree one of them is wrong, and the row says so by a flag.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

import msgspec

from domain.identifiers import declaration_flag
from domain.records import Direction

_BORDER = {"0": Direction.EXPORT, "1": Direction.IMPORT, "E": Direction.EXPORT, "I": Direction.IMPORT}
_KIND = {"1": Direction.IMPORT, "2": Direction.EXPORT}
_DIGITS = 15


class DeclarationNo(msgspec.Struct, frozen=True):
    """A declaration number, 18 characters (GACC notice 2019 no. 18, 海关编号).

    Attributes:
        customs: code of the customs district it was taken in at, 4 digits.
        year: of the Gregorian calendar.
        direction: of the goods; letters I and E are those of collective declarations. None when it says neither.
        serial: 9 digits.
    """

    customs: str
    year: int
    direction: Direction | None
    serial: str


class InspectionNo(msgspec.Struct, frozen=True):
    """An inspection and quarantine number, 15 digits (seed 004: 属地查检, 检验检疫编号).

    The seed gives the places 1 (1 import, 2 export), 2-3 (year), 5-8 (customs district) and the last seven (serial).
    It says nothing of place 4: any digit may stand there.

    Attributes:
        direction: of the goods.
        year: its last two digits.
        fourth: the digit the seed does not explain.
        customs: code of the customs district, 4 digits.
        serial: 7 digits.
    """

    direction: Direction
    year: int
    fourth: str
    customs: str
    serial: str


@lru_cache(maxsize=1 << 14)
def declaration_parts(text: str) -> DeclarationNo | None:
    """The parts of a declaration number; None when it has not its 18 characters."""
    text = text.strip()
    if declaration_flag(text):
        return None
    return DeclarationNo(text[:4], int(text[4:8]), _BORDER.get(text[8]), text[9:])


@lru_cache(maxsize=1 << 14)
def inspection_parts(text: str) -> InspectionNo | None:
    """The parts of an inspection number; None when it is none."""
    text = text.strip()
    if len(text) != _DIGITS or not (text.isascii() and text.isdigit()) or text[0] not in _KIND:
        return None
    return InspectionNo(_KIND[text[0]], int(text[1:3]), text[3], text[4:8], text[8:])


def declaration_flags(text: str, direction: Direction | None, now: datetime) -> list[str]:
    """What a complete declaration number says otherwise than its row.

    Args:
        text: the number; an irregular one says nothing here, see `identifiers.declaration_flag`.
        direction: what the row says.
        now: a number of a later year cannot have been given; the year may have begun elsewhere already.
    """
    parts = declaration_parts(text)
    if parts is None:
        return []
    flags = [] if 2000 <= parts.year <= now.year + 1 else ["declaration_no_year"]
    if None not in (direction, parts.direction) and parts.direction is not direction:
        flags.append("declaration_no_direction")
    return flags


def inspection_flags(text: str, direction: Direction | None, now: datetime) -> list[str]:
    """What is irregular about an inspection number, or said otherwise than by its row; nothing of an empty one."""
    if not text:
        return []
    parts = inspection_parts(text)
    if parts is None:
        return ["inspection_no_irregular"]
    flags = [] if (parts.year - 1) % 100 <= now.year % 100 else ["inspection_no_year"]
    if direction is not None and parts.direction is not direction:
        flags.append("inspection_no_direction")
    return flags
