"""Who may do what: roles, permissions, and the one matrix between them.

A role is a duty, not a rank: whoever runs the machines does not thereby see the port's declarations, whoever
manages accounts cannot read the audit, and the auditor changes nothing (separated administrators of GB/T
22239-2019, level 3). What part of the port somebody sees is not a matter of roles but of the viewer's scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """Duties; an account has one or more."""

    WALL = "wall"
    WATCH_OFFICER = "watch_officer"
    SUPERVISOR = "supervisor"
    LEADER = "leader"
    ENTERPRISE = "enterprise"
    AUDITOR = "auditor"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"


# An enterprise sees its own rows only: without an account there is none to be.
DEMO_ROLES = tuple(role for role in Role if role is not Role.ENTERPRISE)


class Permission(StrEnum):
    """What a page, route, callback or topic asks of who wants it."""

    ENTER = "enter"
    """Be somebody: the frame around every page, the clock, notices, how feeds are doing, one's own session."""
    LOOK = "look"
    """Yard, queue, tracks, alerts, figures, forecasts, within one's scope; search in them."""
    KEEP = "keep"
    """Keep views and bookmarks for oneself."""
    EXPORT = "export"
    """Take tables out as files."""
    FEEDS = "feeds"
    """Raw rows in quarantine, counts of the store."""
    REPORT = "report"
    """Be a screen: tell how it is doing, hear what it shall show."""
    ACT_ON_ALERTS = "act_on_alerts"
    """Acknowledge, assign, close."""
    RULES = "rules"
    """Change rules (thresholds, levels, hours, plans) and the fences they look at; on record."""
    ACT_ON_FEEDS = "act_on_feeds"
    """Pause and resume."""
    ACT_ON_SCREENS = "act_on_screens"
    """Set what a wall shows."""
    ACCOUNTS = "accounts"
    """Manage accounts, sessions and keys."""
    AUDIT = "audit"
    """Read who did what."""
    SETTINGS = "settings"
    """See settings, their history, which secrets feeds have, when the last backup was made."""
    SECRETS = "secrets"
    """Set and remove secrets of feeds."""
    UNMASK = "unmask"
    """See a vehicle's number plate, one at a time, with a reason on record; find a vehicle by it."""
    INTEGRITY = "integrity"
    """See how declarations were served: out of order, by which officer, for how long; on record."""
    NOTIFICATIONS = "notifications"
    """See whom alerts are told to outside of the cockpit, and what became of each message."""
    NOTIFY_SETUP = "notify_setup"
    """Send a message to try a target."""
    MEASURE = "measure"
    """Counters of the running processes."""


_P, _R = Permission, Role
_WATCH = frozenset(
    {_P.ENTER, _P.LOOK, _P.KEEP, _P.EXPORT, _P.FEEDS, _P.REPORT, _P.ACT_ON_ALERTS, _P.UNMASK},
)
MATRIX: Mapping[Role, frozenset[Permission]] = MappingProxyType({
    _R.WALL: frozenset({_P.ENTER, _P.LOOK, _P.REPORT}),
    _R.WATCH_OFFICER: _WATCH,
    _R.SUPERVISOR: _WATCH | {_P.RULES, _P.ACT_ON_FEEDS, _P.ACT_ON_SCREENS, _P.INTEGRITY, _P.NOTIFICATIONS},
    _R.LEADER: frozenset({_P.ENTER, _P.LOOK, _P.KEEP, _P.EXPORT, _P.REPORT, _P.INTEGRITY}),
    _R.ENTERPRISE: frozenset({_P.ENTER, _P.LOOK, _P.KEEP, _P.EXPORT, _P.REPORT}),
    _R.AUDITOR: frozenset({_P.ENTER, _P.AUDIT, _P.EXPORT, _P.SETTINGS, _P.INTEGRITY}),
    _R.SYSTEM_ADMIN: frozenset({
        _P.ENTER, _P.FEEDS, _P.REPORT, _P.ACT_ON_FEEDS, _P.ACT_ON_SCREENS, _P.MEASURE, _P.SETTINGS, _P.SECRETS,
        _P.NOTIFICATIONS, _P.NOTIFY_SETUP,
    }),
    _R.SECURITY_ADMIN: frozenset({_P.ENTER, _P.ACCOUNTS}),
})  # fmt: skip

# What the pictures of a topic ask. The frame of every page shows the first ones.
TOPIC_PERMISSIONS: Mapping[str, Permission] = MappingProxyType({
    **dict.fromkeys(("clock", "notices", "feeds"), _P.ENTER),
    **dict.fromkeys(("vehicles", "vessels", "yard", "queue", "inspections", "sailings", "warnings", "gates", "alerts",
                     "kpis", "forecasts"), _P.LOOK),
    "screens": _P.REPORT,
})  # fmt: skip

# What the rows of a dataset ask, as /api/v1/datasets gives them. In files (CSV, NDJSON) they ask EXPORT as well.
DATASET_PERMISSIONS: Mapping[str, Permission] = MappingProxyType(dict.fromkeys((
    "yard_block", "container_stay", "inspection_task", "inspection_step", "lab_sample", "machine_scan", "check_result",
    "inspection_photo", "door_event", "vehicle_position", "vessel_position", "vessel_static", "vessel_call",
    "gate_move", "gate_state", "weather_observation", "measurement", "area_event", "recognition",
), _P.LOOK))  # fmt: skip


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """All that the roles allow together; unknown roles allow nothing."""
    return frozenset().union(*(MATRIX[Role(role)] for role in roles if role in MATRIX))
