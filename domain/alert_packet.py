"""Everything about one alert on one page: what was seen, what was around it, what was done, what may be done now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from math import cos, hypot, radians

import msgspec

from domain.alert import HOUSE, Asked, BadActError, IllegalStepError, act, kind_of
from domain.alert_pictures import AlertFile, AlertRow
from domain.alert_steps import ACTS
from domain.alerting import Alerting
from domain.declaration_file import Fix, Photo
from domain.dispatch import Order
from domain.pictures import FeedRow
from domain.scores import ScoreRow

NEAR_METRES = 200.0  # so close two alerts are at one place
NEAR = timedelta(hours=1)  # and so close in time one may be behind the other
MOST = 20  # related alerts shown
BEFORE, AFTER = timedelta(hours=2), timedelta(hours=1)  # what is drawn around the moment, of figures told by the minute
HOURS_BEFORE, HOURS_AFTER = timedelta(hours=24), timedelta(hours=6)  # of hourly ones
SOMEBODY_ELSE = "\x00"
_METRES_A_DEGREE = 111_195.0
_WHEN = datetime(2000, 1, 1)  # noqa: DTZ001 - no moment: only whether it could be done is asked


class Related(msgspec.Struct, frozen=True, kw_only=True):
    """Another alert and what it has in common: ``subject``, ``place``, ``cause``."""

    row: AlertRow
    why: tuple[str, ...]


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of the subject over time.

    Attributes:
        measure: catalogue ``packet.course.<measure>``, or the source's own word.
        unit: catalogue ``unit.<unit>``, or the source's own.
        times: aware UTC, oldest first; values run in step.
        limit: the line it is held against; None: the rule knows none.
        hourly: told by the hour, else as it came.
    """

    measure: str
    unit: str
    times: list[datetime]
    values: list[float]
    limit: float | None = None
    hourly: bool = False


class Packet(msgspec.Struct, frozen=True, kw_only=True):
    """One alert with all that belongs to it.

    Attributes:
        as_of: the moment it is told of.
        file: the alert, what was seen, every step.
        orders: to agencies, oldest first.
        related: other alerts, what has most in common first.
        course: the figure it is about; None: the subject has none.
        way: where it was around the moment, of what moves.
        photos: where photographs of the subject lie.
        feed: how the feed that told of it was doing when it opened, or was first found if that was later.
        scores: how good its rows were in the day before, by dataset.
    """

    as_of: datetime
    file: AlertFile
    orders: list[Order] = []
    related: list[Related] = []
    course: Course | None = None
    way: list[Fix] = []
    photos: list[Photo] = []
    feed: FeedRow | None = None
    scores: list[ScoreRow] = []


def related(row: AlertRow, others: Iterable[AlertRow]) -> list[Related]:
    """Alerts with the same subject, at the same place, or of the same cause within the hour.

    Args:
        row: the alert.
        others: candidates; itself among them is passed over.
    """
    found = [Related(row=other, why=why) for other in others if other.key != row.key and (why := _common(row, other))]
    found.sort(key=lambda one: (-len(one.why), abs(one.row.opened_at - row.opened_at), one.row.key))
    return found[:MOST]


def _common(row: AlertRow, other: AlertRow) -> tuple[str, ...]:
    said = []
    if (other.subject_kind, other.subject) == (row.subject_kind, row.subject):
        said.append("subject")
    if abs(other.opened_at - row.opened_at) <= NEAR:
        if _near(row, other):
            said.append("place")
        if other.rule == row.rule or (row.group_key and other.group_key == row.group_key):
            said.append("cause")
    return tuple(said)


def _near(row: AlertRow, other: AlertRow) -> bool:
    if row.lon is None or row.lat is None or other.lon is None or other.lat is None:
        return False
    east = (other.lon - row.lon) * cos(radians(row.lat)) * _METRES_A_DEGREE
    return hypot(east, (other.lat - row.lat) * _METRES_A_DEGREE) <= NEAR_METRES


def refusals(row: AlertRow, by: str = SOMEBODY_ELSE, policy: Alerting = HOUSE) -> dict[str, str]:
    """Acts that the alert would refuse now, each with its reason; what is not in it is possible.

    Args:
        row: the alert as it stands.
        by: who would act; nobody in particular when left out.
        policy: two-person levels.
    """
    same = (row.state, row.condition, kind_of(row), row.level, row.shelved_until is not None,
            bool(row.out_of_service), row.confirmed_by == by, row.assignee == by)  # fmt: skip
    return dict(_refusals(policy.two_person_levels, *same))


@lru_cache(maxsize=4096)
def _refusals(
    two_person_levels: tuple[int, ...], state: str, condition: str, kind: str, level: int, shelved: bool, out: bool,
    confirmed: bool, has_it: bool,
) -> tuple[tuple[str, str], ...]:  # fmt: skip
    """By trying: what is offered can never be another thing than what is done."""
    row = AlertRow(
        key=":", rule="", level=level, subject_kind="", subject="", state=state, condition=condition, opened_at=_WHEN,
        last_at=_WHEN, count=1, kind=kind, shelved_until=_WHEN if shelved else None, out_of_service="-" if out else "",
        confirmed_by="me" if confirmed else "", assignee="me" if has_it else "",
    )  # fmt: skip
    policy, found = Alerting(two_person_levels=two_person_levels), []
    for name in ACTS:
        try:
            act(row, Asked(act=name, note="-", to="-", minutes=1, n=1), "me", _WHEN, policy)
        except IllegalStepError as error:
            found.append((name, error.reason))
        except BadActError as error:
            found.append((name, error.code))
    return tuple(found)


def thinned(times: Sequence[datetime], values: Sequence[float], most: int = 600) -> tuple[list[datetime], list[float]]:
    """At most so many points, first and last among them: a chart has no more pixels."""
    step = -(-len(times) // most) if times else 1
    places = sorted({*range(0, len(times), step), *([len(times) - 1] if times else [])})
    return [times[i] for i in places], [values[i] for i in places]
