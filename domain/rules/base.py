"""What a rule sees, what it says, and what it declares of itself.

A rule is a file of this folder that offers ``RULE``: what it looks at, its figures with their bounds (a screen is made
of them), how grave it is, and what shall be done. What runs is a ``RuleInstance`` of it: ``domain.rule_instances``.
How long something must hold, how often, at what hours: ``domain.rules.holding`` carries that for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal, TypeVar

import msgspec

from domain.alert_identity import alert_key
from domain.errors import CockpitError
from domain.fences import Fence
from domain.integrity_signs import Signs
from domain.pictures import FeedRow, ForecastsPicture, GatesPicture, KpisPicture, QueuePicture, YardPicture
from domain.records import (
    ContainerStay,
    GateMove,
    InspectionTask,
    Measurement,
    Record,
    VehiclePosition,
    VesselPosition,
    WeatherObservation,
)
from domain.sailing_pictures import SailingsPicture, WarningsPicture
from domain.sieve import Sieve

AGENCIES = ("customs", "border", "maritime", "port")
"""海关, 边检, 海事, 港口: catalogue ``agency.<code>``."""
NEVER = math.inf
NoData = Literal["keep", "raise", "clear"]
Kind = Literal["condition", "event"]
_Row = TypeVar("_Row")


class Silent(msgspec.Struct, frozen=True):
    """A rule instance that cannot judge: its kind, ``no_data`` or ``error``, and what is wrong."""

    kind: str
    state: str
    detail: str


class Facts(msgspec.Struct, kw_only=True):
    """Everything a rule may look at in one evaluation; ``pipeline.fact_book`` keeps the mappings.

    Attributes:
        now: aware UTC.
        zone: the port's.
        new: records accepted since the last evaluation, by type.
        yard, queue, gates, sailings, warnings, forecasts, kpis: the current pictures; None before the first data.
        integrity: what the integrity watch found last, without names; None before the first time.
        feeds: health of every feed.
        queue_before: the queue picture of the previous evaluation; None in the first.
        firing: keys of the alerts whose condition is firing (for dead-bands), see alert.firing_keys.
        vehicles: the newest fix of each vehicle.
        vessels: the newest fix of each vessel, by MMSI as text.
        stays: boxes that stand in the yard or are announced, by container number, else by stay.
        tasks: declarations not released yet, by number.
        measurements: the newest figure of each (measure, subject).
        weather: the newest observation of each station.
        fences: the fences in force by id, with the places of the port's plan.
        inside: the way in of each truck that has not left, by visit, else by vehicle.
        silent: rule instances that cannot judge and have to be told of, by name.
    """

    now: datetime
    zone: tzinfo = UTC
    new: Mapping[type[Record], Sequence[Any]] = {}
    yard: YardPicture | None = None
    queue: QueuePicture | None = None
    gates: GatesPicture | None = None
    sailings: SailingsPicture | None = None
    warnings: WarningsPicture | None = None
    forecasts: ForecastsPicture | None = None
    kpis: KpisPicture | None = None
    integrity: Signs | None = None
    feeds: Sequence[FeedRow] = ()
    queue_before: QueuePicture | None = None
    firing: frozenset[str] = frozenset()
    vehicles: Mapping[str, VehiclePosition] = {}
    vessels: Mapping[str, VesselPosition] = {}
    stays: Mapping[str, ContainerStay] = {}
    tasks: Mapping[str, InspectionTask] = {}
    measurements: Mapping[tuple[str, str], Measurement] = {}
    weather: Mapping[str, WeatherObservation] = {}
    fences: Mapping[str, Fence] = {}
    inside: Mapping[str, GateMove] = {}
    silent: Mapping[str, Silent] = {}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's claim that something is wrong with a subject. Identity: (rule, subject).

    Attributes:
        rule: name of the instance that found it.
        level: 1 red, 2 orange, 3 yellow, 4 blue.
        event_time: when it began, of an event when it happened.
        params: what the text of the alert (catalogue ``alert.<kind>.text``) asks for.
        seen: what the rule saw against its limits: by name ``{"value": 41.0, "limit": 30.0, "unit": "min"}``.
        reading: time of the reading that says so; for counting readings. None: ``event_time``.
    """

    rule: str
    subject_kind: str
    subject: str
    level: int
    event_time: datetime
    params: dict[str, Any] = {}
    lon: float | None = None
    lat: float | None = None
    origin: str = ""
    recorded_time: datetime | None = None
    feed: str = ""
    seen: dict[str, Any] = {}
    reading: datetime | None = None


class SubjectError(CockpitError):
    """One subject cannot be judged: a figure is missing or is no number. The others go on."""

    def __init__(self, subject: str, detail: str) -> None:
        """Remember the subject, and what is wrong with it, in words safe to show."""
        super().__init__(f"{subject}: {detail}")
        self.subject, self.detail = subject, detail


def bounds(unit: str, low: float, high: float, limit: str = "", floor: bool = False) -> msgspec.Meta:
    """What a figure of a rule may be: the second half of ``Annotated[float, ...]``.

    Args:
        unit: catalogue ``unit.<unit>``.
        low: lowest allowed.
        high: highest allowed.
        limit: key of ``[limits]`` that gives the default, so that tiles and rules speak of one line.
        floor: what the rule looks at begins at that limit: lower than it makes no sense.
    """
    return msgspec.Meta(ge=low, le=high, extra={"unit": unit, "limit": limit, "floor": floor})


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The figures of a rule, each with ``bounds``; catalogue ``rule.param.<name>``. Empty for rules without any."""


class RuleInstance(msgspec.Struct, frozen=True, kw_only=True):
    """One running copy of a rule.

    Attributes:
        name: its kind, or its kind, ``_`` and something more: so its alerts find their words.
        kind: name of the rule.
        params: of the type the rule declares.
        levels: by grade (``RULE.levels``), 1 to 4.
        hold_on_seconds: a condition must be found so long before it fires,
        count: or be found by so many readings: within ``window_seconds``, or, when that is 0, in a row. Of an event:
            so many of one subject within the window; 1: the first.
        hold_off_seconds: a condition must be absent this long before it counts as clear.
        dead_band: share of the limit by which a value must come back before the condition counts as gone.
        active_hours: port's time, ``08:00-20:00`` or ``mon-fri 08:00-20:00``; none: always.
        no_data: of alerts that stand when it cannot judge: keep them; clear them; or keep and raise ``rule_unjudged``.
        agency: of ``AGENCIES``: who has to act.
        action: what is recommended, in own words; empty: catalogue ``rule.action.<kind>``.
        plan: steps: a code (catalogue ``rule.step.<code>``) or own words.
        parents: rules of whose alerts this is a consequence: while one stands, this one need not sound.
        version: of the published edit it comes from; 0: configuration.
    """

    name: str
    kind: str
    params: Any
    levels: Mapping[str, int]
    enabled: bool = True
    hold_on_seconds: float = 0.0
    hold_off_seconds: float = 60.0
    count: int = 1
    window_seconds: float = 0.0
    dead_band: float = 0.0
    active_hours: tuple[str, ...] = ()
    no_data: NoData = "keep"
    agency: str = "port"
    action: str = ""
    plan: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    version: int = 0

    def beyond(self, value: float, limit: float, subject: str, facts: Facts) -> bool:
        """Whether a value is above its limit; of an alert that fires, above what the dead-band leaves of it."""
        if alert_key(self.name, subject) in facts.firing:
            return value > limit - abs(limit) * self.dead_band
        return value > limit

    def below(self, value: float, limit: float, subject: str, facts: Facts) -> bool:
        """Whether a value is under its limit; the dead-band as in ``beyond``."""
        if alert_key(self.name, subject) in facts.firing:
            return value < limit + abs(limit) * self.dead_band
        return value < limit


Found = Iterable[Finding | SubjectError]
Evaluate = Callable[[Facts, RuleInstance], Found]
Judge = Callable[[Any, Facts, RuleInstance], Finding | datetime | None]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of rule, and what its instances are when nobody says otherwise.

    It has ``evaluate`` (all at once) or ``judge`` (one subject at a time): a rule over thousands of vehicles judges
    only those that are new. ``judge`` answers with a finding, with None (nothing wrong until the subject changes), or
    with a moment: nothing wrong until then. Subjects found are looked at again every second.

    Attributes:
        name: catalogue key part: alert.<name>.title, alert.<name>.text, rule.action.<name>.
        kind: ``condition`` (firing while found, clear when no longer found) or ``event`` (once).
        evaluate: pure function from Facts to findings.
        judge: pure function from one value of the mapping ``over`` to a judgement.
        over: name of the mapping of Facts whose values ``judge`` looks at.
        params: type of its figures.
        orders: pairs of these of which the first must be below the second, whatever their units of time.
        levels: by grade, catalogue ``rule.grade.<grade>``: 1 red to 4 blue.
        needs: names of Facts it cannot judge without; while one is missing its alerts stay: no data is not "all clear".
        uses: names of Facts it looks at beside.
        joins: of those, mappings ``judge`` looks one value up in, and the field of its subject that is the key there:
            what is new in them has the subject judged again.
        reads: record types it looks at by itself, beside the pictures it needs; for the catalogue of datasets.
        every_seconds: it is evaluated when what it looks at has changed, and after so long anyway.
        measures: of measurements, those it looks at; none: all.
        sieve: of an instance and the fences in force: what a record of ``over`` must be for ``judge`` to find it at
            any moment. None: nobody can tell. A back-test then reads those few alone.
        named_boxes: of boxes it looks only at those that other records name.
        unplayable: why its past cannot be played in a back-test, catalogue ``rule.backtest.unplayable.<code>``.
        hold_on_seconds, hold_off_seconds, count, window_seconds, dead_band, active_hours, no_data, agency, plan,
            parents: defaults of the instance.
        dead_band_of: key of ``[limits]`` at which a condition is gone again, where the dead-band comes from there.
    """

    name: str
    kind: Kind
    evaluate: Evaluate | None = None
    judge: Judge | None = None
    over: str = ""
    params: type[Params] = Params
    orders: tuple[tuple[str, str], ...] = ()
    levels: Mapping[str, int] = msgspec.field(default_factory=lambda: {"found": 3})
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    joins: Mapping[str, str] = {}
    reads: frozenset[type[Record]] = frozenset()
    every_seconds: float = 1.0
    measures: tuple[str, ...] = ()
    sieve: Callable[[RuleInstance, Mapping[str, Fence]], Sieve] | None = None
    named_boxes: bool = False
    unplayable: str = ""
    hold_on_seconds: float = 0.0
    hold_off_seconds: float = 60.0
    count: int = 1
    window_seconds: float = 0.0
    dead_band: float = 0.0
    dead_band_of: str = ""
    active_hours: tuple[str, ...] = ()
    no_data: NoData = "keep"
    agency: str = "port"
    plan: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()

    @property
    def clear_after_seconds(self) -> float:
        """A condition must be absent this long before it counts as clear."""
        return self.hold_off_seconds

    def found(self, facts: Facts, instance: RuleInstance) -> list[Finding | SubjectError]:
        """Everything it finds, also by judging every subject there is."""
        if self.evaluate is not None:
            return list(self.evaluate(facts, instance))
        rows = getattr(facts, self.over).items()
        return list(each(rows, lambda row: named(row[0]), lambda row: judged_now(self, row[1], facts, instance)))


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule instance said in one evaluation.

    Attributes:
        rule: name of the instance.
        kind: ``event`` or ``condition``.
        state: ok; no_data: something it needs is missing; error: it threw.
        detail: what is missing, or the error's text.
        findings: what fires.
        pending: what was found and has not held long or often enough.
        unjudged: subjects that could not be judged: their alerts stay.
        clear_after_seconds: a condition must be absent this long before it counts as clear.
        version: of the instance.
        agency: who has to act on what it finds; an alert that opens is theirs until somebody gives it to another.
    """

    rule: str
    kind: Kind
    state: Literal["ok", "no_data", "error"] = "ok"
    detail: str = ""
    findings: list[Finding] = []
    pending: list[Finding] = []
    unjudged: frozenset[str] = frozenset()
    clear_after_seconds: float = 60.0
    version: int = 0
    agency: str = ""


def named(key: Any) -> str:
    """The subject a key of a mapping of Facts stands for: of a measurement what was measured."""
    return str(key[-1] if isinstance(key, tuple) else key)


def judged_now(rule: Rule, row: Any, facts: Facts, instance: RuleInstance) -> Finding | None:
    """The finding about one subject; None when there is none, now or until some moment."""
    said = rule.judge(row, facts, instance) if rule.judge is not None else None
    return said if isinstance(said, Finding) else None


def each(
    rows: Iterable[_Row], subject: Callable[[_Row], str], judge: Callable[[_Row], Finding | None]
) -> Iterator[Finding | SubjectError]:
    """Judge rows one by one; one that cannot be judged does not stop the others.

    Args:
        rows: what is judged.
        subject: the alert's subject of a row.
        judge: the finding about it, if any; whatever it raises is an error of this subject.
    """
    for row in rows:
        try:
            found = judge(row)
        except SubjectError as error:
            yield error
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            yield SubjectError(subject(row), f"{type(error).__name__}: {error}")
        else:
            if found is not None:
                yield found


def figure(value: float | None, subject: str, what: str) -> float:
    """A value that can be held against a limit.

    Raises:
        SubjectError: it is missing, or no number; nothing would be said of the subject, and silence means "all well".
    """
    if value is None or not math.isfinite(value):
        raise SubjectError(subject, f"{what} is {'missing' if value is None else value}")
    return value


def against(value: float, limit: float, unit: str) -> dict[str, Any]:
    """One entry of ``Finding.seen``."""
    return {"value": value, "limit": limit, "unit": unit}
