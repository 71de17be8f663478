"""One alert as rows and pages see it, one step it took, and the banner that stands for it.

Two things are kept apart (ISA-18.2): what the world does (``CONDITIONS``) and what people do about it (``HANDLING``).
Beside them an alert may be latched, shelved, suppressed by design or out of service.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from domain.alert_identity import alert_id as alert_id

HANDLING = ("new", "acknowledged", "assigned", "handling", "confirmed", "closed")
CONDITIONS = ("clear", "pending", "firing", "no_data", "error")
MOST_BANNERS = 10


class AlertRow(msgspec.Struct, kw_only=True):
    """One alert; key is what makes it this one: rule and subject.

    Attributes:
        id: sixteen hexadecimal digits of the key, for addresses; made from it when left out.
        rule: instance that found it; title is catalogue alert.<rule>.title, text alert.<rule>.text with params.
        kind: ``event`` or ``condition``; empty of alerts older than that: ask ``domain.rules.is_event``.
        level: 1 red, 2 orange, 3 yellow, 4 blue.
        state: one of HANDLING. condition: one of CONDITIONS; ``detail`` says why nothing can be said.
        last_at: last found, of an event last happened. heard: microseconds of the newest events counted.
        absent_since: firing: not found since then; clear: cleared then.
        seen: what the rule saw against its limits. instance_version: the version of the rule that saw it.
        latched: it went clear before anybody acknowledged it.
        shelved_until: hidden until then, by whom and why. suppressed_by: key of the alert or group that hides it.
        out_of_service: why nobody need look at it; empty: it is in service.
        steps_done: numbers of the plan's steps that are done. notes: comments, measures and feedback of this life.
    """

    key: str
    rule: str
    level: int
    subject_kind: str  # vehicle | container | declaration | block | gate | feed | vessel | platform | port
    subject: str
    state: str
    condition: str
    opened_at: datetime
    last_at: datetime
    count: int
    params: dict[str, Any] = {}
    lon: float | None = None
    lat: float | None = None
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    closed_at: datetime | None = None
    version: int = 1
    origin: str = ""
    recorded_time: datetime | None = None
    feed: str = ""
    absent_since: datetime | None = None
    id: str = ""
    kind: str = ""
    detail: str = ""
    heard: list[int] = []
    seen: dict[str, Any] = {}
    instance_version: int = 0
    assignee: str = ""
    agency: str = ""
    confirmed_by: str = ""
    confirmed_at: datetime | None = None
    closed_by: str = ""
    latched: bool = False
    shelved_until: datetime | None = None
    shelved_by: str = ""
    shelved_why: str = ""
    suppressed_by: str = ""
    out_of_service: str = ""
    out_of_service_by: str = ""
    group_key: str = ""
    steps_done: list[int] = []
    notes: int = 0

    def __post_init__(self) -> None:
        """Every alert has its number, also one of a time before there were any."""
        if not self.id:
            self.id = alert_id(self.key)

    @property
    def hidden(self) -> bool:
        """Whether banners, counts and sounds leave it out; it stands in the list all the same."""
        return self.shelved_until is not None or bool(self.suppressed_by or self.out_of_service)


class LogStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step of one alert: a row of ``alert_log``.

    Attributes:
        what: an act of a person, or opened, repeated, level_raised, cleared, closed, no_data, error, judged,
            shelve_ended, suppressed, unsuppressed, escalated of the machine. It is closed when ``to_state`` says so.
        who: empty: the machine.
        level, version: of the alert after the step. opened_at: which of its lives.
        request_key: by which a repeated request is known.
        body: what belongs to this step: ``condition`` and ``count`` after it, ``to``, ``until``, ``n`` and so on.
        seq: counts the alert's steps; given by the store.
    """

    alert_id: str
    at: datetime
    opened_at: datetime
    what: str
    who: str = ""
    from_state: str = ""
    to_state: str = ""
    level: int
    version: int
    note: str = ""
    request_key: str = ""
    body: dict[str, Any] = {}
    seq: int = 0


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the rule saw when the alert opened, or its level rose."""

    at: datetime
    opened_at: datetime
    what: str
    level: int
    rule: str
    instance_version: int
    subject_kind: str
    subject: str
    seen: dict[str, Any] = {}
    params: dict[str, Any] = {}
    lon: float | None = None
    lat: float | None = None
    origin: str = ""
    recorded_time: datetime | None = None
    feed: str = ""


class AlertFile(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one alert: as it stands, what was seen, every step, oldest first."""

    alert: AlertRow
    evidence: list[Evidence]
    history: list[LogStep]


class Banner(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the strip: one alert, or several that belong together.

    Attributes:
        key: of the alert, or of the group.
        rule, params: catalogue alert.<rule>.title and .text; of the newest of a group.
        where: what it is about, of a group the place they share; ``subject_kind`` its kind, ``cell`` a road cell.
        count: alerts behind it. unacknowledged: those nobody has seen.
        grouped: empty: one alert; else what they share: ``place`` (and rule), ``rule``, ``level``, nothing (``rest``),
            or ``more``: what a rule raised beyond its rate.
        since: when the oldest of them opened.
        hides: alerts that are hidden because they are a consequence of these.
    """

    key: str
    level: int
    rule: str
    params: dict[str, Any]
    count: int
    unacknowledged: int
    newest_at: datetime
    subject_kind: str
    where: str
    lon: float | None = None
    lat: float | None = None
    grouped: str = ""
    since: datetime | None = None
    hides: int = 0


class FloodState(msgspec.Struct, frozen=True, kw_only=True):
    """How alerts come at a moment.

    Attributes:
        recent: alerts heard within the window (``alerts.flood.window_minutes``): opened, opened again or repeated.
        since: when the flood began that still goes on; None: there is none.
        chattering: numbers of alerts that came and went several times within a minute, in the window.
        fleeting: numbers of standing alerts that were gone within seconds and did not come again.
    """

    recent: int = 0
    since: datetime | None = None
    chattering: list[str] = []
    fleeting: list[str] = []


def decoded(body: str | bytes) -> AlertRow:
    """An alert as it was stored; of a time before 0021 "open" was what is "new" now."""
    row: AlertRow = _DECODER.decode(body)
    if row.state == "open":
        row.state = "new"
    return row


_DECODER = msgspec.json.Decoder(AlertRow)
