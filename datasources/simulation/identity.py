"""Names and numbers of the simulated port: valid in form, invented in fact.

Owner codes, vessel names, agents and IMO numbers are made up: no existing ship, firm or person.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from stdnum import imo as imo_number

from datasources.simulation.chance import Ints

OWNERS = ("QWSU", "QZMU", "QVTU", "QXLU", "QJHU", "QBKU", "QNDU", "QPYU", "QGRU", "QFWU", "QLCU", "QHTU")
SERIALS = 1_000_000
CAPACITY_PER_DAY = 8_192  # running numbers kept for the stays of one day plan

_COLOURS = (
    "AMBER", "COBALT", "JADE", "INDIGO", "SCARLET", "SAFFRON", "OCHRE", "TEAL", "MAROON", "UMBER", "IVORY", "CERISE",
)  # fmt: skip
_OBJECTS = (
    "TEAPOT", "ABACUS", "THIMBLE", "INKSTONE", "CASTANET", "UMBRELLA", "DUMPLING", "MITTEN", "KETTLE", "BUTTON",
    "PILLOW", "LADLE", "ACORN", "PRETZEL", "BALLOON", "RADISH", "DOMINO", "TAMBOURINE", "SPINDLE",
)  # fmt: skip
COUNTRIES = (
    "日本", "韩国", "越南", "泰国", "南非", "巴西", "阿根廷", "澳大利亚", "新西兰", "智利", "美国", "德国", "比利时",
    "阿曼",
)  # fmt: skip
_DISTRICTS = ("4258", "4227", "4213", "4301", "4320")
_PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def _letter_values() -> npt.NDArray[np.int64]:
    """ISO 6346 values of A..Z: 10 upwards, leaving out multiples of 11."""
    return np.array([v for v in range(10, 39) if v % 11], np.int64)


def container_numbers(running: Ints) -> list[str]:
    """ISO 6346 container numbers with check digit, one per running stay number.

    The serial is a bijection of the running number, so a number comes back only after years.
    """
    owner = running % len(OWNERS)
    serial = (running // len(OWNERS) * 611_953 + 271_829) % SERIALS
    codes = np.frombuffer("".join(OWNERS).encode(), np.uint8).reshape(len(OWNERS), 4)[owner]
    digits = serial[:, None] // 10 ** np.arange(5, -1, -1) % 10
    values = np.concatenate((_letter_values()[codes.astype(np.int64) - 65], digits), axis=1)
    check = (values << np.arange(10)).sum(axis=1) % 11 % 10
    text = np.concatenate((codes, (digits + 48).astype(np.uint8), (check + 48).astype(np.uint8)[:, None]), axis=1)
    return np.ascontiguousarray(text).view("S11").ravel().astype("U11").tolist()


def plate(truck: int) -> str:
    """A road truck's plate, 鲁B or 鲁U, five characters."""
    prefix = "鲁U" if truck % 3 == 2 else "鲁B"
    scrambled = (truck * 7_919 + 12_347) % 240_000
    return f"{prefix}{_PLATE_LETTERS[scrambled % 24]}{scrambled // 24:04d}"


def tractor(number: int) -> str:
    """Device number of a terminal tractor, which carries no plate."""
    return f"QT{number + 1:04d}"


def declaration_no(year: int, day_of_year: int, index: int, imported: bool) -> str:
    """An 18-digit declaration number: district, year, direction (0 export, 1 import), serial."""
    district = _DISTRICTS[(index * 7 + day_of_year) % 11 % len(_DISTRICTS) if index % 2 else 0]
    return f"{district}{year:04d}{int(imported)}{day_of_year * 2_000 + index:09d}"


def bill_of_lading(running: int) -> str:
    """A bill of lading number."""
    return f"{OWNERS[running % len(OWNERS)][:3]}QD{running * 7_321 % 100_000_000:08d}"


def seal_no(running: int) -> str:
    """A seal number in the form the co-inspection app reports it."""
    return f"M/{OWNERS[running % len(OWNERS)][:2]}{running * 4_409 % 10_000_000:07d}"


@cache
def agent(number: int) -> str:
    """Code of a made-up inspection agent company."""
    return f"QDA{number:04d}"


def vessel_name(number: int) -> str:
    """A vessel name nobody would give a ship."""
    name = f"{_COLOURS[number % len(_COLOURS)]} {_OBJECTS[number * 7 % len(_OBJECTS)]}"
    again = number // (len(_COLOURS) * len(_OBJECTS))
    return f"{name} {again + 1}" if again else name


def tug_name(number: int) -> str:
    """A harbour tug's name."""
    return f"QW TUG SIM {number + 1}"


def mmsi(number: int) -> int:
    """A well-formed MMSI (country 414, China)."""
    return 414_980_000 + number


def imo(number: int) -> int:
    """An IMO number with a right check digit, from a range never given to ships (3xxxxxx)."""
    stem = f"{300_000 + number * 13:06d}"
    return int(stem + imo_number.calc_check_digit(stem))
