"""The numbers the port goes by: containers, ships, declarations, enterprises, plates.

Check digits are python-stdnum's business; this module adds what a port needs around them: a flag
code (catalogue ``flag.<code>``) instead of an exception, and caches, since the same container is
seen many times a day.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

from stdnum import imo, iso6346
from stdnum.cn import uscc

# python-stdnum accepts any word character in the owner code; ISO 6346 clause 4 wants capital letters.
_OWNER = re.compile(r"[A-Z]{3}[UJZR]")
_CONTAINER = re.compile(_OWNER.pattern + r"[0-9]{7}")
_DECLARATION_DIGITS = 18
_COLLECTIVE = re.compile(r"[0-9]{8}[IE][0-9]{9}")  # 集中申报清单: a letter says whether goods come in or go out
_NOT_IN_PLATES = re.compile(r"[\s\-_.·•・‧]+")


class MmsiKind(StrEnum):
    """What an MMSI was given to (ITU-R M.585)."""

    SHIP = "ship"
    COAST = "coast"
    AID = "aid"
    OTHER = "other"  # groups, aircraft, hand-held, distress beacons, impossible numbers


def normalise_container(text: str) -> str:
    """Bring a container number to its eleven characters: capitals, no spaces or hyphens."""
    return re.sub(r"[\s\-]+", "", unicodedata.normalize("NFKC", text)).upper()


# Letters are worth 10 upwards, leaving out multiples of 11; the position weighs a power of two (ISO 6346, annex A).
_WORTH = {
    c: n
    for n, c in zip((n for n in range(39) if n < 10 or n % 11), "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", strict=True)
}
_CHECK_DIGITS = "01234567890"  # by the remainder of a division by eleven


def _weighed(part: str, place: int) -> int:
    """What some characters add to the sum of a number they stand in from a place on."""
    return sum(_WORTH[c] << at for at, c in enumerate(part, place))


@lru_cache(maxsize=1 << 12)
def _owner_weighed(owner: str) -> int:
    """The same of an owner code and category."""
    if not _OWNER.fullmatch(owner):
        raise KeyError(owner)
    return _weighed(owner, 0)


_MIDDLE = {f"{n:03}": _weighed(f"{n:03}", 4) for n in range(1000)}
_LAST = {f"{n:03}": _weighed(f"{n:03}", 7) for n in range(1000)}


def _adds_up(container_no: str) -> bool:
    """Form and check digit in a fortieth of python-stdnum's time: a first look, for numbers that are right.

    Half a million numbers pass here while history is filled in. Only a number that is not right
    goes on to python-stdnum, whose word is the one that counts; a property test holds both together.
    """
    try:
        worth = _owner_weighed(container_no[:4]) + _MIDDLE[container_no[4:7]] + _LAST[container_no[7:10]]
    except KeyError:
        return False
    return _CHECK_DIGITS[worth % 11] == container_no[10:]


def is_container_form(container_no: str) -> bool:
    """Whether this can be the number of a box; a wrong check digit is no reason why not."""
    return _CONTAINER.fullmatch(container_no) is not None


def container_flag(container_no: str) -> str:
    """Hold a container number against ISO 6346.

    Args:
        container_no: as normalise_container gives it.

    Returns:
        ``""`` when right or empty, else ``container_no_format`` or ``container_no_check_digit``.
    """
    if not container_no or _adds_up(container_no):
        return ""
    if not _CONTAINER.fullmatch(container_no):
        return "container_no_format"
    if iso6346.calc_check_digit(container_no[:-1]) != container_no[-1]:
        return "container_no_check_digit"
    return ""


@lru_cache(maxsize=1 << 14)
def imo_is_valid(number: int) -> bool:
    """Tell whether a number is an IMO ship number: seven digits, the last a check digit."""
    return 1_000_000 <= number <= 9_999_999 and bool(imo.is_valid(str(number)))


@lru_cache(maxsize=1 << 14)
def declaration_flag(declaration_no: str) -> str:
    """Judge a customs declaration number (报关单号), 18 digits when complete.

    Source systems show numbers with one digit missing and blanks (seed 000 has both), so this
    flags and never refuses.

    Returns:
        ``""`` when regular, else ``declaration_no_blank``, ``declaration_no_17_digits`` or
        ``declaration_no_irregular``.
    """
    text = declaration_no.strip()
    if not text:
        return "declaration_no_blank"
    if text.isascii() and text.isdigit():
        if len(text) == _DECLARATION_DIGITS:
            return ""
        if len(text) == _DECLARATION_DIGITS - 1:
            return "declaration_no_17_digits"
    if _COLLECTIVE.fullmatch(text):
        return ""
    return "declaration_no_irregular"


def enterprise_code_is_valid(code: str) -> bool:
    """Tell whether a text is a unified social credit code (统一社会信用代码, GB 32100-2015)."""
    return code.isascii() and bool(uscc.is_valid(code))


@lru_cache(maxsize=1 << 14)
def mmsi_kind(mmsi: int) -> MmsiKind:
    """Tell what an MMSI was given to by its leading digits (ITU-R M.585-9 annex 1)."""
    if 200_000_000 <= mmsi <= 799_999_999:
        return MmsiKind.SHIP
    if 2_000_000 <= mmsi <= 7_999_999:  # 00MIDxxxx
        return MmsiKind.COAST
    if 992_000_000 <= mmsi <= 997_999_999:  # 99MIDxxxx
        return MmsiKind.AID
    return MmsiKind.OTHER


def is_search_aircraft(mmsi: int) -> bool:
    """Tell whether an MMSI belongs to a search-and-rescue aircraft (111MIDxxx)."""
    return 111_000_000 <= mmsi <= 111_999_999


@lru_cache(maxsize=1 << 14)
def normalise_plate(text: str) -> str:
    """Bring a number plate to one spelling: half-width capitals, no blanks, dots or hyphens.

    ``鲁B·12345``, ``鲁Ｂ 12345`` and ``鲁b-12345`` all become ``鲁B12345``.
    """
    return _NOT_IN_PLATES.sub("", unicodedata.normalize("NFKC", text)).upper()


_PLACES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_SIGN = "[A-HJ-NP-Z0-9]"  # no I and O: they look like digits
_PLATE = re.compile(
    f"[{_PLACES}][A-HJ-NP-Z](?:{_SIGN}{{4}}[A-HJ-NP-Z0-9挂学警港澳领试超]"  # GA 36-2018, table 4
    f"|[A-HJK]{_SIGN}[0-9]{{4}}|[0-9]{{5}}[A-HJK])"  # new energy: small ones, large ones
    f"|使[0-9]{{6}}|WJ[{_PLACES}]?[0-9]{{4}}[0-9A-HJ-NP-Z]"
)


@lru_cache(maxsize=1 << 14)
def plate_flag(text: str) -> str:
    """Hold what names a road vehicle against the forms of Chinese plates (GA 36-2018), new energy's among them.

    Args:
        text: in any spelling.

    Returns:
        ``""`` when it is one or nothing is given, ``plate_irregular`` when it begins like one and is none, and
        ``plate_foreign`` for all others: a foreign plate, a number of the yard, a tracker's name.
    """
    plate = normalise_plate(text)
    if not plate or _PLATE.fullmatch(plate):
        return ""
    return "plate_irregular" if plate[0] in _PLACES else "plate_foreign"
