"""What people do with an alert: one act, carried out by the table of ``domain.alert_steps`` or refused with its reason.

Rows are never changed in place. One act is one step: the version grows by one and the log gets one row. What the
machine does with the same rows is in ``domain.alert_flow``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.alert_banners import banners
from domain.alert_pictures import AlertRow, FloodState, LogStep
from domain.alert_steps import ACTS, TABLE
from domain.alerting import Alerting, Flood
from domain.errors import CockpitError
from domain.pictures import AlertsPicture
from domain.rules import is_event

LONGEST_NOTE, LONGEST_NAME, MOST_STEPS = 2000, 200, 100
_NOTED = frozenset({"comment", "measure", "feedback"})
_WANT_NOTE = _NOTED | {"shelve", "reopen", "out_of_service"}


HOUSE = Alerting()  # what holds where nothing is set


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One act a person asks for.

    Attributes:
        act: one of ``domain.alert_steps.ACTS``.
        note: why, or what was said or done.
        to, agency: of assign: whose it is.
        minutes: of shelve.
        n, done: of step: its number in the plan, from 1, and whether it is done.
        request_key: the same again is the same request, and does nothing.
    """

    act: str
    note: str = ""
    to: str = ""
    agency: str = ""
    minutes: int | None = None
    n: int | None = None
    done: bool = True
    request_key: str = ""


class IllegalStepError(CockpitError):
    """The alert cannot take this step from where it stands."""

    def __init__(self, step: str, reason: str, row: AlertRow) -> None:
        """Remember the step and why it is refused.

        Args:
            step: the act.
            reason: code (catalogue ``alert.step.<reason>``).
            row: the alert as it stands.
        """
        super().__init__(f"{step} {row.key}: {reason} (state {row.state}, condition {row.condition})")
        self.step, self.reason, self.row = step, reason, row


class BadActError(CockpitError):
    """What was asked for cannot be asked of any alert: something is missing, or beyond its limits."""

    def __init__(self, code: str, message: str) -> None:
        """Remember which (catalogue ``act.bad.<code>``)."""
        super().__init__(message)
        self.code = code


def standing(
    rows: Sequence[AlertRow], flood: FloodState | None = None, limits: Flood = HOUSE.flood
) -> AlertsPicture:  # fmt: skip
    """The picture of these alerts: how many stand at each level, how many are hidden, what the strip shows."""
    counts = {str(level): 0 for level in (1, 2, 3, 4)}
    hidden = {"shelved": 0, "suppressed": 0, "out_of_service": 0}
    for row in rows:
        if not row.hidden:
            counts[str(row.level)] += 1
        else:
            by = "shelved" if row.shelved_until else "suppressed" if row.suppressed_by else "out_of_service"
            hidden[by] += 1
    return AlertsPicture(
        counts=counts,
        unacknowledged=sum(row.state == "new" and not row.hidden for row in rows),
        banners=banners(rows, limits.banners, limits.per_rule_minute, set(flood.chattering if flood else ())),
        flood=flood,
        origins=sorted({row.origin for row in rows if row.origin}),
        feeds=sorted({row.feed for row in rows if row.feed}),
        rows=list(rows),
        shelved=hidden["shelved"],
        suppressed=hidden["suppressed"],
        out_of_service=hidden["out_of_service"],
    )


def firing_keys(rows: Iterable[AlertRow]) -> frozenset[str]:
    """Keys of the alerts whose condition holds as far as anybody knows, for the dead-bands of rules."""
    return frozenset(row.key for row in rows if row.condition in ("firing", "no_data", "error"))


def kind_of(row: AlertRow) -> str:
    """``event`` or ``condition``, also of an alert that does not say."""
    return row.kind or ("event" if is_event(row.rule) else "condition")


def closes_alone(row: AlertRow, policy: Alerting) -> bool:
    """Whether it closes by itself once it is acknowledged and over: nobody has it, and no second person is asked."""
    return row.level != 1 and row.level not in policy.two_person_levels and not row.assignee


def closed(at: datetime) -> dict[str, Any]:
    """What closing makes of a row. Out of service it stays: that is of what it watches, not of this time."""
    return {
        "state": "closed", "condition": "clear", "closed_at": at, "latched": False, **UNSHELVED, "suppressed_by": "",
    }  # fmt: skip


def act(row: AlertRow, asked: Asked, by: str, at: datetime, policy: Alerting = HOUSE) -> tuple[AlertRow, LogStep]:
    """Carry out one act of a person.

    Args:
        row: the alert as it stands.
        asked: what is to be done.
        by: who.
        at: when, aware UTC.
        policy: two-person levels and the longest shelving.

    Returns:
        The alert after it, its version one higher, and the step for the log.

    Raises:
        BadActError: nothing anybody could ask for.
        IllegalStepError: not of this alert as it stands.
    """
    check(asked, policy)
    if not by.strip():
        raise IllegalStepError(asked.act, "nobody_named", row)
    way = TABLE[asked.act, row.state, row.condition, kind_of(row)]
    refused = way.refused or _guarded(row, asked, by, policy)
    if refused:
        raise IllegalStepError(asked.act, refused, row)
    changes, body = _EFFECTS[asked.act](row, asked, by, at)
    after = replace(row, **{"state": way.to, "version": row.version + 1, **changes})
    if asked.act == "acknowledge" and row.condition == "clear" and closes_alone(row, policy):
        after = replace(after, **closed(at))
    return after, step(row, after, asked.act, at, who=by, note=asked.note, request_key=asked.request_key, **body)


def step(
    before: AlertRow | None, after: AlertRow, what: str, at: datetime, who: str = "", note: str = "",
    request_key: str = "", **body: Any,
) -> LogStep:  # fmt: skip
    """The row of the log that tells of a step from one form of an alert to the next."""
    return LogStep(
        alert_id=after.id, at=at, opened_at=after.opened_at, what=what, who=who,
        from_state=before.state if before is not None else "", to_state=after.state, level=after.level,
        version=after.version, note=note, request_key=request_key,
        body={"condition": after.condition, "count": after.count, **body},
    )  # fmt: skip


def check(asked: Asked, policy: Alerting = HOUSE) -> None:
    """Whether it could be asked of an alert at all.

    Raises:
        BadActError: it could not.
    """
    for wrong, code, message in (
        (asked.act not in ACTS, "unknown_act", f"act must be one of {', '.join(ACTS)}"),
        (asked.act in _WANT_NOTE and not asked.note.strip(), "no_note", f"{asked.act} wants a note"),
        (len(asked.note) > LONGEST_NOTE, "too_long", f"a note has {LONGEST_NOTE} characters at most"),
        (asked.act == "assign" and not asked.to.strip(), "no_person", "assign wants to: a person or a position"),
        (max(map(len, (asked.to, asked.agency, asked.request_key))) > LONGEST_NAME, "too_long",
         f"names and keys have {LONGEST_NAME} characters at most"),
        (asked.act == "shelve" and not 1 <= (asked.minutes or 0) <= policy.shelve_max_minutes, "bad_minutes",
         f"minutes must be 1 to {policy.shelve_max_minutes}"),
        (asked.act == "step" and not 1 <= (asked.n or 0) <= MOST_STEPS, "bad_step", f"n must be 1 to {MOST_STEPS}"),
    ):  # fmt: skip
        if wrong:
            raise BadActError(code, message)


def acknowledge(row: AlertRow, by: str, at: datetime, policy: Alerting = HOUSE) -> AlertRow:
    """Note that a person has seen the alert; what is over closes with it. Errors as ``act``."""
    return act(row, Asked(act="acknowledge"), by, at, policy)[0]


def close(row: AlertRow, by: str, at: datetime, policy: Alerting = HOUSE) -> AlertRow:
    """Close an alert: what had to be done is done. Errors as ``act``."""
    return act(row, Asked(act="close"), by, at, policy)[0]


def _guarded(row: AlertRow, asked: Asked, by: str, policy: Alerting) -> str:
    """What the alert itself has against it; empty: nothing."""
    match asked.act:
        case "shelve" | "out_of_service" if row.level == 1:
            return "level_one"
        case "unshelve" if row.shelved_until is None:
            return "not_shelved"
        case "out_of_service" if row.out_of_service:
            return "already_out"
        case "return_to_service" if not row.out_of_service:
            return "not_out"
        case "take" if row.state == "handling" and row.assignee == by:
            return "already_taken"
        case "close" if row.level in policy.two_person_levels:
            if row.state != "confirmed":
                return "not_confirmed"
            return "second_person" if row.confirmed_by == by else ""
    return ""


Effect = tuple[dict[str, Any], dict[str, Any]]  # fields of the row, and what the log keeps of it


def _seen(row: AlertRow, by: str, at: datetime) -> dict[str, Any]:
    """Whoever takes an alert or gives it to somebody has seen it."""
    return {"latched": False} | ({} if row.acknowledged_by else {"acknowledged_by": by, "acknowledged_at": at})


def _acknowledge(_row: AlertRow, _asked: Asked, by: str, at: datetime) -> Effect:
    return {"latched": False, "acknowledged_by": by, "acknowledged_at": at}, {}


def _assign(row: AlertRow, asked: Asked, by: str, at: datetime) -> Effect:
    given = {"to": asked.to, "agency": asked.agency}
    return {**_seen(row, by, at), "assignee": asked.to, "agency": asked.agency or row.agency}, given


def _take(row: AlertRow, _asked: Asked, by: str, at: datetime) -> Effect:
    return {**_seen(row, by, at), "assignee": by}, {"to": by}


def _note(row: AlertRow, _asked: Asked, _by: str, _at: datetime) -> Effect:
    return {"notes": row.notes + 1}, {}


def _step(row: AlertRow, asked: Asked, _by: str, _at: datetime) -> Effect:
    n = asked.n or 0
    done = {*row.steps_done, n} if asked.done else {*row.steps_done} - {n}
    return {"steps_done": sorted(done)}, {"n": n, "done": asked.done}


def _confirm(_row: AlertRow, _asked: Asked, by: str, at: datetime) -> Effect:
    return {"confirmed_by": by, "confirmed_at": at}, {}


def _close(_row: AlertRow, _asked: Asked, by: str, at: datetime) -> Effect:
    return {**closed(at), "closed_by": by}, {}


def _reopen(row: AlertRow, _asked: Asked, by: str, at: datetime) -> Effect:
    """Whoever says that it is not done has it in hand; an event stands again, a condition is what it is."""
    event = kind_of(row) == "event"
    return {
        "closed_at": None, "closed_by": "", "confirmed_by": "", "confirmed_at": None, "assignee": by,
        "condition": "firing" if event else row.condition, "absent_since": None if event else at,
    }, {"to": by}  # fmt: skip


def _shelve(_row: AlertRow, asked: Asked, by: str, at: datetime) -> Effect:
    until = at + timedelta(minutes=asked.minutes or 0)
    return {"shelved_until": until, "shelved_by": by, "shelved_why": asked.note}, {"until": until.isoformat()}


def _unshelve(_row: AlertRow, _asked: Asked, _by: str, _at: datetime) -> Effect:
    return dict(UNSHELVED), {}


def _out(_row: AlertRow, asked: Asked, by: str, _at: datetime) -> Effect:
    return {"out_of_service": asked.note, "out_of_service_by": by}, {}


def _back(_row: AlertRow, _asked: Asked, _by: str, _at: datetime) -> Effect:
    return {"out_of_service": "", "out_of_service_by": ""}, {}


UNSHELVED: Mapping[str, Any] = MappingProxyType({"shelved_until": None, "shelved_by": "", "shelved_why": ""})
# Level I is never hidden, whatever hid it while it was less.
UNHIDDEN: Mapping[str, Any] = MappingProxyType({
    **UNSHELVED, "suppressed_by": "", "group_key": "", "out_of_service": "", "out_of_service_by": "",
})  # fmt: skip
_EFFECTS: Mapping[str, Callable[[AlertRow, Asked, str, datetime], Effect]] = MappingProxyType({
    "acknowledge": _acknowledge, "assign": _assign, "take": _take, "comment": _note, "measure": _note,
    "feedback": _note, "step": _step, "confirm": _confirm, "close": _close, "reopen": _reopen, "shelve": _shelve,
    "unshelve": _unshelve, "out_of_service": _out, "return_to_service": _back,
})  # fmt: skip
