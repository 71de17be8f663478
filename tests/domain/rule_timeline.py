"""Timelines of rules: moments and facts go in, the steps of alerts come out.

    steps = play("gate_queue", [(0, {"gates": gates(31.0)}), (60, {"gates": gates(20.0)})], hold_on_seconds=30)
    assert steps == [(30, "pending", "G1"), ...]

A row of the table is (seconds after NOW, what changes in the facts); facts stay until a row changes them, records in
``new`` are new at their moment only. Between rows the rule is evaluated every ``every`` seconds, as the pipeline does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from domain.alert_identity import alert_key
from domain.records import Record
from domain.rule_instances import Changes, changed, default
from domain.rules import rule_of
from domain.rules.base import Facts, Finding, Judged, RuleInstance
from domain.rules.watching import Watching
from settings import Limits, numbers
from tests.domain.samples import NOW

LIMITS = numbers(Limits())
Step = tuple[float, str, str]


def instance(name: str, **changes: Any) -> RuleInstance:
    """The instance of a rule as shipped, or with changes (``params={"minutes": 10}``, ``hold_on_seconds=30`` ...)."""
    rule = rule_of(name)
    assert rule is not None, name
    return changed(default(rule, LIMITS, name), Changes(**changes), LIMITS)


def found(name: str, facts: Mapping[str, Any] | None = None, **changes: Any) -> list[Finding]:
    """What a rule finds in facts of the moment NOW, without holding; a subject it cannot judge is an error."""
    one = instance(name, **changes)
    said = rule_of(name).found(Facts(**{"now": NOW, **(facts or {})}), one)
    wrong = [error for error in said if not isinstance(error, Finding)]
    assert not wrong, wrong
    return said


def play(
    name: str, table: Iterable[tuple[float, Mapping[str, Any]]], *, every: float = 1.0, until: float = 0.0,
    begins: Any = NOW, **changes: Any,
) -> list[Step]:  # fmt: skip
    """What becomes of the alerts of a rule.

    Args:
        name: of the rule.
        table: (seconds after ``begins``, fields of Facts that change); ``new`` is a list of records.
        every: seconds between two evaluations beside those of the table.
        until: how long it goes on after ``begins``; default until the last row.
        begins: aware UTC.
        changes: what the instance has otherwise than its rule declares.

    Returns:
        (seconds, what, subject) where something changes: ``pending``, ``level 2`` (fires at that level, or has changed
        to it), ``clear``, ``dropped`` (was pending), ``event 1``; ``no_data``, ``error`` and ``ok`` of the rule
        itself, with what is wrong in the subject's place.
    """
    rows = sorted(table, key=lambda row: row[0])
    one, story = instance(name, **changes), _Story()
    watching, facts = Watching(rule_of(name), one), Facts(now=begins)
    for at, given in _moments(rows, every, max(until, rows[-1][0])):
        now = begins + timedelta(seconds=at)
        new = _by_kind(given.pop("new", ()))
        for key, value in {**given, "now": now, "new": new, "firing": story.firing(name)}.items():
            setattr(facts, key, value)
        judged = watching.look(facts)
        watching.keep()
        story.tell(at, judged)
    return story.steps


def _moments(rows: list[tuple[float, Mapping[str, Any]]], every: float, until: float) -> list[tuple[float, dict]]:
    moments: dict[float, dict[str, Any]] = {every * n: {} for n in range(int(until / every) + 1)}
    for at, given in rows:
        moments[at] = {**moments.get(at, {}), **given}
    return sorted(moments.items())


def _by_kind(records: Iterable[Record]) -> dict[type[Record], list[Record]]:
    kinds: dict[type[Record], list[Record]] = {}
    for record in records:
        kinds.setdefault(type(record), []).append(record)
    return kinds


class _Story:
    """Who fires, who is pending and since when who is absent, and the steps between."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._levels: dict[str, int] = {}
        self._pending: set[str] = set()
        self._absent: dict[str, float] = {}
        self._state = "ok"

    def firing(self, name: str) -> frozenset[str]:
        return frozenset(alert_key(name, subject) for subject in self._levels)

    def tell(self, at: float, judged: Judged) -> None:
        if judged.state != self._state:
            self.steps.append((at, judged.state, judged.detail))
            self._state = judged.state
        if judged.state != "ok":
            return
        if judged.kind == "event":
            self.steps += [(at, f"event {finding.level}", finding.subject) for finding in judged.findings]
            return
        now = {finding.subject: finding.level for finding in judged.findings}
        pending = {finding.subject for finding in judged.pending} - self._levels.keys()
        self.steps += [(at, f"level {level}", key) for key, level in now.items() if self._levels.get(key) != level]
        self.steps += [(at, "pending", key) for key in sorted(pending - self._pending)]
        self.steps += [(at, "dropped", key) for key in sorted(self._pending - pending - now.keys())]
        self._levels |= now
        self._pending = pending
        for key in sorted(self._levels.keys() - now.keys() - judged.unjudged):
            since = self._absent.setdefault(key, at)
            if at - since >= judged.clear_after_seconds:
                self.steps.append((at, "clear", key))
                del self._levels[key], self._absent[key]
        self._absent = {key: since for key, since in self._absent.items() if key not in now}
