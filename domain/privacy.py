"""What the cockpit holds of persons: the one register, from which the page and its export are made.

A test holds it to the schema: every column whose name counts (``COUNTS``) stands in a line here or, with the reason,
in ``NOT_PERSONAL``. Words are in the catalogue: ``privacy.dataset.<name>``, ``privacy.why.<name>``,
``privacy.whose.<whose>``, ``privacy.ground.<ground>``, ``privacy.keep.<keep>``, ``privacy.leaves.<leaves>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from domain.accounts import Policy
from domain.permissions import MATRIX, Permission, Role
from domain.retention import Retention

# A column counts when its name has one of these in it: names and numbers by which a person is found, and free texts
# in which they may stand.
COUNTS = (
    "driver", "phone", "mobile", "email", "plate", "vehicle_id", "person", "account", "user", "owner", "who", "agent",
    "holder", "address", "name", "callsign", "_by", "visit_id", "subject", "object", "body",
    "raw", "detail", "health", "path", "officer", "order_reason",
)  # fmt: skip


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the register.

    Attributes:
        name: of the dataset.
        columns: ``table.column`` each; none for what is no table.
        whose: ``drivers``, ``staff``, ``agents``, ``anybody``.
        ground: why it is lawful: ``duty``, ``security``, ``work``.
        keep: a field of ``Retention`` without ``_days``, or a word of its own.
        seen_by: whoever may one of these sees it in the cockpit.
        leaves: ``export``, ``api``, ``backup``: the ways it goes out.
    """

    name: str
    columns: tuple[str, ...]
    whose: str
    ground: str
    keep: str
    seen_by: tuple[Permission, ...]
    leaves: tuple[str, ...] = ("backup",)


_P = Permission
_TRACK = ("vehicle_id", "lon", "lat", "speed_kmh", "heading_degrees", "event_time")
REGISTER: tuple[Holding, ...] = (
    Holding(
        name="vehicles", columns=(*(f"{t}.{c}" for t in ("vehicle_position", "vehicle_latest") for c in _TRACK),
                                  *(f"{t}.{c}" for t in ("other_position", "other_latest")
                                    for c in ("subject", "lon", "lat", "speed", "event_time"))),
        whose="drivers", ground="duty", keep="positions", seen_by=(_P.LOOK,), leaves=("export", "api", "backup"),
    ),
    Holding(
        name="identities", columns=("identity.body",), whose="drivers", ground="duty", keep="identity",
        seen_by=(_P.UNMASK,),
    ),
    Holding(
        name="gate_moves", columns=("gate_move.vehicle_id", "gate_move.visit_id"), whose="drivers", ground="duty",
        keep="facts", seen_by=(_P.LOOK,), leaves=("export", "api", "backup"),
    ),
    Holding(
        name="doors", columns=("door_event.vehicle_id",), whose="drivers", ground="duty", keep="facts",
        seen_by=(_P.LOOK,), leaves=("export", "api", "backup"),
    ),
    Holding(
        name="recognitions", columns=("recognition.plate_read", "recognition.plate_expected", "recognition.photo"),
        whose="drivers", ground="duty", keep="facts", seen_by=(_P.LOOK,), leaves=("export", "api", "backup"),
    ),
    Holding(
        name="area_events", columns=("area_event.photo",), whose="anybody", ground="duty", keep="facts",
        seen_by=(_P.LOOK,), leaves=("export", "api", "backup"),
    ),
    Holding(
        name="stays", columns=tuple(f"{t}container_stay.{c}" for t in ("", "superseded_")
                                    for c in ("arrived_by", "departed_by")),
        whose="drivers", ground="duty", keep="states", seen_by=(_P.LOOK,), leaves=("export", "api", "backup"),
    ),
    Holding(
        name="declarations", whose="agents", ground="duty",
        columns=tuple(f"{t}inspection_task.{c}" for t in ("", "superseded_")
                      for c in ("agent", "officer", "truck", "order_reason")),
        keep="states", seen_by=(_P.LOOK,), leaves=("export", "api", "backup"),
    ),
    Holding(
        name="other_words", columns=("other_word.body",), whose="anybody", ground="duty", keep="states",
        seen_by=(_P.LOOK,), leaves=("api", "backup"),
    ),
    Holding(
        name="photographs", columns=("inspection_photo.place",), whose="anybody", ground="duty", keep="states",
        seen_by=(_P.LOOK,), leaves=("export", "api", "backup"),
    ),
    Holding(
        name="alerts", whose="drivers_staff", ground="duty", keep="alerts", seen_by=(_P.LOOK,),
        columns=("alert.subject", "alert.body", "alert.assignee", "known_body.body", "alert_log.who", "alert_log.note",
                 "alert_log.body", "alert_evidence.body", "outbox.target", "outbox.body", "delivery.detail",
                 "dispatch.body", "shift.out_by", "shift.in_by", "shift.body"),
        leaves=("export", "api", "backup"),
    ),
    Holding(
        name="quarantine", columns=("quarantine.raw", "quarantine.detail"), whose="anybody", ground="duty",
        keep="quarantine", seen_by=(_P.FEEDS,), leaves=("export", "api", "backup"),
    ),
    Holding(
        name="accounts", columns=tuple(f"account.{c}" for c in ("account_id", "name", "subject", "body")),
        whose="staff", ground="security", keep="account", seen_by=(_P.ACCOUNTS,),
    ),
    Holding(
        name="sessions", columns=("session.account_id", "session.body"), whose="staff", ground="security",
        keep="session", seen_by=(_P.ACCOUNTS,),
    ),
    Holding(
        name="keys", columns=("api_key.body",), whose="staff", ground="security", keep="for_ever",
        seen_by=(_P.ACCOUNTS,),
    ),
    Holding(
        name="links", columns=("link.body",), whose="staff", ground="security", keep="link", seen_by=(),
    ),
    Holding(
        name="audit", columns=("audit.who", "audit.object", "audit.body"), whose="staff", ground="security",
        keep="for_ever", seen_by=(_P.AUDIT,), leaves=("export", "backup"),
    ),
    Holding(
        name="settings", whose="staff", ground="security", keep="for_ever", seen_by=(_P.SETTINGS,),
        columns=("secret.updated_by", "settings_history.who", "rule_version.who", "fence.who"),
    ),
    Holding(
        name="saved", columns=tuple(f"saved_view.{c}" for c in ("owner", "name", "path", "body")), whose="staff",
        ground="work", keep="owner", seen_by=(), leaves=("api", "backup"),
    ),
)  # fmt: skip
_SHIP, _PLACE, _OWN = "a ship, not who is on it", "a place of the port", "what the cockpit says of itself"
NOT_PERSONAL: Mapping[str, str] = MappingProxyType({
    **dict.fromkeys(("vessel_call.vessel_name", "superseded_vessel_call.vessel_name", "inspection_task.vessel_name",
                     "superseded_inspection_task.vessel_name", "vessel_static.name", "vessel_static.callsign"), _SHIP),
    **dict.fromkeys(("yard_block.name", "superseded_yard_block.name", "gate_state.name", "gate_latest.name",
                     "rollup_hour.subject", "rollup_day.subject"), _PLACE),
    **dict.fromkeys(("measurement.subject", "superseded_measurement.subject"),
                    "a place or a thing of which something is measured"),
    **dict.fromkeys(("feed_health.body", "forecast.body", "notice.body", "ingest_cursor.body"), _OWN),
    **dict.fromkeys(("screen.name", "screen.body", "screen.health"), "a screen of the wall, which nobody logs in on"),
    **dict.fromkeys(("search_name.name", "search_name.subject", "other_word.subject"),
                    "numbers of declarations, bills and boxes"),
    **dict.fromkeys(("secret.name", "secret.body", "settings_history.body"), "what a machine is told, not of whom"),
    **dict.fromkeys(("lease.name", "lease.holder", "outbox.claimed_by"), "a process and its machine"),
    **dict.fromkeys(("rule_version.name", "rule_version.body", "rule_state.name", "rule_state.detail", "fence.body"),
                    "what is watched and where, not whom"),
})  # fmt: skip


def counts(column: str) -> bool:
    """Whether a column of this name must stand in the register."""
    return any(word in column for word in COUNTS)


def kept(holding: Holding, retention: Retention, policy: Policy) -> tuple[str, dict[str, Any]]:
    """How long, by the settings in force: the word of ``privacy.keep`` and its parameters."""
    if holding.keep == "session":
        return "session", {"hours": policy.absolute.total_seconds() / 3600}
    days = getattr(retention, f"{holding.keep}_days", None)
    if days is None:
        return holding.keep, {}
    return ("days", {"days": days}) if days else ("for_ever", {})


def seen_by(holding: Holding) -> list[Role]:
    """Roles that may see it, as the matrix of permissions says."""
    return [role for role in Role if MATRIX[role] & set(holding.seen_by)]
