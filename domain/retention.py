"""How long each dataset is kept."""

from __future__ import annotations

import msgspec


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much is kept: days, and rows in quarantine; 0 = for ever, any number. Roll-ups are always kept for ever.

    What stands, is open or is the newest of its kind stays however old it is.

    Attributes:
        positions_days: history of vehicles and vessels, and how the feeds were doing.
        gate_states_days: history of queues at the gates.
        quarantine_days: rows that could not be used,
        quarantine_rows: and at most so many of them, the newest; those that leave early are counted.
        facts_days: gate moves, check results, door events.
        states_days: replaced versions, and things that are over: boxes that left, finished declarations, calls.
        alerts_days: closed alerts and the history of alerts: who did what when.
    """

    positions_days: float = 90.0
    gate_states_days: float = 90.0
    quarantine_days: float = 180.0
    quarantine_rows: int = 50_000
    facts_days: float = 400.0
    states_days: float = 400.0
    alerts_days: float = 0.0
