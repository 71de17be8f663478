"""Who is told of an alert, and what happens while nobody acknowledges it: stages, one clock per level.

A stage begins so many seconds after the alert did. At stage 0 it is new; every later one means that nobody has
acknowledged it. All stages of an alert are written down the moment it opens, each with the time it is due, and
struck out when somebody acts: what is written survives a killed process, a timer in memory does not.

ALARMS.md, section 1: an unacknowledged alarm sounds again after 30 s (IMO MSC.302(87), 7.3.5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from domain.rules.base import AGENCIES
from domain.vault import placeholders

LEVELS = {1: "red", 2: "orange", 3: "yellow", 4: "blue"}
URGENT_LEVEL = 1  # never put together with others, never held back by hours
RESOUND_SECONDS = 30.0
MOST_TARGETS = 20
MOST_STAGES = 10
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)")
# What begins the clocks. Those that run go on as they are: what chatters shall not begin to wait anew each time.
_BEGINS = frozenset({
    "opened", "repeated", "level_raised", "shelve_ended", "unshelve", "unsuppressed", "return_to_service",
})  # fmt: skip


class Escalation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds after its opening at which each further stage of an alert begins, by level; none: it stays at stage 0."""

    red: tuple[float, ...] = (30.0, 120.0, 300.0)
    orange: tuple[float, ...] = (300.0, 1800.0)
    yellow: tuple[float, ...] = (3600.0,)
    blue: tuple[float, ...] = ()

    def of(self, level: int) -> tuple[float, ...]:
        """The stages of a level, 1 to 4, from stage 1 on; stage 0 is its opening."""
        stages: tuple[float, ...] = getattr(self, LEVELS[level])
        return stages

    def problems(self) -> list[tuple[str, str]]:
        """Keys that make no sense, and why."""
        found = []
        for level, name in LEVELS.items():
            stages = self.of(level)
            if len(stages) >= MOST_STAGES or any(not 5 <= at <= 604_800 for at in stages):
                found.append((name, f"at most {MOST_STAGES - 1} stages of 5 to 604800 seconds"))
            elif sorted(set(stages)) != list(stages):
                found.append((name, "each stage must begin later than the one before"))
        if not any(at <= RESOUND_SECONDS for at in self.red):
            found.append(("red", f"needs a stage within {RESOUND_SECONDS:g} s (IMO MSC.302(87), 7.3.5)"))
        return found


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who is told, outside of the cockpit.

    Attributes:
        url: what apprise sends to, with secrets as ``${secret:NAME}`` or ``${NAME}`` (environment); never shown.
        title_zh, title_en: what people call it; empty: its name.
        levels: told of alerts of these levels,
        stages: at these stages: 0 when an alert opens, 1 when nobody has acknowledged it by its first clock, ...
        agencies: told of alerts that are theirs; empty: of all.
        language: ``zh_CN`` or ``en``; empty: the cockpit's.
        hours: port's time it wants to be told, ``08:00-20:00``; several spans, over midnight too; empty: always.
            They do not hold for level I.
        enabled: whether it is told at all.
    """

    url: str
    title_zh: str = ""
    title_en: str = ""
    levels: tuple[int, ...] = (1, 2)
    stages: tuple[int, ...] = (0,)
    agencies: tuple[str, ...] = ()
    language: str = ""
    hours: tuple[str, ...] = ()
    enabled: bool = True

    def listens(self, level: int, agency: str, stage: int) -> bool:
        """Whether it is told of such an alert at this stage."""
        theirs = not self.agencies or agency in self.agencies
        return self.enabled and level in self.levels and stage in self.stages and theirs

    def awake(self, at: datetime, zone: ZoneInfo) -> bool:
        """Whether it wants to be told at this moment."""
        local = at.astimezone(zone).time()
        return not self.hours or any(_within(span, local) for span in self.hours)

    def problems(self) -> list[tuple[str, str]]:
        """Keys that make no sense, and why."""
        found = []
        if "://" not in self.url and not placeholders(self.url):
            found.append(("url", "must be an address like wecombot://${secret:NAME}: see docs/notifications.md"))
        if not self.stages or any(not 0 <= stage < MOST_STAGES for stage in self.stages):
            found.append(("stages", f"must be 0 (when it opens) to {MOST_STAGES - 1}"))
        if not self.levels or set(self.levels) - set(LEVELS):
            found.append(("levels", "must be some of 1, 2, 3, 4"))
        if set(self.agencies) - set(AGENCIES):
            found.append(("agencies", f"must be of {', '.join(AGENCIES)}"))
        if self.language not in ("", "zh_CN", "en"):
            found.append(("language", "must be zh_CN or en"))
        wrong = [span for span in self.hours if not _HOURS.fullmatch(span) or span[:5] == span[6:]]
        return found + [("hours", f"{span!r} is no span like 08:00-20:00") for span in wrong]


class Telling(Protocol):
    """The part of ``[alerts]`` that is used here."""

    @property
    def escalation(self) -> Escalation:
        """Seconds by level."""

    @property
    def targets(self) -> Mapping[str, Target]:
        """By name."""


class Step(Protocol):
    """The part of a row of the alert log that is used here (``LogStep``)."""

    @property
    def what(self) -> str:
        """What happened."""

    @property
    def at(self) -> datetime:
        """When."""

    @property
    def alert_id(self) -> str:
        """Of the alert."""

    @property
    def opened_at(self) -> datetime:
        """When it opened this time."""


class OutboxEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be done at its time, at least once; written in the transaction of the step it follows from.

    Attributes:
        kind: ``urgent`` (tell of a level I alert), ``notify`` (of another), ``escalate`` (put on record that nobody
            acknowledged), ``test``, or ``cancel``: nothing to be done, but all of this alert that has not been done
            yet is struck out.
        dedup: entries of the same text are one.
        target: name of the target; empty where none is told.
        alert_id: the alert's.
        at: when it was written.
        due_at: when it is to be done.
        body: what a message says of the alert.
    """

    kind: str
    alert_id: str
    at: datetime
    due_at: datetime
    dedup: str = ""
    target: str = ""
    body: dict[str, Any] = {}


def dedup_key(alert_id: str, opened_at: datetime, stage: str, target: str) -> str:
    """What makes two entries the same: alert, opening, stage (``level.stage``) and target."""
    return f"{alert_id}|{opened_at.isoformat()}|{stage}|{target}"


def waits(row: Any) -> bool:
    """Whether an alert stands unseen and by nobody's decision hidden: then its clocks run.

    A level I alert goes on when its condition is gone: it is latched until somebody has seen it.
    """
    gone = row.condition in ("clear", "pending") and row.level != URGENT_LEVEL
    return row.state == "new" and not row.hidden and not gone


def entries_for(step: Step, row: Any, settings: Telling) -> list[OutboxEntry]:
    """What follows from a step of an alert.

    Args:
        step: what happened.
        row: the alert (``AlertRow``) after it.
        settings: stages and targets.

    Returns:
        All stages when its clocks begin; a ``cancel`` when it waits no longer, and before the stages of another level.
    """
    cancel = OutboxEntry(kind="cancel", alert_id=step.alert_id, at=step.at, due_at=step.at)
    if not waits(row):
        return [cancel]
    if step.what not in _BEGINS:
        return []
    begun = [cancel] if step.what == "level_raised" else []
    for stage, seconds in enumerate((0.0, *settings.escalation.of(row.level))):
        begun += _of_stage(step, row, stage, seconds, settings)
    return begun


def _of_stage(step: Step, row: Any, stage: int, seconds: float, settings: Telling) -> Iterable[OutboxEntry]:
    due_at, named = step.at + timedelta(seconds=seconds), f"{row.level}.{stage}"
    body = {
        "key": row.key, "rule": row.rule, "level": row.level, "subject": row.subject, "params": row.params,
        "id": step.alert_id, "opened_at": step.opened_at, "stage": stage, "seconds": seconds,
    }  # fmt: skip
    told = [name for name, target in settings.targets.items() if target.listens(row.level, row.agency, stage)]
    for target in ([""] if stage else []) + told:
        kind = "escalate" if not target else "urgent" if row.level == URGENT_LEVEL else "notify"
        dedup = dedup_key(step.alert_id, step.opened_at, named, target)
        yield OutboxEntry(
            kind=kind, dedup=dedup, target=target, alert_id=step.alert_id, at=step.at, due_at=due_at, body=body
        )


def target_problems(targets: Mapping[str, Target]) -> list[tuple[str, str]]:
    """Keys under ``alerts.targets`` that make no sense, and why."""
    found = [(f"targets.{name}.{key}", why) for name, one in targets.items() for key, why in one.problems()]
    wrong = [name for name in targets if not _NAME.fullmatch(name)]
    found += [(f"targets.{name}", "a target's name is small letters, digits, _ and -") for name in wrong]
    if len(targets) > MOST_TARGETS:
        found.append(("targets", f"at most {MOST_TARGETS}"))
    return found


class ClockWatch:
    """Notices that the clock was set back, which would make everything written down wait longer."""

    def __init__(self, wall: datetime, ticks: float) -> None:
        """Begin to watch.

        Args:
            wall: aware UTC.
            ticks: seconds of a clock nobody sets.
        """
        self._wall, self._ticks = wall, ticks

    def set_back(self, wall: datetime, ticks: float) -> timedelta:
        """By how much since the last look; nothing when it was not. What goes forward only makes things due early."""
        lost = timedelta(seconds=ticks - self._ticks) - (wall - self._wall)
        self._wall, self._ticks = wall, ticks
        return lost if lost > timedelta(milliseconds=100) else timedelta()


def _within(span: str, at: time) -> bool:
    begin, _, end = span.partition("-")
    text = at.strftime("%H:%M")
    return begin <= text < end if begin < end else text >= begin or text < end
