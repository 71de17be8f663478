"""What the size and type code of a container tells (ISO 6346, the edition of 1984 and those since 1995)."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from domain.records import StayKind

_CODE = re.compile(r"[0-9A-Z]{4}")
# First character: length. 9 was 45 ft in the edition of 1984, L is since 1995.
_LENGTHS_FT = {"1": 10, "2": 20, "3": 30, "4": 40, "9": 45, "L": 45, "M": 48, "B": 24, "H": 43, "N": 49, "P": 53}


class SizeType(msgspec.Struct, frozen=True):
    """Length in feet and whether a plug is needed."""

    length_ft: int
    reefer: bool


@lru_cache(maxsize=1024)
def size_type(code: str) -> SizeType | None:
    """Read a code such as ``22G1``, ``45R1``, ``L5G1`` or ``4532``; None when it tells nothing."""
    code = code.strip().upper()
    length = _LENGTHS_FT.get(code[:1])
    if length is None or not _CODE.fullmatch(code):
        return None
    # Since 1995 the third character is a letter, R a box with a machine; in 1984 it was a digit, 3 refrigerated.
    return SizeType(length, code[2] in ("R", "3"))


def kind_of(size: SizeType | None, empty: bool, dangerous: bool) -> StayKind | None:
    """What a box needs from its slot; None when the report does not tell.

    An empty box needs no plug and is no danger, so empty comes first; a dangerous reefer goes to the
    dangerous blocks, which have plugs.
    """
    if empty:
        return StayKind.EMPTY
    if dangerous:
        return StayKind.DANGEROUS
    if size is None:
        return None
    return StayKind.REEFER if size.reefer else StayKind.STANDARD
