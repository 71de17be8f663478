"""Names instead of number plates: what stands for a vehicle wherever it is kept and shown.

An alias shows so much of the plate that people can speak of it, and a code by which the same vehicle is always the
same. The code is a keyed hash: without the key no list of plates tells whose it is.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from msgspec.structs import replace

from domain.errors import CockpitError
from domain.identifiers import normalise_plate
from domain.records import ContainerStay, DoorEvent, GateMove, InspectionTask, Record, VehiclePosition
from domain.watch_records import Recognition

DIGITS = 6  # of the code: with what is seen of the plate, one pair in 25,000 houses of 10,000 vehicles
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
_ENDS = 2  # signs seen at either end of a name long enough
_LEAST = 6  # signs a name has of which both ends are seen
_ALIAS = re.compile(r".*\*\*.*·[0-9A-HJKMNP-TV-Z]{6,}")

# Fields that name a vehicle, and by it who drives it. Of a stay only what looks like a plate: else it is a ship.
FIELDS: Mapping[type[Record], tuple[str, ...]] = MappingProxyType({
    VehiclePosition: ("vehicle_id",),
    DoorEvent: ("vehicle_id",),
    GateMove: ("vehicle_id",),
    ContainerStay: ("arrived_by", "departed_by"),
    InspectionTask: ("truck",),
    Recognition: ("plate_read", "plate_expected"),
})  # fmt: skip

_PLACES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使"
_PLATE = f"[{_PLACES}][A-Za-z][·•‧ -]?[A-HJ-NP-Za-hj-np-z0-9]{{4,6}}[A-HJ-NP-Za-hj-np-z0-9挂学警港澳]"
_ONE_PLATE = re.compile(_PLATE)
_MOBILE = r"(?<![0-9A-Za-z])1[3-9]\d{9}(?![0-9A-Za-z])"
_CITIZEN = r"(?<![0-9A-Za-z])[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9X](?![0-9A-Za-z])"
_PERSONAL = re.compile(f"({_PLATE})|({_MOBILE})|({_CITIZEN})")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999


class UnmaskError(CockpitError):
    """A plate is not told.

    Attributes:
        code: ``reason`` when none was given, ``not_found`` when there is no such vehicle for this viewer.
    """

    def __init__(self, code: str, problem: str) -> None:
        """Remember why."""
        super().__init__(problem)
        self.code = code


def alias_of(key: bytes, plain: str, digits: int = DIGITS) -> str:
    """What stands for a vehicle.

    Args:
        key: of the house; with another key every vehicle is another.
        plain: plate or device number, in any spelling.
        digits: signs of the code.
    """
    name = normalise_plate(plain)
    number = int.from_bytes(hmac.digest(key, name.encode(), "sha256"))
    code = "".join(_LETTERS[number >> 5 * place & 31] for place in range(digits))
    return f"{masked(name)}·{code}"


def masked(text: str) -> str:
    """A name with its middle hidden: first and last two signs of a long one, the first of a short one."""
    if len(text) < _LEAST:
        return f"{text[:1]}**"
    return f"{text[:_ENDS]}**{text[-_ENDS:]}"


def is_alias(text: str) -> bool:
    """Whether a text has the form of an alias."""
    return _ALIAS.fullmatch(text) is not None


def names_in(records: Sequence[Record]) -> set[str]:
    """All that records say of vehicles."""
    return {
        text
        for record in records
        for field in FIELDS.get(type(record), ())
        if _hides(record, text := getattr(record, field))
    }


def renamed(record: Record, names: Mapping[str, str]) -> Record:
    """The record with names instead of plates; the same record when it holds none."""
    given = {
        field: names[text] for field in FIELDS.get(type(record), ()) if _hides(record, text := getattr(record, field))
    }
    return replace(record, **given) if given else record


def _hides(record: Record, text: str) -> bool:
    if not text or is_alias(text):
        return False
    return type(record) is not ContainerStay or _ONE_PLATE.fullmatch(normalise_plate(text)) is not None


def concealed(text: str) -> str:
    """A free text with what is personal by its form masked: plates, mobile numbers, numbers of identity cards.

    Identity numbers only with a right check digit: a declaration has 18 digits, too.
    """

    def hide(found: re.Match[str]) -> str:
        plate, mobile, citizen = found.groups()
        if citizen and not _is_citizen(citizen):
            return citizen
        return masked(plate) if plate else f"{(mobile or citizen)[:3]}****{(mobile or citizen)[-2:]}"

    return _PERSONAL.sub(hide, text)


def _is_citizen(number: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[-1]
