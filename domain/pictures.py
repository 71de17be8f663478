"""Pictures: what reads answer, topics carry, the API serves and components draw.

One shape for all four, so nothing is translated on the way.

Every picture but Positions has ``as_of``, a few head fields and ``rows``; every row has a ``key``
that is unique in its picture. That is all the live layer needs to send only what changed.
``as_of`` is the time of the newest good delivery of the feeds behind the picture, NOT the time of
drawing: a stopped feed lets it stand still, and the screen shows the age.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from domain.alert_pictures import AlertRow as AlertRow
from domain.alert_pictures import Banner, FloodState
from domain.disagreement import Word
from domain.inspection_board import InspectionRow as InspectionRow
from domain.inspection_board import PlatformCount
from domain.positions import Positions as Positions
from domain.scores import Score


class FeedState(StrEnum):
    """State of a feed's lamp, always shown with shape and text."""

    STARTING = "starting"
    OK = "ok"
    DEGRADED = "degraded"  # delivers, but rows were quarantined or a file could not be read
    LATE = "late"  # nothing good for longer than expected
    DOWN = "down"  # failing or hung
    ENDED = "ended"  # a recording was played to its end
    DISABLED = "disabled"


class Picture(msgspec.Struct, kw_only=True):
    """Head common to all row pictures.

    Attributes:
        as_of: newest good delivery of the feeds behind it; None before the first.
        expected_seconds: age up to which it counts as fresh; late above, lost above three times.
        origins: origin words of the records shown, e.g. ["simulated"].
        feeds: names of the feeds behind it.
        score: how good the rows of the feed behind it are that is worst; None while nobody knows, or may.
        rows: the rows.
        owners: enterprise code by key of a row, of rows that have an owner; never leaves the process (``UNSENT``).
    """

    as_of: datetime | None = None
    expected_seconds: float = 60.0
    origins: list[str] = []
    feeds: list[str] = []
    score: Score | None = None
    rows: list[Any] = []
    owners: dict[str, str] = {}


class FeedRow(msgspec.Struct, kw_only=True):
    """Health of one feed. Ages are computed by whoever shows it, from last_ok_at."""

    key: str  # feed name
    title: str  # in the configured language
    titles: dict[str, str] = {}  # by language, zh_CN and en
    adapter: str
    origin: str
    state: FeedState
    every_seconds: float
    expected_seconds: float
    last_ok_at: datetime | None = None  # last poll that came back good
    last_event_at: datetime | None = None  # event time of the newest record
    last_recorded_at: datetime | None = None  # its recorded time, when replayed
    accepted: int = 0
    duplicate: int = 0
    quarantined: int = 0
    flagged: int = 0
    late: int = 0
    reasons: dict[str, int] = {}  # quarantined by reason
    flags: dict[str, int] = {}  # flagged by code
    counts: dict[str, int] = {}  # what was read, e.g. lines, messages, positions
    brings: list[str] = []  # names of the record types it has ever brought
    message_code: str = ""  # catalogue feed.error.<code>
    message: str = ""  # what and where, safe to show
    next_poll_at: datetime | None = None
    score: Score | None = None  # of its rows of the last day
    waits: bool = False  # the source refuses us: it is not asked until somebody acts
    paused: bool = False  # by a person
    rows_per_minute: float = 0.0  # accepted, over the last five minutes
    hours: list[int | None] = []  # accepted in each of the last 24 hours, oldest first; None: nobody watched
    outages: list[bool] = []  # whether it was late or down in it


class BlockRow(msgspec.Struct, kw_only=True):
    """One yard block: key is the block id."""

    key: str
    name: str
    terminal: str
    kind: str
    capacity_teu: int
    boxes: int
    teu: float
    occupancy: float | None  # 0..1+, None when the capacity is unknown
    lon: float | None = None
    lat: float | None = None


class YardPicture(Picture, kw_only=True):
    """Occupancy of the yard; rows are BlockRow.

    Of ``disagreed`` boxes that stand there another feed says otherwise; ``others`` is what, of the newest.
    """

    boxes: int = 0
    teu: float = 0.0
    capacity_teu: int = 0
    occupancy: float | None = None
    occupancy_day_ago: float | None = None
    disagreed: int = 0
    others: list[Word] = []


class YardCourse(msgspec.Struct, kw_only=True):
    """The yard over a span.

    Attributes:
        hours: full hours, aware UTC.
        boxes: standing at each.
        teu: standing at each.
        peak: most boxes at any instant of the span.
        peak_at: when it was first reached; None when nothing stood.
    """

    hours: list[datetime] = []
    boxes: list[int] = []
    teu: list[float] = []
    peak: int = 0
    peak_at: datetime | None = None


class QueueRow(msgspec.Struct, kw_only=True):
    """One waiting declaration in its fair place; key is the declaration number."""

    key: str
    rank: int
    platform: str
    area: str
    bill_of_lading: str
    direction: str
    enterprise_class: str
    fresh: bool
    mode: str
    country: str
    entry_state: str
    vessel_name: str = ""
    vessel_departure_at: datetime | None = None
    appointed_at: datetime | None = None  # waiting since
    waited_minutes: float | None = None
    limit_minutes: float = 0.0
    source_rank: int | None = None
    reason: list[Reason] = []  # why it stands here
    flags: list[str] = []
    origin: str = ""
    recorded_time: datetime | None = None
    moves: list[Reason] = []  # what would move it, catalogue queue.move.<code>
    applied_at: datetime | None = None
    cycle: datetime | None = None  # the cut in whose order it stands: the next one, or a later
    expected: Expected | None = None
    expected_unknown: str = ""  # why nothing is expected, catalogue queue.expected.<code>
    source_differs: str = ""  # the rule by which it stands otherwise than its source has it, queue.rule.<code>


class Span(msgspec.Struct, frozen=True):
    """When something is expected: in eight of ten cases between ``since`` and ``until``, half of all before ``at``."""

    at: datetime
    since: datetime
    until: datetime


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What the last weeks let expect of a waiting declaration; see ``domain.queue_forecast``.

    Attributes:
        confirmed: the cut that confirms it.
        start: when its inspection begins (海关任务分配); None: too few of its kind were inspected.
        finish: when it is done (查验完成); the same.
        days: comparable days it rests on.
    """

    confirmed: Span
    start: Span | None = None
    finish: Span | None = None
    days: int = 0


class SourceOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A source's own order of a platform held against the fair one; see ``domain.queue_compare``.

    Attributes:
        rows: declarations the source gives a place to.
        decided, undecided: pairs of them about which the rule says who goes first, or does not by what is known.
        inverted: of the decided, those the source has the other way round, by the rule that says so.
        tau: Kendall's over the decided pairs; None when there are none.
    """

    platform: str
    rows: int
    decided: int
    undecided: int
    inverted: dict[str, int] = {}
    tau: float | None = None


class Reason(msgspec.Struct, kw_only=True):
    """A sentence in any language: catalogue key ``queue.reason.<code>`` and its parameters."""

    code: str
    params: dict[str, Any] = {}


class QueuePicture(Picture, kw_only=True):
    """The waiting declarations of all platforms, in fair order per platform; rows are QueueRow.

    Attributes:
        cut: when customs' system confirms next.
        sources: where sources give an order of their own, how it agrees; the port's figure.
    """

    platforms: list[str] = []
    cut: datetime | None = None
    sources: list[SourceOrder] = []


class InspectionsPicture(Picture, kw_only=True):
    """Declarations under way or finished in the last 24 h, newest first.

    At most 3000 of ``total`` (``store.reads.inspections.LISTED``): finished ones are left out first. Counts are of all.
    ``platforms`` of an enterprise count its own declarations (``whole`` is false): no load follows from them.
    """

    waiting: int = 0
    in_progress: int = 0
    to_release: int = 0
    held: int = 0
    finished_today: int = 0
    total: int = 0
    whole: bool = True
    platforms: list[PlatformCount] = []


class GateRow(msgspec.Struct, kw_only=True):
    """One gate; key is the gate id."""

    key: str
    name: str
    trucks_waiting: int
    wait_minutes: float
    limit_minutes: float
    lanes_open: int
    moves_last_hour: int = 0


class GatesPicture(Picture, kw_only=True):
    """The gates; rows are GateRow."""


class AlertsPicture(Picture, kw_only=True):
    """Alerts not closed, worst level first, newest first within a level; rows are AlertRow.

    Attributes:
        counts: by level, keys "1" to "4": alerts that are not hidden.
        unacknowledged: of those, how many nobody has seen.
        shelved, suppressed, out_of_service: hidden ones, by what hides them first.
        banners: what the strip shows, worst first; ten at most, and their counts are all alerts that are not hidden.
        flood: how alerts come; None where that is not told: to enterprises.
    """

    counts: dict[str, int] = {}
    unacknowledged: int = 0
    shelved: int = 0
    suppressed: int = 0
    out_of_service: int = 0
    banners: list[Banner] = []
    flood: FloodState | None = None


class KpiRow(msgspec.Struct, kw_only=True):
    """One KPI; key is its code (catalogue kpi.<code>.title, .unit, .note)."""

    key: str
    value: float | None
    unit: str  # catalogue unit.<unit>
    decimals: int = 0
    target: float | None = None
    better: str = "lower"  # lower | higher | neither
    reference: float | None = None  # what it is compared with
    reference_kind: str = ""  # catalogue kpi.reference.<kind>, e.g. baseline_2022, mean_30d
    state: str = "normal"  # normal | attention (beyond target) | unknown
    note_code: str = ""  # catalogue kpi.note.<code>
    note_params: dict[str, Any] = {}
    spark: list[float | None] = []  # last 24 values, hourly or daily
    as_of: datetime | None = None
    expected_seconds: float = 60.0
    feeds: list[str] = []
    group: str = ""  # the strip it stands on; empty: the port's


class KpisPicture(Picture, kw_only=True):
    """The KPI strip; rows are KpiRow in display order."""


class ForecastRow(msgspec.Struct, kw_only=True):
    """One forecast; key is its code. Lists run in step with ``times`` / ``past_times``."""

    key: str
    unit: str
    past_times: list[datetime]
    past_values: list[float | None]
    times: list[datetime]
    mean: list[float]
    lower_80: list[float]
    upper_80: list[float]
    lower_95: list[float]
    upper_95: list[float]
    model: str
    made_at: datetime
    mase: float | None = None  # back-test, scaled by the in-sample weekly naive error
    coverage_80: float | None = None  # share of back-test points inside the 80 % interval
    limit: float | None = None  # line it may cross
    crossing_probability: float | None = None
    backtest_days: int | None = None
    recorded_shift_seconds: float | None = None


class ForecastsPicture(Picture, kw_only=True):
    """All forecasts; rows are ForecastRow."""


class NoticeRow(msgspec.Struct, kw_only=True):
    """Something the cockpit says about itself; catalogue notice.<code>."""

    key: str
    code: str
    params: dict[str, Any] = {}
    level: str = "info"  # info | warning


class NoticesPicture(Picture, kw_only=True):
    """E.g. back-filling history 43 %, recording ended."""


UNSENT = "owners"
"""The field of pictures that says whose rows are: for choosing what an enterprise gets, and on no wire."""
STATUS = ("unknown", "moving", "stopped", "queueing", "loading", "moored", "anchored", "off_route", "late")
TOPICS = (
    "vehicles", "vessels", "yard", "queue", "inspections", "sailings", "warnings", "gates",
    "alerts", "kpis", "forecasts", "feeds", "notices", "clock", "screens",
)  # fmt: skip
