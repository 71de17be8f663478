"""How alerts are handled: ``[alerts]`` of the configuration.

Figures are those of ALARMS.md: EEMUA 191 and ISA-18.2 for load, floods and bad actors, IMO MSC.302(87) 7.3.5 for the
re-sound after 30 s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time
from typing import Any

import msgspec

from domain.escalation import LEVELS, Escalation, Target, target_problems
from domain.rule_instances import Changes
from domain.rule_instances import problems as rule_problems
from domain.rules.base import AGENCIES


class Agency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An agency orders are sent to.

    Attributes:
        title_zh, title_en: what it is called here; empty: as the catalogue says.
        targets: names of targets that get its orders.
        receive_minutes, arrive_minutes: by when it should have taken an order, and be there.
    """

    title_zh: str = ""
    title_en: str = ""
    targets: tuple[str, ...] = ()
    receive_minutes: float = 5.0
    arrive_minutes: float = 30.0


class Flood(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When there are too many alerts for anybody to handle, and what is done then.

    Attributes:
        window_minutes: of the counts below.
        begins, ends: above so many new alerts a flood begins, below so many it ends.
        banners: at most so many are shown.
        per_rule_minute: more than so many of one rule in a minute are summed up; never of level I.
        chatter_cycles: so many raised and cleared within a minute make it chatter.
        fleeting_seconds: cleared within so long and not repeated is fleeting.
        stale_hours: standing longer is stale.
    """

    window_minutes: float = 10.0
    begins: int = 10
    ends: int = 5
    banners: int = 10
    per_rule_minute: int = 20
    chatter_cycles: int = 3
    fleeting_seconds: float = 30.0
    stale_hours: float = 24.0


class Load(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator can bear (EEMUA 191, ISA-18.2): lines of the self-report.

    Attributes:
        per_10_minutes: average rate. per_hour, per_minute: peaks. per_day, per_day_cut: a day, and what must be cut.
        flood_share: of the time. top_share: of the load the ten worst rules make.
        mix: share of levels III and IV, II, I.
    """

    per_10_minutes: float = 1.0
    per_hour: float = 15.0
    per_minute: float = 2.0
    per_day: float = 150.0
    per_day_cut: float = 300.0
    flood_share: float = 0.01
    top_share: float = 0.05
    mix: tuple[float, float, float] = (0.80, 0.15, 0.05)


class Alerting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How alerts are handled.

    Attributes:
        re_sound_seconds: an unacknowledged red alert sounds again after so long.
        mute_minutes: a mute ends by itself.
        two_person_levels: one confirms, another closes.
        shelve_max_minutes: longest shelving.
        linger_minutes: a clear yellow or blue alert nobody acknowledged closes after so long.
        shifts: when shifts begin, port's time.
        operators: positions that handle alerts at one time; the load is theirs together.
        escalation, targets: see ``domain.escalation``.
        rules: what rule instances have otherwise, and instances that are added.
    """

    re_sound_seconds: float = 30.0
    mute_minutes: float = 10.0
    two_person_levels: tuple[int, ...] = (1,)
    shelve_max_minutes: int = 480
    linger_minutes: float = 30.0
    shifts: tuple[str, ...] = ("08:00", "20:00")
    operators: int = 1
    escalation: Escalation = Escalation()
    flood: Flood = Flood()
    load: Load = Load()
    targets: dict[str, Target] = {}
    agencies: dict[str, Agency] = {}
    rules: dict[str, Changes] = {}

    @property
    def arrive_minutes(self) -> dict[str, float]:
        """By agency, within what time somebody it was ordered to send should be there."""
        return {code: self.agencies.get(code, Agency()).arrive_minutes for code in AGENCIES}

    @property
    def receive_minutes(self) -> dict[str, float]:
        """By agency, within what time it should take an order."""
        return {code: self.agencies.get(code, Agency()).receive_minutes for code in AGENCIES}

    def problems(self, limits: Mapping[str, float]) -> list[tuple[str, str]]:
        """Keys that make no sense, and why.

        Args:
            limits: ``settings.Limits`` by key: some figures of rules must not be below theirs.
        """
        found = [*_ranges(self), *_agencies(self), *target_problems(self.targets)]
        found += [(f"escalation.{key}", why) for key, why in self.escalation.problems()]
        for name, changes in self.rules.items():
            found += [(f"rules.{name}.{key}".rstrip("."), why) for key, why in rule_problems(name, changes, limits)]
        return found


# Key, lowest, highest, of what.
_RANGES: tuple[tuple[str, float, float, str], ...] = (
    ("re_sound_seconds", 5, 600, "seconds"), ("mute_minutes", 1, 120, "minutes"),
    ("shelve_max_minutes", 1, 10_080, "minutes"), ("linger_minutes", 1, 1440, "minutes"), ("operators", 1, 100, ""),
    ("flood.window_minutes", 1, 120, "minutes"), ("flood.begins", 1, 1000, ""), ("flood.ends", 1, 1000, ""),
    ("flood.banners", 2, 10, ""), ("flood.per_rule_minute", 1, 10_000, ""), ("flood.chatter_cycles", 2, 100, ""),
    ("flood.fleeting_seconds", 1, 600, "seconds"), ("flood.stale_hours", 1, 720, "hours"),
    ("load.per_10_minutes", 0.1, 100, ""), ("load.per_hour", 1, 1000, ""), ("load.per_minute", 0.1, 100, ""),
    ("load.per_day", 1, 10_000, ""), ("load.per_day_cut", 1, 10_000, ""), ("load.flood_share", 0, 1, ""),
    ("load.top_share", 0, 1, ""),
)  # fmt: skip


def _ranges(alerts: Alerting) -> Iterator[tuple[str, str]]:
    for key, low, high, unit in _RANGES:
        value: Any = alerts
        for part in key.split("."):
            value = getattr(value, part)
        if not low <= value <= high:
            yield key, f"must be {low:g} to {high:g} {unit}".rstrip()
    if alerts.flood.ends > alerts.flood.begins:
        yield "flood.ends", "must not be above flood.begins"
    if set(alerts.two_person_levels) - set(LEVELS):
        yield "two_person_levels", "levels are 1 (red) to 4 (blue)"
    wrong = [text for text in alerts.shifts if not _is_time(text)]
    if wrong or not alerts.shifts or list(alerts.shifts) != sorted(set(alerts.shifts)):
        yield "shifts", "must be times HH:MM, each later than the one before"


def _is_time(text: str) -> bool:
    try:
        time.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("HH:MM")


def _agencies(alerts: Alerting) -> Iterator[tuple[str, str]]:
    for name, agency in alerts.agencies.items():
        key = f"agencies.{name}"
        if name not in AGENCIES:
            yield key, f"must be of {', '.join(AGENCIES)}"
        for target in agency.targets:
            if target not in alerts.targets:
                yield f"{key}.targets", f"no target is called {target!r}"
        for minutes in ("receive_minutes", "arrive_minutes"):
            if not 1 <= getattr(agency, minutes) <= 10_080:
                yield f"{key}.{minutes}", "must be 1 to 10080 minutes"
