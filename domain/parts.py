"""What part of the whole port's picture an enterprise sees, topic by topic. docs/scopes.md says it in words.

Rows are chosen by their owner. Figures that are counted over many rows cannot be cut out of the port's: those
pictures (``READ``) are read from the store for the enterprise itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from domain.alert import standing
from domain.pictures import AlertsPicture, FeedRow, Picture, Positions, QueuePicture
from domain.sailing_pictures import STATES, WARNINGS, SailingsPicture, WarningsPicture, counted

READ = frozenset({"yard", "inspections", "gates", "kpis"})
Places = Mapping[str, list[int]]  # by owner, "" for the port's: where its rows stand in a picture


def places(picture: Picture | Positions) -> Places:
    """Whose rows stand where: made once, it serves any number of enterprises."""
    keys: Iterable[str] = picture.ids if isinstance(picture, Positions) else [row.key for row in picture.rows]
    found: dict[str, list[int]] = {}
    for place, key in enumerate(keys):
        found.setdefault(picture.owners.get(key, ""), []).append(place)
    return found


def part_of(topic: str, picture: Any, scope: Set[str], found: Places | None = None) -> Any:
    """The part of a picture an enterprise sees; what it must not see is not in it, counted or otherwise.

    Args:
        topic: one of ``domain.pictures.TOPICS``, but for ``READ``.
        picture: of the whole port.
        scope: enterprise codes.
        found: ``places(picture)``, when it is at hand.

    Raises:
        KeyError: a topic that is read, or none.
    """
    return _PARTS[topic](picture, scope, found)


def _chosen(picture: Any, owners: Iterable[str], found: Places | None) -> list[int]:
    known = places(picture) if found is None else found
    return sorted(place for owner in owners for place in known.get(owner, ()))


def _vehicles(picture: Positions, scope: Set[str], found: Places | None) -> Positions:
    return _at(picture, _chosen(picture, filter(None, scope), found))


def _vessels(picture: Positions, scope: Set[str], found: Places | None) -> Positions:
    """Vessels tell everybody on the air; only those a feed gave to another enterprise are left out."""
    return _at(picture, _chosen(picture, {"", *scope}, found)) if picture.owners else picture


def _at(picture: Positions, chosen: list[int]) -> Positions:
    columns = {name: getattr(picture, name)[chosen] for name in ("lon", "lat", "speed", "heading", "status", "seen")}
    return replace(
        picture,
        ids=[picture.ids[place] for place in chosen],
        labels=[picture.labels[place] for place in chosen],
        recorded=None if picture.recorded is None else picture.recorded[chosen],
        owners={},
        **columns,
    )


def _rows(picture: Any, scope: Set[str], found: Places | None) -> list[Any]:
    return [picture.rows[place] for place in _chosen(picture, filter(None, scope), found)]


def _queue(picture: QueuePicture, scope: Set[str], found: Places | None) -> QueuePicture:
    """Each with its place among all."""
    rows = _rows(picture, scope, found)
    return replace(picture, rows=rows, platforms=sorted({row.platform for row in rows}), owners={}, score=None,
                   sources=[])  # fmt: skip


def _sailings(picture: SailingsPicture, scope: Set[str], found: Places | None) -> SailingsPicture:
    rows = _rows(picture, scope, found)
    counts = counted([row.state for row in rows], STATES)
    return replace(picture, rows=rows, counts=counts, owners={}, score=None)


def _warnings(picture: WarningsPicture, scope: Set[str], found: Places | None) -> WarningsPicture:
    rows = _rows(picture, scope, found)
    return replace(picture, rows=rows, counts=counted([row.kind for row in rows], WARNINGS), owners={}, score=None)


def _alerts(picture: AlertsPicture, scope: Set[str], found: Places | None) -> AlertsPicture:
    own = standing(_rows(picture, scope, found))
    return replace(own, as_of=picture.as_of, expected_seconds=picture.expected_seconds)


def _feeds(picture: Picture, _scope: Set[str], _found: Places | None) -> Picture:
    """How fresh the data are; how much came, and what was wrong with it, is the port's."""
    return replace(picture, rows=[_lamp(row) for row in picture.rows])


def _lamp(row: FeedRow) -> FeedRow:
    return replace(
        row, accepted=0, duplicate=0, quarantined=0, flagged=0, late=0, reasons={}, flags={}, counts={}, message="",
        score=None, rows_per_minute=0.0, hours=[], outages=[],
    )  # fmt: skip


def _as_it_is(picture: Any, _scope: Set[str], _found: Places | None) -> Any:
    return picture


def _nothing(picture: Picture, _scope: Set[str], _found: Places | None) -> Picture:
    return type(picture)()


_PARTS: Mapping[str, Callable[[Any, Set[str], Places | None], Any]] = MappingProxyType({
    "vehicles": _vehicles,
    "vessels": _vessels,
    "queue": _queue,
    "sailings": _sailings,
    "warnings": _warnings,
    "alerts": _alerts,
    "feeds": _feeds,
    "notices": _as_it_is,
    "clock": _as_it_is,
    "forecasts": _nothing,
    "screens": _nothing,
})  # fmt: skip
CUT = frozenset(_PARTS) - {"clock"}
"""Topics whose part is cut out of the whole port's picture; every scope has a clock of its own."""
