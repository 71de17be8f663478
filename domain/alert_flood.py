"""When alerts come faster than anybody can hear them, and which of them come and go by themselves.

Pure, over the steps of the last hour and the alerts that stand; figures as in ``domain.alarm_load`` (EEMUA 191,
ISA-18.2). What is shown of many alerts is in ``domain.alert_banners``, what hides behind its cause in
``domain.alert_parents``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from domain.alarm_load import ANNOUNCED, Step, chatters, cycles, floods
from domain.alert_pictures import AlertRow, FloodState
from domain.alerting import Flood

LEAD = timedelta(hours=1)  # steps so far back say whether the present is still part of a flood
HOUSE = Flood()


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
    every = sorted(
        (one for one in steps if now - LEAD < one.at <= now), key=lambda one: (one.at, one.alert_id, one.seq)
    )
    times = [step.at for step in every if step.what in ANNOUNCED and step.alert_id not in unheard]
    under_way = (one for one in floods(times, operators, limits) if one.ends > now)
    return FloodState(
        recent=sum(at > now - window for at in times),
        since=next((one.begins for one in under_way), None),
        chattering=_chattering([step for step in every if step.at > now - window], limits),
        fleeting=sorted(row.id for row in rows if fleeting(row, limits.fleeting_seconds)),
    )


def _chattering(steps: list[Step], limits: Flood) -> list[str]:
    return sorted(number for number, of_alert in cycles(steps).items() if chatters(of_alert, limits))


def fleeting(row: AlertRow, seconds: float = HOUSE.fleeting_seconds) -> bool:
    """Whether an alert was gone within seconds and never came again: the time it takes to count as clear is not."""
    return row.condition == "clear" and row.count == 1 and (row.last_at - row.opened_at).total_seconds() <= seconds
