"""One rule instance at work: what it found last, what it remembers, and what it says now.

A rule that judges one subject at a time looks only at those that changed, those whose moment has come and those found
already; everything else keeps its last judgement. So two hundred instances over ten thousand vehicles stay cheap.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from domain.alert_identity import alert_key
from domain.pictures import Picture
from domain.rules.base import Facts, Finding, Judged, Rule, RuleInstance, SubjectError, named
from domain.rules.holding import Held, Outcome, hold

LOST = 3  # a picture this many times older than expected stands still: see Picture.expected_seconds
STILL = "stands still"  # after the name of what a rule needs: it is there, and too old
_tickets = itertools.count()


class Woken:
    """Which subjects rules have to look at again because something changed."""

    def __init__(self, facts: Facts, changed: Mapping[str, Collection[Any]]) -> None:
        """Prepare.

        Args:
            facts: what is known now.
            changed: keys that are new, changed or gone, by mapping of Facts.
        """
        self._facts, self._changed = facts, changed
        self._found: dict[tuple[Any, ...], Collection[Any]] = {}  # many instances ask the same

    def of(self, rule: Rule) -> Collection[Any]:
        """Keys of ``over``: what is new itself, and what looks up something that is."""
        keys = self._changed.get(rule.over, ())
        for fact, field in rule.joins.items():
            if fact in self._changed:
                keys = {*keys, *self._joined(rule.over, fact, field)}
        return keys

    def _joined(self, over: str, fact: str, field: str) -> Collection[Any]:
        asked = (over, fact, field)
        if asked not in self._found:
            news, rows = self._changed[fact], getattr(self._facts, over).items()
            self._found[asked] = [key for key, row in rows if getattr(row, field) in news]
        return self._found[asked]


class Watching:
    """Judges with one instance; not thread-safe.

    Attributes:
        rule, instance: what it judges by.
        state: ok, no_data or error as of the last look; ``detail`` what is wrong.
        unjudged: how many subjects could not be judged in the last look.
    """

    def __init__(self, rule: Rule, instance: RuleInstance) -> None:
        """Nothing is known yet."""
        self.rule, self.instance = rule, instance
        self.state, self.detail = "ok", ""
        self.unjudged = 0
        self._found: dict[Any, Finding | SubjectError] = {}
        self._later: list[tuple[datetime, int, Any]] = []
        self._due: dict[Any, datetime] = {}
        self._looked = False
        self._memory: dict[str, Held] = {}
        self._next: dict[str, Held] = {}
        self._settled: Judged | None = None  # what is said until something changes

    @property
    def looked(self) -> bool:
        """Whether everything there is was looked at once, and the rule did not throw since."""
        return self._looked

    @property
    def found(self) -> int:
        """How many subjects were found, or could not be judged, whether that is let through or not."""
        return len(self._found)

    def due(self) -> datetime | None:
        """The next moment at which a subject is judged again although nothing is new of it."""
        while self._later and self._due.get(self._later[0][2]) != self._later[0][0]:
            heapq.heappop(self._later)
        return self._later[0][0] if self._later else None

    def changed_to(self, instance: RuleInstance) -> None:
        """Go on with other figures: everything is judged anew, what has held so long still has."""
        self.instance, self._looked, self._settled = instance, False, None

    def look(self, facts: Facts, changed: Iterable[Any] | None = None) -> Judged:
        """Judge.

        Args:
            facts: what is known now.
            changed: of a rule that judges one by one, the keys of ``over`` that are new, changed or gone since the
                last look; None: all of them. Others judge everything whenever they are asked; see ``again``.
        """
        missing = next((why for need in self.rule.needs if (why := _missing(facts, need))), "")
        if missing:
            self._looked = False  # what changes meanwhile is not judged
            return self._said(facts, "no_data", missing)
        try:
            if self.rule.judge is None:
                self._found = dict(enumerate(self.rule.found(facts, self.instance)))
            elif changed is None or not self._looked:
                self._found, self._later, self._due = {}, [], {}
                self._judge(getattr(facts, self.rule.over), facts)
            else:
                self._judge({*changed, *self._found, *self._come(facts.now)}, facts)
        except Exception as error:  # a rule is a plug-in: whatever it does, the others go on
            self._looked = False
            return self._said(facts, "error", f"{type(error).__name__}: {error}")
        self._looked = True
        return self._said(facts, "ok", "")

    def glance(self, facts: Facts, changed: Collection[Any]) -> Judged | None:
        """Judge only what changed, between two looks; None when that says nothing new.

        Args:
            facts: what is known now.
            changed: the keys of ``over`` that are new, changed or gone.
        """
        if not self._looked or self.state != "ok" or any(_missing(facts, need) for need in self.rule.needs):
            self._looked = False  # the next look is at everything
            return None
        before = {key: self._found.get(key) for key in changed}
        try:
            self._judge(changed, facts)
        except Exception:  # the next look says so
            self._looked = False
            return None
        return None if all(self._found.get(key) == was for key, was in before.items()) else self._said(facts, "ok", "")

    def again(self, facts: Facts) -> Judged:
        """Say the same as last time: nothing changed but the time. An event is not said twice."""
        if self.rule.kind == "event" and self.state == "ok":
            self._found = {}
        elif self._settled is not None:
            return self._settled
        return self._said(facts, self.state, self.detail)

    def keep(self) -> None:
        """What was said last is saved: remember it."""
        self._memory = self._next

    def _judge(self, keys: Iterable[Any], facts: Facts) -> None:
        rows: Mapping[Any, Any] = getattr(facts, self.rule.over)
        for key in keys:
            self._due.pop(key, None)
            self._found.pop(key, None)
            if key in rows:
                self._one(key, rows[key], facts)

    def _one(self, key: Any, row: Any, facts: Facts) -> None:
        assert self.rule.judge is not None  # noqa: S101 - looked at by the caller
        try:
            said = self.rule.judge(row, facts, self.instance)
        except SubjectError as error:
            self._found[key] = error
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            self._found[key] = SubjectError(named(key), f"{type(error).__name__}: {error}")
        else:
            if isinstance(said, Finding):
                self._found[key] = said
            elif said is not None:
                self._due[key] = said
                heapq.heappush(self._later, (said, next(_tickets), key))

    def _come(self, now: datetime) -> list[Any]:
        """Keys whose moment has come; those that were judged since then have another."""
        come = []
        while self._later and self._later[0][0] <= now:
            moment, _, key = heapq.heappop(self._later)
            if self._due.get(key) == moment:
                come.append(key)
        return come

    def _said(self, facts: Facts, state: str, detail: str) -> Judged:
        self.state, self.detail, self._settled = state, detail, None
        judged = Judged(
            rule=self.instance.name, kind=self.rule.kind, version=self.instance.version,
            clear_after_seconds=self.instance.hold_off_seconds, agency=self.instance.agency,
        )  # fmt: skip
        if state == "no_data" and self.instance.no_data == "clear":
            self._next = {}
            return judged
        if state != "ok":
            self._next = self._memory
            return replace(judged, state="error" if state == "error" else "no_data", detail=detail)
        wrong = [one for one in self._found.values() if isinstance(one, SubjectError)]
        self.unjudged = len(wrong)
        self.detail = str(wrong[0]) if wrong else ""
        silent = frozenset() if self.instance.no_data == "clear" else frozenset(one.subject for one in wrong)
        held = self._held(facts, silent)
        self._next = held.memory
        said = replace(judged, detail=self.detail, findings=held.findings, pending=held.pending, unjudged=silent)
        timeless = not held.pending and not self.instance.active_hours and not silent
        if timeless and self.rule.kind == "condition" and len(held.memory) == len(held.findings):
            self._settled = said
        return said

    def _held(self, facts: Facts, silent: frozenset[str]) -> Outcome:
        found = [one for one in self._found.values() if isinstance(one, Finding)]
        firing = frozenset(one.subject for one in found if alert_key(self.instance.name, one.subject) in facts.firing)
        kind = self.rule.kind
        return hold(self._memory, found, self.instance, kind, facts.now, facts.zone, firing, silent)


def _missing(facts: Facts, need: str) -> str:
    """What is wrong with something a rule needs; empty: nothing."""
    value = getattr(facts, need)
    if value is None or (isinstance(value, Mapping) and not value):
        return need
    if isinstance(value, Picture) and value.as_of is not None:
        old = (facts.now - value.as_of).total_seconds()
        if old > LOST * value.expected_seconds > 0:
            return f"{need} {STILL}"
    return ""
