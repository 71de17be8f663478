"""When alerts come faster than anybody can hear them, and which of them come and go by themselves.

Pure, over the steps of the last hour and the alerts that stand; figures as in ``domain.alarm_load`` (EEMUA 191,
ISA-18.2). What is shown of many alerts is in ``domain.alert_banners``, what hides behind its cause in
``domain.alert_parents``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from domain.alarm_load import ANNOUNCED, Step, chatters, cycles, floods, ordered
from domain.alert_pictures import AlertRow

LEAD = timedelta(hours=1)  # steps so far back say whether the present is still part of a flood


class Flood(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When there are too many alerts for anybody to handle, and what is done then.

    Attributes:
        window_minutes: of the counts below.
        begins, ends: above so many new alerts of one operator a flood begins, below so many it ends.
        banners: at most so many are shown.
        per_rule_minute: more than so many of one rule in a minute are summed up; never of level I.
        chatter_cycles: so many raised and cleared within a minute make it chatter.
        fleeting_seconds: gone within so long and not repeated is fleeting.
        stale_hours: standing longer is stale.
    """

    window_minutes: float = 10.0
    begins: int = 10
    ends: int = 5
    banners: int = 10
    per_rule_minute: int = 20
    chatter_cycles: int = 3
    fleeting_seconds: float = 10.0
    stale_hours: float = 24.0


HOUSE = Flood()


class FloodState(msgspec.Struct, frozen=True, kw_only=True):
    """How alerts come at a moment.

    Attributes:
        recent: alerts heard within the window: opened, opened again or repeated.
        since: when the flood began that still goes on; None: there is none.
        chattering: numbers of alerts that came and went several times within a minute, in the window.
        fleeting: numbers of standing alerts that were gone within seconds and did not come again.
    """

    recent: int = 0
    since: datetime | None = None
    chattering: list[str] = []
    fleeting: list[str] = []


def flood_state(
    steps: Iterable[Step], rows: Iterable[AlertRow], now: datetime, limits: Flood = HOUSE, operators: int = 1
) -> FloodState:
    """How alerts come.

    Args:
        steps: of the log, of ``LEAD`` before now, in any order; later ones are left out.
        rows: alerts that stand; those hidden by design were heard by nobody.
        now: aware UTC.
        limits: thresholds.
        operators: positions that share the load.
    """
    rows = list(rows)
    window = timedelta(minutes=limits.window_minutes)
    unheard = {row.id for row in rows if row.suppressed_by and row.level != 1}
    every = ordered(step for step in steps if now - LEAD < step.at <= now)
    times = [step.at for step in every if step.what in ANNOUNCED and step.alert_id not in unheard]
    under_way = (one for one in floods(times, operators, limits.begins, limits.ends, window) if one.ends > now)
    return FloodState(
        recent=sum(at > now - window for at in times),
        since=next((one.begins for one in under_way), None),
        chattering=_chattering([step for step in every if step.at > now - window], limits.chatter_cycles),
        fleeting=sorted(row.id for row in rows if fleeting(row, limits.fleeting_seconds)),
    )


def _chattering(steps: list[Step], least: int) -> list[str]:
    return sorted(number for number, of_alert in cycles(steps).items() if chatters(of_alert, least))


def fleeting(row: AlertRow, seconds: float = HOUSE.fleeting_seconds) -> bool:
    """Whether an alert was gone within seconds and never came again: the time it takes to count as clear is not."""
    return row.condition == "clear" and row.count == 1 and (row.last_at - row.opened_at).total_seconds() <= seconds
