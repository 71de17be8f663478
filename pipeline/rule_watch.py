"""All rule instances at work: who has to look when, and what all of them say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Any

from domain.rules import rule_of
from domain.rules.base import NEVER, Facts, Judged, Rule, RuleInstance, Silent
from domain.rules.watching import Watching, Woken
from pipeline.rule_debts import RuleDebts

Changed = Mapping[str, Collection[Any]]
INTEGRITY = "integrity"  # no topic: nobody else is sent it
PICTURES = ("yard", "queue", "gates", "sailings", "warnings", "forecasts", "kpis", INTEGRITY)  # of Facts
Timed = Callable[[str], AbstractContextManager[object]]


def prompt(rule: Rule) -> bool:
    """Whether it judges records as they come; others look at pictures, when these change and once a second."""
    return rule.judge is not None or (rule.kind == "event" and not rule.needs and not rule.uses)


class RuleWatch:
    """The instances that run; not thread-safe."""

    def __init__(self, timed: Timed = lambda name: nullcontext()) -> None:
        """No instance runs yet.

        Args:
            timed: entered with a rule's name around its evaluation.
        """
        self._timed = timed
        self._watching: dict[str, Watching] = {}
        self._off: list[Judged] = []
        self._seen: dict[str, tuple[Any, ...]] = {}
        self._looked: dict[str, datetime] = {}
        self._spoke: set[str] = set()
        self._debts = RuleDebts()
        self._pictures: dict[str, Any] = {}

    @property
    def owing(self) -> bool:
        """Whether a rule threw on records that it still has to judge."""
        return bool(self._debts)

    def run(self, instances: Mapping[str, RuleInstance]) -> None:
        """Let these run and no others; what others raised counts as gone."""
        before, self._watching, self._off = self._watching, {}, []
        for name, instance in instances.items():
            rule = rule_of(name)
            if rule is None or not instance.enabled:
                kind = "condition" if rule is None else rule.kind
                self._off.append(Judged(rule=name, kind=kind, version=instance.version))
                continue
            known = before.get(name)
            if known is None or known.rule is not rule:
                known = Watching(rule, instance)
            if known.instance != instance:
                known.changed_to(instance)
                self._looked.pop(name, None)
            self._watching[name] = known
        self._debts.forget(self._watching)

    def wake(self, facts: Facts, changed: Changed) -> list[Judged]:
        """What those say who judge records as they come or a picture that is new, where it is not what they said last.

        Events that compare pictures wait for the tick: they look at what came since the last one.
        """
        said, woken, fresh = [], Woken(facts, changed), self._fresh(facts)
        for name, one in self._watching.items():
            if not self._wakes(one.rule, facts, woken, fresh):
                continue
            with self._timed(one.rule.name):
                judged = self._woken(name, one, facts, woken)
            if judged is not None:
                self._spoke.add(name)
                said.append(judged)
        return [one for one in said if one.kind == "condition" or one.findings or one.pending or one.state != "ok"]

    def _fresh(self, facts: Facts) -> frozenset[str]:
        """Pictures that are others than at the last look."""
        now = {name: getattr(facts, name) for name in PICTURES}
        before, self._pictures = self._pictures, now
        return frozenset(name for name, picture in now.items() if picture is not before.get(name))

    def _wakes(self, rule: Rule, facts: Facts, woken: Woken, fresh: frozenset[str]) -> bool:
        if rule.kind == "event":
            return prompt(rule) and bool(rule.reads & facts.new.keys())
        return bool(woken.of(rule)) if rule.judge is not None else not fresh.isdisjoint(rule.needs)

    def _woken(self, name: str, one: Watching, facts: Facts, woken: Woken) -> Judged | None:
        if one.rule.kind == "event":
            return self._debts.look(one, facts)
        if one.rule.judge is not None:
            return one.glance(facts, woken.of(one.rule))
        return self._due(name, one, facts, woken)

    def tick(self, facts: Facts, whole: Facts, changed: Changed) -> list[Judged]:
        """What every instance says.

        Args:
            facts: with the records since the last wake.
            whole: with the records since the last tick, for those who compare them with pictures.
            changed: keys of mappings by fact, since the last wake.
        """
        said, woken = [*self._off], Woken(facts, changed)
        self._fresh(facts)
        for name, one in self._watching.items():
            mine = facts if prompt(one.rule) else whole
            with self._timed(one.rule.name):
                judged = self._due(name, one, mine, woken)
            said.append(judged)
            self._spoke.add(name)
        return said

    def keep(self) -> None:
        """What was said last is saved."""
        for name in self._spoke & self._watching.keys():
            self._watching[name].keep()
        self._debts.keep(self._spoke)
        self._spoke.clear()

    def states(self) -> dict[str, tuple[str, str]]:
        """Of every running instance: ok, no_data or error, and what is wrong."""
        return {name: (one.state, one.detail) for name, one in self._watching.items()}

    def silent(self) -> dict[str, Silent]:
        """Instances that cannot judge, all or some subjects, and have to be told of."""
        return {
            name: Silent(one.rule.name, one.state if one.state != "ok" else "no_data", one.detail)
            for name, one in self._watching.items()
            if one.state == "error" or (one.instance.no_data == "raise" and (one.state != "ok" or one.unjudged))
        }

    def _due(self, name: str, one: Watching, facts: Facts, woken: Woken) -> Judged:
        rule = one.rule
        if rule.kind == "event":
            if rule.reads and not rule.reads & facts.new.keys() and not self._debts.of(name):
                return one.again(facts)
            return self._debts.look(one, facts) if prompt(rule) else one.look(facts)
        seen = tuple(getattr(facts, fact) for fact in (*rule.needs, *rule.uses) if fact != rule.over)
        same = name in self._looked and _same(seen, self._seen.get(name, ()))
        if rule.judge is not None and same:
            return one.look(facts, woken.of(rule))
        since = self._looked.get(name)
        late = since is None or facts.now < since or _after(since, rule.every_seconds) <= facts.now
        if same and not late and one.state == "ok":
            return one.again(facts)
        self._seen[name], self._looked[name] = seen, facts.now
        return one.look(facts)


def _same(seen: tuple[Any, ...], before: tuple[Any, ...]) -> bool:
    """Pictures are not changed once they are published: the same object says the same; rows of feeds are compared.

    So is what is empty: a fact nobody has told is another empty mapping each time.
    """
    if len(seen) != len(before):
        return False
    return all(
        now is then or (not now and not then) or (isinstance(now, list | tuple) and now == then)
        for now, then in zip(seen, before, strict=True)
    )


def _after(since: datetime, seconds: float) -> datetime:
    return datetime.max.replace(tzinfo=since.tzinfo) if seconds == NEVER else since + timedelta(seconds=seconds)
